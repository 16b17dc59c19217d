"""Where two values part, field by field, as a person reads it.

Contract: equal values have no differences, and different ones have at least one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

from primacy import Durable, Output, State, dumps

WIDTH: Final = 60
"""The most signs of a value that is shown."""
MOST: Final = 12
"""The most differences that are shown."""
_NOTHING: Final = object()

Part = tuple[str, str, str]
"""A field, what is expected in it, and what was got."""


def compare_states(expected: State, got: State) -> list[Part]:
    """List the fields in which two states differ."""
    return list(_parts("state", _raw(expected), _raw(got)))


def compare_outputs(expected: Sequence[Output], got: Sequence[Output]) -> list[Part]:
    """List the outputs that differ, by their places."""
    found: list[Part] = []
    for at, (one, other) in enumerate(zip_longest(expected, got)):
        if one == other:
            continue
        where = f"outputs[{at}]"
        if type(one) is not type(other) or one is None or other is None:
            found.append((where, _output(one), _output(other)))
        else:
            found.extend(
                _parts(f"{where} {type(one).__name__}", _raw(one), _raw(other))
            )
    return found


def render_differences(parts: Sequence[Part]) -> list[str]:
    """Write differences as aligned lines."""
    rows = list(parts[:MOST])
    where = max((len(row[0]) for row in rows), default=0)
    wide = max((len(row[1]) for row in rows), default=0)
    lines = [
        f"{field:{where}}  expected {expected:{wide}}  got {got}"
        for field, expected, got in rows
    ]
    if len(parts) > MOST:
        lines.append(f"and {len(parts) - MOST} differences more")
    return lines


def _raw(value: State | Durable | Output) -> object:
    text: dict[str, object] = json.loads(dumps(value))
    return text["value"]


def _output(output: Output | None) -> str:
    if output is None:
        return "nothing"
    return _short(f"{type(output).__name__} {json.dumps(_raw(output))}")


def _parts(where: str, expected: object, got: object) -> Iterator[Part]:
    if expected == got and type(expected) is type(got):
        return
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in dict.fromkeys((*expected, *got)):
            inner = f"{where}.{name}"
            yield from _parts(
                inner, expected.get(name, _NOTHING), got.get(name, _NOTHING)
            )
    elif isinstance(expected, list) and isinstance(got, list) and _is_long(expected):
        for at, (one, other) in enumerate(
            zip_longest(expected, got, fillvalue=_NOTHING)
        ):
            yield from _parts(f"{where}[{at}]", one, other)
    else:
        yield where, _value(expected), _value(got)


def _is_long(items: Sequence[object]) -> bool:
    """Tell whether these are records, which are compared one by one."""
    return any(isinstance(item, dict) for item in items)


def _value(raw: object) -> str:
    return "nothing" if raw is _NOTHING else _short(json.dumps(raw))


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


def compare_disks(expected: Durable, got: Durable) -> list[Part]:
    """List the fields in which two disks differ."""
    return list(_parts("durable", _raw(expected), _raw(got)))
