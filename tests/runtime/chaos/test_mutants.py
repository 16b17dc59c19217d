"""The checks of runs with faults detect agents that run a mutant, and bad ends.

Agents run with a mutant of core, a fault is done to them by the same means as in every
run, and clients see what must not be. Each script is done again if the machine was too
slow for the agents to be where it needs them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from primacy_model.mutation.catalog.mutants import find_mutant
from primacy_model.mutation.detectors import copy_core
from primacy_model.simulation.linearizability import Operation, OperationKind
from primacy_runtime.demo.cluster import Member
from primacy_runtime.demo.fenced_resource import ResourceEffect
from tests.runtime.chaos import verdict
from tests.runtime.chaos.trial import TIMES, Place, Trial, TrialPlan
from tests.support.agents import PATIENCE_S

ATTEMPT_S = 10.0
"""If nothing came of it until then, it is tried again."""
SLOW: Mapping[str, float] = {**TIMES, "election_timeout": 0.6, "leader_timeout": 1.2}
"""A leader that is cut off notices it long after another one was elected."""


async def until(is_so: Callable[[], bool], longest: float = PATIENCE_S) -> bool:
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > longest:
            return False
        await asyncio.sleep(0.01)
    return True


def leader(chaos: Trial) -> Member:
    found = chaos.stage.leader()
    assert found is not None
    return found


async def another(chaos: Trial, old: Member) -> Member:
    assert await until(lambda: chaos.stage.leader() not in (None, old))
    return leader(chaos)


def cut_off(chaos: Trial, old: Member) -> None:
    pairs = [(old.name, name) for name in chaos.stage.members if name != old.name]
    chaos.network.cut([*pairs, *((b, a) for a, b in pairs)], breaks=False)


async def write(chaos: Trial, member: Member, value: str) -> bool:
    return await chaos.clients.operate("ada", OperationKind.WRITE, member, "key", value)


async def read(chaos: Trial, member: Member, *, lease: bool = False) -> bool:
    return await chaos.clients.operate(
        "bob", OperationKind.READ, member, "key", lease=lease
    )


async def read_under_an_old_lease(chaos: Trial) -> None:
    old = leader(chaos)
    await write(chaos, old, "old")
    cut_off(chaos, old)
    await write(chaos, await another(chaos, old), "new")
    await read(chaos, old, lease=True)
    chaos.network.heal()


async def write_to_a_leader_that_is_cut_off(chaos: Trial) -> None:
    old = leader(chaos)
    cut_off(chaos, old)
    await write(chaos, old, "lost")
    await read(chaos, await another(chaos, old))
    chaos.network.heal()


async def kill_all_after_a_write(chaos: Trial) -> None:
    old, members = leader(chaos), chaos.stage.members.values()
    await write(chaos, old, "lost")
    await asyncio.gather(*(member.kill() for member in members))
    rest = [member for member in members if member is not old]
    await asyncio.gather(*(member.start() for member in rest))
    await read(chaos, await another(chaos, old))
    await old.start()


async def act_after_a_pause(chaos: Trial) -> None:
    resource, last = chaos._resource, list[ResourceEffect]()

    def has_acted() -> bool:
        """Tell whether the leader acted last: it has most likely decided again."""
        found = chaos.stage.leader()
        health = (found.health if found else None) or {}
        last[:] = resource.effects()[-1:]
        return bool(last) and last[0].token == health.get("token")

    assert await until(has_acted)
    old = chaos.stage.members[last[0].agent]
    old.pause()
    assert await until(lambda: resource.effects()[-1].token > last[0].token)
    old.resume()
    await until(lambda: is_late(chaos, last[0].number), ATTEMPT_S)


def is_late(chaos: Trial, since: int = 0) -> bool:
    """Tell whether somebody acted under a token after a higher one."""
    tokens = [effect.token for effect in chaos._resource.effects(since)]
    return tokens != sorted(tokens)


def done(
    place: Place,
    script: Callable[[Trial], Awaitable[None]],
    is_seen: Callable[[Trial], bool],
) -> list[str]:
    """Do a script until something is seen; give what the checks say."""
    chaos = Trial(place, TrialPlan(0, 1, agents=3), SLOW)

    async def work() -> None:
        async with chaos.begun():
            begun = time.monotonic()
            await script(chaos)
            while not is_seen(chaos):
                assert time.monotonic() - begun < PATIENCE_S
                assert await chaos.agree()
                await script(chaos)
        chaos.judge()

    asyncio.run(work())
    return chaos.outcome.wrong


def is_history_bad(chaos: Trial) -> bool:
    return verdict.of_history(chaos.clients.history) != []


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("lease-outlives-its-end", read_under_an_old_lease),
        ("own-write-committed-alone", write_to_a_leader_that_is_cut_off),
        ("entries-not-persisted", kill_all_after_a_write),
    ],
)
def test_clients_of_a_mutant_see_what_must_not_be(
    tmp_path: Path, name: str, script: Callable[[Trial], Awaitable[None]]
) -> None:
    core = tmp_path / "core"
    copy_core(core, find_mutant(name))
    wrong = done(Place(tmp_path, core=core), script, is_history_bad)
    assert any("the history is not that of one copy" in each for each in wrong), wrong
    assert any("not allowed" in each for each in wrong), wrong


def test_a_fence_of_a_mutant_admits_what_must_not_be(tmp_path: Path) -> None:
    core = tmp_path / "core"
    copy_core(core, find_mutant("lower-token-admitted"))
    wrong = done(Place(tmp_path, core=core), act_after_a_pause, is_late)
    assert len(wrong) > 0
    assert all("SQLite admitted token" in each for each in wrong), wrong


def test_the_same_faults_show_nothing_of_the_real_core(tmp_path: Path) -> None:
    async def all_of_them(chaos: Trial) -> None:
        for script in (read_under_an_old_lease, act_after_a_pause):
            await script(chaos)
            assert await chaos.agree()

    assert done(Place(tmp_path), all_of_them, is_late) == []


def wrote(value: str, called: int, answered: int | None) -> Operation:
    return Operation("ada", OperationKind.WRITE, "key", called, answered, value)


def has_read(value: str | None, called: int, answered: int) -> Operation:
    return Operation("bob", OperationKind.READ, "key", called, answered, None, value)


@pytest.mark.parametrize(
    ("history", "is_well"),
    [
        ([wrote("1", 1, 2), has_read("1", 3, 4)], True),
        ([wrote("1", 1, 2), has_read(None, 3, 4)], False),
        ([wrote("1", 1, None), has_read(None, 2, 3), has_read("1", 4, 5)], True),
        ([wrote("1", 1, 2), wrote("2", 3, 4), has_read("1", 5, 6)], False),
    ],
    ids=["fresh", "lost", "late", "stale"],
)
def test_a_lost_write_and_a_stale_read_would_be_noticed(
    history: list[Operation], is_well: bool
) -> None:
    assert (verdict.of_history(history) == []) == is_well


def test_a_lower_token_that_was_admitted_would_be_noticed() -> None:
    effects = [
        ResourceEffect(1, "ada", 2, "admitted"),
        ResourceEffect(2, "bob", 1, "refused"),
        ResourceEffect(3, "bob", 1, "admitted"),
    ]
    assert verdict.of_effects("it", effects) == ["it admitted token 1 of bob after 2"]
    assert verdict.of_effects("it", effects[:2]) == []


def test_two_leaders_of_a_term_would_be_noticed() -> None:
    assert verdict.of_leaders({"ada": [1, 3], "bob": [2]}) == []
    assert verdict.of_leaders({"ada": [1, 3], "bob": [2, 3]}) == [
        "term 3 had the leaders ada, bob"
    ]
    both = [
        ResourceEffect(1, "ada", 2, "admitted"),
        ResourceEffect(2, "bob", 2, "admitted"),
    ]
    assert verdict.of_effects("it", both) == ["term 2 had the leaders ada, bob"]


def test_a_program_that_failed_would_be_noticed(tmp_path: Path) -> None:
    log = tmp_path / "ada.log"
    log.write_text("failed why='ada cannot be written: database or disk is full.'")
    assert verdict.of_logs([log]) == []
    for end in ("Traceback (most recent ...", "failed why='ada has lost the entry'"):
        log.write_text(f"elected agent=ada\n{end}")
        assert verdict.of_logs([log]) == [f"ada.log: ...{log.read_text()}"]
