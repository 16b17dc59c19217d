"""Who may speak with this agent: the same mesh, a known id, and the disk it always had.

An id that has ever run must not run again with another disk (runtime.own-disk): it
could vote twice, and forget what it acknowledged. So each disk has a random name, both
ends of a connection say theirs, and each agent keeps on its own disk under which name
it first heard a peer. Another name is refused, until an operator vouches for it.

Contract: what is not named here is refused, and a peer is kept in mind, durably, before
the first packet of it is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from primacy import AgentId, Config
from primacy_runtime.net.frames import Hello, Welcome

KINDS: Final = (
    "other-mesh",
    "misdirected",
    "unknown-agent",
    "certificate",
    "garbage",
    "other-disk",
)
"""What a refusal is counted as."""
OTHER_DISK: Final = "other-disk"
"""How it is counted that an id came with another disk."""

HandshakeRefusal = tuple[str, str]
"""What it is counted as, and the sentence; both empty for who is welcome."""
WELCOME: Final[HandshakeRefusal] = ("", "")


class Introductions:
    """Judges both ends. `names` are those of a certificate, `None` without TLS."""

    def __init__(
        self,
        config: Config,
        store: str,
        known: Mapping[str, str],
        remember: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._config, self._store, self._known = config, store, known
        self._remember = remember
        self._one_at_a_time = asyncio.Lock()

    def hello(self, target: str) -> Hello:
        """Introduce this agent to a peer that it calls."""
        return Hello(self._config.mesh, self._config.agent_id, target, self._store)

    def welcome(self, refusal: HandshakeRefusal) -> Welcome:
        """Answer a caller; one that is refused learns nothing of the disk."""
        store = self._store if refusal == WELCOME else ""
        return Welcome(self._config.agent_id, store, *refusal)

    async def judge_caller(
        self, hello: Hello, names: frozenset[str] | None
    ) -> HandshakeRefusal:
        """Say whether a caller may speak."""
        config = self._config
        if hello.mesh != config.mesh:
            return "other-mesh", f"this is mesh {config.mesh}, not {hello.mesh[:200]}"
        if hello.target != config.agent_id:
            return "misdirected", f"this is {config.agent_id}, not {hello.target[:80]}"
        return await self._judge(hello.sender, hello.store, names)

    async def judge_listener(
        self, welcome: Welcome, target: str, names: frozenset[str] | None
    ) -> HandshakeRefusal:
        """Say whether the agent that was called is the one that was meant."""
        if welcome.agent != target:
            return "misdirected", f"{welcome.agent[:80]} answered in place of {target}"
        return await self._judge(welcome.agent, welcome.store, names)

    async def _judge(
        self, agent: str, store: str, names: frozenset[str] | None
    ) -> HandshakeRefusal:
        if not self._config.peers.has(AgentId(agent)):
            return "unknown-agent", f"{agent[:80]!r} is no other agent of this mesh"
        if names is not None and agent not in names:
            shown = ", ".join(sorted(names))[:200] or "nobody"
            return "certificate", f"the certificate of {agent} names {shown}"
        if not 16 <= len(store) <= 64:
            return "garbage", f"{agent} does not say which disk it has"
        async with self._one_at_a_time:
            if agent not in self._known:
                await self._remember(agent, store)
        if self._known.get(agent) != store:
            return OTHER_DISK, (
                f"{agent} ran before with disk {self._known.get(agent)} and now comes "
                f"with {store}: see 'A lost disk' in docs/runtime.md"
            )
        return WELCOME
