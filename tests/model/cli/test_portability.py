"""The checker runs where Unix does not: the modules and signals of Unix are gone."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import signal
import sys

windows = {"SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM"}
for name in [each.name for each in signal.Signals if each.name not in windows]:
    delattr(signal, name)
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None

from primacy_model.checker import limits
from primacy_model.cli.entry import main
limits.STATM = limits.Path("no such file")
main()
"""


def primacy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["check", "--list"], 0),
        (["check", "fencing", "--engine", "memo"], 0),
        (["check", "fencing", "worker", "--engine", "memo", "--jobs", "2"], 0),
        (["check", "fencing", "--engine", "memo", "--save", "a", "--max-states=9"], 3),
        (["check", "--model", "literal-seed"], 1),
        (["prove", "--list"], 0),
        (["conform", "--help"], 0),
        (["vectors", "--help"], 0),
        (["simulate", "--seeds", "1"], 0),
        (["simulate", "--seeds", "2", "--jobs", "2"], 0),
        (["mutants", "--list"], 0),
    ],
    ids=str,
)
def test_a_command_of_the_checker_needs_nothing_of_unix(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    result = primacy(tmp_path, *arguments)
    assert result.returncode == code, result.stderr
    assert result.stdout


def test_a_bound_on_memory_that_cannot_be_measured_is_refused(tmp_path: Path) -> None:
    result = primacy(tmp_path, "check", "fencing", "--max-memory", "900")
    assert result.returncode == 2
    assert result.stderr == (
        "Error: --max-memory: this system does not give a process's memory.\n"
    )


@pytest.mark.parametrize("command", ["agent", "members", "demo"])
def test_the_runtime_says_in_one_sentence_where_it_runs(
    command: str, tmp_path: Path
) -> None:
    result = primacy(tmp_path, command, "--help")
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == (
        f"Error: primacy {command} runs on Linux and macOS only."
    )
