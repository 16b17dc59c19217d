"""More bends of standing and voting: each part of a condition by itself."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

VOTE_BENDS: Final = (
    Bend(
        id="old-request-withheld",
        source="12, etcd #8501",
        guard="vote.stale-term: a promise silences the answer to an older term",
        module="election",
        before="""\
    if request.term < state.term or not is_bound:
        return False  # vote.stale-term
""",
        after="""\
    if not is_bound:
        return False
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="old-pre-vote-granted",
        source="Ongaro 9.6",
        guard="vote.stale-term: a pre-vote of an older term is judged by its log",
        module="election",
        before="""\
    if request.term < state.term:
        return _answer_pre_vote(state, request, granted=False)  # vote.stale-term
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="old-vote-granted",
        source="Ongaro 3.4",
        guard="vote.stale-term: a vote is given to a candidate of an older term",
        module="election",
        before="""\
    if request.term < state.term:
        return _answer_vote(state, request, granted=False)  # vote.stale-term
""",
        after="",
    ),
    Bend(
        id="repeated-vote-refused",
        source="Ongaro 3.4",
        guard="vote.repeated: a grant that was lost is not given again",
        module="election",
        before="""\
    if state.durable.voted_for == request.sender:
        return _answer_vote(state, request, granted=True)  # vote.repeated
""",
        after="",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="repeated-vote-of-any",
        source="protocol, S4",
        guard="vote.repeated: a vote that was given is repeated to anyone",
        module="election",
        before="""\
    if state.durable.voted_for == request.sender:
""",
        after="""\
    if state.durable.voted_for != NOBODY:
""",
    ),
    Bend(
        id="pre-vote-though-voted",
        source="Ongaro 9.6",
        guard="vote.one-per-term: a pre-vote is granted though the vote was given",
        module="election",
        before="""\
    return vote == NOBODY or vote == candidate  # vote.one-per-term
""",
        after="""\
    return True
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="pre-vote-refused-to-its-own",
        source="13, hashicorp #606",
        guard="vote.one-per-term: who has the vote is refused the pre-vote",
        module="election",
        before="""\
    return vote == NOBODY or vote == candidate  # vote.one-per-term
""",
        after="""\
    return vote == NOBODY
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="shorter-log-wins",
        source="7, openraft a48a3282",
        guard="vote.log: with equal last terms a shorter log is no hindrance",
        module="election",
        before="""\
    return request.last_index >= state.log.last_index  # vote.log
""",
        after="""\
    return True
""",
    ),
    Bend(
        id="equal-log-refused",
        source="Ongaro 3.6.1",
        guard="vote.log: a log that is as new is refused",
        module="election",
        before="""\
    return request.last_index >= state.log.last_index  # vote.log
""",
        after="""\
    return request.last_index > state.log.last_index
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="transfer-does-not-release",
        source="Ongaro 4.2.3",
        guard="vote.released: a transfer does not release from the promise",
        module="election",
        before="""\
            return is_handed_over or request.sender == state.leader  # vote.released
""",
        after="""\
            return request.sender == state.leader
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="every-vote-is-a-transfer",
        source="14, redpanda #2048",
        guard="vote.released: any candidate is taken for the target of a transfer",
        module="election",
        before="""\
            is_handed_over = request.transfer
""",
        after="""\
            is_handed_over = True
""",
    ),
    Bend(
        id="every-pre-vote-released",
        source="14, redpanda #2048",
        guard="vote.released: a promise does not stand against a pre-vote",
        module="election",
        before="""\
        case _:
            return request.sender == state.leader  # vote.released
""",
        after="""\
        case _:
            return True
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="released-by-nobody",
        source="34",
        guard="vote.after-restart: a transfer releases who knows of no leader",
        module="election",
        before="""\
    if state.leader == NOBODY:
        return False  # vote.after-restart
""",
        after="",
    ),
    Bend(
        id="granted-pre-vote-brings-its-term",
        source="5, canonical/raft #196",
        guard="vote.pre-vote-changes-nothing: a granted pre-vote raises the term",
        module="stepping",
        before="""\
            return not packet.granted  # vote.pre-vote-changes-nothing
""",
        after="""\
            return True
""",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to one part of a condition of a vote."""
