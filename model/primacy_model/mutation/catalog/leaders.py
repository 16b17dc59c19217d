"""Bends of leading: rounds, presence, the quorum check, and what outlives it."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

LEADER_BENDS: Final = (
    Bend(
        id="cut-off-leader-stays",
        source="16, Cloudflare 2020",
        guard="leader.quorum-check: a leader that reaches no quorum stays",
        module="heartbeats",
        before="""\
    if not state.roll.is_quorum(reached):
""",
        after="""\
    if reached.size == 0:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="old-rounds-reach",
        source="Ongaro 6.2",
        guard="leader.quorum-check: a round before the last check is enough",
        module="heartbeats",
        before="""\
    return lead.seen.at_least(lead.checked_round + 1).with_(state.me)
""",
        after="""\
    return lead.seen.at_least(lead.checked_round).with_(state.me)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="presence-decides",
        source="43, serf #269",
        guard="presence.decides-nothing: who is taken to be dead is no quorum",
        module="heartbeats",
        before="""\
    if not state.roll.is_quorum(reached):
""",
        after="""\
    if not state.roll.is_quorum(state.alive):
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="leadership-outlives-itself",
        source="36, Curator 498",
        guard="leader.relinquishes: who stops leading keeps what it knew",
        module="following",
        before="""\
        leadership=NO_LEADERSHIP,  # leader.relinquishes
""",
        after="",
    ),
    Bend(
        id="leader-not-followed",
        source="Ongaro 3.4",
        guard="leader.followed: a candidate hears the leader and stands on",
        module="following",
        before="""\
        role=Role.FOLLOWER,  # leader.followed
""",
        after="",
    ),
    Bend(
        id="no-noop",
        source="Ongaro 6.4",
        guard="leader.noop: a leader opens its term with nothing",
        module="replication",
        before="""\
    grown, outputs = _append(leader, Entry(state.term, EntryKind.NOOP))  # leader.noop
""",
        after="""\
    grown, outputs = leader, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="first-round-late",
        source="protocol, L3",
        guard="heartbeat.first: a new leader does not show itself",
        module="replication",
        before="""\
    timers = (check_timer(config), first_heartbeat_timer())  # heartbeat.first
""",
        after="""\
    timers = (check_timer(config),)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="one-round-only",
        source="protocol, L3",
        guard="heartbeat.regular: no round follows the first",
        module="heartbeats",
        before="""\
    return begun, (heartbeat_timer(state.config), *outputs)  # heartbeat.regular
""",
        after="""\
    return begun, outputs
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="round-begun-by-anyone",
        source="Ongaro 6.4",
        guard="timer.late-is-safe: a late timer begins a round of who leads no more",
        module="heartbeats",
        before="""\
    if state.role != Role.LEADER:
        return state, ()  # timer.late-is-safe
""",
        after="",
    ),
    Bend(
        id="heartbeat-under-another-term",
        source="protocol, S9",
        guard="fencing.token-is-term: a heartbeat carries the term before",
        module="heartbeats",
        before="""\
        state.term,  # fencing.token-is-term
        number,
""",
        after="""\
        max(state.term - 1, 1),
        number,
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="old-heartbeat-dropped",
        source="12, etcd #8501",
        guard="heartbeat.stale-answered: an old leader is told nothing",
        module="heartbeats",
        before="""\
        return state, (_answer(state, heartbeat, NO_ROUND),)  # heartbeat.stale-answered
""",
        after="""\
        return state, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="round-not-acknowledged",
        source="protocol, L3",
        guard="heartbeat.acknowledged: an answer names no round",
        module="heartbeats",
        before="""\
    answer = _answer(state, heartbeat, heartbeat.round)  # heartbeat.acknowledged
""",
        after="""\
    answer = _answer(state, heartbeat, NO_ROUND)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="acknowledgement-counted-again",
        source="Ongaro 6.4",
        guard="heartbeat.counted-once: an older round takes back a later one",
        module="heartbeats",
        before="""\
    if reply.round <= lead.seen.get(sender):
        return state, ()  # heartbeat.counted-once
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="heartbeat-answer-counted-by-anyone",
        source="36, Curator 498",
        guard="leader.relinquishes: a follower counts acknowledgements of rounds",
        module="heartbeats",
        before="""\
    if state.role != Role.LEADER:
        return state, ()
""",
        after="",
    ),
    Bend(
        id="acknowledgement-counted-by-anyone",
        source="36, Curator 498",
        guard="leader.relinquishes: a follower counts acknowledgements of entries",
        module="replication",
        before="""\
    if state.role != Role.LEADER:
        return state, ()
""",
        after="",
    ),
    Bend(
        id="never-back-alive",
        source="seed, Presence",
        guard="presence.back: who answers again stays dead",
        module="heartbeats",
        before="""\
        alive=state.alive.with_(sender),  # presence.back
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="nobody-dies",
        source="seed, Presence",
        guard="presence.missed-rounds: who answers no round stays alive",
        module="heartbeats",
        before="""\
        alive=reached,  # presence.missed-rounds, presence.decides-nothing
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="presence-not-told",
        source="seed, Presence",
        guard="presence.travels: a heartbeat says that all are alive",
        module="heartbeats",
        before="""\
        state.alive,  # presence.travels
""",
        after="""\
        config.everyone,
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="dead-after-a-restart",
        source="43, serf #269",
        guard="presence.begins-alive: a restart takes everyone to be dead",
        module="recovery",
        before="""\
        alive=config.everyone,  # presence.begins-alive
""",
        after="""\
        alive=NO_AGENTS,
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="dead-in-a-new-term",
        source="43, serf #269",
        guard="presence.begins-alive: a new leader takes everyone to be dead",
        module="replication",
        before="""\
        alive=config.everyone,  # presence.begins-alive
""",
        after="""\
        alive=NO_AGENTS,
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="transfer-never-given-up",
        source="Ongaro 3.10",
        guard="transfer.gives-up: a transfer that failed is never given up",
        module="heartbeats",
        before="checked_round=lead.round, transferee=NOBODY)",
        after="checked_round=lead.round)",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="leader-adopts-and-knows",
        source="36, Curator 498",
        guard="leader.relinquishes: a leader that adopts a term keeps what it knew",
        module="following",
        before="""\
    if state.role == Role.LEADER:
        follower, outputs = relinquish(state)
        return (
            replace(follower, durable=durable),
            (persist_term(durable), *outputs),  # term.higher
        )
""",
        after="",
    ),
    Bend(
        id="leader-stands",
        source="Ongaro 6.2",
        guard="leader.quorum-check: a leader stands instead of counting its quorum",
        module="stepping",
        before="""\
    if state.role == Role.LEADER:
        return check_quorum(state)
""",
        after="",
    ),
)
"""What can be done to leading."""
