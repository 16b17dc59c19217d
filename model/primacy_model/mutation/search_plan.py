"""Where the checker looks for a mutant: at its expected kill, or near its module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from primacy_model.mutation.catalog.mutants import find_mutant
from primacy_model.mutation.expectation import (
    KillPlace,
    RunsPlace,
    TimedPlace,
    load_kills,
)
from primacy_model.mutation.mutant import Harm
from primacy_model.synchrony.scopes import LIVING

UNREACHED: Final = ("config", "observation")
"""Modules whose guards no scope reaches: scopes have sound configurations, and no
observers."""
UNTIMED_SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "agents": ("initial-election", "replication"),
    "appending": (
        "replication",
        "two-writes",
        "partition-write",
        "transfer-write",
        "reads",
        "change",
        "replace-leader",
        "snapshot",
    ),
    "bootstrap": ("initial-election-pair", "initial-election", "worker"),
    "election": (
        "initial-election-pair",
        "initial-election",
        "regular-election",
        "replication",
        "worker",
        "initial-election-four",
        "change",
        "replace-leader",
    ),
    "fencing": ("fencing",),
    "role_changes": ("regular-election", "replication", "reads", "partition"),
    "heartbeats": (
        "reads",
        "follower-reads",
        "worker-reads",
        "partition-round",
        "impossible-packets",
        "change",
    ),
    "log": ("replication", "two-writes", "snapshot-rest", "snapshot-conflict"),
    "pending_reads": ("reads", "follower-reads", "follower-reads-unseen"),
    "types": ("initial-election-pair", "initial-election"),
    "reads": ("reads", "follower-reads", "follower-reads-unseen", "worker-reads"),
    "recovery": (
        "regular-election",
        "worker-crash",
        "change-crash",
        "snapshot-restart",
    ),
    "replication": (
        "replication",
        "two-writes",
        "partition-write",
        "transfer-write",
        "impossible-packets",
        "change",
        "replace-leader",
        "snapshot",
        "snapshot-join",
    ),
    "snapshots": (
        "snapshot-rest",
        "snapshot-conflict",
        "snapshot",
        "snapshot-restart",
        "snapshot-change",
        "snapshot-inherited",
        "snapshot-join",
    ),
    "electorate": ("initial-election-pair", "worker", "change", "replace-leader"),
    "membership": ("change", "grow-at-once", "leader-leaves", "join"),
    "dispatch": (
        "regular-election",
        "replication",
        "reads",
        "impossible-packets",
    ),
    "transfer": ("transfer", "transfer-write", "reads-and-transfer"),
    "validity": ("impossible-packets", "initial-election-pair", "worker-reads"),
}
"""The scopes that reach a module, the smallest first."""
TIMED_SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "election": ("lease-quarantine", "lease-transfer"),
    "heartbeats": ("lease-exclusive", "lease-pair"),
    "membership": ("change-lease",),
    "reads": ("lease-pair", "lease-read"),
    "recovery": ("lease-quarantine",),
    "timers": ("lease-exclusive",),
    "transfer": ("lease-transfer",),
}
"""The timed scopes that reach a module."""


def plan_search(name: str) -> tuple[KillPlace, ...]:
    """List where a mutant is explored: at its first kill, or near its module."""
    expected = [kill.place for kill in load_kills() if kill.id == name]
    if expected:
        return (expected[0],)
    mutant = find_mutant(name)
    untimed: tuple[KillPlace, ...] = UNTIMED_SCOPES.get(mutant.module, ())
    timed = tuple(
        TimedPlace(scope, forgets=False)
        for scope in TIMED_SCOPES.get(mutant.module, ())
    )
    if mutant.harm is Harm.SAFETY or mutant.module in UNREACHED:
        return (*untimed, *timed)
    return (*(RunsPlace(world.name) for world in LIVING), *untimed)
