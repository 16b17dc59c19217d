"""Of states that differ only in who is who, one stands for all.

Where actors may change places and nothing can tell, every state has *images*: the same
state with other names. A search needs only the *least* of them.

Contract: `least` of a row and of all its images is the same, and is one of them.

To compare all images would take a while: there are 120 where five may change places.
But what a column holds has images too, and those of one thing are an *orbit*. An image
of a row that holds the first one of an orbit where that was first seen is *chosen*, if
no other orbit in the row has a lower rank; most rows have one or two that are chosen,
and of these the least is taken, column by column. Which orbits are in a row, and so
which images are chosen, is the same for all images of the row.

Only those ways are made use of that leave the first state as it is. So an image of a
state is as many moves away from the first as the state is.

Source: Clarke, Enders, Filkorn and Jha 1996; the argument is in docs/engines.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, NoReturn

from primacy_model.checker.actors import Symmetry, Whole
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.engines.interning import LOCAL_BITS, Numbers
from primacy_model.engines.transition_tables import Tables

NumberRow = tuple[int, ...]
"""A cell of each actor, the ghost, and what all share."""

MOST_WAYS: Final = 1 << 10
"""A table tells of two ways which one is both."""
AS_IT_IS: Final = 0
"""The way that changes nothing."""


@dataclass(frozen=True, slots=True)
class Orbit:
    """What becomes of one value of a column, in every way."""

    images: tuple[int, ...]
    """By way, the number in the column to which that way brings it."""
    stays: tuple[int, ...]
    """The ways that leave the first one where and as it is."""
    rank: int
    """Fewer stays are better, and an orbit that was met before another."""


OrbitPosition = tuple[Orbit, int]
"""Which orbit a value is in, and a way that leads to it from the first one."""


class OrbitCache(dict[int, OrbitPosition]):
    """Orbits by number, for one column; what is not known is asked for."""

    def __init__(self, ask: Callable[[int, int], None], column: int) -> None:
        super().__init__()
        self._ask, self._column = ask, column

    def __missing__(self, number: int) -> OrbitPosition:
        self._ask(self._column, number)
        return self[number]


class Renamed(dict[tuple[int, int], int]):
    """Numbers with other names, by way and number; what is not known is asked for."""

    def __init__(self, ask: Callable[[int, int], int]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, key: tuple[int, int]) -> int:
        answer = self[key] = self._ask(*key)
        return answer


class Symmetries:
    """What becomes of the rows of a world where its actors change places."""

    def __init__(self, tables: Tables) -> None:
        self.tables, self.columns = tables, tables.places + 2
        first = tables.actors.initial()
        self._listed = [way for way in tables.actors.symmetries if _leaves(way, first)]
        stay = tables.ghost, tables.ghost + 1
        self.goals: list[tuple[int, ...]] = [
            tuple(range(self.columns)),
            *((*way.places, *stay) for way in self._listed),
        ]
        """By way and column: where it goes."""
        self.after = _composed(tables.actors.name, self.goals)
        """By two ways: the one that is the second, and then the first."""
        self.back = [line.index(AS_IT_IS) for line in self.after]
        """By way: the one that undoes it."""
        self.orbits: list[tuple[int, int, Orbit]] = []
        """Each with the column and the number of the first one."""
        self._held = [OrbitCache(self._ask, column) for column in range(self.columns)]
        seats = tables.seats
        self._locals = self._renaming([seat.locals for seat in seats])
        self._messages = self._renaming([seat.messages for seat in seats])
        rest = tables.ghosts, tables.shared
        self._rest = [Renamed(self._asking(each, [each] * self.count)) for each in rest]

    @property
    def count(self) -> int:
        """Count the ways, with the one that changes nothing."""
        return len(self.goals)

    @property
    def is_trivial(self) -> bool:
        """Tell whether nobody may change places."""
        return self.count == 1

    # --- rows -------------------------------------------------------------------------

    def least(self, row: Sequence[int]) -> NumberRow:
        """Give the image that stands for a row and all its images."""
        held = [known[number] for known, number in zip(self._held, row, strict=True)]
        rank = min([orbit.rank for orbit, _ in held])
        back, after = self.back, self.after
        return min(
            [
                self._moved(back[after[way][stay]], held)
                for orbit, way in held
                if orbit.rank == rank
                for stay in orbit.stays
            ]
        )

    def moved(self, way: int, row: Sequence[int]) -> NumberRow:
        """Give the image of a row."""
        known = zip(self._held, row, strict=True)
        return self._moved(way, [held[number] for held, number in known])

    def _moved(self, way: int, held: Sequence[OrbitPosition]) -> NumberRow:
        after, image = self.after[way], [0] * self.columns
        for goal, (orbit, led) in zip(self.goals[way], held, strict=True):
            image[goal] = orbit.images[after[led]]
        return tuple(image)

    def held(self, column: int, number: int) -> OrbitPosition:
        """Tell which orbit something in a column is in, and how it got there."""
        return self._held[column][number]

    def _ask(self, column: int, number: int) -> None:
        """List all images of what stands in a column: a new orbit."""
        images = tuple(self.image(way, column, number) for way in range(self.count))
        goals = [goals[column] for goals in self.goals]
        stays = tuple(
            way
            for way, there in enumerate(zip(goals, images, strict=True))
            if there == (column, number)
        )
        rank = len(stays) << LOCAL_BITS | len(self.orbits)
        orbit = Orbit(images, stays, rank)
        self.orbits.append((column, number, orbit))
        for way, (goal, image) in enumerate(zip(goals, images, strict=True)):
            if self._held[goal].setdefault(image, (orbit, way))[0] is not orbit:
                self.refuse(column, number)

    def refuse(self, column: int, number: int) -> NoReturn:
        """Say of what stands in a column that its names do not add up."""
        raise PromiseBrokenError(
            f"{self._told(column, number)} gets other names in one way and then in"
            " another, and not those of the way that is both: explore without symmetry"
        )

    # --- what only the world knows ----------------------------------------------------

    def renamed(self, way: int, value: Any) -> Any:  # noqa: ANN401 - of any world
        """Give a value other names."""
        return value if way == AS_IT_IS else self._listed[way - 1].renamed(value)

    def image(self, way: int, column: int, number: int) -> int:
        """Rename what a column holds; give its number where it comes to stand."""
        tables = self.tables
        if column >= tables.ghost:
            return self._rest[column - tables.ghost][way, number]
        local, box = tables.split(column, number)
        bits = 0
        for message in tables.held(box):
            count = box >> tables.field * message & tables.full
            bits |= count << tables.field * self.message(way, column, message)
        key = self.local(way, column, local) | bits << LOCAL_BITS
        return tables.seats[self.goals[way][column]].cells.of(key)

    def local(self, way: int, place: int, number: int) -> int:
        """Rename a local state; give its number where it comes to stand."""
        return self._locals[place][way, number]

    def message(self, way: int, place: int, number: int) -> int:
        """Rename a message to an actor; give its number where that comes to stand."""
        return self._messages[place][way, number]

    def _renaming(self, numbers: Sequence[Numbers[Any]]) -> list[Renamed]:
        """Give by place what becomes of numbers that actors have of their own."""
        return [
            Renamed(self._asking(here, [numbers[goals[place]] for goals in self.goals]))
            for place, here in enumerate(numbers)
        ]

    def _asking(
        self, here: Numbers[Any], there: Sequence[Numbers[Any]]
    ) -> Callable[[int, int], int]:
        def ask(way: int, number: int) -> int:
            return there[way].of(self.renamed(way, here.values[number]))

        return ask

    # --- what people read -------------------------------------------------------------

    def _told(self, column: int, number: int) -> str:
        """Show what stands in a column."""
        row = [*[0] * self.columns]
        row[column] = number
        whole = self.tables.whole(self.tables.taken_apart(row))
        if column == self.tables.ghost:
            return repr(whole.ghost)
        if column > self.tables.ghost:
            return repr(whole.shared)
        return repr(whole.locals[column])

    def whole(self, way: int, row: Sequence[int]) -> Whole[Any, Any, Any, Any]:
        """Give the world of an image of a row."""
        return self.tables.whole(self.tables.taken_apart(self.moved(way, row)))


def _leaves(way: Symmetry, whole: Whole[Any, Any, Any, Any]) -> bool:
    """Tell whether a world is its own image."""
    return (
        way.renamed(whole.shared) == whole.shared
        and way.renamed(whole.ghost) == whole.ghost
        and all(
            way.renamed(whole.locals[place]) == whole.locals[goal]
            for place, goal in enumerate(way.places)
        )
        and all(
            {(way.renamed(message), count) for message, count in whole.boxes[place]}
            == whole.boxes[goal]
            for place, goal in enumerate(way.places)
        )
    )


def _composed(name: str, goals: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """Tell by two ways which one is both; refuse what is no group."""
    if len(goals) > MOST_WAYS:
        raise OverflowError(
            f"the actors of {name} may change places in {len(goals):,} ways, and"
            f" at most {MOST_WAYS:,} can be made use of: explore without symmetry"
        )
    known = {places: way for way, places in enumerate(goals)}
    both = [
        tuple(first[goal] for goal in second) for first, second in product(goals, goals)
    ]
    if len(known) < len(goals) or any(places not in known for places in both):
        raise PromiseBrokenError(
            f"the ways in which the actors of {name} may change places are no group:"
            " two of them are the same, change nothing, or are together none of them"
        )
    numbers, count = [known[places] for places in both], len(goals)
    return [numbers[at : at + count] for at in range(0, len(numbers), count)]
