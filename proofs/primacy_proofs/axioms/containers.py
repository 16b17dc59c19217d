"""The contracts of core's containers: what each operation promises.

Each promise is an axiom that a test evaluates on the concrete classes. A size is a
number of which little is known: what quorums of near electorates have in common stands
in `rolls`, and `quorum` proves that by induction.

Trusted: the axioms, as far as `tests/proofs/axioms/test_contracts.py` does not reach.
Source: the container contracts in docs/design.md.
"""

from __future__ import annotations

from typing import Final

from primacy_proofs.axioms.contract import Contract, contract
from primacy_proofs.axioms.logs import log_contracts, segment_contracts
from primacy_proofs.axioms.rolls import electorate_contracts, roll_contracts
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    choose,
    constant,
    differ,
    equal,
    implies,
    negation,
    number,
)
from primacy_proofs.smt.symbols import (
    AGENT,
    ASKED,
    EMPTY_MAP,
    EMPTY_SET,
    MAP,
    NO_ASKED,
    NO_PARKED,
    NOBODY_,
    PARKED,
    SET,
    TEXT,
    asked,
    asked_with,
    at_least,
    confirmed,
    difference,
    electorate,
    first,
    get,
    intersection,
    later,
    member,
    parked_with,
    parks,
    put,
    put_all,
    size,
    suggestion,
    unconfirmed,
    union,
    with_,
    within,
    without,
)


def _sets() -> list[Contract]:
    a, b = constant("a", AGENT), constant("b", AGENT)
    s, t = constant("s", SET), constant("t", SET)

    def made(name: str, result: Expr, contents: Expr, *more: Expr) -> Contract:
        inside = member(a, result)
        return contract(name, [a, s, *more], equal(inside, contents), [inside])

    inside, inside_t = member(a, s), member(a, t)
    alone = intersection(s, with_(EMPTY_SET, a))
    return [
        contract(
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
            "an intersection has the members of both",
            intersection(s, t),
            all_of(inside, member(a, t)),
            t,
        ),
        made(
            "a union has the members of either",
            union(s, t),
            any_of(inside, member(a, t)),
            t,
        ),
        made(
            "a difference has the members of one alone",
            difference(s, t),
            all_of(inside, negation(member(a, t))),
            t,
        ),
        contract(
            "an outsider is not in an intersection",
            [s, t, b],
            implies(
                negation(member(b, s)),
                equal(intersection(s, with_(t, b)), intersection(s, t)),
            ),
            [intersection(s, with_(t, b))],
        ),
        contract(
            "a member alone is no more than all",
            [s, t, a],
            implies(inside_t, size(alone) <= size(intersection(s, t))),
            [size(alone), size(intersection(s, t))],
        ),
        contract("a size is never negative", [s], size(s) >= 0, [size(s)]),
        contract(
            "the first is a member, if it is an agent",
            [s],
            implies(differ(first(s), NOBODY_), member(first(s), s)),
            [first(s)],
        ),
    ]


def _maps() -> list[Contract]:
    m, s = constant("m", MAP), constant("s", SET)
    a, b, n = constant("a", AGENT), constant("b", AGENT), constant("n", INT)
    changed, all_changed = put(m, b, n), put_all(m, s, n)
    i = constant("i", INT)
    kept, t = within(m, s), constant("t", SET)
    is_outside = all_of(negation(member(b, s)), negation(member(b, t)))
    suggested = suggestion(changed, electorate(s, t))
    return [
        contract(
            "the empty map is 0 for each",
            [a],
            equal(get(EMPTY_MAP, a), 0),
            [get(EMPTY_MAP, a)],
        ),
        contract(
            "set changes one number",
            [m, a, b, n],
            equal(get(changed, a), choose(equal(a, b), n, get(m, a))),
            [get(changed, a)],
        ),
        contract(
            "set_all changes the numbers of some",
            [m, s, a, n],
            equal(get(all_changed, a), choose(member(a, s), n, get(m, a))),
            [get(all_changed, a)],
        ),
        contract(
            "within keeps the numbers of some",
            [m, s, a],
            equal(get(kept, a), choose(member(a, s), get(m, a), number(0))),
            [get(kept, a)],
        ),
        contract(
            "at_least collects those not below",
            [m, a, n],
            equal(
                member(a, at_least(m, n)),
                all_of(differ(get(m, a), 0), get(m, a) >= n),
            ),
            [member(a, at_least(m, n))],
        ),
        contract(
            "an outsider's number suggests nothing",
            [m, s, t, b, n],
            implies(is_outside, equal(suggested, suggestion(m, electorate(s, t)))),
            [suggested],
        ),
        contract(
            "an outsider's number puts no insider among those not below",
            [m, s, b, n, i],
            implies(
                negation(member(b, s)),
                equal(
                    intersection(s, at_least(changed, i)),
                    intersection(s, at_least(m, i)),
                ),
            ),
            [intersection(s, at_least(changed, i))],
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
        contract(
            "no read waits",
            [a, q, i, n],
            negation(asked(NO_ASKED, a, q, i, n)),
            [asked(NO_ASKED, a, q, i, n)],
        ),
        contract(
            "with_ adds a read",
            [r, a, q, i, n, b, t, j, m],
            equal(added, any_of(this, that)),
            [added],
        ),
        contract(
            "confirmed keeps the rounds up to one",
            [r, a, q, i, n, m],
            equal(kept, all_of(this, n <= m)),
            [kept],
        ),
        contract(
            "unconfirmed keeps the rounds after it",
            [r, a, q, i, n, m],
            equal(dropped, all_of(this, n > m)),
            [dropped],
        ),
        contract(
            "nothing is parked",
            [q, i],
            negation(parks(NO_PARKED, q, i)),
            [parks(NO_PARKED, q, i)],
        ),
        contract(
            "with_ parks a read",
            [p, q, i, t, j],
            equal(parked_one, any_of(parks(p, q, i), all_of(equal(q, t), equal(i, j)))),
            [parked_one],
        ),
        contract(
            "later keeps what needs more",
            [p, q, i, j],
            equal(parks(later(p, j), q, i), all_of(parks(p, q, i), i > j)),
            [parks(later(p, j), q, i)],
        ),
    ]


CONTRACTS: Final = (
    *_sets(),
    *_maps(),
    *log_contracts(),
    *segment_contracts(),
    *electorate_contracts(),
    *roll_contracts(),
    *_reads(),
)
"""Every promise that the proofs rest on."""

AXIOMS: Final = tuple(each.axiom for each in CONTRACTS)
