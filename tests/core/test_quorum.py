"""A quorum is a majority of the electors, counted twice: cleverly and dumbly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.agents import AgentMap, AgentSet
from primacy.roll import Roll
from primacy.stepping import step
from tests.support.builders import a_leader, append_reply, heartbeat_reply, received

NAMES = "abcdefghi"
groups = st.sets(st.sampled_from(NAMES)).map(AgentSet.of)


def is_majority(electors: AgentSet, some: AgentSet) -> bool:
    """Count one by one: each elector that is there against each that is not."""
    balance = 0
    for name in NAMES:
        if name in electors.members:
            balance += 1 if name in some.members else -1
    return balance > 0


@pytest.mark.clause("quorum.majority", "quorum.electors-only")
@given(groups, groups)
def test_quorum_is_a_majority_of_the_electors(
    electors: AgentSet, some: AgentSet
) -> None:
    assert Roll(electors).is_quorum(some) == is_majority(electors, some)


@pytest.mark.clause("quorum.majority")
@given(groups, groups, groups)
def test_two_quorums_share_an_elector(
    electors: AgentSet, one: AgentSet, other: AgentSet
) -> None:
    roll = Roll(electors)
    if roll.is_quorum(one) and roll.is_quorum(other):
        assert electors.common(one).common(other).size > 0


@pytest.mark.clause("quorum.majority")
@pytest.mark.parametrize(
    ("electors", "least"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)]
)
def test_quorum_of_each_size_is_more_than_half(electors: int, least: int) -> None:
    roll = Roll(AgentSet.of(NAMES[:electors]))
    assert roll.is_quorum(AgentSet.of(NAMES[:least]))
    assert not roll.is_quorum(AgentSet.of(NAMES[: least - 1]))


@pytest.mark.clause("quorum.electors-only")
def test_workers_never_make_a_quorum() -> None:
    roll = Roll(AgentSet.of("abc"))
    assert not roll.is_quorum(AgentSet.of("adefghi"))


@pytest.mark.clause("quorum.majority", "commit.quorum")
@given(groups, st.data())
def test_suggestion_is_the_largest_number_that_a_quorum_has_reached(
    everyone: AgentSet, data: st.DataObject
) -> None:
    small = st.integers(0, 5)
    values = data.draw(st.tuples(*(small for _ in everyone.members)))
    electors = AgentSet.of(data.draw(st.sets(st.sampled_from(NAMES))))
    electors = everyone.common(electors)
    held, roll = AgentMap(everyone, values), Roll(electors)
    reached = [
        number for number in range(6) if is_majority(electors, held.at_least(number))
    ]
    assert held.suggestion(electors) == max(reached, default=0)
    if electors.size:
        assert roll.is_quorum(held.at_least(held.suggestion(electors)))


def highest(held: AgentMap, electors: AgentSet) -> int:
    """Suggest too much: what a single elector has reached."""
    return max(held.get(elector) for elector in electors.members)


@pytest.mark.clause("commit.quorum")
def test_suggestion_that_is_too_high_commits_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = a_leader(terms=(1, 1, 1), commit=1)
    monkeypatch.setattr(AgentMap, "suggestion", highest)
    after, outputs = step(before, received(append_reply("b", index=2)))
    assert (after.commit_index, outputs) == (1, ())


@pytest.mark.clause("read.quorum-confirms", "lease.confirmed")
def test_suggestion_that_is_too_high_confirms_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = a_leader(rounds=3, match={"b": 1})
    monkeypatch.setattr(AgentMap, "suggestion", highest)
    after, outputs = step(before, received(heartbeat_reply("b", number=2)))
    assert (after.leadership.confirmed_round, outputs) == (0, ())
