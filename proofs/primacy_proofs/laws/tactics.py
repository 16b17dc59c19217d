"""Tactics for electorates that differ: what the proofs of their laws are shown.

z3 finds by itself neither where the roll of a log was set nor the ground of that, so
the instances of laws at those places are named here. Nothing here is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from primacy_proofs.laws.law import Induction, Instance, Lemma, Proof
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import Expr, all_of, any_of, constant, equal, simplify
from primacy_proofs.system.log_history import has
from primacy_proofs.system.world import FUNCTIONS, ME, PACKET_SORTS, World

W: Final = World()
"""The world before a step."""
OWN: Final = FUNCTIONS["log"](ME)
COMMITTED: Final = FUNCTIONS["commit_index"](ME)
TERM: Final = FUNCTIONS["term"](ME)

ONE_LEADER_A_TERM: Final = "a term has one leader"
STOOD_WITHOUT_IS_BLOCKED: Final = "what a later leader stood without is blocked"
WINNER_STOOD: Final = "an agent that wins stood with what may be chosen"
GROUNDED: Final = "a change has its ground"
NEAR_LED: Final = "a candidates electorate is near"
NEAR_BOTH: Final = "candidates with each others ground have near electorates"
NEAR_AGENT: Final = "an agents electorate is near"
NEAR_AGENT_BOTH: Final = "an agent with a candidates ground has a near electorate"
NEAR_HEIR: Final = "an heirs electorate is near"
OLD_ROLL: Final = "an heir stood with an old roll"
HAS_HEIR: Final = "a later leader makes an heir"
CHOSE_OWN: Final = "a leader chose its own"
COMPLETE: Final = "later leaders have what was chosen"
NOT_BLOCKED: Final = "what was chosen is not blocked"
LEFT: Final = "a quorum left what is blocked"
CHOSEN_HELD: Final = "a quorum held what was chosen"
KEPT: Final = "what was held is kept or blocked"
ELECTED: Final = "a leader was elected"
KEEPS: Final = "a leader keeps the log it stood with"
DROPS: Final = "a leader drops nothing it stood with"
OF_AGENTS: Final = ("entries of logs come from leaders", "logs are alike")
OF_LEADERS: Final = (
    "entries of logs of leaders come from leaders",
    "logs of leaders are alike",
)
OF_CANDIDATES: Final = (
    "entries of logs of candidates come from leaders",
    "logs of candidates are alike",
)
AGREE_STOOD: Final = "logs of candidates agree with leaders"
RISE: Final = "terms never fall within logs"
RISE_LED: Final = "terms never fall within logs of leaders"
RISE_STOOD: Final = "terms never fall within logs of candidates"

ACKNOWLEDGING: Final = constant("packet", PACKET_SORTS["AppendReply"])
"""The acknowledgement that arrives, where one does."""

Setting = tuple[Expr, Expr, Expr]
"""Where a roll was set, in which term, and its ground."""


def _led_log(t: Expr) -> Expr:
    return W("led.log", t)


def _set(log: Expr, i: Expr) -> Setting:
    """Say what set the roll that is in force at an index of a log."""
    at = on.roll_index(log, i)
    term = on.term_at(log, at)
    return at, term, W("ground", term, at)


def _of_candidate(u: Expr, n: Expr) -> Setting:
    log = W("campaign_log", u, n)
    return _set(log, on.last(log))


def _of_agent(n: Expr) -> Setting:
    log = W("log", n)
    return _set(log, on.last(log))


def _of_leader(t: Expr, i: Expr) -> Setting:
    return _set(_led_log(t), i)


def _heir(t: Expr) -> tuple[Expr, Expr]:
    heir = W("successor_term", t)
    return heir, W("leader_of", heir)


Terms = Callable[..., tuple[Expr, ...]]


def _each(names: Sequence[str], instance: Terms) -> tuple[Lemma, ...]:
    """Show one instance of each of several laws."""
    return tuple(Lemma(name, _without_world(instance)) for name in names)


def _without_world(instance: Terms) -> Instance:
    return lambda _, *names: instance(*names)


def _show(*shown: tuple[str, Terms]) -> tuple[Lemma, ...]:
    return tuple(Lemma(name, _without_world(instance)) for name, instance in shown)


def _by_precedence(one: Setting, other: Setting) -> list[Expr]:
    """Tell two rolls that are one, and two of which the second is ahead."""
    (q, tq, _), (p, s, _) = one, other
    same = all_of(equal(p, q), equal(tq, s))
    return [same, any_of(tq < s, all_of(equal(tq, s), q < p))]


# --- electorates that are near --------------------------------------------------------


def _near(
    key: Terms,
    setting: Callable[..., Setting],
    of_one: Sequence[str],
    rise: str,
) -> Proof:
    """Compare the roll of a log with that of the leader of t at i."""

    def pick(*names: Expr) -> tuple[tuple[Expr, ...], Expr, Expr, Setting, Setting]:
        *of, t, i = names
        return key(*of), t, i, setting(*of), _of_leader(t, i)

    def at(*names: Expr) -> tuple[Expr, ...]:
        of, _, _, (q, _, _), _ = pick(*names)
        return (*of, q)

    def at_ground(*names: Expr) -> tuple[Expr, ...]:
        of, _, _, _, (_, _, g) = pick(*names)
        return (*of, g)

    def up(*names: Expr) -> tuple[Expr, ...]:
        of, _, _, (q, _, _), (_, _, g) = pick(*names)
        return (*of, q, g)

    def down(*names: Expr) -> tuple[Expr, ...]:
        of, _, _, (q, _, _), (_, _, g) = pick(*names)
        return (*of, g, q)

    def led(which: Terms) -> Terms:
        def instance(*names: Expr) -> tuple[Expr, ...]:
            _, t, i, (_, _, g), (p, _, _) = pick(*names)
            return (t, *which(p, g, i))

        return instance

    def chosen(*names: Expr) -> tuple[Expr, ...]:
        _, t, _, (_, tq, g), _ = pick(*names)
        return tq, g, t, W("leader_of", t)

    return Proof(
        uses=(GROUNDED, "no term is negative"),
        lemmas_before=(
            *_show(
                (GROUNDED, lambda *names: pick(*names)[4][1::-1]),
                (GROUNDED, lambda *names: pick(*names)[3][1::-1]),
            ),
            *_each(of_one, at),
            *_each(of_one, at_ground),
            *_each(OF_LEADERS, led(lambda p, _, __: (p,))),
            *_each(OF_LEADERS, led(lambda _, g, __: (g,))),
            *_each((rise,), up),
            *_each((rise,), down),
            *_each((RISE_LED,), led(lambda p, g, _: (p, g))),
            *_each((RISE_LED,), led(lambda _, g, i: (g, i))),
            *_each((RISE_LED,), led(lambda p, _, i: (i, p))),
            *_show((COMPLETE, chosen)),
        ),
        cases=lambda *names: _by_precedence(*pick(*names)[3:]),
    )


NEAR: Final = _near(lambda u, n: (u, n), _of_candidate, OF_CANDIDATES, RISE_STOOD)
NEAR_OWN: Final = _near(lambda n: (n,), _of_agent, OF_AGENTS, RISE)


def _both(
    count: int, setting: Callable[..., Setting], of_one: Sequence[str], rise: str
) -> Proof:
    """Compare the roll of a log with that of a candidate."""

    def mine(*names: Expr) -> Setting:
        return setting(*names[:count])

    def theirs(*names: Expr) -> Setting:
        return _of_candidate(*names[count:])

    def one(*places: Callable[..., Expr]) -> Terms:
        return lambda *names: (*names[:count], *(place(*names) for place in places))

    def other(*places: Callable[..., Expr]) -> Terms:
        return lambda *names: (*names[count:], *(place(*names) for place in places))

    def q(*names: Expr) -> Expr:
        return mine(*names)[0]

    def p(*names: Expr) -> Expr:
        return theirs(*names)[0]

    def my_ground(*names: Expr) -> Expr:
        return mine(*names)[2]

    def their_ground(*names: Expr) -> Expr:
        return theirs(*names)[2]

    return Proof(
        uses=(GROUNDED, "no term is negative"),
        lemmas_before=(
            *_show(
                (GROUNDED, lambda *names: theirs(*names)[1::-1]),
                (GROUNDED, lambda *names: mine(*names)[1::-1]),
            ),
            *_each(of_one, one(q)),
            *_each(of_one, one(their_ground)),
            *_each(OF_CANDIDATES, other(p)),
            *_each(OF_CANDIDATES, other(my_ground)),
            *_each((rise,), one(q, their_ground)),
            *_each((RISE_STOOD,), other(p, my_ground)),
        ),
        cases=lambda *names: _by_precedence(mine(*names), theirs(*names)),
    )


BOTH: Final = _both(2, _of_candidate, OF_CANDIDATES, RISE_STOOD)
BOTH_OWN: Final = _both(1, _of_agent, OF_AGENTS, RISE)

# --- the winner of an election --------------------------------------------------------

_OF_WINNERS: Final = (
    "the disk has the log",
    "the disk has the term",
    "the disk has the vote",
    "no term is negative",
    "a cast bounds the term",
    "a candidate with a vote voted for itself",
    "a vote that is held was cast",
    "a candidate voted for itself",
    "a counted vote was cast",
    "a granted vote was cast",
    "who leads is known to have led",
    "history knows the leader",
    "history knows the log of a leader",
    "a candidate has not led",
    "the roll is that of the log",
    "a leader voted for itself",
    KEEPS,
    DROPS,
)
_OF_ELECTIONS: Final = (
    STOOD_WITHOUT_IS_BLOCKED,
    NEAR_LED,
    NEAR_AGENT,
    NEAR_BOTH,
    NEAR_AGENT_BOTH,
    NEAR_HEIR,
    COMPLETE,
    GROUNDED,
    OLD_ROLL,
    ELECTED,
    OF_CANDIDATES[0],
    OF_LEADERS[0],
    OF_AGENTS[0],
    HAS_HEIR,
    CHOSE_OWN,
    "what was held is its leaders",
    "a voter saw what it held",
    LEFT,
    CHOSEN_HELD,
    NOT_BLOCKED,
    *_OF_WINNERS,
)


def _mine() -> Setting:
    return _of_agent(ME)


def _cases_of_wins(t: Expr, i: Expr) -> list[Expr]:
    _, term, _ = _mine()
    voting = on.electorate_at(OWN, on.last(OWN))
    near = on.near(voting, on.electorate_at(_led_log(t), i))
    return [term > t, all_of(term <= t, near)]


WINS: Final = Proof(
    uses=_OF_ELECTIONS,
    lemmas_before=(
        *_show(
            (NEAR_AGENT, lambda t, i: (ME, t, i)),
            (KEPT, lambda t, i: (ME, t, i)),
            (
                STOOD_WITHOUT_IS_BLOCKED,
                lambda t, i: (_mine()[1], W("leader_of", _mine()[1]), t, i),
            ),
            (RISE_LED, lambda _, i: (_mine()[1], i, _mine()[0])),
            (KEEPS, lambda _, i: (_mine()[1], W("leader_of", _mine()[1]), i)),
            (GROUNDED, lambda t, i: _of_leader(t, i)[1::-1]),
        ),
        *_each(OF_AGENTS, lambda *_: (ME, _mine()[0])),
        *_each(OF_LEADERS, lambda t, i: (t, _of_leader(t, i)[0])),
    ),
    inductions=(Induction(lambda _, t, i: _of_leader(t, i)[1:], lambda _, i: (i,)),),
    cases=_cases_of_wins,
)

# --- what a later leader stood without ------------------------------------------------


def _new_ground(after: World) -> Expr:
    """Name the ground of a roll that a leader has just set."""
    return simplify(after("ground", TERM, on.last(OWN) + 1))


def _cases_of_stood(u: Expr, n: Expr, t: Expr, i: Expr) -> list[Expr]:
    known = W("led", u, n)
    old = all_of(W("led", t, W("leader_of", t)), has(_led_log(t), i, t))
    return [all_of(known, old), known]


def _of_heir(t: Expr) -> Setting:
    return _of_candidate(*_heir(t))


NEW_GROUND: Final = Proof(
    lemmas_before=_show(
        (CHOSE_OWN, lambda: (ME,)), (NOT_BLOCKED, lambda: (TERM, COMMITTED))
    )
)
NEW_ROLL: Final = Proof(
    uses=(
        OLD_ROLL,
        "the disk has the log",
        "the roll is that of the log",
        "who leads is known to have led",
        "history knows the leader",
        "history knows the log of a leader",
        "a leader voted for itself",
        "a cast is among electors",
    ),
    lemmas_before=(
        Lemma(STOOD_WITHOUT_IS_BLOCKED, lambda w: (*_heir(TERM), TERM, _new_ground(w))),
        Lemma(OF_CANDIDATES[1], lambda w: (*_heir(TERM), _new_ground(w))),
        Lemma(AGREE_STOOD, lambda w: (*_heir(TERM), _new_ground(w), _mine()[0])),
        Lemma(AGREE_STOOD, lambda w: (*_heir(TERM), _new_ground(w), _of_heir(TERM)[0])),
        Lemma(RISE_STOOD, lambda w: (*_heir(TERM), _of_heir(TERM)[0], _new_ground(w))),
        *_show(
            (OLD_ROLL, lambda: (TERM,)),
            (AGREE_STOOD, lambda: (*_heir(TERM), *(_of_heir(TERM)[0],) * 2)),
        ),
        *_each(OF_CANDIDATES, lambda: (*_heir(TERM), _of_heir(TERM)[0])),
    ),
    lemmas_of_step=(Lemma("a new ground is not blocked", lambda _: ()),),
)

STOOD_WITHOUT: Final = Proof(
    uses=_OF_ELECTIONS,
    lemmas_before=(
        *_show(
            (OLD_ROLL, lambda _, __, t, ___: (t,)),
            (HAS_HEIR, lambda u, n, t, _: (t, u, n)),
            (ELECTED, lambda _, __, t, ___: _heir(t)),
            (NEAR_HEIR, lambda _, __, t, ___: (t, on.last(OWN))),
            (NEAR_AGENT_BOTH, lambda _, __, t, ___: (ME, *_heir(t))),
            (STOOD_WITHOUT_IS_BLOCKED, lambda _, __, t, ___: (*_heir(t), *_mine()[1:])),
            (GROUNDED, lambda _, __, ___, ____: _mine()[1::-1]),
            (GROUNDED, lambda _, __, t, ___: _of_candidate(*_heir(t))[1::-1]),
        ),
        *_each(
            OF_CANDIDATES,
            lambda _, __, t, ___: (*_heir(t), _of_candidate(*_heir(t))[0]),
        ),
        *_each(OF_AGENTS, lambda *_: (ME, _mine()[0])),
    ),
    lemmas_after=(
        Lemma(
            ONE_LEADER_A_TERM,
            lambda w, *_: (w("term", ME), W("leader_of", w("term", ME)), ME),
        ),
    ),
    lemmas_of_step=(
        Lemma(WINNER_STOOD, lambda _, __, ___, t, i: (t, i)),
        Lemma(WINNER_STOOD, lambda _, __, ___, t, ____: _of_candidate(*_heir(t))[1:]),
        Lemma("a new roll is near that of the heir", lambda *_: ()),
    ),
    cases=_cases_of_stood,
)

# --- one leader a term ----------------------------------------------------------------


def _of_two(which: int) -> tuple[tuple[Lemma, ...], tuple[Lemma, ...]]:
    """Show what one of two leaders of a term stood with."""

    def of(t: Expr, *both: Expr) -> tuple[Expr, Expr]:
        return t, both[which]

    def setting(t: Expr, *both: Expr) -> Setting:
        return _of_candidate(*of(t, *both))

    def others(t: Expr, *both: Expr) -> Setting:
        return _of_candidate(t, both[1 - which])

    before = (
        *_show(
            (NEAR_AGENT_BOTH, lambda *names: (ME, *of(*names))),
            (STOOD_WITHOUT_IS_BLOCKED, lambda *names: (*of(*names), *_mine()[1:])),
            (
                STOOD_WITHOUT_IS_BLOCKED,
                lambda *names: (*of(*names), *others(*names)[1:]),
            ),
            (GROUNDED, lambda *names: setting(*names)[1::-1]),
        ),
        *_each(OF_CANDIDATES, lambda *names: (*of(*names), setting(*names)[0])),
    )
    step = (Lemma(WINNER_STOOD, lambda _, *names: setting(*names)[1:]),)
    return before, step


ONE_LEADER: Final = Proof(
    uses=(*_OF_ELECTIONS, "an agent casts one vote a term"),
    lemmas_before=(
        *_show((GROUNDED, lambda *_: _mine()[1::-1])),
        *_each(OF_AGENTS, lambda *_: (ME, _mine()[0])),
        *_of_two(0)[0],
        *_of_two(1)[0],
    ),
    lemmas_of_step=(*_of_two(0)[1], *_of_two(1)[1]),
)

# --- commits --------------------------------------------------------------------------

LACKED: Final = Proof(
    uses=_OF_WINNERS,
    lemmas_after=(Lemma(STOOD_WITHOUT_IS_BLOCKED, lambda _, *names: names),),
)

HELD_WHAT_WAS_CHOSEN: Final = Proof(
    uses=(
        "an acknowledgement is of what was held",
        "what matches was held",
        "what matches is within the log",
        "what was held is its leaders",
        "a commit index is final",
        "a cast is among electors",
        *_OF_WINNERS,
        *(OF_AGENTS[0], OF_LEADERS[0], RISE),
        "logs agree with leaders",
    ),
    lemmas_before=_show(
        ("an acknowledgement is of what was held", lambda _, i: (ACKNOWLEDGING, i))
    ),
)

CHOSEN_NOW: Final = Proof(
    uses=(
        STOOD_WITHOUT_IS_BLOCKED,
        LEFT,
        CHOSEN_HELD,
        "what was held is its leaders",
        "no term is negative",
        "a cast bounds the term",
        "who leads is known to have led",
        "history knows the leader",
        "history knows the log of a leader",
        "a candidate has not led",
        "a leader voted for itself",
        KEEPS,
        DROPS,
        "the disk has the log",
        "the disk has the term",
        "a vote that is held was cast",
        "a candidate voted for itself",
    ),
    lemmas_before=(
        Lemma(KEEPS, lambda w, u: (u, W("leader_of", u), w("commit_index", ME))),
        Lemma(DROPS, lambda _, u: (u, W("leader_of", u))),
    ),
    lemmas_after=(
        Lemma(CHOSEN_HELD, lambda w, _: (w("term", ME), w("commit_index", ME))),
        Lemma(
            STOOD_WITHOUT_IS_BLOCKED,
            lambda w, u: (
                u,
                W("leader_of", u),
                w("term", ME),
                w("commit_index", ME),
            ),
        ),
        Lemma(LEFT, lambda w, _: (w("term", ME), w("commit_index", ME))),
        Lemma(
            ONE_LEADER_A_TERM,
            lambda w, _: (w("term", ME), W("leader_of", w("term", ME)), ME),
        ),
    ),
)

GROUND: Final = Proof(lemmas_before=_show((CHOSE_OWN, lambda *_: (ME,))))

# --- reads and leases -----------------------------------------------------------------


def _meets_heir(term: Callable[..., Expr]) -> tuple[Lemma, ...]:
    """Show that the electorate in use meets that of the heir of a term."""

    def end(*names: Expr) -> tuple[Expr, Expr]:
        t = term(*names)
        return t, on.last(_led_log(t))

    def leader(*names: Expr) -> tuple[Expr, Expr]:
        t = term(*names)
        return t, W("leader_of", t)

    return _show(
        (NEAR_HEIR, end),
        (KEEPS, lambda *names: (*leader(*names), end(*names)[1])),
        (DROPS, leader),
    )


_OF_ROUNDS: Final = (
    "a cast is among electors",
    "a commit index is final",
    "a late round has an heir",
    "a leader voted for itself",
    "a reply names what was acknowledged",
    "a round was begun by a leader",
    "an heir was elected",
    "history knows the leader",
    "history knows the log of a leader",
    "no round is ahead of its leader",
    "the roll is that of the log",
    "the round of a leader was begun",
    "what was acknowledged was begun",
    "what was seen was acknowledged",
    "who elects an heir has left",
    "who leads is known to have led",
    "who left acknowledges nothing new",
    KEEPS,
    DROPS,
)
_OF_READS: Final = (
    "a cast bounds the term",
    "a floor was chosen",
    "a leader has committed what was chosen before",
    "a parked read is fresh",
    "a read waits for its round",
    "a request was asked",
    "an answer is fresh",
    CHOSEN_HELD,
    ELECTED,
    HAS_HEIR,
    OLD_ROLL,
)
UNCONFIRMED: Final = Proof(uses=_OF_ROUNDS, lemmas_before=_meets_heir(lambda *_: TERM))
FRESH: Final = Proof(
    uses=(*_OF_ROUNDS, *_OF_READS), lemmas_before=_meets_heir(lambda *_: TERM)
)
ACKNOWLEDGED: Final = Proof(
    uses=(
        "a lease begins with its round",
        "a lease was confirmed",
        "a cast is among electors",
        "a reply names what was acknowledged",
        "a leader voted for itself",
        "history knows the leader",
        "history knows the log of a leader",
        "no round is ahead of its leader",
        "the roll is that of the log",
        "the round of a leader was begun",
        "what was acknowledged was begun",
        "what was seen was acknowledged",
        "who leads is known to have led",
        "a candidate has not led",
    )
)
OF_HEIR: Final = Proof(lemmas_before=_meets_heir(lambda n: W("term", n)))


def _leased(n: Expr) -> tuple[Expr, Expr]:
    """Name the term of a leader and the end of its log."""
    t = W("term", n)
    return t, on.last(_led_log(t))


IN_TIME: Final = Proof(
    uses=(
        *_OF_ELECTIONS,
        RISE,
        "a cast is among electors",
        "logs agree with leaders",
        "logs of leaders agree with leaders",
        "a round was begun by a leader",
        "a promise lasts",
        "who stands has promised nothing",
        "a transfer voids the lease",
        "TransferNow comes from a leader",
        "who is followed led",
        "a reply names what was acknowledged",
        "what was seen was acknowledged",
        "what was acknowledged was begun",
        "no round is ahead of its leader",
        "an heir was elected",
        "who elects an heir has left",
        "a round is past",
        "an heir is past",
        "rounds follow each other",
        "a later vote comes after the promise",
        "an heir comes after the promises",
        "a lease begins with its round",
        "a lease was confirmed",
        "a lease counts from a round",
        "a quorum acknowledged the round of a lease",
    ),
    lemmas_before=(
        *OF_HEIR.lemmas_before,
        *_show(
            (NEAR_AGENT, lambda n: (ME, *_leased(n))),
            (GROUNDED, lambda n: _of_leader(*_leased(n))[1::-1]),
            (
                HAS_HEIR,
                lambda n: (W("term", n), _mine()[1], W("leader_of", _mine()[1])),
            ),
        ),
        *_each(OF_LEADERS, lambda n: (W("term", n), _of_leader(*_leased(n))[0])),
        *_each(OF_AGENTS[:1], lambda _: (ME, _mine()[0])),
    ),
    lemmas_of_step=(Lemma(WINNER_STOOD, lambda _, n: _of_leader(*_leased(n))[1:]),),
)
