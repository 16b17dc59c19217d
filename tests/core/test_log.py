"""Replication: a follower's log becomes the leader's, and loses nothing confirmed."""

from dataclasses import replace

import pytest

from primacy.config import agents
from primacy.dispatch import step
from primacy.log import Segment
from primacy.messages import Append, Write
from primacy.outputs import Broadcast, Send
from primacy.role import Wait
from primacy.state import State
from primacy.types import AgentId, Command, Index, RequestId, Term
from tests.support.builders import (
    MESH,
    PROMISE_TIMER,
    A,
    B,
    W,
    a_candidate,
    a_follower,
    a_leader,
    an_idle_elector,
    append,
    append_reply,
    config,
    durable,
    entry,
    heartbeat_reply,
    log,
    noop,
    numbers,
    persist,
    received,
    segment,
    vote_reply,
)


def answered(
    *, term: int = 1, accepted: bool = True, index: int, index_term: int = 1
) -> Send:
    """Expect agent b's answer to its leader a."""
    return Send(
        A,
        append_reply(
            "b", term=term, accepted=accepted, index=index, index_term=index_term
        ),
    )


@pytest.mark.clause("log.durable", "log.consistency", "leader.followed")
def test_entries_are_durable_before_they_are_acknowledged() -> None:
    before = an_idle_elector("b", term=2, vote="a", terms=(1,))
    packet = append("a", term=2, prev=1, prev_term=1, entries=segment(2, 2))
    after, outputs = step(before, received(packet))
    assert after == replace(
        before,
        durable=durable(2, "a", (1, 2, 2)),
        wait=Wait.PROMISE,
        leader=A,
    )
    assert outputs[:3] == (
        persist(2, "a", after=1, entries=segment(2, 2)),
        PROMISE_TIMER,
        answered(term=2, index=3, index_term=2),
    )


@pytest.mark.clause("log.consistency", "log.hint")
@pytest.mark.parametrize(
    ("terms", "prev", "prev_term", "hint", "hint_term"),
    [
        ((1,), 3, 2, 1, 1),
        ((), 1, 1, 0, 0),
        ((1, 2), 2, 3, 2, 2),
        ((1, 3, 3), 3, 2, 1, 1),
        ((3, 3, 3), 3, 2, 0, 0),
    ],
)
def test_gap_or_conflict_before_the_entries_is_refused_with_a_hint(
    terms: tuple[int, ...], prev: int, prev_term: int, hint: int, hint_term: int
) -> None:
    before = a_follower("b", term=3, terms=terms)
    packet = append("a", term=3, prev=prev, prev_term=prev_term, entries=segment(3))
    refusal = answered(term=3, accepted=False, index=hint, index_term=hint_term)
    assert step(before, received(packet)) == (before, (PROMISE_TIMER, refusal))


@pytest.mark.clause("log.no-truncation", "log.consistency")
@pytest.mark.parametrize("entries", [segment(), segment(1), segment(1, 1)])
def test_late_append_truncates_nothing(entries: Segment) -> None:
    before = a_follower("b", terms=(1, 1, 1, 1))
    packet = append("a", prev=1, prev_term=1, entries=entries)
    assert step(before, received(packet)) == (
        before,
        (PROMISE_TIMER, answered(index=1 + entries.size)),
    )


@pytest.mark.clause("log.no-truncation")
def test_append_from_the_beginning_is_taken_once() -> None:
    before = a_follower("b", terms=(1, 1))
    packet = append("a", entries=segment(1, 1))
    assert step(before, received(packet)) == (
        before,
        (PROMISE_TIMER, answered(index=2)),
    )


@pytest.mark.clause("log.conflict", "log.durable")
def test_conflicting_entries_are_replaced_by_the_leaders() -> None:
    before = a_follower("b", term=3, terms=(1, 2, 2, 2))
    packet = append("a", term=3, prev=1, prev_term=1, entries=segment(3))
    assert step(before, received(packet)) == (
        replace(before, durable=durable(3, "", (1, 3))),
        (
            persist(3, after=1, entries=segment(3)),
            PROMISE_TIMER,
            answered(term=3, index=2, index_term=3),
        ),
    )


@pytest.mark.clause("log.stale-answered")
def test_append_of_an_older_term_is_refused_and_changes_nothing() -> None:
    for before in (
        a_follower("b", term=3, leader="c", terms=(1, 2)),
        a_candidate("b", term=3, terms=(1, 2)),
    ):
        packet = append("a", term=2, prev=1, prev_term=1, entries=segment(2, 2))
        assert step(before, received(packet)) == (
            before,
            (answered(term=3, accepted=False, index=2, index_term=2),),
        )


@pytest.mark.clause("leader.followed", "vote.sticky")
def test_append_is_as_good_as_a_heartbeat() -> None:
    before = a_follower("b", leader="", term=1)
    packet = append("a", prev=1, prev_term=1)
    after, outputs = step(replace(before, wait=Wait.STAND), received(packet))
    assert after == replace(before, leader=A)
    assert outputs[:2] == (PROMISE_TIMER, answered(index=1))


@pytest.mark.clause("log.in-step")
def test_new_entry_goes_to_those_in_step_at_once() -> None:
    leader = a_leader(terms=(1, 1), commit=2, match={"b": 2})
    behind = leader.leadership.next.set(W, 2)
    before = replace(leader, leadership=replace(leader.leadership, next=behind))
    after, outputs = step(before, Write(RequestId("x"), Command("x")))
    assert after == replace(
        before,
        durable=replace(before.durable, log=log(1, 1).append(entry(1, "x"))),
        leadership=replace(
            before.leadership,
            match=numbers({"a": 3, "b": 2}),
            next=numbers({"b": 4, "c": 4, "w": 2}),
        ),
    )
    sent = Append(
        MESH, A, Term(1), Index(2), Term(1), Segment.of(entry(1, "x")), Index(2)
    )
    assert outputs[1] == Broadcast(agents("b", "c"), sent)


@pytest.mark.clause("log.next-above-match", "log.batch")
def test_acknowledgement_brings_the_next_batch() -> None:
    leader = a_leader(
        terms=(1, 1, 1, 1, 1), commit=5, match={"b": 5}, given=config("a", batch=2)
    )
    behind = leader.leadership.next.set(W, 3)
    before = replace(leader, leadership=replace(leader.leadership, next=behind))
    after, outputs = step(before, received(append_reply("w", index=2)))
    assert after == replace(
        before,
        leadership=replace(
            before.leadership,
            match=numbers({"a": 5, "b": 5, "w": 2}),
            next=numbers({"b": 6, "c": 6, "w": 5}),
        ),
    )
    batch = append(prev=2, prev_term=1, entries=segment(1, 1), commit=5)
    assert outputs == (Send(W, batch),)


@pytest.mark.clause("log.next-above-match")
def test_acknowledgement_beyond_what_was_sent_next_moves_on() -> None:
    leader = a_leader(terms=(1, 1, 1), commit=3, match={"b": 3})
    behind = leader.leadership.next.set(W, 1)
    before = replace(leader, leadership=replace(leader.leadership, next=behind))
    after, outputs = step(before, received(append_reply("w", index=3)))
    assert after == replace(
        before,
        leadership=replace(
            before.leadership,
            match=numbers({"a": 3, "b": 3, "w": 3}),
            next=numbers({"b": 4, "c": 4, "w": 4}),
        ),
    )
    assert outputs == ()


@pytest.mark.clause("log.hint", "log.batch")
@pytest.mark.parametrize(
    ("index", "index_term", "prev"),
    [(4, 1, 2), (4, 3, 4), (1, 1, 1), (0, 0, 0), (9, 3, 5), (3, 2, 3)],
)
def test_refusal_makes_the_leader_look_further_back(
    index: int, index_term: int, prev: int
) -> None:
    before = a_leader(term=3, terms=(1, 1, 2, 3, 3), commit=0)
    packet = append_reply(
        "b", term=3, accepted=False, index=index, index_term=index_term
    )
    after, outputs = step(before, received(packet))
    assert after == before
    rest = segment(*(1, 1, 2, 3, 3)[prev:])
    prev_term = (0, 1, 1, 2, 3, 3)[prev]
    sent = append(term=3, prev=prev, prev_term=prev_term, entries=rest)
    assert outputs == (Send(B, sent),)


@pytest.mark.clause("log.next-above-match", "commit.match-never-falls")
def test_refusal_that_is_late_does_not_go_below_what_is_known_to_match() -> None:
    before = a_leader(terms=(1, 1, 1, 1), commit=3, match={"b": 3})
    packet = append_reply("b", accepted=False, index=0, index_term=0)
    assert step(before, received(packet)) == (before, ())


@pytest.mark.clause("log.batch")
def test_refusal_is_answered_with_one_batch() -> None:
    before = a_leader(terms=(1,) * 9, commit=0, given=config("a", batch=4))
    packet = append_reply("b", accepted=False, index=2, index_term=1)
    after, outputs = step(before, received(packet))
    assert after == replace(
        before,
        leadership=replace(before.leadership, next=numbers({"b": 7, "c": 10, "w": 10})),
    )
    sent = append(prev=2, prev_term=1, entries=segment(1, 1, 1, 1))
    assert outputs == (Send(B, sent),)


@pytest.mark.clause("log.resent")
@pytest.mark.parametrize("held", [0, 2])
def test_agent_that_is_known_to_lag_is_sent_what_it_lacks(held: int) -> None:
    before = a_leader(terms=(1, 1, 1), commit=1, rounds=1, match={"w": held})
    beat = heartbeat_reply("w", last_index=1)
    _, outputs = step(before, received(beat))
    prev = max(held, 1)
    rest = append(
        prev=prev,
        prev_term=1,
        entries=segment(1, 1) if prev == 1 else segment(1),
        commit=1,
    )
    assert outputs == (Send(W, rest),)


@pytest.mark.clause("log.resent")
def test_agent_that_holds_everything_is_sent_nothing() -> None:
    before = a_leader(rounds=1, match={"w": 1})
    _, outputs = step(before, received(heartbeat_reply("w", last_index=1)))
    assert outputs == ()


@pytest.mark.clause("leader.append-only", "leader.noop")
def test_leader_only_ever_appends_to_its_log() -> None:
    before = a_candidate(term=3, terms=(1, 2))
    state, _ = step(before, received(vote_reply("b", term=3)))
    state, _ = step(state, Write(RequestId("x"), Command("x")))
    for packet in (
        append_reply("b", term=3, accepted=False, index=0, index_term=0),
        append_reply("c", term=3, index=1),
        append("c", term=3, prev=0, entries=segment(3)),
        append("c", term=2, prev=0, entries=segment(2)),
    ):
        state, _ = step(state, received(packet))
    assert state.log == log(1, 2).append(noop(3)).append(entry(3, "x"))


@pytest.mark.clause("commit.stale-acknowledgement", "log.hint")
def test_refusal_of_an_older_term_is_ignored() -> None:
    before = a_leader(term=3, terms=(1, 3), commit=0)
    packet = append_reply("b", term=2, accepted=False, index=0, index_term=0)
    assert step(before, received(packet)) == (before, ())


@pytest.mark.clause("commit.stale-acknowledgement")
def test_append_replies_count_for_a_leader_only() -> None:
    states: tuple[State, ...] = (
        an_idle_elector("a"),
        a_candidate(term=1),
        a_follower("a", leader="c"),
    )
    for before in states:
        for accepted in (True, False):
            packet = append_reply("b", accepted=accepted)
            assert step(before, received(packet)) == (before, ())


@pytest.mark.clause("log.hint")
def test_target_of_an_answer_is_the_sender() -> None:
    before = a_leader(terms=(1, 1), commit=0)
    packet = append_reply("w", accepted=False, index=0, index_term=0)
    _, outputs = step(before, received(packet))
    (sent,) = outputs
    assert isinstance(sent, Send)
    assert sent.target == AgentId("w")


@pytest.mark.clause("log.next-above-match", "commit.match-never-falls")
def test_acknowledgement_that_says_nothing_new_sends_nothing() -> None:
    leader = a_leader(terms=(1,) * 5, commit=5, match={"b": 5, "w": 2})
    behind = leader.leadership.next.set(W, 3)
    before = replace(leader, leadership=replace(leader.leadership, next=behind))
    for index in (1, 2):
        assert step(before, received(append_reply("w", index=index))) == (before, ())


@pytest.mark.clause("log.next-above-match")
def test_last_entry_is_sent_too() -> None:
    leader = a_leader(terms=(1, 1, 1), commit=3, match={"b": 3})
    behind = leader.leadership.next.set(W, 2)
    before = replace(leader, leadership=replace(leader.leadership, next=behind))
    _, outputs = step(before, received(append_reply("w", index=2)))
    rest = append(prev=2, prev_term=1, entries=segment(1), commit=3)
    assert outputs == (Send(W, rest),)
