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

from primacy.quantities import AgentId


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

    def common(self, other: AgentSet) -> AgentSet:
        """Keep the members that another set has too."""
        theirs = other.members
        return AgentSet(tuple(member for member in self.members if member in theirs))

    def united(self, other: AgentSet) -> AgentSet:
        """Join the members of both sets."""
        return AgentSet.of((*self.members, *other.members))

    def less(self, other: AgentSet) -> AgentSet:
        """Keep the members that another set has not."""
        theirs = other.members
        return AgentSet(
            tuple(member for member in self.members if member not in theirs)
        )


NO_AGENTS = AgentSet()
"""The empty set."""


@dataclass(frozen=True, slots=True)
class AgentMap:
    """A number for each of a fixed set of agents."""

    agents: AgentSet = NO_AGENTS
    values: tuple[int, ...] = ()
    """In the order of the agents."""

    @classmethod
    def zero(cls, agents: AgentSet) -> AgentMap:
        """Begin with 0 for every agent."""
        return cls(agents, (0,) * agents.size)

    def get(self, agent: AgentId) -> int:
        """Read an agent's number; the agent must be one of the map's."""
        return self.values[self.agents.members.index(agent)]

    def set(self, agent: AgentId, value: int) -> AgentMap:
        """Change an agent's number; the agent must be one of the map's."""
        place = self.agents.members.index(agent)
        values = self.values
        return AgentMap(self.agents, (*values[:place], value, *values[place + 1 :]))

    def set_all(self, agents: AgentSet, value: int) -> AgentMap:
        """Change the number of each of some agents, all of them the map's."""
        chosen = agents.members
        return AgentMap(
            self.agents,
            tuple(
                value if agent in chosen else held
                for agent, held in zip(self.agents.members, self.values, strict=True)
            ),
        )

    def at_least(self, value: int) -> AgentSet:
        """Collect the agents whose number is not below a value."""
        return AgentSet(
            tuple(
                agent
                for agent, held in zip(self.agents.members, self.values, strict=True)
                if held >= value
            )
        )

    def suggestion(self, electors: AgentSet) -> int:
        """Suggest the highest number that more than half of the electors have reached.

        Only a suggestion: before acting on it ask `at_least` and count the quorum.
        """
        held = sorted(
            value
            for agent, value in zip(self.agents.members, self.values, strict=True)
            if agent in electors.members
        )
        return held[(len(held) - 1) // 2] if held else 0
