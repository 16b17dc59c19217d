"""A short run with real faults, and that the judges of long ones would notice."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from primacy_model.simulation.linearizability import Deed, Operation
from primacy_runtime.resource import Resource
from tests.runtime.chaos import Chaos, judged, play, told
from tests.runtime.meshes import alone, run
from tests.runtime.proxies import Proxies
from tests.runtime.traced import finish, record

NAMES = ("ada", "bob", "cyd")


@pytest.mark.clause("runtime.own-disk", "runtime.fence", "runtime.attach-token")
def test_real_faults_lose_nothing_and_let_nothing_stale_through() -> None:
    outcome = asyncio.run(play(1, seed=4, count=3))
    assert outcome.wrong == [], told(outcome)
    assert outcome.faults
    assert len(outcome.history) > 20
    assert outcome.effects > 0


def write(value: str, called: int, answered: int | None) -> Operation:
    return Operation("ada", Deed.WRITE, "key", called, answered, value)


def read(value: str | None, called: int, answered: int) -> Operation:
    return Operation("bob", Deed.READ, "key", called, answered, None, value)


@pytest.mark.parametrize(
    ("history", "is_well"),
    [
        ([write("1", 1, 2), read("1", 3, 4)], True),
        ([write("1", 1, 2), read(None, 3, 4)], False),
        ([write("1", 1, None), read(None, 2, 3), read("1", 4, 5)], True),
        ([write("1", 1, 2), write("2", 3, 4), read("1", 5, 6)], False),
    ],
    ids=["fresh", "lost", "late", "stale"],
)
def test_a_lost_write_and_a_stale_read_would_be_noticed(
    tmp_path: Path, history: list[Operation], is_well: bool
) -> None:
    chaos = Chaos(tmp_path, 1, NAMES)
    chaos.outcome.history = history
    chaos._judge()
    assert (chaos.outcome.wrong == []) == is_well, told(chaos.outcome)


def test_a_lower_token_that_was_admitted_would_be_noticed(tmp_path: Path) -> None:
    chaos = Chaos(tmp_path, 1, NAMES)
    resource = Resource(tmp_path / "resource")
    resource.act("ada", 2)
    resource._connection.execute("UPDATE fence SET highest = 0")
    resource.act("bob", 1)
    resource.close()
    chaos._judge()
    assert chaos.outcome.wrong == ["the resource admitted a token after a higher one"]


def test_a_trace_that_was_changed_would_be_noticed(tmp_path: Path) -> None:
    traces = tmp_path / "traces"
    traces.mkdir()

    async def work() -> None:
        agent = alone(tmp_path, record=lambda config: record(traces, config))
        async with agent:
            await agent.propose("x=1")

    run(work())
    (trace,) = traces.iterdir()
    text = trace.read_text()
    assert judged(traces) == []
    trace.write_text(text[: len(text) // 2])  # as `kill -9` leaves it
    assert judged(traces) != []
    finish(trace)
    assert judged(traces) == []
    trace.write_text(text.replace('"voted_for":"ada"', '"voted_for":""', 1))
    assert "not allowed" in judged(traces)[0]


def test_the_network_of_these_tests_can_be_cut_and_healed() -> None:
    async def work() -> None:
        async def echo(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            while part := await reader.read(100):
                writer.write(part)
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        proxies = Proxies({"ada": "127.0.0.1:1", "bob": f"127.0.0.1:{port}"})
        await proxies.start()
        host, _, at = proxies.places["ada", "bob"].partition(":")
        reader, writer = await asyncio.open_connection(host, int(at))
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        proxies.cut([("ada", "bob")], breaks=False)
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(1)
        proxies.heal()
        assert await reader.readexactly(3) == b"two"
        proxies.cut([("ada", "bob")], breaks=True)
        with suppress(ConnectionError):
            assert await reader.read(1) == b""
        writer.transport.abort()
        await proxies.stop()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)

    run(work())
