"""Configurations, sound and not: which of them core takes, and which it should.

What makes a configuration unsound is written down here a second time, from the clauses;
`misjudged_clause` holds `Config` to it. `small_configs` lists all small ones: every
combination of a few names, and of a few numbers around each bound.

Source: clauses `config.*` of docs/specification.md.
"""

from __future__ import annotations

import string
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from primacy import Config, ConfigError, EvenElectorateWarning, agents
from primacy.agents import AgentSet
from primacy.types import AgentId

SIGNS: Final = frozenset(f"{string.ascii_letters}{string.digits}._-")
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class RawConfig:
    """What a person may ask for. Lengths of time are in milliseconds."""

    mesh: str = "m"
    agent: str = "a"
    electors: tuple[str, ...] = ("a",)
    workers: tuple[str, ...] = ()
    heartbeat: int = 5
    election: int = 10
    leader: int = 15
    lease: int = 0
    drift: int = 0
    batch: int = 1
    is_made_by_hand: bool = False
    """The sets of agents are not made by `agents`."""


def fault(given: RawConfig) -> str:
    """Name the clause that a configuration breaks, nothing if it is sound."""
    names = (given.mesh, given.agent, *given.electors, *given.workers)
    at_least = (given.heartbeat - 1, given.lease, given.drift, given.batch - 1)
    known, fast, slow = given.drift, MILLION + given.drift, MILLION - given.drift
    found = {
        "config.names": not all(name and SIGNS.issuperset(name) for name in names),
        "config.unique": _is_twice(given.electors) or _is_twice(given.workers),
        "config.initial-leaders": not given.electors,
        "config.one-part": bool({*given.electors} & {*given.workers}),
        "config.counts": min(at_least) < 0,
        "config.timeouts": not given.heartbeat < given.election <= given.leader
        or given.leader < 2 * given.heartbeat,
        "config.drift": known >= MILLION or (given.lease > 0 and known < 1),
        "config.lease": given.lease > 0 and given.lease * fast > given.election * slow,
    }
    return next((clause for clause, is_broken in found.items() if is_broken), "")


def _is_twice(names: tuple[str, ...]) -> bool:
    return len({*names}) < len(names)


def make_config(given: RawConfig) -> tuple[Config | None, bool]:
    """Make a configuration, None if it is refused; tell whether one is warned of it."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", EvenElectorateWarning)
        try:
            config = Config(
                given.mesh,
                given.agent,
                _group(given.electors, by_hand=given.is_made_by_hand),
                _group(given.workers, by_hand=given.is_made_by_hand),
                heartbeat_interval_ms=given.heartbeat,
                election_timeout_ms=given.election,
                leader_timeout_ms=given.leader,
                lease_ms=given.lease,
                clock_drift_ppm=given.drift,
                batch=given.batch,
            )
        except ConfigError:
            return None, False
    return config, bool(told)


def _group(names: tuple[str, ...], *, by_hand: bool) -> AgentSet:
    if by_hand:
        return AgentSet(tuple(AgentId(name) for name in sorted(names)))
    return agents(*names)


def misjudged_clause(given: RawConfig) -> str:
    """Name the clause that core does not keep to for a configuration, if there is one.

    It takes what is unsound, refuses what is sound, gives it another identity than its
    name and its electors, or does not warn of an even number of them.
    """
    broken, (taken, is_warned) = fault(given), make_config(given)
    if broken or taken is None:
        return broken if taken is not None else "" if broken else "config"
    other, _ = make_config(_other(given))
    if other is None or taken.mesh == other.mesh:
        return "config.identity"
    if is_warned != (len(given.electors) % 2 == 0):
        return "config.even-electorate"
    return ""


def _other(given: RawConfig) -> RawConfig:
    """Give a sound configuration of another mesh of the same name."""
    return RawConfig(given.mesh, "other", (*given.electors, "other"))


NAMED: Final = tuple(
    product(
        ("m", "", "m(n"),
        ("a", "c", "z", "", "a,b"),
        ((), ("a",), ("b", "a"), ("a", "a"), ("",), ("a,b",)),
        ((), ("c",), ("a", "c"), ("c", "c"), ("",)),
    )
)
NUMBERED: Final = tuple(
    product(
        (0, 1, 5),
        (1, 5, 6, 10),
        (5, 9, 10, 15),
        (-1, 0, 1, 9, 10),
        (-1, 0, 1, 999_999, MILLION),
    )
)


def small_configs() -> Iterator[RawConfig]:
    """List all small configurations."""
    for mesh, agent, electors, workers in NAMED:
        for is_made_by_hand in (False, True):
            yield RawConfig(
                mesh, agent, electors, workers, is_made_by_hand=is_made_by_hand
            )
    for heartbeat, election, leader, lease, drift in NUMBERED:
        for batch in (0, 1):
            yield RawConfig(
                "m", "a", ("a",), (), heartbeat, election, leader, lease, drift, batch
            )


def first_misjudged(among: Iterable[RawConfig]) -> tuple[int, str]:
    """Tell how many were tried until one was misjudged, and the clause it breaks."""
    tried = 0
    for given in among:
        tried += 1
        if clause := misjudged_clause(given):
            return tried, clause
    return tried, ""
