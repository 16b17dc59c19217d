"""The record of a cluster: its run as a story, and as a program that repeats it.

The run is a model with one path: its states are numbers of calls, and its only actions
are the calls that were made. So everything that shows a violation of the checker shows
one of a cluster: transcript, diagrams, picture, ITF.

Contract: nothing is shown that was not done again. The calls are made anew on a new
cluster, and what is shown is seen there.

Of a long run the last calls can be shown alone: all are made again, the first unseen.

Source: the law of `trace`; docs/adversary.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Final

from primacy.agents import AgentSet
from primacy.codec import PACKETS, loads
from primacy.config import Config
from primacy.log import Log
from primacy.messages import ChangeKind, Timer
from primacy.types import NOBODY, Index
from primacy_model.checker.model import (
    IN_FLIGHT,
    Action,
    Arrow,
    Event,
    Kind,
    Property,
    Value,
)
from primacy_model.checker.trace import Columns, Step, Trace, Violation, confirm
from primacy_model.mesh import display
from primacy_model.mesh.model import WIRE
from primacy_model.reporting.transcript import render_transcript
from primacy_model.simulation.cluster import (
    Broken,
    Cluster,
    ClusterCall,
    Happened,
    InFlightPacket,
)
from primacy_model.simulation.operations import Argument

RESOURCE: Final = "resource"
"""The column of the fenced resource."""
MOST_ENTRIES: Final = 12
"""How many of the last entries of a longer log are shown."""

NETWORKS: Final = frozenset({"drop", "duplicate", "cut", "heal", "judge_leases"})
"""What happens to no agent."""


class RecordedRun:
    """The run of a cluster, made again: a model with one path."""

    name = "a cluster"
    kinds: Sequence[str] = ()
    properties: Sequence[Property[int]] = ()

    def __init__(
        self,
        configs: Sequence[Config],
        calls: Sequence[ClusterCall],
        last: int | None = None,
    ) -> None:
        self.calls = tuple(calls)
        self.first = 0 if last is None else max(0, len(calls) - last)
        self._keys: dict[int, str] = {}
        self._shown: dict[int, Columns] = {}
        self._done: dict[int, tuple[Action, Event]] = {}
        self._repeat(Cluster(configs))

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """Limit nothing."""
        return {}

    def initial(self) -> Iterator[int]:
        """Begin where the shown part begins."""
        yield self.first

    def actions(self, state: int) -> Iterator[Action]:
        """Make the next call."""
        if state in self._done:
            yield self._done[state][0]

    def successor(self, state: int, action: Action) -> int:  # noqa: ARG002 - one path
        """Count the calls."""
        return state + 1

    def columns(self, state: int) -> Columns:
        """Show each agent, the network and the resource after a number of calls."""
        return self._shown[state]

    def event(self, state: int, action: Action) -> Event:  # noqa: ARG002 - one path
        """Tell what the next call did."""
        return self._done[state][1]

    # --- how it is made again ---------------------------------------------------------

    def _repeat(self, cluster: Cluster) -> None:
        """Make the calls again, and see what happens."""
        self._name_flights(None, cluster)
        for number, call in enumerate(self.calls):
            self._see(number, cluster)
            flight = _flight_of(cluster, call)
            happened, remarks = _made(cluster, call)
            self._name_flights(call, cluster)
            if number >= self.first:
                heard = flight if call.method == "deliver" else None
                event = self._event(heard, happened, remarks)
                self._done[number] = _action(number, call, flight, happened), event
        self._see(len(self.calls), cluster)

    def _name_flights(self, call: ClusterCall | None, cluster: Cluster) -> None:
        """Give each new packet a key; a copy has that of what it was copied from."""
        for number in reversed(cluster.flights):
            if number in self._keys:
                return
            key = str(number)
            if call is not None and call.method == "duplicate":
                (of,) = call.given
                assert isinstance(of, int)
                key = self._keys[of]
            self._keys[number] = key

    def _see(self, number: int, cluster: Cluster) -> None:
        """Remember what is to be seen after a number of calls."""
        if number < self.first:
            return
        shown: dict[str, Mapping[str, Value]] = {}
        for name, node in cluster.nodes.items():
            rest = {"paused": True} if name in cluster.paused else {}
            shown[name] = {**display.agent(node), **_log(node.disk.log), **rest}
        cuts = ", ".join(f"{one} to {other}" for one, other in sorted(cluster.cuts))
        shown[WIRE] = {"cut": cuts or "nothing", IN_FLIGHT: len(cluster.flights)}
        shown[RESOURCE] = {"highest token": int(cluster.gate.fence.highest)}
        self._shown[number] = shown

    def _event(
        self, heard: InFlightPacket | None, happened: Happened, remarks: tuple[str, ...]
    ) -> Event:
        """Tell what a call received, sent and brought about."""
        received = () if heard is None else (self._arrow(heard),)
        return Event(received, tuple(map(self._arrow, happened.sent)), remarks)

    def _arrow(self, flight: InFlightPacket) -> Arrow:
        label = display.describe(flight.packet)
        return Arrow(self._keys[flight.number], flight.sender, flight.target, label)


def _log(log: Log) -> Mapping[str, Value]:
    """Show a log, of a long one its end."""
    skipped = max(log.start, log.last_index - MOST_ENTRIES)
    if skipped == log.start:
        return {}
    end = display.show_log(Log.of(log.segment(Index(skipped), MOST_ENTRIES).entries))
    return {"log": f"{skipped} entries, then {end}"}


def _flight_of(cluster: Cluster, call: ClusterCall) -> InFlightPacket | None:
    """Find the packet in flight that a call is about, while it is still on its way."""
    number = call.given[0] if call.given else None
    return cluster.flights.get(number) if isinstance(number, int) else None


def _made(cluster: Cluster, call: ClusterCall) -> tuple[Happened, tuple[str, ...]]:
    """Make a call; tell what it did, also if it fails, and what a person should see."""
    failure: tuple[str, ...] = ()
    try:
        happened = getattr(cluster, call.method)(*call.given, **dict(call.named))
    except Broken as broken:
        happened, failure = cluster.happened, (str(broken),)
    except Exception as error:  # noqa: BLE001 - a mutant may raise anything
        happened = Happened(NOBODY)
        failure = (f"raises {type(error).__name__}: {error}",)
    assert isinstance(happened, Happened)
    verdict = () if happened.verdict is None else (f"effect {happened.verdict.value}",)
    done = dict(call.named).get("outputs_done")
    power = () if done is None else (f"loses power after {done} outputs",)
    return happened, (*display.remarks(happened.told), *verdict, *power, *failure)


def _action(
    number: int, call: ClusterCall, flight: InFlightPacket | None, happened: Happened
) -> Action:
    """Name a call as a person reads it."""
    what = "" if flight is None else f"{display.describe(flight.packet)}"
    match call.method, call.given:
        case "deliver", _:
            label = f"hears {what} from {flight and flight.sender}"
        case "drop" | "duplicate", _:
            ends = f"{flight and flight.sender} to {flight and flight.target}"
            verb = "loses" if call.method == "drop" else "doubles"
            label = f"{verb} {what} {ends}"
        case "intrude", (_, str() as text):
            told = loads(text, *PACKETS)
            label = f"hears {display.describe(told)} from {told.sender} of {told.mesh}"
        case "cut" | "heal", (sender, target):
            label = f"{call.method}s {sender} to {target}"
        case "elapse", (_, Timer() as timer):
            label = f"{timer.value} timer elapses"
        case "write", (_, _, command):
            label = f"client writes {command}"
        case "forward", (_, target, _, command, term):
            label = f"forwards {command} to {target} under token {term}"
        case "read", (_, request):
            label = f"client reads ({request})"
        case "lease_read", (_, request):
            label = f"client reads under the lease ({request})"
        case "transfer", (_, _, target):
            label = f"hand over to {target}"
        case "change", (_, _, ChangeKind() as change, target):
            label = f"is asked to {change.value} {target}"
        case "replace_electors", (_, _, *electors):
            label = f"is asked to make {' '.join(map(str, electors))} the electors"
        case "lose_disk", _:
            label = "loses its disk for ever"
        case "join", _:
            label = "begins with an empty disk"
        case "prepare_effect", _:
            label = "takes its token"
        case "act", _:
            label = "acts under the token that it took"
        case method, _:
            label = method.replace("_", " ")
    column = call.given[0] if call.given else WIRE
    if flight is not None:
        column = flight.target if call.method == "deliver" else WIRE
    elif call.method in NETWORKS:
        column = WIRE
    kind = "crash" if happened.is_crashed else call.method
    return Action(kind, str(column), label, number)


# --- what is made of it ---------------------------------------------------------------


def violation(
    cluster: Cluster, failure: Exception, last: int | None = None
) -> Violation[int]:
    """Make of a failed run what all pictures of the checker are made from."""
    record = RecordedRun(tuple(cluster.configs.values()), cluster.calls, last)
    if isinstance(failure, Broken):
        named = failure.claim, failure.title
    else:
        named = "raises", type(failure).__name__
    claim: Property[int] = Property(*named, Kind.ALWAYS, _is_never_so)
    numbers = range(record.first, len(record.calls))
    steps = tuple(Step(next(record.actions(at)), at + 1) for at in numbers)
    trace = Trace(record.name, record.first, steps)
    return confirm(record, claim, trace, is_shortest=False)


def _is_never_so(_: int) -> bool:
    return False


def transcript(cluster: Cluster, failure: Exception, last: int | None = None) -> str:
    """Write the space-time transcript of a failed run, or of its last calls."""
    return render_transcript(violation(cluster, failure, last))


_PROGRAM = '''"""{failure}.

The same calls on a new cluster end in the same failure, while it is there.
"""

import warnings

from primacy import ChangeKind, Config, Timer, agents
from primacy_model.simulation.cluster import Cluster

warnings.simplefilter("ignore")  # the electorate may be even
cluster = Cluster(
    [
{configs}    ]
)
{calls}'''


def reproduction(cluster: Cluster, failure: Exception) -> str:
    """Write a program that makes the calls of a cluster again."""
    told = str(failure).splitlines() or [type(failure).__name__]
    configs = (f"        {_configured(each)},\n" for each in cluster.configs.values())
    calls = (f"cluster.{_written(call)}\n" for call in cluster.calls)
    return _PROGRAM.format(
        failure=told[0], configs="".join(configs), calls="".join(calls)
    )


def _configured(config: Config) -> str:
    """Write a configuration: whatever is not the default."""
    words = [json.dumps(config.mesh_id), json.dumps(config.agent_id)]
    words.append(_agents(config.initial_leaders))
    for each in fields(config):
        value = getattr(config, each.name)
        if each.init and each.default is not MISSING and value != each.default:
            is_set = isinstance(value, AgentSet)
            words.append(f"{each.name}={_agents(value) if is_set else value}")
    return f"Config({', '.join(words)})"


def _agents(names: AgentSet) -> str:
    return f"agents({', '.join(map(json.dumps, names.members))})"


def _written(call: ClusterCall) -> str:
    """Write a call as Python does."""
    named = (f"{name}={_literal(value)}" for name, value in call.named)
    return f"{call.method}({', '.join([*map(_literal, call.given), *named])})"


def _literal(value: Argument) -> str:
    if isinstance(value, Timer | ChangeKind):
        return f"{type(value).__name__}.{value.name}"
    return json.dumps(value) if isinstance(value, str) else repr(value)
