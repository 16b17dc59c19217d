"""A network that can be cut: each agent reaches each other one through a port of ours.

Two ways to cut a direction: the connection breaks and no new one is taken, or it stays
and nothing comes through until it is healed, as on a wire that was pulled out.
"""

import asyncio
from collections.abc import Iterable, Sequence

from primacy_runtime.demo.cluster import free_places
from primacy_runtime.settings import address

ProxyLink = tuple[str, str]
"""Who sends, and who receives."""


class Proxies:
    """One proxy for each ordered pair of agents."""

    kind = "proxies"

    def __init__(self, names: Sequence[str]) -> None:
        pairs = [(a, b) for a in names for b in names if a != b]
        free = free_places(len(names) + len(pairs))
        self.where = dict(zip(names, free, strict=False))
        self.places = dict(zip(pairs, free[len(names) :], strict=True))
        self._open = {pair: asyncio.Event() for pair in pairs}
        self._broken: set[ProxyLink] = set()
        self._writers: dict[ProxyLink, set[asyncio.StreamWriter]] = {
            pair: set() for pair in pairs
        }
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.heal()

    def peers(self, name: str) -> dict[str, str]:
        """Tell where an agent reaches each other one."""
        return {b: place for (a, b), place in self.places.items() if a == name}

    def before(self, name: str) -> tuple[str, ...]:  # noqa: ARG002 - nothing
        """Put nothing before the command of an agent."""
        return ()

    async def start(self) -> None:
        """Open all ports."""
        for pair, place in self.places.items():
            at = address("proxy", place)

            def take(
                reader: asyncio.StreamReader,
                writer: asyncio.StreamWriter,
                pair: ProxyLink = pair,
            ) -> None:
                task = asyncio.create_task(self._carry(pair, reader, writer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

            self._servers.append(await asyncio.start_server(take, at.host, at.port))

    async def stop(self) -> None:
        """Close everything."""
        for server in self._servers:
            server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, pairs: Iterable[ProxyLink], *, breaks: bool) -> None:
        """Let nothing through from the one to the other."""
        for pair in pairs:
            self._open[pair].clear()
            if breaks:
                self._broken.add(pair)
                for writer in self._writers[pair]:
                    writer.transport.abort()

    def heal(self) -> None:
        """Let everything through."""
        self._broken.clear()
        for is_open in self._open.values():
            is_open.set()

    async def _carry(
        self,
        pair: ProxyLink,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        onward: asyncio.StreamWriter | None = None
        writers = self._writers[pair]
        writers.add(writer)
        try:
            if pair in self._broken:
                return
            at = address("agent", self.where[pair[1]])
            back, onward = await asyncio.open_connection(at.host, at.port)
            writers.add(onward)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(pair, reader, onward))
                ways.create_task(self._pass(pair, back, writer))
        except* (OSError, EOFError):
            pass
        finally:
            for each in (writer, onward):
                if each is not None:
                    writers.discard(each)
                    each.transport.abort()

    async def _pass(
        self,
        pair: ProxyLink,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        while part := await reader.read(2**16):
            await self._open[pair].wait()
            writer.write(part)
            await writer.drain()
        raise EOFError
