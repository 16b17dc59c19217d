"""One run: agents as processes, clients, faults to one after the other, a judgement.

The seed chooses the faults; processes and networks stay as they are, so no two runs are
the same. Where it may, a run has network namespaces, small file systems and PostgreSQL;
else proxies that cut, a limit in SQLite, and SQLite alone.
"""

import asyncio
import random
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from primacy_model.simulation.linearizability import OperationKind
from primacy_runtime.demo.cluster import Member, Stage
from primacy_runtime.demo.fenced_resource import Resource, ResourceEffect
from tests.runtime.chaos import verdict
from tests.runtime.chaos.clients import Clients
from tests.runtime.chaos.disks import Limited, Mounted
from tests.runtime.chaos.faults import Faults, Network
from tests.runtime.chaos.members import Members
from tests.runtime.chaos.namespaces import Namespaces
from tests.runtime.chaos.postgres import Fenced
from tests.runtime.chaos.proxies import Proxies
from tests.support.agents import PATIENCE_S

ELECTION_S: Final = 0.4
DRIFT_PPM: Final = 50_000
TIMES: Final[Mapping[str, float]] = {
    "heartbeat_interval": 0.1,
    "election_timeout": ELECTION_S,
    "leader_timeout": 0.6,
    "lease": 0.35,
    "clock_drift_ppm": DRIFT_PPM,
}
KINDS: Final = ("kill", "kill-all", "stop", "cut", "clock", "full")
REST: Final = 0.6
"""How often all have to be well again before the next fault."""
AGREED: Final = "the agents do not follow one leader"
ACTED: Final = "nobody acts on a resource"
ANSWERED: Final = "clients are not answered"
LEAST_ANSWERED: Final = 6
"""How many writes and reads are answered before a run ends."""
CHANGED: Final = "the members do not change"
ONE_ROLL: Final = "the agents do not have one roll"
SNAPSHOTS: Final = "the agents take no snapshots"
INSTALLED: Final = "no agent is handed a snapshot"
SNAPSHOT_EVERY: Final = 8
"""So few entries that agents which were away, or join, are behind what is kept."""
JOINERS: Final = 12
"""How many agents may join in a run."""
MORE: Final = 2
"""How many agents there may be beyond those that began."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run takes place, and what it has there."""

    folder: Path
    is_isolated: bool = False
    """The process has namespaces of its own."""
    postgres: Path | None = None
    """The socket of a server with an empty fence."""
    core: Path | None = None
    """A copy of core that the agents run, perhaps a mutant; else the real one."""


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """What is to be done."""

    seconds: float
    seed: int
    agents: int = 5
    kinds: Sequence[str] = KINDS
    leaders: bool = False
    """Faults are done to leaders alone."""
    members: bool = False
    """Members change all the while."""

    @property
    def arguments(self) -> str:
        """Write down the plan as the command line has it, but for the seed."""
        kinds = "" if self.kinds == KINDS else f" --faults {','.join(self.kinds)}"
        flags = " --leaders" * self.leaders + " --members" * self.members
        return f"--seconds {self.seconds:g} --agents {self.agents}{kinds}{flags}"

    @property
    def names(self) -> list[str]:
        return [f"agent-{number}" for number in range(1, self.agents + 1)]

    @property
    def spare(self) -> list[str]:
        """Name the agents that may join."""
        count = JOINERS if self.members else 0
        first = self.agents + 1
        return [f"agent-{number}" for number in range(first, first + count)]


TrialRow = dict[str, Any]
"""A run, as JSON has it; failovers in election timeouts."""


@dataclass
class Outcome:
    """What came of a run."""

    effects: dict[str, list[ResourceEffect]] = field(default_factory=dict)
    """What each resource was asked for."""
    trace_lines: int = 0
    logs_shortened: int = 0
    """How often a log lost its beginning to a snapshot of its own agent."""
    snapshots_installed: int = 0
    """How often one was handed over."""
    wrong: list[str] = field(default_factory=list)
    """What must not be, in sentences; empty if all is well."""


class Trial:
    """One run."""

    def __init__(
        self, place: Place, plan: TrialPlan, times: Mapping[str, float] = TIMES
    ) -> None:
        self.place, self.plan, self.outcome = place, plan, Outcome()
        self._draw = random.Random(plan.seed)  # noqa: S311 - chooses faults
        folder, names = place.folder, plan.names
        possible = [*names, *plan.spare]
        self.traces = folder / "traces"
        self.traces.mkdir()
        self.network: Network = (
            Namespaces(possible) if place.is_isolated else Proxies(possible)
        )
        self.disks = Mounted(folder) if place.is_isolated else Limited(folder)
        settings: dict[str, object] = {
            **times,
            "snapshot_every": SNAPSHOT_EVERY,
            "report": 0.02,
            "resource": str(folder / "resource"),
            "trace": str(self.traces),
        }
        self._resource = Resource(folder / "resource")
        self._fenced: Fenced | None = None
        if place.postgres is not None:
            server = str(place.postgres), f"run_{secrets.token_hex(8)}"
            self._fenced = Fenced(*server)
            self._fenced.begin()
            settings["postgres"] = server
        where = self.network.where
        self.stage = Stage(folder, names, settings, "tests.runtime.chaos.traced", where)
        for name, member in self.stage.members.items():
            reached = self.network.peers(name)
            peers = {one: at for one, at in reached.items() if one in names}
            member.told["peers"] = peers
            self._prepare(member)
        self.members = Members(self.stage, self._draw, plan.spare, plan.agents + MORE)
        self.members.begin_one = self._joiner
        self.clients = Clients(self.stage, self._draw)
        self.faults = Faults(
            self.stage,
            self.network,
            self.disks,
            self._draw,
            election_s=times["election_timeout"],
            drift=DRIFT_PPM / 1_000_000,
        )

    def _joiner(self, name: str) -> Member:
        """Make an agent that knows nothing but the mesh."""
        member = self.stage.add(name, self.network.where[name])
        self._prepare(member)
        return member

    def _prepare(self, member: Member) -> None:
        """Give an agent its place in the network, its disk and its clock."""
        core = self.place.core
        member.before = self.network.before(member.name)
        member.rooms = (str(core),) if core else ()
        member.told["folder"] = str(self.disks.folder(member.name))
        member.told["rate"] = self._rate()

    def _rate(self) -> float:
        return 1 + self._draw.uniform(-DRIFT_PPM, DRIFT_PPM) / 1_000_000

    async def run(self) -> Outcome:
        """Do faults for some time, then judge."""
        plan, faults = self.plan, self.faults
        async with self.begun():
            self.clients.begin()
            if plan.members:
                self.members.begin()
            until = time.monotonic() + plan.seconds
            is_well = True
            while is_well and (not faults.done or time.monotonic() < until):
                is_well = await self._do_fault() and not faults.never
            is_well = is_well and await self._reached(self._has_changed, CHANGED)
            is_well = is_well and await self._reached(self._has_installed, INSTALLED)
            await self.members.end()
            is_well = is_well and await self._reached(self._has_one_roll, ONE_ROLL)
            is_well = is_well and await self.agree()
            is_well = is_well and await self._reached(self._has_acted, ACTED)
            is_well = is_well and await self._reached(self._has_answered, ANSWERED)
            is_well = is_well and await self._reached(self._has_snapshots, SNAPSHOTS)
            await self.clients.end()
            if is_well:
                await self.clients.read_all()
        self.judge()
        return self.outcome

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[None]:
        """Have all agents run, and leave nothing behind."""
        async with AsyncExitStack() as stack:
            stack.callback(self.disks.close)
            await self.network.start()
            stack.push_async_callback(self.network.stop)
            stack.push_async_callback(self.stage.leave)
            await self.stage.start()
            await self.agree()
            yield

    async def agree(self) -> bool:
        """Wait until all agents are up and follow one leader."""
        return await self._reached(self._has_agreed, AGREED)

    async def _reached(self, is_so: Callable[[], bool], what: str) -> bool:
        """Wait until something is so; it is wrong if it never is."""
        begun = time.monotonic()
        while not is_so():
            if time.monotonic() - begun > PATIENCE_S:
                self.outcome.wrong.append(what)
                return False
            await asyncio.sleep(0.02)
            await self.faults.mend()
            if self.members.is_over:
                await self.members.leave_out()
        return True

    def _has_changed(self) -> bool:
        return self.members.has_changed

    def _has_one_roll(self) -> bool:
        return self._has_agreed() and self.members.has_agreed()

    def _has_agreed(self) -> bool:
        members = self.stage.members.values()
        return all(one.is_heard for one in members) and self.stage.has_agreed()

    def _has_acted(self) -> bool:
        """Tell whether leaders have acted on each resource."""
        return all(self._effects().values())

    def _has_answered(self) -> bool:
        """Tell whether enough requests of each kind were answered."""
        history = self.clients.history
        answered = Counter(each.kind for each in history if each.answered is not None)
        return (
            min(answered[OperationKind.WRITE], answered[OperationKind.READ])
            >= LEAST_ANSWERED
        )

    def _has_snapshots(self) -> bool:
        """Tell whether the log of each agent that runs has lost its beginning."""
        members = self.stage.members.values()
        return all(one.health and one.health["log_start"] > 0 for one in members)

    def _has_installed(self) -> bool:
        """Tell whether an agent was handed a snapshot, where agents join."""
        return not self.plan.members or verdict.outputs(self.traces, "Restore") > 0

    def _effects(self) -> dict[str, list[ResourceEffect]]:
        """Look at what each resource was asked for."""
        found = {"SQLite": self._resource.effects()}
        if self._fenced is not None:
            found["PostgreSQL"] = self._fenced.effects()
        return found

    async def _do_fault(self) -> bool:
        """Do one; tell whether the run may go on."""
        draw, plan = self._draw, self.plan
        if plan.leaders and not await self.agree():
            return False
        kind = draw.choice(plan.kinds)
        victim = self.stage.leader() if plan.leaders else self.faults.victim()
        if victim is None:  # it is gone again: look once more
            return True
        probing = asyncio.create_task(self.clients.probe(victim))
        await self.faults.do(kind, victim)
        await asyncio.sleep(draw.uniform(0, 3 * ELECTION_S))
        probing.cancel()
        return draw.random() >= REST or await self.agree()

    def judge(self) -> None:
        """Judge what was seen from outside, and what the agents wrote down."""
        outcome, stage = self.outcome, self.stage
        members = {one.name: one for one in (*stage.members.values(), *stage.left)}
        outcome.effects = self._effects()
        self._resource.close()
        outcome.wrong += self.faults.never
        outcome.wrong += verdict.of_history(self.clients.history)
        for name, effects in outcome.effects.items():
            outcome.wrong += verdict.of_effects(name, effects)
        outcome.wrong += verdict.of_leaders({a: m.led for a, m in members.items()})
        outcome.wrong += verdict.of_traces(self.traces, members)
        outcome.trace_lines = verdict.lines(self.traces)
        outcome.logs_shortened = verdict.outputs(self.traces, "Discard")
        outcome.snapshots_installed = verdict.outputs(self.traces, "Restore")
        outcome.wrong += verdict.of_logs(self.place.folder.glob("*.log"))

    def row(self) -> TrialRow:
        """Sum up, for JSON."""
        plan, faults, history = self.plan, self.faults, self.clients.history
        answered = [each for each in history if each.answered is not None]
        writes = sum(each.kind is OperationKind.WRITE for each in answered)
        return {
            "arguments": plan.arguments,
            "seed": plan.seed,
            "network": self.network.kind,
            "disks": self.disks.kind,
            "faults": dict(sorted(faults.done.items())),
            "ended_by_full_disk": faults.ended_full,
            "changes": dict(sorted(self.members.done.items())),
            "rolls": len(self.members.rolls),
            "changes_not_answered": dict(sorted(self.members.failed.items())),
            "logs_shortened": self.outcome.logs_shortened,
            "snapshots_installed": self.outcome.snapshots_installed,
            "operations": len(history),
            "writes_acknowledged": writes,
            "reads_answered": len(answered) - writes,
            "not_answered": dict(sorted(self.clients.failed.items())),
            "effects": {
                name: dict(Counter(effect.verdict for effect in effects))
                for name, effects in self.outcome.effects.items()
            },
            "trace_lines": self.outcome.trace_lines,
            "traces": len(list(self.traces.iterdir())),
            "failovers": [round(one / ELECTION_S, 3) for one in faults.failovers],
            "wrong": self.outcome.wrong,
        }
