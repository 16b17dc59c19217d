"""Every guard is needed: without it a property breaks, and the matrix says which.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from primacy_model.model import Kind
from primacy_model.mutants.bend import Bend
from primacy_model.mutants.catalogue import BENDS
from primacy_model.properties import ALWAYS
from tests.bent import ROOT, copy_of_core, told_under
from tests.mutants import (
    MUTANTS,
    SURVIVORS,
    Arena,
    Mutant,
    document,
    run,
)

CLAUSES = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")

LEAN_STATES = 1_500
"""How many states of an arena the real core is explored in."""

mutants = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)


@mutants
def test_mutant_breaks_its_property(mutant: Mutant, tmp_path: Path) -> None:
    copy_of_core(tmp_path, mutant.bend)
    found = told_under(tmp_path, "tests.mutants", mutant.id)
    reduced = found.pop("reduced")
    del found["states"]
    assert (found["verdict"], found["property"]) == ("violated", mutant.breaks)
    assert found["depth"] <= mutant.depth
    assert len(reduced) >= 2
    assert all(other == found for other in reduced.values()), reduced


def test_copy_without_a_change_breaks_nothing(tmp_path: Path) -> None:
    copy_of_core(tmp_path)
    quick = next(mutant for mutant in MUTANTS if mutant.arena == "worker")
    told = told_under(tmp_path, "tests.mutants", quick.id)
    assert told["verdict"] == "holds"


@mutants
def test_real_core_holds_where_its_mutant_breaks(mutant: Mutant) -> None:
    if isinstance(mutant.arena, Arena):  # the scopes have tests of their own
        assert run(mutant, LEAN_STATES).violation is None


@pytest.mark.parametrize("bend", BENDS, ids=lambda bend: bend.id)
def test_guard_is_a_clause(bend: Bend) -> None:
    clause, _, how = bend.guard.partition(": ")
    assert f"**{clause}** (" in CLAUSES
    assert how
    assert bend.source


def test_names_are_unique() -> None:
    names = [each.id for each in (*MUTANTS, *SURVIVORS)]
    assert len(set(names)) == len(names)


def test_every_invariant_is_broken_by_a_mutant() -> None:
    broken = {mutant.breaks for mutant in MUTANTS}
    assert {claim.id for claim in ALWAYS} == broken
    assert all(claim.kind is Kind.ALWAYS for claim in ALWAYS)


def test_document_is_the_table() -> None:
    """Refresh it by `python -m tests.mutants > docs/mutants.md`."""
    written = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    assert written == document()
