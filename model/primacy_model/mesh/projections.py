"""What the claims about a mesh see: of an agent, of what is shared, of what happened.

The smaller a view, the fewer combinations of views a claim has to be judged in.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from typing import NamedTuple

from primacy.agents import AgentMap
from primacy.electorate import Roll
from primacy.log import Log
from primacy.role import Role
from primacy.types import AgentId, Index, Term
from primacy_model.mesh import rolls
from primacy_model.mesh.agent import Gate, Node
from primacy_model.mesh.history import History
from primacy_model.mesh.rolls import Electorates, electorates_at

# --- what is seen of an agent ---------------------------------------------------------


def nothing(_: Node) -> Hashable:
    """See nothing."""
    return None


def is_entitled(node: Node) -> Hashable:
    """See whether an agent that stands may."""
    state = node.state
    if state is None or state.role not in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        return True
    return rolls.is_entitled(state)


def is_roll_of_log(node: Node) -> Hashable:
    """See whether an agent's roll is that of its log."""
    return node.state is None or rolls.is_roll_of_log(node.state)


def has_electors(node: Node) -> Hashable:
    """See whether an agent has electors, in its roll and in its log."""
    state = node.state
    if state is None:
        return True
    roll = state.roll
    groups = (roll.electors, roll.outgoing, *rolls.last_electorates(state))
    return all(group.size > 0 for group in groups)


class InUse(NamedTuple):
    """What an agent counts with, and what it holds."""

    electorates: Electorates
    log: Log


def in_use(node: Node) -> Hashable:
    """See the electorates with which an agent counts, and its log."""
    state = node.state
    if state is None:
        return None
    return InUse((state.roll.electors, state.roll.outgoing), state.log)


class LeadsWith(NamedTuple):
    """With what electorates a leader counts."""

    term: Term
    electorates: Electorates


def leads_with(node: Node) -> Hashable:
    """See the electorates with which a leader counts."""
    state = node.state
    if state is None or state.role != Role.LEADER:
        return None
    return LeadsWith(state.term, (state.roll.electors, state.roll.outgoing))


def logs(node: Node) -> Hashable:
    """See the log on disk, and the one in memory if it differs."""
    held = None if node.state is None else node.state.log
    return (node.disk.log, None if held == node.disk.log else held)


class Start(NamedTuple):
    """Where a log starts that has lost its beginning, and the roll there."""

    last: int
    """The last index that is gone."""
    term: Term
    roll: Roll


def start(node: Node) -> Hashable:
    """See where the log on disk starts, nothing if it is whole."""
    log = node.disk.log
    return Start(log.start, log.start_term, log.start_roll) if log.start else None


def has_applied_start(node: Node) -> Hashable:
    """See whether an agent has committed and applied all below the start of its log."""
    state = node.state
    if state is None:
        return True
    return state.log.start <= min(state.commit_index, node.applied)


class Lead(NamedTuple):
    """What a leader holds."""

    term: Term
    log: Log


def lead(node: Node) -> Hashable:
    """See the term and the log of a leader."""
    state = node.state
    if state is None or state.role != Role.LEADER:
        return None
    return Lead(state.term, state.log)


class AgentKnowledge(NamedTuple):
    """What an agent has on disk, and what it believes of others if it leads."""

    agent: AgentId
    term: Term
    log: Log
    believed: tuple[Lead, AgentMap] | None


def match(node: Node) -> Hashable:
    """See what an agent holds, and what it believes of others."""
    state, disk = node.state, node.disk
    if state is None or state.role != Role.LEADER:
        return AgentKnowledge(node.me, disk.term, disk.log, None)
    believed = (Lead(state.term, state.log), state.leadership.match)
    return AgentKnowledge(node.me, disk.term, disk.log, believed)


class Called(NamedTuple):
    """What an agent has on disk, and what it calls committed if it leads."""

    agent: AgentId
    log: Log
    committed: Log | None
    electorates: frozenset[Electorates]
    """In force where it calls the log committed, or from a later entry on."""


def called(node: Node) -> Hashable:
    """See what an agent holds, and what it calls committed."""
    state, held = node.state, node.disk.log
    if state is None or state.role != Role.LEADER:
        return Called(node.me, held, None, frozenset())
    log, index, first = state.log, state.commit_index, state.config.first_roll
    index = Index(max(index, log.start))
    later = [at for at in log.rolls if at > index]
    found = frozenset(electorates_at(log, at, first) for at in (index, *later))
    return Called(node.me, held, log.prefix(index), found)


def is_next_above_match(node: Node) -> Hashable:
    """See whether a leader sends above what it knows to be held."""
    state = node.state
    if state is None or state.role != Role.LEADER:
        return True
    progress = state.leadership
    return all(
        progress.next.get(name) > progress.match.get(name)
        for name in state.roll.members.without(state.me).members
    )


def is_removed(node: Node) -> Hashable:
    """See whether an agent leads that is off the roll, as it knows."""
    state = node.state
    is_leader = state is not None and state.role == Role.LEADER
    return state is not None and is_leader and rolls.is_removed(state)


def is_taken_off(node: Node) -> Hashable:
    """See whether an agent asks for votes under a roll that it is not on."""
    state = node.state
    if state is None or state.role != Role.CANDIDATE:
        return False
    return not rolls.has(rolls.last_electorates(state), state.me)


def is_newcomer(node: Node) -> Hashable:
    """See whether an agent leads that was no elector at first."""
    state = node.state
    is_leader = state is not None and state.role == Role.LEADER
    return state is not None and is_leader and not state.config.is_initial_leader


def has_joined(node: Node) -> Hashable:
    """See whether an agent applies entries that was on no roll at first."""
    state = node.state
    if state is None:
        return False
    return node.applied > 0 and not state.config.first_roll.members.has(state.me)


def is_completed_by_another(node: Node) -> Hashable:
    """See whether a leader completed what another one began to replace."""
    state = node.state
    if state is None:
        return False
    set_ = [state.log.at(index) for index in state.log.rolls]
    return any(
        old.electors != old.outgoing and new.term > old.term
        for old, new in pairwise(set_)
    )


def is_compacted(node: Node) -> Hashable:
    """See whether an agent's log has lost its beginning."""
    return node.disk.log.start > 0


def is_roll_compacted(node: Node) -> Hashable:
    """See whether an agent's log has lost a change of the roll."""
    return node.disk.log.start_roll.index > 0


def is_inherited(node: Node) -> Hashable:
    """See whether an agent leads whose log starts at an entry of an earlier term."""
    state = node.state
    is_leader = state is not None and state.role == Role.LEADER
    return is_leader and 0 < node.disk.log.start_term < node.disk.term


def is_stopped_behind(node: Node) -> Hashable:
    """See whether an agent is down that comes back behind a snapshot."""
    return node.state is None and node.disk.log.start > 0


def is_candidate(node: Node) -> Hashable:
    """See whether an agent stands."""
    state = node.state
    return state is not None and state.role in (Role.PRE_CANDIDATE, Role.CANDIDATE)


class Ruling(NamedTuple):
    """An agent that runs, its term, and whether it leads."""

    agent: AgentId
    term: Term
    is_leader: bool


def ruling(node: Node) -> Hashable:
    """See who runs, in which term, and whether it leads."""
    state = node.state
    if state is None:
        return None
    return Ruling(state.me, state.term, state.role == Role.LEADER)


# --- what is seen of the rest ---------------------------------------------------------


def leaders(_: Gate, history: History) -> Hashable:
    """See who ever led."""
    return history.leaders


def votes(_: Gate, history: History) -> Hashable:
    """See every vote."""
    return history.votes


def elections(_: Gate, history: History) -> Hashable:
    """See who stood, who voted and who led."""
    return history.stood, history.votes, history.leaders


def winners(_: Gate, history: History) -> Hashable:
    """See with which electorates terms were won."""
    won = {(each.term, each.agent): each.electorates for each in history.stood}
    led = history.leaders & won.keys()
    return frozenset((term, won[term, agent]) for term, agent in led)


def committed(_: Gate, history: History) -> Hashable:
    """See what was applied anywhere."""
    return history.committed


def applied(_: Gate, history: History) -> Hashable:
    """See what was applied anywhere, and whether that was out of order."""
    return history.committed, "S8" in history.breaches


def admitted(_: Gate, history: History) -> Hashable:
    """See what the resource admitted, and whether that went back."""
    return history.admitted, "S9" in history.breaches


def breaches(_: Gate, history: History) -> Hashable:
    """See which invariants about steps were broken."""
    return history.breaches


def sides(gate: Gate, _: History) -> Hashable:
    """See how the network is split."""
    return gate.sides
