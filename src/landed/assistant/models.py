"""Which model does which work: roles bound to endpoints by environment variables and a file of the data folder."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from landed.errors import LandedError

Role = Literal["reason", "fast", "vision", "embed"]
ROLES: tuple[Role, ...] = ("reason", "fast", "vision", "embed")
FILE = "models.toml"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Binding:
    """One role bound to a model of an endpoint. `key` is never shown nor logged; `timeout` is in seconds of silence, `budget` in seconds in all."""

    role: Role
    model: str
    base_url: str
    key: str = field(default="", repr=False)
    limit_field: str = "max_tokens"
    thinking_on: Mapping[str, Any] = field(default_factory=dict)
    thinking_off: Mapping[str, Any] = field(default_factory=dict)
    always_think: bool = False
    timeout: float = 60.0
    budget: float = 180.0
    retries: int = 2

    @property
    def host(self) -> str:
        """The host that would be sent the question."""
        return urlsplit(self.base_url).hostname or ""


@dataclass(frozen=True, slots=True)
class Models:
    """What is bound, and what the user should know of it. `off` says in words why a role is off."""

    preset: str
    bindings: Mapping[Role, Binding]
    off: Mapping[Role, str]
    warnings: tuple[str, ...] = ()

    def get(self, role: Role) -> Binding | None:
        """The binding of a role, or None where it is off; `fast` and `reason` stand in for each other."""
        other: Role | None = {"fast": "reason", "reason": "fast"}.get(role)  # type: ignore[assignment]
        return self.bindings.get(role) or (self.bindings.get(other) if other else None)


@lru_cache(maxsize=1)
def known() -> dict[str, Any]:
    """The packaged presets and the table of names that are gone."""
    import yaml

    found: dict[str, Any] = yaml.safe_load((HERE / "data" / "models.yaml").read_text(encoding="utf-8"))
    return found


def bound(folder: Path | None = None, environ: Mapping[str, str] | None = None) -> Models:
    """The roles as they are configured. Nothing is on until a preset or an address is chosen: a key in the environment alone sends nothing anywhere.

    `models.toml` of the data folder is read first, LANDED_AI_* variables win. Raises LandedError BAD_MODELS_FILE, UNKNOWN_PRESET, URL_REFUSED.
    """
    env = os.environ if environ is None else environ
    stated = _file(folder)
    name = env.get("LANDED_AI_PRESET") or str(stated.get("preset") or "")
    address = env.get("LANDED_AI_BASE_URL") or str(stated.get("base_url") or "")
    if not name and not address or name in ("off", "none"):
        why = "no model is configured: set LANDED_AI_PRESET (model_studio, openai or local), or LANDED_AI_BASE_URL"
        return Models("", {}, dict.fromkeys(ROLES, why))
    presets = known()["presets"]
    if name and name not in presets:
        raise LandedError("UNKNOWN_PRESET", f"no preset is named {name[:40]!r}", where="LANDED_AI_PRESET", mend=f"One of {', '.join(presets)}, or off.")
    preset = presets[name or "local"]
    workspace = env.get("LANDED_AI_WORKSPACE") or str(stated.get("workspace") or "")
    if not address:
        address = preset["workspace_url"].format(workspace=workspace) if workspace and "workspace_url" in preset else preset["base_url"]
    bindings: dict[Role, Binding] = {}
    off: dict[Role, str] = {}
    warnings: list[str] = []
    for role in ROLES:
        own = stated.get("roles", {}).get(role, {})
        own = {"model": own} if isinstance(own, str) else own
        if not isinstance(own, Mapping):
            raise LandedError("BAD_MODELS_FILE", f"expected a name or a table for the role {role}, got {type(own).__name__}", where=FILE, mend=f'Write {role} = "name of the model".')
        model = env.get(f"LANDED_AI_{role.upper()}") or str(own.get("model") or preset["roles"].get(role) or "")
        base_url = checked(env.get(f"LANDED_AI_{role.upper()}_URL") or str(own.get("base_url") or address))
        if not model:
            off[role] = f"no model is named for it: set LANDED_AI_{role.upper()}"
            continue
        key, why = _key(env, stated, own, preset)
        if why and not _near(base_url):
            off[role] = why
            continue
        model, thinks, warning = successor(model)
        if warning:
            warnings.append(warning)
        bindings[role] = Binding(
            role, model, base_url.rstrip("/"), key, preset["limit_field"], preset["thinking"]["deep"], preset["thinking"]["plain"], thinks,
            _number(env, "LANDED_AI_TIMEOUT", stated.get("timeout"), 60.0), _number(env, "LANDED_AI_BUDGET", stated.get("budget"), 180.0),
        )  # fmt: skip
    return Models(name or "own", bindings, off, tuple(dict.fromkeys(warnings)))


def successor(model: str) -> tuple[str, bool, str]:
    """The model to ask for, whether it thinks by itself, and a warning where the name is gone."""
    for row in known()["aliases"]:
        if row["name"] == model:
            words = f"The model {model} was to end on {row['ended']}; {row['instead']}{' with thinking' if row['thinking'] else ''} is asked instead. Name the model you want in the configuration."
            return row["instead"], bool(row["thinking"]), words
    return model, False, ""


def checked(address: str) -> str:
    """An address that may be sent questions: https, or http on this machine; raises LandedError URL_REFUSED."""
    parts = urlsplit(address)
    plain = parts.scheme == "http" and _near(address)
    if (parts.scheme != "https" and not plain) or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise LandedError("URL_REFUSED", f"expected an https address of a model endpoint (http only on this machine), got {address[:80]!r}", where="LANDED_AI_BASE_URL", mend="Write https://host/v1.")
    return address


def _near(address: str) -> bool:
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def _file(folder: Path | None) -> dict[str, Any]:
    path = folder / FILE if folder else None
    if path is None or not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as broken:
        raise LandedError("BAD_MODELS_FILE", f"expected TOML, got a file that cannot be read: {str(broken)[:120]}", where=FILE, mend="See docs/models.md for its form.") from None
    if "key" in found:
        raise LandedError("BAD_MODELS_FILE", "expected no key in the file", where=FILE, mend="Name the variable that holds it (key_env), or a file that only you can read (key_file).")
    if not isinstance(found.get("roles", {}), dict):
        raise LandedError("BAD_MODELS_FILE", "expected a table [roles]", where=FILE, mend="See docs/models.md for its form.")
    return found


def _key(env: Mapping[str, str], stated: Mapping[str, Any], own: Mapping[str, Any], preset: Mapping[str, Any]) -> tuple[str, str]:
    """The key, or why there is none."""
    if key := env.get("LANDED_AI_KEY", "").strip():
        return key, ""
    if path := own.get("key_file") or stated.get("key_file"):
        try:
            return Path(str(path)).expanduser().read_text(encoding="utf-8").strip(), ""
        except OSError:
            return "", "its key_file cannot be read"
    name = str(own.get("key_env") or stated.get("key_env") or preset["key_env"])
    key = env.get(name, "").strip() if name else ""
    return (key, "") if key else ("", f"no key: set {name or 'LANDED_AI_KEY'}")


def _number(env: Mapping[str, str], name: str, stated: Any, default: float) -> float:
    try:
        return min(max(float(env.get(name) or stated or default), 0.1), 900.0)
    except (TypeError, ValueError):
        return default
