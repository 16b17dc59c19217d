"""Where the bends of reads and tokens are killed, and by which property."""

from __future__ import annotations

from typing import Final

from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.expectation import Kill
from primacy_model.mutation.scripts import (
    A_LEADS_AGAIN,
    B_TAKES_OVER,
    B_TAKES_OVER_LATER,
    steps,
)

READ_KILLS: Final = (
    Kill(
        id="round-of-an-older-term-counted",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("c",),
                clients_at=("a",),
            ),
            script=steps(
                "a heartbeat, c Heartbeat a", A_LEADS_AGAIN, B_TAKES_OVER_LATER
            ),
            forgets=False,
        ),
        breaks="S10",
        depth=2,
    ),
    Kill(
        id="stale-round-named-in-the-answer",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("c",),
                clients_at=("a",),
            ),
            script=steps(
                "a heartbeat", A_LEADS_AGAIN, "c Heartbeat a", B_TAKES_OVER_LATER
            ),
        ),
        breaks="S10",
        depth=2,
    ),
    Kill(
        id="read-before-own-term-commit",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("a",),
                clients_at=("b",),
            ),
            script=steps(
                "a write, c Append a, b Append a, a AppendReply c, lose",
                B_TAKES_OVER,
                "lose",
            ),
        ),
        breaks="S10",
        depth=3,
    ),
    Kill(
        id="read-not-confirmed",
        arena="reads",
        breaks="S10",
        depth=10,
    ),
    Kill(
        id="read-confirmed-by-an-earlier-round",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            ),
            script=steps("a heartbeat, c Heartbeat a", B_TAKES_OVER),
        ),
        breaks="S10",
        depth=4,
    ),
    Kill(
        id="read-index-not-noted",
        arena="follower-reads",
        breaks="S10",
        depth=8,
    ),
    Kill(
        id="follower-read-before-applied",
        arena="follower-reads",
        breaks="S10",
        depth=8,
    ),
    Kill(
        id="read-served-though-leadership-is-lost",
        arena="reads",
        breaks="S10",
        depth=11,
    ),
    Kill(
        id="lower-token-admitted",
        arena="fencing",
        breaks="S9",
        depth=11,
    ),
    Kill(
        id="everyone-has-a-token",
        arena="fencing",
        breaks="S9",
        depth=4,
    ),
)
