"""Elections: who stands, who votes for whom, and who wins.

A follower whose timer ran out asks for pre-votes at term + 1 and changes nothing. A
quorum of pre-votes begins the real vote: the candidate makes its term and its own vote
durable, then asks. A quorum of votes makes it leader of the term; before anything else
it appends a no-op. Grants are kept as a set of agents, so one that arrives twice counts
once.

Source: Ongaro 2014, sections 3.4, 3.6, 4.2.3 and 9.6; clauses `stand.*`, `vote.*`.
"""

from __future__ import annotations

from primacy.agents import NO_AGENTS
from primacy.bootstrap import claim, defer, is_bootstrapping
from primacy.messages import PreVoteReply, PreVoteRequest, VoteReply, VoteRequest
from primacy.outputs import Broadcast, Send
from primacy.records import replace
from primacy.replication import open_term
from primacy.role import Role, Wait
from primacy.state import Durable, Result, State, persist_term
from primacy.timers import claim_timer, election_timer, patience_timer
from primacy.types import NOBODY, AgentId, Term


def on_election_timer(state: State) -> Result:
    """Go on to what the election timer of an agent that does not lead waited for."""
    if state.wait == Wait.PROMISE:
        return _end_promise(state)
    if state.wait == Wait.CLAIM:
        return claim(state)
    if state.wait == Wait.WINDOW and state.lowest_claim != state.me:
        return defer(state)  # claim.others-defer
    return stand(state)


def _end_promise(state: State) -> Result:
    """Be free to vote again; then claim or stand after a while without a leader."""
    if is_bootstrapping(state):
        return replace(state, wait=Wait.CLAIM), (claim_timer(state.config),)
    return replace(state, wait=Wait.STAND), (patience_timer(state.config),)


def stand(state: State) -> Result:
    """Ask for pre-votes. A campaign that is given up shows that no quorum answers."""
    if not _may_stand(state):
        return replace(state, leader=NOBODY), ()  # stand.electors-only
    is_retry = state.role != Role.FOLLOWER  # stand.again
    standing = replace(
        state,
        role=Role.PRE_CANDIDATE,
        wait=Wait.STAND,
        leader=NOBODY,
        granted=NO_AGENTS.with_(state.me),  # stand.grants-anew
        is_cut_off=is_retry or state.is_cut_off,  # watch.partition
    )
    if state.roll.is_quorum(standing.granted):
        return campaign(standing, transfer=False)
    request = PreVoteRequest(
        state.config.mesh,
        state.me,
        Term(state.term + 1),  # stand.pre-vote
        state.log.last_index,
        state.log.last_term,
        state.roll,
    )
    return standing, (
        election_timer(state.config),
        Broadcast(state.roll.voters.without(state.me), request),
    )


def _may_stand(state: State) -> bool:
    """Tell whether this agent is on the roll, or is taken off it and needed.

    Where a change is not committed, those whom it takes off may be the only agents
    whose logs are long enough. Such a candidate does not count itself.
    """
    if state.roll.has(state.me):
        return True
    if state.roll.index <= state.commit_index:
        return False
    before = state.log.prior_roll(state.config.first_roll)
    return before.has(state.me)  # stand.taken-off


def campaign(state: State, *, transfer: bool) -> Result:
    """Stand in the next term: vote for oneself, durably, and ask for votes."""
    durable = Durable(Term(state.term + 1), state.me, state.log)  # stand.next-term
    candidate = replace(
        state,
        durable=durable,
        role=Role.CANDIDATE,
        wait=Wait.STAND,
        leader=NOBODY,
        granted=NO_AGENTS.with_(state.me),  # stand.grants-anew
    )
    if state.roll.is_quorum(candidate.granted):
        leader, outputs = open_term(candidate)
        return leader, (persist_term(durable), *outputs)
    request = VoteRequest(
        state.config.mesh,
        state.me,
        durable.term,
        state.log.last_index,
        state.log.last_term,
        state.roll,  # roll.travels
        transfer,
    )
    return candidate, (
        persist_term(durable),  # vote.durable
        election_timer(state.config),
        Broadcast(state.roll.voters.without(state.me), request),
    )


def is_withheld(state: State, request: PreVoteRequest | VoteRequest) -> bool:
    """Tell whether a live leader, or a recent restart, forbids any answer.

    The promise to a leader holds for the minimum election timeout since it was heard; a
    leader has promised itself. After a restart nobody knows whom the agent heard: the
    promise holds, to nobody. A request of an older term is answered all the same.
    """
    is_bound = state.role == Role.LEADER or state.wait == Wait.PROMISE
    if request.term < state.term or not is_bound:
        return False  # vote.stale-term
    return not _is_released(state, request)  # vote.sticky, vote.after-restart


def _is_released(state: State, request: PreVoteRequest | VoteRequest) -> bool:
    """Tell whether the leader to whom the promise was given set it aside."""
    if state.leader == NOBODY:
        return False  # vote.after-restart
    match request:
        case VoteRequest():
            is_handed_over = request.transfer
            return is_handed_over or request.sender == state.leader  # vote.released
        case _:
            return request.sender == state.leader  # vote.released


def on_pre_vote_request(state: State, request: PreVoteRequest) -> Result:
    """Tell whether a vote would be granted; `is_withheld` was asked before."""
    if request.term < state.term:
        return _answer_pre_vote(state, request, granted=False)  # vote.stale-term
    is_free = request.term > state.term or _has_no_other_vote(state, request.sender)
    granted = is_free and _is_electable(state, request)  # vote.granted
    return _answer_pre_vote(state, request, granted=granted)


def _answer_pre_vote(state: State, request: PreVoteRequest, *, granted: bool) -> Result:
    reply = PreVoteReply(state.config.mesh, state.me, state.term, request.term, granted)
    return state, (Send(request.sender, reply),)  # vote.pre-vote-changes-nothing


def on_vote_request(state: State, request: VoteRequest) -> Result:
    """Grant at most one vote in a term.

    Before, `is_withheld` was asked and a higher term was adopted.
    """
    if request.term < state.term:
        return _answer_vote(state, request, granted=False)  # vote.stale-term
    if state.durable.voted_for == request.sender:
        return _answer_vote(state, request, granted=True)  # vote.repeated
    if state.durable.voted_for != NOBODY:
        return _answer_vote(state, request, granted=False)  # vote.one-per-term
    if not _is_electable(state, request):
        return _answer_vote(state, request, granted=False)
    durable = Durable(state.term, request.sender, state.log)
    voter = replace(state, durable=durable, role=Role.FOLLOWER, granted=NO_AGENTS)
    _, answer = _answer_vote(voter, request, granted=True)  # vote.granted
    outputs = (persist_term(durable), *answer)  # vote.durable
    if state.wait == Wait.PROMISE:
        return voter, outputs  # vote.keeps-promise
    timer = election_timer(state.config)  # vote.rearms-on-grant
    return replace(voter, wait=Wait.STAND), (*outputs, timer)


def _answer_vote(state: State, request: VoteRequest, *, granted: bool) -> Result:
    reply = VoteReply(state.config.mesh, state.me, state.term, granted)
    return state, (Send(request.sender, reply),)  # vote.refusal-answered


def _has_no_other_vote(state: State, candidate: AgentId) -> bool:
    """Tell whether this agent's vote of the term is free, or was the candidate's."""
    vote = state.durable.voted_for
    return vote == NOBODY or vote == candidate  # vote.one-per-term


def _is_electable(state: State, request: PreVoteRequest | VoteRequest) -> bool:
    """Tell whether the voter is on the roll that is brought, and its log no newer.

    That the candidate is on it too is a matter of validity.
    """
    if not request.roll.has(state.me):
        return False  # vote.roll
    if request.last_term != state.log.last_term:
        return request.last_term > state.log.last_term  # vote.log
    return request.last_index >= state.log.last_index  # vote.log


def on_pre_vote_reply(state: State, reply: PreVoteReply) -> Result:
    """Count a pre-vote; a quorum of them begins the real vote."""
    if state.role != Role.PRE_CANDIDATE:
        return state, ()  # stand.pre-vote
    is_for_this = reply.granted and reply.proposed == state.term + 1
    if not is_for_this:
        return state, ()  # stand.pre-vote
    granted = state.granted.with_(reply.sender)
    supported = replace(state, granted=granted)
    if not state.roll.is_quorum(granted):
        return supported, ()
    return campaign(supported, transfer=False)


def on_vote_reply(state: State, reply: VoteReply) -> Result:
    """Count a vote; a quorum of them wins."""
    if reply.term < state.term:
        return state, ()  # vote.stale-grant
    if state.role != Role.CANDIDATE:
        return state, ()
    if not reply.granted:
        return state, ()
    granted = state.granted.with_(reply.sender)  # vote.counted-once
    supported = replace(state, granted=granted)
    if not state.roll.is_quorum(granted):
        return supported, ()
    return open_term(supported)  # quorum.wins
