"""`primacy simulate` says what it found, in words, files and exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from primacy_model import cli
from primacy_model.simulation import conduct, seeds, simulating
from primacy_model.simulation.conduct import Conductor
from primacy_model.simulation.drawing import Wish, schedule_of
from primacy_model.simulation.fleet import NotPossible
from primacy_model.simulation.linearizability import Finding, Verdict
from primacy_model.simulation.outcome import Outcome
from primacy_model.simulation.schedule import FAULTS, Schedule, read, written
from primacy_model.simulation.shrinking import Told, shrunk


@pytest.fixture(autouse=True)
def _somewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["simulate", *arguments])


def violate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each history be judged as violated, and shrinking end soon."""

    def shrunk_a_little(
        schedule: Schedule, outcome: Outcome, told: Told
    ) -> tuple[Schedule, Outcome]:
        return shrunk(schedule, outcome, told, most=6)

    bad = Finding(Verdict.VIOLATED, "x")
    monkeypatch.setattr(conduct, "check", lambda _history: bad)
    monkeypatch.setattr(simulating, "shrunk", shrunk_a_little)


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
    short = read(Path("simulate-seed-5.json").read_text())
    assert len(short.faults) < len(schedule_of(5).faults)
    again = simulate("--schedule", "simulate-seed-5.json", "--out", "x.json")
    assert again.exit_code == 1


def test_a_schedule_that_holds_is_told_to_hold() -> None:
    Path("s.json").write_text(written(schedule_of(0)))
    result = simulate("--schedule", "s.json")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-2] == "holds"


def test_a_bound_that_is_reached_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = Finding(Verdict.UNKNOWN, "x")
    monkeypatch.setattr(conduct, "check", lambda _history: unknown)
    result = simulate("--seed", "0")
    assert (result.exit_code, result.stdout.splitlines()[-2]) == (3, "incomplete")


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
    result = simulate(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_what_cannot_happen_is_a_mistake_and_no_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def impossible(_self: Conductor) -> None:
        raise NotPossible("n000 is down already")

    monkeypatch.setattr(Conductor, "run", impossible)
    Path("s.json").write_text(written(schedule_of(0)))
    result = simulate("--schedule", "s.json")
    assert result.exit_code == 2
    assert "this cannot happen: n000 is down already." in result.output


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a worker has to be bent, too")
def test_a_worker_that_is_killed_leaves_it_incomplete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(_schedule: Schedule) -> Outcome:
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
        _schedule: Schedule, _outcome: Outcome, told: Told
    ) -> tuple[Schedule, Outcome]:
        assert json.loads(Path("found.json").read_text())["verdict"] == "violated"
        told(1, short)
        raise KeyboardInterrupt

    monkeypatch.setattr(simulating, "shrunk", interrupted)
    result = simulate("--seed", "5", "--json", "found.json")
    assert result.exit_code == 1
    assert "seed 5: linearizable is violated" in result.stdout
    assert "Interrupted; this is the shortest so far." in result.output
    assert read(Path("simulate-seed-5.json").read_text()) == short


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
