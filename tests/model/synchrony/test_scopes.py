"""L1 to L10 hold in their worlds, and each rests on what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from primacy.role import Role
from primacy.types import AgentId
from primacy_model.checker.liveness import FairExploration, explore
from primacy_model.checker.model import Kind, Property
from primacy_model.checker.reference_bfs import Verdict
from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.synchrony.model import GST, PhasePlan, StabilizingMesh
from primacy_model.synchrony.properties import is_followed, is_led_by_lowest, leaders
from primacy_model.synchrony.scopes import DEEP_LIVING, LIVING
from primacy_model.synchrony.state import PhasedWorld
from tests.support.programs.lasso import figures, lassos, of_runs, row, world

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "liveness.md").read_text(encoding="utf-8")
SPECIFICATION = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")

LARGE = (
    "emerges-deep",
    "emerges-again-deep",
    "emerges-apart-deep",
    "heals-deep",
    "heals-round-deep",
    "replaces-deep",
    "catches-up-deep",
)
"""Explored by `make deep` only; they take minutes."""


def worlds() -> list[object]:
    names = [each.name for each in (*LIVING, *DEEP_LIVING)]
    return [
        pytest.param(name, marks=[pytest.mark.deep] if name in LARGE else [])
        for name in names
    ]


@pytest.mark.parametrize("name", worlds())
def test_every_fair_run_reaches_its_goal_and_none_is_cut(name: str) -> None:
    """`python -m tests.support.programs.lasso` writes the figures of the page."""
    found = explore(world(name))
    assert found.verdict is Verdict.HOLDS
    (course,) = found.courses
    assert course.cut == 0
    assert course.begun > 0
    assert course.reached > 0
    assert figures(found) in PAGE


def test_the_document_has_a_row_for_each_world_and_each_mutant() -> None:
    for scope in (*LIVING, *DEEP_LIVING):
        assert f"| {scope.name} | L" in PAGE
    for lasso in lassos():
        assert row(lasso) in PAGE


def test_each_claim_is_one_of_the_specification_and_has_a_world_and_a_mutant() -> None:
    claims = [
        claim.id
        for scope in LIVING
        for claim in scope.properties
        if claim.kind is Kind.EVENTUALLY
    ]
    assert sorted(set(claims)) == [
        "L1",
        "L10",
        "L2",
        "L3",
        "L4",
        "L5",
        "L6",
        "L7",
        "L8",
        "L9",
    ]
    assert {lasso.breaks for lasso in lassos()} == set(claims)
    assert all(f"| {name} | " in SPECIFICATION for name in claims)


# --- what the claims rest on: without it they fail ------------------------------------


class WeaklyFair(StabilizingMesh):
    """Timers of no known length need not elapse, however often they may."""

    def is_strong(self, name: object) -> bool:  # noqa: ARG002  # of a FairModel
        return False


def weakly(scope: StabilizingMesh) -> WeaklyFair:
    return WeaklyFair(
        scope.name,
        scope.summary,
        scope.plan,
        scope.properties,
        scope.kinds,
        scope.is_over,
        scope.is_ready,
        scope.settled,
    )


def without_clocks(scope: StabilizingMesh) -> StabilizingMesh:
    return replace(scope, plan=replace(scope.plan, has_clocks=False))


def broken_in(scope: StabilizingMesh) -> str:
    found: FairExploration[PhasedWorld] = explore(scope, max_states=50_000)
    assert found.violation is not None
    return found.violation.claim.id


def test_without_strong_fairness_to_timers_no_leader_has_to_emerge() -> None:
    assert broken_in(weakly(world("emerges-healed"))) == "L1"


def test_an_operator_that_gives_up_replaces_nobody() -> None:
    scope = world("replaces-at-once")
    impatient = replace(scope, plan=replace(scope.plan, persists=False))
    found: FairExploration[PhasedWorld] = explore(impatient, max_states=70_000)
    assert found.violation is not None
    assert found.violation.claim.id == "L7"
    kinds = {step.action.kind for step in found.violation.trace.steps}
    assert "change" not in kinds


def test_without_the_lengths_of_timers_another_may_win_the_first_election() -> None:
    assert broken_in(without_clocks(world("converges"))) == "L2-split"


def test_without_the_lengths_of_timers_a_leader_may_be_deposed() -> None:
    assert broken_in(without_clocks(world("stays"))) == "L3-leader"


def test_a_leader_that_lost_its_quorum_is_deposed() -> None:
    """If anyone may be cut off, the leader may: L3 speaks of one with a quorum."""
    scope = world("stays")
    pair = replace(scope.plan.shape, electors=("a", "b"))
    plan = replace(scope.plan, shape=pair, terms=2, alone=("a",))
    assert broken_in(of_runs(replace(scope, plan=plan))) == "L3"


def test_a_candidate_of_a_later_term_deposes_a_leader_once() -> None:
    """The second exception to L3: it rose before the leader had its quorum."""

    def is_led_first(phased: PhasedWorld) -> bool:
        return any(
            (leader.me, leader.term) == (AgentId("a"), 1)
            and is_followed(phased, leader)
            for leader in leaders(phased)
        )

    def is_led_and_gst(phased: PhasedWorld) -> bool:
        return phased.is_after_gst and is_led_first(phased)

    def is_over(phased: PhasedWorld) -> bool:
        return phased.is_after_gst and is_led_by_lowest(phased)

    claim = Property(
        "L3", "the leader leads on", Kind.EVENTUALLY, is_over, is_led_and_gst
    )
    shape = Shape(
        begins="elected", terms=2, impatient=("b",), budgets=Budgets(rounds=1)
    )
    scope = replace(
        world("heals"),
        plan=PhasePlan(shape, terms=4),
        properties=[claim],
        kinds=(),
        is_over=is_over,
        is_ready=is_led_first,
    )
    found = explore(scope)
    assert found.violation is not None
    trace = found.violation.trace
    gst = next(at for at, step in enumerate(trace.steps) if step.action.kind == GST)
    roles = [(state.role, state.term) for state in trace.at(gst).states]
    assert roles == [
        (Role.LEADER, 1),
        (Role.CANDIDATE, 2),
        (Role.FOLLOWER, 1),
    ]
    assert [leader.term for leader in leaders(trace.last)] == [3]


def test_a_goal_that_is_never_reached_is_not_said_to_hold() -> None:
    """Nobody may stand after GST: every run is cut, and the claim is vacuous."""
    scope = world("converges")
    found = explore(replace(scope, plan=replace(scope.plan, terms=0)))
    assert found.verdict is Verdict.VACUOUS
    (course,) = found.courses
    assert course.reached == 0
    assert course.cut > 0
