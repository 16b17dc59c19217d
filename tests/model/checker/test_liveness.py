"""Claims about runs: how they are judged on a model, and how a lasso is shown."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import itf_py  # type: ignore[import-untyped]  # it has annotations but no py.typed
import pytest

from primacy_model import scopes
from primacy_model.checker import reference_bfs
from primacy_model.checker.liveness import FairExploration, LivenessResult, explore
from primacy_model.checker.model import Action, Kind, Property
from primacy_model.checker.reference_bfs import Verdict
from primacy_model.checker.trace import ReplayError, Trace, Violation, replay
from primacy_model.reporting.counterexample import write_violation
from primacy_model.reporting.itf import render_itf
from primacy_model.reporting.mermaid import render_mermaid
from primacy_model.reporting.pytest_case import render_pytest
from primacy_model.reporting.svg import render_svg
from primacy_model.reporting.transcript import render_transcript
from tests.support.toys import Drawn, sometimes


@dataclass(frozen=True)
class Fair(Drawn):
    """A graph that is written down; what is fair is named by state and target."""

    unfair: Sequence[str] = ()
    """Edges that never have to be taken: `sx`."""
    beyond: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For each state what a bound withholds."""
    is_strong_everywhere: bool = False

    def fairness(self, state: str, action: Action) -> Hashable | None:
        assert isinstance(action.payload, int)
        target = self.edges[state][action.payload]
        return None if state + target in self.unfair else target

    def withheld(self, state: str) -> Iterator[Hashable]:
        yield from self.beyond.get(state, ())

    def is_strong(self, name: Hashable) -> bool:  # noqa: ARG002  # a FairModel's
        return self.is_strong_everywhere


def eventually(node: str, once: str = "") -> Property[str]:
    return Property(
        "F1",
        f"at last at {node}",
        Kind.EVENTUALLY,
        lambda at: at == node,
        (lambda at: at in once) if once else None,
    )


LASSO = Fair(
    {"s": "x", "x": "yg", "y": "x"},
    properties=[eventually("g")],
    name="lasso",
    unfair=["xg"],
)
"""The goal is near, and never has to be reached."""

RESTING = replace(LASSO, edges={"s": "x"}, name="resting", unfair=[])
"""Nothing can happen any more, and the goal was not reached."""


def broken(model: Fair) -> Violation[str]:
    violation = explore(model).violation
    assert violation is not None
    return violation


def way(trace: Trace[str]) -> str:
    assert trace.loop is not None
    states = "".join([trace.initial, *(step.state for step in trace.steps)])
    return f"{states[: trace.loop + 1]}({states[trace.loop + 1 :]})"


# --- judging --------------------------------------------------------------------------


def test_a_fair_run_that_avoids_the_goal_is_a_violation() -> None:
    found = explore(LASSO)
    assert found.verdict is Verdict.VIOLATED
    assert way(broken(LASSO).trace) == "sx(yx)"
    assert found.courses == (
        LivenessResult(
            "F1",
            begun=1,
            reached=1,
            pending=3,
            components=2,
            largest=2,
            unfair=0,
            cut=0,
        ),
    )


def test_a_fair_way_to_the_goal_is_taken() -> None:
    """The way out is only there again and again: weak fairness does not take it."""
    assert explore(replace(LASSO, unfair=[])).verdict is Verdict.VIOLATED
    strong = replace(LASSO, unfair=[], is_strong_everywhere=True)
    assert explore(strong).verdict is Verdict.HOLDS
    always = replace(LASSO, edges={"s": "x", "x": "yg", "y": "xg"}, unfair=[])
    assert explore(always).verdict is Verdict.HOLDS


def test_a_run_that_ends_without_the_goal_is_a_violation() -> None:
    assert way(broken(RESTING).trace) == "sx()"


def test_a_run_that_only_a_bound_ends_is_cut() -> None:
    model = replace(RESTING, edges={"s": "xg"}, beyond={"x": "g"})
    found = explore(model)
    assert found.verdict is Verdict.HOLDS
    assert [course.cut for course in found.courses] == [1]


def test_a_claim_may_begin_later() -> None:
    model = replace(LASSO, edges={"s": "abx", "a": "g"}, unfair=[])
    assert explore(model).verdict is Verdict.VIOLATED
    later = replace(model, properties=[eventually("g", once="a")])
    assert explore(later).verdict is Verdict.HOLDS


def test_what_was_reached_before_the_claim_began_does_not_count() -> None:
    edges = {"s": "g", "g": "x"}
    model = replace(RESTING, edges=edges, properties=[eventually("g", once="x")])
    assert way(broken(model).trace) == "sgx()"


@pytest.mark.parametrize("once", ["", "z"])
def test_a_claim_whose_goal_or_beginning_is_never_reached_is_vacuous(once: str) -> None:
    edges = {"s": "s"}
    claim = eventually("s" if once else "g", once)
    found = explore(replace(LASSO, edges=edges, properties=[claim], beyond={"s": "g"}))
    assert found.verdict is Verdict.VACUOUS


def test_a_bound_on_states_leaves_runs_undecided() -> None:
    found = explore(LASSO, max_states=2)
    assert (found.verdict, found.courses) == (Verdict.INCOMPLETE, ())


def test_a_state_that_breaks_a_claim_is_told_first() -> None:
    never: Property[str] = Property(
        "A1", "never at y", Kind.ALWAYS, lambda at: at != "y"
    )
    found = explore(replace(LASSO, properties=[eventually("g"), never]))
    assert found.violation is not None
    assert found.violation.claim is never


def test_the_other_kinds_of_claims_are_judged_as_ever() -> None:
    vacuous = explore(replace(LASSO, properties=[sometimes("q")]))
    assert vacuous.verdict is Verdict.VACUOUS
    found = explore(replace(LASSO, properties=[sometimes("y")]))
    assert isinstance(found, FairExploration)
    assert found.verdict is Verdict.HOLDS
    assert [witness.state for witness in found.witnesses] == ["y"]


def test_the_oracle_alone_does_not_pass_a_claim_about_runs() -> None:
    found = reference_bfs.explore(LASSO)
    assert (found.verdict, found.stopped_at) == (
        Verdict.INCOMPLETE,
        reference_bfs.RUNS_UNDECIDED,
    )


# --- showing --------------------------------------------------------------------------

TRANSCRIPT = """\
F1 is violated in lasso: at last at g (eventually)
A shortest way in, of 1 step.
↻ Steps 2 to 3 repeat for ever.

step  walker
{rule}
   0  at = s
   1  go to x
      at = x
 ↻ 2  go to y
      at = y
 ↻ 3  go to x
      at = x
"""


def test_a_loop_that_does_not_close_is_refused() -> None:
    trace = broken(LASSO).trace
    with pytest.raises(ReplayError, match=r"the loop .* does not close"):
        replay(LASSO, replace(trace, loop=0))
    with pytest.raises(ReplayError, match=r"the loop .* does not close"):
        replay(LASSO, replace(trace, loop=4))
    assert replay(LASSO, trace).loop == 1


def test_a_transcript_marks_what_repeats() -> None:
    text = render_transcript(broken(LASSO))
    rule = max(text.splitlines(), key=len)
    assert text == TRANSCRIPT.format(rule=rule)


def test_a_transcript_says_that_nothing_happens_any_more() -> None:
    text = render_transcript(broken(RESTING))
    assert "↻ Then nothing has to happen any more, for ever." in text
    assert "↻ 1" not in text


def test_a_single_step_may_repeat() -> None:
    model = replace(LASSO, edges={"s": "s"})
    assert "Step 1 repeats for ever." in render_transcript(broken(model))


def test_mermaid_draws_the_loop() -> None:
    lines = render_mermaid(broken(LASSO)).splitlines()
    begin = lines.index("    loop Steps 2 to 3 repeat for ever.")
    assert lines.index("    end") > begin
    assert [line for line in lines[begin:] if "go to" in line] == [
        "    Note over p0: 2. go to y<br/>at = y",
        "    Note over p0: 3. go to x<br/>at = x",
    ]


def test_mermaid_says_that_nothing_happens_any_more() -> None:
    text = render_mermaid(broken(RESTING))
    assert "Then nothing has to happen any more, for ever.<br/>F1 is violated" in text
    assert "    loop" not in text


def test_the_picture_draws_the_way_back() -> None:
    drawn = render_svg(broken(LASSO))
    ET.fromstring(drawn)  # noqa: S314  # our own text
    assert "F1 is never reached from here. Steps 2 to 3 repeat for ever." in drawn
    rests = render_svg(broken(RESTING))
    assert (
        "F1 is never reached from here. Then nothing has to happen any more, for ever."
        in rests
    )
    assert drawn.count("<polygon") == rests.count("<polygon") + 1


def test_itf_names_the_state_in_which_the_loop_begins() -> None:
    trace = itf_py.trace_from_json(json.loads(render_itf(broken(LASSO))))
    assert trace.loop == 1
    assert [state.values["walker"].at for state in trace.states] == ["s", "x", "y"]
    rests = itf_py.trace_from_json(json.loads(render_itf(broken(RESTING))))
    assert (rests.loop, len(rests.states)) == (1, 2)


def test_the_file_that_reproduces_a_lasso_checks_that_it_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = render_pytest(LASSO, broken(LASSO))
    told: dict[str, object] = {}

    def run(model: Fair) -> None:
        registry = scopes.Registry({"mesh": scopes.collect((model,))})
        monkeypatch.setattr(scopes, "SCOPES", registry)
        exec(text, told)  # noqa: S102  # our own text
        test = told["test_f1_is_violated_in_lasso"]
        assert callable(test)
        test()

    run(LASSO)
    with pytest.raises(AssertionError):
        run(replace(LASSO, properties=[eventually("y")]))
    with pytest.raises(AssertionError):
        run(replace(LASSO, edges={"s": "x", "x": "yg", "y": "s"}))


def test_a_lasso_leaves_a_folder(tmp_path: Path) -> None:
    folder = write_violation(LASSO, broken(LASSO), tmp_path)
    assert len(list(folder.iterdir())) == 5
