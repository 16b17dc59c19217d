"""The laws of reads: what is served has every write acknowledged before the question.

The argument, from the end. A read is served at the commit index that the leader of a
term t noted when it began a round. If no later leader had been elected by then, nothing
was committed that this leader had not committed. If one had, the round is `late`: a
quorum had left t, which no member of it acknowledges, and so the round is never
confirmed: a quorum that acknowledged it would share a voter with that one.

Source: Ongaro 2014, section 6.4; docs/specification.md, S10.
"""

from __future__ import annotations

from primacy_proofs.laws import tactics
from primacy_proofs.laws.election import LEADER, stood_with
from primacy_proofs.laws.electorates import has_heir
from primacy_proofs.laws.law import Proof, consequence, invariant, step_law
from primacy_proofs.laws.log_matching import was_led
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    choose,
    equal,
    implies,
    negation,
    number,
)
from primacy_proofs.smt.symbols import AGENT, TEXT
from primacy_proofs.system.log_history import some_quorum
from primacy_proofs.system.world import (
    ME,
    PACKET_SORTS,
    SERVING,
    World,
    field,
)

GROUP = "read"

HEARTBEAT = PACKET_SORTS["Heartbeat"]
REPLY = PACKET_SORTS["HeartbeatReply"]
REQUEST = PACKET_SORTS["ReadIndexRequest"]
ANSWER = PACKET_SORTS["ReadIndexReply"]


def leads(w: World, n: Expr) -> Expr:
    """Tell whether an agent leads its term."""
    return equal(w("role", n), LEADER)


# --- heirs ----------------------------------------------------------------------------


@invariant(GROUP, INT, on=lambda w, t: [[w("successor_term", t)]])
def an_heir_was_elected(w: World, t: Expr) -> Expr:
    """Say that a quorum voted for the first later leader before it led."""
    heir = w("successor_term", t)
    voting = stood_with(w, heir, w("leader_of", heir))
    voted = some_quorum(voting, lambda v: w("elects", t, v))
    return implies(has_heir(w, t), all_of(heir > t, voted))


@invariant(GROUP, INT, AGENT, on=lambda w, t, v: [[w("elects", t, v)]])
def who_elects_an_heir_has_left(w: World, t: Expr, v: Expr) -> Expr:
    """Say that who voted for a later leader is past the term."""
    return implies(w("elects", t, v), all_of(has_heir(w, t), w("term", v) > t))


# --- rounds ---------------------------------------------------------------------------


@invariant(GROUP, INT, INT, on=lambda w, t, r: [[w("begun", t, r)]])
def a_round_was_begun_by_a_leader(w: World, t: Expr, r: Expr) -> Expr:
    """Say that rounds count from 1 and are of a leader."""
    return implies(w("begun", t, r), all_of(r >= number(1), was_led(w, t)))


@invariant(
    GROUP, AGENT, INT, INT, on=lambda w, n, t, r: [[w("role", n), w("begun", t, r)]]
)
def no_round_is_ahead_of_its_leader(w: World, n: Expr, t: Expr, r: Expr) -> Expr:
    """Say that a leader begins no round twice."""
    own = all_of(leads(w, n), equal(t, w("term", n)), w("begun", t, r))
    return implies(own, r <= w("round", n))


@invariant(GROUP, AGENT, on=lambda w, n: [[w("round", n)]])
def the_round_of_a_leader_was_begun(w: World, n: Expr) -> Expr:
    """Say that the last round of a leader is known to history."""
    last = w("round", n)
    known = any_of(equal(last, 0), w("begun", w("term", n), last))
    return implies(leads(w, n), all_of(last >= number(0), known))


@invariant(GROUP, HEARTBEAT, on=lambda w, m: [[w.sent("Heartbeat", m)]])
def a_heartbeat_names_a_round(w: World, m: Expr) -> Expr:
    """Say that what is sent was begun."""
    term, count = (field("Heartbeat", name, m) for name in ("term", "round"))
    return implies(w.sent("Heartbeat", m), w("begun", term, count))


@invariant(GROUP, AGENT, INT, on=lambda w, v, t: [[w("acked", v, t)]])
def what_was_acknowledged_was_begun(w: World, v: Expr, t: Expr) -> Expr:
    """Say that an agent acknowledges rounds of its term."""
    count = w("acked", v, t)
    real = all_of(w("begun", t, count), w("term", v) >= t)
    return all_of(count >= number(0), implies(count >= number(1), real))


@invariant(GROUP, REPLY, on=lambda w, m: [[w.sent("HeartbeatReply", m)]])
def a_reply_names_what_was_acknowledged(w: World, m: Expr) -> Expr:
    """Say that who answers a round has acknowledged it."""
    names = ("sender", "term", "round")
    sender, term, count = (field("HeartbeatReply", name, m) for name in names)
    told = all_of(w.sent("HeartbeatReply", m), count >= number(1))
    return implies(told, count <= w("acked", sender, term))


@invariant(GROUP, AGENT, AGENT, on=lambda w, n, a: [[on.get(w("seen", n), a)]])
def what_was_seen_was_acknowledged(w: World, n: Expr, a: Expr) -> Expr:
    """Say that a leader counts only what was acknowledged."""
    seen = on.get(w("seen", n), a)
    return implies(leads(w, n), seen <= w("acked", a, w("term", n)))


@invariant(
    GROUP,
    INT,
    INT,
    AGENT,
    on=lambda w, t, r, v: [[w("late", t, r), w("elects", t, v)]],
)
def who_left_acknowledges_nothing_new(w: World, t: Expr, r: Expr, v: Expr) -> Expr:
    """Say that a late round is not acknowledged by who voted for the heir."""
    late = all_of(w("begun", t, r), w("late", t, r), w("elects", t, v))
    return implies(late, w("acked", v, t) < r)


@invariant(GROUP, INT, INT, on=lambda w, t, r: [[w("late", t, r)]])
def a_late_round_has_an_heir(w: World, t: Expr, r: Expr) -> Expr:
    """Say that a round is late because of an heir."""
    return implies(all_of(w("begun", t, r), w("late", t, r)), has_heir(w, t))


# --- commits --------------------------------------------------------------------------


@invariant(
    GROUP, AGENT, INT, INT, on=lambda w, n, t, i: [[w("role", n), w("chosen", t, i)]]
)
def a_leader_knows_what_it_chose(w: World, n: Expr, t: Expr, i: Expr) -> Expr:
    """Say that a leader's commit index never falls."""
    own = all_of(leads(w, n), equal(t, w("term", n)), w("chosen", t, i))
    return implies(own, i <= w("commit_index", n))


@consequence(
    GROUP,
    AGENT,
    INT,
    INT,
    on=lambda w, n, t, i: [[w("role", n), w("chosen", t, i)]],
)
def a_leader_has_committed_what_was_chosen_before(
    w: World, n: Expr, t: Expr, i: Expr
) -> Expr:
    """Say that an entry of its own term shows a leader all that was committed."""
    index, log, term = w("commit_index", n), w("log", n), w("term", n)
    own = all_of(number(1) <= index, equal(on.term_at(log, index), term))
    before = all_of(w("chosen", t, i), number(1) <= i, t <= term)
    return implies(all_of(leads(w, n), own, before), i <= index)


# --- reads ----------------------------------------------------------------------------


@invariant(
    GROUP,
    TEXT,
    on=lambda w, q: [[w("floor", q)]],
    proof=Proof(on_demand=("what is known was chosen",)),
)
def a_floor_was_chosen(w: World, q: Expr) -> Expr:
    """Say that what was committed when a read was asked for is committed."""
    by, at, least = w("floor.by", q), w("floor.at", q), w("floor", q)
    was_chosen = all_of(w("chosen", by, at), least <= at)
    return implies(w("asked", q), any_of(least <= number(0), was_chosen))


@invariant(
    GROUP,
    AGENT,
    AGENT,
    TEXT,
    INT,
    INT,
    on=lambda w, n, a, q, i, r: [[on.asked(w("reads", n), a, q, i, r)]],
)
def a_read_waits_for_its_round(  # noqa: PLR0917 - the parts of a read
    w: World, n: Expr, a: Expr, q: Expr, i: Expr, r: Expr
) -> Expr:
    """Say that a waiting read is fresh, or its round is late."""
    term = w("term", n)
    waits = all_of(leads(w, n), on.asked(w("reads", n), a, q, i, r))
    fresh = any_of(w("late", term, r), w("floor", q) <= i)
    real = all_of(w("asked", q), w("begun", term, r), i <= w("commit_index", n))
    return implies(waits, all_of(real, fresh))


@invariant(GROUP, REQUEST, on=lambda w, m: [[w.sent("ReadIndexRequest", m)]])
def a_request_was_asked(w: World, m: Expr) -> Expr:
    """Say that an agent passes on what its client asked."""
    asked = w("asked", field("ReadIndexRequest", "request", m))
    return implies(w.sent("ReadIndexRequest", m), asked)


@invariant(
    GROUP,
    ANSWER,
    on=lambda w, m: [[w.sent("ReadIndexReply", m)]],
    proof=tactics.FRESH,
)
def an_answer_is_fresh(w: World, m: Expr) -> Expr:
    """Say that a granted index has all that was committed at the question."""
    request, index = (field("ReadIndexReply", name, m) for name in ("request", "index"))
    granted = all_of(w.sent("ReadIndexReply", m), field("ReadIndexReply", "granted", m))
    fresh = all_of(w("asked", request), w("floor", request) <= index)
    return implies(granted, fresh)


@invariant(
    GROUP, AGENT, TEXT, INT, on=lambda w, n, q, i: [[on.parks(w("parked", n), q, i)]]
)
def a_parked_read_is_fresh(w: World, n: Expr, q: Expr, i: Expr) -> Expr:
    """Say that a read waits for no less than it needs."""
    fresh = all_of(w("asked", q), w("floor", q) <= i)
    return implies(on.parks(w("parked", n), q, i), fresh)


@step_law(GROUP, INT, proof=tactics.UNCONFIRMED)
def a_late_round_is_never_confirmed(before: World, after: World, r: Expr) -> Expr:
    """Say that a quorum that acknowledges a round has elected no heir before it."""
    term, confirmed = after("term", ME), after("confirmed_round", ME)
    count = choose(leads(before, ME), before("confirmed_round", ME), number(0))
    is_new = all_of(leads(after, ME), confirmed > count)
    real = all_of(after("begun", term, r), r <= confirmed)
    return implies(all_of(is_new, real), negation(after("late", term, r)))


@step_law(GROUP, TEXT, INT, proof=tactics.FRESH)
def a_confirmed_read_is_fresh(_: World, after: World, q: Expr, i: Expr) -> Expr:
    """S10: served by read index, at the leader or elsewhere."""
    fresh = all_of(after("floor", q) <= i, i <= after("commit_index", ME))
    return implies(after(SERVING, q, i), all_of(after("asked", q), fresh))
