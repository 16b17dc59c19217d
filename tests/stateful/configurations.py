"""What people may configure: each run of a machine asks for configurations, too.

Source: clauses `config.*` of docs/specification.md.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from primacy_model.mesh.invalid_configs import MILLION, RawConfig, misjudged_clause
from primacy_model.simulation.property_monitor import Broken
from tests.stateful.failure_report import ReportingMachine, report_failure

NAMES = st.sampled_from(["a", "b", "c", "d"])
WRONG = st.sampled_from(["", "a,b", "é", "m()"])
MESHES = st.sampled_from(["m"] * 9 + ["", "a,b"])
GROUPS = st.lists(NAMES, max_size=3).map(tuple) | st.just(())
LENGTHS = st.integers(-1, 16)
LEASES = st.sampled_from([0, 0, 1, 9, 10, 11, -1])
DRIFTS = st.sampled_from([0, 0, 1, 100_000, MILLION - 1, MILLION, 2 * MILLION, -1])


@st.composite
def named_configs(draw: st.DrawFn) -> RawConfig:
    """Draw names: now and then one that is wrong, or given twice, or of nobody."""
    electors, workers = draw(GROUPS), draw(GROUPS)
    agent = draw(st.sampled_from([*electors, *workers, "z"]))
    if draw(st.integers(0, 3)) == 0:
        electors = (*electors, draw(WRONG))
    by_hand = draw(st.booleans())
    return RawConfig(draw(MESHES), agent, electors, workers, is_made_by_hand=by_hand)


TIMED = st.builds(RawConfig, lease=LEASES, drift=DRIFTS)
"""Sound but for its lease."""
WILD = st.builds(
    RawConfig,
    heartbeat=LENGTHS,
    election=LENGTHS,
    leader=LENGTHS,
    lease=LEASES,
    drift=DRIFTS,
    batch=LENGTHS,
)
"""Sound but for its numbers."""


class ConfiguringMachine(ReportingMachine):
    """Asks for configurations, sound or not."""

    @initialize(
        asked=st.lists(named_configs() | named_configs() | TIMED | WILD, max_size=4)
    )
    @report_failure
    def configure(self, asked: list[RawConfig]) -> None:
        """Take each for what it is."""
        for given in asked:
            if clause := misjudged_clause(given):
                raise Broken(clause, f"core misjudges {given}")
