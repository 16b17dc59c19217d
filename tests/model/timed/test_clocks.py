"""The clocks of timed worlds: time without an origin loses nothing and adds nothing.

`Shadow` is deliberately dumb: an agent whose clocks show absolute instants, whose state
is never shifted, and whose timers are due at an instant. It follows random runs of the
real world and must agree at every step.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import pytest

from primacy.dispatch import step
from primacy.messages import (
    Elapsed,
    LeaseRead,
    Message,
    Received,
    Timer,
    Transfer,
    Write,
)
from primacy.outputs import Arm, Broadcast, Disarm, Outputs, Persist, Send
from primacy.reads import has_lease
from primacy.recovery import recover
from primacy.role import Role
from primacy.state import Durable, State
from primacy.types import START, AgentId, Command, Instant, RequestId
from primacy_model.checker.actors import Assembled, Doing
from primacy_model.engines.bfs import Search
from primacy_model.engines.search import best, parts
from primacy_model.engines.transition_tables import Tables
from primacy_model.mesh.agent import Budgets, InFlight
from primacy_model.mesh.bounds import Shape
from primacy_model.timed.actions import Pace, TimeCourse
from primacy_model.timed.clocks import (
    EVERY,
    NOW,
    WORST,
    Clocked,
    Rate,
)
from primacy_model.timed.model import TimedMesh, TimedWorld

EAGER = Shape(
    begins="elected",
    terms=4,
    budgets=Budgets(rounds=9, writes=2, reads=9, crashes=2, transfers=1),
)
QUIET = Shape(
    begins="elected",
    terms=2,
    impatient=("b",),
    clients_at=("a",),
    budgets=Budgets(reads=1),
)
PAIR = replace(
    QUIET, electors=("a", "b"), impatient=("a", "b"), budgets=Budgets(rounds=1)
)
"""Each of the two gets a lease; where nothing is forgotten, three take many states."""

Did = Doing[Clocked, InFlight, TimeCourse]

RATES = {f"slot: {rate}": rate for rate in (*EVERY, *WORST)}


def mesh_of(shape: Shape, pace: Pace | None = None) -> TimedMesh:
    return TimedMesh("timed", "Timed.", shape, (), pace or Pace())


# --- a dumb second implementation -----------------------------------------------------


@dataclass
class Shadow:
    """An agent with absolute clocks."""

    mesh: TimedMesh
    place: int
    state: State | None
    disk: Durable
    clock: int
    """What the clock shows that dates leases."""
    timers: int
    """What the one behind the timers shows."""
    due: dict[Timer, int] = field(default_factory=dict)

    @property
    def now(self) -> Instant:
        return Instant(self.clock)

    def handles(self, message: Message) -> Outputs:
        assert self.state is not None
        if isinstance(message, Elapsed):
            assert self.due.pop(message.timer) <= self.timers
        self.state, outputs = step(self.state, message)
        self.perform(outputs)
        return outputs

    def restarts(self) -> Outputs:
        config = self.mesh.configs[self.place]
        self.clock, self.due = self.clock + 10_000, {}
        self.state, outputs = recover(config, self.disk)
        self.perform(outputs)
        return outputs

    def perform(self, outputs: Outputs) -> None:
        for output in outputs:
            match output:
                case Persist():
                    self.disk = self.disk.after(output)
                case Arm():
                    self.due[output.timer] = self.timers + output.least
                case Disarm():
                    self.due.pop(output.timer, None)
                case _:
                    pass

    def shown(self) -> State | None:
        """Show the state as the world keeps it."""
        if self.state is None:
            return None
        lead = self.state.leadership
        until = lead.lease_until
        lead = replace(
            lead,
            lease_start=Instant(max(0, lead.lease_start - self.clock + NOW)),
            lease_until=Instant(until - self.clock + NOW if until > self.clock else 0),
        )
        return replace(self.state, leadership=lead, last_heartbeat=START)


def shadows(mesh: TimedMesh, world: TimedWorld) -> Iterator[Shadow]:
    """Begin where the world does, at instants that have nothing in common."""
    for place, local in enumerate(world.locals):
        clock, timers = 1_000 * (place + 1), 777 * (place + 1)
        state = local.node.state
        assert state is not None
        lead = state.leadership
        if state.role == Role.LEADER:
            lead = replace(
                lead,
                lease_start=Instant(lead.lease_start - NOW + clock),
                lease_until=Instant(lead.lease_until - NOW + clock),
            )
        due = {timer: timers + local.waits(timer) for timer in local.node.armed}
        state = replace(state, leadership=lead)
        yield Shadow(mesh, place, state, local.node.disk, clock, timers, due)


def message_of(mesh: TimedMesh, doing: Did, kind: str, shadow: Shadow) -> Message:
    """Make the message that a move is about, with the instant of an absolute clock."""
    label = doing.move.label
    if doing.message is not None:
        return Received(doing.message.packet, shadow.now)
    if kind.startswith("elapse"):
        return Elapsed(Timer(kind.removeprefix("elapse ")), shadow.now)
    if kind == "write":
        command = label.rpartition(" ")[2]
        return Write(RequestId(command.replace("x", "w")), Command(command))
    if kind == "transfer":
        budget = mesh.shape.budgets.transfers
        return Transfer(RequestId(f"t{budget}"), AgentId(label.rpartition(" ")[2]))
    assert kind == "lease read"
    return LeaseRead(RequestId(label.rpartition("(")[2].rstrip(")")), shadow.now)


def sent_by(outputs: Outputs) -> list[tuple[str, Hashable]]:
    sent: list[tuple[str, Hashable]] = []
    for output in outputs:
        match output:
            case Send():
                sent.append((output.target, output.packet))
            case Broadcast():
                sent += ((target, output.packet) for target in output.targets.members)
            case _:
                pass
    return sent


def is_alike(local: Clocked, shadow: Shadow) -> bool:
    """Compare an agent with its shadow.

    A candidate's timer is not counted where it cannot matter any more.
    """
    state = local.node.state
    if state != shadow.shown() or local.node.disk != shadow.disk:
        return False
    if state is None or shadow.state is None:
        return True
    if has_lease(state, NOW) != has_lease(shadow.state, shadow.now):
        return False
    if local.node.armed != set(shadow.due):
        return False
    return all(
        local.waits(timer) == max(0, due - shadow.timers)
        for timer, due in shadow.due.items()
        if timer == Timer.HEARTBEAT or state.role in (Role.LEADER, Role.FOLLOWER)
    )


@pytest.mark.parametrize("rates", [EVERY, WORST], ids=["every", "worst"])
@pytest.mark.parametrize("seed", range(12))
def test_agents_with_absolute_clocks_do_the_same(
    rates: tuple[Rate, ...], seed: int
) -> None:
    mesh, dice = mesh_of(EAGER, Pace(rates)), random.Random(seed)  # noqa: S311
    model = Assembled(mesh)
    (world,) = model.initial()
    follow = list(shadows(mesh, world))
    seen: set[str] = set()
    for _ in range(600):
        actions = list(model.actions(world))
        if dice.random() < 0.6:  # or time would pass too seldom
            actions = [each for each in actions if each.kind == "tick"] or actions
        action = dice.choice(actions)
        doing = action.payload
        assert isinstance(doing, Doing)
        shadow = follow[doing.place]
        if action.kind == "tick":
            if action.label in RATES:
                shadow.clock += RATES[action.label].clock
                shadow.timers += RATES[action.label].timers
        elif action.kind == "crash":
            shadow.state, shadow.due = None, {}
        else:
            outputs = (
                shadow.restarts()
                if action.kind == "restart"
                else shadow.handles(message_of(mesh, doing, action.kind, shadow))
            )
            sent = [(mesh.agents[to], one.packet) for to, one in doing.move.sent]
            assert sent == sent_by(outputs)
        world = model.successor(world, action)
        for local, each in zip(world.locals, follow, strict=True):
            state = local.node.state
            if state is not None and state.term >= EAGER.terms:
                break  # in the last term of a scope clocks stand still
            assert is_alike(local, each)
        seen.add(action.kind)
    assert {"tick", "lease read", "crash", "restart", "elapse election"} <= seen


# --- what is left out loses nothing ---------------------------------------------------


def reached(mesh: TimedMesh) -> Iterator[TimedWorld]:
    """List the worlds that are reached, between two slots."""
    tables, projections, store = parts(best(), Tables(mesh, forgets=True), prunes=False)
    Search(tables, projections, store).run(10**6)
    for number in range(store.size):
        *_, shared = row = store.row(number)
        course = tables.shared.values[shared]
        if isinstance(course, TimeCourse) and course.turn == 0:
            yield tables.whole(row)


Faces = dict[Hashable, set[tuple[bool, ...]]]


def faces(mesh: TimedMesh) -> Faces:
    """Tell worlds apart by all but clocks; keep who holds leases in each."""
    found: Faces = {}
    for world in reached(mesh):
        seen = [face(local, mesh.now) for local in world.locals]
        key = tuple(each for each, _ in seen), world.boxes, world.shared.gate
        leases = tuple(has for _, has in seen)
        found.setdefault((key, world.ghost), set()).add(leases)
    return found


@cache
def face(local: Clocked, now: Instant) -> tuple[Hashable, bool]:
    """Show an agent without its clocks, and whether it holds a lease."""
    node, state = local.node, local.node.state
    if state is None:
        return node, False
    lead = replace(state.leadership, lease_start=START, lease_until=START)
    timeless = replace(state, leadership=lead, last_heartbeat=START)
    return (timeless, replace(node, state=None)), has_lease(state, now)


@pytest.mark.parametrize("shape", [QUIET], ids=["read"])
def test_the_worst_rate_reaches_what_all_rates_reach(shape: Shape) -> None:
    worst = faces(mesh_of(shape, Pace(WORST)))
    for face, held in faces(mesh_of(shape, Pace(EVERY))).items():
        assert face in worst
        for leases in held:
            assert any(
                all(more or not less for less, more in zip(leases, most, strict=True))
                for most in worst[face]
            )


@pytest.mark.parametrize("shape", [QUIET, PAIR], ids=["read", "pair"])
def test_forgotten_instants_decide_nothing(shape: Shape) -> None:
    forgetful = mesh_of(shape, Pace(forgets=True))
    mindful = mesh_of(shape, Pace(forgets=False))
    assert forgetful.now < mindful.now
    assert faces(forgetful) == faces(mindful)
