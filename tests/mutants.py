"""The kill matrix: cores with one guard removed or bent, and the property that breaks.

What is removed or bent stands in `primacy_model.mutants`; a row here names its id. The
checker explores the mutant in an arena, which is a scope or a small shape of its own,
until the first violation. A survivor is a mutant that no safety property of these
worlds can see; it says why.

`python -m tests.mutants > docs/mutants.md` writes the matrix down, and
`python -m tests.mutants NAME` explores one mutant under whatever core is imported.

An arena may begin where a script ends, each of whose actions the mesh must allow. Where
a mutant would act on a packet that the real core ignores for ever, its arena forgets no
packet: `is_obsolete` is an argument about the real core alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import primacy
from primacy_model.actors import Assembled
from primacy_model.engines import search
from primacy_model.engines.search import Engine
from primacy_model.mesh import Mesh, World
from primacy_model.model import Action
from primacy_model.mutants.bend import Bend
from primacy_model.mutants.catalogue import bend_of
from primacy_model.oracle import Exploration, Verdict, explore
from primacy_model.scopes import DEEP, DEFAULT, MeshScope
from primacy_model.shape import Shape
from primacy_model.trace import Violation
from primacy_model.world import Budgets


@dataclass(frozen=True, slots=True)
class Arena:
    """A small shape that is explored from the end of a script."""

    shape: Shape
    script: str = ""
    """`b election, c VoteRequest b, a write, lose`; see `follow`."""
    forgets: bool = True
    """Obsolete packets are forgotten, as in the scopes."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bent core, and the property that breaks in an arena."""

    id: str
    """The id of its bend."""
    arena: str | Arena
    """The name of a scope, or a shape of its own."""
    breaks: str
    """The property that fails first."""
    depth: int
    """No shortest counterexample is longer, its script not counted."""

    @property
    def bend(self) -> Bend:
        """Look up what is replaced."""
        return bend_of(self.id)


@dataclass(frozen=True, slots=True)
class Survivor:
    """A bent core, and why nothing breaks here."""

    id: str
    """The id of its bend."""
    reason: str

    @property
    def bend(self) -> Bend:
        """Look up what is replaced."""
        return bend_of(self.id)


# --- arenas ---------------------------------------------------------------------------


class Scripted(Mesh):
    """A mesh that begins where a script ends."""

    def __init__(self, name: str, summary: str, arena: Arena) -> None:
        super().__init__(name, summary, arena.shape)
        self.arena = arena

    def initial(self) -> World:
        """Follow the script without bounds, then set the budgets of the shape."""
        return follow(self.arena)


def scope_of(mutant: Mutant) -> MeshScope:
    """Find the scope of a mutant, or make one of its arena."""
    arena = mutant.arena
    if isinstance(arena, str):
        return {scope.name: scope for scope in (*DEFAULT, *DEEP)}[arena]
    mesh = Scripted(mutant.id, mutant.bend.guard, arena)
    return Assembled(mesh, forgets=arena.forgets)


PLENTY: Final = Budgets(9, 9, 9, 9, 9, 9, 9)


def follow(arena: Arena) -> World:
    """Carry out a script: for each line an agent, what it does, and who sent it.

    `b election` and `b heartbeat` elapse a timer, `b write` asks for a write, and
    `c Append@2 a` delivers the append of a to c whose label ends in `index 2`. Of
    several packets the one of the highest term is meant. `lose` empties the network.
    """
    shape = arena.shape
    plenty = replace(PLENTY, partitions=shape.budgets.partitions)
    free = replace(
        shape, terms=99, impatient=(), crashers=(), clients_at=(), budgets=plenty
    )
    model: MeshScope = Assembled(Mesh("free", "", free), forgets=arena.forgets)
    (world,) = model.initial()
    for line in filter(None, arena.script.split(", ")):
        if line == "lose":
            world = replace(world, boxes=(frozenset(),) * len(world.boxes))
        else:
            world = model.successor(world, _action(model, world, line))
    return replace(world, shared=replace(world.shared, budgets=shape.budgets))


def _action(model: MeshScope, world: World, line: str) -> Action:
    """Find the action that a line of a script means."""
    column, verb, *senders = line.split()
    verb, _, index = verb.partition("@")
    able = [
        action
        for action in model.actions(world)
        if action.column == column
        and action.kind in (verb, f"elapse {verb}", f"deliver {verb}")
        and all(action.label.endswith(f" {sender}") for sender in senders)
        and (not index or f"index {index})" in action.label)
    ]
    assert able, f"the script cannot go on: {line}"
    return max(able, key=lambda action: action.label)


def steps(*parts: str) -> str:
    """Join parts of a script."""
    return ", ".join(parts)


B_TAKES_OVER: Final = (
    "b election, b election, c election, c PreVoteRequest b, b PreVoteReply c, "
    "c VoteRequest b, b VoteReply c"
)
"""b is elected by c; a hears nothing of it and goes on to lead."""

A_COMES_BACK: Final = (
    "a election, a election, a election, c PreVoteRequest a, a PreVoteReply c, "
    "a election, c PreVoteRequest a, a PreVoteReply c, c VoteRequest a, a VoteReply c"
)
"""a gives up, learns of b's term, and is elected by c in the next one."""

A_LEADS_AGAIN: Final = (
    "a election, a election, a election, c election, c PreVoteRequest a, "
    "a PreVoteReply c, c VoteRequest a, a VoteReply c"
)
"""a gives up, and is elected by c in the next term."""

B_TAKES_OVER_LATER: Final = (
    "b Append a, c Append a, a AppendReply c, a heartbeat, a heartbeat, "
    "b election, b election, c election, c PreVoteRequest b, b PreVoteReply c, "
    "c VoteRequest b, b VoteReply c, c Append b, b AppendReply c"
)
"""a commits and begins two rounds that no one hears; c elects b, which commits."""


# --- what is killed -------------------------------------------------------------------

MUTANTS: Final = (
    Mutant(
        id="vote-not-persisted",
        arena="initial-election-pair",
        breaks="S13",
        depth=5,
    ),
    Mutant(
        id="vote-persisted-after-reply",
        arena="initial-election-pair",
        breaks="S13",
        depth=5,
    ),
    Mutant(
        id="vote-cleared-by-restart",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(crashes=1),
                begins="elected",
                impatient=("c",),
                crashers=("a",),
            ),
            script=steps(
                "a election, a election, b election, b election, "
                "a PreVoteRequest b, b PreVoteReply a"
            ),
        ),
        breaks="S4",
        depth=9,
    ),
    Mutant(
        id="term-not-persisted",
        arena="initial-election-pair",
        breaks="S13",
        depth=9,
    ),
    Mutant(
        id="term-lowered-by-restart",
        arena="regular-election",
        breaks="S3",
        depth=7,
    ),
    Mutant(
        id="terms-fall",
        arena="replication",
        breaks="S3",
        depth=7,
    ),
    Mutant(
        id="second-vote-in-a-term",
        arena="regular-election",
        breaks="S4",
        depth=9,
    ),
    Mutant(
        id="stands-in-its-own-term",
        arena="initial-election-pair",
        breaks="S4",
        depth=8,
    ),
    Mutant(
        id="stale-grant-counted",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("c",)),
            script=steps(
                "b election, b election, c election, c PreVoteRequest b, "
                "b PreVoteReply c, c VoteRequest b, b election, "
                "c PreVoteRequest b, b PreVoteReply c, a election, a election"
            ),
            forgets=False,
        ),
        breaks="S1",
        depth=6,
    ),
    Mutant(
        id="grants-counted-as-a-number",
        arena=Arena(
            Shape(
                electors=("a", "b", "c", "d"),
                terms=2,
                begins="elected",
                impatient=("a",),
            ),
            script=steps(
                "a election, a election, b election, b election, c election, "
                "d election, c PreVoteRequest b, d PreVoteRequest b, "
                "b PreVoteReply c, b PreVoteReply d, d election, "
                "c PreVoteRequest d, a PreVoteRequest d, d PreVoteReply c, "
                "d PreVoteReply a, c VoteRequest b, a VoteRequest d"
            ),
            forgets=False,
        ),
        breaks="S1",
        depth=4,
    ),
    Mutant(
        id="pre-votes-counted-as-votes",
        arena="initial-election",
        breaks="S1",
        depth=8,
    ),
    Mutant(
        id="pre-vote-overwrites-vote",
        arena=Arena(Shape(terms=3, begins="elected", impatient=("b", "c"))),
        breaks="S4",
        depth=11,
    ),
    Mutant(
        id="log-not-compared",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(writes=1),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="S7",
        depth=11,
    ),
    Mutant(
        id="log-compared-by-length-only",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("a",)),
            script=steps(
                "a write, a write, lose", B_TAKES_OVER, "c Append b, b AppendReply c"
            ),
        ),
        breaks="S7",
        depth=9,
    ),
    Mutant(
        id="log-compared-by-index-first",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("a",)),
            script=steps(
                "a write, a write, lose", B_TAKES_OVER, "c Append b, b AppendReply c"
            ),
        ),
        breaks="S7",
        depth=9,
    ),
    Mutant(
        id="half-is-a-quorum",
        arena="initial-election-pair",
        breaks="S1",
        depth=4,
    ),
    Mutant(
        id="lowest-id-leads",
        arena="initial-election",
        breaks="S1",
        depth=4,
    ),
    Mutant(
        id="leads-after-restart",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(effects=2, crashes=1),
                begins="elected",
                impatient=("a",),
                crashers=("c",),
            ),
            script=steps(
                "a election, a election, b election, b election, c election, "
                "c election, a PreVoteRequest b, a PreVoteRequest c, "
                "b PreVoteReply a, c PreVoteReply a"
            ),
        ),
        breaks="S1",
        depth=4,
    ),
    Mutant(
        id="log-taken-for-committed-by-restart",
        arena="regular-election",
        breaks="S8",
        depth=11,
    ),
    Mutant(
        id="older-term-committed-by-counting",
        arena=Arena(
            Shape(terms=4, begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, lose",
                B_TAKES_OVER,
                "lose",
                A_COMES_BACK,
                "b election, b election, b election, c PreVoteRequest b, "
                "b PreVoteReply c",
            ),
        ),
        breaks="S7",
        depth=10,
    ),
    Mutant(
        id="commit-index-goes-back",
        arena="replication",
        breaks="commit-monotone",
        depth=11,
    ),
    Mutant(
        id="own-write-committed-alone",
        arena="replication",
        breaks="commit-quorum",
        depth=1,
    ),
    Mutant(
        id="commit-beyond-the-verified",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, a write, b Append@1 a, b Append@2 a, "
                "b Append@3 a, a AppendReply b, a write, c Append@4 a, "
                "a AppendReply c, b Append@4 a, a AppendReply b"
            ),
        ),
        breaks="S8",
        depth=3,
    ),
    Mutant(
        id="commit-of-a-heartbeat-not-verified",
        arena=Arena(
            Shape(
                terms=2, budgets=Budgets(rounds=1), begins="elected", impatient=("b",)
            ),
            script=steps("a write, lose", B_TAKES_OVER),
        ),
        breaks="S8",
        depth=4,
    ),
    Mutant(
        id="truncated-by-any-append",
        arena=Arena(
            Shape(
                budgets=Budgets(writes=2),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="match-prefix",
        depth=6,
    ),
    Mutant(
        id="appended-without-a-match",
        arena=Arena(
            Shape(terms=2, begins="elected", impatient=("b",)),
            script=steps("a write, lose", B_TAKES_OVER, "lose, b write"),
        ),
        breaks="S5",
        depth=1,
    ),
    Mutant(
        id="appended-behind-a-conflict",
        arena=Arena(
            Shape(terms=2, begins="elected", impatient=("b",)),
            script=steps("a write, lose", B_TAKES_OVER),
        ),
        breaks="S13",
        depth=1,
    ),
    Mutant(
        id="leader-overwrites-its-tail",
        arena=Arena(
            Shape(
                budgets=Budgets(writes=2),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="S6",
        depth=2,
    ),
    Mutant(
        id="match-of-a-stale-acknowledgement",
        arena=Arena(
            Shape(
                electors=("a", "b", "c", "d", "e"),
                terms=3,
                begins="elected",
                impatient=("a",),
            ),
            script=steps(
                "a write, b Append a, c election, c election, d election, "
                "e election, d PreVoteRequest c, e PreVoteRequest c, "
                "c PreVoteReply d, c PreVoteReply e, d VoteRequest c, "
                "e VoteRequest c, c VoteReply d, c VoteReply e, b Append c, "
                "a election, a election, a election, d PreVoteRequest a, "
                "a PreVoteReply d, a election, d PreVoteRequest a, "
                "e PreVoteRequest a, a PreVoteReply d, a PreVoteReply e, "
                "d VoteRequest a, e VoteRequest a, a VoteReply d, "
                "a VoteReply e"
            ),
            forgets=False,
        ),
        breaks="match-prefix",
        depth=1,
    ),
    Mutant(
        id="what-is-held-is-sent-again",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a heartbeat, b Heartbeat a, a write, a write, a write, "
                "a write, b Append@1 a, b Append@2 a, b Append@3 a, "
                "a AppendReply b"
            ),
        ),
        breaks="next-above-match",
        depth=1,
    ),
    Mutant(
        id="next-not-above-match",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, a write, a write, a write, b Append@5 a, "
                "b Append@1 a, b Append@2 a, b Append@3 a, b Append@4 a, "
                "b Append@5 a"
            ),
        ),
        breaks="next-above-match",
        depth=2,
    ),
    Mutant(
        id="entries-acknowledged-before-durable",
        arena="initial-election-pair",
        breaks="S13",
        depth=7,
    ),
    Mutant(
        id="own-entry-sent-before-durable",
        arena="initial-election-pair",
        breaks="S13",
        depth=6,
    ),
    Mutant(
        id="round-of-an-older-term-counted",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("c",),
                clients_at=("a",),
            ),
            script=steps(
                "a heartbeat, c Heartbeat a", A_LEADS_AGAIN, B_TAKES_OVER_LATER
            ),
            forgets=False,
        ),
        breaks="S10",
        depth=2,
    ),
    Mutant(
        id="stale-round-named-in-the-answer",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("c",),
                clients_at=("a",),
            ),
            script=steps(
                "a heartbeat", A_LEADS_AGAIN, "c Heartbeat a", B_TAKES_OVER_LATER
            ),
        ),
        breaks="S10",
        depth=2,
    ),
    Mutant(
        id="read-before-own-term-commit",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("a",),
                clients_at=("b",),
            ),
            script=steps(
                "a write, c Append a, b Append a, a AppendReply c, lose",
                B_TAKES_OVER,
                "lose",
            ),
        ),
        breaks="S10",
        depth=3,
    ),
    Mutant(
        id="read-not-confirmed",
        arena="reads",
        breaks="S10",
        depth=10,
    ),
    Mutant(
        id="read-confirmed-by-an-earlier-round",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            ),
            script=steps("a heartbeat, c Heartbeat a", B_TAKES_OVER),
        ),
        breaks="S10",
        depth=4,
    ),
    Mutant(
        id="read-index-not-noted",
        arena="follower-reads",
        breaks="S10",
        depth=8,
    ),
    Mutant(
        id="follower-read-before-applied",
        arena="follower-reads",
        breaks="S10",
        depth=8,
    ),
    Mutant(
        id="read-served-though-leadership-is-lost",
        arena="reads",
        breaks="S10",
        depth=11,
    ),
    Mutant(
        id="lower-token-admitted",
        arena="fencing",
        breaks="S9",
        depth=11,
    ),
    Mutant(
        id="everyone-has-a-token",
        arena="fencing",
        breaks="S9",
        depth=4,
    ),
    Mutant(
        id="leader-for-ever",
        arena="replication",
        breaks="S1",
        depth=10,
    ),
    Mutant(
        id="worker-stands",
        arena="worker",
        breaks="S2",
        depth=2,
    ),
    Mutant(
        id="everyone-is-an-elector",
        arena="worker",
        breaks="S2",
        depth=2,
    ),
)


# --- what is not killed ---------------------------------------------------------------

PROGRESS = "progress only: no safety property can see it"
CLOCKS = (
    "leases, which need clocks:"
    " [timed worlds](timed.md#guards-that-are-needed) break without it"
)
TWICE = "guarded twice: "

SURVIVORS: Final = (
    Survivor(
        id="leader-grants-a-pre-vote",
        reason=f"{TWICE}the leader's own vote of the term is given",
    ),
    Survivor(
        id="lower-term-not-answered",
        reason=PROGRESS,
    ),
    Survivor(
        id="own-leader-refused",
        reason=PROGRESS,
    ),
    Survivor(
        id="no-stickiness",
        reason=f"{PROGRESS}, but [L3](liveness.md); and then {CLOCKS}",
    ),
    Survivor(
        id="refused-request-rearms",
        reason=PROGRESS,
    ),
    Survivor(
        id="pre-vote-brings-its-term",
        reason=PROGRESS,
    ),
    Survivor(
        id="vote-right-after-restart",
        reason=CLOCKS,
    ),
    Survivor(
        id="stale-refusal-heard",
        reason=f"{TWICE}`resume` never goes back behind what is held",
    ),
    Survivor(
        id="own-log-taken-for-verified",
        reason=(
            "not reached: a leader sends from where the logs part, so what is held"
            " beyond an accepted append is the leader's too"
        ),
    ),
    Survivor(
        id="forwarded-under-another-token",
        reason="not in these worlds: no client forwards a write",
    ),
    Survivor(
        id="commit-not-counted",
        reason=f"{TWICE}`AgentMap.suggestion` names the median of the electors",
    ),
    Survivor(
        id="highest-match-suggested",
        reason=f"{TWICE}whoever acts on a suggestion counts the quorum; {PROGRESS}",
    ),
    Survivor(
        id="round-not-counted",
        reason=f"{TWICE}`AgentMap.suggestion` names the median of the electors",
    ),
    Survivor(
        id="worker-counts",
        reason=(
            f"{TWICE}no worker is asked for a vote, and suggestions leave workers out;"
            " a leader that only workers reach stays"
        ),
    ),
    Survivor(
        id="worker-asked-for-its-vote",
        reason=f"{TWICE}a worker finds itself on no roll, and refuses",
    ),
    Survivor(
        id="worker-may-vote",
        reason=f"{TWICE}no worker is asked for a vote",
    ),
)


# --- the checker at work --------------------------------------------------------------

MOST_STATES: Final = 20_000
MOST_REDUCED: Final = 300_000
"""An engine explores more, for the sake of arenas in which nothing is left out."""


def run(mutant: Mutant, max_states: int = MOST_STATES) -> Exploration[World]:
    """Explore the arena of a mutant under the core that is imported."""
    return explore(scope_of(mutant), max_states=max_states)


def report(mutant: Mutant) -> dict[str, str | int]:
    """Tell what an exploration found, and in which core."""
    found = run(mutant)
    return {
        "core": primacy.__file__,
        **_told(found.verdict, found.violation),
        "states": found.states,
    }


def _told(verdict: Verdict, broken: Violation[World] | None) -> dict[str, str | int]:
    return {
        "verdict": verdict.value,
        "property": broken.claim.id if broken else "none",
        "depth": len(broken.trace.steps) if broken else 0,
    }


def reduced(mutant: Mutant) -> dict[str, dict[str, str | int]]:
    """Explore with an engine, with each set of reductions."""
    scope, found = scope_of(mutant), {}
    for prunes, forgets in product((False, True), {False, scope.forgets}):
        each = search.explore(
            scope.actors,
            Engine.MEMO,
            prunes=prunes,
            forgets=forgets,
            max_states=MOST_REDUCED,
        )
        named = [
            name for name, is_so in (("prunes", prunes), ("forgets", forgets)) if is_so
        ]
        found[" and ".join(named) or "whole"] = _told(each.verdict, each.violation)
    return found


# --- the document ---------------------------------------------------------------------

PREFACE: Final = """\
# Mutants

Each mutant is the core with one guard removed or bent. The model checker explores it
until a property breaks: `tests/model/test_mutants.py` does so for every line of the
first table. The page is made from `tests/mutants.py`, by
`python -m tests.mutants > docs/mutants.md`.

- **Source**: the number of a pitfall of earlier systems and a public report of it, as
  the references of the specification name it; or the section of Ongaro's dissertation;
  or the guarantee that asks for the guard.
- **Guard**: the clause of [the specification](specification.md) that is broken, and
  how.
- **Where**: a scope of `primacy check`, or a shape of its own. A shape may begin after
  scripted actions. Where a mutant would act on packets that the real core ignores for
  ever, nothing is forgotten.
- **Depth**: the actions of a shortest counterexample, without the scripted ones.

## Killed

| mutant | source | guard | where | property | depth |
|---|---|---|---|---|---|
"""

SURVIVE: Final = """
## Not killed

These guards serve progress or leases, or a second guard stands behind them, or no world
calls on them. In the first 8,000 states of each default scope no property broke without
one of them. That is no proof: the last column is an argument.

| mutant | source | guard | why it survives |
|---|---|---|---|
"""


def document() -> str:
    """Write the kill matrix as Markdown."""
    killed = [
        (*told(each.bend), where(each), each.breaks, str(each.depth))
        for each in MUTANTS
    ]
    alive = [(*told(each.bend), each.reason) for each in SURVIVORS]
    return PREFACE + rows(killed) + SURVIVE + rows(alive)


def told(bend: Bend) -> tuple[str, str, str]:
    """Tell what the catalogue says of a mutant."""
    return bend.id, bend.source, bend.guard


def where(mutant: Mutant) -> str:
    """Name a scope, or tell what is special about a shape."""
    arena = mutant.arena
    if isinstance(arena, str):
        return arena
    lines = len(arena.script.split(", ")) if arena.script else 0
    said = [f"{len(arena.shape.electors)} electors"]
    said += [f"after {lines} actions"] if lines else []
    said += [] if arena.forgets else ["nothing forgotten"]
    return ", ".join(said)


def rows(cells: Iterable[tuple[str, ...]]) -> str:
    """Write rows of a table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def main(names: list[str]) -> None:
    """Explore the named mutants, or write the matrix down."""
    known = {mutant.id: mutant for mutant in MUTANTS}
    for name in names:
        told = {**report(known[name]), "reduced": reduced(known[name])}
        sys.stdout.write(json.dumps(told) + "\n")
    if not names:
        sys.stdout.write(document())


if __name__ == "__main__":
    main(sys.argv[1:])
