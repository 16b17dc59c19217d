"""What an expression of the proofs means on plain values: a judge of the lifter.

Symbols mean what `interpretation` says: the methods of core's own containers. So the
values of core are one model of the proofs' vocabulary, and a contract holds or fails in
it. An expression is compiled once, to closures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from primacy.agents import AgentSet
from primacy.config import Config
from primacy.electorate import Roll
from primacy.log import Log
from primacy.messages import ReadIndexReply
from primacy.outputs import Output, Reason, Send, ServeRead, Stale
from primacy.pending_reads import (
    FollowerReads,
    LeaderRead,
    LeaderReads,
)
from primacy.types import NOBODY
from primacy_proofs.counterexamples import interpretation
from primacy_proofs.counterexamples.interpretation import ENUMERATIONS, cut_off
from primacy_proofs.smt.solver import Expr, dissect
from primacy_proofs.symbolic.containers import Answered, LiftedLog, Served
from primacy_proofs.symbolic.values import Proxy

Values = Mapping[str, Any]
"""The value of each variable, of each function of `me`, of each field of `packet`."""
Meaning = Callable[[Values], Any]

ITSELF = ("me", "packet")
"""What a function of the world is applied to: its value is found by its name alone."""


SYMBOLS: Mapping[str, Callable[..., Any]] = {
    **interpretation.SYMBOLS,
    "not": lambda one: not one,
    "distinct": lambda one, other: one != other,
    **{
        f"{kind}.{each.name}": lambda each=each: each
        for kind, members in ENUMERATIONS.items()
        for each in members
    },
}
"""What each symbol means, beside those that leave an argument out."""

_meanings: dict[int, tuple[Expr, Meaning]] = {}
"""What was compiled, by the expression's id: no other's while the expression lives."""


def meaning(expr: Expr) -> Meaning:
    """Compile an expression to a function of the values of its variables."""
    found = _meanings.get(expr.get_id())
    if found is None:
        found = _meanings[expr.get_id()] = expr, _compiled(expr)
    return found[1]


def evaluate(expr: Expr, values: Values) -> Any:  # noqa: ANN401 - any sort
    """Give the value of an expression."""
    return meaning(expr)(values)


def _compiled(expr: Expr) -> Meaning:
    form = dissect(expr)
    if form.value is not None:
        number = form.value
        return lambda _: number
    parts = [meaning(part) for part in form.arguments]
    match form.symbol, parts:
        case "and", _:
            return lambda values: all(part(values) for part in parts)
        case "or", _:
            return lambda values: any(part(values) for part in parts)
        case "=>", [premise, conclusion]:
            return lambda values: not premise(values) or conclusion(values)
        case "if", [condition, one, other]:
            return lambda values: one(values) if condition(values) else other(values)
    symbol = form.symbol
    known = SYMBOLS.get(symbol)
    if symbol in interpretation.OF_ROLLS:
        return _of_roll(interpretation.OF_ROLLS[symbol], *parts)
    if known is None:
        assert all(dissect(part).symbol in ITSELF for part in form.arguments)
        return lambda values: values[symbol]
    return _applied(known, parts)


def _of_roll(
    known: Callable[[Roll, Log, int], Any], log: Meaning, index: Meaning
) -> Meaning:
    """Apply a symbol that rests on the first roll, which the values have."""

    def of(values: Values) -> Any:  # noqa: ANN401 - any sort
        electors, workers = values["electors"], values["workers"]
        first = Roll(electors, electors, workers)
        return known(first, log(values), index(values))

    return of


def _applied(known: Callable[..., Any], parts: list[Meaning]) -> Meaning:
    match parts:
        case []:
            value = known()
            return lambda _: value
        case [one]:
            return lambda values: known(one(values))
        case [one, other]:
            return lambda values: known(one(values), other(values))
        case _:
            return lambda values: known(*[part(values) for part in parts])


def plain(value: Any, values: Values) -> Any:  # noqa: ANN401 - any value
    """Put plain values in the place of all proxies."""
    if isinstance(value, LiftedLog):
        electors, workers = values["electors"], values["workers"]
        whole, start = (evaluate(each, values) for each in (value.expr, value.begin))
        return cut_off(whole, start, Roll(electors, electors, workers))
    if isinstance(value, Proxy):
        return evaluate(value.expr, values)
    if isinstance(value, AgentSet):
        return AgentSet.of(plain(member, values) for member in value.members)
    if isinstance(value, Config):
        return values["config"]
    if isinstance(value, tuple):
        return tuple(plain(part, values) for part in value)
    if isinstance(value, Enum) or not is_dataclass(value):
        return value
    record: Any = type(value)
    return record(*(plain(getattr(value, each.name), values) for each in fields(value)))


def _answered(read: LeaderRead, output: Answered, values: Values) -> Output:
    """Say what becomes of one read, as the proofs take it: `transitions`."""
    mesh, me, term = (
        evaluate(each, values) for each in (output.mesh, output.me, output.term)
    )
    if read.requester == me and output.granted:
        return ServeRead(read.request, read.index)
    if read.requester == me:
        return Stale(read.request, Reason.LOST_LEADERSHIP, NOBODY, term)
    granted = output.granted
    reply = ReadIndexReply(mesh, me, term, read.request, granted, read.index)
    return Send(read.requester, reply)


def performed(outputs: Sequence[Any], values: Values) -> tuple[Any, ...]:
    """Give the outputs of a path with plain values, those of all reads included."""
    found: list[Any] = []
    for output in outputs:
        match output:
            case Answered():
                asked: LeaderReads = evaluate(output.reads, values)
                found.extend(_answered(read, output, values) for read in asked.reads)
            case Served():
                parked: FollowerReads = evaluate(output.parked, values)
                applied = evaluate(output.applied, values)
                found.extend(
                    ServeRead(read.request, applied)
                    for read in parked.reads
                    if read.index <= applied
                )
            case _:
                found.append(plain(output, values))
    return tuple(found)
