"""What a run is made from: a mesh, its clocks and network, clients, and timed faults.

A schedule is everything. The same schedule gives the same run, event for event, on any
machine; a seed gives a schedule (`schedule_gen`), and a schedule that was shrunk is one
that no seed gives.

Contract: what is read from a file is either whole and possible or refused in one
sentence.

Source: docs/assumptions.md, "Faults".
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Final

from primacy.config import (
    Config,
    ConfigError,
    EvenElectorateWarning,
    agents,
    longest_lease_ms,
)
from primacy_model.simulation.rng import MILLE, SHAPES

FORMAT: Final = 1
"""The version of a written schedule."""

FAULTS: Final = {
    "crash": "agents lose power, between two outputs too, and come back",
    "power": "all agents lose power at once, and come back",
    "kill": "the leader loses power, and comes back",
    "pause": "an agent stops, for longer than a lease, and goes on",
    "topple": "each leader is struck as soon as it leads, again and again",
    "stall": "the leader stops, with a token in its hand, and acts late",
    "partition": "some agents are cut off from the others",
    "oneway": "some agents are heard by nobody, or hear nobody",
    "link": "two agents do not hear each other, or one not the other",
    "hub": "agents reach each other through one only",
    "loss": "packets are lost",
    "storm": "packets arrive several times, late and out of order",
    "slow": "packets take several times as long",
    "late": "timers elapse late",
    "clocks": "clocks change their rates, within the bound",
    "transfer": "the leader is asked to hand over",
    "admit": "an agent begins with an empty disk, and is to be admitted",
    "promote": "a worker is to become an elector",
    "demote": "an elector is to become a worker",
    "dismiss": "a worker is to leave",
    "replace": "the electorate is to be replaced by another",
    "midway": "all agents lose power while a change is not committed, and come back",
    "disk": "an agent loses its disk for ever, and a new agent takes its place",
    "renew": "a minority stops for ever and is replaced, while one more agent crashes",
    "snapshot": "agents take snapshots, and power may fail in the midst of it",
    "behind": "an agent is cut off until the logs of the others lack what it needs",
}
"""What safety is claimed under, and what may happen by default."""

REQUESTS: Final = ("admit", "promote", "demote", "dismiss", "replace")
"""What changes the roll, each by one request."""
CHANGES: Final = (*REQUESTS, "midway", "disk", "renew")
"""What changes the roll."""

SNAPSHOTS: Final = ("snapshot", "behind")
"""What lets logs lose their beginning."""

BEYOND: Final = {
    "early": "timers elapse early: leases are not claimed",
    "skew": "clocks run beyond the bound: leases are not claimed",
}
"""What breaks the obligations of a runtime. It has to be asked for."""

MOST_SEED: Final = 10**18
MOST_DIGITS: Final = 30
MOST_AGENTS: Final = 101
MOST_MS: Final = 24 * 60 * 60 * 1_000
MOST_FAULTS: Final = 10_000
MOST_CLIENTS: Final = 100

ANY: Final = (0, MOST_AGENTS)
SOME: Final = (1, MOST_AGENTS)
PAIR: Final = "link"
"""The kind of fault that befalls two agents."""
NAMED: Final = {
    **dict.fromkeys(("crash", "kill", "pause", "stall"), ANY),  # or the leader
    **dict.fromkeys(("partition", "oneway", "hub"), SOME),
    **dict.fromkeys(("clocks", "early", "skew"), SOME),
    **dict.fromkeys(("admit", "promote", "demote", "dismiss", "disk"), (0, 1)),
    "behind": (0, 1),
    **dict.fromkeys(("replace", "renew", "snapshot"), ANY),
    PAIR: (2, 2),
}
"""How many agents a fault names; the other kinds name none."""
AMOUNTS: Final = {
    "crash": (0, 1_000),  # 0: between two steps, k: after k - 1 outputs
    "oneway": (0, 1),  # 0: they are not heard, 1: they do not hear
    "link": (0, 1),  # 0: one does not hear the other, 1: neither does
    "loss": (0, MILLE),  # of a thousand packets
    "storm": (0, MILLE),  # of a thousand packets arrive twice
    "slow": (1, 1_000),  # times as long
    "late": (0, MOST_MS),  # at most, in ms
    **dict.fromkeys(REQUESTS, (0, 1)),  # 0: a leader is asked, 1: any agent is
    "snapshot": (0, 2),  # 0: power holds, 1: it fails before core knows, 2: behind that
    **dict.fromkeys(("disk", "renew"), (0, 1)),  # 0: agent by agent, 1: by a `Replace`
}
"""What the amount of a fault may be; 0 of the other kinds."""


class BadScheduleError(ValueError):
    """What is no schedule: what was got, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong at an instant, and for how long."""

    at_ms: int
    kind: str
    lasts_ms: int
    who: tuple[str, ...] = ()
    """To whom. Where it is none: the leader, for a change any agent, for snapshots all.
    """
    amount: int = 0
    """How much of it; what that is depends on the kind."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One run, whole. Lengths of time are in milliseconds of true time."""

    seed: int
    electors: int
    workers: int = 0
    newcomers: int = 0
    """How many agents that are in nobody's configuration may be admitted."""
    clients: int = 3
    length_ms: int = 20_000
    """For so long faults happen and clients ask; then all is healed."""
    heartbeat_ms: int = 100
    election_ms: int = 300
    leader_ms: int = 400
    drift_ppm: int = 1_000
    rates_ppm: tuple[int, ...] = ()
    """How many millionths too fast the clock of each agent runs."""
    shape: str = "lognormal"
    latency_us: int = 5_000
    """The median."""
    loss: int = 0
    """Of how many packets in a thousand."""
    duplicates: int = 0
    stragglers: int = 0
    """How many in a thousand take up to some election timeouts."""
    batch: int = 4
    pause_ms: int = 60
    """The longest pause of a client between two operations."""
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        _check(self)

    @property
    def names(self) -> tuple[str, ...]:
        """Name all agents: electors, workers, and who may come."""
        newcomers = (newcomer_of(place) for place in range(self.newcomers))
        return (*self.first_names, *newcomers)

    @property
    def first_names(self) -> tuple[str, ...]:
        """Name the agents of the first roll, electors first."""
        return tuple(name_of(place) for place in range(self.electors + self.workers))

    @property
    def kinds(self) -> frozenset[str]:
        """Tell which kinds of fault there are."""
        return frozenset(fault.kind for fault in self.faults)

    @property
    def has_leases(self) -> bool:
        """Tell whether what is claimed of leases is claimed of this run."""
        return not self.kinds & BEYOND.keys()

    def configs(self) -> list[Config]:
        """Make the configuration of each agent: the longest lease that is allowed."""
        electors = agents(*self.first_names[: self.electors])
        workers = agents(*self.first_names[self.electors :])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvenElectorateWarning)
            return [
                Config(
                    "simulated",
                    name,
                    electors,
                    workers,
                    self.heartbeat_ms,
                    self.election_ms,
                    self.leader_ms,
                    longest_lease_ms(self.election_ms, self.drift_ppm),
                    self.drift_ppm,
                    self.batch,
                )
                for name in self.names
            ]


def name_of(place: int) -> str:
    """Name an agent by its place; names are ordered as places are."""
    return f"n{place:03}"


def newcomer_of(place: int) -> str:
    """Name an agent that no configuration names; it comes behind all others."""
    return f"x{place:03}"


# --- what is refused ------------------------------------------------------------------


def _check(schedule: Schedule) -> None:
    for field, least, most in (
        ("seed", 0, MOST_SEED),
        ("electors", 1, MOST_AGENTS),
        ("workers", 0, MOST_AGENTS - 1),
        ("newcomers", 0, MOST_AGENTS - 1),
        ("clients", 0, MOST_CLIENTS),
        ("length_ms", 0, MOST_MS),
        ("drift_ppm", 1, 100_000),
        ("latency_us", 1, 60_000_000),
        ("loss", 0, MILLE),
        ("duplicates", 0, MILLE),
        ("stragglers", 0, MILLE),
        ("batch", 1, 10_000),
        ("pause_ms", 1, MOST_MS),
    ):
        found = getattr(schedule, field)
        if not least <= found <= most:
            raise BadScheduleError(
                f"{field} must be from {least} to {most}, got {found}"
            )
    if len(schedule.names) > MOST_AGENTS:
        raise BadScheduleError(
            f"electors, workers and newcomers must be at most {MOST_AGENTS} together, "
            f"got {len(schedule.names)}"
        )
    if schedule.shape not in SHAPES:
        raise BadScheduleError(
            f"shape must be {', '.join(SHAPES)}, got {schedule.shape!r}"
        )
    rates = schedule.rates_ppm
    if len(rates) not in (0, len(schedule.names)) or any(
        abs(rate) > schedule.drift_ppm for rate in rates
    ):
        raise BadScheduleError(
            f"rates_ppm must be none, or one for each agent within "
            f"{schedule.drift_ppm} ppm, got {list(rates)}"
        )
    if len(schedule.faults) > MOST_FAULTS:
        raise BadScheduleError(
            f"a schedule may have at most {MOST_FAULTS} faults, "
            f"got {len(schedule.faults)}"
        )
    for fault in schedule.faults:
        _check_fault(schedule, fault)
    try:
        schedule.configs()
    except ConfigError as error:
        raise BadScheduleError(f"no agent can be configured so: {error}") from None


def _check_fault(schedule: Schedule, fault: Fault) -> None:
    if fault.kind not in FAULTS and fault.kind not in BEYOND:
        raise BadScheduleError(
            f"a fault must be one of {', '.join((*FAULTS, *BEYOND))}, "
            f"got {fault.kind!r}"
        )
    strangers = [name for name in fault.who if name not in schedule.names]
    if strangers:
        raise BadScheduleError(
            f"a fault must befall agents of the mesh, {schedule.names[0]} to "
            f"{schedule.names[-1]}, got {strangers[0]!r}"
        )
    if len(set(fault.who)) < len(fault.who):
        raise BadScheduleError(
            f"a fault must befall each agent once, got {len(fault.who)} names "
            f"of {len(set(fault.who))} agents"
        )
    least, most = NAMED.get(fault.kind, (0, 0))
    for field, found, lower, upper in (
        ("at_ms", fault.at_ms, 0, MOST_MS),
        ("lasts_ms", fault.lasts_ms, 0, MOST_MS),
        ("amount", fault.amount, *AMOUNTS.get(fault.kind, (0, 0))),
        ("who", len(fault.who), min(least, len(schedule.names)), most),
    ):
        if not lower <= found <= upper:
            what = "the number of names in who" if field == "who" else field
            allowed = f"from {lower} to {upper}" if lower < upper else f"{lower}"
            raise BadScheduleError(
                f"{what} of {_one(fault)} must be {allowed}, got {found}"
            )
    if fault.at_ms >= schedule.length_ms:
        raise BadScheduleError(
            f"at_ms of {_one(fault)} must be less than length_ms, when all is healed: "
            f"{schedule.length_ms}, got {fault.at_ms}"
        )


def _one(fault: Fault) -> str:
    return f"{'an' if fault.kind[0] in 'aeiou' else 'a'} {fault.kind}"


# --- written and read -----------------------------------------------------------------


def render_schedule(schedule: Schedule) -> str:
    """Write a schedule as JSON, a fault a line."""
    shown = asdict(schedule)
    faults = [json.dumps(fault) for fault in shown.pop("faults")]
    head = json.dumps({"format": FORMAT, **shown}, indent=1)[:-2]
    inner = ",\n  ".join(faults)
    tail = f"[\n  {inner}\n ]" if faults else "[]"
    return f'{head},\n "faults": {tail}\n}}\n'


def parse_schedule(text: str) -> Schedule:
    """Read a schedule. Raise `BadScheduleError` for what is none."""
    try:
        found = json.loads(text, object_pairs_hook=_each_once, parse_int=_whole)
        return _made(found)
    except json.JSONDecodeError as error:
        raise BadScheduleError(f"this is no JSON: {error}") from None
    except RecursionError:
        raise BadScheduleError("it is nested too deeply") from None


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of what was read. JSON leaves open which of two values holds."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _value in pairs).most_common(1)[0][0]
        raise BadScheduleError(f"the field {twice!r} stands twice in one object")
    return found


def _whole(digits: str) -> int:
    """Read a whole number. Python refuses to read very long ones."""
    if len(digits) > MOST_DIGITS:
        raise BadScheduleError(
            f"a number must have at most {MOST_DIGITS} digits, got {len(digits)}"
        )
    return int(digits)


def _made(found: object) -> Schedule:
    """Make a schedule of what was read."""
    version = found.pop("format", None) if isinstance(found, dict) else None
    if not isinstance(found, dict) or type(version) is not int or version != FORMAT:
        raise BadScheduleError(f"a schedule must have format {FORMAT}")
    faults = found.pop("faults", [])
    if not isinstance(faults, list):
        raise BadScheduleError("faults must be a list")
    made = tuple(Fault(**_arguments(Fault, fault)) for fault in faults)
    return Schedule(**_arguments(Schedule, found), faults=made)


def _arguments(
    kind: type[Fault | Schedule], found: object
) -> dict[str, Any]:  # JSON: each value is checked here against its field
    """Hold what was read against the fields of a record."""
    if not isinstance(found, dict):
        raise BadScheduleError(f"expected an object with fields, got {found!r}")
    known = {each.name: str(each.type) for each in fields(kind)}
    made: dict[str, Any] = {}
    for name, value in found.items():
        if name not in known:
            raise BadScheduleError(f"no field is named {name!r}: {', '.join(known)}")
        if not _fits(value, known[name]):
            raise BadScheduleError(f"{name} must be {known[name]}, got {value!r}")
        made[name] = tuple(value) if isinstance(value, list) else value
    required = [each.name for each in fields(kind) if each.default is MISSING]
    missing = [name for name in required if name not in made]
    if missing:
        raise BadScheduleError(f"{missing[0]} is missing in {found!r}")
    return made


def _fits(value: object, annotation: str) -> bool:
    if annotation == "int":
        return type(value) is int
    if annotation == "str":
        return type(value) is str
    inner = int if annotation == "tuple[int, ...]" else str
    return isinstance(value, list) and all(type(each) is inner for each in value)
