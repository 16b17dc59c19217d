"""The reference checker: a plain breadth-first search over a graph of networkx.

It decides whether the properties of a model hold in the states that can be reached.
It is as simple as can be: the nodes are the states, the keys of the edges are the
actions, and nothing is pruned, merged or numbered. Faster engines are compared
with it and share no code with it. A bound that was hit is always said.

networkx keeps insertion order, and that is all a shortest trace needs: states are added
in breadth-first order, and the first edge into a state is the one that found it.

Source: docs/decisions/012-reference-checker-beside-engines.md.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic

import networkx as nx

from primacy_model.checker.limits import Limit, Saving, never_limited
from primacy_model.checker.model import Kind, Model, Property, State
from primacy_model.checker.trace import Step, Trace, Violation, confirm, confirm_raised

RUNS_UNDECIDED = "what speaks of whole runs"
"""What the oracle stops at where a property is one that `liveness` decides."""

Progress = Callable[[int, int, int], None]
"""Called now and then: how many states, how many to be expanded, the depth."""


class Verdict(Enum):
    """What an exploration found, the worst last."""

    HOLDS = "holds"
    VACUOUS = "vacuous"
    """Nothing is violated, but something that must happen never happens."""
    INCOMPLETE = "incomplete"
    """The bound on states was hit before the end, without a violation."""
    VIOLATED = "violated"

    @property
    def exit_code(self) -> int:
        """Tell the exit code of the command line; 2 is bad usage."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Verdict.HOLDS: 0,
    Verdict.VIOLATED: 1,
    Verdict.INCOMPLETE: 3,
    Verdict.VACUOUS: 4,
}


@dataclass(frozen=True, slots=True)
class ReachedState(Generic[State]):
    """The first state in which a `sometimes` property holds."""

    claim: Property[State]
    state: State
    depth: int


@dataclass(frozen=True, slots=True)
class Exploration(Generic[State]):
    """What a search of one model found."""

    model: str
    bounds: Mapping[str, int | str]
    verdict: Verdict
    states: int
    transitions: int
    depth: int
    """Of the deepest state that was reached."""
    seconds: float
    kinds: Counter[str]
    """How often each kind of action fired, the declared kinds first."""
    witnesses: tuple[ReachedState[State], ...]
    violation: Violation[State] | None
    never_fired: tuple[str, ...]
    """Declared kinds of actions that were not seen to happen."""
    unreached: tuple[Property[State], ...]
    """`sometimes` properties that were not seen to hold."""
    graph: nx.MultiDiGraph[State]
    """States in breadth-first order with their `depth`; edge keys are actions."""
    is_bounded: bool
    """The search stopped because it had reached as many states as it may."""
    stopped_at: str = ""
    """What it stopped at, in words, if not at a number of states."""
    saving: Saving | None = None
    """What became of saving it, if that was asked for and it stopped."""
    images: int | None = None
    """For how many states one may stand that differ only in names; 1 if none do.

    None if all were looked for.
    """


def explore(
    model: Model[State],
    *,
    max_states: int | None = None,
    progress: Progress | None = None,
    limit: Limit = never_limited,
) -> Exploration[State]:
    """Search the reachable states of a model, breadth first."""
    started = time.perf_counter()
    search = _Search(model, max_states, progress, limit)
    search.run()
    if not search.has_ended_early:
        search.broken = _find_unrecoverable(model, search.graph)
        if search.broken is None and _claims(model, Kind.EVENTUALLY):
            search.is_bounded, search.stopped_at = True, RUNS_UNDECIDED
    violation = None
    if search.broken is not None:
        claim, state = search.broken
        trace = _shortest_trace(model, search.graph, state)
        violation = confirm(model, claim, trace)
    return _conclude(search, violation, time.perf_counter() - started)


@dataclass(slots=True)
class _Search(Generic[State]):
    model: Model[State]
    max_states: int | None
    progress: Progress | None
    limit: Limit
    graph: nx.MultiDiGraph[State] = field(default_factory=nx.MultiDiGraph)
    queue: deque[State] = field(default_factory=deque)
    witnesses: dict[str, ReachedState[State]] = field(default_factory=dict)
    broken: tuple[Property[State], State] | None = None
    is_bounded: bool = False
    stopped_at: str = ""

    @property
    def has_ended_early(self) -> bool:
        return self.is_bounded or self.broken is not None

    def run(self) -> None:
        """Explore until the end, the first violation or the bound."""
        for state in self.model.initial():
            if state not in self.graph and not self.has_ended_early:
                self._enter(state, depth=0)
        while self.queue and not self.has_ended_early:
            state = self.queue.popleft()
            depth = self.graph.nodes[state]["depth"]
            try:
                self._expand(state, depth)
            except Exception as error:
                trace = _shortest_trace(self.model, self.graph, state)
                raise confirm_raised(self.model, trace, error) from error
            if self.progress is not None:
                self.progress(len(self.graph), len(self.queue), depth)
            if not self.has_ended_early:
                self.stopped_at = self.limit()
                self.is_bounded = bool(self.stopped_at)

    def _expand(self, state: State, depth: int) -> None:
        """Add the edges that leave a state."""
        for action in self.model.actions(state):
            successor = self.model.successor(state, action)
            if successor not in self.graph:
                self._enter(successor, depth + 1)
            if self.is_bounded:
                return
            self.graph.add_edge(state, successor, key=action)
            if self.broken is not None:
                return

    def _enter(self, state: State, depth: int) -> None:
        """Add a new state and judge it."""
        if len(self.graph) == self.max_states:
            self.is_bounded = True
            return
        self.graph.add_node(state, depth=depth)
        self.queue.append(state)
        for claim in self.model.properties:
            match claim.kind:
                case Kind.ALWAYS:
                    if self.broken is None and not claim.holds(state):
                        self.broken = claim, state
                case Kind.SOMETIMES:
                    if claim.id not in self.witnesses and claim.holds(state):
                        self.witnesses[claim.id] = ReachedState(claim, state, depth)
                case Kind.RECOVERABLE | Kind.EVENTUALLY:
                    pass  # decided when the whole graph is known


def _find_unrecoverable(
    model: Model[State], graph: nx.MultiDiGraph[State]
) -> tuple[Property[State], State] | None:
    """Find the first state from which something recoverable is out of reach."""
    able = {
        claim.id: _states_that_can_reach(graph, filter(claim.holds, graph))
        for claim in _claims(model, Kind.RECOVERABLE)
    }
    for state in graph:
        for claim in _claims(model, Kind.RECOVERABLE):
            if state not in able[claim.id]:
                return claim, state
    return None


def _states_that_can_reach(
    graph: nx.MultiDiGraph[State], goals: Iterator[State]
) -> set[State]:
    able = set(goals)
    stack = list(able)
    while stack:
        for state in graph.predecessors(stack.pop()):
            if state not in able:
                able.add(state)
                stack.append(state)
    return able


def _shortest_trace(
    model: Model[State], graph: nx.MultiDiGraph[State], state: State
) -> Trace[State]:
    """Walk back along the edges by which each state was found."""
    steps: list[Step[State]] = []
    while graph.nodes[state]["depth"] > 0:
        parent, _, action = next(iter(graph.in_edges(state, keys=True)))
        steps.append(Step(action, state))
        state = parent
    return Trace(model.name, state, tuple(reversed(steps)))


def overall_verdict(
    *, is_violated: bool, is_bounded: bool, is_vacuous: bool
) -> Verdict:
    """Give the verdict: what was found counts for more than what was not."""
    if is_violated:
        return Verdict.VIOLATED
    if is_bounded:
        return Verdict.INCOMPLETE
    return Verdict.VACUOUS if is_vacuous else Verdict.HOLDS


def _conclude(
    search: _Search[State], violation: Violation[State] | None, seconds: float
) -> Exploration[State]:
    model, graph = search.model, search.graph
    kinds = Counter(dict.fromkeys(model.kinds, 0))
    kinds.update(action.kind for _, _, action in graph.edges(keys=True))
    sometimes = _claims(model, Kind.SOMETIMES)
    never_fired = tuple(kind for kind in model.kinds if kinds[kind] == 0)
    unreached = tuple(each for each in sometimes if each.id not in search.witnesses)
    return Exploration(
        model=model.name,
        bounds=model.bounds,
        verdict=overall_verdict(
            is_violated=violation is not None,
            is_bounded=search.is_bounded,
            is_vacuous=bool(never_fired or unreached),
        ),
        states=len(graph),
        transitions=graph.number_of_edges(),
        depth=max((graph.nodes[state]["depth"] for state in graph), default=0),
        seconds=seconds,
        kinds=kinds,
        witnesses=tuple(
            search.witnesses[each.id]
            for each in sometimes
            if each.id in search.witnesses
        ),
        violation=violation,
        never_fired=never_fired,
        unreached=unreached,
        graph=graph,
        is_bounded=search.is_bounded,
        stopped_at=search.stopped_at,
    )


def _claims(model: Model[State], kind: Kind) -> list[Property[State]]:
    return [claim for claim in model.properties if claim.kind is kind]
