"""Which clauses a call of core goes through: those that its statements enforce.

The twin of core makes each call again, on a state of its own for each agent.

Contract: the twin asks the same outputs as core, or it says nothing of core; so they
are compared at each call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any

from primacy import Config, Durable, Message, Output, dumps
from primacy_model.conformance.path_probe import Instrumented


@cache
def _shared() -> Instrumented:
    """Make the twin once: it holds nothing of a trace."""
    return Instrumented()


class Touched:
    """Counts the clauses that calls go through."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._states: dict[str, Any] = {}
        """The states of the twin, by agent."""

    @cached_property
    def _twin(self) -> Instrumented:
        return _shared()

    @cached_property
    def _codec(self) -> Any:  # noqa: ANN401 - the twin has types of its own
        return self._twin.module("codec")

    @cached_property
    def _names(self) -> dict[int, tuple[str, ...]]:
        return self._twin.clauses_by_probe()

    def stepped(
        self, message: Message, outputs: Sequence[Output], agent: str
    ) -> list[str]:
        """List the clauses of a step; `outputs` is what core asks."""
        given = self._states[agent], self._codec.loads(dumps(message))
        return self._touch(agent, outputs, lambda: self._twin.module("").step(*given))

    def began(
        self, config: Config, disk: Durable, outputs: Sequence[Output]
    ) -> list[str]:
        """List the clauses of a start, or of a restart from a disk."""
        given = self._codec.loads(dumps(config)), self._codec.loads(dumps(disk))
        return self._touch(
            config.me, outputs, lambda: self._twin.module("").recover(*given)
        )

    def _touch(
        self, agent: str, outputs: Sequence[Output], call: Callable[[], object]
    ) -> list[str]:
        answer: Any
        answer, way = self._twin.way(call)
        self._states[agent], asked = answer
        told = [self._codec.dumps(each) for each in asked]
        if told != [dumps(each) for each in outputs]:
            raise AssertionError("the twin of core asks other outputs")
        found = {
            name for number in way.everywhere for name in self._names.get(number, ())
        }
        self.counts.update(found)
        return sorted(found)
