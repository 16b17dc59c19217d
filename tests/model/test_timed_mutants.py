"""Guards of leases: without one of them a timed scope is violated.

A mutant is explored in a process of its own, whose `primacy` is a changed copy of core.
Where a bent core looks at instants that the real one has no use for, none is forgotten.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from primacy_model.mutants.bend import Bend
from primacy_model.mutants.catalogue import bend_of
from tests.bent import ROOT, copy_of_core, told_under

PAGE = (ROOT / "docs" / "timed.md").read_text(encoding="utf-8")
CLAUSES = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")

SHORT_PROMISE = Bend(
    id="promise-ends-early",
    source="Ongaro 6.4.1",
    guard="timer.promise: a promise is a heartbeat interval too short",
    module="timers",
    before="""\
    exact = Duration(config.election_timeout_ms)
    return Arm(Timer.ELECTION, exact, exact)  # timer.promise
""",
    after="""\
    exact = Duration(config.election_timeout_ms - config.heartbeat_interval_ms)
    return Arm(Timer.ELECTION, exact, exact)
""",
)

EARLY_READ = Bend(
    id="lease-read-before-own-term",
    source="Ongaro 6.4",
    guard="read.own-term: a lease read is served before an own entry is committed",
    module="reads",
    before="""\
    if not has_committed_in_term(state):
        return _stale(state, read.request, Reason.TERM_NOT_COMMITTED)  # read.own-term
    return state, (ServeRead(read.request, state.commit_index),)  # lease.serves
""",
    after="""\
    return state, (ServeRead(read.request, state.commit_index),)
""",
)


@dataclass(frozen=True)
class Mutant:
    bend: Bend
    scope: str
    breaks: str
    depth: int
    forgets: bool = True
    says_more: bool = True

    @property
    def id(self) -> str:
        return f"{self.bend.id}-{self.breaks}"


def mutant(
    name: str,
    scope: str,
    breaks: str,
    depth: int,
    *,
    forgets: bool = True,
    says_more: bool = True,
) -> Mutant:
    return Mutant(bend_of(name), scope, breaks, depth, forgets, says_more)


MUTANTS = (
    mutant("no-stickiness", "lease-exclusive", "lease-alone", 30),
    mutant("promise-binds-nobody", "lease-exclusive", "lease-alone", 30),
    Mutant(SHORT_PROMISE, "lease-exclusive", "lease-alone", 25),
    mutant(
        "lease-from-a-later-round", "lease-exclusive", "lease-alone", 35, forgets=False
    ),
    mutant(
        "lease-outlives-its-end",
        "lease-read",
        "S10",
        31,
        forgets=False,
        says_more=False,
    ),
    mutant("vote-right-after-restart", "lease-quarantine", "lease-alone", 32),
    mutant(
        "vote-right-after-restart",
        "lease-quarantine-deep",
        "S11",
        35,
        says_more=False,
    ),
    mutant("lease-kept-by-a-transfer", "lease-transfer", "lease-alone", 4),
    Mutant(EARLY_READ, "lease-pair", "S10", 41),
)

every = pytest.mark.parametrize("each", MUTANTS, ids=lambda each: each.id)


@every
def test_mutant_breaks_its_claim(each: Mutant, tmp_path: Path) -> None:
    copy_of_core(tmp_path, each.bend)
    asked = json.dumps([each.scope, each.forgets, each.says_more])
    told = told_under(tmp_path, "tests.leases", asked)
    assert told == {"breaks": each.breaks, "depth": each.depth}


@every
def test_guard_is_a_clause(each: Mutant) -> None:
    clause, _, how = each.bend.guard.partition(": ")
    assert f"**{clause}** (" in CLAUSES
    assert how


def test_the_page_lists_the_mutants() -> None:
    _, _, rest = PAGE.partition("\n## Guards that are needed\n")
    body = rest.partition("\n## ")[0]
    shown = re.findall(r"^\| (.*) \|$", body, re.MULTILINE)[1:]
    assert shown == [
        f"{each.bend.id} | {each.bend.guard} | {each.scope} | {each.breaks} | "
        f"{each.depth}"
        for each in MUTANTS
    ]
