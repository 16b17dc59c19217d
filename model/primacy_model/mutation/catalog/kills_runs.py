"""Where the bends of leases are killed, which need clocks, and those of progress.

A claim about runs fails in a lasso: a way in, and a loop that repeats for ever.
"""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.expectation import Kill, Living, Timed

TIMED_KILLS: Final = (
    Kill("no-stickiness", Timed("lease-exclusive"), "lease-alone", 30),
    Kill("promise-binds-nobody", Timed("lease-exclusive"), "lease-alone", 30),
    Kill("promise-ends-early", Timed("lease-exclusive"), "lease-alone", 25),
    Kill(
        "lease-from-a-later-round",
        Timed("lease-exclusive", forgets=False),
        "lease-alone",
        35,
    ),
    Kill(
        "lease-outlives-its-end",
        Timed("lease-read", forgets=False, says_more=False),
        "S10",
        31,
    ),
    Kill("vote-right-after-restart", Timed("lease-quarantine"), "lease-alone", 32),
    Kill("lease-kept-by-a-transfer", Timed("lease-transfer"), "lease-alone", 4),
    Kill("lease-read-before-own-term", Timed("lease-pair"), "S10", 41),
)
"""In timed scopes."""

LASSOS: Final = (
    Kill("window-never-closes", Living("emerges"), "L1", 4, 3),
    Kill("pre-vote-never-ends", Living("emerges-again"), "L1", 12, 6),
    Kill("nobody-stands-again", Living("emerges-again-deep"), "L1", 8, 0),
    Kill("lowest-does-not-claim", Living("converges"), "L2", 21, 19),
    Kill("nobody-defers", Living("converges"), "L2", 21, 19),
    Kill("no-stickiness", Living("stays"), "L3", 24, 19),
    Kill("stands-without-pre-votes", Living("stays"), "L3", 28, 19),
    Kill("laggard-not-helped", Living("heals"), "L4", 11, 19),
    Kill("commit-not-told", Living("heals"), "L4", 13, 19),
    Kill("leader-for-ever", Living("heals"), "L4", 28, 7),
    Kill("laggard-not-helped", Living("progresses"), "L5", 16, 19),
    Kill("commit-never-advances", Living("progresses"), "L5", 18, 19),
    Kill("nothing-applied", Living("progresses"), "L5", 20, 19),
)
"""What must be found, and how long the way in and the loop are."""
