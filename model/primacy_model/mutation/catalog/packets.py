"""Bends of what is rejected: packets that no honest agent of the mesh sends."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

PACKET_BENDS: Final = (
    Bend(
        id="unknown-packet-taken",
        source="protocol, NR",
        guard="message.kind: a packet of an unknown kind is passed on",
        module="validity",
        before="""\
            return Reason.UNKNOWN_KIND  # message.kind
""",
        after="""\
            return Reason.NONE
""",
    ),
    Bend(
        id="unknown-message-not-told",
        source="protocol, NR",
        guard="message.kind: an unknown message is dropped",
        module="stepping",
        before="""\
            return state, (Rejected(Reason.UNKNOWN_KIND, NOBODY),)  # message.kind
""",
        after="""\
            return state, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="unknown-packet-not-told",
        source="protocol, NR",
        guard="message.kind: an unknown packet is asked for its sender",
        module="stepping",
        before="""\
    if reason == Reason.UNKNOWN_KIND:
        return state, (Rejected(reason, NOBODY),)  # message.kind
""",
        after="",
    ),
    Bend(
        id="term-below-the-least-taken",
        source="protocol, NR",
        guard="message.term: a packet of an impossible term is taken",
        module="validity",
        before="""\
    if packet.term < least:
        return Reason.BAD_TERM  # message.term
""",
        after="",
    ),
    Bend(
        id="late-packet-rejected",
        source="12, etcd #8501",
        guard="message.late-is-valid: a packet of an older term is rejected",
        module="validity",
        before="""\
    if packet.term < least:
        return Reason.BAD_TERM  # message.term
""",
        after="""\
    if packet.term < max(least, state.term):
        return Reason.BAD_TERM
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="rejected-packet-brings-its-term",
        source="protocol, NR",
        guard="message.unchanged: a rejected packet deposes",
        module="stepping",
        before="""\
        return state, (Rejected(reason, packet.sender),)  # message.unchanged
""",
        after="""\
        after, outputs = adopt(state, type(packet.term)(state.term + 1))
        return after, (*outputs, Rejected(reason, packet.sender))
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="rejected-packet-not-told",
        source="protocol, NR",
        guard="message.unchanged: a rejected packet is not reported",
        module="stepping",
        before="""\
        return state, (Rejected(reason, packet.sender),)  # message.unchanged
""",
        after="""\
        return state, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="index-0-matches-anything",
        source="26, WRaft #118",
        guard="message.position: index 0 is taken with any term",
        module="validity",
        before="""\
    if index == 0:
        return term == 0
""",
        after="""\
    if index == 0:
        return True
""",
    ),
    Bend(
        id="position-of-any-term",
        source="protocol, NR",
        guard="message.position: a position above the packet's term is taken",
        module="validity",
        before="""\
    return index > 0 and term > 0 and term <= highest
""",
        after="""\
    return index > 0 and term > 0
""",
    ),
    Bend(
        id="position-below-0",
        source="protocol, NR",
        guard="message.position: a negative index is taken",
        module="validity",
        before="""\
    return index > 0 and term > 0 and term <= highest
""",
        after="""\
    return term > 0 and term <= highest
""",
    ),
    Bend(
        id="position-without-a-term",
        source="protocol, NR",
        guard="message.position: an entry of term 0 is believed",
        module="validity",
        before="""\
    return index > 0 and term > 0 and term <= highest
""",
        after="""\
    return index > 0 and term <= highest
""",
    ),
    Bend(
        id="position-of-a-candidate-taken",
        source="protocol, NR",
        guard="message.position: a candidate's last entry is not judged",
        module="validity",
        before="""\
    if not _is_position(request.last_index, request.last_term, highest):
        return Reason.BAD_POSITION  # message.position
""",
        after="",
    ),
    Bend(
        id="position-of-a-commit-taken",
        source="protocol, NR",
        guard="message.position: a heartbeat's commit position is not judged",
        module="validity",
        before="""\
    if not _is_position(commit_index, commit_term, heartbeat.term):
        return Reason.BAD_POSITION  # message.position
""",
        after="",
    ),
    Bend(
        id="round-0-is-a-round",
        source="protocol, NR",
        guard="message.position: a heartbeat of round 0 is taken",
        module="validity",
        before="""\
    if heartbeat.round < 1:
        return Reason.BAD_POSITION  # message.position
""",
        after="",
    ),
    Bend(
        id="position-of-a-lagging-log-taken",
        source="protocol, NR",
        guard="message.position: a heartbeat's answer is not judged",
        module="validity",
        before="""\
    if not _is_position(reply.last_index, reply.last_term, reply.term):
        return Reason.BAD_POSITION  # message.position
""",
        after="",
    ),
    Bend(
        id="round-below-0-acknowledged",
        source="protocol, NR",
        guard="message.position: a negative round is acknowledged",
        module="validity",
        before="""\
    if reply.round < 0:
        return Reason.BAD_POSITION  # message.position
""",
        after="",
    ),
    Bend(
        id="previous-position-taken",
        source="protocol, NR",
        guard="message.position: an append's previous position is not judged",
        module="validity",
        before="""\
    if not _is_position(append.prev_index, append.prev_term, append.term):
        return Reason.BAD_POSITION  # message.position
""",
        after="",
    ),
    Bend(
        id="commit-below-0-taken",
        source="protocol, NR",
        guard="message.position: a negative commit index is taken",
        module="validity",
        before="""\
    if append.commit_index < 0:
        return Reason.BAD_POSITION  # message.position
""",
        after="",
    ),
    Bend(
        id="acknowledged-position-taken",
        source="protocol, NR",
        guard="message.position: an append's answer is not judged",
        module="validity",
        before="""\
    if not _is_position(reply.index, reply.index_term, reply.term):
        return Reason.BAD_POSITION  # message.position
""",
        after="",
    ),
)
"""What can be done to the judgement of packets."""
