"""Every guard of core has a mutant: what is added to core without one fails here.

A guard is an `if` of core, and a comment that cites a clause. What has no mutant stands
in a list below, with its reason.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from mypy import api as mypy

from primacy_model.mutation.catalog.mutants import load_mutants
from primacy_model.mutation.mutant import Mutant, apply
from tests.model.mutation.pitfalls import PITFALLS
from tests.support.mutated_core import CORE
from tests.support.traceability import cited_in_comments

CLAUSES_WITHOUT: Final = {
    "message.pure": "a law of the whole of `step`, and no line of it",
    "message.total": "a law of the whole of `step`: it breaks where a mutant raises",
    "state.durable": "says which fields there are, and no condition",
    "state.value": "says of what sort a record is, and no condition",
    "watch.decides-nothing": "a law of the whole of `observe`, and no line of it",
}
"""Clauses that a comment of core cites and that no mutant breaks, and why."""

MODULES_WITHOUT: Final = {
    "__main__": "prints the version of the package: no part of the protocol",
    "agents": "containers: held to their contracts by tests/proofs and test_containers",
    "records": "chooses for type checkers, and decides nothing",
    "codec": "writes values down: held to codec.* by test_codec",
    "log": "containers: held to their contracts by tests/proofs and test_log",
}
"""Modules whose conditions carry no clause, and why."""

TYPES = "refuses what the annotations forbid: held to by test_config"
NAMES = "calls `_is_name`, which has mutants"
SHOWN = "chooses what is shown, and decides nothing"
OWN = "tells a local client from another agent, and forbids nothing"
CALLED = "calls a function that has mutants, and passes its result on"

CONDITIONS_WITHOUT: Final = {
    ("config", "type(name) is not str"): TYPES,
    ("config", "type(text) is not str"): TYPES,
    ("config", "type(group) is not AgentSet"): TYPES,
    ("config", "type(number) is not int"): TYPES,
    ("config", "not _is_name(name)"): NAMES,
    ("heartbeats", "is_extended"): "a name for a condition that has mutants above",
    ("observation", "has_leader"): SHOWN,
    ("observation", "is_leader"): SHOWN,
    ("pending_reads", "read.requester == me"): OWN,
    ("dispatch", "elapsed.timer == Timer.HEARTBEAT"): "tells two timers apart",
    ("dispatch", "_is_unanswered(state, packet)"): CALLED,
    ("dispatch", "not _brings_higher_term(state, packet)"): CALLED,
    ("membership", "reason != Reason.NONE"): CALLED,
    ("membership", "not _is_possible(state.roll, change)"): CALLED,
    ("transfer", "reason != Reason.NONE"): CALLED,
    ("state", "restore.keeps_rest"): "what a disk holds: held to by test_snapshots",
}
"""Other conditions of core that no mutant touches, and why."""

SOURCES = {
    file.stem: file.read_text(encoding="utf-8") for file in sorted(CORE.glob("*.py"))
}

Condition = tuple[str, str]


def edited_lines(module: str, mutants: tuple[Mutant, ...]) -> set[int]:
    """Collect the lines of a module that some mutant replaces."""
    found: set[int] = set()
    source = SOURCES[module]
    for edit in (e for each in mutants if each.module == module for e in each.edits):
        first = source[: source.index(edit.before)].count("\n") + 1
        count = len(edit.before.rstrip("\n").splitlines())
        found |= set(range(first, first + count))
    return found


def conditions(module: str) -> Iterator[tuple[Condition, set[int]]]:
    """List the conditions of a module, with their lines and that of what follows."""
    for node in ast.walk(ast.parse(SOURCES[module])):
        if isinstance(node, ast.If | ast.IfExp):
            lines = _lines(node.test)
            if isinstance(node, ast.If):
                lines |= _lines(node.body[0])
            yield (module, ast.unparse(node.test)), lines


def _lines(node: ast.AST) -> set[int]:
    assert isinstance(node, ast.expr | ast.stmt)
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def untouched(mutants: tuple[Mutant, ...]) -> set[Condition]:
    """Collect the conditions that no mutant touches."""
    return {
        condition
        for module in SOURCES.keys() - MODULES_WITHOUT.keys()
        for condition, lines in conditions(module)
        if not lines & edited_lines(module, mutants)
    }


def test_every_condition_of_core_has_a_mutant_or_a_reason() -> None:
    assert untouched(load_mutants()) == CONDITIONS_WITHOUT.keys()


def test_a_condition_whose_mutant_is_lost_is_noticed() -> None:
    lost_one = "transfer-to-a-laggard"
    without = tuple(each for each in load_mutants() if each.id != lost_one)
    lost = untouched(without) - untouched(load_mutants())
    test = "state.leadership.match.get(transfer.target) < state.log.last_index"
    assert lost == {("transfer", test)}


def test_every_clause_that_core_cites_has_a_mutant_or_a_reason() -> None:
    sources = {name: text for name, text in SOURCES.items() if name != "codec"}
    cited = {name for name, _ in cited_in_comments(sources)}
    broken = {mutant.clause for mutant in load_mutants()}
    assert cited - broken == CLAUSES_WITHOUT.keys()
    assert broken <= cited


def test_every_reason_is_a_sentence_about_something_that_is_there() -> None:
    assert MODULES_WITHOUT.keys() <= SOURCES.keys()
    reasons = (CLAUSES_WITHOUT, MODULES_WITHOUT, CONDITIONS_WITHOUT)
    assert all(len(why.split()) > 3 for each in reasons for why in each.values())


PITFALL = re.compile(r"^(\d+)(?:, |$)")


def test_at_least_the_pitfalls_that_core_can_have_have_mutants() -> None:
    sources = [mutant.source for mutant in load_mutants()]
    numbers = {int(found[1]) for each in sources if (found := PITFALL.match(each))}
    absent = {40}  # the disk is the runtime's
    about_checkers = set(range(44, 49))
    assert numbers >= PITFALLS.keys() - absent - about_checkers


@pytest.mark.parametrize("mutant", load_mutants(), ids=lambda each: each.id)
def test_a_mutant_is_another_core_and_compiles(mutant: Mutant) -> None:
    source = SOURCES[mutant.module]
    changed = ast.parse(apply(mutant, source))
    assert ast.dump(changed) != ast.dump(ast.parse(source))


def test_a_mutant_names_nothing_that_core_lacks(tmp_path: Path) -> None:
    package = tmp_path / "primacy"
    shutil.copytree(CORE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for each in load_mutants():  # a mutant that raises everywhere shows no fault
        name = f"{each.module}__{each.id.replace('-', '_')}.py"
        source = apply(each, SOURCES[each.module])
        (package / name).write_text(source, encoding="utf-8")
    cache = f"--cache-dir={tmp_path / 'cache'}"
    found, errors, code = mypy.run(["--strict", cache, str(package)])
    assert (code, errors) == (0, ""), found


def test_no_two_mutants_are_the_same() -> None:
    cores = {
        (each.module, ast.dump(ast.parse(apply(each, SOURCES[each.module]))))
        for each in load_mutants()
    }
    assert len(cores) == len(load_mutants())
