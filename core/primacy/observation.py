"""What a person watches: the mesh as one agent sees it, and what changed in a step.

Observations are computed from the states before and after a step, so no handler decides
anything about them and they decide nothing in a handler.

Source: seed, "State Management" and "Monitoring"; clauses `watch.*`.
"""

from __future__ import annotations

from dataclasses import dataclass

from primacy.heartbeats import reached_agents
from primacy.outputs import (
    ElectionProgress,
    InitialElection,
    LeaderChanged,
    Outputs,
    PartitionHealed,
    PartitionSuspected,
    PresenceChanged,
    RoleChanged,
    RollChanged,
)
from primacy.role import Role
from primacy.state import State
from primacy.types import NOBODY, AgentId, Instant, Term


@dataclass(frozen=True, slots=True)
class MeshState:
    """The five fields of the seed."""

    has_leader: bool
    leader_id: AgentId | None
    term: Term
    last_leader_heartbeat: Instant
    """When it was heard, on this agent's clock; 0 if never since the last start."""
    initial_leader_election_in_progress: bool


def mesh_state(state: State) -> MeshState:
    """Show the mesh as this agent sees it."""
    has_leader = state.leader != NOBODY
    # watch.mesh-state
    return MeshState(
        has_leader,
        state.leader if has_leader else None,
        state.term,
        state.last_heartbeat,
        state.lowest_claim != NOBODY,
    )


def observe(before: State, after: State) -> Outputs:
    """Tell what a step changed that a person watches."""
    told: Outputs = ()  # watch.decides-nothing
    if before.role != after.role or before.term != after.term:  # watch.role
        told = (*told, RoleChanged(before.role, after.role, after.term))
    if before.leader != after.leader:  # watch.leader
        told = (*told, LeaderChanged(after.leader, after.term))
    # watch.election
    if before.granted != after.granted and after.granted.size > 0:
        told = (*told, ElectionProgress(after.role, after.term, after.granted))
    if before.lowest_claim != after.lowest_claim:  # watch.initial-election
        told = (*told, InitialElection(after.lowest_claim))
    if before.is_cut_off != after.is_cut_off:
        told = (*told, _observe_partition(before, after))
    if before.alive != after.alive:  # watch.presence
        back = after.alive.difference(before.alive)
        dead = before.alive.difference(after.alive)
        told = (*told, PresenceChanged(back, dead))
    if before.roll != after.roll:  # watch.roll
        told = (*told, RollChanged(before.roll, after.roll))
    return told


def _observe_partition(
    before: State, after: State
) -> PartitionSuspected | PartitionHealed:
    if not after.is_cut_off:
        return PartitionHealed()  # watch.partition
    is_leader = before.role == Role.LEADER
    reached = reached_agents(before) if is_leader else before.granted
    return PartitionSuspected(reached, after.roll.voters.difference(reached))
