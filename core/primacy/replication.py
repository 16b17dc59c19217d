"""The log: writes are taken, replicated, acknowledged and committed here.

A leader sends new entries at once to every agent that is in step (its next index is the
end of the log), and serves the others from what they answer: a refusal tells where to
look for a match, an acknowledgement what to send next. An entry is committed when a
quorum holds it and it is of the leader's own term.

Source: Ongaro 2014, sections 3.5 and 3.6; clauses `log.*`, `write.*`, `commit.*`.
"""

from __future__ import annotations

from primacy.agents import NO_AGENTS, AgentMap
from primacy.change import replace
from primacy.following import follow
from primacy.log import Entry, EntryKind, Segment
from primacy.messages import Append, AppendReply, Forward, ForwardReply, Write
from primacy.outputs import (
    Apply,
    Broadcast,
    Persist,
    Reason,
    Refused,
    Rejected,
    Send,
    WriteAccepted,
)
from primacy.quantities import NOBODY, AgentId, Index, RequestId, Term
from primacy.role import Role, Wait
from primacy.state import (
    Durable,
    Leadership,
    Result,
    State,
)
from primacy.timers import check_timer, first_heartbeat_timer, promise_timer


def open_term(state: State) -> Result:
    """Begin to lead: append the no-op of the new term before anything else."""
    config = state.config
    end = state.log.last_index + 1
    idle = AgentMap.zero(config.everyone)
    leader = replace(
        state,
        role=Role.LEADER,
        wait=Wait.STAND,
        leader=state.me,
        granted=NO_AGENTS,
        lowest_claim=NOBODY,
        alive=config.everyone,  # presence.begins-alive
        is_cut_off=False,  # watch.partition
        leadership=Leadership(
            match=idle,
            next=idle.set_all(config.peers, end),
            seen=idle,
        ),
    )
    timers = (check_timer(config), first_heartbeat_timer())  # heartbeat.first
    grown, outputs = _append(leader, Entry(state.term, EntryKind.NOOP))  # leader.noop
    committed, applied = _advance(grown)
    return committed, outputs + timers + applied


def on_write(state: State, write: Write) -> Result:
    """Take a client's write as the leader, or say who leads."""
    reason = _why_no_write(state)
    if reason != Reason.NONE:
        return state, (
            Refused(write.request, reason, state.leader, state.term),  # write.redirect
        )
    # write.named
    entry = Entry(state.term, EntryKind.COMMAND, write.command, write.request)
    index = Index(state.log.last_index + 1)
    grown, outputs = _append(state, entry)
    accepted = WriteAccepted(write.request, index, state.term)  # write.accepted
    committed, applied = _advance(grown)
    return committed, (*outputs, accepted, *applied)


def on_forward(state: State, forward: Forward) -> Result:
    """Take a write that another agent passes on, only under this leader's token."""
    if forward.term != state.term or _why_no_write(state) != Reason.NONE:
        refusal = _forward_reply(state, forward.request, False, Index(0))
        return state, (Send(forward.sender, refusal),)  # fencing.forwarded
    entry = Entry(state.term, EntryKind.COMMAND, forward.command, forward.request)
    index = Index(state.log.last_index + 1)
    grown, outputs = _append(state, entry)
    reply = Send(forward.sender, _forward_reply(state, forward.request, True, index))
    committed, applied = _advance(grown)
    return committed, (*outputs, reply, *applied)


def on_forward_reply(state: State, reply: ForwardReply) -> Result:
    """Tell the local client what became of a write that was passed on."""
    if reply.accepted:  # write.forward-answered
        return state, (WriteAccepted(reply.request, reply.index, reply.term),)
    return state, (
        Refused(reply.request, Reason.STALE_TOKEN, state.leader, state.term),
    )


def _why_no_write(state: State) -> Reason:
    """Say why this agent takes no write now, `Reason.NONE` if it does."""
    if state.leader == NOBODY:
        return Reason.NO_LEADER  # write.leader-only
    if state.role != Role.LEADER:
        return Reason.NOT_LEADER  # write.leader-only
    if state.leadership.transferee != NOBODY:
        return Reason.TRANSFERRING  # transfer.no-write
    return Reason.NONE


def _forward_reply(
    state: State, request: RequestId, accepted: bool, index: Index
) -> ForwardReply:
    return ForwardReply(
        state.config.mesh, state.me, state.term, request, accepted, index
    )


def _append(state: State, entry: Entry) -> Result:
    """Append an entry as the leader, durably, and send it to agents in step."""
    lead, log = state.leadership, state.log
    before, after = log.last_index, Index(log.last_index + 1)
    segment = Segment.of(entry)
    # leader.append-only
    durable = Durable(state.term, state.durable.voted_for, log.append(entry))
    # log.in-step
    in_step = state.config.peers.common(lead.next.at_least(after))
    grown = replace(
        state,
        durable=durable,
        leadership=replace(
            lead,
            match=lead.match.set(state.me, after),
            next=lead.next.set_all(in_step, after + 1),
        ),
    )
    append = Append(
        state.config.mesh,
        state.me,
        state.term,
        before,
        log.last_term,
        segment,
        state.commit_index,
    )
    return grown, (
        Persist(durable.term, durable.voted_for, before, segment),  # write.durable
        Broadcast(in_step, append),
    )


def on_append(state: State, append: Append) -> Result:
    """Follow the leader's log: verify, then add what is missing."""
    if append.term < state.term:
        # log.stale-answered
        last = state.log.last_index
        return state, (_append_reply(state, append.sender, False, last),)
    following = follow(state, append.sender, state.last_heartbeat, state.alive)
    timer = promise_timer(state.config)
    if not state.log.accepts(append.prev_index, append.prev_term):
        hint = state.log.probe(append.prev_index, append.prev_term)
        reply = _append_reply(state, append.sender, False, hint)
        return following, (timer, reply)  # log.consistency, log.hint
    end = Index(append.prev_index + append.entries.size)
    known = Index(min(append.commit_index, end))  # commit.verified
    if state.log.holds(append.prev_index, append.entries):  # log.no-truncation
        reply = _append_reply(following, append.sender, True, end)
        committed, applied = _commit_up_to(following, known)
        return committed, (timer, reply, *applied)
    log = state.log.spliced(append.prev_index, append.entries)  # log.conflict
    durable = Durable(state.term, state.durable.voted_for, log)
    grown = replace(following, durable=durable)
    reply = _append_reply(grown, append.sender, True, end)
    committed, applied = _commit_up_to(grown, known)
    return committed, (
        # log.durable
        Persist(durable.term, durable.voted_for, append.prev_index, append.entries),
        timer,
        reply,
        *applied,
    )


def _append_reply(state: State, leader: AgentId, accepted: bool, index: Index) -> Send:
    reply = AppendReply(
        state.config.mesh,
        state.me,
        state.term,
        accepted,
        index,
        state.log.term_at(index),
    )
    return Send(leader, reply)


def on_append_reply(state: State, reply: AppendReply) -> Result:
    """Learn what an agent holds; commit what a quorum holds; send what it lacks."""
    if reply.term < state.term:
        return state, ()  # commit.stale-acknowledgement
    if state.role != Role.LEADER:
        return state, ()
    lead, sender = state.leadership, reply.sender
    held = lead.match.get(sender)
    if reply.index < held:
        return state, ()  # commit.match-never-falls
    if not reply.accepted:
        return resume(state, sender, reply.index, reply.index_term)
    if reply.index > state.log.last_index:
        # message.position
        return state, (Rejected(Reason.BAD_POSITION, sender),)
    if reply.index == held:
        return state, ()  # commit.match-never-falls
    next_index = max(lead.next.get(sender), reply.index + 1)  # log.next-above-match
    matched = replace(
        state,
        leadership=replace(
            lead,
            match=lead.match.set(sender, reply.index),
            next=lead.next.set(sender, next_index),
        ),
    )
    committed, applied = _advance(matched)
    if next_index > state.log.last_index:
        return committed, applied
    served, sent = _send_from(committed, sender, Index(next_index - 1))
    return served, applied + sent


def resume(state: State, target: AgentId, index: Index, term: Term) -> Result:
    """Send again from the last position where an agent's log may match.

    The index and term are a position of the agent's own log. What it is known to hold
    is never sent again.
    """
    held = state.leadership.match.get(target)
    probe = state.log.probe(index, term)
    return _send_from(state, target, Index(max(held, probe)))  # log.next-above-match


def _send_from(state: State, target: AgentId, prev: Index) -> Result:
    """Send the next batch of entries that follow a position."""
    segment = state.log.segment(prev, state.config.batch)  # log.batch
    append = Append(
        state.config.mesh,
        state.me,
        state.term,
        prev,
        state.log.term_at(prev),
        segment,
        state.commit_index,
    )
    lead = state.leadership
    next_index = prev + segment.size + 1
    sent = replace(
        state,
        leadership=replace(lead, next=lead.next.set(target, next_index)),
    )
    return sent, (Send(target, append),)


def _advance(state: State) -> Result:
    """Commit up to the highest index that a quorum holds, if it is of this term."""
    match = state.leadership.match
    index = Index(match.suggestion(state.roll.electors))
    if not state.log.accepts(index, state.term):
        return state, ()  # commit.own-term
    if not state.roll.is_quorum(match.at_least(index)):
        return state, ()  # commit.quorum
    return _commit_up_to(state, index)


def _commit_up_to(state: State, index: Index) -> Result:
    """Give out newly committed entries to be applied, then the reads they serve."""
    if index <= state.commit_index:
        return state, ()  # commit.never-back
    first = Index(state.commit_index + 1)
    entries = state.log.segment(state.commit_index, index - state.commit_index)
    committed = replace(state, commit_index=index, parked=state.parked.later(index))
    # commit.in-order, read.when-applied
    return committed, (Apply(first, entries), *state.parked.due(index))


def commit_verified(state: State, index: Index, term: Term) -> Result:
    """Commit what the leader has committed, if this log holds its last entry."""
    if not state.log.accepts(index, term):
        return state, ()  # commit.verified
    return _commit_up_to(state, index)
