"""Sending: one connection to each peer, made by the sender, with a queue of its own.

Contract: `send` never waits, so a slow or dead peer holds back nobody else. What does
not fit is left out, the oldest first: packets may be lost (runtime.delivery), and a
newer one is worth more. A packet is never sent twice.

A snapshot goes in parts, each when nothing else waits and the one before has left, so
it takes no memory but its own and delays packets by a part at most. One is sent at a
time: another that is asked for meanwhile is left out, and so is one whose connection
breaks. Core asks again.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import SystemRandom
from typing import Final

from primacy.messages import Install
from primacy_runtime.counters import Counters
from primacy_runtime.log import EventLogger
from primacy_runtime.net.frames import (
    FrameError,
    Welcome,
    frame,
    greeting,
    read_greeting,
)
from primacy_runtime.net.handshake import WELCOME, HandshakeRefusal, Introductions
from primacy_runtime.net.sockets import settle
from primacy_runtime.net.tls import names
from primacy_runtime.net.transfers import Departure
from primacy_runtime.settings import Address

MOST_FRAMES: Final = 4_096
MOST_BYTES: Final = 32 * 2**20
"""What may wait for a peer that is connected."""
MOST_UNCONNECTED: Final = 64
"""How many frames may wait for one that is not: later ones make them worthless."""
AT_ONCE: Final = 2**18
"""About how many bytes are handed to the connection at once."""
FIRST_PAUSE_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What all links of an agent share. Lengths of time are in seconds."""

    introductions: Introductions
    counts: Counters
    teller: EventLogger
    tls: ssl.SSLContext | None
    patience: float
    """How long a connection may take to come about, or to take what is sent."""
    longest_pause: float
    """Between two attempts to connect."""
    refused: Callable[[str, HandshakeRefusal], None]
    """Told when a peer refuses this agent: who, and why."""
    fetch: Callable[[int], Awaitable[bytes | None]]
    """Reads the snapshot at a position, if it is still there."""


class Link:
    """The way to one peer."""

    def __init__(self, peer: str, where: Address, terms: LinkSettings) -> None:
        self.peer, self.where, self._terms = peer, where, terms
        self.is_up = False
        """The peer has welcomed this agent."""
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._install: Install | None = None
        """The snapshot that is being sent, or will be."""
        self._departure: Departure | None = None

    def send(self, body: bytes) -> None:
        """Have a packet sent as soon as may be, or left out."""
        framed = frame(body)
        self._queue.append(framed)
        self._bytes += len(framed)
        most = MOST_FRAMES if self.is_up else MOST_UNCONNECTED
        while len(self._queue) > most or self._bytes > MOST_BYTES:
            self._bytes -= len(self._queue.popleft())
            self._terms.counts.packets_dropped += 1
        self._wake.set()

    def send_snapshot(self, install: Install) -> None:
        """Have a snapshot sent, unless one is or nobody is there."""
        if self._install is None and self.is_up:
            self._install = install
            self._wake.set()
        else:
            self._terms.counts.packets_dropped += 1

    def end_snapshot(self) -> None:
        """Send no more of a snapshot."""
        self._install = self._departure = None

    async def run(self) -> None:
        """Connect, send, and connect again, for ever."""
        draw, pause = SystemRandom(), FIRST_PAUSE_S
        while True:
            try:
                was_up = await self._connected()
            except FrameError as error:
                was_up = False
                self._reject(error.kind, str(error))
            except ssl.SSLError as error:
                was_up = False
                self._reject("tls", error.reason or str(error))
            except (OSError, EOFError) as error:  # TimeoutError is one
                was_up = self.is_up
                why = str(error) or type(error).__name__
                self._terms.teller.warn_rarely(
                    "unreachable", self.peer, address=str(self.where), why=why
                )
            finally:
                self.is_up = False
                self.end_snapshot()
            pause = FIRST_PAUSE_S if was_up else min(2 * pause, self._longest_pause)
            await asyncio.sleep(draw.uniform(pause / 2, pause))

    @property
    def _longest_pause(self) -> float:
        return self._terms.longest_pause

    def _reject(self, kind: str, reason: str) -> None:
        self._terms.counts.rejected[kind] += 1
        self._terms.teller.warn_rarely("refused", self.peer, kind=kind, why=reason)

    async def _connected(self) -> bool:
        """Live through one connection; tell whether the peer welcomed this agent."""
        terms = self._terms
        async with asyncio.timeout(terms.patience):
            reader, writer = await asyncio.open_connection(
                self.where.host, self.where.port, ssl=terms.tls
            )
        try:
            async with asyncio.timeout(terms.patience):
                settle(writer, terms.patience)
                writer.write(greeting(terms.introductions.hello(self.peer)))
                welcome = await read_greeting(reader, Welcome)
                end = writer.get_extra_info("ssl_object")
                shown = names(end) if terms.tls else None
                is_meant = shown is None or self.peer in shown
                if welcome.refused and is_meant:
                    terms.refused(self.peer, (welcome.refused, welcome.reason[:400]))
                    return False
                judge = terms.introductions.judge_listener
                refusal = await judge(welcome, self.peer, shown)
            if refusal != WELCOME:
                self._reject(*refusal)
                return False
            self.is_up = True
            terms.teller.tell("connected", peer=self.peer)
            await self._pump(reader, writer)
            return True
        finally:
            writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Send what waits until the connection ends."""
        over = asyncio.ensure_future(reader.read(1))  # a listener says nothing more
        over.add_done_callback(lambda _: self._wake.set())
        try:
            while not over.done():
                self._wake.clear()
                while self._queue or self._install:
                    part = await self._next_part() if self._install else b""
                    writer.write(self._next() + part)
                    async with asyncio.timeout(self._terms.patience):
                        await writer.drain()
                await self._wake.wait()
        finally:
            over.cancel()
            await asyncio.gather(over, return_exceptions=True)

    async def _next_part(self) -> bytes:
        """Cut the next part of the snapshot, and end it behind the last."""
        install, terms = self._install, self._terms
        assert install is not None
        if self._departure is None:
            contents = await terms.fetch(install.index)
            if contents is None or self._install is not install:
                terms.counts.packets_dropped += 1  # the log begins elsewhere by now
                self.end_snapshot()
                return b""
            self._departure = Departure(install, contents)
        body = self._departure.next_frame()
        if self._departure.is_over:
            self.end_snapshot()
            terms.counts.packets_sent += 1
            terms.counts.snapshots_sent += 1
            terms.teller.tell("snapshot sent", peer=self.peer, index=install.index)
        return frame(body)

    def _next(self) -> bytes:
        frames: list[bytes] = []
        size = 0
        while self._queue and size < AT_ONCE:
            frames.append(self._queue.popleft())
            size += len(frames[-1])
        self._bytes -= size
        self._terms.counts.packets_sent += len(frames)
        return b"".join(frames)
