"""What would be welcome to an agent, if somebody of its mesh had said it.

Source: clauses `message.mesh`, `message.sender`.
"""

from __future__ import annotations

from primacy import AgentId, Packet, State
from primacy.messages import (
    AppendReply,
    Heartbeat,
    HeartbeatReply,
    VoteReply,
)
from primacy.quantities import MeshKey, Round, Term

LIES: list[type[Packet]] = [VoteReply, HeartbeatReply, AppendReply, Heartbeat]


def welcome(kind: type[Packet], state: State, mesh: MeshKey, sender: AgentId) -> Packet:
    """Grant a vote, acknowledge all there is, or lead the next term."""
    log, term = state.log, state.term
    if kind is VoteReply:
        return VoteReply(mesh, sender, term, granted=True)
    if kind is AppendReply:
        return AppendReply(
            mesh,
            sender,
            term,
            accepted=True,
            index=log.last_index,
            index_term=log.last_term,
        )
    if kind is HeartbeatReply:
        last = log.last_index, log.last_term
        return HeartbeatReply(mesh, sender, term, state.leadership.round, *last)
    return Heartbeat(
        mesh,
        sender,
        Term(term + 1),
        Round(1),
        log.last_index,
        log.last_term,
        state.config.everyone,
    )
