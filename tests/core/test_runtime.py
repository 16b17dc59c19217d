"""The obligations of a runtime: what keeps them pays, and what breaks without them.

The core cannot enforce these. Each test shows a line that a runtime can rely on, or the
harm that follows when an obligation is not kept.
"""

import random
from dataclasses import replace

import pytest

from primacy.codec import FormatError, dumps
from primacy.config import agents
from primacy.dispatch import step
from primacy.fencing import Fence, Verdict, admit, token
from primacy.log import Log, Segment
from primacy.messages import (
    Append,
    ChangeKind,
    Elapsed,
    Install,
    LeaseRead,
    Message,
    Packet,
    Read,
    Received,
    Timer,
    Write,
)
from primacy.observation import observe
from primacy.outputs import (
    Apply,
    Broadcast,
    Discard,
    Observation,
    Output,
    Persist,
    Restore,
    Send,
    ServeRead,
    Stale,
    WriteAccepted,
)
from primacy.reads import has_lease
from primacy.recovery import initial, recover
from primacy.state import Durable, State
from primacy.timers import promise_timer
from primacy.types import Command, Index, Instant, RequestId, Term
from tests.support.builders import (
    A,
    a_follower,
    a_leader,
    a_newcomer,
    an_idle_elector,
    append,
    append_reply,
    begun,
    change,
    config,
    discard,
    durable,
    election_elapsed,
    entry,
    forward,
    forward_reply,
    heartbeat,
    heartbeat_elapsed,
    heartbeat_reply,
    install,
    persist,
    read_index_reply,
    received,
    replacement,
    restore,
    segment,
    snapshotted,
    vote_reply,
    vote_request,
)
from tests.support.virtual_runtime import VirtualMesh

LEASED = config("a", lease_ms=90, clock_drift_ppm=100)


class ChaoticMesh(VirtualMesh):
    """A mesh whose network repeats and reorders, and whose every step is checked."""

    def give(self, name: str, message: Message) -> None:
        before = self.states[name]
        after, outputs = step(before, message)
        super().give(name, message)
        check_order(before, after, outputs)
        assert self.disks[name] == after.durable

    def disturb(self, chance: random.Random) -> None:
        """Crash, start, cut, heal, write, change, save, or repeat a packet."""
        name = chance.choice(sorted(self.configs))
        match chance.randrange(8):
            case 0 if name in self.states:
                self.crash(name)
            case 1 if name not in self.states:
                self.start(name)
            case 2:
                self.cut(name + chance.choice(sorted(self.configs)))
            case 3:
                self.heal()
            case 4 if name in self.states:
                self.give(name, Write(RequestId(f"x{self.now}"), Command("x")))
            case 5 if self.leaders():
                self.give(chance.choice(self.leaders()), self._some_change(chance))
            case 6 if name in self.states:
                self.snapshot(name)
            case _:
                for _, target, packet in chance.sample(self.sent[-40:], 5):
                    if target in self.states:
                        self.give(target, Received(packet, Instant(self.now)))

    def _some_change(self, chance: random.Random) -> Message:
        """Draw a change of one agent or of the electorate."""
        request, names = f"c{self.now}", sorted(self.configs)
        if chance.randrange(3) == 0:
            electors = "".join(chance.sample(names, chance.randint(1, 3)))
            return replacement(electors, request=request)
        kind = chance.choice(tuple(ChangeKind))
        return change(kind, chance.choice(names), request=request)


def check_order(before: State, after: State, outputs: tuple[Output, ...]) -> None:
    """Check that what must be durable stands before whatever leaves the agent."""
    kinds = [type(output) for output in outputs]
    leaving = [kinds.index(kind) for kind in (Send, Broadcast, Apply) if kind in kinds]
    durable = (Persist, Restore, Discard)
    writes = [place for place, kind in enumerate(kinds) if kind in durable]
    assert all(place < min(leaving, default=99) for place in writes)
    assert bool(writes) or before.durable == after.durable
    seen = observe(before, after)
    assert outputs[len(outputs) - len(seen) :] == seen
    rest = outputs[: len(outputs) - len(seen)]
    assert not any(isinstance(output, Observation) for output in rest)


@pytest.mark.clause(
    "output.durable-first",
    "output.observations-last",
    "runtime.in-order",
    "runtime.delivery",
)
@pytest.mark.parametrize("seed", range(6))
def test_disturbed_mesh_stays_safe_and_orders_its_outputs(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 # a test repeats its run
    mesh = ChaoticMesh("abc", "w", "x", seed=seed)
    led: dict[int, str] = {}
    mesh.start()
    for _ in range(400):
        mesh.run(chance.randrange(40))
        if len(mesh.sent) > 40:
            mesh.disturb(chance)
        for name in mesh.leaders():
            assert led.setdefault(mesh.states[name].term, name) == name
        longest = max(mesh.applied.values(), key=len)
        assert all(done == longest[: len(done)] for done in mesh.applied.values())
    installed = [packet for _, _, packet in mesh.sent if isinstance(packet, Install)]
    assert installed
    mesh.heal()
    mesh.start(*(name for name in mesh.configs if name not in mesh.states))
    mesh.elect()


@pytest.mark.clause("runtime.in-order", "runtime.persist-fails", "vote.durable")
def test_agent_whose_write_failed_has_said_nothing_and_recovers() -> None:
    before = an_idle_elector("b", term=1)
    _, outputs = step(before, received(vote_request("a", term=2)))
    assert all(isinstance(output, Persist) for output in outputs[:2])
    assert isinstance(outputs[2], Send)
    recovered, _ = recover(before.config, before.durable)
    assert recovered.durable == before.durable


@pytest.mark.clause("runtime.atomic-persist")
def test_half_a_write_would_allow_a_second_vote() -> None:
    voted = durable(2, "a", (1,))
    assert persist(2, "a", after=1) == Persist(
        voted.term, voted.voted_for, voted.log.last_index, Segment()
    )
    free, _ = step(recover(config("b"), durable(2, "", (1,)))[0], election_elapsed())
    _, outputs = step(free, received(vote_request("c", term=2)))
    assert outputs[0] == persist(2, "c", after=1)


@pytest.mark.clause("runtime.own-disk")
def test_id_that_comes_back_with_an_empty_disk_votes_twice() -> None:
    first, _ = step(initial(config("b"))[0], received(vote_request("a", term=2)))
    assert first.durable.voted_for == A
    kept, _ = recover(config("b"), first.durable)
    assert step(kept, received(vote_request("c", term=2))) == (kept, ())
    forgetful, _ = step(initial(config("b"))[0], received(vote_request("c", term=2)))
    assert (forgetful.term, forgetful.durable.voted_for) == (first.term, "c")


@pytest.mark.clause("runtime.own-id")
def test_id_that_lost_its_disk_elects_a_leader_without_what_it_acknowledged() -> None:
    leader = a_leader(terms=(1, 1), commit=1)
    committed, _ = step(leader, received(append_reply("b", index=2)))
    assert committed.commit_index == 2
    blank, _ = initial(config("b"))
    request = vote_request("c", term=2, last_index=1)
    elected, _ = step(blank, received(request))
    assert elected.durable.voted_for == "c"
    kept, _ = step(an_idle_elector("b", terms=(1, 1)), received(request))
    assert kept.durable.voted_for == ""


@pytest.mark.clause("runtime.addresses")
def test_address_of_a_new_member_travels_in_its_entry() -> None:
    leader = a_leader(match={"b": 1}, seen={"b": 1}, rounds=1)
    request = change(ChangeKind.ADMIT, "x", detail="10.0.0.7:7000")
    _, outputs = step(leader, request)
    (sent,) = (output for output in outputs if isinstance(output, Broadcast))
    assert isinstance(sent.packet, Append)
    assert [entry.command for entry in sent.packet.entries.entries] == [request.detail]
    assert sent.targets.has(request.target)


@pytest.mark.clause("runtime.one-at-a-time")
def test_two_instances_of_an_agent_are_two_voters() -> None:
    one = an_idle_elector("b", term=1)
    for candidate in ("a", "c"):
        after, _ = step(one, received(vote_request(candidate, term=2)))
        assert after.durable == durable(2, candidate, (1,))


@pytest.mark.clause("runtime.same-mesh")
def test_leader_that_was_told_of_other_workers_leaves_them_without_a_log() -> None:
    mine = a_leader(given=config("a", workers=""), rounds=1)
    begun, outputs = step(mine, heartbeat_elapsed())
    (round_,) = (output for output in outputs if isinstance(output, Broadcast))
    assert round_.targets == agents("b", "c")
    assert step(begun, received(heartbeat_reply("w"))) == (begun, ())


class EqualTimers(random.Random):
    """Draw the same length for every agent."""

    def randint(self, a: int, b: int) -> int:
        return (a + b) // 2


@pytest.mark.clause("runtime.timer-range", "timer.randomised")
def test_agents_that_draw_alike_split_votes_for_ever() -> None:
    for is_alike in (True, False):
        mesh = VirtualMesh("abc")
        mesh.start()
        lost = mesh.elect()
        mesh.run(7)
        if is_alike:
            mesh._chance = EqualTimers()
        mesh.crash(lost)
        found = mesh.until(lambda: mesh.leaders() != [], mesh.now + 3_000)  # noqa: B023
        assert found != is_alike


def lease_holder() -> State:
    """Lead under a lease that b acknowledged, begun at 40."""
    leader, _ = step(a_leader(match={"b": 1}, given=LEASED), heartbeat_elapsed(now=40))
    held, _ = step(leader, received(heartbeat_reply("b"), now=41))
    assert has_lease(held, Instant(129))
    return held


@pytest.mark.clause("runtime.timer-not-early", "runtime.timer-replaced")
def test_promise_that_ends_early_lets_a_vote_pass_a_lease() -> None:
    lease_holder()
    promising, _ = step(an_idle_elector("b"), received(heartbeat("a"), now=41))
    assert step(promising, received(vote_request("c"))) == (promising, ())
    early, _ = step(promising, Elapsed(Timer.ELECTION, Instant(42)))
    voted, _ = step(early, received(vote_request("c")))
    assert voted.durable == durable(2, "c", (1,))


@pytest.mark.clause("runtime.request-ids")
def test_answer_to_an_old_read_would_answer_a_new_one_of_the_same_name() -> None:
    old = read_index_reply(request="r", index=1)
    before = a_follower("b", terms=(1, 1), commit=1)
    asking, _ = step(before, Read(RequestId("r"), Instant(0)))
    _, outputs = step(asking, received(old))
    assert outputs == (ServeRead(RequestId("r"), Index(1)),)


@pytest.mark.clause("runtime.first-answer", "runtime.delivery")
def test_packet_that_is_repeated_answers_twice() -> None:
    before = a_follower("b", commit=1)
    for packet, kind in (
        (read_index_reply(index=1), ServeRead),
        (forward_reply(index=1), WriteAccepted),
    ):
        for _ in range(2):
            after, outputs = step(before, received(packet))
            assert after == before
            assert isinstance(outputs[0], kind)


@pytest.mark.clause("runtime.apply", "restart.forgets")
def test_entries_are_given_out_again_after_a_restart() -> None:
    recovered, _ = recover(config("b"), durable(1, "", (1, 1)))
    _, outputs = step(recovered, received(heartbeat(commit=2, commit_term=1)))
    assert outputs[2] == Apply(Index(1), segment(1, 1))


@pytest.mark.clause("runtime.snapshot", "restart.from-snapshot", "runtime.apply")
@pytest.mark.parametrize("saved", [1, 3])
def test_snapshot_of_another_index_loses_entries_or_applies_them_twice(
    saved: int,
) -> None:
    names = ["x", "y", "z"]
    held = Log.of(entry(1, name) for name in names)
    before = a_follower("b", held=held, commit=3)
    after, _ = step(before, snapshotted(2))
    recovered, _ = recover(config("b"), after.durable)
    _, outputs = step(recovered, received(heartbeat(commit=3, commit_term=1)))
    (applied,) = (output for output in outputs if isinstance(output, Apply))
    made = names[:saved] + [given.command for given in applied.entries.entries]
    assert made == (["x", "z"] if saved == 1 else ["x", "y", "z", "z"])


@pytest.mark.clause("runtime.install-complete", "commit.quorum", "snapshot.durable")
def test_snapshot_is_acknowledged_in_the_step_that_is_given_it() -> None:
    """The leader commits by it, so all of it has to be there before."""
    _, outputs = step(a_newcomer("b"), received(install(index=2)))
    (reply,) = (output for output in outputs if isinstance(output, Send))
    assert reply.packet == append_reply("b", index=2)
    leader = a_leader(terms=(1, 1), commit=0)
    assert step(leader, received(reply.packet))[0].commit_index == 2


@pytest.mark.clause("runtime.restore", "snapshot.replaces-all", "snapshot.durable")
def test_half_a_restore_is_a_disk_that_no_agent_ever_had() -> None:
    before = a_follower("b", terms=(1, 1, 1), commit=1)
    message = received(install(term=2, index=3, index_term=2))
    after, outputs = step(before, message)
    (write,) = (output for output in outputs if isinstance(output, Restore))
    assert not write.keeps_rest
    assert after.durable == before.durable.restored(write)
    beside = replace(write, keeps_rest=True)
    conflicting = before.durable.restored(beside).log
    assert conflicting.last_index == after.log.last_index
    assert conflicting.last_term != after.log.last_term


@pytest.mark.clause("runtime.acknowledge", "write.accepted")
def test_accepted_write_may_be_replaced_before_it_is_applied() -> None:
    leader = a_leader(term=1, terms=(1,))
    written, outputs = step(leader, Write(RequestId("x"), Command("x")))
    accepted = outputs[-1]
    assert accepted == WriteAccepted(RequestId("x"), Index(2), Term(1))
    packet = append("b", term=2, prev=1, prev_term=1, entries=segment(2), commit=2)
    _, outputs = step(written, received(packet))
    (applied,) = (output for output in outputs if isinstance(output, Apply))
    assert (applied.first, applied.entries) == (Index(2), segment(2))


@pytest.mark.clause("runtime.acknowledge", "commit.quorum")
def test_leader_that_is_a_quorum_accepts_and_applies_a_write_in_one_step() -> None:
    before = a_leader(given=config("a", electors="a", workers=""))
    _, outputs = step(before, Write(RequestId("x"), Command("x")))
    kinds = [type(output) for output in outputs]
    assert kinds.index(WriteAccepted) < kinds.index(Apply)
    assert outputs[kinds.index(Apply)] == Apply(Index(2), Segment.of(entry(1, "x")))


@pytest.mark.clause("runtime.read-applied", "read.when-applied")
def test_entries_stand_before_the_reads_that_wait_for_them() -> None:
    before = a_follower("b", terms=(1, 1), commit=1)
    waiting, _ = step(before, received(read_index_reply(index=2)))
    _, outputs = step(waiting, received(heartbeat(commit=2, commit_term=1)))
    assert outputs[2:] == (
        Apply(Index(2), segment(1)),
        ServeRead(RequestId("r"), Index(2)),
    )


@pytest.mark.clause("runtime.lease-instant", "runtime.monotonic-clock")
def test_lease_holds_again_at_an_instant_of_the_past() -> None:
    held = lease_holder()
    for now, is_served in ((130, False), (129, True)):
        _, (answer,) = step(held, LeaseRead(RequestId("r"), Instant(now)))
        assert isinstance(answer, ServeRead if is_served else Stale)


@pytest.mark.clause("runtime.round-instant", "lease.from-start")
def test_round_that_claims_to_begin_later_makes_a_longer_lease() -> None:
    leader, _ = step(a_leader(match={"b": 1}, given=LEASED), heartbeat_elapsed(now=900))
    held, _ = step(leader, received(heartbeat_reply("b"), now=41))
    assert has_lease(held, Instant(989))


@pytest.mark.clause("runtime.clock-bound", "runtime.same-promise")
def test_lease_ends_before_a_promise_of_the_same_length_only() -> None:
    slow, fast = 1_000_000 - 100, 1_000_000 + 100
    promise = promise_timer(LEASED).least
    assert LEASED.lease_ms * fast < promise * slow
    hasty = replace(LEASED, agent_id="b", lease_ms=0, election_timeout_ms=50)
    assert promise_timer(hasty).least < LEASED.lease_ms


@pytest.mark.clause("runtime.attach-token", "fencing.token-is-term")
def test_token_that_is_taken_later_may_belong_to_a_later_leadership() -> None:
    leader = a_leader(term=1)
    decided = token(leader)
    deposed, _ = step(leader, received(vote_reply("b", term=2, granted=False)))
    assert token(deposed) == 0
    again = a_leader(term=3, terms=(1, 3))
    fence, _ = admit(Fence(), Term(2))
    assert admit(fence, decided)[1] == Verdict.REFUSED
    assert admit(fence, token(again))[1] == Verdict.ADMITTED


@pytest.mark.clause("runtime.fence")
def test_fence_that_is_lost_admits_a_stale_token() -> None:
    fence, _ = admit(Fence(), Term(5))
    assert admit(fence, Term(4)) == (fence, Verdict.REFUSED)
    assert admit(Fence(), Term(4))[1] == Verdict.ADMITTED


@pytest.mark.clause("runtime.forward", "fencing.forwarded")
def test_forward_that_is_repeated_is_appended_twice() -> None:
    state = a_leader()
    for index in (2, 3):
        state, outputs = step(state, received(forward("b")))
        assert state.log.last_index == index
        assert isinstance(outputs[-1], Send)


@pytest.mark.clause("runtime.delivery", "commit.match-never-falls")
def test_packets_may_be_repeated_and_reordered() -> None:
    before = a_leader(terms=(1, 1, 1), commit=1, rounds=2)
    packets: list[Packet] = [
        append_reply("b", index=2),
        append_reply("b", index=3),
        heartbeat_reply("b", number=1),
        heartbeat_reply("b", number=2),
    ]
    ends = set()
    for order in (packets, packets[::-1], packets + packets):
        state = before
        for packet in order:
            state, _ = step(state, received(packet))
        ends.add(state)
    assert len(ends) == 1


@pytest.mark.clause("state.durable", "runtime.own-disk")
def test_disk_is_what_its_writes_have_made() -> None:
    disk = Durable()
    for write in (
        persist(1, "a"),
        persist(1, "a", entries=segment(1, 1)),
        persist(2, "b", after=1, entries=segment(2)),
    ):
        disk = disk.after(write)
    assert disk == durable(2, "b", (1, 2))
    disk = disk.discarded(discard(1, 1))
    assert disk == durable(2, "b", held=begun(1, 1, entry(2)))
    kept = disk.restored(restore(2, 2, term=3, keeps_rest=True))
    assert kept == durable(3, held=begun(2, 2))


@pytest.mark.clause("runtime.text")
def test_text_with_a_surrogate_cannot_be_persisted() -> None:
    write = Write(RequestId("w"), Command("\ud800"))
    persist = step(a_leader(), write)[1][0]
    assert isinstance(persist, Persist)
    with pytest.raises(FormatError):
        dumps(persist)
