"""What comes through the socket of operators is answered, whatever it is."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from primacy_runtime import SettingsError
from primacy_runtime.control import LONGEST_LINE, Control, answered, ask
from tests.support.agents import alone, run


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"", "must be a JSON object"),
        (b"nonsense\n", "must be a JSON object"),
        (b"\xff\n", "must be a JSON object"),
        (b"[" * 100_000, "must be a JSON object"),
        (b"[]\n", "must be a JSON object"),
        (b"{}\n", "Nobody can 'None' here"),
        (b'{"do":"vote"}\n', "Nobody can 'vote' here"),
        (b'{"do":"promote"}\n', "A request needs 'agent'"),
        (b'{"do":"promote","agent":7}\n', "agent must be text, got 7"),
        (b'{"do":"promote","agent":"d","timeout":"x"}\n', "timeout must be a number"),
        (b'{"do":"replace","electors":{"d":7,"e e":1}}\n', "must be letters"),
        (b'{"do":"demote","agent":"ada"}\n', "Cannot demote ada"),
        (b'{"do":"transfer","target":[]}\n', "Leadership stays"),
    ],
)
def test_a_request_that_cannot_be_done_is_one_sentence(
    tmp_path: Path, line: bytes, sentence: str
) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            await agent.propose("x=1")
            answer = await answered(agent, line)
            assert sentence in answer["message"]
            assert "\n" not in json.dumps(answer)
            assert agent.health().status == "running"

    run(work())


def test_a_snapshot_can_be_asked_for(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            line = b'{"do":"snapshot","timeout":100}\n'
            answer = await answered(agent, line)
            assert answer["message"] == "Nothing is applied yet."
            await agent.propose("x=1")
            answer = await answered(agent, line)
            assert answer == {"result": agent.health().applied_index}

    run(work())


async def drained(writer: asyncio.StreamWriter) -> None:
    """Send what waits, until the other end goes away."""
    while True:
        await writer.drain()
        await asyncio.sleep(0.01)


def test_the_socket_of_a_killed_agent_is_taken_over_and_closed_in_the_end(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            await agent.propose("x=1")
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(str(agent.control_path))
            control = Control(agent)
            await control.open()
            path = agent.control_path
            done = await asyncio.to_thread(
                ask, path, "admit", agent="dan", address="127.0.0.1:9"
            )
            assert done == {"result": None}
            health = await asyncio.to_thread(ask, path, "health")
            assert health["result"]["workers"] == ["dan"]
            _, writer = await asyncio.open_unix_connection(str(path))
            writer.write(b"x" * (2 * LONGEST_LINE))  # no line: it is sent away
            with pytest.raises(ConnectionError):
                await drained(writer)
            writer.transport.abort()
            await control.close()
            await control.close()
            assert not path.exists()
            with pytest.raises(FileNotFoundError):
                ask(path, "health")

    run(work())


def test_a_place_where_no_socket_can_be_is_refused(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            agent.control_path.mkdir()
            control = Control(agent)
            with pytest.raises(SettingsError, match="must be a place for a socket"):
                await control.open()
            await control.close()

    run(work())
