"""The flag that rewrites transcripts. Nobody is there in CI to look at what it did."""

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite",
        action="store_true",
        help="write what happens now into the transcripts of tests/scenarios",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--rewrite", default=False) and os.environ.get("CI"):
        raise pytest.UsageError("--rewrite is refused where CI is set")


@pytest.fixture
def is_rewriting(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite", default=False))
