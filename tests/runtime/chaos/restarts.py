"""Whether each start of an agent found on its disk what the one before had written.

A trace says what an agent asked its disk to keep, one step after the other; several
steps share a write, so the last ones may be missing of a process that was killed or
whose disk was full. What the next start found has to be one of the disks that there
were then: an older one would be a vote or entries that were sent and forgotten.
`primacy conform` cannot say so, for each start has a trace of its own.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from primacy import Discard, Durable, Persist, Restore, loads
from primacy_runtime.driver import MOST_AT_ONCE

NOTHING: Final = Durable()
WRITES: Final = ('"kind":"Persist"', '"kind":"Discard"', '"kind":"Restore"')
TIMER: Final = '"kind":"Elapsed"'
"""What stands in a line of which the text is read; no other line speaks of it."""


def of_restarts(traces: Iterable[Path]) -> list[str]:
    """Judge all restarts; the name of a trace is MESH.AGENT.NUMBER.jsonl."""
    agents: dict[str, list[tuple[int, Path]]] = {}
    for trace in traces:
        _, name, number, _ = trace.name.split(".")
        agents.setdefault(name, []).append((int(number), trace))
    return [
        sentence
        for name in sorted(agents)
        for sentence in _of_agent([trace for _, trace in sorted(agents[name])])
    ]


def _of_agent(traces: Sequence[Path]) -> Iterator[str]:
    possible = [NOTHING]
    for trace in traces:
        lines = trace.read_text(encoding="utf-8").splitlines()
        steps = lines[1:-1]  # without head and end
        if not steps:
            continue
        begun = json.loads(steps[0]).get("durable")
        found = NOTHING if begun is None else loads(json.dumps(begun), Durable)
        if found not in possible:
            yield (
                f"{trace.name} began with {_shown(found)}, and before it the disk had "
                f"{' or '.join(map(_shown, possible[-3:]))}"
            )
        possible = _possible(found, steps)


def _possible(disk: Durable, steps: Sequence[str]) -> list[Durable]:
    """List the disks that there may have been at the end: of the last batch, all.

    A timer is stepped alone, so what stands before it was on the disk.
    """
    surely = len(steps) - MOST_AT_ONCE
    found = [disk]
    for number, line in enumerate(steps):
        if TIMER in line or number == surely:
            found = [disk]
        if any(kind in line for kind in WRITES):
            for output in json.loads(line)["outputs"]:
                disk = _written(disk, output)
            found.append(disk)
    return found


def _written(disk: Durable, output: Mapping[str, object]) -> Durable:
    """Do what an output asks of the disk, if it does."""
    text = json.dumps(output)
    match output["kind"]:
        case "Persist":
            return disk.after(loads(text, Persist))
        case "Discard":
            return disk.discarded(loads(text, Discard))
        case "Restore":
            return disk.restored(loads(text, Restore))
        case _:
            return disk


def _shown(disk: Durable) -> str:
    vote = disk.voted_for or "nobody"
    start, last = disk.log.start, disk.log.last_index
    log = f"entries {start + 1} to {last}" if start else f"{last} entries"
    return f"term {disk.term}, a vote for {vote}, {log}"
