"""Requests of clients, asked again as long as that is safe and there is time.

Contract: a write or a change of the members is given to the protocol a second time only
after a refusal that says that it was not begun, and under a new id
(runtime.request-ids); once it may have been begun, only its own fate is waited for.
Reads may be asked any number of times: the answer is fresh for the last question, so it
is for the first. Every request has a deadline, for an answer may never come
(runtime.first-answer).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from primacy import AgentId, AgentSet, ChangeKind, Command, Config, Reason, RequestId
from primacy_runtime.counters import Counters
from primacy_runtime.driver import Driver
from primacy_runtime.errors import (
    ChangeRefused,
    NotAccepted,
    NotFresh,
    OutcomeUnknown,
    RequestError,
    SnapshotRefused,
    TransferFailed,
    WriteLost,
)
from primacy_runtime.pending_requests import (
    Appending,
    Handover,
    NotBegunError,
    Pending,
    PendingRead,
    Proposal,
    Requests,
    RollChange,
    SnapshotWish,
)
from primacy_runtime.size_limits import check_command

LONGEST_PAUSE_S: Final = 0.25
"""Between two attempts."""
IN_VAIN: Final = (Reason.NOT_LEADER, Reason.NO_SUCH_CHANGE)
"""Why a change is not asked for again: time does not help."""

Give = Callable[[RequestId], None]
"""Gives a request to the driver."""


class Client:
    """Asks one agent."""

    def __init__(
        self, config: Config, driver: Driver, requests: Requests, counts: Counters
    ) -> None:
        self._config, self._driver = config, driver
        self._requests, self._counts = requests, counts
        self._pause = min(config.heartbeat_interval_ms / 2000, LONGEST_PAUSE_S)
        self._attempt_s = config.election_timeout_ms / 1000

    async def propose(self, text: str, timeout: float) -> object:
        """Have a command applied; give what the machine said to it."""
        command = check_command(self._config, text)
        result = await self._appended(
            "write",
            lambda: Proposal(_future(), command=command),
            lambda request: self._driver.write(request, command),
            timeout,
        )
        self._counts.requests["written"] += 1
        return result

    async def change(
        self, kind: ChangeKind, target: AgentId, detail: Command, timeout: float
    ) -> None:
        """Have the part of one agent changed."""
        members = self._driver.state.roll.members
        check_command(self._config, detail, members.with_(target))
        await self._change(
            f"{kind.value} {target}",
            lambda: RollChange(_future()),
            lambda request: self._driver.change(request, kind, target, detail),
            timeout,
        )

    async def replace(self, electors: AgentSet, timeout: float) -> None:
        """Have the electorate replaced; return when the old one counts no more."""
        members = self._driver.state.roll.members
        check_command(self._config, "", members)
        await self._change(
            f"replace the electorate by {', '.join(electors.members) or 'nobody'}",
            lambda: RollChange(_future(), is_replacement=True),
            lambda request: self._driver.replace(request, electors),
            timeout,
        )

    async def _change(
        self, wish: str, make: Callable[[], Appending], give: Give, timeout: float
    ) -> None:
        try:
            await self._appended("change", make, give, timeout, IN_VAIN)
        except NotBegunError as refusal:
            why = refusal.reason.value
            if refusal.leader and refusal.reason is Reason.NOT_LEADER:
                why += f", {refusal.leader} does"
            raise self._counted(ChangeRefused(f"Cannot {wish}: {why}.")) from None
        self._counts.requests["changed"] += 1

    async def _appended(
        self,
        what: str,
        make: Callable[[], Appending],
        give: Give,
        timeout: float,
        in_vain: Collection[Reason] = (),
    ) -> object:
        """Have an entry applied; raise `NotBegunError` for a reason of `in_vain`."""
        deadline = _now() + timeout
        while True:
            try:
                return await self._asked(make(), give, deadline)
            except NotBegunError as refusal:
                if refusal.reason in in_vain:
                    raise
                reason = refusal.reason
            except TimeoutError:
                raise self._counted(
                    OutcomeUnknown(
                        f"The {what} was not decided within {timeout:g} s; "
                        f"it may still be applied."
                    )
                ) from None
            except (WriteLost, OutcomeUnknown) as error:
                raise self._counted(error) from None
            if _now() + self._pause >= deadline:
                raise self._counted(
                    NotAccepted(_late(f"took the {what}", timeout, reason))
                )
            await asyncio.sleep(self._pause)

    async def read(self, query: str, timeout: float, *, lease: bool) -> object:
        """Have a query answered from a state that is fresh."""
        deadline, reason = _now() + timeout, Reason.NONE
        while True:
            ask = self._driver.read_under_lease if lease else self._driver.read
            question = PendingRead(query, _future())
            attempt = min(deadline, _now() + self._attempt_s)
            try:
                result = await self._asked(question, ask, attempt)
            except NotBegunError as refusal:
                reason = refusal.reason
            except TimeoutError:
                pass  # the question or its answer was lost: ask again
            else:
                self._counts.requests["read"] += 1
                return result
            if lease:
                lease = False
                continue
            if _now() + self._pause >= deadline:
                raise self._counted(
                    NotFresh(_late("proved the read fresh", timeout, reason))
                )
            await asyncio.sleep(self._pause)

    async def transfer(self, target: str, timeout: float) -> None:
        """Have leadership handed over; return when this agent follows the target."""
        deadline = _now() + timeout
        handover = Handover(_future())
        request = self._requests.add(handover)
        self._driver.transfer(request, AgentId(target))
        try:
            while self._driver.state.leader != target:
                if handover.answer.done():
                    await handover.answer
                if _now() >= deadline:
                    raise self._counted(
                        TransferFailed(f"{target} did not lead within {timeout:g} s.")
                    )
                await asyncio.sleep(min(self._pause, 0.02))
        except NotBegunError as refusal:
            raise self._counted(
                TransferFailed(f"Leadership stays: {refusal.reason.value}.")
            ) from None
        finally:
            self._requests.forget(request)

    async def snapshot(self, timeout: float) -> int:
        """Have a snapshot taken; give the position up to which it stands."""
        wish = SnapshotWish(_future())
        try:
            index = await self._asked(wish, self._driver.snapshot, _now() + timeout)
        except TimeoutError:
            raise self._counted(
                SnapshotRefused(f"No snapshot was taken within {timeout:g} s.")
            ) from None
        except SnapshotRefused as refusal:
            raise self._counted(refusal) from None
        assert isinstance(index, int)
        return index

    async def _asked(
        self,
        pending: Pending,
        give: Give,
        deadline: float,
    ) -> object:
        request = self._requests.add(pending)
        give(request)
        try:
            async with asyncio.timeout_at(deadline):
                return await pending.answer
        finally:
            self._requests.forget(request)

    def _counted(self, error: RequestError) -> RequestError:
        self._counts.requests[type(error).__name__] += 1
        return error


def _late(what: str, timeout: float, reason: Reason) -> str:
    why = "" if reason is Reason.NONE else f" ({reason.value})"
    return f"No leader {what} within {timeout:g} s{why}."


def _now() -> float:
    return asyncio.get_running_loop().time()


def _future() -> asyncio.Future[object]:
    return asyncio.get_running_loop().create_future()
