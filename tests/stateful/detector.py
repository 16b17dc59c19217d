"""Hunt for a broken claim under whatever core is imported, and tell what was found.

`python -m tests.stateful.detector [--examples N] [--seed S]` runs the machines in turn
and prints one line of JSON: `core` is the file of the core, `property` the id of the
claim that broke, `raises` where the core raised an exception, or null; `examples` how
many runs were made until it broke; `steps` how many calls the shrunk failure has;
`seconds` how much processor time all took. The same seed gives the same hunt. The
failure is written into the folder that `--into` names: `transcript.txt` and
`reproduction.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

import primacy
from primacy_model.simulation.cluster import Broken
from primacy_model.simulation.record import reproduction, transcript
from tests.stateful.failure_report import Failure
from tests.stateful.machine import Adversary, LeaseAdversary

EXAMPLES: Final = 1000
STEPS: Final = 50
PORTION: Final = 100
"""How many runs of a machine there are before it is the other's turn."""
MACHINES: Final = (Adversary, LeaseAdversary)
WRITERS: Final = {"transcript.txt": transcript, "reproduction.py": reproduction}


def hunted(examples: int, seeded: int) -> tuple[int, Failure | None]:
    """Make that many runs, or fewer if one fails; count them."""
    made, turn = 0, 0
    while made < examples:
        machine = MACHINES[turn % len(MACHINES)]
        machine.examples, machine.failure = 0, None
        try:
            run_state_machine_as_test(
                seed(seeded * 10_000 + turn)(machine),
                settings=settings(
                    max_examples=min(PORTION, examples - made),
                    stateful_step_count=STEPS,
                    deadline=None,
                    database=None,
                    derandomize=False,
                    print_blob=False,
                    phases=[Phase.generate, Phase.shrink],
                    report_multiple_bugs=False,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        except Exception:
            if machine.failure is None:
                raise  # a mistake of the machine
            return made + machine.examples + 1, machine.failure
        made += machine.examples
        turn += 1
    return made, None


def main(words: list[str]) -> None:
    """Hunt, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.stateful.detector")
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args(words)
    begun = time.process_time()
    with redirect_stdout(sys.stderr):  # hypothesis says so if shrinking takes long
        examples, failure = hunted(asked.examples, asked.seed)
    broken = None
    if failure is not None:
        error = failure.error
        broken = error.claim if isinstance(error, Broken) else "raises"
        if asked.into is not None and failure.cluster is not None:
            run = failure.cluster, error
            asked.into.mkdir(parents=True, exist_ok=True)
            for name, write in WRITERS.items():
                (asked.into / name).write_text(write(*run), encoding="utf-8")
    told = {
        "core": primacy.__file__,
        "property": broken,
        "examples": examples,
        "steps": failure and failure.steps,
        "seconds": round(time.process_time() - begun, 1),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
