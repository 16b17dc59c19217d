"""The engines that tests compare, and how many states they must find."""

from functools import cache

import pytest

from primacy_model.baselines.plain_raft import PlainRaft
from primacy_model.engines.search import Engine
from primacy_model.engines.search import explore as search

ENGINES = [
    pytest.param(
        engine,
        marks=pytest.mark.skipif(not engine.is_installed, reason="not installed"),
        id=engine.value,
    )
    for engine in Engine
]

every_engine = pytest.mark.parametrize("engine", ENGINES)

COUNTED = {(3, 2): 5_963, (5, 1): 12_133, (3, 3): 144_529, (4, 2): 212_565}


@cache
def raft_levels(size: int, terms: int) -> tuple[int, ...]:
    return search(PlainRaft(size, terms), Engine.MEMO, prunes=False).levels
