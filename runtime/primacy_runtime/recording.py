"""Whoever writes down what an agent does: each call of core, before it is performed.

`primacy_model.conformance.recorder.Recorder` is one; its traces can be judged by
`primacy conform`. Its law: it is told of a step before anything of it leaves the agent,
so what is missing at the end of a trace was never said to anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from primacy import Config, Durable, Message, Output, State


class Recording(Protocol):
    """What is told. If it raises, the agent ends."""

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


Record = Callable[[Config], Recording]
"""Begins a record of an agent, once it is known how it is configured."""
