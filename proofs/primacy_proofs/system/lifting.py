"""Lifting: the shipped `step`, executed with proxies, as cases of a mesh.

A case is one kind of message. Its paths are all ways through `step`, each with the
state after and the outputs, as expressions over the world before. Two things of core
are replaced while it runs: `observe`, which is lifted on its own and must come last,
and the empty maps and reads that a leader begins with and leaves behind, by their
proxies. The containers, and what `Config` checks, are known by their promises alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from primacy import (
    dispatch,
    observation,
    recovery,
    replication,
    role_changes,
    snapshots,
)
from primacy import messages as wire
from primacy.config import Config
from primacy.electorate import Roll
from primacy.outputs import Output
from primacy.state import NO_LEADERSHIP, Durable, State
from primacy.types import NO_INDEX, NO_TERM
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    TRUE,
    Expr,
    all_of,
    any_of,
    constant,
    differ,
    equal,
)
from primacy_proofs.symbolic.containers import LiftedMap, LiftedSet, PrefixLogs
from primacy_proofs.symbolic.paths import MeaninglessError, Path, paths
from primacy_proofs.symbolic.records import columns, lift_record
from primacy_proofs.symbolic.values import LiftedAgent, LiftedInt, LiftedText
from primacy_proofs.system.clocks import is_past, lease_of, local_facts
from primacy_proofs.system.world import (
    BATCH,
    DISK_COLUMNS,
    FUNCTIONS,
    ME,
    MESH,
    PACKET_SORTS,
    PACKETS,
    PREFIX,
    STATE_COLUMNS,
    field,
)

TIMES: Final = (
    "heartbeat_interval_ms",
    "election_timeout_ms",
    "leader_timeout_ms",
    "clock_drift_ppm",
)
LOCAL: Final = tuple(
    kind for kind in get_args(wire.Message) if kind is not wire.Received
)
RESTART: Final = "Restart"
UNKNOWN: Final = ("Unknown message", "Unknown packet")
"""What is of no kind that core knows."""
INSTALL: Final = PREFIX[0]
UNBOUND: Final = ("Forward",)
"""Packets that a runtime makes: any may arrive."""

Stepped = tuple[State, tuple[Output, ...]]


class Opaque:
    """A message or a packet of no kind that core knows."""


class Observed:
    """What is observed of a step, in the place of it."""


OBSERVED: Final = Observed()


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of message: what is known of it, and every way through `step`."""

    name: str
    packet: Expr | None
    given: Expr
    """What holds of the message: it was sent to this agent."""
    paths: tuple[Path[Stepped], ...]


def config() -> Config:
    """Make the configuration of the agent that takes the step, of any mesh."""
    made = object.__new__(Config)
    electors, workers = LiftedSet(on.FIRST_ELECTORS), LiftedSet(on.FIRST_WORKERS)
    parts: dict[str, object] = {
        "mesh_id": LiftedText(constant("mesh_id", on.TEXT)),
        "agent_id": LiftedAgent(ME),
        "initial_leaders": electors,
        "workers": workers,
        "batch": LiftedInt(BATCH),
        "me": LiftedAgent(ME),
        "mesh": LiftedText(MESH),
        "first_roll": Roll(electors, electors, workers, NO_INDEX, NO_TERM),  # type: ignore[arg-type]  # lifted
    }
    parts.update({name: LiftedInt(constant(name, INT)) for name in TIMES})
    parts["lease_ms"] = LiftedInt(lease_of(ME))
    for name, value in parts.items():
        object.__setattr__(made, name, value)
    return made


def state() -> State:
    """Make the state of the agent that takes the step, as the world has it."""
    values = [FUNCTIONS[column.name](ME) for column in STATE_COLUMNS]
    made: State = lift_record(State, values, config())
    return made


def disk() -> Durable:
    """Make the disk of the agent that takes the step."""
    values = [FUNCTIONS[f"disk.{column.name}"](ME) for column in DISK_COLUMNS]
    made: Durable = lift_record(Durable, values)
    return made


def cases() -> tuple[str, ...]:
    """Name all cases."""
    return (*PACKETS, *(local.__name__ for local in LOCAL), *UNKNOWN, RESTART)


def lift(name: str) -> Case:
    """Lift one case."""
    if name == RESTART:
        return Case(name, None, TRUE, _run(lambda: recovery.recover(config(), disk())))
    if name in UNKNOWN:
        opaque: Any = Opaque()
        now: Any = LiftedInt(constant("now", INT))
        message = opaque if name == UNKNOWN[0] else wire.Received(opaque, now)
        return Case(name, None, TRUE, _run(lambda: _step(message)))
    if name in PACKETS:
        packet = constant("packet", PACKET_SORTS[name])
        prefix = field(*PREFIX, packet) if name == INSTALL else None
        found = _run(_receiving(name, packet), prefix)
        return Case(name, packet, _arrived(name, packet), found)
    local = next(each for each in LOCAL if each.__name__ == name)
    values = {
        each.name: constant(f"{name}.{each.name}", each.kind.sort)
        for each in columns(local)
    }
    given = local_facts(name, values)
    message = tuple(values.values())
    return Case(name, None, given, _run(lambda: _step(lift_record(local, message))))


def _arrived(name: str, packet: Expr) -> Expr:
    """State that a packet was sent to this agent, or comes from another mesh."""
    instant = is_past(constant("now", INT))
    if name in UNBOUND:
        return instant
    is_ours = all_of(
        FUNCTIONS[f"sent.{name}"](packet), equal(field(name, "target", packet), ME)
    )
    comes = any_of(is_ours, differ(field(name, "mesh", packet), MESH))
    return all_of(instant, comes)


def _receiving(name: str, packet: Expr) -> Callable[[], Stepped]:
    record = PACKETS[name]
    values = [field(name, column.name, packet) for column in columns(record)]
    now = LiftedInt(constant("now", INT))
    return lambda: _step(wire.Received(lift_record(record, values), now))  # type: ignore[arg-type]  # lifted


def _step(message: Any) -> Stepped:  # noqa: ANN401 - lifted
    before = state()
    after, outputs = dispatch.step(before, message)
    if after.config is not before.config:
        raise MeaninglessError("a step changes the configuration")
    every: tuple[object, ...] = tuple(outputs)
    marks = [each is OBSERVED for each in every]
    if marks.count(True) != 1 or not marks[-1]:
        raise MeaninglessError("what is observed is not told last, and once")
    return after, tuple(outputs)[:-1]


def _run(
    run: Callable[[], Stepped], prefix: Expr | None = None
) -> tuple[Path[Stepped], ...]:
    with _replaced(prefix):
        return paths(run)


@contextmanager
def _replaced(prefix: Expr | None) -> Iterator[None]:
    """Put proxies where core makes a container of its own, and observe nothing."""
    empty: Any = LiftedMap(on.EMPTY_MAP)
    knows_nothing = replace(
        NO_LEADERSHIP, match=empty, next=empty, installing=empty, seen=empty
    )
    places: list[tuple[Any, str, object]] = [
        (dispatch, "observe", lambda _before, _after: (OBSERVED,)),
        (replication, "AgentMap", lambda: empty),
        (role_changes, "NO_LEADERSHIP", knows_nothing),
        (snapshots, "Log", PrefixLogs(prefix)),
    ]
    kept = [(module, name, getattr(module, name)) for module, name, _ in places]
    for module, name, value in places:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)


def lift_observation() -> tuple[Path[tuple[Output, ...]], ...]:
    """Lift what is observed of a step, between any two states."""
    after = [constant(f"after.{each.name}", each.kind.sort) for each in STATE_COLUMNS]
    return paths(
        lambda: observation.observe(state(), lift_record(State, after, config()))
    )
