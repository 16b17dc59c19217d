"""`primacy demo` at a terminal: its keys, and how it ends however it is ended."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.support.agents import PATIENCE_S
from tests.support.command import ENVIRONMENT, RUN

ATTEMPT_S: Final = 10.0
"""If nothing came of it until then, it is tried again."""
SCREEN_ON, SCREEN_OFF = b"\x1b[?1049h", b"\x1b[?1049l"
CURSOR_ON: Final = b"\x1b[?25h"


OF_TERMINAL: Final = (
    "import fcntl, signal, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.default_int_handler)"
)
"""Begins a program as a shell does in its foreground, wherever the tests run."""


class Terminal:
    """A terminal with a demonstration on it."""

    def __init__(self, folder: Path) -> None:
        self._mine, self._its = pty.openpty()
        fcntl.ioctl(self._its, termios.TIOCSWINSZ, struct.pack("4H", 50, 120, 0, 0))
        self.before = termios.tcgetattr(self._its)
        self.shown = b""
        self.folder = folder
        self.demo = subprocess.Popen(
            [
                *(sys.executable, "-c"),
                f"{OF_TERMINAL}; {RUN}",
                "demo",
            ],
            stdin=self._its,
            stdout=self._its,
            stderr=self._its,
            env={**ENVIRONMENT, "TERM": "xterm", "TMPDIR": str(folder)},
            start_new_session=True,
        )

    def press(self, key: str) -> None:
        os.write(self._mine, key.encode())

    def until(self, is_so: Callable[[], bool], longest: float = PATIENCE_S) -> None:
        """Read what is shown until something is so."""
        deadline = time.monotonic() + longest
        while not is_so():
            assert time.monotonic() < deadline, self.text()[-3000:]
            if select.select([self._mine], [], [], 0.05)[0]:
                self.shown += os.read(self._mine, 2**16)

    def until_noted(self, words: str, longest: float = PATIENCE_S) -> str:
        """Give the agent of the next note that has the words; old ones stay shown."""
        note = re.compile(rf"\d\.\d s  ((?:REFUSED: )?(agent-\d) {words})")
        old = {found[0] for found in note.finditer(self.text())}
        new: list[str] = []

        def is_there() -> bool:
            found = note.finditer(self.text())
            new[:] = [one[2] for one in found if one[0] not in old]
            return bool(new)

        self.until(is_there, longest)
        return new[0]

    def highest(self) -> int:
        """Tell the highest token that the resource has admitted."""
        return int(re.findall(r"highest token (\d+)", self.text())[-1])

    def text(self) -> str:
        plain = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", self.shown)
        return plain.decode(errors="replace")  # the last character may be half read

    def is_restored(self) -> bool:
        on, off = self.shown.rfind(SCREEN_ON), self.shown.rfind(SCREEN_OFF)
        return (
            termios.tcgetattr(self._its) == self.before
            and on < off
            and CURSOR_ON in self.shown[on:]
        )

    def members(self) -> list[int]:
        """Find the processes of this demonstration that live, paused or not."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                said = (place / "cmdline").read_bytes()
                state = (place / "stat").read_text().rpartition(")")[2].split()[0]
                of_it = b"primacy_runtime.demo.agent_process" in said
                if of_it and str(self.folder).encode() in said and state != "Z":
                    found.append(int(place.name))
        return found

    def close(self) -> None:
        self.demo.kill()
        self.demo.wait()
        for one in self.members():
            os.kill(one, signal.SIGKILL)
        os.close(self._mine)
        os.close(self._its)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("processes are found as on Linux")
    one = Terminal(tmp_path)
    yield one
    one.close()


def is_over(terminal: Terminal) -> bool:
    return terminal.demo.poll() is not None


def test_keys_kill_pause_and_cut_off_and_the_paused_leader_is_refused(
    terminal: Terminal,
) -> None:
    terminal.until_noted("leads term")
    begun, refused = time.monotonic(), ""
    while not refused:  # a leader that had decided nothing yet is not refused
        assert time.monotonic() - begun < PATIENCE_S, terminal.text()[-3000:]
        highest = terminal.highest()
        terminal.press("l")
        terminal.press("p")
        paused = terminal.until_noted("is paused")
        terminal.until(lambda highest=highest: terminal.highest() > highest)  # type: ignore[misc]  # bound at once
        terminal.press("p")
        assert terminal.until_noted("goes on") == paused
        with suppress(AssertionError):
            refused = terminal.until_noted("with the old token", longest=ATTEMPT_S)
    assert refused == paused
    terminal.press("2")
    terminal.press("k")
    assert terminal.until_noted("is killed") == "agent-2"
    terminal.until(lambda: len(terminal.members()) == 4)
    terminal.press("b")
    assert terminal.until_noted("is started again") == "agent-2"
    terminal.press("3")
    terminal.press("c")
    assert terminal.until_noted("is cut off") == "agent-3"
    terminal.press("c")
    assert terminal.until_noted("is joined again") == "agent-3"
    terminal.press("q")
    terminal.until(lambda: is_over(terminal))
    assert terminal.demo.returncode == 0
    assert terminal.is_restored()
    assert terminal.members() == []
    assert list(terminal.folder.iterdir()) == []


def test_keys_add_an_agent_and_have_the_leader_leave(terminal: Terminal) -> None:
    terminal.until_noted("leads term")
    terminal.press("a")
    assert terminal.until_noted("is elector now") == "agent-6"
    assert len(terminal.members()) == 6
    terminal.press("6")
    terminal.press("l")
    terminal.press("s")
    chosen = terminal.until_noted("has a snapshot up to")
    terminal.press("r")
    left = terminal.until_noted("is no member now")
    assert left == chosen
    terminal.until(lambda: len(terminal.members()) == 5)
    assert re.findall(r"(agent-\d) leads term", terminal.text())[-1] != left
    terminal.press("q")
    terminal.until(lambda: is_over(terminal))
    assert terminal.demo.returncode == 0
    assert terminal.members() == []


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_leaves_the_terminal_as_it_was_and_no_process(
    terminal: Terminal, number: signal.Signals, code: int
) -> None:
    terminal.until(lambda: SCREEN_ON in terminal.shown)
    if number is signal.SIGINT:
        terminal.press("\x03")
    else:
        terminal.demo.send_signal(number)
    terminal.until(lambda: is_over(terminal))
    assert terminal.demo.returncode == code
    terminal.until(terminal.is_restored)
    assert terminal.members() == []
    assert list(terminal.folder.iterdir()) == []


def test_kill_9_leaves_no_process_not_even_one_that_is_paused(
    terminal: Terminal,
) -> None:
    terminal.until_noted("leads term")
    terminal.press("l")
    terminal.press("p")
    terminal.until_noted("is paused")
    assert len(terminal.members()) == 5
    terminal.demo.kill()
    terminal.until(lambda: not terminal.members())
