"""The command `primacy mutants`: which detectors kill which mutant of core.

Contract: it ends with 0 if every safety mutant was killed by two detectors and every
other by one, or its survival is explained; 1 if one survived without an explanation, 2
for bad usage, 3 if a detector was skipped, or did not come to an end where it could
matter, 4 if no counting detector was run.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from primacy_model.cli.command import OneSentenceCommand
from primacy_model.cli.options import jobs_option, json_option, list_option
from primacy_model.errors import (
    UsageError,
    reason,
    require_writable_file,
    require_writable_folder,
    write,
)
from primacy_model.mutation import detectors, kill_matrix
from primacy_model.mutation.catalog.mutants import (
    UnknownMutantError,
    find_mutant,
    load_mutants,
)
from primacy_model.mutation.catalog.table import CatalogError
from primacy_model.mutation.detectors import DETECTORS, Budget
from primacy_model.mutation.kill_matrix import COUNTED, MatrixRow, PreviousMatrix
from primacy_model.mutation.mutant import EditError, Mutant, apply
from primacy_model.mutation.runner import MutationRun, run_mutants

WEEK_S: Final = 7 * 24 * 3600
"""The longest time that can be given for one mutant."""


@click.command(cls=OneSentenceCommand)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--by",
    "names",
    multiple=True,
    type=click.Choice([each.name for each in DETECTORS]),
    help="Run only this detector (repeatable).  [default: all but tests]",
)
@jobs_option("mutants are tried")
@json_option("the matrix")
@click.option(
    "--keep",
    "is_keeping",
    is_flag=True,
    help="Reuse outcomes already in the JSON FILE; run only what is missing.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1, max=WEEK_S),
    callback=lambda _ctx, _option, given: _number(given),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Processor time for one mutant in check and in simulation.",
)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=600,
    show_default=True,
    metavar="N",
    help="Runs for one mutant in hypothesis.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="Runs for one mutant in simulation.",
)
@click.option(
    "--enough",
    "is_enough",
    is_flag=True,
    help="Run no further detector on a mutant that enough of them have killed.",
)
@list_option("the mutants")
def mutants(
    *,
    ids: tuple[str, ...],
    names: tuple[str, ...],
    jobs: int,
    json: Path | None,
    is_keeping: bool,
    seconds: float,
    examples: int,
    seeds: int,
    is_enough: bool,
    is_listing: bool,
) -> None:
    """Mutation-test the core: which detector kills which mutant.

    Exit codes: 0 every safety mutant is killed by two detectors and every other by one,
    or its survival is explained; 1 one survived without an explanation; 2 bad usage; 3
    a detector was skipped, or did not come to an end; 4 no counting detector was run.
    """
    selected = select(ids)
    if is_listing:
        if names or json is not None or is_keeping:
            raise click.UsageError("--list stands alone, with IDs at most.")
        click.echo(render_list(selected))
        return
    if is_keeping and json is None:
        raise click.UsageError("--keep needs the --json FILE that it keeps.")
    previous = PreviousMatrix()
    if is_keeping and json is not None:
        previous = _read_previous(json)
    if json is not None:
        _require_replaceable(json)
    asked = tuple(each for each in DETECTORS if each.name in (names or COUNTED))
    run = MutationRun(asked, Budget(seconds, examples, seeds), previous, is_enough)
    rows: list[MatrixRow] = []
    with closing(_show_progress(selected, run, jobs)) as finished:
        for row in finished:
            rows.append(row)
            if json is not None:
                _replace(json, kill_matrix.render_json(run.merge(rows)))
    click.echo(kill_matrix.render_matrix(rows))
    sys.exit(kill_matrix.exit_code(rows))


def select(ids: Sequence[str]) -> tuple[Mutant, ...]:
    """Find the mutants that are named, by default all; core must have their texts."""
    try:
        named = tuple(find_mutant(name) for name in dict.fromkeys(ids))
        selected = named or load_mutants()
        for mutant in selected:
            source = detectors.CORE / f"{mutant.module}.py"
            apply(mutant, source.read_text(encoding="utf-8"))
    except UnknownMutantError as error:
        raise UsageError(f"{error} `primacy mutants --list` lists them.") from None
    except (CatalogError, EditError) as error:
        raise UsageError(str(error)) from None
    return selected


def render_list(selected: Sequence[Mutant]) -> str:
    """List what each mutant breaks."""
    width = max(len(mutant.id) for mutant in selected)
    return "\n".join(
        f"{mutant.id:{width}}  {mutant.harm.value:8}  {mutant.module:11}  "
        f"{mutant.clause}: {mutant.fault}"
        for mutant in selected
    )


def _read_previous(file: Path) -> PreviousMatrix:
    """Read an earlier matrix; there may be none yet."""
    with suppress(FileNotFoundError):
        try:
            return kill_matrix.read_previous(file.read_text(encoding="utf-8"))
        except kill_matrix.OtherCoreError:
            again = "leave out --keep to begin it anew"
            raise UsageError(f"{file} is about another core; {again}.") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UsageError(f"{file} is no matrix of `primacy mutants`.") from None
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {reason(error)}.") from None
    return PreviousMatrix()


def _number(given: float) -> float:
    """Refuse what is no number, which no range does."""
    if math.isnan(given):
        raise click.BadParameter(f"{given} is no number of seconds.")
    return given


def _require_replaceable(file: Path) -> None:
    """Refuse a file that could not be written, or not be put in place of itself."""
    require_writable_file(file)
    if file.is_file() or not file.exists():
        require_writable_folder(file.resolve().parent)


def _replace(file: Path, text: str) -> None:
    """Write a file as a whole or not at all; a pipe or a terminal as it comes."""
    if file.exists() and not file.is_file():
        write(file, text)
        return
    target = file.resolve()
    beside = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        write(beside, text)
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {reason(error)}.") from None
    finally:
        beside.unlink(missing_ok=True)


def _show_progress(
    selected: Sequence[Mutant], run: MutationRun, jobs: int
) -> Generator[MatrixRow, None, None]:
    """Run mutants and show the progress on a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    is_quiet = not console.is_terminal
    with Progress(
        *columns, console=console, transient=True, disable=is_quiet
    ) as progress:
        task = progress.add_task("mutants", total=len(selected), rate="")
        with closing(run_mutants(selected, run, jobs)) as finished:
            for row in finished:
                rate = f"{60 * (progress.tasks[0].speed or 0):.1f} a minute"
                progress.update(task, advance=1, description=row.mutant.id, rate=rate)
                yield row
