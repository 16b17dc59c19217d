"""Who leads, for how long, and what becomes of writes when that changes."""

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from primacy import Observation
from primacy_runtime import (
    Agent,
    Clock,
    NotAccepted,
    NotFresh,
    PartitionHealed,
    PartitionSuspected,
    RequestError,
    RoleChanged,
    TransferFailed,
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


def test_another_leader_is_elected_and_nothing_acknowledged_is_lost(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path)) as mesh:
            first = await mesh.leader()
            await first.propose("colour=red")
            term = first.token
            await first.stop()
            second = await mesh.leader()
            assert second.token > term
            assert await second.read("colour") == "red"
            await second.propose("colour=blue")
            again = mesh.make(first.health().agent)  # from its disk
            await again.start()
            assert await again.read("colour") == "blue"
            await until(lambda: again.health().role == "follower")

    run(work())


def test_without_a_quorum_nothing_is_written_and_nothing_is_read(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        async with mesh.make("ada") as agent:
            with pytest.raises(NotAccepted, match=r"within 1 s .no leader is known"):
                await agent.propose("colour=red", timeout=1)
            with pytest.raises(NotFresh, match=r"within 1 s .no leader is known"):
                await agent.read("colour", timeout=1)
            with pytest.raises(TransferFailed, match="no leader is known"):
                await agent.transfer("bob", timeout=PATIENCE_S)

    run(work())


@pytest.mark.clause("runtime.acknowledge")
def test_a_write_that_another_leader_has_overwritten_is_told_to_be_lost(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            first = await mesh.leader()
            first.cut()
            writing = first.propose("colour=red", timeout=PATIENCE_S)
            waiting = asyncio.create_task(writing)
            rest = [one for one in mesh.agents.values() if one is not first]
            await until(lambda: any(one.token for one in rest))
            assert await rest[0].propose("colour=blue") == "blue"
            first.cut(False)
            with pytest.raises(WriteLost, match="another leader's entry stands"):
                await waiting
            assert await first.read("colour") == "blue"

    run(work())


def test_a_leader_that_is_cut_off_steps_down_and_comes_back(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path)) as mesh:
            first = await mesh.leader()
            events = first.events()
            first.cut()
            await until(lambda: first.health().is_cut_off)
            assert first.token == 0
            first.cut(False)
            await mesh.leader()
            await until(lambda: not first.health().is_cut_off)
        seen = [type(event) async for event in events]  # it ends with the agent
        assert seen.index(PartitionSuspected) < seen.index(PartitionHealed)
        assert RoleChanged in seen
        assert first.counts.partitions_suspected >= 1

    run(work())


def test_every_kind_of_event_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        seen: set[type] = set()

        async def listen(agent: Agent) -> None:
            async for event in agent.events():
                seen.add(type(event))

        async with started(RunningMesh(tmp_path)) as mesh:
            listening = [
                asyncio.create_task(listen(agent)) for agent in mesh.agents.values()
            ]
            while seen != set(get_args(Observation)):
                cut = await mesh.leader()  # it suspects a partition, others stand
                cut.cut()
                rest = [one for one in mesh.agents.values() if one is not cut]
                await until(lambda rest=rest: any(one.token for one in rest))  # type: ignore[misc]  # bound at once
                await asyncio.sleep(0.5)  # it is taken to be dead
                cut.cut(False)
                leader = await mesh.leader()
                with suppress(RequestError):  # it may lose its place
                    await leader.admit(f"wim-{len(seen)}", "127.0.0.1:9", timeout=1)
        await asyncio.gather(*listening)  # the streams end with the agents

    run(work())


def test_the_page_lists_every_event_with_its_fields() -> None:
    page = (Path(__file__).parents[2] / "docs" / "runtime.md").read_text("utf-8")
    table = page.partition("| event | what happened |")[2].partition("\n\n")[0]
    told = re.findall(r"^\| `(\w+)\((.*?)\)`", table, re.MULTILINE)
    assert sorted(told) == sorted(
        (event.__name__, ", ".join(event.__slots__)) for event in get_args(Observation)
    )


def test_leadership_is_handed_over(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path, workers=["wim"]), **CALM) as mesh:
            leader = await mesh.leader()
            await leader.propose("colour=red")
            other = next(one for one in ("ada", "bob") if mesh.agents[one] != leader)
            with pytest.raises(TransferFailed, match="not on the roll"):
                await leader.transfer("wim")
            with pytest.raises(TransferFailed, match="does not lead"):
                await mesh.agents["wim"].transfer(other)
            await until(lambda: leader.health().commit_index >= 2)
            while not mesh.agents[other].token:  # until it has caught up
                leader = await mesh.leader()
                with suppress(TransferFailed):
                    await leader.transfer(other)
            assert await mesh.leader() is mesh.agents[other]

    run(work())


def test_a_lease_is_held_while_the_leader_is_heard_and_runs_out_when_cut_off(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        lease = {"lease": 0.12, "clock_drift_ppm": 1000, "leader_timeout": 0.6}
        async with started(RunningMesh(tmp_path), **lease) as mesh:
            leader = await mesh.leader()
            await leader.propose("colour=red")
            await until(leader.has_lease)
            assert await leader.read("colour", lease=True) == "red"
            leader.cut()
            await until(lambda: not leader.has_lease())
            with pytest.raises(NotFresh):
                await leader.read("colour", lease=True, timeout=0.3)

    run(work())


@pytest.mark.clause("runtime.lease-instant")
def test_a_lease_is_asked_for_at_the_instant_of_the_question(tmp_path: Path) -> None:
    async def work() -> None:
        own = Clock()
        lease = {"lease": 0.1, "clock_drift_ppm": 1000}
        async with alone(tmp_path, clock=own, **lease) as agent:
            await agent.propose("x=1")
            await until(agent.has_lease)
            begun = own.now()
            own.run_at(1e7)  # the process is stopped here, and goes on
            while own.now() <= begun + 1_000:
                pass
            assert not agent.has_lease()
            assert agent.token  # it does not know yet
            own.run_at(1.0)

    run(work())


def test_a_lease_that_nobody_holds_is_made_up_for_by_a_round(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path)) as mesh:  # no lease is configured
            for agent in mesh.agents.values():
                await agent.propose("colour=red")
                assert await agent.read("colour", lease=True) == "red"
                assert not agent.has_lease()

    run(work())
