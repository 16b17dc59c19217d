"""Records of core, field by field: as columns of sorts, as proxies, as expressions.

A state, a packet or a message is one of core's own dataclasses that holds proxies. What
its fields are is read off core's annotations, so a field that core gains is lifted too,
or refused if its type is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from primacy.config import Config
from primacy.electorate import Roll
from primacy.messages import ChangeKind, Timer
from primacy.role import Role, Wait
from primacy.state import Durable, Leadership
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import BOOL, INT, Expr, Sort
from primacy_proofs.symbolic import containers as box
from primacy_proofs.symbolic import values as scalars
from primacy_proofs.symbolic.paths import MeaninglessError


@dataclass(frozen=True, slots=True)
class FieldType:
    """A type of core: its sort, and the way from expression to value and back."""

    sort: Sort
    lift: Callable[[Expr], object]
    lower: Callable[[object], Expr]


_INT = FieldType(INT, scalars.LiftedInt, scalars.expr_of_int)
_TEXT = FieldType(on.TEXT, scalars.LiftedText, scalars.expr_of_text)


def _enum(sort: Sort, kind: type[Role | Wait | Timer | ChangeKind]) -> FieldType:
    return FieldType(
        sort, lambda expr: scalars.LiftedEnum(expr, kind), scalars.expr_of_enum
    )


def _unlifted(_: Expr) -> object:
    raise MeaninglessError("a log is lifted with its start")


KINDS: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(("Term", "Index", "Round", "Instant", "Duration", "int"), _INT),
    **dict.fromkeys(("MeshKey", "RequestId", "Command"), _TEXT),
    "bool": FieldType(BOOL, scalars.LiftedBool, scalars.expr_of_bool),
    "AgentId": FieldType(on.AGENT, scalars.LiftedAgent, scalars.expr_of_agent),
    "AgentSet": FieldType(on.SET, box.LiftedSet, box.expr_of_set),
    "AgentMap": FieldType(on.MAP, box.LiftedMap, box.expr_of_map),
    "Segment": FieldType(on.SEGMENT, box.LiftedSegment, box.expr_of_segment),
    "LeaderReads": FieldType(on.ASKED, box.LiftedAsked, box.expr_of_asked),
    "FollowerReads": FieldType(on.PARKED, box.LiftedParked, box.expr_of_parked),
    "Role": _enum(on.ROLE, Role),
    "Wait": _enum(on.WAIT, Wait),
    "Timer": _enum(on.TIMER, Timer),
    "ChangeKind": _enum(on.CHANGE, ChangeKind),
}
"""Types by the name that core's annotations give them."""

LOG: Final = "Log"
LOG_KINDS: Final = (
    ("", FieldType(on.LOG, _unlifted, box.expr_of_log)),
    (".start", FieldType(INT, scalars.LiftedInt, box.expr_of_start)),
)
"""The columns of a log: what it was when it was whole, and its start."""

PARTS: Final[Mapping[str, type]] = {
    "Roll": Roll,
    "Durable": Durable,
    "Leadership": Leadership,
}
"""Records within records."""

UNNAMED: Final = ("durable.", "leadership.")
"""The parts whose name a column does not carry."""


@dataclass(frozen=True, slots=True)
class Column:
    """One plain field of a record, however deep."""

    name: str
    kind: FieldType


def columns(record: type, prefix: str = "") -> tuple[Column, ...]:
    """List the plain fields of a record; a configuration is none."""
    found: list[Column] = []
    for field in fields(record):
        name = prefix + field.name
        for part in UNNAMED:
            name = name.removeprefix(part)
        type_name = str(field.type)
        if type_name in PARTS:
            found.extend(columns(PARTS[type_name], f"{name}."))
        elif type_name == LOG:
            found += [Column(name + part, kind) for part, kind in LOG_KINDS]
        elif type_name in KINDS:
            found.append(Column(name, KINDS[type_name]))
        elif type_name != Config.__name__:
            raise MeaninglessError(f"{record.__name__}.{field.name}: {type_name}")
    return tuple(found)


def lift_record(record: type, values: Sequence[Expr], config: object = None) -> Any:  # noqa: ANN401 - any record
    """Make a record of proxies, one value for each column."""
    return _lifted(record, iter(values), config)


def _lifted(record: type, values: Iterator[Expr], config: object) -> Any:  # noqa: ANN401 - any record
    arguments: dict[str, object] = {}
    for field in fields(record):
        type_name = str(field.type)
        if type_name in PARTS:
            arguments[field.name] = _lifted(PARTS[type_name], values, config)
        elif type_name == LOG:
            arguments[field.name] = box.LiftedLog(next(values), next(values))
        elif type_name in KINDS:
            arguments[field.name] = KINDS[type_name].lift(next(values))
        else:
            arguments[field.name] = config
    return record(**arguments)


def plain(record: object) -> tuple[tuple[FieldType, object], ...]:
    """Give the value of each column of a record."""
    found: list[tuple[FieldType, object]] = []
    for field in fields(record):  # type: ignore[arg-type]  # a dataclass, as above
        value, type_name = getattr(record, field.name), str(field.type)
        if type_name in PARTS:
            found.extend(plain(value))
        elif type_name == LOG:
            found += [(kind, value) for _, kind in LOG_KINDS]
        elif type_name in KINDS:
            found.append((KINDS[type_name], value))
    return tuple(found)


def lower(record: object) -> tuple[Expr, ...]:
    """Give the expression of each column of a record."""
    return tuple(kind.lower(value) for kind, value in plain(record))
