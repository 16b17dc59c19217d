"""What would be welcome to an agent, if somebody of its mesh had said it.

Source: clauses `message.mesh`, `message.sender`.
"""

from __future__ import annotations

from typing import Final

from primacy import AgentId, Command, Packet, RequestId, State
from primacy.log import Entry, EntryKind, Segment
from primacy.messages import (
    Append,
    AppendReply,
    Claim,
    Forward,
    Heartbeat,
    HeartbeatReply,
    ReadIndexReply,
    TransferNow,
    VoteReply,
    VoteRequest,
)
from primacy.quantities import MeshKey, Round, Term

LIES: Final[list[type[Packet]]] = [
    VoteReply,
    HeartbeatReply,
    AppendReply,
    Heartbeat,
    Append,
    VoteRequest,
    ReadIndexReply,
    TransferNow,
    Claim,
    Forward,
]


def welcome(kind: type[Packet], state: State, mesh: MeshKey, sender: AgentId) -> Packet:
    """Grant and acknowledge all there is, or ask for it in the next term."""
    term, later = state.term, Term(state.term + 1)
    index, last_term = state.log.last_index, state.log.last_term
    commit, request = state.commit_index, RequestId("r1")
    given: dict[type[Packet], Packet] = {
        VoteReply: VoteReply(mesh, sender, term, granted=True),
        HeartbeatReply: HeartbeatReply(
            mesh, sender, term, state.leadership.round, index, last_term
        ),
        AppendReply: AppendReply(
            mesh, sender, term, accepted=True, index=index, index_term=last_term
        ),
        Heartbeat: Heartbeat(
            mesh, sender, later, Round(1), index, last_term, state.config.everyone
        ),
        Append: Append(
            mesh,
            sender,
            later,
            commit,
            state.log.term_at(commit),
            Segment.of(Entry(later, EntryKind.COMMAND, Command("theirs"))),
            commit,
        ),
        VoteRequest: VoteRequest(
            mesh, sender, later, index, last_term, state.roll, transfer=True
        ),
        ReadIndexReply: ReadIndexReply(
            mesh, sender, term, request, granted=True, index=commit
        ),
        TransferNow: TransferNow(mesh, sender, term),
        Claim: Claim(mesh, sender, term),
        Forward: Forward(mesh, sender, term, request, Command("theirs")),
    }
    return given[kind]
