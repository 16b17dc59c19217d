"""Every guard is needed: without it a property breaks, and the matrix says which.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
Each of these explorations is compared with those of an engine; every third row is here,
and `make deep` explores the others. What was found is in the kill matrix.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from primacy_model.checker.model import Kind
from primacy_model.engines import search
from primacy_model.engines.search import Engine
from primacy_model.mesh.properties import ALWAYS
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog.mutants import load_mutants
from primacy_model.mutation.expectation import ExpectedKill
from primacy_model.mutation.mutant import Mutant
from tests.support.mutated_core import ROOT, copy_core, run_under
from tests.support.programs.arena import retested, scope_of

CLAUSES = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")

LEAN_STATES = 1_500
"""How many states of an arena the real core is explored in."""

every_kill = pytest.mark.parametrize("kill", retested(), ids=lambda each: each.id)
one_in_three = pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill, marks=pytest.mark.deep if number % 3 else [])
        for number, kill in enumerate(retested())
    ],
    ids=lambda each: each.id,
)


def explore_under(folder: Path, kill: ExpectedKill) -> dict[str, Any]:
    """Explore the place of a kill with the core in a folder."""
    number = retested().index(kill)
    return run_under(folder, "tests.support.programs.arena", str(number))


@one_in_three
def test_mutant_breaks_its_property(kill: ExpectedKill, tmp_path: Path) -> None:
    copy_core(tmp_path, kill.mutant)
    found = explore_under(tmp_path, kill)
    reduced = found.pop("reduced")
    assert (found["verdict"], found["property"]) == ("violated", kill.breaks)
    assert found["depth"] <= kill.depth
    assert len(reduced) >= 2
    assert all(other == found for other in reduced.values()), reduced


def test_copy_without_a_change_breaks_nothing(tmp_path: Path) -> None:
    copy_core(tmp_path)
    quick = next(kill for kill in retested() if kill.place == "worker")
    found = explore_under(tmp_path, quick)
    assert found["verdict"] == "holds"


@every_kill
def test_real_core_holds_where_its_mutant_breaks(kill: ExpectedKill) -> None:
    if isinstance(kill.place, Arena):  # the scopes have tests of their own
        scope = scope_of(kill)
        found = search.explore(
            scope.actors, Engine.MEMO, forgets=scope.forgets, max_states=LEAN_STATES
        )
        assert found.violation is None


@pytest.mark.parametrize("mutant", load_mutants(), ids=lambda each: each.id)
def test_a_mutant_breaks_a_clause(mutant: Mutant) -> None:
    assert f"**{mutant.clause}** (" in CLAUSES
    assert mutant.fault
    assert mutant.source


def test_every_invariant_is_broken_by_a_mutant() -> None:
    broken = {kill.breaks for kill in retested()}
    assert {claim.id for claim in ALWAYS} == broken
    assert all(claim.kind is Kind.ALWAYS for claim in ALWAYS)
