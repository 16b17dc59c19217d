"""Every theorem refuses a core with a fault: some law breaks, and is named.

A mutant is run in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from primacy_model.cli import commands
from primacy_model.mutation.catalog.mutants import find_mutant
from primacy_model.mutation.catalog.table import CatalogError, CatalogTable
from primacy_model.mutation.mutant import Harm
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import PATH_LAWS, RESTS_ON
from primacy_proofs.mutation import runner
from primacy_proofs.mutation.mutants import (
    Expected,
    ProofTask,
    load_expected,
    load_tasks,
    read_task,
)
from primacy_proofs.mutation.runner import ProofOutcome
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.catalog import THEOREMS, Theorem
from tests.support.mutated_core import CORE

TASKS = {task.id: task for task in load_expected()}
KILLED = [task for task in TASKS.values() if task.must_die]
SURVIVING = [task for task in TASKS.values() if not task.must_die]
PATHS = "PC"
"""Has no negative control: test_lifter leaves a path out."""


def prove(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["prove", "--mutants", *arguments])


# --- the catalogue --------------------------------------------------------------------


def test_units_and_groups_are_those_of_the_prover() -> None:
    units = {name for task in load_tasks() for name in task.units}
    groups = {name for task in load_tasks() for name in task.groups}
    assert units <= set(prover.units())
    assert groups <= RESTS_ON.keys()


def test_at_least_25_mutants_break_safety() -> None:
    assert len(KILLED) >= 25


def test_a_mutant_that_is_expected_to_survive_is_of_liveness_and_keeps_every_law() -> (
    None
):
    assert SURVIVING
    for task in SURVIVING:
        assert task.mutant.harm is Harm.LIVENESS
        assert task.reason.strip()
        assert task.groups == ()  # all of them


def test_a_mutant_that_is_expected_to_be_killed_names_what_must_break() -> None:
    for task in KILLED:
        assert task.mutant.harm is Harm.SAFETY
        assert task.groups


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"groups": ["election"]}, "x, prove: the key 'units' is missing."),
        ({"units": ["Read"], "group": []}, "unknown key 'group'; did you mean 'groups"),
        ({"units": ["Read"], "expect": "dies"}, "'expect' must be one of killed, surv"),
        ({"units": ["Read"], "expect": "survives"}, "'reason' must be given if and on"),
        ({"units": ["Read"], "reason": "none"}, "'reason' must be given if and only"),
    ],
)
def test_a_mistake_in_what_is_proved_is_one_sentence(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(CatalogError) as raised:
        read_task(find_mutant("worker-stands"), CatalogTable(values, "x, prove"))
    assert message in str(raised.value)


# --- negative controls ----------------------------------------------------------------


def test_every_theorem_but_that_of_paths_has_a_negative_control() -> None:
    assert {theorem.id for theorem in THEOREMS if not theorem.negative_control} == {
        PATHS
    }


@pytest.mark.parametrize(
    "theorem",
    [each for each in THEOREMS if each.negative_control],
    ids=lambda each: each.id,
)
def test_the_negative_control_of_a_theorem_breaks_a_law_of_it(theorem: Theorem) -> None:
    outcome = runner.run_task(TASKS[theorem.negative_control])
    assert outcome.task.must_die
    assert outcome.law in outcome.text
    of_worlds = {law.name for law in LAWS if law.group in theorem.groups}
    of_paths = {law.name for law in PATH_LAWS if law.group in theorem.groups}
    assert outcome.law in of_worlds | of_paths
    assert 2 <= outcome.agents <= 4


# --- the command ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("nosuch", "without a name all are run."),
        ("worker-stand", "did you mean worker-stands or "),
    ],
)
def test_an_unknown_mutant_is_one_sentence(name: str, meant: str) -> None:
    result = prove(name)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: no mutant is named '{name}'; {meant}")


def test_mutants_with_the_expected_outcome_end_with_0() -> None:
    result = prove("--jobs", "2", "worker-stands", "empty-append-sent")
    assert result.exit_code == 0
    _, broke, kept, *_ = result.stdout.splitlines()
    assert broke.split("  ")[0] == "worker-stands"
    assert "who stands is an elector" in broke
    assert "none, as expected" in kept
    assert "a counterexample to induction, with 2 agents" in result.stdout
    assert result.stdout.splitlines()[-1] == (
        "1 of 1 safety mutants killed, 1 with a counterexample to induction; "
        "1 of 1 liveness mutants keep every law of their messages"
    )


def test_a_mutant_that_is_killed_against_expectation_ends_with_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    declared = replace(
        TASKS["worker-stands"], expected=Expected.SURVIVES, reason="workers do no harm"
    )
    monkeypatch.setattr(runner, "load_expected", lambda: (declared,))
    result = prove()
    assert result.exit_code == 1
    assert "who stands is an elector, NOT EXPECTED" in result.stdout
    assert "0 of 1 liveness mutants keep" in result.stdout


def outcome_of(task: ProofTask, *, law: str, obligations: int) -> ProofOutcome:
    return ProofOutcome(task, obligations, law, unit="", agents=0, text="")


@pytest.mark.parametrize(
    ("task", "law", "obligations", "code"),
    [
        (KILLED[0], "a law", 3, 0),
        (KILLED[0], "", 3, 1),
        (KILLED[0], "", 0, 1),
        (SURVIVING[0], "", 3, 0),
        (SURVIVING[0], "a law", 3, 1),
        (SURVIVING[0], "", 0, 1),
    ],
)
def test_what_is_not_as_expected_ends_with_1(
    task: ProofTask, law: str, obligations: int, code: int
) -> None:
    fine = outcome_of(KILLED[1], law="a law", obligations=1)
    outcome = outcome_of(task, law=law, obligations=obligations)
    assert runner.exit_code([fine, outcome]) == code


def test_a_text_that_core_no_longer_has_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "primacy"
    shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    mutant = find_mutant("fence-forgets")
    (copy / f"{mutant.module}.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(runner, "CORE", copy)
    result = prove("worker-stands", mutant.id)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: mutant fence-forgets: the text ")
    assert "must occur once" in line
    assert "it occurs 0 times" in line
