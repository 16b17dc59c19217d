"""`python -m tests.runtime.against`: primacy beside what a user might take instead.

Contract: the same timeouts, the same machine, one run, one definition of each figure. A
system that is not installed is named with the command that installs it, and left out.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
import psutil
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table as Shown

from tests.runtime.against.etcd import ETCD
from tests.runtime.against.libraries import PRIMACY, PYSYNCOBJ, PYSYNCOBJ_AT_ONCE
from tests.runtime.against.measurement import (
    QUICK,
    Cell,
    MeasurementPlan,
    UnmeasuredError,
    cells,
    disk_ms,
)
from tests.runtime.against.network import raise_loopback, run_alone, way_in
from tests.runtime.against.systems import Kind
from tests.runtime.against.tables import JsonMapping, Table, figures, page, tables

KINDS: Final = (PRIMACY, PYSYNCOBJ, PYSYNCOBJ_AT_ONCE, ETCD)
WIDTH: Final = 100
SCHEDULERS: Final = ("SCHED_OTHER", "SCHED_FIFO", "SCHED_RR")
NOT_ALONE: Final = (
    "packets: not counted, for that needs `unshare` of util-linux and the right to "
    "make a network namespace"
)


@click.command()
@click.option("--quick", is_flag=True, help="One short round; some three minutes.")
@click.option("--rounds", type=click.IntRange(min=1), help="How often all is measured.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    default=tempfile.gettempdir(),
    help="Where the members keep their disks for the time.",
)
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write all figures here.",
)
@click.option(
    "--page",
    "kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Measure nothing: print the tables of such a file, in Markdown.",
)
@click.option("--alone", is_flag=True, hidden=True)
def main(
    *,
    quick: bool,
    rounds: int | None,
    folder: Path,
    file: Path | None,
    kept: Path | None,
    alone: bool,
) -> None:
    """Measure primacy beside etcd and PySyncObj, those that are installed."""
    if kept is not None:
        try:
            click.echo(page(json.loads(kept.read_text(encoding="utf-8"))))
        except (ValueError, KeyError, TypeError):
            raise click.UsageError(f"{kept} must be what --json wrote.") from None
        return
    if file is not None and not file.parent.is_dir():
        raise click.UsageError(f"{file.parent} must be a folder, to write {file} into.")
    if alone:
        raise_loopback()
    elif way := way_in():
        run_alone(way, "tests.runtime.against", [*sys.argv[1:], "--alone"])
    plan = QUICK if quick else MeasurementPlan()
    if rounds is not None:
        plan = replace(plan, rounds=rounds)
    found, is_whole = report(KINDS, plan, folder, is_alone=alone)
    if file is not None:
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if is_whole else 1)


def report(
    kinds: Sequence[Kind], plan: MeasurementPlan, folder: Path, *, is_alone: bool
) -> tuple[JsonMapping, bool]:
    """Measure what is installed, say what is not, and print the tables.

    Tell whether all that is installed was measured.
    """
    versions = {kind.name: kind.version() for kind in kinds}
    there = [kind for kind in kinds if versions[kind.name]]
    machine = _machine(folder)
    for line in _told(kinds, versions, machine, plan):
        click.echo(line)
    if not is_alone:
        click.echo(NOT_ALONE)
    came = _measured(there, plan, folder, is_alone=is_alone)
    measured = [one for one in came if isinstance(one, Cell)]
    found = figures(measured, plan, machine, versions)
    console = Console(width=WIDTH, highlight=False)
    for table in tables(found):
        console.print()
        console.print(_shown(table))
    if measured:
        busy = [cell.others_percent for cell in measured]
        click.echo(
            f"\nbefore each measurement others used {min(busy):.0f} to "
            f"{max(busy):.0f} % of the processors"
        )
    for one in came:
        if isinstance(one, UnmeasuredError):
            click.echo(str(one))
    return found, len(measured) == len(came)


def _measured(
    kinds: Sequence[Kind], plan: MeasurementPlan, folder: Path, *, is_alone: bool
) -> Sequence[Cell | UnmeasuredError]:
    total = plan.rounds * len(plan.agents) * len(kinds)
    came: list[Cell | UnmeasuredError] = []
    with _progress(total) as progress:
        task = progress.add_task("", total=total)

        def hint(what: str) -> None:
            progress.update(task, description=what)

        for one in cells(kinds, plan, folder, is_alone=is_alone, hint=hint):
            came.append(one)
            progress.advance(task)
    return came


@contextmanager
def _progress(total: int) -> Iterator[Progress]:
    """Show on a terminal what is measured; elsewhere nothing."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=total == 0 or not console.is_terminal,
    ) as progress:
        yield progress


def _machine(folder: Path) -> Mapping[str, object]:
    mounts = [
        part
        for part in psutil.disk_partitions(all=True)
        if folder.resolve().is_relative_to(part.mountpoint)
    ]
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "processors": os.cpu_count(),
        "disk": max(mounts, key=lambda part: len(part.mountpoint)).fstype,
        "sync_ms": disk_ms(folder),
        "scheduler": _scheduler(),
        "nice": os.nice(0),
    }


def _scheduler() -> str:
    """Tell how the system shares its processors with this process, if it says so."""
    asked = getattr(os, "sched_getscheduler", None)
    here = None if asked is None else asked(0)
    found = [name for name in SCHEDULERS if getattr(os, name, None) == here]
    return found[0] if found and here is not None else "not known"


def _told(
    kinds: Sequence[Kind],
    versions: Mapping[str, str],
    machine: JsonMapping,
    plan: MeasurementPlan,
) -> Iterator[str]:
    yield (
        f"heartbeat {plan.times.heartbeat:g} s, election timeout "
        f"{plan.times.election:g} s; {machine['processors']} processors, "
        f"{machine['disk']}, {machine['sync_ms']:.1f} ms for a block to be on the disk"
    )
    for kind in kinds:
        version = versions[kind.name]
        yield (
            f"{kind.name} {version}: {kind.told}"
            if version
            else f"{kind.name}: not installed, so left out; to have it: {kind.how}"
        )


def _shown(table: Table) -> Shown:
    shown = Shown(box=None, pad_edge=False)
    for place, head in enumerate(table.heads):
        shown.add_column(head, justify="left" if place in {0, 1} else "right")
    for row in table.rows:
        shown.add_row(*row)
    return shown


if __name__ == "__main__":
    main()
