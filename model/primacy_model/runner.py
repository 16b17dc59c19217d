"""The run of `primacy check`: what is refused, and how each scope is explored.

Scopes go through it one way: they are prepared once, refused before anything is
explored or not at all, and explored by an engine or by a walk, one after the other or
several at a time in processes of their own.

Contract: a mistake is one `UsageError`, raised before anything is explored. A process
gives figures; where it found a violation, or something raised, the scope is explored
again here, for the run.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

import networkx as nx

from primacy_model.checker import liveness, reference_bfs
from primacy_model.checker.actors import Assembled
from primacy_model.checker.limits import Limit, Limits
from primacy_model.checker.model import Scope
from primacy_model.checker.random_walk import walk
from primacy_model.checker.reference_bfs import (
    Exploration,
    Progress,
    ReachedState,
    Verdict,
)
from primacy_model.checker.trace import RaisedError, Violation
from primacy_model.engines import checkpoint, search
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.engines.checkpoint import RefusedError
from primacy_model.engines.search import Engine
from primacy_model.errors import UndecidedError, UsageError
from primacy_model.synchrony.model import StabilizingMesh

ORACLE: Final = "oracle"
ENGINES: Final = (ORACLE, *(engine.value for engine in Engine))
"""What explores, by the names that users give."""

REDUCTIONS: Final = ("obsolete", "commuting")
"""What may be left out of a search without losing anything; see docs/engines.md."""

POLL_S: Final = 0.2
"""Seconds between two looks at Ctrl-C while processes explore."""

MOST_SHOWN: Final = 160
"""Characters at the beginning and at the end of a text that holds whole states."""

Found = tuple[Scope[Hashable], Exploration[Hashable]]
"""A scope as it was explored, and what was found."""
Watcher = Callable[[str], AbstractContextManager[Progress]]
"""Shows how far the exploration of a scope has come; given its title."""


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """A random walk: its seed, and its steps in each scope."""

    seed: int
    steps: int


@dataclass(frozen=True, slots=True)
class ExploreOptions:
    """How scopes are explored."""

    engine: str | None = None
    """One of `ENGINES`.

    None is the fastest engine that is installed, and the oracle for what is no world
    of actors.
    """
    walk: WalkOptions | None = None
    """A walk instead of an exploration."""
    max_states: int | None = None
    """Of a scope."""
    max_megabytes: int | None = None
    """Memory of a process."""
    without: frozenset[str] = frozenset()
    """The reductions that are not made."""
    is_symmetric: bool = False
    """Of states that differ only in names one is explored."""
    jobs: int = 1
    """How many scopes are explored at a time."""
    save: Path | None = None
    """A folder for scopes that stop at a limit."""
    resume: Path | None = None
    """A folder with scopes that stopped, and now go on."""

    def limits(self) -> Limits:
        """Make limits of a run."""
        return Limits(self.max_states, self.max_megabytes)

    def resolve_engine(self) -> Engine | None:
        """Give the engine for worlds of actors; None is the oracle."""
        if self.engine is None:
            return search.best()
        return None if self.engine == ORACLE else Engine(self.engine)


class ScopeRaisedError(Exception):
    """A scope whose model, or whose engine, raised while it was explored."""

    def __init__(
        self,
        scope: Scope[Hashable],
        error: Exception,
        violation: Violation[Any] | None,
    ) -> None:
        super().__init__(scope.name)
        self.scope, self.error = scope, error
        self.violation = violation
        """A run to the state in which it raised, if the engine knows one."""


def explore_scopes(
    scopes: Sequence[Scope[Hashable]],
    options: ExploreOptions,
    limits: Limits,
    watch: Watcher | None = None,
) -> Iterator[Found]:
    """Explore scopes; give what was found in their order.

    After Ctrl-C no other scope is begun. Raise `UsageError` before anything is
    explored, `UndecidedError` for a world that an engine cannot take, and
    `ScopeRaisedError` for one that raises.
    """
    worlds = [prepare(scope, options) for scope in scopes]
    for world in worlds:
        _require_sound(world)
        _require_possible(world, options)
    _require_resumable(worlds, options)
    with limits:
        if options.jobs > 1:
            yield from _explore_in_processes(worlds, options, limits)
            return
        for number, world in enumerate(worlds, start=1):
            title = f"{world.name} ({number} of {len(worlds)})"
            yield world, _explore(world, options, limits, watch and watch(title))
            if limits.is_interrupted:
                return


# --- what is refused ------------------------------------------------------------------


def prepare(scope: Scope[Hashable], options: ExploreOptions) -> Scope[Hashable]:
    """Give the model that is explored; only it follows the traces that are found."""
    actors = _as_actors(scope)
    if actors is None or "obsolete" not in options.without:
        return scope
    changed: Any = replace(actors, forgets=False)
    return cast("Scope[Hashable]", changed)


def _as_actors(world: object) -> Assembled[Any, Any, Any, Any] | None:
    """Give a world of actors, which engines explore; None if it is another model."""
    return world if isinstance(world, Assembled) else None


def _require_sound(world: Scope[Hashable]) -> None:
    """Refuse a scope in which nothing, or not what is meant, could be found."""
    if not world.properties:
        raise UsageError(f"{world.name} has no property, so nothing can be violated.")
    if not world.kinds:
        raise UsageError(
            f"{world.name} names no kind of action, so nobody can tell whether it is"
            " vacuous."
        )
    for name, count in Counter(claim.id for claim in world.properties).items():
        if count > 1:
            raise UsageError(f"{world.name} has {count} properties with the id {name}.")


def _require_possible(world: Scope[Hashable], options: ExploreOptions) -> None:
    """Refuse options that do not go with each other, or not with a scope."""
    is_of_actors = _as_actors(world) is not None
    if options.engine not in {None, ORACLE}:
        engine = Engine(options.engine)
        if not is_of_actors:
            raise UsageError(
                f"{world.name} is no world of actors: only the oracle explores it."
            )
        if engine.missing:
            raise UsageError(
                f"the engine {options.engine} needs {engine.missing}: install the extra"
                " with  pip install 'primacy[fast]'"
            )
    is_engine = options.engine != ORACLE and options.walk is None
    if options.is_symmetric:
        if not is_engine:
            raise UsageError(
                "--symmetry is for the engines: it goes with none of --engine oracle,"
                " --graph, --walk."
            )
        if not is_of_actors:
            raise UsageError(
                f"{world.name} is not explored by an engine, as --symmetry must be."
            )
    if options.save is not None or options.resume is not None:
        if not is_engine or options.jobs > 1:
            raise UsageError(
                "--save and --resume are for the engines, and one job: they go with"
                " none of --engine oracle, --graph, --walk, --jobs."
            )
        if not is_of_actors:
            raise UsageError(
                f"{world.name} is not explored by an engine: it can be neither saved"
                " nor resumed."
            )
    if options.jobs > 1:
        try:
            pickle.dumps(world)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise UsageError(
                f"{world.name} cannot be explored in a process of its own, as --jobs"
                f" asks: {error}."
            ) from None


def _require_resumable(
    worlds: Sequence[Scope[Hashable]], options: ExploreOptions
) -> None:
    """Refuse what is not saved in the folder, or not for this run."""
    if options.resume is None:
        return
    if not options.resume.is_dir():
        raise UsageError(checkpoint.no_folder(options.resume))
    try:
        for world in worlds:
            assembled, engine = _as_actors(world), options.resolve_engine()
            if assembled is None or engine is None or not _is_saved(world, options):
                continue
            made = search.reductions(**_reductions(assembled, options))
            origin = checkpoint.origin(assembled.actors, engine.value, made)
            most = options.max_states or search.UNBOUNDED
            checkpoint.open_checkpoint(options.resume, origin, most)
    except RefusedError as error:
        raise UsageError(str(error)) from None
    if not any(_is_saved(world, options) for world in worlds):
        names = ", ".join(world.name for world in worlds)
        raise UsageError(f"{options.resume} holds nothing of {names}.")


def _is_saved(world: Scope[Hashable], options: ExploreOptions) -> bool:
    return options.resume is not None and checkpoint.holds(options.resume, world.name)


# --- one at a time --------------------------------------------------------------------


def _explore(
    world: Scope[Hashable],
    options: ExploreOptions,
    limit: Limit,
    watched: AbstractContextManager[Progress] | None = None,
) -> Exploration[Hashable]:
    """Explore one scope, and give its errors the words of a run."""
    try:
        if watched is None:
            return explore_scope(world, options, limit)
        with watched as progress:
            return explore_scope(world, options, limit, progress)
    except RefusedError as error:
        raise UsageError(str(error)) from None
    except PromiseBrokenError as error:
        raise UndecidedError(
            f"{world.name} violates an assumption of the fast engine; rerun with"
            " --without obsolete --without commuting, or with --engine oracle:"
            f" {_shorten(str(error))}"
        ) from None
    except RaisedError as error:
        raise ScopeRaisedError(world, error.error, error.violation) from error.error
    except Exception as error:
        raise ScopeRaisedError(world, error, None) from error


def explore_scope(
    world: Scope[Hashable],
    options: ExploreOptions,
    limit: Limit,
    progress: Progress | None = None,
) -> Exploration[Hashable]:
    """Explore one scope that was prepared."""
    if options.walk is not None:
        seed, steps = options.walk.seed, options.walk.steps
        return walk(world, seed=seed, steps=steps, progress=progress, limit=limit)
    most, engine = options.max_states, options.resolve_engine()
    other: object = world  # mypy takes no scope of hashable states for one of these
    found: Any
    if isinstance(other, StabilizingMesh):
        found = liveness.explore(other, max_states=most, progress=progress, limit=limit)
    elif engine is not None and isinstance(other, Assembled):
        search_result = search.explore(
            other.actors,
            engine,
            max_states=most,
            progress=progress,
            limit=limit,
            save=options.save,
            resume=options.resume if _is_saved(world, options) else None,
            **_reductions(other, options),
        )
        found = search.as_exploration(other.actors, search_result)
    else:
        found = reference_bfs.explore(
            world, max_states=most, progress=progress, limit=limit
        )
    return cast("Exploration[Hashable]", found)


def _reductions(
    world: Assembled[Any, Any, Any, Any], options: ExploreOptions
) -> dict[str, bool]:
    return {
        "prunes": "commuting" not in options.without,
        "forgets": world.forgets,
        "symmetric": options.is_symmetric,
    }


def _shorten(text: str) -> str:
    """Keep the beginning and the end of what holds whole states."""
    if len(text) <= 2 * MOST_SHOWN:
        return text
    return f"{text[:MOST_SHOWN]} ... {text[-MOST_SHOWN:]}"


# --- several at a time ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """What a process gives of a scope: nothing that only the scope itself can give."""

    figures: Exploration[Hashable] | None
    """None if it raised."""
    reached: tuple[tuple[str, int], ...] = ()
    """What had to be reached, by claim, and how deep."""
    unreached: tuple[str, ...] = ()


def _explore_in_processes(
    worlds: Sequence[Scope[Hashable]], options: ExploreOptions, limits: Limits
) -> Iterator[Found]:
    """Explore several scopes at a time; after Ctrl-C give those that had begun."""
    has_fork = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if has_fork else None)
    with ProcessPoolExecutor(options.jobs, context, _ignore_interruptions) as pool:
        futures = [pool.submit(_explore_in_worker, each, options) for each in worlds]
        for world, future in zip(worlds, futures, strict=True):
            if _is_cancelled(future, futures, limits):
                return
            result = future.result()
            figures = result.figures
            if figures is None or figures.verdict is Verdict.VIOLATED:
                yield world, _explore(world, options, limits)
            else:
                yield world, _restore(world, figures, result)


def _is_cancelled(
    future: Future[WorkerResult],
    futures: Sequence[Future[WorkerResult]],
    limits: Limits,
) -> bool:
    """Wait for a scope; tell whether Ctrl-C came before it had begun."""
    while True:
        if limits.is_interrupted:
            for each in futures:
                each.cancel()
        if future.done():
            return future.cancelled()
        wait([future], timeout=POLL_S)


def _ignore_interruptions() -> None:
    """Leave Ctrl-C to the limits of an exploration."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _explore_in_worker(world: Scope[Hashable], options: ExploreOptions) -> WorkerResult:
    """Explore a scope in a process of its own."""
    try:
        with options.limits() as limits:
            found = explore_scope(world, options, limits)
    except Exception:  # noqa: BLE001 - it is raised again where the run can be shown
        return WorkerResult(None)
    figures = replace(
        found, graph=nx.MultiDiGraph(), violation=None, witnesses=(), unreached=()
    )
    return WorkerResult(
        figures,
        tuple((witness.claim.id, witness.depth) for witness in found.witnesses),
        tuple(claim.id for claim in found.unreached),
    )


def _restore(
    world: Scope[Hashable], figures: Exploration[Hashable], result: WorkerResult
) -> Exploration[Hashable]:
    """Give figures the claims of their scope again."""
    claims = {claim.id: claim for claim in world.properties}
    witnesses: list[ReachedState[Hashable]] = [
        ReachedState(claims[name], None, depth) for name, depth in result.reached
    ]
    unreached = tuple(claims[name] for name in result.unreached)
    return replace(figures, witnesses=tuple(witnesses), unreached=unreached)
