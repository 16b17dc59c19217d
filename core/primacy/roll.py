"""The electorate and its quorum rule.

A roll is the set of electors together with the position in the log that set it. It
starts as the initial leaders at position 0 and travels with every request for a vote.
The quorum rule below is the only one in the project: every election, commit, confirmed
round and quorum check counts through it.

Source: Ongaro 2014, section 3.4; clauses `quorum.*` of docs/specification.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from primacy.agents import AgentSet
from primacy.quantities import NO_INDEX, NO_TERM, AgentId, Index, Term


@dataclass(frozen=True, slots=True)
class Roll:
    """The electorate, and where in the log it was set."""

    electors: AgentSet
    index: Index = NO_INDEX
    term: Term = NO_TERM

    def has(self, agent: AgentId) -> bool:
        """Tell whether an agent is an elector."""
        return self.electors.has(agent)

    def is_quorum(self, agents: AgentSet) -> bool:
        """Tell whether the electors among these agents are more than half of all."""
        # quorum.majority, quorum.electors-only
        return 2 * self.electors.common(agents).size > self.electors.size
