"""How long a command may be, so that it can be stored and sent on (runtime.text).

Contract: what counts is the length of the message that brings a command, as `dumps`
writes it. It is that of the message around it, which is the same for all commands of an
agent, and of the texts of the command and the request as JSON. So nothing but these two
is written to know it. The rest is taken as it is at its longest.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

from primacy import (
    AgentId,
    AgentSet,
    Command,
    Config,
    Forward,
    Instant,
    Received,
    RequestId,
    Term,
    dumps,
)
from primacy.types import MeshKey
from primacy_runtime.errors import CommandRefused
from primacy_runtime.net.frames import LONGEST_PACKET

MOST: Final = 2**63 - 1
"""The highest number of the format."""
NO_AGENTS: Final = AgentSet()
LONGEST_REQUEST: Final = 256
"""Above the length of any request id."""


def check_command(
    config: Config, command: str, members: AgentSet = NO_AGENTS
) -> Command:
    """Refuse what no agent of the mesh could store and send on.

    `members`: of a change, all whom the entry may name, up to three times.
    """
    if not isinstance(command, str):
        raise CommandRefused(f"A command must be text, got {type(command).__name__}.")
    if not _is_text(command):
        raise CommandRefused("A command must be text without surrogates.")
    length = _around(config.mesh, config.me) + LONGEST_REQUEST + _length(command)
    length += sum(3 * _length(f"{member}, ") for member in members.members)
    if length > _longest(config):
        raise CommandRefused(
            f"A command with what goes with it must be at most {_longest(config)} "
            f"characters of JSON for batch {config.batch}; this one has {length}."
        )
    return Command(command)


def fits(config: Config, forward: Forward) -> bool:
    """Tell whether a batch of what a peer sends on fits into a packet."""
    texts = _length(forward.request) + _length(forward.command)
    if _around(config.mesh, forward.sender) + texts <= _longest(config):
        return True
    received = Received(forward, Instant(MOST))  # shorter numbers leave a little more
    return len(dumps(received)) <= _longest(config)


@lru_cache(maxsize=256)  # one for each agent that may speak
def _around(mesh: MeshKey, sender: AgentId) -> int:
    """Count what stands around the texts, with the longest of all numbers."""
    empty = Forward(mesh, sender, Term(MOST), RequestId(""), Command(""))
    return len(dumps(Received(empty, Instant(MOST))))


def _length(text: str) -> int:
    """Count the characters of a text as JSON, without its quotation marks."""
    return len(json.dumps(text)) - 2


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _longest(config: Config) -> int:
    return LONGEST_PACKET // (2 * config.batch)
