"""Scopes are explored one after the other or abreast, with the same findings."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from primacy_model import runner
from primacy_model.checker.limits import Limits, never_limited
from primacy_model.checker.reference_bfs import Verdict
from primacy_model.cli import check as cli_check
from primacy_model.cli import commands
from primacy_model.engines.search import Engine
from primacy_model.runner import REDUCTIONS, ExploreOptions, explore, explore_parallel
from primacy_model.scopes import default, find


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["check", *arguments])


def found_by(workers: int, file: Path, *arguments: str) -> tuple[int, object]:
    result = check(*arguments, "--workers", str(workers), "--json", str(file))
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
def test_two_workers_find_what_one_finds(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one, two = (found_by(n, tmp_path / f"{n}.json", *arguments) for n in (1, 2))
    assert one == two


def test_two_workers_show_what_one_shows() -> None:
    one, two = (
        [
            line.split()
            for line in check("fencing", "worker", "--workers", n).output.splitlines()
        ]
        for n in ("1", "2")
    )
    rests = [[words for words in shown if "s" not in words] for shown in (one, two)]
    assert rests[0] == rests[1]
    assert len(rests[0]) > 20


def test_scopes_are_told_in_their_order_whoever_is_done_first() -> None:
    scopes = [find(name) for name in ("fencing", "worker")]
    told = list(
        explore_parallel(scopes, ExploreOptions(Engine.MEMO), Limits(None, None), 2)
    )
    assert [found.model for _, found in told] == ["fencing", "worker"]


def test_after_an_interruption_scopes_that_had_not_begun_are_not_told() -> None:
    class Interrupted(Limits):
        is_interrupted = True

        def __init__(self) -> None:
            super().__init__(None, None)
            self.is_interrupted = True

    scopes = default("mesh")[:10]
    told = list(explore_parallel(scopes, ExploreOptions(Engine.MEMO), Interrupted(), 1))
    assert len(told) <= 4  # a process takes some before it is asked to stop


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_reduction_can_be_left_out(reduction: str) -> None:
    whole = ExploreOptions(Engine.MEMO, without=frozenset({reduction}))
    found, least = (
        explore(find("worker"), way, never_limited, None)
        for way in (whole, ExploreOptions(Engine.MEMO))
    )
    assert found.verdict is least.verdict is Verdict.HOLDS
    assert found.depth >= least.depth
    if reduction == "obsolete":
        assert found.states > least.states
    else:
        assert found.states == least.states
        assert found.transitions > least.transitions
    oracle = explore(find("worker"), replace(whole, engine=None), never_limited, None)
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
    explored_names = []

    def noting(scope: object, *_: object) -> object:
        explored_names.append(getattr(scope, "name", ""))
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_check, "explore", noting)
    assert check("--deep").exit_code == 130
    assert explored_names
    assert "either scopes or --deep can be given" in check("worker", "--deep").output
    assert check("worker", "--deep").exit_code == 2


def test_a_process_leaves_interruptions_to_the_limits() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        runner._ignore_interruptions()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
