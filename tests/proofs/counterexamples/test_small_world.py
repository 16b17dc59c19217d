"""Small worlds: core's containers on bits are core's own, and values keep their words.

`bitvectors` is what the search computes with, `interpretation` what a model is judged
by. The first may only cost counterexamples, yet here the two are one: on every small
value, and on larger ones that are drawn, closed or open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.electorate import Roll
from primacy_proofs.counterexamples import bitvectors, interpretation
from primacy_proofs.counterexamples.bitvectors import command_body, roll_body
from primacy_proofs.counterexamples.small_values import (
    COMMANDS,
    Bounds,
    decode,
    encode,
    every,
    nothing,
)
from primacy_proofs.counterexamples.small_world import (
    CONTAINERS,
    OPERATORS,
    Told,
    domain_of,
)
from primacy_proofs.counterexamples.wording import (
    HISTORY_WORDS,
    describe_history,
    law_said,
    variable_words,
)
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import Law
from primacy_proofs.smt import symbols
from primacy_proofs.smt.solver import (
    TRUE,
    Expr,
    Finder,
    Function,
    constant,
    small,
    truth,
)
from primacy_proofs.system.world import HISTORY

SMALL = Bounds(2, 2)
LARGE = Bounds(4, 3)
OF_AGENTS = {"no_agents", "no_numbers"}
"""What needs as many bits as there are agents: `small_world` has them."""
OF_FIRST = {"electors", "workers"}
"""The first roll, which each world has its own."""
COMPARED = (
    *("Agent", "Int", "Bool", "Text", "Body", "AgentSet", "Electorate", "AgentMap"),
    "Log",
)
"""The sorts of which formulas compare values; the proxies of reads refuse it."""
FIRST = (0, (False, True, True), (False, True, True), (False, False, True))
"""The first roll, of two agents, on bits."""


def results() -> Mapping[str, str]:
    """Name the sort of what each container symbol gives."""
    found: dict[str, str] = {}
    for each in vars(symbols).values():
        if isinstance(each, Function):
            some = [constant("x", each.domain(at)) for at in range(each.arity())]
            found[each.name()] = str(each(*some).sort().name())
    return found


RESULTS = results()
FUNCTIONS = {
    each.name(): domain_of(each)
    for each in vars(symbols).values()
    if isinstance(each, Function)
}


NOBODY_BITS, A, B, BOTH = ((False, *some) for some in product((False, True), repeat=2))
"""The sets of two agents, on bits."""
BODIES = (
    bitvectors.NOOP,
    COMMANDS[0],
    bitvectors.roll_body((B, A), BOTH, 2, 2),
    bitvectors.roll_body((A, A), NOBODY_BITS, 2, 3),
)


# --- every small value ----------------------------------------------------------------


@cache
def codes(sort: str) -> tuple[Any, ...]:
    """List bits of a sort: numbers up to 2, two agents, logs of two entries."""
    numbers = (0, 1, 2)
    match sort:
        case "Agent":
            return (0, 1, 2)
        case "Int":
            return (-1, 0, 1, 2, 3)
        case "Bool":
            return (False, True)
        case "Text":
            return (0, 1, 3)
        case "Body":
            return BODIES
        case "AgentSet":
            return NOBODY_BITS, A, B, BOTH
        case "Electorate":
            return tuple(product(codes("AgentSet"), repeat=2))
        case "AgentMap":
            return tuple((0, *held) for held in product((-1, *numbers), repeat=2))
        case "Log" | "Segment":
            entries = (
                *product(numbers, BODIES[:2]),
                *((1, roll) for roll in BODIES[2:]),
            )
            return (
                (0, (bitvectors.BLANK, bitvectors.BLANK)),
                *((1, (one, bitvectors.BLANK)) for one in entries),
                *((2, two) for two in product(entries, repeat=2)),
            )
        case "LeaderReads":
            one, other = (True, 1, 2, 1, 1), (False, 2, 3, 0, 2)
            return (), (one,), (other,), (other, one), ((True, 2, 3, 0, 2), one)
        case _:
            parked, gone = (True, 2, 1), (False, 3, 2)
            return (), (parked,), (gone,), (gone, parked), ((True, 3, 2), parked)


def is_alike(name: str, domain: tuple[str, ...], values: tuple[Any, ...]) -> bool:
    """Tell whether a symbol gives on bits what it gives on core's values."""
    given = on_bits(name)(*values)
    due = of_core(name)(*map(decode, domain, values))
    return bool(decode(RESULTS.get(name, "Bool"), given) == due)


def on_bits(name: str) -> Callable[..., Any]:
    """Give the meaning of a symbol on bits."""
    if name in bitvectors.OF_ROLLS:
        return partial(bitvectors.OF_ROLLS[name], FIRST)
    return bitvectors.SYMBOLS[name]


def of_core(name: str) -> Callable[..., Any]:
    """Give the meaning of a symbol on core's values."""
    if name in interpretation.OF_ROLLS:
        first = Roll(*(decode("AgentSet", part) for part in FIRST[1:]))
        return partial(interpretation.OF_ROLLS[name], first)
    return interpretation.SYMBOLS[name]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_symbol_on_bits_is_what_core_does(name: str) -> None:
    domain = FUNCTIONS[name]
    for values in product(*map(codes, domain)):
        assert is_alike(name, domain, values), (name, values)


@pytest.mark.parametrize("sort", [*COMPARED, "Segment"])
def test_values_are_the_same_on_bits_if_they_are_for_core(sort: str) -> None:
    for values in product(codes(sort), repeat=2):
        assert is_alike("=", (sort, sort), values), values


def test_constants_on_bits_are_those_of_core() -> None:
    for name, domain in CONTAINERS.items():
        if not domain and name not in OF_AGENTS | OF_FIRST:
            sort = SORTS[name]
            given = decode(sort, bitvectors.SYMBOLS[name]())
            assert given == interpretation.SYMBOLS[name]()


SORTS = {
    "nobody": "Agent",
    "no_text": "Text",
    "empty_log": "Log",
    "empty_segment": "Segment",
    "noop": "Body",
    "no_asked_reads": "LeaderReads",
    "no_parked_reads": "FollowerReads",
}


def test_numbers_are_computed_alike() -> None:
    for name in ("<", "<=", ">", ">=", "+", "-", "*"):
        for pair in product(range(-1, 4), repeat=2):
            assert bitvectors.SYMBOLS[name](*pair) == interpretation.SYMBOLS[name](
                *pair
            )
    assert bitvectors.SYMBOLS["-"](2) == interpretation.SYMBOLS["-"](2) == -2


def test_every_symbol_has_a_meaning() -> None:
    named = {*CONTAINERS, *OPERATORS} - OF_FIRST
    assert set(bitvectors.OF_ROLLS) == set(interpretation.OF_ROLLS)
    assert set(interpretation.SYMBOLS) | set(interpretation.OF_ROLLS) == named
    assert set(bitvectors.SYMBOLS) | set(bitvectors.OF_ROLLS) == named - OF_AGENTS
    for symbols_of in (bitvectors, interpretation):
        assert not {*symbols_of.SYMBOLS} & {*symbols_of.OF_ROLLS}


@pytest.mark.parametrize("sort", ["AgentSet", "AgentMap"])
def test_what_needs_as_many_bits_as_agents_is_empty(sort: str) -> None:
    name = {"AgentSet": "no_agents", "AgentMap": "no_numbers"}[sort]
    due = interpretation.SYMBOLS[name]()
    assert decode(sort, nothing(SMALL, sort)) == due
    assert Told(SMALL).symbol(name, sort, ())() == due


# --- larger values, closed and open ---------------------------------------------------


def drawn(sort: str) -> st.SearchStrategy[Any]:
    """Draw bits of a sort: four agents, logs of three entries."""
    number, agent = st.integers(0, LARGE.highest), st.integers(1, LARGE.agents)
    text = st.integers(0, len(bitvectors.TEXTS) - 1)
    match sort:
        case "Agent":
            return st.integers(0, LARGE.agents)
        case "Int":
            return st.integers(-2, LARGE.highest + 3)
        case "Text":
            return text
        case "Body":
            kinds = st.just(bitvectors.NOOP), st.builds(command_body, text, text)
            sets = drawn("Electorate"), drawn("AgentSet")
            return st.one_of(*kinds, st.builds(roll_body, *sets, text, text))
        case "AgentSet":
            some = st.tuples(*[st.booleans()] * LARGE.agents)
            return some.map(lambda chosen: (False, *chosen))
        case "Electorate":
            return st.tuples(drawn("AgentSet"), drawn("AgentSet"))
        case "AgentMap":
            held = st.tuples(*[number] * LARGE.agents)
            return held.map(lambda numbers: (0, *numbers))
        case "Log" | "Segment":
            entry = st.tuples(number, drawn("Body"))
            blanks = (bitvectors.BLANK,) * LARGE.highest
            return st.lists(entry, max_size=LARGE.highest).map(
                lambda taken: (len(taken), (*taken, *blanks)[: LARGE.highest])
            )
        case "LeaderReads":
            read = st.tuples(st.booleans(), agent, text, number, number)
            return st.lists(read, max_size=2).map(tuple)
        case _:
            parked = st.tuples(st.booleans(), text, number)
            return st.lists(parked, max_size=2).map(tuple)


FINDER = Finder(1_000)
FINDER.add(TRUE)


def opened(value: Any) -> Any:  # noqa: ANN401 - of any sort
    """Write bits as z3 has them, so that nothing is decided at once."""
    if isinstance(value, tuple):
        return tuple(map(opened, value))
    return truth(value) if isinstance(value, bool) else small(value)


def closed(value: Any) -> Any:  # noqa: ANN401 - of any sort
    if isinstance(value, tuple):
        return tuple(map(closed, value))
    return FINDER.value(value) if isinstance(value, Expr) else value


@pytest.mark.parametrize("name", FUNCTIONS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_symbol_on_open_bits_is_what_core_does(
    name: str, data: st.DataObject
) -> None:
    assert FINDER.finds()
    domain = FUNCTIONS[name]
    values = tuple(data.draw(drawn(sort)) for sort in domain)
    assert is_alike(name, domain, values)
    some = (opened(each) if data.draw(st.booleans()) else each for each in values)
    given = closed(on_bits(name)(*some))
    due = of_core(name)(*map(decode, domain, values))
    assert decode(RESULTS[name], given) == due


# --- bits and values, values and words ------------------------------------------------


@pytest.mark.parametrize("bounds", [SMALL, LARGE], ids=str)
@pytest.mark.parametrize(
    "sort",
    ["Agent", "Int", "Real", "Bool", "Text", "AgentSet", "Electorate", "Role", "Wait"],
)
def test_a_value_that_is_encoded_can_be_decoded(sort: str, bounds: Bounds) -> None:
    values = every(bounds, sort)
    assert len(set(values)) == len(values) > 1
    assert tuple(decode(sort, encode(bounds, sort, v)) for v in values) == values


def test_history_is_told_in_words() -> None:
    assert set(HISTORY_WORDS) == set(HISTORY)
    for name, (*domain, _) in HISTORY.items():
        marks = [f"<{place}>" for place in range(len(domain))]
        said = describe_history(name, marks, "<value>")
        assert not set(said) & set("._(){}")
        is_truth = str(HISTORY[name][-1].name()) == "Bool"
        assert ("<value>" in said) == (not is_truth)
        assert all(mark in said for mark in marks)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_a_law_and_its_variables_are_told_in_words(law: Law) -> None:
    said = list(variable_words(law))
    assert len(said) == len(law.sorts)
    assert not any(sort in line for line in said for sort in ("Int", "AgentSet"))
    assert len(set(said)) == len(said)
    assert law_said(law)
