"""Fencing: what a resource outside the mesh needs to keep stale leaders out.

A leader attaches its token, the term that it leads, to whatever it asks of the outside
world. A resource keeps the highest token it has admitted and refuses lower ones. The
token is what makes an election into mutual exclusion: a role or a lease is not checked
by the resource, and a leader may be paused between its check and its effect.

Source: seed, "Fencing Tokens"; clauses `fencing.*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from primacy.role import Role
from primacy.state import State
from primacy.types import NO_TERM, Term


class Verdict(Enum):
    """What a resource says to an effect."""

    ADMITTED = "admitted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fence:
    """What a resource remembers; durable if the resource is."""

    highest: Term = NO_TERM
    """The highest token admitted so far."""


def admit(fence: Fence, token: Term) -> tuple[Fence, Verdict]:
    """Admit an effect under a token that is not below the highest so far."""
    if token < 1 or token < fence.highest:
        return fence, Verdict.REFUSED  # fencing.lower-refused
    return Fence(token), Verdict.ADMITTED  # fencing.monotone


def token(state: State) -> Term:
    """Give the fencing token of a leader; `NO_TERM` for anyone else."""
    # fencing.leader-only
    return state.term if state.role == Role.LEADER else NO_TERM
