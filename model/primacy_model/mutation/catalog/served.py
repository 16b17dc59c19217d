"""More bends of reads and leases: who may serve, and what is refused."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

SERVED_BENDS: Final = (
    Bend(
        id="read-asked-of-nobody",
        source="protocol, S10",
        guard="read.stale: a read without a leader is sent to nobody",
        module="reads",
        before="""\
    if state.leader == NOBODY:
        return _stale(state, read.request, Reason.NO_LEADER)  # read.stale
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="read-served-by-a-follower",
        source="Ongaro 6.4",
        guard="read.follower-asks: a follower serves what it holds",
        module="reads",
        before="""\
        return state, (Send(state.leader, request),)  # read.follower-asks
""",
        after="""\
        return state, (ServeRead(read.request, state.commit_index),)
""",
    ),
    Bend(
        id="own-term-not-asked",
        source="28, etcd #7331",
        guard="read.own-term: an entry of any term is enough",
        module="reads",
        before="""\
    return state.log.accepts(state.commit_index, state.term)  # read.own-term
""",
        after="""\
    return True
""",
    ),
    Bend(
        id="index-given-before-own-term-commit",
        source="28, tikv #9239",
        guard="read.own-term: an index is given before the no-op is committed",
        module="reads",
        before="""\
    if state.role != Role.LEADER or not has_committed_in_term(state):
""",
        after="""\
    if state.role != Role.LEADER:
""",
    ),
    Bend(
        id="index-given-by-anyone",
        source="36, Curator 498",
        guard="read.stale: who leads no more gives a read index",
        module="reads",
        before="""\
    if state.role != Role.LEADER or not has_committed_in_term(state):
""",
        after="""\
    if not has_committed_in_term(state):
""",
    ),
    Bend(
        id="read-asked-twice",
        source="protocol, S10",
        guard="read.asked-once: a read that arrives twice waits twice",
        module="reads",
        before="""\
    if state.leadership.reads.has(request.sender, request.request):
        return state, ()  # read.asked-once: it arrived twice, and waits
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="refused-read-served",
        source="Ongaro 6.4",
        guard="read.stale: a refused read is served",
        module="reads",
        before="""\
    if not reply.granted:
        return _stale(state, reply.request, Reason.NOT_LEADER)  # read.stale
""",
        after="",
    ),
    Bend(
        id="waiting-reads-dropped",
        source="protocol, S10",
        guard="read.stale: reads that waited for a lost leadership are not answered",
        module="following",
        before="""\
    return reads.refusals(state.config.mesh, state.me, state.term)  # read.stale
""",
        after="""\
    return () if reads.reads else ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="every-waiting-read-confirmed",
        source="29, d-engine #381",
        guard="read.round-after-request: a round confirms the reads that came after it",
        module="pending",
        before="""\
        return AskedReads(tuple(read for read in self.reads if read.round <= by))
""",
        after="""\
        return self
""",
    ),
    Bend(
        id="every-parked-read-served",
        source="Ongaro 6.4",
        guard="read.when-applied: any entry that is applied serves every parked read",
        module="pending",
        before="""\
            for read in self.reads
            if read.index <= applied
        )
""",
        after="""\
            for read in self.reads
        )
""",
    ),
    Bend(
        id="confirmed-round-again",
        source="Ongaro 6.4",
        guard="read.quorum-confirms: what was confirmed is confirmed again",
        module="heartbeats",
        before="""\
    if number <= lead.confirmed_round:
        return state, ()
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="lease-read-by-anyone",
        source="36, Curator 498",
        guard="lease.leader-only: the role is not asked before a lease read",
        module="reads",
        before="""\
    if state.role != Role.LEADER:
        return _stale(state, read.request, Reason.NOT_LEADER)  # read.stale
    if not has_lease""",
        after="    if not has_lease",
    ),
    Bend(
        id="lease-of-anyone",
        source="36, Curator 498",
        guard="lease.leader-only: who leads no more keeps its lease",
        module="reads",
        before="""\
    return is_leader and is_given and is_kept  # lease.expires, transfer.voids-lease
""",
        after="""\
    return is_given and is_kept
""",
    ),
    Bend(
        id="lease-not-asked",
        source="32, tikv #964",
        guard="lease.expires: a lease read is served without a lease",
        module="reads",
        before="""\
    if not has_lease(state, read.now):
        return _stale(state, read.request, Reason.NO_LEASE)  # lease.expires
""",
        after="",
    ),
    Bend(
        id="lease-read-before-own-term",
        source="33, LeaseGuard",
        guard="read.own-term: a lease read is served before an own entry is committed",
        module="reads",
        before="""\
    if not has_committed_in_term(state):
        return _stale(state, read.request, Reason.TERM_NOT_COMMITTED)  # read.own-term
    return state, (ServeRead""",
        after="    return state, (ServeRead",
    ),
    Bend(
        id="lease-read-refused",
        source="Ongaro 6.4.1",
        guard="lease.serves: nothing is served under a lease",
        module="reads",
        before="""\
    return state, (ServeRead(read.request, state.commit_index),)  # lease.serves
""",
        after="""\
    return _stale(state, read.request, Reason.NO_LEASE)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="lease-of-a-round-in-flight",
        source="30, hashicorp",
        guard="lease.confirmed: a lease is counted though no round was confirmed",
        module="reads",
        before="""\
    is_given = lead.confirmed_round > 0 and state.config.lease_ms > 0  # lease.confirmed
""",
        after="""\
    is_given = state.config.lease_ms > 0
""",
    ),
    Bend(
        id="lease-without-a-length",
        source="Ongaro 6.4.1",
        guard="lease.leader-only: a lease is held where none is configured",
        module="reads",
        before="""\
    is_given = lead.confirmed_round > 0 and state.config.lease_ms > 0  # lease.confirmed
""",
        after="""\
    is_given = lead.confirmed_round > 0
""",
    ),
    Bend(
        id="lease-extended-by-an-older-round",
        source="30, openraft",
        guard="lease.confirmed: a round before the one that gives the lease extends it",
        module="heartbeats",
        before="""\
    is_extended = number >= lead.lease_round  # lease.confirmed
""",
        after="""\
    is_extended = True
""",
    ),
    Bend(
        id="lease-start-moves",
        source="30, openraft",
        guard="lease.from-start: each round moves the start of the lease that waits",
        module="heartbeats",
        before="""\
            lease_start=now if is_lease_due else lead.lease_start,  # lease.from-start
""",
        after="""\
            lease_start=now,
""",
    ),
    Bend(
        id="read-begun-by-anyone",
        source="36, Curator 498",
        guard="read.follower-asks: who does not lead begins a round for a read",
        module="reads",
        before="""\
    if state.role != Role.LEADER:
        request = ReadIndexRequest(
            state.config.mesh, state.me, state.term, read.request
        )
        return state, (Send(state.leader, request),)  # read.follower-asks
""",
        after="",
    ),
    Bend(
        id="lease-round-moves",
        source="30, openraft",
        guard="lease.confirmed: each round replaces the one that gives the lease",
        module="heartbeats",
        before="""\
            lease_round=number if is_lease_due else lead.lease_round,
""",
        after="""\
            lease_round=number,
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="read-parked-twice",
        source="Ongaro 6.4",
        guard="read.asked-once: a read waits twice to be applied",
        module="pending",
        before="""\
        if read in self.reads:
            return self
""",
        after="",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to who serves."""
