"""What a proxy cannot see is refused, and what the handlers need is not."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from primacy_proofs.subset import ALLOWED, BLIND, BUILTINS, REFUSED, findings, main

REFUSED_IN_A_HANDLER = [
    ("x is None", "is"),
    ("x is not None", "is not"),
    ("x in members", "in"),
    ("x not in members", "not in"),
    ("x / 2", "`/`"),
    ("x // 2", "`//`"),
    ("x % 2", "`%`"),
    ("x ** 2", "`**`"),
    ("x @ y", "`@`"),
    ("x & y", "`&`"),
    ("x | y", "`|`"),
    ("x ^ y", "`^`"),
    ("x << 1", "`<<`"),
    ("x >> 1", "`>>`"),
    ("~x", "`~`"),
    ("x * y", "`*`"),
    ("x * True", "`*`"),
    ("x *= y", "`*`"),
    ("x[0]", "subscript"),
    ("x[1:]", "subscript"),
    ("x[y] = 1", "subscript"),
    ("[x]", "list display"),
    ("{x}", "set display"),
    ("{x: y}", "dict display"),
    ("[y for y in x]", "comprehension"),
    ("{y for y in x}", "comprehension"),
    ("{y: y for y in x}", "comprehension"),
    ("max(y for y in x)", "comprehension"),
    ("f'{x}'", "f-string"),
    ("'{}'.format(x)", "str.format"),
    ("'{a}'.format_map(x)", "str.format_map"),
    ("', '.join(x)", "str.join"),
    ("lambda: x", "lambda"),
    ("f(*x)", "star"),
    ("f(**x)", "star"),
    ("first, *rest = x", "star"),
    ("x.term = 1", "attribute assignment"),
    ("x.term += 1", "attribute assignment"),
    ("x.__class__", "__class__"),
    ("x.__dict__", "__dict__"),
    ("del x", "del"),
    ("for y in x: pass", "for"),
    ("while x: pass", "while"),
    ("with x: pass", "with"),
    ("try: pass\nexcept E: pass", "try"),
    ("try: pass\nexcept* E: pass", "try"),
    ("global x", "global"),
    ("nonlocal x", "nonlocal"),
    ("yield x", "yield"),
    ("yield from x", "yield"),
    ("import json", "import"),
    ("from enum import Enum", "import"),
    ("class Local: pass", "class"),
    ("def g(*rest): pass", "star"),
    ("def g(**rest): pass", "star"),
    ("async def g(): pass", "async def"),
    ("match x:\n case Vote(1): pass", "class pattern with parts"),
    ("match x:\n case Vote(term=1): pass", "class pattern with parts"),
    ("match x:\n case Vote() as vote: pass", "capture pattern"),
    ("match x:\n case other: pass", "capture pattern"),
    ("match x:\n case None: pass", "singleton pattern"),
    ("match x:\n case (1, 2): pass", "sequence pattern"),
    ("match x:\n case {'a': 1}: pass", "mapping pattern"),
]

REFUSED_AT_IMPORT = [
    ("import json", "import"),
    ("from json import loads", "json.loads"),
    ("from functools import cache", "functools.cache"),
    ("from functools import lru_cache", "functools.lru_cache"),
    ("from dataclasses import fields", "dataclasses.fields"),
    ("from primacy_model import oracle", "primacy_model.oracle"),
    ("size = len", "alias"),
    ("Seconds: TypeAlias = int", "alias"),
    ("f = lambda x: x", "lambda"),
    ("TABLE = {1: 2}", "dict display"),
    ("SEEN = {1}", "set display"),
    ("NAMES = ['a']", "list display"),
    ("@cache\ndef f(): pass", "decorator"),
    ("@lru_cache(None)\ndef f(): pass", "decorator"),
    ("@total_ordering\nclass C: pass", "decorator"),
    ("class C:\n    @staticmethod\n    def f(): pass", "decorator"),
    ("def f(x=[]): pass", "default"),
    ("def f(*, x=g()): pass", "default"),
    ("class C:\n    def f(self, x={}): pass", "default"),
    ("async def f():\n    await g()", "async def"),
    ("for x in y: pass", "for"),
    ("if TYPE_CHECKING: pass\nelse: import json", "import"),
]

ALLOWED_IN_A_HANDLER = [
    '"""Judge a request."""',
    "if request.term < state.term:\n    return refuse(state)",
    "is_known = state.leader != NOBODY and not state.is_late or x == y",
    "return replace(state, term=state.term + 1), (persist, *outputs)",
    "later, outputs = advance(state)",
    "least = min(x, y) if low <= x <= high else max(-x, y - 1)",
    "return 2 * size > n",
    "x = LEASE_FACTOR * x",
    "x = y * config.DRIFT_MAX * -3",
    "x += 1",
    "x *= 2",
    "last: list[int] | None = state.last",
    "assert state.term >= 0",
    "raise AssertionError('no such message')",
    "match x:\n case Vote() | Claim(): pass\n case _: assert_never(x)",
    "match x:\n case Role.LEADER: pass\n case _: assert_never(x)",
    "def inner(x: dict[str, int] = NOTHING, y: int = 0) -> set[int]:\n    return x",
]

ALLOWED_AT_IMPORT = [
    '"""Say what this module decides."""',
    "from __future__ import annotations",
    "from collections.abc import Callable",
    "from dataclasses import dataclass, field, replace",
    "from primacy.log import Log",
    "from . import log",
    "if TYPE_CHECKING:\n    import json",
    "Term = NewType('Term', int)",
    "Message = Vote | Claim",
    "Outputs = tuple[Output, ...]",
    "NO_TERM: Final = Term(0)",
    "class Role(Enum):\n    LEADER = 'leader'",
    "class Agents(Protocol[T]):\n    def has(self, agent: T) -> bool: ...",
    "@dataclass(frozen=True, slots=True)\nclass Vote:\n    term: Term = NO_TERM",
    "class Vote:\n    seen: dict[str, int] = field(default_factory=dict)",
    "class Vote:\n    @property\n    def is_new(self): return self.term == 1",
]


def constructs(source: str) -> set[str]:
    return {finding.construct for finding in findings(source)}


def handler(body: str) -> str:
    return "def on_message(state, x, y):\n" + indent(body, "    ")


@pytest.mark.parametrize(("body", "construct"), REFUSED_IN_A_HANDLER)
def test_a_handler_may_not_use(body: str, construct: str) -> None:
    assert constructs(handler(body)) == {construct}


@pytest.mark.parametrize("name", sorted(BLIND))
def test_a_handler_may_not_name_the_built_in(name: str) -> None:
    assert constructs(handler(f"{name}(x)")) == {name}
    assert constructs(handler(f"f = {name}")) >= {name}


def test_a_handler_may_not_name_a_built_in_that_nobody_judged() -> None:
    assert constructs(handler("abs(x)")) == {"abs"}


@pytest.mark.parametrize(("source", "construct"), REFUSED_AT_IMPORT)
def test_a_module_may_not_use(source: str, construct: str) -> None:
    assert constructs(source) == {construct}


@pytest.mark.parametrize("body", ALLOWED_IN_A_HANDLER)
def test_a_handler_may_use(body: str) -> None:
    assert findings(handler(body)) == ()


@pytest.mark.parametrize("source", ALLOWED_AT_IMPORT)
def test_a_module_may_use(source: str) -> None:
    assert findings(source) == ()


def test_a_method_is_as_strict_as_a_function() -> None:
    source = dedent(
        """
        class State:
            def later(self):
                return self.term is None
        """
    )
    assert constructs(source) == {"is"}


def test_the_tables_do_not_contradict_each_other() -> None:
    assert not set(ALLOWED) & set(REFUSED)
    assert not set(BLIND) & BUILTINS


def test_a_finding_is_printed_with_its_place_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "voting.py").write_text(handler("x is None"))
    assert main([str(tmp_path)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == (
        f"{tmp_path / 'voting.py'}:2: is: it sees the proxy, not the value: use =="
    )
    assert last == "liftable subset: 1 modules, 0 exempt, 1 findings"


def test_an_exempt_module_may_use_all_of_python(tmp_path: Path) -> None:
    (tmp_path / "voting.py").write_text(handler("x == y"))
    (tmp_path / "log.py").write_text(handler("x is None"))
    assert main([str(tmp_path)]) == 0


def test_nothing_to_check_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 2
    assert main([str(tmp_path)]) == 2
    assert "usage:" in capsys.readouterr().err


def test_the_handlers_of_core_are_in_the_subset() -> None:
    core = Path(__file__).parents[2] / "core" / "primacy"
    assert main([str(core)]) == 0
