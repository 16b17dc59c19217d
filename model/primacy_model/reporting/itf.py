"""A trace in ITF, the interchange format of Apalache and Quint.

Every column of the model is a variable that holds a record; the `#meta` of a state
names the action that led to it.

Contract: itf-py writes the values, and what it writes it reads back. Names that are no
identifiers are changed, and `#meta` tells how.

Source: https://apalache-mc.org/docs/adr/015adr-trace.html
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Mapping
from types import SimpleNamespace

import itf_py  # type: ignore[import-untyped]  # it has annotations but no py.typed

from primacy_model.checker.model import Action, State, Value
from primacy_model.checker.trace import Columns, Violation

_READ_AS_A_VARIANT = frozenset({"tag", "value"})
"""Field names that would make itf-py take a record for a tagged union."""


def render_itf(violation: Violation[State]) -> str:
    """Write the trace of a violation as ITF."""
    story = violation.story
    names = identifiers(story.columns)
    shown = [(story.initial, None), *((m.shown, m.action) for m in story.moments)]
    states = [
        itf_py.State(_state_meta(index, action), _values(columns, names))
        for index, (columns, action) in enumerate(shown)
    ]
    meta = {
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "description": f"{violation.claim.id} is violated: {violation.claim.name}",
        "model": story.model,
        "property": violation.claim.id,
        "columns": {identifier: name for name, identifier in names.items()},
    }
    if story.repeated:
        states.pop()  # it is the state in which the loop begins
    loop = None if story.loop is None else min(story.loop, len(states) - 1)
    trace = itf_py.Trace(meta, [], list(names.values()), states, loop)
    written = itf_py.trace_to_json(trace)
    if loop is None:
        del written["loop"]  # the format leaves it out where there is none
    return json.dumps(written, indent=2, ensure_ascii=False) + "\n"


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """Give each name an identifier of its own, itself where it is one."""
    given: dict[str, str] = {}
    for name in dict.fromkeys(names):
        identifier = re.sub(r"\W", "_", name, flags=re.ASCII)
        if not re.match(r"[A-Za-z]", identifier):
            identifier = f"x{identifier}"
        if keyword.iskeyword(identifier) or identifier in _READ_AS_A_VARIANT:
            identifier += "_"
        while identifier in given.values():
            identifier += "_"
        given[name] = identifier
    return given


def _state_meta(index: int, action: Action | None) -> dict[str, object]:
    if action is None:
        return {"index": index}
    meta = {"kind": action.kind, "column": action.column, "label": action.label}
    return {"index": index, "action": meta}


def _values(columns: Columns, names: Mapping[str, str]) -> dict[str, SimpleNamespace]:
    """Show a state: a record for each column, empty where there is none."""
    return {
        identifier: SimpleNamespace(**_record(columns.get(name, {})))
        for name, identifier in names.items()
    }


def _record(fields: Mapping[str, Value]) -> dict[str, Value]:
    names = identifiers(fields)
    return {names[field]: value for field, value in fields.items()}
