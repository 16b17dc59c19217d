"""Mutants of the log: replication, truncation, acknowledgement and commit."""

from __future__ import annotations

from typing import Final

from primacy_proofs.mutants import Mutant

# fmt: off
LOG_MUTANTS: Final = (
    Mutant(
        "log-not-compared", "Ongaro 3.6.1", "election",
        "    if not _is_electable(state, request):\n"
        "        return _answer_vote(state, request, granted=False)\n",
        "",
        ("VoteRequest",), ("commit",),
    ),
    Mutant(
        "log-compared-by-length-only", "pitfall 7, openraft a48a3282", "election",
        "    if request.last_term != state.log.last_term:\n"
        "        return request.last_term > state.log.last_term  # vote.log\n",
        "",
        ("VoteRequest",), ("commit",),
    ),
    Mutant(
        "log-compared-by-index-first", "pitfall 7, openraft a48a3282", "election",
        "    if request.last_term != state.log.last_term:\n"
        "        return request.last_term > state.log.last_term  # vote.log\n"
        "    return request.last_index >= state.log.last_index  # vote.log\n",
        "    if request.last_index != state.log.last_index:\n"
        "        return request.last_index > state.log.last_index\n"
        "    return request.last_term >= state.log.last_term\n",
        ("VoteRequest",), ("commit",),
    ),
    Mutant(
        "log-taken-for-committed-by-restart", "Ongaro 3.8", "recovery",
        "commit_index=NO_INDEX,  # restart.forgets",
        "commit_index=durable.log.last_index,",
        ("Restart",), ("commit",),
    ),
    Mutant(
        "older-term-committed-by-counting", "pitfall 18, Ongaro figure 3.7",
        "replication",
        "    if not state.log.accepts(index, state.term):\n"
        "        return state, ()  # commit.own-term\n",
        "    if index > state.log.last_index:\n        return state, ()\n",
        ("AppendReply",), ("commit",),
    ),
    Mutant(
        "commit-not-counted", "Ongaro 3.5", "replication",
        "    if not state.roll.is_quorum(match.at_least(index)):\n"
        "        return state, ()  # commit.quorum\n",
        "",
        ("Write",), ("commit",),
    ),
    Mutant(
        "own-write-committed-alone", "Ongaro 3.5", "replication",
        "    committed, applied = _advance(grown)\n"
        "    return committed, (*outputs, accepted, *applied)\n",
        "    committed, applied = _commit_up_to(grown, index)\n"
        "    return committed, (*outputs, accepted, *applied)\n",
        ("Write",), ("commit",),
    ),
    Mutant(
        "worker-acknowledgement-counts", "pitfall 37, openraft d882e743", "roll",
        "2 * self.electors.common(agents).size", "2 * agents.size",
        ("Write",), ("commit",),
    ),
    Mutant(
        "commit-index-goes-back", "pitfall 19, PySyncObj #166", "replication",
        "    if index <= state.commit_index:\n"
        "        return state, ()  # commit.never-back\n",
        "",
        ("Write",), ("total",),
    ),
    Mutant(
        "commit-beyond-the-verified", "pitfall 20", "replication",
        "known = Index(min(append.commit_index, end))  # commit.verified",
        "known = append.commit_index",
        ("Append",), ("commit",),
    ),
    Mutant(
        "commit-of-a-heartbeat-not-verified", "pitfall 20", "replication",
        "    if not state.log.accepts(index, term):\n"
        "        return state, ()  # commit.verified\n",
        "    if index > state.log.last_index:\n        return state, ()\n",
        ("Heartbeat",), ("commit",),
    ),
    Mutant(
        "truncated-by-any-append", "pitfall 21, hashicorp 0f31a01", "replication",
        "    if state.log.holds(append.prev_index, append.entries):"
        "  # log.no-truncation\n",
        "    if state.log.last_index < append.prev_index:\n",
        ("Append",), ("commit",),
    ),
    Mutant(
        "appended-without-a-match", "pitfall 26, WRaft #118", "replication",
        "if not state.log.accepts(append.prev_index, append.prev_term):",
        "if append.prev_index > state.log.last_index:",
        ("Append",), ("log",),
    ),
    Mutant(
        "leader-overwrites-its-tail", "Ongaro 3.5", "replication",
        "log.append(entry))",
        "log.spliced(state.commit_index, segment))",
        ("Write",), ("log",),
    ),
    Mutant(
        "append-claims-another-place", "Ongaro 3.5", "replication",
        "        before,\n        log.last_term,\n        segment,\n",
        "        Index(0),\n        Term(0),\n        segment,\n",
        ("Write",), ("log",),
    ),
    Mutant(
        "match-of-a-stale-acknowledgement", "pitfall 22, RaftOS #25", "replication",
        "    if reply.term < state.term:\n"
        "        return state, ()  # commit.stale-acknowledgement\n",
        "",
        ("AppendReply",), ("commit",),
    ),
    Mutant(
        "refusal-taken-for-an-acknowledgement", "pitfall 23, CCF #5325", "replication",
        "    if not reply.accepted:\n"
        "        return resume(state, sender, reply.index, reply.index_term)\n",
        "",
        ("AppendReply",), ("commit",),
    ),
    Mutant(
        "acknowledges-its-whole-log", "pitfall 20", "replication",
        "        reply = _append_reply(following, append.sender, True, end)\n",
        "        reply = _append_reply(\n"
        "            following, append.sender, True, state.log.last_index\n"
        "        )\n",
        ("Append",), ("commit",),
    ),
    Mutant(
        "entries-acknowledged-before-durable", "Ongaro 3.8", "replication",
        "        # log.durable\n"
        "        Persist(durable.term, durable.voted_for, append.prev_index,"
        " append.entries),\n"
        "        timer,\n"
        "        reply,\n",
        "        timer,\n"
        "        reply,\n"
        "        Persist(durable.term, durable.voted_for, append.prev_index,"
        " append.entries),\n",
        ("Append",), ("durable",),
    ),
    Mutant(
        "own-entry-sent-before-durable", "pitfall 27", "replication",
        "        Persist(durable.term, durable.voted_for, before, segment),"
        "  # write.durable\n"
        "        Broadcast(in_step, append),\n",
        "        Broadcast(in_step, append),\n"
        "        Persist(durable.term, durable.voted_for, before, segment),\n",
        ("Write",), ("durable",),
    ),
    Mutant(
        "heartbeat-tells-another-term", "pitfall 20", "heartbeats",
        "state.log.term_at(state.commit_index),  # commit.travels",
        "state.log.last_term,",
        ("Elapsed",), ("commit",),
    ),
    Mutant(
        "what-is-held-is-sent-again", "pitfall 23, CCF #5325", "replication",
        "Index(max(held, probe))", "Index(min(held, probe))",
        ("AppendReply", "HeartbeatReply"), (),
        "what is sent again is the leader's all the same",
    ),
    Mutant(
        "next-not-above-match", "pitfall 25, PySyncObj #167", "replication",
        "if next_index > state.log.last_index:",
        "if next_index > state.log.last_index + 1:",
        ("AppendReply",), (),
        "an empty append is sent to an agent that lacks nothing",
    ),
)
# fmt: on
"""What can be done to logs."""
