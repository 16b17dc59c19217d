"""Scenes: many states and messages of every kind, from one seed.

Most are near: a packet of about this term from a peer, about a position that both may
know, so that what takes a coincidence happens. Some states are broken, in ways that no
step leads to: the lifted paths must match core there too, or say that a contract is not
kept. What hypothesis draws, and shrinks, is in `situations`; it takes 4 ms each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Any, Final, TypeVar, get_args

from primacy import messages as wire
from primacy import step
from primacy.agents import AgentMap, AgentSet
from primacy.config import Config
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.pending_reads import FollowerRead, FollowerReads, LeaderRead, LeaderReads
from primacy.role import Role, Wait
from primacy.state import NO_LEADERSHIP, Durable, Leadership, State
from primacy.types import NOBODY, Index, RequestId, Term
from primacy_proofs.system import lifting
from tests.support.rolls import around, grown

Item = TypeVar("Item")

PACKETS: Final[Mapping[str, type]] = {
    kind.__name__: kind for kind in get_args(wire.Packet)
}
LOCALS: Final[Mapping[str, type]] = {
    kind.__name__: kind for kind in get_args(wire.Message) if kind is not wire.Received
}
TEXTS: Final = ("r", "s", "t", "")
FOR_LEADERS: Final = ("AppendReply", "HeartbeatReply", "ReadIndexRequest", "Forward")
BY_CLIENTS: Final = ("Write", "Read", "LeaseRead", "Transfer", "Change", "Replace")
FOR_FOLLOWERS: Final = ("Append", "Install", "Heartbeat", "Claim", "TransferNow")
ROLES: Final[Mapping[str, tuple[Role, ...]]] = {
    "PreVoteReply": (Role.PRE_CANDIDATE,),
    "VoteReply": (Role.CANDIDATE,),
    **dict.fromkeys(FOR_FOLLOWERS, (Role.FOLLOWER,)),
    **dict.fromkeys((*FOR_LEADERS, *BY_CLIENTS), (Role.LEADER,)),
}
"""Who a message is for, where it is for somebody."""


@dataclass(frozen=True)
class Scenes:
    """A source of scenes."""

    chance: Random

    def one(self, *among: Item) -> Item:
        """Draw one of some values."""
        return self.chance.choice(among)

    def rarely(self, one_in: int) -> bool:
        """Tell, now and then, that now is the time."""
        return self.chance.randrange(one_in) == 0

    def some(self, among: Sequence[Item], most: int) -> list[Item]:
        """Draw some of a list, each as often as it comes."""
        count = self.chance.randint(0, most) if among else 0
        return self.chance.choices(among, k=count) if count else []

    def number(self) -> int:
        """Draw a number, small but now and then."""
        return self.one(-1, 9, 65, 2**70) if self.rarely(40) else self.one(*range(5))

    def agents(self, among: AgentSet) -> AgentSet:
        """Draw a set of some agents."""
        return AgentSet(tuple(each for each in among.members if self.rarely(2)))

    def numbers(self, agents: AgentSet, lowest: int, highest: int) -> AgentMap:
        """Draw a number for each of some agents."""
        drawn = AgentMap()
        for agent in agents.members:
            drawn = drawn.set(agent, self.chance.randint(lowest, highest))
        return drawn

    def choose(self, among: Sequence[Item]) -> Item:
        """Draw one of a list."""
        return self.chance.choice(among)

    def entries(
        self, config: Config, roll: Roll, lowest: int, highest: int, most: int
    ) -> tuple[Entry, ...]:
        """Draw entries whose terms never fall, to follow a roll."""
        terms = self.some(range(lowest, min(highest, lowest + 4) + 1), most)
        return grown(roll, sorted(terms), around(config), TEXTS, self.choose)

    def log(self, config: Config, highest: int) -> Log:
        """Draw a log that ends by a term; some fill a chunk, some begin late."""
        most = self.one(0, 5, 5, 5)
        entries = self.entries(config, config.first_roll, 1, highest, most)
        opening = 61 if entries and self.rarely(10) else 0
        log = Log.of((Entry(Term(1), EntryKind.NOOP),) * opening + entries)
        if self.rarely(2) or not entries:
            return log
        start = Index(self.chance.randint(1, log.last_index))
        return log.compacted(start, log.roll_at(start, config.first_roll))

    def disk(self, config: Config) -> Durable:
        """Draw a disk."""
        term, log = self.number(), self.log(config, 4)
        if log.last_term > term:
            log = Log()
        voters = log.roll(config.first_roll).voters.members
        return Durable(Term(term), self.one(NOBODY, *voters), log)

    def state(self, config: Config, role: Role) -> State:
        """Draw a state in a role, such as an agent can be in."""
        me, everyone = config.me, around(config)
        is_standing = role in (Role.CANDIDATE, Role.LEADER)
        is_asking = role in (Role.CANDIDATE, Role.PRE_CANDIDATE)
        term = self.chance.randint(1 if is_standing else 0, 4)
        log = self.log(config, term - 1 if role == Role.CANDIDATE else term)
        if role == Role.LEADER and log.last_term < term and not self.rarely(6):
            log = log.append(Entry(Term(term), EntryKind.NOOP))
        roll = log.roll(config.first_roll)
        leader = me if role == Role.LEADER else NOBODY
        if role == Role.FOLLOWER and term:
            leader = self.one(NOBODY, *roll.voters.without(me).members)
        is_blank = log.last_index == 0 and leader == NOBODY
        commit = self.chance.randint(log.start, log.last_index)
        commit = self.one(commit, commit, log.start, log.last_index)
        vote = self.one(NOBODY, *roll.voters.members) if term else NOBODY
        claimants = config.initial_leaders.members
        parts: dict[str, Any] = {
            "config": config,
            "durable": Durable(Term(term), me if is_standing else vote, log),
            "roll": roll,
            "role": role,
            "wait": self.one(*Wait) if role == Role.FOLLOWER else Wait.STAND,
            "leader": leader,
            "commit_index": commit,
            "granted": AgentSet(),
            "lowest_claim": self.one(NOBODY, *claimants) if is_blank else "",
            "last_heartbeat": self.number(),
            "alive": self.agents(everyone),
            "is_cut_off": role != Role.LEADER and self.rarely(2),
            "parked": self.parked(commit),
            "leadership": NO_LEADERSHIP,
        }
        if is_asking:
            parts["granted"] = self.agents(everyone).with_(me)
        if role == Role.LEADER:
            parts["leadership"] = self.leadership(config, log, commit)
        return State(**parts)

    def parked(self, commit: int) -> FollowerReads:
        """Draw reads that wait for more than is committed."""
        ahead = self.some(range(commit + 1, commit + 4), 2)
        reads = [FollowerRead(RequestId(self.one(*TEXTS)), Index(at)) for at in ahead]
        return FollowerReads(tuple(dict.fromkeys(reads)))

    def leadership(self, config: Config, log: Log, commit: int) -> Leadership:
        """Draw what a leader knows of the members, and of itself."""
        roll, me, last = log.roll(config.first_roll), config.me, log.last_index
        members, everyone = roll.members, around(config)
        low = self.one(0, 0, last, max(0, last - 1))
        match = self.numbers(members, low, last).set(me, last)
        following = AgentMap()
        for agent in members.without(me).members:
            next_index = self.chance.randint(match.get(agent) + 1, last + 1)
            following = following.set(agent, next_index)
        number = self.number()
        seen = self.numbers(members, 0, max(0, number)).set(me, number)
        confirmed = self.chance.randint(0, max(0, number))
        asked: list[Any] = [
            LeaderRead(self.one(*everyone.members), *each)  # type: ignore[arg-type]  # plain
            for each in self.some([("r", commit, number), ("s", 0, confirmed + 1)], 2)
        ]
        parts: dict[str, Any] = {
            "match": match,
            "next": following,
            "installing": self.numbers(members, 0, self.one(0, 0, last)),
            "seen": seen,
            "round": number,
            "confirmed_round": confirmed,
            "checked_round": self.chance.randint(0, max(0, number)),
            "lease_round": self.chance.randint(0, max(0, number)),
            "lease_start": self.number(),
            "lease_until": self.number(),
            "lease_given": confirmed > 0 and not self.rarely(3),
            "lease_void": self.rarely(3),
            "transferee": self.one(*roll.voters.members) if self.rarely(4) else NOBODY,
            "reads": LeaderReads(tuple(asked)),
        }
        return Leadership(**parts)

    def broken(self, state: State) -> State:
        """Draw a state with parts of another, such as no step leads to."""
        other = self.state(state.config, self.one(*Role))
        lead = self.mixed(state.leadership, other.leadership)
        if self.rarely(4):
            name = self.one("match", "next", "seen", "installing")
            few = self.numbers(self.agents(around(state.config)), 0, 4)
            part: dict[str, Any] = {name: few}
            lead = replace(lead, **part)
        if self.rarely(4):
            return replace(state, leadership=lead)
        return replace(self.mixed(state, other), leadership=lead)

    def mixed(self, one: Item, other: Item) -> Item:
        """Draw a record with most fields of one and some of another."""
        record: Any = one
        parts = {
            each.name: getattr(other, each.name)
            for each in fields(record)
            if self.rarely(3)
        }
        made: Item = replace(record, **parts)
        return made

    def scene(self, kind: str, config: Config) -> tuple[State, wire.Message]:
        """Draw a state and a message of a kind to its agent."""
        roles = tuple(Role) if self.rarely(4) else ROLES.get(kind, tuple(Role))
        state = self.state(config, self.one(*roles))
        near = self.near(state)
        now: Any = near["now"]
        opaque: Any = lifting.Opaque()
        if kind in lifting.UNKNOWN:
            is_local = kind == lifting.UNKNOWN[0]
            return state, opaque if is_local else wire.Received(opaque, now)
        record = PACKETS.get(kind) or LOCALS[kind]
        made: Any = record(**{each.name: near[each.name] for each in fields(record)})
        return state, wire.Received(made, now) if kind in PACKETS else made

    def pair(self, config: Config) -> tuple[State, State]:
        """Draw two states of an agent, one after the other or any two."""
        state, message = self.scene(self.one(*PACKETS, *LOCALS), config)
        after, _ = step(state, message)
        return state, after if self.rarely(3) else self.broken(after)

    def near(self, state: State) -> dict[str, Any]:
        """Draw a value for each field of each message, by its name; most fit.

        A peer speaks, of about this term, and of a position that both may know.
        """
        config, lead, log = state.config, state.leadership, state.log
        term = max(1, state.term + self.one(-1, 0, 0, 0, 1, 1, 2))
        lowest = max(log.start, log.last_index - 3)
        position = self.chance.randint(lowest, log.last_index)
        last = log.last_index
        at = self.one(0, position, position, last, last, last + 1)
        known = log.term_at(Index(min(at, log.last_index)))
        at_term = max(1, min(term, known + self.one(-1, 0, 0, 0, 1))) if at else 0
        is_left = log.start <= at <= log.last_index
        held = log.segment(Index(at), 2) if is_left else Segment()
        roll, everyone = state.roll, around(config)
        others = everyone.without(config.me).members
        peers = roll.members.without(config.me).members or others
        known_peers = (state.leader or peers[0], state.durable.voted_for or peers[0])
        waiting = [read.request for read in lead.reads.reads]
        fit = {
            "mesh": config.mesh,
            "sender": self.one(*peers, *peers, *known_peers, *others),
            "term": term,
            "last_index": at,
            "last_term": at_term,
            "prev_index": at,
            "prev_term": at_term,
            "index": at,
            "index_term": at_term,
            "commit_index": self.one(at, at, position),
            "commit_term": at_term,
            "roll": self.one(roll, config.first_roll),
            "proposed": self.one(state.term + 1, state.term + 1, term),
            "granted": not self.rarely(4),
            "accepted": not self.rarely(3),
            "transfer": self.rarely(3),
            "round": max(1, lead.round + self.one(0, 0, 0, -1, 1)),
            "alive": self.agents(everyone),
            "entries": self.segment(state, held, at_term, term),
            "request": self.one(*TEXTS, *waiting),
            "command": self.one(*TEXTS),
            "timer": self.one(*wire.Timer),
            "now": self.number(),
            "target": self.one(*roll.voters.members, *everyone.members, "zz"),
            "kind": self.one(*wire.ChangeKind),
            "electors": self.one(
                roll.electors,
                *(self.agents(roll.members),) * 3,
                self.agents(everyone),
            ),
            "detail": self.one(*TEXTS),
        }
        if self.rarely(3):
            odd = self.odd(config)
            for name in self.some(tuple(odd), 6):
                fit[name] = odd[name]
        return fit

    def odd(self, config: Config) -> dict[str, Any]:
        """Draw values that seldom fit."""
        positions = ("last_index", "prev_index", "index", "commit_index")
        terms = ("term", "last_term", "prev_term", "index_term", "commit_term")
        sets = (config.initial_leaders, *(self.agents(around(config)),) * 2)
        position = (Index(self.one(0, 1)), Term(self.one(0, 1)))
        roll = Roll(self.one(*sets), self.one(*sets), config.workers, *position)
        few_terms = self.some(range(5), 3)
        entries = grown(
            config.first_roll, few_terms, around(config), TEXTS, self.choose
        )
        numbers, few = (*positions, *terms, "round", "proposed"), range(-1, 7)
        return {name: self.one(*few) for name in numbers} | {
            "mesh": "other",
            "sender": self.one("zz", config.me, NOBODY),
            "roll": roll,
            "entries": Segment(entries),
        }

    def segment(
        self, state: State, held: Segment, lowest: int, highest: int
    ) -> Segment:
        """Draw entries that may follow: those held here, or others."""
        if self.rarely(3):
            return held
        lowest = max(lowest, 1)
        return Segment(self.entries(state.config, state.roll, lowest, highest, 3))
