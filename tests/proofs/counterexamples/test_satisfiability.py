"""The hypotheses of the proofs are not empty, and no path is excluded for nothing."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from primacy_model.cli import commands
from primacy_proofs.axioms.containers import AXIOMS
from primacy_proofs.counterexamples import satisfiability
from primacy_proofs.counterexamples.obligation import FACTS
from primacy_proofs.counterexamples.satisfiability import Fate
from primacy_proofs.counterexamples.search import Judge, Question
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import by_name
from primacy_proofs.smt.solver import FALSE, find_unsat_core
from primacy_proofs.system import lifting
from primacy_proofs.system.world import World


@pytest.mark.deep
def test_one_rich_world_keeps_all_invariants() -> None:
    found = satisfiability.rich_world()
    assert found is not None
    judge = Judge(Question(satisfiability.INVARIANTS, FACTS, (), FALSE), found.told)
    assert judge.is_model()


@pytest.mark.parametrize(
    ("message", "taken", "excluded"),
    [("Claim", 22, 2), ("VoteReply", 12, 5), ("Transfer", 7, 0), ("Restart", 3, 0)],
)
def test_every_path_is_taken_or_excluded(
    message: str, taken: int, excluded: int
) -> None:
    found = satisfiability.find_fates_of(message)
    assert not any(fate.is_open for fate in found)
    assert sum(fate.agents > 0 for fate in found) == taken
    assert sum(fate.agents == 0 for fate in found) == excluded


def test_what_excludes_a_path_is_named_and_all_of_it_is_needed() -> None:
    excluded = [
        each for each in satisfiability.find_fates_of("Claim") if not each.agents
    ]
    assert excluded
    for fate in excluded:
        assert fate.excluded_by
        assert fate.reason == ", ".join(fate.excluded_by)
        case = lifting.lift("Claim")
        given = case.given, case.paths[fate.number - 1].condition
        among = by_name(LAWS)
        named = {name: among[name].hypothesis(World()) for name in fate.excluded_by}
        facts = (*AXIOMS, *FACTS)
        assert find_unsat_core(facts, named, given) == fate.excluded_by
        for name in named:
            rest = {each: law for each, law in named.items() if each != name}
            assert find_unsat_core(facts, rest, given) is None


NOBODY_KNOWS = Fate("Claim", 1, 0, None, ("validity.one:1: if a: -> yes",))


def test_a_path_that_is_neither_is_open() -> None:
    assert NOBODY_KNOWS.is_open
    assert satisfiability.exit_code([(NOBODY_KNOWS,)], is_rich=True) == 3
    taken = replace(NOBODY_KNOWS, agents=2)
    assert satisfiability.exit_code([(taken,)], is_rich=True) == 0
    assert satisfiability.exit_code([(taken,)], is_rich=False) == 4
    told = satisfiability.render([(NOBODY_KNOWS,)], is_rich=False)
    assert "open: Claim path 1\n  validity.one:1: if a: -> yes" in told
    assert "no rich world" in told


def test_an_argument_needs_all_its_marks() -> None:
    marks, why = satisfiability.REASONS[0]
    whole = Fate("TransferNow", 1, 0, None, (f"election.campaign:1: if {marks[1]}",))
    assert whole.reason == why
    assert replace(whole, message="Elapsed").is_open
    assert replace(whole, agents=3).reason == ""


@pytest.mark.deep
def test_the_command_tells_what_was_found() -> None:
    found = CliRunner().invoke(
        commands.main, ["prove", "--paths", "Restart", "Transfer"]
    )
    assert found.exit_code == 0, found.output
    assert "Restart                3       3         0       0       0" in found.output
    assert "one rich world of 4 agents keeps all" in found.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--paths", "Vote"],
            f"no message is named 'Vote', there are {lifting.cases()[0]}",
        ),
        (["--paths", "--mutants"], "stand alone"),
        (["--paths", "--list"], "stand alone"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: list[str], said: str) -> None:
    found = CliRunner().invoke(commands.main, ["prove", *arguments])
    assert found.exit_code == 2
    assert said in " ".join(found.output.split())
