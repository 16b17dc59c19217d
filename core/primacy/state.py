"""The state of one agent: what is durable, what is not, and what only a leader has.

`Durable` is what a runtime finds on disk after a restart; `recover` makes a state of
it. `Leadership` is empty in every other role. Values are immutable: a handler returns a
changed copy.

Source: Ongaro 2014, figure 3.1; clauses `state.*`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from primacy.agents import AgentMap, AgentSet
from primacy.config import Config
from primacy.electorate import Roll
from primacy.log import EMPTY_LOG, EMPTY_SEGMENT, Log
from primacy.outputs import Discard, Outputs, Persist, Restore
from primacy.pending_reads import (
    NO_LEADER_READS,
    FollowerReads,
    LeaderReads,
)
from primacy.role import Role, Wait
from primacy.types import (
    NO_ROUND,
    NO_TERM,
    NOBODY,
    START,
    AgentId,
    Index,
    Instant,
    Round,
    Term,
)


@dataclass(frozen=True, slots=True)
class Durable:
    """What survives a crash: written before anything that depends on it."""

    # state.durable
    term: Term = NO_TERM
    voted_for: AgentId = NOBODY
    log: Log = EMPTY_LOG

    def after(self, persist: Persist) -> Durable:
        """Carry out a `Persist` output: what the disk holds after the write."""
        return Durable(
            persist.term,
            persist.voted_for,
            self.log.spliced(persist.after, persist.entries),
        )

    def discarded(self, discard: Discard) -> Durable:
        """Carry out a `Discard` output: what the disk holds after the write."""
        log = self.log.compacted(discard.index, discard.roll)
        return Durable(self.term, self.voted_for, log)

    def restored(self, restore: Restore) -> Durable:
        """Carry out a `Restore` output: what the disk holds after the write."""
        log = Log.starting(restore.index, restore.index_term, restore.roll)
        if restore.keeps_rest:
            log = self.log.compacted(restore.index, restore.roll)
        return Durable(restore.term, restore.voted_for, log)


NOTHING_DURABLE: Final = Durable()
"""The empty disk of an agent that never ran."""


@dataclass(frozen=True)  # no slots: see `change`
class Leadership:
    """What a leader knows; in any other role it is `NO_LEADERSHIP`."""

    match: AgentMap = AgentMap()
    """Up to where each agent's log is known to equal the leader's."""
    next: AgentMap = AgentMap()
    """What to send each agent next; above its match index. 0 for the leader."""
    installing: AgentMap = AgentMap()
    """Up to where each agent was sent a snapshot since the last quorum check.

    The snapshot is on its way while this is above the agent's match index.
    """
    seen: AgentMap = AgentMap()
    """The last heartbeat round that each agent acknowledged."""
    round: Round = NO_ROUND
    """The last round that was begun."""
    confirmed_round: Round = NO_ROUND
    """The last round that a quorum acknowledged."""
    checked_round: Round = NO_ROUND
    """The last round begun before the last quorum check."""
    lease_round: Round = NO_ROUND
    """The round whose confirmation extends the lease next."""
    lease_start: Instant = START
    """When it was begun."""
    lease_until: Instant = START
    """The lease holds before this instant."""
    lease_given: bool = False
    """A quorum of the present roll confirmed the round that gave the lease."""
    lease_void: bool = False
    """A transfer was begun: no lease read is served again in this term."""
    transferee: AgentId = NOBODY
    """The elector that was asked to take over; no write is taken meanwhile."""
    reads: LeaderReads = NO_LEADER_READS


NO_LEADERSHIP: Final = Leadership()
"""What an agent that does not lead knows as a leader: nothing."""


# state.value
@dataclass(frozen=True)  # no slots: see `change`
class State:
    """One agent, whole. Compare it, hash it, store it, step it."""

    config: Config = field(hash=False)
    durable: Durable
    roll: Roll
    """The roll that the last entry of its kind in the log sets, else the first."""
    role: Role
    wait: Wait
    """What the election timer waits for; has no meaning for a leader."""
    leader: AgentId
    """Who leads the term, as far as this agent knows."""
    commit_index: Index
    """Up to here the log is committed, and was given out to be applied."""
    granted: AgentSet
    """Who granted this candidate's (pre-)vote."""
    lowest_claim: AgentId
    """The lowest claimant of the initial election in progress, else `NOBODY`."""
    last_heartbeat: Instant
    """When a heartbeat was last heard, or begun by this agent as leader."""
    alive: AgentSet
    """The agents that the leader takes to be alive."""
    is_cut_off: bool
    """No quorum answered when this agent last needed one."""
    parked: FollowerReads
    leadership: Leadership

    @property
    def term(self) -> Term:
        """Name the current term."""
        return self.durable.term

    @property
    def log(self) -> Log:
        """Show the log."""
        return self.durable.log

    @property
    def me(self) -> AgentId:
        """Name this agent."""
        return self.config.me


Result = tuple[State, Outputs]
"""What a handler returns: the state after, and what the runtime must do, in order."""


def persist_term(durable: Durable) -> Persist:
    """Write down a term and its vote; the log stays as it is."""
    return Persist(
        durable.term, durable.voted_for, durable.log.last_index, EMPTY_SEGMENT
    )
