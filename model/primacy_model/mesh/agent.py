"""The world of a mesh: an agent with its disk, and what all agents share.

A node is an agent's shipped state, what is on its disk and its armed timers. `perform`
carries out the outputs of a step in their order, as a runtime must, and writes notes of
what happened, of each breach of an invariant about steps among them. It looks at one
node and at nothing else.

Source: the fault model of docs/assumptions.md.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from functools import cache

from primacy.agents import AgentSet
from primacy.fencing import Fence, Verdict, admit
from primacy.messages import Packet, Timer, VoteReply, VoteRequest
from primacy.outputs import (
    Apply,
    Arm,
    Broadcast,
    Disarm,
    Discard,
    Outputs,
    Persist,
    Restore,
    Send,
    ServeRead,
    WriteAccepted,
)
from primacy.role import Role
from primacy.state import NOTHING_DURABLE, Durable, State
from primacy.types import AgentId, Term
from primacy_model.mesh.history import (
    Acted,
    Applied,
    Breached,
    Handed,
    Led,
    Note,
    ReadServed,
    Stood,
    Undone,
    Voted,
)
from primacy_model.mesh.log_comparison import agree
from primacy_model.mesh.rolls import (
    is_entitled,
    is_grounded,
    is_in_turn,
    is_undone,
    last_electorates,
)


@dataclass(frozen=True, slots=True)
class InFlight:
    """A packet in flight."""

    packet: Packet
    key: str = field(compare=False)
    """Orders flights; a function of the packet."""
    digest: int = field(compare=False)

    def __hash__(self) -> int:
        return self.digest

    def __reduce__(self) -> tuple[object, ...]:
        return flight, (self.packet,)  # a digest is of one process only

    def __repr__(self) -> str:
        return self.key


COPIES = 2
"""The most copies of one packet in flight under bag semantics; more are lost."""


@cache
def flight(packet: Packet) -> InFlight:
    """Put a packet on its way; equal flights are one object."""
    return InFlight(packet, repr(packet), hash(packet))


@dataclass(frozen=True, slots=True)
class Node:
    """One agent in the world: running or crashed, with its disk and its timers."""

    me: AgentId
    state: State | None
    """None while it is down."""
    disk: Durable
    armed: frozenset[Timer]
    applied: int
    """Up to where its state machine has applied entries, or was restored.

    While it is down, up to where the snapshot on its disk stands for them.
    """
    effect: Term
    """The token under which it is about to act on the resource; 0 if it is not."""
    peak: Term
    """While it is down: the term it was in."""
    digest: int | None = field(default=None, init=False, compare=False, repr=False)
    """Its hash, once somebody has asked: it takes as long as the log is."""

    def __hash__(self) -> int:
        if self.digest is None:
            held = self.me, self.state, self.disk, self.applied, self.effect, self.peak
            timers = sum(1 << place for place, t in enumerate(Timer) if t in self.armed)
            object.__setattr__(self, "digest", hash((held, timers)))
        return hash(self.digest)

    def __reduce__(self) -> tuple[object, ...]:
        held = self.state, self.disk, self.armed, self.applied, self.effect, self.peak
        return Node, (self.me, *held)  # a digest is of one process only


def empty_node(me: AgentId) -> Node:
    """Show an agent that has never run."""
    return Node(me, None, NOTHING_DURABLE, frozenset(), 0, Term(0), Term(0))


@dataclass(frozen=True, slots=True)
class Wire:
    """The network, as an actor: it has no state of its own."""


def crash(node: Node) -> Node:
    """Take down an agent that runs: what is on disk stays."""
    assert node.state is not None
    disk, peak = node.disk, node.state.term
    return Node(node.me, None, disk, frozenset(), disk.log.start, Term(0), peak)


# --- what all share -------------------------------------------------------------------


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
    changes: int = 0
    """Changes of the roll that a leader takes."""
    snapshots: int = 0
    """Snapshots for which an agent drops entries."""
    drops: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class Gate:
    """What all agents meet: the network, a fenced resource, what may still happen."""

    budgets: Budgets = Budgets()
    sides: AgentSet | None = None
    """One side of a partition; None while there is none."""
    fence: Fence = Fence()
    highest: Term = Term(0)
    """The highest token that the resource has admitted, as the world knows it."""


def present_token(
    gate: Gate, token: Term, agent: AgentId
) -> tuple[Gate, Verdict, tuple[Note, ...]]:
    """Present a token to the resource; the world itself knows the highest so far."""
    fence, verdict = admit(gate.fence, token)
    is_admitted = verdict == Verdict.ADMITTED
    notes: tuple[Note, ...] = (Acted(token, agent, is_admitted),)
    if not is_admitted:
        return replace(gate, fence=fence), verdict, notes
    if token < gate.highest:
        notes = (*notes, Breached("S9"))
    highest = max(gate.highest, token)
    return replace(gate, fence=fence, highest=highest), verdict, notes


# --- a step ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Performed:
    """What a step did: the node then, what it sent to whom, and what happened."""

    node: Node
    sent: tuple[tuple[AgentId, InFlight], ...]
    notes: tuple[Note, ...]


def perform(node: Node, after: State, outputs: Outputs) -> Performed:
    """Carry out what one agent's step asked for, and note what it did."""
    runtime = _Runtime(node, after)
    for output in outputs:
        runtime.perform(output)
    if after is not node.state:
        runtime.judge_step()
    held = (node.state, node.disk, node.armed, node.applied)
    if held != (after, runtime.disk, runtime.armed, runtime.applied):
        node = Node(
            node.me,
            after,
            runtime.disk,
            runtime.armed,
            runtime.applied,
            node.effect,
            Term(0),
        )
    return Performed(node, tuple(runtime.sent), tuple(runtime.notes))


class _Runtime:
    """A runtime that performs outputs in order; it lives for one step."""

    def __init__(self, node: Node, after: State) -> None:
        self.before, self.after, self.peak = node.state, after, node.peak
        self.disk, self.applied, self.armed = node.disk, node.applied, node.armed
        self.sent: list[tuple[AgentId, InFlight]] = []
        self.notes: list[Note] = []

    def perform(self, output: Hashable) -> None:
        match output:
            case Persist():
                self.disk = self.disk.after(output)
            case Discard():
                self.disk = self.disk.discarded(output)
            case Restore():
                self._restore(output)
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
                self._leaves()
                self.notes.append(ReadServed(output.request, self.applied))
            case WriteAccepted():
                self._leaves()
            case _:
                pass

    def _breach(self, name: str) -> None:
        self.notes.append(Breached(name))

    def _leaves(self) -> None:
        """Something leaves the agent: all it could rest on must be on disk."""
        if self.disk != self.after.durable:
            self._breach("S13")

    def _send(self, targets: AgentSet, packet: Packet) -> None:
        self._leaves()
        self.sent.extend((target, flight(packet)) for target in targets.members)
        if isinstance(packet, VoteReply) and packet.granted:
            for target in targets.members:
                self.notes.append(Voted(packet.term, packet.sender, target))
        if isinstance(packet, VoteRequest):
            self.notes.append(Voted(packet.term, packet.sender, packet.sender))
            self._stands(self.after)
            if packet.transfer:
                self.notes.append(Handed(packet.term, packet.sender))

    def _stands(self, candidate: State) -> None:
        """Note under which roll an agent stands in its term."""
        electorates, may = last_electorates(candidate), is_entitled(candidate)
        self.notes.append(Stood(self.after.term, candidate.me, electorates, may))

    def _apply(self, apply: Apply) -> None:
        self._leaves()
        if apply.first != self.applied + 1:
            self._breach("S8")
        entries = apply.entries.entries
        self.notes.append(Applied(self.applied, entries, self.after.term))
        self.applied += len(entries)

    def _restore(self, restore: Restore) -> None:
        """Take the contents of a snapshot: what was applied elsewhere up to there.

        Whether it was is asked of the log's start, in the claim `start-committed`.
        """
        self.disk = self.disk.restored(restore)
        if restore.index <= self.applied:
            self._breach("S8")
        self.applied = restore.index

    def judge_step(self) -> None:
        """Note who leads, and what a single step must never do."""
        before, after = self.before, self.after
        if after.term < (self.peak if before is None else before.term):
            self._breach("S3")
        if before is not None and after.commit_index < before.commit_index:
            self._breach("commit-monotone")
        if before is not None and is_undone(before.log, after.log):
            self.notes.append(Undone())
        if after.role != Role.LEADER:
            return
        if before is None or before.role != Role.LEADER or before.term != after.term:
            self.notes.append(Led(after.term, after.me))
            self._stands(after if before is None else before)
        elif not _extends(after, before):
            self._breach("S6")
        elif not is_in_turn(before, after):
            self._breach("one-at-a-time")
        elif not is_grounded(before, after):
            self._breach("grounded")


def _extends(after: State, before: State) -> bool:
    """Tell whether a log begins with everything that it held before."""
    return agree(before.log, after.log, before.log.last_index)
