"""Sending and receiving: a slow or odd peer holds up nobody, and memory is bounded."""

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from primacy import dumps
from primacy_runtime.net import link as net_link
from primacy_runtime.net import listener as net_listener
from primacy_runtime.net.frames import VERSION, Welcome, frame
from primacy_runtime.net.link import Link
from primacy_runtime.settings import address
from tests.support.agents import PATIENCE_S, RunningMesh, run, until
from tests.support.callers import GRANT, hello
from tests.support.links import link_terms, listener_at


def test_a_peer_that_refuses_this_agent_is_counted_under_a_few_names(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        kinds = iter(["unknown-agent", "very many words", "and others"])

        async def refuse(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await reader.read(10)
            said = {"agent": "bob", "store": "", "reason": "why not"}
            refused = next(kinds, "other-mesh")
            body = {"primacy-mesh": VERSION, **said, "refused": refused}
            writer.write(frame(json.dumps(body).encode()))
            await writer.drain()
            writer.close()

        mesh = RunningMesh(tmp_path)
        at = address("bob", mesh.where["bob"])
        server = await asyncio.start_server(refuse, at.host, at.port)
        async with mesh.make("ada", leader_timeout=PATIENCE_S) as agent:
            await until(lambda: agent.counts.rejected["by-peer-other-mesh"] > 0)
            assert agent.counts.rejected["by-peer-other"] == 2
            assert agent.counts.rejected["by-peer-unknown-agent"] == 1
            assert agent.health().status == "running"
        server.close()
        await server.wait_closed()

    run(work())


def test_an_agent_that_answers_in_place_of_another_is_told_nothing(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        async with mesh.make("cyd") as cyd:
            peers = {"bob": cyd.address, "cyd": cyd.address}
            async with mesh.make("ada", peers=peers) as ada:
                await until(lambda: ada.counts.rejected["by-peer-misdirected"] > 0)
                await until(lambda: ada.health().connected == ("cyd",))
        terms, store = link_terms(tmp_path / "link", 0.5)
        told = Welcome("cyd", "c" * 32, "", "")
        kind, _ = await terms.introductions.judge_listener(told, "bob", None)
        assert kind == "misdirected"
        store.close()

    run(work())


def test_a_peer_that_does_not_read_holds_up_nobody_and_loses_the_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net_link, "MOST_FRAMES", 50)

    async def work() -> None:
        terms, store = link_terms(tmp_path, 0.5)
        deaf: list[asyncio.StreamWriter] = []

        async def welcome(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await reader.read(10)
            said = {"agent": "bob", "store": "b" * 32, "refused": "", "reason": ""}
            body = json.dumps({"primacy-mesh": VERSION, **said}).encode()
            writer.write(frame(body))
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # no such method
            deaf.append(writer)

        server = await asyncio.start_server(welcome, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        link = Link("bob", address("bob", f"127.0.0.1:{port}"), terms)
        task = asyncio.create_task(link.run())
        await until(lambda: link.is_up)
        for _ in range(2_000):
            link.send(b"x" * 20_000)  # returns at once, whatever the peer does
            await asyncio.sleep(0)
        counts = terms.counts
        assert counts.packets_dropped >= 2_000 - 50 - counts.packets_sent
        assert len(link._queue) <= 50
        assert counts.packets_dropped > 0
        await until(lambda: len(deaf) >= 2)  # it gave up, and called again
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for writer in deaf:
            writer.transport.abort()
        server.close()
        await server.wait_closed()
        store.close()

    run(work())


def test_what_cannot_be_sent_yet_is_kept_short(tmp_path: Path) -> None:
    terms, store = link_terms(tmp_path, 0.5)

    async def work() -> None:
        link = Link("bob", address("bob", "127.0.0.1:1"), terms)
        for number in range(100):
            link.send(str(number).encode())
        kept = [frame[4:].decode() for frame in link._queue]
        assert kept == [str(number) for number in range(36, 100)]
        assert terms.counts.packets_dropped == 36

    run(work())
    store.close()


def test_what_waits_is_bounded_in_bytes_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net_link, "MOST_BYTES", 1_000)
    terms, store = link_terms(tmp_path, 0.5)

    async def work() -> None:
        link = Link("bob", address("bob", "127.0.0.1:1"), terms)
        for _ in range(10):
            link.send(b"x" * 300)
        assert len(link._queue) == 3
        assert link._bytes == sum(map(len, link._queue)) == 912

    run(work())
    store.close()


def test_a_peer_may_have_a_few_packets_that_are_not_yet_handled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net_listener, "WINDOW", 3)

    async def work() -> None:
        waiting: list[Callable[[], None]] = []
        listener, store = listener_at(tmp_path, lambda _, done: waiting.append(done))
        at = await listener.open(address("ada", "127.0.0.1:0", least_port=0))
        task = asyncio.create_task(listener.run())
        _, writer = await asyncio.open_connection(at.host, at.port)
        writer.write(hello() + 10 * frame(dumps(GRANT).encode()))
        await until(lambda: len(waiting) == 3)
        await asyncio.sleep(0.1)
        assert len(waiting) == 3
        waiting[0]()
        await until(lambda: len(waiting) == 4)
        writer.transport.abort()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await listener.close()
        store.close()

    run(work())


@pytest.mark.parametrize("turns", range(6))
def test_a_caller_is_sent_away_whenever_the_port_is_closed(
    tmp_path: Path, turns: int
) -> None:
    async def work() -> None:
        listener, store = listener_at(tmp_path, lambda *_: None)
        at = await listener.open(address("ada", "127.0.0.1:0", least_port=0))
        task = asyncio.create_task(listener.run())
        await asyncio.sleep(0)  # it waits for callers
        with socket.create_connection((at.host, at.port), PATIENCE_S) as caller:
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await listener.close()
            with suppress(ConnectionError):
                assert await asyncio.to_thread(caller.recv, 1) == b""
        store.close()

    run(work())
