"""Bends of reads and leases: what is served, and who promised what for how long."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend

READ_BENDS: Final = (
    Bend(
        id="read-before-own-term-commit",
        source="28, etcd #7331",
        guard="read.own-term: a new leader reads before its no-op is committed",
        module="reads",
        before="""\
    if not has_committed_in_term(state):
        return _stale(state, read.request, Reason.TERM_NOT_COMMITTED)  # read.own-term
    return _ask(""",
        after="    return _ask(",
    ),
    Bend(
        id="read-not-confirmed",
        source="Ongaro 6.4",
        guard="read.round-after-request: a read is served without a round",
        module="reads",
        before="""\
    return _ask(state, state.me, read.request, read.now)
""",
        after="""\
    return state, (ServeRead(read.request, state.commit_index),)
""",
    ),
    Bend(
        id="read-confirmed-by-an-earlier-round",
        source="29, d-engine #381",
        guard="read.round-after-request: the round before the request confirms it",
        module="reads",
        before="""\
    upcoming = Round(lead.round + 1)  # read.round-after-request
""",
        after="""\
    upcoming = lead.round
""",
    ),
    Bend(
        id="read-index-not-noted",
        source="29, d-engine #381",
        guard="read.index-first: the index of a read is not noted",
        module="reads",
        before="""\
    read = AskedRead(requester, request, state.commit_index, upcoming)
""",
        after="""\
    read = AskedRead(requester, request, NO_INDEX, upcoming)
""",
    ),
    Bend(
        id="follower-read-before-applied",
        source="Ongaro 6.4",
        guard="read.when-applied: a follower serves before it has applied enough",
        module="reads",
        before="""\
    if reply.index <= state.commit_index:
""",
        after="""\
    if reply.granted:
""",
    ),
    Bend(
        id="read-served-though-leadership-is-lost",
        source="Ongaro 6.4",
        guard="read.stale: who lost leadership serves the reads that waited",
        module="pending",
        before="""\
            Stale(read.request, Reason.LOST_LEADERSHIP, NOBODY, term)
""",
        after="""\
            ServeRead(read.request, read.index)
""",
    ),
    Bend(
        id="round-not-counted",
        source="Ongaro 6.4",
        guard="read.quorum-confirms: the suggested round is taken as it comes",
        module="heartbeats",
        before="""\
    if not state.roll.is_quorum(lead.seen.at_least(number)):
        return state, ()  # read.quorum-confirms
""",
        after="",
    ),
    Bend(
        id="round-of-an-older-term-counted",
        source="24, PySyncObj",
        guard="heartbeat.stale-acknowledgement: a round of an older term counts",
        module="heartbeats",
        before="""\
    if reply.term < state.term:
        return state, ()  # heartbeat.stale-acknowledgement
""",
        after="",
    ),
    Bend(
        id="stale-round-named-in-the-answer",
        source="24, PySyncObj",
        guard="heartbeat.stale-acknowledgement: a stale round is named in the answer",
        module="heartbeats",
        before="""\
        return state, (_answer(state, heartbeat, NO_ROUND),)  # heartbeat.stale-answered
""",
        after="""\
        return state, (_answer(state, heartbeat, heartbeat.round),)
""",
    ),
    Bend(
        id="lease-kept-by-a-transfer",
        source="31, etcd #12704",
        guard="transfer.voids-lease: a lease holds on after a transfer began",
        module="reads",
        before="""\
    is_kept = not lead.lease_void and now < lead.lease_until
""",
        after="""\
    is_kept = now < lead.lease_until
""",
    ),
    Bend(
        id="lease-from-a-later-round",
        source="30, openraft",
        guard="lease.from-start: a lease is counted from the latest round",
        module="heartbeats",
        before="""\
    until = Instant(lead.lease_start + state.config.lease_ms)  # lease.from-start
""",
        after="""\
    until = Instant(state.last_heartbeat + state.config.lease_ms)
""",
    ),
    Bend(
        id="lease-outlives-its-end",
        source="32, tikv #964",
        guard="lease.expires: a lease holds beyond its end",
        module="reads",
        before="now < lead.lease_until",
        after="now < lead.lease_until + lead.lease_until",
    ),
)
"""What can be done to reads and leases."""
