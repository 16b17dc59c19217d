"""The judgement of a run, of what lies outside the agents alone.

Contract: the history of all clients is that of one copy, what is unknown of it is not
well; no term has two leaders, in what agents said and in what they did; no resource
admitted a token after a higher one; `primacy conform` allows every trace, each agent
left one, and each start found the disk that the one before had left; no program failed
otherwise than by a full disk.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from primacy_model.simulation.linearizability import HistoryVerdict, Operation, check
from primacy_runtime.demo.fenced_resource import ResourceEffect
from primacy_runtime.trace import finish
from tests.runtime.chaos.restarts import of_restarts

MOST_OF_A_LOG: Final = 2_000
FAILURE: Final = re.compile(r"^failed |cannot be (opened|written)|Traceback")
FULL: Final = "disk is full"

Led = Mapping[str, Iterable[int]]
"""The terms that each agent led."""


def of_history(history: Sequence[Operation]) -> list[str]:
    """Judge what clients saw."""
    finding = check(history)
    if finding.verdict is HistoryVerdict.LINEARIZABLE:
        return []
    return [f"the history is not that of one copy: {finding}"]


def of_effects(name: str, effects: Sequence[ResourceEffect]) -> list[str]:
    """Judge what a resource took."""
    admitted = [effect for effect in effects if effect.verdict == "admitted"]
    wrong = [
        f"{name} admitted token {after.token} of {after.agent} after {before.token}"
        for before, after in pairwise(admitted)
        if after.token < before.token
    ]
    led: dict[str, set[int]] = {}
    for effect in effects:
        led.setdefault(effect.agent, set()).add(effect.token)
    return wrong + of_leaders(led)


def of_leaders(led: Led) -> list[str]:
    """Judge who led which terms."""
    leaders: dict[int, list[str]] = {}
    for name, terms in led.items():
        for term in terms:
            leaders.setdefault(term, []).append(name)
    return [
        f"term {term} had the leaders {', '.join(names)}"
        for term, names in sorted(leaders.items())
        if len(names) > 1
    ]


def of_traces(traces: Path, names: Iterable[str]) -> list[str]:
    """Judge what agents wrote down; those of killed processes are ended first."""
    found = sorted(traces.iterdir())
    for trace in found:
        finish(trace)
    traced = {trace.name.split(".")[1] for trace in found}
    silent = [f"{name} left no trace" for name in names if name not in traced]
    ended = sorted(traces.iterdir())
    return silent + conformed(ended) + of_restarts(ended)


def conformed(traces: Sequence[Path]) -> list[str]:
    """Have `primacy conform` judge traces; give what it says if one is refused."""
    if not traces:
        return []
    run = "from primacy_model.cli.entry import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", run, "conform", *traces],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    refused = [line for line in done.stdout.splitlines() if ": allowed." not in line]
    return [] if done.returncode == 0 else [*refused, done.stderr]


def of_logs(logs: Iterable[Path]) -> list[str]:
    """Judge how programs ended: a full disk is no wonder, all else is."""
    wrong = []
    for log in sorted(logs):
        text = log.read_text(encoding="utf-8")
        ends = [line for line in text.splitlines() if FAILURE.search(line)]
        if any(FULL not in line for line in ends):
            wrong.append(f"{log.name}: ...{text[-MOST_OF_A_LOG:]}")
    return wrong


def outputs(traces: Path, kind: str) -> int:
    """Count the steps of all traces that put out something of a kind."""
    wanted, found = f'"kind":"{kind}"'.encode(), 0
    for trace in traces.iterdir():
        with trace.open("rb") as file:
            found += sum(wanted in line for line in file)
    return found


def lines(traces: Path) -> int:
    """Count what was judged: the lines of all traces, without heads and ends."""
    found = 0
    for trace in traces.iterdir():
        with trace.open("rb") as file:
            found += sum(1 for _ in file) - 2
    return found
