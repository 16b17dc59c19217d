"""The clock of an agent, and the two timers that it drives.

The clock is the one that goes on while the machine is suspended (CLOCK_BOOTTIME), where
there is one: a lease must not be revived by a clock that stood still.

Contract: instants never fall (runtime.monotonic-clock); a timer elapses late or not at
all, never early (runtime.timer-not-early), and one that was replaced never does
(runtime.timer-replaced).

Source: clauses `runtime.*` of docs/specification.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from random import SystemRandom
from typing import Final

from primacy import Instant, Timer

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000


class Clock:
    """A monotonic clock. `rate` is for experiments: how fast it runs, 1 is true."""

    def __init__(self, rate: float = 1.0) -> None:
        self._rate = rate
        self._true_origin = _true_ns()
        self._origin = self._true_origin

    def now_ns(self) -> int:
        """Read the clock, in nanoseconds."""
        passed = _true_ns() - self._true_origin
        return self._origin + (
            passed if self._rate == 1.0 else int(passed * self._rate)
        )

    def now(self) -> Instant:
        """Read the clock as core counts: in whole milliseconds, rounded down."""
        return Instant(self.now_ns() // NS_PER_MS)

    def run_at(self, rate: float) -> None:
        """Run faster or slower from now on; the reading does not jump."""
        self._origin, self._true_origin = self.now_ns(), _true_ns()
        self._rate = rate

    def until(self, instant_ns: int) -> float:
        """Compute the seconds of true time until the clock shows an instant."""
        return max(0, instant_ns - self.now_ns()) / self._rate / NS_PER_S


def _true_ns() -> int:
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    if boottime is None:
        return time.monotonic_ns()  # elsewhere it stands still in a suspended machine
    return time.clock_gettime_ns(boottime)


class Timers:
    """The timers of one agent; `elapsed` is given a timer and which arming of it."""

    def __init__(self, clock: Clock, elapsed: Callable[[Timer, int], None]) -> None:
        self._clock, self._elapsed = clock, elapsed
        self._draw = SystemRandom()
        self._arming = dict.fromkeys(Timer, 0)
        self._calls: dict[Timer, asyncio.TimerHandle] = {}

    def arm(self, timer: Timer, least: int, most: int) -> None:
        """Draw a length between two of milliseconds, evenly, and wait so long."""
        self.disarm(timer)
        length_ns = self._draw.randint(least * NS_PER_MS, most * NS_PER_MS)
        self._wait(timer, self._arming[timer], self._clock.now_ns() + length_ns)

    def disarm(self, timer: Timer) -> None:
        """Forget a timer, even if it has elapsed and waits to be handled."""
        self._arming[timer] += 1
        call = self._calls.pop(timer, None)
        if call is not None:
            call.cancel()

    def is_current(self, timer: Timer, arming: int) -> bool:
        """Tell whether an arming was neither replaced nor disarmed."""
        return self._arming[timer] == arming

    def stop(self) -> None:
        """Forget all timers."""
        for timer in Timer:
            self.disarm(timer)

    def _wait(self, timer: Timer, arming: int, deadline_ns: int) -> None:
        loop = asyncio.get_running_loop()
        self._calls[timer] = loop.call_later(
            self._clock.until(deadline_ns), self._ring, timer, arming, deadline_ns
        )

    def _ring(self, timer: Timer, arming: int, deadline_ns: int) -> None:
        if self._clock.now_ns() < deadline_ns:  # the loop rounds, the rate may change
            self._wait(timer, arming, deadline_ns)
        else:
            self._elapsed(timer, arming)
