"""The obligations of a runtime, one by one, on a driver whose disk and network tell."""

import asyncio
from pathlib import Path

import pytest

from primacy import (
    Command,
    Durable,
    Forward,
    Persist,
    Received,
    RequestId,
    Timer,
    WriteAccepted,
    dumps,
    initial,
    step,
)
from primacy.messages import VoteReply
from primacy.types import Index, Term
from primacy_runtime import Clock, StoreBroken, WriteLost, clock
from primacy_runtime.pending_requests import Proposal, Requests
from primacy_runtime.store import Store
from tests.support.agents import alone, run, until
from tests.support.driver_bench import BOB, Bench, vote_request
from tests.support.stores import CONFIG, persist


@pytest.mark.clause("runtime.in-order", "runtime.atomic-persist")
def test_a_vote_is_on_the_disk_before_it_leaves(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.receive(vote_request(1))
        task = asyncio.create_task(bench.driver.run())
        await until(lambda: "handled" in bench.told)
        assert bench.told == ["disk", "VoteReply to bob", "handled"]
        await bench.end(task)
        again = Store.open(bench.store.path, CONFIG)
        assert (again.durable.term, again.durable.voted_for) == (1, "bob")
        again.close()

    run(work())


def test_messages_that_wait_together_share_a_write_and_keep_their_order(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        state, durable = initial(CONFIG)[0], Durable()
        for term in (1, 2, 3):
            bench.receive(vote_request(term))
            now = clock.Clock().now()
            state, outputs = step(state, Received(vote_request(term), now))
            for output in outputs:
                if isinstance(output, Persist):
                    durable = durable.after(output)
        task = asyncio.create_task(bench.driver.run())
        await until(lambda: bench.told.count("handled") == 3)
        assert bench.told == ["disk"] + ["VoteReply to bob"] * 3 + ["handled"] * 3
        terms = [reply.term for reply in bench.packets if isinstance(reply, VoteReply)]
        assert terms == [1, 2, 3]
        assert bench.driver.state == state
        await bench.end(task)
        again = Store.open(bench.store.path, CONFIG)
        assert again.durable == durable == state.durable
        again.close()

    run(work())


@pytest.mark.clause("runtime.persist-fails")
def test_after_a_write_that_failed_nothing_leaves_and_the_driver_ends(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.store.is_broken = True
        bench.receive(vote_request(1))
        with pytest.raises(StoreBroken):
            await bench.driver.run()
        assert bench.told == []
        assert bench.driver.state.term == 0  # nobody sees what is not on the disk
        bench.store.close()
        bench.disk.shutdown()

    run(work())


@pytest.mark.clause("runtime.persist-fails")
def test_an_agent_whose_disk_broke_stops_and_goes_on_only_from_the_disk(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            await agent.propose("x=1")
            assert agent._life is not None
            agent._life._store._connection.execute("PRAGMA query_only = 1")
            with pytest.raises(Exception, match=r"stopped.*cannot be written"):
                await agent.propose("x=2")
            with pytest.raises(StoreBroken):
                await agent.closed()
            assert agent.health().status == "failed"
            assert agent.token == 0
        async with alone(tmp_path) as agent:
            assert await agent.read("x") == "1"

    run(work())


@pytest.mark.clause("runtime.timer-replaced")
def test_a_timer_that_was_replaced_while_it_waited_does_not_elapse(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        task = asyncio.create_task(bench.driver.run())
        await asyncio.sleep(0)
        timers = bench.driver._timers
        old = timers._arming[Timer.ELECTION]
        bench.receive(vote_request(1))  # granting arms a promise in its place
        bench.driver._elapsed(Timer.ELECTION, old)  # and it had elapsed just before
        await until(lambda: "handled" in bench.told)
        await asyncio.sleep(0.05)
        assert timers._arming[Timer.ELECTION] == old + 1
        assert bench.told == ["disk", "VoteReply to bob", "handled"]
        await bench.end(task)

    run(work())


@pytest.mark.clause("runtime.timer-not-early", "runtime.timer-range")
def test_a_timer_elapses_once_never_early_and_within_its_range() -> None:
    async def work() -> None:
        true = Clock()
        elapsed: list[int] = []
        timers = clock.Timers(true, lambda *_: elapsed.append(true.now_ns()))
        begun = true.now_ns()
        timers.arm(Timer.ELECTION, 20, 40)
        timers.arm(Timer.HEARTBEAT, 5, 5)
        timers.disarm(Timer.HEARTBEAT)
        await until(lambda: elapsed != [])
        await asyncio.sleep(0.06)
        (at,) = elapsed
        assert at - begun >= 20_000_000

    run(work())


@pytest.mark.clause("runtime.timer-not-early")
def test_a_timer_keeps_to_the_clock_of_the_agent_when_that_is_slowed() -> None:
    async def work() -> None:
        own = Clock()
        elapsed: list[int] = []
        timers = clock.Timers(own, lambda *_: elapsed.append(own.now_ns()))
        begun = own.now_ns()
        timers.arm(Timer.ELECTION, 40, 40)
        own.run_at(0.5)
        await until(lambda: elapsed != [])
        assert elapsed[0] - begun >= 40_000_000

    run(work())


def test_lengths_are_drawn_over_the_whole_range() -> None:
    async def work() -> None:
        still = Clock(1e-12)
        waits: list[int] = []
        timers = clock.Timers(still, lambda *_: None)
        timers._wait = lambda timer, arming, deadline_ns: waits.append(deadline_ns)  # type: ignore[method-assign]  # noqa: ARG005 - to see it
        now = still.now_ns()
        for _ in range(400):
            timers.arm(Timer.ELECTION, 10_000, 20_000)
        spread = [(at - now) / 1e9 for at in waits]
        assert min(spread) < 10.5
        assert max(spread) > 19.5
        assert all(10 <= one <= 20 for one in spread)

    run(work())


@pytest.mark.clause("runtime.monotonic-clock", "runtime.clock-bound")
def test_a_clock_runs_at_its_rate_and_never_jumps() -> None:
    true, fast = Clock(), Clock(2.0)
    begun = true.now_ns()
    before = fast.now_ns()
    readings = [fast.now_ns() for _ in range(1_000)]
    assert readings == sorted(readings)
    fast.run_at(0.5)
    assert fast.now_ns() >= readings[-1]
    told = fast.now_ns() - before
    passed = true.now_ns() - begun
    assert told <= 2 * passed
    fast.run_at(1e-12)  # as good as still
    assert fast.until(fast.now_ns() + 1) == pytest.approx(1_000)


@pytest.mark.clause("runtime.request-ids")
def test_no_request_id_is_used_twice_restarts_included() -> None:
    async def work() -> None:
        made = []
        for _ in range(3):
            requests = Requests("ada")
            for _ in range(5):
                future = asyncio.get_running_loop().create_future()
                made.append(requests.add(Proposal(future, command=Command("x"))))
        assert len(set(made)) == len(made) == 15
        assert max(map(len, made)) < 100

    run(work())


@pytest.mark.clause("runtime.first-answer", "runtime.acknowledge")
def test_the_first_answer_counts_and_another_term_at_the_index_is_a_loss() -> None:
    async def work() -> None:
        loop, requests = asyncio.get_running_loop(), Requests("ada")
        won, lost = (Proposal(loop.create_future(), command=Command("x")) for _ in "ab")
        first, second = requests.add(won), requests.add(lost)
        requests.place(first, 5, Term(1))
        requests.place(second, 6, Term(1))
        requests.apply(first, 5, Term(1), "applied")
        requests.lose(first, 5)
        requests.apply(first, 5, Term(1), "applied again")
        assert await won.answer == "applied"
        requests.apply(RequestId("of another leader"), 6, Term(2), None)
        with pytest.raises(Exception, match="another leader's entry stands at 6"):
            await lost.answer
        requests.forget(first)
        requests.forget(second)
        assert not requests._placed
        assert not requests._pending

    run(work())


@pytest.mark.clause("runtime.acknowledge")
@pytest.mark.parametrize(("token", "is_lost"), [(1, False), (2, True)])
def test_what_stands_at_an_index_decides_an_answer_that_comes_after_it_was_applied(
    tmp_path: Path, token: int, is_lost: bool
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.store.persist([persist(1, "", 0, "a")])
        bench.store.close()
        bench.disk.shutdown()
        bench = Bench(tmp_path)
        bench.driver.applied = 1
        future = asyncio.get_running_loop().create_future()
        waiting = Proposal(future, command=Command("b"))
        request = bench.requests.add(waiting)
        accepted = WriteAccepted(request, Index(1), Term(token))
        bench.driver._place(bench.driver.state, accepted)
        assert waiting.answer.done() == is_lost
        if is_lost:
            with pytest.raises(WriteLost):
                await waiting.answer
        bench.store.close()
        bench.disk.shutdown()

    run(work())


@pytest.mark.clause("runtime.text")
def test_a_forwarded_command_that_no_batch_could_carry_is_left_out(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        task = asyncio.create_task(bench.driver.run())
        command = Command("x" * 40_000)
        long = Forward(CONFIG.mesh, BOB, Term(1), RequestId("r"), command)
        assert len(dumps(long)) > 32_768
        bench.receive(long)
        await until(lambda: "handled" in bench.told)
        assert bench.counts.rejected == {"long-command": 1}
        assert bench.driver.state == initial(CONFIG)[0]
        await bench.end(task)

    run(work())
