"""How long the timers are: every `Arm` of the protocol, by what it waits for.

A timer that must differ between agents is armed with a range; the runtime draws, so the
core needs no randomness. Each may fire late: it then only delays an election or a step
down, and lengthens a promise.

Source: seed, "Random election timeouts"; Ongaro 2014, section 3.4; clauses `timer.*`.
"""

from __future__ import annotations

from primacy.config import Config
from primacy.messages import Timer
from primacy.outputs import Arm
from primacy.types import Duration


def promise_timer(config: Config) -> Arm:
    """Wait the minimum election timeout: until then the promise to a leader holds."""
    exact = Duration(config.election_timeout_ms)
    return Arm(Timer.ELECTION, exact, exact)  # timer.promise


def patience_timer(config: Config) -> Arm:
    """Wait, after the promise has passed, for as long again at most."""
    # timer.randomised
    return Arm(Timer.ELECTION, Duration(0), Duration(config.election_timeout_ms))


def election_timer(config: Config) -> Arm:
    """Wait a randomised election timeout before standing (again)."""
    least = Duration(config.election_timeout_ms)
    return Arm(Timer.ELECTION, least, Duration(2 * least))  # timer.randomised


def claim_timer(config: Config) -> Arm:
    """Wait the leader timeout before the first claim."""
    exact = Duration(config.leader_timeout_ms)
    return Arm(Timer.ELECTION, exact, exact)  # claim.leader-timeout


def window_timer(config: Config) -> Arm:
    """Keep the claim window open."""
    exact = Duration(config.election_timeout_ms)
    return Arm(Timer.ELECTION, exact, exact)  # claim.window


def check_timer(config: Config) -> Arm:
    """Wait the leader timeout before the leader checks that a quorum answers."""
    exact = Duration(config.leader_timeout_ms)
    return Arm(Timer.ELECTION, exact, exact)  # leader.quorum-check


def heartbeat_timer(config: Config) -> Arm:
    """Wait for the next heartbeat round."""
    exact = Duration(config.heartbeat_interval_ms)
    return Arm(Timer.HEARTBEAT, exact, exact)  # heartbeat.regular


def first_heartbeat_timer() -> Arm:
    """Begin the first heartbeat round at once, at an instant that the runtime tells."""
    return Arm(Timer.HEARTBEAT, Duration(0), Duration(0))
