"""The network of one agent: a port to listen at, and a link to each peer.

Contract: `send` never waits and never fails; a packet that cannot go is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from primacy import Config
from primacy.messages import Packet
from primacy_runtime.counters import Counters
from primacy_runtime.log import EventLogger
from primacy_runtime.net.handshake import HandshakeRefusal, Introductions
from primacy_runtime.net.link import Link, LinkSettings
from primacy_runtime.net.listener import Deliver, Listener, ListenerContext
from primacy_runtime.net.tls import Tls
from primacy_runtime.settings import Address

SHORTEST_PATIENCE_S: Final = 1.0
LONGEST_PATIENCE_S: Final = 10.0
LONGEST_PAUSE_S: Final = 2.0


class Transport:
    """Carries packets between this agent and its peers."""

    def __init__(
        self,
        config: Config,
        *,
        peers: Mapping[str, Address],
        introductions: Introductions,
        tls: Tls | None,
        counts: Counters,
        teller: EventLogger,
        deliver: Deliver,
        refused: Callable[[str, HandshakeRefusal], None],
    ) -> None:
        self.is_cut = False
        """For experiments: nothing goes out, nothing comes in."""
        self._deliver, self._counts, self._teller, self._tls = (
            deliver,
            counts,
            teller,
            tls,
        )
        leader_timeout_s = config.leader_timeout_ms / 1000
        patience = min(max(leader_timeout_s, SHORTEST_PATIENCE_S), LONGEST_PATIENCE_S)
        terms = LinkSettings(
            introductions,
            counts,
            teller,
            tls.client() if tls else None,
            patience,
            min(config.election_timeout_ms / 1000, LONGEST_PAUSE_S),
            refused,
        )
        self.links = {peer: Link(peer, peers[peer], terms) for peer in peers}
        self.listener = Listener(
            ListenerContext(
                introductions,
                counts,
                teller,
                tls.server() if tls else None,
                patience,
                self._receive,
            )
        )

    async def open(self, where: Address) -> Address:
        """Open the port; tell where it is."""
        if self._tls is None and not where.is_loopback:
            self._teller.warn_rarely(
                "no tls",
                str(where),
                why="the address is not loopback: any caller is believed",
            )
        return await self.listener.open(where)

    def begin(self, group: asyncio.TaskGroup) -> None:
        """Take callers, and call the peers."""
        group.create_task(self.listener.run())
        for link in self.links.values():
            group.create_task(link.run())

    def send(self, target: str, body: bytes) -> None:
        """Have a packet sent, or lost."""
        if self.is_cut:
            self._counts.packets_dropped += 1
        else:
            self.links[target].send(body)

    def _receive(self, packet: Packet, done: Callable[[], None]) -> None:
        if self.is_cut:
            done()
        else:
            self._deliver(packet, done)

    async def close(self) -> None:
        """Close the port and all that came in by it; links end with their tasks."""
        await self.listener.close()
