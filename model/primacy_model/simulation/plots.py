"""The plots of docs/simulation.md, drawn from what `failover` measured.

`python -m primacy_model.simulation.plots docs/figures` reads `failover.json` there and
writes the pictures beside it.

Contract: the same figures give the same bytes with the same version of matplotlib; a
picture holds no date and no random id.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from primacy_model.errors import reason

INK: Final = {"primacy": "#1f4e79", "plain Raft": "#c0504d"}

PLOTS: Final = {
    "time": "time to a leader, in minimum election timeouts",
    "packets": "packets of elections",
    "at_once": "agents that stand at once, at most",
}

PlotRow = dict[str, Any]  # JSON, read back from `failover`


def draw(rows: list[PlotRow], what: str) -> Figure:
    """Draw one measure against the number of agents: median, and 90 of a hundred."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axes, occasion in zip(figure.subplots(1, 2), ("boot", "failover"), strict=True):
        for protocol, ink in INK.items():
            chosen = [
                row
                for row in rows
                if (row["protocol"], row["occasion"]) == (protocol, occasion)
            ]
            sizes = [row["agents"] for row in chosen]
            low = [row[what]["p50"] for row in chosen]
            high = [row[what]["p90"] for row in chosen]
            axes.plot(sizes, low, "o-", color=ink, label=f"{protocol}, median")
            axes.plot(sizes, high, "^--", color=ink, label=f"{protocol}, 90 %")
        axes.set_xscale("log")
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        if what == "packets":
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.set_xlabel("agents, all electors")
        axes.set_title(occasion)
        axes.grid(alpha=0.3)
    figure.supylabel(PLOTS[what], fontsize="small")
    axes.legend(fontsize="x-small")
    return figure


def table(rows: list[PlotRow]) -> str:
    """Write failovers as a Markdown table: the median and 90 of a hundred of each."""
    lines = [
        "| agents | protocol | time, in election timeouts | packets | at once |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        if row["occasion"] == "failover":
            told = (f"{row[what]['p50']:,} ({row[what]['p90']:,})" for what in PLOTS)
            lines.append(
                f"| {row['agents']} | {row['protocol']} | {' | '.join(told)} |"
            )
    return "\n".join(lines)


def draw_all(folder: Path) -> str:
    """Draw what lies in failover.json of a folder, and give the table of failovers."""
    mpl.rcParams["svg.hashsalt"] = "primacy"
    mpl.rcParams["svg.fonttype"] = "none"
    rows: list[PlotRow] = json.loads((folder / "failover.json").read_text("utf-8"))
    for what in PLOTS:
        place = folder / f"failover-{what.replace('_', '-')}.svg"
        draw(rows, what).savefig(place, format="svg", metadata={"Date": None})
    return table(rows)


def main(words: Sequence[str] | None = None) -> None:
    """Draw the plots of the folder that is named on the command line."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    try:
        sys.stdout.write(f"{draw_all(parser.parse_args(words).folder)}\n")
    except OSError as error:
        parser.error(f"{error.filename}: {reason(error)}.")


if __name__ == "__main__":
    main()
