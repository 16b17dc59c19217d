"""`primacy check` says what it found, in words, files and exit codes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from junitparser import JUnitXml

from primacy_model import runner
from primacy_model.checker.model import Action
from primacy_model.checker.reference_bfs import Verdict
from primacy_model.cli import check as cli_check
from primacy_model.cli import commands, report
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.scopes import Registry, collect
from tests.support import toys

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["check", *arguments], obj=toys.REGISTRY)


@pytest.mark.parametrize(
    ("arguments", "code", "verdict"),
    [
        ((), 0, "holds"),
        (("lock",), 0, "holds"),
        (("unguarded-lock",), 1, "violated"),
        (("lock", "--max-states", "9"), 3, "incomplete"),
        (("vacuous-lock",), 4, "vacuous"),
        (("vacuous-lock", "lock"), 4, "vacuous"),
        (("vacuous-lock", "lock", "--max-states", "27"), 4, "vacuous"),
        (("vacuous-lock", "lock", "--max-states", "26"), 3, "incomplete"),
        (("--model", "literal-seed"), 1, "violated"),
    ],
)
def test_the_worst_verdict_gives_the_exit_code(
    arguments: tuple[str, ...], code: int, verdict: str
) -> None:
    result = check(*arguments)
    assert result.exit_code == code
    assert result.stdout.splitlines()[-3].startswith(verdict)


def test_nothing_is_worse_than_a_violation_and_nothing_better_than_holds() -> None:
    order = [verdict.value for verdict in Verdict]
    assert order == ["holds", "vacuous", "incomplete", "violated"]
    assert report.worst_verdict([]) is Verdict.HOLDS


def test_the_last_lines_are_the_verdict_the_figures_and_the_command() -> None:
    verdict, figures, again = check("lock").stdout.splitlines()[-3:]
    assert verdict == "holds"
    assert re.fullmatch(r"1 scope, 27 states, 36 transitions, \d+\.\d s", figures)
    assert again == "again: primacy check lock"


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ((), "primacy check"),
        (("--model", "literal-seed"), "primacy check unguarded-lock crashing-lock"),
        (("vacuous-lock", "lock"), "primacy check vacuous-lock"),
        (("lock", "--max-states", "5"), "primacy check lock --max-states 5"),
        (
            ("lock", "--engine", "oracle", "--max-states", "5"),
            "primacy check lock --engine oracle --max-states 5",
        ),
    ],
)
def test_the_command_shows_the_verdict_again(
    arguments: tuple[str, ...], command: str
) -> None:
    result = check(*arguments)
    assert result.stdout.splitlines()[-1] == f"again: {command}"
    again = check(*command.split()[2:])
    assert again.exit_code == result.exit_code


def test_the_table_has_a_row_for_each_scope() -> None:
    lines = check().stdout.splitlines()
    row = next(line for line in lines if line.startswith("lock"))
    cells = re.split(r"  +", row)
    assert cells[:5] == ["lock", "agents 2; rounds 1", "27", "36", "10"]
    assert cells[-1] == "holds"
    assert "lock       ask 12, deliver 18, release 6" in lines
    assert "lock       W1: an agent holds the lock      3" in lines


def test_what_was_not_reached_is_never_reached_only_if_all_was_explored() -> None:
    assert "not yet" in check("lock", "--max-states", "2").stdout
    assert "no crash happens in vacuous-lock" in check("vacuous-lock").stdout


def test_a_violation_prints_its_transcript_and_its_folder() -> None:
    result = check("unguarded-lock")
    folder = Path("counterexamples/unguarded-lock-L1")
    assert (folder / "trace.txt").read_text(encoding="utf-8") in result.stdout
    assert f"counterexample: {folder}" in result.stdout.splitlines()
    assert len(list(folder.iterdir())) == 5


def test_counterexamples_go_where_they_are_told_to() -> None:
    check("unguarded-lock", "--out", "elsewhere")
    assert Path("elsewhere/unguarded-lock-L1/trace.svg").exists()
    assert not Path("counterexamples").exists()


def test_json_has_exactly_the_shape_that_is_promised() -> None:
    check("lock", "vacuous-lock", "--json", "found.json")
    found = json.loads(Path("found.json").read_text(encoding="utf-8"))
    seconds = [scope.pop("seconds") for scope in found["scopes"]]
    assert all(isinstance(each, float) for each in seconds)
    figures = {"states": 27, "transitions": 36, "depth": 10}
    bounds = {"bounds": {"agents": 2, "rounds": 1}}
    assert found == {
        "verdict": "vacuous",
        "scopes": [
            {"name": "lock", "verdict": "holds", **figures, **bounds},
            {"name": "vacuous-lock", "verdict": "vacuous", **figures, **bounds},
        ],
    }


def test_junit_has_a_case_for_each_property() -> None:
    check("--model", "literal-seed", "--junit", "found.xml")
    xml = JUnitXml.fromfile("found.xml")
    failed = [
        (suite.name, case.name)
        for suite in xml
        for case in suite
        if any(type(result).__name__ == "Failure" for result in case.result)
    ]
    assert (xml.tests, xml.failures) == (15, 3)
    assert failed == [
        ("unguarded-lock", "L1: at most one agent holds the lock (always)"),
        ("crashing-lock", "R1: the lock can become free (recoverable)"),
        ("vacuous-lock", "every kind of action happens"),
    ]


def test_junit_passes_no_property_that_was_not_decided() -> None:
    check("lock", "--max-states", "2", "--junit", "found.xml")
    (suite,) = JUnitXml.fromfile("found.xml")
    outcomes = [type(result).__name__ for case in suite for result in case.result]
    assert outcomes == ["Failure", "Skipped", "Skipped", "Skipped", "Skipped"]


def test_graphs_of_small_scopes_are_exported() -> None:
    check("lock", "--graph", "graphs")
    names = sorted(path.name for path in Path("graphs").iterdir())
    assert names == ["lock.dot", "lock.graphml", "lock.svg"]


def test_a_graph_that_is_too_large_is_left_out_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("primacy_model.reporting.graph_export.MOST_NODES", 5)
    result = check("lock", "--graph", "graphs")
    assert result.exit_code == 0
    assert result.stderr == (
        "Not exported: the graph of lock has 27 states,"
        " and only graphs of at most 5 are exported.\n"
    )


def test_the_list_names_every_scope_of_every_model() -> None:
    result = check("--list")
    assert result.exit_code == 0
    for _, lock in toys.REGISTRY.list_all():
        assert lock.name in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("lok",),
            (
                "no scope is named 'lok'; did you mean lock?"
                " `primacy check --list` shows every scope."
            ),
        ),
        (
            ("--model", "mash"),
            (
                "no model is named 'mash'; did you mean mesh?"
                " `primacy check --list` shows every model."
            ),
        ),
        (
            ("--model", "7"),
            "no model is named '7'; `primacy check --list` shows every model.",
        ),
        (
            ("--json", "nowhere/x.json"),
            "nowhere/x.json cannot be written: no such file or directory.",
        ),
        (("--junit", "/"), "/ cannot be written: is a directory."),
        (
            ("--model", "literal-seed", "lock"),
            "either scopes or --model literal-seed can be given, not both.",
        ),
        (
            ("--json", "x.out", "--junit", "x.out"),
            "--json and --junit cannot both be x.out.",
        ),
        (
            ("--out", f"{Path(__file__)}/x"),
            f"{Path(__file__)}/x cannot be written: not a directory.",
        ),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_is_explored(
    arguments: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "explore_scope", None)
    result = check(*arguments)
    assert result.exit_code == 2
    assert result.stderr == f"Error: {sentence}\n"
    assert result.stdout == ""


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_bound_that_is_no_positive_number_is_refused(number: str) -> None:
    result = check("--max-states", number)
    assert result.exit_code == 2
    assert "--max-states" in result.stderr


def test_checking_that_a_file_can_be_written_leaves_nothing_behind() -> None:
    Path("kept.json").write_text("kept", encoding="utf-8")
    cli_check.OutputPaths(
        Path("kept.json"), Path("new"), Path("a/b"), None
    ).require_writable()
    assert [path.name for path in Path().iterdir()] == ["kept.json"]
    assert Path("kept.json").read_text(encoding="utf-8") == "kept"


def test_a_counterexample_that_cannot_be_written_is_still_shown() -> None:
    Path("counterexamples").write_text("a file is in the way", encoding="utf-8")
    result = check("unguarded-lock")
    assert result.exit_code == 1
    assert "No counterexample was written: " in result.stderr
    assert "L1 is violated in unguarded-lock" in result.stdout


@pytest.mark.parametrize(
    ("world", "sentence"),
    [
        (
            replace(toys.GUARDED, properties=()),
            "lock has no property, so nothing can be violated.",
        ),
        (
            replace(toys.GUARDED, kinds=()),
            "lock names no kind of action, so nobody can tell whether it is vacuous.",
        ),
        (
            replace(toys.GUARDED, properties=toys.LOCK_PROPERTIES[:1] * 2),
            "lock has 2 properties with the id L1.",
        ),
    ],
)
def test_a_world_in_which_nothing_could_be_found_is_refused(
    world: toys.Lock, sentence: str
) -> None:
    registry = Registry({"mesh": collect((world,))})
    result = CliRunner().invoke(commands.main, ["check"], obj=registry)
    assert result.exit_code == 2
    assert result.stderr == f"Error: {sentence}\n"


class Slip(toys.Lock):
    """A lock whose server fails as soon as somebody holds it."""

    def actions(self, state: toys.LockState) -> Iterator[Action]:
        """Raise where an agent holds the lock."""
        if toys.is_held(state):
            raise KeyError("my slip")
        return super().actions(state)


@pytest.mark.parametrize("options", [(), ("--jobs", "2")])
def test_a_model_that_raises_ends_with_a_run_and_an_exit_code_of_its_own(
    options: tuple[str, ...],
) -> None:
    registry = Registry({"mesh": collect((toys.ONE, Slip()))})
    words = ["check", *options]
    result = CliRunner().invoke(commands.main, words, obj=registry)
    assert result.exit_code == 5
    first, what, where, *rest = result.stderr.splitlines()
    assert first == "lock was not explored: it raised an exception."
    assert what == "KeyError: 'my slip'"
    assert re.fullmatch(rf"  at {re.escape(__file__)}:\d+, in actions", where)
    assert "A shortest run, of 3 steps." in rest
    folder = Path("counterexamples/lock-raises")
    assert rest[-1] == f"traceback: {folder / 'traceback.txt'}"
    assert "my slip" in (folder / "traceback.txt").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == [
        "trace.itf.json",
        "trace.mmd",
        "trace.svg",
        "trace.txt",
        "traceback.txt",
    ]


def test_a_core_that_an_engine_cannot_take_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise PromiseBrokenError("it is obsolete for b in " + "x" * 10_000)

    monkeypatch.setattr(runner, "explore_scope", broken)
    result = check("lock")
    assert result.exit_code == 3
    assert "rerun with --without obsolete --without commuting" in result.stderr
    assert "it is obsolete for b in " in result.stderr
    assert len(result.stderr) < 600


ENTRY = """
import sys
import click
from primacy_model.cli import commands, entry

@click.command()
@click.argument("how")
def check(how):
    if how == "ctrl-c":
        raise KeyboardInterrupt
    if how == "bad":
        raise click.UsageError("so not.")
    if how == "shut":
        click.get_current_context().exit(5)
    if how != "done":
        sys.exit(int(how))

sys.modules["toy"] = sys.modules["__main__"]
commands.COMMANDS["check"] = "toy"
entry.main()
"""


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["check", "ctrl-c"], 130, "\nInterrupted; nothing is decided.\n"),
        (["check", "bad"], 2, "Error: so not.\n"),
        (["check"], 2, "Error: Missing argument 'HOW'.\n"),
        (["no-such"], 2, "Error: No such command 'no-such'.\n"),
        (["chek"], 2, "Error: No such command 'chek'. Did you mean check?\n"),
        (["check", "shut"], 5, ""),
        (["check", "3"], 3, ""),
        (["check", "130"], 130, ""),
        (["check", "done"], 0, ""),
        (["check", "--help"], 0, ""),
    ],
)
def test_the_console_script_ends_as_the_command_does_and_an_interruption_with_130(
    arguments: list[str], code: int, told: str
) -> None:
    paths = [str(ROOT), *(str(ROOT / room) for room in ("model", "core"))]
    result = subprocess.run(
        [sys.executable, "-c", ENTRY, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == code
    assert result.stderr.endswith(told)
    assert told or not result.stderr


@pytest.mark.parametrize("columns", ["20", "80", "132"])
def test_tables_are_aligned_at_any_width(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = check("lock").stdout.splitlines()
    header, rule, row = lines[:3]
    assert len(rule) <= max(80, int(columns))
    assert header.index("verdict") == row.index("holds")


def test_the_same_command_gives_the_same_bytes_under_any_hash_seed(
    tmp_path: Path,
) -> None:
    program = (
        "from tests.support import toys;"
        "from primacy_model.cli.commands import main; main(obj=toys.REGISTRY)"
    )
    arguments = ["check", "--model", "literal-seed", "--graph", "graphs"]
    paths = [str(ROOT), *(str(ROOT / room) for room in ("model", "core"))]
    seen = []
    for seed in ("0", "1", "4711"):
        folder = tmp_path / seed
        folder.mkdir()
        result = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "PYTHONHASHSEED": seed,
            },
            capture_output=True,
            check=False,
        )
        assert result.returncode == 1, result.stderr
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        assert len(files) == 2 * 5 + 3 * 3
        seen.append((re.sub(rb"\d+\.\d s", b"0.0 s", result.stdout), files))
    assert seen[0] == seen[1] == seen[2]
