"""Why no claim about runs shows some mutants that cost progress or a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

VOTES: Final = (
    "costs an election: another attempt of the same term or the next makes up "
    "for it in the worlds of runs"
)
STANDING: Final = (
    "costs an election, or disturbs a leader: another attempt makes up for it "
    "in the worlds of runs"
)
TIMERS: Final = (
    "worlds let timers elapse in any order, so that equal draws are no "
    "special case in them"
)
CLAIMS: Final = (
    "costs an attempt to elect a leader, or splits a vote: that claims are "
    "bent has no claim about runs but L2, whose world hears each claim in "
    "time"
)
LEADING: Final = "costs a leader its time: another is elected in the worlds of runs"
PRESENCE: Final = (
    "presence decides nothing: what is shown of it breaks no property, and "
    "the tests of the clause kill it"
)
ROUNDS: Final = "costs a round: the next makes up for it in the worlds of runs"
TRANSFERS: Final = (
    "costs a transfer or delays writes: no claim about runs speaks of transfers"
)
PACKETS: Final = (
    "costs packets or their time: what is missing is sent again with a later round"
)
CLIENTS: Final = (
    "a client is told less than it should be: no claim about runs speaks of clients"
)
READS: Final = "costs a read or answers it twice: no claim about runs speaks of reads"
WATCHED: Final = (
    "what is only watched breaks no property: the tests of the clause kill it"
)
PROGRESS_SURVIVORS: Final[Mapping[str, str]] = {
    "pre-vote-brings-its-term": VOTES,
    "own-leader-refused": VOTES,
    "lower-term-not-answered": VOTES,
    "refused-request-rearms": VOTES,
    "old-request-withheld": VOTES,
    "old-pre-vote-granted": VOTES,
    "repeated-vote-refused": VOTES,
    "pre-vote-though-voted": VOTES,
    "pre-vote-refused-to-its-own": VOTES,
    "transfer-does-not-release": VOTES,
    "every-pre-vote-released": VOTES,
    "granted-pre-vote-brings-its-term": VOTES,
    "refused-pre-vote-ignored": VOTES,
    "refused-pre-vote-counted": STANDING,
    "old-pre-vote-counted": STANDING,
    "equal-timeouts": TIMERS,
    "equal-patience": TIMERS,
    "stands-at-the-end-of-a-promise": TIMERS,
    "single-elector-waits": (
        "matters where there is one elector alone, and no world has so few"
    ),
    "any-pre-vote-counted": STANDING,
    "first-pre-vote-is-enough": STANDING,
    "claims-with-a-history": CLAIMS,
    "claims-under-a-leader": CLAIMS,
    "worker-claims": CLAIMS,
    "claim-heard-too-late": CLAIMS,
    "claim-joined-by-a-candidate": CLAIMS,
    "claims-at-once": CLAIMS,
    "no-claim-after-a-restart": CLAIMS,
    "unknown-message-not-told": (
        "no world gives a message of an unknown kind: theorem RJ is not asked about "
        "what harms no safety, and the tests of the clause kill it"
    ),
    "cut-off-leader-stays": LEADING,
    "old-rounds-reach": LEADING,
    "presence-decides": (
        "a leader that is cut off steps down one check later: another is elected in "
        "the worlds of runs"
    ),
    "old-heartbeat-dropped": ROUNDS,
    "acknowledgement-counted-again": ROUNDS,
    "never-back-alive": PRESENCE,
    "nobody-dies": PRESENCE,
    "presence-not-told": PRESENCE,
    "dead-after-a-restart": PRESENCE,
    "dead-in-a-new-term": PRESENCE,
    "transfer-never-given-up": TRANSFERS,
    "stale-refusal-heard": ("costs packets: what was sent before is sent once more"),
    "empty-append-sent": PACKETS,
    "write-without-a-leader": CLIENTS,
    "write-during-a-transfer": TRANSFERS,
    "refused-without-a-leader": CLIENTS,
    "new-entry-sent-to-everyone": PACKETS,
    "new-entry-kept-back": PACKETS,
    "old-append-dropped": PACKETS,
    "append-without-a-bound": PACKETS,
    "same-acknowledgement-again": (
        "costs packets: what was sent before is sent once more"
    ),
    "highest-match-suggested": (
        "delays a commit: what is suggested in vain is counted again later"
    ),
    "read-asked-twice": READS,
    "waiting-reads-dropped": READS,
    "confirmed-round-again": READS,
    "lease-read-refused": (
        "costs a lease or a read under it: no claim about runs speaks of them"
    ),
    "lease-round-moves": (
        "costs a lease or a read under it: no claim about runs speaks of them"
    ),
    "read-parked-twice": READS,
    "two-transfers": TRANSFERS,
    "transfer-to-a-worker": TRANSFERS,
    "transfer-to-a-laggard": TRANSFERS,
    "candidate-at-a-word": TRANSFERS,
    "transfer-not-said": TRANSFERS,
    "observations-first": (
        "an observer is told too soon: no property speaks of observers"
    ),
    "transfer-without-a-leader": TRANSFERS,
    "roles-not-told": WATCHED,
    "terms-not-told": WATCHED,
    "leaders-not-told": WATCHED,
    "grants-not-told": WATCHED,
    "claims-not-told": WATCHED,
    "partition-not-healed": WATCHED,
    "split-not-suspected": WATCHED,
    "dead-not-told": WATCHED,
    "leader-shown-to-nobody": WATCHED,
    "partition-not-told": WATCHED,
    "drift-asked-without-a-lease": (
        "refuses what is sound: worlds that need no drift cannot even be made, "
        "so no finder comes to its end; the tests of the clause kill it"
    ),
}
"""By the id of the bend."""
