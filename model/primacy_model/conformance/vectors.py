"""Vectors: what core answers in the situations that were chosen, as files of JSON.

A file of vectors has one to a line; a scenario is a trace. The manifest names each file
with its SHA-256, says from which core it came and what of it the vectors go through.

Contract: the same core gives the same bytes, on every machine and in every version of
Python; and what is written is what core itself answers, not its twin.

Source: docs/conformance.md, "Vectors".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from importlib import resources
from typing import Any, Final

import primacy
from primacy import dumps, loads
from primacy.codec import VERSION as CODEC
from primacy_model.conformance.configurations import configurations
from primacy_model.conformance.coverage_statement import Statement
from primacy_model.conformance.path_probe import sources
from primacy_model.conformance.scenarios import scenarios
from primacy_model.conformance.situations import (
    MADE,
    Choice,
    Situation,
    Twin,
    all_situations,
    name_results,
)
from primacy_model.version import core_version

FORMAT: Final = "primacy-vectors/1"
MANIFEST: Final = "manifest.json"
SCHEMAS: Final = "schema"

VectorProgress = Callable[[int, int, int], None]
"""Told of each situation: how many there were, how many are kept, 0."""


def files(progress: VectorProgress | None = None) -> dict[str, str]:
    """Make all files of the vectors, by name; the manifest is the last."""
    twin = Twin()
    statement, choice = Statement(twin), Choice(twin)
    for number, one in enumerate(all_situations()):
        choice.show(one)
        if progress is not None:
            progress(number + 1, len(choice.shortest), 0)
    made: dict[str, list[str]] = {}
    origins: dict[str, int] = {}
    for one in choice.kept():
        made.setdefault(one.group, []).append(_vector(one, twin, statement, made))
        origins[one.origin] = origins.get(one.origin, 0) + 1
    made["config"] = list(_configurations(twin, statement))
    found = {f"{name}.jsonl": "".join(lines) for name, lines in sorted(made.items())}
    counts = {name: text.count("\n") for name, text in found.items()}
    for name, text in scenarios():
        found[f"scenario-{name}.jsonl"] = text
    listed = {
        name: {
            "holds": "vectors" if name in counts else "trace",
            "lines": text.count("\n"),
            "sha256": sha256(text.encode()).hexdigest(),
        }
        for name, text in found.items()
    }
    manifest = {
        "manifest": FORMAT,
        "codec": CODEC,
        "primacy": core_version(),
        "core_sha256": core_digest(),
        "files": listed,
        "vectors": sum(counts.values()),
        "origins": dict(sorted(origins.items())),
        "looked_at": dict(sorted(choice.pairs.items())),
        "coverage": statement.written(),
        "schemas": [name.partition("/")[2] for name in schemas()],
    }
    found.update(schemas())
    found[MANIFEST] = json.dumps(manifest, indent=1) + "\n"
    twin.close()
    return found


def schemas() -> dict[str, str]:
    """Give the JSON Schemas, by their place beside the vectors."""
    folder = resources.files("primacy_model.conformance") / SCHEMAS
    return {
        f"{SCHEMAS}/{file.name}": file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".json")
    }


def core_digest() -> str:
    """Digest the sources of core, in the order of their names."""
    told = sha256()
    for name, source in sources().items():
        told.update(f"{name}\n{source}\n".encode())
    return told.hexdigest()


# --- one vector -----------------------------------------------------------------------


def _vector(
    one: Situation, twin: Twin, statement: Statement, made: Mapping[str, list[str]]
) -> str:
    """Write a vector; core answers, and its twin must answer the same."""
    given = {
        name: int(text) if name in {"now", "token"} else loads(text)
        for name, text in one.given
    }
    answer = name_results(one.call, getattr(primacy, one.call)(*given.values()))
    twins, way = twin.asked(one)
    told = twin.module("codec").dumps
    expected = {name: _text(value, dumps) for name, value in answer.items()}
    if expected != {name: _text(value, told) for name, value in twins.items()}:
        raise AssertionError(f"the twin of core answers otherwise: {one}")
    number = len(made.get(one.group, ())) + 1
    return _line(
        f"{one.group}-{number:03}",
        one.call,
        one.origin,
        statement.count(one.group, way),
        dict(one.given),
        expected,
    )


def _text(value: Any, writes: Callable[[Any], str]) -> str:  # noqa: ANN401 - of core or its twin
    """Write what a call gives: a plain value, a value of the codec, or several."""
    if isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, tuple):
        return f"[{','.join(map(writes, value))}]"
    return writes(value)


def _line(  # noqa: PLR0917 - in the order in which they are written
    name: str,
    call: str,
    origin: str,
    clauses: list[str],
    given: Mapping[str, str],
    expected: Mapping[str, str],
) -> str:
    head = {"vector": name, "call": call, "origin": origin, "clauses": clauses}
    opening = json.dumps(head, separators=(",", ":"))[:-1]
    return f'{opening},"given":{_object(given)},"expected":{_object(expected)}}}\n'


def _object(texts: Mapping[str, str]) -> str:
    return (
        f"{{{','.join(f'{json.dumps(name)}:{text}' for name, text in texts.items())}}}"
    )


def _configurations(twin: Twin, statement: Statement) -> Iterator[str]:
    for number, (given, answer, probes) in enumerate(configurations(twin), start=1):
        yield _line(
            f"config-{number:03}",
            "config",
            MADE,
            statement.pass_through(probes),
            {"config": _compact(given)},
            {name: _compact(value) for name, value in answer.items()},
        )


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
