"""What a mutation run over core showed to be untested: exact answers and words.

A test here fails for a mutant of docs/mutants.md, section mutmut, that lived before.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

from primacy.agents import AgentSet
from primacy.config import Config, ConfigError, EvenElectorateWarning, agents
from primacy.dispatch import step
from primacy.outputs import Send
from primacy.reads import has_lease
from primacy.types import Instant, Term
from tests.support.builders import (
    a_follower,
    a_leader,
    config,
    pre_vote_request,
    received,
)

ABC = agents("a", "b", "c")


@pytest.mark.clause("vote.stale-term", "vote.refusal-answered")
def test_a_pre_vote_of_a_stale_term_is_refused_and_not_left_open() -> None:
    _, outputs = step(a_follower(term=3), received(pre_vote_request(term=2)))
    (answer,) = (each.packet for each in outputs if isinstance(each, Send))
    assert getattr(answer, "granted", None) is False


@pytest.mark.clause("lease.leader-only")
def test_the_shortest_lease_is_a_lease() -> None:
    given = config("a", lease_ms=1, clock_drift_ppm=1)
    leader = a_leader(
        term=Term(1), terms=(1,), commit=1, rounds=1, confirmed=1, given=given
    )
    lead = replace(leader.leadership, lease_until=Instant(1))
    assert has_lease(replace(leader, leadership=lead), Instant(0))


@pytest.mark.parametrize("name", ["mesh_id", "agent_id", "initial_leaders", "workers"])
def test_what_is_of_the_wrong_type_is_named(name: str) -> None:
    given: dict[str, object] = {
        "mesh_id": "m",
        "agent_id": "a",
        "initial_leaders": ABC,
        "workers": AgentSet(),
    }
    with pytest.raises(ConfigError, match=rf"^{name} must be .*, got 7$"):
        Config(**(given | {name: 7}))  # type: ignore[arg-type] # that is the point


@pytest.mark.parametrize(
    "name",
    [
        "heartbeat_interval_ms",
        "election_timeout_ms",
        "leader_timeout_ms",
        "lease_ms",
        "clock_drift_ppm",
        "batch",
    ],
)
def test_a_number_that_is_none_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} must be a whole number, got None"):
        Config("m", "a", ABC, **{name: None})  # type: ignore[arg-type] # that is the point


@pytest.mark.clause("config.initial-leaders")
def test_a_mesh_without_initial_leaders_is_told_in_one_sentence() -> None:
    with pytest.raises(
        ConfigError, match=r"^initial_leaders must name at least one agent, got none$"
    ):
        Config("m", "a", AgentSet(), agents("a"))


@pytest.mark.clause("config.drift")
def test_a_lease_without_a_drift_is_told_in_one_sentence() -> None:
    told = (
        r"^clock_drift_ppm must be stated \(at least 1\) where lease_ms is above 0, "
        r"got 0$"
    )
    with pytest.raises(ConfigError, match=told):
        Config("m", "a", ABC, lease_ms=1)


@pytest.mark.clause("config.even-electorate")
def test_the_warning_of_an_even_electorate_says_what_it_tolerates_and_where() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Config("m", "a", agents("a", "b", "c", "d"))
    (told,) = caught
    assert told.category is EvenElectorateWarning
    assert str(told.message) == (
        "4 initial leaders tolerate no more failures than 3: an odd number is better"
    )
    assert told.filename == __file__
