"""What a world of actors promises, and an engine relies on: it is checked at the end.

Contract: a broken promise is an error that is said, never a wrong result. All that was
asked of the model is asked again, up to a stated limit for each promise; beyond it
every n-th question is.

- *The same again.* Asked twice, the model answers the same.
- *Ignored for ever.* An obsolete message is heard without effect, and stays obsolete
  when the actor moves on. (That it may also be lost or duplicated says nothing of the
  actor: it only costs what may be lost or duplicated.)
- *Notes in any order.* Notes that different actors write while what all share stays as
  it is lead to the same ghost in both orders. Only pruning needs that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TypeVar

from primacy_model.engines.interning import BY_ITSELF
from primacy_model.engines.transition_tables import Tables

Asked = TypeVar("Asked")

MOST: Final = 20_000
"""How many questions are asked again for each promise."""


class PromiseBrokenError(Exception):
    """A world of actors that is not as an engine must take it to be."""


def check(tables: Tables, *, prunes: bool, most: int = MOST) -> None:
    """Ask again what was asked; raise where a promise is broken."""
    _check_the_same_again(tables, most)
    _check_ignored_for_ever(tables, most)
    if prunes:
        _check_notes_in_any_order(tables, most)


def _some(asked: Sequence[Asked], most: int) -> Iterator[Asked]:
    """Take all, or every n-th where there are too many."""
    return islice(asked, 0, None, -(-len(asked) // most) or 1)


def _check_the_same_again(tables: Tables, most: int) -> None:
    for key in _some(list(tables.singles), most):
        place, local, _, message = key
        if tables.effective(key, tables.asked(key)) != tables.singles[key]:
            held = repr(tables.seats[place].locals.values[local])
            what = (
                "to do by itself"
                if message == BY_ITSELF
                else f"with {tables.seats[place].messages.values[message]!r}"
            )
            raise PromiseBrokenError(
                f"{tables.actors.agents[place]} in {held} does not do twice the same"
                f" {what}: a step depends on more than it is given"
            )
    for (ghost, notes), after in _some(list(tables.noted.items()), most):
        if tables.ghosts.known.get(tables.written(ghost, notes)) != after:
            raise PromiseBrokenError(
                f"{tables.notes.values[notes]!r} written twice into"
                f" {tables.ghosts.values[ghost]!r} gives two ghosts"
            )


def _check_ignored_for_ever(tables: Tables, most: int) -> None:
    forgotten = [
        (place, local, message)
        for place, seat in enumerate(tables.seats)
        for local, bits in seat.obsolete.items()
        for message in tables.held(bits)
    ]
    commons = len(tables.shared)
    for number in _some(range(len(forgotten) * commons), most):
        place, local, message = forgotten[number // commons]
        shared = number % commons
        for move in tables.asked((place, local, shared, message)):
            single = tables.numbered(place, shared, move)
            if move.is_heard and tables.is_effective(
                local, shared, replace(single, copies=0)
            ):
                _refuse(tables, place, local, message, f"but may {move.kind}")
    steps = [
        (place, *step) for place, seat in enumerate(tables.seats) for step in seat.steps
    ]
    for place, before, after in _some(steps, most):
        bits = tables.seats[place].obsolete.get(before, 0)
        for message in tables.held(bits & ~tables.obsolete(place, after, bits)):
            held = tables.seats[place].locals.values[after]
            _refuse(tables, place, before, message, f"but not in {held!r} after it")


def _refuse(tables: Tables, place: int, local: int, message: int, why: str) -> None:
    seat = tables.seats[place]
    raise PromiseBrokenError(
        f"{seat.messages.values[message]!r} is obsolete for"
        f" {tables.actors.agents[place]} in {seat.locals.values[local]!r}, {why}"
    )


def _check_notes_in_any_order(tables: Tables, most: int) -> None:
    pairs = [
        (one, other)
        for place, one in tables.freely
        for another, other in tables.freely
        if place < another
    ]
    ghosts = len(tables.ghosts)
    for number in _some(range(len(pairs) * ghosts), most):
        (one, other), ghost = pairs[number // ghosts], number % ghosts
        orders = (one, other), (other, one)
        if len({tables.written(ghost, *order) for order in orders}) > 1:
            raise PromiseBrokenError(
                f"{tables.notes.values[one]!r} and {tables.notes.values[other]!r}"
                f" lead to different ghosts from {tables.ghosts.values[ghost]!r}:"
                " explore without pruning"
            )
