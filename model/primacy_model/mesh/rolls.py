"""Electorates as a log has them, and what the checker makes of them.

Quorums are counted here a second time, so that a mutant of the rule changes no
property.

Source: clauses `roll.*`, `quorum.*` of docs/specification.md.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise

from primacy.agents import AgentSet
from primacy.electorate import Roll
from primacy.log import Entry, Log
from primacy.state import State
from primacy.types import AgentId, Index

Electorates = tuple[AgentSet, AgentSet]
"""The electors of a roll, and those that they replace: the same if none."""


def electorates_at(log: Log, index: int, first: Roll) -> Electorates:
    """Read from a log the electorates that are in force at an index."""
    for position in reversed(log.rolls):
        if position <= index:
            entry = log.at(position)
            return entry.electors, entry.outgoing
    roll = log.start_roll if log.start else first
    return roll.electors, roll.outgoing


def last_change(log: Log) -> int:
    """Tell where the last change of the roll is that a log knows of, 0 if none."""
    return log.rolls[-1] if log.rolls else log.start_roll.index


def last_electorates(state: State) -> Electorates:
    """Read from an agent's log the electorates that are in force."""
    return electorates_at(state.log, state.log.last_index, state.config.first_roll)


def has(electorates: Electorates, agent: AgentId) -> bool:
    """Tell whether an agent is in one of the electorates."""
    return any(electors.has(agent) for electors in electorates)


def is_quorum(agents: AgentSet, electorates: Electorates) -> bool:
    """Tell whether agents are more than half of each electorate."""
    return all(
        2 * agents.intersection(electors).size > electors.size
        for electors in electorates
    )


@cache
def meet(one: Electorates, other: Electorates) -> bool:
    """Tell whether every quorum of one shares an agent with every quorum of another."""
    if any(_majorities_meet(ours, theirs) for ours in one for theirs in other):
        return True
    everyone = AgentSet.of(
        name for electors in (*one, *other) for name in electors.members
    )
    for size in range(everyone.size + 1):
        for names in combinations(everyone.members, size):
            agents = AgentSet(names)
            if is_quorum(agents, one) and is_quorum(everyone.difference(agents), other):
                return False
    return True


def _majorities_meet(ours: AgentSet, theirs: AgentSet) -> bool:
    """Tell whether any two majorities share an agent: too few are in one alone."""
    shared = ours.intersection(theirs).size
    needed = sum(
        max(0, electors.size // 2 + 1 - (electors.size - shared))
        for electors in (ours, theirs)
    )
    return needed > shared


# --- what a change does to an agent ---------------------------------------------------


def is_entitled(state: State) -> bool:
    """Tell whether an agent may stand: it is on the roll, or is not yet off it.

    It is not while the change that takes it off may still be undone, as it knows.
    """
    if has(last_electorates(state), state.me):
        return True
    log = state.log
    if not log.rolls or log.rolls[-1] <= state.commit_index:
        return False
    before = electorates_at(log, log.rolls[-1] - 1, state.config.first_roll)
    return has(before, state.me)


def is_removed(state: State) -> bool:
    """Tell whether a change that an agent knows to be committed took it off."""
    is_committed = 0 < last_change(state.log) <= state.commit_index
    return is_committed and not has(last_electorates(state), state.me)


def is_roll_of_log(state: State) -> bool:
    """Tell whether an agent's roll is the one that its log sets."""
    log, rolls, roll = state.log, state.log.rolls, state.roll
    if not rolls:
        return roll == (log.start_roll if log.start else state.config.first_roll)
    return roll == set_by(log.at(rolls[-1]), rolls[-1])


def set_by(entry: Entry, index: Index) -> Roll:
    """Give the roll that an entry sets."""
    return Roll(entry.electors, entry.outgoing, entry.workers, index, entry.term)


def is_undone(before: Log, after: Log) -> bool:
    """Tell whether the last change in a log is gone from it, not into a snapshot."""
    if not before.rolls:
        return False
    last = before.rolls[-1]
    if last <= after.start:
        return after.start_roll.index < last
    return after.last_index < last or after.at(last) != before.at(last)


def is_in_turn(before: State, after: State) -> bool:
    """Tell whether each change that a leader appends came after the last one's commit.

    Behind a change that replaces an electorate only what completes it may follow. The
    leader appends it by itself, in the step that commits the other.
    """
    log, first = after.log, before.log.last_index + 1
    known = [set_by(log.at(index), index) for index in log.rolls]
    for old, new in pairwise([log.start_roll, *known] if log.start else known):
        last, now = old.index, new.index
        is_joint = old.electors != old.outgoing
        completes = is_joint and new.electors == new.outgoing == old.electors
        committed = (after if completes else before).commit_index
        if now >= first and (last > committed or (is_joint and not completes)):
            return False
    return True


def is_grounded(before: State, after: State) -> bool:
    """Tell whether each change in a step of a leader came after a commit of its term.

    What completes a replacement comes in the step that commits the joint roll.
    """
    log, first = after.log, after.config.first_roll
    for index in log.rolls:
        if index <= before.log.last_index:
            continue
        electors, outgoing = electorates_at(log, index - 1, first)
        is_completed = electors != outgoing
        committed = (after if is_completed else before).commit_index
        known = max(log.start, min(committed, index - 1))
        if log.term_at(Index(known)) != after.term:
            return False
    return True
