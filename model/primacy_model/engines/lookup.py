"""Tables of numbers that are asked for many keys at once, for the engine of arrays.

A table is open-addressed. All keys step through it together, and those that are done
stay behind. Where several find the same free slot, all write; who is read back has won
it, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from primacy_model.engines.packing import Array

ONE: Final = np.uint64(1)
HALF: Final = np.uint64(32)
MIX: Final = np.uint64(0x9E3779B97F4A7C15)
HOME: Final = np.uint64(20)


def mixed(words: Sequence[Array]) -> Array:
    """Spread the bits of rows of words, given word by word."""
    spread: Array = words[0] * MIX
    for word in words[1:]:
        spread ^= spread >> HALF
        spread ^= word
        spread *= MIX
    spread ^= spread >> HALF
    spread *= MIX
    return spread


def home(spread: Array, size: int) -> Array:
    """Give the slots of a table at which the search for keys begins."""
    slots: Array = (spread >> HOME & np.uint64(size - 1)).view(np.int64)
    return slots


class Table:
    """Values by key, for many keys at once; no key is 0."""

    def __init__(self) -> None:
        self._keys: Array = np.zeros(1 << 12, np.uint64)
        self._values: Array = np.zeros(1 << 12, np.int64)
        self._size = 0

    def slots(self, keys: Array) -> Array:
        """Find where keys stand, or should."""
        mask = len(self._keys) - 1
        at = home(mixed([keys]), len(self._keys))
        held = self._keys[at]
        lost = np.flatnonzero((held != keys) & (held != 0))
        while len(lost):
            at[lost] = at[lost] + 1 & mask
            held = self._keys[at[lost]]
            lost = lost[(held != keys[lost]) & (held != 0)]
        return at

    def new(self, keys: Array) -> Array:
        """List where keys stand that are not in the table, each key once."""
        new = np.flatnonzero(self._keys[self.slots(keys)] == 0)
        if len(new):
            _, first = np.unique(keys[new], return_index=True)
            new = np.sort(new[first])
        return new

    def enter(self, keys: Array, values: Array) -> None:
        """Enter keys that are new and differ."""
        self._size += len(keys)
        if 2 * self._size > len(self._keys):
            held = self._keys != 0
            before, valued = self._keys[held], self._values[held]
            size = 1 << (4 * self._size).bit_length()
            self._keys = np.zeros(size, np.uint64)
            self._values = np.zeros(size, np.int64)
            self._place(before, valued)
        self._place(keys, values)

    def _place(self, keys: Array, values: Array) -> None:
        while len(keys):
            at = self.slots(keys)
            self._keys[at] = keys
            won = self._keys[at] == keys
            self._values[at[won]] = values[won]
            keys, values = keys[~won], values[~won]

    def forget(self) -> None:
        """Empty the table."""
        self._keys[:], self._size = 0, 0


class Pairs(Table):
    """Answers by pairs of numbers; what is not known is asked for once."""

    def __init__(self, answer: Callable[[int, int], int]) -> None:
        super().__init__()
        self._answer = answer

    def of(self, first: Array, second: Array) -> Array:
        """Give the answers to pairs of numbers."""
        keys = (first << HALF | second) + ONE
        at = self.slots(keys)
        fresh = keys[self._keys[at] == 0]
        if len(fresh):
            fresh = np.unique(fresh)
            pairs = [divmod(key - 1, 1 << 32) for key in fresh.tolist()]
            answers = [self._answer(*pair) for pair in pairs]
            self.enter(fresh, np.array(answers, np.int64))
            at = self.slots(keys)
        return self._values[at]
