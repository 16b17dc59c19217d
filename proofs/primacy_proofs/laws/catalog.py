"""All laws of the world, in the order in which z3 hears of them.

Contract: what is proved is what stands here. A law that is named in the help of a
proof is one of these, of the groups that the proof may use, and no law is used in its
own proof, however indirectly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from primacy_proofs.laws import (
    election,
    electorates,
    leader_completeness,
    leases,
    log_matching,
    reads,
    workers,
)
from primacy_proofs.laws.law import RESTS_ON, Law, LawKind, Laws, Lemma, by_name
from primacy_proofs.system.world import ME, World


class UnsoundHelpError(ValueError):
    """The help of a proof names what it may not use."""


def collect(*laws: Law) -> Laws:
    """Take laws together, if the help of every proof is what it may use."""
    if len(by_name(laws)) != len(laws):
        raise UnsoundHelpError("two laws have one name")
    for law in laws:
        for fault in _faults(law, laws):
            raise UnsoundHelpError(f"{law.name!r} {fault}")
    return laws


def _faults(law: Law, laws: Laws) -> Iterator[str]:
    """List what is wrong with the help of one proof."""
    known, proof = by_name(laws), law.proof
    of_worlds = (*proof.lemmas_before, *proof.lemmas_after)
    lemmas = (*of_worlds, *proof.lemmas_of_step)
    named = (*proof.uses, *proof.on_demand, *(each.law for each in lemmas))
    for name in named:
        if name not in known:
            yield f"uses {name!r}, which is no law"
            return
        if known[name].group not in RESTS_ON[law.group]:
            yield f"may not rest on {name!r} of the group {known[name].group}"
    for name in (*proof.uses, *proof.on_demand, *(each.law for each in of_worlds)):
        if known[name].kind is LawKind.STEP:
            yield f"takes {name!r}, which is about a step, for a law of one world"
    for each in proof.lemmas_of_step:
        if known[each.law].kind is not LawKind.STEP:
            yield f"takes {each.law!r} for a law about a step"
    for each in proof.lemmas_after:
        used = known[each.law]
        follows = used.kind is LawKind.CONSEQUENCE
        if follows and law.group in RESTS_ON[used.group]:
            yield f"may not rest on {used.name!r}, which follows from its own group"
    if law.kind is LawKind.CONSEQUENCE:
        order = [each.name for each in laws]
        for each in proof.lemmas_before:
            follows = known[each.law].kind is LawKind.CONSEQUENCE
            if follows and order.index(each.law) >= order.index(law.name):
                yield f"may not rest on {each.law!r}, which stands behind it"
    for name in proof.on_demand:
        if not known[name].is_on_demand or proof.uses:
            yield f"need not demand {name!r}"
    if law.name in _rests_on(law, laws):
        yield "rests on itself"


def _rests_on(law: Law, laws: Laws) -> set[str]:
    """Name the laws that a proof uses of the same step, however indirectly."""
    known, found, todo = by_name(laws), set[str](), [law]
    while todo:
        proof = todo.pop().proof
        used = {each.law for each in (*proof.lemmas_after, *proof.lemmas_of_step)}
        todo += [known[name] for name in used - found if name in known]
        found |= used
    return found


ONE_LEADER: Final = Lemma(
    election.a_term_has_one_leader.name,
    lambda w, *_: (w("term", ME), World()("leader_of", w("term", ME)), ME),
)
"""The agent that takes the step leads alone, if it leads and another one led."""


def _with_one_leader(*laws: Law) -> Laws:
    """Show every invariant that a term has one leader, where that does not rest on it.

    Whom a step elects is not known to be the only one before the step is over.
    """
    known = by_name(laws)
    leads = known[ONE_LEADER.law]
    exempt = {leads.name, *_rests_on(leads, laws)}
    return tuple(_with_lemma(law) if _may_rest_on(law, exempt) else law for law in laws)


def _may_rest_on(law: Law, exempt: set[str]) -> bool:
    knows = any(each.law == ONE_LEADER.law for each in law.proof.lemmas_after)
    is_above = "commit" in RESTS_ON[law.group] and law.group != "fencing"
    is_kept = law.kind is LawKind.INVARIANT and not knows
    return is_kept and is_above and law.name not in exempt


def _with_lemma(law: Law) -> Law:
    after = (*law.proof.lemmas_after, ONE_LEADER)
    return replace(law, proof=replace(law.proof, lemmas_after=after))


LAWS: Final = collect(
    *_with_one_leader(
        election.the_disk_has_the_term,
        election.the_disk_has_the_vote,
        election.the_disk_has_the_log,
        election.the_disk_gets_the_start_of_the_log,
        election.the_roll_is_that_of_the_log,
        election.no_term_is_negative,
        election.a_cast_bounds_the_term,
        election.a_cast_is_among_electors,
        election.an_agent_casts_one_vote_a_term,
        election.a_vote_that_is_held_was_cast,
        election.a_granted_vote_was_cast,
        election.a_candidate_voted_for_itself,
        election.a_counted_vote_was_cast,
        election.a_leader_was_elected,
        election.who_leads_is_known_to_have_led,
        election.a_leader_voted_for_itself,
        election.who_stands_is_an_elector,
        election.heartbeat_comes_from_a_leader,
        election.append_comes_from_a_leader,
        election.install_comes_from_a_leader,
        election.transfer_now_comes_from_a_leader,
        election.who_is_followed_led,
        election.a_leader_follows_itself,
        election.a_term_has_one_leader,
        election.a_token_was_its_leaders,
        election.what_is_admitted_is_not_above_the_fence,
        election.a_token_names_one_leader,
        election.a_leader_is_an_elector,
        election.no_token_is_admitted_after_a_higher_one,
        election.terms_never_fall,
        election.a_cast_is_not_forgotten,
        *log_matching.OF_LOGS,
        *log_matching.OF_LOGS_OF_LEADERS,
        *log_matching.OF_LOGS_OF_CANDIDATES,
        log_matching.history_knows_the_leader,
        log_matching.history_knows_the_log_of_a_leader,
        log_matching.a_candidate_has_not_led,
        log_matching.a_leader_keeps_the_log_it_stood_with,
        log_matching.a_leader_drops_nothing_it_stood_with,
        log_matching.a_candidate_with_a_vote_voted_for_itself,
        log_matching.a_request_shows_the_log_of_its_candidate,
        log_matching.an_append_has_a_place_in_its_leaders_log,
        log_matching.an_append_is_cut_from_its_leaders_log,
        log_matching.an_install_has_a_place_in_its_leaders_log,
        log_matching.an_install_is_cut_from_its_leaders_log,
        log_matching.an_agent_has_what_a_snapshot_stands_for,
        log_matching.logs_match,
        log_matching.a_leader_only_appends,
        log_matching.a_forward_reply_names_an_entry,
        log_matching.what_is_accepted_stands_in_its_leaders_log,
        leader_completeness.an_agent_drops_only_what_its_leader_lacks,
        leader_completeness.an_agent_commits_what_its_leader_has,
        leader_completeness.all_that_is_committed_is_given_out,
        leader_completeness.what_is_given_out_is_newly_committed,
        leader_completeness.later_leaders_have_what_is_chosen_now,
        leader_completeness.what_was_held_is_its_leaders,
        leader_completeness.what_was_held_is_kept_or_blocked,
        leader_completeness.a_voter_saw_what_it_held,
        leader_completeness.what_a_later_leader_lacks_is_blocked,
        electorates.what_a_later_leader_stood_without_is_blocked,
        electorates.an_agent_that_wins_stood_with_what_may_be_chosen,
        electorates.a_change_has_its_ground,
        electorates.a_new_ground_is_not_blocked,
        electorates.a_new_roll_is_near_that_of_the_heir,
        electorates.a_leader_chose_its_own,
        electorates.a_later_leader_makes_an_heir,
        electorates.an_heir_stood_with_an_old_roll,
        leader_completeness.a_quorum_left_what_is_blocked,
        leader_completeness.a_quorum_held_what_was_chosen,
        leader_completeness.what_was_chosen_is_not_blocked,
        leader_completeness.later_leaders_have_what_was_chosen,
        leader_completeness.later_leaders_agree_on_what_was_chosen,
        electorates.a_candidates_electorate_is_near,
        electorates.candidates_with_each_others_ground_have_near_electorates,
        electorates.an_agents_electorate_is_near,
        electorates.an_agent_with_a_candidates_ground_has_a_near_electorate,
        electorates.an_heirs_electorate_is_near,
        leader_completeness.what_was_chosen_is_known,
        leader_completeness.what_was_chosen_is_within_the_known,
        leader_completeness.what_is_known_was_chosen,
        leader_completeness.later_leaders_have_what_is_known,
        leader_completeness.what_is_final_was_chosen,
        leader_completeness.what_is_final_stays_final,
        leader_completeness.later_leaders_are_long_enough,
        leader_completeness.later_leaders_have_what_is_final,
        leader_completeness.a_commit_index_is_final,
        leader_completeness.what_an_agent_commits_is_known,
        leader_completeness.an_append_tells_a_final_index,
        leader_completeness.an_install_tells_a_final_index,
        leader_completeness.a_snapshot_is_of_what_is_committed,
        leader_completeness.a_heartbeat_tells_a_final_index,
        leader_completeness.an_acknowledgement_is_of_what_was_held,
        leader_completeness.an_acknowledgement_is_to_a_leader,
        leader_completeness.what_matches_was_held,
        leader_completeness.what_matches_is_within_the_log,
        leader_completeness.what_is_applied_is_known,
        leader_completeness.what_is_restored_is_known,
        leader_completeness.what_is_restored_goes_beyond_what_was_applied,
        leader_completeness.what_is_known_stays,
        reads.an_heir_was_elected,
        reads.who_elects_an_heir_has_left,
        reads.a_round_was_begun_by_a_leader,
        reads.no_round_is_ahead_of_its_leader,
        reads.the_round_of_a_leader_was_begun,
        reads.a_heartbeat_names_a_round,
        reads.what_was_acknowledged_was_begun,
        reads.a_reply_names_what_was_acknowledged,
        reads.what_was_seen_was_acknowledged,
        reads.who_left_acknowledges_nothing_new,
        reads.a_late_round_has_an_heir,
        reads.a_leader_knows_what_it_chose,
        reads.a_leader_has_committed_what_was_chosen_before,
        reads.a_floor_was_chosen,
        reads.a_read_waits_for_its_round,
        reads.a_request_was_asked,
        reads.an_answer_is_fresh,
        reads.a_parked_read_is_fresh,
        reads.a_late_round_is_never_confirmed,
        reads.a_confirmed_read_is_fresh,
        leases.a_round_is_past,
        leases.an_heir_is_past,
        leases.rounds_follow_each_other,
        leases.a_transfer_voids_the_lease,
        leases.a_transfer_follows_a_leader,
        leases.who_stands_has_promised_nothing,
        leases.a_promise_lasts,
        leases.a_later_vote_comes_after_the_promise,
        leases.an_heir_comes_after_the_promises,
        leases.a_lease_begins_with_its_round,
        leases.a_lease_was_confirmed,
        leases.a_lease_counts_from_a_round,
        leases.a_quorum_acknowledged_the_round_of_a_lease,
        leases.a_leased_leader_has_no_heir_in_time,
        leases.who_holds_a_lease_has_no_heir,
        leases.one_agent_holds_a_lease,
        leases.a_floor_of_a_later_leader_shows_an_heir,
        leases.a_leased_read_is_fresh,
        workers.a_leader_has_committed_what_it_may,
        workers.a_campaign_that_goes_on_has_no_quorum,
        workers.who_campaigns_counts_itself,
        workers.a_worker_makes_no_candidate,
        workers.a_worker_makes_nobody_vote,
        workers.a_worker_elects_nobody,
        workers.a_worker_deposes_nobody_but_by_its_term,
        workers.a_worker_commits_nothing,
    )
)
