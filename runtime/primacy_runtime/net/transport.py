"""The network of one agent: a port to listen at, and a link to each other member.

Links follow the roll in force: one is opened for each agent that is admitted, and that
of an agent that left is closed. An agent off the roll is called only if there is
something to say to it: what it asked may have to be answered.

Contract: `send` never waits and never fails; a packet that cannot go is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from primacy import AgentId, Config, State
from primacy.messages import Install, Packet
from primacy_runtime.counters import Counters
from primacy_runtime.log import EventLogger
from primacy_runtime.net.addresses import Addresses
from primacy_runtime.net.handshake import HandshakeRefusal, Introductions
from primacy_runtime.net.link import Link, LinkSettings
from primacy_runtime.net.listener import Deliver, Hand, Listener, ListenerContext
from primacy_runtime.net.tls import Tls
from primacy_runtime.settings import Address

SHORTEST_PATIENCE_S: Final = 1.0
LONGEST_PATIENCE_S: Final = 10.0
LONGEST_PAUSE_S: Final = 2.0
MOST_GUESTS: Final = 16
"""How many agents off the roll are called at a time."""


class Transport:
    """Carries packets between this agent and others."""

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
        install: Hand,
        fetch: Callable[[int], Awaitable[bytes | None]],
        refused: Callable[[str, HandshakeRefusal], None],
    ) -> None:
        self._is_cut = False
        self.links: dict[str, Link] = {}
        self._install = install
        self._deliver, self._counts, self._teller, self._tls = (
            deliver,
            counts,
            teller,
            tls,
        )
        leader_timeout_s = config.leader_timeout_ms / 1000
        patience = min(max(leader_timeout_s, SHORTEST_PATIENCE_S), LONGEST_PATIENCE_S)
        self._terms = LinkSettings(
            introductions,
            counts,
            teller,
            tls.client() if tls else None,
            patience,
            min(config.election_timeout_ms / 1000, LONGEST_PAUSE_S),
            refused,
            fetch,
        )
        self._addresses = Addresses(peers, self._on_bad_address)
        self._others = config.first_roll.members.without(config.me)
        self._me = config.me
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.listener = Listener(
            ListenerContext(
                introductions,
                counts,
                teller,
                tls.server() if tls else None,
                patience,
                self._receive,
                self._receive_snapshot,
                self._on_greeting,
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
        """Take callers, and call the members."""
        group.create_task(self.listener.run())
        self._group = group
        for link in self.links.values():
            self._run(link)

    def follow(self, state: State, before: Mapping[str, Address]) -> None:
        """Call the members of the roll in force, at the addresses of the log.

        `before`: those that the snapshot at the start of the log has.
        """
        self._addresses.follow(state, before)
        self._others = state.roll.members.without(self._me)
        for peer in tuple(self.links):
            if not self._others.has(AgentId(peer)):
                self._close(peer)
        for peer in self._others.members:
            self._reopen(peer)

    @property
    def is_cut(self) -> bool:
        """For experiments: nothing goes out, nothing comes in."""
        return self._is_cut

    @is_cut.setter
    def is_cut(self, is_cut: bool) -> None:
        self._is_cut = is_cut
        for link in self.links.values():
            link.end_snapshot()

    def _reopen(self, peer: str) -> None:
        """Have a link to where an agent is reached now."""
        link, where = self.links.get(peer), self._addresses.get(peer)
        if link is not None and link.where != where:
            self._close(peer)
        if where is not None and peer not in self.links:
            self.links[peer] = Link(peer, where, self._terms)
            self._run(self.links[peer])

    def _run(self, link: Link) -> None:
        if self._group is None:
            return
        work = link.run()
        try:
            self._tasks[link.peer] = self._group.create_task(work)
        except RuntimeError:  # the agent is about to end: nobody is called any more
            work.close()

    def _close(self, peer: str) -> None:
        del self.links[peer]
        task = self._tasks.pop(peer, None)
        if task is not None:
            task.cancel()

    def send(self, target: str, body: bytes) -> None:
        """Have a packet sent, or lost."""
        if target not in self.links and not self.is_cut:
            self._invite(target)
        if target in self.links and not self.is_cut:
            self.links[target].send(body)
        else:
            self._counts.packets_dropped += 1

    def send_snapshot(self, target: str, install: Install) -> None:
        """Have a snapshot sent, or lost."""
        if target in self.links and not self.is_cut:
            self.links[target].send_snapshot(install)
        else:
            self._counts.packets_dropped += 1

    def _invite(self, target: str) -> None:
        """Call an agent off the roll, in place of the one that was called first."""
        others = self._others
        guests = [peer for peer in self.links if not others.has(AgentId(peer))]
        if len(guests) >= MOST_GUESTS:
            self._close(guests[0])
        self._reopen(target)

    def _receive(self, packet: Packet, done: Callable[[], None]) -> None:
        if self.is_cut:
            done()
        else:
            self._deliver(packet, done)

    def _receive_snapshot(
        self, install: Install, contents: bytes, done: Callable[[], None]
    ) -> None:
        if self.is_cut:
            done()
        else:
            self._install(install, contents, done)

    def _on_greeting(self, caller: str, told: str) -> None:
        self._addresses.hear(caller, told)
        if caller in self.links or self._others.has(AgentId(caller)):
            self._reopen(caller)

    def _on_bad_address(self, index: int, why: str) -> None:
        self._counts.rejected["bad-address"] += 1
        self._teller.warn_rarely("bad address", str(index), why=why)

    async def close(self) -> None:
        """Close the port and all that came in by it; links end with their tasks."""
        await self.listener.close()
