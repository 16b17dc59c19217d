"""The engine of whole arrays: rows packed into words, explored by numpy.

A few thousand rows go through each step together. What one of them needs to know, all
ask for at once, by pairs of numbers: each pair that is new is answered once, in Python.
Rows are compared whole: nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from primacy_model.engines.batch_composition import Composer, Effects, each_of, tabulate
from primacy_model.engines.bit_packing import (
    Array,
    GrowingArray,
    Rows,
    pack,
    unpack,
)
from primacy_model.engines.hash_table import AnswerCache, Grid, HashTable, Pairs
from primacy_model.engines.interning import LOCAL, Numbers
from primacy_model.engines.orbit_arrays import OrbitArrays
from primacy_model.engines.projections import Projections
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.transition_tables import Tables
from primacy_model.engines.visited_set import BLOCK, build_index, keep_new, move_index

PUT: Final = 32
CHANGE: Final = (1 << PUT) - 1
AT_ONCE: Final = 1 << 16
"""How many rows are expanded together: what they need should stay in a cache."""

ArrayChange = tuple[int, Array | None, Array]
"""A column, the rows in which it changes if not all, and the bits by which it does."""


class NumpyTables:
    """What actors may do and what that does to columns, as numbers.

    A situation is a cell with what all share. A group is what an actor may do in one:
    a span in a list of effects.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        places = range(tables.places)
        composes = tables.copies == 0 and not tables.judges
        self._composers = [Composer(tables, place) for place in places if composes]
        self.others: list[Numbers[tuple[int, int]]] = [Numbers() for _ in places]
        """Situations of each place in which what all share is not as at first."""
        self.changes, self.commons = GrowingArray(), GrowingArray()
        """By effect: the bits by which the cell changes, and above them what is put
        where; and the bits by which what all share changes.
        """
        self.begins, self.lengths = GrowingArray(), GrowingArray()
        """By group: where its effects begin, and how many."""
        self.loads = [GrowingArray() for _ in range(tables.places + 1)]
        """By what is put where: what is put into each column; 0 is nothing."""

    def other(self, place: int, cells: Array, shared: Array) -> list[int]:
        """Give cells with what all share their numbers."""
        pairs = zip(cells.tolist(), shared.tolist(), strict=True)
        return [self.others[place].of(pair) for pair in pairs]

    def whole(self, place: int, situations: Array) -> Array:
        """Name what an actor may do."""
        told = self._told(place, situations)
        if self._composers:
            effects = self._composers[place].effects(*told)
        else:
            effects = tabulate(
                self._tables.effects(place, *each) for each in each_of(told)
            )
        return self._grouped(*told, effects)

    def news(self, place: int, situations: Array, before: Array) -> Array:
        """Name what an actor may do and could not do in the cell before."""
        cells, shared = self._told(place, situations)
        if self._composers:
            composer = self._composers[place]
            effects = composer.news(composer.effects(cells, shared), before)
        else:
            news = self._tables.news
            triples = each_of((cells, before, shared))
            effects = tabulate(news(place, *each) for each in triples)
        return self._grouped(cells, shared, effects)

    def filled(self, column: int, cells: Array, loads: Array) -> Array | list[int]:
        """Tell what becomes of cells, or ghosts, into which something is put."""
        if self._composers and column < self._tables.places:
            return self._composers[column].cells.filled(cells, loads)
        pairs = each_of((cells, loads))
        return [self._tables.put(column, *pair) for pair in pairs]

    def _told(self, place: int, situations: Array) -> tuple[Array, Array]:
        """Give cells with what all share; even numbers are cells as at first."""
        cells, shared = situations >> 1, np.zeros(len(situations), np.int64)
        for each in np.flatnonzero(situations & 1).tolist():
            cells[each], shared[each] = self.others[place].values[cells[each]]
        return cells, shared

    def _grouped(self, cells: Array, shared: Array, effects: Effects) -> Array:
        groups = np.arange(len(self.begins), len(self.begins) + len(cells))
        lengths = np.bincount(effects.which, minlength=len(cells))
        self.begins.join(len(self.changes) + np.cumsum(lengths) - lengths)
        self.lengths.join(lengths)
        changes = effects.after ^ cells[effects.which]
        self.changes.join(changes | effects.puts << PUT)
        self.commons.join(effects.then ^ shared[effects.which])
        for puts in self._tables.puts.values[len(self.loads[0]) :]:
            put = dict(puts)
            for column, loads in enumerate(self.loads):
                loads.append(put.get(column, 0))
        return groups


class Vectors:
    """Rows of words in breadth-first order, each with the row that led to it."""

    def __init__(
        self,
        tables: Tables,
        projections: Projections,
        *,
        prunes: bool,
        symmetries: Symmetries | None = None,
    ) -> None:
        self._tables, self._projections, self._prunes = tables, projections, prunes
        self._images = None if symmetries is None else OrbitArrays(symmetries)
        places, self._places = range(tables.places), tables.places
        self._rows = Rows(tables.first, build_index, move_index)
        self._known = known = NumpyTables(tables)
        self._others = [Pairs(partial(known.other, place)) for place in places]
        self._whole = [AnswerCache(partial(known.whole, place)) for place in places]
        self._news = [Pairs(partial(known.news, place)) for place in places]
        columns = range(self._places + 1)
        self._filled = [Grid(partial(known.filled, column)) for column in columns]
        self._seen = [
            NumpySeenViews(tables, projections, group)
            for group in range(len(projections.groups))
        ]
        self.moves = 0
        """How many moves were made, those to known rows included."""

    @property
    def size(self) -> int:
        """Count the rows."""
        return self._rows.size

    @property
    def bytes(self) -> int:
        """Tell what the rows, the way back and the index take."""
        return self._rows.bytes

    def row(self, number: int) -> Sequence[int]:
        """Give a row, taken apart."""
        return self._tables.taken_apart(self._rows.numbers(number))

    def parent(self, number: int) -> int:
        """Name the row that led to a row, -1 for the first."""
        return int(self._rows.parents[number])

    # --- expanding --------------------------------------------------------------------

    def expand(self, start: int, end: int, most: int) -> bool:
        """Add what follows the rows of a level; tell whether the bound was hit."""
        for begin in range(start, end, AT_ONCE):
            for place in range(self._places):
                self._move(place, begin, min(begin + AT_ONCE, end))
                if self.size > most:
                    self._rows.size = most
                    return True
        return False

    def _move(self, place: int, begin: int, end: int) -> None:
        """Add what follows some rows by the moves of one actor."""
        numbers, groups = self._grouped(place, begin, end)
        rows, known, layout = self._rows, self._known, self._rows.layout
        lengths = known.lengths.array.take(groups)
        ends = np.cumsum(lengths)
        made = int(ends[-1]) if len(ends) else 0
        if made == 0:
            return
        self.moves += made
        which = np.repeat(np.arange(len(groups)), lengths)
        effects = (known.begins.array.take(groups) - ends + lengths).take(which)
        effects += np.arange(made)
        words = self._words(numbers, which)
        puts = known.changes.array.take(effects)
        changes: list[ArrayChange] = [(place, None, puts & CHANGE)]
        puts >>= PUT
        has_notes = len(self._tables.notes) > 1
        movers = np.full(made, place, np.int8)
        if len(self._tables.shared) > 1:
            common = known.commons.array.take(effects)
            changes.append((self._places + 1, None, common))
            movers[common != 0] = 0
        for column, loads in enumerate(known.loads):
            if column == place or (column == self._places and not has_notes):
                continue
            load = loads.array.take(puts)
            some = np.flatnonzero(load)
            if len(some):
                word, shift, mask = layout[column]
                held = (words[word].take(some) >> shift & mask).view(np.int64)
                filled = self._filled[column].of(held, load.take(some))
                changes.append((column, some, filled ^ held))
        self._widen()
        if rows.layout is not layout:
            words = self._words(numbers, which)
        for column, some_of, change in changes:
            word, shift, _ = rows.layout[column]
            bits = change.view(np.uint64) << shift
            if some_of is None:
                words[word] ^= bits
            else:
                words[word][some_of] ^= bits
        if self._images is not None:
            words = self._least(self._images, words)
        self._add(words, numbers.take(which), movers)

    def _words(self, numbers: Array, which: Array) -> list[Array]:
        """Give the words of rows, some of them again and again."""
        words = self._rows.held.take(numbers, axis=0).T.copy()
        return [word.take(which) for word in words]

    def _widen(self) -> None:
        """Let rows have as many values in each column as there are."""
        tables = self._tables
        cells = [len(seat.cells) for seat in tables.seats]
        self._rows.widen([*cells, len(tables.ghosts), len(tables.shared)])

    def _least(self, images: OrbitArrays, words: Sequence[Array]) -> list[Array]:
        """Give the images that stand for rows of words."""
        numbers = unpack(np.stack(words, axis=1), self._rows.layout)
        least = images.least(numbers.view(np.int64).T)
        self._widen()
        return list(pack(least.T.astype(np.uint64), self._rows.layout).T)

    def _grouped(self, place: int, begin: int, end: int) -> tuple[Array, Array]:
        """List the rows in which an actor is to move, and what it may do there.

        With pruning: in a row that was first reached by a move of one actor, the actors
        before it do only what they could not do before. See docs/engines.md.
        """
        rows, numbers = self._rows, np.arange(begin, end)
        cell = rows.column(place, slice(begin, end))
        here = cell << 1
        if len(self._tables.shared) > 1:
            shared = rows.column(self._places + 1, slice(begin, end))
            which = np.flatnonzero(shared)
            others = self._others[place].of(cell[which], shared[which])
            here[which] = others << 1 | 1
        is_late = rows.movers[begin:end] > place
        if not self._prunes or not is_late.any():
            return numbers, self._whole[place].of(here)
        late, early = np.flatnonzero(is_late), np.flatnonzero(~is_late)
        before = rows.column(place, rows.parents[begin:end][late])
        if self._tables.is_plain:
            is_told = before != cell[late]
            late, before = late[is_told], before[is_told]
        groups = [
            self._whole[place].of(here[early]),
            self._news[place].of(here[late], before),
        ]
        return numbers[np.concatenate([early, late])], np.concatenate(groups)

    def _add(self, words: Sequence[Array], parents: Array, movers: Array) -> None:
        """Add those rows that are new, each once."""
        rows = self._rows
        rows.make_room(len(parents))
        new, start = keep_new(rows.index, rows.held, rows.size, words), rows.size
        rows.size += len(new)
        rows.parents[start : rows.size] = parents.take(new)
        rows.movers[start : rows.size] = movers.take(new)

    # --- claims -----------------------------------------------------------------------

    def unseen(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """List groups of claims, and rows of a level that show them something new."""
        for group, seen in enumerate(self._seen):
            for begin in range(start, end, BLOCK):
                which = slice(begin, min(begin + BLOCK, end))
                columns = range(self._places + 2)
                new = seen.new([self._rows.column(each, which) for each in columns])
                yield from ((group, number) for number in (new + begin).tolist())

    # --- saving -----------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the rows and the way back."""
        self._rows.save(folder)

    def load(self, folder: Path, moves: int) -> None:
        """Take over rows, and the number of moves that were made."""
        self._rows.load(folder)
        self.moves = moves


class NumpySeenViews:
    """What a group of claims has seen."""

    def __init__(self, tables: Tables, projections: Projections, group: int) -> None:
        self._group = projections.groups[group]

        def views(place: int, cells: Array) -> list[int]:
            held = tables.seats[place].cells.values
            locals_ = [held[cell] & LOCAL for cell in cells.tolist()]
            told = {
                local: projections.view(group, place, local) for local in {*locals_}
            }
            return [told[local] for local in locals_]

        def scenes(ghosts: Array, shared: Array) -> list[int]:
            pairs = each_of((ghosts, shared))
            return [projections.scene(group, *pair) for pair in pairs]

        self._views = [
            AnswerCache(partial(views, place)) for place in range(tables.places)
        ]
        self._scenes = Pairs(scenes)
        self._widths = projections.widths(group)
        self._widths_of = partial(projections.widths, group)
        self._keys = HashTable()

    def new(self, columns: Sequence[Array]) -> Array:
        """List the rows that show something new, each such projection once."""
        *cells, ghost, shared = columns
        seen = [view.of(cell) for view, cell in zip(self._views, cells, strict=True)]
        if self._group.has_scene:
            seen.append(self._scenes.of(ghost, shared))
        if self._widths != self._widths_of():  # the keys in the table are other ones
            self._keys.forget()
            self._widths = self._widths_of()
        keys = np.ones(len(ghost), np.uint64)
        for width, numbers in zip(self._widths, seen, strict=False):
            keys = keys << np.uint64(width) | numbers.view(np.uint64)
        new = self._keys.new(keys)
        self._keys.enter(keys[new], np.zeros(len(new), np.int64))
        return new
