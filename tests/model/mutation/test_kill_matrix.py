"""The kill matrix that is written down is that of this core and of this catalogue."""

from __future__ import annotations

import pytest

from primacy_model.mutation import kill_matrix
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog.mutants import load_mutants
from primacy_model.mutation.expectation import ExpectedKill, RunsPlace, load_kills
from primacy_model.mutation.mutant import Mutant, mutant_sha256
from tests.model.mutation import page
from tests.model.mutation.pitfalls import ABSENT, PITFALLS
from tests.support.mutated_core import ROOT

AGAIN = (
    "`primacy mutants --by ... --json FILE` makes it anew, in some 47 CPU minutes; "
    "with --keep it asks only what is missing, if core is the same"
)
MATRIX = page.read_matrix()
ROWS = {row["id"]: row for row in MATRIX["mutants"]}
SURVIVORS = {each.id: each.survives for each in load_mutants() if each.survives}

FIRST = {kill.id: kill for kill in reversed(load_kills())}
"""The kill whose place `primacy mutants` explores of each mutant."""


def test_the_matrix_is_about_this_core() -> None:
    assert MATRIX["core_sha256"] == kill_matrix.core_sha256(), AGAIN


def test_the_matrix_has_every_mutant_once() -> None:
    ids = [row["id"] for row in MATRIX["mutants"]]
    assert ids == [mutant.id for mutant in load_mutants()], AGAIN


@pytest.mark.parametrize("mutant", load_mutants(), ids=lambda each: each.id)
def test_a_row_is_about_its_mutant(mutant: Mutant) -> None:
    row = ROWS[mutant.id]
    assert row["mutant_sha256"] == mutant_sha256(mutant), AGAIN
    assert row["harm"] == mutant.harm.value
    killed_by = [
        name
        for name in kill_matrix.COUNTED
        if row["detectors"].get(name, {}).get("status") == "killed"
    ]
    assert row["killed_by"] == killed_by


@pytest.mark.parametrize("kill", FIRST.values(), ids=lambda kill: kill.id)
def test_what_is_expected_of_the_checker_was_found(kill: ExpectedKill) -> None:
    found = ROWS[kill.id]["detectors"]["check"]
    assert (found["status"], found["property"]) == ("killed", kill.breaks)
    depth = found["figures"]["depth"]
    assert depth <= kill.depth
    if isinstance(kill.place, RunsPlace):
        assert (depth, found["figures"]["loop"]) == (kill.depth, kill.loop)
    if isinstance(kill.place, str):
        assert found["figures"]["where"] == kill.place
    if isinstance(kill.place, Arena) and kill.place.script:
        assert " actions" in found["figures"]["where"]


def test_the_checker_was_run_on_every_safety_mutant() -> None:
    safety = [row for row in ROWS.values() if row["harm"] == "safety"]
    assert all("check" in row["detectors"] for row in safety)


def test_every_survivor_is_explained() -> None:
    alive = [row for row in ROWS.values() if not page.is_killed(row)]
    decided = {row["id"] for row in alive if not page.is_open(row)}
    assert decided <= SURVIVORS.keys()
    assert all(len(reason.split()) > 3 for reason in SURVIVORS.values())


def test_what_enough_detectors_kill_is_not_explained_away() -> None:
    for name in SURVIVORS:
        row = ROWS[name]
        assert not (page.is_killed(row) and "check" in row["killed_by"]), name


def test_the_page_is_made_from_the_matrix() -> None:
    """Refresh it by `python -m tests.model.mutation.page > docs/mutants.md`."""
    written = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    assert written == page.render_page()


def test_every_pitfall_has_a_mutant_or_a_reason() -> None:
    assert set(PITFALLS) == set(range(1, 56))
    numbers = {mutant.source.partition(",")[0] for mutant in load_mutants()}
    assert set(ABSENT) == {each for each in PITFALLS if str(each) not in numbers}


def test_every_kill_of_the_checker_is_counted_at_one_sort_of_place() -> None:
    counts = page.count_places(MATRIX["mutants"])
    for harm in ("safety", "liveness"):
        killed = [
            row
            for row in MATRIX["mutants"]
            if row["harm"] == harm
            and row["detectors"].get("check", {}).get("status") == "killed"
        ]
        assert sum(counts[place, harm] for place in page.PLACES) == len(killed)
    arenas = [kill for kill in FIRST.values() if isinstance(kill.place, Arena)]
    in_arenas = sum(counts[page.IN_ARENA, harm] for harm in ("safety", "liveness"))
    assert in_arenas == len(arenas)
