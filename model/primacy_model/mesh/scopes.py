"""The scopes of meshes: what is explored, how far, and what each is for: one table.

A scope is a shape of the mesh (who, which budgets, how many terms and rounds), the
things that must happen in it at least once, and one sentence that says what it covers.
Nothing is bounded but what its shape bounds. The counts of states are pinned in
`tests/model/mesh/test_scopes.py`.

The `DEFAULT` scopes are what `primacy check` explores; with `--deep` it explores the
`DEEP` ones, too.
"""

from __future__ import annotations

from typing import Final

from primacy.outputs import Reason
from primacy_model.checker.actors import Assembled
from primacy_model.mesh.actions import (
    BELOW,
    CONFLICT,
    IGNORED,
    KEPT,
    KNOWN,
    RESENT,
    STALE,
    MeshLocal,
)
from primacy_model.mesh.agent import Budgets, Gate, InFlight
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.history import History
from primacy_model.mesh.model import Mesh

MeshScope = Assembled[MeshLocal, InFlight, Gate, History]
"""A mesh of one shape, as a model that can be explored."""


def _scope(
    name: str,
    summary: str,
    shape: Shape,
    sometimes: tuple[str, ...],
    refusals: tuple[Reason, ...] = (),
    *,
    manners: tuple[str, ...] = (),
) -> MeshScope:
    return Assembled(Mesh(name, summary, shape, sometimes, refusals, manners=manners))


DEFAULT: Final = (
    _scope(
        "initial-election",
        "Two of three initial leaders claim, stand and win from empty disks.",
        Shape(terms=1, impatient=("a", "b")),
        ("elected", "contested"),
    ),
    _scope(
        "initial-election-pair",
        "Two initial leaders go through two terms from empty disks.",
        Shape(electors=("a", "b"), terms=2),
        ("elected", "elected-again", "contested"),
    ),
    _scope(
        "regular-election",
        "Two followers of a leader stand while one of them crashes and restarts.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b", "c"),
            crashers=("b", "c"),
            budgets=Budgets(crashes=1),
        ),
        ("elected-again", "contested"),
    ),
    _scope(
        "replication",
        "A write is replicated while a second leader takes over.",
        Shape(begins="elected", terms=2, impatient=("b",), budgets=Budgets(writes=1)),
        ("elected-again", "committed"),
    ),
    _scope(
        "reads",
        "The leader is read while another takes over unseen.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(rounds=1, reads=1),
        ),
        ("elected-again", "read-served"),
    ),
    _scope(
        "follower-reads",
        "A follower and the leader are read while a write is replicated.",
        Shape(
            begins="elected",
            terms=1,
            impatient=("b",),
            clients_at=("a", "c"),
            budgets=Budgets(rounds=1, reads=1, writes=1),
        ),
        ("committed", "read-served"),
    ),
    _scope(
        "fencing",
        "A leader pauses before it acts on a resource while another takes over.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b", "c"),
            budgets=Budgets(effects=2),
        ),
        ("elected-again", "effect-refused"),
    ),
    _scope(
        "partition",
        "The network splits and heals; leaders and followers act on both sides.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("a", "b"),
            budgets=Budgets(partitions=1),
        ),
        ("elected-again", "both-sides"),
    ),
    _scope(
        "partition-write",
        "A leader takes a write on one side of a partition.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(partitions=1, writes=1),
        ),
        ("elected-again", "both-sides", "committed"),
    ),
    _scope(
        "impossible-packets",
        "At any moment everyone hears every packet that cannot be, and rejects it.",
        Shape(
            begins="elected",
            workers=("d",),
            terms=2,
            impatient=("b",),
            budgets=Budgets(rounds=1),
            intruders=True,
        ),
        ("elected-again",),
    ),
    _scope(
        "worker",
        "A worker follows, hears nobody, and neither votes nor stands.",
        Shape(begins="elected", workers=("w",), terms=2, impatient=("b", "w")),
        ("elected-again", "committed"),
    ),
    _scope(
        "worker-reads",
        "A worker answers a heartbeat round and is read, and counts for nothing.",
        Shape(
            begins="elected",
            workers=("w",),
            terms=1,
            impatient=("a", "w"),
            clients_at=("w",),
            budgets=Budgets(rounds=1, reads=1),
        ),
        ("read-served",),
    ),
    _scope(
        "transfer",
        "The leader hands over on request while it checks its quorum and others stand.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("a", "b"),
            budgets=Budgets(transfers=1),
        ),
        ("elected-again", "transferred"),
    ),
    _scope(
        "lossy-network",
        "Every packet is delivered once, lost, or duplicated within a budget.",
        Shape(
            electors=("a", "b"),
            terms=1,
            network="bag",
            budgets=Budgets(drops=1, duplicates=1),
        ),
        ("elected", "contested"),
    ),
    _scope(
        "initial-election-crash",
        "Three initial leaders stand from empty disks while one crashes and restarts.",
        Shape(terms=1, budgets=Budgets(crashes=1)),
        ("elected", "contested"),
    ),
    _scope(
        "initial-election-four",
        "Two of four initial leaders stand from empty disks, and one of them crashes.",
        Shape(
            electors=("a", "b", "c", "d"),
            terms=1,
            impatient=("a", "b"),
            crashers=("a",),
            budgets=Budgets(crashes=1),
        ),
        ("elected", "contested"),
    ),
    _scope(
        "three-terms",
        "A follower stands in two more terms while another crashes and restarts.",
        Shape(
            begins="elected",
            terms=3,
            impatient=("b",),
            crashers=("c",),
            budgets=Budgets(crashes=1),
        ),
        ("elected-again",),
    ),
    _scope(
        "five-electors",
        "Two of five electors stand while a third crashes and restarts.",
        Shape(
            electors=("a", "b", "c", "d", "e"),
            begins="elected",
            terms=2,
            impatient=("b", "c"),
            crashers=("d",),
            budgets=Budgets(crashes=1),
        ),
        ("elected-again", "contested"),
    ),
    _scope(
        "two-writes",
        "Logs grow by two entries in the first of two terms, and by one in the second.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(writes=2),
        ),
        ("elected-again", "committed"),
    ),
    _scope(
        "reads-and-transfer",
        "The leader is read while it hands over, and another takes over unseen.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(rounds=1, reads=1, transfers=1),
        ),
        ("elected-again", "read-served", "transferred"),
    ),
    _scope(
        "follower-reads-unseen",
        "A follower is read while another elector takes over unseen.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("c",),
            budgets=Budgets(rounds=1, reads=1),
        ),
        ("elected-again", "read-served"),
    ),
    _scope(
        "transfer-write",
        "The leader hands over on request while a client writes.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(transfers=1, writes=1),
        ),
        ("elected-again", "transferred"),
    ),
    _scope(
        "partition-both-sides",
        "The network splits and heals, and everyone stands on either side.",
        Shape(begins="elected", terms=2, budgets=Budgets(partitions=1)),
        ("elected-again", "both-sides", "contested"),
    ),
    _scope(
        "partition-round",
        "A heartbeat round is begun while the network splits and heals.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            budgets=Budgets(partitions=1, rounds=1),
        ),
        ("elected-again", "both-sides"),
    ),
    _scope(
        "worker-crash",
        "A worker changes nothing while two stand and anyone crashes and restarts.",
        Shape(
            begins="elected",
            workers=("w",),
            terms=2,
            impatient=("b", "c", "w"),
            budgets=Budgets(crashes=1),
        ),
        ("elected-again", "contested"),
    ),
    _scope(
        "change",
        "A leader takes electors off the roll, one by one, while those stand.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b", "c"),
            changes=("demote b at a", "demote c at a"),
            budgets=Budgets(changes=2),
        ),
        ("elected-again", "contested", "changed", "undone", "taken-off", "removed"),
        (Reason.CHANGING, Reason.NO_SUCH_CHANGE, Reason.NOT_LEADER, Reason.NO_LEADER),
    ),
    _scope(
        "change-crash",
        "A leader takes electors off the roll while anyone crashes and restarts.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            changes=("demote b at a", "demote c at a"),
            budgets=Budgets(changes=2, crashes=1),
        ),
        ("elected-again", "changed", "undone", "taken-off"),
        (Reason.CHANGING,),
    ),
    _scope(
        "change-rivals",
        "A leader and the one before it, of four electors, each change the roll.",
        Shape(
            electors=("a", "b", "c", "d"),
            begins="rivals",
            down=("d",),
            terms=2,
            impatient=("a", "c"),
            changes=("demote d at a", "demote a at b"),
            budgets=Budgets(changes=2),
        ),
        ("elected-again", "changed", "undone"),
        (Reason.TERM_NOT_COMMITTED,),
    ),
    _scope(
        "grow",
        "A mesh of one grows to three electors, one by one, and a new one stands.",
        Shape(
            electors=("a",),
            workers=("b", "c"),
            begins="elected",
            terms=2,
            impatient=("b",),
            changes=("promote b", "promote c"),
            budgets=Budgets(changes=2),
        ),
        ("elected-again", "changed", "newcomer-leads"),
        (Reason.CHANGING, Reason.NO_SUCH_CHANGE),
    ),
    _scope(
        "grow-at-once",
        "A mesh of one grows to three electors at once, and a new one stands.",
        Shape(
            electors=("a",),
            workers=("b", "c"),
            begins="elected",
            terms=2,
            impatient=("b",),
            changes=("replace a b c",),
            budgets=Budgets(changes=1),
        ),
        ("elected-again", "changed", "settled", "newcomer-leads"),
    ),
    _scope(
        "replace",
        "A new elector is added and one that is dead is taken off, in turn.",
        Shape(
            workers=("d",),
            begins="elected",
            down=("c",),
            terms=2,
            impatient=("b",),
            changes=("promote d", "demote c"),
            budgets=Budgets(changes=2),
        ),
        ("elected-again", "changed"),
        (Reason.CHANGING,),
    ),
    _scope(
        "replace-at-once",
        "An elector that is dead is replaced by a worker, by both electorates.",
        Shape(
            workers=("d",),
            begins="elected",
            down=("c",),
            terms=2,
            impatient=("b",),
            changes=("replace a b d",),
            budgets=Budgets(changes=1),
        ),
        ("elected-again", "changed", "settled"),
    ),
    _scope(
        "replace-leader",
        "One of two electors, which leads, is replaced by a worker; both stand.",
        Shape(
            electors=("a", "b"),
            workers=("c",),
            begins="elected",
            terms=2,
            impatient=("a", "b"),
            changes=("replace b c",),
            budgets=Budgets(changes=1),
        ),
        (
            "elected-again",
            "contested",
            "settled",
            "settled-by-heir",
            "removed",
            "taken-off",
            "transferred",
        ),
        (Reason.NOT_CAUGHT_UP,),
    ),
    _scope(
        "join",
        "An agent on no roll joins and is made an elector; the first one may leave.",
        Shape(
            electors=("a",),
            joiners=("b",),
            begins="elected",
            terms=2,
            changes=("admit b", "promote b", "demote a"),
            budgets=Budgets(changes=3, rounds=1, crashes=1),
        ),
        ("elected-again", "changed", "joined", "newcomer-leads", "removed"),
        (Reason.NOT_CAUGHT_UP,),
    ),
    _scope(
        "join-again",
        "An agent joins, is dismissed, and joins again.",
        Shape(
            electors=("a",),
            joiners=("b",),
            begins="elected",
            terms=2,
            impatient=("a",),
            changes=("admit b", "promote b", "dismiss b"),
            budgets=Budgets(changes=3, rounds=1),
        ),
        ("elected-again", "changed", "joined"),
        (Reason.NO_SUCH_CHANGE,),
    ),
    _scope(
        "leader-leaves",
        "A leader takes itself off the roll and hands over, then or before.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b", "c"),
            changes=("demote a",),
            budgets=Budgets(changes=1, transfers=1),
        ),
        ("elected-again", "contested", "changed", "removed", "transferred"),
        (Reason.TERM_NOT_COMMITTED, Reason.TRANSFERRING),
    ),
    _scope(
        "snapshot",
        "Snapshots of a leader and of its followers stand for what they have applied.",
        Shape(
            begins="elected",
            terms=1,
            impatient=("a",),
            clients_at=("a",),
            budgets=Budgets(rounds=1, writes=1, snapshots=2),
        ),
        ("committed", "compacted"),
        manners=(KNOWN, BELOW, RESENT, IGNORED),
    ),
    _scope(
        "snapshot-rest",
        "A later leader's snapshot meets logs that have what follows it.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            snapshots_at=("b",),
            budgets=Budgets(writes=1, snapshots=1),
        ),
        ("elected-again", "committed", "compacted", "inherited"),
        manners=(KEPT, KNOWN),
    ),
    _scope(
        "snapshot-conflict",
        "A later leader's snapshot meets a log with another entry in its place.",
        Shape(
            begins="rivals",
            terms=3,
            impatient=("c",),
            clients_at=("a",),
            snapshots_at=("b", "c"),
            budgets=Budgets(writes=1, snapshots=1),
        ),
        ("elected-again", "committed", "compacted", "inherited"),
        manners=(CONFLICT, STALE),
    ),
    _scope(
        "snapshot-change",
        "A change of the roll is before a snapshot, the last of it, or taken back.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            snapshots_at=("b",),
            changes=("demote c at a",),
            budgets=Budgets(writes=1, changes=1, snapshots=1),
        ),
        ("elected-again", "changed", "undone", "roll-compacted", "inherited"),
        manners=(KEPT, KNOWN),
    ),
    _scope(
        "snapshot-restart",
        "A leader and a follower take snapshots, and one of them crashes and restarts.",
        Shape(
            begins="elected",
            terms=1,
            impatient=("a",),
            crashers=("a", "b"),
            clients_at=("a",),
            snapshots_at=("a", "b"),
            budgets=Budgets(rounds=1, writes=1, crashes=1, snapshots=2),
        ),
        ("committed", "compacted", "stopped-behind"),
        manners=(RESENT, KNOWN),
    ),
    _scope(
        "snapshot-join",
        "An agent on no roll joins a mesh whose log has lost its beginning, and leads.",
        Shape(
            electors=("a",),
            joiners=("b",),
            begins="elected",
            terms=2,
            changes=("admit b", "promote b"),
            budgets=Budgets(changes=2, rounds=1, snapshots=1),
        ),
        ("changed", "joined", "newcomer-leads", "compacted", "roll-compacted"),
        manners=(RESENT, BELOW),
    ),
    _scope(
        "snapshot-inherited",
        "Anyone takes a snapshot, a later leader sends it, and anyone may crash.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(writes=1, crashes=1, snapshots=1),
        ),
        ("elected-again", "committed", "compacted", "stopped-behind", "inherited"),
        manners=(KEPT,),
    ),
)
"""What `primacy check` explores, and worlds with clocks besides."""

DEEP: Final = (
    _scope(
        "initial-election-four-deep",
        "Three of four initial leaders claim, stand and win from empty disks.",
        Shape(electors=("a", "b", "c", "d"), terms=1, impatient=("a", "b", "c")),
        ("elected", "contested"),
    ),
    _scope(
        "initial-election-two-terms",
        "Two of three initial leaders go through two terms from empty disks.",
        Shape(terms=2, impatient=("a", "b")),
        ("elected", "elected-again", "contested"),
    ),
    _scope(
        "three-terms-deep",
        "Two followers stand in two more terms while anyone crashes and restarts.",
        Shape(
            begins="elected",
            terms=3,
            impatient=("b", "c"),
            budgets=Budgets(crashes=1),
        ),
        ("elected-again", "contested"),
    ),
    _scope(
        "five-electors-deep",
        "Three of five electors stand.",
        Shape(
            electors=("a", "b", "c", "d", "e"),
            begins="elected",
            terms=2,
            impatient=("b", "c", "d"),
        ),
        ("elected-again", "contested"),
    ),
    _scope(
        "partition-write-deep",
        "A write is taken anywhere while the network splits and everyone stands.",
        Shape(begins="elected", terms=2, budgets=Budgets(partitions=1, writes=1)),
        ("elected-again", "both-sides", "committed"),
    ),
    _scope(
        "partition-three-terms",
        "Two stand in three terms while the network splits and heals.",
        Shape(
            begins="elected",
            terms=3,
            impatient=("a", "b"),
            budgets=Budgets(partitions=1),
        ),
        ("elected-again", "both-sides", "contested"),
    ),
    _scope(
        "change-deep",
        "A leader takes an elector off the roll while two stand in two more terms.",
        Shape(
            begins="elected",
            terms=3,
            impatient=("b", "c"),
            changes=("demote b at a", "demote c at a"),
            budgets=Budgets(changes=1),
        ),
        ("elected-again", "contested", "changed", "undone", "taken-off"),
    ),
    _scope(
        "change-rivals-deep",
        "A leader and the one before it change the roll, and the earlier one stands.",
        Shape(
            electors=("a", "b", "c", "d"),
            begins="rivals",
            down=("d",),
            terms=3,
            impatient=("a",),
            changes=("demote d at a", "demote a at b"),
            budgets=Budgets(changes=2),
        ),
        ("elected-again", "changed", "undone"),
        (Reason.TERM_NOT_COMMITTED,),
    ),
    _scope(
        "replace-deep",
        "A dead elector is replaced, in turn or at once, while two others stand.",
        Shape(
            workers=("d",),
            begins="elected",
            down=("c",),
            terms=2,
            impatient=("b", "d"),
            changes=("promote d at a", "demote c at a", "replace a b d at a"),
            budgets=Budgets(changes=2),
        ),
        ("elected-again", "contested", "changed", "settled", "newcomer-leads"),
        (Reason.CHANGING,),
    ),
    _scope(
        "snapshot-deep",
        "A later leader takes a snapshot of one of three entries that others may lack.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            snapshots_at=("b",),
            budgets=Budgets(writes=2, snapshots=1),
        ),
        ("elected-again", "committed", "compacted", "inherited"),
        manners=(KEPT, KNOWN),
    ),
    _scope(
        "snapshot-join-deep",
        "A joiner is made an elector behind a snapshot, and the first one may leave.",
        Shape(
            electors=("a",),
            joiners=("b",),
            begins="elected",
            terms=2,
            changes=("admit b", "promote b", "demote a"),
            budgets=Budgets(changes=3, rounds=1, snapshots=2),
        ),
        (
            "changed",
            "joined",
            "newcomer-leads",
            "compacted",
            "roll-compacted",
            "removed",
        ),
        manners=(RESENT, BELOW, KNOWN),
    ),
)
"""What `primacy check --deep` explores besides."""
