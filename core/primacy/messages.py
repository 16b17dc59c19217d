"""What a step is given: what peers say, timers that elapsed, and local requests.

Two families. A *packet* travels between agents; each carries the mesh's identity, its
sender and the sender's term, so none needs an envelope. A *message* is what `step`
takes: a packet that was received, a timer that elapsed, or a request of the local
client. The local instant `now`, in milliseconds of this agent's monotonic clock,
travels only in messages, never between agents; a world without clocks sends `START`.

Source: Ongaro 2014, figures 3.1 and 6.2, section 9.6; clauses `message.*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from primacy.agents import AgentSet
from primacy.electorate import Roll
from primacy.log import Segment
from primacy.types import (
    AgentId,
    Command,
    Index,
    Instant,
    MeshKey,
    RequestId,
    Round,
    Term,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """An initial leader announces that it hears no leader, and opens a claim window."""

    mesh: MeshKey
    sender: AgentId
    term: Term


@dataclass(frozen=True, slots=True)
class PreVoteRequest:
    """Ask whether a real vote would be granted; nobody's term changes."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    """The term that the sender would stand in: one above its own."""
    last_index: Index
    last_term: Term
    roll: Roll


@dataclass(frozen=True, slots=True)
class PreVoteReply:
    """Answer a pre-vote request."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    """The voter's own term."""
    proposed: Term
    """The term that was asked for."""
    granted: bool


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """Ask for a vote in the term in which the sender stands."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    last_index: Index
    last_term: Term
    roll: Roll
    transfer: bool
    """The leader asked the sender to take over."""


@dataclass(frozen=True, slots=True)
class VoteReply:
    """Grant a vote, or refuse it and show the voter's term."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    granted: bool


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A leader shows that it leads. Its term is its fencing token."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    round: Round
    commit_index: Index
    commit_term: Term
    """The term at the commit index: who holds that entry holds all before it."""
    alive: AgentSet
    """The agents that the leader takes to be alive."""


@dataclass(frozen=True, slots=True)
class HeartbeatReply:
    """Acknowledge a heartbeat round, or show a stale leader the sender's term."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    round: Round
    last_index: Index
    last_term: Term


@dataclass(frozen=True, slots=True)
class Append:
    """Replicate the entries that follow a position of the leader's log."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    prev_index: Index
    prev_term: Term
    entries: Segment
    commit_index: Index


@dataclass(frozen=True, slots=True)
class Install:
    """Hand over the leader's snapshot, where its log no longer has what is needed.

    What the snapshot holds is the runtimes' affair: it travels beside this packet, and
    an agent is given the packet only once it has all of it.
    """

    mesh: MeshKey
    sender: AgentId
    term: Term
    index: Index
    """The last position that the snapshot stands for."""
    index_term: Term
    """The term of the entry there."""
    roll: Roll
    """The roll in force there."""


@dataclass(frozen=True, slots=True)
class AppendReply:
    """Tell up to where the log matches, or where to look for a match."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    accepted: bool
    index: Index
    """Accepted: the log matches up to here. Refused: it cannot match behind here."""
    index_term: Term
    """The sender's term at the index."""


@dataclass(frozen=True, slots=True)
class ReadIndexRequest:
    """Ask the leader from which index on a read that was just asked for is fresh."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    request: RequestId


@dataclass(frozen=True, slots=True)
class ReadIndexReply:
    """Answer with that index, or with a refusal."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    request: RequestId
    granted: bool
    index: Index


@dataclass(frozen=True, slots=True)
class TransferNow:
    """The leader asks a caught-up elector to stand at once."""

    mesh: MeshKey
    sender: AgentId
    term: Term


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass a client's write on to the leader, under the token that the sender knows."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    """The fencing token under which the write was made."""
    request: RequestId
    command: Command


@dataclass(frozen=True, slots=True)
class ForwardReply:
    """Tell whether a forwarded write was appended, and where."""

    mesh: MeshKey
    sender: AgentId
    term: Term
    request: RequestId
    accepted: bool
    index: Index


Packet = (
    Claim
    | PreVoteRequest
    | PreVoteReply
    | VoteRequest
    | VoteReply
    | Heartbeat
    | HeartbeatReply
    | Append
    | Install
    | AppendReply
    | ReadIndexRequest
    | ReadIndexReply
    | TransferNow
    | Forward
    | ForwardReply
)
"""What travels between agents."""


class Timer(Enum):
    """The two timers of an agent."""

    ELECTION = "election"
    """Without leadership: how long to wait for a leader. With it: for a quorum."""
    HEARTBEAT = "heartbeat"
    """The leader's next round is due."""


@dataclass(frozen=True, slots=True)
class Received:
    """A packet arrived."""

    packet: Packet
    now: Instant
    """When it did: for observers, and for a heartbeat round that it begins."""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A timer ran out. Late is safe; a timer that was replaced must not elapse."""

    timer: Timer
    now: Instant
    """When a heartbeat round that begins now begins."""


@dataclass(frozen=True, slots=True)
class Write:
    """The local client asks to append a command."""

    request: RequestId
    command: Command


@dataclass(frozen=True, slots=True)
class Read:
    """The local client asks for a fresh read by read index, on any agent."""

    request: RequestId
    now: Instant
    """When the heartbeat round that confirms it begins."""


@dataclass(frozen=True, slots=True)
class LeaseRead:
    """The local client asks for a read under the leader's lease."""

    request: RequestId
    now: Instant
    """When the lease must hold: an instant taken after the read was asked for."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The local operator asks the leader to hand leadership to an elector."""

    request: RequestId
    target: AgentId


class ChangeKind(Enum):
    """What an operator asks to be done with one agent."""

    ADMIT = "admit"
    """Make an agent that is no member a worker."""
    PROMOTE = "promote"
    """Make a worker an elector."""
    DEMOTE = "demote"
    """Make an elector a worker."""
    DISMISS = "dismiss"
    """Make a worker no member."""


@dataclass(frozen=True, slots=True)
class Change:
    """The local operator asks the leader to change the part of one agent."""

    request: RequestId
    kind: ChangeKind
    target: AgentId
    detail: Command
    """Text for runtimes that travels with the change, such as an address."""


@dataclass(frozen=True, slots=True)
class Replace:
    """The local operator asks the leader to replace the whole electorate."""

    request: RequestId
    electors: AgentSet
    """Members of the mesh. Electors that are not among them become workers."""
    detail: Command
    """Text for runtimes that travels with the change."""


@dataclass(frozen=True, slots=True)
class Snapshotted:
    """The local runtime has a durable snapshot of all that is applied up to an index.

    Late, repeated, or higher than what is committed, it changes nothing.
    """

    index: Index


Message = (
    Received
    | Elapsed
    | Write
    | Read
    | LeaseRead
    | Transfer
    | Change
    | Replace
    | Snapshotted
)
"""What a step is given."""
