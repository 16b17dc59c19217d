"""What ends an exploration early: it is said, and what was explored is shown."""

import signal

import pytest
from click.testing import CliRunner, Result

from primacy_model import runner
from primacy_model.checker import limits
from primacy_model.checker.limits import Limits
from primacy_model.checker.random_walk import walk
from primacy_model.checker.reference_bfs import Verdict, explore
from primacy_model.cli import commands
from primacy_model.engines.search import Engine
from primacy_model.scopes import SCOPES

ENGINES = ["oracle", *(engine.value for engine in Engine if engine.is_installed)]


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, ["check", *arguments])


@pytest.mark.parametrize("engine", ENGINES)
def test_memory_that_is_used_up_is_a_bound(engine: str) -> None:
    found = check("plain-raft-3x2", "--engine", engine, "--max-memory", "1")
    assert found.exit_code == 3, found.output
    assert "incomplete: plain-raft-3x2 stopped at 1 MB of memory" in found.output


def test_enough_memory_is_none() -> None:
    found = check("plain-raft-3x2", "--max-memory", "1000000")
    assert found.exit_code == 0
    assert (limits.memory() or 0) > 1_000_000


def test_what_was_explored_until_then_is_kept() -> None:
    asked = iter(["", "", "", "so much"])
    found = explore(SCOPES.find("fencing"), limit=lambda: next(asked))
    assert found.verdict is Verdict.INCOMPLETE
    assert found.stopped_at == "so much"
    assert found.states > 4
    asked = iter(["", "", "so much"])
    walked = walk(SCOPES.find("fencing"), seed=0, steps=100, limit=lambda: next(asked))
    assert walked.stopped_at == "so much after 2 steps of a walk"


def test_the_first_interruption_is_a_limit_and_the_second_ends_it() -> None:
    before = signal.getsignal(signal.SIGINT)
    bound = Limits(None, None)
    with bound:
        assert not bound()
        signal.raise_signal(signal.SIGINT)
        assert bound() == "Ctrl-C"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("arguments", [(), ("--walk",)])
def test_an_interruption_shows_what_was_explored(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(Limits):
        def __call__(self) -> str:
            if not self.is_interrupted:
                signal.raise_signal(signal.SIGINT)
            return super().__call__()

    monkeypatch.setattr(runner, "Limits", Interrupting)
    found = check("fencing", "replication", *arguments)
    assert found.exit_code == 130
    assert "incomplete: fencing stopped at Ctrl-C" in found.output
    assert "replication" not in found.output.split("again:")[0]
