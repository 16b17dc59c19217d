"""The clock of one agent: a straight line through true time, until its rate changes.

True time and what a clock shows are whole microseconds. A clock shows an instant, in
whole milliseconds, rounded down, as `step` takes it.

Contract: what a clock shows never falls, and between two changes of its rate it
advances by the rate, to the microsecond.
"""

from __future__ import annotations

from typing import Final

PPM: Final = 1_000_000
MS: Final = 1_000


class DriftingClock:
    """A monotonic clock that runs a little fast or slow."""

    __slots__ = ("_shown", "_since", "pace")

    def __init__(self, shown_us: int, rate_ppm: int) -> None:
        self._since = 0
        self._shown = shown_us
        self.pace = PPM + rate_ppm
        """How far it advances in a second of true time, in microseconds."""

    def shows_us(self, true_us: int) -> int:
        """Tell what it shows."""
        return self._shown + (true_us - self._since) * self.pace // PPM

    def instant(self, true_us: int) -> int:
        """Tell what it shows to an agent: milliseconds."""
        return self.shows_us(true_us) // MS

    def when(self, shown_us: int, true_us: int) -> int:
        """Tell when it will show something, at this rate; now at the earliest."""
        ahead = shown_us - self._shown
        due = self._since + -(-ahead * PPM // self.pace)
        return max(true_us, due)

    def set_rate(self, rate_ppm: int, true_us: int) -> None:
        """Let it run at another rate from now on."""
        self._shown = self.shows_us(true_us)
        self._since = true_us
        self.pace = PPM + rate_ppm
