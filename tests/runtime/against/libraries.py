"""Systems that are Python libraries: primacy and PySyncObj, with clients in-process.

A member is `tests.runtime.against.primacy_agent` or `.pysyncobj_agent`, driven by lines
of JSON as those of the demonstration are. Its clients live in its process, as those of
a library do; under load they ask each other's process nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from primacy_runtime.demo.cluster import Gone, RequestRefused, Stage
from tests.runtime.against.systems import Kind, Times


class Library:
    """Members that are processes of Python."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        module: str,
        settings: Mapping[str, object],
    ) -> None:
        self.names = names
        self._stage = Stage(folder, names, settings, module)

    async def start(self) -> None:
        await self._stage.start()

    async def leave(self) -> None:
        await self._stage.leave()

    async def follows(self, name: str) -> str:
        try:
            async with asyncio.timeout(5):
                return str(await self._stage.members[name].ask("follows"))
        except (Gone, TimeoutError, ConnectionError):
            return ""

    async def write(self, name: str, key: str) -> bool:
        try:
            return bool(await self._stage.members[name].ask("write", key=key))
        except (Gone, RequestRefused, ConnectionError):
            return False

    async def load(self, name: str, clients: int, seconds: float) -> list[float]:
        taken = await self._stage.members[name].ask(
            "load", clients=clients, seconds=seconds
        )
        assert isinstance(taken, list)
        return taken

    async def kill(self, name: str) -> None:
        await self._stage.members[name].kill()

    async def revive(self, name: str) -> None:
        await self._stage.members[name].start()

    async def process(self, name: str) -> int:
        number = await self._stage.members[name].ask("process")
        assert isinstance(number, int)
        return number


def _primacy(folder: Path, names: Sequence[str], times: Times) -> Library:
    settings = {
        "heartbeat_interval": times.heartbeat,
        "election_timeout": times.election,
        "leader_timeout": times.election,
    }
    return Library(folder, names, "tests.runtime.against.primacy_agent", settings)


def _pysyncobj(
    folder: Path, names: Sequence[str], times: Times, *, batches: bool
) -> Library:
    settings = {
        "heartbeat": times.heartbeat,
        "election": times.election,
        "batches": batches,
    }
    return Library(folder, names, "tests.runtime.against.pysyncobj_agent", settings)


def _batched(folder: Path, names: Sequence[str], times: Times) -> Library:
    return _pysyncobj(folder, names, times, batches=True)


def _at_once(folder: Path, names: Sequence[str], times: Times) -> Library:
    return _pysyncobj(folder, names, times, batches=False)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


PIP: Final = "pip install pysyncobj"
PRIMACY: Final = Kind(
    "primacy",
    "Python, asyncio and SQLite; clients in the leader's process; each write is on the "
    "disk of a majority before it is acknowledged.",
    lambda: _version("primacy") or "from this folder",
    "",
    _primacy,
)
PYSYNCOBJ: Final = Kind(
    "PySyncObj",
    "Python; clients in the leader's process; its journal is a mapped file that is "
    "never synced, so an acknowledged write may be lost when the power fails. As it "
    "comes: writes wait for the next batch.",
    lambda: _version("pysyncobj"),
    PIP,
    _batched,
)
PYSYNCOBJ_AT_ONCE: Final = Kind(
    "PySyncObj, unbatched",
    "The same with `appendEntriesUseBatch=False`, where a write waits for no batch.",
    lambda: _version("pysyncobj"),
    PIP,
    _at_once,
)
