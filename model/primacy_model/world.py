"""The world of a mesh: agents, their disks, the network, a resource, and what happened.

A world state holds every agent's shipped state, what is on its disk, its armed timers,
the packets in flight, a partition, a fenced resource, what is left of each budget, and
a history that only properties read. `perform` carries out the outputs of a step in
their order, as a runtime must, and writes down each breach of an invariant about steps.

Source: the fault model of docs/assumptions.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

from primacy.agents import AgentSet
from primacy.fencing import Fence
from primacy.log import Entry
from primacy.messages import Packet, Timer, VoteReply, VoteRequest
from primacy.outputs import (
    Apply,
    Arm,
    Broadcast,
    Disarm,
    Outputs,
    Persist,
    Send,
    ServeRead,
    WriteAccepted,
)
from primacy.quantities import AgentId, RequestId, Term
from primacy.role import Role
from primacy.state import Durable, State
from primacy_model.obsolete import is_obsolete


@dataclass(frozen=True, slots=True)
class Flight:
    """A packet in flight to one agent."""

    target: AgentId
    packet: Packet
    key: str = field(compare=False)
    """Orders flights and names them in diagrams; a function of the rest."""
    digest: int = field(compare=False)

    def __hash__(self) -> int:
        return self.digest


COPIES = 2
"""The most copies of one packet in flight under bag semantics; more are lost."""

Flights = frozenset[tuple[Flight, int]]
"""What is in flight, and how often. Under set semantics always once."""


@cache
def flight(target: AgentId, packet: Packet) -> Flight:
    """Put a packet on its way; equal flights are one object."""
    return Flight(target, packet, f"{target} {packet!r}", hash((target, packet)))


@dataclass(frozen=True, slots=True)
class Node:
    """One agent in the world: running or crashed, with its disk and its timers."""

    state: State | None
    """None while it is down."""
    disk: Durable
    armed: frozenset[Timer]
    applied: int
    """How many entries its state machine has applied since it started."""
    effect: Term
    """The token under which it is about to act on the resource; 0 if it is not."""
    peak: Term
    """While it is down: the term it was in."""
    digest: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        parts = (self.state, self.disk, self.applied, self.effect, self.peak)
        timers = sum(1 << place for place, t in enumerate(Timer) if t in self.armed)
        object.__setattr__(self, "digest", hash((parts, timers)))

    def __hash__(self) -> int:
        return self.digest


@dataclass(frozen=True, slots=True)
class Budgets:
    """How much of each bounded thing may still happen."""

    rounds: int = 0
    """Heartbeat rounds begun, by a timer or for a read."""
    writes: int = 0
    reads: int = 0
    effects: int = 0
    crashes: int = 0
    partitions: int = 0
    transfers: int = 0
    drops: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class Committed:
    """An entry that was applied somewhere, and the term in which it first was."""

    entry: Entry
    term: Term


@dataclass(frozen=True, slots=True)
class History:
    """What happened: read by properties, never by the protocol."""

    leaders: frozenset[tuple[Term, AgentId]] = frozenset()
    """Who ever led which term."""
    votes: frozenset[tuple[Term, AgentId, AgentId]] = frozenset()
    """Votes ever sent: term, voter, candidate."""
    committed: tuple[Committed, ...] = ()
    """The longest sequence of entries that was applied anywhere."""
    floors: frozenset[tuple[RequestId, int]] = frozenset()
    """For each read, how many entries were applied anywhere when it was asked."""
    served: frozenset[RequestId] = frozenset()
    """The reads that were served."""
    admitted: frozenset[tuple[Term, AgentId]] = frozenset()
    """Effects that the resource admitted: token and agent."""
    refused: int = 0
    """1 once the resource refused an effect."""
    transferred: int = 0
    """1 once an agent won an election for which its leader had asked it."""
    breaches: frozenset[str] = frozenset()
    """The invariants about steps that a step broke."""


@dataclass(frozen=True, slots=True)
class World:
    """One global state."""

    nodes: tuple[Node, ...]
    """In the order of their ids."""
    flights: Flights
    sides: AgentSet | None
    """One side of a partition; None while there is none."""
    fence: Fence
    budgets: Budgets
    history: History
    digest: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        parts = (self.nodes, self.flights, self.sides, self.fence)
        object.__setattr__(
            self, "digest", hash((parts, self.budgets, self.history.floors))
        )

    def __hash__(self) -> int:
        return self.digest


def running(world: World) -> list[State]:
    """List the states of the agents that are up."""
    return [node.state for node in world.nodes if node.state is not None]


def perform(
    world: World, place: int, after: State, outputs: Outputs, *, is_bag: bool
) -> World:
    """Carry out what one agent's step asked for, and record what it did."""
    runtime = _Runtime(world, place, after, is_bag=is_bag)
    for output in outputs:
        runtime.perform(output)
    return runtime.world_after()


class _Runtime:
    """A runtime that performs outputs in order; it lives for one step."""

    def __init__(self, world: World, place: int, after: State, *, is_bag: bool) -> None:
        node = world.nodes[place]
        self.world, self.place, self.after, self.is_bag = world, place, after, is_bag
        self.before = node.state
        self.disk, self.applied, self.armed = node.disk, node.applied, node.armed
        self.history = world.history
        self.sent: list[Flight] = []

    def perform(self, output: object) -> None:
        match output:
            case Persist():
                self.disk = self.disk.after(output)
            case Send():
                self._send(AgentSet((output.target,)), output.packet)
            case Broadcast():
                self._send(output.targets, output.packet)
            case Arm():
                self.armed = self.armed | {output.timer}
            case Disarm():
                self.armed = self.armed - {output.timer}
            case Apply():
                self._apply(output)
            case ServeRead():
                self._serve(output)
            case WriteAccepted():
                self._leaves()
            case _:
                pass

    def _breach(self, name: str) -> None:
        breaches = self.history.breaches | {name}
        self.history = replace(self.history, breaches=breaches)

    def _leaves(self) -> None:
        """Something leaves the agent: all it could rest on must be on disk."""
        if self.disk != self.after.durable:
            self._breach("S13")

    def _send(self, targets: AgentSet, packet: Packet) -> None:
        self._leaves()
        self.sent.extend(flight(target, packet) for target in targets.members)
        if isinstance(packet, VoteReply) and packet.granted:
            for target in targets.members:
                self._vote(packet.term, packet.sender, target)
        if isinstance(packet, VoteRequest):
            self._vote(packet.term, packet.sender, packet.sender)

    def _vote(self, term: Term, voter: AgentId, candidate: AgentId) -> None:
        votes = self.history.votes | {(term, voter, candidate)}
        self.history = replace(self.history, votes=votes)

    def _apply(self, apply: Apply) -> None:
        self._leaves()
        if apply.first != self.applied + 1:
            self._breach("S8")
        committed = self.history.committed
        for entry in apply.entries.entries:
            self.applied += 1
            if self.applied > len(committed):
                committed = (*committed, Committed(entry, self.after.term))
            elif committed[self.applied - 1].entry != entry:
                self._breach("S8")
        self.history = replace(self.history, committed=committed)

    def _serve(self, serve: ServeRead) -> None:
        self._leaves()
        served = self.history.served | {serve.request}
        self.history = replace(self.history, served=served)
        for request, floor in self.history.floors:
            if request == serve.request and self.applied < floor:
                self._breach("S10")

    def world_after(self) -> World:
        """Show the world once every output is performed."""
        if self.after is not self.before:
            self._judge_step()
        world = self.world
        node = world.nodes[self.place]
        held = (node.state, node.disk, node.armed, node.applied)
        if held != (self.after, self.disk, self.armed, self.applied):
            node = Node(
                self.after, self.disk, self.armed, self.applied, node.effect, Term(0)
            )
        nodes, place = world.nodes, self.place
        return World(
            (*nodes[:place], node, *nodes[place + 1 :]),
            self._flights_after(),
            world.sides,
            world.fence,
            world.budgets,
            self.history,
        )

    def _flights_after(self) -> Flights:
        """Put the sent packets in flight and forget those that became obsolete."""
        flights = self.world.flights
        if self.after is not self.before:
            me = self.after.me
            flights = frozenset(
                pair
                for pair in flights
                if pair[0].target != me or not is_obsolete(self.after, pair[0].packet)
            )
        sent = [one for one in self.sent if not self._is_over(one)]
        if self.is_bag:
            counts = dict(flights)
            counts.update((one, min(COPIES, counts.get(one, 0) + 1)) for one in sent)
            return frozenset(counts.items())
        fresh = [(one, 1) for one in sent if (one, 1) not in flights]
        return flights.union(fresh) if fresh else flights

    def _is_over(self, one: Flight) -> bool:
        """Tell whether a packet that was just sent does nothing to its target."""
        place = self.after.config.everyone.members.index(one.target)
        target = self.world.nodes[place].state
        return target is not None and is_obsolete(target, one.packet)

    def _won_transfer(self) -> bool:
        """Tell whether this agent asked for votes of a transfer in its term."""
        return any(
            isinstance(one.packet, VoteRequest)
            and one.packet.transfer
            and one.packet.sender == self.after.me
            and one.packet.term == self.after.term
            for one, _ in self.world.flights
        )

    def _judge_step(self) -> None:
        """Write down who leads, and what a single step must never do."""
        before, after = self.before, self.after
        if before is None:
            if after.term < self.world.nodes[self.place].peak:
                self._breach("S3")
            if after.role == Role.LEADER:
                self._lead()
            return
        if after.term < before.term:
            self._breach("S3")
        if after.commit_index < before.commit_index:
            self._breach("commit-monotone")
        if after.role != Role.LEADER:
            return
        if after.commit_index > before.commit_index and not self._has_quorum_prefix():
            self._breach("commit-quorum")
        if before.role != Role.LEADER or before.term != after.term:
            self._lead()
            if self._won_transfer():
                self.history = replace(self.history, transferred=1)
        elif not _extends(after, before):
            self._breach("S6")

    def _lead(self) -> None:
        """Write down that this agent leads its term."""
        leaders = self.history.leaders | {(self.after.term, self.after.me)}
        self.history = replace(self.history, leaders=leaders)

    def _has_quorum_prefix(self) -> bool:
        """Tell whether a quorum of disks holds what the leader now calls committed.

        The majority is counted here, so that a bent rule of core bends no judge.
        """
        after = self.after
        prefix = after.log.prefix(after.commit_index)
        holders = [
            node_id
            for node_id, disk in self._disks()
            if disk.log.last_index >= after.commit_index
            and disk.log.prefix(after.commit_index) == prefix
        ]
        electors = after.config.initial_leaders.members
        return 2 * sum(name in holders for name in electors) > len(electors)

    def _disks(self) -> list[tuple[AgentId, Durable]]:
        ids = self.after.config.everyone.members
        disks = [node.disk for node in self.world.nodes]
        disks[self.place] = self.disk
        return list(zip(ids, disks, strict=True))


def _extends(after: State, before: State) -> bool:
    """Tell whether a log begins with everything that it held before."""
    last = before.log.last_index
    return after.log.last_index >= last and after.log.prefix(last) == before.log
