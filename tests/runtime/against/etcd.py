"""etcd, a program in Go, asked over HTTP as any language can.

Its own protocol for clients is gRPC; HTTP and JSON are turned into that by a gateway in
the same process, which costs it something. Clients keep their connections.
"""

import asyncio
import base64
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from primacy_runtime.demo.cluster import free_places
from tests.runtime.against.systems import (
    ATTEMPT_S,
    LOAD_ATTEMPT_S,
    VALUE,
    Kind,
    Times,
    ask_in_turn,
)

PROGRAM: Final = "etcd"
Json = dict[str, Any]  # whatever JSON holds


class Connection:
    """One connection of a client, which is kept."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer

    async def post(self, path: str, asked: Mapping[str, object]) -> Json:
        """Ask once; raise `ConnectionError` if the answer is no success."""
        body = json.dumps(asked).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: etcd\r\nContent-Length: {len(body)}"
        self._writer.write(head.encode() + b"\r\n\r\n" + body)
        try:
            told = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        except asyncio.IncompleteReadError:
            raise ConnectionError("It has ended.") from None
        status, *lines = told.split("\r\n")
        lengths = [line for line in lines if line.startswith("content-length:")]
        if " 200 " not in f"{status} " or not lengths:
            raise ConnectionError(status)
        answer: Json = json.loads(
            await self._reader.readexactly(int(lengths[0].partition(":")[2]))
        )
        return answer

    async def put(self, key: str) -> None:
        """Write once."""
        await self.post("/v3/kv/put", {"key": coded(key), "value": coded(VALUE)})


def coded(text: str) -> str:
    """Write bytes as its JSON holds them."""
    return base64.b64encode(text.encode()).decode()


@asynccontextmanager
async def connected(place: str) -> AsyncIterator[Connection]:
    """Open a connection for some requests."""
    host, _, port = place.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Connection(reader, writer)
    finally:
        writer.transport.abort()


@dataclass(slots=True)
class Member:
    """One process, or the place where it was."""

    name: str
    client: str
    peer: str
    id: str = ""
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)


class Etcd:
    """Members of etcd."""

    def __init__(self, folder: Path, names: Sequence[str], times: Times) -> None:
        self.names, self._folder, self._times = names, folder, times
        places = free_places(2 * len(names))
        self._members = {
            name: Member(name, places[2 * k], places[2 * k + 1])
            for k, name in enumerate(names)
        }

    async def start(self) -> None:
        for name in self.names:
            await self.revive(name)

    async def leave(self) -> None:
        for name in self.names:
            await self.kill(name)

    async def follows(self, name: str) -> str:
        told = await self._status(name)
        ids = {one.id: one.name for one in self._members.values()}
        leader = str(told.get("leader", ""))
        if leader not in ids:
            for other in self.names:
                await self._status(other)
            ids = {one.id: one.name for one in self._members.values()}
        return ids.get(leader, "")

    async def _status(self, name: str) -> Json:
        member = self._members[name]
        try:
            async with asyncio.timeout(5), connected(member.client) as client:
                told = await client.post("/v3/maintenance/status", {})
        except (OSError, TimeoutError):
            return {}
        member.id = str(told["header"]["member_id"])
        return told

    async def write(self, name: str, key: str) -> bool:
        try:
            async with (
                asyncio.timeout(ATTEMPT_S),
                connected(self._members[name].client) as client,
            ):
                await client.put(key)
        except (OSError, TimeoutError):
            return False
        return True

    async def load(self, name: str, clients: int, seconds: float) -> list[float]:
        free = list[Connection]()

        async def write(key: str) -> bool:
            client = free.pop()
            try:
                async with asyncio.timeout(LOAD_ATTEMPT_S):
                    await client.put(key)
            except (OSError, TimeoutError):
                return False
            free.append(client)
            return True

        async with _several(self._members[name].client, clients) as opened:
            free += opened
            return await ask_in_turn(write, clients, seconds)

    async def kill(self, name: str) -> None:
        process = self._members[name].process
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def revive(self, name: str) -> None:
        member = self._members[name]
        arguments = {
            "name": name,
            "data-dir": str(self._folder / name),
            "listen-client-urls": f"http://{member.client}",
            "advertise-client-urls": f"http://{member.client}",
            "listen-peer-urls": f"http://{member.peer}",
            "initial-advertise-peer-urls": f"http://{member.peer}",
            "initial-cluster": ",".join(
                f"{one.name}=http://{one.peer}" for one in self._members.values()
            ),
            "heartbeat-interval": str(round(self._times.heartbeat * 1000)),
            "election-timeout": str(round(self._times.election * 1000)),
            "pre-vote": "true",  # as later versions come, and as primacy does
            "logger": "zap",
            "log-level": "error",
        }
        with (self._folder / f"{name}.log").open("ab") as log:
            member.process = await asyncio.create_subprocess_exec(
                PROGRAM,
                *(f"--{option}={value}" for option, value in arguments.items()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={key: os.environ[key] for key in os.environ if key[:5] != "ETCD_"},
                start_new_session=True,  # Ctrl-C is for the measurement
            )

    async def process(self, name: str) -> int:
        process = self._members[name].process
        assert process is not None
        return process.pid


@asynccontextmanager
async def _several(place: str, count: int) -> AsyncIterator[list[Connection]]:
    if count == 0:
        yield []
        return
    async with connected(place) as first, _several(place, count - 1) as rest:
        yield [first, *rest]


def _version() -> str:
    if shutil.which(PROGRAM) is None:
        return ""
    told = subprocess.run(
        [PROGRAM, "--version"], capture_output=True, text=True, check=False
    )
    return told.stdout.partition("etcd Version: ")[2].partition("\n")[0]


ETCD: Final = Kind(
    "etcd",
    "Go; clients in another process, over HTTP and JSON, by a gateway to its gRPC; "
    "each write is on the disk of a majority before it is acknowledged. With "
    "`--pre-vote`.",
    _version,
    "apt-get install etcd-server",
    Etcd,
)
