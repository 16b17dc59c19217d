"""The rules of the liftable subset that no table of syntax can state.

Each rule yields what it refuses: the construct, and why a proxy cannot have it.

Source: docs/design.md, the liftable subset.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from primacy_proofs.subset.grammar import (
    BASES,
    BLIND,
    BUILTINS,
    CONTAINERS,
    DECORATORS,
    EXPORTS,
    FIXED,
    IMPORTS,
    MESSAGES,
    NO_RECORDS,
    OPTIONS,
    TYPES,
)

Reasons = Iterator[tuple[str, str]]
"""What is refused: construct and reason."""


@dataclass(frozen=True, slots=True)
class Module:
    """What the judgement of a node takes from its module."""

    records: frozenset[str]
    """The names that are records of messages."""
    is_eager: bool
    """Annotations are evaluated: the module does not say that they are not."""


def module_of(tree: ast.Module) -> Module:
    """Find what the judgement of its nodes takes from a module."""
    records, is_eager = frozenset[str](), True
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=name, names=names) if name == MESSAGES:
                records |= {alias.name for alias in names}
            case ast.ImportFrom(module="__future__"):
                is_eager = False
    return Module(records - NO_RECORDS, is_eager)


def check_node(node: ast.AST, module: Module, *, at_import: bool) -> Reasons:
    """Judge what a table of node types cannot."""
    match node:
        case ast.FunctionDef(name=name):
            yield from _function_rule(node)
            yield from _binding_rule(name)
        case ast.ClassDef(name=name):
            yield from _class_rule(node, at_import=at_import)
            yield from _binding_rule(name)
        case ast.arg(arg=name):
            yield from _binding_rule(name)
        case ast.ImportFrom():
            yield from _import_rule(node, at_import=at_import)
        case ast.Name(id=name, ctx=context):
            yield from _name_rule(name, context, at_import=at_import)
        case ast.Assign(value=ast.Name(id=name)) if name in TYPES:
            yield "alias", f"it hides {name}"
        case ast.AnnAssign(value=ast.Name(id=name)) if name in TYPES:
            yield "alias", f"it hides {name}"
        case ast.Starred(ctx=ast.Store()):
            yield "star", "unpacking loops over a protocol value"
        case ast.Call():
            yield from _call_rule(node)
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
        case ast.Compare(left=left, comparators=others):
            if any(isinstance(each, ast.Tuple) for each in (left, *others)):
                yield "comparison of a tuple", "outputs are one for each of many reads"
        case ast.Tuple(elts=elements, ctx=context):
            yield from _tuple_rule(elements, context)
        case ast.MatchClass() | ast.MatchAs():
            yield from _pattern_rule(node, module)


def _tuple_rule(elements: Sequence[ast.expr], context: ast.expr_context) -> Reasons:
    """Judge what could tell how many outputs there are: one for each of many reads."""
    if isinstance(context, ast.Store) and len(elements) == 1:
        yield "unpacking of one", "outputs are one for each of many reads"
    is_bare = all(isinstance(each, ast.Starred) for each in elements)
    if isinstance(context, ast.Load) and elements and is_bare:
        yield "star alone", "join outputs with +"


def _function_rule(node: ast.FunctionDef) -> Reasons:
    yield from _decorator_rule(node.decorator_list)
    if node.args.vararg is not None or node.args.kwarg is not None:
        yield "star", "unpacking loops over a protocol value"
    defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    if not all(_is_fixed(default) for default in defaults):
        yield "default", "all calls share it: use a constant"


def _class_rule(node: ast.ClassDef, *, at_import: bool) -> Reasons:
    yield from _decorator_rule(node.decorator_list)
    if not at_import:
        yield "class", "a type is defined once, at import"
    if node.keywords:
        yield "class option", "a metaclass decides what a class is"
    bases = [
        base.value if isinstance(base, ast.Subscript) else base for base in node.bases
    ]
    if not all(any(_is_name(base, known) for known in BASES) for base in bases):
        yield "base", "what it inherits is not seen here"
    is_enum = any(_is_name(base, "Enum") for base in bases)
    if is_enum and node.decorator_list:
        yield "decorated enumeration", "its members would be compared by their fields"
    if not bases and not node.decorator_list:
        yield "plain class", "it is compared by identity: use a dataclass"


def _decorator_rule(decorators: Sequence[ast.expr]) -> Reasons:
    for decorator in decorators:
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not any(_is_name(name, allowed) for allowed in DECORATORS):
            yield "decorator", f"{ast.unparse(name)} may hide state or branching"
        if not isinstance(decorator, ast.Call):
            continue
        for option in decorator.keywords:
            is_plain = isinstance(option.value, ast.Constant)
            if option.arg not in OPTIONS or not is_plain:
                yield f"option {option.arg}", "it may change what == means"
        if decorator.args:
            yield "decorator", "its arguments are options by name"


def _binding_rule(name: str) -> Reasons:
    """Judge a name that is bound: what is judged by its name stays what it is."""
    if name.startswith("__") and name != "__all__":
        yield name, "Python calls it where no call is seen"
    if name in FIXED:
        yield f"binding {name}", "it is judged by its name"


def _name_rule(name: str, context: ast.expr_context, *, at_import: bool) -> Reasons:
    if isinstance(context, ast.Store):
        yield from _binding_rule(name)
    elif name.startswith("__") and not _is_blind(name):
        yield name, "it reaches behind the module"
    elif _is_blind(name) and not (at_import and name in TYPES):
        yield name, BLIND.get(name, "it is not known to work on proxies")


def _call_rule(node: ast.Call) -> Reasons:
    is_starred = any(isinstance(argument, ast.Starred) for argument in node.args)
    if is_starred or any(keyword.arg is None for keyword in node.keywords):
        yield "star", "name the arguments: outputs are joined in a tuple"
    is_raw = any(_is_name(node.func, name) for name in CONTAINERS)
    if is_raw and (node.args or node.keywords):
        yield "raw container", "equal contents must be equal: use its methods"


def _pattern_rule(node: ast.MatchClass | ast.MatchAs, module: Module) -> Reasons:
    match node:
        case ast.MatchClass(patterns=[_, *_]) | ast.MatchClass(kwd_patterns=[_, *_]):
            yield "class pattern with parts", "match the class, then name the fields"
        case ast.MatchClass(cls=cls):
            if not any(_is_name(cls, record) for record in module.records):
                yield "class pattern", f"{ast.unparse(cls)} is no record of messages"
        case ast.MatchAs(name=str()):
            yield "capture pattern", "match the class, then name the fields"


def _import_rule(node: ast.ImportFrom, *, at_import: bool) -> Reasons:
    if not at_import:
        yield "import", "an import is a side effect"
    module = node.module or ""
    if node.level > 0:
        yield "relative import", "name the module in full"
        return
    is_core = module.partition(".")[0] == "primacy"
    names = EXPORTS.get(module) if is_core else IMPORTS.get(module, frozenset())
    for alias in node.names:
        if alias.name == "*":
            yield f"{module}.*", "name what is imported"
        elif names is not None and alias.name not in names:
            yield f"{module}.{alias.name}", "it is not known to work on proxies"
        if alias.asname is not None:
            yield f"as {alias.asname}", "what is judged by its name keeps it"


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
