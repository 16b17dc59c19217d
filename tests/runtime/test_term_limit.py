"""Where terms end, an agent ends with one sentence, and nothing of the step is done."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from primacy import Durable, Timer, dumps
from primacy.codec import MOST
from primacy.messages import Heartbeat, PreVoteRequest, TransferNow
from primacy.types import Index, Round, Term
from primacy_runtime import AgentStopped, TermsUsedUp
from primacy_runtime.store import Store
from primacy_runtime.term_limit import HIGHEST
from tests.support.agents import alone, run, until
from tests.support.driver_bench import BOB, Bench, vote_request
from tests.support.stores import CONFIG, persist

SAID = f"would stand for election in term {MOST + 1}, but {MOST} is the highest"


def test_the_highest_term_is_the_highest_number_of_the_format() -> None:
    assert HIGHEST == MOST


def bench_at(folder: Path, term: int) -> Bench:
    """Give a driver whose disk holds a term, and an entry: nobody claims any more."""
    bench = Bench(folder)
    bench.store.persist([persist(1, "", 0, "x"), persist(term, "", 1)])
    bench.store.close()
    bench.disk.shutdown()
    return Bench(folder)


async def stood(bench: Bench) -> None:
    """Let the election timer elapse until the agent stands: after its quarantine."""
    driver = bench.driver
    task = asyncio.create_task(driver.run())
    while not task.done() and not bench.packets:
        await asyncio.sleep(0.01)
        driver._elapsed(Timer.ELECTION, driver._timers._arming[Timer.ELECTION])
    if task.done():
        await task
    await bench.end(task)


def on_the_disk(bench: Bench) -> Durable:
    bench.store.close()
    bench.disk.shutdown()
    store = Store.open(bench.store.path, CONFIG)
    store.close()
    return store.durable


@pytest.mark.clause("codec.numbers")
def test_an_agent_that_would_ask_for_votes_beyond_the_highest_term_ends(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench = bench_at(tmp_path, MOST)
        before = bench.store.durable
        with pytest.raises(TermsUsedUp, match=SAID):
            await stood(bench)
        assert bench.told == []
        assert on_the_disk(bench) == before

    run(work())


def test_one_term_below_an_agent_asks_for_votes(tmp_path: Path) -> None:
    async def work() -> None:
        bench = bench_at(tmp_path, MOST - 1)
        await stood(bench)
        asked = bench.packets[0]
        assert isinstance(asked, PreVoteRequest)
        assert asked.term == MOST

    run(work())


def test_an_agent_that_is_told_to_stand_beyond_the_highest_term_ends(
    tmp_path: Path,
) -> None:
    """A handed-over leadership is stood for without asking first."""

    async def work() -> None:
        bench = bench_at(tmp_path, MOST)
        before = bench.store.durable
        mesh, term = CONFIG.mesh, Term(MOST)
        everyone = CONFIG.first_roll.members
        bench.receive(Heartbeat(mesh, BOB, term, Round(1), Index(0), Term(0), everyone))
        bench.driver.receive(TransferNow(mesh, BOB, term), lambda: None)
        with pytest.raises(TermsUsedUp, match=SAID):
            await bench.driver.run()
        assert bench.told == []
        assert on_the_disk(bench) == before

    run(work())


def test_the_highest_term_itself_is_heard_and_voted_in(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.receive(vote_request(MOST))
        task = asyncio.create_task(bench.driver.run())
        await until(lambda: "handled" in bench.told)
        assert bench.told == ["disk", "VoteReply to bob", "handled"]
        assert bench.driver.state.term == MOST
        await bench.end(task)

    run(work())


def test_an_agent_whose_terms_are_used_up_tells_it_and_stops(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it is a quorum alone it stands at once, again after each start."""

    async def work() -> None:
        async with alone(tmp_path) as agent:
            config = agent._given.config
        store = Store.open(tmp_path / "mesh.ada.sqlite3", config)
        held = persist(MOST, "", store.durable.log.last_index)
        store.persist([held])
        before = store.durable.after(held)
        store.close()
        for _ in range(2):
            caplog.clear()
            agent = alone(tmp_path)
            with caplog.at_level(logging.ERROR, logger="primacy_runtime"):
                await agent.start()
                waiting = asyncio.create_task(agent.propose("x=1"))
                with pytest.raises(TermsUsedUp, match=SAID):
                    await agent.closed()
                with pytest.raises(AgentStopped, match=SAID):
                    await waiting
            (line,) = caplog.messages
            assert line.startswith("failed mesh=mesh agent=ada why=This agent would")
            assert "Traceback" not in caplog.text
            assert (agent.health().status, agent.token) == ("failed", 0)
            assert SAID in agent.health().reason
        store = Store.open(tmp_path / "mesh.ada.sqlite3", config)
        assert dumps(store.durable) == dumps(before)
        store.close()

    run(work())


def test_the_program_ends_with_one_line(tmp_path: Path) -> None:
    mesh = tmp_path / "mesh.toml"
    mesh.write_text(
        f'mesh_id = "mesh"\nagent_id = "ada"\nfolder = "{tmp_path}"\n'
        "heartbeat_interval = 0.04\nelection_timeout = 0.15\nleader_timeout = 0.2\n"
        '[agents.ada]\naddress = "127.0.0.1:0"\n'
    )

    async def work() -> None:
        async with alone(tmp_path) as agent:
            config = agent._given.config
        store = Store.open(tmp_path / "mesh.ada.sqlite3", config)
        store.persist([persist(MOST, "", store.durable.log.last_index)])
        store.close()

    run(work())
    program = "from primacy_model.cli.commands import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "agent", "--config", str(mesh)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if "ERROR" in line)
    assert SAID in line
    assert "Traceback" not in done.stderr
