"""What every system that is measured has to offer, and how its clients ask.

Contract: all are asked in the same way. A member is a process of its own on loopback,
with the same heartbeat interval and election timeout; what differs is described on the
page, in `Kind.told`.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from primacy_runtime.errors import RequestError

VALUE: Final = "x" * 64
"""What is written each time."""
KEYS: Final = 100
"""Under how many keys, in turn."""
ATTEMPT_S: Final = 1.0
"""How long one attempt to write may take while a leader is looked for."""
LOAD_ATTEMPT_S: Final = 30.0


class NotAcknowledgedError(RequestError):
    """A write failed where none may."""


@dataclass(frozen=True, slots=True)
class Times:
    """What all systems are configured with, in seconds."""

    heartbeat: float = 0.1
    election: float = 1.0


class System(Protocol):
    """Some members of one system, by name."""

    names: Sequence[str]

    async def start(self) -> None:
        """Start all of them."""

    async def leave(self) -> None:
        """End all of them, and leave no process behind."""

    async def follows(self, name: str) -> str:
        """Tell whom a member takes for the leader; empty if nobody or if it is down."""

    async def write(self, name: str, key: str) -> bool:
        """Ask a member for a write, once; tell whether it was acknowledged in time."""

    async def load(self, name: str, clients: int, seconds: float) -> list[float]:
        """Have clients write one after the other; give each latency, in s."""

    async def kill(self, name: str) -> None:
        """End a member as `kill -9` does, and return when it has ended."""

    async def revive(self, name: str) -> None:
        """Start it again, on the disk that is there."""

    async def process(self, name: str) -> int:
        """Tell the id of a member's process."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A system that can be measured."""

    name: str
    told: str
    """What it is, and what is peculiar to how it is measured."""
    version: Callable[[], str]
    """Tells its version; empty if it is not installed."""
    how: str
    """How it is installed."""
    make: Callable[[Path, Sequence[str], Times], System]


async def ask_in_turn(
    write: Callable[[str], Awaitable[bool]], clients: int, seconds: float
) -> list[float]:
    """Let each client write again as soon as it is answered; give all latencies.

    What is answered after the time is over is not counted.
    A write that is not acknowledged ends the measurement: what it took is not known.
    """
    numbers, taken = itertools.count(), list[float]()
    until = time.perf_counter() + seconds

    async def client() -> None:
        while (begun := time.perf_counter()) < until:
            if not await write(f"key-{next(numbers) % KEYS}"):
                raise NotAcknowledgedError("A write under load was not acknowledged.")
            if (ended := time.perf_counter()) <= until:
                taken.append(ended - begun)

    await asyncio.gather(*(client() for _ in range(clients)))
    return taken
