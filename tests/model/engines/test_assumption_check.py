"""A world that is not as an engine must take it to be is refused, never believed."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import pytest

from primacy_model.checker.actors import Move, Whole
from primacy_model.checker.trace import RaisedError
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.engines.search import Engine, explore
from tests.support.worlds import Counting, Start, TestMove

ENGINES = [engine for engine in Engine if engine.is_installed]
every_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda each: each.value)


@dataclass(frozen=True)
class Impure(Counting):
    """What is done depends on what was asked before."""

    asked: list[int] = field(default_factory=list)

    def acts(self, place: int, local: int, _: None) -> Iterator[TestMove]:
        self.asked.append(place)
        if local < 3:
            yield Move("count", "counts", local + 1 + len(self.asked) // 9)


@dataclass(frozen=True)
class Hasty(Counting):
    """A message is taken to be obsolete though it is heard."""

    def is_obsolete(self, _place: int, local: int, message: int) -> bool:
        return message >= 1 and local == 0


@dataclass(frozen=True)
class Fickle(Counting):
    """A message is obsolete, and later is not."""

    def is_obsolete(self, _place: int, local: int, message: int) -> bool:
        return local == 1 and message <= local


@dataclass(frozen=True)
class Ordered(Counting):
    """The ghost is who counted, in order."""

    def initial(self) -> Start:
        return Whole((0, 0), (frozenset(), frozenset()), None, ())

    def acts(self, place: int, local: int, _: None) -> Iterator[TestMove]:
        if local < 3:
            yield Move("count", "counts", local + 1, notes=(place,))

    def noted(self, ghost: tuple[int, ...], note: Hashable) -> tuple[Hashable, ...]:
        return (*ghost, note)


@dataclass(frozen=True)
class Moody(Ordered):
    """What is written depends on what was written before."""

    written: list[Hashable] = field(default_factory=list)

    def noted(self, _: tuple[int, ...], note: Hashable) -> tuple[Hashable, ...]:
        self.written.append(note)
        return (len(self.written),)


@dataclass(frozen=True)
class Unsure(Counting):
    """Nobody may hear what was not sent to a bag more than once."""

    def hears(self, _place: int, local: int, _: None, __: int) -> Iterator[TestMove]:
        yield Move("drop", "drops", local, copies=-1)


@every_engine
def test_a_world_that_keeps_its_promises_is_believed(engine: Engine) -> None:
    assert explore(Counting(), engine).states > 16


@every_engine
@pytest.mark.parametrize(
    ("world", "said"),
    [
        (Impure, "does not do twice the same to do by itself"),
        (Hasty, r"1 is obsolete for \w in 0, but may follow"),
        (Fickle, r"0 is obsolete for \w in 1, but not in 2 after it"),
        (Moody, "gives two ghosts"),
        (Ordered, "lead to different ghosts .*: explore without pruning"),
    ],
)
def test_a_broken_promise_is_said(
    engine: Engine, world: type[Counting], said: str
) -> None:
    with pytest.raises(PromiseBrokenError, match=said):
        explore(world(), engine)


@every_engine
def test_what_only_pruning_needs_is_not_asked_without_it(engine: Engine) -> None:
    found = explore(Ordered(), engine, prunes=False)
    orders = [1, 2, 4, 8, 14, 20, 20]  # of that many counts by two, at most three each
    assert list(found.levels) == orders


@every_engine
def test_what_only_forgetting_needs_is_not_asked_without_it(engine: Engine) -> None:
    worlds = Hasty(), Fickle(), Counting()
    found = [explore(world, engine, forgets=False).levels for world in worlds]
    assert found[0] == found[1] == found[2]


@every_engine
def test_copies_are_counted_in_bags_only(engine: Engine) -> None:
    with pytest.raises(RaisedError, match="'drop' changes copies of what is in no bag"):
        explore(Unsure(), engine)
    assert explore(Unsure(copies=1), engine).states > 16
