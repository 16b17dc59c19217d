"""Bends of the initial election: who claims, who joins, and who stands first."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

CLAIM_BENDS: Final = (
    Bend(
        id="claims-with-a-history",
        source="41, hashicorp #122",
        guard="claim.only-at-first: an elector with a log claims",
        module="bootstrap",
        before="""\
    is_blank = state.log.last_index == 0 and state.leader == NOBODY
""",
        after="""\
    is_blank = state.leader == NOBODY
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="claims-under-a-leader",
        source="seed, Initial Leader Election",
        guard="claim.only-at-first: an elector that knows a leader claims",
        module="bootstrap",
        before="""\
    is_blank = state.log.last_index == 0 and state.leader == NOBODY
""",
        after="""\
    is_blank = state.log.last_index == 0
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="worker-claims",
        source="37, hashicorp #398",
        guard="claim.only-at-first: a worker claims",
        module="bootstrap",
        before="""\
    return is_blank and state.roll.has(state.me)  # claim.only-at-first
""",
        after="""\
    return is_blank
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="claim-heard-too-late",
        source="41, hashicorp #122",
        guard="claim.only-at-first: a claim is heard by who has a history",
        module="bootstrap",
        before="""\
    if not is_bootstrapping(state):
        return state, ()  # claim.only-at-first
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="claim-joined-by-a-candidate",
        source="seed, Initial Leader Election",
        guard="claim.one-election: who stands already joins a claim",
        module="bootstrap",
        before="""\
    if state.role != Role.FOLLOWER:
        return state, ()  # claim.one-election
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="claim-not-sent",
        source="seed, Initial Leader Election",
        guard="claim.announced: a claim is told to nobody",
        module="bootstrap",
        before="""\
        Broadcast(others, mine),  # claim.announced
""",
        after="""\
        Broadcast(others.less(others), mine),
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="joiner-does-not-wait",
        source="seed, Initial Leader Election",
        guard="claim.joins: who joins a claim opens no window",
        module="bootstrap",
        before="""\
        return joined, (window_timer(state.config),)  # claim.joins
""",
        after="""\
        return joined, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="latest-claim-stands",
        source="seed, Initial Leader Election",
        guard="claim.lowest-stands: the latest claim is taken for the lowest",
        module="bootstrap",
        before="""\
    if state.wait == Wait.WINDOW and precedes(heard.sender, state.lowest_claim):
""",
        after="""\
    if state.wait == Wait.WINDOW:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="highest-claim-stands",
        source="seed, Initial Leader Election",
        guard="claim.lowest-stands: the higher id goes first",
        module="quantities",
        before="""\
    return agent < other  # claim.lowest-stands
""",
        after="""\
    return agent > other
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="stands-without-a-claim",
        source="seed, Initial Leader Election",
        guard="claim.leader-timeout: an elector stands and never claims",
        module="recovery",
        before="""\
        wait = Wait.CLAIM  # claim.leader-timeout
""",
        after="""\
        wait = Wait.STAND
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="claims-at-once",
        source="seed, Initial Leader Election",
        guard="claim.leader-timeout: a claim is made without waiting",
        module="timers",
        before="""\
    exact = Duration(config.leader_timeout_ms)
    return Arm(Timer.ELECTION, exact, exact)  # claim.leader-timeout
""",
        after="""\
    exact = Duration(config.heartbeat_interval_ms)
    return Arm(Timer.ELECTION, exact, exact)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="claim-of-a-worker-heard",
        source="seed, Leader Configuration",
        guard="claim.initial-leaders-only: the claim of a worker is heard",
        module="validity",
        before="""\
    if not state.config.initial_leaders.has(claim.sender):
        return Reason.NOT_AN_ELECTOR  # claim.initial-leaders-only
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="stands-instead-of-claiming",
        source="seed, Initial Leader Election",
        guard="claim.announced: who waited to claim stands",
        module="election",
        before="""\
    if state.wait == Wait.CLAIM:
        return claim(state)
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="no-claim-after-a-restart",
        source="seed, Initial Leader Election",
        guard="claim.only-at-first: an elector without a log never claims",
        module="election",
        before="""\
    if is_bootstrapping(state):
        return replace(state, wait=Wait.CLAIM), (claim_timer(state.config),)
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="worker-waits-to-claim",
        source="37, hashicorp #398",
        guard="claim.only-at-first: a worker waits to claim",
        module="recovery",
        before="""\
    elif is_elector:
""",
        after="""\
    elif config.everyone.has(config.me):
""",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to the initial election."""
