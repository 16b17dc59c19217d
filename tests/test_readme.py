"""What README and the documents say in figures and links is so.

The examples in them are executed as doctests. Here stand the totals, which would take
minutes to count again, the exit codes and the links. Figures are read from table cells.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from primacy_model.checker.reference_bfs import Verdict
from primacy_model.mesh.scopes import DEFAULT
from primacy_model.scopes import SCOPES
from primacy_proofs.mutation.mutants import load_expected
from primacy_proofs.theorems.catalog import THEOREMS
from tests.model.mesh.page import PAGE, figures
from tests.model.mutation.page import read_matrix
from tests.support.timed_figures import PINNED
from tests.support.traceability import clauses

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(
    page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts
)
CHECK = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")


def cells(text: str, first: str) -> list[str]:
    """Give the cells of the one table row whose first or second cell is this."""
    (row,) = (
        found
        for line in text.splitlines()
        if line.startswith("| ")
        for found in [[cell.strip() for cell in line.strip("|").split("|")]]
        if first in found[:2]
    )
    return row


def numbers(text: str) -> list[int]:
    """List the whole numbers in a text."""
    return [int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", text)]


def test_readme_gives_the_totals_of_the_default_scopes() -> None:
    scopes, states, *_ = numbers(cells(README, "`primacy check`")[2])
    known = figures(PAGE.read_text(encoding="utf-8"))
    assert scopes == len(DEFAULT) + len(PINNED) == len(SCOPES.default["mesh"])
    total = sum(known[scope.name].states for scope in DEFAULT)
    total += sum(count for count, _ in PINNED.values())
    assert states == total


def test_readme_names_the_guarantees_that_are_theorems() -> None:
    proved = {each.id for each in THEOREMS if re.fullmatch(r"S\d+", each.id)}
    first, last, *_ = numbers(cells(README, "`primacy prove`")[2])
    assert proved == {f"S{number}" for number in range(first, last + 1)}


def test_readme_gives_the_totals_of_the_kill_matrix() -> None:
    rows = [row for row in read_matrix()["mutants"] if row["harm"] == "safety"]
    by_two = sum(len(row["killed_by"]) > 1 for row in rows)
    by_one = sum(len(row["killed_by"]) == 1 for row in rows)
    assert numbers(cells(README, "`primacy mutants`")[2]) == [len(rows), by_two, by_one]


def test_readme_gives_the_number_of_mutants_of_the_proofs() -> None:
    said = numbers(cells(README, "`primacy prove --mutants`")[2])
    assert said == [sum(each.must_die for each in load_expected())]


def test_readme_counts_the_obligations_of_a_runtime() -> None:
    specification = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
    obligations = [name for name in clauses(specification) if name[:8] == "runtime."]
    assert f"[{len(obligations)} numbered obligations]" in README


def test_readme_fits_on_three_screens() -> None:
    assert len(README.splitlines()) <= 150


def test_exit_codes_are_those_of_the_verdicts() -> None:
    said = dict(re.findall(r"^\| (\d+) \| (\w+)", CHECK, flags=re.MULTILINE))
    assert said.items() >= {
        (str(verdict.exit_code), verdict.value) for verdict in Verdict
    }


def links(text: str) -> Iterator[tuple[str, str]]:
    """List the links to files of the repository, each with its heading."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text.replace("\n", " ")):
        if "://" not in target:
            file, _, heading = target.partition("#")
            yield file, heading


def anchors(text: str) -> set[str]:
    """List the headings as links name them."""
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
        for title in titles
    }


def places(file: Path) -> set[str]:
    """List what a link into a file may name: a heading, or a line of code."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return anchors(text)
    return {f"L{number}" for number in range(1, len(text.splitlines()) + 1)}


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda p: p.name)
def test_links_lead_to_files_and_places_that_exist(page: Path) -> None:
    named: dict[Path, set[str]] = {}
    for file, place in links(page.read_text(encoding="utf-8")):
        target = page.parent / file if file else page
        assert target.exists(), file
        if place:
            known = named.setdefault(target, places(target))
            assert place in known, f"{file}#{place}"


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(index.splitlines())
    assert {page.stem for page in PAGES if page.parent.name == "docs"} <= {
        *listed,
        "index",
    }
