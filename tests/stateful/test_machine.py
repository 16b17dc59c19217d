"""The adversaries find nothing in the shipped core, reach deep, and tell failures.

Which profile runs is said in docs/adversary.md: `quick`, unless `deep` is asked for.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from primacy.fencing import Fence, Verdict
from primacy.types import Term
from primacy_model.mesh import agent
from primacy_model.mutation.catalog.mutants import find_mutant
from primacy_model.simulation.cluster import Broken
from primacy_model.simulation.record import reproduction
from tests.stateful.machine import Adversary, LeaseAdversary
from tests.stateful.rules import Rules
from tests.support.mutated_core import ROOT, copy_core, run_under

RULES = {
    "deliver",
    "deliver and keep",
    "intrude",
    "drop",
    "duplicate",
    "cut",
    "heal",
    "elapse",
    "crash",
    "crash between outputs",
    "restart",
    "pause",
    "resume",
    "join",
    "lose_disk",
    "change",
    "replace_electors",
    "snapshot",
    "write",
    "forward",
    "read",
    "transfer",
    "prepare_effect",
    "act",
}
DEPTHS = {
    "three terms led",
    "committed",
    "ServeRead",
    "effect admitted",
    "effect refused",
    "transferred",
    "truncated",
    "PartitionSuspected",
    "admit accepted",
    "promote accepted",
    "demote accepted",
    "dismiss accepted",
    "replace accepted",
    "joint settled",
    "joint roll inherited",
    "roll undone",
    "leader removed",
    "Discard",
    "Restore",
    "rest kept",
    "rest dropped",
    "snapshot told too early",
    *(
        f"change refused: {reason}"
        for reason in (
            "NO_LEADER",
            "NOT_LEADER",
            "TRANSFERRING",
            "CHANGING",
            "TERM_NOT_COMMITTED",
            "NO_SUCH_CHANGE",
            "NOT_CAUGHT_UP",
        )
    ),
}
"""What shows that the runs are not vacuous: each happens in at least one."""


ROUNDS = 20
"""The deep profile begins anew so often: what hypothesis remembers of 20,000 runs
fills 7 GB."""


def is_deep() -> bool:
    return settings.get_current_profile_name() == "deep"


def profile() -> settings:
    return settings(
        settings.get_profile("deep" if is_deep() else "quick"),
        suppress_health_check=[HealthCheck.too_slow],
    )


def seen_by(machine: type[Rules]) -> Counter[str]:
    machine.seen = Counter()
    machine.failure = None
    for _ in range(ROUNDS if is_deep() else 1):
        run_state_machine_as_test(machine, settings=profile())
        gc.collect()  # or it is kept until some later collection
    return machine.seen


def test_all_claims_hold_whatever_happens_and_everything_happens() -> None:
    seen = seen_by(Adversary)
    assert {what for what in RULES | DEPTHS if not seen[what]} == set()


def test_at_most_one_agent_holds_a_lease_while_clocks_drift() -> None:
    seen = seen_by(LeaseAdversary)
    rules = RULES | {"lease_read", "lease held", "lease passed on", "transferred"}
    assert {what for what in rules if not seen[what]} == set()


class OfThisTest(Adversary):
    """Its failures are no one else's."""


def test_a_failure_tells_the_transcript_and_a_program_that_fails_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def admits(_: Fence, token: Term) -> tuple[Fence, Verdict]:
        return Fence(token), Verdict.ADMITTED

    monkeypatch.setattr(agent, "admit", admits)
    short = settings(
        profile(), max_examples=1000, database=None, phases=[Phase.generate]
    )
    with pytest.raises(Broken, match="S9 is broken: fencing") as caught:
        run_state_machine_as_test(OfThisTest, settings=short)
    told = "\n".join(caught.value.__notes__)
    assert "S9 is violated in a cluster: fencing (always)" in told
    assert "cluster.act(" in told
    failure = OfThisTest.failure
    assert failure is not None
    assert failure.cluster is not None
    program = reproduction(failure.cluster, failure.error)
    assert all(line in told for line in program.splitlines())
    with pytest.raises(Broken, match="S9 is broken: fencing"):
        exec(program, {})  # noqa: S102 - it is the program of the report


def test_the_hunt_finds_a_mutant_and_its_program_repeats_it(tmp_path: Path) -> None:
    core, into = tmp_path / "core", tmp_path / "into"
    copy_core(core, find_mutant("half-is-a-quorum"))
    told = run_under(core, "tests.stateful.detector", "--into", str(into))
    assert told["property"] == "election-quorum"
    assert told["steps"] > 0
    transcript = (into / "transcript.txt").read_text(encoding="utf-8")
    assert transcript.startswith(
        "election-quorum is violated in a cluster: a quorum elected each leader"
    )
    program = into / "reproduction.py"
    assert raised_by(program, core).startswith(
        "primacy_model.simulation.property_monitor.Broken: "
        "election-quorum is broken: a quorum elected each leader"
    )
    assert "Broken" not in raised_by(program, ROOT / "core")


def raised_by(program: Path, core: Path) -> str:
    """Run a program under a core; give the last line of what it complains of."""
    lines = ran(program, core).stderr.splitlines()
    return lines[-1] if lines else ""


def ran(program: Path, core: Path) -> subprocess.CompletedProcess[str]:
    """Run a program under a core."""
    paths = os.pathsep.join(map(str, (core, ROOT / "model")))
    return subprocess.run(
        [sys.executable, "-B", str(program)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_hunt_finds_nothing_in_the_shipped_core() -> None:
    told = run_under(ROOT / "core", "tests.stateful.detector", "--examples", "40")
    assert told["property"] is None
    assert told["steps"] is None
    assert told["examples"] >= 40


def test_the_page_shows_what_its_program_does_under_the_mutant(
    tmp_path: Path,
) -> None:
    page = (ROOT / "docs" / "adversary.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    copy_core(tmp_path, find_mutant("half-is-a-quorum"))
    shows = (
        "from primacy_model.simulation.cluster import Broken\n"
        "from primacy_model.simulation.record import transcript\n"
        "names = {}\n"
        f"try:\n    exec({program!r}, names)\n"
        "except Broken as broken:\n    print(transcript(names['cluster'], broken))\n"
    )
    (tmp_path / "shows.py").write_text(shows, encoding="utf-8")
    assert ran(tmp_path / "shows.py", tmp_path).stdout.strip() == told.strip()
