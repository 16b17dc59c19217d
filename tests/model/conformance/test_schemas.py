"""The JSON Schemas: made from core, met by all that is written, and strict."""

import copy
import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from primacy_model.conformance.schemas import render_schemas
from tests.support.traceability import ROOT
from tests.support.vectors import vectors_of

FOLDER: Final = ROOT / "model" / "primacy_model" / "conformance" / "schema"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_schemas_are_made_from_core() -> None:
    shipped = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}
    assert shipped == render_schemas()


def test_the_schemas_lie_beside_the_vectors(made: Path) -> None:
    for name, text in render_schemas().items():
        assert (made / "schema" / name).read_text(encoding="utf-8") == text


def test_vectors_and_manifest_meet_their_schemas(made: Path) -> None:
    is_vector = validator("vector").is_valid
    assert [v["vector"] for v in vectors_of(made) if not is_vector(v)] == []
    told = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    validator("manifest").validate(told)


def lines(made: Path, name: str) -> list[Any]:
    text = (made / f"scenario-{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", ["initial-election-crash-walk", "five-electors-walk"])
def test_lines_of_traces_meet_their_schema(made: Path, name: str) -> None:
    is_line = validator("trace").is_valid
    assert [line for line in lines(made, name) if not is_line(line)] == []


def test_a_vector_of_another_shape_is_refused(made: Path) -> None:
    is_vector = validator("vector").is_valid
    vector = next(v for v in vectors_of(made) if v["vector"] == "step-Append-001")
    assert is_vector(vector)
    for path, value in (
        (("call",), "leap"),
        (("given", "state", "kind"), "Durable"),
        (("given", "state", "value", "role"), "king"),
        (("given", "state", "value", "commit_index"), "1"),
        (("given", "state", "value", "commit_index"), 2**63),
        (("given", "message", "primacy"), 1),
        (("given", "message", "primacy"), 3),
        (("given", "message", "value", "packet", "kind"), "Gossip"),
        (("expected", "outputs"), {}),
        (("given", "more"), 1),
    ):
        other: Any = copy.deepcopy(vector)
        inner = other
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        assert not is_vector(other), path
    del vector["given"]["state"]["value"]["wait"]
    assert not is_vector(vector)


def test_only_an_entry_that_sets_a_roll_has_the_fields_of_one(made: Path) -> None:
    is_vector, kinds = validator("vector").is_valid, set()
    for vector in vectors_of(made):
        if vector["call"] != "recover":
            continue
        log = vector["given"]["durable"]["value"]["log"]
        for entry in log["entries"] if isinstance(log, dict) else log:
            kinds.add(entry["kind"])
            before = dict(entry)
            if entry["kind"] == "roll":
                for name in ("electors", "outgoing"):
                    entry[name] = []
                    assert not is_vector(vector)
                    entry[name] = before[name]
                del entry["workers"]
            else:
                entry["workers"] = []
            assert not is_vector(vector)
            entry.clear()
            entry.update(before)
            assert is_vector(vector)
    assert kinds == {"noop", "command", "roll"}


def test_a_disk_may_be_of_the_first_version_and_nothing_else(made: Path) -> None:
    is_vector = validator("vector").is_valid
    restarts = [v for v in vectors_of(made) if v["call"] == "recover"]
    versions = {vector["given"]["durable"]["primacy"] for vector in restarts}
    assert versions == {1, 2}
    vector = restarts[0]
    vector["given"]["durable"]["primacy"] = 1
    assert is_vector(vector)
    vector["given"]["config"]["primacy"] = 1
    assert not is_vector(vector)


def test_a_map_holds_no_zero(made: Path) -> None:
    is_vector = validator("vector").is_valid
    vector = next(v for v in vectors_of(made) if v["call"] == "has_lease")
    leadership = vector["given"]["state"]["value"]["leadership"]
    leadership["match"] = {"a": 1}
    assert is_vector(vector)
    leadership["match"] = {"a": 0}
    assert not is_vector(vector)


def test_a_line_of_another_shape_is_refused(made: Path) -> None:
    is_line = validator("trace").is_valid
    head, start, *_, end = lines(made, "initial-election-elected")
    for line, field, value in (
        (head, "whole", "yes"),
        (head, "configs", []),
        (start, "event", "stop"),
        (start, "seq", 0),
        (start, "message", {}),
        (end, "lines", -1),
        (end, "outputs", []),
    ):
        assert is_line(line)
        assert not is_line({**line, field: value}), field
