"""Ready what-ifs as the pages use them: named with their parameters in one text ("section_301_on_country country=IN rate_pct=25"), never a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

VALUE = re.compile(r"[A-Za-z0-9_.%-]{1,24}")


@lru_cache(maxsize=64)
def knobs(name: str) -> dict[str, dict[str, str]]:
    """The parameters of a ready what-if: kind (country, percent, day, chapter), default and title by name."""
    from pathlib import Path

    from landed import lawbook
    from landed.doors.web.state import ready
    from landed.lawbook.load import parse_yaml
    from landed.lawbook.overlay import READY

    if name not in ready():
        return {}
    path = Path(str(lawbook.__file__)).parent.parent / "law" / "us" / READY / f"{name}.yaml"
    found = parse_yaml(path.read_bytes(), path.name).get("parameters") or {}
    return {str(key): {"kind": str(row.get("kind")), "default": str(row.get("default", "")), "title": str(row.get("title") or key)} for key, row in found.items()}


def parts(text: str) -> tuple[str, dict[str, str]] | None:
    """The name and the values in a text, None where it is no ready what-if with parameters of its own."""
    from landed.doors.web.state import ready

    name, *given = text.split()[:12] or [""]
    values = dict(pair.split("=", 1) for pair in given if "=" in pair)
    if name not in ready() or len(values) != len(given) or not values.keys() <= knobs(name).keys() or not all(VALUE.fullmatch(v) for v in values.values()):
        return None
    return name, values


def started(name: str, origin: str = "", code: str = "") -> str:
    """A what-if with its parameters at the goods that are looked at, and its defaults elsewhere."""
    digits = "".join(filter(str.isdigit, code))
    own = {"country": origin.upper() if re.fullmatch("[A-Za-z]{2}", origin) else "", "chapter": digits[:2] if len(digits) >= 2 else ""}
    return named(name, {key: own.get(row["kind"]) or row["default"] for key, row in knobs(name).items()})


def named(name: str, values: Mapping[str, Any]) -> str:
    """The text of a what-if with its values; those that are none are left to their defaults."""
    kept = {key: str(values[key]).strip() for key in knobs(name) if VALUE.fullmatch(str(values.get(key, "")).strip())}
    return " ".join([name, *(f"{key}={value}" for key, value in kept.items())])


def fields(text: str) -> list[dict[str, str]]:
    """The parameters of a what-if as fields of a form: {name, kind, title, value}."""
    found = parts(text)
    if not found:
        return []
    return [{"name": key, "kind": row["kind"], "title": row["title"][:1].upper() + row["title"][1:], "value": found[1].get(key, row["default"])} for key, row in knobs(found[0]).items()]


def titled(text: str) -> str:
    """A what-if in words, with its values."""
    from landed.doors.web.state import ready

    found = parts(text)
    if not found:
        return ""
    said = ", ".join(f"{row['title']} {found[1].get(key, row['default'])}" for key, row in knobs(found[0]).items())
    return f"{ready()[found[0]]}{f' ({said})' if said else ''}"
