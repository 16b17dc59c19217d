"""An agent as its user meets it: start, propose, read, watch, stop."""

import asyncio
from pathlib import Path

import pytest

from primacy.outputs import PartitionHealed
from primacy_runtime import (
    Agent,
    AgentRole,
    AgentStopped,
    CommandRefused,
    OutcomeUnknown,
    Table,
    TooBusy,
    pending_requests,
)
from primacy_runtime.events import MOST_WAITING, Audience
from tests.support.agents import CALM, PATIENCE_S, RunningMesh, alone, run, started


def test_the_example_of_the_seed_starts_and_stops(tmp_path: Path) -> None:
    async def work() -> None:
        agent = Agent(
            mesh_id="my-mesh",
            agent_id="agent-1",
            role=AgentRole.ACTIVE,
            is_initial_leader=True,
            heartbeat_interval=5.0,
            election_timeout=10.0,
            leader_timeout=15.0,
            folder=tmp_path,
        )
        assert agent.health().status == "new"
        await agent.start()
        assert agent.health().status == "running"
        assert not agent.mesh_state.has_leader
        await agent.stop()
        await agent.stop()
        assert agent.health().status == "stopped"

    run(work())


def test_an_agent_alone_leads_itself(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            assert await agent.propose("colour=red") == "red"
            assert await agent.read("colour") == "red"
            assert agent.mesh_state.leader_id == "ada"
            assert agent.token == agent.mesh_state.term >= 1
            assert agent.counts.elections_started == agent.counts.elections_won >= 1

    run(work())


@pytest.mark.clause("runtime.acknowledge", "runtime.read-applied")
def test_whatever_any_agent_wrote_every_agent_reads(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path, workers=["wim"])) as mesh:
            for name, agent in mesh.agents.items():
                assert await agent.propose(f"{name}=1") == "1"
                for other in mesh.agents.values():
                    assert await other.read(name) == "1"
            leader = await mesh.leader()
            assert leader is not mesh.agents["wim"]
            assert leader.mesh_state.has_leader

    run(work())


def test_many_requests_at_once_are_all_answered(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            await mesh.leader()
            agents = list(mesh.agents.values())
            wrote = await asyncio.gather(
                *(agents[k % 3].propose(f"key-{k}={k}") for k in range(90))
            )
            assert wrote == [str(k) for k in range(90)]
            read = await asyncio.gather(
                *(agents[k % 3].read(f"key-{k}") for k in range(90))
            )
            assert read == wrote

    run(work())


@pytest.mark.clause("runtime.apply")
def test_after_a_restart_all_commands_are_applied_again_from_the_first(
    tmp_path: Path,
) -> None:
    class Diary:
        def __init__(self) -> None:
            self.lines: list[tuple[int, str]] = []

        def apply(self, index: int, command: str) -> int:
            self.lines.append((index, command))
            return len(self.lines)

        def answer(self, query: str) -> object:
            return [line for line in self.lines if query in line[1]]

    async def work() -> None:
        before, after = Diary(), Diary()
        async with alone(tmp_path, machine=before) as agent:
            assert [await agent.propose(f"line {k}") for k in range(5)] == [
                1,
                2,
                3,
                4,
                5,
            ]
        async with alone(tmp_path, machine=after) as agent:
            assert await agent.read("line 3") == [before.lines[3]]
            assert after.lines == before.lines

    run(work())


def test_a_write_that_may_yet_be_applied_says_so(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader = await mesh.leader()
            leader.cut()
            with pytest.raises(OutcomeUnknown, match="may still be applied"):
                await leader.propose("colour=red", timeout=1.0)
            assert leader.counts.requests["OutcomeUnknown"] == 1

    run(work())


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("x" * 40_000, "at most 32768 characters"),
        ('"' * 20_000, "at most 32768 characters"),
        ("\ud800", "without surrogates"),
        (7, "must be text, got int"),
    ],
)
@pytest.mark.clause("runtime.text")
def test_a_command_that_nobody_could_store_is_refused(
    tmp_path: Path, command: str, sentence: str
) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            with pytest.raises(CommandRefused, match=sentence):
                await agent.propose(command)
            assert await agent.propose("x=" + "x" * 30_000)

    run(work())


def test_too_many_requests_are_refused_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_requests, "MOST_WAITING", 2)

    async def work() -> None:
        async with alone(tmp_path) as agent:
            first = [asyncio.create_task(agent.propose(f"{k}=1")) for k in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(TooBusy, match="2 requests wait already"):
                await agent.propose("3=1")
            assert await asyncio.gather(*first) == ["1", "1"]
            assert await agent.propose("3=1") == "1"

    run(work())


def test_an_agent_lives_once_and_says_so(tmp_path: Path) -> None:
    async def work() -> None:
        agent = alone(tmp_path)
        with pytest.raises(AgentStopped, match="is new"):
            await agent.propose("x=1")
        await agent.start()
        with pytest.raises(AgentStopped, match="starts once"):
            await agent.start()
        waiting = asyncio.create_task(agent.propose("x=1", timeout=PATIENCE_S))
        await asyncio.sleep(0)
        await agent.stop()
        with pytest.raises(AgentStopped, match="was stopped"):
            await waiting
        with pytest.raises(AgentStopped, match="is stopped"):
            await agent.read("x")
        await agent.closed()

    run(work())


def test_a_state_machine_that_raises_ends_the_agent(tmp_path: Path) -> None:
    class Broken(Table):
        def apply(self, index: int, command: str) -> str:
            if command == "bad":
                raise ZeroDivisionError(command)
            return super().apply(index, command)

    async def work() -> None:
        agent = alone(tmp_path, machine=Broken())
        async with agent:
            await agent.propose("x=1")
            with pytest.raises(AgentStopped, match="failed at index 3"):
                await agent.propose("bad")
            with pytest.raises(Exception, match="ZeroDivisionError"):
                await agent.closed()
            assert agent.health().status == "failed"
            assert agent.token == 0

    run(work())


def test_a_query_that_raises_is_the_readers_alone(tmp_path: Path) -> None:
    class Picky(Table):
        def answer(self, query: str) -> str | None:
            raise LookupError(query)

    async def work() -> None:
        agent = alone(tmp_path, machine=Picky())
        async with agent:
            await agent.propose("x=1")
            with pytest.raises(LookupError, match="size"):
                await agent.read("size")
            assert agent.health().status == "running"

    run(work())


def test_whoever_listens_slowly_loses_the_oldest_events() -> None:
    async def work() -> None:
        audience = Audience()
        slow = audience.join()
        for _ in range(MOST_WAITING + 5):
            audience.tell(PartitionHealed())
        audience.end()
        assert len([event async for event in slow]) == MOST_WAITING
        assert slow.lost == 5
        assert [event async for event in audience.join()] == []

    run(work())
