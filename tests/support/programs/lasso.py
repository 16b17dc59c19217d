"""Mutants under which a claim about runs fails, and the worlds that show it.

`python -m tests.support.programs.lasso WORLD` explores one world under whatever core is
imported and tells what it found. Claims about states are left out, for a lasso is
wanted, and the first finite run that breaks another claim would end the search. Without
a world it writes the tables of docs/liveness.md, which takes some minutes.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Final

import primacy
from primacy_model.checker.liveness import FairExploration, explore
from primacy_model.checker.model import Kind
from primacy_model.mutation.expectation import ExpectedKill, RunsPlace, load_kills
from primacy_model.synchrony.model import StabilizingMesh
from primacy_model.synchrony.scopes import DEEP_LIVING, LIVING
from primacy_model.synchrony.state import PhasedWorld

MOST_STATES: Final = 150_000


def lassos() -> tuple[ExpectedKill, ...]:
    """List the kills by a claim about runs that tests repeat."""
    return tuple(
        kill
        for kill in load_kills()
        if kill.is_retested and isinstance(kill.place, RunsPlace)
    )


def world(name: str) -> StabilizingMesh:
    """Find a world."""
    return next(each for each in (*LIVING, *DEEP_LIVING) if each.name == name)


def of_runs(scope: StabilizingMesh) -> StabilizingMesh:
    """Leave out the claims about states."""
    runs = [each for each in scope.properties if each.kind is Kind.EVENTUALLY]
    return replace(scope, properties=runs)


def report(name: str) -> dict[str, str | int]:
    """Tell what an exploration found, and in which core."""
    scope = of_runs(world(name))
    found: FairExploration[PhasedWorld] = explore(scope, max_states=MOST_STATES)
    broken = found.violation
    told: dict[str, str | int] = {
        "core": primacy.__file__,
        "verdict": found.verdict.value,
        "property": broken.claim.id if broken else "none",
        "way": -1,
        "loop": -1,
        "states": found.states,
    }
    if broken is not None and broken.trace.loop is not None:
        told["way"] = broken.trace.loop
        told["loop"] = len(broken.trace.steps) - broken.trace.loop
    return told


# --- the document ---------------------------------------------------------------------


def figures(found: FairExploration[PhasedWorld]) -> str:
    """Write what was found in a world as a row of a table."""
    (course,) = found.courses
    numbers = (
        found.states,
        found.transitions,
        course.begun,
        course.pending,
        course.reached,
        course.components,
        course.unfair,
        course.cut,
    )
    cells = (found.model, course.id, *(f"{number:,}" for number in numbers))
    return f"| {' | '.join((*cells, found.verdict.value))} |"


def row(lasso: ExpectedKill) -> str:
    """Write what a mutant does as a row of a table."""
    mutant = lasso.mutant
    assert isinstance(lasso.place, RunsPlace)
    cells = (
        mutant.id,
        mutant.source,
        mutant.guard,
        lasso.place.scope,
        lasso.breaks,
        str(lasso.depth),
        str(lasso.loop),
    )
    return f"| {' | '.join(cells)} |"


def main(names: list[str]) -> None:
    """Explore the named worlds, or write the tables."""
    for name in names:
        sys.stdout.write(json.dumps(report(name)) + "\n")
    if not names:
        for scope in (*LIVING, *DEEP_LIVING):
            sys.stdout.write(figures(explore(scope)) + "\n")
        sys.stdout.write("\n".join(map(row, lassos())) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
