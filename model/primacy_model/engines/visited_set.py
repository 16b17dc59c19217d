"""The index of the engine of arrays: rows are found again, and new ones are kept once.

All rows of a batch step through an open-addressed index together, and those that are
done stay behind. Where several find the same free slot, all write there who they are;
who is read back has won it, and the others look again.

Contract: rows are compared whole. A digest tells where to look, never whether two rows
are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from primacy_model.engines.bit_packing import Array
from primacy_model.engines.hash_table import ONE, home, mix

BLOCK: Final = 1 << 17
"""How many rows are entered together."""
AHEAD: Final = 2
"""How many further slots those look at together that stand at a wrong one."""
MOST_AHEAD: Final = 32
"""The most slots that those look at together that have to look for long."""
TAG: Final = np.uint64(0xFFFFFFFF00000000)
NUMBER: Final = np.uint64(0xFFFFFFFF)


def digests(words: Sequence[Array], spread: Array) -> Array:
    """Tell how rows stand in an index.

    A row of one word stands there itself, plus one. A longer one is named by the higher
    half of its digest, and below it its number plus one.
    """
    return words[0] + ONE if len(words) == 1 else spread & TAG


def build_index(rows: Array, size: int, index: Array, first: int = 0) -> None:
    """Enter rows that differ into an index that holds none of them."""
    for start in range(first, size, BLOCK):
        end = min(start + BLOCK, size)
        words = [rows[start:end, word] for word in range(rows.shape[1])]
        spread = mix(words)
        names = digests(words, spread)
        if len(words) > 1:
            names |= np.arange(start + 1, end + 1, dtype=np.uint64)
        _entered(index, spread, names)


def move_index(index: Array, larger: Array, words: int) -> None:
    """Move what an index holds into a larger one that is empty, from end to end."""
    for start in range(0, len(index), BLOCK):
        names = index[start : start + BLOCK]
        names = names[names != 0]
        _entered(larger, mix([names - ONE]) if words == 1 else names, names)


def _entered(index: Array, spread: Array, names: Array) -> None:
    at, mask = home(spread, len(index)), len(index) - 1
    while len(at):
        free = index.take(at) == 0
        index[at[free]] = names[free]
        lost = np.flatnonzero(index.take(at) != names)
        at, names = at.take(lost) + 1 & mask, names.take(lost)


def keep_new(index: Array, held: Array, size: int, words: Sequence[Array]) -> Array:
    """Keep those rows that are new, each once; list them in the order of their numbers.

    There is space for all of them, behind the rows that are held so far.
    """
    spread, news, ahead = mix(words), [], AHEAD
    at, names, todo = home(spread, len(index)), digests(words, spread), None
    while len(at):
        found = index.take(at)
        is_done = same(found, names, words, held, todo)
        free = (found == 0).nonzero()[0]
        if len(free):
            slots = at.take(free)
            marks = np.arange(1, len(free) + 1, dtype=np.uint64)
            index[slots] = marks
            first = np.flatnonzero(index.take(slots) == marks)
            won, slots = free.take(first), slots.take(first)
            chosen = won if todo is None else todo.take(won)
            end = size + len(won)
            for word, values in enumerate(words):
                held[size:end, word] = values.take(chosen)
            entered = names.take(won)
            if len(words) > 1:
                entered |= np.arange(size + 1, end + 1, dtype=np.uint64)
            index[slots] = entered
            is_done[won] = True
            news.append(chosen)
            size = end
        left = (~is_done).nonzero()[0]
        at, names, found = at.take(left), names.take(left), found.take(left)
        others = found.nonzero()[0]
        at[others] = advance(index, at[others], names[others], ahead, len(words))
        ahead = min(2 * ahead, MOST_AHEAD)
        todo = left if todo is None else todo.take(left)
    return np.concatenate(news) if news else np.zeros(0, np.int64)


def numbers(index: Array, held: Array, words: Sequence[Array]) -> Array:
    """Give rows of two words or more their numbers; all of them are known."""
    spread, ahead = mix(words), AHEAD
    at, names = home(spread, len(index)), spread & TAG
    found = index.take(at)
    told = (found & NUMBER).view(np.int64) - 1
    lost = np.flatnonzero(~same(found, names, words, held, None))
    while len(lost):
        at[lost] = advance(index, at[lost], names[lost], ahead, len(words))
        ahead = min(2 * ahead, MOST_AHEAD)
        found = index.take(at.take(lost))
        told[lost] = (found & NUMBER).view(np.int64) - 1
        lost = lost[~same(found, names.take(lost), words, held, lost)]
    return told


def advance(index: Array, at: Array, names: Array, ahead: int, words: int) -> Array:
    """Go on to the next slot that is free or may hold a row, or as far as is looked."""
    mask = len(index) - 1
    slots = at[:, None] + np.arange(1, ahead + 1) & mask
    found = index.take(slots)
    stops = found & TAG if words > 1 else found
    stops = (stops == names[:, None]) | (found == 0)
    stops[:, -1] = True
    onward: Array = slots[np.arange(len(at)), stops.argmax(axis=1)]
    return onward


def same(
    found: Array,
    names: Array,
    words: Sequence[Array],
    held: Array,
    todo: Array | None,
) -> Array:
    """Tell which rows are those that the index holds.

    If some are left to do, the names are those of these, and the words are of all.
    """
    if len(words) == 1:
        is_same: Array = found == names
        return is_same
    is_same = (found & TAG) == names
    is_same &= found != 0
    likely = is_same.nonzero()[0]
    others = (found.take(likely) & NUMBER).view(np.int64) - 1
    which = likely if todo is None else todo.take(likely)
    rows = held.take(others, axis=0)
    is_row = rows[:, 0] == words[0].take(which)
    for word, values in enumerate(words[1:], 1):
        is_row &= rows[:, word] == values.take(which)
    is_same[likely] = is_row
    return is_same
