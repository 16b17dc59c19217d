"""Reads: fresh, or refused.

Three ways. By read index: the leader notes its commit index, confirms by a round begun
after the read arrived that it still leads, and serves. Under a lease: at once, while
the lease holds. On a follower: it asks the leader for a read index and serves once it
has applied that far. Whatever cannot prove freshness is `Stale`.

Source: seed, "Stale Reads"; Ongaro 2014, section 6.4; clauses `read.*`, `lease.*`.
"""

from __future__ import annotations

from primacy.appending import has_committed_in_term
from primacy.heartbeats import begin_round
from primacy.messages import LeaseRead, Read, ReadIndexReply, ReadIndexRequest
from primacy.outputs import Reason, Send, ServeRead, Stale
from primacy.pending_reads import FollowerRead, LeaderRead
from primacy.records import replace
from primacy.role import Role
from primacy.state import Result, State
from primacy.types import NO_INDEX, NOBODY, AgentId, Instant, RequestId, Round


def on_read(state: State, read: Read) -> Result:
    """Begin a read by read index: here if this agent leads, else through the leader."""
    if state.leader == NOBODY:
        return _stale(state, read.request, Reason.NO_LEADER)  # read.stale
    if state.role != Role.LEADER:
        request = ReadIndexRequest(
            state.config.mesh, state.me, state.term, read.request
        )
        return state, (Send(state.leader, request),)  # read.follower-asks
    if not has_committed_in_term(state):
        return _stale(state, read.request, Reason.TERM_NOT_COMMITTED)  # read.own-term
    return _ask(state, state.me, read.request, read.now)


def on_read_index_request(
    state: State, request: ReadIndexRequest, now: Instant
) -> Result:
    """Begin a read for another agent, or refuse it."""
    if state.role != Role.LEADER or not has_committed_in_term(state):
        refusal = ReadIndexReply(
            state.config.mesh, state.me, state.term, request.request, False, NO_INDEX
        )
        return state, (Send(request.sender, refusal),)  # read.own-term
    if state.leadership.reads.has(request.sender, request.request):
        return state, ()  # read.asked-once: it arrived twice, and waits
    return _ask(state, request.sender, request.request, now)


def _ask(state: State, requester: AgentId, request: RequestId, now: Instant) -> Result:
    """Note the commit index, then begin the round that must confirm leadership."""
    lead = state.leadership
    upcoming = Round(lead.round + 1)  # read.round-after-request
    # read.index-first
    read = LeaderRead(requester, request, state.commit_index, upcoming)
    asked = replace(state, leadership=replace(lead, reads=lead.reads.with_(read)))
    return begin_round(asked, now)


def on_read_index_reply(state: State, reply: ReadIndexReply) -> Result:
    """Serve a read once enough is applied here."""
    if not reply.granted:
        return _stale(state, reply.request, Reason.NOT_LEADER)  # read.stale
    if reply.index <= state.commit_index:
        return state, (ServeRead(reply.request, state.commit_index),)
    parked = state.parked.with_(FollowerRead(reply.request, reply.index))
    return replace(state, parked=parked), ()  # read.when-applied


def on_lease_read(state: State, read: LeaseRead) -> Result:
    """Serve at once under a lease that holds at the instant of the read."""
    if state.role != Role.LEADER:
        return _stale(state, read.request, Reason.NOT_LEADER)  # read.stale
    if not has_lease(state, read.now):
        return _stale(state, read.request, Reason.NO_LEASE)  # lease.expires
    if not has_committed_in_term(state):
        return _stale(state, read.request, Reason.TERM_NOT_COMMITTED)  # read.own-term
    return state, (ServeRead(read.request, state.commit_index),)  # lease.serves


def has_lease(state: State, now: Instant) -> bool:
    """Tell whether this agent holds a lease at an instant of its own clock.

    True only under the clock bound of docs/assumptions.md: every clock runs within
    `clock_drift_ppm` of true time.
    """
    lead = state.leadership
    is_leader = state.role == Role.LEADER  # lease.leader-only
    is_given = lead.lease_given and state.config.lease_ms > 0  # lease.confirmed
    is_kept = not lead.lease_void and now < lead.lease_until
    return is_leader and is_given and is_kept  # lease.expires, transfer.voids-lease


def _stale(state: State, request: RequestId, reason: Reason) -> Result:
    return state, (Stale(request, reason, state.leader, state.term),)
