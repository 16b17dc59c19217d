"""Agents that differ in nothing but their names may change them.

`rename` gives the same value with other names in it: of an agent, of a packet, of what
is shared, of what happened.

Contract: only names of agents change, and what is kept in the order of names is put
into that order again.

Source: the argument in docs/engines.md, "Symmetry".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import permutations
from typing import TypeVar

from primacy.agents import AgentMap, AgentSet
from primacy.types import AgentId
from primacy_model.mesh.agent import Gate, InFlight, flight
from primacy_model.mesh.bounds import Shape

Value = TypeVar("Value", bound=Hashable)
Names = Mapping[str, str]
"""For each agent the name that it gets."""


def namings(shape: Shape) -> Iterator[Names]:
    """List the ways to rename agents that no shape can tell; the first changes nothing.

    A fresh mesh can tell: of initial leaders the one with the lowest id is to lead. So
    can one whose leader is taken off the roll: of its heirs it names the lowest id.
    """
    names = shape.agents
    marks = {
        name: tuple(
            name in who
            for who in (
                shape.electors,
                shape.impatient,
                shape.crashers,
                shape.clients_at,
                shape.joiners,
                shape.snapshots_at,
                *(change.split() for change in shape.changes),
            )
        )
        for name in names
    }
    is_told = shape.begins == "fresh" or shape.has_heirs
    orders = [names] if is_told else permutations(names)
    for order in orders:
        if all(
            marks[name] == marks[new] for name, new in zip(names, order, strict=True)
        ):
            yield dict(zip(names, order, strict=True))


def rename(value: Value, names: Names, agents: Sequence[str]) -> Value:
    """Change the names of agents wherever they stand in a value."""
    found = _renamed(value, names, agents)
    assert type(found) is type(value)
    return found


def _renamed(value: object, names: Names, agents: Sequence[str]) -> object:
    match value:
        case Enum() | int() | None:
            return value
        case str():
            return names.get(value, value)
        case AgentSet():
            return AgentSet.of(names.get(each, each) for each in value.members)
        case AgentMap():
            return _map(value, names)
        case InFlight():
            packet = rename(value.packet, names, agents)
            return flight(packet)
        case Gate() if value.sides is not None:
            return _gate(value, names, agents)
        case tuple():
            held = [_renamed(each, names, agents) for each in value]
            return tuple(held)
        case frozenset():
            return frozenset(_renamed(each, names, agents) for each in value)
        case _:
            return _parts(value, names, agents)


def _map(value: AgentMap, names: Names) -> AgentMap:
    held = {names.get(name, name): value.get(name) for name in value.agents.members}
    agents = AgentSet.of(held)
    return AgentMap(agents, tuple(held[name] for name in agents.members))


def _gate(value: Gate, names: Names, agents: Sequence[str]) -> Gate:
    """Name the sides of a partition by the one without the last agent."""
    assert value.sides is not None
    sides = rename(value.sides, names, agents)
    if sides.has(AgentId(agents[-1])):
        sides = AgentSet.of(agents).difference(sides)
    return Gate(value.budgets, sides, value.fence, value.highest)


def _parts(value: object, names: Names, agents: Sequence[str]) -> object:
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"a {type(value).__name__} in a world cannot be renamed")
    held = {
        each.name: _renamed(getattr(value, each.name), names, agents)
        for each in fields(value)
        if each.init
    }
    return type(value)(**held)
