"""What changed for whom: the 104 percent of April 2025, dollars a year, feeds, and two official exports compared against an independent slow diff."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from landed.errors import LandedError
from landed.operations.registry import find
from landed.operations.shape import plain

TOYS = {"sku": "TOY", "hts_code": "9503.00.00.73", "country_of_origin": "CN", "value_per_year": "100000"}
SHIRTS = {"sku": "TEE", "hts_code": "6109.10.00.12", "country_of_origin": "VN", "value_per_year": "50000"}


def changes(since: str, until: str, *products: dict[str, Any]) -> Any:
    return find("watch_changes").run({"products": list(products), "since": since, "until": until})


def test_april_2025_is_told_day_by_day_in_dollars_a_year_with_causes_and_citations() -> None:
    found = changes("2025-04-02", "2025-04-11", TOYS)
    assert [(str(c.on), str(c.after_pct), str(c.change_usd_year)) for c in found.changes] == [("2025-04-05", "30.00", "10000.00"), ("2025-04-09", "104.00", "74000.00"), ("2025-04-10", "145.00", "41000.00")]
    ninth = found.changes[1]
    assert {c.heading for c in ninth.causes} == {"9903.01.63", "9903.01.25"} and all(c.cite for c in ninth.causes)
    assert any("EO 14259" in c.cite for c in ninth.causes) and not all(c.verified for c in ninth.causes), "the 84 percent rests on memory and says so"


def test_every_change_agrees_with_two_estimates_of_the_engine() -> None:
    from datetime import timedelta

    from landed.operations.engine import engine

    for product in (TOYS, SHIRTS):
        found = changes("2025-01-01", "2026-10-01", product).changes
        assert len(found) >= 3
        for row in found:
            asked = {k: v for k, v in product.items() if k not in ("sku", "value_per_year")} | {"customs_value": product["value_per_year"]}
            before, after = (engine().estimate(asked | {"entry_date": day.isoformat()}).totals.duty for day in (row.on - timedelta(days=1), row.on))
            assert (before, after) == (row.before_usd_year, row.after_usd_year)


def test_what_cannot_be_looked_at_is_named_and_an_unknown_duty_is_never_zero() -> None:
    found = changes("2026-01-01", "2026-10-01", {**TOYS, "value_per_year": None}, {**TOYS, "sku": "X", "hts_code": "0000.00.00"}, SHIRTS)
    assert [sku for sku, _ in found.unread] == ["TOY", "X"] and found.changes
    by_weight = {"sku": "CHEESE", "hts_code": "2204.21.50", "country_of_origin": "FR", "value_per_year": "1000"}
    assert all(c.change_usd_year is None for c in changes("2025-01-01", "2026-01-01", by_weight).changes)


def test_impossible_days_and_products_of_no_shape_are_refused() -> None:
    for request in ({"products": [TOYS], "since": "2026-05-01", "until": "2026-04-01"}, {"products": "TOY"}, {"products": [1]}):
        with pytest.raises(LandedError):
            find("watch_changes").run(request)


@pytest.mark.parametrize("products", [None, [TOYS], [TOYS, SHIRTS]])
def test_the_briefing_of_april_2025_tells_the_104_percent_and_every_sentence_rests_on_something(products: Any) -> None:
    found = find("brief").run({"since": "2025-04-02", "until": "2025-04-11", "products": products})
    text = found.text
    for fact in ("2025-04-05", "2025-04-09", "104%", "9903.01.24 20%", "9903.01.63 84%", "EO 14259", "90 FR 15509", "EO 14195", "EO 14266"):
        assert fact in text, fact
    assert "145%" in text and "2025-04-10" in text
    brief = found.brief
    for sentence in (*brief.takeaways, *brief.days, *brief.products):
        assert sentence.rests_on and set(sentence.rests_on) <= set(brief.sources), sentence
    for line in text.splitlines():
        if line.startswith("- "):
            marks = [int(n) for n in re.findall(r"\[(\d+)\]", line)]
            assert marks and max(marks) <= len(brief.sources), line
    assert brief.sample == (products is None) and len(brief.takeaways) <= 5


def test_a_briefing_has_three_forms_and_escapes_what_users_wrote() -> None:
    evil = {**TOYS, "sku": "<script>x</script>"}
    page = find("brief").run({"since": "2025-04-02", "until": "2025-04-11", "products": [evil], "form": "html"}).text
    assert "<script>" not in page and "&lt;script&gt;" in page
    mail = find("brief").run({"since": "2025-04-02", "until": "2025-04-11", "form": "mail"}).text
    assert mail.startswith("Subject: ") and "104%" in mail


def test_a_quiet_week_says_that_nothing_moved() -> None:
    found = find("brief").run({"since": "2025-01-10", "until": "2025-01-14", "products": [SHIRTS]})
    assert "No change of law" in found.text


def test_feeds_are_well_formed_and_keep_their_ids() -> None:
    from landed.operations.feeds import atom, icalendar, rss
    from test_compliance_papers import read_calendar

    found = changes("2025-04-02", "2025-04-11", {**TOYS, "sku": "A & <B>; c\x01"})
    root = ElementTree.fromstring(atom(found.changes).encode())
    space = "{http://www.w3.org/2005/Atom}"
    ids = [e.findtext(f"{space}id") for e in root.iter(f"{space}entry")]
    assert len(set(ids)) == 3 and ids == [e.findtext(f"{space}id") for e in ElementTree.fromstring(atom(found.changes).encode()).iter(f"{space}entry")]
    items = list(ElementTree.fromstring(rss(found.changes).encode()).iter("item"))
    assert [i.findtext("guid") for i in items] == ids and [i.findtext("pubDate") for i in items][1] == "Wed, 09 Apr 2025 00:00:00 GMT"
    assert [e["DTSTART;VALUE=DATE"] for e in read_calendar(icalendar(found.changes))] == ["20250405", "20250409", "20250410"]


# -- two official exports ------------------------------------------------------------------------------------------------


def slow(path: Path) -> dict[str, tuple[str, ...]]:
    """Numbers of an export with their own printed rates, units and the rates of the nearest line above: read anew, row by row."""
    found: dict[str, tuple[str, ...]] = {}
    above: list[tuple[int, str, str, str]] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            if row[0] == "HTS Number":
                continue
            indent = int(row[1])
            while above and above[-1][0] >= indent:
                above.pop()
            own = [" ".join(text.replace(",.", ",").split()) for text in row[4:7]]  # a stray point before a symbol is no change
            last = above[-1][1:] if above else ("", "", "")
            general, special, column_2 = (own[0] or last[0], own[1] if own[0] else own[1] or last[1], own[2] or last[2])
            above.append((indent, general, special, column_2))
            if number := re.sub(r"\D", "", row[0]):
                found[number] = (general, special, column_2, " ".join(row[3].split()))
    return found


@pytest.mark.parametrize(("old", "new"), [("hts_2026_basic.csv", "hts_2026_rev_03.csv"), ("hts_2026_rev_03.csv", "hts_2026_rev_04.csv"), ("hts_2025_basic.csv", "hts_2025_rev_13.csv")])
def test_the_diff_of_two_exports_finds_every_change(shared: Path, old: str, new: str) -> None:
    home = shared / "hts"
    before, after = slow(home / old), slow(home / new)
    found = find("export_diff").run({"old": str(home / old), "new": str(home / new)})
    by_kind = {what: {c.number for c in found.changes if c.what == what} for what in ("new", "ended", "changed")}
    assert by_kind["new"] == set(after) - set(before)
    assert by_kind["ended"] == set(before) - set(after)
    differing = {n for n in set(before) & set(after) if before[n] != after[n]}
    assert differing <= by_kind["changed"]
    # What only the quick diff sees must differ in a field that the slow one does not read.
    for change in found.changes:
        if change.what == "changed" and change.number not in differing:
            assert {name for name, _, _ in change.fields} <= {"rate_line", "quota", "additional_duties", "special"}, change


def test_the_diff_names_the_products_it_touches_and_drafts_new_headings(shared: Path) -> None:
    home = shared / "hts"
    plain_diff = find("export_diff").run({"old": str(home / "hts_2026_basic.csv"), "new": str(home / "hts_2026_rev_03.csv")})
    number = next(c.number for c in plain_diff.changes if len(c.number) == 10 and not c.number.startswith("9"))
    goods = [{"sku": "MINE", "hts_code": number}, {"sku": "OTHER", "hts_code": "9503.00.00.73"}]
    found = find("export_diff").run({"old": str(home / "hts_2026_basic.csv"), "new": str(home / "hts_2026_rev_03.csv"), "products": goods})
    assert found.touched == ("MINE",)
    draft = find("export_diff").run({"old": str(home / "hts_2026_rev_03.csv"), "new": str(home / "hts_2026_rev_04.csv"), "effective": "2026-02-24"}).draft
    assert 'heading: "9903.03.01"' in draft and "verified: false" in draft


def test_a_false_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("<html></html>")
    with pytest.raises(LandedError) as refused:
        find("export_diff").run({"old": str(tmp_path / "a.csv"), "new": str(tmp_path / "a.csv")})
    assert refused.value.code == "BAD_EXPORT"


def test_the_commands_answer(landed: Any, tmp_path: Path) -> None:
    path = tmp_path / "products.json"
    path.write_text(json.dumps([TOYS]), encoding="utf-8")
    ran = landed("watch", "--products", str(path), "--since", "2025-04-02", "--until", "2025-04-11", "--json")
    assert ran.json["changes"][1]["after_pct"] == "104" and "104%" in landed("brief", "--since", "2025-04-02", "--until", "2025-04-11").out
    assert landed("watch", "--products", str(path), "--since", "2025-04-02", "--until", "2025-04-11", "--format", "ics").out.startswith("BEGIN:VCALENDAR")
    assert plain(date(2025, 4, 9)) == "2025-04-09"
