"""No document, docstring, comment or message uses a phrase that stops a reader.

`codespell` looks for misspelt words; here are phrases, which it does not look for.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]

INSTEAD: Final = {
    r"(?:is|are|was|were|be|been) told": "is reported, is given, is printed",
    r"told as": "reported as",
    r"so many(?! that| as)": "say how many, or: that number of",
    r"held against": "compared with",
    r"its law": "Contract:",
    r"law of this (?:room|house|file)": "Contract:",
    r"who is no": "an agent that is no",
    r"whoever": "an agent that",
    r"the judges?": "the reference checker, or what checks",
    r"house": "repository, context",
    r"rooms?": "module, space",
    r"no one's": "of none",
}
"""Phrases that are not used, and what to say in their place."""

EXEMPT: Final = {
    "docs/seed-map.md": "quotes it line by line",
    "tests/documents/test_prose.py": "lists the phrases",
}
"""Files that keep a phrase, each with its reason."""

PHRASES: Final = {
    re.compile(rf"\b(?:{phrase})\b".replace(" ", r"\s+"), re.IGNORECASE): instead
    for phrase, instead in INSTEAD.items()
}
NEWLINE: Final = "\n"
SPOKEN: Final = {
    tokenize.COMMENT,
    tokenize.STRING,
    getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING),  # since Python 3.12
}


def files() -> list[Path]:
    """List what a reader may read."""
    folders = (".", "docs", "docs/decisions", ".github")
    documents = [path for name in folders for path in (ROOT / name).glob("*.md")]
    packages = ("core", "model", "proofs", "runtime", "tests")
    sources = [path for name in packages for path in (ROOT / name).rglob("*.py")]
    scenarios = (ROOT / "tests" / "scenarios").glob("*.txt")
    return sorted([*documents, *sources, *scenarios, ROOT / "Makefile"])


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """List what a file says, each text with the line in which it begins."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield 1, text
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in SPOKEN:
            yield token.start[0], token.string


def phrases(texts: Iterator[tuple[int, str]]) -> list[str]:
    """List the phrases in some texts, with their lines."""
    return [
        f"{line + text.count(NEWLINE, 0, found.start())}: {found[0]!r}; say: {instead}"
        for line, text in texts
        for phrase, instead in PHRASES.items()
        for found in phrase.finditer(text)
    ]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=name)
        for path in files()
        if (name := path.relative_to(ROOT).as_posix()) not in EXEMPT
    ],
)
def test_a_file_uses_no_phrase_that_stops_a_reader(path: Path) -> None:
    assert phrases(spoken(path)) == []


def test_a_phrase_is_found_across_lines_and_not_inside_words() -> None:
    found = phrases(iter([(7, "a warehouse\nthat is\ntold"), (9, "so many that")]))
    assert found == ["8: 'is\\ntold'; say: is reported, is given, is printed"]


def test_no_file_is_exempt_for_nothing() -> None:
    assert [name for name in EXEMPT if not phrases(spoken(ROOT / name))] == []
