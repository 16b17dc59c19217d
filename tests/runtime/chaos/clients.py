"""Clients of agents that are other processes, and the history of what they saw.

The history is written down outside the agents, by one process: it numbers a call before
a byte of it is sent to an agent and an answer after it has come, so an operation is
between its two numbers however long the ways are. Clients reach the agents by pipes,
which no fault of the network cuts: also an agent that is cut off from all others is
asked, and may not answer what is stale.
"""

import asyncio
import itertools
import random
from collections import Counter
from typing import Final

from primacy_model.simulation.linearizability import Operation, OperationKind
from primacy_runtime.demo.cluster import Gone, Member, RequestRefused, Stage

COUNT: Final = 8
USES_OF_A_KEY: Final = 60
LONGEST_TAIL: Final = 2_000
"""Values are long, so that disks fill."""
REQUEST_S: Final = 1.0
LONGEST_PAUSE_S: Final = 0.03
PROBE_S: Final = 0.03
NEVER_DONE: Final = ("NotAccepted", "WriteLost", "TooBusy", "NotFresh")
"""How a request fails that has no effect and never will have."""


class Clients:
    """A program that asks the agents of a stage for something."""

    def __init__(self, stage: Stage, draw: random.Random) -> None:
        self.history: list[Operation] = []
        self.failed: Counter[str] = Counter()
        """Requests that were not answered, by how."""
        self._stage, self._draw = stage, draw
        self._event = itertools.count(1)
        self._over = asyncio.Event()
        self._asking: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Write and read from now on."""
        for number in range(COUNT):
            self._begin(self._ask(f"client-{number}"))

    async def end(self) -> None:
        """Ask nothing more, and wait until what was asked is decided."""
        self._over.set()
        await asyncio.gather(*self._asking)

    async def read_all(self) -> None:
        """Read each key once more: what was acknowledged has to be there."""
        for key in sorted({each.key for each in self.history}):
            await self.operate("last", OperationKind.READ, self._anyone(), key)

    async def probe(self, victim: Member) -> None:
        """Ask an agent over and over for what it might wrongly believe."""
        for number in itertools.count():
            self._begin(
                self.operate(
                    f"probe-{number}",
                    OperationKind.READ,
                    victim,
                    self._key(),
                    lease=True,
                )
            )
            await asyncio.sleep(PROBE_S)

    async def operate(
        self,
        client: str,
        kind: OperationKind,
        member: Member,
        key: str,
        value: str = "",
        *,
        lease: bool = False,
    ) -> bool:
        """Ask an agent for one thing; tell whether it was answered."""
        called = next(self._event)
        answered, answer = None, None
        try:
            if kind is OperationKind.WRITE:
                command = f"{key}={value}"
                work = member.ask("propose", command=command, timeout=REQUEST_S)
            else:
                work = member.ask("read", query=key, lease=lease, timeout=REQUEST_S)
            async with asyncio.timeout(2 * REQUEST_S):
                said = await work
            answered = next(self._event)
            answer = said if kind is OperationKind.READ else None
        except RequestRefused as refusal:
            self.failed[refusal.kind] += 1
            if refusal.kind in NEVER_DONE:
                return False
        except (Gone, TimeoutError, ConnectionError) as error:
            self.failed[type(error).__name__] += 1
        written = value if kind is OperationKind.WRITE else None
        if answered is not None or kind is OperationKind.WRITE:
            self.history.append(
                Operation(client, kind, key, called, answered, written, answer)
            )
        return answered is not None

    def _begin(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task = asyncio.create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, client: str) -> None:
        draw = random.Random(self._draw.random())  # noqa: S311 - chooses requests
        for number in itertools.count():
            if self._over.is_set():
                return
            member = self._anyone(draw)
            kind = draw.choice((OperationKind.WRITE, OperationKind.READ))
            lease = draw.random() < 0.5
            value = f"{client}.{number}" + "." * draw.randrange(LONGEST_TAIL)
            await self.operate(client, kind, member, self._key(), value, lease=lease)
            await asyncio.sleep(draw.uniform(0, LONGEST_PAUSE_S))

    def _anyone(self, draw: random.Random | None = None) -> Member:
        return (draw or self._draw).choice(list(self._stage.members.values()))

    def _key(self) -> str:
        """Name the key of the moment: many use one, and none is used for long."""
        return f"key-{len(self.history) // USES_OF_A_KEY}"
