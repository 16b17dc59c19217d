"""Mutants that fewer finders kill than should, or that no world shows, and why.

What is guarded twice falls only if both guards do. That no world calls on a guard is a
limit of the worlds, and said as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from primacy_model.mutants.survivors_progress import PROGRESS_SURVIVORS

HONEST: Final = (
    "no honest agent sends what it lets through, and worlds have no others: "
    "it is left to the theorems and to the tests of the clause"
)
GOOD: Final = (
    "worlds and theorems are made of good configurations: the tests of the "
    "clause kill it"
)

SAFETY_SURVIVORS: Final[Mapping[str, str]] = {
    "promise-dropped-by-a-vote": (
        "prove alone: a vote in spite of a promise needs a transfer while "
        "another's lease runs, and no timed scope has both"
    ),
    "old-vote-granted": (
        "the vote is written down under the voter's own term, which its "
        "answer shows to be higher: the candidate steps back and counts "
        "nothing"
    ),
    "released-by-nobody": (
        "needs a transfer and a restart while a lease runs, and no timed scope has both"
    ),
    "pre-vote-counted-by-anyone": (
        "who gave up its candidacy begins a vote early: it stands in a new "
        "term and needs a quorum of votes all the same"
    ),
    "vote-kept-in-a-higher-term": (
        "the vote that is kept is of a term that is over; it is repeated to a "
        "candidate only if that one stands again, and then its log was judged "
        "before"
    ),
    "candidate-in-a-higher-term": (
        "the grants that are kept are of an older term: it needs a grant of "
        "the new one in which it asked nobody"
    ),
    "worker-counts": (
        "guarded twice: no worker is asked for a vote, and suggestions leave "
        "workers out; a leader that only workers reach stays"
    ),
    "worker-asked-for-its-vote": (
        "guarded twice: a worker finds itself on no roll, and refuses"
    ),
    "worker-may-vote": ("guarded twice: no worker is asked for a vote"),
    "forwarded-under-another-token": (
        "not in the worlds of check: no client forwards a write"
    ),
    "read-index-below-0-taken": HONEST,
    "forwarded-place-below-0-taken": HONEST,
    "round-not-begun-acknowledged": HONEST,
    "entries-not-there-acknowledged": HONEST,
    "entries-out-of-order-taken": HONEST,
    "heartbeat-of-a-second-leader-taken": HONEST,
    "append-of-a-second-leader-taken": HONEST,
    "heartbeat-of-a-worker-taken": HONEST,
    "append-of-a-worker-taken": HONEST,
    "word-of-a-worker-taken": HONEST,
    "candidate-off-its-roll-heard": HONEST,
    "another-roll-taken": HONEST,
    "unknown-packet-taken": HONEST,
    "unknown-packet-not-told": HONEST,
    "term-below-the-least-taken": HONEST,
    "index-0-matches-anything": HONEST,
    "position-of-any-term": HONEST,
    "position-below-0": HONEST,
    "position-without-a-term": HONEST,
    "position-of-a-candidate-taken": HONEST,
    "position-of-a-commit-taken": HONEST,
    "round-0-is-a-round": HONEST,
    "position-of-a-lagging-log-taken": HONEST,
    "round-below-0-acknowledged": HONEST,
    "previous-position-taken": HONEST,
    "commit-below-0-taken": HONEST,
    "acknowledged-position-taken": HONEST,
    "claim-of-another-mesh-taken": HONEST,
    "vote-request-of-another-mesh-taken": HONEST,
    "append-of-another-mesh-taken": HONEST,
    "read-index-of-another-mesh-taken": HONEST,
    "word-of-another-mesh-taken": HONEST,
    "forward-answer-of-another-mesh-taken": HONEST,
    "leadership-outlives-itself": (
        "guarded twice: who leads again begins with a new `Leadership`, and "
        "who does not lead asks for the role first"
    ),
    "leader-not-followed": (
        "a candidate that hears a leader stays one; it lost, and its next "
        "attempt begins with pre-votes"
    ),
    "round-begun-by-anyone": (
        "not in the worlds of check: who stops leading disarms its heartbeat "
        "timer there"
    ),
    "leader-adopts-and-knows": (
        "guarded twice: who leads again begins with a new `Leadership`, and "
        "who does not lead asks for the role first"
    ),
    "leader-stands": (
        "a leader that stands is a candidate like any other; it keeps what it "
        "knew as a leader, which nobody asks of a candidate"
    ),
    "acknowledges-its-whole-log": (
        "prove alone: needs an old tail beyond what an append brings, which "
        "no scope near to it has"
    ),
    "commit-not-counted": (
        "guarded twice: `AgentMap.suggestion` names the median of the electors"
    ),
    "own-log-taken-for-verified": (
        "not reached: a leader sends from where the logs part, so what is "
        "held beyond an accepted append is the leader's too"
    ),
    "round-not-counted": (
        "guarded twice: `AgentMap.suggestion` names the median of the electors"
    ),
    "index-given-before-own-term-commit": (
        "needs a new leader that a follower asks before its no-op is "
        "committed, after writes of the term before: no scope near to it has "
        "that"
    ),
    "every-waiting-read-confirmed": (
        "needs two reads that wait for two rounds: the worlds of check have a "
        "budget for one read"
    ),
    "every-parked-read-served": (
        "needs two reads that wait to be applied: the worlds of check have a "
        "budget for one read"
    ),
    "lease-read-by-anyone": ("guarded twice: `has_lease` asks for the role again"),
    "lease-of-anyone": (
        "guarded twice: who stops leading forgets its lease, and the role is "
        "asked for before"
    ),
    "lease-of-a-round-in-flight": (
        "guarded twice: until a round is confirmed the lease ends at instant 0"
    ),
    "lease-without-a-length": (
        "guarded twice: a lease without a length ends when it begins"
    ),
    "lease-extended-by-an-older-round": (
        "needs a round that is confirmed while the one that gives the lease "
        "waits; the start of that one is earlier than its own, in few "
        "schedules"
    ),
    "transfer-by-anyone": ("worlds ask the leader alone for a transfer"),
    "old-word-of-a-transfer": (
        "the word of an older term comes from a leader that is followed only "
        "if it leads again; its transfer voids no lease of the new term, and "
        "no timed scope has three terms and a transfer"
    ),
    "word-of-anyone": (
        "the word comes from the leader of the term all the same: who gives "
        "it leads, and has voided its lease"
    ),
    "worker-at-a-word": ("guarded twice: a leader hands over to electors alone"),
    "no-token-admitted": (
        "guarded twice: who does not lead has no token, and asks for no effect"
    ),
    "elector-named-twice": GOOD,
    "agents-named-twice": GOOD,
    "identity-without-electorate": GOOD,
    "nobody-is-a-name": GOOD,
    "any-sign-in-a-name": GOOD,
    "no-electors": GOOD,
    "elector-and-worker": GOOD,
    "agent-of-another-mesh": GOOD,
    "drift-of-everything": GOOD,
    "lease-without-a-drift": GOOD,
    "lease-of-any-length": GOOD,
    "lease-without-the-drift": GOOD,
}
"""Of safety, by the id of the bend."""

SURVIVORS: Final[Mapping[str, str]] = {**SAFETY_SURVIVORS, **PROGRESS_SURVIVORS}
"""All of them."""
