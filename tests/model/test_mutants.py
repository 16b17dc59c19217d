"""Every guard is needed: without it a property breaks, and the matrix says which.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from primacy_model.model import Kind
from primacy_model.mutants.bend import Bend, bent
from primacy_model.mutants.catalogue import BENDS
from primacy_model.properties import ALWAYS
from tests.mutants import (
    MUTANTS,
    SURVIVORS,
    Arena,
    Mutant,
    document,
    run,
)

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "primacy"
CLAUSES = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")

LEAN_STATES = 1_500
"""How many states of an arena the real core is explored in."""

mutants = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)


@dataclass(frozen=True)
class Found:
    """What a process said of a mutant."""

    core: str
    verdict: str
    property: str
    depth: int
    states: int
    reduced: dict[str, dict[str, str | int]]


def found_in(place: Path, mutant: Mutant) -> Found:
    """Explore a mutant with the core that is found in a folder."""
    paths = [str(place), str(ROOT), str(ROOT / "model")]
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.mutants", mutant.id],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Found(**json.loads(done.stdout))


def copy_of_core(place: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CORE, place / "primacy", ignore=ignored)
    return place / "primacy"


@mutants
def test_mutant_breaks_its_property(mutant: Mutant, tmp_path: Path) -> None:
    copy = copy_of_core(tmp_path)
    module = copy / f"{mutant.bend.module}.py"
    text = bent(mutant.bend, module.read_text(encoding="utf-8"))
    module.write_text(text, encoding="utf-8", newline="\n")
    found = found_in(tmp_path, mutant)
    assert Path(found.core) == copy / "__init__.py"
    assert (found.verdict, found.property) == ("violated", mutant.breaks)
    assert found.depth <= mutant.depth
    told = {"verdict": "violated", "property": mutant.breaks, "depth": found.depth}
    assert len(found.reduced) >= 2
    for reductions, other in found.reduced.items():
        assert other == told, reductions


def test_copy_without_a_change_breaks_nothing(tmp_path: Path) -> None:
    copy_of_core(tmp_path)
    quick = next(mutant for mutant in MUTANTS if mutant.arena == "worker")
    assert found_in(tmp_path, quick).verdict == "holds"


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
