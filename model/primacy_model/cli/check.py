"""The command `primacy check`: its options, where findings go, how it ends.

Contract: 0 holds, 1 violated, 2 bad usage, 3 incomplete, 4 vacuous, 5 a model or the
program raised, 130 interrupted; a mistake of the user is one sentence, shown before
anything is explored.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import networkx as nx
from rich.console import Console

from primacy_model.checker.limits import Limits, memory
from primacy_model.checker.model import Scope
from primacy_model.checker.reference_bfs import Exploration
from primacy_model.cli import display, report
from primacy_model.cli.command import OneSentenceCommand
from primacy_model.cli.options import jobs_option, json_option, list_option
from primacy_model.cli.progress import ProgressWatch
from primacy_model.cli.report import Finding
from primacy_model.errors import (
    FAILED,
    INTERRUPTED,
    UsageError,
    reason,
    replace_what_cannot_be_encoded,
    require_writable_file,
    require_writable_folder,
    write,
)
from primacy_model.reporting import counterexample, graph_export
from primacy_model.runner import (
    ENGINES,
    ORACLE,
    REDUCTIONS,
    ExploreOptions,
    ScopeRaisedError,
    WalkOptions,
    explore_scopes,
)
from primacy_model.scopes import SCOPES, Registry

DEFAULT_MODEL = "mesh"
STEPS = 20_000


@dataclass(frozen=True, slots=True)
class OutputPaths:
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

    @property
    def counterexamples(self) -> Path:
        """Give the folder of the folders of counterexamples."""
        return self.out or counterexample.FOLDER


@click.command(cls=OneSentenceCommand)
@click.argument("names", nargs=-1, metavar="[SCOPE]...")
@list_option("the scopes")
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
    help="Stop a scope at N states; its verdict is then incomplete.",
)
@click.option(
    "--max-memory",
    type=click.IntRange(min=1),
    metavar="MB",
    help="Stop a scope at MB megabytes of memory; its verdict is then incomplete.",
)
@click.option(
    "--walk",
    "is_walk",
    is_flag=True,
    help="Random walk instead of exhaustive search: can find violations, cannot prove"
    " their absence.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="S",
    help="Seed of the random walk.  [default: 0]",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Steps of the random walk per scope.  [default: {STEPS:,}]",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    help="What explores worlds of actors.  [default: the fastest that is installed]",
)
@click.option(
    "--without",
    type=click.Choice(REDUCTIONS),
    multiple=True,
    help="Disable a reduction (repeatable).",
)
@click.option(
    "--symmetry",
    "is_symmetric",
    is_flag=True,
    help="Symmetry reduction: explore one representative of states equal up to"
    " renaming.",
)
@jobs_option("scopes are explored")
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
    help="Resume saved scopes; loading may run code: resume only your own.",
)
@json_option("the verdicts")
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
@click.pass_obj
def check(
    registry: Registry | None,
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
    jobs: int,
    save: Path | None,
    resume: Path | None,
    json: Path | None,
    junit: Path | None,
    out: Path | None,
    graph: Path | None,
) -> None:
    """Model-check scopes of the protocol, and report which properties hold.

    Exit codes: 0 holds, 1 violated, 2 bad usage, 3 incomplete (a bound was hit, or a
    walk ended), 4 vacuous (something that must happen never did), 5 a model or the
    program raised an exception, 130 interrupted.
    """
    replace_what_cannot_be_encoded()
    console = display.console_for_output()
    registry = registry or SCOPES
    scopes = _select_scopes(registry, names, model, is_deep=is_deep)
    if is_listing:
        display.show_list(console, list(registry.list_all()))
        return
    options = ExploreOptions(
        engine=ORACLE if graph is not None and engine is None else engine,
        walk=_walk_options(seed, steps, is_walk=is_walk),
        max_states=max_states,
        max_megabytes=max_memory,
        without=frozenset(without),
        is_symmetric=is_symmetric,
        jobs=jobs,
        save=save,
        resume=resume,
    )
    outputs = OutputPaths(json, junit, out, graph)
    _require_compatible(options, outputs, engine)
    limits = options.limits()
    try:
        findings = _explore(scopes, options, limits, outputs)
    except ScopeRaisedError as failure:
        _show_failure(failure, outputs.counterexamples)
        sys.exit(FAILED)
    words = display.CommandWords(
        scopes=names or _model_words(model, is_deep=is_deep),
        options=_option_words(options, engine),
        resuming=_resume_words(options),
    )
    display.show(console, findings, words)
    if json is not None:
        write(json, report.render_json(findings))
    if junit is not None:
        write(junit, report.render_junit(findings))
    code = report.worst_verdict(findings).exit_code
    sys.exit(INTERRUPTED if limits.is_interrupted else code)


# --- what is asked for ----------------------------------------------------------------


def _select_scopes(
    registry: Registry, names: Sequence[str], model: str, *, is_deep: bool
) -> tuple[Scope[Hashable], ...]:
    if model not in registry.default:
        raise UsageError(_unknown("model", model, registry.default))
    if is_deep and names:
        raise UsageError("either scopes or --deep can be given, not both.")
    if is_deep:
        return registry.of_model(model)
    if not names:
        return registry.default[model]
    if model != DEFAULT_MODEL:
        raise UsageError(f"either scopes or --model {model} can be given, not both.")
    return tuple(_find(registry, name) for name in dict.fromkeys(names))


def _find(registry: Registry, name: str) -> Scope[Hashable]:
    try:
        return registry.find(name)
    except KeyError:
        known = [scope.name for _, scope in registry.list_all()]
        raise UsageError(_unknown("scope", name, known)) from None


def _unknown(noun: str, name: str, known: Iterable[str]) -> str:
    """Say that there is no such name: first what may be meant, then where to look."""
    near = difflib.get_close_matches(name, list(known))
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    everything = f"`primacy check --list` shows every {noun}."
    return f"no {noun} is named {name!r}; {meant}{everything}"


def _walk_options(
    seed: int | None, steps: int | None, *, is_walk: bool
) -> WalkOptions | None:
    if is_walk:
        return WalkOptions(seed or 0, steps or STEPS)
    if seed is not None or steps is not None:
        raise UsageError("--seed and --steps are of a walk: give --walk too.")
    return None


def _require_compatible(
    options: ExploreOptions, outputs: OutputPaths, engine: str | None
) -> None:
    """Refuse options that exclude each other, and places that cannot be written."""
    if outputs.json is not None and outputs.json == outputs.junit:
        raise UsageError(f"--json and --junit cannot both be {outputs.json}.")
    if outputs.graph is not None and engine not in {None, ORACLE}:
        raise UsageError(
            f"--graph shows the graph of the oracle, not of the engine {engine}."
        )
    if outputs.graph is not None and options.jobs > 1:
        raise UsageError("--graph goes with one job only.")
    if options.max_megabytes is not None and memory() is None:
        raise UsageError("--max-memory: this system does not give a process's memory.")
    others = engine, outputs.graph, options.max_states, options.max_megabytes
    if options.walk is not None and any(each is not None for each in others):
        raise UsageError(
            "--walk goes with none of --engine, --graph, --max-states, --max-memory."
        )
    outputs.require_writable()
    if options.save is not None:
        require_writable_folder(options.save)


# --- the words of the command line ----------------------------------------------------


def _model_words(model: str, *, is_deep: bool) -> tuple[str, ...]:
    """Give the words that select scopes without naming them."""
    by_model = () if model == DEFAULT_MODEL else ("--model", model)
    return (*by_model, *(["--deep"] if is_deep else []))


def _option_words(options: ExploreOptions, engine: str | None) -> tuple[str, ...]:
    """Give the words that decide what is found."""
    words = [] if engine is None else [f"--engine {engine}"]
    words += [f"--without {name}" for name in REDUCTIONS if name in options.without]
    if options.is_symmetric:
        words.append("--symmetry")
    if options.max_states is not None:
        words.append(f"--max-states {options.max_states}")
    if options.walk is not None:
        walk = options.walk
        words.append(f"--walk --seed {walk.seed} --steps {walk.steps}")
    return tuple(" ".join(words).split())


def _resume_words(options: ExploreOptions) -> tuple[str, ...]:
    """Give the words that resume what was saved."""
    engine = options.resolve_engine()
    if options.save is None or engine is None:
        return ()
    without = (f"--without={name}" for name in REDUCTIONS if name in options.without)
    folder = str(options.save)
    return (
        f"--engine={engine.value}",
        *without,
        *(["--symmetry"] if options.is_symmetric else []),
        "--resume",
        folder,
        "--save",
        folder,
    )


# --- exploring ------------------------------------------------------------------------


def _explore(
    scopes: Sequence[Scope[Hashable]],
    options: ExploreOptions,
    limits: Limits,
    outputs: OutputPaths,
) -> list[Finding]:
    errors = Console(stderr=True, markup=False, emoji=False, highlight=False)
    found = explore_scopes(
        scopes, options, limits, lambda title: ProgressWatch(title, errors)
    )
    return [_keep(scope, each, outputs) for scope, each in found]


def _keep(
    scope: Scope[Hashable], found: Exploration[Hashable], outputs: OutputPaths
) -> Finding:
    """Write out what needs the graph, and let the graph go."""
    folder: Path | None = None
    if found.violation is not None:
        parent = outputs.counterexamples
        try:
            folder = counterexample.write_violation(scope, found.violation, parent)
        except OSError as error:
            click.echo(f"No counterexample was written: {reason(error)}.", err=True)
    if outputs.graph is not None:
        _export(scope, found, outputs.graph)
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
        raise UsageError(f"{folder} cannot be written: {reason(error)}.") from None


def _show_failure(failure: ScopeRaisedError, parent: Path) -> None:
    """Show what raised, where, and a run to it; nothing is decided."""
    click.echo(display.render_failure(failure), err=True, nl=False)
    try:
        folder = counterexample.write_failure(
            failure.scope.name, failure.error, failure.violation, parent
        )
        click.echo(f"traceback: {folder / counterexample.TRACEBACK}", err=True)
    except OSError as error:
        click.echo(f"No traceback was written: {reason(error)}.", err=True)
