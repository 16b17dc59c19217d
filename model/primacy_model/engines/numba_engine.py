"""The compiled engine: rows packed into words, explored by loops that numba compiles.

What only the model knows is asked for in batches, and written into arrays. Rows are
compared whole: nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from primacy_model.engines import numba_kernels
from primacy_model.engines.bit_packing import AT_ONCE, Array, Rows
from primacy_model.engines.numba_tables import NumbaTables
from primacy_model.engines.projections import Projections
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.transition_tables import Tables

QUESTIONS: Final = 1 << 12
BATCH: Final = 192
"""How many successors are made before the first is looked up, and has come."""
FRESH: Final = 1 << 10
"""How many rows that look new are listed at once."""


class Compiled:
    """Rows of words in breadth-first order, each with the row that led to it."""

    def __init__(
        self,
        tables: Tables,
        projections: Projections,
        *,
        prunes: bool,
        symmetries: Symmetries | None = None,
    ) -> None:
        self._tables, self._prunes = tables, prunes
        self._is_symmetric = symmetries is not None
        self._rows = Rows(
            tables.first, numba_kernels.build_index, numba_kernels.move_index
        )
        self._batch = batch(BATCH, self._rows.words)
        self._known = NumbaTables(tables, symmetries)
        self._seen = [
            NumbaSeenViews(self._known, projections, group)
            for group in range(len(projections.groups))
        ]

    @property
    def size(self) -> int:
        """Count the rows."""
        return self._rows.size

    @property
    def moves(self) -> int:
        """Count the moves that were made."""
        return int(self._known.counts[numba_kernels.MOVES])

    @property
    def bytes(self) -> int:
        """Tell what the rows, the way back and the index take."""
        return self._rows.bytes

    def row(self, number: int) -> Sequence[int]:
        """Give a row, taken apart."""
        return self._known.taken_apart(self._rows.numbers(number))

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
                    self._rows.size = self._known.counts[numba_kernels.SIZE] = most
                    return True
        return False

    def _expanded(self, todo: Array) -> Array:
        """Expand rows as far as is known; give those that are to be done again."""
        redo = np.empty(len(todo), np.int64)
        questions = np.empty((QUESTIONS, 2), np.uint64)
        known, rows, counts = self._known, self._rows, self._known.counts
        counts[numba_kernels.TURN] = counts[numba_kernels.AGAIN] = 0
        status = numba_kernels.FULL
        while status != numba_kernels.DONE:
            counts[numba_kernels.ASKED] = 0
            rows.widen(known.columns)
            known.make_room(rows.layout)
            if len(self._batch.fresh) < rows.words * len(self._batch.spreads):
                self._batch = batch(len(self._batch.spreads), rows.words)
            held = rows.held.reshape(-1), rows.parents, rows.movers, rows.index
            status = numba_kernels.expand(
                (0,) * rows.words,
                todo,
                redo,
                questions,
                counts,
                rows.layout,
                numba_kernels.KernelRows(*held),
                self._batch,
                known.cells,
                known.moves,
                known.puts,
                known.singles,
                known.images,
                self._prunes,
                known.composes,
                self._is_symmetric,
            )
            rows.size = int(counts[numba_kernels.SIZE])
            wanted = int(counts[numba_kernels.WANTED])
            if status == numba_kernels.LONG:
                self._batch = batch(
                    max(wanted, 2 * len(self._batch.spreads)), rows.words
                )
            if status == numba_kernels.FULL:
                rows.make_room(wanted + 2 * len(self._batch.spreads))
                known.grow(wanted)
            known.answer(questions[: counts[numba_kernels.ASKED]].tolist())
        return redo[: counts[numba_kernels.AGAIN]].copy()

    # --- claims -----------------------------------------------------------------------

    def unseen(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """List groups of claims, and rows of a level that show them something new."""
        for group, seen in enumerate(self._seen):
            yield from ((group, number) for number in seen.new(self._rows, start, end))

    # --- saving -----------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the rows and the way back, and tell the tables all cells."""
        self._known.tell_cells()
        self._rows.save(folder)

    def load(self, folder: Path, moves: int) -> None:
        """Take over rows, and the number of moves that were made."""
        self._rows.load(folder)
        self._known.counts[numba_kernels.SIZE] = self._rows.size
        self._known.counts[numba_kernels.MOVES] = moves


def batch(size: int, words: int) -> numba_kernels.Batch:
    """Make space for a number of successors that are not looked up yet."""
    return numba_kernels.Batch(
        np.empty(size * words, np.uint64),
        np.empty(size, np.uint64),
        np.empty(size, np.uint64),
        np.empty(size, np.int32),
        np.empty(size, np.int8),
    )


class NumbaSeenViews:
    """What a group of claims has seen."""

    def __init__(
        self, known: NumbaTables, projections: Projections, group: int
    ) -> None:
        self._known, self._projections, self._group = known, projections, group
        self._looked = [0] * known.places
        self._views: Array = np.zeros((known.places, 1 << 8), np.uint64)
        """By place and local state."""
        self._widths = projections.widths(group)
        self._scenes: Array = np.zeros((1 << 10, 2), np.uint64)
        self._seen: Array = np.zeros((1 << 12, 2), np.uint64)
        self._counts = [0, 0]
        """How many scenes there are, and how many projections."""

    def new(self, rows: Rows, start: int, end: int) -> Iterator[int]:
        """List rows that show something new."""
        has_scene = self._projections.groups[self._group].has_scene
        self._look()
        if has_scene:
            self._look_around(rows, start, end)
        widths = self._projections.widths(self._group)
        if widths != self._widths:  # the keys in the table are other ones
            self._widths, self._seen[:], self._counts[1] = widths, 0, 0
        fresh = np.empty(FRESH, np.int64)
        while start < end:
            if 2 * (self._counts[1] + FRESH) > len(self._seen):
                self._seen = numba_kernels.grow(self._seen, 2 * len(self._seen))
            start, count = numba_kernels.unseen(
                rows.held.reshape(-1),
                rows.words,
                start,
                end,
                rows.layout,
                self._known.cells.local,
                self._views,
                np.array(widths, np.uint64),
                self._scenes,
                has_scene,
                self._seen,
                fresh,
            )
            self._counts[1] += count
            yield from fresh[:count].tolist()

    def _look(self) -> None:
        """Look at local states that are new."""
        for place, seat in enumerate(self._known.tables.seats):
            while self._views.shape[1] < len(seat.locals):
                self._views = np.hstack([self._views, np.zeros_like(self._views)])
            for local in range(self._looked[place], len(seat.locals)):
                self._views[place, local] = self._projections.view(
                    self._group, place, local
                )
            self._looked[place] = len(seat.locals)

    def _look_around(self, rows: Rows, start: int, end: int) -> None:
        """Look at ghosts and what all share, in pairs that are new."""
        fresh = np.empty(FRESH, np.uint64)
        while start < end:
            if 2 * (self._counts[0] + FRESH) > len(self._scenes):
                self._scenes = numba_kernels.grow(self._scenes, 2 * len(self._scenes))
            start, count = numba_kernels.pairs_of(
                rows.held.reshape(-1),
                rows.words,
                start,
                end,
                rows.layout,
                self._scenes,
                fresh,
            )
            self._counts[0] += count
            keys = fresh[:count].copy()
            scenes = [
                self._projections.scene(self._group, key >> 28 & LOW, key & LOW)
                for key in keys.tolist()
            ]
            numba_kernels.enter(self._scenes, keys, np.array(scenes, np.uint64))


LOW: Final = (1 << 28) - 1
