"""The lifter: what proxies refuse, what paths are, and that none is lost."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy import dispatch, replication
from primacy import messages as wire
from primacy import outputs as effects
from primacy.agents import AgentMap
from primacy.config import PPM, Config, longest_lease_ms
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind
from primacy.messages import Timer
from primacy.observation import observe
from primacy.role import Role, Wait
from primacy.state import State
from primacy.types import NOBODY, Command, Term
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Prover,
    Status,
    any_of,
    constant,
    is_same,
    number,
)
from primacy_proofs.symbolic.containers import (
    Answered,
    LiftedLog,
    LiftedMap,
    LiftedParked,
    LiftedSet,
    Served,
)
from primacy_proofs.symbolic.paths import (
    ContractError,
    MeaninglessError,
    Path,
    paths,
)
from primacy_proofs.symbolic.records import lower
from primacy_proofs.symbolic.values import (
    LiftedAgent,
    LiftedEnum,
    LiftedInt,
    LiftedText,
    Proxy,
)
from primacy_proofs.system import lifting
from tests.support.lifted_cases import case_of, observation_paths
from tests.support.strategies import MESHES

N = LiftedInt(constant("n", INT))
AGENT = LiftedAgent(constant("a", on.AGENT))
TEXT = LiftedText(constant("t", on.TEXT))
ROLE = LiftedEnum(constant("r", on.ROLE), Role)
SET = LiftedSet(constant("s", on.SET))
LOG = LiftedLog(constant("l", on.LOG), number(0))
MAP = LiftedMap(constant("m", on.MAP))

PATHS = {
    "Claim": 24,
    "PreVoteRequest": 169,
    "PreVoteReply": 35,
    "VoteRequest": 305,
    "VoteReply": 19,
    "Heartbeat": 70,
    "HeartbeatReply": 144,
    "Append": 280,
    "Install": 196,
    "AppendReply": 292,
    "ReadIndexRequest": 20,
    "ReadIndexReply": 14,
    "TransferNow": 20,
    "Forward": 18,
    "ForwardReply": 11,
    "Elapsed": 122,
    "Write": 11,
    "Read": 14,
    "LeaseRead": 10,
    "Transfer": 7,
    "Change": 44,
    "Replace": 20,
    "Snapshotted": 5,
    "Unknown message": 1,
    "Unknown packet": 1,
    "Restart": 3,
}
"""How many ways there are through `step`, by message."""
OBSERVATIONS = 1728
"""How many ways there are to tell of a step."""

MEANINGLESS: list[tuple[str, Callable[[], Any]]] = [
    ("truth of a number", lambda: bool(N)),
    ("truth of an agent", lambda: bool(AGENT)),
    ("truth of a set", lambda: bool(SET)),
    ("hash", lambda: hash(N)),
    ("hash of an agent", lambda: {AGENT}),
    ("length", lambda: len(SET)),  # type: ignore[arg-type]
    ("loop", lambda: list(SET)),  # type: ignore[call-overload]
    ("membership", lambda: AGENT in SET),  # type: ignore[operator]
    ("index", lambda: [1, 2][N]),  # type: ignore[call-overload]
    ("range", lambda: range(N)),  # type: ignore[call-overload]
    ("int", lambda: int(N)),  # type: ignore[call-overload]
    ("float", lambda: float(N)),  # type: ignore[arg-type]
    ("str", lambda: str(TEXT)),
    ("format", lambda: f"{AGENT}"),
    ("item", lambda: LOG[0]),  # type: ignore[index]
    ("product of unknowns", lambda: N * N),
    ("repetition of a tuple", lambda: (0,) * N),
    ("remainder", lambda: N % 2),  # type: ignore[operator]
    ("division", lambda: N // 2),  # type: ignore[operator]
    ("number and truth value", lambda: N == True),  # noqa: E712
    ("number and text", lambda: N == "n"),
    ("number and nothing", lambda: N == None),  # noqa: E711
    ("agent and plain name", lambda: AGENT == "ada"),
    ("agent and text", lambda: AGENT == TEXT),
    ("role and wait", lambda: ROLE == Wait.STAND),
    ("role and text", lambda: ROLE == "leader"),
    ("order of texts", lambda: TEXT < AGENT),  # type: ignore[operator]
    ("order of roles", lambda: ROLE < N),
    ("sum of an agent", lambda: AGENT + AGENT),  # type: ignore[operator]
    ("set and plain set", lambda: {"a"} == SET),
    ("call", lambda: N(1)),  # type: ignore[operator]
]


@pytest.mark.parametrize(
    "use", [use for _, use in MEANINGLESS], ids=[name for name, _ in MEANINGLESS]
)
def test_what_has_no_meaning_is_refused(use: Callable[[], Any]) -> None:
    with pytest.raises(MeaninglessError):
        paths(use)


def test_core_cannot_catch_what_has_no_meaning() -> None:
    assert not issubclass(MeaninglessError, Exception)


def test_a_truth_value_outside_a_run_is_refused() -> None:
    with pytest.raises(MeaninglessError):
        bool(N < 1)


def test_each_answer_is_tried_once() -> None:
    def compare() -> str:
        if N < 0:
            return "below"
        if N < 1:
            return "at"
        return "above"

    assert [path.result for path in paths(compare)] == ["below", "at", "above"]


def test_what_contradicts_the_path_is_not_tried() -> None:
    def compare() -> bool:
        return bool(N < 0) and bool(N > 3)

    assert [path.result for path in paths(compare)] == [False, False]


def test_an_error_ends_its_path_alone() -> None:
    def divide() -> int:
        return 1 if N == 0 else 1 // 0

    fine, failed = paths(divide)
    assert fine.result == 1
    assert isinstance(failed.error, ZeroDivisionError)


def test_a_handler_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("primacy_proofs.symbolic.paths.MOST_PATHS", 20)

    def count() -> int:
        number = 0
        while number < N:
            number += 1
            if number > 100:
                break
        return number

    with pytest.raises(MeaninglessError):
        paths(count)


@pytest.mark.parametrize("name", lifting.cases())
def test_the_paths_of_a_message_are_all_ways_through_step(name: str) -> None:
    found = case_of(name).paths
    assert len(found) == PATHS[name]
    assert_complete(found)


def test_the_paths_of_what_is_told_of_a_step_are_all() -> None:
    found = observation_paths()
    assert len(found) == OBSERVATIONS
    assert_complete(found)


def assert_complete(found: tuple[Path[Any], ...]) -> None:
    whole = any_of(*(path.condition for path in found))
    assert Prover([]).prove([], whole).status is Status.PROVED


@pytest.mark.parametrize("name", lifting.cases())
def test_a_path_ends_well_or_breaks_a_contract(name: str) -> None:
    errors = {type(path.error) for path in case_of(name).paths if path.error}
    assert errors <= {ContractError}


def test_the_outputs_of_steps_are_those_that_the_proofs_know() -> None:
    made = {
        type(output)
        for name in lifting.cases()
        for path in case_of(name).paths
        if path.result
        for output in path.result[1]
    }
    observations = {*get_args(effects.Observation)}
    assert made == {*get_args(effects.Output)} - observations | {Answered, Served}


@pytest.mark.parametrize("name", lifting.cases())
def test_no_step_changes_the_configuration(name: str) -> None:
    before = configured(lifting.config())
    for path in case_of(name).paths:
        assert path.result is None or configured(path.result[0].config) == before


def configured(config: Config) -> list[str]:
    values = [getattr(config, field.name) for field in fields(config)]
    exprs = [value.expr for value in values if isinstance(value, Proxy)]
    return [expr.sexpr() for expr in (*exprs, *lower(config.first_roll))]


def test_without_one_path_the_others_are_not_all() -> None:
    found = case_of("VoteReply").paths
    for missing in found:
        rest = any_of(*(path.condition for path in found if path is not missing))
        assert Prover([]).prove([], rest).status is Status.REFUTED


@pytest.mark.parametrize("name", lifting.cases())
def test_no_two_paths_of_a_message_overlap(name: str) -> None:
    found = case_of(name).paths
    for place, one in enumerate(found):
        for other in found[:place]:
            pairs = zip(one.decisions, other.decisions, strict=False)
            parting = next(pair for pair in pairs if pair[0].holds != pair[1].holds)
            assert is_same(parting[0].condition, parting[1].condition)


def test_a_decision_names_function_line_and_source() -> None:
    told = {
        (decision.function, decision.source)
        for path in case_of("VoteRequest").paths
        for decision in path.decisions
    }
    assert (
        "election.on_vote_request",
        "if state.durable.voted_for != NOBODY:",
    ) in told
    assert {function.split(".")[0] for function, _ in told} == {
        *("election", "dispatch", "validity"),
    }


def test_core_is_as_it_was_after_a_run() -> None:
    lifting.lift("VoteReply")
    assert vars(replication)["AgentMap"] is AgentMap
    assert vars(dispatch)["observe"] is observe


def test_observations_never_fail() -> None:
    assert all(path.error is None for path in observation_paths())


@pytest.mark.parametrize(
    "use",
    [
        bool,
        len,
        hash,
        lambda some: some == (),
        lambda some: some[0],
        lambda some: some or (),
    ],
)
def test_nobody_asks_how_many_reads_are_answered(use: Callable[[Any], object]) -> None:
    some = LiftedParked(constant("parked", on.PARKED)).due(N)
    joined = (1, *some), (1,) + tuple(some + (2,)), tuple((2,) + some)  # noqa: RUF005
    assert [len(each) for each in joined] == [2, 3, 2]
    with pytest.raises((MeaninglessError, TypeError)):
        use(some)
    with pytest.raises((MeaninglessError, TypeError)):
        use((0,) + some)  # noqa: RUF005 - what core might write


def test_a_noop_brings_no_command() -> None:
    LOG.append(Entry(Term(1), EntryKind.NOOP))
    with pytest.raises(MeaninglessError):
        LOG.append(Entry(Term(1), EntryKind.NOOP, Command("x")))


def test_a_step_keeps_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(before: State, _: object) -> tuple[State, tuple[object, ...]]:
        return replace(before, config=lifting.config()), ()

    monkeypatch.setattr(dispatch, "step", changed)
    with pytest.raises(MeaninglessError, match="configuration"):
        lifting.lift("Claim")


def test_every_message_is_a_case() -> None:
    local = {kind.__name__ for kind in get_args(wire.Message)} - {"Received"}
    packets = {kind.__name__ for kind in get_args(wire.Packet)}
    assert {*lifting.cases()} == local | packets | {*lifting.UNKNOWN, lifting.RESTART}


OWN = effects.Disarm(Timer.ELECTION)


@pytest.mark.parametrize(
    "told",
    [
        lambda seen: (*seen, OWN),
        lambda _: (OWN,),
        lambda seen: (OWN, *seen, *seen),
    ],
)
def test_what_is_observed_is_told_last(
    told: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(before: State, _: object) -> tuple[State, Any]:
        return before, told((lifting.OBSERVED,))

    monkeypatch.setattr(dispatch, "step", changed)
    with pytest.raises(MeaninglessError, match="observed"):
        lifting.lift("Claim")


def test_the_lifted_configuration_has_what_a_real_one_has() -> None:
    made = lifting.config()
    for real in MESHES:
        for each in fields(real):
            assert hasattr(made, each.name)
        electors, workers = real.initial_leaders, real.workers
        assert real.first_roll == Roll(electors, electors, workers)
        assert (real.first_roll.index, real.first_roll.term) == (0, 0)
        assert not electors.union(workers).has(NOBODY)
        assert real.me == real.agent_id != NOBODY
        assert real.batch >= 1


@given(
    timeout=st.integers(1, 10**9),
    drift=st.integers(0, PPM - 1),
    shorter=st.integers(0, 10**6),
)
def test_the_longest_lease_is_over_when_the_shortest_promise_may_be(
    timeout: int, drift: int, shorter: int
) -> None:
    lease = max(0, longest_lease_ms(timeout, drift) - shorter)
    # as `clocks.drift` takes it
    assert lease * (PPM + drift) <= timeout * (PPM - drift)
