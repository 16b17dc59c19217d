"""Every guard is needed: without it a property breaks, and the matrix says which.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
Each of these explorations is compared with those of an engine; every third row is here,
and `make deep` explores the others. What it found stands in docs/mutants.json.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from primacy_model.checker.model import Kind
from primacy_model.engines import search
from primacy_model.engines.search import Engine
from primacy_model.mesh.properties import ALWAYS
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog import BENDS
from primacy_model.mutation.catalog.kills import KILLS, UNTIMED
from primacy_model.mutation.catalog.survivors import SURVIVORS
from primacy_model.mutation.expectation import RAISES, Kill
from primacy_model.mutation.mutant import Bend
from tests.support.mutated_core import ROOT, copy_of_core, told_under
from tests.support.programs.arena import scope_of

CLAUSES = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")

LEAN_STATES = 1_500
"""How many states of an arena the real core is explored in."""

every_kill = pytest.mark.parametrize("kill", UNTIMED, ids=lambda each: each.id)
one_in_three = pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill, marks=pytest.mark.deep if number % 3 else [])
        for number, kill in enumerate(UNTIMED)
    ],
    ids=lambda each: each.id,
)


@one_in_three
def test_mutant_breaks_its_property(kill: Kill, tmp_path: Path) -> None:
    copy_of_core(tmp_path, kill.bend)
    found = told_under(tmp_path, "tests.support.programs.arena", kill.id)
    reduced = found.pop("reduced")
    assert (found["verdict"], found["property"]) == ("violated", kill.breaks)
    assert found["depth"] <= kill.depth
    assert len(reduced) >= 2
    assert all(other == found for other in reduced.values()), reduced


def test_copy_without_a_change_breaks_nothing(tmp_path: Path) -> None:
    copy_of_core(tmp_path)
    quick = next(kill for kill in UNTIMED if kill.arena == "worker")
    told = told_under(tmp_path, "tests.support.programs.arena", quick.id)
    assert told["verdict"] == "holds"


@every_kill
def test_real_core_holds_where_its_mutant_breaks(kill: Kill) -> None:
    if isinstance(kill.arena, Arena):  # the scopes have tests of their own
        scope = scope_of(kill)
        found = search.explore(
            scope.actors, Engine.MEMO, forgets=scope.forgets, max_states=LEAN_STATES
        )
        assert found.violation is None


@pytest.mark.parametrize("bend", BENDS, ids=lambda bend: bend.id)
def test_guard_is_a_clause(bend: Bend) -> None:
    clause, _, how = bend.guard.partition(": ")
    assert f"**{clause}** (" in CLAUSES
    assert how
    assert bend.source


def test_names_are_unique() -> None:
    assert len({bend.id for bend in BENDS}) == len(BENDS)
    places = [(kill.id, kill.arena) for kill in KILLS]
    assert len(set(places)) == len(places)


def test_every_kill_and_every_survivor_is_a_mutant() -> None:
    known = {bend.id for bend in BENDS}
    assert {kill.id for kill in KILLS} <= known
    assert SURVIVORS.keys() <= known


def test_every_invariant_is_broken_by_a_mutant() -> None:
    broken = {kill.breaks for kill in UNTIMED}
    assert {claim.id for claim in ALWAYS} == broken - {RAISES}
    assert all(claim.kind is Kind.ALWAYS for claim in ALWAYS)
