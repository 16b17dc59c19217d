"""Which engine searches a world of actors, with which reductions, and what is reported.

An engine is asked for what it needs when it is chosen, so that none has to be installed
that is not used. What a world promises for the reductions is checked at the end.

Source: docs/decisions/010-levels-and-replayed-traces.md.
"""

from __future__ import annotations

import importlib.util
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Final

import networkx as nx

from primacy_model.checker.actors import (
    Actors,
    Assembled,
    Ghost,
    Local,
    Message,
    Shared,
    Whole,
)
from primacy_model.checker.limits import Limit, never_limited
from primacy_model.checker.model import Kind
from primacy_model.checker.reference_bfs import Exploration, Progress
from primacy_model.engines import assumption_check, checkpoint, symmetry_check
from primacy_model.engines.bfs import EngineStore, Search, SearchResult
from primacy_model.engines.projections import Projections
from primacy_model.engines.python_engine import Memo
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.transition_tables import Tables

UNBOUNDED: Final = 2**62


class Engine(Enum):
    """What explores: the slowest first."""

    MEMO = "memo"
    NUMPY = "numpy"
    NUMBA = "numba"

    @property
    def needs(self) -> tuple[str, ...]:
        """Name the modules without which it does not run."""
        return {"memo": (), "numpy": ("numpy",), "numba": ("numpy", "numba")}[
            self.value
        ]

    @property
    def missing(self) -> str:
        """Name the first module that it needs and that is not installed, if any."""
        missing = (name for name in self.needs if not importlib.util.find_spec(name))
        return next(missing, "")

    @property
    def is_installed(self) -> bool:
        """Tell whether it can run here."""
        return not self.missing


def best() -> Engine:
    """Choose the fastest engine that is installed."""
    return next(engine for engine in reversed(Engine) if engine.is_installed)


def explore(
    actors: Actors[Local, Message, Shared, Ghost],
    engine: Engine | None = None,
    *,
    prunes: bool = True,
    forgets: bool = True,
    symmetric: bool = False,
    max_states: int | None = None,
    progress: Progress | None = None,
    limit: Limit = never_limited,
    save: Path | None = None,
    resume: Path | None = None,
) -> SearchResult[Local, Message, Shared, Ghost]:
    """Search the reachable states of a world of actors, breadth first.

    Pruning leaves out moves that lead nowhere new, and forgetting leaves out messages
    that are ignored for ever. A symmetric search visits one of the states that differ
    only in who is who, and prunes nothing if there are such. What the world promises
    for that is checked at the end.

    `save` is a folder that is given what a search needs to go on, if it stopped at a
    limit; `resume` is one from which a search is to go on.
    """
    for claim in actors.claims:
        if claim.kind not in (Kind.ALWAYS, Kind.SOMETIMES):
            told = f"an engine keeps no edges: it cannot tell whether {claim.id} holds"
            raise ValueError(told)
    begun, engine, most = time.process_time(), engine or best(), max_states or UNBOUNDED
    made = reductions(prunes=prunes, forgets=forgets, symmetric=symmetric)
    origin = partial(checkpoint.origin, actors, engine.value, made)
    before = (
        None if resume is None else checkpoint.open_checkpoint(resume, origin(), most)
    )
    tables = Tables(actors, forgets)
    if before is not None:
        before.recall(tables)
        begun -= before.stop.seconds
    orbits = () if before is None else before.stop.orbits
    symmetries = symmetries_of(tables, orbits) if symmetric else None
    prunes = prunes and tables.copies == 0 and symmetries is None
    found = parts(engine, tables, prunes=prunes, symmetries=symmetries)
    search = Search(*found, symmetries)
    if before is not None:
        before.load(search.store)
        search.go_on(before.stop)
    search.run(most, progress, limit)
    saving = None
    if save is not None and search.is_unfinished:
        stop = search.stop(time.process_time() - begun)
        saving = checkpoint.try_write(save, origin(), stop, tables, search.store)
    if not search.is_broken:  # what breaks a claim is replayed, and needs no promise
        assumption_check.check(tables, prunes=prunes)
        if symmetries is not None:
            symmetry_check.check(symmetries, search.shown())
    images = symmetries.count if symmetries is not None else 1
    return replace(
        search.found(time.process_time() - begun),
        saving=saving,
        images=images if symmetric else None,
    )


def reductions(
    *, prunes: bool = True, forgets: bool = True, symmetric: bool = False
) -> dict[str, bool]:
    """Name the reductions that are asked for: a search goes on with the same."""
    return {"prunes": prunes, "forgets": forgets, "symmetric": symmetric}


def as_exploration(
    actors: Actors[Local, Message, Shared, Ghost],
    found: SearchResult[Local, Message, Shared, Ghost],
) -> Exploration[Whole[Local, Message, Shared, Ghost]]:
    """Say in the words of the oracle what was found; its graph stays empty."""
    model = Assembled(actors)
    kinds = Counter(dict.fromkeys(actors.kinds, 0))
    kinds.update(found.kinds)
    names = {claim.id for claim in found.unreached}
    return Exploration(
        model=actors.name,
        bounds=actors.bounds,
        verdict=found.verdict,
        states=found.states,
        transitions=found.moves,
        depth=len(found.levels) - 1,
        seconds=found.seconds,
        kinds=kinds,
        witnesses=found.witnesses,
        violation=found.violation,
        never_fired=found.never_fired,
        unreached=tuple(each for each in model.properties if each.id in names),
        graph=nx.MultiDiGraph(),
        is_bounded=found.is_bounded,
        stopped_at=found.stopped_at,
        saving=found.saving,
        images=found.images,
    )


EngineParts = tuple[Tables, Projections, EngineStore]


def symmetries_of(
    tables: Tables, orbits: Iterable[tuple[int, int]] = ()
) -> Symmetries | None:
    """Tell how actors may change places; None if none may.

    Orbits that a search met before it stopped are met in the same order.
    """
    symmetries = Symmetries(tables)
    if symmetries.is_trivial:
        return None
    for column, number in orbits:
        symmetries.held(column, number)
    return symmetries


def parts(
    engine: Engine,
    tables: Tables,
    *,
    prunes: bool,
    symmetries: Symmetries | None = None,
) -> EngineParts:
    """Make what an engine searches with."""
    projections = Projections(tables)
    prunes = prunes and tables.copies == 0 and symmetries is None
    make: type[EngineStore] = Memo
    if engine is Engine.NUMBA:
        from primacy_model.engines.numba_engine import Compiled  # noqa: PLC0415 - an extra

        make = Compiled
    if engine is Engine.NUMPY:
        from primacy_model.engines.numpy_engine import Vectors  # noqa: PLC0415 - an extra

        make = Vectors
    return (
        tables,
        projections,
        make(tables, projections, prunes=prunes, symmetries=symmetries),
    )
