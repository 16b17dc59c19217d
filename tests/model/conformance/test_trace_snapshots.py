"""Traces: which snapshots there can be, and the disks of agents after them."""

from collections.abc import Callable

import pytest

from primacy import (
    AgentId,
    Durable,
    Elapsed,
    Instant,
    Message,
    Received,
    RequestId,
    State,
    Term,
    Timer,
    Write,
    initial,
    recover,
    step,
)
from primacy.electorate import Roll
from primacy.log import Log
from primacy.messages import Install, Snapshotted
from primacy.types import Command, Index
from primacy_model.conformance.recorder import Recorder
from tests.support.traces import config, verdict

OTHERS = "its disk is not what was persisted."
ALONE = config("a", "a")
B = config("b")


def leading() -> tuple[Recorder, list[str], State]:
    """Log a lone elector that leads, with two entries that are committed."""
    told: list[str] = []
    log = Recorder(told.append, [ALONE], states="full", whole=True)
    state, outputs = initial(ALONE)
    log.start("a", state, outputs)
    for message in (
        Elapsed(Timer.ELECTION, Instant(1)),
        Elapsed(Timer.ELECTION, Instant(2)),
        Write(RequestId("w1"), Command("x")),
    ):
        state = stepped(log, "a", state, message)
    assert state.commit_index == 2
    return log, told, state


def stepped(log: Recorder, name: str, state: State, message: Message) -> State:
    after, outputs = step(state, message)
    log.step(name, message, after, outputs)
    return after


def begun(disk: Durable, start: int) -> Durable:
    """Give a disk that has dropped the entries up to an index."""
    index = Index(start)
    roll = disk.log.roll_at(index, ALONE.first_roll)
    return Durable(disk.term, disk.voted_for, disk.log.compacted(index, roll))


def test_agent_goes_on_from_a_disk_that_begins_behind_its_snapshot() -> None:
    log, told, state = leading()
    state = stepped(log, "a", state, Snapshotted(Index(1)))
    assert state.log.start == 1
    log.crash("a", None)
    log.recover("a", state.durable, *recover(ALONE, state.durable))
    log.end()
    assert verdict(told) == "allowed, 7 lines"


@pytest.mark.clause("runtime.snapshot")
@pytest.mark.parametrize("index", [-1, 0, 3, 9])
def test_snapshot_of_what_was_never_applied_is_not_allowed(index: int) -> None:
    log, told, state = leading()
    stepped(log, "a", state, Snapshotted(Index(index)))
    log.end()
    assert verdict(told) == (
        f"not allowed, line 6: no snapshot stands for index {index}: it applied 2."
    )


def test_snapshot_from_before_a_crash_is_reported_after_it() -> None:
    log, told, state = leading()
    log.crash("a", None)
    state, outputs = recover(ALONE, state.durable)
    log.recover("a", state.durable, state, outputs)
    stepped(log, "a", state, Snapshotted(Index(2)))
    log.end()
    assert verdict(told) == "allowed, 7 lines"


@pytest.mark.parametrize(
    ("disk_of", "is_allowed"),
    [
        (lambda before: before, True),
        (lambda before: begun(before, 1), True),
        (lambda before: begun(before, 2), True),
        (lambda before: Durable(before.term, before.voted_for, Log()), False),
        (lambda before: Durable(Term(9), before.voted_for, before.log), False),
    ],
)
def test_entries_that_are_dropped_late_are_no_other_disk(
    disk_of: Callable[[Durable], Durable], is_allowed: bool
) -> None:
    log, told, before = leading()
    state = stepped(log, "a", before, Snapshotted(Index(2)))
    log.crash("a", None)
    disk = disk_of(before.durable)
    log.recover("a", disk, *recover(ALONE, disk))
    log.end()
    assert state.log.start == 2
    allowed = "allowed, 7 lines"
    assert verdict(told) == (
        allowed if is_allowed else f"not allowed, line 8: {OTHERS}"
    )


@pytest.mark.clause("runtime.restore", "runtime.install-complete")
@pytest.mark.parametrize("performed", [None, 1, 0])
def test_disk_after_a_restore_begins_behind_the_snapshot(performed: int | None) -> None:
    told: list[str] = []
    log = Recorder(told.append, [B], states="full", whole=False)
    before, outputs = recover(B, Durable(Term(1), AgentId(""), Log()))
    log.recover("b", before.durable, before, outputs)
    first = B.first_roll
    install = Install(B.mesh, AgentId("a"), Term(1), Index(3), Term(1), first)
    after = stepped(log, "b", before, Received(install, Instant(1)))
    assert after.durable.log == Log.starting(Index(3), Term(1), first)
    log.crash("b", performed)
    log.recover("b", after.durable, *recover(B, after.durable))
    log.end()
    lost = f"not allowed, line 5: {OTHERS}"
    assert verdict(told) == (lost if performed == 0 else "allowed, 4 lines")


def test_roll_of_the_snapshot_is_part_of_the_disk() -> None:
    log, told, before = leading()
    state = stepped(log, "a", before, Snapshotted(Index(2)))
    log.crash("a", None)
    other = Roll(ALONE.initial_leaders, ALONE.initial_leaders, B.initial_leaders)
    begins = Log.starting(state.log.start, state.log.start_term, other)
    disk = Durable(state.term, state.durable.voted_for, begins)
    log.recover("a", disk, *recover(ALONE, disk))
    log.end()
    assert verdict(told) == f"not allowed, line 8: {OTHERS}"
