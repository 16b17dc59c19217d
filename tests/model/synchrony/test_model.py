"""After GST a mesh is synchronous: packets, timers, time, and rounds numbered anew."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from primacy.agents import AgentMap
from primacy.dispatch import step
from primacy.messages import Elapsed, Heartbeat, HeartbeatReply, Received, Timer
from primacy.outputs import Broadcast, Outputs
from primacy.role import Role
from primacy.state import Leadership, State
from primacy.types import NO_ROUND, START, AgentId, Round
from primacy_model.checker.model import Action
from primacy_model.mesh.agent import Budgets, InFlight
from primacy_model.mesh.bounds import Shape
from primacy_model.synchrony.model import GST, TICK, PhasePlan, StabilizingMesh
from primacy_model.synchrony.properties import followed_leader, has_leader
from primacy_model.synchrony.scopes import LIVING
from primacy_model.synchrony.state import RESTART, Cause, PhasedWorld, renumber_rounds

FRESH = Shape(terms=1)
ELECTED = Shape(begins="elected")
WORLDS = {world.name: world for world in LIVING}


def never(_: PhasedWorld) -> bool:
    return False


def stabilizing(plan: PhasePlan) -> StabilizingMesh:
    return StabilizingMesh("gst", "A mesh after GST.", plan, (), (), never)


def settled(plan: PhasePlan) -> StabilizingMesh:
    """Begin after GST just after a round."""
    return replace(stabilizing(plan), settled=followed_leader)


def begun(model: StabilizingMesh) -> PhasedWorld:
    (state,) = model.initial()
    return state


def do(model: StabilizingMesh, state: PhasedWorld, *kinds: str) -> PhasedWorld:
    """Carry out the first action of each kind, one after the other."""
    for kind in kinds:
        wanted = [one for one in model.actions(state) if one.kind == kind]
        state = model.successor(state, wanted[0])
    return state


def kinds(model: StabilizingMesh, state: PhasedWorld) -> set[str]:
    return {action.kind for action in model.actions(state)}


def spans(state: PhasedWorld) -> dict[tuple[int, str], tuple[int, int]]:
    return dict(state.clocks)


# --- before GST and after -------------------------------------------------------------


def test_before_gst_may_happen_what_the_shape_allows_and_gst() -> None:
    model = stabilizing(PhasePlan(FRESH, terms=2))
    state = begun(model)
    assert kinds(model, state) == {"elapse election", GST}
    asynchronous = replace(model, is_ready=never)
    assert kinds(asynchronous, state) == {"elapse election"}


def test_nothing_is_in_flight_at_gst_and_every_timer_may_elapse() -> None:
    model = stabilizing(PhasePlan(FRESH, terms=2))
    claimed = do(model, begun(model), "elapse election")
    assert any(claimed.world.boxes)
    gst = do(model, claimed, GST)
    assert not any(gst.world.boxes)
    assert spans(gst) == {
        (0, "election"): (0, 2),
        (1, "election"): (0, 3),
        (2, "election"): (0, 3),
    }


def test_who_has_just_heard_a_round_has_timers_of_their_whole_length() -> None:
    model = settled(PhasePlan(ELECTED, terms=2, starts_after_gst=True))
    assert spans(begun(model)) == {
        (0, "election"): (3, 3),
        (0, "heartbeat"): (1, 1),
        (1, "election"): (2, 2),
        (2, "election"): (2, 2),
    }


def test_nobody_crashes_and_nothing_is_lost_after_gst() -> None:
    shape = replace(ELECTED, budgets=Budgets(crashes=1, partitions=1, writes=1))
    model = stabilizing(PhasePlan(shape, terms=2))
    state = begun(model)
    assert {"crash", "split", "write"} <= kinds(model, state)
    gst = do(model, state, GST)
    assert {"crash", "split", "heal"} & kinds(model, gst) == set()
    assert "write" in kinds(model, gst)


def test_a_partition_lasts_unless_gst_heals_it() -> None:
    shape = replace(ELECTED, budgets=Budgets(partitions=1))
    for heals in (False, True):
        model = stabilizing(PhasePlan(shape, terms=2, heals=heals))
        gst = do(model, begun(model), "split", GST)
        assert (gst.world.shared.sides is None) == heals


def test_only_those_are_cut_off_that_a_plan_names() -> None:
    shape = replace(ELECTED, budgets=Budgets(partitions=1))
    model = stabilizing(PhasePlan(shape, terms=2, starts_after_gst=True, alone=("c",)))
    splits = [one for one in model.actions(begun(model)) if one.kind == "split"]
    assert [one.label for one in splits] == ["splits: a b | c"]


# --- packets --------------------------------------------------------------------------


def test_timers_and_time_wait_for_what_is_in_flight() -> None:
    model = settled(PhasePlan(ELECTED, terms=2, starts_after_gst=True))
    state = begun(model)
    assert kinds(model, state) == {TICK}
    due = do(model, state, TICK)
    assert kinds(model, due) == {"elapse heartbeat"}
    beating = do(model, due, "elapse heartbeat")
    assert kinds(model, beating) == {"deliver Heartbeat"}
    quiet = do(
        model, beating, *["deliver Heartbeat"] * 2, *["deliver HeartbeatReply"] * 2
    )
    assert not any(quiet.world.boxes)
    assert kinds(model, quiet) == {TICK}


def test_what_is_sent_to_who_is_down_or_cut_off_is_lost() -> None:
    shape = replace(ELECTED, budgets=Budgets(crashes=1, partitions=1))
    model = settled(PhasePlan(replace(shape, crashers=("c",)), terms=2))
    down = do(model, begun(model), "crash", GST, TICK, "elapse heartbeat")
    assert [len(box) for box in down.world.boxes] == [0, 1, 0, 0]
    plan = PhasePlan(shape, terms=2, starts_after_gst=True, alone=("c",))
    cut = settled(plan)
    state = do(cut, begun(cut), TICK, "elapse heartbeat")
    assert [len(box) for box in state.world.boxes] == [0, 1, 1, 0]
    state = do(cut, state, "split")
    assert [len(box) for box in state.world.boxes] == [0, 1, 0, 0]


def test_who_is_down_may_restart_and_never_has_to() -> None:
    shape = replace(ELECTED, budgets=Budgets(crashes=1), crashers=("c",))
    model = settled(PhasePlan(shape, terms=2))
    down = do(model, begun(model), "crash", GST)
    (restart,) = [one for one in model.actions(down) if one.kind == RESTART]
    assert model.fairness(down, restart) is None
    back = spans(model.successor(down, restart))
    assert back[2, "election"] == (2, 2)


# --- time -----------------------------------------------------------------------------


def passed(model: StabilizingMesh, state: PhasedWorld) -> PhasedWorld:
    """Let a heartbeat interval pass, and the round that it brings."""
    state = do(model, state, TICK, "elapse heartbeat")
    while any(state.world.boxes):
        state = do(model, state, min(kinds(model, state) & HEARD))
    return state


HEARD = {"deliver Heartbeat", "deliver HeartbeatReply"}


def elapsing(model: StabilizingMesh, state: PhasedWorld) -> dict[str, Action]:
    """Name those whose election timer may elapse."""
    return {
        action.column: action
        for action in model.actions(state)
        if action.kind == "elapse election"
    }


def test_a_timer_elapses_between_its_least_and_its_most() -> None:
    """A follower that is cut off: a promise of two ticks, then at most two more."""
    shape = replace(ELECTED, budgets=Budgets(partitions=1))
    model = settled(PhasePlan(shape, terms=2, starts_after_gst=True, alone=("c",)))
    state = passed(model, do(model, begun(model), "split"))
    assert elapsing(model, state) == {}
    state = passed(model, state)
    assert TICK not in kinds(model, state)
    promised = elapsing(model, state)
    assert set(promised) == {"c"}
    state = model.successor(state, promised["c"])
    assert spans(state)[2, "election"] == (0, 2)
    assert TICK in kinds(model, state)
    state = passed(model, state)
    assert set(elapsing(model, state)) == {"a", "c"}
    assert TICK not in kinds(model, state)
    state = passed(model, model.successor(state, elapsing(model, state)["a"]))
    assert spans(state)[2, "election"] == (0, 0)
    assert TICK not in kinds(model, state)


def test_without_clocks_every_armed_timer_may_elapse_whenever_it_is_quiet() -> None:
    model = stabilizing(
        PhasePlan(ELECTED, terms=2, starts_after_gst=True, has_clocks=False)
    )
    state = begun(model)
    assert state.clocks == ()
    assert model.columns(state)["time"] == {"phase": "after GST"}
    assert kinds(model, state) == {"elapse election", "elapse heartbeat"}
    timers = [model.fairness(state, one) for one in model.actions(state)]
    assert all(model.is_strong(name) for name in timers)
    clocked = settled(PhasePlan(ELECTED, terms=2, starts_after_gst=True))
    assert not any(clocked.is_strong(name) for name in timers)


# --- fairness -------------------------------------------------------------------------


def fair(model: StabilizingMesh, state: PhasedWorld) -> dict[str, bool]:
    """Tell of each kind of action whether it has to happen."""
    return {
        action.kind: model.fairness(state, action) is not None
        for action in model.actions(state)
    }


def test_what_has_to_happen_and_what_may() -> None:
    shape = replace(ELECTED, budgets=Budgets(partitions=1, writes=1, crashes=1))
    asynchronous = stabilizing(PhasePlan(shape, terms=2))
    assert fair(asynchronous, begun(asynchronous)) == {
        "crash": False,
        "elapse election": False,
        "split": False,
        "write": False,
        GST: True,
    }
    model = settled(PhasePlan(shape, terms=2, starts_after_gst=True))
    state = begun(model)
    assert fair(model, state) == {TICK: True, "split": False, "write": False}
    split = fair(model, do(model, state, "split", TICK))
    assert split == {"elapse heartbeat": True, "heal": False, "write": False}


def test_what_lies_beyond_the_last_term_is_withheld_and_told() -> None:
    model = stabilizing(PhasePlan(FRESH, terms=0, starts_after_gst=True))
    seen, queue, cut = {begun(model)}, [begun(model)], 0
    while queue:
        state = queue.pop()
        assert max(node.disk.term for node in state.nodes) == 0
        withheld = list(model.withheld(state))
        assert all(isinstance(cause, Cause) for cause in withheld)
        cut += bool(withheld)
        for action in model.actions(state):
            after = model.successor(state, action)
            if after not in seen:
                seen.add(after)
                queue.append(after)
    assert cut > 0


def test_a_world_ends_where_its_goal_is_reached() -> None:
    world = WORLDS["heals"]
    assert world.is_over is not has_leader
    model = replace(WORLDS["emerges"], is_over=lambda _: True)
    state = begun(model)
    assert (list(model.actions(state)), list(model.withheld(state))) == ([], [])


# --- rounds ---------------------------------------------------------------------------


def shifted(state: State) -> State:
    """Forget what only numbers rounds, and leases, of which there are none."""
    lead = state.leadership
    base = lead.checked_round - 1
    seen = AgentMap()
    for agent in lead.seen.at_least(lead.checked_round).members:
        seen = seen.set(agent, lead.seen.get(agent) - base)
    return replace(
        state,
        leadership=replace(
            lead,
            round=Round(lead.round - base),
            confirmed_round=Round(max(lead.confirmed_round - base, 0)),
            checked_round=Round(1),
            lease_round=NO_ROUND,
            lease_start=START,
            seen=seen,
        ),
    )


def leader() -> State:
    """Show the leader of an elected world just after a quorum check."""
    model = settled(PhasePlan(ELECTED, terms=2, starts_after_gst=True))
    states = begun(model).states
    (found,) = [state for state in states if state.role == Role.LEADER]
    after, _ = step(found, Elapsed(Timer.ELECTION, START))
    assert after.leadership.checked_round == after.leadership.round > 0
    return after


def rounds_sent(outputs: Outputs) -> list[int]:
    """List the rounds of the heartbeats that were sent."""
    return [
        one.packet.round
        for one in outputs
        if isinstance(one, Broadcast) and isinstance(one.packet, Heartbeat)
    ]


def acknowledgement(state: State, peer: AgentId, number: int) -> Received:
    last_index, last_term = state.log.last_index, state.log.last_term
    packet = HeartbeatReply(
        state.config.mesh, peer, state.term, Round(number), last_index, last_term
    )
    return Received(packet, START)


def test_a_leader_that_numbers_anew_does_what_it_would_have_done() -> None:
    """Walk with both; only the numbers of their rounds and of the answers differ."""
    random = Random(5)  # noqa: S311 - no secret
    beat, check = Elapsed(Timer.HEARTBEAT, START), Elapsed(Timer.ELECTION, START)
    for _ in range(200):
        plain = leader()
        anew = renumber_rounds(plain)
        base = plain.leadership.round - 1
        assert anew.leadership.round == 1
        for _ in range(random.randrange(12)):
            if random.random() < 0.3:
                plain, sent = step(plain, beat)
                anew, same = step(anew, beat)
                assert rounds_sent(sent) == [each + base for each in rounds_sent(same)]
            else:
                number = random.randint(0, anew.leadership.round)
                peer = random.choice(plain.roll.members.without(plain.me).members)
                older = number + base if number else 0  # 0 acknowledges nothing
                plain, sent = step(plain, acknowledgement(plain, peer, older))
                anew, same = step(anew, acknowledgement(anew, peer, number))
                assert sent == same
            assert shifted(plain) == shifted(anew)
        (plain, sent), (anew, same) = step(plain, check), step(anew, check)
        assert shifted(plain) == shifted(anew)
        assert sent == same


def test_only_a_leader_that_passed_its_check_numbers_anew() -> None:
    after = leader()
    everyone = AgentMap().set_all(after.roll.members, 1)
    later, _ = step(after, Elapsed(Timer.HEARTBEAT, START))
    number = later.leadership.round
    later, _ = step(later, acknowledgement(later, AgentId("b"), number))
    later, _ = step(later, Elapsed(Timer.ELECTION, START))
    for leader_, seen in ((after, everyone), (later, everyone.set(AgentId("c"), 0))):
        assert renumber_rounds(leader_).leadership == Leadership(
            match=leader_.leadership.match,
            next=leader_.leadership.next,
            seen=seen,
            round=Round(1),
            confirmed_round=Round(1),
            checked_round=Round(1),
            lease_given=True,
        )
    beating, _ = step(after, Elapsed(Timer.HEARTBEAT, START))
    assert renumber_rounds(beating) is beating
    follower = replace(after, role=Role.FOLLOWER)
    assert renumber_rounds(follower) is follower


# --- how it is shown ------------------------------------------------------------------


def test_it_is_shown_when_timers_elapse() -> None:
    model = settled(PhasePlan(ELECTED, terms=2, starts_after_gst=True))
    state = begun(model)
    assert model.columns(state)["time"] == {
        "phase": "after GST",
        "timers": "a election 3, a heartbeat 1, b election 2, c election 2",
    }
    asynchronous = stabilizing(PhasePlan(ELECTED, terms=2))
    assert asynchronous.columns(begun(asynchronous))["time"] == {"phase": "before GST"}


def test_an_event_after_gst_names_what_is_heard_and_sent() -> None:
    model = settled(PhasePlan(ELECTED, terms=2, starts_after_gst=True))
    due = do(model, begun(model), TICK)
    (beat,) = model.actions(due)
    sent = model.event(due, beat).sent
    assert [(arrow.source, arrow.target) for arrow in sent] == [("a", "b"), ("a", "c")]
    beating = model.successor(due, beat)
    hears = next(iter(model.actions(beating)))
    assert isinstance(hears.payload, Cause)
    assert isinstance(hears.payload.what, InFlight)
    assert isinstance(hears.payload.what.packet, Heartbeat)
    event = model.event(beating, hears)
    assert event.received == (sent[0],)
    assert [arrow.source for arrow in event.sent] == ["b"]
    tick: Action = next(iter(model.actions(begun(model))))
    assert model.event(begun(model), tick).sent == ()
