"""Bends of who counts: quorums, workers, strangers, and tokens at a resource."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend

ELECTORATE_BENDS: Final = (
    Bend(
        id="half-is-a-quorum",
        source="8, hashicorp 163a55f",
        guard="quorum.majority: half of an even electorate is enough",
        module="roll",
        before="""\
        return 2 * self.electors.common(agents).size > self.electors.size
""",
        after="""\
        return 2 * self.electors.common(agents).size >= self.electors.size
""",
    ),
    Bend(
        id="worker-counts",
        source="37, openraft d882e743",
        guard="quorum.electors-only: a quorum counts workers",
        module="roll",
        before="2 * self.electors.common(agents).size",
        after="2 * agents.size",
    ),
    Bend(
        id="worker-stands",
        source="37, hashicorp #398",
        guard="stand.electors-only: a worker stands",
        module="election",
        before="""\
    if not state.roll.has(state.me):
        return replace(state, leader=NOBODY), ()  # stand.electors-only
""",
        after="",
    ),
    Bend(
        id="everyone-is-an-elector",
        source="37, hashicorp #398",
        guard="stand.electors-only: a worker is taken for an elector",
        module="roll",
        before="""\
        return self.electors.has(agent)
""",
        after="""\
        return True
""",
    ),
    Bend(
        id="worker-asked-for-its-vote",
        source="37, openraft d882e743",
        guard="quorum.electors-only: a worker is asked for its vote",
        module="election",
        before="""\
        Broadcast(state.roll.electors.without(state.me), request),
    )


def is_withheld""",
        after="""\
        Broadcast(state.config.peers, request),
    )


def is_withheld""",
    ),
    Bend(
        id="worker-may-vote",
        source="37, openraft d882e743",
        guard="vote.roll: a voter does not look for itself on the roll",
        module="election",
        before="""\
    if not request.roll.has(state.me):
        return False  # vote.roll
""",
        after="",
    ),
    Bend(
        id="another-mesh-votes",
        source="41, hashicorp #114",
        guard="message.mesh: a packet of another mesh is taken",
        module="validity",
        before="""\
    if packet.mesh != state.config.mesh:
        return Reason.WRONG_MESH  # message.mesh
""",
        after="",
    ),
    Bend(
        id="stranger-counted",
        source="protocol, NR",
        guard="message.sender: what a stranger says is taken",
        module="validity",
        before="""\
    if not state.config.peers.has(packet.sender):
        return Reason.UNKNOWN_SENDER  # message.sender
""",
        after="",
    ),
    Bend(
        id="lower-token-admitted",
        source="35, etcd #11788",
        guard="fencing.lower-refused: a lower token is admitted",
        module="fencing",
        before="""\
    if token < 1 or token < fence.highest:
""",
        after="""\
    if token < 1:
""",
    ),
    Bend(
        id="fence-forgets",
        source="Kleppmann 2016",
        guard="fencing.monotone: a resource does not remember what it admitted",
        module="fencing",
        before="""\
    return Fence(token), Verdict.ADMITTED  # fencing.monotone
""",
        after="""\
    return fence, Verdict.ADMITTED
""",
    ),
    Bend(
        id="everyone-has-a-token",
        source="protocol, S9",
        guard="fencing.leader-only: an agent that does not lead attaches its term",
        module="fencing",
        before="""\
    return state.term if state.role == Role.LEADER else NO_TERM
""",
        after="""\
    return state.term
""",
    ),
    Bend(
        id="forwarded-under-another-token",
        source="protocol, S9",
        guard="fencing.forwarded: a leader takes a write that was meant for another",
        module="replication",
        before="""\
    if forward.term != state.term or _why_no_write(state) != Reason.NONE:
""",
        after="""\
    if _why_no_write(state) != Reason.NONE:
""",
    ),
)
"""What can be done to the electorate and to fences."""
