"""The proofs as a detector: which law of the core that is imported is not proved.

`python -m primacy_proofs.mutation.detector ID` proves what the catalogue names for a
mutant, and prints one line of JSON. `property` is the first law that was not proved, or
shown to fail, or null; `agents` is the size of the finite counterexample, 0 if there is
none.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Final

import primacy
from primacy_proofs.laws.law import PATHS, RESTS_ON
from primacy_proofs.mutation.mutants import load_tasks
from primacy_proofs.mutation.runner import find_broken_law

NO_THEOREM: Final = "no theorem is about what it changes"


def main(name: str) -> None:
    """Prove about the core that is imported, and report what broke."""
    begun = time.process_time()
    report: dict[str, object] = {"core": primacy.__file__, "property": None}
    task = next((each for each in load_tasks() if each.id == name), None)
    if task is None:
        report["why"] = NO_THEOREM
    else:
        every = tuple(each for each in RESTS_ON if each != PATHS)
        broken = find_broken_law(task.units, frozenset(task.groups or every))
        report["property"] = broken["law"] or None
        report |= {key: broken[key] for key in ("unit", "agents", "obligations")}
    report["seconds"] = round(time.process_time() - begun, 1)
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
