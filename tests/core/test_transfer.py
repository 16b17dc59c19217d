"""Leadership transfer: to a caught-up elector, which stands at once."""

from dataclasses import replace

import pytest

from primacy.agents import NO_AGENTS
from primacy.config import agents
from primacy.dispatch import step
from primacy.messages import Transfer
from primacy.outputs import (
    Broadcast,
    ElectionProgress,
    LeaderChanged,
    Reason,
    Refused,
    RoleChanged,
    Send,
)
from primacy.role import Role, Wait
from primacy.state import State
from primacy.types import NOBODY, AgentId, RequestId, Round, Term
from tests.support.builders import (
    CHECK_TIMER,
    ELECTION_TIMER,
    A,
    B,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
    durable,
    election_elapsed,
    persist,
    received,
    transfer_now,
    vote_request,
)

R = RequestId("r")
TO_B = Transfer(R, B)


def handing_over(before: State, target: str = "b") -> State:
    """Expect a leader that asked an elector to take over."""
    lead = replace(before.leadership, transferee=AgentId(target), lease_void=True)
    return replace(before, leadership=lead)


@pytest.mark.clause("transfer.caught-up", "transfer.voids-lease")
def test_leader_asks_a_caught_up_elector_to_take_over() -> None:
    before = a_leader(term=2, terms=(1, 2), match={"b": 2})
    assert step(before, TO_B) == (
        handing_over(before),
        (Send(B, transfer_now("a", term=2)),),
    )


@pytest.mark.clause("transfer.caught-up")
def test_elector_whose_log_lags_does_not_take_over() -> None:
    before = a_leader(term=2, terms=(1, 2), match={"b": 1})
    assert step(before, TO_B) == (
        before,
        (Refused(R, Reason.NOT_CAUGHT_UP, A, Term(2)),),
    )


@pytest.mark.clause("transfer.to-elector")
@pytest.mark.parametrize("target", ["w", "a", "z", ""])
def test_leadership_goes_to_another_elector_only(target: str) -> None:
    before = a_leader(match={"w": 1})
    assert step(before, Transfer(R, AgentId(target))) == (
        before,
        (Refused(R, Reason.NOT_AN_ELECTOR, A, Term(1)),),
    )


@pytest.mark.clause("transfer.one-at-a-time")
@pytest.mark.parametrize("target", ["b", "c"])
def test_one_transfer_at_a_time(target: str) -> None:
    before = handing_over(a_leader(match={"b": 1, "c": 1}))
    assert step(before, Transfer(R, AgentId(target))) == (
        before,
        (Refused(R, Reason.TRANSFERRING, A, Term(1)),),
    )


@pytest.mark.clause("transfer.leader-only")
def test_one_that_does_not_lead_hands_nothing_over() -> None:
    follower = a_follower("c", leader="a")
    assert step(follower, TO_B) == (
        follower,
        (Refused(R, Reason.NOT_LEADER, A, Term(1)),),
    )
    for alone in (a_newcomer("c"), a_candidate("c")):
        assert step(alone, TO_B) == (
            alone,
            (Refused(R, Reason.NO_LEADER, NOBODY, alone.term),),
        )


@pytest.mark.clause("transfer.gives-up", "transfer.voids-lease")
def test_leader_gives_up_a_transfer_at_its_next_check_but_not_the_void() -> None:
    before = handing_over(a_leader(rounds=2, seen={"b": 2, "c": 1, "w": 1}))
    after, outputs = step(before, election_elapsed())
    assert after == replace(
        before,
        leadership=replace(
            before.leadership, transferee=NOBODY, checked_round=Round(2)
        ),
    )
    assert after.leadership.lease_void
    assert outputs == (CHECK_TIMER,)


@pytest.mark.clause("transfer.stands-at-once", "vote.durable", "stand.next-term")
def test_elector_that_is_asked_stands_at_once_without_pre_votes() -> None:
    before = a_follower("b", leader="a", term=1, terms=(1, 1))
    after, outputs = step(before, received(transfer_now("a", term=1)))
    assert after == replace(
        before,
        durable=durable(2, "b", (1, 1)),
        role=Role.CANDIDATE,
        wait=Wait.STAND,
        leader=NOBODY,
        granted=agents("b"),
    )
    request = vote_request("b", term=2, last_index=2, transfer=True)
    assert outputs == (
        persist(2, "b", after=2),
        ELECTION_TIMER,
        Broadcast(agents("a", "c"), request),
        RoleChanged(Role.FOLLOWER, Role.CANDIDATE, Term(2)),
        LeaderChanged(NOBODY, Term(2)),
        ElectionProgress(Role.CANDIDATE, Term(2), agents("b")),
    )


@pytest.mark.clause("transfer.stale")
def test_transfer_of_an_older_term_is_ignored() -> None:
    before = a_follower("b", leader="a", term=3)
    assert step(before, received(transfer_now("a", term=2))) == (before, ())


@pytest.mark.clause("transfer.from-leader")
@pytest.mark.parametrize("leader", ["c", ""])
def test_transfer_of_one_that_is_not_followed_is_ignored(leader: str) -> None:
    before = a_follower("b", leader=leader)
    assert step(before, received(transfer_now("a"))) == (before, ())


@pytest.mark.clause("stand.electors-only")
def test_worker_does_not_take_over() -> None:
    before = a_follower("w", leader="a")
    assert step(before, received(transfer_now("a"))) == (before, ())


@pytest.mark.clause("transfer.from-leader")
@pytest.mark.parametrize(
    "before",
    [
        replace(a_pre_candidate("b"), leader=A),
        replace(a_candidate("b", term=1), leader=A),
        replace(a_leader(), leader=B),
    ],
)
def test_only_a_follower_takes_over(before: State) -> None:
    sender = "b" if before.me == A else "a"
    assert step(before, received(transfer_now(sender))) == (before, ())


@pytest.mark.clause("transfer.from-leader", "term.higher")
def test_transfer_of_a_leader_not_heard_of_yet_is_not_followed() -> None:
    before = a_follower("b", leader="c", term=1)
    after, outputs = step(before, received(transfer_now("a", term=2)))
    assert after == replace(before, durable=durable(2, "", (1,)), leader=NOBODY)
    assert outputs[0] == persist(2, after=1)
    assert after.granted == NO_AGENTS
