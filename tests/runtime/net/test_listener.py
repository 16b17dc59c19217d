"""What strangers and broken peers send is refused, counted, and holds up nobody."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from primacy import dumps
from primacy_runtime import SettingsError, StoreForeign
from primacy_runtime.net import handshake
from primacy_runtime.net import link as net_link
from primacy_runtime.net import listener as net_listener
from primacy_runtime.net.frames import VERSION, frame
from primacy_runtime.settings import address
from tests.support.agents import CALM, PATIENCE_S, RunningMesh, run, started, until
from tests.support.callers import GRANT, Call, called, hello


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (hello(mesh="mesh(ada,bob,eve)"), "other-mesh"),
        (hello(target="cyd"), "misdirected"),
        (hello(sender="e e"), "unknown-agent"),
        (hello(sender="ada"), "unknown-agent"),
        (hello(store=""), "garbage"),
    ],
)
@pytest.mark.clause("runtime.delivery", "runtime.same-mesh")
def test_who_does_not_belong_here_is_told_so_and_counted(
    tmp_path: Path, said: bytes, kind: str
) -> None:
    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent, called(agent) as call:
            call.writer.write(said)
            heard = await call.heard()
            assert (heard["refused"], heard["store"]) == (kind, "")
            call.writer.write_eof()
            assert await call.is_ended()
            assert agent.counts.rejected[kind] == 1
            assert agent.health().status == "running"

    run(work())


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"\xff\xff\xff\xff", "oversized"),
        ((2**22 + 1).to_bytes(4, "big"), "oversized"),
        (b"\0\0\0\0", "garbage"),
        (b"GET / HTTP/1.1\r\n\r\n", "oversized"),
        (frame(b"\xff" * 100), "garbage"),
        (frame(b"[" * 60_000), "garbage"),
        (frame(b"[]"), "garbage"),
        (frame(b"{}"), "garbage"),
        (hello(sender=1), "garbage"),
        (hello(more="1"), "garbage"),
        (hello(**{"primacy-mesh": 1}), "version"),
        (hello(**{"primacy-mesh": True}), "version"),
        (hello()[:20], "garbage"),
        (hello() + b"\xff\xff\xff\xff", "oversized"),
        (hello() + frame(b"\xff" * 100), "garbage"),
        (hello() + frame(b"[" * 60_000), "garbage"),
        (hello() + frame(b'{"primacy":2,"kind":"Config","value":{}}'), "garbage"),
        (hello() + frame(dumps(GRANT).replace("bob", "cyd").encode()), "impostor"),
        (hello() + frame(dumps(GRANT).encode()) + b"\0\0\1\0half", "garbage"),
    ],
)
def test_what_is_not_of_the_format_ends_the_connection_and_is_counted(
    tmp_path: Path, said: bytes, kind: str
) -> None:
    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent, called(agent) as call:
            call.writer.write(said)
            call.writer.write_eof()
            await call.is_ended()
            await until(lambda: agent.counts.rejected[kind] == 1)
            assert sum(agent.counts.rejected.values()) == 1
            assert agent.health().status == "running"

    run(work())


def test_a_packet_that_cannot_be_is_counted_by_its_reason(tmp_path: Path) -> None:
    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent, called(agent) as call:
            bad = dumps(GRANT).replace('"term":1', '"term":0')
            call.writer.write(hello() + frame(bad.encode()))
            await until(lambda: agent.counts.rejected["bad_term"] == 1)
            assert agent.counts.packets_received == 1

    run(work())


def test_who_says_nothing_is_sent_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net_listener, "GREETING_S", 0.3)

    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent:
            async with called(agent) as silent, called(agent) as slow:
                slow.writer.write(hello()[:20])  # the rest comes too late
                assert await silent.is_ended()
                assert await slow.is_ended()
            assert agent.counts.rejected == {"silent": 2}

    run(work())


def test_in_a_crowd_who_waits_for_longest_makes_room_and_who_speaks_gets_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net_listener, "MOST_STRANGERS", 3)
    monkeypatch.setattr(net_listener, "GREETING_S", PATIENCE_S)

    async def work() -> None:
        async with AsyncExitStack() as stack:
            agent = await stack.enter_async_context(RunningMesh(tmp_path).make("ada"))
            at = address("listen", agent.address)
            elsewhere = Call(
                *await asyncio.open_connection(
                    at.host, at.port, local_addr=("127.0.0.2", 0)
                )
            )
            stack.callback(elsewhere.writer.transport.abort)
            crowd = [await stack.enter_async_context(called(agent)) for _ in range(6)]
            for call in crowd[:4]:
                assert await call.is_ended()
            assert agent.counts.rejected == {"crowd": 4}
            peer = await stack.enter_async_context(called(agent))
            peer.writer.write(hello())
            assert (await peer.heard())["refused"] == ""
            elsewhere.writer.write(hello(sender="cyd"))  # it was no part of the crowd
            assert (await elsewhere.heard())["refused"] == ""

    run(work())


def test_many_who_call_at_once_do_not_hold_up_the_agent(tmp_path: Path) -> None:
    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent:
            assert agent._life is not None
            listener = agent._life.transport.listener
            where = address("listen", agent.address)
            callers = [
                socket.create_connection((where.host, where.port)) for _ in range(100)
            ]
            taken = []
            while len(listener._tasks) < len(callers):
                taken.append(len(listener._tasks))
                await asyncio.sleep(0)
            assert len(set(taken)) > len(callers) / 2  # others had turns in between
            for caller in callers:
                caller.close()

    run(work())


def test_the_mesh_works_on_while_strangers_shout(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader = await mesh.leader()
            for k in range(30):
                async with called(leader) as call:
                    call.writer.write(b"\xff" * 1000)
                    await call.is_ended()
                assert await leader.propose(f"key={k}") == str(k)
            assert leader.counts.rejected["oversized"] == 30
            assert await mesh.leader() is leader

    run(work())


def test_the_newest_connection_of_a_peer_is_the_one_that_counts(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with (
            RunningMesh(tmp_path).make("ada") as agent,
            called(agent) as old,
            called(agent) as new,
        ):
            for call in (old, new):
                call.writer.write(hello())
                assert (await call.heard())["refused"] == ""
            assert await old.is_ended()
            new.writer.write(frame(dumps(GRANT).encode()))
            await until(lambda: agent.counts.packets_received == 1)

    run(work())


@pytest.mark.clause("runtime.delivery")
def test_a_caller_that_is_no_member_is_let_in_and_heard(tmp_path: Path) -> None:
    """It may have been admitted, and this agent has not heard of it."""

    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent, called(agent) as call:
            call.writer.write(hello(sender="eve", address="nowhere at all"))
            heard = await call.heard()
            assert heard["refused"] == ""
            grant = dumps(GRANT).replace('"bob"', '"eve"')
            call.writer.write(frame(grant.encode()))
            await until(lambda: agent.counts.packets_received == 1)
            assert not agent.counts.rejected
            assert agent.health().connected == ()

    run(work())


def test_an_agent_says_where_it_is_reached_if_it_knows(tmp_path: Path) -> None:
    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        port = mesh.where["ada"].rpartition(":")[2]
        for settings, told in (
            ({}, mesh.where["ada"]),
            ({"listen": f"0.0.0.0:{port}"}, ""),
            ({"advertise": "ada.example:7"}, "ada.example:7"),
        ):
            async with mesh.make("ada", **settings) as ada:
                assert ada._life.reached_at == told  # type: ignore[union-attr]  # it lives

    run(work())


def test_strangers_do_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "MOST_KNOWN", 2)

    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent:
            for caller, kind in (
                ("eve", ""),
                ("fay", ""),
                ("gil", "unknown-agent"),
                ("eve", ""),
                ("bob", ""),  # a member
            ):
                async with called(agent) as call:
                    call.writer.write(hello(sender=caller))
                    assert (await call.heard())["refused"] == kind

    run(work())


@pytest.mark.clause("runtime.own-disk")
def test_an_id_that_comes_back_with_an_empty_disk_is_refused(tmp_path: Path) -> None:
    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        async with started(mesh):
            await mesh.leader()
            peers = ("ada", "bob")
            await until(
                lambda: all(
                    "cyd" in mesh.agents[one].health().connected for one in peers
                )
            )
            await mesh.agents["cyd"].stop()
            (tmp_path / "mesh.cyd.sqlite3").rename(tmp_path / "lost")
            again = mesh.make("cyd")
            await again.start()
            with pytest.raises(StoreForeign, match=r"refuses this agent.*A lost disk"):
                await again.closed()
            assert again.health().status == "failed"
            assert again.health().term == 0
            for one in peers:
                assert mesh.agents[one].health().status == "running"

    run(work())


def test_a_port_that_is_taken_is_told_in_one_sentence_and_nothing_stays_open(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        async with mesh.make("ada") as first:
            second = mesh.make("bob", listen=first.address)
            with pytest.raises(SettingsError, match="must be free local addresses"):
                await second.start()
        async with mesh.make("bob"):  # its disk was let go
            pass

    run(work())


def test_a_peer_that_reads_nothing_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    async def work() -> None:
        mesh, deaf = RunningMesh(tmp_path), list[asyncio.StreamWriter]()

        async def welcome(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            deaf.append(writer)
            said = {"agent": "cyd", "store": "c" * 32, "refused": "", "reason": ""}
            writer.write(frame(json.dumps({"primacy-mesh": VERSION, **said}).encode()))
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096
            )
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # no such method

        at = address("cyd", mesh.where["cyd"])
        server = await asyncio.start_server(welcome, at.host, at.port)
        async with (
            mesh.make("ada", **CALM) as ada,
            mesh.make("bob", **CALM) as bob,
        ):
            leader = await mesh.leader()
            link = (ada if leader is ada else bob)._life.transport.links["cyd"]  # type: ignore[union-attr]  # it lives
            number = 0
            while leader.counts.packets_dropped == 0:  # all that it may hold is full
                size = 32_000
                await leader.propose(f"{number}={'x' * size}")
                link.send(b"x" * 2**22)
                number += 1
            assert link._bytes <= net_link.MOST_BYTES
            assert [await bob.read(str(k)) for k in range(number)] == [
                "x" * size
            ] * number
            assert leader.token
        for writer in deaf:
            writer.transport.abort()
        server.close()
        with suppress(ConnectionError):
            await server.wait_closed()

    run(work())


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_a_mesh_runs_on_addresses_of_version_6(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("there is no IPv6 here")

    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        mesh.where = {
            name: at.replace("127.0.0.1", "[::1]") for name, at in mesh.where.items()
        }
        async with started(mesh, metrics="[::1]:0"):
            leader = await mesh.leader()
            assert leader.address.startswith("[::1]:")
            assert leader.metrics_port
            assert await leader.propose("colour=red") == "red"

    run(work())
