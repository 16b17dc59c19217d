"""What may happen to one agent of a mesh, and to its network.

Every move of an agent runs the shipped `step` or `recover`, and `perform` carries out
what it asks for. Nothing here looks at a second agent. What a shape bounds is not done.

Source: docs/assumptions.md; the moves are those of Ongaro's Raft specification in TLA+.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Final, assert_never

from primacy.agents import AgentSet
from primacy.dispatch import step
from primacy.fencing import token
from primacy.messages import (
    Append,
    AppendReply,
    Change,
    Claim,
    Elapsed,
    Forward,
    ForwardReply,
    Heartbeat,
    HeartbeatReply,
    Install,
    Message,
    PreVoteReply,
    PreVoteRequest,
    Read,
    ReadIndexReply,
    ReadIndexRequest,
    Received,
    Replace,
    Snapshotted,
    Timer,
    Transfer,
    TransferNow,
    VoteReply,
    VoteRequest,
    Write,
)
from primacy.outputs import Outputs, Reason, Refused
from primacy.recovery import recover
from primacy.role import Role, Wait
from primacy.state import State
from primacy.types import START, AgentId, Command, Index, RequestId, Term
from primacy_model.checker.actors import Move
from primacy_model.mesh import display
from primacy_model.mesh.agent import (
    Budgets,
    Gate,
    InFlight,
    Node,
    Wire,
    crash,
    perform,
    present_token,
)
from primacy_model.mesh.bounds import Shape, config_of, request_of
from primacy_model.mesh.history import Breached, ReadRequested
from primacy_model.mesh.invalid_packets import accepted_invalid
from primacy_model.mesh.log_comparison import entry_at
from primacy_model.mesh.rolls import is_entitled, is_removed

MeshLocal = Node | Wire
MeshMove = Move[MeshLocal, InFlight, Gate]


IGNORED: Final = "ignore snapshot"
"""The kind of action in which a snapshot drops nothing."""
RESENT: Final = "elapse election: a snapshot is sent again"
BELOW: Final = "deliver Append: below the commit index"
KNOWN: Final = "deliver Install: known"
KEPT: Final = "deliver Install: the rest is kept"
CONFLICT: Final = "deliver Install: the rest is in conflict"
STALE: Final = "deliver Install: stale"
"""The other kinds of actions that snapshots bring about."""


class MeshActions:
    """The moves in a mesh of one shape."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.configs = tuple(config_of(shape, name) for name in shape.agents)
        self.places = {AgentId(name): at for at, name in enumerate(shape.agents)}
        self.changes = tuple(map(request_of, shape.changes))
        self.is_bag = shape.network == "bag"

    def acts(self, place: int, local: MeshLocal, shared: Gate) -> Iterator[MeshMove]:
        """List what an agent may do by itself, or the network."""
        if isinstance(local, Wire):
            yield from self._splits(shared)
        elif local.state is None:
            if local.me not in self.shape.down:
                yield self._restarted(place, local)
        else:
            yield from self._elapsing(local, shared)
            yield from self._asked(place, local, shared)
            yield from self._acting(local, shared)
            if self.shape.intruders:
                yield from self._intruded(local)
            may_crash = self.shape.crashers or self.shape.agents
            if shared.budgets.crashes and self.shape.agents[place] in may_crash:
                crashed = crash(local)
                yield Move("crash", "crash", crashed, shared=spend(shared, "crashes"))

    def hears(
        self,
        place: int,  # noqa: ARG002 - the state tells whose it is
        local: MeshLocal,
        shared: Gate,
        message: InFlight,
    ) -> Iterator[MeshMove]:
        """Deliver a packet; lose or duplicate it."""
        assert isinstance(local, Node)
        packet, is_bag = message.packet, self.is_bag
        label = f"{display.describe(packet)} from {packet.sender}"
        if self._can_arrive(local, shared, message):
            said = f"deliver {type(packet).__name__}", f"hears {label}"
            heard = self.stepped(local, shared, said, Received(packet, START))
            yield replace(heard, copies=-1) if is_bag else heard
        if is_bag and shared.budgets.drops:
            left, what = spend(shared, "drops"), f"loses {label}"
            yield Move("drop", what, local, (), -1, left, is_heard=False)
        if is_bag and shared.budgets.duplicates:
            left, what = spend(shared, "duplicates"), f"duplicated: {label}"
            yield Move("duplicate", what, local, (), 1, left, is_heard=False)

    def _can_arrive(self, node: Node, gate: Gate, one: InFlight) -> bool:
        state, packet = node.state, one.packet
        if state is None:
            return False
        sides = gate.sides
        if sides is not None and sides.has(packet.sender) != sides.has(state.me):
            return False
        match packet:
            case ReadIndexRequest():
                return gate.budgets.rounds > 0 or state.role != Role.LEADER
            case TransferNow() | PreVoteReply():
                return state.term < self.shape.terms
            case (
                Claim()
                | PreVoteRequest()
                | VoteRequest()
                | VoteReply()
                | Heartbeat()
                | HeartbeatReply()
                | Append()
                | Install()
                | AppendReply()
                | ReadIndexReply()
                | Forward()
                | ForwardReply()
            ):
                return True
            case _:
                assert_never(packet)

    def _elapsing(self, node: Node, gate: Gate) -> Iterator[MeshMove]:
        assert node.state is not None
        for timer in Timer:
            if timer in node.armed and not self._is_bounded(node.state, gate, timer):
                said = f"elapse {timer.value}", f"{timer.value} timer elapses"
                move = self.stepped(node, gate, said, Elapsed(timer, START))
                yield move if gate.budgets.rounds else _within_rounds(node, move)

    def _is_bounded(self, state: State, gate: Gate, timer: Timer) -> bool:
        """Tell whether a timer would lead beyond the bounds of the scope."""
        if timer == Timer.HEARTBEAT:
            return gate.budgets.rounds == 0 and not is_removed(state)
        if state.role != Role.LEADER and state.wait == Wait.PROMISE:
            return False
        if state.me not in (self.shape.impatient or self.shape.agents):
            return True
        if state.role == Role.LEADER or state.wait == Wait.CLAIM:
            return False
        if not is_entitled(state):
            return False
        if state.wait == Wait.WINDOW and state.lowest_claim != state.me:
            return False
        return state.term >= self.shape.terms

    def _asked(self, place: int, node: Node, gate: Gate) -> Iterator[MeshMove]:
        """Put requests to an agent; one that it only refuses costs no budget."""
        state, budgets, allowed = node.state, gate.budgets, self.shape.budgets
        assert state is not None
        name = self.shape.agents[place]
        if name in (self.shape.clients_at or self.shape.agents):
            if budgets.writes:
                number = allowed.writes - budgets.writes + 1
                write = Write(RequestId(f"w{number}"), Command(f"x{number}"))
                said = "write", f"client writes {write.command}"
                yield self._requested(node, spend(gate, "writes"), said, write)
            if budgets.reads and (budgets.rounds or state.role != Role.LEADER):
                number = allowed.reads - budgets.reads + 1
                read = Read(RequestId(f"r{number}"), START)
                said = "read", f"client reads ({read.request})"
                yield self._requested(node, spend(gate, "reads"), said, read)
        if budgets.transfers and state.role == Role.LEADER:
            for target in state.roll.electors.without(state.me).members:
                ask = Transfer(RequestId(f"t{budgets.transfers}"), target)
                said = "transfer", f"hand over to {target}"
                yield self._requested(node, spend(gate, "transfers"), said, ask)
        for change, asked in self.changes if budgets.changes else ():
            if asked in ("", name):
                said = "change", f"{change.request} is asked for"
                yield self._requested(node, spend(gate, "changes"), said, change)
        if budgets.snapshots and name in (self.shape.snapshots_at or self.shape.agents):
            yield from self._snapshotted(node, gate)

    def _snapshotted(self, node: Node, gate: Gate) -> Iterator[MeshMove]:
        """Say of each entry that a snapshot stands for it, committed or not."""
        assert node.state is not None
        for index in range(1, node.state.log.last_index + 1):
            said = "snapshot", f"a snapshot of {index} is taken"
            message = Snapshotted(Index(index))
            yield self._requested(node, spend(gate, "snapshots"), said, message)

    def _acting(self, node: Node, gate: Gate) -> Iterator[MeshMove]:
        """Pause a leader before its effect, or resume it: the resource decides."""
        state = node.state
        assert state is not None
        if node.effect:
            label = f"resumes and acts under token {node.effect}"
            after = replace(node, effect=Term(0))
            gate, verdict, notes = present_token(gate, node.effect, state.me)
            remarks = (f"effect {verdict.value}",)
            yield Move("act", label, after, shared=gate, notes=notes, remarks=remarks)
        elif gate.budgets.effects and token(state):
            label = f"is about to act under token {token(state)}, pauses"
            paused = replace(node, effect=token(state))
            yield Move("pause", label, paused, shared=spend(gate, "effects"))

    def _intruded(self, node: Node) -> Iterator[MeshMove]:
        """Let an agent hear what cannot be, and note what it does not reject."""
        assert node.state is not None
        told = accepted_invalid(node.state)
        if not told:
            yield Move("intrude", "hears all that cannot be, rejects it", node)
        for each in told:
            said = "intrude", f"hears what cannot be ({each.told.clause})"
            move = self._performed(node, each.after, each.outputs, said, None)
            packet = f"{each.told.packet!r}"
            notes = (*move.notes, Breached("rejection"))
            yield replace(move, notes=notes, remarks=(packet, *move.remarks))

    def _splits(self, gate: Gate) -> Iterator[MeshMove]:
        if gate.sides is not None:
            yield Move("heal", "heals", Wire(), shared=replace(gate, sides=None))
        elif gate.budgets.partitions:
            names, rest = self.shape.agents, spend(gate, "partitions")
            for size in range(1, len(names)):
                for side in combinations(names[:-1], size):
                    others = [name for name in names if name not in side]
                    label = f"splits: {' '.join(side)} | {' '.join(others)}"
                    split = replace(rest, sides=AgentSet.of(side))
                    yield Move("split", label, Wire(), shared=split)

    # --- what it leads to -------------------------------------------------------------

    def stepped(
        self, node: Node, gate: Gate, said: tuple[str, str], message: Message
    ) -> MeshMove:
        """Let the agent handle a message."""
        state, kind, label = node.state, *said
        assert state is not None
        if isinstance(message, Elapsed):
            node = replace(node, armed=node.armed - {message.timer})
        after, outputs = step(state, message)
        if self.shape.budgets.snapshots:
            kind = _manner(state, message, kind)
        shared: Gate | None = None
        is_begun = after.leadership.round > state.leadership.round
        if is_begun and gate.budgets.rounds:
            shared = spend(gate, "rounds")
        move = self._performed(node, after, outputs, (kind, label), shared)
        return replace(move, notes=(*move.notes, *overstayed(state, message, after)))

    def _performed(
        self,
        node: Node,
        after: State,
        outputs: Outputs,
        said: tuple[str, str],
        shared: Gate | None,
    ) -> MeshMove:
        kind, label = said
        done = perform(node, after, outputs)
        sent = tuple((self.places[target], one) for target, one in done.sent)
        words = display.remarks(outputs)
        return Move(kind, label, done.node, sent, 0, shared, done.notes, words)

    def _requested(
        self, node: Node, gate: Gate, said: tuple[str, str], message: Message
    ) -> MeshMove:
        move = self.stepped(node, gate, said, message)
        if move.after == node and not move.sent and not move.notes:
            return replace(move, kind=_kind_of_refusal(node, message) or move.kind)
        notes = move.notes
        if isinstance(message, Read):
            notes = (ReadRequested(message.request), *notes)
        return replace(move, shared=move.shared or gate, notes=notes)

    def _restarted(self, place: int, node: Node) -> MeshMove:
        state, outputs = recover(self.configs[place], node.disk)
        return self._performed(node, state, outputs, ("restart", "restart"), None)


def _manner(state: State, message: Message, kind: str) -> str:
    """Name the kind of an action more closely, where snapshots make a difference."""
    match message:
        case Elapsed(Timer.ELECTION):
            lead = state.leadership
            sent = lead.installing.agents.members
            is_sent = any(
                lead.installing.get(name) > lead.match.get(name) for name in sent
            )
            return RESENT if is_sent else kind
        case Received(Append() as append) if append.term >= state.term:
            return BELOW if append.prev_index < state.commit_index else kind
        case Received(Install() as install):
            if install.term < state.term:
                return STALE
            if install.index <= state.commit_index:
                return KNOWN
            held = entry_at(state.log, install.index)
            if held is not None and held.term != install.index_term:
                return CONFLICT
            return KEPT if install.index < state.log.last_index else kind
        case _:
            return kind


def _within_rounds(node: Node, move: MeshMove) -> MeshMove:
    """Leave out what a leader does in a round beyond the bound: it is a breach."""
    before, after = node.state, move.after
    assert isinstance(after, Node)
    assert before is not None
    assert after.state is not None
    if after.state.leadership.round > before.leadership.round:
        return replace(move, after=node, sent=())
    return move


def _kind_of_refusal(node: Node, message: Message) -> str:
    """Tell for which reason a change is refused; nothing for other requests.

    What is said of a snapshot may come too late or too early: then it is ignored.
    """
    if isinstance(message, Snapshotted):
        return IGNORED
    if not isinstance(message, Change | Replace) or node.state is None:
        return ""
    _, outputs = step(node.state, message)
    return " ".join(
        refuses(output.reason) for output in outputs if isinstance(output, Refused)
    )


def refuses(reason: Reason) -> str:
    """Name the kind of action in which a change is refused for a reason."""
    return f"refuse change: {reason.name.lower().replace('_', ' ')}"


def overstayed(before: State, message: Message, after: State) -> tuple[Breached, ...]:
    """Note a leader that has been taken off the roll and begins another round."""
    is_timer = isinstance(message, Elapsed) and message.timer == Timer.HEARTBEAT
    if is_timer and after.role == Role.LEADER and is_removed(before):
        return (Breached("removed-leader"),)
    return ()


def spend(gate: Gate, budget: str) -> Gate:
    """Take one from a budget."""
    left: int = getattr(gate.budgets, budget)
    budgets: Budgets = replace(gate.budgets, **{budget: left - 1})
    return replace(gate, budgets=budgets)
