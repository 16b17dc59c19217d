"""How long a command is, is known without writing what goes with it, and exactly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy import AgentId, Command, Forward, Instant, Received, RequestId, Term, dumps
from primacy_runtime import CommandRefused, size_limits
from primacy_runtime.size_limits import LONGEST_REQUEST, MOST, check_command, fits
from tests.support.stores import CONFIG

LONGEST = 4 * 2**20 // (2 * CONFIG.batch)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def written(command: str, request: str, sender: str, term: int) -> int:
    """Count as the clause does: all that is written."""
    forward = Forward(
        CONFIG.mesh, AgentId(sender), Term(term), RequestId(request), Command(command)
    )
    return len(dumps(Received(forward, Instant(MOST))))


@pytest.mark.clause("runtime.text")
@given(TEXTS)
def test_the_length_of_a_command_is_that_of_all_that_is_written(text: str) -> None:
    counted = size_limits._around(CONFIG.mesh, CONFIG.me) + LONGEST_REQUEST
    counted += size_limits._length(text)
    assert counted == written(text, "-" * LONGEST_REQUEST, CONFIG.me, MOST)


@pytest.mark.clause("runtime.text")
@pytest.mark.parametrize("letter", ["x", '"', "\0", "é", "\U0001f600"])
def test_the_longest_command_is_taken_and_one_letter_more_is_not(letter: str) -> None:
    room = LONGEST - written("", "-" * LONGEST_REQUEST, CONFIG.me, MOST)
    most = room // len(json.dumps(letter)[1:-1])
    assert check_command(CONFIG, letter * most) == letter * most
    with pytest.raises(CommandRefused, match=f"at most {LONGEST} characters"):
        check_command(CONFIG, letter * (most + 1))


@pytest.mark.clause("runtime.text")
def test_a_surrogate_is_no_text() -> None:
    with pytest.raises(CommandRefused, match="without surrogates"):
        check_command(CONFIG, "x\ud800")


@pytest.mark.clause("runtime.text")
@pytest.mark.parametrize("term", [1, MOST])
def test_what_a_peer_sends_on_is_left_out_exactly_if_it_is_too_long(term: int) -> None:
    for surplus in range(-40, 3):
        bare = written("", "r", "bob", term)
        command = Command("x" * (LONGEST + surplus - bare))
        forward = Forward(
            CONFIG.mesh, AgentId("bob"), Term(term), RequestId("r"), command
        )
        assert fits(CONFIG, forward) == (surplus <= 0)
        assert fits(CONFIG, forward) == (written(command, "r", "bob", term) <= LONGEST)


def test_whatever_an_agent_takes_its_leader_takes() -> None:
    room = LONGEST - written("", "-" * LONGEST_REQUEST, CONFIG.me, MOST)
    command = check_command(CONFIG, "x" * room)
    request = RequestId("-" * LONGEST_REQUEST)
    assert fits(CONFIG, Forward(CONFIG.mesh, CONFIG.me, Term(MOST), request, command))
