"""A driver with true time: every agent has clocks, which drift as far as they may.

True time passes in slots of 8 ms. In a slot a clock advances by 7, 8 or 9 ms: the drift
bound is one part in eight. An agent has one clock that dates leases and one behind its
timers. No timer elapses early, none is late unless that is wanted, and the longest
lease that `Config` allows is used. So a margin that is too small by a millisecond is
too small here.

Contract: after every step it is judged, at the present instant of true time, that at
most one agent holds a lease. Between steps leases can only end.

Source: docs/assumptions.md, "Clocks"; docs/timed.md.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from primacy import AgentId, Config, Timer, has_lease
from primacy.config import longest_lease_ms
from primacy.outputs import Arm
from primacy.types import Instant
from primacy_model.simulation.cluster import Happened
from tests.stateful.driver import Driver

SLOT_MS: Final = 8
DRIFT_PPM: Final = 125_000
ELECTION_MS: Final = 63
"""Seven slots of a clock that runs fast; a lease takes seven of one that runs slow."""
LENGTHS: Final = {
    "heartbeat_interval_ms": 9,
    "election_timeout_ms": ELECTION_MS,
    "leader_timeout_ms": ELECTION_MS,
    "lease_ms": longest_lease_ms(ELECTION_MS, DRIFT_PPM),
    "clock_drift_ppm": DRIFT_PPM,
}


class ClockDriver(Driver):
    """Drives a cluster in true time."""

    def __init__(self, configs: list[Config]) -> None:
        names = [config.me for config in configs]
        self._clocks = dict.fromkeys(names, 0)
        self._timers = dict.fromkeys(names, 0)
        self._ripe: dict[tuple[AgentId, Timer], int] = {}
        """When an armed timer may elapse, on the clock behind the timers."""
        self.is_hurried = False
        """Plans do not wait for timers: they do what can be done at once."""
        super().__init__(configs)

    def now(self, name: str) -> Instant:
        """Tell what the clock of an agent shows."""
        return Instant(self._clocks[AgentId(name)])

    def is_ripe(self, name: str, timer: Timer) -> bool:
        """Tell whether a timer is armed and its time has come."""
        agent = AgentId(name)
        is_armed = timer in self.cluster.nodes[agent].armed
        return is_armed and self._timers[agent] >= self._ripe[agent, timer]

    def await_timer(self, name: str, timer: Timer) -> None:
        """Let time pass for a plan, if it does not hurry."""
        if not self.is_hurried:
            self.pass_until(name, timer)

    def pass_until(self, name: str, timer: Timer) -> None:
        """Let time pass until a timer may elapse, with all clocks at their worst."""
        while timer in self.cluster.nodes[AgentId(name)].armed and not (
            self.is_ripe(name, timer)
        ):
            self.tick(self.names)

    def after(self, happened: Happened) -> None:
        """Arm the timers, and judge the leases."""
        super().after(happened)
        agent = happened.agent
        for output in happened.timers:
            if isinstance(output, Arm):
                ripe = self._timers[agent] + output.least
                self._ripe[agent, output.timer] = ripe
        self.cluster.judge_leases(*self._clocks.values())
        state = self.cluster.state(agent)
        if state is not None and has_lease(state, self.now(agent)):
            self.seen["lease held" if state.term == 1 else "lease passed on"] += 1

    def tick(self, worst: Collection[AgentId]) -> None:
        """Let a slot pass. Leases last long and timers are ripe soon at the worst."""
        for name in self.names:
            off = 1 if name in worst else 0
            self._clocks[name] += SLOT_MS - off
            self._timers[name] += SLOT_MS + off
