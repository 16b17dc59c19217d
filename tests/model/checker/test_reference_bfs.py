"""The reference checker counts what a person counts, and its traces are shortest."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy_model.checker.reference_bfs import Exploration, Verdict, explore
from tests.support.toys import (
    CRASHING,
    GUARDED,
    ONE,
    UNGUARDED,
    VACUOUS,
    Drawn,
    always_not,
    recoverable,
    sometimes,
)

DIAMOND = {"s": "ab", "a": "t", "b": "t"}


def labels(exploration: Exploration[str]) -> list[str]:
    assert exploration.violation is not None
    return [step.action.label for step in exploration.violation.trace.steps]


def test_a_diamond_has_four_states_four_transitions_and_depth_two() -> None:
    found = explore(Drawn(DIAMOND))
    assert (found.states, found.transitions, found.depth) == (4, 4, 2)
    assert list(found.graph) == ["s", "a", "b", "t"]
    assert found.kinds == {"go": 4}
    assert found.verdict is Verdict.HOLDS


def test_one_agent_takes_a_lock_in_six_states_of_one_path() -> None:
    found = explore(ONE)
    assert (found.states, found.transitions, found.depth) == (6, 5, 5)


def test_two_agents_take_a_lock_in_all_pairs_but_those_where_both_are_inside() -> None:
    places, inside = 6, 3
    found = explore(GUARDED)
    assert found.states == places**2 - inside**2
    assert (found.transitions, found.depth) == (36, 10)


def test_a_self_loop_is_a_transition_and_stays_in_the_graph() -> None:
    found = explore(Drawn({"s": "s"}))
    assert (found.states, found.transitions, found.depth) == (1, 1, 0)
    assert found.graph.has_edge("s", "s")


def test_two_actions_between_the_same_states_are_two_transitions() -> None:
    found = explore(Drawn({"s": "tt"}))
    assert (found.states, found.transitions) == (2, 2)


def test_every_initial_state_is_explored() -> None:
    found = explore(Drawn({"s": "t", "u": "t"}, starts=("s", "u", "s")))
    assert (found.states, found.transitions, found.depth) == (3, 2, 1)


def test_a_model_without_initial_states_is_vacuous() -> None:
    found = explore(Drawn({}, starts=()))
    assert (found.states, found.depth, found.verdict) == (0, 0, Verdict.VACUOUS)


def test_a_violation_comes_with_a_shortest_trace() -> None:
    edges = {"s": "ab", "a": "c", "c": "x", "b": "x"}
    found = explore(Drawn(edges, properties=[always_not("x")]))
    assert found.verdict is Verdict.VIOLATED
    assert labels(found) == ["go to b", "go to x"]


def test_a_violation_stops_the_search() -> None:
    edges = {"s": "xa", "a": "bc"}
    found = explore(Drawn(edges, properties=[always_not("x")]))
    assert list(found.graph) == ["s", "x"]


def test_a_violation_in_the_beginning_has_an_empty_trace() -> None:
    found = explore(Drawn(DIAMOND, properties=[always_not("s")]))
    assert labels(found) == []
    assert found.states == 1


def test_the_unguarded_lock_is_broken_in_six_steps() -> None:
    found = explore(UNGUARDED)
    assert found.violation is not None
    assert found.violation.claim.id == "L1"
    assert len(found.violation.trace.steps) == 6


def test_the_witness_of_sometimes_is_the_shallowest_state() -> None:
    edges = {"s": "ab", "a": "c", "c": "x", "b": "x"}
    found = explore(Drawn(edges, properties=[sometimes("x")]))
    (witness,) = found.witnesses
    assert (witness.state, witness.depth) == ("x", 2)
    assert found.verdict is Verdict.HOLDS


def test_what_can_always_be_reached_again_is_recoverable() -> None:
    edges = {"s": "a", "a": "b", "b": "s"}
    found = explore(Drawn(edges, properties=[recoverable("s")]))
    assert found.verdict is Verdict.HOLDS


def test_the_first_state_that_cannot_recover_is_the_violation() -> None:
    edges = {"s": "a", "a": "sx", "x": "yz", "y": "z", "z": "z"}
    found = explore(Drawn(edges, properties=[recoverable("s")]))
    assert found.verdict is Verdict.VIOLATED
    assert labels(found) == ["go to a", "go to x"]
    assert found.states == 5


def test_a_lock_whose_holder_crashes_cannot_recover() -> None:
    found = explore(CRASHING)
    assert found.violation is not None
    assert found.violation.claim.id == "R1"
    assert [step.action.kind for step in found.violation.trace.steps] == [
        "ask",
        "deliver",
        "deliver",
        "crash",
    ]


def test_a_sometimes_that_is_never_reached_is_vacuous() -> None:
    found = explore(Drawn(DIAMOND, properties=[sometimes("z")]))
    assert found.verdict is Verdict.VACUOUS
    assert [claim.id for claim in found.unreached] == ["E1"]


def test_a_kind_of_action_that_never_happens_is_vacuous() -> None:
    found = explore(VACUOUS)
    assert found.verdict is Verdict.VACUOUS
    assert found.never_fired == ("crash",)
    assert found.kinds["crash"] == 0


def test_a_bound_that_was_hit_is_incomplete() -> None:
    found = explore(Drawn(DIAMOND, properties=[sometimes("z")]), max_states=3)
    assert found.verdict is Verdict.INCOMPLETE
    assert found.is_bounded
    assert found.states == 3


def test_a_bound_that_was_just_enough_is_not_hit() -> None:
    found = explore(Drawn(DIAMOND), max_states=4)
    assert found.verdict is Verdict.HOLDS
    assert not found.is_bounded


def test_recoverable_is_not_decided_on_a_part_of_the_graph() -> None:
    found = explore(Drawn(DIAMOND, properties=[recoverable("t")]), max_states=3)
    assert found.verdict is Verdict.INCOMPLETE


def test_a_violation_outranks_a_bound_and_vacuity() -> None:
    properties = [always_not("b"), sometimes("z")]
    found = explore(Drawn(DIAMOND, properties=properties), max_states=3)
    assert found.verdict is Verdict.VIOLATED


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.HOLDS, 0),
        (Verdict.VIOLATED, 1),
        (Verdict.INCOMPLETE, 3),
        (Verdict.VACUOUS, 4),
    ],
)
def test_each_verdict_has_its_exit_code(verdict: Verdict, code: int) -> None:
    assert verdict.exit_code == code


def test_progress_is_told_after_each_state() -> None:
    told: list[tuple[int, int, int]] = []
    explore(Drawn(DIAMOND), progress=lambda *figures: told.append(figures))
    assert told == [(3, 2, 0), (4, 2, 1), (4, 1, 1), (4, 0, 2)]


# --- a second search, as dumb as can be -----------------------------------------------

TextGraph = Mapping[str, Sequence[str]]

nodes = st.sampled_from("stuvwxyz")
drawings = st.dictionaries(nodes, st.lists(nodes, max_size=4), max_size=8)
starts = st.lists(nodes, max_size=3)


def dumb_depths(edges: TextGraph, beginnings: Sequence[str]) -> dict[str, int]:
    """Walk every path without pause, and keep the shortest way to each node."""
    depths: dict[str, int] = {}

    def walk(node: str, depth: int) -> None:
        if depth < depths.get(node, len("stuvwxyz")):
            depths[node] = depth
            for target in edges.get(node, ()):
                walk(target, depth + 1)

    for node in beginnings:
        walk(node, 0)
    return depths


@given(drawings, starts)
def test_a_dumb_search_finds_the_same_states_transitions_and_depths(
    edges: TextGraph, beginnings: list[str]
) -> None:
    found = explore(Drawn(edges, beginnings))
    depths = dumb_depths(edges, beginnings)
    assert {node: found.graph.nodes[node]["depth"] for node in depths} == depths
    assert found.states == len(depths)
    assert found.transitions == sum(len(edges.get(node, ())) for node in depths)
    assert found.depth == max(depths.values(), default=0)


@given(drawings, starts, nodes)
def test_a_dumb_search_finds_violations_of_the_same_length(
    edges: TextGraph, beginnings: list[str], bad: str
) -> None:
    found = explore(Drawn(edges, beginnings, [always_not(bad)]))
    depths = dumb_depths(edges, beginnings)
    if bad not in depths:
        assert found.violation is None
    else:
        assert len(labels(found)) == depths[bad]


@given(drawings, starts, nodes)
def test_a_dumb_search_finds_the_same_recoverability(
    edges: TextGraph, beginnings: list[str], goal: str
) -> None:
    found = explore(Drawn(edges, beginnings, [recoverable(goal)]))
    depths = dumb_depths(edges, beginnings)
    lost = [node for node in depths if goal not in dumb_depths(edges, [node])]
    if not lost:
        assert found.violation is None
    else:
        assert found.violation is not None
        assert found.violation.trace.last in lost
        assert len(labels(found)) == min(depths[node] for node in lost)
