"""The plain Raft in Promela has the states of the one in Python, and the same steps.

Spin counts the entry into the first state as a transition; `Spun` does not.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from primacy_model.baselines.plain_raft import PlainRaft
from primacy_model.bench.engines import FLAGS, Size, missing, promela_source, spin
from primacy_model.checker import reference_bfs
from primacy_model.checker.actors import Assembled
from primacy_model.engines.search import Engine, explore

needs_spin = pytest.mark.skipif(
    missing() is not None, reason=f"{missing()} is not installed"
)


@needs_spin
@pytest.mark.parametrize(("agents", "terms"), [(3, 2), (5, 1), (3, 3)])
def test_spin_stores_the_states_that_the_engines_find(
    agents: int, terms: int, tmp_path: Path
) -> None:
    found = explore(PlainRaft(agents, terms), Engine.MEMO)
    spun = spin(Size(agents, terms), tmp_path)
    assert spun.states == found.states
    assert spun.errors == 0


@needs_spin
def test_spin_takes_each_step_that_leads_elsewhere(tmp_path: Path) -> None:
    graph = reference_bfs.explore(Assembled(PlainRaft(3, 2))).graph
    edges = {(before, after) for before, after in graph.edges() if before != after}
    assert spin(Size(3, 2), tmp_path).transitions == len(edges)


@needs_spin
def test_spin_finds_two_leaders_where_half_the_votes_suffice(tmp_path: Path) -> None:
    lax = promela_source().replace("2 * COUNTED(i) > N", "2 * COUNTED(i) >= N")
    assert spin(Size(4, 1), tmp_path, lax).errors == 1
    assert spin(Size(4, 1), tmp_path).errors == 0


def test_the_twin_says_how_it_is_run() -> None:
    for flag in ("-DN=", "-DT=", *FLAGS):
        assert re.search(rf"^   (spin|cc) .*{flag}", promela_source(), re.MULTILINE)
