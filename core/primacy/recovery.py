"""How an agent begins: from an empty disk once, from its own disk ever after.

Only what is durable comes back. A recovered agent follows nobody, leads nothing, and
has forgotten whom it acknowledged, so it gives no vote until the minimum election
timeout has passed. A disk without a term never acknowledged anything.

Source: Ongaro 2014, section 3.8; clauses `restart.*`.
"""

from __future__ import annotations

from primacy.agents import NO_AGENTS
from primacy.config import Config
from primacy.outputs import Outputs
from primacy.pending_reads import NO_FOLLOWER_READS
from primacy.role import Role, Wait
from primacy.state import (
    NO_LEADERSHIP,
    NOTHING_DURABLE,
    Durable,
    Result,
    State,
)
from primacy.timers import claim_timer, promise_timer
from primacy.types import NOBODY, START


def initial(config: Config) -> Result:
    """Begin with an empty disk. An id that has ever run must `recover` instead."""
    return recover(config, NOTHING_DURABLE)


def recover(config: Config, durable: Durable) -> Result:
    """Begin again from the disk: the state, and the outputs to perform first."""
    roll = durable.log.roll(config.first_roll)  # roll.of-log
    if durable.term > 0:
        timers: Outputs = (promise_timer(config),)
        wait = Wait.PROMISE  # vote.after-restart
    elif roll.has(config.me):
        timers = (claim_timer(config),)
        wait = Wait.CLAIM  # claim.leader-timeout
    else:
        timers = ()
        wait = Wait.STAND
    recovered = State(
        config=config,
        durable=durable,  # restart.from-disk
        roll=roll,
        role=Role.FOLLOWER,  # restart.follower
        wait=wait,
        leader=NOBODY,
        commit_index=durable.log.start,  # restart.forgets, restart.from-snapshot
        granted=NO_AGENTS,
        lowest_claim=NOBODY,
        last_heartbeat=START,
        alive=roll.members,  # presence.begins-alive
        is_cut_off=False,
        parked=NO_FOLLOWER_READS,
        leadership=NO_LEADERSHIP,
    )
    return recovered, timers
