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
from primacy_proofs.laws import registry
from primacy_proofs.laws.registry import CONSEQUENCES, INVARIANTS, STEP_LAWS, Law
from primacy_proofs.smt.solver import FALSE, Expr
from primacy_proofs.symbolic.paths import Path
from primacy_proofs.system import history, lifting
from primacy_proofs.system.clocks import clock_facts
from primacy_proofs.system.lifting import Case
from primacy_proofs.system.round_history import moments
from primacy_proofs.system.transitions import Step, steps
from primacy_proofs.system.world import World, mesh_facts
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.prover import RESTS_ON, Obligation

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


def posed(obligation: Obligation) -> Iterator[Posed]:
    """Pose an obligation again: once for each step that has its name."""
    law, unit = _law(obligation.law), obligation.unit
    if unit == prover.QUORUMS or obligation.law == registry.ALL_PATHS:
        return  # no world is in these
    if unit == prover.FIRST:
        yield _in_the_first_world(obligation)
    elif unit in (prover.RESOURCE, prover.MOMENTS):
        passages = history.passages() if unit == prover.RESOURCE else moments()
        for where, condition, after in passages:
            if where == obligation.where and law is not None:
                question = _question(law, condition, after)
                yield Posed(obligation, law, question, World(), after, None)
    elif unit != prover.OBSERVATION:
        yield from _of_case(obligation, law)


def _law(name: str) -> Law | None:
    return (INVARIANTS | CONSEQUENCES | STEP_LAWS).get(name)


def _resting(group: str) -> tuple[Law, ...]:
    among = {*RESTS_ON[EVERYTHING], *RESTS_ON.get(group, ())}
    return tuple(law for law in INVARIANTS.values() if law.group in among)


def _question(law: Law, condition: Expr, after: World) -> Question:
    is_of_step = law.name in STEP_LAWS
    goal = law.goal_of_step(World(), after) if is_of_step else law.goal(after)
    given = (condition, *registry.lemmas(law, after))
    return Question(_resting(law.group), FACTS, given, goal)


def _in_the_first_world(obligation: Obligation) -> Posed:
    law = _law(obligation.law)
    if law is None:
        raise ValueError(f"no law is named {obligation.law!r}")
    known, world = _resting(law.group), World()
    if law.name in STEP_LAWS:
        goal = law.goal_of_step(world, world)
    elif law.name in CONSEQUENCES:
        goal = law.goal(world)
    else:
        known, world = (), history.initial_world()
        goal = law.goal(world)
    return Posed(obligation, law, Question(known, FACTS, (), goal), world, world, None)


@cache
def _lifted(unit: str) -> tuple[Case, tuple[Step, ...]]:
    case = lifting.lift(unit)
    return case, tuple(steps(case))


def _of_case(obligation: Obligation, law: Law | None) -> Iterator[Posed]:
    case, taken = _lifted(obligation.unit)
    if obligation.law == registry.NEVER_RAISES:
        number = int(obligation.where.split()[1].rstrip(":"))
        path = case.paths[number - 1]
        given = case.given, path.condition
        question = Question(_resting(registry.TOTAL), FACTS, given, FALSE)
        yield Posed(obligation, None, question, World(), World(), case, (path,))
        return
    if obligation.law in prover.OF_PATHS:
        number = int(obligation.where.split()[1].rstrip(":"))
        path = case.paths[number - 1]
        group, of_paths = prover.OF_PATHS[obligation.law]
        owed = {each: (given, goal) for each, given, goal in of_paths(case)}
        assumed, goal = owed[number]
        question = Question(_resting(group), FACTS, assumed, goal)
        yield Posed(obligation, None, question, World(), World(), case, (path,))
        return
    for step in taken:
        if step.name != obligation.where:
            continue
        if law is None:
            known = _resting("durable")
            question = Question(known, FACTS, (step.condition,), FALSE)
        else:
            question = _question(law, step.condition, step.after)
        told = case.paths, step.outputs, step.is_crash
        yield Posed(obligation, law, question, World(), step.after, case, *told)
