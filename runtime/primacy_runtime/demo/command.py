"""`primacy demo`: five agents as processes, a live table, and faults by key.

A leader acts on a resource that checks tokens. Pause the leader until another one is
elected, let it go on, and see the resource refuse what it had decided before.

Exit codes: 0 in the end all agents follow one leader, and no effect of a lower token
was admitted after one of a higher; 1 not so; 2 bad usage; 128 and its number if a
signal ended it, once the terminal is as it was and no agent runs any more.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Final

import click

from primacy_runtime.demo.display import REPORT_S, Show
from primacy_runtime.errors import SettingsError
from primacy_runtime.net.sockets import outlive_broken_pipes
from primacy_runtime.settings import milliseconds

LONGEST_WAIT_S: Final = 30.0


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
    outlive_broken_pipes()
    try:
        with tempfile.TemporaryDirectory(prefix="primacy-") as folder:
            code = asyncio.run(_until_told(_run(Path(folder), headless, seconds)))
    except BrokenPipeError:  # nobody reads on: end as other programs do, all else ended
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.raise_signal(signal.SIGPIPE)
        raise
    sys.exit(code)


async def _until_told(work: Coroutine[object, object, bool]) -> int:
    """Run to the end, or until a signal; clean up before the program ends of it."""
    loop, told = asyncio.get_running_loop(), list[int]()
    task = asyncio.create_task(work)

    def end(number: int) -> None:
        if not told:  # a second one would cut the cleaning short
            task.cancel()
        told.append(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        return 0 if await task else 1
    except asyncio.CancelledError:
        if not told:
            raise  # Ctrl-C
        return 128 + told[0]


async def _run(folder: Path, headless: bool, seconds: float | None) -> bool:
    show = Show(folder)
    writing = asyncio.create_task(show.keep_writing())
    try:
        await show.stage.start()
        if headless:
            return await _play(show, 20.0 if seconds is None else seconds)
        from primacy_runtime.demo.screen import watch  # noqa: PLC0415 - it needs rich

        await watch(show, seconds)
        return show.is_fenced()
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await show.stage.leave()
        await show.end()


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
