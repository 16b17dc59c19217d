"""What a cluster is asked to do, and what it tells of it.

Source: clauses `output.*` and `runtime.*` of docs/specification.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from primacy.fencing import Verdict
from primacy.messages import ChangeKind, Packet, Timer
from primacy.outputs import Arm, Broadcast, Disarm, Outputs, Persist, Send
from primacy.types import AgentId

Argument = str | int | bool | Timer | ChangeKind | None
"""What a call is given."""


class NotPossible(ValueError):  # noqa: N818 - it tells, as `Broken` does
    """What was asked of a cluster cannot happen in it now; nothing has happened."""


@dataclass(frozen=True, slots=True)
class InFlightPacket:
    """A packet on its way. A copy of it has a number of its own."""

    number: int
    """Counted from 1 in the order of sending; never used twice."""
    sender: AgentId
    target: AgentId
    packet: Packet


@dataclass(frozen=True, slots=True)
class ClusterCall:
    """One call of a cluster, as it can be written down and made again."""

    method: str
    given: tuple[Argument, ...]
    named: tuple[tuple[str, Argument], ...]
    """What was given by name; nothing that is the default."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What a call did, as the keeper of time needs to know it."""

    agent: AgentId
    """Whose step it was, or to whom it happened; `NOBODY` if it was the network."""
    sent: tuple[InFlightPacket, ...] = ()
    """What is on its way since then, in the order of sending; a duplicate too."""
    timers: tuple[Arm | Disarm, ...] = ()
    """What became of timers, in order: the last word on a timer counts."""
    told: Outputs = ()
    """The other outputs: those for clients, the state machine and observers."""
    is_crashed: bool = False
    """Power failed, here or in the middle: no timer of the agent is armed any more."""
    verdict: Verdict | None = None
    """What the resource said, of `act`."""


def timers_of(outputs: Outputs) -> tuple[Arm | Disarm, ...]:
    """Pick what becomes of timers."""
    return tuple(each for each in outputs if isinstance(each, Arm | Disarm))


def answers_of(outputs: Outputs) -> Outputs:
    """Pick the outputs for clients, the state machine and observers."""
    unseen = Arm | Disarm | Persist | Send | Broadcast
    return tuple(each for each in outputs if not isinstance(each, unseen))
