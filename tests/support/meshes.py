"""Meshes for tests: what stands where in a world, and steps that no handler made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from primacy.outputs import Outputs
from primacy.state import State
from primacy_model.checker.actors import Assembled, Doing, Move
from primacy_model.checker.model import Action
from primacy_model.mesh.actions import MeshMove
from primacy_model.mesh.agent import InFlight, Node, perform
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.model import Mesh, MeshWorld
from primacy_model.mesh.scopes import MeshScope

# --- models ---------------------------------------------------------------------------


def assembled(shape: Shape, name: str = "test", *, forgets: bool = True) -> MeshScope:
    """Make a model of a mesh from which nothing is asked."""
    return Assembled(Mesh(name, "A mesh of a test.", shape), forgets=forgets)


def elected(**changes: object) -> tuple[MeshScope, MeshWorld]:
    """Make a model in which a leads term 1, and give the world in which it begins."""
    shape = replace(Shape(begins="elected"), **changes)  # type: ignore[arg-type] # any
    model = assembled(shape)
    return model, beginning(model)


def mesh_of(model: MeshScope) -> Mesh:
    """Give the mesh of a model."""
    mesh = model.actors
    assert isinstance(mesh, Mesh)
    return mesh


def beginning(model: MeshScope) -> MeshWorld:
    """Give the one world in which a mesh begins."""
    (world,) = model.initial()
    return world


# --- worlds ---------------------------------------------------------------------------


def nodes(world: MeshWorld) -> tuple[Node, ...]:
    """List the agents, without the network."""
    return tuple(local for local in world.locals if isinstance(local, Node))


def state_at(world: MeshWorld, place: int) -> State:
    """Give the state of an agent that is up."""
    state = nodes(world)[place].state
    assert state is not None
    return state


def with_node(world: MeshWorld, place: int, node: Node) -> MeshWorld:
    """Put another agent at a place."""
    before, after = world.locals[:place], world.locals[place + 1 :]
    return replace(world, locals=(*before, node, *after))


def in_flight(world: MeshWorld) -> Iterator[tuple[int, InFlight, int]]:
    """List the packets in flight: the place of the target, and how many copies."""
    for place, box in enumerate(world.boxes):
        for one, count in sorted(box, key=repr):
            yield place, one, count


# --- what happens ---------------------------------------------------------------------


def actions(
    model: MeshScope, world: MeshWorld, kind: str, column: str = ""
) -> list[Action]:
    """List the actions of a kind, in one column or in all."""
    return [
        action
        for action in model.actions(world)
        if action.kind == kind and column in ("", action.column)
    ]


def do(model: MeshScope, world: MeshWorld, kind: str, column: str = "") -> MeshWorld:
    """Carry out the first action of a kind."""
    return model.successor(world, actions(model, world, kind, column)[0])


def performed(
    model: MeshScope, world: MeshWorld, place: int, after: State, outputs: Outputs = ()
) -> MeshWorld:
    """Let an agent step to a state, as no handler would."""
    done = perform(nodes(world)[place], after, outputs)
    sent = tuple((mesh_of(model).places[to], one) for to, one in done.sent)
    move: MeshMove = Move("step", "a step", done.node, sent, notes=done.notes)
    return model.carried_out(world, Doing(place, None, move))
