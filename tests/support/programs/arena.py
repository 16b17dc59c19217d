"""Expected kills, explored by the oracle and by an engine, under whatever core.

`python -m tests.support.programs.arena NUMBER` prints what the oracle finds in the
place of a kill, by its number among those that tests repeat, and what an engine finds
there with each set of reductions. They must agree.
"""

from __future__ import annotations

import json
import sys
from itertools import product
from typing import Final

import primacy
from primacy_model.checker.reference_bfs import Exploration, Verdict, explore
from primacy_model.checker.trace import Violation
from primacy_model.engines import search
from primacy_model.engines.search import Engine
from primacy_model.mesh.model import MeshWorld
from primacy_model.mesh.scopes import MeshScope
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.check_detector import find_scope
from primacy_model.mutation.expectation import ExpectedKill, load_kills

MOST_STATES: Final = 20_000
MOST_REDUCED: Final = 300_000
"""An engine explores more, for the sake of arenas in which nothing is left out."""

Report = dict[str, str | int]


def retested() -> tuple[ExpectedKill, ...]:
    """List the kills without clocks, by a property of states, that tests repeat."""
    return tuple(
        kill
        for kill in load_kills()
        if kill.is_retested and isinstance(kill.place, str | Arena)
    )


def scope_of(kill: ExpectedKill) -> MeshScope:
    """Find the scope of a kill, or make one of its arena."""
    assert isinstance(kill.place, str | Arena)
    return find_scope(kill.id, kill.place)


def run(kill: ExpectedKill, max_states: int = MOST_STATES) -> Exploration[MeshWorld]:
    """Explore the place of a kill under the core that is imported."""
    return explore(scope_of(kill), max_states=max_states)


def report(kill: ExpectedKill) -> Report:
    """Report what the oracle found."""
    found = run(kill)
    return _report(found.verdict, found.violation)


def _report(verdict: Verdict, broken: Violation[MeshWorld] | None) -> Report:
    return {
        "verdict": verdict.value,
        "property": broken.claim.id if broken else "none",
        "depth": len(broken.trace.steps) if broken else 0,
    }


def reduced(kill: ExpectedKill) -> dict[str, Report]:
    """Explore with an engine, with each set of reductions."""
    scope, found = scope_of(kill), {}
    for prunes, forgets in product((False, True), {False, scope.forgets}):
        each = search.explore(
            scope.actors,
            Engine.MEMO,
            prunes=prunes,
            forgets=forgets,
            max_states=MOST_REDUCED,
        )
        named = [
            name for name, is_so in (("prunes", prunes), ("forgets", forgets)) if is_so
        ]
        found[" and ".join(named) or "whole"] = _report(each.verdict, each.violation)
    return found


def main(numbers: list[str]) -> None:
    """Explore the kills that are numbered."""
    kills = retested()
    for kill in (kills[int(number)] for number in numbers):
        found = {**report(kill), "reduced": reduced(kill)}
        sys.stdout.write(json.dumps({"core": primacy.__file__, **found}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
