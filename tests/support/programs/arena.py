"""Arenas of mutants, explored by the oracle and by an engine, under whatever core.

`python -m tests.support.programs.arena ID` tells what the oracle found in the arena of
a mutant, and what an engine found there with each set of reductions. They must agree.
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
from primacy_model.mesh.model import World
from primacy_model.mesh.scopes import MeshScope
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog.kills import UNTIMED
from primacy_model.mutation.check_detector import untimed
from primacy_model.mutation.expectation import Kill

MOST_STATES: Final = 20_000
MOST_REDUCED: Final = 300_000
"""An engine explores more, for the sake of arenas in which nothing is left out."""

Told = dict[str, str | int]


def scope_of(kill: Kill) -> MeshScope:
    """Find the scope of a mutant, or make one of its arena."""
    assert isinstance(kill.arena, str | Arena)
    return untimed(kill.id, kill.arena)


def run(kill: Kill, max_states: int = MOST_STATES) -> Exploration[World]:
    """Explore the arena of a mutant under the core that is imported."""
    return explore(scope_of(kill), max_states=max_states)


def report(kill: Kill) -> Told:
    """Tell what the oracle found."""
    found = run(kill)
    return _told(found.verdict, found.violation)


def _told(verdict: Verdict, broken: Violation[World] | None) -> Told:
    return {
        "verdict": verdict.value,
        "property": broken.claim.id if broken else "none",
        "depth": len(broken.trace.steps) if broken else 0,
    }


def reduced(kill: Kill) -> dict[str, Told]:
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
        found[" and ".join(named) or "whole"] = _told(each.verdict, each.violation)
    return found


def main(names: list[str]) -> None:
    """Explore the named mutants."""
    known = {kill.id: kill for kill in UNTIMED}
    for name in names:
        told = {**report(known[name]), "reduced": reduced(known[name])}
        sys.stdout.write(json.dumps({"core": primacy.__file__, **told}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
