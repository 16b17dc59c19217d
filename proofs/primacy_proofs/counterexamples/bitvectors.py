"""Core's containers on bits: the meaning of symbols where values may be open.

An agent, a number, a text and an entry's body are each one number, plain or open. A set
has a bit for each agent, nobody first; a map has a set and a number for each agent; a
log or a segment has a length and entries, zero beyond the length; reads are a list of
places, each taken or not: no formula compares them, so a list may have gaps. Values of
one sort may differ in how many places they have.

Nothing here is trusted: what is found is judged again on core's own values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
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


# --- sets and maps --------------------------------------------------------------------


def _size(agents: Set) -> BitValue:
    counts = [choose(bit, 1, 0) for bit in agents]
    return reduce(operator.add, counts)


def _with(agents: Set, agent: BitValue) -> Set:
    return tuple(either([bit, same(agent, at)]) for at, bit in enumerate(agents))


def _without(agents: Set, agent: BitValue) -> Set:
    return tuple(both([bit, negate(same(agent, at))]) for at, bit in enumerate(agents))


def _common(one: Set, other: Set) -> Set:
    return tuple(both(pair) for pair in zip(one, other, strict=True))


def _united(one: Set, other: Set) -> Set:
    return tuple(either(pair) for pair in zip(one, other, strict=True))


def _less(one: Set, other: Set) -> Set:
    return tuple(both([a, negate(b)]) for a, b in zip(one, other, strict=True))


def _shared(whole: Set, one: Set, other: Set) -> BitValue:
    inside = _common(_common(whole, one), other)
    found: BitValue = 0
    for at in reversed(range(len(inside))):
        found = choose(inside[at], at, found)
    return found


def _put_all(numbers: tuple[Set, Set], agents: Set, value: BitValue) -> tuple[Set, Set]:
    over, held = numbers
    among = _common(over, agents)
    changed = [choose(*each) for each in zip(among, [value] * len(held), held)]  # noqa: B905 - all as long
    return over, tuple(changed)


def _put(numbers: tuple[Set, Set], agent: BitValue, value: BitValue) -> tuple[Set, Set]:
    nobody = (False,) * len(numbers[0])
    return _put_all(numbers, _with(nobody, agent), value)


def _at_least(numbers: tuple[Set, Set], value: BitValue) -> Set:
    pairs = zip(*numbers, strict=True)
    return tuple(both([is_one, held >= value]) for is_one, held in pairs)


def _suggestion(numbers: tuple[Set, Set], electors: Set) -> BitValue:
    among, found = _common(numbers[0], electors), 0
    for is_one, held in zip(among, numbers[1], strict=True):
        reached = _common(_at_least(numbers, held), among)
        is_most = _size(reached) * 2 > _size(among)
        found = choose(both([is_one, is_most, held > found]), held, found)
    return found


# --- logs and segments ----------------------------------------------------------------

BLANK: Final = (0, 0)
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


def _probe(log: Log, index: BitValue, term: BitValue) -> BitValue:
    highest = choose(index < log[0], index, log[0])
    found: BitValue = choose(highest < 0, highest, 0)
    for place, (at, _) in enumerate(log[1], start=1):
        found = choose(both([place <= highest, at <= term]), place, found)
    return found


def _is_ordered(cut: Log, lowest: BitValue, highest: BitValue) -> BitValue:
    parts: list[BitValue] = []
    before = lowest
    for place, (term, _) in enumerate(cut[1], start=1):
        fits = both([term >= before, term >= 1, term <= highest])
        parts.append(either([place > cut[0], fits]))
        before = term
    return both(parts)


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
    "noop": lambda: 0,
    "no_asked_reads": lambda: (),
    "no_parked_reads": lambda: (),
    "precedes": operator.lt,
    "command": lambda command, request: command * len(TEXTS) + request + 1,
    "member": lambda agent, agents: pick(agents, agent, 0, default=False),
    "size": _size,
    "with": _with,
    "without": _without,
    "common": _common,
    "united": _united,
    "less": _less,
    "shared": _shared,
    "agents_of": operator.itemgetter(0),
    "get": lambda numbers, agent: pick(numbers[1], agent, 0, 0),
    "zero": lambda agents: (agents, (0,) * len(agents)),
    "put": _put,
    "put_all": _put_all,
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
"""What each symbol means."""
