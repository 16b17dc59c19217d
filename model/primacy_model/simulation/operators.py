"""Operators: what they ask of a mesh to change its members and to replace lost ones.

An operator asks one agent for one change. It sees which agent leads, the roll of that
leader, and whether it is committed. What takes several changes is a `Replacement`: it
decides its next request from the roll alone, so it goes on after any refusal and under
any leader.

Contract: an agent that has lost its disk never comes back under its id
(runtime.own-disk). What takes its place is another agent, with an id of its own.

Source: clauses `change.*`; docs/assumptions.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from primacy.electorate import Roll
from primacy.role import Role
from primacy.state import State
from primacy.types import AgentId
from primacy_model.simulation.schedule import Fault
from primacy_model.simulation.simulator import Simulator


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """What is asked for next."""

    kind: str
    whom: tuple[AgentId, ...]


@dataclass(frozen=True, slots=True)
class Replacement:
    """Agents that have lost their disks, and those that take their places."""

    lost: tuple[AgentId, ...]
    electors: frozenset[AgentId]
    """Those of the lost that were electors."""
    fresh: tuple[AgentId, ...]
    """One for each of the lost, or for the first of them."""
    is_at_once: bool
    """The electorate is replaced as a whole; else one agent after the other is."""

    def next(self, roll: Roll) -> OperatorRequest | None:
        """Tell what to ask for under a roll; None if all is done."""
        return self._at_once(roll) if self.is_at_once else self._one_by_one(roll)

    def _one_by_one(self, roll: Roll) -> OperatorRequest | None:
        """Demote and dismiss one that is lost, then admit and promote a new one."""
        for place, lost in enumerate(self.lost):
            if roll.electors.has(lost) and roll.electors.size > 1:
                return OperatorRequest("demote", (lost,))
            if roll.workers.has(lost):
                return OperatorRequest("dismiss", (lost,))
            for fresh in self.fresh[place : place + 1]:
                if not roll.members.has(fresh):
                    return OperatorRequest("admit", (fresh,))
                if lost in self.electors and roll.workers.has(fresh):
                    return OperatorRequest("promote", (fresh,))
        return None

    def _at_once(self, roll: Roll) -> OperatorRequest | None:
        """Admit the new agents, replace the electorate, dismiss those that are lost."""
        for fresh in self.fresh:
            if not roll.members.has(fresh):
                return OperatorRequest("admit", (fresh,))
        pairs = zip(self.lost, self.fresh, strict=False)
        places = {new for old, new in pairs if old in self.electors}
        kept = set(roll.electors.members) - {*self.lost}
        wanted = tuple(sorted(kept | places))
        if wanted and wanted != roll.electors.members:
            return OperatorRequest("replace", wanted)
        for lost in self.lost:
            if roll.workers.has(lost):
                return OperatorRequest("dismiss", (lost,))
        return None


class Operators:
    """Those that ask agents of a simulator for changes."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._taken: set[str] = set()
        """The new agents that a replacement waits for."""
        self._replacements: list[tuple[Replacement, str]] = []
        """What is being replaced, and the fault that it is for."""

    # --- one change -------------------------------------------------------------------

    def ask_for(self, fault: Fault) -> bool:
        """Ask for one change, of a leader or of anybody; tell whether one was asked."""
        simulator, chance = self.simulator, self.simulator.faults
        asked = simulator.present() if fault.amount else simulator.leaders()
        ready = [name for name in asked if simulator.is_ready(name)]
        if not ready:
            return False
        name = chance.pick(ready)
        state = simulator.cluster.state(name)
        assert state is not None
        whom = fault.who or self._drawn(fault.kind, state.roll)
        if fault.kind != "admit" and {*whom} & simulator.cluster.waiting:
            return False
        self._ask(name, fault.kind, whom)
        return True

    def _drawn(self, kind: str, roll: Roll) -> tuple[str, ...]:
        """Draw whom a change is about, mostly somebody that it can be about."""
        simulator, chance = self.simulator, self.simulator.faults
        if kind == "replace":
            return self._electorate(roll)
        candidates: dict[str, Iterable[str]] = {
            "admit": self._strangers(roll),
            "promote": roll.workers.members,
            "demote": roll.electors.members,
            "dismiss": roll.workers.members,
        }
        return (chance.pick(tuple(candidates[kind]) or simulator.present()),)

    def _strangers(self, roll: Roll) -> list[str]:
        """Name those that may be admitted: new ones first, else some that left."""
        simulator = self.simulator
        new = [name for name in self._waiting() if name not in self._taken]
        left = [
            one for one in simulator.present() if not roll.members.has(AgentId(one))
        ]
        return new[:1] or left

    def _waiting(self) -> list[str]:
        waiting = self.simulator.cluster.waiting
        return [name for name in self.simulator.names if name in waiting]

    def _electorate(self, roll: Roll) -> tuple[str, ...]:
        """Draw another electorate, mostly of agents that run, and as large or odd."""
        chance, members = self.simulator.faults, list(roll.members.members)
        running = [each.me for each in self.simulator.running() if each.me in members]
        chosen = running if running and chance.comes_true(800) else members
        size = chance.pick((roll.electors.size, 3, 3, chance.between(1, len(chosen))))
        return tuple(chance.some(chosen, min(size, len(chosen))))

    def _ask(self, name: str, kind: str, whom: Iterable[str]) -> None:
        """Ask an agent for a change; a new agent begins before it is admitted."""
        simulator, whom = self.simulator, tuple(whom)
        for each in whom if kind == "admit" else ():
            if each in simulator.cluster.waiting:
                simulator.join(each)
        if simulator.is_ready(name):
            simulator.change(name, kind, whom)

    # --- agents that are lost ---------------------------------------------------------

    def whom_to_lose(self, fault: Fault) -> tuple[str, ...]:
        """Draw who loses its disk: one agent, or a minority of the electors."""
        simulator, chance = self.simulator, self.simulator.faults
        roll = self._newest(simulator.running())
        if roll is None:
            return ()
        present = [one for one in simulator.present() if roll.members.has(AgentId(one))]
        if fault.kind == "disk":
            one = fault.who or (chance.pick(present),) if len(present) > 1 else ()
            return tuple(name for name in one if name in present)
        electors = [name for name in present if roll.electors.has(AgentId(name))]
        minority = (roll.electors.size - 1) // 2
        drawn = fault.who or chance.some(electors, min(minority, len(electors)))
        return tuple(name for name in drawn if name in electors)[:minority]

    def _newest(self, states: Iterable[State]) -> Roll | None:
        """Show the roll of the latest log, as far as an operator can see."""
        ends = [(each.log.last_term, each.log.last_index, each.me) for each in states]
        if not ends:
            return None
        state = self.simulator.cluster.state(max(ends)[2])
        return None if state is None else state.roll

    def replace(self, fault: Fault, lost: tuple[str, ...]) -> None:
        """Begin to replace agents that are lost by new ones."""
        new = [name for name in self._waiting() if name not in self._taken]
        fresh = tuple(map(AgentId, new[: len(lost)]))
        self._taken.update(fresh)
        roll = self._newest(self.simulator.running())
        electors = frozenset(roll.voters.members if roll is not None else ())
        gone = tuple(map(AgentId, lost))
        begun = Replacement(gone, electors & {*gone}, fresh, bool(fault.amount))
        self._replacements.append((begun, fault.kind))
        self.simulator.plan(1, self.go_on, len(self._replacements) - 1)

    def go_on(self, number: int) -> None:
        """Ask the latest leader for the next change, or wait for the last one."""
        simulator = self.simulator
        if simulator.now >= simulator.heal_us:
            return
        replacement, kind = self._replacements[number]
        leading = [
            (state.term, state.me)
            for state in simulator.running()
            if state.role is Role.LEADER and simulator.is_ready(state.me)
        ]
        state = simulator.cluster.state(max(leading)[1]) if leading else None
        if state is not None and self._is_done(replacement, state):
            simulator.counts.repaired += len(replacement.fresh)
            simulator.counts.renewed += kind == "renew"
            return
        simulator.plan(simulator.election_us // 4, self.go_on, number)

    def _is_done(self, replacement: Replacement, state: State) -> bool:
        """Tell whether all is done under a leader; if not, ask for what is next."""
        if state.roll.is_joint or state.roll.index > state.commit_index:
            return False
        request = replacement.next(state.roll)
        if request is None:
            return True
        self._ask(state.me, request.kind, request.whom)
        return False
