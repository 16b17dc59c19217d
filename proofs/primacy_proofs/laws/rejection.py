"""The law of rejection: exactly what cannot be valid is rejected, and changes nothing.

It is about one path, in any state that an agent may be in. Nothing is assumed of who
sent the packet. What cannot be valid is written down here, from the clauses; core
decides it in `validity` and in two handlers.

Source: clauses `message.*`, `claim.initial-leaders-only`, `stand.electors-only`,
`roll.first`, `roll.position` of docs/specification.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from primacy import outputs as effects
from primacy_proofs.laws.election import LEADER
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    FALSE,
    TRUE,
    Expr,
    all_of,
    any_of,
    differ,
    equal,
    is_same,
    negation,
)
from primacy_proofs.symbolic.records import lower
from primacy_proofs.symbolic.values import expr_of_agent
from primacy_proofs.system.lifting import UNKNOWN, Case, Stepped
from primacy_proofs.system.world import (
    FUNCTIONS,
    ME,
    MESH,
    STATE_COLUMNS,
    field,
)

LEAST_0: Final = ("Claim", "PreVoteReply", "ReadIndexRequest", "ReadIndexReply")
"""The kinds whose sender may be in term 0."""
POSITIONS: Final = {
    "PreVoteRequest": ("last_index", "last_term"),
    "VoteRequest": ("last_index", "last_term"),
    "Heartbeat": ("commit_index", "commit_term"),
    "HeartbeatReply": ("last_index", "last_term"),
    "Append": ("prev_index", "prev_term"),
    "AppendReply": ("index", "index_term"),
    "Install": ("index", "index_term"),
}
"""The position of a log that a packet names."""
REQUESTS: Final = ("PreVoteRequest", "VoteRequest")
"""Packets that bring a roll."""
LEADERS: Final = ("Heartbeat", "Append", "Install")
"""Packets of who leads the term that they show."""


class Heard:
    """A packet of one kind, and the agent that hears it."""

    def __init__(self, kind: str, packet: Expr) -> None:
        self.kind, self.packet = kind, packet

    def __call__(self, name: str) -> Expr:
        """Read a field of the packet."""
        return field(self.kind, name, self.packet)


def own(name: str) -> Expr:
    """Read a field of the agent's state."""
    return FUNCTIONS[name](ME)


def cannot_be_valid(case: Case) -> Expr:
    """Say of the message of a case that no agent of the mesh can mean it."""
    if case.packet is None:
        return TRUE if case.name in UNKNOWN else FALSE  # message.kind
    heard = Heard(case.name, case.packet)
    return any_of(*_defects(heard))


def _defects(heard: Heard) -> Iterator[Expr]:
    sender, term, kind = heard("sender"), heard("term"), heard.kind
    yield differ(heard("mesh"), MESH)  # message.mesh
    yield equal(sender, ME)  # message.sender
    yield equal(sender, on.NOBODY_)
    yield term < (0 if kind in LEAST_0 else 1)  # message.term
    if kind in POSITIONS:
        yield _is_no_position(heard)  # message.position
    yield from _other_numbers(heard)
    if kind == "Claim":
        # claim.initial-leaders-only
        yield negation(on.member(sender, on.FIRST_ELECTORS))
    if kind in REQUESTS:
        yield from _candidate_defects(heard)
        yield from _roll_defects(heard, heard("last_index"), heard("last_term"))
    if kind == "Install":
        index, index_term = heard("index"), heard("index_term")
        yield from _roll_defects(heard, index, index_term)
        sets = heard("roll.electors"), heard("roll.outgoing")
        yield any_of(*(equal(on.size(each), 0) for each in sets))  # change.never-empty
    if kind == "Append":
        order = on.is_ordered(heard("entries"), heard("prev_term"), term)
        yield negation(order)  # message.entries
    if kind in LEADERS:
        is_led = differ(own("leader"), on.NOBODY_)  # message.one-leader
        is_other = differ(own("leader"), sender)
        yield all_of(equal(term, own("term")), is_led, is_other)


def _candidate_defects(heard: Heard) -> Iterator[Expr]:
    """Say what a candidate cannot be: off the roll that it brings."""
    sets = [heard("roll.electors"), heard("roll.outgoing")]
    is_voter = any_of(*(on.member(heard("sender"), each) for each in sets))
    is_worker = on.member(heard("sender"), heard("roll.workers"))
    is_first = equal(heard("roll.index"), 0)
    yield negation(any_of(is_voter, is_worker))  # stand.taken-off
    yield all_of(is_first, negation(is_voter))  # stand.electors-only


def _roll_defects(heard: Heard, last: Expr, last_term: Expr) -> Iterator[Expr]:
    """Say what a roll cannot be that is in force at the end of a log."""
    index, term = heard("roll.index"), heard("roll.term")
    sets = heard("roll.electors"), heard("roll.outgoing")
    yield negation(_is_position(index, term, last_term))  # roll.position
    yield index > last
    others = any_of(*(differ(each, on.FIRST_ELECTORS) for each in sets))
    yield all_of(equal(index, 0), others)  # roll.first


def _is_no_position(heard: Heard) -> Expr:
    """Say that no log has an entry of that term there."""
    index, of = (heard(name) for name in POSITIONS[heard.kind])
    highest = heard("term") - 1 if heard.kind in REQUESTS else heard("term")
    return negation(_is_position(index, of, highest))


def _is_position(index: Expr, of: Expr, highest: Expr) -> Expr:
    """Tell whether a log can have an entry of a term there; index 0 has term 0."""
    is_start = all_of(equal(index, 0), equal(of, 0))
    return any_of(is_start, all_of(index >= 1, of >= 1, of <= highest))


def _other_numbers(heard: Heard) -> Iterator[Expr]:
    """Say what other numbers cannot be: `message.position`."""
    is_its_leaders = all_of(
        equal(own("role"), LEADER), equal(heard("term"), own("term"))
    )
    match heard.kind:
        case "Heartbeat":
            yield heard("round") < 1
        case "HeartbeatReply":
            yield heard("round") < 0
            yield all_of(is_its_leaders, heard("round") > own("round"))
        case "Append":
            yield heard("commit_index") < 0
        case "AppendReply":
            is_held = heard("index") > on.last(own("log"))
            yield all_of(is_its_leaders, heard("accepted"), is_held)
        case "Install":
            yield heard("index") < 1
        case "ReadIndexReply" | "ForwardReply":
            yield heard("index") < 0
        case _:
            pass


# --- the law --------------------------------------------------------------------------


def state_obligations(case: Case) -> Iterator[tuple[int, tuple[Expr, ...], Expr]]:
    """State of each path what has to be shown: what is given, and the goal.

    A path that rejects is taken only by what cannot be valid, and names its sender. One
    that rejects and does more is taken by nothing. Any other, one that raises too, is
    taken by nothing that cannot be valid.
    """
    cannot_be = cannot_be_valid(case)
    for number, path in enumerate(case.paths, start=1):
        result = None if path.error is not None else path.result
        told = _rejected(result)
        if told is None:
            is_told = result is not None and _tells(result)
            given = () if is_told else (cannot_be,)
            yield number, (path.condition, *given), FALSE
        else:
            sender = (
                on.NOBODY_
                if case.packet is None
                else field(case.name, "sender", case.packet)
            )
            is_named = equal(expr_of_agent(told.sender), sender)
            yield number, (path.condition,), all_of(cannot_be, is_named)


def _tells(result: Stepped) -> bool:
    """Tell whether a path says to anyone that it rejects, whatever else it does."""
    return any(isinstance(each, effects.Rejected) for each in result[1])


def _rejected(result: Stepped | None) -> effects.Rejected | None:
    """Give what a path tells, if it rejects and changes nothing."""
    if result is None:
        return None
    after, outputs = result
    if len(outputs) != 1 or not isinstance(outputs[0], effects.Rejected):
        return None
    values = zip(STATE_COLUMNS, lower(after), strict=True)
    is_unchanged = all(is_same(value, own(column.name)) for column, value in values)
    return outputs[0] if is_unchanged else None
