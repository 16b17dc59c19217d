"""The lifted paths against `step` itself: one path matches, with the same result.

Exactly one path matches by construction, see `lifted_cases`; on a sample every path is
asked all the same. Twins show that a path that was bent is noticed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any, Final

import pytest

from primacy.agents import AgentMap
from primacy_proofs.symbolic.containers import Answered, Served
from primacy_proofs.symbolic.paths import Path
from primacy_proofs.symbolic.records import lower
from primacy_proofs.system import lifting
from tests.support.evaluation import Values, evaluate
from tests.support.lifted_cases import (
    CASES,
    OBSERVATION,
    Lifted,
    Scene,
    advised,
    judge,
    laid_out,
    lifted,
    parted,
    staged,
)
from tests.support.scenes import Scenes

LEAST: Final = 500
FOR_EACH_PATH: Final = 50
"""How many scenes a case gets, and how many more for each of its paths."""
ASKED_IN_FULL: Final = 20
"""How many scenes of a case are asked of every path."""
KEPT: Final = 8
"""How many scenes of a path are kept, to see whether they notice a mutant of it."""
MOST: Final = 0.59
"""The share of sound paths that is taken: 844 of 1,404, when logs lost their beginning.

What is observed of a step is left out: it compares any two states in all combinations
of fields. The paths that are not taken contradict what a mesh is, or an invariant, or
need coincidences that even broken states seldom have, like a vote request at index 0
to a leader that follows another. All are combinations: each decision alone is taken
both ways.
"""


@pytest.fixture(autouse=True)
def _advised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AgentMap, "suggestion", advised)


@dataclass(frozen=True)
class Played:
    """How often each path was taken, and some of the scenes that took it."""

    taken: Counter[int]
    kept: dict[int, list[Scene]]


@cache
def played(name: str) -> Played:
    """Play the scenes of a case; every path is asked of some, the tree of all."""
    case, scenes = lifted(name), Scenes(Random(name))  # noqa: S311 - no secret
    run = Played(Counter(), {})
    for number in range(LEAST + FOR_EACH_PATH * len(case.paths)):
        scene = staged(name, scenes)
        place = judge(case, scene)
        if number < ASKED_IN_FULL:
            assert asked_in_full(case, scene.values) == [place]
        run.taken[place] += 1
        if run.taken[place] <= KEPT:
            run.kept.setdefault(place, []).append(scene)
    return run


def asked_in_full(case: Lifted, values: Values) -> list[int]:
    """Ask every path whether it is taken: what the tree spares."""
    return [
        place
        for place, path in enumerate(case.paths)
        if all(
            evaluate(each.condition, values) == each.holds for each in path.decisions
        )
    ]


@pytest.mark.parametrize("name", CASES)
def test_one_path_matches_and_gives_the_same(name: str) -> None:
    assert played(name).taken.total() >= LEAST


Answer = tuple[str, str, bool]


def answers(paths: Iterable[Path[Any]]) -> set[Answer]:
    return {
        (each.function, each.source, each.holds)
        for path in paths
        for each in path.decisions
    }


def ends(name: str) -> list[int]:
    """List the paths of a case that keep every contract."""
    paths = lifted(name).paths
    return [place for place, path in enumerate(paths) if path.error is None]


SELDOM: Final = ("election.on_vote_request", "if state.wait == Wait.PROMISE:")
"""Asked on its own only of a leader that cast no vote in its term: there is none."""


def test_every_decision_of_core_is_taken_both_ways() -> None:
    every: set[Answer] = set()
    given: set[Answer] = set()
    for name in CASES:
        paths = lifted(name).paths
        every |= answers(paths[place] for place in ends(name))
        given |= answers(paths[place] for place in played(name).taken)
    missing = {(function, source) for function, source, _ in every - given}
    assert missing <= {SELDOM}


def test_most_paths_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{'':17} scenes  paths contract  sound  taken"]
    sums = [0] * 5
    for name in CASES:
        run, sound = played(name), ends(name)
        whole = len(lifted(name).paths)
        taken = sum(run.taken[place] > 0 for place in sound)
        row = [run.taken.total(), whole, whole - len(sound), len(sound), taken]
        if name != OBSERVATION:  # any two states, in all combinations of fields
            sums = [one + other for one, other in zip(sums, row, strict=True)]
        rows.append(f"{name:17} " + " ".join(f"{each:6}" for each in row))
    rows.append(f"{'all':17} " + " ".join(f"{each:6}" for each in sums))
    with capsys.disabled():
        print("\n" + "\n".join(rows))  # noqa: T201 - the coverage is to be seen
    assert sums[4] / sums[3] > MOST


def is_noticed(case: Lifted, bent: Path[Any], place: int, scenes: list[Scene]) -> bool:
    paths = (*case.paths[:place], bent, *case.paths[place + 1 :])
    for scene in scenes:
        try:
            judge(replace(case, paths=paths), scene)
        except AssertionError:
            return True
    return False


def kept(name: str) -> Iterator[tuple[int, Path[Any], list[Scene]]]:
    """List the sound paths that were taken, with some scenes that took them."""
    for place, scenes in played(name).kept.items():
        path = lifted(name).paths[place]
        if path.error is None:
            yield place, path, scenes


@pytest.mark.parametrize("name", CASES)
def test_an_output_that_a_path_lost_is_noticed(name: str) -> None:
    bent = 0
    for place, path, scenes in kept(name):
        after, outputs = parted(path)
        if any(scene.outputs for scene in scenes) and is_always_done(outputs[0]):
            rest = outputs[1:]
            lost = replace(path, result=rest if after is None else (after, rest))
            assert is_noticed(lifted(name), lost, place, scenes)
            bent += 1
    assert bent


def is_always_done(output: object) -> bool:
    """Tell whether an output is one, not one for each read of some."""
    return not isinstance(output, Answered | Served)


@pytest.mark.parametrize("name", lifting.cases())
def test_a_state_that_a_path_changed_is_noticed(name: str) -> None:
    for place, path, scenes in kept(name):
        after, outputs = parted(path)
        assert after is not None
        for column, change in (("commit_index", 1), ("last_heartbeat", -1)):
            changed = replace(after, **{column: getattr(after, column) + change})
            bent = replace(path, result=(changed, outputs))
            assert is_noticed(lifted(name), bent, place, scenes[:1])


def test_a_decision_that_a_path_bent_is_noticed() -> None:
    paths = lifted("VoteReply").paths
    for place, path in enumerate(paths):
        for number, decision in enumerate(path.decisions):
            turned = replace(decision, holds=not decision.holds)
            decided = (*path.decisions[:number], turned, *path.decisions[number + 1 :])
            bent = replace(path, decisions=decided)
            with pytest.raises((AssertionError, IndexError)):
                laid_out((*paths[:place], bent, *paths[place + 1 :]))


def test_a_path_that_is_lost_or_stands_twice_is_noticed() -> None:
    paths = lifted("VoteReply").paths
    for place, path in enumerate(paths):
        with pytest.raises((AssertionError, IndexError)):
            laid_out((*paths[:place], *paths[place + 1 :]))
        with pytest.raises((AssertionError, IndexError)):
            laid_out((*paths, path))


def test_ends_that_changed_places_are_noticed() -> None:
    noticed = bent = 0
    for name in CASES:
        found = list(kept(name))
        for (place, path, scenes), (_, other, _) in pairwise(found):
            exchanged = replace(path, result=other.result)
            if told(path) != told(other):
                noticed += is_noticed(lifted(name), exchanged, place, scenes)
                bent += 1
    assert noticed > 0.9 * bent


def told(path: Path[Any]) -> str:
    """Write the end of a path down, to see whether two are written alike."""
    after, outputs = parted(path)
    columns_after = () if after is None else lower(after)
    return f"{[expr.sexpr() for expr in columns_after]} {outputs}"
