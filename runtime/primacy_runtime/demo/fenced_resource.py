"""A resource that keeps stale leaders out: a SQLite table with a fence beside it.

Contract: the token is checked, the fence kept and the effect performed in one
transaction (runtime.fence), so that a leader that was paused in between cannot slip in
(pitfall: a check, then an effect). It is an example of what stands behind a mesh, and
what the demonstration and the tests with faults use.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from primacy import Fence, Term, Verdict, admit


@dataclass(frozen=True, slots=True)
class ResourceEffect:
    """What a leader asked for, and what the resource said."""

    number: int
    agent: str
    token: int
    verdict: str


class Resource:
    """An open file; every process that uses it opens its own."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False
        )
        self._connection.executescript(
            "PRAGMA synchronous = FULL;"
            "BEGIN IMMEDIATE;"
            "CREATE TABLE IF NOT EXISTS fence (one INTEGER PRIMARY KEY, highest);"
            "INSERT OR IGNORE INTO fence VALUES (1, 0);"
            "CREATE TABLE IF NOT EXISTS effects"
            " (number INTEGER PRIMARY KEY, agent, token, verdict);"
            "COMMIT;"
        )

    def act(self, agent: str, token: int) -> bool:
        """Perform an effect under a token, or refuse it; either is written down."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            (highest,) = execute("SELECT highest FROM fence").fetchone()
            fence, verdict = admit(Fence(Term(highest)), Term(token))
            execute("UPDATE fence SET highest = ?", (fence.highest,))
            execute(
                "INSERT INTO effects (agent, token, verdict) VALUES (?, ?, ?)",
                (agent, token, verdict.value),
            )
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        return verdict is Verdict.ADMITTED

    def effects(self, after: int = 0) -> list[ResourceEffect]:
        """List what was asked, in order, behind a number."""
        rows = self._connection.execute(
            "SELECT number, agent, token, verdict FROM effects WHERE number > ?"
            " ORDER BY number",
            (after,),
        )
        return [ResourceEffect(*row) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
