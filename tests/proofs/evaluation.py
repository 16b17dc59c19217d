"""What an expression of the proofs means on plain values: a judge of the lifter.

Symbols are the methods of core's own containers. Where a method is undefined (an agent
that the map has not, an index outside the log) the symbol still has a value, chosen
here: so the values of core are one model of the proofs' vocabulary, and a contract
holds or fails in it. An expression is compiled once, to closures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.config import Config
from primacy.log import EMPTY_LOG, EMPTY_SEGMENT, Entry, EntryKind, Log, Segment
from primacy.messages import ReadIndexReply, Timer
from primacy.outputs import Output, Reason, Send, ServeRead, Stale
from primacy.pending import (
    NO_ASKED_READS,
    NO_PARKED_READS,
    AskedRead,
    AskedReads,
    ParkedRead,
    ParkedReads,
)
from primacy.quantities import NOBODY, AgentId, Command, Index, RequestId, Term
from primacy.role import Role, Wait
from primacy_proofs._z3 import Expr, written
from primacy_proofs.containers import Answered, Served
from primacy_proofs.proxies import Proxy

Body = tuple[EntryKind, Command, RequestId]
Values = Mapping[str, Any]
"""The value of each variable, of each function of `me`, of each field of `packet`."""
Meaning = Callable[[Values], Any]

NOOP: Body = (EntryKind.NOOP, Command(""), RequestId(""))
ITSELF = ("me", "packet")
"""What a function of the world is applied to: its value is found by its name alone."""


def _body(entry: Entry) -> Body:
    return entry.kind, entry.command, entry.request


def _shared(whole: AgentSet, one: AgentSet, other: AgentSet) -> str:
    return next(iter(whole.common(one).common(other).members), "")


def _get(numbers: AgentMap, agent: AgentId) -> int:
    return numbers.get(agent) if numbers.agents.has(agent) else 0


def _put(numbers: AgentMap, agent: AgentId, value: int) -> AgentMap:
    return numbers.set(agent, value) if numbers.agents.has(agent) else numbers


def _term_at(log: Log, index: Index) -> int:
    return log.term_at(index) if 0 <= index <= log.last_index else 0


def _body_at(log: Log, index: Index) -> Body:
    return _body(log.at(index)) if 1 <= index <= log.last_index else NOOP


def _spliced(log: Log, after: Index, segment: Segment) -> Log:
    return log.spliced(after, segment) if 0 <= after <= log.last_index else log


def _segment(log: Log, after: Index, limit: int) -> Segment:
    is_defined = 0 <= after <= log.last_index and limit >= 0
    return log.segment(after, limit) if is_defined else EMPTY_SEGMENT


def _holds(log: Log, after: Index, segment: Segment) -> bool:
    return after >= 0 and log.holds(after, segment)


def _differs(log: Log, after: Index, segment: Segment) -> int:
    here = _segment(log, after, segment.size).entries
    pairs = zip(here, segment.entries, strict=False)
    return next((place for place, (a, b) in enumerate(pairs, 1) if a != b), 0)


def _segment_term(segment: Segment, place: int) -> int:
    return segment.entries[place - 1].term if 1 <= place <= segment.size else 0


def _segment_body(segment: Segment, place: int) -> Body:
    return _body(segment.entries[place - 1]) if 1 <= place <= segment.size else NOOP


def _asked(reads: AskedReads, *read: Any) -> bool:  # noqa: ANN401 - its parts
    return AskedRead(*read) in reads.reads


CONTAINERS: dict[str, Callable[..., Any]] = {
    "precedes": lambda one, other: one < other,
    "nobody": lambda: "",
    "no_text": lambda: "",
    "no_agents": lambda: NO_AGENTS,
    "no_numbers": AgentMap,
    "empty_log": lambda: EMPTY_LOG,
    "empty_segment": lambda: EMPTY_SEGMENT,
    "noop": lambda: NOOP,
    "no_asked_reads": lambda: NO_ASKED_READS,
    "no_parked_reads": lambda: NO_PARKED_READS,
    "command": lambda command, request: (EntryKind.COMMAND, command, request),
    "member": lambda agent, agents: agents.has(agent),
    "size": lambda agents: agents.size,
    "with": AgentSet.with_,
    "without": AgentSet.without,
    "common": AgentSet.common,
    "united": AgentSet.united,
    "less": AgentSet.less,
    "shared": _shared,
    "agents_of": lambda numbers: numbers.agents,
    "get": _get,
    "zero": AgentMap.zero,
    "put": _put,
    "put_all": AgentMap.set_all,
    "at_least": AgentMap.at_least,
    "suggestion": lambda numbers, electors: numbers.suggestion(electors),
    "last": lambda log: log.last_index,
    "term_at": _term_at,
    "body_at": _body_at,
    "append": lambda log, term, body: log.append(Entry(Term(term), *body)),
    "spliced": _spliced,
    "segment": _segment,
    "holds": _holds,
    "differs": _differs,
    "probe": Log.probe,
    "length": lambda segment: segment.size,
    "segment_term": _segment_term,
    "segment_body": _segment_body,
    "single": lambda term, body: Segment.of(Entry(Term(term), *body)),
    "is_ordered": Segment.is_ordered,
    "asked_has": AskedReads.has,
    "asked": _asked,
    "asked_with": lambda reads, *read: reads.with_(AskedRead(*read)),
    "confirmed": AskedReads.confirmed,
    "unconfirmed": AskedReads.unconfirmed,
    "parks": lambda parked, *read: ParkedRead(*read) in parked.reads,
    "parked_with": lambda parked, *read: parked.with_(ParkedRead(*read)),
    "later": ParkedReads.later,
    **{
        f"{kind.__name__}.{each.name}": lambda each=each: each
        for kind in (Role, Wait, Timer)
        for each in kind
    },
}
"""What each symbol of the vocabulary means."""

LOGIC: dict[str, Callable[..., Any]] = {
    "true": lambda: True,
    "false": lambda: False,
    "not": lambda one: not one,
    "=": lambda one, other: one == other,
    "distinct": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "+": lambda *parts: sum(parts),
    "-": lambda one, other=None: -one if other is None else one - other,
    "*": lambda one, other: one * other,
}
"""What z3's own symbols mean, beside those that leave an argument out."""

_meanings: dict[int, tuple[Expr, Meaning]] = {}
"""What was compiled, by the expression's id: no other's while the expression lives."""


def meaning(expr: Expr) -> Meaning:
    """Compile an expression to a function of the values of its variables."""
    found = _meanings.get(expr.get_id())
    if found is None:
        found = _meanings[expr.get_id()] = expr, _compiled(expr)
    return found[1]


def evaluate(expr: Expr, values: Values) -> Any:  # noqa: ANN401 - any sort
    """Give the value of an expression."""
    return meaning(expr)(values)


def _compiled(expr: Expr) -> Meaning:
    form = written(expr)
    if form.value is not None:
        number = form.value
        return lambda _: number
    parts = [meaning(part) for part in form.arguments]
    match form.symbol, parts:
        case "and", _:
            return lambda values: all(part(values) for part in parts)
        case "or", _:
            return lambda values: any(part(values) for part in parts)
        case "=>", [premise, conclusion]:
            return lambda values: not premise(values) or conclusion(values)
        case "if", [condition, one, other]:
            return lambda values: one(values) if condition(values) else other(values)
    symbol = form.symbol
    known = CONTAINERS.get(symbol) or LOGIC.get(symbol)
    if known is None:
        assert all(written(part).symbol in ITSELF for part in form.arguments)
        return lambda values: values[symbol]
    return _applied(known, parts)


def _applied(known: Callable[..., Any], parts: list[Meaning]) -> Meaning:
    match parts:
        case []:
            value = known()
            return lambda _: value
        case [one]:
            return lambda values: known(one(values))
        case [one, other]:
            return lambda values: known(one(values), other(values))
        case _:
            return lambda values: known(*[part(values) for part in parts])


def plain(value: Any, values: Values) -> Any:  # noqa: ANN401 - any value
    """Put plain values in the place of all proxies."""
    if isinstance(value, Proxy):
        return evaluate(value.expr, values)
    if isinstance(value, AgentSet):
        return AgentSet.of(plain(member, values) for member in value.members)
    if isinstance(value, Config):
        return values["config"]
    if isinstance(value, tuple):
        return tuple(plain(part, values) for part in value)
    if isinstance(value, Enum) or not is_dataclass(value):
        return value
    record: Any = type(value)
    return record(*(plain(getattr(value, each.name), values) for each in fields(value)))


def _answered(read: AskedRead, output: Answered, values: Values) -> Output:
    """Say what becomes of one read, as the proofs take it: `steps`, `rounds`."""
    mesh, me, term = (
        evaluate(each, values) for each in (output.mesh, output.me, output.term)
    )
    if read.requester == me and output.granted:
        return ServeRead(read.request, read.index)
    if read.requester == me:
        return Stale(read.request, Reason.LOST_LEADERSHIP, NOBODY, term)
    granted = output.granted
    reply = ReadIndexReply(mesh, me, term, read.request, granted, read.index)
    return Send(read.requester, reply)


def performed(outputs: Sequence[Any], values: Values) -> tuple[Any, ...]:
    """Give the outputs of a path with plain values, those of all reads included."""
    found: list[Any] = []
    for output in outputs:
        match output:
            case Answered():
                asked: AskedReads = evaluate(output.reads, values)
                found.extend(_answered(read, output, values) for read in asked.reads)
            case Served():
                parked: ParkedReads = evaluate(output.parked, values)
                applied = evaluate(output.applied, values)
                found.extend(
                    ServeRead(read.request, applied)
                    for read in parked.reads
                    if read.index <= applied
                )
            case _:
                found.append(plain(output, values))
    return tuple(found)
