"""The quantities of the protocol, one type each, so that none stands in for another.

All numbers are integers. Terms, indices and rounds count from 1; 0 means "none yet".
Instants are readings of one agent's monotonic clock and mean nothing to another agent.

Source: the glossary of docs/specification.md.
"""

from typing import NewType

MeshId = NewType("MeshId", str)
"""The name of a mesh: letters, digits, `.`, `_` and `-`."""

MeshKey = NewType("MeshKey", str)
"""A mesh's identity: its name together with its initial electorate."""

AgentId = NewType("AgentId", str)
"""The name of an agent, unique in its mesh: letters, digits, `.`, `_` and `-`."""

RequestId = NewType("RequestId", str)
"""The name that a runtime gives to a write, a read or a transfer. Never used twice."""

Command = NewType("Command", str)
"""What a client writes: text that the protocol carries and never reads.

Without surrogates, see `runtime.text`: it must be possible to write it as UTF-8.
"""

Term = NewType("Term", int)
"""The number of an election. A leader's term is its fencing token."""

Index = NewType("Index", int)
"""A position in the log; the first entry is at 1."""

Round = NewType("Round", int)
"""The number of a heartbeat round of one leader in one term."""

Instant = NewType("Instant", int)
"""A reading of the local monotonic clock, in milliseconds."""

Duration = NewType("Duration", int)
"""A length of time on the local clock, in milliseconds."""

NOBODY = AgentId("")
"""No agent: no vote given, no leader known, no claim heard."""

NO_TERM = Term(0)
"""Before the first election."""

NO_INDEX = Index(0)
"""Before the first entry."""

NO_ROUND = Round(0)
"""Before the first heartbeat round."""

START = Instant(0)
"""The instant that worlds without clocks use throughout."""


def precedes(agent: AgentId, other: AgentId) -> bool:
    """Order two agents for the tie-break of the initial election: lower id first."""
    return agent < other  # claim.lowest-stands
