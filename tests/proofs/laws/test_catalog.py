"""What is proved is what is listed: no law is left out, and no help is unsound."""

import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib import import_module

import pytest

import primacy_proofs
from primacy_proofs.laws.catalog import LAWS, ONE_LEADER, UnsoundHelpError, collect
from primacy_proofs.laws.law import (
    RESTS_ON,
    Law,
    LawKind,
    Laws,
    Lemma,
    Proof,
    by_name,
    of_kind,
)
from primacy_proofs.smt.solver import TRUE


def written() -> Iterator[Law]:
    """List the laws that stand in their module, alone or in a tuple."""
    for module in pkgutil.walk_packages(primacy_proofs.__path__, "primacy_proofs."):
        for value in vars(import_module(module.name)).values():
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, Law) and each.body.__module__ == module.name:
                    yield each


def test_every_law_that_is_written_is_listed() -> None:
    listed = {(law.name, law.body) for law in LAWS}
    assert {(law.name, law.body) for law in written()} == listed
    assert len(LAWS) > 130


def test_a_law_that_is_listed_is_as_it_was_written() -> None:
    """But for one lemma, that a term has one leader, which many are shown."""
    found = {law.name: law for law in written()}
    shown = 0
    for law in LAWS:
        proof, given = law.proof, found[law.name].proof
        added = proof.lemmas_after[len(given.lemmas_after) :]
        assert proof.lemmas_after == (*given.lemmas_after, *added)
        assert added in {(), (ONE_LEADER,)}
        bare = replace(law, proof=replace(proof, lemmas_after=given.lemmas_after))
        assert vars_of(bare) == vars_of(found[law.name])
        shown += len(added)
    assert shown > 50


def vars_of(law: Law) -> dict[str, object]:
    """Name what a law is made of: laws are compared by identity."""
    return {each.name: getattr(law, each.name) for each in fields(Law)}


def test_what_a_group_rests_on_rests_on_nothing_else() -> None:
    for group, used in RESTS_ON.items():
        assert not {name for each in used for name in RESTS_ON[each]} - set(used), group


def test_a_lemma_that_is_on_demand_is_demanded() -> None:
    demanded = {
        name for law in LAWS for name in (*law.proof.on_demand, *law.proof.uses)
    }
    demanded |= {each.law for law in LAWS for each in law.proof.lemmas_before}
    on_demand = {law.name for law in LAWS if law.is_on_demand}
    assert on_demand
    assert on_demand <= demanded


# --- the order of imports -------------------------------------------------------------

OBLIGATIONS = """
import json, sys
from importlib import import_module

for name in sys.argv[1:]:
    import_module(name)
from primacy_proofs.theorems import prover
from primacy_proofs.smt.solver import Answer, Prover, Status
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.system import lifting

Prover.prove = lambda *_: Answer(Status.PROVED, 0.0)
groups = frozenset(law.group for law in LAWS)
units = ("First world", "Restart", "VoteReply", "Moments", "Resource")
owed = [
    (each.unit, each.where, each.law)
    for unit in units
    for each in prover.prove_unit(unit, groups).obligations
]
conditions = [
    path.condition.sexpr()
    for unit in ("VoteReply", "AppendReply")
    for path in lifting.lift(unit).paths
]
print(json.dumps([owed, conditions]))
"""


def obligations(*modules: str) -> tuple[list[list[str]], list[str]]:
    """Import modules in an order; list what some units owe, and conditions of paths."""
    command = [sys.executable, "-c", OBLIGATIONS, *modules]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    owed, conditions = json.loads(done.stdout)
    return owed, conditions


def test_what_is_owed_does_not_depend_on_the_order_of_imports() -> None:
    modules = sorted({law.body.__module__ for law in LAWS})
    owed, conditions = obligations(*modules)
    assert len(modules) > 5
    assert len(conditions) > 50
    assert {law for _, _, law in owed} == {law.name for law in LAWS} | {
        "every persist stands before what leaves the agent",
        "what is committed is given out before a read is served",
    }
    assert obligations(*reversed(modules)) == (owed, conditions)
    assert obligations() == (owed, conditions)


# --- help that is refused -------------------------------------------------------------

CHOSEN = by_name(LAWS)["what was chosen is known"]
APPLIED = by_name(LAWS)["what is applied is known"]
VOTED = by_name(LAWS)["a cast bounds the term"]
LEASED = by_name(LAWS)["a round is past"]
NEAR = by_name(LAWS)["a candidates electorate is near"]


def with_help(law: Law, proof: Proof) -> Laws:
    """Give another help to the proof of a law."""
    return tuple(replace(each, proof=proof) if each is law else each for each in LAWS)


def lemma(name: str) -> tuple[Lemma, ...]:
    """Name a law as a lemma, whatever its values."""
    return (Lemma(name, lambda *_: ()),)


@pytest.mark.parametrize(
    ("law", "proof", "said"),
    [
        (VOTED, Proof(uses=("all is well",)), "which is no law"),
        (VOTED, Proof(uses=(LEASED.name,)), "of the group lease"),
        (VOTED, Proof(lemmas_before=lemma(LEASED.name)), "of the group lease"),
        (CHOSEN, Proof(uses=(APPLIED.name,)), "about a step"),
        (CHOSEN, Proof(lemmas_after=lemma(APPLIED.name)), "about a step"),
        (CHOSEN, Proof(lemmas_of_step=lemma(VOTED.name)), "for a law about a step"),
        (
            CHOSEN,
            Proof(lemmas_after=lemma("what was chosen is not blocked")),
            "which follows from its own group",
        ),
        (
            VOTED,
            Proof(lemmas_after=lemma("what was chosen is not blocked")),
            "which follows from its own group",
        ),
        (
            NEAR,
            Proof(lemmas_before=lemma("an heirs electorate is near")),
            "stands behind it",
        ),
        (NEAR, Proof(lemmas_before=lemma(NEAR.name)), "stands behind it"),
        (CHOSEN, Proof(on_demand=(VOTED.name,)), "need not demand"),
        (CHOSEN, Proof(lemmas_after=lemma(CHOSEN.name)), "rests on itself"),
        (
            CHOSEN,
            Proof(lemmas_after=lemma("what an agent commits is known")),
            "rests on itself",
        ),
        (CHOSEN, CHOSEN.proof, None),
        (CHOSEN, Proof(lemmas_before=lemma(CHOSEN.name)), None),
    ],
)
def test_help_that_a_proof_may_not_use_is_refused(
    law: Law, proof: Proof, said: str | None
) -> None:
    laws = with_help(law, proof)
    if said is None:
        assert collect(*laws) == laws
        return
    with pytest.raises(UnsoundHelpError, match=said):
        collect(*laws)


def test_two_laws_of_one_name_are_refused() -> None:
    twice = replace(VOTED, body=lambda *_: TRUE)
    with pytest.raises(UnsoundHelpError, match="two laws have one name"):
        collect(*LAWS, twice)


def test_laws_are_selected_by_what_they_speak_of() -> None:
    kinds = [of_kind(kind, LAWS) for kind in LawKind]
    assert sum(map(len, kinds)) == len(LAWS)
    assert all(kinds)
