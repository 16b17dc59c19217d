"""What the checker is held to: where it meets a bent core, and what breaks there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog import bend_of
from primacy_model.mutation.mutant import Bend

RAISES: Final = "message.total"
"""What breaks where the core raises."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A timed scope, and what of it is taken."""

    scope: str
    forgets: bool = True
    """Instants are forgotten, as in the scopes. Not where a bent core looks at some
    that the real one has no use for."""
    says_more: bool = True
    """More is claimed than the guarantees."""
    rounds: int = 0
    """So many rounds are begun; 0: as many as in the scope."""


@dataclass(frozen=True, slots=True)
class Living:
    """A world of the claims about runs."""

    scope: str


Place = str | Arena | Timed | Living
"""The name of a scope, a shape of its own, a timed scope, or a world of runs."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A bent core, and the property that breaks in a place."""

    id: str
    """The id of its bend."""
    arena: Place
    breaks: str
    """The property that fails first."""
    depth: int
    """No shortest counterexample is longer, its script not counted. Of a lasso: the
    steps of a shortest way in."""
    loop: int = -1
    """Of a lasso: the steps that repeat for ever; 0 where nothing happens any more."""

    @property
    def bend(self) -> Bend:
        """Look up what is replaced."""
        return bend_of(self.id)
