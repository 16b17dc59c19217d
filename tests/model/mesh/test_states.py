"""Worlds of a mesh are values: what differs is another state, and nothing is random."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from primacy.agents import AgentSet
from primacy.fencing import Fence
from primacy.state import NOTHING_DURABLE
from primacy.types import AgentId, Command, RequestId, Term
from primacy_model.mesh.agent import Budgets, Gate, InFlight
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.display import describe
from primacy_model.mesh.history import Committed, History, Stood
from primacy_model.mesh.model import MeshWorld
from primacy_model.mesh.scopes import DEEP, DEFAULT, MeshScope
from tests.support.meshes import assembled, beginning, do, elected, nodes, with_node

ROOT = Path(__file__).parents[3]
A, B = AgentId("a"), AgentId("b")
ONLY_A = (AgentSet.of("a"), AgentSet.of("a"))


def test_equal_worlds_are_equal_and_hash_alike_however_they_were_made() -> None:
    one, other = assembled(Shape(terms=2)), assembled(Shape(terms=2))
    worlds = []
    for model in (one, other):
        world = beginning(model)
        for agent in ("a", "b"):
            world = do(model, world, "elapse election", agent)
        worlds.append(world)
    assert worlds[0] is not worlds[1]
    assert worlds[0] == worlds[1]
    assert hash(worlds[0]) == hash(worlds[1])


def test_the_order_of_independent_steps_leaves_no_mark() -> None:
    model, world = elected(terms=2)
    first = do(model, do(model, world, "elapse election", "b"), "elapse election", "c")
    second = do(model, do(model, world, "elapse election", "c"), "elapse election", "b")
    assert first == second
    assert hash(first) == hash(second)


DIFFERENT: dict[str, object] = {
    "leaders": frozenset({(Term(7), A)}),
    "votes": frozenset({(Term(7), A, B)}),
    "committed": frozenset(),
    "floors": frozenset({(RequestId("r1"), 1)}),
    "served": frozenset({RequestId("r1")}),
    "admitted": frozenset({(Term(7), A)}),
    "refused": 1,
    "stood": frozenset({Stood(Term(7), A, ONLY_A, is_entitled=True)}),
    "undone": True,
    "handed": frozenset({(Term(7), A)}),
    "breaches": frozenset({"S3"}),
}
"""For each field of a history another value."""


def test_every_field_of_a_history_has_another_value() -> None:
    assert set(DIFFERENT) == {field.name for field in fields(History)}


def require_different(one: MeshWorld, other: MeshWorld) -> None:
    assert one != other
    assert len({one, other}) == 2


@pytest.mark.parametrize("name", DIFFERENT)
def test_worlds_that_differ_only_in_history_are_different_states(name: str) -> None:
    _, world = elected()
    history = replace(world.ghost, **{name: DIFFERENT[name]})  # type: ignore[arg-type] # any field
    require_different(replace(world, ghost=history), world)


def test_a_committed_entry_differs_by_the_term_of_its_commit() -> None:
    entry = next(iter(elected()[1].ghost.committed)).entry
    assert Committed(1, entry, Term(1)) != Committed(1, entry, Term(2))
    assert Committed(1, replace(entry, command=Command("x")), Term(1)) != Committed(
        1, entry, Term(1)
    )


SHARED: dict[str, object] = {
    "sides": AgentSet((A,)),
    "fence": Fence(Term(1)),
    "budgets": Budgets(drops=1),
    "highest": Term(1),
}
"""For each field of what all share another value."""


def test_every_field_of_what_is_shared_has_another_value() -> None:
    assert set(SHARED) == {field.name for field in fields(Gate)}


@pytest.mark.parametrize("name", SHARED)
def test_worlds_that_differ_in_what_is_shared_are_different(name: str) -> None:
    _, world = elected()
    gate = replace(world.shared, **{name: SHARED[name]})  # type: ignore[arg-type] # any field
    require_different(replace(world, shared=gate), world)


def test_worlds_of_other_agents_are_different() -> None:
    _, world = elected()
    require_different(replace(world, locals=()), world)


@pytest.mark.parametrize(
    "changes",
    [
        {"disk": NOTHING_DURABLE},
        {"armed": frozenset()},
        {"applied": 0},
        {"effect": Term(1)},
        {"peak": Term(1)},
        {"state": None},
    ],
)
def test_worlds_that_differ_in_a_node_are_different(changes: dict[str, object]) -> None:
    _, world = elected()
    node = replace(nodes(world)[1], **changes)  # type: ignore[arg-type] # any field
    require_different(with_node(world, 1, node), world)


def test_worlds_differ_by_target_and_packet_and_count_of_what_is_in_flight() -> None:
    model, world = elected(budgets=Budgets(writes=2))
    sent = do(model, world, "write", "a")
    none, to_b, to_c = sent.boxes
    ((one, _),) = to_b
    assert (none, to_b) == (frozenset(), to_c)
    only_b = replace(sent, boxes=(none, to_b, none))
    require_different(only_b, replace(sent, boxes=(none, none, to_c)))
    twice = frozenset({(one, 2)})
    require_different(only_b, replace(sent, boxes=(none, twice, none)))
    more = do(model, sent, "write", "a")
    (other,) = more.boxes[1] - to_b
    assert other[0].packet != one.packet
    require_different(only_b, replace(sent, boxes=(none, frozenset({other}), none)))


def test_packets_in_flight_are_equal_whatever_they_are_called() -> None:
    model, world = elected(budgets=Budgets(writes=1))
    ((one, _),) = do(model, world, "write", "a").boxes[1]
    assert InFlight(one.packet, "another key", one.digest) == one
    assert repr(one) == one.key == repr(one.packet)
    assert describe(one.packet) == "Append(term 1, prev_index 1)"


# --- determinism ----------------------------------------------------------------------

WALK = """
import json
from primacy_model.checker.actors import Assembled
from primacy_model.mesh.model import Mesh
from primacy_model.checker.reference_bfs import explore
from primacy_model.mesh.scopes import DEFAULT
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.agent import Budgets

worker = next(scope for scope in DEFAULT if scope.name == "worker")
shape = Shape(
    ("a", "b"), begins="elected", terms=2, network="bag", budgets=Budgets(drops=1)
)
bag = Assembled(Mesh("bag", "", shape))
for scope in (worker, bag):
    found = explore(scope, max_states=800)
    figures = [found.states, found.transitions, found.depth, dict(found.kinds)]
    labels = [
        [f"{action.column}: {action.label}" for action in scope.actions(world)]
        for world in found.graph
    ]
    print(json.dumps([figures, labels]))
"""


def walked_under(seed: str) -> str:
    paths = (ROOT, ROOT / "core", ROOT / "model")
    return subprocess.run(
        [sys.executable, "-c", WALK],
        env={
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_any_hash_seed_gives_the_same_graph_in_the_same_order() -> None:
    first, second = (walked_under(seed) for seed in ("1", "2"))
    assert first == second
    for line in first.splitlines():
        figures, labels = json.loads(line)
        assert figures[0] == len(labels) > 100


@pytest.mark.parametrize("scope", [*DEFAULT, *DEEP], ids=lambda scope: scope.name)
def test_a_successor_is_always_the_same(scope: MeshScope) -> None:
    (world,) = scope.initial()
    (again,) = scope.initial()
    assert world == again
    for _ in range(30):
        able = list(scope.actions(world))
        assert able == list(scope.actions(again))
        chosen = able[sum(map(len, world.boxes)) % len(able)]
        world, again = (scope.successor(each, chosen) for each in (world, again))
        assert world == again
