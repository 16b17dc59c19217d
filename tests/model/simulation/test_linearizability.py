"""The checker of histories against known ones, and against all orders of small ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy_model.simulation.linearizability import (
    BadHistoryError,
    HistoryVerdict,
    Operation,
    OperationKind,
    after,
    check,
)

# --- known histories ------------------------------------------------------------------


def told(text: str) -> list[Operation]:
    """Read a history: `a:write 1` calls, `a!` answers, `a!1` answers with a value.

    `swap 1>2` is a swap. Who is not answered by the end is never answered.
    """
    open_: dict[str, Operation] = {}
    done: list[Operation] = []
    for number, word in enumerate(text.split(", "), start=1):
        client, call, rest = word.partition(":")
        if call:
            kind, _, value = rest.partition(" ")
            what: Hashable = tuple(value.split(">")) if ">" in value else value or None
            open_[client] = Operation(
                client, OperationKind(kind), "x", number, None, what
            )
            continue
        client, _, answer = word.partition("!")
        due = open_.pop(client)
        seen: Hashable = {"": None, "nothing": None, "yes": True, "no": False}.get(
            answer, answer
        )
        if answer.startswith("["):
            seen = tuple(answer[1:-1].split())
        done.append(replace(due, answered=number, answer=seen))
    return done + list(open_.values())


GOOD: Final = {
    "nothing happened": "a:read, a!nothing",
    "one after the other": "a:write 1, a!, b:read, b!1",
    "a read beside a write sees the old value": "a:write 1, b:read, b!nothing, a!",
    "a read beside a write sees the new value": "a:write 1, b:read, b!1, a!",
    "two writes at once, either last": "a:write 1, b:write 2, a!, b!, c:read, c!1",
    "two writes at once, the other last": "a:write 1, b:write 2, a!, b!, c:read, c!2",
    "a pending write that is seen": "a:write 1, b:read, b!1, b:read, b!1",
    "a pending write that is never seen": "a:write 1, b:read, b!nothing",
    "a pending write that is seen late": (
        "a:write 1, b:write 2, b!, b:read, b!2, b:read, b!1"
    ),
    "old and new beside a long write": (
        "a:write 1, b:read, b!nothing, b:read, b!1, c:read, c!1, a!"
    ),
    "Herlihy and Wing 1990, register": (
        "a:write 0, a!, a:write 1, b:read, b!1, c:write 0, c!, b:read, b!0, a!"
    ),
    "a swap that fits": "a:write 1, a!, b:swap 1>2, b!yes, a:read, a!2",
    "a swap that does not fit": "a:write 1, a!, b:swap 3>2, b!no, a:read, a!1",
    "a pending swap explains a read": "a:write 1, a!, b:swap 1>2, c:read, c!2",
    "a pending write explains a swap": "a:write 1, b:swap 1>2, b!yes, c:read, c!2",
}

BAD: Final = {
    "a value from nowhere": "a:read, a!1",
    "stale read": "a:write 1, a!, b:read, b!nothing",
    "lost write": "a:write 1, a!, a:write 2, a!, b:read, b!1",
    "read of a later write": "b:read, b!1, a:write 1, a!",
    "two readers see two orders": (
        "a:write 1, b:write 2, c:read, c!1, d:read, d!2, c:read, c!2, d:read, d!1, "
        "a!, b!"
    ),
    "new, then old": "a:write 1, b:read, b!1, c:read, c!nothing, a!",
    "a pending write seen, then unseen": "a:write 1, b:read, b!1, b:read, b!nothing",
    "a pending write seen twice with another between": (
        "a:write 1, b:read, b!1, c:write 2, c!, b:read, b!2, b:read, b!1"
    ),
    "Herlihy and Wing 1990, register": (
        "a:write 0, a!, a:write 1, b:read, b!1, c:write 0, c!, b:read, b!1, "
        "b:read, b!0, b:read, b!1, a!"
    ),
    "two leaders answer by turns": (
        "a:write 1, a!, b:write 2, b!, c:read, c!2, d:read, d!1"
    ),
    "two swaps from one value": ("a:write 1, a!, b:swap 1>2, c:swap 1>3, b!yes, c!yes"),
    "a swap that fits is refused": "a:write 1, a!, b:swap 1>2, b!no",
}

GOOD_LISTS: Final = {
    "appended by turns": "a:append 1, a!, b:append 2, b!, c:read, c![1 2]",
    "at once, either first": "a:append 1, b:append 2, a!, b!, c:read, c![2 1]",
    "a pending append in the middle": (
        "a:append 1, a!, b:append 2, c:append 3, c!, a:read, a![1 2 3]"
    ),
    "a pending append is seen late": (
        "b:append 2, a:append 1, a!, a:read, a![1], a:read, a![1 2]"
    ),
}

GOOD_MIXED: Final = {
    "a pending write empties a list, and is never read": (
        "a:append 1, a!, b:write 5, c:append 2, c!, c:read, c![2]"
    ),
    "a pending write comes between two reads": (
        "b:write 5, a:append 1, a!, a:read, a![1], a:append 2, a!, a:read, a![2]"
    ),
    "a pending write makes what follows a swap fit": (
        "a:append 1, a!, b:write 5, c:swap 5>6, c!yes, c:append 2, c!, c:read, c![2]"
    ),
    "a pending append is never read": "a:write 5, a!, b:append 1, a:read, a!5",
}

BAD_MIXED: Final = {
    "a list is emptied by nobody": (
        "a:append 1, a!, c:append 2, c!, c:read, c![2], b:write 5"
    ),
    "a pending write empties a list twice": (
        "b:write 5, a:append 1, a!, a:append 2, a!, a:read, a![2], "
        "a:append 3, a!, a:read, a![3]"
    ),
    "an acknowledged append is not there": "a:append 1, a!, b:write 5, a:read, a![]",
}

BAD_LISTS: Final = {
    "an append is lost": "a:append 1, a!, b:append 2, b!, c:read, c![2]",
    "real time is turned round": "a:append 1, a!, b:append 2, b!, c:read, c![2 1]",
    "applied twice": "a:append 1, a!, c:read, c![1 1]",
    "two orders": ("a:append 1, b:append 2, c:read, c![1 2], d:read, d![2 1], a!, b!"),
    "a pending append is seen, then unseen": (
        "a:append 1, b:append 2, b!, c:read, c![1 2], c:read, c![2]"
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_is_linearizable(name: str) -> None:
    found = check(told(GOOD[name]))
    assert found.verdict is HistoryVerdict.LINEARIZABLE


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_not(name: str) -> None:
    found = check(told(BAD[name]))
    assert found.verdict is HistoryVerdict.VIOLATED
    assert found.stuck


@pytest.mark.parametrize("name", GOOD_LISTS)
def test_a_good_list_is_linearizable(name: str) -> None:
    assert check(told(GOOD_LISTS[name])).verdict is HistoryVerdict.LINEARIZABLE


@pytest.mark.parametrize("name", GOOD_MIXED)
def test_writes_beside_appends_are_linearizable(name: str) -> None:
    """What is never read decides what is, where writes and appends meet on one key."""
    assert check(told(GOOD_MIXED[name])).verdict is HistoryVerdict.LINEARIZABLE


@pytest.mark.parametrize("name", BAD_MIXED)
def test_writes_beside_appends_excuse_nothing_else(name: str) -> None:
    assert check(told(BAD_MIXED[name])).verdict is HistoryVerdict.VIOLATED


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_bad_list_is_not(name: str) -> None:
    assert check(told(BAD_LISTS[name])).verdict is HistoryVerdict.VIOLATED


def test_what_no_order_has_next_is_told() -> None:
    found = check(told(BAD["stale read"]))
    assert [each.client for each in found.order] == ["a"]
    assert [(each.client, each.answer) for each in found.stuck] == [("b", None)]


def test_keys_are_objects_of_their_own() -> None:
    one = told("a:write 1, a!, b:read, b!1")
    other = [
        replace(each, key="y", called=each.called + 10, answered=each.called + 11)
        for each in told("a:read, a!nothing, b:write 1, b!")
    ]
    assert check(one + other).verdict is HistoryVerdict.LINEARIZABLE
    mixed = [replace(each, key="x") for each in other]
    found = check(one + mixed)
    assert (found.verdict, found.key) == (HistoryVerdict.VIOLATED, "x")


def test_a_search_that_reaches_its_bound_says_that_it_does_not_know() -> None:
    crowd = [
        Operation(f"c{at}", OperationKind.WRITE, "x", at, 1_000 + at, at)
        for at in range(1, 30)
    ]
    late = Operation("r", OperationKind.READ, "x", 2_000, 2_001, None, "never written")
    found = check([*crowd, late], most=500)
    assert (found.verdict, found.key) == (HistoryVerdict.UNKNOWN, "x")
    assert found.configurations <= 500


def test_a_key_that_is_broken_outweighs_one_that_is_unknown() -> None:
    crowd = [
        Operation(f"c{at}", OperationKind.WRITE, "a", at, 1_000 + at, at)
        for at in range(1, 30)
    ]
    late = Operation("r", OperationKind.READ, "a", 2_000, 2_001, None, "never written")
    stale = Operation("r", OperationKind.READ, "b", 3_000, 3_001, None, "from nowhere")
    found = check([*crowd, late, stale], most=500)
    assert (found.verdict, found.key) == (HistoryVerdict.VIOLATED, "b")


@pytest.mark.parametrize(
    "history",
    [
        [Operation("a", OperationKind.READ, "x", 2, 2)],
        [Operation("a", OperationKind.READ, "x", 2, 1)],
        [
            Operation("a", OperationKind.READ, "x", 1, 2),
            Operation("b", OperationKind.READ, "y", 2, 3),
        ],
    ],
)
def test_what_cannot_be_a_history_is_refused(history: list[Operation]) -> None:
    with pytest.raises(BadHistoryError):
        check(history)


# --- all orders -----------------------------------------------------------------------


def is_some_order_right(history: Sequence[Operation]) -> bool:
    """Try every order of all that was answered and any of what was not."""
    answered = [each for each in history if each.answered is not None]
    pending = [each for each in history if each.answered is None]
    return any(
        _is_right(order)
        for some in _subsets(pending)
        for order in permutations([*answered, *some])
    )


def _subsets(items: Sequence[Operation]) -> Iterator[list[Operation]]:
    for chosen in range(1 << len(items)):
        yield [each for at, each in enumerate(items) if chosen >> at & 1]


def _is_right(order: Iterable[Operation]) -> bool:
    state: Hashable = None
    begun = 0
    for each in order:
        if each.answered is not None and each.answered < begun:
            return False  # it was answered before one that stands ahead was called
        begun = max(begun, each.called)
        state, answer = after(state, each)
        if each.answered is not None and answer != each.answer:
            return False
    return True


@st.composite
def histories(draw: st.DrawFn, kinds: tuple[OperationKind, ...]) -> list[Operation]:
    """Draw up to five operations whose calls and answers lie anyhow."""
    count = draw(st.integers(1, 5))
    places = iter(draw(st.permutations(range(1, 2 * count + 1))))
    values = st.sampled_from([1, 2, 3])
    made: list[Operation] = []
    for at in range(count):
        first, second = sorted((next(places), next(places)))
        kind = draw(st.sampled_from(kinds))
        value: Hashable = None
        answer: Hashable = None
        if kind in (OperationKind.WRITE, OperationKind.APPEND):
            value = draw(values)
        elif kind is OperationKind.SWAP:
            value, answer = draw(st.tuples(values, values)), draw(st.booleans())
        elif OperationKind.APPEND in kinds:
            answer = tuple(draw(st.lists(values, max_size=3))) or None
        else:
            answer = draw(st.one_of(st.none(), values))
        answered = None if draw(st.integers(0, 3)) == 0 else second
        made.append(Operation(f"c{at}", kind, "x", first, answered, value, answer))
    return made


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    histories(
        (
            OperationKind.READ,
            OperationKind.WRITE,
            OperationKind.READ,
            OperationKind.WRITE,
            OperationKind.SWAP,
        )
    )
)
def test_the_search_agrees_with_all_orders(history: list[Operation]) -> None:
    is_right = is_some_order_right(history)
    found = check(history)
    assert found.verdict is (
        HistoryVerdict.LINEARIZABLE if is_right else HistoryVerdict.VIOLATED
    )
    if not is_right:
        assert found.stuck


@settings(max_examples=200, deadline=None, derandomize=True)
@given(histories((OperationKind.READ, OperationKind.APPEND)))
def test_the_search_of_lists_agrees_with_all_orders(history: list[Operation]) -> None:
    is_right = is_some_order_right(history)
    found = check(history)
    assert found.verdict is (
        HistoryVerdict.LINEARIZABLE if is_right else HistoryVerdict.VIOLATED
    )


MIXES: Final = {
    "registers": (OperationKind.READ, OperationKind.WRITE),
    "lists": (OperationKind.READ, OperationKind.APPEND),
    "writes and appends": (
        OperationKind.READ,
        OperationKind.WRITE,
        OperationKind.APPEND,
    ),
    "all": tuple(OperationKind),
}


def happened(chance: random.Random, kinds: Sequence[OperationKind]) -> list[Operation]:
    """Perform up to six operations of one key, and forget some answers.

    Each takes effect within its span, or not at all if it has no answer. In every
    second history one read or swap gets something else.
    """
    count = chance.randint(2, 6)
    spans = [sorted((chance.random(), chance.random())) for _ in range(count)]
    instants = sorted(each for span in spans for each in span)
    number = {each: place for place, each in enumerate(instants, start=1)}
    effects = sorted((chance.uniform(*span), at) for at, span in enumerate(spans))
    state: Hashable = None
    made: list[Operation] = []
    for _, at in effects:
        called, answered = (number[each] for each in spans[at])
        kind, value = chance.choice(kinds), chance.choice((1, 2, (1,), (1, 2)))
        asked = (
            (chance.choice((1, 2, (1,), None)), value)
            if kind is OperationKind.SWAP
            else value
        )
        is_lost = chance.random() < 0.4
        one = Operation(
            f"c{at}",
            kind,
            "x",
            called,
            None if is_lost else answered,
            None if kind is OperationKind.READ else asked,
        )
        reached, answer = after(state, one)
        if not is_lost or chance.random() < 0.5:
            state = reached
        made.append(one if is_lost else replace(one, answer=answer))
    asking = [
        place
        for place, each in enumerate(made)
        if each.answered is not None
        and each.kind in {OperationKind.READ, OperationKind.SWAP}
    ]
    if asking and chance.random() < 0.5:
        bent = made[place := chance.choice(asking)]
        other: Hashable = chance.choice((None, 1, 2, (1,), (2, 1)))
        if bent.kind is OperationKind.SWAP:
            other = bent.answer is False
        made[place] = replace(bent, answer=other)
    return made


@pytest.mark.parametrize("mix", MIXES)
def test_the_search_agrees_with_all_orders_of_what_happened(mix: str) -> None:
    chance = random.Random(mix)  # noqa: S311 - a test repeats its run
    seen: Counter[HistoryVerdict] = Counter()
    for _ in range(1_500):
        history = happened(chance, MIXES[mix])
        is_right = is_some_order_right(history)
        expected = HistoryVerdict.LINEARIZABLE if is_right else HistoryVerdict.VIOLATED
        assert check(history).verdict is expected, history
        seen[expected] += 1
    assert min(seen[HistoryVerdict.LINEARIZABLE], seen[HistoryVerdict.VIOLATED]) > 200


# --- a good history, bent -------------------------------------------------------------


def performed(seed: int, count: int = 40) -> list[Operation]:
    """Perform operations of three keys one by one, each within a span of its own.

    Writes have values of their own; spans overlap, and some answers are lost.
    """
    chance = random.Random(seed)  # noqa: S311 # a test repeats its run
    held: dict[str, Hashable] = {}
    made: list[tuple[float, float, Operation]] = []
    for at in range(count):
        key, is_read = chance.choice("xyz"), chance.random() < 0.5
        span = chance.random() * 4, chance.random() * 4
        kind = OperationKind.READ if is_read else OperationKind.WRITE
        value = None if is_read else at
        answer = held.get(key) if is_read else None
        if not is_read:
            held[key] = at
        one = Operation(f"c{at}", kind, key, 0, 0, value, answer)
        made.append((at - span[0], at + 0.5 + span[1], one))
    instants = sorted([each[0] for each in made] + [each[1] for each in made])
    number = {instant: place for place, instant in enumerate(instants, start=1)}
    return [
        replace(one, called=number[call], answered=number[answer])
        if chance.random() < 0.9 or one.kind is OperationKind.READ
        else replace(one, called=number[call], answered=None)
        for call, answer, one in made
    ]


@pytest.mark.parametrize("seed", range(20))
def test_a_history_that_was_performed_is_linearizable(seed: int) -> None:
    assert check(performed(seed)).verdict is HistoryVerdict.LINEARIZABLE


@pytest.mark.parametrize("seed", range(20))
def test_a_good_history_that_is_bent_is_not_linearizable(seed: int) -> None:
    """The last read of a key, long after, sees the value of an overwritten write."""
    history = performed(seed)
    last = max(each.answered or 0 for each in history)
    final = {
        key: [
            each
            for each in history
            if each.key == key and each.kind is OperationKind.WRITE
        ]
        for key in "xyz"
    }
    key, writes = max(final.items(), key=lambda each: len(each[1]))
    done = [each for each in writes if each.answered is not None]
    oldest = min(done, key=lambda each: each.answered or 0)
    assert any(each.called > (oldest.answered or 0) for each in done)
    late = Operation(
        "late", OperationKind.READ, key, last + 1, last + 2, None, oldest.value
    )
    found = check([*history, late])
    assert (found.verdict, found.key) == (HistoryVerdict.VIOLATED, key)
    assert late in found.stuck
