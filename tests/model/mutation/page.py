"""The page of mutants: which finder kills which, at which bound, and what survives.

`python -m tests.model.mutation.page > docs/mutants.md` writes it from
docs/mutants.json, which `primacy mutants --by check --by prove --by simulation --by
hypothesis --by tests --keep --json docs/mutants.json` writes. Tests compare both with
the catalogue.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from primacy_model.mutation.catalog import BENDS
from primacy_model.mutation.catalog.survivors import SURVIVORS
from primacy_model.mutation.detectors import FINDERS
from primacy_model.mutation.kill_matrix import COUNTED
from tests.model.mutation.pitfalls import ABSENT, PITFALLS
from tests.support.mutated_core import ROOT

MATRIX: Final = ROOT / "docs" / "mutants.json"
MUTATION_RUN: Final = ROOT / "tests/model/mutation/mutation_run.md"
"""What mutmut found, read and judged by hand."""

DECIDED: Final = ("killed", "survived", "undecided")
"""What a finder says that was asked."""

Row = dict[str, Any]
"""A mutant, as JSON has it."""

HEAD: Final = """\
# Mutants

Each mutant is the core with one guard removed or bent: one text of the real source is
replaced in a copy, never by a flag inside core. `tests/model/mutation/test_guards.py`
walks the source of core: every condition, and every clause that a comment cites, has a
mutant, or stands there with the reason why not.

    primacy mutants                     all of them, by all finders
    primacy mutants half-is-a-quorum    one
    primacy mutants --list              what each bends

Four finders look for what breaks, each in a process that imports the copy: `check`
explores worlds with the model checker, and asks for every small configuration where a
check of `Config` is bent; `prove` poses the theorems to z3, `simulation` runs random
schedules, `hypothesis` draws calls of a state machine. A fifth, `tests`, runs the tests
of core that cite the clause. It does not count: a safety mutant is to be killed by two
of the four, one of liveness by one. Those that are not are [explained one by
one](#survivors).

- **Kind**: *safety* if something that must never happen may happen, *liveness* if only
  progress is lost, or a service: a delay, a cost, or a word to whoever watches.
- **Source**: the number of a pitfall of earlier systems and a public report of it, as
  the references of the specification name it; or the section of Ongaro's dissertation;
  or the guarantee that asks for the guard.
- **Guard**: the clause of [the specification](specification.md) that is broken, and
  how.

The page is made from [mutants.json](mutants.json) by
`python -m tests.model.mutation.page > docs/mutants.md`. What was not asked yet is asked
by `primacy mutants --enough --keep --json docs/mutants.json`. It speaks of the core
with this SHA-256, comments and `codec.py` left out:

    {core}
"""

MATRIX_HEAD: Final = """
## The kill matrix

What broke, and where and how soon. A dash: the finder came to its end and found
nothing. *Undecided*: it did not come to its end. An empty cell: it was not asked, which
says nothing about it. `check` tells the place, the depth of the counterexample without
scripted actions, and the states explored; `prove` the law that is not proved, and how
many agents its finite counterexample has. It is asked for the laws that speak of what
is bent, so a dash of `prove` says nothing of other laws.
"""

BOUNDS_HEAD: Final = """
## At which bound each dies

Bounds hide bugs. Of each mutant that `check` kills, by a property of states: how many
electors the place has, and the highest term and longest log of the counterexample. Then
the same place with one elector, one term or one write less, and what became of it.
"""

SURVIVORS_HEAD: Final = """
## Survivors

A safety mutant that fewer than two finders killed, or one of liveness that none did.
The last column says why; it is an argument and no proof. That none of them goes unseen:
the tests of core that cite the clause kill {noticed} of these {count}. The others are
killed by a test of another clause, for `primacy mutants --by tests` asks only for its
own: {rest}.
"""

OPEN_HEAD: Final = """
## Not decided yet

{count} mutants live, and not every finder was asked about them. Nothing else is said of
them than what those that were asked said; the last column is an expectation.
"""

PITFALLS_HEAD: Final = """
## Pitfalls of earlier systems

What real systems of this kind got wrong, and the mutants that do the same.
"""


def matrix() -> dict[str, Any]:
    """Read the matrix."""
    told: dict[str, Any] = json.loads(MATRIX.read_text(encoding="utf-8"))
    return told


def page() -> str:
    """Write the page."""
    told = matrix()
    rows: list[Row] = told["mutants"]
    parts = [
        HEAD.format(core=told["core_sha256"]),
        *_summary(rows),
        MATRIX_HEAD,
        *_matrix(rows),
        BOUNDS_HEAD,
        *_bounds(rows),
        _noticed(rows),
        *_survivors(rows),
        PITFALLS_HEAD,
        *_pitfalls(),
        "\n" + MUTATION_RUN.read_text(encoding="utf-8"),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _noticed(rows: Sequence[Row]) -> str:
    """Tell which survivors the tests of their clause kill."""
    alive = [row for row in rows if not is_killed(row)]
    unseen = [row["id"] for row in alive if _status(row, "tests") != "killed"]
    return SURVIVORS_HEAD.format(
        noticed=len(alive) - len(unseen),
        count=len(alive),
        rest=", ".join(f"`{name}`" for name in unseen),
    )


def _status(row: Row, finder: str) -> str:
    status: str = row["finders"].get(finder, {}).get("status", "")
    return status


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(_safe, cells))} |\n" for cells in lines)


def _safe(cell: str) -> str:
    return cell.replace("|", r"\|").replace("\n", " ")


def is_killed(row: Row) -> bool:
    """Tell whether enough finders killed a mutant."""
    return len(row["killed_by"]) >= (2 if row["kind"] == "safety" else 1)


def is_open(row: Row) -> bool:
    """Tell whether a mutant lives, and some finder was not asked about it yet."""
    names = COUNTED if row["kind"] == "safety" else COUNTED[:1]
    told = (row["finders"].get(name, {}) for name in names)
    was_asked = all(each.get("status") in DECIDED for each in told)
    return not is_killed(row) and not was_asked


# --- the parts ------------------------------------------------------------------------


def _summary(rows: Sequence[Row]) -> Iterator[str]:
    yield "## What it comes to\n"
    heads = ("", "safety", "liveness")
    kinds = ("safety", "liveness")
    lines = [("mutants", *(str(sum(r["kind"] == k for r in rows)) for k in kinds))]
    lines += [
        (f"killed by {finder.name}", *_counts(rows, finder.name)) for finder in FINDERS
    ]
    by_enough = [
        sum(is_killed(row) for row in rows if row["kind"] == kind) for kind in kinds
    ]
    lines.append(("killed by enough of the four", *map(str, by_enough)))
    yield table(heads, lines)


def _counts(rows: Sequence[Row], name: str) -> Iterator[str]:
    for kind in ("safety", "liveness"):
        some = [r["finders"].get(name, {}) for r in rows if r["kind"] == kind]
        asked = [each for each in some if each.get("status") in DECIDED]
        killed = sum(each["status"] == "killed" for each in asked)
        yield f"{killed} of {len(asked)} asked"


MARKS: Final = {"survived": "-", "undecided": "undecided"}


def _matrix(rows: Sequence[Row]) -> Iterator[str]:
    names = [finder.name for finder in FINDERS]
    heads = ("mutant", "source", "guard", "kind", "property", *names)
    yield table(
        heads,
        [
            (
                row["id"],
                row["source"],
                row["guard"],
                row["kind"],
                row["property"].rpartition("::")[2] or "-",
                *(_cell(row["finders"].get(name, {})) for name in names),
            )
            for row in rows
        ],
    )


def _cell(answer: Row) -> str:
    status = answer.get("status", "")
    if status != "killed":
        return MARKS.get(status, "")
    broke = answer["property"].rpartition("::")[2]
    seconds = f"{answer['seconds']:.1f} s"
    return f"{broke}: {answer['told']}, {seconds}"


def _bounds(rows: Sequence[Row]) -> Iterator[str]:
    heads = ("mutant", "property", "electors", "terms", "entries", "with less")
    lines = []
    for row in rows:
        answer = row["finders"].get("check", {})
        figures = answer.get("figures", {})
        if answer.get("status") != "killed" or not figures.get("electors"):
            continue
        less = "; ".join(f"{at['less']}: {at['verdict']}" for at in figures["smaller"])
        counts = (str(figures[name]) for name in ("electors", "terms", "entries"))
        lines.append((row["id"], answer["property"], *counts, less or "-"))
    yield table(heads, lines)


def _survivors(rows: Sequence[Row]) -> Iterator[str]:
    heads = ("mutant", "kind", "killed by", "why it survives")
    yield table(
        heads,
        [
            (
                row["id"],
                row["kind"],
                ", ".join(row["killed_by"]) or "none",
                SURVIVORS.get(row["id"], "not explained"),
            )
            for row in rows
            if not is_killed(row) and not is_open(row)
        ],
    )
    waiting = [row for row in rows if is_open(row)]
    if waiting:
        yield OPEN_HEAD.format(count=len(waiting))
        columns = ("mutant", "kind", "killed by", "not asked yet", "what is expected")
        yield table(columns, [_open(row) for row in waiting])


def _open(row: Row) -> tuple[str, ...]:
    asked = row["finders"]
    names = COUNTED if row["kind"] == "safety" else COUNTED[:1]
    missing = [n for n in names if asked.get(n, {}).get("status") not in DECIDED]
    by = ", ".join(row["killed_by"]) or "none"
    expected = SURVIVORS.get(row["id"], "-")
    return row["id"], row["kind"], by, ", ".join(missing), expected


def _pitfalls() -> Iterator[str]:
    known: dict[int, list[str]] = {}
    for bend in BENDS:
        if found := re.match(r"(\d+)(?:, |$)", bend.source):
            known.setdefault(int(found[1]), []).append(bend.id)
    yield table(
        ("number", "pitfall", "mutants"),
        [
            (str(number), told, ", ".join(known.get(number, [])) or ABSENT[number])
            for number, told in PITFALLS.items()
        ],
    )


if __name__ == "__main__":
    sys.stdout.write(page())
