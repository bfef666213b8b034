"""Reads carriers.toml: who the carriers are, which versions they speak, how they know us. Secrets come from the environment only."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from landed.errors import LandedError
from landed.freight.reference import DATA

LOOKUPS = ("booking", "none")
KINDS = ("none", "key", "oauth")
APIS = ("schedules", "booking", "tracking")
VERSIONS = {"schedules": ("1.0",), "booking": ("2.0",), "tracking": ("2.2", "3.0")}
FIELDS = {"title", "base_url", "carrier_code", "schedules", "booking", "tracking", "rates", "auth", "own_reference_lookup", "settle_seconds", "timeout_seconds", "enabled", "verified"}


@dataclass(frozen=True, slots=True)
class Api:
    """One interface of a carrier: its version and the path before its resources."""

    version: str
    path: str


@dataclass(frozen=True, slots=True)
class Auth:
    """How a carrier knows us: names of headers and of environment variables, never a secret."""

    kind: str = "none"
    key_header: str = ""
    key_env: str = ""
    token_url: str = ""
    id_env: str = ""
    secret_env: str = ""
    scope: str = ""

    def needs(self) -> tuple[str, ...]:
        """The environment variables that must hold something."""
        return tuple(name for name in (self.key_env, self.id_env, self.secret_env) if name)


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """One table of carriers.toml.

    `own_reference_lookup` says whether the carrier finds a booking by our reference in the path of the booking ("booking") or not ("none");
    `settle_seconds` how long after a booking without an answer it may still come to light.
    """

    name: str
    title: str
    base_url: str
    carrier_code: str = ""
    apis: Mapping[str, Api] = field(default_factory=dict)
    rates_source: str = ""
    rates_path: str = ""
    auth: Auth = field(default_factory=Auth)
    own_reference_lookup: str = "none"
    settle_seconds: float = 300.0
    timeout_seconds: float = 20.0
    enabled: bool = True
    verified: bool = True

    def missing(self) -> tuple[str, ...]:
        """Environment variables that are named and empty."""
        return tuple(name for name in self.auth.needs() if not os.environ.get(name))

    def api(self, name: str) -> Api:
        """An interface; raises CARRIER_LACKS where the carrier offers none."""
        if name not in self.apis:
            raise LandedError("CARRIER_LACKS", f"{self.title} offers no {name} in carriers.toml", where="carrier", mend=f"It offers: {', '.join(self.apis) or 'prices only'}.")
        return self.apis[name]


def carriers() -> dict[str, CarrierSettings]:
    """Every carrier by name, the user's file laid over the shipped one; raises BAD_CARRIERS_FILE."""
    tables = _tables(DATA / "carriers.toml")
    own = own_file()
    if own.is_file():
        for name, table in _tables(own).items():
            tables[name] = {**tables.get(name, {}), **table}
    return {name: _read(name, table) for name, table in tables.items()}


def own_file() -> Path:
    """Where the user's carriers.toml stands: LANDED_CARRIERS, else the data folder."""
    from landed.schedule.site import data_folder

    return Path(os.environ["LANDED_CARRIERS"]) if os.environ.get("LANDED_CARRIERS") else data_folder() / "carriers.toml"


def carrier_settings(name: str) -> CarrierSettings:
    """One carrier, ready to be asked; raises UNKNOWN_CARRIER, CARRIER_NOT_CONFIGURED."""
    known = carriers()
    found = known.get(name.strip().lower())
    if found is None:
        raise LandedError("UNKNOWN_CARRIER", f"no carrier is named {name[:40]!r}", where="carrier", mend=f"One of {', '.join(known)}; add yours to carriers.toml.", near=list(known))
    if not found.enabled:
        raise LandedError("CARRIER_NOT_CONFIGURED", f"{found.title} is switched off", where="carrier", mend=f"Set enabled = true in [{found.name}] of your carriers.toml.")
    if missing := found.missing():
        raise LandedError("CARRIER_NOT_CONFIGURED", f"{found.title} needs {', '.join(missing)}", where="carrier", mend="Set what is missing in the environment; see docs/carriers.md.", missing=list(missing))
    return found


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad(path.name, str(error)[:160]) from None
    for name, table in found.items():
        if not isinstance(table, dict):
            raise _bad(name, "expected a table for each carrier")
        if unknown := sorted(set(table) - FIELDS):
            raise _bad(f"{name}.{unknown[0]}", f"unknown key; known are {', '.join(sorted(FIELDS))}")
    return found


def _read(name: str, table: Mapping[str, Any]) -> CarrierSettings:
    base = str(table.get("base_url", "")).rstrip("/")
    _check_url(name, base)
    said = table.get("auth", {})
    if not isinstance(said, dict) or set(said) - set(Auth.__dataclass_fields__):
        raise _bad(f"{name}.auth", f"known keys are {', '.join(Auth.__dataclass_fields__)}; a secret stands in the environment" if isinstance(said, dict) else "expected a table")
    auth = Auth(**{k: str(v) for k, v in said.items()})
    if auth.kind not in KINDS:
        raise _bad(f"{name}.auth.kind", f"expected one of {', '.join(KINDS)}, got {auth.kind[:20]!r}")
    if auth.kind == "oauth":
        _check_url(f"{name}.auth", auth.token_url)
    apis = {}
    for api in APIS:
        if api in table:
            if not isinstance(table[api], dict):
                raise _bad(f"{name}.{api}", "expected a table with version and path")
            version = str(table[api].get("version", ""))
            if not version.startswith(VERSIONS[api]):
                raise _bad(f"{name}.{api}.version", f"expected {' or '.join(VERSIONS[api])}, got {version[:10]!r}")
            apis[api] = Api(version, str(table[api].get("path", "")).rstrip("/"))
    rates = table.get("rates", {})
    if not isinstance(rates, dict):
        raise _bad(f"{name}.rates", "expected a table with source and path")
    lookup = str(table.get("own_reference_lookup", "none"))
    if lookup not in LOOKUPS:
        raise _bad(f"{name}.own_reference_lookup", f"expected one of {', '.join(LOOKUPS)}, got {lookup[:20]!r}")
    try:
        settle, timeout = float(table.get("settle_seconds", 300)), float(table.get("timeout_seconds", 20))
    except (TypeError, ValueError):
        raise _bad(f"{name}.settle_seconds", "expected seconds") from None
    # A second post may only follow when the first cannot be under way any more.
    if not 0 < timeout < settle:
        raise _bad(f"{name}.settle_seconds", f"expected more than timeout_seconds ({timeout:g}), got {settle:g}")
    return CarrierSettings(
        name=name, title=str(table.get("title", name)), base_url=base, carrier_code=str(table.get("carrier_code", "")), apis=apis,
        rates_source=str(rates.get("source", "")), rates_path=str(rates.get("path", "")), auth=auth, own_reference_lookup=lookup,
        settle_seconds=settle, timeout_seconds=timeout, enabled=bool(table.get("enabled", True)), verified=bool(table.get("verified", True)),
    )  # fmt: skip


def _check_url(where: str, url: str) -> None:
    parts = urlsplit(url)
    loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise _bad(where, "expected an https address (http only on this machine)")
    if parts.username or parts.password:
        raise _bad(where, "an address holds no password; name an environment variable")


def _bad(where: str, why: str) -> LandedError:
    return LandedError("BAD_CARRIERS_FILE", why, where=where, mend="See docs/carriers.md.")
