"""Guards of leases: without one of them a timed scope is violated.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from primacy_model.mutation.catalog.kills_runs import TIMED_KILLS
from primacy_model.mutation.expectation import Kill, Timed
from tests.support.mutated_core import ROOT, copy_of_core, told_under

PAGE = (ROOT / "docs" / "timed.md").read_text(encoding="utf-8")

TWO_LEASES = Kill(
    "vote-right-after-restart",
    Timed("lease-quarantine-deep", says_more=False),
    "S11",
    35,
)
"""What is claimed beside the guarantees breaks first; this is the guarantee itself."""


def place_of(kill: Kill) -> Timed:
    assert isinstance(kill.arena, Timed)
    return kill.arena


@pytest.mark.parametrize(
    "kill", [*TIMED_KILLS, TWO_LEASES], ids=lambda each: f"{each.id}-{each.breaks}"
)
def test_mutant_breaks_its_claim(kill: Kill, tmp_path: Path) -> None:
    copy_of_core(tmp_path, kill.bend)
    place = place_of(kill)
    asked = json.dumps([place.scope, place.forgets, place.says_more])
    told = told_under(tmp_path, "tests.support.programs.timed_scope", asked)
    assert told == {"breaks": kill.breaks, "depth": kill.depth}


def test_the_page_lists_the_mutants() -> None:
    _, _, rest = PAGE.partition("\n## Guards that are needed\n")
    body = rest.partition("\n## ")[0]
    shown = re.findall(r"^\| (.*) \|$", body, re.MULTILINE)[1:]
    assert sorted(shown) == sorted(
        f"{each.id} | {each.bend.guard} | {place_of(each).scope} | {each.breaks} | "
        f"{each.depth}"
        for each in (*TIMED_KILLS, TWO_LEASES)
    )
