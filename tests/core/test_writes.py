"""Writes: only the leader takes them, durably, under its token."""

from dataclasses import replace

import pytest

from primacy.config import agents
from primacy.dispatch import step
from primacy.log import Segment
from primacy.messages import Append, Forward, ForwardReply, Write
from primacy.outputs import (
    Apply,
    Broadcast,
    Reason,
    Refused,
    Send,
    WriteAccepted,
)
from primacy.state import State
from primacy.types import NOBODY, AgentId, Command, Index, RequestId, Term
from tests.support.builders import (
    MESH,
    A,
    B,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    config,
    durable,
    entry,
    forward,
    forward_reply,
    log,
    numbers,
    persist,
    received,
)

X = RequestId("x")
WRITE = Write(X, Command("x"))


def in_transfer(leader: State) -> State:
    """Hand leadership over to b."""
    return replace(leader, leadership=replace(leader.leadership, transferee=B))


@pytest.mark.clause("write.durable", "write.accepted", "write.named", "log.in-step")
def test_leader_makes_a_write_durable_before_it_sends_it() -> None:
    before = a_leader(term=2, terms=(1, 2), commit=2)
    after, outputs = step(before, WRITE)
    assert after == replace(
        before,
        durable=replace(before.durable, log=log(1, 2).append(entry(2, "x"))),
        leadership=replace(
            before.leadership,
            match=numbers({"a": 3}),
            next=numbers({"b": 4, "c": 4, "w": 4}),
        ),
    )
    written = Segment.of(entry(2, "x"))
    assert outputs == (
        persist(2, "a", after=2, entries=written),
        Broadcast(
            agents("b", "c", "w"),
            Append(MESH, A, Term(2), Index(2), Term(2), written, Index(2)),
        ),
        WriteAccepted(X, Index(3), Term(2)),
    )


@pytest.mark.clause("write.leader-only", "write.redirect")
def test_follower_and_worker_say_who_leads() -> None:
    for me in ("b", "w"):
        before = a_follower(me, leader="a", term=3)
        refused = Refused(X, Reason.NOT_LEADER, A, Term(3))
        assert step(before, WRITE) == (before, (refused,))


@pytest.mark.clause("write.leader-only", "write.redirect")
def test_agent_without_a_leader_refuses_a_write() -> None:
    for before in (a_newcomer(), a_candidate(), a_follower(leader="")):
        refused = Refused(X, Reason.NO_LEADER, NOBODY, before.term)
        assert step(before, WRITE) == (before, (refused,))


@pytest.mark.clause("transfer.no-write", "write.redirect")
def test_leader_takes_no_write_while_it_hands_over() -> None:
    before = in_transfer(a_leader(term=2, terms=(2,)))
    refused = Refused(X, Reason.TRANSFERRING, A, Term(2))
    assert step(before, WRITE) == (before, (refused,))


@pytest.mark.clause("fencing.forwarded", "write.named", "write.durable")
def test_forwarded_write_under_the_leaders_token_is_taken() -> None:
    before = a_leader(term=2, terms=(1, 2), commit=2)
    after, outputs = step(before, received(forward("b", term=2)))
    direct, written = step(before, WRITE)
    assert after == direct
    reply = forward_reply("a", term=2, index=3)
    assert outputs == (*written[:2], Send(B, reply))


@pytest.mark.clause("fencing.forwarded")
def test_forwarded_write_under_another_token_is_refused() -> None:
    before = a_leader(term=2, terms=(2,))
    refusal = forward_reply("a", term=2, accepted=False, index=0)
    assert step(before, received(forward("b", term=1))) == (
        before,
        (Send(B, refusal),),
    )


@pytest.mark.clause("fencing.forwarded", "term.higher")
def test_write_forwarded_under_a_newer_token_shows_the_leader_that_it_is_stale() -> (
    None
):
    before = a_leader(term=2, terms=(2,))
    after, outputs = step(before, received(forward("b", term=3)))
    assert after.durable == durable(3, "", (2,))
    assert Send(B, forward_reply("a", term=3, accepted=False, index=0)) in outputs


@pytest.mark.clause("fencing.forwarded", "write.leader-only")
@pytest.mark.parametrize(
    "before",
    [a_follower("c", leader="a"), in_transfer(a_leader()), a_candidate(term=1)],
)
def test_forwarded_write_is_refused_by_one_that_takes_none(before: State) -> None:
    refusal = forward_reply(before.me, accepted=False, index=0)
    assert step(before, received(forward("b"))) == (before, (Send(B, refusal),))


@pytest.mark.clause("write.forward-answered")
def test_client_of_a_forwarded_write_is_told_where_it_stands() -> None:
    before = a_follower("b", leader="a", term=2)
    assert step(before, received(forward_reply(term=2, index=5))) == (
        before,
        (WriteAccepted(X, Index(5), Term(2)),),
    )


@pytest.mark.clause("write.forward-answered")
def test_client_of_a_forwarded_write_is_told_that_it_was_refused() -> None:
    before = a_follower("b", leader="a", term=2)
    refusal = forward_reply("c", term=2, accepted=False, index=0)
    assert step(before, received(refusal)) == (
        before,
        (Refused(X, Reason.STALE_TOKEN, A, Term(2)),),
    )


@pytest.mark.clause("write.forward-answered")
def test_late_answer_to_a_forwarded_write_keeps_the_token_it_was_taken_under() -> None:
    before = a_follower("b", leader="a", term=4)
    late: ForwardReply = forward_reply("c", term=2, index=5)
    assert step(before, received(late)) == (
        before,
        (WriteAccepted(X, Index(5), Term(2)),),
    )


@pytest.mark.clause("write.durable", "output.durable-first", "commit.quorum")
def test_single_elector_commits_a_write_at_once_after_it_is_durable() -> None:
    given = config("a", electors="a", workers="")
    before = a_leader(given=given)
    after, outputs = step(before, WRITE)
    assert after.commit_index == 2
    written = Segment.of(entry(1, "x"))
    assert outputs[0] == persist(1, "a", after=1, entries=written)
    assert outputs[2:] == (
        WriteAccepted(X, Index(2), Term(1)),
        Apply(Index(2), written),
    )


@pytest.mark.clause("write.leader-only")
def test_worker_may_forward_a_write() -> None:
    before = a_leader()
    packet: Forward = forward("w")
    _, outputs = step(before, received(packet))
    assert outputs[-1] == Send(AgentId("w"), forward_reply(index=2))


@pytest.mark.clause("fencing.forwarded", "commit.quorum", "commit.in-order")
def test_single_elector_answers_a_forwarded_write_and_commits_it() -> None:
    given = config("a", electors="a")
    before = a_leader(given=given)
    packet = replace(forward("w"), mesh=given.mesh)
    after, outputs = step(before, received(packet))
    assert after.commit_index == 2
    reply = replace(forward_reply(index=2), mesh=given.mesh)
    applied = Apply(Index(2), Segment.of(entry(1, "x")))
    assert outputs[2:] == (Send(AgentId("w"), reply), applied)
