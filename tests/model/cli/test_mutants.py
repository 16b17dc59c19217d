"""The command `primacy mutants`: who is asked, what is shown, and how it ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner, Result

from primacy_model.checker.limits import unlimited
from primacy_model.cli import mutants
from primacy_model.mutation import check_detector, detectors, kill_matrix
from primacy_model.mutation.catalog import BENDS, bend_of
from primacy_model.mutation.catalog.kills import KILLS
from primacy_model.mutation.detectors import FINDERS, Answer, Budget, Status
from primacy_model.mutation.expectation import RAISES, Timed
from primacy_model.mutation.kill_matrix import Kept, Row
from primacy_model.mutation.mutant import Bend, Harm
from primacy_model.mutation.search_plan import UNMET, places

SAFETY = bend_of("half-is-a-quorum")
LIVENESS = bend_of("window-never-closes")
BUDGET = Budget(5, 10, 1)
KILLED = Answer(Status.KILLED, "S1", "somewhere", 1.0, {"depth": 4})
SURVIVED = Answer(Status.SURVIVED, told="nothing broke")
UNDECIDED = Answer(Status.UNDECIDED, told="out of time")
SKIPPED = Answer(Status.SKIPPED, told="z3 is not installed")
NOT_ASKED = Answer(Status.NOT_ASKED, told="it speaks of safety")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(mutants.mutants, list(arguments))


def row(bend: Bend, *answers: Answer) -> Row:
    names = (finder.name for finder in FINDERS)
    return Row(bend, dict(zip(names, answers, strict=False)))


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
        ([row(LIVENESS, KILLED, NOT_ASKED)], 0),
        ([row(LIVENESS, SURVIVED, NOT_ASKED)], 1),
        ([row(LIVENESS, UNDECIDED, NOT_ASKED)], 3),
        ([row(LIVENESS, NOT_ASKED, NOT_ASKED)], 4),
        ([Row(SAFETY, {}), Row(SAFETY, {"tests": KILLED})], 4),
        ([row(SAFETY, SKIPPED)], 3),
        ([row(LIVENESS, NOT_ASKED, NOT_ASKED), row(SAFETY, KILLED)], 0),
    ],
)
def test_it_ends_with_what_the_worst_mutant_says(rows: list[Row], code: int) -> None:
    assert kill_matrix.exit_code(rows) == code


def test_what_the_tests_of_core_kill_does_not_count() -> None:
    killed = Row(SAFETY, {"check": KILLED, "prove": SURVIVED, "tests": KILLED})
    assert killed.killed_by == ("check",)
    assert not killed.is_killed


def test_who_was_not_asked_about_is_neither_killed_nor_alive() -> None:
    nobody = row(LIVENESS, NOT_ASKED, NOT_ASKED)
    assert not nobody.is_killed
    assert not nobody.is_alive
    assert kill_matrix.shown([nobody]).splitlines()[-1] == (
        "killed by enough of who was asked: 0 of 0 safety mutants, 0 of 1 liveness "
        "mutants; 0 survivors explained, 0 not; about 1 nobody was asked who counts"
    )


def test_a_survivor_that_is_explained_is_no_hole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kill_matrix, "SURVIVORS", {SAFETY.id: "guarded twice"})
    explained = row(SAFETY, SURVIVED, SURVIVED)
    assert kill_matrix.exit_code([explained]) == 0
    assert f"* {SAFETY.id}: guarded twice" in kill_matrix.shown([explained])


def test_the_table_names_kills_holes_and_what_was_skipped() -> None:
    rows = [row(SAFETY, KILLED, SURVIVED, SKIPPED), row(LIVENESS, KILLED, NOT_ASKED)]
    head, first, second, _, *notes = kill_matrix.shown(rows).splitlines()
    assert head.split() == ["mutant", "kind", "check", "prove", "simulation", "by"]
    assert first.split() == [SAFETY.id, "safety", "S1", "-", "skipped", "1", "!"]
    assert second.split() == [LIVENESS.id, "liveness", "S1", "1"]
    assert notes == [
        "simulation: skipped, z3 is not installed",
        f"! {SAFETY.id}: not explained",
        (
            "killed by enough of who was asked: 0 of 1 safety mutants, 1 of 1 liveness "
            "mutants; 0 survivors explained, 1 not"
        ),
    ]


# --- a real run -----------------------------------------------------------------------


def test_a_mutant_is_killed_and_written_down_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    asked = (SAFETY.id, "--by", "check", "--seconds", "5", "--json", str(file))
    first = run(*asked)
    assert first.exit_code == 0
    (told,) = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    assert (told["id"], told["kind"]) == (SAFETY.id, "safety")
    assert (told["guard"], told["killed_by"]) == (SAFETY.guard, ["check"])
    assert told["property"] == "S1"
    figures = told["finders"]["check"]["figures"]
    assert (figures["where"], figures["depth"]) == ("initial-election-pair", 4)
    assert (figures["electors"], figures["smaller"][0]["less"]) == (2, "1 terms")

    told["finders"]["check"]["told"] = "kept"
    whole = {"core_sha256": kill_matrix.core_sha256(), "mutants": [told]}
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert run(*asked, "--keep").exit_code == 0
    (again,) = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    assert again == told


def test_what_is_kept_of_others_and_of_who_is_not_asked_stays(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    unasked = Row(BENDS[-2], {})
    before = [
        Row(SAFETY, {"prove": KILLED}),
        unasked,
        Row(BENDS[-1], {"prove": KILLED}),
    ]
    file.write_text(kill_matrix.as_json(before), encoding="utf-8")
    asked = (SAFETY.id, "--by", "check", "--seconds", "5", "--json", str(file))
    assert run(*asked, "--keep").exit_code == 0
    one, silent, other = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    assert (one["id"], one["killed_by"]) == (SAFETY.id, ["check", "prove"])
    assert (silent["id"], silent["finders"]) == (BENDS[-2].id, {})
    assert (other["id"], other["killed_by"]) == (BENDS[-1].id, ["prove"])


def test_nobody_else_is_asked_once_enough_have_killed_it() -> None:
    asked = tuple(finder for finder in FINDERS if finder.name == "check")
    inquiry = mutants.Inquiry(asked, BUDGET, Kept(), is_enough=True)
    twice = {"prove": KILLED, "simulation": KILLED}
    answer = inquiry._ask(asked[0], SAFETY, Path("nowhere"), twice)
    assert answer.status is Status.NOT_ASKED


def test_what_was_skipped_or_told_of_another_bend_is_not_kept() -> None:
    text = kill_matrix.as_json([row(SAFETY, KILLED, UNDECIDED, SKIPPED, NOT_ASKED)])
    digest = kill_matrix.bend_sha256(SAFETY)
    kept = kill_matrix.kept(text)
    assert kept.bends == {digest}
    assert kept.answers == {
        (digest, "check"): KILLED,
        (digest, "prove"): replace(UNDECIDED, figures={}),
    }
    changed = replace(SAFETY, after=SAFETY.before)
    assert kill_matrix.bend_sha256(changed) != digest


def test_a_matrix_of_another_core_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    other = json.loads(kill_matrix.as_json([row(SAFETY, KILLED)])) | {
        "core_sha256": "0"
    }
    text = json.dumps(other)
    file.write_text(text, encoding="utf-8")
    result = run(SAFETY.id, "--keep", "--json", str(file))
    assert result.exit_code == 2
    told = f"{file} speaks of another core; leave out --keep to begin it anew."
    assert result.stderr == f"Error: {told}\n"
    assert file.read_text(encoding="utf-8") == text


def test_only_who_is_asked_decides_anew_what_was_undecided(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "matrix.json"
    open_ = {"check": UNDECIDED, "prove": UNDECIDED}
    before = [Row(SAFETY, open_), Row(BENDS[-1], open_)]
    file.write_text(kill_matrix.as_json(before), encoding="utf-8")
    monkeypatch.setattr(detectors, "ask", lambda *_: KILLED)
    run(SAFETY.id, "--by", "check", "--keep", "--json", str(file))
    after = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    told = {
        (row["id"], name): each["status"]
        for row in after
        for name, each in row["finders"].items()
    }
    assert told == {
        (SAFETY.id, "check"): "killed",
        (SAFETY.id, "prove"): "undecided",
        (BENDS[-1].id, "check"): "undecided",
        (BENDS[-1].id, "prove"): "undecided",
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
    monkeypatch.setattr(detectors, "ask", lambda *_: KILLED)
    result = run(SAFETY.id, "--json", str(file))
    assert result.exit_code == 2
    assert f"{file} cannot be written: no space left on device." in result.stderr
    assert file.read_text(encoding="utf-8") == "earlier"
    assert list(tmp_path.iterdir()) == [file]


# --- an interruption ------------------------------------------------------------------


def test_after_a_stop_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    inquiry = mutants.Inquiry(FINDERS, BUDGET, Kept())

    def stopping(*_: object) -> Answer:
        inquiry.stop.set()
        return UNDECIDED

    monkeypatch.setattr(detectors, "ask", stopping)
    assert inquiry.judge(SAFETY).answers == {FINDERS[0].name: UNDECIDED}


def test_who_leaves_early_stops_who_is_still_asking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inquiry = mutants.Inquiry(FINDERS[:1], BUDGET, Kept())
    monkeypatch.setattr(detectors, "ask", lambda *_: KILLED)
    found = mutants.judged(BENDS[:3], inquiry, 1)
    next(found)
    assert not inquiry.stop.is_set()
    found.close()
    assert inquiry.stop.is_set()


def test_a_program_that_runs_is_ended_by_a_stop(
    check: detectors.Finder, tmp_path: Path
) -> None:
    stop = Event()
    stop.set()
    words = ("-n", "1", "-r", "1", "import time; time.sleep(100)")
    sleeping = replace(check, module="timeit", words=words)
    answer = detectors.ask(sleeping, SAFETY, tmp_path, BUDGET, stop)
    assert (answer.status, answer.told) == (Status.UNDECIDED, "it was stopped")


# --- the finders ----------------------------------------------------------------------


@pytest.fixture
def check() -> detectors.Finder:
    return next(finder for finder in FINDERS if finder.name == "check")


def test_a_finder_that_ran_with_another_core_decides_nothing(
    check: detectors.Finder, tmp_path: Path
) -> None:
    printed = json.dumps(
        {"core": str(detectors.CORE / "__init__.py"), "property": "S1"}
    )
    assert detectors.read(check, tmp_path, printed).status is Status.UNDECIDED


def test_a_finder_that_found_nothing_says_whether_it_came_to_its_end(
    check: detectors.Finder, tmp_path: Path
) -> None:
    told = {"core": str(tmp_path / "primacy" / "__init__.py"), "property": None}
    for is_whole, status in ((True, Status.SURVIVED), (False, Status.UNDECIDED)):
        printed = json.dumps(told | {"is_whole": is_whole})
        assert detectors.read(check, tmp_path, printed).status is status


@pytest.mark.parametrize("finder", FINDERS, ids=lambda finder: finder.name)
def test_a_finder_that_its_budget_stops_and_that_tells_no_end_is_undecided(
    finder: detectors.Finder, tmp_path: Path
) -> None:
    core = str(tmp_path / "primacy" / "__init__.py")
    answer = detectors.read(finder, tmp_path, json.dumps({"core": core}))
    is_stopped = finder.name == "simulation"
    assert answer.status is (Status.UNDECIDED if is_stopped else Status.SURVIVED)


def test_a_finder_that_is_not_there_is_skipped_and_says_why(tmp_path: Path) -> None:
    absent = detectors.Finder("x", "x", (), ("tests/no_such.py", "only there"), "")
    answer = detectors.ask(absent, SAFETY, tmp_path, BUDGET, Event())
    assert answer == Answer(Status.SKIPPED, told="only there")
    no_module = replace(absent, needs=("no_such_module", "not installed"))
    assert detectors.missing(no_module) == "not installed"


def test_a_finder_that_fails_is_undecided_and_its_last_words_are_told(
    check: detectors.Finder, tmp_path: Path
) -> None:
    detectors.copy_of_core(tmp_path, SAFETY)
    broken = replace(check, words=("no-such-mutant",))
    answer = detectors.ask(broken, SAFETY, tmp_path, BUDGET, Event())
    assert answer.status is Status.UNDECIDED
    assert "no bend is named 'no-such-mutant'" in answer.told


def test_a_finder_of_safety_is_not_asked_about_liveness(tmp_path: Path) -> None:
    prove = next(finder for finder in FINDERS if finder.name == "prove")
    assert LIVENESS.harm is Harm.LIVENESS
    answer = detectors.ask(prove, LIVENESS, tmp_path, BUDGET, Event())
    assert answer.status is Status.NOT_ASKED


# --- what the checker explores --------------------------------------------------------


def test_under_the_real_core_nothing_breaks_and_nothing_raises() -> None:
    found = check_detector.hunted("index-given-by-anyone", 3)
    assert (found["property"], found["raised"]) == (None, "")


def test_what_raises_in_a_place_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(*_: object) -> None:
        raise ValueError("no such agent")

    monkeypatch.setattr(check_detector, "_explored", raising)
    found = check_detector.explored("x", "reads", unlimited)
    assert (found.property, found.raised) == (RAISES, "ValueError: no such agent")


def test_a_timed_scope_may_begin_more_rounds_and_says_so() -> None:
    place = Timed("lease-exclusive", rounds=3)
    assert check_detector.described(place) == "lease-exclusive with 3 rounds"
    assert check_detector.timed(place).shape.budgets.rounds == 3
    as_it_is = Timed("lease-exclusive")
    assert check_detector.described(as_it_is) == "lease-exclusive"
    assert check_detector.timed(as_it_is).shape.budgets.rounds == 2


def test_a_script_that_a_smaller_mesh_cannot_carry_out_is_told() -> None:
    (kill,) = (each for each in KILLS if each.id == "grants-counted-as-a-number")
    fewer, *_ = check_detector.smaller(kill.id, kill.arena, unlimited)
    told = "its script cannot be carried out"
    assert fewer == {"less": "3 electors", "verdict": told}


def test_a_mutant_without_a_kill_is_sought_where_its_module_is_met() -> None:
    unwritten = [bend for bend in BENDS if bend.id not in {each.id for each in KILLS}]
    assert unwritten
    for bend in unwritten:
        sought = places(bend.id)
        assert bool(sought) == (bend.module not in UNMET), bend.id


# --- mistakes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("half-is-a-quorun",), "did you mean half-is-a-quorum"),
        (("nosuch",), "no bend is named 'nosuch'. `primacy mutants --list` shows them"),
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
    assert [line.split()[0] for line in lines] == [bend.id for bend in BENDS]
    assert lines[0].endswith(BENDS[0].guard)
    (line,) = run("--list", SAFETY.id).stdout.splitlines()
    assert line.split() == [SAFETY.id, "safety", SAFETY.module, *SAFETY.guard.split()]
