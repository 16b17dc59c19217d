"""Mutants that fewer finders kill than should, or that no world shows, and why.

What is guarded twice falls only if both guards do. That no world calls on a guard is a
limit of the worlds, and said as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from primacy_model.mutants.survivors_progress import PROGRESS_SURVIVORS

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
        "simulation alone, by convergence: who keeps its vote refuses the others of "
        "the new term. The vote is repeated only to a candidate whose log was judged "
        "before, so nothing that is safe is lost"
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
        "prove alone: in the worlds of check no client forwards a write, and what is "
        "taken under another token breaks no claim of the runs"
    ),
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
        "simulation alone, by stability: a leader that stands is a candidate like any "
        "other; it keeps what it knew as a leader, which nobody asks of a candidate"
    ),
    "acknowledges-its-whole-log": (
        "prove alone: needs an old tail beyond what an append brings, which "
        "no scope near to it has"
    ),
    "commit-not-counted": (
        "guarded twice: `AgentMap.suggestion` names the median of the electors"
    ),
    "own-log-taken-for-verified": (
        "prove alone: a leader sends from where the logs part, so what is held beyond "
        "an accepted append is the leader's too, in all runs that were seen"
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
        "simulation alone: needs two reads that wait to be applied; the worlds of "
        "check have a budget for one read, and theorems know no single parked read"
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
}
"""Of safety, by the id of the bend."""

SURVIVORS: Final[Mapping[str, str]] = {**SAFETY_SURVIVORS, **PROGRESS_SURVIVORS}
"""All of them."""
