"""Snapshots in virtual time: taken, lost with the power, sent and compared."""

from __future__ import annotations

import pytest

from primacy_model.simulation.phases import Conductor, run, run_schedule
from primacy_model.simulation.property_monitor import Broken
from primacy_model.simulation.schedule import Fault, Schedule, name_of

FIRST = name_of(0)


def schedule(*faults: Fault) -> Schedule:
    """Let three electors serve clients for six seconds, and this go wrong."""
    return Schedule(seed=1, electors=3, clients=3, length_ms=6_000, faults=faults)


def conducted(*faults: Fault) -> Conductor:
    """Run to the end without a violation."""
    conductor, outcome = run_schedule(schedule(*faults))
    assert (outcome.property, outcome.title) == (None, "")
    assert conductor is not None
    return conductor


@pytest.mark.parametrize(("amount", "found"), [(0, (1, 0)), (1, (0, 0)), (2, (1, 1))])
def test_power_may_fail_before_core_knows_of_a_snapshot_or_after(
    amount: int, found: tuple[int, int]
) -> None:
    counts = run(schedule(Fault(3_000, "snapshot", 500, (FIRST,), amount))).counts
    assert counts.snapshots == 1
    assert (counts.discards, counts.resumed) == found


def test_a_snapshot_that_core_did_not_hear_of_is_told_again() -> None:
    lost = Fault(3_000, "snapshot", 1, (FIRST,), 1)
    again = Fault(3_002, "snapshot", 0, (FIRST,))
    later = Fault(5_900, "snapshot", 0, (FIRST,))
    early, whole = run(schedule(lost, again)), run(schedule(lost, later))
    assert (early.property, early.counts.snapshots, early.counts.discards) == (
        None,
        1,
        0,
    )
    assert (whole.property, whole.counts.snapshots, whole.counts.discards) == (
        None,
        2,
        1,
    )


def test_an_agent_that_is_behind_restores_the_snapshot_of_its_leader() -> None:
    conductor = conducted(Fault(2_000, "behind", 2_000, (FIRST,)))
    assert conductor.simulator.counts.installed >= 1
    machines = list(conductor.simulator.machines.values())
    assert machines[0].values
    assert all(each.values == machines[0].values for each in machines)
    assert all(each.entries == machines[0].entries for each in machines)


def test_snapshots_of_one_index_that_differ_break_s8() -> None:
    conductor = conducted()
    simulator = conductor.simulator
    one, other = simulator.names[:2]
    assert simulator.take_snapshot(one)
    simulator.machines[other].values["x"] = "something else"
    with pytest.raises(Broken, match="S8 is broken: the snapshot of"):
        simulator.take_snapshot(other)
