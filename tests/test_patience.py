"""No test needs an idle machine: what ends a wait early ends a test that hangs."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

TESTS: Final = Path(__file__).parent
SOURCES: Final = sorted(TESTS.rglob("test_*.py"))
LEAST_S: Final = 60
"""A busy machine may not have got there in less."""
WAITS: Final = {"settimeout": 0, "wait": 0, "timeout": 0, "wait_for": 1}
"""Functions that give up after some time, and the place of that argument."""
REQUESTS: Final = {
    *("propose", "read", "transfer"),
    *("admit", "promote", "demote", "dismiss", "replace"),
}
"""Functions of agents: that it took too long is an answer, which is asserted."""
CLOCKS: Final = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time"}
MEANT: Final = {"asyncio.timeout(0.2)": "nothing comes through a network that is cut"}


def impatient(source: str) -> Iterator[str]:
    """Find waits of a few seconds, and assertions of how long something took."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and any(map(is_short, waits(node))):
            yield ast.unparse(node)
        if isinstance(node, ast.Assert) and is_timed(node):
            yield ast.unparse(node)


def waits(call: ast.Call) -> list[ast.expr]:
    """List the arguments that say how long a call waits."""
    name = ast.unparse(call.func).rpartition(".")[2]
    if name in REQUESTS:
        return []
    place = WAITS.get(name, len(call.args))
    given = [one.value for one in call.keywords if one.arg == "timeout"]
    return [*call.args[place : place + 1], *given]


def is_short(given: ast.expr) -> bool:
    return is_number(given) and ast.literal_eval(given) < LEAST_S


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def is_timed(node: ast.Assert) -> bool:
    inside = [*ast.walk(node.test)]
    calls = [ast.unparse(one.func) for one in inside if isinstance(one, ast.Call)]
    reads_clock = any(name.rpartition(".")[2] in CLOCKS for name in calls)
    return reads_clock and any(map(is_number, inside))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_gives_up_on_a_busy_machine(path: Path) -> None:
    found = {*impatient(path.read_text(encoding="utf-8"))}
    assert found - MEANT.keys() == set()


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("asyncio.timeout(5)", True),
        ("asyncio.wait_for(work, 5)", True),
        ("subprocess.run(words, timeout=30)", True),
        ("process.wait(30)", True),
        ("heard.settimeout(0.3)", True),
        ("assert time.monotonic() - begun < 2", True),
        ("process.wait(PATIENCE_S)", False),
        ("assert time.monotonic() < deadline", False),
        ("agent.propose('x=1', timeout=1)", False),
    ],
)
def test_a_short_wait_would_be_noticed(line: str, is_found: bool) -> None:
    assert bool([*impatient(line)]) == is_found


@pytest.mark.parametrize("name", ["local", "ci", "quick", "deep"])
def test_no_profile_of_hypothesis_minds_a_busy_machine(name: str) -> None:
    profile = settings.get_profile(name)
    assert profile.deadline is None
    assert HealthCheck.too_slow in profile.suppress_health_check


def test_no_test_has_hypothesis_mind_a_busy_machine() -> None:
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "suppress_health_check":
                given = ast.unparse(node.value)
                assert "too_slow" in given or given == "list(HealthCheck)", path
            if isinstance(node, ast.keyword) and node.arg == "deadline":
                assert ast.unparse(node.value) == "None", path
