"""What the network and the timers are like now: which faults are going on.

Contract: it decides from the faults that are going on and from chance, and from nothing
that the agents know.
"""

from __future__ import annotations

from typing import Final

from primacy_model.simulation.rng import MILLE, Chance, latency
from primacy_model.simulation.schedule import Fault, Schedule

MS: Final = 1_000

CALM: Final = 10
"""In a calm no packet takes longer than this part of an election timeout."""


class Conditions:
    """The faults that are going on, and what they do to packets and timers."""

    def __init__(self, schedule: Schedule, network: Chance, timers: Chance) -> None:
        self.schedule = schedule
        self.network = network
        self.timers = timers
        self.is_calm = False
        self._going: dict[int, Fault] = {}
        self._cut: frozenset[tuple[str, str]] = frozenset()
        self._loss = schedule.loss
        self._slow = 1
        self._twice = schedule.duplicates
        self._late_us = 0
        self._early: frozenset[str] = frozenset()

    def begin(self, number: int, fault: Fault) -> None:
        """Let a fault of the schedule begin."""
        self._going[number] = fault
        self._look()

    def end(self, number: int) -> None:
        """Let it end, if it has begun."""
        self._going.pop(number, None)
        self._look()

    def calm_down(self) -> None:
        """End everything; nothing is lost from now on."""
        self._going.clear()
        self.is_calm = True
        self._look()

    def is_cut(self, sender: str, target: str) -> bool:
        """Tell whether nothing arrives now."""
        return (sender, target) in self._cut

    def arrivals(self, sender: str, target: str) -> list[int]:
        """Tell how long each copy of a packet takes; nothing if it is lost."""
        if (sender, target) in self._cut or self.network.comes_true(self._loss):
            return []
        schedule, chance = self.schedule, self.network
        shape, median = schedule.shape, schedule.latency_us
        found = [latency(chance, shape, median) * self._slow]
        if self.is_calm:
            return [min(found[0], MS * schedule.election_ms // CALM)]
        if chance.comes_true(schedule.stragglers):
            found[0] += chance.below(4 * MS * schedule.election_ms)
        if chance.comes_true(self._twice):
            is_late = chance.comes_true(500)
            late_us = chance.below(4 * MS * schedule.election_ms) if is_late else 0
            found.append(latency(chance, shape, median) + late_us)
        return found

    def timer_us(self, agent: str, least_ms: int, most_ms: int) -> int:
        """Draw how long a timer runs on its agent's clock, lateness included."""
        drawn = self.timers.between(least_ms * MS, most_ms * MS)
        drawn += self.timers.below(1 + MS + self._late_us)
        return drawn // 2 if agent in self._early else drawn

    def _look(self) -> None:
        """See what all faults do together."""
        going = [self._going[number] for number in sorted(self._going)]
        self._cut = frozenset(
            link for fault in going for link in _links(fault, self.schedule.names)
        )
        amounts = {
            kind: [fault.amount for fault in going if fault.kind == kind]
            for kind in ("loss", "slow", "storm", "late")
        }
        steady = 0 if self.is_calm else self.schedule.loss
        self._loss = min(MILLE, max([steady, *amounts["loss"]]))
        self._slow = max([1, *amounts["slow"]])
        steady = 0 if self.is_calm else self.schedule.duplicates
        self._twice = min(MILLE, max([steady, *amounts["storm"]]))
        self._late_us = MS * max([0, *amounts["late"]])
        early = (fault.who for fault in going if fault.kind == "early")
        self._early = frozenset(name for who in early for name in who)


def _links(fault: Fault, names: tuple[str, ...]) -> set[tuple[str, str]]:
    """Name the links that a fault cuts: sender and target."""
    inside = set(fault.who)
    pairs = {(one, other) for one in names for other in names if one != other}
    if fault.kind == "partition":
        return {
            (one, other) for one, other in pairs if (one in inside) != (other in inside)
        }
    if fault.kind == "oneway":
        return {
            (one, other)
            for one, other in pairs
            if (one if fault.amount == 0 else other) in inside
            and (other if fault.amount == 0 else one) not in inside
        }
    if fault.kind == "link" and len(fault.who) == 2:
        one, other = fault.who
        return {(one, other), (other, one)} if fault.amount else {(one, other)}
    if fault.kind == "hub":
        return {(one, other) for one, other in pairs if not {one, other} & inside}
    return set()
