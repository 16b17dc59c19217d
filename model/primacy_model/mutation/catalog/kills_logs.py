"""Where the bends of logs and commits are killed, and by which property."""

from __future__ import annotations

from typing import Final

from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.expectation import Kill
from primacy_model.mutation.scripts import A_COMES_BACK, B_TAKES_OVER, steps

LOG_KILLS: Final = (
    Kill(
        id="log-taken-for-committed-by-restart",
        arena="regular-election",
        breaks="S8",
        depth=11,
    ),
    Kill(
        id="older-term-committed-by-counting",
        arena=Arena(
            Shape(terms=4, begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, lose",
                B_TAKES_OVER,
                "lose",
                A_COMES_BACK,
                "b election, b election, b election, c PreVoteRequest b, "
                "b PreVoteReply c",
            ),
        ),
        breaks="S7",
        depth=10,
    ),
    Kill(
        id="commit-index-goes-back",
        arena="replication",
        breaks="commit-monotone",
        depth=11,
    ),
    Kill(
        id="own-write-committed-alone",
        arena="replication",
        breaks="commit-quorum",
        depth=1,
    ),
    Kill(
        id="commit-beyond-the-verified",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, a write, b Append@1 a, b Append@2 a, "
                "b Append@3 a, a AppendReply b, a write, c Append@4 a, "
                "a AppendReply c, b Append@4 a, a AppendReply b"
            ),
        ),
        breaks="S8",
        depth=3,
    ),
    Kill(
        id="commit-of-a-heartbeat-not-verified",
        arena=Arena(
            Shape(
                terms=2, budgets=Budgets(rounds=1), begins="elected", impatient=("b",)
            ),
            script=steps("a write, lose", B_TAKES_OVER),
        ),
        breaks="S8",
        depth=4,
    ),
    Kill(
        id="truncated-by-any-append",
        arena=Arena(
            Shape(
                budgets=Budgets(writes=2),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="match-prefix",
        depth=6,
    ),
    Kill(
        id="appended-without-a-match",
        arena=Arena(
            Shape(terms=2, begins="elected", impatient=("b",)),
            script=steps("a write, lose", B_TAKES_OVER, "lose, b write"),
        ),
        breaks="S5",
        depth=1,
    ),
    Kill(
        id="appended-behind-a-conflict",
        arena=Arena(
            Shape(terms=2, begins="elected", impatient=("b",)),
            script=steps("a write, lose", B_TAKES_OVER),
        ),
        breaks="S13",
        depth=1,
    ),
    Kill(
        id="leader-overwrites-its-tail",
        arena=Arena(
            Shape(
                budgets=Budgets(writes=2),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="S6",
        depth=2,
    ),
    Kill(
        id="match-of-a-stale-acknowledgement",
        arena=Arena(
            Shape(
                electors=("a", "b", "c", "d", "e"),
                terms=3,
                begins="elected",
                impatient=("a",),
            ),
            script=steps(
                "a write, b Append a, c election, c election, d election, "
                "e election, d PreVoteRequest c, e PreVoteRequest c, "
                "c PreVoteReply d, c PreVoteReply e, d VoteRequest c, "
                "e VoteRequest c, c VoteReply d, c VoteReply e, b Append c, "
                "a election, a election, a election, d PreVoteRequest a, "
                "a PreVoteReply d, a election, d PreVoteRequest a, "
                "e PreVoteRequest a, a PreVoteReply d, a PreVoteReply e, "
                "d VoteRequest a, e VoteRequest a, a VoteReply d, "
                "a VoteReply e"
            ),
            forgets=False,
        ),
        breaks="match-prefix",
        depth=1,
    ),
    Kill(
        id="what-is-held-is-sent-again",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a heartbeat, b Heartbeat a, a write, a write, a write, "
                "a write, b Append@1 a, b Append@2 a, b Append@3 a, "
                "a AppendReply b"
            ),
        ),
        breaks="next-above-match",
        depth=1,
    ),
    Kill(
        id="next-not-above-match",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, a write, a write, a write, b Append@5 a, "
                "b Append@1 a, b Append@2 a, b Append@3 a, b Append@4 a, "
                "b Append@5 a"
            ),
        ),
        breaks="next-above-match",
        depth=2,
    ),
    Kill(
        id="entries-acknowledged-before-durable",
        arena="initial-election-pair",
        breaks="S13",
        depth=7,
    ),
    Kill(
        id="own-entry-sent-before-durable",
        arena="initial-election-pair",
        breaks="S13",
        depth=6,
    ),
)
