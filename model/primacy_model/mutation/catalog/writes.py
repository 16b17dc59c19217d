"""Bends of writes, of what lagging logs are told, and of the handing over."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

WRITE_BENDS: Final = (
    Bend(
        id="write-without-a-leader",
        source="protocol, S9",
        guard="write.leader-only: who knows no leader says that another leads",
        module="replication",
        before="""\
    if state.leader == NOBODY:
        return Reason.NO_LEADER  # write.leader-only
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="write-taken-by-anyone",
        source="36, Curator 498",
        guard="write.leader-only: who leads no more appends a write",
        module="replication",
        before="""\
    if state.role != Role.LEADER:
        return Reason.NOT_LEADER  # write.leader-only
""",
        after="",
    ),
    Bend(
        id="write-during-a-transfer",
        source="Ongaro 3.10",
        guard="transfer.no-write: a write is taken while leadership is handed over",
        module="replication",
        before="""\
    if state.leadership.transferee != NOBODY:
        return Reason.TRANSFERRING  # transfer.no-write
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="refused-without-a-leader",
        source="Ongaro 6.2",
        guard="write.redirect: a refused client is not told who leads",
        module="replication",
        before="""\
            Refused(write.request, reason, state.leader, state.term),  # write.redirect
""",
        after="""\
            Refused(write.request, reason, NOBODY, state.term),
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="entry-without-a-name",
        source="protocol, S8",
        guard="write.named: an entry does not name the write that asked for it",
        module="replication",
        before="""\
    # write.named
    entry = Entry(state.term, EntryKind.COMMAND, write.command, write.request)
""",
        after="""\
    entry = Entry(state.term, EntryKind.COMMAND, write.command)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="forward-taken-by-anyone",
        source="protocol, S9",
        guard="fencing.forwarded: who leads no more takes a write that is passed on",
        module="replication",
        before="""\
    if forward.term != state.term or _why_no_write(state) != Reason.NONE:
""",
        after="""\
    if forward.term != state.term:
""",
    ),
    Bend(
        id="refused-forward-accepted",
        source="protocol, S9",
        guard="write.forward-answered: a client is told that a refused write was taken",
        module="replication",
        before="""\
    if reply.accepted:  # write.forward-answered
        return state, (WriteAccepted(reply.request, reply.index, reply.term),)
    return state, (
        Refused(reply.request, Reason.STALE_TOKEN, state.leader, state.term),
    )
""",
        after="""\
    return state, (WriteAccepted(reply.request, reply.index, reply.term),)
""",
    ),
    Bend(
        id="new-entry-sent-to-everyone",
        source="Ongaro 3.5",
        guard="log.in-step: a new entry is sent to who lacks those before it",
        module="replication",
        before="""\
    in_step = state.config.peers.common(lead.next.at_least(after))
""",
        after="""\
    in_step = state.config.peers
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="new-entry-kept-back",
        source="Ongaro 3.5",
        guard="log.in-step: a new entry is sent to nobody",
        module="replication",
        before="""\
    in_step = state.config.peers.common(lead.next.at_least(after))
""",
        after="""\
    in_step = NO_AGENTS
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="old-append-dropped",
        source="12, etcd #8501",
        guard="log.stale-answered: an old leader's append is not answered",
        module="replication",
        before="""\
        return state, (_append_reply(state, append.sender, False, last),)
""",
        after="""\
        return state, ()
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="old-append-taken",
        source="Ongaro 3.5",
        guard="log.stale-answered: an append of an older term is taken",
        module="replication",
        before="""\
    if append.term < state.term:
        # log.stale-answered
        last = state.log.last_index
        return state, (_append_reply(state, append.sender, False, last),)
""",
        after="",
    ),
    Bend(
        id="old-heartbeat-followed",
        source="Ongaro 3.3",
        guard="heartbeat.stale-answered: the leader of an older term is followed",
        module="heartbeats",
        before="""\
    if heartbeat.term < state.term:
        return state, (_answer(state, heartbeat, NO_ROUND),)  # heartbeat.stale-answered
""",
        after="",
    ),
    Bend(
        id="no-hint",
        source="Ongaro 3.5",
        guard="log.hint: a refusal leads back to the beginning",
        module="replication",
        before="""\
        hint = state.log.probe(append.prev_index, append.prev_term)
""",
        after="""\
        hint = Index(0)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="hint-of-any-term",
        source="Ongaro 3.5",
        guard="log.hint: a refusal names a position of any term",
        module="log",
        before="""\
        while found > 0 and self.term_at(found) > term:
            found = Index(found - 1)
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="append-without-a-bound",
        source="protocol, bounds",
        guard="log.batch: an append carries all that is missing",
        module="replication",
        before="""\
    segment = state.log.segment(prev, state.config.batch)  # log.batch
""",
        after="""\
    segment = state.log.segment(prev, state.log.last_index)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="same-acknowledgement-again",
        source="22, RaftOS #25",
        guard="commit.match-never-falls: what says nothing new is answered",
        module="replication",
        before="""\
    if reply.index == held:
        return state, ()  # commit.match-never-falls
""",
        after="",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to writes and transfers."""
