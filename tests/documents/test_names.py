"""What the documents name in code is there: modules, classes, functions and files."""

import re
from pathlib import Path
from pkgutil import resolve_name
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
]
NAME: Final = re.compile(r"`(primacy(?:_\w+)?(?:\.\w+)+)`")
FILE: Final = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|toml|json|txt))`")
BESIDE: Final = (".", "model", "proofs", "proofs/primacy_proofs", "runtime", "docs")
"""Where a file is looked for: in the repository, and in folders that are understood."""


def found(pattern: re.Pattern[str]) -> list[str]:
    """List what the documents name, code blocks left out."""
    named: set[str] = set()
    for page in PAGES:
        if "_build" not in page.parts:
            text = page.read_text(encoding="utf-8")
            prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
            named.update(pattern.findall(prose))
    return sorted(named)


@pytest.mark.parametrize("name", found(NAME))
def test_what_is_named_can_be_imported(name: str) -> None:
    assert resolve_name(name) is not None


@pytest.mark.parametrize("name", found(FILE))
def test_files_that_are_named_exist(name: str) -> None:
    assert any((ROOT / folder / name).exists() for folder in BESIDE)
