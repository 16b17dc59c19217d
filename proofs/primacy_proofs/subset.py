"""The liftable subset: what handlers of core may be written in, so that proxies see it.

The proofs run the handlers in CPython with proxy values, which record every operation.
A proxy cannot see `is`, `isinstance`, a loop over its hash or a caught exception: there
the run would take one side and say nothing of the other, and the theorem would be about
less than the code. So whatever a proxy cannot see is refused here, before any proof.

The law is default-deny. A syntax node must be in `ALLOWED`, or it is refused with the
reason in `REFUSED`; a built-in must be in `BUILTINS`, a decorator in `DECORATORS`, an
import in `IMPORTS`. Annotations, docstrings and `if TYPE_CHECKING:` are not looked at:
handlers never run them. Bodies of modules and classes run at import, before any proxy
exists, so definitions there may also use `AT_IMPORT`.

Usage: `python -m primacy_proofs.subset core/primacy`. It prints one finding a line and
exits 1 if there is one, 0 if there is none, 2 if there is nothing to check.

Source: docs/design.md, the liftable subset.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

EXEMPT: Final[Mapping[str, str]] = {
    "__init__.py": "names the public API and runs nothing",
    "agents.py": "container of agents: proofs put a contract in its place",
    "change.py": "copies a record as `dataclasses.replace` does",
    "codec.py": "JSON at the edge: no handler calls it",
    "config.py": "validated at construction, before the first step",
    "log.py": "container of entries: proofs put a contract in its place",
    "pending.py": "container of reads: proofs put a contract in its place",
}
"""The modules that may use all of Python, each with its reason. The rest are strict."""

IMPORTS: Final[Mapping[str, frozenset[str] | None]] = {
    "__future__": None,
    "collections.abc": None,
    "dataclasses": frozenset({"dataclass", "field", "replace"}),
    "enum": None,
    "typing": None,
}
"""What may be imported, and which names of it (`None`: all), beside core itself."""

DECORATORS: Final = frozenset({"dataclass", "property"})
"""A dataclass only adds methods; a property is a call like any other."""

BUILTINS: Final = frozenset({"AssertionError", "TypeError", "ValueError", "max", "min"})
"""Errors end a path; the others work through operators, which a proxy sees."""

BLIND: Final[Mapping[str, str]] = {
    "__import__": "an import is a side effect",
    "all": "it loops over a protocol value",
    "any": "it loops over a protocol value",
    "callable": "it looks at the class of a proxy",
    "compile": "code must be there to be read",
    "delattr": "values are immutable",
    "dict": "it hashes its keys",
    "enumerate": "it loops over a protocol value",
    "eval": "code must be there to be read",
    "exec": "code must be there to be read",
    "filter": "it loops over a protocol value",
    "float": "it takes one value out of a proxy",
    "format": "it takes one text out of a proxy",
    "frozenset": "it hashes its members",
    "getattr": "a field must be named to be read",
    "globals": "a step has no state but its argument",
    "hasattr": "it swallows an exception",
    "hash": "it takes one number out of a proxy",
    "id": "it sees the proxy, not the value",
    "int": "it takes one number out of a proxy",
    "isinstance": "it sees the class of the proxy",
    "issubclass": "it sees the class of the proxy",
    "iter": "it loops over a protocol value",
    "len": "it takes one number out of a proxy",
    "list": "it loops over a protocol value",
    "locals": "a step has no state but its argument",
    "map": "it loops over a protocol value",
    "next": "it advances hidden state",
    "range": "it takes one number out of a proxy",
    "repr": "it takes one text out of a proxy",
    "set": "it hashes its members",
    "setattr": "values are immutable",
    "sorted": "its order depends on many hidden comparisons",
    "str": "it takes one text out of a proxy",
    "sum": "it loops over a protocol value",
    "tuple": "it loops over a protocol value",
    "type": "it sees the class of the proxy",
    "vars": "a field must be named to be read",
    "zip": "it loops over a protocol value",
}
"""Built-ins that a proxy cannot see through, each with its reason."""

ALLOWED: Final = (
    *(ast.Module, ast.FunctionDef, ast.ClassDef, ast.arguments, ast.arg, ast.keyword),
    *(ast.ImportFrom, ast.alias, ast.Pass, ast.Expr, ast.Return, ast.Assert, ast.Raise),
    *(ast.If, ast.IfExp, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr),
    *(ast.Match, ast.match_case, ast.MatchClass, ast.MatchOr, ast.MatchValue),
    *(ast.MatchAs, ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.Call),
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Compare, ast.Eq, ast.NotEq),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Starred),
)
"""The syntax of the subset; `_own_rule` asks more of some of it."""

AT_IMPORT: Final = (ast.Subscript, ast.BitOr)
"""What type aliases and generic bases need, where no proxy exists yet."""

REFUSED: Final[Mapping[type[ast.AST], tuple[str, str]]] = {
    ast.AsyncFor: ("async for", "a step never waits"),
    ast.AsyncFunctionDef: ("async def", "a step never waits"),
    ast.AsyncWith: ("async with", "a step never waits"),
    ast.Await: ("await", "a step never waits"),
    ast.BitAnd: ("`&`", "bitwise operators have no meaning on proxies"),
    ast.BitOr: ("`|`", "bitwise operators have no meaning on proxies"),
    ast.BitXor: ("`^`", "bitwise operators have no meaning on proxies"),
    ast.Break: ("break", "a handler has no loops"),
    ast.Continue: ("continue", "a handler has no loops"),
    ast.Delete: ("del", "values are immutable"),
    ast.Dict: ("dict display", "a dict hashes its keys"),
    ast.DictComp: ("comprehension", "it loops over a protocol value"),
    ast.Div: ("`/`", "division is not linear"),
    ast.FloorDiv: ("`//`", "division is not linear"),
    ast.For: ("for", "a loop runs once per value, not once per path"),
    ast.GeneratorExp: ("comprehension", "it loops over a protocol value"),
    ast.Global: ("global", "a step has no state but its argument"),
    ast.Import: ("import", "name what is imported: from ... import ..."),
    ast.In: ("in", "membership loops or hashes: ask the container"),
    ast.Invert: ("`~`", "bitwise operators have no meaning on proxies"),
    ast.Is: ("is", "it sees the proxy, not the value: use =="),
    ast.IsNot: ("is not", "it sees the proxy, not the value: use !="),
    ast.JoinedStr: ("f-string", "it takes one text out of a proxy"),
    ast.LShift: ("`<<`", "bitwise operators have no meaning on proxies"),
    ast.Lambda: ("lambda", "a decision is named by its function"),
    ast.List: ("list display", "lists are mutable: use a tuple"),
    ast.ListComp: ("comprehension", "it loops over a protocol value"),
    ast.MatMult: ("`@`", "it has no meaning on proxies"),
    ast.MatchMapping: ("mapping pattern", "it hashes its keys"),
    ast.MatchSequence: ("sequence pattern", "it takes a length out of a proxy"),
    ast.MatchSingleton: ("singleton pattern", "it sees the proxy, not the value"),
    ast.Mod: ("`%`", "neither remainder nor formatting is linear"),
    ast.Nonlocal: ("nonlocal", "a step has no state but its argument"),
    ast.NotIn: ("not in", "membership loops or hashes: ask the container"),
    ast.Pow: ("`**`", "powers are not linear"),
    ast.RShift: ("`>>`", "bitwise operators have no meaning on proxies"),
    ast.Set: ("set display", "a set hashes its members"),
    ast.SetComp: ("comprehension", "it loops over a protocol value"),
    ast.Subscript: ("subscript", "an index must be one number"),
    ast.Try: ("try", "it would swallow the end of a path"),
    ast.TryStar: ("try", "it would swallow the end of a path"),
    ast.While: ("while", "a loop runs once per value, not once per path"),
    ast.With: ("with", "it may swallow the end of a path"),
    ast.Yield: ("yield", "a step answers once"),
    ast.YieldFrom: ("yield", "a step answers once"),
}
"""The syntax outside the subset: what it is called, and why a proxy cannot have it."""


UNSEEN: Final = frozenset(
    {"annotation", "ctx", "decorator_list", "defaults", "kw_defaults", "returns"}
)
"""The fields of syntax nodes that are not walked: not run, or judged by `_own_rule`."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One construct outside the subset."""

    line: int
    construct: str
    why: str


def findings(source: str) -> tuple[Finding, ...]:
    r"""List what lies outside the subset in the source of one module.

    >>> for finding in findings("def f(x):\n    return x is None\n"):
    ...     print(f"{finding.line}: {finding.construct}: {finding.why}")
    2: is: it sees the proxy, not the value: use ==
    """
    return tuple(sorted(set(_walk(ast.parse(source), 1, at_import=True))))


def _walk(node: ast.AST, line: int, *, at_import: bool) -> Iterator[Finding]:
    """Judge a node, then what is below it; below a refused node nothing is judged."""
    line = getattr(node, "lineno", line)  # operators have no line of their own
    if not isinstance(node, ALLOWED + (AT_IMPORT if at_import else ())):
        unknown = (type(node).__name__, "it is not part of the subset")
        yield Finding(line, *REFUSED.get(type(node), unknown))
        return
    for construct, why in _own_rule(node, at_import=at_import):
        yield Finding(line, construct, why)
    runs_later = isinstance(node, ast.FunctionDef)
    for child in _children(node):
        yield from _walk(child, line, at_import=at_import and not runs_later)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """List the parts of a node that are run."""
    if isinstance(node, ast.If) and _is_name(node.test, "TYPE_CHECKING"):
        yield from node.orelse
        return
    for field, value in ast.iter_fields(node):
        if field in UNSEEN:
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield part


def _own_rule(node: ast.AST, *, at_import: bool) -> Iterator[tuple[str, str]]:
    """Judge what a table of node types cannot: construct and reason."""
    match node:
        case ast.FunctionDef(args=args):
            yield from _decorator_rule(node.decorator_list)
            if args.vararg is not None or args.kwarg is not None:
                yield "star", "unpacking loops over a protocol value"
            defaults = [*args.defaults, *filter(None, args.kw_defaults)]
            if not all(_is_fixed(default) for default in defaults):
                yield "default", "all calls share it: use a constant"
        case ast.ClassDef():
            yield from _decorator_rule(node.decorator_list)
            if not at_import:
                yield "class", "a type is defined once, at import"
        case ast.ImportFrom():
            yield from _import_rule(node, at_import=at_import)
        case ast.Name(id=name) if _is_blind(name) and not at_import:
            yield name, BLIND.get(name, "it is not known to work on proxies")
        case ast.Assign(value=ast.Name(id=name)) if _is_blind(name):
            yield "alias", f"it hides {name}"
        case ast.AnnAssign(value=ast.Name(id=name)) if _is_blind(name):
            yield "alias", f"it hides {name}"
        case ast.Starred(ctx=ast.Store()):
            yield "star", "unpacking loops over a protocol value"
        case ast.Call(args=args, keywords=keywords):
            is_starred = any(isinstance(argument, ast.Starred) for argument in args)
            if is_starred or any(keyword.arg is None for keyword in keywords):
                yield "star", "name the arguments: outputs are joined in a tuple"
        case ast.Attribute(ctx=ast.Store()):
            yield "attribute assignment", "values are immutable"
        case ast.Attribute(attr=name) if name.startswith("__"):
            yield name, "it reaches behind the value"
        case ast.Attribute(attr="format" | "format_map" | "join" as name):
            yield f"str.{name}", "it takes one text out of a proxy"
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            if not _is_number(left) and not _is_number(right):
                yield "`*`", "one side must be a number or a CONSTANT"
        case ast.AugAssign(op=ast.Mult(), value=right) if not _is_number(right):
            yield "`*`", "one side must be a number or a CONSTANT"
        case ast.MatchClass(patterns=[_, *_]) | ast.MatchClass(kwd_patterns=[_, *_]):
            yield "class pattern with parts", "match the class, then name the fields"
        case ast.MatchAs(name=str()):
            yield "capture pattern", "match the class, then name the fields"


def _decorator_rule(decorators: Sequence[ast.expr]) -> Iterator[tuple[str, str]]:
    for decorator in decorators:
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not any(_is_name(name, allowed) for allowed in DECORATORS):
            yield "decorator", f"{ast.unparse(name)} may hide state or branching"


def _import_rule(node: ast.ImportFrom, *, at_import: bool) -> Iterator[tuple[str, str]]:
    if not at_import:
        yield "import", "an import is a side effect"
    module = node.module or ""
    if node.level > 0 or module.partition(".")[0] == "primacy":
        return
    names = IMPORTS.get(module, frozenset())
    for alias in node.names:
        if names is not None and alias.name not in names:
            yield f"{module}.{alias.name}", "it is not known to work on proxies"


def _is_blind(name: str) -> bool:
    """Tell whether a name is a built-in that may not see through a proxy."""
    return hasattr(builtins, name) and name not in BUILTINS


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_number(node: ast.expr) -> bool:
    """Tell whether an expression is a number, or a constant by its capitals."""
    match node:
        case ast.Constant(value=value):
            return type(value) is int
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _is_number(operand)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case _:
            return False


def _is_fixed(node: ast.expr) -> bool:
    """Tell whether a default is a literal, a constant or the empty tuple."""
    is_literal = isinstance(node, ast.Constant) or _is_number(node)
    return is_literal or (isinstance(node, ast.Tuple) and not node.elts)


def main(arguments: Sequence[str]) -> int:
    """Check the modules of the folders that are named; return the exit code."""
    paths = [path for name in arguments for path in sorted(Path(name).rglob("*.py"))]
    strict = [path for path in paths if path.name not in EXEMPT]
    if not strict:
        print("usage: python -m primacy_proofs.subset FOLDER", file=sys.stderr)
        return 2
    found = 0
    for path in strict:
        for finding in findings(path.read_text(encoding="utf-8")):
            print(f"{path}:{finding.line}: {finding.construct}: {finding.why}")
            found += 1
    exempt = len(paths) - len(strict)
    print(f"liftable subset: {len(strict)} modules, {exempt} exempt, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
