"""How an agent is, in one record that can be written as JSON.

Source: seed, "Monitoring".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """What one agent knows of itself and its mesh; other agents may know better."""

    status: str
    """`new`, `running`, `stopped`, or `failed`."""
    reason: str
    """Why it failed; else empty."""
    mesh: str
    agent: str
    role: str
    leader: str
    """Who leads, as far as is known; else empty."""
    term: int
    token: int
    """The fencing token, 0 unless this agent leads."""
    last_index: int
    commit_index: int
    applied_index: int
    electors: tuple[str, ...]
    """Who may vote, by the roll in force."""
    outgoing: tuple[str, ...]
    """The electorate that is being replaced; else the same as `electors`."""
    workers: tuple[str, ...]
    """The other members."""
    roll_index: int
    """The entry that set them, 0 if they are the first."""
    is_roll_committed: bool
    """Whether that entry is committed, as far as this agent knows."""
    alive: tuple[str, ...]
    """Who is taken to be alive, in the leader's view."""
    connected: tuple[str, ...]
    """The peers that this agent can send to now."""
    is_cut_off: bool
    """No quorum answered when this agent last needed one."""
    election_in_progress: bool
    """The initial election is."""

    log_start: int
    """The log begins behind this index, 0 if it is whole."""
    snapshot_index: int
    """Up to here the newest snapshot on the disk stands, 0 if there is none."""
    snapshot_bytes: int
    """How long it is."""

    @property
    def is_ready(self) -> bool:
        """Tell whether the agent runs and knows a leader."""
        return self.status == "running" and self.leader != ""
