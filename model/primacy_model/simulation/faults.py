"""What goes wrong in a run: how each fault begins and ends.

Contract: whom a fault befalls, for how long and how hard stands in the schedule. What
is left to the moment (who leads, whom `topple` strikes next) is drawn from the seed.
After the heal nothing begins.

Source: docs/assumptions.md, "Faults".
"""

from __future__ import annotations

from primacy.fencing import token
from primacy.role import Role
from primacy_model.simulation.clock import MS, PPM
from primacy_model.simulation.operators import Operators
from primacy_model.simulation.schedule import CHANGES, REQUESTS, SNAPSHOTS, Fault
from primacy_model.simulation.simulator import Simulator


def take_token(simulator: Simulator, name: str) -> None:
    """Let the leader take its token. That it has one is core's part."""
    state = simulator.cluster.state(name)
    if state is not None and not token(state):
        raise ValueError(f"{name} leads without a token")
    simulator.cluster.prepare_effect(name)


class Strikes:
    """Lets faults happen to a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._downed: dict[int, tuple[str, ...]] = {}
        self._dooming: dict[str, int] = {}
        """The last fault that doomed an agent to lose power in a step to come."""
        self._faults = list(simulator.schedule.faults)
        """Those of the schedule, and behind them what `topple` and `renew` do."""
        self.operators = Operators(simulator)

    def begin(self, number: int) -> None:
        """Let a fault begin, where it can."""
        fault, simulator = self._faults[number], self.simulator
        if simulator.now >= simulator.heal_us:
            return
        lasts = MS * fault.lasts_ms
        if fault.kind in ("crash", "power", "kill", "pause", "stall"):
            self._befall(number, fault)
        elif fault.kind in ("clocks", "skew"):
            self._skew(fault)
        elif fault.kind == "transfer":
            self._transfer(number)
            return
        elif fault.kind in CHANGES:
            self._change(number, fault)
            return
        elif fault.kind in SNAPSHOTS:
            self._let_lose(number, fault)
            return
        elif fault.kind == "topple":
            simulator.plan(0, self.topple, simulator.now + lasts)
            return
        else:
            simulator.conditions.begin(number, fault)
        simulator.counts.faults += 1
        simulator.plan(lasts, self.end, number)

    def end(self, number: int) -> None:
        """Let a fault end."""
        fault, simulator = self._faults[number], self.simulator
        for name in self._downed.pop(number, ()):
            if self._dooming.get(name) == number:  # or it is struck when nobody is left
                del self._dooming[name]  # to restart it
                simulator.doomed.pop(name, None)
            if fault.kind in ("pause", "stall"):
                simulator.resume(name)
            else:
                simulator.restart(name)
        simulator.conditions.end(number)
        if fault.kind == "skew":
            self.steady()

    def topple(self, until_us: int) -> None:
        """Crash, stop or cut off each leader, again and again."""
        simulator, chance = self.simulator, self.simulator.faults
        if simulator.now >= min(until_us, simulator.heal_us):
            return
        simulator.plan(
            1 + chance.below(3 * simulator.election_us), self.topple, until_us
        )
        leaders = simulator.leaders()
        if not leaders:
            return
        leader = chance.pick(leaders)
        if chance.comes_true(500) and len(simulator.present()) > 1:
            self._leave_behind(leader)
            return
        kind = chance.pick(("crash", "pause", "stall", "partition", "oneway"))
        lasts_ms = chance.below(3 * self.simulator.schedule.election_ms)
        amount = chance.below(4 if kind == "crash" else 2)
        self._strike(0, Fault(0, kind, lasts_ms, (leader,), amount))

    def _leave_behind(self, leader: str) -> None:
        """Cut an agent off from its leader alone, then strike somebody else."""
        chance, timeout_ms = self.simulator.faults, self.simulator.schedule.election_ms
        others = [name for name in self.simulator.present() if name != leader]
        behind = chance.pick(others)
        lasts_ms = chance.between(timeout_ms // 4, 3 * timeout_ms)
        cut = Fault(0, "link", lasts_ms, (leader, behind), chance.below(2))
        self._strike(0, cut)
        victim = leader if chance.comes_true(500) else chance.pick(others)
        is_short = chance.comes_true(500)
        down_ms = chance.below(timeout_ms // 10 if is_short else 3 * timeout_ms)
        after_us = chance.below(2 * MS * lasts_ms)
        self._strike(after_us, Fault(0, "crash", down_ms, (victim,), 0))

    def _strike(self, after_us: int, fault: Fault) -> None:
        """Let a fault happen that is not in the schedule."""
        self._faults.append(fault)
        self.simulator.plan(after_us, self.begin, len(self._faults) - 1)

    def _befall(self, number: int, fault: Fault) -> None:
        """Let agents lose power or stop."""
        simulator = self.simulator
        who = list(fault.who or self.simulator.leaders()[-1:])
        if fault.kind == "power":
            who = list(simulator.names)
        running = [name for name in who if simulator.cluster.state(name) is not None]
        self._downed[number] = tuple(running)
        for name in running:
            if fault.kind in ("pause", "stall"):
                if not simulator.is_ready(name):
                    continue
                if fault.kind == "stall" and name in self.simulator.leaders():
                    take_token(simulator, name)
                    simulator.plan(1, simulator.act, name)
                simulator.pause(name)
            elif fault.kind == "crash" and fault.amount > 0:
                simulator.doomed[name] = fault.amount - 1
                self._dooming[name] = number
            else:
                simulator.crash(name)

    # --- snapshots --------------------------------------------------------------------

    def _let_lose(self, number: int, fault: Fault) -> None:
        """Let agents take snapshots, now or when another one is behind."""
        simulator = self.simulator
        if fault.kind == "snapshot":
            self._take_snapshots(number, fault)
            return
        present = simulator.present()
        behind = [name for name in fault.who if name in present]
        if not behind or len(present) < 2:
            return
        cut = Fault(0, "partition", fault.lasts_ms + 1, tuple(behind))
        self._strike(0, cut)
        others = tuple(name for name in simulator.names if name not in behind)
        late_us = MS * fault.lasts_ms
        self._strike(late_us, Fault(0, "snapshot", 0, others))

    def _take_snapshots(self, number: int, fault: Fault) -> None:
        """Let agents take snapshots; power may fail before core knows, or behind."""
        simulator = self.simulator
        who = fault.who or tuple(simulator.present())
        outputs_done = fault.amount - 1 if fault.amount else None
        ready = [name for name in who if simulator.is_ready(name)]
        taken = [name for name in ready if simulator.take_snapshot(name, outputs_done)]
        if taken:
            simulator.counts.faults += 1
        self._downed[number] = tuple(taken)
        simulator.plan(MS * fault.lasts_ms, self.end, number)

    # --- changes of the roll ----------------------------------------------------------

    def _change(self, number: int, fault: Fault) -> None:
        """Let an operator ask for a change, or let a disaster make several needed."""
        simulator = self.simulator
        if fault.kind in REQUESTS:
            simulator.counts.faults += self.operators.ask_for(fault)
        elif fault.kind == "midway":
            self._strike_midway(number, fault)
        else:
            self._lose_disks(fault)

    def _strike_midway(self, number: int, fault: Fault) -> None:
        """Ask a leader for a change, and let all agents lose power soon after."""
        simulator, chance = self.simulator, self.simulator.faults
        leaders = [name for name in simulator.leaders() if simulator.is_ready(name)]
        if leaders and chance.comes_true(300):
            simulator.doomed[chance.pick(leaders)] = chance.below(4)
        for kind in chance.some(REQUESTS, len(REQUESTS)):
            self.operators.ask_for(Fault(fault.at_ms, kind, 0))
            if self._is_midway():
                break
        soon_us = chance.below(2 * simulator.schedule.latency_us)
        simulator.plan(soon_us, self.cut_power, number)

    def _is_midway(self) -> bool:
        """Tell whether a leader waits for a change to be committed."""
        return any(
            state.role is Role.LEADER and state.roll.index > state.commit_index
            for state in self.simulator.running()
        )

    def cut_power(self, number: int) -> None:
        """Let all agents lose power, and come back."""
        simulator = self.simulator
        if simulator.now >= simulator.heal_us:
            return
        simulator.counts.faults += 1
        simulator.counts.midway += self._is_midway()
        self._downed[number] = tuple(simulator.present())
        for state in simulator.running():
            simulator.crash(state.me)
        simulator.plan(MS * self._faults[number].lasts_ms, self.end, number)

    def _lose_disks(self, fault: Fault) -> None:
        """Let agents stop for ever, and an operator replace them."""
        simulator, chance = self.simulator, self.simulator.faults
        lost = self.operators.whom_to_lose(fault)
        if not lost:
            return
        simulator.counts.faults += 1
        for name in lost:
            simulator.doomed.pop(name, None)
            simulator.lose_disk(name)
        self.operators.replace(fault, lost)
        if fault.kind == "renew":
            timeout_ms = simulator.schedule.election_ms
            for _ in range(2):
                victim = chance.pick(simulator.present())
                down_ms = chance.between(1, 2 * timeout_ms)
                crash = Fault(0, "crash", down_ms, (victim,), chance.below(4))
                self._strike(chance.below(8 * MS * timeout_ms), crash)

    def _skew(self, fault: Fault) -> None:
        """Let clocks run at other rates."""
        simulator, drift = self.simulator, self.simulator.schedule.drift_ppm
        for name in fault.who:
            chance = simulator.faults
            rate = chance.pick((-drift, drift, chance.between(-drift, drift)))
            if fault.kind == "skew":
                rate = chance.pick((-PPM // 2, PPM))
            simulator.clocks[name].set_rate(rate, simulator.now)

    def steady(self) -> None:
        """Let clocks run within the bound again, if they did not."""
        if "skew" in self.simulator.schedule.kinds:
            for name in self.simulator.names:
                self.simulator.clocks[name].set_rate(0, self.simulator.now)

    def _transfer(self, number: int) -> None:
        """Ask a leader to hand over to anyone."""
        simulator, leaders = self.simulator, self.simulator.leaders()
        ready = [name for name in leaders if simulator.is_ready(name)]
        if ready:
            target = simulator.faults.pick(simulator.present())
            simulator.counts.faults += 1
            simulator.hand_over(simulator.faults.pick(ready), f"t{number}", target)
