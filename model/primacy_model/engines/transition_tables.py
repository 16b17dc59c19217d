"""Tables: what an engine knows of a world of actors, by numbers.

An actor is in a *cell*: a local state and a mailbox, numbered as they turn up, by
place. A row is a cell of each actor, the ghost, and what all share. `effects` asks the
model what an actor may do in a cell, once for each question, and remembers what that
does to rows: the cell after, with what the move takes from its own mailbox, forgets and
sends to itself, and what it *puts* into other columns. `put` tells what becomes of a
cell into which something is put. A note is put into the ghost.

Moves that change nothing are left out; of several moves with the same effect one is
kept, and all their kinds are noted.

Source: docs/decisions/009-worlds-of-actors.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from primacy_model.checker.actors import Actors, Move, Whole
from primacy_model.engines.interning import (
    ALWAYS,
    BY_ITSELF,
    LOCAL,
    LOCAL_BITS,
    MoveEffect,
    Numbers,
    Put,
    Seat,
    Single,
)

AnyActors = Actors[Any, Any, Any, Any]


@dataclass
class Tables:
    """What is known of a world so far."""

    actors: AnyActors
    forgets: bool = True
    shared: Numbers[Hashable] = field(default_factory=Numbers)
    ghosts: Numbers[Hashable] = field(default_factory=Numbers)
    notes: Numbers[tuple[Hashable, ...]] = field(default_factory=Numbers)
    puts: Numbers[tuple[Put, ...]] = field(default_factory=Numbers)
    kinds: Counter[str] = field(default_factory=Counter)
    """In how many local situations a move of each kind may be made."""
    calls: int = 0
    """How often the model was asked for moves."""

    def __post_init__(self) -> None:
        self.copies = self.actors.copies
        self.field = max(1, self.copies).bit_length()
        """How many bits of a mailbox a message has."""
        self.full = (1 << self.field) - 1
        self.seats = [Seat() for _ in self.actors.agents]
        self.places = len(self.seats)
        self.ghost = self.places
        """The column of the ghost; the next is that of what all share."""
        self.puts.of(())
        self.notes.of(())
        for seat in self.seats:
            seat.load(())
        self.singles: dict[tuple[int, int, int, int], list[Single]] = {}
        self.asking: tuple[int, int, int, int] | None = None
        """What the model is asked, or was asked when it raised."""
        self.noted: dict[tuple[int, int], int] = {}
        """The ghosts after, by ghost and notes."""
        self.freely: dict[tuple[int, int], None] = {}
        """The place and the notes of each move that leaves what all share as it was."""
        self._counted: set[tuple[int, int, int, Single]] = set()
        """The moves that made copies."""
        self.first = self.row(self.actors.initial())
        """Where a search begins."""
        told = getattr(type(self.actors), "is_obsolete", Actors.is_obsolete)
        self.judges = self.forgets and told is not Actors.is_obsolete
        self.is_plain = self.copies == 0 and not self.judges
        """Mailboxes only grow; and so far nothing is shared and nothing noted."""

    def row(self, whole: Whole[Any, Any, Any, Any]) -> tuple[int, ...]:
        """Give the row of a world."""
        cells = []
        for seat, local, box in zip(self.seats, whole.locals, whole.boxes, strict=True):
            bits = 0
            for message, count in sorted(box, key=repr):
                bits |= count << self.field * seat.messages.of(message)
            key = seat.locals.of(local) | bits << LOCAL_BITS
            cells.append(seat.cells.of(key))
        return (*cells, self.ghosts.of(whole.ghost), self.shared.of(whole.shared))

    # --- what a row stands for --------------------------------------------------------

    def taken_apart(self, row: Sequence[int]) -> list[int]:
        """Give the local states, the bits of the mailboxes, the ghost, the shared."""
        cells = [
            seat.cells.values[cell] for seat, cell in zip(self.seats, row, strict=False)
        ]
        ghost, shared = row[self.places :]
        local, boxes = (
            [cell & LOCAL for cell in cells],
            [cell >> LOCAL_BITS for cell in cells],
        )
        return [*local, *boxes, ghost, shared]

    def whole(self, parts: Sequence[int]) -> Whole[Any, Any, Any, Any]:
        """Give the world of a row that was taken apart."""
        locals_, boxes = parts[: self.places], parts[self.places : 2 * self.places]
        ghost, shared = parts[2 * self.places :]
        return Whole(
            tuple(
                seat.locals.values[number]
                for seat, number in zip(self.seats, locals_, strict=True)
            ),
            tuple(
                frozenset(
                    (seat.messages.values[each], bits >> self.field * each & self.full)
                    for each in self.held(bits)
                )
                for seat, bits in zip(self.seats, boxes, strict=True)
            ),
            self.shared.values[shared],
            self.ghosts.values[ghost],
        )

    def held(self, bits: int) -> Iterator[int]:
        """List the messages of a mailbox."""
        while bits:
            message = ((bits & -bits).bit_length() - 1) // self.field
            yield message
            bits &= ~(self.full << self.field * message)

    # --- what actors may do -----------------------------------------------------------

    def effects(self, place: int, cell: int, shared: int) -> list[MoveEffect]:
        """Tell what an actor may do in a cell."""
        seat = self.seats[place]
        key = seat.cells.values[cell]
        local, box = key & LOCAL, key >> LOCAL_BITS
        heeded = box & ~seat.deaf.get((local, shared), 0)
        found: dict[tuple[int, int, int], int] = {}
        grows = self.copies == 0 and not self.judges
        known, boxed = seat.cells.known, box << LOCAL_BITS
        for message in (BY_ITSELF, *self.held(heeded)):
            for single in self.single(place, local, shared, message):
                if grows:
                    then = single.grown | boxed
                    after = known.get(then)
                    if after is None:
                        after = seat.cells.of(then)
                else:
                    after = self._after(seat, place, key, message, single)
                    if after is None:
                        continue
                effect = after, single.puts, single.shared
                if effect not in found and effect != (cell, 0, shared):
                    found[effect] = message if single.shared == shared else ALWAYS
        return [(*effect, heard) for effect, heard in found.items()]

    def news(self, place: int, cell: int, before: int, shared: int) -> list[MoveEffect]:
        """Tell what an actor cannot have done before, in another cell.

        It hears something that was not in its mailbox then, or changes what all share.
        """
        box = self.seats[place].cells.values[before] >> LOCAL_BITS
        return [
            effect
            for effect in self.effects(place, cell, shared)
            if effect[3] == ALWAYS or (effect[3] >= 0 and not box >> effect[3] & 1)
        ]

    def _after(
        self, seat: Seat, place: int, key: int, message: int, single: Single
    ) -> int | None:
        """Give the cell after a move; None if it would make too many copies."""
        local, box = key & LOCAL, key >> LOCAL_BITS
        if single.copies:
            count = (box >> self.field * message & self.full) + single.copies
            if count > self.copies:
                return None
            if count < 0:
                raise ValueError(f"{single.kind!r} takes more copies than there are")
            box += single.copies << self.field * message
            made = place, local, message, single
            if single.copies > 0 and made not in self._counted:
                self._counted.add(made)
                self.kinds[single.kind] += 1
        if self.judges and single.after != local:
            box &= ~self.obsolete(place, single.after, box)
        key = single.after | box << LOCAL_BITS
        return (
            self._loaded(place, key, single.own) if single.own else seat.cells.of(key)
        )

    def split(self, place: int, cell: int) -> tuple[int, int]:
        """Give the local state and the bits of the mailbox of a cell."""
        key = self.seats[place].cells.values[cell]
        return key & LOCAL, key >> LOCAL_BITS

    def after(self, place: int, cell: int, message: int, single: Single) -> int | None:
        """Tell the cell after a move; None if it would make too many copies."""
        seat = self.seats[place]
        return self._after(seat, place, seat.cells.values[cell], message, single)

    def put(self, column: int, cell: int, put: int) -> int:
        """Tell what becomes of a cell, or of a ghost, into which something is put."""
        if column == self.ghost:
            return self._noted(cell, put)
        return self._loaded(column, self.seats[column].cells.values[cell], put)

    def _loaded(self, place: int, key: int, load: int) -> int:
        seat = self.seats[place]
        if self.copies == 0:
            bits = seat.bits[load]
            if self.judges:
                bits &= ~self.obsolete(place, key & LOCAL, bits)
            return seat.cells.of(key | bits << LOCAL_BITS)
        for message in seat.loads.values[load]:
            shift = LOCAL_BITS + self.field * message
            one = 1 << self.field * message
            if self.judges and self.obsolete(place, key & LOCAL, one):
                continue
            if key >> shift & self.full < self.copies:
                key += 1 << shift
        return seat.cells.of(key)

    def _noted(self, ghost: int, notes: int) -> int:
        key = ghost, notes
        found = self.noted.get(key)
        if found is None:
            found = self.noted[key] = self.ghosts.of(self.written(ghost, notes))
        return found

    def written(self, ghost: int, *notes: int) -> Hashable:
        """Write notes into a ghost: ask the model."""
        held: Hashable = self.ghosts.values[ghost]
        for number in notes:
            for note in self.notes.values[number]:
                held = self.actors.noted(held, note)
        return held

    def obsolete(self, place: int, local: int, bits: int) -> int:
        """Tell which messages are obsolete, as bits; ask the model where need be."""
        seat = self.seats[place]
        known = seat.judged.get(local, 0)
        unknown = bits & ~known
        if unknown:
            held = seat.locals.values[local]
            for message in self.held(unknown):
                mask = self.full << self.field * message
                known |= mask
                told = seat.messages.values[message]
                if self.actors.is_obsolete(place, held, told):
                    seat.obsolete[local] = seat.obsolete.get(local, 0) | mask
            seat.judged[local] = known
        return bits & seat.obsolete.get(local, 0)

    # --- what only the model knows ----------------------------------------------------

    def single(self, place: int, local: int, shared: int, message: int) -> list[Single]:
        """Ask what an actor may do with one message, or by itself."""
        key = place, local, shared, message
        found = self.singles.get(key)
        if found is None:
            self.calls += 1
            self.asking = key
            moves = list(self.asked(key))
            self._count(key, moves)
            found = self.singles[key] = self.effective(key, moves)
            self.asking = None
            if message >= 0 and not found:
                deaf, mask = self.seats[place].deaf, self.full << self.field * message
                deaf[local, shared] = deaf.get((local, shared), 0) | mask
        return found

    def asked(
        self, key: tuple[int, int, int, int]
    ) -> Iterable[Move[Hashable, Hashable, Hashable]]:
        """Ask the model."""
        place, number, shared, message = key
        seat, common = self.seats[place], self.shared.values[shared]
        local = seat.locals.values[number]
        if message == BY_ITSELF:
            return self.actors.acts(place, local, common)
        return self.actors.hears(place, local, common, seat.messages.values[message])

    def _count(
        self,
        key: tuple[int, int, int, int],
        moves: Sequence[Move[Hashable, Hashable, Hashable]],
    ) -> None:
        place, local, shared, message = key
        for move in moves:
            if move.copies and (self.copies == 0 or message == BY_ITSELF):
                raise ValueError(f"{move.kind!r} changes copies of what is in no bag")
            if move.copies <= 0:
                self.kinds[move.kind] += 1
            single = self.numbered(place, shared, move)
            self.seats[place].steps[local, single.after] = None
            if single.shared == shared and move.notes:
                self.freely[place, self.notes.of(move.notes)] = None

    def effective(
        self,
        key: tuple[int, int, int, int],
        moves: Iterable[Move[Hashable, Hashable, Hashable]],
    ) -> list[Single]:
        """Say in numbers what moves do, without those that do nothing."""
        place, local, shared, _ = key
        singles = [self.numbered(place, shared, move) for move in moves]
        return [
            single
            for single in dict.fromkeys(singles)
            if self.is_effective(local, shared, single)
        ]

    def is_effective(self, local: int, shared: int, single: Single) -> bool:
        """Tell whether a move changes anything."""
        what = single.after, single.own, single.puts, single.shared, single.copies
        return what != (local, 0, 0, shared, 0)

    def numbered(
        self, place: int, shared: int, move: Move[Hashable, Hashable, Hashable]
    ) -> Single:
        """Say in numbers what a move does."""
        loads: dict[int, list[int]] = {}
        for target, message in move.sent:
            number = self.seats[target].messages.of(message)
            loads.setdefault(target, []).append(number)
        if self.copies == 0:
            loads = {target: sorted({*those}) for target, those in loads.items()}
        puts = [
            (target, self.seats[target].load(tuple(sorted(those))))
            for target, those in sorted(loads.items())
        ]
        own = dict(puts).pop(place, 0)
        puts = [put for put in puts if put[0] != place]
        if move.notes:
            puts.append((self.ghost, self.notes.of(move.notes)))
        if move.notes or move.shared is not None:
            self.is_plain = False
        after = self.seats[place].locals.of(move.after)
        return Single(
            after,
            own,
            self.puts.of(tuple(puts)),
            shared if move.shared is None else self.shared.of(move.shared),
            move.copies,
            move.kind,
            after | self.seats[place].bits[own] << LOCAL_BITS,
        )

    # --- what a search that goes on has to know ---------------------------------------

    def remembered(self) -> dict[str, object]:
        """Give all that was numbered and asked, without the world itself."""
        return {name: held for name, held in vars(self).items() if name != "actors"}

    def recall(self, remembered: Mapping[str, object]) -> None:
        """Take over what another had numbered and asked of the same world."""
        if remembered.keys() != vars(self).keys() - {"actors"}:
            raise ValueError("tables have another shape now")
        vars(self).update(remembered)
