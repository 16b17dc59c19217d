"""Forgetting obsolete packets loses no state of any agent, and obsolete means obsolete.

Each small shape is explored twice, once by a world that forgets nothing. Both must
reach the same agents, disks, partitions, fences and histories. In the larger graph, and
in a part of those of large shapes, no packet that `is_obsolete` names does anything to
its target, and none comes to matter again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import pytest

from primacy.messages import Packet, Received
from primacy.quantities import START
from primacy.recovery import recover
from primacy.state import State
from primacy.stepping import step
from primacy_model import world as worlds
from primacy_model.mesh import Mesh
from primacy_model.obsolete import is_obsolete
from primacy_model.shape import Shape
from primacy_model.world import Budgets, Flight, World

PAIR = ("a", "b")

SHAPES = {
    "fresh pair": Shape(electors=PAIR, terms=1),
    "two terms": Shape(begins="elected", terms=2, impatient=("b",)),
    "two writes": Shape(
        begins="elected", impatient=("b",), clients_at=("a",), budgets=Budgets(writes=2)
    ),
    "two rounds": Shape(begins="elected", impatient=("b",), budgets=Budgets(rounds=2)),
    "transfer": Shape(
        begins="elected", terms=2, impatient=("b",), budgets=Budgets(transfers=1)
    ),
    "pair, two terms, a round": Shape(
        electors=PAIR, begins="elected", terms=2, budgets=Budgets(rounds=1)
    ),
    "pair, two terms, a write": Shape(
        electors=PAIR,
        begins="elected",
        terms=2,
        impatient=("b",),
        budgets=Budgets(writes=1),
    ),
    "pair, two terms, a crash": Shape(
        electors=PAIR, begins="elected", terms=2, budgets=Budgets(crashes=1)
    ),
}

LARGE = {
    "pair, three terms": Shape(electors=PAIR, begins="elected", terms=3),
    "fresh pair, two terms": Shape(electors=PAIR, terms=2),
    "fresh": Shape(terms=1),
    "a write": Shape(
        begins="elected", terms=3, impatient=("a", "b"), budgets=Budgets(writes=1)
    ),
    "a round": Shape(
        begins="elected", terms=3, impatient=("a", "b"), budgets=Budgets(rounds=1)
    ),
    "a crash": Shape(
        begins="elected", terms=3, impatient=("b",), budgets=Budgets(crashes=1)
    ),
}
"""Shapes of which only the first worlds are looked at."""

shapes = pytest.mark.parametrize("name", SHAPES)
all_shapes = pytest.mark.parametrize("name", [*SHAPES, *LARGE])

MOST_WORLDS = 12_000
FIRST_WORLDS = 4_000


@dataclass(frozen=True)
class Graph:
    """Every world that is reached, and every pair of one and its successor."""

    mesh: Mesh
    reached: tuple[World, ...]
    moves: tuple[tuple[World, World], ...]


def graph_of(shape: Shape, most: int) -> Graph:
    """Explore a shape, breadth first, until its end or as far as asked."""
    mesh = Mesh(shape)
    reached = [mesh.fresh() if shape.begins == "fresh" else mesh.elected()]
    seen, moves = set(reached), []
    for world in reached:
        for action in mesh.actions(world):
            after = mesh.successor(world, action)
            moves.append((world, after))
            if after not in seen:
                seen.add(after)
                reached.append(after)
        if len(reached) >= most:
            break
    return Graph(mesh, tuple(reached), tuple(moves))


@cache
def remembering(name: str) -> Graph:
    with patch.object(worlds, "is_obsolete", lambda _target, _packet: False):
        if name in LARGE:
            return graph_of(LARGE[name], FIRST_WORLDS)
        return graph_of(SHAPES[name], MOST_WORLDS)


def without_flights(world: World) -> Hashable:
    return world.nodes, world.sides, world.fence, world.history


@shapes
def test_forgetting_loses_no_state_and_adds_none(name: str) -> None:
    forgetting, whole = graph_of(SHAPES[name], MOST_WORLDS), remembering(name)
    assert len(whole.reached) < MOST_WORLDS
    assert {without_flights(world) for world in forgetting.reached} == {
        without_flights(world) for world in whole.reached
    }
    assert len(forgetting.reached) <= len(whole.reached)


def obsolete_in(graph: Graph, world: World) -> Iterator[tuple[State, Packet]]:
    for one, _ in world.flights:
        state = target_in(graph, world, one)
        if state is not None and is_obsolete(state, one.packet):
            yield state, one.packet


def target_in(graph: Graph, world: World, one: Flight) -> State | None:
    return world.nodes[graph.mesh.places[one.target]].state


@all_shapes
def test_an_obsolete_packet_does_nothing(name: str) -> None:
    graph = remembering(name)
    pairs = {pair for world in graph.reached for pair in obsolete_in(graph, world)}
    assert pairs
    for state, packet in pairs:
        assert step(state, Received(packet, START)) == (state, ()), packet


@all_shapes
def test_an_obsolete_packet_stays_obsolete(name: str) -> None:
    graph = remembering(name)
    for before, after in graph.moves:
        for one, _ in before.flights:
            held, later = (target_in(graph, each, one) for each in (before, after))
            if held is None or later is None or held is later:
                continue
            if is_obsolete(held, one.packet):
                assert is_obsolete(later, one.packet), one.key


@all_shapes
def test_an_obsolete_packet_is_obsolete_after_a_restart(name: str) -> None:
    """A target that is down keeps its packets; its last state had named them."""
    graph = remembering(name)
    for before, down in graph.moves:
        for place, node in enumerate(before.nodes):
            if node.state is None or down.nodes[place].state is not None:
                continue
            after, _ = recover(graph.mesh.configs[place], node.disk)
            for one, _ in before.flights:
                is_its = graph.mesh.places[one.target] == place
                if is_its and is_obsolete(node.state, one.packet):
                    assert is_obsolete(after, one.packet), one.key
