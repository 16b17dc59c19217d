"""Chance that is the same on every machine: whole numbers drawn from a seed.

Contract: of the generator only `random()` is used. Python promises that a seed gives
the same sequence of it in every version; of the other methods it promises nothing. What
is drawn is turned into a whole number at once, so no sum of floats can differ.

Each use has a stream of its own, so that one more draw of a client moves no packet.

Source: the documentation of Python's `random`, "Notes on Reproducibility".
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, TypeVar

Item = TypeVar("Item")

MILLE: Final = 1_000

STREAMS: Final = 6
"""How many numbers each seed has for its streams. Another count would move each run."""


BEYOND_SEEDS: Final = 10**20
"""More than any seed times `STREAMS`."""


class Stream(IntEnum):
    """What chance decides: for each a number of its own."""

    SCHEDULE = 0
    NETWORK = 1
    TIMERS = 2
    CLIENTS = 3
    FAULTS = 4
    CHANGES = 5
    SNAPSHOTS = 6
    """Beyond `STREAMS`: it came later, and moves no other stream."""


class Chance:
    """A source of whole numbers."""

    def __init__(self, seed: int, stream: Stream) -> None:
        mixed = seed * STREAMS + stream
        if stream >= STREAMS:
            mixed = stream * BEYOND_SEEDS + seed
        self._draw = random.Random(mixed).random  # noqa: S311 - a run is repeated

    def below(self, bound: int) -> int:
        """Draw from 0 to `bound` - 1, evenly."""
        return int(self._draw() * bound)

    def between(self, least: int, most: int) -> int:
        """Draw from `least` to `most`, evenly."""
        return least + int(self._draw() * (most - least + 1))

    def comes_true(self, mille: int) -> bool:
        """Tell whether something happens that happens this often in a thousand."""
        return mille > 0 and self._draw() * MILLE < mille

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one of several."""
        return items[int(self._draw() * len(items))]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """Draw several, each at most once, in their order."""
        rest = list(range(len(items)))
        chosen = [rest.pop(self.below(len(rest))) for _ in range(count)]
        return [items[place] for place in sorted(chosen)]


# --- latencies ------------------------------------------------------------------------

LOGNORMAL: Final = (
    *(12, 19, 24, 29, 34, 39, 44, 48, 53, 59, 64, 70, 76, 82, 89, 96),
    *(104, 112, 122, 132, 143, 156, 170, 187, 206, 229, 258, 294, 342, 413, 534, 862),
)
"""The middle of each 32nd of a lognormal distribution of spread 1: % of its median."""

TAIL: Final = (
    *(649, 658, 668, 678, 688, 699, 711, 723, 736, 750, 764, 779, 796, 813, 831, 851),
    *(873, 896, 921, 949, 980, 1014, 1053, 1097, 1148, 1209, 1282, 1374, 1495, 1669),
    *(1959, 2704),
)
"""The last 32nd again, in 32 parts: the slowest packets."""


def latency(chance: Chance, shape: str, median_us: int) -> int:
    """Draw how long a packet takes, in microseconds."""
    if shape == "constant":
        return median_us
    if shape == "uniform":
        return 1 + chance.below(2 * median_us)
    assert shape == "lognormal"
    place = chance.below(len(LOGNORMAL))
    percent = LOGNORMAL[place]
    if place == len(LOGNORMAL) - 1:
        percent = chance.pick(TAIL)
    return max(1, median_us * percent // 100)


SHAPES: Final = ("constant", "uniform", "lognormal")
