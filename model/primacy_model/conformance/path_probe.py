"""A twin of core that tells which way it went: its statements and its decisions.

The twin is the source of core, loaded once more under other names, with a probe before
each statement of a function and around each operand of a decision. A *path* is what the
probes of the handlers tell, in order, so it is the same in every version of Python.

Contract: the twin is given texts of the codec and answers in texts, and its caller
compares these with what core itself says; so the probes are seen to change nothing.

A comment that names a clause belongs to the innermost statement around its line, or
below it if nothing else stands on its line.

Source: docs/conformance.md, "Coverage".
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import ModuleType
from typing import Any, Final

HANDLERS: Final = (
    "appending",
    "bootstrap",
    "election",
    "fencing",
    "role_changes",
    "heartbeats",
    "membership",
    "reads",
    "recovery",
    "replication",
    "dispatch",
    "snapshots",
    "transfer",
    "validity",
)
"""The modules whose ways make a path; the containers loop and are left out."""
OBSERVING: Final = "observation"
"""What is observed of a step: its ways make a path of their own."""
UNPROBED: Final = ("codec",)
"""The modules that the twin needs to be spoken to."""

CITING: Final = re.compile(
    r"^#\s*([a-z]+\.[a-z]+(?:-[a-z]+)*(?:, [a-z]+\.[a-z]+(?:-[a-z]+)*)*)\s*(?:[:;].*)?$"
)
_serials: Final = count()


@dataclass(frozen=True, slots=True)
class Probe:
    """A place in core: a statement, or one side of a decision."""

    module: str
    function: str
    line: int
    end: int
    side: bool | None = None
    """None for a statement."""


@dataclass(frozen=True, slots=True)
class CallPath:
    """Which way one call went, in numbers of probes."""

    path: tuple[int, ...]
    """Through the handlers, in order."""
    told: tuple[int, ...]
    """Through what is observed of a step, in order."""
    everywhere: frozenset[int]
    """All that was passed, the containers included."""


class Instrumented:
    """Core with probes; `replaced` gives other sources for some of its modules."""

    def __init__(self, replaced: Mapping[str, str] | None = None) -> None:
        self.probes: list[Probe] = []
        self.sources: dict[str, str] = {}
        self._replaced = dict(replaced or {})
        self._modules: dict[str, ModuleType] = {}
        self._prefix = f"_primacy_twin_{next(_serials)}."
        self._passed: list[int] = []
        self._import("primacy", fromlist=("step",))

    def close(self) -> None:
        """Forget the modules of the twin."""
        for name in self._modules:
            sys.modules.pop(self._prefix + name, None)

    def module(self, name: str) -> Any:  # noqa: ANN401 - the twin has types of its own
        """Give a module of the twin."""
        return self._modules[f"primacy.{name}" if name else "primacy"]

    def way(self, call: Callable[[], object]) -> tuple[object, CallPath]:
        """Make a call of the twin; give its answer and the way that it went."""
        self._passed.clear()
        answer = call()
        passed = tuple(self._passed)
        modules = [self.probes[number].module for number in passed]
        path = [n for n, name in zip(passed, modules, strict=True) if name in HANDLERS]
        told = [n for n, name in zip(passed, modules, strict=True) if name == OBSERVING]
        return answer, CallPath(tuple(path), tuple(told), frozenset(passed))

    # --- loading ----------------------------------------------------------------------

    def _import(
        self,
        name: str,
        globals_: Mapping[str, object] | None = None,
        locals_: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        if name != "primacy" and not name.startswith("primacy."):
            return builtins.__import__(name, globals_, locals_, fromlist, level)
        assert fromlist, "core imports names"
        return self._modules.get(name) or self._load(name)

    def _load(self, name: str) -> ModuleType:
        short = name.partition(".")[2]
        source = self._replaced.get(short) or _source(name)
        tree = ast.parse(source)
        if short not in UNPROBED:
            tree = _Probing(short, self.probes).visit(tree)
            ast.fix_missing_locations(tree)
        module = ModuleType(self._prefix + name)
        names = vars(module)
        names["__builtins__"] = {**vars(builtins), "__import__": self._import}
        names["__at__"], names["__so__"] = self._at, self._so
        sys.modules[module.__name__] = self._modules[name] = module
        self.sources[short] = source
        exec(compile(tree, f"<twin of {name}>", "exec"), names)  # noqa: S102 - core's own
        return module

    def _at(self, number: int) -> None:
        self._passed.append(number)

    def _so(self, number: int, value: object) -> object:
        self._passed.append(number if value else number + 1)
        return value

    # --- what probes belong to --------------------------------------------------------

    def clauses(self) -> dict[str, frozenset[int]]:
        """By clause that a function cites: the probes of the statements that do."""
        found: dict[str, set[int]] = {}
        for module, source in self.sources.items():
            for name, line in cited_lines(source):
                numbers = self._innermost(module, line)
                if numbers:
                    found.setdefault(name, set()).update(numbers)
        return {name: frozenset(numbers) for name, numbers in found.items()}

    def _innermost(self, module: str, line: int) -> list[int]:
        around = [
            (probe.end - probe.line, number)
            for number, probe in enumerate(self.probes)
            if probe.module == module
            and probe.side is None
            and probe.line <= line <= probe.end
        ]
        least = min(around, default=(0, 0))[0]
        return [number for span, number in around if span == least]

    def clauses_by_probe(self) -> dict[int, tuple[str, ...]]:
        """List the clauses that a probe belongs to, for each that has some."""
        found: dict[int, list[str]] = {}
        for name, numbers in self.clauses().items():
            for number in numbers:
                found.setdefault(number, []).append(name)
        return {number: tuple(names) for number, names in found.items()}


def _source(name: str) -> str:
    """Read the source of a module of core."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    loader: Any = spec.loader
    source: str = loader.get_source(name)
    return source


def sources() -> dict[str, str]:
    """Read the sources of all modules of core that are loaded with it, by name."""
    importlib.import_module("primacy")
    names = sorted(
        name for name in sys.modules if re.fullmatch(r"primacy(\.(?!__)\w+)?", name)
    )
    return {name: _source(name) for name in names}


def cited_lines(source: str) -> Iterator[tuple[str, int]]:
    """List the clauses that comments begin with, and the line that each is about."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        citing = CITING.match(token.string)
        if token.type != tokenize.COMMENT or not citing:
            continue
        line = token.start[0]
        while lines[line - 1].lstrip().startswith("#"):
            line += 1
        for name in citing[1].split(", "):
            yield name, line


class _Probing(ast.NodeTransformer):
    """Puts a probe before each statement of a function, and around each decision."""

    def __init__(self, module: str, probes: list[Probe]) -> None:
        self._module, self._probes, self._functions = module, probes, list[str]()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self._functions.append(node.name)
        node.body = self._probed(node.body)
        self._functions.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self._functions.append(node.name)
        for part in node.body:
            if isinstance(part, ast.FunctionDef):
                self.visit_FunctionDef(part)
        self._functions.pop()
        return node

    def visit_If(self, node: ast.If) -> ast.If:
        if self._functions:
            node.test = self._decided(node.test)
            node.body, node.orelse = self._probed(node.body), self._probed(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.While:
        node.test, node.body = self._decided(node.test), self._probed(node.body)
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        node.body = self._probed(node.body)
        return node

    def visit_Match(self, node: ast.Match) -> ast.Match:
        for case in node.cases:
            case.body = self._probed(case.body)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        self.generic_visit(node)
        node.test = self._wrapped(node.test)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        node.values = [self._decided(value) for value in node.values]
        return node

    def _probed(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for statement in body:
            is_text = isinstance(statement, ast.Expr) and isinstance(
                statement.value, ast.Constant
            )
            if not is_text:
                end = _head_end(statement)
                number = self._number(statement.lineno, end, None)
                call = ast.Call(
                    ast.Name("__at__", ast.Load()), [ast.Constant(number)], []
                )
                found.append(ast.copy_location(ast.Expr(call), statement))
            found.append(self.visit(statement))
        return found

    def _decided(self, test: ast.expr) -> ast.expr:
        if isinstance(test, ast.BoolOp):
            return self.visit_BoolOp(test)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test.operand = self._decided(test.operand)
            return test
        self.generic_visit(test)
        return self._wrapped(test)

    def _wrapped(self, test: ast.expr) -> ast.expr:
        end = test.end_lineno or test.lineno
        yes = self._number(test.lineno, end, True)
        self._number(test.lineno, end, False)
        name = ast.Name("__so__", ast.Load())
        return ast.copy_location(ast.Call(name, [ast.Constant(yes), test], []), test)

    def _number(self, line: int, end: int, side: bool | None) -> int:
        function = ".".join(self._functions)
        self._probes.append(Probe(self._module, function, line, end, side))
        return len(self._probes) - 1


def _head_end(statement: ast.stmt) -> int:
    """Tell where a statement ends; of one with a body, its head."""
    inner = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if not inner:
        return statement.end_lineno or statement.lineno
    first = inner[0].pattern if isinstance(inner[0], ast.match_case) else inner[0]
    return max(statement.lineno, first.lineno - 1)
