"""Writing down what an agent does: each call of core, before it is performed.

Contract: a line is handed to the system before anything of its step leaves the agent.
So `kill -9` loses nothing that was said to anybody, and what cannot be written ends the
agent. It is not waited for the disk: a trace is evidence, not what an agent recovers
from.

Each start writes a file of its own, `MESH.AGENT.NUMBER.jsonl`, for `primacy conform`. A
process that was killed leaves one without an end; the next start of the agent ends it.

Source: docs/conformance.md, "Traces".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import Final, Protocol

from primacy import Config, Durable, Message, Output, State
from primacy_model.conformance.recorder import Recorder
from primacy_runtime.errors import SettingsError, StoreBroken

RUNTIME: Final = "primacy_runtime"
_END: Final = '"event":"end"'


class Recording(Protocol):
    """What is recorded. If it raises, the agent ends."""

    def start(self, agent: str, state: State, outputs: Sequence[Output]) -> None:
        """Take the first start of an agent."""

    def recover(
        self, agent: str, durable: Durable, state: State, outputs: Sequence[Output]
    ) -> None:
        """Take a restart."""

    def step(
        self, agent: str, message: Message, state: State, outputs: Sequence[Output]
    ) -> None:
        """Take a step."""

    def end(self) -> None:
        """Take that nothing follows."""


RecordingFactory = Callable[[Config], Recording]
"""Begins a record of an agent, once it is known how it is configured."""


def traces(folder: Path) -> RecordingFactory:
    """Have each start of an agent write a trace of its own into a folder."""
    return lambda config: TraceFile(folder, config)


class TraceFile:
    """The trace of one start, in a new file. The agent's disk is locked meanwhile."""

    def __init__(self, folder: Path, config: Config) -> None:
        self._folder, self._config = folder, config
        self._file: FileIO | None = None
        self._recorder: Recorder | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"trace must be a folder, or a place for one, got {folder}: {error}"
            ) from None

    def start(self, agent: str, state: State, outputs: Sequence[Output]) -> None:
        """Begin with the first start of an agent."""
        self._begun().start(agent, state, outputs)

    def recover(
        self, agent: str, durable: Durable, state: State, outputs: Sequence[Output]
    ) -> None:
        """Begin with a restart."""
        self._begun().recover(agent, durable, state, outputs)

    def step(
        self, agent: str, message: Message, state: State, outputs: Sequence[Output]
    ) -> None:
        """Write down a step."""
        assert self._recorder is not None
        self._recorder.step(agent, message, state, outputs)

    def end(self) -> None:
        """End the trace, unless it breaks off where it could not be written."""
        if self._file is not None:
            try:
                if self._recorder is not None:
                    self._recorder.end()
            finally:
                self._file.close()

    def _begun(self) -> Recorder:
        try:
            before = _numbered(self._folder, self._config)
            last = max(before, default=0)
            if last:
                finish(before[last])
            name = _name(self._config, last + 1)
            self._file = (self._folder / name).open("xb", buffering=0)
        except OSError as error:
            raise self._broken(error) from None
        self._recorder = Recorder(
            self._put, [self._config], runtime=RUNTIME, states="digest", clocks=True
        )
        return self._recorder

    def _put(self, line: str) -> None:
        assert self._file is not None
        rest = line.encode()
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._recorder = None  # half a line stands there: nothing may follow
            raise self._broken(error) from None

    def _broken(self, error: OSError) -> StoreBroken:
        return StoreBroken(f"A trace in {self._folder} cannot be written: {error}.")


def finish(path: Path) -> None:
    """End the trace of a process that was killed: cut the last line if it is half."""
    count, whole, last = -1, 0, b""  # the head does not count
    with path.open("r+b") as file:
        for line in file:
            if line.endswith(b"\n"):
                count, whole, last = count + 1, whole + len(line), line
        if count >= 0 and _END.encode() not in last:
            file.truncate(whole)
            file.seek(whole)
            end = f'{{"seq":{count + 1},{_END},"lines":{count}}}\n'
            file.write(end.encode())
    if count < 0:
        path.unlink()  # it was killed before it had written the head


def _name(config: Config, number: int) -> str:
    return f"{config.mesh_id}.{config.agent_id}.{number}.jsonl"


def _numbered(folder: Path, config: Config) -> dict[int, Path]:
    """Find the traces of earlier starts."""
    pattern = re.compile(
        f"{re.escape(config.mesh_id)}\\.{re.escape(config.agent_id)}\\.(\\d+)\\.jsonl"
    )
    found = ((pattern.fullmatch(path.name), path) for path in folder.iterdir())
    return {int(match[1]): path for match, path in found if match}
