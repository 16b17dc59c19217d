"""What operators ask of an agent that runs as a program: a socket beside its disk.

A connection carries one request and one answer, each a line of JSON: `{"do": "promote",
"agent": "dan", "timeout": 60.0}`, and `{"result": null}` or `{"error": "ChangeRefused",
"message": "..."}`.

Contract: the socket is the user's alone who runs the agent, as far as the system heeds
the mode of a socket. It ends with the agent, and one that a killed agent has left is
taken over, for the disk is locked by then.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from primacy_runtime.agent import Agent
from primacy_runtime.errors import RequestError, SettingsError

LONGEST_PATH: Final = 100
"""A little less than what the address of such a socket holds, in bytes."""
LONGEST_LINE: Final = 2**20
GREETING_S: Final = 5.0
"""How long a caller may take for its line."""
OWNER_ONLY: Final = 0o177

Json = dict[str, Any]  # whatever JSON holds


async def perform(agent: Agent, do: str, told: Json) -> object:
    """Do what an operator asks; raise `RequestError` or `SettingsError`."""
    timeout = told.get("timeout")
    match do:
        case "admit":
            await agent.admit(told["agent"], told["address"], timeout=timeout)
        case "promote":
            await agent.promote(told["agent"], timeout=timeout)
        case "demote":
            await agent.demote(told["agent"], timeout=timeout)
        case "dismiss":
            await agent.dismiss(told["agent"], timeout=timeout)
        case "replace":
            await agent.replace(told["electors"], timeout=timeout)
        case "transfer":
            await agent.transfer(told["target"], timeout=timeout)
        case "snapshot":
            return await agent.snapshot(timeout=timeout)
        case "health":
            return asdict(agent.health())
        case _:
            raise RequestError(f"Nobody can {do!r} here.")
    return None


async def answered(agent: Agent, line: bytes) -> Json:
    """Answer a request; nothing that it holds is raised."""
    try:
        told: object = json.loads(line)
        if isinstance(told, dict):
            return {"result": await perform(agent, str(told.get("do")), told)}
    except (RequestError, SettingsError) as error:
        return {"error": type(error).__name__, "message": str(error)}
    except KeyError as error:
        return _misfit(f"A request needs {error}.")
    except (ValueError, RecursionError):
        pass
    return _misfit("A request must be a JSON object.")


def _misfit(message: str) -> Json:
    return {"error": RequestError.__name__, "message": message}


class Control:
    """An open socket, and those that ask."""

    def __init__(self, agent: Agent) -> None:
        self._agent, self._path = agent, agent.control_path
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Take requests, once the agent has started."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(OWNER_ONLY)
        try:
            self._path.unlink(missing_ok=True)
            with _address(self._path) as where:
                sock.bind(where)
        except OSError as error:
            sock.close()
            raise SettingsError(
                f"{self._path} must be a place for a socket: {error}"
            ) from None
        finally:
            os.umask(before)
        self._server = await asyncio.start_unix_server(
            self._serve, sock=sock, limit=LONGEST_LINE
        )

    async def close(self) -> None:
        """Take no more requests, and leave nothing behind."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(GREETING_S):
                line = await reader.readline()
            answer = await answered(self._agent, line)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError):  # it is slow, gone, or sends too much
            return
        finally:
            writer.close()


def ask(path: Path, do: str, **told: object) -> Json:
    """Ask the agent whose socket this is, and wait for its answer."""
    line = json.dumps({"do": do, **told}).encode() + b"\n"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock,
        sock.makefile("rb") as answers,
    ):
        with _address(path) as where:
            sock.connect(where)
        sock.sendall(line)
        answer: Json = json.loads(answers.readline() or b"{}")
    return answer


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """Name a socket, however deep its folder is."""
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
