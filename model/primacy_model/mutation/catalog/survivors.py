"""Mutants that fewer finders kill than should, or that no world shows, and why.

What is guarded twice falls only if both guards do. That no world calls on a guard is a
limit of the worlds, and said as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from primacy_model.mutation.catalog.survivors_progress import PROGRESS_SURVIVORS

SAFETY_SURVIVORS: Final[Mapping[str, str]] = {
    "promise-dropped-by-a-vote": (
        "prove alone: the vote request of a leader that is already followed has to "
        "come late, and a third elector to stand while that leader's lease runs. In "
        "timed scopes of three one stands"
    ),
    "old-vote-granted": (
        "prove alone: the answer shows the voter's own, higher term. It counts only "
        "if the candidate stands in that term by then, with a log that was cut since "
        "it asked: no scope near to it has that"
    ),
    "released-by-nobody": (
        "no law breaks: a vote request of a transfer says that the leader of the term "
        "before has voided its lease, whoever it is that the voter has forgotten. The "
        "clause asks for more than S11 needs"
    ),
    "pre-vote-counted-by-anyone": (
        "prove alone: who gave up its candidacy stands by late grants, though it has "
        "promised not to. That needs two electors that stand in one term while a "
        "lease runs; in timed scopes of three one stands"
    ),
    "candidate-in-a-higher-term": (
        "prove alone: the grants that are kept are of an older term: it needs a grant "
        "of the new one in which it asked nobody"
    ),
    "worker-counts": (
        "prove alone, which trusts no suggestion. Guarded twice: no worker is asked "
        "for a vote, and suggestions leave workers out; a leader that only workers "
        "reach stays"
    ),
    "worker-asked-for-its-vote": (
        "guarded twice: a worker finds itself on no roll, and refuses"
    ),
    "worker-may-vote": ("prove alone. Guarded twice: no worker is asked for a vote"),
    "forwarded-under-another-token": (
        "prove alone: in the worlds of check no client forwards a write, and what is "
        "taken under another token breaks no claim of the runs"
    ),
    "leadership-outlives-itself": (
        "guarded twice: who leads again begins with a new `Leadership`, and who does "
        "not lead looks at none but for waiting reads, which it refuses again"
    ),
    "leader-not-followed": (
        "prove alone: a candidate that hears its leader promises all the same. A "
        "pre-candidate may still be told to stand, by late grants and against that "
        "promise: that needs two electors that stand in one term while a lease runs, "
        "and in timed scopes of three one stands"
    ),
    "round-begun-by-anyone": (
        "prove alone: in the worlds of check who stops leading disarms its heartbeat "
        "timer"
    ),
    "leader-adopts-and-knows": (
        "guarded twice: who leads again begins with a new `Leadership`, and who does "
        "not lead looks at none but for waiting reads, which it refuses again; its "
        "heartbeat timer elapses once more and begins nothing"
    ),
    "acknowledges-its-whole-log": (
        "prove alone: a leader sends from where the logs part, so that in the worlds "
        "no old tail stays behind an append that is accepted"
    ),
    "commit-not-counted": (
        "prove alone, which trusts no suggestion. Guarded twice: "
        "`AgentMap.suggestion` names the median of the electors"
    ),
    "own-log-taken-for-verified": (
        "prove alone: a leader sends from where the logs part, so that in the worlds "
        "no old tail stays behind an append that is accepted"
    ),
    "round-not-counted": (
        "prove alone, which trusts no suggestion. Guarded twice: "
        "`AgentMap.suggestion` names the median of the electors"
    ),
    "every-waiting-read-confirmed": (
        "check alone, by S10: the theorems know no single waiting read, and random "
        "runs seldom lose a leader between two rounds and a read"
    ),
    "lease-read-by-anyone": ("guarded twice: `has_lease` asks for the role again"),
    "lease-of-anyone": (
        "guarded twice: who stops leading forgets its lease, and the role is "
        "asked for before"
    ),
    "lease-of-a-round-in-flight": (
        "prove alone. Guarded twice: until a round is confirmed the lease ends at "
        "instant 0, and no clock of the worlds shows less"
    ),
    "lease-without-a-length": (
        "guarded twice: a lease without a length ends when it begins"
    ),
    "transfer-by-anyone": ("prove alone: worlds ask the leader alone for a transfer"),
    "old-word-of-a-transfer": (
        "prove alone: the word of an older term comes from a leader that is followed "
        "only if it leads again; its transfer voids no lease of the new term, and no "
        "timed scope has three terms and a transfer"
    ),
    "word-of-anyone": (
        "the word comes from the leader of the term all the same: who gives "
        "it leads, and has voided its lease"
    ),
    "worker-at-a-word": (
        "prove alone. Guarded twice: a leader hands over to electors alone"
    ),
    "no-token-admitted": (
        "prove alone. Guarded twice: who does not lead has no token, and asks for no "
        "effect"
    ),
}
"""Of safety, by the id of the bend."""

SURVIVORS: Final[Mapping[str, str]] = {**SAFETY_SURVIVORS, **PROGRESS_SURVIVORS}
"""All of them."""
