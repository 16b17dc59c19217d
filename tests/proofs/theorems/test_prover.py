"""The theorems hold of the core that ships, and what they rest on is no contradiction.

That each can fail is shown by its negative control, in test_mutants.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

import primacy_proofs
from primacy_proofs.axioms.containers import CONTRACTS
from primacy_proofs.axioms.contract import Contract
from primacy_proofs.cli import evidence, session
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.election import LEADER
from primacy_proofs.laws.electorates import has_heir
from primacy_proofs.laws.law import RESTS_ON, LawKind, by_name, lemmas, of_kind
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    FALSE,
    INT,
    VERSION,
    Expr,
    Prover,
    Status,
    all_of,
    constant,
    differ,
    equal,
    number,
)
from primacy_proofs.smt.symbols import AGENT
from primacy_proofs.system import lifting
from primacy_proofs.system.clocks import clock_facts, drift
from primacy_proofs.system.log_history import has
from primacy_proofs.system.transitions import steps
from primacy_proofs.system.world import World, mesh_facts
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.prover import FIRST, Obligation


def test_what_was_chosen_is_final_as_quorums_meet() -> None:
    """Without that promise an entry may be chosen and blocked."""
    law = by_name(LAWS)["what was chosen is not blocked"]
    stated = [
        each.hypothesis(World())
        for each in of_kind(LawKind.INVARIANT, LAWS)
        if each.group in RESTS_ON[law.group]
    ]

    def status(contracts: Iterable[Contract]) -> Status:
        known = [*(each.axiom for each in contracts), *mesh_facts(), *stated]
        return Prover(known, FEW).prove([], law.goal(World())).status

    meeting = "quorums of near electorates share a member"
    without = [each for each in CONTRACTS if each.name != meeting]
    assert status(CONTRACTS) is Status.PROVED
    assert status(without) in {Status.OPEN, Status.LIMIT}


FEW: Final = 4_000_000
"""A budget for what is not expected to be proved."""


def test_one_lease_needs_clocks_within_their_bound() -> None:
    law = by_name(LAWS)["who holds a lease has no heir"]
    given, goal = lemmas(law, World(), LAWS), law.goal(World())
    stated = [
        each.hypothesis(World())
        for each in of_kind(LawKind.INVARIANT, LAWS)
        if each.group in RESTS_ON[law.group]
    ]
    known = [*(each.axiom for each in CONTRACTS), *mesh_facts(), *stated]
    on_time = Prover([*known, *clock_facts()]).prove(given, goal)
    assert on_time.status is Status.PROVED
    assert Prover(known, FEW).prove(given, goal).status is not Status.PROVED


LED_BY, SUCCESSOR, JOINER = (constant(f"some {name}", AGENT) for name in "abc")
TERM, LATER, AT, UP_TO = (constant(f"some {name}", INT) for name in "tuki")


def changed(world: World, term: Expr, index: Expr) -> Expr:
    """Say that the leader of a term changed its electors at an index."""
    log = world("led.log", term)
    before, after = (
        on.electors_of(on.electorate_at(log, each)) for each in (index - 1, index)
    )
    is_other = differ(on.member(JOINER, before), on.member(JOINER, after))
    sets = all_of(has(log, index, term), on.sets_roll(on.body_at(log, index)))
    return all_of(number(1) <= term, sets, is_other)


def situations() -> dict[str, Expr]:
    """List what a mesh may be like whose rolls have changed."""
    world = World()
    log, later = world("led.log", TERM), world("led.log", LATER)
    once = all_of(world("led", TERM, LED_BY), changed(world, TERM, AT))
    again = on.roll_index(later, on.last(later))
    twice = all_of(
        *(once, world("led", LATER, SUCCESSOR), TERM < LATER),
        *(world("chosen", TERM, UP_TO), AT <= UP_TO, again > UP_TO),
    )
    stays = all_of(equal(world("role", LED_BY), LEADER), differ(LED_BY, SUCCESSOR))
    voting = on.electorate_at(log, AT)
    joint = differ(on.electors_of(voting), on.outgoing_of(voting))
    beside = all_of(
        twice, has_heir(world, TERM), stays, equal(world("term", LED_BY), TERM)
    )
    return {
        "a leader changed its electors": once,
        "another leader changed them again": twice,
        "the first still leads beside its heir": beside,
        "an electorate was being replaced": all_of(once, joint),
    }


@pytest.mark.parametrize("situation", situations())
def test_rolls_that_changed_are_no_contradiction(situation: str) -> None:
    stated = [
        each.hypothesis(World())
        for each in LAWS
        if each.kind is not LawKind.STEP and not each.is_on_demand
    ]
    axioms = [each.axiom for each in CONTRACTS]
    known = Prover([*axioms, *mesh_facts(), *clock_facts(), *stated], FEW)
    found = known.prove([situations()[situation]], FALSE)
    assert found.status is not Status.PROVED


def test_what_is_said_of_clocks_needs_the_drift_bound() -> None:
    for name, given, goal in drift():
        assert Prover([]).prove(given, goal).status is Status.PROVED, name
    name, given, goal = next(iter(drift()))
    needed = [
        number
        for number in range(len(given))
        if Prover([]).prove([*given[:number], *given[number + 1 :]], goal).status
        is Status.REFUTED
    ]
    assert len(needed) >= 3, name  # how fast, how long a lease, how slow


@pytest.mark.parametrize("group", RESTS_ON)
def test_what_is_taken_for_granted_is_no_contradiction(group: str) -> None:
    assert not prover.is_contradictory(group)


UNREACHABLE = {
    "PreVoteReply": 2,
    "VoteRequest": 4,
    "Append": 2,
    "TransferNow": 14,
    "Elapsed": 2,
}
"""Steps that the invariants exclude, by message.

A crash between the persists of a step is followed by a restart, which asks whether the
disk has a term: at that place it always has. A request of a higher term meets no vote
of that term. The word of a transfer in a higher term finds no leader that is followed.
"""


@pytest.mark.deep
def test_every_step_is_possible_but_those_that_are_listed() -> None:
    stated = [
        law.hypothesis(World())
        for law in of_kind(LawKind.INVARIANT, LAWS)
        if law.group in RESTS_ON["fencing"]
    ]
    known = Prover([*(each.axiom for each in CONTRACTS), *mesh_facts(), *stated])
    excluded: dict[str, int] = {}
    for name in lifting.cases():
        for step in steps(lifting.lift(name)):
            if known.prove([step.condition], FALSE).status is Status.PROVED:
                excluded[name] = excluded.get(name, 0) + 1
    assert excluded == UNREACHABLE


def test_the_table_counts_obligations_that_took_equally_long() -> None:
    """They are equal values, and two obligations all the same."""
    (theorem,) = session.select(["S9"])
    group = min(theorem.groups)
    each = prover.Obligation("Claim", "one", "a law", group, "proved", 0.0)
    units = [prover.Unit("Claim", 1, (each, each)), prover.Unit("Write", 1, (each,))]
    told = session.render(session.conclude([theorem], units)).splitlines()
    counts = {line.split()[0]: line.split()[2] for line in told if " ms" in line}
    assert counts == {"Claim": "2", "Write": "1", "all": "3"}


def test_what_some_units_owe_to_fencing_is_proved_and_told() -> None:
    theorems = session.select(["S9", "S13"])
    wanted = frozenset().union(*(theorem.groups for theorem in theorems))
    units = ["Restart", "VoteReply", "Forward"]  # `make check` proves all
    some = [FIRST, prover.RESOURCE, *units]
    findings = session.conclude(theorems, prover.run(some, wanted))
    assert session.combine_verdicts(findings) is session.TheoremVerdict.PROVED
    told = session.render(findings)
    assert "S9 fencing: proved for every mesh (" in told
    written = json.loads(evidence.render_json(findings))
    assert version("z3-solver").startswith(VERSION)
    assert written["format"] == 1
    assert written["verdict"] == "proved"
    assert written["versions"] == {
        "primacy": version("primacy"),
        "python": platform.python_version(),
        "z3": VERSION,
    }
    assert written["core_sha256"] == session.core_sha256()
    assert written["proofs_sha256"] == session.proofs_sha256()
    assert written["proofs_sha256"] != written["core_sha256"]
    fencing, durable = written["theorems"]
    assert (fencing["id"], durable["id"]) == ("S9", "S13")
    for named, theorem in zip(written["theorems"], theorems, strict=True):
        assert named["statement"] == theorem.statement
        assert named["claims"] == list(theorem.claims)
        assert set(named["claims"]) <= set(named["laws"])
        assert named["assumes"] == list(theorem.assumes)
        assert named["clauses"] == list(theorem.clauses)
        assert named["obligations"] == sum(named["laws"].values()) > 100
        assert named["not_proved"] == []


def test_what_is_not_proved_is_named_in_the_file() -> None:
    law = "a cast bounds the term"
    owed = Obligation("Claim", "path 1", law, "election", "open", 0.0)
    finding = session.TheoremFinding(
        session.select(["S1"])[0], session.TheoremVerdict.UNKNOWN, (owed,), ()
    )
    (written,) = json.loads(evidence.render_json([finding]))["theorems"]
    assert written["verdict"] == "unknown"
    assert written["laws"] == {law: 1}
    assert written["not_proved"] == [
        {"law": law, "unit": "Claim", "where": "path 1", "status": "open"}
    ]


def test_the_digest_of_the_proofs_is_of_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "laws").mkdir()
    (tmp_path / "__init__.py").write_text("", encoding="utf-8")
    law = tmp_path / "laws" / "law.py"
    law.write_text("a", encoding="utf-8")
    monkeypatch.setattr(primacy_proofs, "__file__", str(tmp_path / "__init__.py"))
    before = session.proofs_sha256()
    law.write_text("b", encoding="utf-8")
    assert session.proofs_sha256() != before
    law.rename(tmp_path / "law.py")
    assert session.proofs_sha256() != before


def test_the_law_of_a_theorem_that_is_not_stated_makes_it_vacuous() -> None:
    theorems = session.select(["S1"])
    units = [prover.prove_unit(FIRST, frozenset(["durable"]))]
    assert (
        session.conclude(theorems, units)[0].verdict is session.TheoremVerdict.VACUOUS
    )


def test_theorems_are_named_in_either_case() -> None:
    assert session.select(["s7", "S7", "nr"]) == session.select(["S7", "NR"])
    with pytest.raises(session.UnknownTheoremError, match="did you mean S1"):
        session.select(["s111"])
