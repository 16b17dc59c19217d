"""The laws of leases: two agents never hold one, and what is read under one is fresh.

The argument. A quorum acknowledged the round from which a lease counts, and each of its
members then promised to elect nobody for `PROMISE`. So the first later leader was
elected after that, unless the leader had set the promise aside: by a transfer, which
voids its lease, or by standing again, which ends its leadership. A lease is over by
then (`clock_facts`). The *first* later leader is enough: before it there is none whom a
voter could have followed instead.

Source: Ongaro 2014, section 6.4.1; docs/specification.md, S11 and S10.
"""

from __future__ import annotations

from primacy.reads import has_lease
from primacy.role import Role, Wait
from primacy_proofs.laws import tactics
from primacy_proofs.laws.election import roll_of
from primacy_proofs.laws.electorates import has_heir
from primacy_proofs.laws.law import Proof, consequence, invariant, step_law
from primacy_proofs.laws.log_matching import was_led
from primacy_proofs.laws.reads import leads
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    constant,
    differ,
    equal,
    implies,
    negation,
    number,
    substitute,
)
from primacy_proofs.smt.symbols import AGENT, TEXT
from primacy_proofs.symbolic.paths import paths
from primacy_proofs.symbolic.values import LiftedInt, expr_of_bool
from primacy_proofs.system.clocks import PROMISE, clock, lease_of
from primacy_proofs.system.lifting import state
from primacy_proofs.system.log_history import some_quorum
from primacy_proofs.system.world import (
    FUNCTIONS,
    LEASING,
    ME,
    PACKET_SORTS,
    World,
    field,
)

GROUP = "lease"
PROMISED = on.WAITS[Wait.PROMISE]
STANDING = (
    on.ROLES[Role.PRE_CANDIDATE],
    on.ROLES[Role.CANDIDATE],
    on.ROLES[Role.LEADER],
)


def is_gone(w: World, t: Expr) -> Expr:
    """Tell whether the leader of a term leads no more, or has begun a transfer."""
    who = w("leader_of", t)
    stays = all_of(leads(w, who), equal(w("term", who), t))
    return negation(all_of(stays, negation(w("lease_void", who))))


def is_kept(w: World, t: Expr, v: Expr, instant: Expr) -> Expr:
    """Tell whether a promise to the leader of a term has lasted until an instant."""
    begun = w("begun.at", t, w("acked", v, t))
    return any_of(is_gone(w, t), instant >= begun + PROMISE)


def has_acknowledged(w: World, v: Expr, t: Expr) -> Expr:
    """Tell whether an agent acknowledged a round of a term."""
    return w("acked", v, t) >= number(1)


# --- time -----------------------------------------------------------------------------


@invariant(GROUP, INT, INT, on=lambda w, t, r: [[w("begun.at", t, r)]])
def a_round_is_past(w: World, t: Expr, r: Expr) -> Expr:
    """Say that no round was begun later than now."""
    return implies(w("begun", t, r), w("begun.at", t, r) <= w("time"))


@invariant(GROUP, INT, on=lambda w, t: [[w("successor_at", t)]])
def an_heir_is_past(w: World, t: Expr) -> Expr:
    """Say that no leader was elected later than now."""
    return implies(has_heir(w, t), w("successor_at", t) <= w("time"))


@invariant(
    GROUP,
    INT,
    INT,
    INT,
    on=lambda w, t, r, s: [[w("begun.at", t, r), w("begun.at", t, s)]],
)
def rounds_follow_each_other(w: World, t: Expr, r: Expr, s: Expr) -> Expr:
    """Say that a later round was not begun earlier."""
    both = all_of(w("begun", t, r), w("begun", t, s), r <= s)
    return implies(both, w("begun.at", t, r) <= w("begun.at", t, s))


# --- what sets a promise aside --------------------------------------------------------

NOW = PACKET_SORTS["TransferNow"]
VOTES = PACKET_SORTS["VoteRequest"]


@invariant(GROUP, NOW, on=lambda w, m: [[w.sent("TransferNow", m)]])
def a_transfer_voids_the_lease(w: World, m: Expr) -> Expr:
    """Say that who hands over has given up its lease."""
    gone = is_gone(w, field("TransferNow", "term", m))
    return implies(w.sent("TransferNow", m), gone)


@invariant(GROUP, VOTES, on=lambda w, m: [[w.sent("VoteRequest", m)]])
def a_transfer_follows_a_leader(w: World, m: Expr) -> Expr:
    """Say that who stands by transfer follows a leader that has given up its lease."""
    before = field("VoteRequest", "term", m) - 1
    handed = all_of(w.sent("VoteRequest", m), field("VoteRequest", "transfer", m))
    return implies(handed, all_of(was_led(w, before), is_gone(w, before)))


@invariant(GROUP, AGENT, on=lambda w, n: [[w("wait", n)]])
def who_stands_has_promised_nothing(w: World, n: Expr) -> Expr:
    """Say that a promise ends before its agent stands."""
    stands = any_of(*(equal(w("role", n), role) for role in STANDING))
    return implies(stands, differ(w("wait", n), PROMISED))


# --- promises -------------------------------------------------------------------------


@invariant(GROUP, AGENT, INT, on=lambda w, v, t: [[w("acked", v, t)]])
def a_promise_lasts(w: World, v: Expr, t: Expr) -> Expr:
    """Say that who acknowledged a round waits, while there is no later leader."""
    bound = all_of(has_acknowledged(w, v, t), negation(has_heir(w, t)))
    until = w("begun.at", t, w("acked", v, t)) + PROMISE
    waits = all_of(equal(w("wait", v), PROMISED), w("due", v) >= until)
    is_other = differ(v, w("leader_of", t))
    kept = is_kept(w, t, v, w("time"))
    return implies(all_of(bound, is_other), any_of(kept, waits))


@invariant(
    GROUP,
    AGENT,
    INT,
    INT,
    AGENT,
    on=lambda w, v, t, u, c: [[w("acked", v, t), w("vote_cast", v, u, c)]],
)
def a_later_vote_comes_after_the_promise(
    w: World, v: Expr, t: Expr, u: Expr, c: Expr
) -> Expr:
    """Say that before the first later leader nobody votes within its promise."""
    bound = all_of(has_acknowledged(w, v, t), negation(has_heir(w, t)))
    voted = all_of(w("vote_cast", v, u, c), t < u)
    return implies(all_of(bound, voted), is_kept(w, t, v, w("time")))


@invariant(
    GROUP, AGENT, INT, on=lambda w, v, t: [[w("acked", v, t), w("elects", t, v)]]
)
def an_heir_comes_after_the_promises(w: World, v: Expr, t: Expr) -> Expr:
    """Say that the first later leader was elected after the promises of its voters."""
    bound = all_of(has_acknowledged(w, v, t), w("elects", t, v))
    return implies(bound, is_kept(w, t, v, w("successor_at", t)))


# --- leases ---------------------------------------------------------------------------


def is_leased(w: World, n: Expr) -> Expr:
    """Tell whether an agent leads and a round gave it a lease."""
    given = all_of(leads(w, n), w("lease_given", n))
    return all_of(given, w("confirmed_round", n) >= number(1))


def since(w: World, n: Expr) -> Expr:
    """Name the round from which the lease of a leader counts."""
    return w("leased", w("term", n))


@invariant(GROUP, AGENT, on=lambda w, n: [[w("lease_round", n)]])
def a_lease_begins_with_its_round(w: World, n: Expr) -> Expr:
    """Say that the instant from which the next lease counts was read at its round."""
    term, count = w("term", n), w("lease_round", n)
    shown = clock(n, w("life", n), w("begun.at", term, count))
    real = all_of(w("begun", term, count), w("lease_start", n) <= shown)
    begun = all_of(leads(w, n), differ(w("round", n), 0))
    first = implies(equal(w("confirmed_round", n), 0), count <= number(1))
    counted = all_of(number(0) <= count, count <= w("round", n))
    confirmed = all_of(w("confirmed_round", n) >= 0, counted, first)
    return all_of(implies(begun, real), implies(leads(w, n), confirmed))


@invariant(GROUP, AGENT, on=lambda w, n: [[w("lease_given", n)]])
def a_lease_was_confirmed(w: World, n: Expr) -> Expr:
    """Say that a lease is given by a round that was confirmed."""
    given = all_of(leads(w, n), w("lease_given", n))
    return implies(given, w("confirmed_round", n) >= number(1))


@invariant(GROUP, AGENT, on=lambda w, n: [[w("confirmed_round", n)]])
def a_lease_counts_from_a_round(w: World, n: Expr) -> Expr:
    """Say that a lease ends no later than its length after its round began."""
    count = since(w, n)
    shown = clock(n, w("life", n), w("begun.at", w("term", n), count))
    ends = w("lease_until", n) <= shown + lease_of(n)
    return implies(is_leased(w, n), all_of(w("begun", w("term", n), count), ends))


@invariant(
    GROUP,
    AGENT,
    on=lambda w, n: [[w("confirmed_round", n)]],
    proof=tactics.ACKNOWLEDGED,
)
def a_quorum_acknowledged_the_round_of_a_lease(w: World, n: Expr) -> Expr:
    """Say that a quorum promised when the lease began, or later."""
    term, count = w("term", n), since(w, n)
    promised = some_quorum(roll_of(w, n), lambda v: w("acked", v, term) >= count)
    return implies(is_leased(w, n), promised)


@invariant(
    GROUP,
    AGENT,
    on=lambda w, n: [[w("confirmed_round", n), w("role", n)]],
    proof=tactics.IN_TIME,
)
def a_leased_leader_has_no_heir_in_time(w: World, n: Expr) -> Expr:
    """Say that no later leader was elected before the promises ended."""
    term = w("term", n)
    until = w("begun.at", term, since(w, n)) + PROMISE
    late = any_of(negation(has_heir(w, term)), w("successor_at", term) >= until)
    return implies(all_of(is_leased(w, n), negation(w("lease_void", n))), late)


INSTANT = constant("instant", INT)
"""What the clock of an agent shows."""
HOLDS = any_of(
    *(
        all_of(path.condition, expr_of_bool(path.result))
        for path in paths(lambda: has_lease(state(), LiftedInt(INSTANT)))  # type: ignore[arg-type]  # lifted
    )
)
"""The shipped `has_lease`, of the agent that takes the step, at an instant."""


def holds_lease(w: World, n: Expr) -> Expr:
    """Tell whether an agent holds a lease now, as the shipped core says.

    Only for consequences, which speak of one world: no step may have changed it.
    """
    if w.changes:
        raise ValueError("a lease is asked for in a world that a step changed")
    shown = clock(n, FUNCTIONS["life"](n), FUNCTIONS["time"]())
    for name in ("life", "time", "role", "lease_given", "lease_until"):
        w.looked_at.add(name)
    return substitute(substitute(HOLDS, ME, n), INSTANT, shown)


@consequence(GROUP, AGENT, on=lambda w, n: [[w("role", n)]], proof=tactics.OF_HEIR)
def who_holds_a_lease_has_no_heir(w: World, n: Expr) -> Expr:
    """Say that nobody leads a later term while a lease holds."""
    free = all_of(leads(w, n), negation(has_heir(w, w("term", n))))
    return implies(holds_lease(w, n), free)


@consequence(GROUP, AGENT, AGENT, on=lambda w, n, m: [[w("role", n), w("role", m)]])
def one_agent_holds_a_lease(w: World, n: Expr, m: Expr) -> Expr:
    """S11: at no instant of true time do two agents hold a lease."""
    return implies(all_of(holds_lease(w, n), holds_lease(w, m)), equal(n, m))


# --- reads under a lease --------------------------------------------------------------


@invariant(
    GROUP,
    TEXT,
    INT,
    on=lambda w, q, t: [[w("floor.by", q), w("successor_term", t)]],
    proof=Proof(on_demand=("what is known was chosen",)),
)
def a_floor_of_a_later_leader_shows_an_heir(w: World, q: Expr, t: Expr) -> Expr:
    """Say that what a later leader had committed at the question, an heir preceded."""
    later = all_of(w("asked", q), w("floor", q) >= number(1), t < w("floor.by", q))
    known = all_of(has_heir(w, t), w("successor_at", t) <= w("asked.at", q))
    return implies(later, known)


@step_law(GROUP, TEXT, INT)
def a_leased_read_is_fresh(_: World, after: World, q: Expr, i: Expr) -> Expr:
    """S10: served under a lease."""
    fresh = all_of(after("floor", q) <= i, i <= after("commit_index", ME))
    return implies(after(LEASING, q, i), all_of(after("asked", q), fresh))
