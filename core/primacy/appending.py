"""How the log of a leader grows, and what of it is committed.

An entry is made durable and sent at once to every agent that is in step (its next index
is the end of the log). It is committed when a quorum of the roll in force holds it and
it is of the leader's own term; a change of the roll is committed before anything is
counted below it.

Source: Ongaro 2014, sections 3.5, 3.6 and 4.1; clauses `log.*`, `commit.*`.
"""

from __future__ import annotations

from primacy.log import Entry, Segment
from primacy.messages import Append
from primacy.outputs import Apply, Broadcast, Persist, Reason
from primacy.records import replace
from primacy.role import Role
from primacy.state import Durable, Result, State
from primacy.types import NOBODY, Index, Term


def why_no_write(state: State) -> Reason:
    """Say why this agent takes no entry now, `Reason.NONE` if it does."""
    if state.leader == NOBODY:
        return Reason.NO_LEADER  # write.leader-only
    if state.role != Role.LEADER:
        return Reason.NOT_LEADER  # write.leader-only
    if state.leadership.transferee != NOBODY:
        return Reason.TRANSFERRING  # transfer.no-write
    return Reason.NONE


def has_committed_in_term(state: State) -> bool:
    """Tell whether an entry of the current term is committed."""
    return state.log.accepts(state.commit_index, state.term)  # read.own-term


def append_entry(state: State, entry: Entry) -> Result:
    """Append an entry as the leader, durably, and send it to agents in step."""
    lead, log = state.leadership, state.log
    before, after = log.last_index, Index(log.last_index + 1)
    segment = Segment.of(entry)
    # leader.append-only
    durable = Durable(state.term, state.durable.voted_for, log.append(entry))
    # log.in-step
    in_step = state.roll.members.without(state.me).intersection(
        lead.next.at_least(after)
    )
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


def advance_commit(state: State) -> Result:
    """Commit up to the highest index that a quorum holds, if it is of this term."""
    match = state.leadership.match
    index = Index(state.roll.suggestion(match))
    if index <= state.commit_index:
        return state, ()  # commit.never-back
    if index < state.roll.index:
        return state, ()  # commit.own-roll
    if not state.log.accepts(index, state.term):
        return state, ()  # commit.own-term
    if not state.roll.is_quorum(match.at_least(index)):
        return state, ()  # commit.quorum
    return commit_up_to(state, index)


def commit_up_to(state: State, index: Index) -> Result:
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
    if index <= state.commit_index:
        return state, ()  # commit.never-back
    if not state.log.accepts(index, term):
        return state, ()  # commit.verified
    return commit_up_to(state, index)
