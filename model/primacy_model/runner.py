"""How scopes are explored: by which engine, or by a walk, within which limits.

One after the other, or several at a time in processes of their own. A process tells
figures; where it found a violation, the scope is explored again here, for the trace.
"""

from __future__ import annotations

import importlib
import multiprocessing
import signal
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import networkx as nx

from primacy_model.checker import liveness, reference_bfs
from primacy_model.checker.actors import Assembled
from primacy_model.checker.limits import Limit, Limits
from primacy_model.checker.model import Scope
from primacy_model.checker.random_walk import walk
from primacy_model.checker.reference_bfs import Exploration, Progress, Verdict, Witness
from primacy_model.engines import checkpoint, search
from primacy_model.engines.checkpoint import RefusedError
from primacy_model.engines.search import Engine
from primacy_model.synchrony.model import StabilizingMesh

REDUCTIONS: Final = ("obsolete", "commuting")
"""What may be left out of a search without losing anything; see docs/engines.md."""

POLL_S: Final = 0.2
"""Seconds between two looks at Ctrl-C while processes explore."""


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """A walk: its seed, and its steps in each scope."""

    seed: int
    steps: int


@dataclass(frozen=True, slots=True)
class ExploreOptions:
    """How scopes are explored."""

    engine: Engine | None = None
    """For worlds of actors; None is the oracle, which takes any model."""
    walk_options: WalkOptions | None = None
    """A walk instead of an exploration."""
    states: int | None = None
    """The most states of a scope."""
    megabytes: int | None = None
    """The most memory of a process."""
    without: frozenset[str] = frozenset()
    """The reductions that are not made."""
    save: Path | None = None
    """A folder for scopes that stop at a limit."""
    resume: Path | None = None
    """A folder with scopes that stopped, and now go on."""
    symmetric: bool = False
    """Of states that differ only in names one is looked for."""

    def limits(self) -> Limits:
        """Make limits of a run."""
        return Limits(self.states, self.megabytes)


def prepare(scope: Scope[Hashable], options: ExploreOptions) -> Scope[Hashable]:
    """Give the model that is explored; only it follows the traces that are found."""
    if isinstance(scope, Assembled) and "obsolete" in options.without:
        return replace(scope, forgets=False)
    return scope


def explore(
    scope: Scope[Hashable],
    options: ExploreOptions,
    limit: Limit,
    progress: Progress | None,
) -> Exploration[Hashable]:
    """Explore one scope."""
    scope = prepare(scope, options)
    if options.walk_options is not None:
        seed, steps = options.walk_options.seed, options.walk_options.steps
        return walk(scope, seed=seed, steps=steps, progress=progress, limit=limit)
    if isinstance(scope, StabilizingMesh):
        return liveness.explore(
            scope, max_states=options.states, progress=progress, limit=limit
        )
    if options.engine is None or not isinstance(scope, Assembled):
        return reference_bfs.explore(
            scope, max_states=options.states, progress=progress, limit=limit
        )
    found = search.explore(
        scope.actors,
        options.engine,
        max_states=options.states,
        progress=progress,
        limit=limit,
        save=options.save,
        resume=options.resume if _is_saved(scope, options) else None,
        **_reductions(scope, options),
    )
    return search.as_exploration(scope.actors, found)


def _reductions(
    scope: Assembled[Any, Any, Any, Any], options: ExploreOptions
) -> dict[str, bool]:
    return {
        "prunes": "commuting" not in options.without,
        "forgets": scope.forgets,
        "symmetric": options.symmetric,
    }


def symmetry_error(
    scopes: Sequence[Scope[Hashable]], options: ExploreOptions
) -> str | None:
    """Say in one sentence why there can be no symmetric search, if so."""
    if options.engine is None or options.walk_options is not None:
        return (
            "--symmetry is for the engines: it goes with none of --engine oracle,"
            " --graph, --walk."
        )
    for scope in scopes:
        if not isinstance(scope, Assembled):
            return f"{scope.name} is not explored by an engine, as --symmetry must be."
    return None


# --- saving, and going on -------------------------------------------------------------


def _is_saved(scope: Scope[Hashable], options: ExploreOptions) -> bool:
    return options.resume is not None and checkpoint.holds(options.resume, scope.name)


def require_resumable(
    scopes: Sequence[Scope[Hashable]], options: ExploreOptions, workers: int
) -> None:
    """Refuse, in one sentence, what cannot be saved or resumed."""
    if options.save is None and options.resume is None:
        return
    if options.engine is None or options.walk_options is not None or workers > 1:
        raise RefusedError(
            "--save and --resume are for the engines, and one worker: they go with none"
            " of --engine oracle, --graph, --walk, --workers."
        )
    for scope in scopes:
        world = prepare(scope, options)
        if not isinstance(world, Assembled):
            raise RefusedError(
                f"{scope.name} is not explored by an engine: it can be neither saved"
                " nor resumed."
            )
        if options.resume is not None and _is_saved(scope, options):
            made = search.reductions(**_reductions(world, options))
            origin = checkpoint.origin(world.actors, options.engine.value, made)
            checkpoint.open_checkpoint(
                options.resume, origin, options.states or search.UNBOUNDED
            )
    if options.resume is None:
        return
    if not options.resume.is_dir():
        raise RefusedError(checkpoint.no_folder(options.resume))
    if not any(_is_saved(scope, options) for scope in scopes):
        names = ", ".join(scope.name for scope in scopes)
        raise RefusedError(f"{options.resume} holds nothing of {names}.")


def resume_options(options: ExploreOptions) -> tuple[str, ...]:
    """Give the words of the command line that resume what was saved."""
    if options.engine is None or options.save is None:
        return ()
    without = (f"--without={name}" for name in REDUCTIONS if name in options.without)
    folder = str(options.save)
    return (
        f"--engine={options.engine.value}",
        *without,
        *(["--symmetry"] if options.symmetric else []),
        "--resume",
        folder,
        "--save",
        folder,
    )


# --- several at a time ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """What a process tells of a scope: nothing that only the scope itself can give."""

    figures: Exploration[Hashable]
    reached: tuple[tuple[str, int], ...]
    """What had to be reached, by claim, and how deep."""
    unreached: tuple[str, ...]


def explore_parallel(
    scopes: Sequence[Scope[Hashable]],
    options: ExploreOptions,
    limits: Limits,
    workers: int,
) -> Iterator[tuple[Scope[Hashable], Exploration[Hashable]]]:
    """Explore scopes, so many at a time; give them in their order.

    After Ctrl-C those are given that had begun.
    """
    has_fork = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if has_fork else None)
    with ProcessPoolExecutor(workers, context, _ignore_interruptions) as pool:
        futures = [pool.submit(_told, scope.name, options) for scope in scopes]
        for scope, future in zip(scopes, futures, strict=True):
            if _is_cancelled(future, futures, limits):
                return
            told = future.result()
            if told.figures.verdict is Verdict.VIOLATED:
                yield scope, explore(scope, options, limits, None)
            else:
                yield scope, _restored(scope, told)


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


def _told(name: str, options: ExploreOptions) -> WorkerResult:
    """Explore a scope in a process of its own."""
    scope: Scope[Hashable]
    scope = importlib.import_module("primacy_model.scopes").find(name)
    with options.limits() as limits:
        found = explore(scope, options, limits, None)
    figures = replace(
        found, graph=nx.MultiDiGraph(), violation=None, witnesses=(), unreached=()
    )
    return WorkerResult(
        figures,
        tuple((witness.claim.id, witness.depth) for witness in found.witnesses),
        tuple(claim.id for claim in found.unreached),
    )


def _restored(scope: Scope[Hashable], told: WorkerResult) -> Exploration[Hashable]:
    claims = {claim.id: claim for claim in scope.properties}
    witnesses: list[Witness[Hashable]] = [
        Witness(claims[name], None, depth) for name, depth in told.reached
    ]
    unreached = tuple(claims[name] for name in told.unreached)
    return replace(told.figures, witnesses=tuple(witnesses), unreached=unreached)
