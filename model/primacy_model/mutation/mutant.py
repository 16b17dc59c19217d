"""What a bend is: one text of one module of core, and what stands there instead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Harm(Enum):
    """What is lost without a guard."""

    SAFETY = "safety"
    """Something that must never happen may happen: S1 to S13, or what they rest on."""
    LIVENESS = "liveness"
    """Only progress, or a service: a delay, a cost, or a word to whoever watches."""


@dataclass(frozen=True, slots=True)
class Bend:
    """A core in which one text is replaced."""

    id: str
    source: str
    """A pitfall of earlier systems, by number and public report, or a section of
    Ongaro's dissertation, or the guarantee that asks for the guard."""
    guard: str
    """The clause of docs/specification.md that is broken, and how."""
    module: str
    before: str
    after: str
    harm: Harm = Harm.SAFETY


class MissingTextError(ValueError):
    """Core no longer has the text that a bend replaces, or has it twice."""


def bent(bend: Bend, source: str) -> str:
    """Replace the text of a bend in the source of its module."""
    found = source.count(bend.before)
    if found != 1:
        raise MissingTextError(
            f"mutant {bend.id}: its text must stand once in core's "
            f"{bend.module}.py, it stands there {found} times: "
            f"{bend.before.strip()!r}"
        )
    return source.replace(bend.before, bend.after)
