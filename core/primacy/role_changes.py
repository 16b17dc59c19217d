"""How an agent comes to follow: a higher term, a leader heard, leadership given up.

Every way out of leadership goes through `relinquish`, so nothing that a leader knew
outlives its leadership.

Source: Ongaro 2014, section 3.3 and 6.2; clauses `term.*` and `leader.*`.
"""

from __future__ import annotations

from primacy.agents import NO_AGENTS, AgentSet
from primacy.messages import Timer
from primacy.outputs import Disarm, Outputs
from primacy.records import replace
from primacy.role import Role, Wait
from primacy.state import (
    NO_LEADERSHIP,
    Durable,
    Result,
    State,
    persist_term,
)
from primacy.timers import election_timer
from primacy.types import NOBODY, AgentId, Instant, Term


def adopt(state: State, term: Term) -> Result:
    """Become a follower of a higher term: no vote given in it, no leader known."""
    durable = Durable(term, NOBODY, state.log)
    if state.role == Role.LEADER:
        follower, outputs = relinquish(state)
        return (
            replace(follower, durable=durable),
            (persist_term(durable), *outputs),  # term.higher
        )
    follower = replace(
        state,
        durable=durable,
        role=Role.FOLLOWER,
        leader=NOBODY,
        granted=NO_AGENTS,
    )
    return follower, (persist_term(durable),)  # term.higher, term.durable


def relinquish(state: State) -> Result:
    """Stop leading: forget what only a leader knows."""
    follower = replace(
        state,
        role=Role.FOLLOWER,
        wait=Wait.STAND,
        leader=NOBODY,
        granted=NO_AGENTS,
        leadership=NO_LEADERSHIP,  # leader.relinquishes
    )
    return follower, (Disarm(Timer.HEARTBEAT), election_timer(state.config))


def refuse_reads(state: State) -> Outputs:
    """Refuse the reads that waited for a leader to confirm that it leads."""
    reads = state.leadership.reads
    return reads.refusals(state.config.mesh, state.me, state.term)  # read.stale


def follow(state: State, leader: AgentId, heard: Instant, alive: AgentSet) -> State:
    """Follow the leader of this term, and promise to elect no other for a while.

    When its heartbeat was last heard, and whom it takes to be alive, is for observers.
    """
    return replace(
        state,
        role=Role.FOLLOWER,  # leader.followed
        wait=Wait.PROMISE,  # vote.sticky
        leader=leader,
        granted=NO_AGENTS,
        lowest_claim=NOBODY,
        last_heartbeat=heard,
        alive=alive,
        is_cut_off=False,  # watch.partition
    )
