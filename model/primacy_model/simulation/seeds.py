"""Many runs, one after the other or in several processes, told in the order of seeds.

Its law: what is told does not depend on how many processes there are. A worker runs one
schedule at a time and knows nothing of the others.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from primacy_model.simulation.conduct import run
from primacy_model.simulation.drawing import Wish, schedule_of
from primacy_model.simulation.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run, and what it cost."""

    outcome: Outcome
    core_s: float
    """Seconds of one core. They differ from run to run."""


@dataclass(frozen=True, slots=True)
class Task:
    """A seed, and what is asked of its run."""

    seed: int
    wish: Wish


def _ran(task: Task) -> Ran:
    began = time.process_time()
    outcome = run(schedule_of(task.seed, task.wish))
    return Ran(outcome, time.process_time() - began)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def runs(seeds: Sequence[int], wish: Wish, jobs: int) -> Iterator[Ran]:
    """Run all seeds; what came of each, in their order."""
    tasks = [Task(seed, wish) for seed in seeds]
    if jobs == 1 or len(tasks) == 1:
        yield from map(_ran, tasks)
        return
    has_fork = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if has_fork else None)
    with closing(
        context.Pool(min(jobs, len(tasks)), _leave_interrupts_to_the_parent)
    ) as pool:
        try:
            yield from pool.imap(_ran, tasks)
        finally:
            pool.terminate()
            pool.join()
