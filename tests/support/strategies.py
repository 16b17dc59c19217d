"""Values of core for property tests: well-typed always, sensible where it is said.

Numbers are drawn from small ranges, so that terms, positions and ids of independent
draws often meet; now and then one is negative or huge. `packets` and `messages` are
whatever a peer may send, garbage included. `states` look like states that an agent can
be in. What a test of `step` wants, a state and a message to it, is in `situations.py`.
"""

import warnings
from collections.abc import Sequence
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from primacy import messages as wire
from primacy import outputs as effects
from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.config import Config, longest_lease_ms
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.pending_reads import (
    NO_FOLLOWER_READS,
    FollowerRead,
    FollowerReads,
    LeaderRead,
    LeaderReads,
)
from primacy.role import Role, Wait
from primacy.state import NO_LEADERSHIP, Durable, Leadership, State
from primacy.types import (
    NOBODY,
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
from tests.support.rolls import OUTSIDER, around, grown

LETTERS = [AgentId(letter) for letter in "abcdefg"]

_small = st.integers(0, 4)
_numbers = st.sampled_from([*range(6)] * 6 + [-1, 9, 63, 64, 65, 2**62, -(2**62)])
_terms = _numbers.map(Term)
_indices = _numbers.map(Index)
_rounds = _numbers.map(Round)
_instants = _numbers.map(Instant)
_lengths = _numbers.map(Duration)
_TEXTS = ("", "r", "s", "r", "s", "\u00e9\U0001f600", "a\n\u2028\0")
_texts = st.sampled_from(_TEXTS)
_commands = _texts.map(Command)
_requests = _texts.map(RequestId)
_foreign = _texts.map(AgentId)
_ids = st.sampled_from([*LETTERS, *LETTERS, NOBODY]) | _foreign
_kinds = st.sampled_from(EntryKind)


@st.composite
def _entries(draw: DrawFn) -> Entry:
    """Draw an entry of any term; one that sets a roll has electors."""
    plain = (draw(_terms), draw(_kinds), draw(_commands), draw(_requests))
    if plain[1] is not EntryKind.ROLL:
        return Entry(*plain)
    electors = agent_sets().filter(lambda some: some.size > 0)
    return Entry(*plain, draw(electors), draw(electors), draw(agent_sets()))


def agent_sets(among: Sequence[AgentId] | None = None) -> SearchStrategy[AgentSet]:
    """Draw a set of some agents, of any agents if none are named."""
    members = _ids if among is None else st.sampled_from(among)
    return st.lists(members, max_size=5).map(AgentSet.of)


def agent_maps() -> SearchStrategy[AgentMap]:
    """Draw numbers of any agents."""
    return st.dictionaries(_ids, _numbers, max_size=4).map(_as_map)


def _as_map(numbers: dict[AgentId, int]) -> AgentMap:
    agents = AgentSet.of(agent for agent, number in numbers.items() if number)
    return AgentMap(agents, tuple(numbers[agent] for agent in agents.members))


def rolls() -> SearchStrategy[Roll]:
    """Draw any roll; most of them no log can have."""
    sets = agent_sets()
    return st.builds(Roll, sets, sets, sets, _indices, _terms)


def _member(electors: str, workers: str, me: str, lease_ms: int = 0) -> Config:
    """Configure an agent of a small mesh; each letter names one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an even electorate is meant here
        return Config(
            "m",
            me,
            AgentSet.of(electors),
            AgentSet.of(workers),
            lease_ms=lease_ms,
            clock_drift_ppm=100,
            batch=2,
        )


MESHES = (
    _member("abc", "d", "a", lease_ms=3),
    _member("abc", "", "b"),
    _member("abc", "", "c"),
    _member("abc", "d", "d"),
    _member("ab", "c", "b"),
    _member("a", "b", "a", lease_ms=3),
    _member("a", "", "a"),
    _member("abc", "d", OUTSIDER),
)
"""Agents in small meshes of different shape."""


@st.composite
def configs(draw: DrawFn) -> Config:
    """Draw a configuration, even electorates and leases included."""
    names = draw(st.permutations(LETTERS))
    size, workers = draw(st.integers(1, 5)), draw(st.integers(0, 2))
    everyone = names[: size + workers]
    heartbeat = draw(st.integers(1, 5_000))
    election = draw(st.integers(heartbeat + 1, 10_000))
    drift = draw(st.sampled_from([0, 1, 100, 500_000]))
    longest = longest_lease_ms(election, drift) if drift else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an even electorate is meant here
        return Config(
            mesh_id=draw(st.sampled_from(["m", "north-1", "A.b_c"])),
            agent_id=draw(st.sampled_from(everyone) | st.sampled_from(names)),
            initial_leaders=AgentSet.of(everyone[:size]),
            workers=AgentSet.of(everyone[size:]),
            heartbeat_interval_ms=heartbeat,
            election_timeout_ms=election,
            leader_timeout_ms=max(election, 2 * heartbeat) + draw(st.integers(0, 9)),
            lease_ms=draw(st.integers(0, longest)),
            clock_drift_ppm=drift,
            batch=draw(st.sampled_from([1, 2, 64])),
        )


@st.composite
def logs(draw: DrawFn, highest: int = 4, config: Config = MESHES[0]) -> Log:
    """Draw a log whose terms start at 1 or more, never fall, and end by `highest`.

    Each roll in it may follow the one before. Most are short; some fill a chunk.
    """
    if highest == 0:
        return Log()
    terms = sorted(draw(st.lists(st.integers(1, highest), max_size=5)))
    entries = grown(
        config.first_roll,
        terms,
        around(config),
        _TEXTS,
        lambda among: draw(st.sampled_from(among)),
    )
    opening = draw(st.sampled_from([0, 0, 0, 61])) if entries else 0
    return Log.of((Entry(Term(1), EntryKind.NOOP),) * opening + entries)


def begun(
    log: Log, config: Config = MESHES[0], committed: int | None = None
) -> SearchStrategy[Log]:
    """Draw a log as it is, or as it is left by a snapshot of what is committed."""
    last = log.last_index if committed is None else committed
    starts = st.just(0) | st.integers(0, last)
    first = config.first_roll
    return starts.map(Index).map(
        lambda start: log.compacted(start, log.roll_at(start, first)) if start else log
    )


def segments() -> SearchStrategy[Segment]:
    """Draw consecutive entries, mostly such as a log may hold."""
    ordered = logs().map(lambda log: Segment(log.entries[:3]))
    return ordered | st.lists(_entries(), max_size=3).map(
        lambda entries: Segment(tuple(entries))
    )


@cache
def packets(config: Config) -> SearchStrategy[wire.Packet]:
    """Draw what may reach an agent: mostly of its mesh and from a peer."""
    everyone = around(config)
    peers = list(everyone.without(config.me).members) * 9
    strangers = [config.me, NOBODY, AgentId("zz")]
    meshes = [config.mesh] * 20 + [MeshKey(""), MeshKey("m(a)")]
    header = (
        st.sampled_from(meshes),
        st.sampled_from(peers + strangers),
        _terms,
    )
    granted = st.booleans()
    alive = agent_sets(everyone.members) | agent_sets()
    own = st.just(config.first_roll)
    brought = own | own | rolls()
    return st.one_of(
        st.builds(wire.Claim, *header),
        st.builds(wire.PreVoteRequest, *header, _indices, _terms, brought),
        st.builds(wire.PreVoteReply, *header, _terms, granted),
        st.builds(wire.VoteRequest, *header, _indices, _terms, brought, granted),
        st.builds(wire.VoteReply, *header, granted),
        st.builds(wire.Heartbeat, *header, _rounds, _indices, _terms, alive),
        st.builds(wire.HeartbeatReply, *header, _rounds, _indices, _terms),
        st.builds(wire.Append, *header, _indices, _terms, segments(), _indices),
        st.builds(wire.Install, *header, _indices, _terms, brought),
        st.builds(wire.AppendReply, *header, granted, _indices, _terms),
        st.builds(wire.ReadIndexRequest, *header, _requests),
        st.builds(wire.ReadIndexReply, *header, _requests, granted, _indices),
        st.builds(wire.TransferNow, *header),
        st.builds(wire.Forward, *header, _requests, _commands),
        st.builds(wire.ForwardReply, *header, _requests, granted, _indices),
    )


@cache
def messages(config: Config) -> SearchStrategy[wire.Message]:
    """Draw what a step may be given: a packet half of the time."""
    received = st.builds(wire.Received, packets(config), _instants)
    elapsed = st.builds(wire.Elapsed, st.sampled_from(wire.Timer), _instants)
    somebody = st.sampled_from(around(config).members) | _ids
    kinds = st.sampled_from(wire.ChangeKind)
    electors = agent_sets(around(config).members)
    local = st.one_of(
        st.builds(wire.Write, _requests, _commands),
        st.builds(wire.Read, _requests, _instants),
        st.builds(wire.LeaseRead, _requests, _instants),
        st.builds(wire.Transfer, _requests, somebody),
        st.builds(wire.Change, _requests, kinds, somebody, _commands),
        st.builds(wire.Replace, _requests, electors, _commands),
        st.builds(wire.Snapshotted, _indices),
    )
    return received | received | received | received | elapsed | local


def observations() -> SearchStrategy[effects.Output]:
    """Draw what only tells an observer."""
    return st.one_of(
        st.builds(
            effects.RoleChanged, st.sampled_from(Role), st.sampled_from(Role), _terms
        ),
        st.builds(effects.LeaderChanged, _ids, _terms),
        st.builds(
            effects.ElectionProgress, st.sampled_from(Role), _terms, agent_sets()
        ),
        st.builds(effects.InitialElection, _ids),
        st.builds(effects.PartitionSuspected, agent_sets(), agent_sets()),
        st.builds(effects.PartitionHealed),
        st.builds(effects.PresenceChanged, agent_sets(), agent_sets()),
        st.builds(effects.RollChanged, rolls(), rolls()),
    )


def outputs() -> SearchStrategy[effects.Output]:
    """Draw what a step may ask of its runtime."""
    reasons, timers = st.sampled_from(effects.Reason), st.sampled_from(wire.Timer)
    return st.one_of(
        st.builds(effects.Persist, _terms, _ids, _indices, segments()),
        st.builds(effects.Discard, _indices, _terms, rolls()),
        st.builds(
            effects.Restore, _terms, _ids, _indices, _terms, rolls(), st.booleans()
        ),
        st.builds(effects.Send, _ids, packets(MESHES[0])),
        st.builds(effects.Broadcast, agent_sets(), packets(MESHES[0])),
        st.builds(effects.Arm, timers, _lengths, _lengths),
        st.builds(effects.Disarm, timers),
        st.builds(effects.Apply, _indices, segments()),
        st.builds(effects.WriteAccepted, _requests, _indices, _terms),
        st.builds(effects.Refused, _requests, reasons, _ids, _terms),
        st.builds(effects.ServeRead, _requests, _indices),
        st.builds(effects.Stale, _requests, reasons, _ids, _terms),
        st.builds(effects.Rejected, reasons, _ids),
        observations(),
    )


@st.composite
def states(draw: DrawFn, config: Config) -> State:
    """Draw a state that looks like one an agent can be in, in any role it may have."""
    role = draw(st.sampled_from([*Role, Role.LEADER, Role.LEADER]))
    term = draw(st.integers(0 if role in (Role.FOLLOWER, Role.PRE_CANDIDATE) else 1, 4))
    log = draw(logs(term - 1 if role == Role.CANDIDATE else term, config))
    if not _may_have(role, config, log):
        role = Role.FOLLOWER
    roll = log.roll(config.first_roll)
    if role == Role.LEADER and log.last_term < term:
        log = log.append(Entry(Term(term), EntryKind.NOOP))
    voters, everyone = roll.voters, around(config)
    others = voters.without(config.me).members
    vote = st.sampled_from([NOBODY, *voters.members]) if term else st.just(NOBODY)
    stands_in_term = role in (Role.CANDIDATE, Role.LEADER)
    some_index = st.integers(0, log.last_index) | st.just(log.last_index)
    commit_index = Index(draw(some_index))
    if role in (Role.CANDIDATE, Role.PRE_CANDIDATE) and not roll.has(config.me):
        commit_index = Index(min(commit_index, roll.index - 1))
    leader = NOBODY
    if role == Role.LEADER:
        leader = config.me
    elif role == Role.FOLLOWER and term:
        leader = draw(st.sampled_from([NOBODY, *others]))
    is_blank = log.last_index == 0 and leader == NOBODY and role != Role.LEADER
    claimants = [NOBODY, *voters.members] if is_blank else [NOBODY]
    log = draw(begun(log, config, commit_index))
    return State(
        config=config,
        durable=Durable(Term(term), config.me if stands_in_term else draw(vote), log),
        roll=roll,
        role=role,
        wait=draw(st.sampled_from(Wait)) if role == Role.FOLLOWER else Wait.STAND,
        leader=leader,
        commit_index=commit_index,
        granted=draw(_grants(config, role, roll)),
        lowest_claim=draw(st.sampled_from(claimants)),
        last_heartbeat=Instant(draw(_small)),
        alive=draw(agent_sets(everyone.members)),
        is_cut_off=draw(st.booleans()) and role != Role.LEADER,
        parked=draw(_parked(commit_index)),
        leadership=(
            draw(leaderships(config, log, commit_index))
            if role == Role.LEADER
            else NO_LEADERSHIP
        ),
    )


def _may_have(role: Role, config: Config, log: Log) -> bool:
    """Tell whether an agent may have a role, by the rolls of its log.

    A lone elector never waits for votes. An agent may stand, and lead, that the last
    change takes off the roll.
    """
    first, me = config.first_roll, config.me
    roll, prior = log.roll(first), log.prior_roll(first)
    is_alone = roll.is_quorum(NO_AGENTS.with_(me))
    may_stand = roll.has(me) or (roll.index > 0 and prior.has(me))
    may_wait = may_stand and not is_alone
    return {Role.FOLLOWER: True, Role.LEADER: may_stand}.get(role, may_wait)


def _grants(config: Config, role: Role, roll: Roll) -> SearchStrategy[AgentSet]:
    """Draw who granted so far: the agent itself, and no quorum."""
    if role not in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        return st.just(NO_AGENTS)
    return (
        agent_sets(around(config).members)
        .map(lambda some: some.with_(config.me))
        .filter(lambda some: not roll.is_quorum(some))
    )


def _parked(commit_index: int) -> SearchStrategy[FollowerReads]:
    indices = st.integers(commit_index + 1, commit_index + 3).map(Index)
    reads = st.lists(
        st.builds(FollowerRead, _requests, indices), max_size=2, unique=True
    )
    return st.just(NO_FOLLOWER_READS) | reads.map(
        lambda some: FollowerReads(tuple(some))
    )


@st.composite
def leaderships(
    draw: DrawFn, config: Config, log: Log, commit_index: int
) -> Leadership:
    """Draw what a leader of a log knows of the members, and of itself."""
    roll, me, last = log.roll(config.first_roll), config.me, log.last_index
    match = {agent: draw(st.integers(0, last)) for agent in roll.members.members}
    match[me] = last
    following = {
        agent: draw(st.integers(held + 1, last + 1)) for agent, held in match.items()
    }
    following[me] = 0
    sent = {agent: draw(st.sampled_from([0, log.start])) for agent in match}
    sent[me] = 0
    number = draw(_small)
    seen = {agent: draw(st.integers(0, number)) for agent in match}
    seen[me] = number
    confirmed = draw(st.integers(0, number))
    start = draw(_small)
    heirs = roll.voters.without(me).members
    transferee = draw(st.just(NOBODY) | st.sampled_from([NOBODY, *heirs]))
    asked = st.builds(
        LeaderRead,
        st.sampled_from(around(config).members),
        _requests,
        st.integers(0, commit_index).map(Index),
        st.integers(confirmed + 1, number).map(Round),
    )
    reads = st.lists(asked, max_size=2) if confirmed < number else st.just([])
    return Leadership(
        match=_as_map(match),
        next=_as_map(following),
        installing=_as_map(sent),
        seen=_as_map(seen),
        round=Round(number),
        confirmed_round=Round(confirmed),
        checked_round=Round(draw(st.integers(0, number))),
        lease_round=Round(draw(st.integers(0, number))),
        lease_start=Instant(start),
        lease_until=Instant(draw(st.sampled_from([0, start + config.lease_ms]))),
        lease_given=confirmed > 0 and draw(st.booleans()),
        lease_void=transferee != NOBODY or draw(st.booleans()),
        transferee=transferee,
        reads=LeaderReads(tuple(draw(reads))),
    )
