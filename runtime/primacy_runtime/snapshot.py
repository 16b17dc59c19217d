"""What a snapshot holds: the state machine, and where its members are reached.

A length of four bytes, highest first, then that many bytes of JSON, `{"addresses":
{"dan": "10.0.0.4:7000"}}`, then what the state machine wrote down. The addresses are
those that entries of the log told: with the entries they would be lost.

Contract: text that is not of this form is a `SnapshotDamaged`; whatever the machine
wrote comes back byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from primacy_runtime.errors import SettingsError
from primacy_runtime.settings import Address, address, agent_id

LONGEST_SNAPSHOT: Final = 256 * 2**20
"""The most bytes of a snapshot; it is held in memory while it is written or sent."""
_PREFIX: Final = 4


class SnapshotDamaged(Exception):
    """What came is no snapshot."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The contents of one snapshot."""

    addresses: Mapping[str, Address]
    """Of the members, as far as the log told."""
    machine: bytes

    def packed(self) -> bytes:
        """Write it as bytes."""
        told = {agent: str(where) for agent, where in self.addresses.items()}
        head = json.dumps({"addresses": told}).encode()
        return len(head).to_bytes(_PREFIX, "big") + head + self.machine


def unpacked(contents: bytes) -> Snapshot:
    """Read what `packed` wrote."""
    addresses, begin = _read_head(contents)
    return Snapshot(addresses, contents[begin:])


def read_addresses(contents: bytes) -> Mapping[str, Address]:
    """Read where members are reached; this copies nothing of a long snapshot."""
    return _read_head(contents)[0]


def _read_head(contents: bytes) -> tuple[Mapping[str, Address], int]:
    begin = _PREFIX + int.from_bytes(contents[:_PREFIX], "big")
    if len(contents) < max(_PREFIX, begin):
        raise SnapshotDamaged("the snapshot ends in its head")
    try:
        head: object = json.loads(contents[_PREFIX:begin])
    except (ValueError, RecursionError):
        raise SnapshotDamaged("the head of the snapshot is no JSON") from None
    told = head.get("addresses") if isinstance(head, dict) else None
    if not isinstance(told, dict):
        raise SnapshotDamaged("the head of the snapshot has no addresses")
    try:
        addresses = {
            str(agent_id("agent", agent)): address("address", where)
            for agent, where in told.items()
        }
    except SettingsError as error:
        raise SnapshotDamaged(str(error)) from None
    return addresses, begin
