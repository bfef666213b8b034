"""Lays a what-if over the law: programmes added, ended or replaced, in the shape of the law itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from landed.errors import LandedError
from landed.lawbook.index import names
from landed.lawbook.load import parse_yaml, read_facts_mapping
from landed.lawbook.model import LawBook, ListRow, Measure, Programme
from landed.lawbook.programme import day_of, read_programme
from landed.lawbook.rate_text import parse_law_rate
from landed.lawbook.template import filled, split_name

KEYS = {"overlay", "title", "programmes", "end", "replace", "lists", "facts", "floors"}
READY = "overlays"  # ready overlays of a pack: law/us/overlays/NAME.yaml
READY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Whether a text may be a file of this machine: a server that answers others says no (docs/security.md).
FILES_MAY_BE_NAMED: ContextVar[bool] = ContextVar("overlay files may be named", default=True)


def overlaid(law: LawBook, overlay: Any) -> LawBook:
    """The law with an overlay laid over it; the same book when the overlay is empty.

    `overlay` is a mapping, a path to a YAML file, or the name of a ready overlay of the pack.
    Raises LandedError BAD_OVERLAY (unreadable, unknown names) or BAD_LAW_FILE (a programme that does not read).
    """
    content = read_overlay(overlay)
    if not any(content.get(key) for key in ("programmes", "end", "replace", "lists", "facts", "floors")):
        return law
    return _overlaid(law, json.dumps(content, sort_keys=True, default=str))


@lru_cache(maxsize=32)
def _overlaid(law: LawBook, canonical: str) -> LawBook:
    import hashlib

    content = json.loads(canonical)
    known = {p.id for p in law.programmes}
    programmes = {p.id: p for p in law.programmes}
    for row in content.get("replace") or ():
        programme = read_programme(_with_defaults(row, law), "overlay replace")
        if programme.id not in known:
            raise LandedError("BAD_OVERLAY", f"nothing to replace: {programme.id} is not in the law", where="overlay.replace", mend="Use `programmes` to add a new one.")
        programmes[programme.id] = programme
    for row in content.get("programmes") or ():
        programme = read_programme(_with_defaults(row, law), "overlay programmes")
        if programme.id in known:
            raise LandedError("BAD_OVERLAY", f"{programme.id} is already law", where="overlay.programmes", mend="Use `replace`, or another id.")
        programmes[programme.id] = programme
    for row in content.get("end") or ():
        _check_end(row)
        programmes = _ended(programmes, str(row["name"]), day_of(row["from"], "overlay.end"))
    if content.get("floors"):
        programmes = _floors(programmes, content["floors"])
    lists = dict(law.lists)
    for name, codes in (content.get("lists") or {}).items():
        lists[str(name)] = tuple(ListRow(str(code).replace(".", ""), date.min, None) for code in codes)
    for programme in programmes.values():
        for measure in programme.measures:
            missing = [n for n in (*measure.goods.lists, *measure.goods.without) if n not in lists]
            if missing:
                raise LandedError("BAD_OVERLAY", f"{programme.id} names the unknown list {missing[0]!r}", where="overlay", mend="Give the list under `lists`.")
    mark = hashlib.sha256(canonical.encode()).hexdigest()[:8]
    return replace(
        law,
        version=f"{law.version}~{mark}",
        programmes=tuple(sorted(programmes.values(), key=lambda p: (p.rank, p.id))),
        lists=lists,
        facts={**law.facts, **read_facts_mapping(content.get("facts") or {}, "overlay facts")},
    )


def read_overlay(overlay: Any) -> dict[str, Any]:
    """An overlay as a mapping, its parameters filled; raises BAD_OVERLAY.

    A ready overlay may be named with parameters: "section_301_on_country country=IN rate_pct=25", or {use: NAME, country: IN}.
    """
    given: dict[str, Any] = {}
    if isinstance(overlay, Mapping) and "use" in overlay:
        given = {str(k): v for k, v in overlay.items() if k != "use"}
        overlay = str(overlay["use"])
    if isinstance(overlay, Mapping):
        content = dict(overlay)
    else:
        name, marks = split_name(str(overlay)) if str(overlay).strip() and not Path(str(overlay)).suffix else ("", {})
        path = Path(__file__).resolve().parent.parent / "law" / "us" / READY / f"{name}.yaml"
        if READY_NAME.fullmatch(name) and path.exists():  # before a file of that name in the folder one happens to stand in
            given = {**marks, **given}
        else:
            path = Path(str(overlay))
            if not (FILES_MAY_BE_NAMED.get() or isinstance(overlay, Path)) or not path.is_file():  # a Path is the program's own
                raise LandedError("BAD_OVERLAY", f"no overlay file or ready overlay {str(overlay)!r}", where="overlay", mend="Give a path to a YAML file, or a name from `landed law overlays`.")
        if path.stat().st_size > 5_000_000:
            raise LandedError("BAD_OVERLAY", "the overlay is larger than 5 MB", where="overlay", mend="An overlay holds programmes, not data sets.")
        try:
            content = parse_yaml(path.read_bytes(), path.name)
        except LandedError as broken:
            raise LandedError("BAD_OVERLAY", broken.detail, where="overlay", mend="See docs/law-format.md.") from None
    if content.get("parameters") or given:
        content = filled(content, given, str(content.get("overlay") or "the overlay"))
    unknown = sorted(set(map(str, content)) - KEYS)
    if unknown:
        raise LandedError("BAD_OVERLAY", f"unknown key {unknown[0]!r}", where="overlay", mend=f"Known keys: {', '.join(sorted(KEYS))}.")
    for key in ("programmes", "end", "replace"):
        if content.get(key) is not None and not isinstance(content[key], list):
            raise LandedError("BAD_OVERLAY", f"{key}: expected a list", where=f"overlay.{key}", mend="See docs/law-format.md.")
    return content


def _with_defaults(row: Any, law: LawBook) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise LandedError("BAD_OVERLAY", "expected a programme mapping", where="overlay", mend="See docs/law-format.md.")
    filled = {"kind": "what-if", "authority": "what-if overlay", "verified_through": law.verified_through, "rank": 35, **row}
    filled.setdefault("title", str(row.get("programme", "What-if")))
    return filled


def _check_end(row: Any) -> None:
    if not isinstance(row, Mapping) or set(row) - {"name", "from"} or not {"name", "from"} <= set(row):
        raise LandedError("BAD_OVERLAY", f"end: expected {{name, from}}, got {row!r}", where="overlay.end", mend="name is a programme, a heading or a pattern; from the first day without it.")


def _ended(programmes: dict[str, Programme], name: str, day: date) -> dict[str, Programme]:
    hit = False
    out = {}
    for key, programme in programmes.items():
        kept: list[Measure] = []
        for measure in programme.measures:
            if not names(name, measure):
                kept.append(measure)
                continue
            hit = True
            if measure.from_ >= day:
                continue
            last = day - timedelta(days=1)
            kept.append(measure if measure.to is not None and measure.to < last else replace(measure, to=last))
        out[key] = replace(programme, measures=tuple(kept))
    if not hit:
        raise LandedError("BAD_OVERLAY", f"nothing is named {name!r} in the law", where="overlay.end", mend="Use a programme id, a heading, or a pattern such as us.s232.*.")
    return out


def _floors(programmes: dict[str, Programme], row: Any) -> dict[str, Programme]:
    """Every floor ("total 15%") at another total from a day on; a spell that holds on that day is cut in two."""
    if not isinstance(row, Mapping) or set(row) != {"to", "from"}:
        raise LandedError("BAD_OVERLAY", f"floors: expected {{to, from}}, got {row!r}", where="overlay.floors", mend='Such as {to: "total 20%", from: 2027-01-01}.')
    try:
        rate = parse_law_rate(str(row["to"]))
    except LandedError as bad:
        raise LandedError("BAD_OVERLAY", f"floors: {bad.detail}", where="overlay.floors.to", mend='Such as "total 20%".') from None
    day = day_of(row["from"], "overlay.floors")
    if rate.kind != "total":
        raise LandedError("BAD_OVERLAY", f"floors: expected a total, got {row['to']!r}", where="overlay.floors.to", mend='Such as "total 20%".')
    out = {}
    for key, programme in programmes.items():
        measures: list[Measure] = []
        for measure in programme.measures:
            if measure.rate is None or measure.rate.kind != "total" or (measure.to is not None and measure.to < day):
                measures.append(measure)
                continue
            if measure.from_ < day:
                measures.append(replace(measure, to=day - timedelta(days=1)))
            measures.append(replace(measure, id=f"{measure.id}~floor", rate=rate, from_=max(measure.from_, day)))
        out[key] = replace(programme, measures=tuple(measures))
    return out
