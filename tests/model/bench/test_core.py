from collections.abc import Sequence

import pytest

from primacy.dispatch import step
from primacy_model.bench.core import BATCH, LOG, BenchRow, calls, rows, show

TITLES = (
    "step: heartbeat at a follower",
    "step: vote request, granted",
    f"step: append of {BATCH} entries at a follower",
    "step: write at the leader",
    "step: append reply that commits, at the leader",
    "oracle: worker, ",
    "interpreter: start",
    "interpreter: start, import primacy",
    "import primacy",
)


@pytest.fixture(scope="module", name="measured")
def measured_a_little() -> Sequence[BenchRow]:
    return tuple(rows(repeats=20, starts=1, scope="worker"))


def test_every_row_is_printed(
    measured: Sequence[BenchRow], capsys: pytest.CaptureFixture[str]
) -> None:
    show(iter(measured))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(f"logs of {LOG:,} entries, 3 electors")
    printed = [line for line in lines[2:] if not line.startswith(" ")]
    for title, line in zip(TITLES, printed, strict=True):
        assert line.startswith(title)


def test_every_row_has_its_unit(measured: Sequence[BenchRow]) -> None:
    for unit, count in (
        ("us median", 5),
        ("us p90", 5),
        (" states/s", 1),
        ("transitions/s", 1),
        ("bytes a state", 1),
        (" ms", 3),
    ):
        assert sum(unit in row.figures for row in measured) == count


def test_measured_calls_do_something() -> None:
    for call in calls():
        after, outputs = step(call.state, call.message)
        assert outputs
        assert step(call.state, call.message) == (after, outputs)
