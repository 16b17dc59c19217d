"""What is done to agents that run, each fault by the means of a real machine.

`kill` is `kill -9`, `kill-all` that of all agents at once; `stop` is SIGSTOP, for
longer than a lease; `cut` is the network, in every shape, silent or not; `clock` has
the agent's clock run at another rate within the stated bound; `full` leaves its disk no
space.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, Protocol

from primacy_runtime.demo.cluster import Gone, Member, Stage
from tests.runtime.chaos.disks import Disks

Link = tuple[str, str]


class Network(Protocol):
    """What carries packets between the agents of a stage."""

    kind: str
    where: dict[str, str]

    def peers(self, name: str) -> dict[str, str]: ...

    def before(self, name: str) -> tuple[str, ...]: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def cut(self, pairs: Iterable[Link], *, breaks: bool) -> None: ...

    def heal(self) -> None: ...


TO_THE_LEADER: Final = 0.8
"""How many of all faults are done to the leader."""
START_FULL: Final = 0.3
"""How often an agent is started on a disk that is still full."""
ASK_S: Final = 1.0


class Faults:
    """Does faults to the agents of a stage."""

    def __init__(
        self,
        stage: Stage,
        network: Network,
        disks: Disks,
        draw: random.Random,
        *,
        election_s: float,
        drift: float,
    ) -> None:
        self.done: Counter[str] = Counter()
        self.failovers: list[float] = []
        """From the kill of a leader until another one says that it leads; seconds."""
        self.never: list[str] = []
        """The leaders that nobody followed."""
        self._had_no_room: set[str] = set()
        """Whose disk was full since it was last started for that."""
        self.ended_full = 0
        """How many agents ended for want of space."""
        self._stage, self._network, self._disks = stage, network, disks
        self._draw, self._election_s, self._drift = draw, election_s, drift
        self.kinds: Mapping[str, Callable[[Member], Awaitable[None]]] = {
            "kill": self.kill,
            "kill-all": self.kill_all,
            "stop": self.stop,
            "cut": self.cut,
            "clock": self.clock,
            "full": self.full,
        }

    def victim(self) -> Member:
        """Choose the agent to which a fault is done, most often the leader."""
        leader = self._stage.leader()
        if leader and self._draw.random() < TO_THE_LEADER:
            return leader
        return self._draw.choice(list(self._stage.members.values()))

    async def do(self, kind: str, victim: Member) -> None:
        """Do a fault, and undo it."""
        self.done[kind] += 1
        await self.kinds[kind](victim)

    async def kill(self, victim: Member) -> None:
        term = (victim.health or {}).get("term", 0)
        was_leader = victim is self._stage.leader()
        await victim.kill()
        if was_leader:
            await self.time_failover(victim, term)
        await asyncio.sleep(self._draw.uniform(0, self._election_s))
        await self._start(victim)

    async def kill_all(self, victim: Member) -> None:  # noqa: ARG002 - everybody
        members = list(self._stage.members.values())
        await asyncio.gather(*(member.kill() for member in members))
        await asyncio.gather(*(self._start(member) for member in members))

    async def _start(self, member: Member) -> None:
        """Bring an agent back, unless it was removed meanwhile."""
        if self._stage.has(member) and not member.is_up:
            await member.start()

    async def time_failover(
        self, victim: Member, term: int, longest: float = 60
    ) -> None:
        """Wait for a leader of a later term than the one that was killed just now."""
        begun = time.monotonic()
        while (leader := self._stage.leader()) is None or (
            leader.health is not None and leader.health["term"] <= term
        ):
            if time.monotonic() - begun > longest:
                self.never.append(f"nobody led after {victim.name} of term {term}")
                return
            await asyncio.sleep(0.005)
        self.failovers.append(time.monotonic() - begun)

    async def stop(self, victim: Member) -> None:
        victim.pause()
        await self._wait(1, 5)
        victim.resume()

    async def cut(self, victim: Member) -> None:
        draw, names = self._draw, list(self._stage.members)
        others = [name for name in names if name != victim.name]
        side = {victim.name, *draw.sample(others, draw.randrange(0, len(others) // 2))}
        away = [(a, b) for a in side for b in names if b not in side]
        shape = draw.choice(("both ways", "both ways", "out", "in"))
        pairs = [] if shape == "in" else list(away)
        pairs += [] if shape == "out" else [(b, a) for a, b in away]
        self._network.cut(pairs, breaks=draw.random() < 0.5)
        await self._wait(1, 6)
        self._network.heal()

    async def clock(self, victim: Member) -> None:
        rate = 1 + self._draw.uniform(-self._drift, self._drift)
        victim.told["rate"] = rate
        with suppress(Gone, ConnectionError, TimeoutError):
            async with asyncio.timeout(ASK_S):
                await victim.ask("rate", rate=rate)

    async def full(self, victim: Member) -> None:
        """Leave no space until the agent has ended of it, or some time has passed."""
        await self._disks.fill(victim)
        until = time.monotonic() + self._draw.uniform(3, 10) * self._election_s
        while victim.is_up and time.monotonic() < until:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
        self._had_no_room.add(victim.name)
        if not victim.is_up and self._draw.random() < START_FULL:
            await self.mend()
            self._had_no_room.add(victim.name)
            await self._wait(2, 3)
        await self._disks.free(victim)
        await self.mend()

    async def mend(self) -> None:
        """Start agents again that ended for want of space, perhaps some time after."""
        for name in sorted(self._had_no_room):
            member = self._stage.members.get(name)
            if member is None:
                self._had_no_room.remove(name)
            elif not member.is_up:
                self._had_no_room.remove(name)
                self.ended_full += 1
                await member.kill()  # it has ended: take in what it said
                await self._start(member)

    async def _wait(self, least: float, most: float) -> None:
        await asyncio.sleep(self._draw.uniform(least, most) * self._election_s)
