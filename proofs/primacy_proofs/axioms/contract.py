"""A promise of a container: in words, and as an axiom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from primacy_proofs.smt.solver import Expr, forall


@dataclass(frozen=True, slots=True)
class Contract:
    """One promise of a container, in words and as an axiom."""

    name: str
    axiom: Expr
    bound: tuple[Expr, ...]
    body: Expr


def contract(
    name: str, bound: Sequence[Expr], body: Expr, *triggers: Sequence[Expr]
) -> Contract:
    """State a promise for all values; each trigger says which terms call for one."""
    axiom = forall(bound, body, triggers) if bound else body
    return Contract(name, axiom, tuple(bound), body)
