"""Real processes, real faults, and a history that is judged from outside.

`python -m tests.runtime.chaos --seconds 60 --seeds 1-4` runs five agents, with clients
that write and read all the while, and does faults to them, see `faults`; in the end all
is judged by `verdict`. `--faults kill --leaders` does nothing but kill leaders,
to measure how long there is no leader. `--members` has agents join and leave all the
while, see `members`. Every agent takes a snapshot every few entries, so that those
which were away, or join, are handed one. `--json FILE` keeps the figures there, in
place of those of the same arguments; `tests.runtime.chaos.page` makes tables of them.

Exit codes: 0 all is well, 1 something is wrong, 2 bad usage.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.runtime.chaos import namespaces, postgres
from tests.runtime.chaos.page import quantile
from tests.runtime.chaos.trial import KINDS, Place, Trial, TrialPlan, TrialRow

INSIDE = "--inside"


def play(
    plan: TrialPlan, *, is_isolated: bool = False, server: Path | None = None
) -> TrialRow:
    """Run once, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        chaos = Trial(Place(Path(folder), is_isolated, server), plan)
        asyncio.run(chaos.run())
        return chaos.row()


def told(row: TrialRow) -> str:
    """Sum up a run."""
    faults = ", ".join(f"{name} {count}" for name, count in row["faults"].items())
    failed = ", ".join(f"{name} {count}" for name, count in row["not_answered"].items())
    changes = ", ".join(f"{name} {count}" for name, count in row["changes"].items())
    undone = row["changes_not_answered"].items()
    lines = [
        f"seed {row['seed']}: {row['network']}, full disks by {row['disks']}",
        f"faults      {sum(row['faults'].values())} ({faults})",
        f"            {row['ended_by_full_disk']} agents ended by a full disk",
        f"operations  {row['operations']}; not answered: {failed or 'none'}",
        f"writes      {row['writes_acknowledged']}; reads {row['reads_answered']}",
    ]
    if row["rolls"]:
        not_answered = ", ".join(f"{name} {count}" for name, count in undone)
        lines += [
            f"changes     {changes or 'none'}; not answered: {not_answered or 'none'}",
            f"            {row['rolls']} committed rolls were seen",
        ]
    lines.append(
        f"snapshots   {row['logs_shortened']} logs were shortened, "
        f"{row['snapshots_installed']} snapshots were installed"
    )
    for name, counts in row["effects"].items():
        said = ", ".join(f"{verdict} {count}" for verdict, count in counts.items())
        lines.append(f"effects     {name}: {said or 'none'}")
    lines.append(f"traces      {row['traces']}, {row['trace_lines']} lines")
    if times := row["failovers"]:
        lines.append(
            f"failovers   {len(times)}; from kill to new leader, in election timeouts: "
            f"median {quantile(times, 50):.1f}, p99 {quantile(times, 99):.1f}, "
            f"most {max(times):.1f}"
        )
    lines += [f"WRONG       {sentence}" for sentence in row["wrong"]] or ["all is well"]
    return "\n".join(lines)


def keep(file: Path, rows: Sequence[TrialRow]) -> None:
    """Put rows into a file, in place of those of the same arguments and seed."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    fresh = {(row["arguments"], row["seed"]) for row in rows}
    kept = [row for row in kept if (row["arguments"], row["seed"]) not in fresh]
    text = ",\n".join(json.dumps(row, sort_keys=True) for row in [*kept, *rows])
    file.write_text(f"[\n{text}\n]\n", encoding="utf-8", newline="\n")


def seeds(text: str) -> list[int]:
    """Read `3`, `1-4` or `1,5,7`."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        found += range(int(first), int(last) + 1) if dash else [int(first)]
    return found


def kinds(text: str) -> tuple[str, ...]:
    """Read names of faults."""
    found = tuple(text.split(","))
    if not set(found) <= set(KINDS):
        raise ValueError(text)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        "chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=seeds, default=[1], help="such as 3 or 1-4")
    parser.add_argument("--agents", type=int, default=5, choices=range(3, 10))
    parser.add_argument(
        "--faults", type=kinds, default=KINDS, help=f"of {','.join(KINDS)}"
    )
    parser.add_argument("--leaders", action="store_true", help="strike leaders alone")
    parser.add_argument("--members", action="store_true", help="change the members")
    parser.add_argument("--json", type=Path, help="keep the figures there")
    parser.add_argument("--server", type=Path, help=argparse.SUPPRESS)
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.json is not None and not given.json.parent.is_dir():
        parser.error(f"--json must be in a folder that is there, got {given.json}")
    return inside(given) if given.inside else outside(given)


def outside(given: argparse.Namespace) -> int:
    """Bring what can be had here, and run in it."""
    with ExitStack() as stack:
        if why := postgres.missing():
            sys.stderr.write(f"Without PostgreSQL: {why}.\n")
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-"))
            given.server = stack.enter_context(postgres.server(Path(folder)))
        if why := namespaces.missing():
            sys.stderr.write(f"Without namespaces: {why}.\n")
            return inside(given)
        server = ["--server", str(given.server)] if given.server else []
        command = [sys.executable, "-m", "tests.runtime.chaos", *sys.argv[1:], *server]
        done = subprocess.run(namespaces.isolated([*command, INSIDE]), check=False)
        return done.returncode


def inside(given: argparse.Namespace) -> int:
    """Run once for each seed."""
    if given.inside:
        namespaces.enter()
    is_well = True
    for seed in given.seeds:
        plan = TrialPlan(
            given.seconds,
            seed,
            given.agents,
            given.faults,
            given.leaders,
            given.members,
        )
        row = play(plan, is_isolated=given.inside, server=given.server)
        sys.stdout.write(told(row) + "\n")
        sys.stdout.flush()
        if given.json is not None:
            keep(given.json, [row])
        is_well &= not row["wrong"]
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
