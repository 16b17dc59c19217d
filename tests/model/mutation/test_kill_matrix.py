"""The kill matrix that is written down is that of this core and of this catalogue."""

from __future__ import annotations

import pytest

from primacy_model.mutation import kill_matrix
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog import BENDS
from primacy_model.mutation.catalog.kills import KILLS
from primacy_model.mutation.catalog.survivors import SURVIVORS
from primacy_model.mutation.expectation import Kill, Living
from primacy_model.mutation.mutant import Bend
from tests.model.mutation import page
from tests.model.mutation.pitfalls import ABSENT, PITFALLS
from tests.support.mutated_core import ROOT

AGAIN = "`primacy mutants --by ... --keep --json docs/mutants.json` makes it anew"
TOLD = page.matrix()
ROWS = {row["id"]: row for row in TOLD["mutants"]}

FIRST = {kill.id: kill for kill in reversed(KILLS)}
"""The kill that `primacy mutants` shows of each mutant."""


def test_the_matrix_speaks_of_this_core() -> None:
    assert TOLD["core_sha256"] == kill_matrix.core_sha256(), AGAIN


def test_the_matrix_has_every_mutant_once() -> None:
    ids = [row["id"] for row in TOLD["mutants"]]
    assert sorted(ids) == sorted(bend.id for bend in BENDS), AGAIN


@pytest.mark.parametrize("bend", BENDS, ids=lambda bend: bend.id)
def test_a_row_speaks_of_its_mutant(bend: Bend) -> None:
    row = ROWS[bend.id]
    assert row["bend_sha256"] == kill_matrix.bend_sha256(bend), AGAIN
    assert (row["guard"], row["kind"]) == (bend.guard, bend.harm.value)
    told = [
        name
        for name in kill_matrix.COUNTED
        if row["finders"].get(name, {}).get("status") == "killed"
    ]
    assert row["killed_by"] == told


@pytest.mark.parametrize("kill", FIRST.values(), ids=lambda kill: kill.id)
def test_what_the_checker_is_held_to_was_found(kill: Kill) -> None:
    found = ROWS[kill.id]["finders"]["check"]
    assert (found["status"], found["property"]) == ("killed", kill.breaks)
    depth = found["figures"]["depth"]
    assert depth <= kill.depth
    if isinstance(kill.arena, Living):
        assert (depth, found["figures"]["loop"]) == (kill.depth, kill.loop)
    if isinstance(kill.arena, str):
        assert found["figures"]["where"] == kill.arena
    if isinstance(kill.arena, Arena) and kill.arena.script:
        assert " actions" in found["figures"]["where"]


def test_of_every_safety_mutant_the_checker_was_asked() -> None:
    safety = [row for row in ROWS.values() if row["kind"] == "safety"]
    assert all("check" in row["finders"] for row in safety)


def test_every_survivor_is_explained() -> None:
    alive = [row for row in ROWS.values() if not page.is_killed(row)]
    decided = {row["id"] for row in alive if not page.is_open(row)}
    assert decided <= SURVIVORS.keys()
    assert all(len(reason.split()) > 3 for reason in SURVIVORS.values())


def test_what_enough_finders_kill_is_not_explained_away() -> None:
    for name in SURVIVORS:
        row = ROWS[name]
        assert not (page.is_killed(row) and "check" in row["killed_by"]), name


def test_the_page_is_made_from_the_matrix() -> None:
    """Refresh it by `python -m tests.model.mutation.page > docs/mutants.md`."""
    written = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    assert written == page.page()


def test_every_pitfall_has_a_mutant_or_a_reason() -> None:
    assert set(PITFALLS) == set(range(1, 49))
    numbers = {bend.source.partition(",")[0] for bend in BENDS}
    assert set(ABSENT) == {each for each in PITFALLS if str(each) not in numbers}
