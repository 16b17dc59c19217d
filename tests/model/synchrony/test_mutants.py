"""Each claim about runs fails under some mutant, and a lasso shows it.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from primacy_model.mutation.expectation import ExpectedKill, RunsPlace
from tests.support.mutated_core import copy_core, run_under
from tests.support.programs.lasso import lassos


def name(lasso: ExpectedKill) -> str:
    assert isinstance(lasso.place, RunsPlace)
    return lasso.place.scope


@pytest.mark.parametrize("lasso", lassos(), ids=lambda one: f"{one.id}-{name(one)}")
def test_a_mutant_makes_its_claim_fail_for_ever(
    lasso: ExpectedKill, tmp_path: Path
) -> None:
    copy_core(tmp_path, lasso.mutant)
    found = run_under(tmp_path, "tests.support.programs.lasso", name(lasso))
    assert (found["verdict"], found["property"]) == ("violated", lasso.breaks)
    assert (found["way"], found["loop"]) == (lasso.depth, lasso.loop)


def test_a_copy_without_a_change_holds(tmp_path: Path) -> None:
    copy_core(tmp_path)
    told = run_under(tmp_path, "tests.support.programs.lasso", "heals")
    assert told["verdict"] == "holds"
