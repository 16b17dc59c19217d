"""Why two majorities share a member: the one thing that is known of sizes, proved.

By induction on the whole set, one agent added at a time: for any parts A and B of it,
size(A) + size(B) <= size(whole) + size(A and B). So if the sum is more than the whole,
the common part has a member. z3 shows the base and the step; that every finite set is
built so is what induction on finite sets says.
"""

from __future__ import annotations

from collections.abc import Iterator

from primacy_proofs.smt.solver import (
    BOOL,
    INT,
    Expr,
    all_of,
    choose,
    constant,
    equal,
    implies,
    number,
)

QuorumClaim = tuple[str, list[Expr], Expr]
NAME = "two majorities share a member"


def induction() -> Iterator[QuorumClaim]:
    """State the base, the step and the conclusion: name, hypotheses, goal."""
    whole, one, other, both = (
        constant(name, INT) for name in ("whole", "one", "other", "both")
    )
    none = number(0)
    yield f"{NAME}: base", [], _bounded(none, none, none, none)
    in_one, in_other = constant("in one", BOOL), constant("in other", BOOL)
    grown = (
        whole + 1,
        one + choose(in_one, number(1), none),
        other + choose(in_other, number(1), none),
        both + choose(all_of(in_one, in_other), number(1), none),
    )
    yield f"{NAME}: step", [_bounded(whole, one, other, both)], _bounded(*grown)
    has_member = both > 0
    yield (
        f"{NAME}: conclusion",
        [_bounded(whole, one, other, both)],
        implies(one + other > whole, has_member),
    )
    held = constant("has member", BOOL)
    counted = choose(in_one, number(1), none)
    yield (
        f"{NAME}: a size above 0 has a member",
        [
            implies(both > 0, held),
            both >= 0,
        ],
        implies(both + counted > 0, _either(held, in_one)),
    )


def _bounded(whole: Expr, one: Expr, other: Expr, both: Expr) -> Expr:
    return one + other <= whole + both


def _either(one: Expr, other: Expr) -> Expr:
    return choose(one, equal(one, one), other)
