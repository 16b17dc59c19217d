"""The contracts of core's containers: sorts, operations, and what they promise.

Each operation is a function symbol, each promise an axiom that a test evaluates on the
concrete classes. Two containers are one value of the sort exactly if core's `==` says
that they are equal. A size is a number of which only one thing is known: two parts of a
set that together are larger than the set share a member. `quorum.py` proves that by
induction.

Trusted: the axioms, as far as `tests/proofs/test_contracts.py` does not reach.
Source: the container contracts in docs/design.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from primacy.messages import Timer
from primacy.role import Role, Wait
from primacy_proofs._z3 import (
    BOOL,
    INT,
    Expr,
    all_of,
    any_of,
    choose,
    constant,
    differ,
    enumeration,
    equal,
    forall,
    function,
    implies,
    negation,
    number,
    sort,
)

AGENT: Final = sort("Agent")
SET: Final = sort("AgentSet")
MAP: Final = sort("AgentMap")
LOG: Final = sort("Log")
SEGMENT: Final = sort("Segment")
BODY: Final = sort("Body")
"""What an entry holds beside its term: kind, command and request."""
TEXT: Final = sort("Text")
"""Mesh keys, request ids and commands: only compared."""
ASKED: Final = sort("AskedReads")
PARKED: Final = sort("ParkedReads")

ROLE, _roles = enumeration("Role", [role.name for role in Role])
WAIT, _waits = enumeration("Wait", [wait.name for wait in Wait])
TIMER, _timers = enumeration("Timer", [timer.name for timer in Timer])
ROLES: Final = dict(zip(Role, _roles, strict=True))
WAITS: Final = dict(zip(Wait, _waits, strict=True))
TIMERS: Final = dict(zip(Timer, _timers, strict=True))

NOBODY_: Final = constant("nobody", AGENT)
EMPTY_TEXT: Final = constant("no_text", TEXT)
EMPTY_SET: Final = constant("no_agents", SET)
EMPTY_MAP: Final = constant("no_numbers", MAP)
EMPTY_LOG_: Final = constant("empty_log", LOG)
EMPTY_SEGMENT_: Final = constant("empty_segment", SEGMENT)
NOOP_BODY: Final = constant("noop", BODY)
NO_ASKED: Final = constant("no_asked_reads", ASKED)
NO_PARKED: Final = constant("no_parked_reads", PARKED)

precedes = function("precedes", AGENT, AGENT, BOOL)
command_body = function("command", TEXT, TEXT, BODY)

member = function("member", AGENT, SET, BOOL)
size = function("size", SET, INT)
with_ = function("with", SET, AGENT, SET)
without = function("without", SET, AGENT, SET)
common = function("common", SET, SET, SET)
united = function("united", SET, SET, SET)
less = function("less", SET, SET, SET)
shared = function("shared", SET, SET, SET, AGENT)

agents_of = function("agents_of", MAP, SET)
get = function("get", MAP, AGENT, INT)
zero = function("zero", SET, MAP)
put = function("put", MAP, AGENT, INT, MAP)
put_all = function("put_all", MAP, SET, INT, MAP)
at_least = function("at_least", MAP, INT, SET)

last = function("last", LOG, INT)
term_at = function("term_at", LOG, INT, INT)
body_at = function("body_at", LOG, INT, BODY)
append = function("append", LOG, INT, BODY, LOG)
spliced = function("spliced", LOG, INT, SEGMENT, LOG)
segment = function("segment", LOG, INT, INT, SEGMENT)
holds = function("holds", LOG, INT, SEGMENT, BOOL)
differs = function("differs", LOG, INT, SEGMENT, INT)
probe = function("probe", LOG, INT, INT, INT)

length = function("length", SEGMENT, INT)
segment_term = function("segment_term", SEGMENT, INT, INT)
segment_body = function("segment_body", SEGMENT, INT, BODY)
single = function("single", INT, BODY, SEGMENT)
is_ordered = function("is_ordered", SEGMENT, INT, INT, BOOL)

asked_has = function("asked_has", ASKED, AGENT, TEXT, BOOL)
asked = function("asked", ASKED, AGENT, TEXT, INT, INT, BOOL)
asked_with = function("asked_with", ASKED, AGENT, TEXT, INT, INT, ASKED)
confirmed = function("confirmed", ASKED, INT, ASKED)
unconfirmed = function("unconfirmed", ASKED, INT, ASKED)

parks = function("parks", PARKED, TEXT, INT, BOOL)
parked_with = function("parked_with", PARKED, TEXT, INT, PARKED)
later = function("later", PARKED, INT, PARKED)


@dataclass(frozen=True, slots=True)
class Contract:
    """One promise of a container, in words and as an axiom."""

    name: str
    axiom: Expr
    bound: tuple[Expr, ...]
    body: Expr


def _contract(
    name: str, bound: Sequence[Expr], body: Expr, *triggers: Sequence[Expr]
) -> Contract:
    axiom = forall(bound, body, triggers) if bound else body
    return Contract(name, axiom, tuple(bound), body)


def _sets() -> list[Contract]:
    a, b = constant("a", AGENT), constant("b", AGENT)
    s, t, u = constant("s", SET), constant("t", SET), constant("u", SET)

    def made(name: str, result: Expr, contents: Expr, *more: Expr) -> Contract:
        inside = member(a, result)
        return _contract(name, [a, s, *more], equal(inside, contents), [inside])

    inside = member(a, s)
    both = [size(common(s, t)), size(common(s, u))]
    who = shared(s, t, u)
    return [
        _contract(
            "nobody is a member of the empty set",
            [a],
            negation(member(a, EMPTY_SET)),
            [member(a, EMPTY_SET)],
        ),
        made("with_ adds one agent", with_(s, b), any_of(inside, equal(a, b)), b),
        made(
            "without removes one agent", without(s, b), all_of(inside, differ(a, b)), b
        ),
        made(
            "common keeps the members of both",
            common(s, t),
            all_of(inside, member(a, t)),
            t,
        ),
        made(
            "united joins the members of both",
            united(s, t),
            any_of(inside, member(a, t)),
            t,
        ),
        made(
            "less keeps the members of one alone",
            less(s, t),
            all_of(inside, negation(member(a, t))),
            t,
        ),
        _contract("a size is never negative", [s], size(s) >= 0, [size(s)]),
        _contract(
            "two parts larger than the whole share a member",
            [s, t, u],
            implies(
                both[0] + both[1] > size(s),
                all_of(member(who, s), member(who, t), member(who, u)),
            ),
            both,
        ),
    ]


def _maps() -> list[Contract]:
    m, s = constant("m", MAP), constant("s", SET)
    a, b, n = constant("a", AGENT), constant("b", AGENT), constant("n", INT)
    changed, all_changed = put(m, b, n), put_all(m, s, n)
    return [
        _contract(
            "zero has the agents it is given",
            [s],
            equal(agents_of(zero(s)), s),
            [zero(s)],
        ),
        _contract(
            "zero is 0 for each",
            [s, a],
            implies(member(a, s), equal(get(zero(s), a), 0)),
            [get(zero(s), a)],
        ),
        _contract(
            "set keeps the agents",
            [m, b, n],
            implies(member(b, agents_of(m)), equal(agents_of(changed), agents_of(m))),
            [changed],
        ),
        _contract(
            "set changes one number",
            [m, a, b, n],
            implies(
                all_of(member(a, agents_of(m)), member(b, agents_of(m))),
                equal(get(changed, a), choose(equal(a, b), n, get(m, a))),
            ),
            [get(changed, a)],
        ),
        _contract(
            "set_all keeps the agents",
            [m, s, n],
            equal(agents_of(all_changed), agents_of(m)),
            [all_changed],
        ),
        _contract(
            "set_all changes the numbers of some",
            [m, s, a, n],
            implies(
                member(a, agents_of(m)),
                equal(get(all_changed, a), choose(member(a, s), n, get(m, a))),
            ),
            [get(all_changed, a)],
        ),
        _contract(
            "at_least collects those not below",
            [m, a, n],
            equal(
                member(a, at_least(m, n)),
                all_of(member(a, agents_of(m)), get(m, a) >= n),
            ),
            [member(a, at_least(m, n))],
        ),
        _contract("no number, no agent", [], equal(agents_of(EMPTY_MAP), EMPTY_SET)),
    ]


def _logs() -> list[Contract]:
    log, i, j, n = (
        constant("l", LOG),
        constant("i", INT),
        constant("j", INT),
        constant("n", INT),
    )
    cut, body = constant("g", SEGMENT), constant("b", BODY)
    grown, joined = append(log, n, body), spliced(log, j, cut)
    within = all_of(number(1) <= i, i <= last(grown))
    joins = all_of(number(0) <= j, j <= last(log))
    in_joined = all_of(joins, number(1) <= i, i <= last(joined))
    is_kept = i <= j
    return [
        _contract("a last index is never negative", [log], last(log) >= 0, [last(log)]),
        _contract("the empty log ends at 0", [], equal(last(EMPTY_LOG_), 0)),
        _contract(
            "the term at 0 is 0",
            [log, i],
            implies(i <= 0, equal(term_at(log, i), 0)),
            [term_at(log, i)],
        ),
        _contract(
            "append adds one entry",
            [log, n, body],
            equal(last(grown), last(log) + 1),
            [grown],
        ),
        _contract(
            "append keeps terms and adds one",
            [log, n, body, i],
            implies(
                within,
                equal(
                    term_at(grown, i), choose(equal(i, last(grown)), n, term_at(log, i))
                ),
            ),
            [term_at(grown, i)],
        ),
        _contract(
            "append keeps bodies and adds one",
            [log, n, body, i],
            implies(
                within,
                equal(
                    body_at(grown, i),
                    choose(equal(i, last(grown)), body, body_at(log, i)),
                ),
            ),
            [body_at(grown, i)],
        ),
        _contract(
            "spliced ends with the segment",
            [log, j, cut],
            implies(joins, equal(last(joined), j + length(cut))),
            [joined],
        ),
        _contract(
            "spliced keeps terms up to an index",
            [log, j, cut, i],
            implies(
                in_joined,
                equal(
                    term_at(joined, i),
                    choose(is_kept, term_at(log, i), segment_term(cut, i - j)),
                ),
            ),
            [term_at(joined, i)],
        ),
        _contract(
            "spliced keeps bodies up to an index",
            [log, j, cut, i],
            implies(
                in_joined,
                equal(
                    body_at(joined, i),
                    choose(is_kept, body_at(log, i), segment_body(cut, i - j)),
                ),
            ),
            [body_at(joined, i)],
        ),
        _contract(
            "nothing spliced at the end changes nothing",
            [log, j],
            implies(equal(j, last(log)), equal(spliced(log, j, EMPTY_SEGMENT_), log)),
            [spliced(log, j, EMPTY_SEGMENT_)],
        ),
        _contract(
            "one entry spliced at the end is appended",
            [log, j, n, body],
            implies(
                equal(j, last(log)), equal(spliced(log, j, single(n, body)), grown)
            ),
            [spliced(log, j, single(n, body))],
        ),
    ]


def _segments() -> list[Contract]:
    log, i, j, n = (
        constant("l", LOG),
        constant("i", INT),
        constant("j", INT),
        constant("n", INT),
    )
    cut, body, k = constant("g", SEGMENT), constant("b", BODY), constant("k", INT)
    taken = segment(log, j, n)
    asked_for = all_of(number(0) <= j, j <= last(log), n >= 0)
    within = all_of(asked_for, number(1) <= i, i <= length(taken))
    is_held = holds(log, j, cut)
    held_here = all_of(is_held, number(0) <= j, number(1) <= i, i <= length(cut))
    off = differs(log, j, cut)
    is_in_order = is_ordered(cut, j, n)
    found, searched = probe(log, j, n), choose(j < last(log), j, last(log))
    rest = last(log) - j
    return [
        _contract("a length is never negative", [cut], length(cut) >= 0, [length(cut)]),
        _contract(
            "the empty segment has no entry", [], equal(length(EMPTY_SEGMENT_), 0)
        ),
        _contract(
            "of makes one entry",
            [n, body],
            all_of(
                equal(length(single(n, body)), 1),
                equal(segment_term(single(n, body), 1), n),
                equal(segment_body(single(n, body), 1), body),
            ),
            [single(n, body)],
        ),
        _contract(
            "segment takes what follows, up to a limit",
            [log, j, n],
            implies(asked_for, equal(length(taken), choose(n < rest, n, rest))),
            [taken],
        ),
        _contract(
            "segment takes the terms",
            [log, j, n, i],
            implies(within, equal(segment_term(taken, i), term_at(log, j + i))),
            [segment_term(taken, i)],
        ),
        _contract(
            "segment takes the bodies",
            [log, j, n, i],
            implies(within, equal(segment_body(taken, i), body_at(log, j + i))),
            [segment_body(taken, i)],
        ),
        _contract(
            "holds: the log is long enough",
            [log, j, cut],
            implies(is_held, j + length(cut) <= last(log)),
            [is_held],
        ),
        _contract(
            "holds: the entries are there",
            [log, j, cut, i],
            implies(
                held_here,
                all_of(
                    equal(segment_term(cut, i), term_at(log, j + i)),
                    equal(segment_body(cut, i), body_at(log, j + i)),
                ),
            ),
            [is_held, segment_term(cut, i)],
            [is_held, segment_body(cut, i)],
        ),
        _contract(
            "what is not held differs somewhere",
            [log, j, cut],
            implies(
                all_of(negation(is_held), number(0) <= j, j + length(cut) <= last(log)),
                all_of(
                    number(1) <= off,
                    off <= length(cut),
                    any_of(
                        differ(segment_term(cut, off), term_at(log, j + off)),
                        differ(segment_body(cut, off), body_at(log, j + off)),
                    ),
                ),
            ),
            [is_held],
        ),
        _contract(
            "ordered: terms lie between",
            [cut, j, n, i],
            implies(
                all_of(is_in_order, number(1) <= i, i <= length(cut)),
                all_of(
                    segment_term(cut, i) >= j,
                    segment_term(cut, i) >= 1,
                    segment_term(cut, i) <= n,
                ),
            ),
            [is_in_order, segment_term(cut, i)],
        ),
        _contract(
            "ordered: terms never fall",
            [cut, j, n, i, k],
            implies(
                all_of(is_in_order, number(1) <= i, i <= k, k <= length(cut)),
                segment_term(cut, i) <= segment_term(cut, k),
            ),
            [is_in_order, segment_term(cut, i), segment_term(cut, k)],
        ),
        _contract(
            "probe finds a position up to an index",
            [log, j, n],
            implies(j >= 0, all_of(found >= 0, found <= searched)),
            [found],
        ),
        _contract(
            "probe finds a term not above",
            [log, j, n],
            implies(j >= 0, any_of(equal(found, 0), term_at(log, found) <= n)),
            [found],
        ),
    ]


def _reads() -> list[Contract]:
    r, p = constant("r", ASKED), constant("p", PARKED)
    a, b = constant("a", AGENT), constant("b", AGENT)
    q, t = constant("q", TEXT), constant("t", TEXT)
    i, j, n, m = (constant(name, INT) for name in "ijnm")
    this, that = asked(r, a, q, i, n), all_of(*map(equal, (a, q, i, n), (b, t, j, m)))
    added = asked(asked_with(r, b, t, j, m), a, q, i, n)
    kept, dropped = (
        asked(confirmed(r, m), a, q, i, n),
        asked(unconfirmed(r, m), a, q, i, n),
    )
    parked_one = parks(parked_with(p, t, j), q, i)
    return [
        _contract(
            "no read waits",
            [a, q, i, n],
            negation(asked(NO_ASKED, a, q, i, n)),
            [asked(NO_ASKED, a, q, i, n)],
        ),
        _contract(
            "with_ adds a read",
            [r, a, q, i, n, b, t, j, m],
            equal(added, any_of(this, that)),
            [added],
        ),
        _contract(
            "confirmed keeps the rounds up to one",
            [r, a, q, i, n, m],
            equal(kept, all_of(this, n <= m)),
            [kept],
        ),
        _contract(
            "unconfirmed keeps the rounds after it",
            [r, a, q, i, n, m],
            equal(dropped, all_of(this, n > m)),
            [dropped],
        ),
        _contract(
            "nothing is parked",
            [q, i],
            negation(parks(NO_PARKED, q, i)),
            [parks(NO_PARKED, q, i)],
        ),
        _contract(
            "with_ parks a read",
            [p, q, i, t, j],
            equal(parked_one, any_of(parks(p, q, i), all_of(equal(q, t), equal(i, j)))),
            [parked_one],
        ),
        _contract(
            "later keeps what needs more",
            [p, q, i, j],
            equal(parks(later(p, j), q, i), all_of(parks(p, q, i), i > j)),
            [parks(later(p, j), q, i)],
        ),
    ]


CONTRACTS: Final = (*_sets(), *_maps(), *_logs(), *_segments(), *_reads())
"""Every promise that the proofs rest on."""

AXIOMS: Final = tuple(each.axiom for each in CONTRACTS)
