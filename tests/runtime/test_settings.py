"""The settings of an agent: seconds and addresses, refused in one sentence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from primacy_runtime import Agent, AgentRole, SettingsError
from primacy_runtime.mesh_file import agent, read_mesh_file
from primacy_runtime.settings import Address, address
from tests.support.mesh_files import MESH_OF_THREE

PEERS = {"bob": "127.0.0.1:7001", "wim": "127.0.0.1:7002"}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"role": "active"},
            "role must be one of AgentRole.ACTIVE, AgentRole.WORKER, AgentRole.JOINER",
        ),
        ({"is_initial_leader": False}, "must be True for AgentRole.ACTIVE"),
        (
            {"role": AgentRole.WORKER, "is_initial_leader": True},
            "must be False for AgentRole.WORKER",
        ),
        ({"peers": ["bob"]}, "peers must map the ids"),
        ({"peers": {"ada": "127.0.0.1:1"}}, "must name the other agents alone"),
        ({"peers": {**PEERS, "bob": "nowhere"}}, r"peers\['bob'\] must be host:port"),
        ({"peers": {**PEERS, "bob": "127.0.0.1:0"}}, "port from 1 to 65535"),
        ({"peers": {**PEERS, "b b": "127.0.0.1:1"}}, "letters, digits"),
        ({"workers": "wim"}, "must be a collection of ids"),
        ({"workers": ["eve"]}, "workers must be among peers, got 'eve'"),
        ({"workers": ["ada"]}, "must not name an agent of AgentRole.ACTIVE"),
        ({"role": AgentRole.WORKER, "peers": {}}, "at least one agent, got none"),
        ({"listen": "127.0.0.1"}, "listen must be host:port"),
        ({"listen": "127.0.0.1:65536"}, "listen must be host:port"),
        ({"metrics": "x"}, "metrics must be host:port"),
        ({"heartbeat_interval": 0}, "heartbeat_interval must be a number of seconds"),
        ({"heartbeat_interval": "5"}, "got '5'"),
        ({"heartbeat_interval": True}, "got True"),
        ({"election_timeout": float("nan")}, "got nan"),
        ({"leader_timeout": 5000_000}, "from 0.001 to 604800"),
        ({"election_timeout": 4.0}, r"above heartbeat_interval_ms \(5000\), got 4000"),
        ({"lease": 9.0}, "clock_drift_ppm must be stated"),
        ({"lease": 10.0, "clock_drift_ppm": 100}, "lease_ms must be at most 9998"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"request_timeout": -1}, "request_timeout must be a number of seconds"),
        ({"agent_id": ""}, "agent_id must be letters"),
        ({"agent_id": ["ada"]}, r"agent_id must be text, got \['ada'\]"),
        ({"workers": None}, "workers must be a collection of ids, got None"),
        ({"leader_timeout": 10**400}, "leader_timeout must be a number of seconds"),
        ({"request_timeout": 10**400}, "request_timeout must be a number of"),
        ({"folder": None}, "folder must be a path, got None"),
        ({"machine": {}}, "machine must have a method apply"),
        ({"machine": type("Half", (), {"apply": print})()}, "a method answer"),
        ({"tls": "authority.pem"}, "tls must be a Tls, got 'authority.pem'"),
        ({"metrics": ""}, "metrics must be host:port"),
        ({"clock": 1.0}, "clock must be a Clock, got 1.0"),
        ({"record": "traces"}, "record must be a function, got 'traces'"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(
    settings: Mapping[str, Any], sentence: str
) -> None:
    told: dict[str, Any] = {
        "mesh_id": "mesh",
        "agent_id": "ada",
        "peers": {**PEERS, "cyd": "127.0.0.1:7003"},
        "workers": ["wim"],
    }
    if "peers" in settings:
        told["workers"] = []
    with pytest.raises(SettingsError, match=sentence) as error:
        Agent(**{**told, **settings})
    assert "\n" not in str(error.value)


def test_the_defaults_are_those_of_the_seed_and_work() -> None:
    config = Agent("my-mesh", "agent-1")._given.config
    assert config.heartbeat_interval_ms == 5_000
    assert config.election_timeout_ms == 10_000
    assert config.leader_timeout_ms == 15_000
    assert config.lease_ms == 0


def test_parts_follow_from_roles_and_peers() -> None:
    told = Agent("mesh", "wim2", role=AgentRole.WORKER, peers=PEERS, workers=["wim"])
    config = told._given.config
    assert config.initial_leaders.members == ("bob",)
    assert config.workers.members == ("wim", "wim2")


def test_an_address_may_be_a_name_or_of_version_6() -> None:
    assert address("x", "host.example:80") == Address("host.example", 80)
    assert address("x", "[::1]:80") == Address("::1", 80)
    assert str(Address("::1", 80)) == "[::1]:80"
    assert Address("::1", 80).is_loopback
    assert Address("127.8.0.1", 80).is_loopback
    assert not Address("10.0.0.1", 80).is_loopback
    for wrong in (
        "::1:80",
        "[::1]",
        ":80",
        "a:+8",
        "a:²",
        80,
        None,
        "x" * 64 + ":80",
        "a..b:80",
        "\0:80",
    ):
        with pytest.raises(SettingsError):
            address("x", wrong)


def test_one_file_tells_every_agent(tmp_path: Path) -> None:
    (tmp_path / "mesh.toml").write_text(MESH_OF_THREE)
    told = read_mesh_file(tmp_path / "mesh.toml")
    ada, bob, wim = (agent(told, name)._given for name in ("ada", "bob", "wim"))
    assert ada.config.mesh == bob.config.mesh == wim.config.mesh == "mesh(ada,bob,cyd)"
    assert not wim.config.is_initial_leader
    assert ada.config.leader_timeout_ms == 1_000
    assert ada.path == Path("of-ada/mesh.ada.sqlite3")
    assert bob.path == Path("primacy-data/mesh.bob.sqlite3")
    assert (ada.metrics, bob.metrics) == (Address("127.0.0.1", 0), None)
    assert bob.listen == Address("::", 7000)
    assert ada.peers["bob"] == Address("bob.example", 7000)
    assert (ada.advertise, bob.advertise) == (None, Address("bob.example", 7000))
    tls = '[tls]\nauthority = "ca"\ncertificate = "{agent}.pem"\nkey = "{agent}.key"\n'
    (tmp_path / "mesh.toml").write_text(MESH_OF_THREE + tls)
    safe = agent(read_mesh_file(tmp_path / "mesh.toml"), "ada")._given.tls
    assert safe is not None
    assert (str(safe.certificate), str(safe.key)) == ("ada.pem", "ada.key")


def test_a_joiner_has_a_table_that_the_others_do_not_heed(tmp_path: Path) -> None:
    joiner = '[agents.dan]\naddress = "127.0.0.1:7004"\nrole = "joiner"\n'
    (tmp_path / "mesh.toml").write_text(MESH_OF_THREE + joiner)
    told = read_mesh_file(tmp_path / "mesh.toml")
    ada, dan = (agent(told, name)._given for name in ("ada", "dan"))
    for one in (ada, dan):
        assert one.config.initial_leaders.members == ("ada", "bob", "cyd")
        assert one.config.workers.members == ("wim",)
        assert "dan" not in one.peers
    assert [*dan.peers] == ["ada", "bob", "cyd", "wim"]
    assert dan.listen == Address("127.0.0.1", 7004)


def test_a_file_says_after_how_many_entries_snapshots_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "mesh.toml"
    for line, every in (
        ("", 10_000),
        ("snapshot_every = 7", 7),
        ("snapshot_every = 0", 0),
    ):
        file.write_text(f"{line}\n{MESH_OF_THREE}")
        assert agent(read_mesh_file(file), "ada")._given.snapshot_every == every


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("[agents.ada]", "[agents.ada", "must be TOML"),
        ('mesh_id = "mesh"', "", "mesh_id must be text, got nothing"),
        ('mesh_id = "mesh"', "mesh_id = 7", "mesh_id must be text, got 7"),
        ("leader_timeout", "leadertimeout", "no keys but .*got 'leadertimeout'"),
        ("leader_timeout = 1", "leader_timeout = '1'", "a number of seconds, got '1'"),
        ("leader_timeout = 1", "batch = true", "batch must be a whole number"),
        (
            "leader_timeout = 1",
            "snapshot_every = '1'",
            "snapshot_every must be a whole",
        ),
        ("leader_timeout = 1", "snapshot_every = -1", "snapshot_every must be a whole"),
        ("role =", "roles =", "agents.wim must have no keys but .*got 'roles'"),
        (
            '"worker"',
            '"leader"',
            "agents.wim.role must be one of 'active', 'worker', 'joiner'",
        ),
        ('address = "bob.example:7000"', "", "agents.bob.address must be text"),
        ("[agents.ada]", "[agents.eve]", "agent_id must be one of eve, bob, cyd, wim"),
        ("[agents.wim]", "[tls]", "tls must have no keys but"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_sentence(
    tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    assert before in MESH_OF_THREE
    (tmp_path / "mesh.toml").write_text(MESH_OF_THREE.replace(before, after))
    with pytest.raises(SettingsError, match=sentence):
        agent(read_mesh_file(tmp_path / "mesh.toml"), "ada")
