"""The timed scopes: leases, and what rests on them, while true time passes.

What is claimed is that a lease is exclusive at every instant of true time, that what is
read under one is fresh, and what holds in every world. Time has no bound in any scope:
packets and timers may be late by any number of slots.

`scopes` lists what is explored, `deep` what is explored when it is named.
`negative_controls` lists worlds in which a clock once loses one millisecond more than
`Config` states: there a guarantee must fail, or the scopes could not tell.

Source: docs/timed.md; Ongaro 2014, section 6.4.1; clauses `lease.*`, `vote.sticky`,
`vote.after-restart`, `transfer.voids-lease`, `runtime.clock-bound`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from primacy_model.checker.actors import Assembled
from primacy_model.mesh.agent import Budgets, InFlight
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.history import History
from primacy_model.timed.actions import Pace, TimeCourse
from primacy_model.timed.clocks import EVERY, Clocked
from primacy_model.timed.model import TimedMesh

TimedScope = Assembled[Clocked, InFlight, TimeCourse, History]
"""A timed mesh, as a model that can be explored."""


def _shape(budgets: Budgets, clients_at: tuple[str, ...] = (), terms: int = 2) -> Shape:
    return Shape(
        begins="elected",
        terms=terms,
        impatient=("b",),
        clients_at=clients_at,
        budgets=budgets,
    )


ONE_ROUND: Final = _shape(Budgets(rounds=1))
READ: Final = _shape(Budgets(writes=1, reads=1), ("a", "b"))
PAIR: Final = Shape(
    electors=("a", "b"),
    begins="elected",
    terms=2,
    impatient=("a", "b"),
    budgets=Budgets(rounds=1, writes=1, reads=1),
)
"""Here a lease may be had before an entry of its term is committed, in few states."""


CHANGING: Final = Shape(
    electors=("a",),
    workers=("b",),
    begins="elected",
    terms=2,
    impatient=("a", "b"),
    changes=("promote b at a", "demote a at a"),
    budgets=Budgets(rounds=1, changes=2),
)


def scopes() -> tuple[TimedScope, ...]:
    """List what is explored."""
    meshes = (
        TimedMesh(
            "lease-exclusive",
            "A leader renews its lease until another is elected, which gets one.",
            _shape(Budgets(rounds=2)),
            ("lease-held", "lease-passed-on", "lease-survived"),
        ),
        TimedMesh(
            "lease-clocks",
            "Each agent has one clock, which runs slow, true or fast in each slot.",
            ONE_ROUND,
            ("lease-held", "lease-passed-on", "lease-survived"),
            Pace(EVERY),
        ),
        TimedMesh(
            "lease-read",
            "Clients write and read at a leader with a lease and at its successor.",
            READ,
            ("lease-held", "elected-again", "committed", "read-served"),
        ),
        TimedMesh(
            "lease-quarantine",
            "An agent restarts, and may not elect another while a lease may be held.",
            _shape(Budgets(rounds=1, crashes=1)),
            ("lease-passed-on", "quarantined"),
        ),
        TimedMesh(
            "lease-transfer",
            "A leader with a lease hands over, and its word arrives at any time.",
            _shape(Budgets(rounds=1, transfers=1)),
            ("lease-held", "lease-passed-on", "transferred"),
        ),
        TimedMesh(
            "lease-pair",
            "Of two electors one steps down, and the next is read under its lease.",
            PAIR,
            ("lease-held", "lease-passed-on", "committed", "read-served"),
        ),
        TimedMesh(
            "change-lease",
            "A leader with a lease adds another elector, then takes itself off.",
            CHANGING,
            ("lease-held", "lease-renewed", "lease-passed-on", "changed", "removed"),
        ),
    )
    return tuple(Assembled(mesh) for mesh in meshes)


def deep() -> tuple[TimedScope, ...]:
    """List what is explored when it is named."""
    meshes = (
        TimedMesh(
            "lease-quarantine-deep",
            "An agent restarts, and leaders begin two rounds.",
            _shape(Budgets(rounds=2, crashes=1)),
            ("lease-passed-on", "lease-survived", "quarantined"),
        ),
        TimedMesh(
            "lease-terms-deep",
            "A leader is followed by another in the next term, and again.",
            _shape(Budgets(rounds=1), terms=3),
            ("lease-passed-on", "lease-survived"),
        ),
        TimedMesh(
            "lease-read-deep",
            "Clients write and read while a leader renews its lease or gets one.",
            _shape(Budgets(rounds=1, writes=1, reads=1), ("a", "b")),
            ("lease-passed-on", "lease-survived", "committed", "read-served"),
        ),
        TimedMesh(
            "change-lease-deep",
            "The same while clients read under the lease.",
            replace(CHANGING, budgets=Budgets(rounds=1, reads=1, changes=2)),
            (
                "lease-held",
                "lease-renewed",
                "lease-passed-on",
                "changed",
                "read-served",
            ),
        ),
    )
    return tuple(Assembled(mesh) for mesh in meshes)


def negative_controls() -> tuple[TimedScope, ...]:
    """List worlds in which a guarantee is violated: a clock exceeds the bound.

    They are judged by the guarantees alone, and not by what finds bugs earlier.
    """
    beyond = Pace(excess=1)
    meshes = (
        TimedMesh(
            "drift-exceeded",
            "A clock once loses one millisecond more than it may: two hold a lease.",
            ONE_ROUND,
            pace=beyond,
            says_more=False,
        ),
        TimedMesh(
            "drift-exceeded-read",
            "A clock once loses one millisecond more than it may: a read is stale.",
            READ,
            pace=beyond,
            says_more=False,
        ),
    )
    return tuple(Assembled(mesh) for mesh in meshes)
