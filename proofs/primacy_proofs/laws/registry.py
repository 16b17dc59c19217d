"""What a law of the world is: a formula for all values, over one world or two.

An *invariant* holds in the first world and is kept by every step. A *consequence*
follows from invariants in one world. A *step law* relates the worlds before and after a
step. Each is written as a function of a world and its variables, under a name that says
it in words, with the triggers by which z3 finds the values that matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from primacy_proofs.smt.solver import (
    TRUE,
    Expr,
    Sort,
    any_of,
    constant,
    forall,
    negation,
)
from primacy_proofs.system.world import World

Triggers = Callable[..., Sequence[Sequence[Expr]]]


@dataclass(frozen=True, slots=True)
class Law:
    """One law."""

    name: str
    group: str
    sorts: tuple[Sort, ...]
    body: Callable[..., Expr]
    triggers: Triggers

    def variables(self) -> tuple[Expr, ...]:
        """Name a value for each variable."""
        return tuple(
            constant(f"{self.name} {place}", of) for place, of in enumerate(self.sorts)
        )

    def hypothesis(self, world: World) -> Expr:
        """State the law for all values."""
        names = self.variables()
        return forall(names, self.body(world, *names), self.triggers(world, *names))

    def goal(self, world: World) -> Expr:
        """State the law for values of which nothing is known."""
        return self.body(world, *self.variables())

    def goal_of_step(self, before: World, after: World) -> Expr:
        """State a step law for values of which nothing is known."""
        return self.body(before, after, *self.variables())


INVARIANTS: Final[dict[str, Law]] = {}
"""What holds in the first world, and is kept by every step."""
CONSEQUENCES: Final[dict[str, Law]] = {}
"""What follows from the invariants in one world."""
STEP_LAWS: Final[dict[str, Law]] = {}
"""What relates the worlds before and after a step."""

ONLY: Final[dict[str, frozenset[str]]] = {}
"""The laws that a proof uses, where all of its group would be too many."""


def uses(law: Law, *used: Law) -> None:
    """Let the proof of a law use itself and what is named, and nothing else."""
    ONLY[law.name] = frozenset((law.name, *(each.name for each in used)))


Instance = Callable[..., tuple[Expr, ...]]
"""The values for which one law serves the proof of another."""

AFTER: Final[dict[str, tuple[tuple[Law, Instance], ...]]] = {}
"""The laws that the proof of a law may use of the world after the same step.

Each is proved of the same step on its own, and no law is used in its own proof, however
indirectly. What follows from the invariants of a group is for the groups above it.
"""


def after(user: Law, used: Law, instance: Instance) -> None:
    """Let the proof of a law use one instance of another, of the world after."""
    if used.name in CONSEQUENCES and used.group == user.group:
        raise ValueError(f"{user.name!r} may not rest on {used.name!r}")
    AFTER[user.name] = (*AFTER.get(user.name, ()), (used, instance))
    _refuse_circles(user)


BEFORE: Final[dict[str, tuple[tuple[Law, Instance], ...]]] = {}
"""Instances of invariants of the world before that z3 does not find by itself."""


def hint(user: Law, used: Law, instance: Instance) -> None:
    """Show the proof of a law one instance of another, of the world before."""
    BEFORE[user.name] = (*BEFORE.get(user.name, ()), (used, instance))


BESIDE: Final[dict[str, tuple[tuple[Law, Instance], ...]]] = {}
"""The step laws that the proof of a law may use of the same step."""


def beside(user: Law, used: Law, instance: Instance) -> None:
    """Let the proof of a law use one instance of a step law about the same step."""
    BESIDE[user.name] = (*BESIDE.get(user.name, ()), (used, instance))
    _refuse_circles(user)


def _refuse_circles(law: Law) -> None:
    """Make sure that no law is used in its own proof."""
    seen: set[str] = set()
    todo = [law.name]
    while todo:
        name = todo.pop()
        used = [each.name for each, _ in (*AFTER.get(name, ()), *BESIDE.get(name, ()))]
        if law.name in used:
            raise ValueError(f"{law.name!r} may not rest on itself")
        todo += [each for each in used if each not in seen]
        seen.update(used)


CASES: Final[dict[str, Callable[..., Sequence[Expr]]]] = {}
"""The cases by which a law is proved, over its variables; what is left is one more."""


def by_cases(law: Law, cases: Callable[..., Sequence[Expr]]) -> None:
    """Let a law be proved case by case."""
    CASES[law.name] = cases


def cases_of(law: Law) -> list[Expr]:
    """List the cases of a proof; together they are everything."""
    if law.name not in CASES:
        return [TRUE]
    named = list(CASES[law.name](*law.variables()))
    return [*named, negation(any_of(*named))]


def lemmas(law: Law, after: World) -> list[Expr]:
    """State what the proof of a law may use beside its hypotheses."""
    names, before = law.variables(), World()
    found = [(after, *each) for each in AFTER.get(law.name, ())]
    found += [(before, *each) for each in BEFORE.get(law.name, ())]
    stated = [used.body(world, *of(world, *names)) for world, used, of in found]
    stated += [
        used.body(before, after, *of(after, *names))
        for used, of in BESIDE.get(law.name, ())
    ]
    return stated


SHY: Final[dict[str, frozenset[str]]] = {}
"""The laws that few proofs need and that slow the others: for whose proofs they are."""


def only_for(law: Law, *users: Law) -> None:
    """Keep a law out of all proofs but its own and those of its users."""
    known = SHY.get(law.name, frozenset((law.name,)))
    SHY[law.name] = known.union(user.name for user in users)


Body = Callable[..., Expr]


@cache
def looks_at(law: Law) -> frozenset[str]:
    """Name the functions of the world that a law reads."""
    world = World()
    if law.name in STEP_LAWS:
        law.goal_of_step(world, world)
    else:
        law.goal(world)
    return frozenset(world.looked_at)


def _declare(
    among: dict[str, Law],
    group: str,
    sorts: Sequence[Sort],
    triggers: Triggers,
) -> Callable[[Body], Law]:
    def declared(body: Body) -> Law:
        name = body.__name__.removeprefix("_").replace("_", " ")
        law = Law(name, group, tuple(sorts), body, triggers)
        among[name] = law
        return law

    return declared


def invariant(group: str, *sorts: Sort, on: Triggers) -> Callable[[Body], Law]:
    """Declare an invariant; its function's name is what it says."""
    return _declare(INVARIANTS, group, sorts, on)


def consequence(group: str, *sorts: Sort, on: Triggers) -> Callable[[Body], Law]:
    """Declare what follows from invariants."""
    return _declare(CONSEQUENCES, group, sorts, on)


def step_law(group: str, *sorts: Sort) -> Callable[[Body], Law]:
    """Declare what every step does."""
    return _declare(STEP_LAWS, group, sorts, lambda *_: ())


TOTAL: Final = "total"
"""The group of one law: no path raises."""
PATHS: Final = "paths"
"""The group of one law: all paths are known."""
REJECTION: Final = "rejection"
"""The group of one law: exactly what cannot be valid is rejected."""
ONLY_IMPOSSIBLE: Final = "exactly what cannot be valid is rejected"
FORWARDED: Final = "a forwarded write is taken only under the token it names"
NEVER_RAISES: Final = "no path raises"
ALL_PATHS: Final = "all paths are known"
PERSISTS_FIRST: Final = "every persist stands before what leaves the agent"
APPLIES_FIRST: Final = "what is committed is given out before a read is served"
