"""More bends of standing: what is counted, and by whom."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

CAMPAIGN_BENDS: Final = (
    Bend(
        id="refused-pre-vote-ignored",
        source="11, etcd #8243",
        guard="vote.pre-vote-changes-nothing: a refusal shows no term",
        module="stepping",
        before="""\
            return not packet.granted  # vote.pre-vote-changes-nothing
""",
        after="""\
            return False
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="pre-vote-in-its-own-term",
        source="11, etcd #8243",
        guard="stand.pre-vote: a pre-vote is asked for in the present term",
        module="election",
        before="""\
        Term(state.term + 1),  # stand.pre-vote
""",
        after="""\
        Term(max(state.term, 1)),
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="pre-vote-counted-by-anyone",
        source="Ongaro 9.6",
        guard="stand.pre-vote: who does not stand counts pre-votes",
        module="election",
        before="""\
    if state.role != Role.PRE_CANDIDATE:
        return state, ()  # stand.pre-vote
""",
        after="",
    ),
    Bend(
        id="refused-pre-vote-counted",
        source="Ongaro 9.6",
        guard="stand.pre-vote: a refused pre-vote counts",
        module="election",
        before="""\
    is_for_this = reply.granted and reply.proposed == state.term + 1
""",
        after="""\
    is_for_this = reply.proposed == state.term + 1
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="old-pre-vote-counted",
        source="Ongaro 9.6",
        guard="stand.pre-vote: a pre-vote of an older term counts",
        module="election",
        before="""\
    is_for_this = reply.granted and reply.proposed == state.term + 1
""",
        after="""\
    is_for_this = reply.granted
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="grant-counted-by-anyone",
        source="3, Xraft #33",
        guard="quorum.wins: who is no candidate counts a vote",
        module="election",
        before="""\
    if state.role != Role.CANDIDATE:
        return state, ()
""",
        after="",
    ),
    Bend(
        id="first-grant-wins",
        source="protocol, S1",
        guard="quorum.wins: one grant is enough",
        module="election",
        before="""\
    if not state.roll.is_quorum(granted):
        return supported, ()
    return open_term(supported)  # quorum.wins""",
        after="    return open_term(supported)",
    ),
    Bend(
        id="vote-kept-in-a-higher-term",
        source="Ongaro 3.4",
        guard="term.higher: the vote of the term before is kept",
        module="following",
        before="""\
    durable = Durable(term, NOBODY, state.log)
""",
        after="""\
    durable = Durable(term, state.durable.voted_for, state.log)
""",
    ),
    Bend(
        id="leader-adopts-and-writes-nothing",
        source="2, PySyncObj #202",
        guard="term.durable: a leader writes a higher term not down",
        module="following",
        before="""\
            (persist_term(durable), *outputs),  # term.higher
""",
        after="""\
            outputs,
""",
    ),
    Bend(
        id="leader-kept-in-a-higher-term",
        source="Ongaro 3.3",
        guard="term.higher: a follower keeps the leader of the term before",
        module="following",
        before="""\
        role=Role.FOLLOWER,
        leader=NOBODY,
        granted=NO_AGENTS,
    )
    return follower, (persist_term(durable),)  # term.higher, term.durable
""",
        after="""\
        role=Role.FOLLOWER,
        granted=NO_AGENTS,
    )
    return follower, (persist_term(durable),)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="candidate-in-a-higher-term",
        source="Ongaro 3.3",
        guard="term.higher: a candidate that hears a higher term stands in it",
        module="following",
        before="""\
        role=Role.FOLLOWER,
        leader=NOBODY,
        granted=NO_AGENTS,
    )
    return follower, (persist_term(durable),)  # term.higher, term.durable
""",
        after="""\
        leader=NOBODY,
    )
    return follower, (persist_term(durable),)
""",
    ),
    Bend(
        id="votes-for-itself-in-memory",
        source="1, PySyncObj #84",
        guard="vote.durable: a candidate's own vote is not written down",
        module="election",
        before="""\
        persist_term(durable),  # vote.durable
        election_timer(state.config),
""",
        after="""\
        election_timer(state.config),
""",
    ),
    Bend(
        id="equal-timeouts",
        source="17, etcd #15784",
        guard="timer.randomised: everyone waits the same before it stands",
        module="timers",
        before="""\
    return Arm(Timer.ELECTION, least, Duration(2 * least))  # timer.randomised
""",
        after="""\
    return Arm(Timer.ELECTION, least, least)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="equal-patience",
        source="17, etcd #15784",
        guard="timer.randomised: everyone waits the same after a promise",
        module="timers",
        before="""\
    return Arm(Timer.ELECTION, Duration(0), Duration(config.election_timeout_ms))
""",
        after="""\
    return Arm(Timer.ELECTION, Duration(0), Duration(0))
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="promise-ends-early",
        source="Ongaro 6.4.1",
        guard="timer.promise: a promise is a heartbeat interval too short",
        module="timers",
        before="""\
    exact = Duration(config.election_timeout_ms)
    return Arm(Timer.ELECTION, exact, exact)  # timer.promise
""",
        after="""\
    exact = Duration(config.election_timeout_ms - config.heartbeat_interval_ms)
    return Arm(Timer.ELECTION, exact, exact)
""",
    ),
    Bend(
        id="stands-at-the-end-of-a-promise",
        source="17, etcd #15784",
        guard="timer.randomised: everyone stands as soon as the promise ends",
        module="election",
        before="""\
    if state.wait == Wait.PROMISE:
        return _end_promise(state)
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="single-elector-waits",
        source="Ongaro 3.4",
        guard="quorum.wins: a candidate that is a quorum by itself waits for others",
        module="election",
        before="""\
    if state.roll.is_quorum(candidate.granted):
        leader, outputs = open_term(candidate)
        return leader, (persist_term(durable), *outputs)
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="any-pre-vote-counted",
        source="Ongaro 9.6",
        guard="stand.pre-vote: any answer to a pre-vote counts",
        module="election",
        before="""\
    if not is_for_this:
        return state, ()  # stand.pre-vote
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="first-pre-vote-is-enough",
        source="Ongaro 9.6",
        guard="stand.pre-vote: one pre-vote is enough",
        module="election",
        before="""\
    if not state.roll.is_quorum(granted):
        return supported, ()
    return campaign(supported, transfer=False)
""",
        after="""\
    return campaign(supported, transfer=False)
""",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to one part of a campaign."""
