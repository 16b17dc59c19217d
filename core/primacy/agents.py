"""Sets of agents and maps from agents to numbers: the containers of the handlers.

Handlers reach agents only through the few methods below and never loop over them, so a
proof can put a set of any size in their place. A set is a sorted tuple, a map a tuple
beside its set: equal contents are equal values, in any order of insertion and under any
hash seed. Changing one is linear in the number of agents, at the speed of a copy.

Source: the container contracts in docs/design.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from primacy.types import NOBODY, AgentId


@dataclass(frozen=True, slots=True)
class AgentSet:
    """A set of agents."""

    members: tuple[AgentId, ...] = ()
    """Ascending, no id twice. Use `AgentSet.of` to build one from any order."""

    @classmethod
    def of(cls, ids: Iterable[str]) -> AgentSet:
        """Collect ids in any order; one that is named twice counts once."""
        return cls(tuple(AgentId(name) for name in sorted(set(ids))))

    @property
    def size(self) -> int:
        """Count the members."""
        return len(self.members)

    @property
    def first(self) -> AgentId:
        """Name the member with the lowest id, `NOBODY` if there is none."""
        return self.members[0] if self.members else NOBODY

    def has(self, agent: AgentId) -> bool:
        """Tell whether an agent is a member."""
        return agent in self.members

    def with_(self, agent: AgentId) -> AgentSet:
        """Add an agent; nothing changes if it is a member."""
        if agent in self.members:
            return self
        return AgentSet(tuple(sorted((*self.members, agent))))

    def without(self, agent: AgentId) -> AgentSet:
        """Remove an agent; nothing changes if it is no member."""
        if agent not in self.members:
            return self
        return AgentSet(tuple(member for member in self.members if member != agent))

    def intersection(self, other: AgentSet) -> AgentSet:
        """Keep the members that another set has too."""
        theirs = other.members
        return AgentSet(tuple(member for member in self.members if member in theirs))

    def union(self, other: AgentSet) -> AgentSet:
        """Join the members of both sets."""
        return AgentSet.of((*self.members, *other.members))

    def difference(self, other: AgentSet) -> AgentSet:
        """Keep the members that another set has not."""
        theirs = other.members
        return AgentSet(
            tuple(member for member in self.members if member not in theirs)
        )


NO_AGENTS = AgentSet()
"""The empty set."""


@dataclass(frozen=True, slots=True)
class AgentMap:
    """A number for every agent: 0 for each that was given no other.

    Only numbers other than 0 are stored, so maps with equal numbers are equal values.
    """

    agents: AgentSet = NO_AGENTS
    """The agents whose number is not 0."""
    values: tuple[int, ...] = ()
    """Their numbers, in the order of the agents."""

    def get(self, agent: AgentId) -> int:
        """Read an agent's number."""
        members = self.agents.members
        return self.values[members.index(agent)] if agent in members else 0

    def set(self, agent: AgentId, value: int) -> AgentMap:
        """Change an agent's number."""
        members, values = self.agents.members, self.values
        if agent not in members or value == 0:
            return self.set_all(NO_AGENTS.with_(agent), value)
        place = members.index(agent)
        return AgentMap(self.agents, (*values[:place], value, *values[place + 1 :]))

    def set_all(self, agents: AgentSet, value: int) -> AgentMap:
        """Change the number of each of some agents."""
        kept = self.within(self.agents.difference(agents))
        if value == 0:
            return kept
        numbers = dict(zip(kept.agents.members, kept.values, strict=True))
        numbers.update(dict.fromkeys(agents.members, value))
        named = kept.agents.union(agents)
        return AgentMap(named, tuple(numbers[agent] for agent in named.members))

    def within(self, agents: AgentSet) -> AgentMap:
        """Keep the numbers of some agents; every other agent has 0."""
        held = tuple(
            (agent, value)
            for agent, value in zip(self.agents.members, self.values, strict=True)
            if agent in agents.members
        )
        return AgentMap(
            AgentSet(tuple(agent for agent, _ in held)),
            tuple(value for _, value in held),
        )

    def at_least(self, value: int) -> AgentSet:
        """Collect the agents whose number is not 0 and not below a value."""
        return AgentSet(
            tuple(
                agent
                for agent, held in zip(self.agents.members, self.values, strict=True)
                if held >= value
            )
        )

    def suggestion(self, electors: AgentSet, outgoing: AgentSet) -> int:
        """Suggest the highest number that more than half of each set have reached.

        Only a suggestion: before acting on it ask `at_least` and count the quorum.
        """
        return min(self._middle(electors), self._middle(outgoing))

    def _middle(self, agents: AgentSet) -> int:
        """Find the highest number that more than half of some agents have reached."""
        held = sorted(self.get(agent) for agent in agents.members)
        return held[(len(held) - 1) // 2] if held else 0
