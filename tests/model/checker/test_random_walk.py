"""Random walks: seeded, fair to rare kinds, and what they find is shrunk."""

import pytest
from click.testing import CliRunner, Result

from primacy_model.checker.random_walk import walk
from primacy_model.checker.reference_bfs import Verdict, explore
from primacy_model.checker.trace import replay
from primacy_model.cli import commands
from primacy_model.scopes import SCOPES
from tests.support.toys import GUARDED, UNGUARDED, Drawn, always_not, sometimes

ASTRAY = Drawn(
    {
        node: (node, after, "s")
        for node, after in zip("sabcdefg", "abcdefgh", strict=True)
    },
    properties=(always_not("h"), sometimes("c")),
)
"""Along the letters, where most steps lead astray; the end is forbidden."""


def test_a_broken_claim_is_found_and_shrunk_to_a_shortest_run() -> None:
    shortest = explore(UNGUARDED).violation
    assert shortest is not None
    for seed in range(5):
        found = walk(UNGUARDED, seed=seed, steps=2_000)
        assert found.verdict is Verdict.VIOLATED
        assert found.violation is not None
        assert found.violation.claim.id == shortest.claim.id
        assert len(found.violation.trace.steps) == len(shortest.trace.steps)
        replay(UNGUARDED, found.violation.trace)


def test_what_can_be_left_out_is_left_out() -> None:
    found = walk(ASTRAY, seed=0, steps=100_000)
    assert found.violation is not None
    states = [step.state for step in found.violation.trace.steps]
    assert states == list("abcdefgh")
    assert found.transitions > len(states)


def test_a_walk_that_finds_nothing_shows_nothing() -> None:
    found = walk(GUARDED, seed=3, steps=500)
    assert found.violation is None
    assert found.verdict is Verdict.INCOMPLETE
    assert found.transitions == 500
    assert found.stopped_at == "500 steps of a walk"
    assert found.states <= explore(GUARDED).states


def test_the_same_seed_is_the_same_walk() -> None:
    scope = SCOPES.find("replication")
    one, two, other = (walk(scope, seed=seed, steps=400) for seed in (7, 7, 8))
    assert (one.states, one.kinds, one.depth) == (two.states, two.kinds, two.depth)
    assert one.kinds != other.kinds


def test_rare_kinds_happen() -> None:
    found = walk(SCOPES.find("replication"), seed=0, steps=3_000)
    assert not found.never_fired
    assert found.kinds["write"] > found.transitions / 100


def test_a_world_in_which_nothing_happens_ends_the_walk() -> None:
    found = walk(Drawn({}), seed=0, steps=100)
    assert (found.transitions, found.states) == (0, 1)


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["check", *arguments])


def test_the_command_walks_and_says_how_to_do_it_again() -> None:
    found = check("replication", "--walk", "--seed", "2", "--steps", "300")
    assert found.exit_code == 3
    assert "incomplete: replication stopped at 300 steps of a walk" in found.output
    assert (
        "again: primacy check replication --walk --seed 2 --steps 300" in found.output
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--seed", "1"), "--seed and --steps are of a walk: give --walk too."),
        (("--walk", "--engine", "memo"), "--walk goes with none of"),
        (("--walk", "--max-states", "9"), "--walk goes with none of"),
        (("--walk", "--steps", "0"), "0 is not in the range"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    found = check("replication", *arguments)
    assert found.exit_code == 2
    assert said in " ".join(found.output.split())
