"""An agent begins from its disk: what is durable comes back, and nothing else."""

from dataclasses import FrozenInstanceError, fields

import pytest

from primacy.agents import NO_AGENTS
from primacy.config import Config
from primacy.dispatch import step
from primacy.pending_reads import NO_FOLLOWER_READS
from primacy.recovery import initial, recover
from primacy.role import Role, Wait
from primacy.state import NO_LEADERSHIP, NOTHING_DURABLE, Durable, State
from primacy.types import NO_INDEX, NOBODY, START
from tests.support.builders import (
    CLAIM_TIMER,
    EVERYONE,
    PATIENCE_TIMER,
    PROMISE_TIMER,
    ROLL,
    config,
    durable,
    election_elapsed,
    pre_vote_request,
    received,
    vote_request,
)


def beginning(given: Config, disk: Durable, wait: Wait) -> State:
    """Expect an agent that knows what its disk says and nothing more."""
    return State(
        config=given,
        durable=disk,
        roll=ROLL,
        role=Role.FOLLOWER,
        wait=wait,
        leader=NOBODY,
        commit_index=NO_INDEX,
        granted=NO_AGENTS,
        lowest_claim=NOBODY,
        last_heartbeat=START,
        alive=EVERYONE,
        is_cut_off=False,
        parked=NO_FOLLOWER_READS,
        leadership=NO_LEADERSHIP,
    )


@pytest.mark.clause("restart.from-disk", "claim.leader-timeout", "restart.follower")
def test_initial_leader_begins_by_waiting_for_a_leader() -> None:
    given = config("b")
    assert initial(given) == (
        beginning(given, NOTHING_DURABLE, Wait.CLAIM),
        (CLAIM_TIMER,),
    )


@pytest.mark.clause("restart.from-disk", "stand.electors-only")
def test_worker_begins_without_a_timer() -> None:
    given = config("w")
    assert initial(given) == (beginning(given, NOTHING_DURABLE, Wait.STAND), ())


@pytest.mark.clause("restart.from-disk", "restart.follower", "vote.after-restart")
@pytest.mark.parametrize("me", ["a", "b", "w"])
def test_recovered_agent_keeps_its_disk_and_follows_nobody(me: str) -> None:
    given, disk = config(me), durable(4, "a", (1, 1, 4))
    assert recover(given, disk) == (
        beginning(given, disk, Wait.PROMISE),
        (PROMISE_TIMER,),
    )


@pytest.mark.clause("vote.after-restart")
def test_no_vote_is_given_right_after_a_restart() -> None:
    before, _ = recover(config("b"), durable(1, "", (1,)))
    for request in (
        vote_request("a", term=2),
        vote_request("a", term=1, last_index=0, last_term=0),
        vote_request("a", term=2, transfer=True),
        pre_vote_request("a", term=2),
    ):
        assert step(before, received(request)) == (before, ())


@pytest.mark.clause("vote.after-restart", "timer.promise")
def test_vote_is_free_again_once_the_minimum_election_timeout_has_passed() -> None:
    recovered, _ = recover(config("b"), durable(1, "", (1,)))
    free, outputs = step(recovered, election_elapsed())
    assert outputs == (PATIENCE_TIMER,)
    after, _ = step(free, received(vote_request("a", term=2)))
    assert after.durable == durable(2, "a", (1,))


@pytest.mark.clause("restart.from-disk", "vote.one-per-term")
def test_vote_given_before_a_restart_still_counts() -> None:
    recovered, _ = recover(config("b"), durable(2, "c", (1,)))
    free, _ = step(recovered, election_elapsed())
    after, _ = step(free, received(vote_request("a", term=2)))
    assert after == free


@pytest.mark.clause("state.value", "state.durable")
def test_state_is_a_value_and_its_disk_is_term_vote_and_log() -> None:
    disk = durable(4, "a", (1, 4))
    state, _ = recover(config("b"), disk)
    twin, _ = recover(config("b"), durable(4, "a", (1, 4)))
    assert (state, hash(state)) == (twin, hash(twin))
    for value in (state, disk, state.leadership):
        for field in fields(value):
            with pytest.raises(FrozenInstanceError):
                setattr(value, field.name, None)
    assert [field.name for field in fields(disk)] == ["term", "voted_for", "log"]
