"""Every theorem bites: a core with a guard bent breaks a law, and it is said so.

A mutant is judged in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from primacy_model.mutation.catalog import BENDS, UnknownBendError, bend_of
from primacy_model.mutation.mutant import Bend, MissingTextError, bent
from primacy_proofs.cli import prove as cli_prove
from primacy_proofs.mutation import runner
from primacy_proofs.mutation.detector import ASKED
from primacy_proofs.mutation.mutants import MUTANTS, Mutant
from primacy_proofs.mutation.runner import Outcome
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.catalog import THEOREMS, Theorem, group_of

ROOT = Path(__file__).parents[3]
CORE = ROOT / "core" / "primacy"

ROWS = {mutant.id: mutant for mutant in MUTANTS}
SAFETY = [mutant for mutant in MUTANTS if mutant.is_safety]
LIVENESS = [mutant for mutant in MUTANTS if not mutant.is_safety]
PATHS = "PC"
"""Has no twin: test_lifter leaves a path out."""


def source_of(bend: Bend) -> str:
    return (CORE / f"{bend.module}.py").read_text(encoding="utf-8")


def prove(*arguments: str) -> Result:
    return CliRunner().invoke(cli_prove.prove, ["--mutants", *arguments])


# --- the catalogue --------------------------------------------------------------------


def test_ids_of_mutants_are_unique() -> None:
    assert len(ROWS) == len(MUTANTS)


def test_every_mutant_is_a_bend_and_is_judged_in_one_way() -> None:
    assert ROWS.keys() | ASKED.keys() <= {bend.id for bend in BENDS}
    assert not ROWS.keys() & ASKED.keys()


def test_what_judges_a_bend_that_no_mutant_names_is_there() -> None:
    units = {name for names, _ in ASKED.values() for name in names}
    groups = {name for _, names in ASKED.values() for name in names}
    assert units <= set(prover.units())
    assert groups <= prover.RESTS_ON.keys()


def test_an_unknown_bend_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UnknownBendError, match="did you mean worker-stands"):
        bend_of("worker-stand")


@pytest.mark.parametrize("times", [0, 2])
def test_a_text_that_does_not_stand_once_is_refused(times: int) -> None:
    bend = bend_of("fence-forgets")
    with pytest.raises(MissingTextError, match=f"fence-forgets.* {times} times"):
        bent(bend, bend.before * times)


# --- the table ------------------------------------------------------------------------


def test_at_least_25_mutants_break_safety() -> None:
    assert len(SAFETY) >= 25


def test_a_liveness_mutant_says_why_and_keeps_every_law() -> None:
    assert LIVENESS
    for mutant in LIVENESS:
        assert mutant.reason.strip()
        assert mutant.groups == ()  # all of them


def test_a_safety_mutant_names_what_must_break() -> None:
    for mutant in SAFETY:
        assert mutant.groups
        assert set(mutant.groups) <= prover.RESTS_ON.keys()


def test_units_are_units_of_work() -> None:
    assert {name for mutant in MUTANTS for name in mutant.units} <= set(prover.units())


# --- twins ----------------------------------------------------------------------------


def test_every_theorem_but_that_of_paths_has_a_twin() -> None:
    assert {theorem.id for theorem in THEOREMS if not theorem.twin} == {PATHS}


@pytest.mark.parametrize(
    "theorem", [each for each in THEOREMS if each.twin], ids=lambda each: each.id
)
def test_the_twin_of_a_theorem_breaks_a_law_of_it(theorem: Theorem) -> None:
    outcome = runner.judged(ROWS[theorem.twin])
    assert outcome.mutant.is_safety
    assert outcome.law in outcome.text
    assert group_of(outcome.law) in theorem.groups
    assert 2 <= outcome.agents <= 4


# --- the command ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("nosuch", "without a name all are judged."),
        ("worker-stand", "did you mean worker-stands or "),
    ],
)
def test_an_unknown_mutant_is_one_sentence(name: str, meant: str) -> None:
    result = prove(name)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: no mutant is named '{name}'; {meant}")


def test_mutants_that_do_as_they_should_end_with_0() -> None:
    result = prove("--jobs", "2", "worker-stands", "empty-append-sent")
    assert result.exit_code == 0
    _, broke, kept, *_ = result.stdout.splitlines()
    assert broke.split("  ")[0] == "worker-stands"
    assert "who stands or leads is an elector" in broke
    assert "none, as it should be" in kept
    assert "a finite counterexample, with 2 agents" in result.stdout
    assert result.stdout.splitlines()[-1] == (
        "1 of 1 safety mutants refuted, 1 with a finite counterexample; "
        "1 of 1 liveness mutants keep every law of their messages"
    )


def test_a_safety_mutant_that_is_said_to_be_harmless_ends_with_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    declared = replace(ROWS["worker-stands"], reason="workers do no harm")
    monkeypatch.setattr(runner, "MUTANTS", (declared,))
    result = prove()
    assert result.exit_code == 1
    assert "who stands or leads is an elector, THOUGH IT SHOULD NOT" in result.stdout
    assert "0 of 1 liveness mutants keep" in result.stdout


def judged_as(mutant: Mutant, *, law: str, obligations: int) -> Outcome:
    return Outcome(mutant, obligations, law, unit="", agents=0, text="")


@pytest.mark.parametrize(
    ("mutant", "law", "obligations", "code"),
    [
        (SAFETY[0], "a law", 3, 0),
        (SAFETY[0], "", 3, 1),
        (SAFETY[0], "", 0, 1),
        (LIVENESS[0], "", 3, 0),
        (LIVENESS[0], "a law", 3, 1),
        (LIVENESS[0], "", 0, 1),
    ],
)
def test_what_is_not_as_said_ends_with_1(
    mutant: Mutant, law: str, obligations: int, code: int
) -> None:
    fine = judged_as(SAFETY[1], law="a law", obligations=1)
    outcome = judged_as(mutant, law=law, obligations=obligations)
    assert runner.exit_code([fine, outcome]) == code


def test_a_text_that_core_no_longer_has_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "primacy"
    shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    bend = bend_of("fence-forgets")
    (copy / f"{bend.module}.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(runner, "CORE", copy)
    result = prove("worker-stands", bend.id)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: mutant fence-forgets: its text must stand once ")
    assert "it stands there 0 times" in line
