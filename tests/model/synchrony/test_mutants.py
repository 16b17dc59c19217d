"""Each claim about runs fails in some bent core, and a lasso shows it.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from primacy_model.mutation.catalog.kills_runs import LASSOS
from primacy_model.mutation.catalog.progress import PROGRESS_BENDS
from primacy_model.mutation.expectation import Kill, Living
from primacy_model.mutation.mutant import Harm
from tests.support.mutated_core import copy_of_core, told_under


def name(lasso: Kill) -> str:
    assert isinstance(lasso.arena, Living)
    return lasso.arena.scope


@pytest.mark.parametrize("lasso", LASSOS, ids=lambda one: f"{one.id}-{name(one)}")
def test_a_mutant_makes_its_claim_fail_for_ever(lasso: Kill, tmp_path: Path) -> None:
    copy_of_core(tmp_path, lasso.bend)
    found = told_under(tmp_path, "tests.support.programs.lasso", name(lasso))
    assert (found["verdict"], found["property"]) == ("violated", lasso.breaks)
    assert (found["way"], found["loop"]) == (lasso.depth, lasso.loop)


def test_a_copy_without_a_change_holds(tmp_path: Path) -> None:
    copy_of_core(tmp_path)
    told = told_under(tmp_path, "tests.support.programs.lasso", "heals")
    assert told["verdict"] == "holds"


def test_every_bend_of_progress_is_used_and_harms_progress_alone() -> None:
    assert {bend.id for bend in PROGRESS_BENDS} <= {lasso.id for lasso in LASSOS}
    assert {bend.harm for bend in PROGRESS_BENDS} == {Harm.LIVENESS}
