"""Two runs in true time in which a late packet meets a promise, under any core.

`python -m tests.stateful.late_votes NAME` prints one line of JSON: `core` is the file
of the core that is imported, `property` the claim that broke, or null. There is no
transfer in them and no restart: they show that mutants do harm which no timed scope
kills.

Source: clauses `vote.keeps-promise`, `stand.pre-vote`, `leader.followed`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Final

import primacy
from primacy import AgentId, Timer
from primacy_model.simulation.cluster import Broken
from tests.stateful.clock_driver import LENGTHS, ClockDriver
from tests.stateful.driver import mesh_of

A, B, C = (AgentId(name) for name in "abc")


class Hand:
    """Lets single packets arrive, named by kind, sender, target and term."""

    def __init__(self) -> None:
        self.driver = ClockDriver(mesh_of(3, 0, 1, **LENGTHS))

    def arrives(self, kind: str, sender: AgentId, target: AgentId, term: int) -> bool:
        """Deliver the newest such packet; tell whether there is one."""
        meant = [
            number
            for number, flight in self.driver.cluster.flights.items()
            if (type(flight.packet).__name__, flight.packet.term) == (kind, term)
            and (flight.sender, flight.target) == (sender, target)
        ]
        if meant:
            self.driver.deliver(meant[-1])
        return bool(meant)

    def waits(self, name: AgentId) -> None:
        """Let time pass until an election timer elapses."""
        self.driver.pass_until(name, Timer.ELECTION)
        self.driver.elapse(name, Timer.ELECTION)

    def is_heard(self, leader: AgentId, target: AgentId, term: int) -> None:
        """Begin a round that one agent acknowledges."""
        self.driver.elapse(leader, Timer.HEARTBEAT)
        self.arrives("Heartbeat", leader, target, term)
        self.arrives("HeartbeatReply", target, leader, term)

    def asks(self, candidate: AgentId, voter: AgentId, term: int) -> None:
        """Let one agent answer a candidate as it may."""
        self.arrives("PreVoteRequest", candidate, voter, term)
        self.arrives("PreVoteReply", voter, candidate, term - 1)
        self.arrives("VoteRequest", candidate, voter, term)
        self.arrives("VoteReply", voter, candidate, term)


def late_request(hand: Hand) -> None:
    """The request of a leader reaches a follower of it; then a third elector stands."""
    hand.waits(A)
    hand.waits(A)
    hand.asks(A, C, 1)
    hand.is_heard(A, B, 1)
    for _ in range(2):
        hand.driver.tick(hand.driver.names)
    hand.is_heard(A, B, 1)
    hand.arrives("VoteRequest", A, B, 1)
    hand.waits(C)
    hand.asks(C, B, 2)


def late_grants(hand: Hand) -> None:
    """Grants of pre-votes reach an elector that follows the leader of the term."""
    hand.waits(A)
    hand.waits(A)
    hand.arrives("PreVoteRequest", A, C, 1)
    hand.arrives("PreVoteReply", C, A, 0)
    hand.arrives("VoteRequest", A, B, 1)
    hand.arrives("VoteRequest", A, C, 1)
    hand.waits(B)
    hand.arrives("PreVoteRequest", B, A, 2)
    hand.arrives("PreVoteRequest", B, C, 2)
    hand.arrives("VoteReply", C, A, 1)
    hand.is_heard(A, B, 1)
    hand.arrives("PreVoteReply", A, B, 1)
    hand.arrives("PreVoteReply", C, B, 1)
    hand.arrives("VoteRequest", B, C, 2)
    hand.arrives("VoteReply", C, B, 2)


RUNS: Final[Mapping[str, Callable[[Hand], None]]] = {
    "late-request": late_request,
    "late-grants": late_grants,
}


def main(name: str) -> None:
    """Make a run, and tell what broke."""
    hand, broken = Hand(), None
    try:
        RUNS[name](hand)
    except Broken as error:
        broken = error.claim
    leases = hand.driver.seen["lease held"]
    told = {"core": primacy.__file__, "property": broken, "has_lease": leases > 0}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
