"""The mesh in true time as a world of actors: agents with clocks that drift.

It decides how a timed mesh begins, what is claimed of it, and how it is shown; its
moves and its clocks are in modules of their own. Agents run the same shipped `step` as
in `mesh.model`, with the instants of clocks that run slow or fast; timers elapse no
earlier than they may, and packets take any time.

Source: docs/timed.md; docs/assumptions.md, "Clocks".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from primacy.messages import Elapsed, Received, Timer
from primacy.recovery import initial
from primacy.types import AgentId
from primacy_model.checker.actors import Actors, Assembled, Claim, Doing, Whole
from primacy_model.checker.model import Value
from primacy_model.mesh import display
from primacy_model.mesh.agent import Gate, InFlight, empty_node, perform
from primacy_model.mesh.bounds import Shape, bounds_of, kinds_of
from primacy_model.mesh.history import History, Note, add_note
from primacy_model.mesh.model import SETTLING
from primacy_model.mesh.obsolete_packets import is_obsolete
from primacy_model.timed.actions import STRICT, Pace, TimeCourse, TimedMove, TimedMoves
from primacy_model.timed.clocks import (
    DRIFT_PPM,
    ELECTION_MS,
    LEASE_MS,
    SLOT_MS,
    Clocked,
    apply_timers,
    pass_slot,
)
from primacy_model.timed.properties import claims

TimedWorld = Whole[Clocked, InFlight, TimeCourse, History]


class TimedMesh(Actors[Clocked, InFlight, TimeCourse, History]):
    """A mesh of one shape in true time, and what must be reached in it."""

    def __init__(
        self,
        name: str,
        summary: str,
        shape: Shape,
        sometimes: Sequence[str] = (),
        pace: Pace = STRICT,
        *,
        says_more: bool = True,
    ) -> None:
        self._name, self._summary = name, summary
        self.shape, self.pace = shape, pace
        self._moves = TimedMoves(shape, pace)
        self.now, self.places = self._moves.now, self._moves.places
        self.configs = self._moves.configs
        self._claims = claims(
            self.now, shape.terms, tuple(sometimes), says_more=says_more
        )

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
        """Name the agents by place."""
        return self.shape.agents

    @property
    def kinds(self) -> Sequence[str]:
        """List what must happen at least once: reads are lease reads here."""
        kinds = [kind for kind in kinds_of(self.shape) if "ReadIndex" not in kind]
        named = ("lease read" if kind == "read" else kind for kind in kinds)
        return ("tick", *named)

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """Tell what the shape limits, and how clocks run. Time has no bound."""
        bounds = dict(bounds_of(self.shape))
        bounds |= {
            "attempts": 1,
            "slot ms": SLOT_MS,
            "drift ppm": DRIFT_PPM,
            "election timeout ms": ELECTION_MS,
            "lease ms": LEASE_MS,
            "in a slot": "; ".join(str(rate) for rate in self.pace.rates),
        }
        if self.pace.excess:
            bounds["ms beyond the drift"] = self.pace.excess
        return bounds

    @property
    def claims(self) -> Sequence[Claim[Clocked, TimeCourse, History]]:
        """List every invariant, then what this mesh must reach."""
        return self._claims

    def is_obsolete(
        self,
        place: int,
        local: Clocked,
        message: InFlight,
    ) -> bool:
        """Tell whether a packet does nothing to an agent, now and for ever.

        To one that is down it does what it will do when the agent has restarted.
        """
        state = local.node.state or self._moves.recovered(place, local.node.disk)
        return is_obsolete(state, message.packet, self.shape.returning)

    def noted(self, ghost: History, note: Hashable) -> History:
        """Write down what happened."""
        assert isinstance(note, Note)
        return add_note(ghost, note)

    def acts(
        self, place: int, local: Clocked, shared: TimeCourse
    ) -> Iterator[TimedMove]:
        """List what an agent may do by itself."""
        return self._moves.acts(place, local, shared)

    def hears(
        self,
        place: int,  # noqa: ARG002 - the state tells whose it is
        local: Clocked,
        shared: TimeCourse,
        message: InFlight,
    ) -> Iterator[TimedMove]:
        """Deliver a packet."""
        return self._moves.hears(local, shared, message)

    # --- how it begins ----------------------------------------------------------------

    def initial(self) -> TimedWorld:
        """Begin with a leader that everyone has just heard, and that holds a lease.

        It is reached from empty disks by a run without failures, in which time passes
        until the next timer is ripe; what is still in flight then is lost.
        """
        world, place = self._fresh(), self.places[AgentId(self.shape.electors[0])]
        for timer in SETTLING:
            while world.locals[place].waits(timer):
                world = self._later(world)
            world = self._settled(self._after(world, place, Elapsed(timer, self.now)))
        course = TimeCourse(Gate(self.shape.budgets), excess=self.pace.excess)
        return replace(world, shared=course)

    def _fresh(self) -> TimedWorld:
        begun = []
        for config in self.configs:
            blank = empty_node(config.me)
            state, outputs = initial(config)
            node = perform(blank, state, outputs).node
            begun.append(apply_timers(Clocked(blank), node, outputs))
        boxes = (frozenset[tuple[InFlight, int]](),) * len(begun)
        return Whole(tuple(begun), boxes, TimeCourse(Gate()), History())

    def _later(self, world: TimedWorld) -> TimedWorld:
        """Let a slot pass for everyone."""
        (rate, *_) = self.pace.rates
        later = (pass_slot(local, rate, self.now) for local in world.locals)
        return replace(world, locals=tuple(later))

    def _settled(self, world: TimedWorld) -> TimedWorld:
        """Deliver everything, in a fixed order, until nothing is in flight."""
        while any(world.boxes):
            boxes = [sorted(one.key for one, _ in box) for box in world.boxes]
            flying = {one.key: one for box in world.boxes for one, _ in box}
            world = replace(world, boxes=(frozenset(),) * len(boxes))
            for place, keys in enumerate(boxes):
                for key in keys:
                    message = Received(flying[key].packet, self.now)
                    world = self._after(world, place, message)
        return world

    def _after(
        self, world: TimedWorld, place: int, message: Elapsed | Received
    ) -> TimedWorld:
        """Let an agent step, whatever the bounds."""
        local = world.locals[place]
        move = self._moves.stepped(local, world.shared, ("", ""), message)
        return Assembled(self).carried_out(world, Doing(place, None, move))

    # --- how it is shown --------------------------------------------------------------

    def fields(self, local: Clocked) -> Mapping[str, Value]:
        """Show an agent, with what its clocks have still to run."""
        shown, state = dict(display.agent(local.node)), local.node.state
        if state is None:
            return shown
        for timer in Timer:
            if local.waits(timer):
                shown[f"{timer.value} timer in"] = f"{local.waits(timer)} ms"
        left = state.leadership.lease_until - self.now
        shown["lease"] = f"{left} ms" if left > 0 else "none"
        return shown

    def told(self, message: InFlight) -> tuple[int, str]:
        """Tell who sent a packet, and what it is."""
        packet = message.packet
        return self.places[packet.sender], display.describe(packet)
