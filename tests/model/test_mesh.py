"""The world of a mesh keeps its word: network, disks, budgets, timers, partitions."""

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
from primacy.log import Log
from primacy.messages import Timer
from primacy.quantities import NOBODY, AgentId, Command, RequestId, Term
from primacy.recovery import recover
from primacy.role import Role, Wait
from primacy.state import NOTHING_DURABLE, Durable, State
from primacy_model.mesh import Mesh, describe
from primacy_model.model import Action
from primacy_model.scopes import DEEP, DEFAULT, MeshScope
from primacy_model.shape import Shape
from primacy_model.world import (
    COPIES,
    Budgets,
    Committed,
    Flight,
    History,
    World,
    perform,
)

ROOT = Path(__file__).parents[2]
A, B, C = AgentId("a"), AgentId("b"), AgentId("c")
PAIR = ("a", "b")


def actions(mesh: Mesh, world: World, kind: str, column: str = "") -> list[Action]:
    return [
        action
        for action in mesh.actions(world)
        if action.kind == kind and column in ("", action.column)
    ]


def do(mesh: Mesh, world: World, kind: str, column: str = "") -> World:
    """Carry out the first action of a kind."""
    return mesh.successor(world, actions(mesh, world, kind, column)[0])


def state_of(world: World, place: int) -> State:
    state = world.nodes[place].state
    assert state is not None
    return state


def kinds(mesh: Mesh, world: World) -> set[str]:
    return {action.kind for action in mesh.actions(world)}


def elected(**changes: object) -> tuple[Mesh, World]:
    shape = replace(Shape(begins="elected"), **changes)  # type: ignore[arg-type] # any
    mesh = Mesh(shape)
    return mesh, mesh.elected()


# --- beginnings -----------------------------------------------------------------------


def test_a_fresh_world_has_empty_disks_and_armed_election_timers() -> None:
    mesh = Mesh(Shape(workers=("w",), budgets=Budgets(crashes=2)))
    world = mesh.fresh()
    assert {node.disk for node in world.nodes} == {NOTHING_DURABLE}
    assert [node.armed for node in world.nodes] == [
        *[frozenset({Timer.ELECTION})] * 3,
        frozenset(),
    ]
    assert (world.flights, world.sides, world.fence) == (frozenset(), None, Fence())
    assert (world.budgets, world.history) == (Budgets(crashes=2), History())


def test_an_elected_world_is_one_that_a_fresh_one_reaches() -> None:
    mesh, world = elected(budgets=Budgets(rounds=2))
    assert [state_of(world, place).role for place in range(3)] == [
        Role.LEADER,
        Role.FOLLOWER,
        Role.FOLLOWER,
    ]
    assert [state_of(world, place).leader for place in range(3)] == [A, A, A]
    assert [node.applied for node in world.nodes] == [1, 1, 1]
    assert world.flights == frozenset()
    assert world.budgets == Budgets(rounds=2)
    assert world.history.leaders == frozenset({(Term(1), A)})
    assert mesh.elected() == world


# --- the network ----------------------------------------------------------------------


def test_a_delivered_packet_stays_in_a_set() -> None:
    mesh, world = elected(budgets=Budgets(writes=1), clients_at=("a",))
    sent = do(mesh, world, "write")
    heard = do(mesh, sent, "deliver Append", "b")
    assert sent.flights < heard.flights
    again = do(mesh, heard, "deliver Append", "b")
    assert again == heard


def test_delivery_consumes_a_packet_of_a_bag() -> None:
    mesh, world = elected(budgets=Budgets(writes=1), clients_at=("a",), network="bag")
    sent = do(mesh, world, "write")
    heard = do(mesh, sent, "deliver Append", "b")
    assert {(one.target, count) for one, count in sent.flights} == {(B, 1), (C, 1)}
    assert {one.target for one, _ in heard.flights} == {A, C}
    assert actions(mesh, heard, "deliver Append", "b") == []


def test_a_set_neither_drops_nor_duplicates() -> None:
    budgets = Budgets(writes=1, drops=1, duplicates=1)
    mesh, world = elected(budgets=budgets)
    sent = do(mesh, world, "write", "a")
    assert not {"drop", "duplicate"} & kinds(mesh, sent)


def test_a_drop_costs_its_budget_and_loses_one_packet() -> None:
    budgets = Budgets(writes=1, drops=1)
    mesh, world = elected(budgets=budgets, network="bag")
    sent = do(mesh, world, "write", "a")
    assert "drop" in kinds(mesh, sent)
    lost = do(mesh, sent, "drop", "b")
    assert {one.target for one, _ in lost.flights} == {C}
    assert lost.budgets == Budgets()
    assert "drop" not in kinds(mesh, lost)


def test_a_duplicate_costs_its_budget_and_is_delivered_twice() -> None:
    budgets = Budgets(writes=1, duplicates=1)
    mesh, world = elected(budgets=budgets, network="bag")
    sent = do(mesh, world, "write", "a")
    twice = do(mesh, sent, "duplicate", "b")
    assert {(one.target, count) for one, count in twice.flights} == {(B, 2), (C, 1)}
    assert twice.budgets == Budgets()
    assert "duplicate" not in kinds(mesh, twice)
    once = do(mesh, twice, "deliver Append", "b")
    assert actions(mesh, once, "deliver Append", "b") != []
    never = do(mesh, once, "deliver Append", "b")
    assert actions(mesh, never, "deliver Append", "b") == []


def test_a_bag_holds_only_so_many_copies_of_a_packet() -> None:
    mesh, world = elected(budgets=Budgets(writes=1), network="bag")
    sent = do(mesh, world, "write", "a")
    state = state_of(sent, 0)
    outputs = mesh.outputs_of(world, actions(mesh, world, "write", "a")[0])
    for _ in range(COPIES):
        sent = perform(sent, 0, state, outputs, is_bag=True)
    assert {count for _, count in sent.flights} == {COPIES}


def test_a_partition_blocks_only_what_crosses_it() -> None:
    mesh, world = elected(budgets=Budgets(writes=1, partitions=1), clients_at=("a",))
    sent = do(mesh, world, "write")
    splits = {action.label: action for action in actions(mesh, sent, "split")}
    assert set(splits) == {
        "splits: a | b c",
        "splits: b | a c",
        "splits: a b | c",
    }
    split = mesh.successor(sent, splits["splits: a b | c"])
    assert (split.sides, split.budgets.partitions) == (AgentSet((A, B)), 0)
    assert actions(mesh, split, "deliver Append", "b") != []
    assert actions(mesh, split, "deliver Append", "c") == []
    healed = do(mesh, split, "heal")
    assert healed.flights == split.flights
    assert actions(mesh, healed, "deliver Append", "c") != []
    assert not {"split", "heal"} & kinds(mesh, healed)


def test_nothing_is_delivered_to_an_agent_that_is_down() -> None:
    mesh, world = elected(budgets=Budgets(writes=1, crashes=1))
    sent = do(mesh, world, "write", "a")
    down = do(mesh, sent, "crash", "b")
    assert actions(mesh, down, "deliver Append", "b") == []
    assert down.flights == sent.flights
    assert actions(mesh, do(mesh, down, "restart"), "deliver Append", "b") != []


# --- crashes --------------------------------------------------------------------------


def test_a_crash_keeps_the_disk_and_loses_the_rest() -> None:
    mesh, world = elected(budgets=Budgets(crashes=1, effects=1))
    paused = do(mesh, world, "pause", "a")
    down = do(mesh, paused, "crash", "a")
    before, after = paused.nodes[0], down.nodes[0]
    assert after.state is None
    assert after.disk == before.disk != NOTHING_DURABLE
    assert (after.armed, after.applied, after.effect) == (frozenset(), 0, 0)
    assert after.peak == 1
    assert down.budgets.crashes == 0
    assert "crash" not in kinds(mesh, down)
    assert {action.kind for action in mesh.actions(down) if action.column == "a"} == {
        "restart"
    }


def test_a_crash_loses_what_is_not_on_disk() -> None:
    mesh, world = elected(budgets=Budgets(crashes=1))
    state = state_of(world, 1)
    unwritten = replace(state, durable=Durable(Term(5), C, Log()))
    risky = perform(world, 1, unwritten, (), is_bag=False)
    assert risky.nodes[1].disk == state.durable
    back = do(mesh, do(mesh, risky, "crash", "b"), "restart")
    assert state_of(back, 1).durable == state.durable
    assert "S3" in back.history.breaches


def test_a_restart_recovers_from_the_disk() -> None:
    mesh, world = elected(budgets=Budgets(crashes=1))
    down = do(mesh, world, "crash", "a")
    back = do(mesh, down, "restart")
    state, _ = recover(mesh.configs[0], down.nodes[0].disk)
    assert back.nodes[0].state == state
    assert back.nodes[0].disk == down.nodes[0].disk
    assert (state.role, state.leader, state.wait) == (
        Role.FOLLOWER,
        NOBODY,
        Wait.PROMISE,
    )
    assert back.nodes[0].armed == frozenset({Timer.ELECTION})
    assert back.nodes[0].applied == 0


def test_only_crashers_crash() -> None:
    mesh, world = elected(budgets=Budgets(crashes=1), crashers=("b",))
    assert [action.column for action in actions(mesh, world, "crash")] == ["b"]


# --- clients and the resource ---------------------------------------------------------


def test_a_refused_request_costs_no_budget_and_changes_nothing() -> None:
    budgets = Budgets(writes=1, transfers=1)
    mesh, world = elected(budgets=budgets, clients_at=("b",))
    assert do(mesh, world, "write", "b") == world


def test_a_request_that_is_taken_costs_its_budget() -> None:
    budgets = Budgets(writes=1, reads=1, rounds=1, transfers=1)
    mesh, world = elected(budgets=budgets)
    assert do(mesh, world, "write", "a").budgets == replace(budgets, writes=0)
    assert do(mesh, world, "read", "b").budgets == replace(budgets, reads=0)
    asked = do(mesh, world, "read", "a")
    assert asked.budgets == replace(budgets, reads=0, rounds=0)
    assert do(mesh, world, "transfer", "a").budgets == replace(budgets, transfers=0)


def test_a_read_notes_how_much_was_committed_when_it_was_asked() -> None:
    mesh, world = elected(budgets=Budgets(reads=1, rounds=1))
    asked = do(mesh, world, "read", "b")
    assert asked.history.floors == frozenset({(RequestId("r1"), 1)})


def test_only_leaders_with_a_token_pause_before_an_effect() -> None:
    mesh, world = elected(budgets=Budgets(effects=1))
    assert [action.column for action in actions(mesh, world, "pause")] == ["a"]


def test_a_pause_holds_the_token_that_it_began_with() -> None:
    mesh, world = elected(budgets=Budgets(effects=1))
    paused = do(mesh, world, "pause")
    assert (paused.nodes[0].effect, paused.budgets.effects) == (1, 0)
    later = state_of(paused, 0)
    durable = Durable(Term(3), NOBODY, later.log)
    later = replace(later, durable=durable, role=Role.FOLLOWER)
    deposed = perform(paused, 0, later, (), is_bag=False)
    assert deposed.nodes[0].effect == 1
    acted = do(mesh, deposed, "act")
    assert acted.nodes[0].effect == 0
    assert acted.fence == Fence(Term(1))
    assert acted.history.admitted == frozenset({(Term(1), A)})


def test_a_stale_effect_is_refused_and_said() -> None:
    mesh, world = elected(budgets=Budgets(effects=1))
    paused = replace(do(mesh, world, "pause"), fence=Fence(Term(2)))
    acted = do(mesh, paused, "act")
    assert acted.fence == Fence(Term(2))
    assert (acted.history.refused, acted.history.admitted) == (1, frozenset())


# --- timers ---------------------------------------------------------------------------


def test_a_timer_stays_armed_until_it_elapses() -> None:
    mesh, world = elected(terms=2, budgets=Budgets(writes=1))
    busy = do(mesh, do(mesh, world, "write", "a"), "deliver Append", "b")
    assert Timer.ELECTION in world.nodes[1].armed & busy.nodes[1].armed
    waited = do(mesh, busy, "elapse election", "c")
    assert waited.nodes[1].armed == busy.nodes[1].armed


def test_a_timer_that_elapsed_is_spent_unless_it_is_armed_again() -> None:
    mesh = Mesh(Shape(electors=PAIR, workers=("w",), begins="elected", terms=2))
    world = mesh.elected()
    ended = do(mesh, world, "elapse election", "w")
    assert state_of(ended, 2).wait is Wait.STAND
    assert ended.nodes[2].armed == frozenset({Timer.ELECTION})
    spent = do(mesh, ended, "elapse election", "w")
    assert spent.nodes[2].armed == frozenset()
    assert actions(mesh, spent, "elapse election", "w") == []


def test_a_heartbeat_round_costs_its_budget() -> None:
    mesh, world = elected(budgets=Budgets(rounds=1))
    begun = do(mesh, world, "elapse heartbeat")
    assert begun.budgets.rounds == 0
    assert Timer.HEARTBEAT in begun.nodes[0].armed
    assert actions(mesh, begun, "elapse heartbeat") == []


def test_only_the_impatient_stand_and_all_keep_their_promise_no_longer() -> None:
    mesh, world = elected(terms=2, impatient=("b",))
    assert [action.column for action in actions(mesh, world, "elapse election")] == [
        "b",
        "c",
    ]
    for agent in ("b", "c"):
        world = do(mesh, world, "elapse election", agent)
    assert [action.column for action in actions(mesh, world, "elapse election")] == [
        "b"
    ]


# --- states ---------------------------------------------------------------------------


def test_equal_worlds_are_equal_and_hash_alike_however_they_were_made() -> None:
    one, other = Mesh(Shape(terms=2)), Mesh(Shape(terms=2))
    worlds = []
    for mesh in (one, other):
        world = mesh.fresh()
        for agent in ("a", "b"):
            world = do(mesh, world, "elapse election", agent)
        worlds.append(world)
    assert worlds[0] is not worlds[1]
    assert worlds[0] == worlds[1]
    assert hash(worlds[0]) == hash(worlds[1])


def test_the_order_of_independent_steps_leaves_no_mark() -> None:
    mesh, world = elected(terms=2)
    first = do(mesh, do(mesh, world, "elapse election", "b"), "elapse election", "c")
    second = do(mesh, do(mesh, world, "elapse election", "c"), "elapse election", "b")
    assert first == second
    assert hash(first) == hash(second)


DIFFERENT: dict[str, object] = {
    "leaders": frozenset({(Term(7), A)}),
    "votes": frozenset({(Term(7), A, B)}),
    "committed": (),
    "floors": frozenset({(RequestId("r1"), 1)}),
    "served": frozenset({RequestId("r1")}),
    "admitted": frozenset({(Term(7), A)}),
    "refused": 1,
    "transferred": 1,
    "breaches": frozenset({"S3"}),
}
"""For each field of a history another value."""


def test_every_field_of_a_history_has_another_value() -> None:
    assert set(DIFFERENT) == {field.name for field in fields(History)}


@pytest.mark.parametrize("name", DIFFERENT)
def test_worlds_that_differ_only_in_history_are_different_states(name: str) -> None:
    _, world = elected()
    history = replace(world.history, **{name: DIFFERENT[name]})  # type: ignore[arg-type] # any field
    other = replace(world, history=history)
    assert other != world
    assert len({world, other}) == 2


def test_a_committed_entry_differs_by_the_term_of_its_commit() -> None:
    entry = next(iter(elected()[1].history.committed)).entry
    assert Committed(entry, Term(1)) != Committed(entry, Term(2))
    assert Committed(replace(entry, command=Command("x")), Term(1)) != Committed(
        entry, Term(1)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"sides": AgentSet((A,))},
        {"fence": Fence(Term(1))},
        {"budgets": Budgets(drops=1)},
        {"nodes": ()},
    ],
)
def test_worlds_that_differ_in_any_part_are_different(
    changes: dict[str, object],
) -> None:
    _, world = elected()
    other = replace(world, **changes)  # type: ignore[arg-type] # any field
    assert other != world
    assert len({world, other}) == 2


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
    node = replace(world.nodes[1], **changes)  # type: ignore[arg-type] # any field
    other = replace(world, nodes=(world.nodes[0], node, world.nodes[2]))
    assert other != world


def test_flights_differ_by_target_and_packet_and_count() -> None:
    mesh, world = elected(budgets=Budgets(writes=1))
    sent = do(mesh, world, "write", "a")
    (to_b, _), (to_c, _) = sorted(sent.flights, key=lambda pair: pair[0].target)
    assert to_b.packet == to_c.packet
    assert to_b != to_c
    twice = replace(sent, flights=frozenset({(to_b, 2), (to_c, 1)}))
    assert twice != sent
    same = Flight(to_b.target, to_b.packet, "another key", to_b.digest)
    assert same == to_b
    assert describe(to_b) == "Append(term 1, prev_index 1)"


# --- determinism ----------------------------------------------------------------------

WALK = """
import json
from primacy_model.mesh import Mesh
from primacy_model.oracle import explore
from primacy_model.scopes import DEFAULT, MeshScope
from primacy_model.shape import Shape
from primacy_model.world import Budgets

worker = next(scope for scope in DEFAULT if scope.name == "worker")
shape = Shape(
    ("a", "b"), begins="elected", terms=2, network="bag", budgets=Budgets(drops=1)
)
bag = MeshScope("bag", "", shape, (), Mesh(shape))
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
        chosen = able[len(world.flights) % len(able)]
        world, again = (scope.successor(each, chosen) for each in (world, again))
        assert world == again
