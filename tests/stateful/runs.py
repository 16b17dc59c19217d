"""Runs of clusters from which tests begin."""

from __future__ import annotations

import random

from primacy import AgentId, Timer
from tests.stateful.driver import Driver, mesh_of

A, B, C = AgentId("a"), AgentId("b"), AgentId("c")


def led(batch: int = 64, newcomers: int = 0) -> Driver:
    """Give a mesh of three in which a leads and all have heard it."""
    driver = Driver(mesh_of(3, 0, batch, newcomers))
    driver.elect(A, driver.names)
    for _ in range(2):
        driver.begin_round(A, driver.names)
    driver.talk(driver.names)
    assert driver.leaders() == [A]
    return driver


def wandered(seed: int, steps: int = 400) -> Driver:
    """Give a mesh to which chance has done this and that, with some writes."""
    driver, chance = led(), random.Random(seed)  # noqa: S311 - no secret
    for _ in range(steps):
        match chance.randrange(8):
            case 0 if driver.leaders():
                driver.write(chance.choice(driver.leaders()))
            case 1 if driver.ready():
                timer = chance.choice(list(Timer))
                driver.elapse(chance.choice(driver.ready()), timer)
            case 2 if chance.random() < 0.1:
                driver.cluster.crash(chance.choice(driver.ready()))
                (down,) = set(driver.names) - set(driver.ready())
                driver.cluster.restart(down)
            case _ if driver.arriving():
                driver.deliver(driver.arriving()[0])
    return driver
