"""A quorum is a majority of the electors, counted twice: cleverly and dumbly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.agents import AgentMap, AgentSet
from primacy.dispatch import step
from primacy.electorate import Roll
from primacy.types import AgentId
from tests.support.builders import a_leader, append_reply, heartbeat_reply, received

NAMES = "abcdefghi"
groups = st.sets(st.sampled_from(NAMES)).map(AgentSet.of)


def plain(electors: AgentSet) -> Roll:
    """Make a roll that replaces nobody."""
    return Roll(electors, electors)


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
    assert plain(electors).is_quorum(some) == is_majority(electors, some)


@pytest.mark.clause("quorum.majority")
@given(groups, groups, groups)
def test_two_quorums_share_an_elector(
    electors: AgentSet, one: AgentSet, other: AgentSet
) -> None:
    roll = plain(electors)
    if roll.is_quorum(one) and roll.is_quorum(other):
        assert electors.intersection(one).intersection(other).size > 0


@pytest.mark.clause("quorum.majority")
@pytest.mark.parametrize(
    ("electors", "least"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)]
)
def test_quorum_of_each_size_is_more_than_half(electors: int, least: int) -> None:
    roll = plain(AgentSet.of(NAMES[:electors]))
    assert roll.is_quorum(AgentSet.of(NAMES[:least]))
    assert not roll.is_quorum(AgentSet.of(NAMES[: least - 1]))


@pytest.mark.clause("quorum.electors-only")
def test_workers_never_make_a_quorum() -> None:
    roll = plain(AgentSet.of("abc"))
    assert not roll.is_quorum(AgentSet.of("adefghi"))


@pytest.mark.clause("quorum.joint", "quorum.electors-only")
@given(groups, groups, groups, groups)
def test_quorum_of_a_joint_roll_is_a_majority_of_each_electorate(
    electors: AgentSet, outgoing: AgentSet, workers: AgentSet, some: AgentSet
) -> None:
    both = is_majority(electors, some) and is_majority(outgoing, some)
    assert Roll(electors, outgoing, workers).is_quorum(some) == both


@pytest.mark.clause("quorum.joint", "change.joint", "change.near")
@given(groups, groups, groups, groups)
def test_quorums_of_rolls_that_share_an_electorate_meet(
    old: AgentSet, new: AgentSet, one: AgentSet, other: AgentSet
) -> None:
    joint = Roll(new, old)
    for settled in (plain(old), plain(new), joint):
        if joint.is_quorum(one) and settled.is_quorum(other):
            assert joint.voters.intersection(one).intersection(other).size > 0


@pytest.mark.clause("change.near")
@given(groups, st.sampled_from(NAMES).map(AgentId), groups, groups)
def test_quorums_of_electorates_that_differ_by_one_agent_meet(
    electors: AgentSet, agent: AgentId, one: AgentSet, other: AgentSet
) -> None:
    more = electors.with_(agent)
    if plain(electors).is_quorum(one) and plain(more).is_quorum(other):
        assert more.intersection(one).intersection(other).size > 0


def test_quorums_of_electorates_that_differ_by_two_agents_need_not_meet() -> None:
    two, four = plain(AgentSet.of("ab")), plain(AgentSet.of("bcd"))
    one, other = AgentSet.of("ab"), AgentSet.of("cd")
    assert two.is_quorum(one)
    assert four.is_quorum(other)
    assert one.intersection(other).size == 0


@pytest.mark.clause("quorum.joint")
def test_no_agent_alone_is_a_quorum_of_a_joint_roll() -> None:
    for electors in ("b", "ab", "abc", "bcd"):
        for outgoing in ("a", "ac", "acd"):
            joint = Roll(AgentSet.of(electors), AgentSet.of(outgoing))
            for name in NAMES:
                assert not joint.is_quorum(AgentSet.of(name))


@pytest.mark.clause("roll.members")
@given(groups, groups, groups, st.sampled_from(NAMES).map(AgentId))
def test_roll_knows_its_voters_and_its_members(
    electors: AgentSet, outgoing: AgentSet, workers: AgentSet, agent: AgentId
) -> None:
    one = Roll(electors, outgoing, workers)
    voters = {*electors.members, *outgoing.members}
    assert set(one.voters.members) == voters
    assert set(one.members.members) == voters | set(workers.members)
    assert one.has(agent) == (agent in voters)
    assert one.is_joint == (electors != outgoing)


@pytest.mark.clause("quorum.majority", "quorum.joint", "commit.quorum")
@given(groups, groups, st.data())
def test_suggestion_is_the_largest_number_that_a_quorum_has_reached(
    electors: AgentSet, outgoing: AgentSet, data: st.DataObject
) -> None:
    values = {AgentId(name): data.draw(st.integers(0, 5)) for name in NAMES}
    held, one = AgentMap(), Roll(electors, outgoing)
    for agent, value in values.items():
        held = held.set(agent, value)
    everyone = [
        AgentSet.of(agent for agent, value in values.items() if value >= number)
        for number in range(6)
    ]
    reached = [
        number
        for number, some in enumerate(everyone)
        if all(is_majority(group, some) for group in (electors, outgoing))
    ]
    suggested = one.suggestion(held)
    assert suggested == max(reached, default=0)
    if suggested:
        assert one.is_quorum(held.at_least(suggested))


def highest(held: AgentMap, electors: AgentSet, _: AgentSet) -> int:
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
