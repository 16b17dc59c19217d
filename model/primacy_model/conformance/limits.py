"""What no disk holds and no client is let in with, whatever was before.

Contract: it judges one value alone, and says in one sentence what is wrong with it, or
nothing.

Source: docs/specification.md; clauses **state.durable**, **change.near**,
**change.own-term** and **runtime.text**.
"""

from __future__ import annotations

from collections.abc import Sequence

from primacy import (
    Change,
    Config,
    Durable,
    Forward,
    LeaseRead,
    Message,
    Output,
    Persist,
    Read,
    Received,
    Replace,
    Term,
    Transfer,
    Write,
    dumps,
)
from primacy.agents import AgentSet
from primacy.codec import PACKET_LENGTH
from primacy.electorate import Roll
from primacy.log import Log, Segment
from primacy.types import NOBODY, Index


def disk_error(disk: Durable) -> str:
    """Say why no agent can have made this disk; nothing if one can."""
    if disk.term < 0:
        return f"no disk has the term {disk.term}: terms begin at 0."
    log = disk.log
    if log.start_term > disk.term:
        return f"no disk of term {disk.term} begins behind one of {log.start_term}."
    before = Term(max(log.start_term, 1))
    if Segment(log.entries).is_ordered(before, disk.term):
        return ""
    for index, entry in enumerate(log.entries, start=log.start + 1):
        if entry.term < before:
            least = f"{before} or more is needed"
            return f"no disk has the term {entry.term} at index {index}: {least}."
        before = entry.term
    return f"no disk of term {disk.term} holds an entry of term {before}."


def roll_error(config: Config, log: Log) -> str:
    """Say which entry of a log sets a roll that no leader sets there, if one does."""
    before = log.roll_at(log.start, config.first_roll)
    for index in log.rolls:
        entry = log.at(index)
        if log.term_at(Index(index - 1)) != entry.term:
            return f"no disk sets a roll at index {index}, where its term begins."
        after = Roll(entry.electors, entry.outgoing, entry.workers, index, entry.term)
        if not _may_follow(before, after):
            return (
                f"no disk sets the roll at index {index} after that at {before.index}."
            )
        before = after
    return ""


def _may_follow(before: Roll, after: Roll) -> bool:
    """Tell whether a leader may set one roll after another."""
    electors, workers = after.electors, after.workers
    if workers.intersection(after.voters).size > 0 or after.members.has(NOBODY):
        return False
    if before.is_joint:
        is_settled = not after.is_joint and electors == before.electors
        return is_settled and after.members == before.members
    if after.is_joint:
        is_replaced = after.outgoing == before.electors
        return is_replaced and after.members == before.members
    moved = _difference(electors, before.electors)
    if moved == 1:
        return after.members == before.members
    return moved == 0 and _difference(workers, before.workers) == 1


def _difference(one: AgentSet, other: AgentSet) -> int:
    """Count the agents that are in one of two sets and not in the other."""
    return one.difference(other).size + other.difference(one).size


def length_error(config: Config, message: Message) -> str:
    """Say that what a message brings is too long to be replicated, if it is."""
    match message:
        case (
            Received(Forward())
            | Write()
            | Read()
            | LeaseRead()
            | Transfer()
            | Change()
            | Replace()
        ):
            told = "it", "a message that brings a request"
            return _length_error(config, len(dumps(message)), *told)
    return ""


def entry_error(config: Config, message: Message, outputs: Sequence[Output]) -> str:
    """Say that the entry of a change is too long to be replicated, if it is."""
    if not isinstance(message, Change | Replace):
        return ""
    for output in outputs:
        if isinstance(output, Persist):
            longest = max(len(dumps(entry)) for entry in output.entries.entries)
            return _length_error(config, longest, "its entry", "that of a change")
    return ""


def _length_error(config: Config, length: int, subject: str, kind: str) -> str:
    most = PACKET_LENGTH // (2 * config.batch)
    if length <= most:
        return ""
    return (
        f"{subject} is {length:,} characters long; with batch {config.batch} {kind}"
        f" has at most {most:,}."
    )
