"""Bends of the handing over, of tokens and of what an observer is told."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

TRANSFER_BENDS: Final = (
    Bend(
        id="transfer-by-anyone",
        source="36, Curator 498",
        guard="transfer.leader-only: who leads no more hands over",
        module="transfer",
        before="""\
    if state.role != Role.LEADER:
        return Reason.NOT_LEADER  # transfer.leader-only
""",
        after="",
    ),
    Bend(
        id="two-transfers",
        source="Ongaro 3.10",
        guard="transfer.one-at-a-time: leadership is handed to two",
        module="transfer",
        before="""\
    if state.leadership.transferee != NOBODY:
        return Reason.TRANSFERRING  # transfer.one-at-a-time
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="transfer-to-itself",
        source="Ongaro 3.10",
        guard="transfer.to-elector: a leader hands over to itself",
        module="transfer",
        before="""\
    if transfer.target == state.me or not state.roll.has(transfer.target):
""",
        after="""\
    if not state.roll.has(transfer.target):
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="transfer-to-a-worker",
        source="37, hashicorp #398",
        guard="transfer.to-elector: a leader hands over to a worker",
        module="transfer",
        before="""\
    if transfer.target == state.me or not state.roll.has(transfer.target):
""",
        after="""\
    if transfer.target == state.me:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="transfer-to-a-laggard",
        source="Ongaro 3.10",
        guard="transfer.caught-up: a leader hands over to who lacks entries",
        module="transfer",
        before="""\
    if state.leadership.match.get(transfer.target) < state.log.last_index:
        return Reason.NOT_CAUGHT_UP  # transfer.caught-up
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="old-word-of-a-transfer",
        source="31, etcd #12704",
        guard="transfer.stale: the word of an older term is taken",
        module="transfer",
        before="""\
    if packet.term < state.term:
        return state, ()  # transfer.stale
""",
        after="",
    ),
    Bend(
        id="candidate-at-a-word",
        source="Ongaro 3.10",
        guard="transfer.from-leader: who stands already stands again at a word",
        module="transfer",
        before="""\
    if state.role != Role.FOLLOWER:
        return state, ()
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="word-of-anyone",
        source="31, etcd #12704",
        guard="transfer.from-leader: the word of who is not followed is taken",
        module="transfer",
        before="""\
    if state.leader != packet.sender:
        return state, ()  # transfer.from-leader
""",
        after="",
    ),
    Bend(
        id="worker-at-a-word",
        source="37, hashicorp #398",
        guard="stand.electors-only: a worker stands at the word of a leader",
        module="transfer",
        before="""\
    if not state.roll.has(state.me):
        return state, ()  # stand.electors-only
""",
        after="",
    ),
    Bend(
        id="transfer-not-said",
        source="Ongaro 3.10",
        guard="transfer.stands-at-once: a candidate does not say that it is a transfer",
        module="transfer",
        before="""\
    return campaign(state, transfer=True)  # transfer.stands-at-once
""",
        after="""\
    return campaign(state, transfer=False)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="no-token-admitted",
        source="35, etcd #11788",
        guard="fencing.lower-refused: an effect without a token is admitted",
        module="fencing",
        before="""\
    if token < 1 or token < fence.highest:
""",
        after="""\
    if token < fence.highest:
""",
    ),
    Bend(
        id="observations-first",
        source="seed, Monitoring",
        guard="output.observations-last: an observer is told before the disk",
        module="stepping",
        before="""\
    return after, outputs + observe(state, after)  # output.observations-last
""",
        after="""\
    return after, observe(state, after) + outputs
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="transfer-without-a-leader",
        source="Ongaro 3.10",
        guard="transfer.leader-only: who knows no leader says that another leads",
        module="transfer",
        before="""\
    if state.leader == NOBODY:
        return Reason.NO_LEADER
""",
        after="",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to transfers."""
