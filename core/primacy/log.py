"""The replicated log: entries, segments of it, and the questions that handlers ask.

A log is an immutable sequence that is stored in chunks, so that appending to a long one
copies one chunk and the list of chunks, not every entry. The chunking depends on the
contents alone: logs with equal entries are equal values. Indices count from 1; the term
at index 0 is 0, so an empty log needs no special case.

The beginning of a log may be gone: a snapshot has what its entries did. What is left
begins behind its start, whose position, term and roll are kept. Below the start only
index 0 may be asked for, except of `probe`.

Source: Ongaro 2014, sections 3.5 and 5.1; clauses `log.*` and `snapshot.*` of
docs/specification.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from primacy.agents import NO_AGENTS, AgentSet
from primacy.electorate import NO_ROLL, Roll
from primacy.types import NO_INDEX, NO_TERM, Command, Index, RequestId, Term

CHUNK: Final = 64
"""Entries to a chunk."""


class EntryKind(Enum):
    """What an entry asks of the state machine that applies it."""

    NOOP = "noop"
    """Nothing: it opens the term of a new leader."""
    COMMAND = "command"
    """What a client wrote."""
    ROLL = "roll"
    """Nothing: it sets the roll, which is in force from this entry on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One position of the log."""

    term: Term
    kind: EntryKind
    command: Command = Command("")
    """What was written; of a `ROLL` entry text for runtimes, such as an address."""
    request: RequestId = RequestId("")
    """The write that asked for it, so that its runtime knows it when applied."""
    electors: AgentSet = NO_AGENTS
    """The electorate that a `ROLL` entry sets; no other kind has one."""
    outgoing: AgentSet = NO_AGENTS
    """The electorate that it replaces, or the same again."""
    workers: AgentSet = NO_AGENTS
    """The other agents of the mesh."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive entries of a log, cut out to be sent, stored or applied."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entry: Entry) -> Segment:
        """Make a segment of one entry."""
        return cls((entry,))

    @property
    def size(self) -> int:
        """Count the entries."""
        return len(self.entries)

    def is_ordered(self, lowest: Term, highest: Term) -> bool:
        """Tell whether the terms start at `lowest`, never fall, and end by `highest`.

        The terms lie in [lowest, highest] and each is at least 1.
        """
        before = max(lowest, 1)
        for entry in self.entries:
            if entry.term < before:
                return False
            before = entry.term
        return not self.entries or before <= highest


@dataclass(frozen=True, slots=True)
class Log:
    """The entries behind `start`, up to `last_index`."""

    start: Index = NO_INDEX
    """The last position that a snapshot stands for, 0 if the log is whole."""
    start_term: Term = NO_TERM
    """The term of the entry that was there."""
    start_roll: Roll = NO_ROLL
    """The roll in force there; `NO_ROLL` if the log is whole."""
    full: tuple[tuple[Entry, ...], ...] = ()
    """Chunks of exactly `CHUNK` entries."""
    tail: tuple[Entry, ...] = ()
    """What follows them, fewer than `CHUNK`."""
    rolls: tuple[Index, ...] = ()
    """Where the entries that set a roll are, ascending."""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Log:
        """Build a whole log from its entries."""
        return cls().extended(tuple(entries))

    @classmethod
    def starting(cls, index: Index, term: Term, roll: Roll) -> Log:
        """Begin behind a position that a snapshot stands for, with no entries."""
        return cls(index, term, roll)

    @property
    def last_index(self) -> Index:
        """Name the position of the last entry, `start` if there is none."""
        return Index(self.start + CHUNK * len(self.full) + len(self.tail))

    @property
    def last_term(self) -> Term:
        """Name the term of the last entry, that of the start if there is none."""
        if self.tail:
            return self.tail[-1].term
        return self.full[-1][-1].term if self.full else self.start_term

    @property
    def entries(self) -> tuple[Entry, ...]:
        """List every entry, for people and for the codec: linear in the log."""
        return tuple(entry for chunk in (*self.full, self.tail) for entry in chunk)

    def at(self, index: Index) -> Entry:
        """Read the entry at an index from `start` + 1 to `last_index`."""
        place, rest = divmod(index - self.start - 1, CHUNK)
        return (self.full[place] if place < len(self.full) else self.tail)[rest]

    def term_at(self, index: Index) -> Term:
        """Read the term at an index from `start` to `last_index`; 0 at index 0."""
        if index == 0:
            return NO_TERM
        return self.at(index).term if index > self.start else self.start_term

    def accepts(self, index: Index, term: Term) -> bool:
        """Tell whether the log holds an entry of that term there, or index is 0."""
        return index <= self.last_index and self.term_at(index) == term

    def roll(self, first: Roll) -> Roll:
        """Give the roll that the last entry of its kind sets, `first` without one."""
        return self.roll_at(self.last_index, first)

    def roll_at(self, index: Index, first: Roll) -> Roll:
        """Give the roll in force at an index from `start` to `last_index`."""
        return self._last_of(tuple(at for at in self.rolls if at <= index), first)

    def prior_roll(self, first: Roll) -> Roll:
        """Give the roll before the last one, which an entry behind `start` sets."""
        return self._last_of(self.rolls[:-1], first)

    def _last_of(self, rolls: tuple[Index, ...], first: Roll) -> Roll:
        if rolls:
            index = rolls[-1]
            entry = self.at(index)
            return Roll(
                entry.electors, entry.outgoing, entry.workers, index, entry.term
            )
        return first if self.start == 0 else self.start_roll

    def append(self, entry: Entry) -> Log:
        """Add one entry at the end."""
        return self.extended((entry,))

    def extended(self, entries: tuple[Entry, ...]) -> Log:
        """Add entries at the end."""
        rest = self.tail + entries
        rolls = self.rolls + tuple(
            Index(index)
            for index, entry in enumerate(entries, self.last_index + 1)
            if entry.kind is EntryKind.ROLL
        )
        if len(rest) < CHUNK:
            return self._with(self.full, rest, rolls)
        whole = len(rest) - len(rest) % CHUNK
        chunks = tuple(rest[at : at + CHUNK] for at in range(0, whole, CHUNK))
        return self._with(self.full + chunks, rest[whole:], rolls)

    def _with(
        self,
        full: tuple[tuple[Entry, ...], ...],
        tail: tuple[Entry, ...],
        rolls: tuple[Index, ...],
    ) -> Log:
        return Log(self.start, self.start_term, self.start_roll, full, tail, rolls)

    def prefix(self, index: Index) -> Log:
        """Keep the entries up to an index from `start` to `last_index`."""
        place, rest = divmod(index - self.start, CHUNK)
        rolls = tuple(at for at in self.rolls if at <= index)
        if place < len(self.full):
            return self._with(self.full[:place], self.full[place][:rest], rolls)
        return self._with(self.full, self.tail[:rest], rolls)

    def compacted(self, index: Index, roll: Roll) -> Log:
        """Drop the entries up to an index from `start` to `last_index`.

        The roll is that in force there, see `roll_at`.
        """
        rest = self.segment(index, self.last_index - index)
        begun = Log.starting(index, self.term_at(index), roll)
        return begun.extended(rest.entries)

    def segment(self, after: Index, limit: int) -> Segment:
        """Cut out at most `limit` entries that follow an index from `start` on."""
        last = min(self.last_index, after + limit)
        place, rest = divmod(after - self.start, CHUNK)
        if place >= len(self.full):
            return Segment(self.tail[rest : rest + last - after])
        found: list[Entry] = []
        index = after
        while index < last:
            index = Index(index + 1)
            found.append(self.at(index))
        return Segment(tuple(found))

    def holds(self, after: Index, segment: Segment) -> bool:
        """Tell whether every entry of a segment stands here, right behind an index.

        The index is not below `start`.
        """
        if after + segment.size > self.last_index:
            return False
        return self.segment(after, segment.size) == segment

    def spliced(self, after: Index, segment: Segment) -> Log:
        """Put a segment behind an index, in place of everything that stood there.

        The index is one from `start` to `last_index`.
        """
        return self.prefix(after).extended(segment.entries)

    def probe(self, index: Index, term: Term) -> Index:
        """Find the last position up to an index whose term is not above `term`.

        Behind it nothing can match a log that has `term` at `index`. Asked by a
        follower of the leader's position and by the leader of the follower's, it skips
        a whole term in one exchange. Where such a position may lie below `start`, the
        answer is 0: none is known here. Source: Ongaro 2014, section 3.5.
        """
        found = min(index, self.last_index)
        while found > self.start and self.term_at(found) > term:
            found = Index(found - 1)
        if found < self.start or self.term_at(found) > term:
            return NO_INDEX
        return found


EMPTY_LOG: Final = Log()
"""No entries."""
EMPTY_SEGMENT: Final = Segment()
"""No entries."""
