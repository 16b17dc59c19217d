"""Worlds of actors: a local state and a mailbox each, and steps that touch one of them.

An actor's moves depend on its own state, on what all share, and on one message. So an
engine can give every state, message and mailbox a small number, ask the model once for
each combination, and explore rows of numbers; that is what the fast engines do.
`Assembled` makes an ordinary model of such a world, which the oracle explores, by which
traces are replayed, and in which the claims are properties.

A mailbox is a set or a bag. In a set what was sent stays, so it can be delivered again,
in any order, at any later moment, or never. In a bag a move says what becomes of the
message that it hears. A message that its target ignores for ever may be forgotten.

A *ghost* is what happened, as claims need to know it: moves write notes into it, and no
move depends on it. A claim reads a *view* of each actor, and of what is shared and
noted, and nothing else.

Source: docs/decisions/009-worlds-of-actors.md, and 011 for claims and the ghost.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from primacy_model.checker.model import (
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
Shared = TypeVar("Shared", bound=Hashable)
"""What all actors see and may change; None where nothing is shared."""
Ghost = TypeVar("Ghost", bound=Hashable)
"""What happened, for claims only; None where nothing is noted."""

Views = tuple[Hashable, ...]
"""What a claim sees of each actor, and last of what is shared and noted."""


@dataclass(frozen=True, slots=True)
class Move(Generic[Local, Message, Shared]):
    """What an actor may do next: its state after, and what it sends to whom."""

    kind: str
    """What sort of thing: counted, and required to happen at least once."""
    label: str
    """What a person reads."""
    after: Local
    sent: tuple[tuple[int, Message], ...] = ()
    """The place of each target, and the message."""
    copies: int = 0
    """By how much the copies of the heard message change; -1 consumes it.

    In a bag only; a move that would make too many is none.
    """
    shared: Shared | None = None
    """What all share then; None if it stays as it was."""
    notes: tuple[Hashable, ...] = ()
    """What is written into the ghost, in this order."""
    remarks: tuple[str, ...] = ()
    """What else a person wants to know of it."""
    is_heard: bool = True
    """The actor receives the message; it is not lost or doubled on its way."""


@dataclass(frozen=True, slots=True)
class Claim(Generic[Local, Shared, Ghost]):
    """A property of the views of all actors."""

    id: str
    name: str
    kind: Kind
    view: Callable[[int, Local], Hashable]
    """What is seen of the actor at a place."""
    holds: Callable[[Views], bool]
    scene: Callable[[Shared, Ghost], Hashable] | None = None
    """What is seen of the rest: one view more, the last."""


Box = frozenset[tuple[Message, int]]
"""A mailbox: each message, and how many copies of it; in a set always one."""


@dataclass(frozen=True, slots=True)
class Whole(Generic[Local, Message, Shared, Ghost]):
    """A whole world: the state and mailbox of each actor, and what belongs to none."""

    locals: tuple[Local, ...]
    boxes: tuple[Box[Message], ...]
    shared: Shared
    ghost: Ghost


def initial_whole(locals_: Iterable[Local]) -> Whole[Local, Message, None, None]:
    """Give a world in which nothing was sent, nothing is shared and nothing noted."""
    actors = tuple(locals_)
    return Whole(actors, (frozenset(),) * len(actors), None, None)


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Actors change places, and nothing can tell but by their names."""

    places: tuple[int, ...]
    """By place, the place to which its actor moves."""
    renamed: Callable[[Hashable], Hashable]
    """Gives a local state, a message, what is shared or a ghost with the new names."""


class Actors(Protocol[Local, Message, Shared, Ghost]):
    """A world of actors; everything is deterministic and nothing is changed.

    What has a body here need not be given by a class that inherits from this one.
    """

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
    def claims(self) -> Sequence[Claim[Local, Shared, Ghost]]:
        """What is claimed of the reachable worlds."""

    @property
    def copies(self) -> int:
        """The most copies of a message in a mailbox; 0 if mailboxes are sets.

        Of what is sent beyond that, nothing arrives.
        """
        return 0

    def initial(self) -> Whole[Local, Message, Shared, Ghost]:
        """Give the world as it begins."""

    def acts(
        self, place: int, local: Local, shared: Shared
    ) -> Iterable[Move[Local, Message, Shared]]:
        """List what an actor may do by itself."""

    def hears(
        self, place: int, local: Local, shared: Shared, message: Message
    ) -> Iterable[Move[Local, Message, Shared]]:
        """List what may become of a message at an actor; nothing if it is ignored."""

    def is_obsolete(
        self,
        place: int,  # noqa: ARG002 - nothing is distinguished here
        local: Local,  # noqa: ARG002
        message: Message,  # noqa: ARG002
    ) -> bool:
        """Tell whether an actor ignores a message, now and in all that may follow."""
        return False

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        """List how actors may change places; a group, without what changes nothing."""
        return ()

    def noted(self, ghost: Ghost, note: Hashable) -> Ghost:  # noqa: ARG002 - no notes
        """Write a note into the ghost."""
        return ghost

    def fields(self, local: Local) -> Mapping[str, Value]:
        """Show the state of an actor: its fields, in a fixed order."""

    def told(self, message: Message) -> tuple[int, str]:
        """Tell who sent a message, by place, and what a person reads of it."""

    def columns(
        self, whole: Whole[Local, Message, Shared, Ghost]
    ) -> Mapping[str, Mapping[str, Value]]:
        """Show a whole world: the fields of each actor, and how much it may hear."""
        return {
            name: {**self.fields(local), IN_FLIGHT: len(box)}
            for name, local, box in zip(
                self.agents, whole.locals, whole.boxes, strict=True
            )
        }


@dataclass(frozen=True, slots=True)
class Doing(Generic[Local, Message, Shared]):
    """What a move needs to be carried out: where, with which message, to what end."""

    place: int
    message: Message | None
    move: Move[Local, Message, Shared]


@dataclass(frozen=True)
class Assembled(Generic[Local, Message, Shared, Ghost]):
    """An ordinary model of a world of actors."""

    actors: Actors[Local, Message, Shared, Ghost]
    forgets: bool = True
    """Obsolete messages are forgotten."""

    def __getstate__(self) -> dict[str, object]:
        """Give what another process needs to make the same model."""
        return {"actors": self.actors, "forgets": self.forgets}

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
    def properties(self) -> Sequence[Property[Whole[Local, Message, Shared, Ghost]]]:
        """Give each claim as a property of the whole world."""
        return tuple(
            Property(claim.id, claim.name, claim.kind, on_views(claim))
            for claim in self.actors.claims
        )

    def initial(self) -> Iterable[Whole[Local, Message, Shared, Ghost]]:
        """Begin as the actors do."""
        yield self.actors.initial()

    def actions(self, state: Whole[Local, Message, Shared, Ghost]) -> Iterator[Action]:
        """List what each actor may do, by itself and with each of its messages."""
        for place, local in enumerate(state.locals):
            for move in self.actors.acts(place, local, state.shared):
                yield self._action(place, None, move)
            for message, count in sorted(state.boxes[place], key=repr):
                for move in self.actors.hears(place, local, state.shared, message):
                    if count + move.copies <= (self.actors.copies or 1):
                        yield self._action(place, message, move)

    def _action(
        self, place: int, message: Message | None, move: Move[Local, Message, Shared]
    ) -> Action:
        name, doing = self.actors.agents[place], Doing(place, message, move)
        return Action(move.kind, name, move.label, doing)

    def successor(
        self, state: Whole[Local, Message, Shared, Ghost], action: Action
    ) -> Whole[Local, Message, Shared, Ghost]:
        """Carry out one of the state's actions."""
        doing = action.payload
        assert isinstance(doing, Doing)
        return self.carried_out(state, doing)

    def carried_out(
        self,
        state: Whole[Local, Message, Shared, Ghost],
        doing: Doing[Local, Message, Shared],
    ) -> Whole[Local, Message, Shared, Ghost]:
        """Carry out a move, in this order: it hears, changes, forgets and sends."""
        here, move, boxes = doing.place, doing.move, list(state.boxes)
        if move.copies and doing.message is not None:
            boxes[here] = self._changed(boxes[here], doing.message, move.copies)
        after = (*state.locals[:here], move.after, *state.locals[here + 1 :])
        if self.forgets and move.after != state.locals[here]:
            boxes[here] = frozenset(
                pair
                for pair in boxes[here]
                if not self.actors.is_obsolete(here, move.after, pair[0])
            )
        for target, message in move.sent:
            if not (
                self.forgets and self.actors.is_obsolete(target, after[target], message)
            ):
                boxes[target] = self._changed(boxes[target], message, 1)
        ghost = state.ghost
        for note in move.notes:
            ghost = self.actors.noted(ghost, note)
        shared = state.shared if move.shared is None else move.shared
        return Whole(after, tuple(boxes), shared, ghost)

    def _changed(self, box: Box[Message], message: Message, by: int) -> Box[Message]:
        """Change how many copies of a message there are."""
        counts = dict(box)
        count = min(self.actors.copies or 1, counts.get(message, 0) + by)
        if count == counts.get(message):
            return box
        counts[message] = count
        return frozenset(pair for pair in counts.items() if pair[1])

    def columns(
        self, state: Whole[Local, Message, Shared, Ghost]
    ) -> Mapping[str, Mapping[str, Value]]:
        """Show a whole world."""
        return self.actors.columns(state)

    def event(
        self,
        state: Whole[Local, Message, Shared, Ghost],  # noqa: ARG002 - the move tells
        action: Action,
    ) -> Event:
        """Tell what a move receives and sends."""
        doing = action.payload
        assert isinstance(doing, Doing)
        move, message = doing.move, doing.message
        heard = []
        if message is not None and move.is_heard:
            heard = [(doing.place, message)]
        return Event(
            tuple(self._arrows(heard)), tuple(self._arrows(move.sent)), move.remarks
        )

    def _arrows(self, flights: Iterable[tuple[int, Message]]) -> Iterator[Arrow]:
        for place, message in flights:
            source, label = self.actors.told(message)
            names = self.actors.agents
            target = names[place]
            yield Arrow(f"{target} {message!r}", names[source], target, label)


def on_views(
    claim: Claim[Local, Shared, Ghost],
) -> Callable[[Whole[Local, Message, Shared, Ghost]], bool]:
    """Make a claim a predicate of a whole world."""

    def holds(state: Whole[Local, Message, Shared, Ghost]) -> bool:
        views = [claim.view(place, local) for place, local in enumerate(state.locals)]
        if claim.scene is not None:
            views.append(claim.scene(state.shared, state.ghost))
        return claim.holds(tuple(views))

    return holds
