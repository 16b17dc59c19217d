"""What every fair run reaches in the end, and the lasso where one does not.

A claim of the kind `eventually` speaks of whole runs: from the beginning, or from every
state that satisfies its `once`, each fair run reaches a state in which it holds. The
oracle explores the states; `fairness` decides on the numbered graph whether a fair run
can avoid the goal for ever. If one can, it is shown as a lasso: a shortest way in, and
a loop that can be repeated for ever.

Contract: a run that only a bound keeps from going on is no counterexample. It is *cut*,
and the states in which that happens are counted and told.

Source: Baier and Katoen, "Principles of Model Checking" (2008), sections 3.5 and 5.1.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Generic, Protocol

from primacy_model.checker import reference_bfs
from primacy_model.checker.fairness import (
    UNFAIR,
    Avoidance,
    Edges,
    avoidance,
    fair_loop,
    lead_in,
)
from primacy_model.checker.limits import Limit, never_limited
from primacy_model.checker.model import Action, Kind, Model, Property, Scope, State
from primacy_model.checker.reference_bfs import Exploration, Progress, overall_verdict
from primacy_model.checker.trace import Step, Trace, Violation, confirm


class FairModel(Scope[State], Protocol[State]):
    """A model that tells which of its actions have to happen."""

    def is_strong(self, name: Hashable) -> bool:
        """Tell whether fairness to a class is strong; otherwise it is weak."""

    def fairness(self, state: State, action: Action) -> Hashable | None:
        """Name the class of an action, None if it never has to happen."""

    def withheld(self, state: State) -> Iterable[Hashable]:
        """Name the classes that only a bound keeps from happening in a state."""


@dataclass(frozen=True, slots=True)
class LivenessResult:
    """What was found of one claim about runs."""

    id: str
    begun: int
    """States from which the goal has to be reached."""
    reached: int
    """States in which it is reached."""
    pending: int
    """States on the way, which have not reached it."""
    components: int
    """Strongly connected components of those, single states among them."""
    largest: int
    """States in the largest of them."""
    unfair: int
    """Components of more than one state, or with a loop, that no fair run stays in."""
    cut: int
    """States on the way in which a bound withholds what would have to happen."""


@dataclass(frozen=True, slots=True)
class FairExploration(Exploration[State]):
    """What a search found, and what every fair run does."""

    courses: tuple[LivenessResult, ...] = ()
    """One for each claim of the kind `eventually`, unless the search ended early."""


@dataclass(frozen=True)
class Numbered(Generic[State]):
    """An explored graph in numbers: what an engine has to give to have runs judged."""

    states: Sequence[State]
    edges: Edges
    action: Callable[[int], Action]
    """Give the action of an edge."""
    beginnings: Sequence[int]
    """The initial states."""


def explore(
    model: FairModel[State],
    *,
    max_states: int | None = None,
    progress: Progress | None = None,
    limit: Limit = never_limited,
    numbered: Callable[[FairModel[State], Exploration[State]], Numbered[State]]
    | None = None,
) -> FairExploration[State]:
    """Search the reachable states of a model, and judge its runs.

    `numbered` makes the graph of numbers; that of the oracle's search if None.
    """
    started = time.perf_counter()
    found = reference_bfs.explore(
        model, max_states=max_states, progress=progress, limit=limit
    )
    is_whole = not found.is_bounded or found.stopped_at == reference_bfs.RUNS_UNDECIDED
    if found.violation is not None or not is_whole:
        return _with_courses(found, (), None, started)
    graph = (numbered or of_oracle)(model, found)
    courses: list[LivenessResult] = []
    violation: Violation[State] | None = None
    for claim in model.properties:
        if claim.kind is Kind.EVENTUALLY:
            course, broken = judge(model, graph, claim)
            courses.append(course)
            violation = violation or broken
    whole = replace(found, is_bounded=False, stopped_at="")
    return _with_courses(whole, tuple(courses), violation, started)


def _with_courses(
    found: Exploration[State],
    courses: tuple[LivenessResult, ...],
    violation: Violation[State] | None,
    started: float,
) -> FairExploration[State]:
    told = {each.name: getattr(found, each.name) for each in fields(found)}
    told["violation"] = violation or found.violation
    told["seconds"] = time.perf_counter() - started
    is_vacuous = any(course.begun == 0 or course.reached == 0 for course in courses)
    told["verdict"] = overall_verdict(
        is_violated=told["violation"] is not None,
        is_bounded=found.is_bounded,
        is_vacuous=bool(found.never_fired or found.unreached or is_vacuous),
    )
    return FairExploration(**told, courses=courses)


def of_oracle(model: FairModel[State], found: Exploration[State]) -> Numbered[State]:
    """Give numbers to the states and edges of a graph that the oracle explored."""
    graph = found.graph
    states = list(graph)
    number = {state: at for at, state in enumerate(states)}
    classes: dict[Hashable, int] = {}
    first, target, fairness, actions = [0], list[int](), list[int](), list[Action]()
    withheld: list[frozenset[int]] = []

    def numbered(name: Hashable) -> int:
        return classes.setdefault(name, len(classes))

    for state in states:
        for _, after, action in graph.out_edges(state, keys=True):
            name = model.fairness(state, action)
            target.append(number[after])
            fairness.append(UNFAIR if name is None else numbered(name))
            actions.append(action)
        first.append(len(target))
        withheld.append(frozenset(map(numbered, model.withheld(state))))
    strong = frozenset(at for name, at in classes.items() if model.is_strong(name))
    edges = Edges(first, target, fairness, withheld, strong)
    beginnings = [number[state] for state in dict.fromkeys(model.initial())]
    return Numbered(states, edges, actions.__getitem__, beginnings)


def judge(
    model: Model[State], graph: Numbered[State], claim: Property[State]
) -> tuple[LivenessResult, Violation[State] | None]:
    """Decide whether every fair run reaches what a claim says."""
    goal = [claim.holds(state) for state in graph.states]
    starts = list(graph.beginnings)
    if claim.once is not None:
        starts = [at for at, each in enumerate(graph.states) if claim.once(each)]
    found = avoidance(graph.edges, starts, goal)
    course = LivenessResult(
        id=claim.id,
        begun=len(starts),
        reached=sum(goal),
        pending=len(found.states),
        components=found.components,
        largest=found.largest,
        unfair=found.unfair,
        cut=len(found.cut),
    )
    if not found.fair:
        return course, None
    return course, confirm(model, claim, _lasso(model, graph, starts, found))


def _lasso(
    model: Model[State],
    graph: Numbered[State],
    starts: Sequence[int],
    found: Avoidance,
) -> Trace[State]:
    """Show a fair run that avoids the goal: a way in, and a loop."""
    edges = graph.edges
    beginning, way, part = lead_in(edges, graph.beginnings, starts, found)
    entry = edges.target[way[-1]] if way else beginning
    loop = fair_loop(edges, found.fair[part], entry)
    steps = tuple(
        Step(graph.action(edge), graph.states[edges.target[edge]])
        for edge in (*way, *loop)
    )
    return Trace(model.name, graph.states[beginning], steps, loop=len(way))
