"""How long a mesh is without a leader, by its size, and what that costs.

`python -m primacy_model.simulation.failover` writes docs/figures/failover.json, from
seeds, with no fault but the death of one leader. `plots` draws it.

All agents are electors and start at once. *Boot* is from then until one leads, and
*failover* from the death of that leader until another leads. Counted are the packets of
elections (claims, requests for votes and pre-votes, answers), and who stands at once.

Contract: both protocols are given the same times, the same network and the same seeds.
"""

from __future__ import annotations

import heapq
import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from primacy.dispatch import step
from primacy.messages import (
    Claim,
    Elapsed,
    Packet,
    PreVoteReply,
    PreVoteRequest,
    Received,
    Timer,
    VoteReply,
    VoteRequest,
)
from primacy.outputs import Arm, Broadcast, Disarm, Outputs, Send
from primacy.recovery import initial
from primacy.role import Role
from primacy.types import Instant
from primacy_model.simulation import raft_baseline
from primacy_model.simulation.raft_baseline import (
    BaselineKind,
    BaselinePacket,
    Reaction,
)
from primacy_model.simulation.rng import Chance, Stream, latency
from primacy_model.simulation.schedule import Schedule

SIZES: Final = (3, 5, 7, 11, 21, 51, 101)
RUNS: Final = 40
LATENCY_US: Final = 5_000
MS: Final = 1_000
PATIENCE_US: Final = 60_000_000
"""A mesh without a leader by then is reported as such; 200 election timeouts."""

ELECTION: Final = (Claim, PreVoteRequest, PreVoteReply, VoteRequest, VoteReply)
STANDING: Final = (Role.PRE_CANDIDATE, Role.CANDIDATE)


@dataclass(frozen=True, slots=True)
class Transmission:
    """What one agent says to others."""

    to: Sequence[int]
    said: Packet | BaselinePacket
    is_election: bool


@dataclass(frozen=True, slots=True)
class Did:
    """Outcome of a step: transmissions, and bounds of each timer (None: disarmed)."""

    transmissions: Sequence[Transmission] = ()
    timers: Sequence[tuple[str, tuple[int, int] | None]] = ()


class ComparedMesh(Protocol):
    """A mesh of either protocol."""

    def begin(self, place: int) -> Did:
        """Start an agent."""

    def hear(self, place: int, said: Packet | BaselinePacket, now_ms: int) -> Did:
        """Let an agent hear a packet."""

    def elapse(self, place: int, timer: str, now_ms: int) -> Did:
        """Let a timer elapse."""

    def role(self, place: int) -> Role:
        """Tell what an agent is."""


class Primacy:
    """A mesh of shipped agents."""

    def __init__(self, schedule: Schedule) -> None:
        self.places = {name: place for place, name in enumerate(schedule.names)}
        self.begun = [initial(config) for config in schedule.configs()]
        self.states = [state for state, _ in self.begun]

    def begin(self, place: int) -> Did:
        """Start an agent."""
        return self._did(self.begun[place][1])

    def hear(self, place: int, said: Packet | BaselinePacket, now_ms: int) -> Did:
        """Let an agent hear a packet."""
        assert not isinstance(said, BaselinePacket)
        heard = Received(said, Instant(now_ms))
        self.states[place], outputs = step(self.states[place], heard)
        return self._did(outputs)

    def elapse(self, place: int, timer: str, now_ms: int) -> Did:
        """Let a timer elapse."""
        elapsed = Elapsed(Timer(timer), Instant(now_ms))
        self.states[place], outputs = step(self.states[place], elapsed)
        return self._did(outputs)

    def role(self, place: int) -> Role:
        """Tell what an agent is."""
        return self.states[place].role

    def _did(self, outputs: Outputs) -> Did:
        transmissions: list[Transmission] = []
        timers: list[tuple[str, tuple[int, int] | None]] = []
        for output in outputs:
            match output:
                case Send(target, packet):
                    to = [self.places[target]]
                    transmissions.append(
                        Transmission(to, packet, isinstance(packet, ELECTION))
                    )
                case Broadcast(targets, packet):
                    to = [self.places[target] for target in targets.members]
                    transmissions.append(
                        Transmission(to, packet, isinstance(packet, ELECTION))
                    )
                case Arm(timer, least, most):
                    timers.append((timer.value, (least, most)))
                case Disarm(timer):
                    timers.append((timer.value, None))
                case _:
                    pass
        return Did(transmissions, timers)


class BaselineMesh:
    """A mesh of plain Raft agents with the same times."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        size = schedule.electors
        self.agents = [
            raft_baseline.BaselineAgent(place, size) for place in range(size)
        ]

    def begin(self, place: int) -> Did:  # noqa: ARG002 - all begin alike
        """Start an agent."""
        return Did(timers=[self._patience()])

    def hear(self, place: int, said: Packet | BaselinePacket, now_ms: int) -> Did:  # noqa: ARG002 - no clock
        """Let an agent hear a packet."""
        assert isinstance(said, BaselinePacket)
        return self._did(place, raft_baseline.on_said(self.agents[place], said))

    def elapse(self, place: int, timer: str, now_ms: int) -> Did:  # noqa: ARG002 - no clock
        """Let a timer elapse."""
        on = raft_baseline.on_beat if timer == "heartbeat" else raft_baseline.on_timeout
        did = self._did(place, on(self.agents[place]))
        if timer != "heartbeat":
            return did
        beat = self.schedule.heartbeat_ms
        return Did(did.transmissions, [*did.timers, ("heartbeat", (beat, beat))])

    def role(self, place: int) -> Role:
        """Tell what an agent is."""
        return self.agents[place].role

    def _patience(self) -> tuple[str, tuple[int, int]]:
        least = self.schedule.election_ms
        return "election", (least, 2 * least)

    def _did(self, place: int, reaction: Reaction) -> Did:
        before, self.agents[place] = self.agents[place], reaction.agent
        timers: list[tuple[str, tuple[int, int] | None]] = []
        if reaction.is_rearmed:
            timers.append(self._patience())
        is_leader = reaction.agent.role is Role.LEADER
        if is_leader and before.role is not Role.LEADER:
            timers.append(("heartbeat", (0, 0)))
        if not is_leader and before.role is Role.LEADER:
            timers += [("heartbeat", None), self._patience()]
        if reaction.said is None:
            return Did((), timers)
        is_election = reaction.said.kind is not BaselineKind.HEARTBEAT
        return Did([Transmission(reaction.to, reaction.said, is_election)], timers)


PROTOCOLS: Final[dict[str, Callable[[Schedule], ComparedMesh]]] = {
    "primacy": Primacy,
    "plain Raft": BaselineMesh,
}


@dataclass(slots=True)
class Wait:
    """What it took to have a leader."""

    us: int = 0
    packets: int = 0
    at_once: int = 0
    """The most agents that stood at the same instant."""
    stood: int = 0
    """How many agents stood at all."""


class FailoverRun:
    """A mesh in virtual time."""

    def __init__(self, mesh: ComparedMesh, schedule: Schedule) -> None:
        self.mesh, self.size = mesh, schedule.electors
        self.network = Chance(schedule.seed, Stream.NETWORK)
        self.timers = Chance(schedule.seed, Stream.TIMERS)
        self.now = self.planned = 0
        self.events: list[tuple[int, int, int, Packet | BaselinePacket | str]] = []
        self.armed: dict[tuple[int, str], int] = {}
        self.dead: set[int] = set()
        self.standing: set[int] = set()
        self.leader: int | None = None
        self.wait, self.stood = Wait(), set[int]()
        for place in range(self.size):
            self.take(place, mesh.begin(place))

    def until_led(self) -> Wait:
        """Go on until one leads that did not before; tell what it took."""
        began, self.wait = self.now, Wait()
        self.stood = set(self.standing)
        self.leader = None
        while self.is_waiting(began):
            self.advance()
        self.wait.us, self.wait.stood = self.now - began, len(self.stood)
        return self.wait

    def is_waiting(self, began: int) -> bool:
        """Tell whether nobody leads yet, and it is worth to wait."""
        return self.leader is None and self.now - began < PATIENCE_US

    def run_for(self, length_us: int) -> None:
        """Let time pass."""
        until = self.now + length_us
        while self.events and self.events[0][0] <= until:
            self.advance()
        self.now = until

    def kill(self, place: int) -> None:
        """Let an agent die for ever."""
        self.dead.add(place)

    def advance(self) -> None:
        """Let the next event happen."""
        self.now, order, place, what = heapq.heappop(self.events)
        if place in self.dead:
            return
        if isinstance(what, str):
            if self.armed.get((place, what)) != order:
                return
            del self.armed[place, what]
            self.take(place, self.mesh.elapse(place, what, self.now // MS))
        else:
            self.take(place, self.mesh.hear(place, what, self.now // MS))

    def take(self, place: int, did: Did) -> None:
        """Do what a step asked for, and look what the agent is now."""
        for timer, bounds in did.timers:
            self.armed.pop((place, timer), None)
            if bounds is not None:
                wait = self.timers.between(bounds[0] * MS, bounds[1] * MS)
                self.armed[place, timer] = self.plan(wait, place, timer)
        for transmission in did.transmissions:
            self.wait.packets += len(transmission.to) * transmission.is_election
            for target in transmission.to:
                took = latency(self.network, "lognormal", LATENCY_US)
                self.plan(took, target, transmission.said)
        role = self.mesh.role(place)
        if role is Role.LEADER:
            self.leader = place
        if role not in STANDING:
            self.standing.discard(place)
        elif place not in self.standing:
            self.standing.add(place)
            self.stood.add(place)
            self.wait.at_once = max(self.wait.at_once, len(self.standing))

    def plan(
        self, wait_us: int, place: int, what: Packet | BaselinePacket | str
    ) -> int:
        """Let something happen later; give the number of it."""
        self.planned += 1
        heapq.heappush(self.events, (self.now + wait_us, self.planned, place, what))
        return self.planned


def measure(protocol: str, size: int, seed: int) -> tuple[Wait, Wait]:
    """Measure one boot and one failover."""
    schedule = Schedule(seed=seed, electors=size)
    course = FailoverRun(PROTOCOLS[protocol](schedule), schedule)
    boot = course.until_led()
    course.run_for(10 * MS * schedule.election_ms)
    leader = course.leader
    course.run_for(course.timers.below(MS * schedule.heartbeat_ms))
    assert leader is not None
    course.kill(leader)
    course.standing.discard(leader)
    return boot, course.until_led()


def quantiles(found: Sequence[int]) -> dict[str, float]:
    """Tell the median, the 90th and 99th of a hundred, and the largest."""
    ordered = sorted(found)
    last = len(ordered) - 1
    places = {"p50": last * 50, "p90": last * 90, "p99": last * 99, "max": last * 100}
    return {name: ordered[-(-place // 100)] for name, place in places.items()}


def rows(sizes: Sequence[int], runs: int) -> Iterator[dict[str, object]]:
    """Measure everything; a row for each protocol, size and occasion."""
    election_us = MS * Schedule(seed=0, electors=1).election_ms
    for size in sizes:
        for protocol in PROTOCOLS:
            both = [measure(protocol, size, seed) for seed in range(runs)]
            for place, occasion in enumerate(("boot", "failover")):
                waits = [each[place] for each in both]
                time = quantiles([each.us for each in waits])
                yield {
                    "protocol": protocol,
                    "agents": size,
                    "occasion": occasion,
                    "runs": runs,
                    "time": {
                        name: round(found / election_us, 3)
                        for name, found in time.items()
                    },
                    "packets": quantiles([each.packets for each in waits]),
                    "at_once": quantiles([each.at_once for each in waits]),
                    "stood": quantiles([each.stood for each in waits]),
                }


def main(words: Sequence[str] | None = None) -> None:
    """Measure meshes of several sizes, each several times; write JSON."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each size")
    parser.add_argument("--most", type=int, default=101, help="agents of a mesh")
    given = parser.parse_args(words)
    sizes = [size for size in SIZES if size <= given.most]
    found = ",\n ".join(json.dumps(row) for row in rows(sizes, given.runs))
    sys.stdout.write(f"[\n {found}\n]\n")


if __name__ == "__main__":
    main()
