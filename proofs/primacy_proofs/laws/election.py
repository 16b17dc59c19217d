"""The laws of elections: why a term has one leader, and a token one owner.

The argument, from the end. Two leaders of a term were each elected by a quorum of the
electorate with which it stood; the two electorates are near (`electorates` says why),
so their quorums share a voter; its votes of the term are on its disk, and a disk holds
one vote a term. So the two are one. What carries it is `a cast bounds the term`: a vote
that was ever on the disk is there still, or its term is past.

Source: Ongaro 2014, section 3.4; docs/specification.md, S1 to S4 and S9.
"""

from __future__ import annotations

from primacy.role import Role
from primacy_proofs.laws import tactics
from primacy_proofs.laws.law import Law, consequence, invariant, step_law
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    differ,
    equal,
    implies,
    number,
)
from primacy_proofs.smt.symbols import AGENT, ELECTORATE, SET
from primacy_proofs.system.log_history import some_quorum
from primacy_proofs.system.world import (
    ADMITTING,
    ME,
    PACKET_SORTS,
    STARTING,
    World,
    field,
)

FOLLOWER = on.ROLES[Role.FOLLOWER]
PRE_CANDIDATE = on.ROLES[Role.PRE_CANDIDATE]
CANDIDATE = on.ROLES[Role.CANDIDATE]
LEADER = on.ROLES[Role.LEADER]


def is_voter(agent: Expr, voting: Expr) -> Expr:
    """Tell whether an agent is one of an electorate."""
    sets = on.electors_of(voting), on.outgoing_of(voting)
    return any_of(*(on.member(agent, each) for each in sets))


def roll_of(w: World, n: Expr) -> Expr:
    """Give the electorate with which an agent counts."""
    return on.electorate(w("roll.electors", n), w("roll.outgoing", n))


def is_or_was_voter(agent: Expr, log: Expr) -> Expr:
    """Tell whether an agent is a voter of the last roll of a log, or of the one before.

    Where a change is not committed, those that it takes off may be needed.
    """
    end = on.last(log)
    before = on.electorate_at(log, on.roll_index(log, end) - 1)
    is_now = is_voter(agent, on.electorate_at(log, end))
    return any_of(is_now, is_voter(agent, before))


def stood_with(w: World, t: Expr, c: Expr) -> Expr:
    """Give the electorate with which a candidate stood."""
    log = w("campaign_log", t, c)
    return on.electorate_at(log, on.last(log))


@invariant("durable", AGENT, on=lambda w, n: [[w("disk.term", n)], [w("term", n)]])
def the_disk_has_the_term(w: World, n: Expr) -> Expr:
    """S13: a crash forgets no term."""
    return equal(w("disk.term", n), w("term", n))


@invariant(
    "durable", AGENT, on=lambda w, n: [[w("disk.voted_for", n)], [w("voted_for", n)]]
)
def the_disk_has_the_vote(w: World, n: Expr) -> Expr:
    """S13: a crash forgets no vote."""
    return equal(w("disk.voted_for", n), w("voted_for", n))


@invariant("durable", AGENT, on=lambda w, n: [[w("disk.log", n)], [w("log", n)]])
def the_disk_has_the_log(w: World, n: Expr) -> Expr:
    """S13: a crash forgets no entry."""
    return equal(w("disk.log", n), w("log", n))


@step_law("durable", INT, INT, ELECTORATE, SET, INT, INT)
def the_disk_gets_the_start_of_the_log(  # noqa: PLR0917 - the parts of a start
    _: World, after: World, i: Expr, t: Expr, x: Expr, s: Expr, p: Expr, q: Expr
) -> Expr:
    """S13: what a restart finds below the start is what the log had there."""
    log = after("log", ME)
    begins = all_of(equal(i, after("log.start", ME)), equal(t, on.term_at(log, i)))
    rolled = all_of(
        equal(x, on.electorate_at(log, i)),
        equal(s, on.workers_at(log, i)),
        equal(p, on.roll_index(log, i)),
        equal(q, on.term_at(log, p)),
    )
    return implies(after(STARTING, i, t, x, s, p, q), all_of(begins, rolled))


_OF_ROLLS = ("electors", "outgoing", "index", "term")


@invariant(
    "roll", AGENT, on=lambda w, n: [[w(f"roll.{part}", n)] for part in _OF_ROLLS]
)
def the_roll_is_that_of_the_log(w: World, n: Expr) -> Expr:
    """Say that an agent counts with the electorate that its own log sets."""
    log = w("log", n)
    set_at = on.roll_index(log, on.last(log))
    return all_of(
        equal(roll_of(w, n), on.electorate_at(log, on.last(log))),
        equal(w("roll.index", n), set_at),
        equal(w("roll.term", n), on.term_at(log, set_at)),
    )


@invariant("election", AGENT, on=lambda w, n: [[w("term", n)]])
def no_term_is_negative(w: World, n: Expr) -> Expr:
    """Terms count from 0."""
    return w("term", n) >= 0


_cast = lambda w, v, t, c: [[w("vote_cast", v, t, c)]]  # noqa: E731


@invariant("election", AGENT, INT, AGENT, on=_cast)
def a_cast_bounds_the_term(w: World, v: Expr, t: Expr, c: Expr) -> Expr:
    """Say that a vote once cast is held still, or its term is past."""
    is_held = implies(equal(w("term", v), t), equal(w("voted_for", v), c))
    return implies(w("vote_cast", v, t, c), all_of(w("term", v) >= t, is_held))


@invariant("election", AGENT, INT, AGENT, on=_cast)
def a_cast_is_among_electors(w: World, v: Expr, t: Expr, c: Expr) -> Expr:
    """S2: who votes for another is of the electorate with which that one stood.

    The candidate itself is of it too, or of the one before.
    """
    votes = any_of(equal(v, c), is_voter(v, stood_with(w, t, c)))
    stands = is_or_was_voter(c, w("campaign_log", t, c))
    real = all_of(t >= number(1), differ(c, on.NOBODY_))
    return implies(w("vote_cast", v, t, c), all_of(votes, stands, real))


@invariant(
    "election",
    AGENT,
    INT,
    AGENT,
    AGENT,
    on=lambda w, v, t, c, d: [[w("vote_cast", v, t, c), w("vote_cast", v, t, d)]],
)
def an_agent_casts_one_vote_a_term(
    w: World, v: Expr, t: Expr, c: Expr, d: Expr
) -> Expr:
    """S4: restarts included."""
    both = all_of(w("vote_cast", v, t, c), w("vote_cast", v, t, d))
    return implies(both, equal(c, d))


@invariant("election", AGENT, on=lambda w, n: [[w("voted_for", n)]])
def a_vote_that_is_held_was_cast(w: World, n: Expr) -> Expr:
    """Say that a vote in memory was on the disk."""
    vote = w("voted_for", n)
    return implies(differ(vote, on.NOBODY_), w("vote_cast", n, w("term", n), vote))


VOTE_REPLY = PACKET_SORTS["VoteReply"]


@invariant("election", VOTE_REPLY, on=lambda w, m: [[w.sent("VoteReply", m)]])
def a_granted_vote_was_cast(w: World, m: Expr) -> Expr:
    """Say that what a voter granted was on its disk."""
    granted = all_of(w.sent("VoteReply", m), field("VoteReply", "granted", m))
    parts = [field("VoteReply", name, m) for name in ("sender", "term", "target")]
    return implies(granted, w("vote_cast", *parts))


@invariant("election", AGENT, on=lambda w, n: [[w("role", n)]])
def a_candidate_voted_for_itself(w: World, n: Expr) -> Expr:
    """Its own vote counts like any other."""
    stands = any_of(equal(w("role", n), CANDIDATE), equal(w("role", n), LEADER))
    return implies(stands, equal(w("voted_for", n), n))


@invariant(
    "election", AGENT, AGENT, on=lambda w, n, v: [[on.member(v, w("granted", n))]]
)
def a_counted_vote_was_cast(w: World, n: Expr, v: Expr) -> Expr:
    """Count what was cast for a candidate in its term."""
    counted = all_of(equal(w("role", n), CANDIDATE), on.member(v, w("granted", n)))
    return implies(counted, w("vote_cast", v, w("term", n), n))


@invariant("election", INT, AGENT, on=lambda w, t, n: [[w("led", t, n)]])
def a_leader_was_elected(w: World, t: Expr, n: Expr) -> Expr:
    """Say that a quorum of the electorate with which it stood voted for it."""
    voted = some_quorum(stood_with(w, t, n), lambda v: w("vote_cast", v, t, n))
    return implies(w("led", t, n), voted)


@invariant("election", AGENT, on=lambda w, n: [[w("role", n)]])
def who_leads_is_known_to_have_led(w: World, n: Expr) -> Expr:
    """History knows every leader."""
    return implies(equal(w("role", n), LEADER), w("led", w("term", n), n))


@invariant("election", INT, AGENT, on=lambda w, t, n: [[w("led", t, n)]])
def a_leader_voted_for_itself(w: World, t: Expr, n: Expr) -> Expr:
    """Its own vote is one of the quorum, so its term is not below."""
    return implies(w("led", t, n), w("vote_cast", n, t, n))


@invariant("election", AGENT, on=lambda w, n: [[w("role", n)]])
def who_stands_is_an_elector(w: World, n: Expr) -> Expr:
    """S2: a worker never stands."""
    stands = any_of(*(equal(w("role", n), role) for role in (PRE_CANDIDATE, CANDIDATE)))
    return implies(stands, is_or_was_voter(n, w("log", n)))


def _of_leaders(kind: str) -> Law:
    """Make the law that a kind of packet comes from a leader of its term."""

    def body(w: World, m: Expr) -> Expr:
        """Say that its sender led its term."""
        led = w("led", field(kind, "term", m), field(kind, "sender", m))
        return implies(w.sent(kind, m), led)

    body.__name__ = f"{kind}_comes_from_a_leader"
    on_sent = invariant(
        "election", PACKET_SORTS[kind], on=lambda w, m: [[w.sent(kind, m)]]
    )
    return on_sent(body)


heartbeat_comes_from_a_leader = _of_leaders("Heartbeat")
append_comes_from_a_leader = _of_leaders("Append")
install_comes_from_a_leader = _of_leaders("Install")
transfer_now_comes_from_a_leader = _of_leaders("TransferNow")


@invariant("election", AGENT, on=lambda w, n: [[w("leader", n)]])
def who_is_followed_led(w: World, n: Expr) -> Expr:
    """Say that the leader that an agent knows led its term."""
    known = differ(w("leader", n), on.NOBODY_)
    return implies(known, w("led", w("term", n), w("leader", n)))


@invariant("election", AGENT, on=lambda w, n: [[w("role", n)]])
def a_leader_follows_itself(w: World, n: Expr) -> Expr:
    """Say that an agent that leads knows it."""
    return implies(equal(w("role", n), LEADER), equal(w("leader", n), n))


@invariant(
    "election",
    INT,
    AGENT,
    AGENT,
    on=lambda w, t, n, m: [[w("led", t, n), w("led", t, m)]],
    proof=tactics.ONE_LEADER,
)
def a_term_has_one_leader(w: World, t: Expr, n: Expr, m: Expr) -> Expr:
    """S1: of all leaders that ever were."""
    return implies(all_of(w("led", t, n), w("led", t, m)), equal(n, m))


@invariant("fencing", INT, AGENT, on=lambda w, t, n: [[w("attached", t, n)]])
def a_token_was_its_leaders(w: World, t: Expr, n: Expr) -> Expr:
    """Say that a token other than none names who led its term."""
    return implies(all_of(w("attached", t, n), t >= number(1)), w("led", t, n))


@invariant("fencing", INT, AGENT, on=lambda w, t, n: [[w("admitted", t, n)]])
def what_is_admitted_is_not_above_the_fence(w: World, t: Expr, n: Expr) -> Expr:
    """Say that a resource remembers the highest token."""
    return implies(w("admitted", t, n), all_of(w("led", t, n), t <= w("fence")))


@consequence(
    "fencing",
    INT,
    AGENT,
    AGENT,
    on=lambda w, t, n, m: [[w("admitted", t, n), w("admitted", t, m)]],
)
def a_token_names_one_leader(w: World, t: Expr, n: Expr, m: Expr) -> Expr:
    """S9: of all tokens that were ever admitted."""
    return implies(all_of(w("admitted", t, n), w("admitted", t, m)), equal(n, m))


@consequence("election", INT, AGENT, on=lambda w, t, n: [[w("led", t, n)]])
def a_leader_is_an_elector(w: World, t: Expr, n: Expr) -> Expr:
    """S2: any agent that ever led was of the electorate with which it stood.

    Or of the one before, if the last change of its log took it off.
    """
    return implies(w("led", t, n), is_or_was_voter(n, w("campaign_log", t, n)))


@step_law("fencing", INT, AGENT, INT, AGENT)
def no_token_is_admitted_after_a_higher_one(  # noqa: PLR0917 - two worlds, two pairs
    before: World, after: World, t: Expr, n: Expr, u: Expr, m: Expr
) -> Expr:
    """S9: an effect that comes late is refused."""
    is_late = all_of(before("admitted", u, m), after(ADMITTING, t, n))
    return implies(is_late, u <= t)


@step_law("election", AGENT)
def terms_never_fall(before: World, after: World, n: Expr) -> Expr:
    """S3: restarts included."""
    return after("term", n) >= before("term", n)


@step_law("election", AGENT, INT, AGENT)
def a_cast_is_not_forgotten(
    before: World, after: World, v: Expr, t: Expr, c: Expr
) -> Expr:
    """History only grows."""
    return implies(before("vote_cast", v, t, c), after("vote_cast", v, t, c))
