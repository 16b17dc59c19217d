"""What came of a run: what was violated, what was counted, and the digest of it all."""

from __future__ import annotations

from dataclasses import dataclass, fields

CONVERGENCE = "convergence"
"""The id of the claim that a healed mesh agrees in time, see docs/simulation.md."""
PROGRESS = "progress"
"""The id of the claim that a healed mesh serves its clients in time."""
STABILITY = "stability"
"""The id of the claim that a healed mesh keeps its leader."""
LINEARIZABLE = "linearizable"
"""The id of the claim about what clients saw."""
REJECTED = "message.late-is-valid"
"""The id of the claim that no packet of an honest agent is rejected."""
RAISED = "raised"
"""Something raised: a handler, which must not, or a judge that met an odd state."""
UNKNOWN = "unknown"
"""The checker of histories reached its bound: nothing is known."""


@dataclass(slots=True)
class RunCounts:
    """How much happened."""

    virtual_us: int = 0
    events: int = 0
    steps: int = 0
    packets: int = 0
    elections: int = 0
    faults: int = 0
    crashes: int = 0
    operations: int = 0
    writes: int = 0
    reads: int = 0
    lease_reads: int = 0
    pending: int = 0
    transfers: int = 0
    admitted: int = 0
    refused: int = 0

    def add(self, other: RunCounts) -> None:
        """Count what another run counted too."""
        for each in fields(self):
            total = getattr(self, each.name) + getattr(other, each.name)
            setattr(self, each.name, total)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One run, done."""

    seed: int
    property: str | None
    """The id of what was violated; None: nothing was."""
    title: str
    """What that is, in a few words."""
    at_us: int
    """When, in true time of the run."""
    converged: int | None
    """The thousandths of an election timeout from the heal until all agreed."""
    counts: RunCounts
    digest: str
    """SHA-256 of every event."""
