"""The disk of one agent: term, vote and log in a SQLite file.

Contract: `persist` returns when all of it is on the disk, or raises; then nothing more
may be done with the state in memory (runtime.persist-fails). What is read back at a
start is what was written, or it is refused: each entry carries a digest of itself and
of all before it, and the row with term and vote carries one of both ends. One process
has the file at a time (runtime.one-at-a-time).

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
from hashlib import sha256
from pathlib import Path
from typing import Final

from primacy import Config, Durable, FormatError, Persist, dumps, loads
from primacy_runtime.errors import (
    StoreBroken,
    StoreDamaged,
    StoreError,
    StoreForeign,
    StoreInUse,
)

FORMAT: Final = 2
"""The version of the file: since 2 an entry may set a roll."""
READ: Final = (1, FORMAT)
"""The versions that are read; a file of an older one becomes one of this."""
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
WHAT_TO_DO: Final = (
    "keep the file for inspection, and follow 'A lost disk' in docs/runtime.md; "
    "an older copy must not be put back, for it could vote twice"
)
_HEAD: Final = dumps(Durable()).partition('"kind"')[0]
"""How `dumps` begins a text, with the version of its format."""
_ENTRY_HEAD: Final = f'{_HEAD}"kind":"Entry","value":'


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
        for setting, needed in (("journal_mode", "persist"), ("synchronous", 2)):
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
        digest, values = EMPTY, []
        rows = execute("SELECT position, entry, digest FROM entries ORDER BY position")
        for expected, (position, entry, written) in enumerate(rows, start=1):
            digest = _chained(digest, entry)
            if position != expected or digest != written:
                raise self._damage(f"the entry at {expected} is not what was written")
            values.append(entry)
        term, voted_for, last, seal = ends
        if last != len(values) or seal != _seal(self.id, term, voted_for, last, digest):
            raise self._damage("term, vote and log do not belong together")
        self.durable = self._decoded(term, voted_for, values)
        for agent, store, written in execute("SELECT * FROM peers"):
            if written != _chained(f"{self.id}\n{agent}", store):
                raise self._damage(f"what is kept of {agent} is not what was written")
            self.known[agent] = store
        execute("UPDATE identity SET format = ? WHERE format <> ?", (FORMAT, FORMAT))

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

    def _decoded(self, term: int, voted_for: str, entries: list[str]) -> Durable:
        head = json.dumps({"term": term, "voted_for": voted_for})[:-1]
        log = ",".join(entries)
        text = f'{_HEAD}"kind":"Durable","value":{head},"log":[{log}]}}}}'
        try:
            return loads(text, Durable)
        except FormatError as error:
            raise self._damage(str(error)) from None

    def _damage(self, what: str) -> StoreDamaged:
        return StoreDamaged(f"{self.path} is damaged ({what}): {WHAT_TO_DO}.")

    def persist(self, persists: Sequence[Persist]) -> None:
        """Have consecutive `Persist` outputs on the disk, all or none."""
        try:
            with _transaction(self._connection) as at:
                for persist in persists:
                    after = int(persist.after)
                    at.execute("DELETE FROM entries WHERE position > ?", (after,))
                    last = after + persist.entries.size
                    digest = self._append(after, persist)
                    term, vote = persist.term, persist.voted_for
                    seal = _seal(self.id, term, vote, last, digest)
                    at.execute(
                        "UPDATE durable SET term=?, voted_for=?, last=?, digest=?",
                        (term, vote, last, seal),
                    )
        except (sqlite3.Error, OSError) as error:
            raise StoreBroken(f"{self.path} cannot be written: {error}.") from None

    def _append(self, after: int, persist: Persist) -> str:
        execute = self._connection.execute
        digest = EMPTY
        if after > 0:
            where = "SELECT digest FROM entries WHERE position = ?"
            row = execute(where, (after,)).fetchone()
            if row is None:
                raise StoreBroken(f"{self.path} has lost the entry at {after}.")
            (digest,) = row
        for position, entry in enumerate(persist.entries.entries, start=after + 1):
            text = dumps(entry).removeprefix(_ENTRY_HEAD)[:-1]
            digest = _chained(digest, text)
            execute("INSERT INTO entries VALUES (?, ?, ?)", (position, text, digest))
        return digest

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
            for statement in TABLES.split(";\n"):
                at.execute(statement)
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


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
