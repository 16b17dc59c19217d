"""Who may speak with this agent: the same mesh, any id, and the disk it always had.

An agent that is no member may speak: that it was admitted may be news to this agent.
Who has which id is for certificates to show.

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
from dataclasses import dataclass
from typing import Final

from primacy import Config
from primacy_runtime.errors import SettingsError
from primacy_runtime.net.frames import Hello, Welcome
from primacy_runtime.settings import agent_id

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
MOST_KNOWN: Final = 1_024
"""Of how many agents the disk is kept in mind before only members are added."""

HandshakeRefusal = tuple[str, str]
"""What it is counted as, and the sentence; both empty for who is welcome."""
WELCOME: Final[HandshakeRefusal] = ("", "")


@dataclass(frozen=True, slots=True)
class IntroductionContext:
    """What an agent knows of itself and of others."""

    config: Config
    store: str
    """The name of its disk."""
    known: Mapping[str, str]
    """The disk that each agent had when it was first heard."""
    remember: Callable[[str, str], Awaitable[None]]
    """Keeps one more, durably."""
    is_member: Callable[[str], bool]
    address: Callable[[], str]
    """Tells where this agent is reached, nothing if that is not known."""


class Introductions:
    """Judges both ends. `names` are those of a certificate, `None` without TLS."""

    def __init__(self, context: IntroductionContext) -> None:
        self._context, self._config = context, context.config
        self._one_at_a_time = asyncio.Lock()

    def hello(self, target: str) -> Hello:
        """Introduce this agent to a peer that it calls."""
        config, context = self._config, self._context
        return Hello(
            config.mesh, config.agent_id, target, context.store, context.address()
        )

    def welcome(self, refusal: HandshakeRefusal) -> Welcome:
        """Answer a caller; one that is refused learns nothing of the disk."""
        store = self._context.store if refusal == WELCOME else ""
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
        known = self._context.known
        if agent == self._config.agent_id or not _is_id(agent):
            return "unknown-agent", f"{agent[:80]!r} can be no other agent of this mesh"
        if names is not None and agent not in names:
            shown = ", ".join(sorted(names))[:200] or "nobody"
            return "certificate", f"the certificate of {agent} names {shown}"
        if not 16 <= len(store) <= 64:
            return "garbage", f"{agent} does not say which disk it has"
        async with self._one_at_a_time:
            if agent not in known:
                if len(known) >= MOST_KNOWN and not self._context.is_member(agent):
                    return "unknown-agent", f"{agent} is one stranger too many"
                await self._context.remember(agent, store)
        if known.get(agent) != store:
            return OTHER_DISK, (
                f"{agent} ran before with disk {known.get(agent)} and now comes "
                f"with {store}: see 'A lost disk' in docs/runtime.md"
            )
        return WELCOME


def _is_id(agent: str) -> bool:
    try:
        agent_id("agent", agent)
    except SettingsError:
        return False
    return True
