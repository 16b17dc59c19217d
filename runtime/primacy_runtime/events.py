"""The stream of what a person watches: role changes, elections, partitions, presence.

Contract: a slow consumer loses the oldest events and blocks no agent; how many
were lost is counted. A stream ends when the agent stops.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from typing import Final

from primacy import Observation

MOST_WAITING: Final = 1_024


class Events:
    """One listener's stream: `async for event in agent.events()`."""

    def __init__(self, *, is_over: bool = False) -> None:
        self.lost = 0
        """How many events were left out because nobody took them in time."""
        self._waiting: deque[Observation] = deque()
        self._news = asyncio.Event()
        self._is_over = is_over

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Observation:
        while not self._waiting:
            if self._is_over:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def tell(self, event: Observation) -> None:
        """Add an event."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1
        self._waiting.append(event)
        self._news.set()

    def end(self) -> None:
        """Let the stream end once all is taken."""
        self._is_over = True
        self._news.set()


class Audience:
    """Everybody who listens; who no longer holds a stream is forgotten."""

    def __init__(self) -> None:
        self._streams: weakref.WeakSet[Events] = weakref.WeakSet()
        self._is_over = False

    def join(self) -> Events:
        """Begin to listen."""
        stream = Events(is_over=self._is_over)
        self._streams.add(stream)
        return stream

    def tell(self, event: Observation) -> None:
        """Tell everybody."""
        for stream in self._streams:
            stream.tell(event)

    def end(self) -> None:
        """End all streams."""
        self._is_over = True
        for stream in self._streams:
            stream.end()
