"""What a world promises of actors that may change places: it is checked at the end.

Contract: nothing can tell images apart but by names. If something can, a search of
images finds less than there is, so it is an error that is said. All that was asked of
the model is asked again of its images, up to a stated limit for each promise; beyond it
every n-th question is.

- *Names add up.* Names changed in one way and then in another are those of the way that
  is both.
- *The same moves.* What an actor may do has images that are what its image may do.
- *The same ignored.* What is obsolete has images that are.
- *The same claims.* A claim holds of a world and of its images, or of none of them. It
  is asked for each world that was shown to the claims.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from math import gcd
from typing import Any, TypeVar

from primacy_model.checker.actors import Claim, Move, on_views
from primacy_model.engines.assumption_check import MOST, PromiseBrokenError
from primacy_model.engines.interning import BY_ITSELF
from primacy_model.engines.symmetry import Symmetries

Asked = TypeVar("Asked")

SymmetryCase = tuple[int, int, int, int]
"""A place, a local state, what all share, and a message or none."""
NumberSequence = Sequence[int]
CheckedClaim = Claim[Any, Any, Any]


def check(
    symmetries: Symmetries,
    shown: Iterable[tuple[NumberSequence, Sequence[CheckedClaim]]],
    most: int = MOST,
) -> None:
    """Ask images what was asked; raise where a promise is broken.

    Given are rows and the claims that were judged there.
    """
    _check_names_add_up(symmetries, most)
    _check_the_same_moves(symmetries, most)
    _check_the_same_ignored(symmetries, most)
    _check_the_same_claims(symmetries, shown, most)


def _some(
    symmetries: Symmetries, asked: Sequence[Asked], most: int
) -> Iterator[tuple[Asked, int]]:
    """Take all in every way, or every n-th where there are too many."""
    ways = symmetries.count - 1
    step = -(-len(asked) * ways // most) or 1
    while gcd(step, ways) > 1:
        step += 1
    for number in range(0, len(asked) * ways, step):
        yield asked[number // ways], number % ways + 1


def _check_names_add_up(symmetries: Symmetries, most: int) -> None:
    images = [
        (goals[column], image, orbit, first)
        for column, _, orbit in symmetries.orbits
        for first, (goals, image) in enumerate(
            zip(symmetries.goals, orbit.images, strict=True)
        )
    ]
    for (column, image, orbit, first), way in _some(symmetries, images, most):
        expected = orbit.images[symmetries.after[way][first]]
        if symmetries.image(way, column, image) != expected:
            symmetries.refuse(column, image)


def _check_the_same_moves(symmetries: Symmetries, most: int) -> None:
    tables = symmetries.tables
    written: dict[int, list[int]] = {}
    for ghost, notes in tables.noted:
        written.setdefault(notes, []).append(ghost)
    asked: list[tuple[SymmetryCase, int]] = []
    for key, singles in tables.singles.items():
        puts = [dict(tables.puts.values[single.puts]) for single in singles]
        noted = {put[tables.ghost] for put in puts if tables.ghost in put}
        ghosts = {ghost for each in noted for ghost in written.get(each, ())}
        asked.extend((key, ghost) for ghost in sorted(ghosts) or [0])
    for (key, ghost), way in _some(symmetries, asked, most):
        place, local, shared, message = key
        goal = symmetries.goals[way][place]
        other = (
            goal,
            symmetries.local(way, place, local),
            symmetries.image(way, tables.ghost + 1, shared),
            message if message < 0 else symmetries.message(way, place, message),
        )
        there = symmetries.image(way, tables.ghost, ghost)
        moves = {
            _moved(symmetries, way, key, each, ghost) for each in tables.asked(key)
        }
        theirs = {
            _moved(symmetries, 0, other, each, there) for each in tables.asked(other)
        }
        if moves != theirs:
            what = (
                "do by itself"
                if message == BY_ITSELF
                else f"do with {tables.seats[place].messages.values[message]!r}"
            )
            raise PromiseBrokenError(
                f"what {tables.actors.agents[place]} may {what} in"
                f" {tables.seats[place].locals.values[local]!r} is not what"
                f" {tables.actors.agents[goal]} may do with other names:"
                " explore without symmetry"
            )


def _moved(
    symmetries: Symmetries,
    way: int,
    key: SymmetryCase,
    move: Move[Hashable, Hashable, Hashable],
    ghost: int,
) -> Hashable:
    """Say in numbers what the image of a move does, and what it is."""
    tables, (place, _, shared, _) = symmetries.tables, key
    sent = [
        (
            symmetries.goals[way][target],
            symmetries.message(way, target, tables.seats[target].messages.of(message)),
        )
        for target, message in move.sent
    ]
    common = shared if move.shared is None else tables.shared.of(move.shared)
    written = tables.ghosts.of(tables.written(ghost, tables.notes.of(move.notes)))
    return (
        move.kind,
        symmetries.local(way, place, tables.seats[place].locals.of(move.after)),
        tuple(sorted(sent if tables.copies else set(sent))),
        symmetries.image(way, tables.ghost + 1, common),
        symmetries.image(way, tables.ghost, written),
        move.copies,
    )


def _check_the_same_ignored(symmetries: Symmetries, most: int) -> None:
    tables = symmetries.tables
    asked = [
        (place, local, message)
        for place, seat in enumerate(tables.seats)
        for local, bits in seat.judged.items()
        for message in tables.held(bits)
    ]
    for (place, local, message), way in _some(symmetries, asked, most):
        seat, goal = tables.seats[place], symmetries.goals[way][place]
        there = tables.seats[goal]
        is_ignored = bool(seat.obsolete.get(local, 0) >> tables.field * message & 1)
        if is_ignored != tables.actors.is_obsolete(
            goal,
            there.locals.values[symmetries.local(way, place, local)],
            there.messages.values[symmetries.message(way, place, message)],
        ):
            held = seat.messages.values[message]
            raise PromiseBrokenError(
                f"{held!r} is obsolete for {tables.actors.agents[place]} in"
                f" {seat.locals.values[local]!r} or with other names for"
                f" {tables.actors.agents[goal]}, but not for both:"
                " explore without symmetry"
            )


def _check_the_same_claims(
    symmetries: Symmetries,
    shown: Iterable[tuple[NumberSequence, Sequence[CheckedClaim]]],
    most: int,
) -> None:
    for (row, claims), way in _some(symmetries, list(shown), most):
        whole, image = symmetries.whole(0, row), symmetries.whole(way, row)
        for claim in claims:
            holds = on_views(claim)
            if holds(whole) != holds(image):
                raise asymmetry_error(claim.id, whole)


def asymmetry_error(claim: str, whole: object) -> PromiseBrokenError:
    """Say that a claim tells a world from an image of it."""
    return PromiseBrokenError(
        f"the claim {claim} tells {whole} from what it is with other names:"
        " explore without symmetry"
    )
