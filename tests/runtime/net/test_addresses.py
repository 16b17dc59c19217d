"""Where agents are reached: by the log, by settings, or by their own word."""

from pathlib import Path

import pytest

from primacy import (
    ChangeKind,
    Command,
    Durable,
    State,
    Term,
    agents,
    recover,
)
from primacy.log import Entry, EntryKind, Log
from primacy.types import NOBODY
from primacy_runtime import Agent, SettingsError
from primacy_runtime.net import addresses, transport
from primacy_runtime.net.addresses import Addresses, detail, read_detail
from primacy_runtime.settings import Address
from tests.support.agents import CALM, RunningMesh, run, started, until
from tests.support.callers import called, hello
from tests.support.stores import CONFIG

HERE, THERE, AWAY = (Address("127.0.0.1", port) for port in (7001, 7002, 7003))


def logged(*texts: str) -> State:
    """Make a state whose log sets the roll with each of some texts."""
    entries = (
        Entry(
            Term(1),
            EntryKind.ROLL,
            Command(text),
            electors=agents("ada"),
            outgoing=agents("ada"),
            workers=agents("dan"),
        )
        for text in texts
    )
    return recover(CONFIG, Durable(Term(1), NOBODY, Log.of(entries)))[0]


def book(
    given: dict[str, Address] | None = None,
) -> tuple[Addresses, list[tuple[int, str]]]:
    reports: list[tuple[int, str]] = []
    found = Addresses(given or {}, lambda index, why: reports.append((index, why)))
    return found, reports


def test_the_text_of_an_entry_is_a_small_object_of_two_texts() -> None:
    text = detail("dan", Address("::1", 7000))
    assert text == '{"agent": "dan", "address": "[::1]:7000"}'
    assert read_detail(text) == ("dan", Address("::1", 7000))


BAD = [
    "nonsense",
    "[" * 60_000,
    "[]",
    "7",
    "{}",
    '{"agent":"dan"}',
    '{"agent":"dan","address":"x:1","more":""}',
    '{"agent":7,"address":"x:1"}',
    '{"agent":"d n","address":"x:1"}',
    '{"agent":"","address":"x:1"}',
    '{"agent":"dan","address":7}',
    '{"agent":"dan","address":"nowhere"}',
    '{"agent":"dan","address":"x:0"}',
    '{"agent":"dan","address":"x:65536"}',
    '{"agent":"dan","address":"\\ud800:1"}',
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_what_is_no_such_text_is_reported_once_and_ignored(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_detail(text)
    assert "\n" not in str(refused.value)
    known, reports = book({"dan": HERE})
    known.follow(logged(text), {})
    known.follow(logged(text, detail("eve", THERE)), {})
    assert [index for index, _ in reports] == [1]
    assert (known.get("dan"), known.get("eve")) == (HERE, THERE)


def test_the_log_comes_before_the_settings_and_a_greeting_after_both() -> None:
    known, reports = book({"dan": HERE})
    for told in (str(AWAY), "nowhere", ""):
        known.hear("dan", told)
        known.hear("eve", told)
    assert (known.get("dan"), known.get("eve"), known.get("fay")) == (HERE, AWAY, None)
    known.follow(logged(detail("dan", THERE), "", detail("eve", HERE)), {})
    assert (known.get("dan"), known.get("eve")) == (THERE, HERE)
    known.follow(logged(detail("dan", THERE), detail("dan", AWAY)), {})
    assert (known.get("dan"), known.get("eve")) == (AWAY, AWAY)
    known.follow(logged(), {})  # the entries are gone
    assert known.get("dan") == HERE
    assert reports == []


def test_greetings_are_forgotten_the_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(addresses, "MOST_HEARD", 2)
    known, _ = book()
    for name in ("dan", "eve", "dan", "fay"):
        known.hear(name, str(HERE))
    assert [known.get(name) for name in ("dan", "eve", "fay")] == [HERE, None, HERE]


def test_a_bad_text_from_a_peer_is_counted_and_the_mesh_goes_on(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(RunningMesh(tmp_path), **CALM) as mesh:
            leader = await mesh.leader()
            client = leader._life.client  # type: ignore[union-attr]  # it lives
            dan = agents("dan").first
            await client.change(ChangeKind.ADMIT, dan, Command("nonsense"), 60)
            for agent in mesh.agents.values():
                await until(lambda one=agent: one.counts.rejected["bad-address"] == 1)  # type: ignore[misc]  # bound at once
                assert agent.health().workers == ("dan",)
                assert "dan" not in agent._life.transport.links  # type: ignore[union-attr]  # it lives
            await leader.dismiss("dan")
            assert await leader.propose("x=1") == "1"

    run(work())


def test_few_agents_off_the_roll_are_called_and_only_to_say_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_GUESTS", 2)

    async def greet(agent: Agent, name: str) -> None:
        async with called(agent) as call:
            call.writer.write(hello(sender=name, address="127.0.0.1:9"))
            assert (await call.heard())["refused"] == ""

    async def work() -> None:
        async with RunningMesh(tmp_path).make("ada") as agent:
            carrier = agent._life.transport  # type: ignore[union-attr]  # it lives
            assert [*carrier.links] == ["bob", "cyd"]
            for name in ("dan", "eve", "fay"):
                carrier.send(name, b"{}")  # nobody knows where it is
                await greet(agent, name)
                assert name not in carrier.links
            assert agent.counts.packets_dropped == 3
            for name in ("dan", "eve", "fay"):
                carrier.send(name, b"{}")
            assert [*carrier.links] == ["bob", "cyd", "eve", "fay"]
            carrier.follow(agent._state, {})
            assert [*carrier.links] == ["bob", "cyd"]

    run(work())
