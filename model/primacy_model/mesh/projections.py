"""What the claims about a mesh see: of an agent, of what is shared, of what happened.

The smaller a view, the fewer combinations of views a claim has to be judged in.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from primacy.agents import AgentMap, AgentSet
from primacy.log import Log
from primacy.quantities import AgentId, Term
from primacy.role import Role
from primacy_model.mesh.agent import Gate, Node
from primacy_model.mesh.history import History

# --- what is seen of an agent ---------------------------------------------------------


def nothing(_: Node) -> Hashable:
    """See nothing."""
    return None


class Standing(NamedTuple):
    """Who is not a follower, and on what roll it counts."""

    agent: AgentId | None
    roll: AgentSet


def standing(node: Node) -> Hashable:
    """See whether an agent stands or leads, and its roll."""
    state = node.state
    if state is None:
        return None
    who = None if state.role == Role.FOLLOWER else state.me
    return Standing(who, state.roll.electors)


def logs(node: Node) -> Hashable:
    """See the log on disk, and the one in memory if it differs."""
    held = None if node.state is None else node.state.log
    return (node.disk.log, None if held == node.disk.log else held)


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

    term: Term
    log: Log
    believed: tuple[Lead, AgentMap] | None


def match(node: Node) -> Hashable:
    """See what an agent holds, and what it believes of others."""
    state, disk = node.state, node.disk
    if state is None or state.role != Role.LEADER:
        return AgentKnowledge(disk.term, disk.log, None)
    believed = (Lead(state.term, state.log), state.leadership.match)
    return AgentKnowledge(disk.term, disk.log, believed)


class Called(NamedTuple):
    """What an agent has on disk, and what it calls committed if it leads."""

    log: Log
    committed: Log | None
    electors: AgentSet | None
    everyone: AgentSet | None


def called(node: Node) -> Hashable:
    """See what an agent holds, and what it calls committed."""
    state, log = node.state, node.disk.log
    if state is None or state.role != Role.LEADER:
        return Called(log, None, None, None)
    config = state.config
    prefix = state.log.prefix(state.commit_index)
    return Called(log, prefix, config.initial_leaders, config.everyone)


def is_next_above_match(node: Node) -> Hashable:
    """See whether a leader sends above what it knows to be held."""
    state = node.state
    if state is None or state.role != Role.LEADER:
        return True
    progress = state.leadership
    return all(
        progress.next.get(name) > progress.match.get(name)
        for name in state.config.peers.members
    )


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


def active(_: Gate, history: History) -> Hashable:
    """See who ever led, voted or got a vote."""
    found = {who for _term, who in history.leaders}
    for _term, voter, candidate in history.votes:
        found.update((voter, candidate))
    return AgentSet.of(found)


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
