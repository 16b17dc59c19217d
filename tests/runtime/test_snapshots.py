"""Snapshots: what is kept of a log that loses its beginning, whatever ends an agent."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from primacy import Command, Discard, Durable, RequestId, Restore, agents
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Segment
from primacy.messages import Append, AppendReply, Install
from primacy.types import NOBODY, Index, Term
from primacy_runtime import (
    Agent,
    OutcomeUnknown,
    SettingsError,
    SnapshotRefused,
    StoreBroken,
    StoreDamaged,
    Table,
)
from primacy_runtime import driver as runtime_driver
from primacy_runtime.pending_requests import Proposal, Requests, SnapshotWish
from primacy_runtime.settings import Address
from primacy_runtime.snapshot import Snapshot, SnapshotDamaged, unpacked
from primacy_runtime.store import LONGEST_JOURNAL, DiskWrite, Restoring, Store
from tests.support.agents import CALM, RunningMesh, alone, run, started, until
from tests.support.driver_bench import BOB, Bench, RecordingStore
from tests.support.stores import CONFIG, make_format_1, persist

FIRST = CONFIG.first_roll
WHERE = Address("10.0.0.4", 7000)


class Unwritten:
    """A machine that cannot be written down."""

    def apply(self, index: int, command: str) -> object:
        return index, command

    def answer(self, query: str) -> object:
        return query


# What a snapshot holds.


def test_a_snapshot_holds_the_machine_and_the_addresses_that_the_log_told() -> None:
    snapshot = Snapshot({"dan": WHERE}, b"\0\xff anything")
    assert unpacked(snapshot.packed()) == snapshot
    assert unpacked(Snapshot({}, b"").packed()) == Snapshot({}, b"")


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"\0\0",
        b"\0\0\0\x09{}",
        b"\xff\xff\xff\xff{}",
        b"\0\0\0\x02[]",
        b"\0\0\0\x02{}",
        b"\0\0\0\x02\xff\xff",
        b"\0\0\0\x10" + b'{"addresses":[]}',
        Snapshot({"d d": WHERE}, b"").packed(),
        Snapshot({"dan": Address("10.0.0.4", 0)}, b"").packed(),
    ],
    ids=range(10),
)
def test_what_is_no_snapshot_is_refused(contents: bytes) -> None:
    with pytest.raises(SnapshotDamaged):
        unpacked(contents)


# On the disk.


def begun(path: Path) -> tuple[Store, Durable]:
    """Write six entries and a snapshot of the first four."""
    store = Store.open(path, CONFIG)
    output = persist(2, "ada", 0, *"abcdef")
    store.persist([output])
    store.keep_snapshot(4, b"four")
    return store, store.durable.after(output)


def reopened(store: Store) -> Store:
    store.close()
    return Store.open(store.path, CONFIG)


def at_4() -> Discard:
    return Discard(Index(4), Term(2), replace(FIRST, index=Index(0)))


def restore(index: int, *, keeps_rest: bool) -> Restore:
    roll = Roll(agents("ada"), agents("ada"), agents("bob"), Index(3), Term(2))
    return Restore(Term(3), NOBODY, Index(index), Term(2), roll, keeps_rest)


def test_a_discard_drops_what_the_snapshot_stands_for_and_nothing_else(
    tmp_path: Path,
) -> None:
    store, durable = begun(tmp_path / "ada.sqlite3")
    store.keep_snapshot(6, b"six")
    store.persist([at_4()])
    expected = durable.discarded(at_4())
    store = reopened(store)
    assert store.durable == expected
    assert (store.durable.log.start, store.durable.log.last_index) == (4, 6)
    assert store.snapshots == (4, 6)
    assert (store.snapshot(4), store.snapshot(6)) == (b"four", b"six")
    more = persist(3, "bob", 5, "x")
    store.persist([more, persist(3, "bob", 4, "y", "z")])
    expected = expected.after(more).after(persist(3, "bob", 4, "y", "z"))
    store = reopened(store)
    assert store.durable == expected
    gone = Discard(Index(6), Term(3), FIRST)
    store.persist([gone])
    assert store.snapshot(4) is None
    store = reopened(store)
    assert store.durable == expected.discarded(gone)
    assert store.snapshots == (6,)
    store.close()


@pytest.mark.clause("runtime.snapshot")
def test_entries_without_a_snapshot_are_not_dropped(tmp_path: Path) -> None:
    store, durable = begun(tmp_path / "ada.sqlite3")
    with pytest.raises(StoreBroken, match="no snapshot at 5"):
        store.persist([Discard(Index(5), Term(2), FIRST)])
    store = reopened(store)
    assert store.durable == durable
    store.close()


@pytest.mark.clause("runtime.restore")
@pytest.mark.parametrize(("index", "keeps_rest"), [(5, True), (5, False), (9, False)])
def test_a_restore_is_one_write(tmp_path: Path, index: int, keeps_rest: bool) -> None:
    store, durable = begun(tmp_path / "ada.sqlite3")
    output = restore(index, keeps_rest=keeps_rest)
    with pytest.raises(StoreBroken):  # the second cannot be: nothing of it stays
        store.persist([Restoring(output, b"new"), persist(4, "", 99, "z")])
    store = reopened(store)
    assert (store.durable, store.snapshots) == (durable, (4,))
    store.persist([Restoring(output, b"new")])
    expected = durable.restored(output)
    store = reopened(store)
    assert store.durable == expected
    assert (store.snapshots, store.snapshot(index)) == ((index,), b"new")
    store.persist([persist(4, "bob", expected.log.last_index, "z")])
    expected = expected.after(persist(4, "bob", expected.log.last_index, "z"))
    store = reopened(store)
    assert store.durable == expected
    store.close()


def test_a_restore_of_an_empty_disk_is_read_back(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "ada.sqlite3", CONFIG)
    output = restore(7, keeps_rest=False)
    store.persist([Restoring(output, b"new")])
    store = reopened(store)
    assert store.durable == Durable().restored(output)
    store.close()


@pytest.mark.parametrize("statement", ["", "UPDATE identity SET format = 2"])
def test_a_file_from_before_snapshots_is_read_and_takes_one(
    tmp_path: Path, statement: str
) -> None:
    path = tmp_path / "ada.sqlite3"
    make_format_1(path, statement)
    store = Store.open(path, CONFIG)
    durable, output = store.durable, Discard(Index(2), Term(1), FIRST)
    assert durable.log.last_index == 2
    store.keep_snapshot(2, b"two")
    store.persist([output])
    store = reopened(store)
    assert store.durable == durable.discarded(output)
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM start",
        "UPDATE start SET position = 3",
        "UPDATE start SET term = 1",
        "UPDATE start SET roll = replace(roll, 'cyd', 'eve')",
        "UPDATE start SET chain = replace(chain, substr(chain, 1, 1), 'x')",
        "DELETE FROM snapshots WHERE position = 4",
        "UPDATE snapshots SET contents = CAST('fore' AS BLOB) WHERE position = 4",
        "UPDATE snapshots SET contents = CAST('sex' AS BLOB) WHERE position = 6",
        "UPDATE snapshots SET position = 5 WHERE position = 6",
        "INSERT INTO snapshots SELECT 3, digest, contents FROM snapshots LIMIT 1",
        "DELETE FROM entries WHERE position = 5",
        "UPDATE entries SET position = position - 4",
        "DROP TABLE snapshots",
        "DROP TABLE start",
    ],
)
def test_a_start_or_a_snapshot_that_was_changed_is_refused(
    tmp_path: Path, statement: str
) -> None:
    store, _ = begun(tmp_path / "ada.sqlite3")
    store.keep_snapshot(6, b"six")
    store.persist([at_4()])
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(StoreDamaged, match="A lost disk"):
        Store.open(store.path, CONFIG)


def test_the_journal_of_a_long_snapshot_is_cut(tmp_path: Path) -> None:
    store, durable = begun(tmp_path / "ada.sqlite3")
    store.keep_snapshot(4, b"x" * (12 * 2**20))
    store.keep_snapshot(4, b"y" * (12 * 2**20))  # what was there goes to the journal
    journal = Path(f"{store.path}-journal")
    assert journal.stat().st_size <= LONGEST_JOURNAL
    store = reopened(store)
    assert store.durable == durable
    store.close()


def test_a_snapshot_that_rots_while_the_agent_runs_is_not_sent(tmp_path: Path) -> None:
    store, _ = begun(tmp_path / "ada.sqlite3")
    store._connection.execute("UPDATE snapshots SET contents = CAST('fore' AS BLOB)")
    with pytest.raises(StoreDamaged):
        store.snapshot(4)
    store.close()


# In the driver: a follower of bob, without a network.


def command(number: int) -> Entry:
    text = Command(f"{number}={number}")
    return Entry(Term(1), EntryKind.COMMAND, text, RequestId(f"bob:{number}"))


def append(first: int, last: int, *, commit: int) -> Append:
    return Append(
        CONFIG.mesh,
        BOB,
        Term(1),
        Index(first - 1),
        Term(1 if first > 1 else 0),
        Segment(tuple(command(number) for number in range(first, last + 1))),
        Index(commit),
    )


def table(last: int) -> Table:
    """Make the table that holds the commands up to an index."""
    made = Table()
    for number in range(1, last + 1):
        made.apply(number, f"{number}={number}")
    return made


def install(index: int, term: int = 1) -> Install:
    return Install(CONFIG.mesh, BOB, Term(term), Index(index), Term(1), FIRST)


def contents(last: int) -> bytes:
    return Snapshot({}, table(last).dump()).packed()


async def worked(bench: Bench, until_applied: int) -> None:
    """Run a bench until so much is applied and nothing is left to do, then end it."""
    task = asyncio.create_task(bench.driver.run())
    driver = bench.driver
    await until(lambda: driver.applied >= until_applied and not driver._inbox)
    await asyncio.sleep(0.05)
    await until(lambda: not driver._inbox)
    await bench.end(task)


@pytest.mark.clause("runtime.snapshot")
def test_every_so_many_entries_a_snapshot_is_taken_and_one_before_it_kept(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench, ends = Bench(tmp_path, snapshot_every=10), []
        task = asyncio.create_task(bench.driver.run())
        for first in range(1, 51, 5):
            bench.receive(append(first, first + 4, commit=first + 4))
            await until(lambda last=first + 4: bench.driver.applied == last)  # type: ignore[misc]  # bound at once
            log = bench.driver.state.log
            ends.append((log.start, log.last_index, *bench.driver.snapshots))
        await until(lambda: bench.driver.state.log.start == 40)
        await until(lambda: tuple(bench.driver.snapshots) == (40, 50))
        assert all(last - start <= 25 for start, last, *_ in ends)
        assert bench.counts.snapshots_taken == 5
        await bench.end(task)
        store = Store.open(bench.store.path, CONFIG)
        assert store.snapshots == (40, 50)
        assert store.snapshot(40) == contents(40)
        assert store.durable == bench.driver.state.durable
        store.close()

    run(work())


class FailingStore(RecordingStore):
    """A disk that fails at one of its writes: before it, or right behind it."""

    fails_at = -1
    is_behind = False
    count = 0

    def persist(self, writes: Sequence[DiskWrite]) -> None:
        with_failure(self, lambda: super(FailingStore, self).persist(writes))

    def keep_snapshot(self, index: int, contents: bytes) -> None:
        with_failure(
            self, lambda: super(FailingStore, self).keep_snapshot(index, contents)
        )


def with_failure(store: FailingStore, write: object) -> None:
    store.count += 1
    fails = store.count == store.fails_at
    if fails and not store.is_behind:
        raise StoreBroken("cut off before a write")
    assert callable(write)
    write()
    if fails:
        raise StoreBroken("cut off behind a write")


@pytest.mark.clause("runtime.snapshot", "restart.from-snapshot", "runtime.apply")
@pytest.mark.parametrize("is_behind", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("fails_at", range(1, 13))
def test_wherever_it_is_cut_off_it_restarts_and_holds_what_it_had(
    tmp_path: Path, fails_at: int, is_behind: bool
) -> None:
    """Twelve writes: entries, snapshots, and discards, in turn."""

    async def work() -> None:
        bench = Bench(tmp_path, snapshot_every=10, store=FailingStore)
        store, driver = bench.store, bench.driver
        assert isinstance(store, FailingStore)
        store.fails_at, store.is_behind = fails_at, is_behind
        task = asyncio.create_task(driver.run())
        for first in range(1, 101, 5):
            bench.receive(append(first, first + 4, commit=first + 4))
            last = first + 4
            await until(lambda last=last: driver.applied == last or task.done())  # type: ignore[misc]  # bound at once
            await until(lambda: not driver._inbox or task.done())
            if task.done():
                break
        with pytest.raises(StoreBroken, match="cut off"):
            await task
        applied = driver.applied
        store.close()
        bench.disk.shutdown()
        again = Bench(tmp_path, snapshot_every=10)
        start, end = again.driver.state.log.start, again.driver.state.log.last_index
        assert again.driver.applied == start <= applied <= end
        machine = again.driver._parts.machine
        assert isinstance(machine, Table)
        assert machine.dump() == table(start).dump()
        task = asyncio.create_task(again.driver.run())
        for last in (end + 10, end + 20, end + 30):
            again.receive(append(last - 9, last, commit=last))
            await until(lambda last=last: again.driver.applied == last)  # type: ignore[misc]  # bound at once
            await until(lambda: not again.driver._inbox)
        await until(lambda: again.driver.state.log.start == end + 20)
        await again.end(task)
        assert machine.dump() == table(end + 30).dump()
        assert tuple(again.driver.snapshots) == (end + 20, end + 30)

    run(work())


def test_after_a_restart_a_snapshot_may_be_older_than_the_newest(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.receive(append(1, 10, commit=10))
        await worked(bench, 10)
        store = Store.open(bench.store.path, CONFIG)
        store.keep_snapshot(10, contents(10))  # and then it is cut off
        store.close()
        bench = Bench(tmp_path)
        bench.receive(append(11, 11, commit=5))
        wish = SnapshotWish(asyncio.get_running_loop().create_future())
        task = asyncio.create_task(bench.driver.run())
        await until(lambda: bench.driver.applied == 5)
        bench.driver.snapshot(bench.requests.add(wish))
        assert await wish.answer == 5
        assert tuple(bench.driver.snapshots) == (5, 10)
        await until(lambda: bench.driver.state.log.start == 5)
        bench.receive(append(12, 12, commit=11))
        await until(lambda: bench.driver.applied == 11)
        await bench.end(task)
        machine = Table()
        assert Bench(tmp_path, machine).driver.applied == 5
        assert machine.dump() == table(5).dump()

    run(work())


@pytest.mark.clause("runtime.restore", "runtime.install-complete")
def test_a_snapshot_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.driver.install(install(20), contents(20), lambda: None)
        await worked(bench, 20)
        assert bench.told == ["disk", "AppendReply to bob"]
        (reply,) = bench.packets
        assert isinstance(reply, AppendReply)
        assert (reply.accepted, reply.index) == (True, 20)
        assert bench.counts.snapshots_installed == 1
        machine = Table()
        again = Bench(tmp_path, machine)
        assert again.driver.applied == again.driver.state.commit_index == 20
        assert machine.dump() == table(20).dump()
        again.receive(append(21, 22, commit=22))
        await worked(again, 22)
        assert machine.dump() == table(22).dump()

    run(work())


def test_a_snapshot_takes_the_place_of_what_is_applied_in_its_turn(
    tmp_path: Path,
) -> None:
    """Also where entries, snapshot and entries are stepped at once."""

    async def work() -> None:
        machine = Table()
        bench = Bench(tmp_path, machine)
        bench.receive(append(1, 3, commit=2))
        bench.driver.install(install(20), contents(20), lambda: None)
        bench.driver.install(install(10), contents(10), lambda: None)  # too late
        bench.receive(append(21, 22, commit=22))
        await worked(bench, 22)
        assert bench.told.count("disk") == 1
        assert machine.dump() == table(22).dump()
        assert bench.counts.snapshots_installed == 1
        store = Store.open(bench.store.path, CONFIG)
        assert store.durable == bench.driver.state.durable
        store.close()

    run(work())


def test_a_restore_drops_the_snapshots_that_are_older(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, snapshot_every=5)
        for first in (1, 6, 11):
            bench.receive(append(first, first + 4, commit=first + 4))
        bench.driver.install(install(14), contents(14), lambda: None)  # known
        bench.driver.install(install(40), contents(40), lambda: None)
        bench.receive(append(41, 45, commit=45))
        await worked(bench, 45)
        assert tuple(bench.driver.snapshots) == (40, 45)
        store = Store.open(bench.store.path, CONFIG)
        assert store.snapshots == (40, 45)
        store.close()

    run(work())


def test_a_write_behind_which_a_snapshot_came_has_an_unknown_outcome() -> None:
    async def work() -> None:
        requests, loop = Requests("ada"), asyncio.get_running_loop()
        old, late = (Proposal(loop.create_future()) for _ in range(2))
        placed, later = requests.add(old), requests.add(late)
        requests.place(placed, 7, Term(1))
        requests.place(later, 9, Term(1))
        requests.skip(8)
        with pytest.raises(OutcomeUnknown, match="entry at 7"):
            await old.answer
        assert not late.answer.done()
        requests.doubt(later, 9)
        with pytest.raises(OutcomeUnknown, match="entry at 9"):
            await late.answer

    run(work())


def test_without_a_machine_that_loads_it_a_snapshot_is_as_if_lost(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench, done = Bench(tmp_path, Unwritten()), []
        bench.driver.install(install(20), contents(20), lambda: done.append(1))
        assert done == [1]
        assert bench.counts.rejected == {"snapshot": 1}
        await worked(bench, 0)
        assert bench.told == []

    run(work())


def test_a_log_that_begins_behind_a_snapshot_needs_a_machine_that_loads_it(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.driver.install(install(20), contents(20), lambda: None)
        await worked(bench, 20)
        with pytest.raises(SettingsError, match="machine must have methods dump and"):
            Bench(tmp_path, Unwritten())

    run(work())


# The agent.


def test_an_agent_takes_snapshots_and_goes_on_from_them(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path, snapshot_every=20) as agent:
            for number in range(100):
                await agent.propose(f"{number % 7}={number}")
            await until(lambda: agent.health().log_start == 80)
            before = agent.health()
            assert before.snapshot_index > before.log_start
            assert before.snapshot_bytes > 20
            assert agent.counts.snapshots_taken >= 4
        table = Table()
        async with alone(tmp_path, machine=table, snapshot_every=20) as agent:
            assert agent.health().log_start == before.log_start
            assert [await agent.read(str(key)) for key in range(7)] == [
                str(number) for number in (98, 99, 93, 94, 95, 96, 97)
            ]
            assert await agent.propose("0=new") == "new"
        assert json.loads(table.dump())["0"] == "new"

    run(work())


def test_a_snapshot_is_taken_when_it_is_asked_for(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path, snapshot_every=0) as agent:
            await agent.propose("x=1")
            first = await agent.snapshot()
            assert first == await agent.snapshot() == agent.health().applied_index
            assert agent.counts.snapshots_taken == 1
            assert agent.health().log_start == 0
            await agent.propose("x=2")
            second, third = await asyncio.gather(agent.snapshot(), agent.snapshot())
            assert first < second == third
            await until(lambda: agent.health().log_start == first)
            assert agent.health().snapshot_index == second

    run(work())


def test_why_there_is_no_snapshot_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Table):
        def dump(self) -> bytes:
            raise RuntimeError("out of ink")

    class Odd(Table):
        def dump(self) -> bytes:
            return "text"  # type: ignore[return-value]  # as an untyped program may

    async def why(machine: object, folder: str) -> str:
        async with alone(tmp_path / folder, machine=machine) as agent:
            await agent.propose("x=1")
            with pytest.raises(SnapshotRefused) as refusal:
                await agent.snapshot()
            assert await agent.propose("x=2")  # it goes on
            assert agent.counts.requests["SnapshotRefused"] == 1
            assert agent.health().log_start == 0
        return str(refusal.value)

    async def work() -> None:
        assert await why(Unwritten(), "plain") == (
            "No snapshot: the machine has no methods dump and load."
        )
        assert "out of ink" in await why(Broken(), "broken")
        assert "must be bytes, got str" in await why(Odd(), "odd")
        monkeypatch.setattr(runtime_driver, "LONGEST_SNAPSHOT", 10)
        assert "must be at most 10 bytes" in await why(Table(), "long")

    run(work())


def test_a_machine_has_both_methods_or_none(tmp_path: Path) -> None:
    class Half(Unwritten):
        def dump(self) -> bytes:
            return b""

    with pytest.raises(SettingsError, match="machine must have a method load"):
        alone(tmp_path, machine=Half())
    with pytest.raises(SettingsError, match="snapshot_every must be 0 for a machine"):
        alone(tmp_path, machine=Unwritten(), snapshot_every=10)
    for every in (-1, 1.5, True, "10", 10**10):
        with pytest.raises(SettingsError, match="snapshot_every must be a whole"):
            alone(tmp_path, snapshot_every=every)
    assert alone(tmp_path)._given.snapshot_every == 10_000
    assert alone(tmp_path, machine=Unwritten())._given.snapshot_every == 0


async def fill(agent: Agent, count: int) -> None:
    await asyncio.gather(*(agent.propose(f"{k}={'v' * 200}") for k in range(count)))


@pytest.mark.clause("runtime.install-complete", "runtime.addresses")
def test_an_agent_that_joins_behind_the_start_gets_the_snapshot_and_the_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("primacy_runtime.net.transfers.PART", 1_000)

    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM, snapshot_every=50) as mesh:
            leader = await mesh.leader()
            for name in ("dan", "eve"):
                await mesh.join(name, **CALM, snapshot_every=50).start()
                await leader.admit(name, mesh.where[name])
                for _ in range(3):
                    await fill(leader, 70)
                await until(lambda: leader.health().log_start > 100)
            dan, eve = mesh.agents["dan"], mesh.agents["eve"]
            assert await eve.read("69") == "v" * 200
            assert eve.counts.snapshots_installed >= 1
            assert leader.counts.snapshots_sent >= 1
            assert eve.health().log_start > 0
            # the entry that told where dan is reached is gone, on all agents
            await until(lambda: len(eve.health().connected) == 4)
            await leader.promote("dan")
            await leader.promote("eve")
            assert await dan.propose("x=1") == "1"
            await eve.stop()
            eve = mesh.join("eve", **CALM, snapshot_every=50)
            await eve.start()
            await until(lambda: len(eve.health().connected) == 4)
            assert await eve.read("x") == "1"

    run(work())


def test_a_follower_that_slept_through_a_snapshot_catches_up_by_it(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM, snapshot_every=30) as mesh:
            leader = await mesh.leader()
            name = next(one for one in mesh.first if mesh.agents[one] is not leader)
            await leader.propose("x=1")
            await mesh.agents[name].stop()
            for _ in range(4):
                await fill(leader, 40)
            await until(lambda: leader.health().log_start > 60)
            await mesh.make(name, **CALM, snapshot_every=30).start()
            assert await mesh.agents[name].read("39") == "v" * 200
            assert mesh.agents[name].counts.snapshots_installed == 1
            assert await mesh.agents[name].propose("x=2") == "2"

    run(work())
