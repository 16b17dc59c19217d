"""The page about counterexamples shows what is printed, whatever the hash seed."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from primacy_model.cli import commands

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "counterexample.md").read_text(encoding="utf-8")
COMMAND = "primacy prove "
"""What the first block of the page calls; the second has what it prints."""
LOCKED = re.search(
    r"^z3-solver==(\S+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
)


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_page_shows_what_is_printed(
    seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LOCKED is not None
    if version("z3-solver") != LOCKED[1]:
        pytest.skip("another z3 finds another world")
    call, shown = re.findall(r"^```text\n(.*?)\n```$", PAGE, re.DOTALL | re.MULTILINE)
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    done = CliRunner().invoke(
        commands.main, ["prove", *call.removeprefix(COMMAND).split()]
    )
    assert done.exit_code == 0
    assert done.stdout.rstrip("\n") == shown
    assert max(map(len, shown.splitlines())) <= 100 or "safety mutants" in shown
