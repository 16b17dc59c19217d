"""How fast things are: one step, the oracle, and the import of the core.

`make bench` prints one table, and then that of the engines.

Contract: every row says what was measured, and none says whether that is good. That a
measured step does what its row says is asserted, for one that refuses is faster than
one that grants; how long it takes is never asserted, for that is a fact about a
machine.

A step is pure, so one call is repeated. The cost of reading the clock, about a tenth of
a microsecond, is not subtracted. The collector is off meanwhile, as in `timeit`.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeVar

from primacy.dispatch import step
from primacy.log import Log
from primacy.messages import (
    Append,
    AppendReply,
    Elapsed,
    Heartbeat,
    HeartbeatReply,
    Message,
    Packet,
    PreVoteReply,
    PreVoteRequest,
    Received,
    Timer,
    VoteReply,
    VoteRequest,
    Write,
)
from primacy.outputs import Apply, Broadcast, Outputs, Send, WriteAccepted
from primacy.role import Role
from primacy.state import State
from primacy.types import START, Command, RequestId
from primacy_model.bench import engines
from primacy_model.checker.reference_bfs import explore
from primacy_model.mesh.agent import Node
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.model import Mesh, MeshWorld
from primacy_model.mesh.scopes import DEFAULT

LOG = 1_000
"""Entries in every log before anything is measured."""
BATCH = 10
"""Entries in the append that is measured."""
SCOPE = "fencing"
"""The small scope that the oracle explores."""

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One line of the table."""

    what: str
    figures: str


@dataclass(frozen=True, slots=True)
class MeasuredCall:
    """A step to be measured."""

    what: str
    state: State
    message: Message


def main() -> None:
    """Measure everything, for a few minutes, and print the tables."""
    show(rows(repeats=20_000, starts=21, scope=SCOPE))
    print()
    engines.report()


def show(measured: Iterator[BenchRow]) -> None:
    """Print each row as soon as it is known."""
    print(f"python {sys.version.split()[0]}, logs of {LOG:,} entries, 3 electors\n")
    for row in measured:
        print(f"{row.what:<48}{row.figures}", flush=True)


def rows(*, repeats: int, starts: int, scope: str) -> Iterator[BenchRow]:
    """Measure steps, the oracle and the import."""
    for call in calls():
        yield _time_step(call, repeats)
    yield from _time_oracle(scope)
    yield from _time_import(starts)


# Steps


def calls() -> Sequence[MeasuredCall]:
    """Build the steps to be measured, out of a mesh that was really elected."""
    leader, follower, other = _mesh()
    _, outputs = step(leader, Elapsed(Timer.HEARTBEAT, START))
    heartbeat = _received(_packet(outputs, Heartbeat))
    follower, outputs = step(follower, heartbeat)
    assert _packet(outputs, HeartbeatReply).round > 0
    assert follower.commit_index == LOG

    free, request = _ask_for_a_vote(follower, other)
    assert _packet(step(free, request)[1], VoteReply).granted

    batch = _received(_append(leader))
    grown, outputs = step(follower, batch)
    assert _packet(outputs, AppendReply).accepted
    assert grown.log.last_index == LOG + BATCH

    write = _write(LOG)
    waiting, outputs = step(leader, write)
    assert any(isinstance(output, WriteAccepted) for output in outputs)
    appended = _received(_packet(outputs, Append))
    reply = _received(_packet(step(follower, appended)[1], AppendReply))
    assert any(isinstance(output, Apply) for output in step(waiting, reply)[1])
    return (
        MeasuredCall("heartbeat at a follower", follower, heartbeat),
        MeasuredCall("vote request, granted", free, request),
        MeasuredCall(f"append of {BATCH} entries at a follower", follower, batch),
        MeasuredCall("write at the leader", leader, write),
        MeasuredCall("append reply that commits, at the leader", waiting, reply),
    )


def _mesh() -> tuple[State, State, State]:
    """Elect a leader, let it write, and give it and its two followers."""
    world = Mesh("bench", "", Shape(begins="elected")).initial()
    leader, follower, other = _states(world)
    while leader.log.last_index < LOG:
        leader, outputs = step(leader, _write(leader.log.last_index))
        append = _received(_packet(outputs, Append))
        follower, outputs = step(follower, append)
        other, _ = step(other, append)
        leader, _ = step(leader, _received(_packet(outputs, AppendReply)))
    assert leader.role == Role.LEADER
    assert leader.commit_index == LOG
    assert follower.log == other.log == leader.log
    return leader, follower, other


def _states(world: MeshWorld) -> Iterator[State]:
    for local in world.locals:
        assert isinstance(local, Node)
        assert local.state is not None
        yield local.state


def _ask_for_a_vote(voter: State, candidate: State) -> tuple[State, Received]:
    """Let both wait out their promise and one stand, up to its request for a vote."""
    elapsed = Elapsed(Timer.ELECTION, START)
    free, _ = step(voter, elapsed)
    candidate, _ = step(candidate, elapsed)
    candidate, outputs = step(candidate, elapsed)
    _, outputs = step(free, _received(_packet(outputs, PreVoteRequest)))
    _, outputs = step(candidate, _received(_packet(outputs, PreVoteReply)))
    return free, _received(_packet(outputs, VoteRequest))


def _append(leader: State) -> Append:
    """Let a leader write a batch, and send it in one packet."""
    before: Log = leader.log
    written = leader
    for number in range(BATCH):
        written, _ = step(written, _write(LOG + number))
    return Append(
        leader.config.mesh,
        leader.me,
        leader.term,
        before.last_index,
        before.last_term,
        written.log.segment(before.last_index, BATCH),
        leader.commit_index,
    )


def _write(number: int) -> Write:
    return Write(RequestId(f"w{number}"), Command(f"set x to {number}"))


def _received(packet: Packet) -> Received:
    return Received(packet, START)


def _packet(outputs: Outputs, kind: type[Kind]) -> Kind:
    """Find the packet of a kind that a step sent."""
    for output in outputs:
        if isinstance(output, Send | Broadcast) and isinstance(output.packet, kind):
            return output.packet
    raise AssertionError(f"no {kind.__name__} was sent")


def _time_step(call: MeasuredCall, repeats: int) -> BenchRow:
    """Time one call after another; the first tenth only warms up."""
    state, message, clock = call.state, call.message, time.perf_counter_ns
    taken: list[int] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(repeats + repeats // 10):
            begun = clock()
            step(state, message)
            taken.append(clock() - begun)
    finally:
        gc.enable()
    counted = taken[repeats // 10 :]
    ninth = quantiles(counted, n=10)[-1]
    figures = f"{median(counted) / 1000:8.1f} us median {ninth / 1000:8.1f} us p90"
    return BenchRow(f"step: {call.what}", figures)


# The oracle


def _time_oracle(name: str) -> Iterator[BenchRow]:
    """Explore a scope twice: once for its memory, once for its time."""
    scope = next(each for each in DEFAULT if each.name == name)
    gc.collect()
    tracemalloc.start()
    try:
        found = explore(scope)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    a_state = held / found.states
    del found
    found = explore(scope)
    title = f"oracle: {name}, {found.states:,} states"
    yield BenchRow(title, f"{found.states / found.seconds:8,.0f} states/s")
    yield BenchRow("", f"{found.transitions / found.seconds:8,.0f} transitions/s")
    yield BenchRow("", f"{a_state:8,.0f} bytes a state, with its edges")


# The import


def _time_import(starts: int) -> Iterator[BenchRow]:
    """Start fresh interpreters in turn, bare and with the import.

    The first start of each is not counted: it compiles the modules into a folder of
    its own, so what is measured does not depend on what was run before.
    """
    bare, full = [], []
    with tempfile.TemporaryDirectory() as folder:
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        compiled.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(starts + 1):
            bare.append(_start("pass", compiled))
            full.append(_start("import primacy", compiled))
    del bare[0], full[0]
    plain, loaded = median(bare), median(full)
    cost = loaded - plain
    yield BenchRow("interpreter: start", f"{plain:8.1f} ms median of {starts}")
    yield BenchRow("interpreter: start, import primacy", f"{loaded:8.1f} ms")
    yield BenchRow("import primacy", f"{cost:8.1f} ms, the difference")


def _start(program: str, environment: Mapping[str, str]) -> float:
    """Run a program in a fresh interpreter and tell how long that took, in ms."""
    command = [sys.executable, "-c", program]
    begun = time.perf_counter()
    subprocess.run(command, check=True, env=environment)  # noqa: S603 # our own
    return 1000 * (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
