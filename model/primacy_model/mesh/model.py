"""The mesh as a world of actors: agents that run the shipped `step`, and what may fail.

It decides how a mesh begins, what is claimed of it, and how it is shown; its moves are
in a module of their own. Whatever may happen is a move: any packet in flight is
delivered, any armed timer elapses, an agent crashes or restarts from its disk, the
network splits or heals, clients write and read, a leader pauses before it acts on a
fenced resource. Under *set* semantics a packet once sent may be delivered any number of
times, in any order, at any later moment, or never. Under *bag* semantics delivery
consumes it; drops and duplicates are moves with a budget. The bounds of a `Shape` are
the only limits; none is on depth or on the number of candidates.

Source: docs/assumptions.md; the moves are those of Ongaro's Raft specification in TLA+.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Final

from primacy.config import Config
from primacy.messages import Elapsed, Message, Received, Timer
from primacy.outputs import Reason
from primacy.recovery import initial, recover
from primacy.role import Role
from primacy.state import Durable, State
from primacy.types import START, AgentId
from primacy_model.checker.actors import (
    Actors,
    Assembled,
    Claim,
    Doing,
    Symmetry,
    Whole,
)
from primacy_model.checker.model import Value
from primacy_model.mesh import display
from primacy_model.mesh.actions import MeshActions, MeshLocal, MeshMove, refuses
from primacy_model.mesh.agent import (
    COPIES,
    Gate,
    InFlight,
    Node,
    Wire,
    crash,
    empty_node,
    perform,
)
from primacy_model.mesh.bounds import Shape, bounds_of, kinds_of
from primacy_model.mesh.history import History, Note, add_note
from primacy_model.mesh.obsolete_packets import is_obsolete
from primacy_model.mesh.properties import ALWAYS, SOMETIMES
from primacy_model.mesh.symmetry import namings, rename

MeshWorld = Whole[MeshLocal, InFlight, Gate, History]

WIRE: Final = "network"
"""The name of the actor that is the network; it is there where it may split."""

SETTLING: Final = (Timer.ELECTION, Timer.ELECTION, Timer.HEARTBEAT, Timer.HEARTBEAT)
"""What elapses at the first elector until it leads and all have heard it."""


class Mesh(Actors[MeshLocal, InFlight, Gate, History]):
    """A mesh of one shape, and what must be reached in it."""

    def __init__(
        self,
        name: str,
        summary: str,
        shape: Shape,
        sometimes: Sequence[str] = (),
        refusals: Sequence[Reason] = (),
        *,
        manners: Sequence[str] = (),
    ) -> None:
        self._name, self._summary = name, summary
        self.shape, self.sometimes = shape, tuple(sometimes)
        self.refusals = tuple(refusals)
        """For which reasons a change must be refused at least once."""
        self.manners = tuple(manners)
        """In which other ways what has to do with snapshots must happen."""
        self._moves = MeshActions(shape)
        self.configs, self.places = self._moves.configs, self._moves.places

    @property
    def name(self) -> str:
        """Give its name."""
        return self._name

    @property
    def summary(self) -> str:
        """Say in one sentence what it covers."""
        return self._summary

    @property
    def agents(self) -> Sequence[str]:
        """Name the agents by place, and last the network if it may split."""
        return (*self.shape.agents, *([WIRE] if self._may_split else []))

    @property
    def _may_split(self) -> bool:
        return self.shape.budgets.partitions > 0

    @property
    def kinds(self) -> Sequence[str]:
        """List what must happen at least once, by what the shape allows."""
        refused = map(refuses, self.refusals)
        return (*kinds_of(self.shape), *refused, *self.manners)

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """Tell what the shape limits."""
        return bounds_of(self.shape)

    @property
    def claims(self) -> Sequence[Claim[MeshLocal, Gate, History]]:
        """List every invariant, then what this mesh must reach."""
        return (*ALWAYS, *(SOMETIMES[name] for name in self.sometimes))

    @property
    def copies(self) -> int:
        """Tell how many copies of a packet there may be."""
        return COPIES if self.shape.network == "bag" else 0

    def is_obsolete(self, place: int, local: MeshLocal, message: InFlight) -> bool:
        """Tell whether a packet does nothing to an agent, now and for ever.

        An agent that is down hears it as it comes back, if ever.
        """
        if isinstance(local, Wire):
            return False
        if local.state is None and local.me in self.shape.down:
            return True
        state = local.state or _recovered(self.configs[place], local.disk)
        return is_obsolete(state, message.packet, self.shape.returning)

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        """List how agents may change names that no shape can tell."""
        names = self.shape.agents
        found = []
        for naming in namings(self.shape):
            places = [names.index(naming[name]) for name in names]
            places += range(len(names), len(self.agents))
            if places != sorted(places):
                change = partial(rename, names=naming, agents=names)
                found.append(Symmetry(tuple(places), change))
        return found

    def noted(self, ghost: History, note: Hashable) -> History:
        """Write down what happened."""
        assert isinstance(note, Note)
        return add_note(ghost, note)

    def acts(self, place: int, local: MeshLocal, shared: Gate) -> Iterator[MeshMove]:
        """List what an agent may do by itself, or the network."""
        return self._moves.acts(place, local, shared)

    def hears(
        self, place: int, local: MeshLocal, shared: Gate, message: InFlight
    ) -> Iterator[MeshMove]:
        """Deliver a packet; lose or duplicate it."""
        return self._moves.hears(place, local, shared, message)

    # --- how it begins ----------------------------------------------------------------

    def initial(self) -> MeshWorld:
        """Begin fresh, with a leader, or with two."""
        begins = {"fresh": self.fresh, "elected": self.elected, "rivals": self.rivals}
        world = begins[self.shape.begins]()
        down = [AgentId(name) for name in self.shape.down]
        after = (
            crash(local) if isinstance(local, Node) and local.me in down else local
            for local in world.locals
        )
        return replace(world, locals=tuple(after))

    def fresh(self) -> MeshWorld:
        """Show the world in which every disk is empty."""
        begun = [
            perform(empty_node(config.me), *initial(config)).node
            for config in self.configs
        ]
        wires = [Wire()] if self._may_split else []
        return Whole(
            (*begun, *wires),
            (frozenset(),) * len(self.agents),
            Gate(self.shape.budgets),
            History(),
        )

    def elected(self) -> MeshWorld:
        """Show the world in which the first elector leads and all have heard it.

        It is reached from the fresh one by a run without failures; what is still in
        flight then is lost.
        """
        world, place = self.fresh(), self.places[AgentId(self.shape.electors[0])]
        for timer in SETTLING:
            world = self._settled(self._after(world, place, Elapsed(timer, START)))
        gate = replace(world.shared, budgets=self.shape.budgets)
        return replace(world, shared=gate)

    def rivals(self) -> MeshWorld:
        """Show the world in which the first elector leads beside a later leader.

        The others have elected the second. Of its first entry and round, which are in
        flight, only the last elector has heard. The first has heard nothing of it.
        """
        electors = [self.places[AgentId(name)] for name in self.shape.electors]
        world, (first, second, *others) = self.elected(), electors
        for place in (*others, second, second):
            world = self._after(world, place, Elapsed(Timer.ELECTION, START))
        while not _leads(world.locals[second]):
            world = self._delivered(world, {first})
        world = self._after(world, second, Elapsed(Timer.HEARTBEAT, START))
        flying, deaf = world.boxes, {first, *others[:-1]}
        for _ in range(2):
            world = self._delivered(world, deaf)
        boxes = tuple(
            box if place in deaf else frozenset() for place, box in enumerate(flying)
        )
        gate = replace(world.shared, budgets=self.shape.budgets)
        return replace(world, boxes=boxes, shared=gate)

    def _settled(self, world: MeshWorld) -> MeshWorld:
        """Deliver everything, in a fixed order, until nothing is in flight."""
        while any(world.boxes):
            world = self._delivered(world)
        return world

    def _delivered(self, world: MeshWorld, deaf: Collection[int] = ()) -> MeshWorld:
        """Deliver what is in flight, in a fixed order, but to those that are deaf."""
        boxes = [sorted(one.key for one, _ in box) for box in world.boxes]
        flying = {one.key: one for box in world.boxes for one, _ in box}
        world = replace(world, boxes=(frozenset(),) * len(boxes))
        for place, keys in enumerate(boxes):
            for key in keys if place not in deaf else ():
                message = Received(flying[key].packet, START)
                world = self._after(world, place, message)
        return world

    def _after(self, world: MeshWorld, place: int, message: Message) -> MeshWorld:
        """Let an agent step, whatever the bounds."""
        node = world.locals[place]
        assert isinstance(node, Node)
        move = self._moves.stepped(node, world.shared, ("", ""), message)
        return Assembled(self).carried_out(world, Doing(place, None, move))

    # --- how it is shown --------------------------------------------------------------

    def fields(self, local: MeshLocal) -> Mapping[str, Value]:
        """Show an agent."""
        return display.agent(local) if isinstance(local, Node) else {}

    def told(self, message: InFlight) -> tuple[int, str]:
        """Tell who sent a packet, and what it is."""
        packet = message.packet
        return self.places[packet.sender], display.describe(packet)

    def columns(self, whole: MeshWorld) -> Mapping[str, Mapping[str, Value]]:
        """Show each agent, the network, and the resource where there is one."""
        shown: dict[str, Mapping[str, Value]] = {
            name: self.fields(local)
            for name, local in zip(self.shape.agents, whole.locals, strict=False)
        }
        shown[WIRE] = display.network(self.shape.agents, whole.shared, whole.boxes)
        if self.shape.budgets.effects:
            shown["resource"] = {"highest token": int(whole.shared.fence.highest)}
        return shown


def _leads(local: MeshLocal) -> bool:
    return (
        isinstance(local, Node)
        and local.state is not None
        and local.state.role == Role.LEADER
    )


@cache
def _recovered(config: Config, disk: Durable) -> State:
    """Give the state in which an agent comes back."""
    return recover(config, disk)[0]
