"""Images of rows as arrays: what the engines with arrays know of symmetry.

The orbits are those of `symmetry`, and the image that is chosen is the same. Here many
rows are looked at together, and the loops of the compiled engine find in arrays what
they need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from primacy_model.engines.bit_packing import Array, GrowingArray
from primacy_model.engines.symmetry import Symmetries

ROOM: Final = 1 << 10
"""For how many numbers of a column there is space at first."""
AT_ONCE: Final = 1 << 15
"""How many rows are looked at together."""
ORBIT: Final = 14
STAYS: Final = 46
"""What is known of a number: a way, above it an orbit, above that how many stays."""
WAY: Final = (1 << ORBIT) - 1
MOST_ORBITS: Final = (1 << STAYS - ORBIT) - 1


class OrbitArrays:
    """What becomes of columns where actors change places."""

    def __init__(self, symmetries: Symmetries) -> None:
        self.symmetries = symmetries
        self.held: Array = np.zeros((symmetries.columns, ROOM), np.int64)
        """By column and number: a way that leads there from the first of the orbit.

        Above it the orbit, and above that how many ways leave its first as it is: what
        is less is looked at before others. 0 is not known, and -1 is claimed.
        """
        self.goals: Array = np.array(symmetries.goals, np.int64)
        self.after: Array = np.array(symmetries.after, np.int64)
        self.back: Array = np.array(symmetries.back, np.int64)
        self._images = GrowingArray(symmetries.count)
        self._begins, self._stays = GrowingArray(), GrowingArray()

    @property
    def images(self) -> Array:
        """By orbit and way: the number in the column to which that way leads."""
        return self._images.array

    @property
    def begins(self) -> Array:
        """By orbit: where the ways begin that leave the first one as it is."""
        return self._begins.array

    @property
    def stays(self) -> Array:
        """List the ways of all orbits that leave the first one as it is."""
        return self._stays.array

    def make_room(self, count: int) -> None:
        """Make space for a number of numbers of each column."""
        room = self.held.shape[1]
        while room < count:
            room *= 2
        if room > self.held.shape[1]:
            more = ((0, 0), (0, room - self.held.shape[1]))
            self.held = np.pad(self.held, more)

    def answer(self, asked: Sequence[tuple[int, int]]) -> None:
        """Find out about what stands in columns."""
        for column, number in asked:
            self.symmetries.held(column, number)
        for column, _, orbit in self.symmetries.orbits[len(self._begins) :]:
            rank = len(orbit.stays) << STAYS | len(self._begins) << ORBIT
            self._begins.append(len(self._stays))
            self._stays.extend(orbit.stays)
            self._images.extend([orbit.images])
            self.make_room(max(orbit.images) + 1)
            goals = self.goals[:, column]
            self.held[goals, orbit.images] = rank | np.arange(len(goals))

    # --- many rows --------------------------------------------------------------------

    def least(self, columns: Array) -> Array:
        """Give the images that stand for rows; both column by column."""
        self._learn(columns)
        parts = [
            self._least(columns[:, begin : begin + AT_ONCE])
            for begin in range(0, columns.shape[1], AT_ONCE)
        ]
        return np.concatenate(parts, axis=1)

    def _learn(self, columns: Array) -> None:
        self.make_room(int(columns.max(initial=0)) + 1)
        asked = [
            (column, number)
            for column, numbers in enumerate(columns)
            for number in np.unique(numbers[self.held[column, numbers] == 0]).tolist()
        ]
        self.answer(asked)

    def _least(self, columns: Array) -> Array:
        places = np.arange(len(columns))[:, np.newaxis]
        held = self.held[places, columns]
        orbits, ways, ranks = held >> ORBIT & MOST_ORBITS, held & WAY, held >> ORBIT
        lowest = ranks.min(axis=0)
        best = np.full(columns.shape, np.iinfo(np.int64).max)
        for place, rank in enumerate(ranks):
            rows, turn = np.flatnonzero(rank == lowest), 0
            while len(rows):
                orbit = orbits[place, rows]
                stay = self.stays[self.begins[orbit] + turn]
                way = self.back[self.after[ways[place, rows], stay]]
                moved = self._moved(way, orbits[:, rows], ways[:, rows])
                _improve(best, rows, moved)
                turn += 1
                rows = rows[ranks[place, rows] >> STAYS - ORBIT > turn]
        return best

    def _moved(self, way: Array, orbits: Array, ways: Array) -> Array:
        """Give an image of each row, each in a way of its own."""
        image, which = np.empty(orbits.shape, np.int64), np.arange(len(way))
        for column, (orbit, led) in enumerate(zip(orbits, ways, strict=True)):
            held = self.images[orbit, self.after[way, led]]
            image[self.goals[way, column], which] = held
        return image


def _improve(best: Array, rows: Array, image: Array) -> None:
    """Keep images that are less than the best ones: the first column decides."""
    held = best[:, rows]
    is_less = np.zeros(len(rows), bool)
    is_same = np.ones(len(rows), bool)
    for before, now in zip(held, image, strict=True):
        is_less |= is_same & (now < before)
        is_same &= now == before
    best[:, rows[is_less]] = image[:, is_less]
