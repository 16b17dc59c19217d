"""The files of the catalogue are read strictly: a mistake is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from primacy_model.mesh.agent import Budgets
from primacy_model.mesh.bounds import Shape
from primacy_model.mutation.arena import Arena
from primacy_model.mutation.catalog.mutants import (
    FOLDER,
    UnknownMutantError,
    find_mutant,
    load_mutants,
)
from primacy_model.mutation.catalog.table import CatalogError
from primacy_model.mutation.expectation import (
    ExpectedKill,
    RunsPlace,
    TimedPlace,
    load_kills,
    read_kill,
)
from primacy_model.mutation.mutant import Edit, EditError, Harm, Mutant, apply
from primacy_model.mutation.scripts import SCRIPTS
from tests.support.mutated_core import CORE

ENTRY = """
[[mutant]]
id = "forgets-its-vote"
harm = "safety"
source = "protocol, S4"
clause = "vote.durable"
fault = "a vote is forgotten"

[[mutant.edit]]
before = '''
    vote = mine
'''
after = ""
"""
CHECK = """
[[mutant.check]]
breaks = "S4"
depth = 9
"""
ARENA = """
[mutant.check.arena]
terms = 2
impatient = ["b"]
forgets = false
budgets = { writes = 1 }
script = ["a write, lose", "b-takes-over"]
"""


def write(folder: Path, text: str, name: str = "election") -> None:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def read(folder: Path, text: str) -> Mutant:
    write(folder, text)
    (mutant,) = load_mutants(folder)
    return mutant


def kill(folder: Path, text: str) -> ExpectedKill:
    mutant = read(folder, ENTRY + CHECK + text)
    (table,) = mutant.check
    return read_kill(mutant, table)


# --- what is read ---------------------------------------------------------------------


def test_a_mutant_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, ENTRY) == Mutant(
        id="forgets-its-vote",
        harm=Harm.SAFETY,
        source="protocol, S4",
        clause="vote.durable",
        fault="a vote is forgotten",
        module="election",
        edits=(Edit("    vote = mine\n", ""),),
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('scope = "reads"', "reads"),
        ('liveness = "stays"\nloop = 4', RunsPlace("stays")),
        ('timed = { scope = "lease-pair" }', TimedPlace("lease-pair")),
        (
            'timed = { scope = "lease-read", forgets = false, rounds = 3 }',
            TimedPlace("lease-read", forgets=False, rounds=3),
        ),
        (
            ARENA,
            Arena(
                Shape(terms=2, impatient=("b",), budgets=Budgets(writes=1)),
                f"a write, lose, {SCRIPTS['b-takes-over']}",
                forgets=False,
            ),
        ),
    ],
)
def test_a_kill_is_read(tmp_path: Path, text: str, place: object) -> None:
    found = kill(tmp_path, text)
    assert found.place == place
    assert (found.breaks, found.depth, found.is_retested) == ("S4", 9, True)
    assert found.loop == (4 if isinstance(place, RunsPlace) else None)


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[mutant]]", "[[mutant", "election.toml is not TOML: "),
        ("[[mutant]]", "[[mutants]]", "election.toml: unknown key 'mutants'; did you"),
        ("fault =", "fualt =", "forgets-its-vote: unknown key 'fualt'; did you mean"),
        (
            "fault =",
            "damage =",
            "election.toml, forgets-its-vote: unknown key 'damage'.",
        ),
        ('harm = "safety"\n', "", "forgets-its-vote: the key 'harm' is missing."),
        ('"safety"', '"unsafe"', "'harm' must be one of safety, liveness."),
        ('id = "forgets-its-vote"\n', "", "mutant 1: the key 'id' is missing."),
        ('"vote.durable"', "7", "forgets-its-vote: 'clause' must be a string."),
        ('after = ""', "", "forgets-its-vote, edit 1: the key 'after' is missing."),
        ("\n    vote = mine\n", "", "edit 1: 'before' must not be empty."),
        ("[[mutant.edit]]", "[mutant.edit]", "'edit' must be an array of tables."),
        ('after = ""', 'after = ""\ntimes = true', "'times' must be a whole number"),
    ],
)
def test_a_mistake_in_a_mutant_is_one_sentence(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in ENTRY
    write(tmp_path, ENTRY.replace(old, new, 1))
    with pytest.raises(CatalogError) as raised:
        load_mutants(tmp_path)
    assert message in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "check 1: one of scope, arena, timed, liveness must be given."),
        ('scope = "a"\nliveness = "b"', "one of scope, arena, timed, liveness must"),
        ('liveness = "stays"', "check 1: the key 'loop' is missing."),
        ('scope = "reads"\nloop = 3', "check 1: unknown key 'loop'."),
        ('scope = "reads"\nretest = 0', "'retest' must be true or false."),
        ("timed = { forgets = true }", "check 1, timed: the key 'scope' is missing."),
        ('timed = "lease-read"', "check 1: 'timed' must be a table."),
        ("arena = { terms = -1 }", "check 1, arena: 'terms' must be a whole number"),
        ("arena = { budgets = { wites = 1 } }", "unknown key 'wites'; did you mean"),
        ('arena = { script = "lose" }', "'script' must be a list of strings."),
        ('arena = { script = ["c-leads"] }', "'script' names no script 'c-leads'."),
    ],
)
def test_a_mistake_in_a_kill_is_one_sentence(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(CatalogError) as raised:
        kill(tmp_path, text)
    assert message in str(raised.value)
    assert str(raised.value).startswith("election.toml, forgets-its-vote, check 1")


def test_an_id_that_is_taken_is_refused(tmp_path: Path) -> None:
    write(tmp_path, ENTRY, "bootstrap")
    write(tmp_path, ENTRY, "election")
    said = "election.toml: the id 'forgets-its-vote' is taken in bootstrap.toml."
    with pytest.raises(CatalogError, match=said):
        load_mutants(tmp_path)


def test_an_unknown_mutant_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UnknownMutantError, match="did you mean worker-stands"):
        find_mutant("worker-stand")


@pytest.mark.parametrize(
    ("times", "found", "counts"),
    [(1, 0, "once .* 0 times"), (1, 2, "once .* 2 times"), (2, 1, "2 times .* once")],
)
def test_a_text_that_does_not_occur_as_often_as_stated_is_refused(
    times: int, found: int, counts: str
) -> None:
    mutant = Mutant(
        id="x",
        harm=Harm.SAFETY,
        source="",
        clause="",
        fault="",
        module="election",
        edits=(Edit("vote", "veto", times),),
    )
    with pytest.raises(EditError, match=f"mutant x: .* {counts}"):
        apply(mutant, "vote " * found)
    assert apply(mutant, "vote " * times) == "veto " * times


def test_edits_are_applied_in_their_order() -> None:
    (mutant, *_) = load_mutants()
    twice = Mutant(
        id="x",
        harm=mutant.harm,
        source="",
        clause="",
        fault="",
        module="election",
        edits=(Edit("a", "b"), Edit("b c", "d")),
    )
    assert apply(twice, "a c") == "d"


# --- what is there --------------------------------------------------------------------


def test_each_file_is_of_a_module_of_core_and_follows_its_order() -> None:
    for file in sorted(FOLDER.glob("*.toml")):
        source = (CORE / f"{file.stem}.py").read_text(encoding="utf-8")
        some = [each for each in load_mutants() if each.module == file.stem]
        places = [source.index(mutant.edits[0].before) for mutant in some]
        assert places == sorted(places), file.name
        assert some


def test_every_kill_is_read_and_no_place_is_given_twice() -> None:
    places = [(kill.id, kill.place) for kill in load_kills()]
    assert len(places) == sum(len(mutant.check) for mutant in load_mutants())
    assert len(set(places)) == len(places)
