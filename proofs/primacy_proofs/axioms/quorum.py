"""Why quorums of near electorates share a member: proved of majorities.

By induction on the whole set, one agent added at a time: for any parts A and B of it,
size(A) + size(B) <= size(whole) + size(A and B). So if the sum is more than the whole,
the common part has a member. z3 shows the base and the step; that every finite set is
built so is what induction on finite sets says.

Two electorates that share a component each have a majority of it: that is the claim
above. Two that are settled and differ by one elector have a majority of the smaller
set in common: one agent more adds one to the size, and at most one to a part.
"""

from __future__ import annotations

from collections.abc import Iterator

from primacy_proofs.smt.solver import (
    BOOL,
    INT,
    Expr,
    all_of,
    any_of,
    choose,
    constant,
    equal,
    implies,
    number,
)

QuorumClaim = tuple[str, list[Expr], Expr]
NAME = "quorums of near electorates share a member"


def induction() -> Iterator[QuorumClaim]:
    """State the base, the step and the conclusions: name, hypotheses, goal."""
    whole, one, other, both = (
        constant(name, INT) for name in ("whole", "one", "other", "both")
    )
    none = number(0)
    yield f"{NAME}: base", [], _is_bounded(none, none, none, none)
    in_one, in_other = constant("in one", BOOL), constant("in other", BOOL)
    grown = (
        whole + 1,
        one + choose(in_one, number(1), none),
        other + choose(in_other, number(1), none),
        both + choose(all_of(in_one, in_other), number(1), none),
    )
    bounded = _is_bounded(whole, one, other, both)
    yield f"{NAME}: step", [bounded], _is_bounded(*grown)
    yield (
        f"{NAME}: of a component that both have",
        [bounded, one * 2 > whole, other * 2 > whole],
        both > 0,
    )
    larger = constant("other with one more", INT)
    yield (
        f"{NAME}: of two that differ by one elector",
        [
            bounded,
            one * 2 > whole,
            larger * 2 > whole + 1,
            any_of(equal(larger, other), equal(larger, other + 1)),
        ],
        both > 0,
    )
    held = constant("has member", BOOL)
    counted = choose(in_one, number(1), none)
    yield (
        f"{NAME}: a size above 0 has a member",
        [implies(both > 0, held)],
        implies(both + counted > 0, any_of(held, in_one)),
    )


def _is_bounded(whole: Expr, one: Expr, other: Expr, both: Expr) -> Expr:
    return one + other <= whole + both
