"""Situations that the explored worlds do not have: one agent, and whatever it is given.

An agent begins with a disk and is given messages that are near to what it holds: of its
term or the next, of positions that it has or almost has, now and then of garbage. No
other agent stands behind them, so it comes where packets contradict each other, where
logs are long, where a lone elector leads. Chance is seeded by words, so that the same
situations come on every machine.

Source: docs/conformance.md, "Where vectors come from".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Final, TypeVar

from primacy import messages as wire
from primacy.agents import AgentSet
from primacy.codec import PACKETS
from primacy.config import Config, EvenElectorateWarning
from primacy.dispatch import step
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.messages import ChangeKind, Message, Packet, Timer
from primacy.recovery import recover
from primacy.role import Role
from primacy.state import Durable, State
from primacy.types import (
    NOBODY,
    AgentId,
    Command,
    Index,
    Instant,
    MeshKey,
    RequestId,
    Round,
    Term,
)

WALKS: Final = 40
"""For each agent."""
STEPS: Final = 60
"""In each walk."""
ASKED_BESIDE: Final = 2
"""How many requests are asked of each state of a walk, beside what takes it further."""
NOON: Final = Instant(1_000)
LONG: Final = 66
"""Entries of a long log: more than core keeps in a chunk."""

One = TypeVar("One")
_Head = tuple[MeshKey, AgentId, Term]
_Place = tuple[Index, Term]


def member(me: str, electors: str, workers: str = "", lease_ms: int = 0) -> Config:
    """Configure an agent; each letter names one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenElectorateWarning)
        return Config(
            "north",
            me,
            AgentSet.of(electors),
            AgentSet.of(workers),
            lease_ms=lease_ms,
            clock_drift_ppm=100,
            batch=2,
        )


MEMBERS: Final = (
    member("b", "abc", "w", lease_ms=9_000),
    member("a", "abc"),
    member("c", "abcde", "vw", lease_ms=5_000),
    member("w", "abc", "w"),
    member("b", "ab", "w"),
    member("a", "a", "w", lease_ms=9_000),
    member("a", "a"),
    member("d", "abc", "w"),
)
"""Agents of meshes of different shape."""


def walk_situations(walks: int = WALKS) -> Iterator[tuple[State, Message]]:
    """Give what some agents are asked, walk by walk."""
    for config in MEMBERS:
        for number in range(walks):
            words = f"{config.mesh} {config.me} {number}"
            yield from _walk(config, words)


def directed_situations() -> Iterator[tuple[State, Message]]:
    """Give what chance seldom meets: answers that are late, stale or half enough.

    One of five electors claims, stands, leads and reads, and a follower of another
    leader waits with two reads.
    """
    yield from _told(MEMBERS[2], Durable(), _leading(MEMBERS[2]))
    yield from _told(MEMBERS[1], Durable(Term(1)), _following(MEMBERS[1]))
    for disk in (Durable(Term(1)), Durable(Term(2), NOBODY, _begun_log())):
        yield from _told(MEMBERS[1], disk, _restoring(MEMBERS[1]))
    disk = Durable(Term(2), NOBODY, _begun_log())
    yield from _told(MEMBERS[1], disk, _handing_over(MEMBERS[1]))


def _told(
    config: Config, disk: Durable, messages: Iterable[Message | Packet]
) -> Iterator[tuple[State, Message]]:
    state, _ = recover(config, disk)
    for said in messages:
        is_packet = isinstance(said, PACKETS)
        message = wire.Received(said, NOON) if is_packet else said  # type: ignore[arg-type] # a packet
        yield state, message  # type: ignore[misc] # no packet any more
        state, _ = step(state, message)  # type: ignore[arg-type] # no packet any more


def _leading(config: Config) -> Iterator[Message | Packet]:
    a, b = ((config.mesh, AgentId(name)) for name in "ab")
    late, one = Term(0), Term(1)
    election = wire.Elapsed(Timer.ELECTION, NOON)
    heartbeat = wire.Elapsed(Timer.HEARTBEAT, NOON)
    blank = (Index(0), Term(0))
    yield election
    yield election
    yield wire.Claim(*a, late)  # a pre-candidate joins no claim
    yield wire.PreVoteReply(*a, late, one, True)
    yield wire.PreVoteReply(*b, late, one, True)
    yield wire.AppendReply(*a, one, True, Index(-1), one)
    yield election
    for sender in (a, b):
        yield wire.PreVoteReply(*sender, one, Term(2), True)
    yield wire.VoteReply(*a, one, True)  # of the term before
    for sender in (a, b):
        yield wire.VoteReply(*sender, Term(2), True)
    yield heartbeat
    yield wire.LeaseRead(RequestId("r0"), NOON)  # its first round is in flight
    yield wire.HeartbeatReply(*a, one, Round(1), *blank)
    yield heartbeat
    yield heartbeat
    for sender in (a, b):
        yield wire.HeartbeatReply(*sender, Term(2), Round(1), *blank)
    yield wire.LeaseRead(RequestId("r1"), NOON)  # nothing of its term is committed
    yield heartbeat
    for sender in (a, b):
        yield wire.HeartbeatReply(*sender, Term(2), Round(2), *blank)
    for accepted in (True, False):  # of the term before
        yield wire.AppendReply(*a, one, accepted, Index(1), one)
    for sender in (a, b):
        yield wire.AppendReply(*sender, Term(2), True, Index(1), Term(2))
    yield wire.Read(RequestId("r2"), NOON)
    yield wire.Read(RequestId("r3"), NOON)
    for sender in (a, b):
        yield wire.HeartbeatReply(*sender, Term(2), Round(5), Index(1), Term(2))
    yield wire.HeartbeatReply(
        config.mesh, AgentId("d"), Term(2), Round(4), Index(1), Term(2)
    )
    yield election  # two of four answer no more
    yield heartbeat


def _following(config: Config) -> Iterator[Message | Packet]:
    b, one = (config.mesh, AgentId("b")), Term(1)
    election = wire.Elapsed(Timer.ELECTION, NOON)
    command = Entry(one, EntryKind.COMMAND, Command("set x"), RequestId("w1"))
    yield election
    yield election
    yield election
    yield wire.Claim(*b, one)
    log = Segment((Entry(one, EntryKind.NOOP), command, command))
    yield wire.Append(*b, one, Index(0), Term(0), log, Index(0))
    for number in (2, 3):
        request = RequestId(f"r{number}")
        yield wire.ReadIndexReply(*b, one, request, True, Index(number))
    higher = Term(2)
    nobody = config.first_roll.members
    yield wire.Heartbeat(*b, higher, Round(1), Index(2), higher, nobody)
    yield wire.Heartbeat(*b, higher, Round(2), Index(2), one, nobody)
    yield wire.TransferNow(*b, higher)
    yield wire.TransferNow(*b, Term(3))


def _begun_log() -> Log:
    """Begin a log behind a snapshot, with an entry that sets a roll before it."""
    ab, c = AgentSet.of("ab"), AgentSet.of("c")
    roll = Roll(ab, ab, c, Index(2), Term(1))
    return Log.starting(Index(3), Term(2), roll).append(Entry(Term(2), EntryKind.NOOP))


def _restoring(config: Config) -> Iterator[Message | Packet]:
    """Hand snapshots over: stale, known, whole, with a rest and with a conflict."""
    b, two, three = (config.mesh, AgentId("b")), Term(2), Term(3)
    first, command = config.first_roll, Command("set x")
    ab, c = AgentSet.of("ab"), AgentSet.of("c")
    settled = Roll(ab, ab, c, Index(2), Term(1))
    joint = Roll(ab, AgentSet.of("abc"), c.without(AgentId("c")), Index(9), two)
    request = RequestId("r1")
    yield wire.Install(*b, Term(1), Index(5), Term(1), first)
    yield wire.Install(*b, two, Index(5), two, settled)
    yield wire.Install(*b, two, Index(5), two, settled)
    yield wire.Install(*b, two, Index(4), two, settled)
    yield wire.Append(*b, two, Index(0), Term(0), Segment(), Index(0))
    own = tuple(Entry(two, EntryKind.COMMAND, command, request) for _ in range(3))
    yield wire.Append(*b, two, Index(5), two, Segment(own), Index(6))
    yield wire.Append(*b, two, Index(4), two, Segment(own), Index(8))
    yield wire.ReadIndexReply(*b, two, request, True, Index(7))
    yield wire.Snapshotted(Index(8))
    yield wire.Snapshotted(Index(5))
    yield wire.Snapshotted(Index(6))
    yield wire.Install(*b, two, Index(7), two, settled)
    yield wire.Install(*b, two, Index(0), Term(0), settled)
    yield wire.Install(*b, two, Index(9), three, settled)
    yield wire.Install(*b, two, Index(9), two, Roll(ab, ab, c, Index(10), two))
    yield wire.Install(*b, two, Index(9), two, Roll(ab, ab, c))
    yield wire.Install(*b, two, Index(9), two, Roll(first.electors, ab, c))
    yield wire.Install(*b, two, Index(9), two, Roll(AgentSet(), ab, c, Index(9), two))
    yield wire.Install(*b, two, Index(9), two, Roll(ab, AgentSet(), c, Index(9), two))
    yield wire.Install(config.mesh, AgentId("c"), two, Index(9), two, settled)
    yield wire.Heartbeat(*b, two, Round(1), Index(6), two, first.members)
    for number in (7, 9, 10):
        yield wire.ReadIndexReply(*b, two, request, True, Index(number))
    yield wire.Install(*b, three, Index(9), two, joint)
    yield wire.VoteRequest(
        config.mesh, AgentId("c"), Term(4), Index(9), two, first, False
    )
    yield wire.Elapsed(Timer.ELECTION, NOON)
    yield wire.Elapsed(Timer.ELECTION, NOON)


def _handing_over(config: Config) -> Iterator[Message | Packet]:
    """Lead with a log that begins behind a snapshot, which another agent needs."""
    b, c = ((config.mesh, AgentId(name)) for name in "bc")
    three, blank, start = Term(3), (Index(0), Term(0)), (Index(3), Term(2))
    election = wire.Elapsed(Timer.ELECTION, NOON)
    heartbeat = wire.Elapsed(Timer.HEARTBEAT, NOON)
    yield election
    yield election
    yield wire.PreVoteReply(*b, Term(2), three, True)
    yield wire.VoteReply(*b, three, True)
    for number in range(1, 5):
        yield heartbeat
        yield wire.HeartbeatReply(*b, three, Round(number), Index(5), three)
        yield wire.HeartbeatReply(*c, three, Round(number), *blank)  # once at a time
        if number == 2:
            yield wire.AppendReply(*b, three, True, Index(5), three)
            yield wire.Snapshotted(Index(5))
            yield wire.AppendReply(*c, three, False, *blank)
        if number == 3:
            yield wire.AppendReply(*c, three, True, *start)  # more is dropped by now
            yield election
    yield wire.AppendReply(*c, three, True, Index(5), three)
    yield wire.Write(RequestId("w1"), Command("set x"))


def disks(walks: int = WALKS) -> Iterator[tuple[Config, Durable]]:
    """Give the disks with which walks begin."""
    for config in MEMBERS:
        for number in range(walks):
            words = f"{config.mesh} {config.me} {number}"
            yield config, _disk(config, Random(words))  # noqa: S311 - no secret


def _walk(config: Config, words: str) -> Iterator[tuple[State, Message]]:
    random, beside = Random(words), Random(f"{words} beside")  # noqa: S311 - no secret
    state, _ = recover(config, _disk(config, random))
    chosen, asked, now = _Chooser(random), _Chooser(beside), 0
    for _ in range(STEPS):
        now += random.choice((0, 1, 1_000, 5_000))
        message = chosen.message(state, Instant(now))
        yield state, message
        for _ in range(ASKED_BESIDE):
            yield state, wire.Received(asked.request(state), NOON)
        state, _ = step(state, message)
        if state.commit_index > state.log.last_index:
            return  # packets of two leaders: no agent of a mesh comes here


def _disk(config: Config, random: Random) -> Durable:
    size = random.choice((0, 0, 0, 1, 3, LONG))
    terms = sorted(random.choice((1, 1, 2, 3)) for _ in range(size))
    entries = [Entry(Term(term), EntryKind.NOOP) for term in terms]
    if size > 0 and random.choice((True, False)):
        place = random.randrange(size)
        members = config.first_roll.members.with_(config.me)
        entries[place] = _change(random, members, Term(terms[place]))
    term = Term(max([*terms, random.choice((0, 0, 1, 3))]))
    voted = random.choice((NOBODY, *config.initial_leaders.members))
    log = Log.of(entries)
    if size > 0 and random.randrange(3) == 0:
        start = Index(random.randint(1, size))
        log = log.compacted(start, log.roll_at(start, config.first_roll))
    return Durable(term, voted if term else NOBODY, log)


def _fit(roll: Roll, place: _Place) -> Roll:
    """Give a roll that was set at a place the term that an entry has there."""
    index, term = place
    return replace(roll, term=term) if roll.index == index > 0 else roll


def _change(random: Random, members: AgentSet, term: Term) -> Entry:
    """Draw an entry that sets a roll of some agents."""
    electors, outgoing = _some(random, members), _some(random, members)
    if random.randrange(3):
        outgoing = electors
    workers = members.difference(electors.union(outgoing))
    request, detail = RequestId("r8"), Command("a.example:7000")
    return Entry(term, EntryKind.ROLL, detail, request, electors, outgoing, workers)


def _some(random: Random, agents: AgentSet) -> AgentSet:
    """Draw one agent or more."""
    chosen = [name for name in agents.members if random.randrange(3)]
    return AgentSet.of(chosen or agents.members[:1])


class _Chooser:
    """Draws messages that are near to a state."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def _one(self, *among: One) -> One:
        return self._random.choice(among)

    def _rarely(self, of: int) -> bool:
        return self._random.randrange(of) == 0

    def message(self, state: State, now: Instant) -> Message:
        """Draw a message."""
        if state.role != Role.FOLLOWER and self._rarely(2):
            return wire.Received(self._helpful(state), now)
        if self._rarely(2):
            return wire.Received(self.packet(state), now)
        request = RequestId(self._one("r1", "r2", "r3"))
        if state.role == Role.LEADER and self._rarely(5):
            return wire.Transfer(request, self._one(*state.roll.electors.members))
        if self._rarely(2 if state.role == Role.LEADER else 12):
            return self._changing(state, request)
        if self._rarely(10):
            near = state.commit_index - self._one(0, 0, 0, 1, 2, -1)
            return wire.Snapshotted(Index(near))
        peers = (*state.roll.members.members, AgentId("z"))
        makes: Sequence[Callable[[], Message]] = (
            lambda: wire.Elapsed(Timer.ELECTION, now),
            lambda: wire.Elapsed(Timer.ELECTION, now),
            lambda: wire.Elapsed(Timer.HEARTBEAT, now),
            lambda: wire.Elapsed(Timer.HEARTBEAT, now),
            lambda: wire.Write(request, Command("set x")),
            lambda: wire.Read(request, now),
            lambda: wire.LeaseRead(request, now),
            lambda: wire.Transfer(request, self._one(*peers)),
        )
        return self._one(*makes)()

    def _changing(self, state: State, request: RequestId) -> Message:
        """Draw a change of the roll, most often one that it allows."""
        roll, random = state.roll, self._random
        groups = {
            ChangeKind.ADMIT: AgentSet.of("yz"),
            ChangeKind.PROMOTE: roll.workers,
            ChangeKind.DEMOTE: roll.electors,
            ChangeKind.DISMISS: roll.workers,
        }
        strangers = roll.members.with_(AgentId("z"))
        if self._rarely(3):
            chosen = _some(random, strangers if self._rarely(6) else roll.members)
            return wire.Replace(request, chosen, Command(""))
        kind = self._one(*ChangeKind)
        among = strangers if self._rarely(5) else groups[kind]
        target = self._one(*(among.members or strangers.members))
        return wire.Change(request, kind, target, Command("a.example:7000"))

    def _helpful(self, state: State) -> Packet:
        """Draw an answer that takes a candidate or a leader further."""
        peers = state.roll.members.without(state.me).members or (AgentId("z"),)
        head = (state.config.mesh, self._one(*peers), state.term)
        if state.role == Role.PRE_CANDIDATE:
            return wire.PreVoteReply(*head, self._proposed(state), True)
        if state.role == Role.CANDIDATE:
            return wire.VoteReply(*head, True)
        last, request = state.log.last_index, RequestId(self._one("r1", "r2"))
        held = Index(self._random.choice((last, last, max(0, last - 1), last // 2)))
        at = (held, self._term_at(state, held))
        makes: Sequence[Callable[[], Packet]] = (
            lambda: wire.AppendReply(*head, True, *at),
            lambda: wire.AppendReply(*head, self._one(True, False), *at),
            lambda: wire.HeartbeatReply(*head, self._round(state), *at),
            lambda: wire.HeartbeatReply(*head, state.leadership.round, *at),
            lambda: wire.ReadIndexRequest(*head, request),
            lambda: wire.Forward(*head, request, Command("set y")),
        )
        return self._one(*makes)()

    def request(self, state: State) -> Packet:
        """Draw what a candidate or a leader asks: most ways through core are theirs."""
        head, at, end = self._head(state), self._position(state), self._end(state)
        drawn = self._one(*self._requests(state, head, at, end))()
        if not isinstance(drawn, wire.PreVoteRequest | wire.VoteRequest):
            return drawn
        strangers = state.roll.members.with_(AgentId("z"))
        others = replace(state.roll, term=Term(1)), Roll(strangers, strangers)
        return replace(drawn, roll=self._one(*others)) if self._rarely(8) else drawn

    def _requests(
        self, state: State, head: _Head, at: _Place, end: _Place
    ) -> tuple[Callable[[], Packet], ...]:
        term = head[2]
        return (
            lambda: wire.PreVoteRequest(*head, *end, self._roll(state)),
            lambda: wire.VoteRequest(
                *head, *end, self._roll(state), self._one(False, False, True)
            ),
            lambda: wire.Heartbeat(*head, self._round(state), *at, state.roll.members),
            lambda: wire.Append(*head, *at, self._entries(state, at, term), at[0]),
            lambda: wire.Append(
                *head,
                *self._end(state),
                self._entries(state, at, term),
                self._position(state)[0],
            ),
        )

    def packet(self, state: State) -> Packet:
        """Draw a packet."""
        head, request = self._head(state), RequestId(self._one("r1", "r2"))
        at, end = self._position(state), self._end(state)
        granted = not self._rarely(4)
        pre_vote, vote, heartbeat, *appends = self._requests(state, head, at, end)
        makes: Sequence[Callable[[], Packet]] = (
            lambda: wire.Claim(*head),
            pre_vote,
            lambda: wire.PreVoteReply(*head, self._proposed(state), granted),
            vote,
            lambda: wire.VoteReply(*head, granted),
            heartbeat,
            lambda: wire.HeartbeatReply(*head, self._round(state), *at),
            *appends,
            lambda: wire.Install(*head, *at, _fit(self._roll(state), at)),
            lambda: wire.Install(*head, *end, _fit(self._roll(state), end)),
            lambda: wire.AppendReply(*head, granted, *at),
            lambda: wire.ReadIndexRequest(*head, request),
            lambda: wire.ReadIndexReply(*head, request, granted, at[0]),
            lambda: wire.TransferNow(*head),
            lambda: wire.Forward(*head, request, Command("set y")),
            lambda: wire.ForwardReply(*head, request, granted, at[0]),
        )
        return self._one(*makes)()

    def _head(self, state: State) -> _Head:
        config = state.config
        mesh = MeshKey("north(z)") if self._rarely(40) else config.mesh
        voters, others = state.roll.voters, state.roll.members.without(config.me)
        near = voters.without(config.me).members or others.members
        sender = self._one(*(near or (AgentId("z"),)))
        if self._rarely(8):
            sender = self._one(*state.roll.members.members, AgentId("z"))
        if state.leader not in (NOBODY, config.me) and self._rarely(2):
            sender = state.leader
        by = self._one(0, 0, 0, 0, 0, 0, 1, 1, 2, -1)
        term = self._one(0, -1) if self._rarely(20) else state.term + by
        return mesh, sender, Term(term)

    def _position(self, state: State) -> _Place:
        last = state.log.last_index
        index = self._one(
            last, last, state.commit_index, 0, self._random.randint(0, last)
        )
        if self._rarely(12):
            return Index(self._one(-1, 0, last, last + 1)), Term(self._one(-1, 0, 1, 9))
        return Index(index), self._term_at(state, Index(index))

    def _term_at(self, state: State, index: Index) -> Term:
        """Read a term, or guess it where the entry is dropped."""
        if index < state.log.start:
            return Term(min(index, 1))
        return state.log.term_at(index)

    def _end(self, state: State) -> _Place:
        if self._rarely(3):
            return self._position(state)
        past = self._one(0, 0, 1, -1)
        index, term = state.log.last_index + past, state.log.last_term
        if index <= 0:
            return Index(0), Term(0)
        return Index(index), Term(max(1, term + self._one(0, 0, 0, 1, -1)))

    def _round(self, state: State) -> Round:
        number = state.leadership.round
        return Round(self._one(number, number, number + 1, number - 1, 1, 1, -1))

    def _proposed(self, state: State) -> Term:
        return Term(state.term + self._one(1, 1, 1, 0, 2))

    def _roll(self, state: State) -> Roll:
        strangers = AgentSet.of("yz")
        if self._rarely(8):
            return self._one(
                Roll(strangers, strangers), replace(state.roll, index=Index(1))
            )
        if self._rarely(3):
            members = state.roll.members
            electors, outgoing = (_some(self._random, members) for _ in range(2))
            at = Index(1), Term(1)
            return self._one(
                Roll(electors, electors, members.difference(electors), *at),
                Roll(electors, outgoing, strangers, *at),
            )
        return self._one(state.roll, state.roll, state.config.first_roll)

    def _entries(self, state: State, at: _Place, term: Term) -> Segment:
        near = max(1, term + self._one(0, 0, 0, -1))
        entry = Entry(Term(near), EntryKind.COMMAND, Command("set z"), RequestId("r9"))
        noop = Entry(Term(max(1, term)), EntryKind.NOOP)
        change = _change(self._random, state.roll.members, Term(max(1, term)))
        own = Segment()
        if state.log.start <= at[0] <= state.log.last_index:
            own = state.log.segment(at[0], 2)
        falling = Segment((Entry(Term(max(1, term)), EntryKind.NOOP), entry))
        return self._one(
            *(Segment(), own, own, falling),
            *(Segment((one,)) for one in (noop, entry, change)),
            Segment((change, noop)),
        )
