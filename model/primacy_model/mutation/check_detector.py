"""The checker as a detector: it explores the imported core until a claim breaks.

`python -m primacy_model.mutation.check_detector ID [SECONDS]` explores the place of the
first kill that is expected of a mutant. A mutant without one is sought in the scopes
that reach the module that it edits, with clocks or without, and, if it harms progress,
in the scopes of runs first; each in turn, and none for longer than its share. The line
that is printed gives the size of the counterexample, and whether the same place with
one elector, term or write less shows one, too.

Contract: an exception of a mutant, be it from core or from a claim about a state that
no agent may have, is a finding, `message.total`; the real core raises nothing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final

import primacy
from primacy_model.checker import liveness
from primacy_model.checker.actors import Actors, Ghost, Local, Message, Shared
from primacy_model.checker.limits import Limit
from primacy_model.checker.model import Kind
from primacy_model.engines import search
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.engines.search import Engine
from primacy_model.mesh.agent import Node
from primacy_model.mesh.invalid_configs import first_misjudged, small_configs
from primacy_model.mesh.model import Mesh
from primacy_model.mesh.scopes import DEEP, DEFAULT, MeshScope
from primacy_model.mutation.arena import Arena, ScriptError, make_scope
from primacy_model.mutation.catalog.mutants import find_mutant
from primacy_model.mutation.expectation import RAISES, KillPlace, RunsPlace, TimedPlace
from primacy_model.mutation.search_plan import plan_search
from primacy_model.synchrony.scopes import DEEP_LIVING, LIVING
from primacy_model.timed.clocks import Clocked
from primacy_model.timed.model import TimedMesh
from primacy_model.timed.scopes import deep, scopes

SECONDS: Final = 60.0
"""For one mutant, by default."""
MOST_RUN_STATES: Final = 150_000
"""In a scope of runs, whose graph is kept."""
SMALLER_STATES: Final = 50_000
"""In each place that is a little smaller."""
QUICK_STATES: Final = 3_000
"""What the slowest engine explores before the fastest is compiled."""


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """What an exploration of one place found."""

    where: str
    property: str | None = None
    """The claim that broke, if one did."""
    depth: int = 0
    loop: int = -1
    """Of a lasso: the steps that repeat for ever."""
    states: int = 0
    is_whole: bool = False
    """Nothing was left out: the place was explored to its end."""
    electors: int = 0
    terms: int = 0
    """The highest term in the counterexample."""
    entries: int = 0
    """The longest log in the counterexample."""
    raised: str = ""
    """What was raised, where something was."""


def out_of_time(until: float) -> Limit:
    """Stop at an instant of the processor's clock."""
    return lambda: "its time" if time.process_time() > until else ""


# --- one place ------------------------------------------------------------------------


def explore_place(
    name: str, place: KillPlace, limit: Limit, most: int | None = None
) -> PlaceResult:
    """Explore a place; where a mutant reads an obsolete packet, none is forgotten."""
    try:
        return _explore(name, place, limit, most)
    except ScriptError:
        raise
    except PromiseBrokenError:
        whole = _without_forgetting(name, place)
        if whole is None:
            return PlaceResult(describe(place))
        return explore_place(name, whole, limit, most)
    except Exception as error:  # noqa: BLE001 - a mutant may raise anything
        raised = f"{type(error).__name__}: {str(error)[:80]}"
        return PlaceResult(describe(place), RAISES, raised=raised)


def _without_forgetting(name: str, place: KillPlace) -> Arena | None:
    """Give the place in which nothing is forgotten, if there is one."""
    if isinstance(place, TimedPlace | RunsPlace):
        return None
    arena = place if isinstance(place, Arena) else _arena(find_scope(name, place))
    return replace(arena, forgets=False) if arena.forgets else None


def _explore(
    name: str, place: KillPlace, limit: Limit, most: int | None
) -> PlaceResult:
    match place:
        case str() | Arena():
            scope = find_scope(name, place)
            return _search(place, scope.actors, limit, most, forgets=scope.forgets)
        case TimedPlace():
            return _search(place, find_timed(place), limit, most, forgets=True)
        case RunsPlace():
            return _explore_runs(place, limit)


def find_scope(name: str, place: str | Arena) -> MeshScope:
    """Find a scope, or make one of an arena."""
    if isinstance(place, Arena):
        return make_scope(name, place)
    return next(scope for scope in (*DEFAULT, *DEEP) if scope.name == place)


def find_timed(place: TimedPlace) -> TimedMesh:
    """Find a timed scope, and change it as a place says."""
    known = (each.actors for each in (*scopes(), *deep()) if each.name == place.scope)
    (mesh,) = known
    assert isinstance(mesh, TimedMesh)
    pace = replace(mesh.pace, forgets=place.forgets)
    budgets = mesh.shape.budgets
    budgets = replace(budgets, rounds=place.rounds or budgets.rounds)
    shape = replace(mesh.shape, budgets=budgets)
    return TimedMesh(
        place.scope, "A mutant.", shape, (), pace, says_more=place.says_more
    )


def _search(
    place: KillPlace,
    actors: Actors[Local, Message, Shared, Ghost],
    limit: Limit,
    most: int | None,
    *,
    forgets: bool,
) -> PlaceResult:
    """Search with the slowest engine first: it needs no compilation."""
    quick = min(most or QUICK_STATES, QUICK_STATES)
    found = search.explore(actors, Engine.MEMO, forgets=forgets, max_states=quick)
    if found.violation is None and found.is_bounded and quick != most:
        found = search.explore(actors, forgets=forgets, max_states=most, limit=limit)
    result = PlaceResult(
        describe(place), states=found.states, is_whole=not found.is_bounded
    )
    broken = found.violation
    if broken is None:
        return result
    run = broken.trace
    worlds = (run.initial, *(each.state for each in run.steps))
    terms, entries = _measure(each.locals for each in worlds)
    return replace(
        result,
        property=broken.claim.id,
        depth=len(run.steps),
        electors=int(actors.bounds["electors"]),
        terms=terms,
        entries=entries,
    )


def _measure(worlds: Iterable[Iterable[object]]) -> tuple[int, int]:
    """Measure the highest term and the longest log of some worlds."""
    terms = entries = 0
    for local in (each for world in worlds for each in world):
        node = local.node if isinstance(local, Clocked) else local
        if isinstance(node, Node):
            held = node.state.durable if node.state is not None else node.disk
            terms = max(terms, held.term)
            entries = max(entries, held.log.last_index)
    return terms, entries


def _explore_runs(place: RunsPlace, limit: Limit) -> PlaceResult:
    """Explore a scope of runs. Claims about states are left out: a lasso is wanted."""
    (world,) = (each for each in (*LIVING, *DEEP_LIVING) if each.name == place.scope)
    runs = [each for each in world.properties if each.kind is Kind.EVENTUALLY]
    found = liveness.explore(
        replace(world, properties=runs), max_states=MOST_RUN_STATES, limit=limit
    )
    result = PlaceResult(
        describe(place), states=found.states, is_whole=not found.is_bounded
    )
    broken = found.violation
    if broken is None:
        return result
    run = broken.trace
    way = run.loop if run.loop is not None else 0
    worlds = (run.initial, *(each.state for each in run.steps))
    terms, entries = _measure(each.world.locals for each in worlds)
    return replace(
        result,
        property=broken.claim.id,
        depth=way,
        loop=len(run.steps) - way,
        electors=len(world.plan.shape.electors),
        terms=terms,
        entries=entries,
    )


def describe(place: KillPlace) -> str:
    """Name a scope, or what is special about an arena."""
    match place:
        case str():
            return place
        case TimedPlace(rounds=rounds) if rounds:
            return f"{place.scope} with {rounds} rounds"
        case TimedPlace() | RunsPlace():
            return place.scope
        case Arena():
            lines = len(place.script.split(", ")) if place.script else 0
            parts = [f"{len(place.shape.electors)} electors"]
            parts += [f"after {lines} actions"] if lines else []
            parts += [] if place.forgets else ["nothing forgotten"]
            return ", ".join(parts)


# --- a little smaller -----------------------------------------------------------------


def explore_smaller(
    name: str, place: KillPlace, limit: Limit
) -> Iterator[dict[str, str]]:
    """Explore a place with one elector, one term or one write less."""
    for what, less in _shrink(name, place):
        try:
            found = explore_place(name, less, limit, SMALLER_STATES)
        except ScriptError:
            yield {"less": what, "verdict": "its script cannot be carried out"}
            continue
        if found.property is not None:
            verdict = f"killed: {found.property} at depth {found.depth}"
        elif found.is_whole:
            verdict = f"survives: all {found.states:,} states explored"
        else:
            verdict = f"undecided: {found.states:,} states explored"
        yield {"less": what, "verdict": verdict}


def _shrink(name: str, place: KillPlace) -> Iterator[tuple[str, Arena]]:
    if isinstance(place, TimedPlace | RunsPlace):
        return
    arena = place if isinstance(place, Arena) else _arena(find_scope(name, place))
    shape = arena.shape
    *fewer, last = shape.electors
    asked = {word for change in shape.changes for word in change.split()}
    named = {*shape.impatient, *shape.crashers, *shape.clients_at, *asked}
    if len(fewer) > 1 and last not in named:
        smaller_mesh = replace(shape, electors=tuple(fewer))
        yield f"{len(fewer)} electors", replace(arena, shape=smaller_mesh)
    if shape.terms > 1:
        shorter = replace(shape, terms=shape.terms - 1)
        yield f"{shape.terms - 1} terms", replace(arena, shape=shorter)
    if shape.budgets.writes:
        budgets = replace(shape.budgets, writes=shape.budgets.writes - 1)
        what = f"{budgets.writes} writes"
        yield what, replace(arena, shape=replace(shape, budgets=budgets))
    if shape.budgets.changes:
        budgets = replace(shape.budgets, changes=shape.budgets.changes - 1)
        what = f"{budgets.changes} changes"
        yield what, replace(arena, shape=replace(shape, budgets=budgets))


def _arena(scope: MeshScope) -> Arena:
    assert isinstance(scope.actors, Mesh)
    return Arena(scope.actors.shape, forgets=scope.forgets)


# --- a mutant -------------------------------------------------------------------------


def detect(name: str, seconds: float) -> dict[str, object]:
    """Explore a mutant; give what was found, and in which core."""
    begun = time.process_time()
    if find_mutant(name).module == "config":
        return _check_configurations(begun)
    plan, states, cut = plan_search(name), 0, 0
    found = PlaceResult("nowhere")
    for number, place in enumerate(plan):
        left = begun + seconds - time.process_time()
        share = time.process_time() + max(left / (len(plan) - number), 0.5)
        found = explore_place(name, place, out_of_time(share))
        states += found.states
        cut += not found.is_whole
        if found.property is not None:
            break
    report: dict[str, object] = {"core": primacy.__file__, **asdict(found)}
    report |= {"states": states, "is_whole": cut == 0, "smaller": []}
    if found.property is None:
        report["why"] = f"nothing broke in {len(plan)} places, {states:,} states"
    else:
        until = out_of_time(time.process_time() + seconds / 4)
        report["smaller"] = list(explore_smaller(name, place, until))
    report["seconds"] = round(time.process_time() - begun, 1)
    return report


def _check_configurations(begun: float) -> dict[str, object]:
    """Construct all small configurations, which scopes do not: theirs are sound."""
    tried, clause = first_misjudged(small_configs())
    found = PlaceResult("small configurations", clause or None, 1 if clause else 0)
    report: dict[str, object] = {"core": primacy.__file__, **asdict(found)}
    report |= {"states": tried, "is_whole": True, "smaller": []}
    if not clause:
        report["why"] = f"none of {tried:,} small configurations is misjudged"
    return report | {"seconds": round(time.process_time() - begun, 1)}


def main(words: list[str]) -> None:
    """Explore the mutant that is named."""
    name, *rest = words
    seconds = float(rest[0]) if rest else SECONDS
    sys.stdout.write(json.dumps(detect(name, seconds)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
