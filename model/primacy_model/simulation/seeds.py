"""Many runs, one after the other or in several processes, told in the order of seeds.

Contract: what is reported does not depend on how many processes there are. A worker
runs one schedule at a time and knows nothing of the others. A worker that dies ends all
of it: `BrokenProcessPool` is raised, as a seed without an outcome is not called good.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from types import FrameType
from typing import Final

from primacy_model.simulation.outcome import RunOutcome
from primacy_model.simulation.phases import run
from primacy_model.simulation.schedule_gen import Wish, schedule_of

SignalHandler = Callable[[int, FrameType | None], object] | int | None

AHEAD: Final = 4
"""How many tasks for each process are handed out at once."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run, and what it cost."""

    outcome: RunOutcome
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


def _on_closed_pipe(handler: SignalHandler) -> SignalHandler:
    """Change what a write to a pipe without reader does; tell what it did before.

    The pool may write to workers that are gone. That must not end the program.
    """
    if hasattr(signal, "SIGPIPE"):  # there is none on Windows
        return signal.signal(signal.SIGPIPE, handler)
    return handler


def runs(seeds: Sequence[int], wish: Wish, jobs: int) -> Iterator[Ran]:
    """Run all seeds; what came of each, in their order."""
    tasks = (Task(seed, wish) for seed in seeds)
    jobs = min(jobs, len(seeds))
    if jobs == 1:
        yield from map(_ran, tasks)
        return
    has_fork = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if has_fork else None)
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, context, _leave_interrupts_to_the_parent)
    under_way: deque[Future[Ran]] = deque()
    old = _on_closed_pipe(signal.SIG_IGN)
    try:
        for task in tasks:
            under_way.append(pool.submit(_ran, task))
            if len(under_way) == AHEAD * jobs:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()  # a run may be long, and nobody waits for it now
        pool.shutdown(cancel_futures=True)
        _on_closed_pipe(old)
