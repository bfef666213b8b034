"""A world for tests of carriers: the simulated carrier behind a transport, a clock that nobody waits for, a desk with its journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from landed.freight.carriers.dcsa import DcsaCarrier
from landed.freight.carriers.desk import BookingDesk
from landed.freight.carriers.journal import Journal
from landed.freight.carriers.settings import CarrierSettings, carriers
from landed.freight.carriers.simulator.carrier import SimAnswer, SimulatedCarrier
from landed.freight.carriers.simulator.faults import Faults
from landed.freight.carriers.wire import Wire

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BOOKING = {
    "carrier": "sim", "origin": "CNSHA", "destination": "USLAX", "equipment": [{"type": "45G1", "units": 2, "gross_kg": "18000", "commodity": "toys", "hs_code": "9503.00"}],
    "booking_agent": "Example Ltd", "contract": "C1", "departure_date": "2026-12-01",
}  # fmt: skip


class QuickJournal(Journal):
    """A journal that does not wait for the disk: a crash here ends a call, not the machine."""

    sync = "OFF"


class Crash(BaseException):
    """The process dies here."""


class World(httpx.BaseTransport):
    """Simulator, clock and client in one; `checked` holds each message to the official specification, `crash` kills the client after a call."""

    def __init__(self, folder: Path, *, checked: bool = False, tracking: str = "2.2", deciding: timedelta | None = timedelta(hours=2), processing: timedelta = timedelta(seconds=1), **settings: Any) -> None:
        self.moment, self.checked, self.crash = START, checked, ""
        self.seen: list[tuple[str, str, int]] = []
        self.sim = SimulatedCarrier(lambda: self.moment, Faults(), deciding=deciding, processing=processing)
        base = carriers()["sim"]
        apis = dict(base.apis)
        if tracking == "3.0":
            apis["tracking"] = replace(apis["tracking"], version="3.0.0", path="/v3")
        self.settings: CarrierSettings = replace(base, apis=apis, **settings)
        self.folder = folder
        self.desk = self.restarted()

    @property
    def carrier(self) -> DcsaCarrier:
        """The client of the simulator."""
        return DcsaCarrier(self.settings, Wire(self.settings, httpx.Client(transport=self), sleep=self.sleep, now=lambda: self.moment.timestamp()))

    def restarted(self) -> BookingDesk:
        """A desk of a new process on the same journal."""
        self.desk = BookingDesk(QuickJournal(self.folder / "bookings.db", lambda: self.moment.timestamp()), lambda name: self.carrier)
        return self.desk

    def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self.moment += timedelta(seconds=seconds)

    def go(self, **by: float) -> None:
        """Let the carrier's time go by in steps, ours with it."""
        end = self.moment + timedelta(**by)
        while self.moment < end:
            self.moment = min(end, self.moment + timedelta(hours=6))
            self.sim.bookings.go(self.sim.now)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request of the client, answered by the simulator."""
        body = request.read()
        if self.crash == "before":
            raise Crash
        query = dict(request.url.params)
        answer = self.sim.handle(request.method, request.url.path, query, body)
        self.seen.append((request.method, request.url.path, answer.status))
        if self.checked and not answer.silent:
            self.check(request.method, request.url.path, query, body, answer)
        if self.crash == "after":
            raise Crash
        if answer.silent:
            self.sleep(self.settings.timeout_seconds)
            raise httpx.ReadTimeout("silence", request=request)
        return httpx.Response(answer.status, headers=dict(answer.headers or {}), content=answer.content())

    @staticmethod
    def check(method: str, path: str, query: dict[str, str], body: bytes, answer: SimAnswer) -> None:
        """Hold both messages to the specification; an empty 202 is what its words ask for, though its schema names a body."""
        import carrier_spec

        spec = carrier_spec.openapi(carrier_spec.of_path(path))
        request = carrier_spec._Request(method, path, {k: v for k, v in query.items() if ":" not in k}, {"API-Version": "2"}, body or None)
        spec.validate_request(request)
        if not (answer.status == 202 and not answer.content()):
            carrier_spec.check_response(spec, request, answer.status, dict(answer.headers or {}), answer.content())

    def held(self, own: str) -> int:
        """How many bookings the carrier holds under our reference, those it still works on too."""
        return sum(1 for each in self.sim.bookings.all if any(r["value"] == own for r in each.content["references"]))
