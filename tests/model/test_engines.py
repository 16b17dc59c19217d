"""The engines find what the oracle finds, each with and without pruning."""

import importlib
from collections import Counter
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

import pytest

from primacy_model import oracle
from primacy_model.actors import Actors, Assembled, Claim, Views, Whole
from primacy_model.engines.search import UNBOUNDED, Engine, Found, Search, _store
from primacy_model.engines.search import explore as search
from primacy_model.model import Kind
from primacy_model.oracle import Exploration, Verdict
from primacy_model.plain_raft import PlainRaft
from primacy_model.trace import replay
from tests.model.engine_worlds import Burst, Relay, drawn

ENGINES = [
    pytest.param(
        engine,
        marks=pytest.mark.skipif(not engine.is_installed, reason="not installed"),
        id=engine.value,
    )
    for engine in Engine
]
every_engine = pytest.mark.parametrize("engine", ENGINES)
with_and_without_pruning = pytest.mark.parametrize(
    "prunes", [True, False], ids=["pruned", "whole"]
)
SEEDS = range(250)

Worlds = set[Whole[Any, Any]]


@cache
def judged(seed: int) -> Exploration[Whole[int, str]]:
    """Let the oracle judge a world."""
    return oracle.explore(Assembled(drawn(seed)), max_states=800)


@cache
def judgeable() -> list[int]:
    """List the worlds that the oracle explored to their end, but for the smallest."""
    found = {seed: judged(seed) for seed in SEEDS}
    return [
        seed for seed in SEEDS if found[seed].states > 9 and not found[seed].is_bounded
    ]


def explored(
    actors: Actors[Any, Any], engine: Engine, *, prunes: bool
) -> tuple[Found[Any, Any], list[Worlds]]:
    """Explore a world; give the worlds of each level too."""
    tables, store = _store(engine, actors, prunes=prunes)
    run = Search(actors, (tables, store))
    run.run(UNBOUNDED, None)
    found, levels, end = run.found(0), [], 0
    for count in found.levels:
        start, end = end, end + count
        levels.append({tables.whole(store.row(at)) for at in range(start, end)})
    return found, levels


def test_the_drawn_worlds_differ_in_all_that_is_compared() -> None:
    found = [judged(seed) for seed in judgeable()]
    verdicts = Counter(each.verdict for each in found)
    assert len(found) >= 50
    for verdict in (Verdict.HOLDS, Verdict.VACUOUS, Verdict.VIOLATED):
        assert verdicts[verdict] >= 5, verdicts
    assert len([each for each in found if each.states > 100]) >= 20
    assert len({each.depth for each in found}) >= 8
    assert any(each.never_fired for each in found)
    assert any(each.unreached for each in found)


@every_engine
@with_and_without_pruning
def test_an_engine_finds_what_the_oracle_finds(engine: Engine, prunes: bool) -> None:
    for seed in judgeable():
        expected = judged(seed)
        found, levels = explored(drawn(seed), engine, prunes=prunes)
        assert found.verdict is expected.verdict, seed
        if expected.violation is not None:
            assert found.violation is not None
            assert found.violation.claim.id == expected.violation.claim.id
            assert len(found.violation.trace.steps) == len(
                expected.violation.trace.steps
            )
            continue
        nodes = expected.graph.nodes
        for depth, worlds in enumerate(levels):
            assert worlds == {each for each in nodes if nodes[each]["depth"] == depth}
        assert found.states == expected.states
        assert found.never_fired == expected.never_fired
        assert [each.id for each in found.unreached] == [
            each.id for each in expected.unreached
        ]


# --- plain Raft -----------------------------------------------------------------------

COUNTED = {(3, 2): 5_963, (5, 1): 12_133, (3, 3): 144_529, (4, 2): 212_565}


@cache
def raft_levels(size: int, terms: int) -> tuple[int, ...]:
    return search(PlainRaft(size, terms), Engine.MEMO, prunes=False).levels


@every_engine
@pytest.mark.parametrize(("size", "terms"), COUNTED)
def test_a_plain_election_has_as_many_states_as_it_had(
    engine: Engine, size: int, terms: int
) -> None:
    found = search(PlainRaft(size, terms), engine)
    assert found.states == COUNTED[size, terms]
    assert found.levels == raft_levels(size, terms)
    assert found.verdict is Verdict.HOLDS


@every_engine
def test_pruning_makes_fewer_moves_and_finds_the_same(engine: Engine) -> None:
    pruned, whole = (
        search(PlainRaft(3, 2), engine, prunes=prunes) for prunes in (True, False)
    )
    assert pruned.levels == whole.levels
    assert pruned.moves < 0.7 * whole.moves


@every_engine
@pytest.mark.parametrize("most", [1, 2, 1000, 100_000])
def test_a_bound_is_kept_to_the_state(engine: Engine, most: int) -> None:
    found = search(PlainRaft(3, 3), engine, max_states=most)
    assert found.is_bounded
    assert found.verdict is Verdict.INCOMPLETE
    assert found.states == most


@every_engine
def test_a_bound_that_is_just_reached_bounds_nothing(engine: Engine) -> None:
    found = search(PlainRaft(3, 2), engine, max_states=COUNTED[3, 2])
    assert found.verdict is Verdict.HOLDS
    assert not found.is_bounded


# --- worlds that outgrow what was guessed ---------------------------------------------


@every_engine
@with_and_without_pruning
@pytest.mark.parametrize("names", ["ab", "abcd", "abcde"])
def test_a_mailbox_may_hold_more_messages_than_a_word_has_bits(
    engine: Engine, prunes: bool, names: str
) -> None:
    world = Relay(tuple(names))
    found = search(world, engine, prunes=prunes)
    depths = Counter(
        sent + heard for sent in range(world.last + 1) for heard in range(sent + 1)
    )
    assert found.levels == tuple(depths[at] for at in sorted(depths))


@pytest.mark.skipif(not Engine.NUMPY.is_installed, reason="not installed")
@pytest.mark.parametrize("names", ["ab", "abcde"])
def test_rows_with_the_same_digest_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, names: str
) -> None:
    vectors = importlib.import_module("primacy_model.engines.vectors")
    world = Relay(tuple(names), last=20)
    expected = search(world, Engine.NUMPY).levels
    mixed = vectors.mixed
    monkeypatch.setattr(vectors, "mixed", lambda words: 0 * mixed(words))
    assert search(world, Engine.NUMPY).levels == expected
    assert sum(expected) == 21 * 22 // 2


@every_engine
@pytest.mark.parametrize(("width", "letters"), [(300, 300), (70_000, 2)])
def test_an_actor_may_have_more_moves_than_there_is_room_for_at_first(
    engine: Engine, width: int, letters: int
) -> None:
    found = search(Burst(width=width, letters=letters), engine)
    assert found.levels == (1, width, width)


# --- claims ---------------------------------------------------------------------------


def _own_count(place: int, local: tuple[str, int]) -> Hashable:
    name, at = local
    assert name == "ab"[place]  # an engine shows no actor the state of another
    return at


def _is_below_three(views: Views) -> bool:
    return sum(view for view in views if isinstance(view, int)) < 3


def _is_anything(_: Views) -> bool:
    return True


@every_engine
@with_and_without_pruning
def test_a_claim_that_breaks_after_three_moves_has_a_trace_of_three(
    engine: Engine, prunes: bool
) -> None:
    claim = Claim("few", "few moves", Kind.ALWAYS, _own_count, _is_below_three)
    world = Relay(claims=(claim,))
    found = search(world, engine, prunes=prunes)
    assert found.verdict is Verdict.VIOLATED
    assert found.violation is not None
    assert found.violation.claim.id == "few"
    trace = found.violation.trace
    assert len(trace.steps) == 3
    replay(Assembled(world), trace)
    assert not found.violation.claim.holds(trace.steps[-1].state)
    assert len(found.levels) == 4


def _is_at(views: Views) -> Callable[[Views], bool]:
    return lambda shown: shown == views


@every_engine
def test_all_that_can_be_seen_is_shown_to_the_claims(engine: Engine) -> None:
    last = 20
    claims = [
        Claim(f"{sent}-{heard}", "", Kind.SOMETIMES, _own_count, _is_at((sent, heard)))
        for sent in range(last + 1)
        for heard in range(sent + 1)
    ]
    found = search(Relay(claims=claims, last=last), engine)
    assert [claim.id for claim in found.unreached] == []


@every_engine
def test_an_engine_refuses_a_claim_that_needs_the_whole_graph(engine: Engine) -> None:
    claim = Claim("back", "may recover", Kind.RECOVERABLE, _own_count, _is_anything)
    with pytest.raises(ValueError, match="only the oracle"):
        search(Relay(claims=(claim,)), engine)
