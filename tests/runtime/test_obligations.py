"""The numbered obligations of a runtime: each has a test here, and a row in the page.

Below the walk stand the tests of those that no other file is about.
"""

import asyncio
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from primacy import (
    Command,
    Durable,
    Elapsed,
    Forward,
    LeaseRead,
    Message,
    Output,
    Read,
    Received,
    State,
    Timer,
)
from primacy.messages import ForwardReply, Heartbeat
from primacy.types import Index, Instant, Round, Term
from primacy_runtime import SettingsError
from primacy_runtime.demo import agent_process
from primacy_runtime.mesh_file import agent, read_mesh_file
from primacy_runtime.pending_requests import NotBegunError, PendingRead, Proposal
from tests.support.agents import run, until
from tests.support.driver_bench import BOB, Bench
from tests.support.mesh_files import MESH_OF_THREE
from tests.support.stores import CONFIG
from tests.support.traceability import cited_by_tests, clauses

ROOT = Path(__file__).parents[2]
ROOM = Path(__file__).parent
OBLIGATIONS = [
    name
    for name in clauses((ROOT / "docs" / "specification.md").read_text("utf-8"))
    if name.startswith("runtime.")
]


def citing() -> dict[str, list[str]]:
    """List the tests of the runtime that cite each clause."""
    sources = {
        str(path.relative_to(ROOM)): path.read_text("utf-8")
        for path in ROOM.rglob("test_*.py")
    }
    found: dict[str, list[str]] = {}
    for name, where in cited_by_tests(sources):
        found.setdefault(name, []).append(where)
    return found


def test_there_are_29_obligations() -> None:
    assert len(OBLIGATIONS) == len(set(OBLIGATIONS)) == 29


@pytest.mark.parametrize("obligation", OBLIGATIONS)
def test_each_obligation_has_a_test_that_cites_it(obligation: str) -> None:
    assert citing().get(obligation), f"no test in tests/runtime cites {obligation}"


def test_the_page_says_of_each_obligation_how_it_is_kept() -> None:
    page = (ROOT / "docs" / "runtime.md").read_text("utf-8")
    table = page.partition("## How the obligations are kept")[2].partition("\n## ")[0]
    heads = [line.split("|")[1] for line in table.splitlines() if line[:3] == "| *"]
    named = [name for head in heads for name in re.findall(r"\*\*([\w.-]+)\*\*", head)]
    assert named == sorted(named, key=OBLIGATIONS.index)
    assert named == OBLIGATIONS


class InstantRecord:
    """A record of the messages that were stepped, and their instants."""

    def __init__(self) -> None:
        self.stepped: list[tuple[Message, Instant]] = []

    def start(self, agent: str, state: State, outputs: Sequence[Output]) -> None: ...

    def recover(
        self, agent: str, durable: Durable, state: State, outputs: Sequence[Output]
    ) -> None: ...

    def step(
        self,
        agent: str,  # noqa: ARG002 - as the protocol has it
        message: Message,
        state: State,  # noqa: ARG002 - as the protocol has it
        outputs: Sequence[Output],  # noqa: ARG002 - as the protocol has it
    ) -> None:
        if isinstance(message, Received | Elapsed | Read | LeaseRead):
            self.stepped.append((message, message.now))

    def end(self) -> None: ...


def heartbeat(term: int) -> Heartbeat:
    everyone = CONFIG.first_roll.members
    return Heartbeat(
        CONFIG.mesh, BOB, Term(term), Round(1), Index(0), Term(0), everyone
    )


@pytest.mark.clause("runtime.round-instant", "runtime.lease-instant")
def test_instants_are_of_the_moment_of_the_step_however_long_a_message_waited(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench, noting = Bench(tmp_path), InstantRecord()
        driver, clock = bench.driver, bench.driver._parts.clock
        driver._parts = replace(driver._parts, recording=noting)
        asked = [asyncio.get_running_loop().create_future() for _ in range(2)]
        bench.receive(heartbeat(1))
        driver.read(bench.requests.add(PendingRead("x", asked[0])))
        driver.read_under_lease(bench.requests.add(PendingRead("x", asked[1])))
        driver._elapsed(Timer.HEARTBEAT, driver._timers._arming[Timer.HEARTBEAT])
        await asyncio.sleep(0.05)  # they wait, as behind a slow disk
        begun = clock.now()
        task = asyncio.create_task(driver.run())
        await until(lambda: len(noting.stepped) == 4)
        performed = clock.now()
        for _, now in noting.stepped:
            assert begun <= now <= performed
        await bench.end(task)
        bench.requests.end("over")
        await asyncio.gather(*asked, return_exceptions=True)

    run(work())


@pytest.mark.clause("runtime.forward")
def test_a_refused_write_is_sent_on_once_under_the_token_of_the_refusal(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        task = asyncio.create_task(bench.driver.run())
        bench.receive(heartbeat(5))
        future = asyncio.get_running_loop().create_future()
        first = Proposal(future, command=Command("x=1"))
        request = bench.requests.add(first)
        bench.driver.write(request, Command("x=1"))
        await until(lambda: "Forward to bob" in bench.told)
        expected = Forward(CONFIG.mesh, CONFIG.me, Term(5), request, Command("x=1"))
        assert expected in bench.packets
        assert first.is_forwarded
        refusal = ForwardReply(CONFIG.mesh, BOB, Term(5), request, False, Index(0))
        for _ in range(2):
            bench.receive(refusal)
        with pytest.raises(NotBegunError):
            await future
        again = asyncio.get_running_loop().create_future()
        proposal = Proposal(again, command=Command("x=2"), is_forwarded=True)
        bench.driver.write(bench.requests.add(proposal), Command("x=2"))
        with pytest.raises(NotBegunError):
            await again
        await until(lambda: bench.told.count("handled") == 3)
        assert bench.told.count("Forward to bob") == 1
        await bench.end(task)

    run(work())


@pytest.mark.clause("runtime.attach-token")
def test_an_effect_carries_the_token_of_when_it_was_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided, performed = 3, list[int]()
    monkeypatch.setattr(agent_process, "EVERY_S", 0.05)

    async def work() -> None:
        told = {"agent_id": "ada", "mesh_id": "mesh", "folder": str(tmp_path)}
        one = agent_process.Piped(told, io.StringIO())
        leading = SimpleNamespace(token=decided)
        monkeypatch.setattr(one, "_agent", leading)
        monkeypatch.setattr(
            one, "resources", lambda _: [lambda _, token: performed.append(token)]
        )
        task = asyncio.create_task(one._act())
        await asyncio.sleep(0)
        leading.token = 7  # it was paused, deposed, and elected again
        await until(lambda: performed != [])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert performed[0] == decided

    run(work())


@pytest.mark.clause("runtime.same-promise")
@pytest.mark.parametrize(
    "line", ["election_timeout = 0.3", "clock_drift_ppm = 100", "lease = 0.1"]
)
def test_one_file_gives_all_agents_the_same_promise(tmp_path: Path, line: str) -> None:
    """In Python it is the caller's to give all agents the same."""
    file = tmp_path / "mesh.toml"
    file.write_text(MESH_OF_THREE.replace("[agents.ada]\n", f"[agents.ada]\n{line}\n"))
    with pytest.raises(SettingsError, match=r"agents\.ada must have no keys but"):
        agent(read_mesh_file(file), "bob")
    file.write_text(MESH_OF_THREE)
    told = {
        agent(read_mesh_file(file), name)._given.config
        for name in ("ada", "bob", "cyd")
    }
    assert len({(one.election_timeout_ms, one.clock_drift_ppm) for one in told}) == 1
