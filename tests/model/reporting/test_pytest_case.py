"""The pytest file of a violation runs: it passes, and fails on a repaired model."""

import os
import runpy
import subprocess
import sys
from collections.abc import Hashable
from pathlib import Path

import pytest
from click.testing import CliRunner

from primacy.dispatch import step
from primacy.messages import Message
from primacy.outputs import Outputs, Persist
from primacy.state import State
from primacy_model.checker.model import Model
from primacy_model.checker.reference_bfs import explore
from primacy_model.checker.trace import Story, Trace, replay
from primacy_model.cli import commands
from primacy_model.reporting.counterexample import folder_name, write_violation
from primacy_model.reporting.pytest_case import render_pytest
from tests.support.toys import CRASHING, UNGUARDED, Drawn, Lock, always_not

ROOT = Path(__file__).parents[3]

REGISTRY = """
from dataclasses import replace
from primacy_model import scopes
from tests.support import toys

scopes.SCOPES = scopes.Registry({{"mesh": ({lock},)}})
"""


def run(folder: Path, lock: str) -> subprocess.CompletedProcess[str]:
    """Run the file in a process in which the registry knows one lock."""
    (folder / "conftest.py").write_text(REGISTRY.format(lock=lock))
    paths = [str(ROOT), *(str(ROOT / room) for room in ("model", "core"))]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "--rootdir", str(folder), *map(str, folder.glob("test_*.py"))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("lock", "name", "repaired"),
    [
        (UNGUARDED, "UNGUARDED", "is_guarded=True"),
        (CRASHING, "CRASHING", "can_crash=False"),
    ],
)
def test_the_file_passes_on_the_model_and_fails_when_it_is_repaired(
    tmp_path: Path, lock: Lock, name: str, repaired: str
) -> None:
    violation = explore(lock).violation
    assert violation is not None
    folder = write_violation(lock, violation, tmp_path)
    result = run(folder, f"toys.{name}")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout
    result = run(folder, f"replace(toys.{name}, {repaired})")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 failed" in result.stdout


def test_the_file_of_a_recoverable_property_fails_if_it_can_be_reached(
    tmp_path: Path,
) -> None:
    violation = explore(CRASHING).violation
    assert violation is not None
    folder = write_violation(CRASHING, violation, tmp_path)
    always = "replace(toys.LOCK_PROPERTIES[2], holds=lambda state: True)"
    result = run(folder, f"replace(toys.CRASHING, properties=({always},))")
    assert result.returncode == 1
    assert "assert not claim.holds(state)" in result.stdout


def test_actions_that_read_alike_are_told_apart_by_a_number() -> None:
    model = Drawn({"s": "aab", "a": "", "b": "xx"}, properties=[always_not("x")])
    violation = explore(model).violation
    assert violation is not None
    written = render_pytest(model, violation)
    assert '("go", "walker", "go to b"),' in written
    assert '("go", "walker", "go to x", 0),' in written


def test_the_folder_of_a_violation_holds_five_files(tmp_path: Path) -> None:
    violation = explore(UNGUARDED).violation
    assert violation is not None
    folder = write_violation(UNGUARDED, violation, tmp_path)
    assert folder == tmp_path / "unguarded-lock-L1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "test_unguarded_lock_l1.py",
        "trace.itf.json",
        "trace.mmd",
        "trace.svg",
        "trace.txt",
    ]


def test_a_folder_name_has_no_character_that_a_file_system_refuses() -> None:
    assert folder_name("a/b", "S1: x") == "a-b-S1-x"


def careless(state: State, message: Message) -> tuple[State, Outputs]:
    """Step as the core does, but write down last what must be durable."""
    after, outputs = step(state, message)
    return after, tuple(sorted(outputs, key=lambda each: isinstance(each, Persist)))


@pytest.mark.parametrize("options", [(), ("--without", "obsolete")])
def test_a_violation_is_left_as_it_was_found_with_or_without_reductions(
    options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("primacy_model.mesh.actions.step", careless)
    words = ["check", "initial-election-pair", "--engine", "memo", *options]
    found = CliRunner().invoke(commands.main, [*words, "--out", str(tmp_path)])
    assert found.exit_code == 1, found.output
    (file,) = tmp_path.rglob("test_*.py")
    written = runpy.run_path(str(file))
    (name,) = (name for name in written if name.startswith("test_"))
    written[name]()
    monkeypatch.setattr("primacy_model.mesh.actions.step", step)
    with pytest.raises(AssertionError):
        written[name]()


@pytest.mark.parametrize("engine", ["oracle", "memo"])
def test_a_violation_is_replayed_once_whatever_is_made_of_it(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replayed = []

    def counted(model: Model[Hashable], trace: Trace[Hashable]) -> Story:
        replayed.append(trace)
        return replay(model, trace)

    monkeypatch.setattr("primacy_model.mesh.actions.step", careless)
    monkeypatch.setattr("primacy_model.checker.trace.replay", counted)
    words = ["check", "initial-election-pair", "--engine", engine]
    places = ["--out", str(tmp_path), "--junit", str(tmp_path / "found.xml")]
    found = CliRunner().invoke(commands.main, [*words, *places])
    assert found.exit_code == 1, found.output
    assert len(list(tmp_path.rglob("*"))) == 7
    assert len(replayed) == 1
