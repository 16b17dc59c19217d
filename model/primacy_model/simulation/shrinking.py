"""A failing schedule made short: delta debugging, with the same claim broken.

Contract: what is accepted breaks the same claim, and no schedule that is tried is
larger than the one before it. How long it goes on is counted in runs, not in seconds,
so it ends with the same schedule on any machine.

To leave out a fault moves every draw behind it, and a violation that needs luck may go.
So each candidate is tried with a few seeds.

Source: Zeller and Hildebrandt, *Simplifying and Isolating Failure-Inducing Input*,
2002.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Final

from primacy_model.simulation.outcome import RunOutcome
from primacy_model.simulation.phases import run
from primacy_model.simulation.schedule import PAIR, Fault, Schedule

MOST_RUNS: Final = 400
SEEDS: Final = 3
"""How many seeds are tried with each candidate."""

APART: Final = 1_000_003
"""Between two of them, so that they are seeds of nobody else."""

ShrinkProgress = Callable[[int, Schedule], None]
"""Told after each run: how many there were, and the shortest schedule so far."""


def shrink(
    schedule: Schedule,
    outcome: RunOutcome,
    told: ShrinkProgress = lambda _runs, _shortest: None,
    most: int = MOST_RUNS,
) -> tuple[Schedule, RunOutcome]:
    """Make a failing schedule short; give it with what comes of it."""
    shortest, worst, runs = schedule, outcome, 0
    is_shorter = True
    while is_shorter:
        is_shorter = False
        for candidate in _candidates(shortest, worst):
            for turn in range(SEEDS):
                if runs >= most:
                    return shortest, worst
                seed = shortest.seed + turn * APART
                tried = replace(candidate, seed=seed)
                found = run(tried)
                runs += 1
                told(runs, shortest)
                if found.property == outcome.property:
                    shortest, worst, is_shorter = tried, found, True
                    break
            if is_shorter:
                break
    return shortest, worst


def _candidates(schedule: Schedule, outcome: RunOutcome) -> Iterator[Schedule]:
    """Give smaller schedules, those that leave out most first."""
    length_ms = outcome.at_us // 1_000 + 1
    if length_ms < schedule.length_ms:
        early = tuple(each for each in schedule.faults if each.at_ms < length_ms)
        yield replace(schedule, length_ms=length_ms, faults=early)
    for faults in _fewer(schedule.faults):
        yield replace(schedule, faults=faults)
    yield from _smaller_mesh(schedule)
    for clients in (0, 1, schedule.clients // 2):
        if clients < schedule.clients:
            yield replace(schedule, clients=clients)
    yield from _plainer(schedule)
    if schedule.length_ms > 4 * schedule.election_ms:
        half = schedule.length_ms // 2
        early = tuple(each for each in schedule.faults if each.at_ms < half)
        yield replace(schedule, length_ms=half, faults=early)
    yield from _shorter_faults(schedule)


def _fewer(faults: tuple[Fault, ...]) -> Iterator[tuple[Fault, ...]]:
    """Leave out a half, a quarter, an eighth ... and at last each alone."""
    size = len(faults)
    while size:
        for start in range(0, len(faults), size):
            yield faults[:start] + faults[start + size :]
        size = size // 2


def _smaller_mesh(schedule: Schedule) -> Iterator[Schedule]:
    """Leave out the last worker, the last two electors, or one, or newcomers."""
    for electors, workers in (
        (schedule.electors, 0),
        (schedule.electors, schedule.workers - 1),
        (3, schedule.workers),
        (schedule.electors - 2, schedule.workers),
        (schedule.electors - 1, schedule.workers),
    ):
        is_smaller = electors + workers < schedule.electors + schedule.workers
        if workers < 0 or electors < 1 or not is_smaller:
            continue
        yield _among(schedule, electors, workers, schedule.newcomers)
    for newcomers in (0, schedule.newcomers // 2, schedule.newcomers - 1):
        if 0 <= newcomers < schedule.newcomers:
            yield _among(schedule, schedule.electors, schedule.workers, newcomers)


def _among(schedule: Schedule, electors: int, workers: int, newcomers: int) -> Schedule:
    """Leave out the last agents, and what befalls them."""
    bare = replace(
        schedule,
        electors=electors,
        workers=workers,
        newcomers=newcomers,
        rates_ppm=(),
        faults=(),
    )
    rates = dict(zip(schedule.names, schedule.rates_ppm, strict=False))
    befallen = (
        replace(each, who=tuple(who for who in each.who if who in bare.names))
        for each in schedule.faults
        if not each.who or _is_left(each, bare.names)
    )
    kept = tuple(rates[name] for name in bare.names) if rates else ()
    return replace(bare, rates_ppm=kept, faults=tuple(befallen))


def _is_left(fault: Fault, names: Collection[str]) -> bool:
    """Tell whether enough of those whom a fault befalls are among these."""
    left = sum(who in names for who in fault.who)
    return left == len(fault.who) if fault.kind == PAIR else left > 0


def _plainer(schedule: Schedule) -> Iterator[Schedule]:
    """Make the network and the clocks plain, one thing at a time."""
    for candidate in (
        replace(schedule, loss=0),
        replace(schedule, duplicates=0),
        replace(schedule, stragglers=0),
        replace(schedule, rates_ppm=()),
        replace(schedule, shape="constant"),
    ):
        if candidate != schedule:
            yield candidate


def _shorter_faults(schedule: Schedule) -> Iterator[Schedule]:
    """Let a fault last half as long, or befall fewer."""
    for place, fault in enumerate(schedule.faults):
        before, behind = schedule.faults[:place], schedule.faults[place + 1 :]
        changed = []
        if fault.lasts_ms > schedule.election_ms:
            changed.append(replace(fault, lasts_ms=fault.lasts_ms // 2))
        if len(fault.who) > 1 and fault.kind != PAIR:
            changed.append(replace(fault, who=fault.who[: len(fault.who) // 2]))
        for each in changed:
            yield replace(schedule, faults=(*before, each, *behind))
