"""Slots: what passes in one, what waits for it, and when leases are judged."""

from __future__ import annotations

from dataclasses import replace

from primacy.agents import AgentSet
from primacy.reads import has_lease
from primacy.types import AgentId, Term
from primacy_model.checker.actors import Assembled
from primacy_model.mesh.agent import Budgets, Gate
from primacy_model.mesh.bounds import Shape
from primacy_model.timed.actions import STRICT, Pace, TimeCourse
from primacy_model.timed.clocks import (
    EVERY,
    LEASE_MS,
    NOW,
    SLOT_MS,
    SPAN,
    Clocked,
    Rate,
    pass_slot,
    shift_instants,
)
from primacy_model.timed.model import TimedMesh
from primacy_model.timed.properties import (
    Bound,
    Hold,
    has_bound_quorum,
    has_no_later_leader,
    has_one_lease,
)

QUIET = Shape(
    begins="elected",
    terms=2,
    impatient=("b",),
    clients_at=("a",),
    budgets=Budgets(reads=1),
)


def mesh_of(shape: Shape, pace: Pace = STRICT) -> TimedMesh:
    return TimedMesh("timed", "Timed.", shape, (), pace)


# --- slots ----------------------------------------------------------------------------


def slots_until(local: Clocked, rate: Rate, *, lease: bool) -> int:
    """Count the slots until a lease is over, or a timer ripe."""
    slots = 0
    while lease_holds(local) if lease else local.election:
        local, slots = pass_slot(local, rate, NOW), slots + 1
    return slots


def lease_holds(local: Clocked) -> bool:
    assert local.node.state is not None
    return has_lease(local.node.state, NOW)


def test_a_lease_and_a_promise_meet_at_the_end_of_the_margin() -> None:
    leader, voter, _ = mesh_of(QUIET).initial().locals
    slow, true, fast = EVERY
    assert slots_until(leader, slow, lease=True) == SPAN
    assert slots_until(voter, fast, lease=False) == SPAN
    assert slots_until(leader, true, lease=True) == -(-LEASE_MS // SLOT_MS)
    assert slots_until(voter, true, lease=False) == SPAN + 1
    beyond = Rate(slow.clock, fast.timers + 1)
    assert slots_until(voter, beyond, lease=False) == SPAN


def test_the_world_begins_with_a_lease_and_whole_promises() -> None:
    world = mesh_of(QUIET).initial()
    leader, *voters = world.locals
    assert leader.node.state is not None
    assert leader.node.state.leadership.lease_until == NOW + LEASE_MS
    assert [voter.election for voter in voters] == [63, 63]
    assert not any(world.boxes)
    assert world.shared == TimeCourse(Gate(QUIET.budgets))


def test_nothing_else_happens_while_a_slot_passes() -> None:
    model = Assembled(
        mesh_of(replace(QUIET, budgets=Budgets(rounds=1, writes=1, crashes=1)))
    )
    (world,) = model.initial()
    for place, name in enumerate("abc"):
        actions = [each for each in model.actions(world) if each.kind == "tick"]
        assert [each.column for each in actions] == [name]
        assert place == 0 or len(list(model.actions(world))) == 1
        world = model.successor(world, actions[0])
    assert world.shared.turn == 0


def test_a_promise_does_not_end_before_it_is_ripe() -> None:
    model = Assembled(mesh_of(QUIET))
    (world,) = model.initial()
    slots = 0
    while not any(each.kind == "elapse election" for each in model.actions(world)):
        for _ in "abc":
            (tick,) = (each for each in model.actions(world) if each.kind == "tick")
            world = model.successor(world, tick)
        slots += 1
    assert slots == SPAN


def test_clocks_stand_still_in_the_last_term() -> None:
    last = mesh_of(replace(QUIET, terms=1))
    model = Assembled(last)
    (world,) = model.initial()
    for _ in "abc":
        (tick,) = (each for each in model.actions(world) if each.kind == "tick")
        assert tick.label == "slot"
        after = model.successor(world, tick)
        assert after.locals == world.locals
        world = after


def test_a_voter_that_is_bound_to_nobody_goes_on_waiting_in_the_last_term() -> None:
    mesh = mesh_of(replace(QUIET, terms=1, budgets=Budgets(crashes=1)))
    model = Assembled(mesh)
    (world,) = model.initial()
    for kind, name in (("crash", "b"), ("restart", "b"), ("tick", "a"), ("tick", "b")):
        (action,) = (
            each
            for each in model.actions(world)
            if (each.kind, each.column) == (kind, name)
        )
        world = model.successor(world, action)
    _, restarted, follower = world.locals
    assert (restarted.election, follower.election) == (54, 0)


def test_a_clock_exceeds_the_bound_no_more_often_than_it_may() -> None:
    model = Assembled(mesh_of(QUIET, Pace(excess=1)))
    (world,) = model.initial()
    within, beyond = (each for each in model.actions(world) if each.kind == "tick")
    assert within.label == "slot: clock +7, timers +9 ms"
    assert beyond.label == "slot: clock +6, timers +9 ms"
    spent = model.successor(world, beyond)
    assert spent.shared.excess == 0
    assert [each.label for each in model.actions(spent)] == [within.label]


def test_shifting_by_nothing_changes_nothing() -> None:
    for local in mesh_of(QUIET).initial().locals:
        assert local.node.state is not None
        assert shift_instants(local.node.state, 0, NOW) is local.node.state


# --- claims ---------------------------------------------------------------------------

HOLDS = Hold(Term(1), True, True, has_changed=False, is_quarantined=False)
LATER = Hold(Term(2), True, True, has_changed=False, is_quarantined=False)
LEADS = Hold(Term(2), True, False, has_changed=False, is_quarantined=False)


def test_two_leases_at_an_instant_are_a_violation() -> None:
    assert not has_one_lease((HOLDS, LATER, None, True))
    assert has_one_lease((HOLDS, LEADS, None, True))


def test_a_lease_is_judged_between_slots_only() -> None:
    assert has_one_lease((HOLDS, LATER, None, False))
    assert has_no_later_leader((HOLDS, LEADS, None, False))


def test_a_lease_without_a_bound_quorum_of_the_roll_is_a_violation() -> None:
    roll = (AgentSet.of("abc"), AgentSet.of("abc"))
    holder = Bound(AgentId("a"), True, roll)
    bound, free = Bound(AgentId("b"), True, None), Bound(AgentId("c"), False, None)
    assert has_bound_quorum((holder, bound, free, True))
    assert not has_bound_quorum((holder, free, None, True))
    assert has_bound_quorum((holder, free, None, False))
    changed = holder._replace(electorates=(AgentSet.of("ac"), AgentSet.of("ac")))
    assert not has_bound_quorum((changed, bound, free, True))


def test_a_later_leader_beside_a_lease_is_a_violation() -> None:
    assert not has_no_later_leader((HOLDS, LEADS, None, True))
    assert has_no_later_leader((LATER, HOLDS._replace(has_lease=False), None, True))
