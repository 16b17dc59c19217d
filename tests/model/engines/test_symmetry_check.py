"""Where something tells who is who, a search of images is refused, never believed."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from primacy_model.baselines.plain_raft import PlainRaft, RaftAgent, RaftMessage
from primacy_model.baselines.plain_raft import RaftMove as RaftStep
from primacy_model.checker.actors import Claim, Move, Symmetry, Views, Whole
from primacy_model.checker.model import Kind
from primacy_model.engines import symmetry_check
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.engines.search import Engine, explore
from tests.support.engines import every_engine
from tests.support.worlds import Counting, Start, TestMove

AskedClaim = Claim[Any, Any, Any]

IDENTITY = Symmetry((0, 1), lambda value: value)
SWAP = Symmetry((1, 0), lambda value: value)
TURNED = {1: 2, 2: 3, 3: 1}


@dataclass(frozen=True)
class Twins(Counting):
    """Both count to three, and nothing tells one from the other."""

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        return [SWAP]


@dataclass(frozen=True)
class Leading(Twins):
    """The first may count further."""

    def acts(self, place: int, local: int, _: None) -> Iterator[TestMove]:
        if local < 3 + (place == 0):
            yield Move("count", "counts", local + 1, ((1 - place, local),))


@dataclass(frozen=True)
class Yielding(Twins):
    """The second yields to an equal."""

    def hears(
        self, place: int, local: int, _: None, message: int
    ) -> Iterator[TestMove]:
        if message > local or (message == local < 3 and place == 1):
            yield Move("follow", "follows", message + (message == local))


@dataclass(frozen=True)
class Calling(Twins):
    """What they do has another name at each place."""

    def acts(self, place: int, local: int, _: None) -> Iterator[TestMove]:
        for move in super().acts(place, local, None):
            yield replace(move, kind=f"{place} counts")


@dataclass(frozen=True)
class Forgetting(Twins):
    """Only the first forgets what it has no use for."""

    def is_obsolete(self, place: int, local: int, message: int) -> bool:
        return place == 0 and message <= local


@dataclass(frozen=True)
class Scoring(Twins):
    """Who counted is written down, and names in it are not changed."""

    def initial(self) -> Start:
        return Whole((0, 0), (frozenset(), frozenset()), None, (0, 0))

    def acts(self, place: int, local: int, _: None) -> Iterator[TestMove]:
        if local < 3:
            yield Move("count", "counts", local + 1, notes=(place,))

    def noted(self, ghost: tuple[int, int], note: Hashable) -> tuple[int, int]:
        first, second = ghost
        return (first + 1, second) if note == 0 else (first, second + 1)


@dataclass(frozen=True)
class Swapping(Scoring):
    """The same, and names in it are changed."""

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        return [Symmetry((1, 0), _swapped)]


def _swapped(value: Hashable) -> Hashable:
    return value[::-1] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Muddled(Twins):
    """Names that are changed twice are not the first ones."""

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        return [Symmetry((1, 0), lambda value: TURNED.get(value, value))]  # type: ignore[call-overload] # any


@dataclass(frozen=True)
class Grouped(Twins):
    """As many ways as a test wants."""

    ways: tuple[Symmetry, ...] = ()

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        return self.ways


def _itself(_: int, local: int) -> Hashable:
    return local


def _is_ahead(of: int) -> Callable[[Views], bool]:
    """Tell whether one actor is as far as it can be, and the other as it began."""
    return lambda views: views[of] == 3 and views[1 - of] == 0


def _is_behind(of: int) -> Callable[[Views], bool]:
    return lambda views: not _is_ahead(of)(views)


@every_engine
def test_a_world_in_which_nothing_tells_is_believed(engine: Engine) -> None:
    whole = explore(Twins(), engine)
    found = explore(Twins(), engine, symmetric=True)
    assert whole.states / 2 < found.states < whole.states
    assert found.verdict is whole.verdict
    scored, told = (
        explore(Swapping(), engine, symmetric=each, prunes=False)
        for each in (True, False)
    )
    assert (scored.states, told.states) == (10, 16)


@every_engine
@pytest.mark.parametrize(
    ("world", "said"),
    [
        (Leading, "what . may do by itself in 3 is not what . may do"),
        (Yielding, "what . may do with . in . is not what . may do"),
        (Calling, "what . may do by itself in 0 is not what . may do"),
        (Scoring, "what . may do by itself in . is not what . may do"),
        (Forgetting, "is obsolete for . in . or with other names for ., but not"),
        (Muddled, "and not those of the way that is both"),
    ],
)
def test_what_tells_who_is_who_is_said(
    engine: Engine, world: type[Twins], said: str
) -> None:
    with pytest.raises(PromiseBrokenError, match=said):
        explore(world(), engine, symmetric=True, prunes=False)
    assert explore(world(), engine, prunes=False).states > 9


@every_engine
@pytest.mark.parametrize("place", [0, 1])
def test_a_hope_that_tells_who_is_who_is_refused(engine: Engine, place: int) -> None:
    hope: AskedClaim = Claim("own", "", Kind.SOMETIMES, _itself, _is_ahead(place))
    with pytest.raises(PromiseBrokenError, match="the claim own tells"):
        explore(Twins(claims=(hope,)), engine, symmetric=True)


@every_engine
def test_a_claim_that_tells_who_is_who_is_refused_or_broken_indeed(
    engine: Engine,
) -> None:
    said = Counter(_said(engine, place) for place in (0, 1))
    assert set(said) <= {"refused", "broken"}
    assert said["refused"] >= 1


def _said(engine: Engine, place: int) -> str:
    claim: AskedClaim = Claim("own", "", Kind.ALWAYS, _itself, _is_behind(place))
    try:
        found = explore(Twins(claims=(claim,)), engine, symmetric=True)
    except PromiseBrokenError as error:
        return "refused" if "the claim own tells" in str(error) else str(error)
    return "holds" if found.violation is None else "broken"


class Biased(PlainRaft):
    """An agent votes for the lowest id only, if two ask."""

    def hears(
        self, place: int, local: RaftAgent, _: None, message: RaftMessage
    ) -> Iterator[RaftStep]:
        if message.kind == "request" and message.sender > place + 1:
            return
        yield from super().hears(place, local, None, message)


@every_engine
def test_a_core_that_breaks_ties_by_id_is_refused(engine: Engine) -> None:
    with pytest.raises(PromiseBrokenError, match="explore without symmetry"):
        explore(Biased(3, 1), engine, symmetric=True)


@pytest.mark.parametrize(
    "ways", [(IDENTITY,), (SWAP, SWAP), (IDENTITY, SWAP)], ids=["none", "two", "both"]
)
def test_ways_that_are_no_group_are_refused(ways: tuple[Symmetry, ...]) -> None:
    with pytest.raises(PromiseBrokenError, match="are no group"):
        explore(Grouped(ways=ways), Engine.MEMO, symmetric=True)


class Turning(PlainRaft):
    """All may move one place on, but not two."""

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        """Leave out what would be the same as one way twice."""
        return [way for way in super().symmetries if way.places == (1, 2, 0)]


def test_two_ways_that_are_none_together_are_refused() -> None:
    with pytest.raises(PromiseBrokenError, match="are no group"):
        explore(Turning(3, 1), Engine.MEMO, symmetric=True)


def test_where_there_are_too_many_questions_all_ways_are_asked() -> None:
    class Six:
        count = 7

    for most in (5, 10, 100, 1000):
        asked = list(symmetry_check._some(Six(), range(20), most))  # type: ignore[arg-type] # counted only
        assert len(asked) <= most
        assert len(asked) == 120 or len(asked) > most // 5
        assert {way for _, way in asked} == set(range(1, 7)) or most == 5
