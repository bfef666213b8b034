"""The packaged schedule is compared with the official exports, read by independent code, and with a second reading of the law."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest

from landed.schedule.build import build, exports_of, manifest
from landed.schedule.lookup import Schedule
from landed.schedule.table import PACKAGED

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
pytestmark = pytest.mark.skipif(not (SHARED / "hts").exists(), reason="the official exports are not beside this checkout")

EDITIONS = [(r["file"], r["effective"]) for r in manifest()["revisions"]]


@pytest.fixture(scope="module")
def schedule() -> Schedule:
    return Schedule.load()


def test_the_packaged_schedule_is_what_the_official_exports_build(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    out = tmp_path / "schedule.parquet"
    build(exports_of(manifest(), SHARED / "hts"), out)
    if pq.ParquetFile(out).metadata.created_by == pq.ParquetFile(PACKAGED).metadata.created_by:
        assert out.read_bytes() == PACKAGED.read_bytes()
    assert pq.read_table(out).equals(pq.read_table(PACKAGED), check_metadata=True)
    assert PACKAGED.stat().st_size < 3_000_000


def test_the_manifest_dates_are_those_of_the_release_calendar() -> None:
    with (SHARED / "hts" / "hts_release_calendar.csv").open(newline="") as file:
        released = {f"{r['edition']} {r['revision']}": date.fromisoformat(r["official_release_date"]) for r in csv.DictReader(file)}
    for revision in manifest()["revisions"]:
        if revision["released"] is None:
            continue
        name = revision["name"].replace("Revision ", "").replace("Basic", "basic")
        assert released[name] == revision["released"]
        edition = int(revision["name"][:4])
        assert revision["effective"] == (date(edition, 1, 1) if name.endswith("basic") else revision["released"])


@pytest.mark.parametrize(("file", "day"), EDITIONS)
def test_every_free_and_percent_line_of_an_export_has_that_rate_on_its_day(schedule: Schedule, file: str, day: date) -> None:
    """An independent reading: plain csv and one regular expression, no grammar, no hierarchy by our code."""
    percent = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")
    compared = Counter[str]()
    above: list[tuple[int, str, str]] = []
    with (SHARED / "hts" / file).open(encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            indent = int(row["Indent"])
            above = [entry for entry in above if entry[0] < indent]
            general, other = (re.sub("<[^>]*>", "", row[c]).strip() for c in ("General Rate of Duty", "Column 2 Rate of Duty"))
            if above and not general:
                general = above[-1][1]
            if above and not other:
                other = above[-1][2]
            above.append((indent, general, other))
            digits = row["HTS Number"].replace(".", "")
            if len(digits) < 8 or digits >= "98":
                continue
            for column, text in (("general", general), ("column_2", other)):
                number = percent.fullmatch(text)
                if text == "Free" or number:
                    expected = D(0) if text == "Free" else D(number[1])  # type: ignore[index]
                    assert getattr(schedule.line(digits, day), column).ad_valorem == expected, (digits, column, text)
                    compared[column] += 1
    print(file, dict(compared))
    assert compared["general"] > 20_000 and compared["column_2"] > 17_000


def test_the_second_reading_of_revision_15_states_the_same_ad_valorem_rates_as_revision_4(schedule: Schedule) -> None:
    """`docs/schedule.md` explains the differences; this pins them, so that a new one is noticed."""
    found: Counter[str] = Counter()
    day = date(2026, 2, 25)
    with (SHARED / "law" / "us" / "check" / "base_rates_2026_rev15.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            code = row["line10"]
            if code >= "98":
                continue
            line = schedule.find(code, day) or (schedule.find(code[:8], day) if code.endswith("00") else None)
            if line is None:
                found["unknown"] += 1
                continue
            for column, rate in (("general", line.general), ("column2", line.column_2)):
                disposition = row[f"{column}_disposition"]
                if disposition in ("free", "ad_valorem"):
                    same = rate.ad_valorem is not None and abs(rate.ad_valorem / 100 - D(row[f"{column}_rate"])) < D("0.0000001")
                    found[f"{column} {'same' if same else 'other'}"] += 1
                elif rate.ad_valorem is not None:
                    found[f"{column} {disposition}: {rate.text}"] += 1
                else:
                    found[f"{column} not ad valorem in both"] += 1
    assert found == {
        "general same": 10_178,
        "general not ad valorem in both": 1_235,
        "column2 same": 8_740,
        "column2 not ad valorem in both": 2_590,
        "column2 conditional: 33 1/3%": 84,
        "general component: 6.5% on the entire set": 1,
        "column2 component: 70% on the entire set": 1,
        "general empty: Free": 1,
    }
