"""The engine of whole arrays: rows packed into words, explored by numpy.

A few thousand rows go through each step together. What one of them needs to know, all
ask for at once, by pairs of numbers: each pair that is new is answered once, in Python.
Rows are compared whole: nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final, Generic

import numpy as np

from primacy_model.actors import Local, Message
from primacy_model.engines.lookup import HALF, ONE, Pairs, Table, home, mixed
from primacy_model.engines.packing import (
    Array,
    Column,
    Rows,
    Views,
    bits_of,
    numbers_of,
)
from primacy_model.engines.tables import Effect, Numbers, Tables

AT_ONCE: Final = 1 << 16
"""How many rows are expanded together: what they need should stay in a cache."""
BLOCK: Final = 1 << 17
"""How many rows are entered or looked through together."""

TAG: Final = np.uint64(0xFFFFFFFF00000000)
NUMBER: Final = np.uint64(0xFFFFFFFF)


def named(words: Sequence[Array], spread: Array) -> Array:
    """Tell how rows stand in an index.

    A row of one word stands there itself, plus one. A longer one is named by half of
    its digest, to which its number is added, plus one.
    """
    return words[0] + ONE if len(words) == 1 else spread << HALF


def indexed(rows: Array, size: int, index: Array) -> None:
    """Enter all rows into an empty index."""
    mask = len(index) - 1
    for start in range(0, size, BLOCK):
        end = min(start + BLOCK, size)
        words = [rows[start:end, word] for word in range(rows.shape[1])]
        spread = mixed(words)
        at, names = home(spread, len(index)), named(words, spread)
        if len(words) > 1:
            names |= np.arange(start + 1, end + 1, dtype=np.uint64)
        while len(at):
            free = index[at] == 0
            index[at[free]] = names[free]
            lost = index[at] != names
            at, names = at[lost] + 1 & mask, names[lost]


class Known(Generic[Local, Message]):
    """What actors may do and what it does to mailboxes, as numbers.

    The mailboxes of each place have their own numbers; number 0 is the empty one. A
    group is what an actor may do with a mailbox: a span in a list of effects.
    """

    def __init__(self, tables: Tables[Local, Message]) -> None:
        self._tables = tables
        places = range(len(tables.actors.agents))
        self.boxes: list[Numbers[int]] = [Numbers([0], {0: 0}) for _ in places]
        """The mailboxes of each place, as bits."""
        self._sets: Numbers[int] = Numbers([0], {0: 0})
        self._effects: Numbers[Effect] = Numbers()
        self.after = Column()
        """By effect: the local state of the actor."""
        self.added = [Column() for _ in places]
        """By effect: what is added to the mailbox of each place; 0 is nothing."""
        self._groups: Numbers[tuple[int, ...]] = Numbers()
        self.listed, self.begins, self.lengths = Column(), Column(), Column()
        """The effects of all groups; by group: where they begin, and how many."""
        self._singles: dict[tuple[int, int, int], tuple[int, ...]] = {}
        self._deaf: dict[tuple[int, int], int] = {}
        """The messages, as bits, with which an actor does nothing."""

    def group(self, place: int, is_news: bool, local: int, box: int) -> int:
        """Name what an actor may do with a mailbox; beside news it does not act."""
        effects = {} if is_news else dict.fromkeys(self._single(place, local, -1))
        bits = self.boxes[place].values[box] & ~self._deaf.get((place, local), 0)
        while bits:
            message = (bits & -bits).bit_length() - 1
            bits &= bits - 1
            effects.update(dict.fromkeys(self._single(place, local, message)))
        group = self._groups.of(tuple(effects))
        if group == len(self.begins):
            self.begins.extend([len(self.listed)])
            self.lengths.extend([len(effects)])
            self.listed.extend([*effects])
        return group

    def _single(self, place: int, local: int, message: int) -> tuple[int, ...]:
        key = place, local, message
        found = self._singles.get(key)
        if found is None:
            effects = self._tables.single(*key)
            found = self._singles[key] = tuple(map(self._numbered, effects))
            if message >= 0 and not found:
                self._deaf[place, local] = (
                    self._deaf.get((place, local), 0) | 1 << message
                )
        return found

    def _numbered(self, effect: Effect) -> int:
        number = self._effects.of(effect)
        if number == len(self.after):
            self.after.extend([effect.after])
            added = dict(effect.added)
            for target, column in enumerate(self.added):
                values = self._tables.boxes.values
                held = values[added[target]] if target in added else frozenset()
                column.extend([self._sets.of(bits_of(held))])
        return number

    def join(self, place: int, box: int, added: int) -> int:
        """Add a set to a mailbox."""
        boxes = self.boxes[place]
        return boxes.of(boxes.values[box] | self._sets.values[added])

    def fresh(self, place: int, box: int, before: int) -> int:
        """Give what a mailbox holds and did not hold before."""
        boxes = self.boxes[place]
        return boxes.of(boxes.values[box] & ~boxes.values[before])


class Vectors(Generic[Local, Message]):
    """Rows of words in breadth-first order, each with the row that led to it."""

    def __init__(self, tables: Tables[Local, Message], *, prunes: bool) -> None:
        self._tables, self._prunes = tables, prunes
        places = range(len(tables.actors.agents))
        self._places = len(places)
        self._rows = Rows(self._first(), indexed)
        self._known = known = Known(tables)
        self._whole = [Pairs(partial(known.group, place, False)) for place in places]
        self._heard = [Pairs(partial(known.group, place, True)) for place in places]
        self._fresh = [Pairs(partial(known.fresh, place)) for place in places]
        self._joined = [Pairs(partial(known.join, place)) for place in places]
        self._views = Views(tables)
        self._seen = Table()
        self.moves = 0
        """How many moves were made, those to known rows included."""

    def _first(self) -> Sequence[int]:
        return [*self._tables.initial()[: self._places], *[0] * self._places]

    @property
    def size(self) -> int:
        """Count the rows."""
        return self._rows.size

    @property
    def bytes(self) -> int:
        """Tell what the rows, the way back and the index take."""
        return self._rows.bytes

    def row(self, number: int) -> Sequence[int]:
        """Give a row, its mailboxes as the tables number them."""
        row = self._rows.numbers(number)
        boxes = [
            self._tables.boxes.of(numbers_of(known.values[box]))
            for known, box in zip(self._known.boxes, row[self._places :], strict=True)
        ]
        return [*row[: self._places], *boxes]

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
        rows, known = self._rows, self._known
        lengths = known.lengths.array[groups]
        ends = np.cumsum(lengths)
        made = int(ends[-1]) if len(ends) else 0
        if made == 0:
            return
        self.moves += made
        shifts = known.begins.array[groups] - ends + lengths
        effects = known.listed.array[np.arange(made) + np.repeat(shifts, lengths)]
        parents = np.repeat(numbers, lengths)
        after = known.after.array[effects].view(np.uint64)
        puts: list[tuple[int, slice | Array, Array]] = [(place, slice(None), after)]
        for target in range(self._places):
            added = known.added[target].array[effects]
            some, column = np.flatnonzero(added), self._places + target
            if len(some):
                boxes = rows.column(column, parents[some])
                joined = self._joined[target].of(boxes, added[some].view(np.uint64))
                puts.append((column, some, joined.view(np.uint64)))
        self._widen()
        words = [rows.held[:, word][parents] for word in range(rows.words)]
        for column, which, values in puts:
            word, shift, mask = rows.layout[column]
            words[word][which] = words[word][which] & ~(mask << shift) | values << shift
        self._add(words, parents, place)

    def _grouped(self, place: int, begin: int, end: int) -> tuple[Array, Array]:
        """List the rows in which an actor is to move, and what it may do there.

        With pruning: in a row that was first reached by a move of one actor, the actors
        before it need only hear what that move sent them. See docs/engines.md.
        """
        rows, numbers = self._rows, np.arange(begin, end)
        local = rows.column(place, slice(begin, end))
        box = rows.column(self._places + place, slice(begin, end))
        is_late = rows.movers[begin:end] > place
        if not self._prunes or not is_late.any():
            return numbers, self._whole[place].of(local, box)
        late, early = np.flatnonzero(is_late), np.flatnonzero(~is_late)
        before = rows.column(self._places + place, rows.parents[begin:end][late])
        is_told = before != box[late]
        late, before = late[is_told], before[is_told]
        fresh = self._fresh[place].of(box[late], before).view(np.uint64)
        groups = [
            self._whole[place].of(local[early], box[early]),
            self._heard[place].of(local[late], fresh),
        ]
        return numbers[np.concatenate([early, late])], np.concatenate(groups)

    def _widen(self) -> None:
        """Make the numbers of a row wide enough for what there is."""
        boxes = [len(known.values) for known in self._known.boxes]
        self._rows.widen(len(self._tables.locals.values), boxes)

    def _add(self, words: Sequence[Array], parents: Array, mover: int) -> None:
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
                rows.parents[start:end], rows.movers[start:end] = parents[chosen], mover
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
        for word, values in enumerate(words):
            same[likely] &= self._rows.held[:, word][others] == values[which]
        return same

    # --- claims -----------------------------------------------------------------------

    def unseen(self, start: int, end: int) -> Iterator[int]:
        """List the rows of a level whose views no row before them had."""
        if self._views.look():  # the keys in the table count in another base
            self._seen.forget()
        radix = np.uint64(self._views.radix)
        for begin in range(start, end, BLOCK):
            which = slice(begin, min(begin + BLOCK, end))
            keys = np.ones(which.stop - begin, np.uint64)
            for place, numbers in enumerate(self._views.numbers):
                local = self._rows.column(place, which).view(np.int64)
                keys = keys * radix + numbers[local]
            new = self._seen.new(keys)
            self._seen.enter(keys[new], np.zeros(len(new), np.int64))
            yield from (new + begin).tolist()
