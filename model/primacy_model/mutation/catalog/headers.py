"""Bends of the header that each kind of packet has: another mesh is not asked for.

Each forgets it for one kind of packet alone.
"""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend

HEADER_BENDS: Final = (
    Bend(
        id="claim-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: a claim of another mesh is taken",
        module="validity",
        before="""\
def _claim_defect(state: State, claim: Claim) -> Reason:
    header = _header_defect(state, claim, Term(0))
    if header != Reason.NONE:
        return header
""",
        after="""\
def _claim_defect(state: State, claim: Claim) -> Reason:
""",
    ),
    Bend(
        id="vote-request-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: a request for a vote of another mesh is taken",
        module="validity",
        before="""\
    header = _header_defect(state, request, Term(1))
    if header != Reason.NONE:
        return header
""",
        after="",
    ),
    Bend(
        id="heartbeat-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: a heartbeat of another mesh is taken",
        module="validity",
        before="""\
    header = _header_defect(state, heartbeat, Term(1))
    if header != Reason.NONE:
        return header
""",
        after="",
    ),
    Bend(
        id="heartbeat-answer-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: a heartbeat's answer of another mesh is taken",
        module="validity",
        before="""\
def _heartbeat_reply_defect(state: State, reply: HeartbeatReply) -> Reason:
    header = _header_defect(state, reply, Term(1))
    if header != Reason.NONE:
        return header
""",
        after="""\
def _heartbeat_reply_defect(state: State, reply: HeartbeatReply) -> Reason:
""",
    ),
    Bend(
        id="append-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: an append of another mesh is taken",
        module="validity",
        before="""\
    header = _header_defect(state, append, Term(1))
    if header != Reason.NONE:
        return header
""",
        after="",
    ),
    Bend(
        id="append-answer-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: an append's answer of another mesh is taken",
        module="validity",
        before="""\
def _append_reply_defect(state: State, reply: AppendReply) -> Reason:
    header = _header_defect(state, reply, Term(1))
    if header != Reason.NONE:
        return header
""",
        after="""\
def _append_reply_defect(state: State, reply: AppendReply) -> Reason:
""",
    ),
    Bend(
        id="read-index-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: a read index of another mesh is taken",
        module="validity",
        before="""\
def _read_index_reply_defect(state: State, reply: ReadIndexReply) -> Reason:
    header = _header_defect(state, reply, Term(0))
    if header != Reason.NONE:
        return header
""",
        after="""\
def _read_index_reply_defect(state: State, reply: ReadIndexReply) -> Reason:
""",
    ),
    Bend(
        id="word-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: a word of a transfer of another mesh is taken",
        module="validity",
        before="""\
    header = _header_defect(state, packet, Term(1))
    if header != Reason.NONE:
        return header
    if not state.roll.has(packet.sender)""",
        after="""\
    if not state.roll.has(packet.sender)""",
    ),
    Bend(
        id="forward-answer-of-another-mesh-taken",
        source="41, hashicorp #114",
        guard="message.mesh: a forwarded write's answer of another mesh is taken",
        module="validity",
        before="""\
def _forward_reply_defect(state: State, reply: ForwardReply) -> Reason:
    header = _header_defect(state, reply, Term(1))
    if header != Reason.NONE:
        return header
""",
        after="""\
def _forward_reply_defect(state: State, reply: ForwardReply) -> Reason:
""",
    ),
)
"""What can be done to headers."""
