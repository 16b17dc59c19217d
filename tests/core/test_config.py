"""Configuration: what cannot work is refused, in one sentence."""

import pytest

from primacy.agents import NO_AGENTS, AgentSet
from primacy.config import Config, ConfigError, EvenElectorateWarning, agents
from primacy.electorate import Roll
from primacy.types import NO_INDEX, NO_TERM, AgentId

ABC = agents("a", "b", "c")


def config(
    mesh_id: str = "m",
    agent_id: str = "a",
    initial_leaders: AgentSet = ABC,
    workers: AgentSet = NO_AGENTS,
    *,
    heartbeat_interval_ms: int = 10,
    election_timeout_ms: int = 100,
    leader_timeout_ms: int = 150,
    lease_ms: int = 0,
    clock_drift_ppm: int = 0,
    batch: int = 64,
) -> Config:
    return Config(
        mesh_id,
        agent_id,
        initial_leaders,
        workers,
        heartbeat_interval_ms,
        election_timeout_ms,
        leader_timeout_ms,
        lease_ms,
        clock_drift_ppm,
        batch,
    )


@pytest.mark.clause("config.identity")
def test_identity_of_a_mesh_is_its_name_and_its_initial_leaders() -> None:
    mine = config(workers=agents("w"))
    assert mine.mesh == "m(a,b,c)"
    assert mine.mesh == config(agent_id="b").mesh
    assert mine.mesh != config(mesh_id="n").mesh
    assert mine.mesh != config(initial_leaders=agents("a", "b", "d")).mesh


@pytest.mark.clause("config.identity")
def test_configuration_knows_the_first_roll() -> None:
    mine = config(workers=agents("w"))
    assert mine.me == AgentId("a")
    assert mine.first_roll == Roll(ABC, ABC, agents("w"), NO_INDEX, NO_TERM)
    assert mine.is_initial_leader
    assert not config(agent_id="w", workers=agents("w")).is_initial_leader


@pytest.mark.clause("config.timeouts")
def test_defaults_are_those_of_the_seed() -> None:
    plain = Config("m", "a", ABC)
    assert (
        plain.heartbeat_interval_ms,
        plain.election_timeout_ms,
        plain.leader_timeout_ms,
        plain.lease_ms,
    ) == (5_000, 10_000, 15_000, 0)


@pytest.mark.clause("config.names")
@pytest.mark.parametrize("name", ["", "a b", "a,b", "é", "a/b", "a\n", "m(a)"])
def test_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="mesh_id must be letters"):
        config(mesh_id=name)
    with pytest.raises(ConfigError, match="agent_id must be letters"):
        config(agent_id=name)
    with pytest.raises(ConfigError, match="initial_leaders must be named by"):
        config(initial_leaders=agents("a", "b", name))
    with pytest.raises(ConfigError, match="workers must be named by"):
        config(workers=agents(name))


@pytest.mark.clause("config.names")
def test_names_may_hold_letters_digits_and_three_marks() -> None:
    name = "Node-7_eu.west"
    assert config(name, name, agents(name)).mesh == f"{name}({name})"


@pytest.mark.clause("config.unique")
def test_name_given_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be unique, got 'b' twice"):
        agents("a", "b", "b")
    twice = AgentSet((AgentId("a"), AgentId("a"), AgentId("b")))
    unordered = AgentSet((AgentId("c"), AgentId("b"), AgentId("a")))
    for group in (twice, unordered):
        with pytest.raises(ConfigError, match="initial_leaders must be unique"):
            config(initial_leaders=group)
        with pytest.raises(ConfigError, match="workers must be unique"):
            config(initial_leaders=agents("x"), agent_id="x", workers=group)


@pytest.mark.clause("config.initial-leaders")
def test_mesh_without_initial_leaders_is_refused() -> None:
    with pytest.raises(ConfigError, match="initial_leaders must name at least one"):
        config(initial_leaders=NO_AGENTS, workers=agents("a"))


@pytest.mark.clause("config.one-part")
def test_agent_is_an_initial_leader_or_a_worker() -> None:
    with pytest.raises(ConfigError, match="got 'b' as both"):
        config(workers=agents("b", "w"))


@pytest.mark.clause("config.one-part")
def test_agent_may_be_in_neither_list() -> None:
    outsider = config(agent_id="z", workers=agents("w"))
    assert not outsider.is_initial_leader
    assert not outsider.first_roll.members.has(outsider.me)
    assert outsider.mesh == config().mesh


@pytest.mark.clause("config.counts")
def test_counts_have_a_least_value() -> None:
    with pytest.raises(ConfigError, match="heartbeat_interval_ms must be at least 1"):
        config(heartbeat_interval_ms=0)
    with pytest.raises(ConfigError, match="lease_ms must be at least 0, got -1"):
        config(lease_ms=-1)
    with pytest.raises(ConfigError, match="clock_drift_ppm must be at least 0"):
        config(clock_drift_ppm=-1)
    with pytest.raises(ConfigError, match="batch must be at least 1, got 0"):
        config(batch=0)
    config(heartbeat_interval_ms=1, batch=1)


@pytest.mark.clause("config.timeouts")
def test_timeouts_are_in_order() -> None:
    with pytest.raises(ConfigError, match=r"above heartbeat_interval_ms .10., got 10"):
        config(election_timeout_ms=10)
    with pytest.raises(ConfigError, match=r"at least election_timeout_ms .* got 99"):
        config(leader_timeout_ms=99)
    with pytest.raises(ConfigError, match=r"twice heartbeat_interval_ms .10., got 19"):
        config(election_timeout_ms=11, leader_timeout_ms=19)
    config(election_timeout_ms=11, leader_timeout_ms=20)


@pytest.mark.clause("config.counts")
@pytest.mark.parametrize("number", [float("nan"), 1.5, True, "5", None])
def test_what_is_no_whole_number_is_refused(number: object) -> None:
    for name in ("heartbeat_interval_ms", "lease_ms", "batch"):
        given: dict[str, object] = {name: number}
        with pytest.raises(ConfigError, match=f"{name} must be a whole number, got"):
            Config("m", "a", ABC, **given)  # type: ignore[arg-type] # on purpose


@pytest.mark.clause("config.names")
def test_what_is_no_text_and_no_set_is_refused() -> None:
    with pytest.raises(ConfigError, match="agent_id must be text, got 7"):
        Config("m", 7, ABC)  # type: ignore[arg-type] # on purpose
    with pytest.raises(ConfigError, match=r"initial_leaders must be a set made by"):
        Config("m", "a", ("a", "b", "c"))  # type: ignore[arg-type] # on purpose
    with pytest.raises(ConfigError, match="agent ids must be text, got 1"):
        agents(1)  # type: ignore[arg-type] # on purpose


@pytest.mark.clause("config.drift")
def test_clock_drift_is_stated_where_there_is_a_lease() -> None:
    with pytest.raises(ConfigError, match="clock_drift_ppm must be stated"):
        config(lease_ms=50)
    with pytest.raises(ConfigError, match="must be below 1000000, got 1000000"):
        config(clock_drift_ppm=1_000_000)
    config(clock_drift_ppm=999_999)


@pytest.mark.clause("config.lease")
def test_lease_lies_within_the_promise_for_the_drift() -> None:
    longest = 100 * 999_000 // 1_001_000
    config(lease_ms=longest, clock_drift_ppm=1_000)
    with pytest.raises(ConfigError, match=f"at most {longest} .* got {longest + 1}"):
        config(lease_ms=longest + 1, clock_drift_ppm=1_000)


@pytest.mark.clause("config.even-electorate")
def test_even_electorate_is_warned_of() -> None:
    said = "4 initial leaders tolerate no more failures than 3: an odd number is better"
    with pytest.warns(EvenElectorateWarning) as warned:
        Config("m", "a", agents("a", "b", "c", "d"))
    (warning,) = warned
    assert (str(warning.message), warning.filename) == (said, __file__)
    config(initial_leaders=ABC, workers=agents("v", "w"))


@pytest.mark.clause("config.identity", "state.value")
def test_derived_fields_follow_from_the_given_ones() -> None:
    assert config() == config()
    assert hash(config()) == hash(config())
    assert config() != config(agent_id="b")
