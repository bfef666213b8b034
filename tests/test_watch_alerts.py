"""Alerts: a real SMTP conversation on loopback, a signed webhook, each change told once, and nothing marked when a sending fails."""

from __future__ import annotations

import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from landed.doors import alerts
from landed.doors.cli.main import app
from landed.errors import LandedError
from landed.operations.registry import find

PRODUCTS = [{"sku": "PUZZLE", "hts_code": "9503.00.00.73", "country_of_origin": "CN", "value_per_year": "100000"}]


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs, and a switch that refuses."""

    def handle(self) -> None:
        server: Any = self.server
        self.wfile.write(b"220 box\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"EHLO":
                self.wfile.write(b"250 box\r\n")
            elif word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += self.rfile.readline()
                server.got.append(body)
                self.wfile.write(b"554 no\r\n" if server.refuse else b"250 taken\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def box() -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.got, server.refuse = [], False  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def changes() -> Any:
    return find("watch_changes").run({"products": PRODUCTS, "since": "2025-04-01", "until": "2025-04-11"}).changes


def test_a_change_is_mailed_once_and_again_only_after_a_failure(box: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.setenv("LANDED_SMTP_URL", f"smtp://127.0.0.1:{box.server_address[1]}")
    monkeypatch.setenv("LANDED_MAIL_FROM", "landed@example.com")
    (tmp_path / "p.json").write_text(json.dumps(PRODUCTS))
    asked = ["alert", "--mail-to", "you@example.com", "--products", str(tmp_path / "p.json"), "--since", "2025-04-01", "--until", "2025-04-11"]
    box.refuse = True
    assert "MAIL_FAILED" in CliRunner().invoke(app, asked).output
    box.refuse = False
    assert ", sent" in CliRunner().invoke(app, asked).output
    assert "0 new changes" in CliRunner().invoke(app, asked).output
    text = box.got[-1].decode()
    assert len(box.got) == 2 and "To: you@example.com" in text and "9903.01.63" in text and "PUZZLE" in text


def test_a_dry_run_sends_nothing(box: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    (tmp_path / "p.json").write_text(json.dumps(PRODUCTS))
    done = CliRunner().invoke(app, ["alert", "--mail-to", "you@example.com", "--products", str(tmp_path / "p.json"), "--since", "2025-04-01", "--until", "2025-04-11", "--dry-run"])
    assert "not sent" in done.output and "Landed:" in done.output and box.got == [] and not (tmp_path / "alerts.json").exists()


def test_a_password_never_goes_over_a_plain_line(box: Any) -> None:
    server = alerts.server_of(f"smtp://me:secret@127.0.0.1:{box.server_address[1]}")
    with pytest.raises(LandedError, match="no encryption"):
        alerts.mail(server, "landed@example.com", "you@example.com", changes())
    assert box.got == []


@pytest.mark.parametrize("raw", ["you", "a@b.com\r\nBcc: x@y.z", "You <you@example.com>", "", "a b@c.de"])
def test_addresses_that_could_smuggle_a_header_are_refused(raw: str) -> None:
    with pytest.raises(LandedError):
        alerts.address(raw, "--mail-to")


def test_a_webhook_is_signed_over_time_and_body() -> None:
    sent: list[Any] = []
    alerts.call("https://hooks.example.com/landed".replace("example.com", "landed-hooks.com"), "secret", changes(), send=lambda url, body, headers: sent.append((body, headers)) or 204)
    body, headers = sent[0]
    stamp, made = (part.partition("=")[2] for part in headers["Landed-Signature"].split(","))
    assert made == hmac.new(b"secret", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert json.loads(body)["changes"][0]["sku"] == "PUZZLE"


@pytest.mark.parametrize("url", ["http://hooks.landed-hooks.com", "https://127.0.0.1/x", "https://localhost/x", "https://10.0.0.8/x", "https://[::1]/x", "file:///etc/passwd"])
def test_private_addresses_are_never_called(url: str) -> None:
    with pytest.raises(LandedError) as caught:
        alerts.call(url, "secret", changes(), send=lambda *_: 200)
    assert caught.value.code == "URL_REFUSED"


def test_a_receiver_that_fails_is_said() -> None:
    with pytest.raises(LandedError) as caught:
        alerts.call("https://hooks.landed-hooks.com/x", "secret", changes(), send=lambda *_: 500)
    assert caught.value.code == "WEBHOOK_FAILED"
