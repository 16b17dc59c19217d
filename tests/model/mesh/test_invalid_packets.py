"""Packets that cannot be: one defect each, of every kind, and all of them rejected."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, get_args

import pytest

from primacy import Packet, State, step
from primacy.log import Segment
from primacy.messages import Append, Claim, Heartbeat, Received, VoteReply
from primacy.outputs import Reason
from primacy.role import Role
from primacy.types import START, Term
from primacy_model.mesh import invalid_packets as room
from primacy_model.mesh.agent import Node
from primacy_model.mesh.invalid_packets import (
    Impossible,
    Later,
    accepted_invalid,
    invalid_packets,
)
from primacy_model.mesh.scopes import DEFAULT, MeshScope

(SCOPE,) = (scope for scope in DEFAULT if scope.name == "impossible-packets")
(JOIN,) = (scope for scope in DEFAULT if scope.name == "join")


def _states(scope: MeshScope, most: int) -> list[State]:
    """Walk through a scope, the near worlds first, and collect the agents' states."""
    todo = list(scope.initial())
    known, found = set(todo), dict[State, None]()
    for world in todo:
        for local in world.locals:
            if isinstance(local, Node) and local.state is not None:
                found[local.state] = None
        for action in scope.actions(world):
            after = scope.successor(world, action)
            if after not in known and len(known) < most:
                known.add(after)
                todo.append(after)
    return list(found)


STATES: Final = _states(SCOPE, 800)
EVERY: Final = [(state, told) for state in STATES for told in invalid_packets(state)]


def test_every_kind_of_packet_and_every_reason_to_reject_one_is_there() -> None:
    kinds = {type(told.packet) for _, told in EVERY}
    assert kinds == {*get_args(Packet), Later}
    rejections = {
        Reason.UNKNOWN_KIND,
        Reason.WRONG_MESH,
        Reason.UNKNOWN_SENDER,
        Reason.BAD_TERM,
        Reason.BAD_POSITION,
        Reason.BAD_ENTRIES,
        Reason.NOT_AN_ELECTOR,
        Reason.WRONG_ROLL,
        Reason.SECOND_LEADER,
    }
    assert {told.reason for _, told in EVERY} == rejections


def test_agents_in_every_role_hear_them() -> None:
    assert {state.role for state in STATES} == set(Role)


def test_core_rejects_them_all() -> None:
    assert [accepted_invalid(state) for state in STATES] == [()] * len(STATES)


CHANGING: Final = _states(JOIN, 2_000)
"""Agents whose roll has changed, or that are on none."""


def test_core_rejects_them_all_while_the_roll_changes() -> None:
    assert any(state.roll.index > 0 for state in CHANGING)
    assert any(not state.roll.members.has(state.me) for state in CHANGING)
    told = [each for state in CHANGING for each in invalid_packets(state)]
    assert {
        "roll.position",
        "roll.first",
        "stand.taken-off",
        "stand.electors-only",
    } <= {each.clause for each in told}
    assert [accepted_invalid(state) for state in CHANGING] == [()] * len(CHANGING)


def test_each_has_no_other_defect() -> None:
    """What is sound of it, an agent of the mesh could have sent."""
    state = STATES[0]
    peer = state.roll.members.without(state.me).first
    (told,) = (
        each
        for each in invalid_packets(state)
        if isinstance(each.packet, VoteReply) and each.reason == Reason.WRONG_MESH
    )
    sound = replace(told.packet, mesh=state.config.mesh)
    after, outputs = step(state, Received(sound, START))
    assert not told.is_rejected(state, after, outputs)
    assert sound.sender == peer


def test_terms_that_fall_behind_the_second_entry_are_there_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A core that looks at two entries alone would take them."""
    whole = Segment.is_ordered

    def hasty(self: Segment, lowest: Term, highest: Term) -> bool:
        return whole(Segment(self.entries[:2]), lowest, highest)

    monkeypatch.setattr(Segment, "is_ordered", hasty)
    told = {each.told.clause for each in accepted_invalid.__wrapped__(STATES[0])}
    assert told == {"message.entries"}


def test_a_rejection_for_another_reason_is_none() -> None:
    state, told = next(each for each in EVERY if isinstance(each[1].packet, Claim))
    after, outputs = step(state, Received(told.packet, START))
    other = Impossible(told.packet, Reason.BAD_ENTRIES, told.clause)
    assert told.is_rejected(state, after, outputs)
    assert not other.is_rejected(state, after, outputs)
    changed = replace(state, is_cut_off=not state.is_cut_off)
    assert not told.is_rejected(state, changed, outputs)
    assert not told.is_rejected(state, after, outputs * 2)


def test_what_is_believed_breaks_a_claim_and_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The scope finds an agent that follows a second leader of its term."""
    is_second = (Heartbeat, Append)

    def forgetful(state: State, message: Received) -> object:
        after, outputs = step(state, message)
        if isinstance(message.packet, is_second) and outputs[:1] != ():
            return after, outputs[1:]
        return after, outputs

    monkeypatch.setattr(room, "step", forgetful)
    accepted_invalid.cache_clear()
    world = SCOPE.actors.initial()
    node = world.locals[0]
    intrusions = [
        move
        for move in SCOPE.actors.acts(0, node, world.shared)
        if move.kind == "intrude"
    ]
    accepted_invalid.cache_clear()
    assert intrusions
    assert all("cannot be (" in move.label for move in intrusions)
    (claim,) = (each for each in SCOPE.actors.claims if each.id == "rejection")
    for move in intrusions:
        ghost = world.ghost
        for note in move.notes:
            ghost = SCOPE.actors.noted(ghost, note)
        assert claim.scene is not None
        assert not claim.holds((claim.scene(world.shared, ghost),))
