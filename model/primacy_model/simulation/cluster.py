"""A cluster: a mesh of agents that run the shipped core, and whatever may happen to it.

It has no time and draws nothing; its driver decides what happens next. Each call
is one thing that happens: an agent handles a message, a packet is lost, a link is cut,
power fails. `agent.perform` carries out what a step asks for and notes what it did.

Contract: after every call all claims of `properties.ALWAYS` have been judged, by the
predicates of the model checker, and where one is broken `Broken` has been raised. The
same calls on a new cluster do the same again, so its calls are its whole record.
`NotPossible` says why something cannot happen now; then nothing has happened.

*A crash between outputs*: `outputs_done=k` lets an agent handle a message, performs the
first k outputs, and loses power. What was persisted stays, the rest never happens. *A
torn last write* is the same: a `Persist` is atomic (runtime.atomic-persist), so one
that was torn is found out and counts as not done (runtime.persist-fails), like all
behind it. That is the crash with k as the place of the `Persist` among the outputs.

Source: docs/assumptions.md, "Faults"; clauses `runtime.*`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from primacy.agents import AgentSet
from primacy.codec import PACKETS, loads
from primacy.config import Config
from primacy.dispatch import step
from primacy.fencing import token
from primacy.messages import (
    Change,
    ChangeKind,
    Elapsed,
    Forward,
    LeaseRead,
    Message,
    Packet,
    Read,
    Received,
    Replace,
    Snapshotted,
    Timer,
    Transfer,
    Write,
)
from primacy.outputs import Outputs
from primacy.recovery import initial, recover
from primacy.state import State
from primacy.types import (
    NOBODY,
    START,
    AgentId,
    Command,
    Index,
    Instant,
    RequestId,
    Term,
)
from primacy_model.mesh.agent import (
    Gate,
    Node,
    empty_node,
    flight,
    perform,
    present_token,
)
from primacy_model.mesh.history import Breached, History, Note, ReadRequested
from primacy_model.mesh.invalid_packets import invalid_packets
from primacy_model.simulation.operations import (
    Argument,
    ClusterCall,
    Happened,
    InFlightPacket,
    NotPossible,
    answers_of,
    timers_of,
)
from primacy_model.simulation.property_monitor import Broken, PropertyMonitor

__all__ = [
    "Broken",
    "Cluster",
    "ClusterCall",
    "Happened",
    "InFlightPacket",
    "NotPossible",
]

MOST_FLIGHTS: Final = 10_000
"""How many packets are kept in the table of `agent.flight` before it is emptied."""


class Cluster:
    """A mesh of agents with their disks, links and clients.

    The agents of the first roll are started as the cluster is made: `started` tells
    what that did. Any other waits until it joins. Agents are named by plain text.
    """

    def __init__(self, configs: Sequence[Config]) -> None:
        self.configs: Final = {config.me: config for config in configs}
        self.names: Final = tuple(self.configs)
        first = configs[0].first_roll.members.members if configs else ()
        is_one_mesh = all(each.mesh == configs[0].mesh for each in configs)
        if not configs or not is_one_mesh or set(first) - set(self.names):
            raise NotPossible(
                "a cluster needs one configuration for each agent of one mesh, "
                f"got those of: {', '.join(self.names) or 'nobody'}"
            )
        self.places: Final = {name: place for place, name in enumerate(self.names)}
        self.nodes: Final[dict[AgentId, Node]] = {
            name: empty_node(name) for name in self.names
        }
        self.flights: Final[dict[int, InFlightPacket]] = {}
        """What is on its way, by number, in the order of sending."""
        self.cuts: Final[set[tuple[AgentId, AgentId]]] = set()
        """The links over which nothing arrives: sender and target."""
        self.paused: Final[set[AgentId]] = set()
        """Agents that run and handle nothing: packets and timers wait."""
        self.waiting: Final = set(self.names) - set(first)
        """The agents of no configuration that have not begun yet."""
        self.lost: Final[set[AgentId]] = set()
        """The agents whose disks are lost: they never come back."""
        self.calls: Final[list[ClusterCall]] = []
        """What was done to it, from the beginning."""
        self.snapshots: Final = dict.fromkeys(self.names, 0)
        """Up to where the last durable snapshot of each agent stands for entries."""
        self.gate = Gate()
        """The fenced resource."""
        self.happened = Happened(NOBODY)
        """What the last step of an agent did, also if it broke a claim."""
        self._sendings = 0
        self._judge = PropertyMonitor(list(self.nodes.values()))
        self.started: Final = tuple(self._begun(name) for name in first)

    # --- what can be seen -------------------------------------------------------------

    @property
    def history(self) -> History:
        """Show what happened, as claims see it."""
        return self._judge.history

    def state(self, name: str) -> State | None:
        """Show the state of an agent; None while it is down."""
        return self._node(name).state

    def is_ready(self, name: str) -> bool:
        """Tell whether an agent can handle a message: it runs and is not paused."""
        return self._node(name).state is not None and name not in self.paused

    def is_cut(self, sender: str, target: str) -> bool:
        """Tell whether nothing arrives from one agent at another."""
        return (AgentId(sender), AgentId(target)) in self.cuts

    def can_arrive(self, number: int) -> bool:
        """Tell whether a packet in flight is on its way and can be delivered now."""
        flight = self.flights.get(number)
        if flight is None or not self.is_ready(flight.target):
            return False
        return (flight.sender, flight.target) not in self.cuts

    # --- the network ------------------------------------------------------------------

    def deliver(
        self,
        number: int,
        now: int = START,
        *,
        keep: bool = False,
        outputs_done: int | None = None,
    ) -> Happened:
        """Let a packet arrive; with `keep` it stays on its way and can arrive again."""
        flight = self._flight(number)
        self._require_ready(flight.target)
        if (flight.sender, flight.target) in self.cuts:
            raise NotPossible(
                f"packet {number} cannot arrive: "
                f"the link from {flight.sender} to {flight.target} is cut"
            )
        self._write_down(
            "deliver", number, now=now, keep=keep, outputs_done=outputs_done
        )
        if not keep:
            del self.flights[number]
        heard = Received(flight.packet, Instant(now))
        return self._handled(flight.target, heard, outputs_done)

    def intrude(self, name: str, text: str) -> Happened:
        """Let a packet arrive that cannot be: `rejection` judges what becomes of it.

        It is a text of `codec`, and one of those of `invalid_packets`: agents of the
        mesh do not lie (docs/assumptions.md), so nothing that they could say can be
        forged.
        """
        node, packet = self._require_ready(name), loads(text, *PACKETS)
        assert node.state is not None
        known = {each.packet: each for each in invalid_packets(node.state)}
        if packet not in known:
            raise NotPossible(
                f"{packet.sender} could say this to {name}, and agents never lie"
            )
        self._write_down("intrude", name, text)
        after, outputs = step(node.state, Received(packet, START))
        is_rejected = known[packet].is_rejected(node.state, after, outputs)
        notes = () if is_rejected else (Breached("rejection"),)
        self._judge.note(notes)
        return self._performed(name, node, after, outputs)

    def drop(self, number: int) -> Happened:
        """Lose a packet in flight."""
        self._flight(number)
        self._write_down("drop", number)
        del self.flights[number]
        return Happened(NOBODY)

    def duplicate(self, number: int) -> Happened:
        """Double a packet in flight: the copy is sent last."""
        flight = self._flight(number)
        self._write_down("duplicate", number)
        copy = self._sent(flight.sender, flight.target, flight.packet)
        return Happened(NOBODY, (copy,))

    def cut(self, sender: str, target: str) -> Happened:
        """Cut the link from one agent to another, in this direction only."""
        link = self._node_name(sender), self._node_name(target)
        self._write_down("cut", sender, target)
        self.cuts.add(link)
        return Happened(NOBODY)

    def heal(self, sender: str, target: str) -> Happened:
        """Heal the link from one agent to another, in this direction only."""
        link = self._node_name(sender), self._node_name(target)
        self._write_down("heal", sender, target)
        self.cuts.discard(link)
        return Happened(NOBODY)

    # --- timers and power -------------------------------------------------------------

    def elapse(
        self,
        name: str,
        timer: Timer,
        now: int = START,
        *,
        outputs_done: int | None = None,
    ) -> Happened:
        """Let an armed timer run out. Whether it is time is for the driver to know."""
        node = self._require_ready(name)
        if timer not in node.armed:
            raise NotPossible(f"{name} has no {timer.value} timer armed")
        self._write_down("elapse", name, timer, now=now, outputs_done=outputs_done)
        self.nodes[AgentId(name)] = replace(node, armed=node.armed - {timer})
        return self._handled(name, Elapsed(timer, Instant(now)), outputs_done)

    def crash(self, name: str) -> Happened:
        """Let an agent lose power between two steps. A paused one can lose it too."""
        node = self._node(name)
        if node.state is None:
            raise NotPossible(f"{name} is down already")
        self._write_down("crash", name)
        return self._crashed(Happened(AgentId(name)), node, node.state.term)

    def restart(self, name: str) -> Happened:
        """Let an agent that is down recover from its disk."""
        node = self._node(name)
        if node.state is not None:
            raise NotPossible(f"{name} runs already")
        if name in self.waiting:
            raise NotPossible(f"{name} has not joined")
        if name in self.lost:
            raise NotPossible(f"{name} has lost its disk: a new agent takes its place")
        self._write_down("restart", name)
        state, outputs = recover(self.configs[AgentId(name)], node.disk)
        return self._performed(name, node, state, outputs)

    def join(self, name: str) -> Happened:
        """Let an agent begin that no configuration names: its disk is empty."""
        if self._node_name(name) not in self.waiting:
            raise NotPossible(f"{name} has begun before")
        self._write_down("join", name)
        self.waiting.discard(AgentId(name))
        return self._begun(AgentId(name))

    def lose_disk(self, name: str) -> Happened:
        """Let an agent stop for ever. What it promised, it promised (runtime.own-disk).

        Claims still see its disk, as what it had acknowledged.
        """
        node = self._node(name)
        if name in self.waiting or name in self.lost:
            raise NotPossible(f"{name} has no disk to lose")
        self._write_down("lose_disk", name)
        self.lost.add(AgentId(name))
        if node.state is None:
            return Happened(AgentId(name), is_crashed=True)
        return self._crashed(Happened(AgentId(name)), node, node.state.term)

    def pause(self, name: str) -> Happened:
        """Let an agent handle nothing until it is resumed."""
        self._require_ready(name)
        self._write_down("pause", name)
        self.paused.add(AgentId(name))
        return Happened(AgentId(name))

    def resume(self, name: str) -> Happened:
        """Let a paused agent go on as if nothing had happened."""
        if self._node_name(name) not in self.paused:
            raise NotPossible(f"{name} is not paused")
        self._write_down("resume", name)
        self.paused.discard(AgentId(name))
        return Happened(AgentId(name))

    # --- clients ----------------------------------------------------------------------

    def write(
        self, name: str, request: str, command: str, *, outputs_done: int | None = None
    ) -> Happened:
        """Let a client write at an agent. A request id is never used twice."""
        self._require_ready(name)
        self._write_down("write", name, request, command, outputs_done=outputs_done)
        asked = Write(RequestId(request), Command(command))
        return self._handled(name, asked, outputs_done)

    def forward(
        self, name: str, target: str, request: str, command: str, term: int
    ) -> Happened:
        """Send a refused write on, under the token that came with the refusal."""
        node = self._require_ready(name)
        self._node_name(target)
        assert node.state is not None
        self._write_down("forward", name, target, request, command, term)
        packet = Forward(
            node.state.config.mesh,
            AgentId(name),
            Term(term),
            RequestId(request),
            Command(command),
        )
        return Happened(
            AgentId(name), (self._sent(AgentId(name), AgentId(target), packet),)
        )

    def read(
        self,
        name: str,
        request: str,
        now: int = START,
        *,
        outputs_done: int | None = None,
    ) -> Happened:
        """Let a client read at an agent by read index."""
        self._require_ready(name)
        self._write_down("read", name, request, now=now, outputs_done=outputs_done)
        asked = Read(RequestId(request), Instant(now))
        return self._handled(name, asked, outputs_done, (ReadRequested(asked.request),))

    def lease_read(
        self,
        name: str,
        request: str,
        now: int = START,
        *,
        outputs_done: int | None = None,
    ) -> Happened:
        """Let a client read at an agent under its lease."""
        self._require_ready(name)
        self._write_down(
            "lease_read", name, request, now=now, outputs_done=outputs_done
        )
        asked = LeaseRead(RequestId(request), Instant(now))
        return self._handled(name, asked, outputs_done, (ReadRequested(asked.request),))

    def transfer(
        self, name: str, request: str, target: str, *, outputs_done: int | None = None
    ) -> Happened:
        """Let an operator ask an agent to hand leadership over."""
        self._require_ready(name)
        self._write_down("transfer", name, request, target, outputs_done=outputs_done)
        asked = Transfer(RequestId(request), AgentId(target))
        return self._handled(name, asked, outputs_done)

    def _begun_name(self, name: str) -> AgentId:
        """Find an agent that exists: nobody asks for another."""
        if self._node_name(name) in self.waiting:
            raise NotPossible(f"{name} has not joined")
        return AgentId(name)

    def change(
        self,
        name: str,
        request: str,
        kind: ChangeKind,
        target: str,
        *,
        outputs_done: int | None = None,
    ) -> Happened:
        """Let an operator ask an agent to change the part of one agent."""
        self._require_ready(name)
        whom = self._begun_name(target)
        self._write_down(
            "change", name, request, kind, target, outputs_done=outputs_done
        )
        asked = Change(RequestId(request), kind, whom, Command(""))
        return self._handled(name, asked, outputs_done)

    def replace_electors(
        self,
        name: str,
        request: str,
        *electors: str,
        outputs_done: int | None = None,
    ) -> Happened:
        """Let an operator ask an agent to replace the whole electorate."""
        self._require_ready(name)
        whom = AgentSet.of(map(self._begun_name, electors))
        self._write_down(
            "replace_electors", name, request, *electors, outputs_done=outputs_done
        )
        asked = Replace(RequestId(request), whom, Command(""))
        return self._handled(name, asked, outputs_done)

    def snapshot(
        self, name: str, index: int, *, outputs_done: int | None = None
    ) -> Happened:
        """Let an agent take a snapshot of what it has applied, and tell core of it.

        With no outputs done it has taken it, and loses power before core knows. What
        it has taken before it may tell again, though the index may be too high for a
        core that has forgotten what is committed.
        """
        node = self._require_ready(name)
        most = max(node.applied, self.snapshots[AgentId(name)])
        if not 1 <= index <= most:
            raise NotPossible(f"{name} has no snapshot of {index}, only up to {most}")
        self._write_down("snapshot", name, index, outputs_done=outputs_done)
        if index <= node.applied:
            self._keep_snapshot(name, index)
        return self._handled(name, Snapshotted(Index(index)), outputs_done)

    def _keep_snapshot(self, name: str, index: int) -> None:
        me = AgentId(name)
        self.snapshots[me] = max(self.snapshots[me], index)

    # --- the fenced resource ----------------------------------------------------------

    def prepare_effect(self, name: str) -> Happened:
        """Let an agent take its token, to act under it at any later moment."""
        node = self._require_ready(name)
        assert node.state is not None
        if not token(node.state):
            raise NotPossible(f"{name} has no token to act under")
        self._write_down("prepare_effect", name)
        self.nodes[AgentId(name)] = replace(node, effect=token(node.state))
        return Happened(AgentId(name))

    def act(self, name: str) -> Happened:
        """Let an agent present the token that it took: the resource decides."""
        node = self._require_ready(name)
        if not node.effect:
            raise NotPossible(f"{name} has taken no token to act under")
        self._write_down("act", name)
        self.gate, verdict, notes = present_token(self.gate, node.effect, AgentId(name))
        happened = Happened(AgentId(name), verdict=verdict)
        return self._settle(happened, replace(node, effect=Term(0)), notes)

    # --- true time --------------------------------------------------------------------

    def judge_leases(self, *instants: int) -> None:
        """Judge S11: that at this instant of true time at most one agent has a lease.

        `instants` tells what each clock shows now, in the order of `names`. It is
        judged by the predicates of the timed worlds, also that beside a lease nobody
        leads a later term. Nothing changes, so it is written down only if it fails.
        """
        try:
            self._judge.of_leases([Instant(now) for now in instants])
        except Broken:
            self._write_down("judge_leases", *instants)
            self.happened = Happened(NOBODY)
            raise

    # --- what it leads to -------------------------------------------------------------

    def _begun(self, name: AgentId) -> Happened:
        return self._performed(name, self.nodes[name], *initial(self.configs[name]))

    def _handled(
        self,
        name: str,
        message: Message,
        outputs_done: int | None,
        asked: tuple[Note, ...] = (),
    ) -> Happened:
        """Let an agent handle a message, and crash it if that is asked for."""
        node = self._node(name)
        assert node.state is not None
        self._judge.note(asked)
        state, outputs = step(node.state, message)
        return self._performed(name, node, state, outputs, outputs_done)

    def _performed(
        self,
        name: str,
        node: Node,
        state: State,
        outputs: Outputs,
        outputs_done: int | None = None,
    ) -> Happened:
        """Perform the outputs, or the first of them and then lose power."""
        me, before = AgentId(name), node.state
        if outputs_done == 0 and before is not None:
            return self._crashed(Happened(me), node, before.term)
        outputs = outputs if outputs_done is None else outputs[:outputs_done]
        done = perform(node, state, outputs)
        sent = tuple(self._sent(me, target, one.packet) for target, one in done.sent)
        happened = Happened(me, sent, timers_of(outputs), answers_of(outputs))
        if outputs_done is None:
            return self._settle(happened, done.node, done.notes)
        shown = state if sent else before  # what it has shown to others
        peak = max(Term(0) if shown is None else shown.term, done.node.disk.term)
        return self._crashed(happened, done.node, peak, done.notes)

    def _crashed(
        self, happened: Happened, node: Node, peak: Term, notes: Sequence[Note] = ()
    ) -> Happened:
        """Forget all but the disk. `peak` is the highest term that it has shown."""
        self.paused.discard(happened.agent)
        begin = node.disk.log.start
        down = Node(node.me, None, node.disk, frozenset(), begin, Term(0), peak)
        return self._settle(replace(happened, is_crashed=True), down, notes)

    def _settle(
        self, happened: Happened, node: Node, notes: Sequence[Note]
    ) -> Happened:
        """Put the node in its place, write the notes, and judge."""
        self.happened = happened
        self.nodes[happened.agent] = node
        self._keep_snapshot(happened.agent, node.disk.log.start)
        self._judge.note(notes)
        self._judge.judge(self.places[happened.agent], node, self.gate)
        return happened

    def _sent(self, sender: AgentId, target: AgentId, packet: Packet) -> InFlightPacket:
        self._sendings += 1
        flight = InFlightPacket(self._sendings, sender, target, packet)
        self.flights[flight.number] = flight
        return flight

    # --- what cannot be ---------------------------------------------------------------

    def _node_name(self, name: str) -> AgentId:
        if name not in self.nodes:
            raise NotPossible(f"no agent is named {name!r}: {', '.join(self.names)}")
        return AgentId(name)

    def _node(self, name: str) -> Node:
        return self.nodes[self._node_name(name)]

    def _require_ready(self, name: str) -> Node:
        node = self._node(name)
        if node.state is None:
            raise NotPossible(f"{name} is down")
        if name in self.paused:
            raise NotPossible(f"{name} is paused")
        return node

    def _flight(self, number: int) -> InFlightPacket:
        if number not in self.flights:
            raise NotPossible(f"packet {number} is not on its way")
        return self.flights[number]

    def _write_down(self, method: str, *given: Argument, **named: Argument) -> None:
        usual = ("now", START), ("keep", False), ("outputs_done", None)
        told = tuple(each for each in named.items() if each not in usual)
        self.calls.append(ClusterCall(method, given, told))
        if flight.cache_info().currsize > MOST_FLIGHTS:
            flight.cache_clear()  # a long run would fill the memory
