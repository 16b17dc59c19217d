"""Traces: what a crash takes back, who may recover, and from which disk."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from primacy import (
    Durable,
    Elapsed,
    Forward,
    Instant,
    Message,
    Received,
    Refused,
    RequestId,
    State,
    Term,
    Timer,
    Write,
    dumps,
    initial,
    recover,
    step,
)
from primacy.codec import PACKET_LENGTH
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.messages import Append
from primacy.types import Command, Index
from primacy_model.cli import commands
from primacy_model.conformance.recorder import Recorder
from tests.support.traces import alone, config, renumbered, verdict

RUNS = "it runs: a crash has to come before."


def test_an_agent_that_runs_does_not_recover() -> None:
    told = alone()
    quiet = renumbered([*told[:5], *told[6:]])
    assert verdict(quiet) == f"not allowed, line 6: {RUNS}"
    twice = renumbered([*told[:7], told[6], told[7]])
    assert verdict(twice) == f"not allowed, line 8: {RUNS}"


def test_an_agent_crashes_and_recovers_as_often_as_it_wants() -> None:
    told = alone()
    crash = '{"seq":1,"agent":"a","event":"crash"}\n'
    assert verdict(renumbered([*told[:7], crash, *told[6:]])) == "allowed, 8 lines"


def forwarding(performed: int | None, *, is_late: bool = False) -> list[str]:
    """Log a write that b refuses and forwards to a, and a crash of b."""
    told: list[str] = []
    ours = {name: config(name) for name in ("a", "b", "c")}
    log = Recorder(told.append, ours.values(), states="none", whole=True)
    states: dict[str, State] = {}
    for name, mine in ours.items():
        states[name], outputs = initial(mine)
        log.start(name, states[name], outputs)
    write = Write(RequestId("w1"), Command("x"))
    after, outputs = step(states["b"], write)
    (refused,) = outputs
    assert isinstance(refused, Refused)
    log.step("b", write, after, outputs)
    packet = Forward(
        ours["b"].mesh,
        ours["b"].me,
        refused.token,
        write.request,
        write.command,
    )
    message = Received(packet, Instant(1))
    if is_late:
        log.crash("b", performed)
    log.step("a", message, *step(states["a"], message))
    if not is_late:
        log.crash("b", performed)
    log.end()
    return told


@pytest.mark.parametrize("is_late", [False, True])
def test_a_refusal_that_was_performed_is_forwarded(is_late: bool) -> None:
    assert verdict(forwarding(1, is_late=is_late)) == "allowed, 6 lines"
    assert verdict(forwarding(None, is_late=is_late)) == "allowed, 6 lines"


def test_a_refusal_that_a_crash_kept_back_is_not_forwarded() -> None:
    assert verdict(forwarding(0, is_late=True)) == (
        "not allowed, line 7: b was refused no such write under that token."
    )
    assert verdict(forwarding(0)) == (
        "not allowed, line 7: a write whose refusal it did not give before the crash"
        " was forwarded."
    )


def recovered(disk: Durable) -> str:
    told: list[str] = []
    mine = config("a")
    log = Recorder(told.append, [mine], states="none")
    log.recover("a", disk, *recover(mine, disk))
    log.end()
    return verdict(told)


def log_of(*terms: int) -> Log:
    return Log.of(Entry(Term(term), EntryKind.NOOP) for term in terms)


@pytest.mark.parametrize(
    ("term", "terms", "why"),
    [
        (-1, (), "no disk has the term -1: terms begin at 0."),
        (2, (1, 3), "no disk of term 2 holds an entry of term 3."),
        (0, (1,), "no disk of term 0 holds an entry of term 1."),
        (
            3,
            (2, 1, 3),
            "no disk has the term 1 at index 2: 2 or more is needed.",
        ),
        (3, (0,), "no disk has the term 0 at index 1: 1 or more is needed."),
    ],
)
def test_a_first_disk_that_cannot_be_is_refused(
    term: int, terms: tuple[int, ...], why: str
) -> None:
    assert recovered(Durable(Term(term), log=log_of(*terms))) == (
        f"not allowed, line 2: {why}"
    )


def test_a_first_disk_that_can_be_is_allowed() -> None:
    for term, terms in ((0, ()), (3, ()), (3, (1, 1, 3)), (4, (2, 3))):
        disk = Durable(Term(term), log=log_of(*terms))
        assert recovered(disk) == "allowed, 1 lines"


# --- lengths --------------------------------------------------------------------------


def writing(command: str, batch: int = 1) -> list[str]:
    """Log a lone leader that is given a write."""
    told: list[str] = []
    mine = replace(config("a", "a"), batch=batch)
    log = Recorder(told.append, [mine], states="none", whole=True)
    state, outputs = initial(mine)
    log.start("a", state, outputs)
    given: list[Message] = [
        Elapsed(Timer.ELECTION, Instant(20_000)),
        Elapsed(Timer.ELECTION, Instant(40_000)),
        Write(RequestId("w1"), Command(command)),
    ]
    for message in given:
        state, outputs = step(state, message)
        log.step("a", message, state, outputs)
    log.end()
    return told


def test_a_write_that_no_packet_can_carry_is_refused_in_its_line(
    tmp_path: Path,
) -> None:
    trace = tmp_path / "t.jsonl"
    trace.write_text("".join(writing("x" * 4_100_000)))
    done = CliRunner().invoke(commands.main, ["conform", str(trace)])
    assert done.exit_code == 1
    assert f"{trace}:5: not allowed: agent a, step: it is 4,100,0" in done.output
    assert "clauses: runtime.text" in done.output


@pytest.mark.parametrize("batch", [1, 64])
def test_a_write_is_as_long_as_its_batch_lets_it(batch: int) -> None:
    bare = len(dumps(Write(RequestId("w1"), Command(""))))
    most = PACKET_LENGTH // (2 * batch)
    assert verdict(writing("x" * (most - bare), batch)) == "allowed, 4 lines"
    assert f"at most {most:,}" in verdict(writing("x" * (most - bare + 1), batch))


def test_a_packet_that_cannot_be_written_is_refused_in_its_line() -> None:
    told: list[str] = []
    ours = {name: config(name) for name in ("a", "b", "c")}
    log = Recorder(told.append, ours.values(), states="none", whole=True)
    for name, mine in ours.items():
        log.start(name, *initial(mine))
    long = Entry(Term(1), EntryKind.COMMAND, Command("x" * PACKET_LENGTH))
    after, before = Segment.of(long), (Index(0), Term(0))
    packet = Append(ours["b"].mesh, ours["b"].me, Term(1), *before, after, Index(0))
    message = Received(packet, Instant(1))
    log.step("a", message, *step(initial(ours["a"])[0], message))
    log.end()
    assert verdict(told).startswith(
        "not allowed, line 5: it brings or leads to what cannot be written: the text:"
        f" a packet of at most {PACKET_LENGTH} characters"
    )


# --- nothing to judge -----------------------------------------------------------------


def test_traces_without_a_line_are_vacuous(tmp_path: Path) -> None:
    told: list[str] = []
    Recorder(told.append, [config("a")]).end()
    (tmp_path / "empty").write_text("".join(told))
    (tmp_path / "good").write_text("".join(alone()))

    def done(*names: str) -> tuple[int, str]:
        words = [str(tmp_path / name) for name in names]
        found = CliRunner().invoke(commands.main, ["conform", *words])
        return found.exit_code, found.output

    assert done("empty")[0] == done("empty", "empty")[0] == 4
    assert "empty: allowed. Vacuous: it holds no line." in done("empty")[1]
    assert done("good", "empty")[0] == done("empty", "good")[0] == 0
