"""A timed scope, explored under whatever core is imported.

`python -m tests.support.programs.timed_scope '["lease-read", true, false]'` names a
scope, whether instants are forgotten, and whether more is claimed than the guarantees.
"""

from __future__ import annotations

import json
import sys

import primacy
from primacy_model.engines.search import explore
from primacy_model.timed.actions import Pace
from primacy_model.timed.model import TimedMesh
from primacy_model.timed.scopes import deep, scopes


def main(asked: str) -> None:
    """Explore a scope, and tell what breaks and after how many moves."""
    name, forgets, says_more = json.loads(asked)
    (mesh,) = (each.actors for each in (*scopes(), *deep()) if each.name == name)
    assert isinstance(mesh, TimedMesh)
    pace = Pace(forgets=forgets)
    found = explore(
        TimedMesh(name, "A mutant.", mesh.shape, (), pace, says_more=says_more)
    )
    broken = found.violation
    told = {
        "core": primacy.__file__,
        "breaks": broken and broken.claim.id,
        "depth": broken and len(broken.trace.steps),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
