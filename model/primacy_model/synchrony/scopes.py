"""The worlds of L1 to L10: at least one each, and deeper ones.

Each is as small as it can be without being vacuous. What synchrony and fairness they
rest on is said in `model`; how the claims are decided, in `liveness`. A world ends
where its goal is reached.

Source: docs/liveness.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from primacy_model.checker.model import Property
from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.synchrony.model import PhasePlan, StabilizingMesh
from primacy_model.synchrony.properties import (
    L1,
    L2,
    L3,
    L4,
    L5,
    L6,
    L7,
    L8,
    L9,
    L10,
    followed_leader,
    has_leader,
    is_agreed,
    is_caught_up,
    is_changed,
    is_committed,
    is_joined,
    is_joined_again,
    is_leaderless,
    is_led_by_lowest,
    is_replaced,
    is_split,
    is_split_and_led,
    is_succeeded,
)
from primacy_model.synchrony.state import PhasedWorld

ELECTING: Final = (
    "elapse election",
    "deliver PreVoteRequest",
    "deliver PreVoteReply",
    "deliver VoteRequest",
    "deliver VoteReply",
)
FOLLOWING: Final = (
    "elapse heartbeat",
    "deliver Heartbeat",
    "deliver HeartbeatReply",
    "tick",
)

CHANGING: Final = ("deliver Append", "deliver AppendReply", "change")
WRITING: Final = ("deliver Append", "deliver AppendReply", "write")


def _emerging(name: str, summary: str, impatient: tuple[str, ...]) -> StabilizingMesh:
    """Make a world of L1 that begins with empty disks."""
    plan = PhasePlan(Shape(terms=1, impatient=impatient), terms=3, has_clocks=False)
    kinds = (*ELECTING, "deliver Claim", "gst")
    return StabilizingMesh(name, summary, plan, (L1,), kinds, has_leader)


def _emerging_again(
    name: str, summary: str, impatient: tuple[str, ...]
) -> StabilizingMesh:
    """Make a world of L1 whose leader crashes, and restarts or not."""
    shape = Shape(
        begins="elected",
        terms=2,
        impatient=impatient,
        crashers=("a",),
        budgets=Budgets(crashes=1),
    )
    plan = PhasePlan(shape, terms=4, has_clocks=False)
    kinds = (*ELECTING, "gst", "crash", "restart")
    return StabilizingMesh(name, summary, plan, (L1,), kinds, has_leader, is_leaderless)


def _emerging_apart(
    name: str, summary: str, impatient: tuple[str, ...], *, heals: bool
) -> StabilizingMesh:
    """Make a world of L1 whose leader is cut off, for ever or until GST.

    Timers keep their lengths where it is for ever: it would begin rounds without end.
    """
    shape = Shape(
        begins="elected",
        terms=2,
        impatient=impatient,
        budgets=Budgets(partitions=1),
    )
    plan = PhasePlan(shape, terms=4, has_clocks=not heals, heals=heals, alone=("a",))
    kinds = (*ELECTING, "split", "gst")
    return StabilizingMesh(name, summary, plan, (L1,), kinds, has_leader, is_split)


def _converging(name: str, summary: str, electors: tuple[str, ...]) -> StabilizingMesh:
    """Make a world of L2, which is synchronous from the beginning."""
    plan = PhasePlan(Shape(electors=electors), terms=2, starts_after_gst=True)
    kinds = (*ELECTING, "deliver Claim", "tick")
    return StabilizingMesh(name, summary, plan, L2, kinds, is_led_by_lowest)


def _staying(name: str, summary: str, partitions: int) -> StabilizingMesh:
    """Make a world of L3, which is synchronous but for a follower that is cut off."""
    shape = Shape(begins="elected", budgets=Budgets(partitions=partitions))
    plan = PhasePlan(shape, terms=3, starts_after_gst=True, alone=("c",))
    kinds = (*FOLLOWING, "split", "heal")
    return StabilizingMesh(
        name, summary, plan, L3, kinds, is_joined_again, settled=followed_leader
    )


def _healing(name: str, summary: str, writes: int, rounds: int = 0) -> StabilizingMesh:
    """Make a world of L4: the first leader is cut off, may write, and comes back.

    Before GST that number of rounds is begun.
    """
    shape = Shape(
        begins="elected",
        terms=2,
        impatient=("b",),
        clients_at=("a",),
        budgets=Budgets(partitions=1, writes=writes, rounds=rounds),
    )
    plan = PhasePlan(shape, terms=4, heals=True, alone=("a",))
    kinds = (*ELECTING, *FOLLOWING, *WRITING[: 2 + writes], "split", "gst")
    return StabilizingMesh(
        name, summary, plan, (L4,), kinds, is_agreed, is_split_and_led, followed_leader
    )


def _progressing(name: str, summary: str) -> StabilizingMesh:
    """Make a world of L5: packets of a write are lost, and a follower may be down."""
    shape = Shape(
        begins="elected",
        clients_at=("a",),
        crashers=("c",),
        budgets=Budgets(writes=1, crashes=1),
    )
    plan = PhasePlan(shape, terms=2, still=frozenset({"elapse election"}))
    kinds = (*FOLLOWING, *WRITING, "gst", "crash", "restart")
    return StabilizingMesh(
        name, summary, plan, (L5,), kinds, is_committed, settled=followed_leader
    )


def _changing(
    name: str, summary: str, shape: Shape, claim: Property[PhasedWorld]
) -> StabilizingMesh:
    """Make a world in which a leader takes a change whose packets may be lost.

    An agent may crash before GST, and never come back.
    """
    plan = PhasePlan(shape, terms=4, still=frozenset({"elapse election"}))
    goal = {"L6": is_changed, "L8": is_succeeded, "L10": is_joined}[claim.id]
    crashed = ("crash", "restart") if shape.budgets.crashes else ()
    kinds = (*FOLLOWING, *CHANGING, "gst", *crashed)
    return StabilizingMesh(
        name, summary, plan, (claim,), kinds, goal, settled=followed_leader
    )


def _replacing(
    name: str,
    summary: str,
    changes: tuple[str, ...],
) -> StabilizingMesh:
    """Make a world of L7: one of three electors is dead, and an operator persists.

    It is synchronous from the beginning: no other agent is down, for two of three would
    be none too many.
    """
    shape = Shape(
        workers=("d",),
        begins="elected",
        down=("c",),
        changes=changes,
        budgets=Budgets(changes=len(changes)),
    )
    plan = PhasePlan(shape, terms=4, starts_after_gst=True, persists=True)
    kinds = (*FOLLOWING, *CHANGING)
    return StabilizingMesh(
        name, summary, plan, (L7,), kinds, is_replaced, settled=followed_leader
    )


def _catching_up(name: str, summary: str, shape: Shape) -> StabilizingMesh:
    """Make a world of L9: an agent lacks what the leader's log no longer has.

    What the leader sent it before GST may be lost, its snapshot, too.
    """
    plan = PhasePlan(shape, terms=3, still=frozenset({"elapse election"}))
    kinds = (*FOLLOWING, *WRITING, "gst", "snapshot", "deliver Install")
    return StabilizingMesh(
        name, summary, plan, (L9,), kinds, is_caught_up, settled=followed_leader
    )


LIVING: Final[Sequence[StabilizingMesh]] = (
    _emerging(
        "emerges",
        "An initial leader claims and stands as it likes; then GST comes.",
        ("b",),
    ),
    _emerging_again(
        "emerges-again",
        "The leader crashes, and a follower stands as it likes; then GST comes.",
        ("b",),
    ),
    _emerging_apart(
        "emerges-healed",
        "The leader is cut off, and a follower stands; then the network heals.",
        ("b",),
        heals=True,
    ),
    _converging(
        "converges",
        "Three initial leaders begin after GST, each at a time of its own.",
        ("a", "b", "c"),
    ),
    _staying(
        "stays",
        "A follower is cut off and comes back, while the leader keeps a quorum.",
        1,
    ),
    _healing(
        "heals",
        "A leader is cut off while another is elected; then the network heals.",
        0,
    ),
    _progressing(
        "progresses",
        "A leader takes a write whose packets are lost, while one follower is down.",
    ),
    _changing(
        "changes",
        "A leader takes an elector off the roll, which may be down.",
        Shape(
            begins="elected",
            crashers=("c",),
            changes=("demote c at a",),
            budgets=Budgets(changes=1, crashes=1),
        ),
        L6,
    ),
    _changing(
        "changes-at-once",
        "A leader replaces an elector, which may be down, by a worker.",
        Shape(
            electors=("a", "b"),
            workers=("c",),
            begins="elected",
            changes=("replace a c at a",),
            budgets=Budgets(changes=1),
        ),
        L6,
    ),
    _replacing(
        "replaces-at-once",
        "A dead elector is replaced by a worker, by both electorates.",
        ("replace a b d at a",),
    ),
    _changing(
        "succeeds",
        "A leader takes itself off the roll, and another elector leads.",
        Shape(begins="elected", changes=("demote a at a",), budgets=Budgets(changes=1)),
        L8,
    ),
    _changing(
        "joins",
        "A leader admits an agent that was on no roll and has sent nothing.",
        Shape(
            electors=("a", "b"),
            joiners=("d",),
            begins="elected",
            changes=("admit d at a",),
            budgets=Budgets(changes=1),
        ),
        L10,
    ),
    _catching_up(
        "catches-up",
        "A worker lacks what the leader's log lost to a snapshot, which may be lost.",
        Shape(
            electors=("a",),
            workers=("b",),
            begins="elected",
            clients_at=("a",),
            snapshots_at=("a",),
            budgets=Budgets(writes=1, rounds=1, snapshots=1),
        ),
    ),
)
"""The worlds of L1 to L10."""

DEEP_LIVING: Final[Sequence[StabilizingMesh]] = (
    _emerging(
        "emerges-deep",
        "Two initial leaders claim and stand as they like; then GST comes.",
        ("a", "b"),
    ),
    _emerging_again(
        "emerges-again-deep",
        "The leader crashes, and both followers stand as they like; then GST comes.",
        ("b", "c"),
    ),
    _emerging_apart(
        "emerges-apart-deep",
        "The leader is cut off for ever, and a follower stands as it likes.",
        ("b",),
        heals=False,
    ),
    _converging(
        "converges-deep",
        "Four initial leaders begin after GST, each at a time of its own.",
        ("a", "b", "c", "d"),
    ),
    _staying(
        "stays-deep",
        "A follower is cut off and comes back three times.",
        3,
    ),
    _healing(
        "heals-deep",
        "A leader is cut off and takes a write that may be lost; then all is healed.",
        1,
    ),
    _healing(
        "heals-round-deep",
        "A leader is cut off and begins a round, heard or not; then all is healed.",
        0,
        1,
    ),
    _replacing(
        "replaces-deep",
        "A worker is made an elector, and one that is dead is taken off the roll.",
        ("promote d at a", "demote c at a"),
    ),
    _catching_up(
        "catches-up-deep",
        "One of three electors lacks what the leader's log lost, and may crash.",
        Shape(
            begins="elected",
            crashers=("c",),
            clients_at=("a",),
            snapshots_at=("a",),
            budgets=Budgets(writes=1, rounds=1, crashes=1, snapshots=1),
        ),
    ),
)
"""The same with less left out."""
