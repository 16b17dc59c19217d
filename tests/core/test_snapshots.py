"""Snapshots: logs lose their beginning; who needs it is handed a snapshot."""

from dataclasses import replace

import pytest

from primacy.agents import AgentMap
from primacy.dispatch import step
from primacy.electorate import Roll
from primacy.log import Log, Segment
from primacy.messages import (
    ChangeKind,
    Packet,
    PreVoteReply,
    Transfer,
    VoteReply,
    Write,
)
from primacy.outputs import (
    Apply,
    Broadcast,
    Output,
    Persist,
    Reason,
    Refused,
    Rejected,
    Restore,
    RollChanged,
    Send,
    ServeRead,
    WriteAccepted,
)
from primacy.pending_reads import FollowerRead, FollowerReads
from primacy.recovery import recover
from primacy.role import Role, Wait
from primacy.state import Durable, State
from primacy.types import NOBODY, AgentId, Command, Index, RequestId, Round, Term
from tests.support.builders import (
    CHECK_TIMER,
    MESH,
    PROMISE_TIMER,
    ROLL,
    A,
    B,
    C,
    W,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
    an_idle_elector,
    append,
    append_reply,
    begun,
    change,
    config,
    discard,
    durable,
    election_elapsed,
    entry,
    heartbeat,
    heartbeat_reply,
    install,
    log,
    noop,
    numbers,
    pre_vote_request,
    read_index_reply,
    received,
    restore,
    roll,
    roll_entry,
    segment,
    snapshotted,
    transfer_now,
    vote_request,
)

R = RequestId("r")
TAKEN = roll("ab", workers="cw", index=2, term=1)
"""The roll of the snapshots below that do not bring the first one."""


def acknowledged(sender: str, index: int, index_term: int, term: int = 1) -> Send:
    """Expect an agent to tell its leader, agent a, up to where its log matches."""
    return Send(A, append_reply(sender, term=term, index=index, index_term=index_term))


def refused(sender: str, index: int, index_term: int, term: int = 1) -> Send:
    """Expect an agent to tell its leader, agent a, where to look for a match."""
    reply = append_reply(
        sender, term=term, accepted=False, index=index, index_term=index_term
    )
    return Send(A, reply)


def with_log(state: State, held: Log) -> State:
    return replace(state, durable=replace(state.durable, log=held))


def outputs_of(state: State, packet: Packet) -> tuple[Output, ...]:
    return step(state, received(packet))[1]


# An agent drops what its own snapshot stands for


@pytest.mark.clause("snapshot.committed-only", "snapshot.keeps-roll")
@pytest.mark.parametrize("role", ["follower", "leader", "candidate"])
def test_entries_for_which_a_snapshot_stands_are_dropped(role: str) -> None:
    terms = (1, 1, 2, 2)
    before = {
        "follower": a_follower("b", term=2, terms=terms, commit=3),
        "leader": a_leader(term=2, terms=terms, commit=3),
        "candidate": replace(
            a_candidate("b", term=3, terms=terms), commit_index=Index(3)
        ),
    }[role]
    for index, term, rest in ((1, 1, (1, 2, 2)), (2, 1, (2, 2)), (3, 2, (2,))):
        kept = begun(index, term, *(entry(held) for held in rest))
        assert step(before, snapshotted(index)) == (
            with_log(before, kept),
            (discard(index, term),),
        )


@pytest.mark.clause("snapshot.committed-only", "snapshot.keeps-roll")
def test_whole_log_is_dropped_if_all_of_it_is_committed() -> None:
    before = a_follower("b", terms=(1, 1), commit=2)
    after, outputs = step(before, snapshotted(2))
    assert after == with_log(before, begun(2, 1))
    assert (after.log.last_index, after.log.last_term) == (2, 1)
    assert outputs == (discard(2, 1),)


@pytest.mark.clause("snapshot.committed-only")
@pytest.mark.parametrize("index", [3, 4, 5, 9, 2**62])
def test_what_is_not_committed_is_not_dropped(index: int) -> None:
    for before in (
        a_follower("b", terms=(1, 1, 1, 1), commit=2),
        a_leader(terms=(1, 1, 1, 1), commit=2),
        a_follower("b", held=begun(1, 1, entry(1), entry(1), entry(1)), commit=2),
    ):
        assert step(before, snapshotted(index)) == (before, ())


@pytest.mark.clause("snapshot.never-back")
@pytest.mark.parametrize("index", [-1, 0, 1, 2])
def test_snapshot_of_no_more_than_is_dropped_changes_nothing(index: int) -> None:
    before = a_follower("b", held=begun(2, 1, entry(1), entry(1)), commit=3)
    assert step(before, snapshotted(index)) == (before, ())
    after, outputs = step(before, snapshotted(3))
    assert after == with_log(before, begun(3, 1, entry(1)))
    assert outputs == (discard(3, 1),)
    assert step(after, snapshotted(3)) == (after, ())
    whole = a_follower("b", terms=(1,), commit=1)
    if index < 1:
        assert step(whole, snapshotted(index)) == (whole, ())


@pytest.mark.clause("snapshot.keeps-roll", "roll.of-log")
@pytest.mark.parametrize(
    ("index", "at"),
    [
        (1, roll("abc")),
        (2, roll("ab", workers="cw", index=2, term=1)),
        (3, roll("ab", workers="cw", index=2, term=1)),
        (4, roll("abw", workers="c", index=4, term=2)),
    ],
)
def test_roll_that_is_kept_is_that_of_the_snapshot_not_the_present_one(
    index: int, at: Roll
) -> None:
    entries = (
        noop(1),
        roll_entry(1, "ab", workers="cw"),
        noop(2),
        roll_entry(2, "abw", workers="c"),
        roll_entry(2, "aw", workers="bc"),
    )
    before = a_follower("b", term=2, held=Log.of(entries), commit=4)
    after, outputs = step(before, snapshotted(index))
    kept = begun(index, entries[index - 1].term, *entries[index:], at=at)
    assert after == with_log(before, kept)
    assert after.roll == before.roll == roll("aw", workers="bc", index=5, term=2)
    assert outputs == (discard(index, entries[index - 1].term, at),)


@pytest.mark.clause("snapshot.keeps-roll", "roll.of-log")
def test_joint_roll_is_kept_by_a_snapshot() -> None:
    joint = roll_entry(1, "abw", "abc", "")
    before = a_follower("b", held=Log.of([noop(1), joint, noop(1)]), commit=3)
    after, outputs = step(before, snapshotted(3))
    at = roll("abw", "abc", "", index=2, term=1)
    assert (after.roll, after.log) == (at, begun(3, 1, at=at))
    assert outputs == (discard(3, 1, at),)


@pytest.mark.clause("state.durable", "snapshot.keeps-roll")
def test_disk_that_discards_is_that_of_the_state() -> None:
    before = a_follower("b", vote="c", terms=(1, 1, 1), commit=2)
    after, (output,) = step(before, snapshotted(2))
    assert output == discard(2, 1)
    assert before.durable.discarded(discard(2, 1)) == after.durable
    assert after.durable == Durable(Term(1), C, begun(2, 1, entry(1)))


# An agent is handed a snapshot


@pytest.mark.clause("log.stale-answered", "snapshot.known")
def test_snapshot_of_a_stale_leader_is_refused_with_the_newer_term() -> None:
    for before in (
        a_follower("b", leader="c", term=2, terms=(1, 2)),
        a_candidate("b", term=2, terms=(1, 2)),
        a_follower("b", leader="c", term=2, held=begun(2, 2), commit=2),
    ):
        answer = refused("b", 2, 2, term=2)
        message = received(install("a", term=1, index=9))
        assert step(before, message) == (before, (answer,))


@pytest.mark.clause("snapshot.known")
@pytest.mark.parametrize("index", [1, 2, 3])
def test_snapshot_of_what_is_committed_changes_nothing(index: int) -> None:
    for before in (
        a_follower("b", terms=(1, 1, 1, 1), commit=3),
        a_follower("b", held=begun(2, 1, entry(1), entry(1)), commit=3),
        a_follower("b", held=begun(3, 1), commit=3),
    ):
        after, outputs = step(before, received(install(index=index)))
        assert after == before
        assert outputs == (PROMISE_TIMER, acknowledged("b", 3, 1))


@pytest.mark.clause("snapshot.known", "leader.followed", "vote.sticky")
def test_sender_of_a_known_snapshot_is_followed() -> None:
    before = replace(a_candidate("b", term=1, terms=(1, 1)), commit_index=Index(1))
    after, outputs = step(before, received(install(), now=7))
    assert after == replace(
        before,
        role=Role.FOLLOWER,
        wait=Wait.PROMISE,
        leader=A,
        granted=after.granted.without(B),
    )
    assert outputs[:2] == (PROMISE_TIMER, acknowledged("b", 1, 1))


@pytest.mark.clause("snapshot.rest-kept", "snapshot.durable", "commit.never-back")
def test_rest_of_a_log_that_holds_the_snapshot_is_kept() -> None:
    before = a_follower("b", vote="c", terms=(1, 1, 1, 1), commit=1)
    after, outputs = step(before, received(install(index=3)))
    assert after == replace(
        before,
        durable=Durable(Term(1), C, begun(3, 1, entry(1))),
        commit_index=Index(3),
    )
    assert outputs == (
        restore(3, 1, vote="c", keeps_rest=True),
        PROMISE_TIMER,
        acknowledged("b", 3, 1),
    )


@pytest.mark.clause("snapshot.rest-kept", "snapshot.replaces-all")
def test_log_that_ends_with_the_snapshot_is_empty_behind_it() -> None:
    before = a_follower("b", terms=(1, 1), commit=0)
    after, outputs = step(before, received(install(index=2)))
    assert after.log == begun(2, 1)
    assert outputs[0] == restore(2, 1, keeps_rest=True)


@pytest.mark.clause("snapshot.rest-kept", "roll.of-log")
def test_roll_behind_the_snapshot_stays_in_force() -> None:
    later = roll_entry(1, "abw", workers="c")
    held = Log.of([noop(1), roll_entry(1, "ab", workers="cw"), noop(1), later])
    before = a_follower("b", held=held, commit=1)
    after, outputs = step(before, received(install(index=3, roll=TAKEN)))
    assert after.log == begun(3, 1, later, at=TAKEN)
    assert after.roll == roll("abw", workers="c", index=4, term=1)
    assert outputs[0] == restore(3, 1, roll=TAKEN, keeps_rest=True)


@pytest.mark.clause("snapshot.replaces-all", "snapshot.durable")
def test_snapshot_beyond_the_log_replaces_all_of_it() -> None:
    for held, commit in ((log(), 0), (log(1, 1), 1), (begun(1, 1, entry(1)), 2)):
        before = a_follower("b", vote="c", term=2, held=held, commit=commit)
        after, outputs = step(before, received(install(term=2, index=5, index_term=2)))
        assert after == replace(
            before,
            durable=Durable(Term(2), C, begun(5, 2)),
            commit_index=Index(5),
        )
        assert outputs == (
            restore(5, 2, term=2, vote="c"),
            PROMISE_TIMER,
            acknowledged("b", 5, 2, term=2),
        )


@pytest.mark.clause("snapshot.replaces-all")
def test_entries_that_conflict_with_the_snapshot_go_with_all_behind_them() -> None:
    before = a_follower("b", term=3, terms=(1, 2, 2, 2, 2), commit=1)
    message = received(install(term=3, index=3, index_term=3))
    after, outputs = step(before, message)
    assert after == replace(
        before, durable=Durable(Term(3), NOBODY, begun(3, 3)), commit_index=Index(3)
    )
    assert outputs == (
        restore(3, 3, term=3),
        PROMISE_TIMER,
        acknowledged("b", 3, 3, term=3),
    )


@pytest.mark.clause("snapshot.replaces-all", "snapshot.keeps-roll", "roll.of-log")
@pytest.mark.parametrize(
    "at",
    [ROLL, TAKEN, roll("abw", "abc", "", index=3, term=1)],
    ids=["first", "settled", "joint"],
)
def test_roll_of_a_snapshot_is_taken_in_place_of_an_uncommitted_one(at: Roll) -> None:
    held = Log.of([noop(1), roll_entry(1, "bc", workers="aw")])
    before = a_follower("b", term=2, held=held, commit=1)
    message = received(install(term=2, index=3, index_term=2, roll=at))
    after, outputs = step(before, message)
    assert after == replace(
        before,
        durable=Durable(Term(2), NOBODY, begun(3, 2, at=at)),
        roll=at,
        commit_index=Index(3),
    )
    assert outputs[0] == restore(3, 2, term=2, roll=at)
    assert outputs[-1] == RollChanged(before.roll, at)


@pytest.mark.clause("snapshot.keeps-roll", "roll.of-log", "watch.roll")
def test_joiner_learns_the_roll_from_the_snapshot() -> None:
    before = a_newcomer("x")
    at = roll("abc", workers="wx", index=4, term=1)
    after, outputs = step(before, received(install(index=6, roll=at)))
    assert after.roll == at
    assert outputs[1] == restore(6, 1, roll=at)
    assert RollChanged(before.roll, at) in outputs


@pytest.mark.clause("snapshot.durable", "term.durable", "term.higher")
def test_snapshot_of_a_newer_term_is_restored_in_that_term() -> None:
    before = a_follower("b", vote="b", terms=(1, 1), commit=1)
    after, outputs = step(before, received(install("c", term=4, index=5, index_term=3)))
    assert after.durable == Durable(Term(4), NOBODY, begun(5, 3))
    assert (after.leader, after.commit_index) == (C, 5)
    assert outputs[:4] == (
        Persist(Term(4), NOBODY, Index(2), Segment()),
        restore(5, 3, term=4),
        PROMISE_TIMER,
        Send(C, append_reply("b", term=4, index=5, index_term=3)),
    )


@pytest.mark.clause("leader.followed", "snapshot.replaces-all")
@pytest.mark.parametrize("leader", ["a", "w", "x"])
def test_sender_of_a_snapshot_is_followed(leader: str) -> None:
    for before in (
        a_pre_candidate("b"),
        a_candidate("b", term=1),
        an_idle_elector("b"),
    ):
        after, _ = step(before, received(install(leader, index=4)))
        assert (after.role, after.leader, after.wait) == (
            Role.FOLLOWER,
            leader,
            Wait.PROMISE,
        )
        assert after.granted.size == 0


@pytest.mark.clause("read.when-applied", "snapshot.durable")
def test_reads_are_served_once_a_snapshot_is_beyond_their_index() -> None:
    waiting = tuple(
        FollowerRead(RequestId(name), Index(index))
        for name, index in (("q", 2), ("r", 3), ("s", 4))
    )
    for held in (log(1, 1, 1), log(1)):
        before = replace(
            a_follower("b", held=held, commit=1), parked=FollowerReads(waiting)
        )
        after, outputs = step(before, received(install(index=3)))
        assert after.parked == FollowerReads(waiting[2:])
        assert outputs[3:] == (
            ServeRead(RequestId("q"), Index(3)),
            ServeRead(RequestId("r"), Index(3)),
        )
        assert isinstance(outputs[0], Restore)


@pytest.mark.clause("read.when-applied")
def test_read_from_an_index_before_the_snapshot_is_served_at_once() -> None:
    restored, _ = step(a_newcomer("b"), received(install(index=3)))
    reply = received(read_index_reply(index=2))
    assert step(restored, reply)[1] == (ServeRead(R, Index(3)),)


@pytest.mark.clause("state.durable", "snapshot.durable")
@pytest.mark.parametrize("terms", [(), (1,), (1, 1, 1), (1, 1, 1, 1), (1, 1, 2, 2)])
def test_disk_that_restores_is_that_of_the_state(terms: tuple[int, ...]) -> None:
    before = a_follower("b", term=2, vote="c", terms=terms)
    message = received(install(term=2, index=3, index_term=1, roll=TAKEN))
    after, (output, *_) = step(before, message)
    assert isinstance(output, Restore)
    assert before.durable.restored(output) == after.durable
    newer = replace(output, term=Term(7), voted_for=A)
    assert before.durable.restored(newer) == Durable(Term(7), A, after.log)


@pytest.mark.clause("commit.in-order", "log.consistency")
def test_entries_follow_a_snapshot_like_any_others() -> None:
    restored, _ = step(a_newcomer("b"), received(install(index=5)))
    more = append(prev=5, prev_term=1, entries=segment(1, 1), commit=6)
    after, outputs = step(restored, received(more))
    assert after.log == begun(5, 1, entry(1), entry(1))
    assert outputs == (
        Persist(Term(1), NOBODY, Index(5), segment(1, 1)),
        PROMISE_TIMER,
        acknowledged("b", 7, 1),
        Apply(Index(6), segment(1)),
    )


@pytest.mark.clause("log.consistency", "log.hint")
def test_append_beyond_a_log_with_a_start_is_refused_with_its_end() -> None:
    before = a_follower("b", held=begun(5, 1, entry(1)), commit=5)
    outputs = outputs_of(before, append(prev=8, prev_term=1, entries=segment(1)))
    assert outputs == (PROMISE_TIMER, refused("b", 6, 1))


@pytest.mark.clause("log.conflict", "roll.of-log")
def test_roll_that_is_undone_gives_way_to_that_of_the_start() -> None:
    made = roll_entry(1, "abw", workers="c")
    held = begun(3, 1, noop(1), made, at=TAKEN)
    before = a_follower("b", term=2, held=held, commit=3)
    assert before.roll == roll("abw", workers="c", index=5, term=1)
    overwrite = append(term=2, prev=4, prev_term=1, entries=segment(2))
    after, _ = step(before, received(overwrite))
    assert after.roll == TAKEN
    assert after.log == begun(3, 1, noop(1), entry(2), at=TAKEN)


# Appends and heartbeats that name what is committed or dropped


@pytest.mark.clause("log.below-commit", "commit.never-back")
@pytest.mark.parametrize(("prev", "prev_term"), [(0, 0), (1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize(
    "held", [log(1, 1, 1, 1), begun(3, 1, entry(1)), begun(2, 1, entry(1), entry(1))]
)
def test_append_from_below_the_commit_index_changes_nothing(
    prev: int, prev_term: int, held: Log
) -> None:
    before = a_follower("b", term=2, held=held, commit=3)
    for entries in (segment(), segment(2), segment(2, 2, 2, 2)):
        low = append(term=2, prev=prev, prev_term=prev_term, entries=entries, commit=9)
        assert step(before, received(low)) == (
            before,
            (PROMISE_TIMER, acknowledged("b", 3, 1, term=2)),
        )


@pytest.mark.clause("log.below-commit", "leader.followed")
def test_sender_of_an_append_from_below_the_commit_index_is_followed() -> None:
    before = replace(a_candidate("b", term=1, terms=(1, 1)), commit_index=Index(1))
    after, outputs = step(before, received(append(entries=segment(1))))
    assert after.log == before.log
    assert (after.role, after.leader, after.wait) == (Role.FOLLOWER, A, Wait.PROMISE)
    assert outputs[:2] == (PROMISE_TIMER, acknowledged("b", 1, 1))


@pytest.mark.clause("log.below-commit")
def test_append_from_the_commit_index_on_is_taken() -> None:
    before = a_follower("b", held=begun(3, 1), commit=3)
    after, outputs = step(
        before, received(append(prev=3, prev_term=1, entries=segment(1), commit=4))
    )
    assert after.log == begun(3, 1, entry(1))
    assert after.commit_index == 4
    assert acknowledged("b", 4, 1) in outputs


@pytest.mark.clause("commit.never-back", "commit.verified")
@pytest.mark.parametrize(("commit", "commit_term"), [(0, 0), (1, 1), (2, 1), (3, 1)])
def test_heartbeat_that_names_a_dropped_position_commits_nothing(
    commit: int, commit_term: int
) -> None:
    before = a_follower("b", held=begun(3, 1, entry(1)), commit=3)
    beat = heartbeat(commit=commit, commit_term=commit_term)
    after, outputs = step(before, received(beat))
    assert after == before
    assert outputs == (
        PROMISE_TIMER,
        Send(A, heartbeat_reply("b", last_index=4, last_term=1)),
    )


@pytest.mark.clause("commit.verified")
def test_heartbeat_that_names_a_position_beyond_the_log_commits_nothing() -> None:
    before = a_follower("b", held=begun(3, 1, entry(1)), commit=3)
    after, _ = step(before, received(heartbeat(commit=9, commit_term=1)))
    assert after == before
    after, outputs = step(before, received(heartbeat(commit=4, commit_term=1)))
    assert after.commit_index == 4
    assert outputs[-1] == Apply(Index(4), segment(1))


# A leader hands its snapshot over


def keeper(
    start: int = 3,
    last: int = 5,
    *,
    term: int = 1,
    match: dict[str, int] | None = None,
    installing: dict[str, int] | None = None,
    at: Roll = ROLL,
) -> State:
    """Lead with a log that begins behind a snapshot; everything is committed."""
    rest = (entry(term) for _ in range(last - start))
    state = a_leader(
        term=term,
        held=begun(start, term, *rest, at=at),
        commit=last,
        match=match,
        rounds=1,
        installing=installing,
    )
    return replace(state, alive=state.roll.members)


def sending(state: State, number: int) -> State:
    """Let that be the next index of agent b."""
    lead = state.leadership
    return replace(state, leadership=replace(lead, next=lead.next.set(B, number)))


def lagging(last: int, last_term: int = 1, *, number: int = 1, term: int = 1) -> Packet:
    """Let agent b acknowledge a round, with a log that ends there."""
    return heartbeat_reply(
        "b", term=term, number=number, last_index=last, last_term=last_term
    )


def handed_over(index: int, at: Roll = ROLL, target: AgentId = B) -> Send:
    return Send(target, install(index=index, roll=at))


@pytest.mark.clause("log.install-instead", "snapshot.keeps-roll", "log.resent")
@pytest.mark.parametrize("last", [0, 1, 2])
def test_agent_that_needs_what_is_dropped_is_handed_the_snapshot(last: int) -> None:
    before = keeper(match={"c": 5}, at=TAKEN)
    after, outputs = step(before, received(lagging(last, 1 if last else 0)))
    lead = before.leadership
    assert outputs[-1] == handed_over(3, TAKEN)
    assert after == replace(
        before,
        leadership=replace(
            lead,
            seen=numbers({"a": 1, "b": 1}),
            confirmed_round=after.leadership.confirmed_round,
            lease_given=after.leadership.lease_given,
            lease_until=after.leadership.lease_until,
            next=lead.next.set(B, 1),
            installing=numbers({"b": 3}),
        ),
    )


@pytest.mark.clause("snapshot.keeps-roll", "log.install-instead")
def test_roll_of_the_start_travels_and_not_the_present_one() -> None:
    held = begun(3, 1, noop(1), roll_entry(1, "abw", workers="c"), at=TAKEN)
    leader = a_leader(held=held, commit=4, rounds=1)
    assert leader.roll == roll("abw", workers="c", index=5, term=1)
    _, outputs = step(leader, received(lagging(0, 0)))
    assert outputs[-1] == handed_over(3, TAKEN)


@pytest.mark.clause("log.install-instead", "log.next-above-match")
def test_next_index_of_an_agent_stays_above_what_it_holds() -> None:
    after, outputs = step(keeper(match={"b": 2}), received(lagging(2)))
    assert outputs[-1] == handed_over(3)
    assert after.leadership.next.get(B) == 3
    assert after.leadership.match.get(B) == 2


@pytest.mark.clause("log.install-instead")
@pytest.mark.parametrize(("last", "sent"), [(3, 2), (4, 1)])
def test_agent_that_holds_the_start_is_sent_entries(last: int, sent: int) -> None:
    after, outputs = step(keeper(), received(lagging(last)))
    entries = append(prev=last, prev_term=1, entries=segment(*(1,) * sent), commit=5)
    assert outputs[-1] == Send(B, entries)
    assert after.leadership.installing == AgentMap()


@pytest.mark.clause("log.install-instead")
def test_whole_log_is_sent_as_entries_from_its_beginning() -> None:
    leader = a_leader(terms=(1, 1), rounds=1)
    _, outputs = step(leader, received(lagging(0, 0)))
    assert outputs[-1] == Send(B, append(entries=segment(1, 1), commit=1))


@pytest.mark.clause("log.install-instead", "log.hint")
@pytest.mark.parametrize(("index", "index_term"), [(2, 1), (0, 0)])
def test_refusal_that_leads_before_the_start_is_answered_by_the_snapshot(
    index: int, index_term: int
) -> None:
    reply = append_reply("b", accepted=False, index=index, index_term=index_term)
    _, outputs = step(keeper(), received(reply))
    assert outputs == (handed_over(3),)


@pytest.mark.clause("log.install-instead", "log.hint")
def test_position_whose_term_is_too_high_is_not_taken_for_the_start() -> None:
    """No entry from the start on can match a log that ends in term 1 there."""
    held = begun(3, 2, entry(2), entry(3))
    leader = a_leader(term=3, held=held, commit=5, rounds=1)
    reply = append_reply("b", term=3, accepted=False, index=4, index_term=1)
    _, outputs = step(leader, received(reply))
    assert outputs == (Send(B, install(term=3, index=3, index_term=2)),)


@pytest.mark.clause("log.hint", "log.consistency")
def test_follower_that_knows_no_match_before_its_start_says_so() -> None:
    """A hint that stopped at the start would be named again and again."""
    held = begun(3, 2, entry(2), entry(2))
    before = a_follower("b", term=3, held=held, commit=3)
    low = append(term=3, prev=4, prev_term=1, entries=segment(3))
    outputs = outputs_of(before, low)
    assert outputs == (PROMISE_TIMER, refused("b", 0, 0, term=3))


@pytest.mark.clause("snapshot.once-at-a-time")
def test_snapshot_that_is_on_its_way_is_not_sent_again() -> None:
    state, outputs = step(keeper(), received(lagging(0, 0)))
    assert outputs[-1] == handed_over(3)
    for number in (2, 3):
        beaten = replace(
            state,
            leadership=replace(state.leadership, round=Round(number)),
        )
        state, outputs = step(beaten, received(lagging(0, 0, number=number)))
        assert not any(isinstance(output, Send) for output in outputs)
        assert state.leadership.installing == numbers({"b": 3})
    refusal = append_reply("b", accepted=False, index=0, index_term=0)
    assert step(state, received(refusal)) == (state, ())


@pytest.mark.clause("snapshot.once-at-a-time")
def test_each_agent_is_handed_a_snapshot_of_its_own() -> None:
    state, _ = step(keeper(), received(lagging(0, 0)))
    other = heartbeat_reply("w", last_index=0, last_term=0)
    after, outputs = step(state, received(other))
    assert outputs[-1] == handed_over(3, target=W)
    assert after.leadership.installing == numbers({"b": 3, "w": 3})


@pytest.mark.clause("snapshot.once-at-a-time", "log.install-instead")
def test_acknowledged_snapshot_is_followed_by_entries() -> None:
    state, _ = step(keeper(), received(lagging(0, 0)))
    after, outputs = step(state, received(append_reply("b", index=3)))
    entries = append(prev=3, prev_term=1, entries=segment(1, 1), commit=5)
    assert outputs == (Send(B, entries),)
    assert after.leadership.match.get(B) == 3
    assert after.leadership.next.get(B) == 6


@pytest.mark.clause("snapshot.once-at-a-time", "log.install-instead")
def test_snapshot_is_handed_over_again_if_more_was_dropped_meanwhile() -> None:
    state, _ = step(keeper(), received(lagging(0, 0)))
    state, outputs = step(state, snapshotted(5))
    assert outputs == (discard(5, 1),)
    refusal = append_reply("b", accepted=False, index=0, index_term=0)
    assert step(state, received(refusal)) == (state, ())  # one is on its way
    after, outputs = step(state, received(append_reply("b", index=3)))
    assert outputs == (handed_over(5),)
    assert after.leadership.installing == numbers({"b": 5})
    assert after.leadership.next.get(B) == 4


@pytest.mark.clause("snapshot.sent-again", "leader.quorum-check")
def test_snapshot_is_sent_again_after_a_quorum_check() -> None:
    state, _ = step(keeper(match={"c": 5}), received(lagging(0, 0)))
    checked, outputs = step(state, election_elapsed())
    assert CHECK_TIMER in outputs
    assert checked.leadership.installing == AgentMap()
    beaten = replace(checked, leadership=replace(checked.leadership, round=Round(2)))
    after, outputs = step(beaten, received(lagging(0, 0, number=2)))
    assert outputs[-1] == handed_over(3)
    assert after.leadership.installing == numbers({"b": 3})


@pytest.mark.clause("leader.relinquishes", "snapshot.once-at-a-time")
def test_agent_that_stops_leading_forgets_the_snapshots_on_their_way() -> None:
    state, _ = step(keeper(), received(lagging(0, 0)))
    after, _ = step(state, received(heartbeat("b", term=2)))
    assert after.leadership.installing == AgentMap()


@pytest.mark.clause("change.forgets", "snapshot.once-at-a-time")
def test_snapshot_on_its_way_is_forgotten_with_a_dismissed_agent() -> None:
    state = keeper(match={"b": 5, "c": 5}, installing={"w": 3})
    seen = state.leadership.seen.set(B, 1).set(C, 1)
    state = replace(state, leadership=replace(state.leadership, seen=seen))
    dismissed, outputs = step(state, change(ChangeKind.DISMISS, "w"))
    assert any(isinstance(output, WriteAccepted) for output in outputs)
    assert dismissed.leadership.installing == AgentMap()
    kept, _ = step(state, change(ChangeKind.ADMIT, "x"))
    assert kept.leadership.installing == numbers({"w": 3})


@pytest.mark.clause("log.install-instead", "log.in-step")
def test_write_is_not_sent_to_an_agent_that_waits_for_a_snapshot() -> None:
    state, _ = step(keeper(match={"c": 5}), received(lagging(0, 0)))
    after, outputs = step(state, Write(R, Command("x")))
    broadcasts = [o for o in outputs if isinstance(o, Broadcast)]
    assert [sent.targets.members for sent in broadcasts] == [("c", "w")]
    assert after.leadership.next.get(B) == 1


@pytest.mark.clause("commit.quorum", "snapshot.durable")
def test_acknowledged_snapshot_counts_like_its_entries() -> None:
    state = a_leader(held=begun(2, 1, entry(1)), commit=2, rounds=1)
    after, outputs = step(state, received(append_reply("b", index=3)))
    assert after.commit_index == 3
    assert outputs == (Apply(Index(3), segment(1)),)


@pytest.mark.clause("commit.never-back")
def test_acknowledgement_below_the_start_commits_nothing() -> None:
    state = sending(keeper(), 1)
    after, outputs = step(state, received(append_reply("b", index=1)))
    assert after.commit_index == 5
    assert outputs == (handed_over(3),)


@pytest.mark.clause("log.batch", "log.install-instead")
def test_entries_behind_the_start_go_in_batches() -> None:
    held = begun(3, 1, *(entry(1) for _ in range(4)))
    leader = a_leader(held=held, commit=7, rounds=1, given=config("a", batch=2))
    leader = sending(leader, 1)
    after, outputs = step(leader, received(append_reply("b", index=3)))
    entries = append(prev=3, prev_term=1, entries=segment(1, 1), commit=7)
    assert outputs == (Send(B, entries),)
    assert after.leadership.next.get(B) == 6


# Elections, changes and transfers of agents whose log begins behind a snapshot


@pytest.mark.clause("vote.log")
@pytest.mark.parametrize(
    ("last_index", "last_term", "granted"),
    [(3, 2, True), (2, 2, False), (9, 1, False), (1, 3, True), (4, 2, True)],
)
def test_vote_compares_with_the_start_if_nothing_is_behind_it(
    last_index: int, last_term: int, granted: bool
) -> None:
    voter = replace(
        an_idle_elector("b", term=3, held=begun(3, 2)), commit_index=Index(3)
    )
    outputs = outputs_of(
        voter,
        pre_vote_request("c", term=4, last_index=last_index, last_term=last_term),
    )
    reply = PreVoteReply(MESH, B, Term(3), Term(4), granted)
    assert outputs == (Send(C, reply),)


@pytest.mark.clause("vote.log", "vote.durable")
def test_vote_leaves_the_start_of_the_log_alone() -> None:
    voter = replace(
        an_idle_elector("b", term=2, held=begun(3, 2)), commit_index=Index(3)
    )
    request = vote_request("c", term=3, last_index=3, last_term=2)
    after, outputs = step(voter, received(request))
    assert after.durable == Durable(Term(3), C, begun(3, 2))
    assert Persist(Term(3), C, Index(3), Segment()) in outputs
    assert Send(C, VoteReply(MESH, B, Term(3), True)) in outputs


@pytest.mark.clause("roll.travels", "stand.next-term")
def test_candidate_brings_the_roll_and_the_position_of_its_snapshot() -> None:
    held = begun(3, 2, at=roll("ab", workers="cw", index=2, term=1))
    before = replace(an_idle_elector("b", term=2, held=held), commit_index=Index(3))
    _, outputs = step(before, election_elapsed())
    (sent,) = (output for output in outputs if isinstance(output, Broadcast))
    assert sent.packet == pre_vote_request(
        "b", term=3, last_index=3, last_term=2, roll=held.start_roll
    )
    assert sent.targets.members == ("a",)


@pytest.mark.clause("claim.only-at-first")
def test_agent_with_a_snapshot_claims_nothing() -> None:
    recovered, outputs = recover(config("b"), Durable(Term(0), NOBODY, begun(3, 1)))
    _, outputs = step(replace(recovered, wait=Wait.STAND), election_elapsed())
    (sent,) = (output for output in outputs if isinstance(output, Broadcast))
    assert sent.packet == pre_vote_request("b", term=1, last_index=3, last_term=1)


@pytest.mark.clause("stand.taken-off", "snapshot.keeps-roll")
def test_agent_that_an_uncommitted_change_takes_off_asks_its_start() -> None:
    """The roll before the change is that of the snapshot."""
    off = roll_entry(1, "bc", workers="aw")
    for at, stands in (
        (ROLL, True),
        (roll("bcw", workers="a", index=2, term=1), False),
    ):
        held = begun(3, 1, off, at=at)
        before = replace(an_idle_elector("a", held=held), commit_index=Index(3))
        after, _ = step(before, election_elapsed())
        assert (after.role == Role.PRE_CANDIDATE) == stands


@pytest.mark.clause("stand.taken-off", "stand.electors-only")
def test_agent_that_the_snapshot_takes_off_does_not_stand() -> None:
    held = begun(4, 1, at=roll("bc", workers="aw", index=4, term=1))
    before = replace(an_idle_elector("a", held=held), commit_index=Index(4))
    after, outputs = step(before, election_elapsed())
    assert after.role == Role.FOLLOWER
    assert not any(isinstance(output, Broadcast) for output in outputs)


def supported(state: State) -> State:
    """Let every member of a leader be alive and caught up."""
    lead, others = state.leadership, state.roll.members.without(A)
    last = state.log.last_index
    leadership = replace(
        lead, match=lead.match.set_all(others, last), seen=lead.seen.set_all(others, 1)
    )
    return replace(state, leadership=leadership)


@pytest.mark.clause("change.one-at-a-time", "change.own-term", "snapshot.keeps-roll")
def test_members_change_after_a_snapshot() -> None:
    before = supported(keeper(at=TAKEN, last=3))
    after, outputs = step(before, change(ChangeKind.PROMOTE, "c"))
    made = roll_entry(1, "abc", name="r")
    assert after.log == begun(3, 1, made, at=TAKEN)
    assert after.roll == roll("abc", index=4, term=1)
    assert WriteAccepted(R, Index(4), Term(1)) in outputs
    assert outputs[0] == Persist(Term(1), A, Index(3), Segment.of(made))


@pytest.mark.clause("change.own-term", "read.own-term")
def test_leader_whose_start_is_of_an_older_term_waits_for_its_own_entry() -> None:
    held = begun(3, 1, noop(2))
    state = supported(a_leader(term=2, held=held, commit=3, rounds=1))
    _, outputs = step(state, change(ChangeKind.ADMIT, "x"))
    assert outputs == (Refused(R, Reason.TERM_NOT_COMMITTED, A, Term(2)),)


@pytest.mark.clause("change.settles", "snapshot.keeps-roll")
def test_joint_roll_in_a_snapshot_is_settled_by_a_successor() -> None:
    joint = roll("abw", "abc", "", index=2, term=1)
    held = begun(2, 1, noop(2), at=joint)
    leader = a_leader(term=2, held=held, commit=2, match={"b": 2}, rounds=1)
    after, _ = step(leader, received(append_reply("b", term=2, index=3, index_term=2)))
    assert after.commit_index == 3
    assert after.log.entries[-1] == roll_entry(2, "abw", workers="c")


@pytest.mark.clause("transfer.caught-up", "log.install-instead")
def test_leadership_is_handed_to_an_agent_that_holds_all_behind_the_start() -> None:
    lagging_one = keeper(match={"b": 4, "c": 5})
    _, outputs = step(lagging_one, Transfer(R, B))
    assert outputs == (Refused(R, Reason.NOT_CAUGHT_UP, A, Term(1)),)
    _, outputs = step(lagging_one, Transfer(R, C))
    assert outputs[0] == Send(C, transfer_now())


@pytest.mark.clause("leader.noop", "leader.append-only")
def test_candidate_that_wins_goes_on_behind_its_snapshot() -> None:
    before = replace(a_candidate("a", term=2, held=begun(3, 1)), commit_index=Index(3))
    after, outputs = step(before, received(VoteReply(MESH, B, Term(2), True)))
    assert after.role == Role.LEADER
    assert after.log == begun(3, 1, noop(2))
    assert after.leadership.next == numbers({"b": 5, "c": 5, "w": 5})
    assert outputs[0] == Persist(Term(2), A, Index(3), Segment.of(noop(2)))


# Restart


@pytest.mark.clause("restart.from-snapshot", "restart.forgets", "roll.of-log")
@pytest.mark.parametrize("rest", [(), (1,), (1, 2)])
def test_agent_begins_again_at_the_start_of_its_log(rest: tuple[int, ...]) -> None:
    held = begun(3, 1, *(entry(term) for term in rest), at=TAKEN)
    state, outputs = recover(config("b"), durable(2, "b", held=held))
    assert state == replace(
        recover(config("b"), durable(2, "b"))[0],
        durable=Durable(Term(2), B, held),
        roll=TAKEN,
        commit_index=Index(3),
        alive=TAKEN.members,
    )
    assert outputs == (PROMISE_TIMER,)


@pytest.mark.clause("restart.from-snapshot", "runtime.apply")
def test_entries_are_given_out_again_from_the_start_on() -> None:
    held = begun(3, 1, entry(1, "x"), entry(1, "y"))
    state, _ = recover(config("b"), durable(1, held=held))
    _, outputs = step(state, received(heartbeat(commit=5, commit_term=1)))
    given_out = Apply(Index(4), Segment((entry(1, "x"), entry(1, "y"))))
    assert [o for o in outputs if isinstance(o, Apply)] == [given_out]


# What a snapshot must not change


@pytest.mark.clause("snapshot.never-back", "restart.from-snapshot")
def test_report_of_a_snapshot_from_before_a_restart_changes_nothing() -> None:
    """The runtime has it, but what is committed has to be learnt again."""
    state, _ = recover(config("b"), durable(1, terms=(1, 1, 1)))
    assert step(state, snapshotted(3)) == (state, ())
    state, _ = step(state, received(heartbeat(commit=3, commit_term=1)))
    assert step(state, snapshotted(3))[1] == (discard(3, 1),)


@pytest.mark.clause("message.unchanged", "message.one-leader")
def test_snapshot_of_a_second_leader_is_rejected() -> None:
    before = a_follower("b", leader="c")
    assert step(before, received(install(index=9))) == (
        before,
        (Rejected(Reason.SECOND_LEADER, A),),
    )
