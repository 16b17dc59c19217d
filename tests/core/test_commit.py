"""Commit: an entry counts once a quorum holds it, in the leader's own term."""

from dataclasses import replace

import pytest

from primacy.dispatch import step
from primacy.log import Segment
from primacy.outputs import Apply, Send, ServeRead
from primacy.pending_reads import FollowerRead, FollowerReads
from primacy.state import State
from primacy.types import Index, RequestId
from tests.support.builders import (
    PROMISE_TIMER,
    A,
    W,
    a_follower,
    a_leader,
    append,
    append_reply,
    config,
    heartbeat,
    kind_of,
    numbers,
    persist,
    received,
    segment,
)


def matched(before: State, commit: int, **match: int) -> State:
    """Expect a leader that knows of these matches, and what it has committed."""
    return replace(
        before,
        commit_index=Index(commit),
        leadership=replace(before.leadership, match=numbers(match)),
    )


@pytest.mark.clause("commit.quorum", "commit.in-order")
def test_entries_that_a_quorum_holds_are_committed_and_applied_in_order() -> None:
    before = a_leader(terms=(1, 1, 1, 1), commit=1)
    after, outputs = step(before, received(append_reply("b", index=3)))
    assert after == replace(
        matched(before, 3, a=4, b=3),
    )
    assert outputs == (Apply(Index(2), segment(1, 1)),)


@pytest.mark.clause("commit.quorum")
def test_entries_short_of_a_quorum_are_not_committed() -> None:
    given = config("a", electors="abcde", workers="")
    before = a_leader(terms=(1, 1), commit=1, given=given)
    reply = replace(append_reply("b", index=2), mesh=given.mesh)
    after, outputs = step(before, received(reply))
    assert (after.commit_index, outputs) == (1, ())


@pytest.mark.clause("commit.quorum", "quorum.electors-only")
def test_worker_does_not_help_to_commit() -> None:
    before = a_leader(terms=(1, 1), commit=1)
    assert step(before, received(append_reply("w", index=2))) == (
        matched(before, 1, a=2, w=2),
        (),
    )


@pytest.mark.clause("commit.own-term")
def test_entry_of_an_older_term_is_not_committed_by_counting() -> None:
    before = a_leader(term=3, terms=(1, 2, 3), commit=1)
    assert step(before, received(append_reply("b", term=3, index=2))) == (
        matched(before, 1, a=3, b=2),
        (),
    )


@pytest.mark.clause("commit.own-term", "commit.in-order")
def test_entry_of_the_own_term_commits_the_older_ones_before_it() -> None:
    before = a_leader(term=3, terms=(1, 2, 3), commit=0)
    packet = append_reply("b", term=3, index=3, index_term=3)
    assert step(before, received(packet)) == (
        matched(before, 3, a=3, b=3),
        (Apply(Index(1), segment(1, 2, 3)),),
    )


@pytest.mark.clause("commit.never-back", "commit.match-never-falls")
def test_late_acknowledgement_takes_nothing_back() -> None:
    before = a_leader(terms=(1, 1, 1), commit=3, match={"b": 3})
    for index in (1, 2, 3):
        assert step(before, received(append_reply("b", index=index))) == (before, ())


@pytest.mark.clause("commit.never-back")
def test_acknowledgement_of_what_is_committed_applies_nothing_again() -> None:
    before = a_leader(terms=(1, 1, 1), commit=3, match={"b": 3})
    after, outputs = step(before, received(append_reply("c", index=2)))
    assert after.commit_index == 3
    assert not any(isinstance(output, Apply) for output in outputs)


@pytest.mark.clause("commit.stale-acknowledgement")
def test_acknowledgement_of_an_older_term_commits_nothing() -> None:
    before = a_leader(term=3, terms=(1, 3), commit=0)
    packet = append_reply("b", term=2, index=2, index_term=2)
    assert step(before, received(packet)) == (before, ())


@pytest.mark.clause("commit.verified", "commit.travels")
@pytest.mark.parametrize(("told", "commit"), [(0, 0), (1, 1), (2, 2), (9, 2)])
def test_follower_commits_what_the_append_has_verified(told: int, commit: int) -> None:
    before = a_follower("b", terms=(1, 1, 1, 1))
    packet = append(prev=1, prev_term=1, entries=segment(1), commit=told)
    after, outputs = step(before, received(packet))
    assert after == replace(before, commit_index=Index(commit))
    applied = (Apply(Index(1), segment(*(1,) * commit)),) if commit else ()
    reply = Send(A, append_reply("b", index=2))
    assert outputs == (PROMISE_TIMER, reply, *applied)


@pytest.mark.clause("commit.verified", "output.durable-first")
def test_follower_commits_entries_that_came_with_the_append() -> None:
    before = a_follower("b", terms=(1,), commit=1)
    packet = append(prev=1, prev_term=1, entries=segment(1, 1), commit=2)
    after, outputs = step(before, received(packet))
    assert after.commit_index == 2
    assert outputs == (
        persist(1, after=1, entries=segment(1, 1)),
        PROMISE_TIMER,
        Send(A, append_reply("b", index=3)),
        Apply(Index(2), segment(1)),
    )


@pytest.mark.clause("commit.verified", "commit.travels")
@pytest.mark.parametrize(
    ("told", "told_term", "commit"), [(3, 2, 3), (2, 1, 2), (3, 1, 0), (4, 2, 0)]
)
def test_heartbeat_commits_only_what_the_follower_holds(
    told: int, told_term: int, commit: int
) -> None:
    before = a_follower("b", term=2, terms=(1, 1, 2))
    packet = heartbeat(term=2, commit=told, commit_term=told_term)
    after, outputs = step(before, received(packet))
    assert after == replace(before, commit_index=Index(commit))
    applied = outputs[2:]
    assert applied == (
        (Apply(Index(1), segment(*(1, 1, 2)[:commit])),) if commit else ()
    )


@pytest.mark.clause("commit.never-back")
@pytest.mark.parametrize(
    "packet",
    [
        heartbeat(commit=1, commit_term=1),
        heartbeat(),
        append(prev=1, prev_term=1, commit=1),
        append(),
    ],
    ids=kind_of,
)
def test_commit_index_of_a_follower_never_falls(packet: object) -> None:
    before = a_follower("b", terms=(1, 1), commit=2)
    assert isinstance(packet, type(heartbeat()) | type(append()))
    after, outputs = step(before, received(packet))
    assert after == before
    assert len(outputs) == 2


@pytest.mark.clause("commit.in-order", "read.when-applied")
def test_reads_that_wait_are_served_behind_what_they_wait_for() -> None:
    early, late = (
        FollowerRead(RequestId("early"), Index(2)),
        FollowerRead(RequestId("late"), Index(3)),
    )
    before = replace(
        a_follower("b", terms=(1, 1), commit=1), parked=FollowerReads((late, early))
    )
    after, outputs = step(before, received(heartbeat(commit=2, commit_term=1)))
    assert after == replace(
        before, commit_index=Index(2), parked=FollowerReads((late,))
    )
    assert outputs[2:] == (
        Apply(Index(2), segment(1)),
        ServeRead(RequestId("early"), Index(2)),
    )


@pytest.mark.clause("commit.quorum")
def test_last_quorum_member_of_five_commits() -> None:
    given = config("a", electors="abcde", workers="")
    before = a_leader(terms=(1, 1, 1), commit=0, match={"b": 2}, given=given)
    reply = replace(append_reply("e", index=3), mesh=given.mesh)
    after, outputs = step(before, received(reply))
    assert after.commit_index == 2
    assert outputs == (Apply(Index(1), Segment(segment(1, 1).entries)),)
    assert not after.leadership.match.agents.has(W)
