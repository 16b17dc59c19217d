"""A trace is shown only if its model follows it to the end."""

from dataclasses import replace

import pytest

from primacy_model.checker.model import IN_FLIGHT, Action
from primacy_model.checker.reference_bfs import explore
from primacy_model.checker.trace import (
    GONE,
    ReplayError,
    Step,
    Trace,
    _changes,
    render_fields,
    replay,
)
from tests.support.toys import GUARDED, UNGUARDED, Drawn, LockState


def broken_lock() -> Trace[LockState]:
    violation = explore(UNGUARDED).violation
    assert violation is not None
    return violation.trace


def test_a_replayed_trace_tells_every_step() -> None:
    story = replay(UNGUARDED, broken_lock())
    assert [moment.number for moment in story.moments] == [1, 2, 3, 4, 5, 6]
    assert story.columns == ("a", "b", "server")
    assert story.moments[2].changes == {"server": {"holder": "a"}}
    assert story.moments[4].said("a") == ("a holds the lock",)
    assert story.moments[0].said("a") == ("ask for the lock",)
    assert story.moments[0].said("b") == ()


def test_a_trace_of_another_model_is_refused() -> None:
    with pytest.raises(ReplayError, match=r"'unguarded-lock', .* is 'lock'"):
        replay(GUARDED, broken_lock())


def test_an_action_that_is_not_possible_is_refused() -> None:
    trace = replace(broken_lock(), model="lock")
    with pytest.raises(ReplayError, match="step 4 of the trace of lock is not poss"):
        replay(GUARDED, trace)


def test_a_state_that_the_model_does_not_reach_is_refused() -> None:
    trace = broken_lock()
    wrong = replace(trace.steps[0], state=trace.initial)
    with pytest.raises(ReplayError, match=r"step 1 .* leads elsewhere: a: ask"):
        replay(UNGUARDED, replace(trace, steps=(wrong, *trace.steps[1:])))


def test_a_step_after_the_end_is_refused() -> None:
    trace = broken_lock()
    again = Step(trace.steps[-1].action, trace.last)
    with pytest.raises(ReplayError, match=r"step 7 .* is not possible"):
        replay(UNGUARDED, replace(trace, steps=(*trace.steps, again)))


def test_a_beginning_that_is_none_is_refused() -> None:
    trace = broken_lock()
    with pytest.raises(ReplayError, match="does not begin in a state where"):
        replay(UNGUARDED, replace(trace, initial=trace.last, steps=()))


def test_an_empty_trace_ends_where_it_begins() -> None:
    trace = Trace("drawn", "s", ())
    assert trace.last == "s"
    story = replay(Drawn({}), trace)
    assert story.moments == ()
    assert story.active == ()


def test_an_action_is_compared_as_a_whole() -> None:
    forged = Action("go", "walker", "go to a", 1)
    with pytest.raises(ReplayError, match="is not possible"):
        replay(Drawn({"s": "ab"}), Trace("drawn", "s", (Step(forged, "b"),)))


def test_a_field_that_disappears_is_shown_as_gone() -> None:
    assert _changes({"a": {"x": 1}}, {"a": {"y": 2}}) == {"a": {"y": 2, "x": GONE}}


def test_one_and_true_are_different_values_of_a_field() -> None:
    assert _changes({"a": {"x": 1}}, {"a": {"x": True}}) == {"a": {"x": True}}
    assert _changes({"a": {"x": 1}}, {"a": {"x": 1}}) == {}


def test_what_arrows_tell_is_not_shown_as_a_field() -> None:
    assert render_fields({"sides": 1, IN_FLIGHT: "Vote"}) == ("sides = 1",)
