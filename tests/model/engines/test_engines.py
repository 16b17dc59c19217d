"""The engines find what the oracle finds, each with and without pruning."""

import importlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from primacy_model.baselines.plain_raft import PlainRaft, RaftAgent, RaftMessage
from primacy_model.checker import reference_bfs
from primacy_model.checker.actors import Actors, Assembled, Claim, Move, Views
from primacy_model.checker.model import Kind
from primacy_model.checker.reference_bfs import Exploration, Verdict
from primacy_model.checker.trace import RaisedError, replay
from primacy_model.engines import assumption_check
from primacy_model.engines.bfs import Search, SearchResult
from primacy_model.engines.search import UNBOUNDED, Engine, parts
from primacy_model.engines.search import explore as search
from primacy_model.engines.transition_tables import Tables
from tests.support.engines import COUNTED, every_engine, raft_levels
from tests.support.worlds import Burst, Relay, Start, Tabled, drawn, rich, traits

with_and_without_pruning = pytest.mark.parametrize(
    "prunes", [True, False], ids=["pruned", "whole"]
)
SEEDS = range(320)

Worlds = set[Start]
Make = Callable[[int], Tabled]
AnyClaim = Claim[Any, Any, Any]


@cache
def judged(make: Make, seed: int, forgets: bool = True) -> Exploration[Start]:
    """Let the oracle judge a world."""
    return reference_bfs.explore(Assembled(make(seed), forgets), max_states=800)


@cache
def judgeable(make: Make) -> list[int]:
    """List the worlds that the oracle explored to their end, but for the smallest."""
    found = {seed: judged(make, seed) for seed in SEEDS}
    return [
        seed for seed in SEEDS if found[seed].states > 9 and not found[seed].is_bounded
    ]


def explored(
    actors: Actors[Any, Any, Any, Any],
    engine: Engine,
    *,
    prunes: bool,
    forgets: bool = True,
) -> tuple[SearchResult[Any, Any, Any, Any], list[Worlds]]:
    """Explore a world; give the worlds of each level too."""
    tables, projections, store = parts(engine, Tables(actors, forgets), prunes=prunes)
    run = Search(tables, projections, store)
    run.run(UNBOUNDED, None)
    assumption_check.check(tables, prunes=prunes and tables.copies == 0)
    found, levels, end = run.found(0), [], 0
    for count in found.levels:
        start, end = end, end + count
        levels.append({tables.whole(store.row(at)) for at in range(start, end)})
    return found, levels


@pytest.mark.parametrize("make", [drawn, rich])
def test_the_drawn_worlds_differ_in_all_that_is_compared(
    make: Make,
) -> None:
    found = [judged(make, seed) for seed in judgeable(make)]
    verdicts = Counter(each.verdict for each in found)
    assert len(found) >= 50
    for verdict in (Verdict.HOLDS, Verdict.VACUOUS, Verdict.VIOLATED):
        assert verdicts[verdict] >= 5, verdicts
    assert len([each for each in found if each.states > 100]) >= 20
    assert len({each.depth for each in found}) >= 8
    assert any(each.never_fired for each in found)
    assert any(each.unreached for each in found)


def test_rich_worlds_have_all_traits_and_forget_indeed() -> None:
    seeds = judgeable(rich)
    for name in ("shares", "notes", "forgets", "copies"):
        assert len([seed for seed in seeds if getattr(traits(seed), name)]) >= 20, name
    shorter = [
        seed
        for seed in seeds
        if judged(rich, seed).states != judged(rich, seed, forgets=False).states
    ]
    assert len(shorter) >= 10


@every_engine
@with_and_without_pruning
@pytest.mark.parametrize("make", [drawn, rich])
def test_an_engine_finds_what_the_oracle_finds(
    engine: Engine, prunes: bool, make: Make
) -> None:
    for seed in judgeable(make):
        _compare(make, seed, engine, prunes=prunes, forgets=True)


@every_engine
def test_an_engine_that_forgets_nothing_finds_what_the_oracle_finds(
    engine: Engine,
) -> None:
    for seed in judgeable(rich):
        if traits(seed).forgets and not judged(rich, seed, forgets=False).is_bounded:
            _compare(rich, seed, engine, prunes=True, forgets=False)


def _compare(
    make: Make,
    seed: int,
    engine: Engine,
    *,
    prunes: bool,
    forgets: bool,
) -> None:
    expected = judged(make, seed, forgets)
    found, levels = explored(make(seed), engine, prunes=prunes, forgets=forgets)
    assert found.verdict is expected.verdict, seed
    if expected.violation is not None:
        assert found.violation is not None
        assert found.violation.claim.id == expected.violation.claim.id
        steps = found.violation.trace.steps
        assert len(steps) == len(expected.violation.trace.steps)
        return
    nodes = expected.graph.nodes
    for depth, worlds in enumerate(levels):
        held = {each for each in nodes if nodes[each]["depth"] == depth}
        assert worlds == held, (seed, depth)
    assert found.states == expected.states
    assert found.never_fired == expected.never_fired, seed
    assert [each.id for each in found.unreached] == [
        each.id for each in expected.unreached
    ]
    assert [(each.claim.id, each.depth) for each in found.witnesses] == [
        (each.claim.id, each.depth) for each in expected.witnesses
    ]


# --- plain Raft -----------------------------------------------------------------------


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
    probing = importlib.import_module("primacy_model.engines.visited_set")
    world = Relay(tuple(names), last=20)
    expected = search(world, Engine.NUMPY).levels
    mix = probing.mix
    monkeypatch.setattr(probing, "mix", lambda words: 0 * mix(words))
    assert search(world, Engine.NUMPY).levels == expected
    assert sum(expected) == 21 * 22 // 2


@every_engine
@pytest.mark.parametrize(("width", "letters"), [(300, 300), (70_000, 2)])
def test_an_actor_may_have_more_moves_than_there_is_room_for_at_first(
    engine: Engine, width: int, letters: int
) -> None:
    found = search(Burst(width=width, letters=letters), engine)
    assert found.levels == (1, width, width)


@pytest.mark.skipif(not Engine.NUMPY.is_installed, reason="not installed")
@pytest.mark.parametrize("seed", range(0, 64, 3))
def test_answers_that_have_no_room_in_lines_are_found_in_tables(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    lookup = importlib.import_module("primacy_model.engines.hash_table")
    monkeypatch.setattr(lookup, "MOST", 16)
    engines = [Engine.NUMPY]
    if Engine.NUMBA.is_installed:
        known = importlib.import_module("primacy_model.engines.numba_tables")
        monkeypatch.setattr(known, "MOST_IN_LINES", 16)
        engines.append(Engine.NUMBA)
    for make in (drawn, rich):
        expected = search(make(seed), Engine.MEMO, max_states=2_000)
        for engine in engines:
            found = search(make(seed), engine, max_states=2_000)
            assert found.levels == expected.levels, (make, seed)
            assert found.verdict is expected.verdict


@pytest.mark.skipif(not Engine.NUMPY.is_installed, reason="not installed")
@pytest.mark.parametrize("engine", [Engine.NUMPY, Engine.NUMBA])
def test_what_does_not_fit_into_a_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    if not engine.is_installed:
        pytest.skip("not installed")
    packing = importlib.import_module("primacy_model.engines.bit_packing")
    monkeypatch.setattr(packing, "MOST_NUMBERS", 100)
    with pytest.raises(OverflowError, match="too many cells"):
        search(PlainRaft(3, 3), engine)
    monkeypatch.undo()
    projections = importlib.import_module("primacy_model.engines.projections")
    monkeypatch.setattr(projections, "MOST_BITS", 5)
    with pytest.raises(OverflowError, match="the claim S1 sees too much"):
        search(PlainRaft(3, 3), engine)


def test_the_plainest_engine_refuses_what_has_no_digit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memo = importlib.import_module("primacy_model.engines.python_engine")
    monkeypatch.setattr(memo, "MOST", 100)
    with pytest.raises(OverflowError, match="too many cells"):
        search(PlainRaft(3, 3), Engine.MEMO)


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
    claim: AnyClaim = Claim(
        "few", "few moves", Kind.ALWAYS, _own_count, _is_below_three
    )
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
    claims: list[AnyClaim] = [
        Claim(f"{sent}-{heard}", "", Kind.SOMETIMES, _own_count, _is_at((sent, heard)))
        for sent in range(last + 1)
        for heard in range(sent + 1)
    ]
    found = search(Relay(claims=claims, last=last), engine)
    assert [claim.id for claim in found.unreached] == []


@every_engine
@pytest.mark.parametrize("kind", [Kind.RECOVERABLE, Kind.EVENTUALLY])
def test_an_engine_refuses_a_claim_that_needs_the_whole_graph(
    engine: Engine, kind: Kind
) -> None:
    claim: AnyClaim = Claim("back", "may recover", kind, _own_count, _is_anything)
    with pytest.raises(ValueError, match="cannot tell whether back holds"):
        search(Relay(claims=(claim,)), engine)


# --- what raises ----------------------------------------------------------------------


class DeafLeader(PlainRaft):
    """An election in which a leader fails at what it hears."""

    def hears(
        self, place: int, local: RaftAgent, _: None, message: RaftMessage
    ) -> Iterator[Move[RaftAgent, RaftMessage, None]]:
        """Raise where a leader hears something."""
        if local.role == "leader":
            raise KeyError("my slip")
        return super().hears(place, local, None, message)


def _slip(led: Views) -> bool:
    if any(led):
        raise KeyError("my slip")
    return True


class BlindClaim(PlainRaft):
    """An election with a claim that fails at a leader."""

    @property
    def claims(self) -> Sequence[Claim[RaftAgent, None, None]]:
        """Claim what cannot be judged."""
        first, _ = super().claims
        return [replace(first, holds=_slip)]


@every_engine
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("world", [DeafLeader(), BlindClaim()], ids=["hears", "claims"])
def test_where_a_world_raises_a_shortest_run_leads(
    world: PlainRaft, engine: Engine, symmetric: bool
) -> None:
    with pytest.raises(RaisedError) as raised:
        search(world, engine, symmetric=symmetric)
    assert isinstance(raised.value.error, KeyError)
    trace = raised.value.violation.trace
    assert len(trace.steps) == 5
    assert [local.role for local in trace.last.locals].count("leader") == 1


def test_the_oracle_shows_a_shortest_run_to_what_raises() -> None:
    with pytest.raises(RaisedError) as raised:
        reference_bfs.explore(Assembled(DeafLeader()))
    assert len(raised.value.violation.trace.steps) == 5


@every_engine
def test_a_state_that_is_changed_in_place_is_refused(engine: Engine) -> None:
    class Sloppy(PlainRaft):
        def acts(
            self, place: int, local: RaftAgent, _: None
        ) -> Iterator[Move[RaftAgent, RaftMessage, None]]:
            moves = list(super().acts(place, local, None))
            object.__setattr__(local, "vote", local.vote + 1)
            return iter(moves)

    with pytest.raises(assumption_check.PromiseBrokenError):
        search(Sloppy(), engine)
