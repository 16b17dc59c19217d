"""Agents that join and leave a mesh while it runs."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from primacy_runtime import (
    Agent,
    AgentRole,
    ChangeRefused,
    CommandRefused,
    NotAccepted,
    OutcomeUnknown,
    RollChanged,
    SettingsError,
    WriteLost,
)
from tests.support.agents import (
    CALM,
    PATIENCE_S,
    RunningMesh,
    alone,
    run,
    started,
    until,
)


def parts(agent: Agent) -> tuple[str, str]:
    """Tell who votes and who follows, in the opinion of an agent."""
    health = agent.health()
    return " ".join(health.electors), " ".join(health.workers)


async def grown(mesh: RunningMesh) -> Agent:
    """Make dan an elector beside the three; give the leader."""
    leader = await mesh.leader()
    await mesh.join("dan", **CALM).start()
    await leader.admit("dan", mesh.where["dan"])
    await leader.promote("dan")
    return leader


@pytest.mark.clause("runtime.addresses")
def test_an_agent_joins_follows_votes_and_leaves(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader = await mesh.leader()
            await leader.propose("colour=red")
            dan = mesh.join("dan", **CALM)
            await dan.start()
            assert dan.health().electors == ("ada", "bob", "cyd")
            await leader.admit("dan", mesh.where["dan"])
            assert parts(leader) == ("ada bob cyd", "dan")
            assert await dan.read("colour") == "red"
            await leader.promote("dan")
            await until(lambda: parts(dan) == ("ada bob cyd dan", ""))
            assert await dan.propose("colour=blue") == "blue"
            await until(lambda: len(dan.health().connected) == 3)
            await leader.demote("dan")
            await leader.dismiss("dan")
            assert parts(leader) == ("ada bob cyd", "")
            rest = [one for name, one in mesh.agents.items() if name != "dan"]
            for one in rest:  # connections to it are closed
                await until(lambda one=one: parts(one)[1] == "")  # type: ignore[misc]  # bound at once
                assert "dan" not in one._life.transport.links  # type: ignore[union-attr]  # it lives
            assert await rest[0].read("colour") == "blue"

    run(work())


@pytest.mark.clause("runtime.addresses")
def test_a_joiner_needs_to_know_nobodys_address(tmp_path: Path) -> None:
    """Also when all initial leaders are gone."""

    async def work() -> None:
        mesh = RunningMesh(tmp_path, ["ada"])
        async with mesh.make("ada", **CALM) as ada:
            await ada.propose("colour=red")
            bob = mesh.join("bob", **CALM)
            await bob.start()
            await ada.admit("bob", mesh.where["bob"])
            await ada.replace(["bob"])
            await until(lambda: bob.token > 0)
            await bob.dismiss("ada")
        cyd = mesh.join("cyd", **CALM)
        await cyd.start()
        await bob.admit("cyd", mesh.where["cyd"])
        await bob.promote("cyd")
        assert await cyd.read("colour") == "red"
        assert parts(cyd) == ("bob cyd", "")
        await bob.stop()
        await cyd.stop()

    run(work())


def test_a_joiner_waits_and_disturbs_nobody(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader = await mesh.leader()
            term = leader.token
            dan = mesh.join("dan", peers=mesh.peers("dan"))
            await dan.start()
            await until(lambda: len(dan.health().connected) == 3)
            with pytest.raises(NotAccepted, match="no leader is known"):
                await dan.propose("x=1", timeout=1)
            assert dan.health().term == 0
            assert leader.token == term

    run(work())


def test_a_change_is_refused_in_one_sentence(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path, workers=["wim"]), **CALM) as mesh:
            leader = await mesh.leader()
            name = leader.health().agent
            other = next(one for one in mesh.agents.values() if one is not leader)
            lead = f"Cannot admit dan: this agent does not lead, {name} does."
            with pytest.raises(ChangeRefused) as refused:
                await other.admit("dan", "127.0.0.1:9")
            assert str(refused.value) == lead
            assert other.counts.requests["ChangeRefused"] == 1
            no_such = "a change that the present roll does not allow."
            for change, wish in (
                (leader.admit("wim", "127.0.0.1:9"), "admit wim"),
                (leader.promote(name), f"promote {name}"),
                (leader.promote("eve"), "promote eve"),
                (leader.demote("wim"), "demote wim"),
                (leader.dismiss(name), f"dismiss {name}"),
                (leader.dismiss("eve"), "dismiss eve"),
                (leader.replace([]), "replace the electorate by nobody"),
                (leader.replace(["eve", "ada"]), "replace the electorate by ada, eve"),
            ):
                with pytest.raises(ChangeRefused) as refused:
                    await change
                assert str(refused.value) == f"Cannot {wish}: {no_such}"
            assert leader.health().roll_index == 0

    run(work())


@pytest.mark.parametrize(
    ("call", "arguments", "sentence"),
    [
        ("admit", ("d n", "127.0.0.1:9"), "agent must be letters, digits"),
        ("admit", ("", "127.0.0.1:9"), "agent must be letters, digits"),
        ("admit", (7, "127.0.0.1:9"), "agent must be text, got 7"),
        ("admit", ("dan", "nowhere"), "address must be host:port"),
        ("admit", ("dan", "127.0.0.1:0"), "port from 1 to 65535"),
        ("promote", ("\ud800",), "agent must be letters, digits"),
        ("demote", (None,), "agent must be text, got None"),
        ("dismiss", ("d,n",), "agent must be letters, digits"),
        ("replace", ("ada",), "electors must be a collection of ids, got 'ada'"),
        ("replace", (None,), "electors must be a collection of ids, got None"),
        ("replace", (["ada", "b b"],), "electors must be letters, digits"),
    ],
)
def test_what_cannot_be_an_agent_or_an_address_is_refused_at_once(
    tmp_path: Path, call: str, arguments: tuple[Any, ...], sentence: str
) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            with pytest.raises(SettingsError, match=sentence) as refused:
                await getattr(agent, call)(*arguments)
            assert "\n" not in str(refused.value)

    run(work())


@pytest.mark.clause("runtime.text")
def test_an_id_that_no_packet_could_carry_is_refused(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            with pytest.raises(CommandRefused, match="at most 32768 characters"):
                await agent.admit("d" * 20_000, "127.0.0.1:9")
            assert agent.health().roll_index == 0

    run(work())


async def promoted(agent: Agent, name: str) -> None:
    """Ask for it in vain: the time may end while it is asked for once more."""
    for timeout in (1, 10, 100):
        with suppress(OutcomeUnknown):
            await agent.promote(name, timeout=timeout)


def test_an_agent_that_is_not_there_is_admitted_but_not_promoted(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            await agent.admit("dan", "127.0.0.1:9", timeout=PATIENCE_S)
            with pytest.raises(NotAccepted, match="alive and caught up"):
                await promoted(agent, "dan")
            assert await agent.propose("x=1") == "1"

    run(work())


def test_a_leader_that_is_demoted_hands_over_and_may_be_dismissed(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            first = await mesh.leader()
            name = first.health().agent
            await first.propose("colour=red")
            await first.demote(name)
            await until(lambda: first.token == 0)
            second = await mesh.leader()
            assert second is not first
            await until(lambda: parts(first)[1] == name)
            await second.dismiss(name)
            await first.stop()
            assert await second.read("colour") == "red"

    run(work())


def test_a_whole_electorate_is_replaced(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader = await mesh.leader()
            await leader.propose("colour=red")
            for name in ("dan", "eve", "fay"):
                await mesh.join(name, **CALM).start()
                await leader.admit(name, mesh.where[name])
            await leader.replace(["dan", "eve", "fay"])
            health = leader.health()
            assert health.electors == health.outgoing == ("dan", "eve", "fay")
            assert health.workers == ("ada", "bob", "cyd")
            assert health.is_roll_committed
            for name in mesh.first:
                await mesh.agents.pop(name).stop()
            after = await mesh.leader()
            assert await after.read("colour") == "red"
            assert await after.propose("colour=blue") == "blue"

    run(work())


@pytest.mark.clause("runtime.addresses")
def test_addresses_from_the_log_survive_a_restart_of_everybody(tmp_path: Path) -> None:
    async def work() -> None:
        mesh = RunningMesh(tmp_path, ["ada"])
        async with mesh.make("ada", **CALM) as ada:
            for name in ("bob", "cyd"):
                await mesh.join(name, **CALM).start()
                await ada.admit(name, mesh.where[name])
                await ada.promote(name)
            await ada.propose("colour=red")
            for name in ("bob", "cyd"):
                await mesh.agents[name].read("colour")
                await mesh.agents[name].stop()
        del mesh.agents["ada"]
        for name in ("bob", "cyd"):  # ada stays away: they know each other by the log
            await mesh.join(name, **CALM).start()
        leader = await mesh.leader()
        assert parts(leader) == ("ada bob cyd", "")
        assert await leader.read("colour") == "red"
        for name in ("bob", "cyd"):
            await mesh.agents[name].stop()

    run(work())


@pytest.mark.clause("runtime.acknowledge", "runtime.addresses")
def test_a_change_that_another_leader_undoes_is_lost(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            first = await mesh.leader()
            await first.propose("colour=red")
            first.cut()
            changing = first.admit("dan", "127.0.0.1:9", timeout=PATIENCE_S)
            waiting = asyncio.create_task(changing)
            await until(lambda: parts(first)[1] == "dan")
            assert not first.health().is_roll_committed
            assert "dan" in first._life.transport.links  # type: ignore[union-attr]  # it lives
            rest = [one for one in mesh.agents.values() if one is not first]
            await until(lambda: any(one.token for one in rest))
            assert await rest[0].propose("colour=blue") == "blue"
            first.cut(False)
            with pytest.raises(WriteLost, match="another leader's entry stands"):
                await waiting
            assert parts(first) == ("ada bob cyd", "")
            assert "dan" not in first._life.transport.links  # type: ignore[union-attr]  # it lives

    run(work())


def test_a_change_that_may_yet_be_applied_says_so(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader = await mesh.leader()
            await leader.propose("colour=red")
            leader.cut()
            with pytest.raises(OutcomeUnknown, match="change was not decided"):
                await leader.admit("dan", "127.0.0.1:9", timeout=1)

    run(work())


def test_health_metrics_and_events_show_the_members(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            events = agent.events()
            await agent.propose("x=1")
            before = agent.health()
            assert (before.electors, before.outgoing) == (("ada",), ("ada",))
            assert (before.workers, before.roll_index) == ((), 0)
            await agent.admit("dan", "127.0.0.1:9")
            after = agent.health()
            assert (after.electors, after.workers) == (("ada",), ("dan",))
            assert (after.roll_index, after.is_roll_committed) == (3, True)
            json.dumps([after.electors, after.workers])
        changes = [event async for event in events if isinstance(event, RollChanged)]
        (change,) = changes
        assert change.before.workers.members == ()
        assert change.after.workers.members == ("dan",)

    run(work())


@pytest.mark.clause("runtime.own-id")
def test_a_lost_disk_is_replaced_by_a_new_agent_step_by_step(tmp_path: Path) -> None:
    """The steps of 'A lost disk' in docs/runtime.md."""

    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            await lose_a_disk(mesh)
            leader = await mesh.leader()
            await leader.demote("cyd")
            await leader.dismiss("cyd")
            await mesh.join("dan", **CALM).start()
            await leader.admit("dan", mesh.where["dan"])
            await leader.promote("dan")
            await survives(mesh, leader)

    run(work())


def test_a_lost_disk_is_replaced_by_a_new_agent_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            await lose_a_disk(mesh)
            leader = await mesh.leader()
            await mesh.join("dan", **CALM).start()
            await leader.admit("dan", mesh.where["dan"])
            await leader.replace(["ada", "bob", "dan"])
            await leader.dismiss("cyd")
            await survives(mesh, leader)

    run(work())


async def lose_a_disk(mesh: RunningMesh) -> None:
    """Have cyd end, and its disk be gone; the rest goes on."""
    leader = await mesh.leader()
    await leader.propose("colour=red")
    await mesh.agents["cyd"].stop()
    (mesh.folder / "mesh.cyd.sqlite3").unlink()
    del mesh.agents["cyd"]
    leader = await mesh.leader()
    assert await leader.propose("size=1") == "1"


async def survives(mesh: RunningMesh, leader: Agent) -> None:
    """See that writes go on, also when one of the old agents ends."""
    dan = mesh.agents["dan"]
    await until(lambda: parts(dan) == ("ada bob dan", ""))
    assert await dan.propose("colour=blue") == "blue"
    await leader.stop()
    after = await mesh.leader()
    assert await after.propose("size=2") == "2"
    assert [await dan.read("colour"), await dan.read("size")] == ["blue", "2"]


def test_writes_go_on_while_members_change(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader, written = await mesh.leader(), 0
            is_over = asyncio.Event()

            async def write() -> None:
                nonlocal written
                while not is_over.is_set():
                    await leader.propose(f"key-{written}={written}")
                    written += 1

            writing = asyncio.create_task(write())
            await grown(mesh)
            await leader.demote("dan")
            await leader.dismiss("dan")
            is_over.set()
            await writing
            assert written
            for number in range(written):
                assert await leader.read(f"key-{number}") == str(number)

    run(work())


@pytest.mark.clause("runtime.own-id")
def test_an_agent_that_left_may_come_back_with_its_disk_and_another_address(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader = await grown(mesh)
            await leader.demote("dan")
            await leader.dismiss("dan")
            await mesh.agents["dan"].stop()
            mesh.move("dan")
            await mesh.join("dan", **CALM).start()
            await leader.admit("dan", mesh.where["dan"])
            await leader.promote("dan")
            await until(lambda: parts(mesh.agents["dan"]) == ("ada bob cyd dan", ""))

    run(work())


def test_a_joiner_may_be_told_no_addresses_and_members_may_not() -> None:
    peers = {"ada": None, "bob": "127.0.0.1:9", "cyd": None}
    told = Agent("mesh", "dan", role=AgentRole.JOINER, peers=peers)._given
    assert told.config.initial_leaders.members == ("ada", "bob", "cyd")
    assert told.config.workers.members == ()
    assert [*told.peers] == ["bob"]
    with pytest.raises(SettingsError, match="must have an address for 'ada', got None"):
        Agent("mesh", "dan", peers=peers, workers=["bob"])
    with pytest.raises(SettingsError, match=r"must be False for AgentRole\.JOINER"):
        Agent("mesh", "dan", role=AgentRole.JOINER, peers=peers, is_initial_leader=True)
    with pytest.raises(SettingsError, match="at least one agent, got none"):
        Agent("mesh", "dan", role=AgentRole.JOINER)
