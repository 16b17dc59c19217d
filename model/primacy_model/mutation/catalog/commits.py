"""Bends of the commit: what counts as held by a quorum, and how others learn of it."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

COMMIT_BENDS: Final = (
    Bend(
        id="older-term-committed-by-counting",
        source="18, Ongaro figure 3.7",
        guard="commit.own-term: an entry of an older term is committed by counting",
        module="replication",
        before="""\
    if not state.log.accepts(index, state.term):
        return state, ()  # commit.own-term
""",
        after="""\
    if index > state.log.last_index:
        return state, ()
""",
    ),
    Bend(
        id="commit-not-counted",
        source="Ongaro 3.5",
        guard="commit.quorum: the suggested commit index is taken as it comes",
        module="replication",
        before="""\
    if not state.roll.is_quorum(match.at_least(index)):
        return state, ()  # commit.quorum
""",
        after="",
    ),
    Bend(
        id="highest-match-suggested",
        source="Ongaro 3.5",
        guard="commit.quorum: the highest match is suggested, not the median",
        module="agents",
        before="held[(len(held) - 1) // 2]",
        after="held[-1]",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="own-write-committed-alone",
        source="Ongaro 3.5",
        guard="commit.quorum: the leader commits a write as soon as it holds it",
        module="replication",
        before="""\
    committed, applied = _advance(grown)
    return committed, (*outputs, accepted, *applied)
""",
        after="""\
    committed, applied = _commit_up_to(grown, index)
    return committed, (*outputs, accepted, *applied)
""",
    ),
    Bend(
        id="commit-index-goes-back",
        source="19, PySyncObj #166",
        guard="commit.never-back: an older commit index is taken over",
        module="replication",
        before="""\
    if index <= state.commit_index:
        return state, ()  # commit.never-back
""",
        after="",
    ),
    Bend(
        id="commit-beyond-the-verified",
        source="20",
        guard="commit.verified: the leader's commit index is taken as it comes",
        module="replication",
        before="""\
    known = Index(min(append.commit_index, end))  # commit.verified
""",
        after="""\
    known = append.commit_index
""",
    ),
    Bend(
        id="own-log-taken-for-verified",
        source="20",
        guard="commit.verified: all of the own log is taken to be verified",
        module="replication",
        before="""\
    known = Index(min(append.commit_index, end))  # commit.verified
""",
        after="""\
    known = Index(min(append.commit_index, state.log.last_index))
""",
    ),
    Bend(
        id="commit-of-a-heartbeat-not-verified",
        source="20",
        guard="commit.verified: the heartbeat's commit term is not compared",
        module="replication",
        before="""\
    if not state.log.accepts(index, term):
        return state, ()  # commit.verified
""",
        after="""\
    if index > state.log.last_index:
        return state, ()
""",
    ),
    Bend(
        id="heartbeat-tells-another-term",
        source="20",
        guard="commit.travels: the commit index is told under the last term",
        module="heartbeats",
        before="state.log.term_at(state.commit_index),  # commit.travels",
        after="state.log.last_term,",
    ),
    Bend(
        id="accepted-elsewhere",
        source="protocol, S7",
        guard="write.accepted: a client is told the place behind its entry",
        module="replication",
        before="WriteAccepted(write.request, index, state.term)",
        after="WriteAccepted(write.request, Index(index + 1), state.term)",
    ),
    Bend(
        id="nothing-applied",
        source="protocol, S8",
        guard="commit.in-order: what is committed is not given out",
        module="replication",
        before="state.log.segment(state.commit_index, index - state.commit_index)",
        after="state.log.segment(state.commit_index, 0)",
    ),
    Bend(
        id="applied-from-the-first",
        source="protocol, S8",
        guard="commit.in-order: what was given out before is given out again",
        module="replication",
        before="    first = Index(state.commit_index + 1)\n"
        "    entries = state.log.segment("
        "state.commit_index, index - state.commit_index)\n",
        after="    first = Index(1)\n"
        "    entries = state.log.segment(Index(0), index)\n",
    ),
    Bend(
        id="served-before-applied",
        source="Ongaro 6.4",
        guard="read.when-applied: a read is served before its entries are given out",
        module="replication",
        before="return committed, (Apply(first, entries), *state.parked.due(index))",
        after="return committed, (*state.parked.due(index), Apply(first, entries))",
    ),
)
"""What can be done to the commit index."""
