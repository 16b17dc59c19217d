"""What the checker is expected to find: in which place a mutant dies, and of what.

Contract: `[[mutant.check]]` of the catalogue is read here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Final

from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog.mutants import load_mutants
from primacy_model.mutation.catalog.table import CatalogError, CatalogTable
from primacy_model.mutation.mutant import Mutant
from primacy_model.mutation.scripts import SCRIPTS

RAISES: Final = "message.total"
"""What breaks where the core raises."""
PLACES: Final = ("scope", "arena", "timed", "liveness")
"""The keys that name a place."""
ARENA: Final = (
    "electors",
    "workers",
    "joiners",
    "terms",
    "budgets",
    "begins",
    "impatient",
    "crashers",
    "clients_at",
    "changes",
    "intruders",
    "script",
    "forgets",
)
"""The keys of an arena: fields of a shape, and how it is explored."""


@dataclass(frozen=True, slots=True)
class TimedPlace:
    """A timed scope, perhaps changed."""

    scope: str
    forgets: bool = True
    """Instants are forgotten, as in the scopes. Not where a mutant reads some that the
    real core has no use for."""
    says_more: bool = True
    """More is claimed than the guarantees."""
    rounds: int = 0
    """The number of rounds that are begun; 0: as many as in the scope."""


@dataclass(frozen=True, slots=True)
class RunsPlace:
    """A scope of the claims about runs."""

    scope: str


KillPlace = str | Arena | TimedPlace | RunsPlace
"""The name of a scope, an arena, a timed scope, or a scope of runs."""


@dataclass(frozen=True, slots=True)
class ExpectedKill:
    """A mutant, and the property that breaks in a place."""

    mutant: Mutant
    place: KillPlace
    breaks: str
    """The property that fails first."""
    depth: int
    """No shortest counterexample is longer, its script not counted. Of a lasso: the
    steps of a shortest way in."""
    loop: int | None = None
    """Of a lasso: the steps that repeat for ever; 0 where nothing happens any more."""
    is_retested: bool = True
    """A test explores it again, with the reference checker as well."""

    @property
    def id(self) -> str:
        """Name the mutant."""
        return self.mutant.id


@cache
def load_kills() -> tuple[ExpectedKill, ...]:
    """Load the kills that the checker is held to.

    Of several of one mutant the first is what `primacy mutants` explores.
    """
    return tuple(
        read_kill(mutant, table) for mutant in load_mutants() for table in mutant.check
    )


def read_kill(mutant: Mutant, table: CatalogTable) -> ExpectedKill:
    """Read a kill; the model checker is not asked whether its place exists."""
    named = [key for key in PLACES if key in table]
    if len(named) != 1:
        raise CatalogError(f"{table.where}: one of {', '.join(PLACES)} must be given.")
    is_lasso = named == ["liveness"]
    table.require_keys(
        ("breaks", "depth", *named, *(["loop"] if is_lasso else [])), ("retest",)
    )
    breaks = table.text("breaks")
    return ExpectedKill(
        mutant=mutant,
        place=_read_place(table, named[0]),
        breaks=breaks,
        depth=table.number("depth"),
        loop=table.number("loop") if is_lasso else None,
        is_retested=table.flag("retest", default=breaks != RAISES),
    )


def _read_place(table: CatalogTable, key: str) -> KillPlace:
    match key:
        case "arena":
            return _read_arena(table.table(key))
        case "timed":
            return _read_timed(table.table(key))
        case "liveness":
            return RunsPlace(table.text(key))
        case _:
            return table.text(key)


def _read_timed(table: CatalogTable) -> TimedPlace:
    table.require_keys(("scope",), ("forgets", "says_more", "rounds"))
    return TimedPlace(
        table.text("scope"),
        forgets=table.flag("forgets", default=True),
        says_more=table.flag("says_more", default=True),
        rounds=table.number("rounds"),
    )


def _read_arena(table: CatalogTable) -> Arena:
    table.require_keys((), ARENA)
    plain = Shape()
    budgets = table.table("budgets")
    budgets.require_keys((), tuple(field.name for field in fields(Budgets)))
    shape = Shape(
        electors=table.texts("electors", plain.electors),
        terms=table.number("terms", plain.terms),
        budgets=Budgets(**{name: budgets.number(name) for name in budgets.values}),
        begins=table.text("begins", plain.begins),
        intruders=table.flag("intruders", default=False),
        workers=table.texts("workers"),
        joiners=table.texts("joiners"),
        impatient=table.texts("impatient"),
        crashers=table.texts("crashers"),
        clients_at=table.texts("clients_at"),
        changes=table.texts("changes"),
    )
    return Arena(
        shape, _read_script(table), forgets=table.flag("forgets", default=True)
    )


def _read_script(table: CatalogTable) -> str:
    parts = table.texts("script")
    for part in parts:
        if part not in SCRIPTS and part != "lose" and " " not in part:
            raise table.error("script", f"names no script {part!r}")
    return ", ".join(SCRIPTS.get(part, part) for part in parts)
