"""What links the seed, the specification, the code and the tests, and checks of it.

A check is a function over texts and gives the list of what is wrong, in sentences.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[2]

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


def clauses(specification: str) -> list[str]:
    """List the names of all clauses, in their order."""
    return [found[1] for found in CLAUSE.finditer(specification)]


def sections(specification: str) -> list[tuple[str, list[str]]]:
    """List the sections that hold clauses, each with their names."""
    parts = re.split(r"^### (.+)$", specification, flags=re.MULTILINE)[1:]
    found = zip(parts[::2], map(clauses, parts[1::2]), strict=True)
    return [(title, names) for title, names in found if names]


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
