"""`primacy_runtime.piped` with a trace: `python -m tests.runtime.traced SETTINGS`.

Each start writes a file of its own, `TRACES/AGENT.NUMBER.jsonl`. Each line is handed to
the system before anything of it leaves the agent, so `kill -9` loses no line that
mattered; it leaves a trace without an end, see `finish`.
"""

import asyncio
import json
import sys
from pathlib import Path

from primacy import Config
from primacy_model.conformance.recorder import Recorder
from primacy_runtime.piped import Piped


class Traced(Recorder):
    """A recorder with a file of its own."""

    def __init__(self, path: Path, config: Config) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n", buffering=1)
        told = "primacy_runtime"
        super().__init__(
            self._file.write, [config], runtime=told, states="digest", clocks=True
        )

    def end(self) -> None:
        """End the trace."""
        super().end()
        self._file.close()


def record(folder: Path, config: Config) -> Recorder:
    """Begin the next trace of an agent."""
    number = len(list(folder.glob(f"{config.agent_id}.*.jsonl"))) + 1
    return Traced(folder / f"{config.agent_id}.{number}.jsonl", config)


def finish(path: Path) -> None:
    """End the trace of a process that was killed: cut the last line if it is half."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if not lines[-1].endswith("\n"):
        lines.pop()
    if '"event":"end"' not in lines[-1]:
        count = len(lines) - 1  # without the head
        lines.append(f'{{"seq":{count + 1},"event":"end","lines":{count}}}\n')
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    traces = Path(told.pop("traces"))
    asyncio.run(Piped(told, sys.stdout, lambda config: record(traces, config)).run())
