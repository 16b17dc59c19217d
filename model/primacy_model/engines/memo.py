"""The engine in plain Python: rows are tuples of numbers, found again in a dictionary.

It needs nothing but the standard library. A row is never taken apart: what an actor may
do is looked up by its local state and its mailbox.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import Generic

from primacy_model.actors import Local, Message
from primacy_model.engines.tables import Effects, Tables


class Memo(Generic[Local, Message]):
    """Rows in breadth-first order, each with the row that led to it."""

    def __init__(self, tables: Tables[Local, Message], *, prunes: bool) -> None:
        self._tables, self._prunes = tables, prunes
        self._places = len(tables.actors.agents)
        first = tables.initial()
        self._rows: list[tuple[int, ...]] = [first]
        self._parents = array("q", [-1])
        self._movers = bytearray(1)
        """The place of the actor whose move led to each row."""
        self._known = {first}
        self._effects: list[dict[tuple[int, int], Effects]] = [
            {} for _ in range(self._places)
        ]
        self._heard: dict[tuple[int, int, int, int], Effects] = {}
        self._joined: dict[tuple[int, int], int] = {}
        self._views: list[dict[int, int]] = [{} for _ in range(self._places)]
        self._seen: set[tuple[int, ...]] = set()
        self._numbers: dict[object, int] = {}
        self.moves = 0
        """How many moves were made, those to known rows included."""

    @property
    def size(self) -> int:
        """Count the rows."""
        return len(self._rows)

    @property
    def bytes(self) -> int:
        """Tell what the rows, the way back and the set of known rows take.

        A row takes 40 bytes and 8 for each number, some 18 in the lists, and 27 to 53
        in the set. The numbers themselves are shared.
        """
        held = [self._rows, self._parents, self._movers, self._known]
        row = sys.getsizeof(self._rows[0])
        return sum(map(sys.getsizeof, held)) + self.size * row

    def row(self, number: int) -> Sequence[int]:
        """Give a row."""
        return self._rows[number]

    def parent(self, number: int) -> int:
        """Name the row that led to a row, -1 for the first."""
        return self._parents[number]

    def expand(self, start: int, end: int, most: int) -> bool:
        """Add what follows the rows of a level; tell whether the bound was hit."""
        rows, known, joined = self._rows, self._known, self._joined
        for number in range(start, end):
            row, mover = rows[number], self._movers[number]
            for place in range(self._places):
                if self._prunes and place < mover:
                    found = self._news(place, number)
                else:
                    found = self._all(place, row)
                self.moves += len(found)
                for effect in found:
                    after = list(row)
                    after[place] = effect.after
                    for target, added in effect.added:
                        box = after[self._places + target]
                        both = joined.get((box, added))
                        if both is None:
                            both = self._join(box, added)
                        after[self._places + target] = both
                    new = tuple(after)
                    if new not in known:
                        if len(rows) == most:
                            return True
                        known.add(new)
                        rows.append(new)
                        self._parents.append(number)
                        self._movers.append(place)
        return False

    def _all(self, place: int, row: tuple[int, ...]) -> Effects:
        """List what an actor may do."""
        key = row[place], row[self._places + place]
        found = self._effects[place].get(key)
        if found is None:
            found = self._effects[place][key] = self._tables.effects(place, *key)
        return found

    def _news(self, place: int, number: int) -> Effects:
        """List what an actor may do with what the move to a row sent it.

        In a row that was first reached by a move of one actor, the actors before it
        need do no more. See docs/engines.md.
        """
        row, parent = self._rows[number], self._rows[self._parents[number]]
        box, before = row[self._places + place], parent[self._places + place]
        if box == before:
            return ()
        key = place, row[place], box, before
        found = self._heard.get(key)
        if found is None:
            fresh = self._tables.fresh(box, before)
            found = self._heard[key] = self._tables.heard(place, row[place], fresh)
        return found

    def _join(self, box: int, added: int) -> int:
        both = self._joined[box, added] = self._tables.joined(box, added)
        return both

    def unseen(self, start: int, end: int) -> Iterator[int]:
        """List the rows of a level whose views no row before them had."""
        for number in range(start, end):
            row = self._rows[number]
            key = tuple(
                [self._view(place, row[place]) for place in range(self._places)]
            )
            if key not in self._seen:
                self._seen.add(key)
                yield number

    def _view(self, place: int, local: int) -> int:
        views = self._views[place]
        found = views.get(local)
        if found is None:
            shown = self._tables.views(place, local)
            found = self._numbers.setdefault(shown, len(self._numbers))
            views[local] = found
        return found
