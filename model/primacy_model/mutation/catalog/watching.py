"""Bends of what a person watches. What is only watched can break nothing else."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

WATCH_BENDS: Final = (
    Bend(
        id="roles-not-told",
        source="seed, Monitoring",
        guard="watch.role: a change of role is not told",
        module="observation",
        before="""\
    if before.role != after.role or before.term != after.term:  # watch.role
""",
        after="""\
    if before.term != after.term:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="terms-not-told",
        source="seed, Monitoring",
        guard="watch.role: a change of term is not told",
        module="observation",
        before="""\
    if before.role != after.role or before.term != after.term:  # watch.role
""",
        after="""\
    if before.role != after.role:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="leaders-not-told",
        source="seed, Monitoring",
        guard="watch.leader: only the loss of a leader is told",
        module="observation",
        before="""\
    if before.leader != after.leader:  # watch.leader
""",
        after="""\
    if before.leader != after.leader == NOBODY:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="grants-not-told",
        source="seed, Monitoring",
        guard="watch.election: a candidacy that ends is told as progress",
        module="observation",
        before="""\
    if before.granted != after.granted and after.granted.size > 0:
""",
        after="""\
    if before.granted != after.granted:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="claims-not-told",
        source="seed, Monitoring",
        guard="watch.initial-election: the end of the initial election is not told",
        module="observation",
        before="""\
    if before.lowest_claim != after.lowest_claim:  # watch.initial-election
""",
        after="""\
    if before.lowest_claim != after.lowest_claim != NOBODY:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="partition-not-healed",
        source="seed, Monitoring",
        guard="watch.partition: a partition that is healed is told as suspected",
        module="observation",
        before="""\
    if not after.is_cut_off:
        return PartitionHealed()  # watch.partition
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="split-not-suspected",
        source="seed, Monitoring",
        guard="watch.partition: a candidacy that failed suspects nothing",
        module="election",
        before="""\
        is_cut_off=is_retry or state.is_cut_off,  # watch.partition
""",
        after="""\
        is_cut_off=state.is_cut_off,
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="dead-not-told",
        source="seed, Monitoring",
        guard="watch.presence: who is taken to be dead is not told",
        module="observation",
        before="""\
    if before.alive != after.alive:  # watch.presence
""",
        after="""\
    if before.alive.size < after.alive.size:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="leader-shown-to-nobody",
        source="seed, Monitoring",
        guard="watch.mesh-state: a mesh is shown without its leader",
        module="observation",
        before="""\
    has_leader = state.leader != NOBODY
""",
        after="""\
    has_leader = state.role == Role.LEADER
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="partition-not-told",
        source="seed, Monitoring",
        guard="watch.partition: a partition is not told",
        module="observation",
        before="""\
    if before.is_cut_off != after.is_cut_off:
""",
        after="""\
    if before.is_cut_off != before.is_cut_off:
""",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to observations."""
