"""Traces in which members change: those that are allowed, and those that are bent."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from primacy import (
    Change,
    ChangeKind,
    Config,
    Durable,
    Elapsed,
    Message,
    Replace,
    Timer,
    agents,
    dumps,
    initial,
    recover,
    step,
)
from primacy.agents import NO_AGENTS
from primacy.codec import PACKET_LENGTH
from primacy.log import Entry, EntryKind, Log
from primacy.types import AgentId, Command, Index, Instant, RequestId, Term
from primacy_model.conformance.membership_scenes import SCENES, membership_traces
from primacy_model.conformance.recorder import Recorder
from tests.support.traces import JsonLine, changed, config, renumbered, verdict


@cache
def scenes() -> dict[str, list[str]]:
    """Write the trace of each scene once."""
    traces = membership_traces("full")
    return {name: text.splitlines(keepends=True) for name, text in traces}


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_in_which_members_change_is_allowed(name: str) -> None:
    lines = scenes()[name]
    assert verdict(lines) == f"allowed, {len(lines) - 2} lines"


def find(name: str, *texts: str) -> int:
    """Find the first line of a scene that holds all texts; lines count from 1."""
    lines = enumerate(scenes()[name], start=1)
    return next(at for at, line in lines if all(text in line for text in texts))


def test_an_outsider_starts_while_the_mesh_runs() -> None:
    lines = scenes()["join"]
    start, packet = find("join", '"agent":"d","event":"start"'), '"agent":"d"'
    assert start > find("join", '"WriteAccepted"', '"admit"') > 7
    heard = find("join", packet, '"kind":"Heartbeat"', '"event":"step"')
    early = renumbered([*lines[: start - 1], lines[heard - 1], *lines[start - 1 :]])
    assert (
        verdict(early) == f"not allowed, line {start}: it never started in this trace."
    )
    twice = renumbered([*lines[:start], lines[start - 1], *lines[start:]])
    assert "it has run before" in verdict(twice)


def test_an_outsider_that_the_head_does_not_configure_is_no_agent() -> None:
    def forget(head: JsonLine) -> None:
        head["configs"] = [
            each for each in head["configs"] if each["value"]["agent_id"] != "d"
        ]

    start = find("join", '"agent":"d","event":"start"')
    assert verdict(changed(scenes()["join"], 1, forget)).startswith(
        f"no trace, line {start}: the first line configures a, b, c, w;"
    )


def test_an_outsider_hears_only_what_was_sent_to_it() -> None:
    lines = scenes()["join"]
    admitted = find("join", '"WriteAccepted"', '"admit"')
    quiet = [
        line.replace('"targets":["b","c","d","w"]', '"targets":["b","c","w"]')
        for line in lines
    ]
    assert verdict(quiet) == (f"not allowed, line {admitted}: its outputs are others.")
    heard = find("join", '"agent":"d"', '"kind":"Heartbeat"', '"event":"step"')

    def in_another_round(line: JsonLine) -> None:
        line["message"]["value"]["packet"]["value"]["round"] += 1

    assert verdict(changed(lines, heard, in_another_round)) == (
        f"not allowed, line {heard}: nobody has sent it this Heartbeat before."
    )


# --- bent lines -----------------------------------------------------------------------


def outputs_of(line: JsonLine, kind: str) -> Iterator[JsonLine]:
    return (each["value"] for each in line["outputs"] if each["kind"] == kind)


def refuse_otherwise(line: JsonLine) -> None:
    (refused,) = outputs_of(line, "Refused")
    refused["reason"] = "this agent does not lead"


def accept(line: JsonLine) -> None:
    line["outputs"] = []


def keep_the_roll(line: JsonLine) -> None:
    (told,) = outputs_of(line, "RollChanged")
    line["state"]["value"]["roll"] = told["before"]


def say_nothing_of_the_roll(line: JsonLine) -> None:
    line["outputs"] = [one for one in line["outputs"] if one["kind"] != "RollChanged"]


def keep_the_lease(line: JsonLine) -> None:
    line["state"]["value"]["leadership"]["lease_given"] = True


def keep_the_old_electorate(line: JsonLine) -> None:
    for persist in outputs_of(line, "Persist"):
        for entry in persist["entries"]:
            entry["outgoing"] = ["a", "b", "c"]


def stay(line: JsonLine) -> None:
    line["outputs"] = [one for one in line["outputs"] if one["kind"] != "Disarm"]


ACCEPTED = '"WriteAccepted"'
OUTPUTS, STATE = "its outputs are others.", "its state is another."
JOINT = ('"Persist"', '"Apply"', '"AppendReply"', '"RollChanged"', '"agent":"a"')
BENT: list[tuple[str, str, tuple[str, ...], Callable[[JsonLine], None], str]] = [
    ("another reason", "join", ('"promote"', '"Refused"'), refuse_otherwise, OUTPUTS),
    ("no refusal", "join", ('"demote"', '"Refused"'), accept, OUTPUTS),
    ("the roll not set", "join", ('"promote"', ACCEPTED), keep_the_roll, STATE),
    (
        "not observed",
        "join",
        (ACCEPTED, '"admit"'),
        say_nothing_of_the_roll,
        OUTPUTS,
    ),
    ("a lease kept", "lease", ('"dismiss"', ACCEPTED), keep_the_lease, STATE),
    ("not settled", "replace", JOINT, keep_the_old_electorate, OUTPUTS),
    ("a leader stays", "hand-over", ('"Elapsed"', '"TransferNow"'), stay, OUTPUTS),
    (
        "not reverted",
        "truncate",
        ('"agent":"a"', '"Received"', '"RollChanged"'),
        keep_the_roll,
        STATE,
    ),
]


@pytest.mark.parametrize("bent", BENT, ids=lambda bent: bent[0])
def test_a_bent_line_of_a_change_is_not_allowed(
    bent: tuple[str, str, tuple[str, ...], Callable[[JsonLine], None], str],
) -> None:
    _, name, texts, bend, why = bent
    number = find(name, *texts)
    told = changed(scenes()[name], number, bend)
    assert verdict(told) == f"not allowed, line {number}: {why}"


def test_a_change_has_a_request_of_its_own() -> None:
    lines = scenes()["join"]
    number = find("join", '"kind":"Change"')
    twice = renumbered([*lines[:number], lines[number - 1], *lines[number:]])
    assert f"line {number + 1}: the request 'q1' was used before." in verdict(twice)
    again = find("join", '"kind":"Replace"')

    def borrow(line: JsonLine) -> None:
        line["message"]["value"]["request"] = "q1"

    told = verdict(changed(lines, again, borrow))
    assert f"line {again}: the request 'q1' was used before." in told


def test_a_restart_brings_back_the_roll_of_the_disk() -> None:
    number = find("unknown-candidate", '"event":"recover"', '"agent":"d"')
    lines = scenes()["unknown-candidate"]

    def first(line: JsonLine) -> None:
        state = line["state"]["value"]
        electors = ["a", "b", "c"]
        roll = {"electors": electors, "outgoing": electors, "workers": []}
        state["roll"] = {**roll, "index": 0, "term": 0}

    assert (
        verdict(changed(lines, number, first)) == f"not allowed, line {number}: {STATE}"
    )

    def other(line: JsonLine) -> None:
        log = line["durable"]["value"]["log"]
        entry = next(one for one in log if one["kind"] == "roll")
        entry["workers"] = []

    assert verdict(changed(lines, number, other)) == (
        f"not allowed, line {number}: its disk is not what was persisted."
    )


# --- a first disk that was not seen before --------------------------------------------


def roll(term: int, electors: str, workers: str = "", outgoing: str = "") -> Entry:
    parts = agents(*electors), agents(*(outgoing or electors)), agents(*workers)
    return Entry(Term(term), EntryKind.ROLL, Command(""), RequestId(""), *parts)


def noop(term: int) -> Entry:
    return Entry(Term(term), EntryKind.NOOP)


def recovered(*entries: Entry) -> str:
    """Judge a restart from a log, of a mesh of a, b and c with the worker w."""
    told: list[str] = []
    mine = Config("north", "a", agents("a", "b", "c"), agents("w"))
    disk = Durable(Term(9), log=Log.of(entries))
    log = Recorder(told.append, [mine], states="none")
    log.recover("a", disk, *recover(mine, disk))
    log.end()
    return verdict(told)


@pytest.mark.parametrize(
    "rolls",
    [
        [roll(1, "abc", "wx")],
        [roll(1, "abc")],
        [roll(1, "abcw")],
        [roll(1, "ab", "cw")],
        [roll(1, "aw", "", "abc")],
        [roll(1, "aw", "", "abc"), roll(1, "aw", "bc")],
        [roll(1, "aw", "", "abc"), noop(2), roll(2, "aw", "bc"), roll(2, "a", "bcw")],
    ],
)
def test_a_first_disk_with_rolls_that_follow_each_other_is_allowed(
    rolls: list[Entry],
) -> None:
    assert recovered(noop(1), *rolls) == "allowed, 1 lines"


@pytest.mark.parametrize(
    ("rolls", "index", "before"),
    [
        ([roll(1, "abcd", "w")], 2, 0),  # an outsider becomes an elector
        ([roll(1, "a", "bcw")], 2, 0),  # two at once
        ([roll(1, "abc", "wxy")], 2, 0),
        ([roll(1, "abc", "w")], 2, 0),  # no change
        ([roll(1, "ab", "w")], 2, 0),  # an elector is dismissed
        ([roll(1, "abcw", "w")], 2, 0),  # two parts
        ([roll(1, "abx", "w", "abc")], 2, 0),  # a stranger
        ([roll(1, "ab", "w", "abd")], 2, 0),  # another electorate is outgoing
        ([roll(1, "abc", "w", ""), roll(1, "ab", "cw")], 2, 0),
        ([roll(1, "aw", "", "abc"), roll(1, "aw", "b")], 3, 2),
        ([roll(1, "aw", "", "abc"), roll(1, "ab", "cw")], 3, 2),
        ([roll(1, "aw", "", "abc"), roll(1, "w", "", "aw")], 3, 2),
        ([roll(1, "abcw"), roll(1, "abc", "w"), roll(1, "ab", "w")], 4, 3),
        ([replace(roll(1, "abc", "w"), workers=agents("w").with_(AgentId("")))], 2, 0),
    ],
)
def test_a_first_disk_with_a_roll_that_no_leader_sets_is_refused(
    rolls: list[Entry], index: int, before: int
) -> None:
    assert recovered(noop(1), *rolls) == (
        f"not allowed, line 2: no disk sets the roll at index {index} after that at"
        f" {before}."
    )


def test_a_roll_that_begins_a_term_is_refused() -> None:
    why = "no disk sets a roll at index {}, where its term begins."
    told = recovered(roll(1, "abcw"))
    assert told == f"not allowed, line 2: {why.format(1)}"
    told = recovered(noop(1), roll(1, "abcw"), roll(2, "abc", "w"))
    assert told == f"not allowed, line 2: {why.format(3)}"


def begun(term: int, *entries: Entry, at: int = 7) -> str:
    """Judge a restart from a disk that begins behind a snapshot of seven entries."""
    told: list[str] = []
    mine = Config("north", "a", agents("a", "b", "c"), agents("w"))
    before = Log.of((noop(1), roll(1, "abcw")))
    start = Log.starting(Index(7), Term(at), before.roll(mine.first_roll))
    disk = Durable(Term(term), log=start.extended(entries))
    log = Recorder(told.append, [mine], states="none")
    log.recover("a", disk, *recover(mine, disk))
    log.end()
    return verdict(told)


def test_a_first_disk_that_begins_behind_a_snapshot_is_judged_from_there() -> None:
    assert begun(9) == "allowed, 1 lines"
    assert begun(9, roll(7, "abcw", "x"), noop(8), roll(8, "abc", "wx")) == (
        "allowed, 1 lines"
    )
    why = "not allowed, line 2: no disk"
    assert begun(9, roll(7, "abcw")) == (
        f"{why} sets the roll at index 8 after that at 2."
    )
    assert begun(9, roll(8, "abc", "w")) == (
        f"{why} sets a roll at index 8, where its term begins."
    )
    assert begun(9, noop(6)) == (
        f"{why} has the term 6 at index 8: 7 or more is needed."
    )
    assert begun(6) == f"{why} of term 6 begins behind one of 7."


# --- lengths --------------------------------------------------------------------------


def changing(message: Message, workers: int = 0) -> str:
    """Judge a lone leader of many workers that is given a message."""
    told: list[str] = []
    names = (f"worker-{number:03}" for number in range(workers))
    mine = replace(config("a", "a"), batch=64, workers=agents(*names))
    log = Recorder(told.append, [mine], states="none")
    state, outputs = initial(mine)
    log.start("a", state, outputs)
    elapsed = (Elapsed(Timer.ELECTION, Instant(n)) for n in (20_000, 40_000))
    for given in (*elapsed, message):
        state, outputs = step(state, given)
        log.step("a", given, state, outputs)
    log.end()
    return verdict(told)


MOST = PACKET_LENGTH // (2 * 64)
TEXT = RequestId("q1"), ChangeKind.ADMIT, AgentId("b")


def test_a_change_is_as_long_as_a_batch_of_entries_lets_it() -> None:
    bare = len(dumps(replace(roll(1, "a", "b"), request=RequestId("q1"))))
    most = Change(*TEXT, Command("x" * (MOST - bare)))
    assert changing(most) == "allowed, 4 lines"
    longer = Change(*TEXT, Command(f"x{most.detail}"))
    assert f"line 5: its entry is {MOST + 1:,} characters long" in changing(longer)


def test_a_change_is_as_long_as_a_message() -> None:
    for message in (
        Change(*TEXT, Command("x" * MOST)),
        Replace(RequestId("q1"), NO_AGENTS, Command("x" * MOST)),
    ):
        length = len(dumps(message))
        assert changing(message).startswith(
            f"not allowed, line 5: it is {length:,} characters long; with batch 64 a"
            " message that brings a request has at most"
        )


def test_the_entry_of_a_change_names_every_member() -> None:
    short = Change(*TEXT, Command("x"))
    assert changing(short, workers=100) == "allowed, 4 lines"
    told = changing(short, workers=3_000)
    assert "line 5: its entry is " in told
    assert f"with batch 64 that of a change has at most {MOST:,}." in told
