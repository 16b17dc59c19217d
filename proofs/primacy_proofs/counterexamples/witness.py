"""What a model says: values before and after, clocks, and what history remembers.

Of history only that is shown which a law looks at and which means something: a term
that no agent led has no log of its leader. What the step adds begins with a plus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from primacy.role import Role
from primacy_proofs.counterexamples.evaluation import Reader
from primacy_proofs.counterexamples.interpretation import EntryBody, body_of
from primacy_proofs.counterexamples.obligation import Posed
from primacy_proofs.counterexamples.search import FiniteModel
from primacy_proofs.counterexamples.small_values import NUMBERS
from primacy_proofs.counterexamples.wording import describe_history, render_value
from primacy_proofs.laws.law import looks_at
from primacy_proofs.smt.solver import (
    INT,
    REAL,
    Expr,
    constant,
    dissect,
    read_quantifier,
)
from primacy_proofs.smt.symbols import AGENT, BODY
from primacy_proofs.system.clocks import PROMISE, clock, lease_of
from primacy_proofs.system.world import FUNCTIONS, HISTORY, ME, World

MOST_LINES: Final = 10
"""How much is shown of one thing that history remembers."""
IN_TABLE: Final = ("due", "life")
"""What history remembers of each agent, shown beside its fields."""
COUNTS: Final = ("fence", "known", "time", "acked", "leased")
"""What history counts: a step shows what it was before."""
EVENTS: Final = ("begun.at", "successor_at", "asked.at")
"""What happened at an instant of true time."""


class Witness:
    """A model, with the worlds before and after the step that breaks a law."""

    def __init__(self, again: Posed, model: FiniteModel) -> None:
        self.posed: Final = again
        self.model: Final = model
        self.me: Final = model.bounds.names[model.bounds.me]
        """The agent that takes the step."""
        law = again.law
        self.law_looks: Final = frozenset(looks_at(law)) if law else frozenset()
        self.goal_says: Final = symbols_of(again.question.goal)

    def now(self, expr: Expr) -> str:
        """Write the value of an expression."""
        return render_value(self.model.value(expr))

    def at(self, world: World, name: str, *arguments: Any) -> Any:  # noqa: ANN401 - of any sort
        """Give the value of a function of a world."""
        declared = FUNCTIONS[name]
        names = [f"at {place}" for place in range(len(arguments))]
        variables = [
            constant(each, declared.domain(place)) for place, each in enumerate(names)
        ]
        reader = Reader(self.model.told)
        reader.variables(names)
        values = dict(zip(names, arguments, strict=True))
        return reader.read(world(name, *variables)).of(values)

    def after(self, name: str, *arguments: Any) -> Any:  # noqa: ANN401 - of any sort
        """Give the value of a function of the world after the step."""
        return self.at(self.posed.after, name, *arguments)

    def cell(self, name: str, agent: str) -> str:
        """Write what is so of an agent, before and after."""
        before, after = (
            self._field(world, name, agent)
            for world in (self.posed.before, self.posed.after)
        )
        return before if before == after else f"{before} -> {after}"

    def _field(self, world: World, name: str, agent: str) -> str:
        is_leader = self.at(world, "role", agent) == Role.LEADER
        if name == "wait" and is_leader:
            return "-"  # it has no meaning then
        return render_value(self.at(world, name, agent))

    # --- time -------------------------------------------------------------------------

    def times(self) -> Iterator[str]:
        """Tell how long promises last and what clocks show, if the law asks."""
        if "promise" in self.goal_says:
            promise = self.now(PROMISE)
            yield f"a promise to elect nobody lasts {promise} of true time"
        if lease_of.name() in self.goal_says:
            lease = self.now(lease_of(ME))
            yield f"a lease of {self.me} lasts {lease} on its clock"
        if "clock" not in self.goal_says:
            return
        names = ("clock of", "clock life", "clock instant")
        sorts = (AGENT, INT, REAL)
        reader = Reader(self.model.told)
        reader.variables(names)
        reading = reader.read(clock(*map(constant, names, sorts)))
        for agent in self._names:
            life = self.after("life", agent)
            shows = [
                f"{reading.of(dict(zip(names, place, strict=True)))} at instant {at}"
                for at in self._instants()
                for place in [(agent, life, at)]
            ]
            yield f"the clock of {agent} shows {', '.join(shows)} of true time"

    def _instants(self) -> list[int]:
        """List the instants of true time at which something happens."""
        found = {self.after("time")}
        for name in (each for each in EVENTS if each in self.law_looks):
            for arguments in self._arguments(name):
                if self._has_meaning(name, arguments):
                    found.add(self.after(name, *arguments))
        return sorted(found)

    # --- history ----------------------------------------------------------------------

    def history(self) -> Iterator[str]:
        """Tell what history remembers: first what the step adds, of each kind."""
        for name in HISTORY:
            if name in self.law_looks and name not in IN_TABLE:
                lines = sorted(self._remembered(name), key=lambda line: line[0] != "+")
                yield from lines[:MOST_LINES]
                if len(lines) > MOST_LINES:
                    yield f"  and {len(lines) - MOST_LINES} more like this"

    def _arguments(self, name: str) -> Iterator[tuple[Any, ...]]:
        declared = FUNCTIONS[name]
        sorts = [str(declared.domain(at).name()) for at in range(declared.arity())]
        return product(*map(self._values, sorts))

    def _values(self, sort: str) -> Sequence[Any]:
        """List the values of a sort of which history may remember something."""
        if sort in NUMBERS:
            return self.model.bounds.known(sort)
        if sort == BODY.name():
            return self._bodies()
        return self.model.told.every(sort)

    def _bodies(self) -> list[EntryBody]:
        """List what stands in the log of any agent: nothing else can be applied."""
        worlds, agents = (self.posed.before, self.posed.after), self._names
        logs = [self.at(world, "log", agent) for world in worlds for agent in agents]
        found = {body_of(entry): None for log in logs for entry in log.entries}
        return list(found)

    @property
    def _names(self) -> tuple[str, ...]:
        return self.model.bounds.names[1:]

    def _remembered(self, name: str) -> Iterator[str]:
        """List what is remembered of a kind."""
        for arguments in self._arguments(name):
            if not self._has_meaning(name, arguments):
                continue
            was = self.at(self.posed.before, name, *arguments)
            now = self.after(name, *arguments)
            if now is not False:
                mark = " " if was == now else "+"
                is_raised = mark == "+" and name in COUNTS
                value = (
                    f"{render_value(was)} -> {render_value(now)}" if is_raised else now
                )
                yield f"{mark} {describe_history(name, arguments, value)}"

    def _has_meaning(self, name: str, arguments: Sequence[Any]) -> bool:
        """Tell whether a value of history says anything."""

        def is_so(of: str, *values: Any) -> bool:  # noqa: ANN401 - of any sort
            return bool(self.after(of, *values))

        if "" in arguments and FUNCTIONS[name].domain(arguments.index("")) == AGENT:
            return False  # nobody does nothing
        match name:
            case "leader_of" | "led.log" | "leased":
                return any(is_so("led", *arguments, agent) for agent in self._names)
            case "ground":
                term, place = arguments
                is_led = self._has_meaning("led.log", (term,))
                return is_led and place in self.after("led.log", term).rolls
            case "campaign_log":
                return is_so("vote_cast", arguments[1], *arguments)
            case "final.term" | "final.index":
                return is_so("final", *arguments)
            case "known.term" | "known.body" | "known.by" | "known.at":
                return bool(1 <= arguments[0] <= self.after("known"))
            case "begun.at" | "late":
                return is_so("begun", *arguments)
            case "successor_at" | "elects":
                return is_so("successor_term", arguments[0])
            case "asked.at" | "floor" | "floor.by" | "floor.at":
                return is_so("asked", *arguments)
            case "acked" | "successor_term":
                return is_so(name, *arguments)
            case _:
                return True


def symbols_of(expr: Expr) -> set[str]:
    """Collect the symbols of a formula."""
    found: set[str] = set()
    todo, seen = [expr], {expr.get_id()}
    while todo:
        each = todo.pop()
        inside = read_quantifier(each, "bound ")
        form = dissect(each)
        found.add(form.symbol)
        for part in [inside.body] if inside else form.arguments:
            if part.get_id() not in seen:
                seen.add(part.get_id())
                todo.append(part)
    return found
