"""What the claims see of a row, as numbers.

Claims that look through the same functions see the same, and are one *group*. A row is
shown to a group only where no row before it looked like it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

from primacy_model.checker.actors import Claim, Views
from primacy_model.engines.interning import Numbers
from primacy_model.engines.transition_tables import Tables

MOST_BITS: Final = 62
"""The views of all actors and the scene make one key."""

AnyClaim = Claim[object, object, object]


@dataclass(slots=True)
class Group:
    """Claims that see the same."""

    claims: list[tuple[int, AnyClaim]]
    """Each with its number in the order of the world."""
    seen: list[Numbers[Hashable]]
    """What is seen of each actor, and last of the rest."""

    @property
    def has_scene(self) -> bool:
        """Tell whether the claims see more than the actors."""
        return self.claims[0][1].scene is not None


@dataclass
class Projections:
    """What all claims of a world see."""

    tables: Tables
    groups: list[Group] = field(default_factory=list)

    def __post_init__(self) -> None:
        columns = self.tables.places + 1
        found: dict[object, Group] = {}
        for order, claim in enumerate(self.tables.actors.claims):
            key = claim.view, claim.scene
            group = found.setdefault(
                key, Group([], [Numbers() for _ in range(columns)])
            )
            group.claims.append((order, claim))
        self.groups = list(found.values())

    def view(self, group: int, place: int, local: int) -> int:
        """Give what a group sees of a local state its number."""
        seen, (_, claim) = self.groups[group].seen[place], self.groups[group].claims[0]
        return seen.of(claim.view(place, self.tables.seats[place].locals.values[local]))

    def scene(self, group: int, ghost: int, shared: int) -> int:
        """Give what a group sees of the ghost and of what all share its number."""
        seen, (_, claim) = self.groups[group].seen[-1], self.groups[group].claims[0]
        if claim.scene is None:
            return 0
        tables = self.tables
        return seen.of(
            claim.scene(tables.shared.values[shared], tables.ghosts.values[ghost])
        )

    def widths(self, group: int) -> tuple[int, ...]:
        """Tell how many bits tell the views of each actor apart, and the scenes."""
        held = self.groups[group]
        widths = tuple(len(seen).bit_length() for seen in held.seen)
        if sum(widths) > MOST_BITS:
            raise OverflowError(
                f"the claim {held.claims[0][1].id} sees too much for this engine"
            )
        return widths

    def views(self, group: int, parts: Sequence[int]) -> Views:
        """Give what a group sees of a row that was taken apart."""
        places, held = self.tables.places, self.groups[group]
        shown = [
            held.seen[place].values[self.view(group, place, parts[place])]
            for place in range(places)
        ]
        if held.has_scene:
            ghost, shared = parts[2 * places :]
            shown.append(held.seen[-1].values[self.scene(group, ghost, shared)])
        return tuple(shown)
