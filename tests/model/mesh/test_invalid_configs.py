"""Core takes exactly the small configurations that the clauses allow."""

from __future__ import annotations

import pytest

from primacy_model.mesh import invalid_configs as room
from primacy_model.mesh.invalid_configs import (
    MILLION,
    RawConfig,
    fault,
    misjudged_clause,
    small_configs,
)
from tests.support.traceability import SPECIFICATION, clauses

EVERY = tuple(small_configs())


def test_core_misjudges_no_small_configuration() -> None:
    assert room.first_misjudged(EVERY) == (len(EVERY), "")


def test_each_clause_is_broken_by_some_and_some_are_sound() -> None:
    named = {each for each in clauses(SPECIFICATION) if each.startswith("config.")}
    broken = {fault(given) for given in EVERY}
    assert broken == (named - {"config.identity", "config.even-electorate"}) | {""}


@pytest.mark.parametrize(
    ("given", "clause"),
    [
        (RawConfig(), ""),
        (RawConfig(lease=9, drift=50_000), ""),
        (RawConfig(lease=10, drift=1), "config.lease"),
        (RawConfig(lease=1), "config.drift"),
        (RawConfig(drift=MILLION), "config.drift"),
        (RawConfig(workers=("a",)), "config.one-part"),
        (RawConfig(electors=("a", "a")), "config.unique"),
        (RawConfig(agent="z"), ""),
        (RawConfig(mesh=""), "config.names"),
        (RawConfig(election=5), "config.timeouts"),
        (RawConfig(batch=0), "config.counts"),
    ],
)
def test_what_is_unsound_is_told_by_its_clause(given: RawConfig, clause: str) -> None:
    assert fault(given) == clause


@pytest.mark.parametrize(
    ("given", "taken", "told"),
    [
        (RawConfig(lease=1), RawConfig(), "config.drift"),
        (RawConfig(), RawConfig(lease=1), "config"),
        (RawConfig(electors=("a", "b")), RawConfig(), "config.even-electorate"),
    ],
)
def test_a_core_that_takes_one_for_another_is_caught(
    monkeypatch: pytest.MonkeyPatch, given: RawConfig, taken: RawConfig, told: str
) -> None:
    made = room.make_config
    monkeypatch.setattr(
        room, "make_config", lambda asked: made(taken if asked == given else asked)
    )
    assert misjudged_clause(given) == told


def test_an_identity_without_the_electors_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = room.make_config
    monkeypatch.setattr(room, "make_config", lambda _: made(RawConfig()))
    assert misjudged_clause(RawConfig()) == "config.identity"
