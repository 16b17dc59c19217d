"""The step function: one message in, the next state and what to do about it out.

Contract: `step` is total and pure. Every well-typed message is answered, by a changed
state, by an unchanged one, or by `Rejected`; nothing is raised. It has four parts, in
this order: a packet that cannot be valid changes nothing; a request for a vote that a
promise forbids changes nothing; a higher term is adopted; the handler of the kind
decides.

Source: clauses `message.*`, `term.*` of docs/specification.md.
"""

from __future__ import annotations

from primacy.bootstrap import on_claim
from primacy.election import (
    is_withheld,
    on_election_timer,
    on_pre_vote_reply,
    on_pre_vote_request,
    on_vote_reply,
    on_vote_request,
)
from primacy.heartbeats import (
    check_quorum,
    on_heartbeat,
    on_heartbeat_reply,
    on_heartbeat_timer,
)
from primacy.membership import on_change, on_replace
from primacy.messages import (
    Append,
    AppendReply,
    Change,
    Claim,
    Elapsed,
    Forward,
    ForwardReply,
    Heartbeat,
    HeartbeatReply,
    Install,
    LeaseRead,
    Message,
    Packet,
    PreVoteReply,
    PreVoteRequest,
    Read,
    ReadIndexReply,
    ReadIndexRequest,
    Received,
    Replace,
    Snapshotted,
    Timer,
    Transfer,
    TransferNow,
    VoteReply,
    VoteRequest,
    Write,
)
from primacy.observation import observe
from primacy.outputs import Reason, Rejected
from primacy.reads import (
    on_lease_read,
    on_read,
    on_read_index_reply,
    on_read_index_request,
)
from primacy.replication import (
    on_append,
    on_append_reply,
    on_forward,
    on_forward_reply,
    on_write,
)
from primacy.role import Role
from primacy.role_changes import adopt, refuse_reads
from primacy.snapshots import on_install, on_snapshotted
from primacy.state import Result, State
from primacy.transfer import on_transfer, on_transfer_now
from primacy.types import NOBODY, Instant
from primacy.validity import defect


def step(state: State, message: Message) -> Result:
    """Give the next state, and the outputs in the order in which they must happen."""
    after, outputs = _handle(state, message)  # message.pure, message.total
    return after, outputs + observe(state, after)  # output.observations-last


def _handle(state: State, message: Message) -> Result:
    match message:
        case Received():
            return _on_received(state, message)
        case Elapsed():
            return _on_elapsed(state, message)
        case Write():
            return on_write(state, message)
        case Read():
            return on_read(state, message)
        case LeaseRead():
            return on_lease_read(state, message)
        case Transfer():
            return on_transfer(state, message)
        case Change():
            return on_change(state, message)
        case Replace():
            return on_replace(state, message)
        case Snapshotted():
            return on_snapshotted(state, message)
        case _:
            return state, (Rejected(Reason.UNKNOWN_KIND, NOBODY),)  # message.kind


def _on_elapsed(state: State, elapsed: Elapsed) -> Result:
    if elapsed.timer == Timer.HEARTBEAT:
        return on_heartbeat_timer(state, elapsed.now)
    if state.role == Role.LEADER:
        return check_quorum(state)
    return on_election_timer(state)


def _on_received(state: State, received: Received) -> Result:
    packet = received.packet
    reason = defect(state, packet)  # message.late-is-valid
    if reason == Reason.UNKNOWN_KIND:
        return state, (Rejected(reason, NOBODY),)  # message.kind
    if reason != Reason.NONE:
        return state, (Rejected(reason, packet.sender),)  # message.unchanged
    if _is_unanswered(state, packet):
        return state, ()  # vote.unanswered
    if not _brings_higher_term(state, packet):
        return _on_packet(state, packet, received.now)
    current, adopted = adopt(state, packet.term)  # term.higher
    after, outputs = _on_packet(current, packet, received.now)
    return after, adopted + outputs + refuse_reads(state)  # output.durable-first


def _is_unanswered(state: State, packet: Packet) -> bool:
    """Tell whether a packet asks for a vote that the agent must not give."""
    match packet:
        case PreVoteRequest() | VoteRequest():
            return is_withheld(state, packet)
        case _:
            return False


def _brings_higher_term(state: State, packet: Packet) -> bool:
    """Tell whether a packet shows a term that its sender is really in, above ours."""
    if packet.term <= state.term:
        return False  # term.never-falls
    match packet:
        case PreVoteRequest():
            return False  # vote.pre-vote-changes-nothing
        case PreVoteReply():
            return not packet.granted  # vote.pre-vote-changes-nothing
        case _:
            return True


def _on_packet(state: State, packet: Packet, now: Instant) -> Result:
    match packet:
        case Append():
            return on_append(state, packet)
        case Install():
            return on_install(state, packet)
        case AppendReply():
            return on_append_reply(state, packet)
        case Heartbeat():
            return on_heartbeat(state, packet, now)
        case HeartbeatReply():
            return on_heartbeat_reply(state, packet)
        case VoteRequest():
            return on_vote_request(state, packet)
        case VoteReply():
            return on_vote_reply(state, packet)
        case PreVoteRequest():
            return on_pre_vote_request(state, packet)
        case PreVoteReply():
            return on_pre_vote_reply(state, packet)
        case Claim():
            return on_claim(state, packet)
        case ReadIndexRequest():
            return on_read_index_request(state, packet, now)
        case ReadIndexReply():
            return on_read_index_reply(state, packet)
        case TransferNow():
            return on_transfer_now(state, packet)
        case Forward():
            return on_forward(state, packet)
        case ForwardReply():  # pragma: no branch - the last kind: mypy sees no other
            return on_forward_reply(state, packet)
