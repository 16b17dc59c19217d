"""Reads that wait: on a leader for a confirmed round, elsewhere for entries to apply.

Handlers add reads and ask for the answers that have become due; the loops over reads
are here, behind a few methods, so that a proof can put any number of reads in their
place.

Source: Ongaro 2014, section 6.4; clauses `read.*`.
"""

from __future__ import annotations

from dataclasses import dataclass

from primacy.messages import ReadIndexReply
from primacy.outputs import Outputs, Reason, Send, ServeRead, Stale
from primacy.types import (
    NOBODY,
    AgentId,
    Index,
    MeshKey,
    RequestId,
    Round,
    Term,
)


@dataclass(frozen=True, slots=True)
class LeaderRead:
    """A read that was asked of a leader."""

    requester: AgentId
    request: RequestId
    index: Index
    """The leader's commit index when it was asked."""
    round: Round
    """The heartbeat round that was begun for it."""


@dataclass(frozen=True, slots=True)
class LeaderReads:
    """The reads that a leader was asked and has not answered, oldest first."""

    reads: tuple[LeaderRead, ...] = ()

    def has(self, requester: AgentId, request: RequestId) -> bool:
        """Tell whether a read already waits."""
        return any(
            read.requester == requester and read.request == request
            for read in self.reads
        )

    def with_(self, read: LeaderRead) -> LeaderReads:
        """Add a read."""
        return LeaderReads((*self.reads, read))

    def confirmed(self, by: Round) -> LeaderReads:
        """Keep the reads whose round was begun no later than `by`."""
        return LeaderReads(tuple(read for read in self.reads if read.round <= by))

    def unconfirmed(self, by: Round) -> LeaderReads:
        """Keep the others."""
        return LeaderReads(tuple(read for read in self.reads if read.round > by))

    def answers(self, mesh: MeshKey, me: AgentId, term: Term) -> Outputs:
        """Answer them all: serve the leader's own, reply to the other agents."""
        return tuple(
            ServeRead(read.request, read.index)
            if read.requester == me
            else Send(
                read.requester,
                ReadIndexReply(mesh, me, term, read.request, True, read.index),
            )
            for read in self.reads
        )

    def refusals(self, mesh: MeshKey, me: AgentId, term: Term) -> Outputs:
        """Refuse them all, because leadership was lost."""
        return tuple(
            Stale(read.request, Reason.LOST_LEADERSHIP, NOBODY, term)
            if read.requester == me
            else Send(
                read.requester,
                ReadIndexReply(mesh, me, term, read.request, False, read.index),
            )
            for read in self.reads
        )


@dataclass(frozen=True, slots=True)
class FollowerRead:
    """A read that is fresh as soon as entries up to an index are applied."""

    request: RequestId
    index: Index


@dataclass(frozen=True, slots=True)
class FollowerReads:
    """The reads that an agent will serve once it has applied enough, oldest first."""

    reads: tuple[FollowerRead, ...] = ()

    def with_(self, read: FollowerRead) -> FollowerReads:
        """Add a read; nothing changes if it waits already."""
        if read in self.reads:
            return self
        return FollowerReads((*self.reads, read))

    def later(self, applied: Index) -> FollowerReads:
        """Keep the reads that need more than what is applied."""
        return FollowerReads(tuple(read for read in self.reads if read.index > applied))

    def due(self, applied: Index) -> Outputs:
        """Serve the others."""
        return tuple(
            ServeRead(read.request, applied)
            for read in self.reads
            if read.index <= applied
        )


NO_LEADER_READS = LeaderReads()
"""No read waits."""
NO_FOLLOWER_READS = FollowerReads()
"""No read waits."""
