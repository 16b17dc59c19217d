"""Bends of what a configuration refuses. Worlds are made of good ones."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.mutant import Bend, Harm

SETTING_BENDS: Final = (
    Bend(
        id="elector-named-twice",
        source="protocol, S4",
        guard="config.unique: an elector is named twice",
        module="config",
        before="""\
        if list(group.members) != sorted(set(group.members)):
""",
        after="""\
        if list(group.members) != sorted(group.members):
""",
    ),
    Bend(
        id="agents-named-twice",
        source="protocol, S4",
        guard="config.unique: an id that is given twice is taken once",
        module="config",
        before="""\
        if name in seen:
            # config.unique
            raise ConfigError(f"agent ids must be unique, got {name!r} twice")
""",
        after="",
    ),
    Bend(
        id="identity-without-electorate",
        source="41, hashicorp #114",
        guard="config.identity: the identity is the name alone",
        module="config",
        before="""\
        key = f"{MeshId(self.mesh_id)}({','.join(electors.members)})"
""",
        after="""\
        key = f"{MeshId(self.mesh_id)}"
""",
    ),
    Bend(
        id="nobody-is-a-name",
        source="protocol, S4",
        guard="config.names: an agent has the name of nobody",
        module="config",
        before="""\
    return name != "" and NAME.issuperset(name)
""",
        after="""\
    return NAME.issuperset(name)
""",
    ),
    Bend(
        id="any-sign-in-a-name",
        source="protocol, S4",
        guard="config.names: a name has a comma",
        module="config",
        before="""\
    return name != "" and NAME.issuperset(name)
""",
        after="""\
    return name != ""
""",
    ),
    Bend(
        id="no-electors",
        source="41, hashicorp #114",
        guard="config.initial-leaders: a mesh has no electors",
        module="config",
        before="""\
    if config.initial_leaders.size == 0:  # config.initial-leaders
""",
        after="""\
    if config.initial_leaders.size < 0:
""",
    ),
    Bend(
        id="elector-and-worker",
        source="37, openraft d882e743",
        guard="config.one-part: an agent is an elector and a worker",
        module="config",
        before="""\
    if both.size:  # config.one-part
""",
        after="""\
    if both.size > both.size:
""",
    ),
    Bend(
        id="agent-of-another-mesh",
        source="41, hashicorp #114",
        guard="config.member: an agent is none of its mesh",
        module="config",
        before="""\
    if not config.initial_leaders.united(config.workers).has(AgentId(config.agent_id)):
""",
        after="""\
    if not _is_name(config.agent_id):
""",
    ),
    Bend(
        id="counts-below-the-least",
        source="protocol, bounds",
        guard="config.counts: a length of time is 0",
        module="config",
        before="""\
        if number < least:  # config.counts
""",
        after="""\
        if number < 0:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="timeout-within-a-heartbeat",
        source="Ongaro 3.9",
        guard="config.timeouts: an election timeout is as short as a heartbeat",
        module="config",
        before="""\
    if election <= heartbeat:  # config.timeouts
""",
        after="""\
    if election < heartbeat:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="leader-timeout-too-short",
        source="Ongaro 3.9",
        guard="config.timeouts: a leader timeout is below the election timeout",
        module="config",
        before="""\
    if config.leader_timeout_ms < election:  # config.timeouts
""",
        after="""\
    if config.leader_timeout_ms < heartbeat:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="leader-timeout-of-one-round",
        source="Ongaro 6.2",
        guard="config.timeouts: no round fits between two quorum checks",
        module="config",
        before="""\
    if config.leader_timeout_ms < 2 * heartbeat:
""",
        after="""\
    if config.leader_timeout_ms < heartbeat:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="drift-of-everything",
        source="32, tikv #964",
        guard="config.drift: a clock may stand still",
        module="config",
        before="""\
    if config.clock_drift_ppm >= PPM:  # config.drift
""",
        after="""\
    if config.clock_drift_ppm > PPM:
""",
    ),
    Bend(
        id="lease-without-a-drift",
        source="32, tikv #964",
        guard="config.drift: a lease is given without a bound on clocks",
        module="config",
        before="""\
    if config.clock_drift_ppm == 0:  # config.drift
""",
        after="""\
    if config.clock_drift_ppm < 0:
""",
    ),
    Bend(
        id="lease-of-any-length",
        source="32, tikv #964",
        guard="config.lease: a lease is as long as it is said to be",
        module="config",
        before="""\
    if config.lease_ms > longest:  # config.lease
""",
        after="""\
    if config.lease_ms > PPM:
""",
    ),
    Bend(
        id="lease-without-the-drift",
        source="32, tikv #964",
        guard="config.lease: the longest lease is computed for true clocks",
        module="config",
        before="""\
    return election_timeout_ms * (PPM - clock_drift_ppm) // (PPM + clock_drift_ppm)
""",
        after="""\
    return election_timeout_ms * PPM // PPM
""",
    ),
    Bend(
        id="no-warning-of-an-even-electorate",
        source="seed, Leader Configuration",
        guard="config.even-electorate: an even electorate is not warned of",
        module="config",
        before="""\
        if electors.size % 2 == 0:  # config.even-electorate
""",
        after="""\
        if electors.size < 0:
""",
        harm=Harm.LIVENESS,
    ),
    Bend(
        id="drift-asked-without-a-lease",
        source="32, tikv #964",
        guard="config.drift: a drift must be stated where there is no lease",
        module="config",
        before="""\
    if config.lease_ms == 0:
        return
""",
        after="",
        harm=Harm.LIVENESS,
    ),
)
"""What can be done to configurations."""
