"""What the demo shows: the stage, what its resource took, and what was done so far.

It knows nothing of keys or terminals; what shows it asks it to look.
"""

from __future__ import annotations

import asyncio
import time
from itertools import cycle, pairwise
from pathlib import Path
from typing import Final

from primacy_runtime.demo.cluster import Gone, Member, RequestRefused, Stage
from primacy_runtime.demo.fenced_resource import Resource, ResourceEffect

NAMES: Final = ("agent-1", "agent-2", "agent-3", "agent-4", "agent-5")
TIMES: Final = {
    "heartbeat_interval": 0.2,
    "election_timeout": 0.8,
    "leader_timeout": 1.2,
}
REPORT_S: Final = 0.1
WRITE_EVERY_S: Final = 0.3


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
        for name in cycle(NAMES):
            await asyncio.sleep(WRITE_EVERY_S)
            member = self.stage.members[name]
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
        if key.isdigit() and 1 <= int(key) <= len(NAMES):
            self.chosen = NAMES[int(key) - 1]
            return
        if key == "l" and leader is not None:
            self.chosen = leader.name
            return
        act = {
            "k": self.kill,
            "p": self.pause_or_go_on,
            "c": self.cut_or_join,
            "b": self.bring_back,
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
