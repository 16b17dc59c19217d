import io
import json
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from primacy_model.bench.engines import FULL, ORACLE, QUICK, BenchPlan, main, missing
from primacy_model.engines.search import Engine

MEASURED = (ORACLE, *(engine.value for engine in Engine if engine.is_installed))


@pytest.fixture(scope="module", name="printed")
def printed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            main(["--quick"])
    assert not err.getvalue()
    return folder / "bench.json", out.getvalue()


@pytest.fixture(scope="module", name="written")
def written_once(printed: tuple[Path, str]) -> Mapping[str, Any]:
    held = json.loads(printed[0].read_text())
    assert isinstance(held, dict)
    return held


@pytest.fixture(name="rows")
def all_rows(written: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rows = written["engines"]
    assert isinstance(rows, list)
    return rows


def test_the_oracle_and_each_engine_is_measured_at_each_size(
    rows: Sequence[Mapping[str, Any]],
) -> None:
    expected = [
        (name, size.agents, size.terms, prunes)
        for name in MEASURED
        for size in QUICK.sizes
        for prunes in (True, False)
        if (not prunes if name == ORACLE else prunes or size.is_twice)
    ]
    found = [
        (row["engine"], row["agents"], row["terms"], row["prunes"]) for row in rows
    ]
    assert found == expected


def test_a_row_has_its_figures(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        assert row["model"] == "plain-raft"
        assert row["states"] > 0
        assert row["cpu_seconds"] > 0
        assert row["bytes_per_state"] > 0
        assert (row["calls"] is None) == (row["engine"] == ORACLE)


def test_a_search_ends_at_its_bound_or_finds_all(
    rows: Sequence[Mapping[str, Any]],
) -> None:
    for row in rows:
        bound, whole = QUICK.bounds[row["engine"]], {3: 5_963, 5: 10_000_000}
        assert row["states"] == min(bound, whole[row["agents"]])
        assert row["is_bounded"] == (row["states"] == bound)


@pytest.mark.skipif(missing() is not None, reason=f"there is no {missing()}")
def test_spin_is_measured_beside_the_engines(written: Mapping[str, Any]) -> None:
    spun = written["spin"]
    assert spun["states"] == 5_963
    assert spun["cpu_seconds"] >= 0
    assert spun["megabytes"] > 0


def test_every_row_is_printed(
    printed: tuple[Path, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    head, *lines = printed[1].splitlines()
    assert head.startswith("engine")
    expected = [row["engine"] for row in rows]
    assert [line.split()[0] for line in lines[: len(rows)]] == expected
    assert lines[len(rows)].startswith("spin")


@pytest.mark.parametrize("plan", [FULL, QUICK])
def test_spin_searches_what_an_engine_searches_to_its_end(plan: BenchPlan) -> None:
    assert plan.spun in plan.sizes
    assert set(plan.bounds) == {ORACLE, *(engine.value for engine in Engine)}
