"""Mutants of votes, terms, quorums, roles, fencing and the disk behind them."""

from __future__ import annotations

from typing import Final

from primacy_proofs.mutants import Mutant

# fmt: off
ELECTION_MUTANTS: Final = (
    Mutant(
        "vote-not-persisted", "pitfall 1, PySyncObj #84", "election",
        "outputs = (persist_term(durable), *answer)  # vote.durable",
        "outputs = answer",
        ("VoteRequest",), ("election",),
    ),
    Mutant(
        "vote-persisted-after-reply", "pitfall 1, PySyncObj #84", "election",
        "outputs = (persist_term(durable), *answer)  # vote.durable",
        "outputs = (*answer, persist_term(durable))",
        ("VoteRequest",), ("durable",),
    ),
    Mutant(
        "vote-cleared-by-restart", "pitfall 1, PySyncObj #84", "recovery",
        "    return recovered, timers\n",
        "    from primacy.change import replace\n"
        "    from primacy.state import persist_term\n\n"
        "    cleared = Durable(durable.term, NOBODY, durable.log)\n"
        "    outputs = (persist_term(cleared), *timers)\n"
        "    return replace(recovered, durable=cleared), outputs\n",
        ("Restart",), ("election",),
    ),
    Mutant(
        "term-not-persisted", "pitfall 2, PySyncObj #202", "following",
        "return follower, (persist_term(durable),)  # term.higher, term.durable",
        "return follower, ()",
        ("VoteReply",), ("durable",),
    ),
    Mutant(
        "term-lowered-by-restart", "pitfall 2, PySyncObj #202", "recovery",
        "    return recovered, timers\n",
        "    from primacy.change import replace\n"
        "    from primacy.state import persist_term\n\n"
        "    lowered = Durable(durable.log.last_term, NOBODY, durable.log)\n"
        "    timers = (persist_term(lowered), *timers)\n"
        "    return replace(recovered, durable=lowered), timers\n",
        ("Restart",), ("election",),
    ),
    Mutant(
        "terms-fall", "Ongaro 3.3", "stepping",
        "if packet.term <= state.term:",
        "if packet.term == state.term:",
        ("VoteReply",), ("election",),
    ),
    Mutant(
        "second-vote-in-a-term", "Ongaro 3.4", "election",
        "    if state.durable.voted_for != NOBODY:\n"
        "        return _answer_vote(state, request, granted=False)"
        "  # vote.one-per-term\n",
        "",
        ("VoteRequest",), ("election",),
    ),
    Mutant(
        "stands-in-its-own-term", "Ongaro 3.4", "election",
        "Durable(Term(state.term + 1), state.me, state.log)",
        "Durable(Term(max(state.term, 1)), state.me, state.log)",
        ("PreVoteReply",), ("election",),
    ),
    Mutant(
        "stale-grant-counted", "pitfall 3, Xraft #33", "election",
        "    if reply.term < state.term:\n"
        "        return state, ()  # vote.stale-grant\n",
        "",
        ("VoteReply",), ("election",),
    ),
    Mutant(
        "grants-counted-as-a-number", "pitfall 4, PySyncObj", "election",
        "    if not state.roll.is_quorum(granted):\n"
        "        return supported, ()\n"
        "    return open_term(supported)  # quorum.wins",
        "    if 2 * (state.granted.size + 1) <= state.roll.electors.size:\n"
        "        return supported, ()\n"
        "    return open_term(supported)",
        ("VoteReply",), ("election",),
    ),
    Mutant(
        "refusal-counted", "Ongaro 3.4", "election",
        "    if not reply.granted:\n        return state, ()\n",
        "",
        ("VoteReply",), ("election",),
    ),
    Mutant(
        "pre-votes-counted-as-votes", "Ongaro 9.6", "election",
        "        role=Role.CANDIDATE,\n"
        "        wait=Wait.STAND,\n"
        "        leader=NOBODY,\n"
        "        granted=NO_AGENTS.with_(state.me),  # stand.grants-anew\n",
        "        role=Role.CANDIDATE,\n"
        "        wait=Wait.STAND,\n"
        "        leader=NOBODY,\n",
        ("PreVoteReply",), ("election",),
    ),
    Mutant(
        "pre-vote-overwrites-vote", "pitfall 5, canonical/raft #196", "election",
        "    return state, (Send(request.sender, reply),)"
        "  # vote.pre-vote-changes-nothing\n",
        "    durable = Durable(state.term, request.sender, state.log)\n"
        "    voter = replace(state, durable=durable) if granted else state\n"
        "    outputs = (persist_term(voter.durable), Send(request.sender, reply))\n"
        "    return voter, outputs\n",
        ("PreVoteRequest",), ("election",),
    ),
    Mutant(
        "half-is-a-quorum", "pitfall 8, hashicorp 163a55f", "roll",
        "size > self.electors.size\n", "size >= self.electors.size\n",
        ("VoteReply",), ("election",),
    ),
    Mutant(
        "leads-after-restart", "pitfall 9, openraft ff9a9335", "recovery",
        "    return recovered, timers\n",
        "    if durable.voted_for == config.me:\n"
        "        from primacy.replication import open_term\n\n"
        "        return open_term(recovered)\n"
        "    return recovered, timers\n",
        ("Restart",), ("election",),
    ),
    Mutant(
        "lowest-id-leads", "pitfall 42, akka #23627", "election",
        "        return defer(state)  # claim.others-defer\n",
        "        return defer(state)\n"
        "    if state.wait == Wait.WINDOW:\n"
        "        return open_term(campaign(state, transfer=False)[0])\n",
        ("Elapsed",), ("election",),
    ),
    Mutant(
        "leader-for-ever", "pitfall 36, Curator 498", "following",
        "        role=Role.FOLLOWER,\n"
        "        wait=Wait.STAND,\n"
        "        leader=NOBODY,\n"
        "        granted=NO_AGENTS,\n"
        "        leadership=NO_LEADERSHIP,  # leader.relinquishes\n",
        "        granted=NO_AGENTS,\n",
        ("VoteReply",), ("election",),
    ),
    Mutant(
        "worker-stands", "pitfall 37, hashicorp #398", "election",
        "    if not state.roll.has(state.me):\n"
        "        return replace(state, leader=NOBODY), ()  # stand.electors-only\n",
        "",
        ("Elapsed",), ("election",),
    ),
    Mutant(
        "everyone-is-an-elector", "pitfall 37, hashicorp #398", "roll",
        "return self.electors.has(agent)", "return True",
        ("VoteRequest",), ("election",),
    ),
    Mutant(
        "worker-votes", "pitfall 37, openraft d882e743", "election",
        "    if not request.roll.has(state.me):\n"
        "        return False  # vote.roll\n",
        "",
        ("VoteRequest",), ("election",),
    ),
    Mutant(
        "another-mesh-votes", "pitfall 41, hashicorp #114", "validity",
        "    if packet.mesh != state.config.mesh:\n"
        "        return Reason.WRONG_MESH  # message.mesh\n",
        "",
        ("VoteReply",), ("election",),
    ),
    Mutant(
        "lower-token-admitted", "pitfall 35, etcd #11788", "fencing",
        "if token < 1 or token < fence.highest:", "if token < 1:",
        ("Resource",), ("fencing",),
    ),
    Mutant(
        "everyone-has-a-token", "pitfall 36, Curator 504", "fencing",
        "return state.term if state.role == Role.LEADER else NO_TERM",
        "return state.term",
        ("Resource",), ("fencing",),
    ),
    Mutant(
        "own-leader-refused", "pitfall 13, hashicorp #606", "election",
        "return not _is_released(state, request)  # vote.sticky, vote.after-restart",
        "return True",
        ("PreVoteRequest", "VoteRequest"), (),
        "fewer votes are given: two of three may stay without a leader",
    ),
    Mutant(
        "stale-request-not-answered", "pitfall 12, etcd #8501", "election",
        "    if request.term < state.term:\n"
        "        return _answer_vote(state, request, granted=False)"
        "  # vote.stale-term\n",
        "    if request.term < state.term:\n        return state, ()\n",
        ("VoteRequest",), (),
        "less is sent: a candidate with an old term learns later of a newer one",
    ),
    Mutant(
        "refused-request-rearms", "pitfall 15, etcd #12959", "election",
        "        return _answer_vote(state, request, granted=False)"
        "  # vote.one-per-term\n",
        "        _, answer = _answer_vote(state, request, granted=False)\n"
        "        return state, (*answer, election_timer(state.config))\n",
        ("VoteRequest",), (),
        "only a timer is put off: an election may be delayed for long",
    ),
    Mutant(
        "pre-vote-brings-its-term", "pitfall 5, canonical/raft #196", "stepping",
        "        case PreVoteRequest():\n"
        "            return False  # vote.pre-vote-changes-nothing\n",
        "        case PreVoteRequest():\n            return True\n",
        ("PreVoteRequest",), (),
        "a term is adopted durably, as any other: a live leader is disturbed",
    ),
    Mutant(
        "nobody-stands-again", "pitfall 10, copycat #123", "election",
        "    return stand(state)\n\n\ndef _end_promise",
        "    if state.role != Role.FOLLOWER:\n"
        "        return state, ()\n"
        "    return stand(state)\n\n\ndef _end_promise",
        ("Elapsed",), (),
        "a split vote is never tried again: no leader, and none too many",
    ),
)
# fmt: on
"""What can be done to elections."""
