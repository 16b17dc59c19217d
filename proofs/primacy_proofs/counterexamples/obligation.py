"""Posing an obligation again: what it took for granted, its goal, and where it arose.

An obligation that was proved elsewhere comes back as text. Units, steps and laws have
names, so it is found again here, with all invariants, whatever its group: a proof may
do with less, a counterexample may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from primacy.outputs import Output
from primacy.state import State
from primacy_proofs.counterexamples.search import Question
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import (
    ALL_PATHS,
    NEVER_RAISES,
    RESTS_ON,
    TOTAL,
    Law,
    LawKind,
    Laws,
    by_name,
    lemmas,
    of_kind,
)
from primacy_proofs.smt.solver import FALSE, Expr
from primacy_proofs.symbolic.paths import Path
from primacy_proofs.system import history, lifting
from primacy_proofs.system.clocks import clock_facts
from primacy_proofs.system.lifting import Case
from primacy_proofs.system.round_history import moments
from primacy_proofs.system.transitions import Transition, steps
from primacy_proofs.system.world import World, mesh_facts
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.prover import Obligation

EVERYTHING: Final = "commit"
"""The group that rests on all others that every world has."""

FACTS: Final = (*mesh_facts(), *clock_facts())
"""What holds of any mesh."""


@dataclass(frozen=True, slots=True)
class Posed:
    """An obligation with its question, and what people want to know of the step."""

    obligation: Obligation
    law: Law | None
    question: Question
    before: World
    after: World
    """The world after the step; if it is about no step, the same world."""
    case: Case | None
    paths: tuple[Path[tuple[State, tuple[Output, ...]]], ...] = ()
    """The ways through the handler of which the step is made."""
    outputs: tuple[Output, ...] = ()
    is_crash: bool = False
    """The agent crashes between two writes of the step, and begins again."""


def pose(obligation: Obligation, known: Laws = LAWS) -> Iterator[Posed]:
    """Pose an obligation again: once for each step that has its name."""
    law, unit = by_name(known).get(obligation.law), obligation.unit
    if unit == prover.QUORUMS or obligation.law == ALL_PATHS.name:
        return  # no world is in these
    if unit == prover.FIRST:
        yield _in_the_first_world(obligation, known)
    elif unit in (prover.RESOURCE, prover.MOMENTS):
        passages = history.passages() if unit == prover.RESOURCE else moments()
        for where, condition, after in passages:
            if where == obligation.where and law is not None:
                question = _question(law, condition, after, known)
                yield Posed(obligation, law, question, World(), after, None)
    elif unit != prover.OBSERVATION:
        yield from _of_case(obligation, law, known)


def _resting(group: str, known: Laws) -> Laws:
    among = {*RESTS_ON[EVERYTHING], *RESTS_ON.get(group, ())}
    return tuple(law for law in of_kind(LawKind.INVARIANT, known) if law.group in among)


def _question(law: Law, condition: Expr, after: World, known: Laws) -> Question:
    is_of_step = law.kind is LawKind.STEP
    goal = law.goal_of_step(World(), after) if is_of_step else law.goal(after)
    given = (condition, *lemmas(law, after, known))
    return Question(_resting(law.group, known), FACTS, given, goal)


def _in_the_first_world(obligation: Obligation, known: Laws) -> Posed:
    law = by_name(known)[obligation.law]
    stated, world = _resting(law.group, known), World()
    match law.kind:
        case LawKind.STEP:
            goal = law.goal_of_step(world, world)
        case LawKind.CONSEQUENCE:
            goal = law.goal(world)
        case LawKind.INVARIANT:
            stated, world = (), history.initial_world()
            goal = law.goal(world)
    question = Question(stated, FACTS, (), goal)
    return Posed(obligation, law, question, world, world, None)


@cache
def _lifted(unit: str) -> tuple[Case, tuple[Transition, ...]]:
    case = lifting.lift(unit)
    return case, tuple(steps(case))


def _of_case(obligation: Obligation, law: Law | None, known: Laws) -> Iterator[Posed]:
    case, taken = _lifted(obligation.unit)
    if obligation.law == NEVER_RAISES.name:
        number = int(obligation.where.split()[1].rstrip(":"))
        path = case.paths[number - 1]
        given = case.given, path.condition
        question = Question(_resting(TOTAL, known), FACTS, given, FALSE)
        yield Posed(obligation, None, question, World(), World(), case, (path,))
        return
    of_paths = {each.name: owed for each, owed in prover.OF_PATHS.items()}
    if obligation.law in of_paths:
        number = int(obligation.where.split()[1].rstrip(":"))
        path = case.paths[number - 1]
        owed = of_paths[obligation.law](case)
        (owes,) = ((given, goal) for each, given, goal in owed if each == number)
        question = Question(_resting(obligation.group, known), FACTS, *owes)
        yield Posed(obligation, None, question, World(), World(), case, (path,))
        return
    for step in taken:
        if step.name != obligation.where:
            continue
        if law is None:
            stated = _resting("durable", known)
            question = Question(stated, FACTS, (step.condition,), FALSE)
        else:
            question = _question(law, step.condition, step.after, known)
        told = case.paths, step.outputs, step.is_crash
        yield Posed(obligation, law, question, World(), step.after, case, *told)
