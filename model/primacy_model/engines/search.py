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
from typing import Final, Generic, Protocol

import networkx as nx

from primacy_model.actors import Actors, Assembled, Claim, Local, Message, Whole
from primacy_model.engines.memo import Memo
from primacy_model.engines.tables import Tables
from primacy_model.limits import Limit, unlimited
from primacy_model.model import Kind
from primacy_model.oracle import Exploration, Verdict, Witness, judged
from primacy_model.trace import Step, Trace, Violation, replay

Progress = Callable[[int, int, int], None]
"""Told now and then: how many states, how many are to be expanded, the depth."""

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
        """Give a row: the local states, then the mailboxes."""

    def parent(self, number: int) -> int:
        """Name the row that led to a row, -1 for the first."""

    def expand(self, start: int, end: int, most: int) -> bool:
        """Add what follows the rows of a level; tell whether the bound was hit."""

    def unseen(self, start: int, end: int) -> Iterator[int]:
        """List the rows of a level whose views no row before them had."""


@dataclass(frozen=True, slots=True)
class Found(Generic[Local, Message]):
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
    violation: Violation[Whole[Local, Message]] | None
    kinds: Counter[str]
    """In how many local situations a move of each kind may be made."""
    witnesses: tuple[Witness[Whole[Local, Message]], ...]
    never_fired: tuple[str, ...]
    unreached: tuple[Claim[Local], ...]
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
    actors: Actors[Local, Message],
    engine: Engine | None = None,
    *,
    prunes: bool = True,
    max_states: int | None = None,
    progress: Progress | None = None,
    limit: Limit = unlimited,
) -> Found[Local, Message]:
    """Search the reachable states of a world of actors, breadth first."""
    if any(claim.kind is Kind.RECOVERABLE for claim in actors.claims):
        raise ValueError("an engine keeps no edges: only the oracle sees recovery")
    begun = time.process_time()
    search = Search(actors, _store(engine or best(), actors, prunes=prunes))
    search.run(max_states or UNBOUNDED, progress, limit)
    return search.found(time.process_time() - begun)


def explored(
    actors: Actors[Local, Message], found: Found[Local, Message]
) -> Exploration[Whole[Local, Message]]:
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


def _store(
    engine: Engine, actors: Actors[Local, Message], *, prunes: bool
) -> tuple[Tables[Local, Message], Store]:
    tables = Tables(actors)
    if engine is Engine.NUMBA:
        from primacy_model.engines.compiled import Compiled  # noqa: PLC0415 - an extra

        return tables, Compiled(tables, prunes=prunes)
    if engine is Engine.NUMPY:
        from primacy_model.engines.vectors import Vectors  # noqa: PLC0415 - an extra

        return tables, Vectors(tables, prunes=prunes)
    return tables, Memo(tables, prunes=prunes)


class Search(Generic[Local, Message]):
    """A search that goes on until its end, its bound or a broken claim."""

    def __init__(
        self,
        actors: Actors[Local, Message],
        parts: tuple[Tables[Local, Message], Store],
    ) -> None:
        self._actors = actors
        self._tables, self._store = parts
        self._levels: list[int] = []
        self._reached: dict[str, tuple[int, int]] = {}
        """The first row in which it holds, by claim, and its depth."""
        self._broken: tuple[Claim[Local], int] | None = None
        self._is_bounded = False
        self._stopped_at = ""

    def run(
        self, most: int, progress: Progress | None = None, limit: Limit = unlimited
    ) -> None:
        """Go on level by level."""
        start, end = 0, self._store.size
        while start < end:
            self._levels.append(end - start)
            self._judge(start, end)
            if self._broken is not None or self._is_bounded:
                return
            for begin in range(start, end, AT_ONCE):
                if progress is not None:
                    progress(self._store.size, end - begin, len(self._levels) - 1)
                self._stopped_at = limit()
                self._is_bounded = bool(self._stopped_at) or self._store.expand(
                    begin, min(begin + AT_ONCE, end), most
                )
                if self._is_bounded:
                    break
            start, end = end, self._store.size

    def _judge(self, start: int, end: int) -> None:
        claims = self._actors.claims
        for number in self._store.unseen(start, end):
            row = self._store.row(number)
            shown = [
                self._tables.views(place, local)
                for place, local in enumerate(row[: len(row) // 2])
            ]
            for claim, views in zip(claims, zip(*shown, strict=True), strict=True):
                if claim.kind is Kind.SOMETIMES:
                    if claim.id not in self._reached and claim.holds(views):
                        self._reached[claim.id] = number, len(self._levels) - 1
                elif self._broken is None and not claim.holds(views):
                    self._broken = claim, number

    def found(self, seconds: float) -> Found[Local, Message]:
        """Judge what was found."""
        kinds, claims = self._actors.kinds, self._actors.claims
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
            self._store.moves,
            self._tables.calls,
            seconds,
            self._store.bytes,
            violation,
            self._tables.kinds,
            tuple(self._witnesses()),
            never_fired,
            unreached,
            self._is_bounded,
            self._stopped_at,
        )

    def _witnesses(self) -> Iterator[Witness[Whole[Local, Message]]]:
        for claim in Assembled(self._actors).properties:
            if claim.id in self._reached:
                number, depth = self._reached[claim.id]
                whole = self._tables.whole(self._store.row(number))
                yield Witness(claim, whole, depth)

    def _violation(self) -> Violation[Whole[Local, Message]] | None:
        if self._broken is None:
            return None
        claim, number = self._broken
        numbers = [number]
        while (parent := self._store.parent(numbers[-1])) >= 0:
            numbers.append(parent)
        whole = [self._tables.whole(self._store.row(each)) for each in numbers[::-1]]
        model = Assembled(self._actors)
        steps = [_step(model, before, after) for before, after in pairwise(whole)]
        trace = Trace(model.name, whole[0], tuple(steps))
        replay(model, trace)
        (told,) = (each for each in model.properties if each.id == claim.id)
        return Violation(told, trace)


def _step(
    model: Assembled[Local, Message],
    before: Whole[Local, Message],
    after: Whole[Local, Message],
) -> Step[Whole[Local, Message]]:
    """Find a move of the model that leads from one world to another."""
    leading = (
        action
        for action in model.actions(before)
        if model.successor(before, action) == after
    )
    return Step(next(leading), after)
