"""The checker as a finder: it explores the core that is imported until a claim breaks.

`python -m primacy_model.mutation.check_detector ID [SECONDS]` explores where the kill
of a mutant is written down. A mutant without one is sought in the scopes that call on
the module that it bends, with clocks or without, and, if it harms progress, in the
worlds of runs first; each in turn, and none for longer than its share. What is told
says how small the counterexample is, and whether the same place with one elector, term
or write less shows one, too.

Its law: what cannot go on under a bent core, be it core or a claim about a state that
no agent may have, is a finding, `message.total`; under the real core nothing raises.
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
from primacy_model.mesh.invalid_configs import first_misjudged, small
from primacy_model.mesh.model import Mesh
from primacy_model.mesh.scopes import DEEP, DEFAULT, MeshScope
from primacy_model.mutation.arena import Arena, ScriptError, scope_of
from primacy_model.mutation.catalog import bend_of
from primacy_model.mutation.expectation import RAISES, Living, Place, Timed
from primacy_model.mutation.search_plan import places
from primacy_model.synchrony.scopes import DEEP_LIVING, LIVING
from primacy_model.timed.clocks import Clocked
from primacy_model.timed.model import TimedMesh
from primacy_model.timed.scopes import deep, scopes

SECONDS: Final = 60.0
"""For one mutant, if nothing else is said."""
MOST_RUN_STATES: Final = 150_000
"""In a world of runs, whose graph is kept."""
SMALLER_STATES: Final = 50_000
"""In each place that is a little smaller."""
QUICK_STATES: Final = 3_000
"""What the slowest engine explores sooner than the fastest is ready."""


@dataclass(frozen=True, slots=True)
class Found:
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


def explored(name: str, place: Place, limit: Limit, most: int | None = None) -> Found:
    """Explore a place. Where a bent core hears what was forgotten, nothing is."""
    try:
        return _explored(name, place, limit, most)
    except ScriptError:
        raise
    except PromiseBrokenError:
        whole = _whole(name, place)
        if whole is None:
            return Found(described(place))
        return explored(name, whole, limit, most)
    except Exception as error:  # noqa: BLE001 - whatever a bent core makes of a world
        told = f"{type(error).__name__}: {str(error)[:80]}"
        return Found(described(place), RAISES, raised=told)


def _whole(name: str, place: Place) -> Arena | None:
    """Give a place in which nothing is forgotten, if it has one."""
    if isinstance(place, Timed | Living):
        return None
    arena = place if isinstance(place, Arena) else _arena(untimed(name, place))
    return replace(arena, forgets=False) if arena.forgets else None


def _explored(name: str, place: Place, limit: Limit, most: int | None) -> Found:
    match place:
        case str() | Arena():
            scope = untimed(name, place)
            return _searched(place, scope.actors, limit, most, forgets=scope.forgets)
        case Timed():
            return _searched(place, timed(place), limit, most, forgets=True)
        case Living():
            return _ran(place, limit)


def untimed(name: str, place: str | Arena) -> MeshScope:
    """Find a scope, or make one of an arena."""
    if isinstance(place, Arena):
        return scope_of(name, place)
    return next(scope for scope in (*DEFAULT, *DEEP) if scope.name == place)


def timed(place: Timed) -> TimedMesh:
    """Find a timed scope, and take of it what a place says."""
    known = (each.actors for each in (*scopes(), *deep()) if each.name == place.scope)
    (mesh,) = known
    assert isinstance(mesh, TimedMesh)
    pace = replace(mesh.pace, forgets=place.forgets)
    budgets = mesh.shape.budgets
    budgets = replace(budgets, rounds=place.rounds or budgets.rounds)
    shape = replace(mesh.shape, budgets=budgets)
    return TimedMesh(place.scope, "Bent.", shape, (), pace, says_more=place.says_more)


def _searched(
    place: Place,
    actors: Actors[Local, Message, Shared, Ghost],
    limit: Limit,
    most: int | None,
    *,
    forgets: bool,
) -> Found:
    """Search with the slowest engine at first: it is the soonest to be ready."""
    quick = min(most or QUICK_STATES, QUICK_STATES)
    found = search.explore(actors, Engine.MEMO, forgets=forgets, max_states=quick)
    if found.violation is None and found.is_bounded and quick != most:
        found = search.explore(actors, forgets=forgets, max_states=most, limit=limit)
    told = Found(described(place), states=found.states, is_whole=not found.is_bounded)
    broken = found.violation
    if broken is None:
        return told
    run = broken.trace
    worlds = (run.initial, *(each.state for each in run.steps))
    terms, entries = _reached(each.locals for each in worlds)
    return replace(
        told,
        property=broken.claim.id,
        depth=len(run.steps),
        electors=int(actors.bounds["electors"]),
        terms=terms,
        entries=entries,
    )


def _reached(worlds: Iterable[Iterable[object]]) -> tuple[int, int]:
    """Tell the highest term and the longest log of some worlds."""
    terms = entries = 0
    for local in (each for world in worlds for each in world):
        node = local.node if isinstance(local, Clocked) else local
        if isinstance(node, Node):
            held = node.state.durable if node.state is not None else node.disk
            terms = max(terms, held.term)
            entries = max(entries, held.log.last_index)
    return terms, entries


def _ran(place: Living, limit: Limit) -> Found:
    """Explore a world of runs. Claims about states are left out: a lasso is wanted."""
    (world,) = (each for each in (*LIVING, *DEEP_LIVING) if each.name == place.scope)
    runs = [each for each in world.properties if each.kind is Kind.EVENTUALLY]
    found = liveness.explore(
        replace(world, properties=runs), max_states=MOST_RUN_STATES, limit=limit
    )
    told = Found(described(place), states=found.states, is_whole=not found.is_bounded)
    broken = found.violation
    if broken is None:
        return told
    run = broken.trace
    way = run.loop if run.loop is not None else 0
    worlds = (run.initial, *(each.state for each in run.steps))
    terms, entries = _reached(each.world.locals for each in worlds)
    return replace(
        told,
        property=broken.claim.id,
        depth=way,
        loop=len(run.steps) - way,
        electors=len(world.plan.shape.electors),
        terms=terms,
        entries=entries,
    )


def described(place: Place) -> str:
    """Name a scope, or tell what is special about a shape."""
    match place:
        case str():
            return place
        case Timed(rounds=rounds) if rounds:
            return f"{place.scope} with {rounds} rounds"
        case Timed() | Living():
            return place.scope
        case Arena():
            lines = len(place.script.split(", ")) if place.script else 0
            said = [f"{len(place.shape.electors)} electors"]
            said += [f"after {lines} actions"] if lines else []
            said += [] if place.forgets else ["nothing forgotten"]
            return ", ".join(said)


# --- a little smaller -----------------------------------------------------------------


def smaller(name: str, place: Place, limit: Limit) -> Iterator[dict[str, str]]:
    """Explore a place with one elector, one term or one write less."""
    for what, less in _lesser(name, place):
        try:
            found = explored(name, less, limit, SMALLER_STATES)
        except ScriptError:
            yield {"less": what, "verdict": "its script cannot be carried out"}
            continue
        if found.property is not None:
            verdict = f"dies: {found.property} at depth {found.depth}"
        else:
            end = "in the whole of it" if found.is_whole else "as far as explored"
            verdict = f"lives {end}, {found.states:,} states"
        yield {"less": what, "verdict": verdict}


def _lesser(name: str, place: Place) -> Iterator[tuple[str, Arena]]:
    if isinstance(place, Timed | Living):
        return
    arena = place if isinstance(place, Arena) else _arena(untimed(name, place))
    shape = arena.shape
    *fewer, last = shape.electors
    named = {*shape.impatient, *shape.crashers, *shape.clients_at}
    if len(fewer) > 1 and last not in named:
        smaller_mesh = replace(shape, electors=tuple(fewer))
        yield f"{len(fewer)} electors", replace(arena, shape=smaller_mesh)
    if shape.terms > 1:
        shorter = replace(shape, terms=shape.terms - 1)
        yield f"{shape.terms - 1} terms", replace(arena, shape=shorter)
    if shape.budgets.writes:
        budgets = replace(shape.budgets, writes=shape.budgets.writes - 1)
        told = f"{budgets.writes} writes"
        yield told, replace(arena, shape=replace(shape, budgets=budgets))


def _arena(scope: MeshScope) -> Arena:
    assert isinstance(scope.actors, Mesh)
    return Arena(scope.actors.shape, forgets=scope.forgets)


# --- a mutant -------------------------------------------------------------------------


def hunted(name: str, seconds: float) -> dict[str, object]:
    """Explore a mutant, and tell what was found, and in which core."""
    begun = time.process_time()
    if bend_of(name).module == "config":
        return _configured(begun)
    sought, states, cut = places(name), 0, 0
    found = Found("nowhere")
    for number, place in enumerate(sought):
        left = begun + seconds - time.process_time()
        share = time.process_time() + max(left / (len(sought) - number), 0.5)
        found = explored(name, place, out_of_time(share))
        states += found.states
        cut += not found.is_whole
        if found.property is not None:
            break
    told: dict[str, object] = {"core": primacy.__file__, **asdict(found)}
    told |= {"states": states, "is_whole": cut == 0, "smaller": []}
    if found.property is None:
        told["why"] = f"nothing broke in {len(sought)} places, {states:,} states"
    else:
        until = out_of_time(time.process_time() + seconds / 4)
        told["smaller"] = list(smaller(name, place, until))
    told["seconds"] = round(time.process_time() - begun, 1)
    return told


def _configured(begun: float) -> dict[str, object]:
    """Ask for all small configurations; worlds are made of sound ones."""
    tried, clause = first_misjudged(small())
    found = Found("small configurations", clause or None, 1 if clause else 0)
    told: dict[str, object] = {"core": primacy.__file__, **asdict(found)}
    told |= {"states": tried, "is_whole": True, "smaller": []}
    if not clause:
        told["why"] = f"none of {tried:,} small configurations is misjudged"
    return told | {"seconds": round(time.process_time() - begun, 1)}


def main(words: list[str]) -> None:
    """Explore the mutant that is named."""
    name, *rest = words
    seconds = float(rest[0]) if rest else SECONDS
    sys.stdout.write(json.dumps(hunted(name, seconds)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
