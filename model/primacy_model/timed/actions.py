"""What may happen to one agent of a timed mesh: a slot passes, or it steps.

Every move of an agent runs the shipped `step` or `recover` with the present instant of
its clock. A slot passes when each agent has let its clocks advance, in the order of
places; nothing else happens meanwhile, so between slots all agents stand at the same
instant of true time. There, everything may happen, any number of times: packets arrive
that were sent in this slot or long before, ripe timers elapse, agents crash.

Source: docs/assumptions.md, "Clocks"; the other moves are those of `mesh.actions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from primacy.dispatch import step
from primacy.messages import (
    Elapsed,
    LeaseRead,
    Message,
    PreVoteReply,
    Received,
    Timer,
    Transfer,
    TransferNow,
    Write,
)
from primacy.outputs import Outputs
from primacy.recovery import recover
from primacy.role import Role, Wait
from primacy.state import Durable, State
from primacy.types import NOBODY, AgentId, Command, RequestId
from primacy_model.checker.actors import Move
from primacy_model.mesh import display
from primacy_model.mesh.actions import overstayed, spend
from primacy_model.mesh.agent import Gate, InFlight, crash, perform
from primacy_model.mesh.bounds import Shape, config_of, request_of
from primacy_model.mesh.history import ReadRequested
from primacy_model.mesh.rolls import is_removed
from primacy_model.timed.clocks import (
    FAR,
    LENGTHS,
    NOW,
    OFF_MS,
    WORST,
    Clocked,
    Rate,
    apply_timers,
    pass_slot,
    shift_instants,
)


@dataclass(frozen=True, slots=True)
class TimeCourse:
    """The course of time, and what all agents meet."""

    gate: Gate
    turn: int = 0
    """Whose clocks advance next; at 0 no slot is passing."""
    excess: int = 0
    """How often a clock may still lose a millisecond more than the bound allows."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How clocks run.

    In the last term of a scope they stand still for an agent that leads it, follows
    its leader or is free to vote. No agent is elected after it, so no promise to its
    leader can be broken. Its lease does not end, which makes S11 only harder to keep.
    """

    rates: tuple[Rate, ...] = WORST
    """What may be chosen for each agent in each slot."""
    excess: int = 0
    """How often a clock may lose a millisecond more than the bound allows."""
    forgets: bool = True
    """Instants that cannot matter to the real core are forgotten."""


STRICT: Final = Pace()
"""Within the bound, at its worst."""

TimedMove = Move[Clocked, InFlight, TimeCourse]


class TimedMoves:
    """The moves in a timed mesh of one shape."""

    def __init__(self, shape: Shape, pace: Pace) -> None:
        self.shape, self.pace = shape, pace
        self.changes = tuple(map(request_of, shape.changes))
        self.now = NOW if pace.forgets else FAR
        self.configs = tuple(config_of(shape, name, **LENGTHS) for name in shape.agents)
        self.places = {AgentId(name): at for at, name in enumerate(shape.agents)}

    def acts(
        self, place: int, local: Clocked, course: TimeCourse
    ) -> Iterator[TimedMove]:
        """List what an agent may do by itself."""
        if course.turn == place:
            yield from self._ticking(place, local, course)
        if course.turn != 0:
            return
        state, gate, name = local.node.state, course.gate, self.shape.agents[place]
        if state is None:
            yield self._restarted(place, local)
            return
        yield from self._elapsing(local, state, course)
        yield from self._asked(name, local, state, course)
        if gate.budgets.crashes and name in (self.shape.crashers or self.shape.agents):
            left = _spent(course, "crashes")
            yield Move("crash", "crash", Clocked(crash(local.node)), shared=left)

    def hears(
        self, local: Clocked, course: TimeCourse, message: InFlight
    ) -> Iterator[TimedMove]:
        """Deliver a packet; to lose it is never to deliver it."""
        state, packet = local.node.state, message.packet
        if course.turn != 0 or state is None:
            return
        begins_a_term = isinstance(packet, PreVoteReply | TransferNow)
        if begins_a_term and self._is_last(state):
            return
        label = f"hears {display.describe(packet)} from {packet.sender}"
        said = f"deliver {type(packet).__name__}", label
        yield self.stepped(local, course, said, Received(packet, self.now))

    # --- time -------------------------------------------------------------------------

    def _ticking(
        self, place: int, local: Clocked, course: TimeCourse
    ) -> Iterator[TimedMove]:
        """Let a slot pass for an agent, at each rate that its clocks may have."""
        turn = (place + 1) % len(self.shape.agents)
        later = replace(course, turn=turn)
        state = local.node.state
        if state is None or self._is_settled(state):
            yield Move("tick", "slot", local, shared=later)
            return
        for rate in self.pace.rates:
            yield self._ticked(local, rate, later)
        if course.excess:
            slowest = min(self.pace.rates, key=lambda rate: rate.clock)
            beyond = replace(slowest, clock=slowest.clock - OFF_MS)
            spent = replace(later, excess=course.excess - 1)
            yield self._ticked(local, beyond, spent)

    def _ticked(self, local: Clocked, rate: Rate, course: TimeCourse) -> TimedMove:
        after = pass_slot(local, rate, self.now)
        return Move("tick", f"slot: {rate}", after, shared=course)

    def _elapsing(
        self, local: Clocked, state: State, course: TimeCourse
    ) -> Iterator[TimedMove]:
        for timer in Timer:
            is_ripe = timer in local.node.armed and local.waits(timer) == 0
            is_spent = course.gate.budgets.rounds == 0
            if timer == Timer.HEARTBEAT and is_spent and not is_removed(state):
                continue
            if is_ripe and self._matters(state, timer):
                said = f"elapse {timer.value}", f"{timer.value} timer elapses"
                yield self.stepped(local, course, said, Elapsed(timer, self.now))

    def _matters(self, state: State, timer: Timer) -> bool:
        """Tell whether a timer may elapse within the bounds of the scope.

        A candidate does not try again: nothing that a lease rests on comes of it.
        """
        if timer == Timer.HEARTBEAT:
            return True
        if self._is_settled(state):
            return False
        if state.role != Role.LEADER and state.wait == Wait.PROMISE:
            return True
        if state.me not in (self.shape.impatient or self.shape.agents):
            return False
        if state.role == Role.LEADER:
            return True
        return state.role == Role.FOLLOWER

    def _counts(self, state: State) -> bool:
        """Tell whether an election timer may matter before it is armed anew.

        A candidate may yet follow, in a higher term.
        """
        if self._matters(state, Timer.ELECTION):
            return True
        is_candidate = state.role in (Role.PRE_CANDIDATE, Role.CANDIDATE)
        return is_candidate and state.term + 1 < self.shape.terms

    def _is_last(self, state: State) -> bool:
        """Tell whether an agent is in the last term of the scope."""
        return state.term >= self.shape.terms

    def _is_settled(self, state: State) -> bool:
        """Tell whether time can change nothing for an agent; see `Pace`."""
        is_bound = state.role != Role.LEADER and state.wait == Wait.PROMISE
        may_vote_later = is_bound and state.leader == NOBODY
        return self._is_last(state) and not may_vote_later

    # --- requests ---------------------------------------------------------------------

    def _asked(
        self, name: str, local: Clocked, state: State, course: TimeCourse
    ) -> Iterator[TimedMove]:
        """Put requests to an agent; one that it only refuses costs no budget."""
        budgets, allowed = course.gate.budgets, self.shape.budgets
        if name in (self.shape.clients_at or self.shape.agents):
            if budgets.writes:
                number = allowed.writes - budgets.writes + 1
                write = Write(RequestId(f"w{number}"), Command(f"x{number}"))
                said = "write", f"client writes {write.command}"
                left = _spent(course, "writes")
                yield self._requested(local, left, said, write)
            if budgets.reads:
                number = allowed.reads - budgets.reads + 1
                read = LeaseRead(RequestId(f"r{number}"), self.now)
                said = "lease read", f"client reads under the lease ({read.request})"
                left = _spent(course, "reads")
                yield self._requested(local, left, said, read)
        if budgets.transfers and state.role == Role.LEADER:
            for target in state.roll.electors.without(state.me).members:
                ask = Transfer(RequestId(f"t{budgets.transfers}"), target)
                said = "transfer", f"hand over to {target}"
                left = _spent(course, "transfers")
                yield self._requested(local, left, said, ask)
        for change, asked in self.changes if budgets.changes else ():
            if asked in ("", name):
                said = "change", f"{change.request} is asked for"
                left = _spent(course, "changes")
                yield self._requested(local, left, said, change)

    def _requested(
        self, local: Clocked, left: TimeCourse, said: tuple[str, str], message: Message
    ) -> TimedMove:
        """Let an agent take a request; `left` is what remains if it does."""
        move = self.stepped(local, left, said, message)
        if move.after == local and not move.sent and not move.notes:
            return move
        notes = move.notes
        if isinstance(message, LeaseRead):
            notes = (ReadRequested(message.request), *notes)
        return replace(move, shared=left, notes=notes)

    # --- what it leads to -------------------------------------------------------------

    def stepped(
        self,
        local: Clocked,
        course: TimeCourse,
        said: tuple[str, str],
        message: Message,
    ) -> TimedMove:
        """Let the agent handle a message."""
        state, shared = local.node.state, None
        assert state is not None
        if isinstance(message, Elapsed):
            rest = local.node.armed - {message.timer}
            local = replace(local, node=replace(local.node, armed=rest))
        after, outputs = step(state, message)
        is_begun = after.leadership.round > state.leadership.round
        if is_begun and course.gate.budgets.rounds:  # else a breach
            shared = _spent(course, "rounds")
        move = self._performed(local, after, outputs, said, shared)
        return replace(move, notes=(*move.notes, *overstayed(state, message, after)))

    def _performed(
        self,
        local: Clocked,
        after: State,
        outputs: Outputs,
        said: tuple[str, str],
        shared: TimeCourse | None,
    ) -> TimedMove:
        kind, label = said
        done = perform(local.node, shift_instants(after, 0, self.now), outputs)
        clocked = apply_timers(local, done.node, outputs)
        if not self._counts(after):
            clocked = replace(clocked, election=0)
        if self._is_settled(after):
            clocked = replace(clocked, heartbeat=0)
        sent = tuple((self.places[target], one) for target, one in done.sent)
        words = display.remarks(outputs)
        return Move(kind, label, clocked, sent, 0, shared, done.notes, words)

    def _restarted(self, place: int, local: Clocked) -> TimedMove:
        state, outputs = recover(self.configs[place], local.node.disk)
        return self._performed(local, state, outputs, ("restart", "restart"), None)

    def recovered(self, place: int, disk: Durable) -> State:
        """Show how an agent would begin again from a disk."""
        return recover(self.configs[place], disk)[0]


def _spent(course: TimeCourse, budget: str) -> TimeCourse:
    """Take one from a budget."""
    return replace(course, gate=spend(course.gate, budget))
