"""The contracts of electorates and of rolls in logs, as `containers` has others.

An electorate is a pair of sets, the electors and the outgoing ones; outside of a
replacement the two are one. Which sets are its quorums says the one rule of core. All
that the proofs know of two electorates is whether they are *near*: they share a
component, or both are settled and differ by one elector. `quorum` proves by induction
that quorums of near electorates meet.

Two logs are *alike* up to an index if they have the same entries up to it.
"""

from __future__ import annotations

from primacy_proofs.axioms.contract import Contract, contract
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    choose,
    constant,
    equal,
    implies,
    negation,
    number,
)
from primacy_proofs.smt.symbols import (
    AGENT,
    BODY,
    ELECTORATE,
    FIRST_ELECTORATE,
    FIRST_WORKERS,
    LOG,
    NOOP_BODY,
    SEGMENT,
    SET,
    TEXT,
    append,
    body_at,
    body_electorate,
    body_workers,
    command_body,
    electorate,
    electorate_at,
    electors_of,
    intersection,
    is_alike,
    is_quorum,
    last,
    member,
    near,
    outgoing_of,
    roll_body,
    roll_index,
    sets_roll,
    shared,
    size,
    spliced,
    term_at,
    unlike,
    with_,
    without,
    workers_at,
)


def is_majority(part: Expr, whole: Expr) -> Expr:
    """Tell whether the members of one set are more than half of another."""
    return size(intersection(whole, part)) * 2 > size(whole)


def electorate_contracts() -> list[Contract]:
    """State what electorates promise."""
    e, o, s, t = (constant(name, SET) for name in "eost")
    x, y, a = constant("x", ELECTORATE), constant("y", ELECTORATE), constant("a", AGENT)
    pair, settled = electorate(e, o), electorate(e, e)
    more, fewer = with_(e, a), without(e, a)
    grown, shrunk = electorate(more, more), electorate(fewer, fewer)
    who, counted = shared(x, s, y, t), size(intersection(e, s))
    ones = (electors_of(x), outgoing_of(x))
    others = (electors_of(y), outgoing_of(y))
    shares = any_of(*(equal(one, other) for one in ones for other in others))
    meet = all_of(is_quorum(x, s), is_quorum(y, t), near(x, y))
    return [
        contract(
            "an electorate has its components",
            [e, o],
            all_of(equal(electors_of(pair), e), equal(outgoing_of(pair), o)),
            [pair],
        ),
        contract(
            "an electorate is nothing else",
            [x],
            equal(electorate(*ones), x),
            [electors_of(x)],
            [outgoing_of(x)],
        ),
        contract(
            "a quorum has a majority of either component",
            [e, o, s],
            equal(
                is_quorum(pair, s),
                all_of(is_majority(s, e), is_majority(s, o)),
            ),
            [is_quorum(pair, s)],
            [pair, counted],
        ),
        contract(
            "electorates that share a component are near",
            [x, y],
            implies(shares, near(x, y)),
            [near(x, y)],
        ),
        contract("an electorate is near itself", [x, s], near(x, x), [is_quorum(x, s)]),
        contract(
            "electorates are near with one elector more",
            [e, a],
            all_of(near(settled, grown), near(grown, settled)),
            [grown],
        ),
        contract(
            "electorates are near with one elector less",
            [e, a],
            all_of(near(settled, shrunk), near(shrunk, settled)),
            [shrunk],
        ),
        contract(
            "near goes both ways",
            [x, y],
            equal(near(x, y), near(y, x)),
            [near(x, y)],
        ),
        contract(
            "quorums of near electorates share a member",
            [x, s, y, t],
            implies(meet, all_of(member(who, s), member(who, t))),
            [is_quorum(x, s), is_quorum(y, t), near(x, y)],
        ),
    ]


def roll_contracts() -> list[Contract]:
    """State what rolls in logs promise."""
    log, other = constant("l", LOG), constant("k", LOG)
    i, j, n = (constant(name, INT) for name in "ijn")
    x, s, q, r = (
        constant("x", ELECTORATE),
        constant("s", SET),
        constant("q", TEXT),
        constant("r", TEXT),
    )
    body, cut = constant("b", BODY), constant("g", SEGMENT)
    grown, joined, end = append(log, n, body), spliced(log, j, cut), last(log)
    roll, words = roll_body(x, s, q, r), command_body(q, r)
    set_at, voting = roll_index(log, i), electorate_at(log, i)
    has_set, is_set = set_at > 0, sets_roll(body)
    like, off = is_alike(log, other, i), unlike(log, other, i)
    is_before = all_of(number(0) <= i, i <= end)
    return [
        contract(
            "a roll entry sets its roll",
            [x, s, q, r],
            all_of(
                sets_roll(roll),
                equal(body_electorate(roll), x),
                equal(body_workers(roll), s),
            ),
            [roll],
        ),
        contract("a no-op sets no roll", [], negation(sets_roll(NOOP_BODY))),
        contract("a command sets no roll", [q, r], negation(sets_roll(words)), [words]),
        contract(
            "a roll was set up to an index",
            [log, i],
            implies(i >= 0, all_of(set_at >= 0, set_at <= i)),
            [set_at],
        ),
        contract(
            "a roll was set by an entry",
            [log, i],
            implies(all_of(i >= 0, has_set), sets_roll(body_at(log, set_at))),
            [set_at],
        ),
        contract(
            "a roll was set by no later entry",
            [log, i, j],
            implies(
                all_of(set_at < j, j <= i, number(1) <= j),
                negation(sets_roll(body_at(log, j))),
            ),
            [set_at, body_at(log, j)],
        ),
        contract(
            "a roll is in force until the next",
            [log, i, j],
            implies(
                all_of(set_at <= j, j <= i, number(0) <= j),
                equal(roll_index(log, j), set_at),
            ),
            [set_at, roll_index(log, j)],
        ),
        contract(
            "a roll has the electorate of its entry",
            [log, i],
            equal(
                voting,
                choose(
                    has_set, body_electorate(body_at(log, set_at)), FIRST_ELECTORATE
                ),
            ),
            [voting],
        ),
        contract(
            "a roll has the workers of its entry",
            [log, i],
            equal(
                workers_at(log, i),
                choose(has_set, body_workers(body_at(log, set_at)), FIRST_WORKERS),
            ),
            [workers_at(log, i)],
        ),
        contract(
            "append keeps the rolls before",
            [log, n, body, i],
            implies(
                is_before,
                all_of(
                    equal(roll_index(grown, i), set_at),
                    equal(electorate_at(grown, i), voting),
                ),
            ),
            [roll_index(grown, i)],
            [electorate_at(grown, i)],
        ),
        contract(
            "append may set a roll",
            [log, n, body],
            all_of(
                equal(
                    roll_index(grown, end + 1),
                    choose(is_set, end + 1, roll_index(log, end)),
                ),
                equal(
                    electorate_at(grown, end + 1),
                    choose(is_set, body_electorate(body), electorate_at(log, end)),
                ),
            ),
            [grown],
        ),
        contract(
            "spliced keeps what is before",
            [log, j, cut],
            implies(all_of(number(0) <= j, j <= end), is_alike(joined, log, j)),
            [is_alike(joined, log, j)],
        ),
        contract(
            "alike logs have the same entries",
            [log, other, i, j],
            implies(all_of(like, number(1) <= j, j <= i), _is_same(log, other, j)),
            *([like, of(one, j)] for of in (term_at, body_at) for one in (log, other)),
        ),
        contract(
            "logs that are not alike differ somewhere",
            [log, other, i],
            implies(
                negation(like),
                all_of(number(1) <= off, off <= i, negation(_is_same(log, other, off))),
            ),
            [like],
        ),
        contract(
            "alike logs have the same rolls",
            [log, other, i, j],
            implies(
                all_of(like, number(0) <= j, j <= i),
                all_of(
                    equal(roll_index(log, j), roll_index(other, j)),
                    equal(electorate_at(log, j), electorate_at(other, j)),
                ),
            ),
            *(
                [like, of(one, j)]
                for of in (roll_index, electorate_at)
                for one in (log, other)
            ),
        ),
    ]


def _is_same(one: Expr, other: Expr, index: Expr) -> Expr:
    """Tell whether two logs have the same entry at an index."""
    return all_of(
        equal(term_at(one, index), term_at(other, index)),
        equal(body_at(one, index), body_at(other, index)),
    )
