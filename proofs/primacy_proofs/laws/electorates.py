"""The laws of electorates: whatever two can be in use at once have quorums that meet.

A leader changes its roll only on a *ground*: an entry of its own term that was chosen
under the roll before. So of two rolls that were set in different places, an agent that
has the ground of the later one has the earlier one too, as the last before it; and the
two are near. Three such pairs are in use at once: those of two candidates of one term;
that of a candidate and that under which an earlier leader counts an entry which the
candidate lacks; that of a leader and that of its heir, the first later leader.

That a candidate has the grounds of others is shown for the one that wins, *by induction
on the index*: it stood with whatever may have been chosen before. Of an entry at i that
it lacks, the ground is at a smaller index; that was chosen, so the candidate has it; so
its electorate is near the one that counts the entry; and its voters, who left the term
of the entry without holding it, are a quorum of that electorate: the entry is blocked.

What a leader appends when an heir stands beside it is blocked from the start; and so is
what it appended before, for a candidate that wins late, below a term already led.

Source: Ongaro 2014, section 4.1, and its correction of 2015; docs/proof.md, S12.
"""

from __future__ import annotations

from primacy_proofs.laws import tactics
from primacy_proofs.laws.election import LEADER, stood_with
from primacy_proofs.laws.law import consequence, invariant, step_law
from primacy_proofs.laws.log_matching import is_led_entry, led_log, was_led
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
    number,
)
from primacy_proofs.smt.symbols import AGENT
from primacy_proofs.system.log_history import has
from primacy_proofs.system.world import ME, World

GROUP = "commit"


def has_heir(w: World, t: Expr) -> Expr:
    """Tell whether a leader of a later term was ever elected."""
    return differ(w("successor_term", t), 0)


def set_at(w: World, log: Expr, i: Expr) -> tuple[Expr, Expr, Expr]:
    """Name the index and the term that set the roll in force, and its ground."""
    index = on.roll_index(log, i)
    term = on.term_at(log, index)
    return index, term, w("ground", term, index)


def _has_ground(w: World, log: Expr, index: Expr, term: Expr) -> Expr:
    """Tell whether a log has the ground of a roll, if that is not the first."""
    return any_of(equal(index, 0), has(log, w("ground", term, index), term))


# --- what the winner of an election stood with ----------------------------------------


@invariant(
    GROUP,
    INT,
    AGENT,
    INT,
    INT,
    on=lambda w, u, n, t, i: [
        [w("led", u, n), w("blocked", t, i)],
        [w("led", u, n), w("chosen", t, i)],
    ],
    proof=tactics.STOOD_WITHOUT,
)
def what_a_later_leader_stood_without_is_blocked(
    w: World, u: Expr, n: Expr, t: Expr, i: Expr
) -> Expr:
    """Say that any agent that was elected had whatever may have been chosen before."""
    lacks = negation(has(w("campaign_log", u, n), i, t))
    earlier = all_of(t < u, is_led_entry(w, t, i), lacks)
    return implies(all_of(w("led", u, n), earlier), w("blocked", t, i))


@step_law(GROUP, INT, INT, proof=tactics.WINS)
def an_agent_that_wins_stood_with_what_may_be_chosen(
    before: World, after: World, t: Expr, i: Expr
) -> Expr:
    """Say so of the agent that is elected in this very step."""
    u, n = after("term", ME), ME
    wins = all_of(after("led", u, n), negation(before("led", u, n)))
    stood = what_a_later_leader_stood_without_is_blocked.body(after, u, n, t, i)
    return implies(wins, stood)


# --- the ground of a change -----------------------------------------------------------


@invariant(
    GROUP, INT, INT, on=lambda w, t, k: [[w("ground", t, k)]], proof=tactics.GROUND
)
def a_change_has_its_ground(w: World, t: Expr, k: Expr) -> Expr:
    """S12: the roll before was committed, with an entry of the leader's own term."""
    log, g = led_log(w, t), w("ground", t, k)
    sets = all_of(is_led_entry(w, t, k), on.sets_roll(on.body_at(log, k)))
    return implies(
        sets,
        all_of(
            number(1) <= g,
            g < k,
            on.roll_index(log, k - 1) <= g,
            equal(on.term_at(log, g), t),
            w("chosen", t, g),
            on.near(on.electorate_at(log, k - 1), on.electorate_at(log, k)),
        ),
    )


def _changes(before: World, after: World) -> tuple[Expr, Expr, Expr]:
    """Tell whether the agent that takes the step sets a roll; its term, and where."""
    log, term = after("log", ME), after("term", ME)
    end = on.last(log)
    grows = all_of(equal(after("role", ME), LEADER), on.last(before("log", ME)) < end)
    is_set = all_of(equal(before("term", ME), term), on.roll_index(log, end) >= end)
    return all_of(grows, is_set), term, end


@step_law(GROUP, proof=tactics.NEW_GROUND)
def a_new_ground_is_not_blocked(before: World, after: World) -> Expr:
    """Say that a leader changes its roll on what no later leader may lack."""
    changes, t, k = _changes(before, after)
    g, old = after("ground", t, k), before("log", ME)
    held = all_of(number(1) <= g, g < k, equal(on.term_at(old, g), t))
    known = all_of(held, on.roll_index(old, on.last(old)) <= g)
    return implies(changes, all_of(known, negation(before("blocked", t, g))))


@step_law(GROUP, proof=tactics.NEW_ROLL)
def a_new_roll_is_near_that_of_the_heir(before: World, after: World) -> Expr:
    """S12: a leader that changes its roll beside an heir has one that meets its own."""
    changes, t, k = _changes(before, after)
    heir = before("successor_term", t)
    stood = stood_with(before, heir, before("leader_of", heir))
    near = on.near(stood, on.electorate_at(after("log", ME), k))
    return implies(all_of(changes, has_heir(before, t)), near)


@invariant(GROUP, AGENT, on=lambda w, n: [[w("commit_index", n)]])
def a_leader_chose_its_own(w: World, n: Expr) -> Expr:
    """Say that a leader whose commit index is of its term has committed it."""
    term, index = w("term", n), w("commit_index", n)
    own = all_of(number(1) <= index, equal(on.term_at(w("log", n), index), term))
    leads = equal(w("role", n), LEADER)
    return implies(all_of(leads, own), w("chosen", term, index))


# --- heirs ----------------------------------------------------------------------------


@invariant(
    GROUP,
    INT,
    INT,
    AGENT,
    on=lambda w, t, u, n: [[w("successor_term", t), w("led", u, n)]],
)
def a_later_leader_makes_an_heir(w: World, t: Expr, u: Expr, n: Expr) -> Expr:
    """Say that history knows that a leader was succeeded."""
    return implies(all_of(w("led", u, n), t < u), has_heir(w, t))


@invariant(GROUP, INT, on=lambda w, t: [[w("successor_term", t)]])
def an_heir_stood_with_an_old_roll(w: World, t: Expr) -> Expr:
    """Say that the first later leader stood with a roll that no later term set."""
    heir = w("successor_term", t)
    stood = w("campaign_log", heir, w("leader_of", heir))
    _, term, _ = set_at(w, stood, on.last(stood))
    is_old = any_of(term <= t, equal(term, 0))
    return implies(has_heir(w, t), all_of(heir > t, was_led(w, heir), is_old))


# --- electorates that are near --------------------------------------------------------


@consequence(
    GROUP,
    INT,
    AGENT,
    INT,
    INT,
    on=lambda w, u, n, t, i: [
        [on.near(stood_with(w, u, n), on.electorate_at(led_log(w, t), i))]
    ],
    proof=tactics.NEAR,
)
def a_candidates_electorate_is_near(
    w: World, u: Expr, n: Expr, t: Expr, i: Expr
) -> Expr:
    """S12: to that of an entry of a term which is not before what set its own."""
    stood, log = w("campaign_log", u, n), led_log(w, t)
    candidacy = all_of(w("vote_cast", n, u, n), t < u)
    premise = all_of(candidacy, _may_count(w, stood, t, i))
    near = on.near(stood_with(w, u, n), on.electorate_at(log, i))
    return implies(premise, near)


def _may_count(w: World, one: Expr, t: Expr, i: Expr) -> Expr:
    """Say what makes the electorate of a log near that of a leader at an index.

    The log's roll is not of a later term, it lacks the entry or was set up to it, and
    the log has the ground of the leader's roll there.
    """
    log = led_log(w, t)
    at, term, _ = set_at(w, one, on.last(one))
    beyond = any_of(negation(has(one, i, t)), i >= at)
    theirs, in_term, _ = set_at(w, log, i)
    seen = _has_ground(w, one, theirs, in_term)
    return all_of(is_led_entry(w, t, i), term <= t, beyond, seen)


@consequence(
    GROUP,
    INT,
    AGENT,
    INT,
    AGENT,
    on=lambda w, u, n, x, m: [[on.near(stood_with(w, u, n), stood_with(w, x, m))]],
    proof=tactics.BOTH,
)
def candidates_with_each_others_ground_have_near_electorates(
    w: World, u: Expr, n: Expr, x: Expr, m: Expr
) -> Expr:
    """S12: each log has what the other's roll rests on."""
    one, other = w("campaign_log", u, n), w("campaign_log", x, m)
    given = all_of(w("vote_cast", n, u, n), w("vote_cast", m, x, m))
    seen = _have_each_others_ground(w, one, other)
    near = on.near(stood_with(w, u, n), stood_with(w, x, m))
    return implies(all_of(given, seen), near)


def _have_each_others_ground(w: World, one: Expr, other: Expr) -> Expr:
    mine, my_term, _ = set_at(w, one, on.last(one))
    theirs, their_term, _ = set_at(w, other, on.last(other))
    first = _has_ground(w, one, theirs, their_term)
    return all_of(first, _has_ground(w, other, mine, my_term))


def electorate_of(w: World, n: Expr) -> Expr:
    """Give the electorate that the log of an agent sets."""
    return on.electorate_at(w("log", n), on.last(w("log", n)))


@consequence(
    GROUP,
    AGENT,
    INT,
    INT,
    on=lambda w, n, t, i: [
        [on.near(electorate_of(w, n), on.electorate_at(led_log(w, t), i))]
    ],
    proof=tactics.NEAR_OWN,
)
def an_agents_electorate_is_near(w: World, n: Expr, t: Expr, i: Expr) -> Expr:
    """S12: as that of a candidate, of the log of any agent."""
    premise = all_of(t <= w("term", n), _may_count(w, w("log", n), t, i))
    near = on.near(electorate_of(w, n), on.electorate_at(led_log(w, t), i))
    return implies(premise, near)


@consequence(
    GROUP,
    AGENT,
    INT,
    AGENT,
    on=lambda w, n, x, m: [[on.near(electorate_of(w, n), stood_with(w, x, m))]],
    proof=tactics.BOTH_OWN,
)
def an_agent_with_a_candidates_ground_has_a_near_electorate(
    w: World, n: Expr, x: Expr, m: Expr
) -> Expr:
    """S12: each log has what the other's roll rests on."""
    one, other = w("log", n), w("campaign_log", x, m)
    seen = _have_each_others_ground(w, one, other)
    near = on.near(electorate_of(w, n), stood_with(w, x, m))
    return implies(all_of(w("vote_cast", m, x, m), seen), near)


@consequence(
    GROUP,
    INT,
    INT,
    on=lambda w, t, i: [[w("successor_term", t), on.electorate_at(led_log(w, t), i)]],
)
def an_heirs_electorate_is_near(w: World, t: Expr, i: Expr) -> Expr:
    """S12: what a leader counts with beside an heir meets what elected the heir."""
    heir = w("successor_term", t)
    agent, log = w("leader_of", heir), led_log(w, t)
    lacks = negation(has(w("campaign_log", heir, agent), i, t))
    beyond = any_of(equal(i, on.last(log)), lacks)
    given = all_of(has_heir(w, t), is_led_entry(w, t, i), beyond)
    near = on.near(stood_with(w, heir, agent), on.electorate_at(log, i))
    return implies(given, near)
