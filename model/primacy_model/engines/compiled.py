"""The compiled engine: rows packed into words, explored by loops that numba compiles.

What only the model knows is asked for in batches, and written into arrays. Rows are
compared whole: nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Generic

import numpy as np

from primacy_model.actors import Local, Message
from primacy_model.engines import kernels
from primacy_model.engines.packing import (
    AT_ONCE,
    ROOM,
    WORD,
    Array,
    Column,
    Rows,
    Views,
    bits_of,
    numbers_of,
    roomier,
)
from primacy_model.engines.tables import Numbers, Tables

QUESTIONS: Final = 1 << 12


class Compiled(Generic[Local, Message]):
    """Rows of words in breadth-first order, each with the row that led to it."""

    def __init__(self, tables: Tables[Local, Message], *, prunes: bool) -> None:
        self._tables, self._prunes = tables, prunes
        self._places = len(tables.actors.agents)
        self._rows = Rows(tables.initial(), kernels.indexed)
        self._counts: Array = np.zeros(kernels.BOXES + self._places, np.int64)
        self._counts[kernels.SIZE], self._counts[kernels.BOXES :] = 1, 1
        self._boxes: Array = np.zeros((self._places, ROOM, 1), np.uint64)
        self._box_index: Array = np.zeros((self._places, 2 * ROOM), np.int32)
        self._index_boxes()
        self._singles: Array = np.zeros((1 << 12, 2), np.uint64)
        self._groups: Array = np.zeros((2 * ROOM, 2), np.uint64)
        self._lists: Array = np.empty(ROOM, np.int32)
        self._ends: Array = np.zeros(ROOM, np.int64)
        self._spans, self._after, self._adds = Column([0]), Column(), Column([0])
        self._targets, self._sets = Column(), Column()
        self._added: Numbers[int] = Numbers([0], {0: 0})
        """Sets of messages that are added to mailboxes, as bits."""
        self._bits: Array = np.zeros((1, 1), np.uint64)
        self._answered = 0
        self._views = Views(tables)
        self._seen: Array = np.zeros((1 << 12, 2), np.uint64)
        self._seen_count = 0

    @property
    def size(self) -> int:
        """Count the rows."""
        return self._rows.size

    @property
    def moves(self) -> int:
        """Count the moves that were made."""
        return int(self._counts[kernels.MOVES])

    @property
    def bytes(self) -> int:
        """Tell what the rows, the way back and the index take."""
        return self._rows.bytes

    def row(self, number: int) -> Sequence[int]:
        """Give a row, its mailboxes as the tables number them."""
        row = self._rows.numbers(number)
        boxes = [
            self._tables.boxes.of(self._held(place, box))
            for place, box in enumerate(row[self._places :])
        ]
        return [*row[: self._places], *boxes]

    def _held(self, place: int, box: int) -> frozenset[int]:
        words = self._boxes[place, box].tolist()
        return numbers_of(sum(held << (WORD * at) for at, held in enumerate(words)))

    def parent(self, number: int) -> int:
        """Name the row that led to a row, -1 for the first."""
        return int(self._rows.parents[number])

    # --- expanding --------------------------------------------------------------------

    def expand(self, start: int, end: int, most: int) -> bool:
        """Add what follows the rows of a level; tell whether the bound was hit."""
        for begin in range(start, end, AT_ONCE):
            todo = np.arange(begin, min(begin + AT_ONCE, end), dtype=np.int64)
            while len(todo):
                todo = self._expanded(todo)
                if self.size > most:
                    self._rows.size = self._counts[kernels.SIZE] = most
                    return True
        return False

    def _expanded(self, todo: Array) -> Array:
        """Expand rows as far as is known; give those that are to be done again."""
        redo = np.empty(len(todo), np.int64)
        questions = np.empty(QUESTIONS, np.uint64)
        self._counts[kernels.TURN] = self._counts[kernels.AGAIN] = 0
        status, rows = kernels.FULL, self._rows
        while status != kernels.DONE:
            self._counts[kernels.ASKED] = 0
            status = kernels.expand(
                todo,
                self._counts,
                rows.held,
                rows.parents,
                rows.movers,
                rows.index,
                rows.layout,
                self._boxes,
                self._box_index,
                self._singles,
                self._spans.array,
                self._after.array,
                self._adds.array,
                self._targets.array,
                self._sets.array,
                self._bits,
                self._groups,
                self._lists,
                self._ends,
                questions,
                redo,
                self._prunes,
            )
            rows.size = int(self._counts[kernels.SIZE])
            self._answer(questions[: self._counts[kernels.ASKED]].tolist())
            if status == kernels.FULL:
                self._grow()
            if status == kernels.LONG:
                self._lists = roomier(self._lists, int(self._counts[kernels.LISTED]))
            self._widen()
        return redo[: self._counts[kernels.AGAIN]].copy()

    def _grow(self) -> None:
        """Make room for what the kernel had no room for."""
        wanted, groups = (
            int(self._counts[at]) for at in (kernels.WANTED, kernels.GROUPS)
        )
        self._rows.make_room(wanted + kernels.AHEAD)
        while self._counts[kernels.BOXES :].max() + wanted > self._boxes.shape[1]:
            self._boxes = np.concatenate(
                [self._boxes, np.zeros_like(self._boxes)], axis=1
            )
            self._box_index = np.repeat(self._box_index, 2, axis=1)
            self._index_boxes()
        if 2 * groups > len(self._ends) - 1:
            self._ends = roomier(self._ends, groups + 1)
            self._groups = kernels.grown(self._groups, 2 * len(self._groups))

    def _widen(self) -> None:
        """Make the numbers of a row wide enough for what there will be."""
        wanted = int(self._counts[kernels.WANTED])
        boxes = (self._counts[kernels.BOXES :] + wanted).tolist()
        self._rows.widen(len(self._tables.locals.values), boxes)

    def _index_boxes(self) -> None:
        self._box_index[:] = 0
        for place, index in enumerate(self._box_index):
            count = int(self._counts[kernels.BOXES + place])
            kernels.boxes_indexed(self._boxes[place], count, index)

    # --- what only the model knows ----------------------------------------------------

    def _answer(self, questions: Sequence[int]) -> None:
        """Ask the model what actors may do by themselves, or with one message."""
        if not questions:
            return
        for key in questions:
            place, local, message = key >> 56, key >> 28 & 0xFFFFFFF, key & 0xFFFFFFF
            for effect in self._tables.single(place - 1, local, message - 1):
                self._after.extend([effect.after])
                for target, added in effect.added:
                    bits = bits_of(self._tables.boxes.values[added])
                    self._targets.extend([target])
                    self._sets.extend([self._added.of(bits)])
                self._adds.extend([len(self._sets)])
            self._spans.extend([len(self._after)])
        self._answered += len(questions)
        size = len(self._singles)
        while 2 * (self._answered + 2 * QUESTIONS) > size:
            size *= 2
        if size > len(self._singles):
            self._singles = kernels.grown(self._singles, size)
        first = len(self._spans) - len(questions)
        values = np.arange(first, len(self._spans), dtype=np.uint64)
        kernels.entered(self._singles, np.array(questions, np.uint64), values)
        self._spell()

    def _spell(self) -> None:
        """Write the bits of sets into words, as many as the messages need."""
        width = -(-max(1, len(self._tables.messages.values)) // WORD)
        if width > self._boxes.shape[2]:
            more = width - self._boxes.shape[2]
            self._boxes = np.pad(self._boxes, ((0, 0), (0, 0), (0, more)))
            self._index_boxes()
        if self._bits.shape == (len(self._added.values), width):
            return
        lowest = (1 << WORD) - 1
        added = [
            [bits >> (WORD * word) & lowest for word in range(width)]
            for bits in self._added.values
        ]
        self._bits = np.array(added, np.uint64)

    # --- claims -----------------------------------------------------------------------

    def unseen(self, start: int, end: int) -> Iterator[int]:
        """List the rows of a level whose views no row before them had."""
        if self._views.look():  # the keys in the table count in another base
            self._seen[:], self._seen_count = 0, 0
        fresh = np.empty(1024, np.int64)
        while start < end:
            if 2 * (self._seen_count + len(fresh)) > len(self._seen):
                self._seen = kernels.grown(self._seen, 2 * len(self._seen))
            start, count = kernels.unseen(
                self._rows.held,
                start,
                end,
                self._rows.layout,
                self._views.numbers,
                np.uint64(self._views.radix),
                self._seen,
                fresh,
            )
            self._seen_count += count
            yield from fresh[:count].tolist()
