"""The theorems: what each says, and which laws it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from primacy_proofs.laws.law import (
    ALL_PATHS,
    APPLIES_FIRST,
    FORWARDED,
    NEVER_RAISES,
    ONLY_IMPOSSIBLE,
    PATHS,
    PERSISTS_FIRST,
    REJECTION,
    RESTS_ON,
    TOTAL,
)
from primacy_proofs.theorems.prover import Obligation

EVERY_MESH: Final = "every mesh"


@dataclass(frozen=True, slots=True)
class Theorem:
    """One theorem."""

    id: str
    name: str
    statement: str
    group: str
    """The laws it rests on are those of this group and of what that rests on.

    A path that raises has no step, so every theorem rests on `no handler raises` too,
    and on all paths being known.
    """
    claims: tuple[str, ...]
    """The laws that say what the theorem says."""
    clauses: tuple[str, ...]
    """The clauses of docs/specification.md that it is about."""
    assumes: tuple[str, ...]
    """The obligations of a runtime without which it would not hold."""
    negative_control: str
    """A mutant without one of its assumptions, which breaks a law of it.

    Empty for path completeness: that it bites is shown by leaving a path out.
    """

    @property
    def groups(self) -> frozenset[str]:
        """Name the groups of laws whose obligations are the theorem's."""
        if self.group == PATHS:
            return frozenset((PATHS,))
        resting = (self.group, TOTAL, PATHS)
        return frozenset(each for one in resting for each in (one, *RESTS_ON[one]))

    def owns(self, obligation: Obligation) -> bool:
        """Tell whether an obligation is one of the theorem's."""
        return obligation.group in self.groups


OF_DISKS: Final = (
    "runtime.in-order",
    "runtime.atomic-persist",
    "runtime.persist-fails",
    "runtime.own-disk",
    "runtime.one-at-a-time",
    "runtime.delivery",
    "runtime.same-mesh",
)
"""What every theorem about more than one step assumes."""

OF_CLOCKS: Final = (
    "runtime.timer-not-early",
    "runtime.timer-replaced",
    "runtime.round-instant",
    "runtime.monotonic-clock",
    "runtime.clock-bound",
    "runtime.same-promise",
)
"""What the theorems about leases assume beside."""

OF_SNAPSHOTS: Final = (
    "runtime.snapshot",
    "runtime.install-complete",
    "runtime.restore",
)
"""What the theorems about what is applied assume of snapshots."""

THEOREMS: Final = (
    Theorem(
        "S1",
        "election safety",
        "at most one agent ever leads a term",
        "election",
        ("a term has one leader",),
        (
            "vote.one-per-term",
            "vote.durable",
            "vote.stale-grant",
            "vote.counted-once",
            "quorum.majority",
            "quorum.electors-only",
            "quorum.joint",
            "quorum.wins",
            "term.durable",
            "restart.from-disk",
            "message.mesh",
            "roll.of-log",
            "roll.first",
        ),
        OF_DISKS,
        negative_control="half-is-a-quorum",
    ),
    Theorem(
        "S2",
        "leader-only elections",
        "who stands or leads is on its own roll, or on the one before, and who votes "
        "for another is on that one's; a packet of an agent off the roll, other than "
        "one of a candidate or a leader and a client's write, makes nobody stand, "
        "vote, lead or commit in its own step, and makes one step down only by a "
        "higher term",
        "worker",
        (
            "a cast is among electors",
            "who stands is an elector",
            "a leader is an elector",
            "a worker makes no candidate",
            "a worker makes nobody vote",
            "a worker elects nobody",
            "a worker commits nothing",
            "a worker deposes nobody but by its term",
        ),
        (
            "stand.electors-only",
            "stand.taken-off",
            "vote.roll",
            "quorum.electors-only",
            "commit.quorum",
            "roll.members-only",
            "presence.decides-nothing",
        ),
        OF_DISKS,
        negative_control="worker-stands",
    ),
    Theorem(
        "S3",
        "monotonic terms",
        "the term of an agent never falls",
        "election",
        ("terms never fall",),
        (
            "term.never-falls",
            "term.higher",
            "term.durable",
            "restart.from-disk",
        ),
        OF_DISKS,
        negative_control="terms-fall",
    ),
    Theorem(
        "S4",
        "one vote",
        "an agent casts one vote a term",
        "election",
        (
            "an agent casts one vote a term",
            "a granted vote was cast",
            "a cast is not forgotten",
        ),
        (
            "vote.one-per-term",
            "vote.durable",
            "stand.next-term",
            "restart.from-disk",
        ),
        OF_DISKS,
        negative_control="second-vote-in-a-term",
    ),
    Theorem(
        "S5",
        "log matching",
        "logs that agree on index and term agree on everything up to it",
        "log",
        ("logs match",),
        (
            "log.consistency",
            "log.conflict",
            "message.entries",
            "message.one-leader",
        ),
        OF_DISKS,
        negative_control="appended-without-a-match",
    ),
    Theorem(
        "S6",
        "leader append-only",
        "a leader never overwrites or deletes its entries",
        "log",
        ("a leader only appends",),
        (
            "leader.append-only",
            "message.one-leader",
        ),
        OF_DISKS,
        negative_control="leader-overwrites-its-tail",
    ),
    Theorem(
        "S7",
        "leader completeness",
        "every committed entry is in the log of every later leader",
        "commit",
        (
            "later leaders have what was chosen",
            "later leaders have what is final",
            "later leaders are long enough",
            "what is accepted stands in its leaders log",
        ),
        (
            "vote.log",
            "commit.quorum",
            "commit.own-term",
            "commit.own-roll",
            "commit.stale-acknowledgement",
            "log.no-truncation",
            "log.below-commit",
            "log.durable",
        ),
        OF_DISKS,
        negative_control="log-not-compared",
    ),
    Theorem(
        "S8",
        "state machine safety",
        "no two agents apply different entries at an index, and a snapshot stands for "
        "no others",
        "commit",
        (
            "what is applied is known",
            "what is known stays",
            "what an agent commits is known",
            "all that is committed is given out",
            "what is given out is newly committed",
            "a snapshot is of what is committed",
            "what is restored is known",
            "what is restored goes beyond what was applied",
        ),
        (
            "commit.verified",
            "commit.travels",
            "commit.in-order",
            "commit.never-back",
            "restart.forgets",
            "restart.from-snapshot",
            "snapshot.committed-only",
            "snapshot.known",
            "snapshot.rest-kept",
            "snapshot.replaces-all",
        ),
        (*OF_DISKS, *OF_SNAPSHOTS, "runtime.apply", "runtime.acknowledge"),
        negative_control="older-term-committed-by-counting",
    ),
    Theorem(
        "S9",
        "fencing",
        "no token is admitted after a higher one; a token names one leader; a write "
        "that is forwarded is taken only under the token that it names",
        "fencing",
        (
            "no token is admitted after a higher one",
            "a token names one leader",
            "a token was its leaders",
            FORWARDED.name,
        ),
        (
            "fencing.token-is-term",
            "fencing.leader-only",
            "fencing.forwarded",
            "fencing.lower-refused",
            "fencing.monotone",
        ),
        (*OF_DISKS, "runtime.attach-token", "runtime.fence"),
        negative_control="lower-token-admitted",
    ),
    Theorem(
        "S10",
        "no stale read",
        "a read that is served, by read index or under a lease, has every write "
        "acknowledged before it was asked for",
        "lease",
        (
            "a confirmed read is fresh",
            "a leased read is fresh",
            "all that is committed is given out",
            APPLIES_FIRST.name,
        ),
        (
            "read.own-term",
            "read.index-first",
            "read.round-after-request",
            "read.quorum-confirms",
            "read.when-applied",
            "heartbeat.stale-acknowledgement",
            "lease.from-start",
        ),
        (
            *OF_DISKS,
            *OF_CLOCKS,
            *OF_SNAPSHOTS,
            "runtime.acknowledge",
            "runtime.apply",
            "runtime.request-ids",
            "runtime.read-applied",
            "runtime.lease-instant",
        ),
        negative_control="read-confirmed-by-an-earlier-round",
    ),
    Theorem(
        "S11",
        "one lease",
        "at no instant of true time do two agents hold a lease",
        "lease",
        ("one agent holds a lease", "who holds a lease has no heir"),
        (
            "lease.from-start",
            "lease.confirmed",
            "change.voids-lease",
            "vote.sticky",
            "vote.released",
            "vote.after-restart",
            "vote.keeps-promise",
            "config.drift",
        ),
        (
            *OF_DISKS,
            *OF_CLOCKS,
        ),
        negative_control="vote-right-after-restart",
    ),
    Theorem(
        "S12",
        "unbroken electorate",
        "two rolls that can be in use at once have quorums that meet: a roll and the "
        "next, those that elect in one term, that of a leader and that of its heir",
        "commit",
        (
            "a change has its ground",
            "candidates with each others ground have near electorates",
            "a candidates electorate is near",
            "a new roll is near that of the heir",
            "an heirs electorate is near",
            "the roll is that of the log",
        ),
        (
            "roll.of-log",
            "roll.first",
            "change.one-at-a-time",
            "change.own-term",
            "change.near",
            "change.joint",
            "change.settles",
            "change.in-force-at-once",
            "commit.own-roll",
        ),
        OF_DISKS,
        negative_control="own-term-not-committed",
    ),
    Theorem(
        "S13",
        "durable before sent",
        "nothing leaves an agent that a crash could make untrue",
        "durable",
        (
            PERSISTS_FIRST.name,
            "the disk has the term",
            "the disk has the vote",
            "the disk has the log",
            "the disk gets the start of the log",
        ),
        (
            "output.durable-first",
            "term.durable",
            "vote.durable",
            "log.durable",
            "write.durable",
            "snapshot.durable",
            "snapshot.keeps-roll",
        ),
        (
            "runtime.in-order",
            "runtime.atomic-persist",
            "runtime.restore",
        ),
        negative_control="vote-persisted-after-reply",
    ),
    Theorem(
        "NR",
        "no handler raises",
        "no exception leaves step, and no container is asked for what it lacks",
        TOTAL,
        (NEVER_RAISES.name,),
        (
            "message.total",
            "log.install-instead",
            "log.below-commit",
            "snapshot.keeps-roll",
        ),
        OF_DISKS,
        negative_control="count-below-the-start-asked",
    ),
    Theorem(
        "RJ",
        "rejection",
        "a packet of any sender is rejected, and changes nothing, exactly if it "
        "cannot be valid",
        REJECTION,
        (ONLY_IMPOSSIBLE.name,),
        (
            "message.kind",
            "message.mesh",
            "message.sender",
            "message.term",
            "message.position",
            "message.entries",
            "message.one-leader",
            "message.unchanged",
            "message.late-is-valid",
            "claim.initial-leaders-only",
            "stand.electors-only",
            "stand.taken-off",
            "roll.first",
            "roll.position",
            "change.never-empty",
        ),
        OF_DISKS,
        negative_control="another-roll-taken",
    ),
    Theorem(
        "PC",
        "path completeness",
        "every message takes exactly the paths through step that were lifted",
        PATHS,
        (ALL_PATHS.name,),
        ("message.kind",),
        (),
        negative_control="",
    ),
)
"""In the order of the specification. What is not here is not proved."""
