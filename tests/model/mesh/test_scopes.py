"""The scopes hold, with the figures that stand on their page.

A count changes when core, the world or a scope does. Then find out why, and write the
new figures down on purpose: `python -m tests.model.mesh.page > docs/model.md`.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args

import pytest

from primacy.messages import Packet
from primacy.outputs import Reason
from primacy_model.checker import reference_bfs
from primacy_model.checker.model import Kind
from primacy_model.checker.reference_bfs import Exploration, Verdict
from primacy_model.engines import search
from primacy_model.engines.bfs import Search
from primacy_model.engines.search import UNBOUNDED, Engine, parts
from primacy_model.engines.state_graph import StateGraph
from primacy_model.engines.transition_tables import Tables
from primacy_model.mesh.actions import (
    BELOW,
    CONFLICT,
    IGNORED,
    KEPT,
    KNOWN,
    RESENT,
    STALE,
)
from primacy_model.mesh.agent import COPIES, Budgets
from primacy_model.mesh.bounds import BATCH, Shape
from primacy_model.mesh.model import MeshWorld
from primacy_model.mesh.properties import ALWAYS, SOMETIMES
from primacy_model.mesh.scopes import DEEP, DEFAULT, MeshScope
from primacy_model.scopes import SCOPES
from primacy_model.timed import scopes
from tests.model.mesh.page import COMPARED, PAGE, PATIENT, document, figures
from tests.support.meshes import assembled, mesh_of

WRITTEN = PAGE.read_text(encoding="utf-8")
FIGURES = figures(WRITTEN)
PAIR = Shape(electors=("a", "b"), begins="elected", terms=2)
BAG = replace(PAIR, begins="fresh", terms=1, impatient=("a",), network="bag")
PAIRS = [
    assembled(replace(BAG, budgets=Budgets(drops=1, duplicates=1)), "pair-in-a-bag"),
    assembled(replace(PAIR, budgets=Budgets(writes=1)), "pair-writes"),
    assembled(
        replace(PAIR, clients_at=("a",), budgets=Budgets(rounds=1, reads=1)),
        "pair-reads",
    ),
    assembled(replace(PAIR, budgets=Budgets(transfers=1)), "pair-transfers"),
    assembled(replace(PAIR, budgets=Budgets(partitions=1)), "pair-partitions"),
]
"""What no small default scope has, in worlds of two."""
SMALL = [scope for scope in DEFAULT if FIGURES[scope.name].states <= COMPARED] + PAIRS
LARGE = [scope for scope in DEFAULT if FIGURES[scope.name].states > COMPARED]
MEDIUM = [
    scope
    for scope in LARGE
    if FIGURES[scope.name].states <= PATIENT or scope.bounds["network"] == "bag"
]
"""What the oracle explores to the end in minutes."""
FIRST_STATES = 20_000
FIRST_COMPARED = 1_000

Levels = list[set[MeshWorld]]

defaults = pytest.mark.parametrize("scope", DEFAULT, ids=lambda scope: scope.name)
deep = pytest.mark.parametrize("scope", DEEP, ids=lambda scope: scope.name)
every = pytest.mark.parametrize(
    "scope", [*DEFAULT, *DEEP], ids=lambda scope: scope.name
)


@defaults
def test_a_default_scope_holds_with_the_figures_of_the_page(scope: MeshScope) -> None:
    found = search.explore(scope.actors)
    assert found.violation is None
    assert found.never_fired == ()
    assert found.unreached == ()
    assert found.verdict is Verdict.HOLDS
    assert [witness.claim.id for witness in found.witnesses] == list(
        mesh_of(scope).sometimes
    )
    assert all(found.kinds[kind] for kind in scope.kinds)
    written = FIGURES[scope.name]
    assert (found.states, len(found.levels) - 1) == (written.states, written.depth)


def levels_of(judged: Exploration[MeshWorld]) -> Levels:
    """List the states that the oracle found, by depth."""
    levels = [set[MeshWorld]() for _ in range(judged.depth + 1)]
    for world in judged.graph:
        levels[judged.graph.nodes[world]["depth"]].add(world)
    return levels


def levels_by(engine: Engine, scope: MeshScope, most: int) -> Levels:
    """List the states that an engine finds, by depth."""
    tables = Tables(scope.actors)
    run = Search(*parts(engine, tables, prunes=True))
    run.run(most)
    store, levels, begin = run.store, [], 0
    for count in run.found(0).levels:
        rows = range(begin, begin + count)
        levels.append({tables.whole(store.row(row)) for row in rows})
        begin += count
    return levels


@pytest.mark.parametrize(
    "scope",
    [*SMALL, *(pytest.param(scope, marks=pytest.mark.deep) for scope in MEDIUM)],
    ids=lambda scope: scope.name,
)
def test_the_engines_find_what_the_oracle_finds(scope: MeshScope) -> None:
    judged = reference_bfs.explore(scope)
    assert judged.verdict is Verdict.HOLDS
    expected = levels_of(judged)
    for engine in Engine:
        if engine.is_installed:
            assert levels_by(engine, scope, UNBOUNDED) == expected
    whole = StateGraph(scope.actors)
    assert len(whole.targets) == judged.transitions


@pytest.mark.parametrize("scope", LARGE, ids=lambda scope: scope.name)
def test_the_engines_begin_as_the_oracle_does(scope: MeshScope) -> None:
    """The last level is left out: each is in the midst of it when it stops."""
    expected = levels_of(reference_bfs.explore(scope, max_states=FIRST_COMPARED))[:-1]
    assert len(expected) >= 3
    for engine in Engine:
        if engine.is_installed:
            found = levels_by(engine, scope, FIRST_COMPARED)
            assert found[: len(expected)] == expected


def test_the_page_is_made_from_the_scopes() -> None:
    assert document(FIGURES) == WRITTEN
    assert list(FIGURES) == [scope.name for scope in (*DEFAULT, *DEEP)]
    assert len(SMALL) >= 8
    assert {"write", "read", "transfer", "split", "crash", "act", "drop"} <= {
        kind for scope in SMALL for kind in scope.kinds
    }


@deep
def test_a_deep_scope_holds_as_far_as_it_is_looked_at(scope: MeshScope) -> None:
    found = search.explore(scope.actors, max_states=FIRST_STATES)
    assert found.violation is None
    assert found.verdict is Verdict.INCOMPLETE
    assert found.states == FIRST_STATES


def test_names_are_unique() -> None:
    names = [scope.name for _, scope in SCOPES.list_all()]
    assert len(set(names)) == len(names)
    assert all(SCOPES.find(name).name == name for name in names)


def test_deep_scopes_are_listed_though_they_are_not_explored_unasked() -> None:
    names = [scope.name for scope in SCOPES.of_model("mesh")]
    expected = [scope.name for scope in DEFAULT]
    expected += [scope.name for scope in scopes.scopes()]
    expected += [scope.name for scope in DEEP]
    assert names == [*expected, *(scope.name for scope in scopes.deep())]
    assert SCOPES.of_model("literal-seed") == SCOPES.default["literal-seed"]


def test_what_is_explored_unasked_is_the_default() -> None:
    names = [scope.name for scope in SCOPES.default["mesh"]]
    assert names[: len(DEFAULT)] == [scope.name for scope in DEFAULT]
    assert names[len(DEFAULT) :] == [scope.name for scope in scopes.scopes()]
    assert tuple(SCOPES.default) == (
        "mesh",
        "liveness",
        "drift-exceeded",
        "literal-seed",
        "plain-raft",
    )


@every
def test_a_scope_says_what_it_covers_in_a_sentence(scope: MeshScope) -> None:
    assert scope.summary[0].isupper()
    assert scope.summary.endswith(".")


@every
def test_a_scope_checks_every_invariant(scope: MeshScope) -> None:
    mesh = mesh_of(scope)
    always = [each for each in mesh.claims if each.kind is Kind.ALWAYS]
    assert always == list(ALWAYS)
    assert mesh.sometimes
    assert [each.id for each in mesh.claims[len(ALWAYS) :]] == [*mesh.sometimes]
    said = [(each.id, each.name, each.kind) for each in scope.properties]
    assert said == [(each.id, each.name, each.kind) for each in mesh.claims]


def test_every_sometimes_is_reached_in_some_default_scope() -> None:
    asked = {name for scope in DEFAULT for name in mesh_of(scope).sometimes}
    assert asked == set(SOMETIMES)


@every
def test_bounds_name_all_that_the_shape_limits(scope: MeshScope) -> None:
    shape, bounds = mesh_of(scope).shape, dict(scope.bounds)
    assert bounds.pop("electors") == len(shape.electors)
    assert bounds.pop("workers", 0) == len(shape.workers)
    assert bounds.pop("terms") == shape.terms
    assert bounds.pop("network") == shape.network
    assert bounds.pop("begins") == shape.begins
    assert bounds.pop("batch") == BATCH
    assert bounds.pop("copies", COPIES) == COPIES
    assert bounds.pop("joiners", 0) == len(shape.joiners)
    assert bounds.pop("asked", "") == ", ".join(shape.changes)
    for name in ("impatient", "crashers", "clients_at", "snapshots_at", "down"):
        who = " ".join(getattr(shape, name))
        assert bounds.pop(name.replace("_", " "), "") == who
    for budget in fields(Budgets):
        assert bounds.pop(budget.name, 0) == getattr(shape.budgets, budget.name)
    assert bool(bounds.pop("intruders", "")) == shape.intruders
    assert bounds == {}


def test_a_shape_has_no_other_limits() -> None:
    assert [field.name for field in fields(Shape)] == [
        "electors",
        "workers",
        "terms",
        "budgets",
        "network",
        "begins",
        "impatient",
        "crashers",
        "clients_at",
        "snapshots_at",
        "joiners",
        "changes",
        "down",
        "intruders",
    ]


def test_bounds_are_said_in_the_order_in_which_people_ask() -> None:
    assert dict(SCOPES.find("follower-reads").bounds) == {
        "electors": 3,
        "terms": 1,
        "rounds": 1,
        "writes": 1,
        "reads": 1,
        "network": "set",
        "batch": 2,
        "begins": "elected",
        "impatient": "b",
        "clients at": "a c",
    }


@every
def test_a_budget_promises_its_kinds(scope: MeshScope) -> None:
    budgets = mesh_of(scope).shape.budgets
    promised = {
        "write": budgets.writes,
        "read": budgets.reads,
        "pause": budgets.effects,
        "act": budgets.effects,
        "crash": budgets.crashes,
        "restart": budgets.crashes,
        "split": budgets.partitions,
        "heal": budgets.partitions,
        "transfer": budgets.transfers,
        "change": budgets.changes,
        "snapshot": budgets.snapshots,
        "deliver Install": budgets.snapshots,
        "drop": budgets.drops,
        "duplicate": budgets.duplicates,
        "elapse heartbeat": budgets.rounds,
    }
    for kind, budget in promised.items():
        assert (kind in scope.kinds) == bool(budget)
    assert len(set(scope.kinds)) == len(scope.kinds)


def test_default_scopes_refuse_a_change_for_every_reason() -> None:
    promised = {reason for scope in DEFAULT for reason in mesh_of(scope).refusals}
    assert promised == {
        Reason.NO_LEADER,
        Reason.NOT_LEADER,
        Reason.CHANGING,
        Reason.TERM_NOT_COMMITTED,
        Reason.NO_SUCH_CHANGE,
        Reason.NOT_CAUGHT_UP,
        Reason.TRANSFERRING,
    }


def test_default_scopes_meet_snapshots_in_every_way() -> None:
    promised = {manner for scope in DEFAULT for manner in mesh_of(scope).manners}
    assert promised == {BELOW, CONFLICT, IGNORED, KEPT, KNOWN, RESENT, STALE}


MADE_BY_A_RUNTIME = {"Forward", "ForwardReply"}
"""No scope has clients that forward; the simulation and the proofs have them."""


def test_default_scopes_promise_every_kind_of_action() -> None:
    promised = {kind for scope in DEFAULT for kind in scope.kinds}
    kinds = {kind.__name__ for kind in get_args(Packet)} - MADE_BY_A_RUNTIME
    assert promised >= {f"deliver {kind}" for kind in kinds}
