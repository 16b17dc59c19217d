"""Judging: a lifted case beside core, which plays the same scene.

The paths of a case are laid out as a tree of their decisions. The two sides of a
decision exclude each other, and the tree is refused where a side is missing or two
paths end alike; so exactly one path matches whatever is decided, and the tree finds it.

A path that ends in a contract error says nothing of the result: a theorem shows that
the invariants exclude it. Only there may core raise. Half of the scenes are such as no
step leads to, and there the suggestion of a map may be off by one: no path is left out
because core would not suggest it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, get_args

from primacy import outputs as effects
from primacy import recovery, step
from primacy.agents import AgentMap, AgentSet
from primacy.config import Config
from primacy.messages import Received
from primacy.observation import observe
from primacy.state import State
from primacy_proofs.smt.solver import Expr, is_same
from primacy_proofs.symbolic.paths import ContractError, Path
from primacy_proofs.symbolic.records import columns, lower, plain
from primacy_proofs.system import lifting
from primacy_proofs.system.lifting import Case
from tests.support.evaluation import Meaning, Values, evaluate, meaning, performed
from tests.support.scenes import Scenes
from tests.support.strategies import MESHES

OBSERVATION: Final = "Observation"
CASES: Final = (*lifting.cases(), OBSERVATION)


@dataclass(frozen=True)
class Fork:
    """A decision, and what is left to be decided on its two sides."""

    condition: Expr
    is_so: Meaning
    yes: "Fork | int"
    no: "Fork | int"


@dataclass(frozen=True)
class Lifted:
    """A case: its paths, and the tree of what they decide; a leaf is a path's place."""

    paths: tuple[Path[Any], ...]
    tree: Fork | int

    def taken(self, values: Values) -> int:
        """Find the path that is taken."""
        here = self.tree
        while isinstance(here, Fork):
            here = here.yes if here.is_so(values) else here.no
        return here


def tree(
    paths: Sequence[Path[Any]], places: Sequence[int], depth: int = 0
) -> Fork | int:
    """Lay out paths by their decisions, and refuse what leaves a side open."""
    first, rest = paths[places[0]], places[1:]
    if not rest and len(first.decisions) == depth:
        return places[0]
    condition = first.decisions[depth].condition
    sides: dict[bool, list[int]] = {True: [], False: []}
    for place in places:
        decision = paths[place].decisions[depth]
        assert is_same(decision.condition, condition)
        sides[decision.holds].append(place)
    assert all(sides.values()), "a side is missing"
    yes, no = (tree(paths, sides[side], depth + 1) for side in (True, False))
    return Fork(condition, meaning(condition), yes, no)


def laid_out(paths: tuple[Path[Any], ...]) -> Lifted:
    return Lifted(paths, tree(paths, range(len(paths))))


@cache
def case_of(name: str) -> Case:
    """Lift a case once for all tests."""
    return lifting.lift(name)


@cache
def observation_paths() -> tuple[Path[Any], ...]:
    """Lift once what is observed of a step."""
    return lifting.lift_observation()


@cache
def lifted(name: str) -> Lifted:
    """Lay out a case, or what is observed of a step."""
    found = observation_paths() if name == OBSERVATION else case_of(name).paths
    return laid_out(found)


@dataclass
class Advice:
    """What maps suggest: off by so much."""

    off: int


advice = Advice(0)
suggestion = AgentMap.suggestion


def advised(numbers: AgentMap, electors: AgentSet, outgoing: AgentSet) -> int:
    """Stand in for `AgentMap.suggestion`."""
    return suggestion(numbers, electors, outgoing) + advice.off


@dataclass(frozen=True)
class Scene:
    """What a case is asked: the values of its variables, and what core does."""

    values: Values
    may_break: bool
    """The state is one that no step leads to: a contract may be broken."""
    off: int
    """By how much what a map suggests is wrong."""
    after: tuple[object, ...] | None
    """The columns of the state after; none if core raised."""
    outputs: tuple[object, ...]


def named(record: object, prefix: str = "") -> dict[str, Any]:
    values = [value for _, value in plain(record)]
    names = [prefix + column.name for column in columns(type(record))]
    return dict(zip(names, values, strict=True))


def of_mesh(config: Config) -> dict[str, Any]:
    plain_fields = {each.name: getattr(config, each.name) for each in fields(config)}
    derived = {"config": config, "electors": config.initial_leaders}
    return plain_fields | derived


def done(act: Callable[[], tuple[State, Any]]) -> tuple[Any, Any]:
    """Let core act: the columns after, and what a step asks; observations apart."""
    try:
        after, outputs = act()
    except (IndexError, ValueError):  # of a container, asked for what it has not
        return None, ()
    told = get_args(effects.Observation)
    asked = tuple(output for output in outputs if not isinstance(output, told))
    return tuple(value for _, value in plain(after)), asked


def staged(name: str, scenes: Scenes) -> Scene:
    """Draw a scene of a case and let core play it."""
    config, may_break = scenes.one(*MESHES), scenes.rarely(2)
    values = of_mesh(config)
    if name == lifting.RESTART:
        disk = scenes.disk(config)
        values |= named(disk, "disk.")
        return Scene(values, False, 0, *done(lambda: recovery.recover(config, disk)))
    if name == OBSERVATION:
        before, after = scenes.pair(config)
        values |= named(before) | named(after, "after.")
        return Scene(values, False, 0, (), observe(before, after))
    state, message = scenes.scene(name, config)
    if may_break:
        state = scenes.broken(state)
    said = message.packet if isinstance(message, Received) else message
    values |= named(state)
    if name not in lifting.UNKNOWN:
        values |= named(said, f"{name}.")
    if isinstance(message, Received):
        values |= {"packet": said, "now": message.now}
    advice.off = scenes.one(-1, 0, 1) if may_break else 0
    result = done(lambda: step(state, message))
    return Scene(values, may_break, advice.off, *result)


def parted(path: Path[Any]) -> tuple[State | None, tuple[Any, ...]]:
    """Take a result apart: the state after, if it has one, and the outputs."""
    result: Any = path.result
    if len(result) == 2 and isinstance(result[0], State):
        return result[0], result[1]
    return None, result


def judge(case: Lifted, scene: Scene) -> int:
    """Compare the path that is taken with what core did; give the path's place."""
    advice.off = scene.off
    place = case.taken(scene.values)
    path = case.paths[place]
    if path.error is not None:
        assert isinstance(path.error, ContractError)
        assert scene.may_break
        return place
    assert scene.after is not None
    after, outputs = parted(path)
    if after is not None:
        told = zip(lower(after), scene.after, strict=True)
        assert all(evaluate(expr, scene.values) == value for expr, value in told)
    assert performed(outputs, scene.values) == scene.outputs
    return place
