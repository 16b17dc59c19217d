"""The scopes hold, and their counts of states are pinned.

A count changes when core, the world or a scope does. Then find out why, and write the
new figures down on purpose: `primacy check` prints them.
"""

from __future__ import annotations

from dataclasses import fields

import pytest

from primacy_model.model import Kind
from primacy_model.oracle import Verdict, explore
from primacy_model.properties import ALWAYS, SOMETIMES
from primacy_model.scopes import (
    DEEP,
    DEFAULT,
    MODELS,
    MeshScope,
    default,
    find,
    listed,
    named,
)
from primacy_model.shape import BATCH, Shape
from primacy_model.world import COPIES, Budgets

PINNED = {
    "initial-election": (6_326, 74_848, 18),
    "initial-election-pair": (11_759, 110_287, 27),
    "regular-election": (5_730, 47_610, 20),
    "replication": (14_308, 177_110, 24),
    "reads": (25_698, 310_079, 24),
    "follower-reads": (10_604, 79_152, 15),
    "fencing": (3_092, 28_832, 18),
    "partition": (7_900, 61_329, 21),
    "partition-write": (28_060, 247_322, 26),
    "worker": (369, 3_405, 17),
    "worker-reads": (4_740, 33_652, 15),
    "transfer": (7_470, 74_465, 21),
    "lossy-network": (36_343, 230_222, 22),
}
"""For each default scope: states, transitions, depth."""

FIRST_STATES = 3_000

defaults = pytest.mark.parametrize("scope", DEFAULT, ids=lambda scope: scope.name)
deep = pytest.mark.parametrize("scope", DEEP, ids=lambda scope: scope.name)
every = pytest.mark.parametrize(
    "scope", [*DEFAULT, *DEEP], ids=lambda scope: scope.name
)


@defaults
def test_a_default_scope_holds_with_the_pinned_figures(scope: MeshScope) -> None:
    found = explore(scope)
    assert found.violation is None
    assert found.never_fired == ()
    assert found.unreached == ()
    assert found.verdict is Verdict.HOLDS
    assert [witness.claim.id for witness in found.witnesses] == list(scope.sometimes)
    assert all(found.kinds[kind] for kind in scope.kinds)
    assert (found.states, found.transitions, found.depth) == PINNED[scope.name]


def test_every_default_scope_is_pinned_in_its_order() -> None:
    assert list(PINNED) == [scope.name for scope in DEFAULT]


@deep
def test_a_deep_scope_holds_as_far_as_it_is_looked_at(scope: MeshScope) -> None:
    found = explore(scope, max_states=FIRST_STATES)
    assert found.violation is None
    assert found.verdict is Verdict.INCOMPLETE
    assert found.states == FIRST_STATES


def test_names_are_unique() -> None:
    names = [scope.name for scope in (*DEFAULT, *DEEP)]
    for model in MODELS[1:]:
        names += [scope.name for scope in default(model)]
    assert len(set(names)) == len(names)
    assert set(named()) == set(names)
    assert all(find(name).name == name for name in names)


def test_deep_scopes_are_listed_though_they_are_not_explored_unasked() -> None:
    names = [scope.name for scope in listed("mesh")]
    assert names == [scope.name for scope in (*DEFAULT, *DEEP)]
    assert listed("literal-seed") == default("literal-seed")


def test_what_is_explored_unasked_is_the_default() -> None:
    assert [scope.name for scope in default("mesh")] == list(PINNED)
    assert MODELS == ("mesh", "literal-seed", "plain-raft")


@every
def test_a_scope_says_what_it_covers_in_a_sentence(scope: MeshScope) -> None:
    assert scope.summary[0].isupper()
    assert scope.summary.endswith(".")


@every
def test_a_scope_checks_every_invariant(scope: MeshScope) -> None:
    always = [each for each in scope.properties if each.kind is Kind.ALWAYS]
    assert always == list(ALWAYS)
    assert scope.sometimes
    assert [each.id for each in scope.properties[len(ALWAYS) :]] == [*scope.sometimes]


def test_every_sometimes_is_reached_in_some_default_scope() -> None:
    asked = {name for scope in DEFAULT for name in scope.sometimes}
    assert asked == set(SOMETIMES)


@every
def test_bounds_name_all_that_the_shape_limits(scope: MeshScope) -> None:
    shape, bounds = scope.shape, dict(scope.bounds)
    assert bounds.pop("electors") == len(shape.electors)
    assert bounds.pop("workers", 0) == len(shape.workers)
    assert bounds.pop("terms") == shape.terms
    assert bounds.pop("network") == shape.network
    assert bounds.pop("begins") == shape.begins
    assert bounds.pop("batch") == BATCH
    assert bounds.pop("copies", COPIES) == COPIES
    for name in ("impatient", "crashers", "clients_at"):
        who = " ".join(getattr(shape, name))
        assert bounds.pop(name.replace("_", " "), "") == who
    for budget in fields(Budgets):
        assert bounds.pop(budget.name, 0) == getattr(shape.budgets, budget.name)
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
    ]


def test_bounds_are_said_in_the_order_in_which_people_ask() -> None:
    assert dict(find("follower-reads").bounds) == {
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
    budgets = scope.shape.budgets
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
        "drop": budgets.drops,
        "duplicate": budgets.duplicates,
        "elapse heartbeat": budgets.rounds,
    }
    for kind, budget in promised.items():
        assert (kind in scope.kinds) == bool(budget)
    assert len(set(scope.kinds)) == len(scope.kinds)


def test_default_scopes_promise_every_kind_of_action() -> None:
    promised = {kind for scope in DEFAULT for kind in scope.kinds}
    assert promised >= {
        f"deliver {packet}"
        for packet in (
            "Append",
            "AppendReply",
            "Claim",
            "Heartbeat",
            "HeartbeatReply",
            "PreVoteReply",
            "PreVoteRequest",
            "ReadIndexReply",
            "ReadIndexRequest",
            "TransferNow",
            "VoteReply",
            "VoteRequest",
        )
    }
