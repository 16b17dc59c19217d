"""The command `primacy simulate`.

It decides which schedules are run, where the findings go and how the program ends.

Contract: 0 holds, 1 violated, 2 bad usage, 3 incomplete, 4 vacuous, 130 interrupted.
What is written of the same seeds is the same on any machine, but for the last line,
which tells what it cost.
"""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from primacy_model.cli.command import OneSentenceCommand
from primacy_model.cli.options import jobs_option, json_option, list_option
from primacy_model.errors import (
    INTERRUPTED,
    UsageError,
    reason,
    replace_what_cannot_be_encoded,
    require_writable_file,
    write,
)
from primacy_model.simulation import record, schedule
from primacy_model.simulation.outcome import RunOutcome
from primacy_model.simulation.phases import run_schedule
from primacy_model.simulation.schedule import (
    BEYOND,
    FAULTS,
    MOST_AGENTS,
    MOST_SEED,
    BadScheduleError,
    Schedule,
)
from primacy_model.simulation.schedule_gen import Wish, schedule_of
from primacy_model.simulation.seeds import Ran, runs
from primacy_model.simulation.shrinking import MOST_RUNS, shrink
from primacy_model.simulation.summary import (
    US_PER_HOUR,
    Tally,
    as_json,
    describe_violation,
    list_undecided,
    print_counts,
    verdict_of,
)

SEEDS = 100
MOST_SEEDS = 10_000_000
SHOWN = 25
"""How many of the last steps of a violation are shown."""

NAME = "simulate-seed-{}.json"
"""Where a shrunk schedule goes, if nobody says where."""
NAMES = re.compile(NAME.format("[0-9]+").replace(".", r"\."), re.IGNORECASE)


@click.command(cls=OneSentenceCommand)
@click.option(
    "--seeds",
    type=click.IntRange(1, MOST_SEEDS),
    metavar="N",
    help=f"Run the seeds 0 to N - 1.  [default: {SEEDS}]",
)
@click.option(
    "--seed", type=click.IntRange(0, MOST_SEED), metavar="S", help="Run this seed."
)
@click.option(
    "--schedule",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Run a schedule that was written before.",
)
@click.option(
    "--agents",
    type=click.IntRange(1, MOST_AGENTS),
    metavar="N",
    help="N electors, no workers.  [default: each seed decides]",
)
@click.option(
    "--faults",
    metavar="NAMES",
    help='Comma-separated fault kinds, or "none" (see --list).',
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, 24 * 60, min_open=True),
    metavar="M",
    help="Minutes of virtual time with faults.  [default: each seed decides]",
)
@jobs_option("seeds are run")
@json_option("what was found")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where a shrunk schedule goes.  [default: simulate-seed-S.json]",
)
@list_option("the faults")
def simulate(  # noqa: PLR0917 - one for each option
    seeds: int | None,
    seed: int | None,
    file: Path | None,
    agents: int | None,
    faults: str | None,
    minutes: float | None,
    jobs: int,
    json: Path | None,
    out: Path | None,
    is_listing: bool,
) -> None:
    """Simulate meshes in virtual time, with faults drawn from a seed.

    Safety is checked after each step. At the end all faults are healed, and the agents
    must agree in time. Histories of clients must be linearizable.
    """
    replace_what_cannot_be_encoded()
    if is_listing:
        _list()
        return
    if sum(each is not None for each in (seeds, seed, file)) > 1:
        raise UsageError("--seeds, --seed and --schedule exclude each other.")
    if minutes is not None and not math.isfinite(minutes):
        raise UsageError(f"--minutes must be a number of minutes, got {minutes}.")
    if file is not None and (agents, faults, minutes) != (None, None, None):
        raise UsageError("A schedule has its own agents, faults and minutes.")
    given = None if file is None else _read(file)
    _require_places(file, json, out)
    try:
        if given is not None:
            tally, failing = _one(given)
        else:
            wish = _wish(agents, faults, minutes)
            chosen = [seed] if seed is not None else range(seeds or SEEDS)
            tally = _many(chosen, wish, jobs)
            failing = schedule_of(tally.failed[0].seed, wish) if tally.failed else None
    except BadScheduleError as error:
        raise UsageError(f"{error}.") from None
    except BrokenProcessPool:
        click.echo("A process of --jobs was killed; nothing is decided.", err=True)
        sys.exit(3)
    except KeyboardInterrupt:
        click.echo("Interrupted; nothing is decided.", err=True)
        sys.exit(INTERRUPTED)
    has_faults = faults != "none" and (file is None or bool(tally.counts.faults))
    has_changes = faults is None and (file, seed) == (None, None)
    missing = tally.missing(
        has_faults=has_faults,
        has_clients=file is None,
        has_changes=has_changes and tally.seeds >= SEEDS,
    )
    verdict, code = verdict_of(tally, missing)
    print_counts(tally)
    for line in list_undecided(tally.unknown):
        click.echo(line)
    if failing is not None:  # first of all: what comes then takes long, and may fail
        click.echo(describe_violation(failing.seed, tally.failed[0]))
    if json is not None:
        _save(json, as_json(tally, verdict), is_violated=failing is not None)
    if failing is not None:
        _explain(failing, tally.failed[0], out)
    click.echo(f"{verdict}{f': {missing}' if code == 4 else ''}")
    rate = tally.counts.virtual_us / US_PER_HOUR / max(tally.core_s, 1e-9) * 3600
    click.echo(
        f"cost: {tally.core_s:,.1f} core seconds,"
        f" {rate:,.0f} simulated hours per core hour"
    )
    sys.exit(code)


# --- what is asked --------------------------------------------------------------------


def _list() -> None:
    table = Table("fault", "what it is", box=None, pad_edge=False)
    for name, what in {**FAULTS, **BEYOND}.items():
        table.add_row(name, what)
    Console().print(table)


def _wish(agents: int | None, faults: str | None, minutes: float | None) -> Wish:
    length_ms = None if minutes is None else max(1, round(minutes * 60_000))
    if faults is None:
        return Wish(agents, length_ms=length_ms)
    names = () if faults == "none" else tuple(faults.split(","))
    for name in names:
        if name not in FAULTS and name not in BEYOND:
            raise UsageError(
                f"No fault is named {name!r}: none, {', '.join((*FAULTS, *BEYOND))}."
            )
    return Wish(agents, names, length_ms)


def _require_places(file: Path | None, json: Path | None, out: Path | None) -> None:
    """Refuse files that cannot be written, or of which one would overwrite another."""
    for option, other in (("--out", out), ("--schedule", file)):
        if json is not None and other is not None and _is_same(json, other):
            raise UsageError(
                f"--json and {option} must name two files, got {json} and {other}."
            )
    if (
        json is not None
        and out is None
        and _is_same(json.parent, Path())
        and NAMES.fullmatch(json.name)
    ):
        raise UsageError(
            f"--json must not be named as a shrunk schedule is, got {json}:"
            " choose another name, or name the schedule with --out."
        )
    for place in (json, out):
        if place is not None:
            require_writable_file(place)


def _is_same(one: Path, other: Path) -> bool:
    """Tell whether two paths name one file, also by links; neither has to be there."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()


def _read(file: Path) -> Schedule:
    try:
        return schedule.parse_schedule(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {reason(error)}.") from None
    except (BadScheduleError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is no schedule: {error}.") from None


# --- what is run ----------------------------------------------------------------------


def _one(given: Schedule) -> tuple[Tally, Schedule | None]:
    tally = Tally()
    began = time.process_time()
    outcome = run_schedule(given)[1]
    tally.add(Ran(outcome, time.process_time() - began))
    return tally, given if tally.failed else None


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        auto_refresh=False,  # a thread would be forked
        disable=not console.is_terminal,
    )


def _many(seeds: Sequence[int], wish: Wish, jobs: int) -> Tally:
    tally = Tally()
    with _progress() as progress:
        task = progress.add_task("seeds", total=len(seeds), rate="")
        for ran in runs(seeds, wish, jobs):
            tally.add(ran)
            elapsed = progress.tasks[0].elapsed or 0
            rate = f"{tally.seeds / elapsed:.1f} seeds/s" if elapsed else ""
            progress.update(task, advance=1, rate=rate, refresh=True)
            if tally.failed:
                break
    return tally


# --- what is shown --------------------------------------------------------------------


def _save(place: Path, text: str, *, is_violated: bool) -> bool:
    """Write a text, and tell whether that went well. A violation stays one."""
    try:
        write(place, text)
    except UsageError as error:
        if not is_violated:
            raise
        click.echo(str(error), err=True)
        return False
    return True


def _explain(failing: Schedule, outcome: RunOutcome, out: Path | None) -> None:
    """Shrink a failing schedule, write it down, and show the end of its run."""
    shortest = failing
    with _progress() as progress:
        task = progress.add_task("shrinking", total=MOST_RUNS, rate="")

        def show_progress(runs_done: int, so_far: Schedule) -> None:
            nonlocal shortest
            shortest = so_far
            rate = f"{len(shortest.faults)} faults"
            progress.update(task, completed=runs_done, rate=rate, refresh=True)

        try:
            shortest = shrink(failing, outcome, show_progress)[0]
        except KeyboardInterrupt:
            click.echo("Interrupted; this is the shortest so far.", err=True)
        except BadScheduleError as error:
            click.echo(f"Shrinking went no further: {error}.", err=True)
    place = out or Path(NAME.format(failing.seed))
    text = schedule.render_schedule(shortest)
    is_saved = _save(place, text, is_violated=True)
    conductor, found = run_schedule(shortest)
    if conductor is None:
        pass
    elif conductor.failure is not None:
        cluster = conductor.simulator.cluster
        click.echo(record.transcript(cluster, conductor.failure, SHOWN))
    else:
        click.echo("\n".join(conductor.simulator.tail))
    click.echo(describe_violation(failing.seed, found))
    click.echo(
        f"shrunk from {len(failing.faults)} faults to {len(shortest.faults)},"
        f" from {failing.length_ms:,} ms to {shortest.length_ms:,} ms:"
    )
    click.echo(text.rstrip())
    if is_saved:
        click.echo(f"again:   primacy simulate --schedule {place}")
