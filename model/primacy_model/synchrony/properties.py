"""L1 to L10: what is seen of a mesh, and what every fair run reaches after GST.

Source: the liveness properties of docs/specification.md; docs/liveness.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from primacy.agents import AgentSet
from primacy.log import EntryKind
from primacy.role import Role, Wait
from primacy.state import State
from primacy.types import AgentId
from primacy_model.checker.model import Kind, Property
from primacy_model.mesh.rolls import has, is_quorum, last_electorates
from primacy_model.synchrony.state import PhasedWorld

PhasePredicate = Callable[[PhasedWorld], bool]

A: Final = AgentId("a")


# --- what is seen ---------------------------------------------------------------------


def leaders(phased: PhasedWorld) -> list[State]:
    """List who leads."""
    return [state for state in phased.states if state.role == Role.LEADER]


def followers(phased: PhasedWorld, leader: State) -> list[AgentId]:
    """Name a leader and those that have given it their promise in its term."""
    return [
        state.me
        for state in phased.states
        if (state.leader, state.term) == (leader.me, leader.term)
        and (state.me == leader.me or state.wait == Wait.PROMISE)
    ]


def is_followed(phased: PhasedWorld, leader: State) -> bool:
    """Tell whether a leader and those that follow it are a quorum."""
    return _is_quorum(followers(phased, leader), leader)


def _is_quorum(agents: Iterable[AgentId], leader: State) -> bool:
    """Tell whether agents are a quorum of the roll of a leader's log."""
    return is_quorum(AgentSet.of(agents), last_electorates(leader))


def is_whole(phased: PhasedWorld) -> bool:
    """Tell whether the network is not split, and will not be again."""
    gate = phased.world.shared
    return gate.sides is None and gate.budgets.partitions == 0


def followed_leader(phased: PhasedWorld) -> list[AgentId]:
    """Name a leader that has a quorum and all that follow it; nobody if there is none.

    When one leads so and its round has just been heard, GST may come.
    """
    for leader in leaders(phased):
        if is_followed(phased, leader):
            return followers(phased, leader)
    return []


def is_leaderless(phased: PhasedWorld) -> bool:
    """Tell whether the first leader has crashed."""
    return phased.world.shared.budgets.crashes == 0


def is_split(phased: PhasedWorld) -> bool:
    """Tell whether the network is split, or was."""
    return phased.world.shared.budgets.partitions == 0


def is_split_and_led(phased: PhasedWorld) -> bool:
    """Tell whether a leader has a quorum while the network is split, or after that."""
    return is_split(phased) and bool(followed_leader(phased))


# --- the goals ------------------------------------------------------------------------


def is_after_gst(phased: PhasedWorld) -> bool:
    """Tell whether GST has passed."""
    return phased.is_after_gst


def has_leader(phased: PhasedWorld) -> bool:
    """L1: an elector leads, and a quorum follows it."""
    return phased.is_after_gst and any(
        is_followed(phased, leader) for leader in leaders(phased)
    )


def is_led_by_lowest(phased: PhasedWorld) -> bool:
    """L2: the lowest id leads term 1, and everyone follows it."""
    return any(
        (leader.me, leader.term) == (A, 1)
        and len(followers(phased, leader)) == len(phased.nodes)
        for leader in leaders(phased)
    )


def is_first_led_by_lowest(phased: PhasedWorld) -> bool:
    """L2: nobody but the lowest id leads."""
    return all(leader.me == A for leader in leaders(phased))


def has_no_split_vote(phased: PhasedWorld) -> bool:
    """L2: nobody but the lowest id asks for votes, and no term but the first begins."""
    return all(
        state.term <= 1 and (state.role != Role.CANDIDATE or state.me == A)
        for state in phased.states
    )


def is_undisturbed(phased: PhasedWorld) -> bool:
    """L3: the leader that has a quorum leads on, in its term."""
    return any((state.me, state.term) == (A, 1) for state in leaders(phased))


def is_joined_again(phased: PhasedWorld) -> bool:
    """L3: an agent that came back follows the leader that there was before."""
    return is_whole(phased) and is_led_by_lowest(phased)


def is_agreed(phased: PhasedWorld) -> bool:
    """L4: all agree on leader, term and committed log, and nothing else is in a log."""
    states = phased.states
    agreed = {(s.leader, s.term, s.log, s.commit_index) for s in states}
    return (
        phased.is_after_gst
        and len(agreed) == 1
        and len(leaders(phased)) == 1
        and states[0].commit_index == states[0].log.last_index
    )


def _writes(state: State) -> list[int]:
    """List at which index a log holds a write."""
    return [
        index
        for index, entry in enumerate(state.log.entries, start=1)
        if entry.kind == EntryKind.COMMAND
    ]


def is_written(phased: PhasedWorld) -> bool:
    """Tell whether a write was given to the leader of a mesh after GST."""
    return phased.is_after_gst and any(_writes(leader) for leader in leaders(phased))


def is_committed(phased: PhasedWorld) -> bool:
    """L5: a leader and a quorum have applied the write."""
    applied = [
        node.state.me
        for node in phased.nodes
        if node.state is not None
        and any(index <= node.applied for index in _writes(node.state))
    ]
    return any(
        leader.me in applied and _is_quorum(applied, leader)
        for leader in leaders(phased)
    )


def _is_changed(state: State) -> bool:
    """Tell whether an agent's log has a change that is complete and committed."""
    rolls, (electors, outgoing) = state.log.rolls, last_electorates(state)
    return bool(rolls) and rolls[-1] <= state.commit_index and electors == outgoing


def is_changing(phased: PhasedWorld) -> bool:
    """Tell whether a leader of a mesh after GST took a change."""
    return phased.is_after_gst and any(leader.log.rolls for leader in leaders(phased))


def is_changed(phased: PhasedWorld) -> bool:
    """L6: a change that a leader took is complete, and a quorum follows one with it."""
    return phased.is_after_gst and any(
        _is_changed(leader) and is_followed(phased, leader)
        for leader in leaders(phased)
    )


def is_replaced(phased: PhasedWorld) -> bool:
    """L7: a leader with a quorum has a new elector, and the dead one is none."""
    return phased.is_after_gst and any(
        _is_changed(leader)
        and is_followed(phased, leader)
        and last_electorates(leader)[0] == AgentSet.of(("a", "b", "d"))
        for leader in leaders(phased)
    )


def is_removed(phased: PhasedWorld) -> bool:
    """Tell whether it is committed that the first leader is off the roll."""
    return phased.is_after_gst and any(
        _is_changed(state) and not has(last_electorates(state), A)
        for state in phased.states
    )


def is_succeeded(phased: PhasedWorld) -> bool:
    """L8: an elector of the roll without the first leader leads it, with a quorum."""
    return is_removed(phased) and any(
        leader.me != A and _is_changed(leader) and is_followed(phased, leader)
        for leader in leaders(phased)
    )


def is_admitted(phased: PhasedWorld) -> bool:
    """Tell whether the last agent is a member by the log of a leader, after GST."""
    newcomer = phased.nodes[-1].me
    return phased.is_after_gst and any(
        any(leader.log.at(index).workers.has(newcomer) for index in leader.log.rolls)
        for leader in leaders(phased)
    )


def is_joined(phased: PhasedWorld) -> bool:
    """L10: the agent that was admitted follows, and has applied what its leader has."""
    node = phased.nodes[-1]
    return phased.is_after_gst and any(
        _is_changed(leader)
        and node.me in followers(phased, leader)
        and node.applied == leader.log.last_index
        for leader in leaders(phased)
    )


def is_behind(phased: PhasedWorld) -> bool:
    """Tell whether an agent that runs lacks what a leader's log no longer has."""
    return phased.is_after_gst and any(
        state.log.last_index < leader.log.start
        for leader in leaders(phased)
        for state in phased.states
    )


def is_caught_up(phased: PhasedWorld) -> bool:
    """L9: all that run follow one leader, whose log begins behind a snapshot.

    They have applied all of its log.
    """
    return phased.is_after_gst and any(
        leader.log.start > 0
        and len(followers(phased, leader)) == len(phased.states)
        and all(
            node.applied == leader.log.last_index
            for node in phased.nodes
            if node.state is not None
        )
        for leader in leaders(phased)
    )


def _eventually(
    name: str, title: str, holds: PhasePredicate, once: PhasePredicate
) -> Property[PhasedWorld]:
    return Property(name, title, Kind.EVENTUALLY, holds, once)


def _always(name: str, title: str, holds: PhasePredicate) -> Property[PhasedWorld]:
    return Property(name, title, Kind.ALWAYS, holds)


L1: Final = _eventually("L1", "a leader emerges", has_leader, is_after_gst)
L2: Final = (
    _always("L2-leader", "only the lowest id leads", is_first_led_by_lowest),
    _always("L2-split", "no split vote in term 1", has_no_split_vote),
    _eventually("L2", "the lowest id wins in term 1", is_led_by_lowest, is_after_gst),
)
L3: Final = (
    _always("L3-leader", "the leader leads on", is_undisturbed),
    _eventually("L3", "who comes back follows", is_joined_again, is_whole),
)
L4: Final = _eventually("L4", "all agree after a partition", is_agreed, is_after_gst)
L5: Final = _eventually("L5", "a write is committed", is_committed, is_written)
L6: Final = _eventually("L6", "a change ends", is_changed, is_changing)
L7: Final = _eventually("L7", "a dead elector is replaced", is_replaced, is_after_gst)
L8: Final = _eventually("L8", "a removed leader is succeeded", is_succeeded, is_removed)
L9: Final = _eventually("L9", "a laggard catches up", is_caught_up, is_behind)
L10: Final = _eventually("L10", "a joiner follows", is_joined, is_admitted)
