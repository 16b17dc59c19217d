"""The agent of the runs with faults: `python -m tests.runtime.chaos.traced SETTINGS`.

It is `primacy_runtime.demo.agent_process`, and besides: `postgres`, folder and database
of a server that it acts on as well (see `postgres`); the request `full`, which lets its
file grow no more. That it cannot write is one sentence in its log and the exit code 1.
"""

import asyncio
import json
import sys
from typing import Any, Final

from primacy_runtime.demo.agent_process import Act, Piped
from primacy_runtime.errors import StoreError
from primacy_runtime.store import Store
from tests.runtime.chaos.postgres import Fenced

NO_MORE: Final = 1
ENOUGH: Final = 2**30


class Traced(Piped):
    """An agent on which more can be tried."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._postgres: list[str] = told.pop("postgres", [])
        super().__init__(told, sys.stdout)

    def resources(self, place: str) -> list[Act]:
        found = super().resources(place)
        return [*found, Fenced(*self._postgres).act] if self._postgres else found

    async def _do(self, what: str, asked: dict[str, Any]) -> object:
        if what != "full":
            return await super()._do(what, asked)
        life = self._agent._life
        assert life is not None
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(life._disk, limit, life._store, asked["is_full"])
        return None


def limit(store: Store, is_full: bool) -> None:
    """Have SQLite take the disk for full at the next page that the file needs."""
    pages = NO_MORE if is_full else ENOUGH  # at least what the file has now
    store._connection.execute(f"PRAGMA max_page_count = {pages}")


if __name__ == "__main__":
    try:
        asyncio.run(Traced(json.loads(sys.argv[1])).run())
    except StoreError as error:
        sys.exit(str(error))
