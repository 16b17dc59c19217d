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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
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
from primacy_model.engines import promises
from primacy_model.engines.memo import Memo
from primacy_model.engines.sights import Sights
from primacy_model.engines.tables import Tables
from primacy_model.limits import Limit, unlimited
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
    max_states: int | None = None,
    progress: Progress | None = None,
    limit: Limit = unlimited,
) -> Found[Local, Message, Shared, Ghost]:
    """Search the reachable states of a world of actors, breadth first.

    Pruning leaves out moves that lead nowhere new, and forgetting leaves out messages
    that are ignored for ever; what the world promises for that is checked at the end.
    """
    if any(claim.kind is Kind.RECOVERABLE for claim in actors.claims):
        raise ValueError("an engine keeps no edges: only the oracle sees recovery")
    begun = time.process_time()
    tables = Tables(actors, forgets)
    search = Search(*parts(engine or best(), tables, prunes=prunes))
    search.run(max_states or UNBOUNDED, progress, limit)
    if not search.is_broken:  # what breaks a claim is replayed, and needs no promise
        promises.check(tables, prunes=prunes and tables.copies == 0)
    return search.found(time.process_time() - begun)


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
    )


Parts = tuple[Tables, Sights, Store]


def parts(engine: Engine, tables: Tables, *, prunes: bool) -> Parts:
    """Make what an engine searches with."""
    sights, prunes = Sights(tables), prunes and tables.copies == 0
    if engine is Engine.NUMBA:
        from primacy_model.engines.compiled import Compiled  # noqa: PLC0415 - an extra

        return tables, sights, Compiled(tables, sights, prunes=prunes)
    if engine is Engine.NUMPY:
        from primacy_model.engines.vectors import Vectors  # noqa: PLC0415 - an extra

        return tables, sights, Vectors(tables, sights, prunes=prunes)
    return tables, sights, Memo(tables, sights, prunes=prunes)


class Search:
    """A search that goes on until its end, its bound or a broken claim."""

    def __init__(self, tables: Tables, sights: Sights, store: Store) -> None:
        self._tables, self._sights, self.store = tables, sights, store
        self._model = Assembled(tables.actors, tables.forgets)
        self._claims = list(tables.actors.claims)
        self._levels: list[int] = []
        self._judged: list[set[Views]] = [set() for _ in sights.groups]
        """The views that the claims of each group were shown."""
        self._reached: dict[str, tuple[int, int]] = {}
        """The first row in which it holds, by claim, and its depth."""
        self._broken: tuple[int, int] | None = None
        """The first row that breaks a claim, and the number of the claim."""
        self._is_bounded = False
        self._stopped_at = ""

    @property
    def is_broken(self) -> bool:
        """Tell whether a claim was broken."""
        return self._broken is not None

    def run(
        self, most: int, progress: Progress | None = None, limit: Limit = unlimited
    ) -> None:
        """Go on level by level."""
        start, end = 0, self.store.size
        while start < end:
            self._levels.append(end - start)
            self._judge(start, end)
            if self._broken is not None or self._is_bounded:
                return
            for begin in range(start, end, AT_ONCE):
                if progress is not None:
                    progress(self.store.size, end - begin, len(self._levels) - 1)
                self._stopped_at = limit()
                self._is_bounded = bool(self._stopped_at) or self.store.expand(
                    begin, min(begin + AT_ONCE, end), most
                )
                if self._is_bounded:
                    break
            start, end = end, self.store.size

    def _judge(self, start: int, end: int) -> None:
        """Show the rows of a level to the claims, where they look new."""
        broken = []
        for group, number in self.store.unseen(start, end):
            views = self._sights.views(group, self.store.row(number))
            if views in self._judged[group]:
                continue
            self._judged[group].add(views)
            for order, claim in self._sights.groups[group].claims:
                if claim.kind is Kind.ALWAYS:
                    if not claim.holds(views):
                        broken.append((number, order))
                elif claim.id not in self._reached and claim.holds(views):
                    self._reached[claim.id] = number, len(self._levels) - 1
        self._broken = min(broken, default=None)

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
                whole = self._tables.whole(self.store.row(number))
                yield Witness(claim, whole, depth)

    def _violation(self) -> Violation[Some] | None:
        if self._broken is None:
            return None
        number, order = self._broken
        numbers = [number]
        while (parent := self.store.parent(numbers[-1])) >= 0:
            numbers.append(parent)
        whole = [self._tables.whole(self.store.row(each)) for each in numbers[::-1]]
        steps = [_step(self._model, before, after) for before, after in pairwise(whole)]
        trace = Trace(self._model.name, whole[0], tuple(steps))
        replay(self._model, trace)
        return Violation(self._model.properties[order], trace)


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
