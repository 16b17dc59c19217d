"""Logs that begin behind snapshots are compared as the whole ones would be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from primacy.electorate import NO_ROLL
from primacy.log import Entry, EntryKind, Log
from primacy.types import Command, Index, Term
from primacy_model.mesh.log_comparison import agree, entry_at, holds, match

ENTRIES = st.builds(
    Entry,
    st.sampled_from([Term(1), Term(2)]),
    st.just(EntryKind.COMMAND),
    st.sampled_from([Command("x"), Command("y")]),
)
WHOLE = st.lists(ENTRIES, max_size=4).map(Log.of)


@st.composite
def compacted(draw: st.DrawFn) -> tuple[Log, Log]:
    """Give a whole log, and the same without some of its beginning."""
    whole = draw(WHOLE)
    start = draw(st.integers(0, whole.last_index))
    return whole, whole.compacted(Index(start), NO_ROLL)


def same_terms(one: Log, other: Log) -> bool:
    """Tell whether entries of one place and term are equal, as in every mesh."""
    pairs = zip(one.entries, other.entries, strict=False)
    return all(ours == theirs for ours, theirs in pairs if ours.term == theirs.term)


@given(compacted(), compacted(), st.integers(0, 4))
def test_logs_agree_where_the_whole_ones_do_from_the_later_start_on(
    one: tuple[Log, Log], other: tuple[Log, Log], last: int
) -> None:
    (ours, rest), (theirs, other_rest) = one, other
    if not same_terms(ours, theirs):
        return
    first = max(rest.start, other_rest.start)
    is_held = min(ours.last_index, theirs.last_index) >= last
    begin = max(first - 1, 0)
    is_same = ours.entries[begin:last] == theirs.entries[begin:last]
    assert agree(rest, other_rest, last) == (is_held and (first > last or is_same))


@given(compacted(), st.integers(1, 5), ENTRIES)
def test_a_log_holds_what_it_has_and_what_its_snapshot_may_stand_for(
    logs: tuple[Log, Log], index: int, entry: Entry
) -> None:
    whole, rest = logs
    held = whole.entries[index - 1 : index]
    if index > rest.start:
        assert entry_at(rest, index) == (held[0] if held else None)
        assert holds(rest, index, entry) == (held == (entry,))
    else:
        assert entry_at(rest, index) is None
        is_last = index == rest.start
        assert holds(rest, index, entry) == (not is_last or held[0].term == entry.term)


@given(compacted(), compacted())
def test_logs_match_if_the_whole_ones_do(
    one: tuple[Log, Log], other: tuple[Log, Log]
) -> None:
    (ours, rest), (theirs, other_rest) = one, other
    assert not match(ours, theirs) or match(rest, other_rest)


def test_logs_that_differ_at_a_start_do_not_agree() -> None:
    one = Log.starting(Index(2), Term(1), NO_ROLL)
    other = Log.of([Entry(Term(1), EntryKind.NOOP), Entry(Term(2), EntryKind.NOOP)])
    assert not agree(one, other, 2)
    assert agree(one, other, 1)
    longer = one.append(Entry(Term(3), EntryKind.NOOP))
    assert not match(longer, other.append(Entry(Term(3), EntryKind.NOOP)))
