"""The loops of the compiled engine: rows of words, tables of numbers, nothing else.

A row is a few 64-bit words into which the numbers of a world are packed. A mailbox is
numbered too; its messages are bits. A kernel never calls Python. What an actor may do
with one message only the model can tell: where that is not known yet, the kernel writes
the question down once and goes on, and the row is expanded again when it is answered.
What an actor may do with a whole mailbox the kernel puts together itself.

Tables are open-addressed. In a table of pairs a key stands beside its value and is
never 0. Arrays are given their room by who calls; a kernel stops where it is used up.

Most of the time goes into waiting for memory: the place of a row in the index is as
good as random. So successors are looked up some dozens later than they are made, when
what was asked for has come. All kernels are in this file, for numba's cache of compiled
code looks at no other.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,call-arg"

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

ONE = np.uint64(1)
MIX = np.uint64(0x9E3779B97F4A7C15)
FOLD = np.uint64(32)
HOME = np.uint64(20)
TAG = np.uint64(0xFFFFFFFF00000000)
NUMBER = np.uint64(0xFFFFFFFF)
PLACE = np.uint64(56)
LOCAL = np.uint64(28)

DONE, FULL, LONG, ASKS = range(4)
"""How an expansion ended.

All rows are done; there is no room for more rows, mailboxes or groups; none for what an
actor may do with a mailbox; or there are questions for the model.
"""
SIZE, TURN, ASKED, AGAIN, MOVES, GROUPS, LISTED, WANTED, BOXES = range(9)
"""The counts that an expansion reads and writes; the mailboxes of each place are last.

`WANTED` tells, where there is no room, for how many more rows and mailboxes it must be.
"""
UNKNOWN, NO_ROOM = -1, -2
"""Why there is no group."""
MARGIN = 1 << 8
"""So much room there is for questions before a row is expanded."""
AHEAD = 64
"""How many successors wait to be looked up; a power of two."""


@njit(cache=True, inline="always")
def mixed(key):
    """Spread the bits of a key."""
    spread = key * MIX
    return (spread ^ (spread >> FOLD)) * MIX


@njit(cache=True, inline="always")
def slot(table, key):
    """Find where a key stands in a table of pairs, or should."""
    mask = np.uint64(table.shape[0] - 1)
    at = (mixed(key) >> FOLD) & mask
    while table[at, 0] != 0 and table[at, 0] != key:
        at = (at + ONE) & mask
    return at


@njit(cache=True)
def entered(table, keys, values):
    """Enter pairs."""
    for number in range(keys.shape[0]):
        at = slot(table, keys[number])
        table[at, 0] = keys[number]
        table[at, 1] = values[number]


@njit(cache=True)
def grown(table, size):
    """Copy a table of pairs into a larger one."""
    larger = np.zeros((size, 2), np.uint64)
    for place in range(table.shape[0]):
        if table[place, 0] != 0:
            at = slot(larger, table[place, 0])
            larger[at, 0] = table[place, 0]
            larger[at, 1] = table[place, 1]
    return larger


@njit(cache=True, inline="always")
def digest(row):
    """Spread the bits of a few words."""
    spread = np.uint64(0)
    for word in range(row.shape[0]):
        spread = (spread ^ row[word]) * MIX
        spread ^= spread >> FOLD
    return spread * MIX


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


@njit(cache=True)
def indexed(rows, size, index):
    """Enter all rows into an empty index.

    A row of one word stands in the index itself, plus one. A longer one is named there
    by half of its digest and its number, plus one.
    """
    mask, words = np.uint64(index.shape[0] - 1), rows.shape[1]
    spreads = np.empty(AHEAD, np.uint64)
    for later in range(size + AHEAD - 1):
        if later < size:
            spread = digest(rows[later])
            spreads[later & (AHEAD - 1)] = spread
            prefetch(index, (spread >> HOME) & mask)
        number = later - (AHEAD - 1)
        if number < 0:
            continue
        spread = spreads[number & (AHEAD - 1)]
        at = (spread >> HOME) & mask
        while index[at] != 0:
            at = (at + ONE) & mask
        if words == 1:
            index[at] = rows[number, 0] + ONE
        else:
            index[at] = (spread << FOLD) | np.uint64(number + 1)


@njit(cache=True)
def box_of(place, bits, boxes, box_index, counts):
    """Give a mailbox of a place its number."""
    mask = np.uint64(box_index.shape[1] - 1)
    at = (digest(bits) >> HOME) & mask
    while True:
        held = box_index[place, at]
        if held == 0:
            number = counts[BOXES + place]
            for word in range(bits.shape[0]):
                boxes[place, number, word] = bits[word]
            counts[BOXES + place] = number + 1
            box_index[place, at] = number + 1
            return number
        is_same = True
        for word in range(bits.shape[0]):
            if boxes[place, held - 1, word] != bits[word]:
                is_same = False
        if is_same:
            return held - 1
        at = (at + ONE) & mask


@njit(cache=True)
def boxes_indexed(boxes, count, box_index):
    """Enter all mailboxes into an empty index."""
    mask = np.uint64(box_index.shape[0] - 1)
    for number in range(count):
        at = (digest(boxes[number]) >> HOME) & mask
        while box_index[at] != 0:
            at = (at + ONE) & mask
        box_index[at] = number + 1


@njit(cache=True)
def ask(key, singles, questions, counts):
    """Look up what an actor may do with one message; write down what is not known."""
    at = slot(singles, key)
    if singles[at, 0] == 0 and counts[ASKED] < questions.shape[0]:
        singles[at, 0] = key
        singles[at, 1] = 0
        questions[counts[ASKED]] = key
        counts[ASKED] += 1
    return singles[at, 1]


@njit(cache=True)
def group_of(head, is_news, bits, singles, spans, lists, ends, questions, counts):
    """Put together what an actor may do with a mailbox, as far as that is known.

    `head` names the actor and its state. Beside news it may act by itself.
    """
    begin = counts[LISTED]
    is_known, end = True, begin
    for message in range(-1, 64 * bits.shape[0]):
        if message < 0:
            if is_news:
                continue
        else:
            word = bits[message >> 6]
            if word == 0:
                continue
            if (word >> np.uint64(message & 63)) & ONE == 0:
                continue
        span = ask(head | np.uint64(message + 1), singles, questions, counts)
        if span == 0:
            is_known = False
        elif is_known:
            for effect in range(spans[span - 1], spans[span]):
                if end == lists.shape[0]:
                    return NO_ROOM
                lists[end] = effect
                end += 1
    if not is_known:
        return UNKNOWN
    counts[LISTED] = end
    group = counts[GROUPS]
    ends[group + 1] = end
    counts[GROUPS] = group + 1
    return group


@njit(cache=True, inline="always")
def room_for_boxes(place, boxes, layout):
    """Tell how many mailboxes a place may have before something has to grow."""
    return min(boxes.shape[1], np.int64(layout[layout.shape[0] // 2 + place, 2]) + 1)


@njit(cache=True, inline="always")
def settled(ring, froms, movings, turn, size, rows, parents, movers, index):
    """Look a waiting successor up, and enter it where it is new; give the size then."""
    words, mask = rows.shape[1], np.uint64(index.shape[0] - 1)
    item = turn & (AHEAD - 1)
    spread = ring[item, words]
    at = (spread >> HOME) & mask
    name = ring[item, 0] + ONE if words == 1 else spread << FOLD
    while True:
        held = index[at]
        if held == 0:
            for word in range(words):
                rows[size, word] = ring[item, word]
            parents[size] = froms[item]
            movers[size] = movings[item]
            index[at] = name if words == 1 else name | np.uint64(size + 1)
            return size + 1
        if words == 1:
            if held == name:
                return size
        elif held & TAG == name:
            is_same, other = True, (held & NUMBER) - ONE
            for word in range(words):
                if rows[other, word] != ring[item, word]:
                    is_same = False
            if is_same:
                return size
        at = (at + ONE) & mask


@njit(cache=True)
def expand(
    todo,
    counts,
    rows,
    parents,
    movers,
    index,
    layout,
    boxes,
    box_index,
    singles,
    spans,
    after,
    adds,
    targets,
    sets,
    added,
    groups,
    lists,
    ends,
    questions,
    redo,
    prunes,
):
    """Add what follows some rows, and tell how it ended.

    With pruning: in a row that was first reached by a move of one actor, the actors
    before it need only hear what that move sent them. See docs/engines.md.
    """
    words, places, width = rows.shape[1], layout.shape[0] // 2, boxes.shape[2]
    mask = np.uint64(index.shape[0] - 1)
    limit = min(rows.shape[0], index.shape[0] * 5 // 8)
    group_limit = min(ends.shape[0] - 1, groups.shape[0] // 2)
    fresh, bits = np.empty(words, np.uint64), np.empty(width, np.uint64)
    ring = np.empty((AHEAD, words + 1), np.uint64)
    froms, movings = np.empty(AHEAD, np.int64), np.empty(AHEAD, np.int64)
    first = last = 0
    size, moves, again = counts[SIZE], counts[MOVES], counts[AGAIN]
    status, turn = DONE, counts[TURN]
    counts[WANTED] = 1
    while turn < todo.shape[0]:
        if counts[ASKED] + MARGIN > questions.shape[0]:
            status = ASKS
            break
        number, is_known, made = todo[turn], True, 0
        for place in range(places):
            word, shift, held_bits = layout[places + place]
            box = (rows[number, word] >> shift) & held_bits
            is_news = prunes and place < movers[number]
            if is_news:
                before = (rows[parents[number], word] >> shift) & held_bits
                if before == box:
                    continue
                if counts[BOXES + place] >= room_for_boxes(place, boxes, layout):
                    counts[WANTED] = 1
                    status = FULL
                    break
                for at_word in range(width):
                    bits[at_word] = (
                        boxes[place, box, at_word] & ~boxes[place, before, at_word]
                    )
                box = np.uint64(box_of(place, bits, boxes, box_index, counts))
            word, shift, held_bits = layout[place]
            local = (rows[number, word] >> shift) & held_bits
            sort = np.uint64(2 * place + (2 if is_news else 1))
            at = slot(groups, (sort << PLACE) | (local << LOCAL) | box)
            if groups[at, 0] == 0:
                head = (np.uint64(place + 1) << PLACE) | (local << LOCAL)
                made_up = group_of(
                    head,
                    is_news,
                    boxes[place, box],
                    singles,
                    spans,
                    lists,
                    ends,
                    questions,
                    counts,
                )
                if made_up == UNKNOWN:
                    is_known = False
                    continue
                if made_up == NO_ROOM:
                    status = LONG
                    break
                if counts[GROUPS] >= group_limit:
                    status = FULL
                    break
                groups[at, 0] = (sort << PLACE) | (local << LOCAL) | box
                groups[at, 1] = np.uint64(made_up)
            group = groups[at, 1]
            most = ends[group + ONE] - ends[group]
            counts[WANTED] = most
            if size + most + AHEAD > limit:
                status = FULL
                break
            for other in range(places):
                room = room_for_boxes(other, boxes, layout)
                if counts[BOXES + other] + most > room:
                    status = FULL
            if status == FULL:
                break
            for place_in_list in range(ends[group], ends[group + ONE]):
                effect = lists[place_in_list]
                for at_word in range(words):
                    fresh[at_word] = rows[number, at_word]
                fresh[word] = (fresh[word] & ~(held_bits << shift)) | (
                    np.uint64(after[effect]) << shift
                )
                for add in range(adds[effect], adds[effect + 1]):
                    target = targets[add]
                    to_word, to_shift, to_bits = layout[places + target]
                    to_box = (fresh[to_word] >> to_shift) & to_bits
                    for at_word in range(width):
                        bits[at_word] = (
                            boxes[target, to_box, at_word] | added[sets[add], at_word]
                        )
                    joined = np.uint64(box_of(target, bits, boxes, box_index, counts))
                    fresh[to_word] = (fresh[to_word] & ~(to_bits << to_shift)) | (
                        joined << to_shift
                    )
                made += 1
                if last - first == AHEAD:
                    size = settled(
                        ring, froms, movings, first, size, rows, parents, movers, index
                    )
                    first += 1
                spread, item = digest(fresh), last & (AHEAD - 1)
                prefetch(index, (spread >> HOME) & mask)
                for at_word in range(words):
                    ring[item, at_word] = fresh[at_word]
                ring[item, words] = spread
                froms[item], movings[item] = number, place
                last += 1
        if status != DONE:
            break
        turn += 1
        if is_known:
            moves += made
        else:
            redo[again] = number
            again += 1
    while first < last:
        size = settled(ring, froms, movings, first, size, rows, parents, movers, index)
        first += 1
    counts[SIZE], counts[MOVES], counts[AGAIN] = size, moves, again
    counts[TURN] = turn
    return status


@njit(cache=True)
def unseen(rows, start, end, layout, views, radix, seen, fresh):
    """List rows whose views are new; stop where there is no room for more."""
    places, count = layout.shape[0] // 2, 0
    for number in range(start, end):
        key = ONE
        for place in range(places):
            word, shift, bits = layout[place]
            local = (rows[number, word] >> shift) & bits
            key = key * radix + views[place, local]
        at = slot(seen, key)
        if seen[at, 0] == 0:
            seen[at, 0] = key
            fresh[count] = number
            count += 1
            if count == fresh.shape[0]:
                return number + 1, count
    return end, count
