"""Agents that no shape can tell may change names: the mesh does the same then."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from primacy.agents import AgentMap, AgentSet
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log
from primacy.types import AgentId, Command, RequestId, Term
from primacy_model.checker.actors import Assembled
from primacy_model.mesh.agent import Budgets, Gate
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.model import Mesh, MeshWorld
from primacy_model.mesh.symmetry import namings, rename
from tests.support.worlds import moved

ALL = Budgets(
    rounds=1, writes=1, reads=1, effects=1, crashes=1, partitions=1, transfers=1
)
SWAPPED = {"a": "c", "b": "b", "c": "a"}
NAMES = ("a", "b", "c")

SHAPES = {
    "everything at once": Shape(begins="elected", terms=2, budgets=ALL),
    "two that stand": Shape(begins="elected", terms=3, impatient=("b", "c")),
    "two workers": Shape(
        begins="elected", workers=("w", "x"), terms=2, budgets=Budgets(crashes=1)
    ),
    "two beside one that is added": Shape(
        workers=("w",),
        joiners=("x",),
        begins="elected",
        terms=2,
        changes=("promote w at a", "admit x at a"),
        budgets=Budgets(changes=2),
    ),
    "a bag": Shape(
        begins="elected", network="bag", terms=2, budgets=Budgets(drops=1, duplicates=1)
    ),
}
FIRST_WORLDS = 150


def reached(mesh: Mesh) -> Iterator[MeshWorld]:
    """List worlds, breadth first."""
    model, first = Assembled(mesh), mesh.initial()
    queue, seen = deque([first]), {first}
    while queue:
        world = queue.popleft()
        yield world
        for action in model.actions(world):
            after = model.successor(world, action)
            if after not in seen:
                seen.add(after)
                queue.append(after)


@pytest.mark.parametrize("name", SHAPES)
def test_a_renamed_world_does_the_same(name: str) -> None:
    mesh = Mesh(name, "", SHAPES[name])
    model = Assembled(mesh)
    chosen = [mesh.symmetries[0], mesh.symmetries[-1]]
    for world in islice(reached(mesh), FIRST_WORLDS):
        after = [model.successor(world, each) for each in model.actions(world)]
        for symmetry in chosen:
            other = moved(world, symmetry)
            theirs = {model.successor(other, each) for each in model.actions(other)}
            assert theirs == {moved(each, symmetry) for each in after}
            for claim in model.properties:
                assert claim.holds(world) == claim.holds(other)


def test_only_agents_that_no_shape_can_tell_change_names() -> None:
    def count(shape: Shape) -> int:
        return len(list(namings(shape)))

    assert count(Shape(begins="elected")) == 6
    assert count(Shape(begins="elected", impatient=("b", "c"))) == 2
    assert count(Shape(begins="elected", impatient=("b",), crashers=("c",))) == 1
    assert count(Shape(begins="elected", workers=("w", "x"))) == 12
    assert count(Shape(begins="elected", clients_at=("a",))) == 2
    assert count(Shape(begins="elected", joiners=("x", "y"))) == 12
    grows = Shape(electors=("a",), workers=("b", "c"), begins="elected")
    assert count(grows) == 2
    assert count(replace(grows, changes=("promote b",))) == 1
    assert count(replace(grows, begins="fresh")) == 1


def test_where_a_leader_may_be_taken_off_its_heir_is_named_by_the_lowest_id() -> None:
    for change in ("demote c", "replace a b", "demote c at a"):
        shape = Shape(begins="elected", workers=("w", "x"), changes=(change,))
        assert list(namings(shape)) == [{name: name for name in shape.agents}]


def test_in_a_fresh_mesh_the_lowest_id_is_to_lead_so_nobody_changes_names() -> None:
    assert list(namings(Shape())) == [{name: name for name in NAMES}]
    assert Mesh("fresh", "", Shape()).symmetries == []


def test_the_first_naming_changes_nothing_and_is_no_symmetry() -> None:
    mesh = Mesh("", "", Shape(begins="elected", budgets=Budgets(partitions=1)))
    assert next(namings(mesh.shape)) == {name: name for name in NAMES}
    assert len(mesh.symmetries) == 5
    assert all(each.places[-1] == len(NAMES) for each in mesh.symmetries)


def test_sets_and_maps_are_put_in_order_again() -> None:
    some = AgentSet((AgentId("a"), AgentId("b")))
    assert rename(some, SWAPPED, NAMES) == AgentSet((AgentId("b"), AgentId("c")))
    numbers = AgentMap(AgentSet.of(NAMES), (1, 2, 3))
    assert rename(numbers, SWAPPED, NAMES) == AgentMap(AgentSet.of(NAMES), (3, 2, 1))


def test_the_names_in_an_entry_that_sets_a_roll_are_changed() -> None:
    def entry(electors: str, outgoing: str, workers: str) -> Entry:
        sets = (AgentSet.of(names) for names in (electors, outgoing, workers))
        return Entry(Term(1), EntryKind.ROLL, Command(""), RequestId(""), *sets)

    assert rename(entry("ab", "bc", "a"), SWAPPED, NAMES) == entry("bc", "ab", "c")
    log = Log.of([entry("a", "a", "b")])
    assert rename(log, SWAPPED, NAMES) == Log.of([entry("c", "c", "b")])
    roll = log.roll(Roll(AgentSet(), AgentSet()))
    assert rename(roll, SWAPPED, NAMES) == Log.of([entry("c", "c", "b")]).roll(roll)


def test_a_partition_is_named_by_the_side_without_the_last() -> None:
    cut = Gate(sides=AgentSet((AgentId("a"),)))
    assert rename(cut, SWAPPED, NAMES).sides == AgentSet((AgentId("a"), AgentId("b")))
    other = Gate(sides=AgentSet((AgentId("a"), AgentId("b"))))
    assert rename(other, SWAPPED, NAMES).sides == AgentSet((AgentId("a"),))


def test_what_is_no_name_stays() -> None:
    assert rename(("w1", 3, True, None, "a"), SWAPPED, NAMES) == (
        "w1",
        3,
        True,
        None,
        "c",
    )


def test_what_cannot_be_renamed_is_said() -> None:
    with pytest.raises(TypeError, match="a float in a world cannot be renamed"):
        rename(0.5, SWAPPED, NAMES)
