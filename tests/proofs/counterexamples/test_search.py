"""The search for finite counterexamples: what it finds is one, and none is missed.

A law that holds of the shipped core has none. A law that is not kept has one, in the
smallest world that there is, and it is judged with core's own containers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from primacy.role import Role, Wait
from primacy_proofs.cli import session
from primacy_proofs.counterexamples import rendering
from primacy_proofs.counterexamples import search as counterexamples_search
from primacy_proofs.counterexamples.obligation import FACTS, pose
from primacy_proofs.counterexamples.rendering import NONE_WITHIN, find
from primacy_proofs.counterexamples.search import Judge, Question, search
from primacy_proofs.counterexamples.small_values import Bounds, NotSmallError
from primacy_proofs.counterexamples.small_world import Told
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import RESTS_ON, Law, LawBody, LawKind, invariant, of_kind
from primacy_proofs.mutation import runner
from primacy_proofs.mutation.mutants import load_tasks
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import FALSE, REAL, Expr, constant, differ, equal
from primacy_proofs.smt.symbols import AGENT
from primacy_proofs.system import lifting
from primacy_proofs.system.clocks import PROMISE, clock, lease_of
from primacy_proofs.system.transitions import steps
from primacy_proofs.system.world import ME, World
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.prover import FIRST, QUORUMS, RESOURCE, Obligation, Unit

SMALL = Bounds(2, 2)
KNOWN = tuple(
    law for law in of_kind(LawKind.INVARIANT, LAWS) if law.group in RESTS_ON["election"]
)
LEADS = equal(World()("role", ME), on.ROLES[Role.LEADER])


def nobody_is_followed(w: World, n: Expr) -> Expr:
    """Say that no agent knows a leader."""
    return equal(w("leader", n), on.NOBODY_)


def somebody_is_followed(w: World, n: Expr) -> Expr:
    """Say that every agent knows a leader."""
    return differ(w("leader", n), on.NOBODY_)


def nobody_has_promised_anything(w: World, n: Expr) -> Expr:
    """Say that no election timer waits for the end of a promise."""
    return differ(w("wait", n), on.WAITS[Wait.PROMISE])


def law_of(body: LawBody) -> Law:
    """Make a law that no theorem has."""
    return invariant("election", AGENT, on=lambda w, n: [[w("leader", n)]])(body)


FALSE_LAW = law_of(nobody_is_followed)
WITH_A_FALSE_LAW = (*LAWS, FALSE_LAW)
"""A heartbeat breaks one of them."""


def failed(unit: str) -> Iterator[Obligation]:
    """Prove the false law in a unit, and list what is not proved."""
    groups = frozenset([FALSE_LAW.group])
    for each in prover.obligations(unit, groups, WITH_A_FALSE_LAW):
        if each.law == FALSE_LAW.name and each.status != "proved":
            yield each


# --- what is not so has a counterexample ----------------------------------------------


def test_a_law_that_is_not_kept_has_a_counterexample() -> None:
    found = find(list(failed("Heartbeat")), known=WITH_A_FALSE_LAW)
    assert found is not None
    assert found.agents == 2
    lines = found.text.splitlines()
    assert lines[:3] == [
        "a counterexample to induction, with 2 agents, breaks the law",
        "  nobody is followed",
        "  (no agent knows a leader)",
    ]
    assert lines[3].startswith("a handles Heartbeat from b: term ")
    assert lines[-1] == "the law fails for agent n = a"
    (row,) = (line for line in lines if line.split()[:1] == ["follows"])
    assert row.split() == ["follows", "nobody", "->", "b", "nobody"]


def test_another_agent_may_take_the_step() -> None:
    sizes = [(Bounds(2, 2, me=2), 1)]
    found = find(list(failed("Heartbeat")), sizes, WITH_A_FALSE_LAW)
    assert found is not None
    assert "b handles Heartbeat from a: term " in found.text
    assert found.text.endswith("the law fails for agent n = b")


def test_a_smallest_world_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Bounds] = []

    def noted(
        question: Question, bounds: Bounds
    ) -> counterexamples_search.FiniteModel | None:
        asked.append(bounds)
        return search(question, bounds)

    monkeypatch.setattr(rendering, "search", noted)
    obligations = list(failed("Heartbeat"))
    larger = [(Bounds(agents, 2), 1) for agents in (2, 3)]
    found = find(obligations, larger, WITH_A_FALSE_LAW)
    assert found is not None
    assert (found.agents, asked) == (2, [Bounds(2, 2)])
    found = find(obligations, larger[1:], WITH_A_FALSE_LAW)
    assert found is not None
    assert found.agents == 3


def test_a_model_keeps_what_is_taken_for_granted_and_not_the_goal() -> None:
    question = question_of(FALSE)
    model = search(question, SMALL)
    assert model is not None
    assert Judge(question, model.told).is_model()


def question_of(goal: Expr) -> Question:
    """Ask for a world in which somebody leads, and something else is not so."""
    return Question(KNOWN, FACTS, (LEADS,), goal)


def told() -> Told:
    """Find a world in which somebody leads."""
    model = search(question_of(FALSE), SMALL)
    assert model is not None
    return model.told


def test_a_world_that_breaks_a_law_is_no_model() -> None:
    world = told()
    entries = world.entries
    assert entries["term", ("a",)] >= 1
    (key,) = (
        key
        for key, value in entries.items()
        if key[0] == "vote_cast"
        and value
        and key[1] == ("a", entries["term", ("a",)], "a")
    )
    judge = Judge(question_of(FALSE), world)
    judge.hear({**entries, key: False})
    assert not judge.is_model()
    broken = [law.names[0].rpartition(" ")[0] for law, _ in judge.broken()]
    assert "a leader voted for itself" in broken
    assert judge.is_answered()


def test_a_world_that_breaks_a_fact_of_the_mesh_is_no_model() -> None:
    world = told()
    judge = Judge(question_of(FALSE), world)
    judge.hear({**world.entries, ("batch", ()): 0})
    assert [law.body for law, _ in judge.broken()]
    assert not judge.is_model()


def test_a_world_that_satisfies_the_goal_is_no_model() -> None:
    world = told()
    judge = Judge(question_of(LEADS), world)
    assert not list(judge.broken())
    assert not judge.is_answered()
    assert not judge.is_model()


def test_a_world_without_what_is_given_is_no_model() -> None:
    world = told()
    question = replace(question_of(FALSE), given=(FALSE,))
    assert not Judge(question, world).is_answered()


def test_clocks_are_judged_at_every_instant_of_true_time() -> None:
    begun, now, life = constant("begun", REAL), World()("time"), World()("life", ME)
    then, shown = clock(ME, life, begun), clock(ME, life, now)
    is_over = shown >= then + lease_of(ME)
    question = Question((), FACTS, (now >= begun + PROMISE,), is_over)
    assert search(question, SMALL) is None
    at_last = equal(now, SMALL.instants[-1]), equal(begun, SMALL.instants[-2])
    found = search(Question((), FACTS, (*at_last, shown > then), FALSE), SMALL)
    assert found is not None
    assert found.value(shown) > found.value(then)


def test_what_fails_in_the_first_world_is_shown() -> None:
    law = law_of(somebody_is_followed)
    owed = Obligation(FIRST, "begins", law.name, law.group, "open", 0.0)
    found = find([owed], known=(*LAWS, law))
    assert found is not None
    lines = found.text.splitlines()
    assert re.fullmatch(r"a counterexample, with \d agents, breaks the law", lines[0])
    assert "in the first world" in lines


def test_a_crash_is_told() -> None:
    law = law_of(nobody_has_promised_anything)
    crashes = [each for each in steps(lifting.lift("VoteRequest")) if each.is_crash]
    owed = [
        Obligation(each.case, each.name, law.name, law.group, "open", 0.0)
        for each in crashes
    ]
    found = find(owed, [(SMALL, len(owed))], (*LAWS, law))
    assert found is not None
    told = " ".join(found.text.split())
    assert "but crashes between two writes to its disk and begins again by" in told
    assert "promise" in told[told.index("timer waits for") :]


# --- what is so has none --------------------------------------------------------------


def of_known_laws(unit: str) -> Iterator[Obligation]:
    known = {law.name for law in LAWS}
    owed = prover.obligations(unit, frozenset(RESTS_ON))
    return (each for each in owed if each.law in known)


@pytest.mark.parametrize("unit", [FIRST, RESOURCE])
def test_what_is_proved_has_no_counterexample(unit: str) -> None:
    for each in of_known_laws(unit):
        assert each.status == "proved"
        assert find([each], [(SMALL, 1)]) is None, each


def test_no_claim_has_a_counterexample_to_what_is_proved() -> None:
    first = {each.law: each for each in reversed(list(of_known_laws("Claim")))}
    assert len(first) > 80
    for each in list(first.values())[::5]:
        assert each.status == "proved"
        assert find([each], [(SMALL, 1)]) is None, each


def test_what_is_about_no_world_has_no_counterexample() -> None:
    owed = prover.prove_unit(QUORUMS, frozenset(["election"])).obligations
    assert owed
    assert not any(list(pose(each)) for each in owed)
    assert find(owed) is None


def test_what_has_no_small_values_has_no_counterexample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise NotSmallError("too many")

    monkeypatch.setattr(rendering, "search", refuse)
    assert find(list(failed("Heartbeat")), known=WITH_A_FALSE_LAW) is None


# --- a run ----------------------------------------------------------------------------


def test_a_theorem_whose_law_fails_is_not_inductive() -> None:
    groups = frozenset([FALSE_LAW.group])
    units = [prover.prove_unit("Heartbeat", groups, WITH_A_FALSE_LAW)]
    findings = session.conclude(session.select(["S1"]), units, WITH_A_FALSE_LAW)
    assert findings[0].verdict is session.TheoremVerdict.NOT_INDUCTIVE
    assert session.combine_verdicts(findings).exit_code == 1
    told = session.render(findings)
    assert told.startswith("S1 election safety: not inductive (")
    assert "  a counterexample to induction, with 2 agents, breaks the law\n" in told
    assert NONE_WITHIN not in told


def test_a_run_says_that_no_counterexample_was_found() -> None:
    owed = Obligation(QUORUMS, "", "majorities meet", "election", "open", 0.0)
    units = [Unit(QUORUMS, 0, (owed,))]
    findings = session.conclude(session.select(["S1"]), units)
    assert findings[0].verdict is session.TheoremVerdict.UNKNOWN
    assert (
        "  no counterexample within 4 agents" in session.render(findings).splitlines()
    )


def test_what_is_given_out_is_told_with_the_entry() -> None:
    (task,) = (each for each in load_tasks() if each.id == "applied-from-the-first")
    outcome = runner.run_task(task)
    assert outcome.law == "what is given out is newly committed"
    told = re.findall(
        r"^\+ given out .* at index 1: \w+ of term 1$", outcome.text, re.MULTILINE
    )
    assert len(told) == 1
