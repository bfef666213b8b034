"""Screening of parties: names are found through what people do to them, lists are refused when they are not whole, and nothing is ever "clear"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rapidfuzz", reason="screening needs the extra `compliance`")

from landed.compliance.decisions import Decisions, difference
from landed.compliance.list_read import read_list, uflpa_names
from landed.compliance.list_site import import_list, lists_in_force, put_in_force, roll_back
from landed.compliance.model import Party
from landed.compliance.names import clean
from landed.compliance.screening import screen, screener_of
from landed.errors import LandedError

OWN = "id,name,aliases,country,address,type\n1,Crimson Lantern Trading LLC,Red Lamp Trading; CLT,CN,14 Harbor Road Shantou,entity\n2,Vasiliy Petrovich Orlovsky,,RU,,individual\n3,Zubrania Marine,,,,vessel\n"
CSL_HEAD = "source,entity_number,type,programs,name,addresses,alt_names,ids,federal_register_notice,end_date,remarks\n"
CSL_ROW = 'Entity List (EL) - Bureau of Industry and Security,7,Entity,,Falcon Gate Precision Ltd,"12 Dock St, Dubai, AE",Falcongate,,81 FR 1,,\n'
UFLPA = "<html><table><tr><th>Name of Entity</th><th>Effective</th></tr><tr><td>Aksu Blue Field Textile (Group) Co., Ltd. (including one alias: Blue Field Cotton) and subsidiaries</td><td>2022</td></tr></table></html>"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    screener_of.cache_clear()
    yield
    screener_of.cache_clear()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    put_in_force("own", {"own.csv": OWN.encode()}, folder=tmp_path)
    return tmp_path


def whole(folder: Path, today: date) -> None:
    """A site with a fresh file for every expected part."""
    put_in_force("csl", {"csl.csv": (CSL_HEAD + CSL_ROW).encode()}, dated=today, accept_shrink=True, folder=folder)
    put_in_force("uflpa", {"uflpa.html": UFLPA.encode()}, dated=today, accept_shrink=True, folder=folder)
    xml = '<CONSOLIDATED_LIST dateGenerated="2026-01-02T00:00:00Z"><INDIVIDUALS/><ENTITIES><ENTITY><DATAID>1</DATAID><FIRST_NAME>Grey Heron Front</FIRST_NAME><REFERENCE_NUMBER>X.1</REFERENCE_NUMBER></ENTITY></ENTITIES></CONSOLIDATED_LIST>'
    put_in_force("un", {"un.xml": xml.encode()}, dated=today, accept_shrink=True, folder=folder)


# -- names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "Crimson Lantern Trading LLC",
        "CRIMSON  lantern trading, l.l.c.",
        "Crims\u200bon Lantern Trading",
        "Сrimsоn Lаntеrn Trаding",  # look-alike letters
        "Crimson Lantem Trading",  # rn misread as m
        "Crmsn Lntrn Trdng",
        "Lantern Crimson Trading Co",
        "Crimsom Lantern Trading kompany",
        "Crims0n Lantern Trading",
        "Red Lamp Trading",
    ],
)
def test_a_listed_name_is_found_through_what_people_do_to_it(site: Path, written: str) -> None:
    found = screen(Party(written), folder=site)
    assert found.outcome in ("hit", "review")
    assert found.matches[0].entry == "1"


@pytest.mark.parametrize("written", ["Василий Петрович Орловский", "Orlovsky, Vasiliy Petrovich", "Dr. Vasily Orlovsky", "V. P. Orlovsky"])
def test_a_person_is_found_in_another_script_order_and_with_initials(site: Path, written: str) -> None:
    assert [m.entry for m in screen(Party(written, kind="person"), folder=site).matches] == ["2"]


@pytest.mark.parametrize("clean_name", ["Sunny Day Toys Factory Ltd", "Guangdong Trading Co", "Lantern Festival Supplies", "Marine Logistics International"])
def test_ordinary_suppliers_do_not_alarm(site: Path, clean_name: str) -> None:
    assert not screen(Party(clean_name), folder=site).matches


def test_names_are_cleaned_of_hidden_characters_titles_and_legal_forms() -> None:
    assert clean("Dr.\u200b José  O’Brien-Muñoz, S.A. de C.V.").tokens == ("jose", "obrien", "munoz", "de")
    assert clean("L.L.C. Ltd").tokens  # a name of legal forms alone is kept


@pytest.mark.parametrize("name", ["", "   ", "x" * 10_000])
def test_a_name_that_is_none_or_endless_is_refused(site: Path, name: str) -> None:
    with pytest.raises(LandedError) as refused:
        screen(Party(name), folder=site)
    assert refused.value.code == "INVALID_REQUEST"


@pytest.mark.parametrize("name", ["\u200b\u200c", "...", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "红灯笼贸易有限公司"])
def test_a_name_that_cannot_be_read_is_incomplete_and_never_a_no_match(site: Path, name: str) -> None:
    whole(site, date.today())
    assert screen(Party(name), folder=site).outcome == "incomplete"


def test_a_number_and_an_address_find_an_entry_whatever_its_name(site: Path) -> None:
    own = "id,name,address\n9,Some Vessel,77 Quay Street Hamilton\n"
    put_in_force("own", {"own.csv": own.encode()}, folder=site, accept_shrink=True)
    found = screen(Party("Quite Another Firm", address="77 Quay Street, Hamilton"), folder=site)
    assert found.outcome == "review" and "address" in found.matches[0].because
    assert not screen(Party("Quite Another Firm", address="78 Quay Street, Hamilton"), folder=site).matches


# -- outcomes ------------------------------------------------------------------------------------------------------------


def test_without_lists_the_answer_is_incomplete(tmp_path: Path) -> None:
    assert screen(Party("Anybody"), folder=tmp_path).outcome == "incomplete"


def test_a_missing_list_is_incomplete_a_fresh_whole_set_gives_its_day_and_an_old_one_is_stale(site: Path) -> None:
    today = date.today()
    assert screen(Party("Anybody At All"), folder=site).outcome == "incomplete"
    whole(site, today)
    assert screen(Party("Anybody At All"), folder=site).outcome == f"no match in lists dated {today}"
    later = screen(Party("Anybody At All"), folder=site, today=today + timedelta(days=8))
    assert later.outcome == "stale" and "csl" in later.stale
    assert screen(Party("Anybody At All"), folder=site, today=today - timedelta(days=1)).outcome == "stale", "a clock before the list proves nothing"


def test_a_match_names_list_day_hash_effect_and_the_parts_of_its_score(site: Path) -> None:
    whole(site, date.today())
    found = screen(Party("Blue Field Cotton"), folder=site)
    match = found.matches[0]
    assert (found.outcome, match.list, match.list_dated) == ("hit", "UFLPA", date.today())
    assert "barred on import" in match.effect and len(match.list_sha256) == 64 and match.parts
    export = screen(Party("Falcon Gate Precision", country="AE"), folder=site).matches[0]
    assert "no import ban" in export.effect and export.parts["country"] == 1.0


def test_nothing_is_ever_called_clear() -> None:
    import landed.compliance.screening as module

    assert '"clear"' not in Path(str(module.__file__)).read_text(encoding="utf-8")


def test_a_decision_sets_a_match_aside_until_the_entry_changes(site: Path) -> None:
    decisions = Decisions("w", site)
    party = Party("Crimson Lantern Trading")
    lists = lists_in_force(site)
    match = screen(party, folder=site).matches[0]
    entry = screener_of(site, tuple((f.file, f.sha256) for f in lists.files)).entry(match)
    decisions.decide(party, entry, "another address and owner", "ana")
    found = screen(party, folder=site, decisions=Decisions("w", site))
    assert not found.matches and "another address" in found.set_aside[0].decided
    put_in_force("own", {"own.csv": OWN.replace("14 Harbor", "15 Harbor").encode()}, folder=site)
    assert screen(party, folder=site, decisions=Decisions("w", site)).matches
    with pytest.raises(LandedError):
        decisions.decide(party, entry, " ", "ana")


def test_screening_again_shows_only_the_difference(site: Path) -> None:
    decisions = Decisions("w", site)
    for name in ("Silver Kettle Goods", "Crimson Lantern Trading"):
        decisions.save(Party(name), screen(Party(name), folder=site))
    put_in_force("own", {"own.csv": (OWN + "4,Silver Kettle Goods,,,,\n").encode()}, folder=site)
    moved = [difference(p, before, screen(p, folder=site)) for p, before in Decisions("w", site).saved().values()]
    (changed,) = [m for m in moved if m]
    assert changed.party == "Silver Kettle Goods" and changed.after in ("hit", "review") and changed.came and not changed.went


# -- list files ----------------------------------------------------------------------------------------------------------


def reason_of(call: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(LandedError) as refused:
        call(*args, **options)
    assert refused.value.code == "BAD_LIST"
    return str(refused.value.extra["reason"])


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("csl", b"", "empty"),
        ("csl", b"  \n", "empty"),
        ("csl", b"<!DOCTYPE html><html><body>Sorry</body></html>", "html"),
        ("csl", "name\nM\xfcller\n".encode("utf-16"), "encoding"),
        ("csl", CSL_HEAD.encode() + b"\xff\xfe bad", "encoding"),
        ("csl", CSL_HEAD.encode(), "empty"),
        ("csl", (CSL_HEAD + "a,b\n").encode(), "columns"),
        ("csl", b"a,b,c\n1,2,3\n", "columns"),
        ("csl", (CSL_HEAD + CSL_ROW.replace("Entity List (EL)", "Some New List")).encode(), "row"),
        ("csl", b'{"results": [', "not_json"),
        ("csl", b'{"rows": []}', "columns"),
        ("un", b"<CONSOLIDATED_LIST><IND", "not_xml"),
        ("un", b"<other/>", "columns"),
        ("un", b'<!DOCTYPE x [<!ENTITY a "b">]><CONSOLIDATED_LIST/>', "not_xml"),
        ("uflpa", b"<html><p>Moved</p></html>", "columns"),
        ("own", b"title\nx\n", "columns"),
        ("own", b"id,name\n1,\n", "row"),
        ("dpl", b"Name\tCity\nx\ty\n", "columns"),
    ],
)
def test_a_file_that_is_not_the_list_is_refused_and_the_last_good_copy_stays(tmp_path: Path, kind: str, content: bytes, reason: str) -> None:
    whole(tmp_path, date.today())
    put_in_force("own", {"own.csv": OWN.encode()}, folder=tmp_path)
    before = lists_in_force(tmp_path)
    assert reason_of(put_in_force, kind, {"file": content}, folder=tmp_path, accept_shrink=True) == reason
    assert lists_in_force(tmp_path) == before


def test_a_list_that_shrank_by_more_than_a_tenth_or_grew_past_tenfold_is_refused_without_force(tmp_path: Path) -> None:
    rows = ["id,name"] + [f"{n},Listed Party {n}" for n in range(100)]
    put_in_force("own", {"own.csv": "\n".join(rows).encode()}, folder=tmp_path)
    assert reason_of(put_in_force, "own", {"own.csv": "\n".join(rows[:90]).encode()}, folder=tmp_path) == "shrunk"
    wide = "\n".join(["id,name"] + [f"{n},{'Listed ' * 60}{n}" for n in range(100)])
    assert reason_of(put_in_force, "own", {"own.csv": wide.encode()}, folder=tmp_path) == "grown"
    assert lists_in_force(tmp_path).files[0].entries == 100
    assert put_in_force("own", {"own.csv": "\n".join(rows[:50]).encode()}, folder=tmp_path, accept_shrink=True).entries == 49
    assert roll_back("own", tmp_path).entries == 100
    assert put_in_force("own", {"own.csv": "\n".join(rows[:91]).encode()}, folder=tmp_path).entries == 90, "a tenth less is no more than a tenth"


def test_a_stored_list_that_was_altered_is_refused(site: Path) -> None:
    stored = next((site / "lists").glob("own-*.json.gz"))
    packed = bytearray(stored.read_bytes())
    packed[len(packed) // 2] ^= 1
    stored.write_bytes(packed)
    assert reason_of(screen, Party("Anybody"), folder=site) == "damaged"


def test_a_list_of_tomorrow_and_a_file_of_no_known_shape_are_refused(tmp_path: Path) -> None:
    assert reason_of(put_in_force, "own", {"own.csv": OWN.encode()}, dated=date.today() + timedelta(days=1), folder=tmp_path) == "future"
    (tmp_path / "x.csv").write_text("a,b\n")
    assert reason_of(import_list, [tmp_path / "x.csv"], folder=tmp_path) == "unknown"
    with pytest.raises(LandedError, match="no file"):
        import_list([tmp_path / "absent.csv"], folder=tmp_path)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Aksu Blue Field (Group) Co., Ltd.", ("Aksu Blue Field (Group) Co., Ltd.", "Aksu Blue Field Co., Ltd.")),
        ("Hotan Grey Stone Co. (including two aliases: Grey Stone; and Hotan Stone Works)", ("Hotan Grey Stone Co.", "Grey Stone", "Hotan Stone Works")),
        ("Korla Spinning and its subsidiaries", ("Korla Spinning",)),
    ],
)
def test_names_of_the_uflpa_page_keep_their_brackets_and_give_their_aliases(cell: str, names: tuple[str, ...]) -> None:
    assert uflpa_names(cell) == names


# -- the reference files --------------------------------------------------------------------------------------------------


def folder_of(shared: Path, name: str) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((shared / "compliance" / "screening" / name).iterdir())}


@pytest.mark.parametrize(("kind", "folder", "count"), [("sdn", "ofac_2021", 8976), ("cons", "ofac_cons", 442)])
def test_the_official_sets_are_read_whole(shared: Path, kind: str, folder: str, count: int) -> None:
    entries, _ = read_list(kind, folder_of(shared, folder))
    assert len(entries) == count and all(e.names and e.names[0] for e in entries)


def test_the_other_official_files_are_read_whole(shared: Path) -> None:
    home = shared / "compliance" / "screening"
    for kind, path, count in (("csl", "csl/csl_sample.csv", 115), ("dpl", "dpl/dpl_2021.txt", 581)):
        assert len(read_list(kind, {"f": (home / path).read_bytes()})[0]) == count
    entries, day = read_list("un", {"f": (home / "un/un_consolidated.xml").read_bytes()})
    assert day == "2026-02-27" and len(entries) == (home / "un/un_consolidated.xml").read_text(encoding="utf-8").count("<DATAID>")


@pytest.mark.parametrize("broken", ["sdn.csv", "add.csv", "alt.csv", "sdn_comments.csv"])
def test_every_malformed_file_of_the_reference_is_refused(shared: Path, broken: str) -> None:
    files = folder_of(shared, "ofac_2021") | {broken: (shared / "compliance/screening/malformed" / broken).read_bytes()}
    assert reason_of(read_list, "sdn", files) == "columns"
    assert reason_of(read_list, "csl", {"f": (shared / "compliance/screening/malformed/csl.csv").read_bytes()}) == "columns"


@pytest.fixture(scope="module")
def ofac(shared: Path) -> Any:
    from landed.compliance.model import ListFile
    from landed.compliance.screening import Screener

    entries, _ = read_list("sdn", folder_of(shared, "ofac_2021"))
    return Screener([(ListFile("sdn", "OFAC", date.today(), "stated", "0" * 64, len(entries), "", 0, False), entries)])


def test_recall_on_generated_variants_of_the_ofac_names(ofac: Any) -> None:
    import random
    from collections import defaultdict

    from name_variants import natural, variants

    draw, right = random.Random(11), defaultdict(lambda: [0, 0])
    for entry, _ in draw.sample(ofac.entries, 90):
        for family, _way, text in variants(natural(entry.names[0]), 11):
            right[family][1] += 1
            right[family][0] += any(m.entry == entry.id for m in ofac.matches(Party(text)))
    recall = {family: good / every for family, (good, every) in right.items()}
    assert recall["benign"] >= 0.95 and recall["evasive"] >= 0.85 and recall["degraded"] >= 0.93, recall


def test_real_factories_seldom_alarm(ofac: Any, shared: Path) -> None:
    import csv
    import random

    with (shared / "sourcing/osh_facilities_sample.csv").open(encoding="utf-8") as file:
        names = sorted({row["name"].strip() for row in csv.DictReader(file)})
    random.Random(7).shuffle(names)
    found = [ofac.matches(Party(name)) for name in names[:600]]
    assert sum(any(m.strength == "hit" for m in row) for row in found) <= 0.005 * 600
    assert sum(map(bool, found)) <= 0.03 * 600


# -- the command ----------------------------------------------------------------------------------------------------------


def test_a_stream_of_parties_is_answered_line_by_line_in_order(landed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "data"))
    (tmp_path / "own.csv").write_text(OWN, encoding="utf-8")
    assert landed("lists", "import", str(tmp_path / "own.csv"), "--kind", "own").code == 0
    lines = ['{"id": "a", "name": "Crimson Lantern"}', "", "not json", '{"id": 3, "name": "Nobody In Particular"}', '{"id": 4}', json.dumps({"id": 5, "name": "x" * 10_000})]
    (tmp_path / "parties.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ran = landed("screen", "--jsonl", str(tmp_path / "parties.jsonl"))
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["id"] for row in rows] == ["a", None, 3, 4, 5]
    assert rows[0]["matches"][0]["entry"] == "1" and rows[2]["outcome"] == "incomplete" and rows[2]["matches"] == []
    assert [row["error"]["code"] for row in rows if "error" in row] == ["BAD_JSON", "INVALID_REQUEST", "INVALID_REQUEST"]


def test_the_command_stores_a_decision_and_screens_saved_parties_again(landed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "data"))
    (tmp_path / "own.csv").write_text(OWN, encoding="utf-8")
    landed("lists", "import", str(tmp_path / "own.csv"), "--kind", "own")
    assert landed("screen", "Crimson Lantern Trading", "--save", "--json").json["outcome"] == "hit"
    assert landed("screen", "Crimson Lantern Trading", "--not-same", "OWN:1", "--because", "another owner").code == 0
    assert landed("screen", "Crimson Lantern Trading", "--json").json["set_aside"][0]["decided"].startswith("another owner")
    again = landed("screen", "--again", "--json").json
    assert again["screened"] == 1 and again["differences"][0]["went"]
    assert landed("lists", "status", "--json").json["files"][0]["file"] == "own"
