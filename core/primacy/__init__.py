"""primacy: leader election as pure functions, and the state they need.

`step(state, message) -> (state, outputs)` is the whole protocol of one agent. It reads
no clock, draws no number, does no I/O. A runtime gives it messages and performs the
outputs in their order; what a runtime must keep is listed in docs/specification.md,
`runtime.*`.

Begin:      `Config`, `agents`, `initial`, `recover`, `Durable`
Step:       `step`, `State`; messages `Received`, `Elapsed`, `Write`, `Read`,
            `LeaseRead`, `Transfer`, `Change`, `Replace`, `Snapshotted`
Perform:    outputs `Persist`, `Discard`, `Restore`, `Send`, `Broadcast`, `Arm`,
            `Disarm`, `Apply`, `WriteAccepted`, `Refused`, `ServeRead`, `Stale`,
            `Rejected`, `Observation`
Ask:        the role, a hint: `State.role`; a lease at an instant: `has_lease`; the
            fencing token: `token`, checked by a resource with `Fence` and `admit`
Watch:      `mesh_state`
Store:      `dumps`, `loads`

The packets between agents are in `primacy.messages`, the observations in
`primacy.outputs`, the types of numbers in `primacy.types`.
"""

from primacy.agents import AgentSet
from primacy.codec import FormatError, dumps, loads
from primacy.config import (
    Config,
    ConfigError,
    EvenElectorateWarning,
    agents,
    longest_lease_ms,
)
from primacy.dispatch import step
from primacy.fencing import Fence, Verdict, admit, token
from primacy.messages import (
    Change,
    ChangeKind,
    Elapsed,
    Forward,
    LeaseRead,
    Message,
    Packet,
    Read,
    Received,
    Replace,
    Snapshotted,
    Timer,
    Transfer,
    Write,
)
from primacy.observation import MeshState, mesh_state
from primacy.outputs import (
    Apply,
    Arm,
    Broadcast,
    Disarm,
    Discard,
    Observation,
    Output,
    Persist,
    Reason,
    Refused,
    Rejected,
    Restore,
    Send,
    ServeRead,
    Stale,
    WriteAccepted,
)
from primacy.reads import has_lease
from primacy.recovery import initial, recover
from primacy.role import Role
from primacy.state import Durable, State
from primacy.types import AgentId, Command, Instant, RequestId, Term

__all__ = [
    "AgentId",
    "AgentSet",
    "Apply",
    "Arm",
    "Broadcast",
    "Change",
    "ChangeKind",
    "Command",
    "Config",
    "ConfigError",
    "Disarm",
    "Discard",
    "Durable",
    "Elapsed",
    "EvenElectorateWarning",
    "Fence",
    "FormatError",
    "Forward",
    "Instant",
    "LeaseRead",
    "MeshState",
    "Message",
    "Observation",
    "Output",
    "Packet",
    "Persist",
    "Read",
    "Reason",
    "Received",
    "Refused",
    "Rejected",
    "Replace",
    "RequestId",
    "Restore",
    "Role",
    "Send",
    "ServeRead",
    "Snapshotted",
    "Stale",
    "State",
    "Term",
    "Timer",
    "Transfer",
    "Verdict",
    "Write",
    "WriteAccepted",
    "admit",
    "agents",
    "dumps",
    "has_lease",
    "initial",
    "loads",
    "longest_lease_ms",
    "mesh_state",
    "recover",
    "step",
    "token",
]
