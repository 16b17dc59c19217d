"""What a person sees while an exploration runs.

Nothing in the first two seconds. Then, on a terminal, one line that is rewritten and
leaves no mark; elsewhere one plain line each 30 seconds.

Contract: it writes to standard error only, so that what is written to standard output
stays the same in every run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

QUIET_S = 2.0
"""Seconds in which nothing is shown."""

REDRAW_S = 0.25
"""Seconds between two drawings on a terminal."""

PLAIN_S = 30.0
"""Seconds between two plain lines elsewhere."""


class ProgressWatch:
    """Told by the oracle after each explored state; shows some of it."""

    def __init__(
        self,
        title: str,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title = title
        self._console = console
        self._clock = clock
        self._started = clock()
        self._live: Live | None = None
        first = QUIET_S if console.is_terminal else PLAIN_S
        self._due = self._started + first
        self.line = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, states: int, queue: int, depth: int) -> None:
        """Show where the exploration stands, if it is time to."""
        now = self._clock()
        if now < self._due:
            return
        self.line = self._describe(states, queue, depth, now - self._started)
        if not self._console.is_terminal:
            self._due = now + PLAIN_S
            self._console.print(Text(self.line), soft_wrap=True)
            return
        self._due = now + REDRAW_S
        if self._live is None:
            self._live = Live(console=self._console, transient=True, auto_refresh=False)
            self._live.start()
        text = Text(self.line, style="dim", no_wrap=True, overflow="ellipsis")
        self._live.update(text, refresh=True)

    def _describe(self, states: int, queue: int, depth: int, elapsed: float) -> str:
        rate = states / elapsed if elapsed > 0 else 0
        return (
            f"{self._title}: {states:,} states, {rate:,.0f} states/s,"
            f" queue {queue:,}, depth {depth:,}, {elapsed:,.0f} s"
        )
