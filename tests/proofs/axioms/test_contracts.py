"""What the proofs assume of core's containers, asked of the containers themselves.

Each contract is tried on every choice of small values, and on large ones that are
drawn. The values are one model of all contracts at once: where a method is undefined,
`evaluation` chose a value. Two containers are one value to the proofs if they are `==`;
so those that hold the same must be `==` however they came about.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import permutations, product
from math import prod
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.log import CHUNK, Entry, EntryKind, Log, Segment
from primacy.pending import AskedRead, AskedReads, ParkedRead, ParkedReads
from primacy.quantities import AgentId, Command, Index, RequestId, Round, Term
from primacy_proofs.axioms.containers import CONTRACTS
from primacy_proofs.axioms.contract import Contract, contract
from primacy_proofs.counterexamples.interpretation import EntryBody
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    choose,
    constant,
    equal,
    implies,
    number,
)
from tests.support.evaluation import evaluate, meaning

# --- every small value ----------------------------------------------------------------

NAMES: Final = tuple(AgentId(name) for name in "abc")
NUMBERS: Final = range(-1, 5)
TEXTS: Final = ("r", "s")
BODIES: Final[tuple[EntryBody, ...]] = (
    (EntryKind.NOOP, Command(""), RequestId("")),
    (EntryKind.COMMAND, Command(""), RequestId("")),
)
ENTRIES: Final = [Entry(Term(term), *body) for term in range(3) for body in BODIES]
READ_AT: Final = range(3)


def up_to(length: int, items: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any
    """List every sequence of some items, up to a length."""
    for size in range(length + 1):
        yield from product(items, repeat=size)


def every_map() -> Iterator[AgentMap]:
    """List every map from some of the agents to 0, 1 or 2."""
    for held in product((None, 0, 1, 2), repeat=len(NAMES)):
        found = {
            name: value
            for name, value in zip(NAMES, held, strict=True)
            if value is not None
        }
        yield AgentMap(AgentSet(tuple(found)), tuple(found.values()))


ASKED: Final = [
    AskedRead(who, RequestId(what), Index(index), Round(begun))
    for who, what, index, begun in product(NAMES[:2], TEXTS, (0, 1), READ_AT)
]
PARKED: Final = [
    ParkedRead(RequestId(what), Index(index)) for what in TEXTS for index in READ_AT
]

SMALL: Final[Mapping[str, tuple[Any, ...]]] = {
    "Agent": ("", *NAMES),
    "AgentSet": tuple(
        AgentSet(
            tuple(name for name, is_in in zip(NAMES, chosen, strict=True) if is_in)
        )
        for chosen in product((False, True), repeat=len(NAMES))
    ),
    "AgentMap": tuple(every_map()),
    "Log": tuple(Log.of(entries) for entries in up_to(3, ENTRIES)),
    "Segment": tuple(Segment(entries) for entries in up_to(2, ENTRIES)),
    "Body": BODIES,
    "Text": TEXTS,
    "AskedReads": tuple(AskedReads(reads) for reads in up_to(2, ASKED)),
    "ParkedReads": tuple(
        ParkedReads(reads) for reads in up_to(2, PARKED) if len({*reads}) == len(reads)
    ),
    "Int": tuple(NUMBERS),
}
"""Every value up to a bound, by sort.

Three agents and nobody, their 8 sets, the 64 maps to 0, 1 or 2; the 259 logs of up to
three entries, the 43 segments of up to two, of terms 0 to 2 and two bodies; up to two
reads of two agents, two requests, two indices and three rounds; numbers -1 to 4.
"""
OF_READS: Final = {**SMALL, "Int": tuple(READ_AT), "Agent": NAMES[:2]}
"""Contracts of reads have up to nine variables: there numbers are 0 to 2."""


def choices(stated: Contract) -> list[tuple[Any, ...]]:
    """List the small values of each variable of a contract."""
    sorts = [str(variable.sort().name()) for variable in stated.bound]
    values = OF_READS if {"AskedReads", "ParkedReads"} & {*sorts} else SMALL
    return [values[sort] for sort in sorts]


def refuted_by(stated: Contract) -> dict[str, Any] | None:
    """Give small values of which a contract does not hold."""
    holds, names = meaning(stated.body), [str(each) for each in stated.bound]
    values: dict[str, Any] = {}
    for chosen in product(*choices(stated)):
        values.update(zip(names, chosen, strict=True))
        if not holds(values):
            return values
    return None


@pytest.mark.parametrize("stated", CONTRACTS, ids=lambda stated: stated.name)
def test_a_contract_holds_of_every_small_value(stated: Contract) -> None:
    assert refuted_by(stated) is None


def test_the_bound_is_as_large_as_it_was() -> None:
    assert {sort: len(values) for sort, values in SMALL.items()} == {
        "Agent": 4,
        "AgentSet": 8,
        "AgentMap": 64,
        "Log": 259,
        "Segment": 43,
        "Body": 2,
        "Text": 2,
        "AskedReads": 601,
        "ParkedReads": 37,
        "Int": 6,
    }
    tried = [prod(map(len, choices(stated))) for stated in CONTRACTS]
    assert sum(tried) > 2_000_000


# --- contracts that are wrong ---------------------------------------------------------


def wrong_contracts() -> list[Contract]:
    """State contracts a little wrong: each must be refuted."""
    s, t, u = (constant(name, on.SET) for name in "stu")
    a, n = constant("a", on.AGENT), constant("n", INT)
    m, log, cut = (
        constant("m", on.MAP),
        constant("l", on.LOG),
        constant("g", on.SEGMENT),
    )
    i, j = constant("i", INT), constant("j", INT)
    joined, found = on.spliced(log, j, cut), on.probe(log, j, n)
    taken, who = on.segment(log, j, n), on.shared(s, t, u)
    common = on.size(on.common(s, t)) + on.size(on.common(s, u))

    def wrong(name: str, variables: list[Expr], body: Expr) -> Contract:
        return contract(name, variables, body)

    return [
        wrong(
            "two parts as large as the whole share a member",
            [s, t, u],
            implies(common >= on.size(s), on.member(who, s)),
        ),
        wrong(
            "at_least collects those above",
            [m, a, n],
            equal(
                on.member(a, on.at_least(m, n)),
                all_of(on.member(a, on.agents_of(m)), on.get(m, a) > n),
            ),
        ),
        wrong(
            "spliced keeps terms before an index",
            [log, j, cut, i],
            implies(
                all_of(number(0) <= j, j <= on.last(log), number(1) <= i),
                implies(
                    i <= on.last(joined),
                    equal(
                        on.term_at(joined, i),
                        choose(i < j, on.term_at(log, i), on.segment_term(cut, i - j)),
                    ),
                ),
            ),
        ),
        wrong(
            "spliced keeps what it overwrites",
            [log, j, cut],
            implies(
                all_of(number(0) <= j, j <= on.last(log)),
                on.last(joined) >= on.last(log),
            ),
        ),
        wrong(
            "probe finds a lower term",
            [log, j, n],
            implies(j >= 0, on.term_at(log, found) < n),
        ),
        wrong(
            "segment has no limit",
            [log, j, n],
            implies(
                all_of(number(0) <= j, j <= on.last(log), n >= 0),
                equal(on.length(taken), on.last(log) - j),
            ),
        ),
        wrong("a log has an entry", [log], on.last(log) >= 1),
    ]


@pytest.mark.parametrize("stated", wrong_contracts(), ids=lambda stated: stated.name)
def test_a_wrong_contract_is_refuted(stated: Contract) -> None:
    assert refuted_by(stated) is not None


# --- large values, drawn --------------------------------------------------------------

names = st.sampled_from([AgentId(name) for name in "abcdefgh"])
texts = st.sampled_from(["r", "s", ""])
beside_chunks = [at + near for at in (0, CHUNK, 2 * CHUNK) for near in (-1, 0, 1, 2)]
numbers = st.sampled_from([*beside_chunks, 2**70, -(2**70)]) | st.integers(-1, 5)
some_bodies = st.tuples(st.sampled_from(EntryKind), texts, texts)
some_entries = st.builds(
    lambda term, body: Entry(term, *body), st.integers(0, 3), some_bodies
)
openings = st.sampled_from([0, 0, CHUNK - 2, CHUNK - 1, CHUNK, 2 * CHUNK - 1])
few_entries = st.lists(some_entries, max_size=4)
long_lists = st.builds(
    lambda opening, entry, rest: [entry] * opening + rest,
    openings,
    some_entries,
    few_entries,
)
asked = st.builds(AskedRead, names, texts, numbers, numbers)
parked = st.builds(ParkedRead, texts, numbers)

LARGE: Final[dict[str, SearchStrategy[Any]]] = {
    "Agent": names | st.just(""),
    "AgentSet": st.lists(names).map(AgentSet.of),
    "AgentMap": st.dictionaries(names, numbers).map(
        lambda held: AgentMap(
            AgentSet.of(held), tuple(held[name] for name in sorted(held))
        )
    ),
    "Log": long_lists.map(Log.of),
    "Segment": long_lists.map(lambda entries: Segment(tuple(entries))),
    "Body": some_bodies,
    "Text": texts,
    "AskedReads": st.lists(asked, max_size=4).map(
        lambda reads: AskedReads(tuple(reads))
    ),
    "ParkedReads": st.lists(parked, max_size=4, unique=True).map(
        lambda reads: ParkedReads(tuple(reads))
    ),
    "Int": numbers,
}


@pytest.mark.parametrize("stated", CONTRACTS, ids=lambda stated: stated.name)
@settings(max_examples=60, derandomize=True)
@given(data=st.data())
def test_a_contract_holds_of_large_values(stated: Contract, data: DataObject) -> None:
    values = {
        str(variable): data.draw(LARGE[str(variable.sort().name())], str(variable))
        for variable in stated.bound
    }
    assert evaluate(stated.body, values)


# --- one value, however it came about -------------------------------------------------


def test_sets_with_the_same_members_are_equal() -> None:
    for chosen in SMALL["AgentSet"]:
        for order in permutations(chosen.members):
            added = NO_AGENTS
            for name in order:
                added = added.with_(name)
            assert added == AgentSet.of(order) == chosen
    for one, other in product(SMALL["AgentSet"], repeat=2):
        assert (one == other) == all(one.has(name) == other.has(name) for name in NAMES)


SET_METHODS: Final[list[Callable[[AgentSet, AgentSet], AgentSet]]] = [
    AgentSet.common,
    AgentSet.united,
    AgentSet.less,
]


def test_what_a_set_becomes_is_one_of_the_sets() -> None:
    for one, other in product(SMALL["AgentSet"], repeat=2):
        for method in SET_METHODS:
            assert method(one, other) in SMALL["AgentSet"]
        for name in NAMES:
            assert one.with_(name) in SMALL["AgentSet"]
            assert one.without(name) in SMALL["AgentSet"]


def test_maps_with_the_same_numbers_are_equal() -> None:
    for found in SMALL["AgentMap"]:
        for order in permutations(found.agents.members):
            made = AgentMap.zero(found.agents)
            for name in order:
                made = made.set(name, found.get(name))
            assert made == found
    for one, other in product(SMALL["AgentMap"], repeat=2):
        is_same = one.agents == other.agents and all(
            one.get(name) == other.get(name) for name in one.agents.members
        )
        assert (one == other) == is_same


def test_logs_with_the_same_entries_are_equal() -> None:
    for log in SMALL["Log"]:
        grown = Log()
        for entry in log.entries:
            grown = grown.append(entry)
        assert grown == log
        for after in range(log.last_index + 1):
            rest = log.segment(Index(after), log.last_index)
            assert log.spliced(Index(after), rest) == log
    assert len({*SMALL["Log"]}) == len({log.entries for log in SMALL["Log"]})


@settings(max_examples=200, derandomize=True)
@given(long_lists, long_lists, st.integers(0, 200))
def test_long_logs_with_the_same_entries_are_equal(
    entries: list[Entry], others: list[Entry], cut: int
) -> None:
    log, at = Log.of(entries), Index(min(cut, len(entries)))
    segment = Segment(tuple(entries[at:]))
    assert Log.of(others).spliced(Index(0), Segment(log.entries)) == log
    assert log.prefix(at).spliced(at, segment) == log
    assert (Log.of(others) == log) == (others == entries)
    assert log.entries == tuple(entries)
