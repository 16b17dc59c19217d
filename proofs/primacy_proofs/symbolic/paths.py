"""Paths: run a function with proxies until every way through it was taken.

A proxy that is asked for its truth asks the oracle. The oracle lets z3 say which
answers are possible after those already given; if both are, one is given now and the
function is run again for the other. CPython executes; nothing here knows Python's
semantics. Each decision is named by function, line and source text.

Trusted: a path is dropped only if its conditions contradict each other.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as File
from typing import Final, Generic, TypeVar

import primacy
from primacy_proofs.smt.solver import (
    FALSE,
    TRUE,
    Expr,
    Feasibility,
    all_of,
    is_same,
    negation,
    simplify,
)

Result = TypeVar("Result")

CORE: Final = str(File(primacy.__file__).parent)
MOST_PATHS: Final = 5_000
"""A handler with more is refused: somewhere it loops."""


class MeaninglessError(BaseException):
    """A proxy was used in a way that has no meaning; core cannot swallow this."""


class ContractError(Exception):
    """Core asked a container for what its contract does not promise."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer that a path gave, and where."""

    condition: Expr
    holds: bool
    function: str
    line: int
    source: str

    @property
    def formula(self) -> Expr:
        """State what the decision says."""
        return self.condition if self.holds else negation(self.condition)

    def __str__(self) -> str:
        """Name the decision."""
        verdict = "yes" if self.holds else "no"
        return f"{self.function}:{self.line}: {self.source} -> {verdict}"


@dataclass(frozen=True, slots=True)
class Path(Generic[Result]):
    """One way through a function: what it decided, and what came of it."""

    decisions: tuple[Decision, ...]
    result: Result | None
    error: Exception | None

    @property
    def condition(self) -> Expr:
        """State when this path is taken."""
        formulas = [decision.formula for decision in self.decisions]
        return all_of(*formulas) if formulas else TRUE


class Oracle:
    """What answers the questions of one run: first as told, then as is possible."""

    def __init__(self, told: tuple[tuple[bool, bool], ...]) -> None:
        self.answers = list(told)
        """Each answer, and whether it was free: both were possible."""
        self.decisions: list[Decision] = []
        self.asked = 0
        self.open: list[tuple[tuple[bool, bool], ...]] = []
        self._possible = Feasibility()

    def decide(self, condition: Expr) -> bool:
        """Answer whether a condition holds, on this run."""
        plain = simplify(condition)  # not kept: z3 orders its parts by their age
        if is_same(plain, TRUE) or is_same(plain, FALSE):
            return is_same(plain, TRUE)
        if self.asked == len(self.answers):
            self._choose(condition)
        holds, is_free = self.answers[self.asked]
        self.asked += 1
        if is_free:
            decision = Decision(condition, holds, *_place())
            self._possible.add(decision.formula)
            self.decisions.append(decision)
        return holds

    def _choose(self, condition: Expr) -> None:
        may_hold = self._possible.allows(condition)
        may_fail = self._possible.allows(negation(condition))
        if may_hold and may_fail:
            self.open.append((*self.answers, (False, True)))
        self.answers.append((may_hold, may_hold and may_fail))


_current: list[Oracle] = []


def oracle() -> Oracle:
    """Give the oracle of the run in progress."""
    if not _current:
        raise MeaninglessError("a proxy was asked outside a run")
    return _current[-1]


def decide(condition: Expr) -> bool:
    """Ask the oracle of the run in progress."""
    return oracle().decide(condition)


def paths(run: Callable[[], Result]) -> tuple[Path[Result], ...]:
    """List every way through a function of proxies."""
    found: list[Path[Result]] = []
    todo: list[tuple[tuple[bool, bool], ...]] = [()]
    while todo:
        run_oracle = Oracle(todo.pop())
        _current.append(run_oracle)
        result: Result | None = None
        error: Exception | None = None
        try:
            result = run()
        except Exception as raised:  # noqa: BLE001 - the error is the path's end
            error = raised
        finally:
            _current.pop()
        found.append(Path(tuple(run_oracle.decisions), result, error))
        todo.extend(reversed(run_oracle.open))
        if len(found) > MOST_PATHS:
            raise MeaninglessError(f"more than {MOST_PATHS} paths")
    return tuple(found)


def _place() -> tuple[str, int, str]:
    """Name the line of core that asks: the nearest frame that runs core's code."""
    asker = sys._getframe(2)  # noqa: SLF001 - the only way to see the asker
    while not asker.f_code.co_filename.startswith(CORE) and asker.f_back:
        asker = asker.f_back
    name, line = asker.f_code.co_filename, asker.f_lineno
    source = linecache.getline(name, line).strip().partition("  #")[0]
    return f"{File(name).stem}.{asker.f_code.co_name}", line, source
