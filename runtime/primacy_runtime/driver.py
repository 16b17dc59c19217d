"""The one task that owns an agent's state: messages in, outputs performed in order.

Contract: one step at a time (runtime.one-at-a-time), the outputs of a step one after
the other in their order (runtime.in-order), and nothing of it leaves before what stands
in front is on the disk (runtime.atomic-persist). `state` is replaced when all outputs
were performed, so nobody sees a role or a token that a crash could make untrue.
Whatever goes wrong here ends the task, and with it the agent: it goes on only by
`recover`.

Messages that wait together are stepped together and share one write to the disk. The
disk is waited for in a thread, so a slow disk delays steps but neither the network nor
the clients' deadlines. Instants are read right before a step (runtime.round-instant,
runtime.lease-instant).

Source: clauses `runtime.*` of docs/specification.md.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from primacy import (
    AgentId,
    AgentSet,
    Apply,
    Arm,
    Broadcast,
    Change,
    ChangeKind,
    Command,
    Config,
    Disarm,
    Elapsed,
    Forward,
    LeaseRead,
    Message,
    Observation,
    Output,
    Packet,
    Persist,
    Read,
    Reason,
    Received,
    Refused,
    Rejected,
    Replace,
    RequestId,
    Role,
    Send,
    ServeRead,
    Stale,
    State,
    Timer,
    Transfer,
    Write,
    WriteAccepted,
    dumps,
    initial,
    recover,
    step,
)
from primacy.outputs import Outputs, PartitionSuspected, RoleChanged
from primacy.types import NOBODY
from primacy_runtime.clock import Clock, Timers
from primacy_runtime.counters import Counters
from primacy_runtime.events import Audience
from primacy_runtime.log import EventLogger
from primacy_runtime.pending_requests import Proposal, Requests
from primacy_runtime.size_limits import fits
from primacy_runtime.state_machine import Machine
from primacy_runtime.store import Store
from primacy_runtime.term_limit import require_a_term
from primacy_runtime.trace import Recording

MOST_AT_ONCE: Final = 128
"""How many messages are stepped before the disk is waited for."""

Make = Callable[[], Message | None]
"""Makes a message at the moment of its step, or nothing if it has become void."""


def _nothing() -> None:
    """Nobody waits for a message to be handled."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits to be stepped."""

    make: Make
    done: Callable[[], None] = _nothing
    is_timer: bool = False


StepResult = tuple[State, Outputs]
"""What a step gave."""


class MachineFailed(Exception):
    """The user's state machine raised: the agent cannot know what it holds."""


@dataclass(frozen=True, slots=True)
class DriverContext:
    """What the task works with."""

    config: Config
    clock: Clock
    store: Store
    disk: Executor
    """One thread, in which the store is used."""
    machine: Machine
    send: Callable[[str, bytes], None]
    follow: Callable[[State], None]
    """Told when another roll is in force, before anything is sent under it."""
    requests: Requests
    audience: Audience
    counts: Counters
    teller: EventLogger
    recording: Recording | None = None


class Driver:
    """Runs one agent, from its disk to the end."""

    def __init__(self, parts: DriverContext) -> None:
        self._parts = parts
        self._timers = Timers(parts.clock, self._elapsed)
        self._inbox: deque[_Waiting] = deque()
        self._news = asyncio.Event()
        self.state, self._first = (
            initial(parts.config)
            if parts.store.is_new
            else recover(parts.config, parts.store.durable)
        )
        self._roll = self.state.roll
        self.applied: int = 0
        """Up to here entries were given to the state machine."""

    async def run(self) -> None:
        """Perform the first outputs, then step, for ever."""
        try:
            self._record_start()
            await self._perform([(self.state, self._first)])
            while True:
                while not self._inbox:
                    self._news.clear()
                    await self._news.wait()
                handled = await self._step_several()
                for waiting in handled:
                    waiting.done()
        finally:
            self._timers.stop()
            if self._parts.recording is not None:
                self._parts.recording.end()

    def _record_start(self) -> None:
        record, store = self._parts.recording, self._parts.store
        name = self._parts.config.agent_id
        if record is not None and store.is_new:
            record.start(name, self.state, self._first)
        elif record is not None:
            record.recover(name, store.durable, self.state, self._first)

    async def _step_several(self) -> list[_Waiting]:
        """Step what waits, and have it on the disk at once.

        Whether a timer was replaced is known when all before it is performed, so a
        timer is stepped alone.
        """
        recording = self._parts.recording
        state, results, handled = self.state, list[StepResult](), list[_Waiting]()
        while self._inbox and len(handled) < MOST_AT_ONCE:
            if handled and (self._inbox[0].is_timer or handled[-1].is_timer):
                break
            waiting = self._inbox.popleft()
            handled.append(waiting)
            message = waiting.make()
            if message is not None:
                state, outputs = step(state, message)
                require_a_term(state, outputs)
                results.append((state, outputs))
                if recording is not None:
                    recording.step(state.config.agent_id, message, state, outputs)
        await self._perform(results)
        self.state = state
        return handled

    # What comes in.

    def receive(self, packet: Packet, done: Callable[[], None]) -> None:
        """Take a packet of a peer; `done` is called when it was handled."""

        def make() -> Message | None:
            if isinstance(packet, Forward) and not fits(self._parts.config, packet):
                self._parts.counts.rejected["long-command"] += 1
                return None
            return Received(packet, self._parts.clock.now())

        self._put(_Waiting(make, done))

    def write(self, request: RequestId, command: Command) -> None:
        """Take a client's write."""
        self._ask(request, lambda: Write(request, command))

    def read(self, request: RequestId) -> None:
        """Take a client's read by read index."""
        self._ask(request, lambda: Read(request, self._parts.clock.now()))

    def read_under_lease(self, request: RequestId) -> None:
        """Take a client's read under the lease."""
        self._ask(request, lambda: LeaseRead(request, self._parts.clock.now()))

    def transfer(self, request: RequestId, target: AgentId) -> None:
        """Take an operator's wish to hand leadership over."""
        self._ask(request, lambda: Transfer(request, target))

    def change(
        self, request: RequestId, kind: ChangeKind, target: AgentId, detail: Command
    ) -> None:
        """Take an operator's wish to change the part of one agent."""
        self._ask(request, lambda: Change(request, kind, target, detail))

    def replace(self, request: RequestId, electors: AgentSet) -> None:
        """Take an operator's wish to replace the electorate."""
        self._ask(request, lambda: Replace(request, electors, Command("")))

    def end(self, error: Exception) -> None:
        """End the agent with an error."""

        def make() -> Message | None:
            raise error

        self._put(_Waiting(make))

    def _ask(self, request: RequestId, make: Make) -> None:
        waits = self._parts.requests.get
        self._put(_Waiting(lambda: make() if waits(request) else None))

    def _elapsed(self, timer: Timer, arming: int) -> None:
        def make() -> Message | None:
            if not self._timers.is_current(timer, arming):
                return None  # runtime.timer-replaced: while it waited in the inbox
            return Elapsed(timer, self._parts.clock.now())

        self._put(_Waiting(make, is_timer=True))

    def _put(self, waiting: _Waiting) -> None:
        self._inbox.append(waiting)
        self._news.set()

    # What goes out.

    async def _perform(self, results: Sequence[StepResult]) -> None:
        """Perform the outputs of some steps: what is durable first, then the rest.

        Within a step that is their order, see output.durable-first. Across steps, the
        disk is ahead of what leaves. A crash in between is one after the last step
        whose packets were all lost.
        """
        persists = [
            output
            for _, outputs in results
            for output in outputs
            if isinstance(output, Persist)
        ]
        if persists:
            await self._persist(persists)
        for after, outputs in results:
            if after.roll != self._roll:
                self._roll = after.roll
                self._parts.follow(after)  # runtime.addresses
            for output in outputs:
                self._do(after, output)

    async def _persist(self, persists: Sequence[Persist]) -> None:
        begun, parts = time.perf_counter(), self._parts
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(parts.disk, parts.store.persist, persists)
        parts.counts.disk.add(time.perf_counter() - begun)

    def _do(self, after: State, output: Output) -> None:
        parts = self._parts
        match output:
            case Send(target, packet):
                parts.send(target, dumps(packet).encode())
            case Broadcast(targets, packet):
                body = dumps(packet).encode()
                for target in targets.members:
                    parts.send(target, body)
            case Arm(timer, least, most):
                self._timers.arm(timer, least, most)
            case Disarm(timer):
                self._timers.disarm(timer)
            case Apply():
                self._apply(output)
            case WriteAccepted():
                self._place(after, output)
            case Refused():
                self._refuse(after, output)
            case ServeRead(request):
                parts.requests.serve(request, parts.machine)
            case Stale(request, reason):
                parts.requests.refuse(request, reason)
            case Rejected(reason, sender):
                parts.counts.rejected[reason.name.lower()] += 1
                parts.teller.warn_rarely("rejected", sender, why=reason.value)
            case Persist():
                pass  # it is on the disk
            case _:
                self._observe(output)

    def _apply(self, output: Apply) -> None:
        assert output.first == self.applied + 1
        for index, entry in enumerate(output.entries.entries, start=output.first):
            result: object = None
            if entry.kind.value == "command":
                try:
                    result = self._parts.machine.apply(index, entry.command)
                except Exception as error:
                    raise MachineFailed(
                        f"The state machine failed at index {index}: {error!r}."
                    ) from error
            self.applied = index
            self._parts.requests.apply(entry.request, index, entry.term, result)
            if entry.kind.value == "roll" and entry.electors == entry.outgoing:
                self._parts.requests.settle()

    def _place(self, after: State, accepted: WriteAccepted) -> None:
        """Note where a write stands; a forwarded one may be decided already."""
        requests = self._parts.requests
        if accepted.index > self.applied:
            requests.place(accepted.request, accepted.index, accepted.token)
        elif after.log.at(accepted.index).term != accepted.token:
            requests.lose(accepted.request, accepted.index)

    def _refuse(self, after: State, refused: Refused) -> None:
        """Pass a write on to the leader, once (runtime.forward), or tell the client."""
        parts = self._parts
        pending = parts.requests.get(refused.request)
        can_forward = refused.reason is Reason.NOT_LEADER and refused.leader != NOBODY
        if isinstance(pending, Proposal) and can_forward and not pending.is_forwarded:
            pending.is_forwarded = True
            packet = Forward(
                after.config.mesh,
                after.me,
                refused.token,
                refused.request,
                pending.command,
            )
            parts.send(refused.leader, dumps(packet).encode())
        else:
            parts.requests.refuse(refused.request, refused.reason, refused.leader)

    def _observe(self, seen: Observation) -> None:
        """Count, log, and publish an event."""
        counts = self._parts.counts
        match seen:
            case RoleChanged(before, role):
                is_fresh = before is not Role.CANDIDATE  # alone, it wins in one step
                counts.elections_started += role is Role.CANDIDATE or (
                    role is Role.LEADER and is_fresh
                )
                counts.elections_won += role is Role.LEADER
            case PartitionSuspected():
                counts.partitions_suspected += 1
            case _:
                pass
        self._parts.teller.tell_observation(seen)
        self._parts.audience.tell(seen)
