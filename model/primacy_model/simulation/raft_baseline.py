"""Plain Raft elections, to compare with: no pre-vote, no claims, no promises.

A follower that hears no leader for a random time between one and two election timeouts
stands in the next term. Pure, as core is: `handle` gives the next state, what is sent
and what becomes of timers. There is no log; all logs count as equal. It is measured,
never shipped, and nothing of primacy rests on it.

Source: Ongaro 2014, sections 3.3 and 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from primacy.role import Role


class BaselineKind(Enum):
    """What is said."""

    ASK = "vote request"
    GRANT = "vote"
    REFUSE = "refusal"
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class BaselinePacket:
    """A packet."""

    kind: BaselineKind
    term: int
    sender: int


@dataclass(frozen=True, slots=True)
class BaselineAgent:
    """One agent."""

    me: int
    size: int
    term: int = 0
    role: Role = Role.FOLLOWER
    vote: int = -1
    votes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reaction:
    """The agent after an event, and what it asks for."""

    agent: BaselineAgent
    to: tuple[int, ...] = ()
    said: BaselinePacket | None = None
    is_rearmed: bool = False
    """The election timer is drawn anew."""


def on_timeout(agent: BaselineAgent) -> Reaction:
    """Stand in the next term, unless it leads."""
    if agent.role is Role.LEADER:
        return Reaction(agent)
    term, me = agent.term + 1, agent.me
    standing = BaselineAgent(me, agent.size, term, Role.CANDIDATE, me, frozenset({me}))
    ask = BaselinePacket(BaselineKind.ASK, term, me)
    return _counted(Reaction(standing, others(agent), ask, is_rearmed=True))


def on_beat(agent: BaselineAgent) -> Reaction:
    """Show that it leads."""
    said = BaselinePacket(BaselineKind.HEARTBEAT, agent.term, agent.me)
    return Reaction(agent, others(agent), said)


def on_said(agent: BaselineAgent, said: BaselinePacket) -> Reaction:
    """Handle a packet."""
    if said.term > agent.term:
        agent = BaselineAgent(agent.me, agent.size, said.term)
    back = (said.sender,)
    if said.kind is BaselineKind.ASK:
        if said.term < agent.term or agent.vote not in (-1, said.sender):
            return Reaction(
                agent, back, BaselinePacket(BaselineKind.REFUSE, agent.term, agent.me)
            )
        granted = BaselinePacket(BaselineKind.GRANT, agent.term, agent.me)
        voted = replace(agent, vote=said.sender)
        return Reaction(voted, back, granted, is_rearmed=True)
    if said.term < agent.term:
        return Reaction(agent)
    if said.kind is BaselineKind.HEARTBEAT:
        return Reaction(replace(agent, role=Role.FOLLOWER), is_rearmed=True)
    if said.kind is BaselineKind.GRANT and agent.role is Role.CANDIDATE:
        votes = agent.votes | {said.sender}
        return _counted(Reaction(replace(agent, votes=votes)))
    return Reaction(agent)


def _counted(reaction: Reaction) -> Reaction:
    """Let a candidate with a majority lead."""
    agent = reaction.agent
    if 2 * len(agent.votes) <= agent.size:
        return reaction
    return replace(reaction, agent=replace(agent, role=Role.LEADER))


def others(agent: BaselineAgent) -> tuple[int, ...]:
    """Name everyone else."""
    return tuple(place for place in range(agent.size) if place != agent.me)
