"""Whether a history of calls and answers is that of one object, used one at a time.

A history is linearizable if each operation can be given one instant between its call
and its answer, so that the answers are those of a single copy. An operation that was
never answered may have happened at any instant after its call, or not at all. Keys are
independent objects, so each is checked alone (P-compositionality).

Contract: a search that reaches its bound says `UNKNOWN`, never that all is well.

Source: Wing and Gong 1993; Lowe 2017 (memoised configurations); Horn and Kroening 2015
(one key at a time); Herlihy and Wing 1990 for what is decided.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, assert_never

MOST_CONFIGURATIONS: Final = 200_000
"""How many configurations of one key are looked at before the search gives up."""


class HistoryVerdict(Enum):
    """What is known of a history."""

    LINEARIZABLE = "linearizable"
    VIOLATED = "not linearizable"
    UNKNOWN = "unknown: the bound was reached"


class OperationKind(Enum):
    """What an operation does to its key."""

    READ = "read"
    WRITE = "write"
    """Put a value in place of what is there."""
    APPEND = "append"
    """Put a value behind what is there."""
    SWAP = "swap"
    """Put a value in place of another, if that is there; the answer tells."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asked for, and what it was answered."""

    client: str
    kind: OperationKind
    key: str
    called: int
    """The number of the event. No two events of a history have the same number."""
    answered: int | None = None
    """None: no answer came."""
    value: Hashable = None
    """What is written; of a swap the pair of what is expected and what is written."""
    answer: Hashable = None


def after(state: Hashable, operation: Operation) -> tuple[Hashable, Hashable]:
    """Give the state of a key after an operation, and the answer that is due.

    A key begins as None. What is appended stands behind the rest, as a tuple.
    """
    match operation.kind:
        case OperationKind.READ:
            return state, state
        case OperationKind.WRITE:
            return operation.value, None
        case OperationKind.APPEND:
            held = state if isinstance(state, tuple) else ()
            return (*held, operation.value), None
        case OperationKind.SWAP:
            assert isinstance(operation.value, tuple)
            expected, value = operation.value
            return (value, True) if state == expected else (state, False)
        case _:
            assert_never(operation.kind)


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """What is known of a history, and how far an order of its operations can be given.

    Of a violated history: the longest order that was found, on one key, and what no
    order has next.
    """

    verdict: HistoryVerdict
    key: str = ""
    order: tuple[Operation, ...] = ()
    stuck: tuple[Operation, ...] = ()
    configurations: int = 0


def check(
    history: Iterable[Operation], most: int = MOST_CONFIGURATIONS
) -> HistoryResult:
    """Decide whether a history is linearizable, key by key; the worst key is named."""
    keys: dict[str, list[Operation]] = {}
    for operation in sorted(history, key=lambda each: each.called):
        keys.setdefault(operation.key, []).append(operation)
    _require_order(keys)
    worst = HistoryResult(HistoryVerdict.LINEARIZABLE)
    total = 0
    for key in sorted(keys):
        found = _Search(_without_idle(keys[key]), most).run()
        total += found.configurations
        if found.verdict is HistoryVerdict.VIOLATED:
            return HistoryResult(found.verdict, key, found.order, found.stuck, total)
        if found.verdict is HistoryVerdict.UNKNOWN:
            worst = HistoryResult(found.verdict, key)
    return HistoryResult(worst.verdict, worst.key, configurations=total)


class BadHistoryError(ValueError):
    """What cannot be a history: an answer before its call, two events of one number."""


def _require_order(keys: dict[str, list[Operation]]) -> None:
    seen: set[int] = set()
    for operation in (each for group in keys.values() for each in group):
        if operation.answered is not None and operation.answered <= operation.called:
            raise BadHistoryError(f"an answer that is not after its call: {operation}")
        for number in (operation.called, operation.answered):
            if number is not None and number in seen:
                raise BadHistoryError(f"two events have the number {number}")
            if number is not None:
                seen.add(number)


def _without_idle(operations: Sequence[Operation]) -> list[Operation]:
    """Leave out what was not answered and was seen by nobody: it changes no verdict.

    An append that took effect stands in each read until the next write; a write is what
    is read next, if nothing but reads lies between. But a write decides what later
    appends stand behind, too, and a swap tells of what nobody reads.
    """
    kinds = {each.kind for each in operations}
    never_idle: set[OperationKind] = set()
    if OperationKind.APPEND in kinds:
        never_idle.add(OperationKind.WRITE)
    if OperationKind.SWAP in kinds:
        never_idle |= {OperationKind.WRITE, OperationKind.APPEND, OperationKind.SWAP}
    seen: set[Hashable] = set()
    for each in operations:
        if each.kind is OperationKind.READ and each.answered is not None:
            seen.add(each.answer)
            seen.update(each.answer if isinstance(each.answer, tuple) else ())
    return [
        each
        for each in operations
        if each.answered is not None
        or each.kind in never_idle
        or (each.kind is not OperationKind.READ and each.value in seen)
    ]


def _longest_read(operations: Sequence[Operation]) -> tuple[Hashable, ...]:
    """Give the longest answer of a read of a key that is only appended to."""
    if {each.kind for each in operations} - {OperationKind.READ, OperationKind.APPEND}:
        return ()
    reads = [each.answer for each in operations if isinstance(each.answer, tuple)]
    return max(reads, key=len, default=())


class _Search:
    """The search for an order of the operations of one key."""

    def __init__(self, operations: Sequence[Operation], most: int) -> None:
        self.operations = operations
        self.most = most
        self.due = sum(
            1 << place
            for place, each in enumerate(operations)
            if each.answered is not None
        )
        """What has to stand in the order, as bits."""
        answered = (each.answered or 0 for each in operations)
        self.never = max(answered, default=0) + 1
        self.goal = _longest_read(operations)
        """What a key that is only appended to is known to have held."""
        self.order: list[int] = []
        self.longest: tuple[int, ...] = ()
        self.seen: set[tuple[int, Hashable]] = set()

    def run(self) -> HistoryResult:
        """Search depth first, with the branches of each configuration on a stack."""
        done, state = 0, None
        stack = [(done, iter(self._next(done, state)), 0)]
        self.seen.add((done, state))
        while stack:
            done, branches, depth = stack[-1]
            if not self.due & ~done:
                return HistoryResult(
                    HistoryVerdict.LINEARIZABLE,
                    order=self._named(self.order),
                    configurations=len(self.seen),
                )
            del self.order[depth:]
            if depth > len(self.longest):
                self.longest = tuple(self.order)
            for place, held in branches:
                reached = (done | 1 << place, held)
                if reached in self.seen:
                    continue
                if len(self.seen) >= self.most:
                    return HistoryResult(
                        HistoryVerdict.UNKNOWN, configurations=len(self.seen)
                    )
                self.seen.add(reached)
                self.order.append(place)
                stack.append((reached[0], iter(self._next(*reached)), depth + 1))
                break
            else:
                stack.pop()
        return self._violated()

    def _next(self, done: int, state: Hashable) -> list[tuple[int, Hashable]]:
        """List what may come next, soonest answered first, and the state after it.

        A read that fits is all that has to be tried: it changes nothing, so in any
        order that has it later it may as well stand here.
        """
        found: list[tuple[int, int, Hashable]] = []
        bound: int | None = None
        place = (~done & (done + 1)).bit_length() - 1
        for at in range(place, len(self.operations)):
            if done >> at & 1:
                continue
            operation = self.operations[at]
            answered = operation.answered
            if bound is not None and operation.called > bound:
                break
            if answered is not None:
                bound = answered if bound is None else min(bound, answered)
            reached, answer = after(state, operation)
            if answered is not None and answer != operation.answer:
                continue
            if operation.kind is OperationKind.READ:
                return [(at, reached)]
            if not self._leads_to_goal(reached):
                continue
            found.append((self.never if answered is None else answered, at, reached))
        found.sort(key=lambda each: each[:2])
        return [(at, reached) for _, at, reached in found]

    def _leads_to_goal(self, state: Hashable) -> bool:
        """Tell whether the longest read can still be answered, if it was not yet.

        Where nothing is taken away, a state that is no longer than its answer must be a
        beginning of it.
        """
        if not isinstance(state, tuple) or len(state) > len(self.goal):
            return True
        return state == self.goal[: len(state)]

    def _named(self, order: Iterable[int]) -> tuple[Operation, ...]:
        return tuple(self.operations[place] for place in order)

    def _violated(self) -> HistoryResult:
        """Tell the longest order, and what was to come next and could not."""
        held = set(self.longest)
        rest = [each for at, each in enumerate(self.operations) if at not in held]
        bound = min(each.answered for each in rest if each.answered is not None)
        stuck = tuple(
            each for each in rest if each.answered is not None and each.called <= bound
        )
        order = self._named(self.longest)
        return HistoryResult(
            HistoryVerdict.VIOLATED, "", order, stuck, configurations=len(self.seen)
        )
