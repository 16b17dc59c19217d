"""What an adversary does to a cluster: single actions, and plans that take several.

Random actions seldom elect anybody, so the plans are what reaches deep states: an
election that succeeds with chosen voters, a talk between chosen agents, a partition of
a chosen shape. A plan only makes calls of the cluster that may happen by themselves.
What cannot happen now is left out, so the same plan fits any state.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from primacy import AgentId, AgentSet, Config, Role, Timer
from primacy.codec import PACKETS
from primacy.config import EvenElectorateWarning
from primacy.log import EMPTY_LOG
from primacy.messages import (
    ChangeKind,
    Packet,
    PreVoteReply,
    PreVoteRequest,
    VoteReply,
    VoteRequest,
)
from primacy.outputs import Refused, Restore, RollChanged, WriteAccepted
from primacy.role import Wait
from primacy.types import START, Instant
from primacy_model.mesh.log_comparison import agree
from primacy_model.simulation.cluster import Cluster, Happened

NAMES: Final = "abcdefg"
"""The most agents of a first roll, by name."""
NEWCOMERS: Final = "xyz"
"""The most agents that join later."""
PRE_VOTE: Final = (PreVoteRequest, PreVoteReply)
VOTE: Final = (VoteRequest, VoteReply)
MOST_STEPS: Final = 60
"""The most packets of a talk, for a mutant may never come to rest."""


def mesh_of(
    electors: int, workers: int, batch: int, newcomers: int = 0, **times: int
) -> list[Config]:
    """Configure a mesh: electors, then workers, then those that no roll has yet."""
    names = NAMES[: electors + workers]
    first, rest = AgentSet.of(names[:electors]), AgentSet.of(names[electors:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenElectorateWarning)
        return [
            Config("mesh", name, first, rest, batch=batch, **times)
            for name in (*names, *NEWCOMERS[:newcomers])
        ]


class Driver:
    """Drives a cluster, and counts what it has seen happen."""

    def __init__(self, configs: list[Config]) -> None:
        self.cluster = Cluster(configs)
        self.names = self.cluster.names
        self.initial_leaders = configs[0].initial_leaders
        self.seen: Counter[str] = Counter()
        self._asked = 0
        self._logs = dict.fromkeys(self.names, EMPTY_LOG)
        for happened in self.cluster.started:
            self.after(happened)

    # --- what a driver with clocks does otherwise -------------------------------------

    def now(self, name: str) -> Instant:  # noqa: ARG002 - no clock here
        """Tell what the clock of an agent shows."""
        return START

    def is_ripe(self, name: str, timer: Timer) -> bool:
        """Tell whether a timer of an agent may elapse: late or early, here always."""
        return timer in self.cluster.nodes[AgentId(name)].armed

    def await_timer(self, name: str, timer: Timer) -> None:
        """Let time pass until a timer may elapse."""

    def after(self, happened: Happened) -> None:
        """See what a call did."""
        for output in happened.told:
            self.seen[type(output).__name__] += 1
        for output in happened.told:
            if isinstance(output, RollChanged):
                self._see_change(happened.agent, output)
            if isinstance(output, Restore):
                self._see_restore(happened.agent, output)
        if happened.verdict is not None:
            self.seen[f"effect {happened.verdict.value}"] += 1
        before = self._logs[happened.agent]
        log = self._logs[happened.agent] = self.cluster.nodes[happened.agent].disk.log
        if not agree(before, log, before.last_index):
            self.seen["truncated"] += 1
        if happened.is_crashed and (happened.sent or happened.timers):
            self.seen["crash between outputs"] += 1

    def _see_restore(self, name: AgentId, restore: Restore) -> None:
        """Count what an agent had behind a snapshot, or in place of it."""
        before, index = self._logs[name], restore.index
        if restore.keeps_rest:
            self.seen["rest kept"] += before.last_index > index
        else:
            self.seen["rest dropped"] += before.last_index >= index

    def _see_change(self, name: AgentId, change: RollChanged) -> None:
        """Count what becomes of rolls."""
        before, after = change.before, change.after
        if after.index <= before.index:
            self.seen["roll undone"] += 1
        elif self.role(name) == Role.LEADER and before.is_joint:
            is_inherited = after.term > before.term
            self.seen["joint roll inherited" if is_inherited else "joint settled"] += 1

    # --- who is there -----------------------------------------------------------------

    @property
    def electors(self) -> tuple[AgentId, ...]:
        """List who is on the roll of any agent that runs; at first the initial ones."""
        states = (self.cluster.state(name) for name in self.names)
        rolls = [state.roll.voters for state in states if state is not None]
        found = {name for voters in rolls for name in voters.members}
        return tuple(sorted(found)) or self.initial_leaders.members

    def joined(self) -> list[AgentId]:
        """List who has begun and has not lost its disk."""
        gone = self.cluster.waiting | self.cluster.lost
        return [name for name in self.names if name not in gone]

    def ready(self) -> list[AgentId]:
        """List who can handle a message."""
        return [name for name in self.names if self.cluster.is_ready(name)]

    def leaders(self) -> list[AgentId]:
        """List who leads, or believes that it does."""
        return [name for name in self.ready() if self.role(name) == Role.LEADER]

    def role(self, name: str) -> Role | None:
        """Tell the role of an agent; None while it is down."""
        state = self.cluster.state(name)
        return None if state is None else state.role

    def arriving(self) -> list[int]:
        """List the packets in flight that can be delivered now."""
        return [each for each in self.cluster.flights if self.cluster.can_arrive(each)]

    def name_of_request(self) -> str:
        """Give a request a name that no other has."""
        self._asked += 1
        return str(self._asked)

    # --- single actions ---------------------------------------------------------------

    def deliver(
        self, number: int, *, keep: bool = False, outputs_done: int | None = None
    ) -> None:
        """Deliver a packet in flight at the present of its target."""
        now = self.now(self.cluster.flights[number].target)
        self.after(
            self.cluster.deliver(number, now, keep=keep, outputs_done=outputs_done)
        )

    def elapse(self, name: str, timer: Timer, outputs_done: int | None = None) -> None:
        """Let a timer elapse if it may."""
        if self.cluster.is_ready(name) and self.is_ripe(name, timer):
            now = self.now(name)
            was_leader = self.role(name) == Role.LEADER
            self.after(self.cluster.elapse(name, timer, now, outputs_done=outputs_done))
            if was_leader and self._is_off_its_roll(name):
                self.seen["leader removed"] += 1

    def _is_off_its_roll(self, name: str) -> bool:
        """Tell whether an agent follows whom a committed change took off the roll."""
        state = self.cluster.state(name)
        if state is None or state.role == Role.LEADER or state.roll.has(state.me):
            return False
        return state.roll.index <= state.commit_index

    def write(self, name: str, outputs_done: int | None = None) -> None:
        """Write at an agent what nobody has written before."""
        number = self.name_of_request()
        self.after(
            self.cluster.write(
                name, f"w{number}", f"x{number}", outputs_done=outputs_done
            )
        )

    def change(
        self, name: str, kind: ChangeKind, target: str, outputs_done: int | None = None
    ) -> None:
        """Ask an agent for a change of one agent, which begins before if it must."""
        if target in self.cluster.waiting:
            self.after(self.cluster.join(target))
        request = f"o{self.name_of_request()}"
        self._count_change(
            self.cluster.change(name, request, kind, target, outputs_done=outputs_done),
            kind.value,
        )

    def replace_electors(
        self, name: str, electors: Collection[str], outputs_done: int | None = None
    ) -> None:
        """Ask an agent to replace the electorate."""
        request = f"o{self.name_of_request()}"
        self._count_change(
            self.cluster.replace_electors(
                name, request, *electors, outputs_done=outputs_done
            ),
            "replace",
        )

    def snapshot(
        self, name: str, back: int = 0, outputs_done: int | None = None
    ) -> None:
        """Let an agent take a snapshot of what it has applied, but for the last ones.

        If it has applied nothing since power failed, it tells of its last one again.
        """
        cluster, me = self.cluster, AgentId(name)
        if not cluster.is_ready(name):
            return
        applied, taken = cluster.nodes[me].applied, cluster.snapshots[me]
        index = max(1, applied - back) if applied else taken
        if taken > applied:
            index, is_early = taken, True
        else:
            is_early = False
        if index:
            self.seen["snapshot told too early"] += is_early
            self.after(cluster.snapshot(name, index, outputs_done=outputs_done))

    def fall_behind(self, name: AgentId, leader: AgentId, writes: int) -> None:
        """Let the logs of all others lose what an agent that is cut off will need.

        What they have sent it is lost.
        """
        self.isolate(name)
        others = [one for one in self.joined() if one != name]
        for _ in range(writes):
            if self.cluster.is_ready(leader):
                self.write(leader)
            self.talk(others)
        self.complete(leader, others)
        for one in others:
            self.snapshot(one)
        for flight in tuple(self.cluster.flights.values()):
            if flight.target == name:
                self.cluster.drop(flight.number)

    def _count_change(self, happened: Happened, kind: str) -> None:
        self.after(happened)
        for output in happened.told:
            if isinstance(output, WriteAccepted):
                self.seen[f"{kind} accepted"] += 1
            elif isinstance(output, Refused):
                self.seen[f"change refused: {output.reason.name}"] += 1

    # --- plans ------------------------------------------------------------------------

    def talk(
        self,
        among: Collection[AgentId],
        most: int = MOST_STEPS,
        *,
        newest: bool = False,
        echoes: bool = False,
        only: AgentId | None = None,
        about: tuple[type[Packet], ...] = PACKETS,
    ) -> None:
        """Deliver what these agents send to each other, oldest first or newest first.

        With echoes each packet is doubled before, and the copies stay on their way.
        With `only` no others are delivered than those to or from this agent, and
        `about` names the kinds that are delivered.
        """
        copies: set[int] = set()
        for _ in range(most):
            flights = self.cluster.flights
            number = next(
                (
                    each
                    for each in (reversed(flights) if newest else flights)
                    if flights[each].sender in among
                    and flights[each].target in among
                    and only in {None, flights[each].sender, flights[each].target}
                    and each not in copies
                    and isinstance(flights[each].packet, about)
                    and self.cluster.can_arrive(each)
                ),
                None,
            )
            if number is None:
                return
            if echoes:
                (copy,) = self.cluster.duplicate(number).sent
                copies.add(copy.number)
            self.deliver(number)

    def elect(self, name: AgentId, voters: Collection[AgentId]) -> None:
        """Let an agent stand and the voters hear it, until it leads or all is said."""
        self.stand(name, voters)
        self._advance(name, voters, Role.PRE_CANDIDATE, PRE_VOTE)
        self._advance(name, voters, Role.CANDIDATE, VOTE)

    def contest(
        self, one: AgentId, other: AgentId, voters: Collection[AgentId]
    ) -> None:
        """Let two agents stand in the same term; what they ask for is on its way."""
        for name in (one, other):
            self.stand(name, voters)
        for name in (one, other):
            self._advance(name, voters, Role.PRE_CANDIDATE, PRE_VOTE)

    def stand(self, name: AgentId, voters: Collection[AgentId]) -> None:
        """Let an agent ask for pre-votes, when nobody is bound by a promise."""
        for each in (name, *voters):
            self.free(each)
        for _ in range(5):
            if self.role(name) == Role.FOLLOWER:
                self._let_elapse(name, Timer.ELECTION)

    def _advance(
        self,
        name: AgentId,
        voters: Collection[AgentId],
        role: Role,
        about: tuple[type[Packet], ...],
    ) -> None:
        """Let a candidate and its voters talk about it while it has this role."""
        party = {name, *voters}
        for _ in range(MOST_STEPS):
            before = len(self.cluster.calls)
            if self.role(name) == role:
                self.talk(party, 1, only=name, about=about)
            if len(self.cluster.calls) == before:
                return

    def free(self, name: AgentId) -> None:
        """Let the promise of an agent pass."""
        state = self.cluster.state(name)
        if (
            state is not None
            and state.role != Role.LEADER
            and (state.wait == Wait.PROMISE)
        ):
            self._let_elapse(name, Timer.ELECTION)

    def _let_elapse(self, name: AgentId, timer: Timer) -> None:
        self.await_timer(name, timer)
        self.elapse(name, timer)

    def complete(self, name: AgentId, among: Collection[AgentId]) -> None:
        """Let a leader and others talk until its roll is settled, and all know it."""
        self.talk([name, *among])
        for _ in range(2):
            self.begin_round(name, among)

    def begin_round(self, name: AgentId, among: Collection[AgentId]) -> None:
        """Let a leader begin a round that some agents hear and answer."""
        self._let_elapse(name, Timer.HEARTBEAT)
        self.talk([name, *among])

    def cut_between(self, ones: Iterable[AgentId], others: Iterable[AgentId]) -> None:
        """Cut every link from one side to the other, in this direction only."""
        others = tuple(others)
        for sender in ones:
            for target in others:
                if sender != target and not self.cluster.is_cut(sender, target):
                    self.cluster.cut(sender, target)

    def isolate(self, name: AgentId) -> None:
        """Cut an agent off."""
        self.cut_between([name], self.names)
        self.cut_between(self.names, [name])

    def heal(self) -> None:
        """Heal every link."""
        for sender, target in sorted(self.cluster.cuts):
            self.cluster.heal(sender, target)

    def clear(self) -> None:
        """Let the weather clear: links heal, agents run."""
        self.heal()
        for name in sorted(self.cluster.paused):
            self.cluster.resume(name)
        for name in self.joined():
            if self.cluster.state(name) is None:
                self.after(self.cluster.restart(name))
