"""The laws of logs: they match, and a leader only appends.

Every entry of a term t, wherever it stands, stands at the same index in the log of the
leader of t; and up to it the two logs are one. From this follows that logs that agree
on an index and a term agree on everything before.

Source: Ongaro 2014, section 3.5; docs/specification.md, S5 and S6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from primacy_proofs.laws.election import CANDIDATE, LEADER, stood_with
from primacy_proofs.laws.law import (
    UNAIDED,
    Law,
    Lemma,
    Proof,
    consequence,
    invariant,
    step_law,
)
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    Sort,
    all_of,
    equal,
    implies,
    negation,
    number,
)
from primacy_proofs.smt.symbols import AGENT
from primacy_proofs.system.log_history import has
from primacy_proofs.system.world import ACCEPTING, PACKET_SORTS, World, field

GROUP = "log"


def same(one: Expr, other: Expr, index: Expr) -> Expr:
    """Tell whether two logs have the same entry at an index."""
    return all_of(
        equal(on.term_at(one, index), on.term_at(other, index)),
        equal(on.body_at(one, index), on.body_at(other, index)),
    )


def within(log: Expr, index: Expr) -> Expr:
    """Tell whether a log has an entry at an index."""
    return all_of(number(1) <= index, index <= on.last(log))


def led_log(w: World, term: Expr) -> Expr:
    """Give the log of the leader of a term."""
    return w("led.log", term)


def was_led(w: World, term: Expr) -> Expr:
    """Tell whether a term ever had a leader."""
    return w("led", term, w("leader_of", term))


def is_led_entry(w: World, term: Expr, index: Expr) -> Expr:
    """Tell whether an entry of a term stands at an index of its leader's log."""
    stands = has(led_log(w, term), index, term)
    return all_of(number(1) <= term, was_led(w, term), stands)


Of = Callable[..., Expr]
"""A function of a world and of what names a log: an agent, a term, or both."""


def _of_logs(
    whose: str,
    names: tuple[Sort, ...],
    log: Of,
    *,
    counts: Of,
    bound: Of,
    agreement: Proof = UNAIDED,
) -> tuple[Law, ...]:
    """Make what holds of the logs that agents, leaders or candidates have."""

    def pairs(w: World, *key: Expr) -> list[list[Expr]]:
        *of, i, j = key
        kept = log(w, *of)
        return [
            [on.term_at(kept, i), on.term_at(kept, j)],
            [on.term_at(kept, i), on.body_at(kept, j)],
        ]

    def ones(w: World, *key: Expr) -> list[list[Expr]]:
        *of, i = key
        return [[on.term_at(log(w, *of), i)]]

    def come(w: World, *key: Expr) -> Expr:
        """Say that an entry stands where the leader of its term has it."""
        *of, i = key
        term = on.term_at(log(w, *of), i)
        source = all_of(number(1) <= term, term <= bound(w, *of), was_led(w, term))
        is_one = all_of(counts(w, *of), within(log(w, *of), i))
        return implies(is_one, all_of(source, has(led_log(w, term), i, term)))

    def agree(w: World, *key: Expr) -> Expr:
        """Say that up to an entry, a log is that of the entry's leader."""
        *of, i, j = key
        kept = log(w, *of)
        before = all_of(counts(w, *of), within(kept, i), number(1) <= j, j <= i)
        return implies(before, same(kept, led_log(w, on.term_at(kept, i)), j))

    def rise(w: World, *key: Expr) -> Expr:
        """Say that terms never fall from an entry to the next."""
        *of, i, j = key
        kept = log(w, *of)
        before = all_of(counts(w, *of), within(kept, i), number(1) <= j, j <= i)
        return implies(before, on.term_at(kept, j) <= on.term_at(kept, i))

    def like(w: World, *key: Expr) -> Expr:
        """Say that up to an entry, a log is that of the entry's leader, rolls too."""
        *of, i = key
        is_one = all_of(counts(w, *of), within(log(w, *of), i))
        return implies(is_one, _is_alike(w, log(w, *of), i))

    like.__name__ = f"{whose}_are_alike"
    come.__name__ = f"entries_of_{whose}_come_from_leaders"
    agree.__name__ = f"{whose}_agree_with_leaders"
    rise.__name__ = f"terms_never_fall_within_{whose}"
    return (
        invariant(GROUP, *names, INT, on=ones)(come),
        invariant(GROUP, *names, INT, INT, on=pairs, proof=agreement)(agree),
        invariant(GROUP, *names, INT, INT, on=pairs)(rise),
        consequence(
            GROUP,
            *names,
            INT,
            on=lambda w, *key: [[_is_alike(w, log(w, *key[:-1]), key[-1])]],
        )(like),
    )


def _is_alike(w: World, log: Expr, index: Expr) -> Expr:
    """Tell whether a log is that of the leader of an entry, up to it."""
    return on.is_alike(log, led_log(w, on.term_at(log, index)), index)


_OF_AGREEMENT: Final = (
    "Append comes from a leader",
    "an append has a place in its leaders log",
    "an append is cut from its leaders log",
    "Install comes from a leader",
    "an install has a place in its leaders log",
    "an install is cut from its leaders log",
    "a leader keeps the log it stood with",
    "a leader voted for itself",
    "a candidate has not led",
    "entries of logs come from leaders",
    "entries of logs of leaders come from leaders",
    "history knows the leader",
    "history knows the log of a leader",
    "logs of leaders agree with leaders",
    "terms never fall within logs",
    "terms never fall within logs of leaders",
    "the disk has the log",
    "who leads is known to have led",
    "a cast bounds the term",
    "no term is negative",
)
"""What the proof rests on that a log agrees with those of leaders."""

OF_LOGS: Final = _of_logs(
    "logs",
    (AGENT,),
    lambda w, n: w("log", n),
    counts=lambda _, n: equal(n, n),
    bound=lambda w, n: w("term", n),
    agreement=Proof(uses=_OF_AGREEMENT),
)
OF_LOGS_OF_LEADERS: Final = _of_logs(
    "logs_of_leaders",
    (INT,),
    led_log,
    counts=was_led,
    bound=lambda _, t: t,
)
OF_LOGS_OF_CANDIDATES: Final = _of_logs(
    "logs_of_candidates",
    (INT, AGENT),
    lambda w, t, n: w("campaign_log", t, n),
    counts=lambda w, t, n: w("vote_cast", n, t, n),
    bound=lambda _, t, __: t - 1,
)


@invariant(GROUP, INT, AGENT, on=lambda w, t, n: [[w("led", t, n)]])
def history_knows_the_leader(w: World, t: Expr, n: Expr) -> Expr:
    """Name the one leader of a term."""
    return implies(w("led", t, n), equal(w("leader_of", t), n))


@invariant(GROUP, AGENT, on=lambda w, n: [[w("role", n)]])
def history_knows_the_log_of_a_leader(w: World, n: Expr) -> Expr:
    """Say that an agent that leads has the log of the leader of its term."""
    log = equal(w("log", n), led_log(w, w("term", n)))
    return implies(equal(w("role", n), LEADER), log)


@invariant(GROUP, AGENT, on=lambda w, n: [[w("role", n)]])
def a_candidate_has_not_led(w: World, n: Expr) -> Expr:
    """Say that nobody stands again in a term that it led."""
    log = equal(w("log", n), w("campaign_log", w("term", n), n))
    new = negation(w("led", w("term", n), n))
    return implies(equal(w("role", n), CANDIDATE), all_of(log, new))


@invariant(
    GROUP,
    INT,
    AGENT,
    INT,
    on=lambda w, t, n, i: [
        [w("led", t, n), on.term_at(led_log(w, t), i)],
        [w("led", t, n), on.body_at(led_log(w, t), i)],
        [w("led", t, n), on.term_at(w("campaign_log", t, n), i)],
    ],
)
def a_leader_keeps_the_log_it_stood_with(w: World, t: Expr, n: Expr, i: Expr) -> Expr:
    """Say that a leader adds entries of its own term alone."""
    stood, log = w("campaign_log", t, n), led_log(w, t)
    kept = implies(within(stood, i), same(log, stood, i))
    added = implies(
        all_of(within(log, i), i > on.last(stood)), equal(on.term_at(log, i), t)
    )
    return implies(w("led", t, n), all_of(kept, added))


@invariant(GROUP, INT, AGENT, on=lambda w, t, n: [[w("led", t, n)]])
def a_leader_drops_nothing_it_stood_with(w: World, t: Expr, n: Expr) -> Expr:
    """Say that a leader has added its no-op to the log of its candidacy."""
    grown = on.last(w("campaign_log", t, n)) < on.last(led_log(w, t))
    return implies(w("led", t, n), grown)


@invariant(GROUP, AGENT, INT, AGENT, on=lambda w, v, t, c: [[w("vote_cast", v, t, c)]])
def a_candidate_with_a_vote_voted_for_itself(
    w: World, v: Expr, t: Expr, c: Expr
) -> Expr:
    """Say that a candidate is its own first voter."""
    return implies(w("vote_cast", v, t, c), w("vote_cast", c, t, c))


REQUEST = PACKET_SORTS["VoteRequest"]


@invariant(GROUP, REQUEST, on=lambda w, m: [[w.sent("VoteRequest", m)]])
def a_request_shows_the_log_of_its_candidate(w: World, m: Expr) -> Expr:
    """Say that a candidate tells where its log ends, and its electorate."""
    sender, term = (field("VoteRequest", name, m) for name in ("sender", "term"))
    shown = (
        field("VoteRequest", f"roll.{part}", m) for part in ("electors", "outgoing")
    )
    log = w("campaign_log", term, sender)
    ends = all_of(
        equal(field("VoteRequest", "last_index", m), on.last(log)),
        equal(field("VoteRequest", "last_term", m), on.term_at(log, on.last(log))),
        equal(on.electorate(*shown), stood_with(w, term, sender)),
    )
    return implies(
        w.sent("VoteRequest", m), all_of(w("vote_cast", sender, term, sender), ends)
    )


APPEND = PACKET_SORTS["Append"]
_OF_APPENDS: Final = (
    "Append comes from a leader",
    "an append has a place in its leaders log",
    "a leader drops nothing it stood with",
    "a leader keeps the log it stood with",
    "a leader voted for itself",
    "a candidate has not led",
    "a cast bounds the term",
    "entries of logs come from leaders",
    "entries of logs of leaders come from leaders",
    "history knows the leader",
    "history knows the log of a leader",
    "logs agree with leaders",
    "terms never fall within logs",
    "terms never fall within logs of leaders",
    "the disk has the log",
    "a commit index is final",
    "what matches is within the log",
    "who leads is known to have led",
)
"""What the proof about appends rests on."""


@invariant(GROUP, APPEND, on=lambda w, m: [[w.sent("Append", m)]])
def an_append_has_a_place_in_its_leaders_log(w: World, m: Expr) -> Expr:
    """Say that what a leader sends ends within its log."""
    log = led_log(w, field("Append", "term", m))
    prev, entries = (field("Append", name, m) for name in ("prev_index", "entries"))
    placed = all_of(
        prev >= number(0),
        prev + on.length(entries) <= on.last(log),
        equal(field("Append", "prev_term", m), on.term_at(log, prev)),
    )
    return implies(w.sent("Append", m), placed)


@invariant(
    GROUP,
    APPEND,
    INT,
    on=lambda w, m, k: [
        [w.sent("Append", m), on.segment_term(field("Append", "entries", m), k)],
        [w.sent("Append", m), on.segment_body(field("Append", "entries", m), k)],
    ],
    proof=Proof(uses=_OF_APPENDS),
)
def an_append_is_cut_from_its_leaders_log(w: World, m: Expr, k: Expr) -> Expr:
    """Say that what a leader sends stands in its log."""
    log = led_log(w, field("Append", "term", m))
    prev, entries = (field("Append", name, m) for name in ("prev_index", "entries"))
    is_one = all_of(w.sent("Append", m), number(1) <= k, k <= on.length(entries))
    stands = all_of(
        equal(on.segment_term(entries, k), on.term_at(log, prev + k)),
        equal(on.segment_body(entries, k), on.body_at(log, prev + k)),
    )
    return implies(is_one, stands)


INSTALL = PACKET_SORTS["Install"]


def install_prefix(m: Expr) -> Expr:
    """Give the whole log that the snapshot of a packet stands for."""
    return field("Install", "prefix", m)


_OF_INSTALLS: Final = (
    "Install comes from a leader",
    "a leader drops nothing it stood with",
    "a leader keeps the log it stood with",
    "a leader voted for itself",
    "a candidate has not led",
    "a cast bounds the term",
    "history knows the leader",
    "history knows the log of a leader",
    "the disk has the log",
    "a commit index is final",
    "a snapshot is of what is committed",
    "who leads is known to have led",
)
"""What the proof about snapshots rests on."""


@invariant(
    GROUP,
    INSTALL,
    on=lambda w, m: [[w.sent("Install", m)]],
    proof=Proof(uses=_OF_INSTALLS),
)
def an_install_has_a_place_in_its_leaders_log(w: World, m: Expr) -> Expr:
    """Say that a snapshot stands for the leader's entries, and keeps the roll."""
    log, prefix = led_log(w, field("Install", "term", m)), install_prefix(m)
    index, term = (field("Install", name, m) for name in ("index", "index_term"))
    sets = (field("Install", f"roll.{part}", m) for part in ("electors", "outgoing"))
    set_at = on.roll_index(log, index)
    rolled = all_of(
        equal(on.electorate(*sets), on.electorate_at(log, index)),
        equal(field("Install", "roll.workers", m), on.workers_at(log, index)),
        equal(field("Install", "roll.index", m), set_at),
        equal(field("Install", "roll.term", m), on.term_at(log, set_at)),
    )
    placed = all_of(
        number(1) <= index,
        index <= on.last(log),
        equal(on.last(prefix), index),
        equal(term, on.term_at(log, index)),
        on.is_alike(prefix, log, index),
    )
    return implies(w.sent("Install", m), all_of(placed, rolled))


@invariant(
    GROUP,
    INSTALL,
    INT,
    on=lambda w, m, j: [
        [w.sent("Install", m), on.term_at(install_prefix(m), j)],
        [w.sent("Install", m), on.body_at(install_prefix(m), j)],
    ],
)
def an_install_is_cut_from_its_leaders_log(w: World, m: Expr, j: Expr) -> Expr:
    """Say that what a snapshot stands for is the beginning of the leader's log."""
    log, prefix = led_log(w, field("Install", "term", m)), install_prefix(m)
    is_one = all_of(w.sent("Install", m), number(1) <= j, j <= on.last(prefix))
    return implies(is_one, same(prefix, log, j))


def _where_they_differ(n: Expr, m: Expr) -> Expr:
    index = field("Install", "index", m)
    return on.unlike(World()("log", n), install_prefix(m), index)


def _meet_install(n: Expr, m: Expr) -> tuple[Expr, Expr]:
    return field("Install", "index", m), _where_they_differ(n, m)


@consequence(
    GROUP,
    AGENT,
    INSTALL,
    on=lambda w, n, m: [
        [
            w.sent("Install", m),
            on.roll_index(w("log", n), field("Install", "index", m)),
        ]
    ],
    proof=Proof(
        lemmas_before=(
            Lemma("logs agree with leaders", lambda _, n, m: (n, *_meet_install(n, m))),
            Lemma(
                "logs of leaders agree with leaders",
                lambda _, n, m: (field("Install", "term", m), *_meet_install(n, m)),
            ),
            Lemma(
                "an install is cut from its leaders log",
                lambda _, n, m: (m, _where_they_differ(n, m)),
            ),
            Lemma(
                "an install is cut from its leaders log",
                lambda _, __, m: (m, field("Install", "index", m)),
            ),
        )
    ),
)
def an_agent_has_what_a_snapshot_stands_for(w: World, n: Expr, m: Expr) -> Expr:
    """S5: if it has the last entry of that, with its term."""
    log, prefix = w("log", n), install_prefix(m)
    index, term = (field("Install", name, m) for name in ("index", "index_term"))
    given = all_of(w.sent("Install", m), has(log, index, term))
    return implies(given, on.is_alike(log, prefix, index))


@consequence(
    GROUP,
    AGENT,
    AGENT,
    INT,
    INT,
    on=lambda w, n, m, i, j: [[on.term_at(w("log", n), i), on.term_at(w("log", m), j)]],
)
def logs_match(w: World, n: Expr, m: Expr, i: Expr, j: Expr) -> Expr:
    """S5: equal terms at an index mean equal entries up to it."""
    one, other = w("log", n), w("log", m)
    meet = equal(on.term_at(one, i), on.term_at(other, i))
    both = all_of(within(one, i), within(other, i), number(1) <= j, j <= i, meet)
    return implies(both, same(one, other, j))


@step_law(GROUP, AGENT, INT)
def a_leader_only_appends(before: World, after: World, n: Expr, i: Expr) -> Expr:
    """S6: as long as it leads."""
    leads = all_of(
        equal(before("role", n), LEADER),
        equal(after("role", n), LEADER),
        within(before("log", n), i),
    )
    kept = same(before("log", n), after("log", n), i)
    longer = on.last(before("log", n)) <= on.last(after("log", n))
    return implies(leads, all_of(kept, longer))


FORWARD_REPLY = PACKET_SORTS["ForwardReply"]


@invariant(GROUP, FORWARD_REPLY, on=lambda w, m: [[w.sent("ForwardReply", m)]])
def a_forward_reply_names_an_entry(w: World, m: Expr) -> Expr:
    """Say that a write that was forwarded and taken stands in the leader's log."""
    term, index = (field("ForwardReply", name, m) for name in ("term", "index"))
    taken = all_of(w.sent("ForwardReply", m), field("ForwardReply", "accepted", m))
    return implies(taken, all_of(was_led(w, term), has(led_log(w, term), index, term)))


@step_law(GROUP, INT, INT)
def what_is_accepted_stands_in_its_leaders_log(
    _: World, after: World, i: Expr, t: Expr
) -> Expr:
    """S7: the index that a client gets is where its leader has its entry."""
    stands = all_of(was_led(after, t), has(led_log(after, t), i, t))
    return implies(after(ACCEPTING, i, t), stands)
