"""Scripts that more than one arena begins with; `arena` says how they are read."""

from __future__ import annotations

from typing import Final


def steps(*parts: str) -> str:
    """Join parts of a script."""
    return ", ".join(parts)


B_TAKES_OVER: Final = (
    "b election, b election, c election, c PreVoteRequest b, b PreVoteReply c, "
    "c VoteRequest b, b VoteReply c"
)
"""b is elected by c; a hears nothing of it and goes on to lead."""

A_COMES_BACK: Final = (
    "a election, a election, a election, c PreVoteRequest a, a PreVoteReply c, "
    "a election, c PreVoteRequest a, a PreVoteReply c, c VoteRequest a, a VoteReply c"
)
"""a gives up, learns of b's term, and is elected by c in the next one."""

A_LEADS_AGAIN: Final = (
    "a election, a election, a election, c election, c PreVoteRequest a, "
    "a PreVoteReply c, c VoteRequest a, a VoteReply c"
)
"""a gives up, and is elected by c in the next term."""

B_TAKES_OVER_LATER: Final = (
    "b Append a, c Append a, a AppendReply c, a heartbeat, a heartbeat, "
    "b election, b election, c election, c PreVoteRequest b, b PreVoteReply c, "
    "c VoteRequest b, b VoteReply c, c Append b, b AppendReply c"
)
"""a commits and begins two rounds that no one hears; c elects b, which commits."""
