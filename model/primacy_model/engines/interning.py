"""Numbers for values: the vocabulary of the engines.

An actor is in a *cell*: a local state and a mailbox, numbered as they turn up, by
place. Its *seat* holds these numbers, and what is known of its messages. A *single* is
what one move does, whatever else is in the mailbox; an *effect* is what it does to
rows.

Source: docs/decisions/009-worlds-of-actors.md.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

Value = TypeVar("Value", bound=Hashable)

LOCAL_BITS: Final = 32
LOCAL: Final = (1 << LOCAL_BITS) - 1
"""A cell is the number of a local state, and above it the bits of a mailbox."""

BY_ITSELF: Final = -1
ALWAYS: Final = -2
"""What is heard in a move by itself, and in one that changes what all share.

The second is never left out by pruning.
"""

MoveEffect = tuple[int, int, int, int]
"""The cell after, the number of what is put where, what all share then, what is heard.

What is heard is the number of a message, or one of the two above.
"""
Put = tuple[int, int]
"""A column, and the number of what is put there."""


@dataclass(slots=True)
class Numbers(Generic[Value]):
    """Values by number, and numbers by value."""

    values: list[Value] = field(default_factory=list)
    known: dict[Value, int] = field(default_factory=dict)

    def of(self, value: Value) -> int:
        """Give a value its number."""
        number = self.known.get(value)
        if number is None:
            number = self.known[value] = len(self.values)
            self.values.append(value)
        return number

    def join(self, values: Sequence[Value]) -> None:
        """Give values that are new, and differ, their numbers."""
        numbers = range(len(self), len(self) + len(values))
        self.known.update(zip(values, numbers, strict=True))
        self.values.extend(values)

    def __len__(self) -> int:
        return len(self.values)

    def __getstate__(self) -> list[Value]:
        return self.values

    def __setstate__(self, values: list[Value]) -> None:
        self.values = values
        self.known = {value: number for number, value in enumerate(values)}


@dataclass(slots=True)
class Seat:
    """What is known of one actor: all numbers are its own."""

    locals: Numbers[Hashable] = field(default_factory=Numbers)
    messages: Numbers[Hashable] = field(default_factory=Numbers)
    cells: Numbers[int] = field(default_factory=Numbers)
    loads: Numbers[tuple[int, ...]] = field(default_factory=Numbers)
    """What is put into its mailbox: numbers of messages, in a bag with repetition."""
    bits: list[int] = field(default_factory=list)
    """Each load as bits, in a set."""
    deaf: dict[tuple[int, int], int] = field(default_factory=dict)
    """The bits of messages with which it does nothing, by local and shared."""
    judged: dict[int, int] = field(default_factory=dict)
    """The bits of messages of which it is known whether they are obsolete."""
    obsolete: dict[int, int] = field(default_factory=dict)
    """The bits of those that are; both by local state."""
    steps: dict[tuple[int, int], None] = field(default_factory=dict)
    """The local states before and after each of its moves."""

    def load(self, numbers: tuple[int, ...]) -> int:
        """Give a load its number."""
        number = self.loads.of(numbers)
        if number == len(self.bits):
            bits = 0
            for message in numbers:
                bits |= 1 << message
            self.bits.append(bits)
        return number


@dataclass(frozen=True, slots=True)
class Single:
    """What one move does, whatever else is in the mailbox."""

    after: int
    """The local state."""
    own: int
    """The load for its own mailbox."""
    puts: int
    shared: int
    copies: int
    kind: str
    grown: int = 0
    """The cell after, but for what the mailbox held; in a set that only grows."""
