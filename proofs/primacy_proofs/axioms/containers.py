"""The contracts of core's containers: what each operation promises.

Each promise is an axiom that a test evaluates on the concrete classes. A size is a
number of which only one thing is known: two parts of a set that together are larger
than the set share a member. `quorum` proves that by induction.

Trusted: the axioms, as far as `tests/proofs/axioms/test_contracts.py` does not reach.
Source: the container contracts in docs/design.md.
"""

from __future__ import annotations

from typing import Final

from primacy_proofs.axioms.contract import Contract, contract
from primacy_proofs.axioms.logs import log_contracts, segment_contracts
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
)
from primacy_proofs.smt.symbols import (
    AGENT,
    ASKED,
    EMPTY_MAP,
    EMPTY_SET,
    MAP,
    NO_ASKED,
    NO_PARKED,
    PARKED,
    SET,
    TEXT,
    agents_of,
    asked,
    asked_with,
    at_least,
    common,
    confirmed,
    get,
    later,
    less,
    member,
    parked_with,
    parks,
    put,
    put_all,
    shared,
    size,
    suggestion,
    unconfirmed,
    united,
    with_,
    without,
    zero,
)


def _sets() -> list[Contract]:
    a, b = constant("a", AGENT), constant("b", AGENT)
    s, t, u = constant("s", SET), constant("t", SET), constant("u", SET)

    def made(name: str, result: Expr, contents: Expr, *more: Expr) -> Contract:
        inside = member(a, result)
        return contract(name, [a, s, *more], equal(inside, contents), [inside])

    inside, inside_t = member(a, s), member(a, t)
    alone = common(s, with_(EMPTY_SET, a))
    both = [size(common(s, t)), size(common(s, u))]
    who = shared(s, t, u)
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
        contract(
            "an outsider is not common",
            [s, t, b],
            implies(
                negation(member(b, s)), equal(common(s, with_(t, b)), common(s, t))
            ),
            [common(s, with_(t, b))],
        ),
        contract(
            "a member alone is no more than all",
            [s, t, a],
            implies(inside_t, size(alone) <= size(common(s, t))),
            [size(alone), size(common(s, t))],
        ),
        contract("a size is never negative", [s], size(s) >= 0, [size(s)]),
        contract(
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
    i = constant("i", INT)
    is_outside = all_of(member(b, agents_of(m)), negation(member(b, s)))
    return [
        contract(
            "zero has the agents it is given",
            [s],
            equal(agents_of(zero(s)), s),
            [zero(s)],
        ),
        contract(
            "zero is 0 for each",
            [s, a],
            implies(member(a, s), equal(get(zero(s), a), 0)),
            [get(zero(s), a)],
        ),
        contract(
            "set keeps the agents",
            [m, b, n],
            implies(member(b, agents_of(m)), equal(agents_of(changed), agents_of(m))),
            [changed],
        ),
        contract(
            "set changes one number",
            [m, a, b, n],
            implies(
                all_of(member(a, agents_of(m)), member(b, agents_of(m))),
                equal(get(changed, a), choose(equal(a, b), n, get(m, a))),
            ),
            [get(changed, a)],
        ),
        contract(
            "set_all keeps the agents",
            [m, s, n],
            equal(agents_of(all_changed), agents_of(m)),
            [all_changed],
        ),
        contract(
            "set_all changes the numbers of some",
            [m, s, a, n],
            implies(
                member(a, agents_of(m)),
                equal(get(all_changed, a), choose(member(a, s), n, get(m, a))),
            ),
            [get(all_changed, a)],
        ),
        contract(
            "at_least collects those not below",
            [m, a, n],
            equal(
                member(a, at_least(m, n)),
                all_of(member(a, agents_of(m)), get(m, a) >= n),
            ),
            [member(a, at_least(m, n))],
        ),
        contract("no number, no agent", [], equal(agents_of(EMPTY_MAP), EMPTY_SET)),
        contract(
            "an outsider's number suggests nothing",
            [m, s, b, n],
            implies(is_outside, equal(suggestion(changed, s), suggestion(m, s))),
            [suggestion(changed, s)],
        ),
        contract(
            "an outsider's number puts no insider among those not below",
            [m, s, b, n, i],
            implies(
                is_outside,
                equal(common(s, at_least(changed, i)), common(s, at_least(m, i))),
            ),
            [common(s, at_least(changed, i))],
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
    *_reads(),
)
"""Every promise that the proofs rest on."""

AXIOMS: Final = tuple(each.axiom for each in CONTRACTS)
