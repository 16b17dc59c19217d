"""What ends an exploration early, and cleanly: memory that is used up, or Ctrl-C.

A limit is asked now and then by an exploration. It gives the words for what was hit,
or none. What was explored until then is shown like any other finding.
"""

from __future__ import annotations

import mmap
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

Limit = Callable[[], str]
"""Gives the words for what was hit; empty while nothing is."""

STATM: Final = Path("/proc/self/statm")
MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Saving:
    """What became of saving what was explored until then."""

    folder: Path
    problem: str = ""
    """Why it was not saved; empty if it was."""


def never_limited() -> str:
    """Hit nothing."""
    return ""


def memory() -> int | None:
    """Give the memory of the process in bytes.

    It is the peak where the system gives no other, and None where it gives none.
    """
    try:
        pages = int(STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return _peak_memory()
    return pages * mmap.PAGESIZE


def _peak_memory() -> int | None:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


class Limits:
    """The limits of a run; while they are entered, Ctrl-C is one of them.

    A second Ctrl-C ends the program at once.
    """

    def __init__(self, states: int | None, megabytes: int | None) -> None:
        self.states = states
        """An exploration counts them itself."""
        self._megabytes = megabytes
        self.is_interrupted = False
        self._before = signal.getsignal(signal.SIGINT)
        self._takes = threading.current_thread() is threading.main_thread()

    def __call__(self) -> str:
        """Tell what was hit."""
        if self.is_interrupted:
            return "Ctrl-C"
        most = self._megabytes
        if most is not None and (memory() or 0) > most * MEGABYTE:
            return f"{most:,} MB of memory"
        return ""

    def __enter__(self) -> Self:
        if self._takes:
            self._before = signal.getsignal(signal.SIGINT)
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._takes:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, _: int, __: FrameType | None) -> None:
        if self.is_interrupted:
            raise KeyboardInterrupt
        self.is_interrupted = True
