"""What a proxy cannot see is refused, and what the handlers need is not.

A construct is refused by the subset, or by the proxies themselves (`test_paths`), or
is shown in `test_liftable` to be lifted to what it computes.
"""

import ast
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest

from primacy_proofs.subset.grammar import (
    ALLOWED,
    AT_IMPORT,
    BLIND,
    BUILTINS,
    EXEMPT,
    EXPORTS,
    REFUSED,
)
from primacy_proofs.subset.lint import find_violations, main
from tests.support.constructs import (
    ALLOWED_AT_IMPORT,
    ALLOWED_IN_A_HANDLER,
    REFUSED_AT_IMPORT,
    REFUSED_IN_A_HANDLER,
)


def constructs(source: str) -> set[str]:
    return {finding.construct for finding in find_violations(source)}


LATER = {"ParamSpec", "TypeAlias", "TypeVar", "TypeVarTuple"}
"""The nodes that Python 3.12 added; they are in no table, so they are refused."""
PREFIX = "from __future__ import annotations; from primacy.messages import Claim, Vote"


def handler(body: str) -> str:
    return f"{PREFIX}, Timer\ndef on_message(state, x, y):\n" + indent(body, "    ")


@pytest.mark.parametrize(("body", "construct"), REFUSED_IN_A_HANDLER)
def test_a_handler_may_not_use(body: str, construct: str) -> None:
    assert constructs(handler(body)) == {construct}


@pytest.mark.parametrize("name", sorted(BLIND))
def test_a_handler_may_not_name_the_built_in(name: str) -> None:
    assert constructs(handler(f"{name}(x)")) == {name}
    assert constructs(handler(f"f = {name}")) >= {name}
    assert constructs(handler(f"return x.map({name})")) == {name}


def test_a_handler_may_not_name_a_built_in_that_nobody_judged() -> None:
    assert constructs(handler("abs(x)")) == {"abs"}


@pytest.mark.parametrize(("source", "construct"), REFUSED_AT_IMPORT)
def test_a_module_may_not_use(source: str, construct: str) -> None:
    assert constructs(source) == {construct}


@pytest.mark.parametrize("body", ALLOWED_IN_A_HANDLER)
def test_a_handler_may_use(body: str) -> None:
    assert find_violations(handler(body)) == ()


@pytest.mark.parametrize("source", ALLOWED_AT_IMPORT)
def test_a_module_may_use(source: str) -> None:
    assert find_violations(source) == ()


def test_a_method_is_as_strict_as_a_function() -> None:
    source = dedent(
        """
        @dataclass
        class State:
            def later(self):
                return self.term is None
        """
    )
    assert constructs(source) == {"is"}


def test_the_tables_do_not_contradict_each_other() -> None:
    assert not set(ALLOWED) & set(REFUSED)
    assert not set(BLIND) & BUILTINS
    modules = {module.partition(".")[2] or "__init__" for module in EXPORTS}
    modules |= {"__main__"}  # a command, which nothing imports
    assert {f"{module}.py" for module in modules} == set(EXEMPT)


def test_every_refused_construct_is_tried() -> None:
    tried = {construct for _, construct in REFUSED_IN_A_HANDLER}
    assert {construct for construct, _ in REFUSED.values()} <= tried


def test_every_allowed_construct_is_tried() -> None:
    sources = [*map(handler, ALLOWED_IN_A_HANDLER), *ALLOWED_AT_IMPORT]
    tried = {type(node) for source in sources for node in ast.walk(ast.parse(source))}
    assert {*ALLOWED, *AT_IMPORT} <= tried


def test_every_node_of_the_language_is_judged() -> None:
    known = {*ALLOWED, *AT_IMPORT, *REFUSED}
    missing = {
        name
        for name, node in vars(ast).items()
        if isinstance(node, type)
        and issubclass(node, ast.AST)
        and not node.__subclasses__()
        and node not in known
    }
    judged_with_their_parents = {"ExceptHandler", "FormattedValue", "MatchStar"}
    judged_with_their_parents |= {"Slice", "comprehension", "withitem"}
    not_run = {"Load", "Store", "Del", "TypeIgnore", "FunctionType", "Expression"}
    not_run |= {"Interactive"}
    gone = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice"}
    gone |= {"AugLoad", "AugStore", "Param", "Suite", "_ast_Ellipsis"}
    assert missing <= judged_with_their_parents | not_run | gone | LATER


@pytest.mark.skipif(sys.version_info < (3, 12), reason="3.11 has no such syntax")
def test_what_a_later_python_added_to_the_language_is_refused() -> None:
    assert constructs("type Number = int") == {"TypeAlias"}
    for parameter, kind in (
        ("T", "TypeVar"),
        ("*T", "TypeVarTuple"),
        ("**T", "ParamSpec"),
    ):
        assert constructs(f"def f[{parameter}](): return 1") == {kind}


def test_a_finding_is_printed_with_its_place_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "voting.py").write_text(handler("x is None"))
    assert main([str(tmp_path)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == (
        f"{tmp_path / 'voting.py'}:3: is: it sees the proxy, not the value: use =="
    )
    assert last == "liftable subset: 1 modules, 0 exempt, 1 findings"


def test_an_exempt_module_may_use_all_of_python(tmp_path: Path) -> None:
    (tmp_path / "voting.py").write_text(handler("x == y"))
    (tmp_path / "log.py").write_text(handler("x is None"))
    assert main([str(tmp_path)]) == 0


def test_a_module_below_is_not_exempt_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "voting").mkdir()
    (tmp_path / "voting" / "log.py").write_text(handler("x is None"))
    assert main([str(tmp_path)]) == 1


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('"""Say."""\nfrom primacy.log import Log\n__all__ = ["Log"]\nx = "1"\n', 0),
        ("Log.append = f\n", 1),
        ("setattr(Log, 'append', f)\n", 1),
        ("import os\n", 1),
        ("def f(): pass\n", 1),
        ("if f(): pass\n", 1),
        ("x = f()\n", 1),
    ],
)
def test_what_names_the_api_runs_nothing(
    source: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "voting.py").write_text(handler("x == y"))
    (tmp_path / "__init__.py").write_text(source)
    assert main([str(tmp_path)]) == code


def test_nothing_to_check_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 2
    assert main([str(tmp_path)]) == 2
    assert "usage:" in capsys.readouterr().err


def test_the_handlers_of_core_are_in_the_subset() -> None:
    core = Path(__file__).parents[3] / "core" / "primacy"
    assert main([str(core)]) == 0
