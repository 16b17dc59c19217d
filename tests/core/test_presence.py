"""Presence: who answers between two quorum checks, in the leader's view, everywhere."""

from dataclasses import replace

import pytest

from primacy.config import agents
from primacy.dispatch import step
from primacy.messages import Read
from primacy.outputs import PresenceChanged
from primacy.state import State
from primacy.types import Instant, RequestId, Round
from tests.support.builders import (
    CHECK_TIMER,
    EVERYONE,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    append_reply,
    election_elapsed,
    heartbeat,
    heartbeat_elapsed,
    heartbeat_reply,
    received,
    vote_reply,
)


def checked_before(leader: State, number: int) -> State:
    """Lead, after a quorum check that came behind a round."""
    lead = replace(leader.leadership, checked_round=Round(number))
    return replace(leader, leadership=lead)


@pytest.mark.clause("presence.missed-rounds")
def test_agent_that_answered_no_round_between_two_checks_is_shown_as_dead() -> None:
    before = checked_before(a_leader(rounds=8, seen={"b": 5, "c": 6, "w": 8}), 5)
    after, outputs = step(before, election_elapsed())
    assert after == replace(
        before,
        alive=agents("a", "c", "w"),
        leadership=replace(before.leadership, checked_round=Round(8)),
    )
    assert outputs == (CHECK_TIMER, PresenceChanged(agents(), agents("b")))


@pytest.mark.clause("presence.missed-rounds")
def test_agent_that_answered_one_round_between_two_checks_stays_alive() -> None:
    before = checked_before(a_leader(rounds=8, seen={"b": 6, "c": 7, "w": 8}), 5)
    after, outputs = step(before, election_elapsed())
    assert after.alive == EVERYONE
    assert outputs == (CHECK_TIMER,)


@pytest.mark.clause("presence.missed-rounds")
def test_rounds_alone_declare_nobody_dead() -> None:
    state = a_leader(rounds=5, seen={"b": 5, "c": 5, "w": 5})
    for number in range(9):
        state, _ = step(state, Read(RequestId(f"r{number}"), Instant(0)))
        state, _ = step(state, heartbeat_elapsed())
    assert state.alive == EVERYONE


@pytest.mark.clause("presence.back")
@pytest.mark.parametrize("name", ["b", "w"])
def test_agent_that_acknowledges_again_is_back(name: str) -> None:
    leader = a_leader(rounds=8, match={"b": 1, "w": 1})
    before = replace(leader, alive=agents("a", "c"))
    after, outputs = step(before, received(heartbeat_reply(name, number=8)))
    assert after.alive == agents("a", "c", name)
    assert outputs == (PresenceChanged(agents(name), agents()),)


@pytest.mark.clause("presence.travels")
def test_follower_and_worker_take_over_the_view_of_the_leader() -> None:
    for me in ("b", "w"):
        before = a_follower(me)
        after, outputs = step(before, received(heartbeat(alive=agents("a", "c"))))
        assert after == replace(before, alive=agents("a", "c"))
        assert outputs[-1] == PresenceChanged(agents(), agents("b", "w"))
        back, outputs = step(after, received(heartbeat(number=2, alive=EVERYONE)))
        assert back == before
        assert outputs[-1] == PresenceChanged(agents("b", "w"), agents())


@pytest.mark.clause("presence.begins-alive")
def test_everyone_is_taken_to_be_alive_at_first() -> None:
    assert a_newcomer().alive == EVERYONE
    candidate = replace(a_candidate(term=2), alive=agents("a"))
    after, outputs = step(candidate, received(vote_reply("b", term=2)))
    assert after.alive == EVERYONE
    assert outputs[-1] == PresenceChanged(agents("b", "c", "w"), agents())


@pytest.mark.clause("presence.decides-nothing")
def test_agent_that_is_shown_as_dead_counts_all_the_same() -> None:
    leader = a_leader(terms=(1, 1), commit=1, rounds=1)
    for alive in (EVERYONE, agents("a")):
        before = replace(leader, alive=alive)
        after, _ = step(before, received(append_reply("b", index=2)))
        assert after.commit_index == 2
        beaten, _ = step(before, received(heartbeat_reply("b")))
        assert beaten.leadership.confirmed_round == 1
        checked, _ = step(beaten, election_elapsed())
        assert checked.role == leader.role
