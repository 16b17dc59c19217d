"""The state machine that an agent applies commands to, and a small one to begin with.

Contract: commands come in order, each once for each start of the agent, from index 1
again after a restart. So a machine begins empty at each start, or skips the indices
that it already holds (runtime.apply). It must be deterministic, and must not raise: an
agent whose machine raised would hold another state than the others, so it stops.
"""

from __future__ import annotations

from typing import Protocol


class Machine(Protocol):
    """What a user of the agent brings. Both methods run on the agent's event loop."""

    def apply(self, index: int, command: str) -> object:
        """Take a committed command; its result goes to the client that proposed it."""

    def answer(self, query: str) -> object:
        """Answer a read from what was applied; the reader gets what it raises."""


class Table:
    """Keys and values: `"colour=red"` sets, `"colour"` reads, `None` if never set.

    >>> table = Table()
    >>> table.apply(2, "colour=red")
    'red'
    >>> table.answer("colour"), table.answer("size")
    ('red', None)
    """

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def apply(self, index: int, command: str) -> str:  # noqa: ARG002 - no need of it
        """Set a key; a command without `=` sets the empty value."""
        key, _, value = command.partition("=")
        self._values[key] = value
        return value

    def answer(self, query: str) -> str | None:
        """Read a key."""
        return self._values.get(query)
