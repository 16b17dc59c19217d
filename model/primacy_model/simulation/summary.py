"""What runs came to: counted, in words, and as JSON.

It decides what a campaign of seeds is called.

Contract: what was not decided is reported with its seed, and never called good.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from rich.console import Console
from rich.table import Table

from primacy_model.simulation.outcome import UNKNOWN, RunCounts, RunOutcome
from primacy_model.simulation.phases import WITHIN
from primacy_model.simulation.seeds import Ran

US_PER_HOUR = 3_600_000_000
MOST_TOLD = 25
"""How many seeds that were not decided are named."""


CHANGED: Final = {
    "unchanged": "changes refused",
    "admit": "agents admitted",
    "promote": "agents promoted",
    "demote": "agents demoted",
    "dismiss": "agents dismissed",
    "replace": "electorates replaced at once",
    "inherited": "joint rolls settled by a later leader",
    "undone": "changes cut off a log",
    "leaders_removed": "leaders taken off the roll",
    "midway": "power failures in the middle of a change",
    "lost": "disks lost for ever",
    "repaired": "lost agents replaced by new ones",
    "renewed": "minorities replaced while another agent crashes",
}
"""What becomes of members: each is to happen where seeds decide."""

SNAPSHOT: Final = {
    "snapshots": "snapshots taken",
    "discards": "logs that lost their beginning",
    "resumed": "restarts behind a snapshot",
    "installed": "snapshots of a leader restored",
}
"""What becomes of snapshots: each is to happen where seeds decide."""


@dataclass(slots=True)
class Tally:
    """What all runs came to."""

    counts: RunCounts = field(default_factory=RunCounts)
    seeds: int = 0
    core_s: float = 0
    slowest: int = 0
    """The longest time to convergence, in thousandths of an election timeout."""
    failed: list[RunOutcome] = field(default_factory=list)
    unknown: list[RunOutcome] = field(default_factory=list)

    def add(self, ran: Ran) -> None:
        """Count a run."""
        outcome = ran.outcome
        self.counts.add(outcome.counts)
        self.seeds += 1
        self.core_s += ran.core_s
        self.slowest = max(self.slowest, outcome.converged or 0)
        if outcome.property == UNKNOWN:
            self.unknown.append(outcome)
        elif outcome.property is not None:
            self.failed.append(outcome)

    def missing(
        self, *, has_faults: bool, has_clients: bool, has_changes: bool = False
    ) -> str:
        """Name what must happen and never did; nothing if all did."""
        counts = self.counts
        if not counts.elections:
            return "no leader was elected"
        if has_faults and not counts.faults:
            return "no fault happened"
        if has_clients and not (counts.reads and counts.writes):
            return "no read or no write was served"
        for each, what in {**CHANGED, **SNAPSHOT}.items() if has_changes else ():
            if not getattr(counts, each):
                return f"there were no {what}"
        return ""


def verdict_of(tally: Tally, missing: str) -> tuple[str, int]:
    """Give the verdict in a word, and the exit code."""
    if tally.failed:
        return "violated", 1
    if tally.unknown:
        return "incomplete", 3
    return ("vacuous", 4) if missing else ("holds", 0)


def print_counts(tally: Tally) -> None:
    """Print how much happened."""
    counts = tally.counts
    table = Table("what", "how much", box=None, pad_edge=False)
    for what, found in (
        ("seeds", f"{tally.seeds:,}"),
        ("simulated hours", f"{counts.virtual_us / US_PER_HOUR:,.2f}"),
        ("steps, each judged", f"{counts.steps:,}"),
        ("packets", f"{counts.packets:,}"),
        ("elections", f"{counts.elections:,}"),
        ("faults", f"{counts.faults:,}"),
        ("crashes", f"{counts.crashes:,}"),
        ("client operations", f"{counts.operations:,}"),
        ("writes acknowledged", f"{counts.writes:,}"),
        ("reads served", f"{counts.reads:,}"),
        ("of them under a lease", f"{counts.lease_reads:,}"),
        ("effects admitted", f"{counts.admitted:,}"),
        ("stale effects refused", f"{counts.refused:,}"),
        ("changes of members asked for", f"{counts.changes:,}"),
        *((what, f"{getattr(counts, each):,}") for each, what in CHANGED.items()),
        *((what, f"{getattr(counts, each):,}") for each, what in SNAPSHOT.items()),
        ("of them with entries kept behind", f"{counts.kept:,}"),
        ("left without a quorum (not counted)", f"{counts.stranded:,}"),
        (
            f"slowest convergence (at most {WITHIN})",
            f"{tally.slowest / 1000:.1f} election timeouts",
        ),
    ):
        table.add_row(what, found)
    Console().print(table)


def list_undecided(unknown: Sequence[RunOutcome]) -> Iterator[str]:
    """Name the seeds whose histories were given up, and at what."""
    for outcome in unknown[:MOST_TOLD]:
        yield f"seed {outcome.seed}: not decided: {outcome.title}"
    if len(unknown) > MOST_TOLD:
        yield f"and {len(unknown) - MOST_TOLD:,} seeds more: --json has them all"


def describe_violation(seed: int, outcome: RunOutcome) -> str:
    """Say which property a seed violates."""
    return f"\nseed {seed}: {outcome.property} is violated: {outcome.title}"


def as_json(tally: Tally, verdict: str) -> str:
    """Write everything for machines."""
    found = {
        "verdict": verdict,
        "seeds": tally.seeds,
        "counts": asdict(tally.counts),
        "slowest_convergence": tally.slowest / 1000,
        "failed": [asdict(each) for each in tally.failed],
        "unknown": [asdict(each) for each in tally.unknown],
        "core_s": round(tally.core_s, 3),
    }
    return json.dumps(found, indent=2) + "\n"
