"""How a mesh is shown: a column for each agent, the network and the resource.

Nothing here decides anything; transcripts, diagrams and ITF traces are made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import assert_never

from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log
from primacy.messages import Packet, Timer
from primacy.outputs import (
    Apply,
    Discard,
    LeaderChanged,
    Outputs,
    PartitionHealed,
    PartitionSuspected,
    Restore,
    RoleChanged,
    RollChanged,
    ServeRead,
    Stale,
)
from primacy.role import Role
from primacy.types import NOBODY, AgentId
from primacy_model.checker.model import IN_FLIGHT, Value
from primacy_model.mesh.agent import Gate, InFlight, Node


def network(
    names: Sequence[str], gate: Gate, boxes: Sequence[Iterable[tuple[InFlight, int]]]
) -> Mapping[str, Value]:
    """Show how the network is split, and what is in flight."""
    flying = sorted(
        (f"{name} {one.key}", name, one.packet, count)
        for name, box in zip(names, boxes, strict=False)
        for one, count in box
    )
    packets = ", ".join(
        f"{describe(packet)} {packet.sender} to {name}"
        + (f" x{count}" if count > 1 else "")
        for _, name, packet, count in flying
    )
    cut = gate.sides
    sides = "whole" if cut is None else f"cut off: {_names(cut.members)}"
    return {"sides": sides, IN_FLIGHT: packets or "none"}


def agent(node: Node) -> Mapping[str, Value]:
    """Show an agent: what it is, holds and waits for."""
    disk = node.disk
    durable: dict[str, Value] = {
        "term": int(disk.term),
        "vote": disk.voted_for or "none",
        "log": show_log(disk.log),
    }
    state = node.state
    if state is None:
        return {"role": "down", **durable}
    is_leader = state.role == Role.LEADER
    shown: dict[str, Value] = {"role": state.role.value, **durable}
    if state.durable != disk:
        shown["in memory"] = (
            f"term {state.term}, vote {state.durable.voted_for or 'none'}, "
            f"log {show_log(state.log)}"
        )
    if state.roll.index > 0:
        shown["roll"] = _show_roll(state.roll)
    shown["leader"] = state.leader or "none"
    shown["committed"] = int(state.commit_index)
    shown["applied"] = node.applied
    shown["waits for"] = "a quorum" if is_leader else state.wait.value
    if state.granted.size:
        shown["granted by"] = _names(state.granted.members)
    if state.lowest_claim != NOBODY:
        shown["lowest claim"] = state.lowest_claim
    if is_leader:
        lead = state.leadership
        peers = state.roll.members.without(state.me).members
        shown["match"] = " ".join(f"{name}:{lead.match.get(name)}" for name in peers)
        shown["round"] = int(lead.round)
    if node.effect:
        shown["about to act under"] = int(node.effect)
    shown["armed"] = " ".join(t.value for t in Timer if t in node.armed) or "none"
    return shown


def show_log(log: Log) -> str:
    """Write a log as its entries: `1:no-op 1:x1`, the term before the command.

    Where the beginning is gone: `(2 of term 1) 1:x2`, the last index and its term.
    """
    entries = [f"{entry.term}:{_show_entry(entry)}" for entry in log.entries]
    begin = [f"({log.start} of term {log.start_term})"] if log.start else []
    return " ".join(begin + entries) or "empty"


def _show_entry(entry: Entry) -> str:
    match entry.kind:
        case EntryKind.NOOP:
            return "no-op"
        case EntryKind.COMMAND:
            return entry.command
        case EntryKind.ROLL:
            return f"roll({_show_roll(entry)})"
        case _:
            assert_never(entry.kind)


def _show_roll(roll: Roll | Entry) -> str:
    """Write a roll: `a b for a b c, workers d`, where a b replace a b c."""
    shown = _names(roll.electors.members)
    if roll.outgoing != roll.electors:
        shown += f" for {_names(roll.outgoing.members)}"
    if roll.workers.size:
        shown += f", workers {_names(roll.workers.members)}"
    return shown


def _names(members: tuple[AgentId, ...]) -> str:
    return " ".join(members)


@cache
def describe(packet: Packet) -> str:
    """Name a packet briefly: its kind, its term and what tells it from others."""
    told: Mapping[str, object] = {
        name: getattr(packet, name)
        for name in ("round", "granted", "accepted", "index", "prev_index", "request")
        if hasattr(packet, name)
    }
    rest = "".join(f", {name} {value}" for name, value in told.items())
    return f"{type(packet).__name__}(term {packet.term}{rest})"


def remarks(outputs: Outputs) -> tuple[str, ...]:
    """Say in words what a person should see of a step."""
    return tuple(remark for output in outputs for remark in _remarks(output))


def _remarks(output: object) -> list[str]:
    """Say in words what a person should see of an output."""
    match output:
        case RoleChanged():
            article = (
                ""
                if output.before == output.after
                else f"becomes {output.after.value}, "
            )
            return [f"{article}term {output.term}"]
        case LeaderChanged():
            return (
                [f"follows {output.leader}"] if output.leader else ["knows no leader"]
            )
        case PartitionSuspected():
            return [f"suspects a partition: reached {_names(output.reached.members)}"]
        case RollChanged():
            return [f"counts with {_show_roll(output.after)}"]
        case PartitionHealed():
            return ["partition healed"]
        case Apply():
            last = output.first + output.entries.size - 1
            return [
                f"applies {output.first}"
                + (f" to {last}" if last > output.first else "")
            ]
        case Discard():
            return [f"drops its entries up to {output.index}"]
        case Restore():
            rest = "keeps" if output.keeps_rest else "drops"
            return [f"restores a snapshot of {output.index}, {rest} what follows"]
        case ServeRead():
            return [f"serves read {output.request}"]
        case Stale():
            return [f"refuses read {output.request}: {output.reason.value}"]
        case _:
            return []
