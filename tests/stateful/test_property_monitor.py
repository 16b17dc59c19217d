"""The monitor sees what the claims of the checker see, and a run is shown as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from primacy import AgentId, ChangeKind, Role, Term
from primacy.agents import AgentMap
from primacy.log import CHUNK, Entry, EntryKind, Log
from primacy.state import Durable, Leadership
from primacy.types import Command, Index, RequestId
from primacy_model.mesh.agent import Gate, Node
from primacy_model.mesh.history import Applied, Led, Note
from primacy_model.mesh.properties import ALWAYS
from primacy_model.reporting.itf import render_itf
from primacy_model.reporting.mermaid import render_mermaid
from primacy_model.reporting.svg import render_svg
from primacy_model.simulation import cluster as cluster_module
from primacy_model.simulation.cluster import Broken, Cluster
from primacy_model.simulation.property_monitor import PropertyMonitor
from primacy_model.simulation.record import (
    RecordedRun,
    reproduction,
    transcript,
    violation,
)
from tests.stateful.clock_driver import LENGTHS, ClockDriver
from tests.stateful.driver import mesh_of
from tests.stateful.runs import A, B, C, led, wandered


@pytest.mark.parametrize("seed", range(3))
def test_every_claim_holds_of_the_whole_as_the_judge_says(seed: int) -> None:
    cluster = wandered(seed).cluster
    nodes = [cluster.nodes[name] for name in cluster.names]
    assert cluster.history.committed
    for claim in ALWAYS:
        views = [claim.view(place, node) for place, node in enumerate(nodes)]
        if claim.scene is not None:
            views.append(claim.scene(cluster.gate, cluster.history))
        assert claim.holds(tuple(views)), claim.id


X = AgentId("x")


def long_lived(*, has_grown: bool = False) -> Cluster:
    """Give a mesh in which so much is committed everywhere that some is settled."""
    driver = led(newcomers=1)
    if has_grown:
        for kind in (ChangeKind.ADMIT, ChangeKind.PROMOTE):
            driver.change(A, kind, X)
            driver.complete(A, driver.names)
    for _ in range(2 * CHUNK + 3):
        driver.write(A)
        driver.talk(driver.names)
    driver.begin_round(A, driver.names)
    return driver.cluster


def with_entry(log: Log, index: int, entry: Entry) -> Log:
    entries = list(log.entries)
    entries[index - 1] = entry
    return Log.of(entries)


OTHER = Entry(Term(1), EntryKind.COMMAND, Command("other"), RequestId("other"))


def other_on_disk(node: Node, index: int) -> Node:
    log = with_entry(node.disk.log, index, OTHER)
    return replace(node, disk=replace(node.disk, log=log), state=None)


def emptied(node: Node) -> Node:
    return replace(node, disk=Durable(node.disk.term), state=None)


def leads_without_its_end(node: Node) -> Node:
    assert node.state is not None
    log = node.state.log.prefix(Index(2 * CHUNK))
    durable = Durable(Term(2), B, log)
    lead = Leadership(next=AgentMap().set_all(node.state.roll.members, 1))
    state = replace(node.state, role=Role.LEADER, durable=durable, leadership=lead)
    return replace(node, state=state, disk=durable)


def same(node: Node) -> Node:
    return node


def applied_other(index: int) -> tuple[Note, ...]:
    return (Applied(index - 1, (OTHER,), Term(1)),)


WRONG: dict[str, tuple[Callable[[Node], Node], tuple[Note, ...], str]] = {
    "a settled entry differs": (partial(other_on_disk, index=3), (), "S5"),
    "a later entry differs": (partial(other_on_disk, index=2 * CHUNK + 2), (), "S5"),
    "another is applied where it is settled": (same, applied_other(3), "S8"),
    "another is applied later": (same, applied_other(2 * CHUNK + 2), "S8"),
    "a leader lacks what is committed": (leads_without_its_end, (), "S7"),
    "a disk is emptied": (emptied, (), "match-prefix"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("has_grown", [False, True])
@pytest.mark.parametrize("settles", [True, False])
def test_what_is_settled_is_judged_as_the_whole_is(
    name: str, has_grown: bool, settles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        cluster_module, "PropertyMonitor", partial(PropertyMonitor, settles=settles)
    )
    cluster = long_lived(has_grown=has_grown)
    judge = cluster._judge
    assert len(judge._settled) == (2 if settles else 0)
    change, notes, broken = WRONG[name]
    judge.note(notes)
    with pytest.raises(Broken) as caught:
        judge.judge(1, change(cluster.nodes[B]), cluster.gate)
    assert caught.value.claim == broken


@pytest.mark.parametrize("settles", [True, False])
def test_commits_are_counted_with_a_roll_that_is_settled(
    settles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first roll would take a and c for a quorum; a, b, c, x have none."""
    monkeypatch.setattr(
        cluster_module, "PropertyMonitor", partial(PropertyMonitor, settles=settles)
    )
    cluster = long_lived(has_grown=True)
    judge = cluster._judge
    assert len(judge._settled) == (2 if settles else 0)

    def lose_end(name: AgentId) -> None:
        node = cluster.nodes[name]
        log = node.disk.log.prefix(Index(2 * CHUNK))
        shorter = replace(node, state=None, disk=Durable(Term(9), B, log))
        judge.judge(cluster.places[name], shorter, cluster.gate)

    lose_end(B)
    with pytest.raises(Broken, match="commit-quorum is broken"):
        lose_end(X)


def test_two_leaders_of_a_term_are_found_at_once() -> None:
    judge = PropertyMonitor([*led().cluster.nodes.values()])
    judge.note([Led(Term(1), A), Led(Term(1), B)])
    with pytest.raises(Broken, match="S1 is broken: election safety"):
        judge.judge(0, led().cluster.nodes[A], Gate())


def test_two_leases_at_an_instant_are_found() -> None:
    driver = ClockDriver(mesh_of(3, 0, 64, **LENGTHS))
    driver.elect(A, driver.names)
    driver.begin_round(A, driver.names)
    cluster, now = driver.cluster, driver.now("a")
    cluster.judge_leases(now, now, now)
    calls = len(cluster.calls)
    driver.isolate(A)
    driver.elect(B, [B, C])
    driver.begin_round(B, [B, C])
    assert {A, B} <= set(driver.leaders())
    stopped = now, driver.now("b"), driver.now("c")
    with pytest.raises(Broken, match="S11 is broken: one lease"):
        cluster.judge_leases(*stopped)
    assert len(cluster.calls) > calls
    assert cluster.calls[-1].method == "judge_leases"
    assert "S11 is broken" in transcript(cluster, Broken("S11", "one lease"), last=3)


# --- what is shown --------------------------------------------------------------------


def test_a_run_is_told_by_every_picture_and_its_program_repeats_it() -> None:
    cluster = wandered(1, 60).cluster
    failure = Broken("S1", "election safety")
    broken = violation(cluster, failure)
    assert len(broken.story.moments) == len(cluster.calls)
    for written in (render_mermaid(broken), render_svg(broken), render_itf(broken)):
        assert "S1 is violated" in written
    text = transcript(cluster, failure)
    assert "A run, of" in text
    assert "A shortest run" not in text
    again: dict[str, object] = {}
    exec(reproduction(cluster, failure), again)  # noqa: S102 - it is to be run
    other = again["cluster"]
    assert isinstance(other, Cluster)
    assert (other.nodes, other.history) == (cluster.nodes, cluster.history)
    assert other.calls == cluster.calls


def test_of_a_long_run_the_last_calls_are_told() -> None:
    cluster = wandered(1, 60).cluster
    record = RecordedRun(tuple(cluster.configs.values()), cluster.calls, last=5)
    assert record.first == len(cluster.calls) - 5
    text = transcript(cluster, Broken("S1", "election safety"), last=5)
    assert "A run, of 5 steps." in text


def test_a_core_that_raises_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(*_: object) -> None:
        raise ZeroDivisionError("a mutant")

    cluster = led().cluster
    monkeypatch.setattr(cluster_module, "step", raises)
    with pytest.raises(ZeroDivisionError) as caught:
        cluster.write("a", "w", "x")
    monkeypatch.undo()
    text = transcript(cluster, caught.value)
    assert "raises is violated in a cluster: ZeroDivisionError (always)" in text
