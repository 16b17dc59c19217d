"""The one door to z3, with types: no other module of the project imports it.

z3 ships no types, so its classes are declared here for the type checker and are z3's
own at run time. A goal is proved by refuting its negation. Instances of quantifiers are
found by patterns alone, so z3 can refute but not build models of quantified formulas:
what is not refuted is `OPEN` if z3 ran out of instances, `LIMIT` if it ran out of its
budget. The budget counts z3's own steps, never seconds, and the seed is fixed: a
verdict does not depend on the machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final

import z3

RLIMIT: Final = 20_000_000
"""How many of its own steps z3 may spend on one obligation."""

FIRST_GO: Final = 20
"""A shared solver may spend this part of the budget, a fresh one all of it."""

SETTINGS: Final = {"auto_config": False, "mbqi": False, "random_seed": 0}
"""Instances of quantifiers by patterns alone, and the same search each time."""

VERSION: Final[str] = z3.get_version_string()

if TYPE_CHECKING:

    class Sort:
        """The type of an expression."""

        def name(self) -> str: ...

    class Expr:
        """A term or a formula."""

        def __add__(self, other: Expr | int) -> Expr: ...
        def __sub__(self, other: Expr | int) -> Expr: ...
        def __mul__(self, other: Expr | int) -> Expr: ...
        def __neg__(self) -> Expr: ...
        def __lt__(self, other: Expr | int) -> Expr: ...
        def __le__(self, other: Expr | int) -> Expr: ...
        def __gt__(self, other: Expr | int) -> Expr: ...
        def __ge__(self, other: Expr | int) -> Expr: ...
        def sort(self) -> Sort: ...
        def get_id(self) -> int: ...
        def sexpr(self) -> str: ...
        def translate(self, target: object) -> Expr: ...

    class Function:
        """A function symbol."""

        def __call__(self, *arguments: Expr | int) -> Expr: ...
        def name(self) -> str: ...
        def arity(self) -> int: ...
        def domain(self, place: int) -> Sort: ...

else:
    Sort, Expr, Function = z3.SortRef, z3.ExprRef, z3.FuncDeclRef

INT: Final[Sort] = z3.IntSort()
REAL: Final[Sort] = z3.RealSort()
BOOL: Final[Sort] = z3.BoolSort()
TRUE: Final[Expr] = z3.BoolVal(val=True)
FALSE: Final[Expr] = z3.BoolVal(val=False)


def sort(name: str) -> Sort:
    """Declare a type of which nothing is known."""
    declared: Sort = z3.DeclareSort(name)
    return declared


def enumeration(name: str, members: Sequence[str]) -> tuple[Sort, tuple[Expr, ...]]:
    """Declare a type with exactly these members."""
    declared, constants = z3.EnumSort(name, [f"{name}.{each}" for each in members])
    return declared, tuple(constants)


def function(name: str, *sorts: Sort) -> Function:
    """Declare a function; the last sort is that of its values."""
    declared: Function = z3.Function(name, *sorts)
    return declared


def constant(name: str, of: Sort) -> Expr:
    """Name one arbitrary value; also what a quantifier binds."""
    named: Expr = z3.Const(name, of)
    return named


def number(value: int) -> Expr:
    """Write an integer."""
    written: Expr = z3.IntVal(value)
    return written


def truth(value: bool) -> Expr:
    """Write a truth value."""
    return TRUE if value else FALSE


def equal(one: Expr, other: Expr | int) -> Expr:
    """State that two values are the same."""
    stated: Expr = one == other  # type: ignore[assignment]  # z3 overloads it
    return stated


def differ(one: Expr, other: Expr | int) -> Expr:
    """State that two values are not the same."""
    return negation(equal(one, other))


def negation(formula: Expr) -> Expr:
    """State that a formula does not hold."""
    stated: Expr = z3.Not(formula)
    return stated


def all_of(*formulas: Expr) -> Expr:
    """State that all formulas hold."""
    stated: Expr = z3.And(*formulas)
    return formulas[0] if len(formulas) == 1 else stated


def any_of(*formulas: Expr) -> Expr:
    """State that some formula holds."""
    stated: Expr = z3.Or(*formulas)
    return formulas[0] if len(formulas) == 1 else stated


def implies(premise: Expr, conclusion: Expr) -> Expr:
    """State that the conclusion holds wherever the premise does."""
    stated: Expr = z3.Implies(premise, conclusion)
    return stated


def choose(condition: Expr, one: Expr, other: Expr) -> Expr:
    """Take one value where the condition holds, else the other."""
    chosen: Expr = z3.If(condition, one, other)
    return chosen


def forall(
    bound: Sequence[Expr], body: Expr, triggers: Iterable[Sequence[Expr]]
) -> Expr:
    """State a body for all values; each trigger says which terms call for one."""
    patterns = [z3.MultiPattern(*trigger) for trigger in triggers]
    stated: Expr = z3.ForAll(list(bound), body, patterns=patterns)
    return stated


def exists(
    bound: Sequence[Expr], body: Expr, triggers: Iterable[Sequence[Expr]] = ()
) -> Expr:
    """State a body for some values; triggers serve where it is refuted."""
    patterns = [z3.MultiPattern(*trigger) for trigger in triggers]
    stated: Expr = z3.Exists(list(bound), body, patterns=patterns)
    return stated


def simplify(formula: Expr) -> Expr:
    """Rewrite a formula to an equal one that is no larger."""
    rewritten: Expr = z3.simplify(formula)
    return rewritten


def is_same(one: Expr, other: Expr) -> bool:
    """Tell whether two expressions are written alike."""
    return bool(z3.eq(one, other))


class Feasibility:
    """A growing list of quantifier-free conditions, asked what may still hold."""

    def __init__(self) -> None:
        self._solver = z3.SimpleSolver()
        self._solver.set("random_seed", 0)

    def add(self, condition: Expr) -> None:
        """Take one more condition for granted."""
        self._solver.add(condition)

    def allows(self, condition: Expr) -> bool:
        """Tell whether a condition may hold too; what z3 cannot refute may."""
        return bool(self._solver.check(condition) != z3.unsat)


class Status(Enum):
    """How the search for a refutation of the negated goal ended."""

    PROVED = "proved"
    REFUTED = "refuted"
    OPEN = "open"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Answer:
    """What z3 said of one goal, and what it took."""

    status: Status
    seconds: float
    reason: str = ""


class Prover:
    """Hypotheses that many goals share, so that z3 reads them once.

    What z3 learnt from one goal can lead it astray at the next, so a goal that is not
    proved is posed again to a solver that has seen no other.
    """

    patience: ClassVar[int] = RLIMIT
    """The budget of one goal; who only looks for a broken law may do with less."""

    def __init__(self, hypotheses: Iterable[Expr], patience: int | None = None) -> None:
        self.hypotheses: Final = tuple(hypotheses)
        self._rlimit = patience or self.patience
        self._solver = self._fresh(self._rlimit // FIRST_GO)

    def _fresh(self, rlimit: int) -> z3.Solver:
        solver = z3.SimpleSolver()
        for name, value in SETTINGS.items():
            solver.set(name, value)
        solver.set("rlimit", rlimit)
        for hypothesis in self.hypotheses:
            solver.add(hypothesis)
        return solver

    def prove(self, given: Iterable[Expr], goal: Expr) -> Answer:
        """Ask whether a goal follows from the hypotheses and what is given."""
        conditions = tuple(given)
        self._solver.push()
        answer = _asked(self._solver, conditions, goal)
        self._solver.pop()
        if answer.status is Status.PROVED:
            return answer
        again = _asked(self._fresh(self._rlimit), conditions, goal)
        return replace(again, seconds=answer.seconds + again.seconds)


def _asked(solver: z3.Solver, given: Iterable[Expr], goal: Expr) -> Answer:
    for condition in given:
        solver.add(condition)
    solver.add(z3.Not(goal))
    begun = time.perf_counter()
    verdict = solver.check()
    seconds = time.perf_counter() - begun
    if verdict == z3.unsat:
        return Answer(Status.PROVED, seconds)
    if verdict == z3.sat:
        return Answer(Status.REFUTED, seconds)
    reason = str(solver.reason_unknown())
    is_saturated = "incomplete" in reason and "quantifiers" in reason
    return Answer(Status.OPEN if is_saturated else Status.LIMIT, seconds, reason)


def substitute(formula: Expr, one: Expr, other: Expr) -> Expr:
    """Put one value in the place of another."""
    written: Expr = z3.substitute(formula, (one, other))
    return written


@dataclass(frozen=True, slots=True)
class Written:
    """How an expression is written: a symbol with its arguments, or a number."""

    symbol: str
    arguments: tuple[Expr, ...]
    value: int | None = None


def dissect(expr: Expr) -> Written:
    """Take an expression apart, for who evaluates it; see also `quantified`."""
    if z3.is_int_value(expr):
        return Written("", (), int(expr.as_long()))  # type: ignore[attr-defined]  # z3's
    if z3.is_rational_value(expr) and expr.denominator_as_long() == 1:  # type: ignore[attr-defined]  # z3's
        return Written("", (), int(expr.numerator_as_long()))  # type: ignore[attr-defined]  # z3's
    if z3.is_quantifier(expr):
        return Written("", ())
    name = str(expr.decl().name())  # type: ignore[attr-defined]  # z3's
    return Written(name, tuple(expr.children()))  # type: ignore[attr-defined]  # z3's


# --- finite models --------------------------------------------------------------------

BITS: Final[Sort] = z3.BitVecSort(10)
"""Small integers, signed, for finite models."""


def small(value: int) -> Expr:
    """Write a small integer."""
    written: Expr = z3.BitVecVal(value, BITS)
    return written


@dataclass(frozen=True, slots=True)
class Quantified:
    """A quantified formula, taken apart."""

    is_universal: bool
    bound: tuple[Expr, ...]
    body: Expr


def read_quantifier(formula: Expr, prefix: str) -> Quantified | None:
    """Take a quantified formula apart; what it binds gets names with a prefix."""
    if not z3.is_quantifier(formula):
        return None
    count: int = formula.num_vars()  # type: ignore[attr-defined]  # z3's
    bound = [
        z3.Const(f"{prefix}{place}", formula.var_sort(place))  # type: ignore[attr-defined]  # z3's
        for place in range(count)
    ]
    body = z3.substitute_vars(formula.body(), *reversed(bound))  # type: ignore[attr-defined]  # z3's
    is_universal = bool(formula.is_forall())  # type: ignore[attr-defined]  # z3's
    return Quantified(is_universal, tuple(bound), body)


class Finder:
    """A growing list of quantifier-free conditions over bits, asked for a model.

    Its context is its own: what else z3 was given before would change which model it
    finds first.
    """

    def __init__(self, rlimit: int) -> None:
        self._own = z3.Context()
        self._solver = z3.SolverFor("QF_FD", ctx=self._own)
        settings = {"random_seed": 1, "rlimit": rlimit, "phase": "always_false"}
        for name, value in settings.items():
            self._solver.set(name, value)
        self._model: z3.ModelRef | None = None
        self._supposed: list[z3.BoolRef] = []
        self._times = 0

    def add(self, condition: Expr) -> None:
        """Take one more condition for granted."""
        self._solver.add(condition.translate(self._own))

    def suppose(self, conditions: Sequence[Expr]) -> None:
        """Take conditions for granted until others are supposed."""
        name = f"supposed {self._times}"
        self._supposed = [z3.Bool(name, ctx=self._own)] if conditions else []
        self._times += 1
        for condition in conditions:
            taken = condition.translate(self._own)
            self._solver.add(z3.Implies(self._supposed[0], taken))

    def finds(self) -> bool | None:
        """Tell whether all conditions hold in some model; `None` at the limit."""
        verdict = self._solver.check(*self._supposed)
        self._model = self._solver.model() if verdict == z3.sat else None
        return None if verdict == z3.unknown else bool(verdict == z3.sat)

    def value(self, of: Expr) -> int:
        """Read a bit, or a small integer, off the last model."""
        if self._model is None:
            raise ValueError("there is no model")
        found = self._model.eval(of.translate(self._own), model_completion=True)
        if z3.is_bool(found):
            return bool(z3.is_true(found))
        return int(found.as_signed_long())


def find_unsat_core(
    facts: Iterable[Expr], named: Mapping[str, Expr], given: Iterable[Expr]
) -> tuple[str, ...] | None:
    """Name hypotheses that contradict what is given, none of which can be left out.

    `None` if they do not, as far as z3 sees; `facts` may be used without a name.
    """
    known, conditions = tuple(facts), tuple(given)

    def refuting(among: Sequence[str]) -> tuple[str, ...] | None:
        solver = z3.SimpleSolver()
        for option, value in SETTINGS.items():
            solver.set(option, value)
        solver.set("rlimit", RLIMIT)
        for formula in (*known, *conditions):
            solver.add(formula)
        for name in among:
            solver.assert_and_track(named[name], name)
        if solver.check() != z3.unsat:
            return None
        used = {str(each) for each in solver.unsat_core()}
        return tuple(name for name in among if name in used)

    found = refuting(tuple(named))
    for name in found or ():
        if found is not None and name in found:
            found = refuting([each for each in found if each != name]) or found
    return found
