"""How a snapshot travels: an `Install` that says what comes, then the bytes in parts.

The first frame is a byte 1, the length of the snapshot in eight bytes, highest first,
its SHA-256 in 32, and the packet as `primacy.dumps` writes it. Each frame after it is a
byte 2, in eight bytes where the part begins, and the part. Parts follow each other
without a gap; packets pass between them.

Contract: `Install` is handed on when the last byte is there, and its digest is the one
that was announced (runtime.install-complete). What is out of order, longer than it was
said to be, longer than a snapshot may be, or of another digest is a `FrameError`. An
agent collects one snapshot at a time, so that many callers cannot fill its memory: of a
second one the first is given up, as if it had been lost, and what comes of it is
thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from primacy import dumps
from primacy.messages import Install
from primacy_runtime.net.frames import FrameError, read_packet
from primacy_runtime.snapshot import LONGEST_SNAPSHOT, SnapshotDamaged, read_addresses

PART: Final = 256 * 2**10
"""How many bytes of a snapshot go into a frame."""
_BEGIN: Final = 1
_PART: Final = 2
_DIGEST: Final = sha256().digest_size
_NUMBER: Final = 8


def is_of_transfer(body: bytes) -> bool:
    """Tell whether a frame is of a snapshot; it is not empty."""
    return body[0] in (_BEGIN, _PART)


class Departure:
    """A snapshot that is being sent."""

    def __init__(self, install: Install, contents: bytes) -> None:
        self._install, self._contents = install, contents
        self._next = -1
        """Where the next part begins; below 0 the announcement is next."""

    @property
    def is_over(self) -> bool:
        """Tell whether all frames were written."""
        return self._next >= len(self._contents)

    def next_frame(self) -> bytes:
        """Write the next frame, without its length."""
        contents, at = self._contents, self._next
        if at < 0:
            self._next = 0
            size = len(contents).to_bytes(_NUMBER, "big")
            head = bytes([_BEGIN]) + size + sha256(contents).digest()
            return head + dumps(self._install).encode()
        self._next = at + PART
        return bytes([_PART]) + at.to_bytes(_NUMBER, "big") + contents[at : at + PART]


@dataclass(slots=True)
class _Transfer:
    """A snapshot that comes in."""

    install: Install
    size: int
    digest: bytes
    received: int = 0
    contents: bytearray | None = None
    """`None` if it was given up."""


class Desk:
    """Where the snapshots that come in are collected: one for an agent."""

    def __init__(self) -> None:
        self._current: _Transfer | None = None

    def take(self, transfer: _Transfer) -> None:
        """Collect this one from now on, and no other."""
        if self._current is not None:
            self._current.contents = None
        self._current = transfer
        transfer.contents = bytearray()

    def clear(self, transfer: _Transfer) -> None:
        """Let go of one that is complete, or will never be."""
        transfer.contents = None
        if self._current is transfer:
            self._current = None


class Arrivals:
    """What one connection brings of snapshots."""

    def __init__(self, desk: Desk, sender: str) -> None:
        self._desk, self._sender = desk, sender
        self._transfer: _Transfer | None = None

    def add(self, body: bytes) -> tuple[Install, bytes] | None:
        """Take a frame; give the snapshot if it is complete."""
        if body[0] == _BEGIN:
            self._begin(body[1:])
            return None
        return self._add_part(body[1:])

    def end(self) -> None:
        """Give up what is not complete."""
        if self._transfer is not None:
            self._desk.clear(self._transfer)
            self._transfer = None

    def _begin(self, body: bytes) -> None:
        if self._transfer is not None:
            raise FrameError("garbage", "a snapshot began before the last one ended")
        size = int.from_bytes(body[:_NUMBER], "big")
        if not 0 < size <= LONGEST_SNAPSHOT:
            raise FrameError(
                "oversized" if size else "garbage",
                f"a snapshot has 1 to {LONGEST_SNAPSHOT} bytes, got one of {size}",
            )
        head = _NUMBER + _DIGEST
        install = read_packet(body[head:], self._sender, (Install,))
        assert isinstance(install, Install)
        self._transfer = _Transfer(install, size, body[_NUMBER:head])
        self._desk.take(self._transfer)

    def _add_part(self, body: bytes) -> tuple[Install, bytes] | None:
        transfer = self._transfer
        if transfer is None:
            raise FrameError("garbage", "a part of no snapshot")
        at, part = int.from_bytes(body[:_NUMBER], "big"), body[_NUMBER:]
        if at != transfer.received or not part:
            raise FrameError(
                "garbage",
                f"the part of a snapshot at {transfer.received} is needed, "
                f"got {len(part)} bytes at {at}",
            )
        if at + len(part) > transfer.size:
            raise FrameError(
                "oversized", f"a snapshot of {transfer.size} bytes goes on behind them"
            )
        transfer.received += len(part)
        if transfer.contents is not None:
            transfer.contents += part
        if transfer.received < transfer.size:
            return None
        return self._complete(transfer)

    def _complete(self, transfer: _Transfer) -> tuple[Install, bytes] | None:
        collected = transfer.contents
        self.end()
        if collected is None:
            return None
        contents = bytes(collected)
        if sha256(contents).digest() != transfer.digest:
            raise FrameError("garbage", "a snapshot of another digest than announced")
        try:
            read_addresses(contents)
        except SnapshotDamaged as error:
            raise FrameError("garbage", str(error)) from None
        return transfer.install, contents
