"""What no disk holds and no client is let in with, whatever was before.

Contract: it judges one value alone, and says in one sentence what is wrong with it, or
nothing.

Source: docs/specification.md; clauses **state.durable** and **runtime.text**.
"""

from __future__ import annotations

from primacy import (
    Config,
    Durable,
    Forward,
    LeaseRead,
    Message,
    Read,
    Received,
    Term,
    Transfer,
    Write,
    dumps,
)
from primacy.codec import PACKET_LENGTH
from primacy.log import Segment


def disk_error(disk: Durable) -> str:
    """Say why no agent can have made this disk; nothing if one can."""
    if disk.term < 0:
        return f"no disk has the term {disk.term}: terms begin at 0."
    entries = disk.log.entries
    if Segment(entries).is_ordered(Term(1), disk.term):
        return ""
    before = Term(1)
    for index, entry in enumerate(entries, start=1):
        if entry.term < before:
            least = f"{before} or more is needed"
            return f"no disk has the term {entry.term} at index {index}: {least}."
        before = entry.term
    return f"no disk of term {disk.term} holds an entry of term {before}."


def length_error(config: Config, message: Message) -> str:
    """Say that what a message brings is too long to be replicated, if it is."""
    match message:
        case Received(Forward()) | Write() | Read() | LeaseRead() | Transfer():
            length, most = len(dumps(message)), PACKET_LENGTH // (2 * config.batch)
            if length > most:
                return (
                    f"it is {length:,} characters long; with batch {config.batch} a"
                    f" message that brings a request has at most {most:,}."
                )
    return ""
