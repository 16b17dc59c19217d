"""Theorem RJ notices what no mutant of it does: a rejection beside other outputs."""

from __future__ import annotations

from pathlib import Path

from primacy_model.mutation.mutant import Bend
from primacy_proofs.laws import registry
from primacy_proofs.mutation.detector import ASKED
from tests.support.mutated_core import copy_of_core, told_under

LATE = Bend(
    id="late-heartbeat-rejected-and-answered",
    source="test",
    guard="message.late-is-valid: a heartbeat that is late is rejected, too",
    module="heartbeats",
    before="        return state, (_answer(state, heartbeat, NO_ROUND),)",
    after="        return state, (\n"
    "            Rejected(Reason.BAD_POSITION, heartbeat.sender),\n"
    "            _answer(state, heartbeat, NO_ROUND),\n"
    "        )",
)


def test_what_is_valid_is_not_rejected_beside_other_outputs(tmp_path: Path) -> None:
    copy_of_core(tmp_path, LATE)
    asks_it = "heartbeat-of-a-worker-taken"  # heartbeats, and the law of rejection
    assert ASKED[asks_it] == (("Heartbeat",), (registry.REJECTION,))
    told = told_under(tmp_path, "primacy_proofs.mutation.detector", asks_it)
    assert (told["property"], told["unit"]) == (registry.ONLY_IMPOSSIBLE, "Heartbeat")
