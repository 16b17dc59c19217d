"""Heartbeats: rounds, what a quorum confirms, presence, and the leader's quorum check.

A round is one broadcast; an agent that hears it answers with its number. A round that a
quorum answered confirms that no other leader had been elected when it was begun: reads
that waited for it are served and the lease is extended from the instant at which it
*began*. Presence counts rounds: an agent that answered none of those between two quorum
checks is shown as dead.

Source: seed, "Heartbeat System"; Ongaro 2014, sections 6.2 to 6.4; clauses
`heartbeat.*`, `presence.*`, `lease.*`, `leader.*`.
"""

from __future__ import annotations

from primacy.agents import AgentMap, AgentSet
from primacy.appending import commit_verified
from primacy.membership import is_leaving, leave
from primacy.messages import Heartbeat, HeartbeatReply
from primacy.outputs import Broadcast, Reason, Rejected, Send
from primacy.records import replace
from primacy.replication import resume
from primacy.role import Role
from primacy.role_changes import follow, refuse_reads, relinquish
from primacy.state import Result, State
from primacy.timers import check_timer, heartbeat_timer, promise_timer
from primacy.types import NO_ROUND, NOBODY, Instant, Round


def on_heartbeat_timer(state: State, now: Instant) -> Result:
    """Begin the next round, if this agent leads."""
    if state.role != Role.LEADER:
        return state, ()  # timer.late-is-safe
    if is_leaving(state):
        return leave(state)  # change.removed-leader
    begun, outputs = begin_round(state, now)
    return begun, (heartbeat_timer(state.config), *outputs)  # heartbeat.regular


def begin_round(state: State, now: Instant) -> Result:
    """Show every agent that this one leads, and ask it to say so."""
    config, lead = state.config, state.leadership
    number = Round(lead.round + 1)
    is_lease_due = lead.confirmed_round >= lead.lease_round
    begun = replace(
        state,
        last_heartbeat=now,
        leadership=replace(
            lead,
            round=number,
            seen=lead.seen.set(state.me, number),
            lease_round=number if is_lease_due else lead.lease_round,
            lease_start=now if is_lease_due else lead.lease_start,  # lease.from-start
        ),
    )
    heartbeat = Heartbeat(
        config.mesh,
        state.me,
        state.term,  # fencing.token-is-term
        number,
        state.commit_index,
        state.log.term_at(state.commit_index),  # commit.travels
        state.alive,  # presence.travels
    )
    others = state.roll.members.without(state.me)
    confirmed, served = _confirm(begun)
    return confirmed, (Broadcast(others, heartbeat), *served)


def on_heartbeat(state: State, heartbeat: Heartbeat, now: Instant) -> Result:
    """Acknowledge the leader of the term; show a stale one the newer term."""
    if heartbeat.term < state.term:
        return state, (_answer(state, heartbeat, NO_ROUND),)  # heartbeat.stale-answered
    following = follow(state, heartbeat.sender, now, heartbeat.alive)
    committed, applied = commit_verified(
        following, heartbeat.commit_index, heartbeat.commit_term
    )
    answer = _answer(state, heartbeat, heartbeat.round)  # heartbeat.acknowledged
    return committed, (promise_timer(state.config), answer, *applied)


def _answer(state: State, heartbeat: Heartbeat, acknowledged: Round) -> Send:
    """Answer a heartbeat; `NO_ROUND` acknowledges nothing.

    A round of an older term must not be named under the newer term of the answer: an
    agent that leads again would take it for one of its own.
    """
    reply = HeartbeatReply(
        state.config.mesh,
        state.me,
        state.term,
        acknowledged,  # heartbeat.stale-acknowledgement
        state.log.last_index,
        state.log.last_term,
    )
    return Send(heartbeat.sender, reply)


def on_heartbeat_reply(state: State, reply: HeartbeatReply) -> Result:
    """Count an acknowledgement; help an agent whose log lags."""
    if reply.term < state.term:
        return state, ()  # heartbeat.stale-acknowledgement
    if state.role != Role.LEADER:
        return state, ()
    lead, sender = state.leadership, reply.sender
    if reply.round > lead.round:
        return state, (Rejected(Reason.BAD_POSITION, sender),)  # message.position
    if not state.roll.members.has(sender):
        return state, ()  # roll.members-only
    if reply.round <= lead.seen.get(sender):
        return state, ()  # heartbeat.counted-once
    acknowledged = replace(
        state,
        alive=state.alive.with_(sender),  # presence.back
        leadership=replace(lead, seen=lead.seen.set(sender, reply.round)),
    )
    confirmed, served = _confirm(acknowledged)
    if lead.match.get(sender) >= state.log.last_index:
        return confirmed, served
    # log.resent
    resumed, sent = resume(confirmed, sender, reply.last_index, reply.last_term)
    return resumed, served + sent


def _confirm(state: State) -> Result:
    """Take the last round that a quorum acknowledged as confirmed."""
    lead = state.leadership
    number = Round(state.roll.suggestion(lead.seen))
    if number <= lead.confirmed_round:
        return state, ()
    if not state.roll.is_quorum(lead.seen.at_least(number)):
        return state, ()  # read.quorum-confirms
    is_extended = number >= lead.lease_round  # lease.confirmed
    until = Instant(lead.lease_start + state.config.lease_ms)  # lease.from-start
    confirmed = replace(
        state,
        leadership=replace(
            lead,
            confirmed_round=number,
            lease_until=until if is_extended else lead.lease_until,
            lease_given=is_extended or lead.lease_given,  # change.voids-lease
            reads=lead.reads.unconfirmed(number),
        ),
    )
    due = lead.reads.confirmed(number)  # read.round-after-request
    return confirmed, due.answers(state.config.mesh, state.me, state.term)


def check_quorum(state: State) -> Result:
    """Step down unless a quorum acknowledged a round since the last check."""
    lead, reached = state.leadership, reached_agents(state)
    if not state.roll.is_quorum(reached):
        alone, timers = relinquish(state)  # leader.quorum-check
        # watch.partition
        return replace(alone, is_cut_off=True), timers + refuse_reads(state)
    checked = replace(
        state,
        alive=reached,  # presence.missed-rounds, presence.decides-nothing
        leadership=replace(
            lead,
            checked_round=lead.round,
            transferee=NOBODY,  # transfer.gives-up
            installing=AgentMap(),  # snapshot.sent-again
        ),
    )
    return checked, (check_timer(state.config),)


def reached_agents(state: State) -> AgentSet:
    """Collect who answered a leader since its last quorum check, itself included."""
    lead = state.leadership
    return lead.seen.at_least(lead.checked_round + 1).with_(state.me)
