"""One agent of primacy with clients: `python -m tests.runtime.against.primacy_agent`.

It is `primacy_runtime.demo.agent_process` that can also tell whom it follows, and
write for clients of its own process.
"""

import asyncio
import json
import os
import sys
from typing import Any

from primacy_runtime.demo.agent_process import Piped
from primacy_runtime.errors import RequestError
from tests.runtime.against.systems import (
    ATTEMPT_S,
    LOAD_ATTEMPT_S,
    VALUE,
    ask_in_turn,
)


class Loaded(Piped):
    """An agent that measures itself."""

    async def _do(self, what: str, asked: dict[str, Any]) -> object:
        match what:
            case "follows":
                return self._agent.health().leader
            case "process":
                return os.getpid()
            case "write":
                return await self._write(asked["key"], ATTEMPT_S)
            case "load":
                return await ask_in_turn(
                    lambda key: self._write(key, LOAD_ATTEMPT_S),
                    asked["clients"],
                    asked["seconds"],
                )
        return await super()._do(what, asked)

    async def _write(self, key: str, longest: float) -> bool:
        try:
            await self._agent.propose(f"{key}={VALUE}", timeout=longest)
        except RequestError:
            return False
        return True


if __name__ == "__main__":
    asyncio.run(Loaded(json.loads(sys.argv[1]), sys.stdout).run())
