"""A small world: a few named agents, small numbers, and a value for all that is asked.

`Open` makes a value of bits for whatever is asked; `Told` gives the value that a model
has for it, where it has none the zero of the sort. Which values there are is said in
`small_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from primacy.electorate import Roll
from primacy_proofs.counterexamples import bitvectors, interpretation
from primacy_proofs.counterexamples.evaluation import Sorts, both, either, negate
from primacy_proofs.counterexamples.interpretation import ENUMERATIONS
from primacy_proofs.counterexamples.small_values import (
    ADDRESS,
    COMMANDS,
    NUMBERS,
    PACKETS,
    Bounds,
    NotSmallError,
    SmallValue,
    decode,
    encode,
    every,
    is_packet,
    nothing,
    within,
)
from primacy_proofs.smt import symbols
from primacy_proofs.smt.solver import (
    BITS,
    BOOL,
    Expr,
    Function,
    constant,
    dissect,
    negation,
)
from primacy_proofs.system.world import FUNCTIONS

__all__ = ["CONTAINERS", "OPERATORS", "Bounds", "Open", "Told", "domain_of", "is_fixed"]


def domain_of(function: Function) -> Sorts:
    """Name the sorts of the arguments of a function."""
    return tuple(str(function.domain(at).name()) for at in range(function.arity()))


OPERATORS: Final = frozenset(
    ["true", "false", "=", "<", "<=", ">", ">=", "+", "-", "*", "to_real"]
)
CONTAINERS: Final[dict[str, Sorts]] = {
    **{
        each.name(): domain_of(each)
        for each in vars(symbols).values()
        if isinstance(each, Function)
    },
    **{
        dissect(each).symbol: ()
        for each in vars(symbols).values()
        if isinstance(each, Expr) and not dissect(each).arguments
    },
}
"""The symbols of core's containers; the world may use their names for other things."""
FIRST_ROLL: Final = tuple(
    dissect(each).symbol for each in (symbols.FIRST_ELECTORS, symbols.FIRST_WORKERS)
)
"""The electors and the workers of the first roll."""
VOTING: Final = ("electors", "outgoing")
"""Sets of which the most is tried first."""
Key = tuple[str, tuple[SmallValue, ...]]
"""A function of the world, and its arguments as values of core."""


def is_fixed(name: str, domain: Sorts) -> bool:
    """Tell whether a symbol means the same in every world."""
    return name in OPERATORS or CONTAINERS.get(name) == domain


# --- a world of which everything is open ----------------------------------------------


class Open:
    """The meaning of symbols on bits; what is asked for the first time is made."""

    lasts = True

    def __init__(self, bounds: Bounds) -> None:
        self.bounds: Final = bounds
        self.made: Final[dict[tuple[str, tuple[SmallValue, ...]], SmallValue]] = {}
        self.sorts: Final[dict[str, str]] = {}
        self.domains: Final[dict[str, Sorts]] = {}
        self.limits: list[Expr] = []
        """What holds of the values that were made."""
        self._fixed: Final = _fixed(bounds)

    def _first_roll(self) -> bitvectors.Roll:
        electors, workers = (self.symbol(name, "AgentSet", ())() for name in FIRST_ROLL)
        return 0, electors, electors, workers

    def every(self, sort: str) -> Sequence[SmallValue]:
        """List the values of a sort."""
        return [encode(self.bounds, sort, v) for v in every(self.bounds, sort)]

    def choose(self, condition: Expr, one: SmallValue, other: SmallValue) -> SmallValue:
        """Take one of two values by a condition that is open."""
        return bitvectors.choose(condition, one, other)

    def symbol(self, name: str, sort: str, domain: Sorts) -> Callable[..., SmallValue]:
        """Say what a symbol means."""
        if is_fixed(name, domain) and name in bitvectors.SYMBOLS:
            return bitvectors.SYMBOLS[name]
        if is_fixed(name, domain) and name in bitvectors.OF_ROLLS:
            of_rolls = bitvectors.OF_ROLLS[name]
            return lambda *arguments: of_rolls(self._first_roll(), *arguments)
        if name in self._fixed:
            value = self._fixed[name]
            return lambda: value
        kind, _, member = name.partition(".")
        if kind in ENUMERATIONS and sort == kind:
            code = [each.name for each in ENUMERATIONS[kind]].index(member)
            return lambda: code
        self.sorts[name], self.domains[name] = sort, domain
        return lambda *arguments: self._read(name, arguments)

    def _read(self, name: str, arguments: tuple[SmallValue, ...]) -> SmallValue:
        """Read a table: where an argument is open, by cases."""
        for place, argument in enumerate(arguments):
            if isinstance(argument, int) or _is_closed(argument):
                continue
            values = self._arguments(name, place)

            def at(
                value: SmallValue,
                arguments: tuple[SmallValue, ...] = arguments,
                place: int = place,
            ) -> SmallValue:
                return self._read(
                    name, (*arguments[:place], value, *arguments[place + 1 :])
                )

            found = at(values[0])
            if self.domains[name][place] in NUMBERS:
                found = bitvectors.choose(argument > values[-1], at(values[-1]), found)
            for value in values[1:]:
                found = bitvectors.choose(
                    bitvectors.same(argument, value), at(value), found
                )
            return found
        return self._entry(name, arguments)

    def _arguments(self, name: str, place: int) -> Sequence[SmallValue]:
        sort = self.domains[name][place]
        return self.bounds.known(sort) if sort in NUMBERS else self.every(sort)

    def _entry(self, name: str, arguments: tuple[SmallValue, ...]) -> SmallValue:
        arguments = within(self.bounds, self.domains[name], arguments)
        if (name, arguments) not in self.made:
            shown = ",".join(map(str, arguments))
            made = self._new(f"{name}({shown})", self.sorts[name], self._range(name))
            self.made[name, arguments] = made
        return self.made[name, arguments]

    def _range(self, name: str) -> tuple[int, int]:
        """Bound a number: what a packet says may be nonsense."""
        domain = self.domains[name]
        if not domain and name not in FUNCTIONS:
            return -1, self.bounds.highest + 1
        of_packet = bool(domain) and is_packet(domain[0])
        return (-1 if of_packet else 0), self.bounds.highest

    def _new(self, name: str, sort: str, within: tuple[int, int]) -> SmallValue:
        highest, agents = self.bounds.highest, self.bounds.agents
        codes = {"Agent": agents, "Text": len(bitvectors.TEXTS) - 1}
        codes |= {kind: len(each) - 1 for kind, each in ENUMERATIONS.items()}
        match sort:
            case "Bool":
                return constant(name, BOOL)
            case "AgentSet":
                rest = [constant(f"{name}.{at}", BOOL) for at in range(1, agents + 1)]
                is_most = any(each in name for each in VOTING)  # z3 tries false first
                return (False, *(map(negation, rest) if is_most else rest))
            case "AgentMap":
                held = [
                    self._number(f"{name}.{at}", 0, highest)
                    for at in range(1, agents + 1)
                ]
                return 0, *held
            case "Electorate":
                parts = ("electors", "outgoing")
                return tuple(
                    self._new(f"{name}.{part}", "AgentSet", within) for part in parts
                )
            case "Log" | "Segment":
                size = self._number(f"{name}.size", 0, highest)
                entries = [
                    (
                        self._number(f"{name}.{at}.term", 0, highest),
                        self._new(f"{name}.{at}.body", "Body", within),
                    )
                    for at in range(highest)
                ]
                return size, tuple(
                    bitvectors.choose(size > at, entry, bitvectors.BLANK)
                    for at, entry in enumerate(entries)
                )
            case "LeaderReads":
                taken = constant(f"{name}.taken", BOOL)
                who = self._number(f"{name}.who", 1, agents)
                what = self._number(f"{name}.what", 1, codes["Text"])
                index = self._number(f"{name}.index", 0, highest)
                begun = self._number(f"{name}.begun", 0, highest)
                return ((taken, who, what, index, begun),)
            case "FollowerReads":
                taken = constant(f"{name}.taken", BOOL)
                what = self._number(f"{name}.what", 1, codes["Text"])
                return ((taken, what, self._number(f"{name}.index", 0, highest)),)
            case "Body":
                voting = self._new(name, "Electorate", within)
                workers = self._new(f"{name}.workers", "AgentSet", within)
                self._limit_roll(voting, workers)
                roll = bitvectors.roll_body(voting, workers, ADDRESS, ADDRESS)
                among = (bitvectors.NOOP, *COMMANDS, roll)
                which = self._number(name, 0, len(among) - 1)
                return bitvectors.pick(among, which, 0, bitvectors.NOOP)
            case _ if is_packet(sort):
                return self._number(name, 0, PACKETS - 1)
            case _ if sort in codes:  # no text is empty: who would ask for that
                return self._number(name, int(sort == "Text"), codes[sort])
            case "Real":
                return self._number(name, 0, self.bounds.instants[-1])
            case "Int":
                return self._number(name, *within)
            case _:
                raise NotSmallError(f"{name}: {sort}")

    def _limit_roll(
        self, voting: bitvectors.BitElectorate, workers: bitvectors.Set
    ) -> None:
        """Leave out rolls such as core never sets: no electors, or with workers."""
        for each in voting:
            pairs = zip(each[1:], workers[1:], strict=True)
            self.limits += [either(each), *(negate(both(pair)) for pair in pairs)]

    def _number(self, name: str, least: int, most: int) -> Expr:
        made = constant(name, BITS)
        self.limits += [made >= least, made <= most]
        return made


def _is_closed(value: SmallValue) -> bool:
    if isinstance(value, tuple):
        return all(_is_closed(part) for part in value)
    return isinstance(value, int)


@cache
def _fixed(bounds: Bounds) -> dict[str, SmallValue]:
    """Fix what makes no difference: agents and texts may be renamed."""
    nobody = nothing(bounds, "AgentSet")
    return {
        "me": bounds.me,
        "mesh": 1,
        "mesh_id": 2,
        "no_agents": nobody,
        "no_numbers": nothing(bounds, "AgentMap"),
        "packet": 0,
    }


# --- a world that is known ------------------------------------------------------------


@dataclass(slots=True)
class Told:
    """The meaning of symbols in a model, with core's own values."""

    bounds: Bounds
    entries: dict[Key, SmallValue] = field(default_factory=dict)
    lasts: bool = False

    def _first_roll(self) -> Roll:
        electors, workers = (self.symbol(name, "AgentSet", ())() for name in FIRST_ROLL)
        return Roll(electors, electors, workers)

    def every(self, sort: str) -> Sequence[SmallValue]:
        """List the values of a sort."""
        return every(self.bounds, sort)

    def choose(self, condition: Expr, one: SmallValue, other: SmallValue) -> SmallValue:
        """Refuse: nothing is open."""
        raise NotSmallError(f"{condition}, {one}, {other}")

    def symbol(self, name: str, sort: str, domain: Sorts) -> Callable[..., SmallValue]:
        """Say what a symbol means."""
        fixed = _fixed(self.bounds)
        if is_fixed(name, domain) and name in interpretation.SYMBOLS:
            return interpretation.SYMBOLS[name]
        if is_fixed(name, domain) and name in interpretation.OF_ROLLS:
            of_rolls = interpretation.OF_ROLLS[name]
            return lambda *arguments: of_rolls(self._first_roll(), *arguments)
        if name in fixed:
            value = decode(sort, fixed[name])
            return lambda: value
        kind, _, member = name.partition(".")
        if kind in ENUMERATIONS and sort == kind:
            found = next(each for each in ENUMERATIONS[kind] if each.name == member)
            return lambda: found
        empty = decode(sort, nothing(self.bounds, sort))
        return lambda *arguments: self.entries.get(
            (name, within(self.bounds, domain, arguments)), empty
        )
