"""Rows of numbers packed into words: what the engines with arrays have in common.

The width of each number in a row is guessed, and widened where it does not suffice; the
rows are then packed anew. An index finds rows again. How it does so is for an engine to
say; here it only gets its room.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import islice
from typing import Any, Final, Generic

import numpy as np

from primacy_model.actors import Local, Message
from primacy_model.engines.tables import Tables

WORD: Final = 64
ROOM: Final = 1 << 16
"""For how many rows there is room at first."""
AT_ONCE: Final = 1 << 16
"""How many rows are packed anew at once."""
MOST_ROWS: Final = 1 << 31
MOST_PLACES: Final = 1 << 7

Array = np.ndarray[Any, np.dtype[Any]]

Enter = Callable[[Array, int, Array], None]
"""Enters so many rows into an empty index."""


def roomier(array: Array, size: int) -> Array:
    """Give an array twice the room; what it holds up to a size stays."""
    larger = np.zeros((2 * len(array), *array.shape[1:]), array.dtype)
    larger[:size] = array[:size]
    return larger


def laid_out(widths: Sequence[int]) -> Array:
    """Give each number its word, its shift and its mask."""
    laid, word, shift = [], 0, 0
    for width in widths:
        if shift + width > WORD:
            word, shift = word + 1, 0
        laid.append((word, shift, (1 << width) - 1))
        shift += width
    return np.array(laid, np.uint64)


def packed(numbers: Array, layout: Array) -> Array:
    """Pack rows of numbers into rows of words."""
    rows = np.zeros((len(numbers), int(layout[-1, 0]) + 1), np.uint64)
    for column, (word, shift, _) in enumerate(layout):
        rows[:, word] |= numbers[:, column] << shift
    return rows


def unpacked(rows: Array, layout: Array) -> Array:
    """Take rows of words apart into rows of numbers."""
    columns = [rows[:, word] >> shift & mask for word, shift, mask in layout]
    return np.stack(columns, axis=1)


def bits_of(numbers: frozenset[int]) -> int:
    """Write a set of numbers as bits."""
    return sum(1 << number for number in numbers)


def numbers_of(bits: int) -> frozenset[int]:
    """Read a set of numbers from its bits."""
    return frozenset(at for at in range(bits.bit_length()) if bits >> at & 1)


class Column:
    """Numbers that are added one by one and read all at once."""

    def __init__(self, numbers: Sequence[int] = ()) -> None:
        self._array: Array = np.zeros(1 << 10, np.int64)
        self._size = 0
        self._new = [*numbers]

    def __len__(self) -> int:
        return self._size + len(self._new)

    def extend(self, numbers: Sequence[int]) -> None:
        """Add numbers."""
        self._new.extend(numbers)

    @property
    def array(self) -> Array:
        """Give all numbers, and some room behind them."""
        if self._new:
            while len(self) > len(self._array):
                self._array = roomier(self._array, self._size)
            self._array[self._size : len(self)] = self._new
            self._size, self._new = len(self), []
        return self._array


class Rows:
    """Rows of words in breadth-first order, each with the row that led to it."""

    def __init__(self, first: Sequence[int], enter: Enter) -> None:
        places = len(first) // 2
        if places >= MOST_PLACES:
            raise OverflowError("too many actors for this engine")
        self._enter = enter
        local = max(6, (max(first) + 1).bit_length())
        self._widths = [local] * places + [8] * places
        self.layout = laid_out(self._widths)
        """The word, the shift and the mask of each number."""
        self.size = 1
        self.held: Array = np.empty((ROOM, self.words), np.uint64)
        self.parents: Array = np.empty(ROOM, np.int32)
        self.movers: Array = np.empty(ROOM, np.int8)
        """The place of the actor whose move led to each row."""
        self.index: Array = np.zeros(2 * ROOM, np.uint64)
        self.held[0] = packed(np.array([first], np.uint64), self.layout)[0]
        self.parents[0], self.movers[0] = -1, 0
        enter(self.held, 1, self.index)

    @property
    def words(self) -> int:
        """Count the words of a row."""
        return int(self.layout[-1, 0]) + 1

    @property
    def limit(self) -> int:
        """Tell how many rows there may be before something has to grow."""
        return min(len(self.held), len(self.index) * 5 // 8)

    @property
    def bytes(self) -> int:
        """Tell what the rows, the way back and the index take."""
        row = self.held.itemsize * self.words
        row += self.parents.itemsize + self.movers.itemsize
        return self.size * row + self.index.nbytes

    def column(self, column: int, which: slice | Array) -> Array:
        """Take one number out of some rows."""
        word, shift, mask = self.layout[column]
        numbers: Array = self.held[:, word][which] >> shift & mask
        return numbers

    def numbers(self, number: int) -> list[int]:
        """Take a row apart."""
        row: list[int]
        (row,) = unpacked(self.held[number : number + 1], self.layout).tolist()
        return row

    def make_room(self, more: int) -> None:
        """Make room for so many more rows."""
        if self.size + more > MOST_ROWS:
            raise OverflowError("too many states for this engine")
        while self.size + more > len(self.held):
            self.held = roomier(self.held, self.size)
            self.parents = roomier(self.parents, self.size)
            self.movers = roomier(self.movers, self.size)
        size = len(self.index)
        while self.size + more > size * 5 // 8:
            size *= 2
        if size > len(self.index):
            self.index = np.zeros(size, np.uint64)
            self._enter(self.held, self.size, self.index)

    def widen(self, count: int, boxes: Sequence[int]) -> None:
        """Pack all rows anew where a width does not suffice for so many numbers.

        There are so many local states, and so many mailboxes at each place; those get
        room for twice as many. No local state has all its bits set, so that a word plus
        one is never 0.
        """
        counts = [count] * len(boxes)
        widths = self._wider([*counts, *boxes])
        if widths == self._widths:
            return
        widths = self._wider([*counts, *[2 * each for each in boxes]])
        layout, held, self._widths = self.layout, self.held, widths
        self.layout = laid_out(widths)
        self.held = np.empty((len(held), self.words), np.uint64)
        for start in range(0, self.size, AT_ONCE):
            end = min(start + AT_ONCE, self.size)
            numbers = unpacked(held[start:end], layout)
            self.held[start:end] = packed(numbers, self.layout)
        self.index[:] = 0
        self._enter(self.held, self.size, self.index)

    def _wider(self, counts: Sequence[int]) -> list[int]:
        return [
            max(width, count.bit_length())
            for width, count in zip(self._widths, counts, strict=True)
        ]


class Views(Generic[Local, Message]):
    """Numbers for what the claims see of each actor; 0 is no view."""

    def __init__(self, tables: Tables[Local, Message]) -> None:
        self._tables = tables
        places = len(tables.actors.agents)
        self.numbers: Array = np.zeros((places, 1 << 8), np.uint64)
        """By place and local state."""
        self._known: dict[Hashable, int] = {}
        self._looked = [0] * places

    @property
    def radix(self) -> int:
        """Give the base in which the views of all actors make one key."""
        return len(self._known) + 1

    def look(self) -> bool:
        """Look at what is new; tell whether the keys have a new base."""
        before = len(self._known)
        while self.numbers.shape[1] < len(self._tables.locals.values):
            self.numbers = np.hstack([self.numbers, np.zeros_like(self.numbers)])
        for place, held in enumerate(self._tables.held):
            for local in islice(held, self._looked[place], None):
                shown = self._tables.views(place, local)
                known = self._known.setdefault(shown, len(self._known) + 1)
                self.numbers[place, local] = known
            self._looked[place] = len(held)
        if self.radix ** len(self.numbers) >= 1 << (WORD - 1):
            raise OverflowError("the claims see too much of the actors for this engine")
        return len(self._known) > before
