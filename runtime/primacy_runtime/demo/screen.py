"""The live table of `primacy demo`, and its keys.

Contract: it shows what the agents said of themselves, and says so where that is old.
"""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import time
import tty
from contextlib import suppress
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from primacy_runtime.demo.cluster import Member
from primacy_runtime.demo.display import Show

LINES: Final = 8
HEADS: Final = (
    "",
    "agent",
    "is",
    "part",
    "role",
    "leader",
    "term",
    "token",
    "log from",
    "commit",
    "alive",
)
_NUMBERS: Final = ("term", "token", "log from", "commit")
KEYS: Final = (
    "1-9 choose an agent, l the leader, q quit",
    "k kill   b bring back   p pause / go on   c cut off / join",
    "a add an agent   r have the chosen one leave   s have it take a snapshot",
)


async def watch(show: Show, seconds: float | None) -> None:
    """Show the stage until q is pressed, Ctrl-C, or the time is over."""
    until = None if seconds is None else time.monotonic() + seconds
    loop, keys = asyncio.get_running_loop(), asyncio.Queue[str]()
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def take() -> None:
        try:
            key = os.read(terminal, 1)
        except OSError:  # nobody is there any more
            key = b""
        keys.put_nowait(key.decode("ascii", "replace") or "q")

    try:
        tty.setcbreak(terminal)
        loop.add_reader(terminal, take)
        with Live(screen(show), refresh_per_second=8, screen=True) as live:
            while until is None or time.monotonic() < until:
                try:
                    async with asyncio.timeout(0.1):
                        key = await keys.get()
                except TimeoutError:
                    key = ""
                if key == "q":
                    return
                await show.press(key)
                show.look()
                live.update(screen(show))
    finally:
        loop.remove_reader(terminal)
        with suppress(termios.error):  # there is no terminal any more
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def screen(show: Show) -> Group:
    """Lay out everything."""
    table = Table(title="primacy demo", title_justify="left", box=SIMPLE_HEAD)
    for head in HEADS:
        table.add_column(head, justify="right" if head in _NUMBERS else "left")
    leader = show.stage.leader()
    for name, member in show.stage.members.items():
        style = "bold green" if leader is member else ""
        if not member.is_heard:
            style = "dim"
        mark = ">" if name == show.chosen else ""
        status, *rest = _cells(member)
        table.add_row(mark, name, status, show.part(name), *rest, style=style)
    admitted = len(show.effects) - show.refused()
    highest = max((one.token for one in show.effects), default=0)
    return Group(
        table,
        Text(
            f"resource: highest token {highest}, effects admitted {admitted}, "
            f"refused {show.refused()}; writes acknowledged {show.written}\n"
        ),
        *(
            Text(line, style="bold red" if "REFUSED" in line else "")
            for line in show.done[-LINES:]
        ),
        Text(""),
        *(Text(line, style="dim") for line in KEYS),
    )


def _cells(member: Member) -> list[str]:
    health = member.health
    if not member.is_up or health is None:
        return ["down" if not member.is_up else "starting", *[""] * 7]
    status = "runs"
    if member.is_paused:
        status = "paused, was"
    elif member.is_cut:
        status = "cut off"
    return [
        status,
        health["role"],
        health["leader"],
        str(health["term"]),
        str(health["token"] or ""),
        str(health["log_start"] + 1),
        str(health["commit_index"]),
        "".join(name.removeprefix("agent-") for name in health["alive"]),
    ]
