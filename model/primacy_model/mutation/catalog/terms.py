"""Bends of terms, of what is written down, and of what a restart brings back."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend

TERM_BENDS: Final = (
    Bend(
        id="vote-not-persisted",
        source="1, PySyncObj #84",
        guard="vote.durable: a vote is granted and not written down",
        module="election",
        before="""\
    outputs = (persist_term(durable), *answer)  # vote.durable
""",
        after="""\
    outputs = answer
""",
    ),
    Bend(
        id="vote-persisted-after-reply",
        source="1, PySyncObj #84",
        guard="output.durable-first: a vote is sent before it is on disk",
        module="election",
        before="""\
    outputs = (persist_term(durable), *answer)  # vote.durable
""",
        after="""\
    outputs = (*answer, persist_term(durable))
""",
    ),
    Bend(
        id="vote-cleared-by-restart",
        source="1, PySyncObj #84",
        guard="restart.from-disk: a restart clears the vote",
        module="recovery",
        before="""\
    return recovered, timers
""",
        after="""\
    from primacy.change import replace
    from primacy.state import persist_term

    cleared = Durable(durable.term, NOBODY, durable.log)
    outputs = (persist_term(cleared), *timers)
    return replace(recovered, durable=cleared), outputs
""",
    ),
    Bend(
        id="term-not-persisted",
        source="2, PySyncObj #202",
        guard="term.durable: a higher term is adopted and not written down",
        module="following",
        before="""\
    return follower, (persist_term(durable),)  # term.higher, term.durable
""",
        after="""\
    return follower, ()
""",
    ),
    Bend(
        id="term-lowered-by-restart",
        source="2, PySyncObj #202",
        guard="restart.from-disk: a restart goes back to the term of the last entry",
        module="recovery",
        before="""\
    return recovered, timers
""",
        after="""\
    from primacy.change import replace
    from primacy.state import persist_term

    lowered = Durable(durable.log.last_term, NOBODY, durable.log)
    timers = (persist_term(lowered), *timers)
    return replace(recovered, durable=lowered), timers
""",
    ),
    Bend(
        id="restart-without-its-disk",
        source="2, PySyncObj #202",
        guard="restart.from-disk: a restart begins with an empty disk",
        module="recovery",
        before="""\
        durable=durable,  # restart.from-disk
""",
        after="""\
        durable=NOTHING_DURABLE,
""",
    ),
    Bend(
        id="terms-fall",
        source="protocol, S3",
        guard="term.never-falls: a lower term is adopted",
        module="stepping",
        before="""\
    if packet.term <= state.term:
        return False  # term.never-falls
""",
        after="""\
    if packet.term == state.term:
        return False
""",
    ),
    Bend(
        id="leader-for-ever",
        source="36, Curator 498",
        guard="term.higher: a leader that hears a higher term leads on in it",
        module="following",
        before="""\
        role=Role.FOLLOWER,
        wait=Wait.STAND,
        leader=NOBODY,
        granted=NO_AGENTS,
        leadership=NO_LEADERSHIP,  # leader.relinquishes
""",
        after="""\
        granted=NO_AGENTS,
""",
    ),
    Bend(
        id="leads-after-restart",
        source="9, openraft ff9a9335",
        guard="restart.follower: who voted for itself leads again",
        module="recovery",
        before="""\
    return recovered, timers
""",
        after="""\
    if durable.voted_for == config.me:
        from primacy.replication import open_term

        return open_term(recovered)
    return recovered, timers
""",
    ),
    Bend(
        id="leadership-outlives-a-crash",
        source="9, openraft ff9a9335",
        guard="restart.follower: a restart begins as the leader",
        module="recovery",
        before="""\
        role=Role.FOLLOWER,  # restart.follower
""",
        after="""\
        role=Role.LEADER,
""",
    ),
    Bend(
        id="log-taken-for-committed-by-restart",
        source="Ongaro 3.8",
        guard="restart.forgets: a restart takes the whole log for committed",
        module="recovery",
        before="""\
        commit_index=NO_INDEX,  # restart.forgets
""",
        after="""\
        commit_index=durable.log.last_index,
""",
    ),
    Bend(
        id="vote-right-after-restart",
        source="34",
        guard="vote.after-restart: a vote is given right after a restart",
        module="recovery",
        before="""\
        wait = Wait.PROMISE  # vote.after-restart
""",
        after="""\
        wait = Wait.STAND
""",
    ),
    Bend(
        id="no-promise-of-the-first-term",
        source="34",
        guard="vote.after-restart: a restart in the first term promises nothing",
        module="recovery",
        before="""\
    if durable.term > 0:
""",
        after="""\
    if durable.term > 1:
""",
    ),
)
"""What can be done to terms, disks and restarts."""
