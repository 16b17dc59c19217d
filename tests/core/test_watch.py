"""What a person watches: the five fields of the seed, and each change as an output."""

from dataclasses import replace

import pytest

from primacy.agents import NO_AGENTS
from primacy.config import agents
from primacy.dispatch import step
from primacy.observation import MeshState, mesh_state, observe
from primacy.outputs import (
    ElectionProgress,
    InitialElection,
    LeaderChanged,
    PartitionHealed,
    PartitionSuspected,
    PresenceChanged,
    RoleChanged,
)
from primacy.role import Role, Wait
from primacy.types import NOBODY, Instant, Round, Term
from tests.support.builders import (
    EVERYONE,
    A,
    B,
    C,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
    durable,
    election_elapsed,
    heartbeat,
    heartbeat_elapsed,
    received,
    vote_reply,
)


@pytest.mark.clause("watch.mesh-state")
def test_mesh_state_shows_the_five_fields_of_the_seed() -> None:
    follower, _ = step(
        a_follower("b", leader="a", term=3), received(heartbeat("a", term=3), now=77)
    )
    assert mesh_state(follower) == MeshState(
        has_leader=True,
        leader_id=A,
        term=Term(3),
        last_leader_heartbeat=Instant(77),
        initial_leader_election_in_progress=False,
    )
    assert mesh_state(a_candidate(term=4)) == MeshState(
        has_leader=False,
        leader_id=None,
        term=Term(4),
        last_leader_heartbeat=Instant(0),
        initial_leader_election_in_progress=False,
    )


@pytest.mark.clause("watch.mesh-state", "heartbeat.regular")
def test_leader_shows_its_own_rounds_as_heartbeats() -> None:
    leader, _ = step(a_leader(term=2, terms=(2,)), heartbeat_elapsed(now=55))
    assert mesh_state(leader) == MeshState(
        has_leader=True,
        leader_id=A,
        term=Term(2),
        last_leader_heartbeat=Instant(55),
        initial_leader_election_in_progress=False,
    )


@pytest.mark.clause("watch.mesh-state", "watch.initial-election")
def test_mesh_state_shows_an_initial_election_in_progress() -> None:
    claiming, _ = step(a_newcomer("b"), election_elapsed())
    assert mesh_state(claiming).initial_leader_election_in_progress
    over, _ = step(claiming, received(heartbeat("a")))
    assert not mesh_state(over).initial_leader_election_in_progress


@pytest.mark.clause("watch.role")
def test_role_and_term_are_told() -> None:
    before, other = a_pre_candidate(term=1), a_candidate(term=2)
    told = RoleChanged(Role.PRE_CANDIDATE, Role.CANDIDATE, Term(2))
    assert observe(before, other) == (told,)
    later = replace(before, durable=durable(2, "", (1,)))
    same = RoleChanged(Role.PRE_CANDIDATE, Role.PRE_CANDIDATE, Term(2))
    assert observe(before, later) == (same,)
    risen = replace(before, role=Role.CANDIDATE)
    assert observe(before, risen) == (
        RoleChanged(Role.PRE_CANDIDATE, Role.CANDIDATE, Term(1)),
    )


@pytest.mark.clause("watch.leader")
def test_leader_is_told() -> None:
    before = a_follower("b", leader="a")
    assert observe(before, replace(before, leader=C)) == (LeaderChanged(C, Term(1)),)
    assert observe(before, replace(before, leader=NOBODY)) == (
        LeaderChanged(NOBODY, Term(1)),
    )


@pytest.mark.clause("watch.election")
def test_election_progress_is_told() -> None:
    before = a_candidate(term=2)
    after = replace(before, granted=agents("a", "c"))
    assert observe(before, after) == (
        ElectionProgress(Role.CANDIDATE, Term(2), agents("a", "c")),
    )
    assert observe(after, replace(after, granted=NO_AGENTS)) == ()


@pytest.mark.clause("watch.initial-election")
def test_initial_election_is_told() -> None:
    before = replace(a_newcomer("c"), wait=Wait.WINDOW, lowest_claim=B)
    assert observe(before, replace(before, lowest_claim=A)) == (InitialElection(A),)
    assert observe(before, replace(before, lowest_claim=NOBODY)) == (
        InitialElection(NOBODY),
    )


@pytest.mark.clause("watch.partition")
def test_leader_that_is_cut_off_tells_whom_it_reached() -> None:
    leader = a_leader(rounds=4, seen={"b": 3, "c": 2, "w": 4})
    before = replace(
        leader, leadership=replace(leader.leadership, checked_round=Round(2))
    )
    assert observe(before, replace(before, is_cut_off=True)) == (
        PartitionSuspected(agents("a", "b", "w"), agents("c")),
    )


@pytest.mark.clause("watch.partition")
def test_candidate_that_is_cut_off_tells_who_granted() -> None:
    before = replace(a_candidate(), granted=agents("a", "c"))
    assert observe(before, replace(before, is_cut_off=True)) == (
        PartitionSuspected(agents("a", "c"), agents("b")),
    )


@pytest.mark.clause("watch.partition")
def test_healed_partition_is_told_once() -> None:
    before = replace(a_follower(), is_cut_off=True)
    after = replace(before, is_cut_off=False)
    assert observe(before, after) == (PartitionHealed(),)
    assert observe(after, after) == ()
    assert observe(before, before) == ()


@pytest.mark.clause("watch.partition")
def test_candidate_that_was_cut_off_and_wins_tells_that_it_healed() -> None:
    before = replace(a_candidate(term=2), is_cut_off=True)
    after, outputs = step(before, received(vote_reply("b", term=2)))
    assert not after.is_cut_off
    assert outputs[-1] == PartitionHealed()


@pytest.mark.clause("watch.partition")
def test_candidate_names_who_granted_not_who_refused() -> None:
    state = a_candidate("a", term=2)
    state, _ = step(state, received(vote_reply("b", term=2, granted=False)))
    _, outputs = step(state, election_elapsed())
    assert outputs[-1] == PartitionSuspected(agents("a"), agents("b", "c"))


@pytest.mark.clause("watch.presence")
def test_presence_is_told() -> None:
    before = replace(a_follower(), alive=agents("a", "b"))
    after = replace(before, alive=agents("b", "c"))
    assert observe(before, after) == (PresenceChanged(agents("c"), agents("a")),)


@pytest.mark.clause("watch.role", "output.observations-last")
def test_changes_are_told_in_a_fixed_order_and_last() -> None:
    before = replace(a_newcomer("b"), wait=Wait.WINDOW, lowest_claim=B, alive=NO_AGENTS)
    after = replace(
        before,
        durable=durable(1, "b"),
        role=Role.CANDIDATE,
        leader=C,
        granted=agents("b"),
        lowest_claim=NOBODY,
        is_cut_off=True,
        alive=EVERYONE,
    )
    assert observe(before, after) == (
        RoleChanged(Role.FOLLOWER, Role.CANDIDATE, Term(1)),
        LeaderChanged(C, Term(1)),
        ElectionProgress(Role.CANDIDATE, Term(1), agents("b")),
        InitialElection(NOBODY),
        PartitionSuspected(NO_AGENTS, agents("a", "b", "c")),
        PresenceChanged(EVERYONE, NO_AGENTS),
    )


@pytest.mark.clause("watch.decides-nothing")
def test_nothing_is_told_where_nothing_changed() -> None:
    for state in (a_newcomer(), a_follower(), a_candidate(), a_leader()):
        assert observe(state, state) == ()
