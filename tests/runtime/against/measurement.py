"""What is measured of a system, and how: the same steps for all of them.

In turn: the members rest; their leader is killed with `kill -9`, some times; clients
write to the leader.

Contract: each figure has one definition, given here.

- *failover*: from the kill until a survivor acknowledges a write. Each survivor is
  asked for another write every 50 ms; all were begun after the leader had ended, so it
  is a new leader that took the one that is acknowledged.
- *rest*: packets and bytes on the loopback of the whole mesh; CPU of each member, user
  and system, over the time in which nobody asks anything. Memory is the resident set.
- *load*: clients that each write again when they are answered, all at the leader. The
  latency is what the client sees. CPU is that of all members; of clients only where
  they live in a member's process.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, quantiles
from typing import Final

import psutil

from primacy_runtime.demo.cluster import Gone, RequestRefused
from tests.runtime.against.network import COUNTERS, Traffic, traffic
from tests.runtime.against.systems import Kind, NotAcknowledgedError, System, Times

PATIENCE_S: Final = 60.0
EVERY_S: Final = 0.05
SETTLED_S: Final = 2.0
"""How long all have to follow one leader before anything is measured."""
MEGABYTE: Final = 2**20
LEAST: Final = 2
"""How many latencies have a median."""
FAILURES: Final = (Gone, RequestRefused, ConnectionError, NotAcknowledgedError)
"""How a member says that it cannot."""


@dataclass(frozen=True, slots=True)
class MeasurementPlan:
    """How much is measured."""

    agents: tuple[int, ...] = (3, 5)
    rounds: int = 3
    rest: float = 10.0
    load: float = 4.0
    clients: tuple[int, ...] = (1, 16)
    failovers: int = 4
    settled: float = SETTLED_S
    times: Times = Times()


QUICK: Final = MeasurementPlan(rounds=1, rest=4.0, load=2.0, failovers=2)


@dataclass(frozen=True, slots=True)
class Load:
    """What clients saw."""

    clients: int
    writes: int
    per_second: float
    median_ms: float
    p99_ms: float
    cpu_ms: float
    """Of all members together, for each write."""


@dataclass(frozen=True, slots=True)
class Cell:
    """All figures of one system at one size, once."""

    system: str
    agents: int
    others_percent: float
    """How busy all processors were in the second before anything was started."""
    packets_per_second: float | None
    kilobytes_per_second: float | None
    cpu_seconds_per_minute: float
    """Of one member at rest, on average."""
    resting_megabytes: float
    """Of one member, on average."""
    failovers_s: tuple[float, ...]
    loads: tuple[Load, ...]
    loaded_megabytes: float
    """Of the leader, after all loads."""


class UnmeasuredError(Exception):
    """A system did not do what is measured; the sentence tells what it said."""


async def measure(
    kind: Kind, agents: int, plan: MeasurementPlan, folder: Path, *, is_alone: bool
) -> Cell:
    """Measure one system at one size, in a folder of its own."""
    busy = await asyncio.to_thread(psutil.cpu_percent, min(1.0, plan.settled))
    names = [f"agent-{number}" for number in range(1, agents + 1)]
    with tempfile.TemporaryDirectory(prefix="against-", dir=folder) as own:
        system = kind.make(Path(own), names, plan.times)
        try:
            await system.start()
            await agreed(system, plan.settled)
            packets, kilobytes, cpu = await _rest(system, plan, is_alone=is_alone)
            resting = mean([await _megabytes(system, name) for name in names])
            failovers = [await failover(system, plan) for _ in range(plan.failovers)]
            leader = await agreed(system, plan.settled)
            loads = [
                await _load(system, leader, clients, plan.load)
                for clients in plan.clients
            ]
            loaded = await _megabytes(system, leader)
        except (*FAILURES, TimeoutError, psutil.Error) as error:
            raise UnmeasuredError(_why(kind, agents, error, Path(own))) from None
        finally:
            await system.leave()
    return Cell(
        kind.name,
        agents,
        busy,
        packets,
        kilobytes,
        cpu,
        resting,
        tuple(failovers),
        tuple(loads),
        loaded,
    )


def _why(kind: Kind, agents: int, error: Exception, folder: Path) -> str:
    """Tell what went wrong, with the end of what the members wrote."""
    written = [
        f"{log.name}: {lines[-1]}"
        for log in sorted(folder.glob("*.log"))
        if (lines := log.read_text(encoding="utf-8", errors="replace").splitlines())
    ]
    what = str(error) or f"nothing came within {PATIENCE_S:g} s"
    return "; ".join([f"{kind.name}, {agents} agents: not measured: {what}", *written])


async def agreed(system: System, settled: float) -> str:
    """Wait until all follow one leader, and have for some time; tell who it is."""
    async with asyncio.timeout(PATIENCE_S):
        since, before = time.monotonic(), ""
        while True:
            told = {await system.follows(name) for name in system.names}
            leader = told.pop() if len(told) == 1 else ""
            if leader == "" or leader != before:
                since, before = time.monotonic(), leader
            elif time.monotonic() - since >= settled:
                return leader
            await asyncio.sleep(EVERY_S)


async def _rest(
    system: System, plan: MeasurementPlan, *, is_alone: bool
) -> tuple[float | None, float | None, float]:
    """Ask nobody anything for some time; tell packets, kilobytes, CPU."""
    processes = await _processes(system)
    await asyncio.sleep(min(1.0, plan.settled))
    begun, used, gone = time.monotonic(), _used(processes), _gone()
    await asyncio.sleep(plan.rest)
    took, spent = time.monotonic() - begun, _used(processes) - used
    cpu = 60 * spent / took / len(processes)
    if not is_alone:
        return None, None, cpu
    now = _gone()
    packets, octets = now.packets - gone.packets, now.bytes - gone.bytes
    return packets / took, octets / took / 1000, cpu


def _gone() -> Traffic:
    return traffic(COUNTERS.read_text(encoding="ascii"))


async def _processes(system: System) -> list[psutil.Process]:
    return [psutil.Process(await system.process(name)) for name in system.names]


def _used(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)


async def _megabytes(system: System, name: str) -> float:
    process = psutil.Process(await system.process(name))
    return process.memory_info().rss / MEGABYTE


async def failover(system: System, plan: MeasurementPlan) -> float:
    """Kill the leader, wait for a write that is acknowledged, bring it back."""
    leader = await agreed(system, plan.settled)
    await asyncio.sleep(random.uniform(0, plan.times.heartbeat))  # noqa: S311 - a phase
    begun = time.monotonic()
    await system.kill(leader)
    asking = [
        asyncio.create_task(_until_written(system, name))
        for name in system.names
        if name != leader
    ]
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        took = time.monotonic() - begun
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    await system.revive(leader)
    return took


async def _until_written(system: System, name: str) -> None:
    """Ask a member for one write after the other, until one is acknowledged."""
    written, asked = asyncio.Event(), set[asyncio.Task[None]]()

    async def ask(number: int) -> None:
        if await system.write(name, f"{name}-{number}"):
            written.set()

    try:
        number = 0
        while not written.is_set():
            number += 1
            asked.add(task := asyncio.create_task(ask(number)))
            task.add_done_callback(asked.discard)
            try:
                async with asyncio.timeout(EVERY_S):
                    await written.wait()
            except TimeoutError:
                pass
    finally:
        for task in tuple(asked):
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _load(system: System, leader: str, clients: int, seconds: float) -> Load:
    """Have clients write for some time; tell what they saw and what it cost."""
    processes = await _processes(system)
    used = _used(processes)
    async with asyncio.timeout(seconds + PATIENCE_S):
        taken = await system.load(leader, clients, seconds)
    spent = _used(processes) - used
    if len(taken) < LEAST:
        raise NotAcknowledgedError(f"{len(taken)} writes came back in {seconds:g} s.")
    hundredths = quantiles(taken, n=100, method="inclusive")
    return Load(
        clients,
        len(taken),
        len(taken) / seconds,
        1000 * hundredths[49],
        1000 * hundredths[98],
        1000 * spent / len(taken),
    )


def disk_ms(folder: Path, times: int = 100) -> float:
    """Tell how long the disk takes to have one block for good, as a median, in ms."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return 1000 * sorted(taken)[times // 2]


def cells(
    kinds: Sequence[Kind],
    plan: MeasurementPlan,
    folder: Path,
    *,
    is_alone: bool,
    hint: Callable[[str], None],
) -> Iterator[Cell | UnmeasuredError]:
    """Measure all, round after round, so that a busy minute does not hit one alone."""
    for number in range(plan.rounds):
        for agents in plan.agents:
            for kind in kinds:
                hint(f"round {number + 1}, {kind.name}, {agents} agents")
                work = measure(kind, agents, plan, folder, is_alone=is_alone)
                try:
                    yield asyncio.run(work)
                except UnmeasuredError as failure:
                    yield failure
