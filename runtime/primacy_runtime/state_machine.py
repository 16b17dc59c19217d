"""The state machine that an agent applies commands to, and a small one to begin with.

Contract: commands come in order, each once for each start of the agent, from the
beginning of the log again after a restart. So a machine begins empty at each start, or
skips the indices that it already holds (runtime.apply). It must be deterministic, and
must not raise: an agent whose machine raised would hold another state than the others,
so it stops.

A machine that can write itself down lets the log lose its beginning: what `dump` gives
stands for all that was applied, and `load` takes it in place of that, at a restart or
on another agent. Without these two methods the log is kept whole, for ever.
"""

from __future__ import annotations

import json
from typing import Protocol, TypeGuard

from primacy_runtime.errors import SettingsError


class Machine(Protocol):
    """What a user of the agent brings. Both methods run on the agent's event loop."""

    def apply(self, index: int, command: str) -> object:
        """Take a committed command; its result goes to the client that proposed it."""

    def answer(self, query: str) -> object:
        """Answer a read from what was applied; the reader gets what it raises."""


class SnapshotMachine(Machine, Protocol):
    """A machine that can be written down. The methods run on the event loop, too."""

    def dump(self) -> bytes:
        """Write down all that was applied, and change nothing.

        Agents that applied the same commands may write other bytes, if `load` makes
        the same machine of them.
        """

    def load(self, contents: bytes) -> None:
        """Become what was written down, whatever was applied before."""


def can_dump(machine: Machine) -> TypeGuard[SnapshotMachine]:
    """Tell whether a machine can be written down."""
    return callable(getattr(machine, "dump", None))


def check_machine(machine: object) -> None:
    """Refuse what is no machine, or half of one that can be written down."""
    needed = ["apply", "answer"]
    if any(hasattr(machine, name) for name in ("dump", "load")):
        needed += ["dump", "load"]
    for name in needed:
        if not callable(getattr(machine, name, None)):
            raise SettingsError(f"machine must have a method {name}: {machine!r}")


class Table:
    """Keys and values: `"colour=red"` sets, `"colour"` reads, `None` if never set.

    >>> table = Table()
    >>> table.apply(2, "colour=red")
    'red'
    >>> table.answer("colour"), table.answer("size")
    ('red', None)
    >>> other = Table()
    >>> other.load(table.dump())
    >>> other.answer("colour")
    'red'
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

    def dump(self) -> bytes:
        """Write down all keys and values."""
        return json.dumps(self._values).encode()

    def load(self, contents: bytes) -> None:
        """Take the keys and values of a table that was written down."""
        values: object = json.loads(contents)
        if not isinstance(values, dict):
            raise TypeError("A table must be a JSON object.")
        self._values = {str(key): str(value) for key, value in values.items()}
