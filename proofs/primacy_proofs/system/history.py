"""Where the world begins, what history remembers, and what a resource admits.

A vote is cast when the disk holds it. A leader is an agent that `step` made one. An
effect carries the token of the shipped `token`, and the resource decides by the shipped
`admit`; an effect may arrive at any later time, any number of times.

Trusted: this file. It says what history remembers.
"""

from __future__ import annotations

from primacy import recovery
from primacy.fencing import Fence, Verdict, admit, token
from primacy.outputs import Arm, Disarm, Outputs
from primacy.role import Role
from primacy.state import NOTHING_DURABLE, State
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    choose,
    constant,
    differ,
    equal,
    is_same,
    substitute,
    truth,
)
from primacy_proofs.symbolic.paths import MeaninglessError, paths
from primacy_proofs.symbolic.records import lower
from primacy_proofs.symbolic.values import LiftedInt, expr_of_int
from primacy_proofs.system.lifting import config, state
from primacy_proofs.system.log_history import Disk, past_changes
from primacy_proofs.system.round_history import first_moments
from primacy_proofs.system.world import (
    ADMITTING,
    DISK_COLUMNS,
    FUNCTIONS,
    ME,
    PACKETS,
    STATE_COLUMNS,
    Change,
    World,
    is_me,
)


def ghost_changes(
    after: State, disks: tuple[Disk, ...], outputs: Outputs
) -> dict[str, Change]:
    """Write down what a step adds to history."""
    role, term = _column(after, "role"), _column(after, "term")
    changes = past_changes(after, disks, outputs)
    is_leader = equal(role, on.ROLES[Role.LEADER])
    if not is_same(role, FUNCTIONS["role"](ME)):
        changes["led"] = lambda before, led, agent: any_of(
            before, all_of(is_me(agent), is_leader, equal(led, term))
        )
    if disks:
        changes["vote_cast"] = lambda before, voter, cast, candidate: any_of(
            before,
            all_of(
                is_me(voter),
                differ(candidate, on.NOBODY_),
                any_of(
                    *(
                        all_of(equal(cast, when), equal(candidate, vote))
                        for when, vote, *_ in disks
                    )
                ),
            ),
        )
    return changes


def _column(state: State, name: str) -> Expr:
    place = [column.name for column in STATE_COLUMNS].index(name)
    return lower(state)[place]


def initial_world() -> World:
    """Give the world in which every agent begins with an empty disk."""
    begun = paths(lambda: recovery.initial(config()))
    found = [(each.condition, each.result) for each in begun if each.result is not None]
    if len(found) < len(begun) or not all(map(_is_silent, found)):
        raise MeaninglessError(
            "the first state raises, or begins with more than timers"
        )
    changes: dict[str, Change] = {}
    for place, column in enumerate(STATE_COLUMNS):
        value = lower(found[-1][1][0])[place]
        for condition, (begun_so, _) in found[:-1]:
            value = choose(condition, lower(begun_so)[place], value)
        changes[column.name] = _everywhere(value)
    blank = zip(DISK_COLUMNS, lower(NOTHING_DURABLE), strict=True)
    for column, nothing in blank:
        changes[f"disk.{column.name}"] = _everywhere(nothing)
    ghosts = (
        "vote_cast",
        "led",
        "attached",
        "admitted",
        "held",
        "blocked",
        "chosen",
        "final",
    )
    for name in (*ghosts, *(f"sent.{kind}" for kind in PACKETS)):
        changes[name] = lambda *_: truth(False)
    changes |= first_moments()
    changes["ground"] = lambda *_: expr_of_int(0)
    changes["known"] = lambda _: expr_of_int(0)
    changes["fence"] = lambda _: expr_of_int(Fence().highest)
    return World(changes)


def _is_silent(begun: tuple[Expr, tuple[State, Outputs]]) -> bool:
    return all(isinstance(output, Arm | Disarm) for output in begun[1][1])


def _everywhere(value: Expr) -> Change:
    return lambda _, agent: substitute(value, ME, agent)


Passage = tuple[str, Expr, World]
"""What the mesh and a resource do: a name, when it may happen, the world after."""


def passages() -> list[Passage]:
    """List how an effect gets its token, and how a resource judges it."""
    return [*_attachings(), *_judgements()]


def _attachings() -> list[Passage]:
    """Let an agent attach its token, if it has one."""
    found: list[Passage] = []
    for number, path in enumerate(paths(lambda: token(state())), start=1):
        held = expr_of_int(path.result)

        def attached(before: Expr, of: Expr, who: Expr, held: Expr = held) -> Expr:
            return any_of(before, all_of(is_me(who), equal(of, held)))

        after = World({"attached": attached})
        found.append((f"Attach path {number}", path.condition, after))
    return found


def _judgements() -> list[Passage]:
    """Let an effect arrive that some agent attached its token to."""
    offered, writer = constant("offered", INT), constant("writer", on.AGENT)
    highest = FUNCTIONS["fence"]()
    found: list[Passage] = []

    def judge() -> tuple[Fence, Verdict]:
        fence = Fence(LiftedInt(highest))  # type: ignore[arg-type]  # lifted
        return admit(fence, LiftedInt(offered))  # type: ignore[arg-type]  # lifted

    for number, path in enumerate(paths(judge), start=1):
        if path.result is None:
            raise TypeError("a resource always answers")
        fence, verdict = path.result
        is_admitted = truth(verdict == Verdict.ADMITTED)
        kept = expr_of_int(fence.highest)

        def admitted(
            before: Expr, of: Expr, who: Expr, is_admitted: Expr = is_admitted
        ) -> Expr:
            same = all_of(equal(of, offered), equal(who, writer))
            return any_of(before, all_of(is_admitted, same))

        def raised(_: Expr, kept: Expr = kept) -> Expr:
            return kept

        after = World({"admitted": admitted, ADMITTING: admitted, "fence": raised})
        given = FUNCTIONS["attached"](offered, writer)
        condition = all_of(given, path.condition)
        found.append((f"Admit path {number}", condition, after))
    return found
