"""What a model is: states, actions, successors, and the properties they must have.

A model describes a world by a few methods and says nothing about how it is explored. An
engine asks it for the initial states, for the actions of a state and for the successor
that an action leads to; everything is deterministic, so the same model gives the same
graph in every run. States are immutable, hashable and compare by structure.

Source: the shape is that of stateright's `Model` and of TLA+'s `Init` and `Next`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

State = TypeVar("State", bound=Hashable)
"""One global state of a model."""

Value = bool | int | str
"""What a cell of a transcript holds."""

IN_FLIGHT = "on its way"
"""A field of a column that pictures leave out, because their arrows tell it."""


class Kind(Enum):
    """What a property claims of the states that can be reached."""

    ALWAYS = "always"
    """It holds in every reachable state."""
    SOMETIMES = "sometimes"
    """It holds in at least one reachable state: the scope is not vacuous."""
    RECOVERABLE = "recoverable"
    """From every reachable state a state in which it holds can be reached."""
    EVENTUALLY = "eventually"
    """Every fair run reaches a state in which it holds; see `liveness`."""


@dataclass(frozen=True, slots=True)
class Property(Generic[State]):
    """A named predicate over states, with what it claims of them."""

    id: str
    name: str
    kind: Kind
    holds: Callable[[State], bool]
    once: Callable[[State], bool] | None = None
    """For what holds eventually: from which states on; from the first if None."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can happen next, in one column of the transcript."""

    kind: str
    """What sort of thing: counted, and required to happen at least once."""
    column: str
    """Where it happens: the name of an agent, a client, a resource or the network."""
    label: str
    """What a person reads: `deliver VoteRequest(term 2) from a`."""
    payload: Hashable
    """What the model needs to carry it out."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message on its way, drawn from where it was sent to where it was received."""

    key: str
    """The same for the sending and every receiving of one message."""
    source: str
    target: str
    label: str


@dataclass(frozen=True, slots=True)
class Event:
    """What an action did, as a diagram shows it."""

    received: tuple[Arrow, ...]
    sent: tuple[Arrow, ...]
    notes: tuple[str, ...]
    """What else a person wants to know: `becomes leader of term 1`."""


class Model(Protocol[State]):
    """A world that can be explored."""

    @property
    def name(self) -> str:
        """The name under which the command line knows it."""

    @property
    def kinds(self) -> Sequence[str]:
        """Every kind of action that must happen somewhere in the state graph."""

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """What was limited to make the world finite, by name."""

    @property
    def properties(self) -> Sequence[Property[State]]:
        """What is claimed of the reachable states."""

    def initial(self) -> Iterable[State]:
        """List the states in which the world may begin, in a fixed order."""

    def actions(self, state: State) -> Iterable[Action]:
        """List what may happen next, in a fixed order."""

    def successor(self, state: State, action: Action) -> State:
        """Carry out one of the state's actions."""

    def columns(self, state: State) -> Mapping[str, Mapping[str, Value]]:
        """Show a state: for each column its fields, in a fixed order."""

    def event(self, state: State, action: Action) -> Event:
        """Tell what an action of a state receives, sends and brings about."""


class Scope(Model[State], Protocol[State]):
    """A model with its bounds set, as the command line offers it."""

    @property
    def summary(self) -> str:
        """Say in one sentence what it covers."""
