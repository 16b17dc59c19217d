"""The pages that speak of the proofs say what is so."""

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import Final

import pytest

from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import PATH_LAWS
from primacy_proofs.theorems.catalog import THEOREMS
from tests.proofs.theorems.page import UNPROVED, page
from tests.support.traceability import clauses

ROOT = Path(__file__).parents[3]
PROOFS = ROOT / "proofs" / "primacy_proofs"
SPECIFICATION = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
ASSUMPTIONS = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
PROOF = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")
TRUSTED: Final = re.compile(
    r"^\| (?P<files>`[^|]+\.py`) \| (?P<lines>\d+) \|", re.MULTILINE
)
LAYOUT: Final = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def test_the_page_of_theorems_is_made_from_this_code() -> None:
    written = (ROOT / "docs" / "theorems.md").read_text(encoding="utf-8")
    assert written == page(), "python -m tests.proofs.theorems.page > docs/theorems.md"


def test_every_guarantee_is_a_theorem_or_listed_as_none() -> None:
    named = set(re.findall(r"^\| ([SL]\d+) \|", SPECIFICATION, re.MULTILINE))
    proved = {theorem.id for theorem in THEOREMS}
    assert proved - {"NR", "RJ", "PC"} == named - UNPROVED.keys()
    rows = re.findall(r"^\| (S\d+) \|.*\| ([^|]+) \|$", SPECIFICATION, re.MULTILINE)
    status = dict(rows)
    assert {name for name, said in status.items() if "proved" in said} == named & proved


def test_theorems_name_clauses_and_laws_that_exist() -> None:
    known = set(clauses(SPECIFICATION))
    every = {law.name for law in LAWS} | {law.name for law in PATH_LAWS}
    for theorem in THEOREMS:
        assert known.issuperset((*theorem.clauses, *theorem.assumes)), theorem.id
        assert every.issuperset(theorem.claims), theorem.id


def test_every_law_says_what_it_means() -> None:
    for law in LAWS:
        assert law.body.__doc__, law.name


def test_the_laws_that_the_proof_is_told_with_exist() -> None:
    told = {
        " ".join(name.split()).lower() for name in re.findall(r"\*([^*]+)\*", PROOF)
    }
    known = {law.name.lower() for law in LAWS} | {each.name for each in THEOREMS}
    laws_told = {name for name in told if len(name.split()) > 2}
    assert len(laws_told) > 20
    assert laws_told - known == set()


def code_lines(source: str) -> int:
    """Count lines but blank ones, comments, docstrings and imports."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        is_said = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_said or isinstance(node, ast.Import | ast.ImportFrom):
            assert isinstance(node, ast.stmt)
            left_out.update(range(node.lineno, (node.end_lineno or 0) + 1))
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT:
            found.update(range(token.start[0], token.end[0] + 1))
    return len(found - left_out)


def rows() -> list[tuple[str, int]]:
    return [
        (each["files"], int(each["lines"])) for each in TRUSTED.finditer(ASSUMPTIONS)
    ]


@pytest.mark.parametrize(("files", "lines"), rows())
def test_the_trusted_base_is_as_long_as_is_said(files: str, lines: int) -> None:
    names = re.findall(r"`([\w./]+)`", files)
    sources = [(PROOFS / name).read_text(encoding="utf-8") for name in names]
    assert sum(code_lines(source) for source in sources) == lines


def test_what_nothing_checks_is_short() -> None:
    history = ("history", "log_history", "round_history")
    believed = ("world", "transitions", *history, "clocks")
    lengths = dict(rows())
    assert sum(lengths[f"`system/{name}.py`"] for name in believed) < 820


def test_lines_of_code_are_counted() -> None:
    source = '"""Doc."""\n\nimport os\n\n# why\nx = (\n    1,\n)\n'
    assert code_lines(source) == 3
