"""What docs/conformance.md says, compared with the vectors and the code."""

import json
import re
from pathlib import Path

from primacy_model.conformance.coverage_statement import NO_VECTOR, UNPASSED
from primacy_model.conformance.trace_reader import LONGEST, MOST_AGENTS, MOST_LINES
from tests.support.traceability import DOCUMENTS

PAGE = DOCUMENTS["docs/conformance.md"]


def test_the_figures_of_the_page_are_those_of_the_manifest(made: Path) -> None:
    told = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    coverage, files = told["coverage"], told["files"].values()
    traces = sum(row["holds"] == "trace" for row in files)
    paths = sum(coverage["paths"].values())
    expected = (
        f"{told['vectors']:,} vectors and {traces} scenarios go {paths} different"
        f" paths. They pass {coverage['passed']} of the {coverage['places']} places"
        f" of the handlers, and {len(coverage['clauses'])} clauses."
    )
    begin, end = (f"<!-- coverage: {mark} -->" for mark in ("begin", "end"))
    shown = PAGE.partition(begin)[2].partition(end)[0]
    assert " ".join(shown.split()) == expected


def test_the_page_says_what_is_not_passed() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (\d+) \| (.+) \|$", PAGE, re.MULTILINE)
    told = {name: (int(count), why) for name, count, why in rows}
    assert told == UNPASSED


def test_the_page_says_the_limits() -> None:
    limits = f"{LONGEST // 2**20} MiB, a trace at most {MOST_LINES:,} lines"
    assert f"{limits} and {MOST_AGENTS:,} agents" in " ".join(PAGE.split())


def test_the_page_names_the_clauses_without_a_vector() -> None:
    for name in NO_VECTOR:
        mark = f"`{name}`" if name.endswith("*") else f"**{name}**"
        assert mark in PAGE
