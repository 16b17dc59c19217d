"""Where other bends are killed: in scopes and worlds that were not made for them."""

from __future__ import annotations

from typing import Final

from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog.kills_reads import READ_KILLS
from primacy_model.mutation.expectation import RAISES, Kill, Living, Timed
from primacy_model.mutation.scripts import B_TAKES_OVER, steps

NEW_LEADER: Final = next(
    kill.arena for kill in READ_KILLS if kill.id == "read-before-own-term-commit"
)
"""A leader of a new term, before its no-op is committed."""
EARLIER_ROUND: Final = next(
    kill.arena for kill in READ_KILLS if kill.id == "read-confirmed-by-an-earlier-round"
)
"""A leader is asked for a read while a round from before is acknowledged."""

SCOPE_KILLS: Final = (
    Kill("own-term-not-asked", NEW_LEADER, "S10", 3),
    Kill(
        "refusal-counted",
        Arena(Shape(electors=("a", "b"), terms=2), forgets=False),
        "S1",
        12,
    ),
    Kill("restart-without-its-disk", "regular-election", "S3", 2),
    Kill("leadership-outlives-a-crash", "initial-election", RAISES, 0),
    Kill(
        "no-promise-of-the-first-term",
        Timed("lease-quarantine", forgets=False),
        "lease-alone",
        32,
    ),
    Kill("pre-votes-win", "initial-election", "S1", 8),
    Kill("repeated-vote-of-any", "initial-election-pair", "S4", 9),
    Kill("shorter-log-wins", "replication", "S7", 10),
    Kill(
        "every-vote-is-a-transfer",
        Timed("lease-quarantine", forgets=False),
        "lease-alone",
        31,
    ),
    Kill("first-grant-wins", "initial-election-four", "S1", 16),
    Kill("leader-adopts-and-writes-nothing", "replication", "S13", 9),
    Kill("votes-for-itself-in-memory", "initial-election-pair", "S13", 4),
    Kill("fence-forgets", "fencing", "S9", 11),
    Kill("heartbeat-answer-counted-by-anyone", "reads", RAISES, 0),
    Kill("acknowledgement-counted-by-anyone", "replication", RAISES, 0),
    Kill("append-claims-another-place", "replication", "S5", 2),
    Kill("append-carries-another-entry", "replication", "S5", 2),
    Kill("entries-not-persisted", "replication", "S13", 0),
    Kill("write-taken-by-anyone", "replication", RAISES, 0),
    Kill("old-append-taken", "replication", "match-prefix", 11),
    Kill("applied-from-the-first", "replication", "S8", 3),
    Kill("read-served-by-a-follower", "reads", "S10", 10),
    Kill("index-given-by-anyone", "reads", RAISES, 0),
    Kill("refused-read-served", "reads", "S10", 13),
    Kill("every-waiting-read-confirmed", EARLIER_ROUND, "S10", 4),
    Kill(
        "every-parked-read-served",
        Arena(
            Shape(
                terms=1,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=(),
                clients_at=("b",),
            ),
            script="a write, c Append a, a AppendReply c, "
            "a write, c Append a, a AppendReply c",
        ),
        "S10",
        7,
    ),
    Kill(
        "index-given-before-own-term-commit",
        Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=(),
                clients_at=("c",),
            ),
            script=steps(
                "a write, c Append a, b Append a, a AppendReply c, lose",
                B_TAKES_OVER,
                "b heartbeat, c Heartbeat b, lose",
            ),
        ),
        "S10",
        5,
    ),
    Kill("lease-not-asked", Timed("lease-read", forgets=False), "S10", 31),
    Kill(
        "lease-start-moves", Timed("lease-exclusive", forgets=False), "lease-alone", 35
    ),
    Kill(
        "lease-extended-by-an-older-round",
        Timed("lease-exclusive", forgets=False, rounds=3),
        "lease-alone",
        41,
    ),
    Kill("read-begun-by-anyone", "reads", RAISES, 0),
    Kill("pre-vote-in-its-own-term", Living("emerges-again"), "L1", 9, 4),
    Kill("latest-claim-stands", Living("converges"), "L2", 30, 19),
    Kill("highest-claim-stands", Living("converges"), "L2", 21, 19),
    Kill("claim-not-sent", Living("converges"), "L2", 19, 19),
    Kill("stands-without-a-claim", Living("converges"), "L2", 16, 19),
    Kill("equal-log-refused", Living("emerges"), "L1", 23, 15),
)
