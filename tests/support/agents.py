"""Small meshes on loopback, for tests: short times, and patience instead of speed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from primacy_runtime import Agent, AgentRole

TIMES: Final[Mapping[str, float]] = {
    "heartbeat_interval": 0.04,
    "election_timeout": 0.15,
    "leader_timeout": 0.2,
    "request_timeout": 120.0,
}
CALM: Final[Mapping[str, float]] = {
    "heartbeat_interval": 0.2,
    "election_timeout": 2.0,
    "leader_timeout": 2.0,
}
"""Where a leader may not be lost, however busy the machine is."""
PATIENCE_S: Final = 120.0
"""What is waited for comes or fails by itself; this ends a test that hangs."""
NAMES: Final = ("ada", "bob", "cyd")


def run(work: Coroutine[object, object, None]) -> None:
    """Run a test to its end, and see that it leaves nothing running."""

    async def all_of_it() -> None:
        async with asyncio.timeout(2 * PATIENCE_S):
            await work
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left

    asyncio.run(all_of_it())


async def until(is_so: Callable[[], bool], longest: float = PATIENCE_S) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(longest):
        while not is_so():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def places(names: Sequence[str]) -> dict[str, str]:
    """Find a free port for each."""
    sockets = [socket.socket() for _ in names]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return dict(zip(names, found, strict=True))


def alone(folder: Path, **settings: Any) -> Agent:  # noqa: ANN401 - of `Agent`
    """Make an agent that is a mesh of its own."""
    told: dict[str, Any] = {**TIMES, **settings}
    return Agent("mesh", "ada", folder=folder, **told)


class RunningMesh:
    """Agents that know each other, each started when it is asked for."""

    def __init__(
        self, folder: Path, names: Sequence[str] = NAMES, workers: Sequence[str] = ()
    ) -> None:
        self.folder, self.workers = folder, workers
        self.first = (*names, *workers)
        self.where = places(self.first)
        self.agents: dict[str, Agent] = {}

    def make(self, name: str, **settings: Any) -> Agent:  # noqa: ANN401 - of `Agent`
        """Make an agent, or the next one under a name."""
        is_worker = name in self.workers
        told: dict[str, Any] = {
            **TIMES,
            "folder": self.folder,
            "listen": self.where[name],
            "peers": self.peers(name),
            "workers": [one for one in self.workers if one != name],
            "role": AgentRole.WORKER if is_worker else AgentRole.ACTIVE,
        }
        self.agents[name] = Agent("mesh", name, **{**told, **settings})
        return self.agents[name]

    def join(self, name: str, **settings: Any) -> Agent:  # noqa: ANN401 - of `Agent`
        """Make an agent that is no member yet, and knows nothing but the mesh."""
        self.where.setdefault(name, places([name])[name])
        told = {
            "role": AgentRole.JOINER,
            "peers": dict.fromkeys(self.first),
            "workers": self.workers,
        }
        return self.make(name, **{**told, **settings})

    def peers(self, name: str) -> dict[str, str]:
        """Tell where the first members are, but for one agent."""
        return {one: self.where[one] for one in self.first if one != name}

    def move(self, name: str) -> None:
        """Give an agent another port from its next start on."""
        self.where[name] = places([name])[name]

    def leaders(self) -> list[str]:
        """List who leads, each in its own opinion."""
        return [name for name, one in self.agents.items() if one.token]

    async def leader(self) -> Agent:
        """Wait for one leader whom everybody who runs follows."""

        def has_agreed() -> bool:
            told = [one.health() for one in self.agents.values()]
            return (
                len({(one.leader, one.term) for one in told if one.status == "running"})
                == 1
                and len(self.leaders()) == 1
            )

        await until(has_agreed)
        return self.agents[self.leaders()[0]]


@asynccontextmanager
async def started(mesh: RunningMesh, **settings: Any) -> AsyncIterator[RunningMesh]:  # noqa: ANN401
    """Start all agents, and stop those that run at the end."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(stopped, mesh)
        for name in mesh.first:
            await mesh.make(name, **settings).start()
        yield mesh


async def stopped(mesh: RunningMesh) -> None:
    """Stop everybody."""
    await asyncio.gather(*(agent.stop() for agent in mesh.agents.values()))
