"""The liftable subset: what handlers of core may be written in, so that proxies see it.

The proofs run the handlers in CPython with proxy values, which record every operation.
A proxy cannot see `is`, `isinstance`, a loop over its hash or a caught exception: there
the run would take one side and say nothing of the other, and the theorem would be about
less than the code. So whatever a proxy cannot see is refused here, before any proof.

The law is default-deny, by the tables of `grammar`. A syntax node must be in `ALLOWED`,
or it is refused with the reason in `REFUSED`; a built-in must be in `BUILTINS`, a
decorator in `DECORATORS`, an import in `IMPORTS` or `EXPORTS`. Docstrings are not
looked at, nor `if TYPE_CHECKING:`, nor annotations that are never evaluated. Bodies of
modules and classes run at import, before any proxy exists, so definitions there may
also use `AT_IMPORT` and `TYPES`; but nothing there may make a value that can change.

What is not seen here but by a proxy: it refuses to be hashed, counted, looped over,
formatted, or to be the truth of anything but a truth value, and raises what core cannot
catch. A method that a proxy has not is an error of that path, which a theorem excludes.

Usage: `python -m primacy_proofs.subset.lint core/primacy`. It prints one finding a line
and exits 1 if there is one, 0 if there is none, 2 if there is nothing to check.

Source: docs/design.md, the liftable subset.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from primacy_proofs.subset.grammar import ALLOWED, AT_IMPORT, EXEMPT, REFUSED
from primacy_proofs.subset.rules import Module, check_node, module_of

UNSEEN: Final = frozenset(
    {"annotation", "ctx", "decorator_list", "defaults", "kw_defaults", "returns"}
)
"""The fields of syntax nodes that are not walked: not run, or judged by a rule."""
NAMES_API: Final = "__init__.py"


@dataclass(frozen=True, slots=True, order=True)
class SubsetViolation:
    """One construct outside the subset."""

    line: int
    construct: str
    why: str


def find_violations(source: str) -> tuple[SubsetViolation, ...]:
    r"""List what lies outside the subset in the source of one module.

    >>> for finding in find_violations("def f(x):\n    return x is None\n"):
    ...     print(f"{finding.line}: {finding.construct}: {finding.why}")
    2: is: it sees the proxy, not the value: use ==
    """
    tree = ast.parse(source)
    module = module_of(tree)
    return tuple(sorted(set(_walk(tree, 1, module, at_import=True))))


def _walk(
    node: ast.AST, line: int, module: Module, *, at_import: bool
) -> Iterator[SubsetViolation]:
    """Judge a node, then what is below it; below a refused node nothing is judged."""
    line = getattr(node, "lineno", line)  # operators have no line of their own
    if not isinstance(node, ALLOWED + (AT_IMPORT if at_import else ())):
        unknown = (type(node).__name__, "it is not part of the subset")
        yield SubsetViolation(line, *REFUSED.get(type(node), unknown))
        return
    for construct, why in check_node(node, module, at_import=at_import):
        yield SubsetViolation(line, construct, why)
    evaluated = _annotations(node, at_import=at_import) if module.is_eager else ()
    for annotation in evaluated:
        yield from _walk(annotation, line, module, at_import=at_import)
    runs_later = isinstance(node, ast.FunctionDef)
    for child in _children(node, at_import=at_import):
        yield from _walk(child, line, module, at_import=at_import and not runs_later)


def _annotations(node: ast.AST, *, at_import: bool) -> Iterator[ast.expr]:
    """List what is evaluated where a function is defined or a name is annotated."""
    match node:
        case ast.FunctionDef(args=args, returns=returns):
            every = (*args.posonlyargs, *args.args, *args.kwonlyargs)
            yield from filter(None, [returns, *(each.annotation for each in every)])
        case ast.AnnAssign(annotation=annotation) if at_import:
            yield annotation


def _children(node: ast.AST, *, at_import: bool) -> Iterator[ast.AST]:
    """List the parts of a node that are run."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=rest) if at_import:
            yield from rest
            return
    for field, value in ast.iter_fields(node):
        if field in UNSEEN:
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield part


def api_findings(source: str) -> tuple[SubsetViolation, ...]:
    r"""List what a module does that shall only name the public API.

    >>> [finding.construct for finding in api_findings("print('begun')\n")]
    ['Expr']
    """
    found: list[SubsetViolation] = []
    for node in ast.parse(source).body:
        match node:
            case ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name()], value=ast.List() | ast.Constant()):
                continue
        construct = type(node).__name__
        found.append(
            SubsetViolation(node.lineno, construct, "the API is named, nothing runs")
        )
    return tuple(found)


def main(arguments: Sequence[str]) -> int:
    """Check the modules of the folders that are named; return the exit code."""
    strict = exempt = found = 0
    for folder in map(Path, arguments):
        for path in sorted(folder.rglob("*.py")):
            name, source = str(path.relative_to(folder)), path.read_text("utf-8")
            is_exempt = name in EXEMPT
            judge = api_findings if name == NAMES_API else find_violations
            strict, exempt = strict + (not is_exempt), exempt + is_exempt
            for finding in (
                () if is_exempt and judge is find_violations else judge(source)
            ):
                print(f"{path}:{finding.line}: {finding.construct}: {finding.why}")
                found += 1
    if not strict:
        print("usage: python -m primacy_proofs.subset.lint FOLDER", file=sys.stderr)
        return 2
    print(f"liftable subset: {strict} modules, {exempt} exempt, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
