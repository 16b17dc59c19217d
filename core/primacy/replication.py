"""The log: writes are taken, replicated and acknowledged here.

A leader serves agents whose log is not in step from what they answer: a refusal tells
where to look for a match, an acknowledgement what to send next.

Source: Ongaro 2014, sections 3.5 and 3.6; clauses `log.*`, `write.*`, `commit.*`.
"""

from __future__ import annotations

from primacy.agents import NO_AGENTS, AgentMap
from primacy.appending import (
    advance_commit,
    append_entry,
    commit_up_to,
    why_no_write,
)
from primacy.log import Entry, EntryKind
from primacy.membership import settle
from primacy.messages import (
    Append,
    AppendReply,
    Forward,
    ForwardReply,
    Install,
    Write,
)
from primacy.outputs import (
    Persist,
    Reason,
    Refused,
    Rejected,
    Send,
    WriteAccepted,
)
from primacy.records import replace
from primacy.role import Role, Wait
from primacy.role_changes import follow
from primacy.state import (
    Durable,
    Leadership,
    Result,
    State,
)
from primacy.timers import check_timer, first_heartbeat_timer, promise_timer
from primacy.types import NOBODY, AgentId, Index, RequestId, Term


def open_term(state: State) -> Result:
    """Begin to lead: append the no-op of the new term before anything else."""
    config, members, idle = state.config, state.roll.members, AgentMap()
    end = state.log.last_index + 1
    leader = replace(
        state,
        role=Role.LEADER,
        wait=Wait.STAND,
        leader=state.me,
        granted=NO_AGENTS,
        lowest_claim=NOBODY,
        alive=members,  # presence.begins-alive
        is_cut_off=False,  # watch.partition
        leadership=Leadership(
            match=idle,
            next=idle.set_all(members.without(state.me), end),
            seen=idle,
        ),
    )
    timers = (check_timer(config), first_heartbeat_timer())  # heartbeat.first
    noop = Entry(state.term, EntryKind.NOOP)
    grown, outputs = append_entry(leader, noop)  # leader.noop
    committed, applied = advance_commit(grown)
    return committed, outputs + timers + applied


def on_write(state: State, write: Write) -> Result:
    """Take a client's write as the leader, or say who leads."""
    reason = why_no_write(state)
    if reason != Reason.NONE:
        return state, (
            Refused(write.request, reason, state.leader, state.term),  # write.redirect
        )
    # write.named
    entry = Entry(state.term, EntryKind.COMMAND, write.command, write.request)
    index = Index(state.log.last_index + 1)
    grown, outputs = append_entry(state, entry)
    accepted = WriteAccepted(write.request, index, state.term)  # write.accepted
    committed, applied = advance_commit(grown)
    return committed, (*outputs, accepted, *applied)


def on_forward(state: State, forward: Forward) -> Result:
    """Take a write that another agent passes on, only under this leader's token."""
    if forward.term != state.term or why_no_write(state) != Reason.NONE:
        refusal = _forward_reply(state, forward.request, False, Index(0))
        return state, (Send(forward.sender, refusal),)  # fencing.forwarded
    entry = Entry(state.term, EntryKind.COMMAND, forward.command, forward.request)
    index = Index(state.log.last_index + 1)
    grown, outputs = append_entry(state, entry)
    reply = Send(forward.sender, _forward_reply(state, forward.request, True, index))
    committed, applied = advance_commit(grown)
    return committed, (*outputs, reply, *applied)


def on_forward_reply(state: State, reply: ForwardReply) -> Result:
    """Tell the local client what became of a write that was passed on."""
    if reply.accepted:  # write.forward-answered
        return state, (WriteAccepted(reply.request, reply.index, reply.term),)
    return state, (
        Refused(reply.request, Reason.STALE_TOKEN, state.leader, state.term),
    )


def _forward_reply(
    state: State, request: RequestId, accepted: bool, index: Index
) -> ForwardReply:
    return ForwardReply(
        state.config.mesh, state.me, state.term, request, accepted, index
    )


def on_append(state: State, append: Append) -> Result:
    """Follow the leader's log: verify, then add what is missing."""
    if append.term < state.term:
        # log.stale-answered
        last = state.log.last_index
        return state, (append_reply(state, append.sender, False, last),)
    following = follow(state, append.sender, state.last_heartbeat, state.alive)
    timer = promise_timer(state.config)
    if append.prev_index < state.commit_index:
        reply = append_reply(state, append.sender, True, state.commit_index)
        return following, (timer, reply)  # log.below-commit
    if not state.log.accepts(append.prev_index, append.prev_term):
        hint = state.log.probe(append.prev_index, append.prev_term)
        reply = append_reply(state, append.sender, False, hint)
        return following, (timer, reply)  # log.consistency, log.hint
    end = Index(append.prev_index + append.entries.size)
    known = Index(min(append.commit_index, end))  # commit.verified
    if state.log.holds(append.prev_index, append.entries):  # log.no-truncation
        reply = append_reply(following, append.sender, True, end)
        committed, applied = commit_up_to(following, known)
        return committed, (timer, reply, *applied)
    log = state.log.spliced(append.prev_index, append.entries)  # log.conflict
    durable = Durable(state.term, state.durable.voted_for, log)
    roll = log.roll(state.config.first_roll)  # roll.of-log
    grown = replace(following, durable=durable, roll=roll)
    reply = append_reply(grown, append.sender, True, end)
    committed, applied = commit_up_to(grown, known)
    return committed, (
        # log.durable
        Persist(durable.term, durable.voted_for, append.prev_index, append.entries),
        timer,
        reply,
        *applied,
    )


def append_reply(state: State, leader: AgentId, accepted: bool, index: Index) -> Send:
    """Answer a leader: up to where the log matches, or where to look for a match."""
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
    if reply.accepted and reply.index > state.log.last_index:
        # message.position
        return state, (Rejected(Reason.BAD_POSITION, sender),)
    if not state.roll.members.has(sender):
        return state, ()  # roll.members-only
    held = lead.match.get(sender)
    if reply.index < held:
        return state, ()  # commit.match-never-falls
    if not reply.accepted:
        return resume(state, sender, reply.index, reply.index_term)
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
    committed, outputs = _advance(matched)
    if next_index > state.log.last_index:
        return committed, outputs
    served, sent = _send_from(committed, sender, Index(next_index - 1))
    return served, outputs + sent


def _advance(state: State) -> Result:
    """Commit what a quorum holds; then complete the replacement of an electorate.

    What is counted is of the leader's own term, and not below its roll. Only here: no
    agent alone is a quorum of a joint roll.
    """
    committed, applied = advance_commit(state)
    is_further = committed.commit_index > state.commit_index
    if not is_further or not state.roll.is_joint:
        return committed, applied  # change.one-at-a-time, change.own-term
    settled, outputs = settle(committed)
    completed, more = advance_commit(settled)
    return completed, outputs + applied + more  # output.durable-first


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
    if prev < state.log.start:
        return _send_snapshot(state, target)  # log.install-instead
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


def _send_snapshot(state: State, target: AgentId) -> Result:
    """Hand over the snapshot at the start of the log, unless one is on its way."""
    lead, log = state.leadership, state.log
    held = lead.match.get(target)
    if lead.installing.get(target) > held:
        return state, ()  # snapshot.once-at-a-time
    install = Install(
        state.config.mesh,
        state.me,
        state.term,
        log.start,
        log.start_term,
        log.start_roll,
    )
    sent = replace(
        state,
        leadership=replace(
            lead,
            next=lead.next.set(target, held + 1),  # log.next-above-match
            installing=lead.installing.set(target, log.start),
        ),
    )
    return sent, (Send(target, install),)
