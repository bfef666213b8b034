"""Reads a law folder (YAML and CSV data) into a `LawBook`; every mistake names its file and key."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from landed.errors import LandedError
from landed.lawbook.model import (
    CoverageGap,
    Fact,
    FactOption,
    GroupMember,
    Lapse,
    LawBook,
    ListRow,
    Preference,
)
from landed.lawbook.programme import day_of, read_goods, read_origins, read_programme, strings

LAW_ROOT = Path(__file__).resolve().parent.parent / "law"


def load_law(jurisdiction: str = "us", root: Path | None = None) -> LawBook:
    """The law of a jurisdiction, read once per process.

    Raises LandedError BAD_LAW_FILE when a file cannot be read as law.
    """
    return _load((root or LAW_ROOT) / jurisdiction)


@lru_cache(maxsize=4)
def _load(folder: Path) -> LawBook:
    if not (folder / "pack.yaml").exists():
        raise LandedError("BAD_LAW_FILE", f"no law pack at {folder.name!r}: pack.yaml is missing", where=folder.name)
    pack = read_yaml(folder / "pack.yaml")
    programmes = tuple(
        sorted(
            (read_programme(read_yaml(path), path.name) for path in sorted((folder / "programmes").glob("*.yaml"))),
            key=lambda p: (p.rank, p.id),
        )
    )
    geography = read_yaml(folder / "geography.yaml")
    preferences = read_yaml(folder / "preferences.yaml")
    return LawBook(
        version=f"{pack.get('name', folder.name)}-{pack['verified_through']}+{pack_hash(folder)[:12]}",
        covers_from=day_of(pack["covers_from"], "pack.yaml covers_from"),
        covers_to=day_of(pack["covers_to"], "pack.yaml covers_to"),
        verified_through=day_of(pack["verified_through"], "pack.yaml verified_through"),
        programmes=programmes,
        lists=read_lists(folder / "lists"),
        facts=read_facts(folder),
        groups={name: read_group(name, rows) for name, rows in geography.get("groups", {}).items()},
        countries={str(k): str(v) for k, v in geography["countries"].items()},
        preferences=tuple(read_preference(row) for row in preferences["preferences"]),
        column_2=tuple(
            (
                str(row["country"]),
                day_of(row["from"], "preferences.yaml column_2"),
                day_of(row["until"], "preferences.yaml column_2") if row.get("until") else None,
                str(row.get("cite", "")),
            )
            for row in preferences.get("column_2", ())
        ),
        excise_chapters=tuple(str(c).zfill(2) for c in pack.get("excise_chapters", ())),
        gaps=tuple(read_gap(row) for row in (_optional(folder / "coverage.yaml").get("gaps") or ())),
        tables={name: read_yaml(folder / f"{name}.yaml") for name in ("fees", "de_minimis") if (folder / f"{name}.yaml").exists()},
    )


def _optional(path: Path) -> dict[str, Any]:
    return read_yaml(path) if path.exists() else {}


def read_yaml(path: Path) -> dict[str, Any]:
    """One YAML mapping; raises BAD_LAW_FILE with the line where YAML broke."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise LandedError("BAD_LAW_FILE", f"{path.name} is missing", where=path.name) from None
    return parse_yaml(text, path.name)


def parse_yaml(text: bytes | str, name: str) -> dict[str, Any]:
    """YAML text as one mapping, read safely; `NO` stays Norway (only true and false are booleans)."""
    import yaml

    try:
        found = yaml.load(text, Loader=_loader())
    except yaml.YAMLError as broken:
        raise LandedError("BAD_LAW_FILE", f"{name} is not YAML: {broken}", where=name) from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise LandedError("BAD_LAW_FILE", f"{name}: expected a mapping, got {type(found).__name__}", where=name)
    return found


@lru_cache(maxsize=1)
def _loader() -> Any:
    import re

    import yaml

    class LawLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Safe, in C where available, without YAML 1.1's yes/no/on/off."""

    LawLoader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in LawLoader.yaml_implicit_resolvers.items()
    }
    LawLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
    return LawLoader


def pack_hash(folder: Path) -> str:
    """SHA-256 over every data file of the pack, names and bytes, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".yaml", ".csv", ".parquet"}):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_lists(folder: Path) -> dict[str, tuple[ListRow, ...]]:
    """Every goods list of a folder by file stem; `absent.csv` is no list."""
    return {path.stem: read_list(path) for path in sorted(folder.glob("*.csv")) if path.stem != "absent"}


def read_list(path: Path) -> tuple[ListRow, ...]:
    """One goods list; raises BAD_LAW_FILE naming the row."""
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle)
        header = next(reader, [])
        if header[:3] != ["hts", "from", "to"]:
            raise LandedError("BAD_LAW_FILE", f"lists/{path.name}: expected the header hts,from,to,..., got {','.join(header)}", where=path.name)
        excludes, published, verified = (header.index(name) if name in header else -1 for name in ("excludes", "published", "verified"))
        try:
            return tuple(
                ListRow(
                    code=row[0],
                    from_=_iso(row[1]) or date.min,
                    to=_iso(row[2]),
                    excludes=excludes > 0 and row[excludes] == "1",
                    published=_iso(row[published]) if published > 0 else None,
                    verified=not (verified > 0 and row[verified] == "0"),
                )
                for row in reader
                if row
            )
        except (ValueError, IndexError) as broken:
            raise LandedError("BAD_LAW_FILE", f"lists/{path.name} line {reader.line_num}: {broken}", where=path.name) from None


@lru_cache(maxsize=4096)
def _iso(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def read_facts(folder: Path) -> dict[str, Fact]:
    """The facts of every `facts*.yaml`, by id."""
    facts: dict[str, Fact] = {}
    for path in sorted(folder.glob("facts*.yaml")):
        found = read_facts_mapping(read_yaml(path), path.name)
        twice = sorted(set(found) & set(facts))
        if twice:
            raise LandedError("BAD_LAW_FILE", f"fact {twice[0]} is defined twice", where=path.name)
        facts.update(found)
    return facts


def read_facts_mapping(rows: Mapping[str, Any], where: str) -> dict[str, Fact]:
    """Fact definitions by id from one mapping."""
    return {str(name): read_fact(str(name), row, where) for name, row in rows.items()}


def read_fact(name: str, row: Mapping[str, Any], where: str) -> Fact:
    unknown = set(row) - {"kind", "question", "default", "options", "extremes", "ask", "evidence"}
    if unknown:
        raise LandedError("BAD_LAW_FILE", f"fact {name}: unknown key {sorted(unknown)[0]!r}", where=where)
    kind = row.get("kind")
    if kind not in ("yes_no", "percent", "choice", "date", "money"):
        raise LandedError("BAD_LAW_FILE", f"fact {name}: expected a kind of yes_no, percent, choice, date or money, got {kind!r}", where=where)
    options = tuple(FactOption(o["value"], str(o.get("label", o["value"]))) for o in row.get("options", ()))
    if kind == "yes_no" and not options:
        options = (FactOption(True, "yes"), FactOption(False, "no"))
    return Fact(
        id=name,
        kind=kind,
        question=str(row["question"]),
        default=row.get("default"),
        options=options,
        extremes=tuple(row.get("extremes", ())),
        ask=bool(row.get("ask", True)),
        evidence=str(row.get("evidence", "")),
    )


def read_group(name: str, rows: Iterable[Any]) -> tuple[GroupMember, ...]:
    return tuple(
        GroupMember(row)
        if isinstance(row, str)
        else GroupMember(
            str(row["country"]),
            day_of(row["from"], f"group {name}") if row.get("from") else None,
            day_of(row["until"], f"group {name}") if row.get("until") else None,
        )
        for row in rows
    )


def read_preference(row: Mapping[str, Any]) -> Preference:
    where = f"preferences.yaml {row.get('spi')}"
    start = day_of(row.get("from", date(1900, 1, 1)), where)
    until = day_of(row["until"], where) if row.get("until") else None
    members = tuple(
        (member, start, until)
        if isinstance(member, str)
        else (
            str(member["country"]),
            day_of(member["from"], where) if member.get("from") else start,
            day_of(member["until"], where) if member.get("until") else until,
        )
        for member in row["members"]
    )
    return Preference(
        spi=str(row["spi"]),
        title=str(row["title"]),
        general_note=str(row.get("general_note", "")),
        members=members,
        lapses=tuple(
            Lapse(
                day_of(lapse["from"], where),
                day_of(lapse["until"], where) if lapse.get("until") else None,
                str(lapse.get("cite", "")),
                day_of(lapse["annulled"], where) if lapse.get("annulled") else None,
            )
            for lapse in row.get("lapses", ())
        ),
        mpf_exempt=bool(row.get("mpf_exempt", False)),
        cite=strings(row.get("cite", ())),
        verified=bool(row.get("verified", True)),
        evidence=str(row.get("evidence", "")),
    )


def read_gap(row: Mapping[str, Any]) -> CoverageGap:
    where = f"coverage.yaml {row.get('id')}"
    return CoverageGap(
        id=str(row["id"]),
        title=str(row["title"]),
        goods=read_goods(row.get("goods", "all"), where),
        origins=read_origins(row.get("origins", "all"), where),
        from_=day_of(row["from"], where),
        to=day_of(row["until"], where) if row.get("until") else None,
        reason=str(row["reason"]),
        cite=strings(row.get("cite", ())),
    )


def day_before(day: date) -> date:
    return day - timedelta(days=1)
