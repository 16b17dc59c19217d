"""Clocks of a timed world: how fast they run, and what an agent remembers of them.

True time passes in *slots* of 8 ms, and everything happens between two slots. The drift
bound is one part in eight, so in a slot a clock advances by 7, 8 or 9 ms. An agent has
one clock that dates leases and one behind its timers; each keeps the bound in every
slot, so it keeps it over every span. All lengths are made to fit: seven slots take an
election timeout on the fastest clock and a lease on the slowest, so the margin that
`Config` demands is used up to the last millisecond.

Contract: time has no origin. No agent stores what its clock shows. Its present is
always `NOW`; when its clock advances, the instants in its state are shifted back.
`step` only compares instants and adds lengths to them, so it cannot tell. A timer is
what its clock has still to run before it may elapse. So time needs no bound, and the
world is finite all the same.

Source: docs/assumptions.md, "Clocks"; clauses config.lease, `lease.*`, `timer.*`; the
argument in docs/timed.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from primacy.messages import Timer
from primacy.outputs import Arm, Disarm, Output
from primacy.role import Role
from primacy.state import State
from primacy.types import START, Instant
from primacy_model.mesh.agent import Node

SLOT_MS: Final = 8
"""True time in a slot."""
OFF_MS: Final = 1
"""By how much a clock may run fast or slow in a slot."""
DRIFT_PPM: Final = 1_000_000 * OFF_MS // SLOT_MS
SPAN: Final = 7
"""The slots in which the fastest clock passes a promise, and the slowest a lease."""
ELECTION_MS: Final = SPAN * (SLOT_MS + OFF_MS)
LEASE_MS: Final = SPAN * (SLOT_MS - OFF_MS)
HEARTBEAT_MS: Final = SLOT_MS + OFF_MS
LENGTHS: Final = {
    "heartbeat_interval_ms": HEARTBEAT_MS,
    "election_timeout_ms": ELECTION_MS,
    "leader_timeout_ms": ELECTION_MS,
    "lease_ms": LEASE_MS,
    "clock_drift_ppm": DRIFT_PPM,
}
"""What an agent is configured with: the longest lease that is allowed."""

NOW: Final = Instant(LEASE_MS)
"""What every clock is taken to show; an instant a lease ago or more is `START`."""
FAR: Final = Instant(2 * LEASE_MS)
"""The same where instants are not forgotten that the real core has no use for."""


@dataclass(frozen=True, slots=True)
class Rate:
    """By how many milliseconds the clocks of an agent advance in a slot."""

    clock: int
    """The one that dates heartbeat rounds and leases."""
    timers: int
    """The one behind the timers."""

    def __str__(self) -> str:
        if self.clock == self.timers:
            return f"clock +{self.clock} ms"
        return f"clock +{self.clock}, timers +{self.timers} ms"


EVERY: Final = tuple(Rate(SLOT_MS + off, SLOT_MS + off) for off in (-OFF_MS, 0, OFF_MS))
"""One clock for both, which runs slow, true or fast, anew in each slot."""
WORST: Final = (Rate(SLOT_MS - OFF_MS, SLOT_MS + OFF_MS),)
"""A lease lasts as long as it may, and a timer is ripe as soon as it may be.

Whatever else may happen, happens under this rate too: a timer that is ripe need not
elapse, and what can be done without a lease can be done with one. A test compares.
"""


@dataclass(frozen=True, slots=True)
class Clocked:
    """An agent, and how far its timers are from being ripe, in ms of their clock.

    0 where a timer is ripe, where none is armed, and where it will decide nothing. A
    timer that is ripe may elapse now or at any later moment: late is safe.
    """

    node: Node
    election: int = 0
    heartbeat: int = 0

    def waits(self, timer: Timer) -> int:
        """Tell how long a timer has still to run."""
        return self.election if timer == Timer.ELECTION else self.heartbeat


def apply_timers(local: Clocked, node: Node, outputs: Iterable[Output]) -> Clocked:
    """Carry out what a step asked of the timers.

    Of `Arm` only `least` counts. What may happen when the runtime draws a longer time
    may happen too if it draws the least and the timer elapses late.
    """
    waits = {timer: local.waits(timer) for timer in Timer if timer in node.armed}
    for output in outputs:
        if isinstance(output, Arm):
            waits[output.timer] = output.least
        elif isinstance(output, Disarm):
            waits[output.timer] = 0
    return Clocked(node, waits.get(Timer.ELECTION, 0), waits.get(Timer.HEARTBEAT, 0))


def pass_slot(local: Clocked, rate: Rate, now: Instant) -> Clocked:
    """Let a slot pass: the timers run on, the instants in the state move back."""
    node = local.node
    if node.state is not None:
        node = with_state(node, shift_instants(node.state, rate.clock, now))
    return Clocked(
        node,
        max(0, local.election - rate.timers),
        max(0, local.heartbeat - rate.timers),
    )


def with_state(node: Node, state: State) -> Node:
    """Put another state into a node; the node stays if it is the same."""
    return node if state == node.state else replace(node, state=state)


def shift_instants(state: State, by: int, now: Instant) -> State:
    """Move the instants of a state back, and forget those that decide nothing.

    A lease that is over stays over. When a heartbeat was last heard is for observers.
    """
    lead, heard = state.leadership, START
    start, until = _back(lead.lease_start, by), _back(lead.lease_until, by)
    if now != NOW and state.role == Role.LEADER:
        heard = _back(state.last_heartbeat, by)
    elif until <= now:
        until = START
    if (start, until) != (lead.lease_start, lead.lease_until):
        lead = replace(lead, lease_start=start, lease_until=until)
    elif heard == state.last_heartbeat:
        return state
    return replace(state, leadership=lead, last_heartbeat=heard)


def _back(instant: Instant, by: int) -> Instant:
    """Move an instant back; those that lie too far back are not told apart."""
    return Instant(max(START, instant - by))
