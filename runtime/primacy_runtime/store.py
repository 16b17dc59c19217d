"""The disk of one agent: term, vote, log and snapshots in a SQLite file.

Contract: `persist` returns when all of it is on the disk, or raises; then nothing more
may be done with the state in memory (runtime.persist-fails). What is read back at a
start is what was written, or it is refused: each entry carries a digest of itself and
of all before it, and the row with term and vote carries one of both ends. One process
has the file at a time (runtime.one-at-a-time).

A log that has lost its beginning has a row with its start, and the snapshot that stands
for what is gone; newer snapshots may be there besides, for which nothing was dropped
yet. Each carries a digest. Entries go in the same transaction as the start moves, and a
snapshot that was received comes in the same one, too (runtime.restore).

The file also holds a random name of itself, made once. Peers remember it, so that an id
which comes back with an empty disk is noticed (runtime.own-disk).

Rollback journal rather than WAL: SQLite silently forgets the end of a damaged WAL, and
an older disk may vote twice. `synchronous=FULL` waits for the disk at each commit; with
the journal kept (`PERSIST`), its erasing is waited for as well.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, assert_never

from primacy import (
    Config,
    Discard,
    Durable,
    FormatError,
    Persist,
    Restore,
    dumps,
    loads,
)
from primacy_runtime.errors import (
    StoreBroken,
    StoreDamaged,
    StoreError,
    StoreForeign,
    StoreInUse,
)

FORMAT: Final = 3
"""The version: since 2 an entry may set a roll, since 3 the log may have a start."""
READ: Final = (1, 2, FORMAT)
"""The versions that are read; a file of an older one becomes one of this."""
WITH_SNAPSHOTS: Final = 3
"""Since this version there are a start and snapshots."""
EMPTY: Final = sha256(b"").hexdigest()
"""The digest of a log without entries."""
TABLES: Final = """
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    format INTEGER NOT NULL, mesh TEXT NOT NULL, agent TEXT NOT NULL,
    store TEXT NOT NULL
) STRICT;
CREATE TABLE durable (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    term INTEGER NOT NULL, voted_for TEXT NOT NULL,
    last INTEGER NOT NULL, digest TEXT NOT NULL
) STRICT;
CREATE TABLE entries (
    position INTEGER PRIMARY KEY, entry TEXT NOT NULL, digest TEXT NOT NULL
) STRICT;
CREATE TABLE peers (
    agent TEXT PRIMARY KEY, store TEXT NOT NULL, digest TEXT NOT NULL
) STRICT;
"""
SINCE_3: Final = """
CREATE TABLE start (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL, term INTEGER NOT NULL, roll TEXT NOT NULL,
    chain TEXT NOT NULL, digest TEXT NOT NULL
) STRICT;
CREATE TABLE snapshots (
    position INTEGER PRIMARY KEY, digest TEXT NOT NULL, contents BLOB NOT NULL
) STRICT;
"""
LONGEST_JOURNAL: Final = 4 * 2**20
"""How many bytes of the journal are kept: the rest is what a snapshot has left."""
WHAT_TO_DO: Final = (
    "keep the file for inspection, and follow 'A lost disk' in docs/runtime.md; "
    "an older copy must not be put back, for it could vote twice"
)
_HEAD: Final = dumps(Durable()).partition('"kind"')[0]
"""How `dumps` begins a text, with the version of its format."""
_ENTRY_HEAD: Final = f'{_HEAD}"kind":"Entry","value":'
_ROLL_HEAD: Final = f'{_HEAD}"kind":"Roll","value":'


@dataclass(frozen=True, slots=True)
class Restoring:
    """A `Restore` output, and the snapshot that came with it."""

    restore: Restore
    contents: bytes


DiskWrite = Persist | Discard | Restoring
"""What is written in the order in which core put it out."""


class Store:
    """An open file. Its methods block; all but `open` belong into one thread."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, config: Config
    ) -> None:
        self.path = path
        self._connection = connection
        self._config = config
        self.id = ""
        """The random name of this disk."""
        self.is_new = False
        """The file was made just now: the agent has never run on it."""
        self.durable = Durable()
        self.snapshots: tuple[int, ...] = ()
        """The positions of the snapshots, ascending, as they were at the start."""
        self.known: dict[str, str] = {}
        """The disk that each peer had when it was first heard."""

    @classmethod
    def open(cls, path: Path, config: Config) -> Store:
        """Open the file of an agent, or make it; refuse one that cannot be used."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists() and _make(path, config)
            connection = _connected(path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be opened: {error}.") from None
        store = cls(path, connection, config)
        store.is_new = is_new
        try:
            store._take()
            store._read()
        except sqlite3.DatabaseError as error:
            connection.close()
            raise _refusal(path, error) from None
        except BaseException:
            connection.close()
            raise
        return store

    def _take(self) -> None:
        """Keep every other process out, and have each commit wait for the disk."""
        execute = self._connection.execute
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("BEGIN EXCLUSIVE")
        execute("COMMIT")
        for setting, needed in (
            ("journal_mode", "persist"),
            ("synchronous", 2),
            ("journal_size_limit", LONGEST_JOURNAL),
        ):
            execute(f"PRAGMA {setting} = {needed}")
            (got,) = execute(f"PRAGMA {setting}").fetchone()
            if got != needed:
                raise StoreError(
                    f"{self.path}: SQLite must run with {setting} {needed}, got {got}."
                )

    def _read(self) -> None:
        execute = self._connection.execute
        (verdict,) = execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise self._damage(str(verdict).replace("\n", " "))
        identity = execute("SELECT format, mesh, agent, store FROM identity").fetchone()
        ends = execute("SELECT term, voted_for, last, digest FROM durable").fetchone()
        if identity is None or ends is None:
            raise self._damage("a table is empty")
        self._check_identity(*identity)
        version = identity[0]
        start, digest, head = self._read_start(version)
        values = []
        rows = execute("SELECT position, entry, digest FROM entries ORDER BY position")
        for expected, (position, entry, written) in enumerate(rows, start=start + 1):
            digest = _chained(digest, entry)
            if position != expected or digest != written:
                raise self._damage(f"the entry at {expected} is not what was written")
            values.append(entry)
        term, voted_for, last, seal = ends
        whole = start + len(values)
        if last != whole or seal != _seal(self.id, term, voted_for, last, digest):
            raise self._damage("term, vote and log do not belong together")
        self.snapshots = self._checked_snapshots(version, start)
        self.durable = self._decoded(term, voted_for, head, values)
        for agent, store, written in execute("SELECT * FROM peers"):
            if written != _chained(f"{self.id}\n{agent}", store):
                raise self._damage(f"what is kept of {agent} is not what was written")
            self.known[agent] = store
        if version != FORMAT:
            self._bring_up_to_date(version)

    def _bring_up_to_date(self, version: int) -> None:
        with _transaction(self._connection) as at:
            if version < WITH_SNAPSHOTS:
                _create(at, SINCE_3)
            at.execute("UPDATE identity SET format = ?", (FORMAT,))

    def _read_start(self, version: int) -> tuple[int, str, str]:
        """Give the position of the start, the digest there, and its parts as JSON."""
        if version < WITH_SNAPSHOTS:
            return 0, EMPTY, ""
        rows = "SELECT position, term, roll, chain, digest FROM start"
        row = self._connection.execute(rows).fetchone()
        if row is None:
            return 0, EMPTY, ""
        *start, digest = row
        if digest != _start_digest(self.id, *start):
            raise self._damage("the start of the log is not what was written")
        position, term, roll, chain = start
        head = f'"start":{position},"start_term":{term},"start_roll":{roll},'
        return position, chain, head

    def _checked_snapshots(self, version: int, start: int) -> tuple[int, ...]:
        if version < WITH_SNAPSHOTS:
            return ()
        rows = "SELECT position, digest, contents FROM snapshots ORDER BY position"
        found: list[int] = []
        for position, digest, contents in self._connection.execute(rows):
            if digest != _snapshot_digest(self.id, position, contents):
                raise self._damage(f"the snapshot at {position} is not what was taken")
            found.append(position)
        if start and (not found or found[0] != start):
            raise self._damage(
                f"the snapshot at {start}, where the log starts, is gone"
            )
        return tuple(found)

    def _check_identity(self, version: int, mesh: str, agent: str, store: str) -> None:
        config = self._config
        if version not in READ:
            known = " and ".join(map(str, READ))
            raise StoreForeign(
                f"{self.path} is of format {version}; this version reads {known}."
            )
        if (mesh, agent) != (config.mesh, config.agent_id):
            raise StoreForeign(
                f"{self.path} belongs to agent {agent} of mesh {mesh}, "
                f"not to {config.agent_id} of {config.mesh}."
            )
        self.id = store

    def _decoded(
        self, term: int, voted_for: str, start: str, entries: list[str]
    ) -> Durable:
        head = json.dumps({"term": term, "voted_for": voted_for})[:-1]
        log = f"[{','.join(entries)}]"
        if start:
            log = f'{{{start}"entries":{log}}}'
        text = f'{_HEAD}"kind":"Durable","value":{head},"log":{log}}}}}'
        try:
            return loads(text, Durable)
        except FormatError as error:
            raise self._damage(str(error)) from None

    def _damage(self, what: str) -> StoreDamaged:
        return StoreDamaged(f"{self.path} is damaged ({what}): {WHAT_TO_DO}.")

    def persist(self, writes: Sequence[DiskWrite]) -> None:
        """Have consecutive outputs on the disk, all or none."""
        with self._writing():
            for write in writes:
                match write:
                    case Persist():
                        self._persist(write)
                    case Discard():
                        self._discard(write)
                    case Restoring(restore, contents):
                        self._restore(restore, contents)
                    case _:
                        assert_never(write)

    def keep_snapshot(self, index: int, contents: bytes) -> None:
        """Have a snapshot on the disk; nothing is dropped for it yet."""
        with self._writing():
            self._put_snapshot(index, contents)

    def snapshot(self, index: int) -> bytes | None:
        """Read a snapshot, if it is still there."""
        where = "SELECT digest, contents FROM snapshots WHERE position = ?"
        try:
            row = self._connection.execute(where, (index,)).fetchone()
        except sqlite3.Error as error:
            raise StoreBroken(f"{self.path} cannot be read: {error}.") from None
        if row is None:
            return None
        digest, contents = row
        if digest != _snapshot_digest(self.id, index, contents):
            raise self._damage(f"the snapshot at {index} is not what was taken")
        return bytes(contents)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with _transaction(self._connection):
                yield
        except (sqlite3.Error, OSError) as error:
            raise StoreBroken(f"{self.path} cannot be written: {error}.") from None

    def _persist(self, persist: Persist) -> None:
        after = int(persist.after)
        digest = self._digest_at(after)
        self._execute("DELETE FROM entries WHERE position > ?", (after,))
        for position, entry in enumerate(persist.entries.entries, start=after + 1):
            text = dumps(entry).removeprefix(_ENTRY_HEAD)[:-1]
            digest = _chained(digest, text)
            row = (position, text, digest)
            self._execute("INSERT INTO entries VALUES (?, ?, ?)", row)
        last = after + persist.entries.size
        self._put_ends(persist.term, persist.voted_for, last, digest)

    def _discard(self, discard: Discard) -> None:
        """Drop the entries up to a position that one of the snapshots stands for."""
        found = "SELECT 1 FROM snapshots WHERE position = ?"
        index = int(discard.index)
        if self._execute(found, (index,)).fetchone() is None:
            raise StoreBroken(f"{self.path} has no snapshot at {index}.")
        self._put_start(discard, self._digest_at(index))

    def _restore(self, restore: Restore, contents: bytes) -> None:
        """Begin behind a snapshot that was received."""
        index = int(restore.index)
        if restore.keeps_rest:
            chain = self._digest_at(index)
        else:
            chain = _chained(
                f"{restore.index_term}", _snapshot_digest("", index, contents)
            )
            self._execute("DELETE FROM entries")
            self._execute("DELETE FROM snapshots")
        self._put_snapshot(index, contents)
        self._put_start(restore, chain)
        rows = "SELECT position, digest FROM entries ORDER BY position DESC LIMIT 1"
        last, digest = self._execute(rows).fetchone() or (index, chain)
        self._put_ends(restore.term, restore.voted_for, last, digest)

    def _put_ends(self, term: int, vote: str, last: int, digest: str) -> None:
        seal = _seal(self.id, term, vote, last, digest)
        self._execute(
            "UPDATE durable SET term=?, voted_for=?, last=?, digest=?",
            (term, vote, last, seal),
        )

    def _put_start(self, at: Discard | Restore, chain: str) -> None:
        """Have the log begin behind a position; what is before it goes."""
        index, roll = int(at.index), dumps(at.roll)
        text = roll.removeprefix(_ROLL_HEAD)[:-1]
        digest = _start_digest(self.id, index, at.index_term, text, chain)
        self._execute(
            "INSERT OR REPLACE INTO start VALUES (1, ?, ?, ?, ?, ?)",
            (index, at.index_term, text, chain, digest),
        )
        self._execute("DELETE FROM entries WHERE position <= ?", (index,))
        self._execute("DELETE FROM snapshots WHERE position < ?", (index,))

    def _put_snapshot(self, index: int, contents: bytes) -> None:
        digest = _snapshot_digest(self.id, index, contents)
        self._execute(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)",
            (int(index), digest, contents),
        )

    def _digest_at(self, index: int) -> str:
        """Give the digest of the log up to a position from its start on."""
        for where in (
            "SELECT digest FROM entries WHERE position = ?",
            "SELECT chain FROM start WHERE position = ?",
        ):
            row = self._execute(where, (int(index),)).fetchone()
            if row is not None:
                return str(row[0])
        if index > 0:
            raise StoreBroken(f"{self.path} has lost the entry at {index}.")
        return EMPTY

    def _execute(
        self, statement: str, values: tuple[object, ...] = ()
    ) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def remember(self, agent: str, store: str) -> None:
        """Keep which disk a peer has, from when it is first heard."""
        try:
            self._connection.execute(
                "INSERT OR REPLACE INTO peers VALUES (?, ?, ?)",
                (agent, store, _chained(f"{self.id}\n{agent}", store)),
            )
        except sqlite3.Error as error:
            raise StoreBroken(f"{self.path} cannot be written: {error}.") from None
        self.known[agent] = store

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=0, isolation_level=None, check_same_thread=False
    )


def _make(path: Path, config: Config) -> bool:
    """Make a file, whole before it has its name: one without tables is a torn one.

    Tell whether it was made: another process may have been quicker.
    """
    store = secrets.token_hex(16)
    unnamed = path.with_name(f"{path.name}.{store}")
    connection = _connected(unnamed)
    try:
        with _transaction(connection) as at:
            _create(at, TABLES)
            _create(at, SINCE_3)
            at.execute(
                "INSERT INTO identity VALUES (1, ?, ?, ?, ?)",
                (FORMAT, config.mesh, config.agent_id, store),
            )
            seal = _seal(store, 0, "", 0, EMPTY)
            at.execute("INSERT INTO durable VALUES (1, 0, '', 0, ?)", (seal,))
        os.link(unnamed, path)
    except FileExistsError:
        return False
    finally:
        connection.close()
        unnamed.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


def _create(at: sqlite3.Connection, tables: str) -> None:
    for statement in tables.split(";\n"):
        at.execute(statement)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing; a commit that fails leaves nothing behind."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _refusal(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY":
        return StoreInUse(f"{path} is in use: another process runs this agent.")
    if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
        return StoreError(f"{path} cannot be opened: {error}.")
    return StoreDamaged(f"{path} is damaged ({error}): {WHAT_TO_DO}.")


def _chained(before: str, entry: str) -> str:
    return sha256(f"{before}\n{entry}".encode()).hexdigest()


def _seal(store: str, term: int, voted_for: str, last: int, digest: str) -> str:
    text = f"{store}\n{term}\n{voted_for}\n{last}\n{digest}"
    return sha256(text.encode()).hexdigest()


def _start_digest(store: str, index: int, term: int, roll: str, chain: str) -> str:
    text = f"{store}\n{index}\n{term}\n{roll}\n{chain}"
    return sha256(text.encode()).hexdigest()


def _snapshot_digest(store: str, index: int, contents: bytes) -> str:
    return sha256(f"{store}\n{index}\n".encode() + contents).hexdigest()


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
