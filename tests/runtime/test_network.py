"""What strangers and broken peers send is refused, counted, and holds up nobody."""

from pathlib import Path

import pytest

from primacy import dumps
from primacy_runtime import SettingsError, StoreForeign, listening
from primacy_runtime.frames import framed
from tests.runtime.callers import GRANT, called, hello
from tests.runtime.meshes import Mesh, run, started, until


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (hello(mesh="mesh(ada,bob,eve)"), "other-mesh"),
        (hello(target="cyd"), "misdirected"),
        (hello(sender="eve"), "unknown-agent"),
        (hello(sender="ada"), "unknown-agent"),
        (hello(store=""), "garbage"),
    ],
)
@pytest.mark.clause("runtime.delivery", "runtime.same-mesh")
def test_who_does_not_belong_here_is_told_so_and_counted(
    tmp_path: Path, said: bytes, kind: str
) -> None:
    async def work() -> None:
        async with Mesh(tmp_path).make("ada") as agent, called(agent) as call:
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
        (framed(b"\xff" * 100), "garbage"),
        (framed(b"[" * 60_000), "garbage"),
        (framed(b"[]"), "garbage"),
        (framed(b"{}"), "garbage"),
        (hello(sender=1), "garbage"),
        (hello(more="1"), "garbage"),
        (hello(**{"primacy-mesh": 2}), "version"),
        (hello(**{"primacy-mesh": True}), "version"),
        (hello()[:20], "garbage"),
        (hello() + b"\xff\xff\xff\xff", "oversized"),
        (hello() + framed(b"\xff" * 100), "garbage"),
        (hello() + framed(b"[" * 60_000), "garbage"),
        (hello() + framed(b'{"primacy":1,"kind":"Config","value":{}}'), "garbage"),
        (hello() + framed(dumps(GRANT).replace("bob", "cyd").encode()), "impostor"),
        (hello() + framed(dumps(GRANT).encode()) + b"\0\0\1\0half", "garbage"),
    ],
)
def test_what_is_not_of_the_format_ends_the_connection_and_is_counted(
    tmp_path: Path, said: bytes, kind: str
) -> None:
    async def work() -> None:
        async with Mesh(tmp_path).make("ada") as agent, called(agent) as call:
            call.writer.write(said)
            call.writer.write_eof()
            await call.is_ended()
            await until(lambda: agent.counts.rejected[kind] == 1)
            assert sum(agent.counts.rejected.values()) == 1
            assert agent.health().status == "running"

    run(work())


def test_a_packet_that_cannot_be_is_counted_by_its_reason(tmp_path: Path) -> None:
    async def work() -> None:
        async with Mesh(tmp_path).make("ada") as agent, called(agent) as call:
            bad = dumps(GRANT).replace('"term":1', '"term":0')
            call.writer.write(hello() + framed(bad.encode()))
            await until(lambda: agent.counts.rejected["bad_term"] == 1)
            assert agent.counts.packets_received == 1

    run(work())


def test_who_says_nothing_is_sent_away_and_a_crowd_is_not_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "GREETING_S", 0.3)
    monkeypatch.setattr(listening, "MOST_STRANGERS", 2)

    async def work() -> None:
        async with Mesh(tmp_path).make("ada") as agent:
            async with called(agent) as first, called(agent) as second:
                async with called(agent) as third:
                    assert await third.is_ended()
                assert agent.counts.rejected == {"crowd": 1}
                assert await first.is_ended()
                assert await second.is_ended()
            assert agent.counts.rejected == {"crowd": 1, "silent": 2}
            async with called(agent) as fourth:
                fourth.writer.write(hello())
                assert (await fourth.heard())["refused"] == ""

    run(work())


def test_the_mesh_works_on_while_strangers_shout(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(Mesh(tmp_path)) as mesh:
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
            Mesh(tmp_path).make("ada") as agent,
            called(agent) as old,
            called(agent) as new,
        ):
            for call in (old, new):
                call.writer.write(hello())
                assert (await call.heard())["refused"] == ""
            assert await old.is_ended()
            new.writer.write(framed(dumps(GRANT).encode()))
            await until(lambda: agent.counts.packets_received == 1)

    run(work())


@pytest.mark.clause("runtime.own-disk")
def test_an_id_that_comes_back_with_an_empty_disk_is_refused_until_it_is_reset(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        mesh = Mesh(tmp_path)
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
            for one in peers:  # the operator vouches for it, with each of them
                await mesh.agents[one].stop()
                await mesh.make(one, reset=["cyd"]).start()
            again = mesh.make("cyd")
            await again.start()
            await mesh.leader()
            assert await again.propose("colour=red") == "red"

    run(work())


def test_a_port_that_is_taken_is_told_in_one_sentence_and_nothing_stays_open(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        mesh = Mesh(tmp_path)
        async with mesh.make("ada") as first:
            second = mesh.make("bob", listen=first.address)
            with pytest.raises(SettingsError, match="must be free local addresses"):
                await second.start()
        async with mesh.make("bob"):  # its disk was let go
            pass

    run(work())
