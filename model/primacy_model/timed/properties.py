"""What must hold in a timed world: S11, and all that holds in every world.

S11 speaks of an instant of true time, so it is judged between slots: there, and only
there, the clocks of all agents have advanced to the same instant. `ALONE` says more and
finds bugs earlier: beside a lease nobody even leads a later term. From it S11 follows,
and that a read under a lease is fresh. `BOUND` says why: a quorum of the roll that is
in force now may elect nobody. What is claimed in every world is claimed here
of the agents behind the clocks.

Source: the guarantees of docs/specification.md; Ongaro 2014, section 6.4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, NamedTuple

from primacy.agents import AgentSet
from primacy.reads import has_lease
from primacy.role import Role, Wait
from primacy.types import NOBODY, AgentId, Instant, Term
from primacy_model.checker.actors import Claim, Views
from primacy_model.checker.model import Kind
from primacy_model.mesh import properties
from primacy_model.mesh.agent import Gate, Node, Wire
from primacy_model.mesh.history import History
from primacy_model.mesh.rolls import Electorates, is_quorum, last_electorates
from primacy_model.timed.actions import TimeCourse
from primacy_model.timed.clocks import Clocked

TimedProperty = Claim[Clocked, TimeCourse, History]
TimedPredicate = Callable[[Views], bool]

ALONE: Final = "lease-alone"
ALONE_TITLE: Final = "beside a lease nobody leads a later term"

BOUND: Final = "lease-bound"
BOUND_TITLE: Final = "beside a lease a quorum of the roll is bound"

# --- what is seen ---------------------------------------------------------------------


class Hold(NamedTuple):
    """An agent, its term, and what it has of leadership."""

    term: Term
    is_leader: bool
    has_lease: bool
    has_changed: bool
    is_quarantined: bool


class Bound(NamedTuple):
    """Whether an agent may elect nobody now, and with what it counts under a lease."""

    agent: AgentId
    is_bound: bool
    electorates: Electorates | None


@dataclass(frozen=True, slots=True)
class Binding:
    """See whether an agent is bound, or down, and whether it holds a lease.

    A lease of the last term of a scope is left out: clocks stand still under it, see
    `Pace`, while the promises of those who restart run out.
    """

    now: Instant
    terms: int

    def __call__(self, _: int, local: Clocked) -> Hashable:
        """See one agent."""
        state, me = local.node.state, local.node.me
        if state is None:
            return Bound(me, True, None)
        is_bound = state.role == Role.LEADER or state.wait == Wait.PROMISE
        is_held = has_lease(state, self.now) and state.term < self.terms
        return Bound(me, is_bound, last_electorates(state) if is_held else None)


@dataclass(frozen=True, slots=True)
class Holding:
    """See whether an agent holds a lease at the present instant of its clock."""

    now: Instant

    def __call__(self, _: int, local: Clocked) -> Hashable:
        """See one agent."""
        state = local.node.state
        if state is None:
            return None
        is_new = state.commit_index == 0 < state.log.last_index
        is_bound = state.wait == Wait.PROMISE and state.leader == NOBODY
        is_leader = state.role == Role.LEADER
        return Hold(
            state.term,
            is_leader,
            has_lease(state, self.now),
            state.roll.index > 0,
            not is_leader and is_new and is_bound,
        )


def is_between_slots(course: TimeCourse, _: History) -> Hashable:
    """See whether all clocks stand at the same instant of true time."""
    return course.turn == 0


# --- what is claimed ------------------------------------------------------------------


def _holds(views: Views) -> list[Hold]:
    """List what agents have, if they stand at the same instant of true time."""
    *agents, is_between = views
    if is_between is not True:
        return []
    return [each for each in agents if isinstance(each, Hold)]


def has_one_lease(views: Views) -> bool:
    """S11: at no instant of true time do two agents hold a lease."""
    return sum(each.has_lease for each in _holds(views)) <= 1


def has_no_later_leader(views: Views) -> bool:
    """Tell whether nobody leads a later term than an agent that holds a lease."""
    seen = _holds(views)
    leading = max((each.term for each in seen if each.is_leader), default=Term(0))
    return all(each.term >= leading for each in seen if each.has_lease)


def has_bound_quorum(views: Views) -> bool:
    """Tell whether beside a lease a quorum of the roll in force may elect nobody."""
    *agents, is_between = views
    if is_between is not True:
        return True
    seen = [each for each in agents if isinstance(each, Bound)]
    bound = AgentSet.of(each.agent for each in seen if each.is_bound)
    return all(
        each.electorates is None or is_quorum(bound, each.electorates) for each in seen
    )


def _is_held(views: Views) -> bool:
    return any(each.has_lease for each in _holds(views))


def _is_renewed(views: Views) -> bool:
    return any(each.has_lease and each.has_changed for each in _holds(views))


def _is_passed_on(views: Views) -> bool:
    return any(each.has_lease and each.term > 1 for each in _holds(views))


def _is_survived(views: Views) -> bool:
    """Tell whether a leader whose lease is over leads on beside its successor's."""
    seen = _holds(views)
    latest = max((each.term for each in seen if each.has_lease), default=Term(0))
    return any(each.is_leader and each.term < latest for each in seen)


def _is_quarantined(views: Views) -> bool:
    return _is_held(views) and any(each.is_quarantined for each in _holds(views))


OF_LEASES: Final[dict[str, tuple[str, TimedPredicate]]] = {
    "lease-held": ("a lease is held", _is_held),
    "lease-renewed": ("a lease is given under a changed roll", _is_renewed),
    "lease-passed-on": ("a later leader holds a lease", _is_passed_on),
    "lease-survived": ("a stale leader outlives its lease", _is_survived),
    "quarantined": ("an agent restarts while a lease is held", _is_quarantined),
}
"""What shows that a timed scope is not vacuous, by name."""


# --- what is claimed in every world ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class WithoutClocks:
    """See of an agent with clocks what is seen of one without."""

    view: Callable[[int, Node | Wire], Hashable]

    def __call__(self, place: int, local: Clocked) -> Hashable:
        """See an agent."""
        return self.view(place, local.node)


@dataclass(frozen=True, slots=True)
class SceneWithoutTime:
    """See of what agents with clocks share what is seen of the rest."""

    scene: Callable[[Gate, History], Hashable]

    def __call__(self, course: TimeCourse, history: History) -> Hashable:
        """See what all share."""
        return self.scene(course.gate, history)


def _timed(claim: properties.MeshProperty) -> TimedProperty:
    scene = None if claim.scene is None else SceneWithoutTime(claim.scene)
    return Claim(
        claim.id, claim.name, claim.kind, WithoutClocks(claim.view), claim.holds, scene
    )


def claims(
    now: Instant, terms: int, sometimes: tuple[str, ...], *, says_more: bool
) -> tuple[TimedProperty, ...]:
    """List every invariant, then what a world must reach; `now` is its present.

    There are as many terms as the bounds of the world allow.
    """
    view = Holding(now)

    def of_leases(
        kind: Kind, name: str, title: str, holds: TimedPredicate
    ) -> TimedProperty:
        return Claim(name, title, kind, view, holds, is_between_slots)

    found = [of_leases(Kind.ALWAYS, "S11", "one lease", has_one_lease)]
    if says_more:
        found.append(of_leases(Kind.ALWAYS, ALONE, ALONE_TITLE, has_no_later_leader))
        binding, scene = Binding(now, terms), is_between_slots
        found.append(
            Claim(BOUND, BOUND_TITLE, Kind.ALWAYS, binding, has_bound_quorum, scene)
        )
    found += (_timed(claim) for claim in properties.ALWAYS)
    for name in sometimes:
        if name in OF_LEASES:
            found.append(of_leases(Kind.SOMETIMES, name, *OF_LEASES[name]))
        else:
            found.append(_timed(properties.SOMETIMES[name]))
    return tuple(found)
