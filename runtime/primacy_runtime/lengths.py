"""How long a command may be, so that it can be stored and sent on (runtime.text)."""

from __future__ import annotations

from typing import Final

from primacy import (
    Command,
    Config,
    FormatError,
    Forward,
    Instant,
    Message,
    Received,
    RequestId,
    Term,
    dumps,
)
from primacy_runtime.failures import CommandRefused
from primacy_runtime.frames import LONGEST_PACKET

MOST: Final = 2**63 - 1
"""The highest number of the format."""
LONGEST_REQUEST: Final = 256
"""Above the length of any request id."""


def check_command(config: Config, command: str) -> Command:
    """Refuse what no agent of the mesh could store and send on."""
    if not isinstance(command, str):
        raise CommandRefused(f"A command must be text, got {type(command).__name__}.")
    worst = Forward(
        config.mesh,
        config.me,
        Term(MOST),
        RequestId("-" * LONGEST_REQUEST),
        Command(command),
    )
    try:
        if fits(config, Received(worst, Instant(MOST))):
            return worst.command
    except FormatError:
        raise CommandRefused(
            "A command must be text without surrogates, and fit into a packet."
        ) from None
    raise CommandRefused(
        f"A command with what goes with it must be at most {_longest(config)} "
        f"characters of JSON for batch {config.batch}; this one is longer."
    )


def fits(config: Config, message: Message) -> bool:
    """Tell whether a batch of what a message brings fits into a packet."""
    return len(dumps(message)) <= _longest(config)


def _longest(config: Config) -> int:
    return LONGEST_PACKET // (2 * config.batch)
