"""A law of the world, and the help that its proof gets: one value.

An *invariant* holds in the first world and is kept by every step. A *consequence*
follows from invariants in one world. A *step law* relates the worlds before and after a
step. Each is written as a function of a world and its variables, whose name says it in
words, with the triggers by which z3 finds the values that matter.

Contract: a law names the laws that its proof uses; `catalog` refuses a name that no
law has, and a law that would rest on itself. Nothing here is trusted: a proof that uses
less is still a proof, an instance is of a law that is proved, and the cases and what
they leave over are everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Final

from primacy_proofs.smt.solver import (
    FALSE,
    TRUE,
    Expr,
    Sort,
    all_of,
    any_of,
    constant,
    equal,
    forall,
    implies,
    negation,
)
from primacy_proofs.system.world import World

LawBody = Callable[..., Expr]
Triggers = Callable[..., Sequence[Sequence[Expr]]]
Instance = Callable[..., tuple[Expr, ...]]
"""The values of one law, from the world after and the variables of another."""
Cases = Callable[..., Sequence[Expr]]
"""The cases of a proof, from the variables of the law; what is left is one more."""
Measure = Callable[..., Sequence[Expr]]
"""Integers, from the variables of a law: compared like words, the first one first."""


class LawKind(Enum):
    """What a law speaks of."""

    INVARIANT = "invariant"
    """What holds in the first world, and is kept by every step."""
    CONSEQUENCE = "consequence"
    """What follows from the invariants in one world."""
    STEP = "step law"
    """What relates the worlds before and after a step."""


@dataclass(frozen=True, slots=True)
class Lemma:
    """One instance of a law, by its name, that serves the proof of another."""

    law: str
    instance: Instance


@dataclass(frozen=True, slots=True)
class Induction:
    """An instance of a law, of the same world, that serves its own proof.

    It is taken for granted only where its measure is smaller and not negative: so
    there is no infinite descent, and the law holds by strong induction.
    """

    instance: Instance
    measure: Measure


@dataclass(frozen=True, slots=True)
class Proof:
    """The help that the proof of a law gets, beside the laws of its groups."""

    uses: tuple[str, ...] = ()
    """If any: the only laws that it takes for granted, beside its own."""
    on_demand: tuple[str, ...] = ()
    """The on-demand lemmas that it takes for granted too."""
    lemmas_before: tuple[Lemma, ...] = ()
    """Of the world before: instances that z3 does not find by itself."""
    lemmas_after: tuple[Lemma, ...] = ()
    """Of the world after: each is proved of the same step on its own."""
    lemmas_of_step: tuple[Lemma, ...] = ()
    """Instances of step laws, of the same step."""
    inductions: tuple[Induction, ...] = ()
    cases: Cases | None = None


UNAIDED: Final = Proof()


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """One law."""

    name: str
    group: str
    kind: LawKind
    sorts: tuple[Sort, ...]
    body: LawBody
    triggers: Triggers
    proof: Proof = UNAIDED
    is_on_demand: bool = False
    """Few proofs need it and it slows the others: only those get it that name it."""

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

    def cases(self) -> list[Expr]:
        """List the cases of its proof; together they are everything."""
        if self.proof.cases is None:
            return [TRUE]
        named = list(self.proof.cases(*self.variables()))
        return [*named, negation(any_of(*named))]


Laws = tuple[Law, ...]
"""Laws in the order in which z3 hears of them."""


@cache
def by_name(laws: Laws) -> Mapping[str, Law]:
    """Find laws by their names."""
    return MappingProxyType({law.name: law for law in laws})


@cache
def of_kind(kind: LawKind, laws: Laws) -> Laws:
    """Select the laws of one kind."""
    return tuple(law for law in laws if law.kind is kind)


def lemmas(law: Law, after: World, laws: Laws) -> list[Expr]:
    """State what the proof of a law may use beside its hypotheses."""
    names, before, known = law.variables(), World(), by_name(laws)
    proof = law.proof
    found = [(after, each) for each in proof.lemmas_after]
    found += [(before, each) for each in proof.lemmas_before]
    stated = [
        known[each.law].body(world, *each.instance(after, *names))
        for world, each in found
    ]
    stated += [
        known[each.law].body(before, after, *each.instance(after, *names))
        for each in proof.lemmas_of_step
    ]
    worlds = (before, after) if law.kind is LawKind.STEP else (after,)
    for each in proof.inductions:
        values = each.instance(after, *names)
        is_smaller = _is_smaller(each.measure(*values), each.measure(*names))
        stated.append(implies(is_smaller, law.body(*worlds, *values)))
    return stated


def _is_smaller(one: Sequence[Expr], other: Sequence[Expr]) -> Expr:
    """Tell whether one measure stands before another, and is not negative."""
    smaller = FALSE
    for mine, theirs in reversed(list(zip(one, other, strict=True))):
        smaller = any_of(mine < theirs, all_of(equal(mine, theirs), smaller))
    return all_of(smaller, *(each >= 0 for each in one))


@cache
def looks_at(law: Law) -> frozenset[str]:
    """Name the functions of the world that a law reads."""
    world = World()
    if law.kind is LawKind.STEP:
        law.goal_of_step(world, world)
    else:
        law.goal(world)
    return frozenset(world.looked_at)


# --- writing laws ---------------------------------------------------------------------


def _law(
    kind: LawKind,
    group: str,
    sorts: tuple[Sort, ...],
    triggers: Triggers,
    proof: Proof,
    *,
    is_on_demand: bool = False,
) -> Callable[[LawBody], Law]:
    def make(body: LawBody) -> Law:
        name = body.__name__.removeprefix("_").replace("_", " ")
        return Law(name, group, kind, sorts, body, triggers, proof, is_on_demand)

    return make


def invariant(
    group: str,
    *sorts: Sort,
    on: Triggers,
    proof: Proof = UNAIDED,
    is_on_demand: bool = False,
) -> Callable[[LawBody], Law]:
    """Make an invariant of a function whose name is what it says."""
    kind = LawKind.INVARIANT
    return _law(kind, group, sorts, on, proof, is_on_demand=is_on_demand)


def consequence(
    group: str,
    *sorts: Sort,
    on: Triggers,
    proof: Proof = UNAIDED,
    is_on_demand: bool = False,
) -> Callable[[LawBody], Law]:
    """Make a consequence of a function whose name is what it says."""
    kind = LawKind.CONSEQUENCE
    return _law(kind, group, sorts, on, proof, is_on_demand=is_on_demand)


def step_law(
    group: str, *sorts: Sort, proof: Proof = UNAIDED
) -> Callable[[LawBody], Law]:
    """Make a step law of a function whose name is what it says."""
    return _law(LawKind.STEP, group, sorts, lambda *_: (), proof)


# --- groups, and the laws that are about paths ----------------------------------------

TOTAL: Final = "total"
"""The group of one law: no path raises."""
PATHS: Final = "paths"
"""The group of one law: all paths are known."""
REJECTION: Final = "rejection"
"""The group of one law: exactly what cannot be valid is rejected."""

_BASE: Final = ("durable", "roll", "election", "log", "commit")
"""One stratum: a term has one leader because of what may have been committed."""

RESTS_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "durable": ("durable",),
    "roll": ("durable", "roll"),
    "election": _BASE,
    "fencing": (*_BASE, "fencing"),
    "worker": (*_BASE, "worker"),
    "log": _BASE,
    PATHS: (),
    "commit": _BASE,
    "read": (*_BASE, "read"),
    "lease": (*_BASE, "read", "lease"),
    TOTAL: _BASE,
    REJECTION: _BASE,
}
"""Which groups of laws the proofs of a group may use."""


@dataclass(frozen=True, slots=True)
class WorldlessLaw:
    """A law that is not about a world: of paths, of the sizes of sets, of clocks."""

    name: str
    group: str


PERSISTS_FIRST: Final = WorldlessLaw(
    "every persist stands before what leaves the agent", "durable"
)
APPLIES_FIRST: Final = WorldlessLaw(
    "what is committed is given out before a read is served", "commit"
)
NEVER_RAISES: Final = WorldlessLaw("no path raises", TOTAL)
ONLY_IMPOSSIBLE: Final = WorldlessLaw(
    "exactly what cannot be valid is rejected", REJECTION
)
FORWARDED: Final = WorldlessLaw(
    "a forwarded write is taken only under the token it names", "fencing"
)
ALL_PATHS: Final = WorldlessLaw("all paths are known", PATHS)

PATH_LAWS: Final = (
    PERSISTS_FIRST,
    APPLIES_FIRST,
    NEVER_RAISES,
    ONLY_IMPOSSIBLE,
    FORWARDED,
    ALL_PATHS,
)
"""The laws about paths."""
