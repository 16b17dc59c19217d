"""The agent: start it, propose, read, watch, stop it.

    async with Agent(mesh_id="my-mesh", agent_id="agent-1", peers={...}) as agent:
        await agent.propose("colour=red")
        await agent.read("colour")

Contract: an agent lives once, and what it answers is true when it is answered.

Source: seed, "Usage Example"; clauses `runtime.*`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from primacy import (
    AgentId,
    ChangeKind,
    Command,
    MeshState,
    State,
    agents,
    has_lease,
    initial,
    mesh_state,
    token,
)
from primacy.types import NOBODY
from primacy_runtime.client import Client
from primacy_runtime.clock import Clock
from primacy_runtime.counters import Counters
from primacy_runtime.errors import AgentStopped, SettingsError
from primacy_runtime.events import Events
from primacy_runtime.health import Health
from primacy_runtime.lifecycle import AgentOptions, Lifecycle
from primacy_runtime.net.addresses import detail
from primacy_runtime.net.tls import Tls
from primacy_runtime.settings import (
    SNAPSHOT_EVERY,
    AgentRole,
    agent_id,
    config,
    entries,
    milliseconds,
    require,
)
from primacy_runtime.settings import address as address_of
from primacy_runtime.state_machine import Machine, Table, can_dump, check_machine
from primacy_runtime.trace import RecordingFactory

NO_PEERS: Final[Mapping[str, str | None]] = {}


class Agent:
    """One agent of a mesh, in this process. All lengths of time are in seconds.

    Every agent of a mesh is given the same `mesh_id`, times, and first parts: who is
    a worker, and who is not. `SettingsError` tells in one sentence what cannot work.
    """

    def __init__(
        self,
        mesh_id: str,
        agent_id: str,
        *,
        role: AgentRole = AgentRole.ACTIVE,
        is_initial_leader: bool | None = None,
        peers: Mapping[str, str | None] = NO_PEERS,
        workers: Collection[str] = (),
        listen: str = "127.0.0.1:0",
        advertise: str | None = None,
        heartbeat_interval: float = 5.0,
        election_timeout: float = 10.0,
        leader_timeout: float = 15.0,
        lease: float = 0.0,
        clock_drift_ppm: int = 0,
        batch: int = 64,
        request_timeout: float | None = None,
        folder: str | Path = "primacy-data",
        machine: Machine | None = None,
        snapshot_every: int | None = None,
        tls: Tls | None = None,
        metrics: str | None = None,
        clock: Clock | None = None,
        record: RecordingFactory | None = None,
    ) -> None:
        """Check what is given; nothing is opened yet.

        `role`, `is_initial_leader`: an active agent is an initial leader, a worker is
        not, and a joiner is no member before it is admitted; the second may be left
        out.
        `peers`: the id and `host:port` of every other first member; a joiner may give
        `None`, for it learns where they are from those that call it.
        `workers`: which of the peers are workers; the rest are initial leaders.
        `listen`: where the port is; port 0 lets the system choose.
        `advertise`: where peers reach this agent, if it is not where it listens.
        `heartbeat_interval`: between two rounds of a leader.
        `election_timeout`: how long to wait for a leader, at least; above the interval.
        `leader_timeout`: before the first claim, and between a leader's quorum checks.
        `lease`, `clock_drift_ppm`: see docs/runtime.md; 0 is no lease, which is safe.
        `batch`: the most entries that one packet carries.
        `request_timeout`: how long requests may take; four leader timeouts if none.
        `folder`: where the file of the agent is, or will be made.
        `machine`: what commands are applied to; a `Table` if none.
        `snapshot_every`: after how many entries a snapshot is taken, so that the log
        loses its beginning; 10,000 if the machine has `dump` and `load`, else never,
        which is 0.
        `metrics`: a `host:port` for Prometheus, closed if none.
        `record`: begins a trace of all that this agent does, see docs/runtime.md.
        """
        told = config(
            mesh_id=mesh_id,
            agent_id=agent_id,
            role=role,
            is_initial_leader=is_initial_leader,
            peers=peers,
            workers=workers,
            heartbeat_interval=heartbeat_interval,
            election_timeout=election_timeout,
            leader_timeout=leader_timeout,
            lease=lease,
            clock_drift_ppm=clock_drift_ppm,
            batch=batch,
        )
        require("folder", folder, str | Path, "a path")
        require("tls", tls, Tls | None, "a Tls")
        require("clock", clock, Clock | None, "a Clock")
        applied_to = Table() if machine is None else machine
        check_machine(applied_to)
        every = SNAPSHOT_EVERY if can_dump(applied_to) else 0
        if snapshot_every is not None:
            every = entries("snapshot_every", snapshot_every)
        if every > 0 and not can_dump(applied_to):
            raise SettingsError(
                f"snapshot_every must be 0 for a machine without dump and load, "
                f"got {every}"
            )
        if record is not None and not callable(record):
            raise SettingsError(f"record must be a function, got {record!r}")
        given = 4 * leader_timeout if request_timeout is None else request_timeout
        milliseconds("request_timeout", given)
        self._request_timeout = given
        self._given = AgentOptions(
            told,
            {
                one: address_of(f"peers[{one!r}]", at)
                for one, at in peers.items()
                if at is not None
            },
            address_of("listen", listen, least_port=0),
            None if advertise is None else address_of("advertise", advertise),
            None if metrics is None else address_of("metrics", metrics, least_port=0),
            Path(folder) / f"{mesh_id}.{agent_id}.sqlite3",
            applied_to,
            every,
            Clock() if clock is None else clock,
            tls,
            record,
        )
        self._counts = Counters()
        self._has_started = False
        self._turn = asyncio.Lock()
        self._life: Lifecycle | None = None

    # Life.

    async def start(self) -> None:
        """Open the disk and the ports, and begin. It returns before anybody leads."""
        if self._has_started:
            raise AgentStopped("An agent starts once; make another one to go on.")
        self._has_started = True
        async with self._turn:
            self._life = await Lifecycle.begin(self._given, self._counts, self.health)

    async def stop(self) -> None:
        """Stop, and let go of disk and ports. It may be called at any time.

        During a start it waits for that; before one, there will be none.
        """
        self._has_started = True
        async with self._turn:
            if self._life is not None:
                await self._life.stop()

    async def closed(self) -> None:
        """Wait until the agent has stopped; raise why, if it failed."""
        if self._life is not None:
            await self._life.closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    # Requests.

    async def propose(self, command: str, *, timeout: float | None = None) -> object:
        """Have a command applied by the mesh; give what the state machine said.

        On any agent: it is passed on to the leader. Raise `NotAccepted`, `WriteLost`,
        `TooBusy` or `CommandRefused` if it never will be applied, `OutcomeUnknown` or
        `AgentStopped` if that is not known. Asked again after the latter two, it may be
        applied twice.
        """
        return await self._client().propose(command, self._within(timeout))

    async def read(
        self, query: str = "", *, lease: bool = False, timeout: float | None = None
    ) -> object:
        """Have a query answered: from all that was acknowledged before, on any agent.

        By read index, which costs a round. With `lease`, at once if this agent holds a
        lease, else by read index. Raise `NotFresh` if freshness cannot be proved.
        """
        return await self._client().read(query, self._within(timeout), lease=lease)

    async def transfer(self, target: str, *, timeout: float | None = None) -> None:
        """Hand leadership over to an elector; raise `TransferFailed`."""
        await self._client().transfer(target, self._within(timeout))

    async def snapshot(self, *, timeout: float | None = None) -> int:
        """Have what is applied here written down; give the index up to which it is.

        The log then begins behind the snapshot before this one. Raise `SnapshotRefused`
        if the machine cannot be written down.
        """
        return await self._client().snapshot(self._within(timeout))

    # Members. Of the leader only; all return when the change is applied, and raise
    # `ChangeRefused` if it cannot be, else what `propose` raises.

    async def admit(
        self, agent: str, address: str, *, timeout: float | None = None
    ) -> None:
        """Make an agent that is no member a worker; others reach it at the address."""
        target, where = agent_id("agent", agent), address_of("address", address)
        await self._change(ChangeKind.ADMIT, target, detail(target, where), timeout)

    async def promote(self, agent: str, *, timeout: float | None = None) -> None:
        """Make a worker an elector, once it has caught up."""
        await self._change_part(ChangeKind.PROMOTE, agent, timeout)

    async def demote(self, agent: str, *, timeout: float | None = None) -> None:
        """Make an elector a worker. A leader that is demoted hands over."""
        await self._change_part(ChangeKind.DEMOTE, agent, timeout)

    async def dismiss(self, agent: str, *, timeout: float | None = None) -> None:
        """Make a worker no member."""
        await self._change_part(ChangeKind.DISMISS, agent, timeout)

    async def replace(
        self, electors: Collection[str], *, timeout: float | None = None
    ) -> None:
        """Replace the whole electorate by members; those that leave it are workers.

        Return when the old electorate counts no more.
        """
        require("electors", electors, Collection, "a collection of ids")
        if isinstance(electors, str):
            raise SettingsError(
                f"electors must be a collection of ids, got {electors!r}"
            )
        named = {agent_id("electors", one) for one in electors}
        client, within = self._client(), self._within(timeout)
        await client.replace(agents(*named), within)

    async def _change_part(
        self, kind: ChangeKind, agent: str, timeout: float | None
    ) -> None:
        await self._change(kind, agent_id("agent", agent), Command(""), timeout)

    async def _change(
        self, kind: ChangeKind, target: AgentId, text: Command, timeout: float | None
    ) -> None:
        client, within = self._client(), self._within(timeout)
        await client.change(kind, target, text, within)

    def _client(self) -> Client:
        life = self._life
        if life is None or life.is_over:
            raise AgentStopped(f"The agent is {self._status()}.")
        return life.client

    def _within(self, timeout: float | None) -> float:
        if timeout is None:
            return self._request_timeout
        return milliseconds("timeout", timeout) / 1000

    # What it knows.

    @property
    def address(self) -> str:
        """Where peers reach this agent, once it has started."""
        where = self._life.where if self._life else self._given.listen
        return str(self._given.advertise or where)

    @property
    def control_path(self) -> Path:
        """Where `primacy agent` takes requests of operators: beside the disk."""
        return self._given.path.with_suffix(".control")

    @property
    def metrics_port(self) -> int | None:
        """Where Prometheus reaches this agent, if it may."""
        port = self._life.port if self._life else None
        return port.number if port else None

    @property
    def _state(self) -> State:
        life = self._life
        return life.driver.state if life else initial(self._given.config)[0]

    @property
    def mesh_state(self) -> MeshState:
        """The five fields of the seed, as this agent sees them now."""
        return mesh_state(self._state)

    @property
    def token(self) -> int:
        """The fencing token, to go with every effect; 0 unless this agent leads."""
        return token(self._state) if self._status() == "running" else 0

    def has_lease(self) -> bool:
        """Tell whether this agent holds a lease at this instant, by its own clock."""
        now = self._given.clock.now()
        return self._status() == "running" and has_lease(self._state, now)

    def cut(self, is_cut: bool = True) -> None:
        """For experiments: let nothing in or out, or again everything."""
        if self._life is not None:
            self._life.transport.is_cut = is_cut

    def events(self) -> Events:
        """Begin to listen, after the start: `async for event in agent.events()`."""
        if self._life is None:
            raise AgentStopped(f"The agent is {self._status()}.")
        return self._life.audience.join()

    @property
    def counts(self) -> Counters:
        """What was counted since the start."""
        return self._counts

    def health(self) -> Health:
        """Show how this agent is."""
        state, life, told = self._state, self._life, self._given.config
        links = life.transport.links if life else {}
        taken = life.driver.snapshots if life else {}
        return Health(
            self._status(),
            str(life.failure or "") if life else "",
            told.mesh_id,
            told.agent_id,
            state.role.value,
            state.leader,
            state.term,
            self.token,
            state.log.last_index,
            state.commit_index,
            life.driver.applied if life else 0,
            state.roll.electors.members,
            state.roll.outgoing.members,
            state.roll.workers.members,
            state.roll.index,
            state.roll.index <= state.commit_index,
            state.alive.members,
            tuple(peer for peer, link in links.items() if link.is_up),
            state.is_cut_off,
            state.lowest_claim != NOBODY,
            state.log.start,
            max(taken, default=0),
            taken[max(taken)].size if taken else 0,
        )

    def _status(self) -> str:
        life = self._life
        if life is None:
            return "stopped" if self._has_started else "new"
        if life.failure is not None:
            return "failed"
        return "stopped" if life.is_over else "running"
