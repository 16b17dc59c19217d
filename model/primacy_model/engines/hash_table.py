"""Tables of numbers that are asked for many keys at once, for the engine of arrays.

A table is open-addressed. All keys step through it together, and those that are done
stay behind. Where several find the same free slot, all write; who is read back has won
it, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from primacy_model.engines.bit_packing import Array

ONE: Final = np.uint64(1)
HALF: Final = np.uint64(32)
MIX: Final = np.uint64(0x9E3779B97F4A7C15)
LOW: Final = np.uint64(0xFFFFFFFF)
UNKNOWN: Final = -1
MOST: Final = 1 << 27
"""How many answers are kept in lines."""


AnswerMisses = Callable[[Array, Array], Array | Sequence[int]]
"""Answers to a number of pairs of numbers."""


def mix(words: Sequence[Array]) -> Array:
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
    """Give the slots of a table at which the search for keys begins: highest bits."""
    slots: Array = (spread >> np.uint64(65 - size.bit_length())).view(np.int64)
    return slots


class HashTable:
    """Values by key, for many keys at once; no key is 0."""

    def __init__(self) -> None:
        self._keys: Array = np.zeros(1 << 12, np.uint64)
        self._values: Array = np.zeros(1 << 12, np.int64)
        self._size = 0

    def slots(self, keys: Array) -> Array:
        """Find where keys stand, or should."""
        mask = len(self._keys) - 1
        at = home(mix([keys]), len(self._keys))
        held = self._keys.take(at)
        lost = np.flatnonzero((held != keys) & (held != 0))
        while len(lost):
            slots = at.take(lost) + 1 & mask
            at[lost] = slots
            held = self._keys.take(slots)
            lost = lost[(held != keys.take(lost)) & (held != 0)]
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


class Pairs(HashTable):
    """Answers by pairs of numbers; what is not known is asked for once."""

    def __init__(self, answer: AnswerMisses) -> None:
        super().__init__()
        self._answer = answer

    def of(self, first: Array, second: Array) -> Array:
        """Give the answers to pairs of numbers."""
        keys = (first.view(np.uint64) << HALF | second.view(np.uint64)) + ONE
        at = self.slots(keys)
        fresh = keys[self._keys.take(at) == 0]
        if len(fresh):
            fresh = np.unique(fresh)
            asked = fresh - ONE
            pairs = (asked >> HALF).view(np.int64), (asked & LOW).view(np.int64)
            self.enter(fresh, np.array(self._answer(*pairs), np.int64))
            at = self.slots(keys)
        return self._values.take(at)


class AnswerCache:
    """Answers by number; what is not known is asked for once."""

    def __init__(self, answer: Callable[[Array], Array | Sequence[int]]) -> None:
        self._answer = answer
        self._answers: Array = np.full(1 << 10, UNKNOWN)

    def of(self, numbers: Array) -> Array:
        """Give the answers to numbers."""
        while numbers.max(initial=0) >= len(self._answers):
            more = np.full_like(self._answers, UNKNOWN)
            self._answers = np.concatenate([self._answers, more])
        found = self._answers.take(numbers)
        if found.min(initial=0) == UNKNOWN:
            fresh = np.unique(numbers[found == UNKNOWN])
            self._answers[fresh] = self._answer(fresh)
            found = self._answers.take(numbers)
        return found


class Grid:
    """Answers by pairs of numbers, of which most are asked for: a line for each first.

    Where lines would take too much space the pairs are looked up in a table.
    """

    def __init__(self, answer: AnswerMisses) -> None:
        self._answer = answer
        self._shift = 0
        self._answers: Array = np.full(1 << 10, UNKNOWN)
        self._pairs: Pairs | None = None

    def of(self, first: Array, second: Array) -> Array:
        """Give the answers to pairs of numbers."""
        if self._pairs is None:
            self._make_room(int(first.max(initial=0)), int(second.max(initial=0)))
        if self._pairs is not None:
            return self._pairs.of(first, second)
        asked = first << self._shift | second
        found = self._answers.take(asked)
        if found.min(initial=0) == UNKNOWN:
            fresh = np.unique(asked[found == UNKNOWN])
            others = fresh & (1 << self._shift) - 1
            self._answers[fresh] = self._answer(fresh >> self._shift, others)
            found = self._answers.take(asked)
        return found

    def _make_room(self, first: int, second: int) -> None:
        width = second.bit_length()
        if width > self._shift:  # all lines are drawn anew
            self._shift, self._answers = width, self._answers[:0]
        size = max(1 << 10, len(self._answers))
        while first << self._shift | second >= size:
            size *= 2
        if size > MOST:
            self._pairs, self._answers = Pairs(self._answer), self._answers[:0]
        elif size > len(self._answers):
            more = np.full(size - len(self._answers), UNKNOWN)
            self._answers = np.concatenate([self._answers, more])
