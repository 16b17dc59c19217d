"""A mesh under partial synchrony: at first anything may happen, later nothing fails.

No election can be promised while packets and timers do as they like. So a run has two
parts. Before the global stabilization time (GST) whatever its shape allows may happen,
in any order, and timers elapse at any time. After GST it is synchronous, and stays so:

- nobody crashes any more, and what is sent between agents that run and are not cut off
  from each other arrives, in any order, before the next timer elapses; what is sent to
  others is lost;
- time passes in ticks, one heartbeat interval each, and a timer elapses between the
  least and the most time for which the shipped core armed it.

GST is a moment when nothing is in flight. That costs nothing: after that phase
there is such a moment, and what happens until then may happen before GST too. How long
timers have been running by then is not known: each may elapse at once.

Source: Dwork, Lynch and Stockmeyer, "Consensus in the presence of partial synchrony"
(1988).
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field, replace
from typing import Final

from primacy.agents import AgentSet
from primacy.messages import Timer
from primacy.types import AgentId
from primacy_model.checker.actors import Assembled, Doing
from primacy_model.checker.model import Action, Arrow, Event, Property, Value
from primacy_model.mesh import display
from primacy_model.mesh.actions import MeshLocal
from primacy_model.mesh.agent import Budgets, Gate, InFlight, Node
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.history import History
from primacy_model.mesh.model import Mesh
from primacy_model.synchrony.state import (
    RESTART,
    AgentStep,
    Cause,
    Clocks,
    PhasedWorld,
    is_time_due,
    run_step,
    running,
    tick,
)

TIME: Final = "time"
"""The column that tells how the weather is, and when timers elapse."""
GST: Final = "gst"
TICK: Final = "tick"

AFTER_GST: Final = frozenset({"write", "change", "snapshot", "split", "heal"})
"""What may still happen after GST, if its budget is left; nothing of it must, but what
operators ask who persist."""


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """What happens before GST and what after it."""

    shape: Shape
    """Before GST."""
    terms: int
    """After GST nobody stands for a higher term."""
    still: frozenset[str] = frozenset()
    """Kinds of actions that do not happen before GST."""
    starts_after_gst: bool = False
    """The mesh is synchronous from the beginning, and its network may still split."""
    has_clocks: bool = True
    """Timers keep their lengths; otherwise each may elapse whenever nothing is in
    flight, and fairness alone sees to it that it does."""
    heals: bool = False
    """A partition ends at GST; otherwise it lasts for ever."""
    persists: bool = False
    """After GST operators ask for changes until they are taken: what may be taken again
    and again is."""
    alone: tuple[str, ...] = ()
    """Who may be cut off from all others; any split may happen if empty."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asks of an agent, and will ask again until it is taken."""

    agent: str
    what: str


def _at_any_time(_: PhasedWorld) -> bool:
    return True


def _nobody(_: PhasedWorld) -> Collection[AgentId]:
    return ()


class HistorylessMesh(Mesh):
    """A mesh that writes nothing down: no claim about runs reads what happened."""

    def noted(self, ghost: History, note: Hashable) -> History:  # noqa: ARG002
        """Write nothing down."""
        return ghost


@dataclass(frozen=True)
class StabilizingMesh:
    """The model of a mesh under partial synchrony."""

    name: str
    summary: str
    plan: PhasePlan
    properties: Sequence[Property[PhasedWorld]]
    kinds: Sequence[str]
    """What must happen at least once."""
    is_over: Callable[[PhasedWorld], bool]
    """What happens after this is not explored."""
    is_ready: Callable[[PhasedWorld], bool] = _at_any_time
    """When GST may come."""
    settled: Callable[[PhasedWorld], Collection[AgentId]] = _nobody
    """Whose timers have still to run their whole length at GST, for a
    heartbeat round has just armed them; all others may elapse at once."""
    mesh: HistorylessMesh = field(init=False, compare=False, repr=False)
    before_gst: Assembled[MeshLocal, InFlight, Gate, History] = field(
        init=False, compare=False, repr=False
    )
    _known: dict[tuple[Cause, Node], AgentStep] = field(
        init=False, compare=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        mesh = HistorylessMesh(self.name, self.summary, self.plan.shape)
        object.__setattr__(self, "mesh", mesh)
        object.__setattr__(self, "before_gst", Assembled(mesh))

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """Tell what is limited."""
        return {**self.mesh.bounds, "terms after GST": self.plan.terms}

    # --- what may happen --------------------------------------------------------------

    def initial(self) -> Iterable[PhasedWorld]:
        """Begin before GST, or after it where nothing comes before."""
        begun = PhasedWorld(self.mesh.initial())
        yield self._pass_gst(begun) if self.plan.starts_after_gst else begun

    def actions(self, state: PhasedWorld) -> Iterator[Action]:
        """List what may happen next."""
        if self.is_over(state):
            return
        if not state.is_after_gst:
            for action in self.before_gst.actions(state.world):
                if action.kind not in self.plan.still and self._may_happen(action):
                    yield action
            if self.is_ready(state):
                yield Action(GST, TIME, "GST is reached", GST)
            return
        for cause in self._causes(state):
            if not self._is_beyond(state, cause):
                yield self._action(cause)
        if is_time_due(state):
            yield Action(TICK, TIME, "a heartbeat interval passes", TICK)
        yield from self._interventions(state)

    def withheld(self, state: PhasedWorld) -> Iterator[Hashable]:
        """List what would have to happen, but is beyond the bounds."""
        if state.is_after_gst and not self.is_over(state):
            for cause in self._causes(state):
                if self._is_beyond(state, cause):
                    yield cause

    def is_strong(self, name: Hashable) -> bool:
        """Tell whether fairness is strong: to operators, to timers without lengths."""
        if isinstance(name, Asked):
            return True
        is_timer = isinstance(name, Cause) and isinstance(name.what, Timer)
        return is_timer and not self.plan.has_clocks

    def fairness(self, state: PhasedWorld, action: Action) -> Hashable | None:
        """Name the class of an action: packets, timers, time and GST are fair.

        So are operators that persist.
        """
        payload = action.payload
        if state.is_after_gst and self.plan.persists and action.kind == "change":
            return Asked(action.column, action.label)
        is_fair = action.kind in (GST, TICK) or (
            state.is_after_gst
            and isinstance(payload, Cause)
            and payload.what != RESTART
        )
        return payload if is_fair else None

    def _causes(self, state: PhasedWorld) -> Iterator[Cause]:
        """List why agents may step: what is in flight, or else what has run out."""
        flying = [
            Cause(place, one)
            for place, box in enumerate(state.world.boxes)
            for one in sorted((one for one, _ in box), key=repr)
        ]
        yield from flying
        if not flying:
            for place, timer in self._running_out(state):
                yield Cause(place, timer)
        for place, node in enumerate(state.nodes):
            if node.state is None and node.me not in self.plan.shape.down:
                yield Cause(place, RESTART)

    def _running_out(self, state: PhasedWorld) -> Iterator[tuple[int, Timer]]:
        """List which timers may elapse now."""
        for place, node in enumerate(state.nodes):
            for timer in Timer:
                if timer in node.armed and state.least(place, timer) == 0:
                    yield place, timer

    def _interventions(self, state: PhasedWorld) -> Iterator[Action]:
        """List what clients do, and how the network splits and heals."""
        world, budgets = state.world, state.world.shared.budgets
        is_asked = budgets.writes or budgets.changes or budgets.snapshots
        if is_asked or budgets.partitions or world.shared.sides is not None:
            for place, local in enumerate(world.locals):
                for move in self.mesh.acts(place, local, world.shared):
                    doing = Doing(place, None, move)
                    name = self.mesh.agents[place]
                    action = Action(move.kind, name, move.label, doing)
                    if move.kind in AFTER_GST and self._may_happen(action):
                        yield action

    def _may_happen(self, action: Action) -> bool:
        """Tell whether a plan allows what a shape allows."""
        doing, plan = action.payload, self.plan
        assert isinstance(doing, Doing)
        gate = doing.move.shared
        if action.kind != "split" or not plan.alone or gate is None:
            return True
        sides, everyone = gate.sides, self.mesh.shape.agents
        cut = (
            sides.members
            if sides.size == 1
            else AgentSet.of(everyone).difference(sides).members
        )
        return len(cut) == 1 and cut[0] in plan.alone

    def _is_beyond(self, state: PhasedWorld, cause: Cause) -> bool:
        """Tell whether a step would lead beyond the bound on terms."""
        before, after = state.nodes[cause.place], self._stepped(state, cause).node
        return max(self.plan.terms, before.disk.term) < after.disk.term

    def _action(self, cause: Cause) -> Action:
        name, what = self.mesh.agents[cause.place], cause.what
        if isinstance(what, InFlight):
            packet = what.packet
            label = f"hears {display.describe(packet)} from {packet.sender}"
            return Action(f"deliver {type(packet).__name__}", name, label, cause)
        if isinstance(what, Timer):
            label = f"{what.value} timer elapses"
            return Action(f"elapse {what.value}", name, label, cause)
        return Action(RESTART, name, RESTART, cause)

    # --- what it leads to -------------------------------------------------------------

    def successor(self, state: PhasedWorld, action: Action) -> PhasedWorld:
        """Carry out one of the state's actions."""
        payload = action.payload
        if action.kind == GST:
            return self._pass_gst(state)
        if action.kind == TICK:
            return tick(state)
        if isinstance(payload, Cause):
            return self._caused(state, payload)
        if not state.is_after_gst:
            return PhasedWorld(self.before_gst.successor(state.world, action))
        assert isinstance(payload, Doing)
        return self._purged(
            replace(state, world=self.before_gst.carried_out(state.world, payload))
        )

    def _pass_gst(self, state: PhasedWorld) -> PhasedWorld:
        """Pass GST: nothing is in flight, and timers run."""
        world, plan = state.world, self.plan
        gate = world.shared
        left = Budgets(
            writes=gate.budgets.writes,
            changes=gate.budgets.changes,
            snapshots=gate.budgets.snapshots,
        )
        if plan.starts_after_gst:
            left = replace(left, partitions=gate.budgets.partitions)
        sides = None if plan.heals else gate.sides
        gate = replace(gate, budgets=left, sides=sides)
        boxes = (frozenset[tuple[InFlight, int]](),) * len(world.boxes)
        clocks: Clocks = {}
        settled = self.settled(state)
        for place, node in enumerate(state.nodes if plan.has_clocks else ()):
            for timer in node.armed:
                least, most = running(node, timer)
                is_settled = node.state is not None and node.state.me in settled
                clocks[place, timer.value] = (least if is_settled else 0, most)
        world = replace(world, boxes=boxes, shared=gate)
        return PhasedWorld(world, tuple(sorted(clocks.items())), is_after_gst=True)

    def _caused(self, state: PhasedWorld, cause: Cause) -> PhasedWorld:
        """Let an agent step, send what it sends, and run its timers."""
        world, here, clocks = state.world, cause.place, dict(state.clocks)
        done = self._stepped(state, cause)
        if isinstance(cause.what, Timer):
            clocks.pop((here, cause.what.value), None)
        for name, span in done.spans if self.plan.has_clocks else ():
            clocks.pop((here, name), None)
            if span is not None:
                clocks[here, name] = span
        boxes = [set(box) for box in world.boxes]
        if isinstance(cause.what, InFlight):
            boxes[here].discard((cause.what, 1))
        for target, one in done.sent:
            boxes[self.mesh.places[target]].add((one, 1))
        after = (*world.locals[:here], done.node, *world.locals[here + 1 :])
        world = replace(world, locals=after, boxes=tuple(map(frozenset, boxes)))
        return self._purged(
            PhasedWorld(world, tuple(sorted(clocks.items())), is_after_gst=True)
        )

    def _purged(self, state: PhasedWorld) -> PhasedWorld:
        """Lose what is in flight to agents that are down or cut off from its sender."""
        world, sides = state.world, state.world.shared.sides
        boxes = list(world.boxes)
        for place, node in enumerate(state.nodes):
            if node.state is None:
                boxes[place] = frozenset()
            elif sides is not None and boxes[place]:
                here = sides.has(node.state.me)
                boxes[place] = frozenset(
                    (one, count)
                    for one, count in boxes[place]
                    if sides.has(one.packet.sender) == here
                )
        return replace(state, world=replace(world, boxes=tuple(boxes)))

    def _stepped(self, state: PhasedWorld, cause: Cause) -> AgentStep:
        node = state.nodes[cause.place]
        if (cause, node) not in self._known:
            config = self.mesh.configs[cause.place]
            self._known[cause, node] = run_step(config, node, cause.what)
        return self._known[cause, node]

    # --- how it is shown --------------------------------------------------------------

    def columns(self, state: PhasedWorld) -> Mapping[str, Mapping[str, Value]]:
        """Show the mesh, and in a column of its own the weather."""
        names = self.mesh.agents
        clocks = ", ".join(
            f"{names[place]} {name} {least}" + (f" to {most}" if most > least else "")
            for (place, name), (least, most) in state.clocks
        )
        phase = "after GST" if state.is_after_gst else "before GST"
        time: dict[str, Value] = {"phase": phase}
        if state.is_after_gst and self.plan.has_clocks:
            time["timers"] = clocks or "none"
        return {**self.mesh.columns(state.world), TIME: time}

    def event(self, state: PhasedWorld, action: Action) -> Event:
        """Tell what an action receives, sends and brings about."""
        payload = action.payload
        if isinstance(payload, Doing):
            return self.before_gst.event(state.world, action)
        if not isinstance(payload, Cause):
            return Event((), (), ())
        done, what = self._stepped(state, payload), payload.what
        here = self.mesh.agents[payload.place]
        heard = [(here, what)] if isinstance(what, InFlight) else []
        return Event(
            tuple(_arrow(target, one) for target, one in heard),
            tuple(_arrow(target, one) for target, one in done.sent),
            done.remarks,
        )


def _arrow(target: str, one: InFlight) -> Arrow:
    packet = one.packet
    label = display.describe(packet)
    return Arrow(f"{target} {one!r}", packet.sender, target, label)
