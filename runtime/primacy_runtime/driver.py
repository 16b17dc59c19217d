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

A snapshot is taken between two batches of steps, when the state machine holds exactly
what is committed, and core hears of it only once it is on the disk (runtime.snapshot).
It hears of the snapshot before the newest: the entries between the two stay for
followers that are a little behind.

Source: clauses `runtime.*` of docs/specification.md.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    Discard,
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
    Restore,
    Role,
    Send,
    ServeRead,
    Snapshotted,
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
from primacy.messages import Install
from primacy.outputs import Outputs, PartitionSuspected, RoleChanged
from primacy.types import NOBODY, Index
from primacy_runtime.clock import Clock, Timers
from primacy_runtime.counters import Counters
from primacy_runtime.errors import SettingsError, SnapshotRefused
from primacy_runtime.events import Audience
from primacy_runtime.log import EventLogger
from primacy_runtime.net.addresses import logged
from primacy_runtime.pending_requests import Proposal, Requests
from primacy_runtime.settings import Address
from primacy_runtime.size_limits import fits
from primacy_runtime.snapshot import (
    LONGEST_SNAPSHOT,
    Snapshot,
    read_addresses,
    unpacked,
)
from primacy_runtime.state_machine import Machine, can_dump
from primacy_runtime.store import DiskWrite, Restoring, Store
from primacy_runtime.term_limit import require_a_term
from primacy_runtime.trace import Recording

MOST_AT_ONCE: Final = 128
"""How many messages are stepped before the disk is waited for."""

Make = Callable[[], Message | None]
"""Makes a message at the moment of its step, or nothing if it has become void."""


NO_DUMP: Final = "the machine has no methods dump and load"


@dataclass(frozen=True, slots=True)
class Taken:
    """What is known of a snapshot without reading it."""

    size: int
    addresses: Mapping[str, Address]


def _taken(contents: bytes) -> Taken:
    return Taken(len(contents), read_addresses(contents))


def _nothing() -> None:
    """Nobody waits for a message to be handled."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits to be stepped."""

    make: Make
    done: Callable[[], None] = _nothing
    is_timer: bool = False
    contents: bytes | None = None
    """The snapshot that an `Install` brought."""


@dataclass(frozen=True, slots=True)
class _Stepped:
    """What a step gave, and the snapshot that came with its message."""

    after: State
    outputs: Outputs
    contents: bytes | None = None


def _disk_writes(stepped: _Stepped) -> Iterator[DiskWrite]:
    """Find what goes to the disk; each `Restore` with what came with its message."""
    for output in stepped.outputs:
        if isinstance(output, Persist | Discard):
            yield output
        elif isinstance(output, Restore):
            assert stepped.contents is not None
            yield Restoring(output, stepped.contents)


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
    send_snapshot: Callable[[str, Install], None]
    """Sends a packet together with the snapshot at its position."""
    follow: Callable[[State, Mapping[str, Address]], None]
    """Told when another roll is in force, before anything is sent under it; with the
    addresses that the snapshot at the start of the log has."""
    requests: Requests
    audience: Audience
    counts: Counters
    teller: EventLogger
    snapshot_every: int = 0
    """After how many applied entries a snapshot is taken; 0: only when asked for."""
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
        self._roll: object = self.state.roll
        self._start: int = self.state.log.start
        self.applied: int = self.state.log.start
        """Up to here entries were given to the state machine."""
        self.snapshots: dict[int, Taken] = {}
        """What is known of the snapshots on the disk, by position, ascending."""
        self._last_attempt = max(parts.store.snapshots, default=0)
        self._announced = 0
        self._wanted: list[RequestId] = []
        for index in parts.store.snapshots:
            contents = parts.store.snapshot(index)
            assert contents is not None
            self.snapshots[index] = _taken(contents)
            if index == self.applied:
                self._load(contents)

    async def run(self) -> None:
        """Perform the first outputs, then step, for ever."""
        try:
            self._record_start()
            await self._perform([_Stepped(self.state, self._first)])
            while True:
                while not self._inbox:
                    self._news.clear()
                    await self._news.wait()
                handled = await self._step_several()
                await self._snapshot_if_due()
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
        state, results, handled = self.state, list[_Stepped](), list[_Waiting]()
        while self._inbox and len(handled) < MOST_AT_ONCE:
            if handled and (self._inbox[0].is_timer or handled[-1].is_timer):
                break
            waiting = self._inbox.popleft()
            handled.append(waiting)
            message = waiting.make()
            if message is not None:
                state, outputs = step(state, message)
                require_a_term(state, outputs)
                results.append(_Stepped(state, outputs, waiting.contents))
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

    def install(
        self, install: Install, contents: bytes, done: Callable[[], None]
    ) -> None:
        """Take a snapshot of a peer that has come in whole (runtime.install-complete).

        Without a machine that could load it, it is as if it had been lost.
        """
        parts = self._parts
        if can_dump(parts.machine):
            self._put(
                _Waiting(
                    lambda: Received(install, parts.clock.now()),
                    done,
                    contents=contents,
                )
            )
        else:
            parts.counts.rejected["snapshot"] += 1
            parts.teller.warn_rarely("no snapshot taken", install.sender, why=NO_DUMP)
            done()

    def snapshot(self, request: RequestId) -> None:
        """Take a user's wish for a snapshot; the answer is where it stands."""

        def make() -> None:
            self._wanted.append(request)

        self._put(_Waiting(make))

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

    async def _perform(self, results: Sequence[_Stepped]) -> None:
        """Perform the outputs of some steps: what is durable first, then the rest.

        Within a step that is their order, see output.durable-first. Across steps, the
        disk is ahead of what leaves. A crash in between is one after the last step
        whose packets were all lost.
        """
        writes = [write for result in results for write in _disk_writes(result)]
        if writes:
            await self._persist(writes)
        for result in results:
            after = result.after
            for write in _disk_writes(result):
                if isinstance(write, Restoring):
                    self._restore(write)
                elif isinstance(write, Discard):
                    self._forget_snapshots(write.index)
            if after.roll != self._roll:
                self._roll = after.roll
                self._parts.follow(after, self.addresses)  # runtime.addresses
            for output in result.outputs:
                self._do(after, output)

    async def _persist(self, writes: Sequence[DiskWrite]) -> None:
        begun, parts = time.perf_counter(), self._parts
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(parts.disk, parts.store.persist, writes)
        parts.counts.disk.add(time.perf_counter() - begun)

    def _do(self, after: State, output: Output) -> None:
        parts = self._parts
        match output:
            case Send(target, Install() as install):
                parts.send_snapshot(target, install)
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
            case Persist() | Discard() | Restore():
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

    # Snapshots.

    @property
    def addresses(self) -> Mapping[str, Address]:
        """Of members, as the snapshot at the start of the log has them."""
        taken = self.snapshots.get(min(self.snapshots, default=0))
        return {} if taken is None or self._start == 0 else taken.addresses

    async def _snapshot_if_due(self) -> None:
        """Take a snapshot that is wanted, or due, and tell core of the one before."""
        wanted, every = self._wanted, self._parts.snapshot_every
        is_due = every > 0 and self.applied - self._last_attempt >= every
        if wanted or is_due:
            self._wanted = []
            result: int | SnapshotRefused
            try:
                result = await self._take_snapshot()
            except SnapshotRefused as error:
                self._parts.teller.warn_rarely("no snapshot taken", "", why=str(error))
                result = error
            for request in wanted:
                self._parts.requests.finish(request, result)
        self._announce()

    async def _take_snapshot(self) -> int:
        """Have a snapshot of what is applied on the disk; give its position."""
        parts, index, log = self._parts, Index(self.applied), self.state.log
        self._last_attempt = index
        if index in self.snapshots:
            return index
        contents = Snapshot(self._addresses_at(index), self._dumped()).packed()
        if len(contents) > LONGEST_SNAPSHOT:
            raise SnapshotRefused(
                f"A snapshot must be at most {LONGEST_SNAPSHOT} bytes, "
                f"this one has {len(contents)}."
            )
        begun, loop = time.perf_counter(), asyncio.get_running_loop()
        await loop.run_in_executor(
            parts.disk, parts.store.keep_snapshot, index, contents
        )
        parts.counts.disk.add(time.perf_counter() - begun)
        parts.counts.snapshots_taken += 1
        self._note_snapshot(index, contents)
        parts.teller.tell(
            "snapshot taken", index=index, bytes=len(contents), log_start=log.start
        )
        return index

    def _dumped(self) -> bytes:
        machine = self._parts.machine
        if not can_dump(machine):
            raise SnapshotRefused(f"No snapshot: {NO_DUMP}.")
        if self.applied == 0:
            raise SnapshotRefused("Nothing is applied yet.")
        try:
            dumped: object = machine.dump()
        except Exception as error:
            raise SnapshotRefused(
                f"The state machine cannot be written down: {error!r}."
            ) from error
        if not isinstance(dumped, bytes):
            kind = type(dumped).__name__
            raise SnapshotRefused(f"A machine's dump must be bytes, got {kind}.")
        return dumped

    def _addresses_at(self, index: Index) -> dict[str, Address]:
        """Tell where the members at a position are reached, as far as the log told."""
        log, first = self.state.log, self._parts.config.first_roll
        members = log.roll_at(index, first).members
        told = {**self.addresses, **logged(self.state, index)}
        return {one: at for one, at in told.items() if members.has(AgentId(one))}

    def _announce(self) -> None:
        """Tell core of the snapshot before the newest, once it may let entries go."""
        *_, index, _ = (0, 0, *self.snapshots)
        is_new = self.state.log.start < index <= self.state.commit_index
        if is_new and index > self._announced:
            self._announced = index
            self._put(_Waiting(lambda: Snapshotted(Index(index))))

    def _note_snapshot(self, index: int, contents: bytes) -> None:
        """Follow the disk, where a snapshot is; after a restart a later one may be."""
        self.snapshots[index] = _taken(contents)
        self.snapshots = dict(sorted(self.snapshots.items()))

    def _forget_snapshots(self, below: int) -> None:
        """Follow the disk, where snapshots below the start of the log are gone."""
        self._start = below
        for index in [one for one in self.snapshots if one < below]:
            del self.snapshots[index]

    def _restore(self, restoring: Restoring) -> None:
        """Go on from a snapshot that was received, and is on the disk."""
        parts, index = self._parts, restoring.restore.index
        if not restoring.restore.keeps_rest:
            self.snapshots.clear()
        self._note_snapshot(index, restoring.contents)
        self._forget_snapshots(index)
        self._load(restoring.contents)
        self.applied = self._last_attempt = index
        self._roll = None  # the addresses are others, too
        parts.requests.skip(index)
        roll = restoring.restore.roll
        if roll.electors == roll.outgoing:
            parts.requests.settle()
        parts.counts.snapshots_installed += 1
        parts.teller.tell(
            "snapshot installed", index=index, bytes=len(restoring.contents)
        )

    def _load(self, contents: bytes) -> None:
        machine = self._parts.machine
        if not can_dump(machine):
            raise SettingsError(
                "machine must have methods dump and load: the log of this agent begins "
                "behind a snapshot"
            )
        try:
            machine.load(unpacked(contents).machine)
        except Exception as error:
            raise MachineFailed(
                f"The state machine cannot load a snapshot: {error!r}."
            ) from error

    def _place(self, after: State, accepted: WriteAccepted) -> None:
        """Note where a write stands; a forwarded one may be decided already."""
        requests = self._parts.requests
        if accepted.index > self.applied:
            requests.place(accepted.request, accepted.index, accepted.token)
        elif accepted.index <= after.log.start:
            requests.doubt(accepted.request, accepted.index)
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
