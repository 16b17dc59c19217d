"""How a mesh is shown: what each agent is and holds, the network, the resource."""

from __future__ import annotations

from primacy_model.checker.model import IN_FLIGHT
from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.display import agent
from primacy_model.mesh.model import WIRE
from tests.support.meshes import actions, do, elected, nodes


def test_a_leader_is_shown_with_what_it_holds_and_knows() -> None:
    _, world = elected()
    assert agent(nodes(world)[0]) == {
        "role": "leader",
        "term": 1,
        "vote": "a",
        "log": "1:no-op",
        "leader": "a",
        "committed": 1,
        "applied": 1,
        "waits for": "a quorum",
        "match": "b:1 c:1",
        "round": 2,
        "armed": "election heartbeat",
    }


def test_a_roll_is_shown_once_a_log_sets_one() -> None:
    model, world = elected(
        workers=("w",),
        changes=("replace b w", "demote c"),
        budgets=Budgets(changes=1),
    )
    for change, roll in zip(
        actions(model, world, "change", "a"),
        ("b w for a b c", "a b, workers c w"),
        strict=True,
    ):
        shown = agent(nodes(model.successor(world, change))[0])
        assert shown["roll"] == roll
        assert shown["log"] == f"1:no-op 1:roll({roll})"
        assert model.event(world, change).notes == (f"counts with {roll}",)


def test_an_agent_that_is_down_is_shown_by_its_disk() -> None:
    model, world = elected(budgets=Budgets(crashes=1))
    down = do(model, world, "crash", "b")
    assert agent(nodes(down)[1]) == {
        "role": "down",
        "term": 1,
        "vote": "a",
        "log": "1:no-op",
    }


def test_a_log_without_its_beginning_is_shown_by_where_it_starts() -> None:
    model, world = elected(
        clients_at=("a",), snapshots_at=("a",), budgets=Budgets(writes=1, snapshots=1)
    )
    written = do(model, world, "write", "a")
    (snapshot,) = actions(model, written, "snapshot", "a")
    assert snapshot.label == "a snapshot of 1 is taken"
    taken = model.successor(written, snapshot)
    assert agent(nodes(taken)[0])["log"] == "(1 of term 1) 1:x1"
    assert model.event(written, snapshot).notes == ("drops its entries up to 1",)


def test_every_agent_the_network_and_the_resource_have_a_column() -> None:
    model, world = elected(budgets=Budgets(effects=1))
    shown = model.columns(world)
    assert list(shown) == ["a", "b", "c", WIRE, "resource"]
    assert shown["resource"] == {"highest token": 0}
    acted = do(model, do(model, world, "pause"), "act")
    assert model.columns(acted)["resource"] == {"highest token": 1}
    whole, world = elected()
    assert list(whole.columns(world)) == ["a", "b", "c", WIRE]


def test_the_network_is_shown_whether_or_not_it_may_split() -> None:
    for budgets in (Budgets(writes=1), Budgets(writes=1, partitions=1)):
        model, world = elected(budgets=budgets)
        assert model.columns(world)[WIRE] == {"sides": "whole", IN_FLIGHT: "none"}
        sent = do(model, world, "write", "a")
        assert model.columns(sent)[WIRE][IN_FLIGHT] == (
            "Append(term 1, prev_index 1) a to b, Append(term 1, prev_index 1) a to c"
        )
    split = do(model, world, "split")
    assert model.columns(split)[WIRE]["sides"] == "cut off: a"


def test_copies_of_a_packet_are_shown_as_a_number() -> None:
    budgets = Budgets(writes=1, duplicates=1)
    model, world = elected(budgets=budgets, network="bag", electors=("a", "b"))
    twice = do(model, do(model, world, "write", "a"), "duplicate")
    told = "Append(term 1, prev_index 1) a to b x2"
    assert model.columns(twice)[WIRE][IN_FLIGHT] == told
