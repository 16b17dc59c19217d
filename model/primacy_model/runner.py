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
    stroll: WalkOptions | None = None
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


def prepared(scope: Scope[Hashable], way: ExploreOptions) -> Scope[Hashable]:
    """Give the model that is explored; only it follows the traces that are found."""
    if isinstance(scope, Assembled) and "obsolete" in way.without:
        return replace(scope, forgets=False)
    return scope


def explored(
    scope: Scope[Hashable], way: ExploreOptions, limit: Limit, progress: Progress | None
) -> Exploration[Hashable]:
    """Explore one scope."""
    scope = prepared(scope, way)
    if way.stroll is not None:
        seed, steps = way.stroll.seed, way.stroll.steps
        return walk(scope, seed=seed, steps=steps, progress=progress, limit=limit)
    if isinstance(scope, StabilizingMesh):
        return liveness.explore(
            scope, max_states=way.states, progress=progress, limit=limit
        )
    if way.engine is None or not isinstance(scope, Assembled):
        return reference_bfs.explore(
            scope, max_states=way.states, progress=progress, limit=limit
        )
    found = search.explore(
        scope.actors,
        way.engine,
        max_states=way.states,
        progress=progress,
        limit=limit,
        save=way.save,
        resume=way.resume if _is_saved(scope, way) else None,
        **_reductions(scope, way),
    )
    return search.explored(scope.actors, found)


def _reductions(
    scope: Assembled[Any, Any, Any, Any], way: ExploreOptions
) -> dict[str, bool]:
    return {
        "prunes": "commuting" not in way.without,
        "forgets": scope.forgets,
        "symmetric": way.symmetric,
    }


def unsymmetric(scopes: Sequence[Scope[Hashable]], way: ExploreOptions) -> str | None:
    """Say in one sentence why there can be no symmetric search, if so."""
    if way.engine is None or way.stroll is not None:
        return (
            "--symmetry is for the engines: it goes with none of --engine oracle,"
            " --graph, --walk."
        )
    for scope in scopes:
        if not isinstance(scope, Assembled):
            return f"{scope.name} is not explored by an engine, as --symmetry must be."
    return None


# --- saving, and going on -------------------------------------------------------------


def _is_saved(scope: Scope[Hashable], way: ExploreOptions) -> bool:
    return way.resume is not None and checkpoint.holds(way.resume, scope.name)


def require_resumable(
    scopes: Sequence[Scope[Hashable]], way: ExploreOptions, workers: int
) -> None:
    """Refuse, in one sentence, what cannot be saved or resumed."""
    if way.save is None and way.resume is None:
        return
    if way.engine is None or way.stroll is not None or workers > 1:
        raise RefusedError(
            "--save and --resume are for the engines, and one worker: they go with none"
            " of --engine oracle, --graph, --walk, --workers."
        )
    for scope in scopes:
        world = prepared(scope, way)
        if not isinstance(world, Assembled):
            raise RefusedError(
                f"{scope.name} is not explored by an engine: it can be neither saved"
                " nor resumed."
            )
        if way.resume is not None and _is_saved(scope, way):
            made = search.reductions(**_reductions(world, way))
            origin = checkpoint.origin(world.actors, way.engine.value, made)
            checkpoint.opened(way.resume, origin, way.states or search.UNBOUNDED)
    if way.resume is None:
        return
    if not way.resume.is_dir():
        raise RefusedError(checkpoint.no_folder(way.resume))
    if not any(_is_saved(scope, way) for scope in scopes):
        names = ", ".join(scope.name for scope in scopes)
        raise RefusedError(f"{way.resume} holds nothing of {names}.")


def resuming(way: ExploreOptions) -> tuple[str, ...]:
    """Give the words of the command line that resume what was saved."""
    if way.engine is None or way.save is None:
        return ()
    without = (f"--without={name}" for name in REDUCTIONS if name in way.without)
    folder = str(way.save)
    return (
        f"--engine={way.engine.value}",
        *without,
        *(["--symmetry"] if way.symmetric else []),
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


def abreast(
    scopes: Sequence[Scope[Hashable]], way: ExploreOptions, limits: Limits, workers: int
) -> Iterator[tuple[Scope[Hashable], Exploration[Hashable]]]:
    """Explore scopes, so many at a time; give them in their order.

    After Ctrl-C those are given that had begun.
    """
    has_fork = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if has_fork else None)
    with ProcessPoolExecutor(workers, context, _ignore_interruptions) as pool:
        futures = [pool.submit(_told, scope.name, way) for scope in scopes]
        for scope, future in zip(scopes, futures, strict=True):
            if _is_cancelled(future, futures, limits):
                return
            told = future.result()
            if told.figures.verdict is Verdict.VIOLATED:
                yield scope, explored(scope, way, limits, None)
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


def _told(name: str, way: ExploreOptions) -> WorkerResult:
    """Explore a scope in a process of its own."""
    scope: Scope[Hashable]
    scope = importlib.import_module("primacy_model.scopes").find(name)
    with way.limits() as limits:
        found = explored(scope, way, limits, None)
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
