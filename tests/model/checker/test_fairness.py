"""Fairness on graphs whose answer is known, and against a dumb implementation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy_model.checker.fairness import (
    UNFAIR,
    Avoidance,
    Edges,
    avoidance,
    components,
    fair_loop,
    lead_in,
)

CLASSES = "abS"
"""What an edge may be called; a capital is fair in the strong sense, `-` is unfair."""

Drawing = Mapping[str, Sequence[str]]
"""For each state its edges, written as class and target: `ax` leads to x under a."""


@dataclass(frozen=True)
class DrawnGraph:
    """A drawn graph in numbers."""

    names: str
    edges: Edges

    def number(self, names: Iterable[str]) -> list[int]:
        return [self.names.index(name) for name in names]

    def named(self, numbers: Iterable[int]) -> str:
        return "".join(sorted(self.names[number] for number in numbers))

    def avoid(self, goal: str = "", starts: str = "s") -> Avoidance:
        goals = [name in goal for name in self.names]
        return avoidance(self.edges, self.number(starts), goals)

    def parts(self, goal: str = "", starts: str = "s") -> list[str]:
        """Name the parts in which a fair run avoids the goal for ever."""
        return sorted(self.named(part) for part in self.avoid(goal, starts).fair)


def drawn(drawing: Drawing, withheld: Mapping[str, str] | None = None) -> DrawnGraph:
    targets = (edge[1] for edges in drawing.values() for edge in edges)
    names = "".join(dict.fromkeys((*drawing, *targets)))
    first, target, fairness = [0], [], []
    for name in names:
        for edge in drawing.get(name, ()):
            target.append(names.index(edge[1]))
            fairness.append(UNFAIR if edge[0] == "-" else CLASSES.index(edge[0]))
        first.append(len(target))
    held = [
        frozenset(map(CLASSES.index, (withheld or {}).get(name, ""))) for name in names
    ]
    strong = frozenset({CLASSES.index("S")})
    return DrawnGraph(names, Edges(first, target, fairness, held, strong))


# --- what a person can see ------------------------------------------------------------


def test_a_cycle_of_fair_actions_that_avoids_the_goal_is_found() -> None:
    assert drawn({"s": ["ax"], "x": ["as"]}).parts() == ["sx"]


def test_a_cycle_that_neglects_a_fair_way_out_is_not_reported() -> None:
    graph = drawn({"s": ["ax", "bg"], "x": ["as", "bg"]})
    assert graph.parts("g") == []
    assert graph.avoid("g").unfair == 1


def test_a_way_out_that_is_not_always_there_may_be_missed() -> None:
    assert drawn({"s": ["ax", "bg"], "x": ["as"]}).parts("g") == ["sx"]


def test_strong_fairness_takes_a_way_out_that_is_there_again_and_again() -> None:
    assert drawn({"s": ["ax", "Sg"], "x": ["as"]}).parts("g") == []


def test_strong_fairness_leaves_the_part_that_has_no_way_out() -> None:
    graph = drawn({"s": ["ax", "Sg"], "x": ["as", "ay"], "y": ["ax"]})
    assert graph.parts("g") == ["xy"]


def test_an_action_that_never_has_to_happen_is_no_way_out() -> None:
    assert drawn({"s": ["ax", "-g"], "x": ["as", "-g"]}).parts("g") == ["sx"]


def test_a_self_loop_takes_its_class() -> None:
    assert drawn({"s": ["as"]}).parts() == ["s"]
    assert drawn({"s": ["as", "bg"]}).parts("g") == []
    assert drawn({"s": ["as", "ag"]}).parts("g") == ["s"]


def test_a_run_rests_where_nothing_has_to_happen() -> None:
    assert drawn({"s": ["ax"]}).parts() == ["x"]
    assert drawn({"s": ["-g"]}).parts("g") == ["s"]


def test_a_run_does_not_rest_where_something_has_to_happen() -> None:
    assert drawn({"s": ["ag"]}).parts("g") == []


def test_a_join_that_another_path_reached_first_is_not_forgotten() -> None:
    """The goal lies on one way to the join, and the other way avoids it."""
    graph = drawn({"s": ["ag", "ax"], "g": ["aj"], "x": ["aj"], "j": ["aj"]})
    assert graph.parts("g") == ["j"]


def test_what_lies_behind_the_goal_is_no_counterexample() -> None:
    assert drawn({"s": ["ag"], "g": ["aj"], "j": ["aj"]}).parts("g") == []


def test_a_cycle_through_the_goal_is_no_counterexample() -> None:
    assert drawn({"s": ["ag"], "g": ["as"]}).parts("g") == []


def test_a_component_inside_another_is_judged_when_the_outer_one_is_unfair() -> None:
    """All of it neglects a strong class, and a part that does not enable it is left."""
    drawing = {"s": ["ax"], "x": ["ay", "as"], "y": ["ax", "az", "Sg"], "z": ["ay"]}
    assert drawn(drawing).parts("g") == ["sx"]


def test_two_components_are_judged_apart() -> None:
    drawing = {"s": ["as", "bx"], "x": ["ay"], "y": ["ax", "bg"]}
    assert drawn(drawing).parts("g") == ["xy"]


def test_only_what_a_start_reaches_is_judged() -> None:
    graph = drawn({"s": ["ag"], "u": ["au"]})
    assert (graph.parts("g", "s"), graph.parts("g", "u")) == ([], ["u"])


def test_what_only_a_bound_withholds_is_cut_and_no_counterexample() -> None:
    drawing = {"s": ["ax"]}
    assert drawn(drawing).parts() == ["x"]
    graph = drawn(drawing, withheld={"x": "a"})
    assert (graph.parts(), graph.named(graph.avoid().cut)) == ([], "x")


def test_a_cycle_that_passes_a_bound_now_and_then_is_a_real_one() -> None:
    graph = drawn({"s": ["ax"], "x": ["as"]}, withheld={"x": "b"})
    assert graph.parts() == ["sx"]


def test_the_figures_of_a_graph() -> None:
    found = drawn({"s": ["as", "ax"], "x": ["ay", "bg"], "y": ["ax"]}).avoid("g")
    told = (len(found.states), found.components, found.largest, found.unfair)
    assert told == (3, 2, 2, 0)


# --- lassos ---------------------------------------------------------------------------


def lasso(graph: DrawnGraph, goal: str, starts: str, beginning: str = "s") -> str:
    """Write a lasso as the states that it passes, the loop in brackets."""
    found, first = graph.avoid(goal, starts), graph.number(beginning)
    begun, way, part = lead_in(graph.edges, first, graph.number(starts), found)
    states = [begun, *(graph.edges.target[edge] for edge in way)]
    loop = fair_loop(graph.edges, found.fair[part], states[-1])
    names = "".join(graph.names[at] for at in states)
    return names + f"({''.join(graph.names[graph.edges.target[e]] for e in loop)})"


def test_a_lasso_takes_the_shortest_way_in() -> None:
    drawing = {"s": ["ax", "ap"], "p": ["aq"], "q": ["aq"], "x": ["ax"]}
    assert lasso(drawn(drawing), "", "s") == "sx(x)"


def test_a_lasso_takes_every_class_that_is_always_enabled() -> None:
    drawing = {"s": ["ax", "bs"], "x": ["as", "bx"]}
    assert lasso(drawn(drawing), "", "s") == "s(xxs)"
    drawing = {"s": ["ax", "-s"], "x": ["-s", "by", "ax"], "y": ["as", "-x"]}
    assert lasso(drawn(drawing), "", "s") == "s(xs)"


def test_a_lasso_may_pass_where_a_class_is_not_enabled() -> None:
    drawing = {"s": ["ag", "-x"], "x": ["-s"]}
    assert lasso(drawn(drawing), "g", "s") == "s(xs)"


def test_a_lasso_may_pass_the_goal_before_its_start() -> None:
    drawing = {"s": ["ag"], "g": ["ax"], "x": ["ax"]}
    assert lasso(drawn(drawing), "g", "x") == "sgx(x)"
    assert drawn(drawing).parts("g", "s") == []


# --- a second implementation ----------------------------------------------------------

STATES = "stuvwx"
edge = st.tuples(st.sampled_from("-abS"), st.sampled_from(STATES)).map("".join)
drawings = st.dictionaries(
    st.sampled_from(STATES), st.lists(edge, max_size=4), max_size=len(STATES)
).map(lambda drawing: {**dict.fromkeys(STATES, ()), **drawing})
withheld = st.dictionaries(st.sampled_from(STATES), st.sampled_from("ab"), max_size=2)
some = st.sets(st.sampled_from(STATES), max_size=3).map("".join)


def enabled(drawing: Drawing, held: Mapping[str, str], state: str) -> set[str]:
    return {edge[0] for edge in drawing[state]} - {"-"} | set(held.get(state, ""))


def reachable(drawing: Drawing, starts: str, goal: str) -> set[str]:
    found = set(starts) - set(goal)
    while True:
        more = {edge[1] for state in found for edge in drawing[state]} - set(goal)
        if more <= found:
            return found
        found |= more


def is_trap(drawing: Drawing, held: Mapping[str, str], states: set[str]) -> bool:
    """Tell whether a fair run may see exactly these states again and again."""
    inner = [
        (state, edge)
        for state in states
        for edge in drawing[state]
        if edge[1] in states
    ]
    for state in states:
        if (
            reachable(
                {s: [e for e in drawing[s] if e[1] in states] for s in states},
                state,
                "",
            )
            != states
        ):
            return False
    taken = {edge[0] for _, edge in inner}
    seen = [enabled(drawing, held, state) for state in states]
    weak = set.intersection(*seen) - {"S"}
    strong = set.union(*seen) & {"S"}
    return weak <= taken and strong <= taken


def dumb(drawing: Drawing, held: Mapping[str, str], starts: str, goal: str) -> set[str]:
    """Try every set of states: all in which a fair run may stay for ever."""
    region = sorted(reachable(drawing, starts, goal))
    traps = [
        set(states)
        for size in range(1, len(region) + 1)
        for states in combinations(region, size)
        if is_trap(drawing, held, set(states))
    ]
    return set().union(*traps)


@settings(max_examples=400, deadline=None)
@given(drawings, withheld, some, some)
def test_every_set_of_states_tried_gives_the_same(
    drawing: Drawing, held: Mapping[str, str], starts: str, goal: str
) -> None:
    graph = drawn(drawing, held)
    found = graph.avoid(goal, starts)
    fair = {graph.names[state] for part in found.fair for state in part}
    assert fair == dumb(drawing, held, starts, goal)
    assert graph.named(found.states) == "".join(
        sorted(reachable(drawing, starts, goal))
    )


@given(drawings)
def test_components_are_those_of_networkx(drawing: Drawing) -> None:
    graph = drawn(drawing)
    numbered: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    numbered.add_nodes_from(range(len(STATES)))
    for state in range(len(STATES)):
        for at in graph.edges.of(state):
            numbered.add_edge(state, graph.edges.target[at])
    found = {frozenset(part) for part in components(graph.edges, range(len(STATES)))}
    assert found == set(map(frozenset, nx.strongly_connected_components(numbered)))


def dumb_distance(
    drawing: Drawing, beginning: str, starts: str, goal: str, fair: set[str]
) -> int:
    """Count the steps to a fair part, past a start and then around the goal."""
    seen = {(state, False) for state in beginning}
    for distance in range(2 * len(STATES) + 1):
        seen |= {
            (state, True) for state, _ in seen if state in starts and state not in goal
        }
        if any(is_pending and state in fair for state, is_pending in seen):
            return distance
        seen |= {
            (edge[1], is_pending)
            for state, is_pending in seen
            for edge in drawing[state]
            if not (is_pending and edge[1] in goal)
        }
    raise AssertionError("no fair part is reached")


@settings(max_examples=400, deadline=None)
@given(drawings, some, some, some)
def test_a_lasso_is_a_fair_run_and_its_way_in_a_shortest_one(
    drawing: Drawing, beginning: str, starts: str, goal: str
) -> None:
    starts = "".join(reachable(drawing, beginning, "") & set(starts))
    graph = drawn(drawing)
    edges, found = graph.edges, graph.avoid(goal, starts)
    if not found.fair:
        return
    first = graph.number(beginning)
    begun, way, part = lead_in(edges, first, graph.number(starts), found)
    states = [begun, *(edges.target[edge] for edge in way)]
    assert begun in first
    assert all(at in edges.of(here) for here, at in zip(states, way, strict=False))
    fair = dumb(drawing, {}, starts, goal)
    assert len(way) == dumb_distance(drawing, beginning, starts, goal, fair)
    here = states[-1]
    passed, taken = {graph.names[here]}, set()
    for edge in fair_loop(edges, found.fair[part], here):
        assert edge in edges.of(here)
        here = edges.target[edge]
        passed.add(graph.names[here])
        taken.add(edges.fairness[edge])
    assert here == states[-1]
    assert not passed & set(goal)
    seen = [enabled(drawing, {}, state) for state in passed]
    owed = (set.intersection(*seen) - {"S"}) | (set.union(*seen) & {"S"})
    assert {CLASSES.index(name) for name in owed} <= taken


def test_a_way_that_is_not_there_is_an_error() -> None:
    graph = drawn({"s": ["ag"]})
    with pytest.raises(ValueError, match="no such way"):
        lead_in(graph.edges, [0], [0], graph.avoid("g"))
