"""Snapshots: how a log loses its beginning, and how an agent begins behind it.

A runtime says up to where a durable snapshot stands for what is applied; those entries
go. An agent that needs what is gone is handed the leader's snapshot. Whatever an agent
has behind it stays if it is the leader's, and goes if it may not be.

Core decides when a snapshot is sent, and to which agent; its contents, and how they
travel, are the runtimes' affair.

Source: Ongaro 2014, chapter 5; clauses `snapshot.*`.
"""

from __future__ import annotations

from primacy.log import Log
from primacy.messages import Install, Snapshotted
from primacy.outputs import Discard, Restore
from primacy.records import replace
from primacy.replication import append_reply
from primacy.role_changes import follow
from primacy.state import Durable, Result, State
from primacy.timers import promise_timer


def on_snapshotted(state: State, snapshotted: Snapshotted) -> Result:
    """Drop the entries for which a snapshot stands, if they are committed."""
    index, log = snapshotted.index, state.log
    if index > state.commit_index:
        return state, ()  # snapshot.committed-only
    if index <= log.start:
        return state, ()  # snapshot.never-back
    roll = log.roll_at(index, state.config.first_roll)  # snapshot.keeps-roll
    durable = Durable(state.term, state.durable.voted_for, log.compacted(index, roll))
    discard = Discard(index, log.term_at(index), roll)
    return replace(state, durable=durable), (discard,)


def on_install(state: State, install: Install) -> Result:
    """Take the leader's snapshot for all that is applied, if it brings anything."""
    if install.term < state.term:
        # log.stale-answered
        last = state.log.last_index
        return state, (append_reply(state, install.sender, False, last),)
    following = follow(state, install.sender, state.last_heartbeat, state.alive)
    timer = promise_timer(state.config)
    index, index_term = install.index, install.index_term
    if index <= state.commit_index:
        reply = append_reply(state, install.sender, True, state.commit_index)
        return following, (timer, reply)  # snapshot.known
    keeps_rest = state.log.accepts(index, index_term)
    if keeps_rest:
        log = state.log.compacted(index, install.roll)  # snapshot.rest-kept
    else:
        log = Log.starting(index, index_term, install.roll)  # snapshot.replaces-all
    durable = Durable(state.term, state.durable.voted_for, log)
    restored = replace(
        following,
        durable=durable,
        roll=log.roll(state.config.first_roll),  # roll.of-log
        commit_index=index,
        parked=state.parked.later(index),
    )
    restore = Restore(
        durable.term, durable.voted_for, index, index_term, install.roll, keeps_rest
    )
    return restored, (
        restore,  # snapshot.durable
        timer,
        append_reply(restored, install.sender, True, index),
        *state.parked.due(index),  # read.when-applied
    )
