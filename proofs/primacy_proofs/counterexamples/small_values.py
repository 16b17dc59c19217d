"""Small values: agents, numbers, texts and containers, on bits and as core has them.

Agents are `a`, `b` and so on, and nobody; the one that takes the step is `a`, unless
the bounds name another. A roll that stands in a log may have any of them as electors,
and others as workers. Numbers that are open lie between 0 and a highest one, and logs
are no longer than that. What history has of a number beyond is what it has of the first
one beyond, and of a negative one what it has of 0. Instants of true time go twice as
far, and none is beyond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import Any, Final

from primacy.agents import AgentMap, AgentSet
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.pending_reads import FollowerRead, FollowerReads, LeaderRead, LeaderReads
from primacy.types import NO_TERM, Command, RequestId
from primacy_proofs.counterexamples import bitvectors, interpretation
from primacy_proofs.counterexamples.evaluation import Sorts
from primacy_proofs.counterexamples.interpretation import ENUMERATIONS, body_of
from primacy_proofs.system.world import PACKET_SORTS

NAMES: Final = ("", "a", "b", "c", "d")
"""Nobody, and the agents there may be; the first agent takes the step."""
PACKETS: Final = 2
"""How many packets of a kind there are; the first one arrives, where one does."""
COMMANDS: Final = tuple(bitvectors.command_body(at, at) for at in (2, 3))
"""The commands that stand in a log already."""
ADDRESS: Final = 2
"""The text, and the request, of all roll entries that stand in a log already."""
NUMBERS: Final = ("Int", "Real")
"""The sorts of numbers; instants of true time are small whole numbers too."""
SmallValue = Any
"""Of any sort: on bits, or one of core's."""


class NotSmallError(ValueError):
    """A question is about something that has no small values."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How small a world is."""

    agents: int
    highest: int
    me: int = 1
    """Which agent takes the step: ids are in order, and core compares them."""

    @property
    def names(self) -> tuple[str, ...]:
        """Name the agents, nobody first."""
        return NAMES[: self.agents + 1]

    @property
    def reached(self) -> range:
        """List the numbers of which something may be known: one step leads beyond."""
        return range(self.highest + 2)

    @property
    def instants(self) -> range:
        """List the instants of true time: nothing happens at any other."""
        return range(2 * self.highest + 3)

    @property
    def numbers(self) -> range:
        """List the numbers for which formulas are judged.

        Two of them are beyond all that a world has, so that they can be in any order.
        """
        return range(-1, self.highest + 3)

    def known(self, sort: str) -> range:
        """List the numbers of a sort of which something may be known."""
        return self.instants if sort == "Real" else self.reached


def is_packet(sort: str) -> bool:
    """Tell whether values of a sort are packets."""
    return sort in PACKET_SORTS


def decode(sort: str, code: SmallValue) -> SmallValue:
    """Make a value of core from its bits."""
    match sort:
        case "Agent":
            return NAMES[code]
        case "Text":
            return bitvectors.TEXTS[code]
        case "Body":
            return _body(code)
        case "AgentSet":
            return AgentSet.of(NAMES[at] for at, bit in enumerate(code) if bit)
        case "AgentMap":
            held = {NAMES[at]: n for at, n in enumerate(code) if n != 0}
            return AgentMap(AgentSet.of(held), tuple(held.values()))
        case "Electorate":
            return tuple(decode("AgentSet", part) for part in code)
        case "Log":
            return Log.of(_entries(code))
        case "Segment":
            return Segment(_entries(code))
        case "LeaderReads":
            return LeaderReads(
                tuple(
                    LeaderRead(NAMES[a], bitvectors.TEXTS[t], i, n)  # type: ignore[arg-type]
                    for is_taken, a, t, i, n in code
                    if is_taken
                )
            )
        case "FollowerReads":
            return FollowerReads(
                tuple(
                    FollowerRead(bitvectors.TEXTS[t], i)  # type: ignore[arg-type]
                    for is_taken, t, i in code
                    if is_taken
                )
            )
        case _:
            return ENUMERATIONS[sort][code] if sort in ENUMERATIONS else code


def _body(code: bitvectors.Body) -> interpretation.EntryBody:
    kind, *sets = code
    base, of = bitvectors.ROLLS, EntryKind.ROLL
    if kind < base:
        base, of = 1, EntryKind.COMMAND
    if kind == 0:
        return interpretation.NOOP
    command, request = divmod(kind - base, len(bitvectors.TEXTS))
    named = Command(bitvectors.TEXTS[command]), RequestId(bitvectors.TEXTS[request])
    parts = (decode("AgentSet", each) for each in sets)
    return body_of(Entry(NO_TERM, of, *named, *parts))


def _entries(code: bitvectors.Log) -> tuple[Entry, ...]:
    taken = code[1][: code[0]]
    return tuple(Entry(term, *_body(body)) for term, body in taken)


def encode(bounds: Bounds, sort: str, value: SmallValue) -> SmallValue:
    """Make the bits of a value of core over which a formula is stated."""
    match sort:
        case "Agent":
            return NAMES.index(value)
        case "Text":
            return bitvectors.TEXTS.index(value)
        case "AgentSet":
            return tuple(value.has(name) for name in bounds.names)
        case "Electorate":
            return tuple(encode(bounds, "AgentSet", part) for part in value)
        case _:
            return ENUMERATIONS[sort].index(value) if sort in ENUMERATIONS else value


@cache
def every(bounds: Bounds, sort: str) -> tuple[SmallValue, ...]:
    """List the values of core over which a formula is stated."""
    match sort:
        case "Agent":
            return bounds.names
        case "Int":
            return tuple(bounds.numbers)
        case "Real":
            return tuple(bounds.instants)
        case "Bool":
            return False, True
        case "Text":
            return bitvectors.TEXTS
        case "Electorate":
            sets = every(bounds, "AgentSet")[1:]  # without any electors, no quorum
            return tuple(product(sets, sets))
        case "AgentSet":
            agents = bounds.names[1:]
            return tuple(
                AgentSet.of(some)
                for size in range(len(agents) + 1)
                for some in combinations(agents, size)
            )
        case _:
            if is_packet(sort):
                return tuple(range(PACKETS))
            if sort not in ENUMERATIONS:
                raise NotSmallError(f"there are too many values of {sort} to list")
            return ENUMERATIONS[sort]


def nothing(bounds: Bounds, sort: str) -> SmallValue:
    """Make the bits of what is known of a number beyond the bounds: nothing."""
    nobody = (False,) * (bounds.agents + 1)
    zeros = (0,) * (bounds.agents + 1)
    pair = nobody, nobody
    empty = {"AgentSet": nobody, "AgentMap": zeros, "Electorate": pair, "Bool": False}
    reads = {"LeaderReads": (), "FollowerReads": ()}
    logs = {"Log": (0, ()), "Segment": (0, ()), "Body": bitvectors.NOOP}
    return {**empty, **reads, **logs}.get(sort, 0)


def within(
    bounds: Bounds, domain: Sorts, arguments: tuple[SmallValue, ...]
) -> tuple[SmallValue, ...]:
    """Bring numbers beyond all that is known back to the first one beyond."""
    return tuple(
        max(0, min(argument, bounds.known(sort)[-1])) if sort in NUMBERS else argument
        for sort, argument in zip(domain, arguments, strict=True)
    )
