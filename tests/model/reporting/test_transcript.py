"""A transcript is aligned, plain and always the same."""

import io

import pytest
from rich.console import Console

from primacy_model.checker.reference_bfs import explore
from primacy_model.checker.trace import Violation
from primacy_model.reporting.transcript import lay_out_transcript, render_transcript
from tests.support.toys import CRASHING, UNGUARDED, Drawn, Lock, LockState, always_not

CRASH = """\
R1 is violated in crashing-lock: the lock can become free (recoverable)
A shortest run, of 4 steps.

step  a                                              server
{rule}
   0  phase = idle                                   holder = nobody
   1  ask for the lock
      phase = waiting
      → server: Ask(lock 1, to a)
   2                                                 ← a: Ask(lock 1, to a)
                                                     holder = a
                                                     → a: Grant(lock 1, to a)
   3  ← server: Grant(lock 1, to a)
      * a holds the lock
      phase = holding
   4  crash
      phase = crashed
Nothing happens in: b.
"""


def broken(lock: Lock = UNGUARDED) -> Violation[LockState]:
    violation = explore(lock).violation
    assert violation is not None
    return violation


def test_a_transcript_shows_what_changed_and_what_was_sent() -> None:
    text = render_transcript(broken(CRASHING))
    rule = max(text.splitlines(), key=len)
    assert set(rule) == {"─"}
    assert text == CRASH.format(rule=rule)


def test_a_transcript_fits_into_100_columns() -> None:
    lines = render_transcript(broken()).splitlines()
    assert 96 <= max(len(line) for line in lines) <= 100
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_transcript_fits_a_terminal_and_folds_without_losing_words(
    width: int,
) -> None:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(lay_out_transcript(broken(), width))
    text = capture.get()
    assert max(len(line) for line in text.splitlines()) <= width
    for word in ("Grant(lock", "holding", "server"):
        assert word in text


def test_colours_are_for_terminals_only() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard")
    with console.capture() as capture:
        console.print(lay_out_transcript(broken(), 100))
    assert "\x1b[" in capture.get()
    assert "\x1b[" not in render_transcript(broken())


def test_a_violation_in_the_beginning_shows_the_beginning() -> None:
    model = Drawn({}, properties=[always_not("s")])
    violation = explore(model).violation
    assert violation is not None
    text = render_transcript(violation)
    assert "of 0 steps" in text
    assert "at = s" in text
