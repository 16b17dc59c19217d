"""States and packets for the tests of core, in one line each.

The mesh of the tests: electors a, b and c, the worker w, and x, which is an outsider.
Lengths of time differ from each other, so that one timer is never taken for another.
"""

from collections.abc import Mapping
from dataclasses import replace

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.config import Config, agents
from primacy.electorate import Roll
from primacy.log import EMPTY_SEGMENT, Entry, EntryKind, Log, Segment
from primacy.messages import (
    Append,
    AppendReply,
    Change,
    ChangeKind,
    Claim,
    Elapsed,
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
    Replace,
    Snapshotted,
    Timer,
    TransferNow,
    VoteReply,
    VoteRequest,
)
from primacy.outputs import Arm, Discard, Persist, Restore
from primacy.recovery import recover
from primacy.role import Role, Wait
from primacy.state import Durable, Leadership, State
from primacy.types import (
    AgentId,
    Command,
    Duration,
    Index,
    Instant,
    MeshKey,
    RequestId,
    Round,
    Term,
)

A, B, C, W = AgentId("a"), AgentId("b"), AgentId("c"), AgentId("w")
X = AgentId("x")
"""An outsider."""
ELECTORS = agents("a", "b", "c")
EVERYONE = agents("a", "b", "c", "w")
ROLL = Roll(ELECTORS, ELECTORS, agents("w"))
MESH = MeshKey("m(a,b,c)")
HEARTBEAT_MS, ELECTION_MS, LEADER_MS = 10, 100, 150

PROMISE_TIMER = Arm(Timer.ELECTION, Duration(100), Duration(100))
WINDOW_TIMER = PROMISE_TIMER
PATIENCE_TIMER = Arm(Timer.ELECTION, Duration(0), Duration(100))
ELECTION_TIMER = Arm(Timer.ELECTION, Duration(100), Duration(200))
CLAIM_TIMER = Arm(Timer.ELECTION, Duration(150), Duration(150))
CHECK_TIMER = CLAIM_TIMER
HEARTBEAT_TIMER = Arm(Timer.HEARTBEAT, Duration(10), Duration(10))
FIRST_HEARTBEAT_TIMER = Arm(Timer.HEARTBEAT, Duration(0), Duration(0))


def config(
    me: str = "a",
    *,
    electors: str = "abc",
    workers: str = "w",
    lease_ms: int = 0,
    clock_drift_ppm: int = 0,
    batch: int = 64,
) -> Config:
    """Configure an agent; each letter names one."""
    return Config(
        "m",
        me,
        agents(*electors),
        agents(*workers),
        HEARTBEAT_MS,
        ELECTION_MS,
        LEADER_MS,
        lease_ms,
        clock_drift_ppm,
        batch,
    )


def entry(term: int, name: str = "") -> Entry:
    """Make a command's entry."""
    return Entry(Term(term), EntryKind.COMMAND, Command(name), RequestId(name))


def noop(term: int) -> Entry:
    """Make the entry that opens a term."""
    return Entry(Term(term), EntryKind.NOOP)


def roll(
    electors: str,
    outgoing: str | None = None,
    workers: str = "w",
    *,
    index: int = 0,
    term: int = 0,
) -> Roll:
    """Make a roll; each letter names an agent, and nobody is outgoing if none is."""
    replaced = electors if outgoing is None else outgoing
    return Roll(
        agents(*electors),
        agents(*replaced),
        agents(*workers),
        Index(index),
        Term(term),
    )


def roll_entry(
    term: int,
    electors: str,
    outgoing: str | None = None,
    workers: str = "w",
    *,
    name: str = "",
    detail: str = "",
) -> Entry:
    """Make the entry that sets a roll."""
    sets = roll(electors, outgoing, workers)
    return Entry(
        Term(term),
        EntryKind.ROLL,
        Command(detail),
        RequestId(name),
        sets.electors,
        sets.outgoing,
        sets.workers,
    )


def segment(*terms: int) -> Segment:
    """Cut a segment of entries of these terms."""
    return Segment(tuple(entry(term) for term in terms))


def log(*terms: int) -> Log:
    """Build a log of entries of these terms."""
    return Log.of(entry(term) for term in terms)


def begun(start: int, term: int, *entries: Entry, at: Roll = ROLL) -> Log:
    """Build a log that begins behind a snapshot, where a roll was in force."""
    return Log.starting(Index(start), Term(term), at).extended(entries)


def numbers(held: Mapping[str, int]) -> AgentMap:
    """Give some agents a number; every other agent has 0."""
    found = AgentMap()
    for name, number in held.items():
        found = found.set(AgentId(name), number)
    return found


def durable(
    term: int, vote: str = "", terms: tuple[int, ...] = (), held: Log | None = None
) -> Durable:
    """Fill a disk; the log is given, or is one of commands of these terms."""
    return Durable(Term(term), AgentId(vote), log(*terms) if held is None else held)


def persist(
    term: int, vote: str = "", after: int = 0, entries: Segment = EMPTY_SEGMENT
) -> Persist:
    """Expect a write to the disk."""
    return Persist(Term(term), AgentId(vote), Index(after), entries)


def discard(index: int, term: int, roll: Roll = ROLL) -> Discard:
    """Expect entries to be dropped from the disk."""
    return Discard(Index(index), Term(term), roll)


def restore(
    index: int,
    index_term: int,
    *,
    term: int = 1,
    vote: str = "",
    roll: Roll = ROLL,
    keeps_rest: bool = False,
) -> Restore:
    """Expect a snapshot to be taken for what is applied."""
    return Restore(
        Term(term), AgentId(vote), Index(index), Term(index_term), roll, keeps_rest
    )


def a_newcomer(me: str = "b", *, given: Config | None = None) -> State:
    """Begin with an empty disk."""
    return recover(given or config(me), Durable())[0]


def a_follower(
    me: str = "b",
    *,
    leader: str = "a",
    term: int = 1,
    vote: str = "",
    terms: tuple[int, ...] = (1,),
    held: Log | None = None,
    commit: int = 0,
    given: Config | None = None,
) -> State:
    """Follow a leader that was heard a moment ago."""
    disk = durable(term, vote, terms, held)
    return replace(
        recover(given or config(me), disk)[0],
        wait=Wait.PROMISE,
        leader=AgentId(leader),
        commit_index=Index(commit),
    )


def an_idle_elector(
    me: str = "b",
    *,
    term: int = 1,
    vote: str = "",
    terms: tuple[int, ...] = (1,),
    held: Log | None = None,
) -> State:
    """Follow nobody, and be bound by no promise."""
    before = a_follower(me, leader="", term=term, vote=vote, terms=terms, held=held)
    return replace(before, wait=Wait.STAND)


def a_pre_candidate(
    me: str = "a",
    *,
    term: int = 1,
    terms: tuple[int, ...] = (1,),
    held: Log | None = None,
) -> State:
    """Wait for pre-votes."""
    return replace(
        an_idle_elector(me, term=term, terms=terms, held=held),
        role=Role.PRE_CANDIDATE,
        granted=agents(me),
    )


def a_candidate(
    me: str = "a",
    *,
    term: int = 2,
    terms: tuple[int, ...] = (1,),
    held: Log | None = None,
) -> State:
    """Wait for votes."""
    return replace(
        an_idle_elector(me, term=term, vote=me, terms=terms, held=held),
        role=Role.CANDIDATE,
        granted=agents(me),
    )


def a_leader(
    *,
    term: int = 1,
    terms: tuple[int, ...] = (1,),
    held: Log | None = None,
    commit: int = 1,
    match: Mapping[str, int] | None = None,
    seen: Mapping[str, int] | None = None,
    rounds: int = 0,
    confirmed: int = 0,
    installing: Mapping[str, int] | None = None,
    given: Config | None = None,
) -> State:
    """Lead, as agent a; an agent named in `match` holds the log up to there."""
    settings = given or config("a")
    before = a_follower(
        "a", leader="a", term=term, terms=terms, held=held, vote="a", given=settings
    )
    last, others = before.log.last_index, before.roll.members.without(A)
    leadership = Leadership(
        match=numbers({"a": last, **(match or {})}),
        next=AgentMap().set_all(others, last + 1),
        installing=numbers(installing or {}),
        seen=numbers({"a": rounds, **(seen or {})}),
        round=Round(rounds),
        confirmed_round=Round(confirmed),
        lease_round=Round(confirmed),
        lease_given=confirmed > 0,
    )
    return replace(
        before,
        role=Role.LEADER,
        wait=Wait.STAND,
        commit_index=Index(commit),
        leadership=leadership,
    )


def following(state: State, term: int | None = None) -> State:
    """Expect what is left of a leader that stepped down; in which term, if another."""
    disk = state.durable
    if term is not None:
        disk = Durable(Term(term), AgentId(""), state.log)
    return replace(
        state,
        durable=disk,
        role=Role.FOLLOWER,
        wait=Wait.STAND,
        leader=AgentId(""),
        granted=NO_AGENTS,
        leadership=Leadership(),
    )


def received(packet: Packet, now: int = 0) -> Received:
    """Let a packet arrive."""
    return Received(packet, Instant(now))


def election_elapsed() -> Elapsed:
    """Let the election timer run out."""
    return Elapsed(Timer.ELECTION, Instant(0))


def heartbeat_elapsed(now: int = 0) -> Elapsed:
    """Let the next heartbeat round be due."""
    return Elapsed(Timer.HEARTBEAT, Instant(now))


def claim(sender: str, *, term: int = 0) -> Claim:
    return Claim(MESH, AgentId(sender), Term(term))


def pre_vote_request(
    sender: str = "a",
    *,
    term: int = 2,
    last_index: int = 1,
    last_term: int = 1,
    roll: Roll = ROLL,
) -> PreVoteRequest:
    return PreVoteRequest(
        MESH, AgentId(sender), Term(term), Index(last_index), Term(last_term), roll
    )


def pre_vote_reply(
    sender: str = "b", *, term: int = 1, proposed: int = 2, granted: bool = True
) -> PreVoteReply:
    return PreVoteReply(MESH, AgentId(sender), Term(term), Term(proposed), granted)


def vote_request(
    sender: str = "a",
    *,
    term: int = 2,
    last_index: int = 1,
    last_term: int = 1,
    roll: Roll = ROLL,
    transfer: bool = False,
) -> VoteRequest:
    return VoteRequest(
        MESH,
        AgentId(sender),
        Term(term),
        Index(last_index),
        Term(last_term),
        roll,
        transfer,
    )


def vote_reply(sender: str = "b", *, term: int = 2, granted: bool = True) -> VoteReply:
    return VoteReply(MESH, AgentId(sender), Term(term), granted)


def heartbeat(
    sender: str = "a",
    *,
    term: int = 1,
    number: int = 1,
    commit: int = 0,
    commit_term: int = 0,
    alive: AgentSet = EVERYONE,
) -> Heartbeat:
    return Heartbeat(
        MESH,
        AgentId(sender),
        Term(term),
        Round(number),
        Index(commit),
        Term(commit_term),
        alive,
    )


def heartbeat_reply(
    sender: str = "b",
    *,
    term: int = 1,
    number: int = 1,
    last_index: int = 1,
    last_term: int = 1,
) -> HeartbeatReply:
    return HeartbeatReply(
        MESH,
        AgentId(sender),
        Term(term),
        Round(number),
        Index(last_index),
        Term(last_term),
    )


def append(
    sender: str = "a",
    *,
    term: int = 1,
    prev: int = 0,
    prev_term: int = 0,
    entries: Segment = EMPTY_SEGMENT,
    commit: int = 0,
) -> Append:
    return Append(
        MESH,
        AgentId(sender),
        Term(term),
        Index(prev),
        Term(prev_term),
        entries,
        Index(commit),
    )


def install(
    sender: str = "a",
    *,
    term: int = 1,
    index: int = 1,
    index_term: int = 1,
    roll: Roll = ROLL,
) -> Install:
    return Install(
        MESH, AgentId(sender), Term(term), Index(index), Term(index_term), roll
    )


def append_reply(
    sender: str = "b",
    *,
    term: int = 1,
    accepted: bool = True,
    index: int = 1,
    index_term: int = 1,
) -> AppendReply:
    return AppendReply(
        MESH, AgentId(sender), Term(term), accepted, Index(index), Term(index_term)
    )


def read_index_request(
    sender: str = "b", *, term: int = 1, request: str = "r"
) -> ReadIndexRequest:
    return ReadIndexRequest(MESH, AgentId(sender), Term(term), RequestId(request))


def read_index_reply(
    sender: str = "a",
    *,
    term: int = 1,
    request: str = "r",
    granted: bool = True,
    index: int = 1,
) -> ReadIndexReply:
    return ReadIndexReply(
        MESH, AgentId(sender), Term(term), RequestId(request), granted, Index(index)
    )


def transfer_now(sender: str = "a", *, term: int = 1) -> TransferNow:
    return TransferNow(MESH, AgentId(sender), Term(term))


def forward(
    sender: str = "b", *, term: int = 1, request: str = "x", command: str = "x"
) -> Forward:
    return Forward(
        MESH, AgentId(sender), Term(term), RequestId(request), Command(command)
    )


def forward_reply(
    sender: str = "a",
    *,
    term: int = 1,
    request: str = "x",
    accepted: bool = True,
    index: int = 2,
) -> ForwardReply:
    return ForwardReply(
        MESH, AgentId(sender), Term(term), RequestId(request), accepted, Index(index)
    )


def change(
    kind: ChangeKind, target: str = "x", *, request: str = "r", detail: str = ""
) -> Change:
    return Change(RequestId(request), kind, AgentId(target), Command(detail))


def replacement(electors: str, *, request: str = "r", detail: str = "") -> Replace:
    return Replace(RequestId(request), AgentSet.of(electors), Command(detail))


def snapshotted(index: int) -> Snapshotted:
    return Snapshotted(Index(index))


EVERY_PACKET: tuple[Packet, ...] = (
    claim("a"),
    pre_vote_request(),
    pre_vote_reply("a"),
    vote_request(),
    vote_reply("a"),
    heartbeat(),
    heartbeat_reply("a"),
    append(),
    install(),
    append_reply("a"),
    read_index_request("a"),
    read_index_reply(),
    transfer_now(),
    forward("a"),
    forward_reply(),
)
"""One valid packet of each kind, all from agent a."""


def kind_of(message: object) -> str:
    """Name a packet or message in the id of a test."""
    inner = message.packet if isinstance(message, Received) else message
    return type(inner).__name__
