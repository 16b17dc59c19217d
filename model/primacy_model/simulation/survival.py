"""Whether those agents that are left of a mesh can ever elect one of them.

Where disks are lost for ever, a mesh may stand still and be right: then nothing is
claimed of its convergence. This is asked here of the logs alone, by Raft's rule as
`mesh.rolls` has it, and not of the core: an agent may stand if it is on the roll that
its log sets, or was on the one before and the last is not known to be committed; it is
voted for by all those whose log is not later; and it needs a quorum of its roll.

Source: Ongaro 2014, sections 3.6.1, 4.2.2 and 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from primacy.agents import AgentSet
from primacy.state import State
from primacy_model.mesh.rolls import is_entitled, is_quorum, last_electorates


def can_elect(states: Sequence[State]) -> bool:
    """Tell whether one of these agents can be elected by the others."""
    return any(_can_win(state, states) for state in states)


def _can_win(state: State, states: Sequence[State]) -> bool:
    voters = AgentSet.of(voter.me for voter in states if _end(voter) <= _end(state))
    return is_entitled(state) and is_quorum(voters, last_electorates(state))


def _end(state: State) -> tuple[int, int]:
    return state.log.last_term, state.log.last_index
