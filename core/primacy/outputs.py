"""What a step asks of its runtime, in order.

A runtime performs the outputs of a step one after the other. Whatever must be durable
stands before whatever may leave the agent, so a runtime that keeps the order never says
what a crash could make untrue. Outputs that only tell an observer come last.

Source: clauses `output.*` and `runtime.*` of docs/specification.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from primacy.agents import AgentSet
from primacy.electorate import Roll
from primacy.log import Segment
from primacy.messages import Packet, Timer
from primacy.role import Role
from primacy.types import AgentId, Duration, Index, RequestId, Term


class Reason(Enum):
    """Why a packet was rejected or a request refused."""

    NONE = "none"
    UNKNOWN_KIND = "unknown kind of message"
    WRONG_MESH = "another mesh, or other initial leaders"
    UNKNOWN_SENDER = "a sender that is nobody, or this agent itself"
    BAD_TERM = "a term below the least that this kind can carry"
    BAD_POSITION = "a log position, round or commit index that cannot be"
    BAD_ENTRIES = "entries whose terms fall or lie outside the message's"
    NOT_AN_ELECTOR = "an agent that is not on the roll it needs to be on"
    WRONG_ROLL = "a roll that its sender's log cannot have"
    SECOND_LEADER = "another leader in the same term"
    NOT_LEADER = "this agent does not lead"
    NO_LEADER = "no leader is known"
    TRANSFERRING = "leadership is being transferred"
    TERM_NOT_COMMITTED = "no entry of the leader's own term is committed yet"
    NO_LEASE = "no lease holds at that instant"
    LOST_LEADERSHIP = "leadership was lost before it was confirmed"
    NOT_CAUGHT_UP = "too few of the agents that it takes are alive and caught up"
    NO_SUCH_CHANGE = "a change that the present roll does not allow"
    CHANGING = "the last change of the roll is not completed yet"
    STALE_TOKEN = "another leader than the one it was meant for"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Persist:
    """Make durable, as one atomic write: term, vote, and the end of the log."""

    term: Term
    voted_for: AgentId
    """`NOBODY` where no vote was given in the term."""
    after: Index
    """Keep the log up to here and drop what follows; not below its start."""
    entries: Segment
    """Then append these."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Drop the entries up to a position from the disk: a snapshot stands for them.

    The position, its term and the roll are kept. To do so late, or never, is harmless.
    """

    index: Index
    index_term: Term
    """The term of the entry there."""
    roll: Roll
    """The roll in force there."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Make a snapshot that was received durable and take it for what is applied.

    One atomic write: the term, the vote, the start of the log, and the snapshot.
    """

    term: Term
    voted_for: AgentId
    """`NOBODY` where no vote was given in the term."""
    index: Index
    """The snapshot stands for the entries up to here; they are dropped."""
    index_term: Term
    """The term of the entry there."""
    roll: Roll
    """The roll in force there."""
    keeps_rest: bool
    """Keep the entries behind the index; else drop those, too."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a packet to one agent; it may be lost."""

    target: AgentId
    packet: Packet


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send a packet to each of several agents; any copy may be lost."""

    targets: AgentSet
    packet: Packet


@dataclass(frozen=True, slots=True)
class Arm:
    """Arm a timer, in place of any earlier one of its kind.

    The runtime draws a length between the two, evenly, and sends `Elapsed` when it has
    passed; later is safe, earlier is not. A timer that was replaced never elapses.
    """

    timer: Timer
    least: Duration
    most: Duration


@dataclass(frozen=True, slots=True)
class Disarm:
    """Forget a timer."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply committed entries to the state machine; `first` is where they begin."""

    first: Index
    entries: Segment


@dataclass(frozen=True, slots=True)
class WriteAccepted:
    """A write was appended. It is acknowledged when this very entry is applied."""

    request: RequestId
    index: Index
    token: Term
    """The term of the entry. Another term applied at the index: the write is lost."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A write, transfer or change was not begun; who leads, as far as is known."""

    request: RequestId
    reason: Reason
    leader: AgentId
    """`NOBODY` where no leader is known."""
    token: Term


@dataclass(frozen=True, slots=True)
class ServeRead:
    """Answer a read from the applied state, which holds at least up to `index`."""

    request: RequestId
    index: Index


@dataclass(frozen=True, slots=True)
class Stale:
    """Freshness could not be proved: answer no value; who leads, as far as is known."""

    request: RequestId
    reason: Reason
    leader: AgentId
    """`NOBODY` where no leader is known."""
    token: Term


@dataclass(frozen=True, slots=True)
class Rejected:
    """A packet that cannot be valid changed nothing."""

    reason: Reason
    sender: AgentId


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """Observed: this agent's role or term changed."""

    before: Role
    after: Role
    term: Term


@dataclass(frozen=True, slots=True)
class LeaderChanged:
    """Observed: this agent knows of another leader, or of none (`NOBODY`)."""

    leader: AgentId
    term: Term


@dataclass(frozen=True, slots=True)
class ElectionProgress:
    """Observed: who granted a (pre-)vote so far."""

    role: Role
    term: Term
    granted: AgentSet


@dataclass(frozen=True, slots=True)
class InitialElection:
    """Observed: the initial election is in progress, or over (`NOBODY`)."""

    lowest_claim: AgentId


@dataclass(frozen=True, slots=True)
class PartitionSuspected:
    """Observed: no quorum acknowledged this leader, or granted this candidacy."""

    reached: AgentSet
    unreached: AgentSet


@dataclass(frozen=True, slots=True)
class PartitionHealed:
    """Observed: a leader with a quorum is known again."""


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Observed: who came back and who is taken to be dead, in the leader's view."""

    back: AgentSet
    dead: AgentSet


@dataclass(frozen=True, slots=True)
class RollChanged:
    """Observed: another roll is in force."""

    before: Roll
    after: Roll


Observation = (
    RoleChanged
    | LeaderChanged
    | ElectionProgress
    | InitialElection
    | PartitionSuspected
    | PartitionHealed
    | PresenceChanged
    | RollChanged
)
"""What only tells an observer."""

Output = (
    Persist
    | Discard
    | Restore
    | Send
    | Broadcast
    | Arm
    | Disarm
    | Apply
    | WriteAccepted
    | Refused
    | ServeRead
    | Stale
    | Rejected
    | Observation
)
"""What a step asks of its runtime."""

Outputs = tuple[Output, ...]
"""What a step asks of its runtime, in the order in which it must happen."""
