"""One run of a schedule: virtual time, a heap of events, and a cluster that judges.

Time is a whole number of microseconds. Events of the same microsecond happen in the
order in which they were planned. Nothing here reads a clock or depends on hashes.

Contract: it keeps the obligations of a runtime. A timer elapses when its agent's own
clock has run for what was drawn, or later; never one that was replaced or disarmed; an
agent that is paused handles nothing, and everything afterwards.

Source: clauses `runtime.*`; docs/assumptions.md, "Faults".
"""

from __future__ import annotations

import hashlib
import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from primacy.fencing import Verdict
from primacy.messages import ChangeKind, Install, Timer
from primacy.outputs import (
    Apply,
    Arm,
    Discard,
    Output,
    Refused,
    Rejected,
    Restore,
    RoleChanged,
    RollChanged,
    ServeRead,
    Stale,
    WriteAccepted,
)
from primacy.role import Role
from primacy.state import State
from primacy.types import NOBODY, AgentId, Index, Term
from primacy_model.simulation.clients import (
    Clients,
    OpenOperation,
    ReplicaState,
    command,
)
from primacy_model.simulation.clock import MS, DriftingClock
from primacy_model.simulation.cluster import Cluster, Happened, InFlightPacket
from primacy_model.simulation.conditions import Conditions
from primacy_model.simulation.linearizability import OperationKind
from primacy_model.simulation.outcome import ACCEPTED, REJECTED, RunCounts
from primacy_model.simulation.property_monitor import Broken
from primacy_model.simulation.rng import Chance, Stream
from primacy_model.simulation.schedule import Schedule

EventArgument = str | int
EventHandler = Callable[..., None]  # each takes the arguments that it was planned with

TAIL: Final = 60
"""How many events are kept to be shown."""


@dataclass(slots=True)
class OpenChange:
    """A change of the roll that is neither refused nor acknowledged."""

    request: str
    agent: str
    """Whom it was asked of."""
    kind: str
    accepted: tuple[Index, Term] | None = None


class Simulator:
    """A cluster in virtual time. `phases` drives it through a schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.now = 0
        self.counts = RunCounts()
        self.cluster = Cluster(schedule.configs())
        self.names = schedule.names
        self.election_us = MS * schedule.election_ms
        self.heal_us = MS * schedule.length_ms
        self.faults = Chance(schedule.seed, Stream.FAULTS)
        self.conditions = Conditions(
            schedule,
            Chance(schedule.seed, Stream.NETWORK),
            Chance(schedule.seed, Stream.TIMERS),
        )
        rates = schedule.rates_ppm or (0,) * len(self.names)
        self.clocks = {
            name: DriftingClock(self.faults.below(1_000_000_000), rate)
            for name, rate in zip(self.names, rates, strict=True)
        }
        self.machines = {name: ReplicaState() for name in self.names}
        self.snapshots: dict[str, dict[int, ReplicaState]] = {
            name: {} for name in self.names
        }
        """What is on the disk of each agent besides, by the index it stands for."""
        self.clients = Clients(
            schedule.clients,
            Chance(schedule.seed, Stream.CLIENTS),
            schedule.has_leases,
        )
        self.changes: dict[str, OpenChange] = {}
        """The changes that are not answered yet, by request."""
        self.doomed: dict[str, int] = {}
        """Who loses power in its next step, and after how many outputs."""
        self.tail: deque[str] = deque(maxlen=TAIL)
        self._events: list[
            tuple[int, int, EventHandler, tuple[EventArgument, ...]]
        ] = []
        self._planned = 0
        self._armed: dict[tuple[str, Timer], tuple[int, int]] = {}
        self._copies: dict[int, int] = {}
        self._contents: dict[int, ReplicaState] = {}
        """What travels beside a packet that is on its way, by its number."""
        self._known: dict[int, ReplicaState] = {}
        """The first snapshot that any agent took, by its index."""
        self._brought: ReplicaState | None = None
        """What came with the packet that is handled."""
        self._held: dict[str, list[tuple[EventHandler, tuple[EventArgument, ...]]]] = {}
        self._leased: dict[str, tuple[int, int, bool]] = {}
        self._hash = hashlib.sha256()
        for happened in self.cluster.started:
            self._take(happened)

    # --- time -------------------------------------------------------------------------

    def plan(
        self, after_us: int, handler: EventHandler, *arguments: EventArgument
    ) -> None:
        """Let something happen after some time."""
        self._planned += 1
        event = (self.now + after_us, self._planned, handler, arguments)
        heapq.heappush(self._events, event)

    def run_until(self, instant_us: int) -> None:
        """Let everything happen that is planned until then."""
        events = self._events
        while events and events[0][0] <= instant_us:
            self.now, _, handler, arguments = heapq.heappop(events)
            self.counts.events += 1
            self.tell(handler.__name__, *arguments)
            handler(*arguments)
        self.now = max(self.now, instant_us)

    def tell(self, what: str, *arguments: EventArgument) -> None:
        """Write an event into the digest and into what is shown of the end."""
        line = f"{self.now} {what} {' '.join(map(str, arguments))}"
        self.tail.append(line)
        self._hash.update(line.encode())

    def digest(self) -> str:
        """Tell what all events come to."""
        return self._hash.hexdigest()

    def shown(self, name: str) -> int:
        """Tell what an agent's clock shows, in milliseconds."""
        return self.clocks[name].instant(self.now)

    # --- agents -----------------------------------------------------------------------

    def leaders(self) -> list[str]:
        """Name who takes itself to lead, deposed and paused agents too."""
        return [
            name
            for name in self.names
            if (state := self.cluster.state(name)) is not None
            and state.role is Role.LEADER
        ]

    def present(self) -> list[str]:
        """Name the agents that have begun and whose disks are not lost."""
        absent = self.cluster.waiting | self.cluster.lost
        return [name for name in self.names if name not in absent]

    def is_ready(self, name: str) -> bool:
        """Tell whether an agent can handle a message."""
        return self.cluster.is_ready(name)

    def running(self) -> list[State]:
        """Show the agents that run."""
        states = (self.cluster.state(name) for name in self.names)
        return [state for state in states if state is not None]

    def join(self, name: str) -> None:
        """Let a new agent begin, with an empty disk."""
        self.counts.joined += 1
        self._take(self.cluster.join(name))

    def lose_disk(self, name: str) -> None:
        """Let an agent stop for ever."""
        self.counts.lost += 1
        self._take(self.cluster.lose_disk(name))

    def crash(self, name: str) -> None:
        """Let an agent lose power between two steps."""
        self._take(self.cluster.crash(name))

    def restart(self, name: str) -> None:
        """Let an agent come back from its disk, if it is down and has one."""
        if name not in self.present() or self.cluster.state(name) is not None:
            return
        self._take(self.cluster.restart(name))

    def pause(self, name: str) -> None:
        """Let an agent handle nothing."""
        self.cluster.pause(name)
        self._held[name] = []

    def resume(self, name: str) -> None:
        """Let an agent go on, with all that waits for it."""
        if name not in self.cluster.paused:
            return
        self.cluster.resume(name)
        for place, (handler, arguments) in enumerate(self._held.pop(name)):
            self.plan(place, handler, *arguments)

    def _waits(
        self, name: str, handler: EventHandler, *arguments: EventArgument
    ) -> bool:
        """Put something off while its agent is paused."""
        if name not in self.cluster.paused:
            return False
        self._held[name].append((handler, arguments))
        return True

    def _done(self, name: str) -> int | None:
        """Tell after how many outputs of this step power fails, if it does."""
        return self.doomed.pop(name, None)

    # --- what happens -----------------------------------------------------------------

    def arrive(self, number: int, sender: str, target: str) -> None:
        """Let a copy of a packet arrive, if it can."""
        if self._waits(target, self.arrive, number, sender, target):
            return
        self._copies[number] -= 1
        is_last = not self._copies[number]
        self._brought = self._contents.get(number)
        if is_last:
            del self._copies[number]
            self._contents.pop(number, None)
        is_lost = self.conditions.is_cut(sender, target)
        if is_lost or self.cluster.state(target) is None:
            if is_last:
                self.cluster.drop(number)
            return
        self._take(
            self.cluster.deliver(
                number,
                self.shown(target),
                keep=not is_last,
                outputs_done=self._done(target),
            )
        )

    def elapse(self, name: str, kind: str, order: int) -> None:
        """Let a timer elapse, if it is still armed and its agent's clock agrees."""
        timer = Timer(kind)
        armed = self._armed.get((name, timer))
        if armed is None or armed[0] != order:
            return
        if self._waits(name, self.elapse, name, kind, order):
            return
        clock = self.clocks[name]
        if clock.shows_us(self.now) < armed[1]:  # it was slowed since
            wait = clock.when(armed[1], self.now) - self.now
            self.plan(wait, self.elapse, name, kind, order)
            return
        del self._armed[name, timer]
        done = self._done(name)
        self._take(
            self.cluster.elapse(name, timer, self.shown(name), outputs_done=done)
        )

    def ask(self, request: str) -> None:
        """Let an agent handle what a client asks."""
        call = self.clients.open.get(request)
        if call is None or self._waits(call.agent, self.ask, request):
            return
        name = call.agent
        if self.cluster.state(name) is None:
            self.clients.refused(call)
            return
        done, now = self._done(name), self.shown(name)
        if call.operation.kind is not OperationKind.READ:
            text = command(call.operation)
            happened = self.cluster.write(name, request, text, outputs_done=done)
        elif call.by_lease:
            happened = self.cluster.lease_read(name, request, now, outputs_done=done)
        else:
            happened = self.cluster.read(name, request, now, outputs_done=done)
        self._take(happened)

    def hand_over(self, name: str, request: str, target: str) -> None:
        """Let an operator ask a leader to hand over."""
        self.counts.transfers += 1
        self._take(
            self.cluster.transfer(name, request, target, outputs_done=self._done(name))
        )

    def change(self, name: str, kind: str, whom: Sequence[str]) -> None:
        """Let an operator ask an agent to change the roll."""
        self.counts.changes += 1
        request = f"o{self.counts.changes}"
        self.changes[request] = OpenChange(request, name, kind)
        done = self._done(name)
        if kind == "replace":
            happened = self.cluster.replace_electors(
                name, request, *whom, outputs_done=done
            )
        else:
            (target,) = whom
            happened = self.cluster.change(
                name, request, ChangeKind(kind), target, outputs_done=done
            )
        self._take(happened)

    def take_snapshot(self, name: str, outputs_done: int | None = None) -> bool:
        """Let an agent take a snapshot of all that it has applied; tell whether it did.

        It is durable before core knows of it. One that it had taken before power failed
        it tells core again, which may not know yet that so much is committed.
        """
        index = self.cluster.nodes[AgentId(name)].applied
        if index > self.cluster.snapshots[AgentId(name)]:
            self._keep(name, index)
        index = max(index, self.cluster.snapshots[AgentId(name)])
        if not index:
            return False
        done = self._done(name) if outputs_done is None else outputs_done
        self._take(self.cluster.snapshot(name, index, outputs_done=done))
        return True

    def _keep(self, name: str, index: int) -> None:
        """Write a snapshot; those of one index must be the same everywhere."""
        taken = self.machines[name].copy()
        self.snapshots[name][index] = taken
        self.counts.snapshots += 1
        known = self._known.setdefault(index, taken)
        if (known.values, known.answers) != (taken.values, taken.answers):
            raise Broken("S8", f"the snapshot of {index} that {name} takes is another")

    def act(self, name: str) -> None:
        """Let an agent act on the resource under the token that it took before."""
        if self._waits(name, self.act, name):
            return
        if (
            self.cluster.state(name) is not None
            and self.cluster.nodes[AgentId(name)].effect
        ):
            is_admitted = self.cluster.act(name).verdict is Verdict.ADMITTED
            self.counts.admitted += is_admitted
            self.counts.refused += not is_admitted

    # --- what comes of it -------------------------------------------------------------

    def _take(self, happened: Happened) -> None:
        """Do what a runtime does with what a step led to."""
        name = happened.agent
        self.counts.steps += 1
        for change in happened.timers:
            self._armed.pop((name, change.timer), None)
            if isinstance(change, Arm):
                self._arm(name, change)
        for flight in happened.sent:
            self._post(flight)
        for output in happened.told:
            self._hear(name, output)
        state = self.cluster.state(name)
        if happened.is_crashed or state is None:
            self._lose_power(name)
            return
        self.tell("is", name, state.term, state.role.value, state.commit_index)
        self._judge_lease(name, state)

    def _arm(self, name: str, change: Arm) -> None:
        clock = self.clocks[name]
        drawn = self.conditions.timer_us(name, change.least, change.most)
        due = clock.shows_us(self.now) + drawn
        self._planned += 1
        order = self._planned
        self._armed[name, change.timer] = (order, due)
        wait = clock.when(due, self.now) - self.now
        self.plan(wait, self.elapse, name, change.timer.value, order)

    def _post(self, flight: InFlightPacket) -> None:
        number, sender, target = flight.number, flight.sender, flight.target
        self.counts.packets += 1
        arrivals = self.conditions.arrivals(sender, target)
        if not arrivals:
            self.cluster.drop(number)
            return
        self._copies[number] = len(arrivals)
        if isinstance(flight.packet, Install):
            self._contents[number] = self.snapshots[sender][flight.packet.index]
        latest = self.heal_us + self.election_us - self.now
        for wait in arrivals:
            soon = wait if self.conditions.is_calm else min(wait, latest)
            self.plan(soon, self.arrive, number, sender, target)

    def _lose_power(self, name: str) -> None:
        self.counts.crashes += 1
        for timer in Timer:
            self._armed.pop((name, timer), None)
        for handler, arguments in self._held.pop(name, []):
            self.plan(0, handler, *arguments)
        self._restart_machine(name)
        self._leased.pop(name, None)
        for call in [each for each in self.clients.open.values() if each.agent == name]:
            self.clients.given_up(call)
        for change in [each for each in self.changes.values() if each.agent == name]:
            del self.changes[change.request]

    def _restart_machine(self, name: str) -> None:
        """Begin again from what is on disk: nothing, or a snapshot."""
        start = self.cluster.nodes[AgentId(name)].disk.log.start
        self.machines[name] = ReplicaState()
        if start:
            self.counts.resumed += 1
            self.machines[name] = self.snapshots[name][start].copy()

    def _restore(self, name: str, restore: Restore) -> None:
        """Take what came with a packet for all that is applied."""
        contents = self._brought
        assert contents is not None
        assert len(contents.entries) == restore.index
        self.counts.installed += 1
        self.counts.kept += restore.keeps_rest
        self.machines[name] = contents.copy()
        held = self.snapshots[name].items()
        rest = {at: each for at, each in held if at > restore.index}
        self.snapshots[name] = {restore.index: contents, **rest}
        for call in tuple(self.clients.open.values()):
            self._acknowledge(call, name)
        for change in tuple(self.changes.values()):
            self._complete(change, name)

    def _judge_lease(self, name: str, state: State) -> None:
        """Judge leases where one begins or grows; it ends by itself."""
        lead = state.leadership
        held = (state.term, lead.lease_until, lead.lease_given)
        if state.role is not Role.LEADER or self._leased.get(name) == held:
            return
        self._leased[name] = held
        if self.schedule.has_leases:
            self.cluster.judge_leases(*map(self.shown, self.names))

    def _hear(self, name: str, output: Output) -> None:
        """Take what a step tells clients and the state machine."""
        match output:
            case Apply():
                for entry in output.entries.entries:
                    self.machines[name].apply(entry)
                    self._acknowledge(self.clients.open.get(entry.request), name)
                    self._complete(self.changes.get(entry.request), name)
            case Discard():
                self.counts.discards += 1
                held = self.snapshots[name].items()
                rest = {at: each for at, each in held if at >= output.index}
                self.snapshots[name] = rest
            case Restore():
                self._restore(name, output)
            case WriteAccepted() if output.request in self.changes:
                change = self.changes[output.request]
                change.accepted = output.index, output.token
                self._complete(change, name)
            case WriteAccepted():
                call = self.clients.open.get(output.request)
                if call is not None and call.accepted is None:
                    call.accepted = output.index, output.token
                    self._acknowledge(call, name)
            case ServeRead():
                call = self.clients.open.get(output.request)
                if call is not None:
                    self.counts.reads += 1
                    self.counts.lease_reads += call.by_lease
                    value = self.machines[name].values.get(call.operation.key)
                    self.clients.answered(call, value)
            case Stale():
                call = self.clients.open.get(output.request)
                if call is not None:
                    self.clients.refused(call)
            case Refused() if output.request in self.changes:
                self.counts.unchanged += 1
                del self.changes[output.request]
            case Refused():
                self._refused(name, output)
            case RollChanged() | RoleChanged():
                self._see(name, output)
            case Rejected():
                raise Broken(
                    REJECTED, f"{name} rejects a packet: {output.reason.value}"
                )
            case _:
                pass

    def _acknowledge(self, call: OpenOperation | None, name: str) -> None:
        if call is None or call.accepted is None or call.agent != name:
            return
        machine = self.machines[name]
        is_held = machine.holds(call.request, *call.accepted)
        if is_held:
            self.counts.writes += 1
            self.clients.answered(call, machine.answers.get(call.request))
        elif is_held is False:
            self.clients.given_up(call)

    def _complete(self, change: OpenChange | None, name: str) -> None:
        """Close a change whose entry is applied, or another in its place."""
        if change is None or change.accepted is None or change.agent != name:
            return
        machine = self.machines[name]
        is_held = machine.holds(change.request, *change.accepted)
        if is_held is None:
            if change.request in machine.applied:  # it is asked for once
                raise Broken(ACCEPTED, f"{change} was applied elsewhere")
            return
        del self.changes[change.request]
        if is_held:
            done = getattr(self.counts, change.kind) + 1
            setattr(self.counts, change.kind, done)

    def _see(self, name: str, seen: RollChanged | RoleChanged) -> None:
        """Count what becomes of rolls, and leaders that are taken off one."""
        state = self.cluster.state(name)
        if isinstance(seen, RollChanged):
            before, after = seen.before, seen.after
            is_later = after.index > before.index
            self.counts.undone += not is_later
            is_settled = is_later and before.is_joint and not after.is_joint
            is_leader = state is not None and state.role is Role.LEADER
            is_inherited = is_settled and is_leader and after.term > before.term
            self.counts.inherited += is_inherited
        elif state is not None and seen.before is Role.LEADER:
            is_removed = not state.roll.has(state.me)
            is_committed = state.roll.index <= state.commit_index
            self.counts.leaders_removed += is_removed and is_committed

    def _refused(self, name: str, refused: Refused) -> None:
        call = self.clients.open.get(refused.request)
        if call is None or call.agent != name or not self.cluster.is_ready(name):
            return
        leader = refused.leader
        if call.is_forwarded:
            self.clients.given_up(call)  # a copy of it may yet be taken
        elif leader in (NOBODY, name) or self.clients.chance.comes_true(500):
            self.clients.refused(call)
        else:
            call.is_forwarded = True
            text = command(call.operation)
            self._take(
                self.cluster.forward(name, leader, call.request, text, refused.token)
            )
