"""The links between the seed, the specification, the code and the tests, both ways.

A check is a function over texts and gives the list of what is wrong, in sentences. The
first half of the tests runs the checks on this repository. The second half breaks a
copy of a text and shows that the check notices.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[1]

NOT_IN_CORE: Final = {
    "runtime.*": "obligations of the runtime: core cannot see whether they are kept",
    "codec.*": "laws of the whole of `primacy.codec`, whose docstring cites the group",
}
"""Clauses, or groups of them, that no line of core enforces, and why."""

Texts = Mapping[str, str]
"""Texts by where they stand."""
Citations = list[tuple[str, str]]
"""The name of a clause, and where it is cited."""

NAME = r"[a-z]+\.[a-z]+(?:-[a-z]+)*"
CLAUSE = re.compile(rf"^\*\*({NAME})\*\* \(([A-Z]+)(\d+)\)\. ", re.MULTILINE)
CITING_COMMENT = re.compile(rf"^#\s*({NAME}(?:, {NAME})*)\s*(?:[:;].*)?$")
BOLD_NAME = re.compile(rf"\*\*({NAME})\*\*")
QUOTED_NAME = re.compile(rf"`({NAME})`")
GROUP = re.compile(r"`([a-z]+)\.\*`")


# What the texts say.


def clauses(specification: str) -> list[str]:
    """List the names of all clauses, in their order."""
    return [found[1] for found in CLAUSE.finditer(specification)]


def groups(specification: str) -> set[str]:
    """Collect the groups that clauses are named by."""
    return {name.partition(".")[0] for name in clauses(specification)}


def cited_in_comments(sources: Texts) -> Citations:
    """List the clauses that a comment begins with."""
    found: Citations = []
    for where, source in sources.items():
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            citing = CITING_COMMENT.match(token.string)
            if token.type == tokenize.COMMENT and citing:
                place = f"{where}:{token.start[0]}"
                found += [(name, place) for name in citing[1].split(", ")]
    return found


def cited_by_tests(sources: Texts) -> Citations:
    """List the clauses that tests are marked with."""
    found: Citations = []
    for where, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and _is_clause_marker(node.func):
                for argument in node.args:
                    name = ast.unparse(argument).strip("'")  # a literal, or no clause
                    found.append((name, f"{where}:{node.lineno}"))
    return found


def _is_clause_marker(node: ast.expr) -> bool:
    return ast.unparse(node).endswith("mark.clause")


def cited_in_documents(documents: Texts, specification: str) -> Citations:
    """List the clauses that documents name: in bold, or quoted as in code.

    A quoted name counts only if it begins with the name of a group.
    """
    known = groups(specification)
    found: Citations = []
    for where, text in documents.items():
        names = BOLD_NAME.findall(text) + [
            name for name in QUOTED_NAME.findall(text) if name.split(".")[0] in known
        ]
        found += [(name, where) for name in names if not name.endswith(".py")]
    return found


def names_of(module: str) -> set[str]:
    """Collect what a module defines: `name`, and `Class.name` of what is in it."""
    found: set[str] = set()
    for node in ast.parse(module).body:
        for name in _names_of_statement(node):
            found.add(name)
            if isinstance(node, ast.ClassDef):
                inner = {n for part in node.body for n in _names_of_statement(part)}
                found |= {f"{name}.{attribute}" for attribute in inner}
    return found


def _names_of_statement(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.AnnAssign(target=ast.Name() as target):
            return {target.id}
        case ast.Assign():
            return {name.id for name in node.targets if isinstance(name, ast.Name)}
        case _:
            return set()


def said_by_the_seed(seed: str) -> list[str]:
    """List the lines of the seed that say something, without their list markers."""
    lines = [
        re.sub(r"^(?:-|\d+\.)\s+", "", line.strip())
        for line in seed.splitlines()
        if not line.startswith(("#", "```"))
    ]
    return [line for line in lines if re.search("[A-Za-z]", line)]


def rows(seed_map: str) -> list[list[str]]:
    """List the rows of the seed map: line, clauses, code, property, note."""
    found: list[list[str]] = []
    for line in seed_map.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        is_head = cells[:1] == ["seed"] or set("".join(cells)) == {"-"}
        if cells and not is_head:
            found.append([cells[0].replace("\\|", "|"), *cells[1:]])
    return found


# The checks.


def misnumbered(specification: str) -> list[str]:
    """Find names and numbers that are given twice, or numbers that are left out."""
    wrong: list[str] = []
    prefixes: dict[str, str] = {}
    last: dict[str, int] = {}
    names = clauses(specification)
    wrong += [f"{name} stands twice" for name in set(names) if names.count(name) > 1]
    for name, prefix, number in CLAUSE.findall(specification):
        group = name.partition(".")[0]
        if prefixes.setdefault(prefix, group) != group:
            wrong.append(f"{name} is numbered like {prefixes[prefix]}.*")
        if int(number) != last.get(group, 0) + 1:
            wrong.append(f"{name} is number {prefix}{number}")
        last[group] = int(number)
    wrong += [
        f"{group}.* has two letters"
        for group in last
        if list(prefixes.values()).count(group) != 1
    ]
    return wrong


def malformed(specification: str) -> list[str]:
    """Find clauses that say neither MUST nor MAY, or do not say why."""
    starts = [found.start() for found in CLAUSE.finditer(specification)]
    ends = [*starts[1:], specification.find("\n## ", starts[-1])]
    wrong: list[str] = []
    for start, end in zip(starts, ends, strict=True):
        text = specification[start:end]
        name = clauses(text)[0]
        if not re.search(r"\b(?:MUST|MAY)\b", text):
            wrong.append(f"{name} says neither MUST nor MAY")
        if "*Why:*" not in text:
            wrong.append(f"{name} does not say why")
    return wrong


def unknown(citations: Citations, specification: str) -> list[str]:
    """Find citations of clauses that do not exist."""
    known = set(clauses(specification))
    return [
        f"{where}: no clause {name}" for name, where in citations if name not in known
    ]


def uncited(
    citations: Citations, specification: str, exempt: Iterable[str]
) -> list[str]:
    """Find clauses that nothing cites, save those that are exempt."""
    cited = {name for name, _ in citations}
    return [
        name
        for name in clauses(specification)
        if name not in cited and not _is_exempt(name, exempt)
    ]


def needless(
    citations: Citations, specification: str, exempt: Iterable[str]
) -> list[str]:
    """Find exemptions of what does not exist, or is cited after all."""
    cited = {name for name, _ in citations}
    wrong: list[str] = []
    for exemption in exempt:
        meant = [n for n in clauses(specification) if _is_exempt(n, [exemption])]
        if not meant:
            wrong.append(f"{exemption}: no such clause")
        wrong += [f"{exemption}: {name} is cited" for name in meant if name in cited]
    return wrong


def _is_exempt(name: str, exempt: Iterable[str]) -> bool:
    group = name.partition(".")[0]
    return any(entry in {name, f"{group}.*"} for entry in exempt)


def unknown_groups(texts: Texts, specification: str) -> list[str]:
    """Find groups that are cited as a whole and do not exist."""
    known = groups(specification)
    return [
        f"{where}: no clauses {group}.*"
        for where, text in texts.items()
        for group in GROUP.findall(text)
        if group not in known
    ]


def unmapped(seed: str, seed_map: str) -> list[str]:
    """Find where the map and the seed part: every line, in order, none besides."""
    said, mapped = said_by_the_seed(seed), [row[0] for row in rows(seed_map)]
    wrong = [
        f"the seed says {line!r}, the map {quoted!r}"
        for line, quoted in zip(said, mapped, strict=False)
        if line != quoted
    ]
    if len(said) != len(mapped):
        wrong.append(f"the seed has {len(said)} lines, the map {len(mapped)}")
    return wrong


def unexplained(seed_map: str) -> list[str]:
    """Find rows of the map that give neither a clause nor a note."""
    return [
        line
        for line, named, _, _, note in rows(seed_map)
        if not BOLD_NAME.search(named) and not note
    ]


def missing_code(seed_map: str, modules: Texts) -> list[str]:
    """Find code that the map names and that no module defines."""
    defined = {
        f"{module}.{name}"
        for module, source in modules.items()
        for name in names_of(source)
    }
    return [
        f"{line!r}: no {name}"
        for line, _, code, _, _ in rows(seed_map)
        for name in re.findall(r"`([^`]+)`", code)
        if name not in defined
    ]


def missing_properties(seed_map: str, specification: str) -> list[str]:
    """Find properties that the map names and the guarantees do not."""
    known = set(re.findall(r"^\| ([SL]\d+) \|", specification, re.MULTILINE))
    return [
        f"{line!r}: no {name}"
        for line, _, _, named, _ in rows(seed_map)
        for name in re.findall(r"[A-Z]+\d+", named)
        if name not in known
    ]


# This repository.


def read(folder: str, pattern: str = "**/*.py") -> dict[str, str]:
    """Read the texts in a folder, by their paths from the root."""
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / folder).glob(pattern))
        if "_build" not in path.parts
    }


CORE = read("core")
MODULES = {Path(where).stem: source for where, source in CORE.items()}
OTHERS = read("model") | read("proofs")
TESTS = read("tests")
DOCUMENTS = read("docs", "**/*.md") | read(".", "*.md")
SPECIFICATION = DOCUMENTS["docs/specification.md"]
ASSUMPTIONS = DOCUMENTS["docs/assumptions.md"]
SEED = DOCUMENTS["docs/seed.md"]
SEED_MAP = DOCUMENTS["docs/seed-map.md"]


def test_clauses_are_numbered_without_gap() -> None:
    assert misnumbered(SPECIFICATION) == []


def test_every_clause_obliges_or_allows_and_says_why() -> None:
    assert malformed(SPECIFICATION) == []


def test_every_clause_is_cited_where_core_enforces_it() -> None:
    assert uncited(cited_in_comments(CORE), SPECIFICATION, NOT_IN_CORE) == []


def test_every_clause_is_cited_by_a_test() -> None:
    assert uncited(cited_by_tests(TESTS), SPECIFICATION, {}) == []


def test_every_obligation_of_a_runtime_is_an_assumption() -> None:
    named = {name for name, _ in cited_in_documents({"": ASSUMPTIONS}, SPECIFICATION)}
    runtime = {name for name in clauses(SPECIFICATION) if name.startswith("runtime.")}
    assert runtime - named == set()


def test_no_exemption_is_needless() -> None:
    assert needless(cited_in_comments(CORE), SPECIFICATION, NOT_IN_CORE) == []


def test_every_citation_in_code_names_a_clause() -> None:
    citations = cited_in_comments(CORE | OTHERS | TESTS) + cited_by_tests(TESTS)
    assert unknown(citations, SPECIFICATION) == []


def test_every_citation_in_documents_names_a_clause() -> None:
    defined = {f"{module}.{n}" for module in MODULES for n in names_of(MODULES[module])}
    citations = cited_in_documents(DOCUMENTS, SPECIFICATION)
    of_clauses = [entry for entry in citations if entry[0] not in defined]
    assert unknown(of_clauses, SPECIFICATION) == []


def test_every_group_that_is_cited_exists() -> None:
    assert unknown_groups(CORE | DOCUMENTS, SPECIFICATION) == []


def test_every_line_of_the_seed_is_in_the_map() -> None:
    assert unmapped(SEED, SEED_MAP) == []
    assert unexplained(SEED_MAP) == []


def test_everything_that_the_map_names_exists() -> None:
    assert missing_code(SEED_MAP, MODULES) == []
    assert missing_properties(SEED_MAP, SPECIFICATION) == []


# The checks bite.

MARKED = """
import pytest

@pytest.mark.clause("vote.roll", "vote.log")
def test_one() -> None: ...
"""
SMALL = """
**vote.roll** (V1). It MUST. *Why:* because.

**vote.log** (V2). It MAY. *Why:* because.

## End
"""
ROW = "| Only leaders can vote | **vote.roll** | `roll.Roll.has` | S2 | |\n"


def test_small_text_passes_the_checks() -> None:
    assert clauses(SMALL) == ["vote.roll", "vote.log"]
    assert misnumbered(SMALL) == malformed(SMALL) == []
    assert cited_by_tests({"t": MARKED}) == [("vote.roll", "t:4"), ("vote.log", "t:4")]
    assert uncited(cited_by_tests({"t": MARKED}), SMALL, []) == []


def test_renamed_clause_is_noticed_in_core_tests_and_documents() -> None:
    renamed = SPECIFICATION.replace("**vote.roll** (", "**vote.rolls** (")
    assert renamed != SPECIFICATION
    in_core, in_tests = cited_in_comments(CORE), cited_by_tests({"t": MARKED})
    in_documents = cited_in_documents({"m": SEED_MAP}, SPECIFICATION)
    assert any("no clause vote.roll" in one for one in unknown(in_core, renamed))
    assert unknown(in_tests, renamed) == ["t:4: no clause vote.roll"]
    assert "m: no clause vote.roll" in unknown(in_documents, renamed)
    assert "vote.rolls" in uncited(in_core, renamed, NOT_IN_CORE)


def test_dropped_comment_is_noticed() -> None:
    source = CORE["core/primacy/election.py"]
    silent = source.replace("# vote.roll", "#")
    assert silent != source
    citations = cited_in_comments(CORE | {"core/primacy/election.py": silent})
    assert uncited(citations, SPECIFICATION, NOT_IN_CORE) == ["vote.roll"]


def test_dropped_marker_is_noticed() -> None:
    fewer = cited_by_tests({"t": MARKED.replace('"vote.roll", ', "")})
    assert uncited(fewer, SMALL, []) == ["vote.roll"]


def test_marker_that_is_no_literal_is_noticed() -> None:
    computed = cited_by_tests({"t": MARKED.replace('"vote.roll"', "NAME")})
    assert unknown(computed, SMALL) == ["t:4: no clause NAME"]


def test_prose_that_mentions_a_clause_is_no_citation() -> None:
    prose = "x = 1  # as vote.roll says\n# vote.log: and why\n"
    assert cited_in_comments({"c": prose}) == [("vote.log", "c:2")]


def test_citation_inside_a_string_is_none() -> None:
    assert cited_in_comments({"c": 'x = "# vote.roll"\n'}) == []


def test_gap_and_repetition_are_noticed() -> None:
    assert misnumbered(SMALL.replace("(V2)", "(V3)")) == ["vote.log is number V3"]
    assert misnumbered(SMALL.replace("(V2)", "(V1)")) == ["vote.log is number V1"]
    assert misnumbered(SMALL.replace("(V2)", "(W2)")) == ["vote.* has two letters"]
    assert "vote.roll stands twice" in misnumbered(
        SMALL.replace("vote.log", "vote.roll")
    )
    assert misnumbered(SMALL.replace("vote.log** (V2)", "roll.log** (V1)")) == [
        "roll.log is numbered like vote.*",
        "roll.* has two letters",
    ]


def test_clause_without_force_or_reason_is_noticed() -> None:
    assert malformed(SMALL.replace("MUST", "may")) == [
        "vote.roll says neither MUST nor MAY"
    ]
    assert malformed(SMALL.replace("It MAY. *Why:*", "It MAY.")) == [
        "vote.log does not say why"
    ]


def test_needless_exemption_is_noticed() -> None:
    citations = cited_by_tests({"t": MARKED})
    assert needless(citations, SMALL, ["vote.log"]) == ["vote.log: vote.log is cited"]
    assert needless(citations, SMALL, ["vote.gone"]) == ["vote.gone: no such clause"]
    assert needless([], SMALL, ["vote.*"]) == []


def test_unknown_group_is_noticed() -> None:
    source = '"""Source: clauses `votes.*` and `vote.*`."""'
    assert unknown_groups({"c": source}, SMALL) == ["c: no clauses votes.*"]


def test_changed_seed_is_noticed() -> None:
    changed = SEED.replace("Only leaders can vote", "Everyone can vote")
    added = SEED + "\n- One thing more"
    assert changed != SEED
    assert len(unmapped(changed, SEED_MAP)) == 1
    assert len(unmapped(added, SEED_MAP)) == 1
    assert unmapped(SEED, SEED_MAP.replace(ROW.split("|")[1], " Nobody can vote "))


def test_row_without_clause_and_note_is_noticed() -> None:
    assert unexplained(ROW) == []
    assert unexplained(ROW.replace("**vote.roll**", "-")) == ["Only leaders can vote"]


def test_code_and_property_that_are_gone_are_noticed() -> None:
    module = "class Roll:\n    def has(self) -> bool: ...\n"
    assert missing_code(ROW, {"roll": module}) == []
    assert len(missing_code(ROW, {"roll": module.replace("has", "had")})) == 1
    assert len(missing_code(ROW, {"rolls": module})) == 1
    assert missing_properties(ROW, "| S2 | leader-only elections |") == []
    assert len(missing_properties(ROW, "| S1 | election safety |")) == 1
