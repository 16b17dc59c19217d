"""Mutants: cores with one guard removed or bent, which the theorems must refuse.

A mutant is one text of one module of core, and what stands there instead. What it is
judged by is stated: units of work, and a group of laws. A safety mutant must leave some
obligation unproved. A liveness mutant only costs progress, or another guard stands
behind the one it bends: it must keep every law, and it says why.

The sources are pitfalls of earlier systems, by number and public report, and sections
of Ongaro's dissertation.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A core in which one text is replaced, and by what it is judged."""

    id: str
    source: str
    module: str
    before: str
    after: str
    units: tuple[str, ...]
    groups: tuple[str, ...]
    reason: str = ""
    """Why nothing breaks, of a liveness mutant; empty for a safety mutant."""

    @property
    def is_safety(self) -> bool:
        """Tell whether some law must break."""
        return not self.reason


class MissingTextError(ValueError):
    """Core no longer has the text that a mutant replaces, or has it twice."""


def bent(mutant: Mutant, source: str) -> str:
    """Replace the text of a mutant in the source of its module."""
    found = source.count(mutant.before)
    if found != 1:
        raise MissingTextError(
            f"mutant {mutant.id}: its text must stand once in core's "
            f"{mutant.module}.py, it stands there {found} times: "
            f"{mutant.before.strip()!r}"
        )
    return source.replace(mutant.before, mutant.after)
