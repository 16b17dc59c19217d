"""A search of images finds one of those that differ only in who is who, and all else.

The orbits are counted by brute force from the states that the oracle found.
"""

import json
import random
from collections import Counter
from functools import cache
from math import factorial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from primacy_model.baselines.plain_raft import PlainRaft
from primacy_model.checker import reference_bfs
from primacy_model.checker.actors import Actors, Assembled, Whole
from primacy_model.checker.reference_bfs import Exploration, Verdict
from primacy_model.checker.trace import replay
from primacy_model.cli import commands
from primacy_model.engines.bfs import EngineStore, Search, SearchResult
from primacy_model.engines.search import (
    UNBOUNDED,
    Engine,
    explore,
    parts,
    symmetries_of,
)
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.transition_tables import Tables
from primacy_model.mesh.scopes import DEFAULT, MeshScope
from tests.model.mesh.page import PAGE, figures
from tests.support.engines import COUNTED, every_engine, raft_levels
from tests.support.worlds import Start, SymmetricWorld, alike, moved

SEEDS = range(128)
COMPARED = 40_000
FIGURES = figures(PAGE.read_text(encoding="utf-8"))
SymmetricActors = Actors[Any, Any, Any, Any]


def is_reduced(actors: SymmetricActors) -> bool:
    """Tell whether any image of the first state is that state."""
    return symmetries_of(Tables(actors)) is not None


SMALL = [
    scope
    for scope in DEFAULT
    if FIGURES[scope.name].states <= COMPARED and is_reduced(scope.actors)
]


@cache
def judged(seed: int) -> Exploration[Start]:
    """Let the oracle judge a world."""
    return reference_bfs.explore(Assembled(alike(seed)), max_states=1_000)


@cache
def judgeable() -> list[int]:
    """List the worlds that the oracle explored to their end, but for the smallest."""
    found = {seed: judged(seed) for seed in SEEDS}
    return [
        seed for seed in SEEDS if found[seed].states > 9 and not found[seed].is_bounded
    ]


def orbits(actors: SymmetricActors, found: Exploration[Start]) -> list[int]:
    """Count the orbits of what the oracle found, level by level, by brute force."""
    seen: set[Start] = set()
    levels: Counter[int] = Counter()
    ways = actors.symmetries
    for world in found.graph:
        depth = int(found.graph.nodes[world]["depth"])
        if world in seen:
            continue
        images = {world, *(moved(world, way) for way in ways)}
        for image in images:
            if image in found.graph:  # a search that ended early has not seen all
                assert found.graph.nodes[image]["depth"] == depth
        seen |= images
        levels[depth] += 1
    return [levels[depth] for depth in sorted(levels)]


def searched(actors: SymmetricActors, engine: Engine) -> tuple[Symmetries, EngineStore]:
    """Search to the end; give what was found of images too."""
    tables = Tables(actors)
    symmetries = symmetries_of(tables)
    assert symmetries is not None
    found = parts(engine, tables, prunes=False, symmetries=symmetries)
    run = Search(*found, symmetries)
    run.run(UNBOUNDED)
    return symmetries, run.store


def standing_for(symmetries: Symmetries, store: EngineStore) -> int:
    """Count the states for which the found ones stand."""
    tables, ways = symmetries.tables, range(symmetries.count)
    return sum(
        len({symmetries.moved(way, tables.row(whole)) for way in ways})
        for whole in (tables.whole(store.row(each)) for each in range(store.size))
    )


def test_the_drawn_worlds_differ_in_all_that_is_compared() -> None:
    seeds = judgeable()
    found = [judged(seed) for seed in seeds]
    verdicts = Counter(each.verdict for each in found)
    assert len(seeds) >= 40
    for verdict in (Verdict.HOLDS, Verdict.VACUOUS, Verdict.VIOLATED):
        assert verdicts[verdict] >= 5, verdicts
    assert len([each for each in found if each.states > 100]) >= 15
    assert {len(alike(seed).symmetries) for seed in seeds} == {1, 5}
    assert any(each.never_fired for each in found)
    assert any(each.unreached for each in found)


@every_engine
def test_a_search_finds_one_of_each_orbit_and_the_same_verdict(engine: Engine) -> None:
    reduced = 0
    for seed in judgeable():
        expected, world = judged(seed), alike(seed)
        found = explore(world, engine, symmetric=True)
        assert found.verdict is expected.verdict, seed
        assert found.never_fired == expected.never_fired, seed
        _check_what_is_reached(found, expected)
        if expected.violation is None:
            assert list(found.levels) == orbits(world, expected), seed
            reduced += found.states < 0.7 * expected.states
        else:
            _check_the_trace(world, found, expected)
    assert reduced >= 15


def _check_what_is_reached(
    found: SearchResult[Any, Any, Any, Any], expected: Exploration[Start]
) -> None:
    if expected.violation is not None:
        return
    assert [(each.claim.id, each.depth) for each in found.witnesses] == [
        (each.claim.id, each.depth) for each in expected.witnesses
    ]
    for witness in found.witnesses:
        assert witness.state in expected.graph
        assert witness.claim.holds(witness.state)


def _check_the_trace(
    world: SymmetricWorld,
    found: SearchResult[Any, Any, Any, Any],
    expected: Exploration[Start],
) -> None:
    assert found.violation is not None
    assert expected.violation is not None
    assert found.violation.claim.id == expected.violation.claim.id
    trace = found.violation.trace
    assert len(trace.steps) == len(expected.violation.trace.steps)
    assert trace.initial == world.initial()
    replay(Assembled(world), trace)
    last = trace.steps[-1].state if trace.steps else trace.initial
    assert not found.violation.claim.holds(last)


@cache
def raft_orbits() -> list[int]:
    """Count the orbits of an election, once for all engines."""
    world = PlainRaft(3, 2)
    judged = reference_bfs.explore(Assembled(world))
    assert judged.states == COUNTED[3, 2]
    return orbits(world, judged)


@every_engine
def test_the_orbits_of_a_plain_raft_election_are_those_of_the_oracle(
    engine: Engine,
) -> None:
    found = explore(PlainRaft(3, 2), engine, symmetric=True)
    assert list(found.levels) == raft_orbits()
    assert found.verdict is Verdict.HOLDS


ORBITS = {(3, 3): 24_313, (4, 2): 9_756, (5, 1): 237}


@pytest.mark.parametrize(("size", "terms"), ORBITS)
def test_the_orbits_of_larger_elections_have_as_many_states_as_there_are(
    size: int, terms: int
) -> None:
    symmetries, store = searched(PlainRaft(size, terms), Engine.MEMO)
    assert store.size == ORBITS[size, terms]
    assert standing_for(symmetries, store) == COUNTED[size, terms]


@every_engine
@pytest.mark.parametrize(("size", "terms"), ORBITS)
def test_a_larger_election_holds_in_all_orbits(
    engine: Engine, size: int, terms: int
) -> None:
    found = explore(PlainRaft(size, terms), engine, symmetric=True)
    assert found.states == ORBITS[size, terms]
    assert found.images == factorial(size)
    assert found.verdict is Verdict.HOLDS
    assert len(found.levels) == len(raft_levels(size, terms))


@pytest.mark.parametrize("scope", SMALL, ids=lambda scope: scope.name)
@every_engine
def test_a_scope_holds_with_images_that_are_all_its_states(
    engine: Engine, scope: MeshScope
) -> None:
    found = explore(scope.actors, engine, symmetric=True)
    written = FIGURES[scope.name]
    assert found.verdict is Verdict.HOLDS
    assert len(found.levels) - 1 == written.depth
    assert found.states < written.states
    symmetries, store = searched(scope.actors, engine)
    assert standing_for(symmetries, store) == written.states


def test_some_scopes_are_compared() -> None:
    assert len(SMALL) >= 4


@every_engine
def test_where_nobody_may_change_places_nothing_is_different(engine: Engine) -> None:
    scope = next(each for each in DEFAULT if each.name == "replication")
    assert not is_reduced(scope.actors)  # who led before cannot be another
    found, whole = (
        explore(scope.actors, engine, symmetric=each) for each in (True, False)
    )
    assert found.levels == whole.levels
    assert found.moves == whole.moves


@every_engine
@pytest.mark.parametrize("most", [1, 2, 100])
def test_a_bound_is_kept_to_the_state(engine: Engine, most: int) -> None:
    found = explore(PlainRaft(3, 2), engine, symmetric=True, max_states=most)
    assert found.verdict is Verdict.INCOMPLETE
    assert found.states == most


# --- what stands for all --------------------------------------------------------------


def test_one_image_stands_for_a_state_and_all_its_images() -> None:
    world = PlainRaft(4, 2)
    found = reference_bfs.explore(Assembled(world), max_states=3_000)
    tables = Tables(world)
    symmetries = Symmetries(tables)
    assert symmetries.count == 24
    chosen = random.Random(7).sample(list(found.graph), 100)  # noqa: S311 - no secret
    for whole in [world.initial(), *chosen]:
        images = [whole, *(moved(whole, way) for way in world.symmetries)]
        rows = [tables.row(each) for each in images]
        least = {symmetries.least(row) for row in rows}
        assert len(least) == 1
        assert least <= {*rows}
        assert {symmetries.moved(way, rows[0]) for way in range(24)} == {*rows}


def test_ways_add_up_and_are_undone() -> None:
    symmetries = Symmetries(Tables(PlainRaft(4, 1)))
    ways = range(symmetries.count)
    for first in ways:
        assert symmetries.after[first][symmetries.back[first]] == 0
        for second in ways:
            both = symmetries.goals[symmetries.after[first][second]]
            inner = symmetries.goals[second]
            assert both == tuple(symmetries.goals[first][goal] for goal in inner)


def test_too_many_ways_are_refused() -> None:
    with pytest.raises(OverflowError, match="in 5,040 ways, and at most 1,024"):
        Symmetries(Tables(PlainRaft(7, 1)))


class Begun(PlainRaft):
    """The first agent begins a term ahead."""

    def initial(self) -> Whole[Any, Any, None, None]:
        """Begin with one that stood before."""
        first, *others = super().initial().locals
        ahead = type(first)(1)
        return Whole((ahead, *others), (frozenset(),) * self.size, None, None)


def test_only_ways_that_leave_the_first_state_are_made_use_of() -> None:
    symmetries = Symmetries(Tables(Begun(4, 2)))
    assert symmetries.count == 6
    assert all(goals[0] == 0 for goals in symmetries.goals)


@cache
def begun_otherwise() -> tuple[int, int]:
    """Count the states and the depth of all images, once for all engines."""
    judged = reference_bfs.explore(Assembled(Begun(3, 2)))
    return judged.states, judged.depth


@every_engine
def test_who_began_otherwise_stays_in_its_place(engine: Engine) -> None:
    world, (states, depth) = Begun(3, 2), begun_otherwise()
    found = explore(world, engine, symmetric=True)
    symmetries, store = searched(world, engine)
    assert len(found.levels) - 1 == depth
    assert standing_for(symmetries, store) == states
    assert found.states < states


# --- the command ----------------------------------------------------------------------


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["check", *arguments])


@every_engine
def test_the_command_says_for_how_many_states_one_stands(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "found.json"
    names, options = ("plain-raft-3x2", "replication"), ("--engine", engine.value)
    result = check(*names, *options, "--symmetry", "--json", str(file))
    assert result.exit_code == 0, result.output
    assert (
        "symmetry: one state stands for up to 6 in plain-raft-3x2;"
        " nobody may change names in replication\n"
    ) in result.output
    assert result.output.splitlines()[-1] == (
        f"again: primacy check {' '.join(names)} --engine {engine.value} --symmetry"
    )
    first, second = json.loads(file.read_text(encoding="utf-8"))["scopes"]
    assert (first["states"], first["depth"], first["images"]) == (1_045, 13, 6)
    assert (second["states"], second["images"]) == (FIGURES["replication"].states, 1)


def test_without_the_option_nothing_is_said_of_symmetry(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    result = check("plain-raft-3x2", "--json", str(file))
    assert "symmetry" not in result.output
    (scope,) = json.loads(file.read_text(encoding="utf-8"))["scopes"]
    assert scope["states"] == COUNTED[3, 2]
    assert "images" not in scope


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("worker", "--engine", "oracle"), "--symmetry is for the engines"),
        (("worker", "--walk"), "--symmetry is for the engines"),
        (("--model", "literal-seed"), "is not explored by an engine"),
        (("--model", "liveness"), "is not explored by an engine"),
    ],
)
def test_who_cannot_look_for_symmetry_says_so(
    arguments: tuple[str, ...], said: str
) -> None:
    result = check(*arguments, "--symmetry")
    assert result.exit_code == 2
    assert said in result.output
