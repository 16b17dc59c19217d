"""Metrics, logs and health: what the seed lists is there, and says what is so."""

import asyncio
import json
import logging
import math
import socket
import urllib.request
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from primacy_runtime import Agent, JsonLines, RequestError, TransferFailed
from primacy_runtime.log import LOGGER, EventLogger
from tests.support.agents import (
    CALM,
    PATIENCE_S,
    RunningMesh,
    alone,
    run,
    started,
    until,
)


def scraped(port: int) -> dict[str, float]:
    """Read all samples; the name of a role or a kind is put behind the metric's."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        text = page.read().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert sample.labels["mesh"] == "mesh"
            more = [
                value
                for name, value in sample.labels.items()
                if name not in ("mesh", "agent")
            ]
            found[" ".join([sample.name, *more])] = sample.value
    return found


def test_metrics_tell_what_the_seed_lists(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(
            RunningMesh(tmp_path), metrics="127.0.0.1:0", **CALM
        ) as mesh:
            leader = await mesh.leader()
            await leader.propose("colour=red")
            await until(lambda: len(leader.health().alive) == 3)
            assert leader.metrics_port is not None
            seen = await asyncio.to_thread(scraped, leader.metrics_port)
            health = leader.health()
            assert seen["primacy_up"] == seen["primacy_has_leader"] == 1
            assert seen["primacy_term"] == seen["primacy_fencing_token"] == health.term
            assert seen["primacy_role leader"] == 1
            assert seen["primacy_role follower"] == 0
            assert seen["primacy_elections_started_total"] >= 1
            assert seen["primacy_elections_won_total"] >= 1
            assert seen["primacy_commit_lag_entries"] == 0
            assert seen["primacy_commit_index"] == health.commit_index
            assert seen["primacy_partitions_suspected_total"] == 0
            assert seen["primacy_alive_agents"] == 3
            assert seen["primacy_requests_total written"] == 1
            assert seen["primacy_persist_seconds_count"] >= 2
            buckets = "primacy_persist_seconds_bucket +Inf"
            assert seen[buckets] == seen["primacy_persist_seconds_count"]
            assert seen["primacy_log_start"] == seen["primacy_snapshot_bytes"] == 0
            first = await leader.snapshot()
            await leader.propose("colour=blue")
            second = await leader.snapshot()
            await until(lambda: leader.health().log_start == first)
            seen = await asyncio.to_thread(scraped, leader.metrics_port)
            assert seen["primacy_log_start"] == first
            assert seen["primacy_snapshot_index"] == second
            assert seen["primacy_snapshot_bytes"] == leader.health().snapshot_bytes > 0
            assert seen["primacy_snapshots_taken_total"] == 2
            assert seen["primacy_snapshots_sent_total"] == 0
            assert seen["primacy_snapshots_installed_total"] == 0
            leader.counts.rejected["garbage"] += 2
            seen = await asyncio.to_thread(scraped, leader.metrics_port)
            assert seen["primacy_rejected_total garbage"] == 2

    run(work())


def test_each_metric_moves_when_what_it_tells_of_happens(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(
            RunningMesh(tmp_path), metrics="127.0.0.1:0", **CALM
        ) as mesh:
            first = await mesh.leader()
            await first.propose("colour=red")
            port = first.metrics_port
            assert port is not None
            await until(lambda: len(first.health().connected) == 2)

            async def seen(name: str) -> float:
                told = await asyncio.to_thread(scraped, port)
                return told.get(f"primacy_{name}", 0)  # a kind may not be there yet

            async def moved(name: str, before: float) -> None:
                async with asyncio.timeout(PATIENCE_S):
                    while await seen(name) <= before:  # noqa: ASYNC110 - nobody tells
                        await asyncio.sleep(0.02)

            term, won, begun, wrote = [
                await seen(name)
                for name in (
                    "term",
                    "elections_won_total",
                    "elections_started_total",
                    "persist_seconds_count",
                )
            ]
            assert await seen("cut_off") == await seen("commit_lag_entries") == 0
            assert await seen("connected_peers") == 2
            first.cut()
            waiting = asyncio.create_task(first.propose("colour=blue"))
            await moved("commit_lag_entries", 0)
            await moved("persist_seconds_count", wrote)
            await moved("packets_dropped_total", 0)
            await moved("partitions_suspected_total", 0)
            await moved("cut_off", 0)
            assert await seen("role leader") == await seen("fencing_token") == 0
            assert await seen("has_leader") == 0
            first.cut(False)
            with pytest.raises(RequestError):
                await waiting
            while not first.token:  # until it has caught up
                leader = await mesh.leader()
                with suppress(TransferFailed):
                    await leader.transfer(first.health().agent)
            await moved("has_leader", 0)
            await moved("term", term)
            await moved("fencing_token", term)
            await moved("role leader", 0)
            await moved("elections_started_total", begun)
            await moved("elections_won_total", won)
            assert await seen("cut_off") == 0
            for agent in mesh.agents.values():
                if agent is not first:
                    await agent.stop()
            await moved("cut_off", 0)
            assert await seen("connected_peers") == 0
            with socket.create_connection(("127.0.0.1", port_of(first))) as stranger:
                stranger.send(b"GET / HTTP/1.1\r\n\r\n")
                await asyncio.to_thread(stranger.recv, 1)
            await moved("rejected_total oversized", 0)

    run(work())


def port_of(agent: Agent) -> int:
    return int(agent.address.rpartition(":")[2])


def test_without_an_address_there_is_no_port(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            assert agent.metrics_port is None

    run(work())


def test_health_can_be_written_as_json(tmp_path: Path) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            assert not agent.health().is_ready
            await agent.propose("colour=red")
            health = agent.health()
            assert health.is_ready
            told = json.loads(json.dumps(asdict(health)))
            assert told["role"] == "leader"
            assert told["commit_index"] == told["applied_index"] == told["last_index"]
        assert not agent.health().is_ready

    run(work())


def test_state_transitions_are_logged_with_their_fields(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with alone(tmp_path) as agent:
            await agent.propose("colour=red")

    with caplog.at_level(logging.INFO, LOGGER.name):
        run(work())
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    events = [line["event"] for line in lines]
    assert events[0] == "started"
    assert events[-1] == "stopped"
    assert {"role changed", "leader changed", "initial election"} <= set(events)
    (won,) = (line for line in lines if line.get("after") == "leader")
    assert (won["mesh"], won["agent"], won["level"]) == ("mesh", "ada", "info")
    assert won["term"] >= 1


def test_what_strangers_cause_is_told_at_a_limited_rate(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller = EventLogger("mesh", "ada")
    monkeypatch.setattr("primacy_runtime.log.EVERY_S", math.inf)
    with caplog.at_level(logging.INFO, LOGGER.name):
        for _ in range(100):
            teller.warn_rarely("refused", "somebody", kind="garbage")
        teller.warn_rarely("refused", "somebody else", kind="garbage")
        assert len(caplog.records) == 2
        monkeypatch.setattr("primacy_runtime.log.EVERY_S", 0.0)
        teller.warn_rarely("refused", "somebody", kind="garbage")
        for number in range(1_000):  # what is kept about strangers does not grow
            teller.warn_rarely("refused", f"stranger {number}")
    assert json.loads(JsonLines().format(caplog.records[2]))["left_out"] == 99
    assert len(teller._last) <= 256


def test_nobodys_words_can_pass_for_a_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, LOGGER.name):
        EventLogger("mesh", "ada").warn_rarely(
            "refused", "bob", why="x\nleader changed"
        )
    assert "\n" not in caplog.records[0].getMessage()


def test_an_address_that_others_reach_without_tls_is_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with alone(tmp_path, listen="0.0.0.0:0"):
            pass

    with caplog.at_level(logging.WARNING, LOGGER.name):
        run(work())
    assert "any caller is believed" in caplog.text
