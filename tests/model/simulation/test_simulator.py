"""A run is the same everywhere, keeps to its runtime's part, and kills mutants."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy import election
from primacy.config import Config, EvenElectorateWarning, agents
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log
from primacy.messages import Timer
from primacy.recovery import recover
from primacy.state import Durable, State
from primacy.types import AgentId, Command, Index, RequestId, Term
from primacy_model.mutation.catalog.mutants import find_mutant
from primacy_model.simulation import clients as clients_room
from primacy_model.simulation.clients import Clients, OpenOperation, ReplicaState
from primacy_model.simulation.clock import PPM, DriftingClock
from primacy_model.simulation.conditions import Conditions
from primacy_model.simulation.detector import PREY
from primacy_model.simulation.faults import Strikes
from primacy_model.simulation.linearizability import OperationKind
from primacy_model.simulation.operators import OperatorRequest, Replacement
from primacy_model.simulation.outcome import RunCounts
from primacy_model.simulation.phases import Conductor, run, run_schedule
from primacy_model.simulation.rng import (
    BEYOND_SEEDS,
    LOGNORMAL,
    SHAPES,
    STREAMS,
    TAIL,
    Chance,
    Stream,
    latency,
)
from primacy_model.simulation.schedule import (
    BEYOND,
    FAULTS,
    MOST_SEED,
    Fault,
    Schedule,
)
from primacy_model.simulation.schedule_gen import Wish, schedule_of
from primacy_model.simulation.simulator import Simulator
from primacy_model.simulation.survival import can_elect
from tests.support.mutated_core import copy_core, run_under

ROOT: Final = Path(__file__).parents[3]
HUNT: Final = "primacy_model.simulation.detector"
MS: Final = 1_000

# --- the same on any machine ----------------------------------------------------------

DIGESTS: Final = {
    0: "1cbbe33e28218b7f52d7df227782e10dac8dea22e020a531eeb03aaaaa6d0bac",
    1: "a60f8b845df711293fe9cca8db2cd5db7b2044087477a8260d74707c09161e06",
    4: "d34d9e3c57b389d15e4a695b2c77679b905346b37d4f8015c35a7208fdada477",
}
"""Refreshed only on purpose: what core does, and what is drawn, is in them."""


@pytest.mark.parametrize("salt", ["0", "4711"])
def test_a_seed_has_one_run_whatever_the_hashes_are(salt: str) -> None:
    program = (
        "from primacy_model.simulation.phases import run\n"
        "from primacy_model.simulation.schedule_gen import schedule_of\n"
        f"for seed in {list(DIGESTS)}: print(run(schedule_of(seed)).digest)"
    )
    paths = [str(ROOT / room) for room in ("core", "model")]
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONHASHSEED": salt,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == list(DIGESTS.values())


def test_another_seed_has_another_run() -> None:
    assert len(set(DIGESTS.values())) == len(DIGESTS)


def test_no_two_seeds_share_a_stream_and_each_stream_is_used() -> None:
    """What is drawn of a seed is pinned by `DIGESTS`, whatever streams there are."""
    later = [each for each in Stream if not 0 <= each < STREAMS]
    assert later == [Stream.SNAPSHOTS]
    assert min(later) * BEYOND_SEEDS >= STREAMS * (MOST_SEED + 1)
    room = ROOT / "model" / "primacy_model" / "simulation"
    sources = "".join(each.read_text() for each in room.glob("*.py"))
    assert [each for each in Stream if f"Stream.{each.name}" not in sources] == []


def test_chance_is_pinned() -> None:
    chance = Chance(7, Stream.NETWORK)
    assert [chance.below(1_000) for _ in range(5)] == [38, 696, 143, 462, 671]
    assert chance.some("abcdef", 3) == ["b", "c", "e"]


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_chance_stays_in_its_bounds(seed: int, bound: int) -> None:
    chance = Chance(seed, Stream.CLIENTS)
    assert 0 <= chance.below(bound) < bound
    assert 5 <= chance.between(5, 5 + bound) <= 5 + bound
    assert not chance.comes_true(0)
    assert chance.comes_true(1_000)
    some = chance.some(range(9), 4)
    assert len(set(some)) == 4
    assert some == sorted(some)


@pytest.mark.parametrize("shape", SHAPES)
def test_half_of_the_packets_are_faster_than_the_median(shape: str) -> None:
    chance = Chance(0, Stream.NETWORK)
    found = sorted(latency(chance, shape, 1_000) for _ in range(4_000))
    assert found[0] >= 1
    assert abs(found[2_000] - 1_000) < 100


def test_the_tail_continues_the_distribution() -> None:
    assert [*LOGNORMAL] == sorted(LOGNORMAL)
    assert [*TAIL] == sorted(TAIL)
    assert (len(LOGNORMAL), len(TAIL)) == (32, 32)
    assert LOGNORMAL[-2] < TAIL[0] < LOGNORMAL[-1] < TAIL[-1]


# --- clocks and timers ----------------------------------------------------------------


@settings(derandomize=True)
@given(
    st.integers(0, 10**9),
    st.lists(
        st.tuples(st.integers(0, 10**8), st.integers(-500_000, 10**6)), max_size=6
    ),
    st.integers(0, 10**8),
)
def test_a_clock_never_falls_and_shows_what_it_said_it_would(
    shown: int, changes: list[tuple[int, int]], ahead: int
) -> None:
    clock, now, last = DriftingClock(shown, 0), 0, shown
    for wait, rate in changes:
        now += wait
        assert clock.shows_us(now) >= last
        last = clock.shows_us(now)
        clock.set_rate(rate, now)
        assert clock.shows_us(now) == last
    due = clock.when(last + ahead, now)
    assert clock.shows_us(due) >= last + ahead
    assert due == now or clock.shows_us(due - 1) < last + ahead


@pytest.mark.parametrize("rate", [-1_000, 0, 1_000])
def test_a_clock_advances_by_its_rate(rate: int) -> None:
    assert DriftingClock(0, rate).shows_us(10 * PPM) == 10 * (PPM + rate)


class Watched(Simulator):
    """Notes how long each timer ran on its agent's clock, against its least."""

    def __init__(self, schedule: Schedule) -> None:
        self.least: dict[tuple[str, str], tuple[int, int]] = {}
        self.slack: list[int] = []
        super().__init__(schedule)
        old = self.cluster.elapse

        def elapse(
            name: str, timer: Timer, now: int = 0, *, outputs_done: int | None = None
        ) -> object:
            since, least = self.least[name, timer.value]
            shown = self.clocks[name].shows_us(self.now)
            self.slack.append(shown - since - MS * least)
            return old(name, timer, now, outputs_done=outputs_done)

        self.cluster.elapse = elapse  # type: ignore[method-assign,assignment] # watched

    def _arm(self, name: str, change: object) -> None:
        timer, least = change.timer, change.least  # type: ignore[attr-defined] # an Arm
        self.least[name, timer.value] = (self.clocks[name].shows_us(self.now), least)
        super()._arm(name, change)  # type: ignore[arg-type] # an Arm


@pytest.mark.parametrize("faults", [("late", "clocks", "pause"), ("early",)])
def test_no_timer_elapses_early_unless_that_is_asked_for(
    faults: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("primacy_model.simulation.phases.Simulator", Watched)
    slack: list[int] = []
    for seed in range(3):
        conductor, outcome = run_schedule(schedule_of(seed, Wish(faults=faults)))
        assert outcome.property is None
        assert conductor is not None
        assert isinstance(conductor.simulator, Watched)
        slack += conductor.simulator.slack
    assert len(slack) > 300
    assert (min(slack) < 0) == ("early" in faults)


# --- what runs show -------------------------------------------------------------------


def test_ten_seeds_hold_and_none_of_what_is_claimed_is_empty() -> None:
    counts, slowest = RunCounts(), 0
    for seed in range(10):
        outcome = run(schedule_of(seed))
        assert (outcome.property, outcome.title) == (None, "")
        assert outcome.converged is not None
        counts.add(outcome.counts)
        slowest = max(slowest, outcome.converged)
    assert slowest <= 10_000
    assert counts.elections > 20
    assert min(counts.crashes, counts.faults, counts.writes, counts.reads) > 50
    assert min(counts.lease_reads, counts.admitted, counts.transfers) > 0
    assert min(counts.admit, counts.demote, counts.unchanged, counts.joined) > 0


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_happens_alone_and_nothing_breaks(kind: str) -> None:
    outcome = run(schedule_of(1, Wish(faults=(kind,), agents=3)))
    assert outcome.property is None
    assert outcome.counts.faults > 0


@pytest.mark.parametrize("kind", BEYOND)
def test_beyond_the_obligations_leases_are_not_claimed_and_the_rest_holds(
    kind: str,
) -> None:
    schedule = schedule_of(3, Wish(faults=(kind, "partition")))
    assert not schedule.has_leases
    outcome = run(schedule)
    assert outcome.property is None
    assert outcome.counts.lease_reads == 0


def test_beyond_the_obligations_a_lease_is_shared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Timers that elapse early break S11, where it is judged in spite of that."""
    cut_off = tuple(Fault(at, "partition", 400, ("n000",)) for at in (1_500, 2_500))
    early = Fault(0, "early", 4_000, ("n001", "n002"))
    rough = Schedule(seed=0, electors=3, length_ms=4_000, faults=(early, *cut_off))
    fair = replace(rough, faults=cut_off)
    monkeypatch.setattr(Schedule, "has_leases", True)
    assert run(fair).property is None
    assert run(rough).property == "lease-alone"


def test_a_mesh_that_has_just_begun_does_not_agree() -> None:
    conductor = Conductor(Schedule(seed=0, electors=3))
    assert conductor._disagreement() == "0 lead"
    conductor.simulator.run_until(3_000_000)
    assert conductor._disagreement() == ""
    conductor.simulator.crash(conductor.simulator.names[2])
    assert conductor._disagreement() == "1 lead, 2 of 3 run"


def test_a_mesh_without_a_quorum_for_ever_does_not_converge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Simulator, "restart", lambda _self, _name: None)
    schedule = Schedule(
        seed=0,
        electors=3,
        length_ms=3_000,
        faults=(Fault(2_000, "crash", 100, ("n000", "n001")),),
    )
    outcome = run(schedule)
    assert outcome.property == "convergence"
    assert outcome.converged is None


# --- members --------------------------------------------------------------------------


def lasting(*faults: Fault, electors: int = 3, newcomers: int = 2) -> Schedule:
    """Let faults happen to a mesh that has a leader long before."""
    return Schedule(
        seed=0,
        electors=electors,
        newcomers=newcomers,
        length_ms=12_000,
        faults=faults,
    )


@pytest.mark.parametrize("is_at_once", [0, 1])
@pytest.mark.parametrize("seed", range(3))
def test_a_minority_that_is_lost_is_replaced(is_at_once: int, seed: int) -> None:
    renew = Fault(3_000, "renew", 1, (), is_at_once)
    conductor, outcome = run_schedule(replace(lasting(renew, electors=5), seed=seed))
    assert outcome.property is None
    assert conductor is not None
    counts = outcome.counts
    assert (counts.lost, counts.repaired, counts.renewed) == (2, 2, 1)
    assert (counts.promote if is_at_once else counts.replace) == 0
    simulator = conductor.simulator
    (leader,) = simulator.leaders()
    state = simulator.cluster.state(leader)
    assert state is not None
    assert len(simulator.present()) == 5
    assert list(state.roll.members.members) == simulator.present()
    assert state.roll.workers.size == 0


def test_a_mesh_of_which_too_few_are_left_is_not_said_to_converge() -> None:
    lost = [Fault(3_000, "disk", 1, (name,)) for name in ("n000", "n001")]
    outcome = run(lasting(*lost, newcomers=0))
    assert (outcome.property, outcome.converged) == (None, None)
    assert (outcome.counts.lost, outcome.counts.stranded) == (2, 1)


def test_power_fails_in_the_middle_of_a_change_and_the_mesh_agrees() -> None:
    midway = [Fault(3_000 + 900 * n, "midway", 400) for n in range(8)]
    outcome = run(lasting(*midway))
    assert outcome.property is None
    assert outcome.counts.midway > 4
    assert outcome.counts.crashes > 3 * 4


def test_a_core_that_lets_nobody_stand_who_is_taken_off_does_not_converge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That was the fault of the first version of changes: see docs/simulation.md."""

    def is_on_the_roll(state: State) -> bool:
        return state.roll.has(state.me)

    monkeypatch.setattr(election, "_may_stand", is_on_the_roll)
    demote, power = Fault(3_000, "demote", 1), Fault(3_000, "power", 300)
    schedule = lasting(demote, power, electors=2)
    found = {run(replace(schedule, seed=seed)).property for seed in range(6)}
    assert found == {None, "convergence"}


def roll(electors: str, workers: str = "") -> Roll:
    return Roll(agents(*electors), agents(*electors), agents(*workers), Index(1))


LOST, FRESH = AgentId("c"), AgentId("x")


@pytest.mark.parametrize(
    ("electors", "workers", "asked"),
    [
        ("abc", "", OperatorRequest("demote", (LOST,))),
        ("ab", "c", OperatorRequest("dismiss", (LOST,))),
        ("ab", "", OperatorRequest("admit", (FRESH,))),
        ("ab", "x", OperatorRequest("promote", (FRESH,))),
        ("abx", "", None),
        ("c", "", OperatorRequest("admit", (FRESH,))),
    ],
)
def test_an_operator_replaces_a_lost_agent_step_by_step(
    electors: str, workers: str, asked: OperatorRequest | None
) -> None:
    one_by_one = Replacement((LOST,), frozenset({LOST}), (FRESH,), is_at_once=False)
    assert one_by_one.next(roll(electors, workers)) == asked


@pytest.mark.parametrize(
    ("electors", "workers", "asked"),
    [
        ("abc", "", OperatorRequest("admit", (FRESH,))),
        ("abc", "x", OperatorRequest("replace", tuple(map(AgentId, "abx")))),
        ("abx", "c", OperatorRequest("dismiss", (LOST,))),
        ("abx", "", None),
    ],
)
def test_an_operator_replaces_the_electorate_at_once(
    electors: str, workers: str, asked: OperatorRequest | None
) -> None:
    at_once = Replacement((LOST,), frozenset({LOST}), (FRESH,), is_at_once=True)
    assert at_once.next(roll(electors, workers)) == asked


def test_a_lost_worker_is_replaced_by_a_worker() -> None:
    for is_at_once in (False, True):
        kept = Replacement((LOST,), frozenset(), (FRESH,), is_at_once)
        assert kept.next(roll("ab", "x")) is None


def grown(name: str, terms: Sequence[int], *rolls: Roll) -> State:
    """Show an agent of a mesh a, b, c, d whose log has no-ops, then these rolls."""
    first = agents(*"abcd")
    entries = [Entry(Term(term), EntryKind.NOOP) for term in terms]
    for each in rolls:
        parts = each.electors, each.outgoing, each.workers
        entry = Entry(Term(1), EntryKind.ROLL, Command(""), RequestId(""), *parts)
        entries.append(entry)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenElectorateWarning)
        config = Config("m", name, first)
    return recover(config, Durable(Term(2), AgentId(""), Log.of(entries)))[0]


def test_who_is_left_can_elect_one_that_has_the_latest_log_and_may_stand() -> None:
    """The roll takes a off; c and d have not heard of it, and b is lost."""
    without_a = Roll(agents(*"bcd"), agents(*"bcd"), agents("a"))
    a = grown("a", [1], without_a)
    c, d = grown("c", [1]), grown("d", [1])
    assert can_elect([a, c, d])
    assert not can_elect([c, d])
    assert not can_elect([a, c])  # two of b, c, d, and a is none
    assert not can_elect([replace(a, commit_index=Index(2)), c, d])
    assert not can_elect([])
    joint = Roll(agents(*"cd"), agents(*"abcd"), agents(""))
    assert can_elect([grown(name, [1], joint) for name in "acd"])
    assert not can_elect([grown(name, [1], joint) for name in "abc"])


def test_a_healed_mesh_that_answers_no_write_makes_no_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = Clients.answered

    def answered(self: Clients, call: OpenOperation, answer: Hashable) -> None:
        is_write = call.operation.kind is not OperationKind.READ
        if call.operation.client == "end" and is_write:
            self.given_up(call)
        else:
            old(self, call, answer)

    monkeypatch.setattr(Clients, "answered", answered)
    outcome = run(schedule_of(0, Wish(3, ())))
    assert outcome.property == "progress"
    assert outcome.title == "6 of 9 clients were answered"


def test_a_crash_that_was_to_strike_within_a_step_does_not_after_its_end() -> None:
    crash = Fault(0, "crash", 0, ("n000",), amount=1)
    simulator = Simulator(Schedule(seed=0, electors=3, faults=(crash,)))
    strikes = Strikes(simulator)
    strikes.begin(0)
    assert simulator.doomed == {"n000": 0}
    strikes.end(0)
    assert simulator.doomed == {}


def test_the_end_of_a_crash_does_not_call_off_a_later_one() -> None:
    first = Fault(0, "crash", 0, ("n000",), amount=1)
    later = Fault(0, "crash", 9_000, ("n000",), amount=2)
    simulator = Simulator(Schedule(seed=0, electors=3, faults=(first, later)))
    strikes = Strikes(simulator)
    strikes.begin(0)
    strikes.begin(1)
    strikes.end(0)
    assert simulator.doomed == {"n000": 1}


def test_a_hunt_tells_whether_it_came_to_its_end(tmp_path: Path) -> None:
    copy_core(tmp_path)
    whole = run_under(tmp_path, HUNT, "--seeds", "2")
    first, second = (run(schedule_of(n, PREY[n])).counts.events for n in (0, 1))
    assert (whole["is_whole"], whole["steps"]) == (True, first + second)
    stopped = run_under(tmp_path, HUNT, "--seeds", "2", "--seconds", "0")
    assert (stopped["is_whole"], stopped["seeds"]) == (False, 0)


# --- a runtime that breaks an obligation ----------------------------------------------


def test_a_write_that_is_acknowledged_when_it_is_accepted_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ReplicaState, "holds", lambda *_: True)
    assert "linearizable" in {run(schedule_of(seed)).property for seed in range(3)}


def test_a_read_that_is_served_without_asking_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = Simulator.ask

    def ask(self: Simulator, request: str) -> None:
        call = self.clients.open.get(request)
        if call is not None and call.operation.kind is OperationKind.READ:
            value = self.machines[call.agent].values.get(call.operation.key)
            self.clients.answered(call, value)
        else:
            old(self, request)

    monkeypatch.setattr(Simulator, "ask", ask)
    assert "linearizable" in {run(schedule_of(seed)).property for seed in range(3)}


# --- clients --------------------------------------------------------------------------


def test_what_a_client_gave_up_may_have_happened_and_what_was_refused_did_not() -> None:
    clients = Clients(1, Chance(0, Stream.CLIENTS))
    write = clients.begun("c0", "n000", OperationKind.WRITE, "x", 9)
    clients.given_up(write)
    clients.refused(clients.begun("c0", "n000", OperationKind.WRITE, "x", 9))
    clients.given_up(clients.begun("c0", "n000", OperationKind.READ, "x", 9))
    open_ = clients.begun("c0", "n000", OperationKind.APPEND, "list", 9)
    pending = [write.operation, open_.operation]
    assert clients.settled(None) == pending
    assert clients.settled(frozenset({open_.request})) == [open_.operation]


@pytest.mark.parametrize("expected", [None, "3"])
def test_a_command_is_read_back_as_it_was_written(expected: str | None) -> None:
    clients = Clients(1, Chance(0, Stream.CLIENTS))
    clients.last_read["x"] = expected
    for kind in (OperationKind.WRITE, OperationKind.APPEND, OperationKind.SWAP):
        asked = clients.begun("c0", "n000", kind, "x", 9).operation
        found = clients_room.parse_command(clients_room.command(asked))
        assert (found.kind, found.key, found.value) == (kind, "x", asked.value)


# --- conditions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "cut"),
    [
        (Fault(0, "partition", 1, ("n000",)), "01 02 10 20"),
        (Fault(0, "oneway", 1, ("n000",), 0), "01 02"),
        (Fault(0, "oneway", 1, ("n000",), 1), "10 20"),
        (Fault(0, "link", 1, ("n000", "n001"), 0), "01"),
        (Fault(0, "link", 1, ("n000", "n001"), 1), "01 10"),
        (Fault(0, "hub", 1, ("n000",)), "12 21"),
        (Fault(0, "loss", 1, (), 1_000), ""),
    ],
)
def test_a_fault_cuts_these_links_and_no_others(fault: Fault, cut: str) -> None:
    schedule = Schedule(seed=0, electors=3)
    network, timers = Chance(0, Stream.NETWORK), Chance(0, Stream.TIMERS)
    conditions = Conditions(schedule, network, timers)
    names = schedule.names

    def found() -> str:
        pairs = [(one, other) for one in range(3) for other in range(3)]
        return " ".join(
            f"{one}{other}"
            for one, other in pairs
            if conditions.is_cut(names[one], names[other])
        )

    conditions.begin(7, fault)
    assert found() == cut
    if cut or fault.kind == "loss":
        assert conditions.arrivals(names[0], names[1]) == [] or "01" not in cut
    conditions.end(7)
    assert found() == ""
    conditions.begin(7, fault)
    conditions.calm_down()
    assert found() == ""
    assert len(conditions.arrivals(names[0], names[1])) == 1


def test_packets_of_a_storm_arrive_twice_and_slow_ones_late() -> None:
    schedule = Schedule(seed=0, electors=3, shape="constant")
    network, timers = Chance(0, Stream.NETWORK), Chance(0, Stream.TIMERS)
    conditions = Conditions(schedule, network, timers)
    assert conditions.arrivals("n000", "n001") == [5_000]
    conditions.begin(0, Fault(0, "slow", 1, (), 7))
    assert conditions.arrivals("n000", "n001") == [35_000]
    conditions.begin(1, Fault(0, "storm", 1, (), 1_000))
    assert len(conditions.arrivals("n000", "n001")) == 2
    conditions.begin(2, Fault(0, "loss", 1, (), 1_000))
    assert conditions.arrivals("n000", "n001") == []


# --- mutants --------------------------------------------------------------------------


BROKEN: Final = {
    "term-lowered-by-restart": {"S3"},
    "second-vote-in-a-term": {"S4"},
    "refusal-counted": {"election-quorum"},
    "log-taken-for-committed-by-restart": {"S8"},
    "stands-after-its-removal": {"S2"},
    "uncommitted-snapshotted": {"start-applied"},
    "roll-not-reverted": {"roll-of-log"},
    "quorum-of-the-old-electorate": {"election-quorum"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mutant_breaks_a_safety_claim(name: str, tmp_path: Path) -> None:
    copy_core(tmp_path, find_mutant(name))
    told = run_under(tmp_path, HUNT, "--seeds", "60")
    assert told["property"] in BROKEN[name]


@pytest.mark.parametrize("name", ["window-never-closes", "pre-vote-never-ends"])
def test_a_core_that_makes_no_progress_does_not_converge(
    name: str, tmp_path: Path
) -> None:
    copy_core(tmp_path, find_mutant(name))
    told = run_under(tmp_path, HUNT, "--seeds", "20")
    assert told["property"] == "convergence"


def test_the_real_core_breaks_nothing_in_the_same_hunt(tmp_path: Path) -> None:
    copy_core(tmp_path)
    told = run_under(tmp_path, HUNT, "--seeds", "5")
    assert (told["property"], told["seeds"]) == (None, 5)


def test_a_failing_schedule_is_shrunk_and_still_fails(tmp_path: Path) -> None:
    copy_core(tmp_path, find_mutant("second-vote-in-a-term"))
    told = run_under(tmp_path, HUNT, "--seeds", "60", "--shrink", "40")
    before, after = told["faults"]
    assert told["property"] == told["shrunk_property"] == "S4"
    assert after < before
    assert told["length_ms"][1] < told["length_ms"][0]


def test_a_schedule_decides_its_run_alone() -> None:
    schedule = schedule_of(2)
    assert run(schedule).digest == run(replace(schedule)).digest
    assert run(schedule).digest != run(replace(schedule, seed=3)).digest
