"""How an agent grows: `python -m tests.runtime.growth --writes 100000`.

One agent takes writes of 64 bytes from 128 clients and a snapshot every 10,000 entries,
or `--every`; 0 is never. After 10,000 writes, 100,000 and so on, and in the end, a row
tells how long the log is, the memory of the process that has done it all and the size
of its file; how long a new process takes to start on that file, its CPU time until it
has answered a read, and its memory then; and how long it takes until an agent that
joined has applied all. A program, no test: what it prints depends on the machine.

Exit codes: 0 done, 2 bad usage.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from primacy_runtime import Agent, AgentRole
from tests.support.agents import until

VALUE_BYTES: Final = 64
CLIENTS: Final = 128
KEYS: Final = 1_000
LONGEST_S: Final = 600.0
TIMES: Final[Mapping[str, Any]] = {
    "heartbeat_interval": 0.2,
    "election_timeout": 2.0,
    "leader_timeout": 2.0,
    "request_timeout": LONGEST_S,
}
COLUMNS: Final = (
    "writes",
    "log entries",
    "memory MB",
    "file MB",
    "start s",
    "CPU s to a read",
    "memory MB then",
    "join s",
)


def memory_mb() -> float:
    """Read how much memory this process has now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise OSError("the system does not tell")


class Growth:
    """A mesh of one agent, and of others that join and leave."""

    def __init__(self, folder: Path, every: int) -> None:
        self._folder, self._every = folder, every
        self._agent = self._make()
        self._joined = 0
        self._written = 0

    def _make(self) -> Agent:
        return Agent(
            "mesh", "ada", folder=self._folder, snapshot_every=self._every, **TIMES
        )

    async def run(self, writes: int) -> None:
        """Write, and tell a row at each power of ten."""
        sys.stdout.write(" | ".join(COLUMNS) + "\n")
        await self._agent.start()
        steps = [10**power for power in range(4, 12) if 10**power < writes]
        for step in (*steps, writes):
            await self._write(step)
            await self._tell()
        await self._agent.stop()

    async def _write(self, last: int) -> None:
        numbers = iter(range(self._written, last))

        async def client() -> None:
            for number in numbers:
                value = f"{number}".rjust(VALUE_BYTES, ".")
                await self._agent.propose(f"{number % KEYS}={value}")

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        self._written = last

    async def _tell(self) -> None:
        health, memory = self._agent.health(), memory_mb()
        join_s = await self._join()
        await self._agent.stop()
        size = sum(one.stat().st_size for one in self._folder.glob("mesh.ada.*"))
        command = [sys.executable, "-m", "tests.runtime.growth", "--start"]
        command += [str(self._folder), "--every", str(self._every)]
        done = await asyncio.to_thread(
            subprocess.run, command, check=True, capture_output=True, text=True
        )
        start_s, cpu_s, memory_then = json.loads(done.stdout)
        row = (
            f"{self._written:,}",
            f"{health.last_index - health.log_start:,}",
            f"{memory:.0f}",
            f"{size / 1e6:.1f}",
            f"{start_s:.2f}",
            f"{cpu_s:.2f}",
            f"{memory_then:.0f}",
            f"{join_s:.1f}",
        )
        sys.stdout.write(" | ".join(row) + "\n")
        sys.stdout.flush()
        self._agent = self._make()
        await self._agent.start()

    async def _join(self) -> float:
        """Admit a new agent; tell how long it takes until it has all."""
        self._joined += 1
        name = f"joiner-{self._joined}"
        command = [sys.executable, "-m", "tests.runtime.growth", "--join"]
        process = await asyncio.create_subprocess_exec(
            *command,
            name,
            "--every",
            str(self._every),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        where = (await process.stdout.readline()).decode().strip()
        await self._agent.propose("last=one")
        begun = time.perf_counter()
        last = self._agent.health().commit_index
        await self._agent.admit(name, where)
        process.stdin.write(f"{last}\n".encode())
        await process.stdout.readline()
        join_s = time.perf_counter() - begun
        await self._agent.dismiss(name)
        process.stdin.close()
        await process.wait()
        return join_s


async def start(folder: Path, every: int) -> None:
    """Start on a file, and tell what it took."""
    begun = time.perf_counter()
    agent = Agent("mesh", "ada", folder=folder, snapshot_every=every, **TIMES)
    await agent.start()
    start_s = time.perf_counter() - begun
    await agent.read("0")
    row = (start_s, time.process_time(), memory_mb())
    sys.stdout.write(json.dumps(row) + "\n")
    await agent.stop()


async def join(name: str, every: int) -> None:
    """Be an agent that joins, and tell when it has applied up to an index."""
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        peers = {"ada": None}
        async with Agent(
            "mesh",
            name,
            role=AgentRole.JOINER,
            peers=peers,
            folder=folder,
            snapshot_every=every,
            **TIMES,
        ) as agent:
            sys.stdout.write(f"{agent.address}\n")
            sys.stdout.flush()
            last = int(await asyncio.to_thread(sys.stdin.readline))
            await until(lambda: agent.health().applied_index >= last, LONGEST_S)
            sys.stdout.write("done\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(
        "growth", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--writes", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=10_000)
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--join", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.start is not None:
        asyncio.run(start(given.start, given.every))
    elif given.join is not None:
        asyncio.run(join(given.join, given.every))
    else:
        with tempfile.TemporaryDirectory(prefix="growth-") as folder:
            asyncio.run(Growth(Path(folder), given.every).run(given.writes))


if __name__ == "__main__":
    main()
