"""The loops of the compiled engine: rows of words, tables of numbers, nothing else.

A row is a few 64-bit words into which the columns of a world are packed. A kernel never
calls Python. What only the model knows is asked: where that is not known yet, the
kernel writes the question down once and goes on, and the row is expanded again when
it is answered. An entry of a table that was asked for and is not answered is *claimed*,
which is not to be taken for known.

In a plain world the model is asked about single messages only, and what an actor
may do in a cell and what becomes of a cell into which something is put is *composed*
here. In others whole cells are asked for.

Arrays are passed in named tuples, by what they are about: `KernelRows`, `KernelCells`,
`KernelMoves`, `KernelOrbits` and others. `numba_tables` makes and fills them.

Tables are open-addressed. In a table of pairs a key stands beside its value and is
never 0. Arrays get their space from the caller; a kernel stops where it is used up.

Most of the time goes into waiting for memory: the place of a row in the index is as
good as random. So successors are looked up some dozens later than they are made, when
what was asked for has come.

This file is longer than others, on purpose. Numba keeps the compiled code of a kernel
with the kernels that it calls in it, and compiles again when the file of that kernel
has changed; it looks at no other. Were `expand` in one file and `slot` in another, a
change of `slot` would leave `expand` running the old one. All that call each other
therefore stand together, and nearly all call `slot`, `fold` or `take`.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,call-arg"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from primacy_model.engines.bit_packing import Array
from primacy_model.engines.orbit_arrays import MOST_ORBITS, ORBIT, STAYS, WAY

ONE = np.uint64(1)
MIX = np.uint64(0x9E3779B97F4A7C15)
FOLD = np.uint64(32)
TAG = np.uint64(0xFFFFFFFF00000000)
NUMBER = np.uint64(0xFFFFFFFF)
PLACE = np.uint64(56)
FIRST = np.uint64(28)
"""A key of a table: a place or column plus one, and two numbers."""

DONE, FULL, LONG, ASKS = range(4)
"""How an expansion ended.

All rows are done; there is no space for more; none for the successors of one row; or
there are questions for the model.
"""
SIZE, TURN, ASKED, AGAIN, MOVES, ENTRIES, PAIRS, WANTED, CELLS = range(9)
"""The counts that an expansion reads and writes; the cells of each place are last.

`WANTED` says, where there is no space, for how many more rows and entries it must be.
"""
SINGLE, GROUP, PUT, IMAGES, NOTHING = range(5)
"""What is asked.

About a message in a local state, a cell, a put into a column, or images of what stands
in a column.
"""
COUNT = 24
"""A span in the list of entries: where it begins, and in these bits how many."""
CLAIMED = 1
"""A span that is asked for: none begins at 0. A span that is not known is 0."""
CLAIMED_IMAGES = -1
"""Images that are asked for. What is not known is 0."""
UNKNOWN, NO_ROOM = -1, -2
"""Why there is no span, or no cell."""
HEARD = 2
"""What is added to the number of what is heard, so that none is negative."""
HASHED = 63
"""The shift of a column whose lines would take too much space."""
MARGIN = 1 << 10
"""How much space there is for questions before a row is expanded."""
WINDOW = 16
"""Among how many entries before it an entry that does the same is looked for."""
AHEAD = 64
"""How many rows wait to be entered into an index; a power of two."""
ROWS_AHEAD = 6
"""How many rows before its turn what a row needs is asked for."""


class KernelRows(NamedTuple):
    """The rows, flat; the way back; and the index."""

    rows: Array
    parents: Array
    movers: Array
    slots: Array


class Batch(NamedTuple):
    """Successors that are not looked up yet: words, digests, slots, origins, movers."""

    fresh: Array
    spreads: Array
    slots: Array
    froms: Array
    movings: Array


class KernelCells(NamedTuple):
    """By place and number: the local state and the mailbox of each cell."""

    local: Array
    bits: Array
    slots: Array
    room: Array
    """By column: how many values it may have before something has to grow."""


class KernelMoves(NamedTuple):
    """What actors may do."""

    spans: Array
    """By place and cell, where what all share is as at first."""
    commons: Array
    """A table of pairs: spans by place, cell and what all share."""
    entries: Array
    """The cell after, and above it what is put where."""
    asides: Array
    """What is heard, and above it what all share then."""


class Puts(NamedTuple):
    """What is put where, and what becomes of a column then."""

    ends: Array
    columns: Array
    loads: Array
    bases: Array
    shifts: Array
    """By column: where its lines begin, and how long each of them is."""
    lines: Array
    """By cell and load: the cell after plus one; 0 is not known, and -1 is claimed."""
    pairs: Array
    """A table of pairs with the same, for columns without lines."""


class Singles(NamedTuple):
    """What actors may do with one message, whatever else is in the mailbox."""

    table: Array
    ends: Array
    after: Array
    own: Array
    puts: Array
    bases: Array
    """By place: where the bits of its loads begin."""
    bits: Array


class KernelOrbits(NamedTuple):
    """What becomes of columns where actors change places; see `orbit_arrays`."""

    held: Array
    images: Array
    begins: Array
    stays: Array
    goals: Array
    after: Array
    back: Array


@njit(cache=True, inline="always")
def mix(key):
    """Spread the bits of a key."""
    spread = key * MIX
    return (spread ^ (spread >> FOLD)) * MIX


@njit(cache=True, inline="always")
def slot(table, key):
    """Find where a key stands in a table of pairs, or should."""
    mask = np.uint64(table.shape[0] - 1)
    at = (mix(key) >> FOLD) & mask
    while table[at, 0] != 0 and table[at, 0] != key:
        at = (at + ONE) & mask
    return at


@njit(cache=True)
def enter(table, keys, values):
    """Enter pairs."""
    for number in range(keys.shape[0]):
        at = slot(table, keys[number])
        table[at, 0] = keys[number]
        table[at, 1] = values[number]


@njit(cache=True)
def grow(table, size):
    """Copy a table of pairs into a larger one."""
    larger = np.zeros((size, 2), np.uint64)
    for place in range(table.shape[0]):
        if table[place, 0] != 0:
            at = slot(larger, table[place, 0])
            larger[at, 0] = table[place, 0]
            larger[at, 1] = table[place, 1]
    return larger


@njit(cache=True, inline="always")
def fold(spread, word):
    """Take a word into a digest, which at last is mixed once more."""
    spread = (spread ^ word) * MIX
    return spread ^ (spread >> FOLD)


@intrinsic
def prefetch(_, array, at):
    """Ask for the memory of one place of a flat array, and do not wait for it."""

    def codegen(context, builder, signature, arguments):
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        called = cgutils.get_or_insert_function(
            builder.module, kind, "llvm.prefetch.p0i8"
        )
        place = builder.bitcast(builder.gep(held.data, [arguments[1]]), byte)
        builder.call(called, [place, flag(0), flag(3), flag(1)])  # read, keep, data
        return context.get_dummy_value()

    return types.void(array, at), codegen


@njit(cache=True, inline="always")
def distance(table):
    """Tell by how much a digest is shifted to be a slot: its highest bits are."""
    shift, size = 64, table.shape[0]
    while size > 1:
        shift, size = shift - 1, size >> 1
    return np.uint64(shift)


@njit(cache=True)
def build_index(held, size, index):
    """Enter all rows into an empty index.

    A row of one word stands in the index itself, plus one. A longer one is named there
    by the higher half of its digest, and its number plus one.
    """
    mask, shift, words = np.uint64(index.shape[0] - 1), distance(index), held.shape[1]
    spreads = np.empty(AHEAD, np.uint64)
    for later in range(size + AHEAD - 1):
        if later < size:
            spread = np.uint64(0)
            for word in range(words):
                spread = fold(spread, held[later, word])
            spread *= MIX
            spreads[later & (AHEAD - 1)] = spread
            prefetch(index, spread >> shift)
        number = later - (AHEAD - 1)
        if number < 0:
            continue
        spread = spreads[number & (AHEAD - 1)]
        at = spread >> shift
        while index[at] != 0:
            at = (at + ONE) & mask
        if words == 1:
            index[at] = held[number, 0] + ONE
        else:
            index[at] = (spread & TAG) | np.uint64(number + 1)


@njit(cache=True)
def move_index(index, larger, words):
    """Move what an index holds into a larger one that is empty.

    Both are walked through from end to end, for the slots of the larger one tell apart
    what those of the other do, and one bit more.
    """
    mask, shift = np.uint64(larger.shape[0] - 1), distance(larger)
    for number in range(index.shape[0]):
        held = index[number]
        if held == 0:
            continue
        at = (mix(held - ONE) if words == 1 else held) >> shift
        while larger[at] != 0:
            at = (at + ONE) & mask
        larger[at] = held


@njit(cache=True, inline="always")
def key_of(column, first, second):
    """Make a key of a place or column and two numbers."""
    return (
        (np.uint64(column + 1) << PLACE)
        | (np.uint64(first) << FIRST)
        | np.uint64(second)
    )


# --- cells ----------------------------------------------------------------------------


@njit(cache=True, inline="always")
def home_of_cell(local, bits):
    """Spread the bits of a cell."""
    spread = fold(np.uint64(0), np.uint64(local))
    for word in range(bits.shape[0]):
        spread = fold(spread, bits[word])
    return (spread * MIX) >> FOLD


@njit(cache=True)
def index_cells(local, bits, count, index):
    """Enter all cells of a place into an empty index."""
    mask = np.uint64(index.shape[0] - 1)
    for number in range(count):
        at = home_of_cell(local[number], bits[number]) & mask
        while index[at] != 0:
            at = (at + ONE) & mask
        index[at] = number + 1


@njit(cache=True)
def cell_of(place, local, bits, cells, counts):
    """Give a cell its number, if there is space for it."""
    index = cells.slots[place]
    mask = np.uint64(index.shape[0] - 1)
    at = home_of_cell(local, bits) & mask
    while index[at] != 0:
        number = index[at] - 1
        is_same = cells.local[place, number] == local
        for word in range(bits.shape[0]):
            if cells.bits[place, number, word] != bits[word]:
                is_same = False
        if is_same:
            return number
        at = (at + ONE) & mask
    number = counts[CELLS + place]
    if number >= cells.room[place]:
        return NO_ROOM
    cells.local[place, number] = local
    for word in range(bits.shape[0]):
        cells.bits[place, number, word] = bits[word]
    counts[CELLS + place] = number + 1
    index[at] = number + 1
    return number


@njit(cache=True)
def ask(kind, key, questions, counts):
    """Write a question down; there is space for it."""
    questions[counts[ASKED], 0] = np.uint64(kind)
    questions[counts[ASKED], 1] = key
    counts[ASKED] += 1


@njit(cache=True)
def compose(place, cell, cells, moves, singles, questions, counts):
    """List what an actor may do in a cell, as far as that is known; give the span."""
    local, width = cells.local[place, cell], cells.bits.shape[2]
    head = (np.uint64(place + 1) << PLACE) | (np.uint64(local) << FIRST)
    begin = end = counts[ENTRIES]
    is_known, bits = True, np.empty(width, np.uint64)
    for message in range(-1, 64 * width):
        if message >= 0:
            word = cells.bits[place, cell, message >> 6]
            if (word >> np.uint64(message & 63)) & ONE == 0:
                continue
        key = head | np.uint64(message + 1)
        at = slot(singles.table, key)
        span = np.int64(singles.table[at, 1])
        if singles.table[at, 0] == 0 and counts[ASKED] < questions.shape[0]:
            singles.table[at, 0] = key
            ask(SINGLE, key, questions, counts)
        if span == 0:
            is_known = False
        if not is_known:
            continue
        for single in range(singles.ends[span - 1], singles.ends[span]):
            own, after = singles.own[single], singles.after[single]
            for word in range(width):
                bits[word] = cells.bits[place, cell, word]
                if own != 0:
                    bits[word] |= singles.bits[singles.bases[place] + own, word]
            became = cell_of(place, after, bits, cells, counts)
            if became < 0 or end == moves.entries.shape[0]:
                counts[WANTED] = end - begin + MARGIN
                return NO_ROOM
            puts = np.uint64(singles.puts[single])
            if became == cell and puts == 0:
                continue
            entry, is_new = np.uint64(became) | (puts << FOLD), True
            for other in range(max(begin, end - WINDOW), end):
                if moves.entries[other] == entry:
                    is_new = False
            if is_new:
                moves.entries[end] = entry
                moves.asides[end] = np.uint64(message + HEARD)
                end += 1
    if not is_known:
        return UNKNOWN
    counts[ENTRIES] = end
    return (begin << COUNT) | (end - begin)


@njit(cache=True)
def fill(column, cell, load, cells, puts, singles, questions, counts, composes):
    """Find what becomes of a column into which something is put, or ask."""
    shift, number = puts.shifts[column], UNKNOWN
    key = np.uint64(column + 1) << PLACE
    key |= (np.uint64(cell) << FIRST) | np.uint64(load)
    if shift == HASHED:
        at = slot(puts.pairs, key)
        if puts.pairs[at, 1] != 0:
            return np.int64(puts.pairs[at, 1]) - 1
        is_asked = puts.pairs[at, 0] != 0
    else:
        line = puts.bases[column] + (cell << shift) + load - 1
        is_asked = puts.lines[line] != 0
    if composes:
        width = cells.bits.shape[2]
        bits = np.empty(width, np.uint64)
        for word in range(width):
            added = singles.bits[singles.bases[column] + load, word]
            bits[word] = cells.bits[column, cell, word] | added
        number = cell_of(column, cells.local[column, cell], bits, cells, counts)
        if number < 0:
            return number
    elif is_asked or counts[ASKED] == questions.shape[0]:
        return UNKNOWN
    else:
        ask(PUT, key, questions, counts)
    if shift == HASHED:
        if puts.pairs[at, 0] == 0:
            counts[PAIRS] += 1
            puts.pairs[at, 0] = key
        puts.pairs[at, 1] = np.uint64(number + 1)
    else:
        puts.lines[line] = number + 1 if composes else -1
    return number


@njit(cache=True)
def span_of(place, cell, common, cells, moves, singles, questions, counts, composes):
    """Find what an actor may do in a cell, or ask; it was not known."""
    is_asked, at, key = False, np.uint64(0), key_of(place, cell, common)
    if common == 0:
        is_asked = moves.spans[place, cell] == CLAIMED
        if composes:
            span = compose(place, cell, cells, moves, singles, questions, counts)
            if span > 0:
                moves.spans[place, cell] = span
            return span
    else:
        at = slot(moves.commons, key)
        is_asked = moves.commons[at, 0] != 0
    if is_asked or counts[ASKED] == questions.shape[0]:
        return UNKNOWN
    ask(GROUP, key, questions, counts)
    if common == 0:
        moves.spans[place, cell] = CLAIMED
    else:
        moves.commons[at, 0] = key
        moves.commons[at, 1] = np.uint64(CLAIMED)
    return UNKNOWN


# --- expanding ------------------------------------------------------------------------


@njit(cache=True, inline="always")
def take(row, start, layout, column):
    """Take a column out of a row that starts somewhere."""
    held = row[start + np.int64(layout[column, 0])] >> layout[column, 1]
    return np.int64(held & layout[column, 2])


@njit(cache=True, inline="always")
def change(row, start, layout, column, bits):
    """Change some bits of a column of a row that starts somewhere."""
    row[start + np.int64(layout[column, 0])] ^= np.uint64(bits) << layout[column, 1]


@njit(cache=True)
def generate(
    shape,
    todo,
    turn,
    count,
    counts,
    layout,
    rows,
    parents,
    movers,
    index,
    spans,
    commons,
    entries,
    asides,
    ends,
    columns,
    loads,
    bases,
    shifts,
    lines,
    pairs,
    boxes,
    fresh,
    spreads,
    froms,
    movings,
    prunes,
    is_plain,
):
    """Make successors of rows until there are enough; ask for their slots.

    Give the turn that is next, how many successors there are, and what is not known of
    the row whose turn it is: its kind, its column and two numbers.
    """
    words, places, room = len(shape), layout.shape[0] - 2, spreads.shape[0]
    shift_home, made = distance(index), counts[MOVES]
    while turn < todo.shape[0]:
        if turn + ROWS_AHEAD < todo.shape[0]:
            later = todo[turn + ROWS_AHEAD] * words
            for place in range(places):
                cell = take(rows, later, layout, place)
                prefetch(entries, spans[place, cell] >> COUNT)
                if shifts[place] != HASHED:
                    prefetch(lines, bases[place] + (cell << shifts[place]))
        number, begun = todo[turn], count
        at_row = number * words
        mover = np.int64(movers[number]) if prunes else 0
        at_parent = np.int64(parents[number]) * words if mover > 0 else 0
        common = take(rows, at_row, layout, places + 1)
        for place in range(places):
            cell, before, is_late = take(rows, at_row, layout, place), 0, place < mover
            if is_late:
                before = take(rows, at_parent, layout, place)
                if before == cell and is_plain:
                    continue
            if common == 0:
                span = spans[place, cell]
            else:
                span = np.int64(commons[slot(commons, key_of(place, cell, common)), 1])
            if span <= CLAIMED:
                counts[MOVES] = made
                return turn, begun, GROUP, place, cell, common
            begin = span >> COUNT
            end = begin + (span & ((1 << COUNT) - 1))
            if count + end - begin > room:
                counts[MOVES], counts[WANTED] = made, count + end - begin - begun
                return turn, begun, NOTHING, 0, 0, 0
            for at in range(begin, end):
                entry, then, moving = entries[at], common, place
                if is_late or not is_plain:
                    aside = asides[at]
                    then = np.int64(aside >> FOLD)
                    if then != common:
                        moving = 0
                    elif is_late:
                        heard = np.int64(aside & NUMBER) - HEARD
                        if heard < 0:
                            continue
                        was = boxes[place, before, heard >> 6]
                        if (was >> np.uint64(heard & 63)) & ONE != 0:
                            continue
                start = count * words
                for word in range(words):
                    fresh[start + word] = rows[at_row + word]
                after = np.int64(entry & NUMBER)
                change(fresh, start, layout, place, cell ^ after)
                if then != common:
                    change(fresh, start, layout, places + 1, common ^ then)
                put = np.int64(entry >> FOLD)
                if put != 0:
                    for each in range(ends[put], ends[put + 1]):
                        column, load = columns[each], loads[each]
                        there, shift = (
                            take(rows, at_row, layout, column),
                            shifts[column],
                        )
                        if shift != HASHED:
                            line = bases[column] + (there << shift) + load - 1
                            became = np.int64(lines[line])
                        else:
                            at_pair = slot(pairs, key_of(column, there, load))
                            became = np.int64(pairs[at_pair, 1])
                        if became <= 0:
                            counts[MOVES] = made
                            return turn, begun, PUT, column, there, load
                        change(fresh, start, layout, column, there ^ (became - 1))
                spread = np.uint64(0)
                for word in range(words):
                    spread = fold(spread, fresh[start + word])
                spread *= MIX
                spreads[count] = spread
                prefetch(index, spread >> shift_home)
                froms[count], movings[count] = number, moving
                count += 1
        made += count - begun
        turn += 1
    counts[MOVES] = made
    return turn, count, NOTHING, 0, 0, 0


@njit(cache=True)
def settle(
    shape,
    count,
    size,
    rows,
    parents,
    movers,
    index,
    fresh,
    spreads,
    slots,
    froms,
    movings,
):
    """Look successors up, and enter those that are new; give the rows' number then."""
    words, mask, shift = len(shape), np.uint64(index.shape[0] - 1), distance(index)
    for item in range(count if words > 1 else 0):
        spread = spreads[item]
        at, tag = spread >> shift, spread & TAG
        held = index[at]
        while held != 0 and held & TAG != tag:
            at = (at + ONE) & mask
            held = index[at]
        slots[item] = at
        if held != 0:
            prefetch(rows, np.int64((held & NUMBER) - ONE) * words)
    for item in range(count):
        spread, start = spreads[item], item * words
        at = slots[item] if words > 1 else spread >> shift
        name = fresh[start] + ONE if words == 1 else spread & TAG
        while True:
            held = index[at]
            if held == 0:
                for word in range(words):
                    rows[size * words + word] = fresh[start + word]
                parents[size] = froms[item]
                movers[size] = movings[item]
                size += 1
                index[at] = name if words == 1 else name | np.uint64(size)
                break
            if words == 1:
                if held == name:
                    break
            elif held & TAG == name:
                is_same, other = True, np.int64((held & NUMBER) - ONE) * words
                for word in range(words):
                    if rows[other + word] != fresh[start + word]:
                        is_same = False
                if is_same:
                    break
            at = (at + ONE) & mask
    return size


@njit(cache=True)
def are_images_known(item, words, fresh, layout, held, questions, counts):
    """Tell whether the images of all columns of a successor are known, or ask."""
    is_told = True
    for column in range(layout.shape[0]):
        number = take(fresh, item * words, layout, column)
        if held[column, number] <= 0:
            is_told = False
            if held[column, number] == 0 and counts[ASKED] < questions.shape[0]:
                ask(IMAGES, key_of(column, number, 0), questions, counts)
                held[column, number] = CLAIMED_IMAGES
    return is_told


@njit(cache=True)
def least(row, known, image, best, images):
    """Find the image that stands for a row, column by column."""
    columns, lowest = row.shape[0], np.int64(1) << 62
    for column in range(columns):
        known[column] = images.held[column, row[column]]
        lowest = min(lowest, known[column] >> ORBIT)
        best[column] = np.int64(1) << 62
    begin = images.begins[lowest & MOST_ORBITS]
    end = begin + (lowest >> (STAYS - ORBIT))
    for place in range(columns):
        if known[place] >> ORBIT != lowest:
            continue
        for at in range(begin, end):
            way = images.back[images.after[known[place] & WAY, images.stays[at]]]
            if way == 0:
                image[:] = row
            else:
                for column in range(columns):
                    both = images.after[way, known[column] & WAY]
                    orbit = known[column] >> ORBIT & MOST_ORBITS
                    image[images.goals[way, column]] = images.images[orbit, both]
            column = 0
            while column < columns - 1 and image[column] == best[column]:
                column += 1
            if image[column] < best[column]:
                best[:] = image


@njit(cache=True)
def replace_by_images(
    count,
    words,
    again,
    layout,
    index,
    batch,
    redo,
    questions,
    counts,
    images,
):
    """Replace successors by the images that stand for them; tell how many are left.

    Those of a row of which too little is known are dropped: it is to be done again.
    """
    fresh, froms, columns = batch.fresh, batch.froms, layout.shape[0]
    row, image = np.empty(columns, np.int64), np.empty(columns, np.int64)
    best, known = np.empty(columns, np.int64), np.empty(columns, np.int64)
    shift = distance(index)
    kept, item = 0, 0
    while item < count:
        end, is_told = item, True
        while end < count and froms[end] == froms[item]:
            if not are_images_known(
                end, words, fresh, layout, images.held, questions, counts
            ):
                is_told = False
            end += 1
        if not is_told:
            redo[again] = froms[item]
            again += 1
            counts[MOVES] -= end - item
        for each in range(item, end if is_told else item):
            for column in range(columns):
                row[column] = take(fresh, each * words, layout, column)
            least(row, known, image, best, images)
            start, spread = kept * words, np.uint64(0)
            for word in range(words):
                fresh[start + word] = 0
            for column in range(columns):
                change(fresh, start, layout, column, best[column])
            for word in range(words):
                spread = fold(spread, fresh[start + word])
            spread *= MIX
            batch.spreads[kept] = spread
            prefetch(index, spread >> shift)
            froms[kept], batch.movings[kept] = froms[each], batch.movings[each]
            kept += 1
        item = end
    return kept, again


@njit(cache=True)
def expand(
    shape,
    todo,
    redo,
    questions,
    counts,
    layout,
    held,
    batch,
    cells,
    moves,
    puts,
    singles,
    images,
    prunes,
    composes,
    is_symmetric,
):
    """Add what follows some rows, and tell how it ended; the shape has a row's words.

    With pruning: in a row that was first reached by a move of one actor, the actors
    before it do only what they could not do before. See docs/engines.md.
    """
    rows, parents, movers, index = held.rows, held.parents, held.movers, held.slots
    fresh, spreads = batch.fresh, batch.spreads
    froms, movings = batch.froms, batch.movings
    spans, commons, boxes = moves.spans, moves.commons, cells.bits
    entries, asides, ends = moves.entries, moves.asides, puts.ends
    columns, loads, pairs = puts.columns, puts.loads, puts.pairs
    bases, shifts, lines = puts.bases, puts.shifts, puts.lines
    limit = min(parents.shape[0], index.shape[0] * 5 // 8) - spreads.shape[0]
    size, again, turn = counts[SIZE], counts[AGAIN], counts[TURN]
    status, count, answer = DONE, 0, np.int64(0)
    counts[WANTED] = MARGIN
    while turn < todo.shape[0] and status == DONE:
        if size > limit:
            status = FULL
            break
        turn, count, missing, column, first, second = generate(
            shape,
            todo,
            turn,
            count,
            counts,
            layout,
            rows,
            parents,
            movers,
            index,
            spans,
            commons,
            entries,
            asides,
            ends,
            columns,
            loads,
            bases,
            shifts,
            lines,
            pairs,
            boxes,
            fresh,
            spreads,
            froms,
            movings,
            prunes,
            composes,
        )
        if missing == NOTHING:
            if count == 0 and turn < todo.shape[0]:
                status = LONG
            if is_symmetric:
                count, again = replace_by_images(
                    count,
                    len(shape),
                    again,
                    layout,
                    index,
                    batch,
                    redo,
                    questions,
                    counts,
                    images,
                )
                if counts[ASKED] + MARGIN > questions.shape[0]:
                    status = ASKS
            size = settle(
                shape,
                count,
                size,
                rows,
                parents,
                movers,
                index,
                fresh,
                spreads,
                batch.slots,
                froms,
                movings,
            )
            count = 0
            continue
        if missing == GROUP:
            answer = span_of(
                column,
                first,
                second,
                cells,
                moves,
                singles,
                questions,
                counts,
                composes,
            )
        else:
            answer = fill(
                column, first, second, cells, puts, singles, questions, counts, composes
            )
        if answer == UNKNOWN:
            redo[again] = todo[turn]
            again += 1
            turn += 1
        if answer == NO_ROOM or 2 * (counts[PAIRS] + MARGIN) > pairs.shape[0]:
            status = FULL
        elif counts[ASKED] + MARGIN > questions.shape[0]:
            status = ASKS
    if is_symmetric:
        count, again = replace_by_images(
            count,
            len(shape),
            again,
            layout,
            index,
            batch,
            redo,
            questions,
            counts,
            images,
        )
    counts[SIZE] = settle(
        shape,
        count,
        size,
        rows,
        parents,
        movers,
        index,
        fresh,
        spreads,
        batch.slots,
        froms,
        movings,
    )
    counts[TURN], counts[AGAIN] = turn, again
    return status


# --- claims ---------------------------------------------------------------------------


@njit(cache=True)
def pairs_of(rows, words, start, end, layout, table, fresh):
    """List what pairs of a ghost and what all share are new, as keys."""
    places, count = layout.shape[0] - 2, 0
    for number in range(start, end):
        ghost = take(rows, number * words, layout, places)
        key = key_of(0, ghost, take(rows, number * words, layout, places + 1))
        at = slot(table, key)
        if table[at, 0] == 0:
            table[at, 0] = fresh[count] = key
            count += 1
            if count == fresh.shape[0]:
                return number + 1, count
    return end, count


@njit(cache=True)
def unseen(
    rows, words, start, end, layout, local, views, widths, scenes, sees, seen, fresh
):
    """List rows whose views are new; stop where there is no space for more."""
    places, count = layout.shape[0] - 2, 0
    for number in range(start, end):
        key = ONE
        for place in range(places):
            cell = take(rows, number * words, layout, place)
            key = (key << widths[place]) | views[place, local[place, cell]]
        if sees:
            ghost = take(rows, number * words, layout, places)
            pair = key_of(0, ghost, take(rows, number * words, layout, places + 1))
            key = (key << widths[places]) | scenes[slot(scenes, pair), 1]
        at = slot(seen, key)
        if seen[at, 0] == 0:
            seen[at, 0] = key
            fresh[count] = number
            count += 1
            if count == fresh.shape[0]:
                return number + 1, count
    return end, count
