"""Worlds of actors: a local state and a mailbox each, and steps that touch one of them.

An actor's moves depend on its own state and on one message. So an engine can give every
local state, message and mailbox a small number, ask the model once for each pair, and
explore rows of numbers; that is what the fast engines do. `Assembled` makes an ordinary
model of such a world, which the oracle explores, by which traces are replayed, and in
which the claims are properties.

A mailbox is a set: what was sent stays, so it can be delivered again, in any order, at
any later moment, or never. A claim reads a *view* of each actor, and of nothing else.

Source: design of the model checker, sections 1, 2 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from primacy_model.model import (
    IN_FLIGHT,
    Action,
    Arrow,
    Event,
    Kind,
    Property,
    Value,
)

Local = TypeVar("Local", bound=Hashable)
"""The state of one actor."""
Message = TypeVar("Message", bound=Hashable)
"""What actors send to each other."""

Views = tuple[Hashable, ...]
"""What a claim sees of each actor."""


@dataclass(frozen=True, slots=True)
class Move(Generic[Local, Message]):
    """What an actor may do next: its state after, and what it sends to whom."""

    kind: str
    """What sort of thing: counted, and required to happen at least once."""
    label: str
    """What a person reads."""
    after: Local
    sent: tuple[tuple[int, Message], ...] = ()
    """The place of each target, and the message."""


@dataclass(frozen=True, slots=True)
class Claim(Generic[Local]):
    """A property of the views of all actors."""

    id: str
    name: str
    kind: Kind
    view: Callable[[int, Local], Hashable]
    """What is seen of the actor at a place."""
    holds: Callable[[Views], bool]


class Actors(Protocol[Local, Message]):
    """A world of actors; everything is deterministic and nothing is changed."""

    @property
    def name(self) -> str:
        """The name under which the command line knows it."""

    @property
    def summary(self) -> str:
        """Say in one sentence what it covers."""

    @property
    def agents(self) -> Sequence[str]:
        """The names of the actors, by place."""

    @property
    def kinds(self) -> Sequence[str]:
        """Every kind of move that must happen somewhere."""

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """What was limited to make the world finite, by name."""

    @property
    def claims(self) -> Sequence[Claim[Local]]:
        """What is claimed of the reachable worlds."""

    def initial(self) -> Sequence[Local]:
        """Give the state in which each actor begins; nothing was sent."""

    def acts(self, place: int, local: Local) -> Iterable[Move[Local, Message]]:
        """List what an actor may do by itself."""

    def hears(
        self, place: int, local: Local, message: Message
    ) -> Iterable[Move[Local, Message]]:
        """List what an actor may do with a message; nothing if it ignores it."""

    def fields(self, local: Local) -> Mapping[str, Value]:
        """Show the state of an actor: its fields, in a fixed order."""

    def told(self, message: Message) -> tuple[int, str]:
        """Tell who sent a message, by place, and what a person reads of it."""


@dataclass(frozen=True, slots=True)
class Whole(Generic[Local, Message]):
    """A whole world: the state and the mailbox of each actor."""

    locals: tuple[Local, ...]
    boxes: tuple[frozenset[Message], ...]


@dataclass(frozen=True, slots=True)
class Doing(Generic[Local, Message]):
    """What a move needs to be carried out: where, with which message, to what end."""

    place: int
    message: Message | None
    move: Move[Local, Message]


@dataclass(frozen=True)
class Assembled(Generic[Local, Message]):
    """An ordinary model of a world of actors."""

    actors: Actors[Local, Message]

    @property
    def name(self) -> str:
        """Give the name of the world."""
        return self.actors.name

    @property
    def summary(self) -> str:
        """Say in one sentence what it covers."""
        return self.actors.summary

    @property
    def kinds(self) -> Sequence[str]:
        """List the kinds of moves that must happen."""
        return self.actors.kinds

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """Say what was limited."""
        return self.actors.bounds

    @cached_property
    def properties(self) -> Sequence[Property[Whole[Local, Message]]]:
        """Give each claim as a property of the whole world."""
        return tuple(
            Property(claim.id, claim.name, claim.kind, _on_views(claim))
            for claim in self.actors.claims
        )

    def initial(self) -> Iterable[Whole[Local, Message]]:
        """Begin with empty mailboxes."""
        begun = tuple(self.actors.initial())
        yield Whole(begun, (frozenset(),) * len(begun))

    def actions(self, state: Whole[Local, Message]) -> Iterator[Action]:
        """List what each actor may do, by itself and with each of its messages."""
        for place, local in enumerate(state.locals):
            for move in self.actors.acts(place, local):
                yield self._action(place, None, move)
            for message in sorted(state.boxes[place], key=repr):
                for move in self.actors.hears(place, local, message):
                    yield self._action(place, message, move)

    def _action(
        self, place: int, message: Message | None, move: Move[Local, Message]
    ) -> Action:
        name, doing = self.actors.agents[place], Doing(place, message, move)
        return Action(move.kind, name, move.label, doing)

    def successor(
        self, state: Whole[Local, Message], action: Action
    ) -> Whole[Local, Message]:
        """Carry out a move."""
        doing = action.payload
        assert isinstance(doing, Doing)
        here, boxes = doing.place, list(state.boxes)
        for target, message in doing.move.sent:
            boxes[target] = boxes[target] | {message}
        after = (*state.locals[:here], doing.move.after, *state.locals[here + 1 :])
        return Whole(after, tuple(boxes))

    def columns(
        self, state: Whole[Local, Message]
    ) -> Mapping[str, Mapping[str, Value]]:
        """Show the fields of each actor, and how many messages it may hear."""
        return {
            name: {**self.actors.fields(local), IN_FLIGHT: len(box)}
            for name, local, box in zip(
                self.actors.agents, state.locals, state.boxes, strict=True
            )
        }

    def event(self, state: Whole[Local, Message], action: Action) -> Event:
        """Tell what a move receives and sends."""
        doing = action.payload
        assert isinstance(doing, Doing)
        heard = [] if doing.message is None else [(doing.place, doing.message)]
        sent = [
            (target, message)
            for target, message in doing.move.sent
            if message not in state.boxes[target]
        ]
        return Event(tuple(self._arrows(heard)), tuple(self._arrows(sent)), ())

    def _arrows(self, flights: Iterable[tuple[int, Message]]) -> Iterator[Arrow]:
        for place, message in flights:
            source, label = self.actors.told(message)
            names = self.actors.agents
            target = names[place]
            yield Arrow(f"{target} {message!r}", names[source], target, label)


def _on_views(
    claim: Claim[Local],
) -> Callable[[Whole[Local, Message]], bool]:
    def holds(state: Whole[Local, Message]) -> bool:
        views = (claim.view(place, local) for place, local in enumerate(state.locals))
        return claim.holds(tuple(views))

    return holds
