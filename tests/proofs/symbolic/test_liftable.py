"""What the subset allows is lifted to what it computes.

Each handler here is in the subset. Run with proxies it has paths; for any numbers
exactly one of them is taken, and ends as the handler does when it is run with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from primacy.role import Role
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import BOOL, INT, constant
from primacy_proofs.subset.lint import find_violations
from primacy_proofs.symbolic.paths import MeaninglessError, paths
from primacy_proofs.symbolic.values import (
    LiftedAgent,
    LiftedBool,
    LiftedEnum,
    LiftedInt,
)
from tests.support.evaluation import evaluate, plain

HANDLERS = {
    "chained comparison": "return x < y < 3",
    "chained equality": "return x == y == 1",
    "truth values joined": "return x < y and b or not b",
    "a value by and": "return b and x",
    "a value by or": "return x < 1 or y",
    "a truth value compared": "return (x < y) == b",
    "a truth value of a comparison": "return b != (x == 1)",
    "conditional expression": "return x if b else y - 1",
    "nested condition": "return (1 if x < y else 2) if b else 3",
    "least": "return min(x, y, 1)",
    "greatest": "return max(x, y + 1)",
    "least of a tuple": "return min((x, y))",
    "arithmetic": "return 2 * x - y + 3 - (1 - x)",
    "in place": "x += y\nx -= 1\nx *= 2\nreturn x",
    "a value pattern": "match x:\n    case 0: return y\n    case -1: return 7\n"
    "    case _: return x",
    "values or else": "match x:\n    case 0 | 1: return y\n    case _: return x",
    "a guard": "match x:\n    case 0 if b: return y\n    case _: return x",
    "an enumeration": "match r:\n    case Role.LEADER: return 1\n    case _: return 0",
    "an enumeration compared": "return r == Role.LEADER or Role.FOLLOWER == r",
    "an agent compared": "return a == NOBODY",
    "an assertion": "assert x < 5\nreturn x",
    "records compared": "return Pair(x, y) == Pair(y, 1)",
    "records not equal": "return Pair(x, 0) != Pair(y, 0)",
    "records in order": "return Pair(x, y) < Pair(1, x)",
    "a record in a record": "return Pair(Pair(x, 1), 2) == Pair(Pair(y, 1), 2)",
    "the field of a record": "return Pair(x, y).one + Pair(x, y).other",
    "a tuple joined": "z = (x, y)\nreturn (*z, 1) + (x,)",
    "unpacking": "z, w = x, y\nreturn w - z",
    "a function within": "def more(z, by=1):\n    return z + by\n"
    "return more(x) + more(y, x)",
    "a function within that branches": "def up(z):\n    if z < 0: return 0\n"
    "    return z\nreturn up(x) + up(y)",
    "recursion": "if y < 1 or y > 3: return x\nreturn f(x + y, y - 1, b, a, r)",
    "an early return": "if x < y:\n    return x\nif b:\n    return y\nreturn 0",
    "elif": "if x < y: z = 1\nelif b: z = 2\nelse: z = 3\nreturn z",
}


@dataclass(frozen=True, order=True)
class Pair:
    one: Any
    other: Any


def compiled(body: str) -> Callable[..., Any]:
    source = "def f(x, y, b, a, r):\n" + "".join(
        f"    {line}\n" for line in body.splitlines()
    )
    assert find_violations(source) == ()
    names: dict[str, Any] = {"Pair": Pair, "Role": Role, "NOBODY": ""}
    exec(source, names)  # noqa: S102 - the handler that was judged
    made: Callable[..., Any] = names["f"]
    return made


def lifted_arguments() -> tuple[Any, ...]:
    return (
        LiftedInt(constant("x", INT)),
        LiftedInt(constant("y", INT)),
        LiftedBool(constant("b", BOOL)),
        LiftedAgent(constant("a", on.AGENT)),
        LiftedEnum(constant("r", on.ROLE), Role),
    )


@pytest.mark.parametrize("body", HANDLERS.values(), ids=HANDLERS)
def test_a_construct_is_lifted_to_what_it_computes(body: str) -> None:
    handler = compiled(body)
    found = paths(lambda: handler(*lifted_arguments()))
    many = product(range(-2, 6), range(-2, 4), (False, True), ("", "ada"), Role)
    for arguments in many:
        values = dict(zip("xybar", arguments, strict=True))
        taken = [path for path in found if evaluate(path.condition, values)]
        assert len(taken) == 1
        if taken[0].error is not None:
            with pytest.raises(type(taken[0].error)):
                handler(*arguments)
        else:
            told = taken[0].result
            assert plain(told, values) == handler(*arguments)


UNLIKE: dict[str, str] = {
    "the truth of a number": "return 1 if x else 2",
    "the truth of an agent": "return a or 1",
    "the truth of a role": "return 1 if r else 2",
    "a number and a truth value": "return x + b",
    "a truth value and a number": "return b == 1",
    "a number and a fraction": "return x < 0.5",
    "a role and its text": "return r == 'leader'",
    "an agent and a text": "return a == 'ada'",
    "minus a number": "return -x",
    "the greatest of a set": "return max(a)",
    "a tuple a number of times": "return (0,) + (1,) + x",
    "an order of roles": "return r < Role.LEADER",
}


@pytest.mark.parametrize("body", UNLIKE.values(), ids=UNLIKE)
def test_what_the_subset_lets_pass_is_refused_by_a_proxy(body: str) -> None:
    handler = compiled(body)
    with pytest.raises(MeaninglessError):
        paths(lambda: handler(*lifted_arguments()))
