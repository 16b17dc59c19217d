"""The obligations of a theorem, and their proofs.

An invariant holds in the first world and is kept by every path of every case. A
consequence follows in one world. A step law holds of every path. A path that raises is
excluded. What a path does not change it need not keep: an obligation is skipped where
the law reads nothing that changed.

Each unit of work is one case, so that units can be proved side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final

from primacy import outputs as effects
from primacy_proofs.axioms import containers
from primacy_proofs.axioms.quorum import induction
from primacy_proofs.laws import forwarding, rejection
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import (
    ALL_PATHS,
    APPLIES_FIRST,
    FORWARDED,
    NEVER_RAISES,
    ONLY_IMPOSSIBLE,
    PATHS,
    PERSISTS_FIRST,
    RESTS_ON,
    TOTAL,
    Law,
    LawKind,
    Laws,
    WorldlessLaw,
    lemmas,
    looks_at,
    of_kind,
)
from primacy_proofs.smt.solver import (
    FALSE,
    TRUE,
    Answer,
    Expr,
    Prover,
    Status,
    any_of,
    is_same,
    simplify,
)
from primacy_proofs.symbolic.containers import Answered, Served
from primacy_proofs.symbolic.values import expr_of_int
from primacy_proofs.system import history, lifting
from primacy_proofs.system.clocks import clock_facts, drift
from primacy_proofs.system.lifting import Case
from primacy_proofs.system.round_history import moments
from primacy_proofs.system.transitions import SILENT, Transition, steps
from primacy_proofs.system.world import World, mesh_facts

FIRST: Final = "First world"
RESOURCE: Final = "Resource"
OBSERVATION: Final = "Observation"
QUORUMS: Final = "Quorums"
MOMENTS: Final = "Moments"

NOTHING: Final = "nothing"
"""No hypotheses at all."""
AXIOMS_ALONE: Final = "axioms"
"""What containers and configurations promise, and no invariant."""

OF_PATHS: Final = {
    ONLY_IMPOSSIBLE: rejection.state_obligations,
    FORWARDED: forwarding.state_obligations,
}
"""Laws about single paths, and what has to be shown of each path."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One goal that was posed, and what became of it."""

    unit: str
    where: str
    law: str
    group: str
    status: str
    seconds: float
    reason: str = ""
    path: tuple[str, ...] = ()
    """The decisions of the path, for people."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What one unit of work found."""

    name: str
    paths: int
    obligations: tuple[Obligation, ...]


def units() -> tuple[str, ...]:
    """Name all units of work."""
    return (QUORUMS, FIRST, *lifting.cases(), MOMENTS, RESOURCE, OBSERVATION)


def run(names: Iterable[str], wanted: frozenset[str], jobs: int = 1) -> Iterator[Unit]:
    """Prove the laws of some groups in some units, as units end."""
    if jobs == 1:
        for name in names:
            yield prove_unit(name, wanted)
        return
    chosen = list(names)
    with ProcessPoolExecutor(min(jobs, len(chosen))) as pool:
        yield from pool.map(prove_unit, chosen, [wanted] * len(chosen))


def prove_unit(name: str, wanted: frozenset[str], known: Laws = LAWS) -> Unit:
    """Prove what one unit owes to the laws of some groups.

    It begins with solvers that have seen no other unit, so its verdicts do not depend
    on the order of the units or on how many are proved side by side.
    """
    _prover.cache_clear()
    if name == QUORUMS:
        place, nothing = Place(name, ""), _prover(NOTHING)
        owed = [
            _posed(place, WorldlessLaw(law, "election"), nothing, given, goal)
            for law, given, goal in (*induction(), *drift())
        ]
        return Unit(name, 0, tuple(owed))
    if name == FIRST:
        return Unit(name, 0, tuple(_in_the_first_world(wanted, known)))
    if name in (RESOURCE, MOMENTS):
        passages = history.passages() if name == RESOURCE else list(moments())
        owed = [
            each
            for where, condition, after in passages
            for each in _kept(Place(name, where), condition, after, wanted, known)
        ]
        return Unit(name, len(passages), tuple(owed))
    if name == OBSERVATION:
        told = lifting.lift_observation()
        place, total = Place(name, ""), _prover(TOTAL)
        owed = [
            _posed(place, NEVER_RAISES, total, [path.condition], FALSE)
            for path in told
            if path.error is not None and TOTAL in wanted
        ]
        return Unit(name, len(told), tuple(owed))
    case = lifting.lift(name)
    return Unit(name, len(case.paths), tuple(_of_case(case, wanted, known)))


def obligations(
    name: str, wanted: frozenset[str], known: Laws = LAWS
) -> Iterator[Obligation]:
    """Prove what one unit owes, one obligation after the other."""
    if name in lifting.cases():
        _prover.cache_clear()
        yield from _of_case(lifting.lift(name), wanted, known)
    else:
        yield from prove_unit(name, wanted, known).obligations


@cache
def _prover(
    group: str,
    known: Laws = LAWS,
    on_demand: frozenset[str] = frozenset(),
    only: frozenset[str] = frozenset(),
    before: str = "",
) -> Prover:
    """Take for granted what the proofs of a group may use.

    The proof of a consequence may use those that stand before it.
    """
    world, follows = World(), of_kind(LawKind.CONSEQUENCE, known)
    if before:
        follows = follows[: [law.name for law in follows].index(before)]
    among = (*of_kind(LawKind.INVARIANT, known), *follows)
    stated = [
        law.hypothesis(world)
        for law in among
        if law.group in RESTS_ON.get(group, ())
        and (
            law.name in only if only else not law.is_on_demand or law.name in on_demand
        )
    ]
    axioms = containers.AXIOMS if group != NOTHING else ()
    facts = (*mesh_facts(), *clock_facts()) if group != NOTHING else ()
    return Prover([*axioms, *facts, *stated])


def _prover_of(law: Law, known: Laws) -> Prover:
    """Take for granted what the proof of a law may use."""
    own = {law.name}
    only = frozenset(own.union(law.proof.uses) if law.proof.uses else ())
    on_demand = (
        own.union(law.proof.on_demand) if law.is_on_demand else law.proof.on_demand
    )
    before = law.name if law.kind is LawKind.CONSEQUENCE else ""
    return _prover(law.group, known, frozenset(on_demand), only, before)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an obligation arises."""

    unit: str
    where: str
    path: tuple[str, ...] = ()


def _of_step(step: Transition) -> Place:
    shown = tuple(str(decision) for decision in step.path.decisions)
    return Place(step.case, step.name, shown)


def _of_path(case: Case, number: int) -> Place:
    path = case.paths[number - 1]
    shown = tuple(str(decision) for decision in path.decisions)
    raised = f": {path.error}" if path.error is not None else ""
    return Place(case.name, f"path {number}{raised}", shown)


def _posed(
    place: Place,
    law: Law | WorldlessLaw,
    prover: Prover,
    given: Iterable[Expr],
    goal: Expr,
) -> Obligation:
    return _answered(place, law, prover.prove(given, goal))


def _answered(place: Place, law: Law | WorldlessLaw, answer: Answer) -> Obligation:
    return Obligation(
        place.unit,
        place.where,
        law.name,
        law.group,
        answer.status.value,
        answer.seconds,
        answer.reason,
        () if answer.status is Status.PROVED else place.path,
    )


def _chosen(kind: LawKind, wanted: frozenset[str], known: Laws) -> list[Law]:
    return [law for law in of_kind(kind, known) if law.group in wanted]


def _in_the_first_world(wanted: frozenset[str], known: Laws) -> Iterator[Obligation]:
    world, begins = history.initial_world(), Place(FIRST, "begins")
    for law in _chosen(LawKind.INVARIANT, wanted, known):
        axioms = _prover(AXIOMS_ALONE)
        yield _posed(begins, law, axioms, [], law.goal(world))
    for law in _chosen(LawKind.CONSEQUENCE, wanted, known):
        place, given = Place(FIRST, "follows"), lemmas(law, World(), known)
        for case in law.cases():
            prover, goal = _prover_of(law, known), law.goal(World())
            yield _posed(place, law, prover, [*given, case], goal)
    for law in _chosen(LawKind.STEP, wanted, known):
        place, goal = (
            Place(FIRST, "nothing changes"),
            law.goal_of_step(World(), World()),
        )
        yield _posed(place, law, _prover_of(law, known), [], goal)


def _of_case(case: Case, wanted: frozenset[str], known: Laws) -> Iterator[Obligation]:
    if PATHS in wanted:
        whole = any_of(*(path.condition for path in case.paths))
        place = Place(case.name, "all paths")
        yield _posed(place, ALL_PATHS, _prover(NOTHING), [], whole)
    if TOTAL in wanted:
        yield from _without_errors(case)
    for law, owed in OF_PATHS.items():
        if law.group in wanted:
            for number, given, goal in owed(case):
                place, prover = _of_path(case, number), _prover(law.group)
                yield _posed(place, law, prover, given, goal)
    for step in steps(case):
        place = _of_step(step)
        if "durable" in wanted and not step.is_crash:
            yield _answered(place, PERSISTS_FIRST, Answer(_order(step), 0.0))
        if "commit" in wanted and not step.is_crash:
            status = Answer(_order_of_reads(step), 0.0)
            yield _answered(place, APPLIES_FIRST, status)
        yield from _kept(place, step.condition, step.after, wanted, known)


def _without_errors(case: Case) -> Iterator[Obligation]:
    for number, path in enumerate(case.paths, start=1):
        if path.error is None:
            continue
        place = _of_path(case, number)
        given = [case.given, path.condition]
        yield _posed(place, NEVER_RAISES, _prover(TOTAL), given, FALSE)


def _kept(
    place: Place,
    condition: Expr,
    after: World,
    wanted: frozenset[str],
    known: Laws,
) -> Iterator[Obligation]:
    """Show that a step keeps what it may have changed."""
    changed = frozenset(after.changes)
    for law in _chosen(LawKind.INVARIANT, wanted, known):
        if looks_at(law) & changed:
            given = [condition, law.goal(World()), *lemmas(law, after, known)]
            prover, goal = _prover_of(law, known), law.goal(after)
            for case in law.cases():
                yield _posed(place, law, prover, [*given, case], goal)
    for law in _chosen(LawKind.STEP, wanted, known):
        if looks_at(law) & changed:
            given = [condition, *lemmas(law, after, known)]
            prover, goal = _prover_of(law, known), law.goal_of_step(World(), after)
            for case in law.cases():
                yield _posed(place, law, prover, [*given, case], goal)


def _order(step: Transition) -> Status:
    """Judge whether something leaves the agent before the last write to the disk.

    A `Discard` may be late, so nothing waits for it.
    """
    has_left, writes = False, (effects.Persist, effects.Restore)
    for output in step.outputs:
        if isinstance(output, writes) and has_left:
            return Status.REFUTED
        has_left = has_left or not isinstance(
            output, (*writes, effects.Discard, *SILENT)
        )
    return Status.PROVED


def _order_of_reads(step: Transition) -> Status:
    """Judge whether a read is served before all up to its index is given out.

    What is given out after it must begin behind that index. The index of an answer to
    another agent is not known here: nothing may be given out after it.
    """
    served: list[Expr | None] = []
    for output in step.outputs:
        match output:
            case effects.Apply():
                first = expr_of_int(output.first)
                if not all(
                    each is not None and _is_below(each, first) for each in served
                ):
                    return Status.REFUTED
            case effects.Restore() if served:
                return Status.REFUTED
            case effects.ServeRead():
                served.append(expr_of_int(output.index))
            case Served():
                served.append(output.applied)
            case Answered() if output.granted:
                served.append(None)
            case _:
                continue
    return Status.PROVED


def _is_below(one: Expr, other: Expr) -> bool:
    """Tell whether one number is below another, however they are written."""
    return is_same(simplify(one < other), TRUE)


def is_contradictory(group: str) -> bool:
    """Tell whether z3 can refute what the proofs of a group take for granted."""
    return _prover(group).prove([], FALSE).status is Status.PROVED
