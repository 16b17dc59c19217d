"""Worlds of actors to compare engines by: drawn at random, and of awkward sizes."""

import random
from collections.abc import (
    Callable,
    Container,
    Hashable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice, permutations
from typing import Any

from primacy_model.checker.actors import (
    Actors,
    Claim,
    Move,
    Symmetry,
    Views,
    Whole,
    initial_whole,
)
from primacy_model.checker.model import Kind, Value

TestMove = Move[Any, Any, Any]
Start = Whole[Any, Any, Any, Any]


@dataclass(frozen=True)
class TestActors(Actors[Any, Any, Any, Any]):
    """What all worlds of these tests have in common."""

    agents: Sequence[str] = ("a", "b")
    kinds: Sequence[str] = ()
    claims: Sequence[Claim[Any, Any, Any]] = ()
    name: str = "a world of actors"
    summary: str = "Actors, to compare engines by."
    copies: int = 0

    @property
    def bounds(self) -> Mapping[str, int | str]:
        return {}

    def fields(self, local: object) -> Mapping[str, Value]:
        return {"local": str(local)}

    def told(self, message: object) -> tuple[int, str]:
        return 0, str(message)


# --- worlds drawn at random -----------------------------------------------------------


MoveTable = dict[tuple[int, int, int | None, str], tuple[TestMove, ...]]


@dataclass(frozen=True)
class Tabled(TestActors):
    """Actors whose moves stand in a table."""

    begun: Start = initial_whole(())
    table: MoveTable = field(default_factory=dict)
    ignored: Mapping[tuple[int, int], Container[str]] = field(default_factory=dict)
    """What is obsolete, by place and local state."""

    def initial(self) -> Start:
        return self.begun

    def acts(self, place: int, local: int, shared: int | None) -> tuple[TestMove, ...]:
        return self.table.get((place, local, shared, ""), ())

    def hears(
        self, place: int, local: int, shared: int | None, message: str
    ) -> tuple[TestMove, ...]:
        return self.table.get((place, local, shared, message), ())


@dataclass(frozen=True)
class ForgettingWorld(Tabled):
    """Actors that ignore some messages for ever."""

    def is_obsolete(self, place: int, local: int, message: str) -> bool:
        return message in self.ignored.get((place, local), ())


@dataclass(frozen=True)
class NotingWorld(ForgettingWorld):
    """Actors whose moves write what a ghost counts, but no further than to two."""

    def noted(self, ghost: tuple[int, ...], note: Hashable) -> tuple[int, ...]:
        assert isinstance(note, int)
        return tuple(
            min(2, count + 1) if at == note else count for at, count in enumerate(ghost)
        )


KINDS = ("walk", "run", "fly")


@cache
def drawn(seed: int) -> Tabled:
    """Draw a plain world: few states, few messages, and moves of all sorts."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    places = range(draw.randint(2, 3))
    states, letters = range(draw.randint(3, 5)), "vwxyz"[: draw.randint(3, 5)]

    def moves(chance: float) -> Iterator[TestMove]:
        while draw.random() < chance:
            flights = range(draw.choice((0, 1, 1, 1, 2)))
            sent = [(draw.choice(places), draw.choice(letters)) for _ in flights]
            kind = draw.choice(KINDS)
            yield Move(kind, f"{kind}s", draw.choice(states), tuple(sent))

    table: MoveTable = {}
    for place in places:
        for local in states:
            table[place, local, None, ""] = tuple(moves(0.45))
            for letter in letters:
                table[place, local, None, letter] = tuple(moves(0.3))
    bad = {tuple(draw.choice(states) for _ in places)} if seed % 3 == 0 else set()
    good = tuple(draw.choice((0, 1)) for _ in places)
    return Tabled(
        [chr(ord("a") + place) for place in places],
        KINDS[: draw.randint(0, 3)],
        (
            Claim("sane", "a state is one", Kind.ALWAYS, _itself, _is_long),
            Claim("safe", "nothing bad", Kind.ALWAYS, _itself, _avoids(bad)),
            Claim("odd", "as drawn", Kind.SOMETIMES, _parity, _meets(good)),
            Claim(
                "even", "all even", Kind.SOMETIMES, _parity, _meets((0,) * len(good))
            ),
        ),
        begun=initial_whole(draw.choice(states) for _ in places),
        table=table,
    )


@dataclass(frozen=True, slots=True)
class Traits:
    """What is special about a world that is drawn."""

    shares: bool
    notes: bool
    forgets: bool
    copies: int


def traits(seed: int) -> Traits:
    """Let seeds go through all combinations."""
    bits = seed % 16
    return Traits(
        shares=bool(bits & 1),
        notes=bool(bits & 2),
        forgets=bool(bits & 4),
        copies=seed // 16 % 3 + 1 if bits & 8 else 0,
    )


@cache
def rich(seed: int) -> Tabled:
    """Draw a world with something shared, a ghost, bags or obsolete messages.

    Each local state has a rank, and where messages are obsolete no move leads to a
    lower one. From some rank on a message is heard without effect.
    """
    has, draw = traits(seed), random.Random(seed)  # noqa: S311 - no secret
    places = range(draw.randint(2, 3))
    states, letters = range(draw.randint(3, 6)), "vwxyz"[: draw.randint(2, 4)]
    commons = range(draw.randint(2, 3)) if has.shares else (None,)
    rank = {local: local // 2 if has.forgets else 0 for local in states}
    until = {
        (place, letter): draw.randint(1, 3) for place in places for letter in letters
    }

    def moves(chance: float, local: int, letter: str) -> Iterator[TestMove]:
        while draw.random() < chance:
            flights = range(draw.choice((0, 1, 1, 2, 3)))
            sent = [(draw.choice(places), draw.choice(letters)) for _ in flights]
            kind = draw.choice(KINDS)
            later = [each for each in states if rank[each] >= rank[local]]
            yield Move(
                kind,
                f"{kind}s",
                draw.choice(later),
                tuple(sent),
                copies=draw.choice((-1, -1, 0, 1)) if has.copies and letter else 0,
                shared=draw.choice(commons) if draw.random() < 0.2 else None,
                notes=tuple(draw.choice(places) for _ in range(draw.randint(0, 2)))
                if has.notes
                else (),
            )

    table: MoveTable = {}
    for place in places:
        for local in states:
            for shared in commons:
                table[place, local, shared, ""] = tuple(moves(0.4, local, ""))
                for letter in letters:
                    ignores = has.forgets and rank[local] >= until[place, letter]
                    chance = 0.0 if ignores else 0.4
                    heard = tuple(moves(chance, local, letter))
                    table[place, local, shared, letter] = heard
    ignored = {
        (place, local): "".join(
            letter for letter in letters if rank[local] >= until[place, letter]
        )
        for place in places
        for local in states
        if has.forgets
    }
    boxes = tuple(
        frozenset(
            (letter, draw.randint(1, has.copies or 1))
            for letter in letters
            if draw.random() < 0.2
        )
        for _ in places
    )
    ghost = (0,) * len(places) if has.notes else None
    first = tuple(draw.choice(states[:2]) for _ in places)
    bad = {draw.choice(states) for _ in range(2)} if seed % 5 == 0 else set()
    full = draw.randint(1, 2)
    return (NotingWorld if has.notes else ForgettingWorld if has.forgets else Tabled)(
        [chr(ord("a") + place) for place in places],
        KINDS[: draw.randint(0, 3)],
        (
            Claim("sane", "a state is one", Kind.ALWAYS, _itself, _is_long),
            Claim("safe", "nothing bad", Kind.ALWAYS, _itself, _is_apart(bad), _scene),
            Claim("odd", "all odd", Kind.SOMETIMES, _parity, _meets((1,) * len(first))),
            Claim("full", "so much", Kind.SOMETIMES, _parity, _is_noted(full), _scene),
        ),
        copies=has.copies,
        begun=Whole(first, boxes, commons[0], ghost),
        table=table,
        ignored=ignored,
    )


def _scene(shared: int | None, ghost: tuple[int, ...] | None) -> Hashable:
    return shared, ghost


def _is_noted(count: int) -> Callable[[Views], bool]:
    def holds(views: Views) -> bool:
        match views[-1]:
            case (_, (first, *_)):
                return bool(first == count)
            case (shared, _):
                return bool(shared != count)
        return False

    return holds


def _is_apart(bad: set[int]) -> Callable[[Views], bool]:
    """Tell that not all actors are in bad states while what all share is odd."""
    return lambda views: not ({*views[:-1]} <= bad and views[-1] != (0, None))


def _itself(_: int, local: int) -> Hashable:
    return local


def _parity(_: int, local: int) -> Hashable:
    return local % 2


def _is_long(views: Views) -> bool:
    return len(views) > 1


def _avoids(bad: set[tuple[int, ...]]) -> Callable[[Views], bool]:
    return lambda views: views not in bad


def _meets(good: tuple[int, ...]) -> Callable[[Views], bool]:
    return lambda views: views == good


# --- worlds in which nobody can tell who is who ---------------------------------------


def moved(world: Start, symmetry: Symmetry) -> Start:
    """Let the actors of a world change places."""
    order = sorted(range(len(symmetry.places)), key=symmetry.places.__getitem__)
    changed = symmetry.renamed
    boxes = [world.boxes[at] for at in order]
    return Whole(
        tuple(changed(world.locals[at]) for at in order),
        tuple(
            frozenset((changed(each), count) for each, count in box) for box in boxes
        ),
        changed(world.shared),
        changed(world.ghost),
    )


NOBODY = -1


@dataclass(frozen=True, slots=True)
class Referring:
    """A state, and whom the actor has in mind."""

    state: int
    whom: int = NOBODY


@dataclass(frozen=True, slots=True)
class Word:
    """A letter, and whose it is."""

    letter: str
    whose: int


@dataclass(frozen=True, slots=True)
class Board:
    """A number that all see, and who wrote it."""

    number: int
    writer: int = NOBODY


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each actor did something, but no further than to two."""

    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A move that names others only by what they are to the actor."""

    kind: str
    state: int
    whom: str
    sent: tuple[tuple[str, str], ...]
    """To whom, and which letter."""
    copies: int
    number: int | None
    """What is written on the board."""
    notes: tuple[str, ...]


RELATIONS = ("nobody", "itself", "whom", "whose", "others")
Known = tuple[int, int, bool, int, str]
"""The sort of an actor, its state, whether it has somebody in mind, board, letter."""


@dataclass(frozen=True)
class SymmetricWorld(TestActors):
    """Actors of two sorts; those of one sort may change places."""

    sorts: tuple[int, ...] = ()
    rules: Mapping[Known, tuple[Rule, ...]] = field(default_factory=dict)
    ignored: Mapping[int, str] = field(default_factory=dict)
    """What is obsolete, by state."""

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        places = range(len(self.sorts))
        return [
            Symmetry(goals, partial(relabelled, goals=goals))
            for goals in permutations(places)
            if goals != tuple(places)
            if all(self.sorts[at] == self.sorts[goals[at]] for at in places)
        ]

    def initial(self) -> Start:
        count = len(self.sorts)
        ghost = Tally((0,) * count)
        return Whole((Referring(0),) * count, (frozenset(),) * count, Board(0), ghost)

    def acts(self, place: int, local: Referring, shared: Board) -> Iterator[TestMove]:
        yield from self._moves(place, local, shared, Word("", NOBODY))

    def hears(
        self, place: int, local: Referring, shared: Board, message: Word
    ) -> Iterator[TestMove]:
        yield from self._moves(place, local, shared, message)

    def _moves(
        self, place: int, local: Referring, shared: Board, word: Word
    ) -> Iterator[TestMove]:
        is_minded = local.whom != NOBODY
        key = self.sorts[place], local.state, is_minded, shared.number, word.letter
        others = [at for at in range(len(self.sorts)) if at != place]
        named = {
            "nobody": [],
            "itself": [place],
            "whom": [local.whom] if is_minded else [],
            "whose": [word.whose] if word.whose != NOBODY else [],
            "others": others,
        }
        for rule in self.rules.get(key, ()):
            whom = named[rule.whom] or [NOBODY]
            sent = tuple(
                (target, Word(letter, place))
                for relation, letter in rule.sent
                for target in named[relation]
            )
            notes = tuple(at for each in rule.notes for at in named[each])
            board = None if rule.number is None else Board(rule.number, place)
            after = Referring(rule.state, whom[0])
            yield Move(rule.kind, rule.kind, after, sent, rule.copies, board, notes)

    def is_obsolete(self, _place: int, local: Referring, message: Word) -> bool:
        return message.letter in self.ignored.get(local.state, "")

    def noted(self, ghost: Tally, note: Hashable) -> Tally:
        return Tally(
            tuple(min(2, count + (at == note)) for at, count in enumerate(ghost.counts))
        )


def relabelled(value: Hashable, goals: Sequence[int]) -> Hashable:
    """Change the places that stand in a value of such a world."""

    def there(place: int) -> int:
        return NOBODY if place == NOBODY else goals[place]

    match value:
        case Referring(state, whom):
            return Referring(state, there(whom))
        case Word(letter, whose):
            return Word(letter, there(whose))
        case Board(number, writer):
            return Board(number, there(writer))
        case Tally(counts):
            order = sorted(range(len(counts)), key=goals.__getitem__)
            return Tally(tuple(counts[at] for at in order))
    raise TypeError(value)


@cache
def alike(seed: int) -> SymmetricWorld:
    """Draw a world in which actors of one sort do the same.

    As in others, a message is obsolete from some rank of states on.
    """
    has, draw = traits(seed), random.Random(seed)  # noqa: S311 - no secret
    sorts = draw.choice(((0, 0), (0, 0, 0), (0, 0, 0), (0, 1, 1), (0, 0, 1)))
    states = range(draw.randint(2, 4))
    letters = "vw"[: 1 if has.copies or has.notes else draw.randint(1, 2)]
    numbers = range(draw.randint(2, 3) if has.shares else 1)
    rank = {state: state // 2 if has.forgets else 0 for state in states}
    until = {letter: draw.randint(1, 2) for letter in letters}
    ignored = {
        state: "".join(
            each for each in letters if has.forgets and rank[state] >= until[each]
        )
        for state in states
    }

    def rules(chance: float, state: int, letter: str) -> Iterator[Rule]:
        while draw.random() < chance:
            kind = draw.choice(KINDS)
            later = [each for each in states if rank[each] >= rank[state]]
            relations = RELATIONS if letter else ("nobody", "itself", "whom", "others")
            sent = tuple(
                (draw.choice(relations[1:]), draw.choice(letters))
                for _ in range(draw.choice((0, 1, 1, 2)))
            )
            number = draw.choice(numbers) if draw.random() < 0.2 else None
            yield Rule(
                kind,
                draw.choice(later),
                draw.choice(relations[:-1]),
                sent,
                draw.choice((-1, -1, 0, 1)) if has.copies and letter else 0,
                number if has.shares else None,
                (draw.choice(relations),) * draw.randint(0, 1) if has.notes else (),
            )

    drawn_rules: dict[Known, tuple[Rule, ...]] = {}
    for sort in sorted({*sorts}):
        for state in states:
            for is_minded in (False, True):
                for number in numbers:
                    for letter in ("", *letters):
                        is_ignored = letter and letter in ignored[state]
                        chance = 0.0 if is_ignored else 0.4
                        key = sort, state, is_minded, number, letter
                        drawn_rules[key] = tuple(rules(chance, state, letter))
                        if key == (0, 0, False, 0, ""):  # something happens
                            drawn_rules[key] += tuple(islice(rules(1, 0, ""), 2))
    bad, full = draw.choice(states), draw.randint(1, 2)
    return SymmetricWorld(
        [chr(ord("a") + place) for place in range(len(sorts))],
        KINDS[: draw.randint(0, 3)],
        (
            Claim("safe", "not all bad", Kind.ALWAYS, _state, _is_not_all(bad))
            if seed % 3 == 0
            else Claim("sane", "a state is one", Kind.ALWAYS, _state, _is_long),
            Claim("two", "two differ", Kind.SOMETIMES, _state, _is_mixed),
            Claim("full", "so much", Kind.SOMETIMES, _state, _is_told(full), _tallied),
        ),
        copies=min(2, has.copies),
        sorts=sorts,
        rules=drawn_rules,
        ignored=ignored,
    )


def _state(_: int, local: Referring) -> Hashable:
    return local.state, local.whom == NOBODY


def _tallied(shared: Board, ghost: Tally) -> Hashable:
    return shared.number, sum(ghost.counts)


def _is_not_all(bad: int) -> Callable[[Views], bool]:
    return lambda views: any(view != (bad, False) for view in views)


def _is_mixed(views: Views) -> bool:
    return len({*views}) > 1


def _is_told(full: int) -> Callable[[Views], bool]:
    return lambda views: views[-1] in {(full, 0), (0, full), (full, full)}


# --- worlds of awkward sizes ----------------------------------------------------------


@dataclass(frozen=True)
class Relay(TestActors):
    """The first sends numbers in order, and the second hears them in order."""

    last: int = 150

    def initial(self) -> Start:
        return initial_whole((name, 0) for name in self.agents)

    def acts(self, place: int, local: tuple[str, int], _: None) -> Iterator[TestMove]:
        name, at = local
        if place == 0 and at < self.last:
            yield Move("send", "sends", (name, at + 1), ((1, at),))

    def hears(
        self, place: int, local: tuple[str, int], _: None, message: int
    ) -> Iterator[TestMove]:
        assert place == 1
        name, at = local
        if message == at:
            yield Move("hear", "hears", (name, at + 1))


@dataclass(frozen=True)
class Burst(TestActors):
    """The first has many moves at once, and the second hears one message of each."""

    width: int = 300
    letters: int = 300

    def initial(self) -> Start:
        return initial_whole((0, 0))

    def acts(self, place: int, local: int, _: None) -> Iterator[TestMove]:
        if place == local == 0:
            for at in range(self.width):
                sent = ((1, at % self.letters),)
                yield Move("send", "sends", at + 1, sent)

    def hears(
        self, place: int, local: int, _: None, message: int
    ) -> Iterator[TestMove]:
        assert place == 1
        if local == 0:
            yield Move("hear", "hears", message % 3 + 1)


@dataclass(frozen=True)
class Counting(TestActors):
    """Both count to three, and tell each other."""

    def initial(self) -> Start:
        return initial_whole((0, 0))

    def acts(self, place: int, local: int, _: None) -> Iterator[TestMove]:
        if local < 3:
            yield Move("count", "counts", local + 1, ((1 - place, local),))

    def hears(
        self, _place: int, local: int, _: None, message: int
    ) -> Iterator[TestMove]:
        if message > local:
            yield Move("follow", "follows", message)
