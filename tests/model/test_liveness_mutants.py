"""Each claim about runs fails in some bent core, and a lasso shows it.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from primacy_model.mutants.bend import Bend, bent
from primacy_model.mutants.catalogue import BENDS
from primacy_model.mutants.progress import PROGRESS_BENDS
from tests.lassos import LASSOS, Lasso

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "primacy"
CLAUSES = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")


def told(place: Path, world: str) -> dict[str, str | int]:
    """Explore a world with the core that is found in a folder."""
    paths = [str(place), str(ROOT), str(ROOT / "model")]
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.lassos", world],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str | int] = json.loads(done.stdout)
    assert Path(str(found["core"])).parent == place / "primacy"
    return found


def copy_of_core(place: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CORE, place / "primacy", ignore=ignored)
    return place / "primacy"


@pytest.mark.parametrize("lasso", LASSOS, ids=lambda one: f"{one.id}-{one.world}")
def test_a_mutant_makes_its_claim_fail_for_ever(lasso: Lasso, tmp_path: Path) -> None:
    module = copy_of_core(tmp_path) / f"{lasso.bend.module}.py"
    text = bent(lasso.bend, module.read_text(encoding="utf-8"))
    module.write_text(text, encoding="utf-8", newline="\n")
    found = told(tmp_path, lasso.world)
    assert (found["verdict"], found["property"]) == ("violated", lasso.breaks)
    assert (found["way"], found["loop"]) == (lasso.way, lasso.loop)


def test_a_copy_without_a_change_holds(tmp_path: Path) -> None:
    copy_of_core(tmp_path)
    assert told(tmp_path, "heals")["verdict"] == "holds"


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
