"""The electorate and its quorum rule.

A roll is the electorate together with the position in the log that set it. It starts
as the initial leaders at position 0, is changed by entries of the log, and travels with
every request for a vote. While one electorate replaces another, a roll has both, and
its quorums are quorums of each. The quorum rule below is the only one in the project:
every election, commit, confirmed round and quorum check counts through it.

Source: Ongaro 2014, sections 3.4 and 4.3; clauses `quorum.*`, `roll.*` of
docs/specification.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.types import NO_INDEX, NO_TERM, AgentId, Index, Term


@dataclass(frozen=True, slots=True)
class Roll:
    """The members of a mesh with their parts, and where in the log they were set."""

    electors: AgentSet
    outgoing: AgentSet
    """The electorate that is being replaced; else the same as `electors`."""
    workers: AgentSet = NO_AGENTS
    index: Index = NO_INDEX
    term: Term = NO_TERM

    @property
    def voters(self) -> AgentSet:
        """Collect the agents that may stand and vote."""
        return self.electors.union(self.outgoing)

    @property
    def members(self) -> AgentSet:
        """Collect every agent of the mesh."""
        return self.voters.union(self.workers)  # roll.members

    @property
    def is_joint(self) -> bool:
        """Tell whether one electorate is replacing another."""
        return self.electors != self.outgoing

    def has(self, agent: AgentId) -> bool:
        """Tell whether an agent may stand and vote."""
        return self.voters.has(agent)

    def is_quorum(self, agents: AgentSet) -> bool:
        """Tell whether these agents are more than half of each electorate."""
        # quorum.majority, quorum.electors-only, quorum.joint
        return _is_majority(agents, self.electors) and (
            _is_majority(agents, self.outgoing)
        )

    def suggestion(self, numbers: AgentMap) -> int:
        """Suggest the highest number that a quorum has reached.

        Only a suggestion: before acting on it ask `at_least` and count the quorum.
        """
        return numbers.suggestion(self.electors, self.outgoing)


NO_ROLL: Final = Roll(NO_AGENTS, NO_AGENTS)
"""What stands where there is no roll: nobody is on it."""


def _is_majority(agents: AgentSet, electors: AgentSet) -> bool:
    return 2 * electors.intersection(agents).size > electors.size
