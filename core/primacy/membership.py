"""Changes of the roll: agents join and leave while the mesh runs.

A change is an entry of the log and is in force from the entry on. Each waits until the
one before is committed, and until an entry of the leader's own term is. Two rolls that
follow each other have quorums that meet: they differ by one elector, or one electorate
of the first is one of the second. So a whole electorate is replaced in two entries: the
first has both electorates, the second, which the leader adds by itself, only the new.

Source: Ongaro 2014, chapter 4, and its correction of 2015; clauses `change.*`.
"""

from __future__ import annotations

from primacy.agents import AgentSet
from primacy.appending import (
    advance_commit,
    append_entry,
    has_committed_in_term,
    why_no_write,
)
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind
from primacy.messages import Change, ChangeKind, Replace, TransferNow
from primacy.outputs import Reason, Refused, Send, WriteAccepted
from primacy.records import replace
from primacy.role_changes import refuse_reads, relinquish
from primacy.state import Result, State
from primacy.types import NOBODY, Command, Index, RequestId


def on_change(state: State, change: Change) -> Result:
    """Change the part of one agent, or say why not."""
    reason = _why_no_change(state)
    if reason != Reason.NONE:
        return _refuse(state, change.request, reason)
    if not _is_possible(state.roll, change):
        return _refuse(state, change.request, Reason.NO_SUCH_CHANGE)
    return _propose(state, _changed(state, change), change.request, change.detail)


def on_replace(state: State, change: Replace) -> Result:
    """Begin to replace the electorate by another, or say why not."""
    reason = _why_no_change(state)
    if reason != Reason.NONE:
        return _refuse(state, change.request, reason)
    old, chosen = state.roll, change.electors
    if chosen == old.electors or chosen.size == 0:
        return _refuse(state, change.request, Reason.NO_SUCH_CHANGE)
    if chosen.difference(old.members).size > 0:
        # change.members-only
        return _refuse(state, change.request, Reason.NO_SUCH_CHANGE)
    workers = old.workers.difference(chosen)
    roll = _next_roll(state, chosen, old.electors, workers)  # change.joint
    return _propose(state, roll, change.request, change.detail)


def settle(state: State) -> Result:
    """Leave the old electorate behind, once the joint roll is committed.

    Its agents become workers.
    """
    old = state.roll
    workers = old.workers.union(old.outgoing.difference(old.electors))
    roll = _next_roll(state, old.electors, old.electors, workers)
    return _set(state, roll, RequestId(""), Command(""))  # change.settles


def is_leaving(state: State) -> bool:
    """Tell whether a committed change has taken this agent off the roll."""
    roll = state.roll
    return roll.index <= state.commit_index and not roll.has(state.me)


def leave(state: State) -> Result:
    """Hand leadership to an elector that has caught up, if any, and give it up."""
    alone, timers = relinquish(state)  # change.removed-leader
    outputs = timers + refuse_reads(state)
    caught_up = state.leadership.match.at_least(state.log.last_index)
    heir = state.roll.electors.intersection(caught_up).first
    if heir == NOBODY:
        return alone, outputs
    now = TransferNow(state.config.mesh, state.me, state.term)
    return alone, (Send(heir, now), *outputs)  # change.hands-over


def _why_no_change(state: State) -> Reason:
    """Say why the roll is not changed now, `Reason.NONE` if it may be."""
    reason = why_no_write(state)
    if reason != Reason.NONE:
        return reason  # change.leader-only
    if state.roll.is_joint or state.roll.index > state.commit_index:
        return Reason.CHANGING  # change.one-at-a-time
    if not has_committed_in_term(state):
        return Reason.TERM_NOT_COMMITTED  # change.own-term
    return Reason.NONE


def _is_possible(roll: Roll, change: Change) -> bool:
    """Tell whether the part of the target allows the change."""
    target = change.target
    if change.kind == ChangeKind.ADMIT:
        return target != NOBODY and not roll.members.has(target)  # change.admit
    if change.kind == ChangeKind.DEMOTE:
        is_elector = roll.electors.has(target)  # change.demote
        return is_elector and roll.electors.size > 1  # change.never-empty
    return roll.workers.has(target)  # change.promote, change.demote-first


def _changed(state: State, change: Change) -> Roll:
    """Give the roll after a change, which moves one agent."""
    electors, workers = state.roll.electors, state.roll.workers
    target = change.target
    if change.kind == ChangeKind.ADMIT:
        workers = workers.with_(target)
    elif change.kind == ChangeKind.PROMOTE:
        electors, workers = electors.with_(target), workers.without(target)
    elif change.kind == ChangeKind.DEMOTE:
        electors, workers = electors.without(target), workers.with_(target)
    else:
        workers = workers.without(target)
    return _next_roll(state, electors, electors, workers)  # change.near


def _next_roll(
    state: State, electors: AgentSet, outgoing: AgentSet, workers: AgentSet
) -> Roll:
    """Give the roll that the next entry of the leader sets."""
    index = Index(state.log.last_index + 1)
    return Roll(electors, outgoing, workers, index, state.term)


def _propose(state: State, roll: Roll, request: RequestId, detail: Command) -> Result:
    """Set a roll if a quorum of it is alive and holds what is committed."""
    lead = state.leadership
    caught_up = lead.match.at_least(state.commit_index)
    alive = lead.seen.at_least(lead.checked_round).with_(state.me)
    if not roll.is_quorum(caught_up.intersection(alive)):
        return _refuse(state, request, Reason.NOT_CAUGHT_UP)  # change.supported
    changed, outputs = _set(state, roll, request, detail)
    accepted = WriteAccepted(request, roll.index, state.term)  # change.accepted
    committed, applied = advance_commit(changed)
    return committed, (*outputs, accepted, *applied)


def _set(state: State, roll: Roll, request: RequestId, detail: Command) -> Result:
    """Append the entry that sets a roll, which is in force from now on."""
    lead, members = state.leadership, roll.members
    admitted = members.difference(state.roll.members)
    changed = replace(
        state,
        roll=roll,  # change.in-force-at-once
        alive=state.alive.union(admitted).intersection(members),
        leadership=replace(
            lead,
            match=lead.match.within(members),  # change.forgets
            next=lead.next.within(members).set_all(admitted, roll.index),
            installing=lead.installing.within(members),
            seen=lead.seen.within(members),
            lease_given=False,  # change.voids-lease
        ),
    )
    entry = Entry(
        state.term,
        EntryKind.ROLL,
        detail,
        request,
        roll.electors,
        roll.outgoing,
        roll.workers,
    )
    return append_entry(changed, entry)


def _refuse(state: State, request: RequestId, reason: Reason) -> Result:
    return state, (Refused(request, reason, state.leader, state.term),)
