"""What history remembers of rounds, heirs, promises and reads.

`begun(t, r)`: the leader of t began round r, at `begun.at(t, r)` of true time; `late(t,
r)`: a leader of a later term had been elected by then. `acked(v, t)`: the highest round
of t that v acknowledged. `successor_term(t)`: the term of the heir of t, the first
leader elected in a term above t, 0 while there is none; elected at `successor_at(t)` by
the voters v with `elects(t, v)`. `leased(t)`: the round from which the lease of the
leader of t counts. `due(n)`: before this the election timer of n does not elapse.
`life(n)`: how often n began anew. `asked(q)`: a client asked for read q, at
`asked.at(q)`, when entries up to `floor(q)` were committed, the last of them chosen as
`(floor.by(q), floor.at(q))`.

Trusted: this file. It says what history remembers.
"""

from __future__ import annotations

from collections.abc import Iterator

from primacy.messages import HeartbeatReply, LeaseRead, Timer
from primacy.outputs import Arm, Outputs, Send, ServeRead
from primacy.role import Role
from primacy.state import State
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    FALSE,
    INT,
    Expr,
    all_of,
    any_of,
    choose,
    constant,
    differ,
    equal,
    exists,
    is_same,
    negation,
    number,
    simplify,
    truth,
)
from primacy_proofs.symbolic.containers import Answered, Served
from primacy_proofs.symbolic.records import lower
from primacy_proofs.symbolic.values import expr_of_int, expr_of_text
from primacy_proofs.system.clocks import MINIMUM, PROMISE, later
from primacy_proofs.system.lifting import RESTART
from primacy_proofs.system.log_history import Disk
from primacy_proofs.system.world import (
    FUNCTIONS,
    LEASING,
    ME,
    SERVING,
    STATE_COLUMNS,
    Change,
    World,
    is_me,
)

LEADER = on.ROLES[Role.LEADER]
NEVER = ("begun", "late", "elects", "asked")
"""What has not happened in the first world."""
NONE = ("acked", "successor_term", "leased")
"""What counts from 0 in the first world."""


def round_changes(
    case: str, after: State, disks: tuple[Disk, ...], outputs: Outputs
) -> dict[str, Change]:
    """Write down what a step adds to the history of rounds and reads."""
    names = [column.name for column in STATE_COLUMNS]
    now = dict(zip(names, lower(after), strict=True))
    changes = _of_timers(outputs)
    if case == RESTART:
        life = FUNCTIONS["life"]
        changes["life"] = lambda before, who: choose(is_me(who), life(ME) + 1, before)
    if not is_same(simplify(equal(now["role"], LEADER)), FALSE):
        changes |= _of_leases(now)
        if not is_same(now["role"], FUNCTIONS["role"](ME)):
            changes |= _of_heirs(now, disks)
    if not is_same(now["round"], FUNCTIONS["round"](ME)):
        changes |= _of_rounds(now)
    return changes | _of_acknowledgements(now, outputs) | _of_reads(case, outputs)


def _of_timers(outputs: Outputs) -> dict[str, Change]:
    due: Expr | None = None
    time = FUNCTIONS["time"]()
    for output in outputs:
        if isinstance(output, Arm) and output.timer == Timer.ELECTION:
            least = expr_of_int(output.least)
            due = choose(least >= MINIMUM, time + PROMISE, time)
    if due is None:
        return {}
    armed = due
    return {"due": lambda before, who: choose(is_me(who), armed, before)}


def _of_heirs(now: dict[str, Expr], disks: tuple[Disk, ...]) -> dict[str, Change]:
    """Note the first leader above each term, and who voted for it by then."""
    time, term = FUNCTIONS["time"](), now["term"]
    is_elected = all_of(
        equal(now["role"], LEADER), differ(FUNCTIONS["role"](ME), LEADER)
    )

    def is_first(of: Expr) -> Expr:
        return all_of(is_elected, of < term, equal(FUNCTIONS["successor_term"](of), 0))

    def elects(before: Expr, of: Expr, voter: Expr) -> Expr:
        votes = [FUNCTIONS["vote_cast"](voter, term, ME)]
        votes += [
            all_of(is_me(voter), equal(when, term), equal(vote, ME))
            for when, vote, *_ in disks
        ]
        return any_of(before, all_of(is_first(of), any_of(*votes)))

    return {
        "successor_term": lambda before, of: choose(is_first(of), term, before),
        "successor_at": lambda before, of: choose(is_first(of), time, before),
        "elects": elects,
    }


def _before(name: str) -> Expr:
    """Give a count of the leader before the step; who did not lead begins at 0."""
    led = equal(FUNCTIONS["role"](ME), LEADER)
    return choose(led, FUNCTIONS[name](ME), number(0))


def _of_rounds(now: dict[str, Expr]) -> dict[str, Change]:
    term, reached, time = now["term"], now["round"], FUNCTIONS["time"]()
    leads = equal(now["role"], LEADER)
    is_new = all_of(leads, reached > _before("round"))

    def is_this(of: Expr, count: Expr) -> Expr:
        return all_of(is_new, equal(of, term), equal(count, reached))

    is_late = differ(FUNCTIONS["successor_term"](term), 0)
    return {
        "begun": lambda before, of, count: any_of(before, is_this(of, count)),
        "begun.at": lambda before, of, count: choose(is_this(of, count), time, before),
        "late": lambda before, of, count: choose(is_this(of, count), is_late, before),
    }


def _of_leases(now: dict[str, Expr]) -> dict[str, Change]:
    confirmed, due = now["confirmed_round"], now["lease_round"]
    if is_same(confirmed, FUNCTIONS["confirmed_round"](ME)):
        return {}
    is_new = confirmed > _before("confirmed_round")
    is_extended = all_of(equal(now["role"], LEADER), is_new, confirmed >= due)

    def leased(before: Expr, of: Expr) -> Expr:
        return choose(all_of(is_extended, equal(of, now["term"])), due, before)

    return {"leased": leased}


def _of_acknowledgements(now: dict[str, Expr], outputs: Outputs) -> dict[str, Change]:
    """Note what is acknowledged to a leader, or by a leader to itself."""
    told = [
        (expr_of_int(output.packet.term), expr_of_int(output.packet.round))
        for output in outputs
        if isinstance(output, Send) and isinstance(output.packet, HeartbeatReply)
    ]
    if not is_same(now["round"], FUNCTIONS["round"](ME)):
        told.append((now["term"], now["round"]))
    if not told:
        return {}

    def acked(before: Expr, who: Expr, of: Expr) -> Expr:
        value = before
        for term, count in told:
            is_higher = all_of(is_me(who), equal(of, term), count > value)
            value = choose(is_higher, count, value)
        return value

    return {"acked": acked}


def _of_reads(case: str, outputs: Outputs) -> dict[str, Change]:
    """Tell which reads are served, and at which index."""
    tests: list[Change] = []
    for output in outputs:
        match output:
            case ServeRead():
                tests.append(_one(output))
            case Served():
                tests.append(_parked(output))
            case Answered():
                tests.append(_own(output))
            case _:
                continue
    if not tests:
        return {}
    name = LEASING if case == LeaseRead.__name__ else SERVING
    return {name: lambda _, what, at: any_of(*(test(what, at) for test in tests))}


def _one(output: ServeRead) -> Change:
    request, index = expr_of_text(output.request), expr_of_int(output.index)
    return lambda what, at: all_of(equal(what, request), equal(at, index))


def _parked(output: Served) -> Change:
    """Serve what waited for entries up to what is applied."""
    needed = constant("needed", INT)

    def is_served(what: Expr, at: Expr) -> Expr:
        parked = on.parks(output.parked, what, needed)
        due = exists([needed], all_of(parked, needed <= output.applied), [[parked]])
        return all_of(equal(at, output.applied), due)

    return is_served


def _own(output: Answered) -> Change:
    """Serve the leader's own reads, where they are granted."""
    count = constant("count", INT)

    def is_served(what: Expr, at: Expr) -> Expr:
        read = on.asked(output.reads, output.me, what, at, count)
        return all_of(truth(output.granted), exists([count], read, [[read]]))

    return is_served


# --- what passes without a step -------------------------------------------------------

DISCARDING = "a disk drops what is gone"
QUESTION = constant("question", on.TEXT)
"""The read that a client asks for."""


def moments() -> Iterator[tuple[str, Expr, World]]:
    """List what happens beside steps: time passes, a client asks for a read."""
    time = FUNCTIONS["time"]()
    passed = World({"time": lambda _: later()})
    yield "time passes", negation(later() < time), passed
    yield _discarding()
    known, asked = FUNCTIONS["known"](), FUNCTIONS["asked"]
    by, at = FUNCTIONS["known.by"](known), FUNCTIONS["known.at"](known)

    def noted(value: Expr) -> Change:
        return lambda before, what: choose(equal(what, QUESTION), value, before)

    after = World(
        {
            "asked": lambda before, what: any_of(before, equal(what, QUESTION)),
            "asked.at": noted(time),
            "floor": noted(known),
            "floor.by": noted(by),
            "floor.at": noted(at),
        }
    )
    yield "a client asks", negation(asked(QUESTION)), after


def _discarding() -> tuple[str, Expr, World]:
    """Drop from the disk what memory dropped, or a part of it, at any later moment.

    A `Discard` that is lost, late or done in part is one that this never does.
    """
    begin, left = constant("discarded", INT), FUNCTIONS["disk.log.start"]
    given = all_of(left(ME) <= begin, begin <= FUNCTIONS["log.start"](ME))
    dropped = World(
        {"disk.log.start": lambda before, who: choose(is_me(who), begin, before)}
    )
    return DISCARDING, given, dropped


def first_moments() -> dict[str, Change]:
    """Give the history of rounds and reads in the first world."""
    changes: dict[str, Change] = {name: lambda *_: FALSE for name in NEVER}
    changes |= {name: lambda *_: number(0) for name in NONE}
    return changes
