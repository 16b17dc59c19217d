"""The command `primacy mutants`: what it runs, what it shows, and how it ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner, Result

from primacy_model.checker.limits import never_limited
from primacy_model.cli import commands, mutants
from primacy_model.mutation import check_detector, detectors, kill_matrix
from primacy_model.mutation.catalog.mutants import find_mutant, load_mutants
from primacy_model.mutation.catalog.table import CatalogError
from primacy_model.mutation.detectors import DETECTORS, Budget, MutantStatus, Outcome
from primacy_model.mutation.expectation import RAISES, TimedPlace, load_kills
from primacy_model.mutation.kill_matrix import MatrixRow, PreviousMatrix
from primacy_model.mutation.mutant import Harm, Mutant, mutant_sha256
from primacy_model.mutation.runner import MutationRun, run_mutants
from primacy_model.mutation.search_plan import UNREACHED, plan_search

SAFETY = find_mutant("half-is-a-quorum")
LIVENESS = find_mutant("window-never-closes")
BUDGET = Budget(5, 10, 1)
KILLED = Outcome(MutantStatus.KILLED, "S1", "somewhere", 1.0, {"depth": 4})
SURVIVED = Outcome(MutantStatus.SURVIVED, detail="nothing broke")
UNDECIDED = Outcome(MutantStatus.UNDECIDED, detail="out of time")
SKIPPED = Outcome(MutantStatus.SKIPPED, detail="z3 is not installed")
NOT_RUN = Outcome(MutantStatus.NOT_RUN, detail="it finds faults of safety alone")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["mutants", *arguments])


def row(mutant: Mutant, *outcomes: Outcome) -> MatrixRow:
    names = (detector.name for detector in DETECTORS)
    return MatrixRow(mutant, dict(zip(names, outcomes, strict=False)))


# --- how it ends ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row(SAFETY, KILLED, KILLED)], 0),
        ([row(SAFETY, KILLED, SURVIVED, KILLED)], 0),
        ([row(SAFETY, KILLED, SURVIVED)], 1),
        ([row(SAFETY, KILLED)], 0),  # the only one that ran
        ([row(SAFETY, SURVIVED)], 1),
        ([row(SAFETY, KILLED, KILLED, UNDECIDED)], 0),
        ([row(SAFETY, KILLED, UNDECIDED)], 3),
        ([row(SAFETY, KILLED, KILLED, SKIPPED)], 3),
        ([row(SAFETY, KILLED, SURVIVED), row(SAFETY, KILLED, SKIPPED)], 1),
        ([row(LIVENESS, KILLED, NOT_RUN)], 0),
        ([row(LIVENESS, SURVIVED, NOT_RUN)], 1),
        ([row(LIVENESS, UNDECIDED, NOT_RUN)], 3),
        ([row(LIVENESS, NOT_RUN, NOT_RUN)], 4),
        ([MatrixRow(SAFETY, {}), MatrixRow(SAFETY, {"tests": KILLED})], 4),
        ([row(SAFETY, SKIPPED)], 3),
        ([row(LIVENESS, NOT_RUN, NOT_RUN), row(SAFETY, KILLED)], 0),
    ],
)
def test_it_ends_with_what_the_worst_mutant_says(
    rows: list[MatrixRow], code: int
) -> None:
    assert kill_matrix.exit_code(rows) == code


def test_what_the_tests_of_core_kill_does_not_count() -> None:
    killed = MatrixRow(SAFETY, {"check": KILLED, "prove": SURVIVED, "tests": KILLED})
    assert killed.killed_by == ("check",)
    assert not killed.is_killed


def test_a_mutant_on_which_nothing_ran_is_neither_killed_nor_a_survivor() -> None:
    nothing_ran = row(LIVENESS, NOT_RUN, NOT_RUN)
    assert not nothing_ran.is_killed
    assert not nothing_ran.is_survivor
    assert kill_matrix.render_matrix([nothing_ran]).splitlines()[-1] == (
        "killed by the required number of detectors: 0 of 0 safety mutants, 0 of 1 "
        "liveness mutants; 0 survivors explained, 0 not; no counting detector ran on 1"
    )


def test_a_survivor_that_is_explained_is_no_hole() -> None:
    explained = row(replace(SAFETY, survives="guarded twice"), SURVIVED, SURVIVED)
    assert kill_matrix.exit_code([explained]) == 0
    assert f"* {SAFETY.id}: guarded twice" in kill_matrix.render_matrix([explained])


def test_the_table_names_kills_holes_and_what_was_skipped() -> None:
    rows = [row(SAFETY, KILLED, SURVIVED, SKIPPED), row(LIVENESS, KILLED, NOT_RUN)]
    head, first, second, _, *notes = kill_matrix.render_matrix(rows).splitlines()
    assert head.split() == ["mutant", "harm", "check", "prove", "simulation", "kills"]
    assert first.split() == [SAFETY.id, "safety", "S1", "-", "skipped", "1", "!"]
    assert second.split() == [LIVENESS.id, "liveness", "S1", "1"]
    assert notes == [
        "simulation: skipped, z3 is not installed",
        f"! {SAFETY.id}: not explained",
        (
            "killed by the required number of detectors: 0 of 1 safety mutants, 1 of 1 "
            "liveness mutants; 0 survivors explained, 1 not"
        ),
    ]


# --- a real run -----------------------------------------------------------------------


def test_a_mutant_is_killed_and_written_down_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    asked = (SAFETY.id, "--by", "check", "--seconds", "5", "--json", str(file))
    first = run(*asked)
    assert first.exit_code == 0
    (told,) = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    assert (told["id"], told["harm"]) == (SAFETY.id, "safety")
    assert told["mutant_sha256"] == mutant_sha256(SAFETY)
    assert (told["killed_by"], told["property"]) == (["check"], "election-quorum")
    figures = told["detectors"]["check"]["figures"]
    assert (figures["where"], figures["depth"]) == ("initial-election-pair", 2)
    assert (figures["electors"], figures["smaller"][0]["less"]) == (2, "1 terms")

    told["detectors"]["check"]["detail"] = "kept"
    whole = {"core_sha256": kill_matrix.core_sha256(), "mutants": [told]}
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert run(*asked, "--keep").exit_code == 0
    (again,) = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    assert again == told


def test_outcomes_of_other_mutants_and_other_detectors_stay(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    unasked = MatrixRow(load_mutants()[-2], {})
    before = [
        MatrixRow(SAFETY, {"prove": KILLED}),
        unasked,
        MatrixRow(load_mutants()[-1], {"prove": KILLED}),
    ]
    file.write_text(kill_matrix.render_json(before), encoding="utf-8")
    asked = (SAFETY.id, "--by", "check", "--seconds", "5", "--json", str(file))
    assert run(*asked, "--keep").exit_code == 0
    one, silent, other = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    assert (one["id"], one["killed_by"]) == (SAFETY.id, ["check", "prove"])
    assert (silent["id"], silent["detectors"]) == (load_mutants()[-2].id, {})
    assert (other["id"], other["killed_by"]) == (load_mutants()[-1].id, ["prove"])


def test_no_other_detector_is_run_once_enough_have_killed_it() -> None:
    selected = tuple(each for each in DETECTORS if each.name == "check")
    run = MutationRun(selected, BUDGET, PreviousMatrix(), is_enough=True)
    twice = {"prove": KILLED, "simulation": KILLED}
    outcome = run._run(selected[0], SAFETY, Path("nowhere"), twice)
    assert outcome.status is MutantStatus.NOT_RUN


def test_what_was_skipped_or_is_of_another_edit_is_not_kept() -> None:
    text = kill_matrix.render_json([row(SAFETY, KILLED, UNDECIDED, SKIPPED, NOT_RUN)])
    digest = mutant_sha256(SAFETY)
    previous = kill_matrix.read_previous(text)
    assert previous.mutants == {digest}
    assert previous.outcomes == {
        (digest, "check"): KILLED,
        (digest, "prove"): replace(UNDECIDED, figures={}),
    }
    (edit,) = SAFETY.edits
    changed = replace(SAFETY, edits=(replace(edit, after=edit.before),))
    assert mutant_sha256(changed) != digest


def test_a_matrix_of_another_core_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    other = json.loads(kill_matrix.render_json([row(SAFETY, KILLED)])) | {
        "core_sha256": "0"
    }
    text = json.dumps(other)
    file.write_text(text, encoding="utf-8")
    result = run(SAFETY.id, "--keep", "--json", str(file))
    assert result.exit_code == 2
    told = f"{file} is about another core; leave out --keep to begin it anew."
    assert result.stderr == f"Error: {told}\n"
    assert file.read_text(encoding="utf-8") == text


def test_only_a_detector_that_runs_decides_what_was_undecided(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "matrix.json"
    open_ = {"check": UNDECIDED, "prove": UNDECIDED}
    before = [MatrixRow(SAFETY, open_), MatrixRow(load_mutants()[-1], open_)]
    file.write_text(kill_matrix.render_json(before), encoding="utf-8")
    monkeypatch.setattr(detectors, "run_detector", lambda *_: KILLED)
    run(SAFETY.id, "--by", "check", "--keep", "--json", str(file))
    after = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    told = {
        (row["id"], name): each["status"]
        for row in after
        for name, each in row["detectors"].items()
    }
    assert told == {
        (SAFETY.id, "check"): "killed",
        (SAFETY.id, "prove"): "undecided",
        (load_mutants()[-1].id, "check"): "undecided",
        (load_mutants()[-1].id, "prove"): "undecided",
    }
    assert list(tmp_path.iterdir()) == [file]


def test_a_matrix_that_cannot_be_written_leaves_the_earlier_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "matrix.json"
    file.write_text("earlier", encoding="utf-8")

    def half(path: Path, _: str) -> None:
        path.write_text("ha", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mutants, "write", half)
    monkeypatch.setattr(detectors, "run_detector", lambda *_: KILLED)
    result = run(SAFETY.id, "--json", str(file))
    assert result.exit_code == 2
    assert f"{file} cannot be written: no space left on device." in result.stderr
    assert file.read_text(encoding="utf-8") == "earlier"
    assert list(tmp_path.iterdir()) == [file]


# --- an interruption ------------------------------------------------------------------


def test_after_a_stop_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    run = MutationRun(DETECTORS, BUDGET, PreviousMatrix())

    def stopping(*_: object) -> Outcome:
        run.stop.set()
        return UNDECIDED

    monkeypatch.setattr(detectors, "run_detector", stopping)
    assert run.run_mutant(SAFETY).outcomes == {DETECTORS[0].name: UNDECIDED}


def test_a_run_that_is_closed_early_stops_its_detectors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = MutationRun(DETECTORS[:1], BUDGET, PreviousMatrix())
    monkeypatch.setattr(detectors, "run_detector", lambda *_: KILLED)
    finished = run_mutants(load_mutants()[:3], run, 1)
    next(finished)
    assert not run.stop.is_set()
    finished.close()
    assert run.stop.is_set()


def test_a_program_that_runs_is_ended_by_a_stop(
    check: detectors.Detector, tmp_path: Path
) -> None:
    stop = Event()
    stop.set()
    arguments = ("-n", "1", "-r", "1", "import time; time.sleep(100)")
    sleeping = replace(check, module="timeit", arguments=arguments)
    outcome = detectors.run_detector(sleeping, SAFETY, tmp_path, BUDGET, stop)
    assert (outcome.status, outcome.detail) == (
        MutantStatus.UNDECIDED,
        "it was stopped",
    )


# --- the detectors --------------------------------------------------------------------


@pytest.fixture
def check() -> detectors.Detector:
    return next(each for each in DETECTORS if each.name == "check")


def test_a_detector_that_ran_with_another_core_decides_nothing(
    check: detectors.Detector, tmp_path: Path
) -> None:
    printed = json.dumps(
        {"core": str(detectors.CORE / "__init__.py"), "property": "S1"}
    )
    assert (
        detectors.read_outcome(check, tmp_path, printed).status
        is MutantStatus.UNDECIDED
    )


def test_a_detector_that_found_nothing_says_whether_it_came_to_its_end(
    check: detectors.Detector, tmp_path: Path
) -> None:
    told = {"core": str(tmp_path / "primacy" / "__init__.py"), "property": None}
    for is_whole, status in (
        (True, MutantStatus.SURVIVED),
        (False, MutantStatus.UNDECIDED),
    ):
        printed = json.dumps(told | {"is_whole": is_whole})
        assert detectors.read_outcome(check, tmp_path, printed).status is status


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.name)
def test_a_detector_that_its_budget_stops_and_that_tells_no_end_is_undecided(
    detector: detectors.Detector, tmp_path: Path
) -> None:
    core = str(tmp_path / "primacy" / "__init__.py")
    outcome = detectors.read_outcome(detector, tmp_path, json.dumps({"core": core}))
    is_stopped = detector.name == "simulation"
    assert outcome.status is (
        MutantStatus.UNDECIDED if is_stopped else MutantStatus.SURVIVED
    )


def test_a_detector_that_is_not_there_is_skipped_and_says_why(tmp_path: Path) -> None:
    absent = detectors.Detector("x", "x", (), ("tests/no_such.py", "only there"), "")
    outcome = detectors.run_detector(absent, SAFETY, tmp_path, BUDGET, Event())
    assert outcome == Outcome(MutantStatus.SKIPPED, detail="only there")
    no_module = replace(absent, needs=("no_such_module", "not installed"))
    assert detectors.missing(no_module) == "not installed"


def test_a_detector_that_fails_is_undecided_and_its_last_words_are_told(
    check: detectors.Detector, tmp_path: Path
) -> None:
    detectors.copy_core(tmp_path, SAFETY)
    broken = replace(check, arguments=("no-such-mutant",))
    outcome = detectors.run_detector(broken, SAFETY, tmp_path, BUDGET, Event())
    assert outcome.status is MutantStatus.UNDECIDED
    assert "no mutant is named 'no-such-mutant'" in outcome.detail


def test_a_detector_of_safety_is_not_run_on_liveness(tmp_path: Path) -> None:
    prove = next(each for each in DETECTORS if each.name == "prove")
    assert LIVENESS.harm is Harm.LIVENESS
    outcome = detectors.run_detector(prove, LIVENESS, tmp_path, BUDGET, Event())
    assert outcome.status is MutantStatus.NOT_RUN


# --- what the checker explores --------------------------------------------------------


def test_under_the_real_core_nothing_breaks_and_nothing_raises() -> None:
    found = check_detector.detect("index-given-by-anyone", 3)
    assert (found["property"], found["raised"]) == (None, "")


def test_what_raises_in_a_place_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(*_: object) -> None:
        raise ValueError("no such agent")

    monkeypatch.setattr(check_detector, "_explore", raising)
    found = check_detector.explore_place("x", "reads", never_limited)
    assert (found.property, found.raised) == (RAISES, "ValueError: no such agent")


def test_a_timed_scope_may_begin_more_rounds_and_says_so() -> None:
    place = TimedPlace("lease-exclusive", rounds=3)
    assert check_detector.describe(place) == "lease-exclusive with 3 rounds"
    assert check_detector.find_timed(place).shape.budgets.rounds == 3
    as_it_is = TimedPlace("lease-exclusive")
    assert check_detector.describe(as_it_is) == "lease-exclusive"
    assert check_detector.find_timed(as_it_is).shape.budgets.rounds == 2


def test_a_script_that_a_smaller_mesh_cannot_carry_out_is_told() -> None:
    (kill,) = (each for each in load_kills() if each.id == "grants-counted-as-a-number")
    fewer, *_ = check_detector.explore_smaller(kill.id, kill.place, never_limited)
    told = "its script cannot be carried out"
    assert fewer == {"less": "3 electors", "verdict": told}


def test_a_mutant_without_a_kill_is_sought_where_its_module_is_reached() -> None:
    without = [mutant for mutant in load_mutants() if not mutant.check]
    assert without
    for mutant in without:
        plan = plan_search(mutant.id)
        assert bool(plan) == (mutant.module not in UNREACHED), mutant.id


# --- mistakes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("half-is-a-quorun",), "did you mean half-is-a-quorum"),
        (
            ("nosuch",),
            "no mutant is named 'nosuch'. `primacy mutants --list` lists them",
        ),
        (("--by", "chance"), "Invalid value for '--by'"),
        (("--jobs", "0"), "Invalid value for '--jobs'"),
        (("--seconds", "nan"), "'--seconds': nan is no number of seconds."),
        (("--seconds", "inf"), "Invalid value for '--seconds'"),
        (("--keep",), "--keep needs the --json FILE that it keeps."),
        (("--list", "--by", "check"), "--list stands alone, with IDs at most."),
        (("--json", "/no/such/folder/x.json"), "/no/such/folder/x.json cannot be writ"),
    ],
)
def test_a_mistake_ends_with_2_before_anything_runs(
    arguments: tuple[str, ...], told: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_a_mistake_in_the_catalogue_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise CatalogError("election.toml, x: unknown key 'y'.")

    monkeypatch.setattr(mutants, "load_mutants", refuse)
    result = run("--list")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: election.toml, x: unknown key 'y'.\n"


def test_a_text_that_core_no_longer_has_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / f"{SAFETY.module}.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(detectors, "CORE", tmp_path)
    result = run(SAFETY.id)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: mutant {SAFETY.id}: the text ")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"core_sha256": 1, "mutants": 2}', "[" * 200_000],
    ids=["empty", "list", "object", "number", "deep"],
)
def test_a_file_that_is_no_matrix_is_not_kept(text: str, tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    text = text.replace('": 1', f'": "{kill_matrix.core_sha256()}"')
    file.write_text(text, encoding="utf-8")
    result = run(SAFETY.id, "--keep", "--json", str(file))
    assert result.exit_code == 2
    assert f"{file} is no matrix of `primacy mutants`." in result.stderr


def test_the_list_names_every_mutant_with_its_guard() -> None:
    result = run("--list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        mutant.id for mutant in load_mutants()
    ]
    assert lines[0].endswith(load_mutants()[0].guard)
    (line,) = run("--list", SAFETY.id).stdout.splitlines()
    assert line.split() == [SAFETY.id, "safety", SAFETY.module, *SAFETY.guard.split()]
