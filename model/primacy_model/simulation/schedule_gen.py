"""Schedules that a seed gives: how hard a run is, and what goes wrong in it when.

Contract: a seed decides everything; what a user asks for (agents, faults, minutes)
narrows what is drawn, and is written into the schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from primacy_model.simulation.rng import SHAPES, Chance, Stream
from primacy_model.simulation.schedule import (
    CHANGES,
    FAULTS,
    MOST_AGENTS,
    REQUESTS,
    SNAPSHOTS,
    Fault,
    Schedule,
    name_of,
    newcomer_of,
)

SIZES: Final = ((3, 0), (3, 0), (3, 1), (3, 2), (4, 0), (5, 0), (5, 0), (5, 2), (7, 0))
"""Electors and workers of a run, if nobody asks for a number."""

LENGTHS: Final = (20, 30, 40)
"""Of the time in which there are faults, in election timeouts."""

OPERATIONS: Final = (20, 60, 150, 300)
"""About how many operations of clients a run has: a log that grows costs time."""

DRIFTS_PPM: Final = (100, 1_000, 20_000)

MOST_NEWCOMERS: Final = 6


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asks of the runs."""

    agents: int | None = None
    """How many electors; None: each seed decides, and on workers too."""
    faults: tuple[str, ...] = tuple(FAULTS)
    length_ms: int | None = None
    """How long there are faults; None: each seed decides."""


def schedule_of(seed: int, wish: Wish = Wish()) -> Schedule:
    """Draw the schedule of a seed."""
    chance = Chance(seed, Stream.SCHEDULE)
    drawn = chance.pick(SIZES)
    electors, workers = (wish.agents, 0) if wish.agents is not None else drawn
    course = Chance(seed, Stream.CHANGES)
    newcomers = _newcomers(course, wish, electors + workers)
    names = [name_of(place) for place in range(electors + workers)]
    names += [newcomer_of(place) for place in range(newcomers)]
    election_ms = chance.pick((150, 300, 300, 600))
    drift = chance.pick(DRIFTS_PPM)
    is_calm = not wish.faults
    rates = tuple(_rate(chance, drift) for _ in names)
    latency_us = election_ms * chance.pick((2, 10, 20, 40, 80, 150, 400))
    has = set(wish.faults).__contains__
    drawn_ms = election_ms * chance.pick(LENGTHS)
    length_ms = drawn_ms if wish.length_ms is None else wish.length_ms
    clients = chance.between(2, 5)
    pause_ms = 2 * length_ms * clients // chance.pick(OPERATIONS)
    times = length_ms, election_ms
    weather = _faults(chance, names, _weather(wish), times)
    changes = _changes(course, names, wish.faults, times) if newcomers else ()
    snapshots = _snapshots(seed, names, wish.faults, times)
    return Schedule(
        seed=seed,
        electors=electors,
        workers=workers,
        newcomers=newcomers,
        clients=clients,
        length_ms=length_ms,
        heartbeat_ms=election_ms // chance.pick((2, 2, 3)),
        election_ms=election_ms,
        leader_ms=election_ms * chance.pick((4, 5, 6)) // 4,
        drift_ppm=drift,
        rates_ppm=rates if not is_calm else (),
        shape=chance.pick(SHAPES),
        latency_us=latency_us,
        loss=chance.pick((0, 0, 10, 50, 100)) if has("loss") else 0,
        duplicates=chance.pick((0, 50, 200)) if has("storm") else 0,
        stragglers=chance.pick((0, 20, 100)) if has("storm") else 0,
        batch=chance.pick((1, 2, 4, 64)),
        pause_ms=max(1, pause_ms),
        faults=tuple(sorted((*weather, *changes, *snapshots), key=_instant)),
    )


def _instant(fault: Fault) -> int:
    return fault.at_ms


def _weather(wish: Wish) -> list[str]:
    """List the faults that a user asks for, without changes and snapshots."""
    return [kind for kind in wish.faults if kind not in (*CHANGES, *SNAPSHOTS)]


def _newcomers(chance: Chance, wish: Wish, size: int) -> int:
    """Draw how many agents may come; none where the roll stays as it is."""
    if not {*wish.faults} & {*CHANGES}:
        return 0
    is_changing = not _weather(wish) or chance.comes_true(650)
    most = min(MOST_NEWCOMERS, MOST_AGENTS - size)
    return chance.between(1, most) if is_changing and most > 0 else 0


def _changes(
    chance: Chance, names: Sequence[str], allowed: Sequence[str], times: tuple[int, int]
) -> tuple[Fault, ...]:
    """Draw what becomes of the roll: some requests now and then, rarely a disaster."""
    length_ms, election_ms = times
    requests = [kind for kind in allowed if kind in REQUESTS]
    found: list[Fault] = []
    for kind, mille in (("renew", 250), ("disk", 300), ("midway", 500)):
        if kind in allowed and (not requests or chance.comes_true(mille)):
            at_ms = chance.between(length_ms // 20, length_ms // 2)
            amount = 0 if kind == "midway" else chance.below(2)
            lasts_ms = chance.between(1, 3 * election_ms)
            found.append(Fault(at_ms, kind, lasts_ms, (), amount))
    every_ms = election_ms * chance.pick((1, 2, 4))
    at_ms = chance.between(0, 4 * election_ms)
    while at_ms < length_ms and requests:
        kind = chance.pick(requests)
        who = chance.some(names, 1) if chance.comes_true(200) else []
        if who and kind == "replace":
            who = chance.some(names, chance.between(1, len(names)))
        amount = int(chance.comes_true(200))  # 1: any agent is asked, leader or not
        found.append(Fault(at_ms, kind, 0, tuple(who), amount))
        at_ms += 1 + chance.below(2 * every_ms)
    return tuple(found)


def _snapshots(
    seed: int, names: Sequence[str], allowed: Sequence[str], times: tuple[int, int]
) -> tuple[Fault, ...]:
    """Draw when snapshots are taken: now and then, or after a few entries."""
    chance, (length_ms, election_ms) = Chance(seed, Stream.SNAPSHOTS), times
    kinds = [kind for kind in SNAPSHOTS if kind in allowed]
    if not kinds or (len(kinds) == len(SNAPSHOTS) and chance.comes_true(300)):
        return ()
    every_ms = election_ms * chance.pick((1, 2, 4, 8))
    found: list[Fault] = []
    at_ms = chance.between(0, 4 * election_ms)
    while at_ms < length_ms:
        kind = kinds[-1] if chance.comes_true(200) else kinds[0]
        lasts_ms = chance.between(election_ms, 6 * election_ms)
        if kind == "behind":
            found.append(Fault(at_ms, kind, lasts_ms, tuple(chance.some(names, 1))))
        else:
            who = chance.some(names, 1) if chance.comes_true(700) else []
            amount = chance.pick((0, 0, 0, 0, 1, 2))
            found.append(Fault(at_ms, kind, lasts_ms, tuple(who), amount))
        at_ms += 1 + chance.below(2 * every_ms)
    return tuple(found)


def _rate(chance: Chance, drift: int) -> int:
    return chance.pick((-drift, drift, chance.between(-drift, drift)))


def _faults(
    chance: Chance, names: Sequence[str], allowed: Sequence[str], times: tuple[int, int]
) -> tuple[Fault, ...]:
    """Draw one fault after another; some seeds are rough, some of one kind only."""
    kinds, (length_ms, election_ms) = list(allowed), times
    if not kinds:
        return ()
    if chance.comes_true(700):
        kinds = chance.some(kinds, min(len(kinds), chance.between(1, 3)))
    every_ms = election_ms * chance.pick((1, 2, 4))
    found: list[Fault] = []
    if "topple" in allowed and chance.comes_true(350):
        found.append(Fault(0, "topple", length_ms))
    at_ms = chance.between(0, 4 * election_ms)
    while at_ms < length_ms:
        found.append(_fault(chance, names, chance.pick(kinds), at_ms, election_ms))
        at_ms += 1 + chance.below(2 * every_ms)
    return tuple(found)


def _fault(
    chance: Chance, names: Sequence[str], kind: str, at_ms: int, election_ms: int
) -> Fault:
    """Draw whom a fault befalls, for how long, and how hard."""
    who: list[str] = []
    amount = 0
    lasts_ms = chance.between(1, election_ms * chance.pick((1, 1, 2, 5)))
    if kind == "crash":
        who = chance.some(names, 1)
        amount = chance.below(5)  # 0: between two steps, k: after k - 1 outputs
    elif kind in ("pause", "early", "skew", "clocks"):
        who = chance.some(names, chance.between(1, len(names)))
    elif kind in ("partition", "oneway"):
        who = chance.some(names, chance.between(1, max(1, len(names) - 1)))
    elif kind == "hub":
        who = chance.some(names, 1)
    elif kind == "link":
        who = chance.some(names, min(2, len(names)))
    elif kind == "loss":
        amount = chance.between(100, 900)  # of a thousand packets
    elif kind == "storm":
        amount = chance.between(50, 400)  # of a thousand packets arrive twice
    elif kind == "slow":
        amount = chance.between(2, 30)  # times as long
    elif kind == "late":
        amount = election_ms * chance.between(1, 4) // 2  # at most, in ms
    elif kind == "topple":
        lasts_ms = election_ms * chance.between(5, 20)
    if kind in ("oneway", "link"):
        amount = chance.below(2)  # 0: they are not heard, 1: they do not hear, or both
    return Fault(at_ms, kind, lasts_ms, tuple(who), amount)
