"""What must hold in every world: S1 to S10, S13, and what finds bugs earlier.

Each is a named predicate over one world state. Those that speak of a step (terms never
fall, a leader only appends) read the breaches that `world.perform` writes down while it
carries the step out. S11 and S12 need clocks and electorate changes, which these worlds
have not: they are not checked here.

Source: the guarantees of docs/specification.md; Ongaro 2014, figure 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from primacy.agents import AgentSet
from primacy.log import Log
from primacy.role import Role
from primacy_model.model import Kind, Property
from primacy_model.world import World, running


def has_one_leader_a_term(world: World) -> bool:
    """S1: at most one agent is ever leader in a term."""
    return _has_distinct_keys((term, who) for term, who in world.history.leaders)


def has_electors_only(world: World) -> bool:
    """S2: who stands, votes or leads is on the roll."""
    active = {state.me for state in running(world) if state.role != Role.FOLLOWER}
    active.update(who for _, who in world.history.leaders)
    for _, voter, candidate in world.history.votes:
        active.update((voter, candidate))
    rolls = [state.roll.electors for state in running(world)]
    return all(AgentSet.of(active).less(roll).size == 0 for roll in rolls)


def has_one_vote_a_term(world: World) -> bool:
    """S4: an agent grants at most one vote in a term."""
    return _has_distinct_keys(
        ((term, voter), candidate) for term, voter, candidate in world.history.votes
    )


def has_matching_logs(world: World) -> bool:
    """S5: logs that agree on (index, term) agree on everything up to it."""
    logs = [node.disk.log for node in world.nodes]
    logs += [state.log for state in running(world)]
    distinct = list(dict.fromkeys(logs))
    return all(
        _match(one, other)
        for place, one in enumerate(distinct)
        for other in distinct[:place]
    )


def _match(one: Log, other: Log) -> bool:
    ours, theirs = one.entries, other.entries
    for index in range(min(len(ours), len(theirs)), 0, -1):
        if ours[index - 1].term == theirs[index - 1].term:
            return ours[:index] == theirs[:index]
    return True


def has_complete_leaders(world: World) -> bool:
    """S7: every committed entry is in the log of every later leader."""
    for state in running(world):
        if state.role != Role.LEADER:
            continue
        held = state.log.entries
        for place, committed in enumerate(world.history.committed):
            if committed.term < state.term and (
                place >= len(held) or held[place] != committed.entry
            ):
                return False
    return True


def has_one_leader_a_token(world: World) -> bool:
    """S9: a token names one leader, and none is admitted after a higher one."""
    names_one = _has_distinct_keys((held, who) for held, who in world.history.admitted)
    return names_one and "S9" not in world.history.breaches


def has_true_matches(world: World) -> bool:
    """Tell whether what a leader believes a follower to hold is a common prefix.

    Said of followers whose term is not above the leader's: a later leader may have
    overwritten what the others held.
    """
    for state in running(world):
        if state.role != Role.LEADER:
            continue
        for node, name in zip(world.nodes, state.config.everyone.members, strict=True):
            held = state.leadership.match.get(name)
            theirs = node.disk.log.entries[:held]
            if node.disk.term <= state.term and state.log.entries[:held] != theirs:
                return False
    return True


def has_next_above_match(world: World) -> bool:
    """Tell whether what is sent next lies above what is known to be held."""
    return all(
        state.leadership.next.get(name) > state.leadership.match.get(name)
        for state in running(world)
        if state.role == Role.LEADER
        for name in state.config.peers.members
    )


def _has_distinct_keys(pairs: Iterable[tuple[object, object]]) -> bool:
    """Tell whether no key stands with two values."""
    found = set(pairs)
    return len({key for key, _ in found}) == len(found)


def _kept(name: str) -> Callable[[World], bool]:
    """Tell that no step has broken an invariant about steps."""

    def holds(world: World) -> bool:
        return name not in world.history.breaches

    return holds


def _always(name: str, title: str, holds: Callable[[World], bool]) -> Property[World]:
    return Property(name, title, Kind.ALWAYS, holds)


ALWAYS: tuple[Property[World], ...] = (
    _always("S1", "election safety", has_one_leader_a_term),
    _always("S2", "leader-only elections", has_electors_only),
    _always("S3", "monotonic terms", _kept("S3")),
    _always("S4", "one vote", has_one_vote_a_term),
    _always("S5", "log matching", has_matching_logs),
    _always("S6", "leader append-only", _kept("S6")),
    _always("S7", "leader completeness", has_complete_leaders),
    _always("S8", "state machine safety", _kept("S8")),
    _always("S9", "fencing", has_one_leader_a_token),
    _always("S10", "no stale read", _kept("S10")),
    _always("S13", "durable before sent", _kept("S13")),
    _always("match-prefix", "a match is a true common prefix", has_true_matches),
    _always(
        "commit-quorum", "a quorum holds what is committed", _kept("commit-quorum")
    ),
    _always("commit-monotone", "a commit index never falls", _kept("commit-monotone")),
    _always("next-above-match", "next is above match", has_next_above_match),
)
"""What every scope checks in every state."""


def _is_elected(world: World) -> bool:
    return bool(world.history.leaders)


def _is_elected_again(world: World) -> bool:
    return len({term for term, _ in world.history.leaders}) > 1


def _is_contested(world: World) -> bool:
    standing = [
        state
        for state in running(world)
        if state.role in (Role.PRE_CANDIDATE, Role.CANDIDATE)
    ]
    return len(standing) > 1


def _is_committed_again(world: World) -> bool:
    return len(world.history.committed) > 1


def _is_read_served(world: World) -> bool:
    return bool(world.history.served)


def _is_effect_refused(world: World) -> bool:
    return bool(world.history.refused)


def _is_transferred(world: World) -> bool:
    return bool(world.history.transferred)


def _is_split_with_both_active(world: World) -> bool:
    """Tell whether one side has a leader and the other a newer term."""
    if world.sides is None:
        return False
    leaders = [state for state in running(world) if state.role == Role.LEADER]
    return any(
        world.sides.has(one.me) != world.sides.has(other.me) and other.term > one.term
        for one in leaders
        for other in running(world)
    )


def _sometimes(
    name: str, title: str, holds: Callable[[World], bool]
) -> Property[World]:
    return Property(name, title, Kind.SOMETIMES, holds)


SOMETIMES: dict[str, Property[World]] = {
    claim.id: claim
    for claim in (
        _sometimes("elected", "a leader is elected", _is_elected),
        _sometimes(
            "elected-again", "a second leader leads a later term", _is_elected_again
        ),
        _sometimes("contested", "two agents stand at a time", _is_contested),
        _sometimes(
            "committed", "an entry after the first is committed", _is_committed_again
        ),
        _sometimes("read-served", "a read is served", _is_read_served),
        _sometimes("effect-refused", "a stale effect is refused", _is_effect_refused),
        _sometimes("transferred", "a transfer is completed", _is_transferred),
        _sometimes(
            "both-sides", "both sides of a partition act", _is_split_with_both_active
        ),
    )
}
"""What shows that a scope is not vacuous, by name."""
