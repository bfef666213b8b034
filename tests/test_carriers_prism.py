"""The client against prism (npm @stoplight/prism-cli), which checks each request and answers from the official files. Runs where prism is at hand: on PATH, or LANDED_PRISM."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

import carrier_spec as spec
from carrier_world import BOOKING
from landed.errors import LandedError
from landed.freight.carriers.dcsa import DcsaCarrier
from landed.freight.carriers.message import build
from landed.freight.carriers.settings import Api, carriers
from landed.freight.carriers.wire import Wire

PRISM = os.environ.get("LANDED_PRISM") or shutil.which("prism") or ""
pytestmark = [
    pytest.mark.skipif(not PRISM, reason="prism is not at hand (npm install @stoplight/prism-cli; LANDED_PRISM names it)"),
    pytest.mark.skipif(not spec.DCSA.is_dir(), reason="the DCSA specification files (../shared/freight/dcsa) are not here"),
]


@pytest.fixture(scope="module")
def prism() -> Iterator[object]:
    """Starts prism on one specification file at a time; gives its address."""
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        path = spec.DCSA / spec.FILES[name]
        if name == "tnt2":  # its list defaults are one text each, which no reader takes
            found = {**spec.document(name)}
            found.pop("servers", None)
            path = Path(tempfile.mkdtemp()) / "tnt2.json"
            path.write_text(json.dumps(found), encoding="utf-8")
        # With --errors prism also fails on its own answer: the example of the 2.2 file breaks the file's schema.
        strict = [] if name == "tnt2" else ["--errors"]
        process = subprocess.Popen([PRISM, "mock", "--port", str(port), "--host", "127.0.0.1", *strict, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(process)
        for _ in range(150):
            try:
                httpx.get(f"http://127.0.0.1:{port}/", timeout=1, trust_env=False)
                return f"http://127.0.0.1:{port}"
            except httpx.HTTPError:
                time.sleep(0.2)
        raise AssertionError("prism does not start")

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=10)


def client(url: str, tracking: Api | None = None) -> DcsaCarrier:
    base = carriers()["sim"]
    settings = replace(base, base_url=url, apis={**base.apis, **({"tracking": tracking} if tracking else {})})
    return DcsaCarrier(settings, Wire(settings))


def test_the_client_speaks_schedules_to_prism(prism: object) -> None:
    carrier = client(prism("cs"))  # type: ignore[operator]
    assert carrier.point_to_point("NLAMS", "SGSIN", departureStartDate="2026-12-01", maxTranshipment=1)[0]
    assert carrier.port_schedules("NLAMS", "2026-12-01")
    assert carrier.vessel_schedules(vesselIMONumber="9321483")
    with pytest.raises(LandedError) as raised:
        carrier.point_to_point("amsterdam", "SGSIN")
    assert raised.value.code in ("CARRIER_REFUSED", "CARRIER_FAILED")


def test_the_client_speaks_bookings_to_prism(prism: object) -> None:
    carrier = client(prism("bkg"))  # type: ignore[operator]
    message = build(BOOKING, "LD-1", "SIML")
    assert carrier.submit(message)
    carrier.change("cbrr-123", message)
    for what in ({"bookingStatus": "CANCELLED"}, {"amendedBookingStatus": "AMENDMENT_CANCELLED"}, {"bookingCancellationStatus": "CANCELLATION_RECEIVED", "reason": "none"}):
        carrier.cancel("cbrr-123", what)
    found = carrier.booking("cbrr-123")
    assert found is not None and found.state
    with pytest.raises(LandedError):
        carrier.submit({})


@pytest.mark.parametrize(("name", "api"), [("tnt2", Api("2.2", "/v2")), ("tnt3", Api("3.0", ""))])
def test_the_client_speaks_tracking_to_prism(prism: object, name: str, api: Api) -> None:
    found = client(prism(name), api).events(booking="ABC709951", container="APZU4812090")  # type: ignore[operator]
    assert found.events or found.refused or found.deviations == ()
