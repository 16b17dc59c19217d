"""The situations of the vectors: each call of core, and which ones are worth a vector.

A situation is a call and what it is given, as texts of the codec. Of all that go the
same path two are kept, the shortest and the longest; explored worlds come before made
situations. Besides those, for each place in core that none of them passes, the shortest
that does.

Contract: which are kept depends on the set of situations alone, not on the order of a
hash.

Source: docs/conformance.md, "Where vectors come from".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from primacy import (
    Config,
    Durable,
    Fence,
    Message,
    Received,
    State,
    Term,
    dumps,
)
from primacy.codec import OLDER, VERSION
from primacy.log import Entry, EntryKind, Log
from primacy.messages import (
    Append,
    AppendReply,
    HeartbeatReply,
    Install,
    PreVoteReply,
    VoteReply,
    VoteRequest,
)
from primacy.types import AgentId, Command, RequestId
from primacy_model.conformance import random_situations
from primacy_model.conformance.membership_scenes import play_all
from primacy_model.conformance.model_situations import QUICK, collect_situations
from primacy_model.conformance.path_probe import CallPath, Instrumented

LONGEST: Final = 4_000
"""The most signs of a long situation: what is longer shows nothing more."""
MADE: Final = "made"
"""Where a situation comes from that no explored world has."""
PLAYED: Final = "played"
"""Where a situation comes from that a scene of a whole mesh leads to."""
DIRECTED: Final = "directed"
"""Where a situation comes from that was written down: each of these is kept."""
INSTANTS: Final = (0, 4_000, 2**40)

StepInput = tuple[State, Message]


@dataclass(frozen=True, slots=True, order=True)
class Situation:
    """A call, what it is given, and where that comes from."""

    is_made: bool
    size: int
    given: tuple[tuple[str, str], ...]
    """The name of each thing that is given, and its text."""
    call: str
    group: str
    """The file in which its vector stands, without the ending."""
    origin: str
    look: tuple[object, ...] = field(default=(), compare=False)
    """What it looks like: of those that look alike on a path the shortest is kept."""


def situation(
    call: str,
    group: str,
    origin: str,
    given: Mapping[str, str],
    look: tuple[object, ...] = (),
) -> Situation:
    """Make a situation."""
    size = sum(map(len, given.values()))
    texts = tuple(given.items())
    return Situation(origin in {MADE, DIRECTED}, size, texts, call, group, origin, look)


class Twin(Instrumented):
    """Core with probes, asked with texts."""

    _last: tuple[str, object] = ("", None)
    """The state that was read last: many situations in a row have the same."""

    def _given(self, name: str, text: str) -> object:
        if name in {"now", "token"}:
            return int(text)
        if name == "state" and text == self._last[0]:
            return self._last[1]
        value = self.module("codec").loads(text)
        if name == "state":
            self._last = text, value
        return value

    def asked(self, one: Situation) -> tuple[dict[str, Any], CallPath]:
        """Make a call; give the answer by name, and the way."""
        core = self.module("")
        given = [self._given(name, text) for name, text in one.given]
        answer, way = self.way(lambda: getattr(core, one.call)(*given))
        return name_results(one.call, answer), way


def name_results(call: str, answer: Any) -> dict[str, Any]:  # noqa: ANN401 - of core or a twin
    """Name what a call gives."""
    match call:
        case "step" | "initial" | "recover":
            return {"state": answer[0], "outputs": answer[1]}
        case "admit":
            return {"fence": answer[0], "verdict": answer[1]}
        case _:
            return {call: answer}


@dataclass
class Choice:
    """Which situations are kept, as they are shown one by one."""

    twin: Twin
    pairs: dict[str, int] = field(default_factory=dict)
    """How many situations were shown, by origin."""
    shortest: dict[object, Situation] = field(default_factory=dict)
    longest: dict[tuple[str, tuple[int, ...]], Situation] = field(default_factory=dict)
    passing: dict[object, Situation] = field(default_factory=dict)
    """The shortest by probe, and by what is observed of a step."""

    written: list[Situation] = field(default_factory=list)

    def show(self, one: Situation) -> None:
        """Look at a situation."""
        answer, way = self.twin.asked(one)
        self.pairs[one.origin] = self.pairs.get(one.origin, 0) + 1
        path = one.group, way.path
        told = {type(each).__name__ for each in answer.get("outputs", ())}
        look = () if "Rejected" in told else (*one.look, "RollChanged" in told)
        _keep_least(self.shortest, (*path, look), one)
        for mark in (*way.everywhere, way.told):
            _keep_least(self.passing, mark, one)
        if one.origin == DIRECTED:
            self.written.append(one)
        if one.size <= LONGEST:
            held = self.longest.get(path)
            if held is None or (one.size, one.given) > (held.size, held.given):
                self.longest[path] = one

    def kept(self) -> list[Situation]:
        """List what is kept, in a fixed order."""
        kept = {*self.shortest.values(), *self.longest.values(), *self.written}
        passed: set[object] = set()
        for one in kept:
            _, way = self.twin.asked(one)
            passed |= {*way.everywhere, way.told}
        kept |= {one for mark, one in self.passing.items() if mark not in passed}
        return sorted(kept, key=lambda one: (one.group, one.call, one))


def _keep_least(held: dict[Any, Situation], key: object, one: Situation) -> None:
    before = held.get(key)
    if before is None or one < before:
        held[key] = one


# --- where situations come from -------------------------------------------------------


def all_situations() -> Iterator[Situation]:
    """Give every situation, the explored worlds first."""
    for name in QUICK:
        for _, ear in collect_situations([name]):
            yield from _steps(name, ear.steps)
            for config, disk in ear.disks:
                yield _recovery(name, config, disk)
    yield from _steps(DIRECTED, random_situations.directed_situations())
    for mesh in play_all():
        yield from _steps(DIRECTED, mesh.told)
        yield from _steps(PLAYED, mesh.delivered)
        for config, disk in mesh.restarts:
            yield _recovery(PLAYED, config, disk)
    yield from _steps(MADE, random_situations.walk_situations())
    yield from _others()


def _steps(origin: str, pairs: Iterable[StepInput]) -> Iterator[Situation]:
    last: State | None = None
    text, asked = "", 0
    for state, message in pairs:
        if state is not last:
            last, text = state, dumps(state)
            asked += 1
            if asked % 8 == 1:
                yield from _asked_of(origin, text)
        inner = message.packet if isinstance(message, Received) else message
        group = f"step-{type(inner).__name__}"
        given = {"state": text, "message": dumps(message)}
        yield situation("step", group, origin, given, _look(state, inner))


def _look(state: State, said: object) -> tuple[object, ...]:
    """Say what a step looks like: what guards that follow each other may confuse."""
    sender = getattr(said, "sender", None)
    lead, last = state.leadership, state.log.last_index
    role, is_joint = state.role.value, state.roll.is_joint
    if sender is None:
        is_whole = state.alive == state.roll.members
        is_lagging = lead.next.at_least(last + 1).size < lead.next.agents.size
        return (role, lead.transferee != "", is_whole, is_joint, is_lagging)
    term = _sign(getattr(said, "term", 0) - state.term)
    look = (role, term, state.leader == sender)
    is_member = state.roll.members.has(sender)
    match said:
        case VoteReply() | PreVoteReply():
            return (*look, said.granted, is_joint)
        case HeartbeatReply():
            is_news = said.round > lead.seen.get(sender)
            return (*look, is_joint, is_member and is_news)
        case AppendReply():
            is_far = last - said.index > state.config.batch
            is_gone = said.index < state.log.start
            is_own = not is_gone and state.log.accepts(said.index, state.term)
            is_news = is_member and said.index > lead.match.get(sender)
            where = (_sign(said.index - last), is_far, is_own, is_news, is_gone)
            return (*look, said.accepted, *where, is_joint)
        case VoteRequest():
            is_blank = said.last_index == 0
            is_off = not said.roll.has(said.sender)
            told = (said.transfer, state.durable.voted_for == sender, is_blank)
            return (*look, *told, is_off)
        case Install():
            is_known = said.index <= state.commit_index
            is_held = not is_known and state.log.accepts(said.index, said.index_term)
            is_due = state.parked.due(said.index) != ()
            return (*look, is_known, is_held, said.roll == state.roll, is_due)
        case Append():
            ahead = _sign(said.commit_index - said.prev_index - said.entries.size)
            return (*look, said.prev_index == 0, said.entries.size == 0, ahead)
        case _:
            return look


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _asked_of(origin: str, text: str) -> Iterator[Situation]:
    """Ask what an agent in a state may be asked at any time."""
    yield situation("token", "token", origin, {"state": text})
    yield situation("mesh_state", "mesh_state", origin, {"state": text})
    for now in INSTANTS:
        given = {"state": text, "now": str(now)}
        yield situation("has_lease", "has_lease", origin, given)


def _recovery(origin: str, config: Config, disk: Durable) -> Situation:
    given = {"config": dumps(config), "durable": dumps(disk)}
    vote, is_elector = disk.voted_for, disk.log.roll(config.first_roll).has(config.me)
    has_start = disk.log.start > 0
    look = (vote == config.me, vote == "", disk.log.rolls != (), is_elector, has_start)
    return situation("recover", "recover", origin, given, look)


def _recovery_of_an_older_disk() -> Situation:
    """Begin from a disk that was written in the first version of the format."""
    written = Entry(Term(1), EntryKind.COMMAND, Command("set x"), RequestId("r1"))
    log = Log.of((Entry(Term(1), EntryKind.NOOP), written))
    disk = dumps(Durable(Term(2), AgentId("b"), log))
    older = disk.replace(f'"primacy":{VERSION}', f'"primacy":{min(OLDER)}')
    given = {"config": dumps(random_situations.MEMBERS[1]), "durable": older}
    return situation("recover", "recover", DIRECTED, given)


def _others() -> Iterator[Situation]:
    for config in random_situations.MEMBERS:
        yield situation("initial", "initial", MADE, {"config": dumps(config)})
    for config, disk in random_situations.disks(walks=8):
        yield _recovery(MADE, config, disk)
    yield _recovery_of_an_older_disk()
    for highest in (0, 1, 3):
        for token in (-1, 0, 1, 2, 3, 4):
            fence = dumps(Fence(Term(highest)))
            given = {"fence": fence, "token": str(token)}
            yield situation("admit", "admit", MADE, given)
