"""Counterexamples in which rolls change: cores without a guard of theirs, and words.

A mutant is proved in a process of its own, whose `primacy` is a changed copy of core.
"""

from __future__ import annotations

import re

import pytest

from primacy.agents import NO_AGENTS, AgentSet
from primacy.log import Entry, EntryKind, Log
from primacy.types import Command, RequestId, Term
from primacy_proofs.counterexamples.interpretation import body_of
from primacy_proofs.counterexamples.wording import (
    LOG_LEGEND,
    describe_history,
    field_said,
    render_value,
)
from primacy_proofs.mutation import runner
from primacy_proofs.mutation.mutants import load_tasks

TASKS = {task.id: task for task in load_tasks()}
GROUND = "a change has its ground"
BENT = {
    "own-term-not-committed": GROUND,
    "previous-not-committed": GROUND,
    "replaced-at-once": GROUND,
    "votes-counted-by-the-first-roll": "a leader was elected",
    "quorum-of-the-new-electorate": "a leader was elected",
    "quorum-of-the-old-electorate": "a leader was elected",
    "lease-kept-over-a-change": "a quorum acknowledged the round of a lease",
}
"""Guards of rolls that are left out, and the law that breaks."""
ENTRY_OF_A_ROLL = re.compile(r" \d:\{[a-d ]*\}")


@pytest.mark.parametrize("name", BENT)
def test_a_core_without_a_guard_of_rolls_has_a_counterexample(name: str) -> None:
    outcome = runner.run_task(TASKS[name])
    assert outcome.law == BENT[name]
    assert 2 <= outcome.agents <= 4
    lines = outcome.text.splitlines()
    assert any(line.startswith("the mesh began with electors {") for line in lines)
    (log,) = (line for line in lines if line.startswith("  log  "))
    assert ENTRY_OF_A_ROLL.search(log)
    assert any(line.startswith("  electors  ") for line in lines)


AB, BC, C = (AgentSet.of(names) for names in ("ab", "bc", "c"))


def roll_entry(electors: AgentSet, outgoing: AgentSet, workers: AgentSet) -> Entry:
    named = Command("x"), RequestId("y")
    return Entry(Term(2), EntryKind.ROLL, *named, electors, outgoing, workers)


def test_entries_that_set_a_roll_are_told_in_words() -> None:
    noop, settled = Entry(Term(1), EntryKind.NOOP), roll_entry(AB, AB, NO_AGENTS)
    joint = roll_entry(BC, AB, C)
    log = Log.of((noop, settled, joint))
    assert render_value(log) == "1:noop 2:{a b} 2:{b c}/{a b}+{c}"
    assert render_value(body_of(joint)) == "{b c}/{a b}+{c}"
    assert "{electors}/{outgoing electors}+{workers}" in LOG_LEGEND


def test_electorates_are_told_in_words() -> None:
    assert render_value((AB, AB)) == "{a b}"
    assert render_value((BC, AB)) == "{b c}/{a b}"
    assert field_said("roll.outgoing", AB) == "outgoing electors {a b}"
    told = describe_history("ground", (2, 4), 3)
    assert told.startswith("the leader of term 2 set the roll at index 4 when ")
    assert told.endswith(" up to index 3")
