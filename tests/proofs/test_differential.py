"""The lifted paths against `step` itself: one path matches, with the same result."""

from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings

from primacy import step
from primacy.agents import AgentMap
from primacy.messages import Message, Received
from primacy.outputs import Observation
from primacy.state import State
from primacy_proofs import lifting
from primacy_proofs.lifting import Case
from primacy_proofs.paths import Path
from primacy_proofs.records import columns, plain
from tests.proofs.evaluation import Environment, evaluate, performed
from tests.proofs.evaluation import plain as plain_value
from tests.situations import Situation, situations

SAMPLES = 2_000
taken: Counter[str] = Counter()


@cache
def case_of(name: str) -> Case:
    return lifting.lift(name)


def named(record: Any, prefix: str = "") -> dict[str, Any]:
    values = [value for _, value in plain(record)]
    names = [prefix + column.name for column in columns(type(record))]
    return dict(zip(names, values, strict=True))


def given_by(value: Any) -> Callable[..., Any]:
    return lambda *_: value


def environment(state: State, message: Message, suggestions: list[int]) -> Environment:
    config = state.config
    values = {
        "config": config,
        "me": config.me,
        "mesh": config.mesh,
        "electors": config.initial_leaders,
        "everyone": config.everyone,
        **{
            field.name: getattr(config, field.name)
            for field in fields(config)
            if field.name in lifting.TIMES or field.name == "batch"
        },
        **named(state),
        **{f"any{place}": each for place, each in enumerate(suggestions, start=1)},
    }
    if isinstance(message, Received):
        values |= named(message.packet, f"{type(message.packet).__name__}.")
        values |= {"packet": message.packet, "now": message.now}
    else:
        values |= named(message, f"{type(message).__name__}.")
    return {name: given_by(value) for name, value in values.items()}


def matches(path: Path[Any], values: Environment, known: dict[int, bool]) -> bool:
    """Tell whether a path is taken; paths share conditions, each is asked once."""
    for decision in path.decisions:
        asked = decision.condition.get_id()
        if asked not in known:
            known[asked] = evaluate(decision.condition, values)
        if known[asked] != decision.holds:
            return False
    return True


@pytest.fixture
def suggestions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []
    suggest = AgentMap.suggestion

    def suggestion(numbers: AgentMap, electors: Any) -> int:
        made.append(suggest(numbers, electors))
        return made[-1]

    monkeypatch.setattr(AgentMap, "suggestion", suggestion)
    return made


@settings(
    max_examples=SAMPLES,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(situations())
def check_one_path_matches(suggestions: list[int], situation: Situation) -> None:
    state, message = situation
    suggestions.clear()
    after, outputs = step(state, message)
    kind = message.packet if isinstance(message, Received) else message
    case = case_of(type(kind).__name__)
    values = environment(state, message, suggestions)
    known: dict[int, bool] = {}
    found = [
        (number, path)
        for number, path in enumerate(case.paths, start=1)
        if matches(path, values, known)
    ]
    assert len(found) == 1
    number, path = found[0]
    assert path.error is None
    assert path.result is not None
    lifted_after, lifted_outputs = path.result
    told = get_args(Observation)
    assert plain_value(lifted_after, values) == after
    assert performed(lifted_outputs, values) == tuple(
        output for output in outputs if not isinstance(output, told)
    )
    taken[f"{case.name} {number}"] += 1


def test_one_path_matches_and_gives_the_same(
    suggestions: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    taken.clear()
    check_one_path_matches(suggestions)
    assert taken.total() >= SAMPLES
    cases = {name.split()[0] for name in taken}
    assert cases == {*lifting.cases()} - {lifting.RESTART}
    print(f"{len(taken)} paths taken by {taken.total()} situations")
    assert "paths taken" in capsys.readouterr().out
