"""`primacy demo`: five agents as processes, a live table, and faults by key.

A leader acts on a resource that checks tokens. Pause the leader until another one is
elected, let it go on, and see the resource refuse what it had decided before.

Exit codes: 0 in the end all agents follow one leader, and no effect of a lower token
was admitted after one of a higher; 1 not so; 2 bad usage.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, pairwise
from pathlib import Path
from typing import Final

import click

from primacy_runtime.failures import SettingsError
from primacy_runtime.resource import Effect, Resource
from primacy_runtime.settings import milliseconds
from primacy_runtime.stage import Gone, Member, Refusal, Stage

NAMES: Final = ("agent-1", "agent-2", "agent-3", "agent-4", "agent-5")
TIMES: Final = {
    "heartbeat_interval": 0.2,
    "election_timeout": 0.8,
    "leader_timeout": 1.2,
}
REPORT_S: Final = 0.1
WRITE_EVERY_S: Final = 0.3
LONGEST_WAIT_S: Final = 30.0


class Show:
    """The stage, what the resource took, and what was done so far."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "resource.sqlite3"
        self.resource = Resource(self._file)
        settings = {**TIMES, "report": REPORT_S, "resource": str(self._file)}
        self.stage = Stage(folder, NAMES, settings)
        self.chosen = NAMES[0]
        self.effects: list[Effect] = []
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
                except (Gone, Refusal, OSError):
                    continue
                self.written += 1

    def note(self, line: str) -> None:
        """Keep a line for whoever looks on."""
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


@click.command("demo", short_help="Watch five agents survive what is done to them.")
@click.option("--headless", is_flag=True, help="Do the faults by itself; no terminal.")
@click.option(
    "--seconds", type=float, help="End after so long; 20 with --headless if not given."
)
def demo(headless: bool, seconds: float | None) -> None:
    """Start five agents on this machine, and do to them what networks and machines do.

    With a terminal: choose an agent and press a key. With --headless: a killed leader,
    a paused one and one that is cut off, over and over, then a summary.
    """
    try:
        if seconds is not None:
            milliseconds("--seconds", seconds)
    except SettingsError as error:
        raise click.UsageError(f"{error}.") from None
    if not headless and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("demo needs a terminal; without one, use --headless.")
    with tempfile.TemporaryDirectory(prefix="primacy-") as folder:
        holds = asyncio.run(_run(Path(folder), headless, seconds))
    sys.exit(0 if holds else 1)


async def _run(folder: Path, headless: bool, seconds: float | None) -> bool:
    show = Show(folder)
    await show.stage.start()
    writing = asyncio.create_task(show.keep_writing())
    try:
        if headless:
            return await _play(show, 20.0 if seconds is None else seconds)
        from primacy_runtime.screen import watch  # noqa: PLC0415 - it needs rich

        await watch(show, seconds)
        return show.is_fenced()
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await show.stage.leave()
        show.resource.close()


async def _play(show: Show, seconds: float) -> bool:
    """Do faults to one leader after the other, for a time, one at least."""
    until = time.monotonic() + seconds
    told = 0

    async def wait(is_so: Callable[[], bool], longest: float = LONGEST_WAIT_S) -> bool:
        nonlocal told
        deadline = time.monotonic() + longest
        while not is_so() and time.monotonic() < deadline:
            await asyncio.sleep(REPORT_S)
            show.look()
            for line in show.done[told:]:
                click.echo(line)
            told = len(show.done)
        return is_so()

    stage, faults = show.stage, 0
    for break_it, mend_it in cycle(
        (
            (show.kill, show.bring_back),
            (show.pause_or_go_on, show.pause_or_go_on),
            (show.cut_or_join, show.cut_or_join),
        )
    ):
        if not await wait(stage.has_agreed):
            break
        victim = stage.leader()
        if victim is None or (faults and time.monotonic() > until):
            break
        await wait(lambda: False, 5 * REPORT_S)  # let it act on the resource
        term = (victim.health or {}).get("term", 0)
        await break_it(victim)
        faults += 1
        await wait(partial(show.is_superseded, term))
        await mend_it(victim)
        await wait(lambda: False, 10 * REPORT_S)
    has_agreed = await wait(stage.has_agreed)
    return _summary(show, faults, has_agreed)


def _summary(show: Show, faults: int, has_agreed: bool) -> bool:
    show.look()
    admitted = len(show.effects) - show.refused()
    click.echo(
        f"faults {faults}   leaders {len(show.leaders)}   "
        f"effects admitted {admitted}, refused {show.refused()}   "
        f"writes {show.written}"
    )
    for holds, sentence in (
        (has_agreed, "In the end all agents follow one leader."),
        (show.is_fenced(), "No token was admitted after a higher one."),
    ):
        click.echo(f"{'yes' if holds else 'NO ':3}  {sentence}")
    return has_agreed and show.is_fenced()
