"""Reading a formula: from an expression to its value, under some meaning of symbols.

A formula is read twice in the search for a finite counterexample: on bits, where a
value may be open, and on core's own values, where nothing is. Only the meaning of the
symbols differs; how formulas are put together is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from primacy_proofs.smt.solver import (
    Expr,
    Quantified,
    dissect,
    is_same,
    negation,
    read_quantifier,
    substitute,
)
from primacy_proofs.smt.solver import all_of as all_exprs
from primacy_proofs.smt.solver import any_of as any_expr
from primacy_proofs.smt.solver import choose as choose_expr

Values = Mapping[str, Any]
"""What the variables of a formula stand for."""


Sorts = tuple[str, ...]
"""The sorts of the arguments of a symbol, by name."""


class Meaning(Protocol):
    """What symbols mean."""

    lasts: bool
    """A formula read twice for the same values has the same value."""

    def symbol(self, name: str, sort: str, domain: Sorts) -> Callable[..., Any]:
        """Say what a symbol means; its sort is that of its values."""

    def every(self, sort: str) -> Sequence[Any]:
        """List the values of a sort."""

    def choose(self, condition: Expr, one: Any, other: Any) -> Any:  # noqa: ANN401
        """Take one of two values by a condition that is open."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a formula is read, and the variables that its value hangs on."""

    free: tuple[str, ...]
    of: Callable[[Values], Any]


def both(parts: Iterable[Any]) -> Any:  # noqa: ANN401 - plain or open
    """Tell whether all parts hold."""
    open_parts: list[Expr] = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            open_parts.append(part)
    return all_exprs(*open_parts) if open_parts else True


def either(parts: Iterable[Any]) -> Any:  # noqa: ANN401 - plain or open
    """Tell whether some part holds."""
    open_parts: list[Expr] = []
    for part in parts:
        if part is True:
            return True
        if part is not False:
            open_parts.append(part)
    return any_expr(*open_parts) if open_parts else False


def negate(part: Any) -> Any:  # noqa: ANN401 - plain or open
    """Tell whether a part does not hold."""
    return not part if isinstance(part, bool) else negation(part)


def chosen(condition: Any, one: Any, other: Any) -> Any:  # noqa: ANN401 - plain or open
    """Take one truth value where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    if one is other:
        return one
    if isinstance(one, bool):
        unless = negation(condition)
        return either([condition, other]) if one else both([unless, other])
    if isinstance(other, bool):
        return either([negation(condition), one]) if other else both([condition, one])
    return choose_expr(condition, one, other)


class Reader:
    """Reads formulas under one meaning; each part is looked at once."""

    def __init__(self, meaning: Meaning) -> None:
        self._meaning: Final = meaning
        self._read: Final[dict[int, tuple[Expr, Reading]]] = {}
        self._variables: Final[set[str]] = set()
        self._known: dict[tuple[int, tuple[Any, ...]], Any] = {}

    def variables(self, names: Iterable[str]) -> None:
        """Take names for variables, not for symbols."""
        self._variables.update(names)

    def forget(self) -> None:
        """Forget values: the meaning of symbols is about to change."""
        self._known = {}

    def read(self, expr: Expr) -> Reading:
        """Find out how a formula is read."""
        name = expr.get_id()
        if name not in self._read:
            self._read[name] = expr, self._kept(name, self._parsed(expr))
        return self._read[name][1]

    def _kept(self, name: int, reading: Reading) -> Reading:
        """Remember values, if they last or hang on no variable."""
        free, of = reading.free, reading.of
        if free and not self._meaning.lasts:
            return reading

        def remembered(values: Values) -> Any:  # noqa: ANN401 - of any sort
            key = name, tuple(values[each] for each in free)
            if key not in self._known:
                self._known[key] = of(values)
            return self._known[key]

        return Reading(free, remembered)

    def _parsed(self, expr: Expr) -> Reading:
        inside = read_quantifier(expr, f"bound {len(self._variables)} ")
        if inside is not None:
            return self._over_all(inside)
        form = dissect(expr)
        number = form.value
        if number is not None:
            return Reading((), lambda _: number)
        if not form.arguments and form.symbol in self._variables:
            variable = form.symbol
            return Reading((variable,), lambda values: values[variable])
        parts = [self.read(part) for part in form.arguments]
        free = tuple(sorted({name for part in parts for name in part.free}))
        domain = tuple(str(part.sort().name()) for part in form.arguments)
        judge = self._joined(expr, form.symbol, domain, [part.of for part in parts])
        return Reading(free, judge)

    def _over_all(self, inside: Quantified) -> Reading:
        """Read a quantifier, variable by variable, each part as soon as it can be.

        That something holds of all is read as: there are none of which it does not.
        """
        inside = _without_named(inside)
        names = [dissect(each).symbol for each in inside.bound]
        self.variables(names)
        ranges = [self._meaning.every(str(each.sort().name())) for each in inside.bound]
        if inside.is_universal:
            *premises, conclusion = clauses(inside.body)
            parts = [*map(self.read, premises), _negated(self.read(conclusion))]
        else:
            parts = [self.read(part) for part in conjuncts(inside.body)]
        known_at = by_depth(names, parts)

        def some(depth: int, values: Values) -> Any:  # noqa: ANN401 - plain or open
            held = both(part.of(values) for part in known_at[depth])
            if held is False or depth == len(names):
                return held
            rest = either(
                some(depth + 1, {**values, names[depth]: value})
                for value in ranges[depth]
            )
            return both([held, rest])

        free = {name for part in parts for name in part.free}
        judge = negate if inside.is_universal else _as_it_is
        return Reading(
            tuple(sorted(free.difference(names))), lambda values: judge(some(0, values))
        )

    def _joined(
        self,
        expr: Expr,
        symbol: str,
        domain: Sorts,
        parts: list[Callable[[Values], Any]],
    ) -> Callable[[Values], Any]:
        match symbol:
            case "and":
                return lambda values: both(part(values) for part in parts)
            case "or":
                return lambda values: either(part(values) for part in parts)
            case "not":
                return lambda values: negate(parts[0](values))
            case "=>":
                return lambda values: _implied(values, *parts)
            case "if":
                return lambda values: self._either_way(values, *parts)
            case _:
                means = self._meaning.symbol(symbol, str(expr.sort().name()), domain)
                return lambda values: means(*[part(values) for part in parts])

    def _either_way(
        self,
        values: Values,
        condition: Callable[[Values], Any],
        one: Callable[[Values], Any],
        other: Callable[[Values], Any],
    ) -> Any:  # noqa: ANN401 - of any sort
        decided = condition(values)
        if isinstance(decided, bool):
            return one(values) if decided else other(values)
        return self._meaning.choose(decided, one(values), other(values))


def _implied(
    values: Values,
    premise: Callable[[Values], Any],
    conclusion: Callable[[Values], Any],
) -> Any:  # noqa: ANN401 - plain or open
    given = premise(values)
    if given is False:
        return True
    return either([negate(given), conclusion(values)])


def _without_named(inside: Quantified) -> Quantified:
    """Put in what is said to be equal to a variable: there is no other to try."""
    if inside.is_universal:
        return inside
    for part in conjuncts(inside.body):
        form = dissect(part)
        for bound in inside.bound if form.symbol == "=" else ():
            one, other = form.arguments
            if is_same(one, bound) and not _looks_at(other, inside.bound):
                body = substitute(inside.body, bound, other)
                rest = tuple(each for each in inside.bound if not is_same(each, bound))
                return _without_named(Quantified(False, rest, body))
    return inside


def _looks_at(expr: Expr, among: Sequence[Expr]) -> bool:
    """Tell whether an expression has one of some variables in it."""
    inside = read_quantifier(expr, "any ")
    parts = (inside.body,) if inside else dissect(expr).arguments
    is_one = any(is_same(expr, each) for each in among)
    return is_one or any(_looks_at(part, among) for part in parts)


def _as_it_is(part: Any) -> Any:  # noqa: ANN401 - plain or open
    return part


def _negated(reading: Reading) -> Reading:
    return Reading(reading.free, lambda values: negate(reading.of(values)))


def by_depth(names: Sequence[str], parts: Iterable[Reading]) -> list[list[Reading]]:
    """Sort parts by how many variables must be known to read them."""
    found: list[list[Reading]] = [[] for _ in range(len(names) + 1)]
    for part in parts:
        places = [names.index(name) + 1 for name in part.free if name in names]
        found[max(places, default=0)].append(part)
    return found


def clauses(body: Expr) -> Iterator[Expr]:
    """Take a law apart: its premises, and then its conclusion."""
    form = dissect(body)
    if form.symbol == "=>":
        yield from conjuncts(form.arguments[0])
        yield from clauses(form.arguments[1])
    else:
        yield body


def conjuncts(premise: Expr) -> Iterator[Expr]:
    """Take a formula apart that says several things at once."""
    form = dissect(premise)
    if form.symbol != "and":
        yield premise
        return
    for part in form.arguments:
        yield from conjuncts(part)
