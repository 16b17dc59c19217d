"""Where the bends of terms, votes and electorates are killed, and by which property."""

from __future__ import annotations

from typing import Final

from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.expectation import Kill
from primacy_model.mutation.scripts import B_TAKES_OVER, steps

ELECTION_KILLS: Final = (
    Kill(
        id="vote-not-persisted",
        arena="initial-election-pair",
        breaks="S13",
        depth=5,
    ),
    Kill(
        id="vote-persisted-after-reply",
        arena="initial-election-pair",
        breaks="S13",
        depth=5,
    ),
    Kill(
        id="vote-cleared-by-restart",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(crashes=1),
                begins="elected",
                impatient=("c",),
                crashers=("a",),
            ),
            script=steps(
                "a election, a election, b election, b election, "
                "a PreVoteRequest b, b PreVoteReply a"
            ),
        ),
        breaks="S4",
        depth=9,
    ),
    Kill(
        id="term-not-persisted",
        arena="initial-election-pair",
        breaks="S13",
        depth=9,
    ),
    Kill(
        id="term-lowered-by-restart",
        arena="regular-election",
        breaks="S3",
        depth=7,
    ),
    Kill(
        id="terms-fall",
        arena="replication",
        breaks="S3",
        depth=7,
    ),
    Kill(
        id="second-vote-in-a-term",
        arena="regular-election",
        breaks="S4",
        depth=9,
    ),
    Kill(
        id="stands-in-its-own-term",
        arena="initial-election-pair",
        breaks="S4",
        depth=8,
    ),
    Kill(
        id="stale-grant-counted",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("c",)),
            script=steps(
                "b election, b election, c election, c PreVoteRequest b, "
                "b PreVoteReply c, c VoteRequest b, b election, "
                "c PreVoteRequest b, b PreVoteReply c, a election, a election"
            ),
            forgets=False,
        ),
        breaks="S1",
        depth=6,
    ),
    Kill(
        id="grants-counted-as-a-number",
        arena=Arena(
            Shape(
                electors=("a", "b", "c", "d"),
                terms=2,
                begins="elected",
                impatient=("a",),
            ),
            script=steps(
                "a election, a election, b election, b election, c election, "
                "d election, c PreVoteRequest b, d PreVoteRequest b, "
                "b PreVoteReply c, b PreVoteReply d, d election, "
                "c PreVoteRequest d, a PreVoteRequest d, d PreVoteReply c, "
                "d PreVoteReply a, c VoteRequest b, a VoteRequest d"
            ),
            forgets=False,
        ),
        breaks="S1",
        depth=4,
    ),
    Kill(
        id="pre-votes-counted-as-votes",
        arena="initial-election",
        breaks="S1",
        depth=8,
    ),
    Kill(
        id="pre-vote-overwrites-vote",
        arena=Arena(Shape(terms=3, begins="elected", impatient=("b", "c"))),
        breaks="S4",
        depth=11,
    ),
    Kill(
        id="log-not-compared",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(writes=1),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="S7",
        depth=11,
    ),
    Kill(
        id="log-compared-by-length-only",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("a",)),
            script=steps(
                "a write, a write, lose", B_TAKES_OVER, "c Append b, b AppendReply c"
            ),
        ),
        breaks="S7",
        depth=9,
    ),
    Kill(
        id="log-compared-by-index-first",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("a",)),
            script=steps(
                "a write, a write, lose", B_TAKES_OVER, "c Append b, b AppendReply c"
            ),
        ),
        breaks="S7",
        depth=9,
    ),
    Kill(
        id="half-is-a-quorum",
        arena="initial-election-pair",
        breaks="S1",
        depth=4,
    ),
    Kill(
        id="lowest-id-leads",
        arena="initial-election",
        breaks="S1",
        depth=4,
    ),
    Kill(
        id="leads-after-restart",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(effects=2, crashes=1),
                begins="elected",
                impatient=("a",),
                crashers=("c",),
            ),
            script=steps(
                "a election, a election, b election, b election, c election, "
                "c election, a PreVoteRequest b, a PreVoteRequest c, "
                "b PreVoteReply a, c PreVoteReply a"
            ),
        ),
        breaks="S1",
        depth=4,
    ),
    Kill(
        id="leader-for-ever",
        arena="replication",
        breaks="S1",
        depth=10,
    ),
    Kill(
        id="worker-stands",
        arena="worker",
        breaks="S2",
        depth=2,
    ),
    Kill(
        id="everyone-is-an-elector",
        arena="worker",
        breaks="S2",
        depth=2,
    ),
)
