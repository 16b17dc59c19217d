"""A mesh in a TOML file: the same file for every agent, one table for each.

    mesh_id = "my-mesh"
    heartbeat_interval = 5.0        # seconds, like all times
    [agents.agent-1]
    address = "10.0.0.1:7000"       # where peers reach it
    [agents.agent-2]
    address = "10.0.0.2:7000"
    role = "worker"
    [agents.agent-3]
    address = "10.0.0.3:7000"
    role = "joiner"                 # no member before it is admitted

Contract: an unknown key, a missing one, or one of another type is refused in a sentence
that names it; what it means is for `Agent` to judge.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from primacy_runtime.agent import Agent
from primacy_runtime.errors import SettingsError
from primacy_runtime.net.tls import Tls
from primacy_runtime.settings import AgentRole
from primacy_runtime.trace import traces

Value = TypeVar("Value")
Toml = Mapping[str, object]

SHARED: Final = (
    "mesh_id",
    "agent_id",
    "heartbeat_interval",
    "election_timeout",
    "leader_timeout",
    "lease",
    "clock_drift_ppm",
    "batch",
    "snapshot_every",
    "request_timeout",
    "folder",
    "trace",
    "agents",
    "tls",
)
OWN: Final = ("address", "listen", "role", "metrics", "folder")


def read_mesh_file(path: Path) -> Toml:
    """Read a file; raise `SettingsError` if it is none of the format."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} must be TOML: {error}") from None


def agent(
    told: Toml,
    agent_id: str | None,
    trace: Path | None = None,
) -> Agent:
    """Make one agent of a mesh; `agent_id`, `trace` stand in for those in the file."""
    _check_keys(told, SHARED, "the file")
    name = agent_id or _get(told, "agent_id", str, "")
    tables = _get(told, "agents", dict, {})
    if name not in tables:
        raise SettingsError(
            f"agent_id must be one of {', '.join(map(str, tables)) or '[agents.ID]'}, "
            f"got {name!r}"
        )
    for one, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"agents.{one} must be a table, got {table!r}")
        _check_keys(table, OWN, f"agents.{one}")
    mine: Toml = tables[name]
    folder = _get(told, "folder", str, "primacy-data")
    traced = trace or _get(told, "trace", str, "")
    where = _get(mine, "address", str, where=f"agents.{name}.")
    return Agent(
        _get(told, "mesh_id", str),
        name,
        role=_role(mine, name),
        peers={
            one: _get(table, "address", str, where=f"agents.{one}.")
            for one, table in tables.items()
            if one != name and _role(table, one) is not AgentRole.JOINER
        },
        workers=[
            one
            for one, table in tables.items()
            if one != name and _role(table, one) is AgentRole.WORKER
        ],
        listen=_get(mine, "listen", str, "") or where,
        advertise=where if "listen" in mine else None,
        heartbeat_interval=_seconds(told, "heartbeat_interval", 5.0),
        election_timeout=_seconds(told, "election_timeout", 10.0),
        leader_timeout=_seconds(told, "leader_timeout", 15.0),
        lease=_seconds(told, "lease", 0.0),
        clock_drift_ppm=_get(told, "clock_drift_ppm", int, 0),
        batch=_get(told, "batch", int, 64),
        request_timeout=(
            _seconds(told, "request_timeout", 0.0)
            if "request_timeout" in told
            else None
        ),
        snapshot_every=(
            _get(told, "snapshot_every", int, 0) if "snapshot_every" in told else None
        ),
        folder=_get(mine, "folder", str, folder),
        metrics=_get(mine, "metrics", str, "") or None,
        tls=_tls(told, name),
        record=traces(Path(traced)) if traced else None,
    )


def _tls(told: Toml, name: str) -> Tls | None:
    """Read the table; `{agent}` in a path stands for the agent's id."""
    if "tls" not in told:
        return None
    table = _get(told, "tls", dict)
    _check_keys(table, ("authority", "certificate", "key"), "tls")
    paths = (
        Path(_get(table, key, str, where="tls.").replace("{agent}", name))
        for key in ("authority", "certificate", "key")
    )
    return Tls(*paths)


def _role(table: Toml, name: str) -> AgentRole:
    said = _get(table, "role", str, AgentRole.ACTIVE.value)
    for role in AgentRole:
        if role.value == said:
            return role
    allowed = ", ".join(repr(role.value) for role in AgentRole)
    raise SettingsError(f"agents.{name}.role must be one of {allowed}, got {said!r}")


def _seconds(told: Toml, key: str, default: float) -> float:
    given = told.get(key, default)
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    raise SettingsError(f"{key} must be a number of seconds, got {given!r}")


def _get(
    told: Toml,
    key: str,
    kind: type[Value],
    default: Value | None = None,
    *,
    where: str = "",
) -> Value:
    """Read a key of some type; without a default it has to be there."""
    given = told.get(key, default)
    if isinstance(given, kind) and not (kind is int and isinstance(given, bool)):
        return given
    needed = {str: "text", int: "a whole number", dict: "a table"}[kind]
    got = repr(told[key]) if key in told else "nothing"
    raise SettingsError(f"{where}{key} must be {needed}, got {got}")


def _check_keys(table: Toml, allowed: Iterable[str], where: str) -> None:
    for key in table:
        if key not in allowed:
            raise SettingsError(
                f"{where} must have no keys but {', '.join(allowed)}, got {key!r}"
            )
