"""Bends that keep every safety law and stop progress: what should happen never does.

Source: the liveness properties of docs/specification.md.
"""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

PROGRESS_BENDS: Final = (
    Bend(
        id="window-never-closes",
        source="guarantee L1",
        guard="claim.window: a claim window that ran out is opened again",
        module="election",
        before="""\
    if state.wait == Wait.WINDOW and state.lowest_claim != state.me:
        return defer(state)  # claim.others-defer
""",
        after="""\
    if state.wait == Wait.WINDOW:
        return state, (election_timer(state.config),)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="pre-vote-never-ends",
        source="guarantee L1",
        guard="stand.pre-vote: a quorum of pre-votes begins no vote",
        module="election",
        before="""\
    return campaign(supported, transfer=False)
""",
        after="""\
    return supported, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="lowest-does-not-claim",
        source="guarantee L2",
        guard="claim.lower-claims-too: a lower id joins the claim of a higher one",
        module="bootstrap",
        before="""\
        if precedes(state.me, heard.sender):
            return claim(state)  # claim.lower-claims-too
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="nobody-defers",
        source="guarantee L2",
        guard="claim.others-defer: whoever closes its window stands",
        module="election",
        before="""\
    if state.wait == Wait.WINDOW and state.lowest_claim != state.me:
        return defer(state)  # claim.others-defer
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="stands-without-pre-votes",
        source="Ongaro 9.6",
        guard="stand.pre-vote: an elector that hears no leader raises its term at once",
        module="election",
        before="""\
    if state.roll.is_quorum(standing.granted):
        return campaign(standing, transfer=False)
""",
        after="""\
    if state.role == Role.FOLLOWER:
        return campaign(standing, transfer=False)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="laggard-not-helped",
        source="guarantee L4 and L5",
        guard="log.resent: nothing is sent again to an agent whose log lags",
        module="heartbeats",
        before="""\
    if lead.match.get(sender) >= state.log.last_index:
        return confirmed, served
""",
        after="""\
    if lead.match.get(sender) >= 0:
        return confirmed, served
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="commit-not-told",
        source="guarantee L4",
        guard="commit.travels: what a heartbeat tells of the commit is not heard",
        module="replication",
        before="""\
    if not state.log.accepts(index, term):
        return state, ()  # commit.verified
""",
        after="""\
    if state.log.accepts(index, term):
        return state, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="commit-never-advances",
        source="guarantee L5",
        guard="commit.quorum: what a quorum holds is not committed",
        module="replication",
        before="""\
    if not state.roll.is_quorum(match.at_least(index)):
        return state, ()  # commit.quorum
""",
        after="""\
    if state.roll.is_quorum(match.at_least(index)):
        return state, ()
""",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to progress alone."""
