"""Core's own containers as the meaning of symbols: by this a finite model is judged.

A finite model is only shown if all that was taken for granted holds in it and the goal
does not, read with the containers that ship. Where a contract promises nothing, a value
is fixed here: 0 or a no-op behind the end of a log, no agents for what sets no roll.
What a quorum is and which rolls are near is defined here: the proofs have a notion of
their own, whatever core counts. The first roll is that of a world, so what rests on it
stands apart.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial, reduce
from typing import Any, Final

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.electorate import NO_ROLL, Roll
from primacy.log import EMPTY_LOG, EMPTY_SEGMENT, Entry, EntryKind, Log, Segment
from primacy.messages import ChangeKind, Timer
from primacy.pending_reads import (
    NO_FOLLOWER_READS,
    NO_LEADER_READS,
    FollowerRead,
    FollowerReads,
    LeaderRead,
    LeaderReads,
)
from primacy.role import Role, Wait
from primacy.types import NO_TERM, Command, RequestId

EntryBody = tuple[EntryKind, Command, RequestId, AgentSet, AgentSet, AgentSet]
"""What an entry has beside its term."""
ElectoratePair = tuple[AgentSet, AgentSet]
"""The electors of a roll, and the outgoing ones."""
ENUMERATIONS: Final[dict[str, tuple[Any, ...]]] = {
    kind.__name__: tuple(kind) for kind in (Role, Wait, Timer, ChangeKind)
}

Any_ = Any
"""A value of core, whose methods say what it is."""


def body_of(entry: Entry) -> EntryBody:
    """Give what an entry has beside its term."""
    sets = entry.electors, entry.outgoing, entry.workers
    return entry.kind, entry.command, entry.request, *sets


def _without_roll(kind: EntryKind, command: str, request: str) -> EntryBody:
    return body_of(Entry(NO_TERM, kind, Command(command), RequestId(request)))


NOOP: Final = _without_roll(EntryKind.NOOP, "", "")


def _with_roll(
    voting: ElectoratePair, workers: AgentSet, command: str, request: str
) -> EntryBody:
    named = Command(command), RequestId(request)
    return EntryKind.ROLL, *named, *voting, workers


def _entry(entries: tuple[Entry, ...], index: int) -> Entry | None:
    return entries[index - 1] if 1 <= index <= len(entries) else None


def _term(entries: tuple[Entry, ...], index: int) -> int:
    entry = _entry(entries, index)
    return entry.term if entry else 0


def _body_at(entries: tuple[Entry, ...], index: int) -> EntryBody:
    entry = _entry(entries, index)
    return body_of(entry) if entry else NOOP


def _within(log: Any_, index: int) -> Any_:
    return max(0, min(index, log.last_index))


def is_quorum(voting: ElectoratePair, agents: AgentSet) -> bool:
    """Tell whether agents are more than half of each of two sets."""
    return all(2 * each.intersection(agents).size > each.size for each in voting)


def is_near(one: ElectoratePair, other: ElectoratePair) -> bool:
    """Tell whether two electorates may follow each other."""
    if {*one} & {*other}:
        return True
    electors, changed = one[0], other[0]
    gone, come = electors.difference(changed), changed.difference(electors)
    are_settled = one[1] == electors and other[1] == changed
    return are_settled and gone.size + come.size == 1


def _shared(
    _: ElectoratePair, one: AgentSet, __: ElectoratePair, other: AgentSet
) -> str:
    return one.intersection(other).first


def _is_alike(one: Log, other: Log, index: int) -> bool:
    return _unlike(one, other, index) == 0


def _unlike(one: Log, other: Log, index: int) -> int:
    """Find the first place up to an index at which two logs differ, else 0."""
    highest = min(index, max(one.last_index, other.last_index))
    for place in range(1, highest + 1):
        there = (
            (_term(e, place), _body_at(e, place)) for e in (one.entries, other.entries)
        )
        if operator.ne(*there):
            return place
    return 0


def _holds(log: Log, after: Any_, segment: Segment) -> bool:
    return after >= 0 and log.holds(after, segment)


def _differs(log: Log, after: int, segment: Segment) -> int:
    for place, entry in enumerate(segment.entries, start=1):
        if _entry(log.entries, after + place) != entry:
            return place
    return 0


def cut_off(log: Log, start: int, first: Roll = NO_ROLL) -> Log:
    """Drop the beginning of a whole log, as core does; the first roll is its own."""
    index = _within(log, start)
    return log.compacted(index, log.roll_at(index, first)) if index else log


def _probe(log: Log, start: int, index: Any_, term: Any_) -> int:
    return cut_off(log, start).probe(index, term)


def _single(term: Any_, body: EntryBody) -> Segment:
    return Segment.of(Entry(term, *body))


def _asked(reads: LeaderReads, *read: Any_) -> bool:
    return LeaderRead(*read) in reads.reads


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
    "no_asked_reads": lambda: NO_LEADER_READS,
    "no_parked_reads": lambda: NO_FOLLOWER_READS,
    "precedes": operator.lt,
    "command": partial(_without_roll, EntryKind.COMMAND),
    "roll": _with_roll,
    "sets_roll": lambda body: body[0] is EntryKind.ROLL,
    "body_electorate": lambda body: body[3:5],
    "body_workers": operator.itemgetter(5),
    "member": lambda agent, agents: agents.has(agent),
    "size": lambda agents: agents.size,
    "with": AgentSet.with_,
    "without": AgentSet.without,
    "intersection": AgentSet.intersection,
    "union": AgentSet.union,
    "difference": AgentSet.difference,
    "first": operator.attrgetter("first"),
    "electorate": lambda electors, outgoing: (electors, outgoing),
    "electors_of": operator.itemgetter(0),
    "outgoing_of": operator.itemgetter(1),
    "is_quorum": is_quorum,
    "near": is_near,
    "shared": _shared,
    "get": AgentMap.get,
    "put": AgentMap.set,
    "put_all": AgentMap.set_all,
    "within": AgentMap.within,
    "at_least": AgentMap.at_least,
    "suggestion": lambda numbers, voting: numbers.suggestion(*voting),
    "last": lambda log: log.last_index,
    "term_at": lambda log, index: _term(log.entries, index),
    "body_at": lambda log, index: _body_at(log.entries, index),
    "append": lambda log, term, body: log.append(Entry(term, *body)),
    "spliced": lambda log, after, cut: log.spliced(_within(log, after), cut),
    "segment": lambda log, after, most: log.segment(_within(log, after), max(most, 0)),
    "holds": _holds,
    "differs": _differs,
    "probe": _probe,
    "is_alike": _is_alike,
    "unlike": _unlike,
    "length": lambda segment: segment.size,
    "segment_term": lambda segment, place: _term(segment.entries, place),
    "segment_body": lambda segment, place: _body_at(segment.entries, place),
    "single": _single,
    "is_ordered": Segment.is_ordered,
    "asked_has": LeaderReads.has,
    "asked": _asked,
    "asked_with": lambda reads, *read: reads.with_(LeaderRead(*read)),
    "confirmed": LeaderReads.confirmed,
    "unconfirmed": LeaderReads.unconfirmed,
    "parks": lambda parked, *read: FollowerRead(*read) in parked.reads,
    "parked_with": lambda parked, *read: parked.with_(FollowerRead(*read)),
    "later": FollowerReads.later,
}
"""What each symbol means, whatever the first roll is."""


def _roll(first: Roll, log: Log, index: int) -> Roll:
    """Give the roll in force at an index: that of the log up to there."""
    is_whole = index >= log.last_index
    return (log if is_whole else log.prefix(_within(log, index))).roll(first)


def _electorate_at(first: Roll, log: Log, index: int) -> ElectoratePair:
    found = _roll(first, log, index)
    return found.electors, found.outgoing


OF_ROLLS: Final[dict[str, Callable[[Roll, Log, int], Any_]]] = {
    "roll_index": lambda first, log, index: _roll(first, log, index).index,
    "electorate_at": _electorate_at,
    "workers_at": lambda first, log, index: _roll(first, log, index).workers,
}
"""What each symbol means that rests on the first roll, which is given first."""
