"""The life of one agent: what it opens, what runs, and how all of it ends.

Contract: whatever ends it, nothing stays open and nobody waits for ever. What breaks a
promise of the protocol (its disk, its state machine, a mesh that knows it with another
disk) ends it for good; what strangers and networks do, does not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from primacy import AgentId, Config, State
from primacy.messages import Install
from primacy_runtime.client import Client
from primacy_runtime.clock import Clock
from primacy_runtime.counters import Counters
from primacy_runtime.driver import Driver, DriverContext
from primacy_runtime.errors import SettingsError, StoreError, StoreForeign
from primacy_runtime.events import Audience
from primacy_runtime.health import Health
from primacy_runtime.log import EventLogger
from primacy_runtime.net.handshake import (
    KINDS,
    OTHER_DISK,
    HandshakeRefusal,
    IntroductionContext,
    Introductions,
)
from primacy_runtime.net.tls import Tls
from primacy_runtime.net.transport import Transport
from primacy_runtime.pending_requests import Requests
from primacy_runtime.settings import Address
from primacy_runtime.state_machine import Machine
from primacy_runtime.store import Store
from primacy_runtime.trace import RecordingFactory

if TYPE_CHECKING:
    from primacy_runtime.metrics import Port


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """What an agent was given, checked."""

    config: Config
    peers: Mapping[str, Address]
    listen: Address
    advertise: Address | None
    metrics: Address | None
    path: Path
    machine: Machine
    snapshot_every: int
    clock: Clock
    tls: Tls | None
    record: RecordingFactory | None


class Lifecycle:
    """From the start of an agent to its end."""

    def __init__(
        self,
        given: AgentOptions,
        store: Store,
        disk: ThreadPoolExecutor,
        counts: Counters,
    ) -> None:
        config = given.config
        self.is_over = False
        self.failure: Exception | None = None
        self.where = given.listen
        self.port: Port | None = None
        self.audience = Audience()
        self._given, self._store, self._disk = given, store, disk
        self._counts = counts
        self._teller = EventLogger(config.mesh_id, config.agent_id)
        self._requests = Requests(config.agent_id)
        self.driver = Driver(
            DriverContext(
                config,
                given.clock,
                store,
                disk,
                given.machine,
                self._send,
                self._send_snapshot,
                self._follow,
                self._requests,
                self.audience,
                counts,
                self._teller,
                given.snapshot_every,
                given.record(config) if given.record else None,
            )
        )
        self.transport = Transport(
            config,
            peers=given.peers,
            introductions=Introductions(
                IntroductionContext(
                    config,
                    store.id,
                    store.known,
                    self._remember,
                    self._is_member,
                    lambda: self.reached_at,
                )
            ),
            tls=given.tls,
            counts=counts,
            teller=self._teller,
            deliver=self.driver.receive,
            install=self.driver.install,
            fetch=self._fetch,
            refused=self._on_refusal,
        )
        self._follow(self.driver.state, self.driver.addresses)
        self.client = Client(config, self.driver, self._requests, counts)
        self._has_begun, self._is_ending = asyncio.Event(), False
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def begin(
        cls, given: AgentOptions, counts: Counters, health: Callable[[], Health]
    ) -> Lifecycle:
        """Open the disk and the ports, and begin; or leave nothing open."""
        loop, config = asyncio.get_running_loop(), given.config
        disk = ThreadPoolExecutor(1, f"primacy-{config.agent_id}")
        opened: list[Store] = []  # also if nobody waits for it any more
        life: Lifecycle | None = None
        try:
            await loop.run_in_executor(
                disk, lambda: opened.append(Store.open(given.path, config))
            )
            life = cls(given, opened[0], disk, counts)
            await life._open(health)
        except BaseException:
            if life is not None:
                await life.transport.close()
            closing = disk.submit(_close, opened)
            await asyncio.shield(asyncio.wrap_future(closing))
            disk.shutdown(wait=False)
            raise
        life._task = asyncio.create_task(life._run())
        life._teller.tell("started", address=str(life.where), disk=life._store.id)
        return life

    async def _open(self, health: Callable[[], Health]) -> None:
        given = self._given
        try:
            self.where = await self.transport.open(given.listen)
            if given.metrics is not None:
                from primacy_runtime.metrics import (  # noqa: PLC0415 - if asked for
                    Metrics,
                    serve,
                )

                self.port = serve(given.metrics, Metrics(health, self._counts))
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"metrics needs {error.name}: install the extra with "
                f"pip install 'primacy[runtime]'"
            ) from None
        except OSError as error:
            raise SettingsError(
                f"listen and metrics must be free local addresses, "
                f"got {given.listen} and {given.metrics or 'none'}: {error}"
            ) from None

    @property
    def reached_at(self) -> str:
        """Where others reach this agent, empty if that is not known."""
        where = self._given.advertise or self.where
        return "" if where.is_everywhere or where.port == 0 else str(where)

    def _send(self, target: str, body: bytes) -> None:
        self.transport.send(target, body)

    def _send_snapshot(self, target: str, install: Install) -> None:
        self.transport.send_snapshot(target, install)

    def _follow(self, state: State, before: Mapping[str, Address]) -> None:
        self.transport.follow(state, before)

    async def _fetch(self, index: int) -> bytes | None:
        """Read a snapshot to be sent; `None` if the log starts elsewhere by now."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._disk, self._store.snapshot, index)
        except StoreError as error:
            self.driver.end(error)
            return None

    def _is_member(self, agent: str) -> bool:
        return self.driver.state.roll.members.has(AgentId(agent))

    async def _remember(self, peer: str, disk_of_peer: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                self._disk, self._store.remember, peer, disk_of_peer
            )
        except StoreError as error:
            self.driver.end(error)
            raise

    def _on_refusal(self, peer: str, why: HandshakeRefusal) -> None:
        """Heed a peer's refusal: an agent with another disk must not go on."""
        kind, reason = why
        if kind == OTHER_DISK:
            self.driver.end(StoreForeign(f"{peer} refuses this agent: {reason}."))
        else:
            known = kind if kind in KINDS else "other"
            self._counts.rejected[f"by-peer-{known}"] += 1
            self._teller.warn_rarely("refused by peer", peer, kind=kind, why=reason)

    async def _run(self) -> None:
        try:
            self._has_begun.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self.driver.run())
                self.transport.begin(group)
        except* Exception as errors:  # noqa: BLE001 - it is logged, and `closed` raises it
            self.failure = next(_leaves(errors))
        finally:
            await self._tear_down()

    async def _tear_down(self) -> None:
        self.is_over = self._is_ending = True
        why = "The agent was stopped."
        if self.failure is not None:
            why = f"The agent has stopped: {self.failure}"
            self._teller.tell("failed", logging.ERROR, why=str(self.failure))
        else:
            self._teller.tell("stopped")
        self._requests.end(why)
        self.audience.end()
        await self.transport.close()
        if self.port is not None:
            await self.port.close()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._disk, self._store.close)
        self._disk.shutdown()  # its thread is idle: it ends at once

    async def stop(self) -> None:
        """End it now; it may be called at any time, by any number of tasks."""
        self.is_over = True
        if self._task is not None:
            await self._has_begun.wait()  # a task that never ran cleans nothing up
            if not self._is_ending:
                self._is_ending = True
                self._task.cancel()  # once: a second one would cut the cleaning short
            await asyncio.wait([self._task])

    async def closed(self) -> None:
        """Wait until it has ended; raise why, if it failed."""
        if self._task is not None:
            await asyncio.wait([self._task])
        if self.failure is not None:
            raise self.failure


def _close(opened: Sequence[Store]) -> None:
    for store in opened:
        store.close()


def _leaves(errors: BaseExceptionGroup[BaseException]) -> Iterator[Exception]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        elif isinstance(error, Exception):
            yield error
