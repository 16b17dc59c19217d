"""The vectors take the paths of the proofs that docs/conformance.md counts."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from primacy_proofs.system import lifting
from tests.model.conformance import paths
from tests.model.conformance.paths import Taken, every_taken, reachable
from tests.support.lifted_cases import OBSERVATION, lifted
from tests.support.traceability import DOCUMENTS
from tests.support.vectors import vectors_of

BEGIN, END = (f"<!-- paths: {mark} -->" for mark in ("begin", "end"))


@cache
def counted(folder: Path) -> dict[str, Taken]:
    return {each.title: each for each in every_taken(folder)}


def shown() -> Iterator[tuple[str, list[int]]]:
    """Read the rows of the page."""
    table = DOCUMENTS["docs/conformance.md"].partition(BEGIN)[2].partition(END)[0]
    for title, told in re.findall(r"^\| (\S.*?) +\|([ \d|,]+)\|$", table, re.MULTILINE):
        yield (
            title,
            [int(each.replace(",", "")) for each in re.findall(r"[\d,]+", told)],
        )


def test_each_vector_is_on_one_path_of_the_proofs_that_gives_what_it_expects(
    made: Path,
) -> None:
    """`judge` compares; only a vector of an `Install` may break a contract."""
    calls = sum(vector["call"] in {"step", "recover"} for vector in vectors_of(made))
    assert calls > 1_500
    assert sum(len(each.taken) for each in counted(made).values()) > 500


def test_a_vector_that_expects_something_else_is_noticed(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(v for v in vectors_of(made) if v["vector"] == "step-VoteRequest-001")
    one["expected"]["outputs"] = []
    monkeypatch.setattr(paths, "vectors_of", lambda _folder: [one])
    with pytest.raises(AssertionError):
        list(every_taken(made))


def test_the_page_counts_the_paths_that_are_taken(made: Path) -> None:
    table = dict(shown())
    total = [0] * 4
    for title, each in counted(made).items():
        assert table[title][:2] == [len(each.sound), len(each.taken)], title
        if each.name != OBSERVATION:
            total = [a + b for a, b in zip(total, table[title], strict=True)]
            assert table[title][3] <= min(table[title][1:3]), title
    assert table["all of these"] == total
    assert len(table) == len(counted(made)) + 1


def test_the_page_says_how_many_paths_were_lifted() -> None:
    every = sum(len(lifted(name).paths) for name in (*lifting.cases(), OBSERVATION))
    assert f"{every:,} paths" in DOCUMENTS["docs/conformance.md"]


UNDECIDED = {
    ("election.on_vote_request", "if state.wait == Wait.PROMISE:", True),
    ("election.on_vote_request", "if state.wait == Wait.PROMISE:", False),
    (
        "heartbeats._confirm",
        "if not state.roll.is_quorum(lead.seen.at_least(number)):",
        False,
    ),
    (
        "appending.advance_commit",
        "if not state.roll.is_quorum(match.at_least(index)):",
        False,
    ),
}
"""What only paths decide that no world takes: see `primacy prove --paths`."""


def answers(name: str, places: Iterable[int]) -> set[tuple[str, str, bool]]:
    return {
        (each.function, each.source, each.holds)
        for place in places
        for each in lifted(name).paths[place].decisions
    }


def test_every_decision_of_core_is_taken_both_ways(made: Path) -> None:
    every, taken = set(), set()
    for each in counted(made).values():
        every |= answers(each.name, each.sound)
        taken |= answers(each.name, each.taken)
    assert every - taken == UNDECIDED


@pytest.mark.deep
@pytest.mark.parametrize("name", lifting.cases())
def test_the_page_counts_the_paths_that_a_small_world_takes(
    name: str, made: Path
) -> None:
    (each,) = (one for one in counted(made).values() if one.name == name)
    worlds = reachable(name)
    assert not answers(name, worlds) & UNDECIDED
    assert dict(shown())[each.title][2:] == [len(worlds), len(worlds & each.taken)]
