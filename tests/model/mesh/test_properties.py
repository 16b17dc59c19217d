"""A second opinion on the invariants: one world made by hand that breaks each of them.

Nothing is explored here. A state predicate is shown a world that was never reached; an
invariant about steps is shown a step that no handler made. Each must see what is wrong,
and nothing else may.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from primacy.agents import AgentMap, AgentSet
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.messages import AppendReply, Elapsed, Timer, VoteReply
from primacy.outputs import (
    Apply,
    Arm,
    Broadcast,
    Discard,
    Output,
    Outputs,
    Persist,
    Reason,
    Restore,
    Send,
    ServeRead,
    Stale,
    WriteAccepted,
)
from primacy.role import Role
from primacy.state import Durable, Leadership, State
from primacy.types import (
    NOBODY,
    START,
    AgentId,
    Command,
    Duration,
    Index,
    RequestId,
    Term,
)
from primacy_model.checker.actors import on_views
from primacy_model.mesh.actions import overstayed
from primacy_model.mesh.agent import Budgets, Node
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.history import Breached, Committed, History, Stood
from primacy_model.mesh.model import Mesh, MeshWorld
from primacy_model.mesh.properties import ALWAYS, can_fail
from primacy_model.mesh.scopes import DEFAULT
from primacy_model.timed.model import TimedMesh
from primacy_model.timed.scopes import scopes as timed_scopes
from tests.support.meshes import do, elected, mesh_of, nodes, performed, with_node

A, B, C, W = (AgentId(name) for name in "abcw")
ONE, TWO = Term(1), Term(2)
NOOP = Entry(ONE, EntryKind.NOOP)
WRITE = Entry(ONE, EntryKind.COMMAND, Command("x"), RequestId("w1"))
OTHER = Entry(ONE, EntryKind.COMMAND, Command("y"), RequestId("w2"))
LATER = Entry(TWO, EntryKind.NOOP)
READ = RequestId("r1")

MODEL, ELECTED = elected(workers=("w",))
"""a leads term 1; everyone holds and has applied its no-op."""


ABC, AB = AgentSet((A, B, C)), AgentSet((A, B))
ROLL = (ABC, ABC)
EMPTY = AgentSet()


def change(
    electors: AgentSet, outgoing: AgentSet | None = None, term: Term = ONE
) -> Entry:
    """Give an entry that sets a roll; the others are workers."""
    old = electors if outgoing is None else outgoing
    others = AgentSet((A, B, C, W)).difference(electors.union(old))
    return Entry(term, EntryKind.ROLL, electors=electors, outgoing=old, workers=others)


def with_roll(state: State, *entries: Entry) -> State:
    """Give an agent a log, and the roll that it sets."""
    held = with_log(state, *entries)
    return replace(held, roll=held.log.roll(held.config.first_roll))


def broken(world: MeshWorld) -> list[str]:
    return [claim.id for claim in ALWAYS if not on_views(claim)(world)]


def at(world: MeshWorld, agent: AgentId) -> int:
    return [node.state.me for node in nodes(world) if node.state].index(agent)


def node_of(world: MeshWorld, agent: AgentId) -> Node:
    return nodes(world)[at(world, agent)]


def state_of(world: MeshWorld, agent: AgentId) -> State:
    state = node_of(world, agent).state
    assert state is not None
    return state


def with_state(world: MeshWorld, state: State) -> MeshWorld:
    """Put an agent and its disk into a state."""
    node = replace(node_of(world, state.me), state=state, disk=state.durable)
    return with_node(world, at(world, state.me), node)


def with_log(state: State, *entries: Entry) -> State:
    durable = Durable(state.term, state.durable.voted_for, Log.of(entries))
    return replace(state, durable=durable)


def with_history(world: MeshWorld, history: History) -> MeshWorld:
    return replace(world, ghost=history)


def leader_of_two(agent: AgentId, *entries: Entry) -> State:
    """Make an agent lead term 2 that knows nothing of what the others hold."""
    state = state_of(ELECTED, agent)
    peers = state.roll.members.without(state.me)
    ahead = AgentMap().set_all(peers, len(entries) + 1)
    return replace(
        state,
        durable=Durable(TWO, agent, Log.of(entries)),
        role=Role.LEADER,
        leader=agent,
        leadership=Leadership(next=ahead),
    )


def test_the_elected_world_breaks_nothing() -> None:
    assert broken(ELECTED) == []
    assert [node.applied for node in nodes(ELECTED)] == [1, 1, 1, 1]


# --- states ---------------------------------------------------------------------------


def test_two_leaders_of_a_term_break_s1() -> None:
    leaders = frozenset({(ONE, A), (ONE, B)})
    world = with_history(ELECTED, replace(ELECTED.ghost, leaders=leaders))
    assert broken(world) == ["S1"]


def test_leaders_of_two_terms_break_nothing() -> None:
    leaders = frozenset({(ONE, A), (TWO, B)})
    world = with_history(ELECTED, replace(ELECTED.ghost, leaders=leaders))
    assert broken(world) == []


@pytest.mark.parametrize("role", [Role.PRE_CANDIDATE, Role.CANDIDATE])
def test_a_worker_that_stands_breaks_s2(role: Role) -> None:
    worker = replace(state_of(ELECTED, W), role=role)
    assert broken(with_state(ELECTED, worker)) == ["S2"]


def test_a_worker_that_stood_or_voted_breaks_s2() -> None:
    before = ELECTED.ghost
    right, wrong = Stood(TWO, B, ROLL, True), Stood(TWO, W, ROLL, False)
    for history in (
        replace(before, stood=before.stood | {wrong}),
        replace(
            before, stood=before.stood | {right}, votes=before.votes | {(TWO, W, B)}
        ),
    ):
        assert broken(with_history(ELECTED, history)) == ["S2"]


def test_two_votes_of_an_agent_in_a_term_break_s4() -> None:
    votes = ELECTED.ghost.votes | {(TWO, C, A), (TWO, C, B)}
    world = with_history(ELECTED, replace(ELECTED.ghost, votes=votes))
    assert broken(world) == ["S4"]


def test_votes_of_two_agents_or_in_two_terms_break_nothing() -> None:
    votes = frozenset({(ONE, C, A), (TWO, C, B), (TWO, B, B)})
    world = with_history(ELECTED, replace(ELECTED.ghost, votes=votes))
    assert broken(world) == []


def test_logs_that_differ_below_a_common_entry_break_s5() -> None:
    world = with_state(ELECTED, with_log(state_of(ELECTED, B), NOOP, WRITE, LATER))
    world = with_state(world, with_log(state_of(ELECTED, C), NOOP, OTHER, LATER))
    assert broken(world) == ["S5"]


def test_other_entries_of_one_place_and_term_break_s5() -> None:
    world = with_state(ELECTED, with_log(state_of(ELECTED, B), NOOP, WRITE))
    world = with_state(world, with_log(state_of(ELECTED, C), NOOP, OTHER))
    assert broken(world) == ["S5"]


def test_a_disk_that_differs_breaks_s5_though_its_agent_is_down() -> None:
    world = with_state(ELECTED, with_log(state_of(ELECTED, B), NOOP, WRITE))
    down = replace(node_of(ELECTED, C), state=None, applied=0)
    down = replace(down, disk=with_log(state_of(ELECTED, C), NOOP, OTHER).durable)
    assert broken(with_node(world, at(world, C), down)) == ["S5"]


def test_logs_that_part_at_another_term_break_nothing() -> None:
    world = with_state(ELECTED, with_log(state_of(ELECTED, B), NOOP, WRITE))
    world = with_state(world, with_log(state_of(ELECTED, C), NOOP, LATER))
    assert broken(world) == []


@pytest.mark.parametrize("held", [(NOOP,), (NOOP, LATER)])
def test_a_leader_without_a_committed_entry_breaks_s7(held: tuple[Entry, ...]) -> None:
    committed = ELECTED.ghost.committed | {Committed(2, WRITE, ONE)}
    world = with_history(ELECTED, replace(ELECTED.ghost, committed=committed))
    assert broken(with_state(world, leader_of_two(B, *held))) == ["S7"]


def test_a_leader_of_the_term_of_the_commit_or_before_breaks_nothing() -> None:
    committed = ELECTED.ghost.committed | {Committed(2, WRITE, ONE)}
    world = with_history(ELECTED, replace(ELECTED.ghost, committed=committed))
    assert broken(world) == []


def test_a_token_of_two_leaders_breaks_s9() -> None:
    admitted = frozenset({(ONE, A), (ONE, B)})
    world = with_history(ELECTED, replace(ELECTED.ghost, admitted=admitted))
    assert broken(world) == ["S9"]


def test_a_match_that_the_disk_does_not_hold_breaks_match_prefix() -> None:
    leader = with_log(state_of(ELECTED, A), NOOP, WRITE)
    lead = leader.leadership
    lead = replace(lead, match=lead.match.set(B, 2), next=lead.next.set(B, 3))
    world = with_state(ELECTED, replace(leader, leadership=lead))
    assert broken(world) == ["match-prefix"]
    followed = with_state(world, with_log(state_of(ELECTED, B), NOOP, WRITE))
    assert broken(followed) == []


def test_a_match_of_an_agent_in_a_later_term_may_be_out_of_date() -> None:
    leader = with_log(state_of(ELECTED, A), NOOP, WRITE)
    lead = leader.leadership
    lead = replace(lead, match=lead.match.set(B, 2), next=lead.next.set(B, 3))
    world = with_state(ELECTED, replace(leader, leadership=lead))
    later = replace(state_of(ELECTED, B), durable=Durable(TWO, C, Log.of([NOOP])))
    assert broken(with_state(world, later)) == []


def test_a_commit_that_no_quorum_holds_breaks_commit_quorum() -> None:
    held = with_log(state_of(ELECTED, A), NOOP, WRITE)
    alone = with_state(ELECTED, replace(held, commit_index=Index(2)))
    worker = with_state(alone, with_log(state_of(ELECTED, W), NOOP, WRITE))
    follower = with_state(alone, with_log(state_of(ELECTED, B), NOOP, WRITE))
    assert broken(alone) == ["commit-quorum"]
    assert broken(worker) == ["commit-quorum"]
    assert broken(follower) == []


def test_other_entries_of_a_quorum_are_not_what_is_committed() -> None:
    held = with_log(state_of(ELECTED, A), NOOP, WRITE)
    world = with_state(ELECTED, replace(held, commit_index=Index(2)))
    for agent in (B, C):
        world = with_state(world, with_log(state_of(ELECTED, agent), NOOP, LATER))
    assert broken(world) == ["commit-quorum"]


def test_the_disk_of_an_agent_that_is_down_counts_for_a_commit() -> None:
    held = with_log(state_of(ELECTED, A), NOOP, WRITE)
    world = with_state(ELECTED, replace(held, commit_index=Index(2)))
    world = with_state(world, with_log(state_of(ELECTED, C), NOOP, WRITE))
    down = replace(node_of(world, C), state=None, applied=0, armed=frozenset())
    assert broken(with_node(world, at(world, C), down)) == []


def test_what_is_only_in_memory_does_not_count_for_a_commit() -> None:
    world = with_state(ELECTED, with_log(state_of(ELECTED, B), NOOP, WRITE))
    held = with_log(state_of(ELECTED, A), NOOP, WRITE)
    leader = replace(node_of(world, A), state=replace(held, commit_index=Index(2)))
    world = with_node(world, at(world, A), leader)
    assert broken(world) == ["commit-quorum"]


def test_only_what_a_leader_calls_committed_needs_a_quorum() -> None:
    held = with_log(state_of(ELECTED, B), NOOP, WRITE)
    assert broken(with_state(ELECTED, replace(held, commit_index=Index(2)))) == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_next_index_that_is_not_above_breaks_next_above_match(number: int) -> None:
    leader = state_of(ELECTED, A)
    lead = leader.leadership
    assert lead.match.get(B) == 1
    lead = replace(lead, next=lead.next.set(B, number))
    world = with_state(ELECTED, replace(leader, leadership=lead))
    assert broken(world) == ["next-above-match"]


# --- rolls ----------------------------------------------------------------------------


def test_a_candidate_that_a_committed_change_took_off_breaks_s2() -> None:
    off = with_roll(state_of(ELECTED, C), NOOP, change(AB))
    stands = replace(off, role=Role.PRE_CANDIDATE)
    assert broken(with_state(ELECTED, stands)) == []
    knows = replace(stands, commit_index=Index(2))
    assert broken(with_state(ELECTED, knows)) == ["S2"]


def test_rolls_that_do_not_meet_break_s12_unless_one_agent_lags() -> None:
    world = ELECTED
    for agent, electors in ((B, (B,)), (C, (C,))):
        roll = change(AgentSet(electors), term=ONE if agent == B else TWO)
        world = with_state(world, with_roll(state_of(world, agent), NOOP, roll))
    assert broken(world) == ["S12"]
    committed = Committed(2, change(AgentSet((B,))), ONE)
    known = replace(world.ghost, committed=world.ghost.committed | {committed})
    assert broken(with_history(world, known)) == []


def test_a_roll_that_is_not_that_of_the_log_breaks_roll_of_log() -> None:
    held = with_log(state_of(ELECTED, C), NOOP, change(AB))
    assert broken(with_state(ELECTED, held)) == ["roll-of-log"]
    kept = replace(state_of(ELECTED, C), roll=with_roll(held, *held.log.entries).roll)
    assert broken(with_state(ELECTED, kept)) == ["roll-of-log"]


def test_a_roll_without_electors_breaks_never_empty() -> None:
    nobody = with_roll(state_of(ELECTED, C), NOOP, change(EMPTY, ABC))
    assert broken(with_state(ELECTED, nobody)) == ["never-empty"]


def test_a_leader_without_a_quorum_of_votes_breaks_election_quorum() -> None:
    before = ELECTED.ghost
    for votes, found in (
        ({(TWO, B, B)}, ["election-quorum"]),
        ({(TWO, B, B), (TWO, C, B)}, []),
    ):
        history = replace(
            before,
            leaders=before.leaders | {(TWO, B)},
            votes=before.votes | votes,
            stood=before.stood | {Stood(TWO, B, ROLL, True)},
        )
        assert broken(with_history(ELECTED, history)) == found


def test_votes_of_one_electorate_alone_elect_nobody() -> None:
    before = ELECTED.ghost
    joint = (AgentSet((B, W)), ABC)
    votes = {(TWO, B, B), (TWO, C, B)}
    history = replace(
        before,
        leaders=before.leaders | {(TWO, B)},
        votes=before.votes | votes,
        stood=before.stood | {Stood(TWO, B, joint, True)},
    )
    assert broken(with_history(ELECTED, history)) == ["election-quorum"]


def test_a_leader_whose_quorums_miss_those_of_the_next_breaks_heir_quorum() -> None:
    before = ELECTED.ghost
    alone = AgentSet((C,))
    for electorates, found in (((alone, alone), ["heir-quorum"]), (ROLL, [])):
        history = replace(
            before,
            leaders=before.leaders | {(TWO, B)},
            votes=before.votes | {(TWO, B, B), (TWO, C, B)},
            stood=before.stood | {Stood(TWO, B, electorates, True)},
        )
        own = with_roll(state_of(ELECTED, A), NOOP, change(AB))
        lead = replace(own.leadership, next=own.leadership.next.set(B, 3))
        world = with_state(ELECTED, replace(own, leadership=lead))
        assert broken(with_history(world, history)) == found


def test_a_commit_is_counted_by_the_roll_at_its_place_or_later() -> None:
    """C and W hold what only a and b need not: they are no quorum of a and b."""
    entries = NOOP, change(AB)
    leader = with_roll(state_of(ELECTED, A), *entries)
    world = with_state(ELECTED, replace(leader, commit_index=Index(2)))
    for agent in (C, W):
        world = with_state(world, with_roll(state_of(world, agent), *entries))
    assert broken(world) == ["commit-quorum"]
    world = with_state(world, with_roll(state_of(world, B), *entries))
    assert broken(world) == []


# --- snapshots ------------------------------------------------------------------------

FIRST = mesh_of(MODEL).configs[0].first_roll


def behind(
    state: State, index: int, *entries: Entry, term: Term = ONE, roll: Roll = FIRST
) -> State:
    """Let the log of an agent begin behind an index, which it knows to be committed."""
    log = Log.starting(Index(index), term, roll).extended(entries)
    durable = Durable(state.term, state.durable.voted_for, log)
    known = Index(max(index, state.commit_index))
    return replace(state, durable=durable, roll=roll, commit_index=known)


def with_applied(world: MeshWorld, state: State, applied: int) -> MeshWorld:
    """Put an agent into a state in which it has applied so much."""
    world = with_state(world, state)
    node = replace(node_of(world, state.me), applied=applied)
    return with_node(world, at(world, state.me), node)


def applied_anywhere(*entries: Entry) -> MeshWorld:
    """Give the elected world, with more entries that were applied somewhere."""
    more = {Committed(at, entry, ONE) for at, entry in enumerate(entries, start=2)}
    committed = ELECTED.ghost.committed | more
    return with_history(ELECTED, replace(ELECTED.ghost, committed=committed))


def test_logs_that_begin_behind_what_was_applied_break_nothing() -> None:
    for agent in (A, B, C, W):
        assert broken(with_state(ELECTED, behind(state_of(ELECTED, agent), 1))) == []
    world = applied_anywhere(WRITE)
    assert broken(with_applied(world, behind(state_of(world, B), 2, OTHER), 2)) == []


def test_a_start_that_nobody_applied_breaks_start_committed() -> None:
    early = with_applied(ELECTED, behind(state_of(ELECTED, B), 2), 2)
    assert broken(early) == ["start-committed"]
    world = applied_anywhere(WRITE)
    other = behind(state_of(world, B), 2, term=TWO)
    assert broken(with_applied(world, other, 2)) == ["start-committed"]


def test_a_start_with_another_roll_breaks_start_committed() -> None:
    entry = change(AB)
    world = applied_anywhere(entry)
    right = Roll(AB, AB, entry.workers, Index(2), ONE)
    for roll, found in (
        (right, []),
        (FIRST, ["start-committed"]),
        (replace(right, workers=EMPTY), ["start-committed"]),
        (replace(right, index=Index(1)), ["start-committed"]),
    ):
        begun = behind(state_of(world, C), 2, roll=roll)
        assert broken(with_applied(world, begun, 2)) == found
    later = behind(state_of(world, C), 1, roll=right)
    assert broken(with_applied(world, later, 1)) == ["start-committed"]


def test_a_start_that_its_agent_has_not_applied_breaks_start_applied() -> None:
    world = applied_anywhere(WRITE)
    begun = behind(state_of(world, B), 2)
    assert broken(with_applied(world, begun, 2)) == []
    assert broken(with_applied(world, begun, 1)) == ["start-applied"]
    forgets = replace(begun, commit_index=Index(1))
    assert broken(with_applied(world, forgets, 2)) == ["start-applied"]


def test_logs_that_differ_behind_a_start_break_s5() -> None:
    world = with_state(ELECTED, behind(state_of(ELECTED, B), 1, WRITE))
    for entry, found in ((WRITE, []), (OTHER, ["S5"]), (LATER, [])):
        held = with_log(state_of(world, C), NOOP, entry)
        assert broken(with_state(world, held)) == found


def test_a_leader_that_begins_behind_another_term_breaks_s7() -> None:
    world = applied_anywhere(WRITE)
    leader = leader_of_two(B, NOOP, WRITE)
    quorum = with_state(world, with_log(state_of(world, C), NOOP, WRITE))
    for term, found in ((ONE, []), (TWO, ["S7", "commit-quorum", "start-committed"])):
        assert broken(with_applied(quorum, behind(leader, 2, term=term), 2)) == found


def test_a_snapshot_counts_for_what_it_stands_for() -> None:
    world = applied_anywhere(WRITE)
    leader = with_log(state_of(world, A), NOOP, WRITE)
    lead = leader.leadership
    lead = replace(lead, match=lead.match.set(B, 2), next=lead.next.set(B, 3))
    leader = replace(leader, leadership=lead, commit_index=Index(2))
    world = with_applied(world, leader, 2)
    assert broken(world) == ["match-prefix", "commit-quorum"]
    assert broken(with_applied(world, behind(state_of(world, B), 2), 2)) == []


# --- steps ----------------------------------------------------------------------------


def stepped(world: MeshWorld, after: State, *outputs: Output) -> MeshWorld:
    """Let an agent step to a state, as no handler would."""
    return performed(MODEL, world, at(world, after.me), after, outputs)


def persisted(state: State) -> Persist:
    """Write a state down whole."""
    durable = state.durable
    segment = Segment(durable.log.entries)
    return Persist(durable.term, durable.voted_for, Index(0), segment)


def test_a_term_that_falls_breaks_s3() -> None:
    later = replace(state_of(ELECTED, B), durable=Durable(TWO, C, Log.of([NOOP])))
    before = with_state(ELECTED, later)
    after = state_of(ELECTED, B)
    assert broken(before) == []
    assert broken(stepped(before, after, persisted(after))) == ["S3"]


def test_a_term_that_falls_over_a_restart_breaks_s3() -> None:
    node = node_of(ELECTED, C)
    assert node.state is not None
    down = replace(node, state=None, applied=0, armed=frozenset(), peak=TWO)
    before = with_node(ELECTED, 2, down)
    after = performed(MODEL, before, 2, node.state)
    assert broken(before) == []
    assert broken(after) == ["S3"]


def test_a_leader_that_drops_an_entry_breaks_s6() -> None:
    before = with_state(ELECTED, with_log(state_of(ELECTED, A), NOOP, WRITE))
    after = state_of(ELECTED, A)
    assert broken(stepped(before, after, persisted(after))) == ["S6"]


def test_a_leader_that_overwrites_an_entry_breaks_s6() -> None:
    before = with_state(ELECTED, with_log(state_of(ELECTED, A), NOOP, WRITE))
    after = with_log(state_of(ELECTED, A), NOOP, OTHER)
    assert broken(stepped(before, after, persisted(after))) == ["S6"]


def test_a_follower_that_drops_an_entry_breaks_nothing() -> None:
    before = with_state(ELECTED, with_log(state_of(ELECTED, B), NOOP, WRITE))
    after = state_of(ELECTED, B)
    assert broken(stepped(before, after, persisted(after))) == []


def test_another_entry_applied_at_an_index_breaks_s8() -> None:
    fresh = with_node(ELECTED, at(ELECTED, C), replace(node_of(ELECTED, C), applied=0))
    right = stepped(fresh, state_of(fresh, C), Apply(Index(1), Segment.of(NOOP)))
    wrong = stepped(fresh, state_of(fresh, C), Apply(Index(1), Segment.of(OTHER)))
    assert broken(right) == []
    assert broken(wrong) == ["S8"]


@pytest.mark.parametrize("first", [1, 3])
def test_an_entry_applied_out_of_order_breaks_s8(first: int) -> None:
    apply = Apply(Index(first), Segment.of(NOOP))
    assert broken(stepped(ELECTED, state_of(ELECTED, C), apply)) == ["S8"]


def test_a_read_below_its_floor_breaks_s10() -> None:
    serve = ServeRead(READ, Index(1))
    state = state_of(ELECTED, C)
    for floor, found in ((1, []), (2, ["S10"])):
        floors = frozenset({(READ, floor)})
        world = with_history(ELECTED, replace(ELECTED.ghost, floors=floors))
        assert broken(stepped(world, state, serve)) == found


def test_a_read_that_applies_first_breaks_nothing() -> None:
    floors = frozenset({(READ, 2)})
    world = with_history(ELECTED, replace(ELECTED.ghost, floors=floors))
    apply = Apply(Index(2), Segment.of(WRITE))
    state = state_of(ELECTED, C)
    assert broken(stepped(world, state, apply, ServeRead(READ, Index(2)))) == []


def leaving(state: State) -> Outputs:
    """List what leaves an agent: a client or another agent may rest on it."""
    mesh, me = state.config.mesh, state.me
    reply = AppendReply(mesh, me, state.term, False, Index(0), Term(0))
    return (
        Send(A, reply),
        Broadcast(AgentSet((A,)), reply),
        Apply(Index(2), Segment.of(WRITE)),
        ServeRead(READ, Index(1)),
        WriteAccepted(RequestId("w1"), Index(2), ONE),
    )


@pytest.mark.parametrize("place", range(5))
def test_what_leaves_before_the_disk_knows_breaks_s13(place: int) -> None:
    after = with_log(state_of(ELECTED, C), NOOP, WRITE)
    output = leaving(after)[place]
    assert broken(stepped(ELECTED, after, output, persisted(after))) == ["S13"]
    assert broken(stepped(ELECTED, after, persisted(after), output)) == []


def test_a_vote_sent_before_the_disk_knows_breaks_s13() -> None:
    after = replace(state_of(ELECTED, C), durable=Durable(TWO, B, Log.of([NOOP])))
    vote = Send(B, VoteReply(after.config.mesh, C, TWO, True))
    assert broken(stepped(ELECTED, after, vote, persisted(after))) == ["S13"]
    kept = stepped(ELECTED, after, persisted(after), vote)
    assert broken(kept) == []
    assert (TWO, C, B) in kept.ghost.votes


def test_a_timer_or_a_refusal_may_stand_before_the_disk_knows() -> None:
    after = with_log(state_of(ELECTED, C), NOOP, WRITE)
    arm = Arm(Timer.ELECTION, Duration(1), Duration(1))
    stale = Stale(READ, Reason.NO_LEADER, NOBODY, ONE)
    assert broken(stepped(ELECTED, after, arm, stale, persisted(after))) == []


@pytest.mark.parametrize("agent", [A, B, W])
def test_a_commit_index_that_falls_breaks_commit_monotone(agent: AgentId) -> None:
    after = replace(state_of(ELECTED, agent), commit_index=Index(0))
    assert broken(stepped(ELECTED, after)) == ["commit-monotone"]


def test_a_step_that_commits_without_a_quorum_breaks_commit_quorum() -> None:
    alone = with_state(ELECTED, with_log(state_of(ELECTED, A), NOOP, WRITE))
    after = replace(state_of(alone, A), commit_index=Index(2))
    assert broken(alone) == []
    assert broken(stepped(alone, after)) == ["commit-quorum"]


@pytest.mark.parametrize(
    ("second", "commit_index", "found"),
    [
        (change(ABC), 1, ["one-at-a-time"]),
        (change(ABC), 2, []),
    ],
)
def test_a_change_before_the_last_is_committed_breaks_one_at_a_time(
    second: Entry, commit_index: int, found: list[str]
) -> None:
    first = NOOP, change(AB)
    world = ELECTED
    for agent in (A, B):
        world = with_state(world, with_roll(state_of(world, agent), *first))
    held = replace(state_of(world, A), commit_index=Index(commit_index))
    world = with_state(world, held)
    after = with_roll(held, *first, second)
    assert broken(world) == []
    assert broken(stepped(world, after, persisted(after))) == found


def test_what_completes_a_replacement_may_follow_in_the_step_that_commits_it() -> None:
    joint, settled = change(AB, ABC), change(AB)
    held = with_roll(state_of(ELECTED, A), NOOP, joint)
    for last, found in ((settled, []), (change(ABC), ["one-at-a-time"])):
        world = with_state(ELECTED, held)
        world = with_state(world, with_roll(state_of(world, B), NOOP, joint))
        after = with_roll(held, NOOP, joint, last)
        after = replace(after, commit_index=Index(2))
        assert broken(stepped(world, after, persisted(after))) == found


def test_a_removed_leader_that_begins_a_round_breaks_removed_leader() -> None:
    bc = AgentSet((B, C))
    removed = with_roll(state_of(ELECTED, A), NOOP, change(bc))
    removed = replace(removed, commit_index=Index(2))
    beat = Elapsed(Timer.HEARTBEAT, START)
    breach = (Breached("removed-leader"),)
    assert overstayed(removed, beat, removed) == breach
    left = replace(removed, role=Role.FOLLOWER)
    assert overstayed(removed, beat, left) == ()
    unknown = replace(removed, commit_index=Index(1))
    assert overstayed(unknown, beat, unknown) == ()
    check = Elapsed(Timer.ELECTION, START)
    assert overstayed(removed, check, removed) == ()


def restored(state: State) -> Restore:
    """Write down a state that begins behind a snapshot, and nothing else."""
    log, durable = state.log, state.durable
    position = log.start, log.start_term, log.start_roll
    return Restore(durable.term, durable.voted_for, *position, keeps_rest=False)


def test_a_snapshot_of_no_more_than_is_applied_breaks_s8() -> None:
    after = behind(state_of(ELECTED, C), 1)
    assert broken(stepped(ELECTED, after, restored(after))) == ["S8"]
    lagging = with_applied(ELECTED, with_log(state_of(ELECTED, C)), 0)
    assert broken(stepped(lagging, after, restored(after))) == []


def test_what_leaves_before_a_snapshot_is_restored_breaks_s13() -> None:
    lagging = with_applied(ELECTED, with_log(state_of(ELECTED, C)), 0)
    after = behind(state_of(ELECTED, C), 1)
    restore, told = restored(after), WriteAccepted(RequestId("w1"), Index(1), ONE)
    assert broken(stepped(lagging, after, restore, told)) == []
    assert broken(stepped(lagging, after, told, restore)) == ["S13"]


def test_a_leader_may_lose_the_beginning_of_its_log_alone() -> None:
    before = with_state(ELECTED, with_log(state_of(ELECTED, A), NOOP, WRITE))
    for entries, found in (((WRITE,), []), ((), ["S6"]), ((OTHER,), ["S5", "S6"])):
        after = behind(state_of(before, A), 1, *entries)
        assert broken(stepped(before, after)) == found
    after = behind(state_of(before, A), 1, WRITE)
    discard = Discard(Index(1), ONE, FIRST)
    node = node_of(stepped(before, after, discard), A)
    assert node.disk == after.durable


def test_a_crash_leaves_what_a_snapshot_stands_for() -> None:
    model, world = elected(snapshots_at=("b",), budgets=Budgets(snapshots=1, crashes=1))
    taken = do(model, world, "snapshot", "b")
    assert node_of(taken, B).disk.log.start == 1
    down = nodes(do(model, taken, "crash", "b"))[1]
    assert (down.state, down.applied) == (None, 1)
    back = do(model, do(model, taken, "crash", "b"), "restart", "b")
    assert state_of(back, B).commit_index == 1


# --- where an invariant can fail ------------------------------------------------------

HAPPENS = {
    "S1": {"deliver VoteReply"},
    "S3": {"deliver VoteRequest"},
    "S4": {"deliver VoteRequest"},
    "S5": {"deliver Append"},
    "S6": {"deliver Append"},
    "S8": {"deliver Append"},
    "S9": {"act"},
    "S10": {"read", "lease read"},
    "S13": {"deliver Append"},
}
"""What must happen in a scope, or `check` calls it vacuous: one of these."""


@pytest.mark.parametrize("name", HAPPENS)
def test_an_invariant_can_fail_where_what_it_speaks_of_happens(name: str) -> None:
    found = set()
    timed = [scope.actors for scope in timed_scopes()]
    for mesh in (*(scope.actors for scope in DEFAULT), *timed):
        assert isinstance(mesh, Mesh | TimedMesh)
        happens = not HAPPENS[name].isdisjoint(mesh.kinds)
        assert can_fail(name, mesh.shape) == happens, mesh.name
        found.add(happens)
    assert found == {True, False}


def test_other_invariants_can_fail_where_there_is_who_breaks_them() -> None:
    assert not can_fail("S2", Shape(terms=2))
    assert not can_fail("S2", Shape(begins="elected", workers=("w",)))
    assert can_fail("S2", Shape(workers=("w",)))
    assert [can_fail("S7", Shape(terms=terms)) for terms in (1, 2)] == [False, True]
    assert [can_fail("rejection", Shape(intruders=each)) for each in (False, True)] == [
        False,
        True,
    ]
    for name in ("S12", "heir-quorum", "roll-of-log", "one-at-a-time"):
        assert not can_fail(name, Shape())
        assert can_fail(name, Shape(budgets=Budgets(changes=1)))
    for name in ("start-committed", "start-applied"):
        assert not can_fail(name, Shape())
        assert can_fail(name, Shape(budgets=Budgets(snapshots=1)))
    assert can_fail("S2", Shape(joiners=("d",)))
    assert can_fail("S2", Shape(budgets=Budgets(changes=1)))
    assert can_fail("S11", Shape())
