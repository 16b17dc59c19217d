"""Where the agents of a mesh are reached.

A change that admits an agent carries its address in the log, as a JSON object of two
texts, `{"agent":"dan","address":"10.0.0.4:7000"}`. So every member learns it, and has
it again after a restart. What the log says comes before the settings, the last entry
about an agent before all others. What entries told that are gone is in the snapshot
that stands for them. Of an agent of which neither tells anything, it is taken from its
own greeting, and forgotten at the end.

Contract: text that is not of this form is ignored and reported once, never raised: a
peer may have sent it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from primacy import Command, State
from primacy.types import Index
from primacy_runtime.errors import SettingsError
from primacy_runtime.settings import Address, address, agent_id

MOST_HEARD: Final = 256
"""How many addresses are kept that agents told of themselves."""


def detail(agent: str, where: Address) -> Command:
    """Write down where an agent is reached, as the text of a roll entry."""
    return Command(json.dumps({"agent": agent, "address": str(where)}))


def read_detail(text: str) -> tuple[str, Address]:
    """Read what `detail` wrote; raise `SettingsError` for anything else."""
    try:
        said: object = json.loads(text)
    except (ValueError, RecursionError):
        raise SettingsError("the text of a roll entry must be JSON") from None
    if not isinstance(said, dict) or said.keys() != {"agent", "address"}:
        raise SettingsError("the text of a roll entry must have agent and address")
    return agent_id("agent", said["agent"]), address("address", said["address"])


def logged(
    state: State, last: Index, report: Callable[[int, str], None] = lambda *_: None
) -> dict[str, Address]:
    """Read what the roll entries of the log tell, up to an index."""
    found: dict[str, Address] = {}
    for index in state.log.rolls:
        entry = state.log.at(index)
        if index > last or entry.command == "":
            continue
        try:
            agent, where = read_detail(entry.command)
        except SettingsError as error:
            report(index, str(error))
        else:
            found[agent] = where
    return found


class Addresses:
    """The addresses that one agent knows. `given` are those of its settings."""

    def __init__(
        self,
        given: Mapping[str, Address],
        report: Callable[[int, str], None],
    ) -> None:
        self._given, self._report = given, report
        self._logged: Mapping[str, Address] = {}
        self._heard: dict[str, Address] = {}
        self._bad: set[tuple[int, int]] = set()

    def get(self, agent: str) -> Address | None:
        """Tell where an agent is reached, `None` if that is not known."""
        for told in (self._logged, self._given, self._heard):
            if agent in told:
                return told[agent]
        return None

    def follow(self, state: State, before: Mapping[str, Address]) -> None:
        """Read all that the log says now: entries of it may have been replaced.

        `before`: what entries said that a snapshot stands for.
        """
        log = state.log

        def report(index: int, why: str) -> None:
            place = (index, int(log.at(Index(index)).term))
            if place not in self._bad:
                self._bad.add(place)
                self._report(index, why)

        self._logged = {**before, **logged(state, log.last_index, report)}

    def hear(self, agent: str, told: str) -> None:
        """Take what an agent says of itself."""
        try:
            where = address("address", told)
        except SettingsError:
            return  # it does not know, or is none of ours
        self._heard.pop(agent, None)
        if len(self._heard) >= MOST_HEARD:
            del self._heard[next(iter(self._heard))]
        self._heard[agent] = where
