"""Arenas: small shapes in which a mutant is explored from the end of a script.

Contract: a script is carried out without bounds, and each of its actions must be one
that the mesh allows. Where a mutant would act on a packet that the real core ignores
for ever, its arena forgets no packet: `is_obsolete` is about the real core alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from primacy_model.checker.actors import Assembled
from primacy_model.checker.model import Action
from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.model import Mesh, MeshWorld
from primacy_model.mesh.scopes import MeshScope

PLENTY: Final = Budgets(9, 9, 9, 9, 9, 9, 9, changes=9)
CHANGES: Final = ("admit", "promote", "demote", "dismiss", "replace")


class ScriptError(ValueError):
    """A script has an action that the mesh does not allow."""


@dataclass(frozen=True, slots=True)
class Arena:
    """A small shape that is explored from the end of a script."""

    shape: Shape
    script: str = ""
    """`b election, c VoteRequest b, a write, lose`; see `follow`."""
    forgets: bool = True
    """Obsolete packets are forgotten, as in the scopes."""


class Scripted(Mesh):
    """A mesh that begins where a script ends."""

    def __init__(self, name: str, summary: str, arena: Arena) -> None:
        super().__init__(name, summary, arena.shape)
        self.arena = arena

    def initial(self) -> MeshWorld:
        """Follow the script without bounds, then set the budgets of the shape."""
        return follow(self.arena)


def make_scope(name: str, arena: Arena) -> MeshScope:
    """Make a scope of an arena."""
    return Assembled(Scripted(name, "A mutant.", arena), forgets=arena.forgets)


def follow(arena: Arena) -> MeshWorld:
    """Carry out a script: for each step an agent, its action, and the sender.

    `b election` and `b heartbeat` elapse a timer, `b write` requests a write, `b demote
    a` and `b replace c d` a change, and `c Append@2 a` delivers the append of a to c
    whose label ends in `index 2`. Of several packets the one of the highest term is
    meant. `lose` empties the network.
    """
    shape = arena.shape
    lines = [line for line in arena.script.split(", ") if line]
    plenty = replace(PLENTY, partitions=shape.budgets.partitions)
    free = replace(
        shape,
        terms=99,
        impatient=(),
        crashers=(),
        clients_at=(),
        changes=tuple(filter(None, map(_change, lines))),
        budgets=plenty,
    )
    model: MeshScope = Assembled(Mesh("free", "", free), forgets=arena.forgets)
    (world,) = model.initial()
    for line in lines:
        if line == "lose":
            world = replace(world, boxes=(frozenset(),) * len(world.boxes))
        else:
            world = model.successor(world, _action(model, world, line))
    return replace(world, shared=replace(world.shared, budgets=shape.budgets))


def _action(model: MeshScope, world: MeshWorld, line: str) -> Action:
    """Find the action that a line of a script means."""
    column, verb, *senders = line.split()
    verb, _, index = verb.partition("@")
    change = _change(line)
    able = [
        action
        for action in model.actions(world)
        if action.column == column
        and (
            action.label == f"{change} is asked for"
            if change
            else action.kind in (verb, f"elapse {verb}", f"deliver {verb}")
            and all(action.label.endswith(f" {sender}") for sender in senders)
        )
        and (not index or f"index {index})" in action.label)
    ]
    if not able:
        raise ScriptError(f"the mesh does not allow this step of the script: {line}")
    return max(able, key=lambda action: action.label)


def _change(line: str) -> str:
    """Give the change that a line of a script asks for, nothing if it asks for none."""
    _, _, asked = line.partition(" ")
    return asked if asked.split(" ")[0] in CHANGES else ""
