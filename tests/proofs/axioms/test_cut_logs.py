"""A log without its beginning, beside the whole log that the proofs know.

To the proofs a log is whole, whatever it lost: only its start changes. So each method
of a log that lost its beginning is asked beside the proxy, which answers for the whole
one. Wherever the proxy demands nothing that is not given, the two answers are one.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, Final

import pytest

from primacy.agents import NO_AGENTS, AgentSet
from primacy.electorate import NO_ROLL, Roll
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.types import Command, Index, RequestId, Term
from primacy_proofs.counterexamples.interpretation import cut_off
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import INT, constant
from primacy_proofs.symbolic.containers import (
    LiftedLog,
    LiftedSegment,
    LiftedSet,
    PrefixLogs,
)
from primacy_proofs.symbolic.paths import ContractError, Path, paths
from primacy_proofs.symbolic.values import LiftedInt
from primacy_proofs.system import lifting
from tests.support.evaluation import evaluate, plain

AB, BC, C = map(AgentSet.of, ("ab", "bc", "c"))
FIRST: Final = Roll(AB, AB, C)
NAMED: Final = Command(""), RequestId("r")
ENTRIES: Final = (
    Entry(Term(1), EntryKind.NOOP),
    Entry(Term(1), EntryKind.ROLL, *NAMED, BC, AB, NO_AGENTS),
    Entry(Term(2), EntryKind.ROLL, *NAMED, BC, BC, AgentSet.of("a")),
)


def up_to(length: int) -> Iterator[tuple[Entry, ...]]:
    """List every sequence of the entries, up to a length."""
    for size in range(length + 1):
        yield from product(ENTRIES, repeat=size)


LOGS: Final = tuple(map(Log.of, up_to(3)))
"""The 40 logs of up to three entries: a no-op and two that set rolls, in any order."""
INDICES: Final = tuple(map(Index, range(-1, 5)))
TERMS: Final = tuple(map(Term, range(-1, 4)))
CUTS: Final = tuple(map(Segment, up_to(2)))
ROLLS: Final = (
    FIRST,
    NO_ROLL,
    Roll(AB, AB),
    *(Roll(BC, AB, NO_AGENTS, at, Term(1)) for at in INDICES[2:4]),
    *(Roll(BC, BC, AgentSet.of("a"), at, Term(2)) for at in INDICES[2:4]),
)
"""Rolls that some of the logs have somewhere, and others."""

INDEX, TERM = (LiftedInt(constant(name, INT)) for name in "in")
CUT: Final = LiftedSegment(constant("g", on.SEGMENT))
SETS: Final[Any] = [LiftedSet(constant(f"r.{part}", on.SET)) for part in "eow"]
PLACE: Final[Any] = [LiftedInt(constant(f"r.{part}", INT)) for part in "it"]
ROLL: Final = Roll(*SETS, *PLACE)
VALUES: Final[dict[str, tuple[Any, Iterable[Any]]]] = {
    "i": (INDEX, INDICES),
    "n": (TERM, TERMS),
    "g": (CUT, CUTS),
    "r": (ROLL, ROLLS),
}
"""Arguments: their proxies, and the values that they take."""


def with_value(name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any argument
    """Name the values that stand for the proxy of an argument."""
    if name != "r":
        return {name: value}
    parts = value.electors, value.outgoing, value.workers, value.index, value.term
    return dict(zip(("r.e", "r.o", "r.w", "r.i", "r.t"), parts, strict=True))


Question = tuple[Callable[..., Any], str]
"""What a log is asked: of itself, of the first roll, and of arguments, by name."""

ANYTIME: Final[dict[str, Question]] = {
    "start": (lambda log, _: log.start, ""),
    "start_term": (lambda log, _: log.start_term, ""),
    "last_index": (lambda log, _: log.last_index, ""),
    "last_term": (lambda log, _: log.last_term, ""),
    "roll": (lambda log, first: log.roll(first), ""),
    "append": (lambda log, _: log.append(ENTRIES[0]), ""),
}
"""What any log may be asked."""
DEMANDING: Final[dict[str, Question]] = {
    "start_roll": (lambda log, _: log.start_roll, ""),
    "term_at": (lambda log, _, i: log.term_at(i), "i"),
    "accepts": (lambda log, _, i, n: log.accepts(i, n), "in"),
    "prior_roll": (lambda log, first: log.prior_roll(first), ""),
    "roll_at": (lambda log, first, i: log.roll_at(i, first), "i"),
    "compacted": (lambda log, _, i, r: log.compacted(i, r), "ir"),
    "segment": (lambda log, _, i, n: log.segment(i, n), "in"),
    "holds": (lambda log, _, i, g: log.holds(i, g), "ig"),
    "spliced": (lambda log, _, i, g: log.spliced(i, g), "ig"),
    "probe": (lambda log, _, i, n: log.probe(i, n), "in"),
}
"""What demands something of the log, its start or the arguments."""
QUESTIONS: Final = {**ANYTIME, **DEMANDING}


def lifted(question: Question) -> tuple[Path[Any], ...]:
    """Ask the proxy of a log."""
    ask, names = question
    proxy = LiftedLog(constant("l", on.LOG), constant("b", INT))
    first = lifting.config().first_roll
    arguments = [VALUES[name][0] for name in names]
    return paths(lambda: ask(proxy, first, *arguments))


def compare(question: Question, found: tuple[Path[Any], ...]) -> tuple[int, int]:
    """Compare the answers; count those that may be asked for, and the others."""
    ask, names = question
    given = given_not = 0
    for log in LOGS:
        for start in range(log.last_index + 1):
            cut = cut_off(log, start, FIRST)
            for arguments in product(*(VALUES[name][1] for name in names)):
                values = {"electors": AB, "workers": C, "l": log, "b": start}
                for name, value in zip(names, arguments, strict=True):
                    values |= with_value(name, value)
                (path,) = (each for each in found if evaluate(each.condition, values))
                if path.error is not None:
                    assert isinstance(path.error, ContractError)
                    given_not += 1
                else:
                    assert plain(path.result, values) == ask(cut, FIRST, *arguments)
                    given += 1
    return given, given_not


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_log_without_its_beginning_answers_like_the_whole_one(name: str) -> None:
    given, given_not = compare(QUESTIONS[name], lifted(QUESTIONS[name]))
    assert given
    assert bool(given_not) == (name in DEMANDING)


UNDEMANDED: Final = [name for name in DEMANDING if name != "probe"]
"""Of `probe` it is demanded that the index is not negative; it would answer 0."""


@pytest.mark.parametrize("name", UNDEMANDED)
def test_what_is_demanded_is_needed(name: str) -> None:
    found = [each for each in lifted(DEMANDING[name]) if each.error is None]
    undemanding = tuple(Path((), each.result, None) for each in found)
    with pytest.raises((AssertionError, IndexError, ValueError)):
        compare(DEMANDING[name], undemanding[:1])


def test_a_log_that_begins_behind_a_snapshot_is_a_whole_one_cut_off() -> None:
    logs = PrefixLogs(constant("l", on.LOG))
    found = paths(lambda: logs.starting(INDEX, TERM, ROLL))
    begun = set[Log]()
    for log, index, term, roll in product(LOGS, INDICES, TERMS, ROLLS):
        values = {"electors": AB, "workers": C, "l": log, "i": index, "n": term}
        values |= with_value("r", roll)
        (path,) = (each for each in found if evaluate(each.condition, values))
        if path.error is None:
            begun.add(plain(path.result, values))
            assert plain(path.result, values) == Log.starting(index, term, roll)
    assert len(begun) > len(ROLLS)


def test_a_log_is_cut_off_where_it_was_cut_before() -> None:
    for log in LOGS:
        for start in range(log.last_index + 1):
            for more in range(start, log.last_index + 1):
                cut = cut_off(cut_off(log, start, FIRST), more, FIRST)
                assert cut == cut_off(log, more, FIRST)


def test_what_is_left_is_what_stood_behind_the_start() -> None:
    for log in LOGS:
        for start in range(1, log.last_index + 1):
            cut = cut_off(log, start, FIRST)
            assert cut.entries == log.entries[start:]
            assert (cut.start, cut.start_term) == (start, log.entries[start - 1].term)
            assert cut.start_roll == Log.of(log.entries[:start]).roll(FIRST)
