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

import pytest

from primacy.dispatch import step
from primacy.messages import Packet, Received
from primacy.recovery import recover
from primacy.state import State
from primacy.types import START
from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.model import MeshWorld
from primacy_model.mesh.obsolete_packets import is_obsolete
from primacy_model.mesh.scopes import MeshScope
from tests.support.meshes import assembled, in_flight, mesh_of, nodes

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
    "a snapshot": Shape(
        electors=("a",),
        workers=("b",),
        begins="elected",
        impatient=("a",),
        snapshots_at=("a",),
        budgets=Budgets(rounds=1, writes=1, snapshots=1),
    ),
    "pair, two changes": Shape(
        electors=PAIR,
        begins="elected",
        terms=2,
        impatient=("b",),
        changes=("demote b", "demote a", "promote b"),
        budgets=Budgets(changes=2),
    ),
}

LARGE = {
    "one joins twice": Shape(
        electors=("a",),
        workers=("c",),
        joiners=("b",),
        begins="elected",
        impatient=("a",),
        changes=("admit b", "dismiss b"),
        budgets=Budgets(changes=3, rounds=1),
    ),
    "snapshots and a crash": Shape(
        begins="elected",
        impatient=("a",),
        clients_at=("a",),
        budgets=Budgets(rounds=1, writes=1, crashes=1, snapshots=2),
    ),
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
class WholeGraph:
    """Every world that is reached, and every pair of one and its successor."""

    model: MeshScope
    reached: tuple[MeshWorld, ...]
    moves: tuple[tuple[MeshWorld, MeshWorld], ...]


def graph_of(shape: Shape, most: int, *, forgets: bool = True) -> WholeGraph:
    """Explore a shape, breadth first, until its end or as far as asked."""
    model = assembled(shape, forgets=forgets)
    reached = list(model.initial())
    seen, moves = set(reached), []
    for world in reached:
        for action in model.actions(world):
            after = model.successor(world, action)
            moves.append((world, after))
            if after not in seen:
                seen.add(after)
                reached.append(after)
        if len(reached) >= most:
            break
    return WholeGraph(model, tuple(reached), tuple(moves))


@cache
def remembering(name: str) -> WholeGraph:
    if name in LARGE:
        return graph_of(LARGE[name], FIRST_WORLDS, forgets=False)
    return graph_of(SHAPES[name], MOST_WORLDS, forgets=False)


def without_flights(world: MeshWorld) -> Hashable:
    return world.locals, world.shared.sides, world.shared.fence, world.ghost


@shapes
def test_forgetting_loses_no_state_and_adds_none(name: str) -> None:
    forgetting, whole = graph_of(SHAPES[name], MOST_WORLDS), remembering(name)
    assert len(whole.reached) < MOST_WORLDS
    assert {without_flights(world) for world in forgetting.reached} == {
        without_flights(world) for world in whole.reached
    }
    assert len(forgetting.reached) <= len(whole.reached)


def is_told(graph: WholeGraph, target: State, packet: Packet) -> bool:
    """Tell whether a mesh takes a packet to be obsolete."""
    return is_obsolete(target, packet, mesh_of(graph.model).shape.returning)


def obsolete_in(graph: WholeGraph, world: MeshWorld) -> Iterator[tuple[State, Packet]]:
    for place, one, _ in in_flight(world):
        state = nodes(world)[place].state
        if state is not None and is_told(graph, state, one.packet):
            yield state, one.packet


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
        for place, one, _ in in_flight(before):
            held, later = (nodes(each)[place].state for each in (before, after))
            if held is None or later is None or held is later:
                continue
            if is_told(graph, held, one.packet):
                assert is_told(graph, later, one.packet), one.key


@all_shapes
def test_an_obsolete_packet_is_obsolete_after_a_restart(name: str) -> None:
    """What its last state had named, a target that is down may forget as well."""
    graph = remembering(name)
    configs = mesh_of(graph.model).configs
    for before, down in graph.moves:
        for place, node in enumerate(nodes(before)):
            if node.state is None or nodes(down)[place].state is not None:
                continue
            after, _ = recover(configs[place], node.disk)
            for one, _ in before.boxes[place]:
                if is_told(graph, node.state, one.packet):
                    assert is_told(graph, after, one.packet), one.key


def test_what_an_agent_that_returns_acknowledged_may_matter_twice() -> None:
    """Without the exception an acknowledgement is obsolete that is not so for ever."""
    graph = remembering("one joins twice")
    again = [
        one.key
        for before, after in graph.moves
        for place, one, _ in in_flight(before)
        for held in (nodes(before)[place].state,)
        for later in (nodes(after)[place].state,)
        if held is not None and later is not None
        if is_obsolete(held, one.packet) and not is_obsolete(later, one.packet)
    ]
    assert again
    assert {key.partition("(")[0] for key in again} == {"AppendReply", "HeartbeatReply"}


@shapes
def test_nothing_obsolete_is_in_flight(name: str) -> None:
    """Of a target that is down too: it is judged as it would come back."""
    graph = graph_of(SHAPES[name], MOST_WORLDS)
    mesh = mesh_of(graph.model)
    for world in graph.reached:
        for place, one, _ in in_flight(world):
            assert not mesh.is_obsolete(place, world.locals[place], one), one.key
