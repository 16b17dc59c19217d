"""What an agent counts: packets, refusals, elections, and how long its disk takes.

Plain numbers, so that counting needs no library; `metrics` shows them to Prometheus.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""The upper bounds of the buckets of disk writes, in seconds."""


@dataclass(slots=True)
class Lengths:
    """How often something took how long; the last bucket has no bound."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.buckets[bisect_left(BOUNDS_S, seconds)] += 1
        self.total_s += seconds


@dataclass(slots=True)
class Counters:
    """What happened since the agent started."""

    elections_started: int = 0
    elections_won: int = 0
    partitions_suspected: int = 0
    packets_sent: int = 0
    packets_received: int = 0
    packets_dropped: int = 0
    """Left out because a peer could not be reached, or did not keep up."""
    snapshots_taken: int = 0
    snapshots_sent: int = 0
    """To peers whose log ends before this one's begins; each may be sent again."""
    snapshots_installed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Connections, frames and packets that were refused, by kind."""
    requests: Counter[str] = field(default_factory=Counter)
    """What became of requests, by outcome."""
    disk: Lengths = field(default_factory=Lengths)
