"""Packets that cannot be: each with one defect, and otherwise as welcome as can be.

They are made for the agent that is to hear them: it would grant, acknowledge or follow
what they say, if it did not look. No honest agent sends them; what a broken or foreign
program says is like this. `accepted_invalid` lets an agent hear them all, and lists
those that are not rejected for their one defect with an unchanged state.

The defects are written down here a second time, from the clauses, and not taken from
`primacy.validity`: a guard that is lost there is missed here.

Source: clauses `message.*`, `claim.initial-leaders-only`, `stand.electors-only`,
`stand.taken-off`, `roll.position`, `roll.first`, `change.never-empty` of
docs/specification.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, TypeVar

from primacy.agents import AgentSet
from primacy.dispatch import step
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Segment
from primacy.messages import (
    Append,
    AppendReply,
    Claim,
    Forward,
    ForwardReply,
    Heartbeat,
    HeartbeatReply,
    Install,
    Packet,
    PreVoteReply,
    PreVoteRequest,
    ReadIndexReply,
    ReadIndexRequest,
    Received,
    TransferNow,
    VoteReply,
    VoteRequest,
)
from primacy.outputs import Outputs, Reason, Rejected
from primacy.role import Role
from primacy.state import State
from primacy.types import (
    NOBODY,
    START,
    AgentId,
    Command,
    Index,
    MeshKey,
    RequestId,
    Round,
    Term,
)

STRANGER: Final = AgentId("stranger")
"""An agent of no mesh."""
LEAST_0: Final = (Claim, PreVoteReply, ReadIndexRequest, ReadIndexReply)
"""The kinds whose sender may be in term 0."""
ASKED: Final = RequestId("r1")
"""The request that answers name."""


@dataclass(frozen=True, slots=True)
class Later:
    """A packet of a kind that core does not know: of a later version, say."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """A packet that cannot be."""

    packet: Packet
    reason: Reason
    """With which it has to be rejected."""
    clause: str
    """What it breaks."""

    def is_rejected(self, before: State, after: State, outputs: Outputs) -> bool:
        """Tell whether a step has rejected it for its defect, and done nothing."""
        sender = NOBODY if self.reason == Reason.UNKNOWN_KIND else self.packet.sender
        return after == before and outputs == (Rejected(self.reason, sender),)


def invalid_packets(state: State) -> Iterator[Impossible]:
    """List what an agent must reject in this state: each packet has one defect."""
    later: Any = Later()
    yield Impossible(later, Reason.UNKNOWN_KIND, "message.kind")
    roll = state.roll
    peers = roll.members.without(state.me).members
    electors = roll.voters.without(state.me).members
    for name in peers[:1]:
        for packet in _welcome(state, name):
            yield from _without_header(state, packet)
    for name in electors[:1]:
        yield from _without_position(state, name)
        yield from _off_their_roll(state, name)
        yield from _out_of_order(state, name)
    workers = roll.workers.without(state.me).members
    for name in (*workers[:1], STRANGER):
        yield from _off_the_roll(state, name)
    if state.role == Role.LEADER:
        yield from _not_begun(state, peers)
    for name in electors:
        yield from _of_a_second_leader(state, name)


def _welcome(state: State, sender: AgentId) -> Iterator[Packet]:
    """Grant and acknowledge all there is, or ask for it in the next term."""
    mesh, term, later = state.config.mesh, _term(state), Term(state.term + 1)
    index, last = state.log.last_index, state.log.last_term
    commit, roll, lead = state.commit_index, state.roll, state.leadership
    acknowledged = Term(max(term, last))
    yield Claim(mesh, sender, state.term)
    yield PreVoteRequest(mesh, sender, later, index, last, roll)
    yield PreVoteReply(mesh, sender, state.term, later, granted=True)
    yield VoteRequest(mesh, sender, later, index, last, roll, transfer=True)
    yield VoteReply(mesh, sender, term, granted=True)
    yield _heartbeat(state, sender)
    yield HeartbeatReply(mesh, sender, acknowledged, lead.round, index, last)
    yield _append(state, sender)
    yield _install(state, sender)
    yield AppendReply(
        mesh, sender, acknowledged, accepted=True, index=index, index_term=last
    )
    yield ReadIndexRequest(mesh, sender, state.term, ASKED)
    yield ReadIndexReply(mesh, sender, state.term, ASKED, granted=True, index=commit)
    yield TransferNow(mesh, sender, term)
    yield Forward(mesh, sender, term, ASKED, Command("theirs"))
    yield ForwardReply(mesh, sender, term, ASKED, accepted=True, index=index)


def _term(state: State) -> Term:
    """Give the agent's term, or the first there is."""
    return Term(max(state.term, 1))


def _heartbeat(state: State, sender: AgentId) -> Heartbeat:
    """Lead the next term, and know what is committed."""
    index, last = state.log.last_index, state.log.last_term
    mesh, later, alive = state.config.mesh, Term(state.term + 1), AgentSet()
    return Heartbeat(mesh, sender, later, Round(1), index, last, alive)


def _append(state: State, sender: AgentId) -> Append:
    """Lead the next term, and bring an entry of it."""
    mesh, later, commit = state.config.mesh, Term(state.term + 1), state.commit_index
    brought = Segment.of(Entry(later, EntryKind.COMMAND, Command("theirs")))
    before = state.log.term_at(commit)
    return Append(mesh, sender, later, commit, before, brought, commit)


def _install(state: State, sender: AgentId) -> Install:
    """Lead the next term, and bring a snapshot of more than is held."""
    mesh, later = state.config.mesh, Term(state.term + 1)
    index, term = Index(state.log.last_index + 1), Term(max(state.log.last_term, 1))
    return Install(mesh, sender, later, index, term, state.roll)


# --- one defect each ------------------------------------------------------------------


def _without_header(state: State, packet: Packet) -> Iterator[Impossible]:
    """Come from elsewhere, or from a term that cannot be."""
    mesh = MeshKey(f"other-{state.config.mesh}")
    yield Impossible(replace(packet, mesh=mesh), Reason.WRONG_MESH, "message.mesh")
    for sender in (state.me, NOBODY):
        reason, clause = Reason.UNKNOWN_SENDER, "message.sender"
        yield Impossible(replace(packet, sender=sender), reason, clause)
    is_least_0 = isinstance(packet, LEAST_0)
    below = replace(packet, term=Term(-1 if is_least_0 else 0))
    yield Impossible(below, Reason.BAD_TERM, "message.term")


def _without_position(state: State, sender: AgentId) -> Iterator[Impossible]:
    """Name a position of a log, or a round, that cannot be."""
    for packet in _welcome(state, sender):
        term = packet.term
        match packet:
            case PreVoteRequest() | VoteRequest():
                wrong = _positions(Term(term - 1))
                made = [replace(packet, last_index=i, last_term=t) for i, t in wrong]
                yield from _misplaced(made)
            case Heartbeat():
                wrong = _positions(term)
                told = [
                    replace(packet, commit_index=i, commit_term=t) for i, t in wrong
                ]
                yield from _misplaced(told)
                rounds = [replace(packet, round=Round(each)) for each in (0, -1)]
                yield from _misplaced(rounds)
            case HeartbeatReply():
                wrong = _positions(term)
                held = [replace(packet, last_index=i, last_term=t) for i, t in wrong]
                yield from _misplaced([*held, replace(packet, round=Round(-1))])
            case Append():
                empty, wrong = replace(packet, entries=Segment()), _positions(term)
                sent = [replace(empty, prev_index=i, prev_term=t) for i, t in wrong]
                yield from _misplaced([*sent, replace(packet, commit_index=Index(-1))])
            case Install():
                wrong = (*_positions(term), (Index(0), Term(0)))
                taken = [replace(packet, index=i, index_term=t) for i, t in wrong]
                yield from _misplaced(taken)
            case AppendReply():
                wrong = _positions(term)
                found = [replace(packet, index=i, index_term=t) for i, t in wrong]
                yield from _misplaced(found)
            case ReadIndexReply() | ForwardReply():
                yield from _misplaced([replace(packet, index=Index(-1))])
            case _:
                pass


Named = TypeVar("Named", bound=Packet)


def _positions(highest: Term) -> tuple[tuple[Index, Term], ...]:
    """List positions that no log has: where, and of which term."""
    return (
        (Index(-1), Term(1)),
        (Index(0), Term(1)),
        (Index(1), Term(0)),
        (Index(1), Term(highest + 1)),
    )


def _misplaced(packets: list[Named]) -> Iterator[Impossible]:
    for packet in packets:
        yield Impossible(packet, Reason.BAD_POSITION, "message.position")


def _off_their_roll(state: State, sender: AgentId) -> Iterator[Impossible]:
    """Ask for votes, or bring a snapshot, under a roll that no such log can have."""
    for packet in _welcome(state, sender):
        wrong: list[tuple[Roll, str]] = []
        match packet:
            case PreVoteRequest() | VoteRequest():
                last = packet.last_index, packet.last_term
                wrong += _wrong_rolls(state, packet.roll, last, sender)
            case Install():
                last = packet.index, packet.index_term
                wrong += _wrong_rolls(state, packet.roll, last, sender)
                wrong += _empty_rolls(packet)
            case _:
                continue
        for roll, clause in wrong:
            asked = replace(packet, roll=roll)
            yield Impossible(asked, Reason.WRONG_ROLL, clause)


def _wrong_rolls(
    state: State, roll: Roll, last: tuple[Index, Term], sender: AgentId
) -> Iterator[tuple[Roll, str]]:
    """List rolls that a log cannot have at a position, each with its clause."""
    last_index, last_term = last
    beyond = Index(last_index + 1), Term(max(last_term, 1))
    for index, term in (*_positions(last_term), beyond):
        yield replace(roll, index=index, term=term), "roll.position"
    first, alone = state.config.first_roll, AgentSet((sender,))
    electorates = (alone, alone), (first.electors, alone), (alone, first.electors)
    for electors, outgoing in electorates:
        if (electors, outgoing) != (first.electors, first.electors):
            yield Roll(electors, outgoing), "roll.first"


def _empty_rolls(install: Install) -> Iterator[tuple[Roll, str]]:
    """List rolls without electors, or without those that they replace."""
    electors, nobody = install.roll.electors, AgentSet()
    position = install.index, install.index_term
    for pair in (nobody, electors), (electors, nobody):
        yield Roll(*pair, AgentSet(), *position), "change.never-empty"


def _out_of_order(state: State, sender: AgentId) -> Iterator[Impossible]:
    """Bring entries whose terms cannot follow each other."""
    append = _append(state, sender)
    term, reason = append.term, Reason.BAD_ENTRIES
    runs: list[tuple[Term, ...]] = [(Term(term + 1),), (Term(0),)]
    if append.prev_term < term:
        runs += [(term, Term(term - 1)), (term, term, Term(term - 1))]
    if append.prev_term > 1:
        runs += [(Term(append.prev_term - 1),)]
    for terms in runs:
        entries = Segment(tuple(Entry(each, EntryKind.NOOP) for each in terms))
        yield Impossible(replace(append, entries=entries), reason, "message.entries")


def _off_the_roll(state: State, sender: AgentId) -> Iterator[Impossible]:
    """Do what electors do, as an agent that is none."""
    for packet in _welcome(state, sender):
        match packet:
            case Claim() if not state.config.initial_leaders.has(sender):
                clause = "claim.initial-leaders-only"
            case PreVoteRequest() | VoteRequest() if packet.roll.index == 0:
                clause = "stand.electors-only"
            case PreVoteRequest() | VoteRequest() if sender == STRANGER:
                clause = "stand.taken-off"
            case _:
                continue
        yield Impossible(packet, Reason.NOT_AN_ELECTOR, clause)


def _not_begun(state: State, peers: tuple[AgentId, ...]) -> Iterator[Impossible]:
    """Acknowledge to a leader what it has not sent."""
    mesh, term, held = state.config.mesh, state.term, state.log.last_index
    later, beyond = Round(state.leadership.round + 1), Index(held + 1)
    last = state.log.last_term
    for name in peers:
        heard = HeartbeatReply(mesh, name, term, later, held, last)
        taken = AppendReply(
            mesh, name, term, accepted=True, index=beyond, index_term=term
        )
        yield from _misplaced([heard])
        yield from _misplaced([taken])


def _of_a_second_leader(state: State, sender: AgentId) -> Iterator[Impossible]:
    """Lead a term that has another leader."""
    if state.leader in (NOBODY, sender):
        return
    reason, clause = Reason.SECOND_LEADER, "message.one-leader"
    heartbeat = replace(_heartbeat(state, sender), term=state.term)
    yield Impossible(heartbeat, reason, clause)
    append = replace(_append(state, sender), term=state.term, entries=Segment())
    yield Impossible(append, reason, clause)
    install = replace(_install(state, sender), term=state.term)
    yield Impossible(install, reason, clause)


# --- how they are heard ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Believed:
    """What an agent made of a packet that cannot be, if it did not reject it."""

    told: Impossible
    after: State
    outputs: Outputs


@cache
def accepted_invalid(state: State) -> tuple[Believed, ...]:
    """Let an agent hear all that cannot be, and list what it does not reject."""
    found = []
    for told in invalid_packets(state):
        after, outputs = step(state, Received(told.packet, START))
        if not told.is_rejected(state, after, outputs):
            found.append(Believed(told, after, outputs))
    return tuple(found)
