"""A fleet does what may happen, and refuses what cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from primacy import Message, Persist, State, Timer, Verdict
from primacy.outputs import Outputs
from primacy.stepping import step
from primacy_model.simulation import cluster as fleet_room
from primacy_model.simulation.cluster import Broken, Fleet, Happened, NotPossible
from tests.stateful.driver import Driver, mesh_of
from tests.stateful.runs import A, B, C, led

# --- crashes --------------------------------------------------------------------------


def test_a_crash_between_outputs_keeps_what_was_persisted_and_loses_the_rest() -> None:
    whole, cut = led().fleet, led().fleet
    before = cut.nodes[A].disk
    assert whole.write("a", "w", "x").sent != ()
    after = cut.write("a", "w", "x", outputs_done=1)
    assert after.is_crashed
    assert not after.sent
    assert not after.told
    assert cut.nodes[A].disk == whole.nodes[A].disk != before
    assert cut.state("a") is None


def test_a_torn_last_write_counts_as_not_done() -> None:
    fleet = led().fleet
    before = fleet.nodes[A].disk
    happened = fleet.write("a", "w", "x", outputs_done=0)  # the write itself is torn
    assert happened.is_crashed
    assert fleet.nodes[A].disk == before
    fleet.restart("a")
    assert fleet.state("a") is not None


def test_a_term_that_was_shown_to_nobody_may_be_forgotten() -> None:
    fleet = Driver(mesh_of(1, 0, 64)).fleet
    for _ in range(2):
        fleet.elapse("a", Timer.ELECTION)
    assert fleet.nodes[A].disk.term == 1
    fleet = Driver(mesh_of(1, 0, 64)).fleet
    fleet.elapse("a", Timer.ELECTION)
    fleet.elapse("a", Timer.ELECTION, outputs_done=0)
    fleet.restart("a")
    assert fleet.nodes[A].disk.term == 0


def test_a_term_that_was_shown_must_be_on_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgets(state: State, message: Message) -> tuple[State, Outputs]:
        after, outputs = step(state, message)
        kept = [each for each in outputs if not isinstance(each, Persist)]
        return after, tuple(kept)

    driver = led()
    monkeypatch.setattr(fleet_room, "step", forgets)
    with pytest.raises(Broken, match="S13 is broken: durable before sent"):
        driver.write(A)


# --- what cannot happen ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda fleet: fleet.deliver(999), "parcel 999 is not on its way"),
        (lambda fleet: fleet.restart("a"), "a runs already"),
        (lambda fleet: fleet.resume("a"), "a is not paused"),
        (lambda fleet: fleet.act("a"), "a has taken no token to act under"),
        (lambda fleet: fleet.prepare_effect("b"), "b has no token to act under"),
        (lambda fleet: fleet.cut("a", "z"), "no agent is named 'z': a, b, c"),
        (
            lambda fleet: fleet.elapse("b", Timer.HEARTBEAT),
            "b has no heartbeat timer armed",
        ),
    ],
)
def test_what_cannot_happen_is_refused_and_nothing_has_happened(
    call: Callable[[Fleet], Happened], reason: str
) -> None:
    fleet = led().fleet
    nodes, calls = dict(fleet.nodes), list(fleet.calls)
    with pytest.raises(NotPossible, match=f"^{reason}$"):
        call(fleet)
    assert (fleet.nodes, fleet.calls) == (nodes, calls)


def test_a_fleet_has_every_agent_of_its_mesh() -> None:
    with pytest.raises(NotPossible, match="got those of: a, b"):
        Fleet(mesh_of(3, 0, 64)[:2])
    with pytest.raises(NotPossible, match="got those of: nobody"):
        Fleet([])


def test_nothing_arrives_over_a_cut_link_and_all_in_the_other_direction() -> None:
    fleet = led().fleet
    sent = {each.target: each for each in fleet.write("a", "w", "x").sent}
    fleet.cut("a", "b")
    with pytest.raises(NotPossible, match="the link from a to b is cut"):
        fleet.deliver(sent[B].number)
    (answer,) = fleet.deliver(sent[C].number).sent
    fleet.deliver(answer.number)
    fleet.heal("a", "b")
    (answer,) = fleet.deliver(sent[B].number).sent
    fleet.cut("a", "b")
    fleet.deliver(answer.number)


def test_a_paused_agent_handles_nothing_and_goes_on_where_it_was() -> None:
    fleet = led().fleet
    (one, _) = fleet.write("a", "w", "x").sent
    before = fleet.nodes[B]
    fleet.pause("b")
    with pytest.raises(NotPossible, match="b is paused"):
        fleet.deliver(one.number)
    with pytest.raises(NotPossible, match="b is paused"):
        fleet.elapse("b", Timer.ELECTION)
    with pytest.raises(NotPossible, match="b is paused"):
        fleet.read("b", "r")
    fleet.resume("b")
    assert fleet.nodes[B] is before
    fleet.deliver(one.number)


def test_what_is_kept_or_doubled_arrives_again() -> None:
    fleet = led().fleet
    (one, _) = fleet.write("a", "w", "x").sent
    fleet.deliver(one.number, keep=True)
    (copy,) = fleet.duplicate(one.number).sent
    assert (copy.packet, copy.number != one.number) == (one.packet, True)
    fleet.deliver(one.number)
    fleet.deliver(copy.number)
    assert not {one.number, copy.number} & set(fleet.parcels)


def test_a_stale_token_is_refused_by_the_resource() -> None:
    driver = led()
    driver.fleet.prepare_effect("a")
    driver.isolate(A)
    driver.elect(B, [B, C])
    driver.fleet.prepare_effect("b")
    assert driver.fleet.act("b").verdict == Verdict.ADMITTED
    assert driver.fleet.act("a").verdict == Verdict.REFUSED
