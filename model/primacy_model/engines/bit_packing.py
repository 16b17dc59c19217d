"""Rows of numbers packed into words: what the engines with arrays have in common.

Each column of a row is given some bits of a word, more than it needs so far; where
those do not suffice the rows are packed anew. A column that has one value has no bits.
An index finds rows again. How it does so is for an engine to say; here it only gets its
space.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

WORD: Final = 64
ROOM: Final = 1 << 16
"""For how many rows there is space at first."""
AT_ONCE: Final = 1 << 16
"""How many rows are packed anew at once."""
MOST_ROWS: Final = 1 << 31
MOST_PLACES: Final = 1 << 7
MOST_NUMBERS: Final = 1 << 28
"""How many values a column may have: keys are made of two of them."""

Array = np.ndarray[Any, np.dtype[Any]]

Enter = Callable[[Array, int, Array], None]
"""Enters a number of rows into an empty index."""
Moved = Callable[[Array, Array, int], None]
"""Moves an index of rows, of a number of words each, into a larger one."""


def roomier(array: Array, size: int) -> Array:
    """Give an array twice the space; what it holds up to a size stays."""
    larger = np.zeros((2 * len(array), *array.shape[1:]), array.dtype)
    larger[:size] = array[:size]
    return larger


def _reserved(array: Array, size: int) -> Array:
    """Give much more space, of which no memory is used before it is written to."""
    times = 8 if len(array) < 1 << 24 else 2
    larger = np.empty((times * len(array), *array.shape[1:]), array.dtype)
    larger[:size] = array[:size]
    return larger


def lay_out(counts: Sequence[int]) -> Array:
    """Give each column its word, its shift and its mask, as wide as words allow."""
    needed = [(count - 1).bit_length() for count in counts]
    layout = _placed(needed)
    more = 0
    while more < WORD and _placed(needed)[-1][0] == layout[-1][0]:
        layout = _placed(needed)
        needed = [width + 1 if width else 0 for width in needed]
        more += 1
    return np.array(layout, np.uint64)


def _placed(widths: Sequence[int]) -> list[tuple[int, int, int]]:
    """Place columns in words; the first keeps a bit free, so that plus one is not 0."""
    laid, word, shift = [], 0, 0
    for width in widths:
        if shift + width > (WORD if word else WORD - 1):
            word, shift = word + 1, 0
        laid.append((word, shift, (1 << width) - 1))
        shift += width
    return laid


def pack(numbers: Array, layout: Array) -> Array:
    """Pack rows of numbers into rows of words."""
    rows = np.zeros((len(numbers), int(layout[:, 0].max()) + 1), np.uint64)
    for column, (word, shift, mask) in enumerate(layout):
        if mask:
            rows[:, word] |= numbers[:, column] << shift
    return rows


def unpack(rows: Array, layout: Array) -> Array:
    """Take rows of words apart into rows of numbers."""
    columns = [rows[:, word] >> shift & mask for word, shift, mask in layout]
    return np.stack(columns, axis=1)


class GrowingArray:
    """Numbers, or a few together, that are added one by one and read all at once."""

    def __init__(self, width: int = 0) -> None:
        shape = (1 << 10, width) if width else (1 << 10,)
        self._array: Array = np.zeros(shape, np.int64)
        self._size = 0
        self._new: list[int | Sequence[int]] = []

    def __len__(self) -> int:
        return self._size + len(self._new)

    def append(self, number: int) -> None:
        """Add a number."""
        self._new.append(number)

    def extend(self, numbers: Sequence[int] | Sequence[Sequence[int]]) -> None:
        """Add numbers."""
        self._new.extend(numbers)

    def join(self, numbers: Array) -> None:
        """Add an array of numbers."""
        size, end = len(self), len(self) + len(numbers)
        held = self.array
        while end > len(held):
            held = roomier(held, size)
        held[size:end] = numbers
        self._array, self._size = held, end

    @property
    def array(self) -> Array:
        """Give all numbers, and some space behind them."""
        if self._new:
            while len(self) > len(self._array):
                self._array = roomier(self._array, self._size)
            self._array[self._size : len(self)] = self._new
            self._size, self._new = len(self), []
        return self._array


class Rows:
    """Rows of words in breadth-first order, each with the row that led to it."""

    def __init__(self, first: Sequence[int], enter: Enter, move: Moved) -> None:
        if len(first) >= MOST_PLACES:
            raise OverflowError("there are too many actors for this engine")
        self._enter, self._move = enter, move
        self.layout = lay_out([number + 1 for number in first])
        """The word, the shift and the mask of each column."""
        self.size = 1
        self.held: Array = np.empty((ROOM, self.words), np.uint64)
        self.parents: Array = np.empty(ROOM, np.int32)
        self.movers: Array = np.empty(ROOM, np.int8)
        """The place of the actor whose move led to each row; 0 if nothing commutes."""
        self.index: Array = np.zeros(2 * ROOM, np.uint64)
        self.held[0] = pack(np.array([first], np.uint64), self.layout)[0]
        self.parents[0], self.movers[0] = -1, 0
        enter(self.held, 1, self.index)

    @property
    def words(self) -> int:
        """Count the words of a row."""
        return int(self.layout[:, 0].max()) + 1

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
        return numbers.view(np.int64)

    def numbers(self, number: int) -> list[int]:
        """Take a row apart."""
        row: list[int]
        (row,) = unpack(self.held[number : number + 1], self.layout).tolist()
        return row

    def make_room(self, more: int) -> None:
        """Make space for a number of further rows."""
        if self.size + more > MOST_ROWS:
            raise OverflowError("there are too many states for this engine")
        while self.size + more > len(self.held):
            self.held = _reserved(self.held, self.size)
            self.parents = _reserved(self.parents, self.size)
            self.movers = _reserved(self.movers, self.size)
        size = len(self.index)
        while self.size + more > size * 5 // 8:
            size *= 2
        if size > len(self.index):
            index, self.index = self.index, np.zeros(size, np.uint64)
            self._move(index, self.index, self.words)

    def widen(self, counts: Sequence[int]) -> None:
        """Pack all rows anew where a column has more values than its bits can tell."""
        if max(counts) > MOST_NUMBERS:
            raise OverflowError("the actors have too many cells for this engine")
        if (np.array(counts, np.uint64) <= self.layout[:, 2] + np.uint64(1)).all():
            return
        layout, held = self.layout, self.held
        self.layout = lay_out(counts)
        self.held = np.empty((len(held), self.words), np.uint64)
        for start in range(0, self.size, AT_ONCE):
            end = min(start + AT_ONCE, self.size)
            numbers = unpack(held[start:end], layout)
            self.held[start:end] = pack(numbers, self.layout)
        self.index[:] = 0
        self._enter(self.held, self.size, self.index)

    def save(self, folder: Path) -> None:
        """Write the rows and the way back."""
        np.save(folder / "layout.npy", self.layout)
        np.save(folder / "rows.npy", self.held[: self.size])
        np.save(folder / "parents.npy", self.parents[: self.size])
        np.save(folder / "movers.npy", self.movers[: self.size])

    def load(self, folder: Path) -> None:
        """Take over rows; enter them anew into an index."""
        self.layout = np.load(folder / "layout.npy")
        self.held = _read(folder / "rows.npy")
        self.parents = _read(folder / "parents.npy")
        self.movers = _read(folder / "movers.npy")
        self.size = len(np.load(folder / "movers.npy", mmap_mode="r"))
        size = 2 * ROOM
        while self.size > size * 5 // 8:
            size *= 2
        self.index = np.zeros(size, np.uint64)
        self._enter(self.held, self.size, self.index)


def _read(path: Path) -> Array:
    """Read an array into one that has some space behind it."""
    held = np.load(path, mmap_mode="r")
    roomy: Array = np.empty((max(ROOM, len(held)), *held.shape[1:]), held.dtype)
    roomy[: len(held)] = held
    return roomy
