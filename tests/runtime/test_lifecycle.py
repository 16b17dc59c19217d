"""How an agent starts and ends: whenever it is stopped, nothing of it is left."""

import asyncio
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from primacy_runtime import AgentStopped, SettingsError, StoreInUse, metrics
from primacy_runtime.metrics import MOST_SCRAPES
from tests.support.agents import PATIENCE_S, RunningMesh, alone, run, started, until


def opened() -> list[str]:
    """List what this process has open."""
    found = []
    for one in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the folder itself
            found.append(str(one.readlink()))
    return sorted(found)


def threads() -> set[str]:
    """Name the threads, but those that the event loop keeps for itself."""
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if not name.startswith("asyncio_")}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux shows it")
def test_when_it_has_stopped_no_file_socket_thread_or_task_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics._Answer, "timeout", 3 * PATIENCE_S)

    async def work() -> None:
        before = opened(), threads(), asyncio.all_tasks()
        mesh = RunningMesh(tmp_path)
        async with started(mesh, metrics="127.0.0.1:0"):
            leader = await mesh.leader()
            await leader.propose("colour=red")
            assert leader.metrics_port is not None
            scraper = socket.create_connection(("127.0.0.1", leader.metrics_port))
            await until(lambda: any("process_request" in one for one in threads()))
        with scraper:  # it had asked for nothing yet
            assert await asyncio.to_thread(scraper.recv, 1) == b""
        await asyncio.sleep(0)  # connections are closed in the loop's next turn
        assert (opened(), threads(), asyncio.all_tasks()) == before

    run(work())


def test_metrics_are_answered_to_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics._Answer, "timeout", 3 * PATIENCE_S)

    async def work() -> None:
        async with alone(tmp_path, metrics="127.0.0.1:0") as agent:
            port = agent.metrics_port
            assert port is not None
            silent = [
                socket.create_connection(("127.0.0.1", port))
                for _ in range(MOST_SCRAPES)
            ]
            await until(lambda: len(busy()) == MOST_SCRAPES)
            with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as more:
                assert await asyncio.to_thread(more.recv, 1) == b""
            assert await agent.propose("x=1") == "1"
            for one in silent:
                one.close()
            await until(lambda: not busy())

    def busy() -> list[str]:
        return [one.name for one in threading.enumerate() if "process_req" in one.name]

    run(work())


@pytest.mark.parametrize("turns", range(8))
def test_a_start_that_is_cancelled_leaves_the_disk_to_the_next(
    tmp_path: Path, turns: int
) -> None:
    async def work() -> None:
        agent = alone(tmp_path)
        start = asyncio.create_task(agent.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        start.cancel()
        await asyncio.gather(start, return_exceptions=True)
        await agent.stop()
        async with alone(tmp_path):
            pass

    run(work())


@pytest.mark.parametrize("turns", range(4))
def test_who_stops_an_agent_while_it_starts_has_it_stopped(
    tmp_path: Path, turns: int
) -> None:
    async def work() -> None:
        agent = alone(tmp_path)
        start = asyncio.create_task(agent.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        await agent.stop()
        await asyncio.gather(start, return_exceptions=True)
        assert agent.health().status == "stopped"
        with pytest.raises(AgentStopped):
            await agent.propose("x=1")
        with pytest.raises(AgentStopped, match="starts once"):
            await agent.start()
        async with alone(tmp_path):
            pass

    run(work())


def test_a_request_that_is_cancelled_is_forgotten(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            assert agent._life is not None
            asked = [
                asyncio.create_task(agent.propose("x=1")),
                asyncio.create_task(agent.read("x")),
                asyncio.create_task(agent.transfer("bob")),
            ]
            await asyncio.sleep(0)
            assert len(agent._life._requests._pending) == 3
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
            assert not agent._life._requests._pending
            assert await agent.propose("y=1") == "1"

    run(work())


@pytest.mark.clause("runtime.one-at-a-time")
def test_one_disk_has_one_agent_at_a_time(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as first:
            second = alone(tmp_path)
            with pytest.raises(StoreInUse, match="another process runs this agent"):
                await second.start()
            await second.stop()
            assert await first.propose("x=1") == "1"

    run(work())


def test_metrics_without_their_package_are_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "primacy_runtime.metrics", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    async def work() -> None:
        agent = alone(tmp_path, metrics="127.0.0.1:0")
        with pytest.raises(SettingsError, match=r"needs prometheus_client.*pip"):
            await agent.start()
        async with alone(tmp_path):
            pass

    run(work())
