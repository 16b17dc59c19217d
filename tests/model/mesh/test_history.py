"""What is noted of a step, and what each note writes into a history."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations, permutations
from typing import get_args

import pytest

from primacy.agents import AgentSet
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.messages import VoteReply, VoteRequest
from primacy.outputs import Apply, Broadcast, Output, Persist, Send, ServeRead
from primacy.role import Role
from primacy.state import Durable
from primacy.types import AgentId, Command, Index, RequestId, Term
from primacy_model.checker.actors import Doing, on_views
from primacy_model.mesh.agent import Budgets, Gate, Node, flight, perform
from primacy_model.mesh.history import (
    Acted,
    Applied,
    Breached,
    Committed,
    Handed,
    History,
    Led,
    Note,
    ReadRequested,
    ReadServed,
    Stood,
    Undone,
    Voted,
    add_note,
)
from primacy_model.mesh.properties import SOMETIMES
from tests.support.meshes import actions, do, elected, mesh_of, nodes, state_at

A, B, C = (AgentId(name) for name in "abc")
ONE, TWO, THREE = (Term(number) for number in (1, 2, 3))
NOOP = Entry(ONE, EntryKind.NOOP)
WRITE = Entry(ONE, EntryKind.COMMAND, Command("x"), RequestId("w1"))
OTHER = Entry(ONE, EntryKind.COMMAND, Command("y"), RequestId("w2"))
READ, ELSE = RequestId("r1"), RequestId("r2")

NOTHING = History()
ABC = AgentSet((A, B, C))


def stood(term: Term, agent: AgentId) -> Stood:
    """Note an elector that stands in a mesh of three."""
    return Stood(term, agent, (ABC, ABC), is_entitled=True)


STOOD = stood(ONE, A)


def written(*notes: Note, onto: History = NOTHING) -> History:
    """Write notes one after the other."""
    for note in notes:
        onto = add_note(onto, note)
    return onto


# --- notes one by one -----------------------------------------------------------------

EACH: dict[str, tuple[Note, History]] = {
    "led": (Led(ONE, A), History(leaders=frozenset({(ONE, A)}))),
    "voted": (Voted(ONE, A, B), History(votes=frozenset({(ONE, A, B)}))),
    "stood": (STOOD, History(stood=frozenset({STOOD}))),
    "undone": (Undone(), History(undone=True)),
    "handed": (Handed(TWO, B), History(handed=frozenset({(TWO, B)}))),
    "applied": (
        Applied(0, (NOOP, WRITE), TWO),
        History(
            committed=frozenset({Committed(1, NOOP, TWO), Committed(2, WRITE, TWO)})
        ),
    ),
    "asked": (ReadRequested(READ), History(floors=frozenset({(READ, 0)}))),
    "served": (ReadServed(READ, 0), History(served=frozenset({READ}))),
    "admitted": (Acted(ONE, A, True), History(admitted=frozenset({(ONE, A)}))),
    "refused": (Acted(ONE, A, False), History(refused=1)),
    "breached": (Breached("S3"), History(breaches=frozenset({"S3"}))),
}
"""A note of each kind, and the history in which nothing else happened."""


def test_every_kind_of_note_and_every_field_of_a_history_is_here() -> None:
    assert {type(note) for note, _ in EACH.values()} == set(get_args(Note))
    changed = {
        field.name
        for _, after in EACH.values()
        for field in fields(History)
        if getattr(after, field.name) != getattr(NOTHING, field.name)
    }
    assert changed == {field.name for field in fields(History)}


@pytest.mark.parametrize("name", EACH)
def test_a_note_writes_this_and_nothing_else(name: str) -> None:
    note, after = EACH[name]
    assert add_note(NOTHING, note) == after
    assert add_note(after, note) == after


@pytest.mark.parametrize("name", EACH)
def test_a_note_takes_nothing_away(name: str) -> None:
    note, _ = EACH[name]
    full = written(*(each for each, _ in EACH.values()))
    assert add_note(full, note) == full


ORDERED = {frozenset({ReadRequested, Applied}), frozenset({ReadRequested, ReadServed})}
"""A floor is how much was applied until then; a read is judged by its floor."""


@pytest.mark.parametrize("pair", [*combinations(EACH, 2)], ids="-".join)
def test_most_notes_may_be_written_in_any_order(pair: tuple[str, str]) -> None:
    one, other = (EACH[name][0] for name in pair)
    if frozenset({type(one), type(other)}) not in ORDERED:
        assert written(one, other) == written(other, one)


# --- what was applied -----------------------------------------------------------------


def test_the_term_of_a_committed_entry_is_the_lowest_in_which_it_was_applied() -> None:
    notes = [Applied(0, (NOOP,), term) for term in (TWO, ONE, THREE)]
    for order in permutations(notes):
        assert written(*order).committed == {Committed(1, NOOP, ONE)}


def test_each_entry_has_a_lowest_term_of_its_own() -> None:
    history = written(Applied(0, (NOOP, WRITE), TWO), Applied(0, (NOOP,), ONE))
    assert history.committed == {
        Committed(1, NOOP, ONE),
        Committed(2, WRITE, TWO),
    }
    assert not history.breaches


def test_what_is_applied_first_makes_the_sequence_longer() -> None:
    history = written(Applied(0, (NOOP,), ONE), Applied(1, (WRITE,), TWO))
    assert history.committed == {
        Committed(1, NOOP, ONE),
        Committed(2, WRITE, TWO),
    }
    again = written(Applied(0, (NOOP, WRITE), TWO), onto=history)
    assert again == history


def test_another_entry_at_a_place_stands_beside_the_first() -> None:
    before = written(Applied(0, (NOOP, WRITE), TWO))
    after = written(Applied(1, (OTHER,), ONE), onto=before)
    committed = before.committed | {Committed(2, OTHER, ONE)}
    assert after == replace(before, committed=committed)


# --- reads ----------------------------------------------------------------------------


def test_a_floor_is_how_much_was_applied_when_the_read_was_asked() -> None:
    history = written(
        ReadRequested(READ), Applied(0, (NOOP, WRITE), ONE), ReadRequested(ELSE)
    )
    assert history.floors == frozenset({(READ, 0), (ELSE, 2)})


@pytest.mark.parametrize(("applied", "breaches"), [(0, {"S10"}), (1, {}), (2, {})])
def test_a_read_below_its_floor_is_a_breach(applied: int, breaches: set[str]) -> None:
    asked = written(Applied(0, (NOOP,), ONE), ReadRequested(READ))
    history = written(ReadServed(READ, applied), onto=asked)
    assert history.served == frozenset({READ})
    assert history.breaches == frozenset(breaches)


def test_a_read_has_no_floor_but_its_own() -> None:
    asked = written(Applied(0, (NOOP,), ONE), ReadRequested(READ))
    assert not written(ReadServed(ELSE, 0), onto=asked).breaches


# --- transfers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("led", "is_transferred"),
    [((TWO, B), True), ((TWO, C), False), ((THREE, B), False)],
)
def test_a_transfer_is_completed_once_its_target_leads_that_term(
    led: tuple[Term, AgentId], is_transferred: bool
) -> None:
    _, world = elected()
    holds = on_views(SOMETIMES["transferred"])
    history = written(Handed(TWO, B), onto=world.ghost)
    assert not holds(replace(world, ghost=history))
    assert holds(replace(world, ghost=add_note(history, Led(*led)))) == is_transferred


# --- what a step notes ----------------------------------------------------------------


def stepped(place: int, **changes: object) -> tuple[Note, ...]:
    """Let an agent of an elected mesh change by itself, and its disk with it."""
    _, world = elected()
    node, state = nodes(world)[place], state_at(world, place)
    after = replace(state, **changes)  # type: ignore[arg-type] # any field
    return perform(replace(node, disk=after.durable), after, ()).notes


def put_out(output: Output) -> tuple[Note, ...]:
    """Let b put something out and change nothing."""
    _, world = elected()
    return perform(nodes(world)[1], state_at(world, 1), (output,)).notes


def test_who_begins_to_lead_a_term_is_noted_once() -> None:
    _, world = elected()
    leader = nodes(world)[0]
    assert stepped(1, role=Role.LEADER) == (Led(ONE, B), stood(ONE, B))
    assert stepped(0, durable=Durable(TWO, A, Log.of([NOOP]))) == (
        Led(TWO, A),
        stood(TWO, A),
    )
    down = Node(leader.me, None, leader.disk, frozenset(), 0, Term(0), ONE)
    assert perform(down, state_at(world, 0), ()).notes == (Led(ONE, A), stood(ONE, A))
    assert stepped(0, commit_index=Index(1)) == ()
    assert stepped(1, commit_index=Index(1)) == ()


def test_a_vote_is_noted_when_it_is_sent_and_only_if_it_is_granted() -> None:
    mesh = mesh_of(elected()[0]).configs[1].mesh
    granted, refused = (VoteReply(mesh, B, ONE, is_so) for is_so in (True, False))
    assert put_out(Send(C, granted)) == (Voted(ONE, B, C),)
    assert put_out(Send(C, refused)) == ()


@pytest.mark.parametrize("is_handed", [False, True])
def test_who_asks_for_votes_votes_for_itself(is_handed: bool) -> None:
    config = mesh_of(elected()[0]).configs[1]
    mesh, roll = config.mesh, config.first_roll
    request = VoteRequest(mesh, B, TWO, Index(1), ONE, roll, is_handed)
    handed = (Handed(TWO, B),) if is_handed else ()
    noted_of_it = put_out(Broadcast(AgentSet((A, C)), request))
    assert noted_of_it == (Voted(TWO, B, B), stood(ONE, B), *handed)


def test_what_is_applied_is_noted_with_its_place_and_the_term() -> None:
    assert put_out(Apply(Index(2), Segment.of(WRITE))) == (Applied(1, (WRITE,), ONE),)
    assert put_out(Apply(Index(3), Segment.of(WRITE))) == (
        Breached("S8"),
        Applied(1, (WRITE,), ONE),
    )


def test_a_read_is_noted_with_how_much_its_server_applied() -> None:
    assert put_out(ServeRead(READ, Index(1))) == (ReadServed(READ, 1),)


def test_a_step_is_noted_in_the_order_of_its_outputs_and_judged_last() -> None:
    _, world = elected()
    node, state = nodes(world)[1], state_at(world, 1)
    after = replace(state, durable=Durable(TWO, B, Log.of([NOOP])), role=Role.LEADER)
    persist = Persist(TWO, B, Index(0), Segment.of(NOOP))
    reply = VoteReply(state.config.mesh, B, TWO, True)
    apply = Apply(Index(2), Segment.of(WRITE))
    done = perform(node, after, (Send(C, reply), persist, apply))
    assert done.sent == ((C, flight(reply)),)
    assert done.node.disk == after.durable
    assert done.notes == (
        Breached("S13"),
        Voted(TWO, B, C),
        Applied(1, (WRITE,), TWO),
        Led(TWO, B),
        stood(TWO, B),
    )


def test_a_change_that_is_taken_back_is_noted() -> None:
    two = AgentSet((A, B))
    change = Entry(ONE, EntryKind.ROLL, electors=two, outgoing=two)
    _, world = elected()
    node, state = nodes(world)[1], state_at(world, 1)
    held = replace(state, durable=Durable(ONE, A, Log.of([NOOP, change])))
    before = replace(node, state=held, disk=held.durable)
    for log, is_undone in (
        ([NOOP], True),
        ([NOOP, WRITE], True),
        ([NOOP, change, WRITE], False),
    ):
        after = replace(held, durable=Durable(ONE, A, Log.of(log)))
        done = perform(replace(before, disk=after.durable), after, ())
        assert done.notes == ((Undone(),) if is_undone else ())


def test_a_read_is_noted_as_asked_before_it_is_served() -> None:
    model, world = elected(electors=("a",), budgets=Budgets(reads=1, rounds=1))
    (read,) = actions(model, world, "read", "a")
    assert isinstance(read.payload, Doing)
    assert read.payload.move.notes == (ReadRequested(READ), ReadServed(READ, 1))
    history = model.successor(world, read).ghost
    assert history.floors == frozenset({(READ, 1)})
    assert history.served == frozenset({READ})
    assert not history.breaches


@pytest.mark.parametrize(
    ("highest", "breaches"), [(0, ()), (1, ()), (2, (Breached("S9"),))]
)
def test_an_effect_is_noted_and_judged_by_the_highest_token_so_far(
    highest: int, breaches: tuple[Note, ...]
) -> None:
    model, world = elected(budgets=Budgets(effects=1))
    paused = do(model, world, "pause", "a")
    gate = replace(paused.shared, highest=Term(highest))
    (act,) = actions(model, replace(paused, shared=gate), "act")
    assert isinstance(act.payload, Doing)
    assert act.payload.move.notes == (Acted(ONE, A, True), *breaches)
    after = act.payload.move.shared
    assert isinstance(after, Gate)
    assert after.highest == max(highest, 1)
