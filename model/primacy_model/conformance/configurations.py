"""Vectors of configurations: which ones are made, and which are refused.

Each is written as the fields that a person would give. Source: clauses `config.*`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

from primacy_model.conformance.path_probe import Instrumented

FIELDS: Final[Mapping[str, object]] = {
    "mesh_id": "north",
    "agent_id": "a",
    "initial_leaders": ["a", "b", "c"],
    "workers": ["w"],
    "heartbeat_interval_ms": 5_000,
    "election_timeout_ms": 10_000,
    "leader_timeout_ms": 15_000,
    "lease_ms": 0,
    "clock_drift_ppm": 0,
    "batch": 64,
}
CHANGES: Final[tuple[Mapping[str, object], ...]] = (
    {},
    {"agent_id": "w"},
    {"agent_id": "z"},
    {"mesh_id": ""},
    {"mesh_id": "A.b_c-1"},
    {"mesh_id": "north south"},
    {"mesh_id": "n\u00f6rd"},
    {"initial_leaders": ["a", "b", ""]},
    {"initial_leaders": ["a", "b,c"]},
    {"workers": ["w("]},
    {"initial_leaders": ["a", "a", "b"]},
    {"initial_leaders": []},
    {"initial_leaders": ["a"], "workers": []},
    {"initial_leaders": ["a", "b"]},
    {"initial_leaders": ["a", "b", "c", "d"]},
    {"workers": ["a"]},
    {"workers": ["c", "w"]},
    {"workers": ["v", "w"]},
    {"heartbeat_interval_ms": 0},
    {"heartbeat_interval_ms": 10_000},
    {"heartbeat_interval_ms": 9_999, "leader_timeout_ms": 19_998},
    {"heartbeat_interval_ms": 9_999, "leader_timeout_ms": 19_997},
    {"leader_timeout_ms": 10_000},
    {"leader_timeout_ms": 9_999},
    {"batch": 0},
    {"batch": 1},
    {"lease_ms": -1},
    {"clock_drift_ppm": -1},
    {"lease_ms": 1},
    {"lease_ms": 1, "clock_drift_ppm": 1},
    {"lease_ms": 9_998, "clock_drift_ppm": 100},
    {"lease_ms": 9_999, "clock_drift_ppm": 100},
    {"clock_drift_ppm": 999_999},
    {"clock_drift_ppm": 1_000_000},
    {"heartbeat_interval_ms": 10_000, "leader_timeout_ms": 20_000},
    {"heartbeat_interval_ms": 4_000, "leader_timeout_ms": 9_999},
    {"initial_leaders": [], "agent_id": "w"},
)
"""What differs from the fields above."""

Made = tuple[dict[str, object], dict[str, object], frozenset[int]]
"""What is given, what is expected, and the probes that were passed."""


def configurations(twin: Instrumented) -> Iterator[Made]:
    """Give each configuration, and what becomes of it."""
    for change in CHANGES:
        given = {**FIELDS, **change}
        answer, way = twin.way(lambda given=given: _made(twin, given))  # type: ignore[misc] # mypy infers no lambda with a default
        assert isinstance(answer, dict)
        yield given, answer, way.everywhere


def _made(twin: Instrumented, given: Mapping[str, object]) -> dict[str, object]:
    """Make a configuration of the twin: whether it can be, its identity, a warning."""
    module: Any = twin.module("config")
    sets: Any = twin.module("agents")
    parts: dict[str, Any] = dict(given)
    for name in ("initial_leaders", "workers"):
        parts[name] = sets.AgentSet(tuple(parts[name]))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            made = module.Config(**parts)
        except module.ConfigError:
            return {"accepted": False, "mesh": None, "warned": False}
    return {"accepted": True, "mesh": made.mesh, "warned": bool(told)}
