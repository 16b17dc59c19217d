"""The world: every agent's state and disk, what was sent, and what history remembers.

Each is a function: `term(n)` for every agent n, `sent.Append(m)` for every append m. A
world after a step is the same functions with a change at one agent, so what the step
did not touch needs no words. Packets that were sent stay sent, so loss, repetition,
reordering and delay need no steps of their own. A packet has one target: a broadcast
sends one to each.

The ghosts, what history remembers: `vote_cast(v, t, c)`, the disk of v once held a vote
for c in term t; `led(t, n)`, n once led term t; `attached(t, n)`, n once attached token
t to an effect; `admitted(t, n)`, the resource once admitted that effect.

Trusted: this file. It says what a mesh is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, get_args

from primacy.messages import Packet
from primacy.state import Durable, State
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    BOOL,
    FALSE,
    INT,
    REAL,
    Expr,
    Function,
    Sort,
    constant,
    differ,
    equal,
    function,
    negation,
    sort,
)
from primacy_proofs.symbolic.records import columns

ME: Final = constant("me", on.AGENT)
"""The agent that takes the step."""
MESH: Final = constant("mesh", on.TEXT)
BATCH: Final = constant("batch", INT)

PACKETS: Final[Mapping[str, type]] = {
    packet.__name__: packet for packet in get_args(Packet)
}
PACKET_SORTS: Final = {name: sort(name) for name in PACKETS}
TARGET: Final = {
    name: function(f"{name}.target", PACKET_SORTS[name], on.AGENT) for name in PACKETS
}
FIELDS: Final = {
    (name, column.name): function(
        f"{name}.{column.name}", PACKET_SORTS[name], column.kind.sort
    )
    for name, packet in PACKETS.items()
    for column in columns(packet)
}
PREFIX: Final = ("Install", "prefix")
"""A part of a packet that no agent sees: the whole log that a snapshot stands for."""
FIELDS[PREFIX] = function("Install.prefix", PACKET_SORTS["Install"], on.LOG)
INSTALLING: Final = constant("packet", PACKET_SORTS["Install"])
"""The packet that arrives with a snapshot, where one does."""
STATE_COLUMNS: Final = columns(State)
DISK_COLUMNS: Final = columns(Durable)


ADMITTING: Final = "admitting"
"""What is admitted in this very step; in any other step, nothing."""


APPLYING: Final = "applying"
"""What is given out to be applied in this very step."""

ACCEPTING: Final = "accepting"
"""The place and the term of a write that is reported as accepted in this very step."""
RESTORING: Final = "restoring"
"""What a snapshot puts in the place of what was applied, in this very step."""

STARTING: Final = "starting"
"""What the disk gets of the start of its log in this very step: the position, its
term, and the electorate, the workers, the position and the term of the roll there."""
SERVING: Final = "serving"
"""The reads that are served in this very step, confirmed by a round."""
LEASING: Final = "leasing"
"""The reads that are served in this very step, under a lease."""

WORKED: Final = "worked"
"""This very step handles a packet of a worker; a client's write is nobody's."""

TRANSIENT: Final = (
    *(ADMITTING, APPLYING, RESTORING, STARTING),
    *(ACCEPTING, SERVING, LEASING, WORKED),
)
"""What holds of one step alone."""

HISTORY: Final[Mapping[str, tuple[Sort, ...]]] = {
    "vote_cast": (on.AGENT, INT, on.AGENT, BOOL),
    "led": (INT, on.AGENT, BOOL),
    "attached": (INT, on.AGENT, BOOL),
    "admitted": (INT, on.AGENT, BOOL),
    ADMITTING: (INT, on.AGENT, BOOL),
    "fence": (INT,),
    "leader_of": (INT, on.AGENT),
    "led.log": (INT, on.LOG),
    "campaign_log": (INT, on.AGENT, on.LOG),
    "held": (on.AGENT, INT, INT, BOOL),
    "blocked": (INT, INT, BOOL),
    "chosen": (INT, INT, BOOL),
    "ground": (INT, INT, INT),
    "final": (INT, INT, BOOL),
    "final.term": (INT, INT, INT),
    "final.index": (INT, INT, INT),
    "known": (INT,),
    "known.term": (INT, INT),
    "known.body": (INT, on.BODY),
    "known.by": (INT, INT),
    "known.at": (INT, INT),
    APPLYING: (INT, INT, on.BODY, BOOL),
    RESTORING: (INT, INT, on.BODY, BOOL),
    STARTING: (INT, INT, on.ELECTORATE, on.SET, INT, INT, BOOL),
    ACCEPTING: (INT, INT, BOOL),
    "time": (REAL,),
    "due": (on.AGENT, REAL),
    "life": (on.AGENT, INT),
    "begun": (INT, INT, BOOL),
    "begun.at": (INT, INT, REAL),
    "late": (INT, INT, BOOL),
    "acked": (on.AGENT, INT, INT),
    "successor_term": (INT, INT),
    "successor_at": (INT, REAL),
    "elects": (INT, on.AGENT, BOOL),
    "leased": (INT, INT),
    "asked": (on.TEXT, BOOL),
    "asked.at": (on.TEXT, REAL),
    "floor": (on.TEXT, INT),
    "floor.by": (on.TEXT, INT),
    "floor.at": (on.TEXT, INT),
    SERVING: (on.TEXT, INT, BOOL),
    LEASING: (on.TEXT, INT, BOOL),
    WORKED: (BOOL,),
}
"""What history remembers: see `history`, `log_history` and `round_history`."""


def _functions() -> dict[str, Function]:
    of_agents = [(column.name, column.kind.sort) for column in STATE_COLUMNS]
    of_agents += [(f"disk.{column.name}", column.kind.sort) for column in DISK_COLUMNS]
    declared = {name: function(name, on.AGENT, of) for name, of in of_agents}
    for name, of in PACKET_SORTS.items():
        declared[f"sent.{name}"] = function(f"sent.{name}", of, BOOL)
    declared.update({name: function(name, *of) for name, of in HISTORY.items()})
    return declared


FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(_functions())

Change = Callable[..., Expr]
"""What a function becomes: of its value before, and its arguments."""


class World:
    """The functions of a world, with what a step changed."""

    def __init__(self, changes: Mapping[str, Change] | None = None) -> None:
        self.changes: Final = dict(changes or {})
        self.looked_at: Final[set[str]] = set()

    def __call__(self, name: str, *arguments: Expr) -> Expr:
        """Read a function of the world."""
        self.looked_at.add(name)
        value = FALSE if name in TRANSIENT else FUNCTIONS[name](*arguments)
        change = self.changes.get(name)
        return value if change is None else change(value, *arguments)

    def sent(self, kind: str, packet: Expr) -> Expr:
        """Tell whether a packet was sent."""
        return self(f"sent.{kind}", packet)


def field(kind: str, name: str, packet: Expr) -> Expr:
    """Read a field of a packet."""
    return TARGET[kind](packet) if name == "target" else FIELDS[kind, name](packet)


def mesh_facts() -> tuple[Expr, ...]:
    """State what `Config` guarantees of a mesh and of the agent that takes the step."""
    return (
        negation(on.member(on.NOBODY_, on.FIRST_ELECTORS)),
        negation(on.member(on.NOBODY_, on.FIRST_WORKERS)),
        differ(ME, on.NOBODY_),
        BATCH >= 1,
    )


def variables(names: str, *sorts: Sort) -> Sequence[Expr]:
    """Name one variable for each sort."""
    return [constant(name, of) for name, of in zip(names.split(), sorts, strict=True)]


def is_me(agent: Expr) -> Expr:
    """Tell whether an agent is the one that takes the step."""
    return equal(agent, ME)
