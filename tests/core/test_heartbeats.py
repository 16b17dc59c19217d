"""Heartbeats: rounds, acknowledgements, and the check that a quorum answers."""

from dataclasses import replace

import pytest

from primacy.agents import NO_AGENTS
from primacy.config import agents
from primacy.dispatch import step
from primacy.messages import ReadIndexReply, Timer
from primacy.outputs import (
    Broadcast,
    Disarm,
    LeaderChanged,
    PartitionHealed,
    PartitionSuspected,
    Reason,
    RoleChanged,
    Send,
    Stale,
)
from primacy.pending_reads import LeaderRead, LeaderReads
from primacy.role import Role, Wait
from primacy.state import State
from primacy.types import NOBODY, AgentId, Index, Instant, RequestId, Round, Term
from tests.support.builders import (
    CHECK_TIMER,
    ELECTION_TIMER,
    HEARTBEAT_TIMER,
    MESH,
    PROMISE_TIMER,
    A,
    B,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
    an_idle_elector,
    append,
    config,
    durable,
    election_elapsed,
    following,
    heartbeat,
    heartbeat_elapsed,
    heartbeat_reply,
    numbers,
    persist,
    received,
    segment,
)

PEERS = agents("b", "c", "w")


@pytest.mark.clause(
    "heartbeat.regular", "fencing.token-is-term", "presence.travels", "commit.travels"
)
def test_leader_begins_a_round_and_arms_the_next() -> None:
    before = a_leader(
        term=3, terms=(1, 3), commit=2, rounds=4, confirmed=4, seen={"b": 4, "c": 4}
    )
    before = replace(before, alive=agents("a", "b", "c"))
    after, outputs = step(before, heartbeat_elapsed(now=70))
    assert after == replace(
        before,
        last_heartbeat=Instant(70),
        leadership=replace(
            before.leadership,
            round=Round(5),
            seen=numbers({"a": 5, "b": 4, "c": 4}),
            lease_round=Round(5),
            lease_start=Instant(70),
        ),
    )
    beat = heartbeat(
        term=3, number=5, commit=2, commit_term=3, alive=agents("a", "b", "c")
    )
    assert outputs == (HEARTBEAT_TIMER, Broadcast(PEERS, beat))


@pytest.mark.clause("timer.late-is-safe")
@pytest.mark.parametrize(
    "before",
    [a_follower("a"), a_candidate(), a_pre_candidate(), a_newcomer(), a_follower("w")],
)
def test_heartbeat_timer_does_nothing_to_one_that_does_not_lead(before: State) -> None:
    assert step(before, heartbeat_elapsed(now=9)) == (before, ())


@pytest.mark.clause("heartbeat.acknowledged", "leader.followed", "vote.sticky")
def test_heartbeat_is_acknowledged_with_its_round() -> None:
    before = an_idle_elector("b", term=2, terms=(1, 2))
    packet = heartbeat("a", term=2, number=7, alive=agents("a", "b"))
    after, outputs = step(before, received(packet, now=33))
    assert after == replace(
        before,
        wait=Wait.PROMISE,
        leader=A,
        last_heartbeat=Instant(33),
        alive=agents("a", "b"),
    )
    reply = heartbeat_reply("b", term=2, number=7, last_index=2, last_term=2)
    assert outputs[:2] == (PROMISE_TIMER, Send(A, reply))


@pytest.mark.clause("leader.followed")
@pytest.mark.parametrize(
    "before", [a_candidate("b", term=2), a_pre_candidate("b", term=2)]
)
def test_candidate_follows_the_leader_of_its_term(before: State) -> None:
    for packet in (
        heartbeat("a", term=2),
        append("a", term=2, prev=1, prev_term=1),
    ):
        after, outputs = step(before, received(packet))
        assert after == replace(
            before,
            role=Role.FOLLOWER,
            wait=Wait.PROMISE,
            leader=A,
            granted=NO_AGENTS,
        )
        assert outputs[0] == PROMISE_TIMER
        assert outputs[2:] == (
            RoleChanged(before.role, Role.FOLLOWER, Term(2)),
            LeaderChanged(A, Term(2)),
        )


@pytest.mark.clause("heartbeat.stale-answered")
@pytest.mark.parametrize(
    "before",
    [
        a_follower("b", term=3, leader="c"),
        an_idle_elector("b", term=3),
        a_candidate("b", term=3),
    ],
)
def test_stale_heartbeat_changes_nothing_and_shows_the_newer_term(
    before: State,
) -> None:
    after, outputs = step(before, received(heartbeat("a", term=2, number=4)))
    assert after == before
    (answer,) = outputs
    assert isinstance(answer, Send)
    assert (answer.target, answer.packet.sender, answer.packet.term) == (A, B, 3)


@pytest.mark.clause("heartbeat.stale-answered", "read.quorum-confirms")
def test_answer_to_a_stale_heartbeat_acknowledges_no_round_of_a_newer_term() -> None:
    voter = an_idle_elector("b", term=3)
    _, (answer,) = step(voter, received(heartbeat("a", term=1, number=4)))
    assert isinstance(answer, Send)
    leader = a_leader(term=3, rounds=4)
    after, _ = step(leader, received(answer.packet))
    assert after.leadership.seen == leader.leadership.seen


@pytest.mark.clause("heartbeat.stale-acknowledgement")
def test_acknowledgement_of_an_older_term_does_not_count() -> None:
    before = a_leader(term=2, rounds=3)
    assert step(before, received(heartbeat_reply("b", term=1, number=3))) == (
        before,
        (),
    )


@pytest.mark.clause("heartbeat.stale-acknowledgement")
def test_acknowledgement_counts_for_a_leader_only() -> None:
    for before in (
        an_idle_elector("a"),
        a_candidate(term=1),
        a_pre_candidate(),
        a_follower("a", leader="c"),
    ):
        assert step(before, received(heartbeat_reply("b", term=1))) == (before, ())


@pytest.mark.clause("heartbeat.counted-once")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_acknowledgement_that_is_repeated_or_late_counts_once(number: int) -> None:
    before = a_leader(rounds=4, seen={"b": 3}, match={"b": 1})
    before = replace(before, alive=agents("a", "c"))
    assert step(before, received(heartbeat_reply("b", number=number))) == (before, ())


@pytest.mark.clause("read.quorum-confirms", "lease.confirmed")
def test_round_is_confirmed_by_a_quorum() -> None:
    before = a_leader(rounds=4, match={"b": 1})
    lead = before.leadership
    assert step(before, received(heartbeat_reply("b", number=3))) == (
        replace(
            before,
            leadership=replace(
                lead,
                seen=numbers({"a": 4, "b": 3}),
                confirmed_round=Round(3),
                lease_given=True,
            ),
        ),
        (),
    )


@pytest.mark.clause("quorum.electors-only", "read.quorum-confirms")
def test_acknowledgement_of_a_worker_confirms_nothing() -> None:
    before = a_leader(rounds=4, match={"w": 1})
    assert step(before, received(heartbeat_reply("w", number=4))) == (
        replace(
            before,
            leadership=replace(before.leadership, seen=numbers({"a": 4, "w": 4})),
        ),
        (),
    )


@pytest.mark.clause("read.quorum-confirms")
def test_acknowledgement_short_of_a_quorum_confirms_nothing() -> None:
    given = config("a", electors="abcde", workers="")
    before = a_leader(rounds=4, match={"b": 1}, given=given)
    reply = replace(heartbeat_reply("b", number=4), mesh=given.mesh)
    after, _ = step(before, received(reply))
    assert after.leadership.confirmed_round == 0


@pytest.mark.clause("log.resent")
def test_agent_whose_log_lags_is_served_after_its_acknowledgement() -> None:
    before = a_leader(terms=(1, 1, 1), rounds=1)
    reply = heartbeat_reply("w", last_index=1)
    after, outputs = step(before, received(reply))
    assert after == replace(
        before,
        leadership=replace(
            before.leadership,
            seen=numbers({"a": 1, "w": 1}),
            next=numbers({"b": 4, "c": 4, "w": 4}),
        ),
    )
    resent = append(prev=1, prev_term=1, entries=segment(1, 1), commit=1)
    assert outputs == (Send(AgentId("w"), resent),)


@pytest.mark.clause("leader.quorum-check", "presence.missed-rounds")
@pytest.mark.parametrize("seen", [{"b": 3}, {"b": 4}, {"b": 3, "c": 4}])
def test_leader_that_reaches_a_quorum_goes_on(seen: dict[str, int]) -> None:
    leader = a_leader(rounds=4, seen=seen)
    lead = replace(leader.leadership, checked_round=Round(2))
    before = replace(leader, leadership=lead, alive=agents("a", *seen))
    assert step(before, election_elapsed()) == (
        replace(before, leadership=replace(lead, checked_round=Round(4))),
        (CHECK_TIMER,),
    )


@pytest.mark.clause(
    "leader.quorum-check", "leader.relinquishes", "watch.partition", "read.stale"
)
@pytest.mark.parametrize("seen", [{}, {"b": 2, "c": 2}, {"w": 4}])
def test_leader_that_reaches_no_quorum_steps_down(seen: dict[str, int]) -> None:
    leader = a_leader(rounds=4, seen=seen, commit=1)
    reads = LeaderReads(
        (
            LeaderRead(A, RequestId("mine"), Index(1), Round(4)),
            LeaderRead(B, RequestId("theirs"), Index(1), Round(4)),
        )
    )
    lead = replace(leader.leadership, checked_round=Round(2), reads=reads)
    before = replace(leader, leadership=lead)
    after, outputs = step(before, election_elapsed())
    assert after == replace(following(before), is_cut_off=True)
    reached = agents("a", *(name for name, number in seen.items() if number > 2))
    refusal = ReadIndexReply(MESH, A, Term(1), RequestId("theirs"), False, Index(1))
    assert outputs == (
        Disarm(Timer.HEARTBEAT),
        ELECTION_TIMER,
        Stale(RequestId("mine"), Reason.LOST_LEADERSHIP, NOBODY, Term(1)),
        Send(B, refusal),
        RoleChanged(Role.LEADER, Role.FOLLOWER, Term(1)),
        LeaderChanged(NOBODY, Term(1)),
        PartitionSuspected(reached, agents("b", "c")),
    )


@pytest.mark.clause("watch.partition")
@pytest.mark.parametrize(
    "packet", [heartbeat("c"), append("c", prev=1, prev_term=1)], ids=["beat", "append"]
)
def test_agent_that_was_cut_off_tells_that_a_leader_is_back(packet: object) -> None:
    before = replace(a_pre_candidate("a"), is_cut_off=True)
    assert isinstance(packet, type(heartbeat()) | type(append()))
    after, outputs = step(before, received(packet))
    assert not after.is_cut_off
    assert outputs[-1] == PartitionHealed()


@pytest.mark.clause("heartbeat.acknowledged", "term.higher")
def test_heartbeat_of_a_higher_term_is_followed_in_that_term() -> None:
    before = a_follower("b", leader="c", term=1)
    after, outputs = step(before, received(heartbeat("a", term=4), now=5))
    assert after == replace(
        before,
        durable=durable(4, "", (1,)),
        leader=A,
        last_heartbeat=Instant(5),
    )
    assert outputs == (
        persist(4, after=1),
        PROMISE_TIMER,
        Send(A, heartbeat_reply("b", term=4)),
        RoleChanged(Role.FOLLOWER, Role.FOLLOWER, Term(4)),
        LeaderChanged(A, Term(4)),
    )


@pytest.mark.clause("commit.travels")
def test_heartbeat_carries_the_term_of_the_entry_at_the_commit_index() -> None:
    before = a_leader(term=3, terms=(1, 3), commit=1)
    _, outputs = step(before, heartbeat_elapsed())
    beat = heartbeat(term=3, number=1, commit=1, commit_term=1)
    assert outputs == (HEARTBEAT_TIMER, Broadcast(PEERS, beat))
