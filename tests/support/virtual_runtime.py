"""A runtime for tests: a virtual clock, drawn timers, a network with links to cut.

It keeps the obligations of a runtime. The same seed gives the same run. A packet takes
one millisecond; it is lost where the link is cut or the target is down. A snapshot is
the list of what is applied, and travels with its packet.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from primacy.dispatch import step
from primacy.log import Entry, Log
from primacy.messages import (
    Elapsed,
    Install,
    Message,
    Packet,
    Received,
    Snapshotted,
    Timer,
)
from primacy.outputs import (
    Apply,
    Arm,
    Broadcast,
    Disarm,
    Discard,
    Output,
    Persist,
    Restore,
    Send,
)
from primacy.recovery import recover
from primacy.role import Role
from primacy.state import NOTHING_DURABLE, Durable, State
from primacy.types import START, AgentId, Index, Instant
from tests.support.builders import config


class VirtualMesh:
    """All agents of a mesh, and the world around them."""

    def __init__(
        self,
        electors: str,
        workers: str = "",
        outsiders: str = "",
        *,
        seed: int = 0,
        batch: int = 64,
    ) -> None:
        plain = config(electors[0], electors=electors, workers=workers, batch=batch)
        leased = replace(plain, lease_ms=90, clock_drift_ppm=100)
        everyone = electors + workers + outsiders
        self.configs = {name: replace(leased, agent_id=name) for name in everyone}
        self.now = 0
        self.states: dict[str, State] = {}
        """The agents that run."""
        self.disks: dict[str, Durable] = dict.fromkeys(self.configs, NOTHING_DURABLE)
        self.applied: dict[str, list[Entry]] = {}
        self.snapshots: dict[str, dict[int, list[Entry]]] = {
            name: {0: []} for name in self.configs
        }
        """What each agent has on disk of the state machine, by the index."""
        self.sent: list[tuple[str, str, Packet]] = []
        self.told: list[tuple[str, Output]] = []
        """Every output that only informs, with the agent that gave it."""
        self._cut: set[frozenset[str]] = set()
        self._events: list[tuple[int, int, str, Received | Elapsed]] = []
        self._order = count(1)
        self._armed: dict[tuple[str, Timer], int] = {}
        self._chance = random.Random(seed)  # noqa: S311 # a test repeats its run

    def start(self, *names: str) -> None:
        """Let agents begin from their disks; all of them if none is named."""
        for name in names or tuple(self.configs):
            start = self.disks[name].log.start
            self.applied[name] = list(self.snapshots[name][start])
            self.states[name], outputs = recover(self.configs[name], self.disks[name])
            self._perform(name, outputs)

    def crash(self, name: str) -> None:
        """Let an agent lose everything that is not on its disk."""
        del self.states[name]
        self._perform(name, tuple(Disarm(timer) for timer in Timer))

    def cut(self, *links: str) -> None:
        """Cut links; each is named by its two ends."""
        self._cut.update(frozenset(link) for link in links)

    def isolate(self, name: str) -> None:
        self.cut(*(name + other for other in self.configs if other != name))

    def heal(self) -> None:
        self._cut.clear()

    def snapshot(self, name: str) -> None:
        """Let an agent save what it has applied, and tell its core."""
        index = len(self.applied[name])
        self.snapshots[name][index] = list(self.applied[name])
        self.give(name, Snapshotted(Index(index)))

    def give(self, name: str, message: Message) -> None:
        """Let an agent take one step."""
        if isinstance(message, Received) and isinstance(message.packet, Install):
            index, sender = message.packet.index, message.packet.sender
            self.snapshots[name][index] = self.snapshots[sender][index]
        self.states[name], outputs = step(self.states[name], message)
        self._perform(name, outputs)

    def run(self, length_ms: int) -> None:
        """Let time pass."""
        self.until(lambda: False, self.now + length_ms)

    def until(self, is_reached: Callable[[], bool], deadline: int) -> bool:
        """Let time pass until something is so; tell whether that came in time."""
        while not is_reached():
            if not self._events or self._events[0][0] > deadline:
                self.now = max(self.now, deadline)
                return False
            self.now, order, name, message = heapq.heappop(self._events)
            if isinstance(message, Received):
                is_lost = self._is_cut(name, message.packet.sender)
            else:
                is_lost = self._armed.get((name, message.timer)) != order
                message = replace(message, now=Instant(self.now))
            if name in self.states and not is_lost:
                self.give(name, message)
        return True

    def leaders(self) -> list[str]:
        """Name who takes itself to lead."""
        running = self.states.items()
        return [name for name, state in running if state.role == Role.LEADER]

    def elect(self) -> str:
        """Let a leader come and be followed by all that run; name it."""
        assert self.until(self.is_settled, self.now + 5_000)
        return self.leaders()[0]

    def is_settled(self) -> bool:
        """Tell whether all members that run follow one leader and committed one log."""
        leaders = [self.states[name] for name in self.leaders()]
        if len(leaders) != 1:
            return False
        members = leaders[0].roll.members
        running = [s for s in self.states.values() if members.has(s.me)]
        one = {
            (s.leader, s.term, s.commit_index, _rest(s), tuple(self.applied[s.me]))
            for s in running
        }
        return len(one) == 1 and leaders[0].commit_index == leaders[0].log.last_index

    def outputs(self, kind: type[Output], name: str | None = None) -> list[Output]:
        return [
            o for who, o in self.told if isinstance(o, kind) and name in (None, who)
        ]

    def _is_cut(self, one: str, other: str) -> bool:
        return frozenset((one, other)) in self._cut

    def _perform(self, name: str, outputs: tuple[Output, ...]) -> None:
        for output in outputs:
            match output:
                case Persist():
                    self.disks[name] = self.disks[name].after(output)
                case Discard():
                    self.disks[name] = self.disks[name].discarded(output)
                case Restore():
                    self.disks[name] = self.disks[name].restored(output)
                    self.applied[name] = list(self.snapshots[name][output.index])
                case Send(target, packet):
                    self._post(name, target, packet)
                case Broadcast(targets, packet):
                    for target in targets.members:
                        self._post(name, target, packet)
                case Arm(timer, least, most):
                    wait, order = self._chance.randint(least, most), next(self._order)
                    self._armed[name, timer] = order
                    event = (self.now + wait, order, name, Elapsed(timer, START))
                    heapq.heappush(self._events, event)
                case Disarm(timer):
                    self._armed.pop((name, timer), None)
                case Apply(first, entries):
                    assert first == len(self.applied[name]) + 1
                    self.applied[name].extend(entries.entries)
                case _:
                    self.told.append((name, output))

    def _post(self, sender: str, target: AgentId, packet: Packet) -> None:
        self.sent.append((sender, target, packet))
        if not self._is_cut(sender, target):
            arrived = Received(packet, Instant(self.now + 1))
            event = (self.now + 1, next(self._order), target, arrived)
            heapq.heappush(self._events, event)


def _rest(state: State) -> Log:
    """Give what an agent has behind its commit index, whatever it has dropped."""
    index = state.commit_index
    return state.log.compacted(index, state.log.roll_at(index, state.config.first_roll))
