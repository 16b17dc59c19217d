"""A search of a world of actors, level by level, by one of the engines.

All engines find the same rows in the same levels. The claims are judged where the views
of the actors are new; at the end of a level the first row that breaks a claim ends the
search. Its trace is found again in the model itself, and replayed.

Source: design of the model checker, sections 2 and 4.
"""

from __future__ import annotations

import importlib.util
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Generic, Protocol

import networkx as nx

from primacy_model.actors import (
    Actors,
    Assembled,
    Claim,
    Ghost,
    Local,
    Message,
    Shared,
    Views,
    Whole,
)
from primacy_model.engines import equivariance, promises, saved
from primacy_model.engines.memo import Memo
from primacy_model.engines.promises import PromiseBrokenError
from primacy_model.engines.saved import Stop
from primacy_model.engines.sights import Sights
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.tables import Tables
from primacy_model.limits import Limit, Saving, unlimited
from primacy_model.model import Kind
from primacy_model.oracle import Exploration, Verdict, Witness, judged
from primacy_model.trace import Step, Trace, Violation, replay

Progress = Callable[[int, int, int], None]
"""Told now and then: how many states, how many are to be expanded, the depth."""

Some = Whole[Any, Any, Any, Any]

UNBOUNDED: Final = 2**62
AT_ONCE: Final = 1 << 16
"""How many rows are expanded before limits are asked."""


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
    def is_installed(self) -> bool:
        """Tell whether it can run here."""
        return all(importlib.util.find_spec(name) for name in self.needs)


class Store(Protocol):
    """What an engine keeps of a world, and how it goes on."""

    def __init__(
        self,
        tables: Tables,
        sights: Sights,
        *,
        prunes: bool,
        symmetries: Symmetries | None = None,
    ) -> None:
        """Begin with the first row."""

    @property
    def moves(self) -> int:
        """Count the moves that were made, those to known rows included."""

    @property
    def size(self) -> int:
        """Count the rows."""

    @property
    def bytes(self) -> int:
        """Tell how much memory the rows take."""

    def row(self, number: int) -> Sequence[int]:
        """Give a row as numbers: local states, bits of mailboxes, ghost, shared."""

    def parent(self, number: int) -> int:
        """Name the row that led to a row, -1 for the first."""

    def expand(self, start: int, end: int, most: int) -> bool:
        """Add what follows the rows of a level; tell whether the bound was hit."""

    def unseen(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """List groups of claims, and rows of a level that show them something new.

        A row may be listed again; the rows of a group come in their order.
        """

    def save(self, folder: Path) -> None:
        """Write the rows, and tell the tables all values that rows speak of."""

    def load(self, folder: Path, moves: int) -> None:
        """Take over rows; so many moves were made."""


@dataclass(frozen=True, slots=True)
class Found(Generic[Local, Message, Shared, Ghost]):
    """What a search found."""

    verdict: Verdict
    levels: tuple[int, ...]
    """How many states are so many moves away from the first."""
    moves: int
    calls: int
    """How often the model was asked for moves."""
    seconds: float
    """Of CPU time."""
    bytes: int
    """What the states take in memory."""
    violation: Violation[Whole[Local, Message, Shared, Ghost]] | None
    kinds: Counter[str]
    """In how many local situations a move of each kind may be made."""
    witnesses: tuple[Witness[Whole[Local, Message, Shared, Ghost]], ...]
    never_fired: tuple[str, ...]
    unreached: tuple[Claim[Local, Shared, Ghost], ...]
    is_bounded: bool
    stopped_at: str
    """What ended the search, in words, if not so many states."""
    saving: Saving | None = None
    """What became of saving it, if that was asked for and it stopped."""
    images: int | None = None
    """For how many states one may stand that differ only in names; 1 if none do.

    None if all were looked for.
    """

    @property
    def states(self) -> int:
        """Count the states."""
        return sum(self.levels)


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
    limit: Limit = unlimited,
    save: Path | None = None,
    resume: Path | None = None,
) -> Found[Local, Message, Shared, Ghost]:
    """Search the reachable states of a world of actors, breadth first.

    Pruning leaves out moves that lead nowhere new, and forgetting leaves out messages
    that are ignored for ever. A symmetric search visits one of the states that differ
    only in who is who, and prunes nothing if there are such. What the world promises
    for that is checked at the end.

    `save` is a folder that is given what a search needs to go on, if it stopped at a
    limit; `resume` is one from which a search is to go on.
    """
    if any(claim.kind is Kind.RECOVERABLE for claim in actors.claims):
        raise ValueError("an engine keeps no edges: only the oracle sees recovery")
    begun, engine, most = time.process_time(), engine or best(), max_states or UNBOUNDED
    told = asked(prunes=prunes, forgets=forgets, symmetric=symmetric)
    origin = partial(saved.origin, actors, engine.value, told)
    before = None if resume is None else saved.opened(resume, origin(), most)
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
        saving = saved.kept(save, origin(), stop, tables, search.store)
    if not search.is_broken:  # what breaks a claim is replayed, and needs no promise
        promises.check(tables, prunes=prunes)
        if symmetries is not None:
            equivariance.check(symmetries, search.shown())
    images = symmetries.count if symmetries is not None else 1
    return replace(
        search.found(time.process_time() - begun),
        saving=saving,
        images=images if symmetric else None,
    )


def asked(
    *, prunes: bool = True, forgets: bool = True, symmetric: bool = False
) -> dict[str, bool]:
    """Name the reductions that are asked for: a search goes on with the same."""
    return {"prunes": prunes, "forgets": forgets, "symmetric": symmetric}


def explored(
    actors: Actors[Local, Message, Shared, Ghost],
    found: Found[Local, Message, Shared, Ghost],
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


Parts = tuple[Tables, Sights, Store]


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
) -> Parts:
    """Make what an engine searches with."""
    sights = Sights(tables)
    prunes = prunes and tables.copies == 0 and symmetries is None
    make: type[Store] = Memo
    if engine is Engine.NUMBA:
        from primacy_model.engines.compiled import Compiled  # noqa: PLC0415 - an extra

        make = Compiled
    if engine is Engine.NUMPY:
        from primacy_model.engines.vectors import Vectors  # noqa: PLC0415 - an extra

        make = Vectors
    return tables, sights, make(tables, sights, prunes=prunes, symmetries=symmetries)


class Search:
    """A search that goes on until its end, its bound or a broken claim."""

    def __init__(
        self,
        tables: Tables,
        sights: Sights,
        store: Store,
        symmetries: Symmetries | None = None,
    ) -> None:
        self._tables, self._sights, self.store = tables, sights, store
        self._symmetries = symmetries
        self._model = Assembled(tables.actors, tables.forgets)
        self._claims = list(tables.actors.claims)
        self._levels: list[int] = []
        self._judged: list[set[Views]] = [set() for _ in sights.groups]
        """The views that the claims of each group were shown."""
        self._shown: list[tuple[int, int]] = []
        """The group, and the first row that has those views."""
        self._reached: dict[str, tuple[int, int]] = {}
        """The first row in which it holds, by claim, and its depth."""
        self._broken: tuple[int, int] | None = None
        """The first row that breaks a claim, and the number of the claim."""
        self._is_bounded = False
        self._stopped_at = ""
        self._begin = 0
        """The first row that is to be expanded."""
        self._stop: tuple[tuple[int, ...], int, int] = (), 0, 0
        """The levels, the row and the count of moves before the last expansion."""

    @property
    def is_broken(self) -> bool:
        """Tell whether a claim was broken."""
        return self._broken is not None

    def run(
        self, most: int, progress: Progress | None = None, limit: Limit = unlimited
    ) -> None:
        """Go on level by level."""
        begin, end = self._begin, sum(self._levels)
        while not (self.is_broken or self._is_bounded):
            self._expand(range(begin, end, AT_ONCE), end, most, progress, limit)
            begin, end = end, self.store.size
            if begin == end:
                return
            self._levels.append(end - begin)
            self._judge(begin, end)

    def _expand(
        self,
        begins: Iterable[int],
        end: int,
        most: int,
        progress: Progress | None,
        limit: Limit,
    ) -> None:
        """Expand the rest of a level, or as much of it as the limits allow."""
        for begin in begins:
            if progress is not None:
                progress(self.store.size, end - begin, len(self._levels) - 1)
            self._stop = tuple(self._levels), begin, self.store.moves
            self._stopped_at = limit()
            self._is_bounded = bool(self._stopped_at) or self.store.expand(
                begin, min(begin + AT_ONCE, end), most
            )
            if self._is_bounded:
                return

    # --- stopping, and going on -------------------------------------------------------

    @property
    def is_unfinished(self) -> bool:
        """Tell whether the search may go on."""
        return self._is_bounded and not self.is_broken

    def stop(self, seconds: float) -> Stop:
        """Tell where the search stopped."""
        levels, begin, moves = self._stop
        met = [] if self._symmetries is None else self._symmetries.orbits
        orbits = tuple((column, number) for column, number, _ in met)
        return Stop(levels, begin, moves, dict(self._reached), seconds, orbits)

    def go_on(self, stop: Stop) -> None:
        """Be where a search stopped; the engine has its rows.

        What the claims were shown is forgotten: to be shown it again changes nothing.
        """
        self._levels, self._begin = list(stop.levels), stop.begin
        self._reached = dict(stop.reached)

    # --- claims -----------------------------------------------------------------------

    def _judge(self, start: int, end: int) -> None:
        """Show the rows of a level to the claims, where they look new."""
        broken = []
        for group, number in self.store.unseen(start, end):
            views = self._sights.views(group, self.store.row(number))
            if views in self._judged[group]:
                continue
            self._judged[group].add(views)
            self._shown.append((group, number))
            for order, claim in self._sights.groups[group].claims:
                if claim.kind is Kind.ALWAYS:
                    if not claim.holds(views):
                        broken.append((number, order))
                elif claim.id not in self._reached and claim.holds(views):
                    self._reached[claim.id] = number, len(self._levels) - 1
        self._broken = min(broken, default=None)

    def shown(self) -> Iterator[tuple[Sequence[int], Sequence[Claim[Any, Any, Any]]]]:
        """List rows that claims were shown, and those claims."""
        for group, number in self._shown:
            row = self._tables.row(self._tables.whole(self.store.row(number)))
            yield row, [claim for _, claim in self._sights.groups[group].claims]

    def found(self, seconds: float) -> Found[Any, Any, Any, Any]:
        """Judge what was found."""
        kinds, claims = self._tables.actors.kinds, self._claims
        never_fired = tuple(kind for kind in kinds if kind not in self._tables.kinds)
        unreached = tuple(
            claim
            for claim in claims
            if claim.kind is Kind.SOMETIMES and claim.id not in self._reached
        )
        violation = self._violation()
        return Found(
            judged(
                is_violated=violation is not None,
                is_bounded=self._is_bounded,
                is_vacuous=bool(never_fired or unreached),
            ),
            tuple(self._levels),
            self.store.moves,
            self._tables.calls,
            seconds,
            self.store.bytes,
            violation,
            self._tables.kinds,
            tuple(self._witnesses()),
            never_fired,
            unreached,
            self._is_bounded,
            self._stopped_at,
        )

    def _witnesses(self) -> Iterator[Witness[Some]]:
        for claim in self._model.properties:
            if claim.id in self._reached:
                number, depth = self._reached[claim.id]
                whole = self._run_to(number)[-1]
                if not claim.holds(whole):
                    raise equivariance.told_apart(claim.id, whole)
                yield Witness(claim, whole, depth)

    def _violation(self) -> Violation[Some] | None:
        if self._broken is None:
            return None
        number, order = self._broken
        whole, claim = self._run_to(number), self._model.properties[order]
        if claim.holds(whole[-1]):
            raise equivariance.told_apart(claim.id, whole[-1])
        steps = [_step(self._model, before, after) for before, after in pairwise(whole)]
        trace = Trace(self._model.name, whole[0], tuple(steps))
        replay(self._model, trace)
        return Violation(claim, trace)

    def _run_to(self, number: int) -> list[Some]:
        """List the worlds of a run to a row, or to an image of it.

        Rows that stand for others are no run. Where there are such, each world is one
        that follows the world before it, and has the next row to stand for it.
        """
        numbers = [number]
        while (parent := self.store.parent(numbers[-1])) >= 0:
            numbers.append(parent)
        rows = [self._tables.whole(self.store.row(each)) for each in numbers[::-1]]
        run = rows[:1]
        for row in rows[1:]:
            run.append(row if self._symmetries is None else self._image(run[-1], row))
        return run

    def _image(self, before: Some, row: Some) -> Some:
        """Find an image of a row among what follows a world."""
        tables, symmetries, model = self._tables, self._symmetries, self._model
        assert symmetries is not None
        least = symmetries.least(tables.row(row))
        for action in model.actions(before):
            after = model.successor(before, action)
            if symmetries.least(tables.row(after)) == least:
                return after
        raise PromiseBrokenError(
            f"nothing leads from {before} to {row} with other names:"
            " explore without symmetry"
        )


def _step(
    model: Assembled[Any, Any, Any, Any], before: Some, after: Some
) -> Step[Some]:
    """Find a move of the model that leads from one world to another."""
    leading = (
        action
        for action in model.actions(before)
        if model.successor(before, action) == after
    )
    return Step(next(leading), after)
