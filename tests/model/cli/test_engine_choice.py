"""`primacy check --engine`: who explores what, and what is refused."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from primacy_model.baselines.plain_raft import PlainRaft, RaftAgent, RaftMessage
from primacy_model.checker.limits import Limit
from primacy_model.checker.reference_bfs import Progress
from primacy_model.cli import commands
from primacy_model.engines import search
from primacy_model.engines.bfs import SearchResult
from primacy_model.engines.search import Engine

INSTALLED = [engine.value for engine in Engine if engine.is_installed]


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["check", *arguments])


@pytest.mark.parametrize("engine", ["oracle", *INSTALLED])
def test_every_engine_tells_the_same(engine: str, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    found = check("plain-raft-3x2", "--engine", engine, "--json", str(file))
    assert found.exit_code == 0, found.output
    (scope,) = json.loads(file.read_text(encoding="utf-8"))["scopes"]
    assert scope["states"] == 5_963
    assert scope["depth"] == 13
    assert scope["verdict"] == "holds"
    assert "elected: a leader is elected      5" in found.output


@pytest.mark.parametrize("engine", INSTALLED)
def test_a_bound_is_said(engine: str) -> None:
    found = check("plain-raft-3x2", "--engine", engine, "--max-states", "500")
    assert found.exit_code == 3
    assert "stopped at the bound of 500 states" in found.output


def test_the_best_engine_is_taken_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Engine | None] = []

    def noting(
        actors: PlainRaft,
        engine: Engine | None,
        *,
        prunes: bool,
        forgets: bool,
        symmetric: bool,
        max_states: int | None,
        progress: Progress | None,
        limit: Limit,
        save: Path | None,
        resume: Path | None,
    ) -> SearchResult[RaftAgent, RaftMessage, None, None]:
        taken.append(engine)
        assert (prunes, forgets, max_states) == (True, True, None)
        assert (symmetric, save, resume) == (False, None, None)
        return explore(actors, engine, progress=progress, limit=limit)

    explore = search.explore
    monkeypatch.setattr(search, "best", lambda: Engine.MEMO)
    monkeypatch.setattr(search, "explore", noting)
    assert check("plain-raft-3x2").exit_code == 0
    assert taken == [Engine.MEMO]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("literal-seed-partition", "--engine", "memo"),
            "partition is no world of actors: only the oracle explores it.",
        ),
        (("plain-raft-3x2", "--engine", "fast"), "'fast' is not one of"),
        (
            ("plain-raft-3x2", "--engine", "memo", "--graph", "graphs"),
            "--graph shows the graph of the oracle, not of the engine memo.",
        ),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    found = check(*arguments)
    assert found.exit_code == 2
    assert said in " ".join(found.output.split())
