"""A whole run: faults and clients for so long, then the heal, and what must follow.

Contract: a run ends with a verdict about everything that is claimed of it, or with the
first claim that is broken. What is not known is not called good.

Three parts. *Chaos*: the faults of the schedule happen, clients ask, leaders act on a
fenced resource. *Calm*: everything is healed at once, clients ask nothing, and within
`WITHIN` election timeouts all agents must agree. *Proof*: clients read and write once
more, and are answered; then the history of all clients must be linearizable.

Source: properties L1, L4, L5, S10 of docs/specification.md; docs/simulation.md.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from primacy.agents import AgentSet
from primacy.state import State
from primacy.types import AgentId
from primacy_model.mesh.log_comparison import agree
from primacy_model.simulation.clients import LIST, REGISTERS
from primacy_model.simulation.clock import MS
from primacy_model.simulation.cluster import Broken, NotPossible
from primacy_model.simulation.faults import Strikes, take_token
from primacy_model.simulation.linearizability import (
    HistoryVerdict,
    OperationKind,
    check,
)
from primacy_model.simulation.outcome import (
    CONVERGENCE,
    LINEARIZABLE,
    PROGRESS,
    RAISED,
    STABILITY,
    UNKNOWN,
    RunCounts,
    RunOutcome,
)
from primacy_model.simulation.schedule import BadScheduleError, Schedule
from primacy_model.simulation.simulator import Simulator
from primacy_model.simulation.survival import can_elect

WITHIN: Final = 30
"""In how many election timeouts a healed mesh agrees: see docs/simulation.md."""

SETTLED: Final = 2
"""So long after the heal, at the least, the last old packet and timer are gone."""

ANSWERED: Final = 4
"""In how many election timeouts clients of a healed mesh are answered."""


def run(schedule: Schedule) -> RunOutcome:
    """Run a schedule to its end, or to the first claim that is broken."""
    return run_schedule(schedule)[1]


def run_schedule(schedule: Schedule) -> tuple[Conductor | None, RunOutcome]:
    """Run a schedule; give what was run, too, if it could begin at all.

    Raise `BadScheduleError` where it asks for what cannot happen: that is not core's
    fault.
    """
    conductor: Conductor | None = None
    found: tuple[str, str] | None = None
    failure: Exception | None = None
    try:
        conductor = Conductor(schedule)
        found = conductor.run()
    except NotPossible as error:
        raise BadScheduleError(f"this cannot happen: {error}") from None
    except Broken as broken:
        failure, found = broken, (broken.claim, broken.title)
    except Exception as error:  # noqa: BLE001 - core or a judge: the run has failed
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}, line {frame.lineno}"
        failure, found = error, (RAISED, f"{type(error).__name__} in {where}: {error}")
    name, title = found or (None, "")
    if conductor is None:
        return None, RunOutcome(schedule.seed, name, title, 0, None, RunCounts(), "")
    conductor.failure = failure
    return conductor, conductor.outcome(name, title)


class Conductor:
    """Lets the faults of a schedule happen to a simulator, and clients ask."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.simulator = Simulator(schedule)
        self.converged: int | None = None
        self.failure: Exception | None = None
        """What was raised, if anything was."""
        self._asking: dict[str, str] = {}
        self.strikes = Strikes(self.simulator)

    def run(self) -> tuple[str, str] | None:
        """Conduct all three parts; tell what was violated without being raised."""
        simulator, schedule = self.simulator, self.schedule
        for number, fault in enumerate(schedule.faults):
            if fault.at_ms < schedule.length_ms:
                simulator.plan(MS * fault.at_ms, self.strikes.begin, number)
        for place in range(schedule.clients):
            simulator.plan(MS * place, self.think, f"c{place}")
        if schedule.clients:
            simulator.plan(simulator.election_us, self.use)
        simulator.run_until(simulator.heal_us)
        self._heal()
        if self._is_stranded():
            return self._strand()
        return self._calm() or self._proof()

    def outcome(self, name: str | None, title: str) -> RunOutcome:
        """Tell what came of it."""
        simulator = self.simulator
        counts = simulator.counts
        counts.virtual_us = simulator.now
        counts.operations = simulator.clients.asked
        counts.elections = len(simulator.cluster.history.leaders)
        simulator.tell("ends", name or "well")
        return RunOutcome(
            self.schedule.seed,
            name,
            title,
            simulator.now,
            self.converged,
            counts,
            simulator.digest(),
        )

    # --- chaos: clients ---------------------------------------------------------------

    def think(self, client: str) -> None:
        """Let a client ask next, wait, or give up."""
        simulator, schedule = self.simulator, self.schedule
        if simulator.now >= simulator.heal_us:
            return
        clients = simulator.clients
        call = clients.open.get(self._asking.get(client, ""))
        if call is not None and simulator.now < call.deadline_us:
            simulator.plan(simulator.election_us // 8, self.think, client)
            return
        if call is not None:
            clients.given_up(call)
        agent = self._whom()
        patience = clients.chance.between(1, 4) * simulator.election_us
        made = clients.call(client, agent, simulator.now + patience)
        self._asking[client] = made.request
        simulator.ask(made.request)
        pause = clients.chance.between(1, MS * schedule.pause_ms)
        simulator.plan(pause, self.think, client)

    def use(self) -> None:
        """Let each leader decide to act on the resource; each acts later."""
        simulator = self.simulator
        if simulator.now >= simulator.heal_us:
            return
        simulator.plan(simulator.election_us, self.use)
        for name in self.simulator.leaders():
            has_token = simulator.cluster.nodes[AgentId(name)].effect
            if simulator.is_ready(name) and not has_token:
                take_token(simulator, name)
                is_soon = simulator.clients.chance.comes_true(500)
                most_us = simulator.election_us * (1 if is_soon else 24) // 4
                later = simulator.clients.chance.below(most_us)
                simulator.plan(later, simulator.act, name)

    def _whom(self) -> str:
        chance, leaders = self.simulator.clients.chance, self.simulator.leaders()
        if leaders and chance.comes_true(600):
            return chance.pick(leaders)
        return chance.pick(self.simulator.present())

    # --- calm -------------------------------------------------------------------------

    def _heal(self) -> None:
        """End every fault at once."""
        simulator = self.simulator
        simulator.tell("heal")
        simulator.conditions.calm_down()
        simulator.doomed.clear()
        self.strikes.steady()
        for name in simulator.names:
            simulator.resume(name)
            simulator.restart(name)

    def _is_stranded(self) -> bool:
        """Tell whether lost disks have left too few agents to elect one of them."""
        simulator = self.simulator
        return bool(simulator.cluster.lost) and not can_elect(simulator.running())

    def _strand(self) -> tuple[str, str] | None:
        """Claim no convergence of agents that cannot elect one of them; judge the rest.

        What was on its way arrives, and timers elapse. A request that stands in no log
        then, of those that are lost neither, never happened.
        """
        simulator = self.simulator
        simulator.counts.stranded += 1
        simulator.run_until(simulator.heal_us + SETTLED * simulator.election_us)
        held = self._requests(simulator.names)
        return self._judge_history(frozenset(held))

    def _requests(self, names: Sequence[str]) -> set[str]:
        """Collect what stands in logs, and in the snapshots behind which they start."""
        simulator = self.simulator
        found: set[str] = set()
        for name in names:
            log = simulator.cluster.nodes[AgentId(name)].disk.log
            found |= {entry.request for entry in log.entries}
            if log.start:
                found |= simulator.snapshots[name][log.start].applied
        return found

    def _calm(self) -> tuple[str, str] | None:
        """Wait until all agree."""
        simulator = self.simulator
        timeout = simulator.election_us
        for tenth in range(1, 10 * WITHIN + 1):
            simulator.run_until(simulator.heal_us + tenth * timeout // 10)
            disagreement = self._disagreement()
            if disagreement:
                self.converged = None
                continue
            if self.converged is None:
                self.converged = tenth * 100
            if tenth >= 10 * SETTLED:
                return None
        if self._is_stranded():
            return self._strand()  # what arrived last has changed the roll
        return CONVERGENCE, f"not within {WITHIN} election timeouts: {disagreement}"

    def _disagreement(self) -> str:
        """Say in what members do not agree yet; nothing if they do."""
        cluster, leaders = self.simulator.cluster, self.simulator.leaders()
        if len(leaders) != 1:
            return f"{len(leaders)} lead"
        lead = cluster.state(leaders[0])
        assert lead is not None
        names = self._members(lead)
        states = [state for name in names if (state := cluster.state(name)) is not None]
        if len(states) < len(names):
            return f"1 lead, {len(states)} of {len(names)} run"
        if lead.roll.is_joint or not lead.roll.has(lead.me):
            return f"{lead.me} leads under a roll that is not to stay"
        if any((state.leader, state.term) != (lead.me, lead.term) for state in states):
            return f"not all follow {lead.me}"
        last = lead.log.last_index
        if not all(
            state.log.last_index == last and agree(state.log, lead.log, last)
            for state in states
        ):
            return "logs differ"
        if any(state.commit_index != lead.log.last_index for state in states):
            return "not all is committed everywhere"
        if any(state.alive != AgentSet.of(names) for state in states):
            return "not all are seen alive, or one that is lost is"
        machines = [self.simulator.machines[name] for name in names]
        applied = self.simulator.machines[leaders[0]].entries
        if any(machine.entries != applied for machine in machines):
            return "not all have applied the same"
        return ""

    def _members(self, lead: State) -> list[str]:
        """Name the members of a leader's mesh whose disks are not lost."""
        present = self.simulator.present()
        return [name for name in lead.roll.members.members if name in present]

    # --- proof ------------------------------------------------------------------------

    def _proof(self) -> tuple[str, str] | None:
        """Let clients ask once more, and judge what all of them saw."""
        simulator, clients = self.simulator, self.simulator.clients
        for call in list(clients.open.values()):
            clients.given_up(call)
        leader = self.simulator.leaders()[0]
        lead = simulator.cluster.state(leader)
        assert lead is not None
        members = self._members(lead)
        requests = self._requests([leader])
        before = len(clients.history)
        deadline = simulator.now + ANSWERED * simulator.election_us
        asked = [
            clients.begun("end", agent, kind, key, deadline)
            for key in (*REGISTERS, LIST)
            for agent, kind in (
                (clients.chance.pick(members), OperationKind.READ),
                (leader, OperationKind.APPEND if key == LIST else OperationKind.WRITE),
                (clients.chance.pick(members), OperationKind.READ),
            )
        ]
        for call in asked:
            simulator.ask(call.request)
        simulator.run_until(deadline)
        closed = clients.history[before:]  # a write that was given up is there, too
        answered = sum(each.answered is not None for _request, each in closed)
        if answered < len(asked):
            return PROGRESS, f"{answered} of {len(asked)} clients were answered"
        if self._disagreement() or self.simulator.leaders() != [leader]:
            return STABILITY, f"{leader} was deposed: {self._disagreement()}"
        requests |= {call.request for call in asked}
        return self._judge_history(frozenset(requests))

    def _judge_history(self, applied: frozenset[str]) -> tuple[str, str] | None:
        clients = self.simulator.clients
        history = clients.settled(applied)
        pending = sum(each.answered is None for each in history)
        self.simulator.counts.pending += pending
        found = check(history)
        if found.verdict is HistoryVerdict.VIOLATED:
            stuck = "; ".join(map(str, found.stuck[:3]))
            return LINEARIZABLE, f"key {found.key}: after {len(found.order)}: {stuck}"
        if found.verdict is HistoryVerdict.UNKNOWN:
            return UNKNOWN, f"key {found.key}: {found.configurations} configurations"
        return None
