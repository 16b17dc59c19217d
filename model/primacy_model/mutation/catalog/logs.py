"""Bends of the log: what is sent, taken, written down and acknowledged."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

LOG_BENDS: Final = (
    Bend(
        id="truncated-by-any-append",
        source="21, hashicorp 0f31a01",
        guard="log.no-truncation: what follows a held segment is cut off",
        module="replication",
        before="""\
    if state.log.holds(append.prev_index, append.entries):  # log.no-truncation
""",
        after="""\
    if state.log.last_index < append.prev_index:
""",
    ),
    Bend(
        id="appended-without-a-match",
        source="Ongaro 3.5",
        guard="log.consistency: an append is taken though what is before it differs",
        module="replication",
        before="""\
    if not state.log.accepts(append.prev_index, append.prev_term):
""",
        after="""\
    if append.prev_index > state.log.last_index:
""",
    ),
    Bend(
        id="appended-behind-a-conflict",
        source="26, WRaft #118",
        guard="log.conflict: entries go to the end of the log, and nothing is dropped",
        module="replication",
        before="""\
    log = state.log.spliced(append.prev_index, append.entries)  # log.conflict
""",
        after="""\
    log = state.log.extended(append.entries.entries)
""",
    ),
    Bend(
        id="leader-overwrites-its-tail",
        source="Ongaro 3.5",
        guard="leader.append-only: a leader that appends drops what is not committed",
        module="replication",
        before="""\
    lead, log = state.leadership, state.log
    before, after""",
        after="""\
    lead, held = state.leadership, state.log
    nothing = held.segment(held.last_index, 0)
    log = held.spliced(state.commit_index, nothing)
    before, after""",
    ),
    Bend(
        id="append-claims-another-place",
        source="Ongaro 3.5",
        guard="log.in-step: a new entry is sent as the first of the log",
        module="replication",
        before="""\
        before,
        log.last_term,
        segment,
""",
        after="""\
        Index(0),
        Term(0),
        segment,
""",
    ),
    Bend(
        id="append-carries-another-entry",
        source="Ongaro 3.5",
        guard="log.in-step: another entry is sent than was appended",
        module="replication",
        before="""\
        before,
        log.last_term,
        segment,
""",
        after="""\
        before,
        log.last_term,
        Segment.of(Entry(state.term, EntryKind.NOOP)),
""",
    ),
    Bend(
        id="match-of-a-stale-acknowledgement",
        source="22, RaftOS #25",
        guard="commit.stale-acknowledgement: one of an older term counts",
        module="replication",
        before="""\
    if reply.term < state.term:
        return state, ()  # commit.stale-acknowledgement
""",
        after="",
    ),
    Bend(
        id="stale-refusal-heard",
        source="23, CCF #5325",
        guard="commit.match-never-falls: a refusal of what is held is followed",
        module="replication",
        before="""\
    if reply.index < held:
        return state, ()  # commit.match-never-falls
    if not reply.accepted:
""",
        after="""\
    if not reply.accepted:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="refusal-taken-for-an-acknowledgement",
        source="23, CCF #5325",
        guard="commit.quorum: a refusal counts as an acknowledgement",
        module="replication",
        before="""\
    if not reply.accepted:
        return resume(state, sender, reply.index, reply.index_term)
""",
        after="",
    ),
    Bend(
        id="acknowledges-its-whole-log",
        source="20",
        guard="commit.verified: an append is acknowledged up to the end of the own log",
        module="replication",
        before="""\
        reply = _append_reply(following, append.sender, True, end)
""",
        after="""\
        reply = _append_reply(
            following, append.sender, True, state.log.last_index
        )
""",
    ),
    Bend(
        id="what-is-held-is-sent-again",
        source="23, CCF #5325",
        guard="log.next-above-match: a lagging answer leads back behind what is held",
        module="replication",
        before="Index(max(held, probe))",
        after="Index(min(held, probe))",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="next-not-above-match",
        source="25, PySyncObj #167",
        guard="log.next-above-match: an acknowledgement leaves it where it is",
        module="replication",
        before="""\
    next_index = max(lead.next.get(sender), reply.index + 1)  # log.next-above-match
""",
        after="""\
    next_index = lead.next.get(sender)
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="empty-append-sent",
        source="25, PySyncObj #167",
        guard="log.resent: an empty append is sent to an agent that lacks nothing",
        module="replication",
        before="""\
    if next_index > state.log.last_index:
""",
        after="""\
    if next_index > state.log.last_index + 1:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="entries-acknowledged-before-durable",
        source="Ongaro 3.8",
        guard="log.durable: an append is acknowledged before it is on disk",
        module="replication",
        before="""\
        # log.durable
        Persist(durable.term, durable.voted_for, append.prev_index, append.entries),
        timer,
        reply,
""",
        after="""\
        timer,
        reply,
        Persist(durable.term, durable.voted_for, append.prev_index, append.entries),
""",
    ),
    Bend(
        id="entries-not-persisted",
        source="Ongaro 3.8",
        guard="log.durable: the entries of an append are not written down",
        module="replication",
        before="""\
        # log.durable
        Persist(durable.term, durable.voted_for, append.prev_index, append.entries),
""",
        after="",
    ),
    Bend(
        id="own-entry-sent-before-durable",
        source="27",
        guard="write.durable: a leader counts and sends its entry before it is on disk",
        module="replication",
        before="""\
        Persist(durable.term, durable.voted_for, before, segment),  # write.durable
        Broadcast(in_step, append),
""",
        after="""\
        Broadcast(in_step, append),
        Persist(durable.term, durable.voted_for, before, segment),
""",
    ),
)
"""What can be done to logs."""
