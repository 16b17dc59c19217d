"""The JSON Schemas of vectors, of the manifest and of trace lines, made from core.

`python -m primacy_model.conformance.schemas` writes them beside this file; a test holds
them against what would be written.

Contract: each class of core that can be stored has the fields that the class has, and
none besides. What a schema cannot say, that ids ascend or that an electorate is not
empty, only the codec says.

Source: JSON Schema, draft 2020-12; `primacy.codec`; docs/conformance.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, Final, NewType, get_args, get_type_hints

from primacy import Config, Durable, Fence, MeshState, State, Verdict
from primacy.codec import LEAST, MOST, OLDER, PACKETS, VERSION, Storable
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.pending_reads import FollowerRead, FollowerReads, LeaderRead, LeaderReads
from primacy_model.conformance.recorder import FORMAT as TRACE
from primacy_model.conformance.trace_reader import MESSAGES, OUTPUTS, STATES
from primacy_model.conformance.vectors import FORMAT as VECTORS

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
ARRAYS: Final[Mapping[type, type]] = {
    Segment: Entry,
    LeaderReads: LeaderRead,
    FollowerReads: FollowerRead,
}
Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
NUMBER: Final[Schema] = {"type": "integer", "minimum": LEAST, "maximum": MOST}
FLAG: Final[Schema] = {"type": "boolean"}
DIGEST: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def record(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    """Make the schema of an object with exactly these fields."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def ref(name: str) -> Schema:
    """Refer to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def by(field: str, base: Schema, cases: Mapping[str, Schema]) -> Schema:
    """Refine a schema by what stands in one of its fields."""
    told = [
        {"if": {"properties": {field: {"const": name}}}, "then": then}
        for name, then in cases.items()
    ]
    return {**base, "allOf": told}


def wrap(kinds: Iterable[type], **more: Schema) -> Schema:
    """Make the schema of a value beside the name of its kind."""
    names = [kind.__name__ for kind in kinds]
    base = record({**more, "kind": {"enum": names}, "value": {}})
    return by(
        "kind", base, {name: {"properties": {"value": ref(name)}} for name in names}
    )


def envelope(*kinds: type) -> Schema:
    """Make the schema of a text of the codec of one of some kinds."""
    names = {kind.__name__ for kind in kinds}
    older = [version for version, known in OLDER.items() if names <= known]
    return wrap(kinds, primacy={"enum": [*older, VERSION]})


def of_type(hint: Any) -> Schema:  # noqa: ANN401 - hints have no type of their own
    """Make the schema of a field of a class."""
    if isinstance(hint, NewType):
        return of_type(hint.__supertype__)
    plain = {bool: FLAG, int: NUMBER, str: TEXT}
    if hint in plain:
        return plain[hint]
    if isinstance(hint, type):
        return ref(hint.__name__)
    rest = [each for each in get_args(hint) if each is not NoneType]
    if len(rest) == 1:
        return {"anyOf": [of_type(rest[0]), {"type": "null"}]}
    return ref("Packet")


def definitions() -> dict[str, Schema]:
    """Make a definition of each kind of the codec, and of what is in them."""
    found: dict[str, Schema] = {
        "AgentSet": {"type": "array", "items": TEXT, "uniqueItems": True},
        "AgentMap": {
            "type": "object",
            "additionalProperties": {**NUMBER, "not": {"const": 0}},
        },
        "Packet": wrap(PACKETS),
        "AnyOutput": envelope(*OUTPUTS),
        "AnyMessage": envelope(*MESSAGES),
    }
    for kind in get_args(Storable):
        _define(kind, found)
    return dict(sorted(found.items()))


def _define(kind: type, found: dict[str, Schema]) -> None:
    if kind.__name__ in found:
        return
    if issubclass(kind, Enum):
        found[kind.__name__] = {"enum": [each.value for each in kind]}
    elif kind is Log:
        found["Log"] = _log()
        _define(Roll, found)
    elif kind in ARRAYS:
        found[kind.__name__] = {"type": "array", "items": ref(ARRAYS[kind].__name__)}
    else:
        assert is_dataclass(kind)
        hints = get_type_hints(kind)
        parts = {part.name: hints[part.name] for part in fields(kind) if part.init}
        schemas = {name: of_type(hint) for name, hint in parts.items()}
        found[kind.__name__] = _entry(schemas) if kind is Entry else record(schemas)
        for hint in parts.values():
            if isinstance(hint, type) and hint not in (bool, int, str):
                _define(hint, found)


def _log() -> Schema:
    """Make the schema of a log: an object if it begins behind a snapshot."""
    entries = _array(ref("Entry"))
    some: Schema = {"minItems": 1}
    sets = {"properties": {"electors": some, "outgoing": some}}
    start = {**NUMBER, "minimum": 1}
    begun = record(
        {
            "start": start,
            "start_term": NUMBER,
            "start_roll": {"allOf": [ref("Roll"), sets]},
            "entries": entries,
        }
    )
    return {"if": {"type": "array"}, "then": entries, "else": begun}


def _entry(parts: Mapping[str, Schema]) -> Schema:
    """Make the schema of an entry: only one that sets a roll has the fields of it."""
    electors = {"allOf": [parts["electors"], {"minItems": 1}]}
    roll = {**parts, "electors": electors, "outgoing": electors}
    plain = {name: parts[name] for name in ("term", "kind", "command", "request")}
    return {
        "if": {"properties": {"kind": {"const": EntryKind.ROLL.value}}},
        "then": record(roll),
        "else": record(plain),
    }


# --- the files ------------------------------------------------------------------------


def _named(title: str, schema: Schema, defs: Schema | None = None) -> Schema:
    head = {"$schema": DRAFT, "title": title, **schema}
    return head if defs is None else {**head, "$defs": defs}


def vector() -> Schema:
    """Make the schema of a line of a file of vectors."""
    state, config = envelope(State), envelope(Config)
    called = {"state": state, "outputs": _array(ref("AnyOutput"))}
    raw = {part.name: ref("AgentSet") for part in fields(Config) if part.init}
    sets = {"initial_leaders", "workers"}
    hints = get_type_hints(Config)
    raw = {name: _array(TEXT) if name in sets else of_type(hints[name]) for name in raw}
    asked = {
        "step": ({"state": state, "message": ref("AnyMessage")}, called),
        "initial": ({"config": config}, called),
        "recover": ({"config": config, "durable": envelope(Durable)}, called),
        "token": ({"state": state}, {"token": NUMBER}),
        "has_lease": ({"state": state, "now": NUMBER}, {"has_lease": FLAG}),
        "mesh_state": ({"state": state}, {"mesh_state": envelope(MeshState)}),
        "admit": (
            {"fence": envelope(Fence), "token": NUMBER},
            {"fence": envelope(Fence), "verdict": envelope(Verdict)},
        ),
        "config": (
            {"config": record(raw)},
            {"accepted": FLAG, "mesh": {"type": ["string", "null"]}, "warned": FLAG},
        ),
    }
    base = record(
        {
            "vector": {"type": "string", "pattern": "^[A-Za-z_-]+-[0-9]{3,}$"},
            "call": {"enum": list(asked)},
            "origin": TEXT,
            "clauses": _array(TEXT),
            "given": {},
            "expected": {},
        }
    )
    cases = {
        call: {"properties": {"given": record(given), "expected": record(expected)}}
        for call, (given, expected) in asked.items()
    }
    return _named("A vector of primacy", by("call", base, cases), definitions())


def trace() -> Schema:
    """Make the schema of a line of a trace."""
    head = record(
        {
            "trace": {"const": TRACE},
            "runtime": TEXT,
            "states": {"enum": list(STATES)},
            "whole": FLAG,
            "clocks": FLAG,
            "configs": {"type": "array", "items": envelope(Config), "minItems": 1},
        }
    )
    given = {
        "start": {},
        "recover": {"durable": envelope(Durable)},
        "step": {"message": ref("AnyMessage")},
    }
    seq = {"type": "integer", "minimum": 1}
    cases = {
        event: record(
            {"seq": seq, "agent": TEXT, "event": {}, **some}
            | {"outputs": _array(ref("AnyOutput"))},
            state=envelope(State),
            digest=DIGEST,
        )
        for event, some in given.items()
    }
    cases["crash"] = record({"seq": seq, "agent": TEXT, "event": {}}, performed=COUNT)
    cases["end"] = record({"seq": seq, "event": {}, "lines": COUNT})
    known: Schema = {
        "type": "object",
        "required": ["event"],
        "properties": {"event": {"enum": list(cases)}},
    }
    lines = {
        "if": {"required": ["trace"]},
        "then": head,
        "else": by("event", known, cases),
    }
    return _named("A line of a trace of primacy", lines, definitions())


def manifest() -> Schema:
    """Make the schema of the manifest."""
    file = record(
        {"holds": {"enum": ["vectors", "trace"]}, "lines": COUNT, "sha256": DIGEST}
    )
    place = record({"places": COUNT, "passed": COUNT})
    coverage = record(
        {
            "clauses": _map(COUNT),
            "clauses_without": _map(TEXT),
            "functions": _map(place),
            "places": COUNT,
            "passed": COUNT,
            "unpassed": _map(record({"places": COUNT, "why": TEXT})),
            "paths": _map(COUNT),
            "observed": COUNT,
        }
    )
    return _named(
        "The manifest of vectors of primacy",
        record(
            {
                "manifest": {"const": VECTORS},
                "codec": {"const": VERSION},
                "primacy": TEXT,
                "core_sha256": DIGEST,
                "files": _map(file),
                "vectors": COUNT,
                "origins": _map(COUNT),
                "looked_at": _map(COUNT),
                "coverage": coverage,
                "schemas": _array(TEXT),
            }
        ),
    )


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def render_schemas() -> dict[str, str]:
    """Give the text of each schema, by its name."""
    made = {"manifest": manifest(), "trace": trace(), "vector": vector()}
    return {
        f"{name}.schema.json": json.dumps(schema, indent=1) + "\n"
        for name, schema in made.items()
    }


if __name__ == "__main__":
    for name, text in render_schemas().items():
        (Path(__file__).parent / "schema" / name).write_text(text, encoding="utf-8")
