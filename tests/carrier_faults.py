"""One booking through a bad day: faults before and after acceptance, crashes of ours, late processing; what is held at the end is counted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from carrier_world import BOOKING, Crash, World
from landed.errors import LandedError
from landed.freight.carriers.simulator.faults import BOOKING_FAULTS, REQUEST_FAULTS


@dataclass(frozen=True)
class Outcome:
    """What one bad day came to: bookings the carrier holds, whether the journal names the one it holds, calls, faults, crashes."""

    held: int
    known: bool
    posts: int
    faults: int
    crashes: int
    doubts: int


def bad_day(seed: int, folder: Path) -> Outcome:
    """Confirm one booking over and over until it is settled, whatever happens."""
    chance = random.Random(seed)
    world = World(folder, processing=timedelta(seconds=chance.uniform(0, 9)))
    prepared = world.desk.prepare_booking({**BOOKING, "reference": f"RUN-{seed}"})
    faults = crashes = doubts = 0
    for _ in range(chance.randint(1, 6)):
        kind = chance.choice(REQUEST_FAULTS)
        world.sim.faults.lay_up(kind, count=chance.choice((1, 1, 2, 5)), method=chance.choice(("POST", "POST", "GET", "")))
        faults += 1
    if chance.random() < 0.4:
        world.sim.faults.lay_up(chance.choice(BOOKING_FAULTS))
        faults += 1
    for _ in range(40):
        calm = _ >= 25
        if calm:
            world.sim.faults.requests.clear()
        world.crash = chance.choice(("", "", "before", "after")) if not calm else ""
        try:
            record = world.desk.confirm(prepared.token)
            if record.status == "booked" and chance.random() < 0.6:
                break
        except Crash:
            crashes += 1
            world.restarted()
        except LandedError as error:
            doubts += error.code == "BOOKING_IN_DOUBT"
        world.sleep(chance.uniform(0, 25))
    world.crash = ""
    world.sim.faults.requests.clear()
    world.go(hours=12)
    record = world.restarted().record(prepared.own_reference)
    theirs = {each.reference for each in world.sim.bookings.all}
    posts = sum(1 for method, path, _ in world.seen if method == "POST" and path.endswith("/bookings"))
    return Outcome(world.held(prepared.own_reference), record.carrier_reference in theirs, posts, faults, crashes, doubts)
