"""A PostgreSQL server of one's own, and a table in it with a fence beside it.

The fence is a few statements of SQL, written apart from `admit`: the row of the fence
is locked, the effect is written down with the verdict, and the highest token is kept,
in one transaction. A transaction that waits for the lock sees what the one before has
kept.

The server listens on a socket in its folder alone. It will not run as root, so root
starts it as another user.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from primacy_runtime.demo.fenced_resource import ResourceEffect

NEEDS: Final = ("initdb", "pg_ctl", "psql")
USERS: Final = ("postgres", "nobody")
"""Whom root becomes: the first who is there."""
PLACES: Final = "/usr/lib/postgresql"
"""Where Debian keeps the programs of a server."""
BEGIN: Final = """
CREATE TABLE fence (highest integer NOT NULL);
INSERT INTO fence VALUES (0);
CREATE TABLE effects (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent text NOT NULL, token integer NOT NULL, verdict text NOT NULL
);
"""
ACT: Final = """
BEGIN;
SELECT highest FROM fence FOR UPDATE;
INSERT INTO effects (agent, token, verdict)
    SELECT '{agent}', {token},
        CASE WHEN {token} > 0 AND {token} >= highest
        THEN 'admitted' ELSE 'refused' END
    FROM fence;
UPDATE fence SET highest = {token} WHERE highest < {token};
COMMIT;
"""


def program(name: str) -> str | None:
    """Find a program of PostgreSQL."""
    places = sorted(Path(PLACES).glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, places)])
    return shutil.which(name, path=path)


def missing() -> str:
    """Say why no server can be run here, nothing if one can."""
    gone = [name for name in NEEDS if program(name) is None]
    if gone:
        return f"PostgreSQL is not installed: no {', '.join(gone)}"
    if os.geteuid() == 0 and _user() is None:
        return f"there is no user to run PostgreSQL: none of {', '.join(USERS)}"
    return ""


def _user() -> str | None:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in USERS if name in known), None)


def _run(*words: str, as_user: bool = True) -> str:
    found = program(words[0])
    assert found is not None, missing()
    user = _user() if as_user and os.geteuid() == 0 else None
    done = subprocess.run(
        [found, *words[1:]],
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{words[0]}: {done.stderr}{done.stdout}"
    return done.stdout


@contextmanager
def server(folder: Path) -> Iterator[Path]:
    """Run a server; give the folder of its socket."""
    place = folder / "postgres"
    place.mkdir()
    if os.geteuid() == 0:
        shutil.chown(place, _user() or "")
        for above in folder.parents:
            assert above.stat().st_mode & 0o001, f"{above} must be open to others"
        folder.chmod(folder.stat().st_mode | 0o011)
    files, log = str(place / "files"), str(place / "log")
    _run("initdb", "-D", files, "-U", "fence", "-A", "trust", "--no-sync")
    options = f"-k {place} -c listen_addresses='' -c max_connections=40"
    _run("pg_ctl", "-D", files, "-l", log, "-w", "-o", options, "start")
    try:
        yield place
    finally:
        _run("pg_ctl", "-D", files, "-m", "immediate", "stop")


class Fenced:
    """A database of a server whose socket is in a folder."""

    def __init__(self, folder: str, database: str) -> None:
        self._folder, self._database = folder, database

    def begin(self) -> None:
        """Make the database, with a fence that has admitted nothing."""
        Fenced(self._folder, "postgres").told(f"CREATE DATABASE {self._database}")
        self.told(BEGIN)

    def told(self, statements: str) -> str:
        """Have statements run; give the rows, one to a line."""
        return _run(
            *("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
            *(
                "-h",
                self._folder,
                "-U",
                "fence",
                "-d",
                self._database,
                "-c",
                statements,
            ),
            as_user=False,
        )

    def act(self, agent: str, token: int) -> None:
        """Perform an effect under a token, or refuse it; either is written down."""
        self.told(ACT.format(agent=agent, token=int(token)))

    def effects(self) -> list[ResourceEffect]:
        """List what was asked, in order."""
        rows = self.told("SELECT number, agent, token, verdict FROM effects ORDER BY 1")
        found = [row.split("|") for row in rows.splitlines()]
        return [
            ResourceEffect(int(n), who, int(token), said)
            for n, who, token, said in found
        ]
