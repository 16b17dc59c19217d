"""A finite counterexample, shown: the handler, its path, the message, before and after.

Only what the law or the path looks at is shown. An agent's value that the step changes
is written `before -> after`; what the step adds to history begins with a plus.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Any, Final

from primacy.agents import AgentMap, AgentSet
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.pending import AskedReads, ParkedReads
from primacy_proofs import laws
from primacy_proofs._z3 import Expr, constant, quantified, written
from primacy_proofs.finite import Model, search
from primacy_proofs.lifting import LOCAL
from primacy_proofs.paths import Decision
from primacy_proofs.posing import Posed, posed
from primacy_proofs.prover import Obligation
from primacy_proofs.reading import Reader
from primacy_proofs.records import columns
from primacy_proofs.small_world import NUMBERS, Bounds, decoded, is_packet, nothing
from primacy_proofs.symbols import AGENT
from primacy_proofs.world import FUNCTIONS, HISTORY, PACKETS, World, field

SEARCHED: Final = (
    (Bounds(2, 2), 8),
    (Bounds(3, 2), 4),
    (Bounds(3, 3), 4),
    (Bounds(4, 3), 3),
)
"""Which small worlds are searched, and how many obligations are posed in each."""
MOST_POSED: Final = max(most for _, most in SEARCHED)
AGENTS_AT_MOST: Final = max(bounds.agents for bounds, _ in SEARCHED)
NONE_WITHIN: Final = f"no counterexample within {AGENTS_AT_MOST} agents"
MOST_LINES: Final = 6
"""How much is shown of one thing that history remembers."""

SORTS: Final = {"Int": "number", "Real": "instant", "AgentSet": "agents"}
"""What the values of a sort are called, if not by its name."""
WORDS: Final = {
    "cast": "{0} voted for {2} in term {1}",
    "led": "{1} led term {0}",
    "attached": "{1} attached token {0}",
    "admitted": "token {0} of {1} was admitted",
    "admitting": "token {0} of {1} is admitted",
    "held": "{0} held, in term {1}, its entry at index {2}",
    "blocked": "the entry of term {0} at index {1} can never be committed",
    "chosen": "the leader of term {0} committed up to index {1}",
    "final": "a leader up to term {0} committed index {1}",
    "applying": "applied at index {0}: {1}:{2}",
    "fence": "the resource's highest token: {value}",
    "boss": "the leader of term {0}: {value}",
    "led.log": "the log of the leader of term {0}: {value}",
    "camp": "the log with which {1} stood in term {0}: {value}",
    "known": "committed anywhere: up to index {value}",
    "known.term": "committed at index {0}: term {value}",
    "known.body": "committed at index {0}: {value}",
    "known.by": "committed at index {0} by the leader of term {value}",
    "known.at": "committed at index {0} together with index {value}",
}
"""What history remembers, in the words of the protocol."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A counterexample, for people."""

    obligation: Obligation
    agents: int
    text: str


def find(
    failed: Sequence[Obligation], sizes: Sequence[tuple[Bounds, int]] = SEARCHED
) -> Shown | None:
    """Find a smallest counterexample to any of what was not proved, and show it.

    The smaller the worlds, the more obligations are posed in them, those of different
    laws first.
    """
    first = {each.law: each for each in reversed(failed)}
    laws_first = [*dict.fromkeys(first[each.law] for each in failed), *failed]
    posed_again = [
        tuple(posed(each)) for each in list(dict.fromkeys(laws_first))[:MOST_POSED]
    ]
    for bounds, most in sizes:
        for alike in posed_again[:most]:
            for again in alike:
                model = search(again.question, bounds)
                if model is not None:
                    text = "\n".join(Picture(again, model).lines())
                    return Shown(again.obligation, bounds.agents, text)
    return None


class Picture:
    """A model, with the step that breaks a law in it."""

    def __init__(self, again: Posed, model: Model) -> None:
        self._posed: Final = again
        self._model: Final = model
        self._decisions: Final = tuple(self._taken())
        law = again.law
        self._law_looks: Final = set(laws.looks_at(law)) if law else set()
        self._path_looks: Final = {
            name
            for decision in self._decisions
            for name in symbols_of(decision.condition)
        }

    def lines(self) -> Iterator[str]:
        """Show everything, line by line."""
        yield from self._heading()
        yield from self._message()
        if self._decisions:
            yield "by the path"
            yield from (f"  {decision}" for decision in self._decisions)
        yield from self._table()
        past = list(self._history())
        if past:
            yield "what history remembers"
            yield from past
        yield from self._failing()

    def _heading(self) -> Iterator[str]:
        law, size = self._posed.law, self._model.bounds.agents
        name = self._posed.obligation.law
        said = inspect.getdoc(law.body) if law else None
        sentence = f" ({said.splitlines()[0]})" if said else ""
        yield f"a finite counterexample, with {size} agents, to"
        yield f"  {name}{sentence}"

    def _taken(self) -> Iterator[Decision]:
        """Find the path that the model takes, of those that do the same."""
        for path in self._posed.paths:
            if all(self._model.value(each.formula) for each in path.decisions):
                yield from path.decisions
                return

    # --- the message ------------------------------------------------------------------

    def _message(self) -> Iterator[str]:
        unit, where = self._posed.obligation.unit, self._posed.obligation.where
        case = self._posed.case
        if case is None:
            yield f"when this happens: {unit}, {where}"
        elif case.packet is not None:
            yield f"a handles {self._packet(unit, 0)}"
        else:
            local = {each.__name__: each for each in LOCAL}.get(unit)
            told = [] if local is None else columns(local)
            parts = [
                f"{words(column.name)} "
                f"{self._now(constant(f'{unit}.{column.name}', column.kind.sort))}"
                for column in told
            ]
            yield f"a handles {unit}: {', '.join(parts)}" if parts else f"a: {unit}"

    def _packet(self, kind: str, number: int) -> str:
        values = self._model.told.entries
        parts: list[str] = []
        for column in columns(PACKETS[kind]):
            sort = str(column.kind.sort.name())
            empty = decoded(sort, nothing(self._model.bounds, sort))
            value = values.get((f"{kind}.{column.name}", (number,)), empty)
            if column.name == "sender":
                parts.insert(0, f"{kind} from {shown(value)}")
            elif column.name == "mesh":
                parts += [] if value == "mesh" else ["of another mesh"]
            else:
                parts.append(f"{words(column.name)} {shown(value)}")
        return ", ".join(parts).replace(", ", ": ", 1)

    def _now(self, expr: Expr) -> str:
        return shown(self._model.value(expr))

    # --- agents before and after ------------------------------------------------------

    def _table(self) -> Iterator[str]:
        looks = self._law_looks | self._path_looks | {"term", "role"}
        names = [
            name
            for name, declared in FUNCTIONS.items()
            if declared.arity() == 1 and declared.domain(0) == AGENT and name in looks
        ]
        rows = [["agent", *map(words, names)]]
        rows += [
            [agent, *(self._cell(name, agent) for name in names)]
            for agent in self._model.bounds.names[1:]
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield "  " + "  ".join(cells).rstrip()

    def _cell(self, name: str, agent: str) -> str:
        before = shown(self._at(World(), name, agent))
        after = shown(self._at(self._posed.after or World(), name, agent))
        return before if before == after else f"{before} -> {after}"

    def _at(self, world: World, name: str, *arguments: Any) -> Any:  # noqa: ANN401 - of any sort
        declared = FUNCTIONS[name]
        names = [f"at {place}" for place in range(len(arguments))]
        variables = [
            constant(each, declared.domain(place)) for place, each in enumerate(names)
        ]
        reader = Reader(self._model.told)
        reader.variables(names)
        values = dict(zip(names, arguments, strict=True))
        return reader.read(world(name, *variables)).of(values)

    # --- history ----------------------------------------------------------------------

    def _history(self) -> Iterator[str]:
        for name in HISTORY:
            if name in self._law_looks:
                lines = sorted(self._remembered(name))
                yield from (f"{mark} {line}" for mark, line in lines[:MOST_LINES])
                if len(lines) > MOST_LINES:
                    yield f"  and {len(lines) - MOST_LINES} more like this"

    def _remembered(self, name: str) -> Iterator[tuple[str, str]]:
        """List what is remembered of a kind: a mark, and the words for it."""
        declared, after = FUNCTIONS[name], self._posed.after or World()
        bounds = self._model.bounds
        sorts = [
            str(declared.domain(place).name()) for place in range(declared.arity())
        ]
        ranges = [
            bounds.reached if sort in NUMBERS else self._model.told.every(sort)
            for sort in sorts
        ]
        for arguments in product(*ranges):
            if not self._has_meaning(name, arguments):
                continue
            was = self._at(World(), name, *arguments)
            now = self._at(after, name, *arguments)
            for mark, value in ((" ", was), ("+", now)):
                is_said = not isinstance(value, bool) or value
                if is_said and value and (mark == " " or was != now):
                    yield mark, _remembered(name, arguments, value)

    def _has_meaning(self, name: str, arguments: Sequence[Any]) -> bool:
        """Tell whether a value of history says anything."""

        def is_so(of: str, *values: Any) -> bool:  # noqa: ANN401 - of any sort
            worlds = World(), self._posed.after or World()
            return any(self._at(world, of, *values) for world in worlds)

        match name:
            case "boss" | "led.log":
                agents = self._model.bounds.names[1:]
                return any(is_so("led", *arguments, agent) for agent in agents)
            case "camp":
                return is_so("cast", arguments[1], *arguments)
            case "final.term" | "final.index":
                return is_so("final", *arguments)
            case "known.term" | "known.body" | "known.by" | "known.at":
                known = self._at(self._posed.after or World(), "known")
                return bool(1 <= arguments[0] <= known)
            case _:
                return True

    def _failing(self) -> Iterator[str]:
        """Tell for which values the law fails."""
        law = self._posed.law
        if law is None:
            yield from self._ending()
            return
        named = [
            name
            for name in inspect.signature(law.body).parameters
            if name not in {"w", "_", "before", "after", "key", "of"}
        ]
        parts, packets = [], []
        for place, variable in enumerate(law.variables()):
            sort = str(law.sorts[place].name())
            value = self._model.value(variable)
            name = (
                named[place]
                if len(named) == len(law.sorts)
                else SORTS.get(sort, sort.lower())
            )
            if is_packet(sort):
                packets.append(
                    f"  {name} is {self._packet(sort, value)}{self._to(sort, variable)}"
                )
            else:
                parts.append(f"{name} = {shown(value)}")
        if parts or packets:
            yield f"it fails for {', '.join(parts) or 'this packet'}"
            yield from packets

    def _ending(self) -> Iterator[str]:
        """Tell what comes of a path that breaks no law of the world."""
        if self._posed.obligation.law == laws.NEVER_RAISES:
            yield f"and raises {self._posed.paths[0].error!r}"
            return
        kinds = []
        for output in self._posed.outputs:
            packet = getattr(output, "packet", None)
            of = f" {type(packet).__name__}" if packet is not None else ""
            kinds.append(f"{type(output).__name__}{of}")
        yield f"its outputs, in this order: {', '.join(kinds)}"

    def _to(self, kind: str, packet: Expr) -> str:
        to = self._now(field(kind, "target", packet))
        was = self._model.value(World().sent(kind, packet))
        return f", to {to}, {'sent before' if was else 'sent in this step'}"


def symbols_of(expr: Expr) -> set[str]:
    """Collect the symbols of a formula."""
    found: set[str] = set()
    todo, seen = [expr], {expr.get_id()}
    while todo:
        each = todo.pop()
        inside = quantified(each, "bound ")
        form = written(each)
        found.add(form.symbol)
        for part in [inside.body] if inside else form.arguments:
            if part.get_id() not in seen:
                seen.add(part.get_id())
                todo.append(part)
    return found


def _remembered(name: str, arguments: Sequence[Any], value: Any) -> str:  # noqa: ANN401 - of any sort
    told = [shown(each) for each in arguments]
    if name in WORDS:
        return WORDS[name].format(*told, value=shown(value))
    at = f"{name}({', '.join(told)})"
    return at if isinstance(value, bool) else f"{at} = {shown(value)}"


def words(name: str) -> str:
    """Write the name of a field for people."""
    return name.replace("_", " ").replace("disk.", "disk: ").replace("roll.", "")


def shown(value: Any) -> str:  # noqa: ANN401 - of any sort
    """Write a value for people."""
    match value:
        case bool():
            return "yes" if value else "no"
        case "":
            return "nobody"
        case Enum():
            return str(value.value)
        case AgentSet():
            return "{" + " ".join(value.members) + "}"
        case AgentMap():
            pairs = zip(value.agents.members, value.values, strict=True)
            return " ".join(f"{agent}:{number}" for agent, number in pairs) or "-"
        case Log() | Segment():
            return " ".join(map(_entry, value.entries)) or "-"
        case AskedReads() | ParkedReads():
            return _listed(value.reads)
        case (EntryKind(), str(), str()):
            return _entry(Entry(0, *value)).partition(":")[2]  # type: ignore[arg-type]
        case _:
            return str(value)


def _listed(reads: Iterable[Any]) -> str:
    return " ".join(f"{each.request}@{each.index}" for each in reads) or "-"


def _entry(entry: Entry) -> str:
    if entry.kind is EntryKind.NOOP:
        return f"{entry.term}:noop"
    named = dict.fromkeys((entry.command or "-", entry.request or "-"))
    return f"{entry.term}:{'/'.join(named)}"
