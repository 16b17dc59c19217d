"""A search level by level, whichever engine keeps the rows.

All engines find the same rows in the same levels. The claims are judged where the views
of the actors are new; at the end of a level the first row that breaks a claim ends the
search. Its trace is found again in the model itself, and replayed.

Source: docs/decisions/010-levels-and-replayed-traces.md, and 011 for the claims.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Generic, Protocol

from primacy_model.checker.actors import (
    Assembled,
    Claim,
    Ghost,
    Local,
    Message,
    Shared,
    Views,
    Whole,
)
from primacy_model.checker.limits import Limit, Saving, never_limited
from primacy_model.checker.model import Kind
from primacy_model.checker.reference_bfs import (
    Progress,
    ReachedState,
    Verdict,
    overall_verdict,
)
from primacy_model.checker.trace import Step, Trace, Violation, confirm, confirm_raised
from primacy_model.engines import symmetry_check
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.engines.checkpoint import Stop
from primacy_model.engines.projections import Projections
from primacy_model.engines.symmetry import Symmetries
from primacy_model.engines.transition_tables import Tables

AnyWhole = Whole[Any, Any, Any, Any]

AT_ONCE: Final = 1 << 16
"""How many rows are expanded before limits are asked."""


class EngineStore(Protocol):
    """What an engine keeps of a world, and how it goes on."""

    def __init__(
        self,
        tables: Tables,
        projections: Projections,
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
        """Take over rows, and the number of moves that were made."""


@dataclass(frozen=True, slots=True)
class SearchResult(Generic[Local, Message, Shared, Ghost]):
    """What a search found."""

    verdict: Verdict
    levels: tuple[int, ...]
    """How many states there are at each number of moves from the first."""
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
    witnesses: tuple[ReachedState[Whole[Local, Message, Shared, Ghost]], ...]
    never_fired: tuple[str, ...]
    unreached: tuple[Claim[Local, Shared, Ghost], ...]
    is_bounded: bool
    stopped_at: str
    """What ended the search, in words, if not a number of states."""
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


class Search:
    """A search that goes on until its end, its bound or a broken claim."""

    def __init__(
        self,
        tables: Tables,
        projections: Projections,
        store: EngineStore,
        symmetries: Symmetries | None = None,
    ) -> None:
        self._tables, self._projections, self.store = tables, projections, store
        self._symmetries = symmetries
        self._model = Assembled(tables.actors, tables.forgets)
        self._claims = list(tables.actors.claims)
        self._levels: list[int] = []
        self._judged: list[set[Views]] = [set() for _ in projections.groups]
        """The views that the claims of each group were shown."""
        self._shown: list[tuple[int, int]] = []
        """The group, and the first row that has those views."""
        self._reached: dict[str, tuple[int, int]] = {}
        """The first row in which it holds, by claim, and its depth."""
        self._broken: tuple[int, int] | None = None
        """The first row that breaks a claim, and the number of the claim."""
        self._judging: int | None = None
        """The row that is shown to claims, or was when one of them raised."""
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
        self, most: int, progress: Progress | None = None, limit: Limit = never_limited
    ) -> None:
        """Go on level by level."""
        begin, end = self._begin, sum(self._levels)
        while not (self.is_broken or self._is_bounded):
            try:
                self._expand(range(begin, end, AT_ONCE), end, most, progress, limit)
                begin, end = end, self.store.size
                if begin == end:
                    return
                self._levels.append(end - begin)
                self._judge(begin, end)
            except Exception as error:
                number = self._raised_in(begin, end)
                if number is None:
                    raise
                trace = self._trace_to(number)
                raise confirm_raised(self._model, trace, error) from error

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

    # --- what raises ------------------------------------------------------------------

    def _raised_in(self, begin: int, end: int) -> int | None:
        """Find the first row of a level in which the model raised, if it did."""
        if self._judging is not None or self._tables.asking is None:
            return self._judging
        place, local, shared, message = self._tables.asking
        for number in range(begin, end):
            parts = self.store.row(number)
            is_there = parts[place] == local and parts[-1] == shared
            box = parts[self._tables.places + place]
            if is_there and (message < 0 or message in self._tables.held(box)):
                return number
        return None

    # --- claims -----------------------------------------------------------------------

    def _judge(self, start: int, end: int) -> None:
        """Show the rows of a level to the claims, where they look new."""
        broken = []
        for group, number in self.store.unseen(start, end):
            views = self._projections.views(group, self.store.row(number))
            if views in self._judged[group]:
                continue
            self._judged[group].add(views)
            self._shown.append((group, number))
            self._judging = number
            for order, claim in self._projections.groups[group].claims:
                if claim.kind is Kind.ALWAYS:
                    if not claim.holds(views):
                        broken.append((number, order))
                elif claim.id not in self._reached and claim.holds(views):
                    self._reached[claim.id] = number, len(self._levels) - 1
            self._judging = None
        self._broken = min(broken, default=None)

    def shown(self) -> Iterator[tuple[Sequence[int], Sequence[Claim[Any, Any, Any]]]]:
        """List rows that claims were shown, and those claims."""
        for group, number in self._shown:
            row = self._tables.row(self._tables.whole(self.store.row(number)))
            yield row, [claim for _, claim in self._projections.groups[group].claims]

    def found(self, seconds: float) -> SearchResult[Any, Any, Any, Any]:
        """Judge what was found."""
        kinds, claims = self._tables.actors.kinds, self._claims
        never_fired = tuple(kind for kind in kinds if kind not in self._tables.kinds)
        unreached = tuple(
            claim
            for claim in claims
            if claim.kind is Kind.SOMETIMES and claim.id not in self._reached
        )
        violation = self._violation()
        return SearchResult(
            overall_verdict(
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

    def _witnesses(self) -> Iterator[ReachedState[AnyWhole]]:
        for claim in self._model.properties:
            if claim.id in self._reached:
                number, depth = self._reached[claim.id]
                whole = self._run_to(number)[-1]
                if not claim.holds(whole):
                    raise symmetry_check.asymmetry_error(claim.id, whole)
                yield ReachedState(claim, whole, depth)

    def _violation(self) -> Violation[AnyWhole] | None:
        if self._broken is None:
            return None
        number, order = self._broken
        trace, claim = self._trace_to(number), self._model.properties[order]
        if claim.holds(trace.last):
            raise symmetry_check.asymmetry_error(claim.id, trace.last)
        return confirm(self._model, claim, trace)

    def _trace_to(self, number: int) -> Trace[AnyWhole]:
        """Find again in the model how a row was reached."""
        whole = self._run_to(number)
        steps = [_step(self._model, before, after) for before, after in pairwise(whole)]
        return Trace(self._model.name, whole[0], tuple(steps))

    def _run_to(self, number: int) -> list[AnyWhole]:
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

    def _image(self, before: AnyWhole, row: AnyWhole) -> AnyWhole:
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
    model: Assembled[Any, Any, Any, Any], before: AnyWhole, after: AnyWhole
) -> Step[AnyWhole]:
    """Find a move of the model that leads from one world to another."""
    for action in model.actions(before):
        if model.successor(before, action) == after:
            return Step(action, after)
    raise PromiseBrokenError(
        f"nothing leads from {before} to {after}, which was reached from it:"
        " states must not be changed in place"
    )
