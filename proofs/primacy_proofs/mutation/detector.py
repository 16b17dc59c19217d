"""The proofs as a finder: which law of the core that is imported is not proved.

`python -m primacy_proofs.mutation.detector ID` judges a bent core by the messages and
laws that its mutant names, or `ASKED`, and prints one line of JSON. `property` is the
first law that was not proved, or shown to fail, or null; `agents` is the size of the
finite counterexample, 0 if there is none.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Final

import primacy
from primacy_proofs.laws import registry
from primacy_proofs.mutation.mutants import MUTANTS
from primacy_proofs.mutation.runner import in_haste
from primacy_proofs.theorems import prover

ASKED: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "old-vote-granted": (("VoteRequest",), ("election", "commit")),
    "repeated-vote-of-any": (("VoteRequest",), ("election",)),
    "shorter-log-wins": (("VoteRequest",), ("commit",)),
    "every-vote-is-a-transfer": (("VoteRequest",), ("lease",)),
    "released-by-nobody": (("VoteRequest",), ("lease",)),
    "pre-vote-counted-by-anyone": (("PreVoteReply",), ("election", "log")),
    "grant-counted-by-anyone": (("VoteReply",), ("election",)),
    "first-grant-wins": (("VoteReply",), ("election",)),
    "vote-kept-in-a-higher-term": (("VoteReply",), ("election", "worker")),
    "leader-adopts-and-writes-nothing": (("VoteReply",), ("durable",)),
    "candidate-in-a-higher-term": (("VoteReply",), ("election",)),
    "votes-for-itself-in-memory": (("PreVoteReply",), ("durable",)),
    "promise-ends-early": (("Moments", "Heartbeat"), ("lease",)),
    "leadership-outlives-itself": (("VoteReply",), ("log", "commit", "lease", "total")),
    "leader-not-followed": (("Heartbeat",), ("election", "commit", "lease")),
    "round-begun-by-anyone": (("Elapsed",), ("read", "total")),
    "heartbeat-answer-counted-by-anyone": (("HeartbeatReply",), ("read", "total")),
    "acknowledgement-counted-by-anyone": (("AppendReply",), ("commit", "total")),
    "read-not-confirmed": (("Read",), ("read",)),
    "read-served-by-a-follower": (("Read",), ("read",)),
    "own-term-not-asked": (("Read",), ("read",)),
    "index-given-before-own-term-commit": (("ReadIndexRequest",), ("read",)),
    "index-given-by-anyone": (("ReadIndexRequest",), ("read", "total")),
    "refused-read-served": (("ReadIndexReply",), ("read",)),
    "lease-read-by-anyone": (("LeaseRead",), ("read", "lease")),
    "lease-of-anyone": (("LeaseRead",), ("lease",)),
    "lease-not-asked": (("LeaseRead",), ("read", "lease")),
    "lease-read-before-own-term": (("LeaseRead",), ("read",)),
    "lease-of-a-round-in-flight": (("LeaseRead",), ("lease",)),
    "lease-without-a-length": (("LeaseRead",), ("lease",)),
    "lease-extended-by-an-older-round": (("HeartbeatReply",), ("lease",)),
    "lease-start-moves": (("Elapsed",), ("lease",)),
    "write-taken-by-anyone": (("Write",), ("log", "total")),
    "forward-taken-by-anyone": (("Forward",), ("log", "total")),
    "forwarded-under-another-token": (("Forward",), ("fencing", "log")),
    "refused-forward-accepted": (("ForwardReply",), ("log", "commit")),
    "own-log-taken-for-verified": (("Append",), ("commit",)),
    "old-append-taken": (("Append",), ("election", "log", "commit")),
    "old-heartbeat-followed": (("Heartbeat",), ("election", "commit")),
    "transfer-by-anyone": (("Transfer",), ("election", "total")),
    "old-word-of-a-transfer": (("TransferNow",), ("election", "lease")),
    "word-of-anyone": (("TransferNow",), ("election", "lease")),
    "worker-at-a-word": (("TransferNow",), ("election", "worker")),
    "worker-asked-for-its-vote": (("PreVoteReply",), ("election", "worker")),
    "no-token-admitted": (("Resource",), ("fencing",)),
    "unknown-packet-taken": (("Unknown packet",), ("rejection",)),
    "unknown-packet-not-told": (("Unknown packet",), ("rejection",)),
    "term-below-the-least-taken": (("VoteReply",), ("rejection",)),
    "index-0-matches-anything": (("Append",), ("rejection",)),
    "position-of-any-term": (("Heartbeat",), ("rejection",)),
    "position-below-0": (("Append",), ("rejection",)),
    "position-without-a-term": (("Append",), ("rejection",)),
    "position-of-a-candidate-taken": (("VoteRequest",), ("rejection",)),
    "position-of-a-commit-taken": (("Heartbeat",), ("rejection",)),
    "round-0-is-a-round": (("Heartbeat",), ("rejection",)),
    "position-of-a-lagging-log-taken": (("HeartbeatReply",), ("rejection",)),
    "round-below-0-acknowledged": (("HeartbeatReply",), ("rejection",)),
    "previous-position-taken": (("Append",), ("rejection",)),
    "commit-below-0-taken": (("Append",), ("rejection",)),
    "acknowledged-position-taken": (("AppendReply",), ("rejection",)),
    "read-index-below-0-taken": (("ReadIndexReply",), ("rejection",)),
    "forwarded-place-below-0-taken": (("ForwardReply",), ("rejection",)),
    "round-not-begun-acknowledged": (("HeartbeatReply",), ("rejection",)),
    "entries-not-there-acknowledged": (("AppendReply",), ("rejection",)),
    "entries-out-of-order-taken": (("Append",), ("rejection",)),
    "heartbeat-of-a-second-leader-taken": (("Heartbeat",), ("rejection",)),
    "append-of-a-second-leader-taken": (("Append",), ("rejection",)),
    "heartbeat-of-a-worker-taken": (("Heartbeat",), ("rejection",)),
    "append-of-a-worker-taken": (("Append",), ("rejection",)),
    "word-of-a-worker-taken": (("TransferNow",), ("rejection",)),
    "candidate-off-its-roll-heard": (("VoteRequest",), ("rejection",)),
    "everyone-on-the-roll": (("Restart",), ("roll",)),
    "leader-adopts-and-knows": (("VoteReply",), ("log", "total")),
    "leader-stands": (("Elapsed",), ("election", "log", "read", "lease")),
    "read-begun-by-anyone": (("Read",), ("read", "total")),
    "no-promise-of-the-first-term": (("Restart",), ("lease",)),
    "claim-of-another-mesh-taken": (("Claim",), ("rejection",)),
    "vote-request-of-another-mesh-taken": (("VoteRequest",), ("rejection",)),
    "heartbeat-of-another-mesh-taken": (("Heartbeat",), ("election",)),
    "heartbeat-answer-of-another-mesh-taken": (("HeartbeatReply",), ("read", "total")),
    "append-of-another-mesh-taken": (("Append",), ("rejection",)),
    "append-answer-of-another-mesh-taken": (("AppendReply",), ("commit", "total")),
    "read-index-of-another-mesh-taken": (("ReadIndexReply",), ("rejection",)),
    "word-of-another-mesh-taken": (("TransferNow",), ("rejection",)),
    "forward-answer-of-another-mesh-taken": (("ForwardReply",), ("rejection",)),
}
"""The messages and groups of laws that judge what no mutant of the proofs names."""

BLIND: Final = "no theorem speaks of what it bends"


def main(name: str) -> None:
    """Judge the bent core that is imported, and tell what broke."""
    begun = time.process_time()
    told: dict[str, object] = {"core": primacy.__file__, "property": None}
    rows = {mutant.id: (mutant.units, mutant.groups) for mutant in MUTANTS}
    units, groups = {**ASKED, **rows}.get(name, ((), ()))
    if units:
        chosen = groups or tuple(
            each for each in prover.RESTS_ON if each != registry.PATHS
        )
        judged = in_haste(units, frozenset(chosen))
        told["property"] = judged["law"] or None
        told |= {key: judged[key] for key in ("unit", "agents", "obligations")}
    else:
        told["why"] = BLIND
    told["seconds"] = round(time.process_time() - begun, 1)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
