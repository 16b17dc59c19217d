"""What is measured beside other systems, by which definitions, and told how."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from tests.runtime.against import systems
from tests.runtime.against.__main__ import KINDS, main, report
from tests.runtime.against.etcd import Connection, connected
from tests.runtime.against.libraries import PRIMACY
from tests.runtime.against.measurement import (
    Cell,
    Load,
    MeasurementPlan,
    UnmeasuredError,
    failover,
    measure,
)
from tests.runtime.against.network import Traffic, traffic, way_in
from tests.runtime.against.systems import (
    Kind,
    NotAcknowledgedError,
    System,
    Times,
    ask_in_turn,
)
from tests.runtime.against.tables import figures, page, tables
from tests.support.agents import run

DOCS = Path(__file__).parents[3] / "docs"
KEPT = DOCS / "against.json"
TIMES = Times(heartbeat=0.2, election=2.0)  # no leader is lost to a busy machine
LITTLE = MeasurementPlan((3,), 1, 0.2, 1.5, (1, 4), 1, 0.1, TIMES)
NONE = Kind("other", "a system", lambda: "", "take it from there", PRIMACY.make)


def test_an_agent_is_measured_at_rest_through_a_failover_and_under_load(
    tmp_path: Path,
) -> None:
    cell = asyncio.run(measure(PRIMACY, 3, LITTLE, tmp_path, is_alone=False))
    assert (cell.system, cell.agents) == ("primacy", 3)
    assert cell.packets_per_second is None  # others use this loopback too
    assert cell.resting_megabytes > 1
    assert len(cell.failovers_s) == 1
    assert [load.clients for load in cell.loads] == [1, 4]
    for load in cell.loads:
        assert 0 < load.median_ms <= load.p99_ms
    assert list(tmp_path.iterdir()) == []


class Staged:
    """A system whose members refuse some writes; it notes what is done to it."""

    def __init__(self, refusals: int) -> None:
        self.names: Sequence[str] = ("ada", "bob", "cyd")
        self.done: list[str] = []
        self._refusals = refusals

    async def start(self) -> None:
        raise NotImplementedError

    async def leave(self) -> None:
        self.done.append("leave")

    async def follows(self, name: str) -> str:
        assert name in self.names
        return "ada"

    async def write(self, name: str, key: str) -> bool:
        assert key.startswith(f"{name}-")
        self.done.append(f"write {name}")
        self._refusals -= 1
        return self._refusals < 0

    async def load(self, name: str, clients: int, seconds: float) -> list[float]:
        raise NotImplementedError

    async def kill(self, name: str) -> None:
        self.done.append(f"kill {name}")

    async def revive(self, name: str) -> None:
        self.done.append(f"revive {name}")

    async def process(self, name: str) -> int:
        raise NotImplementedError


def test_a_failover_ends_with_the_first_write_that_a_survivor_acknowledges() -> None:
    system = Staged(refusals=5)
    asyncio.run(failover(system, LITTLE))
    assert system.done[0] == "kill ada"
    assert system.done[-1] == "revive ada"
    asked = Counter(system.done[1:-1])
    assert set(asked) == {"write bob", "write cyd"}
    assert asked.total() >= 6


class Mute(Staged):
    """A system that does not come up, and says why."""

    def __init__(self, folder: Path) -> None:
        super().__init__(0)
        self._folder = folder

    async def start(self) -> None:
        (self._folder / "ada.log").write_text("one\nno space on the disk\n")
        raise ConnectionError("ada has ended")


def test_a_system_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    def make(folder: Path, _names: Sequence[str], _times: Times) -> System:
        return Mute(folder)

    kind = replace(PRIMACY, make=make)
    with pytest.raises(UnmeasuredError) as caught:
        asyncio.run(measure(kind, 3, LITTLE, tmp_path, is_alone=False))
    assert str(caught.value) == (
        "primacy, 3 agents: not measured: ada has ended; ada.log: no space on the disk"
    )


def test_a_system_that_is_not_installed_is_named_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, is_whole = report([NONE], LITTLE, tmp_path, is_alone=False)
    told = capsys.readouterr().out
    assert "other: not installed, so left out; to have it: take it from there" in told
    assert "packets: not counted" in told
    assert found["versions"] == {"other": ""}
    assert found["cells"] == []
    assert is_whole


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: str(kind.name))
def test_each_other_system_says_how_it_is_installed(kind: Kind) -> None:
    assert kind.how


def test_so_many_writes_are_outstanding_as_there_are_clients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting, most, now = 0, 0, 0.0
    monkeypatch.setattr(systems, "time", SimpleNamespace(perf_counter=lambda: now))

    async def write(_key: str) -> bool:
        nonlocal waiting, most, now
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0)  # all others ask as well
        waiting -= 1
        now += 1.0
        return True

    taken = asyncio.run(ask_in_turn(write, 3, 10))
    assert most == 3
    assert taken == [1, 2, 3, 3, 3, 3, 3, 3, 3, 3]


def test_a_write_that_is_not_acknowledged_ends_the_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(systems, "time", SimpleNamespace(perf_counter=lambda: 0.0))

    async def write(_key: str) -> bool:
        return False

    with pytest.raises(NotAcknowledgedError):
        asyncio.run(ask_in_turn(write, 2, 0.05))


SAMPLE = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
  eth0: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0
    lo: 1234  56    0    0    0     0          0         0  1234  56    0    0    0
"""


def test_the_counters_of_the_loopback_are_read() -> None:
    assert traffic(SAMPLE) == Traffic(packets=56, bytes=1234)
    with pytest.raises(ValueError, match="no loopback"):
        traffic(SAMPLE.replace("lo:", "eth1:"))


COUNTED = """
import socket
from tests.runtime.against.network import COUNTERS, raise_loopback, traffic
raise_loopback()
before = traffic(COUNTERS.read_text())
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hears:
    hears.bind(("127.0.0.1", 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as says:
        for _ in range(7):
            says.sendto(b"x" * 100, hears.getsockname())
            hears.recv(200)
after = traffic(COUNTERS.read_text())
print(after.packets - before.packets, before.packets)
"""


def test_alone_only_our_own_packets_are_counted() -> None:
    way = way_in()
    if not way:
        pytest.skip("a network namespace cannot be made here")
    done = subprocess.run(
        [*way, sys.executable, "-c", COUNTED],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout == "7 0\n"


@pytest.mark.parametrize(
    ("answer", "is_well"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", True),
        (b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n{}", False),
        (b"", False),
    ],
    ids=["well", "refused", "ended"],
)
def test_a_put_succeeds_only_if_etcd_says_so(answer: bytes, is_well: bool) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"}"))
        writer.write(answer)
        writer.close()

    async def put(client: Connection) -> bool:
        try:
            await client.put("colour")
        except ConnectionError:
            return False
        return True

    async def work() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        async with connected(f"{host}:{port}") as client:
            assert await put(client) is is_well
        server.close()
        await server.wait_closed()

    run(work())
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v3/kv/put HTTP/1.1\r\n")
    assert json.loads(body)["key"] == "Y29sb3Vy"


def cell(number: float, packets: float | None = None) -> Cell:
    load = Load(16, 100, number, number, number, number)
    return Cell(
        "primacy", 3, 0, packets, packets, number, number, (number, 9), (load,), number
    )


def test_a_row_is_the_median_of_the_rounds_and_failovers_are_taken_together() -> None:
    told = figures([cell(1), cell(2), cell(8)], MeasurementPlan(), {}, {})
    rest, load = tables(told)
    assert rest.rows == [
        ("3", "primacy", "8.50", "9.00", "not counted", "not counted", "2.00", "2")
    ]
    assert load.rows == [("3", "primacy", "16", "2", "2.0", "2.0", "2.00", "2")]
    counted, _ = tables(
        figures([cell(1, 10.0), cell(2, 30.0)], MeasurementPlan(), {}, {})
    )
    assert counted.rows[0][4:6] == ("20", "20.0")


# The page


@pytest.fixture(name="kept", scope="module")
def kept_figures() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def test_the_page_shows_the_figures_that_are_kept(kept: dict[str, Any]) -> None:
    text = (DOCS / "runtime.md").read_text(encoding="utf-8")
    for table in page(kept).split("\n\n"):
        assert table in text
    for system in ("etcd", "PySyncObj"):
        assert f"{system} {kept['versions'][system]}," in text


def test_the_option_page_prints_the_tables_that_are_kept(kept: dict[str, Any]) -> None:
    done = CliRunner().invoke(main, ["--page", str(KEPT)])
    assert (done.exit_code, done.output) == (0, page(kept) + "\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--page", str(DOCS / "runtime.md")], "must be what --json wrote"),
        (["--json", "nowhere/figures.json"], "nowhere must be a folder"),
        (["--rounds", "0"], "0 is not in the range"),
    ],
)
def test_a_mistake_is_told_before_anything_is_measured(
    arguments: Sequence[str], told: str
) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_each_system_was_measured_as_often_at_each_size(kept: dict[str, Any]) -> None:
    plan = kept["plan"]
    found = Counter((one["system"], one["agents"]) for one in kept["cells"])
    assert found == {
        (kind.name, agents): plan["rounds"]
        for kind in KINDS
        for agents in plan["agents"]
    }
    assert plan["rounds"] >= 3
    assert all(one["packets_per_second"] for one in kept["cells"])
    assert set(kept["versions"]) == {kind.name for kind in KINDS}
