"""Reads by read index: fresh on the leader and on followers, or refused."""

from dataclasses import replace

import pytest

from primacy.agents import NO_AGENTS
from primacy.config import agents
from primacy.dispatch import step
from primacy.messages import Read
from primacy.outputs import Broadcast, Reason, Send, ServeRead, Stale
from primacy.pending_reads import FollowerRead, FollowerReads, LeaderRead, LeaderReads
from primacy.state import State
from primacy.types import (
    NOBODY,
    AgentId,
    Index,
    Instant,
    RequestId,
    Round,
    Term,
)
from tests.support.builders import (
    A,
    B,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    an_idle_elector,
    append,
    config,
    durable,
    heartbeat,
    heartbeat_elapsed,
    heartbeat_reply,
    numbers,
    read_index_reply,
    read_index_request,
    received,
    segment,
)

R = RequestId("r")
READ = Read(R, Instant(5))


def asked(before: State, requester: str, *, index: int, number: int) -> State:
    """Expect a leader that began a round for a read."""
    read = LeaderRead(AgentId(requester), R, Index(index), Round(number))
    lead = before.leadership
    return replace(
        before,
        last_heartbeat=Instant(5),
        leadership=replace(
            lead,
            round=Round(number),
            seen=lead.seen.set(A, number),
            lease_round=Round(number),
            lease_start=Instant(5),
            reads=lead.reads.with_(read),
        ),
    )


@pytest.mark.clause("read.index-first", "read.round-after-request")
def test_leader_notes_its_commit_index_then_begins_a_round() -> None:
    before = a_leader(terms=(1, 1, 1), commit=2, rounds=2, confirmed=2)
    beat = heartbeat(number=3, commit=2, commit_term=1)
    assert step(before, READ) == (
        asked(before, "a", index=2, number=3),
        (Broadcast(agents("b", "c", "w"), beat),),
    )


@pytest.mark.clause("read.quorum-confirms", "read.round-after-request")
def test_read_is_served_when_its_round_is_confirmed() -> None:
    leader = a_leader(terms=(1, 1), commit=2, rounds=2, confirmed=2, match={"b": 2})
    before, _ = step(leader, READ)
    after, outputs = step(before, received(heartbeat_reply("b", number=3)))
    assert after == replace(
        before,
        leadership=replace(
            before.leadership,
            seen=numbers({"a": 3, "b": 3}),
            confirmed_round=Round(3),
            lease_until=Instant(5),
            reads=LeaderReads(),
        ),
    )
    assert outputs == (ServeRead(R, Index(2)),)


@pytest.mark.clause("read.round-after-request")
def test_round_that_was_begun_before_a_read_does_not_confirm_it() -> None:
    leader = a_leader(terms=(1, 1), commit=2, rounds=2, match={"b": 2})
    before, _ = step(leader, READ)
    after, outputs = step(before, received(heartbeat_reply("b", number=2)))
    assert after.leadership.reads == before.leadership.reads
    assert outputs == ()


@pytest.mark.clause("read.round-after-request")
def test_later_round_confirms_an_earlier_read() -> None:
    leader = a_leader(
        terms=(1, 1),
        commit=2,
        rounds=2,
        confirmed=2,
        match={"b": 2},
        seen={"b": 2, "c": 2, "w": 2},
    )
    state, _ = step(leader, READ)
    state, _ = step(state, heartbeat_elapsed())
    _, outputs = step(state, received(heartbeat_reply("b", number=4)))
    assert outputs == (ServeRead(R, Index(2)),)


@pytest.mark.clause("read.quorum-confirms", "quorum.electors-only")
def test_worker_confirms_no_read() -> None:
    before, _ = step(a_leader(match={"w": 1}), READ)
    after, outputs = step(before, received(heartbeat_reply("w", number=1)))
    assert after.leadership.reads == before.leadership.reads
    assert outputs == ()


@pytest.mark.clause("read.own-term")
def test_leader_without_a_committed_entry_of_its_term_serves_no_read() -> None:
    before = a_leader(term=2, terms=(1, 2), commit=1)
    assert step(before, READ) == (
        before,
        (Stale(R, Reason.TERM_NOT_COMMITTED, A, Term(2)),),
    )
    refusal = read_index_reply("a", term=2, granted=False, index=0)
    assert step(before, received(read_index_request("b", term=2))) == (
        before,
        (Send(B, refusal),),
    )


@pytest.mark.clause("read.stale")
def test_read_without_a_known_leader_is_stale() -> None:
    for before in (a_newcomer(), a_candidate(), a_follower(leader="")):
        assert step(before, READ) == (
            before,
            (Stale(R, Reason.NO_LEADER, NOBODY, before.term),),
        )


@pytest.mark.clause("read.follower-asks")
def test_follower_and_worker_ask_the_leader() -> None:
    for me in ("b", "w"):
        before = a_follower(me, leader="a", term=3)
        request = read_index_request(me, term=3)
        assert step(before, READ) == (before, (Send(A, request),))


@pytest.mark.clause("read.follower-asks", "read.index-first")
def test_leader_begins_a_round_for_the_read_of_another_agent() -> None:
    before = a_leader(terms=(1, 1, 1), commit=2, rounds=2, confirmed=2)
    after, outputs = step(before, received(read_index_request("w"), now=5))
    assert after == asked(before, "w", index=2, number=3)
    beat = heartbeat(number=3, commit=2, commit_term=1)
    assert outputs == (Broadcast(agents("b", "c", "w"), beat),)


@pytest.mark.clause("read.quorum-confirms", "read.follower-asks")
def test_confirmed_read_of_another_agent_is_answered_with_its_index() -> None:
    leader = a_leader(terms=(1, 1), commit=2, match={"b": 2})
    before, _ = step(leader, received(read_index_request("w")))
    _, outputs = step(before, received(heartbeat_reply("b", number=1)))
    assert outputs == (Send(AgentId("w"), read_index_reply("a", index=2)),)


@pytest.mark.clause("read.asked-once")
def test_read_index_request_that_arrives_twice_is_asked_once() -> None:
    before, _ = step(a_leader(), received(read_index_request("b")))
    assert step(before, received(read_index_request("b"))) == (before, ())


@pytest.mark.clause("read.asked-once")
def test_same_request_of_another_agent_is_another_read() -> None:
    before, _ = step(a_leader(), received(read_index_request("b")))
    after, _ = step(before, received(read_index_request("c")))
    assert len(after.leadership.reads.reads) == 2


@pytest.mark.clause("read.stale")
@pytest.mark.parametrize(
    "before", [a_follower("c", leader="a"), a_candidate("c", term=1)]
)
def test_one_that_does_not_lead_refuses_a_read_index(before: State) -> None:
    refusal = read_index_reply("c", granted=False, index=0)
    assert step(before, received(read_index_request("b"))) == (
        before,
        (Send(B, refusal),),
    )


@pytest.mark.clause("read.stale")
def test_read_whose_index_was_refused_is_stale() -> None:
    before = a_follower("b", leader="a", term=2)
    packet = read_index_reply("a", term=2, granted=False, index=0)
    assert step(before, received(packet)) == (
        before,
        (Stale(R, Reason.NOT_LEADER, A, Term(2)),),
    )


@pytest.mark.clause("read.when-applied")
@pytest.mark.parametrize("index", [1, 2])
def test_follower_that_has_applied_enough_serves_at_once(index: int) -> None:
    before = a_follower("b", terms=(1, 1), commit=2)
    assert step(before, received(read_index_reply(index=index))) == (
        before,
        (ServeRead(R, Index(2)),),
    )


@pytest.mark.clause("read.when-applied")
def test_follower_that_lags_serves_once_it_has_applied_enough() -> None:
    before = a_follower("b", terms=(1, 1), commit=1)
    waiting, outputs = step(before, received(read_index_reply(index=3)))
    assert waiting == replace(
        before, parked=FollowerReads((FollowerRead(R, Index(3)),))
    )
    assert outputs == ()
    packet = append(prev=1, prev_term=1, entries=segment(1, 1), commit=2)
    still, outputs = step(waiting, received(packet))
    assert still.parked == waiting.parked
    assert not any(isinstance(output, ServeRead) for output in outputs)
    served, outputs = step(still, received(heartbeat(commit=3, commit_term=1)))
    assert served.parked == FollowerReads()
    assert outputs[-1] == ServeRead(R, Index(3))


@pytest.mark.clause("read.when-applied")
def test_answer_that_arrives_twice_waits_once() -> None:
    before = a_follower("b", terms=(1,), commit=1)
    waiting, _ = step(before, received(read_index_reply(index=3)))
    assert step(waiting, received(read_index_reply(index=3))) == (waiting, ())


@pytest.mark.clause("read.quorum-confirms")
def test_single_elector_confirms_its_own_rounds() -> None:
    given = config("a", electors="a", workers="")
    before = a_leader(given=given)
    _, outputs = step(before, READ)
    assert outputs[-1] == ServeRead(R, Index(1))


@pytest.mark.clause("read.quorum-confirms", "heartbeat.stale-answered")
def test_stale_leader_serves_no_read_on_an_answer_given_before_the_read() -> None:
    """Agent a led term 1, leads term 3, and does not know of term 4.

    The answer of b to a late heartbeat of term 1 was sent before c won term 4 with the
    vote of b, and before c committed a write. It arrives after the read was asked for.
    """
    voter = an_idle_elector("b", term=3, vote="a", terms=(1, 3))
    _, (answer,) = step(voter, received(heartbeat("a", term=1, number=1)))
    assert isinstance(answer, Send)
    leader = a_leader(term=3, terms=(1, 3), commit=2, match={"b": 2})
    asking, _ = step(leader, READ)
    _, outputs = step(asking, received(answer.packet))
    assert not any(isinstance(output, ServeRead) for output in outputs)


@pytest.mark.clause("read.stale", "term.higher")
def test_read_index_request_of_a_newer_term_deposes_and_is_refused() -> None:
    before = a_leader(term=2, terms=(2,))
    after, outputs = step(before, received(read_index_request("b", term=3)))
    assert (after.durable, after.granted) == (durable(3, "", (2,)), NO_AGENTS)
    refusal = read_index_reply("a", term=3, granted=False, index=0)
    assert Send(B, refusal) in outputs
