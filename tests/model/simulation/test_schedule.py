"""A schedule is written and read without loss, and refused if it cannot be."""

from __future__ import annotations

import json

import pytest

from primacy_model.simulation.outcome import RunCounts, RunOutcome
from primacy_model.simulation.schedule import (
    BEYOND,
    FAULTS,
    BadScheduleError,
    Fault,
    Schedule,
    parse_schedule,
    render_schedule,
)
from primacy_model.simulation.schedule_gen import Wish, schedule_of
from primacy_model.simulation.shrinking import _candidates


@pytest.mark.parametrize("seed", range(20))
def test_a_schedule_is_read_back_equal(seed: int) -> None:
    schedule = schedule_of(seed, Wish(faults=(*FAULTS, *BEYOND)))
    assert parse_schedule(render_schedule(schedule)) == schedule


def test_a_schedule_without_faults_is_read_back_equal() -> None:
    schedule = schedule_of(0, Wish(faults=()))
    assert schedule.faults == ()
    assert parse_schedule(render_schedule(schedule)) == schedule


def test_every_kind_of_fault_is_drawn_for_some_seed() -> None:
    drawn = {kind for seed in range(60) for kind in schedule_of(seed).kinds}
    assert drawn == set(FAULTS)


def test_a_wish_narrows_what_is_drawn() -> None:
    schedule = schedule_of(0, Wish(agents=9, faults=("kill",), length_ms=7_000))
    assert (schedule.electors, schedule.workers, schedule.length_ms) == (9, 0, 7_000)
    assert schedule.kinds == {"kill"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"electors": 0}, "electors must be from 1 to 101, got 0"),
        ({"electors": 100, "workers": 2}, "at most 101 together, got 102"),
        ({"electors": 100, "newcomers": 2}, "at most 101 together, got 102"),
        ({"newcomers": -1}, "newcomers must be from 0 to 100, got -1"),
        ({"loss": 1_001}, "loss must be from 0 to 1000, got 1001"),
        ({"shape": "normal"}, "shape must be constant, uniform, lognormal"),
        ({"rates_ppm": [1]}, "rates_ppm must be none, or one for each agent"),
        ({"rates_ppm": [0, 0, 1_001]}, "within 1000 ppm"),
        ({"heartbeat_ms": 300}, "no agent can be configured so: election_timeout_ms"),
        ({"electors": "3"}, "electors must be int, got '3'"),
        ({"electors": True}, "electors must be int, got True"),
        ({"colour": 1}, "no field is named 'colour'"),
        ({"format": 2}, "a schedule must have format 1"),
        ({"format": True}, "a schedule must have format 1"),
        ({"format": 1.0}, "a schedule must have format 1"),
        ({"seed": -1}, "seed must be from 0 to 1000000000000000000, got -1"),
        ({"faults": 3}, "faults must be a list"),
        ({"faults": [3]}, "expected an object with fields, got 3"),
        ({"faults": [{"kind": "crash"}]}, "at_ms is missing"),
        ({"faults": [{"kind": "x", "at_ms": 1, "lasts_ms": 1}]}, "got 'x'"),
        ({"faults": [{"kind": "crash", "at_ms": -1, "lasts_ms": 1}]}, "at_ms of a"),
        (
            {"faults": [{"kind": "crash", "at_ms": 20_000, "lasts_ms": 1}]},
            "must be less than length_ms, when all is healed: 20000, got 20000",
        ),
        (
            {"length_ms": 0, "faults": [{"kind": "crash", "at_ms": 0, "lasts_ms": 1}]},
            "at_ms of a crash must be less than length_ms",
        ),
        (
            {"faults": [{"kind": "crash", "at_ms": 1, "lasts_ms": 1, "who": ["n9"]}]},
            "n000 to n002, got 'n9'",
        ),
        (
            {
                "faults": [
                    {
                        "kind": "crash",
                        "at_ms": 1,
                        "lasts_ms": 1,
                        "who": ["n000", "n000"],
                    }
                ]
            },
            "a fault must befall each agent once, got 2 names of 1 agents",
        ),
    ],
)
def test_what_is_no_schedule_is_refused_in_one_sentence(
    changes: dict[str, object], said: str
) -> None:
    whole = {"format": 1, "seed": 0, "electors": 3}
    assert parse_schedule(json.dumps(whole)) == Schedule(seed=0, electors=3)
    with pytest.raises(BadScheduleError) as refused:
        parse_schedule(json.dumps({**whole, **changes}))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 200_000, "it is nested too deeply"),
        ('{"format": 1, "electors": 3, "seed": ' + "9" * 6_000 + "}", "got 6000"),
        ('{"format": 1, "electors": 3, "seed": 0, "seed": 1}', "'seed' stands twice"),
    ],
)
def test_a_text_that_json_allows_and_nobody_writes_is_refused(
    text: str, said: str
) -> None:
    with pytest.raises(BadScheduleError) as refused:
        parse_schedule(text)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"seed": 0}', '{"format": 1}'])
def test_a_text_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadScheduleError):
        parse_schedule(text)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(0, "partition", 1), "names in who of a partition must be from 1 to 101"),
        (Fault(0, "hub", 1), "names in who of a hub must be from 1 to 101, got 0"),
        (Fault(0, "skew", 1), "names in who of a skew must be from 1 to 101, got 0"),
        (Fault(0, "link", 1, ("n000",)), "who of a link must be 2, got 1"),
        (Fault(0, "link", 1, ("n000", "n001", "n002")), "must be 2, got 3"),
        (Fault(0, "power", 1, ("n000",)), "who of a power must be 0, got 1"),
        (Fault(0, "transfer", 1, ("n000",)), "who of a transfer must be 0, got 1"),
        (Fault(0, "kill", 1, (), 1), "amount of a kill must be 0, got 1"),
        (Fault(0, "midway", 1, ("n000",)), "who of a midway must be 0, got 1"),
        (Fault(0, "admit", 0, ("n000", "n001")), "of an admit must be from 0 to 1"),
        (Fault(0, "demote", 0, (), 2), "of a demote must be from 0 to 1, got 2"),
        (Fault(0, "renew", 0, (), 2), "of a renew must be from 0 to 1, got 2"),
        (Fault(0, "promote", 0, ("x000",)), "n000 to n002, got 'x000'"),
        (Fault(0, "oneway", 1, ("n000",), 2), "oneway must be from 0 to 1, got 2"),
        (Fault(0, "loss", 1, (), 1_001), "loss must be from 0 to 1000, got 1001"),
        (Fault(0, "slow", 1), "amount of a slow must be from 1 to 1000, got 0"),
    ],
)
def test_what_a_fault_would_not_look_at_is_refused(fault: Fault, said: str) -> None:
    with pytest.raises(BadScheduleError) as refused:
        Schedule(seed=0, electors=3, faults=(fault,))
    assert said in str(refused.value)


@pytest.mark.parametrize("agents", [None, 1, 2, 9])
def test_what_is_drawn_or_made_smaller_is_never_refused(agents: int | None) -> None:
    """A candidate that could not be made would end the shrinking."""
    for seed in range(25):
        schedule = schedule_of(seed, Wish(agents, (*FAULTS, *BEYOND)))
        middle = schedule.length_ms * 500
        outcome = RunOutcome(seed, "S1", "", middle, None, RunCounts(), "")
        for number, candidate in enumerate(_candidates(schedule, outcome)):
            assert candidate.kinds <= schedule.kinds
            if number % 10 == 0:
                assert parse_schedule(render_schedule(candidate)) == candidate


def test_who_may_come_stands_behind_all_others_and_may_be_left_out() -> None:
    admit, crash = Fault(0, "admit", 0, ("x001",)), Fault(0, "crash", 1, ("n001",))
    rates = (1, 2, 3, 4, 5, 6)
    schedule = Schedule(
        seed=0,
        electors=3,
        workers=1,
        newcomers=2,
        rates_ppm=rates,
        faults=(admit, crash),
    )
    assert schedule.names == ("n000", "n001", "n002", "n003", "x000", "x001")
    assert [config.workers.members for config in schedule.configs()] == [("n003",)] * 6
    outcome = RunOutcome(0, "S1", "", 0, None, RunCounts(), "")
    smaller = {
        (each.workers, each.newcomers): (each.rates_ppm, each.faults)
        for each in _candidates(schedule, outcome)
        if each.electors == 3 and each.clients == 3 and each.length_ms == 20_000
    }
    assert smaller[1, 1] == (rates[:5], (crash,))
    assert smaller[1, 0] == (rates[:4], (crash,))
    assert smaller[0, 2] == ((1, 2, 3, 5, 6), (admit, crash))


def test_a_link_that_loses_an_end_is_left_out_of_a_smaller_mesh() -> None:
    link = Fault(0, "link", 1, ("n000", "n004"))
    rest = Fault(0, "partition", 1, ("n000", "n004"))
    schedule = Schedule(seed=0, electors=5, faults=(link, rest))
    outcome = RunOutcome(0, "S1", "", 0, None, RunCounts(), "")
    smaller = {
        candidate.faults
        for candidate in _candidates(schedule, outcome)
        if candidate.electors == 3
    }
    assert smaller == {(Fault(0, "partition", 1, ("n000",)),)}


def test_a_fault_of_nobody_known_cannot_be_made() -> None:
    with pytest.raises(BadScheduleError):
        Schedule(seed=0, electors=3, faults=(Fault(0, "crash", 1, ("x",)),))
