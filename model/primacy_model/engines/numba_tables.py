"""What the compiled engine knows, as arrays for its loops: it asks, answers and grows.

In a plain world the loops compose cells themselves, and the tables never hear of them.
As soon as the model answers with something that is not plain, all cells are given to
the tables, under the numbers that they have; from then on whole cells are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from primacy_model.engines import numba_kernels
from primacy_model.engines.bit_packing import WORD, Array, GrowingArray, roomier
from primacy_model.engines.interning import LOCAL_BITS, MoveEffect
from primacy_model.engines.orbit_arrays import OrbitArrays
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.transition_tables import Tables

CELLS: Final = 1 << 12
"""For how many cells of each place there is space at first."""
MOST_IN_LINES: Final = 1 << 26
"""How many answers about one column are kept in lines."""
LOW: Final = (1 << 28) - 1
LINE: Final = 64
"""The bytes that a cache reads at once."""

_ONE: Final = np.zeros(1, np.int64)
_LINE: Final = np.zeros((1, 1), np.int64)
NO_IMAGES: Final = numba_kernels.KernelOrbits(
    held=_LINE,
    images=_LINE,
    begins=_ONE,
    stays=_ONE,
    goals=_LINE,
    after=_LINE,
    back=_ONE,
)
"""What the loops are given where nobody changes places."""


class NumbaTables:
    """What actors may do, and what becomes of columns."""

    def __init__(self, tables: Tables, symmetries: Symmetries | None = None) -> None:
        self.tables, self.places = tables, tables.places
        self._images = None if symmetries is None else OrbitArrays(symmetries)
        self.composes = tables.is_plain and symmetries is None
        self.counts: Array = np.zeros(numba_kernels.CELLS + self.places, np.int64)
        self.counts[[numba_kernels.SIZE, numba_kernels.ENTRIES]] = 1
        self._room = CELLS
        self._limits: Array = np.zeros(self.places, np.int64)
        self._width = 1
        self._local: Array = np.zeros((self.places, CELLS), np.int32)
        self._bits: Array = np.zeros((self.places, CELLS, 1), np.uint64)
        self._index: Array = np.zeros((self.places, 2 * CELLS), np.int32)
        self._spans: Array = np.zeros((self.places, CELLS), np.int64)
        self._commons: Array = np.zeros((1 << 14, 2), np.uint64)
        self._entries: Array = np.zeros(1 << 14, np.uint64)
        self._asides: Array = np.zeros(1 << 14, np.uint64)
        self._shifts = [3] * (self.places + 1)
        self._caps = [0] * (self.places + 1)
        """How many cells of each column have lines."""
        self._lines: Array = np.zeros(0, np.int32)
        self._pairs: Array = np.zeros((1 << 14, 2), np.uint64)
        self._table: Array = np.zeros((1 << 14, 2), np.uint64)
        self._asked = [0, 0]
        """How many single messages, and how many cells, were asked about."""
        self._ends, self._after = GrowingArray(), GrowingArray()
        self._own, self._puts = GrowingArray(), GrowingArray()
        self._put_ends = GrowingArray()
        self._columns, self._loads = GrowingArray(), GrowingArray()
        self._ends.append(0)
        self._put_ends.append(0)
        self._load_bits: Array = np.zeros((1, 1), np.uint64)
        self._load_bases: Array = np.zeros(self.places, np.int64)
        self._spelled: tuple[int, ...] = ()
        self._hear_of_cells()
        self._hear_of_loads()

    @property
    def columns(self) -> list[int]:
        """Count the values that each column should be able to tell, if not more."""
        more = 1 if self.composes else 0
        cells = (self.counts[numba_kernels.CELLS :] + more).tolist()
        return [*cells, len(self.tables.ghosts), len(self.tables.shared)]

    def taken_apart(self, row: Sequence[int]) -> Sequence[int]:
        """Give the local states, the bits of the mailboxes, the ghost, the shared."""
        cells = list(enumerate(row[: self.places]))
        local = [int(self._local[place, cell]) for place, cell in cells]
        boxes = [_joined(self._bits[place, cell].tolist()) for place, cell in cells]
        return [*local, *boxes, *row[self.places :]]

    # --- what the loops are given -----------------------------------------------------

    @property
    def cells(self) -> numba_kernels.KernelCells:
        """Give the cells."""
        return numba_kernels.KernelCells(
            self._local, self._bits, self._index, self._limits
        )

    @property
    def moves(self) -> numba_kernels.KernelMoves:
        """Give what actors may do."""
        held = self._spans, self._commons, self._entries, self._asides
        return numba_kernels.KernelMoves(*held)

    @property
    def puts(self) -> numba_kernels.Puts:
        """Give what is put where, and what becomes of columns."""
        bases = np.concatenate([[0], np.cumsum(self._line_sizes())[:-1]])
        return numba_kernels.Puts(
            self._put_ends.array,
            self._columns.array,
            self._loads.array,
            bases.astype(np.int64),
            np.array(self._shifts, np.int64),
            self._lines,
            self._pairs,
        )

    @property
    def singles(self) -> numba_kernels.Singles:
        """Give what actors may do with single messages."""
        return numba_kernels.Singles(
            self._table,
            self._ends.array,
            self._after.array,
            self._own.array,
            self._puts.array,
            self._load_bases,
            self._load_bits,
        )

    @property
    def images(self) -> numba_kernels.KernelOrbits:
        """Give what becomes of columns where actors change places."""
        held = self._images
        if held is None:
            return NO_IMAGES
        held.make_room(max(self.columns))
        return numba_kernels.KernelOrbits(
            held.held,
            held.images,
            held.begins,
            held.stays,
            held.goals,
            held.after,
            held.back,
        )

    # --- space ------------------------------------------------------------------------

    def make_room(self, layout: Array) -> None:
        """Take notice of how many values a row can tell, and draw lines for them."""
        self._limits = np.minimum(
            layout[:, 2].astype(np.int64) + 1, np.int64(self._room)
        )
        loads = [len(seat.loads) for seat in self.tables.seats]
        shifts = [
            max(3, (count - 2).bit_length())
            for count in (*loads, len(self.tables.notes))
        ]
        ghosts = 1 << max(6, len(self.tables.ghosts).bit_length())
        caps = [*[self._room] * self.places, ghosts]
        for column, (cap, shift) in enumerate(zip(caps, shifts, strict=True)):
            if (
                cap << shift > MOST_IN_LINES
                or self._shifts[column] == numba_kernels.HASHED
            ):
                shifts[column] = numba_kernels.HASHED
        if (caps, shifts) != (self._caps, self._shifts):
            self._draw_lines(caps, shifts)

    def _line_sizes(self) -> list[int]:
        return [
            0 if shift == numba_kernels.HASHED else cap << shift
            for cap, shift in zip(self._caps, self._shifts, strict=True)
        ]

    def _draw_lines(self, caps: list[int], shifts: list[int]) -> None:
        before, lines = self._line_sizes(), self._lines
        held = list(zip(self._caps, self._shifts, before, strict=True))
        self._caps, self._shifts = caps, shifts
        sizes = self._line_sizes()
        self._lines = _aligned(sum(sizes))
        start = begin = 0
        for (cap, shift, size), now, wider in zip(held, sizes, shifts, strict=True):
            if size and now:
                old = lines[start : start + size].reshape(cap, -1)
                new = self._lines[begin : begin + now].reshape(-1, 1 << wider)
                new[:cap, : 1 << shift] = old
            start, begin = start + size, begin + now

    def grow(self, wanted: int) -> None:
        """Make space for more cells, entries and answers, where there is little."""
        _require_a_span(wanted)
        self._make_room_for_cells(int(self.counts[numba_kernels.CELLS :].max()) + 1)
        self._make_room_for_entries(wanted)
        while 2 * (self.counts[numba_kernels.PAIRS] + 2 * numba_kernels.MARGIN) > len(
            self._pairs
        ):
            self._pairs = numba_kernels.grow(self._pairs, 2 * len(self._pairs))

    def _make_room_for_entries(self, more: int) -> None:
        size = int(self.counts[numba_kernels.ENTRIES])
        while size + more > len(self._entries):
            self._entries = roomier(self._entries, size)
            self._asides = roomier(self._asides, size)

    def _make_room_for_cells(self, count: int) -> None:
        if count <= self._room:
            return
        while count > self._room:
            self._room *= 2
        more = ((0, 0), (0, self._room - self._local.shape[1]))
        self._local = np.pad(self._local, more)
        self._bits = np.pad(self._bits, (*more, (0, 0)))
        self._spans = np.pad(self._spans, more)
        self._index = np.zeros((self.places, 2 * self._room), np.int32)
        self._index_cells()

    def _index_cells(self) -> None:
        self._index[:] = 0
        for place, index in enumerate(self._index):
            count = int(self.counts[numba_kernels.CELLS + place])
            numba_kernels.index_cells(
                self._local[place], self._bits[place], count, index
            )

    # --- what only the model knows ----------------------------------------------------

    def answer(self, questions: Sequence[Sequence[int]]) -> None:
        """Ask the model, and write down what it answers."""
        asked: list[list[int]] = [[] for _ in range(numba_kernels.NOTHING)]
        for kind, key in questions:
            asked[kind].append(key)
        self._answer_singles(asked[numba_kernels.SINGLE])
        if self.composes and not self.tables.is_plain:
            self._stop_composing()
        self._answer_groups(asked[numba_kernels.GROUP])
        self._answer_puts(asked[numba_kernels.PUT])
        if self._images is not None:
            keys = asked[numba_kernels.IMAGES]
            self._images.answer([((key >> 56) - 1, key >> 28 & LOW) for key in keys])
        self._hear_of_puts()
        self._hear_of_cells()
        self._hear_of_loads()

    def _answer_singles(self, keys: Sequence[int]) -> None:
        for key in keys:
            place, local, message = key >> 56, key >> 28 & LOW, key & LOW
            found = self.tables.single(place - 1, local, 0, message - 1)
            self._after.extend([single.after for single in found])
            self._own.extend([single.own for single in found])
            self._puts.extend([single.puts for single in found])
            self._ends.append(len(self._after))
        first = len(self._ends) - len(keys)
        values = np.arange(first, len(self._ends))
        self._table = self._written(self._table, keys, values, len(self._ends))

    def _answer_groups(self, keys: Sequence[int]) -> None:
        spans, commons = [], []
        for key in keys:
            place, cell, shared = (key >> 56) - 1, key >> 28 & LOW, key & LOW
            effects = self.tables.effects(place, cell, shared)
            span = self._listed(effects)
            if shared == 0:
                self._spans[place, cell] = span
            else:
                commons.append(key)
                spans.append(span)
        self._asked[1] += len(commons)
        values = np.array(spans, np.int64)
        self._commons = self._written(self._commons, commons, values, self._asked[1])

    def _listed(self, effects: Sequence[MoveEffect]) -> int:
        """Write effects into the list; give the span."""
        _require_a_span(len(effects))
        self._make_room_for_entries(len(effects))
        begin = int(self.counts[numba_kernels.ENTRIES])
        end = begin + len(effects)
        if effects:
            after, puts, then, heard = np.array(effects, np.int64).T
            self._entries[begin:end] = after | puts << 32
            self._asides[begin:end] = heard + numba_kernels.HEARD | then << 32
        self.counts[numba_kernels.ENTRIES] = end
        return begin << numba_kernels.COUNT | len(effects)

    def _answer_puts(self, keys: Sequence[int]) -> None:
        bases = self.puts.bases.tolist()
        hashed, values = [], []
        for key in keys:
            column, cell, load = (key >> 56) - 1, key >> 28 & LOW, key & LOW
            became = self.tables.put(column, cell, load) + 1
            shift = self._shifts[column]
            if shift == numba_kernels.HASHED:
                hashed.append(key)
                values.append(became)
            else:
                self._lines[bases[column] + (cell << shift) + load - 1] = became
        count = int(self.counts[numba_kernels.PAIRS])
        self._pairs = self._written(self._pairs, hashed, np.array(values), count)

    def _written(
        self, table: Array, keys: Sequence[int], values: Array, count: int
    ) -> Array:
        """Write pairs into a table, and give it more space if it has little."""
        size = len(table)
        while 2 * (count + (1 << 13)) > size:
            size *= 2
        if size > len(table):
            table = numba_kernels.grow(table, size)
        if keys:
            numba_kernels.enter(
                table, np.array(keys, np.uint64), values.astype(np.uint64)
            )
        return table

    def _stop_composing(self) -> None:
        """Compose no more: the tables have to know all cells."""
        self.tell_cells()
        self.composes = False

    def tell_cells(self) -> None:
        """Tell the tables the cells that were composed without them."""
        for place, seat in enumerate(self.tables.seats):
            count = int(self.counts[numba_kernels.CELLS + place])
            locals_ = self._local[place, :count].tolist()
            boxes = self._bits[place, :count].tolist()
            for number, (local, box) in enumerate(zip(locals_, boxes, strict=True)):
                told = seat.cells.of(local | _joined(box) << LOCAL_BITS)
                assert told == number

    def _hear_of_puts(self) -> None:
        for puts in self.tables.puts.values[len(self._put_ends) - 1 :]:
            self._columns.extend([column for column, _ in puts])
            self._loads.extend([load for _, load in puts])
            self._put_ends.append(len(self._columns))

    def _hear_of_cells(self) -> None:
        """Write down cells that the tables know and the loops do not."""
        self._widen()
        if self.composes and self.counts[numba_kernels.CELLS]:
            return
        self._make_room_for_cells(max(len(seat.cells) for seat in self.tables.seats))
        for place, seat in enumerate(self.tables.seats):
            first, end = int(self.counts[numba_kernels.CELLS + place]), len(seat.cells)
            for number in range(first, end):
                cell = seat.cells.values[number]
                self._local[place, number] = cell & (1 << LOCAL_BITS) - 1
                self._bits[place, number] = _words(cell >> LOCAL_BITS, self._width)
            self.counts[numba_kernels.CELLS + place] = end
        if self.composes:
            self._index_cells()

    def _widen(self) -> None:
        """Give a mailbox as many words as its messages need."""
        most = max(len(seat.messages) for seat in self.tables.seats)
        width = max(1, -(-most * self.tables.field // WORD))
        if width > self._width:
            more = width - self._width
            self._width = width
            self._bits = np.pad(self._bits, ((0, 0), (0, 0), (0, more)))
            self._index_cells()

    def _hear_of_loads(self) -> None:
        counts = [len(seat.loads) for seat in self.tables.seats]
        if self._spelled == (self._width, *counts) or self.tables.copies:
            return
        self._spelled = self._width, *counts
        self._load_bases = np.cumsum([0, *counts[:-1]])
        self._load_bits = np.array(
            [
                _words(bits, self._width)
                for seat in self.tables.seats
                for bits in seat.bits
            ],
            np.uint64,
        )


def _require_a_span(count: int) -> None:
    if count >= 1 << numba_kernels.COUNT - 1:
        raise OverflowError("an actor has too many moves at once for this engine")


def _words(bits: int, width: int) -> list[int]:
    """Write bits as words."""
    return [bits >> WORD * word & (1 << WORD) - 1 for word in range(width)]


def _joined(words: Sequence[int]) -> int:
    """Read bits from words."""
    return sum(held << WORD * word for word, held in enumerate(words))


def _aligned(size: int) -> Array:
    """Give a number of zeros that begin where a line of the cache does."""
    held = np.zeros(size + LINE // 4, np.int32)
    shift = -held.ctypes.data % LINE // 4
    return held[shift : shift + size]
