"""Members that change all the while: agents join, take other parts, and leave.

One change is asked for at a time, of the agent that seems to lead, whatever is done to
it meanwhile. What becomes of a change that is not answered shows in the roll later. An
agent ends when a committed roll is without it, and its id does not come back.

Contract: every roll has as many electors as a mesh needs to outlive one of them. An
agent is left out for good only by the word of a leader that has committed so.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from primacy_runtime.demo.cluster import Gone, Member, RequestRefused, Stage

LEAST_ELECTORS: Final = 3
LEAST_ROLLS: Final = 4
"""How many rolls are set and committed before a run ends."""
REQUEST_S: Final = 2.0
LONGEST_PAUSE_S: Final = 0.1
LONGEST_REPLACEMENT: Final = 5
"""The most electors that an electorate is replaced by."""

Ask = tuple[str, dict[str, Any]]
"""What is asked of the leader, and its arguments."""


class Members:
    """An operator of a stage. `most`: how many agents run at a time, at most."""

    def __init__(
        self, stage: Stage, draw: random.Random, spare: Sequence[str], most: int
    ) -> None:
        self.done: Counter[str] = Counter()
        """The changes that were answered, by kind."""
        self.failed: Counter[str] = Counter()
        """The changes that were not, by how they failed."""
        self.rolls: set[int] = set()
        """The committed entries that set a roll, of which a leader has said so."""
        self.begin_one: Callable[[str], Member] = lambda name: stage.add(name, "")
        """Makes an agent that is no member yet."""
        self._stage, self._draw = stage, draw
        self._spare, self._most = list(spare), most
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Change the members from now on."""
        self._task = asyncio.create_task(self._work())

    @property
    def is_over(self) -> bool:
        """Tell whether no more changes are asked for."""
        return self._over.is_set()

    @property
    def has_changed(self) -> bool:
        """Tell whether enough was changed."""
        return self._task is None or len(self.rolls) >= LEAST_ROLLS

    async def end(self) -> None:
        """Ask for no more changes."""
        self._over.set()
        if self._task is not None:
            await self._task

    async def leave_out(self) -> None:
        """End the agents that no committed roll of the leader has."""
        health = self._settled()
        if health is None:
            return
        members = {*health["electors"], *health["workers"]}
        for name, member in tuple(self._stage.members.items()):
            if name not in members:
                await self._stage.remove(member)

    def has_agreed(self) -> bool:
        """Tell whether all agents that run have one roll, of all of them."""
        rolls = {
            (
                health["roll_index"],
                *(tuple(health[part]) for part in ("electors", "outgoing", "workers")),
            )
            for member in self._stage.members.values()
            if (health := member.health) is not None
        }
        if len(rolls) != 1 or (health := self._settled()) is None:
            return False
        return {*health["electors"], *health["workers"]} == {*self._stage.members}

    def _settled(self) -> dict[str, Any] | None:
        """Give what the leader says, if its roll is committed and not joint."""
        leader = self._stage.leader()
        health = leader.health if leader else None
        if health is None or not health["is_roll_committed"]:
            return None
        if health["roll_index"]:
            self.rolls.add(health["roll_index"])
        return health if health["electors"] == health["outgoing"] else None

    async def _work(self) -> None:
        while not self._over.is_set():
            await asyncio.sleep(self._draw.uniform(0, LONGEST_PAUSE_S))
            leader, health = self._stage.leader(), self._settled()
            if leader is None or health is None:
                continue
            asked = await self._chosen(health)
            if asked is not None:
                await self._ask(leader, *asked)

    async def _ask(self, leader: Member, what: str, told: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(2 * REQUEST_S):
                await leader.ask(what, timeout=REQUEST_S, **told)
        except RequestRefused as refusal:
            self.failed[refusal.kind] += 1
        except (Gone, TimeoutError, ConnectionError) as error:
            self.failed[type(error).__name__] += 1
        else:
            self.done[what] += 1
            if what == "dismiss" and (gone := self._stage.members.get(told["agent"])):
                await self._stage.remove(gone)

    async def _chosen(self, health: dict[str, Any]) -> Ask | None:
        """Choose a change that the roll allows."""
        draw, stage = self._draw, self._stage
        electors, workers = health["electors"], health["workers"]
        heard = [name for name, one in stage.members.items() if one.is_heard]
        ready = [name for name in workers if name in heard]
        strangers = [name for name in heard if name not in {*electors, *workers}]
        choices: list[Ask] = [("promote", {"agent": name}) for name in ready]
        choices += [
            ("admit", {"agent": name, "address": stage.members[name].told["listen"]})
            for name in strangers
        ]
        if len(electors) > LEAST_ELECTORS:
            choices.append(("demote", {"agent": draw.choice(electors)}))
        if len(electors) + len(workers) > LEAST_ELECTORS + 1:
            choices += [("dismiss", {"agent": name}) for name in workers]
        able = [name for name in (*electors, *workers) if name in heard]
        if len(able) >= LEAST_ELECTORS and workers:
            count = draw.randint(LEAST_ELECTORS, min(len(able), LONGEST_REPLACEMENT))
            chosen = sorted(draw.sample(able, count))
            if chosen != sorted(electors):
                choices.append(("replace", {"electors": chosen}))
        if self._spare and len(stage.members) < self._most and not strangers:
            await self.begin_one(self._spare.pop(0)).start()
        return draw.choice(choices) if choices else None
