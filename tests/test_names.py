"""One word, one meaning: names of classes, and what tests import from each other."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
DISTRIBUTIONS: Final = {
    "core": ("core",),
    "tools": ("model", "proofs", "runtime"),
    "tests": ("tests",),
}
"""The folders of each distribution, and the tests."""
ALIAS: Final = re.compile(r"[A-Z]\w*[a-z]\w*")
TEST_MODULE: Final = re.compile(r"tests(\.\w+)*\.test_\w+")

Sources = Mapping[str, str]
"""Texts of modules by where they stand."""


def sources(*folders: str) -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def _types(module: ast.Module) -> Iterator[str]:
    """Name the public classes and aliases of types; a type variable is neither."""
    for node in module.body:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(
                value=ast.Call(func=ast.Name(id="TypeVar" | "ParamSpec" | "NewType"))
            ):
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) if ALIAS.fullmatch(name):
                yield name


def defined_twice(texts: Sources) -> dict[str, list[str]]:
    """Find the public classes and aliases that two modules define."""
    found = defaultdict(list)
    for where, text in texts.items():
        for name in _types(ast.parse(text)):
            if not name.startswith("_"):
                found[name].append(where)
    return {name: places for name, places in found.items() if len(places) > 1}


def imports_of_tests(texts: Sources) -> list[str]:
    """List the modules that import from a module of tests."""
    return [
        where
        for where, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and TEST_MODULE.fullmatch(node.module or "")
    ]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_no_name_of_a_class_or_alias_is_defined_in_two_modules(
    distribution: str,
) -> None:
    assert defined_twice(sources(*DISTRIBUTIONS[distribution])) == {}


def test_what_tests_share_is_in_no_module_of_tests() -> None:
    assert imports_of_tests(sources("tests")) == []


def test_a_name_with_two_meanings_is_noticed() -> None:
    texts = {
        "a.py": "class Step: ...\nT = TypeVar('T')\nValue = TypeVar('Value')\n",
        "b.py": "Step = tuple[int, str]\nValue = TypeVar('Value')\n_Own = int\n",
        "c.py": "_Own = str\nMOST = 3\nclass Steps: ...\n",
    }
    assert defined_twice(texts) == {"Step": ["a.py", "b.py"]}


def test_an_import_from_a_module_of_tests_is_noticed() -> None:
    texts = {
        "a.py": "from tests.core.test_codec import TEXTS\n",
        "b.py": "from tests.support.golden import TEXTS\n",
    }
    assert imports_of_tests(texts) == ["a.py"]
