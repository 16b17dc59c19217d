"""The settings of an agent, in seconds and addresses, made into a `Config` of core.

Contract: what cannot work is refused here, in one sentence, before a file or a port is
touched. The rules about lengths of time are those of core and stand nowhere else.

Source: seed, "Usage Example"; clauses `config.*`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from types import UnionType
from typing import Final

from primacy import AgentId, Config, ConfigError, agents
from primacy_runtime.errors import SettingsError

LONGEST_S: Final = 7 * 24 * 3600.0
"""A week; what is longer is a mistake in the unit."""
MOST: Final = 10**9
"""More entries than a log can have."""
SNAPSHOT_EVERY: Final = 10_000
"""After how many entries a snapshot is taken, if nothing else is said."""


class AgentRole(Enum):
    """What part an agent begins with in its mesh. Changes of the members come later."""

    ACTIVE = "active"
    """It votes, stands and may lead: one of the initial leaders."""
    WORKER = "worker"
    """It follows, answers and applies, and does not stand."""
    JOINER = "joiner"
    """It is no member yet, and waits until a change admits it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a port is."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_everywhere(self) -> bool:
        """Tell whether it stands for all addresses of a machine, and so names none."""
        try:
            return ip_address(self.host).is_unspecified
        except ValueError:
            return False


def address(what: str, text: object, *, least_port: int = 1) -> Address:
    """Read `host:port`, or `[host]:port`; port 0 lets the system choose one."""
    if isinstance(text, str):
        host, colon, port = text.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            host = ""
        is_number = port.isascii() and port.isdigit() and len(port) <= 5
        is_name = host != "" and _is_host(host)
        if is_name and colon and is_number and least_port <= int(port) <= 65_535:
            return Address(host, int(port))
    raise SettingsError(
        f"{what} must be host:port with a port from {least_port} to 65535, got {text!r}"
    )


def _is_host(host: str) -> bool:
    """Tell whether a host can be looked up at all."""
    try:
        return "\0" not in host and host.encode("idna") != b""
    except UnicodeError:
        return False


def agent_id(what: str, text: object) -> AgentId:
    """Refuse what core would not take as the id of an agent."""
    require(what, text, str, "text")
    name = str(text)
    try:
        Config(name, name, agents(name))
    except ConfigError:
        raise SettingsError(
            f"{what} must be letters, digits, '.', '_' and '-', got {name!r}"
        ) from None
    return AgentId(name)


def milliseconds(what: str, seconds: object, *, least: float = 0.001) -> int:
    """Turn seconds into the whole milliseconds of core."""
    if (
        isinstance(seconds, int | float)
        and not isinstance(seconds, bool)
        and least <= seconds <= LONGEST_S  # which no nan is
    ):
        return round(seconds * 1000)
    raise SettingsError(
        f"{what} must be a number of seconds from {least:g} to {LONGEST_S:g}, "
        f"got {seconds!r}"
    )


def entries(what: str, given: object) -> int:
    """Refuse what is no number of entries."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MOST:
        return given
    raise SettingsError(
        f"{what} must be a whole number from 0 to {MOST}, got {given!r}"
    )


def require(what: str, given: object, kinds: type | UnionType, allowed: str) -> None:
    """Refuse what is of another type than it has to be."""
    if not isinstance(given, kinds):
        raise SettingsError(f"{what} must be {allowed}, got {given!r}")


def config(
    *,
    mesh_id: str,
    agent_id: str,
    role: AgentRole,
    is_initial_leader: bool | None,
    peers: Mapping[str, str | None],
    workers: Collection[str],
    heartbeat_interval: float,
    election_timeout: float,
    leader_timeout: float,
    lease: float,
    clock_drift_ppm: int,
    batch: int,
) -> Config:
    """Make the configuration of core, or refuse with `SettingsError`."""
    _check_part(agent_id, role, is_initial_leader, peers, workers)
    everyone = (*peers,) if role is AgentRole.JOINER else (agent_id, *peers)
    following = {agent_id, *workers} if role is AgentRole.WORKER else {*workers}
    times = {
        "heartbeat_interval_ms": milliseconds("heartbeat_interval", heartbeat_interval),
        "election_timeout_ms": milliseconds("election_timeout", election_timeout),
        "leader_timeout_ms": milliseconds("leader_timeout", leader_timeout),
        "lease_ms": milliseconds("lease", lease, least=0),
    }
    try:
        return Config(
            mesh_id,
            agent_id,
            initial_leaders=agents(*(one for one in everyone if one not in following)),
            workers=agents(*(one for one in everyone if one in following)),
            clock_drift_ppm=clock_drift_ppm,
            batch=batch,
            **times,
        )
    except ConfigError as error:
        raise SettingsError(f"{error} (names in _ms are in milliseconds)") from None


def _check_part(
    agent_id: str,
    role: object,
    is_initial_leader: bool | None,
    peers: Mapping[str, str | None],
    workers: Collection[str],
) -> None:
    if not isinstance(role, AgentRole):
        allowed = ", ".join(f"AgentRole.{one.name}" for one in AgentRole)
        raise SettingsError(f"role must be one of {allowed}, got {role!r}")
    if is_initial_leader not in (None, role is AgentRole.ACTIVE):
        raise SettingsError(
            f"is_initial_leader must be {role is AgentRole.ACTIVE} for "
            f"AgentRole.{role.name}: the initial leaders are the first electorate; "
            f"got {is_initial_leader!r}"
        )
    require("agent_id", agent_id, str, "text")
    if not isinstance(peers, Mapping):
        raise SettingsError(
            f"peers must map the ids of other agents to addresses, got {peers!r}"
        )
    require("workers", workers, Collection, "a collection of ids")
    if agent_id in peers:
        raise SettingsError(
            f"peers must name the other agents alone, got {agent_id!r} itself"
        )
    if isinstance(workers, str):
        raise SettingsError(f"workers must be a collection of ids, got {workers!r}")
    for worker in workers:
        if worker not in peers and worker != agent_id:
            raise SettingsError(f"workers must be among peers, got {worker!r}")
    if role is not AgentRole.WORKER and agent_id in workers:
        raise SettingsError(
            f"workers must not name an agent of AgentRole.{role.name}, got {agent_id!r}"
        )
    for peer, where in peers.items():
        if where is None and role is not AgentRole.JOINER:
            raise SettingsError(f"peers must have an address for {peer!r}, got None")
