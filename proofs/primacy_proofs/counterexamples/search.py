"""Finite counterexamples to induction: a small world that keeps all laws but one.

An obligation that was not proved is posed again on two, three and four agents and small
numbers. Values are bits, so z3 always answers. The laws that are taken for granted are
stated for the values for which they fail in the model at hand, until they hold in it
for all values, or nothing is left. A model is judged with core's own containers before
it is shown: all that was taken for granted must hold in it, and the goal must not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from primacy_proofs.counterexamples.evaluation import (
    Reader,
    Reading,
    by_depth,
    clauses,
    negate,
)
from primacy_proofs.counterexamples.small_values import Bounds, decode, encode, every
from primacy_proofs.counterexamples.small_world import Open, Told
from primacy_proofs.laws.law import Law
from primacy_proofs.smt.solver import (
    FALSE,
    TRUE,
    Expr,
    Finder,
    dissect,
    read_quantifier,
)
from primacy_proofs.system.world import World

ROUNDS: Final = 150
"""How often the laws are stated for more values."""
AT_ONCE: Final = 6
"""For how many values a law is stated at once."""
RLIMIT: Final = 30_000_000
"""How many of its own steps z3 may spend on one model."""


@dataclass(frozen=True, slots=True)
class Question:
    """An obligation, in parts: what is taken for granted, and the goal."""

    laws: tuple[Law, ...]
    """What holds before, for all values."""
    facts: tuple[Expr, ...]
    """What holds of any mesh."""
    given: tuple[Expr, ...]
    goal: Expr


@dataclass(frozen=True, slots=True)
class WatchedLaw:
    """A law or a fact, ready to be judged: premises as soon as they can be."""

    names: tuple[str, ...]
    sorts: tuple[str, ...]
    premises: tuple[tuple[Reading, ...], ...]
    conclusion: Reading
    body: Expr


@dataclass(frozen=True, slots=True)
class FiniteModel:
    """A small world in which a question is answered with no."""

    bounds: Bounds
    told: Told

    def value(self, expr: Expr) -> Any:  # noqa: ANN401 - of any sort
        """Give the value of an expression."""
        return Reader(self.told).read(expr).of({})


def search(question: Question, bounds: Bounds) -> FiniteModel | None:
    """Look for a model of some size."""
    return WorldSearch(question, bounds).find()


class WorldSearch:
    """Looks for models of one size, also of one question with more and more given.

    For which values the laws were stated is kept from one time to the next.
    """

    def __init__(self, question: Question, bounds: Bounds) -> None:
        self._question: Final = question
        self._world: Final = Open(bounds)
        self._closed: Final = Reader(self._world)
        self._stated: Final = Reader(self._world)
        self._judge: Final = Judge(question, Told(bounds))
        self._finder: Final = Finder(RLIMIT)
        self.limits = 0
        """How often the search ended at a limit and not at the last model."""
        for law in self._judge.watched:
            self._stated.variables(law.names)
        for formula in question.given:
            self._finder.add(self._open(formula))
        goal = self._closed.read(question.goal).of({})
        self._finder.add(_formula(negate(goal)))

    def find(self, *given: Expr) -> FiniteModel | None:
        """Look for a model in which more is given, this time."""
        world, judge, finder = self._world, self._judge, self._finder
        judge.given = (*self._question.given, *given)
        finder.suppose([self._open(formula) for formula in given])
        for _ in range(ROUNDS):
            for limit in world.limits:
                finder.add(limit)
            world.limits = []
            is_found = finder.finds()
            if not is_found:
                self.limits += is_found is None
                return None
            judge.hear(_told(world, finder))
            is_kept = True
            for law, values in judge.broken():
                self._state(law, values)
                is_kept = False
            if is_kept:
                told = Told(world.bounds, judge.told.entries)
                return FiniteModel(world.bounds, told) if judge.is_answered() else None
        self.limits += 1
        return None

    def _open(self, formula: Expr) -> Expr:
        return _formula(self._closed.read(formula).of({}))

    def _state(self, law: WatchedLaw, values: dict[str, Any]) -> None:
        """Take a law for granted for some values."""
        codes = {
            name: encode(self._world.bounds, sort, values[name])
            for name, sort in zip(law.names, law.sorts, strict=True)
        }
        self._finder.add(_formula(self._stated.read(law.body).of(codes)))


def _formula(value: Any) -> Expr:  # noqa: ANN401 - plain or open
    if isinstance(value, bool):
        return TRUE if value else FALSE
    formula: Expr = value
    return formula


def _told(world: Open, finder: Finder) -> dict[Any, Any]:
    """Read a model: every value that was made."""

    def closed(value: Any) -> Any:  # noqa: ANN401 - of any sort
        if isinstance(value, tuple):
            return tuple(closed(part) for part in value)
        return finder.value(value) if isinstance(value, Expr) else value

    found: dict[Any, Any] = {}
    for (name, arguments), value in world.made.items():
        named = tuple(
            decode(sort, argument)
            for sort, argument in zip(world.domains[name], arguments, strict=True)
        )
        found[name, named] = decode(world.sorts[name], closed(value))
    return found


class Judge:
    """Judges a model with core's own values."""

    def __init__(self, question: Question, told: Told) -> None:
        self.told: Final = told
        self.given = question.given
        self._goal: Final = question.goal
        self._closed: Final = Reader(told)
        self._stated: Final = Reader(told)
        facts = [self._of_fact(fact) for fact in question.facts]
        laws = [self._of_law(law) for law in question.laws]
        self.watched: Final = (*facts, *laws)

    def hear(self, entries: dict[Any, Any]) -> None:
        """Take in another model."""
        self.told.entries = entries
        self._closed.forget()
        self._stated.forget()

    def is_answered(self) -> bool:
        """Tell whether what is given holds and the goal does not."""
        is_given = all(self._closed.read(part).of({}) for part in self.given)
        return is_given and not self._closed.read(self._goal).of({})

    def broken(self) -> Iterator[tuple[WatchedLaw, dict[str, Any]]]:
        """List values for which a law fails that is taken for granted."""
        for law in self.watched:
            found = self._failing(law, 0, {})
            for _, values in zip(range(AT_ONCE), found, strict=False):
                yield law, values

    def is_model(self) -> bool:
        """Tell whether everything that is asked of a model holds."""
        return self.is_answered() and not any(self.broken())

    def _of_law(self, law: Law) -> WatchedLaw:
        variables = law.variables()
        return self._watch(variables, law.body(World(), *variables))

    def _of_fact(self, fact: Expr) -> WatchedLaw:
        inside = read_quantifier(fact, f"{fact.get_id()} of a fact ")
        return (
            self._watch(inside.bound, inside.body) if inside else self._watch((), fact)
        )

    def _watch(self, variables: Sequence[Expr], body: Expr) -> WatchedLaw:
        names = tuple(dissect(each).symbol for each in variables)
        sorts = tuple(str(each.sort().name()) for each in variables)
        self._stated.variables(names)
        *premises, conclusion = (self._stated.read(part) for part in clauses(body))
        known_at = tuple(map(tuple, by_depth(names, premises)))
        return WatchedLaw(names, sorts, known_at, conclusion, body)

    def _failing(
        self, law: WatchedLaw, depth: int, values: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        if not all(premise.of(values) for premise in law.premises[depth]):
            return
        if depth == len(law.names):
            if not law.conclusion.of(values):
                yield dict(values)
            return
        for value in every(self.told.bounds, law.sorts[depth]):
            values[law.names[depth]] = value
            yield from self._failing(law, depth + 1, values)
