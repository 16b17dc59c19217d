"""What the demo shows: the stage, what its resource took, and what was done so far.

It knows nothing of keys or terminals; what shows it asks it to look.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Final

from primacy_runtime.demo.cluster import (
    Gone,
    Member,
    RequestRefused,
    Stage,
    free_places,
)
from primacy_runtime.demo.fenced_resource import Resource, ResourceEffect

NAMES: Final = ("agent-1", "agent-2", "agent-3", "agent-4", "agent-5")
TIMES: Final = {
    "heartbeat_interval": 0.2,
    "election_timeout": 0.8,
    "leader_timeout": 1.2,
}
REPORT_S: Final = 0.1
WRITE_EVERY_S: Final = 0.3
MOST_AGENTS: Final = 9
"""An agent is chosen by one digit, and no id is used twice."""
CHANGE_S: Final = 3.0
"""How long a leader is given for a change of the members."""
LONGEST_CHANGE_S: Final = 120.0
"""After so long an agent has not joined or left."""
ELECTOR, WORKER, STRANGER = "elector", "worker", "no member"


class Show:
    """The stage, what the resource took, and what was done so far."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "resource.sqlite3"
        self.resource = Resource(self._file)
        settings = {**TIMES, "report": REPORT_S, "resource": str(self._file)}
        self.stage = Stage(folder, NAMES, settings)
        self.chosen = NAMES[0]
        self.effects: list[ResourceEffect] = []
        self.done: list[str] = []
        self.leaders: list[tuple[int, str]] = []
        self.written = 0
        """How many writes were acknowledged."""
        self._count = len(NAMES)
        self._changes: set[asyncio.Task[None]] = set()
        self._begun = time.monotonic()

    def look(self) -> None:
        """Take in what happened since the last look."""
        last = self.effects[-1].number if self.effects else 0
        fresh = self.resource.effects(last)
        self.effects += fresh
        for effect in fresh:
            if effect.verdict == "refused":
                self.note(f"REFUSED: {effect.agent} with the old token {effect.token}")
        leader = self.stage.leader()
        if leader is not None and leader.health is not None:
            led = (leader.health["term"], leader.name)
            if led not in self.leaders:
                self.leaders.append(led)
                self.note(f"{leader.name} leads term {led[0]}")

    async def keep_writing(self) -> None:
        """Write through one agent after the other, for ever."""
        turn = 0
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            members = list(self.stage.members.values())
            turn += 1
            member = members[turn % len(members)]
            if not member.is_paused:
                try:
                    async with asyncio.timeout(2 * WRITE_EVERY_S):  # it may be paused
                        await member.ask(
                            "propose", command="demo=1", timeout=WRITE_EVERY_S
                        )
                except (Gone, RequestRefused, OSError):
                    continue
                self.written += 1

    def note(self, line: str) -> None:
        """Keep a line for the spectator."""
        self.done.append(f"{time.monotonic() - self._begun:6.1f} s  {line}")

    async def press(self, key: str) -> None:
        """Do what a key stands for, to the chosen agent."""
        leader = self.stage.leader()
        if key.isdigit():
            if f"agent-{key}" in self.stage.members:
                self.chosen = f"agent-{key}"
            return
        if key == "a":
            await self.add()
            return
        if key == "l" and leader is not None:
            self.chosen = leader.name
            return
        act = {
            "k": self.kill,
            "p": self.pause_or_go_on,
            "c": self.cut_or_join,
            "b": self.bring_back,
            "r": self.remove,
            "s": self.take_snapshot,
        }.get(key)
        if act is not None:
            try:
                await act(self.stage.members[self.chosen])
            except Gone as gone:
                self.note(str(gone))

    async def kill(self, member: Member) -> None:
        """Kill an agent."""
        await member.kill()
        self.note(f"{member.name} is killed")

    async def bring_back(self, member: Member) -> None:
        """Start a killed agent again, from its disk."""
        if not member.is_up:
            await member.start()
            self.note(f"{member.name} is started again")

    async def pause_or_go_on(self, member: Member) -> None:
        """Pause an agent, or let it go on."""
        if member.is_paused:
            member.resume()
            self.note(f"{member.name} goes on")
        elif member.is_up:
            member.pause()
            self.note(f"{member.name} is paused")

    async def cut_or_join(self, member: Member) -> None:
        """Cut an agent off from the others, or join it again."""
        if member.is_paused:
            self.note(f"{member.name} is paused: it hears nothing now")
            return
        await member.cut(not member.is_cut)
        self.note(f"{member.name} is {'cut off' if member.is_cut else 'joined again'}")

    async def take_snapshot(self, member: Member) -> None:
        """Have an agent write its state machine down, as soon as it can."""
        self._begin(self._take_snapshot(member))

    async def _take_snapshot(self, member: Member) -> None:
        try:
            async with asyncio.timeout(LONGEST_CHANGE_S):  # it may be paused
                index = await member.ask("snapshot", timeout=LONGEST_CHANGE_S)
        except (Gone, RequestRefused, OSError) as error:
            self.note(f"{member.name} took no snapshot: {error}")
        else:
            self.note(f"{member.name} has a snapshot up to {index}")

    def part(self, name: str) -> str:
        """Tell what part an agent has, by what the leader has committed."""
        leader = self.stage.leader()
        health = leader.health if leader else None
        if health is None or not health["is_roll_committed"]:
            return ""
        if name in health["electors"]:
            return ELECTOR
        return WORKER if name in health["workers"] else STRANGER

    async def add(self) -> None:
        """Start an agent that is no member, and have it become an elector."""
        if self._count >= MOST_AGENTS:
            self.note(f"there were {MOST_AGENTS} agents: no more are added")
            return
        self._count += 1
        (where,) = free_places(1)
        member = self.stage.add(f"agent-{self._count}", where)
        await member.start()
        self.note(f"{member.name} is started and waits to be admitted")
        self._begin(self._become(member, ELECTOR))

    async def remove(self, member: Member) -> None:
        """Have an agent be no member any more, then end it."""
        self.note(f"{member.name} is to leave")
        self._begin(self._become(member, STRANGER))

    async def _become(self, member: Member, wanted: str) -> None:
        """Ask leaders for one change after the other until an agent has a part."""
        until, seen = time.monotonic() + LONGEST_CHANGE_S, self.part(member.name)
        while (part := self.part(member.name)) != wanted:
            if part not in ("", seen):
                seen = part
                self.note(f"{member.name} is {part} now")
            if time.monotonic() > until:
                self.note(f"{member.name} did not become {wanted}")
                return
            await self._change(member, part, wanted)
            await asyncio.sleep(REPORT_S)
        self.note(f"{member.name} is {wanted} now")
        if wanted == STRANGER:
            await self.stage.remove(member)
            if self.chosen == member.name:
                self.chosen = next(iter(self.stage.members))

    async def _change(self, member: Member, part: str, wanted: str) -> None:
        leader = self.stage.leader()
        if leader is None or not part:
            return
        told = {"agent": member.name, "timeout": CHANGE_S}
        if part == STRANGER:
            what, told["address"] = "admit", member.told["listen"]
        elif part == WORKER:
            what = "promote" if wanted == ELECTOR else "dismiss"
        else:
            what = "demote"
        try:
            async with asyncio.timeout(2 * CHANGE_S):  # the leader may be paused
                await leader.ask(what, **told)
        except (Gone, RequestRefused, OSError):
            return  # what came of it shows in the roll

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)

    async def end(self) -> None:
        """Change nothing more, and let go of the resource."""
        for task in tuple(self._changes):
            task.cancel()
        await asyncio.gather(*self._changes, return_exceptions=True)
        self.resource.close()

    def refused(self) -> int:
        """Count the effects that the resource refused."""
        return sum(effect.verdict == "refused" for effect in self.effects)

    def is_superseded(self, token: int) -> bool:
        """Tell whether the resource has admitted a higher token."""
        return any(
            one.token > token and one.verdict == "admitted" for one in self.effects
        )

    def is_fenced(self) -> bool:
        """Tell whether no lower token was admitted after a higher one."""
        tokens = [one.token for one in self.effects if one.verdict == "admitted"]
        return all(before <= after for before, after in pairwise(tokens))
