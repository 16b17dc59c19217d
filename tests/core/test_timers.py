"""Timers: which are exact, which are drawn, and that a late one does no harm."""

from dataclasses import replace

import pytest

from primacy.dispatch import step
from primacy.messages import Timer
from primacy.outputs import Arm
from primacy.role import Role, Wait
from primacy.timers import (
    check_timer,
    claim_timer,
    election_timer,
    first_heartbeat_timer,
    heartbeat_timer,
    patience_timer,
    promise_timer,
    window_timer,
)
from primacy.types import Duration
from tests.support.builders import (
    a_candidate,
    a_follower,
    a_leader,
    a_pre_candidate,
    an_idle_elector,
    config,
    election_elapsed,
    heartbeat,
    received,
)


def arm(timer: Timer, least: int, most: int) -> Arm:
    return Arm(timer, Duration(least), Duration(most))


@pytest.mark.clause("timer.promise")
def test_promise_lasts_the_minimum_election_timeout() -> None:
    assert promise_timer(config()) == arm(Timer.ELECTION, 100, 100)


@pytest.mark.clause("timer.randomised")
def test_timeouts_after_which_an_agent_stands_are_drawn_from_a_range() -> None:
    assert election_timer(config()) == arm(Timer.ELECTION, 100, 200)
    assert patience_timer(config()) == arm(Timer.ELECTION, 0, 100)


@pytest.mark.clause("claim.leader-timeout", "claim.window", "leader.quorum-check")
def test_claim_window_and_check_last_what_is_configured() -> None:
    assert claim_timer(config()) == arm(Timer.ELECTION, 150, 150)
    assert window_timer(config()) == arm(Timer.ELECTION, 100, 100)
    assert check_timer(config()) == arm(Timer.ELECTION, 150, 150)


@pytest.mark.clause("heartbeat.regular", "heartbeat.first")
def test_first_round_begins_at_once_and_the_others_regularly() -> None:
    assert first_heartbeat_timer() == arm(Timer.HEARTBEAT, 0, 0)
    assert heartbeat_timer(config()) == arm(Timer.HEARTBEAT, 10, 10)


@pytest.mark.clause("timer.late-is-safe", "vote.sticky")
def test_late_promise_timer_only_lengthens_the_promise() -> None:
    state = a_follower("b", leader="a")
    for number in range(1, 4):
        state, _ = step(state, received(heartbeat(number=number), now=1_000 * number))
    assert state.wait == Wait.PROMISE
    after, _ = step(state, election_elapsed())
    assert after == replace(state, wait=Wait.STAND)


@pytest.mark.clause("timer.late-is-safe")
def test_elapsed_election_timer_never_grants_a_vote_or_ends_a_term() -> None:
    for before in (
        a_follower(),
        an_idle_elector(),
        a_pre_candidate(),
        a_candidate(),
        a_leader(),
    ):
        after, _ = step(before, election_elapsed())
        assert after.durable == before.durable


@pytest.mark.clause("leader.quorum-check", "timer.late-is-safe")
def test_election_timer_of_a_leader_checks_its_quorum() -> None:
    after, _ = step(a_leader(rounds=1, seen={"c": 1}), election_elapsed())
    assert after.role == Role.LEADER
