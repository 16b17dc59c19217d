"""What README and the documents say in figures and links is so.

The examples in them are executed as doctests. Here stand the totals, which would take
minutes to count again, the excerpt of a violation, the exit codes and the links.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from primacy_model.mesh_scopes import DEFAULT
from primacy_model.oracle import Verdict, explore
from primacy_model.scopes import default
from primacy_model.transcript import written
from tests.model.test_timed import PINNED
from tests.model_figures import PAGE, figures
from tests.mutants import matrix

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "docs").glob("*.md"))
TOTALS = re.compile(r"(\d+) default scopes have ([\d,]+) states")


def test_readme_gives_the_totals_of_the_default_scopes() -> None:
    ((scopes, states),) = TOTALS.findall(README)
    known = figures(PAGE.read_text(encoding="utf-8"))
    assert int(scopes) == len(DEFAULT) + len(PINNED) == len(default("mesh"))
    total = sum(known[scope.name].states for scope in DEFAULT)
    total += sum(count for count, _ in PINNED.values())
    assert int(states.replace(",", "")) == total


def test_readme_gives_the_totals_of_the_kill_matrix() -> None:
    rows = [row for row in matrix()["mutants"] if row["kind"] == "safety"]
    by_two = sum(len(row["killed_by"]) > 1 for row in rows)
    by_one = sum(len(row["killed_by"]) == 1 for row in rows)
    said = re.search(
        r"of (\d+) mutants that could do harm (.*?) each", README, re.DOTALL
    )
    assert said is not None
    assert int(said[1]) == len(rows)
    assert " ".join(said[2].split()) == (
        f"two finders kill {by_two}, one {by_one}, and"
    )


def test_readme_shows_lines_of_the_violation_that_is_found() -> None:
    (scope,) = (
        each
        for each in default("literal-seed")
        if each.name == "literal-seed-partition"
    )
    violation = explore(scope).violation
    assert violation is not None
    lines = written(scope, violation).splitlines()
    shown = README[README.index("step  agent-1") :]
    for line in shown[: shown.index("```")].splitlines():
        assert any(each.startswith(line) for each in lines), line


def test_readme_names_the_exit_codes() -> None:
    told = dict(re.findall(r"^\| (\d) \| (\w+):", README, flags=re.MULTILINE))
    assert told == {
        str(verdict.exit_code): verdict.value for verdict in reversed(Verdict)
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


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda p: p.name)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for file, heading in links(page.read_text(encoding="utf-8")):
        target = page.parent / file if file else page
        assert target.exists(), file
        if heading:
            assert heading in anchors(target.read_text(encoding="utf-8")), heading


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(index.splitlines())
    assert {page.stem for page in PAGES if page.stem != "index"} <= listed
