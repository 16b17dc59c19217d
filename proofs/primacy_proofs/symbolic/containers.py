"""Proxies of core's containers: each method gives the term of its contract.

Where a contract demands something of its caller (an agent that the map has, an index
within the log), the proxy asks the oracle whether it is given. The path on which it is
not ends in `ContractError`, and the theorem `no handler raises` shows that the
invariants exclude it.

Trusted: each method names the operation whose contract the concrete method keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.pending_reads import FollowerRead, FollowerReads, LeaderRead, LeaderReads
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import Expr, all_of, any_of, equal, is_same, number
from primacy_proofs.symbolic.paths import ContractError, MeaninglessError, decide
from primacy_proofs.symbolic.values import (
    LiftedAgent,
    LiftedBool,
    LiftedInt,
    Proxy,
    expr_of_agent,
    expr_of_int,
    expr_of_text,
)


def _demand(condition: Expr, what: str) -> None:
    """End the path unless the caller gave what the contract demands."""
    if not decide(condition):
        raise ContractError(what)


class LiftedSet(Proxy):
    """A set of agents."""

    __slots__ = ()

    def _other(self, other: object) -> Expr:
        return expr_of_set(other)

    @property
    def size(self) -> LiftedInt:
        """Count the members."""
        return LiftedInt(on.size(self.expr))

    @property
    def first(self) -> LiftedAgent:
        """Name a member, nobody if there is none."""
        return LiftedAgent(on.first(self.expr))

    def has(self, agent: object) -> LiftedBool:
        """Tell whether an agent is a member."""
        return LiftedBool(on.member(expr_of_agent(agent), self.expr))

    def with_(self, agent: object) -> LiftedSet:
        """Add an agent."""
        return LiftedSet(on.with_(self.expr, expr_of_agent(agent)))

    def without(self, agent: object) -> LiftedSet:
        """Remove an agent."""
        return LiftedSet(on.without(self.expr, expr_of_agent(agent)))

    def intersection(self, other: object) -> LiftedSet:
        """Keep the members of both."""
        return LiftedSet(on.intersection(self.expr, expr_of_set(other)))

    def union(self, other: object) -> LiftedSet:
        """Join the members of both."""
        return LiftedSet(on.union(self.expr, expr_of_set(other)))

    def difference(self, other: object) -> LiftedSet:
        """Keep the members that the other has not."""
        return LiftedSet(on.difference(self.expr, expr_of_set(other)))


class LiftedMap(Proxy):
    """A number for each agent, 0 for all but some."""

    __slots__ = ()

    def get(self, agent: object) -> LiftedInt:
        """Read an agent's number."""
        return LiftedInt(on.get(self.expr, expr_of_agent(agent)))

    def set(self, agent: object, value: object) -> LiftedMap:
        """Change an agent's number."""
        name = expr_of_agent(agent)
        return LiftedMap(on.put(self.expr, name, expr_of_int(value)))

    def within(self, agents: object) -> LiftedMap:
        """Keep the numbers of some agents; all others have 0."""
        return LiftedMap(on.within(self.expr, expr_of_set(agents)))

    def set_all(self, agents: object, value: object) -> LiftedMap:
        """Change the number of each of some agents."""
        return LiftedMap(on.put_all(self.expr, expr_of_set(agents), expr_of_int(value)))

    def at_least(self, value: object) -> LiftedSet:
        """Collect the agents whose number is not 0 and not below a value."""
        return LiftedSet(on.at_least(self.expr, expr_of_int(value)))

    def suggestion(self, electors: object, outgoing: object) -> LiftedInt:
        """Suggest a number; nothing is promised but that others do not matter."""
        voting = expr_of_electorate(electors, outgoing)
        return LiftedInt(on.suggestion(self.expr, voting))


class LiftedSegment(Proxy):
    """Consecutive entries."""

    __slots__ = ()

    @property
    def size(self) -> LiftedInt:
        """Count the entries."""
        return LiftedInt(on.length(self.expr))

    def is_ordered(self, lowest: object, highest: object) -> LiftedBool:
        """Tell whether the terms never fall and lie between two."""
        low, high = expr_of_int(lowest), expr_of_int(highest)
        return LiftedBool(on.is_ordered(self.expr, low, high))


class LiftedLog(Proxy):
    """A log: what it was when it was whole, and the start below which nothing is left.

    Dropping its beginning changes nothing but the start. What must not be asked for
    below it is a demand, so the laws of logs need not know that anything is gone.
    """

    __slots__ = ("begin",)

    def __init__(self, expr: Expr, begin: Expr) -> None:
        super().__init__(expr)
        self.begin: Final = begin

    @property
    def start(self) -> LiftedInt:
        """Name the last position that a snapshot stands for."""
        return LiftedInt(self.begin)

    @property
    def start_term(self) -> LiftedInt:
        """Name the term of the entry there."""
        return LiftedInt(on.term_at(self.expr, self.begin))

    @property
    def start_roll(self) -> Roll:
        """Give the roll in force there, of a log that is not whole."""
        _demand(self.begin >= 1, "a log that begins behind a snapshot")
        return self._roll_at(self.begin)

    @property
    def last_index(self) -> LiftedInt:
        """Name the position of the last entry."""
        return LiftedInt(on.last(self.expr))

    @property
    def last_term(self) -> LiftedInt:
        """Name the term of the last entry."""
        return LiftedInt(on.term_at(self.expr, on.last(self.expr)))

    def _demand_index(self, index: object) -> Expr:
        at = expr_of_int(index)
        within = all_of(self.begin <= at, at <= on.last(self.expr))
        _demand(within, "an index of the log")
        return at

    def term_at(self, index: object) -> LiftedInt:
        """Read the term at an index."""
        at = expr_of_int(index)
        within = all_of(self._is_left(at), at <= on.last(self.expr))
        _demand(within, "an index of the log, or 0")
        return LiftedInt(on.term_at(self.expr, at))

    def _is_left(self, index: Expr) -> Expr:
        """Tell whether the term at an index is known: it is not dropped, or is 0."""
        return any_of(equal(index, 0), self.begin <= index)

    def accepts(self, index: object, term: object) -> LiftedBool:
        """Tell whether an entry of that term stands there."""
        at = expr_of_int(index)
        _demand(self._is_left(at), "an index that is not below the start, or 0")
        found = equal(on.term_at(self.expr, at), expr_of_int(term))
        return LiftedBool(all_of(at <= on.last(self.expr), found))

    def roll(self, first: Roll) -> Roll:
        """Give the roll in force at the end; the first one is the configuration's."""
        _demand_first(first)
        return self._roll_at(on.last(self.expr))

    def prior_roll(self, first: Roll) -> Roll:
        """Give the roll before it, of a log that still has the entry that sets it."""
        _demand_first(first)
        set_at = on.roll_index(self.expr, on.last(self.expr))
        _demand(self.begin < set_at, "a roll that an entry sets")
        return self._roll_at(set_at - 1)

    def roll_at(self, index: object, first: Roll) -> Roll:
        """Give the roll in force at an index."""
        _demand_first(first)
        return self._roll_at(self._demand_index(index))

    def _roll_at(self, index: Expr) -> Roll:
        """Give the roll in force at an index: the first one at 0, and below."""
        set_at = on.roll_index(self.expr, index)
        voting = on.electorate_at(self.expr, index)
        return Roll(
            LiftedSet(on.electors_of(voting)),  # type: ignore[arg-type]  # lifted
            LiftedSet(on.outgoing_of(voting)),  # type: ignore[arg-type]  # lifted
            LiftedSet(on.workers_at(self.expr, index)),  # type: ignore[arg-type]  # lifted
            LiftedInt(set_at),  # type: ignore[arg-type]  # lifted
            LiftedInt(on.term_at(self.expr, set_at)),  # type: ignore[arg-type]  # lifted
        )

    def append(self, entry: Entry) -> LiftedLog:
        """Add one entry."""
        return LiftedLog(on.append(self.expr, *_parts(entry)), self.begin)

    def compacted(self, index: object, roll: Roll) -> LiftedLog:
        """Drop the entries up to an index; the roll is that in force there."""
        at = self._demand_index(index)
        _demand(at >= 1, "an entry to drop")
        _demand(_is_roll(roll, self._roll_at(at)), "the roll in force at the index")
        return LiftedLog(self.expr, at)

    def segment(self, after: object, limit: object) -> LiftedSegment:
        """Cut out what follows an index."""
        start, most = self._demand_index(after), expr_of_int(limit)
        _demand(most >= 0, "a limit that is not negative")
        return LiftedSegment(on.segment(self.expr, start, most))

    def holds(self, after: object, segment: object) -> LiftedBool:
        """Tell whether the entries of a segment stand behind an index."""
        start = self._demand_index(after)
        return LiftedBool(on.holds(self.expr, start, expr_of_segment(segment)))

    def spliced(self, after: object, segment: object) -> LiftedLog:
        """Put a segment behind an index."""
        start = self._demand_index(after)
        joined = on.spliced(self.expr, start, expr_of_segment(segment))
        return LiftedLog(joined, self.begin)

    def probe(self, index: object, term: object) -> LiftedInt:
        """Find the last position whose term is not above another."""
        at = expr_of_int(index)
        _demand(at >= 0, "an index that is not negative")
        return LiftedInt(on.probe(self.expr, self.begin, at, expr_of_int(term)))


def _is_roll(one: Roll, other: Roll) -> Expr:
    """Tell whether two rolls are one."""
    return all_of(
        equal(expr_of_set(one.electors), expr_of_set(other.electors)),
        equal(expr_of_set(one.outgoing), expr_of_set(other.outgoing)),
        equal(expr_of_set(one.workers), expr_of_set(other.workers)),
        equal(expr_of_int(one.index), expr_of_int(other.index)),
        equal(expr_of_int(one.term), expr_of_int(other.term)),
    )


class PrefixLogs:
    """`Log`, where a snapshot is installed: what the log begins with was a whole log.

    The proofs know which: the packet that hands the snapshot over hides it.
    """

    def __init__(self, prefix: Expr | None) -> None:
        self._prefix: Final = prefix

    def starting(self, index: object, term: object, roll: Roll) -> LiftedLog:
        """Begin behind the end of the whole log, whose term and roll are given."""
        if self._prefix is None:
            raise MeaninglessError("no packet hands a snapshot over")
        whole, at = LiftedLog(self._prefix, number(0)), expr_of_int(index)
        ends = all_of(equal(on.last(self._prefix), at), at >= 1)
        _demand(ends, "the end of what the snapshot stands for")
        named = equal(on.term_at(self._prefix, at), expr_of_int(term))
        _demand(named, "the term there")
        # compacted demands that the roll is the one in force there
        return whole.compacted(index, roll)


@dataclass(frozen=True, slots=True)
class Answered:
    """An output for each of the reads of a set: granted, or refused."""

    reads: Expr
    granted: bool
    mesh: Expr
    me: Expr
    term: Expr


@dataclass(frozen=True, slots=True)
class Served:
    """A `ServeRead` for each parked read that needs no more than what is applied."""

    parked: Expr
    applied: Expr


class Several:
    """Outputs of which nobody knows how many there are: they can be joined, no more."""

    __slots__ = ("_outputs",)

    def __init__(self, *outputs: object) -> None:
        self._outputs: Final = outputs

    def __iter__(self) -> Iterator[object]:
        """List what stands for them, for who joins them."""
        return iter(self._outputs)

    def __add__(self, others: Iterable[object]) -> Several:
        """Put others behind them."""
        return Several(*self, *others)

    def __radd__(self, others: Iterable[object]) -> Several:
        """Put others before them."""
        return Several(*others, *self)

    def __bool__(self) -> bool:
        """Refuse to say whether there is one."""
        raise MeaninglessError("nobody knows how many outputs there are")

    def __eq__(self, other: object) -> bool:
        """Refuse to compare them."""
        raise MeaninglessError("nobody knows how many outputs there are")

    __hash__ = None  # type: ignore[assignment]  # refused
    # There is no len(): Python itself would ask for it where outputs are joined.


class LiftedAsked(Proxy):
    """The reads that a leader was asked."""

    __slots__ = ()

    def has(self, requester: object, request: object) -> LiftedBool:
        """Tell whether a read waits."""
        who, what = expr_of_agent(requester), expr_of_text(request)
        return LiftedBool(on.asked_has(self.expr, who, what))

    def with_(self, read: LeaderRead) -> LiftedAsked:
        """Add a read."""
        return LiftedAsked(
            on.asked_with(
                self.expr,
                expr_of_agent(read.requester),
                expr_of_text(read.request),
                expr_of_int(read.index),
                expr_of_int(read.round),
            )
        )

    def confirmed(self, by: object) -> LiftedAsked:
        """Keep the reads of rounds up to one."""
        return LiftedAsked(on.confirmed(self.expr, expr_of_int(by)))

    def unconfirmed(self, by: object) -> LiftedAsked:
        """Keep the others."""
        return LiftedAsked(on.unconfirmed(self.expr, expr_of_int(by)))

    def answers(self, mesh: object, me: object, term: object) -> Several:
        """Answer them all."""
        return self._answered(True, mesh, me, term)

    def refusals(self, mesh: object, me: object, term: object) -> Several:
        """Refuse them all."""
        return self._answered(False, mesh, me, term)

    def _answered(
        self, granted: bool, mesh: object, me: object, term: object
    ) -> Several:
        names = expr_of_text(mesh), expr_of_agent(me), expr_of_int(term)
        return Several(Answered(self.expr, granted, *names))


class LiftedParked(Proxy):
    """The reads that wait for entries to be applied."""

    __slots__ = ()

    def with_(self, read: FollowerRead) -> LiftedParked:
        """Add a read."""
        what, index = expr_of_text(read.request), expr_of_int(read.index)
        return LiftedParked(on.parked_with(self.expr, what, index))

    def later(self, applied: object) -> LiftedParked:
        """Keep the reads that need more."""
        return LiftedParked(on.later(self.expr, expr_of_int(applied)))

    def due(self, applied: object) -> Several:
        """Serve the others."""
        return Several(Served(self.expr, expr_of_int(applied)))


def expr_of_set(value: object) -> Expr:
    """Give the expression of a set; a plain one may hold lifted ids."""
    if isinstance(value, LiftedSet):
        return value.expr
    if type(value) is not AgentSet:
        raise MeaninglessError(f"{type(value).__name__} is no set of agents")
    expr = on.EMPTY_SET
    for agent in value.members:
        expr = on.with_(expr, expr_of_agent(agent))
    return expr


def expr_of_map(value: object) -> Expr:
    """Give the expression of a map."""
    if isinstance(value, LiftedMap):
        return value.expr
    if value == AgentMap():
        return on.EMPTY_MAP
    raise MeaninglessError(f"{type(value).__name__} is no lifted map")


def expr_of_log(value: object) -> Expr:
    """Give the expression of a log."""
    if isinstance(value, LiftedLog):
        return value.expr
    if value == Log():
        return on.EMPTY_LOG_
    raise MeaninglessError(f"{type(value).__name__} is no lifted log")


def expr_of_start(value: object) -> Expr:
    """Give the expression of the start of a log."""
    if isinstance(value, LiftedLog):
        return value.begin
    if value == Log():
        return number(0)
    raise MeaninglessError(f"{type(value).__name__} is no lifted log")


def expr_of_segment(value: object) -> Expr:
    """Give the expression of a segment; a plain one has at most one entry."""
    if isinstance(value, LiftedSegment):
        return value.expr
    if type(value) is Segment and not value.entries:
        return on.EMPTY_SEGMENT_
    if type(value) is Segment and len(value.entries) == 1:
        return on.single(*_parts(value.entries[0]))
    raise MeaninglessError(f"{type(value).__name__} is no lifted segment")


def expr_of_asked(value: object) -> Expr:
    """Give the expression of the reads that wait for a round."""
    if isinstance(value, LiftedAsked):
        return value.expr
    if type(value) is LeaderReads and not value.reads:
        return on.NO_ASKED
    raise MeaninglessError(f"{type(value).__name__} is no lifted set of reads")


def expr_of_parked(value: object) -> Expr:
    """Give the expression of the reads that wait for entries."""
    if isinstance(value, LiftedParked):
        return value.expr
    if type(value) is FollowerReads and not value.reads:
        return on.NO_PARKED
    raise MeaninglessError(f"{type(value).__name__} is no lifted set of reads")


def _demand_first(roll: Roll) -> None:
    """Refuse any roll but the first one of the mesh."""
    sets = roll.electors, roll.outgoing, roll.workers
    meant = on.FIRST_ELECTORS, on.FIRST_ELECTORS, on.FIRST_WORKERS
    is_meant = all(map(is_same, map(expr_of_set, sets), meant))
    if not is_meant or (roll.index, roll.term) != (0, 0):
        raise MeaninglessError("a log begins with another roll than the first")


def expr_of_electorate(electors: object, outgoing: object) -> Expr:
    """Give the expression of the electorate that two sets are."""
    return on.electorate(expr_of_set(electors), expr_of_set(outgoing))


def _parts(entry: Entry) -> tuple[Expr, Expr]:
    """Take an entry apart: its term and its body."""
    term = expr_of_int(entry.term)
    if entry.kind == EntryKind.ROLL:
        voting = expr_of_electorate(entry.electors, entry.outgoing)
        named = expr_of_text(entry.command), expr_of_text(entry.request)
        return term, on.roll_body(voting, expr_of_set(entry.workers), *named)
    if any(
        each != NO_AGENTS for each in (entry.electors, entry.outgoing, entry.workers)
    ):
        raise MeaninglessError("only a roll entry has agents")
    if entry.kind == EntryKind.COMMAND:
        named = expr_of_text(entry.command), expr_of_text(entry.request)
        return term, on.command_body(*named)
    said = entry.command, entry.request
    if all(type(text) is str and not text for text in said):
        return term, on.NOOP_BODY
    raise MeaninglessError("a no-op has no command")
