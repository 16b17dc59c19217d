"""A mesh after GST: when its timers elapse, how an agent steps, how time passes.

Time passes in ticks, one heartbeat interval each. A timer elapses between the least and
the most time for which the shipped core armed it. Rounds are numbered without end, so a
leader of a mesh after GST numbers them anew whenever it passes a quorum check. Core
only compares them, so nothing else changes, and the world is finite;
`tests/model/synchrony/test_model.py` shows it.

Source: the lengths of time are those of core's `Arm` outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from primacy.agents import AgentMap
from primacy.config import Config
from primacy.dispatch import step
from primacy.messages import Elapsed, Received, Timer
from primacy.outputs import Arm, Disarm, Outputs
from primacy.recovery import recover
from primacy.role import Role, Wait
from primacy.state import State
from primacy.timers import (
    check_timer,
    claim_timer,
    election_timer,
    heartbeat_timer,
    promise_timer,
    window_timer,
)
from primacy.types import NO_ROUND, START, AgentId, Round
from primacy_model.mesh import display
from primacy_model.mesh.agent import InFlight, Node, perform
from primacy_model.mesh.model import MeshWorld

RESTART: Final = "restart"

Span = tuple[int, int]
"""In how many ticks a timer elapses: the least and the most."""
Clocks = dict[tuple[int, str], Span]
"""When timers elapse, by place and by the timer's name."""


@dataclass(frozen=True, slots=True)
class PhasedWorld:
    """A world, and when its timers elapse after GST."""

    world: MeshWorld
    clocks: tuple[tuple[tuple[int, str], Span], ...] = ()
    is_after_gst: bool = False
    digest: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        parts = (self.world, self.clocks, self.is_after_gst)
        object.__setattr__(self, "digest", hash(parts))

    def __hash__(self) -> int:
        return self.digest

    def __reduce__(self) -> tuple[object, ...]:
        held = self.world, self.clocks, self.is_after_gst
        return PhasedWorld, held  # a digest is of one process only

    def least(self, place: int, timer: Timer) -> int:
        """Tell after how many ticks a timer may elapse, at the earliest."""
        spans = [span for key, span in self.clocks if key == (place, timer.value)]
        return spans[0][0] if spans else 0

    @property
    def nodes(self) -> tuple[Node, ...]:
        """List the agents by place."""
        return tuple(each for each in self.world.locals if isinstance(each, Node))

    @property
    def states(self) -> tuple[State, ...]:
        """List the states of the agents that run."""
        return tuple(node.state for node in self.nodes if node.state is not None)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an agent steps after GST: a packet, a timer, or a restart."""

    place: int
    what: InFlight | Timer | str


@dataclass(frozen=True, slots=True)
class AgentStep:
    """What an agent does in one step."""

    node: Node
    sent: tuple[tuple[AgentId, InFlight], ...]
    spans: tuple[tuple[str, Span | None], ...]
    """Which timers are armed, and for how many ticks, and which are disarmed."""
    remarks: tuple[str, ...]


# --- a step ---------------------------------------------------------------------------


def run_step(config: Config, node: Node, what: InFlight | Timer | str) -> AgentStep:
    """Let the shipped core step, and carry out what it asks for."""
    state = node.state
    if state is None:
        after, outputs = recover(config, node.disk)
    elif isinstance(what, InFlight):
        after, outputs = step(state, Received(what.packet, START))
    else:
        assert isinstance(what, Timer)
        node = replace(node, armed=node.armed - {what})
        after, outputs = step(state, Elapsed(what, START))
    done = perform(node, after, outputs)
    passed = done.node
    if what == Timer.ELECTION:
        passed = replace(passed, state=renumber_rounds(after))
    spans = tuple(_spans(config, outputs))
    return AgentStep(passed, done.sent, spans, display.remarks(outputs))


def renumber_rounds(state: State) -> State:
    """Let a leader call its last round the first, where no read waits for one.

    It has just checked its quorum, and no answer is in flight: all that it can still
    tell is who acknowledged that round. Leases are not configured.
    """
    lead = state.leadership
    is_checked = lead.checked_round == lead.round
    if state.role != Role.LEADER or not is_checked or lead.reads.reads:
        return state
    first = Round(min(lead.round, 1))
    anew = replace(
        lead,
        seen=AgentMap().set_all(lead.seen.at_least(lead.round), first),
        round=first,
        confirmed_round=first if lead.confirmed_round == lead.round else NO_ROUND,
        checked_round=first,
        lease_round=NO_ROUND,
    )
    return replace(state, leadership=anew)


# --- time -----------------------------------------------------------------------------


def _spans(config: Config, outputs: Outputs) -> Iterator[tuple[str, Span | None]]:
    """List what an agent does to its timers, in the order in which it does it."""
    for output in outputs:
        if isinstance(output, Arm):
            yield output.timer.value, span(config, output.least, output.most)
        elif isinstance(output, Disarm):
            yield output.timer.value, None


def span(config: Config, least: int, most: int) -> Span:
    """Give a length of time in ticks; what is between two ticks takes longer."""
    tick = config.heartbeat_interval_ms
    return -(-least // tick), -(-most // tick)


def running(node: Node, timer: Timer) -> Span:
    """Give the longest time for which a timer may have been armed, in ticks."""
    assert node.state is not None
    state, config = node.state, node.state.config
    if timer == Timer.HEARTBEAT:
        arm = heartbeat_timer(config)
    elif state.role == Role.LEADER:
        arm = check_timer(config)
    else:
        arm = {
            Wait.PROMISE: promise_timer,
            Wait.CLAIM: claim_timer,
            Wait.WINDOW: window_timer,
            Wait.STAND: election_timer,
        }[state.wait](config)
    return span(config, arm.least, arm.most)


def is_time_due(state: PhasedWorld) -> bool:
    """Tell whether nothing has to happen before a tick."""
    is_quiet = not any(state.world.boxes)
    return (
        is_quiet and all(most for _, (_, most) in state.clocks) and bool(state.clocks)
    )


def tick(state: PhasedWorld) -> PhasedWorld:
    """Let a heartbeat interval pass."""
    clocks = tuple(
        (key, (max(0, least - 1), most - 1)) for key, (least, most) in state.clocks
    )
    return replace(state, clocks=clocks)
