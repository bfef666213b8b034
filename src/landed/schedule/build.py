"""Builds the schedule from official exports: one row per tariff line and spell of unchanged facts, deterministic to the byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.errors import LandedError
from landed.schedule.read import Export, RatedLine, rated_lines, read_export
from landed.schedule.units import unit_key

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BYTES = 3_000_000
SPECIAL_CHAPTERS = ("98", "99")  # their numbers are kept, their texts are not: programmes of law hold those
_BRACKET = re.compile(r"\s*\(\s*([A-Z]{1,2}[+*]?(?:[\s,.]+[A-Z]{1,2}[+*]?)*)[\s,.]*\)\s*")
_META = b"landed.schedule"


class Facts(NamedTuple):
    """What a line says in one edition; texts are tidied, `units` are canonical keys joined by spaces, `rate_line` digits."""

    general: str
    special: str
    column_2: str
    units: str
    quota: str
    additional_duties: str
    rate_line: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One edition of the tariff: its name, the day we take it to hold from, the SHA-256 of the export it was read from."""

    name: str
    effective: date
    sha256: str


Snapshot = dict[str, Facts]


def snapshot(export: Export) -> Snapshot:
    """The facts of every numbered line of one export, by digits. Raises BAD_EXPORT for a number printed twice."""
    found: Snapshot = {}
    for line in rated_lines(export.rows):
        number = line.row.number
        facts = _facts(line)
        if number in found and found[number] != facts:
            raise LandedError(
                "BAD_EXPORT",
                f"expected each tariff number once, got {number} twice with different facts",
                where=number,
                mend="Download the export again from the official tariff site.",
                reason="twice",
            )
        found[number] = facts
    return found


def history(snapshots: Iterable[tuple[Revision, Snapshot]]) -> pa.Table:
    """The schedule table of dated snapshots (any order; one per day): rows sorted by code and first day.

    Columns: code, from, to (null where the line stands in the last edition), first_revision and last_revision
    (numbers of editions in date order), and the fields of `Facts`. The editions are in the table's metadata.
    """
    import pyarrow as pa

    ordered = sorted(snapshots, key=lambda pair: pair[0].effective)
    days = [revision.effective for revision, _ in ordered]
    if not ordered or len(set(days)) < len(days):
        raise LandedError(
            "BAD_EXPORT", "expected one edition per day, got two of the same day", mend="Give each edition its own day.", reason="twice"
        )
    rows: list[tuple[str, int, int, Facts]] = []  # code, first revision, last revision, facts
    open_spells: dict[str, tuple[int, Facts]] = {}
    for number, (_, lines) in enumerate(ordered):
        for code in [c for c, (_, facts) in open_spells.items() if lines.get(c) != facts]:
            first, facts = open_spells.pop(code)
            rows.append((code, first, number - 1, facts))
        for code, facts in lines.items():
            if code not in open_spells:
                open_spells[code] = (number, facts)
    last = len(ordered) - 1
    rows.extend((code, first, last, facts) for code, (first, facts) in open_spells.items())
    rows.sort(key=lambda row: (row[0], row[1]))

    texts = pa.dictionary(pa.int32(), pa.string())
    columns: dict[str, pa.Array] = {
        "code": pa.array([r[0] for r in rows], pa.string()),
        "from": pa.array([days[r[1]] for r in rows], pa.date32()),
        "to": pa.array([None if r[2] == last else days[r[2] + 1] - timedelta(days=1) for r in rows], pa.date32()),
        "first_revision": pa.array([r[1] for r in rows], pa.int16()),
        "last_revision": pa.array([r[2] for r in rows], pa.int16()),
    }
    for position, name in enumerate(Facts._fields):
        columns[name] = _dictionary([r[3][position] for r in rows], texts)
    meta = {"revisions": [asdict(revision) | {"effective": revision.effective.isoformat()} for revision, _ in ordered]}
    return pa.table(columns).replace_schema_metadata({_META: json.dumps(meta, sort_keys=True).encode()})


def snapshots_of(table: pa.Table) -> list[tuple[Revision, Snapshot]]:
    """The editions that a schedule table was built from, with the facts of each: the inverse of `history`."""
    revisions = revisions_of(table.schema.metadata)
    found: list[tuple[Revision, Snapshot]] = [(revision, {}) for revision in revisions]
    names = ("code", "first_revision", "last_revision", *Facts._fields)
    for code, first, last, *facts in zip(*(table.column(name).to_pylist() for name in names), strict=True):
        line = Facts(*facts)
        for number in range(first, last + 1):
            found[number][1][code] = line
    return found


def revisions_of(metadata: dict[bytes, bytes] | None) -> tuple[Revision, ...]:
    """The editions named in a schedule file's metadata, in date order. Raises BAD_SCHEDULE when there are none."""
    try:
        listed = json.loads((metadata or {})[_META])["revisions"]
        found = tuple(Revision(r["name"], date.fromisoformat(r["effective"]), r["sha256"]) for r in listed)
    except (KeyError, ValueError, TypeError):
        found = ()
    if not found:
        raise LandedError(
            "BAD_SCHEDULE",
            "expected a schedule built by this package, got a file without its list of editions",
            mend="Build the schedule again.",
        )
    return found


def write_table(table: pa.Table, out: Path) -> None:
    """Write the schedule so that the same table always gives the same bytes (for one version of pyarrow)."""
    import pyarrow.parquet as pq

    pq.write_table(table, out, compression="zstd", compression_level=19, use_dictionary=True, write_statistics=False, version="2.6")


def build(exports: Iterable[tuple[Path, date, str]], out: Path) -> tuple[Revision, ...]:
    """Build the schedule from (export file, day it holds from, edition name) and write it to `out`.

    Returns the editions in date order; `out` is replaced in whole or not at all. Raises BAD_EXPORT, or
    SCHEDULE_TOO_LARGE past 3 MB.
    """
    snapshots: list[tuple[Revision, Snapshot]] = []
    for path, effective, name in exports:
        export = read_export(path)
        snapshots.append((Revision(name, effective, export.sha256), snapshot(export)))
    table = history(snapshots)
    aside = out.with_name(f".{out.name}.new")
    try:
        write_table(table, aside)
        if (size := aside.stat().st_size) > MAX_BYTES:
            raise LandedError(
                "SCHEDULE_TOO_LARGE", f"expected at most {MAX_BYTES:,} bytes, got {size:,}", mend="Look for texts that are not facts."
            )
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)
    return revisions_of(table.schema.metadata)


def manifest(path: Path | None = None) -> dict[str, Any]:
    """The manifest beside the packaged schedule (`schedule.yaml`): editions, their files and days, the export address."""
    import yaml

    path = path or Path(__file__).resolve().parents[1] / "law" / "us" / "schedule.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def exports_of(listed: dict[str, Any], folder: Path) -> list[tuple[Path, date, str]]:
    """The (file, day, name) of each edition in a manifest, with the files looked for in `folder`."""
    return [(folder / r["file"], r["effective"], r["name"]) for r in listed["revisions"]]


def _facts(line: RatedLine) -> Facts:
    row = line.row
    if row.number.startswith(SPECIAL_CHAPTERS):
        return Facts("", "", "", "", "", "", "")
    if len(row.number) < 8:
        return Facts("", "", "", "", "", "", "")
    return Facts(
        _even(line.general),
        _even_special(line.special),
        _even(line.column_2),
        " ".join(_unit(u) for u in row.units if u != "X"),
        row.quota,
        row.additional_duties,
        line.rate_number,
    )


@lru_cache(maxsize=8192)
def _even(text: str) -> str:
    """The text with the spacing and signs that editions print unevenly made even ("2.2¢/kg +33.5%" -> "2.2¢/kg + 33.5%")."""
    text = re.sub(r"\s*\+\s+|(?<=[a-z0-9%])\s*\+\s*(?=[0-9$])", " + ", text)
    return text.replace("m²", "m2").replace("m³", "m3").replace(" ¢", "¢").replace("¢ /", "¢/").replace("/ liter", "/liter")


@lru_cache(maxsize=8192)
def _even_special(text: str) -> str:
    return _BRACKET.sub(_even_symbols, _even(text)).strip()


def _even_symbols(found: re.Match[str]) -> str:
    return f" ({','.join(re.findall(r'[A-Z]{1,2}[+*]?', found[1]))}) "


@lru_cache(maxsize=1024)
def _unit(printed: str) -> str:
    try:
        return unit_key(printed)
    except LandedError:
        # A unit that a later edition invents is kept as printed rather than lost.
        return re.sub(r"\s+", "_", printed)


def _dictionary(values: list[str], type_: pa.DataType) -> pa.Array:
    import pyarrow as pa

    distinct = sorted(set(values))
    index = {value: i for i, value in enumerate(distinct)}
    return pa.DictionaryArray.from_arrays(pa.array([index[v] for v in values], pa.int32()), pa.array(distinct, pa.string())).cast(type_)


if __name__ == "__main__":
    import sys

    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m landed.schedule.build FOLDER_OF_EXPORTS")
    target = Path(__file__).resolve().parents[1] / "law" / "us" / "schedule.parquet"
    for built in build(exports_of(manifest(), Path(sys.argv[1])), target):
        print(built.effective, built.name, built.sha256[:12])
    print(f"{target.name}: {target.stat().st_size:,} bytes")
