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

from primacy_model.engines.images import Images
from primacy_model.engines.lookup import (
    ONE,
    Asked,
    Grid,
    Pairs,
    Table,
    home,
    mixed,
)
from primacy_model.engines.packing import Array, Column, Rows, packed, unpacked
from primacy_model.engines.sights import Sights
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.tables import LOCAL, Effect, Numbers, Tables

AT_ONCE: Final = 1 << 16
"""How many rows are expanded together: what they need should stay in a cache."""
BLOCK: Final = 1 << 17
"""How many rows are entered or looked through together."""

Change = tuple[int, slice | Array, Array]
"""A column, the rows in which it changes, and the bits by which it does."""

TAG: Final = np.uint64(0xFFFFFFFF00000000)
NUMBER: Final = np.uint64(0xFFFFFFFF)


def named(words: Sequence[Array], spread: Array) -> Array:
    """Tell how rows stand in an index.

    A row of one word stands there itself, plus one. A longer one is named by the higher
    half of its digest, and below it its number plus one.
    """
    return words[0] + ONE if len(words) == 1 else spread & TAG


def indexed(rows: Array, size: int, index: Array) -> None:
    """Enter all rows into an empty index."""
    for start in range(0, size, BLOCK):
        end = min(start + BLOCK, size)
        words = [rows[start:end, word] for word in range(rows.shape[1])]
        spread = mixed(words)
        names = named(words, spread)
        if len(words) > 1:
            names |= np.arange(start + 1, end + 1, dtype=np.uint64)
        _entered(index, spread, names)


def moved(index: Array, larger: Array, words: int) -> None:
    """Move what an index holds into a larger one that is empty, from end to end."""
    for start in range(0, len(index), BLOCK):
        names = index[start : start + BLOCK]
        names = names[names != 0]
        _entered(larger, mixed([names - ONE]) if words == 1 else names, names)


def _entered(index: Array, spread: Array, names: Array) -> None:
    at, mask = home(spread, len(index)), len(index) - 1
    while len(at):
        free = index[at] == 0
        index[at[free]] = names[free]
        lost = index[at] != names
        at, names = at[lost] + 1 & mask, names[lost]


class Known:
    """What actors may do and what that does to columns, as numbers.

    A situation is a cell with what all share. A group is what an actor may do in one:
    a span in a list of effects.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        places = range(tables.places)
        self.others: list[Numbers[tuple[int, int]]] = [Numbers() for _ in places]
        """Situations of each place in which what all share is not as at first."""
        self.effects = Column(4)
        """By effect: the bits by which the cell changes, what is put where, the bits by
        which what all share changes, and the mover that is noted.
        """
        self.begins, self.lengths = Column(), Column()
        """By group: where its effects begin, and how many."""
        self.loads = [Column() for _ in range(tables.places + 1)]
        """By what is put where: what is put into each column; 0 is nothing."""

    def other(
        self, place: int, cells: Sequence[int], shared: Sequence[int]
    ) -> list[int]:
        """Give cells with what all share their numbers."""
        return list(map(self.others[place].of, zip(cells, shared, strict=True)))

    def whole(self, place: int, situations: Sequence[int]) -> list[int]:
        """Name what an actor may do."""
        groups = []
        for situation in situations:
            cell, shared = self._told(place, situation)
            found = self._tables.effects(place, cell, shared)
            groups.append(self._grouped(place, cell, shared, found))
        return groups

    def news(
        self, place: int, situations: Sequence[int], before: Sequence[int]
    ) -> list[int]:
        """Name what an actor may do and could not do in the cell before."""
        groups = []
        for situation, held in zip(situations, before, strict=True):
            cell, shared = self._told(place, situation)
            found = self._tables.news(place, cell, held, shared)
            groups.append(self._grouped(place, cell, shared, found))
        return groups

    def _told(self, place: int, situation: int) -> tuple[int, int]:
        """Give a cell with what all share; even numbers are cells as at first."""
        number = situation >> 1
        return self.others[place].values[number] if situation & 1 else (number, 0)

    def _grouped(
        self, place: int, cell: int, shared: int, effects: Sequence[Effect]
    ) -> int:
        self.begins.append(len(self.effects))
        self.lengths.append(len(effects))
        self.effects.extend(
            [
                (after ^ cell, puts, then ^ shared, place if then == shared else 0)
                for after, puts, then, _ in effects
            ]
        )
        for puts in self._tables.puts.values[len(self.loads[0]) :]:
            put = dict(puts)
            for column, loads in enumerate(self.loads):
                loads.append(put.get(column, 0))
        return len(self.begins) - 1


class Vectors:
    """Rows of words in breadth-first order, each with the row that led to it."""

    def __init__(
        self,
        tables: Tables,
        sights: Sights,
        *,
        prunes: bool,
        symmetries: Symmetries | None = None,
    ) -> None:
        self._tables, self._sights, self._prunes = tables, sights, prunes
        self._images = None if symmetries is None else Images(symmetries)
        places, self._places = range(tables.places), tables.places
        self._rows = Rows(tables.first, indexed, moved)
        self._known = known = Known(tables)
        self._others = [Pairs(partial(known.other, place)) for place in places]
        self._whole = [Asked(partial(known.whole, place)) for place in places]
        self._news = [Pairs(partial(known.news, place)) for place in places]
        columns = range(self._places + 1)
        self._filled = [Grid(partial(tables.put_each, column)) for column in columns]
        self._seen = [
            Seen(tables, sights, group) for group in range(len(sights.groups))
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
        rows, known, tables = self._rows, self._known, self._tables
        lengths = known.lengths.array[groups]
        ends = np.cumsum(lengths)
        made = int(ends[-1]) if len(ends) else 0
        if made == 0:
            return
        self.moves += made
        shifts = known.begins.array[groups] - ends + lengths
        effects = np.arange(made) + np.repeat(shifts, lengths)
        parents = np.repeat(numbers, lengths)
        changes: list[Change] = [(place, slice(None), known.effects.array[effects, 0])]
        if len(tables.shared) > 1:
            common = known.effects.array[effects, 2]
            changes.append((self._places + 1, slice(None), common))
        puts = known.effects.array[effects, 1]
        for column, loads in enumerate(known.loads):
            load = loads.array[puts]
            some = np.flatnonzero(load)
            if len(some):
                held = rows.column(column, parents[some])
                filled = self._filled[column].of(held, load[some])
                changes.append((column, some, filled ^ held))
        self._widen()
        words = [rows.held[:, word][parents] for word in range(rows.words)]
        for column, which, change in changes:
            word, shift, _ = rows.layout[column]
            words[word][which] ^= change.view(np.uint64) << shift
        if self._images is not None:
            words = self._least(self._images, words)
        self._add(words, parents, known.effects.array[effects, 3])

    def _widen(self) -> None:
        """Let rows have as many values in each column as there are."""
        tables = self._tables
        cells = [len(seat.cells) for seat in tables.seats]
        self._rows.widen([*cells, len(tables.ghosts), len(tables.shared)])

    def _least(self, images: Images, words: Sequence[Array]) -> list[Array]:
        """Give the images that stand for rows of words."""
        numbers = unpacked(np.stack(words, axis=1), self._rows.layout)
        least = images.least(numbers.view(np.int64).T)
        self._widen()
        return list(packed(least.T.astype(np.uint64), self._rows.layout).T)

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
        """Add those rows that are new, each once.

        All look into the index together. Those that find a free slot write there who
        they are; who is read back has won it, and the others look again.
        """
        rows = self._rows
        rows.make_room(len(parents))
        index, mask = rows.index, len(rows.index) - 1
        spread = mixed(words)
        at, names, todo = home(spread, len(index)), named(words, spread), None
        while len(at):
            held = index[at]
            is_free = held == 0
            is_done = self._same(held, names, words, todo)
            free = np.flatnonzero(is_free)
            if len(free):
                marks = np.arange(1, len(free) + 1, dtype=np.uint64)
                index[at[free]] = marks
                won = free[index[at[free]] == marks]
                chosen = won if todo is None else todo[won]
                start, end = rows.size, rows.size + len(won)
                for word, values in enumerate(words):
                    rows.held[start:end, word] = values[chosen]
                rows.parents[start:end] = parents[chosen]
                rows.movers[start:end] = movers[chosen]
                if len(words) > 1:
                    names[won] |= np.arange(start + 1, end + 1, dtype=np.uint64)
                index[at[won]] = names[won]
                rows.size = end
                is_done[won] = True
            left = np.flatnonzero(~is_done)
            at = at[left] + ~is_free[left] & mask
            names, todo = names[left], left if todo is None else todo[left]

    def _same(
        self, held: Array, names: Array, words: Sequence[Array], todo: Array | None
    ) -> Array:
        """Tell which rows are those that the index holds."""
        if len(words) == 1:
            same: Array = held == names
            return same
        same = (held & TAG) == names
        same &= held != 0
        likely = np.flatnonzero(same)
        others = ((held[likely] & NUMBER) - ONE).view(np.int64)
        which = likely if todo is None else todo[likely]
        found = self._rows.held[others]
        for word, values in enumerate(words):
            same[likely] &= found[:, word] == values[which]
        return same

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
        """Take over rows; so many moves were made."""
        self._rows.load(folder)
        self.moves = moves


class Seen:
    """What a group of claims has seen."""

    def __init__(self, tables: Tables, sights: Sights, group: int) -> None:
        self._group = sights.groups[group]

        def views(place: int, cells: Sequence[int]) -> list[int]:
            held = tables.seats[place].cells.values
            return [sights.view(group, place, held[cell] & LOCAL) for cell in cells]

        def scenes(ghosts: Sequence[int], shared: Sequence[int]) -> list[int]:
            pairs = zip(ghosts, shared, strict=True)
            return [sights.scene(group, *pair) for pair in pairs]

        self._views = [Asked(partial(views, place)) for place in range(tables.places)]
        self._scenes = Pairs(scenes)
        self._widths = sights.widths(group)
        self._widths_of = partial(sights.widths, group)
        self._keys = Table()

    def new(self, columns: Sequence[Array]) -> Array:
        """List the rows that show something new, each such sight once."""
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
