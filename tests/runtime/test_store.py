"""The disk of an agent: what was written is read back, or the file is refused."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from primacy import (
    AgentId,
    Command,
    Config,
    Durable,
    Persist,
    RequestId,
    Term,
    agents,
    dumps,
    loads,
)
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.types import Index
from primacy_runtime import (
    StoreBroken,
    StoreDamaged,
    StoreError,
    StoreForeign,
    StoreInUse,
)
from primacy_runtime.store import FORMAT, Store
from tests.support.agents import PATIENCE_S
from tests.support.stores import CONFIG, make_format_1, persist


def written(path: Path) -> Durable:
    """Write a little, and give what the disk should hold."""
    store = Store.open(path, CONFIG)
    durable = store.durable
    for output in (
        persist(1, "ada", 0, *"abcdef"),
        persist(2, "", 6),
        persist(2, "bob", 3, *"xyz"),
    ):
        store.persist([output])
        durable = durable.after(output)
    store.remember("bob", "b" * 32)
    store.close()
    return durable


def read(path: Path, config: Config = CONFIG) -> Durable:
    store = Store.open(path, config)
    store.close()
    assert store.known == {"bob": "b" * 32}
    return store.durable


@pytest.mark.clause("runtime.atomic-persist")
def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ada.sqlite3"
    durable = written(path)
    assert durable.log.last_index == 6
    assert read(path) == durable
    assert read(path) == durable


def test_several_persists_are_one_write(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "ada.sqlite3", CONFIG)
    store.persist([persist(1, "ada", 0, "a"), persist(2, "bob", 1, "b")])
    with pytest.raises(StoreBroken):  # the second cannot be: nothing of it stays
        store.persist([persist(3, "cyd", 2, "c"), persist(4, "cyd", 9, "d")])
    store.close()
    store = Store.open(store.path, CONFIG)
    assert store.durable.term == 2
    store.close()


def test_a_new_file_says_so_and_an_old_one_does_not(tmp_path: Path) -> None:
    first = Store.open(tmp_path / "ada.sqlite3", CONFIG)
    first.close()
    second = Store.open(tmp_path / "ada.sqlite3", CONFIG)
    second.close()
    other = Store.open(tmp_path / "other.sqlite3", CONFIG)
    other.close()
    assert (first.is_new, second.is_new) == (True, False)
    assert first.id == second.id != other.id


def test_every_write_waits_for_the_disk(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "ada.sqlite3", CONFIG)
    ask = store._connection.execute
    assert ask("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert ask("PRAGMA journal_mode").fetchone() == ("persist",)
    store.close()


@pytest.mark.clause("runtime.one-at-a-time")
def test_a_file_that_is_in_use_is_refused(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "ada.sqlite3", CONFIG)
    with pytest.raises(StoreInUse, match="another process runs this agent"):
        Store.open(tmp_path / "ada.sqlite3", CONFIG)
    store.close()
    Store.open(tmp_path / "ada.sqlite3", CONFIG).close()


@pytest.mark.clause("runtime.own-disk")
@pytest.mark.parametrize(
    "config",
    [
        replace(CONFIG, agent_id="bob"),
        replace(CONFIG, mesh_id="south"),
        replace(CONFIG, initial_leaders=agents("ada", "bob", "eve")),
    ],
    ids=["another agent", "another mesh", "other initial leaders"],
)
def test_the_file_of_somebody_else_is_refused(tmp_path: Path, config: Config) -> None:
    written(tmp_path / "ada.sqlite3")
    with pytest.raises(StoreForeign, match=r"belongs to agent ada of mesh mesh\("):
        read(tmp_path / "ada.sqlite3", config)


def format_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("SELECT format FROM identity").fetchone()
    connection.close()
    return int(version)


def test_a_file_from_before_members_could_change_is_read_and_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ada.sqlite3"
    make_format_1(path)
    store = Store.open(path, CONFIG)
    durable = store.durable
    assert (durable.term, durable.voted_for) == (3, "bob")
    command = Command('colour="red" é')
    assert durable.log == Log.of(
        (
            Entry(Term(1), EntryKind.NOOP),
            Entry(Term(1), EntryKind.COMMAND, command, RequestId("ada:0:1")),
        )
    )
    assert store.known == {"bob": "b" * 32}
    assert store.id == "61077d35d6315ae7f7ab0a5967de5185"
    assert not store.is_new
    roll = Entry(
        Term(3),
        EntryKind.ROLL,
        Command("where"),
        RequestId("ada:0:2"),
        agents("ada", "bob"),
        agents("ada", "bob", "cyd"),
        agents("dan"),
    )
    output = Persist(Term(3), AgentId("bob"), Index(2), Segment.of(roll))
    store.persist([output])
    store.close()
    assert read(path) == durable.after(output)
    assert format_of(path) == FORMAT


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("UPDATE durable SET term = 2", StoreDamaged),
        ("UPDATE identity SET format = 4", StoreForeign),
        ("UPDATE identity SET format = 0", StoreForeign),
        ("UPDATE identity SET agent = 'bob'", StoreForeign),
    ],
)
def test_a_file_that_is_refused_stays_of_its_format(
    tmp_path: Path, statement: str, error: type[StoreError]
) -> None:
    path = tmp_path / "ada.sqlite3"
    make_format_1(path, statement)
    before = format_of(path)
    with pytest.raises(error):
        Store.open(path, CONFIG)
    assert format_of(path) == before != FORMAT


def damaged(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE durable SET term = 1",
        "UPDATE durable SET voted_for = 'cyd'",
        "UPDATE durable SET last = 5",
        "DELETE FROM durable",
        "DELETE FROM identity",
        "DELETE FROM entries WHERE position = 6",
        "DELETE FROM entries WHERE position = 1",
        "DELETE FROM entries",
        "UPDATE entries SET entry = replace(entry, '\"x\"', '\"v\"')",
        "UPDATE entries SET position = position + 10 WHERE position = 6",
        "INSERT INTO entries SELECT 7, entry, digest FROM entries WHERE position = 6",
        "DROP TABLE entries",
        "UPDATE entries SET digest = replace(digest, 'a', 'b') WHERE position = 3",
        "UPDATE peers SET store = 'cccccccccccccccccccccccccccccccc'",
        "UPDATE identity SET store = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
    ],
)
def test_what_was_changed_behind_its_back_is_refused(
    tmp_path: Path, statement: str
) -> None:
    path = tmp_path / "ada.sqlite3"
    written(path)
    damaged(path, statement)
    with pytest.raises(StoreDamaged, match=r"A lost disk.*must not be put back"):
        read(path)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]


def outcome(path: Path, content: bytes) -> Durable | None:
    """Open a file with some content; `None` if it is refused."""
    path.write_bytes(content)
    try:
        return read(path)
    except StoreError:
        return None


def test_a_damaged_file_is_refused_or_read_as_it_was(tmp_path: Path) -> None:
    path, copy = tmp_path / "ada.sqlite3", tmp_path / "copy.sqlite3"
    durable = written(path)
    content = path.read_bytes()
    places = random.Random(7).sample(range(len(content)), 400)  # noqa: S311
    found = [outcome(copy, flipped(content, at)) for at in places]
    assert all(one in (None, durable) for one in found)
    assert None in found
    where = content.index(b'"command":"x"') + 11  # text that SQLite cannot check
    assert outcome(copy, flipped(content, where)) is None


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    path, copy = tmp_path / "ada.sqlite3", tmp_path / "copy.sqlite3"
    durable = written(path)
    content = path.read_bytes()
    for length in range(0, len(content), 997):
        assert outcome(copy, content[:length]) in (None, durable), length
    for length in (0, 1, 100, len(content) // 2):
        assert outcome(copy, content[:length]) is None, length


def test_a_damaged_journal_is_refused_or_what_was_there_before_is_read(
    tmp_path: Path,
) -> None:
    """A journal is what a process leaves that was killed within a write."""
    path, copy = tmp_path / "ada.sqlite3", tmp_path / "copy.sqlite3"
    durable = written(path)
    store = Store.open(path, CONFIG)
    store._connection.execute("PRAGMA cache_size = 1")  # it writes before the end
    store._connection.execute("BEGIN IMMEDIATE")
    store._connection.execute("UPDATE durable SET term = 9, voted_for = 'cyd'")
    store._connection.execute("UPDATE entries SET entry = entry || 'y'")
    store._persist(persist(2, "bob", 6, *("long" * 500 for _ in range(40))))
    half, journal = path.read_bytes(), Path(f"{path}-journal").read_bytes()
    store._connection.execute("ROLLBACK")
    store.close()
    beside = Path(f"{copy}-journal")

    def found(journal: bytes) -> Durable | None:
        beside.write_bytes(journal)
        return outcome(copy, half)

    assert found(journal) == durable
    assert found(b"") is None
    draw = random.Random(5)  # noqa: S311
    for _ in range(200):
        assert found(flipped(journal, draw.randrange(len(journal)))) in (None, durable)
        assert found(journal[: draw.randrange(len(journal))]) in (None, durable)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ada.sqlite3").write_text("a letter\n" * 100)
    with pytest.raises(StoreDamaged, match="file is not a database"):
        read(tmp_path / "ada.sqlite3")
    with pytest.raises(StoreError, match="cannot be opened"):
        read(tmp_path)
    with pytest.raises(StoreError, match="cannot be opened"):
        read(tmp_path / "ada.sqlite3" / "in-a-file.sqlite3")


@pytest.mark.clause("runtime.persist-fails")
def test_a_full_disk_is_a_broken_store_and_leaves_what_was_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ada.sqlite3"
    durable = written(path)
    store = Store.open(path, CONFIG)
    store._connection.execute("PRAGMA max_page_count = 1")  # of what it is at least
    with pytest.raises(StoreBroken, match=r"cannot be written.*full"):
        store.persist([persist(3, "ada", 6, *("long" * 500 for _ in range(20)))])
    store.close()
    assert read(path) == durable


def test_peers_are_kept_in_mind(tmp_path: Path) -> None:
    path = tmp_path / "ada.sqlite3"
    store = Store.open(path, CONFIG)
    store.remember("bob", "b" * 32)
    store.close()
    store = Store.open(path, CONFIG)
    assert store.known == {"bob": "b" * 32}
    store.close()


WRITER = """
import sys
from pathlib import Path
from primacy_runtime.store import Store
from tests.support.stores import CONFIG, persist
store = Store.open(Path(sys.argv[1]), CONFIG)
term, last = store.durable.term, store.durable.log.last_index
while True:
    term += 1
    after = max(0, last - term % 3)
    commands = [f"{term}.{k}" for k in range(4)]
    store.persist([persist(term, "ada", after, *commands)])
    last = after + 4
    print(term, last, flush=True)
"""


@pytest.mark.clause("runtime.atomic-persist")
def test_kill_9_at_any_point_loses_nothing_that_was_reported(tmp_path: Path) -> None:
    path, draw, reported = tmp_path / "ada.sqlite3", random.Random(3), 0  # noqa: S311
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(sys.path)},
        ) as writer:
            assert writer.stdout is not None
            for _ in range(draw.randint(1, 9)):
                line = writer.stdout.readline()
            time.sleep(draw.uniform(0, 0.1))
            writer.send_signal(signal.SIGKILL)
            *_, said = [line, *writer.stdout]
        term, last = map(int, said.split())
        store = Store.open(path, CONFIG)
        durable = store.durable
        store.close()
        assert durable.term in (term, term + 1)
        assert durable.term > reported
        assert durable.term > term or durable.log.last_index == last
        assert durable.log.at(durable.log.last_index).term == durable.term
        assert loads(dumps(durable), Durable) == durable
        reported = durable.term
    assert reported > 6


FILLER = """
import asyncio, resource, signal, sys
from primacy_runtime import AgentStopped
from tests.support.agents import alone

async def fill():
    async with alone(sys.argv[1]) as agent:
        for number in range(1_000):
            try:
                await agent.propose(f"{number}={'x' * 20_000}")
            except AgentStopped as error:
                print(error)
                return
            print(number)
            sys.stdout.flush()

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
asyncio.run(fill())
"""


@pytest.mark.clause("runtime.persist-fails")
def test_an_agent_that_can_write_no_more_stops_and_loses_nothing_acknowledged(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILLER, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
        timeout=PATIENCE_S,
    )
    *acknowledged, last = done.stdout.splitlines()
    assert len(acknowledged) > 3
    assert "cannot be written" in last
    config = Config("mesh", "ada", agents("ada"))
    store = Store.open(tmp_path / "mesh.ada.sqlite3", config)
    held = {entry.command.partition("=")[0] for entry in store.durable.log.entries}
    store.close()
    assert set(acknowledged) <= held
