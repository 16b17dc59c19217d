"""One member of PySyncObj: `python -m tests.runtime.against.pysyncobj_agent SETTINGS`.

It speaks the lines of JSON of `primacy_runtime.demo.agent_process`. Its own thread
ticks, as it comes; a write's callback is handed to the event loop that the clients run
on. Timeouts are those of all systems, everything else is as it comes.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.runtime.against.systems import (
    ATTEMPT_S,
    LOAD_ATTEMPT_S,
    VALUE,
    ask_in_turn,
)

JsonReply = dict[str, Any]  # whatever JSON holds


class ReplicatedMember:
    """A replicated dictionary, and its clients."""

    def __init__(self, told: JsonReply) -> None:
        from pysyncobj import (  # noqa: PLC0415 - where it is not installed, too
            SyncObj,
            SyncObjConf,
        )
        from pysyncobj.batteries import ReplDict  # noqa: PLC0415 - as above

        self._names = {told["listen"]: told["agent_id"]}
        self._names |= {where: name for name, where in told["peers"].items()}
        self._table = ReplDict()
        configuration = SyncObjConf(
            appendEntriesPeriod=told["heartbeat"],
            raftMinTimeout=told["election"],
            raftMaxTimeout=2 * told["election"],
            connectionTimeout=max(3.5, 2 * told["election"]),
            appendEntriesUseBatch=told["batches"],
            journalFile=str(Path(told["folder"]) / f"{told['agent_id']}.journal"),
        )
        peers = list(told["peers"].values())
        self._mesh = SyncObj(told["listen"], peers, configuration, [self._table])

    async def run(self) -> None:
        """Answer until the input ends."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=2**24)
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        answers: set[asyncio.Task[None]] = set()
        while line := await reader.readline():
            answer = asyncio.create_task(self._answer(json.loads(line)))
            answers.add(answer)
            answer.add_done_callback(answers.discard)

    async def _answer(self, asked: JsonReply) -> None:
        said: JsonReply = {"id": asked["id"]}
        try:
            said["result"] = await self._do(asked)
        except Exception as error:  # noqa: BLE001 - the caller learns it
            said |= {"error": type(error).__name__, "message": str(error)}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    async def _do(self, asked: JsonReply) -> object:
        match asked["do"]:
            case "follows":
                leader = self._mesh._getLeader()
                return self._names[leader.id] if leader else ""
            case "process":
                return os.getpid()
            case "write":
                return await self._write(asked["key"], ATTEMPT_S)
            case "load":
                return await ask_in_turn(
                    lambda key: self._write(key, LOAD_ATTEMPT_S),
                    asked["clients"],
                    asked["seconds"],
                )
            case what:
                raise ValueError(f"Nobody can {what!r} here.")

    async def _write(self, key: str, longest: float) -> bool:
        loop = asyncio.get_running_loop()
        answer = loop.create_future()

        def settle(reason: int) -> None:
            if not answer.done():
                answer.set_result(reason == 0)

        def called(_: object, reason: int) -> None:
            loop.call_soon_threadsafe(settle, reason)

        self._table.set(key, VALUE, callback=called)
        try:
            async with asyncio.timeout(longest):
                return bool(await answer)
        except TimeoutError:
            return False


if __name__ == "__main__":
    asyncio.run(ReplicatedMember(json.loads(sys.argv[1])).run())
    os._exit(0)  # its thread would keep the process
