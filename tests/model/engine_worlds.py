"""Worlds of actors to compare engines by: drawn at random, and of awkward sizes."""

import random
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from primacy_model.actors import Claim, Move, Views
from primacy_model.model import Kind, Value


@dataclass(frozen=True)
class World:
    """What all worlds of these tests have in common."""

    agents: Sequence[str] = ("a", "b")
    kinds: Sequence[str] = ()
    claims: Sequence[Claim[Any]] = ()
    name: str = "a world of actors"
    summary: str = "Actors, to compare engines by."
    bounds: Mapping[str, int | str] = field(default_factory=dict)

    def fields(self, local: object) -> Mapping[str, Value]:
        return {"local": str(local)}

    def told(self, message: object) -> tuple[int, str]:
        return 0, str(message)


# --- worlds drawn at random -----------------------------------------------------------

Moves = tuple[Move[int, str], ...]


@dataclass(frozen=True)
class Tabled(World):
    """Actors whose moves stand in a table."""

    begun: Sequence[int] = ()
    table: Mapping[tuple[int, int, str], Moves] = field(default_factory=dict)

    def initial(self) -> Sequence[int]:
        return self.begun

    def acts(self, place: int, local: int) -> Moves:
        return self.table.get((place, local, ""), ())

    def hears(self, place: int, local: int, message: str) -> Moves:
        return self.table.get((place, local, message), ())


@cache
def drawn(seed: int) -> Tabled:
    """Draw a world: few states, few messages, and moves of all sorts."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    places = range(draw.randint(2, 3))
    states, letters = range(draw.randint(3, 5)), "vwxyz"[: draw.randint(3, 5)]

    def moves(chance: float) -> Iterator[Move[int, str]]:
        while draw.random() < chance:
            flights = range(draw.choice((0, 1, 1, 1, 2)))
            sent = [(draw.choice(places), draw.choice(letters)) for _ in flights]
            kind = draw.choice(("walk", "run", "fly"))
            yield Move(kind, f"{kind}s", draw.choice(states), tuple(sent))

    table = {}
    for place in places:
        for local in states:
            table[place, local, ""] = tuple(moves(0.45))
            for letter in letters:
                table[place, local, letter] = tuple(moves(0.3))
    bad = {tuple(draw.choice(states) for _ in places)} if seed % 3 == 0 else set()
    good = tuple(draw.choice((0, 1)) for _ in places)
    return Tabled(
        [chr(ord("a") + place) for place in places],
        ("walk", "run", "fly")[: draw.randint(0, 3)],
        (
            Claim("sane", "a state is one", Kind.ALWAYS, _itself, _is_long),
            Claim("safe", "nothing bad", Kind.ALWAYS, _itself, _avoids(bad)),
            Claim("odd", "as drawn", Kind.SOMETIMES, _parity, _meets(good)),
            Claim(
                "even", "all even", Kind.SOMETIMES, _parity, _meets((0,) * len(good))
            ),
        ),
        begun=[draw.choice(states) for _ in places],
        table=table,
    )


def _itself(_: int, local: int) -> Hashable:
    return local


def _parity(_: int, local: int) -> Hashable:
    return local % 2


def _is_long(views: Views) -> bool:
    return len(views) > 1


def _avoids(bad: set[tuple[int, ...]]) -> Callable[[Views], bool]:
    return lambda views: views not in bad


def _meets(good: tuple[int, ...]) -> Callable[[Views], bool]:
    return lambda views: views == good


# --- worlds of awkward sizes ----------------------------------------------------------


@dataclass(frozen=True)
class Relay(World):
    """The first sends numbers in order, and the second hears them in order."""

    last: int = 150

    def initial(self) -> Sequence[tuple[str, int]]:
        return [(name, 0) for name in self.agents]

    def acts(self, place: int, local: tuple[str, int]) -> Iterator[Move[Any, int]]:
        name, at = local
        if place == 0 and at < self.last:
            yield Move("send", "sends", (name, at + 1), ((1, at),))

    def hears(
        self, place: int, local: tuple[str, int], message: int
    ) -> Iterator[Move[Any, int]]:
        assert place == 1
        name, at = local
        if message == at:
            yield Move("hear", "hears", (name, at + 1))


@dataclass(frozen=True)
class Burst(World):
    """The first has many moves at once, and the second hears one message of each."""

    width: int = 300
    letters: int = 300

    def initial(self) -> Sequence[int]:
        return (0, 0)

    def acts(self, place: int, local: int) -> Iterator[Move[int, int]]:
        if place == local == 0:
            for at in range(self.width):
                sent = ((1, at % self.letters),)
                yield Move("send", "sends", at + 1, sent)

    def hears(self, place: int, local: int, message: int) -> Iterator[Move[int, int]]:
        assert place == 1
        if local == 0:
            yield Move("hear", "hears", message % 3 + 1)
