"""Proxies of plain values: numbers, truth values, names, texts and enumerations.

A proxy holds an expression and does what core may do with the value: the same
operators, with expressions for results. A truth value that core branches on is asked of
the oracle. Everything else has no meaning and raises what core cannot catch.

Trusted: each operator gives the expression of what Python would compute.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NoReturn

from primacy.messages import ChangeKind, Timer
from primacy.role import Role, Wait
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    Expr,
    equal,
    negation,
    number,
    truth,
)
from primacy_proofs.symbolic.paths import MeaninglessError, decide


class Proxy:  # noqa: PLW1641 - its hash is refused, below
    """A value that is known only by its expression."""

    __slots__ = ("expr",)

    def __init__(self, expr: Expr) -> None:
        self.expr: Final = expr

    def _refuse(self, *_: object) -> NoReturn:
        raise MeaninglessError(f"{type(self).__name__} has no such meaning")

    def __eq__(self, other: object) -> LiftedBool:  # type: ignore[override]  # lifted
        """State that this is the same value as another of its kind."""
        return LiftedBool(equal(self.expr, self._other(other)))

    def __ne__(self, other: object) -> LiftedBool:  # type: ignore[override]  # lifted
        """State that it is not."""
        return LiftedBool(negation(equal(self.expr, self._other(other))))

    def _other(self, other: object) -> Expr:
        """Give the expression of what this is compared with."""
        return self._refuse(other)


REFUSED: Final = (
    *("bool", "iter", "len", "index", "int", "float", "str", "format", "hash"),
    *("contains", "getitem", "call", "enter", "add", "radd", "sub", "rsub", "mul"),
    *("rmul", "neg", "pos", "lt", "le", "gt", "ge", "truediv", "floordiv", "mod"),
)
"""What no value may be asked for, unless its own class says so."""

for _name in REFUSED:
    setattr(Proxy, f"__{_name}__", Proxy._refuse)  # noqa: SLF001 - of this module


class LiftedBool(Proxy):
    """A truth value."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Ask the oracle: here the paths part."""
        return decide(self.expr)

    def _other(self, other: object) -> Expr:
        return expr_of_bool(other)


class LiftedInt(Proxy):
    """An integer."""

    __slots__ = ()

    def _other(self, other: object) -> Expr:
        return expr_of_int(other)

    def __add__(self, other: object) -> LiftedInt:
        """Add."""
        return LiftedInt(self.expr + expr_of_int(other))

    def __radd__(self, other: object) -> LiftedInt:
        """Add."""
        return LiftedInt(expr_of_int(other) + self.expr)

    def __sub__(self, other: object) -> LiftedInt:
        """Subtract."""
        return LiftedInt(self.expr - expr_of_int(other))

    def __rsub__(self, other: object) -> LiftedInt:
        """Subtract."""
        return LiftedInt(expr_of_int(other) - self.expr)

    def __mul__(self, other: object) -> LiftedInt:
        """Multiply by a constant; two unknown factors would not be linear."""
        if type(other) is not int:
            self._refuse(other)
        return LiftedInt(self.expr * other)

    __rmul__ = __mul__

    def __lt__(self, other: object) -> LiftedBool:
        """Compare."""
        return LiftedBool(self.expr < expr_of_int(other))

    def __le__(self, other: object) -> LiftedBool:
        """Compare."""
        return LiftedBool(self.expr <= expr_of_int(other))

    def __gt__(self, other: object) -> LiftedBool:
        """Compare."""
        return LiftedBool(self.expr > expr_of_int(other))

    def __ge__(self, other: object) -> LiftedBool:
        """Compare."""
        return LiftedBool(self.expr >= expr_of_int(other))


class LiftedAgent(Proxy):
    """An agent's id, or nobody's."""

    __slots__ = ()

    def _other(self, other: object) -> Expr:
        return expr_of_agent(other)

    def __lt__(self, other: object) -> LiftedBool:
        """Compare by id: any answer is possible, and nothing may rest on it."""
        return LiftedBool(on.precedes(self.expr, expr_of_agent(other)))


class LiftedText(Proxy):
    """A mesh key, a request id or a command."""

    __slots__ = ()

    def _other(self, other: object) -> Expr:
        return expr_of_text(other)


class LiftedEnum(Proxy):
    """A member of one of core's enumerations."""

    __slots__ = ("kind",)

    def __init__(self, expr: Expr, kind: type[Enum]) -> None:
        super().__init__(expr)
        self.kind: Final = kind

    def _other(self, other: object) -> Expr:
        if isinstance(other, LiftedEnum) and other.kind is self.kind:
            return other.expr
        if type(other) is not self.kind:
            self._refuse(other)
        return expr_of_enum(other)


def expr_of_int(value: object) -> Expr:
    """Give the expression of an integer."""
    if isinstance(value, LiftedInt):
        return value.expr
    if type(value) is int:
        return number(value)
    raise MeaninglessError(f"{type(value).__name__} is no integer")


def expr_of_bool(value: object) -> Expr:
    """Give the expression of a truth value."""
    if isinstance(value, LiftedBool):
        return value.expr
    if type(value) is bool:
        return truth(value)
    raise MeaninglessError(f"{type(value).__name__} is no truth value")


def expr_of_agent(value: object) -> Expr:
    """Give the expression of an agent's id."""
    if isinstance(value, LiftedAgent):
        return value.expr
    if type(value) is str and not value:
        return on.NOBODY_
    raise MeaninglessError(f"{type(value).__name__} is no lifted agent")


def expr_of_text(value: object) -> Expr:
    """Give the expression of a text."""
    if isinstance(value, LiftedText):
        return value.expr
    if type(value) is str and not value:
        return on.EMPTY_TEXT
    raise MeaninglessError(f"{type(value).__name__} is no lifted text")


def expr_of_enum(value: object) -> Expr:
    """Give the expression of a member of one of core's enumerations."""
    match value:
        case LiftedEnum():
            return value.expr
        case Role():
            return on.ROLES[value]
        case Wait():
            return on.WAITS[value]
        case Timer():
            return on.TIMERS[value]
        case ChangeKind():
            return on.CHANGES[value]
        case _:
            raise MeaninglessError(f"{type(value).__name__} is no enumeration")
