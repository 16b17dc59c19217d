"""Clients, the state machines that they talk to, and the history of what they saw.

A client has one operation open at a time, at one agent. A write is acknowledged when
the entry that was applied at its index has its term (runtime.acknowledge). A state
machine applies a request once (docs/assumptions.md, "Removal of duplicates").

Contract: what was not answered stays in the history as pending, unless it is certain
that it never happened. A refusal where nothing was forwarded is certain, and at the
end, when all logs are equal, so is a request that stands in none.

Source: clauses `runtime.*`; docs/assumptions.md.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Final

from primacy.log import Entry, EntryKind
from primacy.types import Index, Term
from primacy_model.simulation.linearizability import Operation, OperationKind, after
from primacy_model.simulation.outcome import ACCEPTED
from primacy_model.simulation.property_monitor import Broken
from primacy_model.simulation.rng import Chance

REGISTERS: Final = ("x", "y")
LIST: Final = "list"
"""The key that is appended to."""

ABSENT: Final = "-"
"""How a command names that nothing is there."""


class ReplicaState:
    """The state machine of one agent.

    A snapshot of it holds all of it, and what was applied, too: that is for claims.
    """

    def __init__(self) -> None:
        self.values: dict[str, Hashable] = {}
        self.answers: dict[str, Hashable] = {}
        """What each request was answered. One that is applied already is skipped."""
        self.entries: list[Entry] = []
        self.applied: set[str] = set()
        """The requests whose entries were applied, changes of the roll too."""

    def copy(self) -> ReplicaState:
        """Take a snapshot, or restore one: later changes leave it as it is."""
        made = ReplicaState()
        made.values, made.answers = dict(self.values), dict(self.answers)
        made.entries, made.applied = list(self.entries), set(self.applied)
        return made

    def apply(self, entry: Entry) -> None:
        """Apply the next entry."""
        self.entries.append(entry)
        self.applied.add(entry.request)
        if entry.kind is not EntryKind.COMMAND or entry.request in self.answers:
            return
        operation = parse_command(entry.command)
        state = self.values.get(operation.key)
        found = after(state, operation)
        self.values[operation.key], self.answers[entry.request] = found

    def holds(self, request: str, index: Index, term: Term) -> bool | None:
        """Tell whether an accepted request was applied there; None: nothing yet.

        A leader has one entry at an index. If one of its term was applied there, it is
        that of the request: anything else is `Broken`.
        """
        if index > len(self.entries):
            return None
        entry = self.entries[index - 1]
        if entry.term == term and entry.request != request:
            title = f"{request} was accepted at index {index}, {entry} is applied there"
            raise Broken(ACCEPTED, title)
        return entry.term == term


def command(operation: Operation) -> str:
    """Write an operation as text for the log."""
    value = operation.value
    if operation.kind is OperationKind.SWAP:
        assert isinstance(value, tuple)
        value = f"{ABSENT if value[0] is None else value[0]} {value[1]}"
    return f"{operation.kind.value} {operation.key} {value}"


def parse_command(text: str) -> Operation:
    """Read the command of an entry."""
    kind, key, *values = text.split(" ")
    value: Hashable = values[0]
    if kind == OperationKind.SWAP.value:
        value = (None if values[0] == ABSENT else values[0], values[1])
    return Operation("", OperationKind(kind), key, 0, None, value)


@dataclass(slots=True)
class OpenOperation:
    """An operation that is open."""

    request: str
    agent: str
    operation: Operation
    by_lease: bool
    deadline_us: int
    is_forwarded: bool = False
    accepted: tuple[Index, Term] | None = None


@dataclass(slots=True)
class Clients:
    """Who asks what of whom."""

    count: int
    chance: Chance
    may_lease: bool = True
    """Reads under a lease are asked for."""
    history: list[tuple[str, Operation]] = field(default_factory=list)
    """What was answered, or may have happened: each with its request."""
    open: dict[str, OpenOperation] = field(default_factory=dict)
    """By request."""
    events: int = 0
    asked: int = 0
    last_read: dict[str, Hashable] = field(default_factory=dict)

    def call(self, client: str, agent: str, deadline_us: int) -> OpenOperation:
        """Let a client think of an operation."""
        key = self.chance.pick((*REGISTERS, LIST))
        kind = OperationKind.READ
        if not self.chance.comes_true(550):
            is_swap = key != LIST and self.chance.comes_true(300)
            kind = OperationKind.SWAP if is_swap else OperationKind.WRITE
            kind = OperationKind.APPEND if key == LIST else kind
        by_lease = self.chance.comes_true(400)
        by_lease = by_lease and kind is OperationKind.READ and self.may_lease
        return self.begun(client, agent, kind, key, deadline_us, by_lease=by_lease)

    def begun(
        self,
        client: str,
        agent: str,
        kind: OperationKind,
        key: str,
        deadline_us: int,
        *,
        by_lease: bool = False,
    ) -> OpenOperation:
        """Open an operation. Every value that is written is written once."""
        self.asked += 1
        self.events += 1
        value: Hashable = None if kind is OperationKind.READ else str(self.asked)
        if kind is OperationKind.SWAP:
            value = (self.last_read.get(key), str(self.asked))
        operation = Operation(client, kind, key, self.events, None, value)
        request = f"{client}.{self.asked}"
        made = OpenOperation(request, agent, operation, by_lease, deadline_us)
        self.open[request] = made
        return made

    def answered(self, call: OpenOperation, answer: Hashable) -> None:
        """Close an operation with its answer."""
        del self.open[call.request]
        self.events += 1
        done = replace(call.operation, answered=self.events, answer=answer)
        if done.kind is OperationKind.READ:
            self.last_read[done.key] = answer
        self.history.append((call.request, done))

    def refused(self, call: OpenOperation) -> None:
        """Close an operation that certainly never happened."""
        del self.open[call.request]

    def given_up(self, call: OpenOperation) -> None:
        """Close an operation that may have happened, or may happen yet."""
        del self.open[call.request]
        if call.operation.kind is not OperationKind.READ:
            self.history.append((call.request, call.operation))

    def settled(self, applied: frozenset[str] | None) -> list[Operation]:
        """Give the history; `applied` names all requests in the final log, if known."""
        pending = [(call.request, call.operation) for call in self.open.values()]
        return [
            operation
            for request, operation in (*self.history, *pending)
            if operation.answered is not None or applied is None or request in applied
        ]
