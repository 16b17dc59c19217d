"""Core's containers on bits: the meaning of symbols where values may be open.

An agent, a number and a text are each one number, plain or open. A set has a bit for
each agent, nobody first, and a map has a number; an electorate has two sets. An entry's
body has a number, for its kind and its texts, and three sets, of which only a roll's
have members. A log or a segment has a length and entries, zero beyond the length; reads
are a list of places, each taken or not: no formula compares them, so a list may have
gaps. Values of one sort may differ in how many places they have.

Nothing here is trusted: what is found is judged again on core's own values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, reduce
from itertools import zip_longest
from typing import Any, Final

from primacy_proofs.counterexamples.evaluation import both, chosen, either, negate
from primacy_proofs.smt.solver import BOOL, Expr, equal, small
from primacy_proofs.smt.solver import choose as choose_expr

TEXTS: Final = ("", "mesh", "x", "y")
"""The texts there are."""

BitValue = Any
"""Of any sort, as above."""
Set = Sequence[BitValue]
Map = Sequence[BitValue]
BitElectorate = tuple[Set, Set]
Body = tuple[BitValue, Set, Set, Set]
Roll = tuple[BitValue, Set, Set, Set]
"""Where it was set, the electors, the outgoing ones and the workers."""
Entries = Sequence[tuple[BitValue, BitValue]]
Log = tuple[BitValue, Entries]


def choose(condition: BitValue, one: BitValue, other: BitValue) -> BitValue:
    """Take one value where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    if isinstance(one, tuple):
        return tuple(
            choose(
                condition,
                zero_like(b) if a is None else a,
                zero_like(a) if b is None else b,
            )
            for a, b in zip_longest(one, other)
        )
    if _is_truth(one):
        return chosen(condition, one, other)
    if isinstance(one, int) and isinstance(other, int):
        return one if one == other else choose_expr(condition, small(one), small(other))
    return choose_expr(condition, one, other)


def zero_like(value: BitValue) -> BitValue:
    """Make the zero of the same places."""
    if isinstance(value, tuple):
        return tuple(zero_like(part) for part in value)
    return False if _is_truth(value) else 0


def _is_truth(value: BitValue) -> bool:
    return isinstance(value, bool) or (
        isinstance(value, Expr) and bool(value.sort() == BOOL)
    )


def same(one: BitValue, other: BitValue) -> BitValue:
    """Tell whether two values are the same."""
    if isinstance(one, tuple):
        return both(
            same(zero_like(b) if a is None else a, zero_like(a) if b is None else b)
            for a, b in zip_longest(one, other)
        )
    if isinstance(one, bool):
        return other if one else negate(other)
    if isinstance(other, bool):
        return one if other else negate(one)
    if isinstance(one, Expr):
        return equal(one, other)
    return equal(other, one) if isinstance(other, Expr) else one == other


def pick(
    places: Sequence[BitValue], index: BitValue, first: int, default: BitValue
) -> BitValue:
    """Read the value at an index, counted from `first`."""
    if isinstance(index, int):
        within = first <= index < first + len(places)
        return places[index - first] if within else default
    found = default
    for place, value in enumerate(places, start=first):
        found = choose(same(index, place), value, found)
    return found


def _clamped(index: BitValue, highest: BitValue) -> BitValue:
    below = choose(index > highest, highest, index)
    return choose(below < 0, 0, below)


# --- sets, maps and electorates -------------------------------------------------------


def _size(agents: Set) -> BitValue:
    counts = [choose(bit, 1, 0) for bit in agents]
    return reduce(operator.add, counts, 0)


def _with(agents: Set, agent: BitValue) -> Set:
    return tuple(either([bit, same(agent, at)]) for at, bit in enumerate(agents))


def _without(agents: Set, agent: BitValue) -> Set:
    return tuple(both([bit, negate(same(agent, at))]) for at, bit in enumerate(agents))


def _common(one: Set, other: Set) -> Set:
    return tuple(both(pair) for pair in _beside(one, other))


def _united(one: Set, other: Set) -> Set:
    return tuple(either(pair) for pair in _beside(one, other))


def _less(one: Set, other: Set) -> Set:
    return tuple(both([a, negate(b)]) for a, b in _beside(one, other))


def _beside(one: Set, other: Set) -> Iterator[tuple[BitValue, BitValue]]:
    return zip_longest(one, other, fillvalue=False)


def _first(agents: Set) -> BitValue:
    found: BitValue = 0
    for at in reversed(range(len(agents))):
        found = choose(agents[at], at, found)
    return found


def _put_all(numbers: Map, agents: Set, value: BitValue) -> Map:
    pairs = zip_longest(agents, numbers, fillvalue=False)
    return tuple(choose(bit, value, held) for bit, held in pairs)


def _put(numbers: Map, agent: BitValue, value: BitValue) -> Map:
    return _put_all(numbers, _with((False,) * len(numbers), agent), value)


def _within(numbers: Map, agents: Set) -> Map:
    pairs = zip_longest(agents, numbers, fillvalue=False)
    return tuple(choose(bit, held, 0) for bit, held in pairs)


def _at_least(numbers: Map, value: BitValue) -> Set:
    return tuple(both([negate(same(held, 0)), held >= value]) for held in numbers)


def _suggestion(numbers: Map, voting: BitElectorate) -> BitValue:
    one, other = (_middle(numbers, agents) for agents in voting)
    return choose(one < other, one, other)


def _middle(numbers: Map, agents: Set) -> BitValue:
    """Find the highest number that more than half of some agents have reached."""
    found: BitValue = 0
    is_found: BitValue = False
    for is_one, held in zip_longest(agents, numbers, fillvalue=False):
        reached = _common(agents, tuple(each >= held for each in numbers))
        is_higher = either([negate(is_found), held > found])
        is_better = both([is_one, _size(reached) * 2 > _size(agents), is_higher])
        found = choose(is_better, held, found)
        is_found = either([is_found, is_better])
    return found


def _is_quorum(voting: BitElectorate, agents: Set) -> BitValue:
    return both(_size(_common(of, agents)) * 2 > _size(of) for of in voting)


def _is_near(one: BitElectorate, other: BitElectorate) -> BitValue:
    shares = [_same_set(mine, theirs) for mine in one for theirs in other]
    are_settled = both([_same_set(*one), _same_set(*other)])
    if are_settled is False:
        return either(shares)
    changed = _united(_less(one[0], other[0]), _less(other[0], one[0]))
    return either([*shares, both([are_settled, same(_size(changed), 1)])])


@lru_cache(maxsize=1024)
def _same_set(one: Set, other: Set) -> BitValue:
    """Tell whether two sets are the same; few are compared, and often."""
    return same(one, other)


def _shared(_: BitElectorate, one: Set, __: BitElectorate, other: Set) -> BitValue:
    return _first(_common(one, other))


# --- bodies ---------------------------------------------------------------------------

ROLLS: Final = len(TEXTS) ** 2 + 1
"""The number of the first body that sets a roll; before it are a no-op and commands."""
NOOP: Final[Body] = (0, (), (), ())


def _named(command: BitValue, request: BitValue) -> BitValue:
    return command * len(TEXTS) + request


def command_body(command: BitValue, request: BitValue) -> Body:
    """Make the body of a command."""
    return _named(command, request) + 1, (), (), ()


def roll_body(
    voting: BitElectorate, workers: Set, command: BitValue, request: BitValue
) -> Body:
    """Make the body of an entry that sets a roll."""
    return _named(command, request) + ROLLS, *voting, workers


def _sets_roll(body: Body) -> BitValue:
    return body[0] >= ROLLS


# --- logs and segments ----------------------------------------------------------------

BLANK: Final = (0, NOOP)
"""What stands behind the end of a log."""


def _entry(log: Log, index: BitValue) -> tuple[BitValue, BitValue]:
    found: tuple[BitValue, BitValue] = pick(log[1], index, 1, BLANK)
    return found


def _append(log: Log, term: BitValue, body: BitValue) -> Log:
    return _spliced(log, log[0], _single(term, body))


def _single(term: BitValue, body: BitValue) -> Log:
    return 1, ((term, body),)


def _spliced(log: Log, after: BitValue, cut: Log) -> Log:
    start = _clamped(after, log[0])
    joined = [
        choose(place <= start, _entry(log, place), _entry(cut, place - start))
        for place in range(1, len(log[1]) + len(cut[1]) + 1)
    ]
    return start + cut[0], tuple(joined)


def _segment(log: Log, after: BitValue, limit: BitValue) -> Log:
    start = _clamped(after, log[0])
    size = _clamped(limit, log[0] - start)
    taken = [
        choose(place <= size, _entry(log, start + place), BLANK)
        for place in range(1, len(log[1]) + 1)
    ]
    return size, tuple(taken)


def _parting(log: Log, after: BitValue, cut: Log) -> list[BitValue]:
    """Tell of each place of a segment whether the log has something else there."""
    found: list[BitValue] = []
    for place, entry in enumerate(cut[1], start=1):
        there = after + place
        is_one = both([there >= 1, there <= log[0], same(_entry(log, there), entry)])
        found.append(both([place <= cut[0], negate(is_one)]))
    return found


def _holds(log: Log, after: BitValue, cut: Log) -> BitValue:
    within = [after >= 0, after + cut[0] <= log[0]]
    return both([*within, negate(either(_parting(log, after, cut)))])


def _differs(log: Log, after: BitValue, cut: Log) -> BitValue:
    found: BitValue = 0
    places = list(enumerate(_parting(log, after, cut), start=1))
    for place, parts in reversed(places):
        found = choose(parts, place, found)
    return found


def _probe(log: Log, start: BitValue, index: BitValue, term: BitValue) -> BitValue:
    lowest, found = _clamped(start, log[0]), 0
    for place, (at, _) in enumerate(log[1], start=1):
        within = [lowest <= place, place <= index, place <= log[0]]
        found = choose(both([*within, at <= term]), place, found)
    return found


def _is_ordered(cut: Log, lowest: BitValue, highest: BitValue) -> BitValue:
    parts: list[BitValue] = []
    before = lowest
    for place, (term, _) in enumerate(cut[1], start=1):
        fits = both([term >= before, term >= 1, term <= highest])
        parts.append(either([place > cut[0], fits]))
        before = term
    return both(parts)


# --- two logs, and the rolls of one ---------------------------------------------------


def _is_alike(one: Log, other: Log, index: BitValue) -> BitValue:
    return negate(either(is_so for _, is_so in _unlike_at(one, other, index)))


def _unlike(one: Log, other: Log, index: BitValue) -> BitValue:
    found: BitValue = 0
    for place, is_so in reversed(list(_unlike_at(one, other, index))):
        found = choose(is_so, place, found)
    return found


def _unlike_at(one: Log, other: Log, index: BitValue) -> Iterator[tuple[int, BitValue]]:
    """Tell of each place up to an index whether two logs differ there."""
    for place in range(1, max(len(one[1]), len(other[1])) + 1):
        differ = negate(same(_entry(one, place), _entry(other, place)))
        yield place, both([place <= index, differ])


def _roll(first: Roll, log: Log, index: BitValue) -> Roll:
    """Give the roll in force at an index, and before it where it was set."""
    found: BitValue = first
    for place, (_, body) in enumerate(log[1], start=1):
        is_so = both([place <= index, place <= log[0], _sets_roll(body)])
        found = choose(is_so, (place, *body[1:]), found)
    where, electors, outgoing, workers = found
    return where, electors, outgoing, workers


OF_ROLLS: Final[dict[str, Callable[[Roll, Log, BitValue], BitValue]]] = {
    "roll_index": lambda first, log, index: _roll(first, log, index)[0],
    "electorate_at": lambda first, log, index: _roll(first, log, index)[1:3],
    "workers_at": lambda first, log, index: _roll(first, log, index)[3],
}
"""What each symbol means that rests on the first roll, which is given first."""


# --- reads ----------------------------------------------------------------------------


def _listed(reads: Sequence[tuple[BitValue, ...]], *read: BitValue) -> BitValue:
    """Tell whether a read is listed, as far as it is named."""
    return either(
        both([taken, *(same(a, b) for a, b in zip(parts, read, strict=False))])
        for taken, *parts in reads
    )


def _added(reads: Sequence[BitValue], *read: BitValue) -> Sequence[BitValue]:
    return (*reads, (True, *read))


def _parked_with(
    reads: Sequence[BitValue], what: BitValue, index: BitValue
) -> Sequence[BitValue]:
    return (*reads, (negate(_listed(reads, what, index)), what, index))


def _kept(
    reads: Sequence[BitValue], is_kept: Callable[[BitValue], BitValue]
) -> Sequence[BitValue]:
    return tuple((both([taken, is_kept(p[-1])]), *p) for taken, *p in reads)


SYMBOLS: Final[dict[str, Callable[..., BitValue]]] = {
    "true": lambda: True,
    "false": lambda: False,
    "=": same,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": lambda *parts: reduce(operator.add, parts),
    "-": lambda one, *more: reduce(operator.sub, more, one) if more else -one,
    "*": lambda *parts: reduce(operator.mul, parts),
    "to_real": lambda number: number,
    "nobody": lambda: 0,
    "no_text": lambda: 0,
    "empty_log": lambda: (0, ()),
    "empty_segment": lambda: (0, ()),
    "noop": lambda: NOOP,
    "no_asked_reads": lambda: (),
    "no_parked_reads": lambda: (),
    "precedes": operator.lt,
    "command": command_body,
    "roll": roll_body,
    "sets_roll": _sets_roll,
    "body_electorate": lambda body: body[1:3],
    "body_workers": operator.itemgetter(3),
    "member": lambda agent, agents: pick(agents, agent, 0, default=False),
    "size": _size,
    "with": _with,
    "without": _without,
    "intersection": _common,
    "union": _united,
    "difference": _less,
    "first": _first,
    "electorate": lambda electors, outgoing: (electors, outgoing),
    "electors_of": operator.itemgetter(0),
    "outgoing_of": operator.itemgetter(1),
    "is_quorum": _is_quorum,
    "near": _is_near,
    "shared": _shared,
    "get": lambda numbers, agent: pick(numbers, agent, 0, 0),
    "put": _put,
    "put_all": _put_all,
    "within": _within,
    "at_least": _at_least,
    "suggestion": _suggestion,
    "last": operator.itemgetter(0),
    "term_at": lambda log, index: _entry(log, index)[0],
    "body_at": lambda log, index: _entry(log, index)[1],
    "append": _append,
    "spliced": _spliced,
    "segment": _segment,
    "holds": _holds,
    "differs": _differs,
    "probe": _probe,
    "is_alike": _is_alike,
    "unlike": _unlike,
    "length": operator.itemgetter(0),
    "segment_term": lambda cut, index: _entry(cut, index)[0],
    "segment_body": lambda cut, index: _entry(cut, index)[1],
    "single": _single,
    "is_ordered": _is_ordered,
    "asked_has": _listed,
    "asked": _listed,
    "asked_with": _added,
    "confirmed": lambda reads, by: _kept(reads, lambda begun: begun <= by),
    "unconfirmed": lambda reads, by: _kept(reads, lambda begun: begun > by),
    "parks": _listed,
    "parked_with": _parked_with,
    "later": lambda parked, applied: _kept(parked, lambda index: index > applied),
}
"""What each symbol means, whatever the first roll is."""
