"""What history remembers of logs, written once as a function of a step.

`led.log(t)`: the log of the leader of t; that leader is `leader_of(t)`.
`campaign_log(t, c)`: the log with which c stood in t. `held(v, t, i)`: v once held an
entry of t at i while in t. `chosen(t, i)`: the leader of t committed up to i by
counting. `blocked(t, i)`: an entry of t stands at i in the log of its leader, and a
quorum of an electorate near the one in force there has left t without holding it, so it
cannot be chosen. `ground(t, k)`: the commit index of the leader of t when it appended
the roll entry at k, which it tells with it. `known`: how far anything was ever
committed, and what: `known.term(j)`, `known.body(j)`, chosen as `(known.by(j),
known.at(j))`. `final(t, c)`: a leader of t or before committed c or more, as
`(final.term(t, c), final.index(t, c))`.

Trusted: this file. It says what history remembers.
"""

from __future__ import annotations

from primacy.log import EntryKind
from primacy.messages import Append
from primacy.outputs import Apply, Broadcast, Discard, Outputs, Restore, WriteAccepted
from primacy.role import Role
from primacy.state import State
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    FALSE,
    Expr,
    all_of,
    any_of,
    choose,
    constant,
    differ,
    equal,
    exists,
    forall,
    implies,
    is_same,
    negation,
    number,
    simplify,
)
from primacy_proofs.symbolic.containers import (
    expr_of_electorate,
    expr_of_segment,
    expr_of_set,
)
from primacy_proofs.symbolic.records import lower
from primacy_proofs.symbolic.values import expr_of_int
from primacy_proofs.system.world import (
    ACCEPTING,
    APPLYING,
    FUNCTIONS,
    INSTALLING,
    ME,
    PREFIX,
    RESTORING,
    STARTING,
    STATE_COLUMNS,
    Change,
    field,
    is_me,
)

Disk = tuple[Expr, Expr, Expr, Expr]
"""Term, vote, log and its start."""

LEADER = on.ROLES[Role.LEADER]


def has(log: Expr, index: Expr, term: Expr) -> Expr:
    """Tell whether a log has an entry of a term at an index."""
    within = all_of(number(1) <= index, index <= on.last(log))
    return all_of(within, equal(on.term_at(log, index), term))


def some_quorum(voting: Expr, is_so: Change) -> Expr:
    """Tell whether something is so for every member of some quorum of an electorate."""
    whose = constant("whose", on.ELECTORATE)
    return _exists_quorum(whose, equal(whose, voting), is_so)


def some_near_quorum(voting: Expr, is_so: Change) -> Expr:
    """Tell whether it is so for a quorum of some electorate that is near to one."""
    whose = constant("whose", on.ELECTORATE)
    return _exists_quorum(whose, on.near(whose, voting), is_so)


def _exists_quorum(whose: Expr, is_meant: Expr, is_so: Change) -> Expr:
    quorum, one = constant("quorum", on.SET), constant("one", on.AGENT)
    each = forall(
        [one], implies(on.member(one, quorum), is_so(one)), [[on.member(one, quorum)]]
    )
    counted = on.is_quorum(whose, quorum)
    return exists([whose, quorum], all_of(is_meant, counted, each), [[counted]])


class After:
    """The agent after a step, as far as history cares."""

    def __init__(self, state: State) -> None:
        names = [column.name for column in STATE_COLUMNS]
        values = dict(zip(names, lower(state), strict=True))
        self.term, self.log = values["term"], values["log"]
        self.role, self.commit = values["role"], values["commit_index"]
        kept = ("term", "log", "role", "commit_index")
        self.is_changed = not all(
            is_same(values[name], FUNCTIONS[name](ME)) for name in kept
        )
        self.leads = equal(self.role, LEADER)
        is_new = differ(self.commit, FUNCTIONS["commit_index"](ME))
        self.chooses = all_of(self.leads, is_new)

    def leads_in(self, term: Expr) -> Expr:
        """Tell whether the agent leads a term."""
        return all_of(self.leads, equal(term, self.term))

    def holds(self, voter: Expr, term: Expr, index: Expr) -> Expr:
        """Tell whether the agent now holds an entry of its term."""
        held = has(self.log, index, term)
        return all_of(is_me(voter), equal(term, self.term), held)


def past_changes(
    after: State, disks: tuple[Disk, ...], outputs: Outputs
) -> dict[str, Change]:
    """Write down what a step adds to the history of logs."""
    now = After(after)
    changes: dict[str, Change] = {}
    if now.is_changed:
        changes["held"] = _holding(now)
    if now.is_changed and not is_same(simplify(now.leads), FALSE):
        changes |= _of_leaders(now) | _of_commits(now, outputs)
    changes |= _grounds(outputs)
    if disks:
        changes["campaign_log"] = _standing(disks)
    for output in outputs:
        if isinstance(output, WriteAccepted):
            changes[ACCEPTING] = _accepting(output)
    applied = [output for output in outputs if isinstance(output, Apply)]
    if applied:
        changes[APPLYING] = _applying(applied)
    begun = [each for each in outputs if isinstance(each, Discard | Restore)]
    if begun:
        changes[STARTING] = _starting(begun)
    restored = [each for each in begun if isinstance(each, Restore)]
    if restored:
        changes[RESTORING] = _restoring(restored)
    return changes


def _holding(now: After) -> Change:
    def held(before: Expr, voter: Expr, term: Expr, index: Expr) -> Expr:
        return any_of(before, now.holds(voter, term, index))

    return held


def _of_leaders(now: After) -> dict[str, Change]:
    held = _holding(now)

    def blocked(before: Expr, term: Expr, index: Expr) -> Expr:
        log = choose(now.leads_in(term), now.log, FUNCTIONS["led.log"](term))

        def has_left(voter: Expr) -> Expr:
            reached = choose(is_me(voter), now.term, FUNCTIONS["term"](voter))
            once = held(FUNCTIONS["held"](voter, term, index), voter, term, index)
            return all_of(reached > term, negation(once))

        led = any_of(
            now.leads_in(term), FUNCTIONS["led"](term, FUNCTIONS["leader_of"](term))
        )
        stands = all_of(number(1) <= term, led, has(log, index, term))
        left = some_near_quorum(on.electorate_at(log, index), has_left)
        return any_of(before, all_of(now.leads, stands, left))

    return {
        "leader_of": lambda before, term: choose(now.leads_in(term), ME, before),
        "led.log": lambda before, term: choose(now.leads_in(term), now.log, before),
        "blocked": blocked,
    }


def _of_commits(now: After, outputs: Outputs) -> dict[str, Change]:
    known, final = FUNCTIONS["known"](), FUNCTIONS["final"]
    reached = [_end(output) for output in outputs if isinstance(output, Apply)]

    def chosen(before: Expr, term: Expr, index: Expr) -> Expr:
        is_this = any_of(*(equal(index, at) for at in (now.commit, *reached[:-1])))
        return any_of(before, all_of(now.chooses, equal(term, now.term), is_this))

    def is_final(before: Expr, term: Expr, index: Expr) -> Expr:
        reaches = all_of(now.term <= term, index <= now.commit)
        return any_of(before, all_of(now.chooses, reaches))

    def unless_final(value: Expr) -> Change:
        return lambda before, term, index: choose(
            any_of(final(term, index), negation(now.chooses)), before, value
        )

    def beyond(value: Change) -> Change:
        return lambda before, index: choose(
            all_of(now.chooses, index > known, index <= now.commit),
            value(index),
            before,
        )

    is_further = all_of(now.chooses, now.commit > known)
    return {
        "chosen": chosen,
        "final": is_final,
        "final.term": unless_final(now.term),
        "final.index": unless_final(now.commit),
        "known": lambda before: choose(is_further, now.commit, before),
        "known.term": beyond(lambda index: on.term_at(now.log, index)),
        "known.body": beyond(lambda index: on.body_at(now.log, index)),
        "known.by": beyond(lambda _: now.term),
        "known.at": beyond(lambda _: now.commit),
    }


def _end(output: Apply) -> Expr:
    """Name the last index that an output gives out."""
    count = on.length(expr_of_segment(output.entries))
    return expr_of_int(output.first) + count - 1


def _grounds(outputs: Outputs) -> dict[str, Change]:
    """Note the commit index that a leader tells with a new entry that sets a roll."""
    for output in outputs:
        if isinstance(output, Broadcast) and isinstance(output.packet, Append):
            (entry,) = output.packet.entries.entries
            if entry.kind == EntryKind.ROLL:
                return {"ground": _grounding(output.packet)}
    return {}


def _grounding(append: Append) -> Change:
    at, in_term = expr_of_int(append.prev_index) + 1, expr_of_int(append.term)
    told = expr_of_int(append.commit_index)

    def ground(before: Expr, term: Expr, index: Expr) -> Expr:
        return choose(all_of(equal(term, in_term), equal(index, at)), told, before)

    return ground


def _standing(disks: tuple[Disk, ...]) -> Change:
    """Keep the log on the disk that first holds the agent's vote for itself."""

    def campaign_log(before: Expr, term: Expr, candidate: Expr) -> Expr:
        value = before
        for reached, vote, log, _ in reversed(disks):
            is_this = all_of(equal(reached, term), equal(vote, ME))
            value = choose(is_this, log, value)
        is_new = negation(FUNCTIONS["vote_cast"](ME, term, ME))
        return choose(all_of(is_me(candidate), is_new), value, before)

    return campaign_log


def _accepting(output: WriteAccepted) -> Change:
    """Give what is reported to a client: an index and a term."""
    at = expr_of_int(output.index), expr_of_int(output.token)
    return lambda _, index, term: all_of(equal(index, at[0]), equal(term, at[1]))


def _applying(applied: list[Apply]) -> Change:
    """Tell what is given out: an index, a term and a body."""

    def is_applied(_: Expr, index: Expr, term: Expr, body: Expr) -> Expr:
        found: list[Expr] = []
        for output in applied:
            entries = expr_of_segment(output.entries)
            place = index - expr_of_int(output.first) + 1
            within = all_of(number(1) <= place, place <= on.length(entries))
            same_term = equal(on.segment_term(entries, place), term)
            same_body = equal(on.segment_body(entries, place), body)
            found.append(all_of(within, same_term, same_body))
        return any_of(*found)

    return is_applied


def _restoring(restored: list[Restore]) -> Change:
    """Tell what a snapshot stands for: an index, a term and a body."""
    log = field(*PREFIX, INSTALLING)

    def is_restored(_: Expr, index: Expr, term: Expr, body: Expr) -> Expr:
        within = [index <= expr_of_int(output.index) for output in restored]
        stands = (
            equal(on.term_at(log, index), term),
            equal(on.body_at(log, index), body),
        )
        return all_of(number(1) <= index, any_of(*within), *stands)

    return is_restored


def _starting(begun: list[Discard | Restore]) -> Change:
    """Tell what the disk gets of the start of its log."""

    def is_written(_: Expr, *parts: Expr) -> Expr:
        found = [
            all_of(*map(equal, parts, _told(output)))  # one part after the other
            for output in begun
        ]
        return any_of(*found)

    return is_written


def _told(output: Discard | Restore) -> tuple[Expr, ...]:
    roll = output.roll
    return (
        expr_of_int(output.index),
        expr_of_int(output.index_term),
        expr_of_electorate(roll.electors, roll.outgoing),
        expr_of_set(roll.workers),
        expr_of_int(roll.index),
        expr_of_int(roll.term),
    )
