"""Nine properties of `step`, over drawn and reached states and over any message.

Each is a function that takes the step that it judges, and has a mutant below it: a step
that is broken on purpose, for which a counterexample must be found.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from primacy import (
    Apply,
    Arm,
    Broadcast,
    Disarm,
    Discard,
    FormatError,
    Message,
    Observation,
    Output,
    Persist,
    Received,
    Rejected,
    Restore,
    Send,
    ServeRead,
    State,
    Term,
    WriteAccepted,
    dumps,
    loads,
    step,
)
from primacy.agents import AgentSet
from primacy.codec import Kind
from primacy.electorate import Roll
from primacy.messages import Snapshotted
from primacy.outputs import RollChanged
from primacy.role import Role
from primacy.role_changes import adopt
from primacy.state import NO_LEADERSHIP, Durable, Result
from primacy.types import NOBODY, Index
from tests.support.situations import Situation, situations

StepFunction = Callable[[State, Message], Result]
Check = Callable[[StepFunction, State, Message], None]

trying = settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def counterexample(check: Check, mutant: StepFunction) -> Situation:
    """Find a situation in which a mutant fails a check, without shrinking it."""

    def is_caught(situation: Situation) -> bool:
        try:
            check(mutant, *situation)
        except AssertionError:
            return True
        return False

    return found(is_caught)


def found(condition: Callable[[Situation], bool]) -> Situation:
    """Find a situation, the same in every run; `NoSuchExample` is raised for none."""
    return find(
        situations(),
        condition,
        random=Random(0),  # noqa: S311 - the same search in every run
        settings=settings(
            trying, max_examples=5_000, database=None, phases=[Phase.generate]
        ),
    )


# The situations are such that something happens in them.


@pytest.mark.parametrize(
    "kind",
    [
        Apply,
        Broadcast,
        Discard,
        Persist,
        Rejected,
        Restore,
        RollChanged,
        Send,
        ServeRead,
        WriteAccepted,
    ],
)
def test_situations_reach_every_output_that_matters_here(kind: type[Output]) -> None:
    found(lambda at: any(isinstance(output, kind) for output in step(*at)[1]))


# Total.


def check_total(judged: StepFunction, state: State, message: Message) -> None:
    try:
        after, outputs = judged(state, message)
    except Exception as error:
        raise AssertionError(f"step raised {error!r}") from error
    assert isinstance(after, State)
    assert isinstance(outputs, tuple)
    assert all(isinstance(output, Output) for output in outputs)


@pytest.mark.clause("message.total")
@trying
@given(situations())
def test_whatever_is_well_typed_is_answered(situation: Situation) -> None:
    check_total(step, *situation)


def test_mutant_that_looks_a_stranger_up_raises() -> None:
    def trusting(state: State, message: Message) -> Result:
        if isinstance(message, Received):
            state.roll.members.members.index(message.packet.sender)
        return step(state, message)

    counterexample(check_total, trusting)


# Deterministic.


def check_deterministic(judged: StepFunction, state: State, message: Message) -> None:
    first = judged(state, message)
    assert judged(state, message) == first
    assert judged(copied(state), copied(message)) == first


@pytest.mark.clause("message.pure")
@trying
@given(situations())
def test_equal_situations_have_equal_answers(situation: Situation) -> None:
    check_deterministic(step, *situation)


def test_mutant_that_counts_its_calls_answers_differently() -> None:
    calls = count()

    def counting(state: State, message: Message) -> Result:
        return step(state, message) if next(calls) % 2 else (state, ())

    counterexample(check_deterministic, counting)


def test_mutant_that_looks_at_identity_answers_a_copy_differently() -> None:
    def looking(state: State, message: Message) -> Result:
        after, outputs = step(state, message)
        is_shared = state.leadership is NO_LEADERSHIP
        return after, outputs if is_shared else outputs[::-1]

    counterexample(check_deterministic, looking)


# Terms never fall.


def check_terms_never_fall(
    judged: StepFunction, state: State, message: Message
) -> None:
    after, _ = judged(state, message)
    assert after.term >= state.term


@pytest.mark.clause("term.never-falls")
@trying
@given(situations())
def test_terms_never_fall(situation: Situation) -> None:
    check_terms_never_fall(step, *situation)


def test_mutant_that_obeys_every_term_falls_back() -> None:
    def obeying(state: State, message: Message) -> Result:
        if isinstance(message, Received) and 0 < message.packet.term < state.term:
            lower = Durable(message.packet.term, NOBODY, state.log)
            return step(replace(state, durable=lower), message)
        return step(state, message)

    counterexample(check_terms_never_fall, obeying)


# Durable before sent.


def check_durable_before_sent(
    judged: StepFunction, state: State, message: Message
) -> None:
    """Whatever leaves the agent finds the disk as the whole step leaves it."""
    after, outputs = judged(state, message)
    disk = state.durable
    for output in outputs:
        if isinstance(output, Persist):
            disk = disk.after(output)
        elif isinstance(output, Discard):
            disk = disk.discarded(output)
        elif isinstance(output, Restore):
            disk = disk.restored(output)
        elif not isinstance(output, Arm | Disarm | Rejected | Observation):
            assert disk == after.durable, output
    assert disk == after.durable


@pytest.mark.clause("output.durable-first")
@trying
@given(situations())
def test_what_is_durable_is_written_before_anything_is_sent(
    situation: Situation,
) -> None:
    check_durable_before_sent(step, *situation)


def test_mutant_that_sends_first_is_caught() -> None:
    def hasty(state: State, message: Message) -> Result:
        after, outputs = step(state, message)
        by_haste = sorted(outputs, key=lambda output: isinstance(output, Persist))
        return after, tuple(by_haste)

    counterexample(check_durable_before_sent, hasty)


def test_mutant_that_writes_no_vote_is_caught() -> None:
    def voteless(state: State, message: Message) -> Result:
        after, outputs = step(state, message)
        return after, tuple(
            replace(output, voted_for=NOBODY) if isinstance(output, Persist) else output
            for output in outputs
        )

    state, message = counterexample(check_durable_before_sent, voteless)
    assert step(state, message)[0].durable.voted_for != NOBODY


# The roll is that of the log.


def check_roll_of_log(judged: StepFunction, state: State, message: Message) -> None:
    after, _ = judged(state, message)
    assert after.roll == after.log.roll(after.config.first_roll)


@pytest.mark.clause("roll.of-log")
@trying
@given(situations())
def test_the_roll_is_that_of_the_log(situation: Situation) -> None:
    check_roll_of_log(step, *situation)


def test_mutant_that_keeps_its_roll_is_caught() -> None:
    def keeping(state: State, message: Message) -> Result:
        after, outputs = step(state, message)
        return replace(after, roll=state.roll), outputs

    counterexample(check_roll_of_log, keeping)


# What a snapshot stands for is committed.


def check_start_is_committed(
    judged: StepFunction, state: State, message: Message
) -> None:
    after, _ = judged(state, message)
    assert state.log.start <= after.log.start <= after.commit_index
    assert state.commit_index <= after.commit_index <= after.log.last_index


@pytest.mark.clause("snapshot.committed-only", "snapshot.never-back", "snapshot.known")
@trying
@given(situations())
def test_what_a_snapshot_stands_for_is_committed(situation: Situation) -> None:
    check_start_is_committed(step, *situation)


def test_mutant_that_takes_every_snapshot_is_caught() -> None:
    def taking(state: State, message: Message) -> Result:
        if not isinstance(message, Snapshotted):
            return step(state, message)
        index, first = message.index, state.config.first_roll
        if not state.log.start <= index <= state.log.last_index:
            return step(state, message)
        log = state.log.compacted(index, state.log.roll_at(index, first))
        return replace(state, durable=replace(state.durable, log=log)), ()

    counterexample(check_start_is_committed, taking)


# A leader sets rolls that are near.


def differ_by_one_at_most(some: AgentSet, others: AgentSet) -> bool:
    return len(set(some.members) ^ set(others.members)) <= 1


def is_near(one: Roll, other: Roll) -> bool:
    """Tell whether two rolls share an electorate, or are settled and differ by one."""
    if {one.electors, one.outgoing} & {other.electors, other.outgoing}:
        return True
    is_settled = not one.is_joint and not other.is_joint
    return is_settled and differ_by_one_at_most(one.electors, other.electors)


def check_rolls_are_near(judged: StepFunction, state: State, message: Message) -> None:
    """Compare each roll that a leader sets with the one before it."""
    after, _ = judged(state, message)
    if after.role != Role.LEADER or after.term != state.term:
        return
    before = state.roll
    for index in range(state.log.last_index + 1, after.log.last_index + 1):
        roll = after.log.prefix(Index(index)).roll(state.config.first_roll)
        assert is_near(before, roll)
        before = roll


@pytest.mark.clause("change.near", "change.joint", "change.settles")
@trying
@given(situations())
def test_a_leader_sets_rolls_that_are_near(situation: Situation) -> None:
    check_rolls_are_near(step, *situation)


def test_mutant_that_replaces_an_electorate_in_one_step_is_caught() -> None:
    def abrupt(state: State, message: Message) -> Result:
        after, outputs = step(state, message)
        if not after.roll.is_joint or after.roll == state.roll:
            return after, outputs
        before, last = after.log.prefix(state.log.last_index), after.log.last_index
        joint = after.log.at(last)
        log = before.append(replace(joint, outgoing=joint.electors))
        durable = replace(after.durable, log=log)
        roll = log.roll(state.config.first_roll)
        return replace(after, durable=durable, roll=roll), outputs

    _, message = counterexample(check_rolls_are_near, abrupt)
    assert not isinstance(message, Received)


# A rejected message changes nothing.


def check_rejected_changes_nothing(
    judged: StepFunction, state: State, message: Message
) -> None:
    after, outputs = judged(state, message)
    if any(isinstance(output, Rejected) for output in outputs):
        assert after == state
        assert len(outputs) == 1


@trying
@given(situations())
def test_a_rejected_message_changes_nothing(situation: Situation) -> None:
    check_rejected_changes_nothing(step, *situation)


def test_mutant_that_adopts_a_term_before_it_judges_is_caught() -> None:
    def adopting(state: State, message: Message) -> Result:
        if not isinstance(message, Received) or message.packet.term <= state.term:
            return step(state, message)
        current, adopted = adopt(state, Term(message.packet.term))
        after, outputs = step(current, message)
        return after, adopted + outputs

    counterexample(check_rejected_changes_nothing, adopting)


# JSON round trip.


def copied(value: Kind) -> Kind:
    """Write a value and read it back."""
    return loads(dumps(value), type(value))


def check_survives_json(judged: StepFunction, state: State, message: Message) -> None:
    after, outputs = judged(state, message)
    for value in (state, message, after, *outputs):
        try:
            copy = copied(value)
        except FormatError as error:
            raise AssertionError(f"{value} is not of the format") from error
        assert copy == value
        assert hash(copy) == hash(value)


@pytest.mark.clause("codec.round-trip")
@trying
@given(situations())
def test_states_messages_and_outputs_survive_json(situation: Situation) -> None:
    check_survives_json(step, *situation)


def test_mutant_that_leaves_a_set_unordered_is_caught() -> None:
    def unordered(state: State, message: Message) -> Result:
        after, outputs = step(state, message)
        return replace(after, alive=AgentSet(after.alive.members[::-1])), outputs

    counterexample(check_survives_json, unordered)


def test_mutant_of_the_codec_that_forgets_the_vote_is_caught() -> None:
    def forgetful(text: str) -> object:
        return read(re.sub('"voted_for":"[^"]*"', '"voted_for":""', text))

    read = loads
    with patch(f"{__name__}.loads", lambda text, _: forgetful(text)):
        counterexample(check_survives_json, step)
