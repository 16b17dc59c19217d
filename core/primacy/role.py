"""What an agent is in an election, and what its election timer waits for.

Source: Ongaro 2014, section 3.3 and 9.6; clauses `timer.*`.
"""

from enum import Enum


class Role(Enum):
    """Where an agent stands in an election: a hint about the past, no permission."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


class Wait(Enum):
    """What the election timer of an agent that does not lead waits for."""

    PROMISE = "promise"
    """The minimum election timeout since a leader was heard, or since a restart.

    Until it has passed the agent gives no vote: a leader may hold a lease on it.
    """
    CLAIM = "claim"
    """The leader timeout of an agent that never knew a leader: then it claims."""
    WINDOW = "window"
    """The claim window: then the lowest claimant stands."""
    STAND = "stand"
    """A randomised election timeout: then the agent stands."""
