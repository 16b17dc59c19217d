"""L1 to L5: what is seen of a mesh, and what every fair run of a calm one reaches.

Source: the liveness properties of docs/specification.md; docs/liveness.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from primacy.log import EntryKind
from primacy.quantities import AgentId
from primacy.role import Role, Wait
from primacy.state import State
from primacy_model.checker.model import Kind, Property
from primacy_model.synchrony.state import PhasedWorld

PhasePredicate = Callable[[PhasedWorld], bool]

A: Final = AgentId("a")


# --- what is seen ---------------------------------------------------------------------


def leaders(weather: PhasedWorld) -> list[State]:
    """List who leads."""
    return [state for state in weather.states if state.role == Role.LEADER]


def followers(weather: PhasedWorld, leader: State) -> list[AgentId]:
    """Name a leader and those that have given it their promise in its term."""
    return [
        state.me
        for state in weather.states
        if (state.leader, state.term) == (leader.me, leader.term)
        and (state.me == leader.me or state.wait == Wait.PROMISE)
    ]


def is_followed(weather: PhasedWorld, leader: State) -> bool:
    """Tell whether a leader and those that follow it are a quorum."""
    electors = leader.config.initial_leaders.members
    found = followers(weather, leader)
    return 2 * sum(name in found for name in electors) > len(electors)


def is_whole(weather: PhasedWorld) -> bool:
    """Tell whether the network is not split, and will not be again."""
    gate = weather.world.shared
    return gate.sides is None and gate.budgets.partitions == 0


def followed_leader(weather: PhasedWorld) -> list[AgentId]:
    """Name a leader that has a quorum and all that follow it; nobody if there is none.

    When one leads so and its round has just been heard, a calm may begin.
    """
    for leader in leaders(weather):
        if is_followed(weather, leader):
            return followers(weather, leader)
    return []


def is_leaderless(weather: PhasedWorld) -> bool:
    """Tell whether the first leader has crashed."""
    return weather.world.shared.budgets.crashes == 0


def is_split(weather: PhasedWorld) -> bool:
    """Tell whether the network is split, or was."""
    return weather.world.shared.budgets.partitions == 0


def is_split_and_led(weather: PhasedWorld) -> bool:
    """Tell whether a leader has a quorum while the network is split, or after that."""
    return is_split(weather) and bool(followed_leader(weather))


# --- the goals ------------------------------------------------------------------------


def is_after_gst(weather: PhasedWorld) -> bool:
    """Tell whether the calm has begun."""
    return weather.is_calm


def has_leader(weather: PhasedWorld) -> bool:
    """L1: an elector leads, and a quorum follows it."""
    return weather.is_calm and any(
        is_followed(weather, leader) for leader in leaders(weather)
    )


def is_led_by_lowest(weather: PhasedWorld) -> bool:
    """L2: the lowest id leads term 1, and everyone follows it."""
    return any(
        (leader.me, leader.term) == (A, 1)
        and len(followers(weather, leader)) == len(weather.nodes)
        for leader in leaders(weather)
    )


def is_first_led_by_lowest(weather: PhasedWorld) -> bool:
    """L2: nobody but the lowest id leads."""
    return all(leader.me == A for leader in leaders(weather))


def has_no_split_vote(weather: PhasedWorld) -> bool:
    """L2: nobody but the lowest id asks for votes, and no term but the first begins."""
    return all(
        state.term <= 1 and (state.role != Role.CANDIDATE or state.me == A)
        for state in weather.states
    )


def is_undisturbed(weather: PhasedWorld) -> bool:
    """L3: the leader that has a quorum leads on, in its term."""
    return any((state.me, state.term) == (A, 1) for state in leaders(weather))


def is_joined_again(weather: PhasedWorld) -> bool:
    """L3: whoever came back follows the leader that there was before."""
    return is_whole(weather) and is_led_by_lowest(weather)


def is_agreed(weather: PhasedWorld) -> bool:
    """L4: all agree on leader, term and committed log, and nothing else is in a log."""
    states = weather.states
    agreed = {(s.leader, s.term, s.log, s.commit_index) for s in states}
    return (
        weather.is_calm
        and len(agreed) == 1
        and len(leaders(weather)) == 1
        and states[0].commit_index == states[0].log.last_index
    )


def _writes(state: State) -> list[int]:
    """List at which index a log holds a write."""
    return [
        index
        for index, entry in enumerate(state.log.entries, start=1)
        if entry.kind == EntryKind.COMMAND
    ]


def is_written(weather: PhasedWorld) -> bool:
    """Tell whether a write was given to the leader of a calm mesh."""
    return weather.is_calm and any(_writes(leader) for leader in leaders(weather))


def is_committed(weather: PhasedWorld) -> bool:
    """L5: a leader and a quorum have applied the write."""
    applied = [
        node.state.me
        for node in weather.nodes
        if node.state is not None
        and any(index <= node.applied for index in _writes(node.state))
    ]
    return any(
        leader.me in applied
        and 2 * sum(name in applied for name in leader.config.initial_leaders.members)
        > leader.config.initial_leaders.size
        for leader in leaders(weather)
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
