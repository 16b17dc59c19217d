"""What the survivors of the timed scopes do: a late packet ends a promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from primacy_model.mutation.catalog.mutants import find_mutant
from tests.stateful.late_votes import RUNS
from tests.support.mutated_core import copy_core, run_under

MODULE = "tests.stateful.late_votes"


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("promise-dropped-by-a-vote", "late-request"),
        ("pre-vote-counted-by-anyone", "late-grants"),
        ("leader-not-followed", "late-grants"),
    ],
)
def test_a_mutant_elects_beside_a_lease(name: str, run: str, tmp_path: Path) -> None:
    copy_core(tmp_path, find_mutant(name))
    told = run_under(tmp_path, MODULE, run)
    assert told == {"property": "lease-alone", "has_lease": True}


@pytest.mark.parametrize("run", RUNS)
def test_the_core_does_not(run: str, tmp_path: Path) -> None:
    copy_core(tmp_path)
    told = run_under(tmp_path, MODULE, run)
    assert told == {"property": None, "has_lease": True}
