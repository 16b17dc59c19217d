"""The page of clauses: where each is enforced, tested, guarded by mutants and proved.

`python -m tests.clauses.page > docs/clauses.md` writes it; a test compares it.

Contract: the edges are those that `tests/test_traceability.py` checks, and those that
mutants and theorems name by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from primacy_model.mutation.catalog.mutants import load_mutants
from primacy_proofs.theorems.catalog import THEOREMS
from tests.support.traceability import (
    CORE,
    SPECIFICATION,
    TESTS,
    cited_by_tests,
    cited_in_comments,
    sections,
)

HEAD: Final = """\
# Clauses

Each clause of [the specification](specification.md): the lines of core that enforce it,
the tests that cite it, the mutants that break it, and the theorems that name it or
assume it. The page is made from the code, by
`python -m tests.clauses.page > docs/clauses.md`. `pytest --clause NAME` runs the
tests of a clause.

Obligations of a runtime (`runtime.*`) and the laws of the codec (`codec.*`) are
enforced by no single line of core. A clause without a theorem is not claimed to be
proved; [the theorems](theorems.md) say what is.
"""

Links = Mapping[str, list[str]]
"""By clause, what a cell of the table says."""


def page() -> str:
    """Write the page."""
    columns = (in_core(), in_tests(), in_mutants(), in_theorems())
    return "\n".join([HEAD, *(text for text in tables(columns))])


def tables(columns: Iterable[Links]) -> Iterator[str]:
    """Write one table for each section of the specification."""
    kept = list(columns)
    for section, names in sections(SPECIFICATION):
        yield f"## {section}\n"
        yield "| clause | core | tests | mutants | theorems |\n|---|---|---|---|---|"
        for name in names:
            cells = [f"[{name}](specification.md#{anchor(section)})"]
            cells += [", ".join(links.get(name, ())) or "-" for links in kept]
            yield f"| {' | '.join(cells)} |"
        yield ""


def in_core() -> Links:
    """Link each clause to the lines whose comments cite it."""
    found: dict[str, list[str]] = {}
    for name, where in cited_in_comments(CORE):
        path, _, line = where.rpartition(":")
        module = path.rpartition("/")[2]
        found.setdefault(name, []).append(f"[{module}:{line}](../{path}#L{line})")
    return found


def in_tests() -> Links:
    """Link each clause to the files whose tests cite it, with how many do."""
    counts: dict[str, dict[str, int]] = {}
    for name, where in cited_by_tests(TESTS):
        path = where.rpartition(":")[0]
        counts.setdefault(name, {}).setdefault(path, 0)
        counts[name][path] += 1
    return {
        name: [
            f"[{path.removeprefix('tests/')}](../{path}){f' ({count})' * (count > 1)}"
            for path, count in files.items()
        ]
        for name, files in counts.items()
    }


def in_mutants() -> Links:
    """Link each clause to the mutants that break it."""
    found: dict[str, list[str]] = {}
    for mutant in load_mutants():
        link = f"[{mutant.id}](mutants.md#{anchor(f'{mutant.module}.py')})"
        found.setdefault(mutant.clause, []).append(link)
    return found


def in_theorems() -> Links:
    """Link each clause to the theorems that name it, or assume it."""
    found: dict[str, list[str]] = {}
    for theorem in THEOREMS:
        link = f"[{theorem.id}](theorems.md#{anchor(f'{theorem.id} {theorem.name}')})"
        for clause in (*theorem.clauses, *theorem.assumes):
            found.setdefault(clause, []).append(link)
    return found


def anchor(heading: str) -> str:
    """Name a heading as links do."""
    return heading.lower().replace(" ", "-").replace(".", "")


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is its purpose
