"""A term never falls, is durable before anything is said in it, and spreads."""

from dataclasses import replace

import pytest

from primacy.agents import NO_AGENTS
from primacy.dispatch import step
from primacy.messages import (
    Packet,
    PreVoteReply,
    PreVoteRequest,
    ReadIndexReply,
    Timer,
    VoteRequest,
)
from primacy.outputs import Disarm, LeaderChanged, Reason, RoleChanged, Send, Stale
from primacy.pending_reads import LeaderRead, LeaderReads
from primacy.role import Role
from primacy.state import State
from primacy.types import NOBODY, Index, RequestId, Round, Term
from tests.support.builders import (
    ELECTION_TIMER,
    EVERY_PACKET,
    MESH,
    A,
    B,
    a_candidate,
    a_follower,
    a_leader,
    a_pre_candidate,
    durable,
    following,
    kind_of,
    persist,
    pre_vote_reply,
    pre_vote_request,
    received,
    vote_reply,
    vote_request,
)


@pytest.mark.clause("term.higher", "term.durable")
def test_follower_adopts_a_higher_term_durably() -> None:
    before = a_follower("b", leader="a", term=1, vote="a")
    after, outputs = step(before, received(vote_reply("c", term=3, granted=False)))
    assert after == replace(before, durable=durable(3, "", (1,)), leader=NOBODY)
    assert outputs == (
        persist(3, after=1),
        RoleChanged(Role.FOLLOWER, Role.FOLLOWER, Term(3)),
        LeaderChanged(NOBODY, Term(3)),
    )


@pytest.mark.clause("term.higher", "term.durable")
@pytest.mark.parametrize("before", [a_candidate("b"), a_pre_candidate("b", term=2)])
def test_candidate_follows_a_higher_term(before: State) -> None:
    after, outputs = step(before, received(vote_reply("c", term=3, granted=False)))
    assert after == replace(
        before,
        durable=durable(3, "", (1,)),
        role=Role.FOLLOWER,
        granted=NO_AGENTS,
    )
    assert outputs == (
        persist(3, after=1),
        RoleChanged(before.role, Role.FOLLOWER, Term(3)),
    )


@pytest.mark.clause("term.higher", "term.durable", "leader.relinquishes")
def test_leader_follows_a_higher_term_and_refuses_its_reads() -> None:
    leader = a_leader(rounds=1)
    reads = LeaderReads(
        (
            LeaderRead(A, RequestId("mine"), Index(1), Round(1)),
            LeaderRead(B, RequestId("theirs"), Index(1), Round(1)),
        )
    )
    before = replace(leader, leadership=replace(leader.leadership, reads=reads))
    after, outputs = step(before, received(vote_reply("c", term=3, granted=False)))
    assert after == following(before, term=3)
    refusal = ReadIndexReply(MESH, A, Term(1), RequestId("theirs"), False, Index(1))
    assert outputs == (
        persist(3, after=1),
        Disarm(Timer.HEARTBEAT),
        ELECTION_TIMER,
        Stale(RequestId("mine"), Reason.LOST_LEADERSHIP, NOBODY, Term(1)),
        Send(B, refusal),
        RoleChanged(Role.LEADER, Role.FOLLOWER, Term(3)),
        LeaderChanged(NOBODY, Term(3)),
    )


@pytest.mark.clause("term.higher")
@pytest.mark.parametrize("packet", EVERY_PACKET, ids=kind_of)
def test_every_packet_but_a_pre_vote_brings_its_term(packet: Packet) -> None:
    before = replace(a_follower("b", leader="c"), wait=a_candidate().wait)
    after, _ = step(before, received(replace(packet, term=Term(5))))
    is_hint = isinstance(packet, PreVoteRequest | PreVoteReply)
    assert after.term == (1 if is_hint else 5)


@pytest.mark.clause("term.never-falls")
@pytest.mark.parametrize("packet", EVERY_PACKET, ids=kind_of)
def test_no_packet_lowers_a_term(packet: Packet) -> None:
    for before in (
        a_follower("b", term=9, terms=(1, 9)),
        a_candidate("b", term=9, terms=(1, 2)),
        a_pre_candidate("b", term=9, terms=(1, 2)),
    ):
        after, _ = step(before, received(packet))
        assert (after.durable.term, after.durable.voted_for) == (
            before.durable.term,
            before.durable.voted_for,
        )


@pytest.mark.clause("vote.pre-vote-changes-nothing")
def test_higher_term_of_a_pre_vote_request_is_not_adopted() -> None:
    before = a_pre_candidate("b", term=1)
    after, outputs = step(before, received(pre_vote_request("c", term=7)))
    assert after == before
    assert outputs == (
        Send(pre_vote_request("c").sender, pre_vote_reply("b", term=1, proposed=7)),
    )


@pytest.mark.clause("vote.pre-vote-changes-nothing")
def test_higher_term_of_a_granted_pre_vote_is_not_adopted() -> None:
    before = a_follower("b", term=1)
    reply = pre_vote_reply("c", term=2, proposed=2, granted=True)
    assert step(before, received(reply)) == (before, ())


@pytest.mark.clause("term.higher", "vote.refusal-answered")
def test_higher_term_of_a_refused_pre_vote_is_adopted() -> None:
    before = a_pre_candidate("b", term=1)
    reply = pre_vote_reply("c", term=5, proposed=2, granted=False)
    after, outputs = step(before, received(reply))
    assert after == replace(
        before,
        durable=durable(5, "", (1,)),
        role=Role.FOLLOWER,
        granted=NO_AGENTS,
    )
    assert outputs == (
        persist(5, after=1),
        RoleChanged(Role.PRE_CANDIDATE, Role.FOLLOWER, Term(5)),
    )


@pytest.mark.clause("vote.sticky")
def test_higher_term_of_a_request_that_stickiness_refuses_is_not_adopted() -> None:
    request: VoteRequest = vote_request("c", term=7)
    for before in (a_follower("b", leader="a"), a_leader()):
        assert step(before, received(request)) == (before, ())
