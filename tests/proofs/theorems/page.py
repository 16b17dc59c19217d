"""The page of theorems: what each says, of which bytes, and how it is shown.

`python -m tests.proofs.theorems.page > docs/theorems.md` writes it; a test compares it.
"""

from collections.abc import Iterable, Iterator, Sequence
from inspect import getdoc
from pathlib import Path
from typing import Final

from primacy_model.mesh.model import Mesh
from primacy_model.mesh.properties import can_fail
from primacy_model.mesh.scopes import DEFAULT, MeshScope
from primacy_model.synchrony.scopes import LIVING
from primacy_model.timed.model import TimedMesh
from primacy_model.timed.scopes import TimedScope, scopes
from primacy_proofs.axioms.containers import CONTRACTS
from primacy_proofs.cli import session
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import PATH_LAWS, RESTS_ON, Law, LawKind
from primacy_proofs.mutation.mutants import load_expected
from primacy_proofs.smt.solver import VERSION
from primacy_proofs.theorems.catalog import EVERY_MESH, THEOREMS, Theorem
from tests.support.traceability import cited_by_tests

ROOT = Path(__file__).parents[3]

HEAD: Final = """\
# Theorems

What `primacy prove` shows of the shipped core, law by law, and how else each
guarantee is checked. [The proof](proof.md) is the argument in words. The page is made
from the code, by `python -m tests.proofs.theorems.page > docs/theorems.md`.

It speaks of these bytes of `core/primacy`, by their SHA-256, and was made with z3
{z3}:

    {core}

There are three methods. *Proved*: z3 shows it of every path of the shipped `step`,
for {every}: any number of agents, terms, entries and packets. *Explored*: the model
checker finds no violation in the worlds of its scopes, and nothing is said of others. A
scope counts for a property if it does what the property speaks of: a scope without
workers cannot break S2, one without effects S9, one without reads S10.
*Tested*: that number of tests cite the clauses that the guarantee rests on.

A theorem that is not proved is `not inductive`, `unknown` or `vacuous`. *Not inductive*
does not mean false: a law fails in a step from a world that keeps all laws, and no mesh
need ever reach that world ([reading a counterexample](counterexample.md)).
"""

UNPROVED: Final = {
    "L1": "a leader emerges",
    "L2": "initial convergence",
    "L3": "stability",
    "L4": "healing",
    "L5": "progress",
    "L6": "a change ends",
    "L7": "replacement",
    "L8": "succession",
    "L9": "catching up",
    "L10": "joining",
}
"""The guarantees of the specification that no theorem is about."""

CHECKED_AS: Final = {"RJ": "rejection"}
"""The property that the model checker knows by another name."""


def page() -> str:
    """Write the page."""
    core = session.core_sha256()
    head = HEAD.format(z3=VERSION, core=core, every=EVERY_MESH)
    parts = [head, *_methods(), *_theorems(), *_laws(), *_contracts()]
    return "\n".join(parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


# --- how each is shown ----------------------------------------------------------------


def _methods() -> Iterator[str]:
    yield "## How each is shown\n"
    heads = ("id", "guarantee", "proved", "explored", "tested", "negative control")
    rows = [
        (
            theorem.id,
            theorem.name,
            f"for {EVERY_MESH}",
            explored(CHECKED_AS.get(theorem.id, theorem.id)),
            f"{len(tests_of(theorem))} tests",
            f"`{theorem.negative_control}`"
            if theorem.negative_control
            else "a path left out",
        )
        for theorem in THEOREMS
    ]
    rows += [
        (name, title, "no", explored(name), "-", "-")
        for name, title in UNPROVED.items()
    ]
    yield _table(heads, rows)
    yield (
        "*Explored* means scopes, of which `primacy check` names the bounds and counts "
        "the\nstates; those that are timed have clocks. In the scopes of "
        "[liveness](liveness.md) every fair run\nreaches what the property names, "
        "after the network has become stable. A\n*negative control* is "
        "a mutant without an assumption of the theorem: a law of it\nfails, in a small "
        "mesh that `primacy prove --mutants` shows. "
        f"There are {sum(each.must_die for each in load_expected())} such mutants.\n"
    )


def explored(name: str) -> str:
    """Say in which scopes a property is checked in every state, and can fail."""
    counts = {
        "scopes": sum(_can_fail(name, scope) for scope in DEFAULT),
        "timed scopes": sum(_can_fail(name, scope) for scope in scopes()),
        "liveness scopes": sum(
            name in {each.id for each in scope.properties} for scope in LIVING
        ),
    }
    found = [_counted(number, kind) for kind, number in counts.items() if number]
    return f"within bounds, in {' and '.join(found)}" if found else "no"


def _can_fail(name: str, scope: MeshScope | TimedScope) -> bool:
    """Tell whether a scope checks a property, and does what it speaks of."""
    mesh = scope.actors
    assert isinstance(mesh, Mesh | TimedMesh)
    return name in {each.id for each in mesh.claims} and can_fail(name, mesh.shape)


def _counted(number: int, things: str) -> str:
    return f"{number} {things if number > 1 else things.removesuffix('s')}"


def tests_of(theorem: Theorem) -> set[str]:
    """List the tests that cite a clause of a theorem."""
    sources = {
        str(file.relative_to(ROOT)): file.read_text(encoding="utf-8")
        for file in (ROOT / "tests").rglob("test_*.py")
    }
    cited = cited_by_tests(sources)
    return {where for name, where in cited if name in theorem.clauses}


# --- what each says -------------------------------------------------------------------


def _theorems() -> Iterator[str]:
    yield "## What each says\n"
    for theorem in THEOREMS:
        yield f"### {theorem.id} {theorem.name}\n"
        yield f"{theorem.statement[0].upper()}{theorem.statement[1:]}.\n"
        yield f"- scope: {EVERY_MESH}"
        claims = "; ".join(f"*{claim}*" for claim in theorem.claims)
        yield f"- said by: {claims}"
        yield f"- rests on the laws of: {', '.join(sorted(theorem.groups))}"
        yield f"- clauses: {_listed(theorem.clauses)}"
        yield f"- assumes: {_listed(theorem.assumes) or 'nothing of a runtime'}\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"**{name}**" for name in names)


# --- what they are made of ------------------------------------------------------------


def _laws() -> Iterator[str]:
    yield "## Laws\n"
    yield (
        "An invariant holds in the first world and is kept by every path; a "
        "consequence follows from\ninvariants; a step law relates the worlds before "
        "and after a step. The proofs of a group use the\nlaws of the groups that are "
        "named.\n"
    )
    for group, used in RESTS_ON.items():
        rows = [
            (kind.value, law.name, _sentence(law))
            for kind in LawKind
            for law in LAWS
            if (law.kind, law.group) == (kind, group)
        ]
        if rows:
            yield f"### Group {group}\n"
            others = [each for each in used if each != group]
            yield f"Uses: {', '.join(others) or 'nothing else'}.\n"
            yield _table(("kind", "law", "in other words"), rows)
    rest = "; ".join(f"*{law.name}*" for law in PATH_LAWS)
    yield f"Six laws are not about a world but about paths: {rest}.\n"


def _sentence(law: Law) -> str:
    return (getdoc(law.body) or "").partition("\n")[0].removeprefix("Say that ")


def _contracts() -> Iterator[str]:
    yield "## Contracts\n"
    yield (
        f"What is taken for granted of core's containers, {len(CONTRACTS)} promises. "
        "`tests/proofs/axioms/test_contracts.py`\n"
        "evaluates each on the concrete classes.\n"
    )
    yield "\n".join(f"- {contract.name}" for contract in CONTRACTS) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is its purpose
