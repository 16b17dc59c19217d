"""A cluster does what may happen, and refuses what cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from primacy import ChangeKind, Message, Persist, State, Timer, Verdict
from primacy.dispatch import step
from primacy.outputs import Outputs
from primacy_model.simulation import cluster as cluster_module
from primacy_model.simulation.cluster import Broken, Cluster, Happened, NotPossible
from tests.stateful.driver import Driver, mesh_of
from tests.stateful.runs import A, B, C, led

# --- crashes --------------------------------------------------------------------------


def test_a_crash_between_outputs_keeps_what_was_persisted_and_loses_the_rest() -> None:
    whole, cut = led().cluster, led().cluster
    before = cut.nodes[A].disk
    assert whole.write("a", "w", "x").sent != ()
    after = cut.write("a", "w", "x", outputs_done=1)
    assert after.is_crashed
    assert not after.sent
    assert not after.told
    assert cut.nodes[A].disk == whole.nodes[A].disk != before
    assert cut.state("a") is None


def test_a_torn_last_write_counts_as_not_done() -> None:
    cluster = led().cluster
    before = cluster.nodes[A].disk
    happened = cluster.write("a", "w", "x", outputs_done=0)  # the write itself is torn
    assert happened.is_crashed
    assert cluster.nodes[A].disk == before
    cluster.restart("a")
    assert cluster.state("a") is not None


def test_a_term_that_was_shown_to_nobody_may_be_forgotten() -> None:
    cluster = Driver(mesh_of(1, 0, 64)).cluster
    for _ in range(2):
        cluster.elapse("a", Timer.ELECTION)
    assert cluster.nodes[A].disk.term == 1
    cluster = Driver(mesh_of(1, 0, 64)).cluster
    cluster.elapse("a", Timer.ELECTION)
    cluster.elapse("a", Timer.ELECTION, outputs_done=0)
    cluster.restart("a")
    assert cluster.nodes[A].disk.term == 0


def test_a_term_that_was_shown_must_be_on_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgets(state: State, message: Message) -> tuple[State, Outputs]:
        after, outputs = step(state, message)
        kept = [each for each in outputs if not isinstance(each, Persist)]
        return after, tuple(kept)

    driver = led()
    monkeypatch.setattr(cluster_module, "step", forgets)
    with pytest.raises(Broken, match="S13 is broken: durable before sent"):
        driver.write(A)


# --- what cannot happen ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (
            lambda cluster: cluster.deliver(999),
            "packet 999 is not on its way",
        ),
        (lambda cluster: cluster.restart("a"), "a runs already"),
        (lambda cluster: cluster.resume("a"), "a is not paused"),
        (lambda cluster: cluster.act("a"), "a has taken no token to act under"),
        (lambda cluster: cluster.prepare_effect("b"), "b has no token to act under"),
        (lambda cluster: cluster.cut("a", "z"), "no agent is named 'z': a, b, c"),
        (
            lambda cluster: cluster.elapse("b", Timer.HEARTBEAT),
            "b has no heartbeat timer armed",
        ),
    ],
)
def test_what_cannot_happen_is_refused_and_nothing_has_happened(
    call: Callable[[Cluster], Happened], reason: str
) -> None:
    cluster = led().cluster
    nodes, calls = dict(cluster.nodes), list(cluster.calls)
    with pytest.raises(NotPossible, match=f"^{reason}$"):
        call(cluster)
    assert (cluster.nodes, cluster.calls) == (nodes, calls)


def test_a_cluster_has_every_agent_of_its_mesh() -> None:
    with pytest.raises(NotPossible, match="got those of: a, b"):
        Cluster(mesh_of(3, 0, 64)[:2])
    with pytest.raises(NotPossible, match="got those of: nobody"):
        Cluster([])


def test_an_agent_that_no_configuration_names_begins_when_it_joins() -> None:
    cluster = led(newcomers=1).cluster
    assert cluster.state("x") is None
    calls: dict[str, list[Callable[[], Happened]]] = {
        "x has not joined": [
            lambda: cluster.restart("x"),
            lambda: cluster.change("a", "o", ChangeKind.ADMIT, "x"),
            lambda: cluster.replace_electors("a", "o", "x"),
        ],
        "x has no disk to lose": [lambda: cluster.lose_disk("x")],
        "b has begun before": [lambda: cluster.join("b")],
    }
    for reason, refused in calls.items():
        for call in refused:
            with pytest.raises(NotPossible, match=f"^{reason}$"):
                call()
    happened = cluster.join("x")
    assert (happened.sent, happened.timers) == ((), ())
    assert cluster.state("x") is not None
    assert {flight.target for flight in cluster.write("a", "w", "y").sent} == {B, C}
    accepted = cluster.change("a", "o", ChangeKind.ADMIT, "x")
    assert {flight.target for flight in accepted.sent} == {B, C, "x"}


def test_an_agent_that_has_lost_its_disk_never_comes_back() -> None:
    cluster = led().cluster
    disk = cluster.nodes[B].disk
    cluster.lose_disk("b")
    assert cluster.nodes[B].disk == disk  # what it had acknowledged, claims still see
    with pytest.raises(NotPossible, match="b has lost its disk: a new agent takes"):
        cluster.restart("b")
    with pytest.raises(NotPossible, match="b has no disk to lose"):
        cluster.lose_disk("b")


def test_nothing_arrives_over_a_cut_link_and_all_in_the_other_direction() -> None:
    cluster = led().cluster
    sent = {each.target: each for each in cluster.write("a", "w", "x").sent}
    cluster.cut("a", "b")
    with pytest.raises(NotPossible, match="the link from a to b is cut"):
        cluster.deliver(sent[B].number)
    (answer,) = cluster.deliver(sent[C].number).sent
    cluster.deliver(answer.number)
    cluster.heal("a", "b")
    (answer,) = cluster.deliver(sent[B].number).sent
    cluster.cut("a", "b")
    cluster.deliver(answer.number)


def test_a_paused_agent_handles_nothing_and_goes_on_where_it_was() -> None:
    cluster = led().cluster
    (one, _) = cluster.write("a", "w", "x").sent
    before = cluster.nodes[B]
    cluster.pause("b")
    with pytest.raises(NotPossible, match="b is paused"):
        cluster.deliver(one.number)
    with pytest.raises(NotPossible, match="b is paused"):
        cluster.elapse("b", Timer.ELECTION)
    with pytest.raises(NotPossible, match="b is paused"):
        cluster.read("b", "r")
    cluster.resume("b")
    assert cluster.nodes[B] is before
    cluster.deliver(one.number)


def test_what_is_kept_or_doubled_arrives_again() -> None:
    cluster = led().cluster
    (one, _) = cluster.write("a", "w", "x").sent
    cluster.deliver(one.number, keep=True)
    (copy,) = cluster.duplicate(one.number).sent
    assert (copy.packet, copy.number != one.number) == (one.packet, True)
    cluster.deliver(one.number)
    cluster.deliver(copy.number)
    assert not {one.number, copy.number} & set(cluster.flights)


def test_a_stale_token_is_refused_by_the_resource() -> None:
    driver = led()
    driver.cluster.prepare_effect("a")
    driver.isolate(A)
    driver.elect(B, [B, C])
    driver.cluster.prepare_effect("b")
    assert driver.cluster.act("b").verdict == Verdict.ADMITTED
    assert driver.cluster.act("a").verdict == Verdict.REFUSED
