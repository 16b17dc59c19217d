"""Each claim about runs fails in some bent core, and a lasso shows it.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from primacy_model.mutants.bend import Bend
from primacy_model.mutants.catalogue import BENDS
from primacy_model.mutants.progress import PROGRESS_BENDS
from tests.bent import ROOT, copy_of_core, told_under
from tests.lassos import LASSOS, Lasso

CLAUSES = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lasso", LASSOS, ids=lambda one: f"{one.id}-{one.world}")
def test_a_mutant_makes_its_claim_fail_for_ever(lasso: Lasso, tmp_path: Path) -> None:
    copy_of_core(tmp_path, lasso.bend)
    found = told_under(tmp_path, "tests.lassos", lasso.world)
    assert (found["verdict"], found["property"]) == ("violated", lasso.breaks)
    assert (found["way"], found["loop"]) == (lasso.way, lasso.loop)


def test_a_copy_without_a_change_holds(tmp_path: Path) -> None:
    copy_of_core(tmp_path)
    told = told_under(tmp_path, "tests.lassos", "heals")
    assert told["verdict"] == "holds"


@pytest.mark.parametrize("bend", PROGRESS_BENDS, ids=lambda bend: bend.id)
def test_a_bend_of_progress_breaks_a_clause(bend: Bend) -> None:
    clause, _, how = bend.guard.partition(": ")
    assert f"**{clause}** (" in CLAUSES
    assert how
    assert bend.source


def test_every_bend_of_progress_is_used_and_none_has_the_name_of_another() -> None:
    assert {bend.id for bend in PROGRESS_BENDS} <= {lasso.id for lasso in LASSOS}
    names = [bend.id for bend in (*BENDS, *PROGRESS_BENDS)]
    assert len(set(names)) == len(names)
