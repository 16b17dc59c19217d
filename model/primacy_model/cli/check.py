"""The command `primacy check`.

It decides what is explored, where the findings go and how the program ends. Its law:
0 holds, 1 violated, 2 bad usage, 3 incomplete, 4 vacuous, 130 interrupted; a mistake of
the user is one sentence, said before anything is explored.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import networkx as nx
from rich.console import Console

from primacy_model.checker.actors import Assembled
from primacy_model.checker.limits import Limits, memory
from primacy_model.checker.model import Scope
from primacy_model.checker.reference_bfs import Exploration
from primacy_model.cli import display, report
from primacy_model.cli.command import OneSentenceCommand
from primacy_model.cli.progress import Watch
from primacy_model.cli.report import Finding
from primacy_model.engines import search
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.engines.checkpoint import RefusedError
from primacy_model.engines.search import Engine
from primacy_model.errors import (
    INTERRUPTED,
    BadUsage,
    Undecided,
    reason,
    replace_what_cannot_be_encoded,
    require_writable_file,
    require_writable_folder,
    write,
)
from primacy_model.reporting import counterexample, graph_export
from primacy_model.runner import (
    REDUCTIONS,
    ExploreOptions,
    WalkOptions,
    explore,
    explore_parallel,
    prepare,
    require_resumable,
    resume_options,
    symmetry_error,
)

DEFAULT_MODEL = "mesh"
ORACLE = "oracle"
STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where findings go, besides the screen."""

    json: Path | None
    junit: Path | None
    out: Path | None
    graph: Path | None

    def require_writable(self) -> None:
        """Refuse, before anything is explored, what could not be written later."""
        for file in (self.json, self.junit):
            if file is not None:
                require_writable_file(file)
        for folder in (self.out, self.graph):
            if folder is not None:
                require_writable_folder(folder)


@click.command(cls=OneSentenceCommand)
@click.argument("names", nargs=-1, metavar="[SCOPE]...")
@click.option("--list", "is_listing", is_flag=True, help="Show the scopes and stop.")
@click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="NAME",
    help="The model whose scopes are explored when no SCOPE is named.",
)
@click.option("--deep", "is_deep", is_flag=True, help="Explore the deep scopes, too.")
@click.option(
    "--max-states",
    type=click.IntRange(min=1),
    metavar="N",
    help="Stop a scope after so many states; its verdict is then incomplete.",
)
@click.option(
    "--max-memory",
    type=click.IntRange(min=1),
    metavar="MB",
    help="Stop a scope when the program has so much memory; it is then incomplete.",
)
@click.option(
    "--walk",
    "is_walk",
    is_flag=True,
    help="Walk at random; it finds, never shows.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="S",
    help="Of the walk.  [default: 0]",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Of the walk, in each scope.  [default: {STEPS:,}]",
)
@click.option(
    "--engine",
    type=click.Choice([ORACLE, *(engine.value for engine in Engine)]),
    help="What explores worlds of actors.  [default: the fastest that is installed]",
)
@click.option(
    "--without",
    type=click.Choice(REDUCTIONS),
    multiple=True,
    help="A reduction that is not to be made; may be repeated.",
)
@click.option(
    "--symmetry",
    "is_symmetric",
    is_flag=True,
    help="Of states that differ only in names explore one.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many scopes are explored at a time.",
)
@click.option(
    "--save",
    type=Path,
    metavar="DIR",
    help="Save scopes that stop at a limit, so that they can be resumed.",
)
@click.option(
    "--resume",
    type=Path,
    metavar="DIR",
    help="Go on with what was saved; it may run code: resume only your own.",
)
@click.option("--json", type=Path, metavar="FILE", help="Write the verdicts as JSON.")
@click.option("--junit", type=Path, metavar="FILE", help="Write JUnit XML.")
@click.option(
    "--out",
    type=Path,
    metavar="DIR",
    help=f"Where counterexamples go.  [default: {counterexample.FOLDER}]",
)
@click.option(
    "--graph", type=Path, metavar="DIR", help="Export the graphs of small scopes."
)
def check(
    *,
    names: tuple[str, ...],
    is_listing: bool,
    model: str,
    is_deep: bool,
    max_states: int | None,
    max_memory: int | None,
    is_walk: bool,
    seed: int | None,
    steps: int | None,
    engine: str | None,
    without: tuple[str, ...],
    is_symmetric: bool,
    workers: int,
    save: Path | None,
    resume: Path | None,
    json: Path | None,
    junit: Path | None,
    out: Path | None,
    graph: Path | None,
) -> None:
    """Explore scopes and say whether their properties hold.

    Exit codes: 0 holds, 1 violated, 2 bad usage, 3 incomplete (a bound was hit, or a
    walk ended), 4 vacuous (something that must happen never did), 130 interrupted.
    """
    replace_what_cannot_be_encoded()
    console = display.console_for_output()
    chosen = _chosen(names, model, is_deep=is_deep)
    if is_listing:
        display.show_list(console, list(_listed()))
        return
    if json is not None and json == junit:
        raise BadUsage(f"--json and --junit cannot both be {json}.")
    outlets = Outlets(json, junit, out, graph)
    outlets.require_writable()
    if graph is not None and engine not in {None, ORACLE}:
        told = f"--graph shows the graph of the oracle, not of the engine {engine}."
        raise BadUsage(told)
    if graph is not None and workers > 1:
        raise BadUsage("--graph goes with one worker only.")
    if max_memory is not None and memory() is None:
        raise BadUsage("--max-memory: this system does not give a process's memory.")
    walk_options = _walk_options(is_walk, seed, steps)
    others = (engine, graph, max_states, max_memory)
    if walk_options is not None and any(each is not None for each in others):
        told = "--walk goes with none of --engine, --graph, --max-states, --max-memory."
        raise BadUsage(told)
    chosen_engine = _engine(chosen, ORACLE if graph is not None else engine)
    lacks = frozenset(without)
    options = ExploreOptions(
        chosen_engine, walk_options, max_states, max_memory, lacks, save, resume
    )
    options = replace(options, symmetric=is_symmetric)
    refusal = symmetry_error(chosen, options) if is_symmetric else None
    if refusal is not None:
        raise BadUsage(refusal)
    _require_resumable(chosen, options, workers)
    limits = options.limits()
    try:
        findings = _explore_all(chosen, options, limits, outlets, workers)
    except PromiseBrokenError as error:
        raise Undecided(
            "a fast engine may not take this core as it does; say --without obsolete "
            f"--without commuting, or --engine oracle: {_short(str(error))}"
        ) from None
    asked = display.Asked(
        _asked(names, model, is_deep=is_deep), _told(options), resume_options(options)
    )
    display.show(console, findings, asked)
    if json is not None:
        write(json, report.as_json(findings))
    if junit is not None:
        write(junit, report.as_junit(findings))
    code = report.overall(findings).exit_code
    sys.exit(INTERRUPTED if limits.is_interrupted else code)


# --- what is explored -----------------------------------------------------------------


def _registry_models() -> tuple[str, ...]:
    return tuple(importlib.import_module("primacy_model.scopes").MODELS)


def _registry_scopes(model: str) -> tuple[Scope[Hashable], ...]:
    return tuple(importlib.import_module("primacy_model.scopes").default(model))


def _listed() -> Iterator[tuple[str, Scope[Hashable]]]:
    for model in _registry_models():
        for scope in importlib.import_module("primacy_model.scopes").list_all(model):
            yield model, scope


def _chosen(
    names: Sequence[str], model: str, *, is_deep: bool
) -> tuple[Scope[Hashable], ...]:
    models = _registry_models()
    if model not in models:
        raise BadUsage(_unknown("model", model, models))
    if is_deep and names:
        raise BadUsage("either scopes or --deep can be given, not both.")
    if is_deep:
        return tuple(scope for name, scope in _listed() if name == model)
    if not names:
        return _registry_scopes(model)
    if model != DEFAULT_MODEL:
        raise BadUsage(f"either scopes or --model {model} can be given, not both.")
    return tuple(_find(name) for name in dict.fromkeys(names))


def _asked(names: tuple[str, ...], model: str, *, is_deep: bool) -> tuple[str, ...]:
    """Give the words of the command line that name scopes."""
    by_model = () if model == DEFAULT_MODEL else ("--model", model)
    return names or (*by_model, *(["--deep"] if is_deep else []))


def _told(options: ExploreOptions) -> tuple[str, ...]:
    """Give the words of the command line that decide what is found."""
    words = [f"--without {name}" for name in REDUCTIONS if name in options.without]
    if options.symmetric:
        words.append("--symmetry")
    if options.states is not None:
        words.append(f"--max-states {options.states}")
    if (walk := options.walk_options) is not None:
        words.append(f"--walk --seed {walk.seed} --steps {walk.steps}")
    return tuple(" ".join(words).split())


def _find(name: str) -> Scope[Hashable]:
    try:
        scope: Scope[Hashable]
        scope = importlib.import_module("primacy_model.scopes").find(name)
    except KeyError:
        known = [scope.name for _, scope in _listed()]
        raise BadUsage(_unknown("scope", name, known)) from None
    return scope


def _unknown(noun: str, got: str, allowed: Iterable[str]) -> str:
    known = list(allowed)
    near = difflib.get_close_matches(got, known)
    meant = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"no {noun} is named {got!r}, there are {', '.join(known)}{meant}"


def _walk_options(
    is_walk: bool, seed: int | None, steps: int | None
) -> WalkOptions | None:
    if is_walk:
        return WalkOptions(seed or 0, steps or STEPS)
    if seed is not None or steps is not None:
        raise BadUsage("--seed and --steps are of a walk: say --walk too.")
    return None


def _engine(scopes: Sequence[Scope[Hashable]], name: str | None) -> Engine | None:
    """Choose the engine for worlds of actors; None is the oracle, which takes all."""
    if name is None:
        return search.best()
    if name == ORACLE:
        return None
    for scope in scopes:
        if not isinstance(scope, Assembled):
            told = f"{scope.name} is no world of actors: only the oracle explores it."
            raise BadUsage(told)
    engine = Engine(name)
    if engine.missing:
        raise BadUsage(
            f"the engine {name} needs {engine.missing}: install the extra with "
            " pip install 'primacy[fast]'"
        )
    return engine


def _short(told: str) -> str:
    """Keep the beginning and the end of what holds whole states."""
    most = 160
    return told if len(told) <= 2 * most else f"{told[:most]} ... {told[-most:]}"


def _require_resumable(
    scopes: Sequence[Scope[Hashable]], options: ExploreOptions, workers: int
) -> None:
    if options.save is not None:
        require_writable_folder(options.save)
    try:
        require_resumable(scopes, options, workers)
    except RefusedError as error:
        raise BadUsage(str(error)) from None


# --- exploring ------------------------------------------------------------------------


def _explore_all(
    scopes: Sequence[Scope[Hashable]],
    options: ExploreOptions,
    limits: Limits,
    outlets: Outlets,
    workers: int,
) -> list[Finding]:
    scopes = [prepare(scope, options) for scope in scopes]
    if workers > 1:
        with limits:
            found = explore_parallel(scopes, options, limits, workers)
            return [_keep(scope, each, outlets) for scope, each in found]
    errors = Console(stderr=True, markup=False, emoji=False, highlight=False)
    findings: list[Finding] = []
    for number, scope in enumerate(scopes, start=1):
        title = f"{scope.name} ({number} of {len(scopes)})"
        try:
            with Watch(title, errors) as watch, limits:
                each = explore(scope, options, limits, watch)
            findings.append(_keep(scope, each, outlets))
        except RefusedError as error:
            raise BadUsage(str(error)) from None
        except KeyboardInterrupt:
            click.echo(f"Interrupted in {title}; nothing is decided.", err=True)
            sys.exit(INTERRUPTED)
        if limits.is_interrupted:
            break
    return findings


def _keep(
    scope: Scope[Hashable], found: Exploration[Hashable], outlets: Outlets
) -> Finding:
    """Write out what needs the graph, and let the graph go."""
    folder: Path | None = None
    if found.violation is not None:
        parent = outlets.out or counterexample.FOLDER
        try:
            folder = counterexample.leave(scope, found.violation, parent)
        except OSError as error:
            click.echo(f"No counterexample was left: {reason(error)}.", err=True)
    if outlets.graph is not None:
        _export(scope, found, outlets.graph)
    return Finding(scope, replace(found, graph=nx.MultiDiGraph()), folder)


def _export(scope: Scope[Hashable], found: Exploration[Hashable], folder: Path) -> None:
    try:
        graph_export.export(scope, found, folder)
        if not graph_export.can_draw():
            click.echo(
                "No picture was drawn: it needs matplotlib: install the extra with "
                " pip install 'primacy[plots]'",
                err=True,
            )
    except graph_export.GraphTooLargeError as error:
        click.echo(f"Not exported: {error}.", err=True)
    except OSError as error:
        raise BadUsage(f"{folder} cannot be written: {reason(error)}.") from None
