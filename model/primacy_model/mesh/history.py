"""What happened in a mesh: read by properties, never by the protocol.

A step writes notes; `add_note` adds a note to a history. Notes that agents write in
moves that do not depend on each other may be added in any order: the history is the
same.

Source: the history variables of Ongaro's Raft specification in TLA+.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from primacy.log import Entry
from primacy.types import AgentId, RequestId, Term
from primacy_model.mesh.rolls import Electorates


@dataclass(frozen=True, slots=True)
class Committed:
    """An entry that was applied somewhere, and the lowest term in which it was."""

    index: int
    entry: Entry
    term: Term


@dataclass(frozen=True, slots=True)
class Stood:
    """An agent stands in a term, with the roll of its log."""

    term: Term
    agent: AgentId
    electorates: Electorates
    is_entitled: bool
    """It was on the roll, or not yet off it."""


@dataclass(frozen=True, slots=True)
class History:
    """What happened: read by properties, never by the protocol."""

    leaders: frozenset[tuple[Term, AgentId]] = frozenset()
    """Who ever led which term."""
    votes: frozenset[tuple[Term, AgentId, AgentId]] = frozenset()
    """Votes ever sent: term, voter, candidate."""
    committed: frozenset[Committed] = frozenset()
    """What was applied anywhere; of an index two entries only if S8 is broken."""
    floors: frozenset[tuple[RequestId, int]] = frozenset()
    """For each read, how many entries were applied anywhere when it was asked."""
    served: frozenset[RequestId] = frozenset()
    """The reads that were served."""
    admitted: frozenset[tuple[Term, AgentId]] = frozenset()
    """Effects that the resource admitted: token and agent."""
    refused: int = 0
    """1 once the resource refused an effect."""
    stood: frozenset[Stood] = frozenset()
    """Who ever asked for votes or won, and under which roll."""
    undone: bool = False
    """A change of the roll was taken back."""
    handed: frozenset[tuple[Term, AgentId]] = frozenset()
    """Who asked for votes because its leader handed over, and for which term."""
    breaches: frozenset[str] = frozenset()
    """The invariants about steps that a step broke."""

    def __hash__(self) -> int:
        parts = (self.leaders, self.votes, self.floors, self.served, self.admitted)
        return hash((parts, len(self.committed)))


@dataclass(frozen=True, slots=True)
class Led:
    """An agent leads a term."""

    term: Term
    agent: AgentId


@dataclass(frozen=True, slots=True)
class Voted:
    """A vote was sent."""

    term: Term
    voter: AgentId
    candidate: AgentId


@dataclass(frozen=True, slots=True)
class Undone:
    """A change of the roll was taken back: another leader's log has none there."""


@dataclass(frozen=True, slots=True)
class Handed:
    """An agent asked for votes because its leader handed over."""

    term: Term
    agent: AgentId


@dataclass(frozen=True, slots=True)
class Applied:
    """Entries were applied after a number of others, in a term."""

    after: int
    entries: tuple[Entry, ...]
    term: Term


@dataclass(frozen=True, slots=True)
class ReadRequested:
    """A client asked for a read."""

    request: RequestId


@dataclass(frozen=True, slots=True)
class ReadServed:
    """A read was served after a number of entries were applied."""

    request: RequestId
    applied: int


@dataclass(frozen=True, slots=True)
class Acted:
    """An agent acted on the resource under a token."""

    token: Term
    agent: AgentId
    is_admitted: bool


@dataclass(frozen=True, slots=True)
class Breached:
    """A step broke an invariant about steps."""

    name: str


Note = (
    Led
    | Voted
    | Stood
    | Undone
    | Handed
    | Applied
    | ReadRequested
    | ReadServed
    | Acted
    | Breached
)


def add_note(history: History, note: Note) -> History:
    """Write a note into a history."""
    match note:
        case Led():
            return replace(history, leaders=history.leaders | {(note.term, note.agent)})
        case Voted():
            vote = (note.term, note.voter, note.candidate)
            return replace(history, votes=history.votes | {vote})
        case Stood():
            return replace(history, stood=history.stood | {note})
        case Undone():
            return replace(history, undone=True)
        case Handed():
            return replace(history, handed=history.handed | {(note.term, note.agent)})
        case Applied():
            return _applied(history, note)
        case ReadRequested():
            last = max((each.index for each in history.committed), default=0)
            floor = (note.request, last)
            return replace(history, floors=history.floors | {floor})
        case ReadServed():
            served = replace(history, served=history.served | {note.request})
            is_stale = any(
                request == note.request and note.applied < floor
                for request, floor in history.floors
            )
            return _breached(served, "S10") if is_stale else served
        case Acted():
            if not note.is_admitted:
                return replace(history, refused=1)
            act = (note.token, note.agent)
            return replace(history, admitted=history.admitted | {act})
        case Breached():
            return _breached(history, note.name)
        case _:
            assert_never(note)


def _breached(history: History, name: str) -> History:
    return replace(history, breaches=history.breaches | {name})


def _applied(history: History, note: Applied) -> History:
    """Add what is new, and keep the lowest term."""
    lowest = {(each.index, each.entry): each.term for each in history.committed}
    for index, entry in enumerate(note.entries, start=note.after + 1):
        term = lowest.get((index, entry), note.term)
        lowest[index, entry] = min(term, note.term)
    committed = [Committed(*what, term) for what, term in lowest.items()]
    return replace(history, committed=frozenset(committed))
