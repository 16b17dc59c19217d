"""A program that runs seeds until one breaks a claim, and tells which, in JSON.

`python -m primacy_model.simulation.detector --seeds N` runs under whatever core is
imported: `core` names its file, which must be that of the mutant. `is_whole` tells
whether it came to its end: all seeds were tried, or one broke a claim.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Final

import primacy
from primacy_model.simulation.outcome import UNKNOWN, RunOutcome
from primacy_model.simulation.phases import run
from primacy_model.simulation.schedule import REQUESTS, Schedule
from primacy_model.simulation.schedule_gen import Wish, schedule_of
from primacy_model.simulation.shrinking import shrink

PREY: Final = (
    Wish(),
    Wish(3, ("partition", "link")),
    Wish(4, ("partition", "hub", "link")),
    Wish(3, ("stall", "pause")),
    Wish(),
    Wish(3, ("transfer", "link", "slow")),
    Wish(4, ("topple", "storm")),
    Wish(3, ("crash", "link", "kill")),
    Wish(3, (*REQUESTS, "topple")),
    Wish(4, ("demote", "promote", "admit", "partition", "link")),
    Wish(3, ("replace", "admit", "midway", "kill", "partition")),
    Wish(5, ("demote", "dismiss", "oneway", "power", "link")),
)
"""What is asked of the runs, by turns: a small mesh and few faults find sooner."""


def search(
    seeds: int, first: int, seconds: float | None, shrink: int
) -> dict[str, object]:
    """Run N seeds from the first one, or for some seconds; stop at a violation."""
    began = time.process_time()
    found: str | None = None
    tried = steps = 0
    is_whole = True
    short: dict[str, object] = {}
    for seed in range(first, first + seeds):
        if seconds is not None and time.process_time() - began >= seconds:
            is_whole = False
            break
        schedule = schedule_of(seed, PREY[seed % len(PREY)])
        outcome = run(schedule)
        tried, steps = tried + 1, steps + outcome.counts.events
        found = None if outcome.property == UNKNOWN else outcome.property
        if found is not None:
            if shrink:
                short = _shrunk(schedule, outcome, shrink)
            break
    return {
        "core": primacy.__file__,
        "property": found,
        "is_whole": is_whole,
        "seeds": tried,
        "steps": steps,
        "seconds": round(time.process_time() - began, 2),
        **short,
    }


def _shrunk(schedule: Schedule, outcome: RunOutcome, most: int) -> dict[str, object]:
    """Tell what a failing schedule was shrunk to."""
    shortest, again = shrink(schedule, outcome, most=most)
    return {
        "faults": [len(schedule.faults), len(shortest.faults)],
        "length_ms": [schedule.length_ms, shortest.length_ms],
        "shrunk_property": again.property,
    }


def main() -> None:
    """Search as the command line says, and print what was found as JSON."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, help="processor time of the run")
    parser.add_argument("--shrink", type=int, default=0, help="runs for shrinking")
    found = search(**vars(parser.parse_args()))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
