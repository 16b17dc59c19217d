"""`primacy simulate` says what it found, in words, files and exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from primacy_model.cli import commands
from primacy_model.cli import simulate as cli_simulate
from primacy_model.simulation import phases, seeds
from primacy_model.simulation.cluster import NotPossible
from primacy_model.simulation.linearizability import (
    HistoryResult,
    HistoryVerdict,
    check,
)
from primacy_model.simulation.outcome import RunCounts, RunOutcome
from primacy_model.simulation.phases import Conductor
from primacy_model.simulation.schedule import (
    FAULTS,
    Schedule,
    parse_schedule,
    render_schedule,
)
from primacy_model.simulation.schedule_gen import Wish, schedule_of
from primacy_model.simulation.shrinking import ShrinkProgress, shrink
from primacy_model.simulation.summary import MOST_TOLD, list_undecided


@pytest.fixture(autouse=True)
def _somewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["simulate", *arguments])


def violate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each history be judged as violated, and shrinking end soon."""

    def shrunk_a_little(
        schedule: Schedule, outcome: RunOutcome, told: ShrinkProgress
    ) -> tuple[Schedule, RunOutcome]:
        return shrink(schedule, outcome, told, most=6)

    bad = HistoryResult(HistoryVerdict.VIOLATED, "x")
    monkeypatch.setattr(phases, "check", lambda _history: bad)
    monkeypatch.setattr(cli_simulate, "shrink", shrunk_a_little)


def test_a_few_seeds_hold_and_are_counted() -> None:
    result = simulate("--seeds", "3", "--json", "found.json")
    assert result.exit_code == 0, result.output
    *rest, verdict, cost = result.stdout.splitlines()
    assert verdict == "holds"
    assert re.fullmatch(r"cost: .* core seconds, .* simulated hours .*", cost)
    assert any(re.match(r"seeds +3 *$", line) for line in rest)
    found = json.loads(Path("found.json").read_text())
    assert (found["verdict"], found["seeds"], found["failed"]) == ("holds", 3, [])
    assert found["counts"]["elections"] > 0


def test_what_is_told_does_not_depend_on_how_many_processes_there_are() -> None:
    alone, both = (
        simulate("--seeds", "4", "--faults", "kill", "--jobs", jobs)
        for jobs in ("1", "2")
    )
    assert alone.exit_code == both.exit_code == 0
    assert alone.stdout.splitlines()[:-1] == both.stdout.splitlines()[:-1]


def test_a_violation_is_shrunk_written_and_runs_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    violate(monkeypatch)
    result = simulate("--seed", "5", "--faults", "kill,crash")
    assert result.exit_code == 1
    assert "seed 5: linearizable is violated" in result.stdout
    assert "primacy simulate --schedule simulate-seed-5.json" in result.stdout
    short = parse_schedule(Path("simulate-seed-5.json").read_text())
    assert len(short.faults) < len(schedule_of(5).faults)
    again = simulate("--schedule", "simulate-seed-5.json", "--out", "x.json")
    assert again.exit_code == 1


def test_the_cost_of_a_schedule_is_measured() -> None:
    Path("s.json").write_text(render_schedule(schedule_of(0)))
    assert simulate("--schedule", "s.json", "--json", "told.json").exit_code == 0
    assert json.loads(Path("told.json").read_text())["core_s"] > 0


def test_a_schedule_that_holds_is_told_to_hold() -> None:
    Path("s.json").write_text(render_schedule(schedule_of(0)))
    result = simulate("--schedule", "s.json")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-2] == "holds"


def test_a_bound_that_is_reached_is_incomplete_and_told_with_its_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The search itself gives up: neither good nor bad is said of any seed."""
    monkeypatch.setattr(phases, "check", partial(check, most=3))
    result = simulate("--seeds", "2", "--faults", "kill", "--json", "found.json")
    *_, first, second, verdict, _cost = result.stdout.splitlines()
    assert (result.exit_code, verdict) == (3, "incomplete")
    assert re.fullmatch(r"seed 0: not decided: key \w+: \d+ configurations", first)
    assert re.fullmatch(r"seed 1: not decided: key \w+: \d+ configurations", second)
    found = json.loads(Path("found.json").read_text())
    assert (found["verdict"], found["failed"]) == ("incomplete", [])
    assert [each["seed"] for each in found["unknown"]] == [0, 1]
    Path("s.json").write_text(render_schedule(schedule_of(0)))
    again = simulate("--schedule", "s.json")
    assert again.exit_code == 3
    assert "seed 0: not decided: key" in again.stdout


def test_a_bound_that_is_reached_hides_no_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    findings = iter([HistoryResult(HistoryVerdict.UNKNOWN, "y")])
    bad = HistoryResult(HistoryVerdict.VIOLATED, "x")
    monkeypatch.setattr(phases, "check", lambda _history: next(findings, bad))
    monkeypatch.setattr(
        cli_simulate, "shrink", lambda given, outcome, _told: (given, outcome)
    )
    result = simulate("--seeds", "3")
    assert result.exit_code == 1
    assert "seed 0: not decided: key y" in result.stdout
    assert "seed 1: linearizable is violated" in result.stdout


def test_of_many_seeds_that_were_not_decided_some_are_named() -> None:
    outcome = RunOutcome(
        7, "unknown", "key x: 9 configurations", 0, None, RunCounts(), ""
    )
    *named, rest = list_undecided([outcome] * (MOST_TOLD + 2))
    assert named == ["seed 7: not decided: key x: 9 configurations"] * MOST_TOLD
    assert rest == "and 2 seeds more: --json has them all"


def test_where_nothing_went_wrong_or_nobody_asked_it_is_vacuous() -> None:
    result = simulate("--seed", "0", "--minutes", "0.0001")
    assert result.exit_code == 4
    assert result.stdout.splitlines()[-2] == "vacuous: no fault happened"


def test_no_fault_is_no_vacuity_if_none_was_asked_for() -> None:
    result = simulate("--seed", "0", "--faults", "none", "--agents", "3")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--faults", "fire"), "No fault is named 'fire': none, crash, power"),
        (("--seed", "1", "--seeds", "2"), "exclude each other"),
        (("--schedule", "nowhere.json"), "nowhere.json cannot be read"),
        (("--schedule", "bad.json"), "bad.json is no schedule: this is no JSON"),
        (("--schedule", "bytes.json"), "bytes.json is no schedule"),
        (("--schedule", "bad.json", "--agents", "3"), "has its own agents"),
        (("--json", "no/where.json"), "cannot be written"),
        (
            ("--json", "x.json", "--out", "x.json"),
            "--json and --out must name two files, got x.json and x.json.",
        ),
        (
            ("--json", "x.json", "--out", "folder/../x.json"),
            "--json and --out must name two files, got x.json and folder/../x.json.",
        ),
        (("--json", "x.json", "--out", "link.json"), "must name two files"),
        (("--json", "x.json", "--out", "x.json/y"), "x.json/y cannot be written: "),
        (("--json", "folder", "--out", "folder/y"), "folder cannot be written: is a"),
        (("--json", "good.json", "--schedule", "good.json"), "--json and --schedule"),
        (
            ("--seed", "5", "--json", "simulate-seed-5.json"),
            "--json must not be named as a shrunk schedule is, got simulate-seed-5",
        ),
        (("--schedule", "round.json", "--json", "x.json"), "round.json cannot be read"),
        (
            ("--schedule", "late.json"),
            "late.json is no schedule: at_ms of a kill must be less than length_ms",
        ),
        (("--agents", "102"), "102"),
        (("--minutes", "0"), "0"),
        (("--seeds", "0"), "0"),
        (("--minutes", "nan"), "--minutes must be a number of minutes, got nan"),
        (("--seeds", "999999999999"), "10000000"),
        (("--schedule", "deep.json"), "deep.json is no schedule: it is nested too"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    Path("bad.json").write_text("{")
    Path("bytes.json").write_bytes(b"\xff")
    Path("deep.json").write_text("[" * 200_000)
    good = render_schedule(schedule_of(0, Wish(3, ("kill",))))
    Path("good.json").write_text(good)
    Path("late.json").write_text(good.replace('"at_ms": ', '"at_ms": 999'))
    Path("folder").mkdir()
    Path("link.json").symlink_to("x.json")
    Path("round.json").symlink_to("round.json")
    before = sorted(Path().iterdir())
    result = simulate(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert sorted(Path().iterdir()) == before
    assert Path("good.json").read_text() == good


def test_what_cannot_happen_is_a_mistake_and_no_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def impossible(_self: Conductor) -> None:
        raise NotPossible("n000 is down already")

    monkeypatch.setattr(Conductor, "run", impossible)
    Path("s.json").write_text(render_schedule(schedule_of(0)))
    result = simulate("--schedule", "s.json")
    assert result.exit_code == 2
    assert "this cannot happen: n000 is down already." in result.output


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a worker has to be patched, too")
def test_a_worker_that_is_killed_leaves_it_incomplete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(_schedule: Schedule) -> RunOutcome:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    monkeypatch.setattr(seeds, "run", die)
    result = simulate("--seeds", "3", "--jobs", "2")
    assert result.exit_code == 3
    assert result.output == "A process of --jobs was killed; nothing is decided.\n"


def test_a_violation_outlives_an_interrupt_while_it_is_shrunk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    violate(monkeypatch)
    short = schedule_of(5, Wish(3, (), 1_000))

    def interrupted(
        _schedule: Schedule, _outcome: RunOutcome, told: ShrinkProgress
    ) -> tuple[Schedule, RunOutcome]:
        assert json.loads(Path("found.json").read_text())["verdict"] == "violated"
        told(1, short)
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_simulate, "shrink", interrupted)
    result = simulate("--seed", "5", "--json", "found.json")
    assert result.exit_code == 1
    assert "seed 5: linearizable is violated" in result.stdout
    assert "Interrupted; this is the shortest so far." in result.output
    assert parse_schedule(Path("simulate-seed-5.json").read_text()) == short


def test_a_violation_outlives_a_schedule_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    violate(monkeypatch)
    Path("simulate-seed-5.json").mkdir()
    result = simulate("--seed", "5", "--faults", "kill")
    assert result.exit_code == 1
    assert "seed 5: linearizable is violated" in result.stdout
    assert "simulate-seed-5.json cannot be written: is a directory." in result.output
    assert "again:" not in result.output


def test_the_faults_are_listed() -> None:
    result = simulate("--list")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in FAULTS)
