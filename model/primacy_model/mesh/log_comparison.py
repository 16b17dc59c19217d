"""Logs that may begin behind snapshots, compared where both have entries.

Below the start of a log nothing can be compared. Of the start itself the term is known,
so two logs are compared from the later of their starts on.

Source: clauses `snapshot.*` of docs/specification.md.
"""

from __future__ import annotations

from primacy.log import Entry, Log
from primacy.types import Index


def entry_at(log: Log, index: int) -> Entry | None:
    """Read the entry at an index, None where the log has none or no longer has it."""
    if not log.start < index <= log.last_index:
        return None
    return log.at(Index(index))


def agree(one: Log, other: Log, last: int) -> bool:
    """Tell whether two logs are the same up to an index, as far as both can tell."""
    if min(one.last_index, other.last_index) < last:
        return False
    first = max(one.start, other.start)
    if first > last:
        return True
    begin = Index(first)
    is_same_start = one.term_at(begin) == other.term_at(begin)
    return is_same_start and _rest(one, first, last) == _rest(other, first, last)


def _rest(log: Log, first: int, last: int) -> tuple[Entry, ...]:
    return log.entries[first - log.start : last - log.start]


def holds(log: Log, index: int, entry: Entry) -> bool:
    """Tell whether an entry stands in a log, or is one that a snapshot may stand for.

    Of entries that are gone only the term of the last one can be compared.
    """
    if index == log.start:
        return log.start_term == entry.term
    return index < log.start or entry_at(log, index) == entry


def match(one: Log, other: Log) -> bool:
    """Tell whether logs that agree on an index and its term agree on all up to it."""
    first = max(one.start, other.start)
    for index in range(min(one.last_index, other.last_index), first, -1):
        if one.term_at(Index(index)) == other.term_at(Index(index)):
            return agree(one, other, index)
    return True
