"""The page of clauses is made from the code, and `--clause` selects by it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.clauses.page import page
from tests.support.traceability import ROOT, SPECIFICATION, clauses, sections

PAGE = ROOT / "docs" / "clauses.md"


def collect(*words: str) -> subprocess.CompletedProcess[str]:
    """Let pytest list tests."""
    command: Sequence[str | Path] = (sys.executable, "-m", "pytest", *words)
    return subprocess.run(
        [*command, "--collect-only", "--quiet", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_page_is_made_from_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_clause_stands_in_one_section() -> None:
    listed = [name for _, names in sections(SPECIFICATION) for name in names]
    assert listed == clauses(SPECIFICATION)


def test_tests_are_selected_by_the_clause_that_they_cite() -> None:
    done = collect("--clause", "vote.log", "tests/core/test_votes.py")
    listed = [line for line in done.stdout.splitlines() if "::" in line]
    names = {line.partition("::")[2].partition("[")[0] for line in listed}
    assert done.returncode == 0
    assert names == {"test_candidate_with_an_older_log_is_refused"}


def test_tests_are_selected_by_a_group_of_clauses() -> None:
    one, group = (
        collect("--clause", name, "tests/core/test_votes.py").stdout.count("::")
        for name in ("vote.log", "vote.*")
    )
    assert 0 < one < group


def test_an_unknown_clause_is_refused_in_one_sentence() -> None:
    done = collect("--clause", "vote.logs", "tests/core/test_votes.py")
    assert done.returncode == 4
    (line,) = filter(None, done.stderr.splitlines())
    assert line.startswith("ERROR: no clause is named 'vote.logs'; did you mean vote.")
