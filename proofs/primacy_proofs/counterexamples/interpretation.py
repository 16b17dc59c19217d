"""Core's own containers as the meaning of symbols: by this a finite model is judged.

A finite model is only shown if all that was taken for granted holds in it and the goal
does not, read with the containers that ship. Where a contract promises nothing, a value
is fixed here: 0 or a no-op behind the end of a log, 0 for an agent that a map lacks.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any, Final

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
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
from primacy.quantities import Command, RequestId
from primacy.role import Role, Wait

EntryBody = tuple[EntryKind, Command, RequestId]
NOOP: Final[EntryBody] = (EntryKind.NOOP, Command(""), RequestId(""))
ENUMERATIONS: Final[dict[str, tuple[Any, ...]]] = {
    kind.__name__: tuple(kind) for kind in (Role, Wait, Timer)
}

Any_ = Any
"""A value of core, whose methods say what it is."""


def _body(entry: Entry) -> EntryBody:
    return entry.kind, entry.command, entry.request


def _entry(entries: tuple[Entry, ...], index: int) -> Entry | None:
    return entries[index - 1] if 1 <= index <= len(entries) else None


def _term(entries: tuple[Entry, ...], index: int) -> int:
    entry = _entry(entries, index)
    return entry.term if entry else 0


def _body_at(entries: tuple[Entry, ...], index: int) -> EntryBody:
    entry = _entry(entries, index)
    return _body(entry) if entry else NOOP


def _within(log: Any_, index: int) -> Any_:
    return max(0, min(index, log.last_index))


def _get(numbers: AgentMap, agent: Any_) -> int:
    return numbers.get(agent) if numbers.agents.has(agent) else 0


def _put(numbers: AgentMap, agent: Any_, value: int) -> AgentMap:
    return numbers.set(agent, value) if numbers.agents.has(agent) else numbers


def _shared(whole: AgentSet, one: AgentSet, other: AgentSet) -> str:
    return next(iter(whole.common(one).common(other).members), "")


def _holds(log: Log, after: Any_, segment: Segment) -> bool:
    return after >= 0 and log.holds(after, segment)


def _differs(log: Log, after: int, segment: Segment) -> int:
    for place, entry in enumerate(segment.entries, start=1):
        if _entry(log.entries, after + place) != entry:
            return place
    return 0


def _single(term: Any_, body: EntryBody) -> Segment:
    return Segment.of(Entry(term, *body))


def _asked(reads: AskedReads, *read: Any_) -> bool:
    return AskedRead(*read) in reads.reads


SYMBOLS: Final[dict[str, Callable[..., Any_]]] = {
    "true": lambda: True,
    "false": lambda: False,
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": lambda *parts: sum(parts),
    "-": lambda one, *more: reduce(operator.sub, more, one) if more else -one,
    "*": lambda *parts: reduce(operator.mul, parts),
    "to_real": lambda number: number,
    "nobody": lambda: "",
    "no_text": lambda: "",
    "no_agents": lambda: NO_AGENTS,
    "no_numbers": AgentMap,
    "empty_log": lambda: EMPTY_LOG,
    "empty_segment": lambda: EMPTY_SEGMENT,
    "noop": lambda: NOOP,
    "no_asked_reads": lambda: NO_ASKED_READS,
    "no_parked_reads": lambda: NO_PARKED_READS,
    "precedes": operator.lt,
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
    "suggestion": AgentMap.suggestion,
    "last": lambda log: log.last_index,
    "term_at": lambda log, index: _term(log.entries, index),
    "body_at": lambda log, index: _body_at(log.entries, index),
    "append": lambda log, term, body: log.append(Entry(term, *body)),
    "spliced": lambda log, after, cut: log.spliced(_within(log, after), cut),
    "segment": lambda log, after, most: log.segment(_within(log, after), max(most, 0)),
    "holds": _holds,
    "differs": _differs,
    "probe": Log.probe,
    "length": lambda segment: segment.size,
    "segment_term": lambda segment, place: _term(segment.entries, place),
    "segment_body": lambda segment, place: _body_at(segment.entries, place),
    "single": _single,
    "is_ordered": Segment.is_ordered,
    "asked_has": AskedReads.has,
    "asked": _asked,
    "asked_with": lambda reads, *read: reads.with_(AskedRead(*read)),
    "confirmed": AskedReads.confirmed,
    "unconfirmed": AskedReads.unconfirmed,
    "parks": lambda parked, *read: ParkedRead(*read) in parked.reads,
    "parked_with": lambda parked, *read: parked.with_(ParkedRead(*read)),
    "later": ParkedReads.later,
}
"""What each symbol means."""
