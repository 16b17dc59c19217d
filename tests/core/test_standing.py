"""Only an elector stands; it asks for pre-votes first, then for votes, and may win."""

from dataclasses import replace

import pytest

from primacy.config import agents
from primacy.dispatch import step
from primacy.log import Segment
from primacy.messages import Append
from primacy.outputs import (
    Broadcast,
    ElectionProgress,
    InitialElection,
    LeaderChanged,
    PartitionSuspected,
    RoleChanged,
)
from primacy.role import Role, Wait
from primacy.state import Leadership, State
from primacy.types import NOBODY, Index, Term
from tests.support.builders import (
    CHECK_TIMER,
    ELECTION_TIMER,
    FIRST_HEARTBEAT_TIMER,
    MESH,
    PATIENCE_TIMER,
    A,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
    an_idle_elector,
    config,
    durable,
    election_elapsed,
    log,
    noop,
    numbers,
    persist,
    pre_vote_reply,
    pre_vote_request,
    received,
    roll,
    vote_reply,
    vote_request,
)

OTHERS = agents("b", "c")


@pytest.mark.clause("timer.promise", "timer.randomised")
def test_follower_keeps_its_promise_then_waits_a_random_while() -> None:
    before = a_follower("b")
    assert step(before, election_elapsed()) == (
        replace(before, wait=Wait.STAND),
        (PATIENCE_TIMER,),
    )


@pytest.mark.clause("stand.pre-vote", "roll.travels", "timer.randomised")
def test_elector_that_hears_no_leader_asks_for_pre_votes_in_the_next_term() -> None:
    before = replace(a_follower("a", leader="b", terms=(1, 1)), wait=Wait.STAND)
    after, outputs = step(before, election_elapsed())
    assert after == replace(
        before, role=Role.PRE_CANDIDATE, leader=NOBODY, granted=agents("a")
    )
    assert outputs == (
        ELECTION_TIMER,
        Broadcast(OTHERS, pre_vote_request("a", term=2, last_index=2)),
        RoleChanged(Role.FOLLOWER, Role.PRE_CANDIDATE, Term(1)),
        LeaderChanged(NOBODY, Term(1)),
        ElectionProgress(Role.PRE_CANDIDATE, Term(1), agents("a")),
    )


@pytest.mark.clause("stand.electors-only")
def test_worker_never_stands() -> None:
    before = replace(a_follower("w"), wait=Wait.STAND)
    assert step(before, election_elapsed()) == (
        replace(before, leader=NOBODY),
        (LeaderChanged(NOBODY, Term(1)),),
    )


@pytest.mark.clause("stand.again", "watch.partition")
@pytest.mark.parametrize("before", [a_pre_candidate(term=2), a_candidate(term=2)])
def test_candidate_that_did_not_win_stands_again(before: State) -> None:
    after, outputs = step(before, election_elapsed())
    assert after == replace(
        before, role=Role.PRE_CANDIDATE, granted=agents("a"), is_cut_off=True
    )
    assert outputs[:2] == (
        ELECTION_TIMER,
        Broadcast(OTHERS, pre_vote_request("a", term=3)),
    )
    assert outputs[-1] == PartitionSuspected(agents("a"), OTHERS)


@pytest.mark.clause("stand.pre-vote", "vote.pre-vote-changes-nothing")
def test_pre_votes_short_of_a_quorum_are_counted() -> None:
    before = replace(
        a_pre_candidate(),
        config=config("a", electors="abcde"),
        roll=roll("abcde"),
    )
    reply = replace(pre_vote_reply("b"), mesh=before.config.mesh)
    assert step(before, received(reply)) == (
        replace(before, granted=agents("a", "b")),
        (ElectionProgress(Role.PRE_CANDIDATE, Term(1), agents("a", "b")),),
    )


@pytest.mark.clause(
    "stand.pre-vote",
    "stand.next-term",
    "stand.grants-anew",
    "vote.durable",
    "roll.travels",
)
def test_quorum_of_pre_votes_begins_the_real_vote() -> None:
    before = a_pre_candidate(term=1, terms=(1, 1))
    after, outputs = step(before, received(pre_vote_reply("c")))
    assert after == replace(
        before, durable=durable(2, "a", (1, 1)), role=Role.CANDIDATE
    )
    assert outputs == (
        persist(2, "a", after=2),
        ELECTION_TIMER,
        Broadcast(OTHERS, vote_request("a", term=2, last_index=2)),
        RoleChanged(Role.PRE_CANDIDATE, Role.CANDIDATE, Term(2)),
    )


@pytest.mark.clause("stand.pre-vote")
def test_pre_vote_that_was_refused_does_not_count() -> None:
    before = a_pre_candidate()
    reply = pre_vote_reply("c", granted=False)
    assert step(before, received(reply)) == (before, ())


@pytest.mark.clause("stand.pre-vote")
@pytest.mark.parametrize("proposed", [1, 3])
def test_pre_vote_for_another_term_does_not_count(proposed: int) -> None:
    before = a_pre_candidate(term=1)
    reply = pre_vote_reply("c", proposed=proposed)
    assert step(before, received(reply)) == (before, ())


@pytest.mark.clause("stand.pre-vote")
def test_pre_vote_counts_for_a_pre_candidate_only() -> None:
    for before in (an_idle_elector("a"), a_candidate(term=1), a_leader(), a_follower()):
        sender = "c"
        reply = pre_vote_reply(sender, term=1, proposed=2)
        assert step(before, received(reply)) == (before, ())


@pytest.mark.clause("quorum.electors-only", "stand.electors-only")
def test_pre_vote_of_a_worker_makes_no_quorum() -> None:
    before = a_pre_candidate()
    after, outputs = step(before, received(pre_vote_reply("w")))
    assert after == replace(before, granted=agents("a", "w"))
    assert outputs == (ElectionProgress(Role.PRE_CANDIDATE, Term(1), agents("a", "w")),)


@pytest.mark.clause("quorum.wins", "leader.noop", "write.durable")
def test_quorum_of_votes_makes_a_leader_that_opens_its_term() -> None:
    before = a_candidate(term=2, terms=(1,))
    after, outputs = step(before, received(vote_reply("b", term=2)))
    grown = log(1).append(noop(2))
    assert after == replace(
        before,
        durable=replace(before.durable, log=grown),
        role=Role.LEADER,
        leader=A,
        granted=agents(),
        leadership=Leadership(
            match=numbers({"a": 2}),
            next=numbers({"b": 3, "c": 3, "w": 3}),
        ),
    )
    opening = Segment.of(noop(2))
    assert outputs == (
        persist(2, "a", after=1, entries=opening),
        Broadcast(
            agents("b", "c", "w"),
            Append(MESH, A, Term(2), Index(1), Term(1), opening, Index(0)),
        ),
        CHECK_TIMER,
        FIRST_HEARTBEAT_TIMER,
        RoleChanged(Role.CANDIDATE, Role.LEADER, Term(2)),
        LeaderChanged(A, Term(2)),
    )


@pytest.mark.clause("quorum.wins")
def test_votes_short_of_a_quorum_are_counted() -> None:
    before = replace(
        a_candidate(term=2),
        config=config("a", electors="abcde"),
        roll=roll("abcde"),
    )
    reply = replace(vote_reply("b", term=2), mesh=before.config.mesh)
    assert step(before, received(reply)) == (
        replace(before, granted=agents("a", "b")),
        (ElectionProgress(Role.CANDIDATE, Term(2), agents("a", "b")),),
    )


@pytest.mark.clause("vote.counted-once", "quorum.majority")
def test_vote_that_arrives_twice_counts_once() -> None:
    before = replace(
        a_candidate(term=2),
        config=config("a", electors="abcde"),
        roll=roll("abcde"),
        granted=agents("a", "b"),
    )
    reply = replace(vote_reply("b", term=2), mesh=before.config.mesh)
    assert step(before, received(reply)) == (before, ())


@pytest.mark.clause("vote.stale-grant")
def test_vote_of_an_older_term_does_not_count() -> None:
    before = a_candidate(term=3)
    assert step(before, received(vote_reply("b", term=2))) == (before, ())


@pytest.mark.clause("quorum.wins")
def test_vote_that_was_refused_does_not_count() -> None:
    before = a_candidate(term=2)
    assert step(before, received(vote_reply("b", granted=False))) == (before, ())


@pytest.mark.clause("quorum.wins")
def test_vote_counts_for_a_candidate_only() -> None:
    for before in (
        an_idle_elector("a", term=2),
        a_pre_candidate(term=2),
        a_leader(term=2, terms=(2,)),
    ):
        assert step(before, received(vote_reply("b", term=2))) == (before, ())


@pytest.mark.clause("quorum.electors-only")
def test_vote_of_a_worker_makes_no_quorum() -> None:
    before = a_candidate(term=2)
    assert step(before, received(vote_reply("w", term=2))) == (
        replace(before, granted=agents("a", "w")),
        (ElectionProgress(Role.CANDIDATE, Term(2), agents("a", "w")),),
    )


@pytest.mark.clause("quorum.majority", "vote.durable", "leader.noop")
def test_single_elector_elects_itself_durably() -> None:
    given = config("a", electors="a", workers="")
    window = replace(a_newcomer("a", given=given), wait=Wait.WINDOW, lowest_claim=A)
    after, outputs = step(window, election_elapsed())
    assert (after.role, after.leader, after.term) == (Role.LEADER, A, 1)
    assert outputs[:2] == (
        persist(1, "a"),
        persist(1, "a", entries=Segment.of(noop(1))),
    )
    assert after.commit_index == 1


@pytest.mark.clause("watch.partition", "stand.again")
def test_leader_that_was_cut_off_stands_without_telling_it_again() -> None:
    before = replace(an_idle_elector("a"), is_cut_off=True)
    after, outputs = step(before, election_elapsed())
    assert after == replace(
        before, role=Role.PRE_CANDIDATE, granted=agents("a"), is_cut_off=True
    )
    assert not any(isinstance(output, PartitionSuspected) for output in outputs)


@pytest.mark.clause("claim.lowest-stands", "watch.initial-election")
def test_initial_election_is_over_for_its_winner() -> None:
    before = replace(a_candidate(term=1, terms=()), lowest_claim=A)
    after, outputs = step(before, received(vote_reply("b", term=1)))
    assert (after.role, after.lowest_claim) == (Role.LEADER, NOBODY)
    assert outputs[-1] == InitialElection(NOBODY)


@pytest.mark.clause("stand.grants-anew")
def test_candidacy_begins_with_no_grant_of_an_earlier_one() -> None:
    given = config("a", electors="abcde")
    before = replace(
        a_pre_candidate(),
        config=given,
        roll=given.first_roll,
        granted=agents("a", "b"),
    )
    reply = replace(pre_vote_reply("c"), mesh=given.mesh)
    candidate, _ = step(before, received(reply))
    assert (candidate.role, candidate.granted) == (Role.CANDIDATE, agents("a"))
    gathering = replace(candidate, granted=agents("a", "b"))
    again, _ = step(gathering, election_elapsed())
    assert (again.role, again.granted) == (Role.PRE_CANDIDATE, agents("a"))
