"""What actors may do in cells, for many cells at once: composed of single messages.

Where mailboxes are sets, and nothing is taken out of them or refused, what an actor may
do in a cell is what it may do by itself and with each message alone. So the model is
asked about single messages, and arrays compose the answers.

Contract: the effects are those of `Tables.effects`, in its order; and the tables know
each cell under the number that it has here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from primacy_model.engines import visited_set
from primacy_model.engines.bit_packing import WORD, Array, GrowingArray, roomier
from primacy_model.engines.hash_table import Pairs
from primacy_model.engines.interning import (
    ALWAYS,
    LOCAL,
    LOCAL_BITS,
    MoveEffect,
    Numbers,
)
from primacy_model.engines.transition_tables import Tables

WORDS: Final = (1 << WORD) - 1


class Effects(NamedTuple):
    """What actors may do in some cells, one cell after the other."""

    which: Array
    """By effect: in which of the cells it may be."""
    after: Array
    puts: Array
    then: Array
    heard: Array

    def only(self, those: Array) -> Effects:
        """Leave out all effects but those."""
        return Effects(*(column[those] for column in self))

    def once(self) -> Effects:
        """Leave out all but the first of several that do the same in a cell."""
        order = np.lexsort((self.then, self.puts, self.after, self.which))
        columns = [column[order] for column in self[:4]]
        is_first = np.ones(len(order), bool)
        is_first[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
        return self.only(np.sort(order[is_first]))


def each_of(columns: Sequence[Array]) -> Iterator[tuple[int, ...]]:
    """Give what stands in some columns, one row after the other."""
    return zip(*(column.tolist() for column in columns), strict=True)


def tabulate(found: Iterable[Sequence[MoveEffect]]) -> Effects:
    """Give what the tables tell of some cells as arrays."""
    rows = [(which, *each) for which, those in enumerate(found) for each in those]
    return Effects(*np.array(rows, np.int64).reshape(-1, 5).T)


class CellRows:
    """The cells of one actor as rows of words: the local state, and the mailbox."""

    def __init__(self, tables: Tables, place: int) -> None:
        self._seat = tables.seats[place]
        self._size = 0
        self._held: Array = np.zeros((1 << 10, 2), np.uint64)
        self._index: Array = np.zeros(1 << 12, np.uint64)
        self._loads: Array = np.zeros((0, 1), np.uint64)

    def held(self, cells: Array) -> Array:
        """Give the rows of cells."""
        self._hear()
        return self._held.take(cells, axis=0)

    def filled(self, cells: Array, loads: Array) -> Array:
        """Tell what becomes of cells into which something is put."""
        rows = self.held(cells)
        rows[:, 1:] |= self._loads.take(loads, axis=0)
        return self._of(rows)

    def after(self, cells: Array, locals_: Array, own: Array) -> Array:
        """Tell in which cells an actor is after its moves."""
        rows = self.held(cells)
        rows[:, 0] = locals_
        rows[:, 1:] |= self._loads.take(own, axis=0)
        return self._of(rows)

    def _of(self, rows: Array) -> Array:
        """Give cells their numbers; tell the tables those that are new."""
        words, size = list(rows.T.copy()), self._size
        self._make_room(len(rows))
        self._size += len(visited_set.keep_new(self._index, self._held, size, words))
        self._seat.cells.join(_keys(self._held[size : self._size]))
        assert len(self._seat.cells) == self._size
        return visited_set.numbers(self._index, self._held, words)

    def _hear(self) -> None:
        """Take over messages, loads and cells that the tables know."""
        seat, size, words = self._seat, self._size, self._held.shape[1]
        width = max(words - 1, -(-len(seat.messages) // WORD))
        if width >= words:
            self._held = np.pad(self._held, ((0, 0), (0, width + 1 - words)))
            self._index[:] = 0
            visited_set.build_index(self._held, size, self._index)
        if self._loads.shape != (len(seat.bits), width):
            loads = [_words(bits, width) for bits in seat.bits]
            self._loads = np.array(loads, np.uint64)
        if len(seat.cells) > size:
            new = seat.cells.values[size:]
            rows = [[key & LOCAL, *_words(key >> LOCAL_BITS, width)] for key in new]
            self._make_room(len(rows))
            self._size += len(rows)
            self._held[size : self._size] = rows
            visited_set.build_index(self._held, self._size, self._index, size)

    def _make_room(self, more: int) -> None:
        while self._size + more > len(self._held):
            self._held = roomier(self._held, self._size)
        if 4 * (self._size + more) > len(self._index):
            size = 1 << (8 * (self._size + more)).bit_length()
            self._index = np.zeros(size, np.uint64)
            visited_set.build_index(self._held, self._size, self._index)


class Composer:
    """What one actor may do in its cells, as far as it was asked for."""

    def __init__(self, tables: Tables, place: int) -> None:
        self._tables, self._place = tables, place
        self.cells = CellRows(tables, place)
        self._scenes: Numbers[tuple[int, int]] = Numbers()
        """Local states with what all share."""
        self._scene_of = Pairs(self._numbered)
        self._single_of = Pairs(self._asked)
        self._ends = GrowingArray()
        self._after, self._own = GrowingArray(), GrowingArray()
        self._puts, self._then = GrowingArray(), GrowingArray()
        self._ends.append(0)

    def effects(self, cells: Array, shared: Array) -> Effects:
        """Tell what the actor may do in cells."""
        rows = self.cells.held(cells)
        scenes = self._scene_of.of(rows[:, 0].view(np.int64), shared)
        which, message = _messages(rows[:, 1:])
        singles = self._single_of.of(scenes[which], message)
        begins, ends = self._ends.array[singles], self._ends.array[singles + 1]
        counts = ends - begins
        at = np.arange(counts.sum()) + np.repeat(ends - np.cumsum(counts), counts)
        which, heard = np.repeat(which, counts), np.repeat(message, counts) - 1
        puts, then = self._puts.array[at], self._then.array[at]
        before, held = cells[which], shared[which]
        after = self.cells.after(before, self._after.array[at], self._own.array[at])
        heard[then != held] = ALWAYS
        changes = (after != before) | (puts != 0) | (then != held)
        return Effects(which, after, puts, then, heard).only(changes).once()

    def news(self, effects: Effects, before: Array) -> Effects:
        """Leave out what the actor can have done before, in other cells."""
        which, heard = effects.which, effects.heard
        those = np.flatnonzero(heard >= 0)
        word, bit = heard[those] >> 6, heard[those].astype(np.uint64) & np.uint64(63)
        boxes = self.cells.held(before)[:, 1:]
        was = boxes[which[those], word] >> bit & np.uint64(1)
        is_new = heard == ALWAYS
        is_new[those] = was == 0
        return effects.only(is_new)

    def _numbered(self, locals_: Array, shared: Array) -> list[int]:
        pairs = zip(locals_.tolist(), shared.tolist(), strict=True)
        return [self._scenes.of(pair) for pair in pairs]

    def _asked(self, scenes: Array, messages: Array) -> range:
        """Ask the model; the number of a message is one more, and 0 is no message."""
        for scene, message in zip(scenes.tolist(), messages.tolist(), strict=True):
            local, shared = self._scenes.values[scene]
            found = self._tables.single(self._place, local, shared, message - 1)
            self._after.extend([single.after for single in found])
            self._own.extend([single.own for single in found])
            self._puts.extend([single.puts for single in found])
            self._then.extend([single.shared for single in found])
            self._ends.append(len(self._after))
        first = len(self._ends) - 1 - len(scenes)
        return range(first, first + len(scenes))


def _messages(boxes: Array) -> tuple[Array, Array]:
    """List what may be heard in each mailbox: nothing, which is 0, and each message."""
    octets = boxes.astype("<u8").view(np.uint8).reshape(len(boxes), -1)
    bits = np.unpackbits(octets, axis=1, bitorder="little")
    which, message = np.nonzero(np.pad(bits, ((0, 0), (1, 0)), constant_values=1))
    return which, message


def _keys(rows: Array) -> list[int]:
    """Write cells as the tables do."""
    keys: list[int] = rows[:, 0].tolist()
    for word in range(1, rows.shape[1]):
        shift = LOCAL_BITS + WORD * (word - 1)
        more = rows[:, word].tolist()
        keys = [key | bits << shift for key, bits in zip(keys, more, strict=True)]
    return keys


def _words(bits: int, width: int) -> list[int]:
    """Write bits as words."""
    return [bits >> WORD * word & WORDS for word in range(width)]
