"""Rolls that may follow each other, for what draws logs and states.

They are near, as core makes them: a member changes its part, an electorate begins to
replace another, or a replacement is completed.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, Protocol, TypeVar

from primacy.agents import AgentSet
from primacy.config import Config
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind
from primacy.types import AgentId, Command, RequestId, Term

Parts = tuple[AgentSet, AgentSet, AgentSet]
"""Electors, outgoing electors and workers."""
Item = TypeVar("Item")
OUTSIDER: Final = AgentId("e")
"""An agent in no configuration of the tests."""


class Choose(Protocol):
    """Whatever draws one of some values."""

    def __call__(self, among: Sequence[Item]) -> Item: ...


def around(config: Config) -> AgentSet:
    """Collect the agents that may come and go in a mesh."""
    return config.first_roll.members.with_(config.me).with_(OUTSIDER)


def parts_of(roll: Roll) -> Parts:
    """Take a roll without its position."""
    return roll.electors, roll.outgoing, roll.workers


@cache
def successors(parts: Parts, among: AgentSet) -> tuple[Parts, ...]:
    """List what may follow a roll in a mesh of these agents at most."""
    electors, outgoing, workers = parts
    if electors != outgoing:
        return ((electors, electors, workers.union(outgoing.difference(electors))),)
    return (*_changes(electors, workers, among), *_replacements(electors, workers))


def _changes(electors: AgentSet, workers: AgentSet, among: AgentSet) -> Iterator[Parts]:
    """Change the part of one agent."""
    for agent in among.members:
        if electors.has(agent):
            fewer = electors.without(agent)
            if fewer.size:
                yield fewer, fewer, workers.with_(agent)
        elif workers.has(agent):
            more, others = electors.with_(agent), workers.without(agent)
            yield more, more, others
            yield electors, electors, others
        else:
            yield electors, electors, workers.with_(agent)


def _replacements(electors: AgentSet, workers: AgentSet) -> Iterator[Parts]:
    """Replace one elector by a worker, or the electorate by one member."""
    members = electors.union(workers)
    swapped = (
        electors.without(old).with_(new)
        for old in electors.members
        for new in workers.members
    )
    alone = (AgentSet((agent,)) for agent in members.members)
    for chosen in dict.fromkeys((*swapped, *alone)):
        if chosen == electors:
            continue
        yield chosen, electors, workers.difference(chosen)


def grown(
    first: Roll,
    terms: Sequence[int],
    among: AgentSet,
    texts: Sequence[str],
    choose: Choose,
) -> tuple[Entry, ...]:
    """Draw entries of these terms that may follow a roll."""
    entries, parts = [], parts_of(first)
    for term in terms:
        command, request = Command(choose(texts)), RequestId(choose(texts))
        kind = choose(tuple(EntryKind))
        if kind is not EntryKind.ROLL:
            entries.append(Entry(Term(term), kind, command, request))
            continue
        parts = choose(successors(parts, among))
        entries.append(Entry(Term(term), kind, command, request, *parts))
    return tuple(entries)
