"""What the proofs expect of mutants: which units of work and laws must notice them.

Contract: `[mutant.prove]` of the catalogue of mutants is read here and nowhere else. A
mutant that is expected to be killed must leave an obligation unproved. One that is
expected to survive only costs progress, or another guard stands behind the one that it
breaks: it must keep every law, and the catalogue gives the reason. A mutant with no
expectation is judged for the kill matrix alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

from primacy_model.mutation.catalog.mutants import load_mutants
from primacy_model.mutation.catalog.table import CatalogTable
from primacy_model.mutation.mutant import Mutant


class Expected(Enum):
    """What a mutant is expected to do to the proofs."""

    KILLED = "killed"
    """A law breaks."""
    SURVIVES = "survives"
    """Every law is kept."""


@dataclass(frozen=True, slots=True)
class ProofTask:
    """A mutant, and what is proved about it."""

    mutant: Mutant
    units: tuple[str, ...]
    groups: tuple[str, ...]
    """Which laws it has to keep or to break; all of them if empty."""
    expected: Expected | None
    reason: str = ""
    """Why it is expected to survive."""

    @property
    def id(self) -> str:
        """Name the mutant."""
        return self.mutant.id

    @property
    def must_die(self) -> bool:
        """Tell whether some law must break."""
        return self.expected is Expected.KILLED


@cache
def load_tasks() -> tuple[ProofTask, ...]:
    """Load what is proved about each mutant that the proofs can speak of."""
    return tuple(
        read_task(mutant, mutant.prove)
        for mutant in load_mutants()
        if mutant.prove is not None
    )


@cache
def load_expected() -> tuple[ProofTask, ...]:
    """Load the tasks whose outcome is expected: those of `primacy prove --mutants`."""
    return tuple(task for task in load_tasks() if task.expected is not None)


def read_task(mutant: Mutant, table: CatalogTable) -> ProofTask:
    """Read what is proved about a mutant."""
    table.require_keys(("units",), ("groups", "expect", "reason"))
    expected = None
    if "expect" in table:
        expected = Expected(table.choice("expect", [each.value for each in Expected]))
    task = ProofTask(
        mutant,
        table.texts("units"),
        table.texts("groups"),
        expected,
        table.text("reason"),
    )
    if bool(task.reason) != (expected is Expected.SURVIVES):
        raise table.error("reason", "must be given if and only if it is to survive")
    return task
