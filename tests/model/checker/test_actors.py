"""A world of actors, assembled into a model: mailboxes, notes, what is shared."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from primacy_model.checker.actors import (
    Actors,
    Assembled,
    Box,
    Claim,
    Doing,
    Move,
    Views,
    Whole,
    initial_whole,
    on_views,
)
from primacy_model.checker.model import IN_FLIGHT, Arrow, Kind, Value
from primacy_model.checker.reference_bfs import Verdict, explore

Ghost = tuple[str, ...]
CheckedWhole = Whole[int, str, int, Ghost]
CheckedMove = Move[int, str, int]

NONE: Box[str] = frozenset()
START: CheckedWhole = Whole((0, 0), (NONE, NONE), 0, ())


def go(
    after: int = 0, label: str = "go", *, kind: str = "go", **rest: object
) -> CheckedMove:
    """Make a move of an actor that counts so much then."""
    return Move(kind, label, after, **rest)  # type: ignore[arg-type] # any field


def never_wrong(views: Views) -> bool:
    return "wrong" not in views


SEES_ACTORS: Claim[int, int, Ghost] = Claim(
    "A1", "actors", Kind.ALWAYS, lambda place, local: (place, local), never_wrong
)
SEES_ALL: Claim[int, int, Ghost] = Claim(
    "A2",
    "all",
    Kind.SOMETIMES,
    lambda _, local: local,
    lambda views: views == (0, 0, (7, ("said",))),
    lambda shared, ghost: (shared, ghost),
)


@dataclass(frozen=True)
class Post(Actors[int, str, int, Ghost]):
    """Two actors that count and write to each other, as a test says."""

    own: Sequence[tuple[int, CheckedMove]] = ()
    """What each may do by itself: its place, and the move."""
    answers: Mapping[str, Sequence[CheckedMove]] = field(default_factory=dict)
    """What may become of each message."""
    most: int = 0
    obsolete: Mapping[int, str] = field(default_factory=dict)
    """For a count, the letters of the messages that are ignored from then on."""
    begins: CheckedWhole = START

    name = "post"
    summary = "Two actors write to each other."
    agents = ("a", "b")
    kinds = ("go",)
    claims = (SEES_ACTORS, SEES_ALL)

    @property
    def bounds(self) -> Mapping[str, int | str]:
        return {"copies": self.copies}

    @property
    def copies(self) -> int:
        return self.most

    def initial(self) -> CheckedWhole:
        return self.begins

    def acts(self, place: int, local: int, shared: int) -> Iterable[CheckedMove]:  # noqa: ARG002
        return [move for at, move in self.own if at == place]

    def hears(
        self,
        place: int,  # noqa: ARG002
        local: int,  # noqa: ARG002
        shared: int,  # noqa: ARG002
        message: str,
    ) -> Iterable[CheckedMove]:
        return self.answers.get(message, ())

    def is_obsolete(self, place: int, local: int, message: str) -> bool:  # noqa: ARG002
        return message in self.obsolete.get(local, "")

    def noted(self, ghost: Ghost, note: Hashable) -> Ghost:
        return (*ghost, str(note))

    def fields(self, local: int) -> Mapping[str, Value]:
        return {"count": local}

    def told(self, message: str) -> tuple[int, str]:
        return (1 if message.isupper() else 0), f"letter {message}"


def after(
    post: Post, doing: Doing[int, str, int], *, forgets: bool = True
) -> CheckedWhole:
    """Carry out a move in the world in which a post begins."""
    return Assembled(post, forgets).carried_out(post.initial(), doing)


def boxes(
    a: Mapping[str, int] | str = "", b: Mapping[str, int] | str = ""
) -> CheckedWhole:
    """Give a world in which letters lie in the mailboxes."""
    counts = [
        dict.fromkeys(each, 1) if isinstance(each, str) else each for each in (a, b)
    ]
    return replace(START, boxes=tuple(frozenset(each.items()) for each in counts))


def letters(world: CheckedWhole) -> tuple[dict[str, int], dict[str, int]]:
    a, b = (dict(box) for box in world.boxes)
    return a, b


# --- mailboxes ------------------------------------------------------------------------


def test_a_set_holds_a_message_once_and_keeps_what_was_heard() -> None:
    post = Post(answers={"x": [go(1, "x", sent=((0, "x"), (1, "x")))]})
    world = replace(START, boxes=boxes("x").boxes)
    model = Assembled(replace(post, begins=world))
    (action,) = model.actions(world)
    heard = model.successor(world, action)
    assert letters(heard) == ({"x": 1}, {"x": 1})
    assert heard.locals == (1, 0)


def test_a_bag_counts_copies_and_loses_what_is_too_many() -> None:
    sending = Doing(0, None, go(sent=((1, "x"),)))
    model = Assembled(Post(most=2))
    world, counts = START, []
    for _ in range(4):
        world = model.carried_out(world, sending)
        counts.append(dict(world.boxes[1]))
    assert counts == [{"x": 1}, {"x": 2}, {"x": 2}, {"x": 2}]


def test_a_move_may_send_a_message_twice() -> None:
    twice = Doing(0, None, go(sent=((1, "x"), (1, "x"))))
    assert letters(after(Post(most=2), twice)) == ({}, {"x": 2})
    assert letters(after(Post(), twice)) == ({}, {"x": 1})


@pytest.mark.parametrize(
    ("held", "copies", "left"),
    [(1, -1, {}), (2, -1, {"x": 1}), (1, 1, {"x": 2}), (1, 0, {"x": 1})],
)
def test_a_move_says_how_many_copies_of_what_it_hears_are_left(
    held: int, copies: int, left: dict[str, int]
) -> None:
    post = Post(most=2, begins=boxes(b={"x": held, "y": 1}))
    heard = after(post, Doing(1, "x", go(copies=copies)))
    assert letters(heard) == ({}, {**left, "y": 1})


@pytest.mark.parametrize(("held", "able"), [(1, ["lose", "double"]), (2, ["lose"])])
def test_a_move_that_would_make_too_many_copies_is_none(
    held: int, able: list[str]
) -> None:
    moves = [go(0, "lose", copies=-1), go(0, "double", copies=1)]
    post = Post(most=2, answers={"x": moves}, begins=boxes({"x": held}))
    found = [action.label for action in Assembled(post).actions(post.initial())]
    assert found == able


def test_a_message_that_is_consumed_may_be_sent_again() -> None:
    post = Post(most=2, begins=boxes({"x": 1}))
    move = go(sent=((0, "x"),), copies=-1)
    assert letters(after(post, Doing(0, "x", move))) == ({"x": 1}, {})


# --- what is forgotten ----------------------------------------------------------------

TURNING = go(1)
"""The actor counts one."""


def test_who_changes_forgets_what_it_ignores_from_then_on() -> None:
    post = Post(obsolete={1: "xz"}, begins=boxes("xyz", "xyz"))
    assert letters(after(post, Doing(0, None, TURNING))) == (
        {"y": 1},
        {"x": 1, "y": 1, "z": 1},
    )


def test_all_copies_are_forgotten() -> None:
    post = Post(obsolete={1: "x"}, most=2, begins=boxes({"x": 2, "y": 2}))
    assert letters(after(post, Doing(0, None, TURNING))) == ({"y": 2}, {})


def test_who_does_not_change_forgets_nothing() -> None:
    post = Post(obsolete={0: "x"}, begins=boxes("x"))
    staying = go(shared=3, notes=("said",))
    assert letters(after(post, Doing(0, None, staying))) == ({"x": 1}, {})


def test_what_its_target_ignores_is_not_sent() -> None:
    sending = go(1, sent=((1, "x"), (1, "y")))
    post = Post(obsolete={0: "x"})
    assert letters(after(post, Doing(0, None, sending))) == ({}, {"y": 1})


def test_what_an_actor_sends_to_itself_is_judged_by_what_it_is_then() -> None:
    sending = go(1, sent=((0, "x"), (0, "y")))
    post = Post(obsolete={0: "x", 1: "y"})
    assert letters(after(post, Doing(0, None, sending))) == ({"x": 1}, {})


def test_nothing_is_forgotten_unless_the_model_forgets() -> None:
    sending = go(1, sent=((1, "x"),))
    post = Post(obsolete={0: "x", 1: "y"}, begins=boxes("y"))
    doing = Doing(0, None, sending)
    assert letters(after(post, doing)) == ({}, {})
    assert letters(after(post, doing, forgets=False)) == ({"y": 1}, {"x": 1})


# --- what is shared and noted ---------------------------------------------------------


def test_what_is_shared_changes_only_if_a_move_says_so() -> None:
    begins = replace(START, shared=5)
    changed = go(shared=0)
    assert after(Post(begins=begins), Doing(0, None, changed)).shared == 0
    assert after(Post(begins=begins), Doing(0, None, TURNING)).shared == 5


def test_notes_are_written_in_their_order() -> None:
    begins = replace(START, ghost=("first",))
    noting = go(notes=("second", "third"))
    world = after(Post(begins=begins), Doing(0, None, noting))
    assert world == replace(START, ghost=("first", "second", "third"))


def test_a_move_touches_one_actor() -> None:
    assert after(Post(), Doing(1, None, TURNING)) == replace(START, locals=(0, 1))


def test_worlds_that_differ_in_any_part_are_different() -> None:
    worlds = [
        START,
        replace(START, locals=(0, 1)),
        replace(START, shared=1),
        replace(START, ghost=("said",)),
        boxes("x"),
        boxes("", "x"),
        boxes({"x": 2}),
    ]
    assert len(set(worlds)) == len(worlds)


class Gated(Post):
    """An actor that moves and hears only while the number that all share is not 0."""

    def acts(self, place: int, local: int, shared: int) -> Iterable[CheckedMove]:
        return super().acts(place, local, shared) if shared else ()

    def hears(
        self, place: int, local: int, shared: int, message: str
    ) -> Iterable[CheckedMove]:
        return super().hears(place, local, shared, message) if shared else ()


@pytest.mark.parametrize(("shared", "able"), [(0, []), (1, ["acts", "hears"])])
def test_what_actors_may_do_depends_on_what_is_shared(
    shared: int, able: list[str]
) -> None:
    model = Assembled(Gated([(0, go(0, "acts"))], {"x": [go(0, "hears")]}))
    world = replace(boxes("x"), shared=shared)
    assert [action.label for action in model.actions(world)] == able


# --- claims ---------------------------------------------------------------------------


def test_a_claim_sees_a_view_of_each_actor_in_its_place() -> None:
    seen: list[Views] = []
    claim = replace(SEES_ACTORS, holds=lambda views: not seen.append(views))  # type: ignore[func-returns-value] # None
    assert on_views(claim)(replace(START, locals=(3, 4), shared=7))
    assert seen == [((0, 3), (1, 4))]


def test_a_scene_is_one_view_more_the_last() -> None:
    holds = on_views(SEES_ALL)
    assert holds(replace(START, shared=7, ghost=("said",)))
    assert not holds(replace(START, shared=7))
    assert not holds(replace(START, ghost=("said",)))


def test_a_model_has_the_claims_as_properties_in_their_order() -> None:
    told = [(each.id, each.name, each.kind) for each in Assembled(Post()).properties]
    assert told == [("A1", "actors", Kind.ALWAYS), ("A2", "all", Kind.SOMETIMES)]


def test_an_exploration_judges_what_is_shared_and_noted() -> None:
    said = go(shared=7, notes=("said",))
    done = go(shared=8, notes=("said",))
    found = explore(Assembled(Post(own=((0, said),))), max_states=3)
    assert [witness.depth for witness in found.witnesses] == [1]
    found = explore(Assembled(Post(own=((0, done),))), max_states=3)
    assert found.witnesses == ()
    assert found.verdict is Verdict.INCOMPLETE


# --- actions and how they are shown ---------------------------------------------------


def test_actors_act_in_their_order_first_alone_and_then_with_each_message() -> None:
    post = Post(
        own=((0, go(0, "a acts")), (1, go(0, "b acts"))),
        answers={name: [go(0, f"hears {name}")] for name in "xyz"},
        begins=boxes("zx", "y"),
    )
    able = list(Assembled(post).actions(post.initial()))
    assert [(action.column, action.label) for action in able] == [
        ("a", "a acts"),
        ("a", "hears x"),
        ("a", "hears z"),
        ("b", "b acts"),
        ("b", "hears y"),
    ]
    assert able[1].payload == Doing(0, "x", go(0, "hears x"))


def test_an_event_tells_what_is_received_sent_and_remarked() -> None:
    move = go(1, sent=((1, "x"), (0, "Y")), remarks=("counts",))
    model = Assembled(Post(answers={"Z": [move]}, begins=boxes("Z")))
    (action,) = model.actions(model.actors.initial())
    told = model.event(model.actors.initial(), action)
    assert told.received == (Arrow("a 'Z'", "b", "a", "letter Z"),)
    assert told.sent == (
        Arrow("b 'x'", "a", "b", "letter x"),
        Arrow("a 'Y'", "b", "a", "letter Y"),
    )
    assert told.notes == ("counts",)


def test_what_is_sent_and_what_is_received_later_have_one_key() -> None:
    sending = go(0, "send", kind="send", sent=((1, "x"),))
    post = Post(own=((0, sending),), answers={"x": [go(1, "hear", kind="hear")]})
    model = Assembled(post)
    (sent,) = model.actions(START)
    world = model.successor(START, sent)
    (heard,) = (each for each in model.actions(world) if each.kind == "hear")
    assert model.event(START, sent).sent == model.event(world, heard).received


def test_a_message_that_is_lost_is_not_received() -> None:
    lost = go(0, "lose", copies=-1, is_heard=False)
    model = Assembled(Post(most=1, answers={"x": [lost]}, begins=boxes("x")))
    (action,) = model.actions(model.actors.initial())
    assert model.event(model.actors.initial(), action).received == ()


# --- what an actors' class need not say -----------------------------------------------


class Plain(Actors[int, str, None, None]):
    """Says no more than it must."""

    name, summary, agents = "plain", "Nothing happens.", ("a", "b")
    kinds, claims = (), ()
    bounds: Mapping[str, int | str] = {}

    def initial(self) -> Whole[int, str, None, None]:
        return initial_whole([3, 4])

    def acts(self, *_: object) -> Iterable[Move[int, str, None]]:
        return ()

    def hears(self, *_: object) -> Iterable[Move[int, str, None]]:
        return ()

    def fields(self, local: int) -> Mapping[str, Value]:
        return {"count": local}

    def told(self, message: str) -> tuple[int, str]:
        return 0, message


def test_a_world_begins_with_nothing_sent_shared_or_noted() -> None:
    assert initial_whole([3, 4]) == Whole((3, 4), (NONE, NONE), None, None)


def test_mailboxes_are_sets_and_nothing_is_obsolete_or_noted_unless_said() -> None:
    plain = Plain()
    assert plain.copies == 0
    assert not plain.is_obsolete(0, 3, "x")
    assert plain.noted(None, "said") is None
    assert list(plain.symmetries) == []


def test_an_actor_is_shown_with_how_much_it_may_hear() -> None:
    box: Box[str] = frozenset({("x", 2), ("y", 1)})
    world: Whole[int, str, None, None] = Whole((3, 4), (box, NONE), None, None)
    assert Assembled(Plain()).columns(world) == {
        "a": {"count": 3, IN_FLIGHT: 2},
        "b": {"count": 4, IN_FLIGHT: 0},
    }
