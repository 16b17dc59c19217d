"""Changes of the roll: one at a time, supported, in force at once, and completed."""

from dataclasses import replace

import pytest

from primacy.agents import NO_AGENTS
from primacy.config import agents
from primacy.dispatch import step
from primacy.electorate import Roll
from primacy.log import Entry, Log, Segment
from primacy.messages import (
    Append,
    Change,
    ChangeKind,
    LeaseRead,
    Message,
    Replace,
    Timer,
    Transfer,
    Write,
)
from primacy.outputs import (
    Apply,
    Arm,
    Broadcast,
    Disarm,
    LeaderChanged,
    Output,
    Persist,
    PresenceChanged,
    Reason,
    Refused,
    RoleChanged,
    RollChanged,
    Send,
    Stale,
    WriteAccepted,
)
from primacy.pending_reads import LeaderRead, LeaderReads
from primacy.reads import has_lease
from primacy.recovery import recover
from primacy.role import Role
from primacy.state import State
from primacy.types import (
    NOBODY,
    AgentId,
    Command,
    Index,
    Instant,
    RequestId,
    Round,
    Term,
)
from tests.support.builders import (
    ELECTION_TIMER,
    EVERYONE,
    HEARTBEAT_TIMER,
    MESH,
    A,
    B,
    C,
    W,
    X,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
    an_idle_elector,
    append,
    append_reply,
    change,
    config,
    durable,
    election_elapsed,
    entry,
    heartbeat,
    heartbeat_elapsed,
    heartbeat_reply,
    log,
    noop,
    numbers,
    persist,
    pre_vote_request,
    received,
    replacement,
    roll,
    roll_entry,
    transfer_now,
    vote_reply,
    vote_request,
)

ADMIT, PROMOTE = ChangeKind.ADMIT, ChangeKind.PROMOTE
DEMOTE, DISMISS = ChangeKind.DEMOTE, ChangeKind.DISMISS
R = RequestId("r")
REQUEST_OF_ANY_KIND = (
    change(ADMIT, "x"),
    change(PROMOTE, "w"),
    change(DEMOTE, "c"),
    change(DISMISS, "w"),
    replacement("abw"),
)
LEASED = config("a", lease_ms=90, clock_drift_ppm=100)

each_request = pytest.mark.parametrize("request_", REQUEST_OF_ANY_KIND, ids=str)


def ready(
    alive: str = "abcw",
    caught_up: str = "abcw",
    held: Log | None = None,
    commit: int | None = None,
    **given: object,
) -> State:
    """Lead with an entry of the term committed; name who is alive and caught up."""
    entries = Log.of([noop(1)]) if held is None else held
    last = entries.last_index
    leader = a_leader(
        term=entries.last_term,
        held=entries,
        commit=last if commit is None else commit,
        match=dict.fromkeys(caught_up, last),
        seen=dict.fromkeys(alive, 1),
        rounds=1,
        **given,  # type: ignore[arg-type] # of `a_leader`
    )
    return replace(leader, alive=leader.roll.members)


def refusal(state: State, request: Message) -> Reason:
    """Tell why a request is refused; nothing else happens."""
    after, outputs = step(state, request)
    assert after == state
    (refused,) = outputs
    assert isinstance(refused, Refused)
    assert refused == Refused(R, refused.reason, state.leader, state.term)
    return refused.reason


def changed(state: State, request: Message) -> State:
    """Let a leader take a change; it is accepted."""
    after, outputs = step(state, request)
    assert WriteAccepted(R, after.roll.index, state.term) in outputs
    return after


def answered(state: State, *names: str) -> State:
    """Let agents acknowledge the whole log as it is now, one after the other."""
    last, term = state.log.last_index, state.log.last_term
    for name in names:
        reply = append_reply(name, term=state.term, index=last, index_term=term)
        state, _ = step(state, received(reply))
    return state


def only(kind: type[Output], outputs: tuple[Output, ...]) -> list[Output]:
    return [output for output in outputs if isinstance(output, kind)]


# What a change does


def accepted(before: State, request: Change | Replace, sets: Roll) -> Entry:
    """Expect a change to be appended, sent to all members of its roll, and accepted."""
    held, members = before.log, sets.members
    made = Entry(
        before.term,
        roll_entry(1, "a").kind,
        request.detail,
        request.request,
        sets.electors,
        sets.outgoing,
        sets.workers,
    )
    index = Index(held.last_index + 1)
    after, outputs = step(before, request)
    lead = before.leadership
    admitted = members.difference(before.roll.members)
    others = members.without(A)
    assert after == replace(
        before,
        durable=replace(before.durable, log=held.append(made)),
        roll=replace(sets, index=index, term=before.term),
        alive=before.alive.union(admitted).intersection(members),
        leadership=replace(
            lead,
            match=lead.match.within(members).set(A, index),
            next=lead.next.within(members).set_all(others, index + 1),
            seen=lead.seen.within(members),
            lease_given=False,
        ),
    )
    assert outputs[:3] == (
        persist(before.term, "a", after=index - 1, entries=Segment.of(made)),
        Broadcast(
            others,
            Append(
                MESH,
                A,
                before.term,
                held.last_index,
                held.last_term,
                Segment.of(made),
                before.commit_index,
            ),
        ),
        WriteAccepted(request.request, index, before.term),
    )
    assert outputs[-1] == RollChanged(before.roll, after.roll)
    return made


@pytest.mark.clause(
    "change.admit", "change.accepted", "watch.roll", "presence.begins-alive"
)
def test_outsider_that_is_admitted_is_a_worker() -> None:
    request = change(ADMIT, "x", detail="host:1")
    made = accepted(ready(), request, roll("abc", workers="wx"))
    assert made == roll_entry(1, "abc", workers="wx", name="r", detail="host:1")
    _, outputs = step(ready(), request)
    assert outputs[3:] == (
        PresenceChanged(agents("x"), NO_AGENTS),
        RollChanged(roll("abc"), roll("abc", workers="wx", index=2, term=1)),
    )


@pytest.mark.clause("change.promote", "change.near", "change.accepted")
def test_worker_that_is_promoted_is_an_elector() -> None:
    accepted(ready(), change(PROMOTE, "w"), roll("abcw", workers=""))


@pytest.mark.clause("change.demote", "change.near", "change.accepted")
def test_elector_that_is_demoted_is_a_worker() -> None:
    accepted(ready(), change(DEMOTE, "c"), roll("ab", workers="cw"))
    accepted(ready(), change(DEMOTE, "a"), roll("bc", workers="aw"))


@pytest.mark.clause("change.near", "change.joint")
@pytest.mark.parametrize(
    ("request_", "sets"),
    [
        (change(ADMIT, "x"), roll("abc", workers="vwx")),
        (change(PROMOTE, "v"), roll("abcv", workers="w")),
        (change(PROMOTE, "w"), roll("abcw", workers="v")),
        (change(DEMOTE, "b"), roll("ac", workers="bvw")),
        (change(DISMISS, "v"), roll("abc", workers="w")),
        (replacement("abv"), roll("abv", "abc", "w")),
        (replacement("cvw"), roll("cvw", "abc", "")),
    ],
    ids=str,
)
def test_change_leaves_all_other_agents_where_they_are(
    request_: Change | Replace, sets: Roll
) -> None:
    accepted(ready("abcvw", "abcvw", given=config("a", workers="vw")), request_, sets)


@pytest.mark.clause("change.demote-first", "change.accepted", "change.forgets")
def test_worker_that_is_dismissed_is_no_member() -> None:
    accepted(ready(), change(DISMISS, "w"), roll("abc", workers=""))
    after, outputs = step(ready(), change(DISMISS, "w"))
    assert PresenceChanged(NO_AGENTS, agents("w")) in outputs
    for known in (after.leadership.match, after.leadership.next, after.leadership.seen):
        assert known.get(W) == 0


@pytest.mark.clause("change.joint", "change.accepted", "change.members-only")
def test_replacement_sets_both_electorates() -> None:
    accepted(ready(), replacement("abw", detail="d"), roll("abw", "abc", ""))
    accepted(ready(), replacement("w"), roll("w", "abc", ""))
    accepted(ready(), replacement("b"), roll("b", "abc", "w"))


@pytest.mark.clause("change.forgets", "change.admit")
def test_agent_that_is_admitted_again_begins_anew() -> None:
    gone = answered(changed(ready(), change(DISMISS, "w")), "b", "c")
    late = heartbeat_reply("w", last_index=1)
    back = changed(step(gone, received(late))[0], change(ADMIT, "w"))
    lead, index = back.leadership, back.roll.index
    assert (lead.match.get(W), lead.next.get(W), lead.seen.get(W)) == (0, index + 1, 0)


# What is refused


@each_request
@pytest.mark.clause("change.leader-only")
def test_change_is_refused_by_all_but_a_leader(request_: Message) -> None:
    assert refusal(a_follower("b"), request_) == Reason.NOT_LEADER
    assert refusal(an_idle_elector("b"), request_) == Reason.NO_LEADER
    assert refusal(a_candidate("a"), request_) == Reason.NO_LEADER
    handing_over, _ = step(ready(), Transfer(R, B))
    assert refusal(handing_over, request_) == Reason.TRANSFERRING


@each_request
@pytest.mark.clause("change.one-at-a-time")
def test_change_is_refused_until_the_one_before_is_committed(request_: Message) -> None:
    for made in (
        roll_entry(1, "abc"),
        roll_entry(1, "abc", workers="vw"),
        roll_entry(1, "ab", workers="cw"),
    ):
        held = Log.of([noop(1), made])
        assert refusal(ready(held=held, commit=1), request_) == Reason.CHANGING
    committed = ready(held=Log.of([noop(1), roll_entry(1, "abc")]))
    changed(committed, request_)


@each_request
@pytest.mark.clause("change.one-at-a-time")
def test_change_is_refused_while_a_replacement_goes_on(request_: Message) -> None:
    held = Log.of([noop(1), roll_entry(1, "abw", "abc", "")])
    for commit in (1, 2):
        assert refusal(ready(held=held, commit=commit), request_) == Reason.CHANGING
    inherited = ready(held=held.append(noop(2)), commit=2)
    assert refusal(inherited, request_) == Reason.CHANGING


@each_request
@pytest.mark.clause("change.own-term")
def test_change_is_refused_before_an_entry_of_the_term_is_committed(
    request_: Message,
) -> None:
    held = Log.of([noop(1), noop(2)])
    assert refusal(ready(held=held, commit=1), request_) == Reason.TERM_NOT_COMMITTED
    assert refusal(ready(held=held, commit=0), request_) == Reason.TERM_NOT_COMMITTED
    changed(ready(held=held, commit=2), request_)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        pytest.param(ADMIT, target, marks=pytest.mark.clause("change.admit"))
        for target in ("a", "c", "w", "")
    ]
    + [
        pytest.param(PROMOTE, target, marks=pytest.mark.clause("change.promote"))
        for target in ("a", "c", "x", "")
    ]
    + [
        pytest.param(DEMOTE, target, marks=pytest.mark.clause("change.demote"))
        for target in ("w", "x", "")
    ]
    + [
        pytest.param(DISMISS, target, marks=pytest.mark.clause("change.demote-first"))
        for target in ("a", "c", "x", "")
    ],
)
def test_change_that_the_roll_does_not_allow_is_refused(
    kind: ChangeKind, target: str
) -> None:
    assert refusal(ready(), change(kind, target)) == Reason.NO_SUCH_CHANGE


@pytest.mark.clause("change.members-only")
@pytest.mark.parametrize("electors", ["abx", "x", "abcwx", "abc"])
def test_replacement_by_outsiders_or_by_the_same_is_refused(electors: str) -> None:
    assert refusal(ready(), replacement(electors)) == Reason.NO_SUCH_CHANGE


@pytest.mark.clause("change.never-empty")
def test_last_elector_stays() -> None:
    alone = ready(given=config("a", electors="a"), alive="aw", caught_up="aw")
    assert refusal(alone, change(DEMOTE, "a")) == Reason.NO_SUCH_CHANGE
    assert refusal(alone, replacement("")) == Reason.NO_SUCH_CHANGE
    assert refusal(ready(), replacement("")) == Reason.NO_SUCH_CHANGE


# A quorum of the new roll is alive and caught up


@pytest.mark.clause("change.supported")
@pytest.mark.parametrize(
    ("request_", "supporters"),
    [
        (change(ADMIT, "x"), ("ab", "ac", "abc")),
        (change(DISMISS, "w"), ("ab", "ac")),
        (change(PROMOTE, "w"), ("abc", "abw", "acw")),
        (change(DEMOTE, "c"), ("ab",)),
        (change(DEMOTE, "a"), ("abc",)),
        (replacement("abw"), ("ab", "acw")),
        (replacement("bcw"), ("abc", "abw", "acw")),
        (replacement("w"), ("abw", "acw")),
        (replacement("b"), ("ab",)),
    ],
    ids=str,
)
def test_change_needs_a_quorum_of_the_new_roll(
    request_: Message, supporters: tuple[str, ...]
) -> None:
    for number in range(8):
        some = "a" + "".join(n for at, n in enumerate("bcw") if number >> at & 1)
        is_enough = any(set(least) <= set(some) for least in supporters)
        for state in (ready(alive=some), ready(caught_up=some), ready(some, some)):
            if is_enough:
                changed(state, request_)
            else:
                assert refusal(state, request_) == Reason.NOT_CAUGHT_UP


@pytest.mark.clause("change.supported")
def test_dead_second_member_is_no_elector() -> None:
    one = config("a", electors="a")
    for alive, caught_up in (("a", "a"), ("aw", "a"), ("a", "aw")):
        state = ready(alive, caught_up, given=one)
        assert refusal(state, change(PROMOTE, "w")) == Reason.NOT_CAUGHT_UP
    changed(ready("aw", "aw", given=one), change(PROMOTE, "w"))


@pytest.mark.clause("change.supported")
def test_agent_that_was_silent_since_the_last_check_is_not_alive() -> None:
    for seen, is_alive in ((1, False), (2, True), (3, True)):
        state = a_leader(match={"b": 1}, seen={"b": seen}, rounds=3)
        lead = replace(state.leadership, checked_round=Round(2))
        state = replace(state, leadership=lead)
        if is_alive:
            changed(state, change(DEMOTE, "c"))
        else:
            assert refusal(state, change(DEMOTE, "c")) == Reason.NOT_CAUGHT_UP


@pytest.mark.clause("change.supported")
def test_caught_up_is_who_holds_what_is_committed() -> None:
    held = Log.of([noop(1), entry(1, "x"), entry(1, "y")])
    for match, is_enough in ((1, False), (2, True)):
        state = ready(held=held, commit=2)
        lead = replace(state.leadership, match=numbers({"a": 3, "b": match}))
        state = replace(state, leadership=lead)
        if is_enough:
            changed(state, change(DEMOTE, "c"))
        else:
            assert refusal(state, change(DEMOTE, "c")) == Reason.NOT_CAUGHT_UP


# In force at once


@pytest.mark.clause("change.in-force-at-once", "commit.own-roll", "commit.quorum")
def test_change_is_committed_by_a_quorum_of_its_own_roll() -> None:
    more = changed(ready(), change(PROMOTE, "w"))
    assert answered(more, "b").commit_index == 1  # two of four
    assert answered(more, "b", "w").commit_index == 2
    fewer = changed(ready(), change(DEMOTE, "c"))
    assert answered(fewer, "c").commit_index == 1  # c does not count
    assert answered(fewer, "b").commit_index == 2
    joint = changed(ready(), replacement("w"))
    assert answered(joint, "b", "c").commit_index == 1  # the new one is missing
    assert answered(joint, "w").commit_index == 1  # the old ones are missing
    assert answered(joint, "w", "b").commit_index == 2


@pytest.mark.clause("change.in-force-at-once", "change.accepted")
def test_lone_elector_commits_a_change_in_the_same_step() -> None:
    alone = ready(given=config("a", electors="a"), alive="aw", caught_up="aw")
    after, outputs = step(alone, change(ADMIT, "x"))
    made = roll_entry(1, "a", workers="wx", name="r")
    assert after.commit_index == 2
    assert outputs[2:4] == (
        WriteAccepted(R, Index(2), Term(1)),
        Apply(Index(2), Segment.of(made)),
    )
    assert changed(alone, change(PROMOTE, "w")).commit_index == 1


@pytest.mark.clause("commit.own-roll")
def test_nothing_before_the_roll_is_committed_by_counting() -> None:
    """With b alone, index 2 would have a quorum of the new roll, not of the old one."""
    held = Log.of([noop(1), entry(1, "x"), roll_entry(1, "ab", workers="cw")])
    before = ready(held=held, caught_up="a", commit=1)
    after, outputs = step(before, received(append_reply("b", index=2)))
    assert after.commit_index == 1
    assert only(Apply, outputs) == []
    committed = answered(after, "b")
    assert committed.commit_index == 3


@pytest.mark.clause("change.in-force-at-once", "heartbeat.regular", "log.in-step")
def test_rounds_and_entries_go_to_the_members_of_the_new_roll() -> None:
    for request, others in (
        (change(ADMIT, "x"), agents("b", "c", "w", "x")),
        (change(DISMISS, "w"), agents("b", "c")),
        (change(DEMOTE, "c"), agents("b", "c", "w")),
        (replacement("bw"), agents("b", "c", "w")),
    ):
        state = changed(ready(), request)
        _, outputs = step(state, heartbeat_elapsed())
        (sent,) = only(Broadcast, outputs)
        assert isinstance(sent, Broadcast)
        assert sent.targets == others
        _, outputs = step(state, Write(R, Command("x")))
        (sent,) = only(Broadcast, outputs)
        assert isinstance(sent, Broadcast)
        assert sent.targets == others


@pytest.mark.clause("change.in-force-at-once", "leader.quorum-check")
def test_quorum_check_counts_the_new_roll() -> None:
    fewer = changed(ready(alive="ab"), change(DEMOTE, "c"))
    assert step(fewer, election_elapsed())[0].role == Role.LEADER
    more = changed(ready(alive="abc"), change(PROMOTE, "w"))
    assert step(more, election_elapsed())[0].role == Role.LEADER
    lead = replace(more.leadership, seen=numbers({"a": 1, "b": 1}))
    assert step(replace(more, leadership=lead), election_elapsed())[0].role == (
        Role.FOLLOWER
    )


@pytest.mark.clause("change.in-force-at-once", "read.quorum-confirms")
def test_round_is_confirmed_by_a_quorum_of_the_new_roll() -> None:
    state, _ = step(changed(ready(), change(PROMOTE, "w")), heartbeat_elapsed())
    confirmed = state.leadership.confirmed_round
    for name, number in (("b", confirmed), ("c", Round(2))):
        state, _ = step(state, received(heartbeat_reply(name, number=2)))
        assert state.leadership.confirmed_round == number


@pytest.mark.clause("transfer.to-elector", "change.in-force-at-once")
def test_leadership_is_handed_to_an_elector_of_the_new_roll() -> None:
    promoted = answered(changed(ready(), change(PROMOTE, "w")), "b", "c", "w")
    assert step(promoted, Transfer(R, W))[1] == (Send(W, transfer_now()),)
    demoted = answered(changed(ready(), change(DEMOTE, "c")), "b", "c")
    assert refusal(demoted, Transfer(R, C)) == Reason.NOT_AN_ELECTOR


# Agents that are no members


@pytest.mark.clause("roll.members-only")
def test_answer_of_an_agent_that_is_no_member_changes_nothing() -> None:
    gone = answered(changed(ready(), change(DISMISS, "w")), "b")
    for state in (ready(), gone):
        for name in ("x", "w") if state is gone else ("x",):
            for reply in (
                append_reply(name, index=1),
                append_reply(name, accepted=False, index=0, index_term=0),
                heartbeat_reply(name, number=1, last_index=0, last_term=0),
            ):
                assert step(state, received(reply)) == (state, ())


# The lease


@pytest.mark.clause("change.voids-lease", "lease.confirmed")
def test_lease_is_void_until_a_round_of_the_new_roll_is_confirmed() -> None:
    holder, _ = step(ready(given=LEASED), heartbeat_elapsed(now=40))
    holder, _ = step(holder, received(heartbeat_reply("b", number=2), now=41))
    assert has_lease(holder, Instant(50))
    for request in REQUEST_OF_ANY_KIND:
        state = changed(holder, request)
        assert not has_lease(state, Instant(50))
        read = LeaseRead(RequestId("l"), Instant(50))
        assert step(state, read)[1] == (
            Stale(read.request, Reason.NO_LEASE, A, Term(1)),
        )
    state = changed(holder, change(PROMOTE, "w"))
    state, _ = step(state, heartbeat_elapsed(now=60))
    state, _ = step(state, received(heartbeat_reply("b", number=3), now=61))
    assert not has_lease(state, Instant(62))  # two of four
    state, _ = step(state, received(heartbeat_reply("w", number=3), now=61))
    assert has_lease(state, Instant(62))
    assert has_lease(state, Instant(149))
    assert not has_lease(state, Instant(150))


@pytest.mark.clause("change.voids-lease", "lease.confirmed")
def test_round_begun_before_a_change_gives_a_lease_after_it() -> None:
    begun, _ = step(ready(given=LEASED), heartbeat_elapsed(now=40))
    state = changed(begun, change(PROMOTE, "w"))
    for name, is_held in (("b", False), ("c", True)):
        state, _ = step(state, received(heartbeat_reply(name, number=2), now=41))
        assert has_lease(state, Instant(50)) == is_held


@pytest.mark.clause("change.voids-lease", "lease.confirmed")
def test_round_that_gives_no_lease_brings_none_back() -> None:
    """The lease is due from round 3; a quorum of the new roll confirms round 2."""
    holder = ready(given=LEASED, confirmed=1)
    lead = replace(
        holder.leadership,
        round=Round(3),
        seen=numbers({"a": 3, "b": 1, "c": 1}),
        lease_round=Round(3),
        lease_start=Instant(40),
        lease_until=Instant(100),
    )
    holder = replace(holder, leadership=lead)
    assert has_lease(holder, Instant(50))
    state = changed(holder, change(ADMIT, "x"))
    state, _ = step(state, received(heartbeat_reply("b", number=2)))
    assert state.leadership.confirmed_round == 2
    assert not has_lease(state, Instant(50))
    state, _ = step(state, received(heartbeat_reply("b", number=3)))
    assert has_lease(state, Instant(50))


# A replacement is completed


def settled_by(before: State, name: str) -> tuple[State, tuple[Output, ...]]:
    """Let an agent acknowledge the whole log."""
    last, term = before.log.last_index, before.log.last_term
    reply = append_reply(name, term=before.term, index=last, index_term=term)
    return step(before, received(reply))


@pytest.mark.clause("change.settles", "output.durable-first")
def test_joint_roll_is_settled_in_the_step_that_commits_it() -> None:
    before = changed(ready(), replacement("abw"))
    after, outputs = settled_by(before, "b")
    joint = roll_entry(1, "abw", "abc", "", name="r")
    made = roll_entry(1, "abw", workers="c")
    lead = before.leadership
    assert after == replace(
        before,
        durable=replace(before.durable, log=before.log.append(made)),
        roll=roll("abw", workers="c", index=3, term=1),
        commit_index=Index(2),
        leadership=replace(
            lead,
            match=numbers({"a": 3, "b": 2, "c": 1, "w": 1}),
            next=numbers({"b": 4, "c": 4, "w": 4}),
        ),
    )
    assert outputs == (
        persist(1, "a", after=2, entries=Segment.of(made)),
        Broadcast(
            agents("b", "c", "w"),
            append(prev=2, prev_term=1, entries=Segment.of(made), commit=2),
        ),
        Apply(Index(2), Segment.of(joint)),
        RollChanged(before.roll, after.roll),
    )


@pytest.mark.clause("change.settles", "change.one-at-a-time", "quorum.joint")
def test_joint_roll_that_is_not_committed_is_not_settled() -> None:
    before = changed(ready(), replacement("wb"))
    for name in ("c", "b"):
        after, outputs = settled_by(before, name)
        assert after.roll == before.roll
        assert only(Persist, outputs) == []
    assert settled_by(answered(before, "b"), "c")[0].roll == before.roll
    assert not settled_by(answered(before, "b"), "w")[0].roll.is_joint


@pytest.mark.clause("change.settles", "change.own-term")
@pytest.mark.parametrize("commit", [0, 1, 2])
def test_successor_settles_a_joint_roll(commit: int) -> None:
    """Not before it has committed an entry of its own term, even if the roll is."""
    held = Log.of([noop(1), roll_entry(1, "abw", "abc", ""), noop(2)])
    before = ready(held=held, caught_up="a", commit=commit)
    lagging, _ = step(
        before, received(append_reply("b", term=2, index=2, index_term=1))
    )
    assert lagging.roll == before.roll
    after, _ = settled_by(lagging, "b")
    assert (after.commit_index, after.roll) == (
        3,
        roll("abw", workers="c", index=4, term=2),
    )


@pytest.mark.clause("change.settles", "commit.own-roll")
def test_lone_elector_settles_and_commits_at_once() -> None:
    before = changed(ready(), replacement("a"))
    after, outputs = settled_by(before, "b")
    made = roll_entry(1, "a", workers="bcw")
    assert (after.commit_index, after.roll.electors) == (3, agents("a"))
    assert only(Apply, outputs) == [
        Apply(Index(2), Segment.of(roll_entry(1, "a", "abc", "w", name="r"))),
        Apply(Index(3), Segment.of(made)),
    ]
    assert isinstance(outputs[0], Persist)


@pytest.mark.clause("change.settles", "change.voids-lease")
def test_settling_voids_the_lease_again() -> None:
    joint = changed(ready(given=LEASED), replacement("abw"))
    held, _ = step(joint, heartbeat_elapsed(now=40))
    for name in ("b", "w"):
        held, _ = step(held, received(heartbeat_reply(name, number=2), now=41))
    assert has_lease(held, Instant(50))
    after, _ = settled_by(held, "b")
    assert not after.roll.is_joint
    assert not has_lease(after, Instant(50))


# A leader that is taken off the roll


def removed() -> State:
    """Lead, as an agent that a committed change has made a worker."""
    state = answered(changed(ready(), change(DEMOTE, "a")), "b", "c")
    assert state.commit_index == state.roll.index
    return state


@pytest.mark.clause("change.removed-leader", "change.in-force-at-once")
def test_leader_that_is_taken_off_leads_until_that_is_committed() -> None:
    state = changed(ready(), change(DEMOTE, "a"))
    assert step(state, heartbeat_elapsed())[0].role == Role.LEADER
    one = answered(state, "b")
    assert one.commit_index == 1  # the leader does not count itself
    both = answered(one, "c")
    assert (both.commit_index, both.role) == (2, Role.LEADER)
    assert isinstance(step(both, Write(R, Command("x")))[1][2], WriteAccepted)
    heard, _ = step(one, heartbeat_elapsed())
    for name, confirmed in (("b", 1), ("c", 2)):
        heard, _ = step(heard, received(heartbeat_reply(name, number=2)))
        assert heard.leadership.confirmed_round == confirmed


@pytest.mark.clause("change.removed-leader", "change.hands-over", "read.stale")
def test_leader_that_is_taken_off_leaves_when_its_next_round_is_due() -> None:
    before = removed()
    read = LeaderRead(A, RequestId("q"), Index(1), Round(9))
    waiting = replace(before.leadership, reads=LeaderReads((read,)))
    before = replace(before, leadership=waiting)
    after, outputs = step(before, heartbeat_elapsed())
    assert (after.role, after.leader, after.roll) == (Role.FOLLOWER, "", before.roll)
    assert after.leadership == a_newcomer().leadership
    assert outputs == (
        Send(B, transfer_now()),
        Disarm(Timer.HEARTBEAT),
        ELECTION_TIMER,
        Stale(RequestId("q"), Reason.LOST_LEADERSHIP, NOBODY, Term(1)),
        RoleChanged(Role.LEADER, Role.FOLLOWER, Term(1)),
        LeaderChanged(NOBODY, Term(1)),
    )
    assert step(after, election_elapsed()) == (after, ())


@pytest.mark.clause("change.hands-over")
@pytest.mark.parametrize(
    ("caught_up", "heirs"), [("bc", "b"), ("c", "c"), ("w", ""), ("", "")]
)
def test_leader_hands_over_to_an_elector_with_its_whole_log(
    caught_up: str, heirs: str
) -> None:
    grown, _ = step(removed(), Write(R, Command("x")))
    _, outputs = step(answered(grown, *caught_up), heartbeat_elapsed())
    assert only(Send, outputs) == [
        Send(AgentId(name), transfer_now()) for name in heirs
    ]


@pytest.mark.clause("change.removed-leader", "change.settles")
def test_leader_that_is_outgoing_stays_until_the_settled_roll_is_committed() -> None:
    settled = answered(changed(ready(), replacement("bcw")), "b", "c")
    assert settled.roll == roll("bcw", workers="a", index=3, term=1)
    begun, outputs = step(settled, heartbeat_elapsed())
    assert (begun.role, outputs[0]) == (Role.LEADER, HEARTBEAT_TIMER)
    assert answered(settled, "b").commit_index == 2
    left, _ = step(answered(settled, "b", "w"), heartbeat_elapsed())
    assert left.role == Role.FOLLOWER


@pytest.mark.clause("change.removed-leader")
def test_leader_on_the_roll_does_not_leave() -> None:
    for request in (change(ADMIT, "x"), change(DEMOTE, "c"), replacement("abw")):
        state = answered(changed(ready(), request), "b", "w")
        assert step(state, heartbeat_elapsed())[0].role == Role.LEADER


@pytest.mark.clause("change.hands-over", "transfer.stands-at-once")
def test_heir_stands_at_once_with_the_roll_of_its_log() -> None:
    held = removed().log
    heir = a_follower("b", held=held, commit=1)
    after, outputs = step(heir, received(transfer_now()))
    assert after.role == Role.CANDIDATE
    (sent,) = only(Broadcast, outputs)
    now = roll("bc", workers="aw", index=2, term=1)
    request = vote_request("b", term=2, last_index=2, roll=now, transfer=True)
    assert sent == Broadcast(agents("c"), request)


# The roll is that of the log


CHANGED = Log.of([noop(1), roll_entry(1, "abw", workers="c"), roll_entry(1, "ab")])


@pytest.mark.clause("roll.of-log", "watch.roll")
def test_follower_has_the_roll_of_its_log_at_once() -> None:
    before = a_follower("b", held=CHANGED.prefix(Index(1)))
    for name, count in (("abw", 1), ("ab", 2)):
        entries = CHANGED.segment(Index(1), count)
        request = append(prev=1, prev_term=1, entries=entries)
        after, outputs = step(before, received(request))
        assert after.roll == CHANGED.prefix(Index(1 + count)).roll(before.roll)
        assert after.roll.electors == agents(*name)
        assert after.commit_index == 0
        assert outputs[-1] == RollChanged(before.roll, after.roll)


@pytest.mark.clause("roll.of-log", "watch.roll", "log.conflict")
@pytest.mark.parametrize("kept", [1, 2])
def test_change_that_is_dropped_is_undone(kept: int) -> None:
    before = a_follower("b", held=CHANGED, leader="", term=2)
    entries = Segment.of(noop(2))
    request = append("c", term=2, prev=kept, prev_term=1, entries=entries, commit=kept)
    after, outputs = step(before, received(request))
    assert after.log == CHANGED.prefix(Index(kept)).append(noop(2))
    assert after.roll == CHANGED.prefix(Index(kept)).roll(before.config.first_roll)
    assert outputs[-1] == RollChanged(before.roll, after.roll)


@pytest.mark.clause("roll.of-log", "restart.from-disk", "restart.forgets")
def test_recovered_agent_has_the_roll_of_its_log() -> None:
    for me in "abcwx":
        state, _ = recover(config(me), durable(1, held=CHANGED))
        assert state.roll == roll("ab", index=3, term=1)
        assert state.alive == agents("a", "b", "w")
    plain, _ = recover(config("a"), durable(1, terms=(1,)))
    assert plain.roll == plain.config.first_roll


@pytest.mark.clause("roll.of-log", "roll.travels", "stand.electors-only")
def test_promoted_agent_stands_with_its_roll() -> None:
    held = CHANGED.prefix(Index(2))
    before = an_idle_elector("w", held=held)
    after, outputs = step(before, election_elapsed())
    assert after.role == Role.PRE_CANDIDATE
    brought = roll("abw", workers="c", index=2, term=1)
    request = pre_vote_request("w", last_index=2, roll=brought)
    assert only(Broadcast, outputs) == [Broadcast(agents("a", "b"), request)]


@pytest.mark.clause("quorum.wins", "roll.of-log", "change.in-force-at-once")
def test_votes_are_counted_by_the_roll_of_the_log() -> None:
    before = a_candidate("a", held=CHANGED.prefix(Index(2)))
    for name, role in (("c", Role.CANDIDATE), ("w", Role.LEADER)):
        after, _ = step(before, received(vote_reply(name)))
        assert after.role == role


@pytest.mark.clause("quorum.wins", "quorum.joint")
def test_candidate_with_a_joint_roll_needs_both_electorates() -> None:
    held = Log.of([noop(1), roll_entry(1, "wx", "abc", "")])
    for names, role in (
        ("bc", Role.CANDIDATE),
        ("wx", Role.CANDIDATE),
        ("wxb", Role.LEADER),
        ("wb", Role.CANDIDATE),
    ):
        state = a_candidate("a", held=held)
        for name in names:
            state, _ = step(state, received(vote_reply(name)))
        assert state.role == role
    asking = an_idle_elector("a", held=held)
    (sent,) = only(Broadcast, step(asking, election_elapsed())[1])
    assert isinstance(sent, Broadcast)
    assert sent.targets == agents("b", "c", "w", "x")


@pytest.mark.clause("quorum.wins", "roll.of-log", "presence.begins-alive")
def test_new_leader_leads_the_members_of_its_roll() -> None:
    before = a_candidate("a", held=CHANGED)
    after, outputs = step(before, received(vote_reply("b")))
    assert after.alive == agents("a", "b", "w")
    assert after.leadership.next == numbers({"b": 5, "w": 5})
    (sent,) = only(Broadcast, outputs)
    assert isinstance(sent, Broadcast)
    assert sent.targets == agents("b", "w")


@pytest.mark.clause("vote.roll", "roll.travels")
def test_voter_grants_a_candidate_that_it_does_not_know() -> None:
    voter = an_idle_elector("b")
    brought = roll("abx", workers="", index=2, term=1)
    request = vote_request("x", last_index=2, roll=brought)
    _, outputs = step(voter, received(request))
    assert Send(X, vote_reply("b")) in outputs


# An agent that is taken off by a change which is not committed


TAKEN_OFF = Log.of([noop(1), roll_entry(1, "bc", workers="aw")])


@pytest.mark.clause("stand.taken-off", "roll.travels")
def test_agent_that_is_taken_off_stands_until_that_is_committed() -> None:
    before = an_idle_elector("a", held=TAKEN_OFF)
    after, outputs = step(before, election_elapsed())
    assert after.role == Role.PRE_CANDIDATE
    brought = roll("bc", workers="aw", index=2, term=1)
    request = pre_vote_request("a", last_index=2, roll=brought)
    assert only(Broadcast, outputs) == [Broadcast(agents("b", "c"), request)]
    known = replace(before, commit_index=Index(2))
    assert step(known, election_elapsed()) == (known, ())


@pytest.mark.clause("stand.taken-off", "quorum.electors-only")
def test_candidate_that_is_taken_off_does_not_count_itself() -> None:
    state = a_candidate("a", held=TAKEN_OFF)
    for name, role in (("b", Role.CANDIDATE), ("c", Role.LEADER)):
        state, _ = step(state, received(vote_reply(name)))
        assert state.role == role
    alone = Log.of([noop(1), roll_entry(1, "b", "b", "acw")])
    asked, _ = step(a_pre_candidate("a", held=alone), election_elapsed())
    assert asked.role == Role.PRE_CANDIDATE


@pytest.mark.clause("stand.taken-off", "stand.electors-only")
@pytest.mark.parametrize(
    ("me", "entries"),
    [
        ("w", [noop(1)]),
        ("w", [noop(1), roll_entry(1, "abc", workers="wx")]),
        ("x", [noop(1), roll_entry(1, "abc", workers="wx")]),
        ("a", [roll_entry(1, "bc", workers="aw"), roll_entry(1, "b", workers="acw")]),
    ],
)
def test_agent_that_the_roll_before_does_not_name_never_stands(
    me: str, entries: list[Entry]
) -> None:
    before = an_idle_elector(me, held=Log.of(entries))
    assert step(before, election_elapsed()) == (before, ())


@pytest.mark.clause("stand.taken-off", "message.unchanged")
@pytest.mark.parametrize("index", [0, 1])
def test_request_of_an_agent_that_its_own_roll_does_not_name_is_rejected(
    index: int,
) -> None:
    voter = an_idle_elector("b")
    brought = roll("abc", index=index, term=index)
    for packet in (
        vote_request("x", roll=brought),
        pre_vote_request("x", roll=brought),
    ):
        after, outputs = step(voter, received(packet))
        assert after == voter
        (rejected,) = outputs
        assert getattr(rejected, "reason", None) == Reason.NOT_AN_ELECTOR
    worker = vote_request("w", roll=roll("abc", index=1, term=1))
    assert Send(W, vote_reply("b")) in step(voter, received(worker))[1]


# Joiners


@pytest.mark.clause("config.one-part", "leader.followed", "roll.of-log")
def test_joiner_sends_nothing_and_follows_the_leader_that_finds_it() -> None:
    joiner, timers = recover(config("x"), durable(0))
    assert timers == ()
    assert step(joiner, election_elapsed()) == (joiner, ())
    heard, outputs = step(joiner, received(heartbeat(term=3)))
    assert (heard.leader, heard.term) == (A, 3)
    answer = heartbeat_reply("x", term=3, last_index=0, last_term=0)
    assert Send(A, answer) in outputs
    held = Log.of([noop(3), roll_entry(3, "abc", workers="wx")])
    entries = held.segment(Index(0), 2)
    member, _ = step(heard, received(append(term=3, entries=entries, commit=2)))
    assert (member.roll, member.commit_index) == (held.roll(joiner.roll), 2)
    assert member.roll.members == EVERYONE.with_(X)


@pytest.mark.clause("change.admit", "log.resent", "log.hint")
def test_joiner_is_given_the_whole_log() -> None:
    joiner, _ = recover(config("x"), durable(0))
    leader = changed(ready(held=log(1, 1, 1), alive="abc"), change(ADMIT, "x"))
    entries = leader.log.segment(Index(3), 1)
    first = append(prev=3, prev_term=1, entries=entries, commit=3)
    joiner, outputs = step(joiner, received(first))
    (refused,) = only(Send, outputs)
    assert isinstance(refused, Send)
    leader, outputs = step(leader, received(refused.packet))
    (again,) = only(Send, outputs)
    assert isinstance(again, Send)
    joiner, _ = step(joiner, received(again.packet))
    assert joiner.log == leader.log
    assert joiner.roll == leader.roll


def test_state_after_a_change_has_no_arm() -> None:
    """A change is no sign of life: it moves no timer."""
    for request in REQUEST_OF_ANY_KIND:
        assert only(Arm, step(ready(), request)[1]) == []
