"""What is written as ITF is read back by itf-py."""

import json

import itf_py  # type: ignore[import-untyped]  # it has annotations but no py.typed

from primacy_model.checker.reference_bfs import explore
from primacy_model.checker.trace import Violation, replay
from primacy_model.reporting.itf import identifiers, render_itf
from tests.support.toys import UNGUARDED, LockState


def broken() -> Violation[LockState]:
    violation = explore(UNGUARDED).violation
    assert violation is not None
    return violation


def test_itf_py_reads_the_columns_of_every_state_back() -> None:
    trace = itf_py.trace_from_json(json.loads(render_itf(broken())))
    story = replay(UNGUARDED, broken().trace)
    shown = [story.initial, *(moment.shown for moment in story.moments)]
    read = [
        {column: record._asdict() for column, record in state.values.items()}
        for state in trace.states
    ]
    assert read == shown
    assert trace.vars == ["a", "b", "server"]
    assert trace.loop is None


def test_what_was_read_back_is_written_the_same() -> None:
    written = json.loads(render_itf(broken()))
    again = itf_py.trace_to_json(itf_py.trace_from_json(written))
    assert again.pop("loop") is None
    assert again == written


def test_each_state_names_the_action_that_led_to_it() -> None:
    states = json.loads(render_itf(broken()))["states"]
    assert states[0]["#meta"] == {"index": 0}
    assert states[1]["#meta"] == {
        "index": 1,
        "action": {"kind": "ask", "column": "a", "label": "ask for the lock"},
    }


def test_names_become_identifiers_of_their_own() -> None:
    names = ["agent-1", "agent_1", "1st", "on its way", "class", "value", "_x", "ok"]
    assert identifiers(names) == {
        "agent-1": "agent_1",
        "agent_1": "agent_1_",
        "1st": "x1st",
        "on its way": "on_its_way",
        "class": "class_",
        "value": "value_",
        "_x": "x_x",
        "ok": "ok",
    }
