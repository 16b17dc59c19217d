"""Leases: counted from the start of a confirmed round, never while handing over."""

from dataclasses import replace

import pytest

from primacy.config import Config, longest_lease_ms
from primacy.dispatch import step
from primacy.messages import LeaseRead
from primacy.outputs import Reason, ServeRead, Stale
from primacy.reads import has_lease
from primacy.role import Role
from primacy.state import State
from primacy.types import NOBODY, Index, Instant, RequestId, Round, Term
from tests.support.builders import (
    A,
    a_candidate,
    a_follower,
    a_leader,
    config,
    heartbeat_elapsed,
    heartbeat_reply,
    numbers,
    received,
    vote_reply,
)

R = RequestId("r")
LEASED: Config = config("a", lease_ms=90, clock_drift_ppm=100)


def lease_read(now: int) -> LeaseRead:
    return LeaseRead(R, Instant(now))


def with_lease(until: int, *, term: int = 1, terms: tuple[int, ...] = (1,)) -> State:
    """Lead under a lease."""
    leader = a_leader(
        term=term, terms=terms, commit=1, rounds=1, confirmed=1, given=LEASED
    )
    return replace(
        leader, leadership=replace(leader.leadership, lease_until=Instant(until))
    )


@pytest.mark.clause("lease.serves")
def test_leader_serves_at_once_under_its_lease() -> None:
    before = with_lease(100)
    for now in (0, 99):
        assert step(before, lease_read(now)) == (before, (ServeRead(R, Index(1)),))


@pytest.mark.clause("lease.expires")
def test_lease_ends_at_its_last_instant() -> None:
    before = with_lease(100)
    for now in (100, 101):
        assert not has_lease(before, Instant(now))
        assert step(before, lease_read(now)) == (
            before,
            (Stale(R, Reason.NO_LEASE, A, Term(1)),),
        )


@pytest.mark.clause("read.stale", "lease.leader-only")
def test_lease_read_is_served_by_a_leader_only() -> None:
    for me in ("b", "w"):
        before = a_follower(me, leader="a")
        assert step(before, lease_read(0)) == (
            before,
            (Stale(R, Reason.NOT_LEADER, A, Term(1)),),
        )
    candidate = a_candidate(term=2)
    assert step(candidate, lease_read(0)) == (
        candidate,
        (Stale(R, Reason.NOT_LEADER, NOBODY, Term(2)),),
    )


@pytest.mark.clause("lease.leader-only")
def test_role_is_asked_before_a_lease_is_shown() -> None:
    before = with_lease(100)
    for role in Role:
        held = has_lease(replace(before, role=role), Instant(0))
        assert held == (role == Role.LEADER)


@pytest.mark.clause("read.own-term")
def test_lease_serves_nothing_before_an_entry_of_the_own_term_is_committed() -> None:
    before = with_lease(100, term=2, terms=(1, 2))
    assert step(before, lease_read(0)) == (
        before,
        (Stale(R, Reason.TERM_NOT_COMMITTED, A, Term(2)),),
    )


@pytest.mark.clause("lease.from-start", "lease.confirmed")
def test_lease_counts_from_the_start_of_the_round() -> None:
    before, _ = step(a_leader(match={"b": 1}, given=LEASED), heartbeat_elapsed(now=40))
    after, _ = step(before, received(heartbeat_reply("b", number=1), now=75))
    assert after.leadership.lease_until == 40 + 90
    assert has_lease(after, Instant(129))
    assert not has_lease(after, Instant(130))


@pytest.mark.clause("lease.from-start", "lease.confirmed")
def test_round_that_is_begun_before_the_first_is_confirmed_keeps_the_first_start() -> (
    None
):
    state = a_leader(match={"b": 1}, given=LEASED)
    for now in (40, 50, 60):
        state, _ = step(state, heartbeat_elapsed(now=now))
    assert (state.leadership.lease_round, state.leadership.lease_start) == (1, 40)
    state, _ = step(state, received(heartbeat_reply("b", number=2), now=75))
    assert state.leadership.lease_until == 40 + 90
    state, _ = step(state, heartbeat_elapsed(now=80))
    assert (state.leadership.lease_round, state.leadership.lease_start) == (4, 80)


@pytest.mark.clause("lease.confirmed")
def test_confirmation_of_an_earlier_round_does_not_extend_the_lease() -> None:
    leader = with_lease(50)
    lead = replace(
        leader.leadership,
        match=numbers({"a": 1, "b": 1}),
        seen=numbers({"a": 5}),
        round=Round(5),
        confirmed_round=Round(2),
        lease_round=Round(5),
        lease_start=Instant(70),
    )
    before = replace(leader, leadership=lead)
    after, _ = step(before, received(heartbeat_reply("b", number=4)))
    assert after.leadership.confirmed_round == 4
    assert after.leadership.lease_until == 50
    later, _ = step(after, received(heartbeat_reply("b", number=5)))
    assert later.leadership.lease_until == 70 + 90


@pytest.mark.clause("lease.confirmed", "quorum.majority")
def test_acknowledgement_short_of_a_quorum_gives_no_lease() -> None:
    given = config("a", electors="abcde", workers="", lease_ms=90, clock_drift_ppm=100)
    before, _ = step(a_leader(match={"b": 1}, given=given), heartbeat_elapsed(now=40))
    reply = replace(heartbeat_reply("b"), mesh=given.mesh)
    after, _ = step(before, received(reply))
    assert after.leadership.lease_until == 0


@pytest.mark.clause("transfer.voids-lease")
def test_lease_is_void_once_leadership_was_to_be_handed_over() -> None:
    leader = with_lease(100)
    before = replace(leader, leadership=replace(leader.leadership, lease_void=True))
    assert not has_lease(before, Instant(0))
    assert step(before, lease_read(0)) == (
        before,
        (Stale(R, Reason.NO_LEASE, A, Term(1)),),
    )


@pytest.mark.clause("lease.leader-only")
def test_new_leader_begins_without_a_lease() -> None:
    before = replace(a_candidate(term=2), config=LEASED)
    after, _ = step(before, received(vote_reply("b", term=2)))
    assert not has_lease(after, Instant(0))


@pytest.mark.clause("lease.expires")
def test_without_a_configured_lease_none_is_ever_held() -> None:
    before, _ = step(a_leader(match={"b": 1}), heartbeat_elapsed(now=40))
    after, _ = step(before, received(heartbeat_reply("b", number=1), now=40))
    assert not has_lease(after, Instant(40))


@pytest.mark.clause("config.lease")
@pytest.mark.parametrize("timeout", [1, 100, 9_999])
@pytest.mark.parametrize("drift", [0, 1, 200, 500_000, 999_999])
def test_longest_lease_ends_before_the_promise_of_any_voter(
    timeout: int, drift: int
) -> None:
    lease = longest_lease_ms(timeout, drift)
    slow, fast = 1_000_000 - drift, 1_000_000 + drift
    assert lease * fast <= timeout * slow < (lease + 1) * fast


@pytest.mark.clause("lease.confirmed", "lease.leader-only")
@pytest.mark.parametrize("now", [-100, -1, 0, 1])
def test_no_lease_holds_before_a_round_is_confirmed_whatever_the_clock(
    now: int,
) -> None:
    leader = a_leader(commit=1, rounds=1, given=LEASED)
    assert not has_lease(leader, Instant(now))
    assert step(leader, lease_read(now))[1] == (Stale(R, Reason.NO_LEASE, A, Term(1)),)


@pytest.mark.clause("lease.leader-only")
def test_no_lease_holds_where_none_is_configured() -> None:
    leader = a_leader(commit=1, rounds=1, confirmed=1)
    held = replace(leader.leadership, lease_until=Instant(100))
    assert not has_lease(replace(leader, leadership=held), Instant(99))
