"""The figures as JSON, and as the two tables of a page and of a terminal.

Contract: a table is made of a file of figures and of nothing else, so a page can be
compared with its file. A figure is the median of the rounds; failovers are taken
together.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from tests.runtime.against.measurement import Cell, MeasurementPlan

JsonMapping = Mapping[str, Any]  # whatever JSON holds
REST: Final = (
    "agents",
    "system",
    "failover s, median",
    "most",
    "packets/s",
    "kB/s",
    "CPU s/min",
    "MB",
)
LOAD: Final = (
    "agents",
    "system",
    "clients",
    "writes/s",
    "median ms",
    "p99 ms",
    "CPU ms",
    "MB",
)
TEXT_COLUMNS: Final = 2
DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Table:
    """A table, laid out where it is shown."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Write it for a page; figures stand at the right."""
        rule = ["---" if k < TEXT_COLUMNS else "---:" for k in range(len(self.heads))]
        lines = (self.heads, rule, *self.rows)
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figures(
    cells: Sequence[Cell],
    plan: MeasurementPlan,
    machine: JsonMapping,
    versions: Mapping[str, str],
) -> JsonMapping:
    """Put everything into one object, as JSON would hold it."""
    told = {
        "machine": machine,
        "versions": versions,
        "plan": asdict(plan),
        "cells": [asdict(cell) for cell in cells],
    }
    found: JsonMapping = json.loads(json.dumps(told), parse_float=_rounded)
    return found


def _rounded(figure: str) -> float:
    return round(float(figure), DIGITS)


def tables(told: JsonMapping) -> tuple[Table, Table]:
    """Lay out what was measured: at rest and at failovers, and under load."""
    groups = list(_groups(told))
    rest = [_rest(agents, system, cells) for agents, system, cells in groups]
    load = [
        row for agents, system, cells in groups for row in _loads(agents, system, cells)
    ]
    return Table(REST, rest), Table(LOAD, load)


def page(told: JsonMapping) -> str:
    """Write both tables as the page holds them."""
    return "\n\n".join(table.markdown() for table in tables(told))


def _groups(told: JsonMapping) -> Iterator[tuple[int, str, Sequence[JsonMapping]]]:
    places = dict.fromkeys((cell["agents"], cell["system"]) for cell in told["cells"])
    for agents, system in places:
        here = (agents, system)
        yield (
            agents,
            system,
            [
                each
                for each in told["cells"]
                if (each["agents"], each["system"]) == here
            ],
        )


def _rest(agents: int, system: str, cells: Sequence[JsonMapping]) -> Sequence[str]:
    failovers = [each for cell in cells for each in cell["failovers_s"]]
    return (
        str(agents),
        system,
        f"{median(failovers):.2f}",
        f"{max(failovers):.2f}",
        _middle(cells, "packets_per_second", 0),
        _middle(cells, "kilobytes_per_second", 1),
        _middle(cells, "cpu_seconds_per_minute", 2),
        _middle(cells, "resting_megabytes", 0),
    )


def _loads(
    agents: int, system: str, cells: Sequence[JsonMapping]
) -> Iterator[Sequence[str]]:
    count = len(cells[0]["loads"])
    for place in range(count):
        loads = [cell["loads"][place] for cell in cells]
        yield (
            str(agents),
            system,
            str(loads[0]["clients"]),
            _middle(loads, "per_second", 0),
            _middle(loads, "median_ms", 1),
            _middle(loads, "p99_ms", 1),
            _middle(loads, "cpu_ms", 2),
            _middle(cells, "loaded_megabytes", 0) if place == count - 1 else "",
        )


def _middle(cells: Sequence[JsonMapping], what: str, digits: int) -> str:
    found = [cell[what] for cell in cells]
    return "not counted" if None in found else f"{median(found):,.{digits}f}"
