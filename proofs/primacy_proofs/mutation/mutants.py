"""Mutants: bent cores, and by what each is judged.

What is bent stands in `primacy_model.mutation`; a row here names it by its id. A mutant
is judged by some units of work and some groups of laws. A safety mutant must leave an
obligation unproved. A liveness mutant only costs progress, or another guard stands
behind the one it bends: it must keep every law, and it says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from primacy_model.mutation.catalog import bend_of
from primacy_model.mutation.mutant import Bend
from primacy_proofs.laws import registry


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bent core, and by what it is judged."""

    id: str
    """The id of its bend."""
    units: tuple[str, ...]
    groups: tuple[str, ...]
    """Which laws it has to keep or to break; all of them if none is named."""
    reason: str = ""
    """Why nothing breaks, of a liveness mutant; empty for a safety mutant."""

    @property
    def bend(self) -> Bend:
        """Look up what is replaced."""
        return bend_of(self.id)

    @property
    def is_safety(self) -> bool:
        """Tell whether some law must break."""
        return not self.reason


MUTANTS: Final = (
    Mutant("vote-not-persisted", ("VoteRequest",), ("election", "durable")),
    Mutant("vote-persisted-after-reply", ("VoteRequest",), ("durable",)),
    Mutant("vote-cleared-by-restart", ("Restart",), ("election",)),
    Mutant("term-not-persisted", ("VoteReply",), ("durable",)),
    Mutant("term-lowered-by-restart", ("Restart",), ("election",)),
    Mutant("restart-without-its-disk", ("Restart",), ("election",)),
    Mutant("terms-fall", ("VoteReply",), ("election",)),
    Mutant("second-vote-in-a-term", ("VoteRequest",), ("election",)),
    Mutant("stands-in-its-own-term", ("PreVoteReply",), ("election",)),
    Mutant("stale-grant-counted", ("VoteReply",), ("election",)),
    Mutant("grants-counted-as-a-number", ("VoteReply",), ("election",)),
    Mutant("refusal-counted", ("VoteReply",), ("election",)),
    Mutant("pre-votes-counted-as-votes", ("PreVoteReply",), ("election",)),
    Mutant("pre-votes-win", ("PreVoteReply",), ("election",)),
    Mutant("pre-vote-overwrites-vote", ("PreVoteRequest",), ("election",)),
    Mutant("half-is-a-quorum", ("VoteReply",), ("election",)),
    Mutant("leads-after-restart", ("Restart",), ("election",)),
    Mutant("leadership-outlives-a-crash", ("Restart",), ("election",)),
    Mutant("lowest-id-leads", ("Elapsed",), ("election",)),
    Mutant("leader-for-ever", ("VoteReply",), ("election",)),
    Mutant("worker-stands", ("Elapsed",), ("election",)),
    Mutant("everyone-is-an-elector", ("VoteRequest",), ("election",)),
    Mutant("worker-may-vote", ("VoteRequest",), ("election",)),
    Mutant("another-mesh-votes", ("VoteReply",), ("election",)),
    Mutant("another-roll-taken", ("VoteRequest",), (registry.REJECTION,)),
    Mutant("stranger-counted", ("HeartbeatReply",), (registry.TOTAL,)),
    Mutant("lower-token-admitted", ("Resource",), ("fencing",)),
    Mutant("fence-forgets", ("Resource",), ("fencing",)),
    Mutant("everyone-has-a-token", ("Resource",), ("fencing",)),
    Mutant(
        "own-leader-refused",
        ("PreVoteRequest", "VoteRequest"),
        (),
        "fewer votes are given: two of three may stay without a leader",
    ),
    Mutant(
        "lower-term-not-answered",
        ("VoteRequest",),
        (),
        "less is sent: a candidate with an old term learns later of a newer one",
    ),
    Mutant(
        "refused-request-rearms",
        ("VoteRequest",),
        (),
        "only a timer is put off: an election may be delayed for long",
    ),
    Mutant(
        "pre-vote-brings-its-term",
        ("PreVoteRequest",),
        (),
        "a term is adopted durably, as any other: a live leader is disturbed",
    ),
    Mutant(
        "nobody-stands-again",
        ("Elapsed",),
        (),
        "a split vote is never tried again: no leader, and none too many",
    ),
    Mutant("log-not-compared", ("VoteRequest",), ("commit",)),
    Mutant("log-compared-by-length-only", ("VoteRequest",), ("commit",)),
    Mutant("log-compared-by-index-first", ("VoteRequest",), ("commit",)),
    Mutant("log-taken-for-committed-by-restart", ("Restart",), ("commit",)),
    Mutant("older-term-committed-by-counting", ("AppendReply",), ("commit",)),
    Mutant("commit-not-counted", ("Write",), ("commit",)),
    Mutant("own-write-committed-alone", ("Write",), ("commit",)),
    Mutant("worker-counts", ("Write",), ("commit",)),
    Mutant("commit-index-goes-back", ("Write",), (registry.TOTAL,)),
    Mutant("accepted-elsewhere", ("Write",), ("log",)),
    Mutant("nothing-applied", ("Append",), ("commit",)),
    Mutant("applied-from-the-first", ("Append",), ("commit",)),
    Mutant("served-before-applied", ("Heartbeat",), ("commit",)),
    Mutant("commit-beyond-the-verified", ("Append",), ("commit",)),
    Mutant("commit-of-a-heartbeat-not-verified", ("Heartbeat",), ("commit",)),
    Mutant("truncated-by-any-append", ("Append",), ("commit",)),
    Mutant("appended-without-a-match", ("Append",), ("log",)),
    Mutant("leader-overwrites-its-tail", ("Write",), ("log",)),
    Mutant("append-claims-another-place", ("Write",), ("log",)),
    Mutant("append-carries-another-entry", ("Write",), ("log",)),
    Mutant("match-of-a-stale-acknowledgement", ("AppendReply",), ("commit",)),
    Mutant("refusal-taken-for-an-acknowledgement", ("AppendReply",), ("commit",)),
    Mutant("acknowledges-its-whole-log", ("Append",), ("commit",)),
    Mutant("entries-acknowledged-before-durable", ("Append",), ("durable",)),
    Mutant("entries-not-persisted", ("Append",), ("durable",)),
    Mutant("own-entry-sent-before-durable", ("Write",), ("durable",)),
    Mutant("heartbeat-tells-another-term", ("Elapsed",), ("commit",)),
    Mutant(
        "what-is-held-is-sent-again",
        ("AppendReply", "HeartbeatReply"),
        (),
        "what is sent again is the leader's all the same",
    ),
    Mutant(
        "empty-append-sent",
        ("AppendReply",),
        (),
        "an empty append is sent to an agent that lacks nothing",
    ),
    Mutant("read-before-own-term-commit", ("Read",), ("read",)),
    Mutant("read-confirmed-by-an-earlier-round", ("Read",), ("read",)),
    Mutant("read-index-not-noted", ("Read",), ("read",)),
    Mutant("follower-read-before-applied", ("ReadIndexReply",), ("read",)),
    Mutant("round-not-counted", ("HeartbeatReply",), ("read",)),
    Mutant("round-of-an-older-term-counted", ("HeartbeatReply",), ("read",)),
    Mutant("stale-round-named-in-the-answer", ("Heartbeat",), ("read",)),
    Mutant("lease-kept-by-a-transfer", ("LeaseRead",), ("lease",)),
    Mutant("lease-from-a-later-round", ("HeartbeatReply",), ("lease",)),
    Mutant("lease-outlives-its-end", ("LeaseRead",), ("lease",)),
    Mutant("no-stickiness", ("VoteRequest",), ("lease",)),
    Mutant("promise-binds-nobody", ("VoteRequest",), ("lease",)),
    Mutant("vote-right-after-restart", ("Restart",), ("lease",)),
    Mutant("promise-dropped-by-a-vote", ("VoteRequest",), ("lease",)),
)
"""Elections first, then logs, then reads and leases."""
