"""The theorems hold of the core that ships, and what they rest on is no contradiction.

That each can fail is shown by its negative control, in test_mutants.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

import pytest

import primacy_proofs
from primacy_proofs.axioms.containers import CONTRACTS
from primacy_proofs.cli import evidence, session
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import RESTS_ON, LawKind, by_name, of_kind
from primacy_proofs.smt.solver import FALSE, VERSION, Expr, Prover, Status
from primacy_proofs.system import lifting
from primacy_proofs.system.clocks import clock_facts, drift
from primacy_proofs.system.transitions import steps
from primacy_proofs.system.world import World, mesh_facts
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.prover import FIRST, Obligation


def test_two_leaders_a_term_need_majorities_that_meet() -> None:
    known = [
        contract.axiom
        for contract in CONTRACTS
        if contract.name != "two parts larger than the whole share a member"
    ]
    stated = [
        law.hypothesis(World())
        for law in of_kind(LawKind.INVARIANT, LAWS)
        if law.group in RESTS_ON["election"]
    ]
    goal = by_name(LAWS)["a term has one leader"].goal(World())
    without = Prover([*known, *mesh_facts(), *stated])
    assert without.prove([], goal).status is Status.OPEN


def lease_laws() -> list[Expr]:
    """State what the proofs about leases use, but for the clocks."""
    stated = [
        law.hypothesis(World())
        for law in of_kind(LawKind.INVARIANT, LAWS)
        if law.group in RESTS_ON["lease"]
    ]
    return [*(each.axiom for each in CONTRACTS), *mesh_facts(), *stated]


def test_one_lease_needs_clocks_within_their_bound() -> None:
    goal = by_name(LAWS)["who holds a lease has no heir"].goal(World())
    assert Prover([*lease_laws(), *clock_facts()]).prove([], goal).status is (
        Status.PROVED
    )
    without = Prover(lease_laws()).prove([], goal)
    assert without.status in {Status.OPEN, Status.LIMIT}


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
