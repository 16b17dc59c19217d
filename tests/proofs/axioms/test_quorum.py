"""The induction that quorums of near electorates meet: its claims, and no step more."""

import pytest

from primacy_proofs.axioms import quorum
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    Prover,
    Status,
    all_of,
    constant,
)

WHOLE, ONE, OTHER, BOTH = (
    constant(name, INT) for name in ("whole", "one", "other", "both")
)
CLAIMS = {name: (given, goal) for name, given, goal in quorum.induction()}


def ask(given: list[Expr], goal: Expr) -> Status:
    return Prover(()).prove(given, goal).status


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_holds_and_needs_all_that_is_given(name: str) -> None:
    given, goal = CLAIMS[name]
    assert ask(given, goal) is Status.PROVED
    for left_out in range(len(given)):
        rest = [*given[:left_out], *given[left_out + 1 :]]
        assert ask(rest, goal) is Status.REFUTED


@pytest.mark.parametrize("come", range(3))
@pytest.mark.parametrize("gone", range(3))
def test_only_steps_of_one_elector_are_safe(come: int, gone: int) -> None:
    """Count in what stays; of those that come and go any may be in the quorums."""
    more, fewer = constant("of those that come", INT), constant("of those that go", INT)
    given = [
        ONE + OTHER <= WHOLE + BOTH,
        all_of(more >= 0, more <= come, fewer >= 0, fewer <= gone),
        (ONE + fewer) * 2 > WHOLE + gone,
        (OTHER + more) * 2 > WHOLE + come,
    ]
    is_safe = ask(given, BOTH > 0) is Status.PROVED
    assert is_safe == (come + gone <= 1)
