"""Theorem RJ notices what no mutant of it does: a rejection beside other outputs."""

from __future__ import annotations

from pathlib import Path

from primacy_model.mutation.mutant import Edit, Harm, Mutant
from primacy_proofs.laws.law import ONLY_IMPOSSIBLE, REJECTION
from primacy_proofs.mutation.mutants import load_tasks
from tests.support.mutated_core import copy_core, run_under

LATE = Mutant(
    id="late-heartbeat-rejected-and-answered",
    harm=Harm.SAFETY,
    source="test",
    clause="message.late-is-valid",
    fault="a heartbeat that is late is rejected, too",
    module="heartbeats",
    edits=(
        Edit(
            "        return state, (_answer(state, heartbeat, NO_ROUND),)",
            "        return state, (\n"
            "            Rejected(Reason.BAD_POSITION, heartbeat.sender),\n"
            "            _answer(state, heartbeat, NO_ROUND),\n"
            "        )",
        ),
    ),
)


def test_what_is_valid_is_not_rejected_beside_other_outputs(tmp_path: Path) -> None:
    copy_core(tmp_path, LATE)
    asks_it = (
        "heartbeat-of-a-second-leader-taken"  # heartbeats, and the law of rejection
    )
    (task,) = (each for each in load_tasks() if each.id == asks_it)
    assert (task.units, task.groups) == (("Heartbeat",), (REJECTION,))
    told = run_under(tmp_path, "primacy_proofs.mutation.detector", asks_it)
    assert (told["property"], told["unit"]) == (ONLY_IMPOSSIBLE.name, "Heartbeat")
