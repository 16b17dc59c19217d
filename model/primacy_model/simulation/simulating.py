"""The command `primacy simulate`.

It decides which schedules are run, where the findings go and how the program ends. Its
law: 0 holds, 1 violated, 2 bad usage, 3 incomplete, 4 vacuous, 130 interrupted. What
is written of the same seeds is the same on any machine, but for the last line, which
tells what it cost.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
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

from primacy_model.simulation import record, schedule
from primacy_model.simulation.conduct import WITHIN, conducted
from primacy_model.simulation.drawing import Wish, schedule_of
from primacy_model.simulation.outcome import UNKNOWN, Counts, Outcome
from primacy_model.simulation.schedule import (
    BEYOND,
    FAULTS,
    MOST_AGENTS,
    MOST_SEED,
    BadScheduleError,
    Schedule,
)
from primacy_model.simulation.seeds import Ran, runs
from primacy_model.simulation.shrinking import MOST_RUNS, shrunk
from primacy_model.usage import (
    INTERRUPTED,
    BadUsage,
    reason,
    replace_what_cannot_be_encoded,
    require_writable_file,
    write,
)

SEEDS = 100
MOST_SEEDS = 10_000_000
SHOWN = 25
"""So many of the last steps of a violation are shown."""

US_PER_HOUR = 3_600_000_000


@dataclass(slots=True)
class Tally:
    """What all runs came to."""

    counts: Counts = field(default_factory=Counts)
    seeds: int = 0
    core_s: float = 0
    slowest: int = 0
    """The longest time to convergence, in thousandths of an election timeout."""
    failed: list[Outcome] = field(default_factory=list)
    unknown: list[Outcome] = field(default_factory=list)

    def add(self, ran: Ran) -> None:
        """Count a run."""
        outcome = ran.outcome
        self.counts.add(outcome.counts)
        self.seeds += 1
        self.core_s += ran.core_s
        self.slowest = max(self.slowest, outcome.converged or 0)
        if outcome.property == UNKNOWN:
            self.unknown.append(outcome)
        elif outcome.property is not None:
            self.failed.append(outcome)

    def missing(self, *, has_faults: bool, has_clients: bool) -> str:
        """Name what must happen and never did; nothing if all did."""
        counts = self.counts
        if not counts.elections:
            return "no leader was elected"
        if has_faults and not counts.faults:
            return "no fault happened"
        if has_clients and not (counts.reads and counts.writes):
            return "no read or no write was served"
        return ""


@click.command()
@click.option(
    "--seeds",
    type=click.IntRange(1, MOST_SEEDS),
    metavar="N",
    help=f"Run the seeds 0 to N - 1.  [default: {SEEDS}]",
)
@click.option(
    "--seed", type=click.IntRange(0, MOST_SEED), metavar="S", help="Run this one."
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
    help="So many electors, no workers.  [default: each seed decides]",
)
@click.option(
    "--faults",
    metavar="NAMES",
    help="Only these, comma-separated, or none; --list tells which there are.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, 24 * 60, min_open=True),
    metavar="M",
    help="Of virtual time with faults.  [default: each seed decides]",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, metavar="J"
)
@click.option(
    "--json",
    "told",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what was found as JSON.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where a shrunk schedule goes.  [default: simulate-seed-S.json]",
)
@click.option("--list", "is_listing", is_flag=True, help="Show the faults and stop.")
def simulate(  # noqa: PLR0917 - one for each option
    seeds: int | None,
    seed: int | None,
    file: Path | None,
    agents: int | None,
    faults: str | None,
    minutes: float | None,
    jobs: int,
    told: Path | None,
    out: Path | None,
    is_listing: bool,
) -> None:
    """Run meshes in virtual time, with faults that a seed draws.

    After each step safety is judged. At the end everything is healed, and all agents
    must agree in time. Histories of clients must be linearizable.
    """
    replace_what_cannot_be_encoded()
    if is_listing:
        _list()
        return
    if sum(each is not None for each in (seeds, seed, file)) > 1:
        raise BadUsage("--seeds, --seed and --schedule exclude each other.")
    if minutes is not None and not math.isfinite(minutes):
        raise BadUsage(f"--minutes must be a number of minutes, got {minutes}.")
    for place in (told, out):
        if place is not None:
            require_writable_file(place)
    try:
        if file is not None:
            if (agents, faults, minutes) != (None, None, None):
                raise BadUsage("A schedule has its own agents, faults and minutes.")
            tally, failing = _one(_read(file))
        else:
            wish = _wish(agents, faults, minutes)
            chosen = [seed] if seed is not None else range(seeds or SEEDS)
            tally = _many(chosen, wish, jobs)
            failing = schedule_of(tally.failed[0].seed, wish) if tally.failed else None
    except BadScheduleError as error:
        raise BadUsage(f"{error}.") from None
    except BrokenProcessPool:
        click.echo("A process of --jobs was killed; nothing is decided.", err=True)
        sys.exit(3)
    except KeyboardInterrupt:
        click.echo("Interrupted; nothing is decided.", err=True)
        sys.exit(INTERRUPTED)
    has_faults = faults != "none" and (file is None or bool(tally.counts.faults))
    missing = tally.missing(has_faults=has_faults, has_clients=file is None)
    verdict, code = _verdict(tally, missing)
    _show(tally)
    if failing is not None:  # first of all: what comes then takes long, and may fail
        _tell_claim(failing.seed, tally.failed[0])
    if told is not None:
        _save(told, _as_json(tally, verdict), is_violated=failing is not None)
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
            raise BadUsage(
                f"No fault is named {name!r}: none, {', '.join((*FAULTS, *BEYOND))}."
            )
    return Wish(agents, names, length_ms)


def _read(file: Path) -> Schedule:
    try:
        return schedule.read(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadUsage(f"{file} cannot be read: {reason(error)}.") from None
    except (BadScheduleError, UnicodeDecodeError) as error:
        raise BadUsage(f"{file} is no schedule: {error}.") from None


# --- what is run ----------------------------------------------------------------------


def _one(given: Schedule) -> tuple[Tally, Schedule | None]:
    tally = Tally()
    outcome = conducted(given)[1]
    tally.add(Ran(outcome, 0))
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


# --- what is told ---------------------------------------------------------------------


def _verdict(tally: Tally, missing: str) -> tuple[str, int]:
    if tally.failed:
        return "violated", 1
    if tally.unknown:
        return "incomplete", 3
    return ("vacuous", 4) if missing else ("holds", 0)


def _show(tally: Tally) -> None:
    counts = tally.counts
    table = Table("what", "how much", box=None, pad_edge=False)
    for what, found in (
        ("seeds", f"{tally.seeds:,}"),
        ("simulated hours", f"{counts.virtual_us / US_PER_HOUR:,.2f}"),
        ("steps, each judged", f"{counts.steps:,}"),
        ("packets", f"{counts.packets:,}"),
        ("elections", f"{counts.elections:,}"),
        ("faults", f"{counts.faults:,}"),
        ("crashes", f"{counts.crashes:,}"),
        ("client operations", f"{counts.operations:,}"),
        ("writes acknowledged", f"{counts.writes:,}"),
        ("reads served", f"{counts.reads:,}"),
        ("of them under a lease", f"{counts.lease_reads:,}"),
        ("effects admitted", f"{counts.admitted:,}"),
        ("stale effects refused", f"{counts.refused:,}"),
        (
            f"slowest convergence (at most {WITHIN})",
            f"{tally.slowest / 1000:.1f} election timeouts",
        ),
    ):
        table.add_row(what, found)
    Console().print(table)


def _tell_claim(seed: int, outcome: Outcome) -> None:
    click.echo(f"\nseed {seed}: {outcome.property} is violated: {outcome.title}")


def _save(place: Path, text: str, *, is_violated: bool) -> bool:
    """Write a text, and tell whether that went well. A violation stays one."""
    try:
        write(place, text)
    except BadUsage as error:
        if not is_violated:
            raise
        click.echo(error.format_message(), err=True)
        return False
    return True


def _explain(failing: Schedule, outcome: Outcome, out: Path | None) -> None:
    """Shrink a failing schedule, write it down, and show the end of its run."""
    shortest = failing
    with _progress() as progress:
        task = progress.add_task("shrinking", total=MOST_RUNS, rate="")

        def told(runs_done: int, so_far: Schedule) -> None:
            nonlocal shortest
            shortest = so_far
            rate = f"{len(shortest.faults)} faults"
            progress.update(task, completed=runs_done, rate=rate, refresh=True)

        try:
            shortest = shrunk(failing, outcome, told)[0]
        except KeyboardInterrupt:
            click.echo("Interrupted; this is the shortest so far.", err=True)
        except BadScheduleError as error:
            click.echo(f"Shrinking went no further: {error}.", err=True)
    place = out or Path(f"simulate-seed-{failing.seed}.json")
    text = schedule.written(shortest)
    is_saved = _save(place, text, is_violated=True)
    conductor, found = conducted(shortest)
    if conductor is None:
        pass
    elif conductor.failure is not None:
        fleet = conductor.simulator.fleet
        click.echo(record.transcript(fleet, conductor.failure, SHOWN))
    else:
        click.echo("\n".join(conductor.simulator.tail))
    _tell_claim(failing.seed, found)
    click.echo(
        f"shrunk from {len(failing.faults)} faults to {len(shortest.faults)},"
        f" from {failing.length_ms:,} ms to {shortest.length_ms:,} ms:"
    )
    click.echo(text.rstrip())
    if is_saved:
        click.echo(f"again:   primacy simulate --schedule {place}")


def _as_json(tally: Tally, verdict: str) -> str:
    found = {
        "verdict": verdict,
        "seeds": tally.seeds,
        "counts": asdict(tally.counts),
        "slowest_convergence": tally.slowest / 1000,
        "failed": [asdict(each) for each in tally.failed],
        "unknown": [asdict(each) for each in tally.unknown],
        "core_s": round(tally.core_s, 3),
    }
    return json.dumps(found, indent=2) + "\n"
