"""How a mesh is shown: a column for each agent, the network and the resource.

Nothing here decides anything; transcripts, diagrams and ITF traces are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from primacy.log import EntryKind, Log
from primacy.messages import Packet, Timer
from primacy.outputs import (
    Apply,
    Broadcast,
    LeaderChanged,
    Outputs,
    PartitionHealed,
    PartitionSuspected,
    RoleChanged,
    Send,
    ServeRead,
    Stale,
)
from primacy.quantities import NOBODY, AgentId
from primacy.role import Role
from primacy_model.mesh import Deed, Mesh, describe
from primacy_model.model import IN_FLIGHT, Action, Arrow, Event, Value
from primacy_model.world import Flight, Node, World, flight


def columns(mesh: Mesh, world: World) -> Mapping[str, Mapping[str, Value]]:
    """Show a world: for each column its fields, in a fixed order."""
    shown: dict[str, Mapping[str, Value]] = {
        name: _agent(node)
        for name, node in zip(mesh.shape.agents, world.nodes, strict=True)
    }
    sides = (
        "whole" if world.sides is None else f"cut off: {_names(world.sides.members)}"
    )
    flying = sorted(world.flights, key=lambda pair: pair[0].key)
    packets = ", ".join(
        f"{describe(one)} {one.packet.sender} to {one.target}"
        + (f" x{count}" if count > 1 else "")
        for one, count in flying
    )
    shown["network"] = {"sides": sides, IN_FLIGHT: packets or "none"}
    if mesh.shape.budgets.effects:
        shown["resource"] = {"highest token": int(world.fence.highest)}
    return shown


def _agent(node: Node) -> Mapping[str, Value]:
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
        peers = state.config.peers.members
        shown["match"] = " ".join(f"{name}:{lead.match.get(name)}" for name in peers)
        shown["round"] = int(lead.round)
    if node.effect:
        shown["about to act under"] = int(node.effect)
    shown["armed"] = " ".join(t.value for t in Timer if t in node.armed) or "none"
    return shown


def show_log(log: Log) -> str:
    """Write a log as its entries: `1:no-op 1:x1`, the term before the command."""
    entries = (
        f"{entry.term}:{'no-op' if entry.kind == EntryKind.NOOP else entry.command}"
        for entry in log.entries
    )
    return " ".join(entries) or "empty"


def _names(members: tuple[AgentId, ...]) -> str:
    return " ".join(members)


def event(mesh: Mesh, world: World, action: Action) -> Event:
    """Tell what an action receives, sends and brings about."""
    deed = action.payload
    assert isinstance(deed, Deed)
    outputs = mesh.outputs_of(world, action)
    received: tuple[Arrow, ...] = ()
    if deed.verb == "deliver" and isinstance(deed.item, Flight):
        received = (_arrow(deed.item),)
    notes = [note for output in outputs for note in _notes(output)]
    if deed.verb == "act":
        after = mesh.successor(world, action)
        is_new = after.history.admitted != world.history.admitted
        is_admitted = is_new or after.history.refused == world.history.refused
        notes.append("effect admitted" if is_admitted else "effect refused")
    return Event(received, tuple(_arrow(one) for one in _sent(outputs)), tuple(notes))


def _sent(outputs: Outputs) -> list[Flight]:
    sent: list[Flight] = []
    for output in outputs:
        match output:
            case Send():
                sent.append(flight(output.target, output.packet))
            case Broadcast():
                sent.extend(
                    flight(each, output.packet) for each in output.targets.members
                )
            case _:
                pass
    return sent


def _arrow(one: Flight) -> Arrow:
    packet: Packet = one.packet
    return Arrow(one.key, packet.sender, one.target, describe(one))


def _notes(output: object) -> list[str]:
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
        case PartitionHealed():
            return ["partition healed"]
        case Apply():
            last = output.first + output.entries.size - 1
            return [
                f"applies {output.first}"
                + (f" to {last}" if last > output.first else "")
            ]
        case ServeRead():
            return [f"serves read {output.request}"]
        case Stale():
            return [f"refuses read {output.request}: {output.reason.value}"]
        case _:
            return []
