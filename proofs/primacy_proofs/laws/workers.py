"""The laws of workers: no packet of theirs elects anybody or commits anything.

A worker's answers are noted like any other: it acknowledges, and is shown as alive. The
argument that this changes nothing is that a leader has nothing left to count before
the answer comes. A leader has committed what it may, and a candidate has no quorum yet;
what a worker adds is not counted, so there is nothing to do after it either.

A client's write that a worker passes on is the client's: where the leader is the only
elector, it is committed at once.

Source: docs/specification.md, S2, clauses `quorum.electors-only` and `commit.quorum`.
"""

from __future__ import annotations

from primacy_proofs.laws.election import (
    CANDIDATE,
    FOLLOWER,
    LEADER,
    PRE_CANDIDATE,
    roll_of,
)
from primacy_proofs.laws.law import invariant, step_law
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    differ,
    equal,
    implies,
    negation,
)
from primacy_proofs.smt.symbols import AGENT
from primacy_proofs.system.world import WORKED, World


@invariant("worker", AGENT, on=lambda w, n: [[w("match", n)]])
def a_leader_has_committed_what_it_may(w: World, n: Expr) -> Expr:
    """Say that the highest index that a quorum holds waits for nothing."""
    match, log = w("match", n), w("log", n)
    voting = roll_of(w, n)
    index = on.suggestion(match, voting)
    is_of_term = all_of(
        index <= on.last(log), equal(on.term_at(log, index), w("term", n))
    )
    waits = all_of(
        index > w("commit_index", n),
        index >= w("roll.index", n),
        is_of_term,
        on.is_quorum(voting, on.at_least(match, index)),
    )
    return implies(equal(w("role", n), LEADER), negation(waits))


@invariant("worker", AGENT, on=lambda w, n: [[w("role", n)]])
def a_campaign_that_goes_on_has_no_quorum(w: World, n: Expr) -> Expr:
    """Say that who has a quorum of grants has gone on."""
    stands = any_of(equal(w("role", n), PRE_CANDIDATE), equal(w("role", n), CANDIDATE))
    won = on.is_quorum(roll_of(w, n), w("granted", n))
    return implies(stands, negation(won))


@invariant("worker", AGENT, on=lambda w, n: [[w("role", n)]])
def who_campaigns_counts_itself(w: World, n: Expr) -> Expr:
    """Say that its own grant is the first; who needs no other never campaigns."""
    stands = any_of(equal(w("role", n), PRE_CANDIDATE), equal(w("role", n), CANDIDATE))
    return implies(stands, on.member(n, w("granted", n)))


@step_law("worker", AGENT)
def a_worker_makes_no_candidate(before: World, after: World, n: Expr) -> Expr:
    """S2: an agent that hears a worker stays what it is, or follows."""
    role = after("role", n)
    stays = any_of(equal(role, before("role", n)), equal(role, FOLLOWER))
    return implies(after(WORKED), stays)


@step_law("worker", AGENT, INT, AGENT)
def a_worker_makes_nobody_vote(
    before: World, after: World, v: Expr, t: Expr, c: Expr
) -> Expr:
    """S2: an agent that hears a worker casts no vote."""
    voted = after("vote_cast", v, t, c)
    return implies(all_of(after(WORKED), voted), before("vote_cast", v, t, c))


@step_law("worker", INT, AGENT)
def a_worker_elects_nobody(before: World, after: World, t: Expr, n: Expr) -> Expr:
    """S2: no term gets a leader by a worker's word."""
    led = after("led", t, n)
    return implies(all_of(after(WORKED), led), before("led", t, n))


@step_law("worker", AGENT)
def a_worker_deposes_nobody_but_by_its_term(
    before: World, after: World, n: Expr
) -> Expr:
    """S2: an agent whose role a worker's packet changes is in a higher term."""
    is_changed = differ(after("role", n), before("role", n))
    rose = after("term", n) > before("term", n)
    return implies(all_of(after(WORKED), is_changed), rose)


@step_law("worker", AGENT)
def a_worker_commits_nothing(before: World, after: World, n: Expr) -> Expr:
    """S2: an agent that hears a worker has committed what it had."""
    same = equal(after("commit_index", n), before("commit_index", n))
    return implies(after(WORKED), same)
