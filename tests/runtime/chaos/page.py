"""The tables of docs/runtime.md about runs with faults, made from docs/chaos.json.

`python -m tests.runtime.chaos.page` prints what stands between the marks of the page;
`python -m tests.runtime.chaos --json docs/chaos.json` measures. A test compares.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

FIGURES: Final = Path(__file__).parents[3] / "docs" / "chaos.json"
BEGIN: Final = "<!-- chaos: begin -->"
END: Final = "<!-- chaos: end -->"

PageRow = dict[str, Any]


def quantile(found: Sequence[float], percent: int) -> float:
    """Give the least value that this many of a hundred do not exceed (nearest rank)."""
    return sorted(found)[max(0, math.ceil(len(found) * percent / 100) - 1)]


def table(rows: Iterable[PageRow]) -> str:
    """Make the tables: a column for the runs of the same arguments."""
    groups: dict[str, list[PageRow]] = {}
    for row in rows:
        groups.setdefault(row["arguments"], []).append(row)
    columns = [_column(group) for group in groups.values()]
    lines = [
        f"| | {' | '.join(f'`{name}`' for name in groups)} |",
        f"|---|{'---|' * len(groups)}",
    ]
    for name in dict.fromkeys(name for column in columns for name in column):
        cells = " | ".join(column.get(name, "") for column in columns)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def _column(rows: Sequence[PageRow]) -> dict[str, str]:
    def total(name: str) -> str:
        return f"{sum(row[name] for row in rows):,}"

    faults = sum((Counter(row["faults"]) for row in rows), Counter[str]())
    times = [one for row in rows for one in row["failovers"]]
    found = {
        "runs": f"{len(rows)}, seeds {_seeds([row['seed'] for row in rows])}",
        "faults": f"{faults.total():,}",
        **{f"... {name}": f"{count:,}" for name, count in sorted(faults.items())},
        "agents ended by a full disk": total("ended_by_full_disk"),
        **_changes(rows),
        **_snapshots(rows),
        "operations in the history": total("operations"),
        "writes acknowledged": total("writes_acknowledged"),
        "reads answered": total("reads_answered"),
        **_effects(rows),
        "traces, lines judged": f"{total('traces')}, {total('trace_lines')}",
        "violations": f"{sum(len(row['wrong']) for row in rows)}",
    }
    if times:
        found["leaders killed, with another after them"] = f"{len(times):,}"
        found["from kill to new leader, in election timeouts"] = (
            f"median {quantile(times, 50):.2f}, p99 {quantile(times, 99):.2f}, "
            f"most {max(times):.2f}"
        )
    return found


def _changes(rows: Sequence[PageRow]) -> dict[str, str]:
    """Count how the members changed, where they did."""
    done = sum((Counter(row.get("changes", {})) for row in rows), Counter[str]())
    if not done:
        return {}
    kinds = {f"... {name}": f"{count:,}" for name, count in sorted(done.items())}
    rolls = sum(row["rolls"] for row in rows)
    return {
        "changes of the members that were answered": f"{done.total():,}",
        **kinds,
        "committed rolls that were seen": f"{rolls:,}",
    }


def _snapshots(rows: Sequence[PageRow]) -> dict[str, str]:
    """Count what became of snapshots, where there were some."""
    if not all("logs_shortened" in row for row in rows):
        return {}
    shortened = sum(row["logs_shortened"] for row in rows)
    installed = sum(row["snapshots_installed"] for row in rows)
    return {
        "logs that lost their beginning to a snapshot": f"{shortened:,}",
        "snapshots handed to agents that were behind": f"{installed:,}",
    }


def _effects(rows: Sequence[PageRow]) -> dict[str, str]:
    """Count what each resource admitted, and what it refused."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for name, effects in row["effects"].items():
            counts.setdefault(name, Counter()).update(effects)
    return {
        f"effects on {name}": (
            f"{found['admitted']:,} admitted, {found['refused']:,} refused"
        )
        for name, found in counts.items()
    }


def _seeds(found: Sequence[int]) -> str:
    is_run = list(found) == list(range(found[0], found[-1] + 1))
    if is_run and len(found) > 1:
        return f"{found[0]} to {found[-1]}"
    return ", ".join(map(str, found))


if __name__ == "__main__":
    sys.stdout.write(table(json.loads(FIGURES.read_text(encoding="utf-8"))) + "\n")
