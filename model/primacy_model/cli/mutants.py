"""The command `primacy mutants`: which finders kill which mutant of core.

Each mutant is a copy of the installed core in a folder of its own, with one text
replaced; each finder runs with it in a process of its own. Its law: 0 if every safety
mutant was killed by two finders and every other by one, or its survival is explained;
1 if one survived that is not explained, 2 bad usage, 3 if a finder was skipped, or did
not come to an end where it could matter, 4 if nobody was asked who counts.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
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

from primacy_model.errors import (
    BadUsage,
    reason,
    require_writable_file,
    require_writable_folder,
    write,
)
from primacy_model.mutation import detectors, kill_matrix
from primacy_model.mutation.catalog import BENDS, UnknownBendError, bend_of
from primacy_model.mutation.detectors import FINDERS, Answer, Budget, Finder, Status
from primacy_model.mutation.kill_matrix import COUNTED, Kept, Row, enough
from primacy_model.mutation.mutant import Bend, MissingTextError, bent

WEEK_S: Final = 7 * 24 * 3600
"""The longest time that can be given for one mutant."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Who is asked about a mutant, and for how long."""

    asked: tuple[Finder, ...]
    budget: Budget
    before: Kept
    """What the file holds of an earlier run."""
    is_enough: bool = False
    """Nobody else is asked once enough have killed it."""
    stop: Event = field(default_factory=Event)
    """Nobody else is asked once this is set."""

    def judge(self, bend: Bend) -> Row:
        """Ask each finder about a mutant that has not decided it before."""
        answers = self.kept(bend)
        with TemporaryDirectory() as place:
            folder = Path(place).resolve()
            detectors.copy_of_core(folder, bend)
            for finder in self.asked:
                if self.stop.is_set():
                    break
                earlier = answers.get(finder.name)
                if earlier is None or earlier.status is Status.UNDECIDED:
                    told = self._ask(finder, bend, folder, answers)
                    is_idle = told.status is Status.NOT_ASKED
                    answers[finder.name] = earlier if earlier and is_idle else told
        return Row(bend, answers)

    def kept(self, bend: Bend) -> dict[str, Answer]:
        """Look up what finders said of a mutant before."""
        digest = kill_matrix.bend_sha256(bend)
        asked = ((finder.name, (digest, finder.name)) for finder in FINDERS)
        answers = self.before.answers
        return {name: answers[at] for name, at in asked if at in answers}

    def whole(self, rows: Sequence[Row]) -> list[Row]:
        """Put what was kept of the mutants that are not judged beside these rows."""
        judged = {row.bend.id: row for row in rows}
        kept = {
            bend.id: Row(bend, self.kept(bend))
            for bend in BENDS
            if kill_matrix.bend_sha256(bend) in self.before.bends
        }
        every = kept | judged
        return [every[bend.id] for bend in BENDS if bend.id in every]

    def _ask(
        self, finder: Finder, bend: Bend, folder: Path, answers: dict[str, Answer]
    ) -> Answer:
        kills = Row(bend, answers).killed_by
        if self.is_enough and finder.counts and len(kills) >= enough(bend):
            return Answer(Status.NOT_ASKED, told="enough have found it")
        return detectors.ask(finder, bend, folder, self.budget, self.stop)


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--by",
    "names",
    multiple=True,
    type=click.Choice([finder.name for finder in FINDERS]),
    help="Ask only this finder; may be given again.  [default: all but tests]",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many mutants are judged side by side.",
)
@click.option("--json", type=Path, metavar="FILE", help="Write the matrix as JSON.")
@click.option(
    "--keep",
    "is_keeping",
    is_flag=True,
    help="Keep what the JSON file holds of the same bends, ask what it leaves open; "
    "without it the file is begun anew.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1, max=WEEK_S),
    callback=lambda _ctx, _option, given: _number(given),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Of processor time, for one mutant at check and at simulation.",
)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=600,
    show_default=True,
    metavar="N",
    help="Runs for one mutant at hypothesis.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="Runs for one mutant at simulation.",
)
@click.option(
    "--enough",
    "is_enough",
    is_flag=True,
    help="Ask no other finder about a mutant that enough of them have killed.",
)
@click.option("--list", "is_listing", is_flag=True, help="Show the mutants and stop.")
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
    """Bend the guards of core one by one, and see who notices.

    Exit codes: 0 every safety mutant is killed by two finders and every other by one,
    or it is explained why not; 1 one survived without an explanation; 2 bad usage; 3 a
    finder was skipped, or did not come to an end; 4 nobody was asked who counts.
    """
    bends = chosen(ids)
    if is_listing:
        if names or json is not None or is_keeping:
            raise click.UsageError("--list stands alone, with IDs at most.")
        click.echo(listing(bends))
        return
    if is_keeping and json is None:
        raise click.UsageError("--keep needs the --json FILE that it keeps.")
    before = _kept(json) if is_keeping and json is not None else Kept()
    if json is not None:
        _require_replaceable(json)
    asked = tuple(each for each in FINDERS if each.name in (names or COUNTED))
    inquiry = Inquiry(asked, Budget(seconds, examples, seeds), before, is_enough)
    rows: list[Row] = []
    with closing(_watched(bends, inquiry, jobs)) as found:
        for row in found:
            rows.append(row)
            if json is not None:
                _replace(json, kill_matrix.as_json(inquiry.whole(rows)))
    click.echo(kill_matrix.shown(rows))
    sys.exit(kill_matrix.exit_code(rows))


def chosen(ids: Sequence[str]) -> tuple[Bend, ...]:
    """Find the bends that are named, all if none is; core must have their texts."""
    try:
        bends = tuple(bend_of(name) for name in dict.fromkeys(ids)) or BENDS
        for bend in bends:
            source = detectors.CORE / f"{bend.module}.py"
            bent(bend, source.read_text(encoding="utf-8"))
    except UnknownBendError as error:
        raise BadUsage(f"{error} `primacy mutants --list` shows them.") from None
    except MissingTextError as error:
        raise BadUsage(str(error)) from None
    return bends


def listing(bends: Sequence[Bend]) -> str:
    """Show what each mutant bends."""
    width = max(len(bend.id) for bend in bends)
    return "\n".join(
        f"{bend.id:{width}}  {bend.harm.value:8}  {bend.module:11}  {bend.guard}"
        for bend in bends
    )


def _kept(file: Path) -> Kept:
    """Read an earlier matrix; there may be none yet."""
    with suppress(FileNotFoundError):
        try:
            return kill_matrix.kept(file.read_text(encoding="utf-8"))
        except kill_matrix.OtherCoreError:
            again = "leave out --keep to begin it anew"
            raise BadUsage(f"{file} speaks of another core; {again}.") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise BadUsage(f"{file} is no matrix of `primacy mutants`.") from None
        except FileNotFoundError:
            raise
        except OSError as error:
            raise BadUsage(f"{file} cannot be read: {reason(error)}.") from None
    return Kept()


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
    place = file.resolve()
    beside = place.with_name(f"{place.name}.{os.getpid()}.part")
    try:
        write(beside, text)
        if place.exists():
            shutil.copymode(place, beside)
        beside.replace(place)
    except OSError as error:
        raise BadUsage(f"{file} cannot be written: {reason(error)}.") from None
    finally:
        beside.unlink(missing_ok=True)


def _watched(
    bends: Sequence[Bend], inquiry: Inquiry, jobs: int
) -> Generator[Row, None, None]:
    """Judge mutants and show how far it is, on a terminal."""
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
        task = progress.add_task("mutants", total=len(bends), rate="")
        with closing(judged(bends, inquiry, jobs)) as found:
            for row in found:
                rate = f"{60 * (progress.tasks[0].speed or 0):.1f} a minute"
                progress.update(task, advance=1, description=row.bend.id, rate=rate)
                yield row


def judged(
    bends: Sequence[Bend], inquiry: Inquiry, jobs: int
) -> Generator[Row, None, None]:
    """Judge mutants, side by side, in their order."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(inquiry.judge, bends)
    finally:
        inquiry.stop.set()
        pool.shutdown(cancel_futures=True)
