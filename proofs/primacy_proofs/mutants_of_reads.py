"""Mutants of reads and leases: what is served, and who promised what for how long."""

from __future__ import annotations

from typing import Final

from primacy_proofs.mutants import Mutant

# fmt: off
READ_MUTANTS: Final = (
    Mutant(
        "read-before-own-term-commit", "pitfall 28, etcd #7331", "reads",
        "    if not has_committed_in_term(state):\n"
        "        return _stale(state, read.request, Reason.TERM_NOT_COMMITTED)"
        "  # read.own-term\n"
        "    return _ask(",
        "    return _ask(",
        ("Read",), ("read",),
    ),
    Mutant(
        "read-confirmed-by-an-earlier-round", "pitfall 29, d-engine #381", "reads",
        "upcoming = Round(lead.round + 1)  # read.round-after-request",
        "upcoming = lead.round",
        ("Read",), ("read",),
    ),
    Mutant(
        "read-index-not-noted", "pitfall 29, d-engine #381", "reads",
        "AskedRead(requester, request, state.commit_index, upcoming)",
        "AskedRead(requester, request, NO_INDEX, upcoming)",
        ("Read",), ("read",),
    ),
    Mutant(
        "parked-read-served-early", "Ongaro 6.4", "reads",
        "    if reply.index <= state.commit_index:\n",
        "    if reply.granted:\n",
        ("ReadIndexReply",), ("read",),
    ),
    Mutant(
        "round-confirmed-without-a-quorum", "Ongaro 6.4", "heartbeats",
        "    if not state.roll.is_quorum(lead.seen.at_least(number)):\n"
        "        return state, ()  # read.quorum-confirms\n",
        "",
        ("HeartbeatReply",), ("read",),
    ),
    Mutant(
        "round-of-an-older-term-counted", "pitfall 24, PySyncObj", "heartbeats",
        "    if reply.term < state.term:\n"
        "        return state, ()  # heartbeat.stale-acknowledgement\n",
        "",
        ("HeartbeatReply",), ("read",),
    ),
    Mutant(
        "stale-round-named-in-the-answer", "pitfall 24, PySyncObj", "heartbeats",
        "return state, (_answer(state, heartbeat, NO_ROUND),)",
        "return state, (_answer(state, heartbeat, heartbeat.round),)",
        ("Heartbeat",), ("read",),
    ),
    Mutant(
        "lease-kept-by-a-transfer", "pitfall 31, etcd #12704", "reads",
        "is_kept = not lead.lease_void and now < lead.lease_until",
        "is_kept = now < lead.lease_until",
        ("LeaseRead",), ("lease",),
    ),
    Mutant(
        "lease-from-a-later-round", "pitfall 30, openraft", "heartbeats",
        "until = Instant(lead.lease_start + state.config.lease_ms)"
        "  # lease.from-start",
        "until = Instant(state.last_heartbeat + state.config.lease_ms)",
        ("HeartbeatReply",), ("lease",),
    ),
    Mutant(
        "lease-outlives-its-end", "pitfall 32, tikv #964", "reads",
        "now < lead.lease_until", "now < lead.lease_until + lead.lease_until",
        ("LeaseRead",), ("lease",),
    ),
    Mutant(
        "no-stickiness", "pitfall 14, redpanda #2048", "stepping",
        "            return is_withheld(state, packet)\n",
        "            return False\n",
        ("VoteRequest",), ("lease",),
    ),
    Mutant(
        "vote-right-after-restart", "pitfall 34", "recovery",
        "wait = Wait.PROMISE  # vote.after-restart",
        "wait = Wait.STAND",
        ("Restart",), ("lease",),
    ),
    Mutant(
        "promise-dropped-by-a-vote", "pitfall 34", "election",
        "    if state.wait == Wait.PROMISE:\n"
        "        return voter, outputs  # vote.keeps-promise\n",
        "",
        ("VoteRequest",), ("lease",),
    ),
)
# fmt: on
"""What can be done to reads and leases."""
