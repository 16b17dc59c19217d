"""Numbers for values: what an engine knows of a world of actors.

Local states, messages and mailboxes are numbered as they turn up. `effects` asks the
model what an actor may do with a mailbox, once for each pair of numbers, and remembers
what it does to a row of numbers. Moves that change nothing are left out; of several
moves with the same effect one is kept, and all their kinds are noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from primacy_model.actors import Actors, Local, Message, Move, Whole

Value = TypeVar("Value", bound=Hashable)


@dataclass(slots=True)
class Numbers(Generic[Value]):
    """Values by number, and numbers by value."""

    values: list[Value] = field(default_factory=list)
    known: dict[Value, int] = field(default_factory=dict)

    def of(self, value: Value) -> int:
        """Give a value its number."""
        number = self.known.get(value)
        if number is None:
            number = self.known[value] = len(self.values)
            self.values.append(value)
        return number


@dataclass(frozen=True, slots=True)
class Effect:
    """What a move does to a row: the actor's number after, and what it adds where."""

    after: int
    added: tuple[tuple[int, int], ...]
    """Each target's place, and the number of the set that is added to its mailbox."""


Effects = tuple[Effect, ...]


@dataclass
class Tables(Generic[Local, Message]):
    """What is known of a world so far."""

    actors: Actors[Local, Message]
    locals: Numbers[Local] = field(default_factory=Numbers)
    messages: Numbers[Message] = field(default_factory=Numbers)
    boxes: Numbers[frozenset[int]] = field(default_factory=Numbers)
    """Mailboxes, and sets that are added to them, as sets of message numbers."""
    kinds: Counter[str] = field(default_factory=Counter)
    """In how many local situations a move of each kind may be made."""
    calls: int = 0
    """How often the model was asked for moves."""

    def __post_init__(self) -> None:
        self.held: list[dict[int, None]] = [{} for _ in self.actors.agents]
        """The local states of each actor, in the order in which they turned up."""
        self._of_local: dict[tuple[int, int], list[Effect]] = {}
        self._of_message: dict[tuple[int, int, int], list[Effect]] = {}

    def initial(self) -> tuple[int, ...]:
        """Give the first row: the local states, then the mailboxes."""
        begun = [self.locals.of(local) for local in self.actors.initial()]
        for place, local in enumerate(begun):
            self.held[place][local] = None
        empty = self.boxes.of(frozenset())
        return (*begun, *[empty] * len(begun))

    def effects(self, place: int, local: int, box: int) -> Effects:
        """Ask what an actor may do, by itself and with each message of a mailbox."""
        found = dict.fromkeys(self._acts(place, local))
        for message in sorted(self.boxes.values[box]):
            found.update(dict.fromkeys(self._hears(place, local, message)))
        return tuple(found)

    def single(self, place: int, local: int, message: int) -> list[Effect]:
        """Ask what an actor may do with one message, or by itself where it is -1."""
        if message < 0:
            return self._acts(place, local)
        return self._hears(place, local, message)

    def heard(self, place: int, local: int, fresh: int) -> Effects:
        """Ask what an actor may do with each message of a set, and not by itself."""
        found: dict[Effect, None] = {}
        for message in sorted(self.boxes.values[fresh]):
            found.update(dict.fromkeys(self._hears(place, local, message)))
        return tuple(found)

    def fresh(self, box: int, before: int) -> int:
        """Name what a mailbox holds and did not hold before."""
        return self.boxes.of(self.boxes.values[box] - self.boxes.values[before])

    def joined(self, box: int, added: int) -> int:
        """Add a set to a mailbox."""
        return self.boxes.of(self.boxes.values[box] | self.boxes.values[added])

    def views(self, place: int, local: int) -> tuple[Hashable, ...]:
        """Show an actor to every claim."""
        held = self.locals.values[local]
        return tuple(claim.view(place, held) for claim in self.actors.claims)

    def whole(self, row: Sequence[int]) -> Whole[Local, Message]:
        """Give the world that a row stands for."""
        count = len(row) // 2
        return Whole(
            tuple(self.locals.values[number] for number in row[:count]),
            tuple(
                frozenset(self.messages.values[each] for each in self.boxes.values[box])
                for box in row[count:]
            ),
        )

    def _acts(self, place: int, local: int) -> list[Effect]:
        key = place, local
        if key not in self._of_local:
            self.calls += 1
            moves = self.actors.acts(place, self.locals.values[local])
            self._of_local[key] = self._effects(place, local, moves)
        return self._of_local[key]

    def _hears(self, place: int, local: int, message: int) -> list[Effect]:
        key = place, local, message
        if key not in self._of_message:
            self.calls += 1
            held = self.messages.values[message]
            moves = self.actors.hears(place, self.locals.values[local], held)
            self._of_message[key] = self._effects(place, local, moves)
        return self._of_message[key]

    def _effects(
        self, place: int, local: int, moves: Iterable[Move[Local, Message]]
    ) -> list[Effect]:
        found: list[Effect] = []
        for move in moves:
            self.kinds[move.kind] += 1
            added: dict[int, set[int]] = {}
            for target, message in move.sent:
                added.setdefault(target, set()).add(self.messages.of(message))
            effect = Effect(
                self.locals.of(move.after),
                tuple(
                    (target, self.boxes.of(frozenset(those)))
                    for target, those in sorted(added.items())
                ),
            )
            self.held[place][effect.after] = None
            if effect != Effect(local, ()):
                found.append(effect)
        return found
