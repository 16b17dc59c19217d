"""The timed scopes hold, their counts are pinned, and one millisecond breaks them.

A count changes when core, the world or a scope does. Then find out why, and write the
new figures down on purpose, here and in docs/timed.md.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from primacy.config import ConfigError, longest_lease_ms
from primacy_model.checker.model import Kind
from primacy_model.checker.reference_bfs import Verdict
from primacy_model.checker.reference_bfs import explore as explore_plainly
from primacy_model.checker.trace import Violation
from primacy_model.engines.bfs import SearchResult
from primacy_model.engines.search import Engine, explore
from primacy_model.mesh.agent import InFlight
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.history import History
from primacy_model.mesh.properties import ALWAYS
from primacy_model.reporting.transcript import render_transcript
from primacy_model.timed.actions import TimeCourse
from primacy_model.timed.clocks import (
    DRIFT_PPM,
    ELECTION_MS,
    LEASE_MS,
    OFF_MS,
    SLOT_MS,
    SPAN,
    Clocked,
)
from primacy_model.timed.model import TimedMesh, TimedWorld
from primacy_model.timed.scopes import TimedScope, deep, negative_controls, scopes
from tests.support.timed_figures import PINNED

PAGE = (Path(__file__).parents[3] / "docs" / "timed.md").read_text(encoding="utf-8")


DEEP = {
    "lease-quarantine-deep": (3_548_681, 74),
    "lease-terms-deep": (8_326_920, 126),
    "lease-read-deep": (12_544_771, 87),
    "change-lease-deep": (638_142, 103),
}
"""The same for those that are explored when they are named."""

VIOLATED = {"drift-exceeded": ("S11", 31), "drift-exceeded-read": ("S10", 31)}
"""For each negative control: what is violated, and the moves of a shortest run."""

LARGE = ("lease-terms-deep", "lease-read-deep")
"""Explored to their end by `make deep` only."""

FIRST_STATES = 20_000


def tried() -> list[object]:
    return [
        pytest.param(scope, marks=[pytest.mark.deep] if scope.name in LARGE else [])
        for scope in deep()
    ]


every = pytest.mark.parametrize("scope", scopes(), ids=lambda scope: scope.name)
deeper = pytest.mark.parametrize("scope", deep(), ids=lambda scope: scope.name)
beyond = pytest.mark.parametrize(
    "scope", negative_controls(), ids=lambda scope: scope.name
)
listed = pytest.mark.parametrize(
    "scope", [*scopes(), *deep(), *negative_controls()], ids=lambda scope: scope.name
)

Explored = SearchResult[Clocked, InFlight, TimeCourse, History]


@cache
def found_in(name: str) -> Explored:
    (scope,) = (each for each in (*scopes(), *negative_controls()) if each.name == name)
    return explore(scope.actors)


@cache
def drift_exceeded() -> Violation[TimedWorld]:
    """Find a shortest run in which S11 is violated; engines may choose among them."""
    (scope, _) = negative_controls()
    violation = explore_plainly(scope).violation
    assert violation is not None
    return violation


# --- what is found --------------------------------------------------------------------


@every
def test_a_scope_holds_with_the_pinned_figures(scope: TimedScope) -> None:
    found = found_in(scope.name)
    assert found.violation is None
    assert found.never_fired == ()
    assert found.unreached == ()
    assert found.verdict is Verdict.HOLDS
    assert (found.states, len(found.levels) - 1) == PINNED[scope.name]


@pytest.mark.skipif(not Engine.NUMBA.is_installed, reason="too many states")
@pytest.mark.parametrize("scope", tried(), ids=lambda scope: scope.name)
def test_a_deep_scope_holds_with_the_pinned_figures(scope: TimedScope) -> None:
    found = explore(scope.actors, Engine.NUMBA)
    assert found.verdict is Verdict.HOLDS
    assert (found.states, len(found.levels) - 1) == DEEP[scope.name]


@deeper
def test_a_deep_scope_holds_at_its_beginning(scope: TimedScope) -> None:
    found = explore(scope.actors, max_states=FIRST_STATES)
    assert found.violation is None
    assert found.is_bounded


@beyond
def test_one_millisecond_beyond_the_drift_breaks_a_guarantee(scope: TimedScope) -> None:
    violation = found_in(scope.name).violation
    assert violation is not None
    assert (violation.claim.id, len(violation.trace.steps)) == VIOLATED[scope.name]
    steps = [(step.action.column, step.action.label) for step in violation.trace.steps]
    for name in "abc":
        slots = [label for column, label in steps if column == name and "slot" in label]
        lost = [label for label in slots if label == "slot: clock +6, timers +9 ms"]
        assert len(slots) == SPAN
        assert len(lost) == (name == "a")


@beyond
def test_the_bound_of_a_negative_control_is_all_that_is_wrong_with_it(
    scope: TimedScope,
) -> None:
    mesh = scope.actors
    assert isinstance(mesh, TimedMesh)
    kept = TimedMesh("kept", "Kept.", mesh.shape, says_more=False)
    assert explore(kept).violation is None
    assert {**kept.bounds, "ms beyond the drift": 1} == mesh.bounds


def test_the_oracle_finds_the_same() -> None:
    mesh = TimedMesh("small", "Small.", Shape(begins="elected", terms=2))
    fast, plain = explore(mesh), explore_plainly(TimedScope(mesh))
    assert (fast.states, len(fast.levels) - 1) == (plain.states, plain.depth)
    assert fast.verdict is plain.verdict


def test_the_oracle_finds_the_same_violation() -> None:
    violation = drift_exceeded()
    assert (violation.claim.id, len(violation.trace.steps)) == ("S11", 31)


# --- what is explored -----------------------------------------------------------------


def test_scopes_and_negative_controls_have_names_of_their_own() -> None:
    assert [scope.name for scope in scopes()] == list(PINNED)
    assert [scope.name for scope in deep()] == list(DEEP)
    assert [scope.name for scope in negative_controls()] == list(VIOLATED)
    names = [scope.name for scope in (*scopes(), *deep(), *negative_controls())]
    assert len(set(names)) == len(names)


@listed
def test_a_scope_says_what_it_covers_in_a_sentence(scope: TimedScope) -> None:
    assert scope.summary[0].isupper()
    assert scope.summary.endswith(".")
    assert len(scope.summary) < 80


@listed
def test_a_scope_checks_every_invariant_and_one_lease(scope: TimedScope) -> None:
    always = [each.id for each in scope.properties if each.kind is Kind.ALWAYS]
    more = [] if scope.name in VIOLATED else ["lease-alone", "lease-bound"]
    assert always == ["S11", *more, *(claim.id for claim in ALWAYS)]


@listed
def test_a_scope_names_its_clocks_among_its_bounds(scope: TimedScope) -> None:
    bounds = dict(scope.bounds)
    assert bounds["attempts"] == 1
    assert bounds["slot ms"] == 8
    assert bounds["drift ppm"] == 125_000
    assert bounds["election timeout ms"] == 63
    assert bounds["lease ms"] == 49
    one_clock = "clock +7 ms; clock +8 ms; clock +9 ms"
    worst = "clock +7, timers +9 ms"
    assert bounds["in a slot"] == (one_clock if "clocks" in scope.name else worst)
    assert ("ms beyond the drift" in bounds) == (scope.name in VIOLATED)


@listed
def test_kinds_are_those_of_leases(scope: TimedScope) -> None:
    assert isinstance(scope.actors, TimedMesh)
    budgets = scope.actors.shape.budgets
    assert "tick" in scope.kinds
    assert ("lease read" in scope.kinds) == bool(budgets.reads)
    assert not {"read", "deliver ReadIndexRequest"} & set(scope.kinds)
    assert ("restart" in scope.kinds) == bool(budgets.crashes)
    assert ("transfer" in scope.kinds) == bool(budgets.transfers)
    assert ("change" in scope.kinds) == bool(budgets.changes)


# --- the margin -----------------------------------------------------------------------


def test_the_lease_is_the_longest_that_is_allowed() -> None:
    (config, *_) = TimedMesh("x", "X.", Shape()).configs
    assert (config.lease_ms, config.clock_drift_ppm) == (LEASE_MS, DRIFT_PPM)
    assert config.election_timeout_ms == ELECTION_MS
    assert longest_lease_ms(ELECTION_MS, DRIFT_PPM) == LEASE_MS
    with pytest.raises(ConfigError, match="lease_ms must be at most 49"):
        replace(config, lease_ms=LEASE_MS + 1)
    with pytest.raises(ConfigError, match="lease_ms must be at most 48"):
        replace(config, clock_drift_ppm=DRIFT_PPM + 1)


def test_both_ends_of_the_margin_meet_at_the_end_of_a_slot() -> None:
    assert SPAN * (SLOT_MS - OFF_MS) == LEASE_MS
    assert SPAN * (SLOT_MS + OFF_MS) == ELECTION_MS
    assert OFF_MS * 1_000_000 == SLOT_MS * DRIFT_PPM
    assert LEASE_MS > 6 * SLOT_MS


# --- the page -------------------------------------------------------------------------


def rows(heading: str) -> dict[str, list[str]]:
    """Read a table of the page: by its first cell, the other ones."""
    _, _, rest = PAGE.partition(f"\n## {heading}\n")
    body = rest.partition("\n## ")[0]
    lines = re.findall(r"^\| (.*) \|$", body, re.MULTILINE)[1:]
    cells = [line.split(" | ") for line in lines]
    return {name: others for name, *others in cells}


def test_the_page_shows_the_figures() -> None:
    shown = rows("What is explored")
    for scope in (*scopes(), *deep()):
        states, depth = (PINNED | DEEP)[scope.name]
        assert shown.pop(scope.name) == [scope.summary, f"{states:,}", str(depth)]
    assert shown == {}


def test_the_page_shows_what_is_violated() -> None:
    shown = rows("One millisecond too much")
    for scope in negative_controls():
        name, depth = VIOLATED[scope.name]
        assert shown.pop(scope.name) == [scope.summary, name, str(depth)]
    assert shown == {}


def test_the_page_shows_the_run_that_violates_s11() -> None:
    (block,) = re.findall(r"^```text\n(.*?)\n```$", PAGE, re.DOTALL | re.MULTILINE)
    assert block == render_transcript(drift_exceeded()).rstrip("\n")
