"""What an expression of the proofs means on plain values: a judge of the lifter.

Symbols are the methods of core's own containers. An argument is evaluated only where it
matters, so that a premise guards what is undefined without it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.config import Config
from primacy.log import EMPTY_LOG, EMPTY_SEGMENT, Entry, EntryKind, Log, Segment
from primacy.messages import Timer
from primacy.pending import (
    NO_ASKED_READS,
    NO_PARKED_READS,
    AskedRead,
    AskedReads,
    ParkedRead,
    ParkedReads,
)
from primacy.role import Role, Wait
from primacy_proofs._z3 import Expr, written
from primacy_proofs.containers import Answered, Served
from primacy_proofs.proxies import Proxy

Body = tuple[EntryKind, str, str]
Environment = Mapping[str, Callable[..., Any]]


def _body(entry: Entry) -> Body:
    return entry.kind, entry.command, entry.request


def _shared(whole: AgentSet, one: AgentSet, other: AgentSet) -> str:
    return next(iter(whole.common(one).common(other).members), "")


def _asked(reads: AskedReads, who: Any, request: Any, index: int, number: int) -> bool:
    return AskedRead(who, request, index, number) in reads.reads  # type: ignore[arg-type]


SYMBOLS: dict[str, Callable[..., Any]] = {
    "precedes": lambda one, other: one < other,
    "nobody": lambda: "",
    "no_text": lambda: "",
    "no_agents": lambda: NO_AGENTS,
    "no_numbers": AgentMap,
    "empty_log": lambda: EMPTY_LOG,
    "empty_segment": lambda: EMPTY_SEGMENT,
    "noop": lambda: (EntryKind.NOOP, "", ""),
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
    "get": AgentMap.get,
    "zero": AgentMap.zero,
    "put": AgentMap.set,
    "put_all": AgentMap.set_all,
    "at_least": AgentMap.at_least,
    "last": lambda log: log.last_index,
    "term_at": Log.term_at,
    "body_at": lambda log, index: _body(log.at(index)),
    "append": lambda log, term, body: log.append(Entry(term, *body)),
    "spliced": Log.spliced,
    "segment": Log.segment,
    "holds": Log.holds,
    "probe": Log.probe,
    "length": lambda segment: segment.size,
    "segment_term": lambda segment, place: segment.entries[place - 1].term,
    "segment_body": lambda segment, place: _body(segment.entries[place - 1]),
    "single": lambda term, body: Segment.of(Entry(term, *body)),
    "is_ordered": Segment.is_ordered,
    "asked_has": AskedReads.has,
    "asked": _asked,
    "asked_with": lambda reads, *read: reads.with_(AskedRead(*read)),
    "confirmed": AskedReads.confirmed,
    "unconfirmed": AskedReads.unconfirmed,
    "parks": lambda parked, *read: ParkedRead(*read) in parked.reads,
    "parked_with": lambda parked, *read: parked.with_(ParkedRead(*read)),
    "later": ParkedReads.later,
    "True": lambda: True,
    "False": lambda: False,
    "not": lambda one: not one,
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "+": lambda *parts: sum(parts),
    "-": lambda one, other=None: -one if other is None else one - other,
    "*": lambda one, other: one * other,
    **{
        f"{kind.__name__}.{each.name}": lambda each=each: each
        for kind in (Role, Wait, Timer)
        for each in kind
    },
}
"""What each symbol means."""


def evaluate(expr: Expr, environment: Environment) -> Any:
    """Give the value of an expression."""
    form = written(expr)
    if form.value is not None:
        return form.value
    parts = form.arguments
    match form.symbol:
        case "and":
            return all(evaluate(part, environment) for part in parts)
        case "or":
            return any(evaluate(part, environment) for part in parts)
        case "=>":
            premise = evaluate(parts[0], environment)
            return not premise or evaluate(parts[1], environment)
        case "if":
            branch = 1 if evaluate(parts[0], environment) else 2
            return evaluate(parts[branch], environment)
        case symbol:
            values = [evaluate(part, environment) for part in parts]
            found = environment.get(symbol) or SYMBOLS[symbol]
            return found(*values)


def plain(value: Any, environment: Environment) -> Any:
    """Put plain values in the place of all proxies."""
    if isinstance(value, Proxy):
        return evaluate(value.expr, environment)
    if isinstance(value, Answered | Served):
        return value
    if isinstance(value, AgentSet):
        return AgentSet.of(plain(member, environment) for member in value.members)
    if isinstance(value, Config):
        return environment["config"]()
    if isinstance(value, tuple):
        return tuple(plain(part, environment) for part in value)
    if isinstance(value, Enum) or not is_dataclass(value):
        return value
    parts = {
        field.name: plain(getattr(value, field.name), environment)
        for field in fields(value)
    }
    return type(value)(**parts)


def performed(outputs: Sequence[Any], environment: Environment) -> tuple[Any, ...]:
    """Give the outputs of a path with plain values, those of all reads included."""
    found: list[Any] = []
    for output in outputs:
        match output:
            case Answered():
                reads = evaluate(output.reads, environment)
                names = [
                    evaluate(part, environment)
                    for part in (output.mesh, output.me, output.term)
                ]
                answer = reads.answers if output.granted else reads.refusals
                found.extend(answer(*names))
            case Served():
                parked = evaluate(output.parked, environment)
                found.extend(parked.due(evaluate(output.applied, environment)))
            case _:
                found.append(plain(output, environment))
    return tuple(found)
