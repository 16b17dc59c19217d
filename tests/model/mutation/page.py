"""The page of mutants: which detector kills which, in which bounds, and what survives.

`python -m tests.model.mutation.page > docs/mutants.md` writes it from the catalogue and
from kill_matrix.json beside this file, which `primacy mutants --by check --by prove
--by simulation --by hypothesis --by tests --keep --json FILE` writes. Tests compare
both with the catalogue.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from primacy_model.mesh.scopes import DEFAULT
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog.mutants import find_mutant, load_mutants
from primacy_model.mutation.detectors import DETECTORS
from primacy_model.mutation.expectation import KillPlace, TimedPlace, load_kills
from primacy_model.mutation.kill_matrix import COUNTED
from primacy_model.synchrony.scopes import LIVING
from primacy_model.timed.scopes import scopes
from tests.model.mutation.pitfalls import ABSENT, PITFALLS
from tests.support.mutated_core import ROOT

MATRIX: Final = ROOT / "tests" / "model" / "mutation" / "kill_matrix.json"
MUTATION_RUN: Final = ROOT / "tests" / "model" / "mutation" / "mutation_run.md"
"""What mutmut found, read and judged by hand."""

HARMS: Final = ("safety", "liveness")
DECIDED: Final = ("killed", "survived", "undecided")
"""The outcomes of a detector that was run."""
OTHERS: Final = ("simulation", "hypothesis", "tests")
"""The detectors that share a column."""

Row = dict[str, Any]
"""A mutant, as JSON has it."""

HEAD: Final = """\
# Mutants

Each mutant is the core with one fault: a text of one module is replaced in a copy,
never by a flag inside core. [The
catalogue](../model/primacy_model/mutation/catalog/__init__.py) has one TOML file for
each module of core, and in it one entry for each mutant. A test walks the source of
core: every condition, and every clause that a comment cites, has a mutant, or a reason
why not.

    primacy mutants                     all of them, by all detectors
    primacy mutants half-is-a-quorum    one
    primacy mutants --list              what each breaks

Four detectors look for the fault, each in a process that imports the copy: `check`
explores scopes with the model checker, and constructs every small configuration if the
mutant changes a check of `Config`; `prove` poses the theorems to z3; `simulation` runs
random schedules; `hypothesis` draws calls of a state machine. A fifth, `tests`, runs
the tests of core that cite the clause, and does not count. A safety mutant is to be
killed by two of the four, a liveness mutant by one; each survivor is
[explained](#survivors).

- **Harm**: *safety* if something that must never happen may happen; *liveness* if only
  progress or a service is lost: a delay, a cost, or a report to an observer.
- **Fault**: the clause of [the specification](specification.md) that is broken, and
  how.

This page is made from [the kill matrix](../tests/model/mutation/kill_matrix.json) by
`python -m tests.model.mutation.page > docs/mutants.md`, and the matrix by `primacy
mutants --enough --keep --json tests/model/mutation/kill_matrix.json`, which runs what
is missing. The matrix is of the core with this SHA-256, comments and `codec.py` left
out:

    {core}
"""

PLACES_HEAD: Final = """
### Where `check` kills

A kill in a default scope is one that `primacy check`, or `primacy check --model
liveness`, finds without knowing the mutant. An arena is made for its mutant: a small
mesh, most often after a script that leads near to the fault. Such a kill shows that the
property can see the fault, not that the default scopes reach it.
"""

MATRIX_HEAD: Final = """
## The kill matrix

What broke. `prove` gives the law that is not proved, the message, and the number of
agents of the counterexample. A dash: the detector came to its end and found
nothing. *Undecided*: it did not come to its end. A detector that is not named, or an
empty cell: it was not run, which says nothing. `prove` is run on the laws about what is
changed, so its dash says nothing of other laws. No scope reaches `observation.py`, so
there the dash of `check` says nothing either.
"""

BOUNDS_HEAD: Final = """
## The bounds in which `check` kills

Bounds hide bugs. The place; the depth of the counterexample without scripted actions
(of a lasso: the steps that lead to its loop); the states explored; the electors of the
place, and the highest term and longest log of the counterexample; and what became of
the same place with one elector, one term or one write less.
"""

SURVIVORS_HEAD: Final = """
## Survivors

A safety mutant that fewer than two detectors killed, or a liveness mutant that none
did. The reason is an argument and no proof. The tests of core that cite the clause kill
{noticed} of these {count}. The others are killed by a test of another clause, which
`primacy mutants --by tests` does not run: {rest}.
"""

OPEN_HEAD: Final = """
## Not decided yet

{count} mutants survive that not every detector was run on.
"""

PITFALLS_HEAD: Final = """
## Pitfalls of earlier systems

What real systems of this kind got wrong, and the mutants that do the same.
"""


def read_matrix() -> dict[str, Any]:
    """Read the kill matrix."""
    content: dict[str, Any] = json.loads(MATRIX.read_text(encoding="utf-8"))
    return content


def render_page() -> str:
    """Render the page."""
    content = read_matrix()
    rows: list[Row] = content["mutants"]
    parts = [
        HEAD.format(core=content["core_sha256"]),
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


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Render a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(_safe, cells))} |\n" for cells in lines)


def _safe(cell: str) -> str:
    return cell.replace("|", r"\|").replace("\n", " ")


def _outcome(row: Row, detector: str) -> Row:
    outcome: Row = row["detectors"].get(detector, {})
    return outcome


def _status(row: Row, detector: str) -> str:
    status: str = _outcome(row, detector).get("status", "")
    return status


def is_killed(row: Row) -> bool:
    """Tell whether enough detectors killed a mutant."""
    return len(row["killed_by"]) >= (2 if row["harm"] == "safety" else 1)


def not_run(row: Row) -> list[str]:
    """Name the detectors that could still kill a mutant and were not run on it."""
    names = COUNTED if row["harm"] == "safety" else COUNTED[:1]
    return [name for name in names if _status(row, name) not in DECIDED]


def is_open(row: Row) -> bool:
    """Tell whether a mutant survives that some detector was not run on."""
    return not is_killed(row) and bool(not_run(row))


# --- the summary ----------------------------------------------------------------------


def _summary(rows: Sequence[Row]) -> Iterator[str]:
    yield "## Summary\n"
    counts = [sum(row["harm"] == harm for row in rows) for harm in HARMS]
    lines = [("mutants", *map(str, counts))]
    lines += [
        (f"killed by `{each.name}`", *_counts(rows, each.name)) for each in DETECTORS
    ]
    enough = [sum(is_killed(r) for r in rows if r["harm"] == harm) for harm in HARMS]
    lines.append(("killed by the required number of detectors", *map(str, enough)))
    yield table(("", *HARMS), lines)
    yield PLACES_HEAD
    places = count_places(rows)
    yield table(
        ("place of the kill", *HARMS),
        [
            (place, *(str(places[place, harm]) for harm in HARMS))
            for place in dict.fromkeys(place for place, _ in places)
        ],
    )


def _counts(rows: Sequence[Row], name: str) -> Iterator[str]:
    for harm in HARMS:
        statuses = [_status(row, name) for row in rows if row["harm"] == harm]
        ran = sum(status in DECIDED for status in statuses)
        yield f"{statuses.count('killed')} of {ran} run" if ran else "not run"


IN_DEFAULT: Final = "a default scope"
IN_CHANGED: Final = "a default scope, with a reduction left out or a bound raised"
BY_NAME: Final = "a scope that is explored only by name"
CONFIGURATIONS: Final = "all small configurations"
IN_ARENA: Final = "an arena made for the mutant"
PLACES: Final = (IN_DEFAULT, IN_CHANGED, BY_NAME, CONFIGURATIONS, IN_ARENA)


def count_places(rows: Sequence[Row]) -> dict[tuple[str, str], int]:
    """Count the kills of `check` by the sort of place and the harm of the mutant."""
    counts = {(place, harm): 0 for place in PLACES for harm in HARMS}
    for row in rows:
        if _status(row, "check") == "killed":
            counts[_place(row), row["harm"]] += 1
    return counts


def _place(row: Row) -> str:
    where = _outcome(row, "check")["figures"]["where"]
    expected = first_places().get(row["id"])
    if isinstance(expected, Arena):
        return IN_ARENA
    if isinstance(expected, TimedPlace) and expected != TimedPlace(expected.scope):
        return IN_CHANGED
    if where == "small configurations":
        return CONFIGURATIONS
    known = [each.name for each in DEFAULT]
    known += [each.name for each in scopes()]
    known += [each.name for each in LIVING]
    if where in known:
        return IN_DEFAULT
    return IN_CHANGED if where.endswith("nothing forgotten") else BY_NAME


def first_places() -> dict[str, KillPlace]:
    """Map each mutant to the place in which `primacy mutants` explores it first."""
    return {kill.id: kill.place for kill in reversed(load_kills())}


# --- the matrix -----------------------------------------------------------------------


MARKS: Final = {"survived": "-", "undecided": "undecided"}


def _matrix(rows: Sequence[Row]) -> Iterator[str]:
    heads = ("mutant", "harm", "fault", "check", "prove", "other detectors")
    for module, some in groupby(rows, lambda row: find_mutant(row["id"]).module):
        yield f"### {module}.py\n"
        yield table(heads, map(_cells, some))


def _cells(row: Row) -> tuple[str, ...]:
    mutant = find_mutant(row["id"])
    others = (
        f"{name}: {cell}" for name in OTHERS if (cell := _cell(_outcome(row, name)))
    )
    prove = _outcome(row, "prove")
    told = f" ({prove['detail']})" if prove.get("status") == "killed" else ""
    return (
        mutant.id,
        mutant.harm.value,
        f"{mutant.clause}: {mutant.fault}",
        _cell(_outcome(row, "check")),
        _cell(prove) + told,
        "; ".join(others),
    )


def _cell(outcome: Row) -> str:
    status = outcome.get("status", "")
    if status != "killed":
        return MARKS.get(status, "")
    broken: str = outcome["property"]
    return broken.rpartition("::")[2]


def _bounds(rows: Sequence[Row]) -> Iterator[str]:
    heads = ("mutant", "property", "place", "depth", "states", "bounds", "with less")
    lines = []
    for row in rows:
        outcome = _outcome(row, "check")
        if outcome.get("status") != "killed":
            continue
        figures = outcome["figures"]
        less = "; ".join(f"{at['less']}: {at['verdict']}" for at in figures["smaller"])
        bounds = ", ".join(
            f"{figures[name]} {name}" for name in ("electors", "terms", "entries")
        )
        lines.append(
            (
                row["id"],
                outcome["property"],
                figures["where"],
                str(figures["depth"]),
                f"{figures['states']:,}",
                bounds if figures["electors"] else "-",
                less or "-",
            )
        )
    yield table(heads, lines)


# --- the survivors --------------------------------------------------------------------


def _noticed(rows: Sequence[Row]) -> str:
    """Say which survivors the tests of their clause kill."""
    survivors = [row for row in rows if not is_killed(row)]
    unseen = [row["id"] for row in survivors if _status(row, "tests") != "killed"]
    return SURVIVORS_HEAD.format(
        noticed=len(survivors) - len(unseen),
        count=len(survivors),
        rest=", ".join(f"`{name}`" for name in unseen),
    )


def _survivors(rows: Sequence[Row]) -> Iterator[str]:
    survivors = [row for row in rows if not is_killed(row) and not is_open(row)]
    heads = ("mutant", "harm", "killed by", "why it survives")
    yield table(heads, [(*_killers(row), _reason(row)) for row in survivors])
    waiting = [row for row in rows if is_open(row)]
    if waiting:
        yield OPEN_HEAD.format(count=len(waiting))
        yield table(
            ("mutant", "harm", "killed by", "not run yet"),
            [(*_killers(row), ", ".join(not_run(row))) for row in waiting],
        )


def _killers(row: Row) -> tuple[str, str, str]:
    return row["id"], row["harm"], ", ".join(row["killed_by"]) or "none"


def _reason(row: Row) -> str:
    return find_mutant(row["id"]).survives or "not explained"


# --- the pitfalls ---------------------------------------------------------------------


def _pitfalls() -> Iterator[str]:
    known: dict[int, list[str]] = {}
    for mutant in load_mutants():
        if found := re.match(r"(\d+)(?:, |$)", mutant.source):
            known.setdefault(int(found[1]), []).append(mutant.id)
    yield table(
        ("number", "pitfall", "mutants"),
        [
            (str(number), pitfall, ", ".join(known.get(number, [])) or ABSENT[number])
            for number, pitfall in PITFALLS.items()
        ],
    )


if __name__ == "__main__":
    sys.stdout.write(render_page())
