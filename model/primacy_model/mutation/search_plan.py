"""Where a mutant is explored: at its kill, or where the module that it bends is met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from primacy_model.mutation.catalog import bend_of
from primacy_model.mutation.catalog.kills import KILLS
from primacy_model.mutation.expectation import Living, Place, Timed
from primacy_model.mutation.mutant import Harm
from primacy_model.synchrony.scopes import LIVING

UNMET: Final = ("config", "observation")
"""Modules whose guards no world calls on: worlds are made of good configurations, and
nobody watches."""
NEAR: Final[Mapping[str, tuple[str, ...]]] = {
    "agents": ("initial-election", "replication"),
    "bootstrap": ("initial-election-pair", "initial-election", "worker"),
    "election": (
        "initial-election-pair",
        "initial-election",
        "regular-election",
        "replication",
        "worker",
        "initial-election-four",
    ),
    "fencing": ("fencing",),
    "following": ("regular-election", "replication", "reads", "partition"),
    "heartbeats": (
        "reads",
        "follower-reads",
        "worker-reads",
        "partition-round",
        "impossible-packets",
    ),
    "log": ("replication", "two-writes"),
    "pending": ("reads", "follower-reads", "follower-reads-unseen"),
    "quantities": ("initial-election-pair", "initial-election"),
    "reads": ("reads", "follower-reads", "follower-reads-unseen", "worker-reads"),
    "recovery": ("regular-election", "worker-crash"),
    "replication": (
        "replication",
        "two-writes",
        "partition-write",
        "transfer-write",
        "impossible-packets",
    ),
    "roll": ("initial-election-pair", "worker"),
    "stepping": (
        "regular-election",
        "replication",
        "reads",
        "impossible-packets",
    ),
    "transfer": ("transfer", "transfer-write", "reads-and-transfer"),
    "validity": ("impossible-packets", "initial-election-pair", "worker-reads"),
}
"""The scopes that call on a module, the smallest first."""
CLOCKED: Final[Mapping[str, tuple[str, ...]]] = {
    "election": ("lease-quarantine", "lease-transfer"),
    "heartbeats": ("lease-exclusive", "lease-pair"),
    "reads": ("lease-pair", "lease-read"),
    "recovery": ("lease-quarantine",),
    "timers": ("lease-exclusive",),
    "transfer": ("lease-transfer",),
}
"""The timed scopes that call on a module."""


def places(name: str) -> tuple[Place, ...]:
    """Name where a mutant is explored: at its kill, or wherever it may be met."""
    written = [kill for kill in KILLS if kill.id == name]
    if written:
        return (written[0].arena,)
    bend = bend_of(name)
    untimed_ones: tuple[Place, ...] = NEAR.get(bend.module, ())
    timed_ones = tuple(
        Timed(scope, forgets=False) for scope in CLOCKED.get(bend.module, ())
    )
    if bend.harm is Harm.SAFETY or bend.module in UNMET:
        return (*untimed_ones, *timed_ones)
    return (*(Living(world.name) for world in LIVING), *untimed_ones)
