"""The law of forwarded writes: one is taken only under the token that it names.

It is about one path through `step`, like the law of rejection. A client's write may be
passed on by anybody, at any later moment; `sent` knows of no forward.

Source: docs/specification.md, clause `fencing.forwarded`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from primacy.messages import Forward
from primacy_proofs.laws.election import LEADER
from primacy_proofs.laws.rejection import own
from primacy_proofs.smt.solver import Expr, all_of, equal, is_same
from primacy_proofs.symbolic.records import lower
from primacy_proofs.system.lifting import Case
from primacy_proofs.system.world import STATE_COLUMNS, field

FORWARD: Final = Forward.__name__


def state_obligations(case: Case) -> Iterator[tuple[int, tuple[Expr, ...], Expr]]:
    """State of each path that takes a forwarded write what is given, and the goal."""
    if case.name != FORWARD or case.packet is None:
        return
    token = field(FORWARD, "term", case.packet)
    for number, path in enumerate(case.paths, start=1):
        if path.result is None:
            continue
        after, _ = path.result
        values = zip(STATE_COLUMNS, lower(after), strict=True)
        (log,) = (value for column, value in values if column.name == "log")
        if not is_same(log, own("log")):
            is_its_leaders = all_of(
                equal(own("role"), LEADER), equal(token, own("term"))
            )
            yield number, (path.condition,), is_its_leaders
