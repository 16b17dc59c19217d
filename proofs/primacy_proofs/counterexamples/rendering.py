"""A counterexample to induction, shown: handler, path, message, before and after.

Of agents and history only that is shown which the law or the path looks at, or which
the step changes. A value that changes is written `before -> after`; what the step adds
to history begins with a plus. The words are those of `wording`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from primacy.agents import NO_AGENTS
from primacy_proofs.counterexamples.evaluation import Reader
from primacy_proofs.counterexamples.obligation import Posed, pose
from primacy_proofs.counterexamples.search import FiniteModel, search
from primacy_proofs.counterexamples.small_values import Bounds, NotSmallError, is_packet
from primacy_proofs.counterexamples.witness import Witness, symbols_of
from primacy_proofs.counterexamples.wording import (
    LOG_LEGEND,
    field_said,
    field_words,
    law_said,
    render_decisions,
    render_value,
    variable_words,
)
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import NEVER_RAISES, Laws
from primacy_proofs.smt.solver import INT, Expr, constant
from primacy_proofs.smt.symbols import AGENT, FIRST_ELECTORS, FIRST_WORKERS
from primacy_proofs.symbolic.containers import Answered, Served
from primacy_proofs.symbolic.paths import Decision
from primacy_proofs.symbolic.records import columns
from primacy_proofs.system.clocks import later
from primacy_proofs.system.lifting import LOCAL, RESTART, UNKNOWN
from primacy_proofs.system.round_history import DISCARDING, QUESTION
from primacy_proofs.system.world import (
    FIELDS,
    FUNCTIONS,
    HISTORY,
    PACKETS,
    PREFIX,
    World,
    field,
)
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.prover import Obligation

SEARCHED: Final = (
    (Bounds(2, 2), 8),
    (Bounds(3, 2), 4),
    (Bounds(3, 3), 4),
    (Bounds(4, 3), 3),
    (Bounds(2, 2, me=2), 4),
)
"""Which small worlds are searched, and how many obligations are posed in each.

In the last, another agent takes the step: core compares ids.
"""
MOST_POSED: Final = max(most for _, most in SEARCHED)
AGENTS_AT_MOST: Final = max(bounds.agents for bounds, _ in SEARCHED)
NONE_WITHIN: Final = f"no counterexample within {AGENTS_AT_MOST} agents"
WIDTH: Final = 96
"""How wide a picture is, as far as it can be helped; who prints it may indent it."""

ALWAYS: Final = ("role", "term")
"""What is shown of every agent."""
NOTHING: Final = ("-", "{}", "0", "no", "nobody")
"""What says nothing, if all agents have it and the law does not look at it."""
DISK: Final = "disk."
OUTGOING: Final = {"roll.outgoing": "roll.electors"}
"""What is shown only where it is not the same as another field."""
BLANK: Final = {"roll.index": 0, "roll.term": 0, "roll.workers": NO_AGENTS}
"""What a packet says of a roll that is not worth a word; see `OUTGOING` too."""
UNCOUNTED: Final[dict[type, str]] = {
    Answered: "replies to reads",
    Served: "reads that are served",
}
"""Outputs of which nobody knows how many there are."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A counterexample, for people."""

    obligation: Obligation
    agents: int
    text: str


def find(
    failed: Sequence[Obligation],
    sizes: Sequence[tuple[Bounds, int]] = SEARCHED,
    known: Laws = LAWS,
) -> Shown | None:
    """Find a smallest counterexample to any of what was not proved, and show it.

    The smaller the worlds, the more obligations are posed in them, those of different
    laws first.
    """
    posed_again = _posed(failed, known)
    for bounds, most in sizes:
        for alike in posed_again[:most]:
            for again in alike:
                model = _model(again, bounds)
                if model is not None:
                    text = "\n".join(Picture(again, model).lines())
                    return Shown(again.obligation, bounds.agents, text)
    return None


def _posed(failed: Sequence[Obligation], known: Laws) -> list[tuple[Posed, ...]]:
    """Pose again what has a world, those of different laws first."""
    first = {each.law: each for each in reversed(failed)}
    of_laws = [first[name] for name in dict.fromkeys(each.law for each in failed)]
    found: list[tuple[Posed, ...]] = []
    for each in dict.fromkeys([*of_laws, *failed]):
        alike = tuple(pose(each, known))
        if alike:
            found.append(alike)
        if len(found) == MOST_POSED:
            break
    return found


def _model(again: Posed, bounds: Bounds) -> FiniteModel | None:
    try:
        return search(again.question, bounds)
    except NotSmallError:
        return None


class Picture:
    """A model, with the step that breaks a law in it."""

    def __init__(self, again: Posed, model: FiniteModel) -> None:
        self._posed: Final = again
        self._model: Final = model
        self._witness: Final = Witness(again, model)
        self._decisions: Final = tuple(self._taken())
        self._path_looks: Final = {
            name
            for decision in self._decisions
            for name in symbols_of(decision.condition)
        }

    def lines(self) -> Iterator[str]:
        """Show everything, line by line."""
        yield from self._heading()
        yield from self._message()
        yield from self._path()
        yield from self._table()
        yield from self._witness.times()
        past = list(self._witness.history())
        if past:
            yield "what history remembers; + is what the step adds"
            yield from past
        yield from self._failing()

    def _heading(self) -> Iterator[str]:
        law, size = self._posed.law, self._model.bounds.agents
        name = self._posed.obligation.law
        what = "counterexample"
        if self._posed.obligation.unit != prover.FIRST:
            what += " to induction"
        yield f"a {what}, with {size} agents, breaks the law"
        yield f"  {name}"
        if law is not None:
            yield from _wrapped(f"({law_said(law)})", "  ")

    # --- the message and the path -----------------------------------------------------

    def _message(self) -> Iterator[str]:
        unit, where = self._posed.obligation.unit, self._posed.obligation.where
        case = self._posed.case
        if case is None:
            yield from _wrapped(self._passage(unit, where))
            return
        crash = (
            ", but crashes between two writes to its disk and begins again"
            if self._posed.is_crash
            else ""
        )
        said = f"{self._witness.me} begins again, from its disk"
        if case.packet is not None:
            said = f"{self._witness.me} handles {self._packet(unit, 0)}"
            if "now" in self._path_looks | self._witness.goal_says:
                said += f"; its clock shows {self._witness.now(constant('now', INT))}"
        elif unit in UNKNOWN:
            said = f"{self._witness.me} handles a message of no kind that it knows"
        elif unit != RESTART:
            local = next(each for each in LOCAL if each.__name__ == unit)
            of = {each.name: each.kind.sort for each in columns(local)}
            parts = [
                field_said(name, self._model.value(constant(f"{unit}.{name}", sort)))
                for name, sort in of.items()
            ]
            said = f"{self._witness.me} handles {unit}: {', '.join(parts)}"
        yield from _wrapped(said + crash)

    def _passage(self, unit: str, where: str) -> str:
        """Say what happens that is no step of an agent."""
        if unit == prover.FIRST:
            return "in the first world" if where == "begins" else "in a world"
        if where == "time passes":
            return f"time passes, to instant {self._witness.now(later())}"
        if where == DISCARDING:
            index = self._witness.now(constant("discarded", INT))
            return f"the disk of {self._witness.me} drops what is gone up to {index}"
        if unit == prover.MOMENTS:
            return f"a client asks for read {self._witness.now(QUESTION)}"
        if where.startswith("Attach"):
            return f"{self._witness.me} attaches its token to an effect"
        who = self._witness.now(constant("writer", AGENT))
        token = self._witness.now(constant("offered", INT))
        return f"an effect of {who} with token {token} arrives at the resource"

    def _packet(self, kind: str, number: int) -> str:
        packet = constant("a packet", FIELDS[kind, "sender"].domain(0))
        reader = Reader(self._model.told)
        reader.variables(["a packet"])
        said: dict[str, Any] = {
            column.name: reader.read(field(kind, column.name, packet)).of(
                {"a packet": number}
            )
            for column in columns(PACKETS[kind])
        }
        if kind == PREFIX[0]:
            hidden = reader.read(field(*PREFIX, packet)).of({"a packet": number})
            said[PREFIX[1]] = hidden
        sender, mesh = render_value(said.pop("sender")), said.pop("mesh")
        parts = [] if mesh == "mesh" else ["of another mesh"]
        blank = BLANK | {name: said.get(other) for name, other in OUTGOING.items()}
        parts += [
            field_said(name, value)
            for name, value in said.items()
            if name not in blank or value != blank[name]
        ]
        return f"{kind} from {sender}: {', '.join(parts)}"

    def _taken(self) -> Iterator[Decision]:
        """Find the path that the model takes, of those that do the same."""
        for path in self._posed.paths:
            if all(self._model.value(each.formula) for each in path.decisions):
                yield from path.decisions
                return

    def _path(self) -> Iterator[str]:
        rows = list(render_decisions(self._decisions))
        if rows:
            yield "by this path: the line, its function, what it asks, and the answer"
        width = max((len(where) for where, _ in rows), default=0)
        for where, question in rows:
            first, *more = textwrap.wrap(question, WIDTH - width - 6)
            yield f"  {where.ljust(width)}  {first}"
            yield from (f"  {' ' * width}    {each}" for each in more)

    # --- agents before and after ------------------------------------------------------

    def _table(self) -> Iterator[str]:
        electors, workers = map(self._witness.now, (FIRST_ELECTORS, FIRST_WORKERS))
        yield f"the mesh began with electors {electors} and workers {workers}"
        agents = self._model.bounds.names[1:]
        rows = [["agents", *agents]]
        for name, cells in self._rows(agents):
            is_said = any(cell not in NOTHING for cell in cells)
            if is_said or name in self._witness.law_looks:
                rows.append([field_words(name), *cells])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            yield "  " + "  ".join(cells).rstrip()
        if any(row[0].endswith("log") for row in rows):
            yield from _wrapped(f"({LOG_LEGEND})", "  ")

    def _rows(self, agents: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        """List what is shown of agents: what is looked at, and what changes.

        The disk is shown where it has something else than the memory, and outgoing
        electors where they are others than the electors.
        """
        looks = {*ALWAYS, *self._witness.law_looks}
        looks |= self._path_looks.difference(HISTORY)
        looks |= {name.removeprefix(DISK) for name in looks}
        for name, declared in FUNCTIONS.items():
            if declared.arity() != 1 or declared.domain(0) != AGENT:
                continue
            cells = [self._witness.cell(name, agent) for agent in agents]
            is_shown = name in looks or name.startswith(DISK)
            if name not in HISTORY:
                is_shown = is_shown or any(" -> " in cell for cell in cells)
            other = OUTGOING.get(name, name.removeprefix(DISK))
            if other != name:
                others = [self._witness.cell(other, agent) for agent in agents]
                is_shown = is_shown and cells != others
            if is_shown:
                yield name, cells

    # --- what fails -------------------------------------------------------------------

    def _failing(self) -> Iterator[str]:
        """Tell for which values the law fails."""
        law = self._posed.law
        if law is None:
            yield from self._ending()
            return
        parts, packets = [], []
        for said, variable in zip(variable_words(law), law.variables(), strict=True):
            sort, value = str(variable.sort().name()), self._model.value(variable)
            if is_packet(sort):
                packets.append(f"{self._packet(sort, value)}{self._to(sort, variable)}")
            else:
                parts.append(f"{said}{render_value(value)}")
        if parts or packets:
            yield from _wrapped(f"the law fails for {', '.join([*packets, *parts])}")

    def _ending(self) -> Iterator[str]:
        """Tell what comes of a path that breaks no law of the world."""
        if self._posed.obligation.law == NEVER_RAISES.name:
            yield f"and raises {self._posed.paths[0].error!r}"
            return
        kinds = []
        for output in self._posed.outputs:
            packet = getattr(output, "packet", None)
            of = f" {type(packet).__name__}" if packet is not None else ""
            kinds.append(UNCOUNTED.get(type(output)) or f"{type(output).__name__}{of}")
        yield f"its outputs, in this order: {', '.join(kinds)}"

    def _to(self, kind: str, packet: Expr) -> str:
        to = self._witness.now(field(kind, "target", packet))
        was = self._model.value(World().sent(kind, packet))
        return f", to {to}, {'sent before' if was else 'sent in this step'}"


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  "
    )
