"""The engine in plain Python: rows are whole numbers, found again in a set.

It needs nothing but the standard library. A row is one number with a digit for each
column. A move adds to it what the columns differ by; those differences are looked up by
what stands in the columns, and asked for where they are not known.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from primacy_model.engines.interning import LOCAL, MoveEffect
from primacy_model.engines.projections import Projections
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.transition_tables import Tables

DIGIT: Final = 30
"""The bits of a digit; Python's own digits have as many."""
LOW: Final = (1 << DIGIT) - 1
MOST: Final = 1 << DIGIT
"""How many values a column may have."""


class ChangeCache(dict[int, int]):
    """By what a column holds: what a row changes by where something is put there."""

    def __init__(self, ask: Callable[[int], int]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, held: int) -> int:
        answer = self[held] = self._ask(held)
        return answer


Fill = tuple[ChangeCache, int]
"""What a column changes by, and where its digit begins."""
ColumnChange = tuple[int, tuple[Fill, ...], int]
"""What is added to a row whatever is in it, what else, and the mover that is noted."""


class Memo:
    """Rows in breadth-first order, each with the row that led to it."""

    def __init__(
        self,
        tables: Tables,
        projections: Projections,
        *,
        prunes: bool,
        symmetries: Symmetries | None = None,
    ) -> None:
        self._tables, self._projections, self._prunes = tables, projections, prunes
        self._symmetries = symmetries
        self._places = tables.places
        self._top = DIGIT * (self._places + 1)
        """Where what all share stands: above the cells and the ghost."""
        first = _joined(tables.first)
        self._rows = [first]
        self._parents = array("q", [-1])
        self._movers = bytearray(1)
        """The place of the actor whose move led to each row; 0 if nothing commutes."""
        self._known = {first}
        self._changes: list[dict[int, tuple[ColumnChange, ...]]] = [
            {} for _ in range(self._places)
        ]
        self._news: dict[tuple[int, int, int, int], tuple[ColumnChange, ...]] = {}
        self._fills: dict[tuple[int, int], ChangeCache] = {}
        groups = range(len(self._projections.groups))
        self._seen: list[set[tuple[int, ...]]] = [set() for _ in groups]
        self._views = [
            [self._viewing(group, place) for place in range(self._places)]
            for group in groups
        ]
        self._scenes = [self._sighting(group) for group in groups]
        self.moves = 0
        """How many moves were made, those to known rows included."""

    @property
    def size(self) -> int:
        """Count the rows."""
        return len(self._rows)

    @property
    def bytes(self) -> int:
        """Tell what the rows, the way back and the set of known rows take."""
        held = [self._rows, self._parents, self._movers, self._known]
        row = sys.getsizeof(self._rows[-1]) + 15 & ~15
        return sum(map(sys.getsizeof, held)) + self.size * row

    def row(self, number: int) -> Sequence[int]:
        """Give a row, taken apart."""
        return self._tables.taken_apart(self._columns(self._rows[number]))

    def _columns(self, row: int) -> list[int]:
        return [row >> DIGIT * at & LOW for at in range(self._places + 2)]

    def parent(self, number: int) -> int:
        """Name the row that led to a row, -1 for the first."""
        return self._parents[number]

    def expand(self, start: int, end: int, most: int) -> bool:
        """Add what follows the rows of a level; tell whether the bound was hit."""
        rows, known, top, prunes = self._rows, self._known, self._top, self._prunes
        is_moved = self._symmetries is not None
        columns = [(at, DIGIT * at, self._changes[at]) for at in range(self._places)]
        for number in range(start, end):
            row, mover = rows[number], self._movers[number]
            shared = row >> top
            for place, shift, changes in columns:
                if prunes and place < mover:
                    found = self._new(place, number)
                else:
                    key = row >> shift & LOW | shared << DIGIT
                    some = changes.get(key)
                    found = self._all(place, key) if some is None else some
                self.moves += len(found)
                for change, fills, moved in found:
                    new = row + change
                    for fill, begins in fills:
                        new += fill[row >> begins & LOW]
                    if is_moved and new not in known:
                        new = self._least(new)
                    if new not in known:
                        if len(rows) == most:
                            return True
                        known.add(new)
                        rows.append(new)
                        self._parents.append(number)
                        self._movers.append(moved)
        return False

    def _least(self, row: int) -> int:
        """Give the image that stands for a row and all its images."""
        assert self._symmetries is not None
        return _joined(self._symmetries.least(self._columns(row)))

    def _all(self, place: int, key: int) -> tuple[ColumnChange, ...]:
        """List what an actor may do."""
        cell, shared = key & LOW, key >> DIGIT
        effects = self._tables.effects(place, cell, shared)
        found = self._changed(place, cell, shared, effects)
        self._changes[place][key] = found
        return found

    def _new(self, place: int, number: int) -> tuple[ColumnChange, ...]:
        """List what an actor may do and could not do before the move to a row.

        In a row that was first reached by a move of one actor, the actors before it
        need do no more. See docs/engines.md.
        """
        row, parent = self._rows[number], self._rows[self._parents[number]]
        cell, before = (each >> DIGIT * place & LOW for each in (row, parent))
        shared = row >> self._top
        if cell == before and self._tables.is_plain:
            return ()
        key = place, cell, before, shared
        found = self._news.get(key)
        if found is None:
            effects = self._tables.news(*key)
            found = self._news[key] = self._changed(place, cell, shared, effects)
        return found

    def _changed(
        self, place: int, cell: int, shared: int, effects: Sequence[MoveEffect]
    ) -> tuple[ColumnChange, ...]:
        """Say what moves add to a row."""
        counts = [len(seat.cells) for seat in self._tables.seats]
        if max(*counts, len(self._tables.ghosts)) > MOST:
            raise OverflowError("the actors have too many cells for this engine")
        found = []
        for after, puts, then, _ in effects:
            fills = tuple(
                (self._filled(column, put), DIGIT * column)
                for column, put in self._tables.puts.values[puts]
            )
            change = (after - cell << DIGIT * place) + (then - shared << self._top)
            found.append((change, fills, place if then == shared else 0))
        return tuple(found)

    def _filled(self, column: int, put: int) -> ChangeCache:
        key = column, put
        if key not in self._fills:

            def ask(held: int) -> int:
                return self._tables.put(column, held, put) - held << DIGIT * column

            self._fills[key] = ChangeCache(ask)
        return self._fills[key]

    def unseen(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """List groups of claims, and rows of a level that show them something new."""
        rows, rest = self._rows, DIGIT * self._places
        for group, seen in enumerate(self._seen):
            views = [
                (DIGIT * place, view) for place, view in enumerate(self._views[group])
            ]
            scenes = self._scenes[group]
            for number in range(start, end):
                row = rows[number]
                key = tuple([view[row >> shift & LOW] for shift, view in views])
                if scenes is not None:
                    key = (*key, scenes[row >> rest])
                if key not in seen:
                    seen.add(key)
                    yield group, number

    def _viewing(self, group: int, place: int) -> ChangeCache:
        cells = self._tables.seats[place].cells.values
        return ChangeCache(
            lambda cell: self._projections.view(group, place, cells[cell] & LOCAL)
        )

    def _sighting(self, group: int) -> ChangeCache | None:
        if not self._projections.groups[group].has_scene:
            return None
        return ChangeCache(
            lambda rest: self._projections.scene(group, rest & LOW, rest >> DIGIT)
        )

    # --- saving -----------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the rows and the way back."""
        with (folder / "rows.bin").open("wb") as file:
            file.writelines(row.to_bytes(self._width, "little") for row in self._rows)
        (folder / "parents.bin").write_bytes(self._parents.tobytes())
        (folder / "movers.bin").write_bytes(self._movers)

    def load(self, folder: Path, moves: int) -> None:
        """Take over rows, and the number of moves that were made."""
        width, held = self._width, (folder / "rows.bin").read_bytes()
        self._rows = [
            int.from_bytes(held[at : at + width], "little")
            for at in range(0, len(held), width)
        ]
        self._parents = array("q", (folder / "parents.bin").read_bytes())
        self._movers = bytearray((folder / "movers.bin").read_bytes())
        self._known, self.moves = set(self._rows), moves

    @property
    def _width(self) -> int:
        """Tell how many bytes a row takes."""
        return -(-DIGIT * (self._places + 2) // 8)


def _joined(columns: Sequence[int]) -> int:
    """Make a row of its columns."""
    return sum([number << DIGIT * at for at, number in enumerate(columns)])
