"""Receiving: a port, introductions, and the packets of callers that are let in.

Contract: no caller waits for another. A caller has a moment to introduce itself.
Strangers are few at a time: in a crowd the one that has said nothing for longest is
dropped, so that a caller that speaks at once gets in. A peer has one connection (its
newest) and a window of packets that are not yet handled. Whatever is not of the format
ends the connection, is counted, and is logged at a limited rate.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from primacy.messages import Install, Packet
from primacy_runtime.counters import Counters
from primacy_runtime.errors import StoreError
from primacy_runtime.log import EventLogger
from primacy_runtime.net.frames import (
    LONGEST_PACKET,
    FrameError,
    Hello,
    greeting,
    read_frame,
    read_greeting,
    read_packet,
)
from primacy_runtime.net.handshake import WELCOME, Introductions
from primacy_runtime.net.sockets import settle
from primacy_runtime.net.tls import names
from primacy_runtime.net.transfers import Arrivals, Desk, is_of_transfer
from primacy_runtime.settings import Address

GREETING_S: Final = 5.0
"""How long a caller may take to introduce itself."""
MOST_STRANGERS: Final = 256
"""How many callers may be about to introduce themselves."""
WINDOW: Final = 128
"""How many packets of one peer may wait to be handled."""

Deliver = Callable[[Packet, Callable[[], None]], None]
"""Takes a packet, and what to call when it was handled."""
Hand = Callable[[Install, bytes, Callable[[], None]], None]
"""Takes a snapshot in the same way."""


@dataclass(frozen=True, slots=True)
class ListenerContext:
    """What the listener needs of its agent."""

    introductions: Introductions
    counts: Counters
    teller: EventLogger
    tls: ssl.SSLContext | None
    patience: float
    deliver: Deliver
    install: Hand
    heard: Callable[[str, str], None]
    """Told who was let in, and where it says that it is reached."""


class Listener:
    """A port and its callers."""

    def __init__(self, house: ListenerContext) -> None:
        self._house = house
        self._socket: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers: dict[asyncio.Task[None], str] = {}
        """Who has not introduced itself, the oldest first, and from where it calls."""
        self._callers: dict[str, asyncio.StreamWriter] = {}
        self._desk = Desk()

    async def open(self, where: Address) -> Address:
        """Bind the port; tell where it is, for port 0 means any."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            where.host, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, place = found[0]
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setblocking(False)
        self._socket.bind(place)
        self._socket.listen(128)
        return Address(where.host, self._socket.getsockname()[1])

    async def run(self) -> None:
        """Take callers, for ever."""
        loop, called = asyncio.get_running_loop(), asyncio.Event()
        assert self._socket is not None
        loop.add_reader(self._socket, called.set)
        try:
            while True:
                await called.wait()
                try:
                    # `sock_accept` of the loop would lose a caller if it is cancelled.
                    sock, _ = self._socket.accept()
                except BlockingIOError:
                    called.clear()
                except OSError as error:  # out of descriptors, or the caller is gone
                    self._house.teller.warn_rarely("no caller taken", "", why=error)
                    await asyncio.sleep(0.1)
                else:
                    self._take(sock)
                    await asyncio.sleep(0)  # many at once must not hold up the agent
        finally:
            loop.remove_reader(self._socket)

    def _take(self, sock: socket.socket) -> None:
        """Serve a caller in a task of its own."""
        sock.setblocking(False)
        if len(self._strangers) >= MOST_STRANGERS:
            self._make_room()
        task = asyncio.create_task(self._serve(sock))
        self._tasks.add(task)
        self._strangers[task] = _name_of(sock)
        task.add_done_callback(self._forget)
        task.add_done_callback(lambda _: sock.close())  # it may never have begun

    def _make_room(self) -> None:
        """Send away who waits for longest, of the place that most call from."""
        (place, _), *_ = Counter(self._strangers.values()).most_common(1)
        task = next(one for one, at in self._strangers.items() if at == place)
        del self._strangers[task]
        task.cancel()
        self._house.counts.rejected["crowd"] += 1

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._strangers.pop(task, None)

    async def close(self) -> None:
        """Send everybody away."""
        if self._socket is not None:
            self._socket.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, sock: socket.socket) -> None:
        caller = _name_of(sock)
        hello: Hello | None = None
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(GREETING_S):
                reader, writer = await self._opened(sock)
                hello = await self._introduced(reader, writer)
            if hello is not None:
                await self._hear(reader, writer, hello.sender)
        except FrameError as error:
            self._reject(error.kind, hello.sender if hello else caller, str(error))
        except TimeoutError:
            if hello is None:  # later it is the network that gave up
                self._reject("silent", caller, f"no greeting within {GREETING_S:g} s")
        except ssl.SSLError as error:
            self._reject("tls", caller, error.reason or str(error))
        except StoreError:
            return  # the agent is about to stop, and says why
        except (OSError, EOFError):
            return  # the caller went away
        finally:
            if writer is None:
                sock.close()
            else:
                writer.transport.abort()
                if hello is not None and self._callers.get(hello.sender) is writer:
                    del self._callers[hello.sender]

    def _reject(self, kind: str, about: str, reason: str) -> None:
        self._house.counts.rejected[kind] += 1
        self._house.teller.warn_rarely("refused", about, kind=kind, why=reason)

    async def _opened(
        self, sock: socket.socket
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Make streams of an accepted socket, after the handshake of TLS, if any."""
        loop, tls = asyncio.get_running_loop(), self._house.tls
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            sock,
            ssl=tls,
            ssl_handshake_timeout=GREETING_S if tls else None,
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        settle(writer, self._house.patience)
        return reader, writer

    async def _introduced(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Hello | None:
        """Hear who calls, and answer; `None` for who may not speak."""
        house = self._house
        hello = await read_greeting(reader, Hello)
        shown = names(writer.get_extra_info("ssl_object")) if house.tls else None
        refusal = await house.introductions.judge_caller(hello, shown)
        writer.write(greeting(house.introductions.welcome(refusal)))
        if refusal == WELCOME:
            me = asyncio.current_task()
            assert me is not None
            self._strangers.pop(me, None)
            house.heard(hello.sender, hello.address)
            return hello
        self._reject(refusal[0], hello.sender[:80], refusal[1])
        await reader.read(1)  # until the caller has read it and is gone
        return None

    async def _hear(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str
    ) -> None:
        before = self._callers.get(peer)
        if before is not None:
            before.transport.abort()
        self._callers[peer] = writer
        house, window = self._house, asyncio.Semaphore(WINDOW)
        arrivals = Arrivals(self._desk, peer)
        try:
            while True:
                await window.acquire()
                body = await read_frame(reader, LONGEST_PACKET)
                if is_of_transfer(body):
                    snapshot = arrivals.add(body)
                    if snapshot is None:
                        window.release()
                    else:
                        house.counts.packets_received += 1
                        house.install(*snapshot, window.release)
                else:
                    packet = read_packet(body, peer)
                    house.counts.packets_received += 1
                    house.deliver(packet, window.release)
        finally:
            arrivals.end()


def _name_of(sock: socket.socket) -> str:
    try:
        return str(sock.getpeername()[0])
    except (OSError, IndexError):
        return "somebody"
