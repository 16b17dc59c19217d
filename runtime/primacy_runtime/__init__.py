"""primacy_runtime: an agent that runs, on asyncio, TCP and SQLite.

Begin:   `Agent`, `AgentRole`, `Tls`, `Clock`
Apply:   `Machine`, `SnapshotMachine`, `Table`
Watch:   `Health`, `Events`, `Counters`, `JsonLines`; the events: `RoleChanged`,
         `LeaderChanged`, `InitialElection`, `ElectionProgress`, `PartitionSuspected`,
         `PartitionHealed`, `PresenceChanged`,
         `RollChanged`
Fail:    `SettingsError`; of the disk `StoreError`; of a request `RequestError` and what
         it is: `NotAccepted`, `WriteLost`, `OutcomeUnknown`, `ChangeRefused`, ...;
         of a peer that lies `TermsUsedUp`

It is one runtime for the core in `primacy`, and uses nothing but its public API. What
it keeps of the obligations of a runtime, clause by clause, is in docs/runtime.md.
"""

from primacy.outputs import (
    ElectionProgress,
    InitialElection,
    LeaderChanged,
    PartitionHealed,
    PartitionSuspected,
    PresenceChanged,
    RoleChanged,
    RollChanged,
)
from primacy_runtime.agent import Agent
from primacy_runtime.clock import Clock
from primacy_runtime.counters import Counters
from primacy_runtime.errors import (
    AgentStopped,
    ChangeRefused,
    CommandRefused,
    NotAccepted,
    NotFresh,
    OutcomeUnknown,
    RequestError,
    SettingsError,
    SnapshotRefused,
    StoreBroken,
    StoreDamaged,
    StoreError,
    StoreForeign,
    StoreInUse,
    TermsUsedUp,
    TooBusy,
    TransferFailed,
    WriteLost,
)
from primacy_runtime.events import Events
from primacy_runtime.health import Health
from primacy_runtime.log import JsonLines
from primacy_runtime.net.tls import Tls
from primacy_runtime.settings import AgentRole
from primacy_runtime.state_machine import Machine, SnapshotMachine, Table

__all__ = [
    "Agent",
    "AgentRole",
    "AgentStopped",
    "ChangeRefused",
    "Clock",
    "CommandRefused",
    "Counters",
    "ElectionProgress",
    "Events",
    "Health",
    "InitialElection",
    "JsonLines",
    "LeaderChanged",
    "Machine",
    "NotAccepted",
    "NotFresh",
    "OutcomeUnknown",
    "PartitionHealed",
    "PartitionSuspected",
    "PresenceChanged",
    "RequestError",
    "RoleChanged",
    "RollChanged",
    "SettingsError",
    "SnapshotMachine",
    "SnapshotRefused",
    "StoreBroken",
    "StoreDamaged",
    "StoreError",
    "StoreForeign",
    "StoreInUse",
    "Table",
    "TermsUsedUp",
    "Tls",
    "TooBusy",
    "TransferFailed",
    "WriteLost",
]
