"""One agent in a process of its own, driven by lines of JSON.

`python -m primacy_runtime.demo.agent_process SETTINGS`, where SETTINGS is a JSON object
with the arguments of `Agent`, and besides: `rate`, how fast its clock runs; `report`,
every how many seconds it tells its health; `resource`, a file of `Resource` that it
acts on whenever it leads; `trace`, a folder for its traces. It reads requests from
standard input, `{"id", "do", ...}`, and writes `{"id", "result"}` or `{"id", "error",
"message"}`, and `{"health"}`. It ends with its input. The demonstration and the tests
with faults drive it; it is no service.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final, TextIO

from primacy_runtime.agent import Agent
from primacy_runtime.clock import Clock
from primacy_runtime.control import Json, perform
from primacy_runtime.demo.fenced_resource import Resource
from primacy_runtime.errors import RequestError, SettingsError
from primacy_runtime.settings import AgentRole
from primacy_runtime.trace import traces

EVERY_S: Final = 0.4
"""How long a leader takes from deciding on an effect to performing it."""

Act = Callable[[str, int], object]
"""Asks a resource for an effect, in the name of an agent and under a token."""


class Piped:
    """Runs one agent, and answers."""

    def __init__(self, told: Json, out: TextIO) -> None:
        self._out = out
        self._report: float = told.pop("report", 0.0)
        self._resource: str = told.pop("resource", "")
        self._clock = Clock(told.pop("rate", 1.0))
        role = AgentRole(told.pop("role", AgentRole.ACTIVE.value))
        folder = told.pop("trace", "")
        record = traces(Path(folder)) if folder else None
        self._name = str(told["agent_id"])
        self._agent = Agent(role=role, clock=self._clock, record=record, **told)

    def say(self, said: Mapping[str, object]) -> None:
        """Write one line."""
        self._out.write(json.dumps(said) + "\n")
        self._out.flush()

    async def run(self) -> None:
        """Live until the input ends, or the agent fails."""
        async with self._agent:
            self.say({"health": asdict(self._agent.health())})
            tasks = [
                asyncio.create_task(self._hear()),
                asyncio.create_task(self._agent.closed()),
            ]
            if self._report:
                tasks.append(asyncio.create_task(self._tell_health()))
            if self._resource:
                tasks.append(asyncio.create_task(self._act()))
            done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            for task in done:
                await task

    async def _hear(self) -> None:
        reader = asyncio.StreamReader(limit=2**24)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        answers: set[asyncio.Task[None]] = set()
        while line := await reader.readline():
            answer = asyncio.create_task(self._answer(json.loads(line)))
            answers.add(answer)
            answer.add_done_callback(answers.discard)

    async def _answer(self, asked: Json) -> None:
        number = asked.pop("id")
        try:
            result = await self._do(asked.pop("do"), asked)
        except (RequestError, SettingsError) as error:
            name = type(error).__name__
            self.say({"id": number, "error": name, "message": str(error)})
        else:
            self.say({"id": number, "result": result})

    async def _do(self, what: str, asked: Json) -> object:
        agent = self._agent
        match what:
            case "propose":
                return await agent.propose(asked["command"], timeout=asked["timeout"])
            case "read":
                lease, timeout = asked.get("lease", False), asked["timeout"]
                return await agent.read(asked["query"], lease=lease, timeout=timeout)
            case "cut":
                agent.cut(asked["is_cut"])
            case "rate":
                self._clock.run_at(asked["rate"])
            case _:
                return await perform(agent, what, asked)
        return None

    async def _tell_health(self) -> None:
        while True:
            await asyncio.sleep(self._report)
            self.say({"health": asdict(self._agent.health())})

    async def _act(self) -> None:
        """Decide on an effect, take a while, perform it under the token of then."""
        acts = self.resources(self._resource)
        while True:
            token = self._agent.token  # runtime.attach-token
            await asyncio.sleep(EVERY_S)
            if token:
                for act in acts:
                    await asyncio.to_thread(act, self._name, token)

    def resources(self, place: str) -> list[Act]:
        """Open what is acted on whenever this agent leads."""
        return [Resource(Path(place)).act]


if __name__ == "__main__":
    asyncio.run(Piped(json.loads(sys.argv[1]), sys.stdout).run())
