"""Bends of the rolls, and of what is taken from a second leader or a worker."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

ELECTORS_ONLY_BENDS: Final = (
    Bend(
        id="read-index-below-0-taken",
        source="protocol, NR",
        guard="message.position: a negative read index is taken",
        module="validity",
        before="""\
    header = _header_defect(state, reply, Term(0))
    if header != Reason.NONE:
        return header
    if reply.index < 0:
        return Reason.BAD_POSITION  # message.position
""",
        after="""\
    header = _header_defect(state, reply, Term(0))
    if header != Reason.NONE:
        return header
""",
    ),
    Bend(
        id="forwarded-place-below-0-taken",
        source="protocol, NR",
        guard="message.position: a write is told of a negative place",
        module="validity",
        before="""\
    header = _header_defect(state, reply, Term(1))
    if header != Reason.NONE:
        return header
    if reply.index < 0:
        return Reason.BAD_POSITION  # message.position
""",
        after="""\
    header = _header_defect(state, reply, Term(1))
    if header != Reason.NONE:
        return header
""",
    ),
    Bend(
        id="round-not-begun-acknowledged",
        source="protocol, NR",
        guard="message.position: a round is acknowledged that was not begun",
        module="heartbeats",
        before="""\
    if reply.round > lead.round:
        return state, (Rejected(Reason.BAD_POSITION, sender),)  # message.position
""",
        after="",
    ),
    Bend(
        id="entries-not-there-acknowledged",
        source="protocol, NR",
        guard="message.position: entries are acknowledged that the leader lacks",
        module="replication",
        before="""\
    if reply.index > state.log.last_index:
        # message.position
        return state, (Rejected(Reason.BAD_POSITION, sender),)
""",
        after="",
    ),
    Bend(
        id="entries-out-of-order-taken",
        source="Ongaro 3.5",
        guard="message.entries: entries are taken whose terms fall",
        module="validity",
        before="""\
    if not append.entries.is_ordered(append.prev_term, append.term):
        return Reason.BAD_ENTRIES  # message.entries
""",
        after="",
    ),
    Bend(
        id="heartbeat-of-a-second-leader-taken",
        source="protocol, NR",
        guard="message.one-leader: a heartbeat of a second leader is followed",
        module="validity",
        before="""\
    if _has_second_leader(state, heartbeat):
        return Reason.SECOND_LEADER  # message.one-leader
""",
        after="",
    ),
    Bend(
        id="append-of-a-second-leader-taken",
        source="protocol, NR",
        guard="message.one-leader: an append of a second leader is followed",
        module="validity",
        before="""\
    if _has_second_leader(state, append):
        return Reason.SECOND_LEADER  # message.one-leader
""",
        after="",
    ),
    Bend(
        id="leader-of-a-later-term-rejected",
        source="12, etcd #8501",
        guard="message.one-leader: the leader of a later term is called a second one",
        module="validity",
        before="""\
    return packet.term == state.term and is_known
""",
        after="""\
    return is_known
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="heartbeat-of-a-worker-taken",
        source="37, hashicorp #398",
        guard="leader.electors-only: a worker's heartbeat is followed",
        module="validity",
        before="""\
    if not state.roll.has(heartbeat.sender):
        return Reason.NOT_AN_ELECTOR  # leader.electors-only
""",
        after="",
    ),
    Bend(
        id="append-of-a-worker-taken",
        source="37, hashicorp #398",
        guard="leader.electors-only: a worker's append is taken",
        module="validity",
        before="""\
    if not state.roll.has(append.sender):
        return Reason.NOT_AN_ELECTOR  # leader.electors-only
""",
        after="",
    ),
    Bend(
        id="word-of-a-worker-taken",
        source="37, hashicorp #398",
        guard="leader.electors-only: a worker hands leadership over",
        module="validity",
        before="""\
    if not state.roll.has(packet.sender):
        return Reason.NOT_AN_ELECTOR  # leader.electors-only
""",
        after="",
    ),
    Bend(
        id="candidate-off-its-roll-heard",
        source="37, hashicorp #398",
        guard="stand.electors-only: a candidate is heard that is not on its roll",
        module="validity",
        before="""\
    if not request.roll.has(request.sender):
        return Reason.NOT_AN_ELECTOR  # stand.electors-only
""",
        after="",
    ),
    Bend(
        id="another-roll-taken",
        source="41, hashicorp #114",
        guard="roll.first: a request under another electorate is taken",
        module="validity",
        before="""\
    if request.roll != state.config.first_roll:
        return Reason.WRONG_ROLL  # roll.first, roll.fixed
""",
        after="",
    ),
    Bend(
        id="everyone-on-the-roll",
        source="37, openraft d882e743",
        guard="roll.fixed: workers are on the roll of a recovered agent",
        module="recovery",
        before="""\
        roll=config.first_roll,  # roll.fixed
""",
        after="""\
        roll=type(config.first_roll)(config.everyone),
""",
    ),
    Bend(
        id="candidate-brings-another-roll",
        source="38, etcd #10998",
        guard="roll.travels: a candidate brings a roll without itself",
        module="election",
        before="""\
        state.roll,  # roll.travels
        transfer,
""",
        after="""\
        type(state.roll)(state.roll.electors.without(state.me)),
        transfer,
""",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to who is believed."""
