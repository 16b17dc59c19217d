"""Real processes, real faults, and a history that is judged from outside.

`python -m tests.runtime.chaos --seconds 60 --seed 1` runs five agents behind a network
that can be cut, with clients that write and read all the while. It kills with `kill
-9`, stops for longer than a lease, and cuts in every shape, over and over. In the end:
the history has to be linearizable, no token may be admitted by the resource after a
higher one, all agents have to follow one leader, and the trace of each process has to
be allowed. The seed chooses the faults; processes and networks stay as they are.
"""

import argparse
import asyncio
import itertools
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

from primacy_model.simulation.linearizability import Deed, Finding, Operation, check
from primacy_runtime.resource import Resource
from primacy_runtime.stage import Gone, Member, Refusal, Stage
from tests.runtime.proxies import Proxies
from tests.runtime.traced import finish

ELECTION_S: Final = 0.4
TIMES: Final = {
    "heartbeat_interval": 0.1,
    "election_timeout": ELECTION_S,
    "leader_timeout": 0.6,
    "lease": 0.35,
    "clock_drift_ppm": 50_000,
}
RATES: Final = (0.96, 1.0, 1.04)
"""How fast the agents' clocks run: within the stated bound."""
CLIENTS: Final = 8
USES_OF_A_KEY: Final = 60
REQUEST_S: Final = 1.0
PROBE_S: Final = 0.03
PATIENCE_S: Final = 60.0
NEVER_DONE: Final = ("NotAccepted", "WriteLost", "TooBusy", "NotFresh")
"""How a request fails that has no effect and never will have."""


@dataclass
class Outcome:
    """What came of a run."""

    history: list[Operation] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    failovers: list[float] = field(default_factory=list)
    """From the kill of a leader until another one says that it leads; in seconds."""
    failed: Counter[str] = field(default_factory=Counter)
    """Requests that were not answered, by how."""
    effects: int = 0
    refused: int = 0
    finding: Finding | None = None
    wrong: list[str] = field(default_factory=list)
    """What must not be, in sentences; empty if all is well."""


class Chaos:
    """One run."""

    def __init__(self, folder: Path, seed: int, names: Sequence[str]) -> None:
        self.folder, self.outcome = folder, Outcome()
        self._draw = random.Random(seed)  # noqa: S311 - chooses faults
        self._event = itertools.count(1)
        self._file = folder / "resource"
        self._resource = Resource(self._file)
        self._probes: set[asyncio.Task[None]] = set()
        self.traces = folder / "traces"
        self.traces.mkdir()
        settings = {
            **TIMES,
            "report": 0.02,
            "resource": str(self._file),
            "traces": str(self.traces),
        }
        self.stage = Stage(folder, names, settings, "tests.runtime.traced")
        self.proxies = Proxies(self.stage.where)
        for name, member in self.stage.members.items():
            member.told["peers"] = {
                other: self.proxies.places[name, other]
                for other in names
                if other != name
            }
            member.told["rate"] = self._draw.choice(RATES)

    async def run(self, seconds: float) -> Outcome:
        """Do faults for some time, then judge."""
        await self.proxies.start()
        await self.stage.start()
        try:
            await self._agree()
            over = asyncio.Event()
            clients = [
                asyncio.create_task(self._ask(f"client-{k}", over))
                for k in range(CLIENTS)
            ]
            until = time.monotonic() + seconds
            while not self.outcome.faults or time.monotonic() < until:
                await self._do_fault()
            await self._agree()
            over.set()
            await asyncio.gather(*clients, *self._probes)
            await self._read_all()
        finally:
            await self.stage.leave()
            await self.proxies.stop()
        agents = {trace.name.split(".")[0] for trace in self.traces.iterdir()}
        if agents != set(self.stage.members):
            self.outcome.wrong.append("an agent left no trace")
        self._judge()
        return self.outcome

    # Clients.

    async def _ask(self, client: str, over: asyncio.Event) -> None:
        draw = random.Random(self._draw.random())  # noqa: S311 - chooses requests
        for number in itertools.count():
            if over.is_set():
                return
            name = draw.choice(list(self.stage.members))
            deed = draw.choice((Deed.WRITE, Deed.READ))
            lease = draw.random() < 0.5
            value = f"{client}.{number}"
            await self._operate(client, deed, name, self._key(), value, lease=lease)
            await asyncio.sleep(draw.uniform(0, 0.03))

    def _key(self) -> str:
        """Name the key of the moment: many use one, and none is used for long."""
        return f"key-{len(self.outcome.history) // USES_OF_A_KEY}"

    async def _probe(self, victim: Member) -> None:
        """Ask the agent that a fault is done to, for what it might wrongly believe."""
        asked: set[asyncio.Task[None]] = set()
        try:
            for number in itertools.count():
                read = self._operate(
                    f"probe-{number}", Deed.READ, victim.name, self._key(), lease=True
                )
                task = asyncio.create_task(read)
                asked.add(task)
                task.add_done_callback(asked.discard)
                await asyncio.sleep(PROBE_S)
        finally:
            self._probes |= asked

    async def _operate(
        self,
        client: str,
        deed: Deed,
        name: str,
        key: str,
        value: str = "",
        *,
        lease: bool = False,
    ) -> None:
        member, called = self.stage.members[name], next(self._event)
        answered, answer = None, None
        try:
            if deed is Deed.WRITE:
                command = f"{key}={value}"
                work = member.ask("propose", command=command, timeout=REQUEST_S)
            else:
                work = member.ask("read", query=key, lease=lease, timeout=REQUEST_S)
            async with asyncio.timeout(2 * REQUEST_S):
                said = await work
            answered = next(self._event)
            answer = said if deed is Deed.READ else None
        except Refusal as refusal:
            self.outcome.failed[refusal.kind] += 1
            if refusal.kind in NEVER_DONE:
                return
        except (Gone, TimeoutError, ConnectionError) as error:
            self.outcome.failed[type(error).__name__] += 1
        written = value if deed is Deed.WRITE else None
        if answered is not None or deed is Deed.WRITE:
            self.outcome.history.append(
                Operation(client, deed, key, called, answered, written, answer)
            )

    async def _read_all(self) -> None:
        """Read each key once more: what was acknowledged has to be there."""
        for key in sorted({each.key for each in self.outcome.history}):
            name = self._draw.choice(list(self.stage.members))
            await self._operate("last", Deed.READ, name, key)

    # Faults.

    async def _agree(self) -> None:
        """Wait until all agents are up and follow one leader."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._has_agreed():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)

    def _has_agreed(self) -> bool:
        members = self.stage.members.values()
        return all(one.is_heard for one in members) and self.stage.has_agreed()

    async def _do_fault(self) -> None:
        draw, members = self._draw, list(self.stage.members.values())
        leader = self.stage.leader()
        victim = leader if leader and draw.random() < 0.8 else draw.choice(members)
        fault = draw.choice((self._kill, self._stop, self._cut, self._cut))
        self.outcome.faults[fault.__name__.strip("_")] += 1
        probing = asyncio.create_task(self._probe(victim))
        await fault(victim)
        await asyncio.sleep(draw.uniform(0, 3 * ELECTION_S))
        probing.cancel()
        if draw.random() < 0.6:
            await self._agree()

    async def _kill(self, victim: Member) -> None:
        term = (victim.health or {}).get("term", 0)
        was_leader = victim is self.stage.leader()
        await victim.kill()
        begun = time.monotonic()
        if was_leader:
            while (leader := self.stage.leader()) is None or (
                leader.health is not None and leader.health["term"] <= term
            ):
                if time.monotonic() - begun > PATIENCE_S:
                    break
                await asyncio.sleep(0.005)
            self.outcome.failovers.append(time.monotonic() - begun)
        await asyncio.sleep(self._draw.uniform(0, ELECTION_S))
        await victim.start()

    async def _stop(self, victim: Member) -> None:
        victim.pause()
        await asyncio.sleep(self._draw.uniform(1, 5) * ELECTION_S)
        victim.resume()

    async def _cut(self, victim: Member) -> None:
        draw, names = self._draw, list(self.stage.members)
        others = [name for name in names if name != victim.name]
        side = {victim.name, *draw.sample(others, draw.randrange(0, len(others) // 2))}
        away = [(a, b) for a in side for b in names if b not in side]
        shape = draw.choice(("both ways", "both ways", "out", "in"))
        pairs = [] if shape == "in" else list(away)
        pairs += [] if shape == "out" else [(b, a) for a, b in away]
        self.proxies.cut(pairs, breaks=draw.random() < 0.5)
        await asyncio.sleep(draw.uniform(1, 6) * ELECTION_S)
        self.proxies.heal()

    # Judgement.

    def _judge(self) -> None:
        outcome = self.outcome
        outcome.finding = check(outcome.history)
        if outcome.finding.verdict.value != "linearizable":
            outcome.wrong.append(f"the history: {outcome.finding}")
        effects = self._resource.effects()
        self._resource.close()
        tokens = [one.token for one in effects if one.verdict == "admitted"]
        outcome.effects, outcome.refused = len(tokens), len(effects) - len(tokens)
        if any(before > after for before, after in pairwise(tokens)):
            outcome.wrong.append("the resource admitted a token after a higher one")
        for trace in sorted(self.traces.iterdir()):
            finish(trace)
        outcome.wrong += judged(self.traces)
        for log in sorted(self.folder.glob("*.log")):
            if "Traceback" in (text := log.read_text()):
                outcome.wrong.append(f"{log.name}: {text}")


def judged(traces: Path) -> list[str]:
    """Have `primacy conform` judge all traces; give what it says if one is refused."""
    found = sorted(traces.iterdir())
    if not found:
        return []
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from primacy_model.entry import main; main()",
            "conform",
            *found,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    refused = [line for line in done.stdout.splitlines() if ": allowed." not in line]
    return [] if done.returncode == 0 else [*refused, done.stderr]


def told(outcome: Outcome) -> str:
    """Sum up a run."""
    faults = ", ".join(f"{name} {count}" for name, count in outcome.faults.items())
    failed = ", ".join(f"{name} {count}" for name, count in outcome.failed.items())
    times = sorted(one / ELECTION_S for one in outcome.failovers)
    lines = [
        f"faults      {sum(outcome.faults.values())} ({faults})",
        f"operations  {len(outcome.history)}; not answered: {failed or 'none'}",
        f"effects     {outcome.effects} admitted, {outcome.refused} refused",
    ]
    if times:
        last = times[min(len(times) - 1, int(len(times) * 0.99))]
        lines.append(
            f"failovers   {len(times)}; from kill to new leader, in election timeouts: "
            f"median {median(times):.1f}, p99 {last:.1f}, most {times[-1]:.1f}"
        )
    lines += [f"WRONG       {sentence}" for sentence in outcome.wrong] or [
        "all is well"
    ]
    return "\n".join(lines)


async def play(seconds: float, seed: int, count: int = 5) -> Outcome:
    """Run once, in a folder of its own."""
    names = [f"agent-{number}" for number in range(1, count + 1)]
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return await Chaos(Path(folder), seed, names).run(seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--agents", type=int, default=5)
    given = parser.parse_args()
    outcome = asyncio.run(play(given.seconds, given.seed, given.agents))
    sys.stdout.write(told(outcome) + "\n")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
