"""The initial election: claims fold into one, and the lowest claimant stands first."""

from dataclasses import replace

import pytest

from primacy.config import agents
from primacy.dispatch import step
from primacy.outputs import Broadcast, InitialElection, RoleChanged
from primacy.recovery import recover
from primacy.role import Role, Wait
from primacy.state import State
from tests.support.builders import (
    CLAIM_TIMER,
    ELECTION_TIMER,
    WINDOW_TIMER,
    A,
    B,
    C,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    claim,
    config,
    durable,
    election_elapsed,
    heartbeat,
    persist,
    pre_vote_request,
    received,
)


def in_window(me: str, lowest: str) -> State:
    """Know a claim, and wait for lower ones."""
    before = a_newcomer(me)
    return replace(before, wait=Wait.WINDOW, lowest_claim=claim(lowest).sender)


@pytest.mark.clause("claim.announced", "claim.window", "claim.leader-timeout")
def test_initial_leader_that_hears_no_leader_claims() -> None:
    before = a_newcomer("b")
    assert step(before, election_elapsed()) == (
        in_window("b", "b"),
        (WINDOW_TIMER, Broadcast(agents("a", "c"), claim("b")), InitialElection(B)),
    )


@pytest.mark.clause("claim.joins", "claim.window")
def test_initial_leader_that_hears_a_lower_claim_joins_it() -> None:
    assert step(a_newcomer("b"), received(claim("a"))) == (
        in_window("b", "a"),
        (WINDOW_TIMER, InitialElection(A)),
    )


@pytest.mark.clause("claim.lower-claims-too", "claim.announced")
def test_initial_leader_that_hears_a_higher_claim_claims_too() -> None:
    assert step(a_newcomer("b"), received(claim("c"))) == (
        in_window("b", "b"),
        (WINDOW_TIMER, Broadcast(agents("a", "c"), claim("b")), InitialElection(B)),
    )


@pytest.mark.clause("claim.lowest-stands")
def test_lower_claim_in_the_window_takes_precedence() -> None:
    before = in_window("c", "b")
    assert step(before, received(claim("a"))) == (
        replace(before, lowest_claim=A),
        (InitialElection(A),),
    )


@pytest.mark.clause("claim.lowest-stands", "claim.one-election")
def test_higher_claim_in_the_window_changes_nothing() -> None:
    before = in_window("c", "a")
    assert step(before, received(claim("b"))) == (before, ())


@pytest.mark.clause("claim.one-election")
@pytest.mark.parametrize("wait", [Wait.STAND, Wait.PROMISE])
def test_claim_outside_the_window_changes_nothing(wait: Wait) -> None:
    before = replace(a_newcomer("c"), wait=wait, lowest_claim=B)
    assert step(before, received(claim("a"))) == (before, ())


@pytest.mark.clause("claim.one-election")
@pytest.mark.parametrize("role", [Role.PRE_CANDIDATE, Role.CANDIDATE])
@pytest.mark.parametrize("wait", [Wait.CLAIM, Wait.WINDOW])
def test_candidate_does_not_join_a_claim(role: Role, wait: Wait) -> None:
    before = replace(
        a_candidate("b", term=1, terms=()), role=role, wait=wait, lowest_claim=B
    )
    assert step(before, received(claim("a", term=1))) == (before, ())


@pytest.mark.clause("claim.only-at-first")
@pytest.mark.parametrize("wait", [Wait.CLAIM, Wait.WINDOW])
def test_claim_is_not_joined_where_a_leader_is_known(wait: Wait) -> None:
    known = replace(a_newcomer("b"), wait=wait, leader=C)
    written = replace(
        a_newcomer("b"), wait=wait, durable=durable(1, "", (1,)), lowest_claim=B
    )
    for before in (known, written, a_leader(), a_follower("b")):
        assert step(before, received(claim("a" if before.me == B else "b"))) == (
            before,
            (),
        )


@pytest.mark.clause("claim.only-at-first", "claim.initial-leaders-only")
def test_worker_joins_no_claim() -> None:
    for before in (
        a_newcomer("w"),
        replace(a_newcomer("w"), wait=Wait.CLAIM),
    ):
        assert step(before, received(claim("a"))) == (before, ())


@pytest.mark.clause("claim.others-defer")
def test_higher_claimant_defers_when_the_window_closes() -> None:
    before = in_window("b", "a")
    assert step(before, election_elapsed()) == (
        replace(before, wait=Wait.STAND),
        (ELECTION_TIMER,),
    )


@pytest.mark.clause("claim.lowest-stands")
def test_lowest_claimant_stands_when_the_window_closes() -> None:
    before = in_window("b", "b")
    after, outputs = step(before, election_elapsed())
    assert after == replace(
        before, role=Role.PRE_CANDIDATE, wait=Wait.STAND, granted=agents("b")
    )
    request = pre_vote_request("b", term=1, last_index=0, last_term=0)
    assert outputs[:2] == (ELECTION_TIMER, Broadcast(agents("a", "c"), request))


@pytest.mark.clause("claim.others-defer")
def test_one_that_deferred_stands_when_its_timeout_has_passed() -> None:
    deferring, _ = step(in_window("b", "a"), election_elapsed())
    after, _ = step(deferring, election_elapsed())
    assert after == replace(deferring, role=Role.PRE_CANDIDATE, granted=agents("b"))


@pytest.mark.clause("claim.only-at-first")
def test_initial_election_is_over_once_a_leader_is_heard() -> None:
    before = in_window("b", "a")
    after, outputs = step(before, received(heartbeat("c")))
    assert after.lowest_claim == ""
    assert InitialElection(after.lowest_claim) in outputs


@pytest.mark.clause("claim.leader-timeout", "claim.only-at-first")
def test_restarted_agent_claims_again_only_if_its_log_is_empty() -> None:
    blank, _ = recover(config("b"), durable(1))
    assert step(blank, election_elapsed()) == (
        replace(blank, wait=Wait.CLAIM),
        (CLAIM_TIMER,),
    )
    written, _ = recover(config("b"), durable(1, "", (1,)))
    after, _ = step(written, election_elapsed())
    assert after == replace(written, wait=Wait.STAND)


@pytest.mark.clause("term.higher", "claim.joins")
def test_claim_of_a_higher_term_is_joined_in_that_term() -> None:
    before = a_newcomer("b")
    assert step(before, received(claim("a", term=2))) == (
        replace(in_window("b", "a"), durable=durable(2)),
        (
            persist(2),
            WINDOW_TIMER,
            RoleChanged(Role.FOLLOWER, Role.FOLLOWER, durable(2).term),
            InitialElection(A),
        ),
    )
