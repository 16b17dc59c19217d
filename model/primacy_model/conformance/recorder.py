"""Logging what a runtime does, as a trace that `primacy conform` can judge.

A runtime calls the recorder after each call of core, before the outputs are performed.
It writes one line at a time and never goes back; what it holds does not grow.

Contract: it imports nothing but `primacy`, so a runtime can use it without the model
checker.

    >>> from primacy import Config, agents, initial
    >>> config = Config("north", "a", agents("a"))
    >>> lines: list[str] = []
    >>> recorder = Recorder(lines.append, [config], states="none")
    >>> recorder.start("a", *initial(config))
    >>> recorder.end()
    >>> print(lines[-1], end="")
    {"seq":2,"event":"end","lines":1}

Source: docs/conformance.md, "Traces".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, Literal

from primacy import Config, Durable, Message, Output, State, dumps

FORMAT: Final = "primacy-trace/1"
"""What the first line of a trace says it is."""

States = Literal["full", "digest", "none"]
"""How much of the state after each call is written down."""


def digest(state: State) -> str:
    """Stand for a state: the SHA-256 of its text, in hexadecimal."""
    return sha256(dumps(state).encode()).hexdigest()


class Recorder:
    r"""Writes a trace.

    `write` is given each line with its end, such as the `write` of a file that was
    opened with `encoding="utf-8"` and `newline="\\n"`. `whole` says that the trace will
    hold every agent that speaks, from its first start. `clocks` says that instants are
    readings of clocks.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        configs: Iterable[Config],
        *,
        runtime: str = "",
        states: States = "full",
        whole: bool = False,
        clocks: bool = False,
    ) -> None:
        self._write, self._states, self._lines = write, states, 0
        told = ",".join(dumps(config) for config in configs)
        head = {
            "trace": FORMAT,
            "runtime": runtime,
            "states": states,
            "whole": whole,
            "clocks": clocks,
        }
        self._write(
            f'{json.dumps(head, separators=(",", ":"))[:-1]},"configs":[{told}]}}\n'
        )

    def start(self, agent: str, state: State, outputs: Sequence[Output]) -> None:
        """Log the first start of an agent: what `initial` gave."""
        self._log(agent, "start", "", state, outputs)

    def recover(
        self, agent: str, durable: Durable, state: State, outputs: Sequence[Output]
    ) -> None:
        """Log a restart: the disk, and what `recover` gave."""
        self._log(agent, "recover", f'"durable":{dumps(durable)},', state, outputs)

    def step(
        self, agent: str, message: Message, state: State, outputs: Sequence[Output]
    ) -> None:
        """Log a step: the message, and what `step` gave."""
        self._log(agent, "step", f'"message":{dumps(message)},', state, outputs)

    def crash(self, agent: str, performed: int | None = None) -> None:
        """Log that an agent stopped, after some or all outputs of its last call."""
        rest = "" if performed is None else f',"performed":{performed}'
        self._line(f'"agent":{json.dumps(agent)},"event":"crash"{rest}')

    def end(self) -> None:
        """Log that nothing follows: without this line a trace is refused."""
        self._line(f'"event":"end","lines":{self._lines}')

    def _log(
        self,
        agent: str,
        event: str,
        given: str,
        state: State,
        outputs: Sequence[Output],
    ) -> None:
        told = ",".join(map(dumps, outputs))
        after = ""
        if self._states == "full":
            after = f',"state":{dumps(state)}'
        elif self._states == "digest":
            after = f',"digest":"{digest(state)}"'
        name = json.dumps(agent)
        self._line(f'"agent":{name},"event":"{event}",{given}"outputs":[{told}]{after}')

    def _line(self, rest: str) -> None:
        self._lines += 1
        self._write(f'{{"seq":{self._lines},{rest}}}\n')
