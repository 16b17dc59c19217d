"""Somebody who calls an agent and says what the test wants to be said."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from primacy.messages import VoteReply
from primacy_runtime import Agent
from primacy_runtime.net.frames import VERSION, frame
from primacy_runtime.settings import address

KEY = "mesh(ada,bob,cyd)"


def hello(**changes: object) -> bytes:
    said: dict[str, object] = {
        "primacy-mesh": VERSION,
        "mesh": KEY,
        "sender": "bob",
        "target": "ada",
        "store": "b" * 32,
        "address": "",
    }
    return frame(json.dumps({**said, **changes}).encode())


@dataclass
class Call:
    """A connection of somebody to an agent."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def heard(self) -> dict[str, str]:
        """Read the answer to a greeting."""
        length = int.from_bytes(await self.reader.readexactly(4), "big")
        said: dict[str, str] = json.loads(await self.reader.readexactly(length))
        return said

    async def is_ended(self) -> bool:
        """Wait until the agent ends the connection."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def called(agent: Agent) -> AsyncIterator[Call]:
    where = address("listen", agent.address)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    try:
        yield Call(reader, writer)
    finally:
        writer.transport.abort()


GRANT = VoteReply(KEY, "bob", 1, True)  # type: ignore[arg-type]  # plain values are NewTypes
