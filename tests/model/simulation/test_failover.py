"""What the plots show was measured by this code, of two protocols under one network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from primacy.role import Role
from primacy_model.simulation import raft_baseline
from primacy_model.simulation.failover import (
    PROTOCOLS,
    SIZES,
    measure,
    quantiles,
    rows,
)
from primacy_model.simulation.phases import WITHIN
from primacy_model.simulation.plots import PLOTS, draw_all, main, table
from primacy_model.simulation.raft_baseline import (
    BaselineAgent,
    BaselineKind,
    BaselinePacket,
    on_said,
    on_timeout,
)

FIGURES: Final = Path(__file__).parents[3] / "docs" / "figures"
RUNS: Final = 40


def test_the_published_figures_are_those_that_this_code_measures() -> None:
    published = json.loads((FIGURES / "failover.json").read_text(encoding="utf-8"))
    again = list(rows((3, 5), RUNS))
    assert json.loads(json.dumps(again)) == published[: len(again)]
    assert [row["agents"] for row in published[::4]] == list(SIZES)
    assert {row["runs"] for row in published} == {RUNS}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_new_leader_comes_after_a_promise_at_the_earliest(protocol: str) -> None:
    election_us = 300_000
    for seed in range(5):
        boot, failover = measure(protocol, 3, seed)
        assert election_us < boot.us < 20 * election_us
        assert election_us // 2 < failover.us < 20 * election_us
        assert boot.stood >= boot.at_once >= 1
        assert failover.packets > 0


def test_in_the_first_election_one_stands_alone() -> None:
    boot, _ = measure("primacy", 11, 0)
    assert (boot.at_once, boot.stood) == (1, 1)


def test_quantiles_are_found_values() -> None:
    assert quantiles(range(101)) == {"p50": 50, "p90": 90, "p99": 99, "max": 100}
    assert quantiles([4]) == {"p50": 4, "p90": 4, "p99": 4, "max": 4}


def test_the_table_of_the_document_is_made_of_the_published_figures() -> None:
    published = json.loads((FIGURES / "failover.json").read_text(encoding="utf-8"))
    document = (FIGURES.parent / "simulation.md").read_text(encoding="utf-8")
    assert table(published) in document
    assert f"within {WITHIN} election timeouts" in document


# --- the baseline ---------------------------------------------------------------------


def test_a_candidate_leads_with_a_majority_and_not_before() -> None:
    standing = on_timeout(BaselineAgent(0, 5)).agent
    assert (standing.role, standing.term, standing.vote) == (Role.CANDIDATE, 1, 0)
    one = on_said(standing, BaselinePacket(BaselineKind.GRANT, 1, 1)).agent
    assert one.role is Role.CANDIDATE
    assert (
        on_said(one, BaselinePacket(BaselineKind.GRANT, 1, 1)).agent.role
        is Role.CANDIDATE
    )
    assert (
        on_said(one, BaselinePacket(BaselineKind.GRANT, 1, 2)).agent.role is Role.LEADER
    )


def test_a_voter_votes_once_a_term_and_refuses_older_ones() -> None:
    voted = on_said(BaselineAgent(0, 3), BaselinePacket(BaselineKind.ASK, 2, 1))
    assert voted.said == BaselinePacket(BaselineKind.GRANT, 2, 0)
    assert voted.is_rearmed
    again = on_said(voted.agent, BaselinePacket(BaselineKind.ASK, 2, 2))
    assert (again.said, again.is_rearmed) == (
        BaselinePacket(BaselineKind.REFUSE, 2, 0),
        False,
    )
    assert (
        on_said(voted.agent, BaselinePacket(BaselineKind.ASK, 1, 1)).said == again.said
    )


def test_a_leader_of_an_older_term_steps_down() -> None:
    leader = BaselineAgent(0, 3, 1, Role.LEADER, 0, frozenset({0, 1}))
    after = on_said(leader, BaselinePacket(BaselineKind.HEARTBEAT, 2, 1)).agent
    assert (after.role, after.term, after.vote) == (Role.FOLLOWER, 2, -1)
    assert on_timeout(leader) == raft_baseline.Reaction(leader)


# --- the plots ------------------------------------------------------------------------


def test_plots_have_the_same_bytes_twice_and_no_date(tmp_path: Path) -> None:
    found = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        text = json.dumps(list(rows((3, 5), 2)))
        (folder / "failover.json").write_text(text, encoding="utf-8")
        draw_all(folder)
        pictures = sorted(folder.glob("*.svg"))
        assert len(pictures) == len(PLOTS)
        found.append([each.read_text(encoding="utf-8") for each in pictures])
    assert found[0] == found[1]
    assert not any("<dc:date>" in text for text in found[0])


def test_a_folder_without_figures_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path)])
    assert "failover.json: no such file" in capsys.readouterr().err
