"""Mutants: the core with one fault seeded by replacing text of one module.

Contract: `apply` changes what the edits of a mutant name and nothing else, or raises.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import Enum

from primacy_model.mutation.catalog.table import CatalogTable


class Harm(Enum):
    """What the fault of a mutant puts at risk."""

    SAFETY = "safety"
    """Something that must never happen may happen: S1 to S13, or what they rest on."""
    LIVENESS = "liveness"
    """Only progress or a service: a delay, a cost, or a report to an observer."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A text of a module, and its replacement."""

    before: str
    after: str
    times: int = 1
    """How often the text must occur; each occurrence is replaced."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A core with one fault."""

    id: str
    harm: Harm
    source: str
    """A pitfall of earlier systems, by number and public report, or a section of
    Ongaro's dissertation, or the guarantee that asks for the guard."""
    clause: str
    """The clause of docs/specification.md that is broken."""
    fault: str
    """How it is broken."""
    module: str
    """The module of core that is edited."""
    edits: tuple[Edit, ...]
    survives: str = ""
    """Why fewer detectors than required kill it; empty if enough do."""
    check: tuple[CatalogTable, ...] = field(default=(), compare=False)
    """The kills expected of the model checker: `expectation` reads them."""
    prove: CatalogTable | None = field(default=None, compare=False)
    """What the proofs are asked: `primacy_proofs.mutation.mutants` reads it."""

    @property
    def guard(self) -> str:
        """Name the clause and how it is broken."""
        return f"{self.clause}: {self.fault}"


class EditError(ValueError):
    """A module of core does not have the text of an edit as often as stated."""


def apply(mutant: Mutant, source: str) -> str:
    """Apply the edits of a mutant, in their order, to the source of its module."""
    for edit in mutant.edits:
        found = source.count(edit.before)
        if found != edit.times:
            raise EditError(
                f"mutant {mutant.id}: the text {edit.before.strip()!r} must occur "
                f"{_times(edit.times)} in core's {mutant.module}.py, it occurs "
                f"{_times(found)}"
            )
        source = source.replace(edit.before, edit.after)
    return source


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def mutant_sha256(mutant: Mutant) -> str:
    """Digest what a mutant changes."""
    texts = [text for edit in mutant.edits for text in (edit.before, edit.after)]
    content = json.dumps([mutant.module, *texts, mutant.harm.value])
    return hashlib.sha256(content.encode()).hexdigest()
