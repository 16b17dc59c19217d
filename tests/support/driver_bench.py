"""A driver on its own, whose disk and network record what it does."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from primacy import loads
from primacy.messages import Install, Packet, VoteRequest
from primacy.types import Index, Term
from primacy_runtime import Clock, Machine, StoreBroken, Table
from primacy_runtime.counters import Counters
from primacy_runtime.driver import Driver, DriverContext
from primacy_runtime.events import Audience
from primacy_runtime.log import EventLogger
from primacy_runtime.net.frames import PACKETS
from primacy_runtime.pending_requests import Requests
from primacy_runtime.store import DiskWrite, Store
from tests.support.stores import CONFIG

BOB = CONFIG.first_roll.members.without(CONFIG.me).first


class RecordingStore(Store):
    """A store that tells when it was written, and can break."""

    told: list[str]
    is_broken = False

    def persist(self, writes: Sequence[DiskWrite]) -> None:
        if self.is_broken:
            raise StoreBroken("the disk is gone")
        super().persist(writes)
        self.told.append("disk")


class Bench:
    """One driver, and what it did in order."""

    def __init__(
        self,
        folder: Path,
        machine: Machine | None = None,
        snapshot_every: int = 0,
        store: type[RecordingStore] = RecordingStore,
    ) -> None:
        self.told: list[str] = []
        self.packets: list[Packet] = []
        opened = store.open(folder / "ada.sqlite3", CONFIG)
        assert isinstance(opened, RecordingStore)
        self.store = opened
        opened.told = self.told
        self.requests, self.counts = Requests("ada"), Counters()
        self.disk = ThreadPoolExecutor(1)
        self.driver = Driver(
            DriverContext(
                CONFIG,
                Clock(),
                opened,
                self.disk,
                Table() if machine is None else machine,
                self.send,
                self.send_snapshot,
                lambda *_: None,
                self.requests,
                Audience(),
                self.counts,
                EventLogger("mesh", "ada"),
                snapshot_every,
            )
        )

    def send(self, target: str, body: bytes) -> None:
        packet = loads(body, *PACKETS)
        self.told.append(f"{type(packet).__name__} to {target}")
        self.packets.append(packet)

    def send_snapshot(self, target: str, install: Install) -> None:
        self.told.append(f"Install to {target}")
        self.packets.append(install)

    def receive(self, packet: Packet) -> None:
        self.driver.receive(packet, lambda: self.told.append("handled"))

    async def end(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self.store.close()
        self.disk.shutdown()


def vote_request(term: int) -> VoteRequest:
    return VoteRequest(
        CONFIG.mesh, BOB, Term(term), Index(0), Term(0), CONFIG.first_roll, False
    )
