"""Fencing: a resource keeps the highest token and refuses every lower one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.fencing import Fence, Verdict, admit, token
from primacy.types import NO_TERM, Term
from tests.support.builders import (
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
)


@pytest.mark.clause("fencing.monotone")
@pytest.mark.parametrize(("highest", "shown"), [(0, 1), (3, 4), (3, 9), (3, 3)])
def test_token_that_is_not_lower_is_admitted_and_kept(highest: int, shown: int) -> None:
    assert admit(Fence(Term(highest)), Term(shown)) == (
        Fence(Term(shown)),
        Verdict.ADMITTED,
    )


@pytest.mark.clause("fencing.lower-refused")
@pytest.mark.parametrize(("highest", "shown"), [(4, 3), (9, 1), (0, 0), (0, -1)])
def test_lower_token_is_refused_and_changes_nothing(highest: int, shown: int) -> None:
    fence = Fence(Term(highest))
    assert admit(fence, Term(shown)) == (fence, Verdict.REFUSED)


@pytest.mark.clause("fencing.monotone", "fencing.lower-refused")
@given(st.lists(st.integers(-1, 6)))
def test_admitted_tokens_never_fall(shown: list[int]) -> None:
    fence, highest = Fence(), 0
    for number in shown:
        fence, verdict = admit(fence, Term(number))
        assert (verdict == Verdict.ADMITTED) == (number >= max(highest, 1))
        if verdict == Verdict.ADMITTED:
            highest = number
        assert fence == Fence(Term(highest))


@pytest.mark.clause("fencing.token-is-term")
def test_token_of_a_leader_is_its_term() -> None:
    assert token(a_leader(term=7, terms=(7,))) == 7


@pytest.mark.clause("fencing.leader-only")
def test_one_that_does_not_lead_has_no_token() -> None:
    for state in (a_newcomer(), a_follower(), a_pre_candidate(), a_candidate()):
        assert token(state) == NO_TERM
