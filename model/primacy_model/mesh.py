"""The mesh as one model: agents that run the shipped `step`, in a world that may fail.

Whatever may happen is an action: any packet in flight is delivered, any armed timer
elapses, an agent crashes or restarts from its disk, the network splits or heals,
clients write and read, a leader pauses before it acts on a fenced resource. Under *set*
semantics a packet once sent may be delivered any number of times, in any order, at any
later moment, or never. Under *bag* semantics delivery consumes it; drops and duplicates
are actions with a budget. The bounds of a `Shape` are the only limits; none is on depth
or on the number of candidates.

Source: docs/assumptions.md; the actions are those of Ongaro's Raft specification in
TLA+.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

from primacy.agents import AgentSet
from primacy.config import Config, EvenElectorateWarning
from primacy.fencing import Fence, Verdict, admit, token
from primacy.messages import (
    Elapsed,
    Message,
    PreVoteReply,
    Read,
    ReadIndexRequest,
    Received,
    Timer,
    Transfer,
    TransferNow,
    Write,
)
from primacy.outputs import Outputs
from primacy.quantities import START, AgentId, Command, RequestId, Term
from primacy.recovery import initial, recover
from primacy.role import Role, Wait
from primacy.state import NOTHING_DURABLE, State
from primacy.stepping import step
from primacy_model.model import Action
from primacy_model.shape import BATCH, Shape
from primacy_model.world import Flight, History, Node, World, perform


@dataclass(frozen=True, slots=True)
class Deed:
    """What an action of the mesh does: a verb, a place, and what it is done with."""

    verb: str
    place: int
    item: Message | Flight | AgentSet | None = None


class Mesh:
    """The actions of a mesh and what they lead to."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        electors, workers = AgentSet.of(shape.electors), AgentSet.of(shape.workers)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvenElectorateWarning)
            self.configs = tuple(
                Config("mesh", name, electors, workers, batch=BATCH)
                for name in shape.agents
            )
        self.places = {AgentId(name): at for at, name in enumerate(shape.agents)}
        self._is_bag = shape.network == "bag"

    # Beginnings

    def fresh(self) -> World:
        """Show the world in which every disk is empty."""
        blank = Node(None, NOTHING_DURABLE, frozenset(), 0, Term(0), Term(0))
        world = World(
            nodes=(blank,) * len(self.configs),
            flights=frozenset(),
            sides=None,
            fence=Fence(),
            budgets=self.shape.budgets,
            history=History(),
        )
        for place, config in enumerate(self.configs):
            state, outputs = initial(config)
            world = self._perform(world, place, state, outputs)
        return world

    def elected(self) -> World:
        """Show the world in which the first elector leads and all have heard it.

        It is reached from the fresh one by a run without failures; what is still in
        flight then is lost.
        """
        world = self.fresh()
        place = self.places[AgentId(self.shape.electors[0])]
        election, heartbeat = (Elapsed(timer, START) for timer in Timer)
        for message in (election, election, heartbeat, heartbeat):
            world = self._settle(self._step(world, place, message))
        return replace(world, budgets=self.shape.budgets)

    def _settle(self, world: World) -> World:
        """Deliver everything, in a fixed order, until nothing is in flight."""
        while world.flights:
            flying = sorted(world.flights, key=lambda one: one[0].key)
            world = replace(world, flights=frozenset())
            for one, _ in flying:
                world = self._receive(world, one)
        return world

    # What may happen

    def actions(self, world: World) -> Iterator[Action]:
        """List what may happen next, in a fixed order."""
        for place, node in enumerate(world.nodes):
            name = self.shape.agents[place]
            if node.state is None:
                yield Action("restart", name, "restart", Deed("restart", place))
                continue
            yield from self._timers(world, place, node.state)
            yield from self._requests(world, place, node.state)
            yield from self._effects(world, place, node, node.state)
            may_crash = name in (self.shape.crashers or self.shape.agents)
            if world.budgets.crashes and may_crash:
                yield Action("crash", name, "crash", Deed("crash", place))
        yield from self._deliveries(world)
        yield from self._splits(world)

    def _timers(self, world: World, place: int, state: State) -> Iterator[Action]:
        name = self.shape.agents[place]
        for timer in Timer:
            is_armed = timer in world.nodes[place].armed
            if is_armed and not self._is_bounded(world, state, timer):
                label = f"{timer.value} timer elapses"
                deed = Deed("step", place, Elapsed(timer, START))
                yield Action(f"elapse {timer.value}", name, label, deed)

    def _is_bounded(self, world: World, state: State, timer: Timer) -> bool:
        """Tell whether a timer would lead beyond the bounds of the scope."""
        if timer == Timer.HEARTBEAT:
            return world.budgets.rounds == 0
        if state.role != Role.LEADER and state.wait == Wait.PROMISE:
            return False
        if state.me not in (self.shape.impatient or self.shape.agents):
            return True
        if state.role == Role.LEADER or state.wait == Wait.CLAIM:
            return False
        if not state.roll.has(state.me):
            return False
        if state.wait == Wait.WINDOW and state.lowest_claim != state.me:
            return False
        return state.term >= self.shape.terms

    def _requests(self, world: World, place: int, state: State) -> Iterator[Action]:
        name, budgets = self.shape.agents[place], world.budgets
        if name in (self.shape.clients_at or self.shape.agents):
            if budgets.writes:
                number = self.shape.budgets.writes - budgets.writes + 1
                write = Write(RequestId(f"w{number}"), Command(f"x{number}"))
                deed = Deed("write", place, write)
                yield Action("write", name, f"client writes {write.command}", deed)
            if budgets.reads and (budgets.rounds or state.role != Role.LEADER):
                number = self.shape.budgets.reads - budgets.reads + 1
                read = Read(RequestId(f"r{number}"), START)
                label = f"client reads ({read.request})"
                yield Action("read", name, label, Deed("read", place, read))
        if budgets.transfers and state.role == Role.LEADER:
            for target in state.roll.electors.without(state.me).members:
                ask = Transfer(RequestId(f"t{budgets.transfers}"), target)
                deed = Deed("transfer", place, ask)
                yield Action("transfer", name, f"hand over to {target}", deed)

    def _effects(
        self, world: World, place: int, node: Node, state: State
    ) -> Iterator[Action]:
        name = self.shape.agents[place]
        if node.effect:
            label = f"resumes and acts under token {node.effect}"
            yield Action("act", name, label, Deed("act", place))
        elif world.budgets.effects and token(state):
            label = f"is about to act under token {token(state)}, pauses"
            yield Action("pause", name, label, Deed("pause", place))

    def _deliveries(self, world: World) -> Iterator[Action]:
        for one, count in sorted(world.flights, key=lambda pair: pair[0].key):
            place = self.places[one.target]
            name, kind = str(one.target), type(one.packet).__name__
            label = f"{describe(one)} from {one.packet.sender}"
            if self._can_arrive(world, one):
                deed = Deed("deliver", place, one)
                yield Action(f"deliver {kind}", name, f"hears {label}", deed)
            if self._is_bag and world.budgets.drops:
                yield Action("drop", name, f"loses {label}", Deed("drop", place, one))
            if self._is_bag and world.budgets.duplicates and count == 1:
                deed = Deed("duplicate", place, one)
                yield Action("duplicate", name, f"duplicated: {label}", deed)

    def _can_arrive(self, world: World, one: Flight) -> bool:
        state = world.nodes[self.places[one.target]].state
        if state is None:
            return False
        if world.sides is not None:
            is_inside = world.sides.has(one.target)
            if world.sides.has(one.packet.sender) != is_inside:
                return False
        match one.packet:
            case ReadIndexRequest():
                return world.budgets.rounds > 0 or state.role != Role.LEADER
            case TransferNow() | PreVoteReply():
                return state.term < self.shape.terms
            case _:
                return True

    def _splits(self, world: World) -> Iterator[Action]:
        if world.sides is not None:
            yield Action("heal", "network", "heals", Deed("heal", 0))
        elif world.budgets.partitions:
            names = self.shape.agents
            for size in range(1, len(names)):
                for side in combinations(names[:-1], size):
                    rest = [name for name in names if name not in side]
                    label = f"splits: {' '.join(side)} | {' '.join(rest)}"
                    deed = Deed("split", 0, AgentSet.of(side))
                    yield Action("split", "network", label, deed)

    # What it leads to

    def successor(self, world: World, action: Action) -> World:
        """Carry out an action."""
        deed = action.payload
        assert isinstance(deed, Deed)
        place, item = deed.place, deed.item
        match deed.verb:
            case "step":
                return self._step(world, place, item)
            case "write" | "read" | "transfer":
                return self._request(world, deed)
            case "deliver":
                assert isinstance(item, Flight)
                return self._deliver(world, item)
            case "drop" | "duplicate":
                assert isinstance(item, Flight)
                return self._meddle(world, deed.verb, item)
            case "crash" | "restart":
                return self._fail(world, deed)
            case "pause" | "act":
                return self._act(world, deed)
            case "split":
                assert isinstance(item, AgentSet)
                budgets = world.budgets
                budgets = replace(budgets, partitions=budgets.partitions - 1)
                return replace(world, sides=item, budgets=budgets)
            case _:
                return replace(world, sides=None)

    def _perform(
        self, world: World, place: int, after: State, outputs: Outputs
    ) -> World:
        return perform(world, place, after, outputs, is_bag=self._is_bag)

    def outputs_of(self, world: World, action: Action) -> Outputs:
        """Tell what the agent that acts puts out; nothing if none does."""
        deed = action.payload
        assert isinstance(deed, Deed)
        node = world.nodes[deed.place]
        if deed.verb == "restart":
            return recover(self.configs[deed.place], node.disk)[1]
        if deed.verb == "deliver":
            assert isinstance(deed.item, Flight)
            message: Message = Received(deed.item.packet, START)
        elif deed.verb in ("step", "write", "read", "transfer"):
            assert isinstance(deed.item, Message)
            message = deed.item
        else:
            return ()
        assert node.state is not None
        return step(node.state, message)[1]

    def _step(self, world: World, place: int, message: object) -> World:
        node = world.nodes[place]
        assert node.state is not None
        assert isinstance(message, Message)
        if isinstance(message, Elapsed):
            spent = replace(node, armed=node.armed - {message.timer})
            nodes = world.nodes
            world = replace(world, nodes=(*nodes[:place], spent, *nodes[place + 1 :]))
        after, outputs = step(node.state, message)
        if after is node.state and not outputs:
            return world
        if after.leadership.round > node.state.leadership.round:
            budgets = world.budgets
            budgets = replace(budgets, rounds=budgets.rounds - 1)
            world = replace(world, budgets=budgets)
        return self._perform(world, place, after, outputs)

    def _receive(self, world: World, one: Flight) -> World:
        return self._step(world, self.places[one.target], Received(one.packet, START))

    def _request(self, world: World, deed: Deed) -> World:
        """Put a request to an agent; one that it only refuses costs no budget."""
        budgets, history = world.budgets, world.history
        match deed.item:
            case Write():
                budgets = replace(budgets, writes=budgets.writes - 1)
            case Read():
                budgets = replace(budgets, reads=budgets.reads - 1)
                floor = (deed.item.request, len(history.committed))
                history = replace(history, floors=history.floors | {floor})
            case _:
                budgets = replace(budgets, transfers=budgets.transfers - 1)
        asked = replace(world, budgets=budgets, history=history)
        after = self._step(asked, deed.place, deed.item)
        return world if after == asked else after

    def _deliver(self, world: World, one: Flight) -> World:
        if self._is_bag:
            world = replace(world, flights=_less(world.flights, one))
        return self._receive(world, one)

    def _meddle(self, world: World, verb: str, one: Flight) -> World:
        budgets = world.budgets
        if verb == "drop":
            return replace(
                world,
                flights=_less(world.flights, one),
                budgets=replace(budgets, drops=budgets.drops - 1),
            )
        twice = (world.flights - {(one, 1)}) | {(one, 2)}
        budgets = replace(budgets, duplicates=budgets.duplicates - 1)
        return replace(world, flights=twice, budgets=budgets)

    def _fail(self, world: World, deed: Deed) -> World:
        node, nodes, place = world.nodes[deed.place], world.nodes, deed.place
        if deed.verb == "restart":
            state, outputs = recover(self.configs[place], node.disk)
            return self._perform(world, place, state, outputs)
        assert node.state is not None
        down = Node(None, node.disk, frozenset(), 0, Term(0), node.state.term)
        return replace(
            world,
            nodes=(*nodes[:place], down, *nodes[place + 1 :]),
            budgets=replace(world.budgets, crashes=world.budgets.crashes - 1),
        )

    def _act(self, world: World, deed: Deed) -> World:
        """Pause a leader before its effect, or resume it: the resource decides."""
        node, nodes, place = world.nodes[deed.place], world.nodes, deed.place
        assert node.state is not None
        if deed.verb == "pause":
            paused = replace(node, effect=token(node.state))
            budgets = replace(world.budgets, effects=world.budgets.effects - 1)
            nodes = (*nodes[:place], paused, *nodes[place + 1 :])
            return replace(world, nodes=nodes, budgets=budgets)
        history = world.history
        fence, verdict = admit(world.fence, node.effect)
        if verdict == Verdict.ADMITTED:
            highest = max((held for held, _ in history.admitted), default=0)
            if node.effect < highest:
                history = replace(history, breaches=history.breaches | {"S9"})
            act = (node.effect, node.state.me)
            history = replace(history, admitted=history.admitted | {act})
        else:
            history = replace(history, refused=1)
        nodes = (*nodes[:place], replace(node, effect=Term(0)), *nodes[place + 1 :])
        return replace(world, nodes=nodes, fence=fence, history=history)


def _less(
    flights: frozenset[tuple[Flight, int]], one: Flight
) -> frozenset[tuple[Flight, int]]:
    """Take one copy of a packet out of flight."""
    counts = dict(flights)
    counts[one] -= 1
    return frozenset(pair for pair in counts.items() if pair[1])


@cache
def describe(one: Flight) -> str:
    """Name a packet briefly: its kind, its term and what tells it from others."""
    packet = one.packet
    told: Mapping[str, object] = {
        name: getattr(packet, name)
        for name in ("round", "granted", "accepted", "index", "prev_index", "request")
        if hasattr(packet, name)
    }
    rest = "".join(f", {name} {value}" for name, value in told.items())
    return f"{type(packet).__name__}(term {packet.term}{rest})"
