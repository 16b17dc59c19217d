"""The contracts of logs and of segments, as `containers` has those of sets and maps."""

from __future__ import annotations

from primacy_proofs.axioms.contract import Contract, contract
from primacy_proofs.smt.solver import (
    INT,
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
    BODY,
    EMPTY_LOG_,
    EMPTY_SEGMENT_,
    LOG,
    SEGMENT,
    append,
    body_at,
    differs,
    holds,
    is_ordered,
    last,
    length,
    probe,
    segment,
    segment_body,
    segment_term,
    single,
    spliced,
    term_at,
)


def log_contracts() -> list[Contract]:
    """State what logs promise."""
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
        contract("a last index is never negative", [log], last(log) >= 0, [last(log)]),
        contract("the empty log ends at 0", [], equal(last(EMPTY_LOG_), 0)),
        contract(
            "the term at 0 is 0",
            [log, i],
            implies(i <= 0, equal(term_at(log, i), 0)),
            [term_at(log, i)],
        ),
        contract(
            "append adds one entry",
            [log, n, body],
            equal(last(grown), last(log) + 1),
            [grown],
        ),
        contract(
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
        contract(
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
        contract(
            "spliced ends with the segment",
            [log, j, cut],
            implies(joins, equal(last(joined), j + length(cut))),
            [joined],
        ),
        contract(
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
        contract(
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
        contract(
            "nothing spliced at the end changes nothing",
            [log, j],
            implies(equal(j, last(log)), equal(spliced(log, j, EMPTY_SEGMENT_), log)),
            [spliced(log, j, EMPTY_SEGMENT_)],
        ),
        contract(
            "one entry spliced at the end is appended",
            [log, j, n, body],
            implies(
                equal(j, last(log)), equal(spliced(log, j, single(n, body)), grown)
            ),
            [spliced(log, j, single(n, body))],
        ),
    ]


def segment_contracts() -> list[Contract]:
    """State what segments promise."""
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
    held_here = all_of(number(0) <= j, is_held, number(1) <= i, i <= length(cut))
    off = differs(log, j, cut)
    is_in_order = is_ordered(cut, j, n)
    found, searched = probe(log, k, j, n), choose(j < last(log), j, last(log))
    rest = last(log) - j
    asks = all_of(j >= 0, number(0) <= k, k <= last(log))
    return [
        contract("a length is never negative", [cut], length(cut) >= 0, [length(cut)]),
        contract(
            "the empty segment has no entry", [], equal(length(EMPTY_SEGMENT_), 0)
        ),
        contract(
            "of makes one entry",
            [n, body],
            all_of(
                equal(length(single(n, body)), 1),
                equal(segment_term(single(n, body), 1), n),
                equal(segment_body(single(n, body), 1), body),
            ),
            [single(n, body)],
        ),
        contract(
            "segment takes what follows, up to a limit",
            [log, j, n],
            implies(asked_for, equal(length(taken), choose(n < rest, n, rest))),
            [taken],
        ),
        contract(
            "segment takes the terms",
            [log, j, n, i],
            implies(within, equal(segment_term(taken, i), term_at(log, j + i))),
            [segment_term(taken, i)],
        ),
        contract(
            "segment takes the bodies",
            [log, j, n, i],
            implies(within, equal(segment_body(taken, i), body_at(log, j + i))),
            [segment_body(taken, i)],
        ),
        contract(
            "holds: the log is long enough",
            [log, j, cut],
            implies(all_of(number(0) <= j, is_held), j + length(cut) <= last(log)),
            [is_held],
        ),
        contract(
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
        contract(
            "what is not held differs somewhere",
            [log, j, cut],
            implies(
                all_of(number(0) <= j, j + length(cut) <= last(log), negation(is_held)),
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
        contract(
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
        contract(
            "ordered: terms never fall",
            [cut, j, n, i, k],
            implies(
                all_of(is_in_order, number(1) <= i, i <= k, k <= length(cut)),
                segment_term(cut, i) <= segment_term(cut, k),
            ),
            [is_in_order, segment_term(cut, i), segment_term(cut, k)],
        ),
        contract(
            "probe finds a position up to an index",
            [log, k, j, n],
            implies(asks, all_of(found >= 0, found <= searched)),
            [found],
        ),
        contract(
            "probe finds a position from the start on, if any",
            [log, k, j, n],
            implies(asks, any_of(equal(found, 0), found >= k)),
            [found],
        ),
        contract(
            "probe finds a term not above",
            [log, k, j, n],
            implies(asks, any_of(equal(found, 0), term_at(log, found) <= n)),
            [found],
        ),
    ]
