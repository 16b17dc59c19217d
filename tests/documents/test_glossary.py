"""The glossaries hold what is coined here, and nothing that is not used.

A word is coined where the docstring of a module defines it in italics.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
SPECIFICATION = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
SOURCES = [
    path
    for name in ("core", "model", "proofs", "runtime")
    for path in sorted((ROOT / name).rglob("*.py"))
]
PROSE = [
    path for path in (ROOT / "docs").rglob("*.md") if path.name != "glossary.md"
] + [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]

LOCAL: Final = {
    "began": "emphasis, in primacy.heartbeats",
    "chosen": "of symmetry alone: an image that is compared",
    "claimed": "of numba_kernels alone: an entry that is asked for",
    "composed": "of numba_kernels alone: of answers about single messages",
    "first": "emphasis, in the laws of leases",
    "least": "of symmetry alone: the image that stands for an orbit",
    "puts": "emphasis, in transition_tables",
    "record": "of the format of primacy.codec alone",
}
"""Words in italics that one module needs and no other, with the reason."""

ITALICS = re.compile(r"(?<![\w*])\*([a-z][a-z -]*)\*(?![\w*])")


def terms(text: str) -> list[str]:
    """List the words that the tables of a glossary explain."""
    rows = re.findall(r"^\| ([^|]+) \|", text, flags=re.MULTILINE)
    return [
        word.strip() for row in rows for word in row.split(",") if row.strip() != "word"
    ]


def plain(word: str) -> str:
    """Take a plural for its singular."""
    return re.sub(r"(?<=[xsh])es$|(?<=[^s])s$", "", word)


def coined() -> Iterator[tuple[str, str]]:
    """List the words that a module defines, with the module."""
    for path in SOURCES:
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        for word in ITALICS.findall(said):
            yield word, path.relative_to(ROOT).as_posix()


KNOWN = {plain(word) for text in (GLOSSARY, SPECIFICATION) for word in terms(text)}
USED = "\n".join(path.read_text(encoding="utf-8") for path in [*PROSE, *SOURCES])


@pytest.mark.parametrize("word", terms(GLOSSARY))
def test_every_word_of_the_glossary_is_used(word: str) -> None:
    pattern = re.escape(plain(word)).replace(r"\ ", r"[\s_-]+")
    assert re.search(rf"(?<![a-z]){pattern}(?:e?s)?(?![a-z])", USED, re.IGNORECASE)


def test_every_word_is_explained_once() -> None:
    words = terms(GLOSSARY)
    assert sorted(set(words)) == sorted(words)


def test_every_word_that_is_coined_is_in_a_glossary() -> None:
    missing = [
        f"{where}: {word}"
        for word, where in coined()
        if plain(word) not in KNOWN and word not in LOCAL
    ]
    assert missing == []


def test_no_word_is_local_for_nothing() -> None:
    words = {word for word, _ in coined()}
    assert [word for word in LOCAL if word not in words or plain(word) in KNOWN] == []
