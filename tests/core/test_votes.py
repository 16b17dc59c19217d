"""A vote is given once in a term, durably, to a candidate that may lead."""

from dataclasses import replace

import pytest

from primacy.agents import NO_AGENTS
from primacy.dispatch import step
from primacy.log import Log
from primacy.messages import PreVoteRequest, VoteRequest
from primacy.outputs import LeaderChanged, RoleChanged, Send
from primacy.role import Role, Wait
from primacy.state import State
from primacy.types import NOBODY, AgentId, Term
from tests.support.builders import (
    ELECTION_TIMER,
    A,
    B,
    C,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
    an_idle_elector,
    durable,
    noop,
    persist,
    pre_vote_reply,
    pre_vote_request,
    received,
    roll_entry,
    vote_reply,
    vote_request,
)


def pre_vote_of(state: State, request: PreVoteRequest) -> bool:
    """Tell whether a pre-vote is granted; check that it changes nothing."""
    after, outputs = step(state, received(request))
    granted = reply_granted(outputs[0])
    reply = pre_vote_reply(
        state.me, term=state.term, proposed=request.term, granted=granted
    )
    assert (after, outputs) == (state, (Send(request.sender, reply),))
    return granted


def reply_granted(output: object) -> bool:
    assert isinstance(output, Send)
    assert hasattr(output.packet, "granted")
    return output.packet.granted


def is_refused(state: State, request: VoteRequest) -> bool:
    """Tell whether a vote is refused, in words, in the voter's term."""
    refusal = vote_reply(state.me, term=state.term, granted=False)
    return step(state, received(request)) == (state, (Send(request.sender, refusal),))


@pytest.mark.clause("vote.durable", "term.higher")
def test_vote_in_a_new_term_is_durable_before_it_is_sent() -> None:
    before = an_idle_elector("b", term=1)
    assert step(before, received(vote_request("a", term=2))) == (
        replace(before, durable=durable(2, "a", (1,))),
        (
            persist(2, "", after=1),
            persist(2, "a", after=1),
            Send(A, vote_reply("b", term=2)),
            ELECTION_TIMER,
            RoleChanged(Role.FOLLOWER, Role.FOLLOWER, Term(2)),
        ),
    )


@pytest.mark.clause(
    "vote.durable", "vote.granted", "vote.one-per-term", "vote.rearms-on-grant"
)
def test_free_vote_of_the_current_term_is_given() -> None:
    before = an_idle_elector("b", term=2)
    assert step(before, received(vote_request("a", term=2))) == (
        replace(before, durable=durable(2, "a", (1,))),
        (
            persist(2, "a", after=1),
            Send(A, vote_reply("b", term=2)),
            ELECTION_TIMER,
        ),
    )


@pytest.mark.clause("vote.repeated", "vote.one-per-term")
def test_same_vote_is_told_again_to_the_same_candidate() -> None:
    before = an_idle_elector("b", term=2, vote="a")
    assert step(before, received(vote_request("a", term=2))) == (
        before,
        (Send(A, vote_reply("b", term=2)),),
    )


@pytest.mark.clause("vote.one-per-term", "vote.refusal-answered")
def test_second_vote_of_a_term_is_refused() -> None:
    assert is_refused(an_idle_elector("b", term=2, vote="c"), vote_request("a", term=2))
    assert is_refused(a_candidate("b", term=2), vote_request("a", term=2))


@pytest.mark.clause("vote.stale-term", "vote.refusal-answered")
def test_stale_term_is_refused() -> None:
    request = vote_request("a", term=2)
    for before in (
        an_idle_elector("b", term=3),
        a_follower("b", term=3, leader="c"),
        a_follower("b", term=3, leader="a"),
        a_follower("b", term=3, leader=""),
    ):
        assert is_refused(before, request)


@pytest.mark.clause("vote.stale-term")
def test_pre_vote_of_a_stale_term_is_refused_even_by_a_bound_agent() -> None:
    request = pre_vote_request("a", term=2)
    assert not pre_vote_of(a_follower("b", term=3, leader="c"), request)
    assert not pre_vote_of(an_idle_elector("b", term=3), request)


@pytest.mark.clause("vote.roll", "vote.refusal-answered")
def test_voter_that_is_not_on_the_roll_of_the_candidate_refuses() -> None:
    worker = an_idle_elector("w", term=2)
    assert is_refused(worker, vote_request("a", term=2))
    assert not pre_vote_of(worker, pre_vote_request("a", term=2))


@pytest.mark.clause("vote.roll", "roll.travels")
def test_voter_judges_by_the_roll_of_the_candidate_not_by_its_own() -> None:
    held = Log.of([noop(1), roll_entry(1, "cx", workers="ab")])
    voter = an_idle_elector("b", term=2, held=held)
    assert not voter.roll.has(B)
    after, _ = step(voter, received(vote_request("a", term=2, last_index=3)))
    assert after == replace(voter, durable=durable(2, "a", held=held))


@pytest.mark.clause("vote.granted", "vote.log")
@pytest.mark.parametrize(
    ("last_index", "last_term", "is_fresh"),
    [
        (2, 2, True),
        (3, 2, True),
        (1, 2, False),
        (9, 1, False),
        (1, 3, True),
    ],
)
def test_candidate_with_an_older_log_is_refused(
    last_index: int, last_term: int, *, is_fresh: bool
) -> None:
    before = an_idle_elector("b", term=4, terms=(1, 2))
    request = vote_request("a", term=4, last_index=last_index, last_term=last_term)
    hint = pre_vote_request("a", term=5, last_index=last_index, last_term=last_term)
    assert is_refused(before, request) != is_fresh
    assert pre_vote_of(before, hint) == is_fresh


@pytest.mark.clause("vote.sticky", "vote.unanswered")
def test_follower_of_a_live_leader_gives_no_vote_and_no_answer() -> None:
    before = a_follower("b", leader="a")
    for request in (
        vote_request("c"),
        pre_vote_request("c"),
        vote_request("c", term=1, last_index=0, last_term=0),
    ):
        assert step(before, received(request)) == (before, ())


@pytest.mark.clause("vote.sticky", "vote.unanswered")
def test_leader_gives_no_vote_and_no_answer() -> None:
    before = a_leader(term=2, terms=(1, 2))
    for request in (
        vote_request("c", term=3),
        pre_vote_request("c", term=3),
        vote_request("c", term=2),
        pre_vote_request("c", term=2),
    ):
        assert step(before, received(request)) == (before, ())


@pytest.mark.clause("vote.released")
def test_follower_of_a_leader_grants_that_leader_a_pre_vote() -> None:
    assert pre_vote_of(a_follower("b", leader="a"), pre_vote_request("a"))


@pytest.mark.clause("vote.sticky")
def test_pre_vote_is_granted_once_the_promise_has_passed() -> None:
    before = replace(a_follower("b", leader="a"), wait=Wait.STAND)
    assert pre_vote_of(before, pre_vote_request("c"))


@pytest.mark.clause("vote.released")
def test_leader_gives_its_vote_to_the_one_it_hands_over_to() -> None:
    before = a_leader(term=1)
    after, outputs = step(before, received(vote_request("b", term=2, transfer=True)))
    assert after.durable == durable(2, "b", (1,))
    assert after.role == Role.FOLLOWER
    assert Send(AgentId("b"), vote_reply("a", term=2)) in outputs


@pytest.mark.clause("vote.released")
def test_vote_of_a_transfer_passes_the_promise() -> None:
    before = a_follower("b", leader="a", term=1)
    request = vote_request("c", term=2, transfer=True)
    assert step(before, received(request)) == (
        replace(before, durable=durable(2, "c", (1,)), leader=NOBODY),
        (
            persist(2, "", after=1),
            persist(2, "c", after=1),
            Send(C, vote_reply("b", term=2)),
            RoleChanged(Role.FOLLOWER, Role.FOLLOWER, Term(2)),
            LeaderChanged(NOBODY, Term(2)),
        ),
    )


@pytest.mark.clause("vote.released")
def test_follower_of_a_leader_gives_that_leader_its_vote_in_a_new_term() -> None:
    before = a_follower("b", leader="a", term=1)
    after, outputs = step(before, received(vote_request("a", term=2)))
    assert after == replace(before, durable=durable(2, "a", (1,)), leader=NOBODY)
    assert Send(A, vote_reply("b", term=2)) in outputs


@pytest.mark.clause("vote.keeps-promise")
def test_vote_for_the_leader_keeps_the_promise_to_it() -> None:
    before = a_follower("b", leader="a", term=2, vote="", terms=(1,))
    request = vote_request("a", term=2)
    assert step(before, received(request)) == (
        replace(before, durable=durable(2, "a", (1,))),
        (persist(2, "a", after=1), Send(A, vote_reply("b", term=2))),
    )


@pytest.mark.clause("vote.refusal-answered", "vote.rearms-on-grant")
def test_refusal_does_not_put_off_the_voters_own_election() -> None:
    for before in (
        an_idle_elector("b", term=3),
        an_idle_elector("b", term=2, vote="c"),
        an_idle_elector("b", term=2, terms=(1, 1)),
    ):
        assert is_refused(before, vote_request("a", term=2))


@pytest.mark.clause("vote.one-per-term", "term.higher")
def test_pre_candidate_gives_its_vote_and_follows() -> None:
    before = a_pre_candidate("b", term=2)
    after, outputs = step(before, received(vote_request("a", term=2)))
    assert after == replace(
        before,
        durable=durable(2, "a", (1,)),
        role=Role.FOLLOWER,
        granted=NO_AGENTS,
    )
    assert outputs[0] == persist(2, "a", after=1)


@pytest.mark.clause("vote.pre-vote-changes-nothing", "vote.one-per-term")
def test_pre_vote_of_the_same_term_respects_the_real_vote() -> None:
    request = pre_vote_request("a", term=2)
    assert pre_vote_of(an_idle_elector("b", term=2), request)
    assert pre_vote_of(an_idle_elector("b", term=2, vote="a"), request)
    assert not pre_vote_of(an_idle_elector("b", term=2, vote="c"), request)
    assert pre_vote_of(an_idle_elector("b", term=1, vote="c"), request)


@pytest.mark.clause("vote.pre-vote-changes-nothing")
def test_pre_votes_may_be_granted_to_several_in_a_term() -> None:
    before = an_idle_elector("b", term=1)
    assert pre_vote_of(before, pre_vote_request("a", term=2))
    assert pre_vote_of(before, pre_vote_request("c", term=2))


@pytest.mark.clause("vote.durable", "claim.window")
def test_vote_in_the_claim_window_ends_the_window() -> None:
    before = replace(a_newcomer("b"), wait=Wait.WINDOW, lowest_claim=A)
    request = vote_request("a", term=1, last_index=0, last_term=0)
    after, outputs = step(before, received(request))
    assert after == replace(before, durable=durable(1, "a"), wait=Wait.STAND)
    assert outputs[:4] == (
        persist(1, ""),
        persist(1, "a"),
        Send(A, vote_reply("b", term=1)),
        ELECTION_TIMER,
    )
