"""The seed read literally breaks twice, and the repaired rule mends both."""

from dataclasses import replace
from pathlib import Path

import pytest

from primacy_model.baselines.literal_seed import LiteralSeed, SeedState, is_safe, scopes
from primacy_model.baselines.literal_seed_agent import (
    Role,
    Rules,
    SeedAgent,
    SeedMessage,
)
from primacy_model.checker.model import Property
from primacy_model.checker.reference_bfs import Exploration, Verdict, explore
from primacy_model.checker.trace import Violation
from primacy_model.reporting.transcript import render_transcript

LONE_LEADER, PARTITION = scopes()
ONE = ("agent-1",)
THREE = ("agent-1", "agent-2", "agent-3")
LITERAL = Rules(THREE, THREE, initial_again=False, electorate_repair=False)
REPAIRED = replace(LITERAL, electorate_repair=True)
LEADERS = frozenset({"agent-1"})
PAGE = Path(__file__).parents[3] / "docs" / "literal-seed.md"


class Unjudged(LiteralSeed):
    """The same mesh, explored past the first violation."""

    __slots__ = ()

    @property
    def properties(self) -> tuple[Property[SeedState], ...]:
        return ()


def violation(found: Exploration[SeedState]) -> Violation[SeedState]:
    assert found.violation is not None
    return found.violation


def steps(found: Exploration[SeedState]) -> list[str]:
    actions = (step.action for step in violation(found).trace.steps)
    return [f"{action.column}: {action.label}" for action in actions]


def roles(state: SeedState) -> list[tuple[Role, int]]:
    return [(agent.role, agent.term) for agent in state.agents]


# --- the two counterexamples ----------------------------------------------------------


def test_the_scopes_are_found_by_their_names() -> None:
    assert LONE_LEADER.name == "literal-seed-lone-leader"
    assert PARTITION.name == "literal-seed-partition"


def test_when_the_only_leader_dies_no_leader_can_ever_come() -> None:
    found = explore(LONE_LEADER)
    assert (found.states, found.transitions, found.depth) == (194, 327, 15)
    assert found.verdict is Verdict.VIOLATED
    assert violation(found).claim.id == "L1"
    assert steps(found) == [
        "agent-1: hear no leader for the timeout",
        "agent-2: deliver Claim from agent-1",
        "agent-3: deliver Claim from agent-1",
        "agent-1: close the claim window",
        "agent-2: deliver Heartbeat(term 1) from agent-1",
        "agent-3: deliver Heartbeat(term 1) from agent-1",
        "agent-1: die for good",
    ]
    end = violation(found).trace.last
    assert roles(end) == [(Role.DEAD, 1), (Role.FOLLOWER, 1), (Role.FOLLOWER, 1)]
    assert list(LONE_LEADER.actions(end)) == []


def test_the_dead_end_is_safe_and_no_artefact_of_the_bound_on_terms() -> None:
    found = explore(LONE_LEADER)
    assert all(is_safe(state) for state in found.graph)
    highest = max(agent.term for state in found.graph for agent in state.agents)
    assert highest == 2 < LONE_LEADER.max_term
    assert not found.never_fired
    assert not found.unreached


def test_a_partition_gives_two_leaders_in_one_term() -> None:
    found = explore(PARTITION)
    assert (found.states, found.transitions, found.depth) == (182, 294, 6)
    assert found.verdict is Verdict.VIOLATED
    assert violation(found).claim.id == "S1"
    assert steps(found) == [
        "network: split agent-1 | agent-2 agent-3",
        "agent-1: hear no leader for the timeout",
        "agent-1: close the claim window",
        "agent-2: hear no leader for the timeout",
        "agent-3: deliver Claim from agent-2",
        "agent-2: close the claim window",
    ]
    end = violation(found).trace.last
    assert roles(end) == [(Role.LEADER, 1), (Role.LEADER, 1), (Role.FOLLOWER, 0)]
    assert end.sides == (("agent-1",), ("agent-2", "agent-3"))
    assert end.led == {(1, "agent-1"), (1, "agent-2")}
    assert not found.never_fired
    assert not found.unreached


def test_past_the_violation_two_leaders_ask_each_other_for_votes() -> None:
    found = explore(
        Unjudged(
            name=PARTITION.name,
            summary=PARTITION.summary,
            agents=THREE,
            initial_leaders=THREE,
            partitions=1,
            max_term=3,
            initial_again=True,
        )
    )
    assert (found.states, found.transitions) == (2267, 4496)
    heard = {
        message.kind
        for _, _, action in found.graph.edges(keys=True)
        if isinstance(message := action.payload, SeedMessage)
    }
    assert heard == {"Claim", "Heartbeat", "VoteRequest", "Vote"}
    assert found.kinds["retire"] > 0


# --- the twins: which rule mends what -------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "counts"),
    [(LONE_LEADER, (569, 986, 25)), (PARTITION, (6319, 12714, 30))],
    ids=lambda value: value.name if isinstance(value, LiteralSeed) else "",
)
def test_a_majority_of_all_initial_leaders_mends_it_in_the_same_scope(
    scope: LiteralSeed, counts: tuple[int, int, int]
) -> None:
    found = explore(replace(scope, electorate_repair=True))
    assert found.verdict is Verdict.HOLDS
    assert (found.states, found.transitions, found.depth) == counts


def test_the_repaired_mesh_recovers_below_its_bound_on_terms() -> None:
    found = explore(replace(LONE_LEADER, electorate_repair=True))
    highest = max(agent.term for state in found.graph for agent in state.agents)
    assert highest == 3 < LONE_LEADER.max_term


@pytest.mark.parametrize(
    ("scope", "initial_again", "broken"),
    [
        (LONE_LEADER, False, "L1"),
        (LONE_LEADER, True, None),
        (PARTITION, False, "S1"),
        (PARTITION, True, "S1"),
    ],
)
def test_either_reading_of_initial_breaks(
    scope: LiteralSeed, *, initial_again: bool, broken: str | None
) -> None:
    found = explore(replace(scope, initial_again=initial_again))
    assert (found.violation and found.violation.claim.id) == broken


@pytest.mark.parametrize("initial_again", [False, True])
@pytest.mark.parametrize("electorate_repair", [False, True])
def test_no_rule_brings_a_leader_once_the_only_initial_leader_is_dead(
    *, initial_again: bool, electorate_repair: bool
) -> None:
    lone = replace(
        LONE_LEADER,
        initial_leaders=ONE,
        initial_again=initial_again,
        electorate_repair=electorate_repair,
    )
    found = explore(lone)
    assert violation(found).claim.id == "L1"
    assert steps(found) == ["agent-1: die for good"]


# --- the rules, one sentence of the seed each -----------------------------------------


def test_only_an_initial_leader_that_knows_no_leader_may_claim() -> None:
    rules = replace(LITERAL, initial_leaders=ONE)
    assert rules.may_claim(SeedAgent("agent-1"))
    assert not rules.may_claim(SeedAgent("agent-2"))
    led = SeedAgent("agent-1", term=1, leader="agent-2")
    assert not rules.may_claim(led)
    assert replace(rules, initial_again=True).may_claim(led)


def test_an_agent_without_initial_leader_takes_no_part_in_a_claim() -> None:
    rules = replace(LITERAL, initial_leaders=("agent-2",))
    claim = SeedMessage("agent-2", "agent-1", "Claim")
    turn = rules.on_message(SeedAgent("agent-1"), claim, LEADERS)
    assert turn.agent == SeedAgent("agent-1")
    assert turn.sent == ()


def test_a_lower_id_answers_a_claim_with_its_own() -> None:
    claim = SeedMessage("agent-2", "agent-1", "Claim")
    turn = LITERAL.on_message(SeedAgent("agent-1"), claim, frozenset())
    both = frozenset({"agent-1", "agent-2"})
    assert turn.agent == SeedAgent("agent-1", Role.CLAIMANT, claims=both)
    assert [message.target for message in turn.sent] == ["agent-2", "agent-3"]


def test_a_claimant_that_knows_of_a_lower_id_waits() -> None:
    both = frozenset({"agent-1", "agent-2"})
    turn = LITERAL.on_window(
        SeedAgent("agent-2", Role.CLAIMANT, claims=both), frozenset()
    )
    assert turn.agent == SeedAgent("agent-2")
    assert turn.sent == ()


def test_only_leaders_can_vote() -> None:
    request = SeedMessage("agent-1", "agent-2", "VoteRequest", 2)
    follower = SeedAgent("agent-2", term=1, leader="agent-1")
    leader = SeedAgent("agent-2", Role.LEADER, 1, "agent-2")
    assert LITERAL.on_message(follower, request, LEADERS).sent == ()
    vote = SeedMessage("agent-2", "agent-1", "Vote", 2)
    assert LITERAL.on_message(leader, request, LEADERS).sent == (vote,)
    assert REPAIRED.on_message(follower, request, LEADERS).sent == (vote,)


def test_an_agent_votes_once_in_a_term() -> None:
    voter = SeedAgent("agent-2", Role.LEADER, 1, "agent-2", ballot=(2, "agent-3"))
    request = SeedMessage("agent-1", "agent-2", "VoteRequest", 2)
    assert LITERAL.on_message(voter, request, LEADERS).sent == ()


def test_a_lone_leader_is_its_own_majority() -> None:
    leader = SeedAgent("agent-1", Role.LEADER, 1, "agent-1")
    assert LITERAL.stand(leader, LEADERS).agent.term == 2
    assert REPAIRED.stand(leader, LEADERS).agent.term == 1


def test_of_two_leaders_in_a_term_the_lower_id_stays() -> None:
    low = SeedAgent("agent-1", Role.LEADER, 1, "agent-1")
    high = SeedAgent("agent-2", Role.LEADER, 1, "agent-2")
    from_high = SeedMessage("agent-2", "agent-1", "Heartbeat", 1)
    from_low = SeedMessage("agent-1", "agent-2", "Heartbeat", 1)
    assert LITERAL.on_message(low, from_high, LEADERS).agent == low
    follower = SeedAgent("agent-2", Role.FOLLOWER, 1, "agent-1")
    assert LITERAL.on_message(high, from_low, LEADERS).agent == follower


# --- what is shown --------------------------------------------------------------------


@pytest.mark.parametrize("scope", scopes(), ids=lambda scope: scope.name)
def test_every_message_is_received_under_the_key_it_was_sent_under(
    scope: LiteralSeed,
) -> None:
    for state, after, action in explore(scope).graph.edges(keys=True):
        event = scope.event(state, action)
        sent = {arrow.key for arrow in event.sent}
        assert {message.key for message in after.network - state.network} <= sent
        received = {arrow.key for arrow in event.received}
        gone = {message.key for message in state.network - after.network}
        assert gone <= received
        assert received <= {message.key for message in state.network}


@pytest.mark.parametrize("scope", scopes(), ids=lambda scope: scope.name)
def test_the_page_shows_the_transcript_that_the_checker_prints(
    scope: LiteralSeed,
) -> None:
    transcript = render_transcript(violation(explore(scope)))
    assert transcript in PAGE.read_text(encoding="utf-8")
