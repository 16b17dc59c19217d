"""Reach: that the hypotheses of the proofs are not empty, path by path.

Three things could make a proof say less than it seems to: hypotheses that contradict
each other, hypotheses that hold of dull worlds alone, and a path that they exclude
though a mesh may take it. Against the first two stands one rich world that keeps all
invariants at once. Against the third: for each path through `step` a small world that
keeps them all and in which it is taken, or the invariants that exclude it.

Worlds are judged by core's own containers, see `search`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final

from primacy.role import Role, Wait
from primacy_proofs.axioms import containers
from primacy_proofs.counterexamples.obligation import FACTS
from primacy_proofs.counterexamples.search import (
    FiniteModel,
    Question,
    WorldSearch,
    search,
)
from primacy_proofs.counterexamples.small_world import Bounds
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import LawKind, of_kind
from primacy_proofs.laws.leases import holds_lease
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    FALSE,
    INT,
    RLIMIT,
    Expr,
    Prover,
    Status,
    constant,
    differ,
    equal,
    find_unsat_core,
    negation,
    number,
)
from primacy_proofs.system import lifting
from primacy_proofs.system.world import (
    MESH,
    PACKET_SORTS,
    World,
    field,
)

SIZES: Final = (
    Bounds(2, 2),
    Bounds(2, 2, me=2),
    Bounds(3, 2),
    Bounds(3, 3),
    Bounds(4, 3),
    Bounds(3, 4),
)
"""Which worlds are searched for one in which a path is taken."""
RICH: Final = Bounds(4, 3)
INVARIANTS: Final = of_kind(LawKind.INVARIANT, LAWS)

# --- one rich world -------------------------------------------------------------------


def rich_world() -> FiniteModel | None:
    """Find a world that keeps all invariants and in which much has happened."""
    return search(Question(INVARIANTS, FACTS, tuple(_rich()), FALSE), RICH)


def _rich() -> Iterator[Expr]:
    """Ask for what the invariants speak of.

    A leader of a second term, with a lease, committed entries of both terms and a read
    that waits for a round; a follower that promised and has a read that waits for an
    entry; a candidate of a third term; a worker; every kind of packet; a token. The log
    of the leader begins behind a snapshot, and its disk has not yet dropped that much.
    """
    w, leader = World(), constant("the leader", on.AGENT)
    follower, candidate, worker = (
        constant(f"a {name}", on.AGENT) for name in ("follower", "candidate", "worker")
    )
    read, other = constant("a read", on.TEXT), constant("another read", on.TEXT)
    index, begun = constant("its index", INT), constant("its round", INT)
    yield equal(w("role", leader), on.ROLES[Role.LEADER])
    yield w("term", leader) >= 2
    yield differ(w("leader_of", number(1)), leader)
    yield w("led", number(1), w("leader_of", number(1)))
    yield w("commit_index", leader) >= 2
    yield equal(on.term_at(w("log", leader), number(1)), 1)
    yield on.get(w("match", leader), follower) >= 2
    yield w("log.start", leader) >= 1
    yield w("disk.log.start", leader) < w("log.start", leader)
    yield w("confirmed_round", leader) <= w("round", leader)
    yield holds_lease(w, leader)
    yield equal(w("leader", follower), leader)
    yield differ(follower, leader)
    yield equal(w("term", follower), w("term", leader))
    yield equal(w("wait", follower), on.WAITS[Wait.PROMISE])
    yield w("commit_index", follower) >= 1
    yield equal(w("role", candidate), on.ROLES[Role.CANDIDATE])
    yield w("term", candidate) > w("term", leader)
    yield on.member(candidate, w("granted", candidate))
    yield w("roll.index", leader) >= 1
    yield on.member(worker, w("roll.workers", leader))
    yield negation(on.member(worker, w("roll.electors", leader)))
    yield on.asked(w("reads", leader), follower, read, index, begun)
    yield w("asked", read)
    yield w("floor", read) >= 1
    yield on.parks(w("parked", follower), other, index)
    yield index >= 1
    yield w("fence") >= 1
    for kind, sort in PACKET_SORTS.items():
        yield from _sent(w, kind, constant(f"some {kind}", sort))


SAYING: Final = {
    "VoteRequest": ("transfer",),
    "PreVoteReply": ("granted",),
    "VoteReply": ("granted",),
    "AppendReply": ("accepted",),
    "ReadIndexReply": ("granted",),
}
"""What a packet of a rich world says."""
COUNTING: Final = {"AppendReply": "index", "HeartbeatReply": "round"}
"""What counts at least 1 in a packet of a rich world."""


def _sent(w: World, kind: str, packet: Expr) -> Iterator[Expr]:
    yield w.sent(kind, packet)
    yield equal(field(kind, "mesh", packet), MESH)
    for name in SAYING.get(kind, ()):
        yield field(kind, name, packet)
    if kind in COUNTING:
        yield field(kind, COUNTING[kind], packet) >= 1
    if kind == "Append":
        yield on.length(field(kind, "entries", packet)) >= 1


# --- every path -----------------------------------------------------------------------


ACKNOWLEDGED: Final = (
    "what a reply commits its sender acknowledges: nothing below that is sent then"
)
ALONE: Final = "who was handed the leadership is not the only elector"
HELD: Final = "who is a quorum alone holds its last entry, which its map suggests"
JOINT: Final = "no agent alone is a quorum of a joint roll"
KEPT: Final = "a leader has what is committed, so nothing up to there is rewritten (S8)"
LAST: Final = (
    "a leader that sets a roll holds its entry, the last; no map suggests more"
)
MANY: Final = "who waited for votes is no quorum alone; its new map suggests 0"
OFF: Final = "an agent off a roll is in none of its quorums"
PEOPLED: Final = "core sets no roll without electors"
ORDERED: Final = "what a leader sends is cut from its log, whose terms never fall"
STOOD: Final = "an agent that stood with an empty log was on the first roll"
REACHED: Final = (
    "a map suggests what a quorum has reached; the check does not rely on it"
)

LINE: Final = re.compile(r":\d+:")
"""The number of a line, in a decision."""
OF_TERM: Final = "advance_commit: if not state.log.accepts(index, state.term): ->"
COMMITTED: Final = "advance_commit: if index <= state.commit_index: ->"
SENT_BELOW: Final = "_send_from: if prev < state.log.start: -> yes"
EMPTY: Final = (
    "if index == 0: -> yes\n"
    "validity._vote_request_defect: if not _is_position(request.last_index"
)
COUNTED: Final = "is_quorum: return _is_majority(agents, self.electors) and ( ->"

REASONS: Final = (
    (("TransferNow", "is_quorum(candidate.granted): -> yes"), ALONE),
    (("heartbeats._confirm", "is_quorum(lead.seen.at_least(number)): -> no"), REACHED),
    ((f"if number <= lead.confirmed_round: -> no\nelectorate.{COUNTED} no",), REACHED),
    (("advance_commit", "is_quorum(match.at_least(index)): -> no"), REACHED),
    ((f"{OF_TERM} yes\nelectorate.{COUNTED} no",), REACHED),
    (("AppendReply", f"{OF_TERM} yes", f"{OF_TERM} no"), LAST),
    (("AppendReply", "commit_up_to: entries", SENT_BELOW), ACKNOWLEDGED),
    (("Install", "roll.outgoing.size == 0: -> yes"), PEOPLED),
    (("Change", f"{OF_TERM} no"), LAST),
    (("Replace", f"{OF_TERM} no"), LAST),
    (("Replace", "appending.commit_up_to"), JOINT),
    (("election.stand", f"{OF_TERM} no"), HELD),
    (("election.stand", "advance_commit: if index < state.roll.index: -> yes"), HELD),
    (("election.stand", f"{COMMITTED} yes"), HELD),
    (("_may_stand: if state.roll.has(state.me): -> no", f"{COUNTED} yes"), OFF),
    (("VoteRequest", EMPTY, "members.has(request.sender): -> no"), STOOD),
    (("VoteRequest", EMPTY, "not request.roll.has(request.sender): -> no"), STOOD),
    (("VoteReply", f"{COMMITTED} no"), MANY),
    (("VoteReply", "is_quorum(match.at_least(index)): -> yes"), MANY),
    (
        (
            "min(append.commit_index, end)) -> yes",
            "log.holds(append.prev_index, append.entries): -> no",
            "if index <= state.commit_index: -> yes",
        ),
        KEPT,
    ),
    (("_append_defect", "is_ordered(append.prev_term, append.term): -> no"), ORDERED),
)
"""Why a path is not taken, where z3 is not told enough of containers to see it.

Of each, what must be found in the message or the decisions of the path, which have no
line numbers there.
"""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one path: taken in a small world, or excluded by laws."""

    message: str
    number: int
    agents: int
    """How many agents the world has in which it is taken; 0 if there is none."""
    excluded_by: tuple[str, ...] | None
    """The invariants that exclude it; none are needed where no mesh allows it."""
    decisions: tuple[str, ...]
    limits: int = 0
    """How many searches for a world ended at a limit."""

    @property
    def reason(self) -> str:
        """Say why it is not taken; empty if it is, or if nobody knows."""
        if self.excluded_by is not None:
            return ", ".join(self.excluded_by) or "what a mesh is"
        told = LINE.sub(":", "\n".join((self.message, *self.decisions)))
        found = (why for marks, why in REASONS if all(mark in told for mark in marks))
        return "" if self.agents else next(found, "")

    @property
    def is_open(self) -> bool:
        """Tell whether it is neither taken nor excluded."""
        return not self.agents and not self.reason


def find_fates(messages: Sequence[str], jobs: int) -> Iterator[tuple[Fate, ...]]:
    """Find out, message by message, what becomes of the paths of a step."""
    with ProcessPoolExecutor(min(jobs, len(messages))) as pool:
        yield from pool.map(find_fates_of, messages)


def find_fates_of(message: str) -> tuple[Fate, ...]:
    """Find out what becomes of the paths of one message that raise nothing."""
    case = lifting.lift(message)
    return tuple(
        _fate(message, place, (case.given, path.condition), path.decisions)
        for place, path in enumerate(case.paths, start=1)
        if path.error is None
    )


def _fate(
    message: str, place: int, given: tuple[Expr, ...], decisions: Iterable[object]
) -> Fate:
    shown = tuple(map(str, decisions))
    first, *larger = SIZES
    before = _limits()
    if _worlds(first).find(*given) is not None:
        return Fate(message, place, first.agents, None, shown)
    if _everything().prove(given, FALSE).status is Status.PROVED:
        laws = find_unsat_core(_facts(), _named(), given)
        return Fate(message, place, 0, laws, shown)
    for bounds in larger:
        if _worlds(bounds).find(*given) is not None:
            return Fate(message, place, bounds.agents, None, shown)
    return Fate(message, place, 0, None, shown, _limits() - before)


def _limits() -> int:
    return sum(_worlds(bounds).limits for bounds in SIZES)


@cache
def _worlds(bounds: Bounds) -> WorldSearch:
    return WorldSearch(Question(INVARIANTS, FACTS, (), FALSE), bounds)


def _facts() -> tuple[Expr, ...]:
    return (*containers.AXIOMS, *FACTS)


@cache
def _everything() -> Prover:
    return Prover([*_facts(), *_named().values()], RLIMIT // 20)


@cache
def _named() -> dict[str, Expr]:
    known = (*INVARIANTS, *of_kind(LawKind.CONSEQUENCE, LAWS))
    return {law.name: law.hypothesis(World()) for law in known}


class UnknownMessageError(ValueError):
    """No message has that name."""


def select(names: Sequence[str]) -> tuple[str, ...]:
    """Find the messages that are named; all of them if none is."""
    known = lifting.cases()
    for name in names:
        if name not in known:
            raise UnknownMessageError(
                f"no message is named {name!r}, there are {', '.join(known)}."
            )
    return tuple(dict.fromkeys(names)) or known


def exit_code(found: Sequence[tuple[Fate, ...]], *, is_rich: bool) -> int:
    """Give the code with which the program ends: 0, 3 if a path is open, 4 if dull."""
    if not is_rich:
        return 4
    return 3 if any(fate.is_open for each in found for fate in each) else 0


def render(found: Sequence[tuple[Fate, ...]], *, is_rich: bool) -> str:
    """Show a line for each message, then what is not taken, and why."""
    lines = ["message            paths   taken  excluded  argued    open"]
    lines += [_row(each[0].message, each) for each in found if each]
    every = [fate for each in found for fate in each]
    lines += [_row("all", every), ""]
    is_kept = "keeps all" if is_rich else "was found that keeps all"
    number = "one" if is_rich else "no"
    told = f"{number} rich world of {RICH.agents} agents {is_kept} {len(INVARIANTS)}"
    lines += [f"{told} invariants at once", ""]
    lines.append("excluded by z3: no world in which the path is taken keeps all of")
    lines += _reasons(fate for fate in every if fate.excluded_by is not None)
    lines.append("excluded by an argument, and in no world of up to 4 agents:")
    argued = [f for f in every if f.excluded_by is None and f.reason]
    lines += _reasons(argued)
    if limits := sum(fate.limits for fate in argued):
        lines.append(f"  {limits} searches for such a world ended at a limit")
    for fate in every:
        if fate.is_open:
            lines += ["", f"open: {fate.message} path {fate.number}"]
            lines += [f"  {decision}" for decision in fate.decisions]
    return "\n".join(lines)


def _reasons(fates: Iterable[Fate]) -> list[str]:
    counts = Counter((fate.message, fate.reason) for fate in fates)
    return [f"  {name}, {count}: {why}" for (name, why), count in counts.items()]


def _row(name: str, of: Sequence[Fate]) -> str:
    taken = sum(fate.agents > 0 for fate in of)
    excluded = sum(fate.excluded_by is not None for fate in of)
    still = sum(fate.is_open for fate in of)
    argued = len(of) - taken - excluded - still
    return f"{name:<17}{len(of):>7}{taken:>8}{excluded:>10}{argued:>8}{still:>8}"
