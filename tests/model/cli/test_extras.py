"""What runs without the packages of an extra, and what says that it does not."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
sys.modules.update(dict.fromkeys({absent!r}))
from primacy_model.cli.entry import main
main()
"""
NOT_IN_MODEL = ("numpy", "numba", "llvmlite", "matplotlib", "pydot")


def primacy(
    folder: Path, *arguments: str, absent: tuple[str, ...] = NOT_IN_MODEL
) -> subprocess.CompletedProcess[str]:
    """Run the command where some packages cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(absent=absent), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "fencing"], 0),
        (["check", "fencing", "--symmetry"], 0),
        (["check", "fencing", "--walk", "--steps", "50"], 3),
        (["check", "plain-raft-3x2", "--engine", "memo"], 0),
        (["check", "--model", "literal-seed", "--engine", "oracle"], 1),
        (["conform", "--help"], 0),
        (["vectors", "--help"], 0),
        (["simulate", "--seeds", "1"], 0),
        (["mutants", "--list"], 0),
        (["--version"], 0),
    ],
    ids=str,
)
def test_the_checker_needs_neither_arrays_nor_plots(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    result = primacy(tmp_path, *arguments)
    assert result.returncode == code, result.stderr
    assert result.stdout
    assert "install the extra" not in result.stderr


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_an_engine_without_its_extra_is_refused_in_one_sentence(
    engine: str, tmp_path: Path
) -> None:
    result = primacy(tmp_path, "check", "fencing", "--engine", engine)
    assert result.returncode == 2
    assert result.stderr == (
        f"Error: the engine {engine} needs numpy: install the extra with "
        " pip install 'primacy[fast]'\n"
    )


def test_a_search_is_resumed_without_arrays(tmp_path: Path) -> None:
    saving = ("check", "fencing", "--save", "saved")
    assert primacy(tmp_path, *saving, "--max-states", "900").returncode == 3
    result = primacy(tmp_path, *saving, "--resume", "saved")
    assert result.returncode == 0
    assert "3,092 states" in result.stdout


def test_a_graph_without_the_extra_has_no_picture(tmp_path: Path) -> None:
    result = primacy(
        tmp_path, "check", "literal-seed-lone-leader", "--graph", "new/graphs"
    )
    assert result.returncode == 1
    assert sorted(path.suffix for path in (tmp_path / "new/graphs").iterdir()) == [
        ".dot",
        ".graphml",
    ]
    assert result.stderr.startswith("No picture was drawn: it needs matplotlib: ")


def test_a_package_that_a_command_cannot_do_without_is_named(tmp_path: Path) -> None:
    result = primacy(tmp_path, "check", "fencing", absent=("networkx",))
    assert result.returncode == 2
    assert result.stderr == (
        "primacy check needs networkx: install the extra with "
        " pip install 'primacy[model]'\n"
    )
