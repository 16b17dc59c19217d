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
ACCEPTED = "accepted"
"""The id of the claim that what is accepted is committed where a token says, or not."""
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
    changes: int = 0
    """How many changes of the roll were asked for."""
    unchanged: int = 0
    """How many of them were refused."""
    admit: int = 0
    """How many agents became members: acknowledged, as all of these are."""
    promote: int = 0
    demote: int = 0
    dismiss: int = 0
    replace: int = 0
    inherited: int = 0
    """Joint rolls that a later leader settled."""
    undone: int = 0
    """Rolls that an agent gave up, as their entries were cut off its log."""
    leaders_removed: int = 0
    """Leaders that a committed change has taken off the roll."""
    joined: int = 0
    """Agents that began with an empty disk while the mesh ran."""
    lost: int = 0
    """Agents whose disk was lost for ever."""
    repaired: int = 0
    """Those of them whose place is taken."""
    renewed: int = 0
    """Minorities that were replaced."""
    midway: int = 0
    """How often all agents lost power while a change was not committed."""
    snapshots: int = 0
    """Snapshots that agents took."""
    discards: int = 0
    """How often a log lost its beginning to a snapshot of its own agent."""
    installed: int = 0
    """Snapshots of a leader that an agent took for all that it had."""
    kept: int = 0
    """Those of them behind which entries of its log were kept."""
    resumed: int = 0
    """How often an agent came back behind a snapshot."""
    stranded: int = 0
    """Runs in which too few agents were left to elect anybody."""

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
