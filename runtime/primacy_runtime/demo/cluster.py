"""Agents as processes of this machine, to be killed, paused, cut off and brought back.

Each member is `primacy_runtime.demo.agent_process` in a process of its own, on
loopback. The demonstration and the tests with faults share it.

Contract: however the stage is left, no process stays behind: the
members end with their input, and one that is paused is woken by the system, for it is
alone in its process group.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from primacy_runtime.settings import AgentRole

JsonObject = dict[str, Any]  # whatever JSON holds
LONGEST_LINE: Final = 2**24


class Gone(Exception):
    """The process ended before it answered."""


class RequestRefused(Exception):
    """The agent answered with a failure; `kind` is its class."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Member:
    """One agent in a process, or the place where it was."""

    def __init__(self, told: JsonObject, log: Path, module: str) -> None:
        self.name: str = told["agent_id"]
        self.told = told
        self.before: tuple[str, ...] = ()
        """What stands before the command, such as what puts it into a network."""
        self.rooms: tuple[str, ...] = ()
        """What is looked into for modules before all else."""
        self.led: set[int] = set()
        """The terms that it said it leads."""
        self.health: JsonObject | None = None
        """What it last said of itself, `None` while it is down."""
        self.is_paused = False
        self.is_cut = False
        self._log, self._module = log, module
        self._process: asyncio.subprocess.Process | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._asked: dict[int, asyncio.Future[object]] = {}
        self._count = 0

    @property
    def is_up(self) -> bool:
        """Tell whether the process lives, paused or not."""
        return self._process is not None and self._process.returncode is None

    @property
    def is_heard(self) -> bool:
        """Tell whether what it says can be believed to be of now."""
        return self.is_up and not self.is_paused and self.health is not None

    async def start(self) -> None:
        """Start the process, on the disk that is there."""
        self.health, self.is_paused, self.is_cut = None, False, False
        rooms = os.pathsep.join([*self.rooms, *sys.path])
        environment = {**os.environ, "PYTHONPATH": rooms}
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.before,
                sys.executable,
                "-m",
                self._module,
                json.dumps(self.told),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=environment,
                limit=LONGEST_LINE,
                process_group=0,  # Ctrl-C is for the stage alone
            )
        self._hearing = asyncio.create_task(self._hear(self._process))

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said: JsonObject = json.loads(line)
            if "health" in said:
                self.health = said["health"]
                self.led |= {self.health["token"]} - {0}
            elif (answer := self._asked.get(said["id"])) and not answer.done():
                if "error" in said:
                    answer.set_exception(RequestRefused(said["error"], said["message"]))
                else:
                    answer.set_result(said["result"])
        await process.wait()
        self.health = None
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(Gone(f"{self.name} has ended."))

    async def ask(self, do: str, **what: object) -> object:
        """Have it do something; raise `RequestRefused`, or `Gone` if it ends before."""
        process = self._process
        pipe = process.stdin if process else None
        if pipe is None or pipe.is_closing() or not self.is_up:
            raise Gone(f"{self.name} does not run.")
        self._count += 1
        number = self._count
        answer = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            line = json.dumps({"id": number, "do": do, **what})
            pipe.write(line.encode() + b"\n")
            return await answer
        finally:
            del self._asked[number]

    async def kill(self) -> None:
        """End the process as `kill -9` does."""
        if self._process is not None and self.is_up:
            self._process.kill()
            await self._process.wait()
        if self._hearing is not None:
            await self._hearing
        self.is_paused = False

    def pause(self) -> None:
        """Stop the process where it is (SIGSTOP)."""
        self._signal(signal.SIGSTOP)
        self.is_paused = self.is_up

    def resume(self) -> None:
        """Let it go on as if nothing had happened."""
        self._signal(signal.SIGCONT)
        self.is_paused = False

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.is_up:
            self._process.send_signal(number)

    async def cut(self, is_cut: bool) -> None:
        """Cut it off from its peers, or join it again."""
        await self.ask("cut", is_cut=is_cut)
        self.is_cut = is_cut

    async def leave(self) -> None:
        """End the process as its user would."""
        self.resume()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                async with asyncio.timeout(5):
                    await self._process.wait()
            except TimeoutError:
                pass
        await self.kill()


class Stage:
    """A mesh of processes."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        settings: Mapping[str, object],
        module: str = "primacy_runtime.demo.agent_process",
        where: Mapping[str, str] | None = None,
    ) -> None:
        if where is None:
            where = dict(zip(names, free_places(len(names)), strict=True))
        self._folder, self._settings, self._module = folder, settings, module
        self._first = tuple(names)
        self.members = {
            name: self._made(
                name, where[name], {one: where[one] for one in names if one != name}
            )
            for name in names
        }
        self.left: list[Member] = []
        """The agents that were removed; they do not run."""

    def _made(
        self, name: str, where: str, peers: Mapping[str, str | None], **more: object
    ) -> Member:
        told = {
            "mesh_id": "stage",
            "agent_id": name,
            "listen": where,
            "peers": peers,
            "folder": str(self._folder),
            **self._settings,
            **more,
        }
        return Member(told, self._folder / f"{name}.log", self._module)

    def add(self, name: str, where: str) -> Member:
        """Add an agent that is no member of the mesh yet; it is not started."""
        peers = dict.fromkeys(self._first)  # it is given no address
        role = AgentRole.JOINER.value
        self.members[name] = self._made(name, where, peers, role=role)
        return self.members[name]

    async def remove(self, member: Member) -> None:
        """End an agent for good, as its user would."""
        if self.members.pop(member.name, None) is not None:
            self.left.append(member)
            await member.leave()

    def has(self, member: Member) -> bool:
        """Tell whether an agent was not removed."""
        return self.members.get(member.name) is member

    async def start(self) -> None:
        """Start everybody."""
        await asyncio.gather(*(one.start() for one in self.members.values()))

    async def leave(self) -> None:
        """End everybody."""
        everybody = [*self.members.values(), *self.left]
        await asyncio.gather(*(one.leave() for one in everybody))

    def leader(self) -> Member | None:
        """Find who leads in the latest term, of those that can be heard."""
        leaders = [
            (one.health["term"], name)
            for name, one in self.members.items()
            if one.is_heard and one.health is not None and one.health["token"]
        ]
        return self.members[max(leaders)[1]] if leaders else None

    def has_agreed(self) -> bool:
        """Tell whether all who can be heard follow one leader that can be heard.

        An agent that is no member follows nobody.
        """
        leader = self.leader()
        if leader is None or leader.health is None or leader.is_cut:
            return False
        members = {*leader.health["electors"], *leader.health["workers"]}
        told = {
            (one.health["leader"], one.health["term"])
            for name, one in self.members.items()
            if one.is_heard and one.health is not None and name in members
        }
        return len(told) == 1


def free_places(count: int) -> list[str]:
    """Find ports that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    finally:
        for one in sockets:
            one.close()
