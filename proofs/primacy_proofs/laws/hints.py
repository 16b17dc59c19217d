"""Help for the proofs of `leader_completeness`: what each may use, by which cases.

Nothing here is trusted. A proof that uses less is still a proof; an instance is of a
law that is proved; the cases and what they leave over are everything.
"""

from __future__ import annotations

from collections.abc import Callable

from primacy_proofs.laws import registry
from primacy_proofs.laws.leader_completeness import (
    a_commit_index_is_final,
    a_leader_counts_everyone,
    a_quorum_held_what_was_chosen,
    a_quorum_left_what_is_blocked,
    an_acknowledgement_is_of_what_was_held,
    an_agent_commits_what_its_leader_has,
    an_agent_drops_only_what_its_leader_lacks,
    later_leaders_agree_on_what_was_chosen,
    later_leaders_are_long_enough,
    later_leaders_have_what_is_chosen_now,
    later_leaders_have_what_is_final,
    later_leaders_have_what_is_known,
    later_leaders_have_what_was_chosen,
    what_a_later_leader_lacks_is_blocked,
    what_an_agent_commits_is_known,
    what_is_applied_is_known,
    what_is_known_was_chosen,
    what_matches_is_within_the_log,
    what_matches_was_held,
    what_was_chosen_is_known,
    what_was_chosen_is_not_blocked,
    what_was_chosen_is_within_the_known,
    what_was_held_is_kept_or_blocked,
)
from primacy_proofs.laws.leases import a_floor_of_a_later_leader_shows_an_heir
from primacy_proofs.laws.reads import a_floor_was_chosen
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import Expr, all_of, constant, equal, negation
from primacy_proofs.system.world import FUNCTIONS, ME, PACKET_SORTS, World, field

registry.only_for(
    what_is_known_was_chosen, what_was_chosen_is_known, later_leaders_have_what_is_known
)
registry.only_for(later_leaders_have_what_is_known, what_was_chosen_is_known)
registry.only_for(
    what_was_chosen_is_known,
    later_leaders_have_what_is_final,
    later_leaders_have_what_is_known,
)
registry.after(
    what_an_agent_commits_is_known,
    what_was_chosen_is_known,
    lambda w, n, j: (w("term", n), w("commit_index", n), j),
)
registry.after(
    what_is_applied_is_known, what_an_agent_commits_is_known, lambda _, j, *__: (ME, j)
)
registry.uses(
    what_was_chosen_is_known,
    what_is_known_was_chosen,
    what_was_chosen_is_within_the_known,
    later_leaders_agree_on_what_was_chosen,
    later_leaders_have_what_was_chosen,
    an_acknowledgement_is_of_what_was_held,
    a_quorum_held_what_was_chosen,
    what_was_chosen_is_not_blocked,
    what_matches_was_held,
    what_matches_is_within_the_log,
    a_leader_counts_everyone,
    a_commit_index_is_final,
    *(
        registry.INVARIANTS[name]
        for name in (
            "the roll is fixed",
            "who leads is known to have led",
            "a candidate has not led",
            "a leader voted for itself",
            "a cast is among electors",
            "no term is negative",
            "a cast bounds the term",
            "history knows the leader",
            "history knows the log of a leader",
            "entries of logs of leaders come from leaders",
        )
    ),
)
registry.beside(
    what_was_chosen_is_known,
    later_leaders_have_what_is_chosen_now,
    lambda _, __, ___, j: (World()("known.by", j),),
)
registry.hint(
    what_was_chosen_is_known,
    later_leaders_have_what_is_known,
    lambda w, t, _, j: (t, w("boss", t), j),
)
registry.hint(
    what_was_chosen_is_known,
    what_was_chosen_is_known,
    lambda w, _, __, j: (w("known.by", j), w("known.at", j), j),
)
registry.hint(
    what_was_chosen_is_known,
    registry.INVARIANTS["logs of leaders agree with leaders"],
    lambda w, _, i, j: (w("known.by", j), i, j),
)
registry.after(
    what_was_chosen_is_known,
    registry.CONSEQUENCES["a term has one leader"],
    lambda _, t, *__: (t, World()("boss", t), ME),
)
registry.after(
    what_was_chosen_is_known,
    what_a_later_leader_lacks_is_blocked,
    lambda _, t, __, j: (t, ME, World()("known.by", j), World()("known.at", j)),
)
registry.after(
    what_was_chosen_is_known,
    a_quorum_left_what_is_blocked,
    lambda _, __, ___, j: (World()("known.by", j), World()("known.at", j)),
)
registry.after(
    what_was_chosen_is_known,
    registry.INVARIANTS["logs of leaders agree with leaders"],
    lambda _, t, __, j: (t, World()("known.at", j), j),
)
registry.after(
    later_leaders_have_what_is_chosen_now,
    a_quorum_held_what_was_chosen,
    lambda w, _: (w("term", ME), w("commit_index", ME)),
)


def _cases(t: Expr, i: Expr, j: Expr) -> list[Expr]:
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


registry.by_cases(what_was_chosen_is_known, _cases)


# --- appends: what the follower's log has in common with the leader's -----------------

APPEND = constant("packet", PACKET_SORTS["Append"])
"""The append that arrives, where one does."""
TERM, PREV, ENTRIES = (
    field("Append", name, APPEND) for name in ("term", "prev_index", "entries")
)
OWN_LOG = FUNCTIONS["log"](ME)
OWN_COMMIT = FUNCTIONS["commit_index"](ME)
OFF = on.differs(OWN_LOG, PREV, ENTRIES)
"""Where the append and the follower's log differ, if they do."""


def _meet(user: registry.Law, index: Callable[..., Expr]) -> None:
    """Show what an append and both logs have in common, up to an index."""
    cut = registry.INVARIANTS["an append is cut from its leaders log"]
    agree = registry.INVARIANTS["logs agree with leaders"]
    led = registry.INVARIANTS["logs of leaders agree with leaders"]
    registry.hint(user, cut, lambda _, *of: (APPEND, index(*of) - PREV))
    registry.hint(user, cut, lambda *_: (APPEND, OFF))
    registry.hint(user, agree, lambda _, *of: (ME, index(*of), PREV + OFF))
    registry.hint(user, led, lambda _, *of: (TERM, index(*of), PREV + OFF))
    registry.hint(user, agree, lambda _, *of: (ME, PREV, index(*of)))
    registry.hint(user, led, lambda _, *of: (TERM, PREV, index(*of)))


_meet(an_agent_drops_only_what_its_leader_lacks, lambda i: i)
_meet(an_agent_commits_what_its_leader_has, lambda i: i)

_OF_LOGS = (
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
    "a heartbeat tells a final index",
    "a commit index is final",
)
registry.uses(
    an_agent_drops_only_what_its_leader_lacks,
    *(registry.INVARIANTS[name] for name in _OF_LOGS),
)
registry.uses(
    an_agent_commits_what_its_leader_has,
    later_leaders_are_long_enough,
    *(registry.INVARIANTS[name] for name in _OF_LOGS),
)

DROPS = an_agent_drops_only_what_its_leader_lacks
COMMITS = an_agent_commits_what_its_leader_has
registry.beside(what_was_held_is_kept_or_blocked, DROPS, lambda _, __, ___, i: (i,))
registry.beside(a_commit_index_is_final, DROPS, lambda *_: (OWN_COMMIT,))
registry.beside(
    a_commit_index_is_final, COMMITS, lambda after, _: (after("commit_index", ME),)
)
registry.beside(what_an_agent_commits_is_known, DROPS, lambda _, __, j: (j,))
registry.beside(what_an_agent_commits_is_known, COMMITS, lambda _, __, j: (j,))
_meet(an_acknowledgement_is_of_what_was_held, lambda _, i: i)


# --- reads ----------------------------------------------------------------------------

registry.only_for(
    what_is_known_was_chosen,
    a_floor_was_chosen,
    a_floor_of_a_later_leader_shows_an_heir,
)
