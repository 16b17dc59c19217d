"""What tests write to a store, and the configuration of its agent."""

import sqlite3
from pathlib import Path
from typing import Final

from primacy import Config, Persist, agents, loads

CONFIG = Config("mesh", "ada", agents("ada", "bob", "cyd"))


def persist(term: int, vote: str, after: int, *commands: str) -> Persist:
    entries = ",".join(
        f'{{"term":{term},"kind":"command","command":"{command}","request":"r{command}"}}'
        for command in commands
    )
    return loads(
        f'{{"primacy":2,"kind":"Persist","value":{{"term":{term},"voted_for":"{vote}",'
        f'"after":{after},"entries":[{entries}]}}}}',
        Persist,
    )


FORMAT_1: Final = r"""
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    format INTEGER NOT NULL, mesh TEXT NOT NULL, agent TEXT NOT NULL,
    store TEXT NOT NULL
) STRICT;
INSERT INTO identity VALUES
(1,1,'mesh(ada,bob,cyd)','ada','61077d35d6315ae7f7ab0a5967de5185');
CREATE TABLE durable (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    term INTEGER NOT NULL, voted_for TEXT NOT NULL,
    last INTEGER NOT NULL, digest TEXT NOT NULL
) STRICT;
INSERT INTO durable VALUES
(1,3,'bob',2,'be232173cc69022c62d645d11aa84cb6c7a90b3eb5755839879a7baad9fd6501');
CREATE TABLE entries (
    position INTEGER PRIMARY KEY, entry TEXT NOT NULL, digest TEXT NOT NULL
) STRICT;
INSERT INTO entries VALUES
(1,'{"term":1,"kind":"noop","command":"","request":""}',
'74a04d0986a4431e2709a806412c3073b27ddf6d70c4a3c873f11e3d39f7054b'),
(2,'{"term":1,"kind":"command","command":"colour=\"red\" \u00e9","request":"ada:0:1"}',
'47c2f73cb44286b19a73faef80970fb0d1304c6673f8c9be822a2f57255c7ad1');
CREATE TABLE peers (
    agent TEXT PRIMARY KEY, store TEXT NOT NULL, digest TEXT NOT NULL
) STRICT;
INSERT INTO peers VALUES
('bob','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
'377fa71f45142c3f3fcfebb4583b58afe8e64e4293c70b1fa2324588780c148d');
"""
"""A file as the runtime wrote it when members could not change."""


def make_format_1(path: Path, statement: str = "") -> None:
    """Make a file of the old format, changed by a statement."""
    connection = sqlite3.connect(path)
    connection.executescript(FORMAT_1 + statement)
    connection.close()
