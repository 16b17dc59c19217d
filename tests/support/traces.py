"""Traces that tests write, and what the checker says of them."""

import io
import json
from collections.abc import Callable
from typing import Any

from primacy import (
    Config,
    Durable,
    Elapsed,
    Instant,
    Message,
    Persist,
    RequestId,
    State,
    Timer,
    Write,
    agents,
    initial,
    recover,
    step,
)
from primacy.types import Command
from primacy_model.cli.conform import check_trace
from primacy_model.conformance.recorder import Recorder, States
from primacy_model.conformance.trace_checker import NotAllowedError
from primacy_model.conformance.trace_reader import MalformedError

JsonLine = dict[str, Any]


def config(name: str, *electors: str) -> Config:
    return Config("north", name, agents(*(electors or ("a", "b", "c"))))


def alone(states: States = "full", *, clocks: bool = False) -> list[str]:
    """Log a lone elector that leads, crashes in a step, and comes back."""
    told: list[str] = []
    mine = config("a", "a")
    log = Recorder(told.append, [mine], states=states, whole=True, clocks=clocks)
    state, outputs = initial(mine)
    log.start("a", state, outputs)
    disk = Durable()

    def give(state: State, message: Message, performed: int | None = None) -> State:
        nonlocal disk
        after, asked = step(state, message)
        log.step("a", message, after, asked)
        for output in asked[:performed]:
            disk = disk.after(output) if isinstance(output, Persist) else disk
        return after

    elapsed = Elapsed(Timer.ELECTION, Instant(20_000))
    state = give(state, elapsed)
    state = give(state, Elapsed(Timer.ELECTION, Instant(40_000)))
    give(state, Write(RequestId("w1"), Command("x")), performed=0)
    log.crash("a", 0)
    log.recover("a", disk, *recover(mine, disk))
    log.end()
    return told


def changed(
    told: list[str], number: int, change: Callable[[JsonLine], object]
) -> list[str]:
    """Change a line, counted from 1."""
    line = json.loads(told[number - 1])
    change(line)
    return [*told[: number - 1], json.dumps(line) + "\n", *told[number:]]


def verdict(text: str | list[str]) -> str:
    """Judge a trace: allowed, or where and why not."""
    raw = text if isinstance(text, str) else "".join(text)
    try:
        judge = check_trace(io.BytesIO(raw.encode("utf-8", "surrogatepass")))
    except MalformedError as error:
        return f"no trace, {error}"
    except NotAllowedError as error:
        return f"not allowed, line {error.line.number}: {error.why}"
    return f"allowed, {judge.lines} lines"


def renumbered(told: list[str]) -> list[str]:
    found = [json.loads(line) for line in told]
    for number, line in enumerate(found[1:], start=1):
        line["seq"] = number
    found[-1]["lines"] = len(found) - 2
    return [json.dumps(line) + "\n" for line in found]
