"""Scripts that more than one arena begins with; `arena` says how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SCRIPTS: Final[Mapping[str, str]] = {
    # b is elected by c; a hears nothing of it and goes on to lead.
    "b-takes-over": (
        "b election, b election, c election, c PreVoteRequest b, b PreVoteReply c, "
        "c VoteRequest b, b VoteReply c"
    ),
    # a gives up, learns of b's term, and is elected by c in the next one.
    "a-comes-back": (
        "a election, a election, a election, c PreVoteRequest a, a PreVoteReply c, "
        "a election, c PreVoteRequest a, a PreVoteReply c, c VoteRequest a, "
        "a VoteReply c"
    ),
    # a gives up, and is elected by c in the next term.
    "a-leads-again": (
        "a election, a election, a election, c election, c PreVoteRequest a, "
        "a PreVoteReply c, c VoteRequest a, a VoteReply c"
    ),
    # a commits and begins two rounds that no one hears; c elects b, which commits.
    "b-takes-over-later": (
        "b Append a, c Append a, a AppendReply c, a heartbeat, a heartbeat, "
        "b election, b election, c election, c PreVoteRequest b, b PreVoteReply c, "
        "c VoteRequest b, b VoteReply c, c Append b, b AppendReply c"
    ),
}
"""By the name that stands in the catalogue for the whole of it."""
