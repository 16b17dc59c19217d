"""Bends of standing and voting: who asks, who grants, and what is counted."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

ELECTION_BENDS: Final = (
    Bend(
        id="second-vote-in-a-term",
        source="protocol, S4",
        guard="vote.one-per-term: a vote is given though another was",
        module="election",
        before="""\
    if state.durable.voted_for != NOBODY:
        return _answer_vote(state, request, granted=False)  # vote.one-per-term
""",
        after="",
    ),
    Bend(
        id="stands-in-its-own-term",
        source="Ongaro 3.4",
        guard="stand.next-term: a candidate stands in a term it may have voted in",
        module="election",
        before="""\
    durable = Durable(Term(state.term + 1), state.me, state.log)  # stand.next-term
""",
        after="""\
    durable = Durable(Term(max(state.term, 1)), state.me, state.log)
""",
    ),
    Bend(
        id="stale-grant-counted",
        source="3, Xraft #33",
        guard="vote.stale-grant: a grant of an older term counts",
        module="election",
        before="""\
    if reply.term < state.term:
        return state, ()  # vote.stale-grant
""",
        after="",
    ),
    Bend(
        id="grants-counted-as-a-number",
        source="4, PySyncObj",
        guard="vote.counted-once: a grant that arrives twice counts twice",
        module="election",
        before="""\
    if not state.roll.is_quorum(granted):
        return supported, ()
    return open_term(supported)  # quorum.wins""",
        after="""\
    if 2 * (state.granted.size + 1) <= state.roll.electors.size:
        return supported, ()
    return open_term(supported)""",
    ),
    Bend(
        id="refusal-counted",
        source="Ongaro 3.4",
        guard="quorum.wins: a refusal counts as a grant",
        module="election",
        before="""\
    if not reply.granted:
        return state, ()
""",
        after="",
    ),
    Bend(
        id="pre-votes-counted-as-votes",
        source="Ongaro 9.6",
        guard="stand.grants-anew: the grants of pre-votes count as votes",
        module="election",
        before="""\
        role=Role.CANDIDATE,
        wait=Wait.STAND,
        leader=NOBODY,
        granted=NO_AGENTS.with_(state.me),  # stand.grants-anew
""",
        after="""\
        role=Role.CANDIDATE,
        wait=Wait.STAND,
        leader=NOBODY,
""",
    ),
    Bend(
        id="pre-votes-win",
        source="Ongaro 9.6",
        guard="quorum.wins: a quorum of pre-votes wins the election",
        module="election",
        before="""\
    return campaign(supported, transfer=False)


def on_vote_reply""",
        after="""\
    return open_term(supported)


def on_vote_reply""",
    ),
    Bend(
        id="pre-vote-overwrites-vote",
        source="5, canonical/raft #196",
        guard="vote.pre-vote-changes-nothing: a pre-vote is kept as the vote",
        module="election",
        before="""\
    return state, (Send(request.sender, reply),)  # vote.pre-vote-changes-nothing
""",
        after="""\
    durable = Durable(state.term, request.sender, state.log)
    voter = replace(state, durable=durable) if granted else state
    outputs = (persist_term(voter.durable), Send(request.sender, reply))
    return voter, outputs
""",
    ),
    Bend(
        id="pre-vote-brings-its-term",
        source="5, canonical/raft #196",
        guard="vote.pre-vote-changes-nothing: a pre-vote raises the voter's term",
        module="stepping",
        before="""\
        case PreVoteRequest():
            return False  # vote.pre-vote-changes-nothing
""",
        after="""\
        case PreVoteRequest():
            return True
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="log-not-compared",
        source="Ongaro 3.6.1",
        guard="vote.log: the candidate's log is not looked at",
        module="election",
        before="""\
    if not _is_electable(state, request):
        return _answer_vote(state, request, granted=False)
""",
        after="",
    ),
    Bend(
        id="log-compared-by-length-only",
        source="7, openraft a48a3282",
        guard="vote.log: a longer log is taken for a newer one",
        module="election",
        before="""\
    if request.last_term != state.log.last_term:
        return request.last_term > state.log.last_term  # vote.log
""",
        after="",
    ),
    Bend(
        id="log-compared-by-index-first",
        source="7, openraft a48a3282",
        guard="vote.log: the index is compared before the term",
        module="election",
        before="""\
    if request.last_term != state.log.last_term:
        return request.last_term > state.log.last_term  # vote.log
    return request.last_index >= state.log.last_index  # vote.log
""",
        after="""\
    if request.last_index != state.log.last_index:
        return request.last_index > state.log.last_index
    return request.last_term >= state.log.last_term
""",
    ),
    Bend(
        id="lowest-id-leads",
        source="42, akka #23627",
        guard="stand.pre-vote: the lowest claimant leads when the window closes",
        module="election",
        before="""\
        return defer(state)  # claim.others-defer
""",
        after="""\
        return defer(state)
    if state.wait == Wait.WINDOW:
        return open_term(campaign(state, transfer=False)[0])
""",
    ),
    Bend(
        id="nobody-stands-again",
        source="10, copycat #123",
        guard="stand.again: a campaign that ran out is never begun again",
        module="election",
        before="""\
    return stand(state)


def _end_promise""",
        after="""\
    if state.role != Role.FOLLOWER:
        return state, ()
    return stand(state)


def _end_promise""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="own-leader-refused",
        source="13, hashicorp #606",
        guard="vote.released: a voter refuses the leader that it follows",
        module="election",
        before="""\
    return not _is_released(state, request)  # vote.sticky, vote.after-restart
""",
        after="""\
    return True
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="lower-term-not-answered",
        source="12, etcd #8501",
        guard="vote.refusal-answered: a request of an older term is dropped",
        module="election",
        before="""\
    if request.term < state.term:
        return _answer_vote(state, request, granted=False)  # vote.stale-term
""",
        after="""\
    if request.term < state.term:
        return state, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="refused-request-rearms",
        source="15, etcd #12959",
        guard="vote.rearms-on-grant: a refused request rearms the election timer",
        module="election",
        before="""\
        return _answer_vote(state, request, granted=False)  # vote.one-per-term
""",
        after="""\
        _, answer = _answer_vote(state, request, granted=False)
        return state, (*answer, election_timer(state.config))
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="no-stickiness",
        source="14, redpanda #2048",
        guard="vote.unanswered: a vote is given while the leader lives",
        module="stepping",
        before="""\
            return is_withheld(state, packet)
""",
        after="""\
            return False
""",
    ),
    Bend(
        id="leader-grants-a-pre-vote",
        source="6, DAOS raft #70",
        guard="vote.sticky: a leader answers requests for votes",
        module="election",
        before="""\
    is_bound = state.role == Role.LEADER or state.wait == Wait.PROMISE
""",
        after="""\
    is_bound = state.wait == Wait.PROMISE
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="promise-binds-nobody",
        source="Ongaro 4.2.3",
        guard="vote.sticky: a voter that has just heard a leader is free to vote",
        module="election",
        before="""\
    is_bound = state.role == Role.LEADER or state.wait == Wait.PROMISE
""",
        after="""\
    is_bound = state.role == Role.LEADER
""",
    ),
    Bend(
        id="promise-dropped-by-a-vote",
        source="34",
        guard="vote.keeps-promise: a grant ends the promise",
        module="election",
        before="""\
    if state.wait == Wait.PROMISE:
        return voter, outputs  # vote.keeps-promise
""",
        after="",
    ),
)
"""What can be done to elections."""
