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
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log
from primacy.messages import Install, Message, Received
from primacy.observation import observe
from primacy.state import State
from primacy.types import Command, RequestId, Term
from primacy_proofs.smt.solver import Expr, is_same
from primacy_proofs.symbolic.paths import ContractError, Path
from primacy_proofs.symbolic.records import columns, plain
from primacy_proofs.system import lifting
from primacy_proofs.system.lifting import Case
from tests.support import evaluation
from tests.support.evaluation import Meaning, Values, meaning, performed
from tests.support.scenes import Scenes
from tests.support.strategies import MESHES

OBSERVATION: Final = "Observation"
MOST_LOST: Final = 200
"""No snapshot of a scene stands for as many entries."""
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
    after: State | None
    """The state after; none if core raised."""
    outputs: tuple[object, ...]


def named(record: object, prefix: str = "") -> dict[str, Any]:
    """Name the columns of a record; a log is given as it was, and with its start."""
    values = [value for _, value in plain(record)]
    names = [prefix + column.name for column in columns(type(record))]
    found = dict(zip(names, values, strict=True))
    for name, value in found.items():
        if isinstance(value, Log):
            is_start = name.endswith(".start")
            found[name] = value.start if is_start else whole(value)
    return found


def whole(log: Log) -> Log:
    """Give entries to a log in the place of those that it lost: some that fit."""
    lost = ending(log.start, log.start_term, log.start_roll)
    return lost.extended(log.entries)


def ending(index: int, term: int, roll: Roll) -> Log:
    """Make a whole log that ends at a position with a term and a roll, if one can."""
    if index < roll.index or not 0 <= index < MOST_LOST:
        return Log()
    entries = [Entry(Term(1), EntryKind.NOOP)] * index
    for at in range(max(roll.index, 1) - 1, index):
        entries[at] = Entry(Term(term), EntryKind.NOOP)
    if roll.index >= 1:
        sets = roll.electors, roll.outgoing, roll.workers
        named = Command(""), RequestId("")
        entries[roll.index - 1] = Entry(roll.term, EntryKind.ROLL, *named, *sets)
    return Log.of(entries)


def of_mesh(config: Config) -> dict[str, Any]:
    plain_fields = {each.name: getattr(config, each.name) for each in fields(config)}
    derived = {"config": config, "electors": config.initial_leaders}
    return plain_fields | derived


def of_message(message: Message) -> dict[str, Any]:
    """Name the parts of a message, as its case asks for them."""
    said = message.packet if isinstance(message, Received) else message
    values = named(said, f"{type(said).__name__}.")
    if isinstance(message, Received):
        values |= {"packet": said, "now": message.now}
    if isinstance(said, Install):
        values["Install.prefix"] = ending(said.index, said.index_term, said.roll)
    return values


def done(act: Callable[[], tuple[State, Any]]) -> tuple[Any, Any]:
    """Let core act: the state after, and what a step asks; observations apart."""
    try:
        after, outputs = act()
    except (IndexError, ValueError):  # of a container, asked for what it has not
        return None, ()
    told = get_args(effects.Observation)
    asked = tuple(output for output in outputs if not isinstance(output, told))
    return after, asked


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
        return Scene(values, False, 0, after, observe(before, after))
    state, message = scenes.scene(name, config)
    if may_break:
        state = scenes.broken(state)
    said = message.packet if isinstance(message, Received) else message
    values |= named(state)
    if name not in lifting.UNKNOWN:
        values |= of_message(message)
    elif isinstance(message, Received):
        values |= {"packet": said, "now": message.now}
    may_break = may_break or isinstance(said, Install)  # it need not be of this log
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
        assert evaluation.plain(after, scene.values) == scene.after
    assert performed(outputs, scene.values) == scene.outputs
    return place
