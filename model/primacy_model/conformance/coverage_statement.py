"""The coverage statement: what of core the vectors go through, and what not and why.

Contract: what is left out is named here with its reason, and a test holds this list
against what is left out indeed.

Source: docs/conformance.md, "Coverage".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from primacy_model.conformance.path_probe import (
    HANDLERS,
    OBSERVING,
    CallPath,
    Instrumented,
)

NO_VECTOR: Final[Mapping[str, str]] = {
    "message.kind": "no text of the format has an unknown kind: a reader refuses it",
    "commit.quorum": "its line is the count of `appending.advance_commit`, see there",
    "read.quorum-confirms": "its line is the count of `heartbeats._confirm`, see there",
    "state.durable": "it names the fields of a class, which every vector shows",
    "state.value": "it is a law of the values of one language",
    "codec.*": "every vector is a text of the codec; it has tests of its own",
    "runtime.*": "obligations of the runtime: `primacy conform` judges some of them",
}
"""Clauses, or groups of them, that no vector goes through, and why."""

UNPASSED: Final[Mapping[str, tuple[int, str]]] = {
    "dispatch._handle": (1, "a message of an unknown kind cannot be written"),
    "dispatch._on_received": (2, "a packet of an unknown kind cannot be written"),
    "validity.defect": (1, "a packet of an unknown kind cannot be written"),
    "heartbeats._confirm": (
        2,
        "the suggested round is the highest that a quorum has: the count agrees",
    ),
    "appending.advance_commit": (
        2,
        "the suggested index is the highest that a quorum holds: the count agrees",
    ),
}
"""By function: how many of its places no vector passes, and why none can."""


@dataclass
class Statement:
    """Counts what vectors go through."""

    twin: Instrumented
    paths: dict[str, set[tuple[int, ...]]] = field(default_factory=dict)
    """By group of vectors."""
    told: set[tuple[int, ...]] = field(default_factory=set)
    clauses: Counter[str] = field(default_factory=Counter)
    """How many vectors go through each."""
    passed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._names = self.twin.clauses_by_probe()

    def count(self, group: str, way: CallPath) -> list[str]:
        """Count a vector; list the clauses that it goes through."""
        self.paths.setdefault(group, set()).add(way.path)
        self.told.add(way.told)
        return self.pass_through(way.everywhere)

    def pass_through(self, probes: frozenset[int]) -> list[str]:
        """Count the clauses of some probes."""
        self.passed |= probes
        found = sorted({name for each in probes for name in self._names.get(each, ())})
        self.clauses.update(found)
        return found

    def functions(self) -> dict[str, dict[str, int]]:
        """By function of the handlers: its places, and how many are passed.

        A place is a statement, or one side of a decision.
        """
        found: dict[str, dict[str, int]] = {}
        for number, probe in enumerate(self.twin.probes):
            if probe.module not in (*HANDLERS, OBSERVING):
                continue
            name = f"{probe.module}.{probe.function}"
            row = found.setdefault(name, {"places": 0, "passed": 0})
            row["places"] += 1
            row["passed"] += number in self.passed
        return dict(sorted(found.items()))

    def written(self) -> dict[str, object]:
        """Give the statement as it stands in the manifest."""
        functions = self.functions()
        short = {
            name: row["places"] - row["passed"]
            for name, row in functions.items()
            if row["places"] > row["passed"]
        }
        return {
            "clauses": dict(sorted(self.clauses.items())),
            "clauses_without": dict(NO_VECTOR),
            "functions": functions,
            "places": sum(row["places"] for row in functions.values()),
            "passed": sum(row["passed"] for row in functions.values()),
            "unpassed": {
                name: {"places": missing, "why": UNPASSED.get(name, (0, ""))[1]}
                for name, missing in short.items()
            },
            "paths": {name: len(some) for name, some in sorted(self.paths.items())},
            "observed": len(self.told),
        }
