"""The containers against plain ones: a set, a dictionary, a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.agents import NO_AGENTS, AgentMap, AgentSet
from primacy.electorate import Roll
from primacy.log import CHUNK, EMPTY_LOG, Entry, EntryKind, Log, Segment
from primacy.messages import ReadIndexReply
from primacy.outputs import Reason, Send, ServeRead, Stale
from primacy.pending_reads import FollowerRead, FollowerReads, LeaderRead, LeaderReads
from primacy.state import Durable
from primacy.types import (
    NOBODY,
    AgentId,
    Command,
    Index,
    RequestId,
    Round,
    Term,
)
from tests.support.builders import MESH, A, B, entry, log, noop, persist, roll, segment

ids = st.sampled_from("abcdef").map(AgentId)
plain_sets = st.sets(ids)
small = st.integers(0, 4)


def listed(group: AgentSet) -> list[str]:
    return list(group.members)


# Sets of agents


@pytest.mark.clause("state.value")
@given(plain_sets, plain_sets, ids)
def test_agent_set_behaves_like_a_set(
    one: set[AgentId], other: set[AgentId], agent: AgentId
) -> None:
    mine, theirs = AgentSet.of(one), AgentSet.of(other)
    assert listed(mine) == sorted(one)
    assert mine.size == len(one)
    assert mine.has(agent) == (agent in one)
    assert listed(mine.with_(agent)) == sorted(one | {agent})
    assert listed(mine.without(agent)) == sorted(one - {agent})
    assert listed(mine.intersection(theirs)) == sorted(one & other)
    assert listed(mine.union(theirs)) == sorted(one | other)
    assert listed(mine.difference(theirs)) == sorted(one - other)
    assert mine.first == min(one, default=NOBODY)
    assert (mine == theirs) == (one == other)


@pytest.mark.clause("state.value")
@given(st.lists(ids))
def test_agent_sets_are_equal_whatever_the_order_of_building(
    names: list[AgentId],
) -> None:
    at_once, forward, backward = AgentSet.of(names), NO_AGENTS, NO_AGENTS
    for name in names:
        forward = forward.with_(name)
    for name in reversed(names):
        backward = backward.with_(name)
    assert at_once == forward == backward
    assert hash(at_once) == hash(forward) == hash(backward)


# Maps from agents to numbers


plain_maps = st.dictionaries(ids, st.integers(-1, 4))
"""What is not named, and what is 0, comes to the same."""


def built(plain: dict[AgentId, int]) -> AgentMap:
    found = AgentMap()
    for name, value in plain.items():
        found = found.set(name, value)
    return found


@pytest.mark.clause("state.value")
@given(plain_maps, plain_sets, ids, st.integers(-1, 4))
def test_agent_map_behaves_like_a_function_of_every_agent(
    plain: dict[AgentId, int], some: set[AgentId], name: AgentId, value: int
) -> None:
    mine, group = built(plain), AgentSet.of(some)
    assert mine.get(name) == plain.get(name, 0)
    assert mine.set(name, value) == built({**plain, name: value})
    assert mine.set_all(group, value) == built({**plain, **dict.fromkeys(some, value)})
    assert mine.within(group) == built(
        {key: held for key, held in plain.items() if key in some}
    )
    assert listed(mine.at_least(value)) == sorted(
        key for key, held in plain.items() if held != 0 and held >= value
    )


@pytest.mark.clause("state.value")
@given(plain_maps)
def test_agent_map_stores_no_zero(plain: dict[AgentId, int]) -> None:
    mine = built(plain)
    stored = dict(zip(mine.agents.members, mine.values, strict=True))
    assert stored == {name: value for name, value in plain.items() if value != 0}
    assert mine.set_all(AgentSet.of("abcdef"), 0) == AgentMap()


@pytest.mark.clause("state.value")
@given(plain_maps, plain_maps)
def test_agent_maps_are_equal_whatever_the_way_of_building(
    plain: dict[AgentId, int], before: dict[AgentId, int]
) -> None:
    backward = dict(reversed(plain.items()))
    over = built({**before, **dict.fromkeys(map(AgentId, "abcdef"), 0), **plain})
    assert built(plain) == built(backward) == over
    assert hash(built(plain)) == hash(built(backward)) == hash(over)


# Logs, over several chunks

plain_entries = st.builds(
    Entry,
    st.integers(1, 3).map(Term),
    st.sampled_from([EntryKind.NOOP, EntryKind.COMMAND]),
    st.sampled_from("xy").map(Command),
)
groups = st.sampled_from(["a", "ab", "bc"]).map(AgentSet.of)
roll_entries = st.builds(
    Entry,
    st.integers(1, 3).map(Term),
    st.just(EntryKind.ROLL),
    electors=groups,
    outgoing=groups,
    workers=groups,
)
some_entries = plain_entries | plain_entries | roll_entries
FIRST = roll("abc")
seeds = st.lists(some_entries, min_size=1, max_size=3)


@st.composite
def plain_logs(draw: st.DrawFn) -> list[Entry]:
    """Draw a log of any length around the ends of up to three chunks."""
    length = draw(
        st.one_of(
            st.integers(0, 3 * CHUNK + 2),
            st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK]),
        )
    )
    few = draw(seeds)
    return [few[place % len(few)] for place in range(length)]


@pytest.mark.clause("log.consistency", "log.batch")
@given(plain_logs(), st.data())
def test_log_behaves_like_a_list(plain: list[Entry], data: st.DataObject) -> None:
    mine, last = Log.of(plain), len(plain)
    assert list(mine.entries) == plain
    assert mine.last_index == last
    assert mine.last_term == (plain[-1].term if plain else 0)
    index = Index(data.draw(st.integers(0, last)))
    assert mine.term_at(index) == (plain[index - 1].term if index else 0)
    if index:
        assert mine.at(index) == plain[index - 1]
    limit = data.draw(st.integers(0, 2 * CHUNK))
    assert list(mine.segment(index, limit).entries) == plain[index : index + limit]
    assert list(mine.prefix(index).entries) == plain[:index]


def roll_of(plain: list[Entry]) -> Roll:
    """Look through all entries for the last one that sets a roll."""
    found = FIRST
    for index, held in enumerate(plain, 1):
        if held.kind is EntryKind.ROLL:
            sets = (held.electors, held.outgoing, held.workers)
            found = Roll(*sets, Index(index), held.term)
    return found


@pytest.mark.clause("roll.of-log")
@given(plain_logs(), plain_logs(), st.data())
def test_roll_of_a_log_is_the_last_one_that_it_sets(
    plain: list[Entry], other: list[Entry], data: st.DataObject
) -> None:
    mine = Log.of(plain)
    after = Index(data.draw(st.integers(0, len(plain))))
    cut = Segment(tuple(other[: data.draw(st.integers(0, 3))]))
    for log_, entries in (
        (mine, plain),
        (mine.extended(tuple(other)), plain + other),
        (mine.prefix(after), plain[:after]),
        (mine.spliced(after, cut), [*plain[:after], *cut.entries]),
        (mine.append(noop(3)), plain),
    ):
        assert log_.roll(FIRST) == roll_of(entries)
        assert list(log_.rolls) == [
            index
            for index, held in enumerate(entries, 1)
            if held.kind is EntryKind.ROLL
        ]


@pytest.mark.clause("roll.of-log", "stand.taken-off")
@given(plain_logs())
def test_prior_roll_of_a_log_is_the_one_before_the_last(plain: list[Entry]) -> None:
    places = [at for at, held in enumerate(plain) if held.kind is EntryKind.ROLL]
    if places:
        assert Log.of(plain).prior_roll(FIRST) == roll_of(plain[: places[-1]])
    else:
        assert Log.of(plain).prior_roll(FIRST) == FIRST


# Logs that begin behind a snapshot


def begun_of(plain: list[Entry], start: int) -> Log:
    """Begin behind a position of a plain log, one entry after the other."""
    if start == 0:
        return Log.of(plain)
    begun = Log.starting(Index(start), plain[start - 1].term, roll_of(plain[:start]))
    for held in plain[start:]:
        begun = begun.append(held)
    return begun


@st.composite
def begun_logs(draw: st.DrawFn) -> tuple[list[Entry], int, Log]:
    """Draw a plain log, a start, and the log that has lost what is up to there."""
    plain = draw(plain_logs())
    ends = [at for at in (CHUNK - 1, CHUNK, CHUNK + 1) if at <= len(plain)]
    start = draw(st.integers(0, len(plain)) | st.sampled_from([0, *ends]))
    return plain, start, begun_of(plain, start)


@pytest.mark.clause("snapshot.keeps-roll", "log.consistency")
@given(begun_logs(), st.data())
def test_log_behind_a_snapshot_behaves_like_the_rest_of_a_list(
    drawn: tuple[list[Entry], int, Log], data: st.DataObject
) -> None:
    plain, start, mine = drawn
    terms, last = [0, *(held.term for held in plain)], len(plain)
    assert (mine.start, mine.start_term) == (start, terms[start])
    assert list(mine.entries) == plain[start:]
    assert (mine.last_index, mine.last_term) == (last, terms[-1])
    index = Index(data.draw(st.integers(start, last)))
    assert mine.term_at(index) == terms[index]
    assert mine.term_at(Index(0)) == 0
    if index > start:
        assert mine.at(index) == plain[index - 1]
    limit = data.draw(st.integers(0, 2 * CHUNK))
    assert list(mine.segment(index, limit).entries) == plain[index : index + limit]
    assert mine.prefix(index) == begun_of(plain[:index], start)
    beyond = Index(data.draw(st.integers(start, last + 2)))
    term = Term(data.draw(st.integers(0, 3)))
    is_held = beyond <= last and terms[beyond] == term
    assert mine.accepts(beyond, term) == is_held
    assert mine.roll_at(index, FIRST) == roll_of(plain[:index])
    assert mine.roll(FIRST) == roll_of(plain)
    assert mine.prior_roll(FIRST) == roll_of(
        plain[: (mine.rolls or (start + 1,))[-1] - 1]
    )


@pytest.mark.clause("snapshot.keeps-roll", "state.value")
@given(begun_logs(), st.data())
def test_log_is_equal_however_it_lost_its_beginning(
    drawn: tuple[list[Entry], int, Log], data: st.DataObject
) -> None:
    plain, start, mine = drawn
    index = Index(data.draw(st.integers(max(start, 1), max(len(plain), 1))))
    if index > len(plain):
        return
    roll = roll_of(plain[:index])
    once, direct = mine.compacted(index, roll), Log.of(plain).compacted(index, roll)
    assert once == direct == begun_of(plain, index)
    assert hash(once) == hash(direct)
    at_once = Log.starting(index, plain[index - 1].term, roll)
    assert at_once.extended(tuple(plain[index:])) == once
    assert all(len(chunk) == CHUNK for chunk in once.full)
    assert len(once.tail) < CHUNK


@pytest.mark.clause("log.conflict", "log.no-truncation", "roll.of-log")
@given(begun_logs(), plain_logs(), st.data())
def test_log_behind_a_snapshot_holds_and_splices_like_a_list(
    drawn: tuple[list[Entry], int, Log], other: list[Entry], data: st.DataObject
) -> None:
    plain, start, mine = drawn
    after = Index(data.draw(st.integers(start, len(plain))))
    same = plain[after : after + data.draw(st.integers(0, 70))]
    for entries in (other, same, [*same, *other[:2]]):
        cut = Segment(tuple(entries))
        is_held = plain[after : after + len(entries)] == entries
        assert mine.holds(after, cut) == is_held
        spliced = mine.spliced(after, cut)
        assert spliced == begun_of([*plain[:after], *entries], start)
        assert spliced.roll(FIRST) == roll_of([*plain[:after], *entries])


@pytest.mark.clause("log.consistency")
@given(plain_logs(), st.integers(0, 3 * CHUNK + 3), st.integers(0, 3))
def test_log_accepts_a_position_that_it_holds(
    plain: list[Entry], index: int, term: int
) -> None:
    terms = [0, *(held.term for held in plain)]
    is_held = index < len(terms) and terms[index] == term
    assert Log.of(plain).accepts(Index(index), Term(term)) == is_held


@pytest.mark.clause("log.no-truncation", "log.conflict")
@given(plain_logs(), plain_logs(), st.data())
def test_log_holds_and_splices_like_a_list(
    plain: list[Entry], other: list[Entry], data: st.DataObject
) -> None:
    mine = Log.of(plain)
    after = Index(data.draw(st.integers(0, len(plain))))
    same = plain[after : after + data.draw(st.integers(0, 70))]
    for entries in (other, same, [*same, *other[:2]]):
        cut = Segment(tuple(entries))
        is_held = plain[after : after + len(entries)] == entries
        assert mine.holds(after, cut) == is_held
        assert mine.spliced(after, cut) == Log.of([*plain[:after], *entries])


@pytest.mark.clause("state.value")
@given(plain_logs(), st.lists(st.integers(1, 90), max_size=6))
def test_logs_are_equal_whatever_the_way_of_building(
    plain: list[Entry], strides: list[int]
) -> None:
    at_once = Log.of(plain)
    pieces, rest = EMPTY_LOG, plain
    for stride in [*strides, len(plain)]:
        pieces, rest = pieces.extended(tuple(rest[:stride])), rest[stride:]
    one_by_one = EMPTY_LOG
    for held in plain:
        one_by_one = one_by_one.append(held)
    cut_back = Log.of([*plain, *plain]).prefix(Index(len(plain)))
    assert at_once == pieces == one_by_one == cut_back
    assert len({hash(at_once), hash(pieces), hash(one_by_one), hash(cut_back)}) == 1
    assert all(len(chunk) == CHUNK for chunk in at_once.full)
    assert len(at_once.tail) < CHUNK


@pytest.mark.clause("message.entries")
@given(st.lists(st.integers(0, 4), max_size=5), st.integers(0, 4), st.integers(0, 4))
def test_segment_is_ordered_if_its_terms_rise_within_the_bounds(
    terms: list[int], lowest: int, highest: int
) -> None:
    is_ordered = (
        terms == sorted(terms)
        and all(term >= 1 for term in terms)
        and all(lowest <= term <= highest for term in terms)
    )
    assert segment(*terms).is_ordered(Term(lowest), Term(highest)) == is_ordered


def test_segment_counts_its_entries() -> None:
    assert (segment().size, segment(1, 2).size) == (0, 2)
    assert Segment.of(entry(1)) == segment(1)


@pytest.mark.clause("state.durable", "restart.from-disk")
@given(plain_logs(), plain_logs(), st.data())
def test_disk_holds_what_was_persisted(
    plain: list[Entry], more: list[Entry], data: st.DataObject
) -> None:
    after = data.draw(st.integers(0, len(plain)))
    disk = Durable(Term(1), NOBODY, Log.of(plain))
    written = persist(2, "a", after=after, entries=Segment(tuple(more)))
    assert disk.after(written) == Durable(Term(2), A, Log.of([*plain[:after], *more]))


# The search for a common prefix

rising = st.lists(st.integers(1, 6), max_size=40).map(sorted)


@pytest.mark.clause("log.hint")
@given(rising, st.integers(0, 45), st.integers(0, 7))
def test_probe_is_the_last_position_that_may_match(
    terms: list[int], index: int, term: int
) -> None:
    dumb = [0, *(place for place, held in enumerate(terms, 1) if held <= term)]
    expected = max(place for place in dumb if place <= index)
    assert log(*terms).probe(Index(index), Term(term)) == expected


def begun_at(terms: list[int], start: int) -> Log:
    return begun_of([entry(term) for term in terms], start)


@pytest.mark.clause("log.hint")
@given(rising, st.integers(0, 45), st.integers(0, 7), st.integers(0, 40))
def test_probe_behind_a_snapshot_is_exact_or_says_that_it_does_not_know(
    terms: list[int], index: int, term: int, start: int
) -> None:
    """It never names a position before the start, nor one that cannot match."""
    start = min(start, len(terms))
    dumb = [0, *(place for place, held in enumerate(terms, 1) if held <= term)]
    expected = max(place for place in dumb if place <= index)
    found = begun_at(terms, start).probe(Index(index), Term(term))
    assert found == (expected if expected >= start else 0)


@pytest.mark.clause("log.hint", "log.install-instead", "log.below-commit")
@given(rising, rising, rising, st.integers(0, 40), st.integers(0, 40))
def test_search_ends_whatever_is_dropped(
    shared: list[int], left: list[int], right: list[int], one: int, other: int
) -> None:
    """Of what both share, and of nothing else, each has dropped some.

    The search ends at the last position that they share, or below the start of the
    leader, or below what the follower knows to be committed.
    """
    common = len(shared)
    leader = begun_at([*shared, *(2 * term + 6 for term in left)], min(one, common))
    theirs = [*shared, *(2 * term + 7 for term in right)]
    follower = begun_at(theirs, min(other, common))
    prev, exchanges = leader.last_index, 1
    while prev >= max(leader.start, follower.start):
        if follower.accepts(prev, leader.term_at(prev)):
            assert prev == common
            break
        hint = follower.probe(prev, leader.term_at(prev))
        back = leader.probe(hint, follower.term_at(hint))
        assert back < prev
        prev, exchanges = back, exchanges + 1
    assert exchanges <= len({*left, *right}) + 3


@pytest.mark.clause("log.hint", "log.consistency")
@given(rising, rising, rising)
def test_search_ends_at_the_common_prefix_with_few_exchanges(
    shared: list[int], left: list[int], right: list[int]
) -> None:
    """A leader backs up over refusals, at most once for each term and once more."""
    leader, follower = log(*sorted(shared + left)), log(*sorted(shared + right))
    terms = {held.term for held in (*leader.entries, *follower.entries)}
    prev, exchanges = leader.last_index, 1
    while not follower.accepts(prev, leader.term_at(prev)):
        hint = follower.probe(prev, leader.term_at(prev))
        back = leader.probe(hint, follower.term_at(hint))
        assert back < prev
        prev, exchanges = back, exchanges + 1
    assert exchanges <= len(terms) + 1
    positions = range(min(leader.last_index, follower.last_index) + 1)
    assert prev == max(
        place
        for place in positions
        if leader.term_at(Index(place)) == follower.term_at(Index(place))
    )


# Reads that wait

asked = st.builds(
    LeaderRead,
    st.sampled_from([A, B]),
    st.sampled_from("rst").map(RequestId),
    small.map(Index),
    small.map(Round),
)
parked = st.builds(
    FollowerRead, st.sampled_from("rst").map(RequestId), small.map(Index)
)


@pytest.mark.clause("read.asked-once", "read.round-after-request")
@given(st.lists(asked), small.map(Round))
def test_asked_reads_behave_like_a_list(plain: list[LeaderRead], by: Round) -> None:
    mine = LeaderReads()
    for read in plain:
        mine = mine.with_(read)
    assert list(mine.reads) == plain
    assert list(mine.confirmed(by).reads) == [r for r in plain if r.round <= by]
    assert list(mine.unconfirmed(by).reads) == [r for r in plain if r.round > by]
    for requester in (A, B):
        for request in ("r", "s", "t"):
            pairs = [(read.requester, read.request) for read in plain]
            is_there = (requester, request) in pairs
            assert mine.has(requester, RequestId(request)) == is_there


@pytest.mark.clause("read.quorum-confirms", "read.stale")
@given(st.lists(asked))
def test_asked_reads_are_answered_or_refused_in_their_order(
    plain: list[LeaderRead],
) -> None:
    mine = LeaderReads(tuple(plain))
    for read, answer, refusal in zip(
        plain,
        mine.answers(MESH, A, Term(3)),
        mine.refusals(MESH, A, Term(3)),
        strict=True,
    ):
        if read.requester == A:
            assert answer == ServeRead(read.request, read.index)
            assert refusal == Stale(
                read.request, Reason.LOST_LEADERSHIP, NOBODY, Term(3)
            )
        else:
            yes = ReadIndexReply(MESH, A, Term(3), read.request, True, read.index)
            no = ReadIndexReply(MESH, A, Term(3), read.request, False, read.index)
            assert (answer, refusal) == (Send(B, yes), Send(B, no))


@pytest.mark.clause("read.when-applied")
@given(st.lists(parked), small.map(Index))
def test_parked_reads_behave_like_a_list_without_repetition(
    plain: list[FollowerRead], applied: Index
) -> None:
    mine, once = FollowerReads(), list(dict.fromkeys(plain))
    for read in plain:
        mine = mine.with_(read)
    assert list(mine.reads) == once
    assert list(mine.later(applied).reads) == [r for r in once if r.index > applied]
    assert mine.due(applied) == tuple(
        ServeRead(read.request, applied) for read in once if read.index <= applied
    )
