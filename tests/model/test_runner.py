"""Scopes are explored one after the other or several at a time: the same is found."""

import json
import pickle
import signal
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from primacy_model import runner
from primacy_model.checker.limits import Limits, never_limited
from primacy_model.checker.model import Scope
from primacy_model.checker.reference_bfs import Verdict
from primacy_model.cli import check as cli_check
from primacy_model.cli import commands
from primacy_model.runner import (
    REDUCTIONS,
    ExploreOptions,
    explore_scope,
    explore_scopes,
    prepare,
)
from primacy_model.scopes import SCOPES


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["check", *arguments])


def found_by(jobs: int, file: Path, *arguments: str) -> tuple[int, object]:
    result = check(*arguments, "--jobs", str(jobs), "--json", str(file))
    found = json.loads(file.read_text(encoding="utf-8"))
    for scope in found["scopes"]:
        del scope["seconds"]
    return result.exit_code, found


@pytest.mark.parametrize(
    "arguments",
    [
        ("fencing", "worker", "plain-raft-3x2"),
        ("--model", "literal-seed"),
        ("fencing", "worker", "--max-states", "500"),
        ("fencing", "worker", "--engine", "oracle"),
    ],
)
def test_two_jobs_find_what_one_finds(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one, two = (found_by(n, tmp_path / f"{n}.json", *arguments) for n in (1, 2))
    assert one == two


def test_two_jobs_show_what_one_shows() -> None:
    one, two = (
        [
            line.split()
            for line in check("fencing", "worker", "--jobs", n).output.splitlines()
        ]
        for n in ("1", "2")
    )
    rests = [[words for words in shown if "s" not in words] for shown in (one, two)]
    assert rests[0] == rests[1]
    assert len(rests[0]) > 20


def test_scopes_are_told_in_their_order_whoever_is_done_first() -> None:
    scopes = [SCOPES.find(name) for name in ("fencing", "worker")]
    told = list(
        explore_scopes(scopes, ExploreOptions("memo", jobs=2), Limits(None, None))
    )
    assert [found.model for _, found in told] == ["fencing", "worker"]


def test_after_an_interruption_scopes_that_had_not_begun_are_not_told() -> None:
    class Interrupted(Limits):
        is_interrupted = True

        def __init__(self) -> None:
            super().__init__(None, None)
            self.is_interrupted = True

    scopes = SCOPES.default["mesh"][:10]
    told = list(explore_scopes(scopes, ExploreOptions("memo", jobs=2), Interrupted()))
    assert len(told) <= 5  # a process takes some before it is asked to stop


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_reduction_can_be_left_out(reduction: str) -> None:
    whole = ExploreOptions("memo", without=frozenset({reduction}))
    found, least = (
        explore_scope(prepare(SCOPES.find("worker"), options), options, never_limited)
        for options in (whole, ExploreOptions("memo"))
    )
    assert found.verdict is least.verdict is Verdict.HOLDS
    assert found.depth >= least.depth
    if reduction == "obsolete":
        assert found.states > least.states
    else:
        assert found.states == least.states
        assert found.transitions > least.transitions
    exhaustive = replace(whole, engine="oracle")
    scope = prepare(SCOPES.find("worker"), exhaustive)
    oracle = explore_scope(scope, exhaustive, never_limited)
    assert oracle.states == found.states


def test_the_command_says_which_reductions_were_left_out() -> None:
    result = check("worker", "--without", "commuting", "--without", "obsolete")
    last = result.output.splitlines()[-1]
    assert last == (
        "again: primacy check worker --without obsolete --without commuting"
    )


def test_deep_scopes_come_with_the_default_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[str] = []

    def note(scopes: Sequence[Scope[Hashable]], *_: object) -> list[object]:
        given.extend(scope.name for scope in scopes)
        return []

    monkeypatch.setattr(cli_check, "explore_scopes", note)
    assert check("--deep").exit_code == 0
    assert given == [scope.name for scope in SCOPES.of_model("mesh")]
    assert "either scopes or --deep can be given" in check("worker", "--deep").output
    assert check("worker", "--deep").exit_code == 2


@pytest.mark.parametrize(
    "name", [scope.name for _, scope in SCOPES.list_all() if "deep" not in scope.name]
)
def test_a_scope_can_be_sent_to_a_process(name: str) -> None:
    scope = SCOPES.find(name)
    assert scope.properties  # what was looked up before may not be in the way
    other = pickle.loads(pickle.dumps(scope))  # noqa: S301 - our own
    assert (other.name, other.bounds) == (scope.name, scope.bounds)
    (ours,), (theirs,) = scope.initial(), other.initial()
    assert ours == theirs
    assert list(scope.actions(ours)) == list(other.actions(theirs))


def test_a_process_leaves_interruptions_to_the_limits() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        runner._ignore_interruptions()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
