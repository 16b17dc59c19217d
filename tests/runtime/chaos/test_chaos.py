"""A short run with real faults, and what it has: networks, disks, resources."""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from primacy_model.simulation.linearizability import OperationKind
from primacy_runtime.settings import address
from tests.runtime.chaos import namespaces, postgres
from tests.runtime.chaos.__main__ import keep, play, seeds, told
from tests.runtime.chaos.members import LEAST_ROLLS
from tests.runtime.chaos.page import BEGIN, END, FIGURES, quantile, table
from tests.runtime.chaos.proxies import Proxies
from tests.runtime.chaos.trial import KINDS, LEAST_ANSWERED, Place, Trial, TrialPlan
from tests.support.agents import PATIENCE_S, run
from tests.support.command import ENVIRONMENT
from tests.support.mutated_core import ROOT
from tests.support.traceability import DOCUMENTS

NAMES = ("ada", "bob")
PAGE = DOCUMENTS["docs/runtime.md"]


@pytest.mark.clause("runtime.own-disk", "runtime.fence", "runtime.attach-token")
def test_real_faults_lose_nothing_and_let_nothing_stale_through() -> None:
    row = play(TrialPlan(1, 4, agents=3))
    assert row["wrong"] == [], told(row)
    assert row["faults"]
    assert row["writes_acknowledged"] >= LEAST_ANSWERED
    assert row["reads_answered"] >= LEAST_ANSWERED
    assert row["effects"]["SQLite"]["admitted"] > 0
    assert row["network"] == "proxies"
    assert row["logs_shortened"] >= 3
    assert "logs were shortened" in told(row)


def test_members_change_under_load_and_kills_and_nothing_is_lost() -> None:
    row = play(TrialPlan(1, 6, agents=3, kinds=("kill",), members=True))
    assert row["wrong"] == [], told(row)
    assert row["faults"]["kill"]
    assert row["rolls"] >= LEAST_ROLLS
    assert row["writes_acknowledged"] >= LEAST_ANSWERED
    assert row["snapshots_installed"] > 0
    assert "committed rolls were seen" in told(row)


def test_the_same_holds_in_namespaces_with_postgresql(tmp_path: Path) -> None:
    if why := namespaces.missing() or postgres.missing():
        pytest.skip(why)
    file = tmp_path / "found.json"
    plan = ("--seconds", "1", "--agents", "3", "--faults", "cut,full", "--leaders")
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.chaos", *plan, "--json", file],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads(file.read_text())
    assert row["network"] == "network namespaces"
    assert row["disks"].startswith("a tmpfs")
    assert row["effects"]["PostgreSQL"]["admitted"] > 0
    assert row["writes_acknowledged"] > 0


@pytest.mark.clause("runtime.persist-fails")
def test_an_agent_whose_disk_is_full_ends_and_loses_nothing(tmp_path: Path) -> None:
    chaos = Trial(Place(tmp_path), TrialPlan(0, 1, agents=3))

    async def work() -> None:
        async with chaos.begun():
            victim = chaos.stage.leader()
            assert victim is not None
            await chaos.disks.fill(victim)
            for number in count():
                if not victim.is_up:
                    break
                value = f"{number}" + "." * 500
                await chaos.clients.operate(
                    "ada", OperationKind.WRITE, victim, "k", value
                )
            await victim.kill()
            await victim.start()
            assert await chaos.agree()
            for member in chaos.stage.members.values():
                while not await chaos.clients.operate(
                    "bob", OperationKind.READ, member, "k"
                ):
                    pass
        chaos.judge()

    run(work())
    assert chaos.outcome.wrong == []
    ends = [log.read_text() for log in tmp_path.glob("*.log")]
    assert sum("database or disk is full" in text for text in ends) == 1


def test_a_clock_runs_at_another_rate_within_the_bound(tmp_path: Path) -> None:
    chaos = Trial(Place(tmp_path), TrialPlan(0, 1, agents=3))
    victim = chaos.stage.members["agent-1"]
    rates = set()
    for _ in range(20):
        asyncio.run(chaos.faults.do("clock", victim))
        rates.add(victim.told["rate"])
    assert len(rates) == 20
    assert all(0.95 <= rate <= 1.05 for rate in rates)
    assert {*chaos.faults.kinds} == {*KINDS}
    chaos._resource.close()


@pytest.mark.clause("runtime.fence")
def test_postgresql_refuses_a_token_below_the_highest() -> None:
    if why := postgres.missing():
        pytest.skip(why)
    with TemporaryDirectory() as folder, postgres.server(Path(folder)) as socket:
        resource = postgres.Fenced(str(socket), "one")
        resource.begin()
        for agent, token in (
            ("ada", 1),
            ("bob", 3),
            ("ada", 1),
            ("ada", 0),
            ("bob", 3),
        ):
            resource.act(agent, token)
        verdicts = [(effect.token, effect.verdict) for effect in resource.effects()]
    assert verdicts == [
        (1, "admitted"),
        (3, "admitted"),
        (1, "refused"),
        (0, "refused"),
        (3, "admitted"),
    ]


def test_the_network_of_these_tests_can_be_cut_and_healed() -> None:
    async def work() -> None:
        async def echo(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            while part := await reader.read(100):
                writer.write(part)
            writer.close()

        proxies = Proxies(NAMES)
        at = address("bob", proxies.where["bob"])
        server = await asyncio.start_server(echo, at.host, at.port)
        await proxies.start()
        to = address("proxy", proxies.peers("ada")["bob"])
        reader, writer = await asyncio.open_connection(to.host, to.port)
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        proxies.cut([NAMES], breaks=False)
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(1)
        proxies.heal()
        assert await reader.readexactly(3) == b"two"
        proxies.cut([NAMES], breaks=True)
        with suppress(ConnectionError):
            assert await reader.read(1) == b""
        writer.transport.abort()
        await proxies.stop()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)

    run(work())


WIRES = """
import subprocess, sys
from tests.runtime.chaos import namespaces

HEAR = '''
import select, socket, sys
heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.bind(("0.0.0.0", 7000))
print("ready", flush=True)
heard_of, _, _ = select.select([heard, sys.stdin], [], [])
print(heard.recv(9).decode() if heard in heard_of else "silence", flush=True)
'''
SAY = '''
import socket, sys
said = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    said.sendto(b"hello", (sys.argv[1], 7000))
except OSError as error:
    print(error.strerror)
'''

def said(sender, receiver, is_heard):
    # A listener that is to hear nothing waits until its input ends, after all was said.
    command = ["ip", "netns", "exec", receiver, sys.executable, "-c", HEAR]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as hearing:
        hearing.stdout.readline()
        at = wires.where[receiver].partition(":")[0]
        command = ["ip", "netns", "exec", sender, sys.executable, "-c", SAY, at]
        told = subprocess.run(command, capture_output=True, text=True).stdout
        if not is_heard:
            hearing.stdin.close()
        print(sender, receiver, told.strip() + hearing.stdout.read().strip())

namespaces.enter()
wires = namespaces.Namespaces(("ada", "bob"))
import asyncio
asyncio.run(wires.start())
said("ada", "bob", True)
wires.cut([("ada", "bob")], breaks=False)
said("ada", "bob", False)
said("bob", "ada", True)
wires.heal()
wires.cut([("ada", "bob")], breaks=True)
said("ada", "bob", False)
wires.heal()
said("ada", "bob", True)
asyncio.run(wires.stop())
"""


def test_a_wire_between_namespaces_can_be_cut_and_healed() -> None:
    if why := namespaces.missing():
        pytest.skip(why)
    done = subprocess.run(
        namespaces.isolated([sys.executable, "-c", WIRES]),
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout.splitlines() == [
        "ada bob hello",
        "ada bob silence",
        "bob ada hello",
        "ada bob Network is unreachablesilence",
        "ada bob hello",
    ]


def test_the_page_shows_the_figures_that_were_measured() -> None:
    rows = json.loads(FIGURES.read_text(encoding="utf-8"))
    shown = PAGE.partition(BEGIN)[2].partition(END)[0]
    assert shown.strip() == table(rows)
    assert all(row["wrong"] == [] for row in rows)
    assert {kind for row in rows for kind in row["faults"]} == {*KINDS}


def test_a_quantile_is_the_nearest_rank() -> None:
    assert [quantile([3.0, 1.0, 2.0], percent) for percent in (0, 50, 99)] == [1, 2, 3]
    assert quantile([float(n) for n in range(1, 201)], 99) == 198


def test_figures_of_the_same_arguments_are_replaced(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    one = {"arguments": "a", "seed": 1, "operations": 1}
    keep(file, [one, {**one, "seed": 2}])
    keep(file, [{**one, "operations": 2}])
    assert [row["operations"] for row in json.loads(file.read_text())] == [1, 2]
    assert seeds("1-3,7") == [1, 2, 3, 7]
