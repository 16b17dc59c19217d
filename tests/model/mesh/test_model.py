"""The world of a mesh keeps its word: network, disks, budgets, timers, partitions."""

from __future__ import annotations

from dataclasses import replace

from primacy.agents import AgentSet
from primacy.fencing import Fence
from primacy.log import Log
from primacy.messages import Timer
from primacy.recovery import recover
from primacy.role import Role, Wait
from primacy.state import NOTHING_DURABLE, Durable
from primacy.types import NOBODY, AgentId, RequestId, Term
from primacy_model.checker.actors import Doing
from primacy_model.mesh.agent import COPIES, Budgets, Gate, Wire
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.history import History
from primacy_model.mesh.model import WIRE, MeshWorld
from primacy_model.mesh.scopes import MeshScope
from tests.support.meshes import (
    actions,
    assembled,
    beginning,
    do,
    elected,
    in_flight,
    mesh_of,
    nodes,
    performed,
    state_at,
)

A, B, C = AgentId("a"), AgentId("b"), AgentId("c")
PAIR = ("a", "b")


def kinds(model: MeshScope, world: MeshWorld) -> set[str]:
    return {action.kind for action in model.actions(world)}


def flying(world: MeshWorld) -> list[tuple[str, int]]:
    """Tell for each packet in flight to whom, and how many copies."""
    return [("abc"[place], count) for place, _, count in in_flight(world)]


# --- beginnings -----------------------------------------------------------------------


def test_a_fresh_world_has_empty_disks_and_armed_election_timers() -> None:
    model = assembled(Shape(workers=("w",), budgets=Budgets(crashes=2)))
    world = beginning(model)
    assert {node.disk for node in nodes(world)} == {NOTHING_DURABLE}
    assert [node.armed for node in nodes(world)] == [
        *[frozenset({Timer.ELECTION})] * 3,
        frozenset(),
    ]
    assert flying(world) == []
    assert world.shared == Gate(Budgets(crashes=2), None, Fence(), Term(0))
    assert world.ghost == History()


def test_a_network_that_may_split_is_an_actor_to_which_nothing_is_sent() -> None:
    model, world = elected(budgets=Budgets(partitions=1))
    assert model.actors.agents == ("a", "b", "c", WIRE)
    assert (world.locals[3], world.boxes[3]) == (Wire(), frozenset())
    whole, world = elected()
    assert whole.actors.agents == ("a", "b", "c")
    assert len(world.locals) == len(world.boxes) == 3


def test_an_elected_world_is_one_that_a_fresh_one_reaches() -> None:
    model, world = elected(budgets=Budgets(rounds=2))
    assert [state_at(world, place).role for place in range(3)] == [
        Role.LEADER,
        Role.FOLLOWER,
        Role.FOLLOWER,
    ]
    assert [state_at(world, place).leader for place in range(3)] == [A, A, A]
    assert [node.applied for node in nodes(world)] == [1, 1, 1]
    assert flying(world) == []
    assert world.shared.budgets == Budgets(rounds=2)
    assert world.ghost.leaders == frozenset({(Term(1), A)})
    assert beginning(model) == world


def test_rivals_are_a_leader_and_a_later_one_of_which_it_has_not_heard() -> None:
    model, world = elected(electors=("a", "b", "c", "d"), begins="rivals", terms=3)
    assert [
        (state.role, state.term, state.leader, state.log.last_index)
        for state in (state_at(world, place) for place in range(4))
    ] == [
        (Role.LEADER, 1, A, 1),
        (Role.LEADER, 2, B, 2),
        (Role.FOLLOWER, 2, NOBODY, 1),
        (Role.FOLLOWER, 2, B, 2),
    ]
    assert state_at(world, 1).commit_index == 1
    lead = state_at(world, 1).leadership
    assert (lead.match.get(AgentId("d")), lead.seen.get(AgentId("d"))) == (2, 1)
    assert [place for place, _, _ in in_flight(world)] == [0, 0, 2, 2]
    assert world.ghost.leaders == frozenset({(Term(1), A), (Term(2), B)})
    assert world.shared.budgets == Budgets()
    assert beginning(model) == world


def test_who_is_down_from_the_beginning_neither_comes_back_nor_gets_a_packet() -> None:
    model, world = elected(down=("c",), budgets=Budgets(writes=1))
    assert nodes(world)[2].state is None
    assert nodes(world)[2].disk.log.last_index == 1
    assert "restart" not in kinds(model, world)
    assert flying(do(model, world, "write", "a")) == [("b", 1)]


def test_a_joiner_begins_on_no_roll_with_an_empty_disk() -> None:
    model, world = elected(joiners=("d",), changes=("admit d",))
    joiner = nodes(world)[3]
    assert (joiner.disk, joiner.armed) == (NOTHING_DURABLE, frozenset())
    assert not state_at(world, 0).roll.members.has(joiner.me)
    assert not actions(model, world, "change")


# --- changes --------------------------------------------------------------------------


def test_a_change_is_asked_of_everyone_or_of_one_and_costs_its_budget() -> None:
    budgets = Budgets(changes=1)
    model, world = elected(changes=("demote c", "demote b at b"), budgets=budgets)
    (change,) = actions(model, world, "change")
    assert (change.column, change.label) == ("a", "demote c is asked for")
    refused = actions(model, world, "refuse change: not leader")
    assert [(each.column, each.label) for each in refused] == [
        ("b", "demote c is asked for"),
        ("b", "demote b is asked for"),
        ("c", "demote c is asked for"),
    ]
    assert all(model.successor(world, each) == world for each in refused)
    changed = model.successor(world, change)
    assert changed.shared.budgets == Budgets()
    assert state_at(changed, 0).roll.electors == AgentSet((A, B))
    assert not actions(model, changed, "change")


def test_a_removed_leader_leaves_though_no_round_is_left() -> None:
    model, world = elected(changes=("demote a",), budgets=Budgets(changes=1))
    assert "elapse heartbeat" not in kinds(model, world)
    changed = do(model, world, "change", "a")
    assert "elapse heartbeat" not in kinds(model, changed)
    for agent in ("b", "c"):
        changed = do(model, changed, "deliver Append", agent)
    while state_at(changed, 0).commit_index < 2:
        changed = model.successor(
            changed, actions(model, changed, "deliver AppendReply", "a")[-1]
        )
    left = do(model, changed, "elapse heartbeat", "a")
    assert state_at(left, 0).role is Role.FOLLOWER
    assert left.shared.budgets == Budgets()


# --- the network ----------------------------------------------------------------------


def test_a_delivered_packet_stays_in_a_set() -> None:
    model, world = elected(budgets=Budgets(writes=1), clients_at=("a",))
    sent = do(model, world, "write")
    heard = do(model, sent, "deliver Append", "b")
    assert sent.boxes[1:] == heard.boxes[1:]
    assert flying(sent) == [("b", 1), ("c", 1)]
    assert flying(heard) == [("a", 1), ("b", 1), ("c", 1)]
    again = do(model, heard, "deliver Append", "b")
    assert again == heard


def test_delivery_consumes_a_packet_of_a_bag() -> None:
    model, world = elected(budgets=Budgets(writes=1), clients_at=("a",), network="bag")
    sent = do(model, world, "write")
    heard = do(model, sent, "deliver Append", "b")
    assert flying(sent) == [("b", 1), ("c", 1)]
    assert flying(heard) == [("a", 1), ("c", 1)]
    assert actions(model, heard, "deliver Append", "b") == []


def test_a_set_neither_drops_nor_duplicates() -> None:
    budgets = Budgets(writes=1, drops=1, duplicates=1)
    model, world = elected(budgets=budgets)
    sent = do(model, world, "write", "a")
    assert not {"drop", "duplicate"} & kinds(model, sent)


def test_a_drop_costs_its_budget_and_loses_one_packet() -> None:
    budgets = Budgets(writes=1, drops=1)
    model, world = elected(budgets=budgets, network="bag")
    sent = do(model, world, "write", "a")
    assert "drop" in kinds(model, sent)
    lost = do(model, sent, "drop", "b")
    assert flying(lost) == [("c", 1)]
    assert nodes(lost) == nodes(sent)
    assert lost.shared.budgets == Budgets()
    assert "drop" not in kinds(model, lost)


def test_a_packet_that_is_lost_or_doubled_is_not_received() -> None:
    budgets = Budgets(writes=1, drops=1, duplicates=1)
    model, world = elected(budgets=budgets, network="bag")
    sent = do(model, world, "write", "a")
    for kind, received in (("deliver Append", 1), ("drop", 0), ("duplicate", 0)):
        (action,) = actions(model, sent, kind, "b")
        assert len(model.event(sent, action).received) == received


def test_a_duplicate_costs_its_budget_and_is_delivered_twice() -> None:
    budgets = Budgets(writes=1, duplicates=1)
    model, world = elected(budgets=budgets, network="bag")
    sent = do(model, world, "write", "a")
    twice = do(model, sent, "duplicate", "b")
    assert flying(twice) == [("b", 2), ("c", 1)]
    assert twice.shared.budgets == Budgets()
    assert "duplicate" not in kinds(model, twice)
    once = do(model, twice, "deliver Append", "b")
    assert actions(model, once, "deliver Append", "b") != []
    never = do(model, once, "deliver Append", "b")
    assert actions(model, never, "deliver Append", "b") == []


def test_a_bag_holds_only_so_many_copies_of_a_packet() -> None:
    model, world = elected(budgets=Budgets(writes=1), network="bag")
    sent = do(model, world, "write", "a")
    (written,) = actions(model, world, "write", "a")
    assert isinstance(written.payload, Doing)
    for _ in range(COPIES):
        sent = model.carried_out(sent, written.payload)
    assert flying(sent) == [("b", COPIES), ("c", COPIES)]


def test_a_partition_blocks_only_what_crosses_it() -> None:
    model, world = elected(budgets=Budgets(writes=1, partitions=1), clients_at=("a",))
    sent = do(model, world, "write")
    splits = {action.label: action for action in actions(model, sent, "split")}
    assert set(splits) == {
        "splits: a | b c",
        "splits: b | a c",
        "splits: a b | c",
    }
    split = model.successor(sent, splits["splits: a b | c"])
    assert split.shared.sides == AgentSet((A, B))
    assert split.shared.budgets.partitions == 0
    assert actions(model, split, "deliver Append", "b") != []
    assert actions(model, split, "deliver Append", "c") == []
    healed = do(model, split, "heal")
    assert healed.boxes == split.boxes
    assert actions(model, healed, "deliver Append", "c") != []
    assert not {"split", "heal"} & kinds(model, healed)


def test_nothing_is_delivered_to_an_agent_that_is_down() -> None:
    model, world = elected(budgets=Budgets(writes=1, crashes=1))
    sent = do(model, world, "write", "a")
    down = do(model, sent, "crash", "b")
    assert actions(model, down, "deliver Append", "b") == []
    assert down.boxes == sent.boxes
    assert actions(model, do(model, down, "restart"), "deliver Append", "b") != []


def test_an_agent_that_is_down_forgets_what_it_would_ignore_as_it_comes_back() -> None:
    model, world = elected(budgets=Budgets(writes=1, crashes=1))
    heard = do(model, do(model, world, "write", "a"), "deliver Append", "b")
    assert flying(heard) == [("a", 1), ("b", 1), ("c", 1)]
    down = do(model, heard, "crash", "a")
    assert flying(down) == [("b", 1), ("c", 1)]
    assert flying(do(model, down, "deliver Append", "c")) == flying(down)


# --- crashes --------------------------------------------------------------------------


def test_a_crash_keeps_the_disk_and_loses_the_rest() -> None:
    model, world = elected(budgets=Budgets(crashes=1, effects=1))
    paused = do(model, world, "pause", "a")
    down = do(model, paused, "crash", "a")
    before, after = nodes(paused)[0], nodes(down)[0]
    assert after.state is None
    assert after.disk == before.disk != NOTHING_DURABLE
    assert (after.armed, after.applied, after.effect) == (frozenset(), 0, 0)
    assert after.peak == 1
    assert down.shared.budgets.crashes == 0
    assert "crash" not in kinds(model, down)
    assert {action.kind for action in model.actions(down) if action.column == "a"} == {
        "restart"
    }


def test_a_crash_loses_what_is_not_on_disk() -> None:
    model, world = elected(budgets=Budgets(crashes=1))
    state = state_at(world, 1)
    unwritten = replace(state, durable=Durable(Term(5), C, Log()))
    risky = performed(model, world, 1, unwritten)
    assert nodes(risky)[1].disk == state.durable
    back = do(model, do(model, risky, "crash", "b"), "restart")
    assert state_at(back, 1).durable == state.durable
    assert "S3" in back.ghost.breaches


def test_a_restart_recovers_from_the_disk() -> None:
    model, world = elected(budgets=Budgets(crashes=1))
    down = do(model, world, "crash", "a")
    back = do(model, down, "restart")
    state, _ = recover(mesh_of(model).configs[0], nodes(down)[0].disk)
    assert nodes(back)[0].state == state
    assert nodes(back)[0].disk == nodes(down)[0].disk
    assert (state.role, state.leader, state.wait) == (
        Role.FOLLOWER,
        NOBODY,
        Wait.PROMISE,
    )
    assert nodes(back)[0].armed == frozenset({Timer.ELECTION})
    assert nodes(back)[0].applied == 0


def test_only_crashers_crash() -> None:
    model, world = elected(budgets=Budgets(crashes=1), crashers=("b",))
    assert [action.column for action in actions(model, world, "crash")] == ["b"]


# --- clients and the resource ---------------------------------------------------------


def test_a_refused_request_costs_no_budget_and_changes_nothing() -> None:
    budgets = Budgets(writes=1, transfers=1)
    model, world = elected(budgets=budgets, clients_at=("b",))
    assert do(model, world, "write", "b") == world


def test_a_read_that_is_refused_costs_nothing_and_is_not_noted() -> None:
    model = assembled(Shape(budgets=Budgets(reads=1, rounds=1)))
    world = beginning(model)
    (read,) = actions(model, world, "read", "b")
    assert model.successor(world, read) == world
    assert model.event(world, read).notes == ("refuses read r1: no leader is known",)


def test_a_request_that_is_taken_costs_its_budget() -> None:
    budgets = Budgets(writes=1, reads=1, rounds=1, transfers=1)
    model, world = elected(budgets=budgets)
    assert do(model, world, "write", "a").shared.budgets == replace(budgets, writes=0)
    assert do(model, world, "read", "b").shared.budgets == replace(budgets, reads=0)
    asked = do(model, world, "read", "a")
    assert asked.shared.budgets == replace(budgets, reads=0, rounds=0)
    handed = do(model, world, "transfer", "a")
    assert handed.shared.budgets == replace(budgets, transfers=0)


def test_a_read_notes_how_much_was_committed_when_it_was_asked() -> None:
    model, world = elected(budgets=Budgets(reads=1, rounds=1))
    asked = do(model, world, "read", "b")
    assert asked.ghost.floors == frozenset({(RequestId("r1"), 1)})


def test_only_leaders_with_a_token_pause_before_an_effect() -> None:
    model, world = elected(budgets=Budgets(effects=1))
    assert [action.column for action in actions(model, world, "pause")] == ["a"]


def test_a_pause_holds_the_token_that_it_began_with() -> None:
    model, world = elected(budgets=Budgets(effects=1))
    paused = do(model, world, "pause")
    assert (nodes(paused)[0].effect, paused.shared.budgets.effects) == (1, 0)
    later = state_at(paused, 0)
    durable = Durable(Term(3), NOBODY, later.log)
    later = replace(later, durable=durable, role=Role.FOLLOWER)
    deposed = performed(model, paused, 0, later)
    assert nodes(deposed)[0].effect == 1
    acted = do(model, deposed, "act")
    assert nodes(acted)[0].effect == 0
    assert acted.shared.fence == Fence(Term(1))
    assert acted.ghost.admitted == frozenset({(Term(1), A)})


def test_a_stale_effect_is_refused_and_said() -> None:
    model, world = elected(budgets=Budgets(effects=1))
    paused = do(model, world, "pause")
    paused = replace(paused, shared=replace(paused.shared, fence=Fence(Term(2))))
    (act,) = actions(model, paused, "act")
    assert model.event(paused, act).notes == ("effect refused",)
    acted = model.successor(paused, act)
    assert acted.shared.fence == Fence(Term(2))
    assert (acted.ghost.refused, acted.ghost.admitted) == (1, frozenset())


# --- timers ---------------------------------------------------------------------------


def test_a_timer_stays_armed_until_it_elapses() -> None:
    model, world = elected(terms=2, budgets=Budgets(writes=1))
    busy = do(model, do(model, world, "write", "a"), "deliver Append", "b")
    assert Timer.ELECTION in nodes(world)[1].armed & nodes(busy)[1].armed
    waited = do(model, busy, "elapse election", "c")
    assert nodes(waited)[1].armed == nodes(busy)[1].armed


def test_a_timer_that_elapsed_is_spent_unless_it_is_armed_again() -> None:
    model, world = elected(electors=PAIR, workers=("w",), terms=2)
    ended = do(model, world, "elapse election", "w")
    assert state_at(ended, 2).wait is Wait.STAND
    assert nodes(ended)[2].armed == frozenset({Timer.ELECTION})
    spent = do(model, ended, "elapse election", "w")
    assert nodes(spent)[2].armed == frozenset()
    assert actions(model, spent, "elapse election", "w") == []


def test_a_heartbeat_round_costs_its_budget() -> None:
    model, world = elected(budgets=Budgets(rounds=1))
    begun = do(model, world, "elapse heartbeat")
    assert begun.shared.budgets.rounds == 0
    assert Timer.HEARTBEAT in nodes(begun)[0].armed
    assert actions(model, begun, "elapse heartbeat") == []


def test_only_the_impatient_stand_and_all_keep_their_promise_no_longer() -> None:
    model, world = elected(terms=2, impatient=("b",))
    assert [action.column for action in actions(model, world, "elapse election")] == [
        "b",
        "c",
    ]
    for agent in ("b", "c"):
        world = do(model, world, "elapse election", agent)
    assert [action.column for action in actions(model, world, "elapse election")] == [
        "b"
    ]
