"""The grammar of the liftable subset: what handlers may say, and why not the rest.

Tables only; `lint` and `rules` judge by them. What they do not name is
refused.

Source: docs/design.md, the liftable subset.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

EXEMPT: Final[Mapping[str, str]] = {
    "__init__.py": "names the public API and runs nothing",
    "__main__.py": "finds the command: nothing in core imports it",
    "agents.py": "container of agents: proofs put a contract in its place",
    "records.py": "copies a record as `dataclasses.replace` does",
    "codec.py": "JSON at the edge: no handler calls it",
    "config.py": "validated at construction, before the first step",
    "log.py": "container of entries: proofs put a contract in its place",
    "pending_reads.py": "container of reads: proofs put a contract in its place",
}
"""The modules that may use all of Python, each with its reason. The rest are strict.

They stand at the top of core; a module of the same name below is strict.
"""

EXPORTS: Final[Mapping[str, frozenset[str]]] = {
    "primacy": frozenset(),
    "primacy.agents": frozenset({"NO_AGENTS", "AgentMap", "AgentSet"}),
    "primacy.records": frozenset({"replace"}),
    "primacy.codec": frozenset(),
    "primacy.config": frozenset({"Config"}),
    "primacy.log": frozenset(
        {"EMPTY_LOG", "EMPTY_SEGMENT", "Entry", "EntryKind", "Log", "Segment"}
    ),
    "primacy.pending_reads": frozenset(
        {"NO_LEADER_READS", "NO_FOLLOWER_READS"}
        | {"LeaderRead", "LeaderReads", "FollowerRead", "FollowerReads"}
    ),
}
"""What strict modules may take from those: values and types that have a proxy."""

CONTAINERS: Final = frozenset(
    {"AgentMap", "AgentSet", "LeaderReads", "Log", "FollowerReads"}
)
"""Values that only their own methods make: else equal contents might not be equal."""

IMPORTS: Final[Mapping[str, frozenset[str] | None]] = {
    "__future__": frozenset({"annotations"}),
    "collections.abc": None,
    "dataclasses": frozenset({"dataclass", "field", "replace"}),
    "enum": frozenset({"Enum"}),
    "typing": frozenset(
        {"TYPE_CHECKING", "ClassVar", "Final", "Generic", "Literal", "NewType"}
        | {"Protocol", "TypeAlias", "TypeVar", "assert_never"}
    ),
}
"""What may be imported, and which names of it (`None`: all), beside core itself."""

MESSAGES: Final = "primacy.messages"
"""Whose records a class pattern may name: not they are proxies, but their fields."""
NO_RECORDS: Final = frozenset({"Timer"})
"""But these are no records."""

DECORATORS: Final = frozenset({"dataclass", "property"})
"""A dataclass only adds methods; a property is a call like any other."""
OPTIONS: Final = frozenset({"frozen", "kw_only", "order", "slots"})
"""Options of a dataclass. Without `eq` it would be compared by identity."""
BASES: Final = frozenset({"Enum", "Generic", "Protocol"})
"""What a class may inherit."""

BUILTINS: Final = frozenset({"AssertionError", "TypeError", "ValueError", "max", "min"})
"""Errors end a path; the others work through operators, which a proxy sees."""
TYPES: Final = frozenset({"bool", "int", "str", "tuple"})
"""Built-ins that definitions may name too: they make nothing that can change."""

FIXED: Final = BUILTINS | DECORATORS | TYPES | {"TYPE_CHECKING", "field", "replace"}
"""Names that are what they are everywhere: judged by name, so never bound anew."""

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
    *(ast.If, ast.IfExp, ast.Assign, ast.AnnAssign, ast.AugAssign),
    *(ast.Match, ast.match_case, ast.MatchClass, ast.MatchOr, ast.MatchValue),
    *(ast.MatchAs, ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.Call),
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Compare, ast.Eq, ast.NotEq),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Starred),
)
"""The syntax of the subset; `rules` asks more of some of it."""

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
    ast.NamedExpr: (":=", "an assert that is stripped takes it along"),
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
