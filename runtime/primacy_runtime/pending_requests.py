"""What clients asked and were not yet answered, by request id.

Contract: the first answer counts and later ones find nobody (runtime.first-answer). A
write is acknowledged when the entry that carries its id is applied at its index in its
term (runtime.acknowledge), and lost when another term is applied there. An id is never
used twice: it holds 128 random bits of this start of the agent (runtime.request-ids).
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

from primacy import AgentId, Command, Reason, RequestId, Term
from primacy.types import NOBODY
from primacy_runtime.errors import AgentStopped, OutcomeUnknown, TooBusy, WriteLost
from primacy_runtime.state_machine import Machine

MOST_WAITING: Final = 10_000
"""How many requests may wait at a time."""


class NotBegunError(Exception):
    """The protocol refused: nothing was appended, no value is given. Ask again."""

    def __init__(self, reason: Reason, leader: AgentId = NOBODY) -> None:
        super().__init__(reason.value)
        self.reason, self.leader = reason, leader


@dataclass(slots=True)
class Appending:
    """What waits until an entry of the log is applied."""

    answer: asyncio.Future[object]
    index: int = 0
    """Where it was appended; 0: not known yet."""
    token: Term = Term(0)


@dataclass(slots=True)
class Proposal(Appending):
    """A write."""

    command: Command = Command("")
    is_forwarded: bool = False


@dataclass(slots=True)
class RollChange(Appending):
    """A change of the members."""

    is_replacement: bool = False
    """It is answered when the new electorate is the only one."""
    is_joint: bool = False
    """Both electorates count, and that is applied."""


@dataclass(slots=True)
class PendingRead:
    """A read that waits to be fresh."""

    query: str
    answer: asyncio.Future[object]


@dataclass(slots=True)
class Handover:
    """A transfer; only its refusal is an answer."""

    answer: asyncio.Future[object]


@dataclass(slots=True)
class SnapshotWish:
    """A snapshot that was asked for."""

    answer: asyncio.Future[object]


Pending = Appending | PendingRead | Handover | SnapshotWish


class Requests:
    """All that wait, at one agent."""

    def __init__(self, agent: str) -> None:
        self._prefix = f"{agent}:{secrets.token_hex(16)}"
        self._count = 0
        self._pending: dict[RequestId, Pending] = {}
        self._placed: dict[int, list[RequestId]] = {}
        self._over = ""

    def add(self, pending: Pending) -> RequestId:
        """Let a request wait, under an id of its own."""
        if self._over:
            raise AgentStopped(self._over)
        if len(self._pending) >= MOST_WAITING:
            raise TooBusy(f"{MOST_WAITING} requests wait already; ask again later.")
        self._count += 1
        request = RequestId(f"{self._prefix}:{self._count}")
        self._pending[request] = pending
        return request

    def get(self, request: RequestId) -> Pending | None:
        """Find a request that still waits."""
        return self._pending.get(request)

    def forget(self, request: RequestId) -> None:
        """Let a request go; nobody waits for it any more."""
        pending = self._pending.pop(request, None)
        if isinstance(pending, Appending) and pending.index in self._placed:
            placed = self._placed[pending.index]
            placed.remove(request)
            if not placed:
                del self._placed[pending.index]

    def refuse(
        self, request: RequestId, reason: Reason, leader: AgentId = NOBODY
    ) -> None:
        """Report to the client that the request was not begun."""
        pending = self._pending.get(request)
        if pending is not None:
            _fail(pending.answer, NotBegunError(reason, leader))

    def place(self, request: RequestId, index: int, token: Term) -> None:
        """Note where a write was appended; it is not applied there yet."""
        pending = self._pending.get(request)
        if isinstance(pending, Appending) and pending.index == 0:
            pending.index, pending.token = index, token
            self._placed.setdefault(index, []).append(request)

    def lose(self, request: RequestId, index: int) -> None:
        """Tell that another entry than this write was applied at its index."""
        pending = self._pending.get(request)
        if pending is not None:
            _fail(pending.answer, _loss(index))

    def doubt(self, request: RequestId, index: int) -> None:
        """Tell that nobody here can know what was applied at the index of a write."""
        pending = self._pending.get(request)
        if pending is not None:
            _fail(pending.answer, _doubt(index))

    def skip(self, index: int) -> None:
        """Tell that a snapshot took the place of the entries up to an index."""
        for placed in [at for at in self._placed if at <= index]:
            for request in self._placed[placed]:
                _fail(self._pending[request].answer, _doubt(placed))

    def finish(self, request: RequestId, result: object) -> None:
        """Give the result of a request that is not the mesh's affair, or its error."""
        pending = self._pending.get(request)
        if pending is not None and isinstance(result, Exception):
            _fail(pending.answer, result)
        elif pending is not None:
            _give(pending.answer, result)

    def apply(self, request: RequestId, index: int, term: Term, result: object) -> None:
        """Tell what an applied entry means for the writes that wait for its index."""
        for placed in self._placed.get(index, ()):
            pending = self._pending[placed]
            if isinstance(pending, Appending) and pending.token != term:
                _fail(pending.answer, _loss(index))
        applied = self._pending.get(request)
        if not isinstance(applied, Appending) or applied.index not in (0, index):
            return
        if isinstance(applied, RollChange) and applied.is_replacement:
            applied.is_joint = True
        else:
            _give(applied.answer, result)

    def settle(self) -> None:
        """Tell that a roll with one electorate is applied: replacements are over."""
        for pending in self._pending.values():
            if isinstance(pending, RollChange) and pending.is_joint:
                _give(pending.answer, None)

    def serve(self, request: RequestId, machine: Machine) -> None:
        """Answer a read from what is applied now (runtime.read-applied)."""
        pending = self._pending.get(request)
        if not isinstance(pending, PendingRead) or pending.answer.done():
            return
        try:
            _give(pending.answer, machine.answer(pending.query))
        except Exception as error:  # noqa: BLE001 - the reader gets what it asked for
            _fail(pending.answer, error)

    def end(self, why: str) -> None:
        """Tell everybody that the agent has stopped, now and later."""
        self._over = why
        for pending in self._pending.values():
            _fail(pending.answer, AgentStopped(why))


def _loss(index: int) -> WriteLost:
    return WriteLost(f"The write is lost: another leader's entry stands at {index}.")


def _doubt(index: int) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"A snapshot took the place of the entry at {index}: the write may be applied."
    )


def _give(answer: asyncio.Future[object], result: object) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[object], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
