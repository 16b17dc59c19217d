"""Pitfalls of earlier systems, by the numbers that mutants name as their source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PITFALLS: Final[Mapping[int, str]] = {
    1: "vote not durable before the reply: two votes in a term after a restart",
    2: "term not durable: committed entries overwritten after a full restart",
    3: "a candidate counts a grant of an older term",
    4: "grants counted as a number, so a duplicate counts twice",
    5: "a pre-vote changes durable state, or overwrites a real vote",
    6: "a leader grants a (pre-)vote in its own term",
    7: (
        "log freshness by length only, or by comparing (index, term) in the wrong order"
    ),
    8: "majority off by one on even electorates",
    9: "a recovered agent resumes leadership",
    10: "after a split vote nobody may stand again",
    11: (
        "a pre-vote is answered with the voter's own term and the candidate "
        "ignores it: stuck"
    ),
    12: (
        "a lower-term message is dropped silently: a peer with a higher term "
        "never comes back"
    ),
    13: (
        "a voter refuses the very leader it believes in: two of three without a leader"
    ),
    14: "pre-vote passes on log freshness alone while the leader lives",
    15: "a refused vote request resets the election timer: no leader for long",
    16: "one reachable hub, partial connectivity: livelock",
    17: "all agents draw the same timeouts: term 36 before a leader",
    18: "an entry of an older term committed by counting",
    19: "commit index goes back",
    20: "a follower commits beyond what the message verified",
    21: (
        "truncation on any append, not only on conflict: acknowledged entries "
        "lost under reordering"
    ),
    22: "match index set from a stale acknowledgement",
    23: "a refusal lowers match index",
    24: "an acknowledgement that carries no term counts for a later leadership",
    25: "next index <= match index: no progress",
    26: ("previous index 0 treated as always matching, so duplicates append again"),
    27: "the leader counts its own entry before it is durable",
    28: ("read index served before an entry of the leader's own term is committed"),
    29: (
        "read served from the state at confirmation time order reversed: "
        "verify, then note the index"
    ),
    30: (
        "lease counted from the receipt of the acknowledgement instead of the "
        "start of the round"
    ),
    31: "lease kept while leadership is transferred",
    32: ("clock rate beyond the bound, or a process paused between check and answer"),
    33: "a new leader serves before the old lease can have ended",
    34: (
        "a vote right after a restart, while a lease that the agent "
        "acknowledged still runs"
    ),
    35: (
        "a resource admits a token equal to or lower than the last, from another leader"
    ),
    36: "leadership kept as a local flag after it is lost",
    37: "a worker stands for election or its vote or acknowledgement counts",
    38: "a promoted agent refuses to vote because its own roll is stale",
    39: ("an electorate change before an entry of the leader's own term is committed"),
    40: "the same id comes back with an empty disk: split brain",
    41: (
        "bootstrap without a declared electorate: a 2+2 partition elects two; a "
        "fresh majority overrules old state"
    ),
    42: "lowest id leads without a quorum",
    43: (
        "a slow agent accuses healthy ones of being dead, and that starts an election"
    ),
    44: "the state hash omits a field that a property reads",
    45: "`eventually` loses counterexamples at cycles and joins",
    46: "bounds that exclude the bug: no other candidate",
    47: (
        "an invariant that is not one, or that nothing can violate (check each "
        "property against a mutant that must break it)"
    ),
    48: "a trace validator that accepts a trace it did not read to its end",
    49: "a leader that was removed stays, or counts itself",
    50: "an agent that was removed stands again",
    51: "an agent that was removed never learns it, and campaigns for ever",
    52: "a change is begun while another is pending: the guard missed a way in",
    53: "a roll that was truncated stays in force",
    54: "concurrent changes leave a roll with two electorates for ever",
    55: "the configuration of a file overrides the roll of the log after a restart",
}

ABSENT: Final[Mapping[int, str]] = {
    40: (
        "core has no such guard: it is runtime.own-disk, an obligation of the runtime"
    ),
    44: (
        "about checkers: tests/model/mesh/test_display.py and test_engines.py compare "
        "engines that see all with those that see some"
    ),
    45: "about checkers: tests/model/checker/test_liveness.py judges cycles and joins",
    46: "about checkers: the bounds of each mutant are in the table above",
    47: (
        "about checkers: every invariant is broken by a mutant, and every scope "
        "must reach what it promises"
    ),
    48: "about checkers: tests of traces refuse one with anything left over",
}
"""Those without a mutant, and why."""
