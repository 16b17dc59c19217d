"""The configuration of one agent, refused at construction where it cannot work.

Every agent of a mesh is given the same mesh id and initial leaders; its own id differs.
The two are the mesh's identity: an agent configured with other initial leaders belongs
to another mesh. An agent that is neither an initial leader nor one of the workers is an
outsider until a change admits it.

Source: seed, "Usage Example" and "Configuration"; clauses `config.*`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Final

from primacy.agents import NO_AGENTS, AgentSet
from primacy.electorate import Roll
from primacy.types import AgentId, MeshId, MeshKey

NAME: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
)
PPM: Final = 1_000_000


class ConfigError(ValueError):
    """A configuration that cannot work: what was got and what is allowed."""


class EvenElectorateWarning(UserWarning):
    """An even electorate: it tolerates no more failures than with one elector less."""


def agents(*ids: str) -> AgentSet:
    """Name a set of agents. Raise `ConfigError` for an id that is given twice."""
    seen: set[str] = set()
    for name in ids:
        if type(name) is not str:
            raise ConfigError(f"agent ids must be text, got {name!r}")
        if name in seen:
            # config.unique
            raise ConfigError(f"agent ids must be unique, got {name!r} twice")
        seen.add(name)
    return AgentSet.of(ids)


def longest_lease_ms(election_timeout_ms: int, clock_drift_ppm: int) -> int:
    """Compute the longest lease that the promise of a voter covers.

    A voter keeps its promise for `election_timeout_ms` on a clock that may run fast, a
    leader measures its lease on one that may run slow, each by up to `clock_drift_ppm`.
    Both lengths are in milliseconds.
    """
    return election_timeout_ms * (PPM - clock_drift_ppm) // (PPM + clock_drift_ppm)


@dataclass(frozen=True, slots=True)
class Config:
    """What an agent knows before it starts. Lengths of time are in milliseconds.

    Raises `ConfigError`, in one sentence, for what cannot work, and warns with
    `EvenElectorateWarning` where the number of initial leaders is even.
    """

    mesh_id: str
    agent_id: str
    initial_leaders: AgentSet
    """The first electorate, and with the mesh id its identity; see `agents`."""
    workers: AgentSet = NO_AGENTS
    """The other agents of the first roll. Whom a change admits is not among them."""
    heartbeat_interval_ms: int = 5_000
    election_timeout_ms: int = 10_000
    """The minimum; timers that must differ are drawn between it and twice as much."""
    leader_timeout_ms: int = 15_000
    lease_ms: int = 0
    """How long a confirmed round gives a lease; 0: lease reads are never served."""
    clock_drift_ppm: int = 0
    """By how much a clock may run fast or slow; a lease needs it stated."""
    batch: int = 64
    """The most entries that one message carries."""

    me: AgentId = field(init=False, repr=False, compare=False)
    mesh: MeshKey = field(init=False, repr=False, compare=False)
    first_roll: Roll = field(init=False, repr=False, compare=False)
    """The roll of a log that sets none."""

    def __post_init__(self) -> None:
        _check_types(self)
        _check_names(self)
        _check_times(self)
        electors = self.initial_leaders
        # config.identity
        key = f"{MeshId(self.mesh_id)}({','.join(electors.members)})"
        object.__setattr__(self, "me", AgentId(self.agent_id))
        object.__setattr__(self, "mesh", MeshKey(key))
        first_roll = Roll(electors, electors, self.workers)
        object.__setattr__(self, "first_roll", first_roll)
        if electors.size % 2 == 0:  # config.even-electorate
            warnings.warn(
                f"{electors.size} initial leaders tolerate no more failures than "
                f"{electors.size - 1}: an odd number is better",
                EvenElectorateWarning,
                stacklevel=3,
            )

    @property
    def is_initial_leader(self) -> bool:
        """Tell whether this agent is one of the first electorate."""
        return self.initial_leaders.has(self.me)


def _check_types(config: Config) -> None:
    """Refuse what the annotations do not allow: configurations come from people."""
    for what, text in (("mesh_id", config.mesh_id), ("agent_id", config.agent_id)):
        if type(text) is not str:
            raise ConfigError(f"{what} must be text, got {text!r}")
    for what, group in (
        ("initial_leaders", config.initial_leaders),
        ("workers", config.workers),
    ):
        if type(group) is not AgentSet:
            raise ConfigError(
                f"{what} must be a set made by agents(...), got {group!r}"
            )
    for what, number in (
        ("heartbeat_interval_ms", config.heartbeat_interval_ms),
        ("election_timeout_ms", config.election_timeout_ms),
        ("leader_timeout_ms", config.leader_timeout_ms),
        ("lease_ms", config.lease_ms),
        ("clock_drift_ppm", config.clock_drift_ppm),
        ("batch", config.batch),
    ):
        if type(number) is not int:
            raise ConfigError(f"{what} must be a whole number, got {number!r}")


def _is_name(name: str) -> bool:
    return name != "" and NAME.issuperset(name)


def _check_names(config: Config) -> None:
    """Refuse names that are malformed, used twice, or missing."""
    for what, name in (("mesh_id", config.mesh_id), ("agent_id", config.agent_id)):
        if not _is_name(name):  # config.names
            raise ConfigError(
                f"{what} must be letters, digits, '.', '_' and '-', got {name!r}"
            )
    for what, group in (
        ("initial_leaders", config.initial_leaders),
        ("workers", config.workers),
    ):
        # config.unique
        if list(group.members) != sorted(set(group.members)):
            raise ConfigError(f"{what} must be unique and ascending; use agents(...)")
        for name in group.members:
            if not _is_name(name):  # config.names
                raise ConfigError(
                    f"{what} must be named by letters, digits, '.', '_' and '-', "
                    f"got {name!r}"
                )
    if config.initial_leaders.size == 0:  # config.initial-leaders
        raise ConfigError("initial_leaders must name at least one agent, got none")
    both = config.initial_leaders.intersection(config.workers)
    if both.size:  # config.one-part
        raise ConfigError(
            f"an agent is an initial leader or a worker, "
            f"got {both.members[0]!r} as both"
        )


def _check_times(config: Config) -> None:
    """Refuse lengths of time and counts that contradict each other."""
    for what, number, least in (
        ("heartbeat_interval_ms", config.heartbeat_interval_ms, 1),
        ("lease_ms", config.lease_ms, 0),
        ("clock_drift_ppm", config.clock_drift_ppm, 0),
        ("batch", config.batch, 1),
    ):
        if number < least:  # config.counts
            raise ConfigError(f"{what} must be at least {least}, got {number}")
    heartbeat, election = config.heartbeat_interval_ms, config.election_timeout_ms
    if election <= heartbeat:  # config.timeouts
        raise ConfigError(
            f"election_timeout_ms must be above heartbeat_interval_ms ({heartbeat}), "
            f"got {election}"
        )
    if config.leader_timeout_ms < election:  # config.timeouts
        raise ConfigError(
            f"leader_timeout_ms must be at least election_timeout_ms ({election}), "
            f"got {config.leader_timeout_ms}"
        )
    if config.leader_timeout_ms < 2 * heartbeat:
        raise ConfigError(
            f"leader_timeout_ms must be at least twice heartbeat_interval_ms "
            f"({heartbeat}), got {config.leader_timeout_ms}"
        )
    if config.clock_drift_ppm >= PPM:  # config.drift
        raise ConfigError(
            f"clock_drift_ppm must be below {PPM}, got {config.clock_drift_ppm}"
        )
    if config.lease_ms == 0:
        return
    if config.clock_drift_ppm == 0:  # config.drift
        raise ConfigError(
            "clock_drift_ppm must be stated (at least 1) where lease_ms is above 0, "
            "got 0"
        )
    longest = longest_lease_ms(election, config.clock_drift_ppm)
    if config.lease_ms > longest:  # config.lease
        raise ConfigError(
            f"lease_ms must be at most {longest} for election_timeout_ms {election} "
            f"and clock_drift_ppm {config.clock_drift_ppm}, got {config.lease_ms}"
        )
