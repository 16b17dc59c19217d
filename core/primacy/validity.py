"""What cannot be valid: the packets that change nothing and are answered by `Rejected`.

One function for each kind of packet, all guards and no effect. They look at the packet,
the first roll, and which leader is known: a packet that is merely late is never
rejected. Nor is one of an agent off the roll: the change may be news to this agent.

Source: clauses `message.*` of docs/specification.md.
"""

from __future__ import annotations

from primacy.electorate import Roll
from primacy.messages import (
    Append,
    AppendReply,
    Claim,
    Forward,
    ForwardReply,
    Heartbeat,
    HeartbeatReply,
    Install,
    Packet,
    PreVoteReply,
    PreVoteRequest,
    ReadIndexReply,
    ReadIndexRequest,
    TransferNow,
    VoteReply,
    VoteRequest,
)
from primacy.outputs import Reason
from primacy.state import State
from primacy.types import NOBODY, Index, Term


def defect(state: State, packet: Packet) -> Reason:
    """Say what is wrong with a packet, `Reason.NONE` if nothing is."""
    match packet:
        case Append():
            return _append_defect(state, packet)
        case Install():
            return _install_defect(state, packet)
        case AppendReply():
            return _append_reply_defect(state, packet)
        case Heartbeat():
            return _heartbeat_defect(state, packet)
        case HeartbeatReply():
            return _heartbeat_reply_defect(state, packet)
        case PreVoteRequest() | VoteRequest():
            return _vote_request_defect(state, packet)
        case Claim():
            return _claim_defect(state, packet)
        case ReadIndexReply():
            return _read_index_reply_defect(state, packet)
        case ForwardReply():
            return _forward_reply_defect(state, packet)
        case VoteReply() | TransferNow() | Forward():
            return _header_defect(state, packet, Term(1))
        case PreVoteReply() | ReadIndexRequest():
            return _header_defect(state, packet, Term(0))
        case _:
            return Reason.UNKNOWN_KIND  # message.kind


def _header_defect(state: State, packet: Packet, least: Term) -> Reason:
    """Judge what every packet carries; `least` is the lowest term of its kind."""
    if packet.mesh != state.config.mesh:
        return Reason.WRONG_MESH  # message.mesh
    if packet.sender == NOBODY or packet.sender == state.me:
        return Reason.UNKNOWN_SENDER  # message.sender
    if packet.term < least:
        return Reason.BAD_TERM  # message.term
    return Reason.NONE


def _claim_defect(state: State, claim: Claim) -> Reason:
    header = _header_defect(state, claim, Term(0))
    if header != Reason.NONE:
        return header
    if not state.config.initial_leaders.has(claim.sender):
        return Reason.NOT_AN_ELECTOR  # claim.initial-leaders-only
    return Reason.NONE


def _vote_request_defect(state: State, request: PreVoteRequest | VoteRequest) -> Reason:
    header = _header_defect(state, request, Term(1))
    if header != Reason.NONE:
        return header
    highest = Term(request.term - 1)
    if not _is_position(request.last_index, request.last_term, highest):
        return Reason.BAD_POSITION  # message.position
    if not request.roll.members.has(request.sender):
        return Reason.NOT_AN_ELECTOR  # stand.taken-off
    if request.roll.index == 0 and not request.roll.has(request.sender):
        return Reason.NOT_AN_ELECTOR  # stand.electors-only
    if not _is_roll_of(state, request.roll, request.last_index, request.last_term):
        return Reason.WRONG_ROLL  # roll.position, roll.first
    return Reason.NONE


def _heartbeat_defect(state: State, heartbeat: Heartbeat) -> Reason:
    header = _header_defect(state, heartbeat, Term(1))
    if header != Reason.NONE:
        return header
    commit_index, commit_term = heartbeat.commit_index, heartbeat.commit_term
    if not _is_position(commit_index, commit_term, heartbeat.term):
        return Reason.BAD_POSITION  # message.position
    if heartbeat.round < 1:
        return Reason.BAD_POSITION  # message.position
    if _has_second_leader(state, heartbeat):
        return Reason.SECOND_LEADER  # message.one-leader
    return Reason.NONE


def _heartbeat_reply_defect(state: State, reply: HeartbeatReply) -> Reason:
    header = _header_defect(state, reply, Term(1))
    if header != Reason.NONE:
        return header
    if not _is_position(reply.last_index, reply.last_term, reply.term):
        return Reason.BAD_POSITION  # message.position
    if reply.round < 0:
        return Reason.BAD_POSITION  # message.position
    return Reason.NONE


def _append_defect(state: State, append: Append) -> Reason:
    header = _header_defect(state, append, Term(1))
    if header != Reason.NONE:
        return header
    if not _is_position(append.prev_index, append.prev_term, append.term):
        return Reason.BAD_POSITION  # message.position
    if append.commit_index < 0:
        return Reason.BAD_POSITION  # message.position
    if not append.entries.is_ordered(append.prev_term, append.term):
        return Reason.BAD_ENTRIES  # message.entries
    if _has_second_leader(state, append):
        return Reason.SECOND_LEADER  # message.one-leader
    return Reason.NONE


def _install_defect(state: State, install: Install) -> Reason:
    header = _header_defect(state, install, Term(1))
    if header != Reason.NONE:
        return header
    if install.index < 1:
        return Reason.BAD_POSITION  # message.position
    if not _is_position(install.index, install.index_term, install.term):
        return Reason.BAD_POSITION  # message.position
    if not _is_roll_of(state, install.roll, install.index, install.index_term):
        return Reason.WRONG_ROLL  # roll.position, roll.first
    if install.roll.electors.size == 0 or install.roll.outgoing.size == 0:
        return Reason.WRONG_ROLL  # change.never-empty
    if _has_second_leader(state, install):
        return Reason.SECOND_LEADER  # message.one-leader
    return Reason.NONE


def _append_reply_defect(state: State, reply: AppendReply) -> Reason:
    header = _header_defect(state, reply, Term(1))
    if header != Reason.NONE:
        return header
    if not _is_position(reply.index, reply.index_term, reply.term):
        return Reason.BAD_POSITION  # message.position
    return Reason.NONE


def _read_index_reply_defect(state: State, reply: ReadIndexReply) -> Reason:
    header = _header_defect(state, reply, Term(0))
    if header != Reason.NONE:
        return header
    if reply.index < 0:
        return Reason.BAD_POSITION  # message.position
    return Reason.NONE


def _forward_reply_defect(state: State, reply: ForwardReply) -> Reason:
    header = _header_defect(state, reply, Term(1))
    if header != Reason.NONE:
        return header
    if reply.index < 0:
        return Reason.BAD_POSITION  # message.position
    return Reason.NONE


def _is_roll_of(state: State, roll: Roll, last: Index, last_term: Term) -> bool:
    """Tell whether a log can have that roll at a position with that term."""
    if not _is_position(roll.index, roll.term, last_term):
        return False  # roll.position
    if roll.index > last:
        return False  # roll.position
    first = state.config.first_roll
    is_first = roll.electors == first.electors and roll.outgoing == first.outgoing
    return roll.index > 0 or is_first  # roll.first


def _is_position(index: Index, term: Term, highest: Term) -> bool:
    """Tell whether a log can have an entry of that term there; index 0 has term 0."""
    if index == 0:
        return term == 0
    return index > 0 and term > 0 and term <= highest


def _has_second_leader(state: State, packet: Heartbeat | Append | Install) -> bool:
    """Tell whether the sender leads a term in which another leader is known."""
    is_known = state.leader != NOBODY and state.leader != packet.sender
    return packet.term == state.term and is_known
