"""The laws of commits: what is committed stays, and everyone applies the same.

The argument. What a leader counts as held was held by a quorum while it was in the term
of the leader. A later leader was elected by a quorum, of an electorate that is near
(`electorates` says why), so it shares a voter with that one. The voter had the entry
when it voted, and so had the candidate, whose log was no older; or it had lost the
entry already, to a leader between the two that lacked it. But for that leader the same
holds, so the entry was `blocked`: a quorum had left its term without holding it. Chosen
and blocked exclude each other.

Source: Ongaro 2014, section 3.6; docs/specification.md, S7 and S8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from primacy_proofs.laws import tactics
from primacy_proofs.laws.election import LEADER
from primacy_proofs.laws.law import Lemma, Proof, consequence, invariant, step_law
from primacy_proofs.laws.log_matching import (
    is_led_entry,
    led_log,
    same,
    was_led,
    within,
)
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    constant,
    equal,
    implies,
    negation,
    number,
)
from primacy_proofs.smt.symbols import AGENT, BODY
from primacy_proofs.system.log_history import has, some_near_quorum, some_quorum
from primacy_proofs.system.world import (
    APPLYING,
    FUNCTIONS,
    INSTALLING,
    ME,
    PACKET_SORTS,
    RESTORING,
    World,
    field,
)

GROUP = "commit"

HEARTBEAT = PACKET_SORTS["Heartbeat"]
APPEND = PACKET_SORTS["Append"]
INSTALL = PACKET_SORTS["Install"]
REPLY = PACKET_SORTS["AppendReply"]


def known_at(w: World, log: Expr, index: Expr) -> Expr:
    """Tell whether a log has what was committed at an index."""
    return all_of(
        equal(on.term_at(log, index), w("known.term", index)),
        equal(on.body_at(log, index), w("known.body", index)),
    )


# --- what arrives in an append --------------------------------------------------------

ARRIVING: Final = constant("packet", APPEND)
"""The append that arrives, where one does."""
TERM, PREV, ENTRIES = (
    field("Append", name, ARRIVING) for name in ("term", "prev_index", "entries")
)
OFF: Final = on.differs(FUNCTIONS["log"](ME), PREV, ENTRIES)
"""Where the append and the follower's log differ, if they do."""


INSTALL_TERM, INSTALL_INDEX = (
    field("Install", name, INSTALLING) for name in ("term", "index")
)


def _meet(index: Callable[..., Expr]) -> tuple[Lemma, ...]:
    """Show what an append, its leader's log and the follower's share up to an index.

    And a snapshot, its leader's log and the follower's.
    """
    cut = "an append is cut from its leaders log"
    agree = "logs agree with leaders"
    led_agree = "logs of leaders agree with leaders"
    return (
        Lemma(cut, lambda _, *of: (ARRIVING, index(*of) - PREV)),
        Lemma(cut, lambda *_: (ARRIVING, OFF)),
        Lemma(agree, lambda _, *of: (ME, index(*of), PREV + OFF)),
        Lemma(led_agree, lambda _, *of: (TERM, index(*of), PREV + OFF)),
        Lemma(agree, lambda _, *of: (ME, PREV, index(*of))),
        Lemma(led_agree, lambda _, *of: (TERM, PREV, index(*of))),
        *_meet_install(index),
    )


def _meet_install(index: Callable[..., Expr]) -> tuple[Lemma, ...]:
    cut = "an install is cut from its leaders log"
    agree = "logs agree with leaders"
    led_agree = "logs of leaders agree with leaders"
    return (
        Lemma(cut, lambda _, *of: (INSTALLING, index(*of))),
        Lemma(cut, lambda *_: (INSTALLING, INSTALL_INDEX)),
        Lemma(agree, lambda _, *of: (ME, index(*of), INSTALL_INDEX)),
        Lemma(led_agree, lambda _, *of: (INSTALL_TERM, index(*of), INSTALL_INDEX)),
        Lemma(agree, lambda _, *of: (ME, INSTALL_INDEX, index(*of))),
        Lemma(led_agree, lambda _, *of: (INSTALL_TERM, INSTALL_INDEX, index(*of))),
    )


_OF_LOGS: Final = (
    "the disk has the log",
    "the disk has the term",
    "no term is negative",
    "Append comes from a leader",
    "Heartbeat comes from a leader",
    "a leader voted for itself",
    "who leads is known to have led",
    "history knows the leader",
    "history knows the log of a leader",
    "entries of logs come from leaders",
    "entries of logs of leaders come from leaders",
    "logs agree with leaders",
    "logs of leaders agree with leaders",
    "terms never fall within logs",
    "terms never fall within logs of leaders",
    "an append has a place in its leaders log",
    "an append is cut from its leaders log",
    "Install comes from a leader",
    "an install has a place in its leaders log",
    "an install is cut from its leaders log",
    "an install tells a final index",
    "a heartbeat tells a final index",
    "a commit index is final",
    "a snapshot is of what is committed",
)
"""What the logs of an agent and of its leader have in common."""


@step_law(GROUP, INT, proof=Proof(uses=_OF_LOGS, lemmas_before=_meet(lambda i: i)))
def an_agent_drops_only_what_its_leader_lacks(
    before: World, after: World, i: Expr
) -> Expr:
    """Say that an entry which the leader of the term has is kept."""
    log, new, term = before("log", ME), after("log", ME), after("term", ME)
    leaders = led_log(before, term)
    lacks = all_of(was_led(before, term), negation(has(leaders, i, on.term_at(log, i))))
    kept = all_of(i <= on.last(new), same(log, new, i))
    return implies(within(log, i), any_of(lacks, kept))


@step_law(
    GROUP,
    INT,
    proof=Proof(
        uses=("later leaders are long enough", *_OF_LOGS),
        lemmas_before=_meet(lambda i: i),
    ),
)
def an_agent_commits_what_its_leader_has(before: World, after: World, i: Expr) -> Expr:
    """Say that what is newly committed stands in the log of the leader."""
    log, term = after("log", ME), after("term", ME)
    new = is_newly_committed(before, after, i)
    leaders = led_log(after, term)
    stands = all_of(was_led(after, term), i <= on.last(log), i <= on.last(leaders))
    return implies(new, all_of(stands, same(log, leaders, i)))


def is_newly_committed(before: World, after: World, i: Expr) -> Expr:
    """Tell whether the agent that takes the step commits an index in it."""
    return all_of(before("commit_index", ME) < i, i <= after("commit_index", ME))


@step_law(GROUP, INT)
def all_that_is_committed_is_given_out(before: World, after: World, i: Expr) -> Expr:
    """S8, S10: whatever an agent commits it gives out, as its log has it.

    Or a snapshot that stands for it is put in the place of what was applied.
    """
    log = after("log", ME)
    entry = i, on.term_at(log, i), on.body_at(log, i)
    given = any_of(after(APPLYING, *entry), after(RESTORING, *entry))
    return implies(is_newly_committed(before, after, i), given)


@step_law(GROUP, INT, INT, BODY)
def what_is_given_out_is_newly_committed(
    before: World, after: World, i: Expr, t: Expr, b: Expr
) -> Expr:
    """S8: nothing is given out twice, or before it is committed."""
    given = after(APPLYING, i, t, b)
    return implies(given, is_newly_committed(before, after, i))


@step_law(GROUP, INT, proof=tactics.CHOSEN_NOW)
def later_leaders_have_what_is_chosen_now(before: World, after: World, u: Expr) -> Expr:
    """S7: a leader that chooses has been deposed only by leaders that have it."""
    term, index = after("term", ME), after("commit_index", ME)
    is_chosen = all_of(equal(after("role", ME), LEADER), after("chosen", term, index))
    is_later = all_of(was_led(before, u), term < u, number(1) <= index)
    stands = has(led_log(before, u), index, term)
    return implies(all_of(is_chosen, is_later), stands)


@invariant(GROUP, AGENT, INT, INT, on=lambda w, v, t, i: [[w("held", v, t, i)]])
def what_was_held_is_its_leaders(w: World, v: Expr, t: Expr, i: Expr) -> Expr:
    """Say that an entry that was held in its term stands in its leader's log."""
    return implies(w("held", v, t, i), all_of(w("term", v) >= t, is_led_entry(w, t, i)))


@invariant(
    GROUP,
    AGENT,
    INT,
    INT,
    on=lambda w, v, t, i: [[w("held", v, t, i)]],
    proof=Proof(
        lemmas_of_step=(
            Lemma(
                "an agent drops only what its leader lacks", lambda _, __, ___, i: (i,)
            ),
        ),
    ),
)
def what_was_held_is_kept_or_blocked(w: World, v: Expr, t: Expr, i: Expr) -> Expr:
    """Say that an entry is lost only if it cannot be chosen."""
    kept = has(w("log", v), i, t)
    return implies(w("held", v, t, i), any_of(kept, w("blocked", t, i)))


@invariant(
    GROUP,
    INT,
    AGENT,
    AGENT,
    INT,
    INT,
    on=lambda w, u, c, v, t, i: [[w("vote_cast", v, u, c), w("held", v, t, i)]],
)
def a_voter_saw_what_it_held(  # noqa: PLR0917 - two votes of one voter
    w: World, u: Expr, c: Expr, v: Expr, t: Expr, i: Expr
) -> Expr:
    """Say that a voted-for candidate had what the voter held, or it is blocked."""
    before = all_of(w("vote_cast", v, u, c), w("held", v, t, i), t < u)
    stood = has(w("campaign_log", u, c), i, t)
    return implies(before, any_of(stood, w("blocked", t, i)))


@invariant(
    GROUP,
    INT,
    AGENT,
    INT,
    INT,
    on=lambda w, u, n, t, i: [[w("led", u, n), w("blocked", t, i)]],
    proof=tactics.LACKED,
)
def what_a_later_leader_lacks_is_blocked(
    w: World, u: Expr, n: Expr, t: Expr, i: Expr
) -> Expr:
    """Say that a leader has whatever may have been chosen before its term."""
    lacks = negation(has(led_log(w, u), i, t))
    premise = all_of(w("led", u, n), t < u, is_led_entry(w, t, i), lacks)
    return implies(premise, w("blocked", t, i))


@invariant(GROUP, INT, INT, on=lambda w, t, i: [[w("blocked", t, i)]])
def a_quorum_left_what_is_blocked(w: World, t: Expr, i: Expr) -> Expr:
    """Say that what is blocked has a quorum, of a near electorate, that left it."""
    left = some_near_quorum(
        on.electorate_at(led_log(w, t), i),
        lambda v: all_of(w("term", v) > t, negation(w("held", v, t, i))),
    )
    return implies(w("blocked", t, i), all_of(is_led_entry(w, t, i), left))


@invariant(
    GROUP,
    INT,
    INT,
    on=lambda w, t, i: [[w("chosen", t, i)]],
    proof=tactics.HELD_WHAT_WAS_CHOSEN,
)
def a_quorum_held_what_was_chosen(w: World, t: Expr, i: Expr) -> Expr:
    """Say that what was chosen has a quorum that held it in its term."""
    voting = on.electorate_at(led_log(w, t), i)
    held = some_quorum(voting, lambda v: w("held", v, t, i))
    return implies(w("chosen", t, i), all_of(is_led_entry(w, t, i), held))


@consequence(GROUP, INT, INT, on=lambda w, t, i: [[w("chosen", t, i)]])
def what_was_chosen_is_not_blocked(w: World, t: Expr, i: Expr) -> Expr:
    """Say that the two quorums share a voter."""
    return implies(w("chosen", t, i), negation(w("blocked", t, i)))


@consequence(
    GROUP,
    INT,
    INT,
    INT,
    AGENT,
    on=lambda w, t, i, u, n: [[w("chosen", t, i), w("led", u, n)]],
)
def later_leaders_have_what_was_chosen(
    w: World, t: Expr, i: Expr, u: Expr, n: Expr
) -> Expr:
    """S7: what was chosen is not blocked, so no later leader lacks it."""
    later = all_of(w("chosen", t, i), number(1) <= i, w("led", u, n), t <= u)
    return implies(later, has(led_log(w, u), i, t))


@consequence(
    GROUP,
    INT,
    INT,
    INT,
    INT,
    on=lambda w, t, i, u, j: [
        [w("chosen", t, i), led_log(w, u), w("known.term", j)],
    ],
)
def later_leaders_agree_on_what_was_chosen(
    w: World, t: Expr, i: Expr, u: Expr, j: Expr
) -> Expr:
    """S7: nor has it anything else before."""
    later = all_of(w("chosen", t, i), was_led(w, u), t <= u, number(1) <= j, j <= i)
    return implies(later, same(led_log(w, u), led_log(w, t), j))


def _who_chose(t: Expr, i: Expr, j: Expr) -> list[Expr]:
    """Tell an entry that was chosen before, and who chose what is already known."""
    w = World()
    by = w("known.by", j)
    is_new = all_of(negation(w("chosen", t, i)), j <= w("known"))
    return [
        w("chosen", t, i),
        all_of(is_new, by < t),
        all_of(is_new, equal(by, t)),
        all_of(is_new, by > t),
    ]


_OF_ONE_LOG: Final = Proof(
    uses=(
        "what is known was chosen",
        "what was chosen is within the known",
        "later leaders agree on what was chosen",
        "later leaders have what was chosen",
        "an acknowledgement is of what was held",
        "a quorum held what was chosen",
        "what was chosen is not blocked",
        "what matches was held",
        "what matches is within the log",
        "a commit index is final",
        "the roll is that of the log",
        "who leads is known to have led",
        "a candidate has not led",
        "a leader voted for itself",
        "a cast is among electors",
        "no term is negative",
        "a cast bounds the term",
        "history knows the leader",
        "history knows the log of a leader",
        "entries of logs of leaders come from leaders",
    ),
    lemmas_before=(
        Lemma(
            "later leaders have what is known",
            lambda _, t, __, j: (t, World()("leader_of", t), j),
        ),
        Lemma(
            "what was chosen is known",
            lambda _, __, ___, j: (World()("known.by", j), World()("known.at", j), j),
        ),
        Lemma(
            "logs of leaders agree with leaders",
            lambda _, __, i, j: (World()("known.by", j), i, j),
        ),
    ),
    lemmas_after=(
        Lemma(
            "a term has one leader",
            lambda _, t, *__: (t, World()("leader_of", t), ME),
        ),
        Lemma(
            "what a later leader lacks is blocked",
            lambda _, t, __, j: (t, ME, World()("known.by", j), World()("known.at", j)),
        ),
        Lemma(
            "a quorum left what is blocked",
            lambda _, __, ___, j: (World()("known.by", j), World()("known.at", j)),
        ),
        Lemma(
            "logs of leaders agree with leaders",
            lambda _, t, __, j: (t, World()("known.at", j), j),
        ),
    ),
    lemmas_of_step=(
        Lemma(
            "later leaders have what is chosen now",
            lambda _, __, ___, j: (World()("known.by", j),),
        ),
    ),
    cases=_who_chose,
)


@invariant(
    GROUP,
    INT,
    INT,
    INT,
    on=lambda w, t, i, j: [
        [w("chosen", t, i), on.term_at(led_log(w, t), j)],
        [w("chosen", t, i), on.body_at(led_log(w, t), j)],
        [w("chosen", t, i), w("known.term", j)],
        [w("chosen", t, i), w("known.body", j)],
    ],
    proof=_OF_ONE_LOG,
    is_on_demand=True,
)
def what_was_chosen_is_known(w: World, t: Expr, i: Expr, j: Expr) -> Expr:
    """Say that all that is chosen up to an index is one log."""
    up_to = all_of(w("chosen", t, i), number(1) <= j, j <= i)
    return implies(up_to, known_at(w, led_log(w, t), j))


@invariant(GROUP, INT, INT, on=lambda w, t, i: [[w("chosen", t, i)]])
def what_was_chosen_is_within_the_known(w: World, t: Expr, i: Expr) -> Expr:
    """Say that the known log is as long as anything that was chosen."""
    return implies(w("chosen", t, i), i <= w("known"))


@invariant(
    GROUP,
    INT,
    on=lambda w, j: [
        [w("known.term", j)],
        [w("known.body", j)],
        [w("known.by", j)],
        [w("known.at", j)],
    ],
    is_on_demand=True,
)
def what_is_known_was_chosen(w: World, j: Expr) -> Expr:
    """Say that every known entry was committed by some leader."""
    within_known = all_of(number(1) <= j, j <= w("known"))
    by, at = w("known.by", j), w("known.at", j)
    return implies(within_known, all_of(w("chosen", by, at), j <= at))


@consequence(
    GROUP,
    INT,
    AGENT,
    INT,
    on=lambda w, u, n, j: [[w("led", u, n), w("known.by", j)]],
    proof=Proof(on_demand=("what is known was chosen", "what was chosen is known")),
    is_on_demand=True,
)
def later_leaders_have_what_is_known(w: World, u: Expr, n: Expr, j: Expr) -> Expr:
    """S7: every later leader has what was committed in an earlier term."""
    is_known = all_of(number(1) <= j, j <= w("known"), w("known.by", j) <= u)
    stands = all_of(known_at(w, led_log(w, u), j), j <= on.last(led_log(w, u)))
    return implies(all_of(w("led", u, n), is_known), stands)


@invariant(GROUP, INT, INT, on=lambda w, t, c: [[w("final", t, c)]])
def what_is_final_was_chosen(w: World, t: Expr, c: Expr) -> Expr:
    """Say that a leader of the term or before committed it."""
    by, at = w("final.term", t, c), w("final.index", t, c)
    return implies(w("final", t, c), all_of(w("chosen", by, at), by <= t, c <= at))


@invariant(
    GROUP,
    INT,
    INT,
    INT,
    INT,
    on=lambda w, t, c, u, d: [[w("final", t, c), w("final", u, d)]],
)
def what_is_final_stays_final(w: World, t: Expr, c: Expr, u: Expr, d: Expr) -> Expr:
    """Say that later terms and lower indices are final too."""
    return implies(all_of(w("final", t, c), t <= u, d <= c), w("final", u, d))


@consequence(
    GROUP,
    INT,
    INT,
    INT,
    AGENT,
    on=lambda w, t, c, u, n: [[w("final", t, c), w("led", u, n)]],
)
def later_leaders_are_long_enough(w: World, t: Expr, c: Expr, u: Expr, n: Expr) -> Expr:
    """S7: no later leader ends before what is final."""
    premise = all_of(w("final", t, c), t <= u, w("led", u, n))
    return implies(premise, c <= on.last(led_log(w, u)))


@consequence(
    GROUP,
    INT,
    INT,
    INT,
    AGENT,
    INT,
    on=lambda w, t, c, u, n, j: [
        [w("final", t, c), w("led", u, n), on.term_at(led_log(w, u), j)],
        [w("final", t, c), w("led", u, n), on.body_at(led_log(w, u), j)],
        [w("final", t, c), w("led", u, n), w("known.term", j)],
    ],
    proof=Proof(on_demand=("what was chosen is known",)),
)
def later_leaders_have_what_is_final(  # noqa: PLR0917 - two terms, two places
    w: World, t: Expr, c: Expr, u: Expr, n: Expr, j: Expr
) -> Expr:
    """S7: every committed entry is in the log of every later leader."""
    premise = all_of(w("final", t, c), t <= u, w("led", u, n))
    within_final = all_of(number(1) <= j, j <= c)
    return implies(all_of(premise, within_final), known_at(w, led_log(w, u), j))


@invariant(
    GROUP,
    AGENT,
    on=lambda w, n: [[w("commit_index", n)]],
    proof=Proof(
        lemmas_of_step=(
            Lemma(
                "an agent drops only what its leader lacks",
                lambda *_: (FUNCTIONS["commit_index"](ME),),
            ),
            Lemma(
                "an agent commits what its leader has",
                lambda w, _: (w("commit_index", ME),),
            ),
        ),
    ),
)
def a_commit_index_is_final(w: World, n: Expr) -> Expr:
    """Say that an agent commits what a leader up to its term committed."""
    index, log = w("commit_index", n), w("log", n)
    final = any_of(equal(index, 0), w("final", w("term", n), index))
    return all_of(number(0) <= index, index <= on.last(log), final)


@invariant(
    GROUP,
    AGENT,
    INT,
    on=lambda w, n, j: [[on.term_at(w("log", n), j)], [on.body_at(w("log", n), j)]],
    proof=Proof(
        lemmas_after=(
            Lemma(
                "what was chosen is known",
                lambda w, n, j: (w("term", n), w("commit_index", n), j),
            ),
        ),
        lemmas_of_step=(
            Lemma("an agent drops only what its leader lacks", lambda _, __, j: (j,)),
            Lemma("an agent commits what its leader has", lambda _, __, j: (j,)),
        ),
    ),
)
def what_an_agent_commits_is_known(w: World, n: Expr, j: Expr) -> Expr:
    """S8: up to its commit index every agent has the one committed log."""
    committed = all_of(number(1) <= j, j <= w("commit_index", n))
    return implies(committed, known_at(w, w("log", n), j))


@invariant(GROUP, APPEND, on=lambda w, m: [[w.sent("Append", m)]])
def an_append_tells_a_final_index(w: World, m: Expr) -> Expr:
    """Say that a leader tells its own commit index."""
    term, index = (field("Append", name, m) for name in ("term", "commit_index"))
    final = any_of(equal(index, 0), w("final", term, index))
    return implies(w.sent("Append", m), all_of(number(0) <= index, final))


@invariant(GROUP, HEARTBEAT, on=lambda w, m: [[w.sent("Heartbeat", m)]])
def a_heartbeat_tells_a_final_index(w: World, m: Expr) -> Expr:
    """Say that a leader tells its own commit index, and the term there."""
    names = ("term", "commit_index", "commit_term")
    term, index, at = (field("Heartbeat", name, m) for name in names)
    final = any_of(equal(index, 0), w("final", term, index))
    there = equal(at, on.term_at(led_log(w, term), index))
    return implies(w.sent("Heartbeat", m), all_of(number(0) <= index, final, there))


@invariant(GROUP, INSTALL, on=lambda w, m: [[w.sent("Install", m)]])
def an_install_tells_a_final_index(w: World, m: Expr) -> Expr:
    """Say that a leader hands over a snapshot of what is committed."""
    term, index = (field("Install", name, m) for name in ("term", "index"))
    return implies(w.sent("Install", m), w("final", term, index))


@invariant(
    GROUP,
    REPLY,
    INT,
    on=lambda w, m, i: [
        [
            w.sent("AppendReply", m),
            w(
                "held",
                field("AppendReply", "sender", m),
                field("AppendReply", "term", m),
                i,
            ),
        ]
    ],
    proof=Proof(lemmas_before=_meet(lambda _, i: i)),
)
def an_acknowledgement_is_of_what_was_held(w: World, m: Expr, i: Expr) -> Expr:
    """Say that what is acknowledged was held, as far as it is of the term."""
    names = ("sender", "term", "index")
    sender, term, index = (field("AppendReply", name, m) for name in names)
    accepted = all_of(w.sent("AppendReply", m), field("AppendReply", "accepted", m))
    of_term = all_of(i <= index, has(led_log(w, term), i, term))
    return implies(all_of(accepted, of_term), w("held", sender, term, i))


@invariant(GROUP, REPLY, on=lambda w, m: [[w.sent("AppendReply", m)]])
def an_acknowledgement_is_to_a_leader(w: World, m: Expr) -> Expr:
    """Say that nobody acknowledges entries of a term without a leader."""
    term, index = (field("AppendReply", name, m) for name in ("term", "index"))
    accepted = all_of(w.sent("AppendReply", m), field("AppendReply", "accepted", m))
    return implies(
        accepted, all_of(was_led(w, term), index <= on.last(led_log(w, term)))
    )


@invariant(
    GROUP,
    AGENT,
    AGENT,
    INT,
    on=lambda w, n, a, i: [[w("role", n), w("held", a, w("term", n), i)]],
)
def what_matches_was_held(w: World, n: Expr, a: Expr, i: Expr) -> Expr:
    """Say that a leader takes for held what was held in its term."""
    term = w("term", n)
    leads = equal(w("role", n), LEADER)
    reached = all_of(i <= on.get(w("match", n), a), has(led_log(w, term), i, term))
    return implies(all_of(leads, reached), w("held", a, term, i))


@invariant(GROUP, AGENT, AGENT, on=lambda w, n, a: [[on.get(w("match", n), a)]])
def what_matches_is_within_the_log(w: World, n: Expr, a: Expr) -> Expr:
    """Say that a match index is an index of the leader's log."""
    leads = equal(w("role", n), LEADER)
    match = on.get(w("match", n), a)
    return implies(leads, all_of(number(0) <= match, match <= on.last(w("log", n))))


@step_law(
    GROUP,
    INT,
    INT,
    BODY,
    proof=Proof(
        lemmas_after=(
            Lemma("what an agent commits is known", lambda _, j, *__: (ME, j)),
        ),
    ),
)
def what_is_applied_is_known(_: World, after: World, j: Expr, t: Expr, b: Expr) -> Expr:
    """S8: what is given out at an index is the one committed entry there."""
    is_known = all_of(
        equal(t, after("known.term", j)), equal(b, after("known.body", j))
    )
    within_known = all_of(number(1) <= j, j <= after("known"))
    return implies(after(APPLYING, j, t, b), all_of(is_known, within_known))


@step_law(
    GROUP,
    INT,
    INT,
    BODY,
    proof=Proof(
        lemmas_before=(
            Lemma(
                "an install is cut from its leaders log",
                lambda _, j, *__: (INSTALLING, j),
            ),
        ),
        lemmas_after=(
            Lemma("what an agent commits is known", lambda _, j, *__: (ME, j)),
        ),
    ),
)
def what_is_restored_is_known(
    _: World, after: World, j: Expr, t: Expr, b: Expr
) -> Expr:
    """S8: a snapshot stands for the one committed entry at each index."""
    is_known = all_of(
        equal(t, after("known.term", j)), equal(b, after("known.body", j))
    )
    within_known = all_of(number(1) <= j, j <= after("known"))
    return implies(after(RESTORING, j, t, b), all_of(is_known, within_known))


@step_law(GROUP, INT, INT, BODY)
def what_is_restored_goes_beyond_what_was_applied(
    before: World, after: World, j: Expr, t: Expr, b: Expr
) -> Expr:
    """S8: a snapshot takes nothing back that was given out."""
    index = after("commit_index", ME)
    further = all_of(before("commit_index", ME) < index, j <= index)
    return implies(after(RESTORING, j, t, b), further)


@invariant(
    GROUP,
    AGENT,
    on=lambda w, n: [[w("log.start", n)], [w("disk.log.start", n)]],
)
def a_snapshot_is_of_what_is_committed(w: World, n: Expr) -> Expr:
    """Say that a log loses what is committed, and the disk loses it no earlier."""
    begin, left = w("log.start", n), w("disk.log.start", n)
    return all_of(number(0) <= left, left <= begin, begin <= w("commit_index", n))


@step_law(GROUP, INT)
def what_is_known_stays(before: World, after: World, j: Expr) -> Expr:
    """S8: a committed entry never changes."""
    unchanged = [
        equal(before(name, j), after(name, j)) for name in ("known.term", "known.body")
    ]
    is_known = all_of(number(1) <= j, j <= before("known"))
    longer = before("known") <= after("known")
    return all_of(longer, implies(is_known, all_of(*unchanged)))
