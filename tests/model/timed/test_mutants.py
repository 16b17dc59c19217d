"""Guards of leases: without one of them a timed scope is violated.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from primacy_model.mutation.expectation import ExpectedKill, TimedPlace, load_kills
from tests.support.mutated_core import ROOT, copy_core, run_under

PAGE = (ROOT / "docs" / "timed.md").read_text(encoding="utf-8")

KILLS = [
    kill
    for kill in load_kills()
    if kill.is_retested and isinstance(kill.place, TimedPlace)
]


def place_of(kill: ExpectedKill) -> TimedPlace:
    assert isinstance(kill.place, TimedPlace)
    return kill.place


@pytest.mark.parametrize("kill", KILLS, ids=lambda each: f"{each.id}-{each.breaks}")
def test_mutant_breaks_its_claim(kill: ExpectedKill, tmp_path: Path) -> None:
    copy_core(tmp_path, kill.mutant)
    place = place_of(kill)
    asked = json.dumps([place.scope, place.forgets, place.says_more])
    told = run_under(tmp_path, "tests.support.programs.timed_scope", asked)
    assert told == {"breaks": kill.breaks, "depth": kill.depth}


def test_the_page_lists_the_mutants() -> None:
    _, _, rest = PAGE.partition("\n## Guards that are needed\n")
    body = rest.partition("\n## ")[0]
    shown = re.findall(r"^\| (.*) \|$", body, re.MULTILINE)[1:]
    assert sorted(shown) == sorted(
        f"{each.id} | {each.mutant.guard} | {place_of(each).scope} | {each.breaks} | "
        f"{each.depth}"
        for each in KILLS
    )
