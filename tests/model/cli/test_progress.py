"""Progress is quiet at first, and rare where nobody watches."""

import io

from rich.console import Console

from primacy_model.cli.progress import ProgressWatch


class Clock:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def watched(*, is_terminal: bool, seconds: list[float]) -> str:
    clock = Clock()
    console = Console(
        file=io.StringIO(), width=100, force_terminal=is_terminal, color_system=None
    )
    with console.capture() as capture, ProgressWatch("logs", console, clock) as watch:
        for second in seconds:
            clock.now = 100.0 + second
            watch(int(second * 1000), 7, 3)
    return capture.get()


def test_nothing_is_shown_in_the_first_two_seconds() -> None:
    assert watched(is_terminal=True, seconds=[0.5, 1.9]) == ""


def test_a_terminal_shows_states_rate_queue_and_time() -> None:
    shown = watched(is_terminal=True, seconds=[1, 2, 2.1, 3])
    line = "logs: 3,000 states, 1,000 states/s, queue 7, depth 3, 3 s"
    assert line in shown
    assert "2,100 states" not in shown


def test_elsewhere_there_is_one_plain_line_each_thirty_seconds() -> None:
    seconds = [float(second) for second in range(70)]
    assert watched(is_terminal=False, seconds=seconds).splitlines() == [
        "logs: 30,000 states, 1,000 states/s, queue 7, depth 3, 30 s",
        "logs: 60,000 states, 1,000 states/s, queue 7, depth 3, 60 s",
    ]
