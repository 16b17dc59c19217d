"""Snapshots on the wire: in parts, one at a time, and whole or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest

from primacy import dumps
from primacy.messages import Install
from primacy.types import Index, Term
from primacy_runtime.net import transfers
from primacy_runtime.net.frames import (
    FrameError,
    Welcome,
    frame,
    greeting,
    read_frame,
)
from primacy_runtime.net.link import Link
from primacy_runtime.net.transfers import Arrivals, Departure, Desk, is_of_transfer
from primacy_runtime.settings import address
from primacy_runtime.snapshot import LONGEST_SNAPSHOT, Snapshot
from tests.support.agents import CALM, PATIENCE_S, RunningMesh, run, until
from tests.support.callers import GRANT, called, hello
from tests.support.links import link_terms
from tests.support.stores import CONFIG

FIRST = CONFIG.first_roll
BOB = FIRST.members.without(CONFIG.me).first
CONTENTS = Snapshot({}, bytes(range(256)) * 10).packed()
GREETED = hello(mesh=CONFIG.mesh)


def install(index: int = 20, sender: str = "bob") -> Install:
    return Install(
        CONFIG.mesh,
        BOB if sender == "bob" else CONFIG.me,
        Term(1),
        Index(index),
        Term(1),
        FIRST,
    )


def bodies(contents: bytes = CONTENTS, packet: Install | None = None) -> list[bytes]:
    """Write all frames of a snapshot, without their lengths."""
    departure, found = Departure(packet or install(), contents), []
    while not departure.is_over:
        found.append(departure.next_frame())
    return found


def begin(
    size: int = len(CONTENTS), contents: bytes = CONTENTS, packet: str = ""
) -> bytes:
    text = packet or dumps(install())
    head = b"\1" + size.to_bytes(8, "big") + sha256(contents).digest()
    return head + text.encode()


def part(at: int, contents: bytes) -> bytes:
    return b"\2" + at.to_bytes(8, "big") + contents


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "PART", 1_000)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.clause("runtime.install-complete")
def test_a_snapshot_is_handed_on_with_its_last_part_and_not_before() -> None:
    arrivals, frames = Arrivals(Desk(), "bob"), bodies()
    assert len(frames) == 1 + 3
    assert all(map(is_of_transfer, frames))
    for _ in range(2):  # and then the next one
        assert [arrivals.add(one) for one in frames[:-1]] == [None] * 3
        assert arrivals.add(frames[-1]) == (install(), CONTENTS)


def test_a_part_is_small_beside_a_packet() -> None:
    assert transfers.PART == 256 * 2**10
    frames = bodies(b"\0" * 600_000)
    assert [len(one) for one in frames[1:]] == [262_153, 262_153, 75_721]


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([part(0, b"x")], "garbage"),
        ([begin(), part(1, b"x")], "garbage"),
        ([begin(), part(0, b"")], "garbage"),
        ([begin(), b"\2"], "garbage"),
        ([begin(), part(0, CONTENTS[:9]), part(0, CONTENTS[:9])], "garbage"),
        ([begin(), part(0, CONTENTS[:9]), part(10, CONTENTS[10:])], "garbage"),
        ([begin(), part(0, CONTENTS + b"x")], "oversized"),
        ([begin(), part(0, CONTENTS[:-1] + b"x")], "garbage"),
        ([begin(contents=b"else"), part(0, CONTENTS)], "garbage"),
        ([begin(), begin()], "garbage"),
        ([begin(0)], "garbage"),
        ([begin(LONGEST_SNAPSHOT + 1)], "oversized"),
        ([begin(2**64 - 1)], "oversized"),
        ([b"\1"], "garbage"),
        ([begin()[:41]], "garbage"),
        ([begin(packet="{}")], "garbage"),
        ([begin(packet=dumps(GRANT))], "garbage"),
        ([begin(packet=dumps(install(sender="ada")))], "impostor"),
        ([begin(3, b"\0\0\0"), part(0, b"\0\0\0")], "garbage"),
    ],
    ids=range(19),
)
def test_what_is_no_snapshot_ends_the_connection(
    tmp_path: Path, frames: list[bytes], kind: str
) -> None:
    arrivals = Arrivals(Desk(), "bob")
    for one in frames[:-1]:
        assert arrivals.add(one) is None
    with pytest.raises(FrameError) as refusal:
        arrivals.add(frames[-1])
    assert refusal.value.kind == kind

    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent, called(agent) as call:
            call.writer.write(GREETED + b"".join(map(frame, frames)))
            await call.is_ended()
            await until(lambda: agent.counts.rejected[kind] == 1)
            assert sum(agent.counts.rejected.values()) == 1
            assert agent.health().status == "running"
            assert agent.health().log_start == 0

    run(work())


def test_a_packet_that_needs_a_snapshot_does_not_come_without_one(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent, called(agent) as call:
            call.writer.write(GREETED + frame(dumps(install()).encode()))
            await call.is_ended()
            await until(lambda: agent.counts.rejected == {"garbage": 1})
            assert agent.health().term == 0

    run(work())


def test_one_snapshot_is_collected_at_a_time_and_the_rest_thrown_away() -> None:
    desk = Desk()
    first, second = Arrivals(desk, "bob"), Arrivals(desk, "ada")
    first.add(begin())
    first.add(part(0, CONTENTS[:100]))
    mine = dumps(install(sender="ada"))
    second.add(begin(packet=mine))
    assert first._transfer is not None
    assert first._transfer.contents is None
    assert first.add(part(100, CONTENTS[100:])) is None  # as if it had been lost
    assert second.add(part(0, CONTENTS)) == (install(sender="ada"), CONTENTS)
    first.add(begin())  # core has asked again
    assert first.add(part(0, CONTENTS)) == (install(), CONTENTS)


def test_what_a_broken_connection_brought_is_let_go() -> None:
    desk = Desk()
    arrivals = Arrivals(desk, "bob")
    arrivals.add(begin())
    assert desk._current is not None
    arrivals.end()
    assert desk._current is None
    with pytest.raises(FrameError, match="a part of no snapshot"):
        arrivals.add(part(0, CONTENTS))


# What a link does with them.


class Peer:
    """A peer that welcomes, and keeps what comes, as fast as it is let."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.writers: list[asyncio.StreamWriter] = []
        self.tasks: list[asyncio.Task[None] | None] = []

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.writers.append(writer)
        self.tasks.append(asyncio.current_task())
        await read_frame(reader, 2**16)
        writer.write(greeting(Welcome("bob", "b" * 32, "", "")))
        with suppress(EOFError, ConnectionError, FrameError):
            while True:
                self.frames.append(await read_frame(reader, 2**23))
                await self.may_read.wait()
        writer.close()

    def snapshots(self) -> list[tuple[Install, bytes]]:
        """Put together what came in whole."""
        arrivals, found = Arrivals(Desk(), "bob"), []
        for one in self.frames:
            snapshot = arrivals.add(one) if is_of_transfer(one) else None
            if snapshot is not None:
                found.append(snapshot)
        return found


@asynccontextmanager
async def linked(folder: Path, contents: bytes) -> AsyncIterator[tuple[Link, Peer]]:
    """Have a link to such a peer, and a snapshot at 20."""
    terms, store = link_terms(folder, PATIENCE_S)
    store.keep_snapshot(20, contents)
    peer = Peer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = Link("bob", address("bob", f"127.0.0.1:{port}"), terms)
    task = asyncio.create_task(link.run())
    try:
        await until(lambda: link.is_up)
        yield link, peer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        peer.may_read.set()
        server.close()
        await server.wait_closed()
        await asyncio.gather(*filter(None, peer.tasks), return_exceptions=True)
        store.close()


@pytest.mark.clause("runtime.install-complete")
def test_a_link_sends_the_snapshot_of_the_very_index_or_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with linked(tmp_path, CONTENTS) as (link, peer):
            counts = link._terms.counts
            link.send_snapshot(install(19))  # there is none
            await until(lambda: counts.packets_dropped == 1)
            link.send_snapshot(install(20))
            link.send_snapshot(install(20))  # one is sent already
            assert counts.packets_dropped == 2
            await until(lambda: counts.snapshots_sent == 1)
            await until(lambda: len(peer.snapshots()) == 1)
            link.send_snapshot(install(20))  # it is asked for again
            await until(lambda: len(peer.snapshots()) == 2)
            assert peer.snapshots() == 2 * [(install(20), CONTENTS)]

    run(work())


def test_packets_pass_between_the_parts_and_parts_wait_for_the_peer(
    tmp_path: Path,
) -> None:
    contents = Snapshot({}, b"x" * (20 * 2**20)).packed()

    async def work() -> None:
        async with linked(tmp_path, contents) as (link, peer):
            peer.may_read.clear()
            link.send_snapshot(install(20))
            await until(lambda: link._departure is not None)
            await asyncio.sleep(0.2)
            assert link._departure is not None  # most of it waits here
            assert not link._departure.is_over
            link.send(b"a packet")
            peer.may_read.set()
            await until(lambda: len(peer.snapshots()) == 1)
            place = peer.frames.index(b"a packet")
            assert 1 < place < len(peer.frames) - 20
            assert peer.snapshots() == [(install(20), contents)]

    run(work())


def test_a_snapshot_whose_connection_breaks_is_lost_until_it_is_asked_for_again(
    tmp_path: Path,
) -> None:
    contents = Snapshot({}, b"x" * (20 * 2**20)).packed()

    async def work() -> None:
        async with linked(tmp_path, contents) as (link, peer):
            peer.may_read.clear()
            link.send_snapshot(install(20))
            await until(lambda: link._departure is not None)
            peer.writers[0].transport.abort()
            peer.may_read.set()
            await until(lambda: len(peer.writers) == 2 and link.is_up)
            assert link._departure is None
            assert link._terms.counts.snapshots_sent == 0
            peer.frames.clear()
            link.send_snapshot(install(20))
            await until(lambda: len(peer.snapshots()) == 1)

    run(work())


def test_who_is_cut_off_sends_no_more_of_a_snapshot(tmp_path: Path) -> None:
    contents = Snapshot({}, b"x" * (20 * 2**20)).packed()

    async def work() -> None:
        mesh = RunningMesh(tmp_path, ["ada", "bob", "cyd"])
        async with mesh.make("ada", **CALM) as ada, mesh.make("bob", **CALM) as bob:
            await until(lambda: "bob" in ada.health().connected)
            ada._life._store.keep_snapshot(20, contents)  # type: ignore[union-attr]  # it lives
            transport = ada._life.transport  # type: ignore[union-attr]  # it lives
            transport.send_snapshot("bob", install(20))
            ada.cut()
            assert transport.links["bob"]._install is None
            transport.send_snapshot("bob", install(20))
            transport.send_snapshot("zoe", install(20))
            assert transport.links["bob"]._install is None
            await asyncio.sleep(0.1)
            assert bob.counts.snapshots_installed == 0

    run(work())
