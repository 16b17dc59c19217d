"""Traces: what is allowed to the last line, what is not and why, what is no trace."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from primacy import (
    EvenElectorateWarning,
    initial,
)
from primacy_model.cli import commands
from primacy_model.cli.conform import check_trace
from primacy_model.conformance import trace_reader as reading
from primacy_model.conformance.recorder import Recorder, States
from primacy_model.conformance.trace_checker import NotAllowedError
from primacy_model.conformance.trace_reader import MalformedError
from tests.support.traceability import ROOT
from tests.support.traces import (
    JsonLine,
    alone,
    changed,
    config,
    renumbered,
    verdict,
)


@pytest.mark.parametrize("states", ["full", "digest", "none"])
def test_a_trace_is_allowed_to_its_end(states: States) -> None:
    assert verdict(alone(states)) == "allowed, 6 lines"
    assert verdict(alone(states, clocks=True)) == "allowed, 6 lines"
    assert verdict("".join(alone(states)).rstrip("\n")) == "allowed, 6 lines"


@pytest.mark.parametrize("kept", range(7))
def test_a_trace_that_was_cut_off_is_refused(kept: int) -> None:
    told = verdict(alone()[:kept])
    assert told == (
        "no trace, line 1: the first line is missing, the file is empty."
        if kept == 0
        else f"no trace, line {kept + 1}: the end is missing: the trace was cut off"
        " before its last line."
    )


def test_a_trace_that_was_cut_off_anywhere_is_refused() -> None:
    text = "".join(alone("none"))
    for size in range(0, len(text) - 1, 37):
        assert verdict(text[:size]).startswith("no trace, line "), text[:size]


def test_what_follows_the_end_is_refused() -> None:
    for more in ("\n", "x", *alone("none")[1:2]):
        assert verdict("".join(alone()) + more) == (
            "no trace, line 9: nothing may follow the end."
        )


def test_lines_that_changed_places_are_refused() -> None:
    told = alone()
    told[2], told[3] = told[3], told[2]
    assert verdict(told) == (
        "no trace, line 3: seq 2 is needed, got 3: a line was lost, repeated or moved."
    )


def test_a_line_that_was_lost_or_repeated_is_refused() -> None:
    told = alone()
    assert "line 3: seq 2 is needed, got 3" in verdict(told[:2] + told[3:])
    assert "line 4: seq 3 is needed, got 2" in verdict(told[:3] + told[2:])


def test_a_first_line_that_is_missing_or_another_is_refused() -> None:
    assert "line 1: the first line needs" in verdict(alone()[1:])
    other = changed(alone(), 1, lambda line: line.update(trace="primacy-trace/2"))
    assert 'got "primacy-trace/2"' in verdict(other)


def test_an_agent_that_the_first_line_does_not_know_is_refused() -> None:
    told = changed(alone(), 3, lambda line: line.update(agent="b"))
    assert verdict(told) == (
        'no trace, line 3: the first line configures a; this line is of "b".'
    )


Change = Callable[[JsonLine], object]
MALFORMED: list[tuple[str, Change, str]] = [
    ("a field too much", lambda one: one.update(x=1), 'no field "x" is allowed'),
    ("a field too few", lambda one: one.pop("outputs"), "outputs is missing"),
    ("a number as text", lambda one: one.update(seq="2"), 'got "2"'),
    ("truth as a number", lambda one: one.update(seq=True), "got true"),
    ("a fraction", lambda one: one.update(seq=2.0), "numbers are whole, got 2.0"),
    ("no number", lambda one: one.update(seq=float("nan")), "got NaN"),
    ("a long number", lambda one: one.update(seq=10**30), "31 digits"),
    ("an unknown event", lambda one: one.update(event="stop"), 'got "stop"'),
    ("no outputs", lambda one: one.update(outputs={}), "got an object"),
    (
        "an unknown output",
        lambda one: one["outputs"][0].update(kind="Shout"),
        "outputs[0]: kind",
    ),
    (
        "another version",
        lambda one: one["message"].update(primacy=3),
        "message: primacy: version 2",
    ),
    ("a digest besides", lambda one: one.update(digest="0" * 64), "no field"),
]


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case[0])
def test_a_malformed_line_is_refused_with_its_number(
    case: tuple[str, Change, str],
) -> None:
    told = verdict(changed(alone(), 3, case[1]))
    assert told.startswith("no trace, line 3: ")
    assert case[2] in told
    assert told.endswith(".")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("\n", "JSON is needed"),
        ("[]\n", "an object is needed, got an array"),
        ('{"seq":2,"seq":2}\n', 'the field "seq" stands twice'),
        ("[" * 100_000 + "\n", "nest too deep"),
        ('{"seq":2,"x":' + '{"x":' * 200 + "0" + "}" * 200 + "}\n", "event"),
        ("\ufeff{}\n", "JSON is needed"),
        ("\ud800\n", "it is no UTF-8"),
    ],
)
def test_what_is_no_json_object_is_refused(text: str, why: str) -> None:
    told = verdict("".join(alone()[:2]) + text)
    assert told.startswith("no trace, line 3: ")
    assert why in told


def test_a_line_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    told = alone()
    monkeypatch.setattr(reading, "LONGEST", len(max(told, key=len)))
    assert verdict(told) == "allowed, 6 lines"
    longer = [
        line[:-1] + " " * 4_000 + "\n" if '"crash"' in line else line for line in told
    ]
    assert "line 6: a line has at most" in verdict(longer)


def test_a_trace_of_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_LINES", 5)
    assert verdict(alone()) == "no trace, line 6: a trace has at most 5 lines."


def test_configurations_of_one_agent_or_of_two_meshes_are_refused() -> None:
    for names, why in (((("a",), ("a",)), "twice"), ((("a",), ("b", "b")), "meshes")):
        told: list[str] = []
        Recorder(told.append, [config(*each) for each in names])
        assert why in verdict(told)


# --- what is not allowed --------------------------------------------------------------


def performed(line: JsonLine, outputs: int) -> None:
    line["performed"] = outputs


def test_another_output_is_not_allowed_and_shown_by_field(tmp_path: Path) -> None:
    def later(line: JsonLine) -> None:
        line["outputs"][0]["value"]["term"] = 9

    told = "".join(changed(alone(), 4, later))
    trace = tmp_path / "t.jsonl"
    trace.write_text(told)
    done = CliRunner().invoke(commands.main, ["conform", str(trace)])
    assert done.exit_code == 1
    assert (
        f"{trace}:4: not allowed: agent a, step: its outputs are others." in done.output
    )
    assert "outputs[0] Persist.term  expected 1  got 9" in done.output
    assert "stand.next-term" in done.output
    assert "given Elapsed" in done.output


def test_another_state_is_not_allowed() -> None:
    def voted(line: JsonLine) -> None:
        line["state"]["value"]["durable"]["voted_for"] = "b"

    assert verdict(changed(alone(), 4, voted)) == (
        "not allowed, line 4: its state is another."
    )
    other = changed(alone("digest"), 4, lambda line: line.update(digest="0" * 64))
    assert verdict(other) == "not allowed, line 4: its state is another."


def test_another_order_of_outputs_is_not_allowed() -> None:
    swapped = changed(alone(), 4, lambda line: line["outputs"].reverse())
    assert verdict(swapped) == "not allowed, line 4: its outputs are others."


def test_a_disk_that_is_not_what_was_persisted_is_not_allowed() -> None:
    told = changed(alone(), 6, lambda line: line.pop("performed"))
    assert verdict(told) == "not allowed, line 7: its disk is not what was persisted."
    more = changed(alone(), 6, lambda line: performed(line, 99))
    assert "line 6: its last call gave" in verdict(more)


def test_an_agent_that_is_down_does_not_step() -> None:
    told = alone()
    again = renumbered([*told[:6], told[4], *told[7:]])
    assert verdict(again) == "not allowed, line 7: it is down."
    twice = renumbered([*told[:6], told[5], *told[7:]])
    assert verdict(twice) == "not allowed, line 7: it is down."


def test_an_agent_starts_once() -> None:
    told = alone()
    assert verdict(renumbered([*told[:3], told[1], *told[3:]])) == (
        "not allowed, line 4: it has run before: after that only recover may begin it."
    )
    early = renumbered([told[0], *told[2:]])
    assert verdict(early) == "not allowed, line 2: it never started in this trace."


def test_a_timer_that_is_not_armed_does_not_elapse() -> None:
    def heartbeat(line: JsonLine) -> None:
        line["message"]["value"]["timer"] = "heartbeat"

    assert verdict(changed(alone(), 3, heartbeat)) == (
        "not allowed, line 3: its heartbeat timer is not armed."
    )


def test_a_clock_goes_forward_and_no_timer_is_early() -> None:
    def at(now: int) -> Change:
        return lambda line: line["message"]["value"].update(now=now)

    early = changed(alone("none", clocks=True), 4, at(29_999))
    assert "its election timer elapses at 29999, not before 30000" in verdict(early)
    back = changed(alone("none", clocks=True), 4, at(19_999))
    assert "its clock went back from 20000 to 19999" in verdict(back)
    assert verdict(changed(alone("none"), 4, at(19_999))).startswith("allowed")


def test_a_request_is_asked_once() -> None:
    told = alone("none")
    twice = renumbered([*told[:5], told[4], *told[5:]])
    assert "line 6: the request 'w1' was used before." in verdict(twice)


def scenario(made: Path, name: str) -> list[str]:
    text = (made / f"scenario-{name}.jsonl").read_text(encoding="utf-8")
    return text.splitlines(keepends=True)


def test_a_packet_that_nobody_sent_is_not_received(made: Path) -> None:
    told = scenario(made, "initial-election-elected")
    heard = '"Received","value":{"packet":{"kind":"VoteReply"'
    number = next(at for at, line in enumerate(told) if heard in line)
    sent = next(at for at, line in enumerate(told) if '"VoteRequest"' in line)
    early = renumbered([*told[:sent], told[number], *told[sent:]])
    assert verdict(early) == (
        f"not allowed, line {sent + 1}: nobody has sent it this VoteReply before."
    )


def test_a_packet_that_a_crash_kept_back_was_not_received(made: Path) -> None:
    told = scenario(made, "initial-election-elected")
    crash = '{"seq":1,"agent":"%s","event":"crash","performed":0}\n'
    heard = next(at for at, line in enumerate(told) if '"Received"' in line)
    sender = json.loads(told[heard])["message"]["value"]["packet"]["value"]["sender"]
    late = renumbered([*told[: heard + 1], crash % sender, told[-1]])
    assert "a packet that it did not send before the crash was received" in verdict(
        late
    )


def test_the_scenarios_are_allowed(made: Path) -> None:
    for file in sorted(made.glob("scenario-*.jsonl"))[::3]:
        assert verdict(file.read_text(encoding="utf-8")).startswith("allowed")


def test_several_traces_end_with_the_worst(tmp_path: Path) -> None:
    texts = {
        "good": alone("none"),
        "bad": changed(alone("none"), 4, lambda line: line["outputs"].reverse()),
        "none": ["x\n"],
    }
    for name, told in texts.items():
        (tmp_path / name).write_text("".join(told))

    def code(*names: str) -> int:
        words = [str(tmp_path / name) for name in names]
        return CliRunner().invoke(commands.main, ["conform", *words]).exit_code

    assert [code("good"), code("good", "bad"), code("none", "bad")] == [0, 1, 2]
    assert code("good", "missing") == 2
    done = CliRunner().invoke(commands.main, ["conform", str(tmp_path / "good")])
    assert "good: allowed. 6 lines, 3 steps, 1 agent, " in done.output


def test_an_even_electorate_is_no_matter() -> None:
    told: list[str] = []
    with pytest.warns(EvenElectorateWarning):
        mine = config("a", "a", "b")
    log = Recorder(told.append, [mine])
    log.start("a", *initial(mine))
    log.end()
    assert verdict(told) == "allowed, 1 lines"


# --- hostile --------------------------------------------------------------------------

TEXT = "".join(alone()).encode()


def meaning(raw: bytes) -> list[Any] | None:
    """Read what lines say, but for the instants at which an election timer elapsed."""
    try:
        found = [json.loads(line) for line in raw.splitlines()]
        for line in found:
            if line.get("event") == "step" and "timer" in line["message"]["value"]:
                number = line["message"]["value"].pop("now")
                assert type(number) is int
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return None
    return found


MEANT = meaning(TEXT)
LINES = TEXT.count(b"\n")


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(TEXT) - 1), st.integers(0, 255))
def test_a_byte_that_flips_is_noticed(place: int, byte: int) -> None:
    raw = TEXT[:place] + bytes([byte]) + TEXT[place + 1 :]
    if meaning(raw) == MEANT:
        return  # only white space changed, or an instant that nothing rests on
    with pytest.raises((MalformedError, NotAllowedError)) as refused:
        check_trace(io.BytesIO(raw))
    error: Exception = refused.value
    number = 0
    if isinstance(error, NotAllowedError):
        number = error.line.number
    elif isinstance(error, MalformedError):
        number = error.number
    assert 1 <= number <= LINES + 1


def test_the_recorder_needs_nothing_but_primacy() -> None:
    program = (
        "import sys; import primacy_model.conformance.recorder;"
        "print(sorted(n for n in sys.modules if n.startswith('primacy_model')),"
        "any(n in sys.modules for n in ('click', 'rich', 'networkx', 'numpy')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": f"{ROOT / 'core'}:{ROOT / 'model'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = ["primacy_model", "primacy_model.conformance"]
    assert done.stdout == f"{[*loaded, f'{loaded[1]}.recorder']} False\n"
