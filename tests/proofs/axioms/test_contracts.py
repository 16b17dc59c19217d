"""What the proofs assume of core's containers, asked of the containers themselves.

Each contract is tried on every choice of small values, and on large ones that are
drawn. The values are one model of all contracts at once: where a method is undefined,
`evaluation` chose a value. Two containers are one value to the proofs if they are `==`;
so those that hold the same must be `==` however they came about.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import permutations, product
from math import prod
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.electorate import Roll
from primacy.log import CHUNK, Entry, EntryKind, Log, Segment
from primacy.pending_reads import FollowerRead, FollowerReads, LeaderRead, LeaderReads
from primacy.types import AgentId, Command, Index, RequestId, Round, Term
from primacy_proofs.axioms.containers import CONTRACTS
from primacy_proofs.axioms.contract import Contract, contract
from primacy_proofs.axioms.rolls import is_majority, roll_contracts
from primacy_proofs.counterexamples.interpretation import (
    NOOP,
    ElectoratePair,
    EntryBody,
    body_of,
    is_near,
    is_quorum,
)
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    choose,
    constant,
    equal,
    implies,
    negation,
    number,
)
from tests.support.evaluation import evaluate, meaning
from tests.support.rolls import successors

# --- every small value ----------------------------------------------------------------

NAMES: Final = tuple(AgentId(name) for name in "abc")
NUMBERS: Final = range(-1, 5)
TEXTS: Final = ("r", "s")
SETS: Final = tuple(
    AgentSet(tuple(name for name, is_in in zip(NAMES, chosen, strict=True) if is_in))
    for chosen in product((False, True), repeat=len(NAMES))
)
ELECTORATES: Final = tuple(product(SETS, SETS))
FIRST: Final = Roll(AgentSet.of("ab"), AgentSet.of("ab"), AgentSet.of("c"))
"""The roll of a log that sets none."""
OF_FIRST: Final = {"electors": FIRST.electors, "workers": FIRST.workers}


def roll_body(electors: str, outgoing: str, workers: str) -> EntryBody:
    """Make the body of an entry that sets a roll."""
    sets = map(AgentSet.of, (electors, outgoing, workers))
    named = Command(""), RequestId("r")
    return body_of(Entry(Term(1), EntryKind.ROLL, *named, *sets))


JOINT: Final = roll_body("bc", "ab", "")
ROLLS: Final = (JOINT, roll_body("bc", "bc", "a"))
BODIES: Final[tuple[EntryBody, ...]] = (
    NOOP,
    body_of(Entry(Term(1), EntryKind.COMMAND)),
    JOINT,
)
ENTRIES: Final = [
    *(Entry(Term(term), *NOOP) for term in range(3)),
    *(Entry(Term(term), *BODIES[1 + term % 2]) for term in range(3)),
]
OF_SOME_ROLLS: Final = [
    Entry(Term(1), *NOOP),
    *(Entry(Term(1), *body) for body in ROLLS),
    Entry(Term(2), *JOINT),
]
READ_AT: Final = range(3)


def up_to(length: int, items: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any
    """List every sequence of some items, up to a length."""
    for size in range(length + 1):
        yield from product(items, repeat=size)


def every_map() -> Iterator[AgentMap]:
    """List every map to -1, 0, 1 or 2."""
    for held in product(range(-1, 3), repeat=len(NAMES)):
        yield made_of(zip(NAMES, held, strict=True))


def made_of(numbers: Iterable[tuple[AgentId, int]]) -> AgentMap:
    """Make a map as its fields are documented, by no method of its own."""
    held = {name: number for name, number in sorted(numbers) if number != 0}
    return AgentMap(AgentSet(tuple(held)), tuple(held.values()))


ASKED: Final = [
    LeaderRead(who, RequestId(what), Index(index), Round(begun))
    for who, what, index, begun in product(NAMES[:2], TEXTS, (0, 1), READ_AT)
]
PARKED: Final = [
    FollowerRead(RequestId(what), Index(index)) for what in TEXTS for index in READ_AT
]

SMALL: Final[Mapping[str, tuple[Any, ...]]] = {
    "Agent": ("", *NAMES),
    "AgentSet": SETS,
    "Electorate": ELECTORATES,
    "AgentMap": tuple(every_map()),
    "Log": tuple(Log.of(entries) for entries in up_to(3, ENTRIES)),
    "Segment": tuple(Segment(entries) for entries in up_to(2, ENTRIES)),
    "Body": BODIES,
    "Text": TEXTS,
    "LeaderReads": tuple(LeaderReads(reads) for reads in up_to(2, ASKED)),
    "FollowerReads": tuple(
        FollowerReads(reads)
        for reads in up_to(2, PARKED)
        if len({*reads}) == len(reads)
    ),
    "Int": tuple(NUMBERS),
}
"""Every value up to a bound, by sort.

Three agents and nobody, their 8 sets, the 64 electorates, the 64 maps to -1, 0, 1 or 2;
the 259 logs of up to three entries, the 43 segments of up to two, of terms 0 to 2 and a
no-op, a command or a roll; up to two reads of two agents, two requests, two indices and
three rounds; numbers -1 to 4.
"""
OF_READS: Final = {**SMALL, "Int": tuple(READ_AT), "Agent": NAMES[:2]}
"""Contracts of reads have up to nine variables: there numbers are 0 to 2."""
OF_ROLLS: Final = {
    **SMALL,
    "Log": tuple(Log.of(entries) for entries in up_to(3, OF_SOME_ROLLS)),
    "Segment": tuple(Segment(entries) for entries in up_to(2, OF_SOME_ROLLS)),
    "Body": (NOOP, *ROLLS),
}
"""Contracts of rolls have two logs: there most of up to three entries set a roll."""
NAMES_OF_ROLLS: Final = {stated.name for stated in roll_contracts()}


def choices(stated: Contract) -> list[tuple[Any, ...]]:
    """List the small values of each variable of a contract."""
    sorts = [str(variable.sort().name()) for variable in stated.bound]
    values = OF_READS if {"LeaderReads", "FollowerReads"} & {*sorts} else SMALL
    values = OF_ROLLS if stated.name in NAMES_OF_ROLLS else values
    return [values[sort] for sort in sorts]


def refuted_by(stated: Contract) -> dict[str, Any] | None:
    """Give small values of which a contract does not hold."""
    holds, names = meaning(stated.body), [str(each) for each in stated.bound]
    values: dict[str, Any] = {**OF_FIRST}
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
        "Electorate": 64,
        "AgentMap": 64,
        "Log": 259,
        "Segment": 43,
        "Body": 3,
        "Text": 2,
        "LeaderReads": 601,
        "FollowerReads": 37,
        "Int": 6,
    }
    assert len(OF_ROLLS["Log"]) == 85
    tried = [prod(map(len, choices(stated))) for stated in CONTRACTS]
    assert sum(tried) > 3_000_000


# --- contracts that are wrong ---------------------------------------------------------


def wrong_contracts() -> list[Contract]:
    """State contracts a little wrong: each must be refuted."""
    s, t = constant("s", on.SET), constant("t", on.SET)
    a, n = constant("a", on.AGENT), constant("n", INT)
    m, log, cut = (
        constant("m", on.MAP),
        constant("l", on.LOG),
        constant("g", on.SEGMENT),
    )
    i, j, other = constant("i", INT), constant("j", INT), constant("k", on.LOG)
    start, joined = constant("b", INT), on.spliced(log, j, cut)
    found = on.probe(log, start, j, n)
    asks = all_of(j >= 0, number(0) <= start, start <= on.last(log))
    x, y, z = (constant(name, on.ELECTORATE) for name in "xyz")
    taken, who = on.segment(log, j, n), on.shared(x, s, y, t)
    meet = all_of(on.is_quorum(x, s), on.is_quorum(y, t))

    def wrong(name: str, variables: list[Expr], body: Expr) -> Contract:
        return contract(name, variables, body)

    return [
        wrong(
            "quorums of any two electorates share a member",
            [x, s, y, t],
            implies(meet, on.member(who, s)),
        ),
        wrong(
            "a quorum has a majority of one component",
            [x, s],
            implies(is_majority(s, on.electors_of(x)), on.is_quorum(x, s)),
        ),
        wrong(
            "electorates with one in between are near",
            [x, y, z],
            implies(all_of(on.near(x, y), on.near(y, z)), on.near(x, z)),
        ),
        wrong(
            "electorates that share an elector are near",
            [x, y, a],
            implies(
                all_of(*(on.member(a, on.electors_of(each)) for each in (x, y))),
                on.near(x, y),
            ),
        ),
        wrong(
            "at_least collects those above",
            [m, a, n],
            equal(on.member(a, on.at_least(m, n)), on.get(m, a) > n),
        ),
        wrong(
            "at_least collects those that have 0",
            [m, a, n],
            equal(on.member(a, on.at_least(m, n)), on.get(m, a) >= n),
        ),
        wrong(
            "within keeps the numbers of all",
            [m, s, a],
            equal(on.get(on.within(m, s), a), on.get(m, a)),
        ),
        wrong(
            "an insider's number suggests nothing",
            [m, x, a, n],
            equal(on.suggestion(on.put(m, a, n), x), on.suggestion(m, x)),
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
            [log, start, j, n],
            implies(asks, on.term_at(log, found) < n),
        ),
        wrong(
            "probe finds a position that is left",
            [log, start, j, n],
            implies(asks, found >= start),
        ),
        wrong(
            "probe finds the same, whatever is lost",
            [log, start, j, n],
            implies(asks, equal(found, on.probe(log, number(0), j, n))),
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
        wrong(
            "a roll was set by the first entry of its kind",
            [log, i, j],
            implies(
                all_of(number(1) <= j, j < on.roll_index(log, i)),
                negation(on.sets_roll(on.body_at(log, j))),
            ),
        ),
        wrong(
            "a roll is in force from the entry behind it",
            [log, i],
            implies(number(1) <= i, on.roll_index(log, i) < i),
        ),
        wrong(
            "spliced keeps the roll in force",
            [log, j, cut],
            implies(
                all_of(number(0) <= j, j <= on.last(log)),
                equal(
                    on.electorate_at(joined, on.last(joined)),
                    on.electorate_at(log, on.last(log)),
                ),
            ),
        ),
        wrong(
            "logs of the same terms are alike",
            [log, other, i],
            implies(
                equal(on.term_at(log, i), on.term_at(other, i)),
                on.is_alike(log, other, i),
            ),
        ),
    ]


@pytest.mark.parametrize("stated", wrong_contracts(), ids=lambda stated: stated.name)
def test_a_wrong_contract_is_refuted(stated: Contract) -> None:
    assert refuted_by(stated) is not None


# --- large values, drawn --------------------------------------------------------------

names = st.sampled_from([AgentId(name) for name in "abcdefgh"])
texts = st.sampled_from(["r", "s", ""])
beside_chunks = [at + near for at in (0, CHUNK, 2 * CHUNK) for near in (-1, 0, 1, 2)]
numbers = st.sampled_from([*beside_chunks, 2**70, -(2**70)]) | st.integers(-1, 5)
some_sets = st.lists(names).map(AgentSet.of)
plain_kinds = st.sampled_from([EntryKind.NOOP, EntryKind.COMMAND])
some_bodies = st.tuples(
    plain_kinds, texts, texts, *[st.just(NO_AGENTS)] * 3
) | st.tuples(st.just(EntryKind.ROLL), texts, texts, *[some_sets] * 3)
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
asked = st.builds(LeaderRead, names, texts, numbers, numbers)
parked = st.builds(FollowerRead, texts, numbers)

LARGE: Final[dict[str, SearchStrategy[Any]]] = {
    "Agent": names | st.just(""),
    "AgentSet": some_sets,
    "Electorate": st.tuples(some_sets, some_sets),
    "AgentMap": st.dictionaries(names, numbers).map(lambda held: made_of(held.items())),
    "Log": long_lists.map(Log.of),
    "Segment": long_lists.map(lambda entries: Segment(tuple(entries))),
    "Body": some_bodies,
    "Text": texts,
    "LeaderReads": st.lists(asked, max_size=4).map(
        lambda reads: LeaderReads(tuple(reads))
    ),
    "FollowerReads": st.lists(parked, max_size=4, unique=True).map(
        lambda reads: FollowerReads(tuple(reads))
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
    values |= {"electors": data.draw(some_sets), "workers": data.draw(some_sets)}
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
    AgentSet.intersection,
    AgentSet.union,
    AgentSet.difference,
]


def test_what_a_set_becomes_is_one_of_the_sets() -> None:
    for one, other in product(SMALL["AgentSet"], repeat=2):
        for method in SET_METHODS:
            assert method(one, other) in SMALL["AgentSet"]
        for name in NAMES:
            assert one.with_(name) in SMALL["AgentSet"]
            assert one.without(name) in SMALL["AgentSet"]


def test_the_first_of_a_set_is_its_lowest() -> None:
    for chosen in SETS:
        assert chosen.first == min(chosen.members, default="")


def test_maps_with_the_same_numbers_are_equal() -> None:
    for found in SMALL["AgentMap"]:
        for order in permutations(NAMES):
            made = AgentMap().set_all(AgentSet.of(order), 5)
            for name in order:
                made = made.set(name, found.get(name))
            assert made == found
    for one, other in product(SMALL["AgentMap"], repeat=2):
        assert (one == other) == all(one.get(name) == other.get(name) for name in NAMES)


def test_what_a_map_becomes_is_one_of_the_maps() -> None:
    maps = {*SMALL["AgentMap"]}
    for found, chosen, value in product(maps, SETS, range(-1, 3)):
        assert found.within(chosen) in maps
        assert found.set_all(chosen, value) in maps
        for name in NAMES:
            assert found.set(name, value) in maps


def test_a_map_suggests_what_a_quorum_has_reached_and_no_more() -> None:
    for found, voting in product(SMALL["AgentMap"], ELECTORATES):
        if all(each.size for each in voting):
            reached = [
                number
                for number in range(-1, 3)
                if Roll(*voting).is_quorum(
                    AgentSet.of(name for name in NAMES if found.get(name) >= number)
                )
            ]
            assert found.suggestion(*voting) == max(reached)


def test_logs_with_the_same_entries_are_equal() -> None:
    for log in (*SMALL["Log"], *OF_ROLLS["Log"]):
        grown = Log()
        for entry in log.entries:
            grown = grown.append(entry)
        assert grown == log
        for after in range(log.last_index + 1):
            rest = log.segment(Index(after), log.last_index)
            assert log.prefix(Index(after)) == Log.of(log.entries[:after])
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


# --- rolls ----------------------------------------------------------------------------


def last_roll(entries: tuple[Entry, ...]) -> Roll:
    """Read off entries, one by one, which roll they leave in force."""
    found = FIRST
    for place, each in enumerate(entries, start=1):
        if each.kind is EntryKind.ROLL:
            sets = each.electors, each.outgoing, each.workers
            found = Roll(*sets, Index(place), each.term)
    return found


def roll_before_the_last(log: Log) -> Roll:
    """Read off what would be in force without the last roll entry and all behind it."""
    return last_roll(log.entries[: max(0, log.roll(FIRST).index - 1)])


def test_the_prior_roll_of_a_log_is_the_one_before_its_last() -> None:
    for log in OF_ROLLS["Log"]:
        assert log.prior_roll(FIRST) == roll_before_the_last(log)
        for after, cut in product(range(log.last_index + 1), OF_ROLLS["Segment"]):
            joined = log.spliced(Index(after), cut)
            assert joined.prior_roll(FIRST) == roll_before_the_last(joined)


def test_the_roll_of_a_log_is_that_of_its_last_roll_entry() -> None:
    for log in OF_ROLLS["Log"]:
        assert log.roll(FIRST) == last_roll(log.entries)
        for entry in OF_SOME_ROLLS:
            assert log.append(entry).roll(FIRST) == last_roll((*log.entries, entry))
        for after in range(log.last_index + 1):
            kept = log.entries[:after]
            assert log.prefix(Index(after)).roll(FIRST) == last_roll(kept)
            for cut in OF_ROLLS["Segment"]:
                joined = log.spliced(Index(after), cut)
                assert joined.roll(FIRST) == last_roll(kept + cut.entries)


@settings(max_examples=200, derandomize=True)
@given(long_lists, long_lists, st.integers(0, 200))
def test_the_roll_of_a_long_log_is_that_of_its_last_roll_entry(
    entries: list[Entry], others: list[Entry], cut: int
) -> None:
    at = Index(min(cut, len(entries)))
    joined = Log.of(entries).spliced(at, Segment(tuple(others)))
    assert joined.roll(FIRST) == last_roll((*entries[:at], *others))
    assert joined.prefix(at).roll(FIRST) == last_roll(tuple(entries[:at]))


# --- near electorates -----------------------------------------------------------------


def settled(electors: AgentSet) -> ElectoratePair:
    return electors, electors


def test_core_counts_quorums_as_the_proofs_do() -> None:
    for voting, agents in product(ELECTORATES, SETS):
        assert Roll(*voting).is_quorum(agents) == is_quorum(voting, agents)


def test_near_electorates_share_a_component_or_differ_by_one_elector() -> None:
    for one, other in product(ELECTORATES, repeat=2):
        changed = {*one[0].members} ^ {*other[0].members}
        is_step = one == settled(one[0]) and other == settled(other[0])
        shares = bool({*one} & {*other})
        assert is_near(one, other) == (shares or (is_step and len(changed) == 1))


def test_electorates_that_follow_each_other_are_near() -> None:
    everyone = AgentSet.of(NAMES)
    for electors, outgoing, workers in product(SETS, repeat=3):
        is_roll = electors.size > 0 and outgoing.size > 0
        if is_roll and not electors.union(outgoing).intersection(workers).size:
            for after in successors((electors, outgoing, workers), everyone):
                assert is_near((electors, outgoing), (after[0], after[1]))


FOUR: Final = tuple(
    AgentSet.of(name for name, is_in in zip("abcd", chosen, strict=True) if is_in)
    for chosen in product((False, True), repeat=4)
)


def meets(one: ElectoratePair, other: ElectoratePair) -> bool:
    """Tell whether each quorum of one shares a member with each of the other."""
    return not QUORUMS[one] & {FOUR[-1].difference(each) for each in QUORUMS[other]}


QUORUMS: Final = {
    voting: {each for each in FOUR if Roll(*voting).is_quorum(each)}
    for voting in product(FOUR, FOUR)
}
"""The quorums of every electorate of four agents; more members are a quorum too."""


def test_quorums_of_near_electorates_of_four_agents_meet() -> None:
    for voting, quorums in QUORUMS.items():
        for quorum, one in product(quorums, FOUR):
            assert quorum.union(one) in quorums
        assert all(meets(voting, each) for each in QUORUMS if is_near(voting, each))


ABC: Final = AgentSet.of("abc")


@pytest.mark.parametrize(
    ("electors", "outgoing"),
    [("a", "a"), ("abd", "abd"), ("d", "abd")],
    ids=["two fewer", "one for another", "joint with others"],
)
def test_quorums_of_electorates_further_apart_need_not_meet(
    electors: str, outgoing: str
) -> None:
    one, other = settled(ABC), (AgentSet.of(electors), AgentSet.of(outgoing))
    for pair in ((one, other), (other, one)):
        assert not is_near(*pair)
        assert not meets(*pair)
